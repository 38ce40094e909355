// Items of a tile, from threads to memory. See block_load.cuh for the arrangements.
#pragma once

#include <cub/util_ptx.cuh>

namespace cub {

template <typename T, int ITEMS_PER_THREAD, typename OutputIteratorT>
__device__ inline void StoreDirectBlocked(int linear_tid, OutputIteratorT block_itr,
                                      T (&items)[ITEMS_PER_THREAD])
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        block_itr[linear_tid * ITEMS_PER_THREAD + item] = items[item];
}
template <typename T, int ITEMS_PER_THREAD, typename OutputIteratorT>
__device__ inline void StoreDirectBlocked(int linear_tid, OutputIteratorT block_itr,
                                      T (&items)[ITEMS_PER_THREAD], int valid_items)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        if (linear_tid * ITEMS_PER_THREAD + item < valid_items)
            block_itr[linear_tid * ITEMS_PER_THREAD + item] = items[item];
}

template <int BLOCK_THREADS, typename T, int ITEMS_PER_THREAD, typename OutputIteratorT>
__device__ inline void StoreDirectStriped(int linear_tid, OutputIteratorT block_itr,
                                      T (&items)[ITEMS_PER_THREAD])
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        block_itr[item * BLOCK_THREADS + linear_tid] = items[item];
}
template <int BLOCK_THREADS, typename T, int ITEMS_PER_THREAD, typename OutputIteratorT>
__device__ inline void StoreDirectStriped(int linear_tid, OutputIteratorT block_itr,
                                      T (&items)[ITEMS_PER_THREAD], int valid_items)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        if (item * BLOCK_THREADS + linear_tid < valid_items)
            block_itr[item * BLOCK_THREADS + linear_tid] = items[item];
}

template <typename T, int ITEMS_PER_THREAD, typename OutputIteratorT>
__device__ inline void StoreDirectWarpStriped(int linear_tid, OutputIteratorT block_itr,
                                      T (&items)[ITEMS_PER_THREAD])
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        block_itr[linear_tid / 32 * 32 * ITEMS_PER_THREAD + item * 32 + linear_tid % 32] = items[item];
}
template <typename T, int ITEMS_PER_THREAD, typename OutputIteratorT>
__device__ inline void StoreDirectWarpStriped(int linear_tid, OutputIteratorT block_itr,
                                      T (&items)[ITEMS_PER_THREAD], int valid_items)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        if (linear_tid / 32 * 32 * ITEMS_PER_THREAD + item * 32 + linear_tid % 32 < valid_items)
            block_itr[linear_tid / 32 * 32 * ITEMS_PER_THREAD + item * 32 + linear_tid % 32] = items[item];
}

template <typename T, int ITEMS_PER_THREAD>
__device__ inline void StoreDirectBlockedVectorized(int linear_tid, T *block_ptr,
                                                    T (&items)[ITEMS_PER_THREAD])
{
    StoreDirectBlocked(linear_tid, block_ptr, items);
}

enum BlockStoreAlgorithm {
    BLOCK_STORE_DIRECT,
    BLOCK_STORE_STRIPED,
    BLOCK_STORE_VECTORIZE,
    BLOCK_STORE_TRANSPOSE,
    BLOCK_STORE_WARP_TRANSPOSE,
    BLOCK_STORE_WARP_TRANSPOSE_TIMESLICED
};

template <typename T, int BLOCK_DIM_X, int ITEMS_PER_THREAD,
          BlockStoreAlgorithm ALGORITHM = BLOCK_STORE_DIRECT, int BLOCK_DIM_Y = 1,
          int BLOCK_DIM_Z = 1, int LEGACY_PTX_ARCH = 0>
class BlockStore {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;
    static constexpr bool IS_DIRECT = ALGORITHM == BLOCK_STORE_DIRECT || ALGORITHM == BLOCK_STORE_STRIPED ||
                                      ALGORITHM == BLOCK_STORE_VECTORIZE;
    static constexpr int BYTES = IS_DIRECT ? 16 : BLOCK_THREADS * ITEMS_PER_THREAD * int(sizeof(T));
    int linear_tid;

public:
    // Not used here; as large as an exchange of the items takes, for kernels that lay out their
    // memory themselves.
    struct alignas(16) TempStorage {
        unsigned char exchange[BYTES];
    };

    __device__ BlockStore() : linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z)) {}
    __device__ BlockStore(TempStorage &)
        : linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }
    template <typename OutputIteratorT>
    __device__ void Store(OutputIteratorT block_itr, T (&items)[ITEMS_PER_THREAD])
    {
        if constexpr (ALGORITHM == BLOCK_STORE_STRIPED)
            StoreDirectStriped<BLOCK_THREADS>(linear_tid, block_itr, items);
        else
            StoreDirectBlocked(linear_tid, block_itr, items);
    }
    template <typename OutputIteratorT>
    __device__ void Store(OutputIteratorT block_itr, T (&items)[ITEMS_PER_THREAD],
                          int valid_items)
    {
        if constexpr (ALGORITHM == BLOCK_STORE_STRIPED)
            StoreDirectStriped<BLOCK_THREADS>(linear_tid, block_itr, items, valid_items);
        else
            StoreDirectBlocked(linear_tid, block_itr, items, valid_items);
    }
};

} // namespace cub
