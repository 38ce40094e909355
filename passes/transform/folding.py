"""Operations on constants, with the exact meaning of the table of operations.

Only what is exact in every implementation is folded: integer operations, comparisons, casts and
the correctly rounded float operations. Library functions (`exp`, ...) are not: their last bit is
the target's affair. A NaN is never made here, so that its bits stay the machine's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ...ir.constants import bits_of, constant, float_of_bits, wrap
from ...ir.dtypes import F64, I1, Scalar, Type
from ...ir.nodes import Attr

Number = int | float | bool
_Fold = Callable[[Sequence[Number], Scalar, Mapping[str, Attr]], Number | None]


def fold(
    name: str,
    values: Sequence[Number],
    operand_type: Type,
    result_type: Type,
    attrs: Mapping[str, Attr],
) -> Number | None:
    """What operation `name` gives on constants; None where that is not to be said here.

    `operand_type` is the type of the first operand.
    """
    if not isinstance(operand_type, Scalar) or not isinstance(result_type, Scalar):
        return None
    if name in _CONVERSIONS:
        return _CONVERSIONS[name](values[0], operand_type, result_type, attrs)
    if operand_type == I1 and name not in _LOGIC:
        return None
    table = _FLOAT if operand_type.is_float else _INTEGER
    row = table.get(name)
    if row is None or "rounding" in attrs:
        return None
    if name != "cmp" and any(isinstance(v, float) and math.isnan(v) for v in values):
        return None
    value = row(values, operand_type, attrs)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return constant(value, result_type)


_COMPARE: Mapping[str, Callable[[Number, Number], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def _cmp(values: Sequence[Number], type_: Scalar, attrs: Mapping[str, Attr]) -> bool:
    return _COMPARE[str(attrs["pred"])](values[0], values[1])


def truncated_division(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _integer(compute: Callable[..., int | None]) -> _Fold:
    """A fold for integers from a function of their values (and, as keyword, the type)."""

    def folded(values: Sequence[Number], type_: Scalar, attrs: Mapping[str, Attr]) -> Number | None:
        return compute(type_, *(int(v) for v in values))

    return folded


_LOGIC = frozenset({"and", "or", "xor", "not", "cmp"})
"""What is done with truth values."""


def _shift_left(type_: Scalar, a: int, count: int) -> int:
    return a << count if 0 <= count < type_.bits else 0


def _shift_right(type_: Scalar, a: int, count: int) -> int:
    if 0 <= count < type_.bits:
        return a >> count
    return -1 if a < 0 else 0


_INTEGER: Mapping[str, _Fold] = {
    "add": _integer(lambda t, a, b: a + b),
    "sub": _integer(lambda t, a, b: a - b),
    "mul": _integer(lambda t, a, b: a * b),
    "div": _integer(lambda t, a, b: truncated_division(a, b) if b else None),
    "rem": _integer(lambda t, a, b: a - b * truncated_division(a, b) if b else None),
    "neg": _integer(lambda t, a: -a),
    "abs": _integer(lambda t, a: abs(a)),
    "min": _integer(lambda t, a, b: min(a, b)),
    "max": _integer(lambda t, a, b: max(a, b)),
    "mul_high": _integer(lambda t, a, b: a * b >> t.bits),
    "and": _integer(lambda t, a, b: a & b),
    "or": _integer(lambda t, a, b: a | b),
    "xor": _integer(lambda t, a, b: a ^ b),
    "not": _integer(lambda t, a: 1 - a if t == I1 else ~a),
    "shl": _integer(_shift_left),
    "shr": _integer(_shift_right),
    "popc": _integer(lambda t, a: bin(bits_of(a, t)).count("1")),
    "clz": _integer(lambda t, a: t.bits - bits_of(a, t).bit_length()),
    "ffs": _integer(lambda t, a: (a & -a).bit_length()),
    "cmp": _cmp,
}


def _float(compute: Callable[..., float | None]) -> _Fold:
    """A fold for floats computed in double: rounding again to at most 24 bits is innocuous for
    `+ - * / sqrt` (53 >= 2 * 24 + 2) and the identity for the rest."""

    def folded(values: Sequence[Number], type_: Scalar, attrs: Mapping[str, Attr]) -> Number | None:
        return compute(*(float(v) for v in values))

    return folded


def _divide(a: float, b: float) -> float | None:
    return a / b if b != 0 else None


def _whole(compute: Callable[[float], int]) -> _Fold:
    """Rounding to a whole number keeps infinities and the sign of zero."""

    def rounded(a: float) -> float:
        return math.copysign(float(compute(a)), a) if math.isfinite(a) else a

    return _float(rounded)


_FLOAT: Mapping[str, _Fold] = {
    "add": _float(lambda a, b: a + b),
    "sub": _float(lambda a, b: a - b),
    "mul": _float(lambda a, b: a * b),
    "div": _float(_divide),
    "neg": _float(lambda a: -a),
    "abs": _float(abs),
    "min": _float(lambda a, b: None if a == b else min(a, b)),
    "max": _float(lambda a, b: None if a == b else max(a, b)),
    "sqrt": _float(lambda a: math.sqrt(a) if a > 0 else None),
    "floor": _whole(math.floor),
    "ceil": _whole(math.ceil),
    "trunc": _whole(math.trunc),
    "cmp": _cmp,
}


def _cast(value: Number, old: Scalar, new: Scalar, attrs: Mapping[str, Attr]) -> Number | None:
    if attrs.get("rounding", "rn") != "rn":
        return None
    if new == I1:
        return value != 0
    if not old.is_float or new.is_float:
        if old == F64 and math.isnan(value):
            return None
        if old.is_integer and old.bits == 64 and new.is_float and float(value) != value:
            return None  # two roundings
        return constant(value, new)
    if math.isnan(value):
        return 0
    low = -(1 << (new.bits - 1)) if new.is_signed else 0
    high = (1 << (new.bits - 1 if new.is_signed else new.bits)) - 1
    return (
        min(max(math.trunc(value), low), high)
        if math.isfinite(value)
        else (high if value > 0 else low)
    )


def _bitcast(value: Number, old: Scalar, new: Scalar, attrs: Mapping[str, Attr]) -> Number | None:
    bits = bits_of(value, old)
    if new.is_float:
        number = float_of_bits(bits, new)
        return None if math.isnan(number) else number
    return bool(bits) if new == I1 else wrap(bits, new)


_CONVERSIONS = {"cast": _cast, "bitcast": _bitcast}
