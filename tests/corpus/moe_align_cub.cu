// Row 78, style E: Tokens sorted by the expert that they go to, each expert's share padded to whole blocks:
// counts in shared memory, offsets by a block scan of the library, places by a second scan.
#include <cub/block/block_scan.cuh>

#include "check.h"

// one block; each thread owns one expert
template <int THREADS>
__global__ void align_block_size_kernel(int* __restrict__ sorted_ids, int* __restrict__ expert_of_block,
                                        int* __restrict__ total_padded, const int* __restrict__ expert_ids,
                                        int num_experts, int block_size, int numel, int capacity) {
    using BlockScan = cub::BlockScan<int, THREADS>;
    __shared__ typename BlockScan::TempStorage storage;
    __shared__ int counts[THREADS];
    __shared__ int offsets[THREADS];
    const int expert = threadIdx.x;
    counts[expert] = 0;
    for (int i = threadIdx.x; i < capacity; i += THREADS) sorted_ids[i] = numel;
    __syncthreads();
    for (int i = threadIdx.x; i < numel; i += THREADS) {
        const int e = expert_ids[i];
        if (e >= 0 && e < num_experts) atomicAdd(&counts[e], 1);  // others go nowhere
    }
    __syncthreads();
    const int padded = expert < num_experts ? ceil_div(counts[expert], block_size) * block_size : 0;
    int before, total;
    BlockScan(storage).ExclusiveSum(padded, before, total);
    offsets[expert] = before;
    if (expert == 0) *total_padded = total;
    if (expert < num_experts)
        for (int i = before; i < before + padded && i < capacity; i += block_size) expert_of_block[i / block_size] = expert;
    __syncthreads();
    // in the order of tokens, so that the result does not depend on the order of threads
    if (expert < num_experts) {
        int place = offsets[expert];
        for (int i = 0; i < numel; i++)
            if (expert_ids[i] == expert && place < capacity) sorted_ids[place++] = i;
    }
}

// Where each kept element goes: a running count that moves from tile to tile.
struct RunningCount {
    int count;
    __device__ int operator()(int block_aggregate) {
        int before = count;
        count += block_aggregate;
        return before;
    }
};

template <int THREADS, int ITEMS>
__global__ void compact_kernel(int* __restrict__ out, int* __restrict__ kept, const int* __restrict__ inp, int n,
                               int threshold) {
    using BlockScan = cub::BlockScan<int, THREADS, cub::BLOCK_SCAN_WARP_SCANS>;
    __shared__ typename BlockScan::TempStorage storage;
    RunningCount running{0};
    for (int base = 0; base < n; base += THREADS * ITEMS) {
        int flags[ITEMS], places[ITEMS];
#pragma unroll
        for (int i = 0; i < ITEMS; i++) {
            const int at = base + threadIdx.x * ITEMS + i;
            flags[i] = at < n && inp[at] > threshold;
        }
        BlockScan(storage).ExclusiveSum(flags, places, running);
        __syncthreads();
#pragma unroll
        for (int i = 0; i < ITEMS; i++)
            if (flags[i]) out[places[i]] = inp[base + threadIdx.x * ITEMS + i];
    }
    if (threadIdx.x == 0) *kept = running.count;
}

void align_block_size(int* sorted_ids, int* expert_of_block, int* total_padded, const int* expert_ids,
                      int num_experts, int block_size, int numel, int capacity) {
    if (num_experts > 200 || block_size < 1) std::exit(2);
    if (num_experts <= 64)
        align_block_size_kernel<64><<<1, 64>>>(sorted_ids, expert_of_block, total_padded, expert_ids, num_experts,
                                               block_size, numel, capacity);
    else
        align_block_size_kernel<200><<<1, 200>>>(sorted_ids, expert_of_block, total_padded, expert_ids, num_experts,
                                                 block_size, numel, capacity);
    CUDA_CHECK(cudaGetLastError());
}

void compact(int* out, int* kept, const int* inp, int n, int threshold) {
    compact_kernel<96, 4><<<1, 96>>>(out, kept, inp, n, threshold);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int numel = 150, block_size = 16;
    for (int num_experts : {8, 100}) {
        const int capacity = numel + num_experts * (block_size - 1);
        std::vector<int> ids = random_ints(numel, 910, 0, num_experts - 1);
        std::vector<int> sorted(capacity, numel), blocks(ceil_div(capacity, block_size), 0);
        int place = 0;
        for (int e = 0; e < num_experts; e++) {
            int at = place, count = 0;
            for (int i = 0; i < numel; i++)
                if (ids[i] == e) sorted[at++] = i, count++;
            for (int b = 0; b < ceil_div(count, block_size); b++) blocks[place / block_size + b] = e;
            place += ceil_div(count, block_size) * block_size;
        }
        int *d_ids = to_device(ids), *d_sorted = device_zeros<int>(capacity), *d_total = device_zeros<int>(1);
        int* d_blocks = device_zeros<int>(blocks.size());
        align_block_size(d_sorted, d_blocks, d_total, d_ids, num_experts, block_size, numel, capacity);
        ok = all_close(to_host(d_sorted, capacity), sorted, 0.0, "sorted") && ok;
        ok = all_close(to_host(d_blocks, blocks.size()), blocks, 0.0, "blocks") && ok;
        ok = to_host(d_total, 1)[0] == place && ok;
        cudaFree(d_ids), cudaFree(d_sorted), cudaFree(d_total), cudaFree(d_blocks);
    }
    const int n = 1000;
    std::vector<int> x = random_ints(n, 911, 0, 99), want;
    for (int v : x)
        if (v > 60) want.push_back(v);
    int *d_x = to_device(x), *d_y = device_zeros<int>(n), *d_kept = device_zeros<int>(1);
    compact(d_y, d_kept, d_x, n, 60);
    ok = to_host(d_kept, 1)[0] == (int)want.size() && ok;
    ok = all_close(to_host(d_y, want.size()), want, 0.0, "compact") && ok;
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_kept);
    return report(ok);
}
