"""Which values are still needed behind an operation.

A backward walk over structured regions. Inside a loop everything from outside that the loop uses,
or that is needed behind it, stays live all the way round: the next iteration wants it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...ir.nodes import Func, Op, Region, Value, walk
from ...ir.ops import BARRIERS

_NOTHING: frozenset[Value] = frozenset()


@dataclass(slots=True)
class _Targets:
    """What is live where a terminator goes, besides what it hands on."""

    end: frozenset[Value]
    leave: frozenset[Value] = _NOTHING
    again: frozenset[Value] = _NOTHING


@dataclass(slots=True)
class _Walk:
    wanted: Callable[[Op], bool]
    found: dict[Op, frozenset[Value]] = field(default_factory=dict)

    def region(self, region: Region, targets: _Targets) -> set[Value]:
        """Values live at the region's start, its arguments left out."""
        live: set[Value] = set()
        for op in reversed(region.ops):
            if op is region.terminator:
                live = self._terminator(op, targets)
                continue
            if self.wanted(op):
                self.found[op] = frozenset(live.difference(op.results))
            live.difference_update(op.results)
            if op.regions:
                live = self._structured(op, frozenset(live), targets)
            live.update(op.operands)
        return live.difference(region.args)

    def _terminator(self, op: Op, targets: _Targets) -> set[Value]:
        after = {
            "yield": targets.end,
            "condition": targets.end,
            "break": targets.leave,
            "continue": targets.again,
        }.get(op.name, _NOTHING)
        return {*op.operands, *after}

    def _structured(self, op: Op, after: frozenset[Value], outer: _Targets) -> set[Value]:
        if op.name in ("for", "loop"):
            around = after | free_values(op)
            inner = _Targets(around, after, around)
        else:
            inner = _Targets(after, outer.leave, outer.again)
        live: set[Value] = set(after) if op.name != "if" else set()
        for region in op.regions:
            live |= self.region(region, inner)
        return live


def free_values(op: Op) -> frozenset[Value]:
    """Values from outside that the regions of `op` use."""
    used: set[Value] = set()
    defined: set[Value] = set()
    for region in op.regions:
        defined.update(region.args)
        for inner in walk(region):
            used.update(inner.operands)
            defined.update(inner.results)
            for nested in inner.regions:
                defined.update(nested.args)
    return frozenset(used - defined)


def live_after(
    func: Func, wanted: Callable[[Op], bool] = lambda op: True
) -> dict[Op, frozenset[Value]]:
    """The values needed behind each operation that `wanted` picks, its own results left out."""
    walker = _Walk(wanted)
    walker.region(func.body, _Targets(_NOTHING))
    return walker.found


def live_across_barriers(func: Func) -> dict[Op, frozenset[Value]]:
    """The values that threads carry over each barrier."""
    return live_after(func, lambda op: op.name in BARRIERS)


def text(func: Func) -> str:
    """One line per barrier: the names of what is live across, sorted."""
    lines = []
    for op in walk(func.body):
        if op.name in BARRIERS:
            names = sorted(f"%{v.name or '?'}" for v in live_across_barriers(func)[op])
            lines.append(f"{op.name}: {' '.join(names)}".rstrip())
    return "\n".join(lines) + "\n"
