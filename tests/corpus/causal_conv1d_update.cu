// Row 84, style X: causal depthwise convolution over time with a window of 2 to 4 - whole sequences, each
// thread a run of elements, and one step with the window kept as state (inference). Optional SiLU.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

struct ConvParamsBase {
    using index_t = uint32_t;
    int batch, dim, seqlen, width;
    bool silu_activation;
    index_t x_batch_stride, x_c_stride, weight_c_stride, conv_state_batch_stride, conv_state_c_stride;
    void *__restrict__ x_ptr, *__restrict__ weight_ptr, *__restrict__ bias_ptr, *__restrict__ out_ptr, *__restrict__ conv_state_ptr;
};

template <int kNThreads_, int kWidth_, typename input_t_, typename weight_t_>
struct Causal_conv1d_kernel_traits {
    using input_t = input_t_;
    using weight_t = weight_t_;
    static constexpr int kNThreads = kNThreads_;
    static constexpr int kWidth = kWidth_;
    static constexpr int kNElts = 4;
    static constexpr int kChunkSize = kNThreads * kNElts;
};

__device__ __forceinline__ float silu(float v) { return v / (1 + expf(-v)); }

// grid: batch x dim; the block walks its channel in chunks
template <typename Ktraits>
__global__ __launch_bounds__(Ktraits::kNThreads) void causal_conv1d_fwd_kernel(ConvParamsBase params) {
    constexpr int kWidth = Ktraits::kWidth;
    constexpr int kNElts = Ktraits::kNElts;
    using input_t = typename Ktraits::input_t;
    using weight_t = typename Ktraits::weight_t;
    const int batch_id = blockIdx.x, channel_id = blockIdx.y;
    const input_t* x = reinterpret_cast<const input_t*>(params.x_ptr) + batch_id * params.x_batch_stride + channel_id * params.x_c_stride;
    input_t* out = reinterpret_cast<input_t*>(params.out_ptr) + batch_id * params.x_batch_stride + channel_id * params.x_c_stride;
    const weight_t* weight = reinterpret_cast<const weight_t*>(params.weight_ptr) + channel_id * params.weight_c_stride;
    const float bias_val = params.bias_ptr == nullptr ? 0.f : float(reinterpret_cast<weight_t*>(params.bias_ptr)[channel_id]);

    float weight_vals[kWidth];
#pragma unroll
    for (int i = 0; i < kWidth; ++i) weight_vals[i] = float(weight[i]);

    for (int chunk = 0; chunk < params.seqlen; chunk += Ktraits::kChunkSize) {
        const int first = chunk + threadIdx.x * kNElts;
        float x_vals[kWidth - 1 + kNElts];  // the window reaches back before the thread's own elements
#pragma unroll
        for (int i = 0; i < kWidth - 1 + kNElts; ++i) {
            const int at = first + i - (kWidth - 1);
            x_vals[i] = at >= 0 && at < params.seqlen ? float(x[at]) : 0.f;
        }
#pragma unroll
        for (int i = 0; i < kNElts; ++i) {
            float acc = bias_val;
#pragma unroll
            for (int w = 0; w < kWidth; ++w) acc += weight_vals[w] * x_vals[i + w];
            if (params.silu_activation) acc = silu(acc);
            if (first + i < params.seqlen) out[first + i] = input_t(acc);
        }
    }
}

// One time step: the state [batch, dim, width - 1] moves up by one.
template <typename Ktraits>
__global__ __launch_bounds__(Ktraits::kNThreads) void causal_conv1d_update_kernel(ConvParamsBase params) {
    constexpr int kWidth = Ktraits::kWidth;
    using input_t = typename Ktraits::input_t;
    using weight_t = typename Ktraits::weight_t;
    const int channel_id = blockIdx.y * Ktraits::kNThreads + threadIdx.x;
    if (channel_id >= params.dim) return;
    input_t* state = reinterpret_cast<input_t*>(params.conv_state_ptr) + blockIdx.x * params.conv_state_batch_stride +
                     channel_id * params.conv_state_c_stride;
    const auto* weight = reinterpret_cast<const weight_t*>(params.weight_ptr) + channel_id * params.weight_c_stride;
    const int64_t at = blockIdx.x * params.x_batch_stride + channel_id;
    float window[kWidth];
#pragma unroll
    for (int i = 0; i < kWidth - 1; ++i) window[i] = float(state[i]);
    window[kWidth - 1] = float(reinterpret_cast<const input_t*>(params.x_ptr)[at]);
    float acc = params.bias_ptr == nullptr ? 0.f : float(reinterpret_cast<const weight_t*>(params.bias_ptr)[channel_id]);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) acc += float(weight[i]) * window[i];
#pragma unroll
    for (int i = 0; i < kWidth - 1; ++i) state[i] = input_t(window[i + 1]);
    reinterpret_cast<input_t*>(params.out_ptr)[at] = input_t(params.silu_activation ? silu(acc) : acc);
}

template <int kWidth, typename input_t, typename weight_t>
void causal_conv1d_fwd_launch(ConvParamsBase& params, cudaStream_t stream) {
    using Ktraits = Causal_conv1d_kernel_traits<32, kWidth, input_t, weight_t>;
    dim3 grid(params.batch, params.dim);
    auto kernel = &causal_conv1d_fwd_kernel<Ktraits>;
    kernel<<<grid, Ktraits::kNThreads, 0, stream>>>(params);
    CUDA_CHECK(cudaGetLastError());
}

template <typename T>
void causal_conv1d(T* out, T* x, float* weight, float* bias, int batch, int dim, int seqlen, int width, bool silu) {
    ConvParamsBase params = {batch, dim, seqlen, width, silu, (uint32_t)(dim * seqlen), (uint32_t)seqlen, (uint32_t)width, 0u, 0u,
                             x, weight, bias, out, nullptr};
    if (width == 2) causal_conv1d_fwd_launch<2, T, float>(params, 0);
    else if (width == 4) causal_conv1d_fwd_launch<4, T, float>(params, 0);
}

void causal_conv1d_half(half* out, half* x, float* weight, float* bias, int batch, int dim, int seqlen, int width, bool silu) {
    causal_conv1d(out, x, weight, bias, batch, dim, seqlen, width, silu);
}

void causal_conv1d_step(float* out, float* state, float* x, float* weight, int batch, int dim, bool silu) {
    constexpr int width = 4;
    ConvParamsBase params = {batch, dim, 1, width, silu, (uint32_t)dim, 1u, (uint32_t)width, (uint32_t)(dim * (width - 1)),
                             (uint32_t)(width - 1), x, weight, nullptr, out, state};
    causal_conv1d_update_kernel<Causal_conv1d_kernel_traits<64, width, float, float>><<<dim3(batch, ceil_div(dim, 64)), 64>>>(params);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int batch = 2, dim = 5;
    for (int width : {2, 4})
        for (int seqlen : {1, 3, 129, 140}) {
            std::vector<half> x;
            for (float v : random_floats(batch * dim * seqlen, 950)) x.push_back((half)v);
            std::vector<float> w = random_floats(dim * width, 951), b = random_floats(dim, 952);
            std::vector<double> want;
            std::vector<float> got;
            for (int i = 0; i < batch * dim * seqlen; i++) {
                double sum = b[i / seqlen % dim];
                for (int k = 0; k < width && k <= i % seqlen; k++) sum += w[i / seqlen % dim * width + width - 1 - k] * (float)x[i - k];
                want.push_back(sum / (1 + std::exp(-sum)));
            }
            half *d_x = to_device(x), *d_y = device_zeros<half>(x.size());
            float *d_w = to_device(w), *d_b = to_device(b);
            causal_conv1d_half(d_y, d_x, d_w, d_b, batch, dim, seqlen, width, true);
            for (half v : to_host(d_y, x.size())) got.push_back((float)v);
            ok = all_close(got, want, 1e-2, "sequence") && ok;
            if (width == 4 && seqlen == 3) {  // the same, step by step, without bias and activation
                float *d_state = device_zeros<float>(batch * dim * 3), *d_step = device_zeros<float>(batch * dim), *d_in = nullptr;
                for (int t = 0; t < seqlen; t++) {
                    std::vector<float> now(batch * dim), expected(batch * dim);
                    for (int c = 0; c < batch * dim; c++) {
                        now[c] = (float)x[c * seqlen + t];
                        for (int k = 0; k <= t; k++) expected[c] += w[c % dim * width + width - 1 - k] * (float)x[c * seqlen + t - k];
                    }
                    d_in = to_device(now);
                    causal_conv1d_step(d_step, d_state, d_in, d_w, batch, dim, false);
                    ok = all_close(to_host(d_step, batch * dim), expected, 1e-5, "step") && ok;
                    cudaFree(d_in);
                }
                cudaFree(d_state), cudaFree(d_step);
            }
            cudaFree(d_x), cudaFree(d_y), cudaFree(d_w), cudaFree(d_b);
        }
    return report(ok);
}
