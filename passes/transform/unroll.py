"""Unrolls loops that index local arrays, so that the arrays can become values.

An array in local memory can be promoted only if every index is constant. A loop with constant
bounds is unrolled completely if it is the only thing in the way: all indices of some array depend
on nothing but counters of such loops. Other loops stay as the source has them; unrolling them is
the C compiler's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...ir.constants import constant
from ...ir.dtypes import Pointer, Record, Scalar
from ...ir.nodes import Func, Module, Op, Region, Value, walk
from ...ir.ops import PURE
from ..analysis.effects import DERIVING
from ..pipeline import FuncPass, PassContext
from ..rewriter import Cloner, Rewriter, definitions, integer_of

_ADDRESSES = {"load": 1, "store": 1, "copy": 2}
"""Leading operands that are addresses of an access that promotion understands."""


@dataclass(frozen=True)
class Unroll(FuncPass):
    """Full unrolling for the sake of local arrays.

    `max_elements`: of an array worth it, larger ones read better (and are handled better across
    barriers) as arrays; `max_trips`: iterations of one loop; `asked_trips`: of one with
    `#pragma unroll`; `max_ops`: operations that one loop may become.
    """

    max_elements: int = 16
    max_trips: int = 16
    asked_trips: int = 64
    max_ops: int = 1024
    name: ClassVar[str] = "unroll"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        if not any(op.name == "alloca" for op in func.body.ops):
            return func
        wanted = _Arrays(func, self).loops()
        return _Unroller(wanted).func(func) if wanted else func

    def allows(self, op: Op, trips: int, size: int) -> bool:
        """Whether loop `op` may be unrolled: pragmas ask for it, a factor of 0 means fully."""
        factor = op.attrs.get("unroll")
        if factor == 1:
            return False
        asked = isinstance(factor, int) and (factor == 0 or factor >= trips)
        return trips <= (self.asked_trips if asked else self.max_trips) and (
            trips * size <= self.max_ops
        )


def trip_count(op: Op, defs: dict[Value, Op]) -> int | None:
    """How often a `for` with constant bounds and step runs; None for others."""
    lower, upper, step = (integer_of(v, defs) for v in op.operands[:3])
    if lower is None or upper is None or not step:
        return None
    return max(0, -((lower - upper) // step))


class _Arrays:
    """The local arrays of a function, and the loops that keep each in memory."""

    def __init__(self, func: Func, options: Unroll) -> None:
        self.func = func
        self.options = options
        self.defs = definitions(func.body)
        self.counters: dict[Value, Op] = {}
        for op in walk(func.body):
            if op.name == "for":
                self.counters[op.regions[0].args[0]] = op
        self.root: dict[Value, Value] = {}
        self.needed: dict[Value, set[Op]] = {}
        self.hopeless: set[Value] = set()
        for op in walk(func.body):
            self._note(op)

    def loops(self) -> set[Op]:
        """The loops to unroll: those that all together free at least one array."""
        found: set[Op] = set()
        for array, loops in self.needed.items():
            if array not in self.hopeless and loops and all(map(self._may_unroll, loops)):
                found |= loops
        return found

    def _note(self, op: Op) -> None:
        if op.name == "alloca":
            self.root[op.result] = op.result
            self.needed[op.result] = set()
            if not self._is_small(op):
                self.hopeless.add(op.result)
            return
        addresses = _ADDRESSES.get(op.name, 0)
        for i, value in enumerate(op.operands):
            root = self.root.get(value)
            if root is None:
                continue
            if op.name in DERIVING and i == 0:
                self.root[op.result] = root
                if op.name == "offset":
                    self._index(root, op.operands[1])
            elif i < addresses and not op.attrs.get("volatile"):
                if op.name != "copy":
                    self._index(root, op.operands[1])
            else:
                self.hopeless.add(root)

    def _is_small(self, op: Op) -> bool:
        count, type_ = op.attrs["count"], op.result.type
        assert isinstance(count, int) and isinstance(type_, Pointer), "an alloca has a count"  # noqa: PT018
        if isinstance(type_.elem, Record):
            count *= sum(member.count for member in type_.elem.fields)
        return count <= self.options.max_elements

    def _index(self, root: Value, index: Value) -> None:
        loops = self._loops_of(index)
        if loops is None:
            self.hopeless.add(root)
        else:
            self.needed[root] |= loops

    def _loops_of(self, value: Value) -> set[Op] | None:
        """The loops on whose counters alone `value` depends; None where on anything else."""
        if value in self.counters:
            op = self.counters[value]
            bounds = [self._loops_of(v) for v in op.operands[:3]]
            return None if trip_count(op, self.defs) is None or None in bounds else {op}
        op_or_none = self.defs.get(value)
        if op_or_none is None or op_or_none.name not in PURE or op_or_none.name == "alloca":
            return None
        if not op_or_none.operands and op_or_none.name != "const":
            return None
        loops: set[Op] = set()
        for operand in op_or_none.operands:
            inner = self._loops_of(operand)
            if inner is None:
                return None
            loops |= inner
        return loops

    def _may_unroll(self, op: Op) -> bool:
        trips = trip_count(op, self.defs)
        size = sum(1 for _ in walk(op.regions[0]))
        return trips is not None and not _jumps_out(op) and self.options.allows(op, trips, size)


def _jumps_out(op: Op) -> bool:
    """Whether a `break` or `continue` of this very loop is in its body."""
    stack = list(op.regions)
    while stack:
        for inner in stack.pop().ops:
            if inner.name in ("break", "continue"):
                return True
            if inner.name not in ("for", "loop"):
                stack += inner.regions
    return op.regions[0].terminator.name != "yield"


class _Unroller(Rewriter):
    def __init__(self, wanted: set[Op]) -> None:
        super().__init__()
        self.wanted = wanted
        self.defs: dict[Value, Op] = {}

    def visit(self, op: Op) -> None:
        new = self.rebuilt(op)
        for value in new.results:
            self.defs[value] = new
        if op in self.wanted:
            self._unroll(new)
        else:
            self.out.append(new)

    def _unroll(self, op: Op) -> None:
        lower, upper, step = (integer_of(v, self.defs) for v in op.operands[:3])
        assert lower is not None and upper is not None and step, "the bounds are constants"  # noqa: PT018
        region = op.regions[0]
        type_ = region.args[0].type
        assert isinstance(type_, Scalar), "counters are integers"
        values = op.operands[3:]
        for number in range(lower, upper, step):
            counter = self.constant(constant(number, type_), type_, op.span)
            values = self._iteration(region, (counter, *values))
        self.values.update(zip(op.results, values, strict=True))

    def _iteration(self, region: Region, arguments: tuple[Value, ...]) -> tuple[Value, ...]:
        cloner = Cloner()
        cloner.values.update(zip(region.args, arguments, strict=True))
        cloner.out = self.out
        for op in region.ops[:-1]:
            cloner.visit(op)
        return cloner.operands(region.terminator)
