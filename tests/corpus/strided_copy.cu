// Row 20, style E: copies between 4-D views with byte strides, changing the element type on the way; the
// copy of one element is a function given as template argument, contiguous tensors take a shortcut.
#include <cassert>
#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define CPY_BLOCK_SIZE 64
#define CAST_ROWS(F)                                                                                   \
    F(f32_f32, float, float) F(f32_f16, float, half) F(f16_f32, half, float) F(f32_bf16, float, nv_bfloat16) \
    F(i32_f32, int32_t, float)

typedef void (*cpy_kernel_t)(const char* cx, char* cdst);

template <typename dst_t, typename src_t>
static __device__ __forceinline__ dst_t cast(src_t x) {
    return (dst_t)x;
}
template <>
__device__ __forceinline__ nv_bfloat16 cast<nv_bfloat16, float>(float x) {
    return __float2bfloat16(x);
}

template <typename src_t, typename dst_t>
static __device__ void cpy_1(const char* cxi, char* cdsti) {
    *(dst_t*)cdsti = cast<dst_t>(*(const src_t*)cxi);
}

struct View {
    int64_t ne[4];  // elements
    int64_t nb[4];  // bytes between neighbours
};

// A flat index over the destination's order; source and destination have equally many elements.
template <cpy_kernel_t cpy>
static __global__ void cpy_strided_kernel(const char* cx, char* cdst, const int64_t ne, const View src, const View dst) {
    const int64_t i = (int64_t)blockDim.x * blockIdx.x + threadIdx.x;
    if (i >= ne) return;
    const int64_t i03 = i / (src.ne[0] * src.ne[1] * src.ne[2]);
    const int64_t i02 = (i - i03 * src.ne[0] * src.ne[1] * src.ne[2]) / (src.ne[0] * src.ne[1]);
    const int64_t i01 = (i - i03 * src.ne[0] * src.ne[1] * src.ne[2] - i02 * src.ne[0] * src.ne[1]) / src.ne[0];
    const int64_t i00 = i % src.ne[0];
    const int64_t x_offset = i00 * src.nb[0] + i01 * src.nb[1] + i02 * src.nb[2] + i03 * src.nb[3];
    const int64_t i13 = i / (dst.ne[0] * dst.ne[1] * dst.ne[2]);
    const int64_t i12 = i / (dst.ne[0] * dst.ne[1]) % dst.ne[2];
    const int64_t i11 = i / dst.ne[0] % dst.ne[1];
    const int64_t i10 = i % dst.ne[0];
    const int64_t dst_offset = i10 * dst.nb[0] + i11 * dst.nb[1] + i12 * dst.nb[2] + i13 * dst.nb[3];
    cpy(cx + x_offset, cdst + dst_offset);
}

template <typename src_t, typename dst_t>
static __global__ void __launch_bounds__(CPY_BLOCK_SIZE) cpy_contiguous_kernel(const void* cx, void* cdst, const int64_t ne) {
    const int64_t i = (int64_t)blockDim.x * blockIdx.x + threadIdx.x;
    if (i >= ne) return;
    const src_t* x = (const src_t*)cx;
    dst_t* dst = (dst_t*)cdst;
    dst[i] = cast<dst_t>(x[i]);
}

static bool is_contiguous(const View& v, int64_t size) {
    int64_t expected = size;
    for (int d = 0; d < 4; expected *= v.ne[d++])
        if (v.nb[d] != expected) return false;
    return true;
}

#define DEFINE_COPY(NAME, SRC, DST)                                                                                   \
    void copy_##NAME(const void* x, void* y, const View& src, const View& dst) {                                      \
        const int64_t ne = src.ne[0] * src.ne[1] * src.ne[2] * src.ne[3];                                             \
        assert(ne == dst.ne[0] * dst.ne[1] * dst.ne[2] * dst.ne[3]);                                                  \
        const int num_blocks = (int)ceil_div(ne, (int64_t)CPY_BLOCK_SIZE);                                            \
        if (num_blocks == 0) return;                                                                                  \
        if (is_contiguous(src, sizeof(SRC)) && is_contiguous(dst, sizeof(DST)))                                       \
            cpy_contiguous_kernel<SRC, DST><<<num_blocks, CPY_BLOCK_SIZE>>>(x, y, ne);                                \
        else                                                                                                          \
            cpy_strided_kernel<cpy_1<SRC, DST>><<<num_blocks, CPY_BLOCK_SIZE>>>((const char*)x, (char*)y, ne, src, dst); \
    }
CAST_ROWS(DEFINE_COPY)

template <typename S, typename D>
bool check(void (*copy)(const void*, void*, const View&, const View&), const View& src, const View& dst, const char* what) {
    const int n = 1000, count = (int)(src.ne[0] * src.ne[1] * src.ne[2] * src.ne[3]);
    std::vector<S> x;
    for (int v : random_ints(n, 1030, -50, 50)) x.push_back((S)(float)v);
    std::vector<float> want(n, 0.0f), got;
    for (int i = 0; i < count; i++) {
        auto offset = [i](const View& v) {
            return i % v.ne[0] * v.nb[0] + i / v.ne[0] % v.ne[1] * v.nb[1] + i / (v.ne[0] * v.ne[1]) % v.ne[2] * v.nb[2] +
                   i / (v.ne[0] * v.ne[1] * v.ne[2]) * v.nb[3];
        };
        want[offset(dst) / sizeof(D)] = (float)x[offset(src) / sizeof(S)];
    }
    S* d_x = to_device(x);
    D* d_y = device_zeros<D>(n);
    copy(d_x, d_y, src, dst);
    for (D v : to_host(d_y, n)) got.push_back((float)v);
    cudaFree(d_x), cudaFree(d_y);
    return all_close(got, want, 0.0, what);
}

int main() {
    const View packed4 = {{5, 4, 3, 2}, {4, 20, 80, 240}}, packed2 = {{5, 4, 3, 2}, {2, 10, 40, 120}};
    const View transposed = {{4, 5, 3, 2}, {20, 4, 80, 240}};      // of packed4
    const View reshaped = {{6, 20, 1, 1}, {2, 14, 280, 280}};     // a gap after each row
    const View overlapping = {{8, 5, 1, 1}, {4, 8, 0, 0}};        // rows share elements
    const View forty = {{40, 1, 1, 1}, {4, 160, 160, 160}}, empty = {{0, 4, 3, 2}, {4, 0, 0, 0}};
    bool ok = check<float, float>(copy_f32_f32, packed4, packed4, "contiguous");
    ok = check<float, float>(copy_f32_f32, transposed, packed4, "transpose") && ok;
    ok = check<float, float>(copy_f32_f32, overlapping, forty, "overlapping source") && ok;
    ok = check<float, float>(copy_f32_f32, empty, empty, "empty") && ok;
    ok = check<float, half>(copy_f32_f16, packed4, reshaped, "f32 -> f16") && ok;
    ok = check<float, half>(copy_f32_f16, packed4, packed2, "f32 -> f16") && ok;
    ok = check<half, float>(copy_f16_f32, packed2, transposed, "f16 -> f32") && ok;
    ok = check<half, float>(copy_f16_f32, packed2, packed4, "f16 -> f32") && ok;
    ok = check<float, nv_bfloat16>(copy_f32_bf16, transposed, packed2, "f32 -> bf16") && ok;
    ok = check<float, nv_bfloat16>(copy_f32_bf16, packed4, packed2, "f32 -> bf16") && ok;
    ok = check<int32_t, float>(copy_i32_f32, transposed, packed4, "i32 -> f32") && ok;
    ok = check<int32_t, float>(copy_i32_f32, packed4, packed4, "i32 -> f32") && ok;
    return report(ok);
}
