"""C spelling of types, declarations and records."""

from __future__ import annotations

from collections.abc import Mapping

from ..ir.dtypes import Field, MemoryType, Pointer, Record, Void, align_of
from .names import KEYWORDS, Names, identifier

SCALAR_NAMES: Mapping[str, str] = {
    "i1": "bool",
    **{f"i{bits}": f"int{bits}_t" for bits in (8, 16, 32, 64)},
    **{f"u{bits}": f"uint{bits}_t" for bits in (8, 16, 32, 64)},
    "f16": "ascendify_f16",
    "bf16": "ascendify_bf16",
    "f32": "float",
    "f64": "double",
}  # fmt: skip


class Types:
    """Names of types in one file; records get theirs when first asked for."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.records: dict[str, tuple[Record, str]] = {}
        """IR name -> record and C name, members before what holds them."""

    def record_name(self, record: Record) -> str:
        known = self.records.get(record.name)
        if known is not None:
            return known[1]
        for member in record.fields:
            inner = member.type
            if isinstance(inner, Record):
                self.record_name(inner)
        c_name = self.names.fresh(identifier(record.name, "record"))
        self.records[record.name] = (record, c_name)
        return c_name

    def text(self, type_: MemoryType, *, is_const: bool = False) -> str:
        """A type without declarator; `is_const` speaks of what a pointer points at."""
        if isinstance(type_, Pointer):
            inner = self.text(type_.elem)
            if is_const:
                inner = f"{inner}const" if inner.endswith("*") else f"const {inner}"
            return f"{inner}*" if inner.endswith("*") else f"{inner} *"
        if isinstance(type_, Record):
            return self.record_name(type_)
        return "void" if isinstance(type_, Void) else SCALAR_NAMES[type_.name]

    def declare(self, type_: MemoryType, name: str, *, is_const: bool = False) -> str:
        """`type name`, with the star at the name."""
        text = self.text(type_, is_const=is_const)
        return f"{text}{name}" if text.endswith("*") else f"{text} {name}"

    def pointer(self, elem: MemoryType, *, is_const: bool = False, volatile: bool = False) -> str:
        """The type of a pointer to `elem`."""
        text = self.text(Pointer(elem), is_const=is_const)
        return f"volatile {text}" if volatile else text

    # Records

    def definition(self, record: Record, c_name: str) -> list[str]:
        """The lines of a typedef with exactly the record's layout."""
        if is_natural(record):
            lines = [f"typedef struct {c_name} {{"]
            lines += [f"    {self._member(m)};" for m in record.fields]
        else:
            lines = [f"typedef union {c_name} {{", f"    uint8_t bytes[{max(record.size, 1)}];"]
            for i, m in enumerate(record.fields):
                pad = f"uint8_t pad{i}[{m.offset}]; " if m.offset else ""
                lines.append(f"    struct __attribute__((packed)) {{ {pad}{self._member(m)}; }};")
        natural = is_natural(record) and record.align == max(
            align_of(m.type) for m in record.fields
        )
        aligned = "" if natural else f"__attribute__((aligned({record.align}))) "
        lines.append(f"}} {aligned}{c_name};")
        lines.append(
            f'_Static_assert(sizeof({c_name}) == {max(record.size, 1)}, "layout of {c_name}");'
        )
        return lines

    def _member(self, member: Field) -> str:
        text = self.declare(member.type, member_name(member.name))
        return f"{text}[{member.count}]" if member.is_array else text


def member_name(name: str) -> str:
    """A member's name in C."""
    c_name = identifier(name, "member")
    return f"{c_name}_" if c_name in KEYWORDS else c_name


def is_natural(record: Record) -> bool:
    """Whether a C struct with the same members in order has the same layout."""
    if not record.fields or len({member_name(f.name) for f in record.fields}) < len(record.fields):
        return False
    end, align = 0, 1
    for member in record.fields:
        if member.count == 0:
            return False
        wanted = align_of(member.type)
        end = -(-end // wanted) * wanted
        if end != member.offset:
            return False
        end += member.type.size * member.count
        align = max(align, wanted)
    align = max(align, record.align)
    return -(-end // align) * align == record.size and record.align >= align
