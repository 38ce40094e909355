"""Rebuilding frozen regions: a substitution of values and a walk that an own `visit` steers.

A `Rewriter` walks a region in program order and appends the new operations to `out`. Definitions
come before uses in structured IR, so one forward walk sees every value's replacement before its
first use. Operations and regions in which nothing changed are kept as the same objects: "did
anything happen" is an `is`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..ir.builder import Builder
from ..ir.dtypes import Pointer, Scalar, Type
from ..ir.nodes import Attr, Func, Op, Region, Value
from ..ir.ops import TERMINATORS
from ..ir.source import Span


class Rewriter:
    """The identity rewriting; subclasses override `visit`."""

    def __init__(self) -> None:
        self.values: dict[Value, Value] = {}
        """Old value -> what stands for it now; values that are not keys stand for themselves."""
        self.out: list[Op] = []
        """The operations of the region being built."""

    # What subclasses use

    def visit(self, op: Op) -> None:
        """Append what `op` becomes to `out`. The default: itself with new operands."""
        self.out.append(self.rebuilt(op))

    def value(self, value: Value) -> Value:
        return self.values.get(value, value)

    def replace(self, old: Value, new: Value) -> None:
        self.values[old] = new

    def operands(self, op: Op) -> tuple[Value, ...]:
        get = self.values.get
        return tuple([get(v, v) for v in op.operands])

    def rebuilt(self, op: Op) -> Op:
        """`op` with replaced operands and rewritten regions; itself where nothing changed."""
        operands = self.operands(op)
        regions = tuple([self.region(r) for r in op.regions]) if op.regions else op.regions
        if operands == op.operands and regions == op.regions:
            return op
        return Op(op.name, operands, op.attrs, regions, op.results, op.span)

    def region(self, region: Region) -> Region:
        """`region` rewritten; what follows a terminator that `visit` brought forward is dropped."""
        ops = self.collect(region.ops)
        if len(ops) == len(region.ops) and all(
            a is b for a, b in zip(ops, region.ops, strict=True)
        ):
            return region
        return Region(region.args, tuple(ops))

    def collect(self, ops: Iterable[Op]) -> list[Op]:
        """The rewritten `ops` as a new list; `out` stays as it was."""
        saved, self.out = self.out, []
        for op in ops:
            self.visit(op)
            if self.out and self.out[-1].name in TERMINATORS:
                break
        ops_out, self.out = self.out, saved
        return ops_out

    def emit(
        self,
        name: str,
        operands: tuple[Value, ...],
        type: Type,
        span: Span,
        attrs: Mapping[str, Attr] | None = None,
        hint: str = "",
    ) -> Value:
        """Append a new operation with one result; returns the result."""
        value = Value(type, hint)
        self.out.append(Op(name, operands, attrs or {}, (), (value,), span))
        return value

    def constant(self, value: int | float | bool, type: Scalar | Pointer, span: Span) -> Value:
        return self.emit("const", (), type, span, {"value": value})

    def builder(self, span: Span) -> Builder:
        """A builder that appends to `out`."""
        builder = Builder(span)
        builder.ops = self.out
        return builder

    def func(self, func: Func) -> Func:
        """`func` with its body rewritten."""
        body = self.region(func.body)
        return func if body is func.body else func.with_body(body)


class Cloner(Rewriter):
    """Copies regions with fresh values; values from outside the copied text stay, or are mapped."""

    def fresh(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        new = tuple([Value(v.type, v.name) for v in values])
        self.values.update(zip(values, new, strict=True))
        return new

    def visit(self, op: Op) -> None:
        operands = self.operands(op)
        regions = tuple([self.region(r) for r in op.regions])
        self.out.append(Op(op.name, operands, op.attrs, regions, self.fresh(op.results), op.span))

    def region(self, region: Region) -> Region:
        args = self.fresh(region.args)
        return Region(args, tuple(self.collect(region.ops)))


class Renamer(Rewriter):
    """Gives results and arguments other name hints."""

    def __init__(self, names: Mapping[Value, str]) -> None:
        super().__init__()
        self.names = names

    def visit(self, op: Op) -> None:
        new = self.rebuilt(op)
        if any(v in self.names for v in op.results):
            new = new.with_(results=self._renamed(op.results))
        self.out.append(new)

    def _renamed(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        for value in values:
            if value in self.names:
                self.replace(value, Value(value.type, self.names[value]))
        return tuple([self.value(v) for v in values])


def definitions(region: Region) -> dict[Value, Op]:
    """The operation that defines each result in `region` (arguments are not in it)."""
    found: dict[Value, Op] = {}
    stack = [region]
    while stack:
        for op in stack.pop().ops:
            for value in op.results:
                found[value] = op
            stack.extend(op.regions)
    return found


def constant_of(value: Value, defs: Mapping[Value, Op]) -> int | float | bool | None:
    """The number that `value` is, where a `const` defines it."""
    op = defs.get(value)
    if op is None or op.name != "const":
        return None
    number = op.attrs["value"]
    return number if isinstance(number, int | float) else None


def integer_of(value: Value, defs: Mapping[Value, Op]) -> int | None:
    """The integer that `value` is, where a `const` of integer type defines it."""
    number = constant_of(value, defs)
    return int(number) if isinstance(number, int) else None
