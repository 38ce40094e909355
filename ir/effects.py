"""What the operations do that touch the machine: storage, memory, atomics, barriers, warps, output.

One function per operation, by table. They run for the lanes of a mask; other lanes get zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .dtypes import Pointer, Space, size_of
from .execution import Machine, owned
from .matrix_effects import registers_of_lanes, whole_warp
from .memory_model import BUFFER_SHIFT, BadAccess
from .nodes import Op
from .printf import format_text
from .rounding import Array, dtype_of
from .semantics import advance, from_array
from .warp_semantics import ATOMIC_TABLE, WARP_TABLE, Meeting, OutOfStep

FUNCTIONS_AT = 0x7FFFFF << BUFFER_SHIFT
"""Addresses of functions: good for comparison only."""


# Operations that touch the machine: (machine, operation, operands, mask) -> result

_Effect = Callable[[Machine, Op, Sequence[Array], Array], Array | list[Array] | None]
EFFECTS: dict[str, _Effect] = {}


def _effect(*names: str) -> Callable[[_Effect], _Effect]:
    def enter(function: _Effect) -> _Effect:
        for name in names:
            EFFECTS[name] = function
        return function

    return enter


@_effect("const")
def _const(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    value = op.attrs["value"]
    assert isinstance(value, int | float), "a constant is a number"
    return machine.full(value, op.result.type)


@_effect("thread_idx", "block_idx", "block_dim", "grid_dim")
def _geometry(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    threads = machine.threads
    dim = int(str(op.attrs["dim"]))
    if op.name == "thread_idx":
        return threads.thread_idx[dim]
    if op.name == "block_idx":
        return threads.block_idx[dim]
    extent = machine.block if op.name == "block_dim" else machine.grid
    return machine.full(extent[dim], op.result.type)


@_effect("thread_linear")
def _thread_linear(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    return machine.threads.linear


@_effect("block_threads")
def _block_threads(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    return machine.full(machine.threads.per_block, op.result.type)


def storage_size(op: Op) -> int:
    """Bytes of the storage that `op` makes for one thread."""
    pointer = op.result.type
    assert isinstance(pointer, Pointer), "storage is reached by a pointer"
    return size_of(pointer.elem) * int(str(op.attrs["count"]))


@_effect("lane_array")
def _lane_array(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    size = storage_size(op) * machine.threads.per_block
    name = op.result.name or "lane array"
    base = machine.memory.new(name, size, Space.LOCAL)
    machine.block_storage.append(base)
    return machine.full(base, op.result.type)


@_effect("global_addr")
def _global_addr(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    item = machine.globals[str(op.attrs["symbol"])]
    if item.space is Space.SHARED:
        return owned(machine.shared_address(item), machine.threads.block_row)
    return machine.full(machine.addresses[item.name], op.result.type)


@_effect("shared_to_int")
def _shared_to_int(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    lanes = np.flatnonzero(mask)
    result = np.zeros(len(mask), dtype=np.uint32)
    result[lanes] = _blame(lanes, lambda: machine.shared_number(args[0][lanes]))
    return result


@_effect("int_to_shared")
def _int_to_shared(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    return machine.shared_pointer(args[0])


@_effect("func_addr")
def _func_addr(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    number = list(machine.funcs).index(str(op.attrs["symbol"]))
    return machine.full(FUNCTIONS_AT + number * 16, op.result.type)


def _target(op: Op) -> Pointer:
    pointer = op.operands[0].type
    assert isinstance(pointer, Pointer), f"{op.name} goes through a pointer"
    return pointer


def _chosen(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> tuple[Array, Array]:
    """Lanes that take part, and the addresses p + i that they mean."""
    lanes = np.flatnonzero(mask)
    return lanes, advance(args[0][lanes], args[1][lanes], size_of(_target(op).elem))


def _blame(lanes: Array, access: Callable[[], Any]) -> Any:
    """A bad access's position is among the chosen lanes; tell which lane that is."""
    try:
        return access()
    except BadAccess as bad:
        raise BadAccess(int(lanes[bad.position]), bad.reason) from None


@_effect("load")
def _load(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    lanes, addresses = _chosen(machine, op, args, mask)
    type_, space = op.result.type, _target(op).space
    loaded = _blame(lanes, lambda: machine.memory.load(addresses, type_, space))
    result = np.zeros(len(mask), dtype=dtype_of(type_))
    result[lanes] = loaded
    return result


@_effect("store")
def _store(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    lanes, addresses = _chosen(machine, op, args, mask)
    type_, space = op.operands[2].type, _target(op).space
    _blame(lanes, lambda: machine.memory.store(addresses, args[2][lanes], type_, space))


@_effect("copy")
def _copy(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    lanes = np.flatnonzero(mask)
    count, align = int(str(op.attrs["bytes"])), int(str(op.attrs["align"]))
    targets, sources = args[0][lanes], args[1][lanes]
    _blame(lanes, lambda: machine.memory.copy(targets, sources, count, align))


@_effect("atomic")
def _atomic(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    change = ATOMIC_TABLE[str(op.attrs["op"])]
    return _update(machine, op, args, mask, lambda old, v: change(op, old, v[:, 0]))


@_effect("atomic_cas")
def _atomic_cas(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    def swap(old: Array, v: Array) -> Array:
        bits = np.dtype(f"u{old.dtype.itemsize}")
        wanted = np.ascontiguousarray(v[:, 0])
        return np.where(old.view(bits) == wanted.view(bits), v[:, 1], old)

    return _update(machine, op, args, mask, swap)


def _update(
    machine: Machine,
    op: Op,
    args: Sequence[Array],
    mask: Array,
    change: Callable[[Array, Array], Array],
) -> Array:
    lanes, addresses = _chosen(machine, op, args, mask)
    values = np.stack([a[lanes] for a in args[2:]], axis=1)
    type_, space = op.operands[2].type, _target(op).space
    memory = machine.memory
    old = _blame(lanes, lambda: memory.update(addresses, values, type_, space, change))
    result = np.zeros(len(mask), dtype=dtype_of(type_))
    result[lanes] = old
    return result


# Threads together


def _meet_block(machine: Machine, mask: Array) -> None:
    """All running threads of every block that is here must be here."""
    rows = machine.threads.block_row
    here = np.bincount(rows[mask], minlength=len(machine.threads.blocks)) > 0
    absent = machine.running & ~mask & here[rows]
    if absent.any():
        raise OutOfStep(int(np.argmax(absent)), "is elsewhere while its block waits")


@_effect("barrier")
def _barrier(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    _meet_block(machine, mask)


@_effect("grid_barrier")
def _grid_barrier(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    absent = machine.running & ~mask
    if absent.any():
        raise OutOfStep(int(np.argmax(absent)), "is elsewhere while its grid waits")


@_effect("barrier_reduce")
def _barrier_reduce(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    _meet_block(machine, mask)
    rows, blocks = machine.threads.block_row, len(machine.threads.blocks)
    true = np.bincount(rows[mask & args[0]], minlength=blocks)
    all_ = np.bincount(rows[mask], minlength=blocks)
    per_block = {"count": true, "or": true > 0, "and": true == all_}[str(op.attrs["op"])]
    return np.asarray(per_block[rows].astype(np.int32))


@_effect(*WARP_TABLE)
def _warp(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array | None:
    meeting = Meeting(machine.threads, args[0], mask, machine.running)
    result = WARP_TABLE[op.name](op, args, meeting)
    return result if op.results else None


_effect("mma", "load_matrix", "store_matrix")(registers_of_lanes)
_effect("warp_matrix")(whole_warp)


@_effect("active_mask")
def _active_mask(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    return machine.threads.ballot(mask)


@_effect("fence")
def _fence(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    """Memory is always in order here."""


# The world outside


@_effect("print")
def _print(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    for lane in np.flatnonzero(mask):
        constants = [
            from_array(a[lane : lane + 1], v.type) for a, v in zip(args, op.operands, strict=True)
        ]
        text = format_text(str(op.attrs["format"]), constants, machine.memory.text)
        machine.printed.append(text)


@_effect("assert")
def _assert(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    failed = mask & ~args[0]
    if failed.any():
        reason = f"fails the assertion: {op.attrs['message']}"
        raise machine.fault("ASC0512", reason, int(np.argmax(failed)))


@_effect("trap")
def _trap(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    raise machine.fault("ASC0512", "stops the kernel", int(np.argmax(mask)))


@_effect("clock")
def _clock(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> Array:
    return machine.full(machine.steps, op.result.type)
