// Convolution of a signal with weights in constant memory, several outputs per thread.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

#define TAPS 5
#define PER_THREAD 4

__constant__ float weights[TAPS];

__global__ void convolve(const float* signal, float* result, int n) {
  const int first = (blockIdx.x * blockDim.x + threadIdx.x) * PER_THREAD;
  float window[PER_THREAD + TAPS - 1];
  for (int w = 0; w < PER_THREAD + TAPS - 1; w++) {
    const int i = first + w - TAPS / 2;
    window[w] = i >= 0 && i < n ? signal[i] : 0.0f;
  }
  for (int p = 0; p < PER_THREAD; p++) {
    if (first + p >= n) break;
    float sum = 0.0f;
    for (int t = 0; t < TAPS; t++) {
      sum += weights[t] * window[p + t];
    }
    result[first + p] = sum;
  }
}

int main() {
  const int n = 1001;
  const float taps[TAPS] = {0.1f, 0.2f, 0.4f, 0.2f, 0.1f};
  std::vector<float> signal(n), result(n);
  for (int i = 0; i < n; i++) signal[i] = (i * 37 % 100) * 0.01f;
  float *d_signal, *d_result;
  cudaMalloc((void**)&d_signal, n * sizeof(float));
  cudaMalloc((void**)&d_result, n * sizeof(float));
  cudaMemcpy(d_signal, signal.data(), n * sizeof(float), cudaMemcpyHostToDevice);
  cudaMemcpyToSymbol(weights, taps, sizeof(taps));
  const int threads = 64, blocks = (n + threads * PER_THREAD - 1) / (threads * PER_THREAD);
  convolve<<<blocks, threads>>>(d_signal, d_result, n);
  cudaMemcpy(result.data(), d_result, n * sizeof(float), cudaMemcpyDeviceToHost);
  std::printf("%f %f\n", result[0], result[n - 1]);
  cudaFree(d_signal);
  cudaFree(d_result);
  return 0;
}
