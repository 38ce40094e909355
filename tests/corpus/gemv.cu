// Row 60, styles L and E: y = A * x: a warp per row, plain and with float4; several rows per warp for short
// rows; and a weight matrix of int8 with one scale per row.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

#define WARP_SIZE 32

template <int WIDTH = WARP_SIZE>
__device__ __forceinline__ float warp_sum(float v) {
#pragma unroll
    for (int mask = WIDTH / 2; mask >= 1; mask /= 2) v += __shfl_xor_sync(0xffffffff, v, mask, WIDTH);
    return v;
}

__global__ void gemv_warp_kernel(float* y, const float* A, const float* x, int M, int K) {
    int lane = threadIdx.x;
    int m = blockIdx.x * blockDim.y + threadIdx.y;
    if (m < M) {
        float sum = 0.0f;
        int steps = (K + WARP_SIZE - 1) / WARP_SIZE;
#pragma unroll
        for (int w = 0; w < steps; ++w) {
            int k = w * WARP_SIZE + lane;
            if (k < K) sum += A[m * K + k] * x[k];
        }
        sum = warp_sum(sum);
        if (lane == 0) y[m] = sum;
    }
}

// K must be a multiple of four
__global__ void gemv_vec4_kernel(float* y, const float* A, const float* x, int M, int K) {
    const int m = blockIdx.x * blockDim.y + threadIdx.y;
    if (m >= M) return;
    const float4* row = reinterpret_cast<const float4*>(A + (size_t)m * K);
    const float4* x4 = reinterpret_cast<const float4*>(x);
    float sum = 0.0f;
    for (int k = threadIdx.x; k < K / 4; k += WARP_SIZE) {
        const float4 a = row[k], b = __ldg(&x4[k]);
        sum += a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
    }
    sum = warp_sum(sum);
    if (threadIdx.x == 0) y[m] = sum;
}

// K <= 32 / ROW_PER_WARP lanes: a row belongs to a part of a warp
template <const int ROW_PER_WARP>
__global__ void gemv_short_rows_kernel(float* y, const float* A, const float* x, int M, int K) {
    constexpr int LANES = WARP_SIZE / ROW_PER_WARP;
    const int lane = threadIdx.x % LANES;
    const int m = (blockIdx.x * blockDim.y + threadIdx.y) * ROW_PER_WARP + threadIdx.x / LANES;
    float sum = 0.0f;
    if (m < M) {
        for (int k = lane; k < K; k += LANES) sum += A[m * K + k] * x[k];
    }
    sum = warp_sum<LANES>(sum);  // every lane takes part
    if (lane == 0 && m < M) y[m] = sum;
}

struct QuantRow {
    const int8_t* values;
    float scale;
};

__device__ QuantRow row_of(const int8_t* q, const half* scales, int m, int K) {
    return QuantRow{q + (int64_t)m * K, __half2float(scales[m])};
}

__global__ void gemv_int8_kernel(float* __restrict__ y, const int8_t* __restrict__ q, const half* __restrict__ scales,
                                 const float* __restrict__ x, int M, int K) {
    const int m = blockIdx.x * blockDim.y + threadIdx.y;
    if (m >= M) return;
    const QuantRow row = row_of(q, scales, m, K);
    float sum = 0.0f;
    int k = threadIdx.x * 4;
    if (K % 4 == 0) {
        for (; k < K; k += WARP_SIZE * 4) {
            const char4 packed = *reinterpret_cast<const char4*>(row.values + k);
            sum += packed.x * x[k] + packed.y * x[k + 1] + packed.z * x[k + 2] + packed.w * x[k + 3];
        }
    } else {
        for (k = threadIdx.x; k < K; k += WARP_SIZE) sum += row.values[k] * x[k];
    }
    sum = warp_sum(sum) * row.scale;
    if (threadIdx.x == 0) y[m] = sum;
}

void gemv(float* y, const float* A, const float* x, int M, int K) {
    const dim3 block(32, 4);
    const dim3 grid(ceil_div(M, 4));
    if (K <= 8) {
        gemv_short_rows_kernel<4><<<ceil_div(M, 16), block>>>(y, A, x, M, K);
    } else if (K <= 16) {
        gemv_short_rows_kernel<2><<<ceil_div(M, 8), block>>>(y, A, x, M, K);
    } else if (K % 4 == 0) {
        gemv_vec4_kernel<<<grid, block>>>(y, A, x, M, K);
    } else {
        gemv_warp_kernel<<<grid, block>>>(y, A, x, M, K);
    }
    CUDA_CHECK(cudaGetLastError());
}

void gemv_int8(float* y, const int8_t* q, const half* scales, const float* x, int M, int K) {
    gemv_int8_kernel<<<ceil_div(M, 2), dim3(32, 2)>>>(y, q, scales, x, M, K);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int K : {1, 5, 16, 33, 100, 259}) {
        const int M = 27;
        std::vector<float> A = random_floats(M * K, 530), x = random_floats(K, 531), scale = random_floats(M, 532, 0.01f, 0.1f);
        std::vector<int> raw = random_ints(M * K, 533, -127, 127);
        std::vector<int8_t> q(raw.begin(), raw.end());
        std::vector<half> scales;
        for (float v : scale) scales.push_back(__float2half(v));
        std::vector<double> want(M), want_q(M);
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++) {
                want[m] += (double)A[m * K + k] * x[k];
                want_q[m] += (double)q[m * K + k] * x[k] * __half2float(scales[m]);
            }
        float *d_A = to_device(A), *d_x = to_device(x), *d_y = device_zeros<float>(M);
        int8_t* d_q = to_device(q);
        half* d_s = to_device(scales);
        gemv(d_y, d_A, d_x, M, K);
        ok = all_close(to_host(d_y, M), want, 1e-5, "gemv") && ok;
        gemv_int8(d_y, d_q, d_s, d_x, M, K);
        ok = all_close(to_host(d_y, M), want_q, 1e-4, "gemv int8") && ok;
        cudaFree(d_A), cudaFree(d_x), cudaFree(d_y), cudaFree(d_q), cudaFree(d_s);
    }
    return report(ok);
}
