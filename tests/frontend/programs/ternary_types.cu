// The conditional operator: common types, lvalues, nesting.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 23;

__device__ int kind(int) { return 1; }
__device__ int kind(unsigned int) { return 2; }
__device__ int kind(float) { return 3; }
__device__ int kind(double) { return 4; }
__device__ int kind(long long) { return 5; }
__device__ int kind(char) { return 6; }
__device__ int kind(bool) { return 7; }
__device__ int kind(const int*) { return 8; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    bool odd = t & 1;
    char c = 'x';
    unsigned char uc = 7;
    unsigned int u = 3;
    float f = 1.5f;
    out[k++] = kind(odd ? 1 : 2);
    out[k++] = kind(odd ? 1 : u);
    out[k++] = kind(odd ? 1 : f);
    out[k++] = kind(odd ? f : 2.0);
    out[k++] = kind(odd ? c : c);            // same type on both sides: no promotion
    out[k++] = kind(odd ? c : uc);
    out[k++] = kind(odd ? 1 : 2ll);
    out[k++] = kind(odd ? true : false);
    out[k++] = kind(odd ? true : 2);
    out[k++] = kind(odd ? out : nullptr);
    out[k++] = (int)((odd ? -1 : 0u) / 2u);  // -1 becomes unsigned
    out[k++] = (int)(100 * (odd ? 1 : 2.75f));
    out[k++] = t == 0 ? 10 : t == 1 ? 20 : t == 2 ? 30 : 40;
    out[k++] = (t > 1 ? t > 2 ? 3 : 2 : t) * 5;
    int a = 1, b = 2;
    (odd ? a : b) = 50 + t;                  // an lvalue
    out[k++] = a;
    out[k++] = b;
    (odd ? a : b) += 1;
    out[k++] = a * 1000 + b;
    int& chosen = t > 1 ? a : b;
    chosen = -chosen;
    out[k++] = a + b;
    const int* p = odd ? &a : &b;
    out[k++] = *p;
    int calls = 0;
    int value = odd ? (calls += 1, 7) : (calls += 10, 8);
    out[k++] = calls * 100 + value;          // one side only
    out[k++] = 1 + (odd ? 2 : 3) * 4;
    out[k++] = odd ? 1 : 0 + 5;
    out[k++] = (odd ? (void)++a : (void)++b, a - b);
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
