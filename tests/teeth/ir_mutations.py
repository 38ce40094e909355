"""Single-point mutations of a kernel's IR, for what has no text of its own in generated C.

Barriers and warp operations decide where the kernel is cut into loops over threads; which type an
operation is computed in decides about casts, functions and constants around it. Such a mutation is
made in the SIMT stage, and the rest of the compiler makes C of the changed kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ascendify.ir.dtypes import F16, F32, F64, I8, I32, I64, U8, U32, U64, Scalar, Type
from ascendify.ir.nodes import Func, Module, Op, Value, walk
from ascendify.passes.rewriter import Rewriter

NARROWER: Mapping[Type, Scalar] = {F64: F32, F32: F16, I64: I8, U64: U8, I32: I8, U32: U8}
"""The type in which an operation is computed instead. Half of an integer's width would do for all
buffers of less than billions of elements, or of tens of thousands."""
NARROWED = frozenset(
    "add sub mul div neg fma exp log log1p expm1 sqrt rsqrt rcp tanh pow sin cos".split()
)
MODES: Mapping[str, tuple[str, ...]] = {
    "xor": ("up", "idx"),
    "down": ("up", "idx"),
    "up": ("down", "idx"),
    "idx": ("xor", "down"),
}
"""Not `xor` for `down` and the reverse: in the usual reduction both give lane 0 the same."""
CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "vote": {"any": ("all",), "all": ("any",)},
    "match": {"any": ("all",), "all": ("any",)},
    "warp_reduce": {"add": ("or",), "min": ("max",), "max": ("min",), "and": ("or",),
                    "or": ("and",), "xor": ("or",)},
    "barrier_reduce": {"count": ("and",), "and": ("or",), "or": ("and",)},
}  # fmt: skip
EVERY_OTHER_LANE = 0x55555555


@dataclass(frozen=True, slots=True)
class IrMutation:
    """The change `change` of operation number `at` (in the order of `walk`) of a kernel."""

    kind: str
    kernel: str
    at: int
    change: str


class Change(Rewriter):
    """Rewrites one operation with `edit`, which appends what stands in its place."""

    def __init__(self, target: Op, edit: Edit) -> None:
        super().__init__()
        self.target, self.edit = target, edit

    def visit(self, op: Op) -> None:
        if op is self.target:
            self.edit(self, op)
        else:
            super().visit(op)


Edit = Callable[[Change, Op], None]


def ir_mutations(instance: str, module: Module) -> list[IrMutation]:
    """Every mutation of the kernel in `module` that is known here."""
    (func,) = module.kernels()
    return [
        IrMutation(kind, instance, at, change)
        for at, op in enumerate(walk(func.body))
        for kind, change, _ in _changes(op)
    ]


def mutated(module: Module, mutation: IrMutation) -> tuple[Module, Op]:
    """`module` with the mutation, and the operation that it changed."""
    (func,) = module.kernels()
    op = list(walk(func.body))[mutation.at]
    edit = next(
        edit
        for kind, change, edit in _changes(op)
        if (kind, change) == (mutation.kind, mutation.change)
    )
    return module.with_func(_changed(func, op, edit)), op


def _changed(func: Func, op: Op, edit: Edit) -> Func:
    return Change(op, edit).func(func)


def _changes(op: Op) -> Iterator[tuple[str, str, Edit]]:
    """The ways to mutate `op`: kind, description, edit."""
    if op.name in ("barrier", "warp_sync", "grid_barrier"):
        yield "barrier", f"no {op.name}", _leave_out
    elif op.name == "shuffle":
        for mode in MODES[str(op.attrs["mode"])]:
            yield "shuffle", f"{op.attrs['mode']} becomes {mode}", partial(_attribute, "mode", mode)
        yield "shuffle", "lane or offset + 1", partial(_operand, 2, _plus_one)
        yield "shuffle", "width halved", partial(_operand, 3, _halved)
    for old, others in CHOICES.get(op.name, {}).items():
        if op.attrs["op"] == old:
            for new in others:
                yield "shuffle", f"{op.name} {old} becomes {new}", partial(_attribute, "op", new)
    if op.name in ("shuffle", "vote", "match", "warp_reduce"):
        yield "mask", "every other lane", partial(_operand, 0, _every_other)
    if op.name in NARROWED and op.result.type in NARROWER:
        narrow = NARROWER[op.result.type]
        yield "narrow", f"{op.name} in {narrow}", partial(_narrowed, narrow)


def _leave_out(change: Change, op: Op) -> None:
    pass


def _attribute(name: str, value: str, change: Change, op: Op) -> None:
    change.out.append(change.rebuilt(op.with_(attrs={**op.attrs, name: value})))


def _operand(at: int, edit: Callable[[Change, Op, Value], Value], change: Change, op: Op) -> None:
    """Replace operand `at` by what `edit` makes of it."""
    values = list(change.operands(op))
    values[at] = edit(change, op, values[at])
    change.out.append(op.with_(operands=tuple(values)))


def _plus_one(change: Change, op: Op, value: Value) -> Value:
    one = change.constant(1, I32, op.span)
    return change.emit("add", (value, one), I32, op.span)


def _halved(change: Change, op: Op, value: Value) -> Value:
    two = change.constant(2, I32, op.span)
    return change.emit("div", (value, two), I32, op.span)


def _every_other(change: Change, op: Op, value: Value) -> Value:
    lanes = change.constant(EVERY_OTHER_LANE, U32, op.span)
    return change.emit("and", (value, lanes), U32, op.span)


def _narrowed(narrow: Scalar, change: Change, op: Op) -> None:
    """Compute `op` in a smaller type: operands cast down, the result cast back."""
    wide = op.result.type
    values = tuple(
        change.emit("cast", (v,), narrow, op.span) if v.type == wide else v
        for v in change.operands(op)
    )
    small = change.emit(op.name, values, narrow, op.span, op.attrs)
    change.replace(op.result, change.emit("cast", (small,), wide, op.span, hint=op.result.name))
