"""Guarded buffers, and the exact copies on which the candidate runs."""

from __future__ import annotations

import ctypes
import faulthandler
import time
from types import SimpleNamespace
from typing import Any

import cffi
import numpy as np
import pytest

from ascendify.runtime.judge.memory import (
    ALIGNMENT,
    GUARD_BYTES,
    MARGIN,
    PAGE,
    SLACK,
    ExactCopies,
    Margins,
    Region,
    guarded,
    region_at,
    view,
    words_of,
)
from ascendify.runtime.judge.outcome import Channel
from ascendify.runtime.judge.sandbox import run


@pytest.fixture(scope="module")
def memory() -> Any:
    """What of the judge's libraries concerns memory, without any library of kernels."""
    ffi = cffi.FFI()
    ffi.cdef("void *mmap(void *, size_t, int, int, int, long); int mprotect(void *, size_t, int);")
    return SimpleNamespace(
        ffi=ffi, libc=ffi.dlopen(None), address=lambda p: int(ffi.cast("uintptr_t", p))
    )


def made(memory: Any, size: int, name: str = "x") -> Region:
    address = guarded(memory, size)
    data = view(memory, address, size)
    data[:] = np.arange(size) % 251
    return Region(address, data, "f32", name)


def faults(address: int, *, write: bool) -> bool:
    """Whether touching a byte kills."""

    def touch(channel: Channel) -> None:
        faulthandler.disable()
        cell = ctypes.c_ubyte.from_address(address)
        if write:
            cell.value = 1
        channel.tell(value=cell.value)

    ended = run(touch, time.monotonic() + 10.0)
    assert ended.signal in ("", "SIGSEGV", "SIGBUS")
    return bool(ended.signal)


# ---------------------------------------------------------------- buffers


@pytest.mark.parametrize("size", [PAGE, 3 * PAGE])
def test_guards_on_both_sides(memory, size):
    address = guarded(memory, size)
    assert not view(memory, address, size).any()
    for inside in (address, address + size - 1):
        assert not faults(inside, write=True)
    for outside in (address - GUARD_BYTES, address - 1, address + size,
                    address + size + GUARD_BYTES - 1):  # fmt: skip
        assert faults(outside, write=False)
        assert faults(outside, write=True)


def test_a_buffer_of_nothing(memory):
    address = guarded(memory, 0)
    assert faults(address, write=False)


def test_regions_by_address(memory):
    one, other = made(memory, 64, "one"), made(memory, 64, "other")
    assert region_at(one.address, [one, other]) is one
    assert region_at(other.address + 63, [one, other]) is other
    assert region_at(one.end, [one]) is None
    assert region_at(one.address - 1, [one]) is None


def test_words_of_an_argument(memory):
    cell = memory.ffi.new("uint64_t[3]", [7, 8, 9])
    assert words_of(memory.ffi, cell, 8) == [7]
    assert words_of(memory.ffi, cell, 24) == [7, 8, 9]
    assert words_of(memory.ffi, cell, 20) == [7, 8]
    assert words_of(memory.ffi, cell, 4) == [7]


# ---------------------------------------------------------------- copies


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize(("low", "high"), [(0, 64), (32, 96), (5, 91), (0, 10_000), (4096, 4100)])
def test_copies_hold_what_was_touched(memory, at_end, low, high):
    region = made(memory, 3 * PAGE)
    copies = ExactCopies(memory, [region], {region.address: (low, high)}, at_end)
    start, data = copies.results()[region.address]
    assert start <= low < start + ALIGNMENT
    assert high <= start + data.size < high + ALIGNMENT
    assert np.array_equal(data, region.data[start : start + data.size])
    moved = copies.moved(region.address + low)
    assert moved != region.address + low
    assert np.array_equal(view(memory, moved, high - low), region.data[low:high])
    assert moved % ALIGNMENT == (region.address + low) % ALIGNMENT


@pytest.mark.parametrize("at_end", [True, False])
def test_faults_beside_the_copy(memory, at_end):
    region = made(memory, PAGE)
    copies = ExactCopies(memory, [region], {region.address: (64, 128)}, at_end)
    first, end = copies.moved(region.address + 64), copies.moved(region.address + 128)
    assert not faults(first, write=True)
    assert not faults(end - 1, write=True)
    assert faults(end if at_end else first - 1, write=True)
    # On the other side is the rest of the page, where a write shows.
    assert not faults(first - 1 if at_end else end, write=True)


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("distance", [1, 16, 500])
def test_writes_outside(memory, at_end, distance):
    region, other = made(memory, PAGE, "x"), made(memory, PAGE, "y")
    extents = {region.address: (64, 128), other.address: (0, 256)}
    copies = ExactCopies(memory, [other, region], extents, at_end)
    assert copies.written_outside() is None
    first, end = copies.moved(region.address + 64), copies.moved(region.address + 128)
    view(memory, first, 64)[:] = 1
    assert copies.written_outside() is None
    beside = first - distance if at_end else end + distance - 1
    assert view(memory, beside, 1)[0] == SLACK
    view(memory, beside, 1)[0] = 1
    assert copies.written_outside() is region


def test_writes_show_in_the_results_only(memory):
    region = made(memory, 256)
    before = region.data.copy()
    copies = ExactCopies(memory, [region], {region.address: (0, 256)}, at_end=True)
    view(memory, copies.moved(region.address), 4)[:] = 255
    assert np.array_equal(region.data, before)
    assert copies.results()[region.address][1][:4].tolist() == [255] * 4


@pytest.mark.parametrize("at_end", [True, False])
def test_the_last_bytes_of_a_region_that_is_no_multiple(memory, at_end):
    region = made(memory, 100)
    copies = ExactCopies(memory, [region], {region.address: (0, 100)}, at_end)
    start, data = copies.results()[region.address]
    assert (start, data[:100].tolist()) == (0, region.data.tolist())
    view(memory, copies.moved(region.address + 99), 1)[0] = 7
    assert copies.written_outside() is None


def test_what_the_original_does_not_touch_faults(memory):
    region = made(memory, 256)
    copies = ExactCopies(memory, [region], {}, at_end=True)
    moved = copies.moved(region.address)
    assert moved != region.address
    assert faults(moved, write=False)
    assert copies.written_outside() is None


def test_pointers_that_point_elsewhere_stay(memory):
    region = made(memory, 256)
    copies = ExactCopies(memory, [region], {region.address: (0, 16)}, at_end=True)
    assert copies.moved(0) == 0
    assert copies.moved(region.end) == region.end
    assert copies.moved(region.address - 1) == region.address - 1
    assert copies.moved(region.address + 200) - copies.moved(region.address) == 200


@pytest.mark.parametrize("at", [-MARGIN, -1, 64, 64 + MARGIN - 1])
def test_writes_beside_an_allocation(memory, at):
    whole = made(memory, PAGE)
    whole.data[:] = 0
    start = whole.address + MARGIN
    region = Region(start, view(memory, start, 64), "f32", "x", is_exact=True, is_allocated=True)
    margins = Margins(memory, [made(memory, PAGE, "other"), region])
    region.data[:] = 1
    assert margins.close() is None
    margins = Margins(memory, [region])
    view(memory, start + at, 1)[0] = 7
    assert margins.close() is region
    assert not view(memory, start - MARGIN, MARGIN).any()
    assert not view(memory, region.end, MARGIN).any()
