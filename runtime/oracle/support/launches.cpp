// Runs launches. The blocks of an ordinary launch are independent: each worker takes some from a
// common counter, runs them one after the other, and comes back for more. With one worker, which
// is the default, the order is always the same.

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>

#include "block.h"
#include "check.h"
#include "cooperative.h"
#include "environment.h"
#include "launches.h"
#include "shared_memory.h"
#include "workers.h"

// The headers declare these constant, which is true while a launch runs.
extern "C" {
__attribute__((visibility("hidden"))) struct {
  unsigned x, y, z;
} size_of_block asm("ascendify_block_dim"), size_of_grid asm("ascendify_grid_dim");
__attribute__((visibility("hidden"))) bool runs_in_parallel asm("ascendify_in_parallel") = false;
}

namespace ascendify_oracle {
namespace {

constexpr uint64_t max_resident_threads = 108 * 2048;
constexpr uint64_t largest_chunk = 64;
constexpr uint64_t chunks_per_worker = 8;

uint32_t workers = 1;
Result result;
uint64_t switches = 0;

// What a worker keeps between launches.
struct Worker {
  Block block;
  Stacks stacks;
  DynamicShared shared;
};

// Never destroyed: OS threads may still run at the end of the process.
Worker &worker(uint32_t number) {
  static auto *all = new std::unique_ptr<Worker>[most_workers];
  if (!all[number]) all[number] = std::make_unique<Worker>();
  return *all[number];
}

class OrdinaryLaunch {
 public:
  OrdinaryLaunch(const ascendify_oracle_launch &launch, uint64_t blocks)
      : launch_(launch), blocks_(blocks), failed_turn_(blocks), lines_turn_(blocks) {}

  void run() {
    uint64_t most = check::is_wanted() ? 1 : workers;
    uint64_t count = blocks_ < most ? blocks_ : most;
    uint64_t chunk = blocks_ / (count * chunks_per_worker);
    chunk_ = chunk < 1 ? 1 : chunk > largest_chunk ? largest_chunk : chunk;
    for (uint32_t number = 0; number < count; ++number) worker(number);
    runs_in_parallel = count > 1;
    run_on_workers(static_cast<uint32_t>(count), [this](uint32_t number) { serve(worker(number)); });
    runs_in_parallel = false;
  }

 private:
  void serve(Worker &worker) {
    if (!worker.shared.start()) return;
    worker.shared.install();
    Environment environment;
    Block &block = worker.block;
    prepare(block, launch_, worker.stacks, false);
    for (;;) {
      uint64_t turn = next_turn_.fetch_add(chunk_, std::memory_order_relaxed);
      uint64_t end = turn + chunk_;
      for (; turn < end; ++turn) {
        // Turns before one that failed are still taken, so that it is always the same one.
        if (turn >= failed_turn_.load(std::memory_order_relaxed)) return note_end(block);
        run_block(block, turn);
      }
    }
  }

  void run_block(Block &block, uint64_t turn) {
    begin(block, index_in_grid(launch_, backwards ? blocks_ - 1 - turn : turn));
    bool has_failed = resume(block) == Leave::failed;
    if (has_failed) abandon(block);
    if (has_failed || block.other_line) note_block(block, turn, has_failed);
  }

  void note_block(const Block &block, uint64_t turn, bool has_failed) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (block.other_line && turn < lines_turn_) {
      lines_turn_ = turn;
      result.first_line = block.first_line;
      result.other_line = block.other_line;
    }
    if (has_failed && turn < failed_turn_.load(std::memory_order_relaxed)) {
      failed_turn_.store(turn, std::memory_order_relaxed);
      result.failed = true;
      std::snprintf(result.message, sizeof result.message, "%s", block.message);
    }
  }

  void note_end(const Block &block) {
    std::lock_guard<std::mutex> lock(mutex_);
    result.switches += block.switches;
  }

  const ascendify_oracle_launch &launch_;
  const uint64_t blocks_;
  uint64_t chunk_ = 1;
  std::atomic<uint64_t> next_turn_{0};
  std::atomic<uint64_t> failed_turn_;  // the number of blocks if none has failed
  uint64_t lines_turn_;
  std::mutex mutex_;
};

}  // namespace

Index index_in_grid(const ascendify_oracle_launch &launch, uint64_t number) {
  uint64_t x = launch.grid[0], y = launch.grid[1];
  return {static_cast<unsigned>(number % x), static_cast<unsigned>(number / x % y),
          static_cast<unsigned>(number / x / y)};
}

}  // namespace ascendify_oracle

const char *ascendify_oracle_refuse(const ascendify_oracle_launch *launch) {
  using namespace ascendify_oracle;
  const uint32_t *grid = launch->grid, *block = launch->block;
  bool too_many = block[0] > max_threads || block[1] > max_threads || block[2] > 64;
  uint64_t threads = uint64_t{block[0]} * block[1] * block[2];
  if (too_many || threads > max_threads) return "invalid launch: too many threads per block";
  if (threads == 0) return "invalid launch: a block without threads";
  if (!grid[0] || !grid[1] || !grid[2]) return "invalid launch: a grid without blocks";
  if (grid[0] > 0x7fffffff || grid[1] > 65535 || grid[2] > 65535) {
    return "invalid launch: too many blocks";
  }
  if (launch->shared_bytes > most_dynamic_shared) {
    return "invalid launch: too much dynamic shared memory";
  }
  return nullptr;
}

const char *ascendify_oracle_run(const ascendify_oracle_launch *given) {
  using namespace ascendify_oracle;
  static std::mutex one_at_a_time;
  if (running) fail("a kernel launches a kernel: not supported");
  std::lock_guard<std::mutex> lock(one_at_a_time);
  ascendify_oracle_launch launch = *given;
  if (!launch.invoke) complete_from_registry(launch);
  if (const char *why = ascendify_oracle_refuse(&launch)) return why;
  if (!launch.invoke) {
    return "the launch does not say the kernel's type: pass the kernel itself, not a void pointer";
  }
  uint64_t blocks = uint64_t{launch.grid[0]} * launch.grid[1] * launch.grid[2];
  uint64_t threads = blocks * launch.block[0] * launch.block[1] * launch.block[2];
  if (launch.cooperative && threads > max_resident_threads) {
    return "invalid launch: too many blocks for a cooperative one";
  }
  if (!worker(0).shared.start()) return "no memory for the shared memory of a block";
  size_of_grid = {launch.grid[0], launch.grid[1], launch.grid[2]};
  size_of_block = {launch.block[0], launch.block[1], launch.block[2]};
  result = {};
  LaunchEnvironment environment;
  check::launch_begins(launch);
  if (launch.cooperative) {
    run_cooperatively(launch, static_cast<uint32_t>(blocks), result);
  } else {
    OrdinaryLaunch(launch, blocks).run();
  }
  check::launch_ends();
  switches += result.switches;
  return result.failed ? result.message : nullptr;
}

void ascendify_oracle_set_schedule(uint32_t schedule) {
  ascendify_oracle::backwards = schedule == 1;
  ascendify_oracle::patient = schedule == 2;
}

void ascendify_oracle_set_workers(uint32_t count) {
  using namespace ascendify_oracle;
  workers = count < 1 ? 1 : count > most_workers ? most_workers : count;
}

int ascendify_oracle_barrier_lines(uint32_t *first, uint32_t *other) {
  *first = ascendify_oracle::result.first_line;
  *other = ascendify_oracle::result.other_line;
  return *other != 0;
}

uint64_t ascendify_oracle_switches(void) { return ascendify_oracle::switches; }
