// What the runtime tells the checks: which thread runs, who waits for whom, and what memory there
// is. With checks off all of these return at once. A launch that is checked runs in order on one
// OS thread at a time, so nothing here is locked.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ascendify/abi.h"
#include "ascendify/execution.h"

#pragma GCC visibility push(hidden)
namespace ascendify_oracle::check {

// Whether a thread of a checked launch runs: the first thing that every receiver asks.
extern bool watching;
// Whether the next launch is to be checked.
bool is_wanted();

void launch_begins(const ascendify_oracle_launch &launch);
void launch_ends();
// A block starts; `index` is its blockIdx.
void block_begins(const uint32_t *index, uint32_t threads);
// A block (again) has the OS thread that calls.
void block_resumes(const uint32_t *index);
void block_leaves();
// A thread has its turn, on the stack that ends at `stack_top`.
void thread_runs(uint32_t thread, const void *stack_top);
void thread_exits();

// The current thread arrives at a barrier of the block; the barrier opens; all blocks meet.
void barrier_reached(const void *pc, uint32_t line);
void barrier_passed();
void grid_reached(const void *pc);
void grid_passed();
// The current lane arrives at a warp operation; the operation is done for `members`.
void warp_reached(uint32_t mask, const void *pc);
void warp_passed(uint32_t warp, uint32_t members, Finish finish, const WarpOperands &operands);
// No thread of the block can go on.
void deadlocked();

// An atomic operation, right before it happens.
void atomic(const void *address, size_t size, const void *pc);
void fence();

// Device memory comes and goes; the host (or a copy) writes to it.
void allocated(const void *start, size_t bytes, bool is_initialised);
void freed(const void *start);
void written(const void *start, size_t bytes);

}  // namespace ascendify_oracle::check
#pragma GCC visibility pop
