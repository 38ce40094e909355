// Row 46, style L: dot product: every block adds its share with one atomic (float additions in any order);
// halves are multiplied in pairs. The integer form is exact.
#include <cuda_fp16.h>

#include "check.h"

#define WARP_SIZE 32
#define FLOAT4(value) (reinterpret_cast<const float4*>(&(value))[0])
#define HALF2(value) (reinterpret_cast<const half2*>(&(value))[0])

template <typename T, const int kWarpSize = WARP_SIZE>
__device__ __forceinline__ T warp_reduce_sum(T val) {
#pragma unroll
    for (int mask = kWarpSize >> 1; mask >= 1; mask >>= 1) {
        val += __shfl_xor_sync(0xffffffff, val, mask);
    }
    return val;
}

template <const int NUM_THREADS = 128>
__global__ void dot_prod_f32_kernel(const float* a, const float* b, float* y, int n) {
    int tid = threadIdx.x;
    int idx = blockIdx.x * NUM_THREADS + tid;
    constexpr int NUM_WARPS = (NUM_THREADS + WARP_SIZE - 1) / WARP_SIZE;
    __shared__ float reduce_smem[NUM_WARPS];

    float prod = (idx < n) ? a[idx] * b[idx] : 0.0f;
    int warp = tid / WARP_SIZE;
    int lane = tid % WARP_SIZE;
    prod = warp_reduce_sum<float>(prod);
    if (lane == 0) reduce_smem[warp] = prod;
    __syncthreads();
    prod = (lane < NUM_WARPS) ? reduce_smem[lane] : 0.0f;
    if (warp == 0) prod = warp_reduce_sum<float, NUM_WARPS>(prod);
    if (tid == 0) atomicAdd(y, prod);
}

template <const int NUM_THREADS = 128 / 4>
__global__ void dot_prod_f32x4_kernel(const float* a, const float* b, float* y, int n) {
    int idx = (blockIdx.x * NUM_THREADS + threadIdx.x) * 4;
    float prod = 0.0f;
    if (idx + 3 < n) {
        float4 reg_a = FLOAT4(a[idx]);
        float4 reg_b = FLOAT4(b[idx]);
        prod = reg_a.x * reg_b.x + reg_a.y * reg_b.y + reg_a.z * reg_b.z + reg_a.w * reg_b.w;
    } else {
        for (; idx < n; idx++) prod += a[idx] * b[idx];
    }
    prod = warp_reduce_sum(prod);
    if (threadIdx.x % WARP_SIZE == 0) atomicAdd(y, prod);
}

__global__ void dot_prod_f16x2_kernel(const half* a, const half* b, float* y, int n) {
    float sum = 0.0f;
    for (int idx = 2 * (blockIdx.x * blockDim.x + threadIdx.x); idx < n; idx += 2 * gridDim.x * blockDim.x) {
        if (idx + 1 < n) {
            half2 prod = __hmul2(HALF2(a[idx]), HALF2(b[idx]));
            sum += __half2float(prod.x) + __half2float(prod.y);
        } else {
            sum += __half2float(a[idx] * b[idx]);
        }
    }
    sum = warp_reduce_sum(sum);
    if (threadIdx.x % 32 == 0) atomicAdd(y, sum);
}

__global__ void dot_prod_i8_kernel(const int* a, const int* b, long long* y, int words) {
    int sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < words; i += gridDim.x * blockDim.x) {
        sum = __dp4a(a[i], b[i], sum);  // four signed bytes at a time
    }
    sum = warp_reduce_sum(sum);
    // two's complement: adding as unsigned is the same
    if (threadIdx.x % 32 == 0) atomicAdd((unsigned long long*)y, (unsigned long long)(long long)sum);
}

void dot_f32(float* y, const float* a, const float* b, int n) {
    CUDA_CHECK(cudaMemset(y, 0, sizeof(float)));
    dot_prod_f32_kernel<128><<<ceil_div(n, 128), 128>>>(a, b, y, n);
}

void dot_f32x4(float* y, const float* a, const float* b, int n) {
    CUDA_CHECK(cudaMemset(y, 0, sizeof(float)));
    dot_prod_f32x4_kernel<><<<ceil_div(n, 128), 32>>>(a, b, y, n);
}

void dot_f16x2(float* y, const half* a, const half* b, int n) {
    CUDA_CHECK(cudaMemset(y, 0, sizeof(float)));
    dot_prod_f16x2_kernel<<<2, 64>>>(a, b, y, n);
}

void dot_i8(long long* y, const int* a, const int* b, int words) {
    CUDA_CHECK(cudaMemset(y, 0, sizeof(long long)));
    dot_prod_i8_kernel<<<3, 32>>>(a, b, y, words);
}

int main() {
    bool ok = true;
    for (int n : {1, 33, 130, 2049}) {
        std::vector<float> a = random_floats(n, 350), b = random_floats(n, 351);
        std::vector<half> ah, bh;
        for (float v : a) ah.push_back(__float2half(v));
        for (float v : b) bh.push_back(__float2half(v));
        std::vector<double> want = {0.0};
        for (int i = 0; i < n; i++) want[0] += (double)a[i] * b[i];
        std::vector<int> wa = random_ints(n, 352, 0, 0xffffff), wb = random_ints(n, 353, 0, 0xffffff);
        std::vector<long long> want_i = {0};
        for (int i = 0; i < n; i++) {
            wa[i] = (int)((unsigned)wa[i] << 7), wb[i] = (int)((unsigned)wb[i] << 5);
            for (int k = 0; k < 4; k++) want_i[0] += (int)(signed char)(wa[i] >> 8 * k) * (signed char)(wb[i] >> 8 * k);
        }
        float *d_a = to_device(a), *d_b = to_device(b), *d_y = device_zeros<float>(1);
        half *d_ah = to_device(ah), *d_bh = to_device(bh);
        int *d_wa = to_device(wa), *d_wb = to_device(wb);
        long long* d_yl = device_zeros<long long>(1);
        dot_f32(d_y, d_a, d_b, n);
        ok = all_close(to_host(d_y, 1), want, 1e-4, "f32") && ok;
        dot_f32x4(d_y, d_a, d_b, n);
        ok = all_close(to_host(d_y, 1), want, 1e-4, "f32x4") && ok;
        dot_f16x2(d_y, d_ah, d_bh, n);
        ok = all_close(to_host(d_y, 1), want, 2e-2, "f16x2") && ok;
        dot_i8(d_yl, d_wa, d_wb, n);
        ok = to_host(d_yl, 1)[0] == want_i[0] && ok;
        cudaFree(d_a), cudaFree(d_b), cudaFree(d_y), cudaFree(d_ah), cudaFree(d_bh);
        cudaFree(d_wa), cudaFree(d_wb), cudaFree(d_yl);
    }
    return report(ok);
}
