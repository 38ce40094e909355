// Mean over a window of seven, with zeros beyond both ends; the window comes from shared memory.
#include <cuda_runtime.h>

#define RADIUS 3
#define BLOCK_SIZE 128

__global__ void window_mean(const float* x, float* y, int n) {
    __shared__ float tile[BLOCK_SIZE + 2 * RADIUS];
    const int i = blockIdx.x * BLOCK_SIZE + threadIdx.x;
    const int at = threadIdx.x + RADIUS;
    tile[at] = i < n ? x[i] : 0.0f;
    if (threadIdx.x < RADIUS) {
        const int left = i - RADIUS, right = i + BLOCK_SIZE;
        tile[at - RADIUS] = left >= 0 ? x[left] : 0.0f;
        tile[at + BLOCK_SIZE] = right < n ? x[right] : 0.0f;
    }
    __syncthreads();
    if (i >= n) return;
    float sum = 0.0f;
    for (int d = -RADIUS; d <= RADIUS; d++) {
        sum += tile[at + d];
    }
    y[i] = sum / (2 * RADIUS + 1);
}

void smooth(const float* x, float* y, int n) {
    float *d_x, *d_y;
    cudaMalloc((void**)&d_x, n * sizeof(float));
    cudaMalloc((void**)&d_y, n * sizeof(float));
    cudaMemcpy(d_x, x, n * sizeof(float), cudaMemcpyHostToDevice);
    window_mean<<<(n + BLOCK_SIZE - 1) / BLOCK_SIZE, BLOCK_SIZE>>>(d_x, d_y, n);
    cudaMemcpy(y, d_y, n * sizeof(float), cudaMemcpyDeviceToHost);
    cudaFree(d_x);
    cudaFree(d_y);
}
