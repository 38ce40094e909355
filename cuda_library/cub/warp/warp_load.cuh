// Items of a logical warp's tile, from memory to lanes.
#pragma once

#include <cub/block/block_load.cuh>

namespace cub {

enum WarpLoadAlgorithm { WARP_LOAD_DIRECT, WARP_LOAD_STRIPED, WARP_LOAD_VECTORIZE, WARP_LOAD_TRANSPOSE };

template <typename InputT, int ITEMS_PER_THREAD, WarpLoadAlgorithm ALGORITHM = WARP_LOAD_DIRECT,
          int LOGICAL_WARP_THREADS = 32, int LEGACY_PTX_ARCH = 0>
class WarpLoad {
    int lane_id;

public:
    struct TempStorage : NullType {};

    __device__ WarpLoad() : lane_id(LaneId() % LOGICAL_WARP_THREADS) {}
    __device__ WarpLoad(TempStorage &) : lane_id(LaneId() % LOGICAL_WARP_THREADS) {}
    template <typename InputIteratorT>
    __device__ void Load(InputIteratorT block_itr, InputT (&items)[ITEMS_PER_THREAD])
    {
        if constexpr (ALGORITHM == WARP_LOAD_STRIPED)
            LoadDirectStriped<LOGICAL_WARP_THREADS>(lane_id, block_itr, items);
        else
            LoadDirectBlocked(lane_id, block_itr, items);
    }
    template <typename InputIteratorT>
    __device__ void Load(InputIteratorT block_itr, InputT (&items)[ITEMS_PER_THREAD],
              int valid_items)
    {
        if constexpr (ALGORITHM == WARP_LOAD_STRIPED)
            LoadDirectStriped<LOGICAL_WARP_THREADS>(lane_id, block_itr, items, valid_items);
        else
            LoadDirectBlocked(lane_id, block_itr, items, valid_items);
    }
    template <typename InputIteratorT, typename DefaultT>
    __device__ void Load(InputIteratorT block_itr, InputT (&items)[ITEMS_PER_THREAD],
              int valid_items, DefaultT oob_default)
    {
        if constexpr (ALGORITHM == WARP_LOAD_STRIPED)
            LoadDirectStriped<LOGICAL_WARP_THREADS>(lane_id, block_itr, items, valid_items, oob_default);
        else
            LoadDirectBlocked(lane_id, block_itr, items, valid_items, oob_default);
    }
};

} // namespace cub
