"""What the names of headers that are not read are: types, templates, functions.

Only their kind, so that code that mentions them parses; what can be used of them is decided by
the prelude and the built-in tables. Declarations that are read always come before this table.
"""

from __future__ import annotations

from collections.abc import Mapping

TYPES: Mapping[str, str] = {
    "": """
    half half2 __half __half2 nv_half __nv_half nv_half2 __nv_half2 __half_raw __half2_raw
    nv_bfloat16 nv_bfloat162 __nv_bfloat16 __nv_bfloat162 __nv_bfloat16_raw bfloat16 bfloat162
    __nv_fp8_e4m3 __nv_fp8_e5m2 __nv_fp8_e8m0 __nv_fp8x2_e4m3 __nv_fp8x2_e5m2 __nv_fp8x4_e4m3
    __nv_fp8x4_e5m2 __nv_fp8_storage_t __nv_fp8x2_storage_t __nv_fp8x4_storage_t
    __nv_fp8_interpretation_t __nv_fp4_e2m1 __nv_fp4x2_e2m1 __nv_fp4x4_e2m1
    dim3 cuComplex cuFloatComplex cuDoubleComplex
    int8_t uint8_t int16_t uint16_t int32_t uint32_t int64_t uint64_t intmax_t uintmax_t
    int_fast8_t uint_fast8_t int_fast16_t uint_fast16_t int_fast32_t uint_fast32_t int_fast64_t
    uint_fast64_t int_least8_t uint_least8_t int_least16_t uint_least16_t int_least32_t
    uint_least32_t int_least64_t uint_least64_t
    size_t ssize_t ptrdiff_t intptr_t uintptr_t nullptr_t max_align_t clock_t time_t
    uint uchar ushort ulong FILE va_list
    cudaStream_t cudaEvent_t cudaError_t cudaError cudaArray_t cudaTextureObject_t
    cudaSurfaceObject_t cudaDeviceProp cudaGraph_t cudaGraphExec_t cudaMemcpyKind cudaExtent
    cudaPitchedPtr cudaFuncAttributes cudaLaunchConfig_t cudaLaunchAttribute cudaMemPool_t
    cudaResourceDesc cudaTextureDesc cudaChannelFormatDesc cudaPointerAttributes
    cudaIpcMemHandle_t cudaIpcEventHandle_t
    cublasHandle_t cublasStatus_t cublasLtHandle_t cudnnHandle_t cudaDataType cudaDataType_t
    CUdeviceptr CUstream CUtensorMap CUfunction CUmodule CUresult CUdevice CUcontext
    curandState curandState_t curandStateXORWOW_t curandStatePhilox4_32_10_t curandStateMRG32k3a_t
    curandStateMtgp32_t curandStateSobol32_t curandGenerator_t
    char1 uchar1 short1 ushort1 int1 uint1 long1 ulong1 longlong1 ulonglong1 float1 double1
    char2 uchar2 short2 ushort2 int2 uint2 long2 ulong2 longlong2 ulonglong2 float2 double2
    char3 uchar3 short3 ushort3 int3 uint3 long3 ulong3 longlong3 ulonglong3 float3 double3
    char4 uchar4 short4 ushort4 int4 uint4 long4 ulong4 longlong4 ulonglong4 float4 double4
    """,
    "std": """
    int8_t uint8_t int16_t uint16_t int32_t uint32_t int64_t uint64_t intmax_t uintmax_t size_t
    ptrdiff_t intptr_t uintptr_t nullptr_t byte string string_view ostream istream ostringstream
    stringstream ifstream ofstream mt19937 mt19937_64 random_device thread mutex true_type
    false_type exception runtime_error logic_error invalid_argument out_of_range bad_alloc
    memory_order default_random_engine align_val_t
    """,
    "at": "Half BFloat16 Tensor Scalar ScalarType PhiloxCudaState IntArrayRef TensorOptions Device",
    "c10": """Half BFloat16 Scalar ScalarType Float8_e4m3fn Float8_e5m2 Device DeviceType
    IntArrayRef""",
    "torch": "Tensor Dtype ScalarType Device TensorOptions Half BFloat16",
    "cutlass": """half_t bfloat16_t tfloat32_t float_e4m3_t float_e5m2_t uint4b_t int4b_t
    Coord MatrixCoord""",
    "cooperative_groups": "thread_block grid_group cluster_group coalesced_group thread_group",
    "nvcuda::wmma": "matrix_a matrix_b accumulator row_major col_major",
    "nvcuda::wmma::precision": "tf32 b1 u4 s4",
    "cub": """Sum Max Min ArgMax ArgMin Equality NullType CTA_SYNC CountingInputIterator
    DeviceReduce DeviceScan DeviceRadixSort DeviceSegmentedReduce DeviceSelect
    DeviceSegmentedRadixSort DeviceRunLengthEncode DeviceHistogram""",
}

TYPE_TEMPLATES: Mapping[str, str] = {
    "": "texture surface",
    "std": """
    vector array pair tuple map unordered_map set unordered_set deque list queue stack
    priority_queue optional variant function unique_ptr shared_ptr weak_ptr span basic_string
    initializer_list atomic complex numeric_limits hash less greater less_equal greater_equal
    equal_to not_equal_to plus minus multiplies divides modulus logical_and logical_or logical_not
    bit_and bit_or bit_xor negate reference_wrapper bitset lock_guard unique_lock
    integral_constant bool_constant index_sequence integer_sequence make_index_sequence
    make_integer_sequence index_sequence_for conditional conditional_t enable_if enable_if_t
    is_same is_integral is_floating_point is_arithmetic is_signed is_unsigned is_pointer
    is_reference is_const is_void is_array is_enum is_class is_function is_base_of is_convertible
    is_constructible is_trivially_copyable is_default_constructible is_invocable is_empty
    remove_const remove_const_t remove_cv remove_cv_t remove_reference remove_reference_t
    remove_pointer remove_pointer_t remove_cvref remove_cvref_t remove_extent remove_extent_t
    add_const add_const_t add_pointer add_pointer_t add_lvalue_reference add_lvalue_reference_t
    add_rvalue_reference add_rvalue_reference_t decay decay_t common_type common_type_t
    underlying_type underlying_type_t make_signed make_signed_t make_unsigned make_unsigned_t
    invoke_result invoke_result_t result_of result_of_t void_t type_identity type_identity_t
    aligned_storage aligned_storage_t alignment_of tuple_size tuple_element tuple_element_t
    conjunction disjunction negation rank extent iterator_traits allocator char_traits
    normal_distribution uniform_real_distribution uniform_int_distribution back_insert_iterator
    """,
    "cuda::std": """array atomic complex numeric_limits tuple pair optional span is_same
    enable_if enable_if_t conditional conditional_t integral_constant index_sequence""",
    "cuda": "atomic atomic_ref barrier pipeline pipeline_shared_state maximum minimum",
    "at": """OpMathType opmath_type acc_type AccumulateType PackedTensorAccessor32
    PackedTensorAccessor64""",
    "at::cuda::detail": "TensorInfo IntDivider OffsetCalculator",
    "at::cuda": "Array",
    "c10": "complex ArrayRef optional Array SmallVector CppTypeToScalarType",
    "torch": """PackedTensorAccessor PackedTensorAccessor32 PackedTensorAccessor64
    GenericPackedTensorAccessor RestrictPtrTraits DefaultPtrTraits""",
    "thrust": "pair tuple complex device_vector host_vector device_ptr plus maximum minimum",
    "cutlass": "Array AlignedArray NumericConverter NumericArrayConverter FastDivmod AlignedBuffer",
    "cooperative_groups": "thread_block_tile plus less greater bit_and bit_or bit_xor",
    "nvcuda::wmma": "fragment",
    "cub": """BlockReduce WarpReduce BlockScan WarpScan BlockLoad BlockStore BlockRadixSort
    BlockExchange BlockShuffle BlockHistogram BlockDiscontinuity WarpLoad WarpStore KeyValuePair
    DoubleBuffer ArgIndexInputIterator TransformInputIterator CacheModifiedInputIterator
    BlockMergeSort BlockAdjacentDifference WarpExchange WarpMergeSort BlockRadixRank""",
}

VALUE_TEMPLATES: Mapping[str, str] = {
    "std": """
    is_same_v is_integral_v is_floating_point_v is_arithmetic_v is_signed_v is_unsigned_v
    is_pointer_v is_reference_v is_const_v is_void_v is_array_v is_enum_v is_class_v is_base_of_v
    is_convertible_v is_constructible_v is_trivially_copyable_v is_invocable_v is_empty_v
    tuple_size_v extent_v rank_v conjunction_v disjunction_v negation_v alignment_of_v
    get make_tuple make_pair make_unique make_shared move forward swap min max clamp declval
    static_pointer_cast dynamic_pointer_cast bit_cast exchange
    """,
    "at": "acc_type_v",
    "thrust": "get make_pair make_tuple raw_pointer_cast reinterpret_pointer_cast",
    "cooperative_groups": "tiled_partition reduce memcpy_async",
    "cub": "LoadDirectBlocked StoreDirectBlocked ThreadLoad ThreadStore LoadDirectStriped",
}

NAMESPACES: Mapping[str, str] = {
    "": """std at c10 torch cutlass cute cooperative_groups nvcuda cub thrust cuda caffe2
    pybind11 __gnu_cxx""",
    "std": "chrono this_thread placeholders filesystem numbers literals",
    "cuda": "std ptx device",
    "at": "native cuda detail",
    "nvcuda": "wmma experimental",
    "nvcuda::wmma": "experimental precision",
    "cooperative_groups": "experimental details",
    "thrust": "cuda device system",
    "c10": "cuda detail impl",
}
