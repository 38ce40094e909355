// Items change their arrangement among the threads of a block, through shared memory.
#pragma once

#include <cub/util_ptx.cuh>

namespace cub {

template <typename InputT, int BLOCK_DIM_X, int ITEMS_PER_THREAD, bool WARP_TIME_SLICING = false,
          int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1, int LEGACY_PTX_ARCH = 0>
class BlockExchange {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;

public:
    struct alignas(16) TempStorage {
        InputT items[BLOCK_THREADS * ITEMS_PER_THREAD];
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

    __device__ static TempStorage &PrivateStorage()
    {
        __shared__ TempStorage private_storage;
        return private_storage;
    }

    // Where an item of this thread is in the tile, by arrangement.
    __device__ int Blocked(int item) { return linear_tid * ITEMS_PER_THREAD + item; }
    __device__ int Striped(int item) { return item * BLOCK_THREADS + linear_tid; }
    __device__ int WarpStriped(int item)
    {
        // The last warp may have fewer threads; its stripes are then as wide.
        int warp = linear_tid / 32;
        int width = BLOCK_THREADS - warp * 32 < 32 ? BLOCK_THREADS - warp * 32 : 32;
        return warp * 32 * ITEMS_PER_THREAD + item * width + linear_tid % 32;
    }

public:
    __device__ BlockExchange()
        : temp_storage(PrivateStorage()),
          linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }
    __device__ BlockExchange(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

#define ASC_REARRANGE(name, from, to)                                                            \
    template <typename OutputT>                                                                  \
    __device__ void name(InputT(&input_items)[ITEMS_PER_THREAD],                                 \
                         OutputT(&output_items)[ITEMS_PER_THREAD])                               \
    {                                                                                            \
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)                                      \
            temp_storage.items[from(item)] = input_items[item];                                  \
        __syncthreads();                                                                         \
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)                                      \
            output_items[item] = temp_storage.items[to(item)];                                   \
    }                                                                                            \
    __device__ void name(InputT(&items)[ITEMS_PER_THREAD]) { name(items, items); }
    ASC_REARRANGE(StripedToBlocked, Striped, Blocked)
    ASC_REARRANGE(BlockedToStriped, Blocked, Striped)
    ASC_REARRANGE(WarpStripedToBlocked, WarpStriped, Blocked)
    ASC_REARRANGE(BlockedToWarpStriped, Blocked, WarpStriped)
#undef ASC_REARRANGE

    template <typename OutputT, typename OffsetT>
    __device__ void ScatterToBlocked(InputT (&input_items)[ITEMS_PER_THREAD],
                                     OutputT (&output_items)[ITEMS_PER_THREAD],
                                     OffsetT (&ranks)[ITEMS_PER_THREAD])
    {
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            temp_storage.items[ranks[item]] = input_items[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            output_items[item] = temp_storage.items[Blocked(item)];
    }
    template <typename OffsetT>
    __device__ void ScatterToBlocked(InputT (&items)[ITEMS_PER_THREAD],
                                     OffsetT (&ranks)[ITEMS_PER_THREAD])
    {
        ScatterToBlocked(items, items, ranks);
    }
    template <typename OutputT, typename OffsetT>
    __device__ void ScatterToStriped(InputT (&input_items)[ITEMS_PER_THREAD],
                                     OutputT (&output_items)[ITEMS_PER_THREAD],
                                     OffsetT (&ranks)[ITEMS_PER_THREAD])
    {
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            temp_storage.items[ranks[item]] = input_items[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            output_items[item] = temp_storage.items[Striped(item)];
    }
    template <typename OffsetT>
    __device__ void ScatterToStriped(InputT (&items)[ITEMS_PER_THREAD],
                                     OffsetT (&ranks)[ITEMS_PER_THREAD])
    {
        ScatterToStriped(items, items, ranks);
    }
    // Items with a rank below zero stay behind.
    template <typename OutputT, typename OffsetT>
    __device__ void ScatterToStripedGuarded(InputT (&input_items)[ITEMS_PER_THREAD],
                                            OutputT (&output_items)[ITEMS_PER_THREAD],
                                            OffsetT (&ranks)[ITEMS_PER_THREAD])
    {
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            if (ranks[item] >= 0)
                temp_storage.items[ranks[item]] = input_items[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            output_items[item] = temp_storage.items[Striped(item)];
    }
    template <typename OutputT, typename OffsetT, typename ValidFlag>
    __device__ void ScatterToStripedFlagged(InputT (&input_items)[ITEMS_PER_THREAD],
                                            OutputT (&output_items)[ITEMS_PER_THREAD],
                                            OffsetT (&ranks)[ITEMS_PER_THREAD],
                                            ValidFlag (&is_valid)[ITEMS_PER_THREAD])
    {
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            if (is_valid[item])
                temp_storage.items[ranks[item]] = input_items[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            output_items[item] = temp_storage.items[Striped(item)];
    }
};

} // namespace cub
