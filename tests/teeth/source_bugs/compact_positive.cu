// Keeps the positive elements, each block in a part of the output of its own; their order within
// the block is open.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

#define CHUNK 256

__global__ void compact_positive(const int* in, int* out, int* kept, int n) {
    __shared__ int count;
    if (threadIdx.x == 0) count = 0;
    __syncthreads();
    const int i = blockIdx.x * CHUNK + threadIdx.x;
    const int value = i < n ? in[i] : 0;
    if (value > 0) {
        const int place = atomicAdd(&count, 1);
        out[blockIdx.x * CHUNK + place] = value;
    }
    __syncthreads();
    if (threadIdx.x == 0) kept[blockIdx.x] = count;
}

int main() {
    const int n = 1000, chunks = (n + CHUNK - 1) / CHUNK;
    std::vector<int> in(n), kept(chunks);
    for (int i = 0; i < n; i++) in[i] = i * 7919 % 23 - 11;
    int *d_in, *d_out, *d_kept;
    cudaMalloc((void**)&d_in, n * sizeof(int));
    cudaMalloc((void**)&d_out, n * sizeof(int));
    cudaMalloc((void**)&d_kept, chunks * sizeof(int));
    cudaMemcpy(d_in, in.data(), n * sizeof(int), cudaMemcpyHostToDevice);
    compact_positive<<<chunks, CHUNK>>>(d_in, d_out, d_kept, n);
    cudaMemcpy(kept.data(), d_kept, chunks * sizeof(int), cudaMemcpyDeviceToHost);
    int total = 0;
    for (int k : kept) total += k;
    std::printf("kept %d of %d\n", total, n);
    cudaFree(d_in);
    cudaFree(d_out);
    cudaFree(d_kept);
    return 0;
}
