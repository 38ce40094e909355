"""Inputs for kernels and launchers that nobody has described: shapes, numbers, buffers.

A *case* gives every scalar parameter a value. Integers are taken for sizes unless their name says
that they are a thread count; the values of a case multiply to far less than a buffer holds, so
buffers need no known extent. Which case makes sense for a function shows when it runs: one that
faults, asserts or writes nothing is dropped and the next is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .compare import Bytes
from .parameters import Parameter

BUFFER_BYTES = 2 << 20
"""Size of one buffer: 512 Ki elements of 4 bytes."""

THREAD_COUNT = re.compile(r"block_?(size|dim)|threads|num_?threads|^(nt|bs)$", re.IGNORECASE)
"""Names of integer parameters that hold a block size."""

SIZES: Mapping[int, tuple[tuple[int, ...], ...]] = {
    1: ((1000,), (4096,), (33,), (1,), (256,), (65536,), (31,), (7,), (12345,)),
    2: ((32, 128), (64, 64), (17, 96), (1, 33), (256, 16), (3, 1000), (1, 1), (100, 7), (5, 2048)),
    3: (
        (4, 32, 128),
        (64, 64, 64),
        (3, 17, 96),
        (2, 33, 768),
        (1, 128, 256),
        (1, 1, 32),
        (8, 256, 16),
        (1, 1, 1),
        (5, 130, 40),
        (1, 1000, 7),
        (8, 1024, 64),
    ),
    4: (
        (4, 32, 128, 4, 64, 8),
        (2, 64, 64, 2, 32, 4),
        (3, 17, 96, 3, 5, 7),
        (2, 33, 768, 12, 65, 2),
        (1, 128, 64, 2, 128, 16),
        (2, 256, 128, 2, 256, 8),
        (1, 1, 32, 1, 1, 1),
        (8, 16, 256, 8, 16, 8),
        (64, 64, 64, 64, 64, 64),
        (1, 1, 1, 1, 1, 1),
        (16, 8, 8, 16, 4, 4),
        (5, 130, 40, 5, 9, 3),
    ),
}
"""Values for size-like integers in order of the parameters, by how many of them there are (4: four
and more, repeated): multiples of the warp and of vector widths, odd ones, ones. The first is the
most likely to suit; products stay far below what a buffer holds."""
BLOCK_SIZES = (128, 256, 64, 512, 32, 1024)
SCALARS = (0.75, 0.5, 0.9, 1.0, 0.125)


@dataclass(frozen=True, slots=True)
class Case:
    """A value per parameter (None for pointers and classes), and a text for reports."""

    values: tuple[int | float | None, ...]
    largest_index: int

    def describe(self, parameters: Sequence[Parameter]) -> str:
        return ", ".join(
            f"{p.name}={v:g}" for p, v in zip(parameters, self.values, strict=True) if v is not None
        )


def cases(
    parameters: Sequence[Parameter], fixed: Mapping[str, int] | None = None
) -> Iterator[Case]:
    """Cases in the order in which they are worth trying; `fixed` gives parameters their value."""
    chosen = fixed or {}
    count = sum(_is_size(parameter) for parameter in parameters if parameter.name not in chosen)
    for number, sizes in enumerate(SIZES[min(max(count, 1), 4)]):
        values: list[int | float | None] = []
        used: list[int] = []
        for parameter in parameters:
            given = chosen.get(parameter.name)
            values.append(_value(parameter, number, sizes, used) if given is None else given)
        yield Case(tuple(values), max(1, min(used, default=64)))


def _is_size(parameter: Parameter) -> bool:
    """Whether an integer of this name and type is taken for the size of something."""
    floats = ("ptr", "other", "f16", "bf16", "f32", "f64", "i1")
    return parameter.kind not in floats and THREAD_COUNT.search(parameter.name) is None


def _value(
    parameter: Parameter, number: int, sizes: Sequence[int], used: list[int]
) -> int | float | None:
    if parameter.kind in ("ptr", "other"):
        return None
    if parameter.kind in ("f16", "bf16", "f32", "f64"):
        return SCALARS[(number + len(used)) % len(SCALARS)]
    if parameter.kind == "i1":
        return number % 2
    if THREAD_COUNT.search(parameter.name):
        return BLOCK_SIZES[number % len(BLOCK_SIZES)]
    value = sizes[len(used) % len(sizes)]
    used.append(value)
    return min(value, 100) if parameter.kind in ("i8", "u8") else value


FAMILIES = ("normal", "uniform", "small integers")
"""Distributions of the values in floating buffers, cycled over the cases."""


def fill(elem: str, family: str, seed: int, largest_index: int, size: int) -> Bytes:
    """`size` bytes of elements of type `elem`. Integer elements may be used as indices, so they
    lie in [0, `largest_index`)."""
    random = np.random.default_rng(seed)
    if elem in ("f16", "bf16", "f32", "f64", "other", "void"):
        return _floats("f32" if elem in ("other", "void") else elem, family, random, size)
    if elem == "i1":
        return random.integers(0, 2, size, dtype=np.uint8)
    from .compare import NUMPY_TYPES

    dtype = np.dtype(NUMPY_TYPES[elem])
    top = max(1, min(largest_index, 100))
    return random.integers(0, top, size // dtype.itemsize).astype(dtype).view(np.uint8)


def _floats(elem: str, family: str, random: np.random.Generator, size: int) -> Bytes:
    count = size // {"f16": 2, "bf16": 2, "f32": 4, "f64": 8}[elem]
    if family == "normal":
        numbers = random.standard_normal(count, dtype=np.float32)
    elif family == "uniform":
        numbers = random.random(count, dtype=np.float32)
    else:
        numbers = random.integers(-3, 4, count).astype(np.float32)
    if elem == "bf16":
        return (numbers.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    if elem == "f32":
        return numbers.view(np.uint8)
    return numbers.astype(np.float16 if elem == "f16" else np.float64).view(np.uint8)
