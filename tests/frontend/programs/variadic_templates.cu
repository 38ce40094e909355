// Parameter packs: sums by recursion and by folds, sizeof..., packs of values.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 16;

template <typename T>
__device__ T sum(T value) {
    return value;
}
template <typename T, typename... Rest>
__device__ T sum(T first, Rest... rest) {
    return first + sum(rest...);
}

template <typename... Args>
__device__ int fold_sum(Args... args) {
    return (0 + ... + args);
}

template <typename... Args>
__device__ bool all_positive(Args... args) {
    return ((args > 0) && ...);
}

template <int... VALUES_>
__device__ int pack_values(int x) {
    int total = 0;
    ((total = total * 10 + VALUES_ + x), ...);
    return total;
}

template <typename T, typename... Args>
__device__ T largest(T first, Args... args) {
    T best = first;
    T others[] = {T(args)...};
    for (T other : others) best = other > best ? other : best;
    return best;
}

template <typename F, typename... Args>
__device__ auto call(F f, Args&&... args) {
    return f(args...);
}

template <typename... Ts>
__device__ int bytes() {
    return (sizeof(Ts) + ...) * 10 + sizeof...(Ts);
}

template <typename... Args>
__device__ void store_all(int* out, Args... args) {
    int i = 0;
    (void)i;
    ((out[i++] = (int)args), ...);
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = sum(t);
    out[k++] = sum(1, 2, t, 4);
    out[k++] = (int)(sum(0.5f, t, 2) * 10);
    out[k++] = fold_sum();
    out[k++] = fold_sum(t, 2, 3);
    out[k++] = all_positive(1, t, 2.0f);
    out[k++] = pack_values<1, 2, 3>(t);
    out[k++] = largest(t, 2, -1);
    out[k++] = (int)(largest(0.5, t, 1) * 10);
    out[k++] = call([](int a, int b, int c) { return a * 100 + b * 10 + c; }, t, 2, 3);
    out[k++] = bytes<char, double, float>();
    store_all(out + k, t, 1.9f, 'c', 4u);
    k += 4;
    out[k++] = k;
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
