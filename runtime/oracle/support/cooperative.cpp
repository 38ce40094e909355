// Each block of a cooperative launch has an OS thread of its own (and with it its own thread-local
// __shared__ variables), but only one of them runs at a time: the baton goes from block to block.

#include "cooperative.h"

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "check.h"
#include "environment.h"
#include "shared_memory.h"

namespace ascendify_oracle {
namespace {

Stacks stacks;

class Grid {
 public:
  Grid(const ascendify_oracle_launch &launch, uint32_t blocks, Result &result)
      : launch_(launch), state_(blocks, State::ready), result_(result) {}

  void run() {
    std::vector<std::thread> threads;
    // Nobody has the baton before all are there.
    try {
      for (uint32_t number = 0; number < state_.size(); ++number) {
        threads.emplace_back([this, number] { run_block(number); });
      }
      pass_to(0);
    } catch (const std::system_error &) {
      fail("no more OS threads for the blocks of a cooperative launch");
    }
    for (std::thread &thread : threads) thread.join();
  }

 private:
  enum class State { ready, waiting, done };

  void run_block(uint32_t number) {
    auto block = std::make_unique<Block>();
    DynamicShared shared;
    shared.install();
    if (!wait_for_turn(number)) return;
    if (!shared.start()) return fail("no memory for the shared memory of a block");
    Environment environment;
    prepare(*block, launch_, stacks, true);
    begin(*block, index_in_grid(launch_, number));
    for (;;) {
      Leave why = resume(*block);
      if (why != Leave::at_grid) {
        leave(*block, number, why);
        return;
      }
      pass_on(number, State::waiting);
      if (!wait_for_turn(number)) {
        std::lock_guard<std::mutex> lock(mutex_);
        abandon(*block);
        return;
      }
      release_from_grid(*block);
    }
  }

  void leave(Block &block, uint32_t number, Leave why) {
    abandon(block);
    result_.switches += block.switches;
    if (block.other_line && !result_.other_line) {
      result_.first_line = block.first_line;
      result_.other_line = block.other_line;
    }
    if (why == Leave::failed) return fail(block.message);
    pass_on(number, State::done);
  }

  bool wait_for_turn(uint32_t number) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == number || result_.failed; });
    return !result_.failed;
  }

  void fail(const char *message) {
    std::lock_guard<std::mutex> lock(mutex_);
    std::snprintf(result_.message, sizeof result_.message, "%s", message);
    result_.failed = true;
    changed_.notify_all();
  }

  void pass_to(uint32_t number) {
    std::lock_guard<std::mutex> lock(mutex_);
    turn_ = number;
    changed_.notify_all();
  }

  void pass_on(uint32_t number, State state) {
    std::lock_guard<std::mutex> lock(mutex_);
    state_[number] = state;
    turn_ = next_ready(number);
    if (turn_ == none) {  // the last one is here: all who wait may go on
      check::grid_passed();
      for (State &other : state_) {
        if (other == State::waiting) other = State::ready;
      }
      turn_ = next_ready(none);
    }
    changed_.notify_all();
  }

  uint32_t next_ready(uint32_t after) const {
    for (uint32_t number = after + 1; number < state_.size(); ++number) {
      if (state_[number] == State::ready) return number;
    }
    return none;
  }

  const ascendify_oracle_launch &launch_;
  std::vector<State> state_;
  Result &result_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint32_t turn_ = none;
};

}  // namespace

void run_cooperatively(const ascendify_oracle_launch &launch, uint32_t blocks, Result &result) {
  Grid(launch, blocks, result).run();
}

}  // namespace ascendify_oracle
