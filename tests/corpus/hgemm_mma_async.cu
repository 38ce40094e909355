// Row 59, style L: C[M, N] = A[M, K] * B[N, K]^T in half precision by inline PTX: cp.async into two
// swizzled buffers, ldmatrix, mma.sync with sums in single precision. A block of four warps has a tile of
// 64 by 64. Rows are read 8 elements at a time, so K is a multiple of 8.
#include <cuda_fp16.h>

#include <cstdint>

#include "check.h"

constexpr int TILE = 64, DEPTH = 32, CHUNKS = DEPTH / 8;

// Copies 16 bytes of a row of global memory, or zeros where the row or column does not exist.
__device__ __forceinline__ void copy_chunk(half* to, const half* from, bool exists) {
    const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(to));
    const int bytes = exists ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(address), "l"(from), "r"(bytes));
}

__device__ __forceinline__ void load_fragments(uint32_t (&r)[4], const half* row) {
    const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\n"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address));
}

__device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};\n"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Where chunk `chunk` of a row lies: neighbouring rows begin in different banks.
__device__ __forceinline__ int swizzled(int row, int chunk) { return row * DEPTH + (chunk ^ (row / 2 % CHUNKS)) * 8; }

__device__ __forceinline__ void load_tile(half* tile, const half* from, int row0, int rows, int k0, int K) {
    for (int i = threadIdx.x; i < TILE * CHUNKS; i += blockDim.x) {
        const int row = i / CHUNKS, chunk = i % CHUNKS;
        const bool exists = row0 + row < rows && k0 + chunk * 8 < K;
        const half* source = exists ? from + (size_t)(row0 + row) * K + k0 + chunk * 8 : from;
        copy_chunk(tile + swizzled(row, chunk), source, exists);
    }
}

__global__ void __launch_bounds__(128) hgemm_mma_async_kernel(half* C, const half* A, const half* B, int M, int N, int K) {
    __shared__ __align__(128) half As[2][TILE * DEPTH];
    __shared__ __align__(128) half Bs[2][TILE * DEPTH];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;
    const int row0 = blockIdx.y * TILE, column0 = blockIdx.x * TILE;
    float c[2][4][4] = {};

    const int steps = (K + DEPTH - 1) / DEPTH;
    load_tile(As[0], A, row0, M, 0, K);
    load_tile(Bs[0], B, column0, N, 0, K);
    asm volatile("cp.async.commit_group;\n");
    for (int step = 0; step < steps; step++) {
        const int now = step % 2;
        if (step + 1 < steps) {
            load_tile(As[1 - now], A, row0, M, (step + 1) * DEPTH, K);
            load_tile(Bs[1 - now], B, column0, N, (step + 1) * DEPTH, K);
        }
        asm volatile("cp.async.commit_group;\n");
        asm volatile("cp.async.wait_group %0;\n" ::"n"(1));
        __syncthreads();
#pragma unroll
        for (int k = 0; k < DEPTH / 16; k++) {
            uint32_t a[2][4], b[2][4];
#pragma unroll
            for (int i = 0; i < 2; i++) {
                const int row = warp_row + i * 16 + lane % 16;
                load_fragments(a[i], As[now] + swizzled(row, k * 2 + lane / 16));
            }
#pragma unroll
            for (int j = 0; j < 2; j++) {
                const int row = warp_column + j * 16 + lane / 16 * 8 + lane % 8;
                load_fragments(b[j], Bs[now] + swizzled(row, k * 2 + lane / 8 % 2));
            }
#pragma unroll
            for (int i = 0; i < 2; i++) {
#pragma unroll
                for (int j = 0; j < 4; j++) multiply(c[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 2; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const int row = row0 + warp_row + i * 16 + lane / 4 + e / 2 * 8;
                const int column = column0 + warp_column + j * 8 + lane % 4 * 2 + e % 2;
                if (row < M && column < N) C[(size_t)row * N + column] = __float2half(c[i][j][e]);
            }
        }
    }
}

void hgemm_mma_async(half* C, const half* A, const half* B, int M, int N, int K) {
    K = K / 8 * 8;
    hgemm_mma_async_kernel<<<dim3(ceil_div(N, TILE), ceil_div(M, TILE)), 128>>>(C, A, B, M, N, K);
    CUDA_CHECK(cudaGetLastError());
}
