// 16-bit floating point: bits to numbers and back, in software, so that every machine agrees.
// One rounding, to nearest even unless said otherwise, or the run has another mode.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "conversions.h"

namespace ascendify_oracle {

// A format with `Exponent` and `Mantissa` bits: binary16 is <5, 10>, bfloat16 <8, 7>.
template <int Exponent, int Mantissa>
struct SmallFloat {
  static constexpr int smallest_exponent = 2 - (1 << (Exponent - 1));
  static constexpr uint16_t infinity = ((1 << Exponent) - 1) << Mantissa;
  static constexpr uint16_t nan = 0x7fff;

  // Any rounding, from double (which holds every float and 32-bit integer exactly).
  template <Rounding R>
  static uint16_t encode(double x) {
    uint16_t sign = std::signbit(x) ? 0x8000 : 0;
    if (x != x) return nan;
    double size = std::fabs(x);
    if (size == std::numeric_limits<double>::infinity()) return sign | infinity;
    if (size == 0) return sign;
    int exponent = std::ilogb(size);
    if (exponent < smallest_exponent) exponent = smallest_exponent;
    constexpr bool is_down = R == Rounding::rd, is_up = R == Rounding::ru;
    constexpr Rounding mirrored = is_down ? Rounding::ru : is_up ? Rounding::rd : R;
    double quanta = std::ldexp(size, Mantissa - exponent);
    double whole = sign ? round_to_whole<mirrored>(quanta) : round_to_whole<R>(quanta);
    bool rounds_in = R == Rounding::rz || (is_down && !sign) || (is_up && sign);
    if (exponent > (1 << (Exponent - 1)) - 1) {
      return sign | (rounds_in ? infinity - 1 : infinity);
    }
    uint32_t bits = (static_cast<uint32_t>(exponent - smallest_exponent) << Mantissa) +
                    static_cast<uint32_t>(whole);
    if (bits >= infinity) bits = rounds_in ? infinity - 1 : infinity;
    return sign | static_cast<uint16_t>(bits);
  }

  static uint16_t from_float(float x) {
    if (__builtin_expect(rounding_mode != 0, 0)) return in_mode(x);
    uint32_t bits = bits_as<uint32_t>(x);
    if constexpr (Exponent == 8) {
      if (x != x) return nan;
      return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    } else {
      static_assert(Exponent == 5 && Mantissa == 10);
      if (x != x) return nan;
      uint16_t sign = bits >> 16 & 0x8000;
      bits &= 0x7fffffff;
      if (bits >= 0x47800000) return sign | infinity;
      if (bits < 0x38800000) {  // below the normal range: the addition rounds
        return sign | static_cast<uint16_t>(bits_as<uint32_t>(bits_as<float>(bits) + 0.5f));
      }
      return sign | static_cast<uint16_t>((bits - 0x38000000 + 0xfff + (bits >> 13 & 1)) >> 13);
    }
  }

  static uint16_t in_mode(double x) {
    switch (rounding_mode) {
      case 1:
        return encode<Rounding::ru>(x);
      case 2:
        return encode<Rounding::rd>(x);
      default:
        return encode<Rounding::rz>(x);
    }
  }

  static float to_float(uint16_t bits) {
    if constexpr (Exponent == 8) {
      return bits_as<float>(static_cast<uint32_t>(bits) << 16);
    } else {
      uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
      uint32_t size = static_cast<uint32_t>(bits & 0x7fff) << 13;
      if (size >= 0x0f800000) return bits_as<float>(sign | (size + 0x70000000));
      if (size == 0) return bits_as<float>(sign);  // the difference could be -0
      if (size < 0x00800000) {
        float value = bits_as<float>(size + 0x38800000) - 0x1p-14f;
        return bits_as<float>(sign | bits_as<uint32_t>(value));
      }
      return bits_as<float>(sign | (size + 0x38000000));
    }
  }
};

// a * b + c of 16-bit numbers, such that rounding it to 16 bits rounds the exact value: the
// product is exact, and the sum is rounded to odd.
inline double exact_fma(double a, double b, double c) {
  double product = a * b;
  double sum = product + c;
  double part = sum - product;
  double error = (product - (sum - part)) + (c - part);
  if (error != 0 && error == error && (bits_as<uint64_t>(sum) & 1) == 0) {
    double infinity = std::numeric_limits<double>::infinity();
    sum = std::nextafter(sum, error > 0 ? infinity : -infinity);
  }
  return sum;
}

}  // namespace ascendify_oracle
