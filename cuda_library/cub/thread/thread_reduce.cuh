// Sequential reductions and scans of the items of one thread.
#pragma once

#include <cub/util_type.cuh>

namespace cub {

template <int LENGTH, typename T, typename ReductionOp, typename PrefixT>
__device__ inline PrefixT ThreadReduce(T (&input)[LENGTH], ReductionOp reduction_op, PrefixT prefix)
{
    for (int i = 0; i < LENGTH; ++i)
        prefix = reduction_op(prefix, input[i]);
    return prefix;
}
template <int LENGTH, typename T, typename ReductionOp>
__device__ inline T ThreadReduce(T (&input)[LENGTH], ReductionOp reduction_op)
{
    T total = input[0];
    for (int i = 1; i < LENGTH; ++i)
        total = reduction_op(total, input[i]);
    return total;
}

template <int LENGTH, typename T, typename ScanOp>
__device__ inline T ThreadScanInclusive(T (&input)[LENGTH], T (&output)[LENGTH], ScanOp scan_op)
{
    T inclusive = input[0];
    output[0] = inclusive;
    for (int i = 1; i < LENGTH; ++i) {
        inclusive = scan_op(inclusive, input[i]);
        output[i] = inclusive;
    }
    return inclusive;
}
template <int LENGTH, typename T, typename ScanOp>
__device__ inline T ThreadScanInclusive(T (&input)[LENGTH], T (&output)[LENGTH], ScanOp scan_op,
                                        T prefix, bool apply_prefix = true)
{
    T inclusive = input[0];
    if (apply_prefix)
        inclusive = scan_op(prefix, inclusive);
    output[0] = inclusive;
    for (int i = 1; i < LENGTH; ++i) {
        inclusive = scan_op(inclusive, input[i]);
        output[i] = inclusive;
    }
    return inclusive;
}
template <int LENGTH, typename T, typename ScanOp>
__device__ inline T ThreadScanExclusive(T (&input)[LENGTH], T (&output)[LENGTH], ScanOp scan_op,
                                        T prefix, bool apply_prefix = true)
{
    T inclusive = input[0];
    if (apply_prefix)
        inclusive = scan_op(prefix, inclusive);
    output[0] = prefix;
    for (int i = 1; i < LENGTH; ++i) {
        T exclusive = inclusive;
        inclusive = scan_op(exclusive, input[i]);
        output[i] = exclusive;
    }
    return inclusive;
}

} // namespace cub
