"""What every pure operation computes, by table, on numpy arrays with one element per thread.

With the machine's tables in `interpreter.py` this is the executable definition of the IR. Floats
are computed in their own precision and rounded once; math functions are computed in float64 and
rounded, so a correct implementation may differ from them in the last place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from . import special_functions as special
from .constants import bits_of, constant, float_of_bits
from .dtypes import BF16, F64, I1, Pointer, Record, Scalar, Type, size_of
from .nodes import Op
from .rounding import Array, dtype_of, from_integers, narrow, to_integers, widen

Meaning = Callable[[Op, Sequence[Array]], Array]

TABLE: dict[str, Meaning] = {}
"""Operation name -> its meaning: the operation and its operands' values give the result's."""


def evaluate(op: Op, operands: Sequence[Array]) -> Array:
    """The value of a pure operation's result."""
    with np.errstate(all="ignore"):
        return TABLE[op.name](op, operands)


def evaluate_constants(op: Op, operands: Sequence[int | float | bool]) -> int | float | bool:
    """The constant that `op` gives for constant operands. Raises KeyError: not a pure operation."""
    arrays = [to_array(v, x.type) for v, x in zip(operands, op.operands, strict=True)]
    return from_array(evaluate(op, arrays), op.result.type)


def to_array(value: int | float | bool, type_: Type, lanes: int = 1) -> Array:
    """A constant of `type_` as an array with one element per lane."""
    if isinstance(type_, Scalar) and type_.is_float:
        bits = bits_of(value, type_)
        return np.full(lanes, bits, dtype=f"u{type_.size}").view(dtype_of(type_))
    return np.full(lanes, constant(value, type_), dtype=dtype_of(type_))


def from_array(values: Array, type_: Type) -> int | float | bool:
    """The first element as a constant of `type_`; a NaN keeps its bits."""
    if type_ == I1:
        return bool(values[0])
    if isinstance(type_, Scalar) and type_.is_float:
        return float_of_bits(int(values[:1].view(f"u{type_.size}")[0]), type_)
    return int(values[0])


def _meaning(*names: str) -> Callable[[Meaning], Meaning]:
    def enter(function: Meaning) -> Meaning:
        for name in names:
            TABLE[name] = function
        return function

    return enter


def _scalar(op: Op, i: int = 0) -> Scalar:
    """The scalar type of operand `i`."""
    type_ = op.operands[i].type
    assert isinstance(type_, Scalar), f"{op.name} needs a scalar"
    return type_


def _is_float(op: Op) -> bool:
    return _scalar(op).is_float


# Arithmetic


def _arithmetic(function: Callable[[Array, Array], Array]) -> Meaning:
    """Integers wrap; floats in their own precision, bfloat16 by way of float64 (which has more
    than twice its bits, so that rounding twice is rounding once)."""

    def apply(op: Op, args: Sequence[Array]) -> Array:
        a, b = args
        if _scalar(op) != BF16:
            return function(a, b)
        return narrow(function(widen(a, BF16), widen(b, BF16)), BF16)

    return apply


TABLE["add"] = _arithmetic(np.add)
TABLE["sub"] = _arithmetic(np.subtract)
TABLE["mul"] = _arithmetic(np.multiply)


def truncated_quotient(a: Array, b: Array) -> Array:
    """C's integer quotient; where b is 0 all ones; the smallest number / -1 wraps."""
    safe = np.where(b == 0, b.dtype.type(1), b)
    if a.dtype.kind == "i":
        safe = np.where(b == -1, b.dtype.type(1), safe)
    quotient = a // safe
    if a.dtype.kind == "i":
        inexact = quotient * safe != a
        quotient = quotient + (inexact & ((a < 0) != (safe < 0))).astype(a.dtype)
        quotient = np.where(b == -1, np.negative(a), quotient)
    ones = np.invert(np.zeros_like(a))
    return np.where(b == 0, ones, quotient)


_float_division = _arithmetic(np.divide)
_float_remainder = _arithmetic(np.fmod)


@_meaning("div")
def _div(op: Op, args: Sequence[Array]) -> Array:
    return _float_division(op, args) if _is_float(op) else truncated_quotient(args[0], args[1])


@_meaning("rem")
def _rem(op: Op, args: Sequence[Array]) -> Array:
    if _is_float(op):
        return _float_remainder(op, args)
    a, b = args
    return np.where(b == 0, a, a - truncated_quotient(a, b) * b)


@_meaning("neg")
def _neg(op: Op, args: Sequence[Array]) -> Array:
    return args[0] ^ np.uint16(0x8000) if _scalar(op) == BF16 else np.negative(args[0])


@_meaning("abs")
def _abs(op: Op, args: Sequence[Array]) -> Array:
    return args[0] & np.uint16(0x7FFF) if _scalar(op) == BF16 else np.abs(args[0])


def _extremum(function: Callable[[Array, Array], Array], zero_is_negative: bool) -> Meaning:
    """fmin, fmax: a NaN loses, and -0 < +0."""

    def apply(op: Op, args: Sequence[Array]) -> Array:
        type_ = _scalar(op)
        if not type_.is_float:
            return function(args[0], args[1])
        a, b = widen(args[0], type_), widen(args[1], type_)
        signs = np.signbit(a) | np.signbit(b) if zero_is_negative else np.signbit(a) & np.signbit(b)
        zero = np.where(signs, -0.0, 0.0)
        return narrow(np.where((a == 0) & (b == 0), zero, function(a, b)), type_)

    return apply


TABLE["min"] = _extremum(np.fmin, True)
TABLE["max"] = _extremum(np.fmax, False)


@_meaning("fma")
def _fma(op: Op, args: Sequence[Array]) -> Array:
    type_ = _scalar(op)
    rounding = str(op.attrs.get("rounding", "rn"))
    a, b, c = (widen(x, type_) for x in args)
    product = a * b
    total = product + c
    if type_ == F64:
        total, err = _exact_fma(a, b, c, total)
    else:  # the product is exact; Knuth's TwoSum gives what the sum loses
        back = total - product
        err = _error((product - (total - back)) + (c - back))
    return narrow(total, type_, rounding, err)


def _exact_fma(a: Array, b: Array, c: Array, rough: Array) -> tuple[Array, Array]:
    """The float64 nearest to a * b + c and the sign of what it misses, by exact fractions."""
    finite = np.isfinite(a) & np.isfinite(b)
    total = np.where(finite & np.isinf(c), c, rough)  # a product that overflows loses to infinity
    err = np.zeros_like(rough)
    for i in np.flatnonzero(finite & np.isfinite(c)):
        exact = Fraction(a[i]) * Fraction(b[i]) + Fraction(c[i])
        if exact == 0:
            continue
        try:
            total[i] = float(exact)
        except OverflowError:
            total[i] = np.inf if exact > 0 else -np.inf
            err[i] = -1 if exact > 0 else 1
            continue
        missing = exact - Fraction(total[i])
        err[i] = (missing > 0) - (missing < 0)
    return total, err


_WIDER = {1: 2, 2: 4, 4: 8}


@_meaning("mul_high")
def _mul_high(op: Op, args: Sequence[Array]) -> Array:
    a, b = args
    dtype = a.dtype
    if dtype.itemsize == 8:
        return _mul_high_64(a, b)
    wide = np.dtype(f"{dtype.kind}{_WIDER[dtype.itemsize]}")
    product: Array = (a.astype(wide) * b.astype(wide)) >> (8 * dtype.itemsize)
    return product.astype(dtype)


def _mul_high_64(a: Array, b: Array) -> Array:
    ua, ub = a.view(np.uint64), b.view(np.uint64)
    low = np.uint64(0xFFFFFFFF)
    a0, a1, b0, b1 = ua & low, ua >> 32, ub & low, ub >> 32
    middle = a1 * b0 + ((a0 * b0) >> 32)
    high: Array = a1 * b1 + (middle >> 32) + ((a0 * b1 + (middle & low)) >> 32)
    if a.dtype.kind == "u":
        return high
    signed: Array = high.view(np.int64) - np.where(a < 0, b, 0) - np.where(b < 0, a, 0)
    return signed


# Bits

TABLE["and"] = lambda op, args: args[0] & args[1]
TABLE["or"] = lambda op, args: args[0] | args[1]
TABLE["xor"] = lambda op, args: args[0] ^ args[1]
TABLE["not"] = lambda op, args: np.invert(args[0])


@_meaning("shl")
def _shl(op: Op, args: Sequence[Array]) -> Array:
    a, count = args
    inside = (count >= 0) & (count < _scalar(op).bits)
    shifted: Array = a << np.where(inside, count, 0).astype(a.dtype)
    result: Array = np.where(inside, shifted, a.dtype.type(0))
    return result


@_meaning("shr")
def _shr(op: Op, args: Sequence[Array]) -> Array:
    a, count = args
    inside = (count >= 0) & (count < _scalar(op).bits)
    rest = np.where(a < 0, a.dtype.type(-1), a.dtype.type(0)) if a.dtype.kind == "i" else a * 0
    return np.where(inside, a >> np.where(inside, count, 0).astype(a.dtype), rest)


def _bit_rows(values: Array) -> Array:
    """One row of bits per value, the highest first."""
    big = values.astype(values.dtype.newbyteorder(">"))
    return np.unpackbits(big.view(np.uint8).reshape(len(values), -1), axis=1)


@_meaning("popc")
def _popc(op: Op, args: Sequence[Array]) -> Array:
    count: Array = _bit_rows(args[0]).sum(axis=1)
    return count.astype(np.int32)


@_meaning("clz")
def _clz(op: Op, args: Sequence[Array]) -> Array:
    rows = _bit_rows(args[0])
    count: Array = np.where(rows.any(axis=1), rows.argmax(axis=1), rows.shape[1])
    return count.astype(np.int32)


@_meaning("ffs")
def _ffs(op: Op, args: Sequence[Array]) -> Array:
    rows = _bit_rows(args[0])[:, ::-1]
    return np.where(rows.any(axis=1), rows.argmax(axis=1) + 1, 0).astype(np.int32)


@_meaning("brev")
def _brev(op: Op, args: Sequence[Array]) -> Array:
    dtype = args[0].dtype
    packed = np.ascontiguousarray(np.packbits(_bit_rows(args[0])[:, ::-1], axis=1))
    return packed.view(dtype.newbyteorder(">")).reshape(-1).astype(dtype)


@_meaning("byte_perm")
def _byte_perm(op: Op, args: Sequence[Array]) -> Array:
    x, y, selector = (a.astype(np.uint64) for a in args)
    pool = x | y << np.uint64(32)
    result = np.zeros_like(pool)
    for i in range(4):
        choice = selector >> np.uint64(4 * i) & np.uint64(15)
        byte = pool >> np.uint64(8) * (choice & np.uint64(7)) & np.uint64(255)
        sign = np.where(byte >= 128, np.uint64(255), np.uint64(0))
        result |= np.where(choice >= 8, sign, byte) << np.uint64(8 * i)
    return result.astype(np.uint32)


@_meaning("funnel_shift")
def _funnel_shift(op: Op, args: Sequence[Array]) -> Array:
    low, high, count = (a.astype(np.uint64) for a in args)
    mode = str(op.attrs["mode"])
    clamped = mode.endswith("c")
    count = np.minimum(count, np.uint64(32)) if clamped else count & np.uint64(31)
    both = high << np.uint64(32) | low
    if mode.startswith("r"):
        return (both >> count).astype(np.uint32)
    left = np.where(count == 32, low, both << count >> np.uint64(32))
    return left.astype(np.uint32)


# Comparison, selection, conversion

_COMPARE: Mapping[str, Callable[[Array, Array], Array]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


@_meaning("cmp")
def _cmp(op: Op, args: Sequence[Array]) -> Array:
    a, b = args
    if op.operands[0].type == BF16:
        a, b = widen(a, BF16), widen(b, BF16)
    return _COMPARE[str(op.attrs["pred"])](a, b)


TABLE["select"] = lambda op, args: np.where(args[0], args[1], args[2])


@_meaning("cast")
def _cast(op: Op, args: Sequence[Array]) -> Array:
    source, target = _scalar(op), op.result.type
    assert isinstance(target, Scalar), "cast gives a scalar"
    rounding = str(op.attrs.get("rounding", "rn" if target.is_float else "rz"))
    if not source.is_float:
        if target.is_float:
            return from_integers(args[0], target, rounding)
        return args[0] != 0 if target == I1 else args[0].astype(dtype_of(target))
    wide = widen(args[0], source)
    if target.is_float:
        return args[0] if source == target else narrow(wide, target, rounding)
    return wide != 0 if target == I1 else to_integers(wide, target, rounding)


@_meaning("bitcast")
def _bitcast(op: Op, args: Sequence[Array]) -> Array:
    return args[0].view(dtype_of(op.result.type))


# Math functions

_Function = Callable[..., Array]


def _math(function: _Function) -> Meaning:
    """Computed in float64, rounded to the operand's type."""

    def apply(op: Op, args: Sequence[Array]) -> Array:
        type_ = _scalar(op)
        return narrow(function(*(widen(a, type_) for a in args)), type_)

    return apply


def _split_product(a: Array, b: Array) -> tuple[Array, Array]:
    """a * b as float64 and what that misses (Dekker)."""
    product = a * b
    a_high, b_high = (x * 134217729.0 - (x * 134217729.0 - x) for x in (a, b))
    a_low, b_low = a - a_high, b - b_high
    missing = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, missing


@_meaning("sqrt")
def _sqrt(op: Op, args: Sequence[Array]) -> Array:
    type_ = _scalar(op)
    x = widen(args[0], type_)
    root = np.sqrt(x)
    square, missing = _split_product(root, root)
    return narrow(root, type_, str(op.attrs.get("rounding", "rn")), _error(x - square - missing))


@_meaning("rcp")
def _rcp(op: Op, args: Sequence[Array]) -> Array:
    type_ = _scalar(op)
    x = widen(args[0], type_)
    inverse = 1.0 / x
    product, missing = _split_product(inverse, x)
    err = _error((1.0 - product - missing) * np.sign(x))
    return narrow(inverse, type_, str(op.attrs.get("rounding", "rn")), err)


def _error(err: Array) -> Array:
    """No error where none can be told: at infinities, zeros, NaNs."""
    return np.where(np.isfinite(err), err, 0.0)


_FUNCTIONS: Mapping[str, _Function] = {
    "rsqrt": lambda x: 1.0 / np.sqrt(x),
    "cbrt": np.cbrt,
    "rcbrt": lambda x: 1.0 / np.cbrt(x),
    "exp": np.exp,
    "exp2": np.exp2,
    "exp10": lambda x: np.power(10.0, x),
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "erf": special.erf,
    "erfc": special.erfc,
    "erfinv": special.erfinv,
    "erfcinv": special.erfcinv,
    "normcdf": special.normcdf,
    "tgamma": special.tgamma,
    "lgamma": special.lgamma,
    "sinpi": special.sinpi,
    "cospi": special.cospi,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": special.round_half_away,
    "rint": np.rint,
    "j0": special.j0,
    "j1": special.j1,
    "pow": np.power,
    "atan2": np.arctan2,
    "copysign": np.copysign,
    "fmod_ieee": special.ieee_remainder,
    "hypot": np.hypot,
    "fdim": lambda x, y: np.where(x <= y, 0.0, x - y),  # a NaN is not <=, so it stays
}
TABLE.update({name: _math(function) for name, function in _FUNCTIONS.items()})


@_meaning("ldexp")
def _ldexp(op: Op, args: Sequence[Array]) -> Array:
    type_ = _scalar(op)
    return narrow(np.ldexp(widen(args[0], type_), args[1]), type_)


@_meaning("nextafter")
def _nextafter(op: Op, args: Sequence[Array]) -> Array:
    a, b = args
    if _scalar(op) != BF16:
        return np.nextafter(a, b)
    # Neighbours of the same sign have neighbouring bits.
    x, y = widen(a, BF16), widen(b, BF16)
    away = (np.abs(y) > np.abs(x)) & ((x < 0) == (y < 0))
    step = np.where(away, np.uint16(1), np.uint16(0xFFFF))
    from_zero = np.where(np.signbit(y), np.uint16(0x8001), np.uint16(1))
    moved = np.where(x == 0, from_zero, a + step)
    return np.where(np.isnan(x), a, np.where((x == y) | np.isnan(y), b, moved))


TABLE["is_nan"] = lambda op, args: np.isnan(widen(args[0], op.operands[0].type))
TABLE["is_inf"] = lambda op, args: np.isinf(widen(args[0], op.operands[0].type))
TABLE["is_finite"] = lambda op, args: np.isfinite(widen(args[0], op.operands[0].type))
TABLE["sign_bit"] = lambda op, args: np.signbit(widen(args[0], op.operands[0].type))


# Lanes of a warp

WARP = 32


def shuffle_lane(mode: str, lane: Array, operand: Array, width: Array) -> Array:
    """The lane that a shuffle reads, of lanes 0..31; itself where that is outside its segment.

    As PTX does it: of `operand` five bits count, and `width` is a power of two up to 32.
    """
    keep = ~(width - 1) & (WARP - 1)
    first, last = lane & keep, lane | (~keep & (WARP - 1))
    by = operand & (WARP - 1)
    source, inside = {
        "idx": (first | (by & ~keep), np.ones(len(lane), dtype=bool)),
        "up": (lane - by, lane - by >= first),
        "down": (lane + by, lane + by <= last),
        "xor": (lane ^ by, (lane ^ by) <= last),
    }[mode]
    return np.where(inside, source, lane)


@_meaning("shuffle_source")
def _shuffle_source(op: Op, args: Sequence[Array]) -> Array:
    thread, operand, width, threads = (a.astype(np.int64) for a in args)
    lane = thread % WARP
    source = thread - lane + shuffle_lane(str(op.attrs["mode"]), lane, operand, width)
    return np.where(source < threads, source, thread).astype(np.uint32)


# Addresses: unsigned 64-bit numbers


def _elem_size(type_: Type) -> int:
    assert isinstance(type_, Pointer), "an address has a pointer type"
    return size_of(type_.elem)


def advance(address: Array, index: Array, size: int) -> Array:
    """`address` moved by `index` elements of `size` bytes."""
    return address + (index.astype(np.int64) * np.int64(size)).view(np.uint64)


@_meaning("offset")
def _offset(op: Op, args: Sequence[Array]) -> Array:
    return advance(args[0], args[1], _elem_size(op.operands[0].type))


@_meaning("ptr_diff")
def _ptr_diff(op: Op, args: Sequence[Array]) -> Array:
    size = np.full(1, max(1, _elem_size(op.operands[0].type)), dtype=np.int64)
    return truncated_quotient((args[0] - args[1]).view(np.int64), size)


@_meaning("field")
def _field(op: Op, args: Sequence[Array]) -> Array:
    pointer = op.operands[0].type
    assert isinstance(pointer, Pointer), "field takes a pointer"
    assert isinstance(pointer.elem, Record), "field takes a pointer to a record"
    return args[0] + np.uint64(pointer.elem.field(str(op.attrs["name"])).offset)


TABLE["ptr_cast"] = lambda op, args: args[0]
TABLE["ptr_to_int"] = lambda op, args: args[0]
TABLE["int_to_ptr"] = lambda op, args: args[0].astype(np.uint64)
