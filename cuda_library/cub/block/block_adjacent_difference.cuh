// Differences of neighbouring items, in the blocked arrangement.
#pragma once

#include <cub/util_ptx.cuh>

namespace cub {

template <typename T, int BLOCK_DIM_X, int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1,
          int LEGACY_PTX_ARCH = 0>
class BlockAdjacentDifference {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;

public:
    struct alignas(16) TempStorage {
        T items[BLOCK_THREADS];
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

public:
    __device__ BlockAdjacentDifference(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

    // The tile's first item has nothing to its left and stays as it is.
    template <int ITEMS_PER_THREAD, typename OutputType, typename DifferenceOpT>
    __device__ void SubtractLeft(T (&input)[ITEMS_PER_THREAD], OutputType (&output)[ITEMS_PER_THREAD],
                                 DifferenceOpT difference_op)
    {
        SubtractLeftPartialTile(input, output, difference_op, BLOCK_THREADS * ITEMS_PER_THREAD);
    }
    template <int ITEMS_PER_THREAD, typename OutputType, typename DifferenceOpT>
    __device__ void SubtractLeft(T (&input)[ITEMS_PER_THREAD], OutputType (&output)[ITEMS_PER_THREAD],
                                 DifferenceOpT difference_op, T tile_predecessor_item)
    {
        T first = input[0];
        SubtractLeft(input, output, difference_op);
        if (linear_tid == 0)
            output[0] = difference_op(first, tile_predecessor_item);
    }
    template <int ITEMS_PER_THREAD, typename OutputType, typename DifferenceOpT>
    __device__ void SubtractLeftPartialTile(T (&input)[ITEMS_PER_THREAD],
                                            OutputType (&output)[ITEMS_PER_THREAD],
                                            DifferenceOpT difference_op, int valid_items)
    {
        temp_storage.items[linear_tid] = input[ITEMS_PER_THREAD - 1];
        __syncthreads();
        for (int item = ITEMS_PER_THREAD - 1; item > 0; --item) {
            if (linear_tid * ITEMS_PER_THREAD + item < valid_items)
                output[item] = difference_op(input[item], input[item - 1]);
            else
                output[item] = input[item];
        }
        if (linear_tid > 0 && linear_tid * ITEMS_PER_THREAD < valid_items)
            output[0] = difference_op(input[0], temp_storage.items[linear_tid - 1]);
        else
            output[0] = input[0];
    }
    template <int ITEMS_PER_THREAD, typename OutputT, typename DifferenceOpT>
    __device__ void SubtractRight(T (&input)[ITEMS_PER_THREAD], OutputT (&output)[ITEMS_PER_THREAD],
                                  DifferenceOpT difference_op)
    {
        SubtractRightPartialTile(input, output, difference_op, BLOCK_THREADS * ITEMS_PER_THREAD);
    }
    template <int ITEMS_PER_THREAD, typename OutputT, typename DifferenceOpT>
    __device__ void SubtractRight(T (&input)[ITEMS_PER_THREAD], OutputT (&output)[ITEMS_PER_THREAD],
                                  DifferenceOpT difference_op, T tile_successor_item)
    {
        T last = input[ITEMS_PER_THREAD - 1];
        SubtractRight(input, output, difference_op);
        if (linear_tid == BLOCK_THREADS - 1)
            output[ITEMS_PER_THREAD - 1] = difference_op(last, tile_successor_item);
    }
    template <int ITEMS_PER_THREAD, typename OutputT, typename DifferenceOpT>
    __device__ void SubtractRightPartialTile(T (&input)[ITEMS_PER_THREAD],
                                             OutputT (&output)[ITEMS_PER_THREAD],
                                             DifferenceOpT difference_op, int valid_items)
    {
        temp_storage.items[linear_tid] = input[0];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD - 1; ++item) {
            if (linear_tid * ITEMS_PER_THREAD + item < valid_items - 1)
                output[item] = difference_op(input[item], input[item + 1]);
            else
                output[item] = input[item];
        }
        T last = input[ITEMS_PER_THREAD - 1];
        if (linear_tid < BLOCK_THREADS - 1 && (linear_tid + 1) * ITEMS_PER_THREAD < valid_items)
            output[ITEMS_PER_THREAD - 1] = difference_op(last, temp_storage.items[linear_tid + 1]);
        else
            output[ITEMS_PER_THREAD - 1] = last;
    }
};

} // namespace cub
