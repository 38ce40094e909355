// Usual arithmetic conversions: signed against unsigned, narrow and wide.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 39;

__device__ int pick(long long) { return 64; }
__device__ int pick(unsigned long long) { return 65; }
__device__ int pick(int) { return 32; }
__device__ int pick(unsigned int) { return 33; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    int minus = -1 - t;
    unsigned int u = 5u + t;
    long long wide = -3000000000LL - t;
    unsigned long long uwide = 1ull << (40 + t);
    short s = (short)-5;
    unsigned short us = 60000;

    out[k++] = minus < u;                    // -1 becomes a large unsigned number
    out[k++] = minus < (int)u;
    out[k++] = s < u;
    out[k++] = s < us;                       // both are promoted to int
    out[k++] = minus < us;
    out[k++] = wide < u;                     // unsigned fits into long long
    out[k++] = minus < uwide;
    out[k++] = u - 10 > 0;
    out[k++] = (int)(u - 10);
    out[k++] = (int)((minus + u) / 2);
    out[k++] = minus / (int)u;
    out[k++] = (int)(minus / u);
    out[k++] = (int)(minus % u);
    out[k++] = minus % (int)u;
    out[k++] = (int)wide;                    // low 32 bits
    out[k++] = (int)(wide >> 16);
    out[k++] = (int)(uwide >> 38);
    out[k++] = (short)wide;
    out[k++] = (unsigned char)minus;
    out[k++] = (signed char)(200 + t);
    out[k++] = (int)(unsigned short)s;
    out[k++] = (int)(short)us;
    out[k++] = (int)((long long)minus >> 60);
    out[k++] = (int)((unsigned long long)minus >> 60);
    out[k++] = (int)((unsigned int)minus >> 28);
    out[k++] = (int)(minus + 4294967295LL);
    out[k++] = pick(t + 1u);
    out[k++] = pick(t + 1ll);
    out[k++] = pick(u + 1ll);
    out[k++] = pick(u + 1ull);
    out[k++] = pick(us + s);
    out[k++] = pick(s * 1u);
    out[k++] = (bool)(t & 2) + (bool)256 + (bool)0.25f;
    bool flag = minus;
    flag += 1;
    out[k++] = flag;
    int from_bool = flag = u == 5u;
    out[k++] = from_bool;
    out[k++] = (int)(t - 2 < sizeof(int));
    long product = 100000 * (long)(100000 + t);
    out[k++] = (int)(product % 1000007);
    unsigned char byte = minus;
    signed char sbyte = (signed char)255;
    out[k++] = byte == sbyte;
    out[k++] = byte + sbyte;
}

int main() {
    int* device = nullptr;
    int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
