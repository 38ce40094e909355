// Items of a tile, from memory to threads. Blocked: thread t has items t*N, t*N+1, ...; striped: t,
// t+THREADS, ...; warp-striped: the same within the tile of each warp. The algorithms differ in speed
// and in the arrangement they leave, never in values.
#pragma once

#include <cub/util_ptx.cuh>

namespace cub {

template <typename T, int ITEMS_PER_THREAD, typename InputIteratorT>
__device__ inline void LoadDirectBlocked(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD])
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        items[item] = block_itr[linear_tid * ITEMS_PER_THREAD + item];
}
template <typename T, int ITEMS_PER_THREAD, typename InputIteratorT>
__device__ inline void LoadDirectBlocked(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD], int valid_items)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        if (linear_tid * ITEMS_PER_THREAD + item < valid_items)
            items[item] = block_itr[linear_tid * ITEMS_PER_THREAD + item];
}
template <typename T, int ITEMS_PER_THREAD, typename InputIteratorT, typename DefaultT>
__device__ inline void LoadDirectBlocked(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD], int valid_items,
                                     DefaultT oob_default)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        items[item] = linear_tid * ITEMS_PER_THREAD + item < valid_items ? T(block_itr[linear_tid * ITEMS_PER_THREAD + item]) : T(oob_default);
}

template <int BLOCK_THREADS, typename T, int ITEMS_PER_THREAD, typename InputIteratorT>
__device__ inline void LoadDirectStriped(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD])
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        items[item] = block_itr[item * BLOCK_THREADS + linear_tid];
}
template <int BLOCK_THREADS, typename T, int ITEMS_PER_THREAD, typename InputIteratorT>
__device__ inline void LoadDirectStriped(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD], int valid_items)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        if (item * BLOCK_THREADS + linear_tid < valid_items)
            items[item] = block_itr[item * BLOCK_THREADS + linear_tid];
}
template <int BLOCK_THREADS, typename T, int ITEMS_PER_THREAD, typename InputIteratorT, typename DefaultT>
__device__ inline void LoadDirectStriped(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD], int valid_items,
                                     DefaultT oob_default)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        items[item] = item * BLOCK_THREADS + linear_tid < valid_items ? T(block_itr[item * BLOCK_THREADS + linear_tid]) : T(oob_default);
}

template <typename T, int ITEMS_PER_THREAD, typename InputIteratorT>
__device__ inline void LoadDirectWarpStriped(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD])
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        items[item] = block_itr[linear_tid / 32 * 32 * ITEMS_PER_THREAD + item * 32 + linear_tid % 32];
}
template <typename T, int ITEMS_PER_THREAD, typename InputIteratorT>
__device__ inline void LoadDirectWarpStriped(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD], int valid_items)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        if (linear_tid / 32 * 32 * ITEMS_PER_THREAD + item * 32 + linear_tid % 32 < valid_items)
            items[item] = block_itr[linear_tid / 32 * 32 * ITEMS_PER_THREAD + item * 32 + linear_tid % 32];
}
template <typename T, int ITEMS_PER_THREAD, typename InputIteratorT, typename DefaultT>
__device__ inline void LoadDirectWarpStriped(int linear_tid, InputIteratorT block_itr,
                                     T (&items)[ITEMS_PER_THREAD], int valid_items,
                                     DefaultT oob_default)
{
    for (int item = 0; item < ITEMS_PER_THREAD; ++item)
        items[item] = linear_tid / 32 * 32 * ITEMS_PER_THREAD + item * 32 + linear_tid % 32 < valid_items ? T(block_itr[linear_tid / 32 * 32 * ITEMS_PER_THREAD + item * 32 + linear_tid % 32]) : T(oob_default);
}

template <typename T, int ITEMS_PER_THREAD>
__device__ inline void LoadDirectBlockedVectorized(int linear_tid, const T *block_ptr,
                                                   T (&items)[ITEMS_PER_THREAD])
{
    LoadDirectBlocked(linear_tid, block_ptr, items);
}

enum BlockLoadAlgorithm {
    BLOCK_LOAD_DIRECT,
    BLOCK_LOAD_STRIPED,
    BLOCK_LOAD_VECTORIZE,
    BLOCK_LOAD_TRANSPOSE,
    BLOCK_LOAD_WARP_TRANSPOSE,
    BLOCK_LOAD_WARP_TRANSPOSE_TIMESLICED
};

template <typename InputT, int BLOCK_DIM_X, int ITEMS_PER_THREAD,
          BlockLoadAlgorithm ALGORITHM = BLOCK_LOAD_DIRECT, int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1,
          int LEGACY_PTX_ARCH = 0>
class BlockLoad {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;
    static constexpr bool IS_DIRECT = ALGORITHM == BLOCK_LOAD_DIRECT || ALGORITHM == BLOCK_LOAD_STRIPED ||
                                      ALGORITHM == BLOCK_LOAD_VECTORIZE;
    static constexpr int BYTES = IS_DIRECT ? 16 : BLOCK_THREADS * ITEMS_PER_THREAD * int(sizeof(InputT));
    int linear_tid;

public:
    // Not used here; as large as an exchange of the items takes, for kernels that lay out their
    // memory themselves.
    struct alignas(16) TempStorage {
        unsigned char exchange[BYTES];
    };

    __device__ BlockLoad() : linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z)) {}
    __device__ BlockLoad(TempStorage &)
        : linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }
    template <typename InputIteratorT>
    __device__ void Load(InputIteratorT block_itr, InputT (&items)[ITEMS_PER_THREAD])
    {
        if constexpr (ALGORITHM == BLOCK_LOAD_STRIPED)
            LoadDirectStriped<BLOCK_THREADS>(linear_tid, block_itr, items);
        else
            LoadDirectBlocked(linear_tid, block_itr, items);
    }
    template <typename InputIteratorT>
    __device__ void Load(InputIteratorT block_itr, InputT (&items)[ITEMS_PER_THREAD],
                         int block_items_end)
    {
        if constexpr (ALGORITHM == BLOCK_LOAD_STRIPED)
            LoadDirectStriped<BLOCK_THREADS>(linear_tid, block_itr, items, block_items_end);
        else
            LoadDirectBlocked(linear_tid, block_itr, items, block_items_end);
    }
    template <typename InputIteratorT, typename DefaultT>
    __device__ void Load(InputIteratorT block_itr, InputT (&items)[ITEMS_PER_THREAD],
                         int block_items_end, DefaultT oob_default)
    {
        if constexpr (ALGORITHM == BLOCK_LOAD_STRIPED)
            LoadDirectStriped<BLOCK_THREADS>(linear_tid, block_itr, items, block_items_end, oob_default);
        else
            LoadDirectBlocked(linear_tid, block_itr, items, block_items_end, oob_default);
    }
};

} // namespace cub
