"""Which values are the same for all threads of a warp, block or grid, and what code they all reach.

A forward data flow over the lattice grid < block < warp < varying, to a fixpoint. A value's level
speaks of the threads that compute it together: `block` means that all threads of a block that get
there have the same value. Control dependence is included: what a branch yields is as uneven as its
condition, what leaves a loop as uneven as the number of its iterations. Loads are varying unless
from memory that nobody writes (constant space, a kernel's own record arguments, `const
__restrict__` parameters) at an even address. A warp is 32 consecutive threads of a block in linear
order; `threadIdx.x / 32` is therefore no warp index unless the block is known to be a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ...ir.dtypes import Pointer, Space
from ...ir.nodes import Func, Op, Region, Value
from ...ir.ops import OPS, TERMINATORS, Effect
from ...ir.printer import print_func
from ..rewriter import definitions, integer_of
from .effects import root_of

WARP_SIZE = 32
FULL_MASK = 0xFFFFFFFF


class Level(IntEnum):
    """Among which threads something is the same; higher is less even."""

    GRID = 0
    BLOCK = 1
    WARP = 2
    VARYING = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Uniformity:
    """Levels of values and of control."""

    values: Mapping[Value, Level]
    control: Mapping[Op, Level]
    """Which threads reach an operation together, not counting those that have returned."""
    returned: Mapping[Op, Level]
    """How unevenly threads may have returned before an operation; GRID where none can have."""

    def of(self, value: Value) -> Level:
        return self.values.get(value, Level.VARYING)

    def is_uniform(self, value: Value, level: Level = Level.BLOCK) -> bool:
        """Whether `value` is at least as even as `level`."""
        return self.of(value) <= level


def uniformity(func: Func) -> Uniformity:
    """The levels of everything in `func`. A device function's parameters are varying."""
    flow = _Flow(func)
    return Uniformity(flow.values, flow.control, flow.returned)


@dataclass(slots=True)
class _Loop:
    """What is known about a loop so far; levels only rise."""

    op: Op
    trips: Level = Level.GRID
    """How unevenly threads leave it."""
    again: Level = Level.GRID
    """How unevenly its `continue`s are reached."""
    returns: Level = Level.GRID
    """How unevenly threads may have returned in it or before."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an operation stands."""

    control: Level
    inside: Level
    """Like control, but only what happened since the innermost loop's region was entered."""
    owner: Op | None
    loop: _Loop | None


class _Flow:
    def __init__(self, func: Func) -> None:
        self.func = func
        self.defs = definitions(func.body)
        self.values: dict[Value, Level] = {}
        self.control: dict[Op, Level] = {}
        self.returned: dict[Op, Level] = {}
        self.loops: dict[Op, _Loop] = {}
        self.return_level = Level.GRID
        self.steady = frozenset(_steady_params(func))
        start = Level.GRID if func.is_kernel else Level.VARYING
        for param in func.params:
            self.values[param] = start
        self.changed = True
        while self.changed:
            self.changed = False
            self.return_level = Level.GRID
            self._region(func.body, _Place(Level.GRID, Level.GRID, None, None))

    def of(self, value: Value) -> Level:
        return self.values.get(value, Level.GRID)

    def most(self, values: Iterable[Value]) -> Level:
        return max(map(self.of, values), default=Level.GRID)

    def raise_to(self, value: Value, level: Level) -> None:
        if level > self.values.get(value, Level.GRID):
            self.values[value] = level
            self.changed = True
        elif value not in self.values:
            self.values[value] = level

    def _region(self, region: Region, place: _Place) -> Level:
        """Go through a region; returns how unevenly it is left before its end."""
        control, inside, left = place.control, place.inside, Level.GRID
        for op in region.ops:
            here = _Place(control, inside, place.owner, place.loop)
            self.control[op] = max(control, self.control.get(op, Level.GRID))
            self.returned[op] = max(self.return_level, self.returned.get(op, Level.GRID))
            if op.name == "if":
                uneven = self._if(op, here)
                left = max(left, uneven)
                control, inside = max(control, uneven), max(inside, uneven)
            elif op.name in ("for", "loop"):
                self._loop(op, here)
            elif op.regions:
                for inner in op.regions:
                    self._region(inner, here)
            elif op.name in TERMINATORS:
                left = max(left, self._terminator(op, region, here))
            else:
                level = self._level(op)
                for value in op.results:
                    self.raise_to(value, level)
        return left

    # Structure

    def _if(self, op: Op, place: _Place) -> Level:
        condition = self.of(op.operands[0])
        inner = _Place(max(place.control, condition), max(place.inside, condition), op, place.loop)
        left = max(self._region(r, inner) for r in op.regions)
        ends = [r.terminator for r in op.regions if r.terminator.name == "yield"]
        for i, result in enumerate(op.results):
            passed = [end.operands[i] for end in ends]
            same = len(passed) < 2 or passed[0] is passed[1]
            self.raise_to(result, max(self.most(passed), Level.GRID if same else condition))
        return left

    def _loop(self, op: Op, place: _Place) -> None:
        loop = self.loops.setdefault(op, _Loop(op))
        if op.name == "for":
            counter = op.regions[0].args[0]
            self.raise_to(counter, self.most((op.operands[0], op.operands[2])))
            self._leave(loop, self.most(op.operands[:3]))
            self._pass(op.operands[3:], (op.regions[0].args[1:], op.results))
        else:
            first = op.regions[1 if op.attrs.get("do_first") else 0]
            self._pass(op.operands, (first.args,))
        self.return_level = max(self.return_level, loop.returns)
        for region in op.regions:
            control = max(place.control, loop.trips)
            self._region(region, _Place(control, Level.GRID, op, loop))
        if self.return_level > loop.returns:
            loop.returns = self.return_level
            self.changed = True
        for value in op.results:
            self.raise_to(value, max(self.of(value), loop.trips))

    def _leave(self, loop: _Loop, level: Level) -> None:
        if level > loop.trips:
            loop.trips = level
            self.changed = True

    def _pass(
        self, values: Sequence[Value], targets: Iterable[Sequence[Value]], level: Level = Level.GRID
    ) -> None:
        for group in targets:
            for value, target in zip(values, group, strict=True):
                self.raise_to(target, max(self.of(value), level))

    def _terminator(self, op: Op, region: Region, place: _Place) -> Level:
        """Hand values on; returns how unevenly `op` leaves what surrounds it."""
        if op.name in ("return", "unreachable"):
            self.return_level = max(self.return_level, place.control)
            return Level.GRID
        loop = place.loop
        if op.name == "break" and loop is not None:
            self._leave(loop, place.inside)
            self._pass(op.operands, (loop.op.results,))
            return place.inside
        if op.name == "continue" and loop is not None:
            if place.inside > loop.again:
                loop.again = place.inside
                self.changed = True
            self._next(op.operands, loop)
            return place.inside
        if loop is None or place.owner is not loop.op:
            return Level.GRID
        if op.name == "condition":
            self._leave(loop, self.of(op.operands[0]))
            self._pass(op.operands[1:], (loop.op.regions[1].args, loop.op.results))
        elif loop.op.name == "loop" and region is loop.op.regions[2]:
            self._pass(op.operands, (loop.op.regions[0].args,))
        else:
            self._next(op.operands, loop)
        return Level.GRID

    def _next(self, values: Sequence[Value], loop: _Loop) -> None:
        """What the end of a body, or a `continue`, hands to the next iteration."""
        if loop.op.name == "for":
            targets = (loop.op.regions[0].args[1:], loop.op.results)
        else:
            targets = (loop.op.regions[2].args,)  # type: ignore[assignment]
        for i, value in enumerate(values):
            own = value in (group[i] for group in targets)
            level = Level.GRID if own else loop.again
            for group in targets:
                self.raise_to(group[i], max(self.of(value), level))

    # Plain operations

    def _level(self, op: Op) -> Level:
        rule = _RULES.get(op.name)
        if rule is not None:
            return rule(self, op)
        if OPS[op.name].effect is Effect.PURE:
            return self.most(op.operands)
        return Level.VARYING

    def is_steady(self, pointer: Value) -> bool:
        """Whether what `pointer` points to does not change while the kernel runs."""
        if isinstance(pointer.type, Pointer) and pointer.type.space is Space.CONSTANT:
            return True
        root = root_of(pointer, self.defs)
        return isinstance(root, Value) and root in self.steady


def _steady_params(func: Func) -> Iterable[Value]:
    if not func.is_kernel:
        return
    defs = definitions(func.body)
    written = {
        root_of(op.operands[0], defs)
        for op in _all(func.body)
        if op.name in ("store", "copy", "atomic", "atomic_cas")
    }
    for i, param in enumerate(func.params):
        is_record = f"param{i}.record" in func.attrs
        is_table = func.attrs.get(f"param{i}.const") and func.attrs.get(f"param{i}.restrict")
        if (is_record and param not in written) or is_table:
            yield param


def _all(region: Region) -> Iterable[Op]:
    stack = [region]
    while stack:
        for op in stack.pop().ops:
            yield op
            stack.extend(op.regions)


_Rule = Callable[[_Flow, Op], Level]


def _fixed(level: Level) -> _Rule:
    return lambda flow, op: level


def _load(flow: _Flow, op: Op) -> Level:
    steady = flow.is_steady(op.operands[0]) and not op.attrs.get("volatile")
    return flow.most(op.operands) if steady else Level.VARYING


def _global_addr(flow: _Flow, op: Op) -> Level:
    shared = isinstance(op.result.type, Pointer) and op.result.type.space is Space.SHARED
    return Level.BLOCK if shared else Level.GRID


def _agreed(flow: _Flow, op: Op) -> Level:
    """Every lane of the mask gets the same answer."""
    return max(Level.WARP, flow.of(op.operands[0]))


def _shuffle(flow: _Flow, op: Op) -> Level:
    mask, value, lane, width = op.operands
    if flow.of(value) <= Level.WARP:
        return flow.of(value)  # exchanging equal values
    one_source = op.attrs["mode"] == "idx" and flow.of(lane) <= Level.WARP
    whole = integer_of(width, flow.defs) == WARP_SIZE
    return Level.WARP if one_source and whole and flow.of(mask) <= Level.WARP else Level.VARYING


def _match(flow: _Flow, op: Op) -> Level:
    return _agreed(flow, op) if op.attrs["op"] == "all" else Level.VARYING


def _div(flow: _Flow, op: Op) -> Level:
    divisor = integer_of(op.operands[1], flow.defs)
    if divisor and divisor % WARP_SIZE == 0 and _is_thread_linear(flow, op.operands[0]):
        return Level.WARP
    return flow.most(op.operands)


def _shr(flow: _Flow, op: Op) -> Level:
    count = integer_of(op.operands[1], flow.defs)
    if count is not None and 5 <= count < 32 and _is_thread_linear(flow, op.operands[0]):
        return Level.WARP
    return flow.most(op.operands)


def _is_thread_linear(flow: _Flow, value: Value) -> bool:
    op = flow.defs.get(value)
    while op is not None and op.name == "cast":
        op = flow.defs.get(op.operands[0])
    if op is None:
        return False
    is_row = bool(flow.func.attrs.get("block_is_row"))
    return op.name == "thread_linear" or (
        is_row and op.name == "thread_idx" and op.attrs["dim"] == 0
    )


def _thread_idx(flow: _Flow, op: Op) -> Level:
    is_row = bool(flow.func.attrs.get("block_is_row"))
    return Level.GRID if is_row and op.attrs["dim"] != 0 else Level.VARYING


_RULES: Mapping[str, _Rule] = {
    "thread_idx": _thread_idx,
    "thread_linear": _fixed(Level.VARYING),
    "block_idx": _fixed(Level.BLOCK),
    "alloca": _fixed(Level.VARYING),
    "lane_array": _fixed(Level.BLOCK),
    "global_addr": _global_addr,
    "load": _load,
    "shuffle": _shuffle,
    "vote": _agreed,
    "warp_reduce": _agreed,
    "active_mask": _fixed(Level.WARP),
    "match": _match,
    "barrier_reduce": _fixed(Level.BLOCK),
    "div": _div,
    "shr": _shr,
}


def text(func: Func) -> str:
    """The function with the level of every value and, where not the whole grid's, of control."""
    found = uniformity(func)
    notes = {op: [note] for op in _all(func.body) if (note := _note(op, found))}
    return print_func(func, spans=False, notes=notes)


def _note(op: Op, found: Uniformity) -> str:
    if op.name in TERMINATORS:
        return ""
    parts = [str(found.of(v)) for v in op.results]
    if found.control[op] > Level.GRID:
        parts.append(f"control {found.control[op]}")
    if found.returned[op] > Level.GRID:
        parts.append(f"returned {found.returned[op]}")
    return ", ".join(parts)
