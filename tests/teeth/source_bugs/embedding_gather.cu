// Rows of an embedding table for a batch of tokens; -1 marks padding, which gives zeros.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

__global__ void gather_rows(const float* table, const int* ids, float* out, int dim) {
    const int token = blockIdx.x;
    const int id = ids[token];
    const float4* from = reinterpret_cast<const float4*>(table + id * dim);
    float4* to = reinterpret_cast<float4*>(out + token * dim);
    for (int i = threadIdx.x; i < dim / 4; i += blockDim.x) {
        float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
        if (id >= 0) value = from[i];
        to[i] = value;
    }
}

int main() {
    const int dim = 48;
    const int rows = 20, tokens = 9;
    std::vector<float> table(rows * dim), out(tokens * dim);
    for (int i = 0; i < rows * dim; i++) table[i] = 0.125f * i;
    const std::vector<int> ids = {3, 19, -1, 0, 7, 7, -1, 11, 4};
    float *d_table, *d_out;
    int* d_ids;
    cudaMalloc((void**)&d_table, rows * dim * sizeof(float));
    cudaMalloc((void**)&d_out, tokens * dim * sizeof(float));
    cudaMalloc((void**)&d_ids, tokens * sizeof(int));
    cudaMemcpy(d_table, table.data(), rows * dim * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemcpy(d_ids, ids.data(), tokens * sizeof(int), cudaMemcpyHostToDevice);
    gather_rows<<<tokens, 32>>>(d_table, d_ids, d_out, dim);
    cudaMemcpy(out.data(), d_out, tokens * dim * sizeof(float), cudaMemcpyDeviceToHost);
    std::printf("%f %f\n", out[dim], out[2 * dim]);
    cudaFree(d_table);
    cudaFree(d_out);
    cudaFree(d_ids);
    return 0;
}
