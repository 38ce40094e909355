// Row 54, style T: prefix sum of any length in three kernels: scan blocks, scan the block totals, add them
// back.
#include "check.h"

constexpr int BLOCK = 128;

template <typename T>
__global__ void scan_blocks_kernel(T* out, T* totals, const T* inp, int n) {
    __shared__ T data[BLOCK];
    const int i = blockIdx.x * BLOCK + threadIdx.x;
    T value = i < n ? inp[i] : T(0);
    data[threadIdx.x] = value;
    for (int offset = 1; offset < BLOCK; offset <<= 1) {
        __syncthreads();
        T other = threadIdx.x >= offset ? data[threadIdx.x - offset] : T(0);
        __syncthreads();
        data[threadIdx.x] += other;
    }
    __syncthreads();
    if (i < n) out[i] = data[threadIdx.x];
    if (totals != nullptr && threadIdx.x == BLOCK - 1) totals[blockIdx.x] = data[BLOCK - 1];
}

template <typename T>
__global__ void add_totals_kernel(T* out, const T* scanned_totals, int n) {
    const int i = blockIdx.x * BLOCK + threadIdx.x;
    if (blockIdx.x == 0 || i >= n) return;
    out[i] += scanned_totals[blockIdx.x - 1];
}

// scratch holds ceil(n / 128) + ceil(n / 128^2) + ... elements
template <typename T>
void device_scan(T* out, T* scratch, const T* inp, int n) {
    const int blocks = ceil_div(n, BLOCK);
    if (blocks == 1) {
        scan_blocks_kernel<T><<<1, BLOCK>>>(out, nullptr, inp, n);
    } else {
        scan_blocks_kernel<T><<<blocks, BLOCK>>>(out, scratch, inp, n);
        device_scan(scratch, scratch + blocks, scratch, blocks);
        add_totals_kernel<T><<<blocks, BLOCK>>>(out, scratch, n);
    }
    CUDA_CHECK(cudaGetLastError());
}

void device_scan_int(int* out, int* scratch, const int* inp, int n) { device_scan<int>(out, scratch, inp, n); }

void device_scan_float(float* out, float* scratch, const float* inp, int n) {
    device_scan<float>(out, scratch, inp, n);
}

int main() {
    bool ok = true;
    for (int n : {1, 128, 129, 257, 17000}) {
        std::vector<int> x = random_ints(n, 440, -100, 100), want(n);
        std::vector<float> xf(x.begin(), x.end());  // sums of small integers are exact
        for (int i = 0; i < n; i++) want[i] = x[i] + (i > 0 ? want[i - 1] : 0);
        int *d_x = to_device(x), *d_y = device_zeros<int>(n), *d_s = device_zeros<int>(n / 64 + 8);
        float *d_xf = to_device(xf), *d_yf = device_zeros<float>(n), *d_sf = device_zeros<float>(n / 64 + 8);
        device_scan_int(d_y, d_s, d_x, n);
        ok = all_close(to_host(d_y, n), want, 0.0, "int") && ok;
        device_scan_float(d_yf, d_sf, d_xf, n);
        ok = all_close(to_host(d_yf, n), want, 0.0, "float") && ok;
        cudaFree(d_x), cudaFree(d_y), cudaFree(d_s), cudaFree(d_xf), cudaFree(d_yf), cudaFree(d_sf);
    }
    return report(ok);
}
