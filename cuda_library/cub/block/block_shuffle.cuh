// Items move to other threads of a block.
#pragma once

#include <cub/util_ptx.cuh>

namespace cub {

template <typename T, int BLOCK_DIM_X, int BLOCK_DIM_Y = 1, int BLOCK_DIM_Z = 1,
          int LEGACY_PTX_ARCH = 0>
class BlockShuffle {
    static constexpr int BLOCK_THREADS = BLOCK_DIM_X * BLOCK_DIM_Y * BLOCK_DIM_Z;

public:
    struct alignas(16) TempStorage {
        T items[BLOCK_THREADS];
    };

private:
    TempStorage &temp_storage;
    int linear_tid;

public:
    __device__ BlockShuffle(TempStorage &temp_storage)
        : temp_storage(temp_storage), linear_tid(RowMajorTid(BLOCK_DIM_X, BLOCK_DIM_Y, BLOCK_DIM_Z))
    {
    }

    // The item of the thread `distance` further; unchanged where there is none.
    __device__ void Offset(T input, T &output, int distance = 1)
    {
        temp_storage.items[linear_tid] = input;
        __syncthreads();
        int source = linear_tid + distance;
        if (source >= 0 && source < BLOCK_THREADS)
            output = temp_storage.items[source];
    }
    __device__ void Rotate(T input, T &output, unsigned int distance = 1)
    {
        temp_storage.items[linear_tid] = input;
        __syncthreads();
        output = temp_storage.items[(linear_tid + distance) % BLOCK_THREADS];
    }

    // All items move one place up: the first thread's first item stays as it is in `prev`.
    template <int ITEMS_PER_THREAD>
    __device__ void Up(T (&input)[ITEMS_PER_THREAD], T (&prev)[ITEMS_PER_THREAD])
    {
        temp_storage.items[linear_tid] = input[ITEMS_PER_THREAD - 1];
        __syncthreads();
        for (int item = ITEMS_PER_THREAD - 1; item > 0; --item)
            prev[item] = input[item - 1];
        if (linear_tid > 0)
            prev[0] = temp_storage.items[linear_tid - 1];
    }
    template <int ITEMS_PER_THREAD>
    __device__ void Up(T (&input)[ITEMS_PER_THREAD], T (&prev)[ITEMS_PER_THREAD], T &block_suffix)
    {
        Up(input, prev);
        block_suffix = temp_storage.items[BLOCK_THREADS - 1];
    }
    template <int ITEMS_PER_THREAD>
    __device__ void Down(T (&input)[ITEMS_PER_THREAD], T (&next)[ITEMS_PER_THREAD])
    {
        temp_storage.items[linear_tid] = input[0];
        __syncthreads();
        for (int item = 0; item < ITEMS_PER_THREAD - 1; ++item)
            next[item] = input[item + 1];
        if (linear_tid < BLOCK_THREADS - 1)
            next[ITEMS_PER_THREAD - 1] = temp_storage.items[linear_tid + 1];
    }
    template <int ITEMS_PER_THREAD>
    __device__ void Down(T (&input)[ITEMS_PER_THREAD], T (&next)[ITEMS_PER_THREAD], T &block_prefix)
    {
        Down(input, next);
        block_prefix = temp_storage.items[0];
    }
};

} // namespace cub
