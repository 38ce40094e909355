// Sum of two vectors: the smallest complete CUDA program.
//
// Build and run:   nvcc -std=c++17 -o vector_add vector_add.cu && ./vector_add [n]

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

__global__ void add_kernel(float* out, const float* a, const float* b, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        out[i] = a[i] + b[i];
    }
}

void vector_add(float* out, const float* a, const float* b, int n) {
    const int block_size = 128;
    const int grid_size = (n + block_size - 1) / block_size;
    add_kernel<<<grid_size, block_size>>>(out, a, b, n);
}

int main(int argc, char** argv) {
    const int n = argc > 1 ? atoi(argv[1]) : 1000;
    if (n < 1) {
        fprintf(stderr, "usage: %s [n]\n", argv[0]);
        return 2;
    }
    const size_t bytes = n * sizeof(float);
    std::vector<float> a(n), b(n), out(n);
    for (int i = 0; i < n; i++) {
        a[i] = 0.5f * i;
        b[i] = 3.0f - i;
    }

    float *d_a, *d_b, *d_out;
    if (cudaMalloc(&d_a, bytes) != cudaSuccess || cudaMalloc(&d_b, bytes) != cudaSuccess ||
        cudaMalloc(&d_out, bytes) != cudaSuccess) {
        fprintf(stderr, "cannot allocate %zu bytes on the device\n", 3 * bytes);
        return 1;
    }
    cudaMemcpy(d_a, a.data(), bytes, cudaMemcpyHostToDevice);
    cudaMemcpy(d_b, b.data(), bytes, cudaMemcpyHostToDevice);
    vector_add(d_out, d_a, d_b, n);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(out.data(), d_out, bytes, cudaMemcpyDeviceToHost);
    cudaFree(d_a);
    cudaFree(d_b);
    cudaFree(d_out);

    bool ok = status == cudaSuccess;
    for (int i = 0; i < n && ok; i++) ok = out[i] == a[i] + b[i];
    printf(ok ? "PASS\n" : "FAIL\n");
    return ok ? 0 : 1;
}
