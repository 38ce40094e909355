// Row 2, styles T and H: y = alpha * x + y with a grid-stride loop, so that any grid covers any length.
#include <cstdint>

#include "check.h"

template <typename T>
__global__ void axpy_kernel(T* y, const T* x, T alpha, int64_t n) {
    const int64_t stride = (int64_t)gridDim.x * blockDim.x;
    for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) {
        y[i] = alpha * x[i] + y[i];
    }
}

// Same operator on strided vectors, BLAS style: a negative increment walks backwards.
__global__ void axpy_strided_kernel(double* y, const double* x, double alpha, int n, int incy, int incx) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    int ix = incx >= 0 ? i * incx : (n - 1 - i) * -incx;
    int iy = incy >= 0 ? i * incy : (n - 1 - i) * -incy;
    y[iy] = fma(alpha, x[ix], y[iy]);
}

void axpy_float(float* y, const float* x, float alpha, int n, int block_size) {
    int grid_size = ceil_div(n, block_size);
    if (grid_size > 4) grid_size = 4;  // few blocks on purpose: the loop must go round
    axpy_kernel<<<grid_size, block_size>>>(y, x, alpha, (int64_t)n);
    CUDA_CHECK(cudaGetLastError());
}

void axpy_double(double* y, const double* x, double alpha, int n, int block_size) {
    axpy_kernel<double><<<2, block_size>>>(y, x, alpha, n);
    CUDA_CHECK(cudaGetLastError());
}

void axpy_strided(double* y, const double* x, double alpha, int n) {
    axpy_strided_kernel<<<ceil_div(n, 64), 64>>>(y, x, alpha, n, -2, 3);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int n = 1237;
    std::vector<float> x = random_floats(n, 1), y = random_floats(n, 2), want(n);
    std::vector<double> xd(3 * n), yd(2 * n), want_d(n), want_strided;
    for (int i = 0; i < 3 * n; i++) xd[i] = 0.01 * i;
    for (int i = 0; i < 2 * n; i++) yd[i] = 1.0 - i;
    for (int i = 0; i < n; i++) want[i] = 0.75f * x[i] + y[i];

    float *d_x = to_device(x), *d_y = to_device(y);
    axpy_float(d_y, d_x, 0.75f, n, 128);
    bool ok = all_close(to_host(d_y, n), want, 1e-6, "axpy float");

    want_strided = yd;
    for (int i = 0; i < n; i++) want_d[i] = -2.5 * xd[i] + yd[i];
    for (int i = 0; i < n; i++) want_strided[(n - 1 - i) * 2] += -2.5 * xd[i * 3];
    double *d_xd = to_device(xd), *d_yd = to_device(yd), *d_ys = to_device(yd);
    axpy_double(d_yd, d_xd, -2.5, n, 96);
    axpy_strided(d_ys, d_xd, -2.5, n);
    ok = all_close(to_host(d_yd, n), want_d, 1e-12, "axpy double") && ok;
    ok = all_close(to_host(d_ys, 2 * n), want_strided, 1e-12, "axpy strided") && ok;

    cudaFree(d_x), cudaFree(d_y), cudaFree(d_xd), cudaFree(d_yd), cudaFree(d_ys);
    return report(ok);
}
