// Row 90, style L: matrix times vector with 4-bit weights, a scale and a zero point per group of the
// inner dimension: 128-bit loads of 32 weights, the trick of building halves from bits, half2 FMA.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

#define LDST128BITS(value) (reinterpret_cast<const uint4*>(&(value))[0])
#define HALF2(value) (reinterpret_cast<const half2*>(&(value))[0])

constexpr int WARP = 32;

// (a & b) | c, which has an instruction of its own
__device__ __forceinline__ uint32_t and_or(uint32_t a, uint32_t b, uint32_t c) {
    uint32_t result;
    asm volatile("lop3.b32 %0, %1, %2, %3, %4;\n" : "=r"(result) : "r"(a), "r"(b), "r"(c), "n"((0xf0 & 0xcc) | 0xaa));
    return result;
}

// Eight nibbles, element 2i in the low half-word of pair i, become eight halves: 0x6400 | n is 1024 + n.
__device__ __forceinline__ void dequantize_8(uint32_t q, half2 (&dq)[4]) {
    const half2 magic = __float2half2_rn(1024.0f);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const uint32_t bits = and_or(q, 0x000f000fu, 0x64006400u);
        dq[i] = __hsub2(*reinterpret_cast<const half2*>(&bits), magic);
        q >>= 4;
    }
}

// a warp per row; k a multiple of 32, groups of 32 * chunks_per_group
template <int ROWS_PER_BLOCK>
__global__ void __launch_bounds__(WARP* ROWS_PER_BLOCK)
    gemv_int4_kernel(half* __restrict__ y, const uint32_t* __restrict__ q, const half* __restrict__ scales,
                     const half* __restrict__ zeros, const half* __restrict__ x, const int rows, const int k,
                     const int chunks_per_group) {
    const int row = blockIdx.x * ROWS_PER_BLOCK + threadIdx.y;
    if (row >= rows) return;
    const int chunks = k / 32, groups = (chunks + chunks_per_group - 1) / chunks_per_group;
    float sum = 0.0f;
    for (int c = threadIdx.x; c < chunks; c += WARP) {
        const uint4 packed = LDST128BITS(q[((size_t)row * chunks + c) * 4]);
        const uint32_t words[4] = {packed.x, packed.y, packed.z, packed.w};
        const half scale = scales[row * groups + c / chunks_per_group];
        const half zero = zeros[row * groups + c / chunks_per_group];
        const half2 zero2 = __half2half2(zero);
        half2 acc = __float2half2_rn(0.0f);
#pragma unroll
        for (int w = 0; w < 4; ++w) {
            half2 dq[4];
            dequantize_8(words[w], dq);
#pragma unroll
            for (int i = 0; i < 4; ++i) acc = __hfma2(__hsub2(dq[i], zero2), HALF2(x[c * 32 + w * 8 + 2 * i]), acc);
        }
        sum += __half2float(scale) * (__low2float(acc) + __high2float(acc));
    }
#pragma unroll
    for (int mask = WARP >> 1; mask >= 1; mask >>= 1) sum += __shfl_xor_sync(0xffffffff, sum, mask);
    if (threadIdx.x == 0) y[row] = __float2half(sum);
}

// Packs rows of unsigned nibbles into the order that dequantize_8 wants.
__global__ void pack_int4_kernel(uint32_t* __restrict__ q, const uint8_t* __restrict__ nibbles, int words) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= words) return;
    const uint2 bytes = *reinterpret_cast<const uint2*>(nibbles + 8 * i);
    uint32_t word = 0;
#pragma unroll
    for (int e = 0; e < 8; ++e) {
        const uint32_t nibble = ((e < 4 ? bytes.x : bytes.y) >> (8 * (e % 4))) & 0xf;
        word |= nibble << (4 * (e / 2) + 16 * (e % 2));
    }
    q[i] = word;
}

// The same product from nibbles in natural order with integers only; one thread per row.
__global__ void gemv_int4_reference_kernel(float* y, const uint8_t* nibbles, const half* scales, const half* zeros, const half* x,
                                           int rows, int k, int group) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    const int groups = (k + group - 1) / group;
    float sum = 0.0f;
    for (int i = 0; i < k; ++i) {
        const int g = row * groups + i / group;
        sum += __half2float(scales[g]) * (nibbles[row * k + i] - __half2float(zeros[g])) * __half2float(x[i]);
    }
    y[row] = sum;
}

void pack_int4(uint32_t* q, const uint8_t* nibbles, int rows, int chunks) {
    const int words = rows * chunks * 4;
    pack_int4_kernel<<<ceil_div(words, 64), 64>>>(q, nibbles, words);
}

void gemv_int4(half* y, const uint32_t* q, const half* scales, const half* zeros, const half* x, int rows, int chunks,
               int chunks_per_group) {
    if (chunks_per_group < 1) return;
    constexpr int rows_per_block = 2;
    const dim3 block(WARP, rows_per_block);
    gemv_int4_kernel<rows_per_block><<<ceil_div(rows, rows_per_block), block>>>(y, q, scales, zeros, x, rows, chunks * 32, chunks_per_group);
    CUDA_CHECK(cudaGetLastError());
}

void gemv_int4_reference(float* y, const uint8_t* nibbles, const half* scales, const half* zeros, const half* x, int rows, int k, int group) {
    if (group < 1) return;
    gemv_int4_reference_kernel<<<ceil_div(rows, 32), 32>>>(y, nibbles, scales, zeros, x, rows, k, group);
}

int main() {
    bool ok = true;
    for (int chunks : {1, 5, 40}) {
        const int rows = 7, k = 32 * chunks, per_group = 2, groups = ceil_div(chunks, per_group);  // a tail group
        std::vector<uint8_t> nibbles;
        for (int v : random_ints(rows * k, 980, 0, 15)) nibbles.push_back((uint8_t)v);
        std::vector<half> scales, zeros, x;
        for (float v : random_floats(rows * groups, 981, 0.01f, 0.1f)) scales.push_back((half)v);
        for (int v : random_ints(rows * groups, 982, 6, 9)) zeros.push_back((half)(float)v);
        for (float v : random_floats(k, 983)) x.push_back((half)v);
        std::vector<double> want(rows);
        std::vector<float> got;
        for (int i = 0; i < rows * k; i++) {
            const int g = i / k * groups + i % k / (32 * per_group);
            want[i / k] += (double)(float)scales[g] * (nibbles[i] - (float)zeros[g]) * (float)x[i % k];
        }
        uint8_t* d_n = to_device(nibbles);
        uint32_t* d_q = device_zeros<uint32_t>(rows * chunks * 4);
        half *d_s = to_device(scales), *d_z = to_device(zeros), *d_x = to_device(x), *d_y = device_zeros<half>(rows);
        float* d_ref = device_zeros<float>(rows);
        pack_int4(d_q, d_n, rows, chunks);
        gemv_int4(d_y, d_q, d_s, d_z, d_x, rows, chunks, per_group);
        for (half v : to_host(d_y, rows)) got.push_back((float)v);
        ok = all_close(got, want, 5e-2, "gemv") && ok;
        gemv_int4_reference(d_ref, d_n, d_s, d_z, d_x, rows, k, 32 * per_group);
        ok = all_close(to_host(d_ref, rows), want, 1e-4, "reference") && ok;
        cudaFree(d_n), cudaFree(d_q), cudaFree(d_s), cudaFree(d_z), cudaFree(d_x), cudaFree(d_y), cudaFree(d_ref);
    }
    return report(ok);
}
