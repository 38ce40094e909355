// Inclusive prefix sum of a long array in three launches: within chunks, over their totals, and
// the totals added back.
#include <cuda_runtime.h>

const int CHUNK = 64;

__device__ int scan_in_block(int value, int* temp) {
    const int tid = threadIdx.x;
    temp[tid] = value;
    __syncthreads();
    for (int d = 1; d < CHUNK; d *= 2) {
        const int before = tid >= d ? temp[tid - d] : 0;
        __syncthreads();
        temp[tid] += before;
        __syncthreads();
    }
    return temp[tid];
}

__global__ void scan_chunks(const int* in, int* out, int* totals, int n) {
    __shared__ int temp[CHUNK];
    const int i = blockIdx.x * CHUNK + threadIdx.x;
    const int sum = scan_in_block(i < n ? in[i] : 0, temp);
    if (i < n) out[i] = sum;
    if (threadIdx.x == CHUNK - 1) totals[blockIdx.x] = sum;
}

__global__ void scan_totals(int* totals, int chunks) {
    __shared__ int temp[CHUNK];
    int carry = 0;
    for (int first = 0; first < chunks; first += CHUNK) {
        const int i = first + threadIdx.x;
        const int sum = scan_in_block(i < chunks ? totals[i] : 0, temp);
        if (i < chunks) totals[i] = carry + sum;
        carry += temp[CHUNK - 1];
        __syncthreads();
    }
}

__global__ void add_totals(int* out, const int* totals, int n) {
    const int i = blockIdx.x * CHUNK + threadIdx.x;
    if (i < n && blockIdx.x > 0) out[i] += totals[blockIdx.x - 1];
}

void prefix_sum(const int* in, int* out, int n) {
    const int chunks = (n + CHUNK - 1) / CHUNK;
    int *d_in, *d_out, *d_totals;
    cudaMalloc((void**)&d_in, n * sizeof(int));
    cudaMalloc((void**)&d_out, n * sizeof(int));
    cudaMalloc((void**)&d_totals, chunks * sizeof(int));
    cudaMemcpy(d_in, in, n * sizeof(int), cudaMemcpyHostToDevice);
    scan_chunks<<<chunks, CHUNK>>>(d_in, d_out, d_totals, n);
    scan_totals<<<1, CHUNK>>>(d_totals, chunks);
    add_totals<<<chunks, CHUNK>>>(d_out, d_totals, n);
    cudaMemcpy(out, d_out, n * sizeof(int), cudaMemcpyDeviceToHost);
    cudaFree(d_in);
    cudaFree(d_out);
    cudaFree(d_totals);
}
