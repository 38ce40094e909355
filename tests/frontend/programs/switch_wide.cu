// Switches with so many cases that they are a row of conditions instead of a nest.
#include <cstdio>

constexpr int THREADS = 8;
constexpr int VALUES = 6;

#define EIGHT(M, n) M(n) M(n + 1) M(n + 2) M(n + 3) M(n + 4) M(n + 5) M(n + 6) M(n + 7)
#define EIGHTY(M) EIGHT(M, 0) EIGHT(M, 8) EIGHT(M, 16) EIGHT(M, 24) EIGHT(M, 32) EIGHT(M, 40) \
    EIGHT(M, 48) EIGHT(M, 56) EIGHT(M, 64) EIGHT(M, 72)
#define BREAKS(n) case n: x += 3 * (n); which = x; break;
#define RETURNS(n) case n: case n + 1000: return (n) * 7;
#define CONTINUES(n) case n: sum += n; continue;

__device__ int lookup(int which) {
    switch (which) {
        EIGHTY(RETURNS)
        default: return -which;
    }
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    int x = 1;
    int which = t * 13;                    // assigned in the cases: the choice is already made
    switch (which) {
        default: x = -1; break;
        EIGHTY(BREAKS)
    }
    out[k++] = x;
    out[k++] = which;
    out[k++] = lookup(t * 11);
    out[k++] = lookup(t * 11 + 1000);
    int sum = 0;
    for (int i = 70; i < 90; i += t + 1) {
        switch (i) {
            EIGHTY(CONTINUES)
        }
        sum += 1000;
    }
    out[k++] = sum;
    switch (unsigned char small = t + 250; small) {
        EIGHTY(BREAKS)
    }
    out[k++] = x;
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
