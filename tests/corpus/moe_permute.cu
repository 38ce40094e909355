// Row 79, style E: rows are copied into the order of their experts, 16 bytes at a time, and combined
// again with the weights of the gate; dropped tokens (-1) count for nothing.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

#define DISPATCH_TOPK(TOPK_VALUE, TOPK, ...)             \
    [&] {                                                \
        switch (TOPK_VALUE) {                            \
            case 1: { constexpr int TOPK = 1; return __VA_ARGS__(); } \
            case 2: { constexpr int TOPK = 2; return __VA_ARGS__(); } \
            default: std::abort();                       \
        }                                                \
    }()

template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
    T val[N];
    __device__ const T& operator[](int i) const { return val[i]; }
    __device__ T& operator[](int i) { return val[i]; }
};

// past the first cache: the rows are read by other blocks
__device__ __forceinline__ void store_streaming(void* to, uint4 v) {
    asm volatile("st.global.cg.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w) : "memory");
}

// dst[map[token * k + j]] = src[token]; negative places are dropped
template <typename T>
__global__ void permute_rows_kernel(T* __restrict__ dst, const T* __restrict__ src, const int* __restrict__ map, const int topk,
                                    const int64_t hidden) {
    constexpr int VEC = 16 / sizeof(T);
    using vec_t = Pack<T, VEC>;
    const int64_t slot = blockIdx.x;
    const int64_t to = map[slot];
    if (to < 0) return;
    const vec_t* from = reinterpret_cast<const vec_t*>(src + slot / topk * hidden);
    vec_t* out = reinterpret_cast<vec_t*>(dst + to * hidden);
    for (int64_t i = threadIdx.x; i < hidden / VEC; i += blockDim.x) {
        const vec_t row = from[i];
        store_streaming(out + i, *reinterpret_cast<const uint4*>(&row));
    }
}

template <typename T, int TOPK>
__global__ void __launch_bounds__(256) finalize_routing_kernel(T* __restrict__ out, const T* __restrict__ rows,
                                                               const int* __restrict__ map, const float* __restrict__ weights,
                                                               const T* __restrict__ bias, const int64_t hidden) {
    const int64_t token = blockIdx.x;
    for (int64_t i = threadIdx.x; i < hidden; i += blockDim.x) {
        float sum = 0.0f;
#pragma unroll
        for (int j = 0; j < TOPK; ++j) {
            const int place = map[token * TOPK + j];
            if (place < 0) continue;
            float v = static_cast<float>(rows[place * hidden + i]);
            if (bias != nullptr) v += static_cast<float>(bias[i]);
            sum = fmaf(weights[token * TOPK + j], v, sum);
        }
        out[token * hidden + i] = static_cast<T>(sum);
    }
}

template <typename T>
void permute_rows(T* dst, const T* src, const int* map, int tokens, int topk, int hidden) {
    if (hidden % (16 / sizeof(T)) != 0) std::abort();
    permute_rows_kernel<T><<<tokens * topk, 64>>>(dst, src, map, topk, hidden);
    CUDA_CHECK(cudaGetLastError());
}

template <typename T>
void finalize_routing(T* out, const T* rows, const int* map, const float* weights, const T* bias, int tokens, int topk,
                      int hidden, cudaStream_t stream) {
    DISPATCH_TOPK(topk, TOPK, [&] {
        finalize_routing_kernel<T, TOPK><<<tokens, 64, 0, stream>>>(out, rows, map, weights, bias, hidden);
    });
    CUDA_CHECK(cudaGetLastError());
}

template <typename T>
bool check(int tokens, int topk, int hidden, bool with_bias, double tol) {
    const int slots = tokens * topk;
    std::vector<float> x = random_floats(tokens * hidden, 900), w = random_floats(slots, 901, 0.0f, 1.0f), b = random_floats(hidden, 902);
    std::vector<int> map(slots);
    for (int i = 0; i < slots; i++) map[i] = i % 5 == 3 ? -1 : (i * 7 + 3) % slots;  // 7 is prime to the sizes below
    std::vector<T> xt, bt;
    for (float v : x) xt.push_back((T)v);
    for (float v : b) bt.push_back((T)v);
    std::vector<double> want(tokens * hidden, 0.0);
    for (int i = 0; i < slots; i++)
        for (int c = 0; c < hidden && map[i] >= 0; c++) {
            want[i / topk * hidden + c] += w[i] * ((double)(float)xt[i / topk * hidden + c] + (with_bias ? (double)(float)bt[c] : 0.0));
        }
    T *d_x = to_device(xt), *d_rows = device_zeros<T>(slots * hidden), *d_out = device_zeros<T>(tokens * hidden), *d_b = to_device(bt);
    int* d_map = to_device(map);
    float* d_w = to_device(w);
    cudaStream_t stream;
    CUDA_CHECK(cudaStreamCreate(&stream));
    permute_rows(d_rows, d_x, d_map, tokens, topk, hidden);
    CUDA_CHECK(cudaDeviceSynchronize());
    finalize_routing<T>(d_out, d_rows, d_map, d_w, with_bias ? d_b : nullptr, tokens, topk, hidden, stream);
    CUDA_CHECK(cudaStreamSynchronize(stream));
    CUDA_CHECK(cudaStreamDestroy(stream));
    std::vector<float> got;
    for (T v : to_host(d_out, want.size())) got.push_back((float)v);
    cudaFree(d_x), cudaFree(d_rows), cudaFree(d_out), cudaFree(d_b), cudaFree(d_map), cudaFree(d_w);
    return all_close(got, want, tol, "combined");
}

int main() {
    bool ok = true;
    for (int topk : {1, 2}) {
        ok = check<float>(9, topk, 20, topk == 2, 1e-6) && ok;
        ok = check<half>(11, topk, 72, topk == 1, 1e-2) && ok;
    }
    return report(ok);
}
