// Row 57, style T: c = A * B + bias, one thread per output element; and the general alpha / beta form on
// columns.
#include "check.h"

#define IDX2C(row, col, ld) (((col) * (ld)) + (row))

__global__ void matmul_bias_kernel(float* out, const float* inp, const float* weight, const float* bias, int BT, int C,
                                   int OC) {
    // out[bt, oc] = sum_c inp[bt, c] * weight[oc, c] + bias[oc]
    int bt = blockIdx.x * blockDim.x + threadIdx.x;
    int oc = blockIdx.y * blockDim.y + threadIdx.y;
    if (bt < BT && oc < OC) {
        float val = (bias != NULL) ? bias[oc] : 0.0f;
        const float* wrow = weight + oc * C;
        const float* inp_bt = inp + bt * C;
        for (int i = 0; i < C; i++) {
            val += inp_bt[i] * wrow[i];
        }
        out[bt * OC + oc] = val;
    }
}

// C = alpha * op(A) * B + beta * C, column-major as in BLAS
template <bool TRANSPOSE_A>
__global__ void gemm_kernel(int m, int n, int k, double alpha, const double* A, int lda, const double* B, int ldb,
                            double beta, double* C, int ldc) {
    const int row = blockDim.x * blockIdx.x + threadIdx.x;
    const int col = blockDim.y * blockIdx.y + threadIdx.y;
    if (row >= m || col >= n) return;
    double sum = 0.0;
    for (int i = 0; i < k; ++i) {
        const double a = TRANSPOSE_A ? A[IDX2C(i, row, lda)] : A[IDX2C(row, i, lda)];
        sum += a * B[IDX2C(i, col, ldb)];
    }
    double& target = C[IDX2C(row, col, ldc)];
    target = beta == 0.0 ? alpha * sum : alpha * sum + beta * target;  // beta 0 ignores what was there
}

void matmul_bias(float* out, const float* inp, const float* weight, const float* bias, int BT, int C, int OC,
                 int sqrt_block_size) {
    dim3 gridDim(ceil_div(BT, sqrt_block_size), ceil_div(OC, sqrt_block_size));
    dim3 blockDim(sqrt_block_size, sqrt_block_size);
    matmul_bias_kernel<<<gridDim, blockDim>>>(out, inp, weight, bias, BT, C, OC);
    CUDA_CHECK(cudaGetLastError());
}

void gemm(double* C, const double* A, const double* B, int m, int n, int k, double alpha, double beta,
          bool transpose_a) {
    dim3 block(16, 4);
    dim3 grid(ceil_div(m, 16), ceil_div(n, 4));
    if (transpose_a)
        gemm_kernel<true><<<grid, block>>>(m, n, k, alpha, A, k, B, k, beta, C, m);
    else
        gemm_kernel<false><<<grid, block>>>(m, n, k, alpha, A, m, B, k, beta, C, m);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int BT = 21, C = 17, OC = 35;
    std::vector<float> inp = random_floats(BT * C, 500), weight = random_floats(OC * C, 501), bias = random_floats(OC, 502);
    std::vector<double> want(BT * OC), plain(BT * OC);
    for (int r = 0; r < BT; r++)
        for (int o = 0; o < OC; o++) {
            for (int c = 0; c < C; c++) plain[r * OC + o] += (double)inp[r * C + c] * weight[o * C + c];
            want[r * OC + o] = plain[r * OC + o] + bias[o];
        }
    float *d_inp = to_device(inp), *d_w = to_device(weight), *d_b = to_device(bias), *d_out = device_zeros<float>(BT * OC);
    matmul_bias(d_out, d_inp, d_w, d_b, BT, C, OC, 16);
    bool ok = all_close(to_host(d_out, BT * OC), want, 1e-5, "matmul bias");
    matmul_bias(d_out, d_inp, d_w, nullptr, BT, C, OC, 8);
    ok = all_close(to_host(d_out, BT * OC), plain, 1e-5, "matmul") && ok;

    const int m = 19, n = 11, k = 23;
    std::vector<double> A(m * k), At(m * k), B(k * n), C0(m * n), C1(m * n);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < k; j++) A[j * m + i] = At[i * k + j] = (i * 7 + j * 3) % 13 - 6.0;
    for (int i = 0; i < k * n; i++) B[i] = i % 9 * 0.25 - 1.0;
    for (int i = 0; i < m * n; i++) C0[i] = NAN;  // beta 0 must not read it
    for (int i = 0; i < m * n; i++)
        for (int j = 0; j < k; j++) C1[i] += 2.0 * A[j * m + i % m] * B[i / m * k + j];
    double *d_A = to_device(A), *d_At = to_device(At), *d_B = to_device(B), *d_C = to_device(C0);
    gemm(d_C, d_A, d_B, m, n, k, 2.0, 0.0, false);
    ok = all_close(to_host(d_C, m * n), C1, 1e-12, "gemm") && ok;
    gemm(d_C, d_At, d_B, m, n, k, 2.0, 0.5, true);
    for (double& v : C1) v *= 1.5;
    ok = all_close(to_host(d_C, m * n), C1, 1e-12, "gemm transposed") && ok;
    cudaFree(d_inp), cudaFree(d_w), cudaFree(d_b), cudaFree(d_out);
    cudaFree(d_A), cudaFree(d_At), cudaFree(d_B), cudaFree(d_C);
    return report(ok);
}
