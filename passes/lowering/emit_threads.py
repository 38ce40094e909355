"""Turns a plan into IR: segments become thread loops, values that cross segments get a home.

A value that another segment needs is computed again there where that is cheap (indices, pointers
to the thread's data); otherwise each thread keeps it in a lane array. Local arrays stay inside
their thread loop where nothing of them outlives it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...ir.dtypes import Pointer, Scalar
from ...ir.nodes import Op, Region, Value
from ...ir.ops import OPS, Effect
from ...ir.source import NOWHERE
from ..rewriter import Rewriter
from .block_plan import Block, Item, Plan, Segment, lanes, segments
from .synchronisation import free_values, tree

CHEAP = frozenset(
    "add sub mul neg and or xor not shl shr cmp select cast offset field ptr_cast min max "
    "thread_idx thread_linear const bitcast".split()
)
COSTLY_DIVISION = 5
BUDGET = 8
"""Operations that may be repeated rather than kept in memory."""
NEVER = 1_000_000


def emit_threads(plan: Plan) -> list[Op]:
    """The operations of the block's code, without the final terminator."""
    return ThreadCode(plan).emit()


class ThreadCode:
    """Finds a home for every value that crosses segments, then writes the segments out."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.home: dict[Value, Segment] = {}
        """Thread value -> the segment that computes it."""
        self.imports: dict[Segment, list[Value]] = {}
        self.arrays: dict[Value, Value] = {}
        """Value or alloca -> its lane array."""
        self.private: dict[Segment, list[Op]] = {}
        self.exports: dict[Segment, list[Value]] = {}
        self._costs: dict[Value, int] = {}
        self._own: dict[Value, Value] = {}

    def emit(self) -> list[Op]:
        found = list(segments(self.plan.items))
        for segment, _ in found:
            for op in segment.ops:
                self.home.update(dict.fromkeys(op.results, segment))
        for segment, _ in found:
            self.imports[segment] = [v for v in _needs(segment) if self._is_import(segment, v)]
        self._place_allocas(found)
        for segment, _ in found:
            asked = {value for value, _ in segment.guard.conditions}
            for value in self.imports[segment]:
                if value not in segment.own or value in asked:
                    self._need(value)
        body = self._items(self.plan.items)
        return [*self.plan.setup.ops, *body]

    def _is_import(self, segment: Segment, value: Value) -> bool:
        if value in self.plan.block_values or value is segment.linear:
            return False
        return self.home.get(value) is not segment

    # Homes

    def _place_allocas(self, found: Sequence[tuple[Segment, bool]]) -> None:
        users: dict[Value, list[tuple[Segment, bool]]] = {a: [] for a in self.plan.allocas}
        for segment, in_loop in found:
            for value in self._roots(self.imports[segment]):
                users[value].append((segment, in_loop))
        for alloca, op in self.plan.allocas.items():
            where = users[alloca]
            if len(where) == 1 and not where[0][1] and not _outlives(alloca, where[0][0]):
                self.private.setdefault(where[0][0], []).append(op)
            elif where:
                assert isinstance(alloca.type, Pointer), "an alloca gives a pointer"
                count = op.attrs["count"]
                assert isinstance(count, int), "an alloca has a count"
                array = self.plan.setup.lane_array(alloca.type.elem, lanes(alloca.name), count)
                self.arrays[alloca] = array

    def _roots(self, values: Sequence[Value]) -> list[Value]:
        """The allocas that `values` are, or are computed from where they cross segments."""
        seen: dict[Value, None] = {}
        stack = list(reversed(values))
        while stack:
            value = stack.pop()
            if value in seen or value in self.plan.block_values:
                continue
            seen[value] = None
            source = self.plan.definitions.get(value)
            if source is not None and value not in self.plan.slots:
                stack += reversed(source.operands)
        return [value for value in seen if value in self.plan.allocas]

    def _cost(self, value: Value) -> int:
        """Operations to compute `value` again in another segment; NEVER where not possible."""
        if value in self.plan.block_values:
            return 0
        if value in self.plan.slots:
            return 2
        if value in self.plan.allocas:
            return 1
        if value not in self._costs:
            self._costs[value] = NEVER
            source = self.plan.definitions.get(value)
            if source is not None and not source.regions:
                self._costs[value] = self._op_cost(source)
        return self._costs[value]

    def _op_cost(self, op: Op) -> int:
        own = 1
        if op.name in ("div", "rem"):
            type_ = op.result.type
            if not isinstance(type_, Scalar) or type_.is_float:
                return NEVER
            divisor = self.plan.definitions.get(op.operands[1])
            own = 1 if divisor is not None and divisor.name == "const" else COSTLY_DIVISION
        elif op.name not in CHEAP:
            return NEVER
        return min(NEVER, own + sum(self._cost(v) for v in op.operands))

    def _need(self, value: Value) -> None:
        """See to it that `value` can be had outside the segment that computes it."""
        if value in self.plan.slots or value in self.plan.allocas or value in self.arrays:
            return
        if self._cost(value) <= BUDGET:
            return
        self.arrays[value] = self.plan.setup.lane_array(value.type, lanes(value.name))
        self.exports.setdefault(self.home[value], []).append(value)

    # Writing out

    def _items(self, items: Sequence[Item]) -> list[Op]:
        ops: list[Op] = []
        for item in items:
            if isinstance(item, Segment):
                ops.append(self._thread_loop(item))
            elif isinstance(item, Block):
                regions = [Region(args, tuple(self._items(body))) for args, body in item.bodies]
                ops.append(item.op.with_(regions=tuple(regions)))
            else:
                ops.append(item)
        return ops

    def _thread_loop(self, segment: Segment) -> Op:
        span = next((op.span for op in segment.ops if op.span != NOWHERE), NOWHERE)
        outer = Rewriter()
        outer.out.append(Op("thread_linear", (), {}, (), (segment.linear,), span))
        outer.out += self.private.get(segment, [])
        outer.out += segment.reset
        self._own = {}
        condition = self._guard(segment, outer)
        inner = outer
        self._own = segment.own  # what only threads that take part have left
        if condition is not None:
            inner = Rewriter()
            inner.values = dict(outer.values)
        for value in self.imports[segment]:
            self._fetch(value, segment, inner)
        inner.out += inner.collect(segment.ops)
        for value in self.exports.get(segment, ()):
            inner.builder(span).do("store", self.arrays[value], segment.linear, value)
        if condition is not None:
            done = Op("yield", span=span)
            arms = (Region((), (*inner.out, done)), Region((), (done,)))
            outer.out.append(Op("if", (condition,), {}, arms, (), span))
        region = Region((), (*outer.out, Op("yield", span=span)))
        return Op("thread_loop", (), {}, (region,), (), span)

    def _guard(self, segment: Segment, rewriter: Rewriter) -> Value | None:
        """Whether the thread takes part in `segment`; None: every thread does."""
        guard = segment.guard
        b = rewriter.builder(NOWHERE)
        result: Value | None = None
        if guard.mask is not None:
            result = b.load(guard.mask, segment.linear)
        for value, negated in guard.conditions:
            condition = self._fetch(value, segment, rewriter)
            if negated:
                condition = b.op("not", condition)
            result = condition if result is None else b.op("and", result, condition)
        return result

    def _fetch(self, value: Value, segment: Segment, rewriter: Rewriter) -> Value:
        """`value` as the code that `rewriter` writes for `segment` can use it."""
        if value in rewriter.values:
            return rewriter.values[value]
        if value in self.plan.block_values or self.home.get(value) is segment:
            return value
        if any(value is op.result for op in self.private.get(segment, ())):
            return value
        new = self._made(value, segment, rewriter)
        rewriter.values[value] = new
        return new

    def _made(self, value: Value, segment: Segment, rewriter: Rewriter) -> Value:
        op = self.plan.definitions.get(value)
        b = rewriter.builder(op.span if op is not None else NOWHERE)
        if value in self.plan.allocas:
            return self._local_array(value, segment, rewriter)
        array = self.plan.slots.get(value) or self._own.get(value) or self.arrays.get(value)
        if array is not None:
            return b.load(array, segment.linear, hint=value.name)
        assert op is not None, "the value has a home"
        assert OPS[op.name].effect is Effect.PURE, "only pure operations are repeated"
        if op.name == "thread_linear":
            return segment.linear
        for operand in op.operands:
            self._fetch(operand, segment, rewriter)
        copy = Value(value.type, value.name)
        rewriter.out.append(op.with_(operands=rewriter.operands(op), results=(copy,)))
        return copy

    def _local_array(self, alloca: Value, segment: Segment, rewriter: Rewriter) -> Value:
        op = self.plan.allocas[alloca]
        b = rewriter.builder(op.span)
        array = self.arrays[alloca]
        index = segment.linear
        if op.attrs["count"] != 1:
            count = b.u32(int(op.attrs["count"]))  # type: ignore[arg-type]
            index = b.op("mul", index, count)
        return b.op("offset", array, index, hint=alloca.name)


def _needs(segment: Segment) -> list[Value]:
    """What `segment` uses and does not compute."""
    guard = [value for value, _ in segment.guard.conditions]
    return list(dict.fromkeys([*guard, *free_values([*segment.reset, *segment.ops])]))


def _outlives(alloca: Value, segment: Segment) -> bool:
    """Whether an address inside `alloca` may be kept beyond `segment`'s thread."""
    derived = {alloca}
    for top in segment.ops:
        for op in tree(top):
            if not any(value in derived for value in op.operands):
                continue
            if op.name == "ptr_to_int" or (op.name == "store" and op.operands[2] in derived):
                return True
            if op.name not in ("load", "store", "copy", "atomic", "atomic_cas"):
                derived.update(op.results)
            if op.name in ("yield", "break", "continue", "condition", "for", "loop", "call"):
                return True
    return False
