"""Rows of PTX that compute: moves, arithmetic, logic, comparison, conversion.

Approximate functions are computed as the exact ones. `.ftz` is followed: subnormal operands and
results become zeros of their sign.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ir.dtypes import F16, F32, I1, I8, I32, I64, U32, U64, Scalar
from ..ir.nodes import Attr, Value
from .ptx_rows import FLOATS, INTEGERS, TYPES, WORDS, Decoded, Table
from .ptx_special import special_register
from .ptx_state import WORDS as WORD_TYPES
from .ptx_state import Ptx
from .ptx_text import Operand, Pair, Register

TABLE = Table()
row = TABLE.row

SMALLEST_NORMAL = {F16: 2.0**-14, F32: 2.0**-126}
_ROUNDED = "rn ftz sat approx full"

# ---------------------------------------------------------------- packed values


def lanes_of(ptx: Ptx, operand: Operand, ins: Decoded) -> list[Value]:
    """The values of the instruction's type that an operand packs."""
    if ins.lanes == 1:
        return [ptx.read(operand, ins.type)]
    bits = ins.type.bits * ins.lanes
    whole = ptx.read(operand, WORD_TYPES[bits])
    return [ptx.view(part, ins.type) for part in ptx.parts(whole, ins.lanes)]


def put(ptx: Ptx, operand: Operand, lanes: Sequence[Value]) -> None:
    ptx.write(operand, lanes[0] if len(lanes) == 1 else ptx.joined(lanes))


def elementwise(ptx: Ptx, ins: Decoded, function: Callable[..., Value]) -> None:
    """The first operand from the others, value by value, with `.ftz` and `.sat`."""
    target, *sources = ins.operands
    columns = [lanes_of(ptx, source, ins) for source in sources]
    results = []
    for values in zip(*columns, strict=True):
        inputs = [flushed(ptx, v) for v in values] if "ftz" in ins.modifiers else values
        result = function(*inputs)
        if "ftz" in ins.modifiers:
            result = flushed(ptx, result)
        if "sat" in ins.modifiers and ins.type.is_float:
            result = saturated(ptx, result)
        results.append(result)
    put(ptx, target, results)


def flushed(ptx: Ptx, value: Value) -> Value:
    """A subnormal number as a zero of its sign."""
    b, type_ = ptx.fn.b, value.type
    assert isinstance(type_, Scalar)
    limit = SMALLEST_NORMAL.get(type_)
    if limit is None:
        return value
    small = b.cmp("lt", b.op("abs", value), b.const(limit, type_))
    return b.op("select", small, b.op("copysign", b.const(0.0, type_), value), value)


def saturated(ptx: Ptx, value: Value) -> Value:
    """Clamped to 0 ... 1; a NaN gives 0."""
    b, type_ = ptx.fn.b, value.type
    assert isinstance(type_, Scalar)
    zero, one = b.const(0.0, type_), b.const(1.0, type_)
    high = b.op("select", b.cmp("gt", value, one), one, value)
    return b.op("select", b.cmp("gt", value, zero), high, zero)


# ---------------------------------------------------------------- moves


@row("mov", "2", f"{WORDS} {FLOATS} pred")
def _mov(ptx: Ptx, ins: Decoded) -> None:
    target, source = ins.operands
    if isinstance(source, Register) and source.name.startswith("%") and source.name[1].isalpha():
        ptx.write(target, special_register(ptx, source.name))
    elif isinstance(source, Register):
        ptx.write(target, ptx.raw(source))
    else:
        ptx.write(target, ptx.read(source, ins.type))


# ---------------------------------------------------------------- arithmetic

_INT_MODIFIERS = "lo hi wide sat"


@row("add sub min max", "3", f"{INTEGERS} {FLOATS}", f"{_ROUNDED} NaN")
def _binary(ptx: Ptx, ins: Decoded) -> None:
    if "sat" in ins.modifiers and not ins.type.is_float:
        raise ptx.fail("inline PTX: saturating integer arithmetic is not supported")

    def apply(a: Value, c: Value) -> Value:
        result = ptx.fn.b.op(ins.name, a, c)
        if "NaN" not in ins.modifiers:
            return result
        b = ptx.fn.b
        assert isinstance(a.type, Scalar)
        nan = b.op("or", b.op("is_nan", a), b.op("is_nan", c))
        return b.op("select", nan, b.const(float("nan"), a.type), result)

    elementwise(ptx, ins, apply)


@row("mul mul24", "3", f"{INTEGERS} {FLOATS}", f"{_ROUNDED} {_INT_MODIFIERS}")
def _mul(ptx: Ptx, ins: Decoded) -> None:
    target, *sources = ins.operands
    if ins.type.is_float:
        elementwise(ptx, ins, lambda a, c: ptx.fn.b.op("mul", a, c))
        return
    a, c = (ptx.read(s, ins.type) for s in sources)
    if ins.name == "mul24":
        a, c = (_low_24(ptx, v) for v in (a, c))
    ptx.write(target, product(ptx, ins, a, c))


def _low_24(ptx: Ptx, value: Value) -> Value:
    b = ptx.fn.b
    return b.op("shr", b.op("shl", value, b.i32(8)), b.i32(8))


def product(ptx: Ptx, ins: Decoded, a: Value, c: Value) -> Value:
    """The part of the double-width product that the instruction asks for."""
    if "wide" in ins.modifiers:
        type_ = ins.type
        wide = {16: {True: I32, False: U32}, 32: {True: I64, False: U64}}[type_.bits]
        double = wide[type_.is_signed]
        return ptx.fn.b.op("mul", ptx.fn.b.cast(a, double), ptx.fn.b.cast(c, double))
    return ptx.fn.b.op("mul_high" if "hi" in ins.modifiers else "mul", a, c)


@row("mad fma mad24", "4", f"{INTEGERS} {FLOATS}", f"{_ROUNDED} {_INT_MODIFIERS} relu")
def _mad(ptx: Ptx, ins: Decoded) -> None:
    target, *sources = ins.operands
    if ins.type.is_float:

        def fused(a: Value, c: Value, d: Value) -> Value:
            result = ptx.fn.b.op("fma", a, c, d)
            return relu(ptx, result) if "relu" in ins.modifiers else result

        elementwise(ptx, ins, fused)
        return
    a, c = (ptx.read(s, ins.type) for s in sources[:2])
    if ins.name == "mad24":
        a, c = (_low_24(ptx, v) for v in (a, c))
    multiplied = product(ptx, ins, a, c)
    assert isinstance(multiplied.type, Scalar)
    ptx.write(target, ptx.fn.b.op("add", multiplied, ptx.read(sources[2], multiplied.type)))


def relu(ptx: Ptx, value: Value) -> Value:
    """Negative numbers as 0; a NaN stays one."""
    b, type_ = ptx.fn.b, value.type
    assert isinstance(type_, Scalar)
    zero = b.const(0.0, type_)
    return b.op("select", b.cmp("le", value, zero), zero, value)


@row("neg abs", "2", f"s16 s32 s64 {FLOATS}", "ftz")
def _unary(ptx: Ptx, ins: Decoded) -> None:
    elementwise(ptx, ins, lambda a: ptx.fn.b.op(ins.name, a))


_FUNCTIONS = {
    "ex2": "exp2", "lg2": "log2", "rcp": "rcp", "rsqrt": "rsqrt", "sqrt": "sqrt", "tanh": "tanh",
    "sin": "sin", "cos": "cos",
}  # fmt: skip


@row("ex2 lg2 rcp rsqrt sqrt tanh sin cos", "2", FLOATS, "approx ftz rn")
def _function(ptx: Ptx, ins: Decoded) -> None:
    def apply(a: Value) -> Value:
        attrs: dict[str, Attr] = {"fast": True} if "approx" in ins.modifiers else {}
        return ptx.fn.emit(_FUNCTIONS[ins.name], [a], attrs)

    elementwise(ptx, ins, apply)


@row("div rem", "3", f"{INTEGERS} f32 f64", _ROUNDED)
def _div(ptx: Ptx, ins: Decoded) -> None:
    elementwise(ptx, ins, lambda a, c: ptx.fn.b.op(ins.name, a, c))


@row("sad", "4", INTEGERS)
def _sad(ptx: Ptx, ins: Decoded) -> None:
    target, *sources = ins.operands
    a, c, d = (ptx.read(s, ins.type) for s in sources)
    b = ptx.fn.b
    difference = b.op("sub", b.op("max", a, c), b.op("min", a, c))
    ptx.write(target, b.op("add", difference, d))


@row("copysign", "3", "f32 f64")
def _copysign(ptx: Ptx, ins: Decoded) -> None:
    elementwise(ptx, ins, lambda a, c: ptx.fn.b.op("copysign", c, a))


@row("dp4a", "4", "u32 s32")
def _dp4a(ptx: Ptx, ins: Decoded) -> None:
    target, x, y, z = ins.operands
    first, second = (TYPES[t][0].is_signed for t in (ins.types[0], ins.types[-1]))
    b = ptx.fn.b
    total = ptx.read(z, I32)
    bytes_ = [ptx.parts(ptx.read(v, U32), 4) for v in (x, y)]
    for a, c in zip(*bytes_, strict=True):
        left, right = _byte(ptx, a, first), _byte(ptx, c, second)
        total = b.op("add", total, b.op("mul", left, right))
    ptx.write(target, total)


def _byte(ptx: Ptx, value: Value, signed: bool) -> Value:
    if signed:
        value = ptx.fn.b.op("bitcast", value, type=I8)
    return ptx.fn.b.cast(value, I32)


# ---------------------------------------------------------------- bits


@row("and or xor", "3", "b16 b32 b64 pred")
def _logic(ptx: Ptx, ins: Decoded) -> None:
    elementwise(ptx, ins, lambda a, c: ptx.fn.b.op(ins.name, a, c))


@row("not cnot", "2", "b16 b32 b64 pred")
def _not(ptx: Ptx, ins: Decoded) -> None:
    b = ptx.fn.b
    if ins.name == "not":
        elementwise(ptx, ins, lambda a: b.op("not", a))
    else:
        zero = b.const(0, ins.type)
        elementwise(ptx, ins, lambda a: b.cast(b.cmp("eq", a, zero), ins.type))


@row("shl shr", "3", f"b16 b32 b64 {INTEGERS}")
def _shift(ptx: Ptx, ins: Decoded) -> None:
    target, source, count = ins.operands
    ptx.write(target, ptx.fn.b.op(ins.name, ptx.read(source, ins.type), ptx.read(count, U32)))


@row("lop3", "5", "b32")
def _lop3(ptx: Ptx, ins: Decoded) -> None:
    target, *sources, table = ins.operands
    lut = ptx.constant(table)
    if lut is None:
        raise ptx.fail("inline PTX: the table of lop3 must be a constant")
    ptx.write(target, boolean(ptx, lut, [ptx.read(s, U32) for s in sources]))


def boolean(ptx: Ptx, table: int, values: list[Value]) -> Value:
    """The function of bits with a truth table, bit by bit; the first value is the index's highest
    bit. Takes out the variable that leaves the simplest rest."""
    b, every = ptx.fn.b, (1 << (1 << len(values))) - 1
    if table in (0, every):
        return b.u32(0xFFFFFFFF if table else 0)
    halves = [_cofactors(table, i, len(values)) for i in range(len(values))]
    rank = [_rank(high, low, every_of=len(values) - 1) for high, low in halves]
    at = rank.index(min(rank))
    (high, low), bit = halves[at], values[at]
    rest = values[:at] + values[at + 1 :]
    ones = (1 << (1 << len(rest))) - 1
    if high == low:
        return boolean(ptx, low, rest)
    if high == low ^ ones:
        return (
            b.op("not", bit)
            if low == ones
            else (bit if low == 0 else b.op("xor", bit, boolean(ptx, low, rest)))
        )
    if low == 0:
        return b.op("and", bit, boolean(ptx, high, rest))
    if high == ones:
        return b.op("or", bit, boolean(ptx, low, rest))
    if high == 0:
        return b.op("and", b.op("not", bit), boolean(ptx, low, rest))
    if low == ones:
        return b.op("or", b.op("not", bit), boolean(ptx, high, rest))
    yes, no = boolean(ptx, high, rest), boolean(ptx, low, rest)
    return b.op("or", b.op("and", bit, yes), b.op("and", b.op("not", bit), no))


def _cofactors(table: int, at: int, count: int) -> tuple[int, int]:
    """The tables of the other variables where variable `at` is 1, and where it is 0."""
    place = count - 1 - at
    parts = [0, 0]
    filled = [0, 0]
    for index in range(1 << count):
        half = index >> place & 1
        parts[half] |= (table >> index & 1) << filled[half]
        filled[half] += 1
    return parts[1], parts[0]


def _rank(high: int, low: int, every_of: int) -> int:
    """How simple it is to choose between two functions: lower is simpler."""
    ones = (1 << (1 << every_of)) - 1
    if high == low:
        return 0
    if high == low ^ ones:
        return 1
    if low == 0 or high == ones:
        return 2
    return 3 if high == 0 or low == ones else 4


@row("prmt", "4", "b32")
def _prmt(ptx: Ptx, ins: Decoded) -> None:
    target, *sources = ins.operands
    ptx.write(target, ptx.fn.b.op("byte_perm", *(ptx.read(s, U32) for s in sources)))


@row("bfe", "4", "u32 s32 u64 s64")
def _bfe(ptx: Ptx, ins: Decoded) -> None:
    target, source, at, length = ins.operands
    b, type_ = ptx.fn.b, ins.type
    value = ptx.read(source, type_)
    start, count = (b.op("and", ptx.read(x, U32), b.u32(255)) for x in (at, length))
    width = b.u32(type_.bits)
    # Up against the sign, then down: what lies beyond the number is its sign, or 0.
    moved = b.op("shr", value, start)
    spare = b.op("sub", width, b.op("min", count, width))
    cut = b.op("shr", b.op("shl", moved, spare), spare)
    none = b.cmp("eq", count, b.u32(0))
    ptx.write(target, b.op("select", none, b.const(0, type_), cut))


@row("bfi", "5", "b32 b64")
def _bfi(ptx: Ptx, ins: Decoded) -> None:
    target, inserted, base, at, length = ins.operands
    b, type_ = ptx.fn.b, ins.type
    start, count = (b.op("and", ptx.read(x, U32), b.u32(255)) for x in (at, length))
    ones = b.op("not", b.const(0, type_))
    field = b.op("not", b.op("shl", ones, count))
    mask = b.op("shl", field, start)
    put_in = b.op("and", b.op("shl", ptx.read(inserted, type_), start), mask)
    kept = b.op("and", ptx.read(base, type_), b.op("not", mask))
    ptx.write(target, b.op("or", put_in, kept))


@row("popc clz", "2", "b32 b64")
def _count(ptx: Ptx, ins: Decoded) -> None:
    value = ptx.read(ins.operands[1], ins.type)
    ptx.write(ins.operands[0], ptx.fn.b.op(ins.name, value))


@row("brev", "2", "b32 b64")
def _brev(ptx: Ptx, ins: Decoded) -> None:
    ptx.write(ins.operands[0], ptx.fn.b.op("brev", ptx.read(ins.operands[1], ins.type)))


@row("bfind", "2", "u32 s32 u64 s64", "shiftamt")
def _bfind(ptx: Ptx, ins: Decoded) -> None:
    b, type_ = ptx.fn.b, ins.type
    value = ptx.read(ins.operands[1], type_)
    if type_.is_signed:
        negative = b.cmp("lt", value, b.const(0, type_))
        value = b.op("select", negative, b.op("not", value), value)
    zeros = b.op("clz", ptx.view(value, WORD_TYPES[type_.bits]))
    found = zeros
    if "shiftamt" not in ins.modifiers:
        found = b.op("sub", b.i32(type_.bits - 1), zeros)
    none = b.cmp("eq", zeros, b.i32(type_.bits))
    ptx.write(ins.operands[0], b.op("select", none, b.i32(-1), found))


@row("shf", "4", "b32", "l r wrap clamp")
def _shf(ptx: Ptx, ins: Decoded) -> None:
    mode = ins.one_of("l r") + ("c" if "clamp" in ins.modifiers else "")
    target, *sources = ins.operands
    values = [ptx.read(s, U32) for s in sources]
    ptx.write(target, ptx.fn.b.op("funnel_shift", *values, mode=mode))


# ---------------------------------------------------------------- comparison

_ORDERED = {"eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}
_UNSIGNED = {"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"}
_UNORDERED = {f"{name}u": name for name in _ORDERED}
_COMPARISONS = " ".join((*_ORDERED, *_UNSIGNED, *_UNORDERED, "num", "nan"))
_COMPARED = "b16 b32 b64 u16 s16 u32 s32 u64 s64 f16 bf16 f32 f64"


def compared(ptx: Ptx, ins: Decoded, first: Operand, second: Operand, type_: Scalar) -> Value:
    """The comparison that the opcode names."""
    b = ptx.fn.b
    word = ins.one_of(_COMPARISONS)
    a, c = ptx.read(first, type_), ptx.read(second, type_)
    if "ftz" in ins.modifiers:
        a, c = flushed(ptx, a), flushed(ptx, c)
    if word in _UNSIGNED:
        plain = WORD_TYPES[type_.bits]
        return b.cmp(_UNSIGNED[word], ptx.view(a, plain), ptx.view(c, plain))
    if not type_.is_float:
        return b.cmp(_ORDERED[word], a, c)
    unordered = b.op("or", b.op("is_nan", a), b.op("is_nan", c))
    if word in ("nan", "num"):
        return unordered if word == "nan" else b.op("not", unordered)
    if word in _UNORDERED:
        return b.op("or", b.cmp(_UNORDERED[word], a, c), unordered)
    result = b.cmp(word, a, c)
    return b.op("and", result, b.op("not", unordered)) if word == "ne" else result


def _combined(ptx: Ptx, ins: Decoded, result: Value, rest: Sequence[Operand]) -> Value:
    if not rest:
        return result
    return ptx.fn.b.op(ins.one_of("and or xor"), result, ptx.read(rest[0], I1))


@row("setp", "3-4", _COMPARED, f"{_COMPARISONS} ftz and or xor")
def _setp(ptx: Ptx, ins: Decoded) -> None:
    target, first, second, *rest = ins.operands
    plain = compared(ptx, ins, first, second, ins.type)
    result = _combined(ptx, ins, plain, rest)
    if isinstance(target, Pair):
        opposite = _combined(ptx, ins, ptx.fn.b.op("not", plain), rest)
        ptx.write(target.first, result)
        ptx.write(target.second, opposite)
    else:
        ptx.write(target, result)


@row("set", "3-4", _COMPARED, f"{_COMPARISONS} ftz and or xor")
def _set(ptx: Ptx, ins: Decoded) -> None:
    target, first, second, *rest = ins.operands
    result = _combined(ptx, ins, compared(ptx, ins, first, second, ins.type), rest)
    b, made = ptx.fn.b, TYPES[ins.types[0]][0]
    ones = b.const(1.0 if made.is_float else -1, made)
    zeros = b.const(0.0 if made.is_float else 0, made)
    ptx.write(target, b.op("select", result, ones, zeros))


@row("selp", "4", f"b16 b32 b64 {INTEGERS} f32 f64")
def _selp(ptx: Ptx, ins: Decoded) -> None:
    target, yes, no, condition = ins.operands
    values = [ptx.read(s, ins.type) for s in (yes, no)]
    ptx.write(target, ptx.fn.b.op("select", ptx.read(condition, I1), *values))


# ---------------------------------------------------------------- conversion

_TO_INTEGER = {"rni": "rn", "rzi": "rz", "rmi": "rd", "rpi": "ru"}
_TO_FLOAT = {"rn": "rn", "rz": "rz", "rm": "rd", "rp": "ru"}
_WHOLE = {"rni": "rint", "rzi": "trunc", "rmi": "floor", "rpi": "ceil"}
_CONVERTED = f"u8 s8 {INTEGERS} f16 bf16 f16x2 bf16x2 f32 f64 tf32"


@row("cvt", "2-3", _CONVERTED, "rni rzi rmi rpi rn rz rm rp rna ftz sat relu satfinite")
def _cvt(ptx: Ptx, ins: Decoded) -> None:
    if len(ins.types) != 2:
        raise ptx.fail("inline PTX: cvt has two types")
    to_name, from_name = ins.types
    (made, lanes), (source, _) = TYPES[to_name], TYPES[from_name]
    if to_name == "tf32":
        _to_tf32(ptx, ins)
        return
    if lanes == 2:
        if len(ins.operands) != 3 or source != F32:
            raise ptx.fail("inline PTX: this conversion of pairs is not supported")
        high, low = (converted(ptx, ins, ptx.read(s, F32), made) for s in ins.operands[1:])
        ptx.write(ins.operands[0], ptx.joined([low, high]))
        return
    if len(ins.operands) != 2:
        raise ptx.fail("inline PTX: cvt of several operands is not supported")
    value = ptx.read(ins.operands[1], source)
    ptx.write(ins.operands[0], converted(ptx, ins, value, made))


def converted(ptx: Ptx, ins: Decoded, value: Value, made: Scalar) -> Value:
    b, source = ptx.fn.b, value.type
    assert isinstance(source, Scalar)
    if "satfinite" in ins.modifiers:
        raise ptx.fail("inline PTX: cvt with .satfinite is not supported")
    if "ftz" in ins.modifiers:
        value = flushed(ptx, value)
    whole = ins.one_of("rni rzi rmi rpi")
    if source.is_float and made.is_float:
        if whole:
            value = b.op(_WHOLE[whole], value)
        word = ins.one_of("rn rz rm rp")
        rounding = {"rounding": _TO_FLOAT[word]} if word and word != "rn" else {}
        result = value if made == source else b.op("cast", value, type=made, **rounding)
        if "ftz" in ins.modifiers:
            result = flushed(ptx, result)
        if "relu" in ins.modifiers:
            result = relu(ptx, result)
        return saturated(ptx, result) if "sat" in ins.modifiers else result
    if source.is_float:
        return b.op("cast", value, type=made, rounding=_TO_INTEGER[whole or "rzi"])
    if made.is_float:
        rounding = {"rounding": _TO_FLOAT[ins.one_of("rn rz rm rp") or "rn"]}
        return b.op("cast", value, type=made, **rounding)
    if "sat" in ins.modifiers:
        value = _clamped(ptx, value, made)
    return b.cast(value, made)


def _clamped(ptx: Ptx, value: Value, made: Scalar) -> Value:
    """An integer within what `made` can hold."""
    b, source = ptx.fn.b, value.type
    assert isinstance(source, Scalar)

    def limits(type_: Scalar) -> tuple[int, int]:
        half = 1 << (type_.bits - 1)
        return (-half, half - 1) if type_.is_signed else (0, 2 * half - 1)

    (low, high), (least, most) = limits(made), limits(source)
    if low > least:
        value = b.op("max", value, b.const(low, source))
    return b.op("min", value, b.const(high, source)) if high < most else value


def _to_tf32(ptx: Ptx, ins: Decoded) -> None:
    """Ten bits of fraction; `rna`: halves away from zero, `rn`: to even, `rz`: cut off."""
    b = ptx.fn.b
    word = ptx.view(ptx.read(ins.operands[1], F32), U32)
    keep = b.u32(0xFFFFE000)
    if "rz" in ins.modifiers:
        ptx.write(ins.operands[0], b.op("and", word, keep))
        return
    half = b.u32(0x1000)
    if "rna" not in ins.modifiers:
        odd = b.op("and", b.op("shr", word, b.i32(13)), b.u32(1))
        half = b.op("add", b.u32(0xFFF), odd)
    rounded = b.op("and", b.op("add", word, half), keep)
    infinite = b.cmp("ge", b.op("and", word, b.u32(0x7FFFFFFF)), b.u32(0x7F800000))
    ptx.write(ins.operands[0], b.op("select", infinite, word, rounded))
