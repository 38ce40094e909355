// Templates and constant functions that refer to themselves and end at compile time.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 5;

template <unsigned N>
__device__ unsigned factorial() {
    return N * factorial<N - 1>();
}
template <>
__device__ unsigned factorial<0>() {
    return 1;
}

template <int N>
struct Log2 {
    static constexpr int value = 1 + Log2<N / 2>::value;
};
template <>
struct Log2<1> {
    static constexpr int value = 0;
};

constexpr int gcd(int a, int b) { return b == 0 ? a : gcd(b, a % b); }
constexpr int COMMON = gcd(84, 36);

template <int N>
struct Unroll {
    template <typename F>
    static __device__ void run(F& f) {
        Unroll<N - 1>::run(f);
        f(N - 1);
    }
};
template <>
struct Unroll<0> {
    template <typename F>
    static __device__ void run(F&) {}
};

template <int N>
__device__ int polynomial(const int* c, int x) {
    if constexpr (N == 0) {
        return c[0];
    } else {
        return polynomial<N - 1>(c, x) * x + c[N];
    }
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = factorial<5>() + t;
    out[k++] = Log2<1024>::value + Log2<5>::value;
    int scratch[COMMON];
    for (int i = 0; i < COMMON; i++) scratch[i] = i * t;
    out[k++] = scratch[COMMON - 1];
    int trail = 0;
    auto note = [&](int i) { trail = trail * 10 + i; };
    Unroll<4>::run(note);
    out[k++] = trail;
    const int coefficients[4] = {1, 2, 3, 4};
    out[k++] = polynomial<3>(coefficients, t);
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
