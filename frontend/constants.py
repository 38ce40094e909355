"""Arithmetic on values known at compile time, and their images in memory.

Python integers and floats stand for values of an IR scalar; every result is brought back into
the scalar's range (integers wrap) or precision (floats round to nearest even).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from ..ir.dtypes import Kind, Scalar

Number = int | float | bool


def wrap(value: int, scalar: Scalar) -> int | bool:
    """An integer brought into the range of an integer type (two's complement)."""
    if scalar.kind is Kind.BOOL:
        return value != 0
    low = value & ((1 << scalar.bits) - 1)
    if scalar.kind is Kind.SIGNED and low >> (scalar.bits - 1):
        return low - (1 << scalar.bits)
    return low


def round_float(value: float, scalar: Scalar) -> float:
    """A double rounded to the precision of `scalar`."""
    if scalar.bits == 64 or math.isnan(value) or math.isinf(value):
        return value
    if scalar.name == "bf16":
        return _round_bf16(value)
    code = "<f" if scalar.bits == 32 else "<e"
    try:
        return float(struct.unpack(code, struct.pack(code, value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _round_bf16(value: float) -> float:
    # Round to 8 significant bits from the double itself, so that there is one rounding only.
    if value == 0.0:
        return value
    exponent = max(math.frexp(value)[1] - 8, -133)
    scaled = math.ldexp(value, -exponent)
    rounded = math.ldexp(round(scaled), exponent)
    return math.copysign(math.inf, value) if abs(rounded) > 3.3895313892515355e38 else rounded


def fit(value: Number, scalar: Scalar) -> Number:
    """A number of the same kind brought into a type's range or precision."""
    return round_float(float(value), scalar) if scalar.is_float else wrap(int(value), scalar)


def convert(value: Number, scalar: Scalar) -> Number:
    """C++'s conversion of a number to another type; out-of-range floats saturate as in the IR."""
    if scalar.kind is Kind.BOOL:
        return bool(value)
    if scalar.is_float:
        if isinstance(value, int) and scalar.bits < 64:
            return _int_to_float(int(value), scalar)
        return round_float(float(value), scalar)
    if isinstance(value, float):
        return _float_to_int(value, scalar)
    return wrap(int(value), scalar)


def _int_to_float(value: int, scalar: Scalar) -> float:
    """Rounds once: the double in between would round large integers a first time."""
    if abs(value) <= 1 << 53:
        return round_float(float(value), scalar)
    keep = {"f32": 24, "f16": 11, "bf16": 8}[scalar.name]
    shift = abs(value).bit_length() - keep
    low, half = abs(value) & ((1 << shift) - 1), 1 << (shift - 1)
    high = abs(value) >> shift
    high += low > half or (low == half and high & 1)
    return round_float(math.copysign(math.ldexp(high, shift), value), scalar)


def _float_to_int(value: float, scalar: Scalar) -> int:
    if math.isnan(value):
        return 0
    low = -(1 << (scalar.bits - 1)) if scalar.kind is Kind.SIGNED else 0
    high = (1 << (scalar.bits - 1)) - 1 if scalar.kind is Kind.SIGNED else (1 << scalar.bits) - 1
    if math.isinf(value):
        return high if value > 0 else low
    return max(low, min(high, math.trunc(value)))


# ---------------------------------------------------------------- operators


def _truncated_div(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _divide(a: Number, b: Number, scalar: Scalar) -> Number | None:
    if not scalar.is_float:
        return None if b == 0 else _truncated_div(int(a), int(b))
    if b == 0:
        if a == 0 or math.isnan(a):
            return math.nan
        return math.copysign(math.inf, math.copysign(1.0, a) * math.copysign(1.0, b))
    if math.isinf(b) and math.isinf(a):
        return math.nan
    return a / b


def _remainder(a: Number, b: Number, scalar: Scalar) -> Number | None:
    if scalar.is_float:
        return math.fmod(a, b) if b != 0 and not math.isinf(a) else math.nan
    return None if b == 0 else int(a) - int(b) * _truncated_div(int(a), int(b))


def _shift(a: Number, b: Number, scalar: Scalar, left: bool) -> Number | None:
    if not 0 <= int(b) < scalar.bits:
        return None
    return int(a) << int(b) if left else int(a) >> int(b)


_FLOAT_SAFE: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}
_INTEGER: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
}
COMPARE: dict[str, Callable[[Number, Number], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def binary(op: str, a: Number, b: Number, scalar: Scalar) -> Number | None:
    """The IR operation `op` on two values of `scalar`; None where the result is not a constant
    (division by zero, a shift that is too wide)."""
    result: Number | None
    if op == "div":
        result = _divide(a, b, scalar)
    elif op == "rem":
        result = _remainder(a, b, scalar)
    elif op in ("shl", "shr"):
        result = _shift(a, b, scalar, op == "shl")
    elif scalar.is_float:
        function = _FLOAT_SAFE.get(op)
        result = None if function is None else function(float(a), float(b))
    else:
        result = _INTEGER[op](int(a), int(b))
    return None if result is None else fit(result, scalar)


# ---------------------------------------------------------------- images

_CODES = {"i8": "b", "u8": "B", "i16": "h", "u16": "H", "i32": "i", "u32": "I", "i64": "q"}
_CODES |= {"u64": "Q", "f16": "e", "f32": "f", "f64": "d", "i1": "?"}
_PACK = {name: struct.Struct(f"<{code}") for name, code in _CODES.items()}


def encode(value: Number, scalar: Scalar) -> bytes:
    """The little-endian bytes of a value."""
    if scalar.name == "bf16":
        bits = struct.unpack("<I", struct.pack("<f", float(value)))[0] >> 16
        return struct.pack("<H", bits | (0x40 if math.isnan(value) else 0))
    if scalar.name == "f32" and not math.isnan(value):
        value = round_float(float(value), scalar)
    return _PACK[scalar.name].pack(value)


def decode(data: bytes | bytearray, scalar: Scalar) -> Number:
    """The value that little-endian bytes hold."""
    if scalar.name == "bf16":
        return float(struct.unpack("<f", b"\0\0" + data[:2])[0])
    value: Number = _PACK[scalar.name].unpack_from(data)[0]
    return value
