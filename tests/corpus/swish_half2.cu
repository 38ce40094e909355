// Row 7, style L: swish on half data: scalar, two elements per thread, and eight elements per 128-bit
// access.
#include <cuda_fp16.h>

#include "check.h"

#define HALF2(value) (reinterpret_cast<half2*>(&(value))[0])
#define LDST128(value) (reinterpret_cast<float4*>(&(value))[0])

__device__ half swish(half x) {
    return __hmul(x, __hdiv(__float2half(1.0f), __hadd(__float2half(1.0f), hexp(__hneg(x)))));
}

__device__ half2 swish2(half2 x) {
    const half2 one = __float2half2_rn(1.0f);
    return __hmul2(x, h2rcp(__hadd2(one, h2exp(__hneg2(x)))));
}

__global__ void swish_f16_kernel(half* y, const half* x, int n) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx < n) y[idx] = swish(x[idx]);
}

__global__ void swish_f16x2_kernel(half* y, half* x, int n) {
    int idx = 2 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (idx + 1 < n) {
        half2 v = HALF2(x[idx]);
        HALF2(y[idx]) = swish2(v);
    } else if (idx < n) {
        y[idx] = swish(x[idx]);
    }
}

__global__ void swish_f16x8_pack_kernel(half* y, half* x, int n) {
    int idx = 8 * (blockIdx.x * blockDim.x + threadIdx.x);
    if (idx >= n) return;
    alignas(16) half in_pack[8], out_pack[8];
    if (idx + 8 <= n) {
        LDST128(in_pack[0]) = LDST128(x[idx]);
#pragma unroll
        for (int i = 0; i < 8; i += 2) {
            HALF2(out_pack[i]) = swish2(HALF2(in_pack[i]));
        }
        LDST128(y[idx]) = LDST128(out_pack[0]);
    } else {
        while (idx < n) {
            y[idx] = swish(x[idx]);
            idx++;
        }
    }
}

void swish_f16(half* y, const half* x, int n) {
    swish_f16_kernel<<<ceil_div(n, 256), 256>>>(y, x, n);
}

void swish_f16x2(half* y, half* x, int n) {
    swish_f16x2_kernel<<<ceil_div(n, 2 * 128), 128>>>(y, x, n);
}

void swish_f16x8_pack(half* y, half* x, int n) {
    swish_f16x8_pack_kernel<<<ceil_div(n, 8 * 32), 32>>>(y, x, n);
}

static bool check(const half* device, const std::vector<float>& want, const char* what) {
    std::vector<half> raw = to_host(device, want.size());
    std::vector<float> got(want.size());
    for (size_t i = 0; i < want.size(); i++) got[i] = __half2float(raw[i]);
    return all_close(got, want, 6e-3, what);
}

int main() {
    const int n = 1045;  // 1045 % 8 == 5
    std::vector<float> x = random_floats(n, 31, -3.0f, 3.0f), want(n);
    std::vector<half> xh(n);
    for (int i = 0; i < n; i++) {
        xh[i] = __float2half(x[i]);
        want[i] = (float)(x[i] / (1.0 + std::exp(-(double)x[i])));
    }
    half *d_x = to_device(xh), *d_y = device_zeros<half>(n);
    swish_f16(d_y, d_x, n);
    bool ok = check(d_y, want, "swish f16");
    CUDA_CHECK(cudaMemset(d_y, 0, n * sizeof(half)));
    swish_f16x2(d_y, d_x, n);
    ok = check(d_y, want, "swish f16x2") && ok;
    CUDA_CHECK(cudaMemset(d_y, 0, n * sizeof(half)));
    swish_f16x8_pack(d_y, d_x, n);
    ok = check(d_y, want, "swish f16x8") && ok;
    cudaFree(d_x), cudaFree(d_y);
    return report(ok);
}
