// Row 18, style E: concatenation of two 3-D tensors along any axis. The axis is a template argument so that
// the choice costs nothing; a second kernel takes byte strides, as libraries with views do.
#include <cstdint>

#include "check.h"

template <int axis>
__global__ void concat_kernel(float* dst, const float* a, const float* b, int n0, int n1, int n2, int na) {
    // n0, n1, n2 are the extents of dst (n0 fastest); na is the extent of a along the axis
    const int i0 = blockIdx.x * blockDim.x + threadIdx.x;
    const int i1 = blockIdx.y;
    const int i2 = blockIdx.z;
    if (i0 >= n0) return;
    const int64_t to = i0 + (int64_t)n0 * (i1 + (int64_t)n1 * i2);
    if constexpr (axis == 0) {
        const int row = i1 + n1 * i2;
        dst[to] = i0 < na ? a[row * na + i0] : b[row * (n0 - na) + i0 - na];
    } else if constexpr (axis == 1) {
        if (i1 < na) {
            dst[to] = a[i0 + n0 * (i1 + na * i2)];
        } else {
            dst[to] = b[i0 + n0 * ((i1 - na) + (n1 - na) * i2)];
        }
    } else {
        static_assert(axis == 2, "three dimensions");
        const int64_t split = (int64_t)n0 * n1 * na;
        dst[to] = to < split ? a[to] : b[to - split];
    }
}

struct ByteStrides {
    uint64_t nb[3];
};

__device__ __forceinline__ const float* element(const char* base, const ByteStrides& s, int i0, int i1, int i2) {
    return (const float*)(base + i0 * s.nb[0] + i1 * s.nb[1] + i2 * s.nb[2]);
}

__global__ void concat_views_kernel(char* dst, const char* a, const char* b, ByteStrides sd, ByteStrides sa,
                                    ByteStrides sb, int n0, int na1) {
    const int i1 = blockIdx.y, i2 = blockIdx.z;
    for (int i0 = threadIdx.x; i0 < n0; i0 += blockDim.x) {
        const float* from = i1 < na1 ? element(a, sa, i0, i1, i2) : element(b, sb, i0, i1 - na1, i2);
        float* to = (float*)(dst + i0 * sd.nb[0] + i1 * sd.nb[1] + i2 * sd.nb[2]);
        *to = *from;
    }
}

void concat(float* dst, const float* a, const float* b, int n0, int n1, int n2, int na, int axis) {
    const int block_size = 32;
    dim3 grid(ceil_div(n0, block_size), n1, n2);
    switch (axis) {
        case 0: concat_kernel<0><<<grid, block_size>>>(dst, a, b, n0, n1, n2, na); break;
        case 1: concat_kernel<1><<<grid, block_size>>>(dst, a, b, n0, n1, n2, na); break;
        case 2: concat_kernel<2><<<grid, block_size>>>(dst, a, b, n0, n1, n2, na); break;
        default: std::fprintf(stderr, "axis must be 0, 1 or 2\n"); std::exit(2);
    }
    CUDA_CHECK(cudaGetLastError());
}

// every second column of a and b, joined along axis 1
void concat_even_columns(float* dst, const float* a, const float* b, int n0, int na1, int nb1, int n2) {
    const uint64_t f = sizeof(float), wide = 2 * n0 * f;
    ByteStrides sd = {{f, n0 * f, (uint64_t)n0 * (na1 + nb1) * f}};
    ByteStrides sa = {{2 * f, wide, wide * na1}}, sb = {{2 * f, wide, wide * nb1}};
    dim3 grid(1, na1 + nb1, n2);
    concat_views_kernel<<<grid, 64>>>((char*)dst, (const char*)a, (const char*)b, sd, sa, sb, n0, na1);
}

int main() {
    bool ok = true;
    const int base[3] = {37, 5, 3}, extra[3] = {6, 2, 1};
    for (int axis = 0; axis < 3; axis++) {
        int na[3], nb[3], nd[3];
        for (int k = 0; k < 3; k++) {
            na[k] = base[k];
            nb[k] = k == axis ? extra[k] : base[k];
            nd[k] = k == axis ? base[k] + extra[k] : base[k];
        }
        std::vector<float> a = random_floats(na[0] * na[1] * na[2], 110), b = random_floats(nb[0] * nb[1] * nb[2], 111);
        std::vector<float> want(nd[0] * nd[1] * nd[2]);
        for (int i2 = 0; i2 < nd[2]; i2++)
            for (int i1 = 0; i1 < nd[1]; i1++)
                for (int i0 = 0; i0 < nd[0]; i0++) {
                    int i[3] = {i0, i1, i2};
                    bool first = i[axis] < na[axis];
                    if (!first) i[axis] -= na[axis];
                    const int* e = first ? na : nb;
                    want[i0 + nd[0] * (i1 + nd[1] * i2)] = (first ? a : b)[i[0] + e[0] * (i[1] + e[1] * i[2])];
                }
        float *d_a = to_device(a), *d_b = to_device(b), *d_dst = device_zeros<float>(want.size());
        concat(d_dst, d_a, d_b, nd[0], nd[1], nd[2], na[axis], axis);
        ok = all_close(to_host(d_dst, want.size()), want, 0.0, "concat") && ok;
        cudaFree(d_a), cudaFree(d_b), cudaFree(d_dst);
    }

    const int n0 = 70, na1 = 3, nb1 = 4, n2 = 2;
    std::vector<float> a = random_floats(2 * n0 * na1 * n2, 112), b = random_floats(2 * n0 * nb1 * n2, 113);
    std::vector<float> want(n0 * (na1 + nb1) * n2);
    for (int i2 = 0; i2 < n2; i2++)
        for (int i1 = 0; i1 < na1 + nb1; i1++)
            for (int i0 = 0; i0 < n0; i0++)
                want[i0 + n0 * (i1 + (na1 + nb1) * i2)] =
                    i1 < na1 ? a[2 * i0 + 2 * n0 * (i1 + na1 * i2)] : b[2 * i0 + 2 * n0 * (i1 - na1 + nb1 * i2)];
    float *d_a = to_device(a), *d_b = to_device(b), *d_dst = device_zeros<float>(want.size());
    concat_even_columns(d_dst, d_a, d_b, n0, na1, nb1, n2);
    ok = all_close(to_host(d_dst, want.size()), want, 0.0, "concat views") && ok;
    cudaFree(d_a), cudaFree(d_b), cudaFree(d_dst);
    return report(ok);
}
