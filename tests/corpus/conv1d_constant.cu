// Row 63, style T: one-dimensional convolution with the mask in constant memory: straight from global
// memory, and with a shared tile that holds the halo on both sides.
#include "check.h"

constexpr int MAX_MASK = 9;
constexpr int TILE = 64;

__constant__ float mask[MAX_MASK];

__global__ void conv1d_basic_kernel(float* out, const float* inp, int n, int radius) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float sum = 0.0f;
    for (int j = -radius; j <= radius; ++j) {
        const int at = i + j;
        if (at >= 0 && at < n) sum += inp[at] * mask[j + radius];
    }
    out[i] = sum;
}

template <int RADIUS>
__global__ void conv1d_tiled_kernel(float* __restrict__ out, const float* __restrict__ inp, int n) {
    static_assert(RADIUS <= TILE, "one halo element per thread at most");
    __shared__ float tile[TILE + 2 * RADIUS];
    const int i = blockIdx.x * TILE + threadIdx.x;
    const int local = threadIdx.x + RADIUS;
    tile[local] = i < n ? inp[i] : 0.0f;
    if (threadIdx.x < RADIUS) {
        const int left = i - RADIUS, right = i + TILE;
        tile[threadIdx.x] = left >= 0 && left < n ? inp[left] : 0.0f;
        tile[local + TILE] = right < n ? inp[right] : 0.0f;
    }
    __syncthreads();
    if (i >= n) return;
    float sum = 0.0f;
#pragma unroll
    for (int j = 0; j < 2 * RADIUS + 1; ++j) sum += tile[threadIdx.x + j] * mask[j];
    out[i] = sum;
}

// Causal depthwise form with a window in registers: every thread walks a stretch of one channel.
template <int WIDTH>
__global__ void causal_conv1d_kernel(float* out, const float* inp, const float* weight, const float* bias,
                                     int channels, int length, bool silu) {
    const int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= channels) return;
    float w[WIDTH], window[WIDTH] = {0.0f};
#pragma unroll
    for (int k = 0; k < WIDTH; ++k) w[k] = weight[c * WIDTH + k];
    const float* x = inp + c * length;
    for (int t = 0; t < length; ++t) {
#pragma unroll
        for (int k = 0; k < WIDTH - 1; ++k) window[k] = window[k + 1];
        window[WIDTH - 1] = x[t];
        float y = bias ? bias[c] : 0.0f;
#pragma unroll
        for (int k = 0; k < WIDTH; ++k) y += w[k] * window[k];
        out[c * length + t] = silu ? y / (1.0f + expf(-y)) : y;
    }
}

void conv1d_basic(float* out, const float* inp, const float* host_mask, int n, int radius, int block_size) {
    CUDA_CHECK(cudaMemcpyToSymbol(mask, host_mask, (2 * radius + 1) * sizeof(float)));
    conv1d_basic_kernel<<<ceil_div(n, block_size), block_size>>>(out, inp, n, radius);
    CUDA_CHECK(cudaGetLastError());
}

void conv1d_tiled(float* out, const float* inp, const float* host_mask, int n, int radius) {
    CUDA_CHECK(cudaMemcpyToSymbol(mask, host_mask, (2 * radius + 1) * sizeof(float)));
    const int blocks = ceil_div(n, TILE);
    switch (radius) {
        case 1: conv1d_tiled_kernel<1><<<blocks, TILE>>>(out, inp, n); break;
        case 2: conv1d_tiled_kernel<2><<<blocks, TILE>>>(out, inp, n); break;
        case 4: conv1d_tiled_kernel<4><<<blocks, TILE>>>(out, inp, n); break;
        default: std::fprintf(stderr, "radius 1, 2 or 4\n"); std::exit(2);
    }
    CUDA_CHECK(cudaGetLastError());
}

void causal_conv1d(float* out, const float* inp, const float* weight, const float* bias, int channels, int length,
                   int width, bool silu) {
    const int blocks = ceil_div(channels, 32);
    if (width == 2) causal_conv1d_kernel<2><<<blocks, 32>>>(out, inp, weight, bias, channels, length, silu);
    if (width == 4) causal_conv1d_kernel<4><<<blocks, 32>>>(out, inp, weight, bias, channels, length, silu);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const std::vector<float> weights = {0.1f, -0.2f, 0.3f, 0.05f, 0.5f, -0.4f, 0.25f, 0.15f, -0.35f};
    for (int n : {1, 3, 64, 201}) {
        std::vector<float> x = random_floats(n, 550);
        float *d_x = to_device(x), *d_y = device_zeros<float>(n);
        for (int radius : {1, 2, 4}) {
            std::vector<double> want(n, 0.0);
            for (int i = 0; i < n; i++)
                for (int j = -radius; j <= radius; j++)
                    if (i + j >= 0 && i + j < n) want[i] += (double)x[i + j] * weights[j + radius];
            conv1d_basic(d_y, d_x, weights.data(), n, radius, 32);
            ok = all_close(to_host(d_y, n), want, 1e-5, "basic") && ok;
            conv1d_tiled(d_y, d_x, weights.data(), n, radius);
            ok = all_close(to_host(d_y, n), want, 1e-5, "tiled") && ok;
        }
        cudaFree(d_x), cudaFree(d_y);
    }
    const int channels = 37;
    for (int length : {1, 3, 29}) {
        for (int width : {2, 4}) {
            std::vector<float> x = random_floats(channels * length, 551), w = random_floats(channels * width, 552);
            std::vector<float> b = random_floats(channels, 553);
            std::vector<double> want(channels * length);
            for (int c = 0; c < channels; c++)
                for (int t = 0; t < length; t++) {
                    double y = b[c];
                    for (int k = 0; k < width; k++) {
                        int from = t - (width - 1) + k;
                        if (from >= 0) y += (double)w[c * width + k] * x[c * length + from];
                    }
                    want[c * length + t] = width == 4 ? y / (1 + std::exp(-y)) : y;
                }
            float *d_x = to_device(x), *d_w = to_device(w), *d_b = to_device(b), *d_y = device_zeros<float>(want.size());
            causal_conv1d(d_y, d_x, d_w, d_b, channels, length, width, width == 4);
            ok = all_close(to_host(d_y, want.size()), want, 1e-5, "causal") && ok;
            cudaFree(d_x), cudaFree(d_w), cudaFree(d_b), cudaFree(d_y);
        }
    }
    return report(ok);
}
