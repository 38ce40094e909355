// Softmax over the rows of a matrix, a block per row; one shared buffer serves both reductions.
#include <cfloat>

#include <cuda_runtime.h>

constexpr int SOFTMAX_THREADS = 128;

__global__ void softmax_rows_kernel(float* out, const float* inp, int rows, int cols) {
    __shared__ float shared[SOFTMAX_THREADS];
    const int tid = threadIdx.x;
    const float* x = inp + blockIdx.x * cols;
    float* y = out + blockIdx.x * cols;

    float largest = -FLT_MAX;
    for (int i = tid; i < cols; i += SOFTMAX_THREADS) largest = fmaxf(largest, x[i]);
    shared[tid] = largest;
    __syncthreads();
    for (int stride = SOFTMAX_THREADS / 2; stride > 0; stride /= 2) {
        if (tid < stride) shared[tid] = fmaxf(shared[tid], shared[tid + stride]);
        __syncthreads();
    }
    largest = shared[0];
    __syncthreads();

    float sum = 0.0f;
    for (int i = tid; i < cols; i += SOFTMAX_THREADS) {
        float e = expf(x[i] - largest);
        y[i] = e;
        sum += e;
    }
    shared[tid] = sum;
    __syncthreads();
    for (int stride = SOFTMAX_THREADS / 2; stride > 0; stride /= 2) {
        if (tid < stride) shared[tid] += shared[tid + stride];
        __syncthreads();
    }
    const float scale = 1.0f / shared[0];
    for (int i = tid; i < cols; i += SOFTMAX_THREADS) y[i] *= scale;
}

void softmax_rows(float* out, const float* inp, int rows, int cols) {
    softmax_rows_kernel<<<rows, SOFTMAX_THREADS>>>(out, inp, rows, cols);
}
