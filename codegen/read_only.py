"""What pointers of a function lead to: memory that is only read (C may declare it `const`), and
storage that nothing else can point at."""

from __future__ import annotations

from ..ir.dtypes import Pointer
from ..ir.nodes import Func, Op, Region, Value, walk

_DERIVED = frozenset({"offset", "field", "ptr_cast"})
_READS = frozenset({"load", "cmp", "ptr_diff", "print"})


def read_only_pointers(func: Func) -> frozenset[Value]:
    """The pointer values of `func` that, with all that is derived from them, are only read.

    Pointers that meet in a variable are treated alike; one that is stored in memory or loaded from
    it counts as written.
    """
    return _Finder(func).found()


def private_storage(func: Func) -> dict[Value, str]:
    """Lane arrays and variables of `func` that are loaded and stored directly and nothing else, so
    that no other pointer leads there; each with a name of its own."""
    found = {op.result for op in walk(func.body) if op.name in ("lane_array", "alloca")}
    order = [op.result for op in walk(func.body) if op.name in ("lane_array", "alloca")]
    for op in walk(func.body):
        for i, value in enumerate(op.operands):
            if value in found and not (i == 0 and op.name in ("load", "store")):
                found.discard(value)
    return {value: f"storage {i}" for i, value in enumerate(order) if value in found}


class _Finder:
    def __init__(self, func: Func) -> None:
        self.pointers: dict[Value, None] = {}
        self.written: set[Value] = set()
        self.bases: dict[Value, list[Value]] = {}
        """Pointer -> those that must not be const when it is not."""
        self.add(func.params)
        self.region(func.body, None)

    def found(self) -> frozenset[Value]:
        stack = list(self.written)
        while stack:
            for base in self.bases.get(stack.pop(), ()):
                if base not in self.written:
                    self.written.add(base)
                    stack.append(base)
        return frozenset(v for v in self.pointers if v not in self.written)

    def add(self, values: tuple[Value, ...]) -> None:
        self.pointers.update((v, None) for v in values if isinstance(v.type, Pointer))

    def link(self, derived: Value, base: Value, *, both: bool = False) -> None:
        if isinstance(base.type, Pointer):
            self.bases.setdefault(derived, []).append(base)
            if both:
                self.bases.setdefault(base, []).append(derived)

    def region(self, region: Region, loop: Op | None) -> None:
        self.add(region.args)
        for op in region.ops:
            self.op(op, loop)

    def op(self, op: Op, loop: Op | None) -> None:
        self.add(op.results)
        if op.name in ("for", "loop"):
            self.carried(op)
            loop = op
        elif op.name == "if":
            for region in op.regions:
                if region.terminator.name == "yield":
                    self.meet(region.terminator.operands, op.results)
        elif op.name in ("break", "continue") and loop is not None:
            self.meet(op.operands, loop.results)
        else:
            self.plain(op)
        for region in op.regions:
            self.region(region, loop)

    def carried(self, op: Op) -> None:
        skip = 0 if op.name == "loop" else 1
        inits = op.operands if op.name == "loop" else op.operands[3:]
        self.meet(inits, op.results)
        for region in op.regions:
            self.meet(region.args[skip:], op.results)
            last = region.terminator
            if last.name in ("yield", "condition"):
                self.meet(last.operands[last.name == "condition" :], op.results)

    def meet(self, values: tuple[Value, ...], results: tuple[Value, ...]) -> None:
        for value, result in zip(values, results, strict=True):
            self.link(result, value, both=True)

    def plain(self, op: Op) -> None:
        if op.name in _DERIVED:
            self.link(op.result, op.operands[0])
        elif op.name == "select":
            self.link(op.result, op.operands[1])
            self.link(op.result, op.operands[2])
        elif op.name in ("yield", "condition", "break", "continue") or op.name in _READS:
            pass
        elif op.name == "copy":
            self.written.add(op.operands[0])
        else:
            self.written.update(v for v in op.operands if isinstance(v.type, Pointer))
        if op.name in ("load", "int_to_ptr", "alloca", "lane_array", "global_addr", "atomic"):
            self.written.update(v for v in op.results if isinstance(v.type, Pointer))
