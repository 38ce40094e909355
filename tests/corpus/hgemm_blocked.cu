// Row 59, style L: half-precision product with 8 x 8 outputs per thread, tiles in shared memory copied as
// 128 bits asynchronously (one of them swizzled, two buffers), multiplied in half2; and a bfloat16 one with float sums.
#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define OFFSET(row, col, ld) ((row) * (ld) + (col))
#define LDST128BITS(value) (reinterpret_cast<float4*>(&(value))[0])
#define CP_ASYNC_CG(dst, src) asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(dst), "l"(src))
#define CP_ASYNC_COMMIT_GROUP() asm volatile("cp.async.commit_group;\n" ::)
#define CP_ASYNC_WAIT_GROUP(n) asm volatile("cp.async.wait_group %0;\n" ::"n"(n))
#define HALF2(value) (reinterpret_cast<half2*>(&(value))[0])

// 128-bit columns of a tile row are exchanged by the row's number, so that a column's reads spread out
template <int COLUMNS>
__device__ __forceinline__ int swizzled(int row, int col) {
    return row * COLUMNS + (((col >> 3) ^ (row & (COLUMNS / 8 - 1))) << 3) + (col & 7);
}

// M, N multiples of 64, K of 16; 8 x 8 threads
template <const int BM = 64, const int BN = 64, const int BK = 16, const int TM = 8, const int TN = 8>
__global__ void __launch_bounds__(BM* BN / (TM * TN))
    hgemm_t_8x8_sliced_k_f16x8_kernel(const half* a, const half* b, half* c, const int M,
                                      const int N, const int K) {
    __shared__ __align__(16) half s_a[2][BM * BK];
    __shared__ __align__(16) half s_b[2][BK * BN];
    const int tx = threadIdx.x, ty = threadIdx.y, tid = ty * blockDim.x + tx;
    half2 r_c[TM][TN / 2];
#pragma unroll
    for (int m = 0; m < TM; m++)
#pragma unroll
        for (int n = 0; n < TN / 2; n++) r_c[m][n] = __float2half2_rn(0.0f);

    auto load_tiles = [&](int buffer, int k0) {
#pragma unroll
        for (int part = tid; part < BM * BK / 8; part += 64) {
            const int row = part / (BK / 8), col = part % (BK / 8) * 8;
            const uint32_t to = (uint32_t)__cvta_generic_to_shared(&s_a[buffer][row * BK + col]);
            CP_ASYNC_CG(to, &a[OFFSET(blockIdx.y * BM + row, k0 + col, K)]);
        }
#pragma unroll
        for (int part = tid; part < BK * BN / 8; part += 64) {
            const int row = part / (BN / 8), col = part % (BN / 8) * 8;
            const uint32_t to = (uint32_t)__cvta_generic_to_shared(&s_b[buffer][swizzled<BN>(row, col)]);
            CP_ASYNC_CG(to, &b[OFFSET(k0 + row, blockIdx.x * BN + col, N)]);
        }
        CP_ASYNC_COMMIT_GROUP();
    };

    load_tiles(0, 0);
    CP_ASYNC_WAIT_GROUP(0);
    __syncthreads();
    for (int k0 = 0, buffer = 0; k0 < K; k0 += BK, buffer ^= 1) {
        if (k0 + BK < K) load_tiles(buffer ^ 1, k0 + BK);
#pragma unroll
        for (int k = 0; k < BK; k++) {
            half r_b[TN];
            LDST128BITS(r_b[0]) = LDST128BITS(s_b[buffer][swizzled<BN>(k, tx * TN)]);
#pragma unroll
            for (int m = 0; m < TM; m++) {
                const half2 r_a = __half2half2(s_a[buffer][(ty * TM + m) * BK + k]);
#pragma unroll
                for (int n = 0; n < TN / 2; n++) r_c[m][n] = __hfma2(r_a, HALF2(r_b[2 * n]), r_c[m][n]);
            }
        }
        CP_ASYNC_WAIT_GROUP(0);
        __syncthreads();
    }
#pragma unroll
    for (int m = 0; m < TM; m++) {
        LDST128BITS(c[OFFSET(blockIdx.y * BM + ty * TM + m, blockIdx.x * BN + tx * TN, N)]) = LDST128BITS(r_c[m][0]);
    }
}

// any size: guarded loads, float sums, alpha and beta
template <int TILE>
__global__ void gemm_bf16_kernel(const __nv_bfloat16* __restrict__ a, const __nv_bfloat16* __restrict__ b,
                                 __nv_bfloat16* __restrict__ c, int M, int N, int K, float alpha, float beta) {
    __shared__ __nv_bfloat162 s_a[TILE][TILE / 2 + 1];
    __shared__ __nv_bfloat16 s_b[TILE][TILE];
    const int row = blockIdx.y * TILE + threadIdx.y, col = blockIdx.x * TILE + threadIdx.x;
    const __nv_bfloat16 zero = __float2bfloat16(0.0f);
    float sum = 0.0f;
    for (int k0 = 0; k0 < K; k0 += TILE) {
        if (threadIdx.x < TILE / 2) {
            const int k = k0 + 2 * threadIdx.x;
            __nv_bfloat162 pair;
            pair.x = row < M && k < K ? a[row * K + k] : zero;
            pair.y = row < M && k + 1 < K ? a[row * K + k + 1] : zero;
            s_a[threadIdx.y][threadIdx.x] = pair;
        }
        s_b[threadIdx.y][threadIdx.x] = k0 + threadIdx.y < K && col < N ? b[(k0 + threadIdx.y) * N + col] : zero;
        __syncthreads();
#pragma unroll
        for (int k = 0; k < TILE / 2; k++) {
            const float2 v = __bfloat1622float2(s_a[threadIdx.y][k]);
            sum += v.x * __bfloat162float(s_b[2 * k][threadIdx.x]);
            sum += v.y * __bfloat162float(s_b[2 * k + 1][threadIdx.x]);
        }
        __syncthreads();
    }
    if (row < M && col < N) {
        const float old = beta == 0.0f ? 0.0f : beta * __bfloat162float(c[row * N + col]);
        c[row * N + col] = __float2bfloat16(alpha * sum + old);
    }
}

void hgemm(const half* a, const half* b, half* c, int tiles_m, int tiles_n, int tiles_k) {
    dim3 block(8, 8), grid(tiles_n, tiles_m);
    hgemm_t_8x8_sliced_k_f16x8_kernel<64, 64, 16, 8, 8><<<grid, block>>>(a, b, c, tiles_m * 64, tiles_n * 64, tiles_k * 16);
}
void gemm_bf16(const __nv_bfloat16* a, const __nv_bfloat16* b, __nv_bfloat16* c, int M, int N, int K, float alpha, float beta) {
    constexpr int TILE = 16;
    gemm_bf16_kernel<TILE><<<dim3(ceil_div(N, TILE), ceil_div(M, TILE)), dim3(TILE, TILE)>>>(a, b, c, M, N, K, alpha, beta);
}

template <typename T, typename F>
bool check(int M, int N, int K, double tol, double beta, F multiply) {
    std::vector<T> a, b, c;
    for (float v : random_floats(M * K, 1120)) a.push_back((T)v);
    for (float v : random_floats(K * N, 1121)) b.push_back((T)v);
    for (float v : random_floats(M * N, 1122)) c.push_back((T)v);
    std::vector<double> want(M * N);
    std::vector<float> got;
    for (int i = 0; i < M * N; i++) {
        for (int k = 0; k < K; k++) want[i] += (double)(float)a[i / N * K + k] * (float)b[k * N + i % N];
        want[i] += beta * (float)c[i];
    }
    T *d_a = to_device(a), *d_b = to_device(b), *d_c = to_device(c);
    multiply(d_a, d_b, d_c);
    for (T v : to_host(d_c, M * N)) got.push_back((float)v);
    cudaFree(d_a), cudaFree(d_b), cudaFree(d_c);
    return all_close(got, want, tol, "product");
}

int main() {
    bool ok = check<half>(64, 128, 48, 3e-2, 0.0, [](half* a, half* b, half* c) { hgemm(a, b, c, 1, 2, 3); });
    ok = check<__nv_bfloat16>(21, 35, 19, 2e-2, 0.5, [](auto* a, auto* b, auto* c) { gemm_bf16(a, b, c, 21, 35, 19, 1.0f, 0.5f); }) && ok;
    return report(ok);
}
