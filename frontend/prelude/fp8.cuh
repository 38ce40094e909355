// cuda_fp8.h: 8-bit floats as bytes that are converted. E4M3 has no infinities and one NaN, E5M2 is
// the upper half of a 16-bit float (CUDA Math API, FP8 Intrinsics).
typedef unsigned char __nv_fp8_storage_t;
typedef unsigned short __nv_fp8x2_storage_t;
typedef unsigned int __nv_fp8x4_storage_t;
enum __nv_saturation_t { __NV_NOSAT, __NV_SATFINITE };
enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 };

__device__ inline __nv_fp8_storage_t __nv_cvt_double_to_fp8(double x, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind)
{
    if (isnan(x))
        return 0x7f;
    int digits = kind == __NV_E4M3 ? 3 : 2, least = kind == __NV_E4M3 ? -6 : -14;
    double largest = kind == __NV_E4M3 ? 448.0 : 57344.0;
    unsigned int sign = signbit(x) ? 0x80u : 0u;
    double size = fabs(x);
    int exponent = max(size == 0.0 || isinf(size) ? least : ilogb(size), least);
    double units = isinf(size) ? size : rint(ldexp(size, digits - exponent));
    if (isinf(size) || ldexp(units, exponent - digits) > largest) {
        if (saturate == __NV_SATFINITE)
            return (__nv_fp8_storage_t)(sign | (kind == __NV_E4M3 ? 0x7eu : 0x7bu));
        return (__nv_fp8_storage_t)(sign | (kind == __NV_E4M3 ? 0x7fu : 0x7cu));
    }
    return (__nv_fp8_storage_t)(sign | (((unsigned int)(exponent - least) << digits) + (unsigned int)units));
}
__device__ inline float __ascendify_fp8(__nv_fp8_storage_t x, __nv_fp8_interpretation_t kind)
{
    if (kind == __NV_E5M2)
        return __half2float(__ushort_as_half((unsigned short)(x << 8)));
    unsigned int size = x & 0x7fu;
    if (size == 0x7fu)
        return __builtin_nanf("");
    float value = size < 8u ? ldexpf((float)size, -9) : ldexpf((float)(8u + (size & 7u)), (int)(size >> 3) - 10);
    return x & 0x80u ? -value : value;
}
__device__ inline __nv_fp8_storage_t __nv_cvt_float_to_fp8(float x, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind) { return __nv_cvt_double_to_fp8((double)x, saturate, kind); }
__device__ inline __nv_fp8_storage_t __nv_cvt_halfraw_to_fp8(__half_raw x, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind) { return __nv_cvt_float_to_fp8(__half2float(__ushort_as_half(x.x)), saturate, kind); }
__device__ inline __nv_fp8_storage_t __nv_cvt_bfloat16raw_to_fp8(__nv_bfloat16_raw x, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind) { return __nv_cvt_float_to_fp8(__bfloat162float(__ushort_as_bfloat16(x.x)), saturate, kind); }
__device__ inline __nv_fp8x2_storage_t __ascendify_fp8x2(double x, double y, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind)
{
    return (__nv_fp8x2_storage_t)(__nv_cvt_double_to_fp8(x, saturate, kind) | (__nv_cvt_double_to_fp8(y, saturate, kind) << 8));
}
__device__ inline __nv_fp8x2_storage_t __nv_cvt_double2_to_fp8x2(double2 x, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind) { return __ascendify_fp8x2(x.x, x.y, saturate, kind); }
__device__ inline __nv_fp8x2_storage_t __nv_cvt_float2_to_fp8x2(float2 x, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind) { return __ascendify_fp8x2(x.x, x.y, saturate, kind); }
__device__ inline __nv_fp8x2_storage_t __nv_cvt_halfraw2_to_fp8x2(__half2_raw x, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind)
{
    return __ascendify_fp8x2(__half2float(__ushort_as_half(x.x)), __half2float(__ushort_as_half(x.y)), saturate, kind);
}
__device__ inline __nv_fp8x2_storage_t __nv_cvt_bfloat16raw2_to_fp8x2(__nv_bfloat162_raw x, __nv_saturation_t saturate, __nv_fp8_interpretation_t kind)
{
    return __ascendify_fp8x2(__bfloat162float(__ushort_as_bfloat16(x.x)), __bfloat162float(__ushort_as_bfloat16(x.y)), saturate, kind);
}
__device__ inline __half_raw __nv_cvt_fp8_to_halfraw(__nv_fp8_storage_t x, __nv_fp8_interpretation_t kind)
{
    __half_raw raw;
    raw.x = __half_as_ushort(__float2half(__ascendify_fp8(x, kind)));
    return raw;
}
__device__ inline __half2_raw __nv_cvt_fp8x2_to_halfraw2(__nv_fp8x2_storage_t x, __nv_fp8_interpretation_t kind)
{
    __half2_raw raw;
    raw.x = __nv_cvt_fp8_to_halfraw((__nv_fp8_storage_t)(x & 0xffu), kind).x;
    raw.y = __nv_cvt_fp8_to_halfraw((__nv_fp8_storage_t)(x >> 8), kind).x;
    return raw;
}

#define ASC_FP8(name, pair, quad, kind)                                                          \
    struct name {                                                                                \
        __nv_fp8_storage_t __x;                                                                  \
        __host__ __device__ name() = default;                                                    \
        __host__ __device__ explicit name(float v) : __x(__nv_cvt_float_to_fp8(v, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(double v) : __x(__nv_cvt_double_to_fp8(v, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(__half v) : __x(__nv_cvt_float_to_fp8(float(v), __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(__nv_bfloat16 v) : __x(__nv_cvt_float_to_fp8(float(v), __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(int v) : __x(__nv_cvt_double_to_fp8((double)v, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(unsigned int v) : __x(__nv_cvt_double_to_fp8((double)v, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(short v) : __x(__nv_cvt_float_to_fp8((float)v, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(unsigned short v) : __x(__nv_cvt_float_to_fp8((float)v, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(long v) : __x(__nv_cvt_float_to_fp8((float)v, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit name(long long v) : __x(__nv_cvt_float_to_fp8((float)v, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit operator float() const { return __ascendify_fp8(__x, kind); } \
        __host__ __device__ explicit operator double() const { return (double)__ascendify_fp8(__x, kind); } \
        __host__ __device__ explicit operator __half() const { return __float2half(__ascendify_fp8(__x, kind)); } \
        __host__ __device__ explicit operator __nv_bfloat16() const { return __float2bfloat16(__ascendify_fp8(__x, kind)); } \
        __host__ __device__ explicit operator int() const { return __float2int_rz(__ascendify_fp8(__x, kind)); } \
        __host__ __device__ explicit operator unsigned int() const { return __float2uint_rz(__ascendify_fp8(__x, kind)); } \
        __host__ __device__ explicit operator bool() const { return (__x & 0x7f) != 0; }         \
    };                                                                                           \
    struct __align__(2) pair {                                                                   \
        __nv_fp8x2_storage_t __x;                                                                \
        __host__ __device__ pair() = default;                                                    \
        __host__ __device__ explicit pair(float2 v) : __x(__ascendify_fp8x2(v.x, v.y, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit pair(double2 v) : __x(__ascendify_fp8x2(v.x, v.y, __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit pair(__half2 v) : __x(__ascendify_fp8x2(float(v.x), float(v.y), __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit pair(__nv_bfloat162 v) : __x(__ascendify_fp8x2(float(v.x), float(v.y), __NV_SATFINITE, kind)) {} \
        __host__ __device__ explicit operator float2() const                                     \
        {                                                                                        \
            return make_float2(__ascendify_fp8((__nv_fp8_storage_t)__x, kind), __ascendify_fp8((__nv_fp8_storage_t)(__x >> 8), kind)); \
        }                                                                                        \
        __host__ __device__ explicit operator __half2() const                                    \
        {                                                                                        \
            float2 v = float2(*this);                                                            \
            return __floats2half2_rn(v.x, v.y);                                                  \
        }                                                                                        \
    };                                                                                           \
    struct __align__(4) quad {                                                                   \
        __nv_fp8x4_storage_t __x;                                                                \
        __host__ __device__ quad() = default;                                                    \
        __host__ __device__ explicit quad(float4 v)                                              \
            : __x(__ascendify_fp8x2(v.x, v.y, __NV_SATFINITE, kind) | ((unsigned int)__ascendify_fp8x2(v.z, v.w, __NV_SATFINITE, kind) << 16)) {} \
        __host__ __device__ explicit quad(__half2 a, __half2 b)                                  \
            : __x(__ascendify_fp8x2(float(a.x), float(a.y), __NV_SATFINITE, kind) | ((unsigned int)__ascendify_fp8x2(float(b.x), float(b.y), __NV_SATFINITE, kind) << 16)) {} \
        __host__ __device__ explicit quad(__nv_bfloat162 a, __nv_bfloat162 b)                    \
            : __x(__ascendify_fp8x2(float(a.x), float(a.y), __NV_SATFINITE, kind) | ((unsigned int)__ascendify_fp8x2(float(b.x), float(b.y), __NV_SATFINITE, kind) << 16)) {} \
        __host__ __device__ explicit operator float4() const                                     \
        {                                                                                        \
            return make_float4(__ascendify_fp8((__nv_fp8_storage_t)__x, kind), __ascendify_fp8((__nv_fp8_storage_t)(__x >> 8), kind), \
                               __ascendify_fp8((__nv_fp8_storage_t)(__x >> 16), kind), __ascendify_fp8((__nv_fp8_storage_t)(__x >> 24), kind)); \
        }                                                                                        \
    };
ASC_FP8(__nv_fp8_e4m3, __nv_fp8x2_e4m3, __nv_fp8x4_e4m3, __NV_E4M3)
ASC_FP8(__nv_fp8_e5m2, __nv_fp8x2_e5m2, __nv_fp8x4_e5m2, __NV_E5M2)
