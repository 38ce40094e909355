// Asynchronous copies: each is done as late as PTX allows, when its thread waits for it. So a
// program that does not wait finds what was there before.
#pragma once

#include <cstdint>

#include "execution.h"

namespace ascendify_oracle {

struct AsyncCopy {
  char *to;
  const char *from;
  uint32_t bytes;
  uint32_t valid;  // how many of them are read; the others become 0
};

#pragma GCC visibility push(hidden)
void begin_async_copy(const AsyncCopy &copy);
void commit_async_copies();
// The oldest copy of this thread that belongs to none of the last `groups` groups; false: none.
// With `all`: of those without a group too.
bool next_async_copy(uint32_t groups, bool all, AsyncCopy *copy);
#pragma GCC visibility pop

// Inlined, so that the accesses belong to the place in the program that waits.
inline __attribute__((always_inline)) void wait_for_async_copies(uint32_t groups, bool all) {
  AsyncCopy copy;
  while (next_async_copy(groups, all, &copy)) {
    uint32_t at = 0;
    for (; at + 4 <= copy.valid; at += 4) {
      *reinterpret_cast<uint32_t *>(copy.to + at) =
          *reinterpret_cast<const uint32_t *>(copy.from + at);
    }
    for (; at < copy.valid; ++at) copy.to[at] = copy.from[at];
    for (; at < copy.bytes; ++at) copy.to[at] = 0;
  }
}

inline void copy_async(char *to, const char *from, uint32_t bytes, uint32_t valid) {
  if (reinterpret_cast<uintptr_t>(to) % bytes || (valid && reinterpret_cast<uintptr_t>(from) % bytes)) {
    fail("an asynchronous copy of %u bytes between addresses that are no multiples of it", bytes);
  }
  begin_async_copy({to, from, bytes, valid < bytes ? valid : bytes});
}

}  // namespace ascendify_oracle
