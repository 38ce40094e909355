// cuda_fp16.h: half precision.
#pragma once

#include "math.h"
#include "small_float.h"
#include "vector_types.h"

#define H __half
#define H2 __half2
#define RAW __half_raw
#define RAW2 __half2_raw
#define N half
#define N2 half2
#define FORMAT ascendify_oracle::SmallFloat<5, 10>
#include "small_float_type.inc"
#undef H
#undef H2
#undef RAW
#undef RAW2
#undef N
#undef N2
#undef FORMAT

typedef __half half;
typedef __half2 half2;
typedef __half nv_half;
typedef __half2 nv_half2;
typedef __half __nv_half;
typedef __half2 __nv_half2;

#define CUDART_INF_FP16 __ushort_as_half(0x7c00u)
#define CUDART_NAN_FP16 __ushort_as_half(0x7fffu)
#define CUDART_MAX_NORMAL_FP16 __ushort_as_half(0x7bffu)
#define CUDART_MIN_DENORM_FP16 __ushort_as_half(0x0001u)
#define CUDART_ONE_FP16 __ushort_as_half(0x3c00u)
#define CUDART_ZERO_FP16 __ushort_as_half(0x0000u)
#define CUDART_NEG_ZERO_FP16 __ushort_as_half(0x8000u)
