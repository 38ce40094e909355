"""Extents as text over a kernel's own parameters: `n`, `rows*cols`, `gridDim.x*blockDim.x`.

The extents of several launches with unrelated sizes are worked out, and the simplest expression
of a closed list that gives all of them is taken: products of parameters and launch sizes, sums
of strides (`(rows - 1)*pitch + cols`). An expression that fits four unrelated sizes by accident
is unlikely, and it is only printed: whoever needs a number evaluates the extents themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations

from ...ir.nodes import Func, Module
from ...ir.sizes import ONE, Size, const, difference, name, product, total
from .concrete import Launch
from .extents import Extent, Extents
from .kernel_facts import KernelFacts
from .launch_pattern import DIMENSIONS, LaunchPattern, launch_pattern
from .role import Role
from .roles import roles

SIZES = (
    (29, 31, 37, 23, 19, 41, 13, 17, 11, 7, 5),
    (17, 43, 7, 31, 23, 5, 37, 11, 19, 13, 29),
    (41, 13, 23, 11, 37, 29, 7, 19, 5, 31, 17),
    (23, 19, 29, 47, 5, 7, 31, 13, 17, 11, 37),
)
"""Values for the integer parameters, launch by launch: without a relation between them."""
SCALES = (1, 97, 11, 4, 2)
"""By how much they are larger where there are few of them; the last for any more."""
FALLBACKS = (3, 5, 2, 6)
"""Blocks along dimensions of which the kernel does not say how many it needs."""
FACTORS = (1, 2, 3, 4)
MAX_NAMES = 10
INDEX_BOUNDS = (0, 6)
_FLOATS = ("f16", "bf16", "f32", "f64")


@dataclass(frozen=True, slots=True)
class _Sample:
    names: Mapping[str, int]
    extents: Mapping[str, Extent | None]


def extent_expressions(
    module: Module, kernel: Func, known: KernelFacts | None = None
) -> dict[str, str]:
    """The extent of each buffer in elements, as text; buffers without a fitting one are left out.

    `up to n` says that not every byte below is touched for certain.
    """
    facts = known or KernelFacts(module, kernel)
    found = [role for top in roles(module, kernel, facts) for role in top.flat()]
    pattern = launch_pattern(module, kernel, facts)
    samples = list(_samples(facts, found, pattern))
    candidates = list(_candidates(samples, bool(pattern.blocks)))
    texts: dict[str, str] = {}
    for role in found:
        if role.pointer is not None and role.pointer.direction != "unused":
            text = _fitting(role.name, role.pointer.element_size, samples, candidates)
            if text is not None:
                texts[role.name] = text
    return texts


def _samples(
    known: KernelFacts, found: Sequence[Role], pattern: LaunchPattern
) -> Iterator[_Sample]:
    calculator = Extents(known.module, known.func, known)
    blocks = pattern.blocks_to_try()
    for at, sizes in enumerate(SIZES):
        block = blocks[-1 - at % min(2, len(blocks))]
        scalars = _scalars(found, sizes)
        for scalar, size in pattern.limits.ties:
            scalars[scalar] = block[DIMENSIONS.index(size[-1])]
        grid = pattern.grid_size(scalars, block, fallback=FALLBACKS[at])
        data = {
            role.name: INDEX_BOUNDS
            for role in found
            if role.pointer is not None and role.pointer.index_into
        }
        names = dict(scalars)
        for dim, threads, count in zip(DIMENSIONS, block, grid, strict=True):
            names[f"blockDim.{dim}"], names[f"gridDim.{dim}"] = threads, count
        yield _Sample(names, calculator.at(Launch(scalars, grid, block, data)))


def _scalars(found: Sequence[Role], sizes: Sequence[int]) -> dict[str, int]:
    values: dict[str, int] = {}
    numbers = [role for role in found if role.scalar is not None and role.type not in _FLOATS]
    scale = SCALES[min(len(numbers), len(SCALES) - 1)]
    for role in numbers:
        use = role.scalar
        assert use is not None, "numbers have a use"
        if role.type == "i1" or use.use == "mode":
            values[role.name] = int(use.choices[-1]) if use.choices else 1
            continue
        size = sizes[len(values) % len(sizes)] * scale + (scale > 1)
        values[role.name] = -(-size // use.multiple_of) * use.multiple_of
    return values


def _candidates(samples: Sequence[_Sample], uses_blocks: bool) -> Iterator[Size]:
    """Expressions, the simplest first; sizes that are always 1 are left out."""
    names = samples[0].names
    scalars = [text for text in names if "Dim." not in text][:MAX_NAMES]
    moving = [text for text in names if any(sample.names[text] > 1 for sample in samples)]
    sizes = [text for text in moving if "Dim." in text]
    atoms = [name(text) for text in scalars]
    if any(text.startswith("gridDim") for text in sizes) or not uses_blocks:
        yield from map(const, FACTORS)  # else one element a block would look constant
    for count in (1, 2, 3):
        for chosen in combinations_with_replacement(atoms, count):
            for factor in FACTORS:
                yield product(const(factor), *chosen)
    for atom in atoms:
        yield total(atom, ONE)
    launch = [name(text) for text in sizes]
    for count in (1, 2, 3):
        for chosen in combinations_with_replacement(launch, count):
            for factor in (1, 2, 4, 8):
                yield product(const(factor), *chosen)
    for size in launch:
        for atom in atoms:
            for factor in FACTORS:
                yield product(const(factor), size, atom)
        for chosen in combinations_with_replacement(atoms, 2):
            yield product(size, *chosen)
    for rows, pitch, rest in permutations(atoms, 3):
        yield total(product(difference(rows, ONE), pitch), rest)


def _fitting(
    buffer: str, unit: int, samples: Sequence[_Sample], candidates: Sequence[Size]
) -> str | None:
    wanted: list[int] = []
    is_exact = True
    for sample in samples:
        extent = sample.extents.get(buffer)
        if extent is None or extent.is_empty or extent.low_byte < 0:
            return None
        if (extent.high_byte + 1) % unit:
            return None
        is_exact &= extent.exact
        wanted.append((extent.high_byte + 1) // unit)
    for candidate in candidates:
        pairs = zip(samples, wanted, strict=True)
        if all(candidate.evaluate(sample.names) == size for sample, size in pairs):
            return str(candidate) if is_exact else f"up to {candidate}"
    return None
