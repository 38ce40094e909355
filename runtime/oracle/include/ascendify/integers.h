// Integer intrinsics.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <type_traits>

#include "vector_types.h"

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline int __clzll(long long x) {
  return x ? __builtin_clzll(static_cast<unsigned long long>(x)) : 64;
}
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __fns(unsigned mask, unsigned base, int offset) {
  int step = offset < 0 ? -1 : 1;
  int left = offset == 0 ? 1 : offset * step;
  for (int i = static_cast<int>(base); i >= 0 && i < 32; i += step) {
    if ((mask >> i & 1) && --left == 0) return static_cast<unsigned>(i);
    if (offset == 0) break;
  }
  return ~0u;
}
inline unsigned __brev(unsigned x) {
  unsigned result = 0;
  for (int i = 0; i < 32; ++i) result |= (x >> i & 1) << (31 - i);
  return result;
}
inline unsigned long long __brevll(unsigned long long x) {
  return static_cast<unsigned long long>(__brev(static_cast<unsigned>(x))) << 32 |
         __brev(static_cast<unsigned>(x >> 32));
}
inline int __mulhi(int a, int b) {
  return static_cast<int>(static_cast<int64_t>(a) * b >> 32);
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(static_cast<uint64_t>(a) * b >> 32);
}
inline long long __mul64hi(long long a, long long b) {
  return static_cast<long long>(static_cast<__int128>(a) * b >> 64);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64);
}
inline int __mul24(int a, int b) {
  return static_cast<int>(static_cast<unsigned>(a << 8 >> 8) * static_cast<unsigned>(b << 8 >> 8));
}
inline unsigned __umul24(unsigned a, unsigned b) { return (a & 0xffffff) * (b & 0xffffff); }
inline unsigned __sad(int a, int b, unsigned c) {
  return c + (a > b ? static_cast<unsigned>(a) - static_cast<unsigned>(b)
                    : static_cast<unsigned>(b) - static_cast<unsigned>(a));
}
inline unsigned __usad(unsigned a, unsigned b, unsigned c) { return c + (a > b ? a - b : b - a); }
inline int __hadd(int a, int b) { return static_cast<int>((static_cast<int64_t>(a) + b) >> 1); }
inline int __rhadd(int a, int b) { return static_cast<int>((static_cast<int64_t>(a) + b + 1) >> 1); }
inline unsigned __uhadd(unsigned a, unsigned b) {
  return static_cast<unsigned>((static_cast<uint64_t>(a) + b) >> 1);
}
inline unsigned __urhadd(unsigned a, unsigned b) {
  return static_cast<unsigned>((static_cast<uint64_t>(a) + b + 1) >> 1);
}
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  uint64_t bytes = static_cast<uint64_t>(y) << 32 | x;
  unsigned result = 0;
  for (int i = 0; i < 4; ++i) {
    unsigned pick = selector >> (4 * i);
    unsigned byte = static_cast<unsigned>(bytes >> (8 * (pick & 7))) & 0xff;
    if (pick & 8) byte = byte & 0x80 ? 0xff : 0;
    result |= byte << (8 * i);
  }
  return result;
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
  uint64_t both = static_cast<uint64_t>(high) << 32 | low;
  return static_cast<unsigned>(both << (shift & 31) >> 32);
}
inline unsigned __funnelshift_lc(unsigned low, unsigned high, unsigned shift) {
  uint64_t both = static_cast<uint64_t>(high) << 32 | low;
  return shift >= 32 ? low : static_cast<unsigned>(both << shift >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  uint64_t both = static_cast<uint64_t>(high) << 32 | low;
  return static_cast<unsigned>(both >> (shift & 31));
}
inline unsigned __funnelshift_rc(unsigned low, unsigned high, unsigned shift) {
  uint64_t both = static_cast<uint64_t>(high) << 32 | low;
  return static_cast<unsigned>(both >> (shift > 32 ? 32 : shift));
}

namespace ascendify_oracle {

template <class A, class B, class C>
inline C dot4(A a, B b, C c) {
  using ByteA = std::conditional_t<std::is_signed<A>::value, int8_t, uint8_t>;
  using ByteB = std::conditional_t<std::is_signed<B>::value, int8_t, uint8_t>;
  for (int i = 0; i < 4; ++i) {
    c += static_cast<C>(static_cast<ByteA>(a >> (8 * i))) *
         static_cast<C>(static_cast<ByteB>(b >> (8 * i)));
  }
  return c;
}

// One operation on each lane of `Lane`s in a 32-bit word.
template <class Lane, class F>
inline unsigned per_lane(unsigned a, unsigned b, F f) {
  unsigned result = 0;
  constexpr unsigned bits = sizeof(Lane) * 8;
  constexpr unsigned mask = (1u << bits) - 1;
  for (unsigned at = 0; at < 32; at += bits) {
    int x = static_cast<Lane>(a >> at), y = static_cast<Lane>(b >> at);
    result |= (static_cast<unsigned>(f(x, y)) & mask) << at;
  }
  return result;
}

template <class Lane>
inline int clamp_to(int value) {
  constexpr int low = std::numeric_limits<Lane>::min(), high = std::numeric_limits<Lane>::max();
  return value < low ? low : value > high ? high : value;
}

}  // namespace ascendify_oracle

inline int __dp4a(int a, int b, int c) { return ascendify_oracle::dot4(a, b, c); }
inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
  return ascendify_oracle::dot4(a, b, c);
}

#define ASCENDIFY_SIMD(name, lane, expression)                                          \
  inline unsigned name(unsigned a, unsigned b) {                                        \
    return ascendify_oracle::per_lane<lane>(a, b, [](int x, int y) { return expression; }); \
  }
#define ASCENDIFY_SIMD_ONE(name, lane, expression)                                      \
  inline unsigned name(unsigned a) {                                                    \
    return ascendify_oracle::per_lane<lane>(a, 0, [](int x, int) { return expression; }); \
  }
ASCENDIFY_SIMD_ONE(__vabs2, int16_t, std::abs(x))
ASCENDIFY_SIMD_ONE(__vabs4, int8_t, std::abs(x))
ASCENDIFY_SIMD_ONE(__vabsss2, int16_t, ascendify_oracle::clamp_to<int16_t>(std::abs(x)))
ASCENDIFY_SIMD_ONE(__vabsss4, int8_t, ascendify_oracle::clamp_to<int8_t>(std::abs(x)))
ASCENDIFY_SIMD_ONE(__vneg2, int16_t, 0 - x)
ASCENDIFY_SIMD_ONE(__vneg4, int8_t, 0 - x)
ASCENDIFY_SIMD_ONE(__vnegss2, int16_t, ascendify_oracle::clamp_to<int16_t>(0 - x))
ASCENDIFY_SIMD_ONE(__vnegss4, int8_t, ascendify_oracle::clamp_to<int8_t>(0 - x))
ASCENDIFY_SIMD(__vadd2, uint16_t, x + y)
ASCENDIFY_SIMD(__vadd4, uint8_t, x + y)
ASCENDIFY_SIMD(__vsub2, uint16_t, x - y)
ASCENDIFY_SIMD(__vsub4, uint8_t, x - y)
ASCENDIFY_SIMD(__vaddss2, int16_t, ascendify_oracle::clamp_to<int16_t>(x + y))
ASCENDIFY_SIMD(__vaddss4, int8_t, ascendify_oracle::clamp_to<int8_t>(x + y))
ASCENDIFY_SIMD(__vsubss2, int16_t, ascendify_oracle::clamp_to<int16_t>(x - y))
ASCENDIFY_SIMD(__vsubss4, int8_t, ascendify_oracle::clamp_to<int8_t>(x - y))
ASCENDIFY_SIMD(__vaddus2, uint16_t, ascendify_oracle::clamp_to<uint16_t>(x + y))
ASCENDIFY_SIMD(__vaddus4, uint8_t, ascendify_oracle::clamp_to<uint8_t>(x + y))
ASCENDIFY_SIMD(__vsubus2, uint16_t, ascendify_oracle::clamp_to<uint16_t>(x - y))
ASCENDIFY_SIMD(__vsubus4, uint8_t, ascendify_oracle::clamp_to<uint8_t>(x - y))
ASCENDIFY_SIMD(__vmaxs2, int16_t, x > y ? x : y)
ASCENDIFY_SIMD(__vmaxs4, int8_t, x > y ? x : y)
ASCENDIFY_SIMD(__vmins2, int16_t, x < y ? x : y)
ASCENDIFY_SIMD(__vmins4, int8_t, x < y ? x : y)
ASCENDIFY_SIMD(__vabsdiffs2, int16_t, std::abs(x - y))
ASCENDIFY_SIMD(__vabsdiffs4, int8_t, std::abs(x - y))
ASCENDIFY_SIMD(__vmaxu2, uint16_t, x > y ? x : y)
ASCENDIFY_SIMD(__vmaxu4, uint8_t, x > y ? x : y)
ASCENDIFY_SIMD(__vminu2, uint16_t, x < y ? x : y)
ASCENDIFY_SIMD(__vminu4, uint8_t, x < y ? x : y)
ASCENDIFY_SIMD(__vabsdiffu2, uint16_t, std::abs(x - y))
ASCENDIFY_SIMD(__vabsdiffu4, uint8_t, std::abs(x - y))
ASCENDIFY_SIMD(__vavgs2, int16_t, x + y >= 0 ? (x + y + 1) / 2 : -((1 - x - y) / 2))
ASCENDIFY_SIMD(__vavgs4, int8_t, x + y >= 0 ? (x + y + 1) / 2 : -((1 - x - y) / 2))
ASCENDIFY_SIMD(__vavgu2, uint16_t, (x + y + 1) / 2)
ASCENDIFY_SIMD(__vavgu4, uint8_t, (x + y + 1) / 2)
ASCENDIFY_SIMD(__vhaddu2, uint16_t, (x + y) / 2)
ASCENDIFY_SIMD(__vhaddu4, uint8_t, (x + y) / 2)
ASCENDIFY_SIMD(__vcmpeq2, uint16_t, -(x == y))
ASCENDIFY_SIMD(__vcmpeq4, uint8_t, -(x == y))
ASCENDIFY_SIMD(__vseteq2, uint16_t, x == y)
ASCENDIFY_SIMD(__vseteq4, uint8_t, x == y)
ASCENDIFY_SIMD(__vcmpne2, uint16_t, -(x != y))
ASCENDIFY_SIMD(__vcmpne4, uint8_t, -(x != y))
ASCENDIFY_SIMD(__vsetne2, uint16_t, x != y)
ASCENDIFY_SIMD(__vsetne4, uint8_t, x != y)
ASCENDIFY_SIMD(__vcmplts2, int16_t, -(x < y))
ASCENDIFY_SIMD(__vcmplts4, int8_t, -(x < y))
ASCENDIFY_SIMD(__vsetlts2, int16_t, x < y)
ASCENDIFY_SIMD(__vsetlts4, int8_t, x < y)
ASCENDIFY_SIMD(__vcmpltu2, uint16_t, -(x < y))
ASCENDIFY_SIMD(__vcmpltu4, uint8_t, -(x < y))
ASCENDIFY_SIMD(__vsetltu2, uint16_t, x < y)
ASCENDIFY_SIMD(__vsetltu4, uint8_t, x < y)
ASCENDIFY_SIMD(__vcmples2, int16_t, -(x <= y))
ASCENDIFY_SIMD(__vcmples4, int8_t, -(x <= y))
ASCENDIFY_SIMD(__vsetles2, int16_t, x <= y)
ASCENDIFY_SIMD(__vsetles4, int8_t, x <= y)
ASCENDIFY_SIMD(__vcmpleu2, uint16_t, -(x <= y))
ASCENDIFY_SIMD(__vcmpleu4, uint8_t, -(x <= y))
ASCENDIFY_SIMD(__vsetleu2, uint16_t, x <= y)
ASCENDIFY_SIMD(__vsetleu4, uint8_t, x <= y)
ASCENDIFY_SIMD(__vcmpgts2, int16_t, -(x > y))
ASCENDIFY_SIMD(__vcmpgts4, int8_t, -(x > y))
ASCENDIFY_SIMD(__vsetgts2, int16_t, x > y)
ASCENDIFY_SIMD(__vsetgts4, int8_t, x > y)
ASCENDIFY_SIMD(__vcmpgtu2, uint16_t, -(x > y))
ASCENDIFY_SIMD(__vcmpgtu4, uint8_t, -(x > y))
ASCENDIFY_SIMD(__vsetgtu2, uint16_t, x > y)
ASCENDIFY_SIMD(__vsetgtu4, uint8_t, x > y)
ASCENDIFY_SIMD(__vcmpges2, int16_t, -(x >= y))
ASCENDIFY_SIMD(__vcmpges4, int8_t, -(x >= y))
ASCENDIFY_SIMD(__vsetges2, int16_t, x >= y)
ASCENDIFY_SIMD(__vsetges4, int8_t, x >= y)
ASCENDIFY_SIMD(__vcmpgeu2, uint16_t, -(x >= y))
ASCENDIFY_SIMD(__vcmpgeu4, uint8_t, -(x >= y))
ASCENDIFY_SIMD(__vsetgeu2, uint16_t, x >= y)
ASCENDIFY_SIMD(__vsetgeu4, uint8_t, x >= y)
#undef ASCENDIFY_SIMD_ONE
#undef ASCENDIFY_SIMD

namespace ascendify_oracle {

template <class Lane>
inline unsigned sum_of_differences(unsigned a, unsigned b) {
  unsigned sum = 0;
  for (unsigned at = 0; at < 32; at += 8 * sizeof(Lane)) {
    sum += static_cast<unsigned>(std::abs(static_cast<Lane>(a >> at) - static_cast<Lane>(b >> at)));
  }
  return sum;
}

template <class A, class B>
inline int64_t dot2(A a, B b, int first) {
  using HalfA = std::conditional_t<std::is_signed<A>::value, int16_t, uint16_t>;
  using ByteB = std::conditional_t<std::is_signed<B>::value, int8_t, uint8_t>;
  int64_t sum = 0;
  for (int i = 0; i < 2; ++i) {
    sum += static_cast<int64_t>(static_cast<HalfA>(a >> (16 * i))) *
           static_cast<ByteB>(b >> (8 * (first + i)));
  }
  return sum;
}

inline unsigned pack4(int x, int y, int z, int w) {
  return (x & 0xffu) | (y & 0xffu) << 8 | (z & 0xffu) << 16 | (w & 0xffu) << 24;
}
inline unsigned pack2(int x, int y) { return (x & 0xffffu) | (y & 0xffffu) << 16; }

// max(a + b, c) and the like on one value or two halves, with or without a lower bound of 0.
template <class Lane, class F>
inline unsigned with_three(unsigned a, unsigned b, unsigned c, bool relu, F f) {
  unsigned result = 0;
  constexpr unsigned bits = 8 * sizeof(Lane);
  constexpr unsigned mask = bits == 32 ? ~0u : (1u << (bits % 32)) - 1;
  for (unsigned at = 0; at < 32; at += bits) {
    Lane x = static_cast<Lane>(a >> at), y = static_cast<Lane>(b >> at);
    Lane lane = f(x, y, static_cast<Lane>(c >> at));
    if (relu && lane < 0) lane = 0;
    result |= (static_cast<unsigned>(lane) & mask) << at;
  }
  return result;
}

}  // namespace ascendify_oracle

inline unsigned __vsads2(unsigned a, unsigned b) {
  return ascendify_oracle::sum_of_differences<int16_t>(a, b);
}
inline unsigned __vsadu2(unsigned a, unsigned b) {
  return ascendify_oracle::sum_of_differences<uint16_t>(a, b);
}
inline unsigned __vsads4(unsigned a, unsigned b) {
  return ascendify_oracle::sum_of_differences<int8_t>(a, b);
}
inline unsigned __vsadu4(unsigned a, unsigned b) {
  return ascendify_oracle::sum_of_differences<uint8_t>(a, b);
}

#define ASCENDIFY_DOT2(name, first)                                                             \
  inline int name(int a, int b, int c) {                                                        \
    return static_cast<int>(ascendify_oracle::dot2(a, b, first) + c);                           \
  }                                                                                             \
  inline unsigned name(unsigned a, unsigned b, unsigned c) {                                    \
    return static_cast<unsigned>(ascendify_oracle::dot2(a, b, first) + c);                      \
  }                                                                                             \
  inline int name(short2 a, char4 b, int c) {                                                   \
    return name(static_cast<int>(ascendify_oracle::pack2(a.x, a.y)),                            \
                static_cast<int>(ascendify_oracle::pack4(b.x, b.y, b.z, b.w)), c);              \
  }                                                                                             \
  inline unsigned name(ushort2 a, uchar4 b, unsigned c) {                                       \
    return name(ascendify_oracle::pack2(a.x, a.y), ascendify_oracle::pack4(b.x, b.y, b.z, b.w), c); \
  }
ASCENDIFY_DOT2(__dp2a_lo, 0)
ASCENDIFY_DOT2(__dp2a_hi, 2)
#undef ASCENDIFY_DOT2
inline int __dp4a(char4 a, char4 b, int c) {
  return __dp4a(static_cast<int>(ascendify_oracle::pack4(a.x, a.y, a.z, a.w)),
                static_cast<int>(ascendify_oracle::pack4(b.x, b.y, b.z, b.w)), c);
}
inline unsigned __dp4a(uchar4 a, uchar4 b, unsigned c) {
  return __dp4a(ascendify_oracle::pack4(a.x, a.y, a.z, a.w),
                ascendify_oracle::pack4(b.x, b.y, b.z, b.w), c);
}

#define ASCENDIFY_THREE(name, R, lane, relu, expression)                                        \
  inline R name(R a, R b, R c) {                                                                \
    return static_cast<R>(ascendify_oracle::with_three<lane>(                                   \
        static_cast<unsigned>(a), static_cast<unsigned>(b), static_cast<unsigned>(c), relu,     \
        [](lane x, lane y, lane z) -> lane { return expression; }));                            \
  }
#define ASCENDIFY_TWO(name, R, lane, relu, expression)                                          \
  inline R name(R a, R b) {                                                                     \
    return static_cast<R>(ascendify_oracle::with_three<lane>(                                   \
        static_cast<unsigned>(a), static_cast<unsigned>(b), 0, relu,                            \
        [](lane x, lane y, lane) -> lane { return expression; }));                              \
  }
#define ASCENDIFY_SUM(lane) static_cast<lane>(static_cast<unsigned>(x) + static_cast<unsigned>(y))
#define ASCENDIFY_THREES(suffix, R, lane, relu)                                                 \
  ASCENDIFY_THREE(__viaddmax_##suffix, R, lane, relu,                                           \
                  (ASCENDIFY_SUM(lane) > z ? ASCENDIFY_SUM(lane) : z))                          \
  ASCENDIFY_THREE(__viaddmin_##suffix, R, lane, relu,                                           \
                  (ASCENDIFY_SUM(lane) < z ? ASCENDIFY_SUM(lane) : z))                          \
  ASCENDIFY_THREE(__vimax3_##suffix, R, lane, relu, (std::max({x, y, z})))                      \
  ASCENDIFY_THREE(__vimin3_##suffix, R, lane, relu, (std::min({x, y, z})))
#define ASCENDIFY_TWOS(suffix, R, lane)                                                         \
  ASCENDIFY_TWO(__vimax_##suffix, R, lane, true, (std::max(x, y)))                              \
  ASCENDIFY_TWO(__vimin_##suffix, R, lane, true, (std::min(x, y)))
ASCENDIFY_THREES(s32, int, int, false)
ASCENDIFY_THREES(s32_relu, int, int, true)
ASCENDIFY_THREES(u32, unsigned, unsigned, false)
ASCENDIFY_THREES(s16x2, unsigned, int16_t, false)
ASCENDIFY_THREES(s16x2_relu, unsigned, int16_t, true)
ASCENDIFY_THREES(u16x2, unsigned, uint16_t, false)
ASCENDIFY_TWOS(s32_relu, int, int)
ASCENDIFY_TWOS(s16x2_relu, unsigned, int16_t)
#undef ASCENDIFY_THREE
#undef ASCENDIFY_THREES
#undef ASCENDIFY_TWO
#undef ASCENDIFY_TWOS
#undef ASCENDIFY_SUM

#define ASCENDIFY_CHOICE(name, op)                                                              \
  inline int __vib##name##_s32(int a, int b, bool *first) {                                     \
    return (*first = a op b) ? a : b;                                                           \
  }                                                                                             \
  inline unsigned __vib##name##_u32(unsigned a, unsigned b, bool *first) {                      \
    return (*first = a op b) ? a : b;                                                           \
  }                                                                                             \
  inline unsigned __vib##name##_s16x2(unsigned a, unsigned b, bool *high, bool *low) {          \
    *high = static_cast<int16_t>(a >> 16) op static_cast<int16_t>(b >> 16);                     \
    *low = static_cast<int16_t>(a) op static_cast<int16_t>(b);                                  \
    return ((*high ? a : b) & 0xffff0000u) | ((*low ? a : b) & 0xffffu);                        \
  }                                                                                             \
  inline unsigned __vib##name##_u16x2(unsigned a, unsigned b, bool *high, bool *low) {          \
    *high = a >> 16 op b >> 16;                                                                 \
    *low = (a & 0xffff) op(b & 0xffff);                                                         \
    return ((*high ? a : b) & 0xffff0000u) | ((*low ? a : b) & 0xffffu);                        \
  }
ASCENDIFY_CHOICE(max, >=)
ASCENDIFY_CHOICE(min, <=)
#undef ASCENDIFY_CHOICE

inline unsigned short __nv_bswap16(unsigned short x) { return __builtin_bswap16(x); }
inline unsigned __nv_bswap32(unsigned x) { return __builtin_bswap32(x); }
inline unsigned long long __nv_bswap64(unsigned long long x) { return __builtin_bswap64(x); }
