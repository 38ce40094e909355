"""THE table of allowances: what each class of operation may add to the difference between two
correct implementations, and why.

The larger part of an allowance is measured (`runtime/compare.py`): how far the original's own
result moves when its rounding and the order of its threads change. This table is the floor below
it, in units in the last place of the result's type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OperationClass:
    """`operations` are rows of the IR's table of operations; `ulps` by IR scalar type."""

    name: str
    operations: frozenset[str]
    ulps: Mapping[str, float]
    reason: str


def _class(name: str, operations: str, ulps: Mapping[str, float], reason: str) -> OperationClass:
    return OperationClass(name, frozenset(operations.split()), ulps, reason)


ALL = {"f16": 0.0, "bf16": 0.0, "f32": 0.0, "f64": 0.0}

CLASSES = (
    _class(
        "IEEE arithmetic",
        "add sub mul div fma sqrt neg abs min max floor ceil trunc round rint cast fdim rem "
        "fmod_ieee copysign ldexp nextafter select",
        ALL,
        "rounded correctly on both sides, in the same order: equal to the bit",
    ),
    _class(
        "products of matrices",
        "mma",
        {"f16": 1.0, "bf16": 1.0, "f32": 8.0, "f64": 0.0},
        "products are exact, but in which order the tensor unit adds k of them, and how much of "
        "them it keeps while it does, is not specified; f16 results are rounded once per mma",
    ),
    _class(
        "elementary functions",
        "exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 sinh cosh tanh "
        "asinh acosh atanh pow cbrt hypot sinpi cospi rsqrt rcp rcbrt",
        {"f16": 1.0, "bf16": 1.0, "f32": 4.0, "f64": 4.0},
        "C libraries differ in the last bits; the CUDA guide's own bounds are 1 to 4 ulp",
    ),
    _class(
        "special functions",
        "erf erfc erfinv erfcinv normcdf tgamma lgamma j0 j1",
        {"f16": 1.0, "bf16": 1.0, "f32": 8.0, "f64": 8.0},
        "approximations of several pieces; the CUDA guide's own bounds are up to 8 ulp",
    ),
)


def floor_ulps(operations: Iterable[str], dtype: str) -> tuple[float, str]:
    """The floor for results of `dtype` of a kernel that uses these IR operations, in units in the
    last place, and the reason for it."""
    used = set(operations)
    rows = [row for row in CLASSES if row.operations & used] or [CLASSES[0]]
    row = max(rows, key=lambda row: row.ulps.get(dtype, 0.0))
    return row.ulps.get(dtype, 0.0), f"{row.name}: {row.reason}"
