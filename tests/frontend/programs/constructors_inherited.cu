// Inherited constructors, nested anonymous members, unnamed bit-fields, lists for constructors.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 7;

struct Base {
    int a, b;
    __device__ Base(int a_, int b_) : a(a_), b(b_) {}
    __device__ explicit Base(int a_) : Base(a_, 7) {}
    __device__ int get() const { return a * 10 + b; }
};
struct Other { int o = 4; };
struct Derived : Other, Base {
    using Base::Base;
    int c = 5;
    __device__ int get() const { return Base::get() * 10 + c + o; }
};
struct More : Derived {
    using Derived::Derived;
    __device__ More() : Derived(1, 1) {}
};
template <typename T>
struct Wrapped : T {
    using T::T;
    using Parent = T;
};
struct Packed {
    union {
        struct { unsigned short low, high; };
        unsigned word;
        float f;
    };
    union { struct { char tag; union { char first; signed char same; }; }; };
};
struct Bits {
    unsigned a : 3;
    unsigned : 4;
    unsigned b : 5;
    int c : 8;
    unsigned : 0;
    unsigned d : 1;
};

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    Derived one(t), two(1, t), three{4, 5};
    More more(t, 3), none;
    Wrapped<Base> wrapped(t);
    out[k++] = one.get();
    out[k++] = two.get() + three.get();
    out[k++] = more.get() * 10 + none.get();
    out[k++] = wrapped.get();
    Packed packed;
    packed.f = 1.5f + t;
    packed.same = -3;
    packed.tag = 'x';
    out[k++] = packed.low;
    out[k++] = packed.high ^ packed.first;
    Bits bits{9u, 33u, -3, 1u};
    bits.c -= t;
    out[k++] = bits.a + bits.b * 10 + bits.c * 100 + bits.d * 1000 + sizeof(Bits);
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
