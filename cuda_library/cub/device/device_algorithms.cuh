// Algorithms that host code starts on arrays in device memory, which on the CPU is memory like any
// other: plain loops, done when the call returns. Without temporary storage a call says how much
// it wants, as in the toolkit.
#pragma once

#include <algorithm>
#include <iterator>
#include <numeric>
#include <vector>

#include <cub/iterator/iterators.cuh>
#include <cub/thread/thread_operators.cuh>
#include <cub/util_type.cuh>

namespace cub {

namespace detail {

// Whether the call only asks for the size of its temporary storage.
inline bool asks_for_size(void *storage, size_t &bytes)
{
    if (storage == nullptr)
        bytes = 1;
    return storage == nullptr;
}

template <typename Iterator, typename = void> struct value_of {
    typedef typename Iterator::value_type type;
};
template <typename T> struct value_of<T *> {
    typedef T type;
};
template <typename T> struct value_of<const T *> {
    typedef T type;
};

// The bits of a key between two places, as a number that orders as keys do.
template <typename KeyT> unsigned long long ordered_bits(KeyT key, int begin_bit, int end_bit)
{
    typedef typename Traits<KeyT>::UnsignedBits Bits;
    Bits bits;
    memcpy(&bits, &key, sizeof(bits));
    if (Traits<KeyT>::CATEGORY == FLOATING_POINT && bits == Traits<KeyT>::HIGH_BIT)
        bits = 0;
    unsigned long long ordered = Traits<KeyT>::TwiddleIn(bits);
    int count = end_bit - begin_bit;
    return ordered >> begin_bit & (count >= 64 ? ~0ull : (1ull << count) - 1);
}

template <typename KeyT>
std::vector<long> sorted_order(const KeyT *keys, long n, int begin_bit, int end_bit, bool descending)
{
    std::vector<long> order(n);
    std::iota(order.begin(), order.end(), 0l);
    std::stable_sort(order.begin(), order.end(), [&](long a, long b) {
        unsigned long long x = ordered_bits(keys[a], begin_bit, end_bit);
        unsigned long long y = ordered_bits(keys[b], begin_bit, end_bit);
        return descending ? x > y : x < y;
    });
    return order;
}
template <typename T> void take(const std::vector<long> &order, const T *from, T *to)
{
    std::vector<T> copy(from, from + order.size());
    for (size_t i = 0; i < order.size(); ++i)
        to[i] = copy[order[i]];
}

} // namespace detail

struct DeviceReduce {
    template <typename In, typename Out, typename Op, typename T>
    static cudaError_t Reduce(void *storage, size_t &bytes, In in, Out out, long n, Op op, T initial,
                              cudaStream_t = 0)
    {
        if (detail::asks_for_size(storage, bytes))
            return cudaSuccess;
        T total = initial;
        for (long i = 0; i < n; ++i)
            total = op(total, in[i]);
        *out = total;
        return cudaSuccess;
    }
    template <typename In, typename Out>
    static cudaError_t Sum(void *storage, size_t &bytes, In in, Out out, long n, cudaStream_t s = 0)
    {
        return Reduce(storage, bytes, in, out, n, cub::Sum(), typename detail::value_of<In>::type(), s);
    }
    template <typename In, typename Out>
    static cudaError_t Max(void *storage, size_t &bytes, In in, Out out, long n, cudaStream_t = 0)
    {
        return First(storage, bytes, in, out, n, cub::Max());
    }
    template <typename In, typename Out>
    static cudaError_t Min(void *storage, size_t &bytes, In in, Out out, long n, cudaStream_t = 0)
    {
        return First(storage, bytes, in, out, n, cub::Min());
    }
    template <typename In, typename Out>
    static cudaError_t ArgMax(void *storage, size_t &bytes, In in, Out out, long n, cudaStream_t = 0)
    {
        typedef typename detail::value_of<In>::type T;
        return First(storage, bytes, ArgIndexInputIterator<In, int, T>(in), out, n, cub::ArgMax());
    }
    template <typename In, typename Out>
    static cudaError_t ArgMin(void *storage, size_t &bytes, In in, Out out, long n, cudaStream_t = 0)
    {
        typedef typename detail::value_of<In>::type T;
        return First(storage, bytes, ArgIndexInputIterator<In, int, T>(in), out, n, cub::ArgMin());
    }

private:
    template <typename In, typename Out, typename Op>
    static cudaError_t First(void *storage, size_t &bytes, In in, Out out, long n, Op op)
    {
        if (detail::asks_for_size(storage, bytes) || n == 0)
            return cudaSuccess;
        auto total = in[0];
        for (long i = 1; i < n; ++i)
            total = op(total, in[i]);
        *out = total;
        return cudaSuccess;
    }
};

struct DeviceSegmentedReduce {
    template <typename In, typename Out, typename Begin, typename End, typename Op, typename T>
    static cudaError_t Reduce(void *storage, size_t &bytes, In in, Out out, int segments, Begin begin,
                              End end, Op op, T initial, cudaStream_t = 0)
    {
        if (detail::asks_for_size(storage, bytes))
            return cudaSuccess;
        for (int s = 0; s < segments; ++s) {
            T total = initial;
            for (long i = begin[s]; i < end[s]; ++i)
                total = op(total, in[i]);
            out[s] = total;
        }
        return cudaSuccess;
    }
    template <typename In, typename Out, typename Begin, typename End>
    static cudaError_t Sum(void *storage, size_t &bytes, In in, Out out, int segments, Begin begin,
                           End end, cudaStream_t s = 0)
    {
        typedef typename detail::value_of<In>::type T;
        return Reduce(storage, bytes, in, out, segments, begin, end, cub::Sum(), T(), s);
    }
};

struct DeviceScan {
    template <typename In, typename Out, typename Op>
    static cudaError_t InclusiveScan(void *storage, size_t &bytes, In in, Out out, Op op, long n,
                                     cudaStream_t = 0)
    {
        if (detail::asks_for_size(storage, bytes) || n == 0)
            return cudaSuccess;
        typename detail::value_of<In>::type total = in[0];
        out[0] = total;
        for (long i = 1; i < n; ++i)
            out[i] = total = op(total, in[i]);
        return cudaSuccess;
    }
    template <typename In, typename Out, typename Op, typename T>
    static cudaError_t ExclusiveScan(void *storage, size_t &bytes, In in, Out out, Op op, T initial,
                                     long n, cudaStream_t = 0)
    {
        if (detail::asks_for_size(storage, bytes))
            return cudaSuccess;
        T total = initial;
        for (long i = 0; i < n; ++i) {
            T before = total;
            total = op(total, in[i]);
            out[i] = before;
        }
        return cudaSuccess;
    }
    template <typename In, typename Out>
    static cudaError_t InclusiveSum(void *storage, size_t &bytes, In in, Out out, long n,
                                    cudaStream_t s = 0)
    {
        return InclusiveScan(storage, bytes, in, out, cub::Sum(), n, s);
    }
    template <typename In, typename Out>
    static cudaError_t ExclusiveSum(void *storage, size_t &bytes, In in, Out out, long n,
                                    cudaStream_t s = 0)
    {
        typedef typename detail::value_of<In>::type T;
        return ExclusiveScan(storage, bytes, in, out, cub::Sum(), T(), n, s);
    }
};

struct DeviceRadixSort {
#define ASC_DEVICE_SORT(keys_name, pairs_name, descending)                                       \
    template <typename KeyT>                                                                     \
    static cudaError_t keys_name(void *storage, size_t &bytes, const KeyT *keys_in,              \
                                 KeyT *keys_out, long n, int begin_bit = 0,                      \
                                 int end_bit = sizeof(KeyT) * 8, cudaStream_t = 0)               \
    {                                                                                            \
        if (detail::asks_for_size(storage, bytes))                                               \
            return cudaSuccess;                                                                  \
        detail::take(detail::sorted_order(keys_in, n, begin_bit, end_bit, descending), keys_in,  \
                     keys_out);                                                                  \
        return cudaSuccess;                                                                      \
    }                                                                                            \
    template <typename KeyT, typename ValueT>                                                    \
    static cudaError_t pairs_name(void *storage, size_t &bytes, const KeyT *keys_in,             \
                                  KeyT *keys_out, const ValueT *values_in, ValueT *values_out,   \
                                  long n, int begin_bit = 0, int end_bit = sizeof(KeyT) * 8,     \
                                  cudaStream_t = 0)                                              \
    {                                                                                            \
        if (detail::asks_for_size(storage, bytes))                                               \
            return cudaSuccess;                                                                  \
        std::vector<long> order =                                                                \
            detail::sorted_order(keys_in, n, begin_bit, end_bit, descending);                    \
        detail::take(order, keys_in, keys_out);                                                  \
        detail::take(order, values_in, values_out);                                              \
        return cudaSuccess;                                                                      \
    }                                                                                            \
    template <typename KeyT>                                                                     \
    static cudaError_t keys_name(void *storage, size_t &bytes, DoubleBuffer<KeyT> &keys, long n, \
                                 int begin_bit = 0, int end_bit = sizeof(KeyT) * 8,              \
                                 cudaStream_t s = 0)                                             \
    {                                                                                            \
        return keys_name(storage, bytes, keys.Current(), keys.Current(), n, begin_bit, end_bit, s); \
    }                                                                                            \
    template <typename KeyT, typename ValueT>                                                    \
    static cudaError_t pairs_name(void *storage, size_t &bytes, DoubleBuffer<KeyT> &keys,        \
                                  DoubleBuffer<ValueT> &values, long n, int begin_bit = 0,       \
                                  int end_bit = sizeof(KeyT) * 8, cudaStream_t s = 0)            \
    {                                                                                            \
        return pairs_name(storage, bytes, keys.Current(), keys.Current(), values.Current(),      \
                          values.Current(), n, begin_bit, end_bit, s);                           \
    }
    ASC_DEVICE_SORT(SortKeys, SortPairs, false)
    ASC_DEVICE_SORT(SortKeysDescending, SortPairsDescending, true)
#undef ASC_DEVICE_SORT
};

struct DeviceSelect {
    template <typename In, typename Flags, typename Out, typename Count>
    static cudaError_t Flagged(void *storage, size_t &bytes, In in, Flags flags, Out out, Count count,
                               long n, cudaStream_t = 0)
    {
        if (detail::asks_for_size(storage, bytes))
            return cudaSuccess;
        long kept = 0;
        for (long i = 0; i < n; ++i)
            if (flags[i])
                out[kept++] = in[i];
        *count = kept;
        return cudaSuccess;
    }
    template <typename In, typename Out, typename Count, typename Op>
    static cudaError_t If(void *storage, size_t &bytes, In in, Out out, Count count, long n, Op op,
                          cudaStream_t = 0)
    {
        if (detail::asks_for_size(storage, bytes))
            return cudaSuccess;
        long kept = 0;
        for (long i = 0; i < n; ++i)
            if (op(in[i]))
                out[kept++] = in[i];
        *count = kept;
        return cudaSuccess;
    }
    template <typename In, typename Out, typename Count>
    static cudaError_t Unique(void *storage, size_t &bytes, In in, Out out, Count count, long n,
                              cudaStream_t = 0)
    {
        if (detail::asks_for_size(storage, bytes))
            return cudaSuccess;
        long kept = 0;
        for (long i = 0; i < n; ++i)
            if (i == 0 || !(in[i] == in[i - 1]))
                out[kept++] = in[i];
        *count = kept;
        return cudaSuccess;
    }
};

} // namespace cub
