// Row 5, style X: gradient of GELU on 128-bit packs, with streaming loads and stores.
#include <cstring>

#include <cuda_bf16.h>

#include "check.h"

template <typename T>
struct alignas(16) Packed {
    static constexpr int size = 16 / sizeof(T);
    T data[size];

    __device__ T& operator[](int i) { return data[i]; }
    __device__ const T& operator[](int i) const { return data[i]; }
};

// The gradient tensor is read once: keep it out of the way of other cached data.
template <typename T>
__device__ Packed<T> load_streaming(const T* address) {
    int4 bits = __ldcs(reinterpret_cast<const int4*>(address));
    Packed<T> pack;
    memcpy(pack.data, &bits, sizeof(bits));
    return pack;
}

template <typename T>
__device__ Packed<T> load_cached(const T* address) {
    return *reinterpret_cast<const Packed<T>*>(address);
}

template <typename T>
__device__ void store_streaming(T* address, const Packed<T>& pack) {
    int4 bits;
    memcpy(&bits, pack.data, sizeof(bits));
    __stcs(reinterpret_cast<int4*>(address), bits);
}

__device__ float gelu_grad(float x) {
    const float scale = 0.7978845608028654f;
    const float cube = 0.044715f * x * x * x;
    const float t = tanhf(scale * (x + cube));
    const float sech2 = 1.0f - t * t;
    return 0.5f * (1.0f + t) + x * 0.5f * sech2 * scale * (1.0f + 3.0f * 0.044715f * x * x);
}

template <typename T>
__global__ void gelu_backward_kernel(T* dinp, const T* inp, const T* dout, int n) {
    using Pack = Packed<T>;
    const int base = (blockIdx.x * blockDim.x + threadIdx.x) * Pack::size;
    if (base >= n) return;
    if (base + Pack::size > n) {  // ragged end
        for (int i = base; i < n; i++) dinp[i] = (T)(gelu_grad((float)inp[i]) * (float)dout[i]);
        return;
    }
    Pack x = load_cached(inp + base);
    Pack dy = load_streaming(dout + base);
    Pack dx;
#pragma unroll
    for (int k = 0; k < Pack::size; ++k) {
        dx[k] = (T)(gelu_grad((float)x[k]) * (float)dy[k]);
    }
    store_streaming(dinp + base, dx);
}

void gelu_backward(float* dinp, const float* inp, const float* dout, int n, int block_size) {
    const int packs = ceil_div(n, Packed<float>::size);
    gelu_backward_kernel<<<ceil_div(packs, block_size), block_size>>>(dinp, inp, dout, n);
    CUDA_CHECK(cudaGetLastError());
}

void gelu_backward_bf16(__nv_bfloat16* dinp, const __nv_bfloat16* inp, const __nv_bfloat16* dout, int n) {
    const int packs = ceil_div(n, Packed<__nv_bfloat16>::size);
    gelu_backward_kernel<__nv_bfloat16><<<ceil_div(packs, 64), 64>>>(dinp, inp, dout, n);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int n = 2051;
    std::vector<float> x = random_floats(n, 11, -4.0f, 4.0f), dy = random_floats(n, 12), want(n);
    std::vector<__nv_bfloat16> xb(n), dyb(n);
    for (int i = 0; i < n; i++) {
        double v = x[i], s = 0.7978845608028654;
        double t = std::tanh(s * (v + 0.044715 * v * v * v));
        want[i] = (float)(dy[i] * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * s * (1 + 3 * 0.044715 * v * v)));
        xb[i] = __float2bfloat16(x[i]);
        dyb[i] = __float2bfloat16(dy[i]);
    }
    float *d_x = to_device(x), *d_dy = to_device(dy), *d_dx = device_zeros<float>(n);
    gelu_backward(d_dx, d_x, d_dy, n, 128);
    bool ok = all_close(to_host(d_dx, n), want, 1e-5, "gelu backward");

    __nv_bfloat16 *d_xb = to_device(xb), *d_dyb = to_device(dyb), *d_dxb = device_zeros<__nv_bfloat16>(n);
    gelu_backward_bf16(d_dxb, d_xb, d_dyb, n);
    std::vector<__nv_bfloat16> raw = to_host(d_dxb, n);
    std::vector<float> got(n);
    for (int i = 0; i < n; i++) got[i] = __bfloat162float(raw[i]);
    ok = all_close(got, want, 3e-2, "gelu backward bf16") && ok;
    cudaFree(d_x), cudaFree(d_dy), cudaFree(d_dx), cudaFree(d_xb), cudaFree(d_dyb), cudaFree(d_dxb);
    return report(ok);
}
