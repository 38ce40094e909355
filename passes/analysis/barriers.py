"""Barriers and warp operations that not all of their threads may reach.

A block barrier must be reached by every thread of the block that still runs, a warp operation by
the lanes that its mask names. Where control is more uneven than that, the kernel is either wrong or
relies on facts that the analysis does not see; lowerings refuse or guard it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...ir.nodes import Func, Op, walk
from ...ir.ops import BARRIERS, WARP_OPS
from .uniformity import Level, Uniformity, uniformity


@dataclass(frozen=True, slots=True)
class Divergent:
    """An operation that waits for threads which may not come."""

    op: Op
    control: Level

    def __str__(self) -> str:
        return f"{self.op.name} under {self.control} control"


def divergent_barriers(func: Func, found: Uniformity | None = None) -> list[Divergent]:
    """Block and grid barriers under control that differs within the block (or grid)."""
    levels = found if found is not None else uniformity(func)
    return [
        Divergent(op, levels.control[op])
        for op in walk(func.body)
        if op.name in BARRIERS and levels.control[op] > _needed(op)
    ]


def divergent_warp_ops(func: Func, found: Uniformity | None = None) -> list[Divergent]:
    """Warp operations under control that differs within the warp: their masks must say for whom."""
    levels = found if found is not None else uniformity(func)
    return [
        Divergent(op, levels.control[op])
        for op in walk(func.body)
        if op.name in WARP_OPS and levels.control[op] > Level.WARP
    ]


def _needed(op: Op) -> Level:
    return Level.GRID if op.name == "grid_barrier" else Level.BLOCK


def text(func: Func) -> str:
    """One line per finding."""
    found = uniformity(func)
    items = [*divergent_barriers(func, found), *divergent_warp_ops(func, found)]
    return "".join(f"{item.op.span}: {item}\n" for item in items) or "none\n"
