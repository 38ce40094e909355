// What a function finds on the stack before it writes there: chosen, not left over from before.
#include <cstddef>
#include <cstring>

#include "ascendify/abi.h"

void __attribute__((noinline)) ascendify_oracle_fill_stack(uint32_t byte) {
  constexpr size_t bytes = 512 * 1024;
  char contents[bytes];
  std::memset(contents, static_cast<int>(byte), bytes);
  asm volatile("" : : "r"(contents) : "memory");  // the compiler must not leave it out
}
