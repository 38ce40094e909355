"""The parts of a kernel that all threads of a block run together: data, no decisions.

A plan is a list of items: `Segment` (code for one thread, run by all threads in turn), `Block`
(control flow that the whole block takes together) and plain operations (computed once for the
block).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ...ir.builder import Builder
from ...ir.dtypes import I1, I32, U32, MemoryType, Pointer, Scalar, Space
from ...ir.nodes import Op, Value
from ...ir.source import NOWHERE, Span


def lanes(name: str) -> str:
    """The name of the lane array that holds the value called `name`."""
    return f"{name}_lanes" if name else "lanes"


@dataclass(frozen=True, slots=True)
class Guard:
    """Which threads take part: those whose `mask` is set and whose `conditions` hold.

    A condition is a value and whether it is negated. No mask and no conditions: all threads.
    """

    mask: Value | None = None
    conditions: tuple[tuple[Value, bool], ...] = ()

    def __bool__(self) -> bool:
        return self.mask is not None or bool(self.conditions)


@dataclass(eq=False, slots=True)
class Segment:
    """Code between two synchronisations, for one thread."""

    guard: Guard
    linear: Value = field(default_factory=lambda: Value(U32, "thread"))
    """Stands for the thread's index in the block."""
    reset: list[Op] = field(default_factory=list)
    """Runs before the guard is asked, for every thread."""
    ops: list[Op] = field(default_factory=list)
    writes: bool = False
    """Whether it changes memory that the source knows of."""
    escapes: bool = False
    """Whether a thread may leave it early."""
    reads: set[Value] = field(default_factory=set)
    """Exchange arrays of which a thread reads other threads' elements."""
    own: dict[Value, Value] = field(default_factory=dict)
    """Values that the thread finds in its own element of an exchange array."""

    def builder(self, span: Span) -> Builder:
        """A builder that appends to the segment."""
        builder = Builder(span)
        builder.ops = self.ops
        return builder


@dataclass(eq=False, slots=True)
class Block:
    """A structured operation that the block takes as a whole; `op` has no regions yet."""

    op: Op
    bodies: list[tuple[tuple[Value, ...], list[Item]]] = field(default_factory=list)


Item = Op | Segment | Block


@dataclass(eq=False, slots=True)
class Setup:
    """What stands at the start of the block's code: constants, storage, geometry."""

    ops: list[Op] = field(default_factory=list)
    values: set[Value] = field(default_factory=set)
    _constants: dict[tuple[Scalar, int | bool], Value] = field(default_factory=dict)
    _threads: Value | None = None

    def _add(
        self, name: str, type_: Scalar | Pointer, hint: str = "", **attrs: int | bool
    ) -> Value:
        value = Value(type_, hint)
        self.ops.append(Op(name, (), attrs, (), (value,), NOWHERE))
        self.values.add(value)
        return value

    def constant(self, number: int | bool, type_: Scalar = I32) -> Value:
        key = (type_, number)
        if key not in self._constants:
            self._constants[key] = self._add("const", type_, value=number)
        return self._constants[key]

    def block_threads(self) -> Value:
        """The number of threads of the block."""
        if self._threads is None:
            self._threads = self._add("block_threads", U32, "threads")
        return self._threads

    def lane_array(self, elem: MemoryType, hint: str, count: int = 1) -> Value:
        """Storage with `count` elements for every thread."""
        return self._add("lane_array", Pointer(elem, Space.LOCAL), hint, count=count)

    def variable(self, type_: Scalar, hint: str) -> Value:
        """One variable of the block."""
        return self._add("alloca", Pointer(type_, Space.LOCAL), hint, count=1)

    def flag(self, hint: str) -> Value:
        return self.variable(I1, hint)


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """A kernel cut into items, and where values that cross cuts are kept."""

    setup: Setup
    items: Sequence[Item]
    block_values: set[Value]
    """Values that are the same for all threads and computed at block level."""
    slots: dict[Value, Value]
    """Thread value -> the lane array that holds it (results and arguments of control flow)."""
    allocas: dict[Value, Op]
    definitions: dict[Value, Op]


def segments(items: Sequence[Item], in_loop: bool = False) -> Iterator[tuple[Segment, bool]]:
    """Every segment in order, and whether it may run several times."""
    for item in items:
        if isinstance(item, Segment):
            yield item, in_loop
        elif isinstance(item, Block):
            for _, body in item.bodies:
                yield from segments(body, in_loop or item.op.name != "if")
