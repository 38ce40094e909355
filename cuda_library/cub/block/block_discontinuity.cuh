// Flags where an item differs from its neighbour, in the blocked arrangement.
#pragma once

#include <cub/util_ptx.cuh>

namespace cub {

template <typename T, int BLOCK_DIM_X, int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1,
          int LEGACY_PTX_ARCH = 0>
class BlockDiscontinuity {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;

public:
    struct alignas(16) TempStorage {
        T first_items[BLOCK_THREADS];
        T last_items[BLOCK_THREADS];
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

    template <int ITEMS_PER_THREAD> __device__ void Share(T (&input)[ITEMS_PER_THREAD])
    {
        temp_storage.first_items[linear_tid] = input[0];
        temp_storage.last_items[linear_tid] = input[ITEMS_PER_THREAD - 1];
        __syncthreads();
    }
    template <int ITEMS_PER_THREAD, typename FlagT, typename FlagOp>
    __device__ void Heads(FlagT (&head_flags)[ITEMS_PER_THREAD], T (&input)[ITEMS_PER_THREAD],
                          FlagOp flag_op)
    {
        for (int item = 1; item < ITEMS_PER_THREAD; ++item)
            head_flags[item] = flag_op(input[item - 1], input[item]);
        head_flags[0] = linear_tid == 0
                            ? FlagT(1)
                            : FlagT(flag_op(temp_storage.last_items[linear_tid - 1], input[0]));
    }
    template <int ITEMS_PER_THREAD, typename FlagT, typename FlagOp>
    __device__ void Tails(FlagT (&tail_flags)[ITEMS_PER_THREAD], T (&input)[ITEMS_PER_THREAD],
                          FlagOp flag_op)
    {
        for (int item = 0; item < ITEMS_PER_THREAD - 1; ++item)
            tail_flags[item] = flag_op(input[item], input[item + 1]);
        T last = input[ITEMS_PER_THREAD - 1];
        tail_flags[ITEMS_PER_THREAD - 1] =
            linear_tid == BLOCK_THREADS - 1
                ? FlagT(1)
                : FlagT(flag_op(last, temp_storage.first_items[linear_tid + 1]));
    }

public:
    __device__ BlockDiscontinuity(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

    template <int ITEMS_PER_THREAD, typename FlagT, typename FlagOp>
    __device__ void FlagHeads(FlagT (&head_flags)[ITEMS_PER_THREAD], T (&input)[ITEMS_PER_THREAD],
                              FlagOp flag_op)
    {
        Share(input);
        Heads(head_flags, input, flag_op);
    }
    template <int ITEMS_PER_THREAD, typename FlagT, typename FlagOp>
    __device__ void FlagHeads(FlagT (&head_flags)[ITEMS_PER_THREAD], T (&input)[ITEMS_PER_THREAD],
                              FlagOp flag_op, T tile_predecessor_item)
    {
        FlagHeads(head_flags, input, flag_op);
        if (linear_tid == 0)
            head_flags[0] = flag_op(tile_predecessor_item, input[0]);
    }
    template <int ITEMS_PER_THREAD, typename FlagT, typename FlagOp>
    __device__ void FlagTails(FlagT (&tail_flags)[ITEMS_PER_THREAD], T (&input)[ITEMS_PER_THREAD],
                              FlagOp flag_op)
    {
        Share(input);
        Tails(tail_flags, input, flag_op);
    }
    template <int ITEMS_PER_THREAD, typename FlagT, typename FlagOp>
    __device__ void FlagTails(FlagT (&tail_flags)[ITEMS_PER_THREAD], T (&input)[ITEMS_PER_THREAD],
                              FlagOp flag_op, T tile_successor_item)
    {
        FlagTails(tail_flags, input, flag_op);
        if (linear_tid == BLOCK_THREADS - 1)
            tail_flags[ITEMS_PER_THREAD - 1] =
                flag_op(input[ITEMS_PER_THREAD - 1], tile_successor_item);
    }
    template <int ITEMS_PER_THREAD, typename FlagT, typename FlagOp>
    __device__ void FlagHeadsAndTails(FlagT (&head_flags)[ITEMS_PER_THREAD],
                                      FlagT (&tail_flags)[ITEMS_PER_THREAD],
                                      T (&input)[ITEMS_PER_THREAD], FlagOp flag_op)
    {
        Share(input);
        Heads(head_flags, input, flag_op);
        Tails(tail_flags, input, flag_op);
    }
};

} // namespace cub
