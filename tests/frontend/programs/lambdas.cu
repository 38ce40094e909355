// Lambdas in device code: captures by value and reference, parameters, generic, returned values.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 22;

template <typename F>
__device__ int apply_n(F f, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum += f(i);
    return sum;
}

template <typename F>
__device__ void for_each(int* data, int n, F&& f) {
    for (int i = 0; i < n; i++) f(data[i]);
}

template <typename F, typename G>
__device__ auto compose(F f, G g) {
    return [=](int x) { return f(g(x)); };
}

struct Scaler {
    int factor;
    __device__ int run(int x) const {
        auto scale = [this](int v) { return v * factor; };
        return scale(x) + scale(1);
    }
};

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    auto add = [](int a, int b) { return a + b; };
    out[k++] = add(t, 5);
    int offset = 100;
    auto by_value = [offset](int x) { return x + offset; };
    offset = 200;
    out[k++] = by_value(t);                      // the value at creation
    auto by_reference = [&offset](int x) { return x + offset; };
    offset = 300;
    out[k++] = by_reference(t);
    auto count = [&]() { offset++; };
    count();
    count();
    out[k++] = offset;
    auto everything = [=] { return t * 10 + offset; };
    out[k++] = everything();
    auto mixed = [=, &k](int x) {
        k += 0;
        return x - t;
    };
    out[k++] = mixed(7);
    auto counter = [n = t * 2]() mutable { return n++; };
    counter();
    out[k++] = counter();
    auto typed = [](float x) -> int { return x * 2; };
    out[k++] = typed(1.75f);
    auto generic = [](auto a, auto b) { return a * b; };
    out[k++] = generic(t, 3) + (int)(generic(0.5f, 8) * 10);
    auto branches = [](int x) {
        if (x > 1) return x * 100;
        return x;
    };
    out[k++] = branches(t);
    out[k++] = [](int x) { return x * x; }(t + 1);
    out[k++] = apply_n([](int i) { return i * i; }, 5);
    out[k++] = apply_n([t](int i) { return i * t; }, 4);
    int data[4] = {1, 2, 3, 4};
    for_each(data, 4, [](int& x) { x *= 2; });
    int sum = 0;
    for_each(data, 4, [&sum](int x) { sum += x; });
    out[k++] = sum;
    auto plus_one = [](int x) { return x + 1; };
    auto doubled = [](int x) { return x * 2; };
    out[k++] = compose(plus_one, doubled)(t);
    out[k++] = compose(doubled, compose(plus_one, plus_one))(t);
    auto outer = [&](int x) {
        auto inner = [&](int y) { return x * 10 + y + t; };
        return inner(1) + inner(2);
    };
    out[k++] = outer(3);
    Scaler scaler{t + 2};
    out[k++] = scaler.run(5);
    auto pick = [data](int i) { return data[i]; };   // arrays are copied
    data[0] = -1;
    out[k++] = pick(0) + pick(t);
    auto pointer = [p = &data[1]](int i) { return p[i]; };
    data[2] = 77;
    out[k++] = pointer(1);
    const auto& alias = add;
    out[k++] = alias(alias(1, 2), t);
    out[k++] = t > 1 ? add(1, 1) : by_value(0);
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
