// Where items of a block lie in shared memory so that the threads of one warp can rake over
// segments of them.
#pragma once

#include <cub/util_type.cuh>

namespace cub {

template <typename T, int BLOCK_THREADS, int LEGACY_PTX_ARCH = 0> struct BlockRakingLayout {
    static constexpr int SHARED_ELEMENTS = BLOCK_THREADS;
    static constexpr int MAX_RAKING_THREADS = BLOCK_THREADS < 32 ? BLOCK_THREADS : 32;
    static constexpr int SEGMENT_LENGTH = (SHARED_ELEMENTS + MAX_RAKING_THREADS - 1) / MAX_RAKING_THREADS;
    static constexpr int RAKING_THREADS = (SHARED_ELEMENTS + SEGMENT_LENGTH - 1) / SEGMENT_LENGTH;
    static constexpr bool UNGUARDED = SHARED_ELEMENTS % RAKING_THREADS == 0;

    struct alignas(16) TempStorage {
        T items[RAKING_THREADS * SEGMENT_LENGTH];
        __device__ TempStorage &Alias() { return *this; }
    };

    __device__ static T *PlacementPtr(TempStorage &temp_storage, unsigned int linear_tid)
    {
        return temp_storage.items + linear_tid;
    }
    __device__ static T *RakingPtr(TempStorage &temp_storage, unsigned int linear_tid)
    {
        return temp_storage.items + linear_tid * SEGMENT_LENGTH;
    }
};

} // namespace cub
