// Unsigned arithmetic wraps; limits of the integer types.
#include <cstdio>
#include <climits>

constexpr int THREADS = 4;
constexpr int VALUES = 28;

__global__ void test(unsigned long long* out) {
    const unsigned int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    unsigned int u = 0u - t;
    unsigned long long w = 0ull - t;
    unsigned short us = (unsigned short)(0 - t);
    unsigned char uc = 255;

    out[k++] = u;
    out[k++] = w;
    out[k++] = us;
    out[k++] = u - 1;
    out[k++] = u * u;
    out[k++] = (unsigned long long)u * u;
    out[k++] = w * 3;
    out[k++] = UINT_MAX + t;
    out[k++] = ULLONG_MAX - t;
    out[k++] = (unsigned)INT_MIN + t;
    out[k++] = (unsigned)INT_MAX + 1u;
    out[k++] = (unsigned long long)(long long)-1 - t;
    out[k++] = (unsigned long long)(-1 - (int)t);   // sign extension, then unsigned
    out[k++] = (unsigned long long)(unsigned)(-1 - (int)t);
    out[k++] = 2654435761u * (t + 12345u);
    out[k++] = 6364136223846793005ull * (t + 1442695040888963407ull);
    out[k++] = ++uc;
    out[k++] = (unsigned char)(uc - 1 - t);
    out[k++] = us + 1u;
    out[k++] = --us;
    out[k++] = -u;
    out[k++] = ~u;
    out[k++] = ~w;
    out[k++] = u < 1 ? 10 : 20;
    out[k++] = LLONG_MAX + 1ull + t;
    out[k++] = SHRT_MAX + SCHAR_MAX + USHRT_MAX + UCHAR_MAX;
    unsigned int hash = 2166136261u;
    for (int i = 0; i < 8; i++) hash = (hash ^ (t + i)) * 16777619u;
    out[k++] = hash;
    unsigned int countdown = 3;
    unsigned int rounds = 0;
    while (countdown-- > 0) rounds++;
    out[k++] = rounds * 10 + (countdown == 0xffffffffu);
}

int main() {
    unsigned long long* device = nullptr;
    unsigned long long host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%llu%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
