// Row 32, styles T and X: online softmax with cooperative groups: a warp tile per row, tile reductions from
// the library, and a running (max, sum) pair so that the row is read twice instead of three times.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#include "check.h"

namespace cg = cooperative_groups;

__global__ void softmax_online_cg_kernel(float* out, const float* inp, int rows, int cols) {
    cg::thread_block block = cg::this_thread_block();
    cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
    int row = blockIdx.x * warp.meta_group_size() + warp.meta_group_rank();
    if (row >= rows) {
        return;
    }
    const float* x = inp + (size_t)row * cols;

    float maxval = -INFINITY;
    float sumval = 0.0f;
    for (int i = warp.thread_rank(); i < cols; i += warp.size()) {
        float v = x[i];
        if (v > maxval) {
            sumval *= expf(maxval - v);
            maxval = v;
        }
        sumval += expf(v - maxval);
    }
    // bring the partial sums to the common maximum; a lane without elements holds 0
    float peak = cg::reduce(warp, maxval, cg::greater<float>{});
    sumval = maxval > -INFINITY ? sumval * expf(maxval - peak) : 0.0f;
    float total = cg::reduce(warp, sumval, cg::plus<float>{});
    float norm = 1.0f / total;

    for (int i = warp.thread_rank(); i < cols; i += warp.size()) {
        __stcs(out + (size_t)row * cols + i, expf(__ldcs(x + i) - peak) * norm);
    }
}

// A block per row. The second level of the reduction runs in every warp, so that no broadcast is
// needed.
__global__ void softmax_block_cg_kernel(float* out, const float* inp, int cols) {
    cg::thread_block block = cg::this_thread_block();
    cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
    __shared__ float shared_max[32];
    __shared__ float shared_sum[32];
    const int num_warps = block.size() / 32;
    const int warp_id = threadIdx.x / 32, lane = threadIdx.x % 32;
    const float* x = inp + blockIdx.x * cols;

    float peak = -INFINITY;
    for (int i = block.thread_rank(); i < cols; i += block.size()) peak = fmaxf(peak, x[i]);
    peak = cg::reduce(warp, peak, cg::greater<float>());
    if (lane == 0) shared_max[warp_id] = peak;
    block.sync();
    peak = lane < num_warps ? shared_max[lane] : -INFINITY;
    peak = cg::reduce(warp, peak, cg::greater<float>());

    float sum = 0.0f;
    for (int i = block.thread_rank(); i < cols; i += block.size()) sum += expf(x[i] - peak);
    sum = cg::reduce(warp, sum, cg::plus<float>());
    if (warp.thread_rank() == 0) shared_sum[warp_id] = sum;
    cg::sync(block);
    sum = cg::reduce(warp, lane < num_warps ? shared_sum[lane] : 0.0f, cg::plus<float>());

    for (int i = block.thread_rank(); i < cols; i += block.size()) {
        out[blockIdx.x * cols + i] = expf(x[i] - peak) / sum;
    }
}

void softmax_online_cg(float* out, const float* inp, int rows, int cols, int block_size) {
    const int grid_size = ceil_div(rows * 32, block_size);
    softmax_online_cg_kernel<<<grid_size, block_size>>>(out, inp, rows, cols);
    CUDA_CHECK(cudaGetLastError());
}

void softmax_block_cg(float* out, const float* inp, int rows, int cols, int block_size) {
    softmax_block_cg_kernel<<<rows, block_size>>>(out, inp, cols);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int cols : {1, 31, 100, 401}) {
        const int rows = 11, n = rows * cols;
        std::vector<float> x = random_floats(n, 220, -10.0f, 10.0f);
        std::vector<double> want(n);
        for (int r = 0; r < rows; r++) {
            double peak = -INFINITY, sum = 0;
            for (int c = 0; c < cols; c++) peak = std::fmax(peak, x[r * cols + c]);
            for (int c = 0; c < cols; c++) sum += std::exp(x[r * cols + c] - peak);
            for (int c = 0; c < cols; c++) want[r * cols + c] = std::exp(x[r * cols + c] - peak) / sum;
        }
        float *d_x = to_device(x), *d_y = device_zeros<float>(n);
        softmax_online_cg(d_y, d_x, rows, cols, 128);
        ok = all_close(to_host(d_y, n), want, 1e-5, "online") && ok;
        softmax_block_cg(d_y, d_x, rows, cols, 96);
        ok = all_close(to_host(d_y, n), want, 1e-5, "block") && ok;
        cudaFree(d_x), cudaFree(d_y);
    }
    return report(ok);
}
