// Row 38, style E: Root-mean-square normalisation with a block reduction of the library: fused with the
// residual, rows of half precision loaded eight at a time, and the largest element for a dynamic scale.
#include <cub/cub.cuh>
#include <cuda_fp16.h>

#include "check.h"

template <typename T, int THREADS>
__global__ void add_rmsnorm_kernel(T* __restrict__ out, T* __restrict__ residual, const T* __restrict__ inp,
                                   const T* __restrict__ weight, float eps, int hidden) {
    typedef cub::BlockReduce<float, THREADS> BlockReduce;
    __shared__ typename BlockReduce::TempStorage storage;
    __shared__ float s_scale;
    const long long row = (long long)blockIdx.x * hidden;
    float sum = 0.0f;
    for (int i = threadIdx.x; i < hidden; i += THREADS) {
        float x = (float)inp[row + i] + (float)residual[row + i];
        sum += x * x;
        residual[row + i] = (T)x;
    }
    sum = BlockReduce(storage).Sum(sum);
    if (threadIdx.x == 0) s_scale = rsqrtf(sum / hidden + eps);
    __syncthreads();
    for (int i = threadIdx.x; i < hidden; i += THREADS)
        out[row + i] = (T)((float)residual[row + i] * s_scale * (float)weight[i]);
}

struct Larger {
    __device__ __forceinline__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

// int8 with one scale per row
template <int THREADS>
__global__ void quantize_rows_kernel(signed char* out, float* scales, const __half* inp, int hidden) {
    using Load = cub::BlockLoad<__half, THREADS, 8, cub::BLOCK_LOAD_VECTORIZE>;
    using Reduce = cub::BlockReduce<float, THREADS, cub::BLOCK_REDUCE_RAKING>;
    __shared__ union {
        typename Load::TempStorage load;
        typename Reduce::TempStorage reduce;
    } storage;
    __shared__ float s_scale;
    const __half* row = inp + (size_t)blockIdx.x * hidden;
    float largest = 0.0f;
    for (int base = 0; base < hidden; base += THREADS * 8) {
        __half x[8];
        Load(storage.load).Load(row + base, x, hidden - base, __float2half(0.0f));
        for (int i = 0; i < 8; i++) largest = fmaxf(largest, fabsf(__half2float(x[i])));
        __syncthreads();
    }
    largest = Reduce(storage.reduce).Reduce(largest, Larger());
    if (threadIdx.x == 0) {
        s_scale = largest / 127.0f;
        scales[blockIdx.x] = s_scale;
    }
    __syncthreads();
    const float inverse = s_scale > 0.0f ? 1.0f / s_scale : 0.0f;
    for (int i = threadIdx.x; i < hidden; i += THREADS)
        out[(size_t)blockIdx.x * hidden + i] = (signed char)rintf(__half2float(row[i]) * inverse);
}

void add_rmsnorm(float* out, float* residual, const float* inp, const float* weight, float eps, int rows, int hidden) {
    if (hidden <= 100)
        add_rmsnorm_kernel<float, 96><<<rows, 96>>>(out, residual, inp, weight, eps, hidden);
    else
        add_rmsnorm_kernel<float, 256><<<rows, 256>>>(out, residual, inp, weight, eps, hidden);
    CUDA_CHECK(cudaGetLastError());
}

void add_rmsnorm_half(__half* out, __half* residual, const __half* inp, const __half* weight, float eps, int rows,
                      int hidden) {
    add_rmsnorm_kernel<__half, 128><<<rows, 128>>>(out, residual, inp, weight, eps, hidden);
    CUDA_CHECK(cudaGetLastError());
}

void quantize_rows(signed char* out, float* scales, const __half* inp, int rows, int hidden) {
    quantize_rows_kernel<64><<<rows, 64>>>(out, scales, inp, hidden);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int hidden : {72, 640}) {
        const int rows = 3;
        std::vector<float> x = random_floats(rows * hidden, 900), r = random_floats(rows * hidden, 901);
        std::vector<float> w = random_floats(hidden, 902);
        std::vector<double> want(rows * hidden), sums(rows * hidden);
        for (int i = 0; i < rows; i++) {
            double square = 0;
            for (int c = 0; c < hidden; c++) {
                sums[i * hidden + c] = x[i * hidden + c] + r[i * hidden + c];
                square += sums[i * hidden + c] * sums[i * hidden + c];
            }
            for (int c = 0; c < hidden; c++)
                want[i * hidden + c] = sums[i * hidden + c] / std::sqrt(square / hidden + 1e-6) * w[c];
        }
        float *d_x = to_device(x), *d_r = to_device(r), *d_w = to_device(w), *d_y = device_zeros<float>(rows * hidden);
        add_rmsnorm(d_y, d_r, d_x, d_w, 1e-6f, rows, hidden);
        ok = all_close(to_host(d_y, rows * hidden), want, 1e-5, "out") && ok;
        ok = all_close(to_host(d_r, rows * hidden), sums, 1e-6, "residual") && ok;
        cudaFree(d_x), cudaFree(d_r), cudaFree(d_w), cudaFree(d_y);
    }
    return report(ok);
}
