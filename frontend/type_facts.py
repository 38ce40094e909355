"""What only a compiler knows of a type: the constants that `prelude/type_traits.cuh` builds
`<type_traits>` on, by the names of their templates there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..ir.source import Span
from . import classes
from .cpp_types import (
    BOOL,
    INT,
    ArrayType,
    Basic,
    EnumType,
    FunctionType,
    QType,
    Reference,
    class_of,
    is_void,
)
from .entities import ClassInfo
from .state import Program
from .values import Ex, constant

Fact = Callable[[Program, Sequence[QType], Span], bool | int]

_INTEGERS = (
    "bool", "char", "signed char", "unsigned char", "short", "unsigned short", "int",
    "unsigned int", "long", "unsigned long", "long long", "unsigned long long", "wchar_t",
    "char16_t", "char32_t",
)  # fmt: skip


def fact(program: Program, name: str, args: Sequence[object], span: Span) -> Ex | None:
    """The constant of that name for these types; None where `name` is none of them."""
    found = FACTS.get(name)
    types = [a for a in args if isinstance(a, QType)]
    if found is None or len(types) != len(args):
        return None
    value = found(program, types, span)
    return constant(BOOL if isinstance(value, bool) else INT, value)


def _complete(program: Program, type_: QType, span: Span) -> ClassInfo | None:
    info = class_of(type_)
    if info is not None:
        classes.complete(program, info, span)
    return info


def _is_class(program: Program, types: Sequence[QType], span: Span) -> bool:
    info = class_of(types[0])
    return info is not None and info.key != "union"


def _is_union(program: Program, types: Sequence[QType], span: Span) -> bool:
    info = class_of(types[0])
    return info is not None and info.key == "union"


def _is_enum(program: Program, types: Sequence[QType], span: Span) -> bool:
    return isinstance(types[0].type, EnumType)


def _underlying(program: Program, types: Sequence[QType], span: Span) -> int:
    type_ = types[0].type
    if not isinstance(type_, EnumType):
        return -1
    base = type_.info.underlying.type
    return _INTEGERS.index(base.name) if isinstance(base, Basic) else -1


def _is_empty(program: Program, types: Sequence[QType], span: Span) -> bool:
    info = _complete(program, types[0], span)
    return info is not None and info.key != "union" and not _has_members(info)


def _has_members(info: ClassInfo) -> bool:
    return bool(info.fields) or any(_has_members(base.info) for base in info.bases)


def _is_function(program: Program, types: Sequence[QType], span: Span) -> bool:
    return isinstance(types[0].type, FunctionType)


def _copies_bytes(program: Program, types: Sequence[QType], span: Span) -> bool:
    type_ = types[0]
    while isinstance(type_.type, ArrayType):
        type_ = type_.type.element
    if isinstance(type_.type, Reference | FunctionType) or is_void(type_):
        return False
    info = _complete(program, type_, span)
    if info is None:
        return True
    return classes.copy_constructor(program, info, False) is None and classes.copies_bytes(
        program, info
    )


def _is_aggregate(program: Program, types: Sequence[QType], span: Span) -> bool:
    if isinstance(types[0].type, ArrayType):
        return True
    info = _complete(program, types[0], span)
    return info is not None and not info.constructors


def _is_base_of(program: Program, types: Sequence[QType], span: Span) -> bool:
    base, derived = class_of(types[0]), _complete(program, types[1], span)
    if base is None or derived is None or base.key == "union":
        return False
    return _derives(derived, base)


def _derives(derived: ClassInfo, base: ClassInfo) -> bool:
    return derived is base or any(_derives(part.info, base) for part in derived.bases)


FACTS: Mapping[str, Fact] = {
    "__ascendify_is_class": _is_class,
    "__ascendify_is_union": _is_union,
    "__ascendify_is_enum": _is_enum,
    "__ascendify_is_empty": _is_empty,
    "__ascendify_is_function": _is_function,
    "__ascendify_copies_bytes": _copies_bytes,
    "__ascendify_is_aggregate": _is_aggregate,
    "__ascendify_is_base_of": _is_base_of,
    "__ascendify_underlying": _underlying,
}
