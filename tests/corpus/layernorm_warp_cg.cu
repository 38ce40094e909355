// Row 36, style T: layer normalisation with a warp per row: tile reductions of cooperative groups,
// streaming loads, and a version that stages weights and the row in dynamic shared memory.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#include "check.h"

__global__ void layernorm_warp_kernel(float* __restrict__ out, float* __restrict__ mean, float* __restrict__ rstd,
                                      const float* __restrict__ inp, const float* __restrict__ weight,
                                      const float* __restrict__ bias, int N, int C) {
    namespace cg = cooperative_groups;
    cg::thread_block block = cg::this_thread_block();
    cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
    int idx = blockIdx.x * warp.meta_group_size() + warp.meta_group_rank();
    if (idx >= N) {
        return;
    }
    const float* x = inp + idx * C;

    float sum = 0.0f;
    for (int i = warp.thread_rank(); i < C; i += warp.size()) {
        sum += x[i];
    }
    sum = cg::reduce(warp, sum, cg::plus<float>{});
    float m = sum / C;
    if (warp.thread_rank() == 0 && mean != nullptr) {
        __stcs(mean + idx, m);
    }

    sum = 0.0f;
    for (int i = warp.thread_rank(); i < C; i += warp.size()) {
        float diff = x[i] - m;
        sum += diff * diff;
    }
    sum = cg::reduce(warp, sum, cg::plus<float>{});
    float s = rsqrtf(sum / C + 1e-5f);
    if (warp.thread_rank() == 0 && rstd != nullptr) {
        __stcs(rstd + idx, s);
    }

    float* o = out + idx * C;
    for (int c = warp.thread_rank(); c < C; c += warp.size()) {
        float n = s * (__ldcs(x + c) - m);
        __stcs(o + c, n * weight[c] + bias[c]);
    }
}

// blockDim = (32, rows per block); weights, biases and one row per warp live in shared memory
__global__ void layernorm_staged_kernel(float* out, float* mean, float* rstd, const float* inp, const float* weight,
                                        const float* bias, int N, int C) {
    extern __shared__ char params[];
    float* s_weight = reinterpret_cast<float*>(params);
    float* s_bias = s_weight + C;
    float* s_row = s_bias + C + threadIdx.y * C;

    const int sidx = threadIdx.x + 32 * threadIdx.y;
    for (int i = sidx; i < C; i += 32 * blockDim.y) {
        s_weight[i] = weight[i];
        s_bias[i] = bias[i];
    }
    __syncthreads();

    const int idx = blockIdx.x * blockDim.y + threadIdx.y;
    if (idx >= N) return;  // no barrier below
    float sum = 0.0f;
    for (int c = threadIdx.x; c < C; c += 32) {
        float v = inp[(size_t)idx * C + c];
        s_row[c] = v;  // read back by the same lane only
        sum += v;
    }
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffff, sum, offset);
    const float m = sum / C;
    float var = 0.f;
    for (int c = threadIdx.x; c < C; c += 32) {
        float d = s_row[c] - m;
        var += d * d;
    }
    for (int offset = 16; offset > 0; offset /= 2) var += __shfl_xor_sync(0xffffffff, var, offset);
    const float s = rsqrtf(var / C + 1e-5f);
    for (int c = threadIdx.x; c < C; c += 32) {
        out[(size_t)idx * C + c] = s * (s_row[c] - m) * s_weight[c] + s_bias[c];
    }
    if (threadIdx.x == 0) {
        mean[idx] = m;
        rstd[idx] = s;
    }
}

void layernorm_warp(float* out, float* mean, float* rstd, const float* inp, const float* weight, const float* bias,
                    int N, int C, const int block_size) {
    const int grid_size = ceil_div(N * 32, block_size);
    layernorm_warp_kernel<<<grid_size, block_size>>>(out, mean, rstd, inp, weight, bias, N, C);
    CUDA_CHECK(cudaGetLastError());
}

void layernorm_staged(float* out, float* mean, float* rstd, const float* inp, const float* weight, const float* bias,
                      int N, int C) {
    const int rows_per_block = 4;
    const size_t shared_bytes = (2 + rows_per_block) * C * sizeof(float);
    dim3 block(32, rows_per_block);
    layernorm_staged_kernel<<<ceil_div(N, rows_per_block), block, shared_bytes>>>(out, mean, rstd, inp, weight, bias,
                                                                                  N, C);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int C : {20, 129}) {
        const int N = 23;
        std::vector<float> x = random_floats(N * C, 250, -2.0f, 3.0f), w = random_floats(C, 251), b = random_floats(C, 252);
        std::vector<double> out(N * C), mean(N), rstd(N);
        for (int r = 0; r < N; r++) {
            double m = 0, v = 0;
            for (int c = 0; c < C; c++) m += x[r * C + c];
            m /= C;
            for (int c = 0; c < C; c++) v += (x[r * C + c] - m) * (x[r * C + c] - m);
            mean[r] = m;
            rstd[r] = 1.0 / std::sqrt(v / C + 1e-5);
            for (int c = 0; c < C; c++) out[r * C + c] = (x[r * C + c] - m) * rstd[r] * w[c] + b[c];
        }
        float *d_x = to_device(x), *d_w = to_device(w), *d_b = to_device(b);
        float *d_out = device_zeros<float>(N * C), *d_mean = device_zeros<float>(N), *d_rstd = device_zeros<float>(N);
        for (int version = 0; version < 2; version++) {
            CUDA_CHECK(cudaMemset(d_out, 0, N * C * sizeof(float)));
            if (version == 0)
                layernorm_warp(d_out, d_mean, d_rstd, d_x, d_w, d_b, N, C, 64);
            else
                layernorm_staged(d_out, d_mean, d_rstd, d_x, d_w, d_b, N, C);
            ok = all_close(to_host(d_out, N * C), out, 2e-5, "out") && ok;
            ok = all_close(to_host(d_mean, N), mean, 1e-5, "mean") && ok;
            ok = all_close(to_host(d_rstd, N), rstd, 1e-5, "rstd") && ok;
        }
        cudaFree(d_x), cudaFree(d_w), cudaFree(d_b), cudaFree(d_out), cudaFree(d_mean), cudaFree(d_rstd);
    }
    return report(ok);
}
