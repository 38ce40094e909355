#include "undefined_memory.h"

#include <alloca.h>

#include <cstring>

#include "shared_memory.h"

namespace ascendify_oracle {

bool poisons_all = false;

namespace {

// As floats 1.3e36 and -1574.1, as 32-bit integers 2071690107 and -993737532.
constexpr int patterns[2] = {0x7b, 0xc4};

// What most kernels use of a stack; more would cost more than it finds.
constexpr size_t stack_bytes = 4096;
// What lies between the fill and its caller's frame: the frame of who fills.
constexpr size_t gap_bytes = 256;

__attribute__((noinline)) void fill_stack() {
  void *below = alloca(stack_bytes);
  std::memset(below, patterns[backwards], stack_bytes);
  asm volatile("" : : "r"(below) : "memory");  // or the compiler would leave it out
}

// The kernel's frame begins within what was filled.
__attribute__((noinline)) void invoke_below(const ascendify_oracle_launch &launch) {
  void *gap = alloca(gap_bytes);
  launch.invoke(launch.kernel, launch.args);
  asm volatile("" : : "r"(gap) : "memory");
}

}  // namespace

void make_shared_memory_undefined(const ascendify_oracle_launch &launch) {
  std::memset(ascendify_dynamic_shared, patterns[backwards], launch.shared_bytes);
  if (!poisons_all) return;
  for (const SharedVariable &variable : shared_variables()) {
    if (!can_use(launch.kernel, variable)) continue;
    std::memset(address_here(variable), patterns[backwards], variable.bytes);
  }
}

void invoke_on_undefined_stack(const ascendify_oracle_launch &launch) {
  fill_stack();
  invoke_below(launch);
}

}  // namespace ascendify_oracle

void ascendify_oracle_set_poison(uint32_t on) {
  ascendify_oracle::poisons_all = on != 0;
}
