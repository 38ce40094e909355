// numeric_limits, initializer_list, function objects, byte and small functions of std::.
#include <cstdio>
#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <limits>
#include <utility>
#include <cuda/std/functional>
#include <cuda/std/utility>

constexpr int THREADS = 4;
constexpr int VALUES = 14;

template <typename T>
__device__ double limits() {
    using L = std::numeric_limits<T>;
    return (double)L::max() + (double)L::lowest() * 0.25 + (double)L::min() * 0.5 + (double)L::epsilon() * 1e30 +
           (double)L::denorm_min() + (double)L::round_error();
}
template <typename T>
__device__ int digits() {
    using L = std::numeric_limits<T>;
    return L::digits + 100 * L::digits10 + 10000 * L::max_digits10 + L::radix + L::is_signed + L::is_integer +
           L::is_exact + L::has_infinity + L::has_quiet_NaN + L::is_bounded + L::is_modulo + L::is_specialized +
           L::min_exponent + L::max_exponent + L::max_exponent10 - L::min_exponent10;
}
template <typename T> __device__ int sum(std::initializer_list<T> list) {
    int total = 0;
    for (const auto& item : list) total = total * 3 + (int)item;
    return total + (int)list.size();
}
enum class Level : unsigned char { low, high = 9 };

__global__ void test(double* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = limits<int>() + limits<unsigned char>() + limits<short>();
    out[k++] = limits<bool>() + limits<char>() + limits<long long>();
    out[k++] = limits<float>();
    out[k++] = limits<double>() * 0.5;
    out[k++] = digits<float>() + digits<double>();
    out[k++] = digits<int>() + digits<unsigned>() + digits<bool>() + digits<unsigned long>();
    out[k++] = std::numeric_limits<float>::infinity() > 1e38f && !(std::numeric_limits<double>::quiet_NaN() == 0);
    auto list = {t, 2, 3};
    out[k++] = sum(list) + *list.begin();
    out[k++] = sum({1.5f, 2.5f}) + sum<int>({});
    std::byte bits{7};
    bits = (bits << 1 | std::byte{1}) & std::byte{0x0d};
    out[k++] = (int)bits + (int)Level{9};
    out[k++] = std::plus<int>()(t, 2) + std::multiplies<>()(2, 2.5) + std::less<float>()(t, 2) + std::minus<double>{}(1, t);
    out[k++] = std::greater<>()(t, 1) + std::bit_xor<int>()(t, 5) + std::negate<int>()(t) + std::logical_and<bool>()(t, 1);
    int low = 3, high = 4 + t;
    cuda::std::swap(low, high);
    int before = cuda::std::exchange(high, 9);
    out[k++] = low * 100 + high * 10 + before;
    out[k++] = std::max(t, 2) + std::min(t, 2) * 10 + std::clamp(t, 1, 2) * 100;
}

int main() {
    double* device = nullptr;
    double host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%.17g%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
