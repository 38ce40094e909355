// Row 39, style E: residual += input; input = rmsnorm(residual) * weight, in place. Width 8 works on
// 128-bit packs of half with operators; width 0 is the plain form for odd sizes. A full specialisation by
// enable_if chooses the body.
#include <type_traits>

#include <cuda_fp16.h>

#include "check.h"

template <int width>
struct alignas(16) HalfPack {
    static_assert(width > 0 && (width & (width - 1)) == 0, "a power of two");
    half2 data[width / 2];

    __device__ HalfPack& operator+=(const HalfPack& other) {
#pragma unroll
        for (int i = 0; i < width / 2; ++i) data[i] = __hadd2(data[i], other.data[i]);
        return *this;
    }
    __device__ HalfPack& operator*=(const HalfPack& other) {
#pragma unroll
        for (int i = 0; i < width / 2; ++i) data[i] = __hmul2(data[i], other.data[i]);
        return *this;
    }
    __device__ HalfPack& operator*=(const float scale) {
#pragma unroll
        for (int i = 0; i < width / 2; ++i) {
            float2 f = __half22float2(data[i]);
            f.x *= scale;
            f.y *= scale;
            data[i] = __float22half2_rn(f);
        }
        return *this;
    }
    __device__ float sum_squares() const {
        float result = 0.0f;
#pragma unroll
        for (int i = 0; i < width / 2; ++i) {
            float2 f = __half22float2(data[i]);
            result += f.x * f.x + f.y * f.y;
        }
        return result;
    }
};

// every thread gets the sum; blockDim.x is a multiple of 32
__device__ float block_sum(float value, float* scratch) {
    for (int offset = 16; offset > 0; offset >>= 1) value += __shfl_down_sync(~0u, value, offset);
    if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = value;
    __syncthreads();
    float total = 0.0f;
    for (int w = 0; w < (int)blockDim.x / 32; ++w) total += scratch[w];
    return total;
}

template <typename scalar_t, int width>
__global__ std::enable_if_t<(width > 0)> fused_add_rms_norm_kernel(scalar_t* __restrict__ input,
                                                                   scalar_t* __restrict__ residual,
                                                                   const scalar_t* __restrict__ weight,
                                                                   const float epsilon, const int hidden_size) {
    const int vec_hidden_size = hidden_size / width;
    __shared__ float scratch[32];
    auto* input_v = reinterpret_cast<HalfPack<width>*>(input);
    auto* residual_v = reinterpret_cast<HalfPack<width>*>(residual);
    auto* weight_v = reinterpret_cast<const HalfPack<width>*>(weight);

    float variance = 0.0f;
    for (int idx = threadIdx.x; idx < vec_hidden_size; idx += blockDim.x) {
        int id = blockIdx.x * vec_hidden_size + idx;
        HalfPack<width> temp = input_v[id];
        temp += residual_v[id];
        variance += temp.sum_squares();
        residual_v[id] = temp;
    }
    const float scale = rsqrtf(block_sum(variance, scratch) / hidden_size + epsilon);
    for (int idx = threadIdx.x; idx < vec_hidden_size; idx += blockDim.x) {
        int id = blockIdx.x * vec_hidden_size + idx;
        HalfPack<width> temp = residual_v[id];
        temp *= scale;
        temp *= weight_v[idx];
        input_v[id] = temp;
    }
}

template <typename scalar_t, int width>
__global__ std::enable_if_t<(width == 0)> fused_add_rms_norm_kernel(scalar_t* __restrict__ input,
                                                                    scalar_t* __restrict__ residual,
                                                                    const scalar_t* __restrict__ weight,
                                                                    const float epsilon, const int hidden_size) {
    __shared__ float scratch[32];
    float variance = 0.0f;
    for (int idx = threadIdx.x; idx < hidden_size; idx += blockDim.x) {
        scalar_t z = input[blockIdx.x * hidden_size + idx];
        z += residual[blockIdx.x * hidden_size + idx];
        float x = (float)z;
        variance += x * x;
        residual[blockIdx.x * hidden_size + idx] = z;
    }
    const float scale = rsqrtf(block_sum(variance, scratch) / hidden_size + epsilon);
    for (int idx = threadIdx.x; idx < hidden_size; idx += blockDim.x) {
        float x = (float)residual[blockIdx.x * hidden_size + idx];
        input[blockIdx.x * hidden_size + idx] = ((scalar_t)(x * scale)) * weight[idx];
    }
}

#define LAUNCH_FUSED_ADD_RMS_NORM(width) \
    fused_add_rms_norm_kernel<half, width><<<grid, block>>>(input, residual, weight, epsilon, hidden_size)

void fused_add_rms_norm(half* input, half* residual, const half* weight, int rows, int hidden_size, float epsilon) {
    dim3 grid(rows);
    dim3 block(hidden_size >= 512 ? 128 : 64);
    const auto address = [](const void* p) { return reinterpret_cast<size_t>(p); };
    const bool aligned = address(input) % 16 == 0 && address(residual) % 16 == 0 && address(weight) % 16 == 0;
    if (aligned && hidden_size % 8 == 0) {
        LAUNCH_FUSED_ADD_RMS_NORM(8);
    } else {
        LAUNCH_FUSED_ADD_RMS_NORM(0);
    }
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int hidden : {3, 77, 320, 520}) {
        const int rows = 5, n = rows * hidden;
        std::vector<float> x = random_floats(n, 280), r = random_floats(n, 281), w = random_floats(hidden, 282, 0.5f, 1.5f);
        std::vector<half> xh(n), rh(n), wh(hidden);
        for (int i = 0; i < n; i++) xh[i] = __float2half(x[i]), rh[i] = __float2half(r[i]);
        for (int i = 0; i < hidden; i++) wh[i] = __float2half(w[i]);
        std::vector<float> want(n), want_residual(n), got(n), got_residual(n);
        for (int row = 0; row < rows; row++) {
            double sum = 0;
            for (int c = 0; c < hidden; c++) {
                float z = want_residual[row * hidden + c] = x[row * hidden + c] + r[row * hidden + c];
                sum += (double)z * z;
            }
            for (int c = 0; c < hidden; c++)
                want[row * hidden + c] =
                    (float)(want_residual[row * hidden + c] / std::sqrt(sum / hidden + 1e-5) * w[c]);
        }
        half *d_x = to_device(xh), *d_r = to_device(rh), *d_w = to_device(wh);
        fused_add_rms_norm(d_x, d_r, d_w, rows, hidden, 1e-5f);
        xh = to_host(d_x, n), rh = to_host(d_r, n);
        for (int i = 0; i < n; i++) got[i] = __half2float(xh[i]), got_residual[i] = __half2float(rh[i]);
        ok = all_close(got, want, 6e-3, "normalised") && ok;
        ok = all_close(got_residual, want_residual, 2e-3, "residual") && ok;
        cudaFree(d_x), cudaFree(d_r), cudaFree(d_w);
    }
    return report(ok);
}
