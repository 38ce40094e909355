"""Which values live in mutable C variables, and which of them share one.

Results and carried values of control flow need variables. A result takes over the variable of a
value that ends its life there: `if (x > peak) peak = x;` instead of a second `peak`. Shared is
only what is never alive at the same time; in doubt a value gets its own variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ir.dtypes import Type
from ..ir.nodes import Op, Region, Value, walk

_LOOPS = frozenset({"for", "loop", "thread_loop"})


@dataclass(eq=False, slots=True)
class Variable:
    """A mutable variable and the values that it holds at some time."""

    hint: str
    type: Type
    holders: list[Value] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an operation stands: its first and last number, and the loop region around it."""

    start: int
    end: int
    loop: Region | None
    elsewhere: tuple[tuple[int, int], ...]
    """Ranges of numbers that are not reached where this place is: the other arms."""


class Variables:
    """The variables of one function."""

    def __init__(self, body: Region) -> None:
        self.of: dict[Value, Variable] = {}
        self.declared_by: dict[Op, list[Variable]] = {}
        """Structured operation -> the variables that come into being with it."""
        self._places: dict[Op, _Place] = {}
        self._uses: dict[Value, list[int]] = {}
        self._defined: dict[Value, tuple[int, Region | None]] = {}
        self._targets: dict[Value, tuple[Variable, Value | None]] = {}
        self._count = 0
        self._number(body, None, ())
        self._assign(body)

    # Positions

    def _number(
        self,
        region: Region,
        loop: Region | None,
        elsewhere: tuple[tuple[int, int], ...],
    ) -> None:
        for value in region.args:
            self._defined[value] = (self._count, loop)
        for op in region.ops:
            self._count += 1
            start = self._count
            for value in op.operands:
                self._uses.setdefault(value, []).append(start)
            around = elsewhere
            for i, inner in enumerate(op.regions):
                if op.name == "if":
                    around = (*elsewhere, self._other_arm(op, i, self._count))
                self._number(inner, inner if op.name in _LOOPS else loop, around)
            self._places[op] = _Place(start, self._count, loop, elsewhere)
            for value in op.results:
                self._defined[value] = (self._count, loop)

    def _other_arm(self, op: Op, i: int, now: int) -> tuple[int, int]:
        """The numbers of the arm of `op` that is not its arm `i`, which starts after `now`."""
        sizes = [sum(1 for _ in walk(region)) for region in op.regions]
        return (now + sizes[0] + 1, now + sum(sizes)) if i == 0 else (now - sizes[0] + 1, now)

    def _loops_differ(self, value: Value, op: Op) -> bool:
        """Whether `op` stands in another loop region than where `value` was made."""
        return self._defined[value][1] is not self._places[op].loop

    # Sharing

    def _assign(self, region: Region) -> None:
        for op in region.ops:
            if op.name == "if" and op.results:
                self._if(op)
            elif op.name in ("for", "loop"):
                self._loop(op)
            for inner in op.regions:
                self._assign(inner)

    def _new(self, op: Op, hint: str, type_: Type) -> Variable:
        variable = Variable(hint, type_)
        self.declared_by.setdefault(op, []).append(variable)
        return variable

    def _hold(self, variable: Variable, *values: Value) -> None:
        for value in values:
            self.of[value] = variable
            variable.holders.append(value)

    def _is_free(self, variable: Variable, op: Op, limit: int, taken: set[Variable]) -> bool:
        """Whether `op` may write `variable`: nothing that it holds is needed after `limit`."""
        if variable in taken:
            return False
        place = self._places[op]
        for holder in variable.holders:
            made, _ = self._defined[holder]
            if made >= place.end:
                continue
            late = [use for use in self._uses.get(holder, ()) if use > limit]
            if not all(any(a <= use <= b for a, b in place.elsewhere) for use in late):
                return False
        return True

    def _if(self, op: Op) -> None:
        taken: set[Variable] = set()
        place = self._places[op]
        for k, result in enumerate(op.results):
            variable = self._target(op, result, place.end, taken)
            if variable is None:
                variable = self._from_arms(op, k, taken)
            if variable is None:
                hint = result.name or next(
                    (r.terminator.operands[k].name for r in op.regions if _yields(r)), ""
                )
                variable = self._new(op, hint, result.type)
            taken.add(variable)
            self._hold(variable, result)
        for region in op.regions:
            if _yields(region):
                self._aim(region, region.terminator.operands, op.results)

    def _target(self, op: Op, result: Value, limit: int, taken: set[Variable]) -> Variable | None:
        """The variable that `result` is handed on to, where it may be written here already."""
        aimed = self._targets.get(result)
        if aimed is None:
            return None
        variable, current = aimed
        if current is not None and self._loops_differ(current, op):
            return None
        return variable if self._is_free(variable, op, limit, taken) else None

    def _from_arms(self, op: Op, k: int, taken: set[Variable]) -> Variable | None:
        for region in op.regions:
            if not _yields(region):
                continue
            value = region.terminator.operands[k]
            variable = self.of.get(value)
            if variable is None or variable.type != op.results[k].type:
                continue
            if self._places[op].loop is not self._defined[value][1]:
                continue
            if self._defined[value][0] >= self._places[op].start:
                continue
            if self._is_free(variable, op, self._places[op].end, taken):
                return variable
        return None

    def _loop(self, op: Op) -> None:
        bounds = 3 if op.name == "for" else 0
        inits = op.operands[bounds:]
        taken: set[Variable] = set()
        skip = 1 if op.name == "for" else 0
        for k, (init, result) in enumerate(zip(inits, op.results, strict=True)):
            variable = self._from_init(op, init, taken)
            if variable is None:
                hint = result.name or op.regions[0].args[k + skip].name or init.name
                variable = self._new(op, hint, result.type)
            taken.add(variable)
            self._hold(variable, result)
            self._hold(variable, *(r.args[k + skip] for r in op.regions))
        for region in op.regions:
            if _yields(region):
                self._aim(region, region.terminator.operands, region.args[skip:])

    def _from_init(self, op: Op, init: Value, taken: set[Variable]) -> Variable | None:
        variable = self.of.get(init)
        if variable is None or self._loops_differ(init, op):
            return None
        if op.operands.count(init) != 1:
            return None
        return variable if self._is_free(variable, op, self._places[op].start, taken) else None

    def _aim(self, region: Region, values: Sequence[Value], holders: Sequence[Value]) -> None:
        """Results made in `region` whose only use is to be handed on aim at that variable."""
        made = {v: op for op in region.ops if op.regions for v in op.results}
        for value, holder in zip(values, holders, strict=True):
            source = made.get(value)
            if source is None or len(self._uses.get(value, ())) != 1:
                continue
            current = holder if holder in region.args else None
            if source.name == "if" and values.count(value) == 1:
                self._targets[value] = (self.of[holder], current)


def _yields(region: Region) -> bool:
    return region.terminator.name == "yield"
