// <cmath> with whole numbers and with arguments of several types: everything counts as double.
// nvcc needs --expt-relaxed-constexpr for those of them that come from the standard library.
#include <cstdio>
#include <cmath>

constexpr int THREADS = 4;
constexpr int VALUES = 11;

__global__ void test(double* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    const float f = 1.3f + t;
    const int n = t + 2;
    out[k++] = pow(2.0, f);
    out[k++] = pow(f, 2);
    out[k++] = pow(n, n) + std::pow(f, n) + std::pow(2.5, n);
    out[k++] = sqrt(n) + std::sqrt(5u) + exp(t) + std::log(n) + sqrt((long long)n);
    out[k++] = floor(n) + ceil(t) + std::round(n) + fabs(-n);
    out[k++] = atan2(f, 2.0) + fmod(7.5, f) + std::fmod(n, 2);
    out[k++] = fmax(f, 2.0) + std::fmin(2, f) + copysign(1.0f, -2.0);
    out[k++] = sizeof(pow(f, 2)) * 100 + sizeof(sqrt(2)) * 10 + sizeof(fmax(1.0f, 2));
    out[k++] = sizeof(pow(f, f)) * 100 + sizeof(sqrt(f)) * 10 + sizeof(std::fmax(f, f));
    out[k++] = isnan(n) + std::isfinite(t) * 2 + std::isinf(n) * 4;
    out[k++] = std::pow(f, 2.0f) + std::sqrt(f) + std::abs(-2.5) + abs(-n);
}

int main() {
    double* device = nullptr;
    double host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%.17g%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
