// SIMD within a word: operations on the two or four lanes of an unsigned int, and the combinations of
// additions, minima and maxima (CUDA Math API, SIMD Intrinsics).
template <typename Lane, typename F> __device__ inline unsigned int __ascendify_each_lane(unsigned int a, unsigned int b, F f)
{
    unsigned int result = 0;
    for (unsigned int at = 0; at < 32u; at += 8u * sizeof(Lane))
        result |= ((unsigned int)f((int)(Lane)(a >> at), (int)(Lane)(b >> at)) & (0xffffffffu >> (32u - 8u * sizeof(Lane)))) << at;
    return result;
}
#define ASC_LANES(name, lane, expression)                                                        \
    __device__ inline unsigned int name(unsigned int a, unsigned int b)                          \
    {                                                                                            \
        return __ascendify_each_lane<lane>(a, b, [](int x, int y) { return expression; });       \
    }
#define ASC_LANES1(name, lane, expression)                                                       \
    __device__ inline unsigned int name(unsigned int a)                                          \
    {                                                                                            \
        return __ascendify_each_lane<lane>(a, a, [](int x, int) { return expression; });         \
    }
#define ASC_SIMD(count, signed_lane, unsigned_lane, low, high, top) \
    ASC_LANES1(__vabs##count, signed_lane, x < 0 ? -x : x) \
    ASC_LANES1(__vabsss##count, signed_lane, x == low ? high : x < 0 ? -x : x) \
    ASC_LANES1(__vneg##count, signed_lane, -x) \
    ASC_LANES1(__vnegss##count, signed_lane, x == low ? high : -x) \
    ASC_LANES(__vadd##count, unsigned_lane, x + y) \
    ASC_LANES(__vsub##count, unsigned_lane, x - y) \
    ASC_LANES(__vaddss##count, signed_lane, min(max(x + y, low), high)) \
    ASC_LANES(__vsubss##count, signed_lane, min(max(x - y, low), high)) \
    ASC_LANES(__vaddus##count, unsigned_lane, min(x + y, top)) \
    ASC_LANES(__vsubus##count, unsigned_lane, max(x - y, 0)) \
    ASC_LANES(__vabsdiffs##count, signed_lane, x < y ? y - x : x - y) \
    ASC_LANES(__vabsdiffu##count, unsigned_lane, x < y ? y - x : x - y) \
    ASC_LANES(__vavgs##count, signed_lane, (x + y + (x + y >= 0)) >> 1) \
    ASC_LANES(__vavgu##count, unsigned_lane, (x + y + 1) >> 1) \
    ASC_LANES(__vhaddu##count, unsigned_lane, (x + y) >> 1) \
    ASC_LANES(__vmaxs##count, signed_lane, max(x, y)) \
    ASC_LANES(__vmins##count, signed_lane, min(x, y)) \
    ASC_LANES(__vmaxu##count, unsigned_lane, max(x, y)) \
    ASC_LANES(__vminu##count, unsigned_lane, min(x, y)) \
    ASC_LANES(__vcmpeq##count, unsigned_lane, x == y ? -1 : 0) \
    ASC_LANES(__vseteq##count, unsigned_lane, x == y ? 1 : 0) \
    ASC_LANES(__vcmpne##count, unsigned_lane, x != y ? -1 : 0) \
    ASC_LANES(__vsetne##count, unsigned_lane, x != y ? 1 : 0) \
    ASC_LANES(__vcmpges##count, signed_lane, x >= y ? -1 : 0) \
    ASC_LANES(__vsetges##count, signed_lane, x >= y ? 1 : 0) \
    ASC_LANES(__vcmpgeu##count, unsigned_lane, x >= y ? -1 : 0) \
    ASC_LANES(__vsetgeu##count, unsigned_lane, x >= y ? 1 : 0) \
    ASC_LANES(__vcmpgts##count, signed_lane, x > y ? -1 : 0) \
    ASC_LANES(__vsetgts##count, signed_lane, x > y ? 1 : 0) \
    ASC_LANES(__vcmpgtu##count, unsigned_lane, x > y ? -1 : 0) \
    ASC_LANES(__vsetgtu##count, unsigned_lane, x > y ? 1 : 0) \
    ASC_LANES(__vcmples##count, signed_lane, x <= y ? -1 : 0) \
    ASC_LANES(__vsetles##count, signed_lane, x <= y ? 1 : 0) \
    ASC_LANES(__vcmpleu##count, unsigned_lane, x <= y ? -1 : 0) \
    ASC_LANES(__vsetleu##count, unsigned_lane, x <= y ? 1 : 0) \
    ASC_LANES(__vcmplts##count, signed_lane, x < y ? -1 : 0) \
    ASC_LANES(__vsetlts##count, signed_lane, x < y ? 1 : 0) \
    ASC_LANES(__vcmpltu##count, unsigned_lane, x < y ? -1 : 0) \
    ASC_LANES(__vsetltu##count, unsigned_lane, x < y ? 1 : 0)
ASC_SIMD(2, short, unsigned short, -32768, 32767, 65535)
ASC_SIMD(4, signed char, unsigned char, -128, 127, 255)
#define ASC_SAD(name, difference, bits)                                                          \
    __device__ inline unsigned int name(unsigned int a, unsigned int b)                          \
    {                                                                                            \
        unsigned int lanes = difference(a, b), sum = 0;                                          \
        for (unsigned int at = 0; at < 32u; at += bits)                                          \
            sum += (lanes >> at) & ((1u << bits) - 1u);                                          \
        return sum;                                                                              \
    }
ASC_SAD(__vsads2, __vabsdiffs2, 16u)
ASC_SAD(__vsadu2, __vabsdiffu2, 16u)
ASC_SAD(__vsads4, __vabsdiffs4, 8u)
ASC_SAD(__vsadu4, __vabsdiffu4, 8u)

#define ASC_COMBINED(T, suffix)                                                                  \
    __device__ inline T __viaddmax_##suffix(T a, T b, T c) { return max((T)(a + b), c); }          \
    __device__ inline T __viaddmin_##suffix(T a, T b, T c) { return min((T)(a + b), c); }          \
    __device__ inline T __vimax3_##suffix(T a, T b, T c) { return max(max(a, b), c); }           \
    __device__ inline T __vimin3_##suffix(T a, T b, T c) { return min(min(a, b), c); }           \
    __device__ inline T __vibmax_##suffix(T a, T b, bool *p) { *p = a >= b; return max(a, b); }  \
    __device__ inline T __vibmin_##suffix(T a, T b, bool *p) { *p = a <= b; return min(a, b); }
ASC_COMBINED(int, s32)
ASC_COMBINED(unsigned int, u32)
__device__ inline int __vimax_s32_relu(int a, int b) { return max(max(a, b), 0); }
__device__ inline int __vimin_s32_relu(int a, int b) { return max(min(a, b), 0); }
__device__ inline int __viaddmax_s32_relu(int a, int b, int c) { return max(__viaddmax_s32(a, b, c), 0); }
__device__ inline int __viaddmin_s32_relu(int a, int b, int c) { return max(__viaddmin_s32(a, b, c), 0); }
__device__ inline int __vimax3_s32_relu(int a, int b, int c) { return max(__vimax3_s32(a, b, c), 0); }
__device__ inline int __vimin3_s32_relu(int a, int b, int c) { return max(__vimin3_s32(a, b, c), 0); }
#define ASC_COMBINED2(suffix, lane)                                                              \
    __device__ inline unsigned int __viaddmax_##suffix(unsigned int a, unsigned int b, unsigned int c) { return __vmax##lane##2(__vadd2(a, b), c); } \
    __device__ inline unsigned int __viaddmin_##suffix(unsigned int a, unsigned int b, unsigned int c) { return __vmin##lane##2(__vadd2(a, b), c); } \
    __device__ inline unsigned int __vimax3_##suffix(unsigned int a, unsigned int b, unsigned int c) { return __vmax##lane##2(__vmax##lane##2(a, b), c); } \
    __device__ inline unsigned int __vimin3_##suffix(unsigned int a, unsigned int b, unsigned int c) { return __vmin##lane##2(__vmin##lane##2(a, b), c); } \
    __device__ inline unsigned int __vibmax_##suffix(unsigned int a, unsigned int b, bool *high, bool *low) \
    {                                                                                            \
        unsigned int order = __vcmpge##lane##2(a, b);                                            \
        *high = (order >> 16) != 0u;                                                             \
        *low = (order & 0xffffu) != 0u;                                                          \
        return __vmax##lane##2(a, b);                                                            \
    }                                                                                            \
    __device__ inline unsigned int __vibmin_##suffix(unsigned int a, unsigned int b, bool *high, bool *low) \
    {                                                                                            \
        unsigned int order = __vcmple##lane##2(a, b);                                            \
        *high = (order >> 16) != 0u;                                                             \
        *low = (order & 0xffffu) != 0u;                                                          \
        return __vmin##lane##2(a, b);                                                            \
    }
ASC_COMBINED2(s16x2, s)
ASC_COMBINED2(u16x2, u)
__device__ inline unsigned int __vimax_s16x2_relu(unsigned int a, unsigned int b) { return __vmaxs2(__vmaxs2(a, b), 0u); }
__device__ inline unsigned int __vimin_s16x2_relu(unsigned int a, unsigned int b) { return __vmaxs2(__vmins2(a, b), 0u); }
#define ASC_RELU2(name)                                                                          \
    __device__ inline unsigned int name##_relu(unsigned int a, unsigned int b, unsigned int c) { return __vmaxs2(name(a, b, c), 0u); }
ASC_RELU2(__viaddmax_s16x2)
ASC_RELU2(__viaddmin_s16x2)
ASC_RELU2(__vimax3_s16x2)
ASC_RELU2(__vimin3_s16x2)

// ---- other integer functions
__device__ inline unsigned int __urhadd(unsigned int x, unsigned int y) { return (unsigned int)(((unsigned long long)x + y + 1) >> 1); }
#define ASC_DOT2(name, first)                                                                    \
    __device__ inline int name(int a, int b, int c)                                              \
    {                                                                                            \
        return c + (int)(short)a * (int)(signed char)(b >> (first)) + (a >> 16) * (int)(signed char)(b >> (first + 8)); \
    }                                                                                            \
    __device__ inline unsigned int name(unsigned int a, unsigned int b, unsigned int c)          \
    {                                                                                            \
        return c + (a & 0xffffu) * ((b >> (first)) & 0xffu) + (a >> 16) * ((b >> (first + 8)) & 0xffu); \
    }                                                                                            \
    __device__ inline int name(short2 a, char4 b, int c)                                         \
    {                                                                                            \
        return c + (int)a.x * (first ? b.z : b.x) + (int)a.y * (first ? b.w : b.y);              \
    }                                                                                            \
    __device__ inline unsigned int name(ushort2 a, uchar4 b, unsigned int c)                     \
    {                                                                                            \
        return c + (unsigned int)a.x * (first ? b.z : b.x) + (unsigned int)a.y * (first ? b.w : b.y); \
    }
ASC_DOT2(__dp2a_lo, 0)
ASC_DOT2(__dp2a_hi, 16)
__device__ inline int __dp4a(char4 a, char4 b, int c) { return c + a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w; }
__device__ inline unsigned int __dp4a(uchar4 a, uchar4 b, unsigned int c)
{
    return c + (unsigned int)a.x * b.x + (unsigned int)a.y * b.y + (unsigned int)a.z * b.z + (unsigned int)a.w * b.w;
}
// The position of the n-th set bit from `base` on, upwards or downwards; all ones where there is none.
__device__ inline unsigned int __fns(unsigned int mask, unsigned int base, int offset)
{
    if (base > 31u)
        return 0xffffffffu;
    if (offset == 0)
        return (mask >> base) & 1u ? base : 0xffffffffu;
    int step = offset > 0 ? 1 : -1, left = offset > 0 ? offset : -offset;
    for (int i = (int)base; i >= 0 && i < 32; i += step) {
        if ((mask >> i) & 1u)
            --left;
        if (left == 0)
            return (unsigned int)i;
    }
    return 0xffffffffu;
}
__device__ inline unsigned short __nv_bswap16(unsigned short x) { return (unsigned short)((x << 8) | (x >> 8)); }
__device__ inline unsigned int __nv_bswap32(unsigned int x) { return __byte_perm(x, 0u, 0x0123u); }
__device__ inline unsigned long long __nv_bswap64(unsigned long long x)
{
    return ((unsigned long long)__byte_perm((unsigned int)x, 0u, 0x0123u) << 32) | __byte_perm((unsigned int)(x >> 32), 0u, 0x0123u);
}
__device__ inline int __uni_sync(unsigned int mask, int predicate)
{
    return __all_sync(mask, predicate) || !__any_sync(mask, predicate);
}
__device__ inline unsigned int __match_all_sync(unsigned int mask, unsigned int value, int *pred) { return __match_all_sync(mask, (int)value, pred); }
#define ASC_MATCH_ALL(T)                                                                         \
    __device__ inline unsigned int __match_all_sync(unsigned int mask, T value, int *pred)       \
    {                                                                                            \
        unsigned int same = __match_any_sync(mask, value);                                       \
        *pred = same == mask;                                                                    \
        return same == mask ? mask : 0u;                                                         \
    }
ASC_MATCH_ALL(long)
ASC_MATCH_ALL(unsigned long)
ASC_MATCH_ALL(long long)
ASC_MATCH_ALL(unsigned long long)
ASC_MATCH_ALL(float)
ASC_MATCH_ALL(double)
__device__ inline void __prefetch_global_l1(const void *) {}
__device__ inline void __prefetch_global_l2(const void *) {}
__device__ inline void __prof_trigger(int) {}
