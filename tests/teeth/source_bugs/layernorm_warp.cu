// Layer normalisation with a warp per row.
#include <cuda_runtime.h>

__device__ float warp_sum(float value) {
    for (int offset = 16; offset > 0; offset >>= 1) {
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    }
    return value;
}

__global__ void layernorm_warp_kernel(float* out, const float* inp, const float* weight, const float* bias,
                                      int rows, int cols) {
    const int lane = threadIdx.x % 32;
    const int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    if (row >= rows) return;
    const float* x = inp + row * cols;
    float sum = 0.0f;
    for (int i = lane; i < cols; i += 32) sum += x[i];
    const float mean = warp_sum(sum) / cols;
    float squares = 0.0f;
    for (int i = lane; i < cols; i += 32) {
        float d = x[i] - mean;
        squares += d * d;
    }
    const float rstd = rsqrtf(warp_sum(squares) / cols + 1e-5f);
    for (int i = lane; i < cols; i += 32) {
        out[row * cols + i] = (x[i] - mean) * rstd * weight[i] + bias[i];
    }
}

void layernorm_forward(float* out, const float* inp, const float* weight, const float* bias, int rows, int cols) {
    const int warps = 4;
    layernorm_warp_kernel<<<(rows + warps - 1) / warps, 32 * warps>>>(out, inp, weight, bias, rows, cols);
}
