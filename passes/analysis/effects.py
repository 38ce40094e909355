"""Which memory a function reads and writes, and what else it does besides computing.

Memory is named by its root: the parameter or alloca (a `Value`) or the global (its name) that an
address is derived from by offsets, members and casts; `None` stands for any other address.
Pointers that were stored, yielded or passed on count as escaping: their root may be reached
through `None` then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...ir.dtypes import Pointer
from ...ir.nodes import Func, Op, Value, walk
from ...ir.ops import OPS, Effect
from ..rewriter import definitions

Root = Value | str | None
DERIVING = frozenset({"offset", "field", "ptr_cast"})
"""Operations whose result points into what their first operand points into."""
_ADDRESS_OPERANDS = {"load": 1, "store": 1, "copy": 2, "atomic": 1, "atomic_cas": 1}
"""How many leading operands are addresses that the operation only accesses."""
_HARMLESS = frozenset({"cmp", "ptr_diff"})
"""Operations that look at an address and let nobody reach it."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What a function does; roots in order of first appearance."""

    reads: tuple[Root, ...]
    writes: tuple[Root, ...]
    escapes: tuple[Root, ...]
    kinds: frozenset[Effect]


def root_of(pointer: Value, defs: Mapping[Value, Op]) -> Root:
    """The root of an address. Values without definition (parameters) are their own root."""
    op = defs.get(pointer)
    while op is not None and op.name in DERIVING:
        pointer = op.operands[0]
        op = defs.get(pointer)
    if op is None:
        return pointer
    if op.name == "alloca":
        return pointer
    return str(op.attrs["symbol"]) if op.name == "global_addr" else None


def effects(func: Func) -> Effects:
    """The effects of `func`; a call counts as reading and writing everything it can reach."""
    defs = definitions(func.body)
    params = set(func.params)

    def root(pointer: Value) -> Root:
        found = root_of(pointer, defs)
        known = not isinstance(found, Value) or found in defs or found in params
        return found if known else None  # a region's argument

    reads: dict[Root, None] = {}
    writes: dict[Root, None] = {}
    escapes: dict[Root, None] = {}
    kinds: set[Effect] = set()
    for op in walk(func.body):
        kinds.add(OPS[op.name].effect)
        accessed = _ADDRESS_OPERANDS.get(op.name, 0)
        if op.name in ("load", "atomic", "atomic_cas"):
            reads[root(op.operands[0])] = None
        if op.name == "copy":
            reads[root(op.operands[1])] = None
        if op.name in ("store", "copy", "atomic", "atomic_cas"):
            writes[root(op.operands[0])] = None
        if op.name == "call":
            reads[None] = writes[None] = None
        if op.name in DERIVING or op.name in _HARMLESS:
            continue
        for value in op.operands[accessed:]:
            if isinstance(value.type, Pointer):
                escapes[root(value)] = None
    kinds -= {Effect.PURE, Effect.CONTROL}
    return Effects(tuple(reads), tuple(writes), tuple(escapes), frozenset(kinds))


def text(func: Func) -> str:
    """The effects as lines, for tests and `--emit analysis`."""
    found = effects(func)

    def names(roots: tuple[Root, ...]) -> str:
        shown = [
            "?" if r is None else f"@{r}" if isinstance(r, str) else f"%{r.name}" for r in roots
        ]
        return ", ".join(shown) or "nothing"

    kinds = ", ".join(sorted(k.name.lower() for k in found.kinds)) or "none"
    return (
        f"reads: {names(found.reads)}\nwrites: {names(found.writes)}\n"
        f"escapes: {names(found.escapes)}\nkinds: {kinds}\n"
    )
