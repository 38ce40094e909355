// Sorts an array in pieces of 256 with a bitonic network in shared memory; the last piece is
// filled up with the largest number.
#include <climits>

#include <cuda_runtime.h>

#define PIECE 256

__global__ void bitonic_sort(int* data, int n) {
    __shared__ int keys[PIECE];
    const int tid = threadIdx.x;
    const int i = blockIdx.x * PIECE + tid;
    keys[tid] = i < n ? data[i] : INT_MAX;
    __syncthreads();
    for (int size = 2; size <= PIECE; size *= 2) {
        for (int stride = size / 2; stride > 0; stride /= 2) {
            const int partner = tid ^ stride;
            if (partner > tid) {
                const bool up = (tid & size) == 0;
                const int a = keys[tid], b = keys[partner];
                if ((a > b) == up) {
                    keys[tid] = b;
                    keys[partner] = a;
                }
            }
            __syncthreads();
        }
    }
    if (i < n) data[i] = keys[tid];
}

void sort_pieces(int* data, int n) {
    int* d_data;
    cudaMalloc((void**)&d_data, n * sizeof(int));
    cudaMemcpy(d_data, data, n * sizeof(int), cudaMemcpyHostToDevice);
    bitonic_sort<<<(n + PIECE - 1) / PIECE, PIECE>>>(d_data, n);
    cudaMemcpy(data, d_data, n * sizeof(int), cudaMemcpyDeviceToHost);
    cudaFree(d_data);
}
