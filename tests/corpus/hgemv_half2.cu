// Row 60, styles L and E: half matrix times vector - a warp per row in half2 for long rows and for a row of
// 16, several output columns per warp, and a strided batch that keeps the vector in carved shared memory.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

#define WARP_SIZE 32
#define CEIL_DIV(a, b) (((a) + (b) - 1) / (b))
#define HALF2(value) (reinterpret_cast<const half2*>(&(value))[0])

template <const int kWarpSize = WARP_SIZE>
__device__ __forceinline__ half warp_reduce_sum_f16(half val) {
#pragma unroll
    for (int mask = kWarpSize >> 1; mask >= 1; mask >>= 1) val = __hadd(val, __shfl_xor_sync(0xffffffff, val, mask));
    return val;
}

// K a multiple of 128: four halves per lane and step
__global__ void hgemv_k128_f16x4_kernel(const half* a, const half* x, half* y, int M, int K) {
    const int lane = threadIdx.x, m = blockIdx.x * blockDim.y + threadIdx.y;
    if (m < M) {
        half sum = 0.0f;
        const int steps = CEIL_DIV(CEIL_DIV(K, WARP_SIZE), 4);
#pragma unroll
        for (int w = 0; w < steps; ++w) {
            const int k = (w * WARP_SIZE + lane) * 4;
            const half2 reg_x_0 = HALF2(x[k]), reg_x_1 = HALF2(x[k + 2]);
            const half2 reg_a_0 = HALF2(a[m * K + k]), reg_a_1 = HALF2(a[m * K + k + 2]);
            sum += reg_x_0.x * reg_a_0.x + reg_x_0.y * reg_a_0.y + reg_x_1.x * reg_a_1.x + reg_x_1.y * reg_a_1.y;
        }
        sum = warp_reduce_sum_f16<WARP_SIZE>(sum);
        if (lane == 0) y[m] = sum;
    }
}

// K = 16: a warp holds ROW_PER_WARP rows
template <const int ROW_PER_WARP = 2>
__global__ void hgemv_k16_f16_kernel(const half* A, const half* x, half* y, int M, int K) {
    constexpr int K_WARP_SIZE = WARP_SIZE / ROW_PER_WARP;
    const int lane = threadIdx.x % WARP_SIZE;
    const int k = lane % K_WARP_SIZE;
    const int m = (blockDim.y * blockIdx.x + threadIdx.y) * ROW_PER_WARP + lane / K_WARP_SIZE;
    half product = m < M ? A[m * K + k] * x[k] : __float2half(0.0f);
    product = warp_reduce_sum_f16<K_WARP_SIZE>(product);
    if (k == 0 && m < M) y[m] = product;
}

// y[col, row] for up to NCOLS vectors at once, with strides in elements; grid (rows / 4, 1, batch)
template <int ncols_dst>
static __global__ void mul_mat_vec_f(const half* __restrict__ x, const float* __restrict__ y, float* __restrict__ dst, const int ncols2,
                                     const int nrows, const int64_t stride_row2, const int64_t stride_col_y2,
                                     const int64_t stride_batch_x2, const int64_t stride_batch_y2) {
    extern __shared__ char data_mmv[];
    float2* cached = (float2*)data_mmv;                         // the vectors of this batch
    float* sums = (float*)(cached + ncols_dst * ncols2);        // [rows per block, columns]
    const half2* x2 = (const half2*)x + blockIdx.z * stride_batch_x2;
    const float2* y2 = (const float2*)y + blockIdx.z * stride_batch_y2;
    const int tid = threadIdx.y * WARP_SIZE + threadIdx.x;
    for (int i = tid; i < ncols_dst * ncols2; i += blockDim.y * WARP_SIZE) cached[i] = y2[i / ncols2 * stride_col_y2 + i % ncols2];
    __syncthreads();

    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    float sumf[ncols_dst] = {0.0f};
    if (row < nrows) {
        for (int col2 = threadIdx.x; col2 < ncols2; col2 += WARP_SIZE) {
            const float2 tmpx = __half22float2(x2[row * stride_row2 + col2]);
#pragma unroll
            for (int j = 0; j < ncols_dst; ++j) {
                const float2 tmpy = cached[j * ncols2 + col2];
                sumf[j] += tmpx.x * tmpy.x;
                sumf[j] += tmpx.y * tmpy.y;
            }
        }
    }
#pragma unroll
    for (int j = 0; j < ncols_dst; ++j) {
#pragma unroll
        for (int offset = 16; offset > 0; offset >>= 1) sumf[j] += __shfl_xor_sync(0xffffffff, sumf[j], offset, WARP_SIZE);
        if (threadIdx.x == 0) sums[threadIdx.y * ncols_dst + j] = sumf[j];
    }
    __syncthreads();
    const int first = blockIdx.x * blockDim.y;
    if (tid < blockDim.y * ncols_dst && first + tid / ncols_dst < nrows)
        dst[((int64_t)blockIdx.z * ncols_dst + tid % ncols_dst) * nrows + first + tid / ncols_dst] = sums[tid];
}

void hgemv_k128(const half* a, const half* x, half* y, int M, int chunks) {
    hgemv_k128_f16x4_kernel<<<CEIL_DIV(M, 4), dim3(32, 4)>>>(a, x, y, M, chunks * 128);
}
void hgemv_k16(const half* a, const half* x, half* y, int M) {
    constexpr int NUM_ROWS = 8, ROW_PER_WARP = 2;
    hgemv_k16_f16_kernel<ROW_PER_WARP><<<CEIL_DIV(M, NUM_ROWS), dim3(32, NUM_ROWS / ROW_PER_WARP)>>>(a, x, y, M, 16);
}
void mul_mat_vec(const half* x, const float* y, float* dst, int ncols, int nrows, int ncols_dst, int batch) {
    if (ncols % 2) return;
    const dim3 blocks(CEIL_DIV(nrows, 4), 1, batch), threads(WARP_SIZE, 4);
    const size_t shared = (ncols * ncols_dst + 4 * ncols_dst) * sizeof(float);
    const int64_t n2 = ncols / 2;
    switch (ncols_dst) {
        case 1: mul_mat_vec_f<1><<<blocks, threads, shared>>>(x, y, dst, n2, nrows, n2, n2, n2 * nrows, n2); break;
        case 3: mul_mat_vec_f<3><<<blocks, threads, shared>>>(x, y, dst, n2, nrows, n2, n2, n2 * nrows, n2 * 3); break;
    }
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    auto halves = [](size_t n, unsigned seed) {
        std::vector<half> out;
        for (float v : random_floats(n, seed)) out.push_back((half)v);
        return out;
    };
    for (int K : {16, 256}) {
        const int M = 13;
        std::vector<half> a = halves(M * K, 1210), x = halves(K, 1211);
        std::vector<double> want(M);
        std::vector<float> got;
        for (int i = 0; i < M * K; i++) want[i / K] += (double)(float)a[i] * (float)x[i % K];
        half *d_a = to_device(a), *d_x = to_device(x), *d_y = device_zeros<half>(M);
        if (K == 16) hgemv_k16(d_a, d_x, d_y, M);
        else hgemv_k128(d_a, d_x, d_y, M, K / 128);
        for (half v : to_host(d_y, M)) got.push_back((float)v);
        ok = all_close(got, want, 3e-2, "gemv") && ok;
        cudaFree(d_a), cudaFree(d_x), cudaFree(d_y);
    }
    for (int columns : {1, 3}) {
        const int rows = 6, cols = 70, batch = 2;
        std::vector<half> x = halves(batch * rows * cols, 1212);
        std::vector<float> y = random_floats(batch * columns * cols, 1213);
        std::vector<double> want(batch * columns * rows);
        for (int i = 0; i < batch * columns * rows; i++)
            for (int c = 0; c < cols; c++)
                want[i] += (double)(float)x[(i / (columns * rows) * rows + i % rows) * cols + c] * y[i / rows * cols + c];
        half* d_x = to_device(x);
        float *d_y = to_device(y), *d_out = device_zeros<float>(want.size());
        mul_mat_vec(d_x, d_y, d_out, cols, rows, columns, batch);
        ok = all_close(to_host(d_out, want.size()), want, 1e-5, "batch") && ok;
        cudaFree(d_x), cudaFree(d_y), cudaFree(d_out);
    }
    return report(ok);
}
