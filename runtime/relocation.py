"""Addresses in saved memory: found by their value, moved with what they point to.

A saved case holds memory of another process. Its buffers get names of their own in address space
when they are saved, and live addresses when they are used again; every 8-byte word that points
into one of them (or just behind its end) moves along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .compare import Bytes

SAVED_BASE = 0x5ACE << 32
SAVED_STEP = 1 << 36
"""Saved buffers lie that far apart from this address on, where hardly any number lies by chance."""
PAGE = 4096
WORD = 8

NO_ADDRESSES = frozenset({"f16", "bf16", "f32", "f64", "i16", "u16", "i32", "u32", "i1"})
"""Elements that cannot be addresses."""


def saved_address(number: int, address: int) -> int:
    """Where the buffer `number` from `address` lies in a saved case: its place in a page stays."""
    return SAVED_BASE + number * SAVED_STEP + address % PAGE


@dataclass(frozen=True, slots=True)
class Move:
    """`size` bytes from `start` on now begin at `to`."""

    start: int
    size: int
    to: int


@dataclass(frozen=True, slots=True)
class Relocation:
    """All moves of a case."""

    moves: Sequence[Move]

    def memory(self, data: Bytes, address: int, elem: str) -> Bytes:
        """The bytes that lie at `address`, with the addresses among them moved."""
        if elem in NO_ADDRESSES:
            return data
        moved = data.copy()
        first = -address % WORD
        end = first + (data.size - first) // WORD * WORD
        if end > first:
            words = moved[first:end].view(np.uint64)
            words[:] = self._words(words)
        return moved

    def argument(self, data: bytes) -> bytes:
        """The bytes of an argument with the addresses in it moved."""
        if len(data) < WORD:
            return data
        return self.memory(np.frombuffer(data, np.uint8), 0, "other").tobytes()

    def inverse(self) -> Relocation:
        """Back again."""
        return Relocation([Move(move.to, move.size, move.start) for move in self.moves])

    def _words(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        moved = words.copy()
        done = np.zeros(words.shape, dtype=bool)
        # An address just behind a buffer may be the start of the next one: that goes first.
        for extent in (0, 1):
            for move in self.moves:
                # Unsigned: addresses below the start become large numbers.
                offset = words - np.uint64(move.start)
                inside = (offset < np.uint64(move.size + extent)) & ~done
                moved[inside] = offset[inside] + np.uint64(move.to)
                done |= inside
        return moved
