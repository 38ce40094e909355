"""How the matrices of the warp's tensor operations are spread over its lanes: the layouts of PTX.

Operation `mma` multiplies A (m x k) by B (k x n) and adds C (m x n). Each lane holds some
registers of each; lane `4 * g + t` (g 0..7, t 0..3) has, with `e` elements to a 32-bit register,
  A: register r: row g + 8 (r % 2), columns 4 e (r / 2) + e t ... + e - 1
  B: register r: rows 4 e r + e t ... + e - 1 of column g
  C and D: rows g and g + 8, columns 2 t and 2 t + 1: two per register where they are halves.
(PTX ISA, "Matrix fragments for mma.m16n8k..."). `load_matrix` and `store_matrix` move 8 x 8
matrices of 16-bit elements: lane `4 g + t` has columns 2 t and 2 t + 1 of row g, or, transposed,
rows 2 t and 2 t + 1 of column g.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .dtypes import F32, I32, U32, Scalar

ROWS, COLUMNS = 16, 8
"""m and n of every shape."""
WARP = 32


@dataclass(frozen=True, slots=True)
class Element:
    """A type of A's and B's elements: bits in a register, and what they accumulate into."""

    bits: int
    accumulators: tuple[str, ...]
    depths: tuple[int, ...]
    """The k that there are."""


ELEMENTS: Mapping[str, Element] = {
    "f16": Element(16, ("f32", "f16"), (8, 16)),
    "bf16": Element(16, ("f32",), (8, 16)),
    "tf32": Element(32, ("f32",), (4, 8)),
    "e4m3": Element(8, ("f32", "f16"), (16, 32)),
    "e5m2": Element(8, ("f32", "f16"), (16, 32)),
    "s8": Element(8, ("s32",), (16, 32)),
    "u8": Element(8, ("s32",), (16, 32)),
}

ACCUMULATORS: Mapping[str, tuple[Scalar, int]] = {"f32": (F32, 4), "f16": (U32, 2), "s32": (I32, 4)}
"""The registers of C and D: their type, and how many a lane has."""


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of `mma`."""

    depth: int
    a: str
    b: str
    accumulator: str

    @property
    def a_registers(self) -> int:
        return 2 * self.b_registers

    @property
    def b_registers(self) -> int:
        return self.depth * ELEMENTS[self.b].bits // 128

    @property
    def c_registers(self) -> int:
        return ACCUMULATORS[self.accumulator][1]

    @property
    def c_type(self) -> Scalar:
        return ACCUMULATORS[self.accumulator][0]

    @property
    def shape(self) -> str:
        return f"m{ROWS}n{COLUMNS}k{self.depth}"

    @property
    def name(self) -> str:
        return f"{self.shape}_{self.a}_{self.b}_{self.accumulator}"


def products() -> Iterator[Product]:
    """Every kind there is. A and B have one type, but for signed and unsigned bytes and for the
    two 8-bit floats, which mix."""
    for a, element in ELEMENTS.items():
        for b, other in ELEMENTS.items():
            if a != b and (element.bits != 8 or element != other):
                continue
            for accumulator in element.accumulators:
                for depth in element.depths:
                    yield Product(depth, a, b, accumulator)


PRODUCTS: Mapping[str, Product] = {item.name: item for item in products()}
"""By name, which is what attribute `kind` of `mma` says: `m16n8k16_f16_f16_f32`."""


def a_place(register: int, element: int, lane: int, per_register: int) -> tuple[int, int]:
    """Row and column in A of an element of a lane's register."""
    group, within = divmod(lane, 4)
    column = (register // 2) * 4 * per_register + within * per_register + element
    return group + 8 * (register % 2), column


def b_place(register: int, element: int, lane: int, per_register: int) -> tuple[int, int]:
    """Row and column in B of an element of a lane's register."""
    group, within = divmod(lane, 4)
    return register * 4 * per_register + within * per_register + element, group


def c_place(item: int, lane: int) -> tuple[int, int]:
    """Row and column in C of a lane's number `item` of four."""
    group, within = divmod(lane, 4)
    return group + 8 * (item // 2), 2 * within + item % 2
