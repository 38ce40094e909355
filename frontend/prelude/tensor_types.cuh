// The element types of tensor libraries, as kernels name them: the same 16-bit floats, and the
// types in which sums of them are kept on a GPU.
namespace c10 {
using Half = __half;
using BFloat16 = __nv_bfloat16;
}
namespace at {
using Half = __half;
using BFloat16 = __nv_bfloat16;
template <typename T> struct OpMathType { using type = T; };
template <> struct OpMathType<__half> { using type = float; };
template <> struct OpMathType<__nv_bfloat16> { using type = float; };
template <typename T> using opmath_type = typename OpMathType<T>::type;
template <typename T, bool is_cuda> struct AccumulateType { using type = int64_t; };
template <> struct AccumulateType<bool, true> { using type = bool; };
template <> struct AccumulateType<__half, true> { using type = float; };
template <> struct AccumulateType<__nv_bfloat16, true> { using type = float; };
template <> struct AccumulateType<float, true> { using type = float; };
template <> struct AccumulateType<double, true> { using type = double; };
template <typename T, bool is_cuda> using acc_type = typename AccumulateType<T, is_cuda>::type;
}
namespace torch {
using Half = __half;
using BFloat16 = __nv_bfloat16;
}

template <typename T> __device__ inline T gpuAtomicAdd(T *address, T value) { return atomicAdd(address, value); }
template <typename T> __device__ inline void gpuAtomicAddNoReturn(T *address, T value) { atomicAdd(address, value); }
