// Softmax over the rows of a matrix: out[r, c] = exp(inp[r, c] - max_r) / sum_r.
//
// Four kernels for the same operator, from the simplest to the fastest:
//   1  one thread per row
//   2  one block per row, tree reductions in shared memory
//   3  one warp per row, reductions by shuffles
//   4  one block per row, maximum and sum in a single pass over the row (online softmax)
//
// Build and run:   nvcc -std=c++17 -o softmax softmax.cu && ./softmax [kernel] [rows] [cols]
// Without arguments all four run on a small matrix.

#include <cfloat>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

#define CUDA_CHECK(call)                                                                   \
    do {                                                                                   \
        cudaError_t status_ = (call);                                                      \
        if (status_ != cudaSuccess) {                                                      \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(status_)); \
            exit(EXIT_FAILURE);                                                            \
        }                                                                                  \
    } while (0)

constexpr int WARP_SIZE = 32;
constexpr unsigned FULL_MASK = 0xffffffffu;

// ---------------------------------------------------------------------------------------
// kernels

// 1: every thread walks its own row three times.
__global__ void softmax_thread_kernel(float* out, const float* inp, int rows, int cols) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    const float* x = inp + (size_t)row * cols;
    float* y = out + (size_t)row * cols;

    float peak = -INFINITY;
    for (int c = 0; c < cols; c++) {
        if (x[c] > peak) peak = x[c];
    }
    double sum = 0.0;
    for (int c = 0; c < cols; c++) {
        y[c] = expf(x[c] - peak);
        sum += y[c];
    }
    float scale = (float)(1.0 / sum);
    for (int c = 0; c < cols; c++) {
        y[c] *= scale;
    }
}

// 2: the block's threads share one row. blockDim.x must be a power of two.
__global__ void softmax_block_kernel(float* __restrict__ out, const float* __restrict__ inp, int cols) {
    extern __shared__ float buffer[];
    const int tid = threadIdx.x;
    const float* x = inp + (size_t)blockIdx.x * cols;
    float* y = out + (size_t)blockIdx.x * cols;

    float peak = -INFINITY;
    for (int c = tid; c < cols; c += blockDim.x) peak = fmaxf(peak, x[c]);
    buffer[tid] = peak;
    __syncthreads();
    for (int stride = blockDim.x / 2; stride > 0; stride /= 2) {
        if (tid < stride) buffer[tid] = fmaxf(buffer[tid], buffer[tid + stride]);
        __syncthreads();
    }
    peak = buffer[0];
    __syncthreads();  // everyone has the maximum before the buffer is used again

    float sum = 0.0f;
    for (int c = tid; c < cols; c += blockDim.x) {
        float e = expf(x[c] - peak);
        y[c] = e;
        sum += e;
    }
    buffer[tid] = sum;
    __syncthreads();
    for (int stride = blockDim.x / 2; stride > 0; stride /= 2) {
        if (tid < stride) buffer[tid] += buffer[tid + stride];
        __syncthreads();
    }
    float scale = 1.0f / buffer[0];
    for (int c = tid; c < cols; c += blockDim.x) y[c] *= scale;
}

__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
    for (int offset = WARP_SIZE / 2; offset > 0; offset >>= 1) {
        value = fmaxf(value, __shfl_xor_sync(FULL_MASK, value, offset));
    }
    return value;
}

__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
    for (int offset = WARP_SIZE / 2; offset > 0; offset >>= 1) {
        value += __shfl_xor_sync(FULL_MASK, value, offset);
    }
    return value;
}

// 3: no shared memory; a warp whose row does not exist leaves as a whole.
__global__ void softmax_warp_kernel(float* __restrict__ out, const float* __restrict__ inp, int rows, int cols) {
    const int lane = threadIdx.x % WARP_SIZE;
    const int warps_per_block = blockDim.x / WARP_SIZE;
    const int row = blockIdx.x * warps_per_block + threadIdx.x / WARP_SIZE;
    if (row >= rows) return;
    const float* x = inp + (size_t)row * cols;
    float* y = out + (size_t)row * cols;

    float peak = -INFINITY;
    for (int c = lane; c < cols; c += WARP_SIZE) peak = fmaxf(peak, x[c]);
    peak = warp_max(peak);

    float sum = 0.0f;
    for (int c = lane; c < cols; c += WARP_SIZE) sum += expf(x[c] - peak);
    sum = warp_sum(sum);

    for (int c = lane; c < cols; c += WARP_SIZE) y[c] = expf(x[c] - peak) / sum;
}

// The running maximum of a prefix and the sum of exponentials relative to it.
struct Partial {
    float peak;
    float sum;
};

__device__ Partial merge(Partial a, Partial b) {
    bool a_is_larger = a.peak > b.peak;
    Partial larger = a_is_larger ? a : b;
    Partial smaller = a_is_larger ? b : a;
    Partial result;
    result.peak = larger.peak;
    // exp(-inf - -inf) is NaN: an empty part contributes nothing
    result.sum = larger.sum + (smaller.sum == 0.0f ? 0.0f : smaller.sum * expf(smaller.peak - larger.peak));
    return result;
}

__device__ Partial warp_merge(Partial p) {
    for (int offset = WARP_SIZE / 2; offset > 0; offset /= 2) {
        Partial other;
        other.peak = __shfl_down_sync(FULL_MASK, p.peak, offset);
        other.sum = __shfl_down_sync(FULL_MASK, p.sum, offset);
        p = merge(p, other);
    }
    return p;
}

// 4: one pass gives both statistics; partial results meet in shared memory, one per warp.
template <int BLOCK_SIZE>
__global__ void __launch_bounds__(BLOCK_SIZE) softmax_online_kernel(float* out, const float* inp, int cols) {
    static_assert(BLOCK_SIZE % WARP_SIZE == 0, "whole warps only");
    constexpr int NUM_WARPS = BLOCK_SIZE / WARP_SIZE;
    __shared__ Partial partials[NUM_WARPS];
    __shared__ Partial total;

    const int lane = threadIdx.x % WARP_SIZE;
    const int warp = threadIdx.x / WARP_SIZE;
    const float* x = inp + (size_t)blockIdx.x * cols;
    float* y = out + (size_t)blockIdx.x * cols;

    Partial mine = {-FLT_MAX, 0.0f};
    for (int c = threadIdx.x; c < cols; c += BLOCK_SIZE) {
        mine = merge(mine, Partial{x[c], 1.0f});
    }
    mine = warp_merge(mine);
    if (lane == 0) partials[warp] = mine;
    __syncthreads();

    if (warp == 0) {
        Partial p = {-FLT_MAX, 0.0f};
        if (lane < NUM_WARPS) p = partials[lane];
        p = warp_merge(p);
        if (lane == 0) total = p;
    }
    __syncthreads();

    const float peak = total.peak;
    const float scale = 1.0f / total.sum;
    for (int c = threadIdx.x; c < cols; c += BLOCK_SIZE) y[c] = expf(x[c] - peak) * scale;
}

// ---------------------------------------------------------------------------------------
// launchers

void softmax_thread(float* out, const float* inp, int rows, int cols, int block_size) {
    const int grid_size = (rows + block_size - 1) / block_size;
    softmax_thread_kernel<<<grid_size, block_size>>>(out, inp, rows, cols);
    CUDA_CHECK(cudaGetLastError());
}

void softmax_block(float* out, const float* inp, int rows, int cols, int block_size) {
    size_t shared_bytes = block_size * sizeof(float);
    softmax_block_kernel<<<rows, block_size, shared_bytes>>>(out, inp, cols);
    CUDA_CHECK(cudaGetLastError());
}

void softmax_warp(float* out, const float* inp, int rows, int cols, int block_size) {
    const int rows_per_block = block_size / WARP_SIZE;
    dim3 grid((rows + rows_per_block - 1) / rows_per_block);
    dim3 block(block_size);
    softmax_warp_kernel<<<grid, block>>>(out, inp, rows, cols);
    CUDA_CHECK(cudaGetLastError());
}

void softmax_online(float* out, const float* inp, int rows, int cols, int block_size) {
    switch (block_size) {
        case 32: softmax_online_kernel<32><<<rows, 32>>>(out, inp, cols); break;
        case 64: softmax_online_kernel<64><<<rows, 64>>>(out, inp, cols); break;
        case 128: softmax_online_kernel<128><<<rows, 128>>>(out, inp, cols); break;
        default: softmax_online_kernel<256><<<rows, 256>>>(out, inp, cols); break;
    }
    CUDA_CHECK(cudaGetLastError());
}

void softmax_forward(int kernel, float* out, const float* inp, int rows, int cols, int block_size) {
    switch (kernel) {
        case 1: softmax_thread(out, inp, rows, cols, block_size); break;
        case 2: softmax_block(out, inp, rows, cols, block_size); break;
        case 3: softmax_warp(out, inp, rows, cols, block_size); break;
        case 4: softmax_online(out, inp, rows, cols, block_size); break;
        default:
            fprintf(stderr, "there is no kernel %d: choose 1 to 4\n", kernel);
            exit(EXIT_FAILURE);
    }
}

// ---------------------------------------------------------------------------------------
// CPU reference and test

static void softmax_cpu(float* out, const float* inp, int rows, int cols) {
    for (int r = 0; r < rows; r++) {
        const float* x = inp + (size_t)r * cols;
        double peak = -INFINITY, sum = 0.0;
        for (int c = 0; c < cols; c++) peak = x[c] > peak ? x[c] : peak;
        for (int c = 0; c < cols; c++) sum += exp(x[c] - peak);
        for (int c = 0; c < cols; c++) out[(size_t)r * cols + c] = (float)(exp(x[c] - peak) / sum);
    }
}

static bool check(const std::vector<float>& got, const std::vector<float>& want) {
    for (size_t i = 0; i < want.size(); i++) {
        if (!(fabsf(got[i] - want[i]) <= 1e-5f)) {
            printf("  element %zu is %g, expected %g\n", i, got[i], want[i]);
            return false;
        }
    }
    return true;
}

int main(int argc, char** argv) {
    const int only = argc > 1 ? atoi(argv[1]) : 0;
    const int rows = argc > 2 ? atoi(argv[2]) : 37;
    const int cols = argc > 3 ? atoi(argv[3]) : 203;
    if (only < 0 || only > 4 || rows < 1 || cols < 1) {
        fprintf(stderr, "usage: %s [kernel 1-4, 0 for all] [rows] [cols]\n", argv[0]);
        return 2;
    }
    const size_t count = (size_t)rows * cols;

    std::vector<float> input(count), expected(count), output(count);
    unsigned state = 12345;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        input[i] = (float)(state >> 8) / (1 << 24) * 20.0f - 10.0f;
    }
    softmax_cpu(expected.data(), input.data(), rows, cols);

    float *d_out, *d_inp;
    CUDA_CHECK(cudaMalloc(&d_out, count * sizeof(float)));
    CUDA_CHECK(cudaMalloc(&d_inp, count * sizeof(float)));
    CUDA_CHECK(cudaMemcpy(d_inp, input.data(), count * sizeof(float), cudaMemcpyHostToDevice));

    bool all_ok = true;
    const int block_sizes[] = {32, 64, 128, 256};
    for (int kernel = 1; kernel <= 4; kernel++) {
        if (only != 0 && kernel != only) continue;
        bool ok = true;
        for (int block_size : block_sizes) {
            CUDA_CHECK(cudaMemset(d_out, 0, count * sizeof(float)));
            softmax_forward(kernel, d_out, d_inp, rows, cols, block_size);
            CUDA_CHECK(cudaDeviceSynchronize());
            CUDA_CHECK(cudaMemcpy(output.data(), d_out, count * sizeof(float), cudaMemcpyDeviceToHost));
            ok = check(output, expected) && ok;
        }
        printf("kernel %d: %s\n", kernel, ok ? "ok" : "wrong");
        all_ok = all_ok && ok;
    }

    CUDA_CHECK(cudaFree(d_out));
    CUDA_CHECK(cudaFree(d_inp));
    printf(all_ok ? "PASS\n" : "FAIL\n");
    return all_ok ? 0 : 1;
}
