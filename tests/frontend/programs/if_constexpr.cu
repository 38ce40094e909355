// if constexpr, type traits, and branches that only compile for some types.
#include <cstdio>
#include <type_traits>

constexpr int THREADS = 4;
constexpr int VALUES = 17;

template <typename T>
__device__ int describe(T value) {
    if constexpr (std::is_same<T, float>::value) {
        return (int)(value * 10);
    } else if constexpr (std::is_integral_v<T>) {
        return (int)(value >> 1);              // no shift exists for floating point
    } else {
        return -1;
    }
}

template <int N>
__device__ int unrolled(const int* data) {
    int sum = 0;
    if constexpr (N >= 4) sum += data[3] * 1000;
    if constexpr (N >= 2) {
        sum += data[1] * 10;
    }
    return sum + data[0];
}

struct WithSize {
    int n;
    static constexpr bool has_size = true;
    __device__ int size() const { return n; }
};
struct NoSize {
    static constexpr bool has_size = false;
};

template <typename T>
__device__ int size_or(const T& object, int fallback) {
    if constexpr (T::has_size)
        return object.size();
    else
        return fallback;
}

template <typename T>
__device__ auto absolute(T x) {
    if constexpr (std::is_unsigned<T>::value) {
        return x;
    } else {
        return x < 0 ? -x : x;
    }
}

template <typename A, typename B>
struct Op {
    using result = typename std::conditional<(sizeof(A) > sizeof(B)), A, B>::type;
    static __device__ result add(A a, B b) { return (result)a + (result)b; }
};

template <typename T, typename = std::enable_if_t<std::is_floating_point<T>::value>>
__device__ int only_floating(T x) {
    return (int)(x * 2);
}

template <typename T>
__device__ std::enable_if_t<std::is_integral_v<T>, int> dispatch(T) {
    return 1;
}
template <typename T>
__device__ std::enable_if_t<!std::is_integral_v<T>, int> dispatch(T) {
    return 2;
}

template <bool CAUSAL, bool SCALED = false>
__device__ float score(float x, int row, int col) {
    if (CAUSAL && col > row) return -1000.0f;
    if constexpr (SCALED) x *= 0.5f;
    return x;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    int data[4] = {1, 2, 3, t};
    out[k++] = describe(1.5f + t);
    out[k++] = describe(t);
    out[k++] = describe(2.0);
    out[k++] = describe<short>((short)(t - 5));
    out[k++] = unrolled<1>(data);
    out[k++] = unrolled<2>(data);
    out[k++] = unrolled<4>(data);
    out[k++] = size_or(WithSize{t}, 7) + size_or(NoSize{}, 70);
    out[k++] = absolute(t - 2);
    out[k++] = (int)(absolute(-0.5f * t) * 10) + (int)absolute(3u);
    out[k++] = sizeof(Op<short, int>::result) + sizeof(Op<double, char>::result) * 10;
    out[k++] = Op<short, long long>::add((short)t, 1ll << 33) == (1ll << 33) + t;
    out[k++] = only_floating(1.25f * t);
    out[k++] = dispatch(t) * 10 + dispatch(1.0f);
    out[k++] = (int)score<true>(5.0f, t, 2);
    out[k++] = (int)score<false, true>(5.0f, t, 2);
    out[k++] = std::is_same_v<decltype(t), const int> + 2 * std::is_pointer<decltype(out)>::value;
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
