// Structured bindings: records, arrays, references, results of functions.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 9;

struct Stats {
    float mean;
    int count;
    bool valid;
};

struct Split {
    int quotient, remainder;
};

__device__ Split divide(int a, int b) { return {a / b, a % b}; }

__device__ Stats analyse(const int* data, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum += data[i];
    return {(float)sum / n, n, n > 2};
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    auto [quotient, remainder] = divide(17 + t, 5);
    out[k++] = quotient * 10 + remainder;
    int data[3] = {4, 5, t};
    auto [mean, count, valid] = analyse(data, 3);
    out[k++] = (int)(mean * 300) + count + valid;
    auto [a, b, c] = data;                        // a copy of the array
    a = 100;
    out[k++] = a + b + c + data[0];
    auto& [x, y, z] = data;
    x += 10;
    z = y;
    out[k++] = data[0] * 100 + data[2];
    Split split = {1, 2};
    auto& [first, second] = split;
    first = t;
    second += first;
    out[k++] = split.quotient * 10 + split.remainder;
    const auto [p, q] = split;
    split.quotient = -1;
    out[k++] = p + q;
    float2 pair = make_float2(0.5f, t);
    auto [u, v] = pair;
    out[k++] = (int)((u + v) * 10);
    Split many[2] = {{1, 2}, {3, t}};
    int sum = 0;
    for (auto [l, r] : many) sum += l * 10 + r;
    for (auto& [l, r] : many) l = r;
    out[k++] = sum + many[0].quotient + many[1].quotient;
    auto bound = [](int n) { return divide(n, 3); };
    const auto& [d, m] = bound(t + 7);
    out[k++] = d * 10 + m;
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
