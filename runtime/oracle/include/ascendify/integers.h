// Integer intrinsics.
#pragma once

#include <cstdint>

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
ASCENDIFY_SIMD(__vadd2, uint16_t, x + y)
ASCENDIFY_SIMD(__vadd4, uint8_t, x + y)
ASCENDIFY_SIMD(__vsub2, uint16_t, x - y)
ASCENDIFY_SIMD(__vsub4, uint8_t, x - y)
ASCENDIFY_SIMD(__vaddss2, int16_t, ascendify_oracle::clamp_to<int16_t>(x + y))
ASCENDIFY_SIMD(__vaddss4, int8_t, ascendify_oracle::clamp_to<int8_t>(x + y))
ASCENDIFY_SIMD(__vaddus2, uint16_t, ascendify_oracle::clamp_to<uint16_t>(x + y))
ASCENDIFY_SIMD(__vaddus4, uint8_t, ascendify_oracle::clamp_to<uint8_t>(x + y))
ASCENDIFY_SIMD(__vsubss2, int16_t, ascendify_oracle::clamp_to<int16_t>(x - y))
ASCENDIFY_SIMD(__vsubss4, int8_t, ascendify_oracle::clamp_to<int8_t>(x - y))
ASCENDIFY_SIMD(__vsubus4, uint8_t, ascendify_oracle::clamp_to<uint8_t>(x - y))
ASCENDIFY_SIMD(__vmaxs2, int16_t, x > y ? x : y)
ASCENDIFY_SIMD(__vmaxs4, int8_t, x > y ? x : y)
ASCENDIFY_SIMD(__vmaxu2, uint16_t, x > y ? x : y)
ASCENDIFY_SIMD(__vmaxu4, uint8_t, x > y ? x : y)
ASCENDIFY_SIMD(__vmins2, int16_t, x < y ? x : y)
ASCENDIFY_SIMD(__vmins4, int8_t, x < y ? x : y)
ASCENDIFY_SIMD(__vminu2, uint16_t, x < y ? x : y)
ASCENDIFY_SIMD(__vminu4, uint8_t, x < y ? x : y)
ASCENDIFY_SIMD(__vabsdiffu4, uint8_t, x > y ? x - y : y - x)
ASCENDIFY_SIMD(__vcmpeq2, uint16_t, x == y ? -1 : 0)
ASCENDIFY_SIMD(__vcmpeq4, uint8_t, x == y ? -1 : 0)
ASCENDIFY_SIMD(__vcmpne4, uint8_t, x != y ? -1 : 0)
ASCENDIFY_SIMD(__vcmpgtu4, uint8_t, x > y ? -1 : 0)
ASCENDIFY_SIMD(__vcmpgts4, int8_t, x > y ? -1 : 0)
#undef ASCENDIFY_SIMD
