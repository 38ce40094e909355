// Row 96, style T: Walsh-Hadamard transform of rows whose length is a power of two - butterflies in
// shared memory for any length, and within registers and shuffles for a length known at compile time.
#include <cuda_fp16.h>

#include "check.h"

// a block per row, log2(n) passes over shared memory
__global__ void fwt_shared_kernel(float* out, const float* inp, int log2n, float scale) {
    extern __shared__ float data[];
    const int n = 1 << log2n;
    const float* x = inp + blockIdx.x * n;
    for (int i = threadIdx.x; i < n; i += blockDim.x) data[i] = x[i];
    for (int stride = n / 2; stride >= 1; stride >>= 1) {
        __syncthreads();
        for (int pair = threadIdx.x; pair < n / 2; pair += blockDim.x) {
            const int lo = pair & (stride - 1);
            const int i0 = ((pair - lo) << 1) + lo;
            const int i1 = i0 + stride;
            const float a = data[i0], b = data[i1];
            data[i0] = a + b;
            data[i1] = a - b;
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < n; i += blockDim.x) out[blockIdx.x * n + i] = data[i] * scale;
}

// a warp per row: N values are N / 32 per lane (one for short rows)
template <int LOG_N, typename T>
__global__ void __launch_bounds__(128) fwt_warp_kernel(T* __restrict__ out, const T* __restrict__ inp, int rows, float scale) {
    constexpr int N = 1 << LOG_N;
    constexpr int WIDTH = N < 32 ? N : 32;
    constexpr int PER_LANE = N / WIDTH;
    const int lane = threadIdx.x % WIDTH;
    const int row = (blockIdx.x * blockDim.x + threadIdx.x) / WIDTH;

    float reg[PER_LANE];
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) reg[i] = row < rows ? float(inp[row * N + i * WIDTH + lane]) * scale : 0.0f;

#pragma unroll
    for (int h = 1; h < WIDTH; h *= 2) {
#pragma unroll
        for (int i = 0; i < PER_LANE; ++i) {
            const float other = __shfl_xor_sync(0xffffffffu, reg[i], h, WIDTH);
            reg[i] = (lane & h) ? other - reg[i] : reg[i] + other;
        }
    }
#pragma unroll
    for (int h = 1; h < PER_LANE; h *= 2) {
#pragma unroll
        for (int i = 0; i < PER_LANE; i += 2 * h) {
#pragma unroll
            for (int j = 0; j < h; ++j) {
                const float a = reg[i + j], b = reg[i + j + h];
                reg[i + j] = a + b;
                reg[i + j + h] = a - b;
            }
        }
    }
    if (row >= rows) return;
#pragma unroll
    for (int i = 0; i < PER_LANE; ++i) out[row * N + i * WIDTH + lane] = T(reg[i]);
}

void fwt_shared(float* out, const float* inp, int rows, int log2n, float scale) {
    const int n = 1 << log2n;
    fwt_shared_kernel<<<rows, 64, n * sizeof(float)>>>(out, inp, log2n, scale);
    CUDA_CHECK(cudaGetLastError());
}

#define LAUNCH_CASE(LOG_N)                                                                                   \
    case LOG_N: {                                                                                            \
        const int blocks = ceil_div(rows * (LOG_N < 5 ? 1 << LOG_N : 32), 128);                              \
        fwt_warp_kernel<LOG_N><<<blocks, 128>>>(out, inp, rows, scale);                                      \
        return true;                                                                                         \
    }

bool fwt_warp(float* out, const float* inp, int rows, int log2n, float scale) {
    switch (log2n) {
        LAUNCH_CASE(1)
        LAUNCH_CASE(7)
        default: return false;
    }
}

void fwt_warp_half(half* out, const half* inp, int rows) {
    fwt_warp_kernel<8><<<ceil_div(rows, 4), 128>>>(out, inp, rows, 0.0625f);  // 1 / sqrt(256)
}

std::vector<double> transformed(std::vector<double> x, int n, double scale) {
    for (size_t row = 0; row < x.size(); row += n)
        for (int h = 1; h < n; h *= 2)
            for (int i = 0; i < n; i++)
                if (!(i & h)) {
                    double a = x[row + i], b = x[row + i + h];
                    x[row + i] = a + b, x[row + i + h] = a - b;
                }
    for (double& v : x) v *= scale;
    return x;
}

int main() {
    bool ok = true;
    for (int log2n : {0, 1, 5, 7}) {
        const int n = 1 << log2n, rows = 13;
        std::vector<float> x = random_floats(rows * n, 830 + log2n);
        std::vector<double> want = transformed({x.begin(), x.end()}, n, 0.25);
        float *d_x = to_device(x), *d_y = device_zeros<float>(rows * n);
        fwt_shared(d_y, d_x, rows, log2n, 0.25f);
        ok = all_close(to_host(d_y, rows * n), want, 1e-5, "shared") && ok;
        if (fwt_warp(d_y, d_x, rows, log2n, 0.25f)) {
            ok = all_close(to_host(d_y, rows * n), want, 1e-5, "warp") && ok;
        }
        cudaFree(d_x), cudaFree(d_y);
    }
    const int rows = 5, n = 256;
    std::vector<half> x;
    std::vector<double> xd;
    for (float v : random_floats(rows * n, 839)) x.push_back(__float2half(v)), xd.push_back(__half2float(x.back()));
    half *d_x = to_device(x), *d_y = device_zeros<half>(rows * n);
    fwt_warp_half(d_y, d_x, rows);
    ok = all_close(to_host(d_y, rows * n), transformed(xd, n, 0.0625), 1e-2, "half") && ok;
    cudaFree(d_x), cudaFree(d_y);
    return report(ok);
}
