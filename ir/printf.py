"""C's printf format applied to IR constants, for the interpreter.

A conversion takes the width that its length modifier says, as a C compiler for a 64-bit machine
does. Text that is no conversion is printed as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from .constants import wrap
from .dtypes import I8, I16, I32, I64, U8, U16, U32, U64, Scalar

_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\*|\d*)(?:\.(?P<precision>\*|\d*))?"
    r"(?P<length>hh|h|ll|l|j|z|t|L)?(?P<kind>[diouxXcsfFeEgGaAp%])"
)
_SIGNED = {"hh": I8, "h": I16, "": I32}
_UNSIGNED = {"hh": U8, "h": U16, "": U32}

Constant = int | float | bool


def format_text(format_: str, values: Sequence[Constant], string_at: Callable[[int], str]) -> str:
    """The text that printf makes; `string_at` gives the C string at an address."""
    rest = iter(values)
    return _CONVERSION.sub(lambda match: _convert(match, rest, string_at), format_)


def _convert(
    match: re.Match[str], rest: Iterator[Constant], string_at: Callable[[int], str]
) -> str:
    kind = match["kind"]
    if kind == "%":
        return "%"
    width = str(int(next(rest, 0))) if match["width"] == "*" else match["width"]
    precision = match["precision"]
    if precision == "*":
        precision = str(int(next(rest, 0)))
    flags = match["flags"]
    if width.startswith("-"):
        flags, width = f"{flags}-", width[1:]
    value = next(rest, None)
    if value is None:
        return match[0]
    shape = f"%{flags}{width}" + ("" if precision is None else f".{precision or 0}")
    return _formatted(kind, shape, match["length"] or "", value, string_at)


def _formatted(
    kind: str, shape: str, length: str, value: Constant, string_at: Callable[[int], str]
) -> str:
    if kind in "di":
        return f"{shape}d" % wrap(int(value), _width(length, _SIGNED, I64))
    if kind in "uoxX":
        number = wrap(int(value), _width(length, _UNSIGNED, U64))
        return _c_octal(f"{shape}{'d' if kind == 'u' else kind}" % number)
    if kind == "c":
        return f"{shape}c" % chr(int(value) & 0xFF)
    if kind == "s":
        return f"{shape}s" % string_at(int(value))
    if kind == "p":
        return f"{shape}s" % (hex(int(value)) if value else "(nil)")
    if kind in "aA":
        text = re.sub(r"\.?0*p", "p", float(value).hex())
        return f"{shape.split('.')[0]}s" % (text.upper() if kind == "A" else text)
    return f"{shape}{kind}" % float(value)


def _width(length: str, small: dict[str, Scalar], large: Scalar) -> Scalar:
    return small.get(length, large)


def _c_octal(text: str) -> str:
    """Python's `#o` writes 0o, C's 0."""
    return text.replace("0o", "0")
