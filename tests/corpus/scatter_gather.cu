// Row 25's relatives, style X: gather and scatter along an axis, index_put with accumulation, and a
// one-hot fill - index bounds are asserted as in tensor libraries, negative indices count from the end.
#include <cassert>
#include <cstdint>
#include <cstdio>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define KERNEL_LOOP(i, n) for (int64_t i = blockIdx.x * (int64_t)blockDim.x + threadIdx.x; i < (n); i += (int64_t)blockDim.x * gridDim.x)

#define CHECK_INDEX(idx, size)                                                                     \
    do {                                                                                           \
        if (!((idx) >= -(size) && (idx) < (size))) {                                               \
            printf("block %d thread %d: index %lld out of bounds\n", (int)blockIdx.x, (int)threadIdx.x, (long long)(idx)); \
            assert((idx) >= -(size) && (idx) < (size));                                            \
        }                                                                                          \
    } while (0)

// fixed-order functors; those for scatter take the address
struct TensorAssign {
    template <typename T>
    __device__ void operator()(T* self, T src) const { *self = src; }
};
struct ReduceAdd {
    __device__ void operator()(float* self, float src) const { atomicAdd(self, src); }
    __device__ void operator()(half* self, half src) const { atomicAdd(self, src); }
    __device__ void operator()(int* self, int src) const { atomicAdd(self, src); }
};
struct ReduceMaximum {
    __device__ void operator()(int* self, int src) const { atomicMax(self, src); }
};

// [outer, axis, inner]
struct AxisShape {
    int64_t outer, index_axis, inner, self_axis;
};

template <bool is_scatter_like, typename scalar_t, typename index_t, typename func_t>
__global__ void scatter_gather_elementwise_kernel(scalar_t* self, const scalar_t* src, const index_t* index, const AxisShape shape,
                                                  const func_t f) {
    KERNEL_LOOP(i, shape.outer * shape.index_axis * shape.inner) {
        const int64_t inner = i % shape.inner, outer = i / (shape.inner * shape.index_axis);
        int64_t idx = index[i];
        CHECK_INDEX(idx, shape.self_axis);
        idx += idx < 0 ? shape.self_axis : 0;
        const int64_t far = (outer * shape.self_axis + idx) * shape.inner + inner;
        if constexpr (is_scatter_like) f(self + far, src[i]);
        else f(self + i, src[far]);
    }
}

template <typename scalar_t>
__global__ void one_hot_kernel(scalar_t* out, const int64_t* classes, int n, int num_classes, float on, float off) {
    const int row = blockIdx.x;
    const int64_t c = classes[row];
    assert(c < num_classes);
    for (auto i = threadIdx.x; i < num_classes; i += blockDim.x) out[(int64_t)row * num_classes + i] = scalar_t(i == c ? on : off);
}

#define DEFINE_GATHER(NAME, T, INDEX)                                                                                        \
    void NAME(T* out, const T* x, const INDEX* index, int outer, int index_axis, int inner, int self_axis) {                 \
        const AxisShape shape = {outer, index_axis, inner, self_axis};                                                       \
        const int n = outer * index_axis * inner;                                                                            \
        if (n > 0) scatter_gather_elementwise_kernel<false><<<ceil_div(n, 64), 64>>>(out, x, index, shape, TensorAssign());  \
    }
DEFINE_GATHER(gather_float, float, int64_t)
DEFINE_GATHER(gather_bf16, __nv_bfloat16, int)

template <typename T, typename func_t>
void scatter(T* self, const T* src, const int64_t* index, int outer, int index_axis, int inner, int self_axis, func_t f) {
    const AxisShape shape = {outer, index_axis, inner, self_axis};
    const int n = outer * index_axis * inner;
    if (n > 0) scatter_gather_elementwise_kernel<true><<<ceil_div(n, 128), 64>>>(self, src, index, shape, f);
    CUDA_CHECK(cudaGetLastError());
}
void scatter_add_half(half* self, const half* src, const int64_t* index, int outer, int axis, int inner, int self_axis) {
    scatter(self, src, index, outer, axis, inner, self_axis, ReduceAdd());
}
void scatter_max_int(int* self, const int* src, const int64_t* index, int outer, int axis, int inner, int self_axis) {
    scatter(self, src, index, outer, axis, inner, self_axis, ReduceMaximum());
}
void one_hot(half* out, const int64_t* classes, int n, int num_classes) {
    one_hot_kernel<half><<<n, 32>>>(out, classes, n, num_classes, 0.9f, 0.1f);
}

int main() {
    const int outer = 3, axis = 7, inner = 5, self_axis = 4, n = outer * axis * inner, m = outer * self_axis * inner;
    std::vector<int> index32 = random_ints(n, 1220, -self_axis, self_axis - 1), ints = random_ints(n, 1221, -99, 99);
    std::vector<int64_t> index(index32.begin(), index32.end()), all_equal(n, 2);
    std::vector<float> x = random_floats(m, 1222), want, src;
    std::vector<__nv_bfloat16> xb;
    for (float v : x) xb.push_back((__nv_bfloat16)v);
    auto far = [&](int i, int64_t at) { return (i / (axis * inner) * self_axis + (at < 0 ? at + self_axis : at)) * inner + i % inner; };
    for (int i = 0; i < n; i++) want.push_back(x[far(i, index[i])]);
    float *d_x = to_device(x), *d_out = device_zeros<float>(n);
    __nv_bfloat16 *d_xb = to_device(xb), *d_outb = device_zeros<__nv_bfloat16>(n);
    int64_t *d_index = to_device(index), *d_equal = to_device(all_equal);
    int *d_index32 = to_device(index32), *d_ints = to_device(ints), *d_peaks = device_zeros<int>(m);
    gather_float(d_out, d_x, d_index, outer, axis, inner, self_axis);
    bool ok = all_close(to_host(d_out, n), want, 0.0, "gather");
    gather_bf16(d_outb, d_xb, d_index32, outer, axis, inner, self_axis);
    std::vector<float> got;
    for (auto v : to_host(d_outb, n)) got.push_back((float)v);
    ok = all_close(got, want, 1e-2, "gather bf16") && ok;

    std::vector<half> halves;
    std::vector<double> sums(m), equal_sums(m);
    for (int v : random_ints(n, 1223, -8, 8)) halves.push_back((half)(float)v);  // sums stay exact
    std::vector<int> peaks(m);
    for (int i = 0; i < n; i++) {
        sums[far(i, index[i])] += (float)halves[i], equal_sums[far(i, 2)] += (float)halves[i];
        peaks[far(i, index[i])] = std::max(peaks[far(i, index[i])], ints[i]);
    }
    half *d_src = to_device(halves), *d_self = device_zeros<half>(m), *d_hot = device_zeros<half>(2 * 9);
    for (int pass = 0; pass < 2; pass++) {
        CUDA_CHECK(cudaMemset(d_self, 0, m * sizeof(half)));
        scatter_add_half(d_self, d_src, pass ? d_equal : d_index, outer, axis, inner, self_axis);
        got.clear();
        for (auto v : to_host(d_self, m)) got.push_back((float)v);
        ok = all_close(got, pass ? equal_sums : sums, 0.0, "scatter add") && ok;
    }
    scatter_max_int(d_peaks, d_ints, d_index, outer, axis, inner, self_axis);
    ok = all_close(to_host(d_peaks, m), peaks, 0.0, "scatter max") && ok;
    int64_t* d_classes = to_device(std::vector<int64_t>{8, -1});  // -1: no class
    one_hot(d_hot, d_classes, 2, 9);
    std::vector<half> hot = to_host(d_hot, 18);
    for (int i = 0; i < 18; i++) ok = hot[i] == (half)(i == 8 ? 0.9f : 0.1f) && ok;
    cudaFree(d_x), cudaFree(d_out), cudaFree(d_xb), cudaFree(d_outb), cudaFree(d_index), cudaFree(d_equal), cudaFree(d_index32);
    cudaFree(d_ints), cudaFree(d_peaks), cudaFree(d_src), cudaFree(d_self), cudaFree(d_hot), cudaFree(d_classes);
    return report(ok);
}
