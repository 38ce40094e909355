// Row 16, styles T and L: transpose through a shared tile. A padded column keeps the transposed reads free
// of bank conflicts; each thread moves TILE / ROWS elements.
#include <cuda_fp16.h>

#include "check.h"

template <typename T, int TILE, int ROWS>
__global__ void transpose_tiled_kernel(T* __restrict__ out, const T* __restrict__ inp, int rows, int cols) {
    __shared__ T tile[TILE][TILE + 1];

    int x = blockIdx.x * TILE + threadIdx.x;
    int y = blockIdx.y * TILE + threadIdx.y;
#pragma unroll
    for (int j = 0; j < TILE; j += ROWS) {
        if (x < cols && y + j < rows) {
            tile[threadIdx.y + j][threadIdx.x] = inp[(y + j) * cols + x];
        }
    }

    __syncthreads();

    x = blockIdx.y * TILE + threadIdx.x;  // the tile's place in the output is mirrored
    y = blockIdx.x * TILE + threadIdx.y;
#pragma unroll
    for (int j = 0; j < TILE; j += ROWS) {
        if (x < rows && y + j < cols) {
            out[(y + j) * rows + x] = tile[threadIdx.x][threadIdx.y + j];
        }
    }
}

// In-place transpose of a square matrix: a block swaps two mirrored tiles (or owns one on the
// diagonal), blocks above the diagonal have nothing to do.
template <int TILE>
__global__ void transpose_square_kernel(float* data, int n) {
    if (blockIdx.x > blockIdx.y) return;
    __shared__ float lower[TILE][TILE + 1], upper[TILE][TILE + 1];
    const int tx = threadIdx.x, ty = threadIdx.y;
    const int row = blockIdx.y * TILE + ty, col = blockIdx.x * TILE + tx;
    const int mirror_row = blockIdx.x * TILE + ty, mirror_col = blockIdx.y * TILE + tx;

    if (row < n && col < n) lower[ty][tx] = data[row * n + col];
    if (mirror_row < n && mirror_col < n) upper[ty][tx] = data[mirror_row * n + mirror_col];
    __syncthreads();
    if (row < n && col < n) data[row * n + col] = upper[tx][ty];
    if (blockIdx.x != blockIdx.y && mirror_row < n && mirror_col < n) {
        data[mirror_row * n + mirror_col] = lower[tx][ty];
    }
}

void transpose_tiled(float* out, const float* inp, int rows, int cols) {
    constexpr int TILE = 32, ROWS = 8;
    dim3 grid(ceil_div(cols, TILE), ceil_div(rows, TILE));
    dim3 block(TILE, ROWS);
    transpose_tiled_kernel<float, TILE, ROWS><<<grid, block>>>(out, inp, rows, cols);
}

void transpose_tiled_half(__half* out, const __half* inp, int rows, int cols) {
    dim3 grid(ceil_div(cols, 16), ceil_div(rows, 16));
    transpose_tiled_kernel<__half, 16, 4><<<grid, dim3(16, 4)>>>(out, inp, rows, cols);
}

void transpose_square(float* data, int n) {
    const int tiles = ceil_div(n, 16);
    transpose_square_kernel<16><<<dim3(tiles, tiles), dim3(16, 16)>>>(data, n);
}

int main() {
    const int rows = 67, cols = 45, n = rows * cols, side = 37;
    std::vector<float> x = random_floats(n, 101), want(n), square = random_floats(side * side, 102), want_square(square);
    std::vector<__half> xh(n);
    for (int i = 0; i < n; i++) xh[i] = __float2half(x[i]);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < cols; c++) want[c * rows + r] = x[r * cols + c];
    for (int r = 0; r < side; r++)
        for (int c = 0; c < side; c++) want_square[c * side + r] = square[r * side + c];

    float *d_x = to_device(x), *d_y = device_zeros<float>(n), *d_square = to_device(square);
    __half *d_xh = to_device(xh), *d_yh = device_zeros<__half>(n);
    transpose_tiled(d_y, d_x, rows, cols);
    bool ok = all_close(to_host(d_y, n), want, 0.0, "tiled");
    transpose_square(d_square, side);
    ok = all_close(to_host(d_square, side * side), want_square, 0.0, "square") && ok;
    transpose_tiled_half(d_yh, d_xh, rows, cols);
    std::vector<__half> raw = to_host(d_yh, n);
    std::vector<float> got(n);
    for (int i = 0; i < n; i++) got[i] = __half2float(raw[i]);
    ok = all_close(got, want, 1e-3, "tiled half") && ok;
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_square), cudaFree(d_xh), cudaFree(d_yh);
    return report(ok);
}
