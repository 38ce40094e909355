// Rounding to whole numbers as CUDA has it: to the nearest one always, where the C library's
// functions follow the rounding mode, which a run may change.
#pragma once

#include <math.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "abi.h"

namespace ascendify_oracle {

// How arithmetic rounds in this run, as `ascendify_oracle_set_rounding` was told. Constant while a
// kernel runs.
extern ASCENDIFY_ORACLE_HIDDEN const uint32_t rounding_mode asm("ascendify_rounding_mode");

// The nearest whole number, the even one of two, in any rounding mode.
template <class F>
inline F nearest_whole(F x) {
  using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
  constexpr int mantissa = std::numeric_limits<F>::digits - 1;
  constexpr int bias = std::numeric_limits<F>::max_exponent - 1;
  constexpr Bits sign = Bits{1} << (8 * sizeof(F) - 1);
  Bits bits;
  std::memcpy(&bits, &x, sizeof bits);
  int exponent = static_cast<int>((bits & ~sign) >> mantissa) - bias;
  if (exponent >= mantissa) return exponent > bias ? x + x : x;
  if (exponent < 0) {
    bool is_over_half = exponent == -1 && (bits & ((Bits{1} << mantissa) - 1)) != 0;
    bits = (bits & sign) | (is_over_half ? static_cast<Bits>(bias) << mantissa : 0);
  } else {
    Bits one = Bits{1} << (mantissa - exponent);
    Bits rest = bits & (one - 1);
    bits -= rest;
    if (rest > one / 2 || (rest == one / 2 && (bits & one) != 0)) bits += one;
  }
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

}  // namespace ascendify_oracle

// Compilers know the C library's functions by name: ours go by other names.
#define rint ascendify_rint
#define rintf ascendify_rintf
#define nearbyint ascendify_nearbyint
#define nearbyintf ascendify_nearbyintf
#define lrint ascendify_lrint
#define lrintf ascendify_lrintf
#define llrint ascendify_llrint
#define llrintf ascendify_llrintf

#define ASCENDIFY_NEAREST(name, R, convert, RF, convert_float)                                  \
  inline R name(double x) { return convert(ascendify_oracle::nearest_whole(x)); }               \
  inline RF name(float x) { return convert_float(ascendify_oracle::nearest_whole(x)); }         \
  inline RF name##f(float x) { return name(x); }                                                \
  template <class I>                                                                            \
  inline std::enable_if_t<std::is_integral_v<I>, R> name(I x) {                                 \
    return name(static_cast<double>(x));                                                        \
  }                                                                                             \
  namespace std {                                                                               \
  using ::name;                                                                                 \
  using ::name##f;                                                                              \
  }
ASCENDIFY_NEAREST(rint, double, double, float, float)
ASCENDIFY_NEAREST(nearbyint, double, double, float, float)
ASCENDIFY_NEAREST(lrint, long, __builtin_lrint, long, __builtin_lrintf)
ASCENDIFY_NEAREST(llrint, long long, __builtin_llrint, long long, __builtin_llrintf)
#undef ASCENDIFY_NEAREST
