// 8-bit floats: every code as a number, conversions with and without saturation, pairs and quads.
#include <cstdio>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

constexpr int THREADS = 4;
constexpr int VALUES = 16;

__device__ float from_half_raw(__half_raw raw) { return __half2float(__half(raw)); }

__global__ void test(float* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    float all4 = 0, all5 = 0;
    for (int code = t; code < 256; code += 4) {
        __nv_fp8_e4m3 small;
        __nv_fp8_e5m2 wide;
        small.__x = code;
        wide.__x = code;
        float s = float(small), w = float(wide);
        if (s == s) all4 = all4 * 0.75f + s + __nv_cvt_float_to_fp8(s, __NV_NOSAT, __NV_E4M3);
        if (w == w && !isinf(w)) all5 = all5 * 0.75f + w * 0.01f + __nv_cvt_float_to_fp8(w, __NV_NOSAT, __NV_E5M2);
    }
    out[k++] = all4;
    out[k++] = all5;
    const float values[16] = {0.1f, -1.06f, 447.0f, 464.0f, 465.0f, -1e9f, 57344.0f, 61439.0f, 61440.0f, 1e-3f, 9.7e-4f, 9.8e-4f, 1.5e-5f, -7e-6f, 0.0f, 17.0f};
    for (int i = 0; i < 4; i++) {
        float v = values[4 * t + i];
        out[k++] = __nv_cvt_float_to_fp8(v, __NV_SATFINITE, __NV_E4M3) + 256 * __nv_cvt_float_to_fp8(v, __NV_NOSAT, __NV_E4M3);
        out[k++] = __nv_cvt_double_to_fp8(v, __NV_SATFINITE, __NV_E5M2) + 256 * __nv_cvt_double_to_fp8(v, __NV_NOSAT, __NV_E5M2);
    }
    out[k++] = __nv_cvt_float_to_fp8(values[t] / 0.0f, __NV_NOSAT, __NV_E4M3) + 256 * __nv_cvt_float_to_fp8(-INFINITY, __NV_SATFINITE, __NV_E5M2);
    out[k++] = from_half_raw(__nv_cvt_fp8_to_halfraw(0x3a + t, __NV_E4M3)) + from_half_raw(__nv_cvt_fp8_to_halfraw(0x3a + t, __NV_E5M2));
    __nv_fp8x2_e4m3 pair(make_float2(1.3f + t, -300.0f));
    float2 back = float2(pair);
    out[k++] = back.x + back.y * 1000 + __half2float(__high2half(__half2(pair)));
    __nv_fp8x4_e5m2 quad(make_float4(0.1f, 1e6f, -3.3f, t));
    float4 four = float4(quad);
    out[k++] = four.x + four.y * 2 + four.z * 3 + four.w * 4;
    out[k++] = float(__nv_fp8_e4m3(t * 37)) + float(__nv_fp8_e5m2(__float2half(2.2f))) + float(__nv_fp8_e4m3(__float2bfloat16(3.3f)));
    out[k++] = sizeof(__nv_fp8_e4m3) + sizeof(pair) * 10 + sizeof(quad) * 100 + alignof(__nv_fp8x4_e4m3) * 1000;
}

int main() {
    float* device = nullptr;
    float host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%.9g%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
