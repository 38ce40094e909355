// Row 55, style E: cumulative sum and cumulative maximum along one dimension of a strided tensor. A warp
// walks a row in tiles of 32 and carries the running value; columns are walked one per thread.
#include <cstdint>

#include "check.h"

struct RowView {
    float* data;
    int64_t stride;  // elements between neighbours
    __device__ float& operator[](int i) const { return data[i * stride]; }
};

__global__ void cumsum_warp_kernel(float* out, const float* inp, int rows, int cols, int64_t out_stride,
                                   int64_t inp_stride) {
    const int lane = threadIdx.x;
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= rows) return;
    const float* x = inp + row * inp_stride;
    float* y = out + row * out_stride;

    float carry = 0.0f;
    for (int base = 0; base < cols; base += 32) {
        const int c = base + lane;
        float value = c < cols ? x[c] : 0.0f;
        for (int d = 1; d < 32; d *= 2) {
            float other = __shfl_up_sync(0xffffffffu, value, d);
            if (lane >= d) value += other;
        }
        value += carry;
        if (c < cols) y[c] = value;
        carry = __shfl_sync(0xffffffffu, value, 31);
    }
}

template <bool REVERSE>
__global__ void cummax_columns_kernel(float* values, int* indices, const float* inp, int rows, int cols) {
    const int col = blockIdx.x * blockDim.x + threadIdx.x;
    if (col >= cols) return;
    RowView out = {values + col, cols};
    const RowView in = {const_cast<float*>(inp) + col, cols};
    float best = -INFINITY;
    int best_row = -1;
    int r = REVERSE ? rows - 1 : 0;
    while (REVERSE ? r >= 0 : r < rows) {
        const float v = in[r];
        if (v >= best) {
            best = v;
            best_row = r;
        }
        out[r] = best;
        indices[r * cols + col] = best_row;
        r += REVERSE ? -1 : 1;
    }
}

void cumsum_rows(float* out, const float* inp, int rows, int cols, int out_stride, int inp_stride) {
    dim3 block(32, 4);
    cumsum_warp_kernel<<<ceil_div(rows, 4), block>>>(out, inp, rows, cols, out_stride, inp_stride);
    CUDA_CHECK(cudaGetLastError());
}

void cummax_columns(float* values, int* indices, const float* inp, int rows, int cols, bool reverse) {
    const int blocks = ceil_div(cols, 64);
    if (reverse)
        cummax_columns_kernel<true><<<blocks, 64>>>(values, indices, inp, rows, cols);
    else
        cummax_columns_kernel<false><<<blocks, 64>>>(values, indices, inp, rows, cols);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int cols : {1, 32, 75}) {
        const int rows = 9, stride = cols + 3;
        std::vector<float> x = random_floats(rows * stride, 450);
        std::vector<double> want(rows * cols);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < cols; c++) want[r * cols + c] = x[r * stride + c] + (c > 0 ? want[r * cols + c - 1] : 0.0);
        float *d_x = to_device(x), *d_y = device_zeros<float>(rows * cols);
        cumsum_rows(d_y, d_x, rows, cols, cols, stride);
        ok = all_close(to_host(d_y, rows * cols), want, 1e-5, "cumsum") && ok;

        int* d_i = device_zeros<int>(rows * cols);
        for (int reverse = 0; reverse < 2; reverse++) {
            std::vector<float> peak(rows * cols);
            std::vector<int> where(rows * cols);
            for (int c = 0; c < cols; c++)
                for (int step = 0; step < rows; step++) {
                    int r = reverse ? rows - 1 - step : step, before = reverse ? r + 1 : r - 1;
                    bool fresh = step == 0 || x[r * cols + c] >= peak[before * cols + c];
                    peak[r * cols + c] = fresh ? x[r * cols + c] : peak[before * cols + c];
                    where[r * cols + c] = fresh ? r : where[before * cols + c];
                }
            cummax_columns(d_y, d_i, d_x, rows, cols, reverse != 0);
            ok = all_close(to_host(d_y, rows * cols), peak, 0.0, "cummax") && ok;
            ok = all_close(to_host(d_i, rows * cols), where, 0.0, "cummax index") && ok;
        }
        cudaFree(d_x), cudaFree(d_y), cudaFree(d_i);
    }
    return report(ok);
}
