// Row 38, style L: root-mean-square and layer normalisation of half and bfloat16 rows, a block per row,
// each thread holding one 128-bit pack in registers; sums in half2 or float, as the kernel's name says.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define WARP_SIZE 32
#define HALF2(value) (reinterpret_cast<half2*>(&(value))[0])
#define BFLOAT2(value) (reinterpret_cast<__nv_bfloat162*>(&(value))[0])
#define LDST128BITS(value) (reinterpret_cast<float4*>(&(value))[0])
#define CONST128BITS(value) (reinterpret_cast<const float4*>(&(value))[0])

template <const int kWarpSize = WARP_SIZE>
__device__ __forceinline__ float warp_reduce_sum_f32(float val) {
#pragma unroll
    for (int mask = kWarpSize >> 1; mask >= 1; mask >>= 1) val += __shfl_xor_sync(0xffffffff, val, mask);
    return val;
}

template <const int kWarpSize = WARP_SIZE>
__device__ __forceinline__ half2 warp_reduce_sum_f16x2(half2 val) {
#pragma unroll
    for (int mask = kWarpSize >> 1; mask >= 1; mask >>= 1) val = __hadd2(val, __shfl_xor_sync(0xffffffff, val, mask));
    return val;
}

__device__ __forceinline__ float fast_rsqrt(float x) {
    float y;
    asm volatile("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

template <const int NUM_THREADS>
__device__ float block_reduce_sum_f32(float val) {
    constexpr int NUM_WARPS = (NUM_THREADS + WARP_SIZE - 1) / WARP_SIZE;
    const int warp = threadIdx.x / WARP_SIZE, lane = threadIdx.x % WARP_SIZE;
    static __shared__ float shared[NUM_WARPS];
    val = warp_reduce_sum_f32(val);
    if (lane == 0) shared[warp] = val;
    __syncthreads();
    val = lane < NUM_WARPS ? shared[lane] : 0.0f;
    val = warp_reduce_sum_f32<NUM_WARPS>(val);
    return __shfl_sync(0xffffffff, val, 0);
}

// y = x / rms(x) * g; grid N rows, block K / 8 threads
template <const int NUM_THREADS>
__global__ void __launch_bounds__(NUM_THREADS) rms_norm_f16x8_pack_f32_kernel(const half* x, half* y, float g, int N, int K) {
    const int idx = (blockIdx.x * blockDim.x + threadIdx.x) * 8;
    half pack_x[8], pack_y[8];
    LDST128BITS(pack_x[0]) = CONST128BITS(x[idx]);
    float variance = 0.0f;
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        const float v = __half2float(pack_x[i]);
        variance += idx + i < N * K ? v * v : 0.0f;
    }
    __shared__ float s_variance;
    variance = block_reduce_sum_f32<NUM_THREADS>(variance);
    if (threadIdx.x == 0) s_variance = fast_rsqrt(variance / (float)K + 1e-5f);
    __syncthreads();
    const half2 scale = __float2half2_rn(s_variance * g);
#pragma unroll
    for (int i = 0; i < 8; i += 2) HALF2(pack_y[i]) = __hmul2(HALF2(pack_x[i]), scale);
    if (idx + 7 < N * K) LDST128BITS(y[idx]) = LDST128BITS(pack_y[0]);
}

// the same with sums of squares in half precision, a warp per row
__global__ void rms_norm_f16x2_f16_kernel(const half2* x, half2* y, half g, int N, int pairs) {
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= N) return;
    half2 sum = __float2half2_rn(0.0f);
    for (int i = threadIdx.x; i < pairs; i += WARP_SIZE) sum = __hfma2(x[row * pairs + i], x[row * pairs + i], sum);
    sum = warp_reduce_sum_f16x2(sum);
    const half mean = (__low2half(sum) + __high2half(sum)) / __int2half_rn(2 * pairs);
    const half2 scale = __half2half2(hrsqrt(mean + __float2half(1e-5f)) * g);
    for (int i = threadIdx.x; i < pairs; i += WARP_SIZE) y[row * pairs + i] = x[row * pairs + i] * scale;
}

// y = (x - mean) / std * g + b with sums in float, bfloat16 in packs of eight
template <const int NUM_THREADS>
__global__ void __launch_bounds__(NUM_THREADS) layer_norm_bf16x8_pack_f32_kernel(const __nv_bfloat16* x, __nv_bfloat16* y, float g, float b, int K) {
    const int idx = (blockIdx.x * blockDim.x + threadIdx.x) * 8;
    __shared__ float s_mean, s_rstd;
    __nv_bfloat16 pack[8];
    LDST128BITS(pack[0]) = CONST128BITS(x[idx]);
    float2 vals[4];
    float sum = 0.0f, squares = 0.0f;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        vals[i] = __bfloat1622float2(BFLOAT2(pack[2 * i]));
        sum += vals[i].x + vals[i].y;
    }
    sum = block_reduce_sum_f32<NUM_THREADS>(sum);
    if (threadIdx.x == 0) s_mean = sum / (float)K;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        vals[i].x -= s_mean;
        vals[i].y -= s_mean;
        squares += vals[i].x * vals[i].x + vals[i].y * vals[i].y;
    }
    squares = block_reduce_sum_f32<NUM_THREADS>(squares);
    if (threadIdx.x == 0) s_rstd = rsqrtf(squares / (float)K + 1e-5f);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 4; ++i)
        BFLOAT2(pack[2 * i]) = __floats2bfloat162_rn(fmaf(vals[i].x, s_rstd * g, b), fmaf(vals[i].y, s_rstd * g, b));
    LDST128BITS(y[idx]) = LDST128BITS(pack[0]);
}

#define LAUNCH_CASE(kernel, threads, ...) \
    case (threads) * 8: kernel<threads><<<N, threads>>>(__VA_ARGS__); break;

void rms_norm_f16(const half* x, half* y, float g, int N, int K) {
    switch (K) {
        LAUNCH_CASE(rms_norm_f16x8_pack_f32_kernel, 32, x, y, g, N, K)
        LAUNCH_CASE(rms_norm_f16x8_pack_f32_kernel, 128, x, y, g, N, K)
        default: break;
    }
}
void rms_norm_f16_warp(const half* x, half* y, float g, int N, int pairs) {
    rms_norm_f16x2_f16_kernel<<<ceil_div(N, 2), dim3(WARP_SIZE, 2)>>>((const half2*)x, (half2*)y, __float2half(g), N, pairs);
}
void layer_norm_bf16(const __nv_bfloat16* x, __nv_bfloat16* y, float g, float b, int N, int K) {
    switch (K) {
        LAUNCH_CASE(layer_norm_bf16x8_pack_f32_kernel, 64, x, y, g, b, K)
        default: break;
    }
}

template <typename T>
std::vector<float> floats(const T* p, size_t n) {
    std::vector<float> out;
    for (T v : to_host(p, n)) out.push_back((float)v);
    return out;
}

int main() {
    bool ok = true;
    for (int K : {256, 512, 1024}) {
        const int N = 5;
        std::vector<half> x;
        std::vector<__nv_bfloat16> xb;
        for (float v : random_floats(N * K, 1100, -2, 2)) x.push_back((half)v), xb.push_back((__nv_bfloat16)v);
        for (int c = 0; c < K; c++) x[2 * K + c] = (half)0.0f, xb[2 * K + c] = (__nv_bfloat16)1.5f;  // a constant row
        std::vector<double> rms(N * K), layer(N * K);
        for (int r = 0; r < N; r++) {
            double squares = 0, sum = 0, var = 0;
            for (int c = 0; c < K; c++) squares += (double)(float)x[r * K + c] * (float)x[r * K + c], sum += (float)xb[r * K + c];
            for (int c = 0; c < K; c++) var += ((float)xb[r * K + c] - sum / K) * ((float)xb[r * K + c] - sum / K);
            for (int c = 0; c < K; c++) {
                rms[r * K + c] = (float)x[r * K + c] / std::sqrt(squares / K + 1e-5) * 1.25;
                layer[r * K + c] = ((float)xb[r * K + c] - sum / K) / std::sqrt(var / K + 1e-5) * 1.25 + 0.5;
            }
        }
        half *d_x = to_device(x), *d_y = device_zeros<half>(N * K);
        __nv_bfloat16 *d_xb = to_device(xb), *d_yb = device_zeros<__nv_bfloat16>(N * K);
        if (K != 512) {
            rms_norm_f16(d_x, d_y, 1.25f, N, K);
            ok = all_close(floats(d_y, N * K), rms, 1e-2, "pack") && ok;
        } else {
            layer_norm_bf16(d_xb, d_yb, 1.25f, 0.5f, N, K);
            ok = all_close(floats(d_yb, N * K), layer, 2e-2, "layer norm") && ok;
        }
        rms_norm_f16_warp(d_x, d_y, 1.25f, N, K / 2);
        ok = all_close(floats(d_y, N * K), rms, 3e-2, "half sums") && ok;
        cudaFree(d_x), cudaFree(d_y), cudaFree(d_xb), cudaFree(d_yb);
    }
    return report(ok);
}
