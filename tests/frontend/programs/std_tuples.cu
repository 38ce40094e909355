// pair, tuple and array of std:: and cuda::std::, structured bindings of them and of a user's class.
#include <cstdio>
#include <cuda/std/array>
#include <cuda/std/tuple>
#include <cuda/std/utility>
#include <array>
#include <tuple>
#include <utility>

constexpr int THREADS = 4;
constexpr int VALUES = 13;

struct Range {
    int first, last;
    template <size_t I> __host__ __device__ constexpr int get() const { return I == 0 ? first : last - first; }
};
namespace std {
template <> struct tuple_size<Range> : integral_constant<size_t, 2> {};
template <size_t I> struct tuple_element<I, Range> { using type = int; };
}

template <typename T>
__device__ double weighted(const T& t) {
    constexpr int size = cuda::std::tuple_size<T>::value;
    double sum = size * 100;
    sum += cuda::std::get<0>(t);
    if constexpr (size > 1) sum += 10 * cuda::std::get<1>(t);
    return sum;
}

__global__ void test(double* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    auto three = cuda::std::make_tuple(t, 2.5f, (short)7);
    auto [a, b, c] = three;
    int x = 0;
    float y = 0;
    cuda::std::tie(x, y, cuda::std::ignore) = three;
    out[k++] = a + b * 10 + c * 100;
    out[k++] = x + y;
    cuda::std::get<1>(three) = 9;
    auto& [ra, rb, rc] = three;
    ra += 1;
    out[k++] = cuda::std::get<0>(three) + rb + rc;
    out[k++] = weighted(three) + weighted(cuda::std::make_tuple(3));
    cuda::std::tuple<int, double> converted = cuda::std::make_tuple((char)t, 1.5f);
    out[k++] = cuda::std::get<1>(converted) + cuda::std::get<0>(converted);
    out[k++] = (converted == cuda::std::make_tuple(1, 1.5)) + 2 * (converted != cuda::std::make_tuple(2, 1.5));

    cuda::std::pair<int, float> p{t, 4.0f};
    p.first += 3;
    auto [first, second] = p;
    const auto made = cuda::std::make_pair(1.25, 2);
    out[k++] = first * second + made.first + made.second;
    out[k++] = (p < cuda::std::pair<int, float>(4, 0.0f)) + 2 * (p == p) + (double)cuda::std::get<0>(p);

    cuda::std::array<int, 4> numbers = {t, 2, 3};
    for (auto& n : numbers) n = n * n + 1;
    out[k++] = numbers[0] + numbers[3] + numbers.front() + numbers.back() + numbers.size();
    out[k++] = cuda::std::get<2>(numbers);
    auto [n0, n1, n2, n3] = numbers;
    out[k++] = n0 + 10 * n1 + 100 * n2 + 1000 * n3;
    numbers.fill(5);
    out[k++] = numbers[t] + numbers.empty() + *(numbers.end() - 1) + numbers.data()[0];

    Range range{t, 7};
    auto [start, length] = range;
    out[k++] = start * 10 + length;
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
