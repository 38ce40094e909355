"""The machine that the interpreter runs on: memory, threads, variables and counters of one run.

Knows nothing of operations; `effects.py` and `interpreter.py` give them their meaning on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .diagnostics import CompileError, error
from .dtypes import Pointer, Scalar, Space, Type, size_of
from .memory_model import BUFFER_SHIFT, OWNER_SHIFT, BadAccess, Buffer, Memory
from .nodes import Global, Module, Op, Value
from .rounding import Array
from .semantics import to_array
from .warp_semantics import Dim, Threads

SHARED_WINDOW = 1024
"""Where shared memory begins, as a number, and what each variable's number is a multiple of."""


@dataclass(frozen=True, slots=True)
class RecordBytes:
    """A record argument that holds pointers: `pointers` maps byte offsets to the arrays meant."""

    data: bytes
    pointers: Mapping[int, NDArray[Any]] = field(default_factory=dict)


Argument = NDArray[Any] | int | float | bool | bytes | RecordBytes | None
"""An array for a pointer (changed in place; None: null), a number, a record's bytes."""


class Machine:
    """Memory, threads and counters of a run."""

    def __init__(
        self, module: Module, grid: Dim, block: Dim, shared_bytes: int, max_steps: int
    ) -> None:
        self.module = module
        self.funcs = {func.name: func for func in module.funcs}
        self.globals = {item.name: item for item in module.globals}
        self.grid, self.block = grid, block
        self.shared_bytes = shared_bytes
        self.max_steps = max_steps
        self.memory = Memory()
        self.threads = Threads(grid, block, (0,))
        self.running: Array = np.ones(0, dtype=bool)
        self.addresses: dict[str, int] = {}
        self.shared: dict[str, int] = {}
        self.block_storage: list[int] = []
        self.arrays: dict[tuple[int, int], int] = {}
        self.variables: dict[str, NDArray[Any]] = {}
        self.printed: list[str] = []
        self.steps = 0
        self.depth = 0
        self.op: Op | None = None

    # Set-up

    def load_globals(self, given: Mapping[str, NDArray[Any]]) -> None:
        for item in self.module.globals:
            if item.space is Space.SHARED:
                continue
            size = size_of(item.elem) * item.count
            data = given.get(item.name)
            if data is None:
                data = np.zeros(size, dtype=np.uint8)
                data[: len(item.init)] = np.frombuffer(item.init, dtype=np.uint8)
            self.variables[item.name] = data
            writable = item.space is not Space.CONSTANT
            buffer = Buffer(item.name, bytes_of_array(data), size, item.space, writable=writable)
            self.addresses[item.name] = self.memory.add(buffer)

    def argument(self, value: Argument, type_: Type) -> Array | RecordBytes:
        """A kernel argument: one element for all lanes, or bytes that each lane copies."""
        if isinstance(value, bytes):
            return RecordBytes(value)
        if isinstance(value, RecordBytes):
            return value
        if value is None:
            return np.zeros(1, dtype=np.uint64)
        if isinstance(type_, Scalar):
            assert isinstance(value, int | float), f"a number is needed for {type_}"
            return to_array(value, type_)
        if isinstance(value, np.ndarray):
            return np.array([self.array_address(value)], dtype=np.uint64)
        return np.array([value], dtype=np.uint64)

    def array_address(self, array: NDArray[Any]) -> int:
        """The address of a caller's array; the same for the same memory."""
        data = bytes_of_array(array)
        key = (data.ctypes.data, len(data))
        if key not in self.arrays:
            name = f"argument {len(self.arrays)}"
            writable = bool(array.flags.writeable)
            buffer = Buffer(name, data, len(data), Space.GLOBAL, writable=writable)
            self.arrays[key] = self.memory.add(buffer)
        return self.arrays[key]

    def record(self, record: RecordBytes, param: Value) -> Array:
        """A record argument as each lane's own copy."""
        image = bytearray(record.data)
        for offset, array in record.pointers.items():
            image[offset : offset + 8] = self.array_address(array).to_bytes(8, "little")
        space = param.type.space if isinstance(param.type, Pointer) else Space.LOCAL
        space = Space.LOCAL if space is Space.GENERIC else space
        count = self.threads.count
        base = self.memory.new(param.name or "record", len(image), space, count, bytes(image))
        return owned(base, np.arange(count))

    def fault(self, code: str, reason: str, lane: int) -> CompileError:
        """The error that lane `lane` of the current operation is at fault."""
        op = self.op
        assert op is not None, "a fault needs an operation"
        return error(code, f"{op.name}: {self.threads.name(lane)} {reason}", op.span)

    def full(self, value: int | float | bool, type_: Type) -> Array:
        return to_array(value, type_, self.threads.count)

    def shared_address(self, item: Global) -> int:
        """Where each block's copy of shared variable `item` starts; made at its first use."""
        if item.name not in self.shared:
            size = size_of(item.elem) * item.count or self.shared_bytes
            blocks = len(self.threads.blocks)
            address = self.memory.new(item.name, size, Space.SHARED, blocks, item.init)
            self.shared[item.name] = address
            self.block_storage.append(address)
        return self.shared[item.name]

    # Shared memory by numbers: variables one after the other, as on hardware from some address on

    def shared_window(self) -> list[tuple[int, Global]]:
        """Each shared variable with the number of its first byte, upwards."""
        placed: list[tuple[int, Global]] = []
        at = SHARED_WINDOW
        for item in self.module.globals:
            if item.space is Space.SHARED:
                placed.append((at, item))
                size = size_of(item.elem) * item.count or self.shared_bytes
                at += (size // SHARED_WINDOW + 1) * SHARED_WINDOW
        return placed

    def shared_number(self, addresses: Array) -> Array:
        """The 32-bit numbers of addresses of shared memory."""
        numbers = np.zeros(len(addresses), dtype=np.uint32)
        found = np.zeros(len(addresses), dtype=bool)
        buffer = addresses >> np.uint64(BUFFER_SHIFT)
        for start, item in self.shared_window():
            here = buffer == np.uint64(self.shared_address(item) >> BUFFER_SHIFT)
            inner = (addresses & np.uint64((1 << OWNER_SHIFT) - 1)).astype(np.uint32)
            numbers = np.where(here, inner + np.uint32(start), numbers)
            found |= here
        if not found.all():
            reason = "takes the shared address of what is not in shared memory"
            raise BadAccess(int(np.argmin(found)), reason)
        return numbers

    def shared_pointer(self, numbers: Array) -> Array:
        """The addresses, in each thread's block, that 32-bit numbers mean."""
        result = np.zeros(len(numbers), dtype=np.uint64)
        for start, item in self.shared_window():
            inner = numbers.astype(np.int64) - start
            address = owned(self.shared_address(item), self.threads.block_row)
            here = inner >= 0
            result = np.where(here, address + np.maximum(inner, 0).astype(np.uint64), result)
        return result


def bytes_of_array(array: NDArray[Any]) -> Array:
    if not array.flags.c_contiguous:
        raise ValueError("an array argument must be contiguous")
    return array.reshape(-1).view(np.uint8)


def owned(base: int, owners: Array) -> Array:
    """The address of each owner's copy."""
    return np.uint64(base) + (owners.astype(np.uint64) << np.uint64(OWNER_SHIFT))
