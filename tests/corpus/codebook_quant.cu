// Row 93, style X: blockwise quantisation with a code book of 256 (binary search in a table in shared
// memory) or 16 entries (a tree of comparisons), one scale per block; the block size is a template argument.
#include <algorithm>
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

typedef enum DataType_t { General8bit = 0, FP4 = 1 } DataType_t;

__device__ static float fp4_values[8] = {0.0f, 0.005208333f, 0.66666667f, 1.0f, 0.33333333f, 0.5f, 0.16666667f, 0.25f};

// Index of the nearest entry of an ascending table of 256; the lower one where two are equally far.
__device__ unsigned char nearest_code(const float* code, float x) {
    int pivot = 127, upper_pivot = 255, lower_pivot = 0;
    for (int i = 64; i > 0; i >>= 1) {
        if (x > code[pivot]) {
            lower_pivot = pivot;
            pivot += i;
        } else {
            upper_pivot = pivot;
            pivot -= i;
        }
    }
    if (x > code[pivot]) lower_pivot = pivot;
    else upper_pivot = pivot;
    return x - code[lower_pivot] > code[upper_pivot] - x ? upper_pivot : lower_pivot;
}

// sign, then a tree over the bounds between neighbouring values
__device__ unsigned char quantize_fp4(float x) {
    int sign = x < 0 ? 0b1000 : 0b0000;
    x = fabsf(x);
    if (x > 0.29166667f)
        if (x > 0.583333f)
            if (x > 0.8333333f) return 0b0011 + sign;
            else return 0b0010 + sign;
        else if (x > 0.4166667f) return 0b101 + sign;
        else return 0b100 + sign;
    else if (x > 0.0859375f)
        if (x > 0.20833333f) return 0b0111 + sign;
        else return 0b0110 + sign;
    else if (x > 0.00260417f) return 0b0001 + sign;
    else return 0b0000 + sign;
}

__device__ float dequantize_fp4(unsigned char v, float absmax) { return fp4_values[v & 7] * (v & 8 ? -absmax : absmax); }

template <typename T, int BLOCK_SIZE, int NUM_PER_TH, DataType_t DATA_TYPE>
__global__ void kQuantizeBlockwise(const float* code, const T* __restrict__ A, float* absmax, unsigned char* out, const int n) {
    constexpr int THREADS = BLOCK_SIZE / NUM_PER_TH;
    __shared__ float smem_code[256];
    __shared__ float smem_absmax[THREADS];
    if (DATA_TYPE == General8bit) {
        for (int i = threadIdx.x; i < 256; i += THREADS) smem_code[i] = code[i];
    }
    const int first = blockIdx.x * BLOCK_SIZE + threadIdx.x * NUM_PER_TH;
    T vals[NUM_PER_TH];
    float local = 0.0f;
#pragma unroll NUM_PER_TH
    for (int j = 0; j < NUM_PER_TH; j++) {
        vals[j] = first + j < n ? A[first + j] : T(0.0f);
        local = fmaxf(local, fabsf((float)vals[j]));
    }
    smem_absmax[threadIdx.x] = local;
    __syncthreads();
    for (int s = THREADS / 2; s > 0; s >>= 1) {
        if (threadIdx.x < s) smem_absmax[threadIdx.x] = fmaxf(smem_absmax[threadIdx.x], smem_absmax[threadIdx.x + s]);
        __syncthreads();
    }
    const float peak = smem_absmax[0];
    const float scale = peak == 0.0f ? 0.0f : 1.0f / peak;
    if (threadIdx.x == 0) absmax[blockIdx.x] = peak;
    switch (DATA_TYPE) {
        case General8bit:
#pragma unroll NUM_PER_TH
            for (int j = 0; j < NUM_PER_TH; j++) {
                if (first + j < n) out[first + j] = nearest_code(smem_code, (float)vals[j] * scale);
            }
            break;
        case FP4:
#pragma unroll NUM_PER_TH
            for (int j = 0; j < NUM_PER_TH / 2; j++) {
                unsigned char packed = quantize_fp4((float)vals[2 * j] * scale) << 4;
                packed |= quantize_fp4((float)vals[2 * j + 1] * scale);
                if (first + 2 * j < n) out[first / 2 + j] = packed;
            }
            break;
    }
}

template <typename T, DataType_t DATA_TYPE>
__global__ void kDequantizeBlockwise(const float* code, const unsigned char* A, const float* absmax, T* out, const int blocksize, const int n) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
        const float scale = __ldg(&absmax[i / blocksize]);
        if constexpr (DATA_TYPE == General8bit) out[i] = T(__ldg(&code[A[i]]) * scale);
        else out[i] = T(dequantize_fp4(i & 1 ? A[i / 2] & 15 : A[i / 2] >> 4, scale));
    }
}

template <typename T, DataType_t DATA_TYPE>
void quantizeBlockwise(const float* code, const T* A, float* absmax, unsigned char* out, int blocksize, const int n) {
    const int num_blocks = ceil_div(n, blocksize);
    switch (blocksize) {
        case 256: kQuantizeBlockwise<T, 256, 4, DATA_TYPE><<<num_blocks, 64>>>(code, A, absmax, out, n); break;
        case 64: kQuantizeBlockwise<T, 64, 2, DATA_TYPE><<<num_blocks, 32>>>(code, A, absmax, out, n); break;
        default: break;
    }
    CUDA_CHECK(cudaGetLastError());
}

void quantize_8bit(const float* code, const float* A, float* absmax, unsigned char* out, int blocksize, int n) {
    quantizeBlockwise<float, General8bit>(code, A, absmax, out, blocksize, n);
}
void dequantize_8bit(const float* code, const unsigned char* A, const float* absmax, float* out, int blocksize, int n) {
    if (blocksize > 0) kDequantizeBlockwise<float, General8bit><<<2, 64>>>(code, A, absmax, out, blocksize, n);
}
void quantize_fp4_half(const half* A, float* absmax, unsigned char* out, int n) {
    kQuantizeBlockwise<half, 64, 2, FP4><<<ceil_div(n, 64), 32>>>(nullptr, A, absmax, out, n);
}
void dequantize_fp4_half(const unsigned char* A, const float* absmax, half* out, int n) {
    kDequantizeBlockwise<half, FP4><<<ceil_div(n, 64), 64>>>(nullptr, A, absmax, out, 64, n);
}

int main() {
    bool ok = true;
    std::vector<float> code(256);
    for (int i = 0; i < 256; i++) code[i] = (i - 128) * std::fabs(i - 128.0f) / (128.0f * 128.0f);
    code[255] = 1.0f;
    for (int blocksize : {64, 256}) {
        const int n = 3 * blocksize + 17, blocks = ceil_div(n, blocksize);
        std::vector<float> x = random_floats(n, 995, -3, 3), want(n);
        for (int i = 0; i < 64; i++) x[blocksize + i] = 0.0f;
        float *d_code = to_device(code), *d_x = to_device(x), *d_absmax = device_zeros<float>(blocks), *d_y = device_zeros<float>(n);
        unsigned char* d_q = device_zeros<unsigned char>(n);
        quantize_8bit(d_code, d_x, d_absmax, d_q, blocksize, n);
        dequantize_8bit(d_code, d_q, d_absmax, d_y, blocksize, n);
        for (int i = 0; i < n; i++) {
            float peak = 0;
            for (int j = i / blocksize * blocksize; j < std::min(n, (i / blocksize + 1) * blocksize); j++) peak = std::fmax(peak, std::fabs(x[j]));
            const float v = peak == 0 ? 0.0f : x[i] * (1.0f / peak);
            float best = code[0];
            for (float c : code)
                if (std::fabs(v - c) < std::fabs(v - best)) best = c;
            want[i] = best * peak;
        }
        ok = all_close(to_host(d_y, n), want, 1e-6, "8 bits") && ok;
        cudaFree(d_code), cudaFree(d_x), cudaFree(d_absmax), cudaFree(d_y), cudaFree(d_q);
    }
    const int n = 150, blocks = ceil_div(n, 64);
    std::vector<half> x;
    std::vector<float> xf, got;
    for (float v : random_floats(n, 996)) x.push_back((half)v), xf.push_back((float)x.back());
    half *d_x = to_device(x), *d_y = device_zeros<half>(n);
    float* d_absmax = device_zeros<float>(blocks);
    unsigned char* d_q = device_zeros<unsigned char>(n / 2);
    quantize_fp4_half(d_x, d_absmax, d_q, n);
    dequantize_fp4_half(d_q, d_absmax, d_y, n);
    for (half v : to_host(d_y, n)) got.push_back((float)v);
    ok = all_close(got, xf, 0.17, "4 bits") && ok;  // half of the widest step
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_absmax), cudaFree(d_q);
    return report(ok);
}
