// Row 58, style T: c[M, N] = A[M, K] * B[K, N] with square tiles in shared memory. Threads outside the
// matrix still load zeros and reach every barrier.
#include <cuda_fp16.h>

#include "check.h"

template <int TILE>
__global__ void gemm_tiled_kernel(float* C, const float* A, const float* B, int M, int N, int K) {
    __shared__ float As[TILE][TILE];
    __shared__ float Bs[TILE][TILE];
    const int row = blockIdx.y * TILE + threadIdx.y;
    const int col = blockIdx.x * TILE + threadIdx.x;
    float sum = 0.0f;
    for (int t = 0; t < (K + TILE - 1) / TILE; t++) {
        const int a_col = t * TILE + threadIdx.x;
        const int b_row = t * TILE + threadIdx.y;
        As[threadIdx.y][threadIdx.x] = (row < M && a_col < K) ? A[row * K + a_col] : 0.0f;
        Bs[threadIdx.y][threadIdx.x] = (b_row < K && col < N) ? B[b_row * N + col] : 0.0f;
        __syncthreads();
#pragma unroll
        for (int k = 0; k < TILE; k++) {
            sum += As[threadIdx.y][k] * Bs[k][threadIdx.x];
        }
        __syncthreads();
    }
    if (row < M && col < N) C[row * N + col] = sum;
}

// Both tiles in one dynamic buffer, half data, float sums, the tile size known at run time only.
__global__ void gemm_tiled_half_kernel(half* C, const half* A, const half* B, int M, int N, int K, int tile) {
    extern __shared__ half tiles[];
    half* As = tiles;
    half* Bs = tiles + tile * tile;
    const int tx = threadIdx.x, ty = threadIdx.y;
    const int row = blockIdx.y * tile + ty, col = blockIdx.x * tile + tx;
    float sum = 0.0f;
    for (int k0 = 0; k0 < K; k0 += tile) {
        As[ty * tile + tx] = row < M && k0 + tx < K ? A[row * K + k0 + tx] : __float2half(0.0f);
        Bs[ty * tile + tx] = k0 + ty < K && col < N ? B[(k0 + ty) * N + col] : __float2half(0.0f);
        __syncthreads();
        for (int k = 0; k < tile; k++) sum += __half2float(As[ty * tile + k]) * __half2float(Bs[k * tile + tx]);
        __syncthreads();
    }
    if (row < M && col < N) C[row * N + col] = __float2half(sum);
}

void gemm_tiled(float* C, const float* A, const float* B, int M, int N, int K) {
    constexpr int TILE = 16;
    dim3 block(TILE, TILE);
    dim3 grid((N + TILE - 1) / TILE, (M + TILE - 1) / TILE);
    gemm_tiled_kernel<TILE><<<grid, block>>>(C, A, B, M, N, K);
    CUDA_CHECK(cudaGetLastError());
}

void gemm_tiled_half(half* C, const half* A, const half* B, int M, int N, int K, int tile) {
    const size_t shared_bytes = 2 * tile * tile * sizeof(half);
    gemm_tiled_half_kernel<<<dim3(ceil_div(N, tile), ceil_div(M, tile)), dim3(tile, tile), shared_bytes>>>(C, A, B, M, N,
                                                                                                   K, tile);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int shapes[4][3] = {{1, 1, 1}, {16, 16, 16}, {33, 20, 47}, {5, 70, 18}};
    for (const auto& s : shapes) {
        const int M = s[0], N = s[1], K = s[2];
        std::vector<float> A = random_floats(M * K, 510), B = random_floats(K * N, 511);
        std::vector<half> Ah, Bh;
        for (float v : A) Ah.push_back(__float2half(v));
        for (float v : B) Bh.push_back(__float2half(v));
        std::vector<double> want(M * N);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++)
                for (int k = 0; k < K; k++) want[i * N + j] += (double)A[i * K + k] * B[k * N + j];
        float *d_A = to_device(A), *d_B = to_device(B), *d_C = device_zeros<float>(M * N);
        half *d_Ah = to_device(Ah), *d_Bh = to_device(Bh), *d_Ch = device_zeros<half>(M * N);
        gemm_tiled(d_C, d_A, d_B, M, N, K);
        ok = all_close(to_host(d_C, M * N), want, 1e-5, "tiled") && ok;
        gemm_tiled_half(d_Ch, d_Ah, d_Bh, M, N, K, 8);
        std::vector<half> raw = to_host(d_Ch, M * N);
        std::vector<float> got;
        for (auto v : raw) got.push_back(__half2float(v));
        ok = all_close(got, want, 1e-2, "tiled half") && ok;
        cudaFree(d_A), cudaFree(d_B), cudaFree(d_C), cudaFree(d_Ah), cudaFree(d_Bh), cudaFree(d_Ch);
    }
    return report(ok);
}
