// Row 53, style T: prefix sums inside one block: Hillis-Steele with two buffers, Blelloch with padded
// indices, and warp scans stitched together.
#include "check.h"

#define LOG_NUM_BANKS 5
#define CONFLICT_FREE_OFFSET(n) ((n) >> LOG_NUM_BANKS)

// inclusive; one element per thread, n <= blockDim.x
__global__ void scan_hillis_steele_kernel(float* out, const float* inp, int n) {
    extern __shared__ float buffers[];  // two halves
    const int tid = threadIdx.x;
    int current = 0, previous = 1;
    buffers[tid] = tid < n ? inp[blockIdx.x * n + tid] : 0.0f;
    __syncthreads();
    for (int offset = 1; offset < n; offset *= 2) {
        current = 1 - current;
        previous = 1 - current;
        float v = buffers[previous * blockDim.x + tid];
        if (tid >= offset) v += buffers[previous * blockDim.x + tid - offset];
        buffers[current * blockDim.x + tid] = v;
        __syncthreads();
    }
    if (tid < n) out[blockIdx.x * n + tid] = buffers[current * blockDim.x + tid];
}

// exclusive; SIZE is a power of two, SIZE / 2 threads
template <int SIZE>
__global__ void scan_blelloch_kernel(int* out, const int* inp, int n) {
    __shared__ int temp[SIZE + CONFLICT_FREE_OFFSET(SIZE)];
    const int tid = threadIdx.x;
    const int ai = tid, bi = tid + SIZE / 2;
    const int bank_a = CONFLICT_FREE_OFFSET(ai), bank_b = CONFLICT_FREE_OFFSET(bi);
    temp[ai + bank_a] = ai < n ? inp[ai] : 0;
    temp[bi + bank_b] = bi < n ? inp[bi] : 0;

    int offset = 1;
    for (int d = SIZE >> 1; d > 0; d >>= 1) {
        __syncthreads();
        if (tid < d) {
            int left = offset * (2 * tid + 1) - 1;
            int right = offset * (2 * tid + 2) - 1;
            left += CONFLICT_FREE_OFFSET(left);
            right += CONFLICT_FREE_OFFSET(right);
            temp[right] += temp[left];
        }
        offset <<= 1;
    }
    if (tid == 0) temp[SIZE - 1 + CONFLICT_FREE_OFFSET(SIZE - 1)] = 0;
    for (int d = 1; d < SIZE; d *= 2) {
        offset >>= 1;
        __syncthreads();
        if (tid < d) {
            int left = offset * (2 * tid + 1) - 1;
            int right = offset * (2 * tid + 2) - 1;
            left += CONFLICT_FREE_OFFSET(left);
            right += CONFLICT_FREE_OFFSET(right);
            int t = temp[left];
            temp[left] = temp[right];
            temp[right] += t;
        }
    }
    __syncthreads();
    if (ai < n) out[ai] = temp[ai + bank_a];
    if (bi < n) out[bi] = temp[bi + bank_b];
}

template <typename T>
__device__ T warp_inclusive_scan(T value) {
    const int lane = threadIdx.x & 31;
#pragma unroll
    for (int d = 1; d < 32; d <<= 1) {
        T other = __shfl_up_sync(0xffffffffu, value, d);
        if (lane >= d) value += other;
    }
    return value;
}

// inclusive, blockDim.x a multiple of 32, one element per thread; long long to see 64-bit shuffles
__global__ void scan_warps_kernel(long long* out, const int* inp, int n) {
    __shared__ long long warp_totals[32];
    const int tid = threadIdx.x, lane = tid % 32, warp = tid / 32;
    long long value = tid < n ? inp[tid] : 0;
    value = warp_inclusive_scan(value);
    if (lane == 31) warp_totals[warp] = value;
    __syncthreads();
    if (warp == 0) {
        long long total = lane < (int)blockDim.x / 32 ? warp_totals[lane] : 0;
        total = warp_inclusive_scan(total);
        __syncwarp();
        warp_totals[lane] = total;
    }
    __syncthreads();
    if (warp > 0) value += warp_totals[warp - 1];
    if (tid < n) out[tid] = value;
}

// rows of n <= 1024 elements
void scan_hillis_steele(float* out, const float* inp, int rows, int n) {
    int block_size = 32;
    while (block_size < n) block_size *= 2;
    scan_hillis_steele_kernel<<<rows, block_size, 2 * block_size * sizeof(float)>>>(out, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

void scan_blelloch(int* out, const int* inp, int n) {
    if (n <= 64)
        scan_blelloch_kernel<64><<<1, 32>>>(out, inp, n);
    else if (n <= 512)
        scan_blelloch_kernel<512><<<1, 256>>>(out, inp, n);
    else
        std::exit(2);
    CUDA_CHECK(cudaGetLastError());
}

void scan_warps(long long* out, const int* inp, int n) {
    scan_warps_kernel<<<1, ceil_div(n, 32) * 32>>>(out, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int n : {1, 32, 63, 300, 512}) {
        const int rows = 2;
        std::vector<float> x = random_floats(rows * n, 430);
        std::vector<int> xi = random_ints(n, 431, -50, 5000), exclusive(n);
        std::vector<double> want(rows * n);
        std::vector<long long> inclusive(n);
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < n; i++) want[r * n + i] = x[r * n + i] + (i > 0 ? want[r * n + i - 1] : 0.0);
        for (int i = 0; i < n; i++) {
            exclusive[i] = i > 0 ? exclusive[i - 1] + xi[i - 1] : 0;
            inclusive[i] = exclusive[i] + xi[i];
        }
        float *d_x = to_device(x), *d_y = device_zeros<float>(rows * n);
        int *d_xi = to_device(xi), *d_yi = device_zeros<int>(n);
        long long* d_yl = device_zeros<long long>(n);
        scan_hillis_steele(d_y, d_x, rows, n);
        ok = all_close(to_host(d_y, rows * n), want, 1e-5, "Hillis-Steele") && ok;
        scan_blelloch(d_yi, d_xi, n);
        ok = all_close(to_host(d_yi, n), exclusive, 0.0, "Blelloch") && ok;
        scan_warps(d_yl, d_xi, n);
        ok = all_close(to_host(d_yl, n), inclusive, 0.0, "warps") && ok;
        cudaFree(d_x), cudaFree(d_y), cudaFree(d_xi), cudaFree(d_yi), cudaFree(d_yl);
    }
    return report(ok);
}
