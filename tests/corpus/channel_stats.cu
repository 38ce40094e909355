// Row 44, styles X and H: mean and variance per channel, for NCHW (block per channel) and for NHWC (32
// channels by several rows of threads, column sums in shared memory).
#include "check.h"

__global__ void stats_nchw_kernel(float* mean, float* var, const float* inp, int N, int C, int HW) {
    extern __shared__ float smem[];
    float* s_sum = smem;
    float* s_sq = &smem[blockDim.x];
    const int c = blockIdx.x, tid = threadIdx.x;
    float sum = 0.0f, sq = 0.0f;
    for (int i = tid; i < N * HW; i += blockDim.x) {
        float v = inp[((i / HW) * C + c) * HW + i % HW];
        sum += v;
        sq += v * v;
    }
    s_sum[tid] = sum;
    s_sq[tid] = sq;
    for (int active = blockDim.x; active > 1;) {
        __syncthreads();
        const int half = (active + 1) / 2;  // any block size
        if (tid + half < active) {
            s_sum[tid] += s_sum[tid + half];
            s_sq[tid] += s_sq[tid + half];
        }
        active = half;
    }
    if (tid == 0) {
        const float m = s_sum[0] / (N * HW);
        mean[c] = m;
        var[c] = s_sq[0] / (N * HW) - m * m;
    }
}

template <int LANES, int ROWS>
__global__ void stats_nhwc_kernel(float* __restrict__ mean, float* __restrict__ var, const float* __restrict__ inp,
                                  int pixels, int C) {
    __shared__ float s_sum[ROWS][LANES], s_sq[ROWS][LANES];
    const int c = blockIdx.x * LANES + threadIdx.x;
    float sum = 0.0f, sq = 0.0f;
    if (c < C) {
        for (int p = threadIdx.y; p < pixels; p += ROWS) {
            float v = inp[(size_t)p * C + c];
            sum += v;
            sq = fmaf(v, v, sq);
        }
    }
    s_sum[threadIdx.y][threadIdx.x] = sum;
    s_sq[threadIdx.y][threadIdx.x] = sq;
    __syncthreads();
    if (threadIdx.y != 0 || c >= C) return;
#pragma unroll
    for (int r = 1; r < ROWS; ++r) {
        sum += s_sum[r][threadIdx.x];
        sq += s_sq[r][threadIdx.x];
    }
    mean[c] = sum / pixels;
    var[c] = sq / pixels - (sum / pixels) * (sum / pixels);
}

void channel_stats_nchw(float* mean, float* var, const float* inp, int N, int C, int HW, int block_size) {
    stats_nchw_kernel<<<C, block_size, 2 * block_size * sizeof(float)>>>(mean, var, inp, N, C, HW);
    CUDA_CHECK(cudaGetLastError());
}

void channel_stats_nhwc(float* mean, float* var, const float* inp, int N, int C, int HW) {
    dim3 block(32, 8);
    stats_nhwc_kernel<32, 8><<<ceil_div(C, 32), block>>>(mean, var, inp, N * HW, C);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int shapes[3][3] = {{1, 1, 1}, {3, 5, 49}, {2, 70, 17}};
    for (const auto& s : shapes) {
        const int N = s[0], C = s[1], HW = s[2], n = N * C * HW;
        std::vector<float> x = random_floats(n, 330, -1.0f, 2.0f), nhwc(n);
        std::vector<double> mean(C, 0.0), var(C, 0.0);
        for (int b = 0; b < N; b++)
            for (int c = 0; c < C; c++)
                for (int p = 0; p < HW; p++) {
                    double v = x[(b * C + c) * HW + p];
                    nhwc[(b * HW + p) * C + c] = (float)v;
                    mean[c] += v / (N * HW);
                    var[c] += v * v / (N * HW);
                }
        for (int c = 0; c < C; c++) var[c] -= mean[c] * mean[c];
        float *d_x = to_device(x), *d_t = to_device(nhwc), *d_m = device_zeros<float>(C), *d_v = device_zeros<float>(C);
        channel_stats_nchw(d_m, d_v, d_x, N, C, HW, 48);
        ok = all_close(to_host(d_m, C), mean, 1e-5, "mean") && all_close(to_host(d_v, C), var, 1e-5, "var") && ok;
        channel_stats_nhwc(d_m, d_v, d_t, N, C, HW);
        ok = all_close(to_host(d_m, C), mean, 1e-5, "mean") && all_close(to_host(d_v, C), var, 1e-5, "var") && ok;
        cudaFree(d_x), cudaFree(d_t), cudaFree(d_m), cudaFree(d_v);
    }
    return report(ok);
}
