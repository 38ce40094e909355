// Stable sorts of a block's keys by their bits: one pass per bit, from the lowest to the highest.
#pragma once

#include <cub/block/block_scan.cuh>
#include <cub/util_type.cuh>

namespace cub {

template <typename KeyT, int BLOCK_DIM_X, int ITEMS_PER_THREAD, typename ValueT = NullType,
          int RADIX_BITS = 4, bool MEMOIZE_OUTER_SCAN = true,
          BlockScanAlgorithm INNER_SCAN_ALGORITHM = BLOCK_SCAN_WARP_SCANS,
          int SMEM_CONFIG = 0, int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1, int LEGACY_PTX_ARCH = 0>
class BlockRadixSort {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;
    static constexpr int TILE_ITEMS = BLOCK_THREADS * ITEMS_PER_THREAD;
    static constexpr bool KEYS_ONLY = Equals<ValueT, NullType>::VALUE;
    typedef typename Traits<KeyT>::UnsignedBits UnsignedBits;
    typedef BlockScan<int, BLOCK_DIM_X, INNER_SCAN_ALGORITHM, BLOCK_DIM_Y, BLOCK_DIM_Z> Scan;

public:
    union alignas(16) TempStorage {
        typename Scan::TempStorage scan;
        KeyT keys[TILE_ITEMS];
        ValueT values[TILE_ITEMS];
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

    __device__ static TempStorage &PrivateStorage()
    {
        __shared__ TempStorage private_storage;
        return private_storage;
    }

    // The key as a number that orders as keys do; both zeros of a floating-point type are one key.
    __device__ static UnsignedBits Ordered(KeyT key)
    {
        UnsignedBits bits;
        memcpy(&bits, &key, sizeof(bits));
        if constexpr (Traits<KeyT>::CATEGORY == FLOATING_POINT)
            if (bits == Traits<KeyT>::HIGH_BIT)
                bits = 0;
        return Traits<KeyT>::TwiddleIn(bits);
    }
    __device__ int Blocked(int item) { return linear_tid * ITEMS_PER_THREAD + item; }
    __device__ int Striped(int item) { return item * BLOCK_THREADS + linear_tid; }

    // Keys move to their ranks; all threads have left shared memory before and after.
    __device__ void Scatter(KeyT (&keys)[ITEMS_PER_THREAD], int (&ranks)[ITEMS_PER_THREAD],
                            bool to_striped)
    {
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            temp_storage.keys[ranks[item]] = keys[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            keys[item] = temp_storage.keys[to_striped ? Striped(item) : Blocked(item)];
        __syncthreads();
    }
    __device__ void ScatterValues(ValueT (&values)[ITEMS_PER_THREAD], int (&ranks)[ITEMS_PER_THREAD],
                                  bool to_striped)
    {
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            temp_storage.values[ranks[item]] = values[item];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            values[item] = temp_storage.values[to_striped ? Striped(item) : Blocked(item)];
        __syncthreads();
    }

    // Where each item goes if those whose bit is clear (set, for descending keys) come first.
    template <bool DESCENDING>
    __device__ void RankBit(KeyT (&keys)[ITEMS_PER_THREAD], int (&ranks)[ITEMS_PER_THREAD], int bit)
    {
        int firsts = 0, before, total;
        for (int item = 0; item < ITEMS_PER_THREAD; ++item)
            firsts += (int(Ordered(keys[item]) >> bit) & 1) == int(DESCENDING);
        Scan(temp_storage.scan).ExclusiveSum(firsts, before, total);
        for (int item = 0; item < ITEMS_PER_THREAD; ++item) {
            bool is_first = (int(Ordered(keys[item]) >> bit) & 1) == int(DESCENDING);
            ranks[item] = is_first ? before : total + Blocked(item) - before;
            before += is_first;
        }
    }
    template <bool DESCENDING>
    __device__ void SortKeys(KeyT (&keys)[ITEMS_PER_THREAD], int begin_bit, int end_bit,
                             bool to_striped)
    {
        int ranks[ITEMS_PER_THREAD];
        for (int bit = begin_bit; bit < end_bit; ++bit) {
            RankBit<DESCENDING>(keys, ranks, bit);
            Scatter(keys, ranks, to_striped && bit == end_bit - 1);
        }
    }
    template <bool DESCENDING>
    __device__ void SortPairs(KeyT (&keys)[ITEMS_PER_THREAD], ValueT (&values)[ITEMS_PER_THREAD],
                              int begin_bit, int end_bit, bool to_striped)
    {
        int ranks[ITEMS_PER_THREAD];
        for (int bit = begin_bit; bit < end_bit; ++bit) {
            RankBit<DESCENDING>(keys, ranks, bit);
            Scatter(keys, ranks, to_striped && bit == end_bit - 1);
            ScatterValues(values, ranks, to_striped && bit == end_bit - 1);
        }
    }

public:
    __device__ BlockRadixSort()
        : temp_storage(PrivateStorage()),
          linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }
    __device__ BlockRadixSort(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

#define ASC_SORT(name, descending, to_striped)                                                   \
    __device__ void name(KeyT(&keys)[ITEMS_PER_THREAD], int begin_bit = 0,                       \
                         int end_bit = sizeof(KeyT) * 8)                                         \
    {                                                                                            \
        SortKeys<descending>(keys, begin_bit, end_bit, to_striped);                              \
    }                                                                                            \
    __device__ void name(KeyT(&keys)[ITEMS_PER_THREAD], ValueT(&values)[ITEMS_PER_THREAD],       \
                         int begin_bit = 0, int end_bit = sizeof(KeyT) * 8)                      \
    {                                                                                            \
        SortPairs<descending>(keys, values, begin_bit, end_bit, to_striped);                     \
    }
    ASC_SORT(Sort, false, false)
    ASC_SORT(SortDescending, true, false)
    ASC_SORT(SortBlockedToStriped, false, true)
    ASC_SORT(SortDescendingBlockedToStriped, true, true)
#undef ASC_SORT
};

} // namespace cub
