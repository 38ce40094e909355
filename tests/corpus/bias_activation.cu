// Row 13, styles T and X: y = act(x + bias[column]) on a row-major matrix: flat index with a modulo, 2D
// blocks, and an in-place variant on float2. The activation is a function given as template argument.
#include "check.h"

using activation_t = float (*)(float);

__device__ float identity(float x) { return x; }
__device__ float relu(float x) { return x > 0.0f ? x : 0.0f; }
__device__ float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }
__device__ float softplus(float x, float beta = 1.0f, float threshold = 20.0f) {
    return x * beta > threshold ? x : log1pf(expf(x * beta)) / beta;
}
__device__ float softplus_default(float x) { return softplus(x); }
__device__ float softplus_sharp(float x) { return softplus(x, 4.0f); }

template <activation_t act = identity>
__global__ void bias_act_flat_kernel(float* y, const float* x, const float* bias, int rows, int cols) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < rows * cols) {
        int col = i % cols;
        y[i] = act(x[i] + bias[col]);
    }
}

template <activation_t act>
__global__ void bias_act_2d_kernel(float* y, const float* x, const float* bias, int rows, int cols) {
    const unsigned int col = blockIdx.x * blockDim.x + threadIdx.x;
    const unsigned int row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= rows || col >= cols) return;
    y[row * cols + col] = act(x[row * cols + col] + bias[col]);
}

__global__ void bias_relu_inplace_kernel(float2* data, const float2* __restrict__ bias, int rows, int pairs) {
    for (int row = blockIdx.x; row < rows; row += gridDim.x) {
        float2* line = data + row * pairs;
        for (int i = threadIdx.x; i < pairs; i += blockDim.x) {
            float2 v = line[i];
            const float2 b = __ldg(bias + i);
            v.x = relu(v.x + b.x);
            v.y = relu(v.y + b.y);
            line[i] = make_float2(v.x, v.y);
        }
    }
}

void bias_identity(float* y, const float* x, const float* bias, int rows, int cols, int block_size) {
    bias_act_flat_kernel<><<<ceil_div(rows * cols, block_size), block_size>>>(y, x, bias, rows, cols);
}

void bias_softplus(float* y, const float* x, const float* bias, int rows, int cols, int block_size) {
    const int blocks = ceil_div(rows * cols, block_size);
    bias_act_flat_kernel<softplus_default><<<blocks, block_size>>>(y, x, bias, rows, cols);
}

void bias_softplus_sharp(float* y, const float* x, const float* bias, int rows, int cols) {
    bias_act_flat_kernel<softplus_sharp><<<ceil_div(rows * cols, 128), 128>>>(y, x, bias, rows, cols);
}

void bias_sigmoid(float* y, const float* x, const float* bias, int rows, int cols) {
    dim3 block(32, 4);
    dim3 grid(ceil_div(cols, 32), ceil_div(rows, 4));
    bias_act_2d_kernel<sigmoid><<<grid, block>>>(y, x, bias, rows, cols);
}

// cols must be even
void bias_relu_inplace(float* data, const float* bias, int rows, int cols) {
    int grid = rows < 8 ? rows : 8;
    bias_relu_inplace_kernel<<<grid, 32>>>((float2*)data, (const float2*)bias, rows, cols / 2);
}

int main() {
    const int rows = 19, cols = 54, n = rows * cols;
    std::vector<float> x = random_floats(n, 81, -3.0f, 3.0f), bias = random_floats(cols, 82);
    std::vector<float> want_id(n), want_soft(n), want_sharp(n), want_sigmoid(n), want_relu(n);
    for (int i = 0; i < n; i++) {
        float s = x[i] + bias[i % cols];
        want_id[i] = s;
        want_soft[i] = (float)std::log1p(std::exp((double)s));
        want_sharp[i] = (float)(std::log1p(std::exp(4.0 * s)) / 4.0);
        want_sigmoid[i] = (float)(1.0 / (1.0 + std::exp(-(double)s)));
        want_relu[i] = s > 0 ? s : 0.0f;
    }
    float *d_x = to_device(x), *d_b = to_device(bias), *d_y = device_zeros<float>(n);
    bias_identity(d_y, d_x, d_b, rows, cols, 128);
    bool ok = all_close(to_host(d_y, n), want_id, 0.0, "bias");
    bias_softplus(d_y, d_x, d_b, rows, cols, 256);
    ok = all_close(to_host(d_y, n), want_soft, 1e-5, "softplus") && ok;
    bias_softplus_sharp(d_y, d_x, d_b, rows, cols);
    ok = all_close(to_host(d_y, n), want_sharp, 1e-5, "sharp softplus") && ok;
    bias_sigmoid(d_y, d_x, d_b, rows, cols);
    ok = all_close(to_host(d_y, n), want_sigmoid, 1e-5, "sigmoid") && ok;
    bias_relu_inplace(d_x, d_b, rows, cols);
    ok = all_close(to_host(d_x, n), want_relu, 0.0, "relu in place") && ok;
    cudaFree(d_x), cudaFree(d_b), cudaFree(d_y);
    return report(ok);
}
