"""Math functions of C and CUDA that numpy lacks, on float64 arrays.

Good to a few units in the last place of float64, so that a float32 result is nearly always the
rounded exact one. Poles and infinities are as in C; nothing raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .rounding import Array

SQRT_PI = math.sqrt(math.pi)


def _each(function: Callable[[float], float]) -> Callable[[Array], Array]:
    """`function` on every element."""

    def apply(x: Array) -> Array:
        return np.array([function(v) for v in x.tolist()], dtype=np.float64)

    return apply


erf = _each(math.erf)
erfc = _each(math.erfc)


@_each
def tgamma(x: float) -> float:
    if x == 0:
        return math.copysign(math.inf, x)
    try:
        return math.gamma(x)
    except OverflowError:
        return math.inf
    except ValueError:  # negative integers and -inf
        return math.nan


@_each
def lgamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except (OverflowError, ValueError):
        return math.inf


def ieee_remainder(x: Array, y: Array) -> Array:
    """C's `remainder`: the quotient rounded to nearest even."""

    def one(a: float, b: float) -> float:
        try:
            return math.remainder(a, b)
        except ValueError:
            return math.nan

    return np.array([one(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])


def erfinv(x: Array) -> Array:
    """Inverse of erf: Newton from the series' first term; away from 0 by way of erfcinv."""
    inner = np.where(np.abs(x) <= 0.5, x, 0.0)
    y = inner * (SQRT_PI / 2)
    for _ in range(6):
        y = y - (erf(y) - inner) * (SQRT_PI / 2) * np.exp(y * y)
    outer = np.copysign(erfcinv(1 - np.abs(x)), x)
    return np.where(np.abs(x) <= 0.5, np.where(x == 0, x, y), outer)


def erfcinv(z: Array) -> Array:
    """Inverse of erfc: Newton on log(erfc), which is nearly a parabola."""
    small = np.where(z <= 1, z, 2 - z)
    safe = np.where((small > 0) & (small <= 1), small, 0.5)
    t = -np.log(safe)
    y = np.where(safe > 0.1, (1 - safe) * (SQRT_PI / 2), np.sqrt(np.abs(t - 0.5 * np.log(t + 1))))
    for _ in range(12):
        value = erfc(y)
        slope = -2 / SQRT_PI * np.exp(-y * y) / value
        y = y - (np.log(value) - np.log(safe)) / slope
    y = np.where(small == 0, np.inf, np.where((small > 0) & (small <= 1), y, np.nan))
    return np.where(z <= 1, y, -y)


def normcdf(x: Array) -> Array:
    return 0.5 * erfc(x * -math.sqrt(0.5))


def sinpi(x: Array) -> Array:
    """sin(pi x) with exact zeros and turning points."""
    r = np.fmod(x, 2.0)
    r = np.where(np.abs(r) > 1, r - np.copysign(2.0, r), r)
    r = np.where(np.abs(r) > 0.5, np.copysign(1.0, r) - r, r)
    return np.where(r == 0, np.copysign(0.0, x), np.sin(np.pi * r))


def cospi(x: Array) -> Array:
    """cos(pi x) with exact zeros and turning points."""
    r = np.abs(np.fmod(x, 2.0))
    r = np.where(r > 1, 2 - r, r)
    return np.where(r == 0.5, 0.0, np.where(r < 0.5, np.cos(np.pi * r), -np.cos(np.pi * (1 - r))))


def round_half_away(x: Array) -> Array:
    """C's `round`."""
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(1.0, x), np.copysign(whole, x))


BESSEL_LIMIT = 20_000.0


def _bessel(order: int, x: float) -> float:
    """J_n by the trapezoid rule on its integral, which converges faster than any power once there
    are more points than |x|; far out the first two terms of the asymptotic series."""
    if not math.isfinite(x):
        return math.nan if math.isnan(x) else 0.0
    if abs(x) < BESSEL_LIMIT:
        points = int(abs(x)) + 60
        theta = (np.arange(points) + 0.5) * (np.pi / points)
        return float(np.cos(order * theta - x * np.sin(theta)).mean())
    phase = abs(x) - order * math.pi / 2 - math.pi / 4
    correction = (4 * order * order - 1) / (8 * abs(x))
    value = math.sqrt(2 / (math.pi * abs(x))) * (math.cos(phase) - correction * math.sin(phase))
    return math.copysign(1.0, x) * value if order % 2 else value


j0 = _each(lambda x: _bessel(0, x))
j1 = _each(lambda x: _bessel(1, x) if x else x)
