"""Building IR: an insertion point, a current span, one method per shape of operation.

A `Builder` collects operations into a list; regions are built by nested builders
(`builder.region(args)`) and closed by `finish`. The span of an operation is the builder's
current one (`with builder.at(span):`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .constants import constant
from .diagnostics import InternalError
from .dtypes import I1, I32, I64, SCALARS, U32, U64, MemoryType, Pointer, Scalar, Space, Type
from .nodes import Attr, Op, Region, Value
from .ops import OPS, TERMINATORS
from .source import NOWHERE, Span


def result_type(name: str, operands: Sequence[Value], explicit: Type | None) -> Type | None:
    """The result type that the table gives operation `name`; `explicit` where it says so."""
    row = OPS[name]
    if row.result == "explicit":
        return explicit
    if row.result == "":
        return None
    if row.result in SCALARS:
        return SCALARS[row.result]
    for slot, operand in zip(row.operands, operands, strict=False):
        if slot.split(":")[0] == row.result:
            return operand.type
    raise InternalError(f"operation {name}: no operand binds {row.result}")


class Builder:
    """Appends operations to one region."""

    def __init__(self, span: Span = NOWHERE) -> None:
        self.ops: list[Op] = []
        self.span = span

    @contextmanager
    def at(self, span: Span) -> Iterator[None]:
        """Operations made inside get `span`."""
        saved, self.span = self.span, span
        try:
            yield
        finally:
            self.span = saved

    @property
    def terminated(self) -> bool:
        """Whether the region already ends in a terminator."""
        return bool(self.ops) and self.ops[-1].name in TERMINATORS

    def append(self, op: Op) -> Op:
        self.ops.append(op)
        return op

    def op(
        self,
        name: str,
        /,
        *operands: Value,
        type: Type | None = None,
        hint: str = "",
        **attrs: Attr,
    ) -> Value:
        """Append an operation with one result; returns it. `type` where the table says explicit."""
        result = result_type(name, operands, type)
        if result is None:
            raise InternalError(f"operation {name} has no result", self.span)
        value = Value(result, hint)
        self.ops.append(Op(name, operands, attrs, (), (value,), self.span))
        return value

    def do(self, name: str, /, *operands: Value, **attrs: Attr) -> Op:
        """An operation without results."""
        return self.append(Op(name, operands, attrs, (), (), self.span))

    def structured(
        self,
        name: str,
        operands: Sequence[Value],
        regions: Sequence[Region],
        results: Sequence[Value] = (),
        **attrs: Attr,
    ) -> Op:
        """`if`, `for`, `loop`, `thread_loop` with finished regions."""
        return self.append(
            Op(name, tuple(operands), attrs, tuple(regions), tuple(results), self.span)
        )

    def finish(
        self, args: Sequence[Value] = (), *values: Value, terminator: str = "yield"
    ) -> Region:
        """The region built so far; a missing terminator becomes `yield values`."""
        if not self.terminated:
            self.do(terminator, *values)
        return Region(tuple(args), tuple(self.ops))

    def nested(self) -> Builder:
        """A builder for a region inside this one, at the same span."""
        return Builder(self.span)

    # Shorthands

    def const(self, value: int | float | bool, type: Scalar | Pointer) -> Value:
        """A constant; `value` is wrapped or rounded to what `type` can hold."""
        return self.op("const", type=type, value=constant(value, type))

    def i32(self, value: int) -> Value:
        return self.const(value, I32)

    def i64(self, value: int) -> Value:
        return self.const(value, I64)

    def u32(self, value: int) -> Value:
        return self.const(value, U32)

    def u64(self, value: int) -> Value:
        return self.const(value, U64)

    def i1(self, value: bool) -> Value:
        return self.const(value, I1)

    def cmp(self, pred: str, lhs: Value, rhs: Value) -> Value:
        return self.op("cmp", lhs, rhs, pred=pred)

    def cast(self, value: Value, type: Scalar) -> Value:
        """Numeric conversion; nothing where the type is already right."""
        return value if value.type == type else self.op("cast", value, type=type, hint=value.name)

    def alloca(self, elem: MemoryType, count: int = 1, hint: str = "", **attrs: Attr) -> Value:
        return self.op("alloca", type=Pointer(elem, Space.LOCAL), hint=hint, count=count, **attrs)

    def load(self, pointer: Value, index: Value | int = 0, hint: str = "", **attrs: Attr) -> Value:
        at = self.i32(index) if isinstance(index, int) else index
        assert isinstance(pointer.type, Pointer), "load needs a pointer"
        elem = pointer.type.elem
        assert isinstance(elem, Scalar | Pointer), "only scalars and pointers are values"
        return self.op("load", pointer, at, type=elem, hint=hint, **attrs)

    def store(self, pointer: Value, index: Value | int, value: Value, **attrs: Attr) -> Op:
        at = self.i32(index) if isinstance(index, int) else index
        return self.do("store", pointer, at, value, **attrs)
