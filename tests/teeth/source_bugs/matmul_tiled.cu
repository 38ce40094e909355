// c = a * b for row-major matrices in host memory, tile by tile through shared memory.
#include <cuda_runtime.h>

#define TILE 16

__global__ void matmul_kernel(const float* a, const float* b, float* c, int m, int k, int n) {
    __shared__ float tile_a[TILE][TILE];
    __shared__ float tile_b[TILE][TILE];
    int tx = threadIdx.x, ty = threadIdx.y;
    int row = blockIdx.y * TILE + ty;
    int col = blockIdx.x * TILE + tx;
    float acc = 0.0f;
    for (int t = 0; t < k; t += TILE) {
        tile_a[ty][tx] = (row < m && t + tx < k) ? a[row * k + t + tx] : 0.0f;
        tile_b[ty][tx] = (t + ty < k && col < n) ? b[(t + ty) * n + col] : 0.0f;
        __syncthreads();
        for (int i = 0; i < TILE; i++) {
            acc += tile_a[ty][i] * tile_b[i][tx];
        }
        __syncthreads();
    }
    if (row < m && col < n) {
        c[row * n + col] = acc;
    }
}

void matmul(const float* a, const float* b, float* c, int m, int k, int n) {
    float *d_a, *d_b, *d_c;
    cudaMalloc((void**)&d_a, sizeof(float) * m * k);
    cudaMalloc((void**)&d_b, sizeof(float) * k * n);
    cudaMalloc((void**)&d_c, sizeof(float) * m * n);
    cudaMemcpy(d_a, a, sizeof(float) * m * k, cudaMemcpyHostToDevice);
    cudaMemcpy(d_b, b, sizeof(float) * k * n, cudaMemcpyHostToDevice);
    dim3 block(TILE, TILE);
    dim3 grid((n + TILE - 1) / TILE, (m + TILE - 1) / TILE);
    matmul_kernel<<<grid, block>>>(d_a, d_b, d_c, m, k, n);
    cudaMemcpy(c, d_c, sizeof(float) * m * n, cudaMemcpyDeviceToHost);
    cudaFree(d_a);
    cudaFree(d_b);
    cudaFree(d_c);
}
