// CUDA's built-in vector types and their make functions, with the sizes and alignments of the
// CUDA C++ Programming Guide, table "Alignment Requirements".
#define ASC_VECTOR(T, name, a2, a4)                                                              \
    struct name##1 { T x; };                                                                     \
    struct __align__(a2) name##2 { T x, y; };                                                    \
    struct name##3 { T x, y, z; };                                                               \
    struct __align__(a4) name##4 { T x, y, z, w; };                                              \
    __device__ inline name##1 make_##name##1(T x) { name##1 v; v.x = x; return v; }              \
    __device__ inline name##2 make_##name##2(T x, T y) { name##2 v; v.x = x; v.y = y; return v; } \
    __device__ inline name##3 make_##name##3(T x, T y, T z)                                      \
    {                                                                                            \
        name##3 v;                                                                               \
        v.x = x; v.y = y; v.z = z;                                                               \
        return v;                                                                                \
    }                                                                                            \
    __device__ inline name##4 make_##name##4(T x, T y, T z, T w)                                 \
    {                                                                                            \
        name##4 v;                                                                               \
        v.x = x; v.y = y; v.z = z; v.w = w;                                                      \
        return v;                                                                                \
    }

ASC_VECTOR(signed char, char, 2, 4)
ASC_VECTOR(unsigned char, uchar, 2, 4)
ASC_VECTOR(short, short, 4, 8)
ASC_VECTOR(unsigned short, ushort, 4, 8)
ASC_VECTOR(int, int, 8, 16)
ASC_VECTOR(unsigned int, uint, 8, 16)
ASC_VECTOR(long, long, 16, 16)
ASC_VECTOR(unsigned long, ulong, 16, 16)
ASC_VECTOR(long long, longlong, 16, 16)
ASC_VECTOR(unsigned long long, ulonglong, 16, 16)
ASC_VECTOR(float, float, 8, 16)
ASC_VECTOR(double, double, 16, 16)

struct dim3 {
    unsigned int x, y, z;
    __host__ __device__ constexpr dim3(unsigned int x = 1, unsigned int y = 1, unsigned int z = 1)
        : x(x), y(y), z(z) {}
    __host__ __device__ constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
    __host__ __device__ constexpr operator uint3() const { return uint3{x, y, z}; }
};

// Cached loads and streaming stores of vectors are plain copies: the hints do not change values.
#define ASC_HINTED_LOAD(function)                                                                \
    template <typename T> __device__ inline T function(const T *address) { return *address; }
ASC_HINTED_LOAD(__ldg)
ASC_HINTED_LOAD(__ldcg)
ASC_HINTED_LOAD(__ldca)
ASC_HINTED_LOAD(__ldcs)
ASC_HINTED_LOAD(__ldlu)
ASC_HINTED_LOAD(__ldcv)

#define ASC_HINTED_STORE(function)                                                               \
    template <typename T> __device__ inline void function(T *address, T value) { *address = value; }
ASC_HINTED_STORE(__stwb)
ASC_HINTED_STORE(__stcg)
ASC_HINTED_STORE(__stcs)
ASC_HINTED_STORE(__stwt)

__device__ inline void sincosf(float x, float *s, float *c) { *s = sinf(x); *c = cosf(x); }
__device__ inline void sincos(double x, double *s, double *c) { *s = sin(x); *c = cos(x); }
__device__ inline void __sincosf(float x, float *s, float *c) { *s = __sinf(x); *c = __cosf(x); }
__device__ inline void sincospif(float x, float *s, float *c) { *s = sinpif(x); *c = cospif(x); }

// A NaN becomes 0, as the maximum of a NaN and a number is the number.
__device__ inline float __saturatef(float x) { return fminf(fmaxf(x, 0.0f), 1.0f); }

// CUDA Math API: __powf is exp2f(y * __log2f(x)), so a negative base gives a NaN; __fdividef gives
// zero for divisors above 2^126.
__device__ inline float __powf(float x, float y) { return x < 0.0f ? nanf("") : powf(x, y); }
__device__ inline float __fdividef(float x, float y)
{
    return fabsf(y) > 8.507059173e37f && !isinf(y) ? x * 0.0f : x / y;
}

__device__ inline float modff(float x, float *whole)
{
    *whole = truncf(x);
    return isinf(x) ? copysignf(0.0f, x) : copysignf(x - *whole, x);
}

__device__ inline double modf(double x, double *whole)
{
    *whole = trunc(x);
    return isinf(x) ? copysign(0.0, x) : copysign(x - *whole, x);
}
__device__ inline long lroundf(float x) { return (long)roundf(x); }
__device__ inline long lround(double x) { return (long)round(x); }
__device__ inline long long llroundf(float x) { return (long long)roundf(x); }
__device__ inline long long llround(double x) { return (long long)round(x); }

// The exponent as an integer; 0 and NaN give the smallest int, infinities the largest.
__device__ inline int ilogbf(float x)
{
    unsigned int bits = __float_as_uint(x) & 0x7fffffffu;
    if (bits == 0u || bits > 0x7f800000u)
        return -2147483647 - 1;
    if (bits == 0x7f800000u)
        return 2147483647;
    return bits < 0x00800000u ? -118 - __clz((int)bits) : (int)(bits >> 23) - 127;
}
__device__ inline int ilogb(double x)
{
    unsigned long long bits = (unsigned long long)__double_as_longlong(x) & 0x7fffffffffffffffull;
    if (bits == 0ull || bits > 0x7ff0000000000000ull)
        return -2147483647 - 1;
    if (bits == 0x7ff0000000000000ull)
        return 2147483647;
    return bits < 0x0010000000000000ull ? -1011 - __clzll((long long)bits)
                                        : (int)(bits >> 52) - 1023;
}
__device__ inline float logbf(float x)
{
    return isnan(x) ? x : isinf(x) ? fabsf(x) : x == 0.0f ? -__builtin_inff() : (float)ilogbf(x);
}
__device__ inline double logb(double x)
{
    return isnan(x) ? x : isinf(x) ? fabs(x) : x == 0.0 ? -__builtin_inf() : (double)ilogb(x);
}
__device__ inline float frexpf(float x, int *exponent)
{
    *exponent = 0;
    if (x == 0.0f || isnan(x) || isinf(x))
        return x;
    *exponent = ilogbf(x) + 1;
    return ldexpf(ldexpf(x, -(*exponent / 2)), -(*exponent - *exponent / 2));
}
__device__ inline double frexp(double x, int *exponent)
{
    *exponent = 0;
    if (x == 0.0 || isnan(x) || isinf(x))
        return x;
    *exponent = ilogb(x) + 1;
    return ldexp(ldexp(x, -(*exponent / 2)), -(*exponent - *exponent / 2));
}

__device__ inline unsigned int __usad(unsigned int x, unsigned int y, unsigned int z)
{
    return (x < y ? y - x : x - y) + z;
}
__device__ inline unsigned int __sad(int x, int y, unsigned int z)
{
    return (x < y ? (unsigned int)y - (unsigned int)x : (unsigned int)x - (unsigned int)y) + z;
}
__device__ inline int __mul24(int x, int y) { return ((x << 8) >> 8) * ((y << 8) >> 8); }
__device__ inline unsigned int __umul24(unsigned int x, unsigned int y)
{
    return (x & 0xffffffu) * (y & 0xffffffu);
}
__device__ inline int __hadd(int x, int y) { return (int)(((long long)x + y) >> 1); }
__device__ inline int __rhadd(int x, int y) { return (int)(((long long)x + y + 1) >> 1); }
__device__ inline unsigned int __uhadd(unsigned int x, unsigned int y)
{
    return (unsigned int)(((unsigned long long)x + y) >> 1);
}
__device__ inline int __dp4a(int a, int b, int c)
{
    for (int i = 0; i < 4; ++i)
        c += (int)(signed char)(a >> (8 * i)) * (int)(signed char)(b >> (8 * i));
    return c;
}
__device__ inline unsigned int __dp4a(unsigned int a, unsigned int b, unsigned int c)
{
    for (int i = 0; i < 4; ++i)
        c += ((a >> (8 * i)) & 0xffu) * ((b >> (8 * i)) & 0xffu);
    return c;
}
__device__ inline int __double2hiint(double x) { return (int)(__double_as_longlong(x) >> 32); }
__device__ inline int __double2loint(double x) { return (int)__double_as_longlong(x); }
__device__ inline double __hiloint2double(int hi, int lo)
{
    return __longlong_as_double(((long long)hi << 32) | (unsigned int)lo);
}
__device__ inline unsigned int __match_all_sync(unsigned int mask, int value, int *pred)
{
    unsigned int same = __match_any_sync(mask, value);
    *pred = same == mask;
    return same == mask ? mask : 0u;
}

// 64-bit and floating compare-and-swap, exchange and bitwise operations that CUDA offers through
// the integer forms.
__device__ inline double atomicExch(double *address, double value)
{
    return __longlong_as_double(
        (long long)atomicExch((unsigned long long *)address,
                              (unsigned long long)__double_as_longlong(value)));
}
