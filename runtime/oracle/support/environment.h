// What surrounds the code of kernels on each OS thread that runs it: the rounding mode, and a stack
// for the handlers of faults.
#pragma once

#include <cstddef>
#include <memory>

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

// For the OS thread that makes it. Kernel code runs between its constructor and its destructor,
// which leaves everything as it was.
class Environment {
 public:
  Environment();
  ~Environment();
  Environment(const Environment &) = delete;
  Environment &operator=(const Environment &) = delete;

 private:
  struct Saved;
  std::unique_ptr<Saved> saved_;
};

// For the whole process, while a launch runs: faults in kernel code end the launch with a message
// that says what happened; any others go to the handlers that were there before. Conversions of our
// headers round as asked.
class LaunchEnvironment {
 public:
  LaunchEnvironment();
  ~LaunchEnvironment();
  LaunchEnvironment(const LaunchEnvironment &) = delete;
  LaunchEnvironment &operator=(const LaunchEnvironment &) = delete;
};

}  // namespace ascendify_oracle
#pragma GCC visibility pop
