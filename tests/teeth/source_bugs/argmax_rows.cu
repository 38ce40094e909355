// Index of each row's largest element; the first one where there are several.
#include <cfloat>

#include <cuda_runtime.h>

template <int THREADS>
__global__ void argmax_rows_kernel(int* out, const float* logits, int rows, int cols) {
    __shared__ float best_value[THREADS];
    __shared__ int best_index[THREADS];
    const int tid = threadIdx.x;
    const float* row = logits + (size_t)blockIdx.x * cols;

    float value = -FLT_MAX;
    int index = 0;
    for (int i = tid; i < cols; i += THREADS) {
        if (row[i] > value) {
            value = row[i];
            index = i;
        }
    }
    best_value[tid] = value;
    best_index[tid] = index;
    __syncthreads();

    for (int s = THREADS / 2; s > 0; s >>= 1) {
        if (tid < s) {
            const float other = best_value[tid + s];
            const int other_index = best_index[tid + s];
            if (other > best_value[tid] || (other == best_value[tid] && other_index < best_index[tid])) {
                best_value[tid] = other;
                best_index[tid] = other_index;
            }
        }
        __syncthreads();
    }
    if (tid == 0) out[blockIdx.x] = best_index[0];
}

void argmax_rows(int* out, const float* logits, int rows, int cols) {
    argmax_rows_kernel<64><<<rows, 64>>>(out, logits, rows, cols);
}
