"""THE table of operations: names, types, effects, attributes, meaning in words.

Verifier, builder, printers, interpreter, passes and documentation read this table; nothing else
says what an operation is. The executable meaning of each row is `ir/semantics.py`, kept apart so
that translation does not have to load numpy; a test demands one for each.

Signatures are small texts. An operand is a type (`i32`), a class (a row of `OPERAND_CLASSES`), or
a variable with or without a class (`T:num`, then `T` again for the same type); a last operand
ending in `*` may be repeated. A result is a type, a variable, `explicit` (the builder states it),
or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from .dtypes import I1, Pointer, Scalar, Type
from .matrix_fragments import PRODUCTS


class Effect(Enum):
    """What an operation does besides computing its results."""

    PURE = auto()
    """Nothing: may be moved, merged, removed."""
    READ = auto()
    """Reads memory."""
    WRITE = auto()
    """Writes memory."""
    ATOMIC = auto()
    """Reads and writes memory at once."""
    BARRIER = auto()
    """Waits for other threads of the block or grid; orders memory."""
    WARP = auto()
    """Exchanges values between the lanes of a warp; must run converged over its mask."""
    FENCE = auto()
    """Orders memory."""
    OUTSIDE = auto()
    """Prints, traps or reads a clock."""
    CALL = auto()
    """Whatever the callee does."""
    CONTROL = auto()
    """Structure: regions and terminators; effects are those of the regions."""


@dataclass(frozen=True, slots=True)
class OpDef:
    """A row: everything that anybody may ask about an operation."""

    name: str
    operands: tuple[str, ...]
    result: str
    effect: Effect
    doc: str
    attrs: Mapping[str, type | tuple[type, ...]] = field(default_factory=dict)
    """Attributes that must be there, with their types."""
    optional: Mapping[str, type | tuple[type, ...]] = field(default_factory=dict)
    """Attributes that may be there."""
    regions: int = 0
    terminator: bool = False


OPERAND_CLASSES: Mapping[str, Callable[[Type], bool]] = {
    "any": lambda type_: True,
    "scalar": lambda type_: isinstance(type_, Scalar),
    "num": lambda type_: isinstance(type_, Scalar) and type_ != I1,
    "int": lambda type_: isinstance(type_, Scalar) and type_.is_integer and type_ != I1,
    "bits": lambda type_: isinstance(type_, Scalar) and type_.is_integer,
    "float": lambda type_: isinstance(type_, Scalar) and type_.is_float,
    "ptr": lambda type_: isinstance(type_, Pointer),
}
"""What the classes in signatures admit: `bits` are the integers and i1, `int` excludes i1."""

_rows: list[OpDef] = []


def _op(
    name: str,
    operands: str,
    result: str,
    effect: Effect,
    doc: str,
    *,
    attrs: Mapping[str, type | tuple[type, ...]] | None = None,
    optional: Mapping[str, type | tuple[type, ...]] | None = None,
    regions: int = 0,
    terminator: bool = False,
) -> None:
    _rows.append(
        OpDef(
            name,
            tuple(operands.split()),
            result,
            effect,
            doc,
            attrs or {},
            optional or {},
            regions,
            terminator,
        )
    )


P = Effect.PURE

# Constants and thread geometry
_op(
    "const",
    "",
    "explicit",
    P,
    "A number; for pointers 0 alone.",
    attrs={"value": (int, float, bool)},
)
for _n, _d in (
    ("thread_idx", "threadIdx"),
    ("block_idx", "blockIdx"),
    ("block_dim", "blockDim"),
    ("grid_dim", "gridDim"),
):
    _op(_n, "", "u32", P, f"{_d} in dimension `dim` (0 x, 1 y, 2 z).", attrs={"dim": int})
_op("thread_linear", "", "u32", P, "Index of the thread in its block, x fastest.")

# Arithmetic. Integers wrap; floats are IEEE, round to nearest even, never contracted.
for _n, _d in (("add", "a + b"), ("sub", "a - b"), ("mul", "a * b")):
    _op(_n, "T:num T", "T", P, _d)
_op("div", "T:num T", "T", P, "a / b; integers truncate; integer division by 0 gives all ones.")
_op("rem", "T:num T", "T", P, "a % b with C's sign rule; floats: fmod. Integer b = 0 gives a.")
_op("neg", "T:num", "T", P, "-a")
_op("abs", "T:num", "T", P, "Absolute value; the smallest integer stays itself.")
_op("min", "T:num T", "T", P, "Smaller operand; floats: fmin (a NaN loses).")
_op("max", "T:num T", "T", P, "Larger operand; floats: fmax (a NaN loses).")
_op("fma", "T:float T T", "T", P, "a * b + c rounded once.", optional={"rounding": str})
_op("mul_high", "T:int T", "T", P, "Upper half of the double-width product.")
for _n, _d in (("and", "a & b"), ("or", "a | b"), ("xor", "a ^ b")):
    _op(_n, "T:bits T", "T", P, f"{_d}; also on i1.")
_op("not", "T:bits", "T", P, "~a; on i1 the logical negation.")
_op("shl", "T:int int", "T", P, "a << b; counts outside 0..width-1 give 0.")
_op(
    "shr",
    "T:int int",
    "T",
    P,
    "a >> b, arithmetic when signed; other counts give 0 or -1.",
)
_op(
    "cmp", "T:any T", "i1", P, "Comparison; with a NaN all but `ne` are false.", attrs={"pred": str}
)
_op("select", "i1 T:any T", "T", P, "a where the condition holds, else b.")
_op(
    "cast",
    "scalar",
    "explicit",
    P,
    "Numeric conversion. float->int truncates, saturates, NaN gives 0; int->int wraps; to i1: != 0."
    " `rounding` rn rz ru rd: another direction than rn, or to integers than rz.",
    optional={"rounding": str},
)
_op("bitcast", "scalar", "explicit", P, "The same bits as another scalar type of the same size.")

# Integer intrinsics
_op("popc", "T:int", "i32", P, "Number of one bits.")
_op("clz", "T:int", "i32", P, "Leading zero bits; the width for 0.")
_op("ffs", "T:int", "i32", P, "1 + index of the lowest one bit; 0 for 0.")
_op("brev", "T:int", "T", P, "Bits reversed.")
_op("byte_perm", "u32 u32 u32", "u32", P, "__byte_perm: PRMT in default mode.")
_op(
    "funnel_shift",
    "u32 u32 u32",
    "u32",
    P,
    "__funnelshift_*: (lo, hi, count); `mode` l lc r rc.",
    attrs={"mode": str},
)

# Math: one row per function; `fast` marks CUDA's approximate forms (computed as the exact ones).
MATH_UNARY = (
    "sqrt rsqrt rcp cbrt rcbrt exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan asin acos "
    "atan sinh cosh tanh asinh acosh atanh erf erfc erfinv erfcinv normcdf tgamma lgamma sinpi "
    "cospi floor ceil trunc round rint j0 j1"
).split()
"""round: half away from zero; rint: half to even; the rest as in C's or CUDA's math.h."""
MATH_BINARY = "pow atan2 copysign fmod_ieee hypot fdim nextafter".split()
"""fmod_ieee is C's `remainder`."""
for _n in MATH_UNARY:
    _op(_n, "T:float", "T", P, f"{_n}(a)", optional={"fast": bool, "rounding": str})
for _n in MATH_BINARY:
    _op(_n, "T:float T", "T", P, f"{_n}(a, b)", optional={"fast": bool})
_op("ldexp", "T:float i32", "T", P, "a * 2**b")
_op("is_nan", "float", "i1", P, "Whether a is NaN.")
_op("is_inf", "float", "i1", P, "Whether a is +-Inf.")
_op("is_finite", "float", "i1", P, "Whether a is finite.")
_op("sign_bit", "float", "i1", P, "The sign bit.")

# Memory. Pointers are typed; offsets count elements.
_op(
    "alloca",
    "",
    "explicit",
    P,
    "Thread-private storage of `count` elements; undefined at first. Only in a body's top region.",
    attrs={"count": int},
    optional={"align": int},
)
_op(
    "global_addr",
    "",
    "explicit",
    P,
    "Address of the module's global `symbol`.",
    attrs={"symbol": str},
)
_op("func_addr", "", "explicit", P, "Address of function `symbol`.", attrs={"symbol": str})
_op("offset", "P:ptr int", "P", P, "p + i elements.")
_op("ptr_diff", "P:ptr P", "i64", P, "(p - q) in elements.")
_op("field", "ptr", "explicit", P, "Address of a record's member.", attrs={"name": str})
_op("ptr_cast", "ptr", "explicit", P, "The same address seen as another element type or space.")
_op("ptr_to_int", "ptr", "u64", P, "The address as a number.")
_op("int_to_ptr", "int", "explicit", P, "A number as an address.")
_op(
    "shared_to_int",
    "ptr",
    "u32",
    P,
    "The address of something in the block's shared memory as the 32-bit number that PTX uses.",
)
_op(
    "int_to_shared",
    "u32",
    "explicit",
    P,
    "A 32-bit number as an address in the block's shared memory.",
)
_op(
    "load",
    "ptr int",
    "explicit",
    Effect.READ,
    "p[i]; the result type is the element type.",
    optional={"volatile": bool, "hint": str, "align": int},
)
_op(
    "store",
    "ptr int any",
    "",
    Effect.WRITE,
    "p[i] = v",
    optional={"volatile": bool, "hint": str, "align": int},
)
_op(
    "copy",
    "ptr ptr",
    "",
    Effect.ATOMIC,
    "Copy `bytes` bytes from the second address to the first (no overlap, or the same place). "
    "`align`: what both addresses are a multiple of.",
    attrs={"bytes": int, "align": int},
    optional={"hint": str},
)
_op(
    "atomic",
    "ptr int T:scalar",
    "T",
    Effect.ATOMIC,
    "Old p[i]; new one is `op`(old, v): add sub min max and or xor exchange inc dec.",
    attrs={"op": str},
    optional={"scope": str},
)
_op(
    "atomic_cas",
    "ptr int T:scalar T",
    "T",
    Effect.ATOMIC,
    "Old p[i]; stores the last operand where the old value equals the one before (bitwise).",
    optional={"scope": str},
)

# Threads together. Masks are u32, one bit per lane of the warp (32 lanes, x fastest).
_op("barrier", "", "", Effect.BARRIER, "__syncthreads: all threads of the block that still run.")
_op(
    "barrier_reduce",
    "i1",
    "i32",
    Effect.BARRIER,
    "__syncthreads_count/and/or by `op`.",
    attrs={"op": str},
)
_op("grid_barrier", "", "", Effect.BARRIER, "Barrier of the whole grid (cooperative launch).")
_op("warp_sync", "u32", "", Effect.WARP, "__syncwarp(mask)")
_op(
    "shuffle",
    "u32 T:scalar i32 i32",
    "T",
    Effect.WARP,
    "(mask, value, lane or delta, width); `mode` idx up down xor. Outside the segment: own value.",
    attrs={"mode": str},
)
_op(
    "vote", "u32 i1", "explicit", Effect.WARP, "`op` any all (i1), ballot (u32).", attrs={"op": str}
)
_op("active_mask", "", "u32", Effect.WARP, "__activemask()")
_op(
    "match",
    "u32 scalar",
    "u32",
    Effect.WARP,
    "`op` any: lanes with the same value; all: the mask where all agree, else 0.",
    attrs={"op": str},
)
_op(
    "warp_reduce",
    "u32 T:int",
    "T",
    Effect.WARP,
    "__reduce_*_sync by `op` add min max and or xor.",
    attrs={"op": str},
)
_op(
    "mma",
    "scalar*",
    "explicit",
    Effect.WARP,
    "Product of matrices that the registers of a whole warp hold: D = A * B + C by `kind` "
    "(`m16n8k16_f16_f16_f32`: shape, types of A, B, and of C and D); operands are the registers of "
    "A, B, C, results those of D. Products are exact; sums are f32 (integers: i32), and rounded to "
    "f16 once where D is. Layouts: `ir/matrix_fragments.py`.",
    attrs={"kind": str},
)
_op(
    "load_matrix",
    "ptr",
    "explicit",
    Effect.WARP,
    "Loads `count` (1 2 4) 8 x 8 matrices of 16-bit elements into registers (u32, one each): lane "
    "8 * j + i has the address of row i of matrix j, 16 bytes, aligned. `transpose`: of each.",
    attrs={"count": int},
    optional={"transpose": bool},
)
_op(
    "store_matrix",
    "ptr u32*",
    "",
    Effect.WARP,
    "Stores matrices as `load_matrix` loads them.",
    attrs={"count": int},
    optional={"transpose": bool},
)
_op(
    "fence",
    "",
    "",
    Effect.FENCE,
    "__threadfence*: `scope` block device system.",
    attrs={"scope": str},
)

# The world outside
_op("print", "any*", "", Effect.OUTSIDE, "printf with C's format.", attrs={"format": str})
_op("assert", "i1", "", Effect.OUTSIDE, "Stops the kernel where false.", attrs={"message": str})
_op("trap", "", "", Effect.OUTSIDE, "__trap()")
_op("clock", "", "i64", Effect.OUTSIDE, "A counter that grows.")

# Calls and structure
_op("call", "any*", "explicit", Effect.CALL, "Call of a device function.", attrs={"callee": str})
_op(
    "if",
    "i1",
    "explicit",
    Effect.CONTROL,
    "Then- and else-region; results are what the taken one yields.",
    regions=2,
)
_op(
    "for",
    "T:int T T any*",
    "explicit",
    Effect.CONTROL,
    "Counted loop: (lower, upper, step, initial values...). Region arguments: the counter and the "
    "carried values; `yield` (or `continue`) gives the next ones, `break` the results. Runs while "
    "counter < upper for step > 0 (`down`: while counter > upper, step < 0). The counter does not "
    "wrap.",
    optional={"down": bool, "unroll": int},
    regions=1,
)
_op(
    "loop",
    "any*",
    "explicit",
    Effect.CONTROL,
    "General loop over carried values, three regions, each with the carried values as arguments. "
    "cond ends in `condition c, values...`: c false leaves with the values as results; else they "
    "go to body. body ends in `yield values...` (or `continue`), which go to step, whose `yield` "
    "goes back to cond. `break values...` in body leaves with them. `do_first`: starts at body.",
    optional={"do_first": bool, "unroll": int},
    regions=3,
)
_op(
    "thread_loop",
    "",
    "",
    Effect.CONTROL,
    "Stage `threads`: the region once per thread of the block, in order. `return` in it ends that "
    "thread's part.",
    regions=1,
)
_op(
    "lane_array",
    "",
    "explicit",
    P,
    "Stage `threads`: storage of `count` elements for each thread of the block; index with "
    "thread_linear * count.",
    attrs={"count": int},
)
_op("block_threads", "", "u32", P, "Number of threads of the block.")
_op(
    "shuffle_source",
    "u32 i32 i32 u32",
    "u32",
    P,
    "Stage `threads`: (thread, lane or delta, width, threads): index of the thread whose value the "
    "shuffle of that `mode` reads; the thread itself outside its segment or the block.",
    attrs={"mode": str},
)
_op(
    "warp_matrix",
    "u32 u32 ptr*",
    "",
    Effect.ATOMIC,
    "Stage `threads`: a whole warp's `mma`, `load_matrix` or `store_matrix` (`op`): (its first "
    "thread, threads, lane arrays of the operands, lane arrays of the results).",
    attrs={"op": str},
    optional={"kind": str, "count": int, "transpose": bool},
)
_op("yield", "any*", "", Effect.CONTROL, "Ends a region with values.", terminator=True)
_op("condition", "i1 any*", "", Effect.CONTROL, "Ends a loop's cond region.", terminator=True)
_op(
    "break",
    "any*",
    "",
    Effect.CONTROL,
    "Leaves the innermost loop with its results.",
    terminator=True,
)
_op(
    "continue", "any*", "", Effect.CONTROL, "Ends the innermost loop's body early.", terminator=True
)
_op(
    "return",
    "any*",
    "",
    Effect.CONTROL,
    "Leaves the function (a kernel: ends the thread).",
    terminator=True,
)
_op("unreachable", "", "", Effect.CONTROL, "Never reached (after trap).", terminator=True)

OPS: Mapping[str, OpDef] = {row.name: row for row in _rows}

# Named sets
COMMUTATIVE = frozenset({"add", "mul", "and", "or", "xor", "min", "max"})
PREDICATES = ("eq", "ne", "lt", "le", "gt", "ge")
TERMINATORS = frozenset(row.name for row in _rows if row.terminator)
PURE = frozenset(row.name for row in _rows if row.effect is Effect.PURE)
BARRIERS = frozenset(row.name for row in _rows if row.effect is Effect.BARRIER)
WARP_OPS = frozenset(row.name for row in _rows if row.effect is Effect.WARP)
MATRIX_OPS = frozenset({"mma", "load_matrix", "store_matrix"})
"""Warp operations that all 32 lanes take part in, without a mask."""
THREAD_STAGE_OPS = frozenset(
    {"thread_loop", "lane_array", "block_threads", "shuffle_source", "warp_matrix"}
)
ATOMIC_OPS = ("add", "sub", "min", "max", "and", "or", "xor", "exchange", "inc", "dec")
SHUFFLE_MODES = ("idx", "up", "down", "xor")

SCOPES = ("block", "device", "system")
ROUNDINGS = ("rn", "rz", "ru", "rd")
CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("cmp", "pred"): PREDICATES,
    ("cast", "rounding"): ROUNDINGS,
    ("fma", "rounding"): ROUNDINGS,
    **{(name, "rounding"): ROUNDINGS for name in MATH_UNARY},
    ("funnel_shift", "mode"): ("l", "lc", "r", "rc"),
    ("atomic", "op"): ATOMIC_OPS,
    ("atomic", "scope"): SCOPES,
    ("atomic_cas", "scope"): SCOPES,
    ("fence", "scope"): SCOPES,
    ("barrier_reduce", "op"): ("count", "and", "or"),
    ("shuffle", "mode"): SHUFFLE_MODES,
    ("shuffle_source", "mode"): SHUFFLE_MODES,
    ("vote", "op"): ("any", "all", "ballot"),
    ("match", "op"): ("any", "all"),
    ("warp_reduce", "op"): ("add", "min", "max", "and", "or", "xor"),
    ("mma", "kind"): tuple(PRODUCTS),
    ("warp_matrix", "op"): tuple(sorted(MATRIX_OPS)),
}
"""What a text attribute of an operation may say, where the choice is closed."""

REGION_LABELS: Mapping[str, tuple[str, ...]] = {
    "if": ("then", "else"),
    "for": ("body",),
    "loop": ("cond", "body", "step"),
    "thread_loop": ("body",),
}
"""What the regions of an operation are called, in order."""
