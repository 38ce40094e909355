#include "workers.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace ascendify_oracle {
namespace {

class Team {
 public:
  ~Team() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    for (std::thread &thread : threads_) thread.join();
  }

  void run(uint32_t count, const std::function<void(uint32_t)> &work) {
    count = hire(count - 1) + 1;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      wanted_ = count;
      busy_ = count - 1;
      ++round_;
    }
    changed_.notify_all();
    work(0);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    work_ = nullptr;
  }

  bool is_idle() const { return work_ == nullptr; }

 private:
  // How many there are for work that wants `count`: fewer where the system gives no more.
  // Signals to the process are for the threads of the program.
  uint32_t hire(uint32_t count) {
    if (threads_.size() >= count) return count;
    sigset_t all, before;
    sigfillset(&all);
    for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, own);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      while (threads_.size() < count) {
        uint32_t number = static_cast<uint32_t>(threads_.size()) + 1;
        threads_.emplace_back([this, number, seen = round_] { serve(number, seen); });
      }
    } catch (const std::system_error &) {
      count = static_cast<uint32_t>(threads_.size());
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return count;
  }

  void serve(uint32_t number, uint64_t seen) {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ending_ || round_ != seen; });
      if (ending_) return;
      seen = round_;
      if (number >= wanted_) continue;
      const std::function<void(uint32_t)> &work = *work_;
      lock.unlock();
      work(number);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable done_;
  std::vector<std::thread> threads_;
  const std::function<void(uint32_t)> *work_ = nullptr;
  uint64_t round_ = 0;
  uint32_t wanted_ = 0;
  uint32_t busy_ = 0;
  bool ending_ = false;
};

Team *team = nullptr;
pid_t process_of_team = 0;

// Threads that waited in code which is no longer there could wake up.
__attribute__((destructor)) void dismiss() {
  if (team && process_of_team == getpid() && team->is_idle()) delete team;
  team = nullptr;
}

}  // namespace

void run_on_workers(uint32_t count, const std::function<void(uint32_t)> &work) {
  if (count <= 1) return work(0);
  if (!team || process_of_team != getpid()) {
    team = new Team;  // the one of a parent process, if any, has no threads here: left alone
    process_of_team = getpid();
  }
  team->run(count, work);
}

}  // namespace ascendify_oracle
