// Gradient of a gather: rows of updates are added to the rows of a table that indices name.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

__global__ void scatter_add(float* table, const long long* index, const float* updates, int count, int dim) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count * dim) {
        const long long row = index[i / dim];
        atomicAdd(&table[row * dim + i % dim], updates[i]);
    }
}

int main() {
    const int rows = 16, count = 100, dim = 12;
    std::vector<float> updates(count * dim, 0.5f), table(rows * dim);
    std::vector<long long> index(count);
    for (int i = 0; i < count; i++) index[i] = i * i % rows;
    float *d_table, *d_updates;
    long long* d_index;
    cudaMalloc((void**)&d_table, rows * dim * sizeof(float));
    cudaMalloc((void**)&d_updates, count * dim * sizeof(float));
    cudaMalloc((void**)&d_index, count * sizeof(long long));
    cudaMemset(d_table, 0, rows * dim * sizeof(float));
    cudaMemcpy(d_updates, updates.data(), count * dim * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemcpy(d_index, index.data(), count * sizeof(long long), cudaMemcpyHostToDevice);
    scatter_add<<<(count * dim + 127) / 128, 128>>>(d_table, d_index, d_updates, count, dim);
    cudaMemcpy(table.data(), d_table, rows * dim * sizeof(float), cudaMemcpyDeviceToHost);
    std::printf("%f\n", table[dim]);
    cudaFree(d_table);
    cudaFree(d_updates);
    cudaFree(d_index);
    return 0;
}
