// Root mean square normalisation of rows in place, a block per row.
#include <cuda_runtime.h>

constexpr int RMS_THREADS = 256;

__global__ void rmsnorm_kernel(float* x, const float* gain, int rows, int cols, float epsilon) {
  __shared__ float warp_sums[RMS_THREADS / 32];
  float* row = x + (size_t)blockIdx.x * cols;
  float squares = 0.0f;
  for (int i = threadIdx.x; i < cols; i += RMS_THREADS) squares += row[i] * row[i];
  for (int d = 16; d > 0; d >>= 1) squares += __shfl_xor_sync(0xffffffffu, squares, d);
  if (threadIdx.x % 32 == 0) warp_sums[threadIdx.x / 32] = squares;
  __syncthreads();
  float total = 0.0f;
  for (int w = 0; w < RMS_THREADS / 32; w++) total += warp_sums[w];
  const float scale = rsqrtf(total / cols + epsilon);
  for (int i = threadIdx.x; i < cols; i += RMS_THREADS) row[i] = row[i] * scale * gain[i];
}

void rmsnorm(float* x, const float* gain, int rows, int cols, float epsilon) {
  rmsnorm_kernel<<<rows, RMS_THREADS>>>(x, gain, rows, cols, epsilon);
}
