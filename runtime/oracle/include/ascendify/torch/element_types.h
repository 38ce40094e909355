// PyTorch's element types: 16-bit floats that are made of floats and read as floats, complex
// numbers, and small floats that only convert.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <type_traits>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define ASCENDIFY_TENSOR_HALF(Name, Native, Exponent, Mantissa)                                 \
  struct alignas(2) Name {                                                                      \
    using Format = ascendify_oracle::SmallFloat<Exponent, Mantissa>;                            \
    unsigned short x;                                                                           \
    struct from_bits_t {};                                                                      \
    static constexpr from_bits_t from_bits() { return from_bits_t(); }                          \
    Name() = default;                                                                           \
    constexpr Name(unsigned short bits, from_bits_t) : x(bits) {}                               \
    Name(float value) : x(Format::from_float(value)) {}                                         \
    Name(const Native &value) : x(value.__x) {}                                                 \
    operator float() const { return Format::to_float(x); }                                      \
    operator Native() const {                                                                   \
      Native value;                                                                             \
      value.__x = x;                                                                            \
      return value;                                                                             \
    }                                                                                           \
  };                                                                                            \
  inline Name operator-(const Name &a) { return Name(a.x ^ 0x8000, Name::from_bits()); }        \
  ASCENDIFY_TENSOR_HALF_ARITHMETIC(Name, +)                                                     \
  ASCENDIFY_TENSOR_HALF_ARITHMETIC(Name, -)                                                     \
  ASCENDIFY_TENSOR_HALF_ARITHMETIC(Name, *)                                                     \
  ASCENDIFY_TENSOR_HALF_ARITHMETIC(Name, /)                                                     \
  ASCENDIFY_TENSOR_HALF_COMPARISON(Name, ==)                                                    \
  ASCENDIFY_TENSOR_HALF_COMPARISON(Name, !=)                                                    \
  ASCENDIFY_TENSOR_HALF_COMPARISON(Name, <)                                                     \
  ASCENDIFY_TENSOR_HALF_COMPARISON(Name, <=)                                                    \
  ASCENDIFY_TENSOR_HALF_COMPARISON(Name, >)                                                     \
  ASCENDIFY_TENSOR_HALF_COMPARISON(Name, >=)                                                    \
  inline std::ostream &operator<<(std::ostream &out, const Name &value) {                       \
    return out << static_cast<float>(value);                                                    \
  }

// With a float or a double the result is one; integers become the small float first.
#define ASCENDIFY_TENSOR_HALF_ARITHMETIC(Name, op)                                              \
  inline Name operator op(const Name &a, const Name &b) {                                       \
    return static_cast<float>(a) op static_cast<float>(b);                                      \
  }                                                                                             \
  inline float operator op(Name a, float b) { return static_cast<float>(a) op b; }              \
  inline float operator op(float a, Name b) { return a op static_cast<float>(b); }              \
  inline double operator op(Name a, double b) { return static_cast<double>(a) op b; }           \
  inline double operator op(double a, Name b) { return a op static_cast<double>(b); }           \
  inline Name operator op(Name a, int b) { return a op static_cast<Name>(b); }                  \
  inline Name operator op(int a, Name b) { return static_cast<Name>(a) op b; }                  \
  inline Name operator op(Name a, int64_t b) { return a op static_cast<Name>(b); }              \
  inline Name operator op(int64_t a, Name b) { return static_cast<Name>(a) op b; }              \
  inline Name &operator op##=(Name & a, const Name &b) { return a = a op b; }                   \
  inline float &operator op##=(float &a, const Name &b) {                                       \
    return a = a op static_cast<float>(b);                                                      \
  }

// PyTorch leaves comparisons to the conversion to float, as these do.
#define ASCENDIFY_TENSOR_HALF_COMPARISON(Name, op)                                              \
  inline bool operator op(Name a, Name b) { return static_cast<float>(a) op static_cast<float>(b); } \
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>                        \
  inline bool operator op(Name a, T b) {                                                        \
    return static_cast<float>(a) op b;                                                          \
  }                                                                                             \
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>                        \
  inline bool operator op(T a, Name b) {                                                        \
    return a op static_cast<float>(b);                                                          \
  }

namespace c10 {
ASCENDIFY_TENSOR_HALF(Half, __half, 5, 10)
ASCENDIFY_TENSOR_HALF(BFloat16, __nv_bfloat16, 8, 7)

template <class T>
struct alignas(sizeof(T) * 2) complex {
  using value_type = T;
  T real_ = T(0);
  T imag_ = T(0);
  constexpr complex() = default;
  constexpr complex(const T &re, const T &im = T()) : real_(re), imag_(im) {}
  template <class U>
  explicit constexpr complex(const complex<U> &other)
      : real_(static_cast<T>(other.real_)), imag_(static_cast<T>(other.imag_)) {}
  constexpr T real() const { return real_; }
  constexpr T imag() const { return imag_; }
  constexpr void real(T value) { real_ = value; }
  constexpr void imag(T value) { imag_ = value; }
  constexpr complex &operator=(T re) { return real_ = re, imag_ = T(0), *this; }
  constexpr complex &operator+=(T re) { return real_ += re, *this; }
  constexpr complex &operator-=(T re) { return real_ -= re, *this; }
  constexpr complex &operator*=(T re) { return real_ *= re, imag_ *= re, *this; }
  constexpr complex &operator/=(T re) { return real_ /= re, imag_ /= re, *this; }
  template <class U>
  constexpr complex &operator+=(const complex<U> &other) {
    return real_ += other.real(), imag_ += other.imag(), *this;
  }
  template <class U>
  constexpr complex &operator-=(const complex<U> &other) {
    return real_ -= other.real(), imag_ -= other.imag(), *this;
  }
  template <class U>
  constexpr complex &operator*=(const complex<U> &other) {
    const T re = real_ * other.real() - imag_ * other.imag();
    imag_ = real_ * other.imag() + imag_ * other.real();
    real_ = re;
    return *this;
  }
  // Smith's method: the larger part of the divisor is divided by.
  template <class U>
  constexpr complex &operator/=(const complex<U> &other) {
    const U a = real_, b = imag_, c = other.real(), d = other.imag();
    const U size_c = std::abs(c), size_d = std::abs(d);
    if (size_c >= size_d) {
      if (size_c == U(0) && size_d == U(0)) return real_ = a / size_c, imag_ = b / size_d, *this;
      const U ratio = d / c, scale = U(1) / (c + d * ratio);
      real_ = (a + b * ratio) * scale;
      imag_ = (b - a * ratio) * scale;
    } else {
      const U ratio = c / d, scale = U(1) / (c * ratio + d);
      real_ = (a * ratio + b) * scale;
      imag_ = (b * ratio - a) * scale;
    }
    return *this;
  }
};
#define ASCENDIFY_COMPLEX_OPERATOR(op)                                                          \
  template <class T>                                                                            \
  constexpr complex<T> operator op(const complex<T> &a, const complex<T> &b) {                  \
    complex<T> result = a;                                                                      \
    return result op##= b;                                                                      \
  }                                                                                             \
  template <class T>                                                                            \
  constexpr complex<T> operator op(const complex<T> &a, const T &b) {                           \
    complex<T> result = a;                                                                      \
    return result op##= b;                                                                      \
  }                                                                                             \
  template <class T>                                                                            \
  constexpr complex<T> operator op(const T &a, const complex<T> &b) {                           \
    complex<T> result(a);                                                                       \
    return result op##= b;                                                                      \
  }
ASCENDIFY_COMPLEX_OPERATOR(+)
ASCENDIFY_COMPLEX_OPERATOR(-)
ASCENDIFY_COMPLEX_OPERATOR(*)
ASCENDIFY_COMPLEX_OPERATOR(/)
#undef ASCENDIFY_COMPLEX_OPERATOR
template <class T>
constexpr complex<T> operator+(const complex<T> &a) {
  return a;
}
template <class T>
constexpr complex<T> operator-(const complex<T> &a) {
  return complex<T>(-a.real(), -a.imag());
}
template <class T>
constexpr bool operator==(const complex<T> &a, const complex<T> &b) {
  return a.real() == b.real() && a.imag() == b.imag();
}
template <class T>
constexpr bool operator!=(const complex<T> &a, const complex<T> &b) {
  return !(a == b);
}

template <class T>
struct scalar_value_type {
  using type = T;
};
template <class T>
struct scalar_value_type<complex<T>> {
  using type = T;
};
}  // namespace c10

namespace std {
template <class T>
constexpr T real(const c10::complex<T> &z) {
  return z.real();
}
template <class T>
constexpr T imag(const c10::complex<T> &z) {
  return z.imag();
}
template <class T>
constexpr c10::complex<T> conj(const c10::complex<T> &z) {
  return c10::complex<T>(z.real(), -z.imag());
}

#define ASCENDIFY_TENSOR_LIMITS(T, least_bits, most_bits, step_bits, infinity_bits, nan_bits, count) \
  template <>                                                                                   \
  struct numeric_limits<T> {                                                                    \
    static constexpr bool is_specialized = true, is_signed = true, is_integer = false;          \
    static constexpr bool is_exact = false, has_infinity = true, has_quiet_NaN = true;          \
    static constexpr int digits = count, radix = 2;                                             \
    static constexpr T min() { return T(least_bits, T::from_bits()); }                          \
    static constexpr T lowest() { return T(most_bits | 0x8000, T::from_bits()); }               \
    static constexpr T max() { return T(most_bits, T::from_bits()); }                           \
    static constexpr T epsilon() { return T(step_bits, T::from_bits()); }                       \
    static constexpr T infinity() { return T(infinity_bits, T::from_bits()); }                  \
    static constexpr T quiet_NaN() { return T(nan_bits, T::from_bits()); }                      \
  };
ASCENDIFY_TENSOR_LIMITS(c10::Half, 0x0400, 0x7bff, 0x1400, 0x7c00, 0x7e00, 11)
ASCENDIFY_TENSOR_LIMITS(c10::BFloat16, 0x0080, 0x7f7f, 0x3c00, 0x7f80, 0x7fc0, 8)
#undef ASCENDIFY_TENSOR_LIMITS
}  // namespace std

namespace at {
using c10::BFloat16;
using c10::complex;
using c10::Half;

template <class T>
struct OpMathType {
  using type = T;
};
template <>
struct OpMathType<Half> {
  using type = float;
};
template <>
struct OpMathType<BFloat16> {
  using type = float;
};
template <class T>
using opmath_type = typename OpMathType<T>::type;

// Sums of integers are kept in 64 bits; of floats one size up on the host, in float on a GPU.
template <class T, bool is_cuda>
struct AccumulateType {
  using Float = std::conditional_t<std::is_same_v<T, double> || !is_cuda, double, float>;
  using Number = std::conditional_t<std::is_integral_v<T>, int64_t, Float>;
  using type = std::conditional_t<std::is_same_v<T, bool>, bool, Number>;
};
template <bool is_cuda>
struct AccumulateType<Half, is_cuda> {
  using type = float;
};
template <bool is_cuda>
struct AccumulateType<BFloat16, is_cuda> {
  using type = float;
};
template <bool is_cuda>
struct AccumulateType<__half, is_cuda> {
  using type = float;
};
template <class T, bool is_cuda>
using acc_type = typename AccumulateType<T, is_cuda>::type;

template <class T>
struct numeric_limits {
  using Limits = std::numeric_limits<T>;
  static T lowest() { return Limits::lowest(); }
  static T max() { return Limits::max(); }
  static T lower_bound() {
    if constexpr (Limits::has_infinity) return -Limits::infinity();
    else return Limits::lowest();
  }
  static T upper_bound() {
    if constexpr (Limits::has_infinity) return Limits::infinity();
    else return Limits::max();
  }
};
}  // namespace at
