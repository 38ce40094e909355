// Class templates: static members, values, partial specialisation, nested types, inheritance.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 19;

template <typename T, int N>
struct Array {
    static constexpr int size = N;
    static constexpr int bytes = N * sizeof(T);
    using value_type = T;
    T data[N];

    __device__ T& operator[](int i) { return data[i]; }
    __device__ const T& operator[](int i) const { return data[i]; }
    __device__ T sum() const {
        T total = T();
        for (int i = 0; i < size; i++) total += data[i];
        return total;
    }
    static __device__ Array filled(T value) {
        Array result;
        for (int i = 0; i < N; i++) result[i] = value;
        return result;
    }
    __device__ T* begin() { return data; }
    __device__ T* end() { return data + N; }
};

template <typename T>
struct Traits {
    static constexpr int kind = 0;
    using wide = T;
};
template <>
struct Traits<float> {
    static constexpr int kind = 1;
    using wide = double;
};
template <>
struct Traits<short> {
    static constexpr int kind = 2;
    typedef int wide;
};
template <typename T>
struct Traits<T*> {
    static constexpr int kind = 100 + Traits<T>::kind;
    using wide = T;
};

template <typename T, typename U>
struct Same {
    static const bool value = false;
};
template <typename T>
struct Same<T, T> {
    static const bool value = true;
};

template <typename Policy>
struct Engine : Policy {
    __device__ int run(int x) const { return Policy::scale * this->map(x); }
};
struct Doubling {
    static constexpr int scale = 10;
    __device__ int map(int x) const { return 2 * x; }
};
struct Negating {
    enum { scale = 100 };
    __device__ int map(int x) const { return -x; }
};

template <typename T>
struct Pair {
    T first, second;
    template <typename F>
    __device__ auto fold(F f) const {
        return f(first, second);
    }
};
template <typename T>
__device__ Pair<T> make_pair_of(T a, T b) {
    return {a, b};
}

template <typename T>
using Triple = Array<T, 3>;

template <typename T>
__device__ typename Traits<T>::wide widen_sum(const T* values, int n) {
    typename Traits<T>::wide total = 0;
    for (int i = 0; i < n; i++) total += values[i];
    return total;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    Array<int, 4> a = {{1, 2, 3, t}};
    out[k++] = a.sum();
    a[2] = 30;
    out[k++] = a.sum() + a.size;
    out[k++] = Array<double, 5>::bytes + Array<char, 5>::size;
    auto b = Array<float, 8>::filled(0.25f);
    out[k++] = (int)(b.sum() * 100);
    typename Array<int, 4>::value_type copy = a[3];
    out[k++] = copy;
    Triple<short> triple = Triple<short>::filled((short)(t + 1));
    out[k++] = triple.sum() + sizeof(triple);
    int total = 0;
    for (int v : a) total = total * 10 + v;
    out[k++] = total;

    out[k++] = Traits<int>::kind + Traits<float>::kind * 10;
    out[k++] = Traits<float*>::kind + Traits<int**>::kind * 1000;
    out[k++] = sizeof(Traits<short>::wide) + sizeof(Traits<float>::wide) * 10;
    out[k++] = Same<int, int>::value + 2 * Same<int, unsigned>::value;
    out[k++] = Same<Traits<short>::wide, int>::value;
    short shorts[3] = {32000, 32000, (short)t};
    out[k++] = widen_sum(shorts, 3);

    out[k++] = Engine<Doubling>().run(t);
    Engine<Negating> engine;
    out[k++] = engine.run(t) + engine.map(3);
    auto pair = make_pair_of(t, 5);
    out[k++] = pair.fold([](int x, int y) { return x * 10 + y; });
    out[k++] = (int)make_pair_of(0.5f, 2.0f).fold([](float x, float y) { return y / x; });
    Pair<Pair<int>> nested = {{1, 2}, {3, t}};
    out[k++] = nested.first.second * 10 + nested.second.second;
    Array<Array<int, 2>, 3> matrix = {};
    matrix[1][t & 1] = 6;
    out[k++] = matrix[1][0] * 10 + matrix[1][1] + matrix[2].sum();
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
