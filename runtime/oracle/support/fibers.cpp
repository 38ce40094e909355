// The threads of a block are fibers that take turns on one OS thread. A thread runs until it has to
// wait; then the next lane of its warp goes on, then the next warp (or all of it downwards, on
// request). So the order is always the same, and code between two waits is never interrupted.

#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "ascendify/execution.h"
#include "async_copies.h"
#include "block.h"
#include "check.h"
#include "context_switch.h"
#include "launches.h"
#include "shared_memory.h"
#include "stacks.h"
#include "undefined_memory.h"

// The headers declare these constant, which is true for each thread; here they change.
extern "C" {
__attribute__((visibility("hidden"))) __thread struct {
  unsigned x, y, z;
} index_of_thread asm("ascendify_thread_index"), index_of_block asm("ascendify_block_index");
}

namespace ascendify_oracle {

__thread Block *running = nullptr;
bool backwards = false;
bool patient = false;

namespace {

std::atomic_flag atomics_are_locked = ATOMIC_FLAG_INIT;
__thread bool holds_atomics = false;
constexpr uint32_t most_tries = 10'000;
constexpr uint32_t most_turns_alone = 50'000'000;

uint32_t lowest(uint32_t set) { return static_cast<uint32_t>(__builtin_ctz(set)); }

// The order of turns: upwards, or downwards for a second opinion about order.
uint32_t first_of(uint32_t set) {
  return backwards ? 31 - static_cast<uint32_t>(__builtin_clz(set)) : lowest(set);
}
uint32_t those_after(uint32_t set, uint32_t number) {
  uint32_t below = (1u << number) - 1;
  return set & (backwards ? below : ~below & ~(1u << number));
}

// Back to who runs the block; comes back only where the block goes on after a grid barrier.
void go_home(Block &block, Leave why) {
  block.leave = why;
  ascendify_oracle_switch(&block.context[block.current], block.home);
}

// ---- choosing who runs next

void release_converged(Warp &warp) {
  const void *site = warp.site[lowest(warp.converging)];
  uint32_t members = 0;
  for (uint32_t left = warp.converging; left; left &= left - 1) {
    if (warp.site[lowest(left)] == site) members |= left & -left;
  }
  for (uint32_t left = members; left; left &= left - 1) {
    warp.operands.out[lowest(left)] = members;
  }
  warp.converging &= ~members;
  warp.runnable |= members;
}

bool is_ready(Block &block, uint32_t number) {
  Warp &warp = block.warps[number];
  if (warp.runnable) return true;
  if (warp.converging) {
    release_converged(warp);
    return true;
  }
  block.ready_warps &= ~(1u << number);
  return false;
}

uint32_t next_in_other_warps(Block &block, uint32_t number) {
  while (uint32_t others = block.ready_warps & ~(1u << number)) {
    uint32_t later = those_after(others, number);
    uint32_t chosen = first_of(later ? later : others);
    if (is_ready(block, chosen)) return chosen * 32 + first_of(block.warps[chosen].runnable);
  }
  return none;
}

// The next thread when the current one cannot go on.
uint32_t next_thread(Block &block) {
  uint32_t number = block.current / 32;
  if (is_ready(block, number)) {
    uint32_t runnable = block.warps[number].runnable;
    uint32_t later = those_after(runnable, block.current % 32);
    return number * 32 + first_of(later ? later : runnable);
  }
  return next_in_other_warps(block, number);
}

// The next thread when the current one gives way: all others have their turn first.
uint32_t next_in_turn(Block &block) {
  uint32_t number = block.current / 32;
  Warp &warp = block.warps[number];
  if (uint32_t later = those_after(warp.runnable, block.current % 32)) {
    return number * 32 + first_of(later);
  }
  uint32_t other = next_in_other_warps(block, number);
  if (other != none) return other;
  if (warp.converging) release_converged(warp);
  return number * 32 + first_of(warp.runnable);
}

void make_runnable(Block &block, uint32_t number, uint32_t lanes) {
  block.warps[number].runnable |= lanes;
  if (lanes) block.ready_warps |= 1u << number;
}

// ---- switching

bool is_fresh(Block &block, uint32_t thread) {
  return block.warps[thread / 32].fresh >> (thread % 32) & 1;
}

void become(Block &block, uint32_t thread) {
  block.tries = 0;
  block.current = thread;
  check::thread_runs(thread, block.stack[thread].top);
  std::memcpy(&index_of_thread, &block.index[thread], sizeof(Index));
}

void fiber_main();

constexpr const char *no_stack = "no memory for the stack of a thread";

bool start(Block &block, uint32_t thread) {
  Stacks::Stack stack = block.stacks->take();
  if (!stack.top) return false;
  block.warps[thread / 32].fresh &= ~(1u << (thread % 32));
  block.stack[thread] = stack;
  block.context[thread] = new_context(stack.bottom, stack.top, fiber_main);
  return true;
}

void switch_to(Block &block, uint32_t thread) {
  uint32_t from = block.current;
  if (is_fresh(block, thread) && !start(block, thread)) fail("%s", no_stack);
  become(block, thread);
  ++block.switches;
  ascendify_oracle_switch(&block.context[from], block.context[thread]);
}

void nobody_can_run(Block &block);

void wait(Block &block) {
  uint32_t next = next_thread(block);
  if (next == none) {
    nobody_can_run(block);
  } else {
    switch_to(block, next);
  }
}

void release_barrier(Block &block) {
  check::barrier_passed();
  block.result = {block.predicates, block.predicates == block.arrived, block.predicates != 0};
  block.arrived = 0;
  block.predicates = 0;
  for (uint32_t w = 0; w < block.warp_count; ++w) {
    make_runnable(block, w, block.warps[w].at_barrier);
    block.warps[w].at_barrier = 0;
  }
}

void complete(Block &block, uint32_t number, uint32_t group) {
  Warp &warp = block.warps[number];
  Group done = warp.groups[group];
  warp.groups[group] = warp.groups[--warp.group_count];
  done.finish(warp.operands, done.arrived);
  check::warp_passed(number, done.arrived, done.finish, warp.operands);
  make_runnable(block, number, done.arrived);
}

bool is_complete(const Warp &warp, const Group &group) {
  return (group.mask & warp.alive & ~group.arrived) == 0;
}

// A thread has returned: those who waited for it alone can go on.
void retire(Block &block) {
  uint32_t number = block.current / 32;
  Warp &warp = block.warps[number];
  uint32_t bit = 1u << (block.current % 32);
  warp.alive &= ~bit;
  warp.runnable &= ~bit;
  --block.alive;
  check::thread_exits();
  for (uint32_t g = warp.group_count; g-- > 0;) {
    if (is_complete(warp, warp.groups[g])) complete(block, number, g);
  }
  if (block.arrived && block.arrived == block.alive) release_barrier(block);
}

void fiber_main() {
  for (;;) {
    Block &block = *running;
    const ascendify_oracle_launch &launch = *block.launch;
    if (poisons_all) {
      invoke_on_undefined_stack(launch);
    } else {
      launch.invoke(launch.kernel, launch.args);
    }
    retire(block);
    Stacks::Stack stack = block.stack[block.current];
    uint32_t next = next_thread(block);
    if (next == none) {
      block.stacks->give(stack);
      block.stack[block.current] = {};
      nobody_can_run(block);
      __builtin_unreachable();
    }
    if (is_fresh(block, next)) {  // it can have this stack: nothing to switch
      block.stack[block.current] = {};
      block.stack[next] = stack;
      block.warps[next / 32].fresh &= ~(1u << (next % 32));
      become(block, next);
      continue;
    }
    block.stacks->give(stack);
    block.stack[block.current] = {};
    switch_to(block, next);
    __builtin_unreachable();
  }
}

// ---- failing

void describe_waiting(Block &block, char *text, size_t size) {
  struct {
    const char *what;
    uint32_t count;
    uint32_t first;
  } places[3] = {{"__syncthreads()", 0, 0}, {"a warp operation", 0, 0}, {"grid.sync()", 0, 0}};
  for (uint32_t t = 0; t < block.threads; ++t) {
    const Warp &warp = block.warps[t / 32];
    uint32_t bit = 1u << (t % 32);
    if (!(warp.alive & bit)) continue;
    auto &place = places[warp.at_barrier & bit ? 0 : warp.at_grid & bit ? 2 : 1];
    if (!place.count++) place.first = t;
  }
  size_t used = 0;
  for (const auto &place : places) {
    if (!place.count || used >= size) continue;
    const Index &i = block.index[place.first];
    used += std::snprintf(text + used, size - used, "%s%u thread(s) at %s, first (%u, %u, %u)",
                          used ? "; " : "", place.count, place.what, i.x, i.y, i.z);
  }
}

void nobody_can_run(Block &block) {
  if (block.alive == 0) return go_home(block, Leave::finished);
  if (block.cooperative && block.waiting_for_grid == block.alive) {
    return go_home(block, Leave::at_grid);
  }
  check::deadlocked();
  char waiting[400];
  describe_waiting(block, waiting, sizeof waiting);
  std::snprintf(block.message, sizeof block.message,
                "deadlock in block (%u, %u, %u): each thread waits for one that never comes: %s",
                block.block_index.x, block.block_index.y, block.block_index.z, waiting);
  go_home(block, Leave::failed);
}

}  // namespace

// ---- blocks

void prepare(Block &block, const ascendify_oracle_launch &launch, Stacks &stacks,
             bool cooperative) {
  const uint32_t *size = launch.block;
  block.launch = &launch;
  block.stacks = &stacks;
  block.cooperative = cooperative;
  block.switches = 0;
  block.threads = size[0] * size[1] * size[2];
  block.warp_count = (block.threads + 31) / 32;
  uint32_t t = 0;
  for (uint32_t z = 0; z < size[2]; ++z) {
    for (uint32_t y = 0; y < size[1]; ++y) {
      for (uint32_t x = 0; x < size[0]; ++x) block.index[t++] = {x, y, z};
    }
  }
  for (t = 0; t < max_threads; ++t) block.stack[t] = {};
}

void begin(Block &block, Index where) {
  block.alive = block.threads;
  block.arrived = block.predicates = block.waiting_for_grid = block.turns_alone = 0;
  block.first_line = block.other_line = 0;
  block.block_index = where;
  block.ready_warps = 0;
  make_shared_memory_undefined(*block.launch);
  forget_async_copies();
  for (uint32_t w = 0; w < block.warp_count; ++w) {
    Warp &warp = block.warps[w];
    uint32_t lanes = block.threads - w * 32;
    warp.alive = lanes >= 32 ? ~0u : (1u << lanes) - 1;
    warp.fresh = warp.alive;
    warp.runnable = 0;
    warp.at_barrier = warp.at_grid = warp.converging = warp.group_count = 0;
    make_runnable(block, w, warp.alive);
  }
  block.current = 0;
  check::block_begins(&where.x, block.threads);
}

Leave resume(Block &block) {
  running = &block;
  check::block_resumes(&block.block_index.x);
  std::memcpy(&index_of_block, &block.block_index, sizeof(Index));
  uint32_t warp = first_of(block.ready_warps);
  uint32_t first = warp * 32 + first_of(block.warps[warp].runnable);
  if (is_fresh(block, first) && !start(block, first)) {
    std::snprintf(block.message, sizeof block.message, "%s", no_stack);
    block.leave = Leave::failed;
  } else {
    become(block, first);
    ascendify_oracle_switch(&block.home, block.context[first]);
  }
  running = nullptr;
  check::block_leaves();
  return block.leave;
}

void abandon(Block &block) {
  for (uint32_t t = 0; t < block.threads; ++t) {
    if (block.stack[t].top) block.stacks->give(block.stack[t]);
    block.stack[t] = {};
  }
}

void release_from_grid(Block &block) {
  block.waiting_for_grid = 0;
  for (uint32_t w = 0; w < block.warp_count; ++w) {
    make_runnable(block, w, block.warps[w].at_grid);
    block.warps[w].at_grid = 0;
  }
}

// ---- what running threads call

void fail(const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  std::vsnprintf(text, sizeof text, format, list);
  va_end(list);
  unlock_atomics();
  if (!running) {
    std::fprintf(stderr, "%s\n", text);
    std::abort();
  }
  Block &block = *running;
  Index b = block.block_index, t = block.index[block.current];
  std::snprintf(block.message, sizeof block.message,
                "block (%u, %u, %u), thread (%u, %u, %u): %s", b.x, b.y, b.z, t.x, t.y, t.z, text);
  go_home(block, Leave::failed);
  __builtin_unreachable();
}

void lock_atomics() {
  while (atomics_are_locked.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  holds_atomics = true;
}

void unlock_atomics() {
  if (!holds_atomics) return;
  holds_atomics = false;
  atomics_are_locked.clear(std::memory_order_release);
}

bool is_on_device() { return running != nullptr; }

uint32_t thread_rank() { return running ? running->current : 0; }

BarrierResult block_barrier(bool predicate, uint32_t line) {
  if (!running) return {predicate, predicate, predicate};
  Block &block = *running;
  check::barrier_reached(__builtin_return_address(0), line);
  if (block.arrived == 0) block.barrier_line = line;
  if (block.barrier_line != line && !block.other_line) {
    block.first_line = block.barrier_line;
    block.other_line = line;
  }
  block.predicates += predicate;
  if (++block.arrived == block.alive) {
    release_barrier(block);
    return block.result;
  }
  Warp &warp = block.warps[block.current / 32];
  uint32_t bit = 1u << (block.current % 32);
  warp.runnable &= ~bit;
  warp.at_barrier |= bit;
  wait(block);
  return block.result;
}

void grid_barrier() {
  if (!grid_can_sync()) fail("grid.sync() in a launch that is not cooperative");
  Block &block = *running;
  Warp &warp = block.warps[block.current / 32];
  uint32_t bit = 1u << (block.current % 32);
  warp.runnable &= ~bit;
  warp.at_grid |= bit;
  ++block.waiting_for_grid;
  check::grid_reached(__builtin_return_address(0));
  wait(block);
}

bool grid_can_sync() { return running && running->cooperative; }

uint64_t warp_operation(uint32_t mask, Finish finish, uint64_t value, uint32_t aux) {
  if (!running) {  // in host code: alone
    WarpOperands operands;
    operands.in[0] = value;
    operands.aux[0] = aux;
    finish(operands, 1);
    return operands.out[0];
  }
  Block &block = *running;
  uint32_t lane = block.current % 32, number = block.current / 32;
  uint32_t bit = 1u << lane;
  Warp &warp = block.warps[number];
  WarpOperands &operands = warp.operands;
  operands.in[lane] = value;
  operands.aux[lane] = aux;
  check::warp_reached(mask, __builtin_return_address(0));
  if (!(mask & bit)) {  // not one of those it names: alone
    finish(operands, bit);
    return operands.out[lane];
  }
  uint32_t g = 0;
  while (g < warp.group_count && (warp.groups[g].mask != mask || warp.groups[g].finish != finish)) {
    ++g;
  }
  if (g == warp.group_count) warp.groups[warp.group_count++] = {mask, 0, finish};
  warp.groups[g].arrived |= bit;
  warp.runnable &= ~bit;
  if (is_complete(warp, warp.groups[g])) {
    complete(block, number, g);
  } else {
    wait(block);
  }
  return operands.out[lane];
}

uint32_t converged_lanes() {
  if (!running) return 1;
  Block &block = *running;
  Warp &warp = block.warps[block.current / 32];
  uint32_t lane = block.current % 32;
  warp.site[lane] = __builtin_return_address(0);
  warp.runnable &= ~(1u << lane);
  warp.converging |= 1u << lane;
  uint32_t next = next_thread(block);
  if (next != block.current) switch_to(block, next);
  return static_cast<uint32_t>(warp.operands.out[lane]);
}

void yield() {
  if (!running) return;
  Block &block = *running;
  if (patient && ++block.tries < most_tries) return;
  block.tries = 0;
  uint32_t next = next_in_turn(block);
  if (next != block.current) {
    block.turns_alone = 0;
    switch_to(block, next);
  } else if (++block.turns_alone == most_turns_alone / (patient ? most_tries : 1)) {
    fail("the thread waits for memory that no other thread of its block can change");
  }
}

}  // namespace ascendify_oracle

long long clock64() {
  ascendify_oracle::yield();
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

// <assert.h> calls this one: a failed assertion of a kernel ends its launch, not the process.
extern "C" __attribute__((visibility("hidden"))) void __assert_fail(
    const char *expression, const char *file, unsigned line, const char *function) {
  ascendify_oracle::fail("%s:%u: %s: assertion '%s' failed", file, line, function, expression);
}

