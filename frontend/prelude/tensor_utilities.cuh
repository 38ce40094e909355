// Device functions of PyTorch's headers: shuffles without a mask, atomic additions on every element
// type, random number state, mathematics by the names of c10::cuda::compat.
template <typename T>
__device__ inline T WARP_SHFL_XOR(T value, int lane_mask, int width = 32, unsigned int mask = 0xffffffffu)
{
    return __shfl_xor_sync(mask, value, lane_mask, width);
}
template <typename T>
__device__ inline T WARP_SHFL(T value, int lane, int width = 32, unsigned int mask = 0xffffffffu)
{
    return __shfl_sync(mask, value, lane, width);
}
template <typename T>
__device__ inline T WARP_SHFL_UP(T value, unsigned int delta, int width = 32, unsigned int mask = 0xffffffffu)
{
    return __shfl_up_sync(mask, value, delta, width);
}
template <typename T>
__device__ inline T WARP_SHFL_DOWN(T value, unsigned int delta, int width = 32, unsigned int mask = 0xffffffffu)
{
    return __shfl_down_sync(mask, value, delta, width);
}
__device__ inline unsigned int WARP_BALLOT(int predicate, unsigned int mask = 0xffffffffu)
{
    return __ballot_sync(mask, predicate);
}
__device__ inline unsigned int WARP_ACTIVE() { return __activemask(); }

__device__ inline c10::Half atomicAdd(c10::Half *address, c10::Half value)
{
    return atomicAdd(reinterpret_cast<__half *>(address), static_cast<__half>(value));
}
__device__ inline c10::BFloat16 atomicAdd(c10::BFloat16 *address, c10::BFloat16 value)
{
    return atomicAdd(reinterpret_cast<__nv_bfloat16 *>(address), static_cast<__nv_bfloat16>(value));
}
__device__ inline void atomicAdd(long *address, long value)
{
    atomicAdd(reinterpret_cast<unsigned long long *>(address), static_cast<unsigned long long>(value));
}
template <typename T> __device__ inline T gpuAtomicAdd(T *address, T value) { return atomicAdd(address, value); }
__device__ inline void gpuAtomicAdd(long *address, long value) { atomicAdd(address, value); }
template <typename T> __device__ inline void gpuAtomicAddNoReturn(T *address, T value) { atomicAdd(address, value); }

namespace at {
struct PhiloxCudaState {
    union Payload {
        unsigned long val;
        long *ptr;
    };
    Payload seed_;
    Payload offset_;
    unsigned int offset_intragraph_ = 0;
    bool captured_ = false;
    PhiloxCudaState() = default;
    __device__ PhiloxCudaState(unsigned long seed, unsigned long offset)
    {
        seed_.val = seed;
        offset_.val = offset;
    }
};
template <typename T> __device__ inline bool _isnan(T value) { return value != value; }
template <typename T> __device__ constexpr T ceil_div(T a, T b) { return (a + b - 1) / b; }
namespace cuda {
template <typename T> __device__ constexpr T ATenCeilDiv(T a, T b) { return (a + b - 1) / b; }
namespace philox {
__device__ inline std::tuple<unsigned long, unsigned long> unpack(PhiloxCudaState state)
{
    if (state.captured_)
        return std::tuple<unsigned long, unsigned long>(
            static_cast<unsigned long>(*state.seed_.ptr),
            static_cast<unsigned long>(*state.offset_.ptr + state.offset_intragraph_));
    return std::tuple<unsigned long, unsigned long>(state.seed_.val, state.offset_.val);
}
}
}
}

namespace c10 { namespace cuda { namespace compat {
#define ASC_COMPAT(name)                                                                         \
    __device__ inline float name(float x) { return ::name##f(x); }                               \
    __device__ inline double name(double x) { return ::name(x); }
#define ASC_COMPAT2(name)                                                                        \
    __device__ inline float name(float x, float y) { return ::name##f(x, y); }                   \
    __device__ inline double name(double x, double y) { return ::name(x, y); }
__device__ inline float abs(float x) { return ::fabsf(x); }
__device__ inline double abs(double x) { return ::fabs(x); }
ASC_COMPAT(exp)
ASC_COMPAT(ceil)
ASC_COMPAT(floor)
ASC_COMPAT(log)
ASC_COMPAT(log1p)
ASC_COMPAT(sqrt)
ASC_COMPAT(rsqrt)
ASC_COMPAT(sin)
ASC_COMPAT(cos)
ASC_COMPAT(tan)
ASC_COMPAT(tanh)
ASC_COMPAT(normcdf)
ASC_COMPAT2(copysign)
ASC_COMPAT2(pow)
__device__ inline float max(float x, float y) { return ::fmaxf(x, y); }
__device__ inline double max(double x, double y) { return ::fmax(x, y); }
__device__ inline float min(float x, float y) { return ::fminf(x, y); }
__device__ inline double min(double x, double y) { return ::fmin(x, y); }
}}}
