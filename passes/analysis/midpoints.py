"""Midpoints of searches: `lo + (hi - lo) / 2` and `(lo + hi) / 2` lie between `lo` and `hi`.

Intervals alone do not see it, as they forget that both halves have the same ends.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...ir.nodes import Op, Value
from ..rewriter import integer_of
from .scopes import Scope

Defs = Mapping[Value, Op]


def ends_of_midpoint(op: Op, defs: Defs) -> tuple[Value, Value] | None:
    """The ends between which the result of `op` lies, where it is a midpoint."""
    if op.name in ("div", "shr"):
        return _halved_sum(op, defs)
    if op.name != "add":
        return None
    for low, half in (op.operands, op.operands[::-1]):
        inner = defs.get(half)
        while inner is not None and inner.name == "cast":
            inner = defs.get(inner.operands[0])
        gap = (
            defs.get(inner.operands[0]) if inner is not None and _is_halving(inner, defs) else None
        )
        if gap is not None and gap.name == "sub" and gap.operands[1] is low:
            return low, gap.operands[0]
    return None


def _halved_sum(op: Op, defs: Defs) -> tuple[Value, Value] | None:
    total = defs.get(op.operands[0])
    if total is None or total.name != "add" or not _is_halving(op, defs):
        return None
    return total.operands[0], total.operands[1]


def _is_halving(op: Op, defs: Defs) -> bool:
    if op.name not in ("div", "shr"):
        return False
    return integer_of(op.operands[1], defs) == (2 if op.name == "div" else 1)


def is_below(low: Value, high: Value, scope: Scope, same: Mapping[Value, Value]) -> bool:
    """Whether `low < high` is a fact in `scope`."""

    def root(value: Value) -> Value:
        while value in same:
            value = same[value]
        return value

    wanted = (root(low), root(high))
    for outer in scope.chain():
        for fact in outer.facts:
            item = fact.swapped() if fact.pred == "gt" else fact
            if item.pred == "lt" and (root(item.lhs), root(item.rhs)) == wanted:
                return True
    return False
