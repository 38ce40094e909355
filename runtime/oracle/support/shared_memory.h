// The memory of a block that all its threads share. Each OS thread that runs blocks has one of
// its own: static variables are thread-local, what a launch asks for lies in a buffer.
#pragma once

#include <cstddef>

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

// The most that a launch may ask for: what the largest devices have.
constexpr size_t most_dynamic_shared = 232448;

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

// What a block finds before it has written anything.
void make_shared_memory_undefined(size_t dynamic_bytes);

}  // namespace ascendify_oracle
#pragma GCC visibility pop
