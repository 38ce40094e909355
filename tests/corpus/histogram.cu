// Row 51, styles T and H: histograms of bytes: global atomics, shared bins with a merge, and per-thread
// byte counters that are packed four to a word and summed by a second kernel.
#include <cstdint>

#include "check.h"

constexpr int BINS = 256;
constexpr int SMALL_BINS = 64;

__global__ void histogram_global_kernel(unsigned int* bins, const uint8_t* data, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(&bins[data[i]], 1u);
}

__global__ void histogram_shared_kernel(unsigned int* bins, const uint8_t* data, int n) {
    __shared__ unsigned int local[BINS];
    for (int b = threadIdx.x; b < BINS; b += blockDim.x) local[b] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
        atomicAdd(local + data[i], 1);
    }
    __syncthreads();
    for (int b = threadIdx.x; b < BINS; b += blockDim.x) {
        if (local[b] != 0) atomicAdd(&bins[b], local[b]);
    }
}

// 64 bins on the upper six bits. Every thread owns a column of byte counters, so that no atomics
// are needed; a thread may count at most 255 bytes.
template <int THREADS>
__global__ void histogram64_kernel(unsigned int* partial, const uchar4* data, int words) {
    __shared__ uint8_t counters[SMALL_BINS][THREADS];
    const int tid = threadIdx.x;
#pragma unroll 8
    for (int b = 0; b < SMALL_BINS; ++b) counters[b][tid] = 0;

    const int per_block = THREADS * 63;
    const int end = min((int)(blockIdx.x + 1) * per_block, words);
    for (int i = blockIdx.x * per_block + tid; i < end; i += THREADS) {
        const uchar4 v = data[i];
        counters[v.x >> 2][tid]++;
        counters[v.y >> 2][tid]++;
        counters[v.z >> 2][tid]++;
        counters[v.w >> 2][tid]++;
    }
    __syncthreads();
    for (int b = tid; b < SMALL_BINS; b += THREADS) {
        unsigned int sum = 0;
        for (int t = 0; t < THREADS; ++t) sum += counters[b][t];
        partial[blockIdx.x * SMALL_BINS + b] = sum;
    }
}

__global__ void merge_histogram64_kernel(unsigned int* bins, const unsigned int* partial, int blocks) {
    unsigned int sum = 0;
    for (int i = 0; i < blocks; i++) sum += partial[threadIdx.x + i * SMALL_BINS];
    bins[threadIdx.x] = sum;
}

void histogram_global(unsigned int* bins, const uint8_t* data, int n, int block_size) {
    CUDA_CHECK(cudaMemset(bins, 0, BINS * sizeof(unsigned int)));
    histogram_global_kernel<<<ceil_div(n, block_size), block_size>>>(bins, data, n);
}

void histogram_shared(unsigned int* bins, const uint8_t* data, int n, int block_size) {
    CUDA_CHECK(cudaMemset(bins, 0, BINS * sizeof(unsigned int)));
    histogram_shared_kernel<<<3, block_size>>>(bins, data, n);
}

// n must be a multiple of four
void histogram64(unsigned int* bins, unsigned int* partial, const uint8_t* data, int n) {
    constexpr int threads = 64;
    const int blocks = ceil_div(n / 4, threads * 63);
    histogram64_kernel<threads><<<blocks, threads>>>(partial, reinterpret_cast<const uchar4*>(data), n / 4);
    merge_histogram64_kernel<<<1, SMALL_BINS>>>(bins, partial, blocks);
}

int main() {
    bool ok = true;
    for (int round = 0; round < 3; round++) {
        const int n = round == 0 ? 4 : 18000;
        std::vector<int> values = random_ints(n, 410 + round, 0, 255);
        std::vector<uint8_t> data(n);
        std::vector<int> want(BINS, 0), want64(SMALL_BINS, 0);
        for (int i = 0; i < n; i++) {
            data[i] = (uint8_t)(round == 2 && i % 8 ? 77 : values[i]);  // skewed in the last round
            want[data[i]]++;
            want64[data[i] >> 2]++;
        }
        uint8_t* d_data = to_device(data);
        unsigned int *d_bins = device_zeros<unsigned int>(BINS), *d_partial = device_zeros<unsigned int>(SMALL_BINS * 8);
        histogram_global(d_bins, d_data, n, 128);
        ok = all_close(to_host(d_bins, BINS), want, 0.0, "global") && ok;
        histogram_shared(d_bins, d_data, n, 96);
        ok = all_close(to_host(d_bins, BINS), want, 0.0, "shared") && ok;
        histogram64(d_bins, d_partial, d_data, n);
        ok = all_close(to_host(d_bins, SMALL_BINS), want64, 0.0, "64 bins") && ok;
        cudaFree(d_data), cudaFree(d_bins), cudaFree(d_partial);
    }
    return report(ok);
}
