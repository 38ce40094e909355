// Row 48, style H: largest and smallest element by atomics: integers directly, floats as ordered integers,
// doubles by compare-and-swap, and a largest element with its position packed into 64 bits.
#include <climits>

#include "check.h"

// Floats compare like integers when the sign is handled: maximum of non-negative numbers as int,
// of negative ones as the minimum of unsigned.
__device__ __forceinline__ void atomic_max_float(float* address, float value) {
    if (value >= 0) {
        atomicMax((int*)address, __float_as_int(value));
    } else {
        atomicMin((unsigned int*)address, __float_as_uint(value));
    }
}

__device__ double atomic_min_double(double* address, double value) {
    unsigned long long* bits = (unsigned long long*)address;
    unsigned long long old = atomicAdd(bits, 0ull), assumed;
    do {
        assumed = old;
        if (__longlong_as_double((long long)assumed) <= value) break;
        old = atomicCAS(bits, assumed, (unsigned long long)__double_as_longlong(value));
    } while (assumed != old);
    return __longlong_as_double((long long)old);
}

__global__ void fill_kernel(float* max_f, double* min_d, int* min_max_i, unsigned long long* packed) {
    *max_f = -INFINITY;
    *min_d = INFINITY;
    min_max_i[0] = INT_MAX;
    min_max_i[1] = INT_MIN;
    *packed = 0;
}

__global__ void max_float_kernel(float* out, const float* inp, int n) {
    float local = -INFINITY;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) local = fmaxf(local, inp[i]);
    // one atomic per warp
    for (int offset = 16; offset > 0; offset /= 2) local = fmaxf(local, __shfl_down_sync(0xffffffff, local, offset));
    if (threadIdx.x % 32 == 0 && local > -INFINITY) atomic_max_float(out, local);
}

__global__ void min_double_kernel(double* out, const double* inp, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomic_min_double(out, inp[i]);
}

__global__ void min_max_int_kernel(int* min_max, const int* inp, int n) {
    __shared__ int low, high;
    if (threadIdx.x == 0) {
        low = INT_MAX;
        high = INT_MIN;
    }
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        atomicMin(&low, inp[i]);
        atomicMax(&high, inp[i]);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        atomicMin(&min_max[0], low);
        atomicMax(&min_max[1], high);
    }
}

// key in the high half, so that the order is the key's; the lowest position wins ties
__global__ void arg_max_packed_kernel(unsigned long long* packed, const unsigned int* keys, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    unsigned long long entry = ((unsigned long long)keys[i] << 32) | (0xffffffffu - (unsigned int)i);
    atomicMax(packed, entry);
}

void reset(float* max_f, double* min_d, int* min_max_i, unsigned long long* packed) {
    fill_kernel<<<1, 1>>>(max_f, min_d, min_max_i, packed);
}

void max_float(float* out, const float* inp, int n, int block_size) {
    int blocks = ceil_div(n, block_size);
    max_float_kernel<<<blocks < 8 ? blocks : 8, block_size>>>(out, inp, n);
}

void min_double(double* out, const double* inp, int n) { min_double_kernel<<<ceil_div(n, 64), 64>>>(out, inp, n); }

void min_max_int(int* min_max, const int* inp, int n) { min_max_int_kernel<<<2, 96>>>(min_max, inp, n); }

void arg_max_packed(unsigned long long* packed, const unsigned int* keys, int n) {
    arg_max_packed_kernel<<<ceil_div(n, 128), 128>>>(packed, keys, n);
}

int main() {
    bool ok = true;
    for (int round = 0; round < 3; round++) {
        const int n = round == 0 ? 1 : 611;
        const float shift = round == 2 ? -5.0f : 0.0f;  // all negative in the last round
        std::vector<float> x = random_floats(n, 360 + round, -1.0f + shift, 1.0f + shift);
        std::vector<double> xd(x.begin(), x.end());
        std::vector<int> xi = random_ints(n, 370 + round, -5000, 5000), small = random_ints(n, 380 + round, 0, 60);
        std::vector<unsigned int> keys(small.begin(), small.end());
        float want = x[0];
        double want_d = xd[0];
        int low = xi[0], high = xi[0], best = 0;
        for (int i = 1; i < n; i++) {
            want = x[i] > want ? x[i] : want;
            want_d = xd[i] < want_d ? xd[i] : want_d;
            low = xi[i] < low ? xi[i] : low;
            high = xi[i] > high ? xi[i] : high;
            best = keys[i] > keys[best] ? i : best;
        }
        float *d_x = to_device(x), *d_max = device_zeros<float>(1);
        double *d_xd = to_device(xd), *d_min = device_zeros<double>(1);
        int *d_xi = to_device(xi), *d_minmax = device_zeros<int>(2);
        unsigned int* d_keys = to_device(keys);
        unsigned long long* d_packed = device_zeros<unsigned long long>(1);
        reset(d_max, d_min, d_minmax, d_packed);
        max_float(d_max, d_x, n, 64);
        min_double(d_min, d_xd, n);
        min_max_int(d_minmax, d_xi, n);
        arg_max_packed(d_packed, d_keys, n);
        ok = ok && to_host(d_max, 1)[0] == want && to_host(d_min, 1)[0] == want_d;
        ok = ok && to_host(d_minmax, 2)[0] == low && to_host(d_minmax, 2)[1] == high;
        ok = ok && 0xffffffffu - (unsigned int)to_host(d_packed, 1)[0] == (unsigned int)best;
        cudaFree(d_x), cudaFree(d_max), cudaFree(d_xd), cudaFree(d_min), cudaFree(d_xi), cudaFree(d_minmax);
        cudaFree(d_keys), cudaFree(d_packed);
    }
    return report(ok);
}
