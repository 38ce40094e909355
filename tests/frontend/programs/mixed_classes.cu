// Classes, templates, lambdas, bit-fields and control flow in one kernel.
#include <cstdio>
#include <cstdint>
constexpr int THREADS = 4;
constexpr int VALUES = 60;

template <typename T, int N> struct alignas(sizeof(T) * N) Vec {
    T data[N];
    __device__ T& operator[](int i) { return data[i]; }
    __device__ const T& operator[](int i) const { return data[i]; }
    static constexpr int size = N;
    template <typename F> __device__ Vec map(F f) const {
        Vec r;
#pragma unroll
        for (int i = 0; i < N; ++i) r[i] = f(data[i]);
        return r;
    }
};
template <typename T, int N> __device__ Vec<T, N> operator+(const Vec<T, N>& a, const Vec<T, N>& b) {
    Vec<T, N> r;
    for (int i = 0; i < N; ++i) r[i] = a[i] + b[i];
    return r;
}
enum class Op { Sum, Max };
template <Op op> struct Reduce;
template <> struct Reduce<Op::Sum> {
    template <typename T> __device__ static T apply(T a, T b) { return a + b; }
    static constexpr int identity = 0;
};
template <> struct Reduce<Op::Max> {
    template <typename T> __device__ static T apply(T a, T b) { return a > b ? a : b; }
    static constexpr int identity = -1000;
};
template <Op op, typename T, int N> __device__ T reduce(const T (&arr)[N]) {
    T acc = Reduce<op>::identity;
    for (const T& v : arr) acc = Reduce<op>::apply(acc, v);
    return acc;
}
struct Base {
    int a;
    __device__ Base(int a) : a(a) {}
    __device__ int get() const { return a; }
    __device__ int twice() const { return 2 * get(); }
};
struct Mixin { __device__ int answer() const { return 42; } };
struct Derived : Base, Mixin {
    int b = 7;
    __device__ Derived(int a) : Base(a + 1) { b += a; }
    __device__ int get() const { return b; }
    __device__ int both() const { return Base::get() * 100 + get(); }
};
__device__ int take(const Base& x) { return x.get(); }
__device__ int take_ptr(const Base* x) { return x->a; }

struct Bits {
    unsigned lo : 5;
    int mid : 7;
    unsigned hi : 20;
    bool flag : 1;
};
struct Acc {
    int total = 0;
    __device__ Acc& add(int x) { total += x; return *this; }
    __device__ operator int() const { return total; }
    __device__ explicit operator bool() const { return total != 0; }
};
struct Outer {
    struct Inner { int v; __device__ int sq() const; };
    Inner in[2];
    static __device__ int make(int x);
    template <typename T> __device__ T scaled(T k);
};
__device__ int Outer::Inner::sq() const { return v * v; }
__device__ int Outer::make(int x) { return x + 5; }
template <typename T> __device__ T Outer::scaled(T k) { return in[0].v * k; }

template <typename T> struct Box { T v; __device__ T get() const; __device__ Box(T v); };
template <typename T> __device__ T Box<T>::get() const { return v; }
template <typename T> __device__ Box<T>::Box(T x) : v(x + x) {}

template <template <typename> class C, typename T> __device__ T unwrap(const C<T>& c) { return c.get(); }
namespace math { namespace detail { template <typename T> __device__ T cube(T x) { return x * x * x; } }
  using detail::cube; struct P { int x; }; __device__ int dist(P a, P b) { return a.x - b.x; } __device__ bool operator<(P a, P b) { return a.x < b.x; } }

__constant__ int table[4] = {3, 1, 4, 1};
static __device__ const float weights[2][3] = {{1.5f, 2.5f}, {4.f, 5.f, 6.f}};
struct Config { int rows, cols; float scale; };
__constant__ Config config = {2, 3, 0.5f};

__device__ int apply(int (*f)(int), int x) { return f(x) + f(x + 1); }
__device__ int inc(int x) { return x + 1; }
__device__ int sq(int x) { return x * x; }
template <typename F, typename... A> __device__ auto invoke(F&& f, A&&... a) -> decltype(f(a...)) { return f(a...); }
template <int... I> struct Seq { static constexpr int sum = (I + ... + 0); static constexpr int count = sizeof...(I); };
template <typename T, typename = void> struct HasX { static constexpr bool value = false; };
struct WithX { int x; };

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    Vec<int, 4> v{{t, t + 1, t + 2, t + 3}}, w = v.map([=](int x) { return x * t + 1; });
    auto s = v + w;
    for (int i = 0; i < s.size; i++) out[k++] = s[i];
    out[k++] = sizeof(Vec<int, 4>) + alignof(Vec<float, 2>) * 100;
    int arr[5] = {t, 3, -2, 8};
    out[k++] = reduce<Op::Sum>(arr);
    out[k++] = reduce<Op::Max>(arr);
    Derived d(t);
    out[k++] = d.both() + d.twice() * 1000;
    out[k++] = take(d) + take_ptr(&d) * 10 + d.answer() * 1000;
    out[k++] = sizeof(Derived);
    Bits b = {};
    b.lo = 37; b.mid = -t - 3; b.hi = 0xFFFFF; b.flag = t & 1;
    out[k++] = b.lo; out[k++] = b.mid; out[k++] = b.hi; out[k++] = b.flag + sizeof(Bits) * 10;
    b.mid += 100; out[k++] = b.mid; b.lo++; out[k++] = b.lo;
    Acc acc; acc.add(t).add(5).add(t);
    out[k++] = acc + 1;
    out[k++] = acc ? 1 : 2;
    out[k++] = int(acc) * 2 + (acc > 6);
    Outer o{{{t}, {t + 1}}};
    out[k++] = o.in[1].sq() + Outer::make(t) * 100 + (int)o.scaled(2.5f) * 10000;
    Box<int> box(t); Box<float> fbox(1.25f);
    out[k++] = unwrap(box) + (int)(unwrap(fbox) * 4);
    out[k++] = math::cube(t + 1) + dist(math::P{9}, math::P{t}) + (math::P{1} < math::P{t});
    out[k++] = table[t] * 10 + (int)weights[1][t % 3] + (int)(weights[0][2] * 7);
    out[k++] = config.rows * config.cols + (int)(config.scale * 10);
    out[k++] = apply(inc, t) + apply(sq, t) * 100;
    out[k++] = apply([](int x) { return x - 7; }, t);
    out[k++] = invoke([&](int x, int y) { return x * y + t; }, 3, t);
    out[k++] = Seq<1, 2, 3>::sum + Seq<4>::count * 10 + Seq<>::sum;
    out[k++] = HasX<WithX>::value;
    // switch inside a loop with continue, fallthrough, nested break
    int total = 0;
    for (int i = 0; i < 8; i++) {
        switch (i % 5) {
            case 0: total += 1;
            case 1: total += 10; break;
            case 2: if (t == 1) continue; total += 100; break;
            default:
                for (int j = 0; j < 3; j++) { if (j == t) break; total += 1000; }
                if (i == 4) break;
                total += 10000;
                continue;
        }
        total += 100000;
    }
    out[k++] = total;
    int m[2][3][4];
    for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) for (int l = 0; l < 4; l++) m[i][j][l] = i * 100 + j * 10 + l + t;
    int (*row)[4] = m[1];
    out[k++] = row[2][3] + (*row)[1] + *(*(m[0] + 1) + 2);
    out[k++] = (int)(&m[1][2][3] - &m[0][0][0]) + (int)(row + 1 - m[0]) * 100;
    auto counter = [n = t * 2]() mutable { return n++; };
    out[k++] = (counter(), counter() * 10);
    int x = 5; auto& rx = x; auto f = [&x, y = rx + 1] { x += y; return x; };
    out[k++] = f() * 100 + x;
    int* px = t & 1 ? &x : arr; *px++ = 77; out[k++] = x + arr[0] + (int)(px - (t & 1 ? &x : arr));
    union { float f; unsigned u; unsigned char c[4]; } pun; pun.f = 1.0f + t; out[k++] = pun.u >> 20; out[k++] = pun.c[3];
    unsigned long long big = 0xFFFFFFFFull * (t + 3); out[k++] = (int)(big >> 32); out[k++] = (int)(uint8_t)(big >> 4);
    long neg = -t - 9; out[k++] = (int)(neg / 4) + (int)(neg % 4) * 100 + (int)(neg >> 1) * 10000;
    do { k++; if (t == 2) break; out[k] = k; } while (k < 50);
    out[55] = k;
    out[56] = [&] { int r = 0; while (true) { if (++r > t + 3) return r; } }();
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
