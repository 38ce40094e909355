// Row 58, style L: C[M, N] = A[M, K] * B[K, N] in half precision on tensor cores through nvcuda::wmma: a
// block of four warps has a tile of 64 by 64, each warp a quarter. Tiles are padded with zeros at the
// borders.
#include <cuda_fp16.h>
#include <mma.h>

#include "check.h"

using namespace nvcuda;

constexpr int TILE = 64, DEPTH = 32, PAD = 8;

__global__ void __launch_bounds__(128) hgemm_wmma_kernel(half* C, const half* A, const half* B, int M, int N, int K) {
    __shared__ __align__(32) half As[TILE][DEPTH + PAD];
    __shared__ __align__(32) half Bs[DEPTH][TILE + PAD];
    __shared__ __align__(32) float Cs[TILE][TILE];
    const int warp = threadIdx.x / 32;
    const int warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;
    const int row0 = blockIdx.y * TILE, column0 = blockIdx.x * TILE;
    const half zero = __float2half(0.0f);

    wmma::fragment<wmma::accumulator, 16, 16, 16, float> c[2][2];
#pragma unroll
    for (int i = 0; i < 2; i++) {
#pragma unroll
        for (int j = 0; j < 2; j++) wmma::fill_fragment(c[i][j], 0.0f);
    }
    for (int k0 = 0; k0 < K; k0 += DEPTH) {
        for (int i = threadIdx.x; i < TILE * DEPTH; i += blockDim.x) {
            const int r = i / DEPTH, k = i % DEPTH;
            As[r][k] = row0 + r < M && k0 + k < K ? A[(size_t)(row0 + r) * K + k0 + k] : zero;
        }
        for (int i = threadIdx.x; i < DEPTH * TILE; i += blockDim.x) {
            const int k = i / TILE, n = i % TILE;
            Bs[k][n] = k0 + k < K && column0 + n < N ? B[(size_t)(k0 + k) * N + column0 + n] : zero;
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < DEPTH; k += 16) {
            wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> a[2];
            wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> b[2];
#pragma unroll
            for (int i = 0; i < 2; i++) wmma::load_matrix_sync(a[i], &As[warp_row + i * 16][k], DEPTH + PAD);
#pragma unroll
            for (int j = 0; j < 2; j++) wmma::load_matrix_sync(b[j], &Bs[k][warp_column + j * 16], TILE + PAD);
#pragma unroll
            for (int i = 0; i < 2; i++) {
#pragma unroll
                for (int j = 0; j < 2; j++) wmma::mma_sync(c[i][j], a[i], b[j], c[i][j]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 2; i++) {
#pragma unroll
        for (int j = 0; j < 2; j++) {
            float* to = &Cs[warp_row + i * 16][warp_column + j * 16];
            wmma::store_matrix_sync(to, c[i][j], TILE, wmma::mem_row_major);
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < TILE * TILE; i += blockDim.x) {
        const int r = row0 + i / TILE, n = column0 + i % TILE;
        if (r < M && n < N) C[(size_t)r * N + n] = __float2half(Cs[i / TILE][i % TILE]);
    }
}

void hgemm_wmma(half* C, const half* A, const half* B, int M, int N, int K) {
    hgemm_wmma_kernel<<<dim3(ceil_div(N, TILE), ceil_div(M, TILE)), 128>>>(C, A, B, M, N, K);
    CUDA_CHECK(cudaGetLastError());
}
