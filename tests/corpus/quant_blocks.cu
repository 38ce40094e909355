// Rows 87 and 88, style E: block formats: 32 values with a half scale as int8 (symmetric) or as nibbles
// with a minimum. The dequantisation kernel takes the block's routine as template argument; a dot product
// works on the packed integers.
#include <cstdint>
#include <cstring>

#include <cuda_fp16.h>

#include "check.h"

#define QK 32

struct block_q8 {
    half d;         // scale
    int8_t qs[QK];
};
static_assert(sizeof(block_q8) == sizeof(half) + QK, "no padding");

struct block_q4m {
    half2 dm;             // scale and minimum
    uint8_t qs[QK / 2];   // element i in the low half of byte i, element i + 16 in the high half
};
static_assert(sizeof(block_q4m) == sizeof(half2) + QK / 2, "no padding");

typedef void (*dequantize_t)(const void* vx, const int64_t ib, const int iqs, float2& v);

static __device__ __forceinline__ void dequantize_q8(const void* vx, const int64_t ib, const int iqs, float2& v) {
    const block_q8* x = (const block_q8*)vx;
    const float d = __half2float(x[ib].d);
    v.x = x[ib].qs[iqs + 0] * d;
    v.y = x[ib].qs[iqs + QK / 2] * d;
}

static __device__ __forceinline__ void dequantize_q4m(const void* vx, const int64_t ib, const int iqs, float2& v) {
    const block_q4m* x = (const block_q4m*)vx;
    const float2 dm = __half22float2(x[ib].dm);
    const int vui = x[ib].qs[iqs];
    v.x = (vui & 0xF) * dm.x + dm.y;
    v.y = (vui >> 4) * dm.x + dm.y;
}

template <dequantize_t dequantize, typename dst_t>
static __global__ void dequantize_kernel(dst_t* __restrict__ y, const void* __restrict__ vx, const int64_t pairs) {
    const int64_t i = (int64_t)blockDim.x * blockIdx.x + threadIdx.x;
    if (i >= pairs) return;
    const int64_t ib = i / (QK / 2);
    const int iqs = i % (QK / 2);
    float2 v;
    dequantize(vx, ib, iqs, v);
    y[ib * QK + iqs] = (dst_t)v.x;
    y[ib * QK + iqs + QK / 2] = (dst_t)v.y;
}

static __device__ __forceinline__ float warp_reduce(float x, bool take_max) {
    for (int mask = 16; mask > 0; mask >>= 1) {
        const float other = __shfl_xor_sync(0xffffffff, x, mask);
        x = take_max ? fmaxf(x, other) : x + other;
    }
    return x;
}

// a warp per block of 32 values
static __global__ void quantize_q8_kernel(block_q8* y, const float* x, int blocks) {
    const int ib = blockIdx.x * blockDim.y + threadIdx.y;
    if (ib >= blocks) return;
    const float xi = x[ib * QK + threadIdx.x];
    const float amax = warp_reduce(fabsf(xi), true);
    const float d = amax / 127.0f;
    y[ib].qs[threadIdx.x] = amax == 0.0f ? 0 : (int8_t)roundf(xi / d);
    if (threadIdx.x == 0) y[ib].d = __float2half(d);
}

static __global__ void quantize_q4m_kernel(block_q4m* y, const float* x, int blocks) {
    const int ib = blockIdx.x * blockDim.x + threadIdx.x;
    if (ib >= blocks) return;
    float lo = x[ib * QK], hi = x[ib * QK];
    for (int j = 1; j < QK; j++) {
        const float v = x[ib * QK + j];
        if (v < lo) lo = v;
        if (v > hi) hi = v;
    }
    const float d = (hi - lo) / 15.0f;
    const float id = d ? 1.0f / d : 0.0f;
    y[ib].dm = make_half2(__float2half(d), __float2half(lo));
    for (int j = 0; j < QK / 2; ++j) {
        const uint8_t x0 = min(15, (int)((x[ib * QK + j] - lo) * id + 0.5f));
        const uint8_t x1 = min(15, (int)((x[ib * QK + j + QK / 2] - lo) * id + 0.5f));
        y[ib].qs[j] = x0 | (x1 << 4);
    }
}

// The quants start at an odd multiple of two bytes: two 16-bit loads make one word.
static __device__ __forceinline__ int get_int_b2(const int8_t* x, const int i32) {
    const uint16_t* x16 = (const uint16_t*)x;
    int x32 = x16[2 * i32 + 0];
    x32 |= x16[2 * i32 + 1] << 16;
    return x32;
}

static __global__ void dot_q8_kernel(float* y, const block_q8* a, const block_q8* b, int blocks_per_row, int rows) {
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= rows) return;
    float sum = 0.0f;
    // eight lanes per block of values, four values per lane
    for (int i = threadIdx.x; i < blocks_per_row * 8; i += 32) {
        const block_q8* pa = a + row * blocks_per_row + i / 8;
        const block_q8* pb = b + i / 8;
        const int sumi = __dp4a(get_int_b2(pa->qs, i % 8), get_int_b2(pb->qs, i % 8), 0);
        sum += sumi * (__half2float(pa->d) * __half2float(pb->d));
    }
    sum = warp_reduce(sum, false);
    if (threadIdx.x == 0) y[row] = sum;
}

void quantize_q8(block_q8* y, const float* x, int blocks) {
    quantize_q8_kernel<<<ceil_div(blocks, 4), dim3(32, 4)>>>(y, x, blocks);
}

void quantize_q4m(block_q4m* y, const float* x, int blocks) {
    quantize_q4m_kernel<<<ceil_div(blocks, 32), 32>>>(y, x, blocks);
}

void dequantize_q8_float(float* y, const block_q8* x, int blocks) {
    const int64_t pairs = (int64_t)blocks * (QK / 2);
    dequantize_kernel<dequantize_q8><<<(unsigned)ceil_div(pairs, 64), 64>>>(y, (const void*)x, pairs);
}

void dequantize_q4m_half(half* y, const block_q4m* x, int blocks) {
    const int64_t pairs = (int64_t)blocks * (QK / 2);
    dequantize_kernel<dequantize_q4m, half><<<(unsigned)ceil_div(pairs, 64), 64>>>(y, x, pairs);
}

void dot_q8(float* y, const block_q8* a, const block_q8* b, int blocks_per_row, int rows) {
    dot_q8_kernel<<<ceil_div(rows, 2), dim3(32, 2)>>>(y, a, b, blocks_per_row, rows);
}

int main() {
    const int rows = 5, per_row = 3, blocks = rows * per_row, n = blocks * QK;
    std::vector<float> x = random_floats(n, 710, -2.0f, 2.0f), v = random_floats(per_row * QK, 711);
    for (int i = 0; i < QK; i++) x[4 * QK + i] = 0.0f;
    float *d_x = to_device(x), *d_v = to_device(v), *d_y = device_zeros<float>(n), *d_dot = device_zeros<float>(rows);
    block_q8 *d_q8 = device_zeros<block_q8>(blocks), *d_v8 = device_zeros<block_q8>(per_row);
    block_q4m* d_q4 = device_zeros<block_q4m>(blocks);
    half* d_h = device_zeros<half>(n);

    quantize_q8(d_q8, d_x, blocks);
    dequantize_q8_float(d_y, d_q8, blocks);
    std::vector<float> q8 = to_host(d_y, n);
    bool ok = all_close(q8, x, 0.01, "q8");  // half a step of 2 / 127

    quantize_q4m(d_q4, d_x, blocks);
    dequantize_q4m_half(d_h, d_q4, blocks);
    std::vector<half> raw = to_host(d_h, n);
    std::vector<float> q4;
    for (auto h : raw) q4.push_back(__half2float(h));
    ok = all_close(q4, x, 0.14, "q4") && ok;  // half a step of 4 / 15

    quantize_q8(d_v8, d_v, per_row);
    dequantize_q8_float(d_y, d_v8, per_row);
    std::vector<float> v8 = to_host(d_y, per_row * QK);
    std::vector<double> dots(rows);
    for (int i = 0; i < n; i++) dots[i / (per_row * QK)] += (double)q8[i] * v8[i % (per_row * QK)];
    dot_q8(d_dot, d_q8, d_v8, per_row, rows);
    ok = all_close(to_host(d_dot, rows), dots, 1e-4, "dot") && ok;
    cudaFree(d_x), cudaFree(d_v), cudaFree(d_y), cudaFree(d_dot), cudaFree(d_q8), cudaFree(d_v8), cudaFree(d_q4), cudaFree(d_h);
    return report(ok);
}
