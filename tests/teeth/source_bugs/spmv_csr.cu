// Sparse matrix times vector, compressed rows, a thread per row.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

__global__ void spmv_csr_kernel(int rows, const int* row_start, const int* cols, const float* values,
                                const float* x, float* y) {
  int row = blockDim.x * blockIdx.x + threadIdx.x;
  if (row < rows) {
    float dot = 0.0f;
    for (int k = row_start[row]; k < row_start[row + 1]; k++) {
      dot += values[k] * x[cols[k]];
    }
    y[row] = dot;
  }
}

int main() {
  const int rows = 150;
  std::vector<int> row_start(1, 0), cols;
  std::vector<float> values, x(rows), y(rows);
  for (int r = 0; r < rows; r++) {
    for (int c = r % 5; c < rows; c += 11 + r % 3) {
      cols.push_back(c);
      values.push_back(0.01f * (r - c));
    }
    row_start.push_back((int)cols.size());
    x[r] = 1.0f + 0.5f * (r % 4);
  }
  const int nonzeros = (int)cols.size();
  int *d_start, *d_cols;
  float *d_values, *d_x, *d_y;
  cudaMalloc((void**)&d_start, (rows + 1) * sizeof(int));
  cudaMalloc((void**)&d_cols, nonzeros * sizeof(int));
  cudaMalloc((void**)&d_values, nonzeros * sizeof(float));
  cudaMalloc((void**)&d_x, rows * sizeof(float));
  cudaMalloc((void**)&d_y, rows * sizeof(float));
  cudaMemcpy(d_start, row_start.data(), (rows + 1) * sizeof(int), cudaMemcpyHostToDevice);
  cudaMemcpy(d_cols, cols.data(), nonzeros * sizeof(int), cudaMemcpyHostToDevice);
  cudaMemcpy(d_values, values.data(), nonzeros * sizeof(float), cudaMemcpyHostToDevice);
  cudaMemcpy(d_x, x.data(), rows * sizeof(float), cudaMemcpyHostToDevice);
  spmv_csr_kernel<<<(rows + 63) / 64, 64>>>(rows, d_start, d_cols, d_values, d_x, d_y);
  cudaMemcpy(y.data(), d_y, rows * sizeof(float), cudaMemcpyDeviceToHost);
  std::printf("%f\n", y[rows - 1]);
  cudaFree(d_start);
  cudaFree(d_cols);
  cudaFree(d_values);
  cudaFree(d_x);
  cudaFree(d_y);
  return 0;
}
