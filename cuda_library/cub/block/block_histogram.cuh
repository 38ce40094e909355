// Counts of the values of a block's samples, in shared counters.
#pragma once

#include <cub/util_ptx.cuh>

namespace cub {

enum BlockHistogramAlgorithm { BLOCK_HISTO_SORT, BLOCK_HISTO_ATOMIC };

template <typename T, int BLOCK_DIM_X, int ITEMS_PER_THREAD, int BINS,
          BlockHistogramAlgorithm ALGORITHM = BLOCK_HISTO_SORT, int BLOCK_DIM_Y = 1,
          int BLOCK_DIM_Z = 1, int LEGACY_PTX_ARCH = 0>
class BlockHistogram {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;
    static constexpr int SAMPLES = ALGORITHM == BLOCK_HISTO_ATOMIC ? 1 : BLOCK_THREADS * ITEMS_PER_THREAD;

public:
    // Samples, for counters that have no atomic addition.
    struct alignas(16) TempStorage {
        T samples[SAMPLES];
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

public:
    __device__ BlockHistogram(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

    template <typename CounterT> __device__ void InitHistogram(CounterT (&histogram)[BINS])
    {
        for (int bin = linear_tid; bin < BINS; bin += BLOCK_THREADS)
            histogram[bin] = 0;
    }
    // Adds to the counters that are there.
    template <typename CounterT>
    __device__ void Composite(T (&items)[ITEMS_PER_THREAD], CounterT (&histogram)[BINS])
    {
        if constexpr (ALGORITHM == BLOCK_HISTO_ATOMIC) {
            for (int item = 0; item < ITEMS_PER_THREAD; ++item)
                atomicAdd(&histogram[items[item]], CounterT(1));
        } else {
            for (int item = 0; item < ITEMS_PER_THREAD; ++item)
                temp_storage.samples[linear_tid * ITEMS_PER_THREAD + item] = items[item];
            __syncthreads();
            for (int bin = linear_tid; bin < BINS; bin += BLOCK_THREADS) {
                CounterT count = histogram[bin];
                for (int sample = 0; sample < SAMPLES; ++sample)
                    if (int(temp_storage.samples[sample]) == bin)
                        count += 1;
                histogram[bin] = count;
            }
        }
    }
    template <typename CounterT>
    __device__ void Histogram(T (&items)[ITEMS_PER_THREAD], CounterT (&histogram)[BINS])
    {
        InitHistogram(histogram);
        __syncthreads();
        Composite(items, histogram);
    }
};

} // namespace cub
