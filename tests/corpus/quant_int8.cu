// Rows 85 and 86, style E: quantisation to int8: with a fixed scale and zero point, with one dynamic scale
// per row, and back. A vectorising helper takes the element operation as a lambda.
#include <cstdint>
#include <limits>

#include <cuda_fp16.h>

#include "check.h"

constexpr float i8_min = static_cast<float>(std::numeric_limits<int8_t>::min());
constexpr float i8_max = static_cast<float>(std::numeric_limits<int8_t>::max());

static __device__ __forceinline__ int8_t float_to_int8_rn(float x) {
    float dst = nearbyintf(x);
    dst = dst < i8_min ? i8_min : dst;
    dst = dst > i8_max ? i8_max : dst;
    return static_cast<int8_t>(dst);
}

static __device__ __forceinline__ int32_t float_to_int32_rn(float x) { return __float2int_rn(x); }

static __device__ __forceinline__ int8_t int32_to_int8(int32_t x) {
    return static_cast<int8_t>(x < -128 ? -128 : x > 127 ? 127 : x);
}

// Calls op(output, input) on every element; groups of four as one record where the row allows.
template <typename Out, typename In, typename Op>
__device__ inline void transform_row(Out* out, const In* in, int count, int tid, int threads, Op op) {
    struct alignas(sizeof(In) * 4) In4 {
        In v[4];
    };
    struct alignas(sizeof(Out) * 4) Out4 {
        Out v[4];
    };
    if (count % 4 == 0) {
        const In4* in4 = reinterpret_cast<const In4*>(in);
        Out4* out4 = reinterpret_cast<Out4*>(out);
        for (int i = tid; i < count / 4; i += threads) {
            const In4 source = in4[i];
            Out4 result;
#pragma unroll
            for (int k = 0; k < 4; ++k) op(result.v[k], source.v[k]);
            out4[i] = result;
        }
    } else {
        for (int i = tid; i < count; i += threads) op(out[i], in[i]);
    }
}

template <typename scalar_t>
__global__ void static_quant_kernel(int8_t* __restrict__ out, const scalar_t* __restrict__ input, const float* scale_ptr,
                                    int hidden_size) {
    const int64_t token_idx = blockIdx.x;
    const float inv_scale = 1.0f / *scale_ptr;
    transform_row(out + token_idx * hidden_size, input + token_idx * hidden_size, hidden_size, threadIdx.x, blockDim.x,
                  [=](int8_t& dst, const scalar_t& src) {
                      dst = float_to_int8_rn(static_cast<float>(src) * inv_scale);
                  });
}

template <typename scalar_t>
__global__ void static_quant_azp_kernel(int8_t* out, const scalar_t* input, const float* scale_ptr, const int32_t* azp_ptr,
                                        int hidden_size) {
    const float inv_scale = 1.0f / *scale_ptr;
    const int32_t azp = *azp_ptr;
    for (int i = threadIdx.x; i < hidden_size; i += blockDim.x) {
        const int64_t at = (int64_t)blockIdx.x * hidden_size + i;
        const auto value = float_to_int32_rn(static_cast<float>(input[at]) * inv_scale) + azp;
        out[at] = int32_to_int8(value);
    }
}

template <typename scalar_t>
__global__ void dynamic_quant_kernel(int8_t* out, float* scales, const scalar_t* input, int hidden_size) {
    const scalar_t* row = input + (int64_t)blockIdx.x * hidden_size;
    __shared__ float warp_max[32];
    __shared__ float inv_scale;
    float absmax = 0.0f;
    for (int i = threadIdx.x; i < hidden_size; i += blockDim.x) absmax = fmaxf(absmax, fabsf(static_cast<float>(row[i])));
#pragma unroll
    for (int mask = 16; mask; mask >>= 1) absmax = fmaxf(absmax, __shfl_xor_sync(0xffffffffu, absmax, mask));
    if (threadIdx.x % 32 == 0) warp_max[threadIdx.x / 32] = absmax;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < blockDim.x / 32; ++w) absmax = fmaxf(absmax, warp_max[w]);
        scales[blockIdx.x] = absmax / 127.0f;
        inv_scale = absmax == 0.0f ? 0.0f : 127.0f / absmax;  // a row of zeros stays zero
    }
    __syncthreads();
    const float s = inv_scale;
    transform_row(out + (int64_t)blockIdx.x * hidden_size, row, hidden_size, threadIdx.x, blockDim.x,
                  [s](int8_t& dst, scalar_t src) { dst = float_to_int8_rn(static_cast<float>(src) * s); });
}

__global__ void dequant_kernel(float* out, const char4* q, const float* scales, int words_per_row, int total_words) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total_words) return;
    const float scale = scales[i / words_per_row];
    const char4 v = q[i];
    reinterpret_cast<float4*>(out)[i] = make_float4(v.x * scale, v.y * scale, v.z * scale, v.w * scale);
}

void static_quant(int8_t* out, const float* input, const float* scale, int tokens, int hidden_size) {
    static_quant_kernel<float><<<tokens, hidden_size < 128 ? hidden_size : 128>>>(out, input, scale, hidden_size);
    CUDA_CHECK(cudaGetLastError());
}

void static_quant_azp(int8_t* out, const __half* input, const float* scale, const int32_t* azp, int tokens,
                      int hidden_size) {
    static_quant_azp_kernel<<<tokens, 64>>>(out, input, scale, azp, hidden_size);
    CUDA_CHECK(cudaGetLastError());
}

void dynamic_quant(int8_t* out, float* scales, const float* input, int tokens, int hidden_size, int block_size) {
    dynamic_quant_kernel<float><<<tokens, block_size>>>(out, scales, input, hidden_size);
    CUDA_CHECK(cudaGetLastError());
}

// hidden_size must be a multiple of four
void dequant(float* out, const int8_t* q, const float* scales, int tokens, int hidden_size) {
    const int words = tokens * hidden_size / 4;
    dequant_kernel<<<ceil_div(words, 64), 64>>>(out, reinterpret_cast<const char4*>(q), scales, hidden_size / 4, words);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int hidden : {1, 75, 128}) {
        const int tokens = 6, n = tokens * hidden, azp = -7;
        const float scale = 0.031f;
        std::vector<float> x = random_floats(n, 700, -5.0f, 5.0f), scales(tokens);
        for (int i = 0; i < hidden; i++) x[2 * hidden + i] = 0.0f;
        std::vector<__half> xh;
        for (float v : x) xh.push_back(__float2half(v));
        auto saturate = [](float v) { return (int)std::fmin(std::fmax(std::nearbyint(v), -128.0f), 127.0f); };
        std::vector<int> want(n), want_azp(n), want_dynamic(n);
        for (int t = 0; t < tokens; t++) {
            float peak = 0.0f;
            for (int i = 0; i < hidden; i++) peak = std::fmax(peak, std::fabs(x[t * hidden + i]));
            scales[t] = peak / 127.0f;
            for (int i = t * hidden; i < (t + 1) * hidden; i++) {
                want[i] = saturate(x[i] * (1.0f / scale));
                want_azp[i] = saturate(std::nearbyint(__half2float(xh[i]) * (1.0f / scale)) + azp);
                want_dynamic[i] = saturate(x[i] * (peak == 0.0f ? 0.0f : 127.0f / peak));
            }
        }
        float *d_x = to_device(x), *d_scale = to_device(std::vector<float>{scale}), *d_scales = device_zeros<float>(tokens);
        __half* d_xh = to_device(xh);
        int32_t* d_azp = to_device(std::vector<int32_t>{azp});
        int8_t* d_q = device_zeros<int8_t>(n);
        static_quant(d_q, d_x, d_scale, tokens, hidden);
        ok = all_close(to_host(d_q, n), want, 0.0, "static") && ok;
        static_quant_azp(d_q, d_xh, d_scale, d_azp, tokens, hidden);
        ok = all_close(to_host(d_q, n), want_azp, 0.0, "zero point") && ok;
        dynamic_quant(d_q, d_scales, d_x, tokens, hidden, 64);
        ok = all_close(to_host(d_q, n), want_dynamic, 0.0, "dynamic") && ok;
        ok = all_close(to_host(d_scales, tokens), scales, 0.0, "scales") && ok;
        if (hidden % 4 == 0) {
            float* d_back = device_zeros<float>(n);
            dequant(d_back, d_q, d_scales, tokens, hidden);
            ok = all_close(to_host(d_back, n), x, 0.021, "round trip") && ok;
            cudaFree(d_back);
        }
        cudaFree(d_x), cudaFree(d_scale), cudaFree(d_scales), cudaFree(d_xh), cudaFree(d_azp), cudaFree(d_q);
    }
    return report(ok);
}
