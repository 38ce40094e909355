// Row 90, style L: y[n] = sum over k of x[k] * (q[n, k] - 8) * scale[n, k / GROUP] with 4-bit weights, 8 to
// a word, in the order that makes two of them a pair of halves by one lop3: nibbles i and i + 4 of a word
// belong together. One warp for each n; K is a multiple of 8.
#include <cuda_fp16.h>

#include <cstdint>

#include "check.h"

constexpr int GROUP = 64;

// Nibbles 0 and 4 of `word`, less 8, as a pair of halves: 0x6400 is 1024, so or-ing q in gives 1024 + q.
__device__ __forceinline__ uint32_t dequantized(uint32_t word) {
    uint32_t biased, pair;
    asm volatile("lop3.b32 %0, %1, %2, %3, %4;\n"
                 : "=r"(biased)
                 : "r"(word), "n"(0x000f000f), "n"(0x64006400), "n"(0xEA));
    asm volatile("sub.f16x2 %0, %1, %2;\n" : "=r"(pair) : "r"(biased), "r"(0x64086408));
    return pair;
}

__device__ __forceinline__ uint32_t halves_of(uint32_t a, uint32_t b, uint32_t selector) {
    uint32_t pair;
    asm("prmt.b32 %0, %1, %2, %3;\n" : "=r"(pair) : "r"(a), "r"(b), "r"(selector));
    return pair;
}

__device__ __forceinline__ float dot(uint32_t a, uint32_t b, float sum) {
    float a0, a1, b0, b1;
    asm("{\n"
        "  .reg .b16 low, high;\n"
        "  mov.b32 {low, high}, %2;\n"
        "  cvt.f32.f16 %0, low;\n"
        "  cvt.f32.f16 %1, high;\n"
        "}\n"
        : "=f"(a0), "=f"(a1)
        : "r"(a));
    asm("{\n"
        "  .reg .b16 low, high;\n"
        "  mov.b32 {low, high}, %2;\n"
        "  cvt.f32.f16 %0, low;\n"
        "  cvt.f32.f16 %1, high;\n"
        "}\n"
        : "=f"(b0), "=f"(b1)
        : "r"(b));
    sum = fmaf(a0, b0, sum);
    return fmaf(a1, b1, sum);
}

__global__ void gemv_int4_kernel(float* y, const half* x, const uint32_t* weights, const half* scales, int N, int K) {
    const int n = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (n >= N) return;
    const int words = K / 8, groups = (K + GROUP - 1) / GROUP;
    float total = 0.0f;
    for (int i = lane; i < words; i += 32) {
        uint32_t word, v[4];
        asm volatile("ld.global.nc.L1::no_allocate.b32 %0, [%1];\n" : "=r"(word) : "l"(weights + (size_t)n * words + i));
        for (int j = 0; j < 4; j++) v[j] = __half_as_ushort(x[i * 8 + j * 2]) | __half_as_ushort(x[i * 8 + j * 2 + 1]) << 16;
        float sum = 0.0f;
        sum = dot(dequantized(word), halves_of(v[0], v[2], 0x5410), sum);
        sum = dot(dequantized(word >> 4), halves_of(v[0], v[2], 0x7632), sum);
        sum = dot(dequantized(word >> 8), halves_of(v[1], v[3], 0x5410), sum);
        sum = dot(dequantized(word >> 12), halves_of(v[1], v[3], 0x7632), sum);
        total += sum * __half2float(scales[(size_t)n * groups + i * 8 / GROUP]);
    }
    for (int offset = 16; offset > 0; offset /= 2) {
        float other;
        asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;\n" : "=f"(other) : "f"(total), "r"(offset));
        total += other;
    }
    if (lane == 0) y[n] = total;
}

void gemv_int4(float* y, const half* x, const uint32_t* weights, const half* scales, int N, int K) {
    gemv_int4_kernel<<<ceil_div(N, 4), 128>>>(y, x, weights, scales, N, K / 8 * 8);
    CUDA_CHECK(cudaGetLastError());
}
