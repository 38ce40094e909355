// cuda_bf16.h: bfloat16.
#pragma once

#include "math.h"
#include "small_float.h"
#include "vector_types.h"

#define H __nv_bfloat16
#define H2 __nv_bfloat162
#define RAW __nv_bfloat16_raw
#define RAW2 __nv_bfloat162_raw
#define N bfloat16
#define N2 bfloat162
#define FORMAT ascendify_oracle::SmallFloat<8, 7>
#include "small_float_type.inc"
#undef H
#undef H2
#undef RAW
#undef RAW2
#undef N
#undef N2
#undef FORMAT

typedef __nv_bfloat16 nv_bfloat16;
typedef __nv_bfloat162 nv_bfloat162;

#define CUDART_INF_BF16 __ushort_as_bfloat16(0x7f80u)
#define CUDART_NAN_BF16 __ushort_as_bfloat16(0x7fffu)
#define CUDART_MAX_NORMAL_BF16 __ushort_as_bfloat16(0x7f7fu)
#define CUDART_ONE_BF16 __ushort_as_bfloat16(0x3f80u)
#define CUDART_ZERO_BF16 __ushort_as_bfloat16(0x0000u)
