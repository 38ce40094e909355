"""Between which bounds an integer value lies: intervals, computed on demand.

A value that may wrap gets its type's full range. Launch geometry has CUDA's limits; besides these
one assumption is made, which the host side of a launch has to keep: along each dimension there
are fewer than 2**31 threads, so that `blockIdx * blockDim + threadIdx` never wraps 31 bits.
Values that loops carry, loads and parameters are only known by their types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...ir.dtypes import I1, I64, Pointer, Scalar, Type
from ...ir.nodes import Func, Op, Value, walk
from ..rewriter import definitions

MAX_BLOCK = (1024, 1024, 64)
MAX_BLOCK_THREADS = 1024
MAX_GRID = ((1 << 31) - 1, 65535, 65535)
MAX_THREADS_ALONG = (1 << 31) - 1


class Interval(NamedTuple):
    """All integers from `low` to `high`, both included."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"[{self.low}, {self.high}]"

    def join(self, other: Interval) -> Interval:
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def within(self, other: Interval) -> bool:
        return other.low <= self.low and self.high <= other.high

    @property
    def is_one(self) -> bool:
        return self.low == self.high


def type_range(type_: Type) -> Interval:
    """All values of an integer type; for others, which have no range, that of i64."""
    if isinstance(type_, Pointer) or type_.is_float:
        return type_range(I64)
    if type_ == I1:
        return Interval(0, 1)
    if type_.is_signed:
        return Interval(-(1 << (type_.bits - 1)), (1 << (type_.bits - 1)) - 1)
    return Interval(0, (1 << type_.bits) - 1)


class Ranges:
    """The intervals of a function's integer values."""

    def __init__(self, func: Func) -> None:
        self.defs = definitions(func.body)
        self.func = func
        self._counters: dict[Value, Op] = {}
        self._known: dict[Value, Interval] = {}
        for op in walk(func.body):
            if op.name == "for":
                self._counters[op.regions[0].args[0]] = op

    def of(self, value: Value) -> Interval:
        """Where `value` lies."""
        found = self._known.get(value)
        if found is None:
            full = type_range(value.type)
            self._known[value] = full  # what a cycle sees
            found = self._known[value] = self._computed(value, full)
        return found

    def _computed(self, value: Value, full: Interval) -> Interval:
        if value in self._counters:
            return self._counter(self._counters[value])
        op = self.defs.get(value)
        if op is None or not isinstance(value.type, Scalar) or value.type.is_float:
            return full
        rule = RULES.get(op.name)
        found = rule(self, op) if rule is not None else None
        if found is None or not found.within(full):
            return full
        return found

    def _counter(self, op: Op) -> Interval:
        lower, upper = self.of(op.operands[0]), self.of(op.operands[1])
        if op.attrs.get("down"):
            return Interval(min(upper.low + 1, lower.high), lower.high)
        return Interval(lower.low, max(upper.high - 1, lower.low))

    def is_nonnegative(self, value: Value) -> bool:
        return self.of(value).low >= 0

    # Rules

    def geometry(self, value: Value) -> tuple[str, int] | None:
        """(operation, dimension) where `value` is an index or size of the launch, through casts."""
        op = self.defs.get(value)
        while op is not None and op.name == "cast" and not _is_float(op.operands[0].type):
            op = self.defs.get(op.operands[0])
        if op is None or op.name not in ("thread_idx", "block_idx", "block_dim", "grid_dim"):
            return None
        dim = op.attrs["dim"]
        return op.name, dim if isinstance(dim, int) else 0

    def block_start(self, value: Value) -> int | None:
        """The dimension d where `value` is `blockIdx.d * blockDim.d`."""
        op = self.defs.get(value)
        while op is not None and op.name == "cast" and not _is_float(op.operands[0].type):
            op = self.defs.get(op.operands[0])
        if op is None or op.name != "mul":
            return None
        found = sorted(filter(None, map(self.geometry, op.operands)))
        if [name for name, _ in found] == ["block_dim", "block_idx"] and found[0][1] == found[1][1]:
            return found[0][1]
        return None


def _is_float(type_: Type) -> bool:
    return isinstance(type_, Scalar) and type_.is_float


_Rule = Callable[[Ranges, Op], "Interval | None"]


def _const(r: Ranges, op: Op) -> Interval | None:
    value = op.attrs["value"]
    return Interval(int(value), int(value)) if isinstance(value, int) else None


def _geometry(r: Ranges, op: Op) -> Interval | None:
    dim = op.attrs["dim"]
    assert isinstance(dim, int), "geometry has a dimension"
    threads = r.func.attrs.get("max_threads")
    block = min(MAX_BLOCK[dim], threads) if isinstance(threads, int) and threads else MAX_BLOCK[dim]
    return {
        "thread_idx": Interval(0, block - 1),
        "block_dim": Interval(1, block),
        "block_idx": Interval(0, MAX_GRID[dim] - 1),
        "grid_dim": Interval(1, MAX_GRID[dim]),
    }[op.name]


def _block_threads(r: Ranges) -> int:
    threads = r.func.attrs.get("max_threads")
    return threads if isinstance(threads, int) and threads else MAX_BLOCK_THREADS


def _thread_linear(r: Ranges, op: Op) -> Interval | None:
    return Interval(0, _block_threads(r) - 1)


def _is_block_size(r: Ranges, op: Op) -> bool:
    """Whether `op` multiplies block sizes of different dimensions."""
    dims: list[int] = []
    work = list(op.operands)
    while work:
        value = work.pop()
        named = r.geometry(value)
        inner = r.defs.get(value)
        if named is not None and named[0] == "block_dim":
            dims.append(named[1])
        elif inner is not None and inner.name == "mul":
            work += inner.operands
        else:
            return False
    return len(set(dims)) == len(dims)


def _add(r: Ranges, op: Op) -> Interval | None:
    a, b = op.operands
    for start, thread in ((a, b), (b, a)):
        dim = r.block_start(start)
        if dim is not None and r.geometry(thread) == ("thread_idx", dim):
            return Interval(0, MAX_THREADS_ALONG - 1)
    x, y = r.of(a), r.of(b)
    return Interval(x.low + y.low, x.high + y.high)


def _sub(r: Ranges, op: Op) -> Interval | None:
    x, y = (r.of(v) for v in op.operands)
    return Interval(x.low - y.high, x.high - y.low)


def _mul(r: Ranges, op: Op) -> Interval | None:
    if _is_block_size(r, op):
        return Interval(1, _block_threads(r))
    named = sorted(filter(None, map(r.geometry, op.operands)))
    if len(named) == 2 and named[0][1] == named[1][1]:
        kinds = (named[0][0], named[1][0])
        if kinds == ("block_dim", "block_idx"):
            return Interval(0, MAX_THREADS_ALONG - 1)
        if kinds == ("block_dim", "grid_dim"):
            return Interval(1, MAX_THREADS_ALONG)
    x, y = (r.of(v) for v in op.operands)
    corners = [a * b for a in x for b in y]
    return Interval(min(corners), max(corners))


def _div(r: Ranges, op: Op) -> Interval | None:
    x, y = (r.of(v) for v in op.operands)
    if y.low <= 0:
        return None
    corners = [abs(a) // b * (1 if a >= 0 else -1) for a in x for b in y]
    return Interval(min(corners), max(corners))


def _rem(r: Ranges, op: Op) -> Interval | None:
    x, y = (r.of(v) for v in op.operands)
    if y.low <= 0:
        return None
    if x.low >= 0:
        return Interval(0, min(x.high, y.high - 1))
    return Interval(max(x.low, 1 - y.high), max(0, min(x.high, y.high - 1)))


def _and(r: Ranges, op: Op) -> Interval | None:
    x, y = (r.of(v) for v in op.operands)
    bounds = [i.high for i in (x, y) if i.low >= 0]
    return Interval(0, min(bounds)) if bounds else None


def _or(r: Ranges, op: Op) -> Interval | None:
    x, y = (r.of(v) for v in op.operands)
    if x.low < 0 or y.low < 0:
        return None
    return Interval(0, (1 << max(x.high.bit_length(), y.high.bit_length())) - 1)


def _shift_count(r: Ranges, op: Op) -> Interval | None:
    count = r.of(op.operands[1])
    return count if 0 <= count.low and count.high < 64 else None


def _shl(r: Ranges, op: Op) -> Interval | None:
    count = _shift_count(r, op)
    if count is None:
        return None
    x = r.of(op.operands[0])
    corners = [a << n for a in x for n in count]
    return Interval(min(corners), max(corners))


def _shr(r: Ranges, op: Op) -> Interval | None:
    count = _shift_count(r, op)
    if count is None:
        return None
    x = r.of(op.operands[0])
    corners = [a >> n for a in x for n in count]
    return Interval(min(corners), max(corners))


def _min(r: Ranges, op: Op) -> Interval | None:
    x, y = (r.of(v) for v in op.operands)
    return Interval(min(x.low, y.low), min(x.high, y.high))


def _max(r: Ranges, op: Op) -> Interval | None:
    x, y = (r.of(v) for v in op.operands)
    return Interval(max(x.low, y.low), max(x.high, y.high))


def _neg(r: Ranges, op: Op) -> Interval | None:
    x = r.of(op.operands[0])
    return Interval(-x.high, -x.low)


def _abs(r: Ranges, op: Op) -> Interval | None:
    x = r.of(op.operands[0])
    return Interval(0 if x.low <= 0 <= x.high else min(map(abs, x)), max(map(abs, x)))


def _cast(r: Ranges, op: Op) -> Interval | None:
    return None if _is_float(op.operands[0].type) else r.of(op.operands[0])


def _select(r: Ranges, op: Op) -> Interval | None:
    return r.of(op.operands[1]).join(r.of(op.operands[2]))


def _bit_count(r: Ranges, op: Op) -> Interval | None:
    return Interval(0, 64)


RULES: Mapping[str, _Rule] = {
    "const": _const,
    "thread_idx": _geometry,
    "block_idx": _geometry,
    "block_dim": _geometry,
    "grid_dim": _geometry,
    "thread_linear": _thread_linear,
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "rem": _rem,
    "and": _and,
    "or": _or,
    "xor": _or,  # has no bit that `or` has not
    "shl": _shl,
    "shr": _shr,
    "min": _min,
    "max": _max,
    "neg": _neg,
    "abs": _abs,
    "cast": _cast,
    "select": _select,
    "popc": _bit_count,
    "clz": _bit_count,
    "ffs": _bit_count,
}


def ranges(func: Func) -> Ranges:
    """The intervals of `func`'s values, computed as they are asked for."""
    return Ranges(func)


def text(func: Func) -> str:
    """One line per named integer value whose interval is narrower than its type."""
    found = Ranges(func)
    lines: list[str] = []
    for op in walk(func.body):
        inner = [v for r in op.regions for v in r.args]
        for value in (*op.results, *inner):
            is_integer = isinstance(value.type, Scalar) and value.type.is_integer
            if is_integer and value.name and found.of(value) != type_range(value.type):
                lines.append(f"%{value.name}: {found.of(value)}")
    return "\n".join(lines) + "\n"
