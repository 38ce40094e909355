// Row 33, style X: scaled softmax with a padding mask or a causal bound, half in and out, float inside. The
// row length is known up to its power of two, so that a warp keeps whole rows in registers.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

constexpr int WARP_SIZE = 32;

template <typename T>
struct Add {
    __device__ __forceinline__ T operator()(T a, T b) const { return a + b; }
};

template <typename T>
struct Max {
    __device__ __forceinline__ T operator()(T a, T b) const { return a < b ? b : a; }
};

template <typename acc_t, int BATCH, int WIDTH, template <typename> class ReduceOp>
__device__ __forceinline__ void warp_reduce(acc_t* sum) {
    ReduceOp<acc_t> r;
#pragma unroll
    for (int offset = WIDTH / 2; offset > 0; offset /= 2) {
#pragma unroll
        for (int i = 0; i < BATCH; ++i) {
            acc_t b = __shfl_xor_sync(0xffffffff, sum[i], offset, WIDTH);
            sum[i] = r(sum[i], b);
        }
    }
}

template <typename input_t, typename output_t, typename acc_t, int log2_elements, bool causal>
__global__ void scaled_masked_softmax_kernel(output_t* dst, const input_t* src, const uint8_t* mask, const acc_t scale,
                                             int rows, int cols, int query_len) {
    constexpr int next_power_of_two = 1 << log2_elements;
    constexpr int WIDTH = (next_power_of_two < WARP_SIZE) ? next_power_of_two : WARP_SIZE;
    constexpr int ITERATIONS = next_power_of_two / WIDTH;
    constexpr int BATCH = (next_power_of_two <= 128) ? 2 : 1;

    // x covers a row, y counts the row pairs of the block
    const int first_row = (blockDim.y * blockIdx.x + threadIdx.y) * BATCH;
    const int lane = threadIdx.x;

    acc_t elements[BATCH][ITERATIONS];
#pragma unroll
    for (int i = 0; i < BATCH; ++i) {
        const int row = first_row + i;
        const int limit = causal ? row % query_len + 1 : cols;
#pragma unroll
        for (int it = 0; it < ITERATIONS; ++it) {
            const int col = lane + it * WIDTH;
            acc_t value = -INFINITY;
            if (row < rows && col < cols) {
                const bool masked = causal ? col >= limit : mask[row * cols + col] == 1;
                value = masked ? -10000.0f : (acc_t)src[row * cols + col] * scale;
            }
            elements[i][it] = value;
        }
    }

    acc_t max_value[BATCH], sum[BATCH] = {0.0f};
#pragma unroll
    for (int i = 0; i < BATCH; ++i) {
        max_value[i] = elements[i][0];
#pragma unroll
        for (int it = 1; it < ITERATIONS; ++it) {
            max_value[i] = (max_value[i] > elements[i][it]) ? max_value[i] : elements[i][it];
        }
    }
    warp_reduce<acc_t, BATCH, WIDTH, Max>(max_value);

    acc_t keep[BATCH];
#pragma unroll
    for (int i = 0; i < BATCH; ++i) {
        // a fully masked row becomes zeros
        keep[i] = (max_value[i] == -10000.0f) ? 0.0f : 1.0f;
#pragma unroll
        for (int it = 0; it < ITERATIONS; ++it) {
            elements[i][it] = isinf(max_value[i]) ? 0.0f : expf(elements[i][it] - max_value[i]);
            sum[i] += elements[i][it];
        }
    }
    warp_reduce<acc_t, BATCH, WIDTH, Add>(sum);

#pragma unroll
    for (int i = 0; i < BATCH; ++i) {
        if (first_row + i >= rows) break;
#pragma unroll
        for (int it = 0; it < ITERATIONS; ++it) {
            const int col = lane + it * WIDTH;
            if (col < cols) {
                dst[(first_row + i) * cols + col] = (output_t)(elements[i][it] * keep[i] / sum[i]);
            }
        }
    }
}

#define LAUNCH_CASE(log2, is_causal)                                                       \
    case log2: {                                                                           \
        constexpr int width = (1 << log2) < 32 ? (1 << log2) : 32;                         \
        constexpr int batch = (1 << log2) <= 128 ? 2 : 1;                                  \
        dim3 threads(width, 128 / width, 1);                                               \
        dim3 blocks(ceil_div(rows, (128 / width) * batch));                                \
        scaled_masked_softmax_kernel<__half, __half, float, log2, is_causal>               \
            <<<blocks, threads>>>(dst, src, mask, scale, rows, cols, query_len);           \
        break;                                                                             \
    }

static int log2_ceil(int value) {
    int log2_value = 0;
    while ((1 << log2_value) < value) ++log2_value;
    return log2_value;
}

void scaled_masked_softmax(__half* dst, const __half* src, const uint8_t* mask, float scale, int rows, int cols) {
    const int query_len = 1;
    switch (log2_ceil(cols)) {
        LAUNCH_CASE(0, false)
        LAUNCH_CASE(1, false)
        LAUNCH_CASE(2, false)
        LAUNCH_CASE(3, false)
        LAUNCH_CASE(4, false)
        LAUNCH_CASE(5, false)
        LAUNCH_CASE(6, false)
        LAUNCH_CASE(7, false)
        LAUNCH_CASE(8, false)
        default: std::fprintf(stderr, "a row has at most 256 elements\n"); std::exit(2);
    }
    CUDA_CHECK(cudaGetLastError());
}

// row r attends to the columns 0 .. r % cols
void scaled_causal_softmax(__half* dst, const __half* src, float scale, int rows, int cols) {
    const int query_len = cols;
    const uint8_t* mask = nullptr;
    switch (log2_ceil(cols)) {
        LAUNCH_CASE(4, true)
        LAUNCH_CASE(5, true)
        LAUNCH_CASE(6, true)
        LAUNCH_CASE(7, true)
        default: std::fprintf(stderr, "rows of 9 to 128 elements only\n"); std::exit(2);
    }
    CUDA_CHECK(cudaGetLastError());
}

static std::vector<float> reference(const std::vector<float>& x, const std::vector<int>& mask, float scale, int cols) {
    std::vector<float> out(x.size(), 0.0f);
    for (size_t r = 0; r < x.size() / cols; r++) {
        double peak = -1e30, sum = 0;
        for (int c = 0; c < cols; c++)
            if (!mask[r * cols + c]) peak = std::fmax(peak, x[r * cols + c] * scale);
        for (int c = 0; c < cols; c++)
            if (!mask[r * cols + c]) sum += std::exp(x[r * cols + c] * scale - peak);
        for (int c = 0; c < cols; c++)
            if (!mask[r * cols + c]) out[r * cols + c] = (float)(std::exp(x[r * cols + c] * scale - peak) / sum);
    }
    return out;
}

int main() {
    bool ok = true;
    for (int cols : {1, 2, 3, 7, 12, 30, 61, 100, 201}) {
        const int rows = 21, n = rows * cols;
        std::vector<float> x = random_floats(n, 230, -4.0f, 4.0f);
        std::vector<int> coin = random_ints(n, 231, 0, 3), mask(n), causal(n);
        std::vector<uint8_t> bytes(n);
        std::vector<__half> xh(n);
        for (int i = 0; i < n; i++) {
            xh[i] = __float2half(x[i]);
            x[i] = __half2float(xh[i]);
            mask[i] = coin[i] == 0 || i / cols == 2;  // row 2 is masked completely
            bytes[i] = (uint8_t)mask[i];
            causal[i] = i % cols > (i / cols) % cols;
        }
        __half *d_x = to_device(xh), *d_y = device_zeros<__half>(n);
        uint8_t* d_mask = to_device(bytes);
        for (int form = 0; form < 2; form++) {
            if (form == 1 && (cols <= 8 || cols > 128)) continue;
            if (form == 0)
                scaled_masked_softmax(d_y, d_x, d_mask, 0.7f, rows, cols);
            else
                scaled_causal_softmax(d_y, d_x, 0.7f, rows, cols);
            std::vector<__half> raw = to_host(d_y, n);
            std::vector<float> got;
            for (auto v : raw) got.push_back(__half2float(v));
            ok = all_close(got, reference(x, form ? causal : mask, 0.7f, cols), 2e-3, "masked softmax") && ok;
        }
        cudaFree(d_x), cudaFree(d_y), cudaFree(d_mask);
    }
    return report(ok);
}
