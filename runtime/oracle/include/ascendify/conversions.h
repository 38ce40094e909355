// Conversions with a stated rounding, and reinterpretation of bits. To integers they saturate;
// NaN gives 0, or the smallest value (the top bit) where a double or a 64-bit integer takes part.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "nearest.h"

namespace ascendify_oracle {

enum class Rounding { rn, rz, ru, rd };

template <Rounding R, class F>
inline F round_to_whole(F x) {
  if constexpr (R == Rounding::rn) return nearest_whole(x);
  if constexpr (R == Rounding::rz) return std::trunc(x);
  if constexpr (R == Rounding::ru) return std::ceil(x);
  if constexpr (R == Rounding::rd) return std::floor(x);
}

template <class I, Rounding R, class F>
inline I to_integer(F x) {
  if (x != x) {
    bool wide = sizeof(F) == 8 || sizeof(I) == 8;
    return wide ? static_cast<I>(I{1} << (sizeof(I) * 8 - 1)) : I{0};
  }
  F whole = round_to_whole<R>(x);
  // The limits are powers of two, or one below: exact in F as a bound that is not reached.
  F above = std::ldexp(F{1}, std::numeric_limits<I>::digits);
  if (whole >= above) return std::numeric_limits<I>::max();
  F below = std::numeric_limits<I>::is_signed ? -above : F{0};
  if (whole < below) return std::numeric_limits<I>::min();
  return static_cast<I>(whole);
}

// The neighbour of `result` in the direction of rounding, if `result` is on the wrong side.
template <Rounding R, class F>
inline F correct(F result, int order) {  // order: sign of (result - exact value)
  constexpr F infinity = std::numeric_limits<F>::infinity();
  if (order == 0 || R == Rounding::rn) return result;
  bool towards_zero = R == Rounding::rz;
  bool down = R == Rounding::rd || (towards_zero && result > 0);
  if (down && order > 0) return std::nextafter(result, -infinity);
  if (!down && order < 0) return std::nextafter(result, infinity);
  return result;
}

template <class F, Rounding R, class I>
inline F from_integer(I value) {
  F result = static_cast<F>(value);
  if constexpr (R == Rounding::rn) {
    return result;
  } else {
    __int128 exact = value, rounded = static_cast<__int128>(result);
    return correct<R>(result, rounded > exact ? 1 : rounded < exact ? -1 : 0);
  }
}

template <Rounding R>
inline float to_float(double value) {
  float result = static_cast<float>(value);
  double back = result;
  return correct<R>(result, back > value ? 1 : back < value ? -1 : 0);
}

template <class To, class From>
inline To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

}  // namespace ascendify_oracle

#define ASCENDIFY_CONVERT(r)                                                                    \
  inline int __float2int_##r(float x) {                                                         \
    return ascendify_oracle::to_integer<int, ascendify_oracle::Rounding::r>(x);                 \
  }                                                                                             \
  inline unsigned __float2uint_##r(float x) {                                                   \
    return ascendify_oracle::to_integer<unsigned, ascendify_oracle::Rounding::r>(x);            \
  }                                                                                             \
  inline long long __float2ll_##r(float x) {                                                    \
    return ascendify_oracle::to_integer<long long, ascendify_oracle::Rounding::r>(x);           \
  }                                                                                             \
  inline unsigned long long __float2ull_##r(float x) {                                          \
    return ascendify_oracle::to_integer<unsigned long long, ascendify_oracle::Rounding::r>(x);  \
  }                                                                                             \
  inline int __double2int_##r(double x) {                                                       \
    return ascendify_oracle::to_integer<int, ascendify_oracle::Rounding::r>(x);                 \
  }                                                                                             \
  inline unsigned __double2uint_##r(double x) {                                                 \
    return ascendify_oracle::to_integer<unsigned, ascendify_oracle::Rounding::r>(x);            \
  }                                                                                             \
  inline long long __double2ll_##r(double x) {                                                  \
    return ascendify_oracle::to_integer<long long, ascendify_oracle::Rounding::r>(x);           \
  }                                                                                             \
  inline unsigned long long __double2ull_##r(double x) {                                        \
    return ascendify_oracle::to_integer<unsigned long long, ascendify_oracle::Rounding::r>(x);  \
  }                                                                                             \
  inline float __int2float_##r(int x) {                                                         \
    return ascendify_oracle::from_integer<float, ascendify_oracle::Rounding::r>(x);             \
  }                                                                                             \
  inline float __uint2float_##r(unsigned x) {                                                   \
    return ascendify_oracle::from_integer<float, ascendify_oracle::Rounding::r>(x);             \
  }                                                                                             \
  inline float __ll2float_##r(long long x) {                                                    \
    return ascendify_oracle::from_integer<float, ascendify_oracle::Rounding::r>(x);             \
  }                                                                                             \
  inline float __ull2float_##r(unsigned long long x) {                                          \
    return ascendify_oracle::from_integer<float, ascendify_oracle::Rounding::r>(x);             \
  }                                                                                             \
  inline double __ll2double_##r(long long x) {                                                  \
    return ascendify_oracle::from_integer<double, ascendify_oracle::Rounding::r>(x);            \
  }                                                                                             \
  inline double __ull2double_##r(unsigned long long x) {                                        \
    return ascendify_oracle::from_integer<double, ascendify_oracle::Rounding::r>(x);            \
  }                                                                                             \
  inline float __double2float_##r(double x) {                                                   \
    return ascendify_oracle::to_float<ascendify_oracle::Rounding::r>(x);                        \
  }
ASCENDIFY_CONVERT(rn)
ASCENDIFY_CONVERT(rz)
ASCENDIFY_CONVERT(ru)
ASCENDIFY_CONVERT(rd)
#undef ASCENDIFY_CONVERT

inline double __int2double_rn(int x) { return x; }
inline double __uint2double_rn(unsigned x) { return x; }

inline int __float_as_int(float x) { return ascendify_oracle::bits_as<int>(x); }
inline unsigned __float_as_uint(float x) { return ascendify_oracle::bits_as<unsigned>(x); }
inline float __int_as_float(int x) { return ascendify_oracle::bits_as<float>(x); }
inline float __uint_as_float(unsigned x) { return ascendify_oracle::bits_as<float>(x); }
inline long long __double_as_longlong(double x) { return ascendify_oracle::bits_as<long long>(x); }
inline double __longlong_as_double(long long x) { return ascendify_oracle::bits_as<double>(x); }
inline int __double2hiint(double x) {
  return static_cast<int>(ascendify_oracle::bits_as<uint64_t>(x) >> 32);
}
inline int __double2loint(double x) {
  return static_cast<int>(ascendify_oracle::bits_as<uint64_t>(x));
}
inline double __hiloint2double(int high, int low) {
  return ascendify_oracle::bits_as<double>(static_cast<uint64_t>(static_cast<uint32_t>(high)) << 32 |
                                           static_cast<uint32_t>(low));
}
