// Cooperative launches, whose blocks can wait for each other.
#pragma once

#include "block.h"

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

// What became of a launch, as told by the first block that failed and the first whose threads
// waited at different barriers, in the order of their turns.
struct Result {
  bool failed = false;
  char message[1024] = "";
  uint32_t first_line = 0;
  uint32_t other_line = 0;
  uint64_t switches = 0;
};

Index index_in_grid(const ascendify_oracle_launch &launch, uint64_t number);

void run_cooperatively(const ascendify_oracle_launch &launch, uint32_t blocks, Result &result);

}  // namespace ascendify_oracle
#pragma GCC visibility pop
