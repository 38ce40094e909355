"""The interpreter's memory: numbered buffers of bytes, addresses into them, checked accesses.

An address is a 64-bit number: the buffer's number above bit 40, the offset below. Where every
lane or block owns a copy (locals, shared memory), the owner stands above bit 24 of the offset.
So pointers can be compared, cast, stored and computed with, and a wrong one is noticed: accesses
must be aligned and inside one buffer. Does not find races or reads of undefined memory; that is
filled with a pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .dtypes import I1, Space, Type
from .rounding import Array, dtype_of

BUFFER_SHIFT = 40
OWNER_SHIFT = 24
UNDEFINED = 0xCB
"""Every byte of memory that nobody has written yet."""
PADDING = 16

_OFFSET_MASK = np.uint64((1 << BUFFER_SHIFT) - 1)
_INNER_MASK = (1 << OWNER_SHIFT) - 1
_PRIVATE = (Space.SHARED, Space.LOCAL)


class BadAccess(Exception):
    """An access that cannot be done: which of the given addresses, and why."""

    def __init__(self, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason
        super().__init__(reason)


class Buffer:
    """`size` bytes, once for all or once for each of `owners`."""

    def __init__(
        self,
        name: str,
        data: Array,
        size: int,
        space: Space,
        owners: int = 0,
        writable: bool = True,
    ) -> None:
        self.name = name
        self.data = data
        self.size = size
        self.space = space
        self.owners = owners
        self.stride = padded(size)
        self.writable = writable
        self._views: dict[np.dtype[Any], Array] = {}

    def view(self, dtype: np.dtype[Any]) -> Array:
        """The bytes as elements of `dtype`."""
        if dtype not in self._views:
            whole = len(self.data) // dtype.itemsize * dtype.itemsize
            self._views[dtype] = self.data[:whole].view(dtype)
        return self._views[dtype]


def padded(size: int) -> int:
    return -(-size // PADDING) * PADDING


def memory_dtype(type_: Type) -> np.dtype[Any]:
    """How `type_` lies in memory: a bool as a byte."""
    return np.dtype(np.uint8) if type_ == I1 else dtype_of(type_)


class Memory:
    """All buffers of a run."""

    def __init__(self) -> None:
        self.buffers: dict[int, Buffer] = {}
        self.next_number = 1

    def add(self, buffer: Buffer) -> int:
        """Enter a buffer; returns the address of its first byte."""
        number = self.next_number
        self.next_number += 1
        self.buffers[number] = buffer
        return number << BUFFER_SHIFT

    def new(self, name: str, size: int, space: Space, owners: int = 0, init: bytes = b"") -> int:
        """A buffer of fresh memory, undefined but for `init`; returns its address."""
        if owners and size > _INNER_MASK:
            raise BadAccess(0, f"'{name}' is too large ({size} bytes)")
        data = np.full(padded(size) * max(1, owners), UNDEFINED, dtype=np.uint8)
        buffer = Buffer(name, data, size, space, owners)
        if init:
            image = np.frombuffer(init, dtype=np.uint8)
            data.reshape(max(1, owners), -1)[:, : len(image)] = image
        return self.add(buffer)

    def drop(self, address: int) -> None:
        """Forget the buffer at `address`; later accesses to it fail."""
        del self.buffers[address >> BUFFER_SHIFT]

    def load(self, addresses: Array, type_: Type, space: Space) -> Array:
        """The elements of `type_` at `addresses`."""
        dtype = memory_dtype(type_)
        result = np.empty(len(addresses), dtype=dtype)
        for buffer, chosen, offsets in self._places(addresses, dtype.itemsize, space):
            result[chosen] = buffer.view(dtype)[offsets // dtype.itemsize]
        return result != 0 if type_ == I1 else result

    def store(self, addresses: Array, values: Array, type_: Type, space: Space) -> None:
        """Write `values`; where addresses are equal the last one stays."""
        dtype = memory_dtype(type_)
        values = values.astype(dtype, copy=False)
        for buffer, chosen, offsets in self._places(addresses, dtype.itemsize, space, write=True):
            buffer.view(dtype)[offsets // dtype.itemsize] = values[chosen]

    def copy(self, targets: Array, sources: Array, count: int, align: int) -> None:
        """Copy `count` bytes for each pair of addresses, in order."""
        if count == 0:
            return
        self.write_bytes(targets, self.read_bytes(sources, count, align), align)

    def read_bytes(self, sources: Array, count: int, align: int) -> Array:
        """A row of `count` bytes from each address."""
        bytes_ = np.empty((len(sources), count), dtype=np.uint8)
        steps = np.arange(count)
        for buffer, chosen, offsets in self._places(sources, count, Space.GENERIC, align):
            bytes_[chosen] = buffer.data[offsets[:, None] + steps]
        return bytes_

    def write_bytes(self, targets: Array, bytes_: Array, align: int) -> None:
        """Write a row of bytes to each address."""
        count = bytes_.shape[1]
        steps = np.arange(count)
        places = self._places(targets, count, Space.GENERIC, align, write=True)
        for buffer, chosen, offsets in places:
            buffer.data[offsets[:, None] + steps] = bytes_[chosen]

    def update(
        self,
        addresses: Array,
        values: Array,
        type_: Type,
        space: Space,
        change: Callable[[Array, Array], Array],
    ) -> Array:
        """Atomic read-modify-write, in order: returns the old values.

        `change` takes old values and the rows of `values` that they meet. Addresses that occur
        several times are worked off in rounds, so that each round has distinct addresses.
        """
        old = np.empty(len(addresses), dtype=dtype_of(type_))
        order = np.argsort(addresses, kind="stable")
        ordered = addresses[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        lengths = np.diff(np.r_[starts, len(ordered)])
        for turn in range(int(lengths.max(initial=0))):
            chosen = order[starts[lengths > turn] + turn]
            old[chosen] = self.load(addresses[chosen], type_, space)
            new = change(old[chosen], values[chosen])
            self.store(addresses[chosen], new, type_, space)
        return old

    def text(self, address: int) -> str:
        """The C string at `address`."""
        buffer = self.buffers.get(address >> BUFFER_SHIFT)
        if buffer is None:
            return "(null)"
        start = address & int(_OFFSET_MASK)
        return buffer.data[start : buffer.size].tobytes().split(b"\0")[0].decode("utf-8", "replace")

    def _places(
        self, addresses: Array, size: int, space: Space, align: int = 0, *, write: bool = False
    ) -> Iterator[tuple[Buffer, Array | slice, Array]]:
        """Per buffer: which of the addresses lie in it, and their places in its data."""
        if len(addresses) == 0:
            return
        numbers = addresses >> np.uint64(BUFFER_SHIFT)
        if (numbers == numbers[0]).all():
            groups: list[tuple[int, Array | slice]] = [(int(numbers[0]), slice(None))]
        else:
            groups = [(int(n), np.flatnonzero(numbers == n)) for n in np.unique(numbers)]
        for number, chosen in groups:
            position = np.arange(len(addresses))[chosen]
            buffer = self.buffers.get(number)
            fault = _buffer_fault(buffer, addresses[position[0]], space, write)
            if buffer is None or fault:
                raise BadAccess(int(position[0]), fault)
            offsets, reason, at = _offsets(buffer, addresses[chosen], size, align or size)
            if reason:
                verb = "writes" if write else "reads"
                raise BadAccess(int(position[at]), f"{verb} {size} bytes {reason}")
            yield buffer, chosen, offsets


def _buffer_fault(buffer: Buffer | None, address: int, space: Space, write: bool) -> str:
    if buffer is None:
        known = "a null pointer" if int(address) >> BUFFER_SHIFT == 0 else "an unknown address"
        return f"{'writes' if write else 'reads'} through {known} ({int(address):#x})"
    if write and not buffer.writable:
        return f"writes to '{buffer.name}', which is constant"
    if space is not Space.GENERIC and space is not buffer.space:
        if space in _PRIVATE or buffer.space in _PRIVATE:
            return f"reaches '{buffer.name}' ({buffer.space.value}) by a {space.value} pointer"
    return ""


def _offsets(buffer: Buffer, addresses: Array, size: int, align: int) -> tuple[Array, str, int]:
    """Places in the data; the reason and position of the first that is not possible."""
    inner = (addresses & _OFFSET_MASK).astype(np.int64)
    places = inner
    outside = inner + size > buffer.size
    if buffer.owners:
        owner = inner >> OWNER_SHIFT
        inner = inner & _INNER_MASK
        places = owner * buffer.stride + inner
        outside = (inner + size > buffer.size) | (owner >= buffer.owners)
    if outside.any():
        at = int(np.argmax(outside))
        where = f"at offset {inner[at]} of '{buffer.name}', which has {buffer.size} bytes"
        return places, where, at
    askew = inner % align != 0
    if askew.any():
        at = int(np.argmax(askew))
        return places, f"at offset {inner[at]} of '{buffer.name}', which is misaligned", at
    return places, "", 0
