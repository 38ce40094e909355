// The K largest values of each row: every thread keeps its own list, thread 0 merges them.
#include <cfloat>
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

#define K 4
#define THREADS 32

__device__ void insert(float* list, float value) {
  int at = K - 1;
  if (value <= list[at]) return;
  while (at > 0 && list[at - 1] < value) {
    list[at] = list[at - 1];
    at--;
  }
  list[at] = value;
}

__global__ void topk_rows(const float* scores, float* top, int cols) {
  __shared__ float lists[THREADS][K];
  float mine[K];
  for (int j = 0; j < K; j++) mine[j] = -FLT_MAX;
  for (int i = threadIdx.x; i < cols; i += THREADS) {
    insert(mine, scores[blockIdx.x * cols + i]);
  }
  for (int j = 0; j < K; j++) lists[threadIdx.x][j] = mine[j];
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int t = 1; t < THREADS; t++) {
      for (int j = 0; j < K; j++) insert(mine, lists[t][j]);
    }
    for (int j = 0; j < K; j++) top[blockIdx.x * K + j] = mine[j];
  }
}

int main() {
  const int rows = 5, cols = 77;
  std::vector<float> scores(rows * cols), top(rows * K);
  for (int i = 0; i < rows * cols; i++) scores[i] = 0.01f * ((i * 7919) % 1009);
  float *d_scores, *d_top;
  cudaMalloc((void**)&d_scores, rows * cols * sizeof(float));
  cudaMalloc((void**)&d_top, rows * K * sizeof(float));
  cudaMemcpy(d_scores, scores.data(), rows * cols * sizeof(float), cudaMemcpyHostToDevice);
  topk_rows<<<rows, THREADS>>>(d_scores, d_top, cols);
  cudaMemcpy(top.data(), d_top, rows * K * sizeof(float), cudaMemcpyDeviceToHost);
  std::printf("%f %f\n", top[0], top[K - 1]);
  cudaFree(d_scores);
  cudaFree(d_top);
  return 0;
}
