"""Lowers a kernel to loops over the threads of a block (stage `threads`, target C).

A kernel without barriers and warp operations becomes one loop. Any other is cut there into
consecutive loops: `plan_blocks` decides what runs per thread and what once per block,
`warp_exchange` replaces warp operations by memory, `emit_threads` writes the loops. What that
leaves unused is removed at the end.

The kernel must be inlined. Grid-wide barriers are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...ir.builder import Builder
from ...ir.diagnostics import error
from ...ir.dtypes import Pointer, Record
from ...ir.nodes import Func, Module, Op, Region, Value, uses, walk
from ...ir.ops import OPS, Effect
from ..pipeline import FuncPass, PassContext
from ..rewriter import Rewriter
from .emit_threads import emit_threads
from .plan_blocks import plan_blocks
from .synchronisation import Structure

STAGE = "threads"


@dataclass(frozen=True)
class ToThreadLoops(FuncPass):
    """Run the threads of a block one after another, between synchronisations."""

    name: ClassVar[str] = "to-thread-loops"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        if not func.is_kernel or func.attrs.get("stage") == STAGE:
            return func
        return to_thread_loops(func)


def to_thread_loops(func: Func) -> Func:
    """Kernel `func` at stage `threads`. Raises CompileError for what cannot be cut."""
    _refuse_calls(func)
    func = _own_records(func)
    structure = Structure(func)
    if structure.is_synced:
        ops = emit_threads(plan_blocks(func, structure))
    else:
        last = func.body.terminator
        inner = (*func.body.ops[:-1], Op("yield", span=last.span))
        ops = [Op("thread_loop", (), {}, (Region((), inner),), (), func.span)]
    end = Op("return", span=func.body.terminator.span)
    body = without_unused(Region((), (*ops, end)))
    return func.with_body(body, stage=STAGE)


def _refuse_calls(func: Func) -> None:
    for op in walk(func.body):
        if op.name in ("call", "func_addr"):
            what = op.attrs.get("callee", op.attrs.get("symbol"))
            raise error(
                "ASC0603",
                f"function '{what}' is not inlined, and this target has no calls between threads",
                op.span,
                help="recursive functions and function pointers cannot be translated",
            )


def _own_records(func: Func) -> Func:
    """Give each thread its own copy of a record parameter that it changes."""
    changed = [
        param
        for i, param in enumerate(func.params)
        if func.attrs.get(f"param{i}.record") and not _is_only_read(param, func.body)
    ]
    if not changed:
        return func
    b = Builder(func.span)
    rewriter = Rewriter()
    for param in changed:
        assert isinstance(param.type, Pointer), "a record is passed by its address"
        assert isinstance(param.type.elem, Record), "a record is passed by its address"
        record = param.type.elem
        local = b.alloca(record, 1, hint=param.name, align=record.align)
        b.do("copy", local, param, bytes=record.size, align=record.align)
        same = local.type == param.type
        copy = local if same else b.op("ptr_cast", local, type=param.type, hint=param.name)
        rewriter.replace(param, copy)
    body = rewriter.region(func.body)
    return func.with_body(Region((), (*b.ops, *body.ops)))


def _is_only_read(pointer: Value, body: Region) -> bool:
    """Whether nothing writes through `pointer` or keeps it."""
    derived = {pointer}
    for op in walk(body):
        hits = [i for i, value in enumerate(op.operands) if value in derived]
        if not hits:
            continue
        if op.name in ("offset", "field", "ptr_cast", "select"):
            derived.update(op.results)
        elif op.name == "copy":
            if hits != [1]:
                return False
        elif op.name not in ("load", "cmp", "ptr_diff"):
            return False
    return True


def without_unused(body: Region) -> Region:
    """`body` without values that nobody uses and storage that nobody reads."""
    while True:
        smaller = _Sweep(body).region(body)
        if smaller is body:
            return body
        body = smaller


class _Sweep(Rewriter):
    """One round of removal, backwards through each region so that chains go at once."""

    def __init__(self, body: Region) -> None:
        super().__init__()
        self.uses = uses(body)
        self.write_only = _write_only(body)

    def collect(self, ops: tuple[Op, ...] | list[Op]) -> list[Op]:  # type: ignore[override]
        kept: list[Op] = []
        for op in reversed(ops):
            if self._is_unused(op):
                for value in op.operands:
                    self.uses[value] -= 1
                continue
            kept.append(self.rebuilt(op))
        kept.reverse()
        return kept

    def _is_unused(self, op: Op) -> bool:
        if op.name == "store":
            return op.operands[0] in self.write_only
        if op.name in ("if", "thread_loop") and not op.results:
            return all(len(r.ops) == 1 and r.terminator.name == "yield" for r in op.regions)
        row = OPS[op.name]
        is_quiet = row.effect is Effect.PURE or (
            row.effect is Effect.READ and not op.attrs.get("volatile")
        )
        return is_quiet and not any(self.uses.get(value) for value in op.results)


def _write_only(body: Region) -> set[Value]:
    """Lane arrays and variables that are stored to and never read."""
    found = {op.result for op in walk(body) if op.name in ("lane_array", "alloca")}
    for op in walk(body):
        for i, value in enumerate(op.operands):
            if value in found and not (op.name == "store" and i == 0):
                found.discard(value)
    return found
