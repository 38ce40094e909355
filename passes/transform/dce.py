"""Removes what nobody needs: mark from the effects backwards, sweep the rest.

Values of structured operations are followed one by one, around loops too: a carried value that
only feeds itself goes, and with it its initial value and what every `yield`, `break`, `continue`
and `condition` passes for it. Stores to local variables that are never read are no effects. Loops
without effects whose results nobody needs are taken to end, as C++ lets a compiler assume.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...ir.nodes import Func, Module, Op, Region, Value
from ...ir.ops import OPS, TERMINATORS, Effect
from ..analysis.effects import DERIVING
from ..pipeline import FuncPass, PassContext
from ..rewriter import Rewriter

_LOOPS = frozenset({"for", "loop"})
_SKIPPED = {"condition": 1}
"""Leading operands of a terminator that are not handed on."""


@dataclass(frozen=True)
class Dce(FuncPass):
    """Remove operations, results and carried values that have no effect on what the kernel does."""

    name: ClassVar[str] = "dce"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        live = _Liveness(func)
        return _Sweep(live).func(func)


def carried_at(op: Op) -> int:
    """How many operands of a loop stand before the initial values."""
    return 3 if op.name == "for" else 0


class _Liveness:
    """Which operations and values are needed."""

    def __init__(self, func: Func) -> None:
        self.live_ops: set[Op] = set()
        self.live: set[Value] = set()
        self.parent: dict[Op, Op] = {}
        self.passed: dict[tuple[Op, int], list[Value]] = {}
        """(structured operation, result i) -> the values that terminators pass for it."""
        self.origin: dict[Value, tuple[Op, int]] = {}
        """Value -> its operation and result index; for a carried argument, of its loop."""
        self.exits: dict[Op, list[Op]] = {}
        """Loop -> its `break`s and `continue`s."""
        self._work: list[Value] = []
        self._roots: list[Op] = []
        self._stores: list[tuple[Op, Value]] = []
        self._root: dict[Value, Value] = {}
        self._read: set[Value] = set()
        self._scan(func.body, None, None)
        for op, alloca in self._stores:
            if alloca in self._read:
                self._roots.append(op)
        for op in self._roots:
            self._need(op)
        while self._work:
            self._follow(self._work.pop())

    def _scan(self, region: Region, parent: Op | None, loop: Op | None) -> None:
        for op in region.ops:
            if parent is not None:
                self.parent[op] = parent
            for i, value in enumerate(op.results):
                self.origin[value] = (op, i)
            self._note_addresses(op)
            if op.name in TERMINATORS:
                self._scan_terminator(op, parent, loop)
            elif op.regions:
                self._scan_structured(op, loop)
            elif self._has_effect(op):
                self._roots.append(op)

    def _scan_structured(self, op: Op, loop: Op | None) -> None:
        first = carried_at(op)
        if op.name in _LOOPS:
            loop = op
            self.exits[op] = []
            for i, value in enumerate(op.operands[first:]):
                self.passed[op, i] = [value]
        for region in op.regions:
            skipped = 1 if op.name == "for" else 0
            for i, value in enumerate(region.args[skipped:]):
                self.origin[value] = (op, i)
            self._scan(region, op, loop)

    def _scan_terminator(self, op: Op, parent: Op | None, loop: Op | None) -> None:
        target = loop if op.name in ("break", "continue") else parent
        if op.name in ("return", "unreachable"):
            self._roots.append(op)
        elif target is not None:
            if op.name in ("break", "continue"):
                self.exits[target].append(op)
            for i, value in enumerate(op.operands[_SKIPPED.get(op.name, 0) :]):
                self.passed.setdefault((target, i), []).append(value)

    def _note_addresses(self, op: Op) -> None:
        """Follow addresses of local variables; note those that anything may read."""
        if op.name == "alloca":
            self._root[op.result] = op.result
            return
        first = 0
        if op.name in DERIVING and op.operands[0] in self._root:
            self._root[op.result] = self._root[op.operands[0]]
            first = 1
        elif op.name in ("store", "copy"):
            first = 1
            root = self._root.get(op.operands[0])
            if root is not None and not op.attrs.get("volatile"):
                self._stores.append((op, root))
        for value in op.operands[first:]:
            if value in self._root:
                self._read.add(self._root[value])

    def _has_effect(self, op: Op) -> bool:
        effect = OPS[op.name].effect
        if effect is Effect.PURE:
            return False
        if effect is Effect.READ:
            return bool(op.attrs.get("volatile"))
        if op.name in ("store", "copy"):
            return op.operands[0] not in self._root or bool(op.attrs.get("volatile"))
        return True

    def _need(self, op: Op) -> None:
        """`op` must stay: so must what it uses directly and what leads to it."""
        if op in self.live_ops:
            return
        self.live_ops.add(op)
        for value in self._own_operands(op):
            self._mark(value)
        if op.name == "loop":
            self._mark(op.regions[0].terminator.operands[0])
        for leaving in self.exits.get(op, ()):
            self._need(leaving)
        parent = self.parent.get(op)
        if parent is not None:
            self._need(parent)

    def _own_operands(self, op: Op) -> tuple[Value, ...]:
        if op.name in ("yield", "break", "continue", "condition"):
            return ()  # followed one by one
        if op.name == "loop":
            return ()
        return op.operands[:3] if op.name == "for" else op.operands

    def _mark(self, value: Value) -> None:
        if value not in self.live:
            self.live.add(value)
            self._work.append(value)

    def _follow(self, value: Value) -> None:
        found = self.origin.get(value)
        if found is None:
            return
        op, i = found
        self._need(op)
        if not op.regions:
            return
        if op.name in _LOOPS:  # all its arguments and its result live and die together
            self._mark_carried(op, i)
        for passed in self.passed.get((op, i), ()):
            self._mark(passed)

    def _mark_carried(self, op: Op, i: int) -> None:
        skipped = 1 if op.name == "for" else 0
        for region in op.regions:
            self._mark(region.args[i + skipped])
        self._mark(op.results[i])


class _Sweep(Rewriter):
    def __init__(self, live: _Liveness) -> None:
        super().__init__()
        self.live = live
        self.kept: list[int] | None = None
        """Indices of the values that `yield` and `condition` of the current region pass on."""
        self.loop_kept: list[int] | None = None

    def visit(self, op: Op) -> None:
        if op.name in TERMINATORS:
            self.out.append(self._terminator(op))
        elif op in self.live.live_ops:
            self.out.append(self._structured(op) if op.regions else op)

    def _structured(self, op: Op) -> Op:
        saved = self.kept, self.loop_kept
        kept = [i for i, value in enumerate(op.results) if value in self.live.live]
        if len(kept) == len(op.results):
            self.kept = None
        else:
            self.kept = kept
        first = carried_at(op)
        operands, regions = op.operands, op.regions
        if op.name in _LOOPS:
            self.loop_kept = self.kept
            if self.kept is not None:
                operands = op.operands[:first] + _pick(op.operands[first:], kept)
                skip = 1 if op.name == "for" else 0
                regions = tuple(
                    Region(r.args[:skip] + _pick(r.args[skip:], kept), r.ops) for r in regions
                )
        new = tuple(self.region(r) for r in regions)
        self.kept, self.loop_kept = saved
        results = _pick(op.results, kept)
        if new == op.regions and results == op.results:
            return op
        return op.with_(operands=operands, regions=new, results=results)

    def _terminator(self, op: Op) -> Op:
        if op.name in ("return", "unreachable"):
            return op
        kept = self.loop_kept if op.name in ("break", "continue") else self.kept
        if kept is None:
            return op
        first = _SKIPPED.get(op.name, 0)
        return op.with_(operands=op.operands[:first] + _pick(op.operands[first:], kept))


def _pick(values: tuple[Value, ...], kept: list[int]) -> tuple[Value, ...]:
    return tuple(values[i] for i in kept)
