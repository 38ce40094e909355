// Row 62, style E: low-rank adapters. Every token may use another adapter (or none, -1): shrink to the
// rank with a block reduction, then expand and add to the output with a warp tile per column.
#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

template <typename T> __device__ __forceinline__ float2 pair_to_float2(const T* p);
template <> __device__ __forceinline__ float2 pair_to_float2<half>(const half* p) {
    return __half22float2(*reinterpret_cast<const half2*>(p));
}
template <> __device__ __forceinline__ float2 pair_to_float2<__nv_bfloat16>(const __nv_bfloat16* p) {
    return __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(p));
}

// y[token, j] += scale * x[token, :] . A[adapter, j, :]; grid (rank, tokens)
template <typename in_T, int THREADS>
__global__ void bgmv_shrink_kernel(float* __restrict__ Y, const in_T* __restrict__ X, const in_T* __restrict__ W,
                                   const int64_t* __restrict__ indices, int64_t num_layers, int64_t layer_idx, int feat_in,
                                   int rank, float scale) {
    const size_t batch_idx = blockIdx.y, j = blockIdx.x;
    const int64_t idx = indices[batch_idx] * num_layers + layer_idx;
    if (idx < 0) return;
    const in_T* x = X + batch_idx * feat_in;
    const in_T* w = W + (idx * rank + j) * feat_in;
    float sum = 0.f;
    for (int i = threadIdx.x * 2; i < feat_in; i += THREADS * 2) {
        const float2 a = pair_to_float2(x + i), b = pair_to_float2(w + i);
        sum += a.x * b.x + a.y * b.y;
    }
    __shared__ float partial[THREADS];
    partial[threadIdx.x] = sum;
    __syncthreads();
#pragma unroll
    for (int s = THREADS / 2; s > 0; s >>= 1) {
        if (threadIdx.x < s) partial[threadIdx.x] += partial[threadIdx.x + s];
        __syncthreads();
    }
    if (threadIdx.x == 0) Y[batch_idx * rank + j] += partial[0] * scale;
}

// y[token, c] += x[token, :] . B[adapter, c, :]; RANK / 2 lanes per output column
template <typename out_T, int RANK>
__global__ void bgmv_expand_kernel(out_T* __restrict__ Y, const float* __restrict__ X, const out_T* __restrict__ W,
                                   const int64_t* __restrict__ indices, int64_t num_layers, int64_t layer_idx, int feat_out) {
    constexpr int TX = RANK / 2;
    const size_t batch_idx = blockIdx.y;
    const int64_t idx = indices[batch_idx] * num_layers + layer_idx;
    if (idx < 0) return;
    const int column = blockIdx.x * blockDim.y + threadIdx.y;
    float sum = 0.f;
    if (column < feat_out) {
        const float2 x = *reinterpret_cast<const float2*>(X + batch_idx * RANK + threadIdx.x * 2);
        const float2 w = pair_to_float2(W + (idx * feat_out + column) * RANK + threadIdx.x * 2);
        sum = x.x * w.x + x.y * w.y;
    }
#pragma unroll
    for (int offset = TX / 2; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffff, sum, offset, TX);
    if (threadIdx.x == 0 && column < feat_out) {
        out_T& y = Y[batch_idx * feat_out + column];
        y = out_T(float(y) + sum);
    }
}

template <typename T>
void bgmv(T* y, float* buffer, const T* x, const T* a, const T* b, const int64_t* indices, int tokens, int layers, int layer,
          int feat_in, int feat_out, float scale) {
    constexpr int rank = 8;
    if (layer < 0 || layer >= layers || feat_in % 2 != 0) return;
    CUDA_CHECK(cudaMemset(buffer, 0, tokens * rank * sizeof(float)));
    bgmv_shrink_kernel<T, 64><<<dim3(rank, tokens), 64>>>(buffer, x, a, indices, layers, layer, feat_in, rank, scale);
    dim3 block(rank / 2, 16);
    bgmv_expand_kernel<T, rank><<<dim3(ceil_div(feat_out, 16), tokens), block>>>(y, buffer, b, indices, layers, layer, feat_out);
    CUDA_CHECK(cudaGetLastError());
}

template <typename T>
bool check(int tokens, int feat_in, int feat_out, double tol) {
    const int rank = 8, adapters = 3, layers = 2, layer = 1;
    std::vector<T> x, a, b, y;
    for (float f : random_floats(tokens * feat_in, 1020)) x.push_back((T)f);
    for (float f : random_floats(adapters * layers * rank * feat_in, 1021)) a.push_back((T)f);
    for (float f : random_floats(adapters * layers * rank * feat_out, 1022)) b.push_back((T)f);
    for (float f : random_floats(tokens * feat_out, 1023)) y.push_back((T)f);
    std::vector<int64_t> indices(tokens);
    for (int t = 0; t < tokens; t++) indices[t] = t % (adapters + 1) - 1;
    std::vector<double> want;
    std::vector<float> got;
    for (int t = 0; t < tokens; t++)
        for (int c = 0; c < feat_out; c++) {
            double sum = (float)y[t * feat_out + c];
            const int64_t adapter = indices[t] * layers + layer;
            for (int j = 0; j < rank && indices[t] >= 0; j++) {
                double low = 0;
                for (int i = 0; i < feat_in; i++) low += (double)(float)x[t * feat_in + i] * (float)a[(adapter * rank + j) * feat_in + i];
                sum += 0.1f * low * (float)b[(adapter * feat_out + c) * rank + j];
            }
            want.push_back(sum);
        }
    T *d_x = to_device(x), *d_a = to_device(a), *d_b = to_device(b), *d_y = to_device(y);
    float* d_buffer = device_zeros<float>(tokens * rank);
    int64_t* d_indices = to_device(indices);
    bgmv<T>(d_y, d_buffer, d_x, d_a, d_b, d_indices, tokens, layers, layer, feat_in, feat_out, 0.1f);
    for (T f : to_host(d_y, want.size())) got.push_back((float)f);
    cudaFree(d_x), cudaFree(d_a), cudaFree(d_b), cudaFree(d_y), cudaFree(d_buffer), cudaFree(d_indices);
    return all_close(got, want, tol, "adapters");
}

int main() {
    bool ok = check<half>(6, 130, 37, 1e-2);
    ok = check<__nv_bfloat16>(5, 64, 16, 2e-2) && ok;
    return report(ok);
}
