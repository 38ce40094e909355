// Row 59, style L: register-blocked product: a block makes a BM x BN tile, a thread TM x TN outputs. A is
// stored transposed in shared memory; two buffers, so that one barrier per step is enough.
#include "check.h"

#define OFFSET(row, col, ld) ((row) * (ld) + (col))

template <const int BM, const int BN, const int BK, const int TM, const int TN>
__global__ void __launch_bounds__((BM / TM) * (BN / TN))
gemm_register_kernel(float* __restrict__ C, const float* __restrict__ A, const float* __restrict__ B, const int M,
                     const int N, const int K) {
    constexpr int THREADS = (BM / TM) * (BN / TN);
    __shared__ float As[2][BK][BM];
    __shared__ float Bs[2][BK][BN];

    const int tid = threadIdx.y * blockDim.x + threadIdx.x;
    const int row0 = blockIdx.y * BM, col0 = blockIdx.x * BN;

    float acc[TM][TN] = {{0.0f}};
    float a_frag[TM], b_frag[TN];

    auto load_tile = [&](int buffer, int k0) {
        for (int i = tid; i < BM * BK; i += THREADS) {
            const int r = i / BK, k = i % BK;
            As[buffer][k][r] = (row0 + r < M && k0 + k < K) ? A[OFFSET(row0 + r, k0 + k, K)] : 0.0f;
        }
        for (int i = tid; i < BK * BN; i += THREADS) {
            const int k = i / BN, c = i % BN;
            Bs[buffer][k][c] = (k0 + k < K && col0 + c < N) ? B[OFFSET(k0 + k, col0 + c, N)] : 0.0f;
        }
    };

    load_tile(0, 0);
    __syncthreads();
    int current = 0;
    for (int k0 = 0; k0 < K; k0 += BK) {
        if (k0 + BK < K) load_tile(current ^ 1, k0 + BK);
#pragma unroll
        for (int k = 0; k < BK; ++k) {
#pragma unroll
            for (int i = 0; i < TM; ++i) a_frag[i] = As[current][k][threadIdx.y * TM + i];
#pragma unroll
            for (int j = 0; j < TN; ++j) b_frag[j] = Bs[current][k][threadIdx.x * TN + j];
#pragma unroll
            for (int i = 0; i < TM; ++i)
#pragma unroll
                for (int j = 0; j < TN; ++j) acc[i][j] += a_frag[i] * b_frag[j];
        }
        __syncthreads();
        current ^= 1;
    }

#pragma unroll
    for (int i = 0; i < TM; ++i) {
        const int row = row0 + threadIdx.y * TM + i;
        if (row >= M) break;
#pragma unroll
        for (int j = 0; j < TN; j += 4) {
            const int col = col0 + threadIdx.x * TN + j;
            float* target = &C[OFFSET(row, col, N)];
            if (N % 4 == 0 && col + 3 < N) {
                *reinterpret_cast<float4*>(target) = make_float4(acc[i][j], acc[i][j + 1], acc[i][j + 2], acc[i][j + 3]);
            } else {
                for (int jj = 0; jj < 4; ++jj)
                    if (col + jj < N) target[jj] = acc[i][j + jj];
            }
        }
    }
}

void gemm_register(float* C, const float* A, const float* B, int M, int N, int K) {
    constexpr int BM = 32, BN = 64, BK = 8, TM = 4, TN = 8;
    dim3 block(BN / TN, BM / TM);
    dim3 grid(ceil_div(N, BN), ceil_div(M, BM));
    gemm_register_kernel<BM, BN, BK, TM, TN><<<grid, block>>>(C, A, B, M, N, K);
    CUDA_CHECK(cudaGetLastError());
}

// tall and narrow results
void gemm_register_small(float* C, const float* A, const float* B, int M, int N, int K) {
    dim3 grid(ceil_div(N, 16), ceil_div(M, 16));
    gemm_register_kernel<16, 16, 4, 2, 4><<<grid, dim3(4, 8)>>>(C, A, B, M, N, K);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int shapes[4][3] = {{1, 1, 1}, {40, 72, 30}, {33, 65, 9}, {64, 8, 50}};
    for (const auto& s : shapes) {
        const int M = s[0], N = s[1], K = s[2];
        std::vector<float> A = random_floats(M * K, 520), B = random_floats(K * N, 521);
        std::vector<double> want(M * N);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++)
                for (int k = 0; k < K; k++) want[i * N + j] += (double)A[i * K + k] * B[k * N + j];
        float *d_A = to_device(A), *d_B = to_device(B), *d_C = device_zeros<float>(M * N);
        gemm_register(d_C, d_A, d_B, M, N, K);
        ok = all_close(to_host(d_C, M * N), want, 1e-5, "register") && ok;
        CUDA_CHECK(cudaMemset(d_C, 0, M * N * sizeof(float)));
        gemm_register_small(d_C, d_A, d_B, M, N, K);
        ok = all_close(to_host(d_C, M * N), want, 1e-5, "register small") && ok;
        cudaFree(d_A), cudaFree(d_B), cudaFree(d_C);
    }
    return report(ok);
}
