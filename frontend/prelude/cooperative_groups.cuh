// Cooperative groups on the primitives of the language: blocks, tiles of a warp, coalesced
// threads, the grid; reductions and scans over tiles. A tile's lanes are found from the thread's
// rank in its block, x fastest, as the hardware forms warps.
namespace cooperative_groups {

__device__ inline unsigned int __ascendify_rank()
{
    return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}

struct thread_block {
    __device__ void sync() const { __syncthreads(); }
    __device__ static unsigned int thread_rank() { return __ascendify_rank(); }
    __device__ static unsigned int size() { return blockDim.x * blockDim.y * blockDim.z; }
    __device__ static unsigned int num_threads() { return size(); }
    __device__ static dim3 group_index() { return dim3(blockIdx.x, blockIdx.y, blockIdx.z); }
    __device__ static dim3 thread_index() { return dim3(threadIdx.x, threadIdx.y, threadIdx.z); }
    __device__ static dim3 dim_threads() { return dim3(blockDim.x, blockDim.y, blockDim.z); }
    __device__ static dim3 group_dim() { return dim_threads(); }
};
__device__ inline thread_block this_thread_block() { return thread_block(); }

struct grid_group {
    __device__ void sync() const { __ascendify_grid_barrier(); }
    __device__ static bool is_valid() { return true; }
    __device__ static unsigned long long num_blocks()
    {
        return (unsigned long long)gridDim.x * gridDim.y * gridDim.z;
    }
    __device__ static unsigned long long block_rank()
    {
        return ((unsigned long long)blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    }
    __device__ static unsigned long long thread_rank()
    {
        return block_rank() * thread_block::size() + __ascendify_rank();
    }
    __device__ static unsigned long long num_threads() { return num_blocks() * thread_block::size(); }
    __device__ static unsigned long long size() { return num_threads(); }
    __device__ static dim3 group_dim() { return dim3(gridDim.x, gridDim.y, gridDim.z); }
    __device__ static dim3 dim_blocks() { return group_dim(); }
    __device__ static dim3 block_index() { return dim3(blockIdx.x, blockIdx.y, blockIdx.z); }
};
__device__ inline grid_group this_grid() { return grid_group(); }

// Types that the shuffle intrinsics exchange as they are; others go word by word.
template <typename T> struct __ascendify_shuffled { static constexpr bool value = false; };
#define ASC_SHUFFLED(T)                                                                          \
    template <> struct __ascendify_shuffled<T> { static constexpr bool value = true; };
ASC_SHUFFLED(int)
ASC_SHUFFLED(unsigned int)
ASC_SHUFFLED(long)
ASC_SHUFFLED(unsigned long)
ASC_SHUFFLED(long long)
ASC_SHUFFLED(unsigned long long)
ASC_SHUFFLED(float)
ASC_SHUFFLED(double)
ASC_SHUFFLED(__half)
ASC_SHUFFLED(__nv_bfloat16)
ASC_SHUFFLED(__half2)
ASC_SHUFFLED(__nv_bfloat162)
#define ASC_EXCHANGE(name, intrinsic)                                                            \
    template <typename T>                                                                        \
    __device__ inline T name(unsigned int mask, T v, unsigned int lane, int width)               \
    {                                                                                            \
        if constexpr (__ascendify_shuffled<T>::value) {                                          \
            return intrinsic(mask, v, lane, width);                                              \
        } else {                                                                                 \
            unsigned int words[(sizeof(T) + 3) / 4];                                             \
            memcpy(words, &v, sizeof(T));                                                        \
            for (unsigned int i = 0; i < (sizeof(T) + 3) / 4; ++i)                               \
                words[i] = intrinsic(mask, words[i], lane, width);                               \
            memcpy(&v, words, sizeof(T));                                                        \
            return v;                                                                            \
        }                                                                                        \
    }
ASC_EXCHANGE(__ascendify_shfl, __shfl_sync)
ASC_EXCHANGE(__ascendify_shfl_up, __shfl_up_sync)
ASC_EXCHANGE(__ascendify_shfl_down, __shfl_down_sync)
ASC_EXCHANGE(__ascendify_shfl_xor, __shfl_xor_sync)

// A tile of Size consecutive lanes of a warp (Size a power of two up to 32).
template <unsigned int Size, typename Parent = void>
struct thread_block_tile {
    static_assert(Size <= 32 && (Size & (Size - 1)) == 0, "a tile is a power of two of at most 32 threads");
    thread_block_tile() = default;
    template <typename Other> __device__ thread_block_tile(const thread_block_tile<Size, Other> &) {}
    __device__ static unsigned int __ascendify_mask()
    {
        unsigned int first = (__ascendify_rank() % 32u) / Size * Size;
        return (Size == 32 ? 0xffffffffu : ((1u << (Size % 32u)) - 1u)) << first;
    }
    __device__ void sync() const { __syncwarp(__ascendify_mask()); }
    __device__ static unsigned int thread_rank() { return __ascendify_rank() % Size; }
    __device__ static constexpr unsigned int size() { return Size; }
    __device__ static constexpr unsigned int num_threads() { return Size; }
    __device__ static unsigned int meta_group_rank() { return __ascendify_rank() / Size; }
    __device__ static unsigned int meta_group_size()
    {
        return (thread_block::size() + Size - 1) / Size;
    }
    template <typename T> __device__ T shfl(T v, int lane) const
    {
        return __ascendify_shfl(__ascendify_mask(), v, lane, Size);
    }
    template <typename T> __device__ T shfl_up(T v, int delta) const
    {
        return __ascendify_shfl_up(__ascendify_mask(), v, delta, Size);
    }
    template <typename T> __device__ T shfl_down(T v, int delta) const
    {
        return __ascendify_shfl_down(__ascendify_mask(), v, delta, Size);
    }
    template <typename T> __device__ T shfl_xor(T v, int lanes) const
    {
        return __ascendify_shfl_xor(__ascendify_mask(), v, lanes, Size);
    }
    __device__ int any(int p) const { return __any_sync(__ascendify_mask(), p); }
    __device__ int all(int p) const { return __all_sync(__ascendify_mask(), p); }
    __device__ unsigned int ballot(int p) const
    {
        return (__ballot_sync(__ascendify_mask(), p) & __ascendify_mask()) >>
               ((__ascendify_rank() % 32u) / Size * Size);
    }
};

template <unsigned int Size, typename Parent>
__device__ inline thread_block_tile<Size, Parent> tiled_partition(const Parent &)
{
    return thread_block_tile<Size, Parent>();
}

// The lanes of the warp that run converged here.
struct coalesced_group {
    unsigned int mask;
    __device__ void sync() const { __syncwarp(mask); }
    __device__ unsigned int size() const { return __popc(mask); }
    __device__ unsigned int num_threads() const { return size(); }
    __device__ unsigned int thread_rank() const
    {
        return __popc(mask & ((1u << (__ascendify_rank() % 32u)) - 1u));
    }
    __device__ unsigned int __ascendify_lane(unsigned int rank) const
    {
        unsigned int rest = mask;
        for (unsigned int i = 0; i < rank; ++i)
            rest &= rest - 1u;
        return __ffs(rest) - 1;
    }
    template <typename T> __device__ T shfl(T v, unsigned int rank) const
    {
        return __ascendify_shfl(mask, v, __ascendify_lane(rank), 32);
    }
    __device__ int any(int p) const { return __any_sync(mask, p); }
    __device__ int all(int p) const { return __all_sync(mask, p); }
};
__device__ inline coalesced_group coalesced_threads()
{
    coalesced_group group;
    group.mask = __activemask();
    return group;
}

__device__ inline void sync(const thread_block &group) { group.sync(); }
__device__ inline void sync(const grid_group &group) { group.sync(); }
template <unsigned int Size, typename Parent>
__device__ inline void sync(const thread_block_tile<Size, Parent> &group) { group.sync(); }

template <typename T> struct plus {
    __device__ T operator()(T a, T b) const { return a + b; }
};
template <typename T> struct less {
    __device__ T operator()(T a, T b) const { return b < a ? b : a; }
};
template <typename T> struct greater {
    __device__ T operator()(T a, T b) const { return a < b ? b : a; }
};
template <typename T> struct bit_and {
    __device__ T operator()(T a, T b) const { return a & b; }
};
template <typename T> struct bit_or {
    __device__ T operator()(T a, T b) const { return a | b; }
};
template <typename T> struct bit_xor {
    __device__ T operator()(T a, T b) const { return a ^ b; }
};

// Every lane gets the reduction of the whole tile: exchange with the lane at distance 1, 2, 4, ...
template <unsigned int Size, typename Parent, typename T, typename Op>
__device__ inline T reduce(const thread_block_tile<Size, Parent> &group, T value, Op op)
{
    for (int distance = Size / 2; distance > 0; distance /= 2)
        value = op(value, group.shfl_xor(value, distance));
    return value;
}

template <unsigned int Size, typename Parent, typename T, typename Op>
__device__ inline T inclusive_scan(const thread_block_tile<Size, Parent> &group, T value, Op op)
{
    for (unsigned int distance = 1; distance < Size; distance *= 2) {
        T below = group.shfl_up(value, distance);
        if (group.thread_rank() >= distance)
            value = op(below, value);
    }
    return value;
}
template <unsigned int Size, typename Parent, typename T>
__device__ inline T inclusive_scan(const thread_block_tile<Size, Parent> &group, T value)
{
    return inclusive_scan(group, value, plus<T>());
}
template <unsigned int Size, typename Parent, typename T, typename Op>
__device__ inline T exclusive_scan(const thread_block_tile<Size, Parent> &group, T value, Op op)
{
    T whole = inclusive_scan(group, value, op);
    T below = group.shfl_up(whole, 1);
    return group.thread_rank() == 0 ? T() : below;
}
template <unsigned int Size, typename Parent, typename T>
__device__ inline T exclusive_scan(const thread_block_tile<Size, Parent> &group, T value)
{
    return exclusive_scan(group, value, plus<T>());
}

} // namespace cooperative_groups
