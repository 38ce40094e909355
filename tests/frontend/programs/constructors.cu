// Constructors, initialiser lists, default members, delegating, copies, explicit conversions.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 23;

struct Interval {
    int lo, hi;
    __device__ Interval() : lo(0), hi(10) {}
    __device__ Interval(int l, int h) : lo(l), hi(h) {
        if (lo > hi) {
            int tmp = lo;
            lo = hi;
            hi = tmp;
        }
    }
    __device__ explicit Interval(int width) : Interval(-width, width) {}
    __device__ int length() const { return hi - lo; }
};

struct Config {
    int size = 32;
    float rate{0.5f};
    bool on = true;
    int limits[2] = {1, 9};
};

struct Meters {
    double value;
    __device__ Meters(double v) : value(v) {}       // converts implicitly
    __device__ operator int() const { return (int)(value * 100); }
};

class Buffer {
    int data_[4];
    int used_;

  public:
    __device__ Buffer() : data_{}, used_(0) {}
    __device__ Buffer(const Buffer& other) : used_(other.used_ + 10) {
        for (int i = 0; i < 4; i++) data_[i] = other.data_[i];
    }
    __device__ Buffer& operator=(const Buffer& other) {
        used_ = other.used_ + 100;
        for (int i = 0; i < 4; i++) data_[i] = -other.data_[i];
        return *this;
    }
    __device__ void push(int v) { data_[used_++ & 3] = v; }
    __device__ int used() const { return used_; }
    __device__ int at(int i) const { return data_[i]; }
};

struct Derived : Interval {
    Config config;
    int extra;
    __device__ Derived(int a, int b) : Interval(a, b), extra(length() * 2) { config.size += a; }
};

template <typename T>
struct Holder {
    T value;
    __device__ Holder(T v) : value(v) {}
};

__device__ int centimeters(Meters m) { return m; }
__device__ Interval widen(Interval i) { return {i.lo - 1, i.hi + 1}; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    Interval a, b(5, t), c{t, 8}, d(3), e = Interval(7, 9);
    out[k++] = a.length();
    out[k++] = b.lo * 10 + b.hi;
    out[k++] = c.length();
    out[k++] = d.lo * 100 + d.length();
    out[k++] = e.length();
    out[k++] = widen(c).length();
    out[k++] = widen({t, t}).hi;
    out[k++] = Interval{1, 4}.length() + Interval().hi;
    Interval many[3] = {{1, 2}, Interval(4)};
    out[k++] = many[0].hi * 100 + many[1].hi * 10 + many[2].hi % 10;

    Config config;
    out[k++] = config.size + (int)(config.rate * 4) + config.on + config.limits[1];
    Config partial = {64 + t};
    out[k++] = partial.size + partial.on * 1000;
    Config full{1, 2.0f, false, {3, 4}};
    out[k++] = full.size + (int)full.rate + full.on + full.limits[0] * full.limits[1];

    Meters m = 1.5 + t;
    out[k++] = m;
    out[k++] = centimeters(2.25);
    int rounded = m + 1;
    out[k++] = rounded;

    Buffer first;
    first.push(11);
    first.push(22 + t);
    Buffer second(first);
    Buffer third;
    third = first;
    out[k++] = first.used() + second.used() + third.used();
    out[k++] = second.at(1) - third.at(1);
    out[k++] = Buffer().at(t);

    Derived derived(2, 6 + t);
    out[k++] = derived.extra;
    out[k++] = derived.config.size * 10 + derived.hi;
    Holder h(2.5f);
    Holder<long long> wide(1ll << 33);
    out[k++] = (int)(h.value * 2) + (int)(wide.value >> 32);
    int braces{t}, zero{}, parens(t + 1), value = int();
    out[k++] = braces * 1000 + zero + parens * 10 + value;
    out[k++] = int(2.9f) + int{3} + static_cast<int>('a') + (unsigned)t;
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
