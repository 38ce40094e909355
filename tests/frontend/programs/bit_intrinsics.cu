// Integer intrinsics: counting, reversing, funnel shifts, multiply high, byte permutes, min/max/abs.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 38;

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    unsigned u = 0x00F0A5C3u << t;
    int n = -123456789 - t;
    unsigned long long w = 0x0123456789ABCDEFull >> t;

    out[k++] = __popc(u);
    out[k++] = __popc(n);
    out[k++] = __popcll(w);
    out[k++] = __clz(u);
    out[k++] = __clz(n) + __clz(0) + __clz(1);
    out[k++] = __clzll(w);
    out[k++] = __ffs(u);
    out[k++] = __ffs(0) + __ffs(n);
    out[k++] = __ffsll(w << 20);
    out[k++] = (int)__brev(u);
    out[k++] = (int)(__brevll(w) >> 32);
    out[k++] = __mulhi(n, 1 << 20);
    out[k++] = (int)__umulhi(u, 0xDEADBEEFu);
    out[k++] = (int)(__umul64hi(w, w) >> 20);
    out[k++] = (int)__mul64hi(-(long long)w, 1000000007ll);
    out[k++] = __mul24(n & 0xffff, 1000 + t);
    out[k++] = (int)__umul24(u & 0xffffff, 3u);
    out[k++] = (int)__byte_perm(u, 0x11223344u, 0x5140 + t);
    out[k++] = (int)__byte_perm((unsigned)n, u, 0x0123);
    out[k++] = (int)__funnelshift_l(u, (unsigned)n, 8 + t);
    out[k++] = (int)__funnelshift_r(u, (unsigned)n, 35 + t);
    out[k++] = (int)__sad(n, t, 5u);
    out[k++] = (int)__usad(u, 100u, 7u);
    out[k++] = __hadd(n, 100) + __rhadd(t, 2);
    out[k++] = (int)__uhadd(0xffffffffu, u);
    out[k++] = __dp4a(0x01020304 + t, (int)0xFF05FE07, 10);
    out[k++] = (int)__dp4a(0x01020304u, 0xFF05FE07u + t, 10u);
    out[k++] = min(n, t) + max(n, t);
    out[k++] = (int)min(u, 1000u) - (int)max(u, 5u);
    out[k++] = (int)(max((long long)n, 5ll) + min(-1ll, (long long)t));
    out[k++] = abs(n) + abs(t - 2);
    out[k++] = (int)(llabs(-(long long)w) >> 40);
    out[k++] = (int)umin(u, 7u) + (int)umax(3u, (unsigned)t);
    out[k++] = 31 - __clz(t + 5);                     // floor of the logarithm
    out[k++] = 32 - __clz(t + 4 - 1);
    out[k++] = (int)((u << 5) | (u >> 27));           // rotate
    out[k++] = u && !(u & (u - 1));
    out[k++] = (int)(u & -u);
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
