// Warp operations.
#pragma once

#include <cstring>

#include "bfloat16.h"
#include "execution.h"
#include "half.h"

namespace ascendify_oracle {

enum class Shuffle { idx, up, down, exclusive_or };

// The lane that `lane` reads from: its own where the segment ends.
inline unsigned source_lane(Shuffle mode, unsigned lane, unsigned by, int width) {
  unsigned segment = lane & ~static_cast<unsigned>(width - 1);
  unsigned within = lane - segment;
  unsigned size = static_cast<unsigned>(width);
  by &= 31;
  switch (mode) {
    case Shuffle::idx:
      return segment | (by & (size - 1));
    case Shuffle::up:
      return by > within ? lane : lane - by;
    case Shuffle::down:
      return within + by >= size ? lane : lane + by;
    default:
      return (lane ^ by) >= segment + size ? lane : lane ^ by;
  }
}

template <class T>
inline T shuffle(Shuffle mode, unsigned mask, T value, unsigned by, int width) {
  static_assert(sizeof(T) <= 8);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = warp_operation(mask, finish_shuffle, bits, source_lane(mode, lane_id(), by, width));
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class T>
inline uint64_t match_bits(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

}  // namespace ascendify_oracle

// Exactly CUDA's overloads: programs add their own for other types.
#define ASCENDIFY_SHUFFLE(T)                                                                     \
  inline T __shfl_sync(unsigned mask, T value, int lane, int width = 32) {                       \
    return ascendify_oracle::shuffle(ascendify_oracle::Shuffle::idx, mask, value,                \
                                     static_cast<unsigned>(lane), width);                        \
  }                                                                                              \
  inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {              \
    return ascendify_oracle::shuffle(ascendify_oracle::Shuffle::up, mask, value, delta, width);  \
  }                                                                                              \
  inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {            \
    return ascendify_oracle::shuffle(ascendify_oracle::Shuffle::down, mask, value, delta, width); \
  }                                                                                              \
  inline T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32) {                  \
    return ascendify_oracle::shuffle(ascendify_oracle::Shuffle::exclusive_or, mask, value,       \
                                     static_cast<unsigned>(lanes), width);                       \
  }
ASCENDIFY_SHUFFLE(int)
ASCENDIFY_SHUFFLE(unsigned)
ASCENDIFY_SHUFFLE(long)
ASCENDIFY_SHUFFLE(unsigned long)
ASCENDIFY_SHUFFLE(long long)
ASCENDIFY_SHUFFLE(unsigned long long)
ASCENDIFY_SHUFFLE(float)
ASCENDIFY_SHUFFLE(double)
ASCENDIFY_SHUFFLE(__half)
ASCENDIFY_SHUFFLE(__half2)
ASCENDIFY_SHUFFLE(__nv_bfloat16)
ASCENDIFY_SHUFFLE(__nv_bfloat162)
#undef ASCENDIFY_SHUFFLE

inline void __syncwarp(unsigned mask = 0xffffffffu) {
  ascendify_oracle::warp_operation(mask, ascendify_oracle::finish_sync, 0, 0);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  return static_cast<unsigned>(
      ascendify_oracle::warp_operation(mask, ascendify_oracle::finish_ballot, predicate != 0, 0));
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }
inline int __uni_sync(unsigned mask, int predicate) {
  unsigned yes = __ballot_sync(mask, predicate), no = __ballot_sync(mask, !predicate);
  return yes == 0 || no == 0;
}
inline unsigned __activemask() { return ascendify_oracle::converged_lanes(); }
inline unsigned __lanemask_lt() { return (1u << ascendify_oracle::lane_id()) - 1; }

#define ASCENDIFY_MATCH(T)                                                                       \
  inline unsigned __match_any_sync(unsigned mask, T value) {                                     \
    return static_cast<unsigned>(ascendify_oracle::warp_operation(                               \
        mask, ascendify_oracle::finish_match_any, ascendify_oracle::match_bits(value), 0));      \
  }                                                                                              \
  inline unsigned __match_all_sync(unsigned mask, T value, int *same) {                          \
    unsigned lanes = static_cast<unsigned>(ascendify_oracle::warp_operation(                     \
        mask, ascendify_oracle::finish_match_all, ascendify_oracle::match_bits(value), 0));      \
    *same = lanes != 0;                                                                          \
    return lanes;                                                                                \
  }
ASCENDIFY_MATCH(int)
ASCENDIFY_MATCH(unsigned)
ASCENDIFY_MATCH(long)
ASCENDIFY_MATCH(unsigned long)
ASCENDIFY_MATCH(long long)
ASCENDIFY_MATCH(unsigned long long)
ASCENDIFY_MATCH(float)
ASCENDIFY_MATCH(double)
#undef ASCENDIFY_MATCH

#define ASCENDIFY_WARP_REDUCE(name, T, finish)                                                \
  inline T name(unsigned mask, T value) {                                                     \
    return static_cast<T>(ascendify_oracle::warp_operation(                                   \
        mask, ascendify_oracle::finish, static_cast<uint64_t>(value), 0));                    \
  }
ASCENDIFY_WARP_REDUCE(__reduce_add_sync, unsigned, finish_add)
ASCENDIFY_WARP_REDUCE(__reduce_add_sync, int, finish_add)
ASCENDIFY_WARP_REDUCE(__reduce_min_sync, unsigned, finish_min_unsigned)
ASCENDIFY_WARP_REDUCE(__reduce_min_sync, int, finish_min_signed)
ASCENDIFY_WARP_REDUCE(__reduce_max_sync, unsigned, finish_max_unsigned)
ASCENDIFY_WARP_REDUCE(__reduce_max_sync, int, finish_max_signed)
ASCENDIFY_WARP_REDUCE(__reduce_and_sync, unsigned, finish_and)
ASCENDIFY_WARP_REDUCE(__reduce_or_sync, unsigned, finish_or)
ASCENDIFY_WARP_REDUCE(__reduce_xor_sync, unsigned, finish_xor)
#undef ASCENDIFY_WARP_REDUCE
