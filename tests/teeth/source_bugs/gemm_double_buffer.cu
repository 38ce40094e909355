// Matrix product with two stages of shared memory: the next tile is loaded while one is used.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

constexpr int T = 16;

__global__ void gemm_double_buffer(const float* A, const float* B, float* C, int N) {
    __shared__ float As[2][T][T];
    __shared__ float Bs[2][T][T];
    const int tx = threadIdx.x, ty = threadIdx.y;
    const int row = blockIdx.y * T + ty, col = blockIdx.x * T + tx;
    const int tiles = N / T;
    As[0][ty][tx] = A[row * N + tx];
    Bs[0][ty][tx] = B[ty * N + col];
    __syncthreads();
    float sum = 0.0f;
    for (int t = 0; t < tiles; ++t) {
        const int stage = t & 1;
        if (t + 1 < tiles) {
            As[stage ^ 1][ty][tx] = A[row * N + (t + 1) * T + tx];
            Bs[stage ^ 1][ty][tx] = B[((t + 1) * T + ty) * N + col];
        }
        for (int k = 0; k < T; ++k) sum += As[stage][ty][k] * Bs[stage][k][tx];
        __syncthreads();
    }
    C[row * N + col] = sum;
}

int main() {
    const int N = 64;
    std::vector<float> a(N * N), b(N * N), c(N * N);
    for (int i = 0; i < N * N; ++i) {
        a[i] = (i % 13) * 0.5f;
        b[i] = (i % 7) - 3.0f;
    }
    float *d_a, *d_b, *d_c;
    cudaMalloc((void**)&d_a, N * N * sizeof(float));
    cudaMalloc((void**)&d_b, N * N * sizeof(float));
    cudaMalloc((void**)&d_c, N * N * sizeof(float));
    cudaMemcpy(d_a, a.data(), N * N * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemcpy(d_b, b.data(), N * N * sizeof(float), cudaMemcpyHostToDevice);
    gemm_double_buffer<<<dim3(N / T, N / T), dim3(T, T)>>>(d_a, d_b, d_c, N);
    cudaMemcpy(c.data(), d_c, N * N * sizeof(float), cudaMemcpyDeviceToHost);
    std::printf("%f\n", c[N * N - 1]);
    cudaFree(d_a);
    cudaFree(d_b);
    cudaFree(d_c);
    return 0;
}
