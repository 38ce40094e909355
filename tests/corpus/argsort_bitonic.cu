// Row 82, style E: argsort of rows by a bitonic network over the next power of two, with the indices in
// dynamic shared memory and the order as template argument; long rows by a merge sort in global memory.
#include <algorithm>

#include "check.h"

enum sort_order { SORT_ASC, SORT_DESC };

template <typename T>
static inline __device__ void swap_values(T& a, T& b) {
    T tmp = a;
    a = b;
    b = tmp;
}

template <sort_order order>
static __device__ __forceinline__ bool is_after(const float* x, int a, int b, int ncols) {
    // places beyond the row stay at its end; equal values keep their order
    if (a >= ncols || b >= ncols) return a >= ncols && b < ncols;
    if (x[a] == x[b]) return a > b;
    return order == SORT_ASC ? x[a] > x[b] : x[a] < x[b];
}

template <sort_order order>
static __global__ void k_argsort(const float* x, int* dst, const int ncols, const int ncols_pad) {
    const int row = blockIdx.x;
    const int col = threadIdx.x;
    if (col >= ncols_pad) return;
    const float* x_row = x + (long long)row * ncols;
    extern __shared__ int dst_row[];
    dst_row[col] = col;
    __syncthreads();
    for (int k = 2; k <= ncols_pad; k *= 2) {
        for (int j = k / 2; j > 0; j /= 2) {
            const int ixj = col ^ j;
            if (ixj > col) {
                const bool up = (col & k) == 0;
                if (up ? is_after<order>(x_row, dst_row[col], dst_row[ixj], ncols)
                       : is_after<order>(x_row, dst_row[ixj], dst_row[col], ncols)) {
                    swap_values(dst_row[col], dst_row[ixj]);
                }
            }
            __syncthreads();
        }
    }
    if (col < ncols) dst[(long long)row * ncols + col] = dst_row[col];
}

// Merges sorted runs of `width` by rank: an element's place is its own index plus its rank in the other run.
static __global__ void k_merge_ranks(int* to, const int* from, const float* x, const int ncols, const int width) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= ncols) return;
    x += (size_t)blockIdx.y * ncols;
    from += (size_t)blockIdx.y * ncols;
    to += (size_t)blockIdx.y * ncols;
    const int pair = i / (2 * width) * (2 * width);
    const bool left = i - pair < width;
    int lo = left ? min(pair + width, ncols) : pair, hi = left ? min(pair + 2 * width, ncols) : pair + width;
    const int other = lo;
    const int mine = from[i];
    const float value = x[mine];
    while (lo < hi) {
        const int mid = (lo + hi) >> 1;
        const float v = x[from[mid]];
        if (v < value || (v == value && left == false)) lo = mid + 1;
        else hi = mid;
    }
    const int begin = left ? i : i - width;  // minus the length of the left run
    to[begin + lo - other] = mine;
}

static __global__ void k_iota(int* dst, int ncols) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < ncols) dst[blockIdx.y * ncols + i] = i;
}

static int next_power_of_2(int x) {
    int n = 1;
    while (n < x) n *= 2;
    return n;
}

void argsort_rows(const float* x, int* dst, int ncols, int nrows, sort_order order) {
    const int ncols_pad = next_power_of_2(ncols);
    if (ncols_pad > 1024) return;
    const dim3 block_dims(ncols_pad, 1, 1);
    const dim3 block_nums(nrows, 1, 1);
    const size_t shared_mem = ncols_pad * sizeof(int);
    if (order == SORT_ASC) {
        k_argsort<SORT_ASC><<<block_nums, block_dims, shared_mem>>>(x, dst, ncols, ncols_pad);
    } else {
        k_argsort<SORT_DESC><<<block_nums, block_dims, shared_mem>>>(x, dst, ncols, ncols_pad);
    }
    CUDA_CHECK(cudaGetLastError());
}

void argsort_merge(const float* x, int* dst, int* scratch, int ncols, int nrows) {
    const dim3 grid(ceil_div(ncols, 128), nrows);
    k_iota<<<grid, 128>>>(dst, ncols);
    for (int width = 1; width < ncols; width *= 2) {
        k_merge_ranks<<<grid, 128>>>(scratch, dst, x, ncols, width);
        CUDA_CHECK(cudaMemcpy(dst, scratch, (size_t)nrows * ncols * sizeof(int), cudaMemcpyDeviceToDevice));
    }
}

int main() {
    bool ok = true;
    for (int ncols : {1, 2, 33, 64, 300}) {
        const int nrows = 3, n = nrows * ncols;
        std::vector<int> raw = random_ints(n, 920 + ncols, -20, 20);
        std::vector<float> x(raw.begin(), raw.end());  // with ties
        std::vector<int> want[2];
        for (int order = 0; order < 2; order++)
            for (int r = 0; r < nrows; r++) {
                std::vector<int> ids(ncols);
                for (int c = 0; c < ncols; c++) ids[c] = c;
                std::stable_sort(ids.begin(), ids.end(), [&](int a, int b) {
                    float va = x[r * ncols + a], vb = x[r * ncols + b];
                    return order == SORT_ASC ? va < vb : va > vb;
                });
                want[order].insert(want[order].end(), ids.begin(), ids.end());
            }
        float* d_x = to_device(x);
        int *d_ids = device_zeros<int>(n), *d_scratch = device_zeros<int>(n);
        argsort_rows(d_x, d_ids, ncols, nrows, SORT_ASC);
        ok = all_close(to_host(d_ids, n), want[SORT_ASC], 0.0, "ascending") && ok;
        argsort_rows(d_x, d_ids, ncols, nrows, SORT_DESC);
        ok = all_close(to_host(d_ids, n), want[SORT_DESC], 0.0, "descending") && ok;
        argsort_merge(d_x, d_ids, d_scratch, ncols, nrows);
        ok = all_close(to_host(d_ids, n), want[SORT_ASC], 0.0, "merge") && ok;
        cudaFree(d_x), cudaFree(d_ids), cudaFree(d_scratch);
    }
    return report(ok);
}
