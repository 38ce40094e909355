// The largest magnitude of an array: warps reduce by shuffles, then meet in one atomic.
#include <cuda_runtime.h>

__global__ void abs_max_kernel(const float* x, int* largest_bits, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    float value = i < n ? fabsf(x[i]) : 0.0f;
    for (int offset = 16; offset > 0; offset /= 2) {
        value = fmaxf(value, __shfl_down_sync(0xffffffffu, value, offset));
    }
    if (threadIdx.x % 32 == 0) {
        atomicMax(largest_bits, __float_as_int(value));
    }
}

// The order of non-negative floats is that of their bits.
float abs_max(const float* x, int n) {
    float* d_x;
    int* d_bits;
    cudaMalloc((void**)&d_x, n * sizeof(float));
    cudaMalloc((void**)&d_bits, sizeof(int));
    cudaMemcpy(d_x, x, n * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemset(d_bits, 0, sizeof(int));
    abs_max_kernel<<<(n + 191) / 192, 192>>>(d_x, d_bits, n);
    float result = 0.0f;
    cudaMemcpy(&result, d_bits, sizeof(float), cudaMemcpyDeviceToHost);
    cudaFree(d_x);
    cudaFree(d_bits);
    return result;
}
