"""Headers that are known but not read, and the macros that they bring.

Toolkit, framework and system headers are far too large to read for every kernel, and what device
code uses from them is built in. This table says which headers those are, and holds the
object-like and function-like macros that a file may use after including them. Macros of the C
and CUDA headers are always there, since nvcc includes `cuda_runtime.h` by itself; macros of
frameworks come with the framework's headers.

Values follow the C++ standard's limits for x86-64 Linux and the CUDA toolkit 12.4's manuals.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.source import Span


@dataclass(frozen=True, slots=True)
class HeaderUse:
    """An `#include` of a file that was not read; `known` where the table has it."""

    name: str
    span: Span
    known: bool
    angled: bool = True


_CPP = """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv
chrono cinttypes ciso646 climits clocale cmath codecvt compare complex concepts condition_variable
coroutine csetjmp csignal cstdalign cstdarg cstdbool cstddef cstdint cstdio cstdlib cstring ctgmath
ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list
locale map memory memory_resource mutex new numbers numeric optional ostream queue random ranges
ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack
stdexcept streambuf string string_view strstream system_error thread tuple type_traits typeindex
typeinfo unordered_map unordered_set utility valarray variant vector version"""

_C = """aio.h assert.h complex.h cpuid.h ctype.h dirent.h dlfcn.h endian.h errno.h error.h
execinfo.h fcntl.h fenv.h float.h fnmatch.h getopt.h glob.h ifaddrs.h immintrin.h inttypes.h
iso646.h libgen.h limits.h linux/limits.h locale.h malloc.h math.h memory.h mpi.h net/if.h netdb.h
nmmintrin.h numa.h omp.h poll.h pthread.h pwd.h regex.h sched.h semaphore.h setjmp.h signal.h
spawn.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h
string.h strings.h syslog.h termios.h tgmath.h threads.h time.h uchar.h unistd.h values.h wchar.h
wctype.h x86intrin.h xmmintrin.h emmintrin.h smmintrin.h tmmintrin.h pmmintrin.h cxxabi.h
windows.h Windows.h malloc/malloc.h intrin.h direct.h io.h"""

_CUDA = """builtin_types.h channel_descriptor.h common_functions.h cooperative_groups.h
cub/cub.cuh cublas.h cublasLt.h cublasXt.h cublas_api.h cublas_v2.h cuComplex.h cuda.h
cudaGL.h cudaProfiler.h cuda_awbarrier.h cuda_awbarrier_primitives.h cuda_bf16.h
cuda_bf16.hpp cuda_device_runtime_api.h cuda_egl_interop.h cuda_fp16.h cuda_fp16.hpp
cuda_fp4.h cuda_fp6.h cuda_fp8.h cuda_fp8.hpp cuda_gl_interop.h cuda_occupancy.h
cuda_pipeline.h cuda_pipeline_primitives.h cuda_profiler_api.h cuda_runtime.h
cuda_runtime_api.h cuda_surface_types.h cuda_texture_types.h cuda_vdpau_interop.h
cudaTypedefs.h cudart_platform.h cudnn.h cudnn_frontend.h cufft.h cufftXt.h cufftw.h
cufile.h curand.h curand_kernel.h curand_normal.h curand_uniform.h curand_globals.h
curand_philox4x32_x.h curand_mtgp32_host.h curand_mtgp32_kernel.h curand_precalc.h
cusolverDn.h cusolverRf.h cusolverSp.h cusolver_common.h cusparse.h cusparse_v2.h
cusparseLt.h cutensor.h device_atomic_functions.h device_double_functions.h
device_functions.h device_launch_parameters.h device_types.h driver_functions.h
driver_types.h fatbinary_section.h helper_cuda.h helper_functions.h helper_image.h
helper_math.h helper_string.h helper_timer.h host_config.h host_defines.h library_types.h
math_constants.h math_functions.h mma.h nccl.h npp.h nppi.h npps.h nvJitLink.h nvToolsExt.h
nvToolsExtCuda.h nvToolsExtCudaRt.h nvfatbin.h nvjpeg.h nvml.h nvrtc.h nvshmem.h nvshmemx.h
nvPTXCompiler.h sm_20_atomic_functions.h sm_20_intrinsics.h sm_30_intrinsics.h
sm_32_atomic_functions.h sm_32_intrinsics.h sm_35_intrinsics.h sm_60_atomic_functions.h
sm_61_intrinsics.h surface_functions.h surface_indirect_functions.h surface_types.h
texture_fetch_functions.h texture_indirect_functions.h texture_types.h vector_functions.h
vector_functions.hpp vector_types.h Python.h pybind11.h"""

_PREFIXES = (
    "ATen/", "arpa/", "asm/", "bits/", "c10/", "caffe2/", "cooperative_groups/", "crt/", "cub/",
    "cuda/", "cudnn_frontend/", "cute/", "cutlass/", "experimental/", "ext/", "linux/",
    "net/", "netinet/", "nv/", "nvfunctional", "nvtx3/", "pybind11/", "nanobind/", "pycuda/",
    "sys/", "tensorflow/", "thrust/", "torch/", "torch_npu/", "absl/", "boost/", "Eigen/", "gtest/",
    "gmock/", "mma", "raft/", "cuml/", "rmm/", "cccl/", "xla/", "jaxlib/", "opencv2/", "paddle/",
    "GL/", "GLFW/", "THC/",
)  # fmt: skip

_EXACT = frozenset(f"{_CPP} {_C} {_CUDA}".split())


def is_known(name: str) -> bool:
    """Whether the header is in the table: it is not read, whatever folder has it."""
    return name in _EXACT or name.startswith(_PREFIXES)


_PRINTF_LENGTHS = {"8": "hh", "16": "h", "32": "", "64": "l", "PTR": "l", "MAX": "l"}


def _limits() -> dict[str, str]:
    table = {
        "CHAR_BIT": "8",
        "SCHAR_MIN": "(-128)",
        "SCHAR_MAX": "127",
        "UCHAR_MAX": "255",
        "CHAR_MIN": "(-128)",
        "CHAR_MAX": "127",
        "SHRT_MIN": "(-32768)",
        "SHRT_MAX": "32767",
        "USHRT_MAX": "65535",
        "INT_MIN": "(-2147483647 - 1)",
        "INT_MAX": "2147483647",
        "UINT_MAX": "4294967295U",
        "LONG_MIN": "(-9223372036854775807L - 1L)",
        "LONG_MAX": "9223372036854775807L",
        "ULONG_MAX": "18446744073709551615UL",
        "LLONG_MIN": "(-9223372036854775807LL - 1LL)",
        "LLONG_MAX": "9223372036854775807LL",
        "ULLONG_MAX": "18446744073709551615ULL",
        "SIZE_MAX": "18446744073709551615UL",
        "PTRDIFF_MIN": "(-9223372036854775807L - 1L)",
        "PTRDIFF_MAX": "9223372036854775807L",
        "INTPTR_MIN": "(-9223372036854775807L - 1L)",
        "INTPTR_MAX": "9223372036854775807L",
        "UINTPTR_MAX": "18446744073709551615UL",
        "INTMAX_MIN": "(-9223372036854775807L - 1L)",
        "INTMAX_MAX": "9223372036854775807L",
        "UINTMAX_MAX": "18446744073709551615UL",
        "RAND_MAX": "2147483647",
        "EXIT_SUCCESS": "0",
        "EXIT_FAILURE": "1",
        "EOF": "(-1)",
        "PATH_MAX": "4096",
        "BUFSIZ": "8192",
        "SEEK_SET": "0",
        "SEEK_CUR": "1",
        "SEEK_END": "2",
        "CLOCKS_PER_SEC": "((long)1000000)",
        "NULL": "nullptr",
        "offsetof(type, member)": "__builtin_offsetof(type, member)",
        "INT8_C(c)": "c",
        "INT16_C(c)": "c",
        "INT32_C(c)": "c",
        "INT64_C(c)": "c##L",
        "UINT8_C(c)": "c",
        "UINT16_C(c)": "c",
        "UINT32_C(c)": "c##U",
        "UINT64_C(c)": "c##UL",
        "INTMAX_C(c)": "c##L",
        "UINTMAX_C(c)": "c##UL",
    }
    for kind in ("", "_LEAST", "_FAST"):
        for bits in (8, 16, 32, 64):
            real = 64 if kind == "_FAST" and bits > 8 else bits
            suffix = "L" if real == 64 else ""
            unsigned = {32: "U", 64: "UL"}.get(real, "")
            most = (1 << (real - 1)) - 1
            table[f"INT{kind}{bits}_MAX"] = f"{most}{suffix}"
            table[f"INT{kind}{bits}_MIN"] = f"(-{most}{suffix} - 1)"
            table[f"UINT{kind}{bits}_MAX"] = f"{2 * most + 1}{unsigned}"
    for letter in "diouxX":
        for width, length in _PRINTF_LENGTHS.items():
            table[f"PRI{letter}{width}"] = f'"{length}{letter}"'
    return table


_FLOATING = {
    "FLT_RADIX": "2",
    "FLT_MANT_DIG": "24",
    "FLT_DIG": "6",
    "FLT_DECIMAL_DIG": "9",
    "FLT_MIN_EXP": "(-125)",
    "FLT_MAX_EXP": "128",
    "FLT_MIN_10_EXP": "(-37)",
    "FLT_MAX_10_EXP": "38",
    "FLT_MAX": "3.40282346638528859811704183484516925e+38F",
    "FLT_MIN": "1.17549435082228750796873653722224568e-38F",
    "FLT_EPSILON": "1.19209289550781250000000000000000000e-7F",
    "FLT_TRUE_MIN": "1.40129846432481707092372958328991613e-45F",
    "DBL_MANT_DIG": "53",
    "DBL_DIG": "15",
    "DBL_DECIMAL_DIG": "17",
    "DBL_MIN_EXP": "(-1021)",
    "DBL_MAX_EXP": "1024",
    "DBL_MIN_10_EXP": "(-307)",
    "DBL_MAX_10_EXP": "308",
    "DBL_MAX": "1.79769313486231570814527423731704357e+308",
    "DBL_MIN": "2.22507385850720138309023271733240406e-308",
    "DBL_EPSILON": "2.22044604925031308084726333618164062e-16",
    "DBL_TRUE_MIN": "4.94065645841246544176568792868221372e-324",
    "INFINITY": "__builtin_inff()",
    "NAN": '__builtin_nanf("")',
    "HUGE_VALF": "__builtin_inff()",
    "HUGE_VAL": "__builtin_inf()",
    "MAXFLOAT": "3.40282346638528859811704183484516925e+38F",
    "FP_NAN": "0",
    "FP_INFINITE": "1",
    "FP_ZERO": "2",
    "FP_SUBNORMAL": "3",
    "FP_NORMAL": "4",
    "FP_ILOGB0": "(-2147483647 - 1)",
    "FP_ILOGBNAN": "(-2147483647 - 1)",
    "FE_TONEAREST": "0",
    "FE_DOWNWARD": "0x400",
    "FE_UPWARD": "0x800",
    "FE_TOWARDZERO": "0xc00",
    "M_E": "2.7182818284590452354",
    "M_LOG2E": "1.4426950408889634074",
    "M_LOG10E": "0.43429448190325182765",
    "M_LN2": "0.69314718055994530942",
    "M_LN10": "2.30258509299404568402",
    "M_PI": "3.14159265358979323846",
    "M_PI_2": "1.57079632679489661923",
    "M_PI_4": "0.78539816339744830962",
    "M_1_PI": "0.31830988618379067154",
    "M_2_PI": "0.63661977236758134308",
    "M_2_SQRTPI": "1.12837916709551257390",
    "M_SQRT2": "1.41421356237309504880",
    "M_SQRT1_2": "0.70710678118654752440",
}

_CUDA_CONSTANTS = {
    "CUDART_INF_F": "__int_as_float(0x7f800000)",
    "CUDART_NAN_F": "__int_as_float(0x7fffffff)",
    "CUDART_MIN_DENORM_F": "__int_as_float(0x00000001)",
    "CUDART_MAX_NORMAL_F": "__int_as_float(0x7f7fffff)",
    "CUDART_NEG_ZERO_F": "__int_as_float(0x80000000)",
    "CUDART_ZERO_F": "0.0F",
    "CUDART_ONE_F": "1.0F",
    "CUDART_SQRT_HALF_F": "0.707106781F",
    "CUDART_SQRT_TWO_F": "1.414213562F",
    "CUDART_THIRD_F": "0.333333333F",
    "CUDART_PIO4_F": "0.785398163F",
    "CUDART_PIO2_F": "1.570796327F",
    "CUDART_3PIO4_F": "2.356194490F",
    "CUDART_2_OVER_PI_F": "0.636619772F",
    "CUDART_SQRT_2_OVER_PI_F": "0.797884561F",
    "CUDART_PI_F": "3.141592654F",
    "CUDART_L2E_F": "1.442695041F",
    "CUDART_L2T_F": "3.321928094F",
    "CUDART_LG2_F": "0.301029996F",
    "CUDART_LGE_F": "0.434294482F",
    "CUDART_LN2_F": "0.693147181F",
    "CUDART_LNT_F": "2.302585093F",
    "CUDART_LNPI_F": "1.144729886F",
    "CUDART_TWO_TO_M126_F": "1.175494351e-38F",
    "CUDART_TWO_TO_126_F": "8.507059173e37F",
    "CUDART_NORM_HUGE_F": "3.402823466e38F",
    "CUDART_TWO_TO_23_F": "8388608.0F",
    "CUDART_TWO_TO_24_F": "16777216.0F",
    "CUDART_TWO_TO_31_F": "2147483648.0F",
    "CUDART_TWO_TO_32_F": "4294967296.0F",
    "CUDART_INF": "__longlong_as_double(0x7ff0000000000000ULL)",
    "CUDART_NAN": "__longlong_as_double(0xfff8000000000000ULL)",
    "CUDART_NEG_ZERO": "__longlong_as_double(0x8000000000000000ULL)",
    "CUDART_MIN_DENORM": "__longlong_as_double(0x0000000000000001ULL)",
    "CUDART_ZERO": "0.0",
    "CUDART_ONE": "1.0",
    "CUDART_SQRT_TWO": "1.4142135623730951e+0",
    "CUDART_SQRT_HALF": "7.0710678118654757e-1",
    "CUDART_THIRD": "3.3333333333333333e-1",
    "CUDART_TWOTHIRD": "6.6666666666666667e-1",
    "CUDART_PIO4": "7.8539816339744828e-1",
    "CUDART_PIO2": "1.5707963267948966e+0",
    "CUDART_3PIO4": "2.3561944901923448e+0",
    "CUDART_2_OVER_PI": "6.3661977236758138e-1",
    "CUDART_PI": "3.1415926535897931e+0",
    "CUDART_SQRT_2PI": "2.5066282746310007e+0",
    "CUDART_SQRT_2_OVER_PI": "7.9788456080286536e-1",
    "CUDART_L2E": "1.4426950408889634e+0",
    "CUDART_L2T": "3.3219280948873622e+0",
    "CUDART_LG2": "3.0102999566398120e-1",
    "CUDART_LGE": "4.3429448190325182e-1",
    "CUDART_LN2": "6.9314718055994529e-1",
    "CUDART_LNT": "2.3025850929940459e+0",
    "CUDART_INF_FP16": "__ushort_as_half((unsigned short)0x7C00U)",
    "CUDART_NAN_FP16": "__ushort_as_half((unsigned short)0x7FFFU)",
    "CUDART_MIN_DENORM_FP16": "__ushort_as_half((unsigned short)0x0001U)",
    "CUDART_MAX_NORMAL_FP16": "__ushort_as_half((unsigned short)0x7BFFU)",
    "CUDART_NEG_ZERO_FP16": "__ushort_as_half((unsigned short)0x8000U)",
    "CUDART_ZERO_FP16": "__ushort_as_half((unsigned short)0x0000U)",
    "CUDART_ONE_FP16": "__ushort_as_half((unsigned short)0x3C00U)",
    "CUDART_INF_BF16": "__ushort_as_bfloat16((unsigned short)0x7F80U)",
    "CUDART_NAN_BF16": "__ushort_as_bfloat16((unsigned short)0x7FFFU)",
    "CUDART_MIN_DENORM_BF16": "__ushort_as_bfloat16((unsigned short)0x0001U)",
    "CUDART_MAX_NORMAL_BF16": "__ushort_as_bfloat16((unsigned short)0x7F7FU)",
    "CUDART_NEG_ZERO_BF16": "__ushort_as_bfloat16((unsigned short)0x8000U)",
    "CUDART_ZERO_BF16": "__ushort_as_bfloat16((unsigned short)0x0000U)",
    "CUDART_ONE_BF16": "__ushort_as_bfloat16((unsigned short)0x3F80U)",
    "CUDART_CB": "",
    "CUDA_CB": "",
    "CUDARTAPI": "",
    "CUDAAPI": "",
    "__CUDA_ALIGN__(n)": "__align__(n)",
    "_CG_ASM_PTR_CONSTRAINT": '"l"',
    "__builtin_align__(n)": "__align__(n)",
    "cudaStreamDefault": "0x00",
    "cudaStreamNonBlocking": "0x01",
    "cudaStreamLegacy": "((cudaStream_t)0x1)",
    "cudaStreamPerThread": "((cudaStream_t)0x2)",
    "cudaEventDefault": "0x00",
    "cudaEventBlockingSync": "0x01",
    "cudaEventDisableTiming": "0x02",
    "cudaHostAllocDefault": "0x00",
    "cudaHostAllocPortable": "0x01",
    "cudaHostAllocMapped": "0x02",
    "cudaHostAllocWriteCombined": "0x04",
    "cudaMemAttachGlobal": "0x01",
    "cudaMemAttachHost": "0x02",
    "cudaCpuDeviceId": "((int)-1)",
    "cudaInvalidDeviceId": "((int)-2)",
    "cudaDeviceScheduleAuto": "0x00",
    "cudaDeviceMapHost": "0x08",
}

_COMPILER = {
    "__CUDACC__": "1",
    "__NVCC__": "1",
    "__CUDA_ARCH__": "800",
    "__CUDA_ARCH_LIST__": "800",
    "__CUDACC_VER_MAJOR__": "12",
    "__CUDACC_VER_MINOR__": "4",
    "__CUDACC_VER_BUILD__": "131",
    "__CUDACC_EXTENDED_LAMBDA__": "1",
    "__CUDACC_RELAXED_CONSTEXPR__": "1",
    "CUDART_VERSION": "12040",
    "CUDA_VERSION": "12040",
    "__CUDART_API_VERSION": "12040",
    "__cplusplus": "201703L",
    "__STDC__": "1",
    "__STDC_HOSTED__": "1",
    "__STDCPP_THREADS__": "1",
    "__linux__": "1",
    "__linux": "1",
    "__gnu_linux__": "1",
    "__unix__": "1",
    "__unix": "1",
    "__ELF__": "1",
    "__x86_64__": "1",
    "__x86_64": "1",
    "__amd64__": "1",
    "__amd64": "1",
    "__LP64__": "1",
    "_LP64": "1",
    "_GNU_SOURCE": "1",
    "__GNUC__": "12",
    "__GNUC_MINOR__": "2",
    "__GNUC_PATCHLEVEL__": "0",
    "__GNUG__": "12",
    "__VERSION__": '"12.2.0"',
    "__OPTIMIZE__": "1",
    "__EXCEPTIONS": "1",
    "__GXX_RTTI": "1",
    "__BYTE_ORDER__": "1234",
    "__ORDER_LITTLE_ENDIAN__": "1234",
    "__ORDER_BIG_ENDIAN__": "4321",
    "__CHAR_BIT__": "8",
    "__SIZEOF_SHORT__": "2",
    "__SIZEOF_INT__": "4",
    "__SIZEOF_LONG__": "8",
    "__SIZEOF_LONG_LONG__": "8",
    "__SIZEOF_POINTER__": "8",
    "__SIZEOF_SIZE_T__": "8",
    "__SIZEOF_FLOAT__": "4",
    "__SIZEOF_DOUBLE__": "8",
    "__SIZEOF_INT128__": "16",
    "__INT_MAX__": "2147483647",
    "__LONG_MAX__": "9223372036854775807L",
    "__LONG_LONG_MAX__": "9223372036854775807LL",
    "__SCHAR_MAX__": "127",
    "__SHRT_MAX__": "32767",
    "__SIZE_TYPE__": "unsigned long",
    "__PTRDIFF_TYPE__": "long",
    "__INT64_TYPE__": "long",
    "__UINT64_TYPE__": "unsigned long",
    "__INT32_TYPE__": "int",
    "__UINT32_TYPE__": "unsigned int",
    "__FLT_MAX__": "3.40282346638528859811704183484516925e+38F",
    "__FLT_MIN__": "1.17549435082228750796873653722224568e-38F",
    "__FLT_EPSILON__": "1.19209289550781250000000000000000000e-7F",
    "__DBL_MAX__": "1.79769313486231570814527423731704357e+308",
    "__DBL_MIN__": "2.22507385850720138309023271733240406e-308",
    "__DBL_EPSILON__": "2.22044604925031308084726333618164062e-16",
    "__DATE__": '"Jan  1 1970"',
    "__TIME__": '"00:00:00"',
    "__TIMESTAMP__": '"Thu Jan  1 00:00:00 1970"',
    "__cpp_constexpr": "201603L",
    "__cpp_if_constexpr": "201606L",
    "__cpp_fold_expressions": "201603L",
    "__cpp_inline_variables": "201606L",
    "__cpp_structured_bindings": "201606L",
    "__cpp_deduction_guides": "201703L",
    "__cpp_lambdas": "200907L",
    "__cpp_generic_lambdas": "201304L",
    "__cpp_variadic_templates": "200704L",
    "__cpp_nontype_template_args": "201411L",
    "__cpp_static_assert": "201411L",
    "__cpp_decltype": "200707L",
    "__cpp_rvalue_references": "200610L",
}

ALWAYS: dict[str, str] = {**_limits(), **_FLOATING, **_CUDA_CONSTANTS, **_COMPILER}
"""Macros that every file has: `NAME` or `NAME(parameters)` to replacement."""

_TORCH = {
    "C10_HOST": "__host__",
    "C10_DEVICE": "__device__",
    "C10_HOST_DEVICE": "__host__ __device__",
    "C10_ALWAYS_INLINE": "__attribute__((__always_inline__)) inline",
    "C10_NOINLINE": "__attribute__((noinline))",
    "C10_UNUSED": "[[maybe_unused]]",
    "C10_RESTRICT": "__restrict__",
    "C10_API": "",
    "C10_EXPORT": "",
    "TORCH_API": "",
    "C10_LIKELY(expr)": "(expr)",
    "C10_UNLIKELY(expr)": "(expr)",
    "C10_WARP_SIZE": "32",
    "C10_MAX_THREADS_PER_BLOCK(val)": "(val)",
    "C10_LAUNCH_BOUNDS_0": "__launch_bounds__(256, 4)",
    "C10_LAUNCH_BOUNDS_1(max_threads)": "__launch_bounds__(max_threads)",
    "C10_LAUNCH_BOUNDS_2(max_threads, min_blocks)": "__launch_bounds__(max_threads, min_blocks)",
    "CUDA_KERNEL_ASSERT(cond)": "assert(cond)",
    "CUDA_KERNEL_LOOP_TYPE(i, n, index_type)": (  # break and continue act on the loop
        "for (long i##_wide = (long)blockIdx.x * blockDim.x + threadIdx.x; i##_wide < (n); "
        "i##_wide += (long)blockDim.x * gridDim.x) if (index_type i = (index_type)i##_wide; true)"
    ),
    "CUDA_KERNEL_LOOP(i, n)": "CUDA_KERNEL_LOOP_TYPE(i, n, int)",
    "PYBIND11_MODULE(name, module)": "static void pybind11_init(pybind11::module_ &module)",
    "TORCH_LIBRARY(name, module)": "static void torch_library(torch::Library &module)",
    "TORCH_LIBRARY_FRAGMENT(name, module)": "static void torch_library(torch::Library &module)",
    "TORCH_LIBRARY_IMPL(name, key, module)": "static void torch_library(torch::Library &module)",
    "GPU_LAMBDA": "__host__ __device__",
    "GPU_LAMBDA_INLINE": "__host__ __device__",
}
_CUTLASS = {
    "CUTLASS_DEVICE": "__forceinline__ __device__",
    "CUTLASS_HOST_DEVICE": "__forceinline__ __device__ __host__",
    "CUTLASS_GLOBAL": "__global__ static",
    "CUTLASS_PRAGMA_UNROLL": '_Pragma("unroll")',
    "CUTLASS_PRAGMA_NO_UNROLL": '_Pragma("unroll 1")',
    "CUTLASS_GEMM_LOOP": '_Pragma("unroll 1")',
    "CUTE_DEVICE": "__forceinline__ __device__",
    "CUTE_HOST_DEVICE": "__forceinline__ __host__ __device__",
    "CUTE_HOST": "__forceinline__ __host__",
    "CUTE_UNROLL": '_Pragma("unroll")',
    "CUTE_GRID_CONSTANT": "__grid_constant__",
    "CUTE_NO_UNROLL": '_Pragma("unroll 1")',
}

_CUB = {
    "CUB_VERSION": "200301",
    "CUB_MAJOR_VERSION": "2",
    "CUB_MINOR_VERSION": "3",
    "CUB_SUBMINOR_VERSION": "1",
    "CUB_MAX(a, b)": "(((b) > (a)) ? (b) : (a))",
    "CUB_MIN(a, b)": "(((b) < (a)) ? (b) : (a))",
    "CUB_PTX_WARP_THREADS": "32",
    "CUB_PTX_LOG_WARP_THREADS": "5",
    "CUB_WARP_THREADS(arch)": "32",
    "CUB_LOG_WARP_THREADS(arch)": "5",
    "CUB_NS_QUALIFIER": "::cub",
    "CUB_NAMESPACE_BEGIN": "namespace cub {",
    "CUB_NAMESPACE_END": "}",
    "CUB_STATIC_ASSERT(condition, message)": "static_assert(condition, message)",
}

_CURAND = {
    "CURAND_2POW32_INV": "(2.3283064e-10f)",
    "CURAND_2POW32_INV_DOUBLE": "(2.3283064365386963e-10)",
    "CURAND_2POW53_INV_DOUBLE": "(1.1102230246251565e-16)",
    "CURAND_2POW32_INV_2PI": "(2.3283064e-10f * 6.2831855f)",
}

BY_PREFIX: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (("torch/", "ATen/", "c10/", "caffe2/", "THC/"), _TORCH),
    (("cutlass/", "cute/"), _CUTLASS),
    (("cub/", "thrust/"), _CUB),
    (("curand",), _CURAND),
)
"""Macros that come with an `#include` of a header with one of the prefixes."""


def macros_of(header: str) -> dict[str, str]:
    """What including `header` defines beyond `ALWAYS`."""
    for prefixes, macros in BY_PREFIX:
        if header.startswith(prefixes):
            return macros
    return {}
