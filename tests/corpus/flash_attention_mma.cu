// Row 73, style L: Attention with online softmax on tensor cores: O = softmax(Q K^T / 8) V for heads of 64,
// in half precision. A block of four warps has 64 queries of one head, each warp 16 of them; scores stay in
// registers, where the sums of the first product are the left operand of the second.
#include <cuda_fp16.h>

#include <cstdint>

#include "check.h"

constexpr int HEAD = 64, QUERIES = 64, KEYS = 32, ROW = HEAD + 8;
constexpr float SCALE = 0.125f * 1.4426950408889634f;  // for exponents of 2

__device__ __forceinline__ void ldmatrix(uint32_t (&r)[4], const half* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row))));
}

__device__ __forceinline__ void ldmatrix_transposed(uint32_t (&r)[4], const half* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row))));
}

__device__ __forceinline__ void mma(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ float exp2_approx(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ __forceinline__ uint32_t pack(float low, float high) {
    uint32_t pair;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

__device__ __forceinline__ void load_rows(half* tile, const half* from, int first, int rows, int n) {
    for (int i = threadIdx.x; i < rows * HEAD / 8; i += blockDim.x) {
        const int row = i / (HEAD / 8), chunk = i % (HEAD / 8);
        const int bytes = first + row < n ? 16 : 0;
        const half* source = bytes ? from + (size_t)(first + row) * HEAD + chunk * 8 : from;
        const uint32_t to = static_cast<uint32_t>(__cvta_generic_to_shared(tile + row * ROW + chunk * 8));
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(source), "r"(bytes));
    }
}

__global__ void __launch_bounds__(128) flash_attention_mma_kernel(half* O, const half* Q, const half* K, const half* V, int n) {
    __shared__ __align__(16) half queries[QUERIES * ROW];
    __shared__ __align__(16) half keys[KEYS * ROW];
    __shared__ __align__(16) half values[KEYS * ROW];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const size_t head = (size_t)blockIdx.y * n * HEAD;
    const int first = blockIdx.x * QUERIES;

    load_rows(queries, Q + head, first, QUERIES, n);
    asm volatile("cp.async.wait_all;");
    __syncthreads();
    uint32_t q[HEAD / 16][4];
#pragma unroll
    for (int d = 0; d < HEAD / 16; d++) ldmatrix(q[d], queries + (warp * 16 + lane % 16) * ROW + d * 16 + lane / 16 * 8);

    float o[HEAD / 8][4] = {};
    float most[2] = {-1e30f, -1e30f}, total[2] = {0.0f, 0.0f};
    for (int k0 = 0; k0 < n; k0 += KEYS) {
        load_rows(keys, K + head, k0, KEYS, n);
        load_rows(values, V + head, k0, KEYS, n);
        asm volatile("cp.async.commit_group;");
        asm volatile("cp.async.wait_group 0;");
        __syncthreads();
        float s[KEYS / 8][4] = {};
#pragma unroll
        for (int d = 0; d < HEAD / 16; d++) {
#pragma unroll
            for (int j = 0; j < KEYS / 16; j++) {
                uint32_t b[4];
                ldmatrix(b, keys + (j * 16 + lane / 16 * 8 + lane % 8) * ROW + d * 16 + lane / 8 % 2 * 8);
                mma(s[j * 2], q[d], b[0], b[1]);
                mma(s[j * 2 + 1], q[d], b[2], b[3]);
            }
        }
        float high[2] = {most[0], most[1]};
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                s[j][e] = k0 + j * 8 + lane % 4 * 2 + e % 2 < n ? s[j][e] * SCALE : -1e30f;
                high[e / 2] = fmaxf(high[e / 2], s[j][e]);
            }
        }
#pragma unroll
        for (int h = 0; h < 2; h++) {
            high[h] = fmaxf(high[h], __shfl_xor_sync(0xffffffff, high[h], 1));
            high[h] = fmaxf(high[h], __shfl_xor_sync(0xffffffff, high[h], 2));
            const float factor = exp2_approx(most[h] - high[h]);
            most[h] = high[h];
            total[h] *= factor;
#pragma unroll
            for (int d = 0; d < HEAD / 8; d++) {
                o[d][h * 2] *= factor;
                o[d][h * 2 + 1] *= factor;
            }
        }
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                s[j][e] = exp2_approx(s[j][e] - most[e / 2]);
                total[e / 2] += s[j][e];
            }
        }
#pragma unroll
        for (int j = 0; j < KEYS / 16; j++) {
            const uint32_t p[4] = {pack(s[j * 2][0], s[j * 2][1]), pack(s[j * 2][2], s[j * 2][3]),
                                   pack(s[j * 2 + 1][0], s[j * 2 + 1][1]), pack(s[j * 2 + 1][2], s[j * 2 + 1][3])};
#pragma unroll
            for (int d = 0; d < HEAD / 16; d++) {
                uint32_t b[4];
                ldmatrix_transposed(b, values + (j * 16 + lane % 16) * ROW + d * 16 + lane / 16 * 8);
                mma(o[d * 2], p, b[0], b[1]);
                mma(o[d * 2 + 1], p, b[2], b[3]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int h = 0; h < 2; h++) {
        total[h] += __shfl_xor_sync(0xffffffff, total[h], 1);
        total[h] += __shfl_xor_sync(0xffffffff, total[h], 2);
        const int row = first + warp * 16 + lane / 4 + h * 8;
        if (row >= n) continue;
#pragma unroll
        for (int d = 0; d < HEAD / 8; d++) {
            half* to = O + head + (size_t)row * HEAD + d * 8 + lane % 4 * 2;
            to[0] = __float2half(o[d][h * 2] / total[h]);
            to[1] = __float2half(o[d][h * 2 + 1] / total[h]);
        }
    }
}

void flash_attention_mma(half* O, const half* Q, const half* K, const half* V, int heads, int n) {
    flash_attention_mma_kernel<<<dim3(ceil_div(n, QUERIES), heads), 128>>>(O, Q, K, V, n);
    CUDA_CHECK(cudaGetLastError());
}
