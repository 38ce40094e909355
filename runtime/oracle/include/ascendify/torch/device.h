// What PyTorch's headers give to kernels: views of tensors, shuffles, atomic additions on every
// element type, state of random numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

#include <cuda_runtime.h>

#include "element_types.h"

#define C10_HOST __host__
#define C10_DEVICE __device__
#define C10_HOST_DEVICE __host__ __device__
#define C10_ALWAYS_INLINE __attribute__((__always_inline__)) inline
#define C10_NOINLINE __attribute__((noinline))
#define C10_UNUSED [[maybe_unused]]
#define C10_NODISCARD [[nodiscard]]
#define C10_RESTRICT __restrict__
#define C10_API
#define C10_EXPORT
#define C10_CUDA_API
#define TORCH_API
#define TORCH_CUDA_CPP_API
#define TORCH_CUDA_CU_API
#define C10_LIKELY(expr) (expr)
#define C10_UNLIKELY(expr) (expr)
#define C10_WARP_SIZE 32
#define C10_MAX_THREADS_PER_BLOCK(val) (val)
#define C10_MIN_BLOCKS_PER_SM(threads, blocks) (blocks)
#define C10_LAUNCH_BOUNDS_0
#define C10_LAUNCH_BOUNDS_1(threads)
#define C10_LAUNCH_BOUNDS_2(threads, blocks)
#define CUDA_KERNEL_ASSERT(cond) assert(cond)
#define CUDA_KERNEL_ASSERT_MSG(cond, message) assert(cond)
#define GPU_LAMBDA __host__ __device__
// The index is kept in 64 bits, so that it does not overflow behind the end.
#define CUDA_KERNEL_LOOP_TYPE(i, n, index_type)                                                 \
  for (int64_t i##_wide = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;          \
       i##_wide < (n); i##_wide += static_cast<int64_t>(blockDim.x) * gridDim.x)                \
    if (index_type i = static_cast<index_type>(i##_wide); true)
#define CUDA_KERNEL_LOOP(i, n) CUDA_KERNEL_LOOP_TYPE(i, n, int)

template <class T>
inline T WARP_SHFL_XOR(T value, int lane_mask, int width = 32, unsigned mask = 0xffffffffu) {
  return __shfl_xor_sync(mask, value, lane_mask, width);
}
template <class T>
inline T WARP_SHFL(T value, int lane, int width = 32, unsigned mask = 0xffffffffu) {
  return __shfl_sync(mask, value, lane, width);
}
template <class T>
inline T WARP_SHFL_UP(T value, unsigned delta, int width = 32, unsigned mask = 0xffffffffu) {
  return __shfl_up_sync(mask, value, delta, width);
}
template <class T>
inline T WARP_SHFL_DOWN(T value, unsigned delta, int width = 32, unsigned mask = 0xffffffffu) {
  return __shfl_down_sync(mask, value, delta, width);
}
inline unsigned WARP_BALLOT(int predicate, unsigned mask = 0xffffffffu) {
  return __ballot_sync(mask, predicate);
}
inline unsigned WARP_ACTIVE() { return __activemask(); }

inline c10::Half atomicAdd(c10::Half *address, c10::Half value) {
  __half added = value;
  return atomicAdd(reinterpret_cast<__half *>(address), added);
}
inline c10::BFloat16 atomicAdd(c10::BFloat16 *address, c10::BFloat16 value) {
  __nv_bfloat16 added = value;
  return atomicAdd(reinterpret_cast<__nv_bfloat16 *>(address), added);
}
inline void atomicAdd(int64_t *address, int64_t value) {
  atomicAdd(reinterpret_cast<unsigned long long *>(address),
            static_cast<unsigned long long>(value));
}
template <class T>
inline auto gpuAtomicAdd(T *address, T value) {
  return atomicAdd(address, value);
}
template <class T>
inline void gpuAtomicAddNoReturn(T *address, T value) {
  atomicAdd(address, value);
}

namespace at {
template <class T>
struct DefaultPtrTraits {
  typedef T *PtrType;
};
template <class T>
struct RestrictPtrTraits {
  typedef T *__restrict__ PtrType;
};

template <class T, size_t N, template <class U> class PtrTraits = DefaultPtrTraits,
          class index_t = int64_t>
class TensorAccessor {
 public:
  typedef typename PtrTraits<T>::PtrType PtrType;
  TensorAccessor(PtrType data, const index_t *sizes, const index_t *strides)
      : data_(data), sizes_(sizes), strides_(strides) {}
  index_t size(index_t dimension) const { return sizes_[dimension]; }
  index_t stride(index_t dimension) const { return strides_[dimension]; }
  PtrType data() { return data_; }
  const PtrType data() const { return data_; }
  decltype(auto) operator[](index_t index) const {
    if constexpr (N == 1) return data_[index * strides_[0]];
    else return TensorAccessor<T, N - 1, PtrTraits, index_t>(data_ + index * strides_[0],
                                                             sizes_ + 1, strides_ + 1);
  }

 private:
  PtrType data_;
  const index_t *sizes_;
  const index_t *strides_;
};

template <class T, size_t N, template <class U> class PtrTraits = DefaultPtrTraits,
          class index_t = int64_t>
class GenericPackedTensorAccessor {
 public:
  typedef typename PtrTraits<T>::PtrType PtrType;
  template <class Index>
  GenericPackedTensorAccessor(PtrType data, const Index *sizes, const Index *strides)
      : data_(data) {
    for (size_t i = 0; i < N; ++i) {
      sizes_[i] = static_cast<index_t>(sizes[i]);
      strides_[i] = static_cast<index_t>(strides[i]);
    }
  }
  index_t size(index_t dimension) const { return sizes_[dimension]; }
  index_t stride(index_t dimension) const { return strides_[dimension]; }
  PtrType data() { return data_; }
  const PtrType data() const { return data_; }
  decltype(auto) operator[](index_t index) const {
    if constexpr (N == 1) return data_[index * strides_[0]];
    else return TensorAccessor<T, N - 1, PtrTraits, index_t>(data_ + index * strides_[0],
                                                             sizes_ + 1, strides_ + 1);
  }

 private:
  PtrType data_;
  index_t sizes_[N];
  index_t strides_[N];
};
template <class T, size_t N, template <class U> class PtrTraits = DefaultPtrTraits>
using PackedTensorAccessor32 = GenericPackedTensorAccessor<T, N, PtrTraits, int32_t>;
template <class T, size_t N, template <class U> class PtrTraits = DefaultPtrTraits>
using PackedTensorAccessor64 = GenericPackedTensorAccessor<T, N, PtrTraits, int64_t>;
template <class T, size_t N, template <class U> class PtrTraits = DefaultPtrTraits,
          class index_t = int64_t>
using PackedTensorAccessor = GenericPackedTensorAccessor<T, N, PtrTraits, index_t>;

struct PhiloxCudaState {
  union Payload {
    uint64_t val;
    int64_t *ptr;
  };
  Payload seed_{};
  Payload offset_{};
  uint32_t offset_intragraph_ = 0;
  bool captured_ = false;
  PhiloxCudaState() = default;
  PhiloxCudaState(uint64_t seed, uint64_t offset) {
    seed_.val = seed;
    offset_.val = offset;
  }
};

template <class T>
inline bool _isnan(T value) {
  return value != value;
}
template <class T>
constexpr T ceil_div(T a, T b) {
  return (a + b - 1) / b;
}
namespace cuda {
template <class T>
constexpr T ATenCeilDiv(T a, T b) {
  return (a + b - 1) / b;
}
namespace philox {
inline std::tuple<uint64_t, uint64_t> unpack(PhiloxCudaState state) {
  if (state.captured_) {
    return {static_cast<uint64_t>(*state.seed_.ptr),
            static_cast<uint64_t>(*state.offset_.ptr + state.offset_intragraph_)};
  }
  return {state.seed_.val, state.offset_.val};
}
}  // namespace philox
}  // namespace cuda
}  // namespace at

namespace c10::cuda::compat {
#define ASCENDIFY_COMPAT(name)                        \
  inline float name(float x) { return ::name##f(x); } \
  inline double name(double x) { return ::name(x); }
#define ASCENDIFY_COMPAT2(name)                                   \
  inline float name(float x, float y) { return ::name##f(x, y); } \
  inline double name(double x, double y) { return ::name(x, y); }
inline float abs(float x) { return ::fabsf(x); }
inline double abs(double x) { return ::fabs(x); }
ASCENDIFY_COMPAT(exp)
ASCENDIFY_COMPAT(ceil)
ASCENDIFY_COMPAT(floor)
ASCENDIFY_COMPAT(log)
ASCENDIFY_COMPAT(log1p)
ASCENDIFY_COMPAT(sqrt)
ASCENDIFY_COMPAT(rsqrt)
ASCENDIFY_COMPAT(sin)
ASCENDIFY_COMPAT(cos)
ASCENDIFY_COMPAT(tan)
ASCENDIFY_COMPAT(tanh)
ASCENDIFY_COMPAT(normcdf)
ASCENDIFY_COMPAT2(copysign)
ASCENDIFY_COMPAT2(pow)
#undef ASCENDIFY_COMPAT
#undef ASCENDIFY_COMPAT2
inline float max(float x, float y) { return ::fmaxf(x, y); }
inline double max(double x, double y) { return ::fmax(x, y); }
inline float min(float x, float y) { return ::fminf(x, y); }
inline double min(double x, double y) { return ::fmin(x, y); }
}  // namespace c10::cuda::compat
