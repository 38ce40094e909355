// Row 54, style X: prefix sum in a single pass over memory. Blocks draw tickets, publish their sum, then
// their prefix behind a fence, and look back over the flags of earlier blocks.
#include <cstdint>

#include "check.h"

#define BLOCK_THREADS 64
#define ITEMS_PER_THREAD 4
#define TILE_ITEMS (BLOCK_THREADS * ITEMS_PER_THREAD)
#define STATE_INVALID 0
#define STATE_AGGREGATE 1
#define STATE_PREFIX 2

struct SumOp {
    template <typename T>
    __device__ __forceinline__ T operator()(const T& a, const T& b) const { return a + b; }
};
struct MaxOp {
    template <typename T>
    __device__ __forceinline__ T operator()(const T& a, const T& b) const { return a > b ? a : b; }
};

template <typename T>
struct TileState {
    volatile int* flags;
    volatile T* aggregates;
    volatile T* prefixes;

    __device__ __forceinline__ int flag(int tile) const {
        int state;
        asm volatile("ld.global.acquire.gpu.s32 %0, [%1];" : "=r"(state) : "l"(flags + tile) : "memory");
        return state;
    }
    __device__ __forceinline__ void publish(int tile, int state, T value) {
        (state == STATE_PREFIX ? prefixes : aggregates)[tile] = value;
        __threadfence();
        flags[tile] = state;
    }
};

// Inclusive scan of one value per thread by warps; `total` is the block's.
template <typename T, typename Op>
__device__ T block_scan(T value, Op op, T* warp_sums, T& total) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
    for (int d = 1; d < 32; d <<= 1) {
        const T other = __shfl_up_sync(0xffffffffu, value, d);
        if (lane >= d) value = op(other, value);
    }
    if (lane == 31) warp_sums[warp] = value;
    __syncthreads();
    total = warp_sums[0];
    T before = total;
#pragma unroll
    for (int w = 1; w < BLOCK_THREADS / 32; ++w) {
        if (warp == w) before = total;
        total = op(total, warp_sums[w]);
    }
    return warp == 0 ? value : op(before, value);
}

template <typename T, typename Op>
__global__ void __launch_bounds__(BLOCK_THREADS) lookback_scan_kernel(T* __restrict__ out, const T* __restrict__ in, int64_t n,
                                                                      unsigned* ticket, TileState<T> state, T identity) {
    __shared__ T warp_sums[BLOCK_THREADS / 32];
    __shared__ T tile_prefix;
    __shared__ int tile_shared;
    Op op;
    if (threadIdx.x == 0) tile_shared = atomicAdd(ticket, 1u);  // the order of starting, not of numbering
    __syncthreads();
    const int tile = tile_shared;
    const int64_t first = (int64_t)tile * TILE_ITEMS + threadIdx.x * ITEMS_PER_THREAD;

    T items[ITEMS_PER_THREAD];
#pragma unroll
    for (int i = 0; i < ITEMS_PER_THREAD; ++i) items[i] = first + i < n ? in[first + i] : identity;
#pragma unroll
    for (int i = 1; i < ITEMS_PER_THREAD; ++i) items[i] = op(items[i - 1], items[i]);
    T total;
    const T inclusive = block_scan(items[ITEMS_PER_THREAD - 1], op, warp_sums, total);

    if (threadIdx.x == 0) {
        if (tile == 0) {
            state.publish(0, STATE_PREFIX, total);
            tile_prefix = identity;
        } else {
            state.publish(tile, STATE_AGGREGATE, total);
            T prefix = identity;
            int back = tile - 1;
            while (true) {
                int flag;
                do {
                    flag = state.flag(back);
                } while (flag == STATE_INVALID);
                if (flag == STATE_PREFIX) {
                    prefix = op(T(state.prefixes[back]), prefix);
                    break;
                }
                prefix = op(T(state.aggregates[back]), prefix);
                back--;
            }
            tile_prefix = prefix;
            state.publish(tile, STATE_PREFIX, op(prefix, total));
        }
    }
    __syncthreads();
    // what came before in the tile: the inclusive value of the thread to the left
    T left = __shfl_up_sync(0xffffffffu, inclusive, 1);
    if (threadIdx.x == 32) left = warp_sums[0];
    const T base = threadIdx.x == 0 ? tile_prefix : op(tile_prefix, left);
#pragma unroll
    for (int i = 0; i < ITEMS_PER_THREAD; ++i) {
        if (first + i < n) out[first + i] = op(base, items[i]);
    }
}

// scratch: ticket, flags, aggregates, prefixes
template <typename T, typename Op>
void scan(T* out, const T* in, int n, int* scratch, T identity) {
    const int tiles = ceil_div(n, TILE_ITEMS);
    if (tiles == 0) return;
    static_assert(sizeof(T) == sizeof(int), "the scratch memory is carved in words");
    CUDA_CHECK(cudaMemset(scratch, 0, (1 + tiles) * sizeof(int)));
    TileState<T> state = {scratch + 1, (T*)(scratch + 1 + tiles), (T*)(scratch + 1 + 2 * tiles)};
    lookback_scan_kernel<T, Op><<<tiles, BLOCK_THREADS>>>(out, in, (int64_t)n, (unsigned*)scratch, state, identity);
    CUDA_CHECK(cudaGetLastError());
}

void scan_sum(int* out, const int* in, int n, int* scratch) { scan<int, SumOp>(out, in, n, scratch, 0); }
void scan_max(float* out, const float* in, int n, int* scratch) { scan<float, MaxOp>(out, in, n, scratch, -INFINITY); }

int main() {
    bool ok = true;
    for (int n : {0, 1, 255, 256, 257, 5003}) {
        const int tiles = ceil_div(n, TILE_ITEMS);
        std::vector<int> x = random_ints(n, 1130, -9, 9), want;
        std::vector<float> y = random_floats(n, 1131), peak;
        for (int i = 0; i < n; i++) want.push_back((i ? want[i - 1] : 0) + x[i]), peak.push_back(i && peak[i - 1] > y[i] ? peak[i - 1] : y[i]);
        int *d_x = to_device(x), *d_out = device_zeros<int>(n), *d_scratch = device_zeros<int>(3 * tiles + 1);
        float *d_y = to_device(y), *d_peak = device_zeros<float>(n);
        scan_sum(d_out, d_x, n, d_scratch);
        ok = all_close(to_host(d_out, n), want, 0.0, "sum") && ok;
        scan_max(d_peak, d_y, n, d_scratch);
        ok = all_close(to_host(d_peak, n), peak, 0.0, "max") && ok;
        cudaFree(d_x), cudaFree(d_out), cudaFree(d_scratch), cudaFree(d_y), cudaFree(d_peak);
    }
    return report(ok);
}
