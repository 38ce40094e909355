// How often each byte value occurs; counted per block in shared memory first.
#include <cuda_runtime.h>

#define BINS 256

__global__ void byte_histogram_kernel(const unsigned char* data, unsigned int* bins, int n) {
    __shared__ unsigned int counts[BINS];
    for (int b = threadIdx.x; b < BINS; b += blockDim.x) counts[b] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        atomicAdd(&counts[data[i]], 1u);
    }
    __syncthreads();
    for (int b = threadIdx.x; b < BINS; b += blockDim.x) {
        if (counts[b] > 0) atomicAdd(&bins[b], counts[b]);
    }
}

void byte_histogram(const unsigned char* data, unsigned int* bins, int n) {
    unsigned char* d_data;
    unsigned int* d_bins;
    cudaMalloc((void**)&d_data, n);
    cudaMalloc((void**)&d_bins, BINS * sizeof(unsigned int));
    cudaMemcpy(d_data, data, n, cudaMemcpyHostToDevice);
    cudaMemset(d_bins, 0, BINS * sizeof(unsigned int));
    byte_histogram_kernel<<<4, 128>>>(d_data, d_bins, n);
    cudaMemcpy(bins, d_bins, BINS * sizeof(unsigned int), cudaMemcpyDeviceToHost);
    cudaFree(d_data);
    cudaFree(d_bins);
}
