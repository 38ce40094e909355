"""CUDA functions that are rows of the builtin table: their overloads, and emitting them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ..ir.diagnostics import error
from ..ir.dtypes import I1, SCALARS, Pointer, Scalar
from ..ir.nodes import Attr, Value
from ..ir.ops import OPS
from ..ir.source import Span
from . import conversions
from .cpp_types import (
    VOID,
    PointerType,
    QType,
    basic,
    ir_type,
    is_pointer,
    is_void,
    pointer_to,
)
from .cuda_builtins import BUILTINS, Builtin
from .memory import value_of
from .state import Body
from .values import Ex


@dataclass(frozen=True, slots=True)
class Overload:
    """A row with its types resolved."""

    row: Builtin
    result: QType
    params: tuple[QType, ...]

    @property
    def name(self) -> str:
        return self.row.name


@cache
def parse_type(text: str) -> QType:
    """A type of the table: a fundamental type with `const`, `volatile` and `*`."""
    head, *stars = text.split("*")
    words = head.split()
    const, volatile = "const" in words, "volatile" in words
    name = " ".join(w for w in words if w not in ("const", "volatile"))
    type_ = basic(name).qualified(const=const, volatile=volatile)
    for _ in stars:
        type_ = pointer_to(type_)
    return type_


@cache
def overloads_of(name: str) -> tuple[Overload, ...]:
    """All overloads of a CUDA function in the table; none where it has no row."""
    found: list[Overload] = []
    for row in BUILTINS.get(name, ()):
        for type_ in row.types or ("",):
            found.append(
                Overload(
                    row,
                    parse_type(_with(row.result, type_)),
                    tuple(parse_type(_with(p, type_)) for p in row.params),
                )
            )
    return tuple(found)


def _with(text: str, type_: str) -> str:
    return " ".join(type_ if w == "T" else w for w in text.replace("*", " * ").split())


def emit(fn: Body, overload: Overload, args: list[conversions.Arg], span: Span) -> Ex:
    """The operation of a row, applied to converted arguments."""
    row = overload.row
    given = [
        conversions.convert(fn, arg, param, span)
        for arg, param in zip(args, overload.params, strict=False)
    ]
    missing = len(overload.params) - len(given)
    defaults = row.defaults[len(row.defaults) - missing :] if missing else ()
    for value, param in zip(defaults, overload.params[len(given) :], strict=True):
        given.append(Ex(param.bare, constant=value))
    if row.op == "nothing":
        return Ex(VOID)
    if row.op == "value":
        return conversions.change_scalar(fn, given[0], overload.result)
    return _emit_op(fn, overload, _operands(fn, overload, given))


def _operands(fn: Body, overload: Overload, given: list[Ex]) -> list[Value]:
    row = OPS[overload.row.op]
    slots = list(row.operands)
    operands: list[Value] = []
    for constant in overload.row.before:
        slot = slots[len(operands)]
        operands.append(fn.b.const(constant, SCALARS[slot]))
    if not slots:
        return operands
    for ex in given:
        slot = slots[min(len(operands), len(slots) - 1)]
        if is_pointer(ex.type) and slot.endswith("ptr"):
            operands += _pointer_operands(fn, ex)
            continue
        value = value_of(fn, ex)
        wanted = SCALARS.get(slot)
        operands.append(value if wanted is None else fn.b.cast(value, wanted))
    return _unified(fn, overload, slots, operands)


def _unified(fn: Body, overload: Overload, slots: list[str], operands: list[Value]) -> list[Value]:
    """Operands that must have one type get that of the result (`max(int, unsigned)`)."""
    variables = [s.split(":")[0] for s in slots]
    shared = {v for v in variables if variables.count(v) > 1 and v.isupper()}
    wanted = None if is_void(overload.result) else ir_type(overload.result)
    if not isinstance(wanted, Scalar) or OPS[overload.row.op].result not in shared:
        return operands
    return [
        fn.b.cast(value, wanted)
        if index < len(variables) and variables[index] in shared and isinstance(value.type, Scalar)
        else value
        for index, value in enumerate(operands)
    ]


def _pointer_operands(fn: Body, ex: Ex) -> list[Value]:
    """Pointer and index; `&p[i]` and `p + i` give both."""
    if ex.address is not None and ex.address.bits is None:
        place = ex.address
        index = place.index if place.index is not None else fn.b.i32(0)
        return [place.pointer, index]
    return [value_of(fn, ex), fn.b.i32(0)]


def _emit_op(fn: Body, overload: Overload, operands: list[Value]) -> Ex:
    row = overload.row
    attrs: Mapping[str, Attr] = _attrs(overload)
    if OPS[row.op].result == "":
        fn.effect(row.op, operands, attrs)
        return Ex(overload.result)
    wanted = None if is_void(overload.result) else ir_type(overload.result)
    explicit = wanted
    if row.op == "vote" and row.attrs.get("op") != "ballot":
        explicit = I1
    if row.op == "load":
        assert isinstance(operands[0].type, Pointer)
        elem = operands[0].type.elem
        assert isinstance(elem, Scalar | Pointer)
        explicit = elem
    value = fn.emit(row.op, operands, attrs, explicit)
    if is_void(overload.result):
        return Ex(VOID)
    if isinstance(wanted, Scalar) and value.type != wanted:
        value = fn.b.cast(value, wanted)
    return Ex(overload.result.bare, value=value)


def _attrs(overload: Overload) -> dict[str, Attr]:
    attrs = dict(overload.row.attrs)
    first = overload.params[0] if overload.params else VOID
    if isinstance(first.type, PointerType) and first.type.target.volatile:
        attrs["volatile"] = True
    return attrs


def refuse(name: str, what: str, span: Span) -> Exception:
    return error("ASC0410", f"'{name}' ({what}) is not supported", span)
