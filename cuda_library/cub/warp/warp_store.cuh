// Items of a logical warp's tile, from lanes to memory.
#pragma once

#include <cub/block/block_store.cuh>

namespace cub {

enum WarpStoreAlgorithm { WARP_STORE_DIRECT, WARP_STORE_STRIPED, WARP_STORE_VECTORIZE, WARP_STORE_TRANSPOSE };

template <typename T, int ITEMS_PER_THREAD, WarpStoreAlgorithm ALGORITHM = WARP_STORE_DIRECT,
          int LOGICAL_WARP_THREADS = 32, int LEGACY_PTX_ARCH = 0>
class WarpStore {
    int lane_id;

public:
    struct TempStorage : NullType {};

    __device__ WarpStore() : lane_id(LaneId() % LOGICAL_WARP_THREADS) {}
    __device__ WarpStore(TempStorage &) : lane_id(LaneId() % LOGICAL_WARP_THREADS) {}
    template <typename OutputIteratorT>
    __device__ void Store(OutputIteratorT block_itr, T (&items)[ITEMS_PER_THREAD])
    {
        if constexpr (ALGORITHM == WARP_STORE_STRIPED)
            StoreDirectStriped<LOGICAL_WARP_THREADS>(lane_id, block_itr, items);
        else
            StoreDirectBlocked(lane_id, block_itr, items);
    }
    template <typename OutputIteratorT>
    __device__ void Store(OutputIteratorT block_itr, T (&items)[ITEMS_PER_THREAD],
              int valid_items)
    {
        if constexpr (ALGORITHM == WARP_STORE_STRIPED)
            StoreDirectStriped<LOGICAL_WARP_THREADS>(lane_id, block_itr, items, valid_items);
        else
            StoreDirectBlocked(lane_id, block_itr, items, valid_items);
    }
};

} // namespace cub
