// Row 40, style X: group normalisation in NHWC order, two kernels: sums per group, then scale and shift.
// All arguments travel in one record passed by value.
#include <cuda_fp16.h>

#include "check.h"

struct GroupNormParams {
    __half* dst;
    const __half* src;
    const float* gamma;
    const float* beta;
    float* sums;  // [n][groups][2]: sum and sum of squares
    int n, hw, c, groups;
    int channels_per_group;
    float epsilon;
    bool with_silu;
};

struct SumPair {
    float sum, sum_squares;
    __device__ SumPair operator+(const SumPair& other) const {
        return {sum + other.sum, sum_squares + other.sum_squares};
    }
};

// one block per (group, image)
template <int THREADS>
__global__ void group_norm_sum_kernel(const GroupNormParams params) {
    __shared__ SumPair shared[THREADS];
    const int group = blockIdx.x, image = blockIdx.y;
    const int count = params.hw * params.channels_per_group;

    SumPair local = {0.0f, 0.0f};
    for (int i = threadIdx.x; i < count; i += THREADS) {
        const int pixel = i / params.channels_per_group;
        const int channel = group * params.channels_per_group + i % params.channels_per_group;
        const float x = __half2float(params.src[((size_t)image * params.hw + pixel) * params.c + channel]);
        local = local + SumPair{x, x * x};
    }
    shared[threadIdx.x] = local;
    __syncthreads();
    for (int stride = THREADS / 2; stride > 0; stride >>= 1) {
        if (threadIdx.x < stride) shared[threadIdx.x] = shared[threadIdx.x] + shared[threadIdx.x + stride];
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        float* target = params.sums + (image * params.groups + group) * 2;
        target[0] = shared[0].sum;
        target[1] = shared[0].sum_squares;
    }
}

// threads over channels, blockIdx.y over pixels, blockIdx.z over images
__global__ void group_norm_scale_kernel(const GroupNormParams params) {
    const int channel = blockIdx.x * blockDim.x + threadIdx.x;
    if (channel >= params.c) return;
    const int image = blockIdx.z;
    const int group = channel / params.channels_per_group;
    const float* sums = &params.sums[(image * params.groups + group) * 2];
    const float count = (float)(params.hw * params.channels_per_group);
    const float mean = sums[0] / count;
    const float variance = sums[1] / count - mean * mean;
    const float inv_std = variance <= 0.0f ? 1.0f : rsqrtf(variance + params.epsilon);
    const float gamma = params.gamma[channel] * inv_std;
    const float beta = params.beta[channel] - mean * gamma;

    for (int pixel = blockIdx.y; pixel < params.hw; pixel += gridDim.y) {
        const size_t offset = ((size_t)image * params.hw + pixel) * params.c + channel;
        float y = __half2float(params.src[offset]) * gamma + beta;
        if (params.with_silu) y = y / (1.0f + expf(-y));
        params.dst[offset] = __float2half(y);
    }
}

// c must be a multiple of groups
void group_norm_nhwc(__half* dst, const __half* src, const float* gamma, const float* beta, float* sums, int n, int hw,
                     int c, int groups, bool with_silu) {
    GroupNormParams params = {};
    params.dst = dst;
    params.src = src;
    params.gamma = gamma;
    params.beta = beta;
    params.sums = sums;
    params.n = n, params.hw = hw, params.c = c, params.groups = groups;
    params.channels_per_group = c / groups;
    params.epsilon = 1e-5f;
    params.with_silu = with_silu;
    group_norm_sum_kernel<64><<<dim3(groups, n), 64>>>(params);
    dim3 grid(ceil_div(c, 32), hw < 4 ? hw : 4, n);
    group_norm_scale_kernel<<<grid, 32>>>(params);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int n = 2, hw = 35, c = 42, groups = 6, cpg = c / groups, total = n * hw * c;
    std::vector<float> x = random_floats(total, 290, -1.0f, 3.0f), gamma = random_floats(c, 291), beta = random_floats(c, 292);
    std::vector<__half> xh(total);
    for (int i = 0; i < total; i++) xh[i] = __float2half(x[i]);
    bool ok = true;
    for (int silu = 0; silu < 2; silu++) {
        std::vector<float> want(total);
        for (int b = 0; b < n; b++)
            for (int g = 0; g < groups; g++) {
                double sum = 0, squares = 0;
                for (int p = 0; p < hw; p++)
                    for (int k = 0; k < cpg; k++) {
                        double v = __half2float(xh[(b * hw + p) * c + g * cpg + k]);
                        sum += v, squares += v * v;
                    }
                double mean = sum / (hw * cpg), scale = 1.0 / std::sqrt(squares / (hw * cpg) - mean * mean + 1e-5);
                for (int p = 0; p < hw; p++)
                    for (int k = 0; k < cpg; k++) {
                        int ch = g * cpg + k, i = (b * hw + p) * c + ch;
                        double y = (__half2float(xh[i]) - mean) * scale * gamma[ch] + beta[ch];
                        want[i] = (float)(silu ? y / (1 + std::exp(-y)) : y);
                    }
            }
        __half *d_x = to_device(xh), *d_y = device_zeros<__half>(total);
        float *d_g = to_device(gamma), *d_b = to_device(beta), *d_s = device_zeros<float>(n * groups * 2);
        group_norm_nhwc(d_y, d_x, d_g, d_b, d_s, n, hw, c, groups, silu != 0);
        std::vector<__half> raw = to_host(d_y, total);
        std::vector<float> got;
        for (auto v : raw) got.push_back(__half2float(v));
        ok = all_close(got, want, 3e-3, "group norm") && ok;
        cudaFree(d_x), cudaFree(d_y), cudaFree(d_g), cudaFree(d_b), cudaFree(d_s);
    }
    return report(ok);
}
