// Row 91, style E: products of int8 vectors with 32-bit sums - __dp4a, a portable form from bytes, and binary
// vectors by population counts; and a matrix of int8 rows with a scale per row.
#include <cassert>
#include <cstdint>

#include "check.h"

#define FULL 0xffffffffu

template <bool PORTABLE>
__device__ __forceinline__ int dot4(int a, int b, int c) {
    if constexpr (PORTABLE) {
        const int8_t* a8 = reinterpret_cast<const int8_t*>(&a);
        const int8_t* b8 = reinterpret_cast<const int8_t*>(&b);
        return c + a8[0] * b8[0] + a8[1] * b8[1] + a8[2] * b8[2] + a8[3] * b8[3];
    } else {
        int d;
        asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
        return d;
    }
}

// words of four; the tail of n % 4 bytes is added by the first threads
template <bool PORTABLE>
__global__ void __launch_bounds__(128) dot_int8_kernel(int* result, const int8_t* __restrict__ a, const int8_t* __restrict__ b, int n) {
    int sum = 0;
    const int words = n / 4;
    const int stride = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < words; i += stride) {
        sum = dot4<PORTABLE>(reinterpret_cast<const int*>(a)[i], reinterpret_cast<const int*>(b)[i], sum);
    }
    if (blockIdx.x == 0 && threadIdx.x < n % 4) sum += a[words * 4 + threadIdx.x] * b[words * 4 + threadIdx.x];
    for (int offset = 16; offset > 0; offset >>= 1) sum += __shfl_down_sync(FULL, sum, offset);
    if ((threadIdx.x & 31) == 0) atomicAdd(result, sum);
}

// signs packed 32 to a word: the product of +-1 vectors is n - 2 * (number of differing bits)
__global__ void binary_dot_kernel(int* out, const uint32_t* a, const uint32_t* b, int words, int n) {
    assert(n <= 32 * words);
    const int row = blockIdx.x, lane = threadIdx.x;
    int differing = 0;
    for (int w = lane; w < words; w += 32) {
        uint32_t bits = a[row * words + w] ^ b[w];
        const int valid = n - 32 * w;
        if (valid < 32) bits &= valid > 0 ? 0xffffffffu >> (32 - valid) : 0u;
        differing += __popc(bits);
    }
    differing = __reduce_add_sync(FULL, differing);
    if (lane == 0) out[row] = n - 2 * differing;
}

// packs signs: bit i of a word is set where element i is negative
__global__ void pack_signs_kernel(uint32_t* out, const float* x, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const uint32_t bits = __ballot_sync(FULL, i < n && x[i] < 0.0f);
    if (threadIdx.x % 32 == 0 && i < n) out[i / 32] = bits;
}

__global__ void matvec_int8_kernel(float* __restrict__ y, const int4* __restrict__ w, const int4* __restrict__ x,
                                   const float* __restrict__ w_scales, const float* __restrict__ x_scale, int rows, int vectors) {
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= rows) return;
    int acc = 0;
    for (int i = threadIdx.x; i < vectors; i += 32) {
        const int4 a = w[row * vectors + i], b = x[i];
        acc = __dp4a(a.x, b.x, acc);
        acc = __dp4a(a.y, b.y, acc);
        acc = __dp4a(a.z, b.z, acc);
        acc = __dp4a(a.w, b.w, acc);
    }
    for (int mask = 16; mask; mask >>= 1) acc += __shfl_xor_sync(FULL, acc, mask);
    if (threadIdx.x == 0) y[row] = acc * w_scales[row] * *x_scale;
}

void dot_int8(bool portable, int* result, const int8_t* a, const int8_t* b, int n) {
    CUDA_CHECK(cudaMemset(result, 0, sizeof(int)));
    if (portable)
        dot_int8_kernel<true><<<2, 64>>>(result, a, b, n);
    else
        dot_int8_kernel<false><<<2, 64>>>(result, a, b, n);
}

void binary_matvec(int* out, uint32_t* signs, const uint32_t* rows, const float* x, int row_count, int n) {
    pack_signs_kernel<<<ceil_div(n, 64), 64>>>(signs, x, n);
    binary_dot_kernel<<<row_count, 32>>>(out, rows, signs, ceil_div(n, 32), n);
}

void matvec_int8(float* y, const int8_t* w, const int8_t* x, const float* w_scales, const float* x_scale, int rows, int vectors) {
    dim3 block(32, 4);
    matvec_int8_kernel<<<ceil_div(rows, 4), block>>>(y, (const int4*)w, (const int4*)x, w_scales, x_scale, rows, vectors);
}

int main() {
    bool ok = true;
    for (int n : {1, 4, 35, 1031}) {
        std::vector<int8_t> a, b;
        for (int v : random_ints(n, 1050, -128, 127)) a.push_back((int8_t)v);
        for (int v : random_ints(n, 1051, -128, 127)) b.push_back((int8_t)v);
        int want = 0, *d_r = device_zeros<int>(1);
        for (int i = 0; i < n; i++) want += a[i] * b[i];
        int8_t *d_a = to_device(a), *d_b = to_device(b);
        for (bool portable : {false, true}) {
            dot_int8(portable, d_r, d_a, d_b, n);
            ok = to_host(d_r, 1)[0] == want && ok;
        }
        cudaFree(d_a), cudaFree(d_b), cudaFree(d_r);

        const int rows = 3, words = ceil_div(n, 32);
        std::vector<int> raw = random_ints(rows * words, 1052, 0, 0xffffff), want_b(rows);
        std::vector<uint32_t> bits;
        for (int v : raw) bits.push_back((uint32_t)v * 2654435761u);
        std::vector<float> x = random_floats(n, 1053);
        for (int i = 0; i < rows * n; i++) want_b[i / n] += (bits[i / n * words + i % n / 32] >> (i % n % 32) & 1) == (x[i % n] < 0) ? 1 : -1;
        uint32_t *d_bits = to_device(bits), *d_signs = device_zeros<uint32_t>(words);
        float* d_x = to_device(x);
        int* d_out = device_zeros<int>(rows);
        binary_matvec(d_out, d_signs, d_bits, d_x, rows, n);
        ok = all_close(to_host(d_out, rows), want_b, 0.0, "binary") && ok;
        cudaFree(d_bits), cudaFree(d_signs), cudaFree(d_x), cudaFree(d_out);
    }
    const int rows = 6, cols = 16 * 37;
    std::vector<int8_t> w, x;
    for (int v : random_ints(rows * cols, 1054, -128, 127)) w.push_back((int8_t)v);
    for (int v : random_ints(cols, 1055, -128, 127)) x.push_back((int8_t)v);
    std::vector<float> scales = random_floats(rows, 1056, 0.001f, 0.01f), one = {0.02f};
    std::vector<double> want(rows);
    for (int i = 0; i < rows * cols; i++) want[i / cols] += (double)scales[i / cols] * one[0] * w[i] * x[i % cols];
    int8_t *d_w = to_device(w), *d_x = to_device(x);
    float *d_s = to_device(scales), *d_one = to_device(one), *d_y = device_zeros<float>(rows);
    matvec_int8(d_y, d_w, d_x, d_s, d_one, rows, cols / 16);
    ok = all_close(to_host(d_y, rows), want, 1e-5, "matrix") && ok;
    cudaFree(d_w), cudaFree(d_x), cudaFree(d_s), cudaFree(d_one), cudaFree(d_y);
    return report(ok);
}
