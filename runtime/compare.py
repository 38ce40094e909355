"""Element-by-element comparison of what the candidate and the oracle left in memory.

Both run the same operations in IEEE arithmetic, so equality to the bit is the rule. Where the
source leaves the order of operations open (float atomics), two schedules of the oracle show how
much results depend on it. Which elements differ between two schedules is chance, so the largest
difference among the elements of a buffer is the allowance of all. NaN must meet NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

NUMPY_TYPES = {
    "i1": np.uint8,
    "i8": np.int8,
    "u8": np.uint8,
    "i16": np.int16,
    "u16": np.uint16,
    "i32": np.int32,
    "u32": np.uint32,
    "i64": np.int64,
    "u64": np.uint64,
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
    "bf16": np.uint16,
}
"""numpy's view of a scalar type of the IR; bf16 has none and is seen as its bits."""

MANTISSA_BITS = {"f16": 10, "bf16": 7, "f32": 23, "f64": 52}
ULP_FLOOR = {"f16": 1, "bf16": 1, "f32": 4, "f64": 4}
"""Units in the last place allowed without a spread: the C library that each side is linked with may
round `exp`, `sin`, ... differently in the last bits; 16-bit results are rounded from float."""
SPREAD_FACTOR = 8.0
"""How many times the largest difference between two schedules an element may deviate: two out of
many possible orders show only part of the range."""
LARGEST_SPREAD = 1e-3
"""A difference between schedules beyond this, relative to the element, is no rounding: it gives no
allowance to others."""


@dataclass(frozen=True, slots=True)
class Worst:
    """The element that deviates most, measured against its allowance."""

    index: int
    expected: float
    actual: float
    allowance: float

    @property
    def error(self) -> float:
        return abs(self.actual - self.expected)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`elements` were written, `different` of them are beyond their allowance."""

    elements: int
    different: int
    worst: Worst | None


def as_floats(data: Bytes, dtype: str) -> Floats:
    """The elements of `data` as double precision numbers (exact but for 64-bit integers)."""
    raw = data[: data.size - data.size % np.dtype(NUMPY_TYPES[dtype]).itemsize]
    if dtype == "bf16":
        return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return raw.view(NUMPY_TYPES[dtype]).astype(np.float64)


def compare(before: Bytes, expected: Bytes, other: Bytes, actual: Bytes, dtype: str) -> Comparison:
    """Compare `actual` with `expected`, both made from `before`; `other` is a second schedule of
    the oracle. All four have the same length in bytes and hold elements of `dtype`."""
    changed = int(np.count_nonzero(_elements(before, dtype) != _elements(expected, dtype)))
    if np.array_equal(expected, actual):
        return Comparison(changed, 0, None)
    if dtype not in MANTISSA_BITS:
        return _compare_exact(changed, expected, other, actual, dtype)
    with np.errstate(all="ignore"):
        return _compare_floats(changed, expected, other, actual, dtype)


def _elements(data: Bytes, dtype: str) -> npt.NDArray[np.generic]:
    size = np.dtype(NUMPY_TYPES[dtype]).itemsize
    unsigned = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}[size]
    return data[: data.size - data.size % size].view(unsigned)


def _compare_exact(
    changed: int, expected: Bytes, other: Bytes, actual: Bytes, dtype: str
) -> Comparison:
    wanted, got = _elements(expected, dtype), _elements(actual, dtype)
    # An integer that depends on the schedule (a ticket, an order of arrival) proves nothing.
    wrong = np.flatnonzero((wanted != got) & (wanted == _elements(other, dtype)))
    if wrong.size == 0:
        return Comparison(changed, 0, None)
    first = int(wrong[0])
    numbers = as_floats(expected, dtype), as_floats(actual, dtype)
    return Comparison(
        changed, int(wrong.size), Worst(first, numbers[0][first], numbers[1][first], 0.0)
    )


def _compare_floats(
    changed: int, expected: Bytes, other: Bytes, actual: Bytes, dtype: str
) -> Comparison:
    wanted, second, got = (as_floats(x, dtype) for x in (expected, other, actual))
    ulp = np.ldexp(1.0, np.frexp(wanted)[1] - 1 - MANTISSA_BITS[dtype])
    spread = np.abs(wanted - second)
    largest = np.where(spread <= LARGEST_SPREAD * np.abs(wanted), spread, 0.0).max(initial=0.0)
    allowance = ULP_FLOOR[dtype] * ulp + SPREAD_FACTOR * largest
    error = np.abs(wanted - got)
    same = (wanted == got) | (np.isnan(wanted) & np.isnan(got))
    fine = same | (error <= allowance)
    excess = np.where(same, 0.0, error / np.maximum(allowance, np.finfo(np.float64).tiny))
    excess = np.where(np.isnan(excess), np.inf, excess)
    at = int(np.argmax(excess))
    worst = Worst(at, float(wanted[at]), float(got[at]), float(allowance[at]))
    return Comparison(changed, int(np.count_nonzero(~fine)), None if bool(same[at]) else worst)
