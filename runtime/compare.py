"""Element-by-element comparison of what the candidate and the oracle left in memory.

Both run the same operations in IEEE arithmetic, so equality to the bit is the rule. Where results
differ, the original itself says how much they may: it runs again with its threads in another
order and under other rounding modes, and an element passes within a small multiple of how far
that moved it, plus the floor of `runtime/tolerances.py`. Integers are exact; NaN, infinities and
the signs of zeros must match in kind, unless they change with the rounding too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

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
SMALLEST_EXPONENT = {"f16": -24, "bf16": -133, "f32": -149, "f64": -1074}
"""Exponents of the smallest denormals: no unit in the last place is smaller."""
SCHEDULE_FACTOR = 8.0
"""How many times the largest difference between two schedules an element may deviate: two out of
many possible orders show only part of the range, and which elements they move is chance."""
ROUNDING_FACTOR = 4.0
"""How many times an element may deviate from the nearest as under directed rounding. Directed
rounding errs to one side at every step, so it moves a sum further than another order does."""
LARGEST_SPREAD = 1e-3
"""A difference between schedules beyond this, relative to the element, is no rounding: it gives no
allowance to others."""
SENSITIVE = 1e-2
"""An element that rounding moves further than this, relative to its size, proves little."""


@dataclass(frozen=True, slots=True)
class Worst:
    """The element that deviates most, measured against its allowance; `why` names its parts."""

    index: int
    expected: float
    actual: float
    allowance: float
    ulps: float
    why: str

    @property
    def error(self) -> float:
        return abs(self.actual - self.expected)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`elements` were written, `different` of them are beyond their allowance. `sensitive` differ
    within an allowance so wide that they prove nothing."""

    elements: int
    different: int
    sensitive: int
    worst: Worst | None


@dataclass(frozen=True, slots=True)
class Stated:
    """An allowance that the user states, in place of the one that is worked out: `ulp` units in
    the last place, `rel` of the element's size, or `abs`."""

    kind: str
    amount: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What decides about a difference: the original's results under another order of threads and
    under other rounding modes (byte arrays like the expected one), the floor and its reason."""

    schedules: Sequence[Bytes] = ()
    roundings: Sequence[Bytes] = ()
    floor_ulps: float = 0.0
    reason: str = ""
    order_is_open: bool = False
    """Atomics decide in which order values meet; then a NaN among them may win or lose."""
    zero_signs_are_open: bool = False
    """The kernel takes minima or maxima, for which C leaves open which of two zeros is larger."""
    stated: Stated | None = None


def as_floats(data: Bytes, dtype: str) -> Floats:
    """The elements of `data` as double precision numbers (exact but for 64-bit integers)."""
    raw = data[: data.size - data.size % np.dtype(NUMPY_TYPES[dtype]).itemsize]
    if dtype == "bf16":
        wide: Floats = (
            (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)
        )
        return wide
    return raw.view(NUMPY_TYPES[dtype]).astype(np.float64)


def compare(
    before: Bytes, expected: Bytes, actual: Bytes, dtype: str, allowance: Allowance
) -> Comparison:
    """Compare `actual` with `expected`, both made from `before`. All arrays have the same length
    in bytes and hold elements of `dtype`."""
    changed = int(np.count_nonzero(as_bits(before, dtype) != as_bits(expected, dtype)))
    if np.array_equal(expected, actual):
        return Comparison(changed, 0, 0, None)
    if dtype not in MANTISSA_BITS:
        return _compare_exact(changed, expected, actual, dtype, allowance)
    with np.errstate(all="ignore"):
        return _compare_floats(changed, expected, actual, dtype, allowance)


def agree(expected: Bytes, actual: Bytes, dtype: str) -> bool:
    """Whether all elements are equal to the bit, any NaN being like any other."""
    if np.array_equal(expected, actual):
        return True
    if dtype not in MANTISSA_BITS:
        return False
    at = np.flatnonzero(as_bits(expected, dtype) != as_bits(actual, dtype))
    wanted, got = as_bits(expected, dtype)[at], as_bits(actual, dtype)[at]
    with np.errstate(invalid="ignore"):  # NaN that signals
        both = [as_floats(bits.view(np.uint8), dtype) for bits in (wanted, got)]
    return all(bool(np.isnan(values).all()) for values in both)


def as_bits(data: Bytes, dtype: str) -> npt.NDArray[np.generic]:
    """The elements of `data` as unsigned integers of their size."""
    size = np.dtype(NUMPY_TYPES[dtype]).itemsize
    unsigned = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}[size]
    return data[: data.size - data.size % size].view(unsigned)


def units_in_last_place(values: Floats, dtype: str) -> Floats:
    """The distance to the next number of `dtype` at each value."""
    exponents = np.frexp(values)[1] - 1 - MANTISSA_BITS[dtype]
    units: Floats = np.ldexp(1.0, np.maximum(exponents, SMALLEST_EXPONENT[dtype]))
    return units


def _compare_exact(
    changed: int, expected: Bytes, actual: Bytes, dtype: str, allowance: Allowance
) -> Comparison:
    wanted, got = as_bits(expected, dtype), as_bits(actual, dtype)
    # An integer that depends on the schedule (a ticket, an order of arrival) or on rounding (the
    # place of a maximum) proves nothing.
    wrong = wanted != got
    depends = np.zeros(wanted.shape, np.bool_)
    for other in (*allowance.schedules, *allowance.roundings):
        depends |= as_bits(other, dtype) != wanted
    sensitive = int(np.count_nonzero(wrong & depends))
    at = np.flatnonzero(wrong & ~depends)
    if at.size == 0:
        return Comparison(changed, 0, sensitive, None)
    first = int(at[0])
    numbers = as_floats(expected, dtype)[first], as_floats(actual, dtype)[first]
    ulps = abs(float(numbers[0]) - float(numbers[1]))
    worst = Worst(first, float(numbers[0]), float(numbers[1]), 0.0, ulps, "integers are exact")
    return Comparison(changed, int(at.size), sensitive, worst)


def _compare_floats(
    changed: int, expected: Bytes, actual: Bytes, dtype: str, allowance: Allowance
) -> Comparison:
    wanted, got = as_floats(expected, dtype), as_floats(actual, dtype)
    schedules = [as_floats(x, dtype) for x in allowance.schedules]
    roundings = [as_floats(x, dtype) for x in allowance.roundings]
    ulp = units_in_last_place(wanted, dtype)
    floor = allowance.floor_ulps * ulp
    order = SCHEDULE_FACTOR * _largest_shift(wanted, schedules)
    rounding = ROUNDING_FACTOR * _rounding_shift(wanted, roundings)
    allowed = floor + order + rounding
    if allowance.stated is not None:
        allowed = _stated(allowance.stated, wanted, ulp)
    same = (_bits(wanted) == _bits(got)) | (np.isnan(wanted) & np.isnan(got))
    error = np.where(same, 0.0, np.abs(wanted - got))
    close = np.isfinite(wanted) & np.isfinite(got) & (error <= allowed) & ~_zero_signs(wanted, got)
    others = (*schedules, *roundings)
    close |= _zero_signs(wanted, got) & _open_zeros(wanted, others, allowance)
    open_kind = np.zeros(wanted.shape, np.bool_)
    for other in others:
        # A zero that becomes another one or a number is no other kind: its allowance decides.
        is_finite = np.isfinite(other) & np.isfinite(wanted)
        open_kind |= (_kinds(other) != _kinds(wanted)) & ~is_finite
    if allowance.order_is_open:
        open_kind |= np.isnan(wanted) != np.isnan(got)
    fine = same | close | open_kind
    sensitive = ~same & fine & (open_kind | (rounding > SENSITIVE * np.abs(wanted)))
    tiny = np.finfo(np.float64).tiny
    excess = np.where(same, 0.0, np.where(fine, error / np.maximum(allowed, tiny), np.inf))
    beyond = np.where(same | fine, -1.0, np.nan_to_num(error / np.maximum(ulp, tiny), nan=np.inf))
    excess = np.where(np.isnan(excess), 0.0, excess)
    at = int(np.argmax(beyond)) if not bool(fine.all()) else int(np.argmax(excess))
    parts = {
        f"{allowance.floor_ulps:g} ulp ({allowance.reason})": floor[at],
        f"{SCHEDULE_FACTOR:g} x the spread between orders of threads": float(order),
        f"{ROUNDING_FACTOR:g} x the spread under directed rounding": rounding[at],
    }
    why = " + ".join(name for name, part in parts.items() if part > 0) or allowance.reason
    if allowance.stated is not None:
        why = "stated in the kernel's settings"
    ulps = float(error[at] / ulp[at])
    worst = Worst(at, float(wanted[at]), float(got[at]), float(allowed[at]), ulps, why)
    wrong = int(np.count_nonzero(~fine))
    return Comparison(
        changed, wrong, int(np.count_nonzero(sensitive)), None if bool(same[at]) else worst
    )


def _stated(stated: Stated, wanted: Floats, ulp: Floats) -> Floats:
    if stated.kind == "ulp":
        return stated.amount * ulp
    if stated.kind == "rel":
        return stated.amount * np.abs(wanted)
    return np.full(wanted.shape, stated.amount)


def _bits(values: Floats) -> npt.NDArray[np.uint64]:
    return values.view(np.uint64)


def _zero_signs(one: Floats, other: Floats) -> Flags:
    """Where both are zeros of different sign."""
    found: Flags = (one == 0) & (other == 0) & (np.signbit(one) != np.signbit(other))
    return found


def _open_zeros(wanted: Floats, others: Sequence[Floats], allowance: Allowance) -> Flags:
    """Where the sign of a zero says nothing: everywhere, or where it changes by itself."""
    if allowance.zero_signs_are_open or allowance.stated is not None:
        return np.ones(wanted.shape, np.bool_)
    found = np.zeros(wanted.shape, np.bool_)
    for other in others:
        found |= _kinds(other) != _kinds(wanted)
    return found


def _kinds(values: Floats) -> npt.NDArray[np.int8]:
    """0 for numbers, 1 and 2 for the zeros, 3 and 4 for the infinities, 5 for NaN."""
    negative = np.signbit(values).astype(np.int8)
    kinds = np.where(values == 0, 1 + negative, np.where(np.isinf(values), 3 + negative, 0))
    return np.where(np.isnan(values), 5, kinds).astype(np.int8)


def _largest_shift(wanted: Floats, others: Sequence[Floats]) -> float:
    """The largest difference that another order of threads made, of those that are rounding."""
    largest = 0.0
    for other in others:
        shift = np.abs(wanted - other)
        shift = np.where(shift <= LARGEST_SPREAD * np.abs(wanted), shift, 0.0)
        largest = max(largest, float(np.nan_to_num(shift).max(initial=0.0)))
    return largest


def _rounding_shift(wanted: Floats, others: Sequence[Floats]) -> Floats:
    """How far directed rounding moves each element. An element that it happens to leave in place
    gets what it does to the median element, relative to its size."""
    shift = np.zeros(wanted.shape)
    for other in others:
        shift = np.maximum(shift, np.nan_to_num(np.abs(wanted - other), posinf=0.0))
    size = np.abs(wanted)
    moved = (shift > 0) & (size > 0) & np.isfinite(size)
    if not bool(moved.any()):
        return shift
    typical = float(np.median(shift[moved] / size[moved]))
    return np.maximum(shift, np.nan_to_num(min(typical, LARGEST_SPREAD) * size, posinf=0.0))
