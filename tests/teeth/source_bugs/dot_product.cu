// Dot product: blocks reduce in shared memory, the last warp by itself, and add their sums
// atomically.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

#define BLOCK 128

__global__ void dot_kernel(const float* a, const float* b, float* out, int n) {
  __shared__ float partial[BLOCK];
  const int tid = threadIdx.x;
  float sum = 0.0f;
  for (int i = blockIdx.x * BLOCK + tid; i < n; i += gridDim.x * BLOCK) {
    sum += a[i] * b[i];
  }
  partial[tid] = sum;
  __syncthreads();
  for (int s = BLOCK / 2; s >= 32; s >>= 1) {
    if (tid < s) partial[tid] += partial[tid + s];
    __syncthreads();
  }
  if (tid < 32) {
    for (int s = 16; s > 0; s >>= 1) {
      float other = partial[tid + s];
      __syncwarp();
      partial[tid] += other;
      __syncwarp();
    }
  }
  if (tid == 0) {
    atomicAdd(out, partial[0]);
  }
}

int main() {
  const int n = 10007;
  std::vector<float> a(n), b(n);
  for (int i = 0; i < n; i++) {
    a[i] = 0.25f * (i % 17);
    b[i] = 0.5f * (i % 5);
  }
  float *d_a, *d_b, *d_out, result = 0.0f;
  cudaMalloc((void**)&d_a, n * sizeof(float));
  cudaMalloc((void**)&d_b, n * sizeof(float));
  cudaMalloc((void**)&d_out, sizeof(float));
  cudaMemcpy(d_a, a.data(), n * sizeof(float), cudaMemcpyHostToDevice);
  cudaMemcpy(d_b, b.data(), n * sizeof(float), cudaMemcpyHostToDevice);
  cudaMemset(d_out, 0, sizeof(float));
  dot_kernel<<<8, BLOCK>>>(d_a, d_b, d_out, n);
  cudaMemcpy(&result, d_out, sizeof(float), cudaMemcpyDeviceToHost);
  printf("%f\n", result);
  cudaFree(d_a);
  cudaFree(d_b);
  cudaFree(d_out);
  return 0;
}
