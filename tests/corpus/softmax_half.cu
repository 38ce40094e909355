// Row 31, style L: softmax of half and bfloat16 rows by warps - two and eight elements per lane and step,
// online maximum and sum as one pair that shuffles as 64 bits; a block per long row votes on empty rows.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define CONST128(value) (*reinterpret_cast<const uint4*>(&(value)))
#define STORE128(value) (*reinterpret_cast<uint4*>(&(value)))
#define FULL_MASK 0xffffffffu

constexpr float LOG2E = 1.44269504f;

__device__ __forceinline__ float fast_exp(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x * LOG2E));
    return y;
}

struct __align__(8) MD {
    float m;
    float d;
};

__device__ __forceinline__ MD md_merge(const MD& a, const MD& b) {
    const bool a_bigger = a.m > b.m;
    const MD big = a_bigger ? a : b, small = a_bigger ? b : a;
    MD res;
    res.m = big.m;
    res.d = big.d + (small.d == 0.0f ? 0.0f : small.d * fast_exp(small.m - big.m));
    return res;
}

template <const int kWarpSize = 32>
__device__ __forceinline__ MD warp_reduce_md(MD value) {
#pragma unroll
    for (int stride = kWarpSize >> 1; stride >= 1; stride >>= 1) {
        unsigned long long bits = *reinterpret_cast<unsigned long long*>(&value);
        bits = __shfl_xor_sync(FULL_MASK, bits, stride);
        value = md_merge(value, *reinterpret_cast<MD*>(&bits));
    }
    return value;
}

template <typename T2> __device__ __forceinline__ float2 unpack(T2 v);
template <> __device__ __forceinline__ float2 unpack<half2>(half2 v) { return __half22float2(v); }
template <> __device__ __forceinline__ float2 unpack<__nv_bfloat162>(__nv_bfloat162 v) { return __bfloat1622float2(v); }
template <typename T2> __device__ __forceinline__ T2 pack(float2 v);
template <> __device__ __forceinline__ half2 pack<half2>(float2 v) { return __float22half2_rn(v); }
template <> __device__ __forceinline__ __nv_bfloat162 pack<__nv_bfloat162>(float2 v) { return __float22bfloat162_rn(v); }

// a warp per row, pairs
template <typename T2>
__global__ void __launch_bounds__(128) softmax_x2_kernel(T2* __restrict__ out, const T2* __restrict__ inp, int rows, int pairs) {
    const int lane = threadIdx.x & 31;
    const int row = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
    if (row >= rows) return;
    const T2* x = inp + (size_t)row * pairs;
    T2* y = out + (size_t)row * pairs;
    MD md = {-INFINITY, 0.0f};
    for (int i = lane; i < pairs; i += 32) {
        const float2 v = unpack(x[i]);
        md = md_merge(md, MD{v.x, 1.0f});
        md = md_merge(md, MD{v.y, 1.0f});
    }
    md = warp_reduce_md(md);
    const float inverse = 1.0f / md.d;
    for (int i = lane; i < pairs; i += 32) {
        float2 v = unpack(x[i]);
        v.x = fast_exp(v.x - md.m) * inverse;
        v.y = fast_exp(v.y - md.m) * inverse;
        y[i] = pack<T2>(v);
    }
}

// a block per row, 128-bit packs; a row of -inf only becomes zeros
template <const int NUM_THREADS>
__global__ void __launch_bounds__(NUM_THREADS) safe_softmax_f16x8_pack_kernel(const half* x, half* y, int K) {
    constexpr int NUM_WARPS = NUM_THREADS / 32;
    const int tid = threadIdx.x, idx = tid * 8;
    __shared__ MD shared[NUM_WARPS];
    half pack_x[8], pack_y[8];
    bool finite = false;
    MD md = {-INFINITY, 0.0f};
    if (idx < K) {
        STORE128(pack_x[0]) = CONST128(x[blockIdx.x * K + idx]);
#pragma unroll
        for (int i = 0; i < 8; ++i) {
            const float v = __half2float(pack_x[i]);
            finite |= v > -INFINITY;
            if (v > -INFINITY) md = md_merge(md, MD{v, 1.0f});
        }
    }
    md = warp_reduce_md<32>(md);
    if (tid % 32 == 0) shared[tid / 32] = md;
    if (!__syncthreads_or(finite)) {
        if (idx < K) STORE128(y[blockIdx.x * K + idx]) = make_uint4(0, 0, 0, 0);
        return;
    }
    MD total = shared[0];
    for (int w = 1; w < NUM_WARPS; ++w) total = md_merge(total, shared[w]);
    if (idx >= K) return;
    const float inverse = __fdividef(1.0f, total.d);
#pragma unroll
    for (int i = 0; i < 8; ++i) pack_y[i] = __float2half_rn(fast_exp(__half2float(pack_x[i]) - total.m) * inverse);
    STORE128(y[blockIdx.x * K + idx]) = CONST128(pack_y[0]);
}

void softmax_half(half* out, const half* inp, int rows, int pairs) {
    softmax_x2_kernel<half2><<<ceil_div(rows * 32, 64), 64>>>(reinterpret_cast<half2*>(out), reinterpret_cast<const half2*>(inp), rows, pairs);
}
void softmax_bf16(__nv_bfloat16* out, const __nv_bfloat16* inp, int rows, int pairs) {
    softmax_x2_kernel<__nv_bfloat162><<<ceil_div(rows * 32, 128), 128>>>((__nv_bfloat162*)out, (const __nv_bfloat162*)inp, rows, pairs);
}
void safe_softmax(half* out, const half* inp, int rows, int packs) {
    if (packs <= 64) safe_softmax_f16x8_pack_kernel<64><<<rows, 64>>>(inp, out, packs * 8);
}

int main() {
    bool ok = true;
    for (int cols : {8, 72, 512}) {
        const int rows = 7, n = rows * cols;
        std::vector<half> x;
        std::vector<__nv_bfloat16> xb;
        for (float v : random_floats(n, 1110, -6, 6)) x.push_back((half)v), xb.push_back((__nv_bfloat16)v);
        std::vector<double> want(n), want_b(n);
        for (int r = 0; r < rows; r++) {
            double sum = 0, sum_b = 0;
            for (int i = r * cols; i < (r + 1) * cols; i++) sum += want[i] = std::exp((float)x[i]), sum_b += want_b[i] = std::exp((float)xb[i]);
            for (int i = r * cols; i < (r + 1) * cols; i++) want[i] /= sum, want_b[i] /= sum_b;
        }
        half *d_x = to_device(x), *d_y = device_zeros<half>(n);
        __nv_bfloat16 *d_xb = to_device(xb), *d_yb = device_zeros<__nv_bfloat16>(n);
        auto floats = [n](auto* p) {
            std::vector<float> out;
            for (auto v : to_host(p, n)) out.push_back((float)v);
            return out;
        };
        softmax_half(d_y, d_x, rows, cols / 2);
        ok = all_close(floats(d_y), want, 1e-3, "half") && ok;
        softmax_bf16(d_yb, d_xb, rows, cols / 2);
        ok = all_close(floats(d_yb), want_b, 4e-3, "bf16") && ok;
        for (int c = 0; c < cols; c++) x[c] = (half)-INFINITY, want[c] = 0.0;  // a row without anything
        half* d_masked = to_device(x);
        safe_softmax(d_y, d_masked, rows, cols / 8);
        ok = all_close(floats(d_y), want, 1e-3, "packs") && ok;
        cudaFree(d_x), cudaFree(d_y), cudaFree(d_xb), cudaFree(d_yb), cudaFree(d_masked);
    }
    return report(ok);
}
