// Sum of an array in host memory: one partial sum per block, added up on the host.
#include <cuda_runtime.h>
#include <vector>

constexpr int THREADS = 256;

__global__ void block_sums(const float* x, float* sums, int n) {
    __shared__ float partial[THREADS];
    int tid = threadIdx.x;
    int i = blockIdx.x * THREADS + tid;
    partial[tid] = i < n ? x[i] : 0.0f;
    __syncthreads();
    for (int s = THREADS / 2; s > 0; s >>= 1) {
        if (tid < s) {
            partial[tid] += partial[tid + s];
        }
        __syncthreads();
    }
    if (tid == 0) sums[blockIdx.x] = partial[0];
}

float sum(const float* x, int n) {
    int blocks = (n + THREADS - 1) / THREADS;
    float *d_x, *d_sums;
    cudaMalloc((void**)&d_x, n * sizeof(float));
    cudaMalloc((void**)&d_sums, blocks * sizeof(float));
    cudaMemcpy(d_x, x, n * sizeof(float), cudaMemcpyHostToDevice);
    block_sums<<<blocks, THREADS>>>(d_x, d_sums, n);
    std::vector<float> sums(blocks);
    cudaMemcpy(sums.data(), d_sums, blocks * sizeof(float), cudaMemcpyDeviceToHost);
    cudaFree(d_x);
    cudaFree(d_sums);
    float total = 0.0f;
    for (float s : sums) total += s;
    return total;
}
