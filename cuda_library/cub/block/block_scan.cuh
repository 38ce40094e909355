// Prefix scans across a block: within each warp, then over the warps in their order. The
// algorithms of the toolkit differ in speed; here all are this one.
#pragma once

#include <cub/thread/thread_reduce.cuh>
#include <cub/warp/warp_scan.cuh>

namespace cub {

enum BlockScanAlgorithm { BLOCK_SCAN_RAKING, BLOCK_SCAN_RAKING_MEMOIZE, BLOCK_SCAN_WARP_SCANS };

template <typename T, int BLOCK_DIM_X, BlockScanAlgorithm ALGORITHM = BLOCK_SCAN_RAKING,
          int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1, int LEGACY_PTX_ARCH = 0>
class BlockScan {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;
    static constexpr int WARPS = (BLOCK_THREADS + 31) / 32;

public:
    struct alignas(16) TempStorage {
        T warp_aggregates[WARPS];
        T block_prefix;
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

    __device__ static TempStorage &PrivateStorage()
    {
        __shared__ TempStorage private_storage;
        return private_storage;
    }

    // Scans within the warp; the aggregate of each warp becomes known to all threads.
    template <typename ScanOp>
    __device__ void ScanWarp(T input, T &inclusive, T &exclusive, ScanOp scan_op)
    {
        int lane = linear_tid % 32;
        inclusive = input;
        for (int offset = 1; offset < 32; offset *= 2) {
            T before = detail::shuffle_up(0xffffffffu, inclusive, offset, 32);
            if (lane >= offset)
                inclusive = scan_op(before, inclusive);
        }
        exclusive = detail::shuffle_up(0xffffffffu, inclusive, 1, 32);
        if (lane == 31 || linear_tid == BLOCK_THREADS - 1)
            temp_storage.warp_aggregates[linear_tid / 32] = inclusive;
        __syncthreads();
    }
    // The aggregate of the warps before this thread's, if there are any, and that of the block.
    template <typename ScanOp>
    __device__ T WarpPrefix(ScanOp scan_op, T &block_aggregate)
    {
        T prefix = temp_storage.warp_aggregates[0];
        block_aggregate = prefix;
        for (int warp = 1; warp < WARPS; ++warp) {
            if (linear_tid / 32 == warp)
                prefix = block_aggregate;
            block_aggregate = scan_op(block_aggregate, temp_storage.warp_aggregates[warp]);
        }
        return prefix;
    }
    // Both scans; `exclusive` is not defined for the first thread.
    template <typename ScanOp>
    __device__ void Scan(T input, T &inclusive, T &exclusive, ScanOp scan_op, T &block_aggregate)
    {
        ScanWarp(input, inclusive, exclusive, scan_op);
        T prefix = WarpPrefix(scan_op, block_aggregate);
        if (linear_tid >= 32) {
            inclusive = scan_op(prefix, inclusive);
            exclusive = linear_tid % 32 == 0 ? prefix : scan_op(prefix, exclusive);
        }
    }
    // The first warp asks for the block's prefix; its first lane's answer counts.
    template <typename BlockPrefixCallbackOp>
    __device__ T BlockPrefix(T block_aggregate, BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        if (linear_tid < 32) {
            T block_prefix = block_prefix_callback_op(block_aggregate);
            if (linear_tid == 0)
                temp_storage.block_prefix = block_prefix;
        }
        __syncthreads();
        return temp_storage.block_prefix;
    }

public:
    __device__ BlockScan()
        : temp_storage(PrivateStorage()),
          linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }
    __device__ BlockScan(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

    // ---- exclusive, one item per thread

    template <typename ScanOp>
    __device__ void ExclusiveScan(T input, T &output, ScanOp scan_op, T &block_aggregate)
    {
        T inclusive;
        Scan(input, inclusive, output, scan_op, block_aggregate);
    }
    template <typename ScanOp> __device__ void ExclusiveScan(T input, T &output, ScanOp scan_op)
    {
        T block_aggregate;
        ExclusiveScan(input, output, scan_op, block_aggregate);
    }
    template <typename ScanOp>
    __device__ void ExclusiveScan(T input, T &output, T initial_value, ScanOp scan_op,
                                  T &block_aggregate)
    {
        T inclusive, exclusive;
        ScanWarp(input, inclusive, exclusive, scan_op);
        T prefix = WarpPrefix(scan_op, block_aggregate);
        prefix = linear_tid < 32 ? initial_value : scan_op(initial_value, prefix);
        output = linear_tid % 32 == 0 ? prefix : scan_op(prefix, exclusive);
    }
    template <typename ScanOp>
    __device__ void ExclusiveScan(T input, T &output, T initial_value, ScanOp scan_op)
    {
        T block_aggregate;
        ExclusiveScan(input, output, initial_value, scan_op, block_aggregate);
    }
    template <typename ScanOp, typename BlockPrefixCallbackOp>
    __device__ void ExclusiveScan(T input, T &output, ScanOp scan_op,
                                  BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        T inclusive, exclusive, block_aggregate;
        Scan(input, inclusive, exclusive, scan_op, block_aggregate);
        T block_prefix = BlockPrefix(block_aggregate, block_prefix_callback_op);
        output = linear_tid == 0 ? block_prefix : scan_op(block_prefix, exclusive);
    }
    __device__ void ExclusiveSum(T input, T &output)
    {
        ExclusiveScan(input, output, T{}, cub::Sum());
    }
    __device__ void ExclusiveSum(T input, T &output, T &block_aggregate)
    {
        ExclusiveScan(input, output, T{}, cub::Sum(), block_aggregate);
    }
    template <typename BlockPrefixCallbackOp>
    __device__ void ExclusiveSum(T input, T &output, BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        ExclusiveScan(input, output, cub::Sum(), block_prefix_callback_op);
    }

    // ---- inclusive, one item per thread

    template <typename ScanOp>
    __device__ void InclusiveScan(T input, T &output, ScanOp scan_op, T &block_aggregate)
    {
        T exclusive;
        Scan(input, output, exclusive, scan_op, block_aggregate);
    }
    template <typename ScanOp> __device__ void InclusiveScan(T input, T &output, ScanOp scan_op)
    {
        T block_aggregate;
        InclusiveScan(input, output, scan_op, block_aggregate);
    }
    template <typename ScanOp, typename BlockPrefixCallbackOp>
    __device__ void InclusiveScan(T input, T &output, ScanOp scan_op,
                                  BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        T inclusive, exclusive, block_aggregate;
        Scan(input, inclusive, exclusive, scan_op, block_aggregate);
        output = scan_op(BlockPrefix(block_aggregate, block_prefix_callback_op), inclusive);
    }
    __device__ void InclusiveSum(T input, T &output) { InclusiveScan(input, output, cub::Sum()); }
    __device__ void InclusiveSum(T input, T &output, T &block_aggregate)
    {
        InclusiveScan(input, output, cub::Sum(), block_aggregate);
    }
    template <typename BlockPrefixCallbackOp>
    __device__ void InclusiveSum(T input, T &output, BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        InclusiveScan(input, output, cub::Sum(), block_prefix_callback_op);
    }

    // ---- exclusive, several items per thread

    template <int ITEMS_PER_THREAD, typename ScanOp>
    __device__ void ExclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  ScanOp scan_op, T &block_aggregate)
    {
        T prefix = ThreadReduce(input, scan_op);
        ExclusiveScan(prefix, prefix, scan_op, block_aggregate);
        ThreadScanExclusive(input, output, scan_op, prefix, linear_tid != 0);
    }
    template <int ITEMS_PER_THREAD, typename ScanOp>
    __device__ void ExclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  ScanOp scan_op)
    {
        T block_aggregate;
        ExclusiveScan(input, output, scan_op, block_aggregate);
    }
    template <int ITEMS_PER_THREAD, typename ScanOp>
    __device__ void ExclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  T initial_value, ScanOp scan_op, T &block_aggregate)
    {
        T prefix = ThreadReduce(input, scan_op);
        ExclusiveScan(prefix, prefix, initial_value, scan_op, block_aggregate);
        ThreadScanExclusive(input, output, scan_op, prefix);
    }
    template <int ITEMS_PER_THREAD, typename ScanOp>
    __device__ void ExclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  T initial_value, ScanOp scan_op)
    {
        T block_aggregate;
        ExclusiveScan(input, output, initial_value, scan_op, block_aggregate);
    }
    template <int ITEMS_PER_THREAD, typename ScanOp, typename BlockPrefixCallbackOp>
    __device__ void ExclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  ScanOp scan_op, BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        T prefix = ThreadReduce(input, scan_op);
        ExclusiveScan(prefix, prefix, scan_op, block_prefix_callback_op);
        ThreadScanExclusive(input, output, scan_op, prefix);
    }
    template <int ITEMS_PER_THREAD>
    __device__ void ExclusiveSum(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD])
    {
        ExclusiveScan(input, output, T{}, cub::Sum());
    }
    template <int ITEMS_PER_THREAD>
    __device__ void ExclusiveSum(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                 T &block_aggregate)
    {
        ExclusiveScan(input, output, T{}, cub::Sum(), block_aggregate);
    }
    template <int ITEMS_PER_THREAD, typename BlockPrefixCallbackOp>
    __device__ void ExclusiveSum(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                 BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        ExclusiveScan(input, output, cub::Sum(), block_prefix_callback_op);
    }

    // ---- inclusive, several items per thread

    template <int ITEMS_PER_THREAD, typename ScanOp>
    __device__ void InclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  ScanOp scan_op, T &block_aggregate)
    {
        T prefix = ThreadReduce(input, scan_op);
        ExclusiveScan(prefix, prefix, scan_op, block_aggregate);
        ThreadScanInclusive(input, output, scan_op, prefix, linear_tid != 0);
    }
    template <int ITEMS_PER_THREAD, typename ScanOp>
    __device__ void InclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  ScanOp scan_op)
    {
        T block_aggregate;
        InclusiveScan(input, output, scan_op, block_aggregate);
    }
    template <int ITEMS_PER_THREAD, typename ScanOp>
    __device__ void InclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  T initial_value, ScanOp scan_op, T &block_aggregate)
    {
        T prefix = ThreadReduce(input, scan_op);
        ExclusiveScan(prefix, prefix, initial_value, scan_op, block_aggregate);
        ThreadScanInclusive(input, output, scan_op, prefix);
    }
    template <int ITEMS_PER_THREAD, typename ScanOp>
    __device__ void InclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  T initial_value, ScanOp scan_op)
    {
        T block_aggregate;
        InclusiveScan(input, output, initial_value, scan_op, block_aggregate);
    }
    template <int ITEMS_PER_THREAD, typename ScanOp, typename BlockPrefixCallbackOp>
    __device__ void InclusiveScan(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                  ScanOp scan_op, BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        T prefix = ThreadReduce(input, scan_op);
        ExclusiveScan(prefix, prefix, scan_op, block_prefix_callback_op);
        ThreadScanInclusive(input, output, scan_op, prefix);
    }
    template <int ITEMS_PER_THREAD>
    __device__ void InclusiveSum(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD])
    {
        InclusiveScan(input, output, cub::Sum());
    }
    template <int ITEMS_PER_THREAD>
    __device__ void InclusiveSum(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                 T &block_aggregate)
    {
        InclusiveScan(input, output, cub::Sum(), block_aggregate);
    }
    template <int ITEMS_PER_THREAD, typename BlockPrefixCallbackOp>
    __device__ void InclusiveSum(T (&input)[ITEMS_PER_THREAD], T (&output)[ITEMS_PER_THREAD],
                                 BlockPrefixCallbackOp &block_prefix_callback_op)
    {
        InclusiveScan(input, output, cub::Sum(), block_prefix_callback_op);
    }
};

} // namespace cub
