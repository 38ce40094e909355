// y = a * x + y on device memory.
#include <cuda_runtime.h>

__global__ void axpy_kernel(const float* x, float* y, float a, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        y[i] = a * x[i] + y[i];
    }
}

void axpy(const float* x, float* y, float a, int n) {
    const int threads = 256;
    axpy_kernel<<<(n + threads - 1) / threads, threads>>>(x, y, a, n);
}
