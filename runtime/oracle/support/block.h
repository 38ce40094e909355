// A block while it runs: which of its threads wait for what, where their stacks are, and the
// operations on it that the runners of launches use. Everything here belongs to one OS thread.
#pragma once

#include <cstdint>

#include "ascendify/execution.h"
#include "stacks.h"

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

constexpr uint32_t max_threads = 1024;
constexpr uint32_t max_warps = 32;
constexpr uint32_t none = ~0u;

struct Index {
  unsigned x, y, z;
};

// Lanes of a warp that have arrived at the same operation with the same mask.
struct Group {
  uint32_t mask;
  uint32_t arrived;
  Finish finish;
};

// Sets of lanes, one bit each.
struct Warp {
  uint32_t alive;
  uint32_t runnable;
  uint32_t fresh;       // not started yet
  uint32_t at_barrier;  // of the block
  uint32_t at_grid;
  uint32_t converging;
  uint32_t group_count;
  Group groups[32];
  const void *site[32];
  WarpOperands operands;
};

enum class Leave { finished, at_grid, failed };

struct Block {
  const ascendify_oracle_launch *launch;
  Stacks *stacks;
  uint32_t threads;
  uint32_t warp_count;
  uint32_t alive;
  uint32_t arrived;
  uint32_t predicates;
  uint32_t waiting_for_grid;
  uint32_t barrier_line;
  uint32_t current;
  uint32_t ready_warps;
  uint32_t turns_alone;
  uint32_t tries;  // of the current thread to give way, where threads are patient
  BarrierResult result;
  Leave leave;
  bool cooperative;
  Index block_index;
  void *home;
  uint64_t switches;
  // Two lines at whose barriers threads waited for each other, if there were any.
  uint32_t first_line;
  uint32_t other_line;
  Warp warps[max_warps];
  void *context[max_threads];
  Stacks::Stack stack[max_threads];
  Index index[max_threads];
  char message[1024];
};

// The block whose threads this OS thread runs; null where it runs host code.
extern __thread Block *running;

// The order of turns: upwards, or downwards for a second opinion about order.
extern bool backwards;
// Threads give way only after they have tried for long: those that wait for nobody, but read with
// atomics, run one after the other.
extern bool patient;

// Makes a block ready for a launch, whose blocks it is then one after the other.
void prepare(Block &block, const ascendify_oracle_launch &launch, Stacks &stacks,
             bool cooperative);
void begin(Block &block, Index where);
// Runs the block's threads until all have returned, wait for other blocks, or one has failed.
Leave resume(Block &block);
// All blocks have arrived at the grid's barrier.
void release_from_grid(Block &block);
// Takes the stacks of threads that will not go on.
void abandon(Block &block);

}  // namespace ascendify_oracle
#pragma GCC visibility pop
