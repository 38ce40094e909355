// Asynchronous copies in CUDA C++: the primitives, cuda::pipeline, cuda::barrier. Copies are done
// when they are waited for.
#pragma once

#include "async_copy.h"
#include "ptx.h"

inline __attribute__((always_inline)) void __pipeline_memcpy_async(void *to, const void *from,
                                                                   size_t bytes, size_t zeros = 0) {
  ascendify_oracle::copy_async(static_cast<char *>(to), static_cast<const char *>(from),
                               static_cast<uint32_t>(bytes), static_cast<uint32_t>(bytes - zeros));
}
inline void __pipeline_commit() { ascendify_oracle::commit_async_copies(); }
inline __attribute__((always_inline)) void __pipeline_wait_prior(size_t n) {
  ascendify_oracle::wait_for_async_copies(static_cast<uint32_t>(n), false);
}

namespace cuda {

enum thread_scope { thread_scope_system, thread_scope_device, thread_scope_block, thread_scope_thread };

template <size_t Alignment>
struct aligned_size_t {
  static constexpr size_t align = Alignment;
  size_t value;
  constexpr aligned_size_t(size_t n) : value(n) {}
  constexpr operator size_t() const { return value; }
};

template <thread_scope, unsigned char Stages>
struct pipeline_shared_state {
  unsigned long long stages[Stages];
};

// All threads produce and consume. The oldest stage that was committed is waited for; a pipeline of
// the block then lets all threads see what the others have copied.
template <thread_scope Scope>
struct pipeline {
  uint32_t open = 0;  // stages committed and not yet waited for
  void producer_acquire() {}
  void producer_commit() {
    ascendify_oracle::commit_async_copies();
    ++open;
  }
  __attribute__((always_inline)) void consumer_wait() {
    if (open) --open;
    ascendify_oracle::wait_for_async_copies(open, false);
    if (Scope == thread_scope_block) __syncthreads();
  }
  void consumer_release() {
    if (Scope == thread_scope_block) __syncthreads();
  }
};
inline pipeline<thread_scope_thread> make_pipeline() { return {}; }
template <class Group, thread_scope Scope, unsigned char Stages>
inline pipeline<Scope> make_pipeline(const Group &, pipeline_shared_state<Scope, Stages> *) {
  return {};
}
template <unsigned char Prior>
inline __attribute__((always_inline)) void pipeline_consumer_wait_prior(
    pipeline<thread_scope_thread> &pipe) {
  if (pipe.open > Prior) pipe.open = Prior;
  ascendify_oracle::wait_for_async_copies(Prior, false);
}

template <thread_scope Scope>
struct barrier {
  unsigned long long state;
  __attribute__((always_inline)) void arrive_and_wait() {
    ascendify_oracle::wait_for_async_copies(0, true);
    __syncthreads();
  }
};
template <thread_scope Scope>
inline void init(barrier<Scope> *, ptrdiff_t) {}

namespace of_oracle {

// Any number of bytes, in pieces as large as addresses and size allow.
inline void copy_pieces(char *to, const char *from, size_t bytes) {
  for (size_t at = 0; at < bytes;) {
    size_t piece = 16;
    while (piece > 1 && (at + piece > bytes || (reinterpret_cast<uintptr_t>(to + at) |
                                                reinterpret_cast<uintptr_t>(from + at)) % piece)) {
      piece /= 2;
    }
    ascendify_oracle::copy_async(to + at, from + at, static_cast<uint32_t>(piece),
                                 static_cast<uint32_t>(piece));
    at += piece;
  }
}

}  // namespace of_oracle

template <class T, class Size, class Sync>
inline void memcpy_async(T *to, const T *from, Size bytes, Sync &) {
  of_oracle::copy_pieces(reinterpret_cast<char *>(to), reinterpret_cast<const char *>(from),
                         static_cast<size_t>(bytes));
}
template <class Group, class T, class Size, class Sync>
inline void memcpy_async(const Group &group, T *to, const T *from, Size bytes, Sync &) {
  for (size_t i = group.thread_rank(); i < static_cast<size_t>(bytes); i += group.size()) {
    of_oracle::copy_pieces(reinterpret_cast<char *>(to) + i, reinterpret_cast<const char *>(from) + i, 1);
  }
}

}  // namespace cuda
