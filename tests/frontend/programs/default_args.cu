// Default arguments: trailing, expressions, with overloads, in methods and templates.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 20;

constexpr int BASE = 10;

__device__ int power(int x, int exponent = 2) {
    int result = 1;
    for (int i = 0; i < exponent; i++) result *= x;
    return result;
}

__device__ int mix(int a, int b = BASE * 2, int c = BASE + 1) { return a * 10000 + b * 100 + c; }

__device__ int declared_first(int a, int b = 5);
__device__ int declared_first(int a, int b) { return a * b; }

__device__ int nested(int x, int y = power(3)) { return x + y; }

template <typename T>
__device__ T scaled(T x, T factor = T(3)) {
    return x * factor;
}

template <typename T = float, int N = 4>
__device__ int capacity() {
    return sizeof(T) * N;
}

struct Gain {
    int gain;
    __device__ Gain(int g = 7) : gain(g) {}
    __device__ int apply(int x, bool negate = false) const { return negate ? -gain * x : gain * x; }
};

__device__ int with_pointer(const int* p = nullptr) { return p ? *p : -1; }
__device__ int with_record(Gain g = Gain(), float f = 0.5f) { return (int)(g.gain * f * 2); }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = power(t + 2);
    out[k++] = power(t + 2, 3);
    out[k++] = mix(t);
    out[k++] = mix(t, 3);
    out[k++] = mix(t, 3, 4);
    out[k++] = declared_first(t);
    out[k++] = declared_first(t, t);
    out[k++] = nested(t);
    out[k++] = nested(t, 1);
    out[k++] = scaled(t);
    out[k++] = scaled(t, 5);
    out[k++] = (int)(scaled(0.5f) * 2);
    out[k++] = capacity() + capacity<double>() * 100 + capacity<char, 3>() * 10000;
    Gain plain, strong(20), from_int = 3;
    out[k++] = plain.apply(t) + strong.apply(1);
    out[k++] = from_int.apply(t, true);
    out[k++] = with_pointer();
    out[k++] = with_pointer(&t);
    out[k++] = with_record();
    out[k++] = with_record(4 + t);
    out[k++] = with_record({2}, 1.0f);
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
