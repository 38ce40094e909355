"""Inputs for kernels and launchers that nobody has described: shapes, numbers, buffers.

A *shape* gives every scalar parameter a value. Integers are taken for sizes unless their name says
that they are a thread count; the values of a shape multiply to far less than a buffer holds, so
buffers need no known extent. Which shape makes sense for a function shows when it runs: one that
faults, asserts or writes nothing is dropped and the next is tried. A *family* says what buffers
hold; every shape that runs is run with all of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .compare import NUMPY_TYPES, Bytes
from .parameters import Parameter, Value

BUFFER_BYTES = (256 << 10, 32 << 20)
"""The least and the most that one buffer holds."""
BYTES_PER_ELEMENT = 64
"""Bytes of a buffer per element of a shape whose dimensions are multiplied: room for the constant
factors of a kernel (the four gates of a cell, say) and for elements of any type."""

THREAD_COUNT = re.compile(r"block_?(size|dim)|threads|num_?threads|^(nt|bs)$", re.IGNORECASE)
"""Names of integer parameters that hold a block size."""

SIZES: Mapping[int, tuple[tuple[int, ...], ...]] = {
    1: ((1000,), (4096,), (33,), (512,), (1,), (70003,), (257,), (1023,), (7,)),
    2: (
        (32, 128),
        (64, 64),
        (17, 96),
        (1, 33),
        (2, 2049),
        (255, 17),
        (1025, 2),
        (331, 251),
        (3, 5003),
        (1, 1),
        (100, 7),
        (256, 16),
        (512, 256),
        (128, 128),
    ),
    3: (
        (4, 32, 128),
        (64, 64, 64),
        (3, 17, 96),
        (2, 33, 768),
        (1, 1, 33),
        (700, 3, 5),
        (8, 255, 17),
        (2, 601, 40),
        (1, 128, 256),
        (1, 1, 1),
        (5, 130, 40),
        (1, 1000, 7),
        (8, 1024, 64),
        (256, 256, 256),
        (128, 256, 64),
        (512, 128, 128),
    ),
    4: (
        (4, 32, 128, 4, 64, 8),
        (2, 64, 64, 2, 32, 4),
        (3, 17, 96, 3, 5, 7),
        (2, 33, 768, 12, 65, 2),
        (1, 128, 64, 2, 128, 16),
        (2, 256, 128, 2, 256, 8),
        (1, 1, 32, 1, 1, 1),
        (330, 3, 5, 2, 3, 2),
        (8, 16, 256, 8, 16, 8),
        (64, 64, 64, 64, 64, 64),
        (1, 1, 1, 1, 1, 1),
        (16, 8, 8, 16, 4, 4),
        (5, 130, 40, 5, 9, 3),
        (1, 2, 128, 64, 128, 64),
        (256, 128, 128, 256, 64, 64),
    ),
}
"""Values for size-like integers in order of the parameters, by how many of them there are (4: four
and more, repeated): multiples of the warp and of vector widths, one more and one less, odd ones,
ones, many blocks; last those of kernels that take whole tiles only. The first is the most likely to
suit; products stay far below what a buffer
holds."""
BLOCK_SIZES = (128, 256, 64, 96, 512, 32, 1024)
NEIGHBOURS = 64
"""How many neighbours are equal in data of which many are."""
SCALARS = (0.75, 0.5, 0.9, 1.0, 0.125)


@dataclass(frozen=True, slots=True)
class Case:
    """A value per parameter, and a text for reports."""

    values: tuple[Value, ...]
    largest_index: int
    elements: int = 1
    """The product of all sizes."""

    def buffer_bytes(self, times: int = 1) -> int:
        """How large buffers should be; `times` as large where that was not enough."""
        least, most = BUFFER_BYTES
        return min(most, max(least, self.elements * BYTES_PER_ELEMENT) * times)

    def describe(self, parameters: Sequence[Parameter]) -> str:
        return ", ".join(
            f"{p.name}={v:g}" for p, v in zip(parameters, self.values, strict=True) if v is not None
        )


def cases(
    parameters: Sequence[Parameter], fixed: Mapping[str, int] | None = None
) -> Iterator[Case]:
    """Shapes in the order in which they are worth trying; `fixed` gives parameters their value."""
    chosen = fixed or {}
    count = sum(is_size(parameter) for parameter in parameters if parameter.name not in chosen)
    seen = set()
    for number, sizes in enumerate(SIZES[min(max(count, 1), 4)]):
        values: list[int | float | None] = []
        used: list[int] = []
        for parameter in parameters:
            given = chosen.get(parameter.name)
            values.append(_value(parameter, number, sizes, used) if given is None else given)
        if tuple(values) not in seen:
            seen.add(tuple(values))
            yield Case(tuple(values), max(1, min(used, default=64)), math.prod(used))


VARIED = (7, 130, 33, 1, 64)
"""Values that single sizes of a case that ran are changed to."""


def variations(
    case: Case, parameters: Sequence[Parameter], fixed: Mapping[str, int]
) -> Iterator[Case]:
    """`case` with one size changed at a time: where a number decides whether a kernel runs at all,
    the others still vary."""
    for at, parameter in enumerate(parameters):
        if not is_size(parameter) or parameter.name in fixed:
            continue
        for value in VARIED:
            values = (*case.values[:at], value, *case.values[at + 1 :])
            sizes = [v for v, p in zip(values, parameters, strict=True)
                     if isinstance(v, int) and is_size(p)]  # fmt: skip
            yield Case(values, max(1, min(sizes)), math.prod(sizes))


def is_size(parameter: Parameter) -> bool:
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
    if parameter.choices:
        return parameter.choices[number % len(parameter.choices)]
    value = sizes[len(used) % len(sizes)]
    used.append(value)
    return min(value, 100) if parameter.kind in ("i8", "u8") else value


# ---------------------------------------------------------------- families

Random = np.random.Generator
Numbers = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of data: numbers for floating buffers, values in [0, top) for integer ones.
    `any_integer`: the full range of the type, for integers that are no indices."""

    name: str
    floats: Callable[[Random, int], Numbers]
    indices: Callable[[Random, int, int], Integers]
    any_integer: bool = False


def _random_indices(random: Random, count: int, top: int) -> Integers:
    return random.integers(0, top, count)


def _sorted_indices(random: Random, count: int, top: int) -> Integers:
    # Neighbours differ by little, as row pointers do; they may pass `top`, but not by much.
    steps = np.cumsum(random.integers(0, 3, count))
    return np.minimum(steps, max(top, 4 * top))


def _duplicate_indices(random: Random, count: int, top: int) -> Integers:
    return random.integers(0, min(3, top), count)


def _constant_indices(random: Random, count: int, top: int) -> Integers:
    return np.full(count, top - 1, np.int64)


def _permuted_indices(random: Random, count: int, top: int) -> Integers:
    return np.tile(random.permutation(top), count // top + 1)[:count].astype(np.int64)


def _normal(random: Random, count: int) -> Numbers:
    return random.standard_normal(count)


def _uniform(random: Random, count: int) -> Numbers:
    return random.random(count)


def _small_integers(random: Random, count: int) -> Numbers:
    return random.integers(-3, 4, count).astype(np.float64)


def _wide(random: Random, count: int) -> Numbers:
    return random.standard_normal(count) * np.exp2(random.integers(-30, 31, count))


def _cancelling(random: Random, count: int) -> Numbers:
    half = random.standard_normal(count // 2 + 1) * 1e4
    return (
        np.stack([half, -half], axis=1).reshape(-1)[:count] + random.standard_normal(count) * 1e-2
    )


def _constant(random: Random, count: int) -> Numbers:
    return np.full(count, 0.5)


def _special(random: Random, count: int) -> Numbers:
    numbers = random.standard_normal(count)
    at = random.integers(0, 16, count)
    denormals = {5: 1e-39, 6: -3e-8, 7: 4e-310}  # of f32 and bf16, of f16, of f64
    kinds = {0: np.nan, 1: np.inf, 2: -np.inf, 3: -0.0, 4: 0.0, **denormals}
    for number, value in kinds.items():
        numbers[at == number] = value
    return numbers


def _ascending(random: Random, count: int) -> Numbers:
    return np.sort(random.standard_normal(count))


def _equal_neighbours(random: Random, count: int) -> Numbers:
    # Rows and warps that are all ties, of either sign, in turn with such that spread widely.
    numbers = 4 * random.standard_normal(count)
    equal = np.arange(count) // NEIGHBOURS % 2 == 0
    return np.where(equal, np.repeat(numbers[::NEIGHBOURS], NEIGHBOURS)[:count], numbers)


def _large(random: Random, count: int) -> Numbers:
    # Beyond what a 16-bit float holds, and squares beyond what `float` does.
    return random.standard_normal(count) * np.exp2(random.integers(10, 70, count))


FAMILIES = (
    Family("normal", _normal, _random_indices),
    Family("uniform", _uniform, _permuted_indices),
    Family("small integers", _small_integers, _sorted_indices),
    Family("wide exponents", _wide, _random_indices),
    Family("cancelling sums", _cancelling, _duplicate_indices),
    Family("constant", _constant, _constant_indices),
    Family("special values", _special, _random_indices),
    Family("large, integers near limits", _large, _permuted_indices, any_integer=True),
    Family("sorted", _ascending, _sorted_indices),
    Family("equal neighbours", _equal_neighbours, _random_indices),
)
"""What buffers hold. The first one decides whether a shape suits."""


def named_family(name: str) -> Family:
    """The family of that name."""
    return next(family for family in FAMILIES if family.name == name)


_LARGEST = np.iinfo(np.int64).max
_FLOATS = ("f16", "bf16", "f32", "f64", "other", "void", "")


def fill(
    elem: str,
    family: Family,
    seed: int,
    largest_index: int,
    size: int,
    *,
    is_data: bool = False,
    is_sorted: bool = False,
    is_limit: bool = False,
) -> Bytes:
    """`size` bytes of elements of type `elem`. Integers may be used as indices, so they lie in
    [0, `largest_index`), unless they are known to be data; with `is_sorted` they ascend in small
    steps, as row pointers do. `is_limit`: the largest index was said, not guessed."""
    random = np.random.default_rng(seed)
    if elem in _FLOATS:
        return _float_bytes("f32" if elem in ("other", "void", "") else elem, family, random, size)
    if elem == "i1":
        return random.integers(0, 2, size, dtype=np.uint8)
    dtype = np.dtype(NUMPY_TYPES[elem])
    count = size // dtype.itemsize
    if is_data:
        return _integer_data(family, random, count, dtype)
    if is_sorted and is_limit:
        steps = np.sort(random.integers(0, largest_index + 1, count))
        steps[0], steps[-1] = 0, largest_index
        return steps.astype(dtype).view(np.uint8)
    most = min(int(np.iinfo(dtype).max), _LARGEST)  # type: ignore[type-var]
    if is_sorted:
        steps = np.cumsum(random.integers(0, 6, count))
        return np.minimum(steps, most).astype(dtype).view(np.uint8)
    top = max(1, largest_index if is_limit else min(largest_index, 100))
    indices = family.indices(random, count, top)
    if is_limit and indices.max(initial=0) >= top:
        indices = indices * (top - 1) // indices.max()
    return np.minimum(indices, most).astype(dtype).view(np.uint8)


def _integer_data(family: Family, random: Random, count: int, dtype: np.dtype[np.generic]) -> Bytes:
    limits = np.iinfo(dtype)  # type: ignore[type-var]
    if family.any_integer:
        edges = np.array([limits.min, limits.max, 0, 1, limits.max // 2], dtype)
        near = random.integers(-2, 3, count).astype(dtype)
        with np.errstate(over="ignore"):
            values = edges[random.integers(0, edges.size, count)] + near
        return values.astype(dtype).view(np.uint8)
    low, high = max(-1000, int(limits.min)), min(1000, int(limits.max))
    if family.name == "constant":
        return np.full(count, high // 2, dtype).view(np.uint8)
    values = random.integers(0 if family.name == "uniform" else low, high, count).astype(dtype)
    if family.name == "sorted":
        values = np.sort(values)
    if family.name == "equal neighbours":
        values = np.repeat(values[: count // NEIGHBOURS + 1], NEIGHBOURS)[:count]
    return values.view(np.uint8)


def _float_bytes(elem: str, family: Family, random: Random, size: int) -> Bytes:
    count = size // {"f16": 2, "bf16": 2, "f32": 4, "f64": 8}[elem]
    with np.errstate(all="ignore"):
        numbers = family.floats(random, count)
        if elem == "f64":
            return numbers.view(np.uint8)
        if elem == "f16":
            return numbers.astype(np.float16).view(np.uint8)
        single = numbers.astype(np.float32)
    if elem == "bf16":
        return (single.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    return single.view(np.uint8)
