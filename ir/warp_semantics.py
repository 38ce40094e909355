"""Threads of a launch as lanes of arrays, and the meaning of the operations between them.

`Threads` says which thread each array element is. Lanes meet in a table with one row per warp and
32 columns. A lane that an operation's mask names but that is elsewhere is an error; one that has
ended, or never was, takes no part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .nodes import Op
from .rounding import Array
from .semantics import TABLE, WARP, shuffle_lane

_BITS = np.uint32(1) << np.arange(WARP, dtype=np.uint32)

Dim = tuple[int, int, int]


class OutOfStep(Exception):
    """Threads do not meet as an operation demands: which lane shows it, and how."""

    def __init__(self, lane: int, reason: str) -> None:
        self.lane = lane
        self.reason = reason
        super().__init__(reason)


class Threads:
    """The threads that run in lock step: all of some blocks, or a single one."""

    def __init__(self, grid: Dim, block: Dim, blocks: Sequence[int], only: int | None = None):
        """`blocks` are linear block numbers; `only` is one thread's linear number."""
        self.grid, self.block, self.blocks = grid, block, tuple(blocks)
        self.per_block = block[0] * block[1] * block[2]
        each = np.arange(self.per_block) if only is None else np.array([only])
        self.linear = np.tile(each, len(self.blocks)).astype(np.uint32)
        self.block_row = np.repeat(np.arange(len(self.blocks)), len(each))
        self.count = len(self.linear)
        self.thread_idx = _split(self.linear, block)
        self.block_idx = _split(np.array(self.blocks, dtype=np.uint32)[self.block_row], grid)
        self.lane = self.linear % WARP
        warps = -(-self.per_block // WARP)
        self.warp_row = self.block_row * warps + self.linear // WARP
        self.warps = warps * len(self.blocks)

    def table(self, values: Array) -> Array:
        """One row of 32 per warp; zeros where there is no lane."""
        result = np.zeros((self.warps, WARP), dtype=values.dtype)
        result[self.warp_row, self.lane] = values
        return result

    def ballot(self, flags: Array) -> Array:
        """For each lane the flags of its warp as bits."""
        bits = (self.table(flags) * _BITS).sum(axis=1, dtype=np.uint32)
        return np.asarray(bits[self.warp_row], dtype=np.uint32)

    def name(self, lane: int) -> str:
        thread = ", ".join(str(a[lane]) for a in self.thread_idx)
        block = ", ".join(str(a[lane]) for a in self.block_idx)
        return f"thread ({thread}) of block ({block})"


def _split(linear: Array, dim: Dim) -> tuple[Array, Array, Array]:
    """x, y, z of linear numbers, x fastest."""
    x, y = np.uint32(dim[0]), np.uint32(dim[1])
    return linear % x, linear // x % y, linear // (x * y)


class Meeting:
    """One execution of a warp operation: who takes part with whom."""

    def __init__(self, threads: Threads, masks: Array, active: Array, running: Array) -> None:
        self.threads = threads
        self.active = active
        here = threads.ballot(active)
        self.missing = masks & threads.ballot(running) & ~here
        self.partners = masks & here
        own = (masks >> threads.lane.astype(np.uint32) & np.uint32(1)) != 0
        self.demand(own, "is not in the mask of its own warp operation")
        self.demand(self.missing == 0, "waits for a lane of its mask that is elsewhere")

    def demand(self, holds: Array, reason: str) -> None:
        wrong = self.active & ~holds
        if wrong.any():
            raise OutOfStep(int(np.argmax(wrong)), reason)

    def rows(self, values: Array) -> Array:
        """For each lane the values of its whole warp."""
        return np.asarray(self.threads.table(values)[self.threads.warp_row])


WarpMeaning = Callable[[Op, Sequence[Array], Meeting], Array]


def _shuffle(op: Op, args: Sequence[Array], meeting: Meeting) -> Array:
    _, values, operand, width = args
    lane = meeting.threads.lane.astype(np.int64)
    width = width.astype(np.int64)
    valid = (width > 0) & (width <= WARP) & (width & (width - 1) == 0)
    meeting.demand(valid, "shuffles with a width that is no power of two up to 32")
    width = np.where(valid, width, WARP)
    source = shuffle_lane(str(op.attrs["mode"]), lane, operand.astype(np.int64), width)
    there = (meeting.partners.astype(np.int64) >> source & 1) != 0
    table = meeting.rows(values)
    return np.where(there, table[np.arange(len(source)), source], values)


def _vote(op: Op, args: Sequence[Array], meeting: Meeting) -> Array:
    votes = meeting.threads.ballot(args[1] & meeting.active) & meeting.partners
    if op.attrs["op"] == "ballot":
        return votes
    return np.asarray(votes != 0 if op.attrs["op"] == "any" else votes == meeting.partners)


def _match(op: Op, args: Sequence[Array], meeting: Meeting) -> Array:
    values = args[1].view(f"u{args[1].dtype.itemsize}")
    same = meeting.rows(values) == values[:, None]
    bits = (same * _BITS).sum(axis=1, dtype=np.uint32) & meeting.partners
    if op.attrs["op"] == "any":
        return np.asarray(bits)
    return np.where(bits == meeting.partners, bits, np.uint32(0))


def _warp_reduce(op: Op, args: Sequence[Array], meeting: Meeting) -> Array:
    values = args[1]
    rows = meeting.rows(values)
    combine = TABLE[str(op.attrs["op"])]
    like = Op(str(op.attrs["op"]), (op.operands[1], op.operands[1]))
    result, empty = values, np.ones(len(values), dtype=bool)
    for source in range(WARP):
        there = (meeting.partners >> np.uint32(source) & np.uint32(1)) != 0
        met = combine(like, [result, rows[:, source]])
        result = np.where(there, np.where(empty, rows[:, source], met), result)
        empty = empty & ~there
    return result


def _nothing(op: Op, args: Sequence[Array], meeting: Meeting) -> Array:
    return meeting.partners


WARP_TABLE: Mapping[str, WarpMeaning] = {
    "shuffle": _shuffle,
    "vote": _vote,
    "match": _match,
    "warp_reduce": _warp_reduce,
    "warp_sync": _nothing,
}
"""Operations whose first operand is a mask; `active_mask`, which has none, is the machine's."""


# Atomic operations: old value, operand -> new value


Change = Callable[[Op, Array, Array], Array]


def _change(name: str) -> Change:
    return lambda op, old, value: TABLE[name](Op(name, (op.operands[2],) * 2), [old, value])


def _inc(op: Op, old: Array, value: Array) -> Array:
    return np.asarray(np.where(old >= value, old.dtype.type(0), old + old.dtype.type(1)))


def _dec(op: Op, old: Array, value: Array) -> Array:
    return np.asarray(np.where((old == 0) | (old > value), value, old - old.dtype.type(1)))


ATOMIC_TABLE: Mapping[str, Change] = {
    **{name: _change(name) for name in ("add", "sub", "min", "max", "and", "or", "xor")},
    "exchange": lambda op, old, value: value,
    "inc": _inc,
    "dec": _dec,
}
