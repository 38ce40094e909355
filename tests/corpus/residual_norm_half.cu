// Row 39, style X: dropout-free transformer glue in half - bias, residual and layer norm in one kernel over
// half2 rows kept in carved shared memory, and its bfloat16 sibling on unaligned rows.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define FINAL_MASK 0xffffffff
#define ROW_LOOP(i, n) for (int i = threadIdx.x; i < (n); i += blockDim.x)

template <typename T>
__inline__ __device__ T warpReduceSum(T val) {
#pragma unroll
    for (int mask = 16; mask > 0; mask >>= 1) val += __shfl_xor_sync(FINAL_MASK, val, mask, 32);
    return val;
}

// `shared` has room for 32 values
template <typename T>
__inline__ __device__ T blockReduceSum(T val, T* shared) {
    const int lane = threadIdx.x & 0x1f, wid = threadIdx.x >> 5;
    val = warpReduceSum<T>(val);
    if (lane == 0) shared[wid] = val;
    __syncthreads();
    val = threadIdx.x < (blockDim.x / 32.f) ? shared[lane] : (T)(0.0f);
    val = warpReduceSum<T>(val);
    if (threadIdx.x == 0) shared[0] = val;
    __syncthreads();
    val = shared[0];
    __syncthreads();
    return val;
}

template <typename T2> __device__ __forceinline__ float2 cuda_cast2(T2 v);
template <> __device__ __forceinline__ float2 cuda_cast2<half2>(half2 v) { return __half22float2(v); }

// out = layernorm(x + residual + bias); also writes the sum back to x
__global__ void add_bias_residual_layernorm_h2_kernel(half2* out, half2* x, const half2* __restrict__ residual, const half2* __restrict__ bias,
                                                      const half2* __restrict__ gamma, const half2* __restrict__ beta, float eps, int pairs) {
    extern __shared__ float smem[];
    float* s_reduce = smem;                                // 32
    half2* s_row = reinterpret_cast<half2*>(smem + 32);    // pairs
    const size_t row = (size_t)blockIdx.x * pairs;
    float sum = 0.0f;
    ROW_LOOP(i, pairs) {
        half2 v = __hadd2(x[row + i], residual[row + i]);
        if (bias) v = __hadd2(v, __ldg(&bias[i]));
        s_row[i] = v;
        x[row + i] = v;
        const float2 f = cuda_cast2(v);
        sum += f.x + f.y;
    }
    const float mean = blockReduceSum(sum, s_reduce) / (2 * pairs);
    float var = 0.0f;
    ROW_LOOP(i, pairs) {
        const float2 f = cuda_cast2(s_row[i]);
        var += (f.x - mean) * (f.x - mean) + (f.y - mean) * (f.y - mean);
    }
    const float rstd = rsqrtf(blockReduceSum(var, s_reduce) / (2 * pairs) + eps);
    ROW_LOOP(i, pairs) {
        const float2 f = cuda_cast2(s_row[i]);
        const half2 normal = __floats2half2_rn((f.x - mean) * rstd, (f.y - mean) * rstd);
        out[row + i] = __hfma2(normal, __ldg(&gamma[i]), __ldg(&beta[i]));
    }
}

// any row length: scalars, statistics in one pass over a register per lane and step
template <int MAX_PER_THREAD>
__global__ void add_residual_layernorm_bf16_kernel(__nv_bfloat16* out, const __nv_bfloat16* x, const __nv_bfloat16* residual,
                                                   const float* gamma, const float* beta, float eps, int cols) {
    __shared__ float shared[32];
    float values[MAX_PER_THREAD];
    float sum = 0.0f, squares = 0.0f;
    const size_t row = (size_t)blockIdx.x * cols;
#pragma unroll
    for (int k = 0; k < MAX_PER_THREAD; ++k) {
        const int i = threadIdx.x + k * blockDim.x;
        values[k] = i < cols ? __bfloat162float(x[row + i]) + __bfloat162float(residual[row + i]) : 0.0f;
        sum += values[k];
        squares = fmaf(values[k], values[k], squares);
    }
    const float mean = blockReduceSum(sum, shared) / cols;
    const float rstd = rsqrtf(fmaxf(blockReduceSum(squares, shared) / cols - mean * mean, 0.0f) + eps);
#pragma unroll
    for (int k = 0; k < MAX_PER_THREAD; ++k) {
        const int i = threadIdx.x + k * blockDim.x;
        if (i < cols) out[row + i] = __float2bfloat16((values[k] - mean) * rstd * gamma[i] + beta[i]);
    }
}

void add_bias_residual_layernorm(half* out, half* x, const half* residual, const half* bias, const half* gamma, const half* beta, int rows,
                                 int pairs) {
    const dim3 grid(rows);
    const dim3 block(pairs < 64 ? 32 : 128);
    add_bias_residual_layernorm_h2_kernel<<<grid, block, (32 + pairs) * sizeof(float)>>>(
        (half2*)out, (half2*)x, (const half2*)residual, (const half2*)bias, (const half2*)gamma, (const half2*)beta, 1e-5f, pairs);
    CUDA_CHECK(cudaGetLastError());
}
void add_residual_layernorm_bf16(__nv_bfloat16* out, const __nv_bfloat16* x, const __nv_bfloat16* residual, const float* gamma,
                                 const float* beta, int rows, int cols) {
    if (cols <= 4 * 64) add_residual_layernorm_bf16_kernel<4><<<rows, 64>>>(out, x, residual, gamma, beta, 1e-5f, cols);
}

int main() {
    bool ok = true;
    for (int cols : {2, 62, 254}) {
        const int rows = 4, n = rows * cols;
        std::vector<half> x, r, b, g, be;
        std::vector<__nv_bfloat16> xb, rb;
        std::vector<float> gamma = random_floats(cols, 1252), beta = random_floats(cols, 1253), bias = random_floats(cols, 1254);
        for (float v : random_floats(n, 1250)) x.push_back((half)v), xb.push_back((__nv_bfloat16)v);
        for (float v : random_floats(n, 1251)) r.push_back((half)v), rb.push_back((__nv_bfloat16)v);
        for (int c = 0; c < cols; c++) b.push_back((half)bias[c]), g.push_back((half)gamma[c]), be.push_back((half)beta[c]);
        std::vector<double> want_h(n), want_b(n);
        for (int row = 0; row < rows; row++)
            for (int kind = 0; kind < 2; kind++) {
                std::vector<double> v(cols);
                double mean = 0, var = 0;
                for (int c = 0; c < cols; c++) {
                    const int i = row * cols + c;
                    v[c] = kind == 0 ? (double)(float)x[i] + (float)r[i] + (float)b[c] : (double)(float)xb[i] + (float)rb[i];
                    mean += v[c] / cols;
                }
                for (double e : v) var += (e - mean) * (e - mean) / cols;
                for (int c = 0; c < cols; c++) (kind == 0 ? want_h : want_b)[row * cols + c] = (v[c] - mean) / std::sqrt(var + 1e-5) * gamma[c] + beta[c];
            }
        half *d_x = to_device(x), *d_r = to_device(r), *d_b = to_device(b), *d_g = to_device(g), *d_be = to_device(be), *d_y = device_zeros<half>(n);
        __nv_bfloat16 *d_xb = to_device(xb), *d_rb = to_device(rb), *d_yb = device_zeros<__nv_bfloat16>(n);
        float *d_gamma = to_device(gamma), *d_beta = to_device(beta);
        auto floats = [n](auto* p) {
            std::vector<float> out;
            for (auto v : to_host(p, n)) out.push_back((float)v);
            return out;
        };
        add_bias_residual_layernorm(d_y, d_x, d_r, d_b, d_g, d_be, rows, cols / 2);
        ok = all_close(floats(d_y), want_h, cols > 2 ? 2e-2 : 2e-1, "half2") && ok;
        add_residual_layernorm_bf16(d_yb, d_xb, d_rb, d_gamma, d_beta, rows, cols);
        ok = all_close(floats(d_yb), want_b, 2e-2, "bf16") && ok;
        cudaFree(d_x), cudaFree(d_r), cudaFree(d_b), cudaFree(d_g), cudaFree(d_be), cudaFree(d_y);
        cudaFree(d_xb), cudaFree(d_rb), cudaFree(d_yb), cudaFree(d_gamma), cudaFree(d_beta);
    }
    return report(ok);
}
