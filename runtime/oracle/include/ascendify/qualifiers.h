// CUDA's words for where code and data live. Everything is ordinary memory and ordinary code.
#pragma once

#define __host__
#define __device__
#define __managed__
#define __grid_constant__
#define __forceinline__ inline
// Nothing: a caller's reads of class objects that it passes to a function are not seen by the checks
// unless the function is inlined.
#define __noinline__
#define __restrict __restrict__
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)
#define __maxnreg__(n)
#define __cluster_dims__(...)
#define __nv_pure__
#define __builtin_align__(n) __attribute__((aligned(n)))
#define CUDARTAPI
#define CUDART_CB
#define CUDAAPI
#define CUBLASWINAPI
#define __device_builtin__
#define __cudart_builtin__

// One instance for each block: a block runs on one OS thread. Within functions this means static.
#define __shared__ thread_local
// Filled through its address, which the compiler may not see.
#define __constant__ __attribute__((used))

#if defined(__clang__)
#define __global__ __attribute__((noinline, flatten))
#else
// A kernel must keep one address and one symbol: its name in reports comes from there.
#define __global__ __attribute__((noinline, noclone, flatten))
#endif
