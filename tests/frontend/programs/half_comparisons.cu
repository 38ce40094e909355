// Comparisons with NaN, masks, saturating and complex arithmetic of pairs of 16-bit floats.
#include <cstdio>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

constexpr int THREADS = 4;
constexpr int VALUES = 50;

__global__ void test(float* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    {
        __half a = __float2half(1.5f + t), b = __float2half(0.1f), nan = __ushort_as_half((unsigned short)0x7fff);
        __half2 p = __floats2half2_rn(1.0f + t, 2.5f), q = __floats2half2_rn(2.5f, 2.5f), r = __half2(nan, b);
        out[k++] = __hequ(a, nan) + 2 * __hequ(a, b) + 4 * __hbequ2(p, q) + 8 * __hbequ2(r, r);
        out[k++] = __heq2_mask(p, q) * 1e-6 + __hequ2_mask(r, q) % 1000 + __low2float(__hequ2(r, p));
        out[k++] = __hneu(a, nan) + 2 * __hneu(a, b) + 4 * __hbneu2(p, q) + 8 * __hbneu2(r, r);
        out[k++] = __hne2_mask(p, q) * 1e-6 + __hneu2_mask(r, q) % 1000 + __low2float(__hneu2(r, p));
        out[k++] = __hltu(a, nan) + 2 * __hltu(a, b) + 4 * __hbltu2(p, q) + 8 * __hbltu2(r, r);
        out[k++] = __hlt2_mask(p, q) * 1e-6 + __hltu2_mask(r, q) % 1000 + __low2float(__hltu2(r, p));
        out[k++] = __hleu(a, nan) + 2 * __hleu(a, b) + 4 * __hbleu2(p, q) + 8 * __hbleu2(r, r);
        out[k++] = __hle2_mask(p, q) * 1e-6 + __hleu2_mask(r, q) % 1000 + __low2float(__hleu2(r, p));
        out[k++] = __hgtu(a, nan) + 2 * __hgtu(a, b) + 4 * __hbgtu2(p, q) + 8 * __hbgtu2(r, r);
        out[k++] = __hgt2_mask(p, q) * 1e-6 + __hgtu2_mask(r, q) % 1000 + __low2float(__hgtu2(r, p));
        out[k++] = __hgeu(a, nan) + 2 * __hgeu(a, b) + 4 * __hbgeu2(p, q) + 8 * __hbgeu2(r, r);
        out[k++] = __hge2_mask(p, q) * 1e-6 + __hgeu2_mask(r, q) % 1000 + __low2float(__hgeu2(r, p));
        out[k++] = __low2float(__hadd2_sat(p, q)) + __high2float(__hadd2_sat(p, q)) * 100;
        out[k++] = __low2float(__hsub2_sat(p, q)) + __high2float(__hsub2_sat(p, q)) * 100;
        out[k++] = __low2float(__hmul2_sat(p, q)) + __high2float(__hmul2_sat(p, q)) * 100;
        out[k++] = __low2float(__hfma2_sat(p, q, p)) + __high2float(__hfma2_sat(p, q, p)) * 100;
        out[k++] = __low2float(__hfma2_relu(p, -q, p)) + __high2float(__hfma2_relu(p, -q, p)) * 100;
        out[k++] = __low2float(__hisnan2(r)) + __high2float(__hisnan2(r)) * 100;
        out[k++] = __low2float(__hcmadd(p, q, p)) + __high2float(__hcmadd(p, q, p)) * 100;
        out[k++] = __low2float(__lowhigh2highlow(p)) + __high2float(__lowhigh2highlow(p)) * 100;
        out[k++] = __low2float(__lows2half2(p, q)) + __high2float(__lows2half2(p, q)) * 100;
        out[k++] = __low2float(__highs2half2(p, q)) + __high2float(__highs2half2(p, q)) * 100;
        out[k++] = __low2float(p++ + --q) + __high2float(p + q) * 100;
        out[k++] = __hisnan(__low2half(__hmax2_nan(r, p))) + __hisnan(__low2half(__hmin2_nan(r, p))) * 2 + __hbgt2(p, q);
        out[k++] = __half2char_rz(a) + __half2uchar_rz(-a) + __half2char_rz(a * a * a * a * a * a * a * a) + (p < q) + (p >= q) * 2;
    }
    {
        __nv_bfloat16 a = __float2bfloat16(1.5f + t), b = __float2bfloat16(0.1f), nan = __ushort_as_bfloat16((unsigned short)0x7fff);
        __nv_bfloat162 p = __floats2bfloat162_rn(1.0f + t, 2.5f), q = __floats2bfloat162_rn(2.5f, 2.5f), r = __nv_bfloat162(nan, b);
        out[k++] = __hequ(a, nan) + 2 * __hequ(a, b) + 4 * __hbequ2(p, q) + 8 * __hbequ2(r, r);
        out[k++] = __heq2_mask(p, q) * 1e-6 + __hequ2_mask(r, q) % 1000 + __low2float(__hequ2(r, p));
        out[k++] = __hneu(a, nan) + 2 * __hneu(a, b) + 4 * __hbneu2(p, q) + 8 * __hbneu2(r, r);
        out[k++] = __hne2_mask(p, q) * 1e-6 + __hneu2_mask(r, q) % 1000 + __low2float(__hneu2(r, p));
        out[k++] = __hltu(a, nan) + 2 * __hltu(a, b) + 4 * __hbltu2(p, q) + 8 * __hbltu2(r, r);
        out[k++] = __hlt2_mask(p, q) * 1e-6 + __hltu2_mask(r, q) % 1000 + __low2float(__hltu2(r, p));
        out[k++] = __hleu(a, nan) + 2 * __hleu(a, b) + 4 * __hbleu2(p, q) + 8 * __hbleu2(r, r);
        out[k++] = __hle2_mask(p, q) * 1e-6 + __hleu2_mask(r, q) % 1000 + __low2float(__hleu2(r, p));
        out[k++] = __hgtu(a, nan) + 2 * __hgtu(a, b) + 4 * __hbgtu2(p, q) + 8 * __hbgtu2(r, r);
        out[k++] = __hgt2_mask(p, q) * 1e-6 + __hgtu2_mask(r, q) % 1000 + __low2float(__hgtu2(r, p));
        out[k++] = __hgeu(a, nan) + 2 * __hgeu(a, b) + 4 * __hbgeu2(p, q) + 8 * __hbgeu2(r, r);
        out[k++] = __hge2_mask(p, q) * 1e-6 + __hgeu2_mask(r, q) % 1000 + __low2float(__hgeu2(r, p));
        out[k++] = __low2float(__hadd2_sat(p, q)) + __high2float(__hadd2_sat(p, q)) * 100;
        out[k++] = __low2float(__hsub2_sat(p, q)) + __high2float(__hsub2_sat(p, q)) * 100;
        out[k++] = __low2float(__hmul2_sat(p, q)) + __high2float(__hmul2_sat(p, q)) * 100;
        out[k++] = __low2float(__hfma2_sat(p, q, p)) + __high2float(__hfma2_sat(p, q, p)) * 100;
        out[k++] = __low2float(__hfma2_relu(p, -q, p)) + __high2float(__hfma2_relu(p, -q, p)) * 100;
        out[k++] = __low2float(__hisnan2(r)) + __high2float(__hisnan2(r)) * 100;
        out[k++] = __low2float(__hcmadd(p, q, p)) + __high2float(__hcmadd(p, q, p)) * 100;
        out[k++] = __low2float(__lowhigh2highlow(p)) + __high2float(__lowhigh2highlow(p)) * 100;
        out[k++] = __low2float(__lows2bfloat162(p, q)) + __high2float(__lows2bfloat162(p, q)) * 100;
        out[k++] = __low2float(__highs2bfloat162(p, q)) + __high2float(__highs2bfloat162(p, q)) * 100;
        out[k++] = __low2float(p++ + --q) + __high2float(p + q) * 100;
        out[k++] = __hisnan(__low2bfloat16(__hmax2_nan(r, p))) + __hisnan(__low2bfloat16(__hmin2_nan(r, p))) * 2 + __hbgt2(p, q);
        out[k++] = __bfloat162char_rz(a) + __bfloat162uchar_rz(-a) + __bfloat162char_rz(a * a * a * a * a * a * a * a) + (p < q) + (p >= q) * 2;
    }
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
