// Row 81, style E: Sampling from rows of probabilities: the smallest set of the most probable tokens that
// reaches a mass of p, by a block sort of key-value pairs and a scan; the k largest by an order of bits.
#include <cub/cub.cuh>

#include <algorithm>

#include "check.h"

template <int THREADS, int ITEMS>
__global__ void top_p_kernel(int* __restrict__ tokens, float* __restrict__ mass, const float* __restrict__ probs,
                             const float* __restrict__ uniform, float p, int vocab) {
    using Sort = cub::BlockRadixSort<float, THREADS, ITEMS, int>;
    using Scan = cub::BlockScan<float, THREADS>;
    using Reduce = cub::BlockReduce<int, THREADS>;
    __shared__ union {
        typename Sort::TempStorage sort;
        typename Scan::TempStorage scan;
        typename Reduce::TempStorage reduce;
    } storage;
    __shared__ float s_kept;
    const float* row = probs + (size_t)blockIdx.x * vocab;
    float keys[ITEMS], sums[ITEMS];
    int ids[ITEMS];
    for (int i = 0; i < ITEMS; i++) {
        ids[i] = threadIdx.x * ITEMS + i;
        keys[i] = ids[i] < vocab ? row[ids[i]] : 0.0f;
    }
    Sort(storage.sort).SortDescending(keys, ids);
    __syncthreads();
    Scan(storage.scan).InclusiveSum(keys, sums);
    __syncthreads();
    // a token is in the set while the mass before it is below p
    int inside = 0;
    for (int i = 0; i < ITEMS; i++) inside += sums[i] - keys[i] < p && keys[i] > 0.0f;
    int kept = Reduce(storage.reduce).Sum(inside);
    __shared__ int s_size;
    if (threadIdx.x == 0) {
        s_size = kept;
        s_kept = 0.0f;
    }
    __syncthreads();
    for (int i = 0; i < ITEMS; i++)
        if (threadIdx.x * ITEMS + i == s_size - 1) s_kept = sums[i];
    __syncthreads();
    const float target = uniform[blockIdx.x] * s_kept;
    for (int i = 0; i < ITEMS; i++) {
        const int at = threadIdx.x * ITEMS + i;
        if (at < s_size && sums[i] > target && sums[i] - keys[i] <= target) tokens[blockIdx.x] = ids[i];
    }
    if (threadIdx.x == 0) mass[blockIdx.x] = s_kept;
}

// the k largest of a row, found bit by bit from the highest
template <int THREADS>
__global__ void kth_largest_kernel(float* __restrict__ out, const float* __restrict__ inp, int n, int k) {
    using Reduce = cub::BlockReduce<int, THREADS>;
    using Bits = typename cub::Traits<float>::UnsignedBits;
    __shared__ typename Reduce::TempStorage storage;
    __shared__ int s_count;
    const float* row = inp + (size_t)blockIdx.x * n;
    Bits prefix = 0;
    int left = k;
    for (int bit = 31; bit >= 0; --bit) {
        int count = 0;
        for (int i = threadIdx.x; i < n; i += THREADS) {
            Bits ordered = cub::Traits<float>::TwiddleIn(__float_as_uint(row[i]));
            count += (ordered >> bit) == ((prefix >> bit) | 1u);
        }
        count = Reduce(storage).Sum(count);
        if (threadIdx.x == 0) s_count = count;
        __syncthreads();
        if (s_count >= left)
            prefix |= Bits(1) << bit;
        else
            left -= s_count;
        __syncthreads();
    }
    if (threadIdx.x == 0) out[blockIdx.x] = __uint_as_float(cub::Traits<float>::TwiddleOut(prefix));
}

void top_p(int* tokens, float* mass, const float* probs, const float* uniform, float p, int rows, int vocab) {
    if (vocab <= 128)
        top_p_kernel<64, 2><<<rows, 64>>>(tokens, mass, probs, uniform, p, vocab);
    else
        top_p_kernel<128, 4><<<rows, 128>>>(tokens, mass, probs, uniform, p, vocab);
    CUDA_CHECK(cudaGetLastError());
}

void kth_largest(float* out, const float* inp, int rows, int n, int k) {
    kth_largest_kernel<64><<<rows, 64>>>(out, inp, n, k);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int vocab : {50, 400}) {
        const int rows = 3;
        std::vector<float> probs(rows * vocab), u = random_floats(rows, 921, 0.0f, 1.0f), kth(rows);
        std::vector<int> weights = random_ints(rows * vocab, 920, 0, 255), want(rows);
        for (int r = 0; r < rows; r++) {
            std::vector<std::pair<float, int>> order;
            for (int i = 0; i < vocab; i++) {
                probs[r * vocab + i] = weights[r * vocab + i] / 65536.0f;  // sums are exact
                order.push_back({-probs[r * vocab + i], i});
            }
            std::sort(order.begin(), order.end());
            float sum = 0.0f, kept = 0.0f;
            for (auto& o : order)
                if (kept < 0.02f) kept -= o.first;
            for (auto& o : order) {
                if (sum <= u[r] * kept && sum - o.first > u[r] * kept) want[r] = o.second;
                sum -= o.first;
            }
            kth[r] = -order[6].first;
        }
        float *d_probs = to_device(probs), *d_u = to_device(u), *d_mass = device_zeros<float>(rows);
        int* d_tokens = device_zeros<int>(rows);
        top_p(d_tokens, d_mass, d_probs, d_u, 0.02f, rows, vocab);
        ok = all_close(to_host(d_tokens, rows), want, 0.0, "tokens") && ok;
        kth_largest(d_mass, d_probs, rows, vocab, 7);
        ok = all_close(to_host(d_mass, rows), kth, 0.0, "kth largest") && ok;
        cudaFree(d_probs), cudaFree(d_u), cudaFree(d_mass), cudaFree(d_tokens);
    }
    return report(ok);
}
