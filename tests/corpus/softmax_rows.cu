// Rows 29 and 30, style T: softmax and log-softmax over rows: a thread per row with a double accumulator,
// and a block per row that keeps its slice of the row in registers.
#include "check.h"

__global__ void softmax_serial_kernel(float* out, const float* inp, int rows, int cols, bool logarithm) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < rows) {
        const float* inp_row = inp + row * cols;
        float* out_row = out + row * cols;
        float maxval = -INFINITY;
        double sum = 0.0;
        for (int j = 0; j < cols; j++) {
            float old_max = maxval;
            if (inp_row[j] > maxval) {
                maxval = inp_row[j];
                sum = sum * exp((double)old_max - maxval) + 1.0;
            } else {
                sum += expf(inp_row[j] - maxval);
            }
        }
        if (logarithm) {
            float shift = maxval + (float)log(sum);
            for (int j = 0; j < cols; j++) out_row[j] = inp_row[j] - shift;
        } else {
            for (int j = 0; j < cols; j++) out_row[j] = expf(inp_row[j] - maxval) / (float)sum;
        }
    }
}

template <int BLOCK, bool IS_MAX>
__device__ float block_reduce(float value, float* scratch) {
    const int tid = threadIdx.x;
    scratch[tid] = value;
    __syncthreads();
#pragma unroll
    for (int stride = BLOCK >> 1; stride >= 1; stride >>= 1) {
        if (tid < stride) {
            float other = scratch[tid + stride];
            scratch[tid] = IS_MAX ? fmaxf(scratch[tid], other) : scratch[tid] + other;
        }
        __syncthreads();
    }
    float result = scratch[0];
    __syncthreads();  // scratch is free again
    return result;
}

// Each thread holds ITEMS elements of the row; longer rows are refused by the launcher.
template <int BLOCK, int ITEMS>
__global__ void softmax_registers_kernel(float* out, const float* inp, int cols) {
    __shared__ float scratch[BLOCK];
    const size_t start = (size_t)blockIdx.x * cols;
    float x[ITEMS];
    float peak = -INFINITY;
#pragma unroll
    for (int k = 0; k < ITEMS; ++k) {
        int c = k * BLOCK + threadIdx.x;
        x[k] = c < cols ? inp[start + c] : -INFINITY;
        peak = fmaxf(peak, x[k]);
    }
    peak = block_reduce<BLOCK, true>(peak, scratch);
    float sum = 0.0f;
#pragma unroll
    for (int k = 0; k < ITEMS; ++k) {
        x[k] = expf(x[k] - peak);  // exp(-inf) is zero for the padding
        sum += x[k];
    }
    sum = block_reduce<BLOCK, false>(sum, scratch);
#pragma unroll
    for (int k = 0; k < ITEMS; ++k) {
        int c = k * BLOCK + threadIdx.x;
        if (c < cols) out[start + c] = x[k] / sum;
    }
}

void softmax_serial(float* out, const float* inp, int rows, int cols, int block_size) {
    softmax_serial_kernel<<<ceil_div(rows, block_size), block_size>>>(out, inp, rows, cols, false);
    CUDA_CHECK(cudaGetLastError());
}

void log_softmax_serial(float* out, const float* inp, int rows, int cols, int block_size) {
    softmax_serial_kernel<<<ceil_div(rows, block_size), block_size>>>(out, inp, rows, cols, true);
    CUDA_CHECK(cudaGetLastError());
}

void softmax_registers(float* out, const float* inp, int rows, int cols) {
    if (cols <= 64) {
        softmax_registers_kernel<32, 2><<<rows, 32>>>(out, inp, cols);
    } else if (cols <= 512) {
        softmax_registers_kernel<128, 4><<<rows, 128>>>(out, inp, cols);
    } else {
        std::fprintf(stderr, "a row has at most 512 elements\n");
        std::exit(2);
    }
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int shapes[4][2] = {{1, 1}, {33, 7}, {5, 64}, {9, 389}};
    for (const auto& shape : shapes) {
        const int rows = shape[0], cols = shape[1], n = rows * cols;
        std::vector<float> x = random_floats(n, 210, -8.0f, 8.0f);
        if (cols > 2) x[1] = -INFINITY;
        std::vector<double> want(n), want_log(n);
        for (int r = 0; r < rows; r++) {
            double peak = -INFINITY, sum = 0;
            for (int c = 0; c < cols; c++) peak = std::fmax(peak, x[r * cols + c]);
            for (int c = 0; c < cols; c++) sum += std::exp(x[r * cols + c] - peak);
            for (int c = 0; c < cols; c++) {
                want_log[r * cols + c] = x[r * cols + c] - peak - std::log(sum);
                want[r * cols + c] = std::exp(want_log[r * cols + c]);
            }
        }
        float *d_x = to_device(x), *d_y = device_zeros<float>(n);
        softmax_serial(d_y, d_x, rows, cols, 64);
        ok = all_close(to_host(d_y, n), want, 1e-5, "serial") && ok;
        log_softmax_serial(d_y, d_x, rows, cols, 32);
        ok = all_close(to_host(d_y, n), want_log, 1e-5, "log") && ok;
        softmax_registers(d_y, d_x, rows, cols);
        ok = all_close(to_host(d_y, n), want, 1e-5, "registers") && ok;
        cudaFree(d_x), cudaFree(d_y);
    }
    return report(ok);
}
