// Math that <math.h> lacks, and CUDA's fast forms. Where CUDA allows an error, the C library's
// (more exact) function is used; where CUDA defines a result for special values, it is kept.
#pragma once

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <cfenv>
#include <cmath>
#include <limits>

#include "nearest.h"

// ---- min and max, with exactly CUDA's overloads: programs add their own
#define ASCENDIFY_MINMAX(R, A, B)                                                             \
  inline constexpr R min(A a, B b) { return (R)a < (R)b ? (R)a : (R)b; }                      \
  inline constexpr R max(A a, B b) { return (R)a > (R)b ? (R)a : (R)b; }
ASCENDIFY_MINMAX(int, int, int)
ASCENDIFY_MINMAX(unsigned, unsigned, unsigned)
ASCENDIFY_MINMAX(unsigned, int, unsigned)
ASCENDIFY_MINMAX(unsigned, unsigned, int)
ASCENDIFY_MINMAX(long, long, long)
ASCENDIFY_MINMAX(unsigned long, unsigned long, unsigned long)
ASCENDIFY_MINMAX(unsigned long, long, unsigned long)
ASCENDIFY_MINMAX(unsigned long, unsigned long, long)
ASCENDIFY_MINMAX(long long, long long, long long)
ASCENDIFY_MINMAX(unsigned long long, unsigned long long, unsigned long long)
ASCENDIFY_MINMAX(unsigned long long, long long, unsigned long long)
ASCENDIFY_MINMAX(unsigned long long, unsigned long long, long long)
#undef ASCENDIFY_MINMAX
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
inline double min(float a, double b) { return fmin(a, b); }
inline double min(double a, float b) { return fmin(a, b); }
inline double max(float a, double b) { return fmax(a, b); }
inline double max(double a, float b) { return fmax(a, b); }
inline unsigned umin(unsigned a, unsigned b) { return min(a, b); }
inline unsigned umax(unsigned a, unsigned b) { return max(a, b); }
inline long long llmin(long long a, long long b) { return min(a, b); }
inline long long llmax(long long a, long long b) { return max(a, b); }
inline unsigned long long ullmin(unsigned long long a, unsigned long long b) { return min(a, b); }
inline unsigned long long ullmax(unsigned long long a, unsigned long long b) { return max(a, b); }

// ---- functions that C lacks. Newer C libraries have some of them, declared in ways that clash with
// CUDA's overloads: ours go by names of their own.
#define sinpi ascendify_sinpi
#define cospi ascendify_cospi
#define sinpif ascendify_sinpif
#define cospif ascendify_cospif
#define rsqrt ascendify_rsqrt
#define rsqrtf ascendify_rsqrtf
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / ::sqrt(x); }
inline float rsqrt(float x) { return rsqrtf(x); }
inline float rcbrtf(float x) { return 1.0f / cbrtf(x); }
inline double rcbrt(double x) { return 1.0 / ::cbrt(x); }
inline float fdividef(float x, float y) { return x / y; }
inline float exp10(float x) { return exp10f(x); }

namespace ascendify_oracle {
// The length of a vector, without overflow on the way.
template <class F>
inline double length(int count, const F *values) {
  double largest = 0;
  for (int i = 0; i < count; ++i) largest = std::fmax(largest, std::fabs(double{values[i]}));
  if (largest == 0 || std::isinf(largest)) return largest;
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += (values[i] / largest) * (values[i] / largest);
  return largest * std::sqrt(sum);
}
}  // namespace ascendify_oracle

#define ASCENDIFY_LENGTH(name, reciprocal, suffix, F, parameters, ...)                           \
  inline F name##suffix parameters {                                                             \
    F values[] = {__VA_ARGS__};                                                                  \
    return static_cast<F>(ascendify_oracle::length(sizeof values / sizeof(F), values));          \
  }                                                                                              \
  inline F reciprocal##suffix parameters {                                                       \
    F values[] = {__VA_ARGS__};                                                                  \
    return static_cast<F>(1.0 / ascendify_oracle::length(sizeof values / sizeof(F), values));    \
  }
ASCENDIFY_LENGTH(norm3d, rnorm3d, f, float, (float a, float b, float c), a, b, c)
ASCENDIFY_LENGTH(norm3d, rnorm3d, , double, (double a, double b, double c), a, b, c)
ASCENDIFY_LENGTH(norm4d, rnorm4d, f, float, (float a, float b, float c, float d), a, b, c, d)
ASCENDIFY_LENGTH(norm4d, rnorm4d, , double, (double a, double b, double c, double d), a, b, c, d)
#undef ASCENDIFY_LENGTH
inline float normf(int count, const float *p) {
  return static_cast<float>(ascendify_oracle::length(count, p));
}
inline float rnormf(int count, const float *p) {
  return static_cast<float>(1.0 / ascendify_oracle::length(count, p));
}
inline double norm(int count, const double *p) { return ascendify_oracle::length(count, p); }
inline double rnorm(int count, const double *p) { return 1.0 / ascendify_oracle::length(count, p); }
inline float rhypotf(float a, float b) {
  return static_cast<float>(1.0 / ::hypot(static_cast<double>(a), static_cast<double>(b)));
}
inline double rhypot(double a, double b) { return 1.0 / ::hypot(a, b); }
inline float rhypot(float a, float b) { return rhypotf(a, b); }
inline float fdivide(float a, float b) { return a / b; }
inline double fdivide(double a, double b) { return a / b; }

#pragma GCC visibility push(hidden)
double sinpi(double x);
double cospi(double x);
double erfinv(double y);
double erfcinv(double y);
double normcdf(double x);
double normcdfinv(double p);
double erfcx(double x);
double cyl_bessel_i0(double x);
double cyl_bessel_i1(double x);
#pragma GCC visibility pop
inline float sinpif(float x) { return static_cast<float>(sinpi(static_cast<double>(x))); }
inline float cospif(float x) { return static_cast<float>(cospi(static_cast<double>(x))); }
inline float erfinvf(float y) { return static_cast<float>(erfinv(static_cast<double>(y))); }
inline float erfcinvf(float y) { return static_cast<float>(erfcinv(static_cast<double>(y))); }
inline float normcdff(float x) { return static_cast<float>(normcdf(static_cast<double>(x))); }
inline float normcdfinvf(float p) { return static_cast<float>(normcdfinv(static_cast<double>(p))); }
inline float erfcxf(float x) { return static_cast<float>(erfcx(static_cast<double>(x))); }
inline float cyl_bessel_i0f(float x) { return static_cast<float>(cyl_bessel_i0(static_cast<double>(x))); }
inline float cyl_bessel_i1f(float x) { return static_cast<float>(cyl_bessel_i1(static_cast<double>(x))); }
inline float sinpi(float x) { return sinpif(x); }
inline float cospi(float x) { return cospif(x); }
inline float erfinv(float y) { return erfinvf(y); }
inline float erfcinv(float y) { return erfcinvf(y); }
inline float normcdf(float x) { return normcdff(x); }
inline float normcdfinv(float p) { return normcdfinvf(p); }
inline void sincospi(float x, float *s, float *c) { *s = sinpif(x), *c = cospif(x); }
inline float erfcx(float x) { return erfcxf(x); }
inline float rcbrt(float x) { return rcbrtf(x); }
inline void sincospif(float x, float *s, float *c) { *s = sinpif(x), *c = cospif(x); }
inline void sincospi(double x, double *s, double *c) { *s = sinpi(x), *c = cospi(x); }
inline void sincos(float x, float *s, float *c) { *s = sinf(x), *c = cosf(x); }

// ---- fast forms
inline float __expf(float x) { return expf(x); }
inline float __exp10f(float x) { return exp10f(x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __log10f(float x) { return log10f(x); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline float __tanhf(float x) { return tanhf(x); }
inline void __sincosf(float x, float *s, float *c) { *s = sinf(x), *c = cosf(x); }
// exp2(y * log2(x)), so negative x gives NaN.
inline float __powf(float x, float y) {
  return x < 0 ? std::numeric_limits<float>::quiet_NaN() : powf(x, y);
}
// The reciprocal of a huge divisor counts as zero.
inline float __fdividef(float x, float y) {
  float size = fabsf(y);
  return size > 0x1p126f && size <= FLT_MAX ? x * 0.0f : x / y;
}
inline float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1.0f) : 0.0f; }

// ---- arithmetic with a stated rounding
namespace ascendify_oracle {

template <int Mode, class F>
__attribute__((noinline)) auto rounded(F compute) {
  int before = std::fegetround();
  std::fesetround(Mode);
  volatile auto result = compute();
  std::fesetround(before);
  return +result;
}

}  // namespace ascendify_oracle

// Volatile operands keep the operation between the two changes of the rounding mode.
#define ASCENDIFY_ROUNDED(suffix, mode)                                                          \
  inline float __fadd_##suffix(float a, float b) {                                               \
    volatile float x = a, y = b;                                                                 \
    return ascendify_oracle::rounded<mode>([&] { return x + y; });                               \
  }                                                                                              \
  inline float __fsub_##suffix(float a, float b) { return __fadd_##suffix(a, -b); }              \
  inline float __fmul_##suffix(float a, float b) {                                               \
    volatile float x = a, y = b;                                                                 \
    return ascendify_oracle::rounded<mode>([&] { return x * y; });                               \
  }                                                                                              \
  inline float __fdiv_##suffix(float a, float b) {                                               \
    volatile float x = a, y = b;                                                                 \
    return ascendify_oracle::rounded<mode>([&] { return x / y; });                               \
  }                                                                                              \
  inline float __frcp_##suffix(float a) { return __fdiv_##suffix(1.0f, a); }                     \
  inline float __fsqrt_##suffix(float a) {                                                       \
    volatile float x = a;                                                                        \
    return ascendify_oracle::rounded<mode>([&] { return sqrtf(x); });                            \
  }                                                                                              \
  inline float __fmaf_##suffix(float a, float b, float c) {                                      \
    volatile float x = a, y = b, z = c;                                                          \
    return ascendify_oracle::rounded<mode>([&] { return fmaf(x, y, z); });                       \
  }                                                                                              \
  inline float __fmaf_ieee_##suffix(float a, float b, float c) {                                 \
    return __fmaf_##suffix(a, b, c);                                                             \
  }                                                                                              \
  inline double __dadd_##suffix(double a, double b) {                                            \
    volatile double x = a, y = b;                                                                \
    return ascendify_oracle::rounded<mode>([&] { return x + y; });                               \
  }                                                                                              \
  inline double __dsub_##suffix(double a, double b) { return __dadd_##suffix(a, -b); }           \
  inline double __dmul_##suffix(double a, double b) {                                            \
    volatile double x = a, y = b;                                                                \
    return ascendify_oracle::rounded<mode>([&] { return x * y; });                               \
  }                                                                                              \
  inline double __ddiv_##suffix(double a, double b) {                                            \
    volatile double x = a, y = b;                                                                \
    return ascendify_oracle::rounded<mode>([&] { return x / y; });                               \
  }                                                                                              \
  inline double __drcp_##suffix(double a) { return __ddiv_##suffix(1.0, a); }                    \
  inline double __dsqrt_##suffix(double a) {                                                     \
    volatile double x = a;                                                                       \
    return ascendify_oracle::rounded<mode>([&] { return ::sqrt(x); });                           \
  }                                                                                              \
  inline double __fma_##suffix(double a, double b, double c) {                                   \
    volatile double x = a, y = b, z = c;                                                         \
    return ascendify_oracle::rounded<mode>([&] { return ::fma(x, y, z); });                      \
  }
ASCENDIFY_ROUNDED(rz, FE_TOWARDZERO)
ASCENDIFY_ROUNDED(ru, FE_UPWARD)
ASCENDIFY_ROUNDED(rd, FE_DOWNWARD)
#undef ASCENDIFY_ROUNDED

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline float __frsqrt_rn(float a) {
  return static_cast<float>(1.0 / ::sqrt(static_cast<double>(a)));
}
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float __fmaf_ieee_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __drcp_rn(double a) { return 1.0 / a; }
inline double __dsqrt_rn(double a) { return ::sqrt(a); }
inline double __fma_rn(double a, double b, double c) { return ::fma(a, b, c); }
