// Row 8, style E: cast a strided matrix between element types; conversions to int8 round and saturate.
#include <cstdint>
#include <type_traits>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

template <typename dst_t, typename src_t>
__device__ __forceinline__ dst_t convert(src_t value) {
    if constexpr (std::is_same_v<dst_t, src_t>) {
        return value;
    } else if constexpr (std::is_same_v<dst_t, int8_t>) {
        float x = rintf(static_cast<float>(value));
        x = fminf(fmaxf(x, -128.0f), 127.0f);
        return static_cast<int8_t>(static_cast<int>(x));
    } else if constexpr (std::is_same_v<dst_t, __half>) {
        return __float2half_rn(static_cast<float>(value));
    } else if constexpr (std::is_same_v<dst_t, __nv_bfloat16>) {
        return __float2bfloat16_rn(static_cast<float>(value));
    } else {
        return static_cast<dst_t>(value);
    }
}

// grid.y walks the rows, so that no division is needed
template <typename dst_t, typename src_t>
__global__ void cast_matrix_kernel(dst_t* dst, const src_t* src, int cols, int64_t dst_stride, int64_t src_stride) {
    const int col = blockIdx.x * blockDim.x + threadIdx.x;
    const int64_t row = blockIdx.y;
    if (col >= cols) return;
    dst[row * dst_stride + col] = convert<dst_t>(src[row * src_stride + col]);
}

template <typename dst_t, typename src_t>
void cast_matrix(dst_t* dst, const src_t* src, int rows, int cols, int dst_stride, int src_stride) {
    constexpr int block_size = 64;
    dim3 grid(ceil_div(cols, block_size), rows);
    cast_matrix_kernel<dst_t, src_t><<<grid, block_size>>>(dst, src, cols, dst_stride, src_stride);
    CUDA_CHECK(cudaGetLastError());
}

template void cast_matrix<__half, float>(__half*, const float*, int, int, int, int);
template void cast_matrix<float, __half>(float*, const __half*, int, int, int, int);
template void cast_matrix<__nv_bfloat16, float>(__nv_bfloat16*, const float*, int, int, int, int);
template void cast_matrix<float, __nv_bfloat16>(float*, const __nv_bfloat16*, int, int, int, int);
template void cast_matrix<int8_t, float>(int8_t*, const float*, int, int, int, int);
template void cast_matrix<double, int8_t>(double*, const int8_t*, int, int, int, int);

int main() {
    const int rows = 7, cols = 133, src_stride = 140, dst_stride = 135;
    std::vector<float> x = random_floats(rows * src_stride, 41, -200.0f, 200.0f);
    x[0] = 0.5f, x[1] = 1.5f, x[2] = -0.5f, x[3] = 2.5f, x[4] = 1.0e-7f;

    float* d_x = to_device(x);
    float* d_back = device_zeros<float>(rows * dst_stride);
    __half* d_h = device_zeros<__half>(rows * dst_stride);
    __nv_bfloat16* d_b = device_zeros<__nv_bfloat16>(rows * dst_stride);
    int8_t* d_q = device_zeros<int8_t>(rows * dst_stride);
    double* d_d = device_zeros<double>(rows * dst_stride);

    // the padding columns must stay zero
    std::vector<float> want(rows * dst_stride, 0.0f), want_b(rows * dst_stride, 0.0f);
    std::vector<double> want_q(rows * dst_stride, 0.0);
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < cols; c++) {
            float v = x[r * src_stride + c];
            want[r * dst_stride + c] = __half2float(__float2half(v));
            want_b[r * dst_stride + c] = __bfloat162float(__float2bfloat16(v));
            want_q[r * dst_stride + c] = std::fmin(std::fmax(std::nearbyint(v), -128.0f), 127.0f);
        }
    }

    cast_matrix(d_h, d_x, rows, cols, dst_stride, src_stride);
    cast_matrix(d_back, d_h, rows, cols, dst_stride, dst_stride);
    bool ok = all_close(to_host(d_back, want.size()), want, 0.0, "float -> half -> float");
    cast_matrix(d_b, d_x, rows, cols, dst_stride, src_stride);
    cast_matrix(d_back, d_b, rows, cols, dst_stride, dst_stride);
    ok = all_close(to_host(d_back, want.size()), want_b, 0.0, "float -> bf16 -> float") && ok;
    cast_matrix(d_q, d_x, rows, cols, dst_stride, src_stride);
    cast_matrix(d_d, d_q, rows, cols, dst_stride, dst_stride);
    ok = all_close(to_host(d_d, want.size()), want_q, 0.0, "float -> int8 -> double") && ok;

    cudaFree(d_x), cudaFree(d_back), cudaFree(d_h), cudaFree(d_b), cudaFree(d_q), cudaFree(d_d);
    return report(ok);
}
