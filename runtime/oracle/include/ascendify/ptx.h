// What the rewriter makes of inline PTX: registers are 64-bit words of which an instruction takes
// the lower bits as its type; one function object per kind of arithmetic (PTX ISA 8.5).
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "atomics.h"
#include "bfloat16.h"
#include "execution.h"
#include "half.h"
#include "integers.h"
#include "math.h"
#include "warp.h"

#define ASCENDIFY_PTX inline __attribute__((always_inline))

namespace ascendify_ptx {

using ascendify_oracle::Rounding;
using Word = uint64_t;

// ---- registers

template <class T>
ASCENDIFY_PTX T as(Word word) {
  if constexpr (std::is_same_v<T, bool>) {
    return word != 0;
  } else {
    T value;
    std::memcpy(&value, &word, sizeof value);
    return value;
  }
}

// Narrow signed numbers are extended by their sign, everything else by zeros.
template <class T>
ASCENDIFY_PTX Word bits(T value) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<Word>(value);
  } else {
    Word word = 0;
    std::memcpy(&word, &value, sizeof value);
    return word;
  }
}

template <class T>
ASCENDIFY_PTX Word input(const T &value) {
  if constexpr (std::is_array_v<T>) {
    return reinterpret_cast<Word>(&value[0]);
  } else if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<Word>(value);
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    return static_cast<Word>(value);
  } else {
    Word word = 0;
    static_assert(sizeof(T) <= 8);
    std::memcpy(&word, &value, sizeof(T));
    return word;
  }
}

template <class T>
ASCENDIFY_PTX void output(T &target, Word word) {
  std::memcpy(&target, &word, sizeof(T));
}

// Part `i` of `count` equal parts of a register of `width` bits.
ASCENDIFY_PTX Word part(Word word, int width, int count, int i) {
  int size = width / count;
  Word mask = size == 64 ? ~Word{0} : (Word{1} << size) - 1;
  return word >> (size * i) & mask;
}
template <class... W>
ASCENDIFY_PTX Word join(int width, W... words) {
  Word parts[] = {words...}, total = 0;
  int count = sizeof...(words), size = width / count;
  for (int i = 0; i < count; ++i) total |= part(parts[i], size, 1, 0) << (size * i);
  return total;
}

// ---- arithmetic, value by value

constexpr unsigned ftz = 1, sat = 2;

template <class T>
constexpr bool is_half = std::is_same_v<T, __half> || std::is_same_v<T, __nv_bfloat16>;
template <class T>
constexpr bool is_floating = is_half<T> || std::is_floating_point_v<T>;

template <class T>
ASCENDIFY_PTX float number(T value) {
  return static_cast<float>(value);
}

template <class T>
ASCENDIFY_PTX T flush(T value) {
  if constexpr (std::is_same_v<T, float>) {
    return std::fabs(value) < 0x1p-126f ? std::copysign(0.0f, value) : value;
  } else if constexpr (std::is_same_v<T, __half>) {
    bool small = (bits(value) & 0x7fff) < 0x0400;
    return small ? as<__half>(bits(value) & 0x8000) : value;
  } else {
    return value;
  }
}

template <class T>
ASCENDIFY_PTX T saturate(T value) {
  if (!(value > T(0.0f))) return T(0.0f);
  return value > T(1.0f) ? T(1.0f) : value;
}

template <class F, class T, unsigned flags, class... A>
ASCENDIFY_PTX auto one(A... values) {
  if constexpr (flags & ftz) {
    auto result = flush(F()(flush(values)...));
    if constexpr (flags & sat) return saturate(result);
    return result;
  } else {
    auto result = F()(values...);
    if constexpr ((flags & sat) && is_floating<T>) return saturate(result);
    return result;
  }
}

template <class F, class T, int lanes, unsigned flags, class... W>
ASCENDIFY_PTX Word apply(W... words) {
  if constexpr (lanes == 1) {
    return bits(one<F, T, flags>(as<T>(words)...));
  } else {
    constexpr int width = sizeof(T) * 8 * lanes;
    Word total = 0;
    for (int i = 0; i < lanes; ++i) {
      total |= bits(one<F, T, flags>(as<T>(part(words, width, lanes, i))...)) << (sizeof(T) * 8 * i);
    }
    return total;
  }
}

#define ASCENDIFY_FUNCTION(Name, parameters, expression) \
  struct Name {                                          \
    template <class T>                                   \
    ASCENDIFY_PTX T operator() parameters const {        \
      return expression;                                 \
    }                                                    \
  };
ASCENDIFY_FUNCTION(Add, (T a, T b), static_cast<T>(a + b))
ASCENDIFY_FUNCTION(Sub, (T a, T b), static_cast<T>(a - b))
ASCENDIFY_FUNCTION(Mul, (T a, T b), static_cast<T>(a * b))
ASCENDIFY_FUNCTION(And, (T a, T b), static_cast<T>(a & b))
ASCENDIFY_FUNCTION(Or, (T a, T b), static_cast<T>(a | b))
ASCENDIFY_FUNCTION(Xor, (T a, T b), static_cast<T>(a ^ b))
ASCENDIFY_FUNCTION(Neg, (T a), static_cast<T>(-a))
#undef ASCENDIFY_FUNCTION

struct Not {
  template <class T>
  ASCENDIFY_PTX T operator()(T a) const {
    if constexpr (std::is_same_v<T, bool>) return !a;
    else return static_cast<T>(~a);
  }
};
struct Cnot {
  template <class T>
  ASCENDIFY_PTX T operator()(T a) const {
    return static_cast<T>(a == 0);
  }
};
struct Abs {
  template <class T>
  ASCENDIFY_PTX T operator()(T a) const {
    if constexpr (is_half<T>) return __habs(a);
    else if constexpr (std::is_floating_point_v<T>) return std::fabs(a);
    else return a < 0 ? static_cast<T>(-a) : a;
  }
};
template <bool largest, bool keep_nan>
struct Extremum {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b) const {
    if constexpr (is_floating<T>) {
      if (a != a || b != b) {
        if (keep_nan) return T(__builtin_nanf(""));
        return a != a ? b : a;
      }
      bool negative_a = bits(a) >> (sizeof(T) * 8 - 1) & 1;
      if (a == b) return negative_a == largest ? b : a;  // -0 is below +0
    }
    return (a < b) == largest ? b : a;
  }
};
using Min = Extremum<false, false>;
using Max = Extremum<true, false>;
using MinNaN = Extremum<false, true>;
using MaxNaN = Extremum<true, true>;
struct MulHigh {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b) const {
    using Wide = std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;
    return static_cast<T>((static_cast<Wide>(a) * static_cast<Wide>(b)) >> (sizeof(T) * 8));
  }
};
struct Mul24 {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b) const {
    return static_cast<T>(static_cast<T>(a << 8) >> 8) * static_cast<T>(static_cast<T>(b << 8) >> 8);
  }
};
struct Fma {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b, T c) const {
    if constexpr (is_half<T>) return __hfma(a, b, c);
    else if constexpr (std::is_floating_point_v<T>) return std::fma(a, b, c);
    else return static_cast<T>(a * b + c);
  }
};
struct FmaRelu {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b, T c) const {
    T value = Fma()(a, b, c);
    return value <= T(0.0f) ? T(0.0f) : value;
  }
};
struct MadHigh {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b, T c) const {
    return static_cast<T>(MulHigh()(a, b) + c);
  }
};
struct Mad24 {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b, T c) const {
    return static_cast<T>(Mul24()(a, b) + c);
  }
};
struct Div {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return static_cast<T>(-1);
      if (std::is_signed_v<T> && b == static_cast<T>(-1)) return static_cast<T>(0 - a);
    }
    return static_cast<T>(a / b);
  }
};
struct Rem {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b) const {
    if (b == 0) return a;
    if (std::is_signed_v<T> && b == static_cast<T>(-1)) return 0;
    return static_cast<T>(a % b);
  }
};
struct Sad {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b, T c) const {
    return static_cast<T>(c + (a < b ? b - a : a - b));
  }
};
struct Copysign {
  template <class T>
  ASCENDIFY_PTX T operator()(T a, T b) const {
    return std::copysign(b, a);
  }
};

#define ASCENDIFY_ELEMENTARY(Name, for_float, for_double)         \
  struct Name {                                                   \
    ASCENDIFY_PTX float operator()(float x) const { return for_float; }   \
    ASCENDIFY_PTX double operator()(double x) const { return for_double; } \
    template <class H>                                            \
    ASCENDIFY_PTX H operator()(H x) const {                       \
      return H(operator()(static_cast<float>(x)));                \
    }                                                             \
  };
ASCENDIFY_ELEMENTARY(Ex2, exp2f(x), exp2(x))
ASCENDIFY_ELEMENTARY(Lg2, log2f(x), log2(x))
ASCENDIFY_ELEMENTARY(Rcp, 1.0f / x, 1.0 / x)
ASCENDIFY_ELEMENTARY(Rsqrt, rsqrtf(x), rsqrt(x))
ASCENDIFY_ELEMENTARY(Sqrt, sqrtf(x), sqrt(x))
ASCENDIFY_ELEMENTARY(Tanh, tanhf(x), tanh(x))
ASCENDIFY_ELEMENTARY(Sin, sinf(x), sin(x))
ASCENDIFY_ELEMENTARY(Cos, cosf(x), cos(x))
#undef ASCENDIFY_ELEMENTARY

// The product of twice the width.
template <class T, class Wide>
ASCENDIFY_PTX Word wide(Word a, Word b) {
  return bits(static_cast<Wide>(static_cast<Wide>(as<T>(a)) * static_cast<Wide>(as<T>(b))));
}

// ---- bits

template <class T>
ASCENDIFY_PTX Word shift_left(Word a, Word count) {
  uint32_t by = static_cast<uint32_t>(count);
  return by >= sizeof(T) * 8 ? 0 : bits(static_cast<T>(as<T>(a) << by));
}
template <class T>
ASCENDIFY_PTX Word shift_right(Word a, Word count) {
  uint32_t by = static_cast<uint32_t>(count), most = sizeof(T) * 8 - 1;
  if (by > most) {
    if (!std::is_signed_v<T>) return 0;
    by = most;
  }
  return bits(static_cast<T>(as<T>(a) >> by));
}
ASCENDIFY_PTX Word lop3(Word a, Word b, Word c, Word table) {
  uint32_t result = 0;
  for (int i = 0; i < 8; ++i) {
    if (!(table >> i & 1)) continue;
    uint32_t x = as<uint32_t>(a), y = as<uint32_t>(b), z = as<uint32_t>(c);
    result |= (i & 4 ? x : ~x) & (i & 2 ? y : ~y) & (i & 1 ? z : ~z);
  }
  return result;
}
template <class T>
ASCENDIFY_PTX Word extract(Word a, Word at, Word length) {
  constexpr int width = sizeof(T) * 8;
  int start = at & 255, count = length & 255;
  if (count == 0) return 0;
  T value = as<T>(a);
  int top = start + count - 1 < width - 1 ? start + count - 1 : width - 1;
  bool sign = std::is_signed_v<T> && (static_cast<Word>(value) >> top & 1);
  Word result = 0;
  for (int i = 0; i < width; ++i) {
    bool bit = i < count && start + i < width ? (static_cast<Word>(value) >> (start + i) & 1) : sign;
    result |= static_cast<Word>(bit) << i;
  }
  return bits(as<T>(result));
}
template <class T>
ASCENDIFY_PTX Word insert(Word a, Word b, Word at, Word length) {
  int start = at & 255, count = length & 255, width = sizeof(T) * 8;
  Word result = bits(as<T>(b));
  for (int i = 0; i < count && start + i < width; ++i) {
    Word bit = Word{1} << (start + i);
    result = (a >> i & 1) ? result | bit : result & ~bit;
  }
  return result;
}
template <class T>
ASCENDIFY_PTX Word find_top(Word a, bool as_shift) {
  T value = as<T>(a);
  if (std::is_signed_v<T> && value < 0) value = static_cast<T>(~value);
  int top = -1;
  for (int i = 0; i < static_cast<int>(sizeof(T) * 8); ++i) {
    if (static_cast<Word>(value) >> i & 1) top = i;
  }
  if (top >= 0 && as_shift) top = static_cast<int>(sizeof(T) * 8) - 1 - top;
  return bits(static_cast<uint32_t>(top));
}
ASCENDIFY_PTX Word dot4(Word a, Word b, Word c, bool signed_a, bool signed_b) {
  uint32_t total = as<uint32_t>(c);
  for (int i = 0; i < 4; ++i) {
    int x = static_cast<int>(part(a, 32, 4, i)), y = static_cast<int>(part(b, 32, 4, i));
    if (signed_a && x > 127) x -= 256;
    if (signed_b && y > 127) y -= 256;
    total += static_cast<uint32_t>(x * y);
  }
  return total;
}

// ---- comparison

enum class Compare { eq, ne, lt, le, gt, ge, num, nan };

template <class T, Compare how, bool unordered, unsigned flags>
ASCENDIFY_PTX bool compare(Word a, Word b) {
  T x = as<T>(a), y = as<T>(b);
  if constexpr (flags & ftz) x = flush(x), y = flush(y);
  if constexpr (is_floating<T>) {
    bool has_nan = x != x || y != y;
    if constexpr (how == Compare::nan) return has_nan;
    if constexpr (how == Compare::num) return !has_nan;
    if (has_nan) return unordered;
  }
  switch (how) {
    case Compare::eq: return x == y;
    case Compare::ne: return !(x == y);
    case Compare::lt: return x < y;
    case Compare::le: return x <= y;
    case Compare::gt: return x > y;
    default: return x >= y;
  }
}

// ---- conversion

template <class To, class From, Rounding R, bool whole, unsigned flags>
ASCENDIFY_PTX Word convert(Word word) {
  From x = as<From>(word);
  if constexpr (flags & ftz) x = flush(x);
  if constexpr (is_floating<From> && is_floating<To>) {
    double value = static_cast<double>(static_cast<std::conditional_t<is_half<From>, float, From>>(x));
    if constexpr (whole) value = ascendify_oracle::round_to_whole<R>(value);
    To result;
    if constexpr (std::is_same_v<To, double>) {
      result = value;
    } else if constexpr (std::is_same_v<To, float>) {
      result = whole ? static_cast<float>(value) : ascendify_oracle::to_float<R>(value);
    } else if constexpr (R == Rounding::rn || whole) {
      result = std::is_same_v<From, double> ? To(value) : To(static_cast<float>(value));
    } else if constexpr (std::is_same_v<To, __half>) {
      result = __ushort_as_half(ascendify_oracle::SmallFloat<5, 10>::encode<R>(value));
    } else {
      result = __ushort_as_bfloat16(ascendify_oracle::SmallFloat<8, 7>::encode<R>(value));
    }
    if constexpr (flags & ftz) result = flush(result);
    if constexpr (flags & sat) result = saturate(result);
    return bits(result);
  } else if constexpr (is_floating<From>) {
    using Wide = std::conditional_t<is_half<From>, float, From>;
    Wide value = static_cast<Wide>(x);
    if (value != value) return 0;
    return bits(ascendify_oracle::to_integer<To, R>(value));
  } else if constexpr (is_floating<To>) {
    if constexpr (is_half<To>) {
      double value = static_cast<double>(x);
      return bits(To(value));
    } else {
      return bits(ascendify_oracle::from_integer<To, R>(x));
    }
  } else {
    if constexpr (flags & sat) {
      __int128 value = x, low = std::numeric_limits<To>::min(), high = std::numeric_limits<To>::max();
      return bits(static_cast<To>(value < low ? low : value > high ? high : value));
    }
    return bits(static_cast<To>(x));
  }
}

// Ten bits of fraction in a float.
ASCENDIFY_PTX Word to_tf32(Word word, bool away, bool cut) {
  uint32_t x = as<uint32_t>(word), low = x & 0x1fff, high = x & ~0x1fffu;
  if ((x & 0x7f800000) == 0x7f800000) return x;
  bool up = low > 0x1000 || (low == 0x1000 && (away || (x & 0x2000)));
  return up && !cut ? high + 0x2000 : high;
}

// ---- memory

// What a 32-bit number stands for: dynamic shared memory, or a static variable.
ASCENDIFY_PTX char *shared_at(Word number) {
  return ascendify_oracle::shared_address(static_cast<uint32_t>(number));
}
ASCENDIFY_PTX char *address_at(Word number) { return reinterpret_cast<char *>(number); }

template <class T>
ASCENDIFY_PTX T *aligned(char *address, int count) {
  if (reinterpret_cast<uintptr_t>(address) % (sizeof(T) * count)) {
    ascendify_oracle::fail("inline PTX accesses an address that is no multiple of %d",
                           static_cast<int>(sizeof(T)) * count);
  }
  return reinterpret_cast<T *>(address);
}
template <class T>
ASCENDIFY_PTX Word load(char *address, int count, int i) {
  return bits(aligned<T>(address, count)[i]);
}
template <class T>
ASCENDIFY_PTX Word load_volatile(char *address, int count, int i) {
  return bits(const_cast<const volatile T *>(aligned<T>(address, count))[i]);
}
template <class T>
ASCENDIFY_PTX void store(char *address, int count, int i, Word value) {
  aligned<T>(address, count)[i] = as<T>(value);
}
template <class T>
ASCENDIFY_PTX void store_volatile(char *address, int count, int i, Word value) {
  const_cast<volatile T *>(aligned<T>(address, count))[i] = as<T>(value);
}

// ---- threads together

ASCENDIFY_PTX Word rank() { return ascendify_oracle::thread_rank(); }

// The lane's source is in its segment.
ASCENDIFY_PTX bool in_segment(ascendify_oracle::Shuffle mode, Word by, int width) {
  int within = static_cast<int>(ascendify_oracle::lane_id()) % width;
  int distance = static_cast<int>(by & 31);
  switch (mode) {
    case ascendify_oracle::Shuffle::up: return distance <= within;
    case ascendify_oracle::Shuffle::down: return within + distance < width;
    case ascendify_oracle::Shuffle::exclusive_or: return (within ^ distance) < width;
    default: return true;
  }
}
ASCENDIFY_PTX Word shuffle(ascendify_oracle::Shuffle mode, Word value, Word by, Word clamp, Word mask) {
  int width = 32 - static_cast<int>(clamp >> 8 & 31);
  return ascendify_oracle::shuffle(mode, static_cast<unsigned>(mask), static_cast<uint32_t>(value),
                                   static_cast<unsigned>(by), width);
}

}  // namespace ascendify_ptx

#include "async_copy.h"
#include "tensor.h"
