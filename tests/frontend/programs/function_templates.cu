// Function templates: deduction, explicit arguments, values, specialisation, templates of templates.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 25;

template <typename T>
__device__ T maximum(T a, T b) {
    return a > b ? a : b;
}

template <typename To, typename From>
__device__ To convert(From value) {
    return static_cast<To>(value);
}

template <int N>
__device__ int multiply(int x) {
    return x * N;
}

template <int N, typename T>
__device__ T sum(const T (&values)[N]) {
    T total = 0;
    for (int i = 0; i < N; ++i) total += values[i];
    return total;
}

template <typename T>
__device__ int size_of(T) {
    return sizeof(T);
}
template <typename T>
__device__ int size_of(T*) {
    return 100 + sizeof(T);
}

template <typename T>
__device__ const char* label(const T&) {
    return "other";
}
template <>
__device__ const char* label<int>(const int&) {
    return "int";
}

template <bool NEGATE, typename F>
__device__ int apply(F f, int x) {
    int y = f(x);
    if (NEGATE) y = -y;
    return y;
}

template <int (*F)(int), int TIMES = 2>
__device__ int repeat(int x) {
#pragma unroll
    for (int i = 0; i < TIMES; i++) x = F(x);
    return x;
}

template <typename T, template <typename> class Op>
__device__ T reduce4(const T* values) {
    Op<T> op;
    return op(op(values[0], values[1]), op(values[2], values[3]));
}

template <typename T>
struct Plus {
    __device__ T operator()(T a, T b) const { return a + b; }
};
template <typename T>
struct Minus {
    __device__ T operator()(const T& a, const T& b) const { return a - b; }
};
struct Twice {
    __device__ int operator()(int x) const { return 2 * x; }
};

template <char C>
__device__ int code() {
    return C;
}

template <typename T>
__device__ void assign(T& target, T value) {
    target = value;
}

__device__ int increment(int x) { return x + 1; }
__device__ int square(int x) { return x * x; }

template <typename T>
__device__ auto twice(T x) -> decltype(x + x) {
    return x + x;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    int ints[4] = {1, t, 3, 4};
    float floats[3] = {0.5f, 1.5f, 2.0f};
    unsigned char byte = 200;

    out[k++] = maximum(t, 2);
    out[k++] = (int)(maximum(1.5f, (float)t) * 2);
    out[k++] = (int)maximum<double>(t, 0.5);          // mixed arguments need an explicit type
    out[k++] = (int)maximum<unsigned>(t, -1) == -1;
    out[k++] = convert<int>(3.99);
    out[k++] = convert<unsigned char>(300 + t);
    out[k++] = (int)convert<float, int>(t);
    out[k++] = multiply<7>(t) + multiply<-1>(1);
    out[k++] = multiply<sizeof(double)>(t);
    out[k++] = sum(ints);
    out[k++] = (int)(sum(floats) * 10);
    out[k++] = size_of('c') + size_of(1.0) * 10;
    out[k++] = size_of(&byte) + size_of(ints);
    out[k++] = label(t)[0] + label(1.0f)[0];
    out[k++] = apply<true>(Twice(), t);
    out[k++] = apply<false>(square, t + 3);
    out[k++] = repeat<square>(t + 2);
    out[k++] = repeat<increment, 5>(t);
    out[k++] = reduce4<int, Plus>(ints);
    out[k++] = reduce4<int, Minus>(ints);
    out[k++] = code<'a'>() + code<'\n'>();
    assign(ints[0], 9);
    long long wide = 0;
    assign<long long>(wide, t);
    out[k++] = ints[0] + (int)wide;
    out[k++] = (int)sizeof(twice((short)1)) * 10 + twice(t);
    out[k++] = multiply < 3 > (t) > 2;
    int lt = 1, gt = 0;
    out[k++] = lt < t > gt;                            // two comparisons
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
