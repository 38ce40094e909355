"""Warp operations as memory: every lane leaves its operand, the next segment reads the others'.

Lanes take turns, so one array element per thread (`values`) or one word per warp (`ballots`: one
bit per lane that takes part) carries what a warp operation exchanges. An array that the current
segment still reads from other lanes is not written in it; two arrays per type alternate.

Undefined in CUDA, defined here: a lane that reads from one that does not take part, or from beyond
the block, gets its own value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...ir.builder import Builder
from ...ir.diagnostics import error
from ...ir.dtypes import I1, I32, U32, U64, Pointer, Scalar
from ...ir.nodes import Op, Region, Value
from ...ir.ops import MATRIX_OPS
from .block_plan import Item, Segment, Setup

WARP_SIZE = 32
FULL_MASK = 0xFFFFFFFF

_BITS: Mapping[int, Scalar] = {32: U32, 64: U64}


@dataclass(frozen=True, slots=True)
class Sent:
    """What one operation left where."""

    op: Op
    values: Value | None = None
    ballots: Value | None = None
    present: Value | None = None
    """Which threads took part, where that may not be all."""
    registers: tuple[Value, ...] = ()
    """Arrays of the operands and of the results of a tensor operation."""


class WarpExchange:
    """Makes the two halves of warp operations."""

    def __init__(self, setup: Setup, definitions: Mapping[Value, Op]) -> None:
        self.setup = setup
        self.definitions = definitions
        self.pools: dict[tuple[Scalar | Pointer, str], list[Value]] = {}
        self._marked: list[tuple[Value, Segment, Segment]] = []
        """Arrays that say who took part, the segments that set and that ask them."""

    # First half

    def send(self, group: Sequence[Op], segment: Segment) -> list[Sent]:
        """Append to `segment` what the operations of `group` leave for other lanes."""
        taken = set(segment.reads)
        left: dict[Value, Value] = {}
        sent: list[Sent] = []
        present = None
        if any(op.name == "shuffle" for op in group) and (segment.guard or segment.escapes):
            present = self._mark_present(segment, taken)
        for op in group:
            values = ballots = None
            if op.name in MATRIX_OPS:
                operands = [self._leave_value(v, op, segment, taken, left) for v in op.operands]
                sent.append(Sent(op, registers=tuple(operands)))
                continue
            if op.name in ("shuffle", "match", "warp_reduce"):
                values = self._leave_value(op.operands[1], op, segment, taken, left)
            if op.name != "shuffle":
                ballots = self._leave_ballot(op, segment, taken)
            sent.append(Sent(op, values, ballots, present))
        return [self._with_results(item, taken) for item in sent]

    def _with_results(self, sent: Sent, taken: set[Value]) -> Sent:
        """A tensor operation's results have arrays that nobody else of the group uses: the first
        lane of a warp writes them for all."""
        if sent.op.name not in MATRIX_OPS:
            return sent
        arrays = tuple(self._array(v.type, "register", taken) for v in sent.op.results)
        return Sent(sent.op, registers=(*sent.registers, *arrays))

    def _mark_present(self, segment: Segment, taken: set[Value]) -> Value:
        present = self._array(I1, "present", taken)
        off, on = (self.setup.constant(flag, I1) for flag in (False, True))
        segment.reset.append(Op("store", (present, segment.linear, off)))
        segment.ops.append(Op("store", (present, segment.linear, on)))
        return present

    def _array(self, type_: Scalar | Pointer, hint: str, taken: set[Value]) -> Value:
        """An array of the pool that is not in `taken`; it is afterwards."""
        pool = self.pools.setdefault((type_, hint), [])
        for array in pool:
            if array not in taken:
                break
        else:
            array = self.setup.lane_array(type_, hint)
            pool.append(array)
        taken.add(array)
        return array

    def _leave_value(
        self, value: Value, op: Op, segment: Segment, taken: set[Value], left: dict[Value, Value]
    ) -> Value:
        if value not in left:
            left[value] = self._array(value.type, "exchange", taken)
            segment.builder(op.span).do("store", left[value], segment.linear, value)
        return left[value]

    def _leave_ballot(self, op: Op, segment: Segment, taken: set[Value]) -> Value:
        """Set the lane's bit in the warp's word where it takes part (votes: and holds)."""
        ballots = self._array(U32, "ballots", taken)
        reset = Builder(op.span)
        is_first = reset.cmp("eq", self._lane(reset, segment), self._u32(0))
        clear = reset.nested()
        clear.do("store", ballots, self._warp(clear, segment), self._u32(0))
        reset.structured("if", [is_first], [clear.finish(), reset.nested().finish()])
        segment.reset += reset.ops

        b = segment.builder(op.span)
        if op.name != "vote":
            self._raise_bit(b, segment, ballots)
            return ballots
        taken_arm, other_arm = b.nested(), b.nested()
        inner = other_arm if op.attrs["op"] == "all" else taken_arm
        self._raise_bit(inner, segment, ballots)
        b.structured("if", [op.operands[1]], [taken_arm.finish(), other_arm.finish()])
        return ballots

    def _raise_bit(self, b: Builder, segment: Segment, ballots: Value) -> None:
        warp = self._warp(b, segment)
        bit = b.op("shl", self._u32(1), self._lane(b, segment))
        b.do("store", ballots, warp, b.op("or", b.load(ballots, warp), bit))

    def _warp(self, b: Builder, segment: Segment) -> Value:
        return b.op("div", segment.linear, self._u32(WARP_SIZE), hint="warp")

    def _lane(self, b: Builder, segment: Segment) -> Value:
        return b.op("rem", segment.linear, self._u32(WARP_SIZE), hint="lane")

    def _u32(self, number: int) -> Value:
        return self.setup.constant(number, U32)

    # Second half

    def receive(self, sent: Sequence[Sent], before: Segment, after: Segment) -> None:
        """Append to `after` the results of what was `sent` from segment `before`."""
        present = next((item.present for item in sent if item.present is not None), None)
        if present is not None:
            self._marked.append((present, before, after))
        for item in sent:
            for array in (item.values, item.ballots, item.present):
                if array is not None:
                    after.reads.add(array)
            if item.values is not None:
                after.own[item.op.operands[1]] = item.values
            if item.registers:
                after.reads.update(item.registers)
                after.own.update(zip(item.op.operands, item.registers, strict=False))
        for item in sent:
            b = after.builder(item.op.span)
            _RECEIVERS[item.op.name](self, b, after, item)

    def shuffle(self, b: Builder, segment: Segment, sent: Sent) -> None:
        op = sent.op
        mask, _, lane, width = op.operands
        threads = self.setup.block_threads()
        mode = str(op.attrs["mode"])
        source = b.op(
            "shuffle_source", segment.linear, lane, width, threads, mode=mode, hint="source"
        )
        if sent.present is not None:
            source = b.op("select", b.load(sent.present, source), source, segment.linear)
        if not self.is_full(mask):
            bit = b.op("shr", mask, b.op("and", source, self._u32(WARP_SIZE - 1)))
            is_named = b.cmp("ne", b.op("and", bit, self._u32(1)), self._u32(0))
            source = b.op("select", is_named, source, segment.linear)
        assert sent.values is not None, "a shuffle leaves a value"
        b.append(Op("load", (sent.values, source), results=op.results, span=op.span))

    def is_full(self, mask: Value) -> bool:
        """Whether `mask` surely names all lanes."""
        op = self.definitions.get(mask)
        return op is not None and op.name == "const" and op.attrs["value"] == FULL_MASK

    def settle(self) -> None:
        """Ask the mask itself who took part, where one says it all and stays as it is."""
        for present, before, after in self._marked:
            mask = after.guard.mask
            if mask is None or after.guard.conditions or after.escapes:
                continue
            after.ops = [_with_operand(op, present, mask) for op in after.ops]
            before.reset = [op for op in before.reset if present not in op.operands]
            before.ops = [op for op in before.ops if present not in op.operands]

    def vote(self, b: Builder, segment: Segment, sent: Sent) -> None:
        op = sent.op
        ballot = self._ballot(b, segment, sent)
        if op.attrs["op"] != "ballot":
            pred = "ne" if op.attrs["op"] == "any" else "eq"
            b.cmp(pred, ballot, self._u32(0))
        _name_last(b, op)

    def active_mask(self, b: Builder, segment: Segment, sent: Sent) -> None:
        self._ballot(b, segment, sent)
        _name_last(b, sent.op)

    def match(self, b: Builder, segment: Segment, sent: Sent) -> None:
        """The bits of the lanes whose value has the same bits as the own one."""
        op = sent.op
        own = _as_bits(b, op.operands[1])

        def combine(inner: Builder, result: Value, value: Value, bit: Value) -> Value:
            same = inner.cmp("eq", _as_bits(inner, value), own)
            return inner.op("select", same, inner.op("or", result, bit), result)

        ballot = self._ballot(b, segment, sent)
        matching = self._fold(b, segment, sent, ballot, self._u32(0), combine)
        if op.attrs["op"] == "all":
            all_agree = b.cmp("eq", matching, ballot)
            b.op("select", all_agree, ballot, self._u32(0))
        _name_last(b, op)

    def warp_reduce(self, b: Builder, segment: Segment, sent: Sent) -> None:
        op = sent.op
        kind = str(op.attrs["op"])
        value = op.operands[1]
        assert isinstance(value.type, Scalar), "warp operations exchange scalars"
        # Taking the own value once more changes nothing for these; the others start at 0.
        repeats = kind in ("min", "max", "and", "or")
        start = value if repeats else self.setup.constant(0, value.type)

        def combine(inner: Builder, result: Value, other: Value, bit: Value) -> Value:
            return inner.op(kind, result, other)

        ballot = self._ballot(b, segment, sent)
        self._fold(b, segment, sent, ballot, start, combine)
        _name_last(b, op)

    def _ballot(self, b: Builder, segment: Segment, sent: Sent) -> Value:
        """The bits of the lanes that the operation's mask names and that took part."""
        assert sent.ballots is not None, "the operation leaves a ballot"
        ballot = b.load(sent.ballots, self._warp(b, segment), hint="ballot")
        if not sent.op.operands or self.is_full(sent.op.operands[0]):
            return ballot
        return b.op("and", ballot, sent.op.operands[0], hint="ballot")

    def _fold(
        self,
        b: Builder,
        segment: Segment,
        sent: Sent,
        ballot: Value,
        start: Value,
        combine: Callable[[Builder, Value, Value, Value], Value],
    ) -> Value:
        """`combine` over the values of the lanes in `ballot`, lowest first."""
        assert sent.values is not None, "the operation leaves a value"
        base = b.op("sub", segment.linear, self._lane(b, segment), hint="base")
        lane, result = Value(U32, "lane"), Value(start.type, "result")
        body = b.nested()
        bit = body.op("shl", self._u32(1), body.op("and", lane, self._u32(WARP_SIZE - 1)))
        takes_part = body.cmp("ne", body.op("and", ballot, bit), self._u32(0))
        then = body.nested()
        other = then.load(sent.values, then.op("add", base, lane), hint="other")
        combined = combine(then, result, other, bit)
        chosen = Value(start.type, "result")
        arms = [then.finish((), combined), body.nested().finish((), result)]
        body.structured("if", [takes_part], arms, [chosen])
        final = Value(start.type, "result")
        bounds = [self._u32(0), self._u32(WARP_SIZE), self._u32(1)]
        region: Region = body.finish((lane, result), chosen)
        b.structured("for", [*bounds, start], [region], [final])
        return final

    def matrix(self, b: Builder, segment: Segment, sent: Sent) -> None:
        """The warp's first lane, whose turn comes first, does it for all of them."""
        op = sent.op
        is_first = b.cmp("eq", self._lane(b, segment), self._u32(0))
        inner = b.nested()
        attrs = {"op": op.name, **op.attrs}
        threads = self.setup.block_threads()
        operands = (segment.linear, threads, *sent.registers)
        inner.append(Op("warp_matrix", operands, attrs, span=op.span))
        b.structured("if", [is_first], [inner.finish(), b.nested().finish()])
        segment.writes = True
        results = sent.registers[len(op.operands) :]
        for array, value in zip(results, op.results, strict=True):
            b.append(Op("load", (array, segment.linear), results=(value,), span=op.span))

    # Barriers that count

    def count_before(self, op: Op, items: list[Item], segment: Segment) -> Value:
        """Count the threads for which the operand holds (`and`: does not) into a block variable."""
        count = self.setup.variable(I32, "count")
        zero = self.setup.constant(0)
        items.append(Op("store", (count, zero, zero), span=op.span))
        b = segment.builder(op.span)
        taken, other = b.nested(), b.nested()
        inner = other if op.attrs["op"] == "and" else taken
        more = inner.op("add", inner.load(count, zero), self.setup.constant(1))
        inner.do("store", count, zero, more)
        b.structured("if", [op.operands[0]], [taken.finish(), other.finish()])
        return count

    def count_after(self, op: Op, count: Value) -> list[Op]:
        """The result at block level."""
        zero = self.setup.constant(0)
        b = Builder(op.span)
        total = b.load(count, zero)
        if op.attrs["op"] != "count":
            pred = "eq" if op.attrs["op"] == "and" else "ne"
            b.op("cast", b.cmp(pred, total, zero), type=I32)
        _name_last(b, op)
        return b.ops


def _with_operand(op: Op, old: Value, new: Value) -> Op:
    if old not in op.operands:
        return op
    return op.with_(operands=tuple(new if v is old else v for v in op.operands))


def _name_last(b: Builder, op: Op) -> None:
    """The last operation built gives the result of `op`."""
    b.ops[-1] = b.ops[-1].with_(results=op.results)


def _as_bits(b: Builder, value: Value) -> Value:
    """A float as the integer with its bits."""
    type_ = value.type
    if not isinstance(type_, Scalar) or not type_.is_float:
        return value
    if type_.bits not in _BITS:
        raise error("ASC0602", f"matching values of type {type_} has no translation", b.span)
    return b.op("bitcast", value, type=_BITS[type_.bits])


_RECEIVERS: Mapping[str, Callable[[WarpExchange, Builder, Segment, Sent], None]] = {
    "shuffle": WarpExchange.shuffle,
    "vote": WarpExchange.vote,
    "active_mask": WarpExchange.active_mask,
    "match": WarpExchange.match,
    "warp_reduce": WarpExchange.warp_reduce,
    **dict.fromkeys(MATRIX_OPS, WarpExchange.matrix),
}
