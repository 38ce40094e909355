// Parameters: arrays, const, shadowed, modified copies; recursion-free call chains; void results; attributes.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 16;

__device__ __forceinline__ int scale(const int value, int factor) {
    factor += 1;                          // the caller's variable does not change
    return value * factor;
}

static inline __device__ int chain(int x) { return scale(scale(x, 1), 2); }

__device__ __noinline__ void store(int* where, int what) {
    if (!where) return;
    *where = what;
}

__device__ int third(const int values[], unsigned n) { return n > 2 ? values[2] : 0; }
__device__ int last(int values[4]) { return values[3]; }
__device__ int unnamed(int, int second, float) { return second; }
__device__ void bump(int& x) { store(&x, x + 1); }
__device__ void forward(int& x) { return bump(x); }
__host__ __device__ inline float shared_by_both(float x) {
#ifdef __CUDA_ARCH__
    return x * 2.0f;
#else
    return x * 2.0f;
#endif
}

[[nodiscard]] __device__ constexpr int marked(int x) noexcept { return x ^ 0x55; }

template <typename T>
__device__ void order(T& a, T& b) {
    if (b < a) {
        T tmp = a;
        a = b;
        b = tmp;
    }
}

struct Triple {
    int a, b, c;
};
__device__ void sort3(Triple& v) {
    order(v.a, v.b);
    order(v.b, v.c);
    order(v.a, v.b);
}
__device__ Triple rotated(Triple v) {
    int first = v.a;
    v.a = v.b;
    v.b = v.c;
    v.c = first;
    return v;
}
__device__ int swap_in_call(int a, int b) { return a * 10 + b; }
__device__ bool parse(const char* text, int* value) {
    *value = 0;
    for (; *text; ++text) {
        if (*text < '0' || *text > '9') return false;
        *value = *value * 10 + (*text - '0');
    }
    return true;
}

__global__ void test(int* out) {
    int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    int factor = 3;
    out[k++] = scale(t, factor) * 10 + factor;
    out[k++] = chain(t);
    int x = t;
    store(&x, 50 + t);
    store(nullptr, 1);
    out[k++] = x;
    int values[4] = {1, 2, 3, t};
    out[k++] = third(values, 4) + third(values + 1, 3) + third(values, 1);
    out[k++] = last(values);
    out[k++] = unnamed(1, t, 2.0f);
    forward(values[1]);
    bump(values[t]);
    out[k++] = values[0] + values[1] * 10 + values[2] * 100 + values[3] * 1000;
    out[k++] = (int)shared_by_both(1.25f * t);
    out[k++] = marked(t);
    Triple triple = {5, t, 3};
    sort3(triple);
    out[k++] = triple.a * 100 + triple.b * 10 + triple.c;
    Triple turned = rotated(rotated(triple));
    out[k++] = turned.a * 100 + turned.b * 10 + turned.c;
    int a = 1, b = 2;
    out[k++] = swap_in_call(b, a) * 100 + swap_in_call(a, b);
    int parsed;
    bool ok = parse("1024", &parsed);
    out[k++] = ok ? parsed + t : -1;
    ok = parse("12x", &parsed);
    out[k++] = ok * 1000 + parsed;
    out[k++] = scale(scale(t, 0), scale(1, 0));
    t = 100;                              // the parameter-like copy of the index
    out[k++] = t + (int)threadIdx.x;
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
