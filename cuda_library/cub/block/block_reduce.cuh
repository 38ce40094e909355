// Reductions across a block, to its first thread: within each warp, then over the warps in their
// order. The algorithms of the toolkit differ in speed; here all are this one.
#pragma once

#include <cub/warp/warp_reduce.cuh>

namespace cub {

enum BlockReduceAlgorithm {
    BLOCK_REDUCE_RAKING_COMMUTATIVE_ONLY,
    BLOCK_REDUCE_RAKING,
    BLOCK_REDUCE_WARP_REDUCTIONS
};

template <typename T, int BLOCK_DIM_X, BlockReduceAlgorithm ALGORITHM = BLOCK_REDUCE_WARP_REDUCTIONS,
          int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1, int LEGACY_PTX_ARCH = 0>
class BlockReduce {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;
    static constexpr int WARPS = (BLOCK_THREADS + 31) / 32;

public:
    struct alignas(16) TempStorage {
        T warp_aggregates[WARPS];
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

    __device__ static TempStorage &PrivateStorage()
    {
        __shared__ TempStorage private_storage;
        return private_storage;
    }

public:
    __device__ BlockReduce()
        : temp_storage(PrivateStorage()),
          linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }
    __device__ BlockReduce(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

    template <typename ReductionOp>
    __device__ T Reduce(T input, ReductionOp reduction_op, int num_valid)
    {
        int warp = linear_tid / 32, lane = linear_tid % 32;
        for (int offset = 1; offset < 32; offset *= 2) {
            T other = detail::shuffle_down(0xffffffffu, input, offset, 32);
            if (lane + offset < 32 && linear_tid + offset < num_valid)
                input = reduction_op(input, other);
        }
        if (lane == 0)
            temp_storage.warp_aggregates[warp] = input;
        __syncthreads();
        if (linear_tid == 0)
            for (int other = 1; other < WARPS; ++other)
                if (other * 32 < num_valid)
                    input = reduction_op(input, temp_storage.warp_aggregates[other]);
        return input;
    }
    template <typename ReductionOp> __device__ T Reduce(T input, ReductionOp reduction_op)
    {
        return Reduce(input, reduction_op, BLOCK_THREADS);
    }
    template <int ITEMS_PER_THREAD, typename ReductionOp>
    __device__ T Reduce(T (&inputs)[ITEMS_PER_THREAD], ReductionOp reduction_op)
    {
        return Reduce(ThreadReduce(inputs, reduction_op), reduction_op, BLOCK_THREADS);
    }
    __device__ T Sum(T input) { return Reduce(input, cub::Sum(), BLOCK_THREADS); }
    __device__ T Sum(T input, int num_valid) { return Reduce(input, cub::Sum(), num_valid); }
    template <int ITEMS_PER_THREAD> __device__ T Sum(T (&inputs)[ITEMS_PER_THREAD])
    {
        return Reduce(inputs, cub::Sum());
    }
};

} // namespace cub
