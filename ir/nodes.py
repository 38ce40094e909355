"""The nodes of the IR: one operation class, one table of operations (`ops.py`), frozen data.

Values are compared by identity and numbered only when printed. Regions nest; the last operation
of every region is a terminator (`yield`, `condition`, `break`, `continue`, `return`). A pass
never changes a node: it builds new ones and returns a new `Func`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from .dtypes import MemoryType, Record, Space, Type
from .source import NOWHERE, Span

Attr = int | float | bool | str | MemoryType
"""What an attribute may hold; nothing else, so that the text form is total."""


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """One SSA value. `name` is the source's name for it, a hint for printers, not an identity."""

    type: Type
    name: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Region:
    """A list of operations with arguments; the last operation is a terminator."""

    args: tuple[Value, ...]
    ops: tuple[Op, ...]

    @property
    def terminator(self) -> Op:
        return self.ops[-1]


@dataclass(frozen=True, eq=False, slots=True)
class Op:
    """One operation: a row of the table in `ops.py` applied to operands."""

    name: str
    operands: tuple[Value, ...] = ()
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    regions: tuple[Region, ...] = ()
    results: tuple[Value, ...] = ()
    span: Span = NOWHERE

    @property
    def result(self) -> Value:
        """The only result. Raises ValueError where there is not exactly one."""
        (value,) = self.results
        return value

    def with_(
        self,
        *,
        operands: tuple[Value, ...] | None = None,
        attrs: Mapping[str, Attr] | None = None,
        regions: tuple[Region, ...] | None = None,
        results: tuple[Value, ...] | None = None,
    ) -> Op:
        """A copy with the given parts replaced."""
        return Op(
            self.name,
            self.operands if operands is None else operands,
            self.attrs if attrs is None else attrs,
            self.regions if regions is None else regions,
            self.results if results is None else results,
            self.span,
        )


@dataclass(frozen=True, eq=False, slots=True)
class Global:
    """Storage with static duration: `__shared__`, `__device__`, `__constant__` or a constant table.

    `count` elements of `elem`; 0 for `extern __shared__` (its size comes with the launch).
    `init` is the little-endian image, empty for zeros; shared memory starts undefined.
    """

    name: str
    elem: MemoryType
    count: int
    space: Space
    align: int
    init: bytes = b""
    source_name: str = ""
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False, slots=True)
class Func:
    """A kernel (`is_kernel`) or a device function. Allocas stand in the body's top region only."""

    name: str
    params: tuple[Value, ...]
    result: Type | None
    body: Region
    is_kernel: bool = False
    span: Span = NOWHERE
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    """Known keys: `source_name` (as in the source, with template arguments), `max_threads`,
    `min_blocks` (launch bounds), `stage` (`simt`, `threads`), per parameter i: `param<i>.record`
    (a record passed by value: the parameter is then a pointer to the callee's own copy),
    `param<i>.const`, `param<i>.restrict`."""

    def with_body(self, body: Region, **attrs: Attr) -> Func:
        """The same function with another body and, where given, further attributes."""
        return replace(self, body=body, attrs={**self.attrs, **attrs})


@dataclass(frozen=True, eq=False, slots=True)
class Module:
    """Everything that one source file's translation needs."""

    funcs: tuple[Func, ...]
    globals: tuple[Global, ...] = ()
    records: tuple[Record, ...] = ()

    def func(self, name: str) -> Func:
        """The function called `name`. Raises KeyError where there is none."""
        for func in self.funcs:
            if func.name == name:
                return func
        raise KeyError(name)

    def global_(self, name: str) -> Global:
        """The global called `name`. Raises KeyError where there is none."""
        for item in self.globals:
            if item.name == name:
                return item
        raise KeyError(name)

    def with_func(self, func: Func) -> Module:
        """This module with the function of the same name replaced."""
        return replace(self, funcs=tuple(func if f.name == func.name else f for f in self.funcs))

    def kernels(self) -> tuple[Func, ...]:
        return tuple(f for f in self.funcs if f.is_kernel)


def walk(region: Region) -> Iterator[Op]:
    """Every operation in `region`, outer before inner, in program order."""
    pending = [iter(region.ops)]  # not recursive: each operation would pass through every level
    while pending:
        for op in pending[-1]:
            yield op
            if op.regions:
                pending += [iter(inner.ops) for inner in reversed(op.regions)]
                break
        else:
            pending.pop()


def uses(region: Region) -> dict[Value, int]:
    """How often each value is an operand anywhere in `region`."""
    count: dict[Value, int] = {}
    for op in walk(region):
        for value in op.operands:
            count[value] = count.get(value, 0) + 1
    return count
