"""Constants as C literals: exact, short, with the right type."""

from __future__ import annotations

import math

from ..ir.constants import bits_of, round_float
from ..ir.dtypes import BF16, F16, F32, F64, I1, Kind, Scalar
from .expressions import UNARY, Expr

_INT_MAX = 2**31 - 1
_NAN_BITS = {F32: 0x7FC00000, F64: 0x7FF8000000000000}
_MIDPOINT = 0x10000000
"""The last 29 bits of a double that lies half way between two floats."""


def literal(value: int | float | bool, type_: Scalar) -> Expr:
    """The constant `value` of `type_`."""
    if type_ == I1:
        return Expr("true" if value else "false")
    if type_.is_float:
        return float_literal(float(value), type_)
    return integer_literal(int(value), type_)


def integer_literal(value: int, type_: Scalar) -> Expr:
    if type_.bits < 32:
        return Expr(str(value), UNARY if value < 0 else 20, bare=str(value))
    if type_.kind is Kind.UNSIGNED:
        suffix = "u" if type_.bits == 32 else "ull"
        text = str(value) if value < 4096 or not _looks_like_bits(value) else hex(value)
        return Expr(text + suffix, bare=str(value) if value <= _INT_MAX else "")
    if type_.bits == 32:
        if value == -(2**31):
            return Expr("INT32_MIN")
        return Expr(str(value), UNARY if value < 0 else 20, bare=str(value) if value >= 0 else "")
    if value == -(2**63):
        return Expr("INT64_MIN")
    bare = str(value) if 0 <= value <= _INT_MAX else ""
    return Expr(f"{value}ll", UNARY if value < 0 else 20, bare=bare)


def _looks_like_bits(value: int) -> bool:
    text = f"{value:b}"
    return "1111111111" in text or "0000000000" in text


def float_literal(value: float, type_: Scalar) -> Expr:
    if type_ in (F16, BF16):
        shown = repr(value) if math.isfinite(value) else str(value)
        return Expr(f"0x{bits_of(value, type_):04x} /* {shown} */")
    if math.isnan(value):
        bits = bits_of(value, type_)
        if bits == _NAN_BITS[type_]:
            return Expr("NAN" if type_ == F32 else "(double)NAN", 20 if type_ == F32 else UNARY)
        suffix = "u" if type_ == F32 else "ull"
        return Expr(f"ascendify_bits_to_{type_}({bits:#x}{suffix})")
    if math.isinf(value):
        text = "INFINITY" if type_ == F32 else "(double)INFINITY"
        text = f"-{text}" if value < 0 else text
        return Expr(text, 20 if text == "INFINITY" else UNARY)
    text = _digits(value, type_) + ("f" if type_ == F32 else "")
    return Expr(text, UNARY if text.startswith("-") else 20)


def _digits(value: float, type_: Scalar) -> str:
    """The shortest decimal that a compiler reads back as `value`."""
    text = repr(value)
    if type_ == F32:
        for precision in range(1, 10):
            short = f"{value:.{precision}g}"
            read = float(short)
            is_midpoint = bits_of(read, F64) & (2 * _MIDPOINT - 1) == _MIDPOINT
            if round_float(read, F32) == value and not is_midpoint:
                text = repr(read)
                break
    return text if any(c in text for c in ".en") else f"{text}.0"


def string_literal(text: str) -> str:
    """A C string; bytes beyond ASCII as octal escapes."""
    out: list[str] = []
    for byte in text.encode("utf-8", "surrogateescape"):
        char = chr(byte)
        if char in '"\\':
            out.append(f"\\{char}")
        elif char in "\n\t\r":
            out.append({"\n": "\\n", "\t": "\\t", "\r": "\\r"}[char])
        elif 32 <= byte < 127 and not (char == "?" and out and out[-1] == "?"):
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'
