// typedef, using, auto, decltype, function types, const positions, arrays of typedefs.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 21;

typedef unsigned int uint_type;
typedef float row_t[4];
typedef struct {
    int x, y;
} point_t;
typedef struct Tree {
    int value;
    struct Tree* child;
} Tree;
typedef int (*binary_fn)(int, int);
using real = double;
using unary_fn = int(int);
template <typename T>
using ptr = T*;
template <typename T>
using const_ptr = const T* __restrict__;

__device__ int add(int a, int b) { return a + b; }
__device__ int multiply(int a, int b) { return a * b; }
__device__ int negate(int x) { return -x; }

template <binary_fn F>
__device__ int apply(int a, int b) {
    return F(a, b);
}
template <unary_fn F>
__device__ int apply1(int a) {
    return F(a);
}

__device__ auto deduced(int x) { return x * 0.5; }
__device__ auto trailing(int x) -> float { return x * 0.5; }
__device__ decltype(auto) forwarded(int& x) { return (x); }

__device__ int sum_row(const row_t row) { return (int)(row[0] + row[1] + row[2] + row[3]); }
__device__ int first_of(const_ptr<int> p) { return *p; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    uint_type u = 0;
    u -= 1;
    out[k++] = u > 5;
    row_t row = {1, 2, 3, (float)t};
    out[k++] = sum_row(row);
    row_t rows[2] = {{0, 1}, {2}};
    out[k++] = sizeof(rows) + (int)rows[1][0];
    point_t p = {t, 2};
    out[k++] = p.x + p.y;
    Tree leaf = {5, nullptr}, root = {t, &leaf};
    out[k++] = root.value + root.child->value;
    out[k++] = apply<add>(t, 3) + apply<multiply>(t, 3);
    out[k++] = apply1<negate>(t);
    real r = 1.0 / 3;
    out[k++] = (int)(r * 300) + sizeof(r);
    ptr<int> q = &p.y;
    *q += 10;
    out[k++] = p.y + first_of(q);

    auto i = 5;
    auto f = 2.5f;
    auto d = f * 2.0;
    auto uc = (unsigned char)200;
    auto sum = uc + uc;
    out[k++] = sizeof(i) + sizeof(f) * 10 + sizeof(d) * 100 + sizeof(sum) * 1000;
    out[k++] = sum + (int)d + i;
    const auto ci = t;
    auto copy = ci;
    copy += 2;
    out[k++] = copy;
    auto& ref = copy;
    ref *= 3;
    out[k++] = copy;
    auto* pointer = &copy;
    *pointer -= 1;
    out[k++] = copy;
    decltype(copy) same = 4;
    decltype(t) constant = 6;
    decltype((copy)) alias = copy;
    alias++;
    out[k++] = same + constant + copy;
    decltype(deduced(1)) half = deduced(t);
    out[k++] = sizeof(half) * 10 + sizeof(trailing(1)) + (int)(half * 2);
    forwarded(copy) = 77;
    out[k++] = copy;
    auto a = 1u, b = 2u;
    out[k++] = (int)((a - b) >> 1);
    int east = 3, *const west = &copy;
    *west = east;
    out[k++] = copy;
    unsigned const char uc2 = 255;
    long unsigned int lu = 1;
    short unsigned su = 65535;
    out[k++] = uc2 + (int)lu + su + (int)sizeof(long long unsigned);
    static_assert(sizeof(decltype(1 + 1ll)) == 8);
    auto t2 = static_cast<long long>(t) << 33;
    out[k++] = (int)(t2 >> 32);
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
