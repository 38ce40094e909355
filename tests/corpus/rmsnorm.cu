// Row 38, styles E and X: root-mean-square normalisation with vector loads. The vector is a template: width
// and element type give an aligned record; columns that do not fill a vector are handled one by one.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

template <typename T>
struct Convert;
template <>
struct Convert<float> {
    static __device__ float load(float v) { return v; }
    static __device__ float store(float v) { return v; }
};
template <>
struct Convert<__half> {
    static __device__ float load(__half v) { return __half2float(v); }
    static __device__ __half store(float v) { return __float2half_rn(v); }
};
template <>
struct Convert<__nv_bfloat16> {
    static __device__ float load(__nv_bfloat16 v) { return __bfloat162float(v); }
    static __device__ __nv_bfloat16 store(float v) { return __float2bfloat16_rn(v); }
};

template <typename T, int WIDTH>
struct alignas(sizeof(T) * WIDTH) Vec {
    T val[WIDTH];

    __device__ float sum_squares() const {
        float sum = 0.0f;
#pragma unroll
        for (int i = 0; i < WIDTH; ++i) {
            float x = Convert<T>::load(val[i]);
            sum += x * x;
        }
        return sum;
    }
};

__device__ __forceinline__ float block_reduce_sum(float value) {
    __shared__ float scratch[33];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
    for (int mask = 16; mask > 0; mask >>= 1) value += __shfl_xor_sync(0xffffffff, value, mask);
    if (lane == 0) scratch[warp] = value;
    __syncthreads();
    if (warp == 0) {
        value = lane < (int)(blockDim.x >> 5) ? scratch[lane] : 0.0f;
#pragma unroll
        for (int mask = 16; mask > 0; mask >>= 1) value += __shfl_xor_sync(0xffffffff, value, mask);
        if (lane == 0) scratch[32] = value;
    }
    __syncthreads();
    return scratch[32];
}

template <typename scalar_t, int WIDTH>
__global__ void __launch_bounds__(256)
rms_norm_kernel(scalar_t* __restrict__ out, const scalar_t* __restrict__ input, const scalar_t* __restrict__ weight,
                const float epsilon, const int hidden_size) {
    using vec_t = Vec<scalar_t, WIDTH>;
    const int vec_count = hidden_size / WIDTH;
    const scalar_t* row = input + (int64_t)blockIdx.x * hidden_size;
    scalar_t* out_row = out + (int64_t)blockIdx.x * hidden_size;
    const vec_t* vec_row = reinterpret_cast<const vec_t*>(row);

    float sum = 0.0f;
    for (int i = threadIdx.x; i < vec_count; i += blockDim.x) {
        vec_t v = vec_row[i];
        sum += v.sum_squares();
    }
    for (int i = vec_count * WIDTH + threadIdx.x; i < hidden_size; i += blockDim.x) {
        float x = Convert<scalar_t>::load(row[i]);
        sum += x * x;
    }
    const float scale = rsqrtf(block_reduce_sum(sum) / hidden_size + epsilon);

    for (int i = threadIdx.x; i < vec_count; i += blockDim.x) {
        vec_t v = vec_row[i];
        const vec_t w = reinterpret_cast<const vec_t*>(weight)[i];
        vec_t result;
#pragma unroll
        for (int j = 0; j < WIDTH; ++j) {
            result.val[j] = Convert<scalar_t>::store(Convert<scalar_t>::load(v.val[j]) * scale *
                                                     Convert<scalar_t>::load(w.val[j]));
        }
        reinterpret_cast<vec_t*>(out_row)[i] = result;
    }
    for (int i = vec_count * WIDTH + threadIdx.x; i < hidden_size; i += blockDim.x) {
        out_row[i] = Convert<scalar_t>::store(Convert<scalar_t>::load(row[i]) * scale *
                                              Convert<scalar_t>::load(weight[i]));
    }
}

// rows that do not start on a vector boundary fall back to width 1
template <typename scalar_t>
static void launch_rms_norm(scalar_t* out, const scalar_t* input, const scalar_t* weight, int rows, int hidden_size,
                            int block_size) {
    constexpr int width = 16 / sizeof(scalar_t);
    if (hidden_size % width == 0) {
        rms_norm_kernel<scalar_t, width><<<rows, block_size>>>(out, input, weight, 1e-6f, hidden_size);
    } else {
        rms_norm_kernel<scalar_t, 1><<<rows, block_size>>>(out, input, weight, 1e-6f, hidden_size);
    }
    CUDA_CHECK(cudaGetLastError());
}

void rms_norm(float* out, const float* input, const float* weight, int rows, int hidden_size, int block_size) {
    launch_rms_norm<float>(out, input, weight, rows, hidden_size, block_size);
}

void rms_norm_half(__half* out, const __half* input, const __half* weight, int rows, int hidden_size) {
    launch_rms_norm(out, input, weight, rows, hidden_size, 64);
}

void rms_norm_bf16(__nv_bfloat16* out, const __nv_bfloat16* input, const __nv_bfloat16* weight, int rows,
                   int hidden_size) {
    launch_rms_norm(out, input, weight, rows, hidden_size, 32);
}

template <typename T>
static std::vector<T> cast_to(const std::vector<float>& v) {
    std::vector<T> out;
    for (float x : v) out.push_back((T)x);
    return out;
}
template <typename T>
static std::vector<float> cast_from(const std::vector<T>& v) {
    std::vector<float> out;
    for (T x : v) out.push_back((float)x);
    return out;
}

int main() {
    bool ok = true;
    for (int hidden : {1, 96, 250}) {
        const int rows = 7, n = rows * hidden;
        std::vector<float> x = random_floats(n, 270, -3.0f, 3.0f), w = random_floats(hidden, 271, 0.5f, 1.5f);
        std::vector<double> want(n);
        for (int r = 0; r < rows; r++) {
            double sum = 0;
            for (int c = 0; c < hidden; c++) sum += (double)x[r * hidden + c] * x[r * hidden + c];
            for (int c = 0; c < hidden; c++)
                want[r * hidden + c] = x[r * hidden + c] / std::sqrt(sum / hidden + 1e-6) * w[c];
        }
        float *d_x = to_device(x), *d_w = to_device(w), *d_y = device_zeros<float>(n);
        rms_norm(d_y, d_x, d_w, rows, hidden, 128);
        ok = all_close(to_host(d_y, n), want, 1e-5, "rms norm") && ok;
        __half *d_xh = to_device(cast_to<__half>(x)), *d_wh = to_device(cast_to<__half>(w));
        __half* d_yh = device_zeros<__half>(n);
        rms_norm_half(d_yh, d_xh, d_wh, rows, hidden);
        ok = all_close(cast_from(to_host(d_yh, n)), want, 4e-3, "rms norm half") && ok;
        __nv_bfloat16 *d_xb = to_device(cast_to<__nv_bfloat16>(x)), *d_wb = to_device(cast_to<__nv_bfloat16>(w));
        __nv_bfloat16* d_yb = device_zeros<__nv_bfloat16>(n);
        rms_norm_bf16(d_yb, d_xb, d_wb, rows, hidden);
        ok = all_close(cast_from(to_host(d_yb, n)), want, 3e-2, "rms norm bf16") && ok;
        cudaFree(d_x), cudaFree(d_w), cudaFree(d_y), cudaFree(d_xh), cudaFree(d_wh), cudaFree(d_yh);
        cudaFree(d_xb), cudaFree(d_wb), cudaFree(d_yb);
    }
    return report(ok);
}
