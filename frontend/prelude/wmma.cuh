// nvcuda::wmma on mma.sync: a fragment's elements lie as the PTX ISA documents for the mma.m16n8k...
// that it is made of. One of A and B has rows by the 16 (A, or B transposed where m is 8), the other
// columns by the 8.
namespace nvcuda {
namespace wmma {

struct row_major {};
struct col_major {};
struct matrix_a {};
struct matrix_b {};
struct accumulator {};
namespace precision {
struct tf32 {};
}
enum layout_t { mem_row_major, mem_col_major };

template <typename T> struct __asc_element { typedef T type; static constexpr int bits = 8 * sizeof(T); };
template <> struct __asc_element<precision::tf32> { typedef float type; static constexpr int bits = 32; };
template <typename T> struct __asc_is_half { static constexpr bool value = false; };
template <> struct __asc_is_half<__half> { static constexpr bool value = true; };

// `stored` elements, of which the first `distinct` count; the others repeat them, as in CUDA.
template <typename T, int stored, int distinct> struct __asc_fragment {
    static constexpr int num_elements = stored;
    static constexpr int num_storage_elements = stored;
    static constexpr int __asc_distinct = distinct;
    typedef T element_type;
    typedef typename __asc_element<T>::type storage_element_type;
    storage_element_type x[stored];
};

template <typename Use, int m, int n, int k, typename T, typename Layout = void> class fragment;
template <int m, int n, int k, typename T, typename Layout>
class fragment<matrix_a, m, n, k, T, Layout>
    : public __asc_fragment<T, __asc_is_half<T>::value ? 16 : m * k / 32, m * k / 32> {};
template <int m, int n, int k, typename T, typename Layout>
class fragment<matrix_b, m, n, k, T, Layout>
    : public __asc_fragment<T, __asc_is_half<T>::value ? 16 : k * n / 32, k * n / 32> {};
template <int m, int n, int k, typename T>
class fragment<accumulator, m, n, k, T> : public __asc_fragment<T, m * n / 32, m * n / 32> {};

__device__ inline int __asc_lane()
{
    unsigned int lane;
    asm("mov.u32 %0, %%laneid;" : "=r"(lane));
    return (int)lane;
}

template <typename T, int stored, int distinct, typename V>
__device__ inline void fill_fragment(__asc_fragment<T, stored, distinct> &f, const V &value)
{
    const typename __asc_element<T>::type converted = (typename __asc_element<T>::type)value;
#pragma unroll
    for (int i = 0; i < stored; ++i) f.x[i] = converted;
}

__device__ inline float __float_to_tf32(float x)
{
    unsigned int bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return __uint_as_float(bits);
}

// Element `i`: its place along k, and across (a row by the 16, a column by the 8).
template <int k, int per> __device__ inline int __asc_wide_k(int i, int lane)
{
    int r = i % (k / 2) / per;
    return r / 2 * 4 * per + lane % 4 * per + i % per;
}
template <int k, int per> __device__ inline int __asc_wide_row(int i, int lane)
{
    int r = i % (k / 2) / per;
    return i / (k / 2) * 16 + lane / 4 + r % 2 * 8;
}
template <int k, int per> __device__ inline int __asc_narrow_k(int i, int lane)
{
    return i % (k / 4) / per * 4 * per + lane % 4 * per + i % per;
}
template <int k> __device__ inline int __asc_narrow_column(int i, int lane)
{
    return i / (k / 4) * 8 + lane / 4;
}

template <typename F, int k, bool wide, bool across_first, typename P>
__device__ inline void __asc_load(F &f, const P *p, unsigned int ldm)
{
    constexpr int per = 32 / __asc_element<typename F::element_type>::bits;
    __syncwarp();
    int lane = __asc_lane();
#pragma unroll
    for (int i = 0; i < F::num_elements; ++i) {
        if (i < F::__asc_distinct) {
            int along = wide ? __asc_wide_k<k, per>(i, lane) : __asc_narrow_k<k, per>(i, lane);
            int across = wide ? __asc_wide_row<k, per>(i, lane) : __asc_narrow_column<k>(i, lane);
            f.x[i] = across_first ? p[across * ldm + along] : p[along * ldm + across];
        } else {
            f.x[i] = f.x[i % F::__asc_distinct];
        }
    }
}

template <typename L> struct __asc_is_row { static constexpr bool value = false; };
template <> struct __asc_is_row<row_major> { static constexpr bool value = true; };

template <int m, int n, int k, typename T, typename L, typename P>
__device__ inline void load_matrix_sync(fragment<matrix_a, m, n, k, T, L> &a, const P *p, unsigned int ldm)
{
    __asc_load<fragment<matrix_a, m, n, k, T, L>, k, (m >= 16), __asc_is_row<L>::value>(a, p, ldm);
}
template <int m, int n, int k, typename T, typename L, typename P>
__device__ inline void load_matrix_sync(fragment<matrix_b, m, n, k, T, L> &b, const P *p, unsigned int ldm)
{
    __asc_load<fragment<matrix_b, m, n, k, T, L>, k, (m < 16), !__asc_is_row<L>::value>(b, p, ldm);
}

// Element `i` of an accumulator: four to a product of 16 by 8.
template <int m, int n> __device__ inline int __asc_row(int i, int lane)
{
    constexpr int columns = (m >= 16 ? n : m) / 8;
    int wide = i / 4 / columns * 16 + lane / 4 + i % 4 / 2 * 8;
    int narrow = i / 4 % columns * 8 + lane % 4 * 2 + i % 2;
    return m >= 16 ? wide : narrow;
}
template <int m, int n> __device__ inline int __asc_column(int i, int lane)
{
    constexpr int columns = (m >= 16 ? n : m) / 8;
    int wide = i / 4 / columns * 16 + lane / 4 + i % 4 / 2 * 8;
    int narrow = i / 4 % columns * 8 + lane % 4 * 2 + i % 2;
    return m >= 16 ? narrow : wide;
}

template <int m, int n, int k, typename T, typename P>
__device__ inline void load_matrix_sync(fragment<accumulator, m, n, k, T> &c, const P *p,
                                        unsigned int ldm, layout_t layout)
{
    __syncwarp();
    int lane = __asc_lane();
#pragma unroll
    for (int i = 0; i < m * n / 32; ++i) {
        int row = __asc_row<m, n>(i, lane), column = __asc_column<m, n>(i, lane);
        c.x[i] = p[layout == mem_row_major ? row * ldm + column : column * ldm + row];
    }
}
template <int m, int n, int k, typename T, typename P>
__device__ inline void store_matrix_sync(P *p, const fragment<accumulator, m, n, k, T> &c,
                                         unsigned int ldm, layout_t layout)
{
    __syncwarp();
    int lane = __asc_lane();
#pragma unroll
    for (int i = 0; i < m * n / 32; ++i) {
        int row = __asc_row<m, n>(i, lane), column = __asc_column<m, n>(i, lane);
        p[layout == mem_row_major ? row * ldm + column : column * ldm + row] = c.x[i];
    }
    __syncwarp();
}

// Registers of packed elements, from element `at` on.
__device__ inline unsigned int __asc_word(const __half *x, int at)
{
    return __half_as_ushort(x[at]) | (unsigned int)__half_as_ushort(x[at + 1]) << 16;
}
__device__ inline unsigned int __asc_word(const __nv_bfloat16 *x, int at)
{
    return __bfloat16_as_ushort(x[at]) | (unsigned int)__bfloat16_as_ushort(x[at + 1]) << 16;
}
__device__ inline unsigned int __asc_word(const float *x, int at) { return __float_as_uint(x[at]); }
__device__ inline unsigned int __asc_word(const signed char *x, int at)
{
    return (unsigned char)x[at] | (unsigned int)(unsigned char)x[at + 1] << 8
           | (unsigned int)(unsigned char)x[at + 2] << 16 | (unsigned int)(unsigned char)x[at + 3] << 24;
}
__device__ inline unsigned int __asc_word(const unsigned char *x, int at)
{
    return x[at] | (unsigned int)x[at + 1] << 8 | (unsigned int)x[at + 2] << 16
           | (unsigned int)x[at + 3] << 24;
}

#define ASC_PRODUCT_4(T, C, reg, op)                                                             \
    __device__ inline void __asc_multiply(T, C *d, unsigned int a0, unsigned int a1,             \
                                          unsigned int a2, unsigned int a3, unsigned int b0,     \
                                          unsigned int b1, const C *c)                           \
    {                                                                                            \
        asm("mma.sync.aligned." op " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "             \
            "{%10, %11, %12, %13};"                                                              \
            : "=" reg(d[0]), "=" reg(d[1]), "=" reg(d[2]), "=" reg(d[3])                         \
            : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1), reg(c[0]), reg(c[1]),        \
              reg(c[2]), reg(c[3]));                                                             \
    }
#define ASC_PRODUCT_2(T, C, reg, op)                                                             \
    __device__ inline void __asc_multiply(T, C *d, unsigned int a0, unsigned int a1,             \
                                          unsigned int, unsigned int, unsigned int b0,           \
                                          unsigned int, const C *c)                              \
    {                                                                                            \
        asm("mma.sync.aligned." op " {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};"       \
            : "=" reg(d[0]), "=" reg(d[1]), "=" reg(d[2]), "=" reg(d[3])                         \
            : "r"(a0), "r"(a1), "r"(b0), reg(c[0]), reg(c[1]), reg(c[2]), reg(c[3]));            \
    }
ASC_PRODUCT_4(__half, float, "f", "m16n8k16.row.col.f32.f16.f16.f32")
ASC_PRODUCT_4(__nv_bfloat16, float, "f", "m16n8k16.row.col.f32.bf16.bf16.f32")
ASC_PRODUCT_4(precision::tf32, float, "f", "m16n8k8.row.col.f32.tf32.tf32.f32")
ASC_PRODUCT_2(signed char, int, "r", "m16n8k16.row.col.s32.s8.s8.s32")
ASC_PRODUCT_2(unsigned char, int, "r", "m16n8k16.row.col.s32.u8.u8.s32")
__device__ inline void __asc_multiply(__half, __half *d, unsigned int a0, unsigned int a1,
                                      unsigned int a2, unsigned int a3, unsigned int b0,
                                      unsigned int b1, const __half *c)
{
    unsigned int c0 = __asc_word(c, 0), c1 = __asc_word(c, 2), d0, d1;
    asm("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0, %1}, {%2, %3, %4, %5}, {%6, %7}, "
        "{%8, %9};"
        : "=r"(d0), "=r"(d1)
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1), "r"(c0), "r"(c1));
    d[0] = __ushort_as_half((unsigned short)d0);
    d[1] = __ushort_as_half((unsigned short)(d0 >> 16));
    d[2] = __ushort_as_half((unsigned short)d1);
    d[3] = __ushort_as_half((unsigned short)(d1 >> 16));
}

// Product number (w, t) of those by 16 and by 8: `wide` and `narrow` are the fragments' elements.
template <int k, typename T, typename E, typename C>
__device__ inline void __asc_tile(C *d, const E *wide, const E *narrow, const C *c)
{
    constexpr int per = 32 / __asc_element<T>::bits;
    constexpr int half = k / 2 > 2 * per ? 2 * per : 0;
    __asc_multiply(T(), d, __asc_word(wide, 0), __asc_word(wide, per), __asc_word(wide, half),
                   __asc_word(wide, half + (half ? per : 0)), __asc_word(narrow, 0),
                   __asc_word(narrow, half ? per : 0), c);
}

template <int m, int n, int k, typename T, typename LA, typename LB, typename C>
__device__ inline void mma_sync(fragment<accumulator, m, n, k, C> &d,
                                const fragment<matrix_a, m, n, k, T, LA> &a,
                                const fragment<matrix_b, m, n, k, T, LB> &b,
                                const fragment<accumulator, m, n, k, C> &c, bool satf = false)
{
    constexpr int rows = (m >= 16 ? m : n) / 16, columns = (m >= 16 ? n : m) / 8;
#pragma unroll
    for (int w = 0; w < rows; ++w) {
#pragma unroll
        for (int t = 0; t < columns; ++t) {
            int at = (w * columns + t) * 4;
            if constexpr (m >= 16) __asc_tile<k, T>(d.x + at, a.x + w * (k / 2), b.x + t * (k / 4), c.x + at);
            else __asc_tile<k, T>(d.x + at, b.x + w * (k / 2), a.x + t * (k / 4), c.x + at);
        }
    }
}
// Sums in half precision that are wanted in single, and the reverse.
template <int m, int n, int k, typename T, typename LA, typename LB>
__device__ inline void mma_sync(fragment<accumulator, m, n, k, float> &d,
                                const fragment<matrix_a, m, n, k, T, LA> &a,
                                const fragment<matrix_b, m, n, k, T, LB> &b,
                                const fragment<accumulator, m, n, k, __half> &c)
{
    fragment<accumulator, m, n, k, float> wide;
    for (int i = 0; i < m * n / 32; ++i) wide.x[i] = __half2float(c.x[i]);
    mma_sync(d, a, b, wide);
}
template <int m, int n, int k, typename T, typename LA, typename LB>
__device__ inline void mma_sync(fragment<accumulator, m, n, k, __half> &d,
                                const fragment<matrix_a, m, n, k, T, LA> &a,
                                const fragment<matrix_b, m, n, k, T, LB> &b,
                                const fragment<accumulator, m, n, k, float> &c)
{
    fragment<accumulator, m, n, k, float> wide;
    mma_sync(wide, a, b, c);
    for (int i = 0; i < m * n / 32; ++i) d.x[i] = __float2half(wide.x[i]);
}

}  // namespace wmma
}  // namespace nvcuda
