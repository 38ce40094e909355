"""The worst element in words: the same rows in the terminal and in every report."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from .evidence import Number, WorstElement

DIGITS: Mapping[str, int] = {"f16": 5, "f32": 9, "f64": 17}
"""Significant digits that tell any two numbers of a type apart."""
PACKED: Mapping[str, str] = {"f16": "<e", "f32": "<f", "f64": "<d"}
INTEGERS = frozenset({"i1", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"})
ROUGH = 3
"""Digits of errors and allowances, which are estimates."""
MOST_INPUTS = 8

Rows = list[tuple[str, str]]


def number_text(value: Number, dtype: str = "") -> str:
    """The shortest text that stands for just this value of the type; without a type, of the
    narrowest one that holds it."""
    if not isinstance(value, float):
        return str(value)
    if dtype in INTEGERS and value.is_integer():
        return f"{value:.0f}"
    kinds = (dtype,) if dtype in PACKED else ("f32", "f64")
    for kind in kinds:
        wanted = _packed(value, kind)
        if wanted is not None and struct.unpack(PACKED[kind], wanted)[0] == value:
            texts = (f"{value:.{digits}g}" for digits in range(1, DIGITS[kind]))
            same = (text for text in texts if _packed(float(text), kind) == wanted)
            return next(same, f"{value:.{DIGITS[kind]}g}")
    return str(value)


def _packed(value: float, kind: str) -> bytes | None:
    try:
        return struct.pack(PACKED[kind], value)
    except OverflowError:
        return None


def worst_rows(worst: WorstElement) -> Rows:
    """What there is to say, as (title, text); empty texts are left out."""
    if "message" in worst:
        rows = [("case", _case(worst)), ("stopped", worst["message"])]
    else:
        dtype = worst.get("dtype", "")
        rows = [("case", _case(worst)), ("element", _element(worst))]
        for title, key in (("original", "expected"), ("translation", "actual")):
            rows.append((title, _value(worst, key, dtype)))
        rows.append(("precise", _value(worst, "precise", "f64")))
        rows += [("error", _error(worst)), ("allowed", _allowed(worst))]
    rows.append(("inputs", inputs_text(worst.get("inputs", {}))))
    return [(title, text) for title, text in rows if text]


def inputs_text(inputs: Mapping[str, Number]) -> str:
    """`rows = 4, in[131] = 0.25`, at most MOST_INPUTS of them."""
    shown = list(inputs.items())[:MOST_INPUTS]
    return ", ".join(f"{name} = {number_text(value)}" for name, value in shown)


def difference(worst: WorstElement) -> str:
    """One line for a message."""
    if "message" in worst:
        return worst["message"]
    dtype = worst.get("dtype", "")
    expected, actual = (_value(worst, key, dtype) for key in ("expected", "actual"))
    allowed = rough_text(worst.get("allowance", 0))
    return f"{_element(worst)} is {actual} instead of {expected} (allowed error {allowed})"


def rough_text(value: Number) -> str:
    """An error or allowance: a few digits are all that it means."""
    return f"{value:.{ROUGH}g}" if isinstance(value, float) else str(value)


def _case(worst: WorstElement) -> str:
    case, family = worst.get("case", ""), worst.get("family", "")
    return f"{case}, {family} data" if family else case


def _element(worst: WorstElement) -> str:
    return f"{worst.get('buffer') or 'memory'}[{worst.get('element', 0)}]"


def _value(worst: WorstElement, key: str, dtype: str) -> str:
    found = worst.get(key)
    return number_text(found, dtype) if isinstance(found, int | float | str) else ""


def _error(worst: WorstElement) -> str:
    text = rough_text(worst["error"]) if "error" in worst else ""
    ulps = worst.get("ulps", math.nan)
    if isinstance(ulps, str) or not math.isfinite(ulps):
        return text
    return f"{text} ({rough_text(float(ulps))} ulps)"


def _allowed(worst: WorstElement) -> str:
    text = rough_text(worst["allowance"]) if "allowance" in worst else ""
    return ": ".join(part for part in (text, worst.get("why", "")) if part)
