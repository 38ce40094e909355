// Constant tables: in constant memory, device variables, local static and plain const arrays, strings.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 15;

struct Entry {
    const char* name;
    int weight;
    float scale[2];
};

__constant__ int primes[8] = {2, 3, 5, 7, 11, 13, 17, 19};
__constant__ float2 nodes[3] = {{0.0f, 1.0f}, {0.5f, 2.0f}, {1.0f, 4.0f}};
__constant__ unsigned char sbox[2][4] = {{0x63, 0x7c, 0x77, 0x7b}, {0xf2, 0x6b, 0x6f, 0xc5}};
__device__ int counters[4] = {10, 20, 30, 40};
__device__ float bias = 0.25f;
__device__ const int steps[] = {1, -1, 8, -8};
static __device__ const Entry entries[2] = {{"mean", 3, {0.5f, 1.5f}}, {"sum", 4, {2.0f}}};
__constant__ double pi = 3.141592653589793;
constexpr int CODES[4] = {7, 1, 8, 2};

__device__ int local_table(int i) {
    static const int table[4] = {100, 200, 300, 400};
    const float weights[3] = {0.5f, 0.25f, 0.125f};
    return table[i & 3] + (int)(weights[i % 3] * 16);
}

__device__ int nibble(char c) {
    const char digits[] = "0123456789abcdef";
    for (int i = 0; digits[i] != '\0'; i++)
        if (digits[i] == c) return i;
    return -1;
}

__device__ float interpolate(float x) {
    int i = 0;
    while (i < 1 && x > nodes[i + 1].x) i++;
    float w = (x - nodes[i].x) / (nodes[i + 1].x - nodes[i].x);
    return nodes[i].y + w * (nodes[i + 1].y - nodes[i].y);
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = primes[t] * primes[7 - t];
    int sum = 0;
    for (int p : primes) sum += p;
    out[k++] = sum;
    out[k++] = sbox[t & 1][t];
    const unsigned char* row = sbox[1];
    out[k++] = row[3 - t];
    out[k++] = (int)(interpolate(0.25f * (t + 1)) * 100);
    out[k++] = counters[t] + (int)(bias * 8);
    counters[t] += t + 1;                        // every thread owns one counter
    out[k++] = counters[t];
    out[k++] = steps[t] + (int)(sizeof(steps) / sizeof(steps[0]));
    const Entry& entry = entries[t & 1];
    out[k++] = entry.name[0] + entry.weight;
    out[k++] = (int)(entry.scale[1] * 10);
    out[k++] = (int)(pi * (t + 1) * 1000);
    constexpr int code = CODES[2];
    out[k++] = code;
    out[k++] = local_table(t);
    out[k++] = nibble("7fz0"[t]);
    const int* pointer = t < 2 ? primes : steps;
    out[k++] = pointer[t & 1];
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
