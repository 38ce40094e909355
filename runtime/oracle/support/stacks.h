// Stacks for fibers, kept for reuse. Untouched pages cost nothing, so they are generous.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <vector>

class Stacks {
 public:
  // CUDA's limit for what a thread keeps, 512 KiB, and room for what is below and above it.
  static constexpr size_t bytes = 640 * 1024;
  // Compilers check large frames in steps of at most this size.
  static constexpr size_t guard = 64 * 1024;

  struct Stack {
    char *bottom = nullptr;
    char *top = nullptr;
  };

  // A free stack, or one with null pointers where the system gives no memory.
  Stack take() {
    if (free_.empty()) return map();
    Stack stack = free_.back();
    free_.pop_back();
    return stack;
  }

  void give(Stack stack) { free_.push_back(stack); }

 private:
  // Kernels limit the number of mappings per process, and each guard page splits one.
  static constexpr size_t guarded_stacks = 8192;

  Stack map() {
    void *memory = mmap(nullptr, guard + bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return {};
    char *bottom = static_cast<char *>(memory);
    if (count_ < guarded_stacks) mprotect(bottom, guard, PROT_NONE);
    // Without the stagger the hot ends of all stacks would share a few cache sets.
    char *top = bottom + guard + bytes - (count_ % 61) * 64;
    ++count_;
    return {bottom + guard, top};
  }

  std::vector<Stack> free_;
  size_t count_ = 0;
};
