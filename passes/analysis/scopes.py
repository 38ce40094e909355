"""What is known to hold at each place of a kernel, as a tree of scopes.

A scope adds to its parent the facts of one condition, or being inside of one loop. Behind a
branch of which one side leaves, the rest of the region is a scope of its own. The tree depends on
the code alone; what its facts mean in numbers is worked out per launch (`concrete.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...ir.nodes import Func, Op, Region, Value, walk
from .conditions import Fact, facts
from .incoming import Arrivals, arrivals


@dataclass(frozen=True, eq=False, slots=True)
class Scope:
    """`parent` and: `condition` has the value `holds` (with its `facts`), or one runs in `loop`."""

    parent: Scope | None = None
    facts: tuple[Fact, ...] = ()
    condition: Value | None = None
    holds: bool = True
    loop: Op | None = None

    def chain(self) -> Iterator[Scope]:
        """This one and all around it, inner before outer."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


class Scopes:
    """The scope of every operation, and where values arrive from."""

    def __init__(self, func: Func, defs: Mapping[Value, Op]) -> None:
        self.defs = defs
        self.root = Scope()
        self.at: dict[Op, Scope] = {}
        self.loop_of: dict[Value, Op] = {}
        """The `for` of which a value is the counter."""
        self.carried: dict[Value, Op] = {}
        """The `for` that carries a value besides its counter."""
        self.arrivals = arrivals(func)
        self.same = _aliases(func, self.arrivals)
        """Arguments of regions that are one other value of the same round."""
        self.is_regular = True
        """Whether scopes say all about who gets where: no thread leaves a loop or the kernel from
        further inside than a branch in its own region."""
        self._region(func.body, self.root, None)

    def _region(self, region: Region, scope: Scope, branch: Op | None) -> None:
        """Everything in `region`, which is a side of `branch` or a loop's or function's body."""
        for op in region.ops:
            self.at[op] = scope
            if op.name == "if":
                scope = self._if(op, scope, branch)
            elif op.name == "for":
                self.loop_of[op.regions[0].args[0]] = op
                self.carried |= dict.fromkeys(op.regions[0].args[1:], op)
                self._region(op.regions[0], Scope(scope, loop=op), None)
            elif op.name == "loop":
                self._loop(op, scope)
            elif op.name == "break":
                self.is_regular = False

    def _if(self, op: Op, scope: Scope, branch: Op | None) -> Scope:
        """Both sides; the scope of what comes behind."""
        sides = [self._under(scope, op.operands[0], holds) for holds in (True, False)]
        behind = scope
        leaves = [inner.terminator.name != "yield" for inner in op.regions]
        for inner, side, other in zip(op.regions, sides, reversed(sides), strict=True):
            self._region(inner, side, op)
            if inner.terminator.name != "yield":
                behind = other
                stops = inner.terminator.name in ("return", "unreachable")
                in_loop = any(outer.loop is not None for outer in scope.chain())
                if branch is not None or (stops and in_loop):
                    self.is_regular = False
        return behind if leaves != [True, True] else scope

    def _loop(self, op: Op, scope: Scope) -> None:
        cond, body, step = op.regions
        inside = Scope(scope, loop=op)
        self._region(cond, inside, None)
        if cond.terminator.name == "condition" and not op.attrs.get("do_first"):
            inside = self._under(inside, cond.terminator.operands[0], True)
        self._region(body, inside, None)
        self._region(step, inside, None)

    def _under(self, scope: Scope, condition: Value, holds: bool) -> Scope:
        found = tuple(facts(condition, holds, self.defs))
        return Scope(scope, found, condition, holds)


def _aliases(func: Func, found: Arrivals) -> dict[Value, Value]:
    """Arguments of `body` and `step` regions that only one value of the same round becomes."""
    same: dict[Value, Value] = {}
    for op in walk(func.body):
        if op.name != "loop":
            continue
        for region in op.regions[1:]:
            for arg in region.args:
                sources = found.get(arg, ())
                if len(sources) == 1 and sources[0][1] is not op:
                    same[arg] = sources[0][0]
    return same
