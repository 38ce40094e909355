// Inclusive prefix sum of a block's elements after Hillis and Steele, between two buffers.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

template <int N>
__global__ void inclusive_scan(const int* in, int* out, int n) {
    __shared__ int buffer[2][N];
    int which = 0;
    const int t = threadIdx.x;
    buffer[which][t] = t < n ? in[t] : 0;
    __syncthreads();
    for (int d = 1; d < N; d <<= 1) {
        const int* from = buffer[which];
        int* to = buffer[1 - which];
        to[t] = t >= d ? from[t] + from[t - d] : from[t];
        which = 1 - which;
        __syncthreads();
    }
    if (t < n) out[t] = buffer[which][t];
}

int main() {
    const int n = 200;
    std::vector<int> in(n), out(n);
    for (int i = 0; i < n; i++) in[i] = i % 7 - 2;
    int *d_in, *d_out;
    cudaMalloc((void**)&d_in, n * sizeof(int));
    cudaMalloc((void**)&d_out, n * sizeof(int));
    cudaMemcpy(d_in, in.data(), n * sizeof(int), cudaMemcpyHostToDevice);
    inclusive_scan<256><<<1, 256>>>(d_in, d_out, n);
    cudaMemcpy(out.data(), d_out, n * sizeof(int), cudaMemcpyDeviceToHost);
    int sum = 0, errors = 0;
    for (int i = 0; i < n; i++) {
        sum += in[i];
        errors += out[i] != sum;
    }
    std::printf("%d errors\n", errors);
    cudaFree(d_in);
    cudaFree(d_out);
    return errors;
}
