// bfloat16: conversions, rounding to even, operators, pairs.
#include <cstdio>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

constexpr int THREADS = 4;
constexpr int VALUES = 29;

using bf16 = __nv_bfloat16;

__device__ float dot(const bf16* a, const bf16* b, int n) {
    float sum = 0.0f;
    for (int i = 0; i < n; i++) sum += __bfloat162float(a[i]) * __bfloat162float(b[i]);
    return sum;
}

__global__ void test(float* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    bf16 a = __float2bfloat16(1.5f + t), b = __float2bfloat16(0.1f), c = 2.0f;

    out[k++] = __bfloat162float(a);
    out[k++] = (float)b;
    out[k++] = (float)(a + b);
    out[k++] = (float)(a - b);
    out[k++] = (float)(a * b);
    out[k++] = (float)(a / b);
    out[k++] = (float)-a;
    out[k++] = (float)(a * b + c);
    out[k++] = __bfloat162float(__hadd(a, c)) + __bfloat162float(__hmul(b, b));
    out[k++] = (a > b) + 2 * (a == a) + 4 * (b >= c) + 8 * (c != b);
    out[k++] = __bfloat162float(__hmax(a, c)) * 10 + __bfloat162float(__hmin(a, c));
    out[k++] = __bfloat162float(__float2bfloat16(257.0f));         // ties to even
    out[k++] = __bfloat162float(__float2bfloat16(259.0f));
    out[k++] = __bfloat162float(__float2bfloat16_rn(1.00390625f + t));
    out[k++] = __bfloat162float(__float2bfloat16_rz(1.99f)) - __bfloat162float(__float2bfloat16_ru(1.99f));
    out[k++] = __bfloat162float(__float2bfloat16(3.4e38f));        // infinity
    out[k++] = __bfloat162float(__float2bfloat16(1e-40f)) * 1e38f;
    out[k++] = (float)__bfloat16_as_ushort(a);
    out[k++] = __bfloat162float(__ushort_as_bfloat16((unsigned short)(0x3f80 + t)));
    bf16 sum = 0.0f;
    for (int i = 0; i < 300; i++) sum += __float2bfloat16(1.0f);
    out[k++] = (float)sum;                                          // stops at 256
    sum = a;
    sum *= c;
    sum -= b;
    out[k++] = (float)sum;
    bf16 left[3] = {a, b, c}, right[3] = {c, c, __float2bfloat16(-1.0f)};
    out[k++] = dot(left, right, 3);

    __nv_bfloat162 p = __floats2bfloat162_rn(1.0f + t, 2.5f), q = __float2bfloat162_rn(0.5f);
    out[k++] = __bfloat162float(p.x) * 100 + __bfloat162float(p.y);
    float2 both = __bfloat1622float2(__hadd2(p, q));
    out[k++] = both.x * 100 + both.y;
    both = __bfloat1622float2(p * q);
    out[k++] = both.x * 100 + both.y;
    out[k++] = __low2float(p) - __high2float(q);
    out[k++] = sizeof(bf16) + sizeof(__nv_bfloat162) * 10;
    out[k++] = (float)(bf16)(float)(__half)0.3f;                    // through half
    out[k++] = (float)(bf16)(t * 1000 + 1.0f);
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
