// cuda_fp8.h: 8-bit floats. A code's value is computed; a value's code is the nearest of all codes.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "bfloat16.h"
#include "half.h"
#include "vector_types.h"

typedef unsigned char __nv_fp8_storage_t;
typedef unsigned short __nv_fp8x2_storage_t;
typedef unsigned int __nv_fp8x4_storage_t;
enum __nv_saturation_t { __NV_NOSAT, __NV_SATFINITE };
enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 };

namespace ascendify_oracle {

// The value of the code `size` without its sign, as if all exponents were of numbers.
inline double fp8_magnitude(unsigned size, __nv_fp8_interpretation_t kind) {
  int mantissa = kind == __NV_E4M3 ? 3 : 2, bias = kind == __NV_E4M3 ? 7 : 15;
  unsigned fraction = size & ((1u << mantissa) - 1), exponent = size >> mantissa;
  if (exponent == 0) return fraction / std::exp2(bias - 1 + mantissa);
  return (1.0 + fraction / std::exp2(mantissa)) * std::exp2(static_cast<int>(exponent) - bias);
}

inline float fp8_value(uint8_t code, __nv_fp8_interpretation_t kind) {
  unsigned size = code & 0x7f, largest = kind == __NV_E4M3 ? 0x7e : 0x7b;
  double value = fp8_magnitude(size, kind);
  if (size > largest) {
    bool is_infinite = kind == __NV_E5M2 && size == 0x7c;
    value = is_infinite ? std::numeric_limits<double>::infinity()
                        : std::numeric_limits<double>::quiet_NaN();
  }
  return static_cast<float>(code & 0x80 ? -value : value);
}

inline uint8_t fp8_code(double x, __nv_saturation_t saturation, __nv_fp8_interpretation_t kind) {
  if (x != x) return 0x7f;
  unsigned largest = kind == __NV_E4M3 ? 0x7e : 0x7b, low = 0, high = largest + 1;
  double size = std::fabs(x);
  while (high - low > 1) {  // the last code that is not above
    unsigned middle = (low + high) / 2;
    (fp8_magnitude(middle, kind) <= size ? low : high) = middle;
  }
  double below = size - fp8_magnitude(low, kind), above = fp8_magnitude(low + 1, kind) - size;
  unsigned code = below < above || (below == above && low % 2 == 0) ? low : low + 1;
  if (code > largest) code = saturation == __NV_SATFINITE ? largest : largest + 1;
  return static_cast<uint8_t>(code | (std::signbit(x) ? 0x80 : 0));
}

inline uint16_t fp8_codes(double x, double y, __nv_saturation_t saturation,
                          __nv_fp8_interpretation_t kind) {
  return static_cast<uint16_t>(fp8_code(x, saturation, kind) | fp8_code(y, saturation, kind) << 8);
}

}  // namespace ascendify_oracle

#define ASCENDIFY_TO_FP8(name, T, value)                                                \
  inline __nv_fp8_storage_t name(T x, __nv_saturation_t saturation,                     \
                                 __nv_fp8_interpretation_t kind) {                      \
    return ascendify_oracle::fp8_code(value, saturation, kind);                         \
  }
ASCENDIFY_TO_FP8(__nv_cvt_double_to_fp8, double, x)
ASCENDIFY_TO_FP8(__nv_cvt_float_to_fp8, float, x)
ASCENDIFY_TO_FP8(__nv_cvt_halfraw_to_fp8, __half_raw, static_cast<float>(__half(x)))
ASCENDIFY_TO_FP8(__nv_cvt_bfloat16raw_to_fp8, __nv_bfloat16_raw, static_cast<float>(__nv_bfloat16(x)))
#undef ASCENDIFY_TO_FP8
#define ASCENDIFY_TO_FP8X2(name, T, first, second)                                      \
  inline __nv_fp8x2_storage_t name(T x, __nv_saturation_t saturation,                   \
                                   __nv_fp8_interpretation_t kind) {                    \
    return ascendify_oracle::fp8_codes(first, second, saturation, kind);                \
  }
ASCENDIFY_TO_FP8X2(__nv_cvt_double2_to_fp8x2, double2, x.x, x.y)
ASCENDIFY_TO_FP8X2(__nv_cvt_float2_to_fp8x2, float2, x.x, x.y)
ASCENDIFY_TO_FP8X2(__nv_cvt_halfraw2_to_fp8x2, __half2_raw,
                   static_cast<float>(__half(__half_raw{x.x})),
                   static_cast<float>(__half(__half_raw{x.y})))
ASCENDIFY_TO_FP8X2(__nv_cvt_bfloat16raw2_to_fp8x2, __nv_bfloat162_raw,
                   static_cast<float>(__nv_bfloat16(__nv_bfloat16_raw{x.x})),
                   static_cast<float>(__nv_bfloat16(__nv_bfloat16_raw{x.y})))
#undef ASCENDIFY_TO_FP8X2
inline __half_raw __nv_cvt_fp8_to_halfraw(__nv_fp8_storage_t x, __nv_fp8_interpretation_t kind) {
  return __half(ascendify_oracle::fp8_value(x, kind));
}
inline __half2_raw __nv_cvt_fp8x2_to_halfraw2(__nv_fp8x2_storage_t x,
                                              __nv_fp8_interpretation_t kind) {
  return {__nv_cvt_fp8_to_halfraw(static_cast<uint8_t>(x), kind).x,
          __nv_cvt_fp8_to_halfraw(static_cast<uint8_t>(x >> 8), kind).x};
}

namespace ascendify_oracle {

template <__nv_fp8_interpretation_t Kind>
struct Fp8 {
  __nv_fp8_storage_t __x;
  Fp8() = default;
  template <class T>
  explicit Fp8(T value) : __x(fp8_code(static_cast<double>(static_cast<float>(value)), __NV_SATFINITE, Kind)) {}
  explicit Fp8(double value) : __x(fp8_code(value, __NV_SATFINITE, Kind)) {}
  explicit Fp8(int value) : __x(fp8_code(value, __NV_SATFINITE, Kind)) {}
  explicit Fp8(unsigned value) : __x(fp8_code(value, __NV_SATFINITE, Kind)) {}
  explicit operator float() const { return fp8_value(__x, Kind); }
  explicit operator double() const { return fp8_value(__x, Kind); }
  explicit operator __half() const { return __half(fp8_value(__x, Kind)); }
  explicit operator __nv_bfloat16() const { return __nv_bfloat16(fp8_value(__x, Kind)); }
  explicit operator int() const { return __float2int_rz(fp8_value(__x, Kind)); }
  explicit operator unsigned() const { return __float2uint_rz(fp8_value(__x, Kind)); }
  explicit operator bool() const { return (__x & 0x7f) != 0; }
};

template <__nv_fp8_interpretation_t Kind>
struct alignas(2) Fp8x2 {
  __nv_fp8x2_storage_t __x;
  Fp8x2() = default;
  explicit Fp8x2(float2 v) : __x(fp8_codes(v.x, v.y, __NV_SATFINITE, Kind)) {}
  explicit Fp8x2(double2 v) : __x(fp8_codes(v.x, v.y, __NV_SATFINITE, Kind)) {}
  explicit Fp8x2(__half2 v) : Fp8x2(__half22float2(v)) {}
  explicit Fp8x2(__nv_bfloat162 v) : Fp8x2(__bfloat1622float2(v)) {}
  explicit operator float2() const {
    return {fp8_value(static_cast<uint8_t>(__x), Kind), fp8_value(static_cast<uint8_t>(__x >> 8), Kind)};
  }
  explicit operator __half2() const { return __float22half2_rn(float2(*this)); }
};

template <__nv_fp8_interpretation_t Kind>
struct alignas(4) Fp8x4 {
  __nv_fp8x4_storage_t __x;
  Fp8x4() = default;
  explicit Fp8x4(float4 v)
      : __x(fp8_codes(v.x, v.y, __NV_SATFINITE, Kind) |
            static_cast<uint32_t>(fp8_codes(v.z, v.w, __NV_SATFINITE, Kind)) << 16) {}
  explicit Fp8x4(__half2 a, __half2 b)
      : Fp8x4(float4{__low2float(a), __high2float(a), __low2float(b), __high2float(b)}) {}
  explicit Fp8x4(__nv_bfloat162 a, __nv_bfloat162 b)
      : Fp8x4(float4{__low2float(a), __high2float(a), __low2float(b), __high2float(b)}) {}
  explicit operator float4() const {
    float value[4];
    for (int i = 0; i < 4; ++i) value[i] = fp8_value(static_cast<uint8_t>(__x >> (8 * i)), Kind);
    return {value[0], value[1], value[2], value[3]};
  }
};

}  // namespace ascendify_oracle

// Classes of their own: names of kernel instances mention them.
#define ASCENDIFY_FP8(name, base, kind)             \
  struct name : ascendify_oracle::base<kind> {      \
    name() = default;                               \
    using ascendify_oracle::base<kind>::base;       \
  };
ASCENDIFY_FP8(__nv_fp8_e4m3, Fp8, __NV_E4M3)
ASCENDIFY_FP8(__nv_fp8_e5m2, Fp8, __NV_E5M2)
ASCENDIFY_FP8(__nv_fp8x2_e4m3, Fp8x2, __NV_E4M3)
ASCENDIFY_FP8(__nv_fp8x2_e5m2, Fp8x2, __NV_E5M2)
ASCENDIFY_FP8(__nv_fp8x4_e4m3, Fp8x4, __NV_E4M3)
ASCENDIFY_FP8(__nv_fp8x4_e5m2, Fp8x4, __NV_E5M2)
#undef ASCENDIFY_FP8
