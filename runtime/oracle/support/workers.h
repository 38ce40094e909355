// OS threads that wait between launches. They are made when they are first needed, and again in
// a child process, which does not inherit threads.
#pragma once

#include <cstdint>
#include <functional>

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

constexpr uint32_t most_workers = 256;

// Calls `work` with 0 to count - 1, each on an OS thread of its own (0 on the calling one), and
// waits for all; with fewer numbers where the system has no more threads. The same number always
// means the same thread, but for number 0. One call at a time.
void run_on_workers(uint32_t count, const std::function<void(uint32_t)> &work);

}  // namespace ascendify_oracle
#pragma GCC visibility pop
