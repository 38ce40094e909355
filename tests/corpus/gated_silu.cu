// Row 6, style E: gated SiLU: a row holds the gate half and the up half, out[t, c] = silu(gate) * up. One
// block per token; a template flag says which half the activation applies to.
#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

template <typename T>
__device__ __forceinline__ T silu(const T& x) {
    return (T)(((float)x) / (1.0f + expf((float)-x)));
}

template <typename T, T (*ACT_FN)(const T&), bool act_first>
__device__ __forceinline__ T compute(const T& x, const T& y) {
    return act_first ? ACT_FN(x) * y : x * ACT_FN(y);
}

template <typename scalar_t, scalar_t (*ACT_FN)(const scalar_t&), bool act_first>
__global__ void act_and_mul_kernel(scalar_t* __restrict__ out, const scalar_t* __restrict__ input, const int d) {
    const int64_t token_idx = blockIdx.x;
    for (int64_t idx = threadIdx.x; idx < d; idx += blockDim.x) {
        const scalar_t x = __ldg(&input[token_idx * 2 * d + idx]);
        const scalar_t y = __ldg(&input[token_idx * 2 * d + d + idx]);
        out[token_idx * d + idx] = compute<scalar_t, ACT_FN, act_first>(x, y);
    }
}

void silu_and_mul(float* out, const float* input, int num_tokens, int d) {
    dim3 grid(num_tokens);
    dim3 block(d < 256 ? d : 256);
    act_and_mul_kernel<float, silu<float>, true><<<grid, block>>>(out, input, d);
}

void mul_and_silu_half(__half* out, const __half* input, int num_tokens, int d) {
    dim3 grid(num_tokens);
    dim3 block(d < 128 ? d : 128);
    act_and_mul_kernel<__half, silu<__half>, false><<<grid, block>>>(out, input, d);
}

void silu_and_mul_bf16(__nv_bfloat16* out, const __nv_bfloat16* input, int num_tokens, int d) {
    act_and_mul_kernel<__nv_bfloat16, silu<__nv_bfloat16>, true><<<num_tokens, 64>>>(out, input, d);
}

static double silu_reference(double x) { return x / (1.0 + std::exp(-x)); }

int main() {
    const int tokens = 5, d = 301;
    std::vector<float> x = random_floats(tokens * 2 * d, 21, -4.0f, 4.0f);
    std::vector<float> want(tokens * d), want_second(tokens * d);
    std::vector<__half> xh(x.size());
    std::vector<__nv_bfloat16> xb(x.size());
    for (size_t i = 0; i < x.size(); i++) {
        xh[i] = __float2half(x[i]);
        xb[i] = __float2bfloat16(x[i]);
    }
    for (int t = 0; t < tokens; t++) {
        for (int c = 0; c < d; c++) {
            double gate = x[(t * 2) * d + c], up = x[(t * 2 + 1) * d + c];
            want[t * d + c] = (float)(silu_reference(gate) * up);
            want_second[t * d + c] = (float)(gate * silu_reference(up));
        }
    }
    float *d_x = to_device(x), *d_out = device_zeros<float>(tokens * d);
    silu_and_mul(d_out, d_x, tokens, d);
    bool ok = all_close(to_host(d_out, tokens * d), want, 1e-5, "silu and mul");

    __half *d_xh = to_device(xh), *d_oh = device_zeros<__half>(tokens * d);
    __nv_bfloat16 *d_xb = to_device(xb), *d_ob = device_zeros<__nv_bfloat16>(tokens * d);
    mul_and_silu_half(d_oh, d_xh, tokens, d);
    silu_and_mul_bf16(d_ob, d_xb, tokens, d);
    std::vector<__half> oh = to_host(d_oh, tokens * d);
    std::vector<__nv_bfloat16> ob = to_host(d_ob, tokens * d);
    std::vector<float> got_h(oh.size()), got_b(ob.size());
    for (size_t i = 0; i < oh.size(); i++) {
        got_h[i] = __half2float(oh[i]);
        got_b[i] = __bfloat162float(ob[i]);
    }
    ok = all_close(got_h, want_second, 1e-2, "mul and silu half") && ok;
    ok = all_close(got_b, want, 6e-2, "silu and mul bf16") && ok;
    cudaFree(d_x), cudaFree(d_out), cudaFree(d_xh), cudaFree(d_oh), cudaFree(d_xb), cudaFree(d_ob);
    return report(ok);
}
