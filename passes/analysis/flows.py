"""What flows into each value: parameters, loaded data, thread and block indices, loop counters.

A forward flow of labels over data dependences, to a fixpoint; sets of labels are the bits of an
integer. Control dependences do not count: the number of a maximum's element does not depend on
the elements. Local and shared memory hold the union of what is stored in them. A counter
carries the data of its upper bound too, as it takes every value below it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.dtypes import I1, Pointer
from ...ir.nodes import Func, Op, Region, Value
from .provenance import Memory, Provenance

THREAD, BLOCK, LOOP, LAUNCH = 1, 2, 4, 8
INDEX = THREAD | BLOCK | LOOP
"""The labels of what enumerates work."""
_FIRST_NAMED = 4
_GEOMETRY = {
    "thread_idx": THREAD,
    "thread_linear": THREAD,
    "block_idx": BLOCK,
    "block_dim": LAUNCH,
    "grid_dim": LAUNCH,
    "block_threads": LAUNCH,
    "active_mask": THREAD,
}
_FIRST_OPERAND = {"select": 1, "shuffle": 1, "vote": 1, "match": 1, "warp_reduce": 1}
"""Operations of which leading operands choose rather than flow."""


class Flows:
    """The labels of every value of a function."""

    def __init__(self, func: Func, provenance: Provenance) -> None:
        self.provenance = provenance
        self.masks: dict[Value, int] = {}
        self.held: dict[Memory, int] = {}
        self._bits: dict[tuple[str, str], int] = {}
        self._changed = True
        for param in func.params:
            name = provenance.scalar(param)
            if name is not None:
                self.masks[param] = self.bit("scalar", name)
        while self._changed:
            self._changed = False
            self._region(func.body)

    def of(self, value: Value) -> int:
        return self.masks.get(value, 0)

    def bit(self, kind: str, name: str) -> int:
        """The label of scalar parameter (`scalar`) or of the elements of memory (`data`) `name`."""
        return self._bits.setdefault((kind, name), 1 << (_FIRST_NAMED + len(self._bits)))

    def names(self, mask: int, kind: str) -> Iterator[str]:
        """The names of the labels of `kind` in `mask`."""
        for (found, name), bit in self._bits.items():
            if found == kind and mask & bit:
                yield name

    def only(self, kind: str) -> int:
        """All labels of `kind`."""
        return sum(bit for (found, _), bit in self._bits.items() if found == kind)

    def _add(self, value: Value, mask: int) -> None:
        before = self.masks.get(value, 0)
        if mask | before != before:
            self.masks[value] = mask | before
            self._changed = True

    def _region(self, region: Region) -> None:
        incoming = self.provenance.incoming
        for value in region.args:
            for source in incoming.get(value, ()):
                self._add(value, self.of(source))
        for op in region.ops:
            if op.name == "for":
                self._counter(op)
            if op.name == "loop":
                for inner in op.regions:
                    for value in inner.args:
                        self._add(value, LOOP)
            for inner in op.regions:
                self._region(inner)
            self._results(op)
            self._writes(op)

    def _counter(self, op: Op) -> None:
        lower, upper, step = (self.of(v) for v in op.operands[:3])
        bounds = upper & self.only("data")
        for value in op.regions[0].args:
            self._add(value, LOOP)
        self._add(op.regions[0].args[0], lower | step | bounds)

    def _results(self, op: Op) -> None:
        for value in op.results:
            if op.regions:
                for source in self.provenance.incoming.get(value, ()):
                    self._add(value, self.of(source))
                if op.name == "if" and value.type == I1:  # && and ||
                    self._add(value, self.of(op.operands[0]))
            elif op.name in _GEOMETRY:
                self._add(value, _GEOMETRY[op.name])
            elif isinstance(value.type, Pointer):
                self._add(value, self._into_address(op))
            elif op.name in ("load", "atomic", "atomic_cas"):
                self._add(value, self._loaded(op))
            else:
                for source in op.operands[_FIRST_OPERAND.get(op.name, 0) :]:
                    self._add(value, self.of(source))

    def _into_address(self, op: Op) -> int:
        """A loaded pointer is not data; one that was computed has what it was computed from."""
        if op.name == "load":
            return 0
        mask = 0
        for source in op.operands[_FIRST_OPERAND.get(op.name, 0) :]:
            mask |= self.of(source)
        return mask

    def _loaded(self, op: Op) -> int:
        mask = 0
        for memory in self.provenance.memories(op.operands[0]):
            if memory.kind == "record":
                name = self.provenance.member(op)
                mask |= self.bit("scalar", name) if name is not None else 0
            elif memory.kind in ("param", "pointee"):
                mask |= self.bit("data", memory.name)
            else:
                mask |= self.held.get(memory, 0)
        return mask

    def _writes(self, op: Op) -> None:
        if op.name == "store":
            mask = self.of(op.operands[2])
        elif op.name == "copy":
            mask = self._loaded_by_copy(op)
        elif op.name in ("atomic", "atomic_cas"):
            mask = self.of(op.operands[-1])
        else:
            return
        for memory in self.provenance.memories(op.operands[0]):
            before = self.held.get(memory, 0)
            if mask | before != before:
                self.held[memory] = mask | before
                self._changed = True

    def _loaded_by_copy(self, op: Op) -> int:
        mask = 0
        for memory in self.provenance.memories(op.operands[1]):
            if memory.kind in ("param", "pointee"):
                mask |= self.bit("data", memory.name)
            else:
                mask |= self.held.get(memory, 0)
        return mask
