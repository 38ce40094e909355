// half and half2: conversions, operators, intrinsics, comparisons, rounding of each step.
#include <cstdio>
#include <cuda_fp16.h>

constexpr int THREADS = 4;
constexpr int VALUES = 47;

__device__ __half axpy(__half a, __half x, __half y) { return a * x + y; }

__device__ float lanes(__half2 v) { return __low2float(v) * 1000.0f + __high2float(v); }

__global__ void test(float* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    __half a = __float2half(1.5f + t), b = __float2half(0.1f);
    half c = 2.0f;
    half zero{};

    out[k++] = __half2float(a);
    out[k++] = __half2float(b);                     // 0.1 is not representable
    out[k++] = (float)(a + b);
    out[k++] = (float)(a - b);
    out[k++] = (float)(a * b);
    out[k++] = (float)(a / b);
    out[k++] = float(-a);
    out[k++] = (float)axpy(a, b, c);
    out[k++] = __half2float(__hfma(a, b, c));       // one rounding
    out[k++] = __half2float(__hadd(a, b)) + __half2float(__hsub(a, c));
    out[k++] = __half2float(__hmul(b, b)) * 1000;
    out[k++] = __half2float(__hdiv(c, a));
    out[k++] = (a > b) + 2 * (a == a) + 4 * (b >= c) + 8 * (zero != b) + 16 * (zero < zero);
    out[k++] = __hgt(a, c) + 2 * __hle(b, b) + 4 * __heq(zero, __float2half(-0.0f)) + 8 * __hne(a, b);
    out[k++] = __half2float(__hmax(a, c)) + __half2float(__hmin(a, c)) * 10;
    out[k++] = (float)__habs(-a) + (float)__hneg(c);
    out[k++] = (int)a + (a ? 10 : 20) + (zero ? 100 : 200);

    out[k++] = __half2float(__float2half(65519.0f));
    out[k++] = __half2float(__float2half(65520.0f));        // infinity
    out[k++] = __half2float(__float2half(2049.0f + t));     // ties to even
    out[k++] = __half2float(__float2half(1e-7f)) * 1e8f;    // denormal
    out[k++] = __half2float(__float2half(1e-8f));
    out[k++] = __half2float(__float2half_rz(1.9999f)) - __half2float(__float2half_rn(1.9999f));
    out[k++] = __half2float(__float2half_rd(-1.0001f)) + __half2float(__float2half_ru(1.0001f));
    out[k++] = __half2float(__int2half_rn(2051 + t));
    out[k++] = (float)__half2int_rz(__float2half(-7.75f)) + __half2int_rn(__float2half(2.5f)) * 100;
    out[k++] = (float)__half_as_ushort(a);
    out[k++] = __half2float(__ushort_as_half((unsigned short)(0x3c00 + t)));
    out[k++] = (float)(__half)(0.3 + t);

    half sum = 0.0f;
    for (int i = 0; i < 2100; i++) sum += __float2half(1.0f);
    out[k++] = (float)sum;                           // stops at 2048
    sum = a;
    sum *= c;
    sum -= b;
    sum /= c;
    out[k++] = (float)sum;
    out[k++] = __hisnan(zero / zero) + 2 * __hisinf(c / zero);
    out[k++] = (float)hsqrt(a) + (float)hfloor(__float2half(-2.5f)) * 10 + (float)hrint(__float2half(3.5f));

    __half2 p = __floats2half2_rn(1.0f + t, 2.5f), q = __float2half2_rn(0.5f);
    out[k++] = lanes(p);
    out[k++] = lanes(__hadd2(p, q));
    out[k++] = lanes(__hmul2(p, q)) + lanes(__hsub2(p, q));
    out[k++] = lanes(__hfma2(p, q, p));
    out[k++] = lanes(p + q * p);
    out[k++] = lanes(__halves2half2(a, b));
    out[k++] = lanes(__half2half2(c)) + __half2float(__low2half(p)) + __half2float(__high2half(p));
    out[k++] = lanes(__hmax2(p, q)) + __half2float(p.x);
    p.y = c;
    out[k++] = __half22float2(p).x * 10 + __half22float2(p).y;
    half2 made = make_half2(a, c);
    out[k++] = lanes(made) + sizeof(made) + alignof(half2) + sizeof(half);
    __half pair[2] = {a, c};
    half2 loaded = *reinterpret_cast<half2*>(pair);
    out[k++] = lanes(loaded);
    out[k++] = lanes(__float22half2_rn(make_float2(0.25f, -t)));
    float mixed = __half2float(a) * 0.1f;
    out[k++] = mixed;
    double wide = (double)__half2float(b);
    out[k++] = (float)(wide * 3);
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
