"""Counting loops become `for`.

A `loop` whose condition compares one carried value with something that does not change, and whose
step adds something that does not change to it, is a `for` if the counter provably does not wrap.
Signed counters do not (overflow is undefined in the source); unsigned ones must have a step of 1
or bounds that leave room, where 64 bits always do: no bound comes near 2**64. Step operations for
the other carried values move to the end of the body and before each `continue`. A counter that is
used behind the loop stays a carried value besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ...ir.constants import constant
from ...ir.dtypes import I1, Scalar
from ...ir.nodes import Func, Module, Op, Region, Value, uses
from ...ir.ops import PURE
from ...ir.source import Span
from ..analysis.ranges import Ranges, type_range
from ..pipeline import FuncPass, PassContext
from ..rewriter import Cloner, Rewriter

_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "ne": "ne", "eq": "eq"}


@dataclass(frozen=True)
class NormalizeLoops(FuncPass):
    """Turn `loop`s that count into `for`s."""

    name: ClassVar[str] = "normalize-loops"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        return _NormalizeLoops(func, ctx.analysis(Ranges, func)).func(func)


@dataclass(frozen=True)
class _Bound:
    """`counter pred limit` in the loop's condition."""

    index: int
    """Which carried value counts."""
    pred: str
    limit: Value
    through: Scalar | None
    """The type that the counter is converted to before the comparison, if any."""


@dataclass(frozen=True)
class _Step:
    """What is added to the counter."""

    amount: Value
    subtracts: bool
    op: Op


class _NormalizeLoops(Rewriter):
    def __init__(self, func: Func, ranges: Ranges) -> None:
        super().__init__()
        self.ranges = ranges
        self.defs = ranges.defs
        self.uses = uses(func.body)

    def visit(self, op: Op) -> None:
        if op.name != "loop" or op.attrs.get("do_first"):
            self.out.append(self.rebuilt(op))
            return
        bound = self._bound(op)
        step = self._step(op, bound.index) if bound is not None else None
        if bound is None or step is None or not self._convert(op, bound, step):
            self.out.append(self.rebuilt(op))

    # Recognition, on the old operations

    def _bound(self, op: Op) -> _Bound | None:
        cond, body = op.regions[:2]
        last = cond.terminator
        if last.name != "condition" or last.operands[1:] != cond.args:
            return None
        if any(o.name not in PURE or o.regions for o in cond.ops[:-1]):
            return None
        compared = self.defs.get(last.operands[0])
        if compared is None or compared.name != "cmp" or compared not in cond.ops:
            return None
        a, b = compared.operands
        pred = str(compared.attrs["pred"])
        for side, limit, p in ((a, b, pred), (b, a, _MIRRORED[pred])):
            counter, through = self._uncast(side)
            if counter in cond.args and self._unchanging(limit, cond):
                index = cond.args.index(counter)
                if _is_integer(counter) and self._counter_kept(op, body, index):
                    return _Bound(index, p, limit, through)
        return None

    def _uncast(self, value: Value) -> tuple[Value, Scalar | None]:
        op = self.defs.get(value)
        if op is None or op.name != "cast" or not _is_integer(op.operands[0]):
            return value, None
        return op.operands[0], value.type if isinstance(value.type, Scalar) else None

    def _unchanging(self, value: Value, cond: Region) -> bool:
        """Whether `value` does not depend on what the loop carries (all is pure in `cond`)."""
        if value in cond.args:
            return False
        op = self.defs.get(value)
        if op is None or op not in cond.ops:
            return True
        return all(self._unchanging(v, cond) for v in op.operands)

    def _counter_kept(self, op: Op, body: Region, index: int) -> bool:
        """Whether the body hands the counter to the step as it got it."""
        sites = continuing(body)
        return bool(sites) and all(s.operands[index] is body.args[index] for s in sites)

    def _step(self, op: Op, index: int) -> _Step | None:
        region = op.regions[2]
        added = self.defs.get(region.terminator.operands[index])
        if added is None or added.name not in ("add", "sub") or added not in region.ops:
            return None
        a, b = added.operands
        if added.name == "add" and b is region.args[index]:
            a, b = b, a
        if a is not region.args[index] or not self._outside(b, region):
            return None
        movable = all(o.name in PURE and not o.regions for o in region.ops[:-1])
        if not movable and len(continuing(op.regions[1])) > 1:
            return None
        return _Step(b, added.name == "sub", added)

    def _outside(self, value: Value, region: Region) -> bool:
        """Whether `value` is a constant or comes from outside the loop's step."""
        if value in region.args:
            return False
        op = self.defs.get(value)
        return op is None or op not in region.ops or op.name == "const"

    def _goes_up(self, step: _Step) -> bool | None:
        """The direction; None where the step may be zero or of either sign."""
        low, high = self.ranges.of(step.amount)
        if low > 0:
            return not step.subtracts
        if high < 0:
            return step.subtracts
        return None

    # Conversion

    def _convert(self, op: Op, bound: _Bound, step: _Step) -> bool:
        up = self._goes_up(step)
        initial = op.operands[bound.index]
        type_ = initial.type
        assert isinstance(type_, Scalar), "counters are integers"
        if up is None or not (up or type_.is_signed):
            return False  # an unsigned step cannot be negative
        if not self._is_exact(op, bound, step, up):
            return False
        cloner = self._cond_values(op.regions[0], bound.limit)
        limit = cloner.value(bound.limit)
        if limit.type != type_:
            limit = self._as_type(limit, type_, bound.limit, op.span)
        if bound.pred in ("le", "ge"):
            limit = self._shifted(limit, 1 if up else -1, type_, bound.limit, op.span)
        amount = self._amount(step, type_)
        self.out.append(self._for(op, bound.index, step, (self.value(initial), limit, amount), up))
        return True

    def _is_exact(self, op: Op, bound: _Bound, step: _Step, up: bool) -> bool:
        initial = op.operands[bound.index]
        counter = type_range(initial.type)
        start, limit, amount = map(self.ranges.of, (initial, bound.limit, step.amount))
        if bound.pred == "ne":
            return self._hits(start, limit, step, up) and bound.through is None
        if bound.pred not in (("lt", "le") if up else ("gt", "ge")):
            return False
        if bound.through is not None:
            is_wide = type_range(bound.through).high >= counter.high
            fits = start.low >= 0 and limit.low >= 0 and limit.high <= counter.high
            if not (up and is_wide and fits):
                return False
        is_inclusive = bound.pred in ("le", "ge")
        if is_inclusive and limit.is_one and limit.low in counter:
            return False  # never false
        type_ = initial.type
        assert isinstance(type_, Scalar), "counters are integers"
        if type_.is_signed or type_.bits == 64:
            return True
        room = max(map(abs, amount)) - (0 if is_inclusive else 1)
        return limit.high + room <= counter.high

    def _hits(self, start: tuple[int, int], limit: tuple[int, int], step: _Step, up: bool) -> bool:
        """Whether a counter from a constant to a constant meets it exactly."""
        amount = self.ranges.of(step.amount)
        if not (amount.is_one and start[0] == start[1] and limit[0] == limit[1]):
            return False
        distance = limit[0] - start[0] if up else start[0] - limit[0]
        return distance >= 0 and distance % abs(amount.low) == 0

    def _cond_values(self, cond: Region, limit: Value) -> Cloner:
        """Compute `limit` before the loop."""
        cloner = Cloner()
        cloner.values.update(self.values)
        needed = self._needed(limit, cond)
        cloner.out = self.out
        for op in cond.ops:
            if op in needed:
                cloner.visit(op)
        return cloner

    def _needed(self, value: Value, cond: Region) -> set[Op]:
        op = self.defs.get(value)
        if op is None or op not in cond.ops:
            return set()
        needed = {op}
        for operand in op.operands:
            needed |= self._needed(operand, cond)
        return needed

    def _as_type(self, limit: Value, type_: Scalar, old: Value, span: Span) -> Value:
        known = self.ranges.of(old)
        if known.is_one:
            return self.constant(constant(known.low, type_), type_, span)
        return self.emit("cast", (limit,), type_, span, hint=limit.name)

    def _shifted(self, limit: Value, by: int, type_: Scalar, old: Value, span: Span) -> Value:
        known = self.ranges.of(old)
        if known.is_one:
            return self.constant(known.low + by, type_, span)
        one = self.constant(1, type_, span)
        return self.emit("add" if by > 0 else "sub", (limit, one), type_, span)

    def _amount(self, step: _Step, type_: Scalar) -> Value:
        known = self.ranges.of(step.amount)
        if known.is_one:
            number = -known.low if step.subtracts else known.low
            return self.constant(number, type_, step.op.span)
        amount = self.value(step.amount)
        return self.emit("neg", (amount,), type_, step.op.span) if step.subtracts else amount

    def _for(
        self, op: Op, index: int, step: _Step, header: tuple[Value, Value, Value], up: bool
    ) -> Op:
        keep = self.uses.get(op.results[index], 0) > 0
        old_counter = op.regions[1].args[index]
        counter = Value(old_counter.type, old_counter.name or op.regions[0].args[index].name)
        body = _Body(self, op, index, counter, header[2], keep).region()
        kept = [i for i in range(len(op.operands)) if i != index or keep]
        initials = tuple(self.value(op.operands[i]) for i in kept)
        attrs = {k: v for k, v in op.attrs.items() if k == "unroll"}
        if not up:
            attrs["down"] = True
        results = tuple(op.results[i] for i in kept)
        return Op("for", header + initials, attrs, (body,), results, op.span)


class _Body:
    """The body of the new `for`: the old body with the old step at each of its ends."""

    def __init__(
        self, outer: _NormalizeLoops, op: Op, index: int, counter: Value, amount: Value, keep: bool
    ) -> None:
        self.outer = outer
        self.op = op
        self.index = index
        self.counter = counter
        self.amount = amount
        self.keep = keep

    def region(self) -> Region:
        outer, body = self.outer, self.op.regions[1]
        args = tuple(v for i, v in enumerate(body.args) if i != self.index or self.keep)
        outer.replace(body.args[self.index], self.counter)
        if self.keep:
            args = tuple(Value(v.type, v.name) if v is body.args[self.index] else v for v in args)
        inner = outer.region(Region(body.args, body.ops))
        return Region((self.counter, *args), tuple(self._ended(inner.ops)))

    def _ended(self, ops: Sequence[Op]) -> list[Op]:
        """`ops` with the step before each `continue` and, at the outer level, before `yield`."""
        done = [self._inside(op) for op in ops[:-1]]
        last = ops[-1]
        if last.name in ("yield", "continue"):
            return [*done, *self._stepped(last)]
        return [*done, self._leaving(last)]

    def _inside(self, op: Op) -> Op:
        if op.name in ("for", "loop") or not op.regions:
            return op
        regions = []
        for region in op.regions:
            last = region.terminator
            ops = [self._inside(o) for o in region.ops[:-1]]
            ops += self._stepped(last) if last.name == "continue" else [self._leaving(last)]
            regions.append(Region(region.args, tuple(ops)))
        return op.with_(regions=tuple(regions))

    def _stepped(self, last: Op) -> list[Op]:
        """What the step computes from the values that `last` hands on, and then `last`."""
        step = self.op.regions[2]
        cloner = Cloner()
        cloner.values.update(self.outer.values)
        cloner.values.update(zip(step.args, last.operands, strict=True))
        for op in step.ops[:-1]:
            cloner.visit(op)
        values = [cloner.value(v) for v in step.terminator.operands]
        if not self.keep:
            del values[self.index]
        return [*cloner.out, last.with_(operands=tuple(values))]

    def _leaving(self, last: Op) -> Op:
        if last.name != "break" or self.keep:
            return last
        operands = tuple(v for i, v in enumerate(last.operands) if i != self.index)
        return last.with_(operands=operands)


def continuing(body: Region) -> list[Op]:
    """The terminators that go on to the next iteration of the loop with this body."""
    found = [body.terminator] if body.terminator.name in ("yield", "continue") else []
    stack = list(body.ops)
    while stack:
        op = stack.pop()
        if op.name in ("for", "loop"):
            continue
        for region in op.regions:
            found += [o for o in region.ops if o.name == "continue"]
            stack += region.ops
    return found


def _is_integer(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.is_integer and value.type != I1
