// Row 89, style E: blocks of 256 values as 4-bit numbers in eight groups, whose 6-bit scales and minima are
// packed into twelve bytes; dequantisation to float and half, and a dot product with int8 activations.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

#define QK_K 256
#define SCALE_BYTES 12

typedef struct {
    half2 dm;                     // scale of the scales, scale of the minima
    uint8_t scales[SCALE_BYTES];  // eight scales and eight minima of six bits
    uint8_t qs[QK_K / 2];
} block_q4_K;
static_assert(sizeof(block_q4_K) == 4 + SCALE_BYTES + QK_K / 2, "no padding");

typedef struct {
    float d;
    int8_t qs[32];
} block_q8;

// Groups 0-3 have their six bits together, groups 4-7 keep the upper two in the top of those.
static inline __host__ __device__ void get_scale_min_k4(int j, const uint8_t* q, uint8_t& d, uint8_t& m) {
    if (j < 4) {
        d = q[j] & 63;
        m = q[j + 4] & 63;
    } else {
        d = (q[j + 4] & 0xF) | ((q[j - 4] >> 6) << 4);
        m = (q[j + 4] >> 4) | ((q[j - 0] >> 6) << 4);
    }
}

// 32 threads per block, eight values each: four of the low nibbles, four of the high ones
template <typename dst_t>
static __global__ void dequantize_block_q4_K(const void* __restrict__ vx, dst_t* __restrict__ yy) {
    const block_q4_K* x = (const block_q4_K*)vx;
    const int64_t i = blockIdx.x;
    const int64_t tid = threadIdx.x;
    const int64_t il = tid / 8;
    const int64_t ir = tid % 8;
    const int64_t is = 2 * il;
    const int n = 4;
    dst_t* y = yy + i * QK_K + 64 * il + n * ir;
    const float dall = __low2float(x[i].dm);
    const float dmin = __high2float(x[i].dm);
    const uint8_t* q = x[i].qs + 32 * il + n * ir;

    uint8_t sc, m;
    get_scale_min_k4(is + 0, x[i].scales, sc, m);
    const float d1 = dall * sc;
    const float m1 = dmin * m;
    get_scale_min_k4(is + 1, x[i].scales, sc, m);
    const float d2 = dall * sc;
    const float m2 = dmin * m;
    for (int l = 0; l < n; ++l) {
        y[l + 0] = (dst_t)(d1 * (q[l] & 0xF) - m1);
        y[l + 32] = (dst_t)(d2 * (q[l] >> 4) - m2);
    }
}

static __device__ __forceinline__ float vec_dot_group(const block_q4_K* bq, const block_q8* by, const int group) {
    uint8_t sc, m;
    get_scale_min_k4(group, bq->scales, sc, m);
    const uint8_t* q = bq->qs + group / 2 * 32;
    const int shift = (group & 1) * 4;
    int sumi = 0, sumy = 0;
#pragma unroll
    for (int l = 0; l < 32; l += 4) {
        const int* y4 = (const int*)(by[group].qs + l);
        const int q4 = (*(const int*)(q + l) >> shift) & 0x0F0F0F0F;
        sumi = __dp4a(q4, *y4, sumi);
        sumy = __dp4a(0x01010101, *y4, sumy);
    }
    const float2 dm = __half22float2(bq->dm);
    return by[group].d * (dm.x * sc * sumi - dm.y * m * sumy);
}

// a warp per row, a group per lane and step
static __global__ void mul_mat_vec_q4_K(const void* __restrict__ vx, const void* __restrict__ vy, float* __restrict__ dst,
                                        const int ncols, const int nrows) {
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= nrows) return;
    const int blocks = ncols / QK_K;
    const block_q4_K* x = (const block_q4_K*)vx + (int64_t)row * blocks;
    const block_q8* y = (const block_q8*)vy;
    float tmp = 0.0f;
    for (int g = threadIdx.x; g < blocks * 8; g += warpSize) tmp += vec_dot_group(x + g / 8, y + g / 8 * 8, g % 8);
#pragma unroll
    for (int mask = 16; mask > 0; mask >>= 1) tmp += __shfl_xor_sync(0xffffffff, tmp, mask, 32);
    if (threadIdx.x == 0) dst[row] = tmp;
}

template <typename dst_t>
static void dequantize_row_q4_K(const block_q4_K* x, dst_t* y, const int blocks, cudaStream_t stream) {
    dequantize_block_q4_K<<<blocks, 32, 0, stream>>>(x, y);
}

void to_float(const block_q4_K* x, float* y, int blocks) { dequantize_row_q4_K(x, y, blocks, 0); }
void to_half(const block_q4_K* x, half* y, int blocks) { dequantize_row_q4_K(x, y, blocks, 0); }

void mat_vec(const block_q4_K* x, const block_q8* y, float* dst, int blocks_per_row, int nrows) {
    const dim3 block_dims(32, 2, 1);
    mul_mat_vec_q4_K<<<ceil_div(nrows, 2), block_dims>>>(x, y, dst, blocks_per_row * QK_K, nrows);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int rows = 5, per_row = 3, blocks = rows * per_row, cols = per_row * QK_K;
    std::vector<block_q4_K> x(blocks);
    std::vector<block_q8> y(cols / 32);
    Lcg rng(990);
    for (auto& b : x) {
        b.dm = make_half2((half)rng.uniform(0.001f, 0.01f), (half)rng.uniform(0.001f, 0.01f));
        for (auto& s : b.scales) s = (uint8_t)rng.integer(0, 255);
        for (auto& q : b.qs) q = (uint8_t)rng.integer(0, 255);
    }
    x[1].dm = make_half2((half)0.0f, (half)0.0f);
    for (auto& b : y) {
        b.d = rng.uniform(0.01f, 0.02f);
        for (auto& q : b.qs) q = (int8_t)rng.integer(-127, 127);
    }
    std::vector<float> want(blocks * QK_K);
    std::vector<double> dots(rows);
    for (int b = 0; b < blocks; b++)
        for (int e = 0; e < QK_K; e++) {
            const int group = e / 32;
            uint8_t sc, m;
            get_scale_min_k4(group, x[b].scales, sc, m);
            const int q = x[b].qs[group / 2 * 32 + e % 32] >> (group % 2 * 4) & 15;
            want[b * QK_K + e] = (float)x[b].dm.x * sc * q - (float)x[b].dm.y * m;
            const int at = b % per_row * QK_K + e;
            dots[b / per_row] += (double)want[b * QK_K + e] * y[at / 32].d * y[at / 32].qs[at % 32];
        }
    block_q4_K* d_x = to_device(x);
    block_q8* d_y = to_device(y);
    float *d_f = device_zeros<float>(want.size()), *d_dots = device_zeros<float>(rows);
    half* d_h = device_zeros<half>(want.size());
    to_float(d_x, d_f, blocks);
    to_half(d_x, d_h, blocks);
    mat_vec(d_x, d_y, d_dots, per_row, rows);
    std::vector<float> got;
    for (half v : to_host(d_h, want.size())) got.push_back((float)v);
    bool ok = all_close(to_host(d_f, want.size()), want, 1e-6, "float") && all_close(got, want, 1e-3, "half");
    ok = all_close(to_host(d_dots, rows), dots, 1e-4, "product") && ok;
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_f), cudaFree(d_dots), cudaFree(d_h);
    return report(ok);
}
