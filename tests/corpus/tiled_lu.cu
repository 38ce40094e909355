// Row 100, style H: LU factorisation in place, without pivoting, by tiles: diagonal, perimeter and
// internal kernels per step; then a triangular solve. Partial tiles are padded with the identity.
#include <algorithm>

#include "check.h"

#define BS 16
#define AT(r, c) m[(size_t)(r) * n + (c)]

template <typename real>
__device__ real load_or_identity(const real* m, int n, int r, int c) {
    return r < n && c < n ? AT(r, c) : (r == c ? real(1) : real(0));
}

template <typename real>
__global__ void lud_diagonal_kernel(real* m, int n, int offset) {
    __shared__ real shadow[BS][BS];
    const int tx = threadIdx.x;
    for (int i = 0; i < BS; i++) shadow[i][tx] = load_or_identity(m, n, offset + i, offset + tx);
    __syncthreads();
    for (int i = 0; i < BS - 1; i++) {
        if (tx > i) {
            for (int j = 0; j < i; j++) shadow[tx][i] -= shadow[tx][j] * shadow[j][i];
            shadow[tx][i] /= shadow[i][i];
        }
        __syncthreads();
        if (tx > i) {
            for (int j = 0; j < i + 1; j++) shadow[i + 1][tx] -= shadow[i + 1][j] * shadow[j][tx];
        }
        __syncthreads();
    }
    for (int i = 1; i < BS; i++) {
        if (offset + i < n && offset + tx < n) AT(offset + i, offset + tx) = shadow[i][tx];
    }
}

// Half of the threads update a tile to the right, the other half one below.
template <typename real>
__global__ void lud_perimeter_kernel(real* m, int n, int offset) {
    __shared__ real dia[BS][BS], row[BS][BS], col[BS][BS];
    const int start = offset + (blockIdx.x + 1) * BS;
    const bool is_row = threadIdx.x < BS;
    const int idx = threadIdx.x % BS;
    for (int i = is_row ? 0 : BS / 2; i < (is_row ? BS / 2 : BS); i++) dia[i][idx] = load_or_identity(m, n, offset + i, offset + idx);
    for (int i = 0; i < BS; i++) {
        if (is_row)
            row[i][idx] = load_or_identity(m, n, offset + i, start + idx);
        else
            col[i][idx] = load_or_identity(m, n, start + i, offset + idx);
    }
    __syncthreads();
    if (is_row) {
        for (int i = 1; i < BS; i++)
            for (int j = 0; j < i; j++) row[i][idx] -= dia[i][j] * row[j][idx];
    } else {
        for (int i = 0; i < BS; i++) {
            for (int j = 0; j < i; j++) col[idx][i] -= col[idx][j] * dia[j][i];
            col[idx][i] /= dia[i][i];
        }
    }
    __syncthreads();
    for (int i = 0; i < BS; i++) {
        if (is_row) {
            if (i > 0 && start + idx < n) AT(offset + i, start + idx) = row[i][idx];
        } else {
            if (start + i < n) AT(start + i, offset + idx) = col[i][idx];
        }
    }
}

template <typename real>
__global__ void lud_internal_kernel(real* m, int n, int offset) {
    __shared__ real row[BS][BS], col[BS][BS];
    const int r = offset + (blockIdx.y + 1) * BS + threadIdx.y, c = offset + (blockIdx.x + 1) * BS + threadIdx.x;
    row[threadIdx.y][threadIdx.x] = load_or_identity(m, n, offset + threadIdx.y, c);
    col[threadIdx.y][threadIdx.x] = load_or_identity(m, n, r, offset + threadIdx.x);
    __syncthreads();
    real sum = 0;
    for (int i = 0; i < BS; i++) sum += col[threadIdx.y][i] * row[i][threadIdx.x];
    if (r < n && c < n) AT(r, c) -= sum;
}

// One block: forward and back substitution, column by column; x holds b on entry.
template <typename real>
__global__ void lu_solve_kernel(real* x, const real* m, int n) {
    for (int c = 0; c < n; c++) {
        __syncthreads();
        const real pivot = x[c];
        for (int r = c + 1 + threadIdx.x; r < n; r += blockDim.x) x[r] -= AT(r, c) * pivot;
    }
    for (int c = n - 1; c >= 0; c--) {
        __syncthreads();
        if (threadIdx.x == 0) x[c] /= AT(c, c);
        __syncthreads();
        const real pivot = x[c];
        for (int r = threadIdx.x; r < c; r += blockDim.x) x[r] -= AT(r, c) * pivot;
    }
}

template <typename real>
void lud(real* m, int n) {
    for (int offset = 0; offset < n; offset += BS) {
        lud_diagonal_kernel<<<1, BS>>>(m, n, offset);
        const int rest = ceil_div(n - offset - BS, BS);
        if (rest <= 0) break;
        lud_perimeter_kernel<<<rest, 2 * BS>>>(m, n, offset);
        lud_internal_kernel<<<dim3(rest, rest), dim3(BS, BS)>>>(m, n, offset);
    }
    CUDA_CHECK(cudaGetLastError());
}

void lud_float(float* m, int n) { lud(m, n); }
void lud_double(double* m, int n) { lud(m, n); }
void solve_double(double* x, const double* m, int n) { lu_solve_kernel<double><<<1, 64>>>(x, m, n); }

int main() {
    bool ok = true;
    for (int n : {1, 16, 37, 64}) {
        std::vector<float> a = random_floats(n * n, 870 + n), b = random_floats(n, 871);
        for (int i = 0; i < n; i++) a[i * n + i] += n;  // no pivoting
        std::vector<double> ad(a.begin(), a.end()), bd(b.begin(), b.end());
        float* d_a = to_device(a);
        double *d_ad = to_device(ad), *d_x = to_device(bd);
        lud_float(d_a, n);
        lud_double(d_ad, n);
        solve_double(d_x, d_ad, n);
        std::vector<float> lu = to_host(d_a, n * n);
        std::vector<double> product(n * n), x = to_host(d_x, n), residual(n);
        for (int r = 0; r < n; r++)
            for (int c = 0; c < n; c++) {
                for (int k = 0; k <= std::min(r, c); k++) product[r * n + c] += (k == r ? 1.0 : lu[r * n + k]) * lu[k * n + c];
                residual[r] += (double)a[r * n + c] * x[c];
            }
        ok = all_close(product, a, 1e-5, "L * U") && all_close(residual, b, 1e-10, "A * x") && ok;
        cudaFree(d_a), cudaFree(d_ad), cudaFree(d_x);
    }
    return report(ok);
}
