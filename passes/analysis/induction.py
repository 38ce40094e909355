"""What counted loops add to a value that they carry: a step a round, at most so many rounds.

`p += stride` in a loop of at most `t` rounds moves `p` by at most `t * stride`. Steps under
conditions and in loops inside count as well. This is tighter than widening, which knows no count.
"""

from __future__ import annotations

from collections.abc import Callable

from ...ir.dtypes import Pointer
from ...ir.nodes import Op, Value
from .provenance import elem_size
from .ranges import Interval
from .scopes import Scope, Scopes

MAX_DEPTH = 12
STILL = Interval(0, 0)

Numbers = Callable[[Value, Scope], Interval]
Trips = Callable[[Op], int]


class Induction:
    """The steps of carried values; pointers in bytes."""

    def __init__(self, scopes: Scopes, numbers: Numbers, trips: Trips) -> None:
        self.scopes = scopes
        self.numbers = numbers
        self.trips = trips

    def moved(self, arg: Value) -> tuple[Value, Interval] | None:
        """Where a carried value of a counted loop starts, and how far it gets from there before
        the last round; None where its rounds do more than add."""
        found = self._round(arg)
        if found is None:
            return None
        start, loop, step = found
        return start, _times(step, max(0, self.trips(loop) - 1))

    def _round(self, arg: Value) -> tuple[Value, Op, Interval] | None:
        """Start, loop, and what one round adds."""
        loop = self.scopes.carried.get(arg)
        if loop is None:
            return None
        start = loop.operands[2 + loop.regions[0].args.index(arg)]
        step: Interval | None = None
        for source, sender in self.scopes.arrivals[arg]:
            if sender is loop:
                continue
            one = self._gap(source, arg, self.scopes.at[sender], MAX_DEPTH)
            if one is None:
                return None
            step = one if step is None else step.join(one)
        return None if step is None else (start, loop, step)

    def _gap(self, value: Value, base: Value, scope: Scope, depth: int) -> Interval | None:
        """`value - base`; None where it is not a sum."""
        if value is base:
            return STILL
        if depth == 0:
            return None
        op = self.scopes.defs.get(value)
        if value in self.scopes.arrivals:
            return self._gap_of_joined(value, op, base, depth - 1)
        if op is None:
            return None
        if op.name == "ptr_cast":
            return self._gap(op.operands[0], base, scope, depth - 1)
        if op.name == "select":
            sides = [self._gap(v, base, scope, depth - 1) for v in op.operands[1:]]
            return None if sides[0] is None or sides[1] is None else sides[0].join(sides[1])
        if op.name in ("offset", "add", "sub"):
            return self._gap_of_sum(op, base, scope, depth - 1)
        return None

    def _gap_of_sum(self, op: Op, base: Value, scope: Scope, depth: int) -> Interval | None:
        """A sum whose first, or for `add` second, summand comes from `base`."""
        orders = [op.operands, op.operands[::-1]] if op.name == "add" else [op.operands]
        for value, step in orders:
            gap = self._gap(value, base, scope, depth)
            if gap is None:
                continue
            added = self.numbers(step, scope)
            size = elem_size(value) if isinstance(value.type, Pointer) else 1
            sign = -size if op.name == "sub" else size
            ends = (sign * added.low, sign * added.high)
            return Interval(gap.low + min(ends), gap.high + max(ends))
        return None

    def _gap_of_joined(
        self, value: Value, op: Op | None, base: Value, depth: int
    ) -> Interval | None:
        """The result of a branch or of a counted loop inside, or a value that one carries."""
        if op is not None and op.name == "for":
            at = op.results.index(value)
            arg = op.regions[0].args[1 + at]
        elif op is None and value in self.scopes.carried:
            arg = value
        else:
            return self._gap_of_sides(value, op, base, depth)
        found = self._round(arg)
        if found is None:
            return None
        start, loop, step = found
        before = self._gap(start, base, self.scopes.at[loop], depth)
        if before is None:
            return None
        inside = _times(step, self.trips(loop))
        return Interval(before.low + inside.low, before.high + inside.high)

    def _gap_of_sides(
        self, value: Value, op: Op | None, base: Value, depth: int
    ) -> Interval | None:
        if op is None or op.name != "if":
            return None
        found: Interval | None = None
        for source, sender in self.scopes.arrivals[value]:
            one = self._gap(source, base, self.scopes.at[sender], depth)
            if one is None:
                return None
            found = one if found is None else found.join(one)
        return found


def _times(step: Interval, count: int) -> Interval:
    """None to `count` steps."""
    return Interval(min(0, count * step.low), max(0, count * step.high))
