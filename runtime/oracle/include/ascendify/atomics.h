// Atomics. Where one thread runs at a time, none is interrupted, so a plain read and write is
// atomic; where blocks run at the same time, one of them at a time is in an atomic operation. An operation that leaves memory as it was may be the body of a spin loop: it gives way.
// The checks are told of the operation as one; its read and write are hidden from them.
#pragma once

#include "bfloat16.h"
#include "execution.h"
#include "half.h"

namespace ascendify_oracle {

template <class T, class F>
__attribute__((noinline, no_sanitize("thread", "undefined"))) T atomic(T *address, F update) {
  note_atomic(address, sizeof(T), __builtin_return_address(0));
  if (in_parallel) lock_atomics();
  T before;
  __builtin_memcpy(&before, address, sizeof(T));
  asm volatile("" ::: "memory");
  T after = update(before);
  __builtin_memcpy(address, &after, sizeof(T));
  asm volatile("" ::: "memory");
  if (in_parallel) unlock_atomics();
  if (__builtin_memcmp(&before, &after, sizeof(T)) == 0) yield();
  return before;
}

}  // namespace ascendify_oracle

// Always inlined, so that the operation's return address lies in the user's function.
#define ASCENDIFY_WITHIN inline __attribute__((always_inline))

#define ASCENDIFY_ATOMIC(name, T, expression)                                                \
  ASCENDIFY_WITHIN T name(T *address, T value) {                                             \
    return ascendify_oracle::atomic(address, [&](T old) -> T { return expression; });        \
  }                                                                                          \
  ASCENDIFY_WITHIN T name##_block(T *address, T value) { return name(address, value); }      \
  ASCENDIFY_WITHIN T name##_system(T *address, T value) { return name(address, value); }

#define ASCENDIFY_ATOMIC_INTEGERS(name, expression)    \
  ASCENDIFY_ATOMIC(name, int, expression)              \
  ASCENDIFY_ATOMIC(name, unsigned, expression)         \
  ASCENDIFY_ATOMIC(name, unsigned long long, expression)

ASCENDIFY_ATOMIC_INTEGERS(atomicAdd, old + value)
ASCENDIFY_ATOMIC(atomicAdd, float, old + value)
ASCENDIFY_ATOMIC(atomicAdd, double, old + value)
ASCENDIFY_ATOMIC(atomicAdd, __half, old + value)
ASCENDIFY_ATOMIC(atomicAdd, __half2, __hadd2(old, value))
ASCENDIFY_ATOMIC(atomicAdd, __nv_bfloat16, old + value)
ASCENDIFY_ATOMIC(atomicAdd, __nv_bfloat162, __hadd2(old, value))
ASCENDIFY_ATOMIC(atomicAdd, float2, (float2{old.x + value.x, old.y + value.y}))
ASCENDIFY_ATOMIC(atomicAdd, float4,
                 (float4{old.x + value.x, old.y + value.y, old.z + value.z, old.w + value.w}))
ASCENDIFY_ATOMIC(atomicSub, int, old - value)
ASCENDIFY_ATOMIC(atomicSub, unsigned, old - value)
ASCENDIFY_ATOMIC_INTEGERS(atomicExch, (void(old), value))
ASCENDIFY_ATOMIC(atomicExch, float, (void(old), value))
ASCENDIFY_ATOMIC_INTEGERS(atomicMin, value < old ? value : old)
ASCENDIFY_ATOMIC_INTEGERS(atomicMax, value > old ? value : old)
ASCENDIFY_ATOMIC(atomicMin, long long, value < old ? value : old)
ASCENDIFY_ATOMIC(atomicMax, long long, value > old ? value : old)
ASCENDIFY_ATOMIC_INTEGERS(atomicAnd, old & value)
ASCENDIFY_ATOMIC_INTEGERS(atomicOr, old | value)
ASCENDIFY_ATOMIC_INTEGERS(atomicXor, old ^ value)
ASCENDIFY_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
ASCENDIFY_ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)
#undef ASCENDIFY_ATOMIC_INTEGERS
#undef ASCENDIFY_ATOMIC

// unsigned long is unsigned long long in all but name, and programs use size_t.
ASCENDIFY_WITHIN unsigned long atomicAdd(unsigned long *address, unsigned long value) {
  return ascendify_oracle::atomic(address, [&](unsigned long old) { return old + value; });
}

#define ASCENDIFY_CAS(T)                                                                        \
  ASCENDIFY_WITHIN T atomicCAS(T *address, T compare, T value) {                                \
    return ascendify_oracle::atomic(address, [&](T old) { return old == compare ? value : old; }); \
  }                                                                                             \
  ASCENDIFY_WITHIN T atomicCAS_block(T *address, T compare, T value) {                          \
    return atomicCAS(address, compare, value);                                                  \
  }                                                                                             \
  ASCENDIFY_WITHIN T atomicCAS_system(T *address, T compare, T value) {                         \
    return atomicCAS(address, compare, value);                                                  \
  }
ASCENDIFY_CAS(int)
ASCENDIFY_CAS(unsigned)
ASCENDIFY_CAS(unsigned long long)
ASCENDIFY_CAS(unsigned short)
#undef ASCENDIFY_CAS
#undef ASCENDIFY_WITHIN
