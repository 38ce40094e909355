"""THE table of CUDA functions that become one IR operation, and of the names of built-in types.

Everything that can be said in CUDA itself (vector types, `half2` arithmetic, cooperative groups,
`std::` bits) is said there: the files in `prelude/`, which our own frontend compiles on demand.
What remains is this table: a function's name, its signature, the operation it is.

Signatures are C++ types as text; `T` stands for each of `types` in turn, so that one row can be
a whole family of overloads. Arguments become operands in order; an argument of pointer type that
the operation reads or writes (`T*`) becomes the two operands (pointer, index 0).
Facts: CUDA Math API and CUDA C++ Programming Guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..ir.nodes import Attr


@dataclass(frozen=True, slots=True)
class Builtin:
    """One overload (a family of overloads where `types` has several)."""

    name: str
    result: str
    params: tuple[str, ...]
    op: str
    """The operation of `ir/ops.py`; `cast` and `bitcast` go to the result type; `value` is the
    argument itself; `nothing` has no effect; `const` ignores the arguments."""
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    defaults: tuple[int, ...] = ()
    """Default arguments for the last parameters."""
    before: tuple[int, ...] = ()
    """Constants that come before the arguments as operands (converted to the operand's type)."""


_rows: list[Builtin] = []


def _add(
    names: str,
    result: str,
    params: str,
    op: str,
    /,
    *,
    types: str = "",
    defaults: Sequence[int] = (),
    before: Sequence[int] = (),
    **attrs: Attr,
) -> None:
    """Rows for every one of the space-separated `names`; `params` and `types` split at commas."""
    for name in names.split():
        _rows.append(
            Builtin(
                name,
                result,
                tuple(p.strip() for p in params.split(",") if p.strip()),
                op,
                attrs,
                tuple(t.strip() for t in types.split(",") if t.strip()),
                tuple(defaults),
                tuple(before),
            )
        )


FLOATS = "float, double"
HALVES = "__half, __nv_bfloat16"
INT32 = "int, unsigned int"
INT64 = "long, unsigned long, long long, unsigned long long"
INTEGERS = f"{INT32}, {INT64}"
WORDS = f"{INTEGERS}, {FLOATS}"
EVERY = f"char, signed char, unsigned char, short, unsigned short, {WORDS}, {HALVES}"

# ------------------------------------------------------------ math: float and double
_UNARY = (
    "sqrt rsqrt cbrt rcbrt exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan asin acos atan "
    "sinh cosh tanh asinh acosh atanh erf erfc erfinv erfcinv normcdf tgamma lgamma sinpi cospi "
    "floor ceil trunc round rint j0 j1"
).split()
for _n in _UNARY:
    _add(_n, "T", "T", _n, types=FLOATS)
    _add(f"{_n}f", "float", "float", _n)
_add("nearbyint", "T", "T", "rint", types=FLOATS)
_add("nearbyintf", "float", "float", "rint")
for _n, _o in (
    ("pow", "pow"),
    ("atan2", "atan2"),
    ("copysign", "copysign"),
    ("fmod", "rem"),
    ("remainder", "fmod_ieee"),
    ("hypot", "hypot"),
    ("fdim", "fdim"),
    ("nextafter", "nextafter"),
    ("fmin", "min"),
    ("fmax", "max"),
):
    _add(_n, "T", "T, T", _o, types=FLOATS)
    _add(f"{_n}f", "float", "float, float", _o)
_add("fabs", "T", "T", "abs", types=FLOATS)
_add("fabsf", "float", "float", "abs")
_add("fma", "T", "T, T, T", "fma", types=FLOATS)
_add("fmaf", "float", "float, float, float", "fma")
_add("ldexp scalbn", "T", "T, int", "ldexp", types=FLOATS)
_add("ldexpf scalbnf", "float", "float, int", "ldexp")
_add("isnan", "bool", "T", "is_nan", types=FLOATS)
_add("isinf", "bool", "T", "is_inf", types=FLOATS)
_add("isfinite", "bool", "T", "is_finite", types=FLOATS)
_add("signbit", "bool", "T", "sign_bit", types=FLOATS)
_add("abs", "T", "T", "abs", types=f"int, long, long long, {FLOATS}")
_add("labs", "long", "long", "abs")
_add("llabs", "long long", "long long", "abs")
_add("lrintf", "long", "float", "cast", rounding="rn")
_add("lrint", "long", "double", "cast", rounding="rn")
_add("llrintf", "long long", "float", "cast", rounding="rn")
_add("llrint", "long long", "double", "cast", rounding="rn")
_add("__builtin_inff __builtin_huge_valf", "float", "", "const", value=float("inf"))
_add("__builtin_inf __builtin_huge_val", "double", "", "const", value=float("inf"))
_add("__builtin_nanf nanf", "float", "const char*", "const", value=float("nan"))
_add("__builtin_nan nan", "double", "const char*", "const", value=float("nan"))

# min and max: the usual conversions decide between the integer overloads
for _n in ("min", "max"):
    _add(_n, "T", "T, T", _n, types=WORDS)
    _add(_n, "unsigned int", "int, unsigned int", _n)
    _add(_n, "unsigned int", "unsigned int, int", _n)
    for _a, _b in (("long", "unsigned long"), ("long long", "unsigned long long")):
        _add(_n, _b, f"{_a}, {_b}", _n)
        _add(_n, _b, f"{_b}, {_a}", _n)
    _add(_n, "double", "float, double", _n)
    _add(_n, "double", "double, float", _n)
_add("umin", "unsigned int", "unsigned int, unsigned int", "min")
_add("umax", "unsigned int", "unsigned int, unsigned int", "max")
_add("llmin", "long long", "long long, long long", "min")
_add("llmax", "long long", "long long, long long", "max")
_add("ullmin", "unsigned long long", "unsigned long long, unsigned long long", "min")
_add("ullmax", "unsigned long long", "unsigned long long, unsigned long long", "max")

# fast forms: computed as the exact functions
for _n in ("exp", "log", "log2", "log10", "sin", "cos", "tan", "exp10", "tanh"):
    _add(f"__{_n}f", "float", "float", _n, fast=True)
_add("fdividef", "float", "float, float", "div")

# arithmetic with a stated rounding (to nearest only; other directions are not in the table)
for _t, _p in (("float", "f"), ("double", "d")):
    _add(f"__{_p}add_rn", _t, f"{_t}, {_t}", "add")
    _add(f"__{_p}sub_rn", _t, f"{_t}, {_t}", "sub")
    _add(f"__{_p}mul_rn", _t, f"{_t}, {_t}", "mul")
    _add(f"__{_p}div_rn", _t, f"{_t}, {_t}", "div")
    _add(f"__{_p}rcp_rn", _t, _t, "rcp")
    _add(f"__{_p}sqrt_rn", _t, _t, "sqrt")
_add("__fmaf_rn __fmaf_ieee_rn", "float", "float, float, float", "fma")
_add("__fma_rn", "double", "double, double, double", "fma")
_add("__frsqrt_rn", "float", "float", "rsqrt")

# ------------------------------------------------------------ conversions
_INT_NAMES = (
    ("int", "int"),
    ("uint", "unsigned int"),
    ("ll", "long long"),
    ("ull", "unsigned long long"),
)
for _r in ("rn", "rz", "ru", "rd"):
    for _s, _t in _INT_NAMES:
        _add(f"__float2{_s}_{_r}", _t, "float", "cast", rounding=_r)
        _add(f"__double2{_s}_{_r}", _t, "double", "cast", rounding=_r)
        _add(f"__{_s}2float_{_r}", "float", _t, "cast", rounding=_r)
        if _s in ("ll", "ull"):
            _add(f"__{_s}2double_{_r}", "double", _t, "cast", rounding=_r)
    _add(f"__double2float_{_r}", "float", "double", "cast", rounding=_r)
    for _h, _b in (("half", "__half"), ("bfloat16", "__nv_bfloat16")):
        _add(f"__float2{_h}_{_r}", _b, "float", "cast", rounding=_r)
        for _s, _t in (*_INT_NAMES, ("short", "short"), ("ushort", "unsigned short")):
            _add(f"__{_h}2{_s}_{_r}", _t, _b, "cast", rounding=_r)
            _add(f"__{_s}2{_h}_{_r}", _b, _t, "cast", rounding=_r)
_add("__int2double_rn", "double", "int", "cast")
_add("__uint2double_rn", "double", "unsigned int", "cast")
for _h, _b in (("half", "__half"), ("bfloat16", "__nv_bfloat16")):
    _add(f"__float2{_h}", _b, "float", "cast")
    _add(f"__double2{_h}", _b, "double", "cast")
    _add(f"__{_h}2float", "float", _b, "cast")
    _add(f"__{_h}_as_ushort", "unsigned short", _b, "bitcast")
    _add(f"__{_h}_as_short", "short", _b, "bitcast")
    _add(f"__ushort_as_{_h}", _b, "unsigned short", "bitcast")
    _add(f"__short_as_{_h}", _b, "short", "bitcast")
for _a, _f, _b, _t in (
    ("float", "float", "int", "int"),
    ("float", "float", "uint", "unsigned int"),
    ("double", "double", "longlong", "long long"),
):
    _add(f"__{_a}_as_{_b}", _t, _f, "bitcast")
    _add(f"__{_b}_as_{_a}", _f, _t, "bitcast")

# ------------------------------------------------------------ half and bfloat16, one value
for _n in ("add", "sub", "mul", "div", "min", "max"):
    _add(f"__h{_n}", "T", "T, T", _n, types=HALVES)
for _n in ("add", "sub", "mul", "div"):
    _add(f"__h{_n}_rn", "T", "T, T", _n, types=HALVES)
_add("__hfma", "T", "T, T, T", "fma", types=HALVES)
_add("__hneg", "T", "T", "neg", types=HALVES)
_add("__habs", "T", "T", "abs", types=HALVES)
_add("__hisnan", "bool", "T", "is_nan", types=HALVES)
for _n in ("eq", "ne", "lt", "le", "gt", "ge"):
    _add(f"__h{_n}", "bool", "T, T", "cmp", types=HALVES, pred=_n)
for _n in "sqrt rsqrt rcp exp exp2 exp10 log log2 log10 sin cos floor ceil trunc rint tanh".split():
    _add(f"h{_n}", "T", "T", _n, types=HALVES)

# ------------------------------------------------------------ integer intrinsics
_add("__popc", "int", "unsigned int", "popc")
_add("__popcll", "int", "unsigned long long", "popc")
_add("__clz", "int", "int", "clz")
_add("__clzll", "int", "long long", "clz")
_add("__ffs", "int", "int", "ffs")
_add("__ffsll", "int", "long long", "ffs")
_add("__brev", "unsigned int", "unsigned int", "brev")
_add("__brevll", "unsigned long long", "unsigned long long", "brev")
_add("__mulhi", "int", "int, int", "mul_high")
_add("__umulhi", "unsigned int", "unsigned int, unsigned int", "mul_high")
_add("__mul64hi", "long long", "long long, long long", "mul_high")
_add("__umul64hi", "unsigned long long", "unsigned long long, unsigned long long", "mul_high")
_add("__byte_perm", "unsigned int", "unsigned int, unsigned int, unsigned int", "byte_perm")
for _m in ("l", "lc", "r", "rc"):
    _add(
        f"__funnelshift_{_m}",
        "unsigned int",
        "unsigned int, unsigned int, unsigned int",
        "funnel_shift",
        mode=_m,
    )

# ------------------------------------------------------------ memory
_add(
    "__ldg __ldcg __ldca __ldcs __ldlu __ldcv", "T", "const T*", "load", types=EVERY, hint="cached"
)
_add("__stwb __stcg __stcs __stwt", "void", "T*, T", "store", types=EVERY, hint="cached")

_SCOPES = (("", "device"), ("_block", "block"), ("_system", "system"))
for _suffix, _scope in _SCOPES:
    for _n, _o, _t in (
        ("Add", "add", f"{WORDS}, {HALVES}"),
        ("Sub", "sub", INT32),
        ("Min", "min", INTEGERS),
        ("Max", "max", INTEGERS),
        ("And", "and", INTEGERS),
        ("Or", "or", INTEGERS),
        ("Xor", "xor", INTEGERS),
        ("Exch", "exchange", f"{INTEGERS}, float"),
        ("Inc", "inc", "unsigned int"),
        ("Dec", "dec", "unsigned int"),
    ):
        _add(f"atomic{_n}{_suffix}", "T", "T*, T", "atomic", types=_t, op=_o, scope=_scope)
    _add(
        f"atomicCAS{_suffix}",
        "T",
        "T*, T, T",
        "atomic_cas",
        types=f"{INTEGERS}, unsigned short",
        scope=_scope,
    )
_add("__threadfence_block", "void", "", "fence", scope="block")
_add("__threadfence", "void", "", "fence", scope="device")
_add("__threadfence_system", "void", "", "fence", scope="system")

# ------------------------------------------------------------ threads together
_add("__syncthreads", "void", "", "barrier")
for _n in ("count", "and", "or"):
    _add(f"__syncthreads_{_n}", "int", "int", "barrier_reduce", op=_n)
_add("__syncwarp", "void", "unsigned int", "warp_sync", defaults=(0xFFFFFFFF,))
_SHUFFLED = f"{WORDS}, {HALVES}"
for _m, _t in (("", "int"), ("_up", "unsigned int"), ("_down", "unsigned int"), ("_xor", "int")):
    _add(
        f"__shfl{_m}_sync",
        "T",
        f"unsigned int, T, {_t}, int",
        "shuffle",
        types=_SHUFFLED,
        defaults=(32,),
        mode=_m[1:] or "idx",
    )
_add("__any_sync", "int", "unsigned int, int", "vote", op="any")
_add("__all_sync", "int", "unsigned int, int", "vote", op="all")
_add("__ballot_sync", "unsigned int", "unsigned int, int", "vote", op="ballot")
_add("__activemask", "unsigned int", "", "active_mask")
_add("__match_any_sync", "unsigned int", "unsigned int, T", "match", types=WORDS, op="any")
for _n, _t in (
    ("add", INT32),
    ("min", INT32),
    ("max", INT32),
    ("and", "unsigned int"),
    ("or", "unsigned int"),
    ("xor", "unsigned int"),
):
    _add(f"__reduce_{_n}_sync", "T", "unsigned int, T", "warp_reduce", types=_t, op=_n)
_add("__ascendify_grid_barrier", "void", "", "grid_barrier")

# ------------------------------------------------------------ the world outside, hints
_add("__trap __builtin_trap abort __brkpt", "void", "", "trap")
_add("clock64", "long long", "", "clock")
_add("clock", "long", "", "clock")
_add("__nanosleep", "void", "unsigned int", "nothing")
_add("__builtin_assume", "void", "bool", "nothing")
_add("__builtin_unreachable", "void", "", "nothing")
_add("__builtin_expect", "long", "long, long", "value")
_add("cudaGridDependencySynchronize cudaTriggerProgrammaticLaunchCompletion", "void", "", "nothing")

BUILTINS: Mapping[str, tuple[Builtin, ...]] = {
    name: tuple(row for row in _rows if row.name == name)
    for name in dict.fromkeys(row.name for row in _rows)
}

STD_MATH: frozenset[str] = frozenset(
    [n for n in _UNARY if n not in {"rsqrt", "rcbrt", "exp10", "erfinv", "erfcinv", "normcdf"}]
) - {"sinpi", "cospi", "j0", "j1"} | frozenset(
    "pow atan2 copysign fmod remainder hypot fdim nextafter fmin fmax fabs abs fma ldexp isnan "
    "isinf isfinite signbit nearbyint".split()
)
"""Functions of the table that are also found as `std::name` (and `cuda::std::name`). `std::min`
and `std::max` are not: they treat NaN differently, and live in the prelude."""

SPECIAL = frozenset(
    {"printf", "assert", "memcpy", "memset", "__builtin_memcpy", "__assert_fail"}
    | {"__cvta_generic_to_shared", "__cvta_generic_to_global"}
)
"""Functions whose arguments need more than a signature; the elaborator knows them."""

TYPE_NAMES: Mapping[str, str] = {
    "half": "__half",
    "__half": "__half",
    "nv_half": "__half",
    "__nv_half": "__half",
    "nv_bfloat16": "__nv_bfloat16",
    "__nv_bfloat16": "__nv_bfloat16",
    "bfloat16": "__nv_bfloat16",
    "__c10_half": "c10::Half",
    "__c10_bfloat16": "c10::BFloat16",
    "int8_t": "signed char",
    "uint8_t": "unsigned char",
    "int16_t": "short",
    "uint16_t": "unsigned short",
    "int32_t": "int",
    "uint32_t": "unsigned int",
    "int64_t": "long",
    "uint64_t": "unsigned long",
    "size_t": "unsigned long",
    "ssize_t": "long",
    "ptrdiff_t": "long",
    "intptr_t": "long",
    "uintptr_t": "unsigned long",
    "uint": "unsigned int",
    "uchar": "unsigned char",
    "ushort": "unsigned short",
    "ulong": "unsigned long",
    "clock_t": "long",
    "time_t": "long",
    "intmax_t": "long",
    "uintmax_t": "unsigned long",
    "int_fast8_t": "signed char",
    "uint_fast8_t": "unsigned char",
    "int_fast16_t": "long",
    "uint_fast16_t": "unsigned long",
    "int_fast32_t": "long",
    "uint_fast32_t": "unsigned long",
    "int_fast64_t": "long",
    "uint_fast64_t": "unsigned long",
    "int_least8_t": "signed char",
    "uint_least8_t": "unsigned char",
    "int_least16_t": "short",
    "uint_least16_t": "unsigned short",
    "int_least32_t": "int",
    "uint_least32_t": "unsigned int",
    "int_least64_t": "long",
    "uint_least64_t": "unsigned long",
    "cudaStream_t": "void*",
}
"""Names of types that need no declaration, with the C++ type that they are. `__half` and
`__nv_bfloat16` are the two 16-bit floating types of the IR. Also found as `std::name` where the
standard says so (the fixed-width ones, size_t, ptrdiff_t)."""

INDEX_VARIABLES: Mapping[str, str] = {
    "threadIdx": "thread_idx",
    "blockIdx": "block_idx",
    "blockDim": "block_dim",
    "gridDim": "grid_dim",
}
"""Built-in variables with members x, y, z of type `unsigned int` (dim3/uint3 as a whole)."""

REFUSED: Mapping[str, str] = {
    "malloc": "the device heap",
    "free": "the device heap",
    **dict.fromkeys(
        "__clusterDim __clusterDimIsSpecified __clusterGridDimInClusters __clusterIdx "
        "__clusterRelativeBlockIdx __clusterRelativeBlockRank __clusterSizeInBlocks "
        "__cluster_barrier_arrive __cluster_barrier_arrive_relaxed __cluster_barrier_wait "
        "__cluster_map_shared_multicast __cluster_map_shared_rank __cluster_query_shared_rank "
        "__isClusterShared __threadfence_cluster".split(),
        "thread block clusters",
    ),
    **dict.fromkeys(
        "__cvta_constant_to_generic __cvta_generic_to_constant __cvta_generic_to_grid_constant "
        "__cvta_generic_to_local __cvta_global_to_generic __cvta_grid_constant_to_generic "
        "__cvta_local_to_generic __cvta_shared_to_generic __isConstant __isGlobal "
        "__isGridConstant __isLocal __isShared".split(),
        "addresses of one address space",
    ),
    **dict.fromkeys(
        "__nv_cvt_bfloat162raw_to_e8m0x2 __nv_cvt_bfloat16raw_to_e8m0 __nv_cvt_double2_to_e8m0x2 "
        "__nv_cvt_double_to_e8m0 __nv_cvt_e8m0_to_bf16raw __nv_cvt_e8m0x2_to_bf162raw "
        "__nv_cvt_float2_to_e8m0x2 __nv_cvt_float_to_e8m0".split(),
        "8-bit exponents",
    ),
    **dict.fromkeys("__barrier_sync __barrier_sync_count".split(), "numbered barriers"),
    **dict.fromkeys(
        "tex1DLod tex1DGrad tex2DLod tex2DGrad tex3DLod tex3DGrad tex1DLayered tex2DLayered "
        "tex2Dgather texCubemap texCubemapLayered tex1DLayeredGrad tex1DLayeredLod "
        "tex2DLayeredGrad tex2DLayeredLod texCubemapGrad texCubemapLayeredGrad "
        "texCubemapLayeredLod texCubemapLod".split(),
        "texture reads",
    ),
    **dict.fromkeys(
        "surf1Dread surf2Dread surf3Dread surf1Dwrite surf3Dwrite surf1DLayeredread "
        "surf2DLayeredread surf1DLayeredwrite surf2DLayeredwrite surfCubemapread "
        "surfCubemapwrite surfCubemapLayeredread surfCubemapLayeredwrite".split(),
        "surfaces",
    ),
    **dict.fromkeys(
        "__ddiv_rz __ddiv_ru __ddiv_rd __drcp_rz __drcp_ru __drcp_rd __fma_rz __fma_ru "
        "__fma_rd".split(),
        "double arithmetic that rounds in a stated direction",
    ),
    **dict.fromkeys(
        "cyl_bessel_i0 cyl_bessel_i0f cyl_bessel_i1 cyl_bessel_i1f jn jnf yn ynf y0 y0f y1 y1f "
        "erfcx erfcxf".split(),
        "a special function without an exact counterpart",
    ),
    **dict.fromkeys(
        "cudaLaunchDevice cudaGetParameterBuffer cudaStreamCreateWithFlags cudaGraphLaunch".split(),
        "dynamic parallelism",
    ),
    "cudaDeviceSynchronize": "synchronising from device code (dynamic parallelism)",
    "tex1Dfetch": "texture reads",
    "tex2D": "texture reads",
    "tex1D": "texture reads",
    "tex3D": "texture reads",
    "surf2Dwrite": "surface writes",
    "__shfl": "shuffles without a mask (removed from CUDA)",
    "__shfl_down": "shuffles without a mask (removed from CUDA)",
    "__shfl_xor": "shuffles without a mask (removed from CUDA)",
    "__shfl_up": "shuffles without a mask (removed from CUDA)",
    "__ballot": "votes without a mask (removed from CUDA)",
    "this_cluster": "thread block clusters",
    "curand_poisson": "cuRAND's Poisson numbers",
    "curand_poisson4": "cuRAND's Poisson numbers",
    "curand_discrete": "cuRAND's numbers of discrete distributions",
    "curand_mtgp32_specific": "cuRAND's generator MTGP32",
}
"""CUDA functions that are known but not translated, and what they are, for the message."""
