// Pairs of 16-bit floats and the functions on them: each is the scalar function, lane by lane
// (CUDA Math API, half precision intrinsics). `__half` and `__nv_bfloat16` themselves are types
// of the language here.
struct __half_raw {
    unsigned short x;
    __device__ operator __half() const { return __ushort_as_half(x); }
};
struct __nv_bfloat16_raw {
    unsigned short x;
    __device__ operator __nv_bfloat16() const { return __ushort_as_bfloat16(x); }
};

#define ASC_PAIR_UNARY(pair, name, scalar)                                                       \
    __device__ inline pair name(pair a) { return pair(scalar(a.x), scalar(a.y)); }
#define ASC_PAIR_BINARY(pair, name, scalar)                                                      \
    __device__ inline pair name(pair a, pair b) { return pair(scalar(a.x, b.x), scalar(a.y, b.y)); }
#define ASC_PAIR_COMPARE(half, pair, p)                                                          \
    __device__ inline pair __h##p##2(pair a, pair b)                                             \
    {                                                                                            \
        return pair(__h##p(a.x, b.x) ? half(1.0f) : half(0.0f),                                  \
                    __h##p(a.y, b.y) ? half(1.0f) : half(0.0f));                                 \
    }                                                                                            \
    __device__ inline bool __hb##p##2(pair a, pair b) { return __h##p(a.x, b.x) && __h##p(a.y, b.y); }

#define ASC_PAIR(half, pair)                                                                     \
    struct __align__(4) pair {                                                                   \
        half x, y;                                                                               \
        __host__ __device__ constexpr pair() = default;                                          \
        __host__ __device__ constexpr pair(half a, half b) : x(a), y(b) {}                       \
    };                                                                                           \
    __device__ inline pair operator+(pair a, pair b) { return pair(a.x + b.x, a.y + b.y); }      \
    __device__ inline pair operator-(pair a, pair b) { return pair(a.x - b.x, a.y - b.y); }      \
    __device__ inline pair operator*(pair a, pair b) { return pair(a.x * b.x, a.y * b.y); }      \
    __device__ inline pair operator/(pair a, pair b) { return pair(a.x / b.x, a.y / b.y); }      \
    __device__ inline pair operator-(pair a) { return pair(-a.x, -a.y); }                        \
    __device__ inline pair &operator+=(pair &a, pair b) { a = a + b; return a; }                 \
    __device__ inline pair &operator-=(pair &a, pair b) { a = a - b; return a; }                 \
    __device__ inline pair &operator*=(pair &a, pair b) { a = a * b; return a; }                 \
    __device__ inline pair &operator/=(pair &a, pair b) { a = a / b; return a; }                 \
    __device__ inline bool operator==(pair a, pair b) { return a.x == b.x && a.y == b.y; }       \
    __device__ inline bool operator!=(pair a, pair b) { return a.x != b.x && a.y != b.y; }       \
    ASC_PAIR_BINARY(pair, __hadd2, __hadd)                                                       \
    ASC_PAIR_BINARY(pair, __hsub2, __hsub)                                                       \
    ASC_PAIR_BINARY(pair, __hmul2, __hmul)                                                       \
    ASC_PAIR_BINARY(pair, __h2div, __hdiv)                                                       \
    ASC_PAIR_BINARY(pair, __hadd2_rn, __hadd)                                                    \
    ASC_PAIR_BINARY(pair, __hsub2_rn, __hsub)                                                    \
    ASC_PAIR_BINARY(pair, __hmul2_rn, __hmul)                                                    \
    ASC_PAIR_BINARY(pair, __hmin2, __hmin)                                                       \
    ASC_PAIR_BINARY(pair, __hmax2, __hmax)                                                       \
    ASC_PAIR_UNARY(pair, __hneg2, __hneg)                                                        \
    ASC_PAIR_UNARY(pair, __habs2, __habs)                                                        \
    ASC_PAIR_UNARY(pair, h2sqrt, hsqrt)                                                          \
    ASC_PAIR_UNARY(pair, h2rsqrt, hrsqrt)                                                        \
    ASC_PAIR_UNARY(pair, h2rcp, hrcp)                                                            \
    ASC_PAIR_UNARY(pair, h2exp, hexp)                                                            \
    ASC_PAIR_UNARY(pair, h2exp2, hexp2)                                                          \
    ASC_PAIR_UNARY(pair, h2exp10, hexp10)                                                        \
    ASC_PAIR_UNARY(pair, h2log, hlog)                                                            \
    ASC_PAIR_UNARY(pair, h2log2, hlog2)                                                          \
    ASC_PAIR_UNARY(pair, h2log10, hlog10)                                                        \
    ASC_PAIR_UNARY(pair, h2sin, hsin)                                                            \
    ASC_PAIR_UNARY(pair, h2cos, hcos)                                                            \
    ASC_PAIR_UNARY(pair, h2floor, hfloor)                                                        \
    ASC_PAIR_UNARY(pair, h2ceil, hceil)                                                          \
    ASC_PAIR_UNARY(pair, h2trunc, htrunc)                                                        \
    ASC_PAIR_UNARY(pair, h2rint, hrint)                                                          \
    ASC_PAIR_UNARY(pair, h2tanh, htanh)                                                          \
    ASC_PAIR_COMPARE(half, pair, eq)                                                             \
    ASC_PAIR_COMPARE(half, pair, ne)                                                             \
    ASC_PAIR_COMPARE(half, pair, lt)                                                             \
    ASC_PAIR_COMPARE(half, pair, le)                                                             \
    ASC_PAIR_COMPARE(half, pair, gt)                                                             \
    ASC_PAIR_COMPARE(half, pair, ge)                                                             \
    __device__ inline pair __hfma2(pair a, pair b, pair c)                                       \
    {                                                                                            \
        return pair(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y));                               \
    }                                                                                            \
    __device__ inline float __low2float(pair a) { return float(a.x); }                           \
    __device__ inline float __high2float(pair a) { return float(a.y); }                          \
    __device__ inline pair atomicAdd(pair *address, pair value)                                  \
    {                                                                                            \
        half x = atomicAdd(&address->x, value.x);                                                \
        half y = atomicAdd(&address->y, value.y);                                                \
        return pair(x, y);                                                                       \
    }                                                                                            \
    __device__ inline pair __shfl_sync(unsigned int mask, pair v, int lane, int width = 32)      \
    {                                                                                            \
        return pair(__shfl_sync(mask, v.x, lane, width), __shfl_sync(mask, v.y, lane, width));   \
    }                                                                                            \
    __device__ inline pair __shfl_xor_sync(unsigned int mask, pair v, int lane, int width = 32)  \
    {                                                                                            \
        return pair(__shfl_xor_sync(mask, v.x, lane, width),                                     \
                    __shfl_xor_sync(mask, v.y, lane, width));                                    \
    }                                                                                            \
    __device__ inline pair __shfl_down_sync(unsigned int mask, pair v, unsigned int delta,       \
                                            int width = 32)                                      \
    {                                                                                            \
        return pair(__shfl_down_sync(mask, v.x, delta, width),                                   \
                    __shfl_down_sync(mask, v.y, delta, width));                                  \
    }                                                                                            \
    __device__ inline pair __shfl_up_sync(unsigned int mask, pair v, unsigned int delta,         \
                                          int width = 32)                                        \
    {                                                                                            \
        return pair(__shfl_up_sync(mask, v.x, delta, width),                                     \
                    __shfl_up_sync(mask, v.y, delta, width));                                    \
    }

ASC_PAIR(__half, __half2)
ASC_PAIR(__nv_bfloat16, __nv_bfloat162)
typedef __half2 half2;
typedef __nv_bfloat162 nv_bfloat162;

__device__ inline __half __low2half(__half2 a) { return a.x; }
__device__ inline __half __high2half(__half2 a) { return a.y; }
__device__ inline __half2 __low2half2(__half2 a) { return __half2(a.x, a.x); }
__device__ inline __half2 __high2half2(__half2 a) { return __half2(a.y, a.y); }
__device__ inline __half2 __lowhigh2highlow(__half2 a) { return __half2(a.y, a.x); }
__device__ inline __half2 __lows2half2(__half2 a, __half2 b) { return __half2(a.x, b.x); }
__device__ inline __half2 __highs2half2(__half2 a, __half2 b) { return __half2(a.y, b.y); }
__device__ inline __half2 __halves2half2(__half a, __half b) { return __half2(a, b); }
__device__ inline __half2 __half2half2(__half a) { return __half2(a, a); }
__device__ inline __half2 make_half2(__half a, __half b) { return __half2(a, b); }
__device__ inline __half2 __float2half2_rn(float a) { return __half2(__half(a), __half(a)); }
__device__ inline __half2 __floats2half2_rn(float a, float b) { return __half2(__half(a), __half(b)); }
__device__ inline __half2 __float22half2_rn(float2 a) { return __half2(__half(a.x), __half(a.y)); }
__device__ inline float2 __half22float2(__half2 a) { return make_float2(float(a.x), float(a.y)); }

__device__ inline __nv_bfloat16 __low2bfloat16(__nv_bfloat162 a) { return a.x; }
__device__ inline __nv_bfloat16 __high2bfloat16(__nv_bfloat162 a) { return a.y; }
__device__ inline __nv_bfloat162 __low2bfloat162(__nv_bfloat162 a) { return __nv_bfloat162(a.x, a.x); }
__device__ inline __nv_bfloat162 __high2bfloat162(__nv_bfloat162 a) { return __nv_bfloat162(a.y, a.y); }
__device__ inline __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 a, __nv_bfloat16 b)
{
    return __nv_bfloat162(a, b);
}
__device__ inline __nv_bfloat162 make_bfloat162(__nv_bfloat16 a, __nv_bfloat16 b)
{
    return __nv_bfloat162(a, b);
}
__device__ inline __nv_bfloat162 __bfloat162bfloat162(__nv_bfloat16 a) { return __nv_bfloat162(a, a); }
__device__ inline __nv_bfloat162 __float2bfloat162_rn(float a)
{
    return __nv_bfloat162(__nv_bfloat16(a), __nv_bfloat16(a));
}
__device__ inline __nv_bfloat162 __floats2bfloat162_rn(float a, float b)
{
    return __nv_bfloat162(__nv_bfloat16(a), __nv_bfloat16(b));
}
__device__ inline __nv_bfloat162 __float22bfloat162_rn(float2 a)
{
    return __nv_bfloat162(__nv_bfloat16(a.x), __nv_bfloat16(a.y));
}
__device__ inline float2 __bfloat1622float2(__nv_bfloat162 a)
{
    return make_float2(float(a.x), float(a.y));
}

#define ASC_SATURATING(half)                                                                     \
    __device__ inline half __ascendify_saturate(half a)                                          \
    {                                                                                            \
        return half(__saturatef(float(a)));                                                      \
    }                                                                                            \
    __device__ inline half __hadd_sat(half a, half b) { return __ascendify_saturate(__hadd(a, b)); } \
    __device__ inline half __hsub_sat(half a, half b) { return __ascendify_saturate(__hsub(a, b)); } \
    __device__ inline half __hmul_sat(half a, half b) { return __ascendify_saturate(__hmul(a, b)); } \
    __device__ inline half __hfma_sat(half a, half b, half c)                                    \
    {                                                                                            \
        return __ascendify_saturate(__hfma(a, b, c));                                            \
    }                                                                                            \
    __device__ inline half __hfma_relu(half a, half b, half c)                                   \
    {                                                                                            \
        return __hmax(__hfma(a, b, c), half(0.0f));                                              \
    }                                                                                            \
    __device__ inline int __hisinf(half a)                                                       \
    {                                                                                            \
        return isinf(float(a)) ? (float(a) > 0.0f ? 1 : -1) : 0;                                 \
    }                                                                                            \
    __device__ inline half __hmax_nan(half a, half b)                                            \
    {                                                                                            \
        return __hisnan(a) ? a : __hisnan(b) ? b : __hmax(a, b);                                 \
    }                                                                                            \
    __device__ inline half __hmin_nan(half a, half b)                                            \
    {                                                                                            \
        return __hisnan(a) ? a : __hisnan(b) ? b : __hmin(a, b);                                 \
    }
ASC_SATURATING(__half)
ASC_SATURATING(__nv_bfloat16)

// Comparisons that hold where an operand is NaN, masks of comparisons, and the rest of the pairs.
#define ASC_UNORDERED(half, pair, p, opposite)                                                   \
    __device__ inline bool __h##p##u(half a, half b) { return __hisnan(a) || __hisnan(b) || __h##p(a, b); } \
    __device__ inline pair __h##p##u2(pair a, pair b)                                            \
    {                                                                                            \
        return pair(__h##p##u(a.x, b.x) ? half(1.0f) : half(0.0f), __h##p##u(a.y, b.y) ? half(1.0f) : half(0.0f)); \
    }                                                                                            \
    __device__ inline bool __hb##p##u2(pair a, pair b) { return __h##p##u(a.x, b.x) && __h##p##u(a.y, b.y); } \
    __device__ inline unsigned int __h##p##2_mask(pair a, pair b)                                \
    {                                                                                            \
        return (__h##p(a.x, b.x) ? 0xffffu : 0u) | (__h##p(a.y, b.y) ? 0xffff0000u : 0u);        \
    }                                                                                            \
    __device__ inline unsigned int __h##p##u2_mask(pair a, pair b)                               \
    {                                                                                            \
        return (__h##p##u(a.x, b.x) ? 0xffffu : 0u) | (__h##p##u(a.y, b.y) ? 0xffff0000u : 0u);  \
    }
#define ASC_MORE_PAIRS(half, pair, raw, pair_raw, word)                                          \
    struct pair_raw {                                                                            \
        unsigned short x, y;                                                                     \
    };                                                                                           \
    ASC_UNORDERED(half, pair, eq, ne)                                                            \
    ASC_UNORDERED(half, pair, ne, eq)                                                            \
    ASC_UNORDERED(half, pair, lt, ge)                                                            \
    ASC_UNORDERED(half, pair, le, gt)                                                            \
    ASC_UNORDERED(half, pair, gt, le)                                                            \
    ASC_UNORDERED(half, pair, ge, lt)                                                            \
    ASC_PAIR_BINARY(pair, __hadd2_sat, __hadd_sat)                                               \
    ASC_PAIR_BINARY(pair, __hsub2_sat, __hsub_sat)                                               \
    ASC_PAIR_BINARY(pair, __hmul2_sat, __hmul_sat)                                               \
    ASC_PAIR_BINARY(pair, __hmax2_nan, __hmax_nan)                                               \
    ASC_PAIR_BINARY(pair, __hmin2_nan, __hmin_nan)                                               \
    ASC_PAIR_UNARY(pair, h2tanh_approx, htanh)                                                   \
    __device__ inline half htanh_approx(half a) { return htanh(a); }                             \
    __device__ inline pair __hisnan2(pair a)                                                     \
    {                                                                                            \
        return pair(__hisnan(a.x) ? half(1.0f) : half(0.0f), __hisnan(a.y) ? half(1.0f) : half(0.0f)); \
    }                                                                                            \
    __device__ inline pair __hfma2_sat(pair a, pair b, pair c)                                   \
    {                                                                                            \
        return pair(__hfma_sat(a.x, b.x, c.x), __hfma_sat(a.y, b.y, c.y));                       \
    }                                                                                            \
    __device__ inline pair __hfma2_relu(pair a, pair b, pair c)                                  \
    {                                                                                            \
        return pair(__hfma_relu(a.x, b.x, c.x), __hfma_relu(a.y, b.y, c.y));                     \
    }                                                                                            \
    __device__ inline pair __hcmadd(pair a, pair b, pair c)                                      \
    {                                                                                            \
        half x = __hfma(__hneg(a.y), b.y, __hfma(a.x, b.x, c.x));                                \
        return pair(x, __hfma(a.y, b.x, __hfma(a.x, b.y, c.y)));                                 \
    }                                                                                            \
    __device__ inline pair operator+(pair a) { return a; }                                       \
    __device__ inline pair &operator++(pair &a) { a = a + pair(half(1.0f), half(1.0f)); return a; } \
    __device__ inline pair &operator--(pair &a) { a = a - pair(half(1.0f), half(1.0f)); return a; } \
    __device__ inline pair operator++(pair &a, int) { pair old = a; ++a; return old; }           \
    __device__ inline pair operator--(pair &a, int) { pair old = a; --a; return old; }           \
    __device__ inline bool operator<(pair a, pair b) { return __hblt2(a, b); }                   \
    __device__ inline bool operator<=(pair a, pair b) { return __hble2(a, b); }                  \
    __device__ inline bool operator>(pair a, pair b) { return __hbgt2(a, b); }                   \
    __device__ inline bool operator>=(pair a, pair b) { return __hbge2(a, b); }                  \
    __device__ inline signed char __##word##2char_rz(half a)                                     \
    {                                                                                            \
        return (signed char)min(max(__##word##2int_rz(a), -128), 127);                           \
    }                                                                                            \
    __device__ inline unsigned char __##word##2uchar_rz(half a)                                  \
    {                                                                                            \
        return (unsigned char)min(__##word##2uint_rz(a), 255u);                                  \
    }
ASC_MORE_PAIRS(__half, __half2, __half_raw, __half2_raw, half)
ASC_MORE_PAIRS(__nv_bfloat16, __nv_bfloat162, __nv_bfloat16_raw, __nv_bfloat162_raw, bfloat16)
typedef __half2 nv_half2;
typedef __half2 __nv_half2;
typedef __half2_raw __nv_half2_raw;
typedef __half_raw __nv_half_raw;
__device__ inline __nv_bfloat162 __lowhigh2highlow(__nv_bfloat162 a) { return __nv_bfloat162(a.y, a.x); }
__device__ inline __nv_bfloat162 __lows2bfloat162(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(a.x, b.x); }
__device__ inline __nv_bfloat162 __highs2bfloat162(__nv_bfloat162 a, __nv_bfloat162 b) { return __nv_bfloat162(a.y, b.y); }
