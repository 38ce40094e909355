// What is in memory that a program has not written yet. A program that reads it all the same, or
// stores padding, should not get the same results twice: each schedule has a pattern of its own.
#pragma once

#include "block.h"

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

// The shared memory of a block that is about to start.
void make_shared_memory_undefined(const ascendify_oracle_launch &launch);

// Whether stacks and static variables are filled, or dynamic shared memory only.
extern bool poisons_all;

// Calls the kernel on a stack that is filled as far down as most kernels use it.
void invoke_on_undefined_stack(const ascendify_oracle_launch &launch);

}  // namespace ascendify_oracle
#pragma GCC visibility pop
