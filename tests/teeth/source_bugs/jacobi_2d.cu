// Heat in a plate: sweeps of the five-point stencil, from one grid to the other.
#include <cstdio>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

#define AT(row, col) ((row) * width + (col))

__global__ void sweep(const float* now, float* next, int height, int width) {
    int col = blockIdx.x * blockDim.x + threadIdx.x;
    int row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= height || col >= width) return;
    if (row == 0 || col == 0 || row == height - 1 || col == width - 1) return;
    float around = now[AT(row - 1, col)] + now[AT(row + 1, col)] + now[AT(row, col - 1)] + now[AT(row, col + 1)];
    next[AT(row, col)] = 0.25f * around;
}

int main() {
    const int height = 37, width = 50;
    const size_t bytes = height * width * sizeof(float);
    std::vector<float> plate(height * width);
    for (int col = 0; col < width; col++) plate[col] = 100.0f;

    float *d_now, *d_next;
    cudaMalloc((void**)&d_now, bytes);
    cudaMalloc((void**)&d_next, bytes);
    cudaMemcpy(d_now, plate.data(), bytes, cudaMemcpyHostToDevice);
    cudaMemcpy(d_next, plate.data(), bytes, cudaMemcpyHostToDevice);
    dim3 block(16, 8), grid((width + 15) / 16, (height + 7) / 8);
    for (int step = 0; step < 10; step++) {
        sweep<<<grid, block>>>(d_now, d_next, height, width);
        std::swap(d_now, d_next);
    }
    cudaMemcpy(plate.data(), d_now, bytes, cudaMemcpyDeviceToHost);
    std::printf("%f\n", plate[AT(5, width / 2)]);
    cudaFree(d_now);
    cudaFree(d_next);
    return 0;
}
