"""Moves costly computations out of loops in which they never change.

Costly are divisions, library functions and loads; what is cheap stays where the source has it,
unless something costly needs it. Loads and integer divisions move only if the loop executes them
for certain (they stand in its condition, or at the top of a body that runs at least once) and
nothing in the loop writes what they read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ...ir.nodes import Func, Module, Op, Region, Value
from ...ir.ops import PURE
from ..pipeline import FuncPass, PassContext
from ..rewriter import Rewriter, definitions, integer_of
from .canonicalize import CHEAP
from .cse import CONSTANT, Places

_FIXED = frozenset({"alloca", "lane_array"})


@dataclass(frozen=True)
class Licm(FuncPass):
    """Loop-invariant code motion for costly operations."""

    name: ClassVar[str] = "licm"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        return _Licm(func).func(func)


class _Licm(Rewriter):
    def __init__(self, func: Func) -> None:
        super().__init__()
        self.places = Places(func)
        self.defs = definitions(func.body)

    def visit(self, op: Op) -> None:
        if op.name not in ("for", "loop"):
            self.out.append(self.rebuilt(op))
            return
        new = self.rebuilt(op)  # inner loops first: what left them may leave this one too
        moved = self._movable(new)
        if moved:
            self.out += moved
            new = _without(new, frozenset(moved))
        self.out.append(new)

    def _movable(self, op: Op) -> list[Op]:
        """Operations of loop `op` to be done before it, in order."""
        inside = _defined_inside(op)
        written = self.places.written_inside(op)
        invariant: dict[Value, Op] = {}
        wanted: list[Op] = []
        for region, is_certain in self._regions(op):
            for inner, certain in _top_operations(region, is_certain):
                if any(v in inside and v not in invariant for v in inner.operands):
                    continue
                if self._may_move(inner, certain, written):
                    for value in inner.results:
                        invariant[value] = inner
                    if inner.name not in CHEAP:
                        wanted.append(inner)
        chosen = _with_operands(wanted, invariant)
        return [o for o in dict.fromkeys(invariant.values()) if o in chosen]

    def _regions(self, op: Op) -> list[tuple[Region, bool]]:
        """Regions of a loop, and whether each is executed at least once up to its first jump."""
        if op.name == "loop":
            cond, body, step = op.regions
            first = bool(op.attrs.get("do_first"))
            return [(cond, not first), (body, first), (step, False)]
        lower, upper = (integer_of(v, self.defs) for v in op.operands[:2])
        runs = lower is not None and upper is not None and lower != upper
        return [(op.regions[0], runs)]

    def _may_move(self, op: Op, certain: bool, written: list[Value | str]) -> bool:
        if op.name in PURE and op.name not in _FIXED:
            is_integer = op.name in ("div", "rem") and getattr(op.result.type, "is_integer", True)
            return certain or not is_integer or self._divides_safely(op)
        if op.name != "load" or op.attrs.get("volatile") or not certain:
            return False
        place = self.places.of(op.operands[0])
        return place == CONSTANT or place not in written

    def _divides_safely(self, op: Op) -> bool:
        divisor = integer_of(op.operands[1], self.defs)
        return divisor is not None and divisor not in (0, -1)


def _defined_inside(op: Op) -> set[Value]:
    found: set[Value] = set()
    stack = list(op.regions)
    while stack:
        region = stack.pop()
        found.update(region.args)
        for inner in region.ops:
            found.update(inner.results)
            stack += inner.regions
    return found


def _top_operations(region: Region, certain: bool) -> Iterable[tuple[Op, bool]]:
    """Operations directly in `region`; the flag falls at the first that may leave it."""
    for op in region.ops:
        if op.regions:
            certain = certain and not _may_leave(op)
        else:
            yield op, certain


def _may_leave(op: Op) -> bool:
    stack = list(op.regions)
    while stack:
        for inner in stack.pop().ops:
            if inner.name in ("break", "continue", "return", "unreachable"):
                return True
            stack += inner.regions
    return False


def _with_operands(wanted: list[Op], invariant: dict[Value, Op]) -> set[Op]:
    """`wanted` and the invariant operations that they need."""
    chosen: set[Op] = set()
    work = list(wanted)
    while work:
        op = work.pop()
        if op not in chosen:
            chosen.add(op)
            work += [invariant[v] for v in op.operands if v in invariant]
    return chosen


def _without(op: Op, moved: frozenset[Op]) -> Op:
    regions = tuple(Region(r.args, tuple(o for o in r.ops if o not in moved)) for r in op.regions)
    return op.with_(regions=regions)
