// Row 37, style T: gradient of layer normalisation. dx needs two dot products per row; dweight and dbias
// add up over all rows: by atomics straight to memory, or in shared memory first and then through a buffer
// with one line per block that a second kernel sums in a fixed order.
#include "check.h"

__device__ float warp_reduce_sum(float val) {
    for (int offset = 16; offset > 0; offset /= 2) {
        val += __shfl_xor_sync(0xFFFFFFFF, val, offset);
    }
    return val;
}

// version 1: a thread per row; float atomics, so the order of the sums is not fixed
__global__ void layernorm_backward_kernel1(float* dinp, float* dweight, float* dbias, const float* dout,
                                           const float* inp, const float* weight, const float* mean,
                                           const float* rstd, int N, int C) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= N) return;
    const float* dout_row = dout + row * C;
    const float* inp_row = inp + row * C;
    float* dinp_row = dinp + row * C;
    const float m = mean[row], s = rstd[row];

    float dnorm_mean = 0.0f, dnorm_norm_mean = 0.0f;
    for (int i = 0; i < C; i++) {
        float norm = (inp_row[i] - m) * s;
        float dnorm = weight[i] * dout_row[i];
        dnorm_mean += dnorm;
        dnorm_norm_mean += dnorm * norm;
    }
    dnorm_mean = dnorm_mean / C;
    dnorm_norm_mean = dnorm_norm_mean / C;

    for (int i = 0; i < C; i++) {
        float norm = (inp_row[i] - m) * s;
        float dnorm = weight[i] * dout_row[i];
        atomicAdd(&dbias[i], dout_row[i]);
        atomicAdd(&dweight[i], norm * dout_row[i]);
        float dval = 0.0f;
        dval += dnorm;
        dval -= dnorm_mean;
        dval -= norm * dnorm_norm_mean;
        dval *= s;
        dinp_row[i] += dval;
    }
}

// version 2: a warp per row, the block's share of dweight and dbias in dynamic shared memory
__global__ void layernorm_backward_kernel2(float* dinp, float* partial, const float* dout, const float* inp,
                                           const float* weight, const float* mean, const float* rstd, int N, int C) {
    extern __shared__ float shared[];
    float* dbias_shared = shared;
    float* dweight_shared = shared + C;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int num_warps = blockDim.x / 32;

    for (int i = threadIdx.x; i < 2 * C; i += blockDim.x) shared[i] = 0.0f;
    __syncthreads();

    for (int row = blockIdx.x * num_warps + warp; row < N; row += gridDim.x * num_warps) {
        const float* dout_row = dout + (size_t)row * C;
        const float* inp_row = inp + (size_t)row * C;
        float* dinp_row = dinp + (size_t)row * C;
        const float m = mean[row], s = rstd[row];

        float dnorm_mean = 0.0f, dnorm_norm_mean = 0.0f;
        for (int i = lane; i < C; i += 32) {
            float dnorm = weight[i] * dout_row[i];
            dnorm_mean += dnorm;
            dnorm_norm_mean += dnorm * (inp_row[i] - m) * s;
        }
        dnorm_mean = warp_reduce_sum(dnorm_mean) / C;
        dnorm_norm_mean = warp_reduce_sum(dnorm_norm_mean) / C;

        for (int i = lane; i < C; i += 32) {
            float norm = (inp_row[i] - m) * s;
            atomicAdd(&dbias_shared[i], dout_row[i]);
            atomicAdd(&dweight_shared[i], norm * dout_row[i]);
            dinp_row[i] += (weight[i] * dout_row[i] - dnorm_mean - norm * dnorm_norm_mean) * s;
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < 2 * C; i += blockDim.x) {
        partial[blockIdx.x * 2 * C + i] = shared[i];
    }
}

__global__ void layernorm_backward_sum_kernel(float* dweight, float* dbias, const float* partial, int lines, int C) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= 2 * C) return;
    float sum = 0.0f;
    for (int line = 0; line < lines; line++) sum += partial[line * 2 * C + i];
    if (i < C) {
        dbias[i] += sum;
    } else {
        dweight[i - C] += sum;
    }
}

void layernorm_backward1(float* dinp, float* dweight, float* dbias, const float* dout, const float* inp,
                         const float* weight, const float* mean, const float* rstd, int N, int C, int block_size) {
    const int grid_size = ceil_div(N, block_size);
    layernorm_backward_kernel1<<<grid_size, block_size>>>(dinp, dweight, dbias, dout, inp, weight, mean, rstd, N, C);
    CUDA_CHECK(cudaGetLastError());
}

void layernorm_backward2(float* dinp, float* dweight, float* dbias, float* partial, const float* dout,
                         const float* inp, const float* weight, const float* mean, const float* rstd, int N, int C,
                         int blocks) {
    const size_t shared_bytes = 2 * C * sizeof(float);
    layernorm_backward_kernel2<<<blocks, 128, shared_bytes>>>(dinp, partial, dout, inp, weight, mean, rstd, N, C);
    layernorm_backward_sum_kernel<<<ceil_div(2 * C, 64), 64>>>(dweight, dbias, partial, blocks, C);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int N = 37, C = 45, blocks = 3;
    std::vector<float> x = random_floats(N * C, 260, -2.0f, 2.0f), dout = random_floats(N * C, 261);
    std::vector<float> w = random_floats(C, 262), mean(N), rstd(N);
    std::vector<double> dinp(N * C), dweight(C, 0.0), dbias(C, 0.0);
    for (int r = 0; r < N; r++) {
        double m = 0, v = 0, a = 0, b = 0;
        for (int c = 0; c < C; c++) m += x[r * C + c] / C;
        for (int c = 0; c < C; c++) v += (x[r * C + c] - m) * (x[r * C + c] - m) / C;
        double s = 1.0 / std::sqrt(v + 1e-5);
        mean[r] = (float)m, rstd[r] = (float)s;
        for (int c = 0; c < C; c++) {
            double norm = (x[r * C + c] - m) * s, dnorm = (double)w[c] * dout[r * C + c];
            a += dnorm / C, b += dnorm * norm / C;
            dbias[c] += dout[r * C + c], dweight[c] += norm * dout[r * C + c];
        }
        for (int c = 0; c < C; c++)
            dinp[r * C + c] = (w[c] * dout[r * C + c] - a - (x[r * C + c] - m) * s * b) * s;
    }
    float *d_x = to_device(x), *d_dout = to_device(dout), *d_w = to_device(w);
    float *d_mean = to_device(mean), *d_rstd = to_device(rstd), *d_partial = device_zeros<float>(blocks * 2 * C);
    bool ok = true;
    for (int version = 1; version <= 2; version++) {
        float *d_dinp = device_zeros<float>(N * C), *d_dw = device_zeros<float>(C), *d_db = device_zeros<float>(C);
        if (version == 1)
            layernorm_backward1(d_dinp, d_dw, d_db, d_dout, d_x, d_w, d_mean, d_rstd, N, C, 32);
        else
            layernorm_backward2(d_dinp, d_dw, d_db, d_partial, d_dout, d_x, d_w, d_mean, d_rstd, N, C, blocks);
        ok = all_close(to_host(d_dinp, N * C), dinp, 2e-5, "dinp") && ok;
        ok = all_close(to_host(d_dw, C), dweight, 2e-5, "dweight") && ok;
        ok = all_close(to_host(d_db, C), dbias, 2e-5, "dbias") && ok;
        cudaFree(d_dinp), cudaFree(d_dw), cudaFree(d_db);
    }
    cudaFree(d_x), cudaFree(d_dout), cudaFree(d_w), cudaFree(d_mean), cudaFree(d_rstd), cudaFree(d_partial);
    return report(ok);
}
