// Row 9, style X: where(cond, a, b) with bool and byte masks, a masked fill, and a two-sided variant that
// reads its scalar operands through pointers.
#include <cstdint>

#include "check.h"

template <typename scalar_t>
__global__ void where_kernel(scalar_t* out, const bool* cond, const scalar_t* a, const scalar_t* b, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    out[i] = cond[i] ? a[i] : b[i];
}

// A byte is a set of flags here: only the bits in `bits` count.
__global__ void masked_fill_kernel(float* data, const uint8_t* flags, uint8_t bits, float value, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    if ((flags[i] & bits) == 0) return;
    data[i] = value;
}

__global__ void select_range_kernel(bool* inside, int* count, const float* x, const float* lo, const float* hi, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    bool keep = i < n && x[i] >= *lo && !(x[i] > *hi);
    if (i < n) inside[i] = keep;
    int block_total = __syncthreads_count(keep);
    if (threadIdx.x == 0 && block_total > 0) atomicAdd(count, block_total);
}

void where_float(float* out, const bool* cond, const float* a, const float* b, int n, int block_size) {
    where_kernel<float><<<ceil_div(n, block_size), block_size>>>(out, cond, a, b, n);
}

void where_int(int* out, const bool* cond, const int* a, const int* b, int n) {
    where_kernel<<<ceil_div(n, 64), 64>>>(out, cond, a, b, n);
}

void masked_fill(float* data, const uint8_t* flags, int n, float value) {
    const uint8_t bits = 0x82;
    masked_fill_kernel<<<ceil_div(n, 128), 128>>>(data, flags, bits, value, n);
}

void select_range(bool* inside, int* count, const float* x, const float* lo, const float* hi, int n) {
    CUDA_CHECK(cudaMemset(count, 0, sizeof(int)));
    select_range_kernel<<<ceil_div(n, 128), 128>>>(inside, count, x, lo, hi, n);
}

int main() {
    const int n = 777;
    std::vector<float> a = random_floats(n, 51), b = random_floats(n, 52);
    std::vector<int> ai = random_ints(n, 53, -100, 100), bi = random_ints(n, 54, -100, 100);
    std::vector<int> coin = random_ints(n, 55, 0, 1), bytes = random_ints(n, 56, 0, 255);
    std::vector<uint8_t> flags(bytes.begin(), bytes.end()), cond(coin.begin(), coin.end());
    std::vector<float> want(n), want_fill(n);
    std::vector<int> want_i(n), want_inside(n);
    int want_count = 0;
    const float lo = -0.25f, hi = 0.5f;
    for (int i = 0; i < n; i++) {
        want[i] = coin[i] ? a[i] : b[i];
        want_i[i] = coin[i] ? ai[i] : bi[i];
        want_fill[i] = flags[i] & 0x82 ? -1.0f : a[i];
        want_inside[i] = a[i] >= lo && a[i] <= hi;
        want_count += want_inside[i];
    }
    static_assert(sizeof(bool) == 1, "bytes serve as bools");
    bool* d_cond = reinterpret_cast<bool*>(to_device(cond));
    float *d_a = to_device(a), *d_b = to_device(b), *d_out = device_zeros<float>(n);
    int *d_ai = to_device(ai), *d_bi = to_device(bi), *d_outi = device_zeros<int>(n), *d_count = device_zeros<int>(1);
    uint8_t* d_flags = to_device(flags);
    bool* d_inside = device_zeros<bool>(n);
    float *d_lo = to_device(std::vector<float>{lo}), *d_hi = to_device(std::vector<float>{hi});

    where_float(d_out, d_cond, d_a, d_b, n, 96);
    bool ok = all_close(to_host(d_out, n), want, 0.0, "where float");
    where_int(d_outi, d_cond, d_ai, d_bi, n);
    ok = all_close(to_host(d_outi, n), want_i, 0.0, "where int") && ok;
    select_range(d_inside, d_count, d_a, d_lo, d_hi, n);
    std::vector<uint8_t> inside = to_host(reinterpret_cast<uint8_t*>(d_inside), n);
    ok = all_close(inside, want_inside, 0.0, "select range") && ok;
    ok = to_host(d_count, 1)[0] == want_count && ok;
    masked_fill(d_a, d_flags, n, -1.0f);
    ok = all_close(to_host(d_a, n), want_fill, 0.0, "masked fill") && ok;

    cudaFree(d_cond), cudaFree(d_a), cudaFree(d_b), cudaFree(d_out), cudaFree(d_ai), cudaFree(d_bi);
    cudaFree(d_outi), cudaFree(d_count), cudaFree(d_flags), cudaFree(d_inside), cudaFree(d_lo), cudaFree(d_hi);
    return report(ok);
}
