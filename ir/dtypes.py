"""The types of IR values and of memory: scalars, pointers, records.

Only scalars and pointers are SSA values. Records (C++ classes, CUDA vector types) and arrays
exist in memory alone: a variable of record type is an `alloca`, an assignment of records a
`copy`. That keeps unions, bit casts and memcpy exact without special cases; the promotion pass
takes the scalars out of memory again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What the bits of a scalar mean."""

    BOOL = "bool"
    SIGNED = "signed"
    UNSIGNED = "unsigned"
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number: `i1`, `i8` ... `u64`, `f16`, `bf16`, `f32`, `f64`. Integers wrap."""

    name: str
    kind: Kind
    bits: int

    def __str__(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        """Bytes in memory; a bool takes one."""
        return self.bits + 7 >> 3

    @property
    def is_float(self) -> bool:
        return self.kind is Kind.FLOAT

    @property
    def is_integer(self) -> bool:
        """True for integers and bool."""
        return self.kind is not Kind.FLOAT

    @property
    def is_signed(self) -> bool:
        return self.kind in (Kind.SIGNED, Kind.FLOAT)


I1 = Scalar("i1", Kind.BOOL, 1)
I8 = Scalar("i8", Kind.SIGNED, 8)
U8 = Scalar("u8", Kind.UNSIGNED, 8)
I16 = Scalar("i16", Kind.SIGNED, 16)
U16 = Scalar("u16", Kind.UNSIGNED, 16)
I32 = Scalar("i32", Kind.SIGNED, 32)
U32 = Scalar("u32", Kind.UNSIGNED, 32)
I64 = Scalar("i64", Kind.SIGNED, 64)
U64 = Scalar("u64", Kind.UNSIGNED, 64)
F16 = Scalar("f16", Kind.FLOAT, 16)
BF16 = Scalar("bf16", Kind.FLOAT, 16)
F32 = Scalar("f32", Kind.FLOAT, 32)
F64 = Scalar("f64", Kind.FLOAT, 64)
SCALARS: dict[str, Scalar] = {
    s.name: s for s in (I1, I8, U8, I16, U16, I32, U32, I64, U64, F16, BF16, F32, F64)
}


class Space(Enum):
    """Where a pointer points. GENERIC: not known (yet) which of the others."""

    GENERIC = "generic"
    GLOBAL = "global"
    SHARED = "shared"
    LOCAL = "local"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Field:
    """A record's member: `count` elements of `type` at byte `offset` (count 1: a plain member)."""

    name: str
    type: MemoryType
    offset: int
    count: int = 1
    is_array: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A C++ class or union as memory: size and alignment in bytes, members with their offsets."""

    name: str
    size: int
    align: int
    fields: tuple[Field, ...] = ()

    def __str__(self) -> str:
        return f"!{self.name}"

    def field(self, name: str) -> Field:
        """The member called `name`. Raises KeyError where there is none."""
        for member in self.fields:
            if member.name == name:
                return member
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Void:
    """The pointee of `void*`; counts as one byte in pointer arithmetic."""

    def __str__(self) -> str:
        return "void"

    @property
    def size(self) -> int:
        return 1


VOID = Void()


@dataclass(frozen=True, slots=True)
class Pointer:
    """A 64-bit address of elements of `elem` in `space`. Text form: `ptr<f32, global>`."""

    elem: MemoryType
    space: Space = Space.GENERIC

    def __str__(self) -> str:
        return f"ptr<{self.elem}, {self.space.value}>"

    @property
    def size(self) -> int:
        return 8


Type = Scalar | Pointer
"""The type of an SSA value."""
MemoryType = Scalar | Pointer | Record | Void
"""The type of something in memory."""


def size_of(type_: MemoryType) -> int:
    """Bytes that one element takes in memory."""
    return type_.size


def align_of(type_: MemoryType) -> int:
    """Natural alignment in bytes."""
    return type_.align if isinstance(type_, Record) else type_.size
