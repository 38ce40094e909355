// Asynchronous copies in CUDA C++: the primitives, and cuda::pipeline and cuda::barrier where all
// threads of the block do the same (producers that are not consumers too are not supported).
__device__ inline void __pipeline_memcpy_async(void *to, const void *from, size_t bytes, size_t zeros = 0)
{
    unsigned int at = (unsigned int)__cvta_generic_to_shared(to), valid = (unsigned int)(bytes - zeros);
    if (bytes == 16) asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(valid));
    else if (bytes == 8) asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(at), "l"(from), "r"(valid));
    else asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(at), "l"(from), "r"(valid));
}
__device__ inline void __pipeline_commit() { asm volatile("cp.async.commit_group;"); }
__device__ inline void __pipeline_wait_prior(size_t n) {}

namespace cuda {

enum thread_scope { thread_scope_system, thread_scope_device, thread_scope_block, thread_scope_thread };

template <size_t Alignment> struct aligned_size_t {
    static constexpr size_t align = Alignment;
    size_t value;
    __device__ aligned_size_t(size_t n) : value(n) {}
    __device__ operator size_t() const { return value; }
};

template <thread_scope Scope, unsigned char Stages> struct pipeline_shared_state {
    unsigned long long stages[Stages];
};

template <thread_scope Scope> struct pipeline {
    __device__ void producer_acquire() {}
    __device__ void producer_commit() {}
    __device__ void consumer_wait()
    {
        if constexpr (Scope == thread_scope_block) __syncthreads();
    }
    __device__ void consumer_release()
    {
        if constexpr (Scope == thread_scope_block) __syncthreads();
    }
};
__device__ inline pipeline<thread_scope_thread> make_pipeline() { return pipeline<thread_scope_thread>(); }
template <typename Group, thread_scope Scope, unsigned char Stages>
__device__ inline pipeline<Scope> make_pipeline(const Group &, pipeline_shared_state<Scope, Stages> *)
{
    return pipeline<Scope>();
}
template <unsigned char Prior> __device__ inline void pipeline_consumer_wait_prior(pipeline<thread_scope_thread> &) {}

template <thread_scope Scope> struct barrier {
    unsigned long long state;
    __device__ void arrive_and_wait() { __syncthreads(); }
};
template <thread_scope Scope> __device__ inline void init(barrier<Scope> *, ptrdiff_t) {}

template <typename T, typename Size, typename Sync>
__device__ inline void memcpy_async(T *to, const T *from, Size bytes, Sync &)
{
    memcpy(to, from, (size_t)bytes);
}
template <typename Group, typename T, typename Size, typename Sync>
__device__ inline void memcpy_async(const Group &group, T *to, const T *from, Size bytes, Sync &)
{
    const char *source = (const char *)from;
    char *target = (char *)to;
    for (size_t i = group.thread_rank(); i < (size_t)bytes; i += group.size()) target[i] = source[i];
}

}  // namespace cuda
