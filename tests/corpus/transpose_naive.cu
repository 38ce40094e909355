// Row 15, style T: out[c][r] = inp[r][c]: one thread per element, reads or writes coalesced.
#include <cstdio>
#include <cstdlib>
#include <vector>

__global__ void transpose_read_row_kernel(float* out, const float* inp, int rows, int cols) {
    int col = blockIdx.x * blockDim.x + threadIdx.x;
    int row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row < rows && col < cols) {
        out[col * rows + row] = inp[row * cols + col];
    }
}

__global__ void transpose_write_row_kernel(float* out, const float* inp, int rows, int cols) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    int col = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= rows || col >= cols) return;
    out[col * rows + row] = inp[row * cols + col];
}

// Many matrices: the batch is the third grid dimension, the element count a 64-bit product.
__global__ void transpose_batched_kernel(double* out, const double* inp, int rows, int cols) {
    unsigned long long matrix = (unsigned long long)rows * cols;
    inp += blockIdx.z * matrix;
    out += blockIdx.z * matrix;
    for (int i = threadIdx.x + blockIdx.x * blockDim.x; i < matrix; i += blockDim.x * gridDim.x) {
        int row = i / cols, col = i - row * cols;
        out[(size_t)col * rows + row] = inp[i];
    }
}

void transpose_read_row(float* out, const float* inp, int rows, int cols, int block_side) {
    dim3 block(block_side, block_side);
    dim3 grid((cols + block.x - 1) / block.x, (rows + block.y - 1) / block.y);
    transpose_read_row_kernel<<<grid, block>>>(out, inp, rows, cols);
}

void transpose_write_row(float* out, const float* inp, int rows, int cols) {
    dim3 block(32, 4);
    dim3 grid((rows + 31) / 32, (cols + 3) / 4);
    transpose_write_row_kernel<<<grid, block>>>(out, inp, rows, cols);
}

void transpose_batched(double* out, const double* inp, int batch, int rows, int cols) {
    dim3 grid(2, 1, batch);
    transpose_batched_kernel<<<grid, 96>>>(out, inp, rows, cols);
}

int main() {
    const int rows = 43, cols = 29, batch = 3, n = rows * cols;
    std::vector<float> x(n), y(n);
    std::vector<double> xd(batch * n), yd(batch * n);
    for (int i = 0; i < n; i++) x[i] = (float)i;
    for (int i = 0; i < batch * n; i++) xd[i] = i * 0.5;

    float *d_x, *d_y;
    double *d_xd, *d_yd;
    cudaMalloc(&d_x, n * sizeof(float));
    cudaMalloc(&d_y, n * sizeof(float));
    cudaMalloc(&d_xd, batch * n * sizeof(double));
    cudaMalloc(&d_yd, batch * n * sizeof(double));
    cudaMemcpy(d_x, x.data(), n * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemcpy(d_xd, xd.data(), batch * n * sizeof(double), cudaMemcpyHostToDevice);

    bool ok = true;
    for (int version = 0; version < 2; version++) {
        cudaMemset(d_y, 0xff, n * sizeof(float));
        if (version == 0)
            transpose_read_row(d_y, d_x, rows, cols, 16);
        else
            transpose_write_row(d_y, d_x, rows, cols);
        cudaMemcpy(y.data(), d_y, n * sizeof(float), cudaMemcpyDeviceToHost);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < cols; c++) ok = ok && y[c * rows + r] == x[r * cols + c];
    }
    transpose_batched(d_yd, d_xd, batch, rows, cols);
    cudaMemcpy(yd.data(), d_yd, batch * n * sizeof(double), cudaMemcpyDeviceToHost);
    for (int b = 0; b < batch; b++)
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < cols; c++) ok = ok && yd[b * n + c * rows + r] == xd[b * n + r * cols + c];

    ok = ok && cudaDeviceSynchronize() == cudaSuccess;
    cudaFree(d_x);
    cudaFree(d_y);
    cudaFree(d_xd);
    cudaFree(d_yd);
    printf("%s\n", ok ? "PASS" : "FAIL");
    return ok ? 0 : 1;
}
