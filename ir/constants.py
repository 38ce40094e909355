"""Numbers as the IR's types hold them: rounding, wrapping, bits. Plain Python, no numpy.

A constant in the IR is a Python `bool`, `int` or `float` that its type can hold exactly;
`constant` makes it so. Does not compute: operations have their meaning in `semantics.py`.
"""

from __future__ import annotations

import math
import struct

from .dtypes import BF16, F16, F32, F64, I1, Kind, Pointer, Scalar, Type


def constant(value: int | float | bool, type_: Type) -> int | float | bool:
    """`value` as `type_` holds it: integers wrap, floats round to nearest even.

    A float given for an integer truncates; raises ValueError where it is not finite.
    """
    if isinstance(type_, Pointer):
        return int(value)
    if type_ == I1:
        return bool(value)
    if type_.is_integer:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{value} is not an {type_}")
        return wrap(int(value), type_)
    return round_float(_to_float(value), type_)


def is_constant(value: object, type_: Type) -> bool:
    """Whether `value` is exactly what `constant` returns for it."""
    if isinstance(type_, Pointer):
        return type(value) is int and value == 0
    if type_.kind is Kind.BOOL:
        return type(value) is bool
    if type_.is_integer:
        return type(value) is int and wrap(value, type_) == value
    return type(value) is float and (math.isnan(value) or round_float(value, type_) == value)


def wrap(value: int, type_: Scalar) -> int:
    """`value` modulo the width of integer type `type_`."""
    value &= (1 << type_.bits) - 1
    if type_.kind is Kind.SIGNED and value >> (type_.bits - 1):
        value -= 1 << type_.bits
    return value


def _to_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def round_float(value: float, type_: Scalar) -> float:
    """`value` rounded to the float type `type_`, to nearest even; overflow gives infinity."""
    if type_ == F64 or math.isnan(value) or math.isinf(value):
        return value
    if type_ == BF16:
        return float_of_bits(_bf16_bits(value), BF16)
    code = "<f" if type_ == F32 else "<e"
    try:
        rounded: float = struct.unpack(code, struct.pack(code, value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


def _bf16_bits(value: float) -> int:
    """The bits of `value` as bfloat16, rounded once: by way of a float32 rounded to odd."""
    single = round_float(value, F32)
    bits = int(struct.unpack("<I", struct.pack("<f", single))[0])
    if single != value:
        if abs(single) > abs(value):
            bits -= 1
        bits |= 1
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def bits_of(value: int | float | bool, type_: Scalar) -> int:
    """The bit pattern of a constant of `type_`, as a number >= 0. A NaN keeps its payload."""
    if type_.is_integer:
        return int(value) & ((1 << type_.bits) - 1)
    value = float(value)
    if type_ == F64:
        return int(struct.unpack("<Q", struct.pack("<d", value))[0])
    if math.isnan(value):
        return _narrow_nan(value, type_)
    if type_ == BF16:
        return _bf16_bits(value)
    code, whole = ("<f", "<I") if type_ == F32 else ("<e", "<H")
    return int(struct.unpack(whole, struct.pack(code, round_float(value, type_)))[0])


_MANTISSA = {F16: 10, BF16: 7, F32: 23, F64: 52}
"""Stored mantissa bits."""


def _narrow_nan(value: float, type_: Scalar) -> int:
    wide = bits_of(value, F64)
    mantissa = _MANTISSA[type_]
    payload = (wide & ((1 << 52) - 1)) >> (52 - mantissa) or 1 << (mantissa - 1)
    exponent = ((1 << (type_.bits - 1 - mantissa)) - 1) << mantissa
    return (wide >> 63) << (type_.bits - 1) | exponent | payload


def float_of_bits(bits: int, type_: Scalar) -> float:
    """The float whose pattern in `type_` is `bits`; a NaN's payload is kept in the high bits."""
    if type_ == F64:
        return float(struct.unpack("<d", struct.pack("<Q", bits))[0])
    mantissa = _MANTISSA[type_]
    exponent_bits = type_.bits - 1 - mantissa
    exponent = bits >> mantissa & ((1 << exponent_bits) - 1)
    fraction = bits & ((1 << mantissa) - 1)
    sign = bits >> (type_.bits - 1)
    if exponent == (1 << exponent_bits) - 1:
        return float_of_bits(sign << 63 | 0x7FF << 52 | fraction << (52 - mantissa), F64)
    bias = (1 << (exponent_bits - 1)) - 1
    if exponent == 0:
        magnitude = math.ldexp(fraction, 1 - bias - mantissa)
    else:
        magnitude = math.ldexp(fraction | 1 << mantissa, exponent - bias - mantissa)
    return -magnitude if sign else magnitude
