"""Memory of a case: guarded buffers, the regions that a launch can reach, exact copies for the
candidate.

A buffer is larger than any kernel needs at the sizes of a case and lies between pages that cannot
be touched. Where a checked run has shown which bytes the original touches, the candidate runs on
copies of just these: an access beyond them, which no comparison of results would show, faults.
Where pointers may hide in memory it runs on the memory itself, and must leave the margins of the
program's allocations alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..compare import Bytes
from .libraries import Libraries

GUARD_BYTES = 1 << 16
PAGE = 4096
ALIGNMENT = 16
"""Copies keep addresses modulo this, the widest vector access."""
MARGIN = 256
"""Bytes on both sides of each of the oracle's allocations that belong to nobody."""
SLACK = 0xA5
NONE, READ_WRITE, PRIVATE_ANONYMOUS = 0, 3, 0x22


@dataclass(slots=True)
class Region:
    """Memory that a launch may reach. `name` is the parameter's, `elem` an IR scalar or "other"."""

    address: int
    data: Bytes
    elem: str
    name: str = ""
    is_exact: bool = False
    """Its bounds are known: the program's own, or said by the user."""
    is_made: bool = False
    """It is a buffer of ours, of which the oracle knows nothing by itself."""
    is_allocated: bool = False
    """It is one of the oracle's allocations, with margins."""

    @property
    def end(self) -> int:
        return self.address + self.data.size


def view(libraries: Libraries, address: int, size: int) -> Bytes:
    """`size` bytes at `address` as an array."""
    ffi = libraries.ffi
    return np.frombuffer(ffi.buffer(ffi.cast("char *", address), size), dtype=np.uint8)


def guarded(libraries: Libraries, size: int) -> int:
    """The address of `size` zero bytes (rounded up to pages) with guards on both sides."""
    ffi, libc = libraries.ffi, libraries.libc
    pages = -(-size // PAGE) * PAGE
    total = pages + 2 * GUARD_BYTES
    start = libraries.address(libc.mmap(ffi.NULL, total, NONE, PRIVATE_ANONYMOUS, -1, 0))
    address = start + GUARD_BYTES
    if pages and libc.mprotect(ffi.cast("void *", address), pages, READ_WRITE) != 0:
        raise MemoryError("no memory for a buffer")
    return address


def region_at(address: int, regions: Iterable[Region]) -> Region | None:
    """The region that `address` lies in."""
    return next((r for r in regions if r.address <= address < r.end), None)


@dataclass(slots=True)
class _Copy:
    region: Region
    low: int
    high: int
    mapped: Bytes
    """The whole mapping; the copy is at `offset`."""
    offset: int
    base: int
    """The address that stands for the region's start."""


class ExactCopies:
    """Copies of what the original touched of each region, at the end of a page or its beginning
    (`at_end`), with faults behind; the rest of the page must keep its pattern."""

    def __init__(
        self,
        libraries: Libraries,
        regions: Sequence[Region],
        extents: Mapping[int, tuple[int, int]],
        at_end: bool,
    ) -> None:
        self._copies: list[_Copy] = []
        for region in regions:
            low, high = extents.get(region.address, (0, 0))
            low -= low % ALIGNMENT
            high += -high % ALIGNMENT
            size = high - low
            start = guarded(libraries, size)
            pages = -(-size // PAGE) * PAGE
            mapped = view(libraries, start, pages) if pages else np.zeros(0, np.uint8)
            mapped[:] = SLACK
            offset = pages - size if at_end else 0
            high = min(high, region.data.size)
            mapped[offset : offset + high - low] = region.data[low:high]
            base = start + offset - low
            self._copies.append(_Copy(region, low, high, mapped, offset, base))

    def moved(self, address: int) -> int:
        """Where a pointer into a region points now; other numbers stay as they are."""
        for copy in self._copies:
            if copy.region.address <= address < copy.region.end:
                return copy.base + (address - copy.region.address)
        return address

    def results(self) -> dict[int, tuple[int, Bytes]]:
        """Per region's address: the first byte's offset and the bytes that are there now."""
        return {
            copy.region.address: (
                copy.low,
                copy.mapped[copy.offset : copy.offset + copy.high - copy.low],
            )
            for copy in self._copies
        }

    def written_outside(self) -> Region | None:
        """A region around whose copy the pattern is gone."""
        for copy in self._copies:
            end = copy.offset + copy.high - copy.low
            outside = (copy.mapped[: copy.offset], copy.mapped[end:])
            if any(part.size and not bool((part == SLACK).all()) for part in outside):
                return copy.region
        return None


class Margins:
    """What lies beside the program's allocations while the candidate runs on them."""

    def __init__(self, libraries: Libraries, regions: Sequence[Region]) -> None:
        self._sides = [
            (region, view(libraries, address, MARGIN))
            for region in regions
            if region.is_allocated
            for address in (region.address - MARGIN, region.end)
        ]
        for _, side in self._sides:
            side[:] = SLACK

    def close(self) -> Region | None:
        """Give the margins back as zeros, as they were; a region beside which somebody wrote."""
        found = next((region for region, side in self._sides if bool((side != SLACK).any())), None)
        for _, side in self._sides:
            side[:] = 0
        return found


def words_of(ffi: Any, cell: Any, size: int) -> list[int]:
    """The 8-byte words of an argument of `size` bytes."""
    data = bytes(ffi.buffer(ffi.cast("char *", cell), max(8, size)))
    return [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data) - 7, 8)]
