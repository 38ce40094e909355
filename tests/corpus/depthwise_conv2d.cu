// Row 66, style X: depthwise convolution in NCHW; common kernel sizes are template arguments (0 stands
// for any), a dispatch macro picks them. The gradient of the weights is a block reduction per tap.
#include <algorithm>
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

#define CUDA_1D_KERNEL_LOOP_T(type, i, n) \
    for (type i = blockIdx.x * blockDim.x + threadIdx.x; i < (n); i += blockDim.x * gridDim.x)

#define DISPATCH_KERNEL_SIZE(size, ...)                          \
    switch (size) {                                              \
        case 3: { constexpr int kSize = 3; __VA_ARGS__; break; } \
        default: { constexpr int kSize = 0; __VA_ARGS__; }       \
    }

template <typename T> struct AccumulateType { using type = T; };
template <> struct AccumulateType<half> { using type = float; };
template <typename T> using acc_type = typename AccumulateType<T>::type;

template <int kSize, typename scalar_t, typename index_t>
__global__ void conv_depthwise2d_forward_kernel(const scalar_t* __restrict__ input, scalar_t* __restrict__ output,
                                                const scalar_t* __restrict__ weight, const scalar_t* __restrict__ bias,
                                                const bool bias_enabled, const index_t total, const int channels,
                                                const int multiplier, const int in_w, const int in_h, const int out_w,
                                                const int out_h, const int kernel_size, const int stride, const int pad,
                                                const int dilation) {
    const int K = kSize != 0 ? kSize : kernel_size;
    CUDA_1D_KERNEL_LOOP_T(index_t, linear_index, total) {
        index_t rest = linear_index;
        const int w = rest % out_w;
        rest /= out_w;
        const int h = rest % out_h;
        rest /= out_h;
        const int c = rest % channels;
        const index_t n = rest / channels;
        const int in_channels = channels / multiplier;
        const scalar_t* plane = input + (n * in_channels + c / multiplier) * in_h * in_w;
        const scalar_t* taps = weight + c * K * K;

        acc_type<scalar_t> value = bias_enabled ? static_cast<acc_type<scalar_t>>(bias[c]) : acc_type<scalar_t>(0);
#pragma unroll
        for (int kh = 0; kh < K; ++kh) {
#pragma unroll
            for (int kw = 0; kw < K; ++kw) {
                const int y = -pad + h * stride + kh * dilation;
                const int x = -pad + w * stride + kw * dilation;
                if (y >= 0 && y < in_h && x >= 0 && x < in_w) {
                    value += static_cast<acc_type<scalar_t>>(__ldg(taps + kh * K + kw)) *
                             static_cast<acc_type<scalar_t>>(__ldg(plane + y * in_w + x));
                }
            }
        }
        output[linear_index] = static_cast<scalar_t>(value);
    }
}

// a block per (tap, channel)
__global__ void conv_depthwise2d_grad_weight_kernel(const float* __restrict__ grad_output, const float* __restrict__ input,
                                                    float* __restrict__ grad_weight, const int batch, const int channels,
                                                    const int in_w, const int in_h, const int out_w, const int out_h,
                                                    const int K, const int stride, const int pad) {
    const int ch = blockIdx.y, kh = blockIdx.x / K, kw = blockIdx.x % K;
    float grad = 0.0f;
    for (int i = threadIdx.x; i < batch * out_h * out_w; i += blockDim.x) {
        const int n = i / (out_h * out_w), h = i / out_w % out_h, w = i % out_w;
        const int y = -pad + h * stride + kh, x = -pad + w * stride + kw;
        if (y < 0 || y >= in_h || x < 0 || x >= in_w) continue;
        grad += grad_output[((n * channels + ch) * out_h + h) * out_w + w] * input[((n * channels + ch) * in_h + y) * in_w + x];
    }
    __shared__ float shared[32];
    for (int offset = warpSize / 2; offset > 0; offset >>= 1) grad += __shfl_down_sync(0xffffffff, grad, offset);
    if (threadIdx.x % warpSize == 0) shared[threadIdx.x / warpSize] = grad;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int i = 1; i < blockDim.x / warpSize; ++i) grad += shared[i];
        grad_weight[ch * K * K + blockIdx.x] = grad;
    }
}

template <typename scalar_t>
void conv_depthwise2d(scalar_t* out, const scalar_t* x, const scalar_t* weight, const scalar_t* bias, int batch, int channels,
                      int multiplier, int in_h, int in_w, int K, int stride, int pad, int dilation) {
    const int out_h = (in_h + 2 * pad - dilation * (K - 1) - 1) / stride + 1;
    const int out_w = (in_w + 2 * pad - dilation * (K - 1) - 1) / stride + 1;
    const int total = batch * channels * out_h * out_w;
    if (total <= 0) return;
    const int blocks = std::min(ceil_div(total, 128), 16);
    DISPATCH_KERNEL_SIZE(K, (conv_depthwise2d_forward_kernel<kSize, scalar_t, int><<<blocks, 128>>>(
                                x, out, weight, bias, bias != nullptr, total, channels, multiplier, in_w, in_h, out_w, out_h,
                                K, stride, pad, dilation)));
    CUDA_CHECK(cudaGetLastError());
}

void grad_weight(float* gw, const float* go, const float* x, int batch, int channels, int in_h, int in_w, int K, int stride, int pad) {
    const int out_h = (in_h + 2 * pad - K) / stride + 1, out_w = (in_w + 2 * pad - K) / stride + 1;
    dim3 grid(K * K, channels);
    conv_depthwise2d_grad_weight_kernel<<<grid, 64>>>(go, x, gw, batch, channels, in_w, in_h, out_w, out_h, K, stride, pad);
}

template <typename T>
bool check(int K, int stride, int pad, int dilation, bool with_bias, double tol) {
    const int batch = 2, channels = 6, multiplier = 2, in_h = 9, in_w = 7;
    const int out_h = (in_h + 2 * pad - dilation * (K - 1) - 1) / stride + 1, out_w = (in_w + 2 * pad - dilation * (K - 1) - 1) / stride + 1;
    std::vector<T> x, w, b;
    for (float v : random_floats(batch * channels / multiplier * in_h * in_w, 940)) x.push_back((T)v);
    for (float v : random_floats(channels * K * K, 941)) w.push_back((T)v);
    for (float v : random_floats(channels, 942)) b.push_back((T)v);
    std::vector<double> want;
    for (int n = 0; n < batch; n++)
        for (int c = 0; c < channels; c++)
            for (int h = 0; h < out_h; h++)
                for (int v = 0; v < out_w; v++) {
                    double sum = with_bias ? (double)(float)b[c] : 0.0;
                    for (int t = 0; t < K * K; t++) {
                        const int y = h * stride - pad + t / K * dilation, z = v * stride - pad + t % K * dilation;
                        if (y >= 0 && y < in_h && z >= 0 && z < in_w)
                            sum += (double)(float)w[c * K * K + t] * (float)x[((n * 3 + c / multiplier) * in_h + y) * in_w + z];
                    }
                    want.push_back(sum);
                }
    T *d_x = to_device(x), *d_w = to_device(w), *d_b = to_device(b), *d_y = device_zeros<T>(want.size());
    conv_depthwise2d<T>(d_y, d_x, d_w, with_bias ? d_b : nullptr, batch, channels, multiplier, in_h, in_w, K, stride, pad, dilation);
    std::vector<float> got;
    for (T v : to_host(d_y, want.size())) got.push_back((float)v);
    cudaFree(d_x), cudaFree(d_w), cudaFree(d_b), cudaFree(d_y);
    return all_close(got, want, tol, "depthwise");
}

int main() {
    bool ok = check<float>(3, 1, 1, 1, true, 1e-5);
    ok = check<float>(2, 2, 3, 2, false, 1e-5) && ok;  // whole taps outside
    ok = check<half>(3, 2, 0, 1, true, 1e-2) && ok;
    ok = check<half>(1, 1, 0, 1, true, 1e-2) && ok;
    const int batch = 2, ch = 3, h = 6, w = 5, K = 3;
    std::vector<float> x = random_floats(batch * ch * h * w, 943), go = random_floats(batch * ch * h * w, 944);
    std::vector<double> want(ch * K * K);
    for (int i = 0; i < batch * ch * h * w; i++)
        for (int t = 0; t < K * K; t++) {
            const int y = i / w % h - 1 + t / K, z = i % w - 1 + t % K;
            if (y >= 0 && y < h && z >= 0 && z < w) want[i / (h * w) % ch * K * K + t] += (double)go[i] * x[i / (h * w) * h * w + y * w + z];
        }
    float *d_x = to_device(x), *d_go = to_device(go), *d_gw = device_zeros<float>(ch * K * K);
    grad_weight(d_gw, d_go, d_x, batch, ch, h, w, K, 1, 1);
    ok = all_close(to_host(d_gw, ch * K * K), want, 1e-5, "gradient of the weights") && ok;
    cudaFree(d_x), cudaFree(d_go), cudaFree(d_gw);
    return report(ok);
}
