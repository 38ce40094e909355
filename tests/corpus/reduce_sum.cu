// Row 45, style T: sum of an array, the classic series: interleaved, sequential, first addition on load,
// unrolled with the block size as template argument, and shuffles. Each block writes one partial sum; the
// host calls the kernel again until one number is left.
#include "check.h"

template <typename T>
__global__ void reduce_interleaved_kernel(T* out, const T* inp, int n) {
    extern __shared__ unsigned char raw[];
    T* data = reinterpret_cast<T*>(raw);
    unsigned int tid = threadIdx.x;
    unsigned int i = blockIdx.x * blockDim.x + tid;
    data[tid] = i < n ? inp[i] : T(0);
    __syncthreads();
    for (unsigned int s = 1; s < blockDim.x; s *= 2) {
        if (tid % (2 * s) == 0 && tid + s < blockDim.x) data[tid] += data[tid + s];
        __syncthreads();
    }
    if (tid == 0) out[blockIdx.x] = data[0];
}

template <typename T>
__global__ void reduce_sequential_kernel(T* out, const T* inp, int n) {
    extern __shared__ unsigned char raw[];
    T* data = (T*)raw;
    unsigned int tid = threadIdx.x;
    unsigned int i = blockIdx.x * (blockDim.x * 2) + threadIdx.x;
    T sum = i < n ? inp[i] : T(0);
    if (i + blockDim.x < n) sum += inp[i + blockDim.x];
    data[tid] = sum;
    __syncthreads();
    for (unsigned int s = blockDim.x / 2; s > 0; s >>= 1) {
        if (tid < s) data[tid] = sum = sum + data[tid + s];
        __syncthreads();
    }
    if (tid == 0) out[blockIdx.x] = sum;
}

template <typename T, unsigned int blockSize>
__global__ void reduce_unrolled_kernel(T* out, const T* inp, unsigned int n) {
    __shared__ T data[blockSize];
    unsigned int tid = threadIdx.x;
    unsigned int i = blockIdx.x * blockSize * 2 + tid;
    const unsigned int gridSize = blockSize * 2 * gridDim.x;
    T sum = 0;
    while (i < n) {
        sum += inp[i];
        if (i + blockSize < n) sum += inp[i + blockSize];
        i += gridSize;
    }
    data[tid] = sum;
    __syncthreads();
    if (blockSize >= 512) {
        if (tid < 256) data[tid] = sum = sum + data[tid + 256];
        __syncthreads();
    }
    if (blockSize >= 256) {
        if (tid < 128) data[tid] = sum = sum + data[tid + 128];
        __syncthreads();
    }
    if (blockSize >= 128) {
        if (tid < 64) data[tid] = sum = sum + data[tid + 64];
        __syncthreads();
    }
    if (tid < 32) {
        if (blockSize >= 64) sum += data[tid + 32];
        for (int offset = 16; offset > 0; offset >>= 1) sum += __shfl_down_sync(0xffffffffu, sum, offset);
        if (tid == 0) out[blockIdx.x] = sum;
    }
}

// The last warp goes on without block barriers; __syncwarp orders its shared accesses.
__global__ void reduce_last_warp_kernel(int* out, const int* inp, int n) {
    __shared__ int data[128];
    const int tid = threadIdx.x;
    int sum = 0;
    for (int i = blockIdx.x * 128 + tid; i < n; i += gridDim.x * 128) sum += inp[i];
    data[tid] = sum;
    __syncthreads();
    if (tid < 64) data[tid] += data[tid + 64];
    __syncthreads();
    if (tid < 32) {
        int v = data[tid] + data[tid + 32];
        __syncwarp();
        data[tid] = v;
        __syncwarp();
#pragma unroll
        for (int s = 16; s > 0; s /= 2) {
            v += data[(tid + s) & 31];
            __syncwarp();
            data[tid] = v;
            __syncwarp();
        }
    }
    if (tid == 0) out[blockIdx.x] = data[0];
}

void reduce_interleaved(float* partial, const float* inp, int n, int block_size) {
    reduce_interleaved_kernel<float><<<ceil_div(n, block_size), block_size, block_size * sizeof(float)>>>(partial, inp, n);
}

// block_size must be a power of two
void reduce_sequential(double* partial, const double* inp, int n, int block_size) {
    reduce_sequential_kernel<<<ceil_div(n, 2 * block_size), block_size, block_size * sizeof(double)>>>(partial, inp, n);
}

void reduce_unrolled(int* partial, const int* inp, int n, int blocks, int block_size) {
    switch (block_size) {
        case 512: reduce_unrolled_kernel<int, 512><<<blocks, 512>>>(partial, inp, n); break;
        case 256: reduce_unrolled_kernel<int, 256><<<blocks, 256>>>(partial, inp, n); break;
        case 128: reduce_unrolled_kernel<int, 128><<<blocks, 128>>>(partial, inp, n); break;
        case 64: reduce_unrolled_kernel<int, 64><<<blocks, 64>>>(partial, inp, n); break;
        case 32: reduce_unrolled_kernel<int, 32><<<blocks, 32>>>(partial, inp, n); break;
        default: std::fprintf(stderr, "unsupported block size\n"); std::exit(2);
    }
}

void reduce_last_warp(int* partial, const int* inp, int n, int blocks) {
    reduce_last_warp_kernel<<<blocks, 128>>>(partial, inp, n);
}

template <typename T>
static T total(const std::vector<T>& v) {
    T sum = 0;
    for (T x : v) sum += x;
    return sum;
}

int main() {
    bool ok = true;
    for (int n : {1, 31, 129, 3001}) {
        std::vector<float> x = random_floats(n, 340);
        std::vector<double> xd(x.begin(), x.end());
        std::vector<int> xi = random_ints(n, 341, -1000, 1000);
        const std::vector<double> want = {total(xd)};
        const std::vector<int> want_i = {total(xi)};
        float *d_x = to_device(x), *d_p = device_zeros<float>(n);
        reduce_interleaved(d_p, d_x, n, 96);
        std::vector<float> partial = to_host(d_p, ceil_div(n, 96));
        ok = all_close(std::vector<float>{total(partial)}, want, 1e-4, "interleaved") && ok;

        double *d_xd = to_device(xd), *d_pd = device_zeros<double>(n);
        int count = n, block = 64;
        reduce_sequential(d_pd, d_xd, count, block);
        count = ceil_div(count, 2 * block);
        while (count > 1) {  // again on the partial sums
            reduce_sequential(d_xd, d_pd, count, block);
            count = ceil_div(count, 2 * block);
            std::swap(d_xd, d_pd);
        }
        ok = all_close(to_host(d_pd, 1), want, 1e-12, "sequential") && ok;

        int *d_xi = to_device(xi), *d_pi = device_zeros<int>(4);
        for (int size : {32, 64, 128, 256, 512}) {
            reduce_unrolled(d_pi, d_xi, n, 3, size);
            ok = all_close(std::vector<int>{total(to_host(d_pi, 3))}, want_i, 0.0, "unrolled") && ok;
        }
        reduce_last_warp(d_pi, d_xi, n, 4);
        ok = all_close(std::vector<int>{total(to_host(d_pi, 4))}, want_i, 0.0, "last warp") && ok;
        cudaFree(d_x), cudaFree(d_p), cudaFree(d_xd), cudaFree(d_pd), cudaFree(d_xi), cudaFree(d_pi);
    }
    return report(ok);
}
