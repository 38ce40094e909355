// Row 34, style T: dinp = out * (dout - dot(out, dout)), row by row: serial rows, a block per row, and a
// warp per row that reads four rows' worth of data in flight.
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <cmath>

#include <cuda_runtime.h>

__global__ void softmax_backward_rows_kernel(float* dinp, const float* dout, const float* out, int rows, int cols) {
    const int row = blockDim.x * blockIdx.x + threadIdx.x;
    if (row >= rows) return;
    const float *y = out + row * cols, *dy = dout + row * cols;
    float dot = 0.0f;
    for (int c = 0; c < cols; ++c) dot += y[c] * dy[c];
    for (int c = 0; c < cols; ++c) dinp[row * cols + c] = y[c] * (dy[c] - dot);
}

template <int BLOCK>
__global__ void softmax_backward_block_kernel(float* dinp, const float* dout, const float* out, int cols) {
    __shared__ float warp_sums[BLOCK / 32];
    const float* y = out + (size_t)blockIdx.x * cols;
    const float* dy = dout + (size_t)blockIdx.x * cols;
    float* dx = dinp + (size_t)blockIdx.x * cols;

    float dot = 0.0f;
    for (int c = threadIdx.x; c < cols; c += BLOCK) dot += y[c] * dy[c];
    for (int offset = 16; offset > 0; offset >>= 1) dot += __shfl_down_sync(0xffffffffu, dot, offset);
    if ((threadIdx.x & 31) == 0) warp_sums[threadIdx.x >> 5] = dot;
    __syncthreads();
    dot = 0.0f;
    for (int w = 0; w < BLOCK / 32; ++w) dot += warp_sums[w];  // same order in every thread

    for (int c = threadIdx.x; c < cols; c += BLOCK) dx[c] = y[c] * (dy[c] - dot);
}

// Also accumulates into a gradient that exists already: dinp += ...
__global__ void softmax_backward_warp_kernel(float* __restrict__ dinp, const float* __restrict__ dout,
                                             const float* __restrict__ out, const int rows, const int cols) {
    const int lane = threadIdx.x;
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= rows) return;
    float dot = 0.0f;
    int c = lane;
    for (; c + 96 < cols; c += 128) {
        float part[4];
#pragma unroll
        for (int k = 0; k < 4; k++) part[k] = out[row * cols + c + 32 * k] * dout[row * cols + c + 32 * k];
        dot += (part[0] + part[1]) + (part[2] + part[3]);
    }
    for (; c < cols; c += 32) dot += out[row * cols + c] * dout[row * cols + c];
#pragma unroll
    for (int mask = 16; mask > 0; mask /= 2) dot += __shfl_xor_sync(0xffffffffu, dot, mask);
    for (c = lane; c < cols; c += 32) {
        dinp[row * cols + c] += out[row * cols + c] * (dout[row * cols + c] - dot);
    }
}

void softmax_backward_rows(float* dinp, const float* dout, const float* out, int rows, int cols, int block_size) {
    const int grid_size = (rows + block_size - 1) / block_size;
    softmax_backward_rows_kernel<<<grid_size, block_size>>>(dinp, dout, out, rows, cols);
}

void softmax_backward_block(float* dinp, const float* dout, const float* out, int rows, int cols) {
    softmax_backward_block_kernel<128><<<rows, 128>>>(dinp, dout, out, cols);
}

void softmax_backward_warp(float* dinp, const float* dout, const float* out, int rows, int cols) {
    const int rows_per_block = 4;
    softmax_backward_warp_kernel<<<(rows + rows_per_block - 1) / rows_per_block, dim3(32, rows_per_block)>>>(
        dinp, dout, out, rows, cols);
}

int main(int argc, char** argv) {
    const int rows = argc > 1 ? atoi(argv[1]) : 14;
    const int cols = argc > 2 ? atoi(argv[2]) : 277;
    const int n = rows * cols;
    std::vector<float> y(n), dy(n), got(n);
    std::vector<double> want(n);
    for (int r = 0; r < rows; r++) {
        double sum = 0, dot = 0;
        for (int c = 0; c < cols; c++) {
            y[r * cols + c] = (float)((r * 31 + c * 17) % 23 + 1);
            dy[r * cols + c] = (float)((r * 7 + c * 5) % 19) * 0.1f - 0.9f;
            sum += y[r * cols + c];
        }
        for (int c = 0; c < cols; c++) {
            y[r * cols + c] /= (float)sum;
            dot += (double)y[r * cols + c] * dy[r * cols + c];
        }
        for (int c = 0; c < cols; c++) want[r * cols + c] = y[r * cols + c] * (dy[r * cols + c] - dot);
    }
    float *d_y, *d_dy, *d_dx;
    cudaMalloc(&d_y, n * sizeof(float));
    cudaMalloc(&d_dy, n * sizeof(float));
    cudaMalloc(&d_dx, n * sizeof(float));
    cudaMemcpy(d_y, y.data(), n * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemcpy(d_dy, dy.data(), n * sizeof(float), cudaMemcpyHostToDevice);

    bool ok = true;
    for (int version = 1; version <= 3; version++) {
        cudaMemset(d_dx, 0, n * sizeof(float));
        if (version == 1) softmax_backward_rows(d_dx, d_dy, d_y, rows, cols, 32);
        if (version == 2) softmax_backward_block(d_dx, d_dy, d_y, rows, cols);
        if (version == 3) softmax_backward_warp(d_dx, d_dy, d_y, rows, cols);
        if (cudaDeviceSynchronize() != cudaSuccess) ok = false;
        cudaMemcpy(got.data(), d_dx, n * sizeof(float), cudaMemcpyDeviceToHost);
        for (int i = 0; i < n; i++) {
            if (!(std::fabs(got[i] - want[i]) <= 1e-6)) {
                printf("version %d, element %d: %g, expected %g\n", version, i, got[i], want[i]);
                ok = false;
                break;
            }
        }
    }
    cudaFree(d_y);
    cudaFree(d_dy);
    cudaFree(d_dx);
    printf("%s\n", ok ? "PASS" : "FAIL");
    return ok ? 0 : 1;
}
