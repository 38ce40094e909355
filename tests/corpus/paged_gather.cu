// Row 27, style E: gathers ragged sequences out of a paged cache into one dense tensor. cu_lens holds the
// running sum of the lengths; a thread finds its sequence by binary search.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

// Largest s with prefix[s] <= position; sequences may be empty.
__device__ int find_sequence(const int* __restrict__ prefix, int count, int position) {
    int lo = 0, hi = count;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (prefix[mid + 1] <= position) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

template <typename T>
__global__ void paged_gather_kernel(T* __restrict__ dst, const T* __restrict__ cache,
                                    const int* __restrict__ block_table, const int* __restrict__ cu_lens,
                                    int sequences, int page_size, int row_size, int table_stride) {
    const int total = cu_lens[sequences];
    for (int token = blockIdx.x * blockDim.y + threadIdx.y; token < total; token += gridDim.x * blockDim.y) {
        const int sequence = find_sequence(cu_lens, sequences, token);
        const int position = token - cu_lens[sequence];
        const int page = block_table[sequence * table_stride + position / page_size];
        const T* src = cache + ((int64_t)page * page_size + position % page_size) * row_size;
        T* row = dst + (int64_t)token * row_size;
        for (int i = threadIdx.x; i < row_size; i += blockDim.x) row[i] = src[i];
    }
}

// One thread builds the running sum; lengths of zero are fine.
__global__ void prefix_lengths_kernel(int* cu_lens, const int* lens, int sequences) {
    if (blockIdx.x != 0 || threadIdx.x != 0) return;
    int running = 0;
    for (int s = 0; s < sequences; ++s) {
        cu_lens[s] = running;
        running += lens[s];
    }
    cu_lens[sequences] = running;
}

void paged_gather(float* dst, const float* cache, const int* block_table, int* cu_lens, const int* lens, int sequences,
                  int page_size, int row_size, int table_stride) {
    prefix_lengths_kernel<<<1, 1>>>(cu_lens, lens, sequences);
    paged_gather_kernel<float>
        <<<3, dim3(16, 4)>>>(dst, cache, block_table, cu_lens, sequences, page_size, row_size, table_stride);
    CUDA_CHECK(cudaGetLastError());
}

void paged_gather_half(__half* dst, const __half* cache, const int* block_table, int* cu_lens, const int* lens,
                       int sequences, int page_size, int row_size, int table_stride) {
    prefix_lengths_kernel<<<1, 1>>>(cu_lens, lens, sequences);
    dim3 block(32, 2);
    paged_gather_kernel<<<4, block>>>(dst, cache, block_table, cu_lens, sequences, page_size, row_size, table_stride);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int page_size = 4, row_size = 19, table_stride = 5, pages = 40;
    std::vector<int> lens = {0, 5, 20, 0, 0, 1, 13, 0};
    const int sequences = (int)lens.size();
    std::vector<int> table(sequences * table_stride, -1);
    int next_page = pages - 1, total = 0;
    for (int s = 0; s < sequences; s++) {
        total += lens[s];
        for (int p = 0; p * page_size < lens[s]; p++, next_page -= 2) table[s * table_stride + p] = next_page;
    }
    std::vector<float> cache = random_floats(pages * page_size * row_size, 190), want;
    std::vector<__half> cache_h;
    for (float v : cache) cache_h.push_back(__float2half(v));
    for (int s = 0; s < sequences; s++)
        for (int t = 0; t < lens[s]; t++)
            for (int i = 0; i < row_size; i++)
                want.push_back(cache[(table[s * table_stride + t / page_size] * page_size + t % page_size) * row_size + i]);

    float *d_cache = to_device(cache), *d_dst = device_zeros<float>(want.size());
    __half *d_cache_h = to_device(cache_h), *d_dst_h = device_zeros<__half>(want.size());
    int *d_table = to_device(table), *d_lens = to_device(lens), *d_cu = device_zeros<int>(sequences + 1);
    paged_gather(d_dst, d_cache, d_table, d_cu, d_lens, sequences, page_size, row_size, table_stride);
    bool ok = all_close(to_host(d_dst, want.size()), want, 0.0, "paged gather");
    ok = to_host(d_cu, sequences + 1)[sequences] == total && ok;
    paged_gather_half(d_dst_h, d_cache_h, d_table, d_cu, d_lens, sequences, page_size, row_size, table_stride);
    std::vector<__half> raw = to_host(d_dst_h, want.size());
    std::vector<float> got;
    for (auto v : raw) got.push_back(__half2float(v));
    ok = all_close(got, want, 1e-3, "paged gather half") && ok;
    cudaFree(d_cache), cudaFree(d_dst), cudaFree(d_cache_h), cudaFree(d_dst_h);
    cudaFree(d_table), cudaFree(d_lens), cudaFree(d_cu);
    return report(ok);
}
