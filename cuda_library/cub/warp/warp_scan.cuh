// Prefix scans across a logical warp: each lane combines with the one 1, 2, 4, ... lanes before it.
#pragma once

#include <cub/thread/thread_operators.cuh>
#include <cub/util_ptx.cuh>

namespace cub {

template <typename T, int LOGICAL_WARP_THREADS = 32, int LEGACY_PTX_ARCH = 0> class WarpScan {
    static constexpr int WIDTH = detail::shuffle_width(LOGICAL_WARP_THREADS);
    int lane_id;
    unsigned int member_mask;

    __device__ T Before(T inclusive) { return detail::shuffle_up(member_mask, inclusive, 1, WIDTH); }
    __device__ T Last(T inclusive)
    {
        return detail::shuffle(member_mask, inclusive, LOGICAL_WARP_THREADS - 1, WIDTH);
    }

public:
    struct TempStorage : NullType {};

    __device__ WarpScan(TempStorage &)
        : lane_id(LaneId() % LOGICAL_WARP_THREADS),
          member_mask(WarpMask<LOGICAL_WARP_THREADS>(LaneId() / LOGICAL_WARP_THREADS))
    {
    }

    __device__ T Broadcast(T input, unsigned int src_lane)
    {
        return detail::shuffle(member_mask, input, int(src_lane), WIDTH);
    }

    template <typename ScanOp>
    __device__ void InclusiveScan(T input, T &inclusive_output, ScanOp scan_op)
    {
        for (int offset = 1; offset < LOGICAL_WARP_THREADS; offset *= 2) {
            T before = detail::shuffle_up(member_mask, input, offset, WIDTH);
            if (lane_id >= offset)
                input = scan_op(before, input);
        }
        inclusive_output = input;
    }
    template <typename ScanOp>
    __device__ void InclusiveScan(T input, T &inclusive_output, ScanOp scan_op, T &warp_aggregate)
    {
        InclusiveScan(input, inclusive_output, scan_op);
        warp_aggregate = Last(inclusive_output);
    }
    __device__ void InclusiveSum(T input, T &inclusive_output)
    {
        InclusiveScan(input, inclusive_output, cub::Sum());
    }
    __device__ void InclusiveSum(T input, T &inclusive_output, T &warp_aggregate)
    {
        InclusiveScan(input, inclusive_output, cub::Sum(), warp_aggregate);
    }

    // Without an initial value the output of the first lane is not defined.
    template <typename ScanOp>
    __device__ void Scan(T input, T &inclusive_output, T &exclusive_output, ScanOp scan_op)
    {
        InclusiveScan(input, inclusive_output, scan_op);
        exclusive_output = Before(inclusive_output);
    }
    template <typename ScanOp>
    __device__ void Scan(T input, T &inclusive_output, T &exclusive_output, T initial_value,
                         ScanOp scan_op)
    {
        T inclusive;
        InclusiveScan(input, inclusive, scan_op);
        inclusive_output = scan_op(initial_value, inclusive);
        T before = Before(inclusive_output);
        exclusive_output = lane_id == 0 ? initial_value : before;
    }
    template <typename ScanOp>
    __device__ void ExclusiveScan(T input, T &exclusive_output, ScanOp scan_op)
    {
        T inclusive;
        Scan(input, inclusive, exclusive_output, scan_op);
    }
    template <typename ScanOp>
    __device__ void ExclusiveScan(T input, T &exclusive_output, T initial_value, ScanOp scan_op)
    {
        T inclusive;
        Scan(input, inclusive, exclusive_output, initial_value, scan_op);
    }
    template <typename ScanOp>
    __device__ void ExclusiveScan(T input, T &exclusive_output, ScanOp scan_op, T &warp_aggregate)
    {
        T inclusive;
        Scan(input, inclusive, exclusive_output, scan_op);
        warp_aggregate = Last(inclusive);
    }
    // The aggregate is that of the inputs alone.
    template <typename ScanOp>
    __device__ void ExclusiveScan(T input, T &exclusive_output, T initial_value, ScanOp scan_op,
                                  T &warp_aggregate)
    {
        T inclusive;
        InclusiveScan(input, inclusive, scan_op);
        warp_aggregate = Last(inclusive);
        inclusive = scan_op(initial_value, inclusive);
        T before = Before(inclusive);
        exclusive_output = lane_id == 0 ? initial_value : before;
    }
    __device__ void ExclusiveSum(T input, T &exclusive_output)
    {
        ExclusiveScan(input, exclusive_output, T{}, cub::Sum());
    }
    __device__ void ExclusiveSum(T input, T &exclusive_output, T &warp_aggregate)
    {
        ExclusiveScan(input, exclusive_output, T{}, cub::Sum(), warp_aggregate);
    }
};

} // namespace cub
