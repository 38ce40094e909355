// Row 4, styles T and L: GELU, tanh approximation: scalar kernel, float4 kernel with a scalar tail, half
// kernel.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define GELU_SCALE 0.7978845608028654f  // sqrt(2 / pi)
#define FLOAT4(ptr) (*reinterpret_cast<float4*>(ptr))
#define CONST_FLOAT4(ptr) (*reinterpret_cast<const float4*>(ptr))

__device__ __forceinline__ float gelu(float x) {
    float cube = 0.044715f * x * x * x;
    return 0.5f * x * (1.0f + tanhf(GELU_SCALE * (x + cube)));
}

__global__ void gelu_forward_kernel1(float* out, const float* inp, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = gelu(inp[i]);
}

// Four elements per thread; the last thread finishes what is left one by one.
__global__ void gelu_forward_kernel2(float* out, const float* inp, int n) {
    int i = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
    if (i + 3 < n) {
        float4 x = CONST_FLOAT4(&inp[i]);
        float4 y;
        y.x = gelu(x.x);
        y.y = gelu(x.y);
        y.z = gelu(x.z);
        y.w = gelu(x.w);
        FLOAT4(&out[i]) = y;
    } else {
        for (; i < n; ++i) out[i] = gelu(inp[i]);
    }
}

__device__ inline float load_float(const __half* p) { return __half2float(*p); }
__device__ inline float load_float(const __nv_bfloat16* p) { return __bfloat162float(*p); }
__device__ inline void store_float(__half* p, float v) { *p = __float2half(v); }
__device__ inline void store_float(__nv_bfloat16* p, float v) { *p = __float2bfloat16(v); }

template <class T>
__global__ void gelu_forward_kernel3(T* out, const T* inp, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    store_float(out + i, gelu(load_float(inp + i)));
}

void gelu_forward1(float* out, const float* inp, int n, const int block_size) {
    const int grid_size = ceil_div(n, block_size);
    gelu_forward_kernel1<<<grid_size, block_size>>>(out, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

void gelu_forward2(float* out, const float* inp, int n, const int block_size) {
    const int grid_size = ceil_div(ceil_div(n, 4), block_size);
    gelu_forward_kernel2<<<grid_size, block_size>>>(out, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

void gelu_forward_half(__half* out, const __half* inp, int n) {
    gelu_forward_kernel3<<<ceil_div(n, 128), 128>>>(out, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

void gelu_forward_bf16(__nv_bfloat16* out, const __nv_bfloat16* inp, int n) {
    gelu_forward_kernel3<__nv_bfloat16><<<ceil_div(n, 128), 128>>>(out, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int n = 1027;  // leaves a tail of three
    std::vector<float> x = random_floats(n, 3, -5.0f, 5.0f), want(n);
    std::vector<__half> xh(n);
    std::vector<__nv_bfloat16> xb(n);
    for (int i = 0; i < n; i++) {
        double v = x[i];
        want[i] = (float)(0.5 * v * (1.0 + std::tanh(0.7978845608028654 * (v + 0.044715 * v * v * v))));
        xh[i] = __float2half(x[i]);
        xb[i] = __float2bfloat16(x[i]);
    }
    float *d_x = to_device(x), *d_out = device_zeros<float>(n);
    gelu_forward1(d_out, d_x, n, 96);
    bool ok = all_close(to_host(d_out, n), want, 1e-5, "gelu 1");
    CUDA_CHECK(cudaMemset(d_out, 0, n * sizeof(float)));
    gelu_forward2(d_out, d_x, n, 64);
    ok = all_close(to_host(d_out, n), want, 1e-5, "gelu 2") && ok;

    __half *d_xh = to_device(xh), *d_oh = device_zeros<__half>(n);
    __nv_bfloat16 *d_xb = to_device(xb), *d_ob = device_zeros<__nv_bfloat16>(n);
    gelu_forward_half(d_oh, d_xh, n);
    gelu_forward_bf16(d_ob, d_xb, n);
    std::vector<__half> oh = to_host(d_oh, n);
    std::vector<__nv_bfloat16> ob = to_host(d_ob, n);
    std::vector<float> got_h(n), got_b(n);
    for (int i = 0; i < n; i++) {
        got_h[i] = __half2float(oh[i]);
        got_b[i] = __bfloat162float(ob[i]);
    }
    ok = all_close(got_h, want, 4e-3, "gelu half") && ok;
    ok = all_close(got_b, want, 3e-2, "gelu bf16") && ok;
    cudaFree(d_x), cudaFree(d_out), cudaFree(d_xh), cudaFree(d_oh), cudaFree(d_xb), cudaFree(d_ob);
    return report(ok);
}
