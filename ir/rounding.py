"""Arrays of the IR's scalars in numpy, and rounding into each float type once.

A bool is `bool`, a pointer `uint64`, bfloat16 (no numpy type) its bits in `uint16`. Values are
widened to float64, computed there, and narrowed with the sign of what float64 itself rounded
away (`err`), so that every result is rounded once, in any of the four directions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dtypes import BF16, F32, F64, I1, Kind, Pointer, Type

Array = NDArray[Any]

_LETTER = {Kind.SIGNED: "i", Kind.UNSIGNED: "u", Kind.FLOAT: "f"}


def dtype_of(type_: Type) -> np.dtype[Any]:
    """The numpy type that holds values of `type_`, in registers and (but for i1) in memory."""
    if isinstance(type_, Pointer):
        return np.dtype(np.uint64)
    if type_ == I1:
        return np.dtype(np.bool_)
    if type_ == BF16:
        return np.dtype(np.uint16)
    return np.dtype(f"{_LETTER[type_.kind]}{type_.size}")


def widen(values: Array, type_: Type) -> Array:
    """Floats of `type_` as float64, exactly."""
    if type_ == BF16:
        return (values.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return values.astype(np.float64)


def narrow(values: Array, type_: Type, rounding: str = "rn", err: Array | None = None) -> Array:
    """Float64 `values` rounded to the float type `type_`.

    `err` has the sign of (exact value - `values`), 0 where `values` is exact.
    """
    if type_ == F64:
        return values if err is None or rounding == "rn" else _directed(values, err, rounding)
    if err is not None:
        values = _to_odd(values, err)
    if type_ == BF16:
        return _narrow_bf16(values, rounding)
    dtype = np.dtype(np.float32 if type_ == F32 else np.float16)
    near = values.astype(dtype)
    if rounding == "rn":
        return near
    return _directed(near, values - near.astype(np.float64), rounding)


def _directed(near: Array, err: Array, rounding: str) -> Array:
    """`near`, moved one place where it lies on the wrong side of the exact value.

    An infinity made from a finite value has an infinite `err`, so it moves back where it should.
    """
    dtype = near.dtype.type
    if rounding == "rz":
        wrong = np.where(near > 0, err < 0, err > 0) & (near != 0)
        return np.where(wrong, np.nextafter(near, dtype(0)), near)
    if rounding == "ru":
        return np.where(err > 0, np.nextafter(near, dtype(np.inf)), near)
    return np.where(err < 0, np.nextafter(near, dtype(-np.inf)), near)


def _to_odd(values: Array, err: Array) -> Array:
    """Inexact values with an even last bit move to the odd neighbour on the exact value's side."""
    even = (values.view(np.uint64) & np.uint64(1)) == 0
    moved = np.nextafter(values, np.where(err > 0, np.inf, -np.inf))
    return np.where(even & (err != 0) & np.isfinite(values), moved, values)


def _narrow_bf16(values: Array, rounding: str) -> Array:
    single = narrow(values, F32, "rz")
    odd = single.view(np.uint32) | (single.astype(np.float64) != values).astype(np.uint32)
    bits = np.where(np.isnan(values), np.uint32(0x7FC00000), odd)
    sign = np.signbit(values)
    low = bits & np.uint32(0xFFFF)
    up = {
        "rn": np.uint32(0x7FFF) + ((bits >> 16) & np.uint32(1)),
        "rz": np.zeros_like(bits),
        "ru": np.where(sign, np.uint32(0), np.uint32(0xFFFF)),
        "rd": np.where(sign, np.uint32(0xFFFF), np.uint32(0)),
    }[rounding]
    up = np.where((low == 0) | np.isnan(values), np.uint32(0), up)
    rounded: Array = (bits + up) >> 16
    return rounded.astype(np.uint16)


def from_integers(values: Array, type_: Type, rounding: str = "rn") -> Array:
    """Integers converted to the float type `type_`."""
    near = values.astype(np.float64)
    if values.dtype.itemsize < 8:
        return narrow(near, type_, rounding)
    # 2**63 and 2**64 do not fit back; nothing rounded up to them was above them.
    signed = values.dtype.kind == "i"
    limit = 2.0**63 if signed else 2.0**64
    top = near >= limit
    back = np.where(top, 0.0, near).astype(values.dtype)
    err = np.where(top, -1.0, np.sign((values > back).astype(np.int8) - (values < back)))
    return narrow(near, type_, rounding, err)


def to_integers(values: Array, type_: Type, rounding: str = "rz") -> Array:
    """Float64 `values` converted to the integer type `type_`: saturating, NaN gives 0."""
    whole = {"rz": np.trunc, "rn": np.rint, "ru": np.ceil, "rd": np.floor}[rounding](values)
    dtype = dtype_of(type_)
    info = np.iinfo(dtype)
    high = whole >= float(info.max) if dtype.itemsize == 8 else whole > info.max
    low = whole < info.min
    inside = np.where(high | low | np.isnan(whole), 0.0, whole).astype(dtype)
    return np.where(high, dtype.type(info.max), np.where(low, dtype.type(info.min), inside))
