// Row 43, style E: index of the largest element of each row. Value and index travel together through
// shuffles; equal values give the lowest index, so that the result does not depend on the order of merging.
#include <cuda_fp16.h>

#include "check.h"

struct ValueIndex {
    float value;
    int index;
};

__device__ __forceinline__ ValueIndex better(const ValueIndex& a, const ValueIndex& b) {
    if (b.value > a.value || (b.value == a.value && b.index < a.index)) return b;
    return a;
}

__device__ __forceinline__ ValueIndex warp_argmax(ValueIndex v) {
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) {
        ValueIndex other;
        other.value = __shfl_xor_sync(0xffffffff, v.value, offset);
        other.index = __shfl_xor_sync(0xffffffff, v.index, offset);
        v = better(v, other);
    }
    return v;
}

template <typename T>
__global__ void argmax_kernel(int* out, float* out_value, const T* inp, int cols) {
    const T* row = inp + (size_t)blockIdx.x * cols;
    ValueIndex best = {-INFINITY, 0x7fffffff};
    for (int c = threadIdx.x; c < cols; c += blockDim.x) {
        best = better(best, {static_cast<float>(row[c]), c});
    }
    best = warp_argmax(best);

    const int num_warps = blockDim.x / 32;
    const int lane = threadIdx.x % 32;
    if (num_warps > 1) {
        __shared__ float shared_value[32];
        __shared__ int shared_index[32];
        if (lane == 0) {
            shared_value[threadIdx.x / 32] = best.value;
            shared_index[threadIdx.x / 32] = best.index;
        }
        __syncthreads();
        if (threadIdx.x / 32 == 0) {
            best.value = lane < num_warps ? shared_value[lane] : -INFINITY;
            best.index = lane < num_warps ? shared_index[lane] : 0x7fffffff;
            best = warp_argmax(best);
        }
    }
    if (threadIdx.x == 0) {
        out[blockIdx.x] = best.index;
        if (out_value) out_value[blockIdx.x] = best.value;
    }
}

// Votes: which lanes hold the maximum of a 32-wide row?
__global__ void argmax_vote_kernel(int* first, int* ties, const float* inp, int rows) {
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= rows) return;
    const float x = inp[row * 32 + threadIdx.x];
    float peak = x;
    for (int offset = 1; offset < 32; offset *= 2) peak = fmaxf(peak, __shfl_xor_sync(0xffffffffu, peak, offset));
    const unsigned holders = __ballot_sync(0xffffffffu, x == peak);
    const bool unique = __all_sync(0xffffffffu, (holders & (holders - 1)) == 0);
    const bool any_negative = __any_sync(0xffffffffu, x < 0.0f);
    if (threadIdx.x == 0) {
        first[row] = __ffs(holders) - 1;
        ties[row] = unique ? 0 : __popc(holders) + (any_negative ? 100 : 0);
    }
}

// block_size must be a multiple of 32
void argmax_rows(int* out, float* out_value, const float* inp, int rows, int cols, int block_size) {
    argmax_kernel<<<rows, block_size>>>(out, out_value, inp, cols);
    CUDA_CHECK(cudaGetLastError());
}

void argmax_rows_half(int* out, const half* inp, int rows, int cols) {
    argmax_kernel<half><<<rows, 32>>>(out, nullptr, inp, cols);
    CUDA_CHECK(cudaGetLastError());
}

void argmax_vote(int* first, int* ties, const float* inp, int rows) {
    argmax_vote_kernel<<<ceil_div(rows, 4), dim3(32, 4)>>>(first, ties, inp, rows);
}

int main() {
    bool ok = true;
    for (int cols : {1, 5, 32, 333}) {
        const int rows = 10, n = rows * cols;
        std::vector<int> raw = random_ints(n, 320, -20, 20);  // many ties
        std::vector<float> x(raw.begin(), raw.end()), values(rows);
        std::vector<half> xh;
        for (float v : x) xh.push_back(__float2half(v));
        std::vector<int> want(rows), first(rows), ties(rows);
        for (int r = 0; r < rows; r++) {
            for (int c = 1; c < cols; c++)
                if (x[r * cols + c] > x[r * cols + want[r]]) want[r] = c;
            values[r] = x[r * cols + want[r]];
        }
        float *d_x = to_device(x), *d_values = device_zeros<float>(rows);
        half* d_xh = to_device(xh);
        int *d_out = device_zeros<int>(rows), *d_ties = device_zeros<int>(rows);
        argmax_rows(d_out, d_values, d_x, rows, cols, 128);
        ok = all_close(to_host(d_out, rows), want, 0.0, "argmax") && ok;
        ok = all_close(to_host(d_values, rows), values, 0.0, "max") && ok;
        argmax_rows_half(d_out, d_xh, rows, cols);
        ok = all_close(to_host(d_out, rows), want, 0.0, "argmax half") && ok;
        if (cols == 32) {
            for (int r = 0; r < rows; r++) {
                int count = 0;
                bool negative = false;
                for (int c = 0; c < 32; c++) count += x[r * 32 + c] == values[r], negative |= x[r * 32 + c] < 0;
                ties[r] = count == 1 ? 0 : count + (negative ? 100 : 0);
            }
            argmax_vote(d_out, d_ties, d_x, rows);
            ok = all_close(to_host(d_out, rows), want, 0.0, "argmax vote") && ok;
            ok = all_close(to_host(d_ties, rows), ties, 0.0, "ties") && ok;
        }
        cudaFree(d_x), cudaFree(d_values), cudaFree(d_xh), cudaFree(d_out), cudaFree(d_ties);
    }
    return report(ok);
}
