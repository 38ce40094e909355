// The memory of a block that all its threads share. Each OS thread that runs blocks has one of
// its own: static variables are thread-local, what a launch asks for lies in a buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

// The most that a launch may ask for: what the largest devices have.
constexpr size_t most_dynamic_shared = 232448;

// How far beyond a source's static variables a write does no harm.
constexpr size_t shared_guard_bytes = 2048;

// Dynamic shared memory for the calling OS thread, as long as the object lives. The address must
// be the same for all launches that an OS thread takes part in.
class DynamicShared {
 public:
  DynamicShared();
  ~DynamicShared();
  DynamicShared(const DynamicShared &) = delete;
  DynamicShared &operator=(const DynamicShared &) = delete;
  // Null where the system gives no memory.
  char *start() const { return start_; }
  void install() const;

 private:
  char *start_;
};

// A static variable, as the program that loaded the library told: `kernel` is the address of the
// only kernel that uses it, or null.
struct SharedVariable {
  const char *name;
  int64_t offset;
  uint64_t bytes;
  const void *kernel;
};

const std::vector<SharedVariable> &shared_variables();

// Where the calling OS thread has its own.
char *address_here(const SharedVariable &variable);

inline bool can_use(const void *kernel, const SharedVariable &variable) {
  return !variable.kernel || variable.kernel == kernel;
}

}  // namespace ascendify_oracle
#pragma GCC visibility pop
