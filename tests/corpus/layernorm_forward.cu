// Row 35, style T: layer normalisation: separate mean / rstd / scale kernels with shared-memory trees, then
// one fused kernel with both statistics in a single pass.
#include "check.h"

__global__ void mean_kernel(float* mean, const float* inp, int N, int C, int block_size) {
    extern __shared__ float shared[];
    int idx = blockIdx.x;
    int tid = threadIdx.x;
    const float* x = inp + idx * C;
    float sum = 0.0f;
    for (int i = tid; i < C; i += block_size) {
        sum += x[i];
    }
    shared[tid] = sum;
    __syncthreads();
    for (int stride = block_size / 2; stride >= 1; stride /= 2) {
        if (tid < stride) {
            shared[tid] += shared[tid + stride];
        }
        __syncthreads();
    }
    if (tid == 0) {
        mean[idx] = shared[0] / C;
    }
}

__global__ void rstd_kernel(float* rstd, const float* inp, const float* mean, int N, int C, int block_size,
                            float eps) {
    extern __shared__ float shared[];
    int idx = blockIdx.x;
    int tid = threadIdx.x;
    const float* x = inp + idx * C;
    float m = mean[idx];
    float sum = 0.0f;
    for (int i = tid; i < C; i += block_size) {
        float diff = x[i] - m;
        sum += diff * diff;
    }
    shared[tid] = sum;
    __syncthreads();
    for (int stride = block_size / 2; stride >= 1; stride /= 2) {
        if (tid < stride) {
            shared[tid] += shared[tid + stride];
        }
        __syncthreads();
    }
    if (tid == 0) {
        rstd[idx] = 1.0f / sqrtf(shared[0] / C + eps);
    }
}

__global__ void normalization_kernel(float* out, const float* inp, const float* mean, const float* rstd,
                                     const float* weight, const float* bias, int total, int C) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= total) return;
    int row = idx / C;
    int c = idx % C;
    float n = (inp[idx] - mean[row]) * rstd[row];
    out[idx] = n * weight[c] + bias[c];
}

// Sum and sum of squares travel together as a float2.
__device__ float2 block_sum(float2 value) {
    __shared__ float2 partial[32];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int num_warps = (blockDim.x + 31) >> 5;
    for (int offset = 16; offset > 0; offset >>= 1) {
        value.x += __shfl_xor_sync(0xffffffff, value.x, offset, 32);
        value.y += __shfl_xor_sync(0xffffffff, value.y, offset, 32);
    }
    if (lane == 0) partial[warp] = value;
    __syncthreads();
    float2 total = make_float2(0.0f, 0.0f);
    if (lane < num_warps) total = partial[lane];
    for (int offset = 16; offset > 0; offset >>= 1) {
        total.x += __shfl_xor_sync(0xffffffff, total.x, offset, 32);
        total.y += __shfl_xor_sync(0xffffffff, total.y, offset, 32);
    }
    return total;
}

template <bool HAS_BIAS>
__global__ void layernorm_fused_kernel(float* out, float* mean, float* rstd, const float* inp, const float* weight,
                                       const float* bias, int C, float eps) {
    const float* x = inp + (size_t)blockIdx.x * C;
    float2 sums = {0.0f, 0.0f};
    for (int i = threadIdx.x; i < C; i += blockDim.x) {
        float v = x[i];
        sums.x += v;
        sums.y += v * v;
    }
    sums = block_sum(sums);
    const float m = sums.x / C;
    const float s = rsqrtf(fmaxf(sums.y / C - m * m, 0.0f) + eps);
    if (threadIdx.x == 0) {
        if (mean) mean[blockIdx.x] = m;
        if (rstd) rstd[blockIdx.x] = s;
    }
    for (int i = threadIdx.x; i < C; i += blockDim.x) {
        float n = (x[i] - m) * s * weight[i];
        if (HAS_BIAS) n += bias[i];
        out[(size_t)blockIdx.x * C + i] = n;
    }
}

// block_size must be a power of two
void layernorm_forward1(float* out, float* mean, float* rstd, const float* inp, const float* weight, const float* bias,
                        int N, int C, int block_size) {
    const size_t shared_bytes = block_size * sizeof(float);
    mean_kernel<<<N, block_size, shared_bytes>>>(mean, inp, N, C, block_size);
    rstd_kernel<<<N, block_size, shared_bytes>>>(rstd, inp, mean, N, C, block_size, 1e-5f);
    const int grid_size = ceil_div(N * C, 256);
    normalization_kernel<<<grid_size, 256>>>(out, inp, mean, rstd, weight, bias, N * C, C);
    CUDA_CHECK(cudaGetLastError());
}

// block_size must be a multiple of 32
void layernorm_forward2(float* out, float* mean, float* rstd, const float* inp, const float* weight, const float* bias,
                        int N, int C, int block_size) {
    if (bias != nullptr) {
        layernorm_fused_kernel<true><<<N, block_size>>>(out, mean, rstd, inp, weight, bias, C, 1e-5f);
    } else {
        layernorm_fused_kernel<false><<<N, block_size>>>(out, mean, rstd, inp, weight, nullptr, C, 1e-5f);
    }
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int C : {1, 50, 163}) {
        const int N = 12;
        std::vector<float> x = random_floats(N * C, 240, -2.0f, 3.0f), w = random_floats(C, 241), b = random_floats(C, 242);
        std::vector<double> out(N * C), plain(N * C), mean(N), rstd(N);
        for (int r = 0; r < N; r++) {
            double m = 0, v = 0;
            for (int c = 0; c < C; c++) m += x[r * C + c];
            m /= C;
            for (int c = 0; c < C; c++) v += (x[r * C + c] - m) * (x[r * C + c] - m);
            mean[r] = m;
            rstd[r] = 1.0 / std::sqrt(v / C + 1e-5);
            for (int c = 0; c < C; c++) {
                plain[r * C + c] = (x[r * C + c] - m) * rstd[r] * w[c];
                out[r * C + c] = plain[r * C + c] + b[c];
            }
        }
        float *d_x = to_device(x), *d_w = to_device(w), *d_b = to_device(b);
        float *d_out = device_zeros<float>(N * C), *d_mean = device_zeros<float>(N), *d_rstd = device_zeros<float>(N);
        for (int version = 1; version <= 3; version++) {
            if (version == 1) layernorm_forward1(d_out, d_mean, d_rstd, d_x, d_w, d_b, N, C, 64);
            if (version == 2) layernorm_forward2(d_out, d_mean, d_rstd, d_x, d_w, d_b, N, C, 96);
            if (version == 3) layernorm_forward2(d_out, nullptr, nullptr, d_x, d_w, nullptr, N, C, 128);
            ok = all_close(to_host(d_out, N * C), version < 3 ? out : plain, C == 1 ? 1e-3 : 1e-4, "out") && ok;
            ok = all_close(to_host(d_mean, N), mean, 1e-5, "mean") && ok;
            if (C > 1) ok = all_close(to_host(d_rstd, N), rstd, 1e-4, "rstd") && ok;
        }
        cudaFree(d_x), cudaFree(d_w), cudaFree(d_b), cudaFree(d_out), cudaFree(d_mean), cudaFree(d_rstd);
    }
    return report(ok);
}
