// CUDA's vector types with CUDA's alignments, their make_ functions, and dim3. No operators:
// CUDA has none, and programs define their own.
#pragma once

#define ASCENDIFY_VECTOR(T, name, a1, a2, a4)                                                   \
  struct alignas(a1) name##1 { T x; };                                                          \
  struct alignas(a2) name##2 { T x, y; };                                                       \
  struct name##3 { T x, y, z; };                                                                \
  struct alignas(a4) name##4 { T x, y, z, w; };                                                 \
  inline constexpr name##1 make_##name##1(T x) { return name##1{x}; }                           \
  inline constexpr name##2 make_##name##2(T x, T y) { return name##2{x, y}; }                   \
  inline constexpr name##3 make_##name##3(T x, T y, T z) { return name##3{x, y, z}; }           \
  inline constexpr name##4 make_##name##4(T x, T y, T z, T w) { return name##4{x, y, z, w}; }

ASCENDIFY_VECTOR(signed char, char, 1, 2, 4)
ASCENDIFY_VECTOR(unsigned char, uchar, 1, 2, 4)
ASCENDIFY_VECTOR(short, short, 2, 4, 8)
ASCENDIFY_VECTOR(unsigned short, ushort, 2, 4, 8)
ASCENDIFY_VECTOR(int, int, 4, 8, 16)
ASCENDIFY_VECTOR(unsigned int, uint, 4, 8, 16)
ASCENDIFY_VECTOR(long, long, 8, 16, 16)
ASCENDIFY_VECTOR(unsigned long, ulong, 8, 16, 16)
ASCENDIFY_VECTOR(long long, longlong, 8, 16, 16)
ASCENDIFY_VECTOR(unsigned long long, ulonglong, 8, 16, 16)
ASCENDIFY_VECTOR(float, float, 4, 8, 16)
ASCENDIFY_VECTOR(double, double, 8, 16, 16)
#undef ASCENDIFY_VECTOR

struct dim3 {
  unsigned int x, y, z;
  constexpr dim3(unsigned int vx = 1, unsigned int vy = 1, unsigned int vz = 1)
      : x(vx), y(vy), z(vz) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return uint3{x, y, z}; }
};
