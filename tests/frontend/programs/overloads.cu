// Overload resolution: exact match, promotion, conversion, references, templates.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 31;

struct Point {
    int x, y;
};

__device__ int f(int) { return 1; }
__device__ int f(long long) { return 2; }
__device__ int f(float) { return 3; }
__device__ int f(double) { return 4; }
__device__ int f(const char*) { return 5; }
__device__ int f(int, int) { return 6; }
__device__ int f(int, float) { return 7; }
__device__ int f(Point) { return 8; }

__device__ int g(double) { return 10; }
__device__ int g(int*) { return 11; }
__device__ int g(const int*) { return 12; }
__device__ int g(void*) { return 13; }

__device__ int r(int&) { return 20; }
__device__ int r(const int&) { return 21; }

template <typename T>
__device__ int h(T) {
    return 30;
}
__device__ int h(int) { return 31; }
template <typename T>
__device__ int h(T*) {
    return 32;
}
template <>
__device__ int h<char>(char) {
    return 33;
}

__device__ int p(unsigned long long) { return 40; }
__device__ int p(bool) { return 41; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    short s = 1;
    char c = 'c';
    unsigned char uc = 1;
    float x = 1.0f;
    int n = t;
    const int cn = t;
    Point point = {t, 2 * t};

    out[k++] = f(t);
    out[k++] = f(s);              // promotion to int
    out[k++] = f(c);
    out[k++] = f(uc);
    out[k++] = f(true);
    out[k++] = f(5ll);
    out[k++] = f(x);
    out[k++] = f(x * 2.0);
    out[k++] = f("text");
    out[k++] = f(1, 2);
    out[k++] = f(1, 2.0f);
    out[k++] = f(point);
    out[k++] = f('a' + c);
    out[k++] = g(t);              // the only arithmetic candidate
    out[k++] = g(&n);
    out[k++] = g(&cn);
    out[k++] = g(&x);
    out[k++] = r(n);
    out[k++] = r(cn);
    out[k++] = r(n + 1);
    out[k++] = r(5);
    out[k++] = h(n);              // a plain function wins over a template
    out[k++] = h(x);
    out[k++] = h(&n);
    out[k++] = h(c);
    out[k++] = h(s);
    out[k++] = h<int>(n);
    out[k++] = h<>(n);
    out[k++] = p(n == 1);
    out[k++] = p(7ull);
    out[k++] = ::f(x);
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
