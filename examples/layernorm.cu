// Layer normalisation, forward and backward.
//
//   forward   out[r, c] = (inp[r, c] - mean_r) * rstd_r * weight[c] + bias[c]
//   backward  gradients of inp, weight and bias, given that of out
//
// The forward pass exists twice: one block per row with tree reductions in shared memory, and one
// warp per row with cooperative groups. The backward pass collects the gradients of weight and bias
// in shared memory first and then adds them with atomics, so the order of those sums is not fixed.
//
// Build and run:   nvcc -std=c++17 -o layernorm layernorm.cu && ./layernorm [rows] [cols]

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cuda_runtime.h>

namespace cg = cooperative_groups;

#define CUDA_CHECK(call) check_status((call), __FILE__, __LINE__)

static void check_status(cudaError_t status, const char* file, int line) {
    if (status != cudaSuccess) {
        fprintf(stderr, "%s:%d: %s\n", file, line, cudaGetErrorString(status));
        exit(EXIT_FAILURE);
    }
}

constexpr float EPSILON = 1e-5f;

// ---------------------------------------------------------------------------------------
// forward

__device__ float block_sum(float value, float* shared) {
    shared[threadIdx.x] = value;
    __syncthreads();
    for (int stride = blockDim.x / 2; stride > 0; stride /= 2) {
        if (threadIdx.x < stride) shared[threadIdx.x] += shared[threadIdx.x + stride];
        __syncthreads();
    }
    float result = shared[0];
    __syncthreads();
    return result;
}

// blockDim.x must be a power of two
__global__ void layernorm_block_kernel(float* out, float* mean, float* rstd, const float* inp, const float* weight,
                                       const float* bias, int cols) {
    extern __shared__ float shared[];
    const int row = blockIdx.x;
    const float* x = inp + (size_t)row * cols;
    float* y = out + (size_t)row * cols;

    float sum = 0.0f;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) sum += x[c];
    const float m = block_sum(sum, shared) / cols;

    sum = 0.0f;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) {
        const float diff = x[c] - m;
        sum += diff * diff;
    }
    const float s = rsqrtf(block_sum(sum, shared) / cols + EPSILON);

    for (int c = threadIdx.x; c < cols; c += blockDim.x) y[c] = (x[c] - m) * s * weight[c] + bias[c];
    if (threadIdx.x == 0) {
        mean[row] = m;
        rstd[row] = s;
    }
}

__global__ void layernorm_warp_kernel(float* __restrict__ out, float* __restrict__ mean, float* __restrict__ rstd,
                                      const float* __restrict__ inp, const float* __restrict__ weight,
                                      const float* __restrict__ bias, int rows, int cols) {
    cg::thread_block block = cg::this_thread_block();
    cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
    const int row = blockIdx.x * warp.meta_group_size() + warp.meta_group_rank();
    if (row >= rows) return;
    const float* x = inp + (size_t)row * cols;

    float sum = 0.0f;
    for (int c = warp.thread_rank(); c < cols; c += warp.size()) sum += x[c];
    const float m = cg::reduce(warp, sum, cg::plus<float>{}) / cols;

    sum = 0.0f;
    for (int c = warp.thread_rank(); c < cols; c += warp.size()) sum += (x[c] - m) * (x[c] - m);
    const float s = rsqrtf(cg::reduce(warp, sum, cg::plus<float>{}) / cols + EPSILON);

    for (int c = warp.thread_rank(); c < cols; c += warp.size()) {
        const float normalised = (__ldcs(x + c) - m) * s;
        __stcs(out + (size_t)row * cols + c, normalised * weight[c] + bias[c]);
    }
    if (warp.thread_rank() == 0) {
        mean[row] = m;
        rstd[row] = s;
    }
}

// ---------------------------------------------------------------------------------------
// backward: one warp per row, rows strided over the grid

__device__ float warp_sum(float value) {
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(0xffffffffu, value, offset);
    return value;
}

__global__ void layernorm_backward_kernel(float* dinp, float* dweight, float* dbias, const float* dout,
                                          const float* inp, const float* weight, const float* mean,
                                          const float* rstd, int rows, int cols) {
    extern __shared__ float shared[];  // this block's part of dweight, then of dbias
    float* block_dweight = shared;
    float* block_dbias = shared + cols;
    for (int i = threadIdx.x; i < 2 * cols; i += blockDim.x) shared[i] = 0.0f;
    __syncthreads();

    const int lane = threadIdx.x % 32;
    const int warps = gridDim.x * (blockDim.x / 32);
    for (int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32; row < rows; row += warps) {
        const float* x = inp + (size_t)row * cols;
        const float* dy = dout + (size_t)row * cols;
        const float m = mean[row], s = rstd[row];

        float sum = 0.0f, sum_norm = 0.0f;
        for (int c = lane; c < cols; c += 32) {
            const float dnorm = weight[c] * dy[c];
            sum += dnorm;
            sum_norm += dnorm * (x[c] - m) * s;
        }
        sum = warp_sum(sum) / cols;
        sum_norm = warp_sum(sum_norm) / cols;

        for (int c = lane; c < cols; c += 32) {
            const float norm = (x[c] - m) * s;
            atomicAdd(&block_dweight[c], norm * dy[c]);
            atomicAdd(&block_dbias[c], dy[c]);
            dinp[(size_t)row * cols + c] = (weight[c] * dy[c] - sum - norm * sum_norm) * s;
        }
    }
    __syncthreads();
    for (int c = threadIdx.x; c < cols; c += blockDim.x) {
        atomicAdd(&dweight[c], block_dweight[c]);
        atomicAdd(&dbias[c], block_dbias[c]);
    }
}

// ---------------------------------------------------------------------------------------
// launchers

void layernorm_forward_block(float* out, float* mean, float* rstd, const float* inp, const float* weight,
                             const float* bias, int rows, int cols, int block_size) {
    layernorm_block_kernel<<<rows, block_size, block_size * sizeof(float)>>>(out, mean, rstd, inp, weight, bias, cols);
    CUDA_CHECK(cudaGetLastError());
}

void layernorm_forward_warp(float* out, float* mean, float* rstd, const float* inp, const float* weight,
                            const float* bias, int rows, int cols, int block_size) {
    const int rows_per_block = block_size / 32;
    const int grid_size = (rows + rows_per_block - 1) / rows_per_block;
    layernorm_warp_kernel<<<grid_size, block_size>>>(out, mean, rstd, inp, weight, bias, rows, cols);
    CUDA_CHECK(cudaGetLastError());
}

// dweight and dbias are added to
void layernorm_backward(float* dinp, float* dweight, float* dbias, const float* dout, const float* inp,
                        const float* weight, const float* mean, const float* rstd, int rows, int cols,
                        int block_size) {
    const int rows_per_block = block_size / 32;
    int grid_size = (rows + rows_per_block - 1) / rows_per_block;
    if (grid_size > 16) grid_size = 16;
    const size_t shared_bytes = 2 * cols * sizeof(float);
    layernorm_backward_kernel<<<grid_size, block_size, shared_bytes>>>(dinp, dweight, dbias, dout, inp, weight, mean,
                                                                       rstd, rows, cols);
    CUDA_CHECK(cudaGetLastError());
}

// ---------------------------------------------------------------------------------------
// CPU reference and test

struct Reference {
    std::vector<double> out, mean, rstd, dinp, dweight, dbias;
};

static Reference layernorm_cpu(const std::vector<float>& inp, const std::vector<float>& weight,
                               const std::vector<float>& bias, const std::vector<float>& dout, int rows, int cols) {
    Reference ref;
    ref.out.resize(inp.size()), ref.dinp.resize(inp.size());
    ref.mean.resize(rows), ref.rstd.resize(rows);
    ref.dweight.assign(cols, 0.0), ref.dbias.assign(cols, 0.0);
    for (int r = 0; r < rows; r++) {
        const float *x = &inp[(size_t)r * cols], *dy = &dout[(size_t)r * cols];
        double m = 0.0, v = 0.0, sum = 0.0, sum_norm = 0.0;
        for (int c = 0; c < cols; c++) m += x[c];
        m /= cols;
        for (int c = 0; c < cols; c++) v += (x[c] - m) * (x[c] - m);
        const double s = 1.0 / std::sqrt(v / cols + EPSILON);
        ref.mean[r] = m;
        ref.rstd[r] = s;
        for (int c = 0; c < cols; c++) {
            const double norm = (x[c] - m) * s;
            ref.out[(size_t)r * cols + c] = norm * weight[c] + bias[c];
            ref.dweight[c] += norm * dy[c];
            ref.dbias[c] += dy[c];
            sum += (double)weight[c] * dy[c] / cols;
            sum_norm += weight[c] * dy[c] * norm / cols;
        }
        for (int c = 0; c < cols; c++) {
            const double norm = (x[c] - m) * s;
            ref.dinp[(size_t)r * cols + c] = ((double)weight[c] * dy[c] - sum - norm * sum_norm) * s;
        }
    }
    return ref;
}

static std::vector<float> random_values(size_t n, unsigned seed) {
    std::vector<float> values(n);
    unsigned state = seed;
    for (auto& v : values) {
        state = state * 1664525u + 1013904223u;
        v = (float)(state >> 8) / (1 << 23) - 1.0f;
    }
    return values;
}

static float* to_device(const std::vector<float>& host) {
    float* device = nullptr;
    CUDA_CHECK(cudaMalloc(&device, host.size() * sizeof(float)));
    CUDA_CHECK(cudaMemcpy(device, host.data(), host.size() * sizeof(float), cudaMemcpyHostToDevice));
    return device;
}

static bool check(const char* what, const float* device, const std::vector<double>& want) {
    std::vector<float> got(want.size());
    CUDA_CHECK(cudaMemcpy(got.data(), device, got.size() * sizeof(float), cudaMemcpyDeviceToHost));
    for (size_t i = 0; i < want.size(); i++) {
        const double scale = std::fmax(1.0, std::fabs(want[i]));
        if (!(std::fabs(got[i] - want[i]) <= 1e-4 * scale)) {
            printf("%s: element %zu is %g, expected %g\n", what, i, got[i], want[i]);
            return false;
        }
    }
    printf("%s: ok\n", what);
    return true;
}

int main(int argc, char** argv) {
    const int rows = argc > 1 ? atoi(argv[1]) : 45;
    const int cols = argc > 2 ? atoi(argv[2]) : 130;
    if (rows < 1 || cols < 2) {
        fprintf(stderr, "usage: %s [rows >= 1] [cols >= 2]\n", argv[0]);
        return 2;
    }
    const size_t count = (size_t)rows * cols;
    const std::vector<float> inp = random_values(count, 1), dout = random_values(count, 2);
    const std::vector<float> weight = random_values(cols, 3), bias = random_values(cols, 4);
    const Reference ref = layernorm_cpu(inp, weight, bias, dout, rows, cols);

    float *d_inp = to_device(inp), *d_dout = to_device(dout), *d_weight = to_device(weight), *d_bias = to_device(bias);
    const std::vector<float> zeros(count, 0.0f), zero_row(cols, 0.0f), zero_column(rows, 0.0f);
    float *d_out = to_device(zeros), *d_dinp = to_device(zeros);
    float *d_mean = to_device(zero_column), *d_rstd = to_device(zero_column);
    float *d_dweight = to_device(zero_row), *d_dbias = to_device(zero_row);

    layernorm_forward_block(d_out, d_mean, d_rstd, d_inp, d_weight, d_bias, rows, cols, 128);
    bool ok = check("forward, block per row", d_out, ref.out);
    CUDA_CHECK(cudaMemset(d_out, 0, count * sizeof(float)));
    layernorm_forward_warp(d_out, d_mean, d_rstd, d_inp, d_weight, d_bias, rows, cols, 96);
    ok = check("forward, warp per row", d_out, ref.out) && ok;
    ok = check("mean", d_mean, ref.mean) && ok;
    ok = check("rstd", d_rstd, ref.rstd) && ok;
    layernorm_backward(d_dinp, d_dweight, d_dbias, d_dout, d_inp, d_weight, d_mean, d_rstd, rows, cols, 128);
    ok = check("gradient of the input", d_dinp, ref.dinp) && ok;
    ok = check("gradient of the weight", d_dweight, ref.dweight) && ok;
    ok = check("gradient of the bias", d_dbias, ref.dbias) && ok;

    for (float* p : {d_inp, d_dout, d_weight, d_bias, d_out, d_dinp, d_mean, d_rstd, d_dweight, d_dbias}) cudaFree(p);
    printf(ok ? "PASS\n" : "FAIL\n");
    return ok ? 0 : 1;
}
