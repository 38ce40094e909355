// Row 41, style X: batch-norm statistics in channels-last order. Blocks along y share a channel group: each
// stages its partial sums, the last one to arrive (a semaphore behind a fence) merges them by Welford.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

template <typename T> struct accscalar { typedef T type; };
template <> struct accscalar<half> { typedef float type; };
template <typename T> using accscalar_t = typename accscalar<T>::type;

#define DISPATCH_FLOAT_AND_HALF(IS_HALF, NAME, ...) \
    if (IS_HALF) { using NAME = half; __VA_ARGS__; } else { using NAME = float; __VA_ARGS__; }

template <typename T, typename C>
__device__ __forceinline__ void welford_merge_element(C& count, T& mean, T& m2n, const C& count_new, const T& mean_new, const T& m2n_new) {
    T factor = T(1.0) / max(C(1), count + count_new);
    T delta0 = mean - mean_new;
    mean = (mean_new * count_new + mean * count) * factor;
    m2n += m2n_new + delta0 * delta0 * count_new * count * factor;
    count += count_new;
}

template <typename T, typename C>
__device__ __forceinline__ void merge_block_vertical(C& count, T& mean, T& m2n, C* shmem_count, T* shmem_mean, T* shmem_m2n) {
    const int at = threadIdx.x + threadIdx.y * blockDim.x;
#pragma unroll
    for (int offset = blockDim.y / 2; offset > 0; offset >>= 1) {
        if (threadIdx.y < offset * 2) {
            shmem_mean[at] = mean;
            shmem_m2n[at] = m2n;
            shmem_count[at] = count;
        }
        __syncthreads();
        if (threadIdx.y < offset && threadIdx.y + offset < blockDim.y) {
            const int other = at + offset * blockDim.x;
            welford_merge_element(count, mean, m2n, shmem_count[other], shmem_mean[other], shmem_m2n[other]);
        }
        __syncthreads();
    }
}

constexpr int MAX_BLOCK = 128;

// staging: gridDim.y rows of (mean, m2n, count) per channel
template <typename scalar_t, typename accscalar_t>
__global__ void welford_kernel_c_last(const scalar_t* __restrict__ input, accscalar_t* __restrict__ out_mean,
                                      accscalar_t* __restrict__ out_var_biased, volatile accscalar_t* staging_data,
                                      int* semaphores, const int reduction_size, const int stride) {
    int count = 0;
    accscalar_t mean(0), m2n(0);
    const int c_offset = blockIdx.x * blockDim.x + threadIdx.x;
    const bool valid = c_offset < stride;
    for (int m = blockIdx.y * blockDim.y + threadIdx.y; m < reduction_size; m += gridDim.y * blockDim.y) {
        if (!valid) continue;
        const auto x = static_cast<accscalar_t>(input[(int64_t)m * stride + c_offset]);
        count++;
        const auto delta = x - mean;
        mean += delta / count;
        m2n += delta * (x - mean);
    }
    __shared__ accscalar_t shmem_mean[MAX_BLOCK], shmem_m2n[MAX_BLOCK];
    __shared__ int shmem_count[MAX_BLOCK];
    merge_block_vertical(count, mean, m2n, shmem_count, shmem_mean, shmem_m2n);

    if (gridDim.y > 1) {
        volatile accscalar_t* staging_mean = staging_data;
        volatile accscalar_t* staging_m2n = &staging_data[stride * gridDim.y];
        volatile int* staging_count = reinterpret_cast<volatile int*>(&staging_m2n[stride * gridDim.y]);
        const int address = c_offset + blockIdx.y * stride;
        if (threadIdx.y == 0 && valid) {
            staging_mean[address] = mean;
            staging_m2n[address] = m2n;
            staging_count[address] = count;
        }
        __threadfence();
        __syncthreads();
        __shared__ bool is_last_block_done;
        if (threadIdx.x == 0 && threadIdx.y == 0) {
            const int old = atomicAdd(&semaphores[blockIdx.x], 1);
            is_last_block_done = old == gridDim.y - 1;
        }
        __syncthreads();
        if (!is_last_block_done) return;
        count = 0;
        mean = accscalar_t(0.0);
        m2n = accscalar_t(0.0);
        __threadfence();
        for (int y = threadIdx.y; y < gridDim.y && valid; y += blockDim.y) {
            const int from = c_offset + y * stride;
            const int count_new = staging_count[from];
            const accscalar_t mean_new = staging_mean[from], m2n_new = staging_m2n[from];
            welford_merge_element(count, mean, m2n, count_new, mean_new, m2n_new);
        }
        merge_block_vertical(count, mean, m2n, shmem_count, shmem_mean, shmem_m2n);
    }
    if (threadIdx.y == 0 && valid) {
        out_mean[c_offset] = mean;
        out_var_biased[c_offset] = m2n / max(count, 1);
    }
}

void batch_stats(bool is_half, const void* x, float* mean, float* var, float* staging, int* semaphores, int rows, int channels, int blocks_y) {
    const dim3 block(32, 4), grid(ceil_div(channels, 32), blocks_y);
    CUDA_CHECK(cudaMemset(semaphores, 0, grid.x * sizeof(int)));
    DISPATCH_FLOAT_AND_HALF(is_half, scalar_t, {
        welford_kernel_c_last<scalar_t, accscalar_t<scalar_t>>
            <<<grid, block>>>((const scalar_t*)x, mean, var, staging, semaphores, rows, channels);
    })
    CUDA_CHECK(cudaGetLastError());
}

void batch_stats_float(const float* x, float* mean, float* var, float* staging, int* semaphores, int rows, int channels) {
    batch_stats(false, x, mean, var, staging, semaphores, rows, channels, 3);
}

int main() {
    bool ok = true;
    for (int rows : {1, 7, 65})
        for (int blocks_y : {1, 4}) {
            const int channels = 37, n = rows * channels;
            std::vector<float> x = random_floats(n, 1140, 99.0f, 101.0f), xr;
            std::vector<half> xh;
            for (float v : x) xh.push_back((half)v), xr.push_back((float)xh.back());
            float *d_x = to_device(x), *d_mean = device_zeros<float>(channels), *d_var = device_zeros<float>(channels);
            half* d_h = to_device(xh);
            float* d_staging = device_zeros<float>(3 * 4 * channels);
            int* d_semaphores = device_zeros<int>(8);
            for (bool is_half : {false, true}) {
                const std::vector<float>& ref = is_half ? xr : x;
                std::vector<double> mean(channels), var(channels);
                for (int i = 0; i < n; i++) mean[i % channels] += ref[i] / (double)rows;
                for (int i = 0; i < n; i++) var[i % channels] += (ref[i] - mean[i % channels]) * (ref[i] - mean[i % channels]) / rows;
                batch_stats(is_half, is_half ? (void*)d_h : (void*)d_x, d_mean, d_var, d_staging, d_semaphores, rows, channels, blocks_y);
                ok = all_close(to_host(d_mean, channels), mean, 1e-5, "mean") && all_close(to_host(d_var, channels), var, 1e-4, "variance") && ok;
            }
            cudaFree(d_x), cudaFree(d_mean), cudaFree(d_var), cudaFree(d_h), cudaFree(d_staging), cudaFree(d_semaphores);
        }
    return report(ok);
}
