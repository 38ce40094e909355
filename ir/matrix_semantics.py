"""The meaning of the tensor operations of a warp, on registers as arrays of (warps, 32 lanes).

A product's sums are made one after the other in f32, from C on, in the order of k. Hardware adds
in an order (and with intermediate rounding) that nobody documents; `runtime/tolerances.py` has
the allowance for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .matrix_fragments import COLUMNS, ELEMENTS, ROWS, WARP, Product, a_place, b_place, c_place
from .rounding import Array


def _decoded(register: Array, element: str) -> list[Array]:
    """The elements of 32-bit registers, the lowest first, as f32 or i32."""
    words = register.astype(np.uint32)
    if element == "tf32":
        return [(words & np.uint32(0xFFFFE000)).view(np.float32)]
    bits = ELEMENTS[element].bits
    parts = [words >> np.uint32(bits * i) & np.uint32((1 << bits) - 1) for i in range(32 // bits)]
    return [_DECODERS[element](part) for part in parts]


def _e4m3(part: Array) -> Array:
    exponent, fraction = part >> 3 & 15, (part & 7).astype(np.float32)
    sign = np.where(part & 128, np.float32(-1), np.float32(1))
    small = fraction * np.float32(2.0**-9)
    power = np.ldexp(np.float32(1), exponent.astype(np.int32) - 10).astype(np.float32)
    normal = (np.float32(8) + fraction) * power
    size = np.where(exponent == 0, small, normal)
    value = np.where((part & 127) == 127, np.float32(np.nan), size)
    return np.asarray(sign * value, dtype=np.float32)


_DECODERS: Mapping[str, Callable[[Array], Array]] = {
    "f16": lambda part: part.astype(np.uint16).view(np.float16).astype(np.float32),
    "bf16": lambda part: (part << np.uint32(16)).view(np.float32),
    "e4m3": _e4m3,
    "e5m2": lambda part: (part << 8).astype(np.uint16).view(np.float16).astype(np.float32),
    "s8": lambda part: part.astype(np.uint8).view(np.int8).astype(np.int32),
    "u8": lambda part: part.astype(np.int32),
}


def multiply(product: Product, registers: Sequence[Array]) -> list[Array]:
    """The registers of D from those of A, B, C."""
    split = product.a_registers + product.b_registers
    warps = len(registers[0])
    number = np.int32 if product.accumulator == "s32" else np.float32
    a = np.zeros((warps, ROWS, product.depth), dtype=number)
    b = np.zeros((warps, product.depth, COLUMNS), dtype=number)
    for r in range(split):
        is_a = r < product.a_registers
        items = _decoded(registers[r], product.a if is_a else product.b)
        for i, item in enumerate(items):
            for lane in range(WARP):
                if is_a:
                    row, column = a_place(r, i, lane, len(items))
                    a[:, row, column] = item[:, lane]
                else:
                    row, column = b_place(r - product.a_registers, i, lane, len(items))
                    b[:, row, column] = item[:, lane]
    total: Array = np.zeros((warps, ROWS, COLUMNS), dtype=number)
    for i, item in enumerate(_accumulators(product, registers[split:])):
        for lane in range(WARP):
            row, column = c_place(i, lane)
            total[:, row, column] = item[:, lane]
    for k in range(product.depth):
        total = total + a[:, :, k, None] * b[:, None, k, :]
    items = []
    for i in range(4):
        places = [c_place(i, lane) for lane in range(WARP)]
        items.append(total[:, [p[0] for p in places], [p[1] for p in places]])
    return _packed(product, items)


def _accumulators(product: Product, registers: Sequence[Array]) -> list[Array]:
    """The four numbers of each lane."""
    if product.accumulator != "f16":
        return list(registers)
    return [half for register in registers for half in _decoded(register, "f16")]


def _packed(product: Product, items: Sequence[Array]) -> list[Array]:
    if product.accumulator != "f16":
        return list(items)
    halves = [item.astype(np.float16).view(np.uint16).astype(np.uint32) for item in items]
    return [halves[i] | halves[i + 1] << np.uint32(16) for i in (0, 2)]


def spread(rows: Array, transpose: bool) -> Array:
    """A lane's register from matrices of 16-bit elements (warps, 8, 8)."""
    matrix = rows.transpose(0, 2, 1) if transpose else rows
    lane = np.arange(WARP)
    low = matrix[:, lane // 4, 2 * (lane % 4)].astype(np.uint32)
    high = matrix[:, lane // 4, 2 * (lane % 4) + 1].astype(np.uint32)
    return np.asarray(low | high << np.uint32(16))


def gathered(register: Array, transpose: bool) -> Array:
    """The matrices (warps, 8, 8) whose elements lanes hold; the reverse of `spread`."""
    matrix = np.zeros((len(register), 8, 8), dtype=np.uint16)
    lane = np.arange(WARP)
    matrix[:, lane // 4, 2 * (lane % 4)] = register & np.uint32(0xFFFF)
    matrix[:, lane // 4, 2 * (lane % 4) + 1] = register >> np.uint32(16)
    return matrix.transpose(0, 2, 1) if transpose else matrix
