// Threads and lanes: who this thread is, exchanges of values of any size between lanes.
#pragma once

#include <cub/util_type.cuh>

namespace cub {

__device__ inline int RowMajorTid(int block_dim_x, int block_dim_y, int block_dim_z)
{
    return ((block_dim_z == 1) ? 0 : int(threadIdx.z) * block_dim_x * block_dim_y) +
           ((block_dim_y == 1) ? 0 : int(threadIdx.y) * block_dim_x) + int(threadIdx.x);
}
__device__ inline unsigned int LaneId()
{
    return ((threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x) % 32u;
}
// The warp's number as the block's dimensions give it.
__device__ inline unsigned int WarpId()
{
    return ((threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x) / 32u;
}
__device__ inline unsigned int LaneMaskLt() { return (1u << LaneId()) - 1u; }
__device__ inline unsigned int LaneMaskLe() { return (2u << LaneId()) - 1u; }
__device__ inline unsigned int LaneMaskGt() { return ~LaneMaskLe(); }
__device__ inline unsigned int LaneMaskGe() { return ~LaneMaskLt(); }

// The lanes of one logical warp of a warp.
template <int LOGICAL_WARP_THREADS> __device__ inline unsigned int WarpMask(unsigned int warp_id)
{
    if constexpr (LOGICAL_WARP_THREADS == 32)
        return 0xffffffffu;
    else
        return ((1u << LOGICAL_WARP_THREADS) - 1u) << (warp_id * LOGICAL_WARP_THREADS);
}

__device__ inline void CTA_SYNC() { __syncthreads(); }
__device__ inline int CTA_SYNC_AND(int p) { return __syncthreads_and(p); }
__device__ inline int CTA_SYNC_OR(int p) { return __syncthreads_or(p); }
__device__ inline void WARP_SYNC(unsigned int member_mask) { __syncwarp(member_mask); }
__device__ inline int WARP_ANY(int p, unsigned int member_mask) { return __any_sync(member_mask, p); }
__device__ inline int WARP_ALL(int p, unsigned int member_mask) { return __all_sync(member_mask, p); }
__device__ inline int WARP_BALLOT(int p, unsigned int member_mask)
{
    return int(__ballot_sync(member_mask, p));
}

template <typename UnsignedBits>
__device__ inline unsigned int BFE(UnsignedBits source, unsigned int bit_start, unsigned int num_bits)
{
    return (unsigned int)((source >> bit_start) & ((UnsignedBits(1) << num_bits) - 1));
}

namespace detail {

// Types that the shuffle intrinsics exchange as they are; others go word by word.
template <typename T> struct is_shuffled : Int2Type<0> {};
template <> struct is_shuffled<int> : Int2Type<1> {};
template <> struct is_shuffled<unsigned int> : Int2Type<1> {};
template <> struct is_shuffled<long> : Int2Type<1> {};
template <> struct is_shuffled<unsigned long> : Int2Type<1> {};
template <> struct is_shuffled<long long> : Int2Type<1> {};
template <> struct is_shuffled<unsigned long long> : Int2Type<1> {};
template <> struct is_shuffled<float> : Int2Type<1> {};
template <> struct is_shuffled<double> : Int2Type<1> {};
template <> struct is_shuffled<__half> : Int2Type<1> {};
template <> struct is_shuffled<__nv_bfloat16> : Int2Type<1> {};

#define ASC_EXCHANGE(name, intrinsic)                                                            \
    template <typename T>                                                                        \
    __device__ inline T name(unsigned int mask, T value, int by, int width)                      \
    {                                                                                            \
        if constexpr (is_shuffled<T>::VALUE) {                                                   \
            return intrinsic(mask, value, by, width);                                            \
        } else {                                                                                 \
            unsigned int words[(sizeof(T) + 3) / 4] = {};                                        \
            memcpy(words, &value, sizeof(T));                                                    \
            for (int i = 0; i < int((sizeof(T) + 3) / 4); ++i)                                   \
                words[i] = intrinsic(mask, words[i], by, width);                                 \
            memcpy(&value, words, sizeof(T));                                                    \
            return value;                                                                        \
        }                                                                                        \
    }
ASC_EXCHANGE(shuffle, __shfl_sync)
ASC_EXCHANGE(shuffle_up, __shfl_up_sync)
ASC_EXCHANGE(shuffle_down, __shfl_down_sync)
#undef ASC_EXCHANGE

// The smallest power of two of lanes that holds a logical warp: what shuffles can be limited to.
constexpr __host__ __device__ int shuffle_width(int logical_warp_threads)
{
    return logical_warp_threads > 16  ? 32
           : logical_warp_threads > 8 ? 16
           : logical_warp_threads > 4 ? 8
           : logical_warp_threads > 2 ? 4
                                      : logical_warp_threads;
}

} // namespace detail

// The value of the lane `src_offset` before this one in its logical warp; its own value where that
// would come before `first_thread`.
template <int LOGICAL_WARP_THREADS, typename T>
__device__ inline T ShuffleUp(T input, int src_offset, int first_thread, unsigned int member_mask)
{
    T other = detail::shuffle_up(member_mask, input, src_offset, LOGICAL_WARP_THREADS);
    return int(LaneId() % LOGICAL_WARP_THREADS) - src_offset < first_thread ? input : other;
}
// The value of the lane `src_offset` after this one; its own value where that would come after
// `last_thread`.
template <int LOGICAL_WARP_THREADS, typename T>
__device__ inline T ShuffleDown(T input, int src_offset, int last_thread, unsigned int member_mask)
{
    T other = detail::shuffle_down(member_mask, input, src_offset, LOGICAL_WARP_THREADS);
    return int(LaneId() % LOGICAL_WARP_THREADS) + src_offset > last_thread ? input : other;
}
template <int LOGICAL_WARP_THREADS, typename T>
__device__ inline T ShuffleIndex(T input, int src_lane, unsigned int member_mask)
{
    return detail::shuffle(member_mask, input, src_lane, LOGICAL_WARP_THREADS);
}

} // namespace cub
