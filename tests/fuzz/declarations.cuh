// What the random kernels share: records, functions and templates that their text calls.
#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

struct Pack {
    int a;
    short b;
    unsigned char c[4];
    float f;
    __device__ int get(int k) const { return a + b * c[k & 3]; }
    __device__ Pack& bump(int by) {
        a += by;
        b -= by;
        c[by & 3]++;
        return *this;
    }
};

struct Limits {
    short low;
    unsigned high;
    long long seed;
};

__device__ __constant__ int table[8] = {3, -7, 11, 0, 2147483647, -2147483647, 64, 5};

template <typename T>
__device__ T mix(T x, T y) {
    T z = x;
    z += y;
    z ^= T(x >> 3);
    return z;
}

template <int K, typename T>
__device__ T nth(const T (&values)[4]) {
    T sum = 0;
#pragma unroll
    for (int k = 0; k < K; ++k) sum += values[k];
    return sum;
}

__device__ Pack make_pack(int a, float f) {
    Pack p;
    p.a = a;
    p.b = (short)(a >> 2);
    for (int k = 0; k < 4; k++) p.c[k] = (unsigned char)(a >> (8 * k));
    p.f = f;
    return p;
}

__device__ int to_int(double x, double low, double high) {
    if (!(x > low)) return (int)low;
    return x < high ? (int)x : (int)high;
}
__device__ int bits(float x) { return x == x ? __float_as_int(x) : 1; }
__device__ long long bits(double x) { return x == x ? __double_as_longlong(x) : 1; }

enum class Mode : short { Off, On = 5, Far = -3 };
enum Plain { First, Second = 40, Third };

struct Vec {
    int x, y;
    __device__ Vec operator+(const Vec& o) const { return {x + o.x, y + o.y}; }
    __device__ Vec& operator*=(int k) {
        x *= k, y *= k;
        return *this;
    }
    __device__ bool operator<(const Vec& o) const { return x < o.x || (x == o.x && y < o.y); }
    __device__ int& operator[](int k) { return k & 1 ? y : x; }
};
__device__ void turn(Vec* v, int* count, int by = 1) {
    for (int k = 0; k < by; ++k) {
        const int x = v->x;
        v->x = -v->y, v->y = x;
        if ((++*count & 3) == 3) return;
    }
}
template <typename T, typename U>
__device__ auto blend(T a, U b) {
    if constexpr (sizeof(T) > sizeof(U)) return a - b;
    else return b ^ a;
}
__device__ int kind(int) { return 1; }
__device__ int kind(unsigned) { return 2; }
__device__ int kind(long long) { return 3; }
__device__ int kind(unsigned long long) { return 4; }
__device__ int kind(float) { return 5; }
__device__ int kind(double) { return 6; }
__device__ int kind(bool) { return 7; }
__device__ int kind(char) { return 8; }
__device__ int kind(short) { return 9; }
__device__ int kind(unsigned char) { return 10; }
__device__ int kind(unsigned short) { return 11; }
__device__ int kind(signed char) { return 12; }
__device__ int kind(long) { return 13; }
__device__ int kind(unsigned long) { return 14; }

__device__ unsigned warp_sum(unsigned x) {
    for (int step = 16; step > 0; step >>= 1) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}
