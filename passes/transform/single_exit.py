"""One `return` per device function, at its end, so that calls can be replaced by bodies.

`if (c) return a; rest` becomes `if (c) {a} else {rest}`. Where a side may but need not return, a
flag says so and the rest is guarded by it; out of a loop a return is a `break` and a look at the
flag behind the loop. Value and flag live in local variables that `promote` takes away again.
Kernels keep their returns: there a return ends the thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from ...ir.constants import constant
from ...ir.dtypes import I1, I32, Pointer, Space, Type
from ...ir.nodes import Func, Module, Op, Region, Value, walk
from ...ir.source import Span
from ..pipeline import FuncPass, PassContext
from ..rewriter import Rewriter


@dataclass(frozen=True)
class SingleExit(FuncPass):
    """Leave device functions with a single `return`, the last operation of the body."""

    name: ClassVar[str] = "single-exit"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        early = any(op.name == "return" for outer in func.body.ops for op in _inside(outer))
        return func if func.is_kernel or not early else _SingleExit(func).rewritten()


def _inside(op: Op) -> list[Op]:
    return [inner for region in op.regions for inner in walk(region)]


class _Flow(Enum):
    """Whether the way through some operations ends in a return."""

    NEVER = 0
    MAYBE = 1
    ALWAYS = 2


class _SingleExit(Rewriter):
    def __init__(self, func: Func) -> None:
        super().__init__()
        self.old = func
        self.returning = {
            op
            for op in walk(func.body)
            if op.regions and any(inner.name == "return" for inner in _inside(op))
        }
        self.done = Value(Pointer(I1, Space.LOCAL), "returned")
        self.result: Value | None = None
        if func.result is not None:
            self.result = Value(Pointer(func.result, Space.LOCAL), "result")
        self.loop: tuple[Type, ...] | None = None
        """Types that a `break` of the current loop carries; None outside loops."""

    def rewritten(self) -> Func:
        span = self.old.span
        for pointer in (self.result, self.done):
            if pointer is not None:
                self.out.append(Op("alloca", (), {"count": 1}, (), (pointer,), span))
        self._store(self.done, self.constant(False, I1, span), span)
        self.sequence(self.old.body.ops)
        last = self.out.pop()  # the yield of nothing that stands for the function's end
        values: tuple[Value, ...] = ()
        if last.name == "unreachable":
            self.out.append(last)
            return self.old.with_body(Region((), tuple(self.out)))
        if self.result is not None:
            assert self.old.result is not None, "a result variable has the function's type"
            values = (self._load(self.result, self.old.result, span),)
        self.out.append(Op("return", values, {}, (), (), last.span))
        return self.old.with_body(Region((), tuple(self.out)))

    def sequence(self, ops: Sequence[Op]) -> _Flow:
        """Append what `ops`, up to a region's terminator, become; in the place of a return at the
        function's top level stands a `yield` of nothing."""
        flow = _Flow.NEVER
        for i, op in enumerate(ops):
            if op.name == "return":
                self._leave(op)
                return _Flow.ALWAYS
            if op not in self.returning:
                self.visit(op)
                continue
            new, inner = self._structured(op)
            rest = ops[i + 1 :]
            if op.name == "if" and self.loop is None:
                return self._if_then_rest(op, new, inner, rest)
            self.out.append(new)
            if op.name != "if":
                if self.loop is None:
                    return self._guarded(rest, op.span)
                self._leave_outer_loop(op.span)
            flow = _Flow.MAYBE
        return _Flow.ALWAYS if ops[-1].name == "unreachable" else flow

    def _leave(self, op: Op) -> None:
        if self.result is not None:
            self._store(self.result, self.value(op.operands[0]), op.span)
        self._store(self.done, self.constant(True, I1, op.span), op.span)
        if self.loop is None:
            self.out.append(Op("yield", (), {}, (), (), op.span))
        else:
            self.out.append(Op("break", self._zeros(self.loop, op.span), {}, (), (), op.span))

    def _structured(self, op: Op) -> tuple[Op, list[_Flow]]:
        operands = self.operands(op)
        saved = self.loop
        if op.name != "if":
            carried = op.operands[3:] if op.name == "for" else op.operands
            self.loop = tuple(v.type for v in carried)
        regions: list[Region] = []
        flows: list[_Flow] = []
        for region in op.regions:
            outer, self.out = self.out, []
            flow = self.sequence(region.ops)
            if op.name == "if" and flow is _Flow.ALWAYS and self.loop is None:
                self._yield_zeros(op)
            regions.append(Region(region.args, tuple(self.out)))
            leaves = self.out[-1].name in ("unreachable", "break", "continue")
            flows.append(_Flow.ALWAYS if leaves else flow)
            self.out = outer
        self.loop = saved
        return op.with_(operands=operands, regions=tuple(regions)), flows

    def _yield_zeros(self, op: Op) -> None:
        """Let the side that ends here yield values of the types of `op`'s results."""
        last = self.out.pop()
        if last.name == "yield":
            types = tuple(v.type for v in op.results)
            last = last.with_(operands=self._zeros(types, last.span))
        self.out.append(last)

    def _if_then_rest(self, op: Op, new: Op, flows: list[_Flow], rest: Sequence[Op]) -> _Flow:
        if flows == [_Flow.ALWAYS, _Flow.ALWAYS]:
            self.out.append(new)
            self.out.append(Op("yield", (), {}, (), (), op.span))
            return _Flow.ALWAYS
        if _Flow.ALWAYS in flows and _Flow.NEVER in flows:
            return self._rest_into_side(new, flows.index(_Flow.NEVER), rest)
        self.out.append(new)
        return self._guarded(rest, op.span)

    def _rest_into_side(self, new: Op, side: int, rest: Sequence[Op]) -> _Flow:
        """Continue with `rest` in the side of `new` that does not return."""
        region = new.regions[side]
        outer, self.out = self.out, list(region.ops[:-1])
        for old, value in zip(new.results, region.ops[-1].operands, strict=True):
            self.replace(old, value)
        flow = self.sequence(rest)
        inner, self.out = self.out, outer
        other = new.regions[1 - side]
        self._join(new, side, inner, list(other.ops), new.span)
        return _Flow.ALWAYS if flow is _Flow.ALWAYS else _Flow.MAYBE

    def _guarded(self, rest: Sequence[Op], span: Span) -> _Flow:
        """`rest` where nothing has returned yet."""
        condition = self._load(self.done, I1, span)
        outer, self.out = self.out, []
        self.sequence(rest)
        inner, self.out = self.out, outer
        skip = Op("yield", (), {}, (), (), span)
        empty = (Region((), (skip,)), Region((), (skip,)))
        guard = Op("if", (condition,), {}, empty, (), span)
        self._join(guard, 1, inner, [skip], span)
        return _Flow.MAYBE

    def _join(self, new: Op, side: int, inner: list[Op], other: list[Op], span: Span) -> None:
        """Append `new` with `inner` as one side; hand on what `inner` yields, zeros otherwise."""
        last = inner[-1]
        types = tuple(v.type for v in last.operands) if last.name == "yield" else ()
        if other[-1].name == "yield":
            outer, self.out = self.out, other[:-1]
            zeros = self._zeros(types, span)
            other = [*self.out, other[-1].with_(operands=zeros)]
            self.out = outer
        results = tuple(Value(t) for t in types)
        sides = [Region((), tuple(inner)), Region((), tuple(other))]
        regions = tuple(sides if side == 0 else reversed(sides))
        self.out.append(new.with_(regions=regions, results=results))
        self.out.append(Op("yield", results, {}, (), (), span))

    def _leave_outer_loop(self, span: Span) -> None:
        assert self.loop is not None, "inside a loop"
        condition = self._load(self.done, I1, span)
        outer, self.out = self.out, []
        self.out.append(Op("break", self._zeros(self.loop, span), {}, (), (), span))
        leave = Region((), tuple(self.out))
        self.out = outer
        stay = Region((), (Op("yield", (), {}, (), (), span),))
        self.out.append(Op("if", (condition,), {}, (leave, stay), (), span))

    def _zeros(self, types: tuple[Type, ...], span: Span) -> tuple[Value, ...]:
        return tuple(self.constant(constant(0, t), t, span) for t in types)

    def _store(self, pointer: Value, value: Value, span: Span) -> None:
        index = self.constant(0, I32, span)
        self.out.append(Op("store", (pointer, index, value), {}, (), (), span))

    def _load(self, pointer: Value, type_: Type, span: Span) -> Value:
        return self.emit("load", (pointer, self.constant(0, I32, span)), type_, span)
