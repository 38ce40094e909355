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
    struct arrival_token {};
    __device__ arrival_token barrier_arrive() const { return arrival_token(); }
    __device__ void barrier_wait(arrival_token) const { __syncthreads(); }
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

// Bits of lanes as bits of their ranks among the lanes of a mask.
__device__ inline unsigned int __ascendify_packed(unsigned int mask, unsigned int lanes)
{
    unsigned int result = 0;
    unsigned int rank = 0;
    for (unsigned int lane = 0; lane < 32u; ++lane)
        if (mask >> lane & 1u) {
            result |= (lanes >> lane & 1u) << rank;
            rank += 1;
        }
    return result;
}

// A tile of Size consecutive lanes of a warp (Size a power of two up to 32).
template <unsigned int Size, typename Parent = void> struct thread_block_tile;
template <typename Parent> struct __ascendify_parent {
    __device__ static unsigned int size() { return thread_block::size(); }
};
template <unsigned int Size, typename Parent>
struct __ascendify_parent<thread_block_tile<Size, Parent>> {
    __device__ static constexpr unsigned int size() { return Size; }
};
template <unsigned int Size, typename Parent>
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
    __device__ static unsigned int meta_group_rank()
    {
        return __ascendify_rank() / Size % meta_group_size();
    }
    __device__ static unsigned int meta_group_size()
    {
        return (__ascendify_parent<Parent>::size() + Size - 1) / Size;
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
        return __ascendify_shifted(__ballot_sync(__ascendify_mask(), p));
    }
    template <typename T> __device__ unsigned int match_any(T v) const
    {
        return __ascendify_shifted(__match_any_sync(__ascendify_mask(), v));
    }
    template <typename T> __device__ unsigned int match_all(T v, int &same) const
    {
        return __ascendify_shifted(__match_all_sync(__ascendify_mask(), v, &same));
    }
    __device__ static unsigned int __ascendify_shifted(unsigned int lanes)
    {
        return (lanes & __ascendify_mask()) >> ((__ascendify_rank() % 32u) / Size * Size);
    }
};

template <unsigned int Size, typename Parent>
__device__ inline thread_block_tile<Size, Parent> tiled_partition(const Parent &)
{
    return thread_block_tile<Size, Parent>();
}

// Some lanes of a warp, ranked in their order.
struct coalesced_group {
    unsigned int mask;
    __device__ unsigned int __ascendify_mask() const { return mask; }
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
        return __ascendify_shfl(mask, v, __ascendify_lane(rank % size()), 32);
    }
    template <typename T> __device__ T shfl_up(T v, unsigned int delta) const
    {
        unsigned int rank = thread_rank();
        return __ascendify_shfl(mask, v, __ascendify_lane(rank < delta ? rank : rank - delta), 32);
    }
    template <typename T> __device__ T shfl_down(T v, unsigned int delta) const
    {
        unsigned int rank = thread_rank();
        return __ascendify_shfl(mask, v, __ascendify_lane(rank + delta >= size() ? rank : rank + delta),
                                32);
    }
    __device__ int any(int p) const { return __any_sync(mask, p); }
    __device__ int all(int p) const { return __all_sync(mask, p); }
    __device__ unsigned int ballot(int p) const
    {
        return __ascendify_packed(mask, __ballot_sync(mask, p));
    }
    template <typename T> __device__ unsigned int match_any(T v) const
    {
        return __ascendify_packed(mask, __match_any_sync(mask, v));
    }
    template <typename T> __device__ unsigned int match_all(T v, int &same) const
    {
        return __ascendify_packed(mask, __match_all_sync(mask, v, &same));
    }
};
__device__ inline coalesced_group __ascendify_lanes_of(unsigned int mask)
{
    coalesced_group group;
    group.mask = mask;
    return group;
}
// The lanes of the warp that run converged here.
__device__ inline coalesced_group coalesced_threads() { return __ascendify_lanes_of(__activemask()); }

// A block, a tile or a part of a warp, whichever it was made of.
struct thread_group {
    unsigned int mask;
    bool is_block;
    __device__ thread_group(const thread_block &) : mask(0xffffffffu), is_block(true) {}
    __device__ thread_group(const coalesced_group &group) : mask(group.mask), is_block(false) {}
    template <unsigned int Size, typename Parent>
    __device__ thread_group(const thread_block_tile<Size, Parent> &group)
        : mask(group.__ascendify_mask()), is_block(false)
    {
    }
    __device__ coalesced_group __ascendify_lanes() const { return __ascendify_lanes_of(mask); }
    __device__ void sync() const
    {
        if (is_block)
            __syncthreads();
        else
            __syncwarp(mask);
    }
    __device__ unsigned int size() const { return is_block ? thread_block::size() : __popc(mask); }
    __device__ unsigned int num_threads() const { return size(); }
    __device__ unsigned int thread_rank() const
    {
        return is_block ? __ascendify_rank() : __ascendify_lanes().thread_rank();
    }
    template <typename T> __device__ T shfl(T v, unsigned int rank) const
    {
        return __ascendify_lanes().shfl(v, rank);
    }
    template <typename T> __device__ T shfl_up(T v, unsigned int delta) const
    {
        return __ascendify_lanes().shfl_up(v, delta);
    }
    template <typename T> __device__ T shfl_down(T v, unsigned int delta) const
    {
        return __ascendify_lanes().shfl_down(v, delta);
    }
    __device__ int any(int p) const { return __any_sync(mask, p); }
    __device__ int all(int p) const { return __all_sync(mask, p); }
    __device__ unsigned int ballot(int p) const { return __ascendify_lanes().ballot(p); }
};
__device__ inline coalesced_group __ascendify_part_of_warp(unsigned int size)
{
    unsigned int first = __ascendify_rank() % 32u / size * size;
    return __ascendify_lanes_of((size == 32u ? 0xffffffffu : (1u << size) - 1u) << first);
}
__device__ inline thread_group tiled_partition(const thread_block &, unsigned int size)
{
    return thread_group(__ascendify_part_of_warp(size));
}
__device__ inline thread_group tiled_partition(const thread_group &, unsigned int size)
{
    return thread_group(__ascendify_part_of_warp(size));
}
// Lanes of neighbouring ranks.
__device__ inline coalesced_group tiled_partition(const coalesced_group &group, unsigned int size)
{
    unsigned int first = group.thread_rank() / size * size;
    unsigned int part = 0;
    unsigned int rank = 0;
    for (unsigned int lane = 0; lane < 32u; ++lane)
        if (group.mask >> lane & 1u) {
            if (rank >= first && rank < first + size)
                part |= 1u << lane;
            rank += 1;
        }
    return __ascendify_lanes_of(part);
}
template <typename Group>
__device__ inline coalesced_group binary_partition(const Group &group, bool predicate)
{
    unsigned int all = group.__ascendify_mask();
    unsigned int yes = __ballot_sync(all, predicate) & all;
    return __ascendify_lanes_of(predicate ? yes : all & ~yes);
}
template <typename Group, typename T>
__device__ inline coalesced_group labeled_partition(const Group &group, T label)
{
    unsigned int all = group.__ascendify_mask();
    return __ascendify_lanes_of(__match_any_sync(all, label) & all);
}

template <typename Group> __device__ inline void sync(const Group &group) { group.sync(); }

template <typename T = void> struct plus {
    __device__ T operator()(T a, T b) const { return a + b; }
};
template <> struct plus<void> {
    template <typename T> __device__ T operator()(T a, T b) const { return a + b; }
};
template <typename T = void> struct less {
    __device__ T operator()(T a, T b) const { return b < a ? b : a; }
};
template <> struct less<void> {
    template <typename T> __device__ T operator()(T a, T b) const { return b < a ? b : a; }
};
template <typename T = void> struct greater {
    __device__ T operator()(T a, T b) const { return a < b ? b : a; }
};
template <> struct greater<void> {
    template <typename T> __device__ T operator()(T a, T b) const { return a < b ? b : a; }
};
template <typename T = void> struct bit_and {
    __device__ T operator()(T a, T b) const { return a & b; }
};
template <> struct bit_and<void> {
    template <typename T> __device__ T operator()(T a, T b) const { return a & b; }
};
template <typename T = void> struct bit_or {
    __device__ T operator()(T a, T b) const { return a | b; }
};
template <> struct bit_or<void> {
    template <typename T> __device__ T operator()(T a, T b) const { return a | b; }
};
template <typename T = void> struct bit_xor {
    __device__ T operator()(T a, T b) const { return a ^ b; }
};
template <> struct bit_xor<void> {
    template <typename T> __device__ T operator()(T a, T b) const { return a ^ b; }
};

// How many lanes a group can have.
template <typename Group> struct __ascendify_most {
    static constexpr unsigned int lanes = 32;
};
template <unsigned int Size, typename Parent>
struct __ascendify_most<thread_block_tile<Size, Parent>> {
    static constexpr unsigned int lanes = Size;
};

// Every lane gets the reduction of the whole tile: exchange with the lane at distance 1, 2, 4, ...
template <unsigned int Size, typename Parent, typename T, typename Op>
__device__ inline T reduce(const thread_block_tile<Size, Parent> &group, T value, Op op)
{
    for (int distance = Size / 2; distance > 0; distance /= 2)
        value = op(value, group.shfl_xor(value, distance));
    return value;
}

template <typename T, typename Op>
__device__ inline T reduce(const coalesced_group &group, T value, Op op)
{
    for (unsigned int distance = 1; distance < 32u; distance *= 2) {
        T other = group.shfl_down(value, distance);
        if (group.thread_rank() + distance < group.size())
            value = op(value, other);
    }
    return group.shfl(value, 0);
}

// For tiles and coalesced groups.
template <typename Group, typename T, typename Op>
__device__ inline T inclusive_scan(const Group &group, T value, Op op)
{
    for (unsigned int distance = 1; distance < __ascendify_most<Group>::lanes; distance *= 2) {
        T below = group.shfl_up(value, distance);
        if (group.thread_rank() >= distance)
            value = op(below, value);
    }
    return value;
}
template <typename Group, typename T>
__device__ inline T inclusive_scan(const Group &group, T value)
{
    return inclusive_scan(group, value, plus<T>());
}
template <typename Group, typename T, typename Op>
__device__ inline T exclusive_scan(const Group &group, T value, Op op)
{
    T whole = inclusive_scan(group, value, op);
    T below = group.shfl_up(whole, 1);
    return group.thread_rank() == 0 ? T() : below;
}
template <typename Group, typename T>
__device__ inline T exclusive_scan(const Group &group, T value)
{
    return exclusive_scan(group, value, plus<T>());
}

// Copies by all threads of a group; they are done when the group has waited.
template <size_t Alignment> struct aligned_size_t {
    size_t bytes;
    __device__ aligned_size_t(size_t bytes) : bytes(bytes) {}
    __device__ operator size_t() const { return bytes; }
};
template <typename Group, typename T, typename Shape>
__device__ inline void memcpy_async(const Group &group, T *to, const T *from, const Shape &shape)
{
    size_t bytes = size_t(shape);
    size_t elements = bytes / sizeof(T);
    for (size_t i = group.thread_rank(); i < elements; i += group.num_threads())
        to[i] = from[i];
    if (group.thread_rank() == 0 && elements * sizeof(T) < bytes)
        memcpy(to + elements, from + elements, bytes - elements * sizeof(T));
}
// Counts of elements, of which the smaller one is copied.
template <typename Group, typename T, typename ToShape, typename FromShape>
__device__ inline void memcpy_async(const Group &group, T *to, const ToShape &to_shape, const T *from,
                                    const FromShape &from_shape)
{
    size_t elements = size_t(to_shape) < size_t(from_shape) ? size_t(to_shape) : size_t(from_shape);
    for (size_t i = group.thread_rank(); i < elements; i += group.num_threads())
        to[i] = from[i];
}
template <typename Group> __device__ inline void wait(const Group &group) { group.sync(); }
template <unsigned int Stages, typename Group> __device__ inline void wait_prior(const Group &group)
{
    group.sync();
}

template <typename Group, typename F> __device__ inline void invoke_one(const Group &group, F function)
{
    if (group.thread_rank() == 0)
        function();
}

} // namespace cooperative_groups
