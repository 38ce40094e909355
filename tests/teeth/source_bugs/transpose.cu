// Transpose through a padded tile; a block of 32 x 8 threads moves 32 x 32 elements.
#include <cstdio>
#include <cstdlib>

#include <cuda_runtime.h>

const int TILE_DIM = 32;
const int BLOCK_ROWS = 8;

__global__ void transpose_tile(float* odata, const float* idata, int width, int height) {
  __shared__ float tile[TILE_DIM][TILE_DIM + 1];

  int x = blockIdx.x * TILE_DIM + threadIdx.x;
  int y = blockIdx.y * TILE_DIM + threadIdx.y;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS) {
    if (x < width && y + j < height)
      tile[threadIdx.y + j][threadIdx.x] = idata[(y + j) * width + x];
  }

  __syncthreads();

  x = blockIdx.y * TILE_DIM + threadIdx.x;
  y = blockIdx.x * TILE_DIM + threadIdx.y;
  for (int j = 0; j < TILE_DIM; j += BLOCK_ROWS) {
    if (x < height && y + j < width)
      odata[(y + j) * height + x] = tile[threadIdx.x][threadIdx.y + j];
  }
}

int main() {
  const int width = 75, height = 50;
  const size_t bytes = width * height * sizeof(float);
  float* h_in = (float*)malloc(bytes);
  float* h_out = (float*)malloc(bytes);
  for (int i = 0; i < width * height; i++) h_in[i] = (float)i;

  float *d_in, *d_out;
  cudaMalloc((void**)&d_in, bytes);
  cudaMalloc((void**)&d_out, bytes);
  cudaMemcpy(d_in, h_in, bytes, cudaMemcpyHostToDevice);
  dim3 grid((width + TILE_DIM - 1) / TILE_DIM, (height + TILE_DIM - 1) / TILE_DIM);
  transpose_tile<<<grid, dim3(TILE_DIM, BLOCK_ROWS)>>>(d_out, d_in, width, height);
  cudaMemcpy(h_out, d_out, bytes, cudaMemcpyDeviceToHost);

  int errors = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) errors += h_out[x * height + y] != h_in[y * width + x];
  printf("%d errors\n", errors);
  cudaFree(d_in);
  cudaFree(d_out);
  free(h_in);
  free(h_out);
  return errors != 0;
}
