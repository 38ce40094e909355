// Shifts, division and remainder of negative numbers, at 32 and 64 bits.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 37;

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    int n = -17 - t, d = 5;
    long long big = -1234567890123LL - t;
    unsigned int u = 0xF0000001u + t;

    out[k++] = n / d;                        // towards zero
    out[k++] = n % d;                        // sign of the dividend
    out[k++] = n / -d;
    out[k++] = n % -d;
    out[k++] = -n / d;
    out[k++] = -n % -d;
    out[k++] = (n % d + d) % d;
    out[k++] = n >> 2;                       // arithmetic: towards minus infinity
    out[k++] = n / 4;
    out[k++] = (int)(u >> 4);                // logical
    out[k++] = (int)u >> 4;
    out[k++] = (int)(u << 3);
    out[k++] = 1 << (t + 3);
    out[k++] = (int)(1u << (31 - t));
    out[k++] = (int)((1ll << (33 + t)) >> 30);
    out[k++] = (int)(big / 1000000007);
    out[k++] = (int)(big % 1000000007);
    out[k++] = (int)(big >> 33);
    out[k++] = (int)((unsigned long long)big >> 33);
    out[k++] = (int)(big / (1 << 20));
    out[k++] = (int)(u / 3);
    out[k++] = (int)(u % 1000);
    out[k++] = (t + 7) / 2 * 2;
    out[k++] = t - t / 3 * 3;
    out[k++] = 100 / (t + 1) / 3;
    out[k++] = 100 % (t + 7) % 4;
    out[k++] = 0x7fffffff >> t >> 1;
    out[k++] = (n ^ (n >> 31)) - (n >> 31);  // absolute value
    out[k++] = n >> 31;
    out[k++] = (short)(n * 4096 >> 12);
    out[k++] = (unsigned char)(n) >> 1;
    out[k++] = 5 + 3 << 1 & 0xff;            // precedence
    out[k++] = t << 2 | t >> 1 ^ 3 & t;
    n >>= t;
    out[k++] = n;
    u >>= t + 1;
    out[k++] = (int)u;
    n /= 3;
    out[k++] = n;
    n %= 2;
    out[k++] = n;
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
