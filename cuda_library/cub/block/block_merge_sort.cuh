// Stable sorts of a block's keys by a comparison: an item's place is the number of items that come
// before it.
#pragma once

#include <cub/util_ptx.cuh>

namespace cub {

template <typename KeyT, int BLOCK_DIM_X, int ITEMS_PER_THREAD, typename ValueT = NullType,
          int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1>
class BlockMergeSort {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;
    static constexpr int TILE_ITEMS = BLOCK_THREADS * ITEMS_PER_THREAD;

public:
    union alignas(16) TempStorage {
        KeyT keys[TILE_ITEMS];
        ValueT values[TILE_ITEMS];
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

    template <typename CompareOp>
    __device__ void SortKeys(KeyT (&keys)[ITEMS_PER_THREAD], int (&ranks)[ITEMS_PER_THREAD],
                             CompareOp compare_op, int valid_items)
    {
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            temp_storage.keys[linear_tid * ITEMS_PER_THREAD + item] = keys[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item) {
            int place = linear_tid * ITEMS_PER_THREAD + item;
            int rank = place;
            if (place < valid_items) {
                rank = 0;
                for (int other = 0; other < valid_items; ++other) {
                    bool comes_before = other < place
                                            ? !compare_op(keys[item], temp_storage.keys[other])
                                            : compare_op(temp_storage.keys[other], keys[item]);
                    rank += comes_before;
                }
            }
            ranks[item] = rank;
        }
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            temp_storage.keys[ranks[item]] = keys[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            keys[item] = temp_storage.keys[linear_tid * ITEMS_PER_THREAD + item];
    }

public:
    __device__ BlockMergeSort(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

    template <typename CompareOp>
    __device__ void Sort(KeyT (&keys)[ITEMS_PER_THREAD], CompareOp compare_op)
    {
        int ranks[ITEMS_PER_THREAD];
        SortKeys(keys, ranks, compare_op, TILE_ITEMS);
    }
    // Items from `valid_items` on become `oob_default`, which comes last.
    template <typename CompareOp>
    __device__ void Sort(KeyT (&keys)[ITEMS_PER_THREAD], CompareOp compare_op, int valid_items,
                         KeyT oob_default)
    {
        int ranks[ITEMS_PER_THREAD];
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            if (linear_tid * ITEMS_PER_THREAD + item >= valid_items)
                keys[item] = oob_default;
        SortKeys(keys, ranks, compare_op, valid_items);
    }
    template <typename CompareOp>
    __device__ void Sort(KeyT (&keys)[ITEMS_PER_THREAD], ValueT (&items)[ITEMS_PER_THREAD],
                         CompareOp compare_op)
    {
        int ranks[ITEMS_PER_THREAD];
        SortKeys(keys, ranks, compare_op, TILE_ITEMS);
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            temp_storage.values[ranks[item]] = items[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            items[item] = temp_storage.values[linear_tid * ITEMS_PER_THREAD + item];
    }
    template <typename CompareOp>
    __device__ void StableSort(KeyT (&keys)[ITEMS_PER_THREAD], CompareOp compare_op)
    {
        Sort(keys, compare_op);
    }
    template <typename CompareOp>
    __device__ void StableSort(KeyT (&keys)[ITEMS_PER_THREAD], ValueT (&items)[ITEMS_PER_THREAD],
                               CompareOp compare_op)
    {
        Sort(keys, items, compare_op);
    }
};

} // namespace cub
