"""The comparisons that are certain where a condition is known to hold, or not to hold.

`a && b` reaches the IR as `and`, as `select`, or as an `if` that yields `b` or false; each is
taken apart as far as both parts are certain. What cannot be taken apart gives nothing, which is
never wrong: facts are only ever used to narrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...ir.dtypes import Scalar
from ...ir.nodes import Op, Value
from ..rewriter import constant_of

_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
_SWAPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}


@dataclass(frozen=True, slots=True)
class Fact:
    """`lhs pred rhs` holds."""

    pred: str
    lhs: Value
    rhs: Value

    def swapped(self) -> Fact:
        return Fact(_SWAPPED[self.pred], self.rhs, self.lhs)


def facts(condition: Value, holds: bool, defs: Mapping[Value, Op]) -> Iterator[Fact]:
    """The comparisons that are true where `condition` has the value `holds`."""
    pending = [(condition, holds)]
    while pending:
        value, truth = pending.pop()
        op = defs.get(value)
        if op is None:
            continue
        if op.name == "cmp":
            found = _comparison(op, truth)
            if found is not None:
                yield found
        elif op.name == "not":
            pending.append((op.operands[0], not truth))
        elif op.name == ("and" if truth else "or"):
            pending += [(v, truth) for v in op.operands]
        elif op.name in ("select", "if"):
            pending += _chosen(op, value, truth, defs)


def _comparison(op: Op, truth: bool) -> Fact | None:
    """Of floats only what holds: with a NaN, not less is not greater or equal."""
    pred = str(op.attrs["pred"])
    type_ = op.operands[0].type
    if not truth:
        if isinstance(type_, Scalar) and type_.is_float:
            return None
        pred = _OPPOSITE[pred]
    return Fact(pred, op.operands[0], op.operands[1])


def _chosen(
    op: Op, value: Value, truth: bool, defs: Mapping[Value, Op]
) -> list[tuple[Value, bool]]:
    """What is certain where one of two chosen values is, and the other is the constant opposite."""
    if op.name == "select":
        sides = list(op.operands[1:])
    else:
        at = op.results.index(value)
        if any(r.terminator.name != "yield" for r in op.regions):
            return []
        sides = [r.terminator.operands[at] for r in op.regions]
    constants = [constant_of(side, defs) for side in sides]
    for taken, (side, other) in enumerate(zip(sides, reversed(constants), strict=True)):
        if other is not None and bool(other) != truth:
            return [(op.operands[0], taken == 0), (side, truth)]
    return []
