// Reductions across a logical warp: each lane combines with the one 1, 2, 4, ... lanes after it.
#pragma once

#include <cub/thread/thread_operators.cuh>
#include <cub/thread/thread_reduce.cuh>
#include <cub/util_ptx.cuh>

namespace cub {

template <typename T, int LOGICAL_WARP_THREADS = 32, int LEGACY_PTX_ARCH = 0> class WarpReduce {
    static constexpr int WIDTH = detail::shuffle_width(LOGICAL_WARP_THREADS);
    int lane_id;
    unsigned int member_mask;

    // The lane's value combined with all that follow, up to `last_lane`.
    template <typename ReductionOp>
    __device__ T ReduceUntil(T input, ReductionOp reduction_op, int last_lane)
    {
        for (int offset = 1; offset < LOGICAL_WARP_THREADS; offset *= 2) {
            T other = detail::shuffle_down(member_mask, input, offset, WIDTH);
            if (lane_id + offset <= last_lane)
                input = reduction_op(input, other);
        }
        return input;
    }
    // The last lane of this lane's segment, where `ends` has a bit for each last lane.
    __device__ int SegmentEnd(unsigned int ends)
    {
        unsigned int first = LaneId() - lane_id;
        ends = (ends & member_mask) >> first;
        ends &= ~((1u << lane_id) - 1u);
        ends |= 1u << (LOGICAL_WARP_THREADS - 1);
        return __ffs(ends) - 1;
    }

public:
    struct TempStorage : NullType {};

    __device__ WarpReduce(TempStorage &)
        : lane_id(LaneId() % LOGICAL_WARP_THREADS),
          member_mask(WarpMask<LOGICAL_WARP_THREADS>(LaneId() / LOGICAL_WARP_THREADS))
    {
    }

    template <typename ReductionOp> __device__ T Reduce(T input, ReductionOp reduction_op)
    {
        return ReduceUntil(input, reduction_op, LOGICAL_WARP_THREADS - 1);
    }
    template <typename ReductionOp>
    __device__ T Reduce(T input, ReductionOp reduction_op, int valid_items)
    {
        return ReduceUntil(input, reduction_op, valid_items - 1);
    }
    __device__ T Sum(T input) { return Reduce(input, cub::Sum()); }
    __device__ T Sum(T input, int valid_items) { return Reduce(input, cub::Sum(), valid_items); }

    template <typename ReductionOp, typename FlagT>
    __device__ T HeadSegmentedReduce(T input, FlagT head_flag, ReductionOp reduction_op)
    {
        unsigned int heads = __ballot_sync(member_mask, head_flag ? 1 : 0);
        return ReduceUntil(input, reduction_op, SegmentEnd(heads >> 1));
    }
    template <typename ReductionOp, typename FlagT>
    __device__ T TailSegmentedReduce(T input, FlagT tail_flag, ReductionOp reduction_op)
    {
        unsigned int tails = __ballot_sync(member_mask, tail_flag ? 1 : 0);
        return ReduceUntil(input, reduction_op, SegmentEnd(tails));
    }
    template <typename FlagT> __device__ T HeadSegmentedSum(T input, FlagT head_flag)
    {
        return HeadSegmentedReduce(input, head_flag, cub::Sum());
    }
    template <typename FlagT> __device__ T TailSegmentedSum(T input, FlagT tail_flag)
    {
        return TailSegmentedReduce(input, tail_flag, cub::Sum());
    }
};

} // namespace cub
