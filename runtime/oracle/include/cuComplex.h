// Complex numbers as pairs.
#pragma once

#include <cmath>
#include <limits>

#include "ascendify/vector_types.h"

typedef float2 cuFloatComplex;
typedef float2 cuComplex;
typedef double2 cuDoubleComplex;

namespace ascendify_oracle {

template <class Z, class F>
struct Complex {
  static Z sum(Z a, Z b) { return {a.x + b.x, a.y + b.y}; }
  static Z difference(Z a, Z b) { return {a.x - b.x, a.y - b.y}; }
  static Z product(Z a, Z b) { return {a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x}; }
  static Z product_sum(Z a, Z b, Z c) {
    F real = a.x * b.x + c.x, imaginary = a.x * b.y + c.y;
    return {real - a.y * b.y, a.y * b.x + imaginary};
  }
  static Z quotient(Z a, Z b) {
    F scale = F(1) / (std::fabs(b.x) + std::fabs(b.y));
    a = {a.x * scale, a.y * scale};
    b = {b.x * scale, b.y * scale};
    F inverse = F(1) / (b.x * b.x + b.y * b.y);
    return {(a.x * b.x + a.y * b.y) * inverse, (a.y * b.x - a.x * b.y) * inverse};
  }
  static F size(Z z) {
    F a = std::fabs(z.x), b = std::fabs(z.y);
    F high = a > b ? a : b, low = a > b ? b : a;
    constexpr F largest = std::numeric_limits<F>::max();
    if (high == 0 || high > largest || low > largest) return high + low;
    F ratio = low / high;
    return high * std::sqrt(F(1) + ratio * ratio);
  }
};

}  // namespace ascendify_oracle

#define ASCENDIFY_COMPLEX(Z, F, s, make)                                                        \
  inline Z make(F real, F imaginary) { return {real, imaginary}; }                              \
  inline F cuCreal##s(Z z) { return z.x; }                                                      \
  inline F cuCimag##s(Z z) { return z.y; }                                                      \
  inline Z cuConj##s(Z z) { return {z.x, -z.y}; }                                               \
  inline Z cuCadd##s(Z a, Z b) { return ascendify_oracle::Complex<Z, F>::sum(a, b); }           \
  inline Z cuCsub##s(Z a, Z b) { return ascendify_oracle::Complex<Z, F>::difference(a, b); }    \
  inline Z cuCmul##s(Z a, Z b) { return ascendify_oracle::Complex<Z, F>::product(a, b); }       \
  inline Z cuCdiv##s(Z a, Z b) { return ascendify_oracle::Complex<Z, F>::quotient(a, b); }      \
  inline Z cuCfma##s(Z a, Z b, Z c) {                                                           \
    return ascendify_oracle::Complex<Z, F>::product_sum(a, b, c);                               \
  }                                                                                             \
  inline F cuCabs##s(Z z) { return ascendify_oracle::Complex<Z, F>::size(z); }
ASCENDIFY_COMPLEX(cuFloatComplex, float, f, make_cuFloatComplex)
ASCENDIFY_COMPLEX(cuDoubleComplex, double, , make_cuDoubleComplex)
#undef ASCENDIFY_COMPLEX
inline cuComplex make_cuComplex(float real, float imaginary) { return {real, imaginary}; }
inline cuDoubleComplex cuComplexFloatToDouble(cuFloatComplex z) { return {z.x, z.y}; }
inline cuFloatComplex cuComplexDoubleToFloat(cuDoubleComplex z) {
  return {static_cast<float>(z.x), static_cast<float>(z.y)};
}
