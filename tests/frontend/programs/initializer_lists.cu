// Braced lists as arguments: of functions that take a list, in constant expressions, deduced.
#include <algorithm>
#include <cstdio>
#include <initializer_list>

constexpr int THREADS = 4;
constexpr int VALUES = 7;

__host__ __device__ constexpr size_t largest(std::initializer_list<size_t> sizes) {
    size_t best = 0;
    for (const size_t* s = sizes.begin(); s != sizes.end(); ++s) best = *s > best ? *s : best;
    return best;
}

template <typename A, typename B>
struct Sizes {
    static constexpr size_t bytes = largest({sizeof(A), sizeof(B), 3});
};

template <typename T>
__host__ __device__ T total(std::initializer_list<T> values) {
    T sum = 0;
    for (T v : values) sum += v;
    return sum;
}

__host__ __device__ int chosen(int) { return 1; }
__host__ __device__ int chosen(std::initializer_list<int> list) { return 10 + (int)list.size(); }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    out[0] = (int)Sizes<double, char>::bytes;
    out[1] = (int)Sizes<char, short>::bytes;
    out[2] = total({t, 2, 3});
    out[3] = (int)(total({0.5f, 0.25f * t}) * 100);
    out[4] = chosen({1, t, 3}) * 100 + chosen(5);
    out[5] = (int)total<long>({1, 2, t});
    std::initializer_list<int> named = {t, t + 1};
    out[6] = *(named.begin() + 1) * 10 + (int)named.size();
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
