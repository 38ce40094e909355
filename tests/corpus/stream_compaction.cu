// Row 56, style T: keeps the positive elements. One block keeps their order with ballots; across blocks the
// order depends on which block asks first, so only the set of results is fixed.
#include <algorithm>

#include "check.h"

// Ordered, a single block of 32 * k threads walks the input.
__global__ void compact_ordered_kernel(float* out, long long* positions, int* count, const float* inp, int n) {
    __shared__ int warp_offsets[33];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, num_warps = blockDim.x >> 5;
    int base = 0;
    for (int start = 0; start < n; start += blockDim.x) {
        const int i = start + threadIdx.x;
        const bool keep = i < n && inp[i] > 0.0f;
        const unsigned votes = __ballot_sync(0xffffffffu, keep);
        const int before = __popc(votes & ((1u << lane) - 1u));
        if (lane == 0) warp_offsets[warp] = __popc(votes);
        __syncthreads();
        if (threadIdx.x == 0) {
            int running = 0;
            for (int w = 0; w < num_warps; w++) {
                int c = warp_offsets[w];
                warp_offsets[w] = running;
                running += c;
            }
            warp_offsets[32] = running;
        }
        __syncthreads();
        if (keep) {
            const int place = base + warp_offsets[warp] + before;
            out[place] = inp[i];
            positions[place] = i;
        }
        base += warp_offsets[32];
        __syncthreads();
    }
    if (threadIdx.x == 0) *count = base;
}

// Unordered: one atomic per warp reserves places for all its lanes.
__device__ int aggregated_add(int* counter, bool active) {
    const unsigned mask = __ballot_sync(0xffffffffu, active);
    const int lane = threadIdx.x % 32;
    const int leader = __ffs(mask) - 1;
    int base = 0;
    if (lane == leader) base = atomicAdd(counter, __popc(mask));
    base = __shfl_sync(0xffffffffu, base, leader < 0 ? 0 : leader);
    return base + __popc(mask & ((1u << lane) - 1));
}

__global__ void compact_unordered_kernel(float* out, int* count, const float* inp, int n) {
    // the bound is the same for all lanes of a warp: the ballots inside need every lane
    const int rounded = (n + 31) / 32 * 32;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < rounded; i += gridDim.x * blockDim.x) {
        const bool keep = i < n && inp[i] > 0.0f;
        const int place = aggregated_add(count, keep);
        if (keep) out[place] = inp[i];
    }
}

void compact_ordered(float* out, long long* positions, int* count, const float* inp, int n) {
    compact_ordered_kernel<<<1, 128>>>(out, positions, count, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

// block_size must be a multiple of 32
void compact_unordered(float* out, int* count, const float* inp, int n, int block_size) {
    CUDA_CHECK(cudaMemset(count, 0, sizeof(int)));
    compact_unordered_kernel<<<3, block_size>>>(out, count, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int n : {1, 100, 1031}) {
        for (float shift : {0.0f, -2.0f}) {  // the second keeps nothing
            std::vector<float> x = random_floats(n, 460, -1.0f + shift, 1.0f + shift), want;
            std::vector<long long> positions;
            for (int i = 0; i < n; i++)
                if (x[i] > 0) want.push_back(x[i]), positions.push_back(i);
            float *d_x = to_device(x), *d_out = device_zeros<float>(n);
            long long* d_pos = device_zeros<long long>(n);
            int* d_count = device_zeros<int>(1);
            compact_ordered(d_out, d_pos, d_count, d_x, n);
            ok = to_host(d_count, 1)[0] == (int)want.size() && ok;
            ok = all_close(to_host(d_out, want.size()), want, 0.0, "ordered") && ok;
            ok = all_close(to_host(d_pos, want.size()), positions, 0.0, "positions") && ok;
            compact_unordered(d_out, d_count, d_x, n, 64);
            std::vector<float> got = to_host(d_out, want.size());
            std::sort(got.begin(), got.end());
            std::sort(want.begin(), want.end());
            ok = to_host(d_count, 1)[0] == (int)want.size() && all_close(got, want, 0.0, "unordered") && ok;
            cudaFree(d_x), cudaFree(d_out), cudaFree(d_pos), cudaFree(d_count);
        }
    }
    return report(ok);
}
