// Host-side helpers that the programs in this folder share: error checks, transfers,
// reproducible inputs and comparison. Only ceil_div is used by device code.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

inline void cuda_check(cudaError_t status, const char* file, int line) {
    if (status != cudaSuccess) {
        std::fprintf(stderr, "%s:%d: %s\n", file, line, cudaGetErrorString(status));
        std::exit(EXIT_FAILURE);
    }
}
#define CUDA_CHECK(call) cuda_check((call), __FILE__, __LINE__)

template <typename A, typename B>
__host__ __device__ constexpr A ceil_div(A total, B part) {
    return (total + part - 1) / part;
}

// Linear congruential generator: the same numbers on every machine.
struct Lcg {
    unsigned state;
    explicit Lcg(unsigned seed) : state(seed * 2654435761u + 1u) {}
    unsigned next() {
        state = state * 1664525u + 1013904223u;
        return state >> 8;
    }
    float uniform(float lo, float hi) { return lo + (hi - lo) * (float)(next() & 0xffffu) / 65536.0f; }
    int integer(int lo, int hi) { return lo + (int)(next() % (unsigned)(hi - lo + 1)); }
};

inline std::vector<float> random_floats(size_t n, unsigned seed, float lo = -1.0f, float hi = 1.0f) {
    Lcg rng(seed);
    std::vector<float> v(n);
    for (auto& x : v) x = rng.uniform(lo, hi);
    return v;
}

inline std::vector<int> random_ints(size_t n, unsigned seed, int lo, int hi) {
    Lcg rng(seed);
    std::vector<int> v(n);
    for (auto& x : v) x = rng.integer(lo, hi);
    return v;
}

template <typename T>
T* device_zeros(size_t n) {
    T* p = nullptr;
    CUDA_CHECK(cudaMalloc((void**)&p, n * sizeof(T)));
    CUDA_CHECK(cudaMemset(p, 0, n * sizeof(T)));
    return p;
}

template <typename T>
T* to_device(const std::vector<T>& host) {
    T* p = nullptr;
    CUDA_CHECK(cudaMalloc((void**)&p, host.size() * sizeof(T)));
    CUDA_CHECK(cudaMemcpy(p, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice));
    return p;
}

template <typename T>
std::vector<T> to_host(const T* device, size_t n) {
    std::vector<T> host(n);
    CUDA_CHECK(cudaMemcpy(host.data(), device, n * sizeof(T), cudaMemcpyDeviceToHost));
    return host;
}

// True when every element is within tol of the reference, relative to max(1, |reference|).
template <typename T, typename R>
bool all_close(const std::vector<T>& got, const std::vector<R>& want, double tol, const char* what) {
    for (size_t i = 0; i < want.size(); i++) {
        double g = (double)got[i], w = (double)want[i];
        double scale = std::fabs(w) > 1.0 ? std::fabs(w) : 1.0;
        if (!(std::fabs(g - w) <= tol * scale) && !(g == w)) {
            std::printf("%s: element %zu is %g, expected %g\n", what, i, g, w);
            return false;
        }
    }
    return true;
}

inline int report(bool ok) {
    CUDA_CHECK(cudaGetLastError());
    CUDA_CHECK(cudaDeviceSynchronize());
    std::printf(ok ? "PASS\n" : "FAIL\n");
    return ok ? 0 : 1;
}
