// Row 14, style E: dst = op(a, b) on 4-D tensors with element strides; b is broadcast along any dimension
// of extent one. A 3-D grid covers the destination; a flat kernel serves very tall tensors.
#include <cstdint>

#include "check.h"

struct Shape4 {
    int64_t extent[4];  // fastest dimension first
    int64_t stride[4];

    __host__ __device__ int64_t offset(int64_t i0, int64_t i1, int64_t i2, int64_t i3) const {
        return i0 * stride[0] + i1 * stride[1] + i2 * stride[2] + i3 * stride[3];
    }
};

static __device__ __forceinline__ float op_add(const float a, const float b) { return a + b; }
static __device__ __forceinline__ float op_sub(const float a, const float b) { return a - b; }
static __device__ __forceinline__ float op_mul(const float a, const float b) { return a * b; }
static __device__ __forceinline__ float op_div(const float a, const float b) { return a / b; }

template <float (*bin_op)(const float, const float)>
static __global__ void broadcast_kernel(float* dst, const float* a, const float* b, const Shape4 sd, const Shape4 sa,
                                        const Shape4 sb) {
    const int64_t i0s = blockDim.x * blockIdx.x + threadIdx.x;
    const int64_t i1 = blockDim.y * blockIdx.y + threadIdx.y;
    const int64_t i23 = blockDim.z * blockIdx.z + threadIdx.z;
    const int64_t i2 = i23 / sd.extent[3];
    const int64_t i3 = i23 % sd.extent[3];

    if (i1 >= sd.extent[1] || i2 >= sd.extent[2] || i3 >= sd.extent[3]) {
        return;
    }
    const float* a_row = a + sa.offset(0, i1, i2, i3);
    const float* b_row = b + sb.offset(0, i1 % sb.extent[1], i2 % sb.extent[2], i3 % sb.extent[3]);
    float* d_row = dst + sd.offset(0, i1, i2, i3);

    for (int64_t i0 = i0s; i0 < sd.extent[0]; i0 += (int64_t)blockDim.x * gridDim.x) {
        const int64_t i10 = i0 % sb.extent[0];
        d_row[i0 * sd.stride[0]] = bin_op(a_row[i0 * sa.stride[0]], b_row[i10 * sb.stride[0]]);
    }
}

template <float (*bin_op)(const float, const float)>
static __global__ void broadcast_flat_kernel(float* dst, const float* a, const float* b, const Shape4 sd,
                                             const Shape4 sa, const Shape4 sb) {
    const int64_t i = (int64_t)blockDim.x * blockIdx.x + threadIdx.x;
    const int64_t i3 = i / (sd.extent[2] * sd.extent[1] * sd.extent[0]);
    const int64_t i2 = (i / (sd.extent[1] * sd.extent[0])) % sd.extent[2];
    const int64_t i1 = (i / sd.extent[0]) % sd.extent[1];
    const int64_t i0 = i % sd.extent[0];
    if (i3 >= sd.extent[3]) return;
    dst[sd.offset(i0, i1, i2, i3)] =
        bin_op(a[sa.offset(i0, i1, i2, i3)],
               b[sb.offset(i0 % sb.extent[0], i1 % sb.extent[1], i2 % sb.extent[2], i3 % sb.extent[3])]);
}

static Shape4 contiguous(int n0, int n1, int n2, int n3) {
    return Shape4{{n0, n1, n2, n3}, {1, n0, (int64_t)n0 * n1, (int64_t)n0 * n1 * n2}};
}

// a and dst have the shape (n0, n1, n2, n3), b has (n0, 1, n2, 1)
void broadcast_mul(float* dst, const float* a, const float* b, int n0, int n1, int n2, int n3) {
    Shape4 sd = contiguous(n0, n1, n2, n3), sb = contiguous(n0, 1, n2, 1);
    dim3 block(16, 4, 2);
    dim3 grid(1, ceil_div(n1, 4), ceil_div(n2 * n3, 2));
    broadcast_kernel<op_mul><<<grid, block>>>(dst, a, b, sd, sd, sb);
}

void broadcast_sub(float* dst, const float* a, const float* b, int n0, int n1, int n2, int n3) {
    Shape4 sd = contiguous(n0, n1, n2, n3), sb = contiguous(n0, 1, n2, 1);
    dim3 block(8, 8, 1);
    dim3 grid(ceil_div(n0, 16), ceil_div(n1, 8), n2 * n3);
    broadcast_kernel<op_sub><<<grid, block>>>(dst, a, b, sd, sd, sb);
}

// dst is written transposed in its first two dimensions
void broadcast_div_transposed(float* dst, const float* a, const float* b, int n0, int n1, int n2, int n3) {
    Shape4 sa = contiguous(n0, n1, n2, n3), sb = contiguous(n0, 1, n2, 1), sd = sa;
    sd.stride[0] = n1;
    sd.stride[1] = 1;
    const int64_t total = (int64_t)n0 * n1 * n2 * n3;
    broadcast_flat_kernel<op_div><<<(unsigned)ceil_div(total, 128), 128>>>(dst, a, b, sd, sa, sb);
}

void broadcast_add_scalar(float* dst, const float* a, const float* b, int n) {
    broadcast_flat_kernel<op_add><<<ceil_div(n, 64), 64>>>(dst, a, b, contiguous(n, 1, 1, 1), contiguous(n, 1, 1, 1),
                                                      contiguous(1, 1, 1, 1));
}

int main() {
    const int n0 = 21, n1 = 6, n2 = 5, n3 = 3, n = n0 * n1 * n2 * n3;
    std::vector<float> a = random_floats(n, 91), b = random_floats(n0 * n2, 92, 0.5f, 2.0f);
    std::vector<float> mul(n), sub(n), div(n), add(n);
    for (int i3 = 0; i3 < n3; i3++)
        for (int i2 = 0; i2 < n2; i2++)
            for (int i1 = 0; i1 < n1; i1++)
                for (int i0 = 0; i0 < n0; i0++) {
                    int i = ((i3 * n2 + i2) * n1 + i1) * n0 + i0, j = i2 * n0 + i0;
                    mul[i] = a[i] * b[j];
                    sub[i] = a[i] - b[j];
                    div[((i3 * n2 + i2) * n0 + i0) * n1 + i1] = a[i] / b[j];
                    add[i] = a[i] + b[0];
                }
    float *d_a = to_device(a), *d_b = to_device(b), *d_dst = device_zeros<float>(n);
    broadcast_mul(d_dst, d_a, d_b, n0, n1, n2, n3);
    bool ok = all_close(to_host(d_dst, n), mul, 0.0, "mul");
    broadcast_sub(d_dst, d_a, d_b, n0, n1, n2, n3);
    ok = all_close(to_host(d_dst, n), sub, 0.0, "sub") && ok;
    broadcast_div_transposed(d_dst, d_a, d_b, n0, n1, n2, n3);
    ok = all_close(to_host(d_dst, n), div, 1e-6, "div") && ok;
    broadcast_add_scalar(d_dst, d_a, d_b, n);
    ok = all_close(to_host(d_dst, n), add, 0.0, "add scalar") && ok;
    cudaFree(d_a), cudaFree(d_b), cudaFree(d_dst);
    return report(ok);
}
