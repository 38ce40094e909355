// Function objects: comparisons, sums, extremes.
#pragma once

#include <cub/util_type.cuh>

namespace cub {

struct Equality {
    template <typename T, typename U>
    __host__ __device__ bool operator()(const T &a, const U &b) const { return a == b; }
};
struct Inequality {
    template <typename T, typename U>
    __host__ __device__ bool operator()(const T &a, const U &b) const { return a != b; }
};
template <typename EqualityOp> struct InequalityWrapper {
    EqualityOp op;
    __host__ __device__ InequalityWrapper(EqualityOp op) : op(op) {}
    template <typename T, typename U>
    __host__ __device__ bool operator()(const T &a, const U &b) { return !op(a, b); }
};
struct Sum {
    template <typename T, typename U>
    __host__ __device__ auto operator()(const T &a, const U &b) const { return a + b; }
};
struct Difference {
    template <typename T, typename U>
    __host__ __device__ auto operator()(const T &a, const U &b) const { return a - b; }
};
struct Division {
    template <typename T, typename U>
    __host__ __device__ auto operator()(const T &a, const U &b) const { return a / b; }
};
struct Max {
    template <typename T, typename U>
    __host__ __device__ auto operator()(const T &a, const U &b) const { return b > a ? b : a; }
};
struct Min {
    template <typename T, typename U>
    __host__ __device__ auto operator()(const T &a, const U &b) const { return b < a ? b : a; }
};
// Of pairs, the one with the greater value; of equal ones that with the smaller key.
struct ArgMax {
    template <typename KeyT, typename T>
    __host__ __device__ KeyValuePair<KeyT, T> operator()(const KeyValuePair<KeyT, T> &a,
                                                         const KeyValuePair<KeyT, T> &b) const
    {
        return b.value > a.value || (a.value == b.value && b.key < a.key) ? b : a;
    }
};
struct ArgMin {
    template <typename KeyT, typename T>
    __host__ __device__ KeyValuePair<KeyT, T> operator()(const KeyValuePair<KeyT, T> &a,
                                                         const KeyValuePair<KeyT, T> &b) const
    {
        return b.value < a.value || (a.value == b.value && b.key < a.key) ? b : a;
    }
};
template <typename B> struct CastOp {
    template <typename A> __host__ __device__ B operator()(const A &a) const { return B(a); }
};
template <typename ScanOp> class SwizzleScanOp {
    ScanOp scan_op;

public:
    __host__ __device__ SwizzleScanOp(ScanOp scan_op) : scan_op(scan_op) {}
    template <typename T> __host__ __device__ T operator()(const T &a, const T &b)
    {
        T first(b), second(a);
        return scan_op(first, second);
    }
};

} // namespace cub
