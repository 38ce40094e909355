// Namespaces: nested, aliases, using, anonymous, shadowing, names that differ by scope only.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 19;

__device__ int level() { return 1; }
constexpr int SIZE = 10;

namespace outer {
constexpr int SIZE = 20;
__device__ int level() { return 2; }
__device__ int up() { return ::level() * 10 + level(); }

namespace inner {
__device__ int level() { return 3; }
__device__ int size() { return SIZE; }
struct Box {
    int side;
    static constexpr int faces = 6;
    __device__ int area() const;
};
}  // namespace inner

enum Color { RED = 5, BLUE };
using index_t = long long;
template <typename T>
__device__ T halved(T x) {
    return x / 2;
}
}  // namespace outer

__device__ int outer::inner::Box::area() const { return faces * side * side; }

namespace outer::inner {
__device__ int added_later() { return level() + outer::level(); }
}  // namespace outer::inner

namespace {
__device__ int hidden(int x) { return x + 1000; }
constexpr int SECRET = 77;
}  // namespace

namespace oi = outer::inner;

namespace math {
struct Point {
    int x;
};
__device__ int weight(const Point& p) { return p.x * 2; }
__device__ Point operator+(const Point& a, const Point& b) { return {a.x + b.x}; }
inline namespace v2 {
__device__ int version() { return 2; }
}  // namespace v2
}  // namespace math

using outer::halved;

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = level() + outer::level() * 10 + outer::inner::level() * 100;
    out[k++] = outer::up();
    out[k++] = SIZE + outer::SIZE;
    out[k++] = oi::size() + oi::added_later();
    oi::Box box{t + 1};
    out[k++] = box.area() + oi::Box::faces;
    out[k++] = outer::BLUE + outer::Color::RED;
    outer::index_t wide = 1ll << 35;
    out[k++] = (int)(wide >> 30) + halved(9) + (int)(outer::halved(9.0f) * 10);
    out[k++] = hidden(t) + SECRET;
    math::Point a{t}, b{3};
    out[k++] = weight(a + b);                     // found through the argument's namespace
    out[k++] = math::version() + math::v2::version();
    {
        using namespace outer::inner;
        Box other{2};
        out[k++] = other.area() + size();
    }
    {
        using outer::SIZE;
        out[k++] = SIZE;
        {
            int SIZE = 3;
            out[k++] = SIZE + ::SIZE;
        }
    }
    int level = t;                                // hides the function
    out[k++] = level + ::level();
    for (int level = 0; level < 2; level++) k += 0;
    int x = 1;
    {
        int x = 2 + t;
        {
            int x = 30;
            x++;
            out[k++] = x;
        }
        out[k++] = x;
    }
    out[k++] = x;
    if (int x = t & 1) {
        out[k++] = x + 50;
    } else {
        out[k++] = x - 50;
    }
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
