"""Executes kernels by the definition: all threads of a block in lock step, blocks one by one.

Each value is an array with one element per thread; a mask says who takes part. Divergent branches
run one after the other under complementary masks and merge; loops run until no lane is left in
them. At stage `threads` the same machine runs with one lane per block, and `thread_loop` goes
through the threads in order. A kernel that waits for its whole grid runs with all its blocks in
lock step at once.

Faults (bad accesses, threads out of step, traps, endless loops) are CompileErrors with the place
in the source. What it does not do: find races, or model time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .diagnostics import InternalError
from .dtypes import Space, Type
from .effects import EFFECTS, storage_size
from .execution import Argument, Machine, RecordBytes, owned
from .memory_model import BadAccess
from .nodes import Func, Module, Op, Region, Value, walk
from .rounding import Array, dtype_of
from .semantics import TABLE
from .warp_semantics import Dim, OutOfStep, Threads

MAX_STEPS = 20_000_000
MAX_CALL_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind, besides the changed arguments."""

    printed: str
    steps: int
    globals: Mapping[str, NDArray[Any]]
    """The bytes of each module variable that is not shared; to be passed to the next run."""


def run_kernel(
    module: Module,
    kernel_name: str,
    grid: int | Sequence[int],
    block: int | Sequence[int],
    args: Sequence[Argument],
    shared_bytes: int = 0,
    globals: Mapping[str, NDArray[Any]] | None = None,
    max_steps: int = MAX_STEPS,
) -> Outcome:
    """Run a kernel of a verified module. Raises CompileError where it goes wrong."""
    kernel = module.func(kernel_name)
    machine = _Machine(module, dim3(grid), dim3(block), shared_bytes, max_steps)
    machine.load_globals(globals or {})
    threads_stage = kernel.attrs.get("stage") == "threads"
    count = machine.grid[0] * machine.grid[1] * machine.grid[2]
    waits = any(op.name == "grid_barrier" for func in module.funcs for op in walk(func.body))
    batches = [tuple(range(count))] if waits else [(i,) for i in range(count)]
    with np.errstate(all="ignore"):
        fixed = [machine.argument(a, p.type) for a, p in zip(args, kernel.params, strict=True)]
        for blocks in batches:
            only = 0 if threads_stage else None
            machine.run(kernel, fixed, Threads(machine.grid, machine.block, blocks, only))
    return Outcome("".join(machine.printed), machine.steps, machine.variables)


def dim3(extent: int | Sequence[int]) -> Dim:
    """A launch extent as three numbers."""
    sizes = (extent,) if isinstance(extent, int) else tuple(extent)
    x, y, z = (*sizes, 1, 1, 1)[:3]
    return int(x), int(y), int(z)


class _Exit:
    """Lanes that left a structure at one place or another, and the values they took along."""

    def __init__(self, count: int) -> None:
        self.mask: Array = np.zeros(count, dtype=bool)
        self.values: list[Array] = []

    def add(self, mask: Array, values: Sequence[Array]) -> None:
        if self.values:
            old = self.values
            self.values = [np.where(mask, v, o) for v, o in zip(values, old, strict=True)]
        else:
            self.values = list(values)
        self.mask = self.mask | mask

    def value(self, i: int, type_: Type) -> Array:
        """Value number `i`; zeros where nobody came this way."""
        if self.values:
            return self.values[i]
        return np.zeros(len(self.mask), dtype=dtype_of(type_))


@dataclass(slots=True)
class _Frame:
    """One activation of a function, or one thread's part of a thread_loop."""

    values: dict[Value, Array]
    returns: _Exit
    ends_thread: bool = False
    storage: list[int] = field(default_factory=list)
    breaks: _Exit | None = None
    continues: _Exit | None = None


class _Machine(Machine):
    """The machine with control flow."""

    # Running

    def run(self, kernel: Func, fixed: Sequence[Array | RecordBytes], threads: Threads) -> None:
        """All threads of `threads`, from the kernel's start to its end."""
        self.threads = threads
        self.running = np.ones(threads.count, dtype=bool)
        self.shared, self.block_storage = {}, []
        values: dict[Value, Array] = {}
        for param, arg in zip(kernel.params, fixed, strict=True):
            if isinstance(arg, RecordBytes):
                values[param] = self.record(arg, param)
            else:
                values[param] = np.repeat(arg, threads.count)
        frame = _Frame(values, _Exit(threads.count), ends_thread=True)
        try:
            self.region(kernel.body, self.running, frame)
        except BadAccess as bad:
            raise self.fault("ASC0510", bad.reason, bad.position) from None
        except OutOfStep as bad:
            raise self.fault("ASC0511", bad.reason, bad.lane) from None
        except RecursionError:
            raise self.fault("ASC0513", "the nesting is too deep to be executed", 0) from None
        for address in (*frame.storage, *self.block_storage):
            self.memory.drop(address)

    def region(self, region: Region, mask: Array, frame: _Frame) -> tuple[Array, list[Array]]:
        """Execute a region. Returns who reached its end, with what its terminator carries."""
        values = frame.values
        for op in region.ops:
            self.op = op
            self.steps += 1
            args = [values[v] for v in op.operands]
            pure = TABLE.get(op.name)
            if pure is not None:
                values[op.results[0]] = pure(op, args)
                continue
            effect = EFFECTS.get(op.name)
            if effect is not None:
                result = effect(self, op, args, mask)
                if isinstance(result, list):
                    values.update(zip(op.results, result, strict=True))
                elif result is not None:
                    values[op.results[0]] = result
                continue
            ending = ENDINGS.get(op.name)
            if ending is not None:
                return ending(self, args, mask, frame)
            mask = CONTROL[op.name](self, op, args, mask, frame)
            if not mask.any():
                break
        return np.zeros(self.threads.count, dtype=bool), []

    def inner(
        self, region: Region, args: Sequence[Array], mask: Array, frame: _Frame
    ) -> tuple[Array, list[Array]]:
        """Execute a nested region with arguments."""
        if self.steps > self.max_steps:
            reason = f"still runs after {self.max_steps} operations"
            raise self.fault("ASC0513", reason, int(np.argmax(mask)))
        frame.values.update(zip(region.args, args, strict=True))
        return self.region(region, mask, frame)


# Structure: (machine, operation, operands, mask, frame) -> who goes on behind it

_Control = Callable[[_Machine, Op, Sequence[Array], Array, _Frame], Array]


def _set_results(op: Op, frame: _Frame, exit_: _Exit) -> Array:
    for i, value in enumerate(op.results):
        frame.values[value] = exit_.value(i, value.type)
    return exit_.mask


def _alloca(machine: _Machine, op: Op, args: Sequence[Array], mask: Array, frame: _Frame) -> Array:
    count = machine.threads.count
    base = machine.memory.new(op.result.name or "local", storage_size(op), Space.LOCAL, count)
    frame.storage.append(base)
    frame.values[op.result] = owned(base, np.arange(count))
    return mask


def _if(machine: _Machine, op: Op, args: Sequence[Array], mask: Array, frame: _Frame) -> Array:
    merged = _Exit(len(mask))
    for region, taken in zip(op.regions, (mask & args[0], mask & ~args[0]), strict=True):
        if taken.any():
            reached, values = machine.inner(region, (), taken, frame)
            if reached.any():
                merged.add(reached, values)
    return _set_results(op, frame, merged)


def _body(
    machine: _Machine,
    region: Region,
    args: Sequence[Array],
    mask: Array,
    frame: _Frame,
    breaks: _Exit,
) -> _Exit:
    """A loop's body: who goes on to the next turn, by its end or by `continue`."""
    saved = frame.breaks, frame.continues
    going = _Exit(len(mask))
    frame.breaks, frame.continues = breaks, going
    reached, values = machine.inner(region, args, mask, frame)
    if reached.any():
        going.add(reached, values)
    frame.breaks, frame.continues = saved
    return going


def _for(machine: _Machine, op: Op, args: Sequence[Array], mask: Array, frame: _Frame) -> Array:
    counter, upper, step = args[:3]
    carried = list(args[3:])
    down = op.attrs.get("down", False) is True
    wrong = mask & ((step >= 0) if down else (step <= 0))
    if wrong.any():
        raise machine.fault("ASC0513", "counts in the wrong direction", int(np.argmax(wrong)))
    exits = _Exit(len(mask))
    active = mask
    while True:
        inside = counter > upper if down else counter < upper
        done = active & ~inside
        if done.any():
            exits.add(done, carried)
        active = active & inside
        if not active.any():
            return _set_results(op, frame, exits)
        going = _body(machine, op.regions[0], [counter, *carried], active, frame, exits)
        following = counter + step
        # A counter that would wrap has passed every bound.
        wrapped = following >= counter if down else following <= counter
        upper = np.where(wrapped, following, upper)
        counter, active = following, going.mask
        carried = going.values or carried


def _loop(machine: _Machine, op: Op, args: Sequence[Array], mask: Array, frame: _Frame) -> Array:
    cond, body, step = op.regions
    exits = _Exit(len(mask))
    carried, active = list(args), mask
    at_body = op.attrs.get("do_first", False) is True
    while True:
        if not at_body:
            active, carried = _condition(machine, cond, carried, active, frame, exits)
        if not active.any():
            break
        going = _body(machine, body, carried, active, frame, exits)
        if not going.mask.any():
            break
        active, carried = machine.inner(step, going.values, going.mask, frame)
        if not active.any():
            break
        at_body = False
    return _set_results(op, frame, exits)


def _condition(
    machine: _Machine,
    region: Region,
    carried: Sequence[Array],
    active: Array,
    frame: _Frame,
    exits: _Exit,
) -> tuple[Array, list[Array]]:
    """A loop's cond region: who stays in the loop, with which values."""
    reached, values = machine.inner(region, carried, active, frame)
    if not reached.any():
        return reached, []
    leaving = reached & ~values[0]
    if leaving.any():
        exits.add(leaving, values[1:])
    return reached & values[0], values[1:]


def _call(machine: _Machine, op: Op, args: Sequence[Array], mask: Array, frame: _Frame) -> Array:
    func = machine.funcs[str(op.attrs["callee"])]
    if machine.depth >= MAX_CALL_DEPTH:
        raise machine.fault("ASC0513", "calls too deep", int(np.argmax(mask)))
    machine.depth += 1
    callee = _Frame(dict(zip(func.params, args, strict=True)), _Exit(len(mask)))
    machine.inner(func.body, (), mask, callee)
    machine.depth -= 1
    for address in callee.storage:
        machine.memory.drop(address)
    return _set_results(op, frame, callee.returns)


def _thread_loop(
    machine: _Machine, op: Op, args: Sequence[Array], mask: Array, frame: _Frame
) -> Array:
    block = machine.threads
    for thread in range(block.per_block):
        machine.threads = Threads(block.grid, block.block, block.blocks, thread)
        machine.inner(op.regions[0], (), mask, _Frame(frame.values, _Exit(1)))
    machine.threads = block
    return mask


CONTROL: Mapping[str, _Control] = {
    "alloca": _alloca,
    "if": _if,
    "for": _for,
    "loop": _loop,
    "call": _call,
    "thread_loop": _thread_loop,
}


# Terminators: (machine, operands, mask, frame) -> who reached the region's end, with what

_Ending = Callable[[_Machine, list[Array], Array, _Frame], tuple[Array, list[Array]]]


def _reach_end(
    machine: _Machine, args: list[Array], mask: Array, frame: _Frame
) -> tuple[Array, list[Array]]:
    return mask, args


def _gone(mask: Array) -> tuple[Array, list[Array]]:
    return np.zeros_like(mask), []


def _break(
    machine: _Machine, args: list[Array], mask: Array, frame: _Frame
) -> tuple[Array, list[Array]]:
    if frame.breaks is None:
        raise InternalError("break outside a loop")
    frame.breaks.add(mask, args)
    return _gone(mask)


def _continue(
    machine: _Machine, args: list[Array], mask: Array, frame: _Frame
) -> tuple[Array, list[Array]]:
    if frame.continues is None:
        raise InternalError("continue outside a loop")
    frame.continues.add(mask, args)
    return _gone(mask)


def _return(
    machine: _Machine, args: list[Array], mask: Array, frame: _Frame
) -> tuple[Array, list[Array]]:
    frame.returns.add(mask, args)
    if frame.ends_thread:
        machine.running = machine.running & ~mask
    return _gone(mask)


def _unreachable(
    machine: _Machine, args: list[Array], mask: Array, frame: _Frame
) -> tuple[Array, list[Array]]:
    raise machine.fault("ASC0512", "reaches what is unreachable", int(np.argmax(mask)))


ENDINGS: Mapping[str, _Ending] = {
    "yield": _reach_end,
    "condition": _reach_end,
    "break": _break,
    "continue": _continue,
    "return": _return,
    "unreachable": _unreachable,
}


def defined_operations() -> Iterable[str]:
    """Every operation that this module and `semantics.py` give a meaning."""
    return sorted({*TABLE, *EFFECTS, *CONTROL, *ENDINGS})
