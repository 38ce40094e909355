"""Launches of kernels that no host function launches for us: shapes and arguments.

In order of trust: what the launches of the source state, what the kernel's own index pattern
asks for, what its template arguments name, common sizes. Each is tried over all shapes of the
arguments until one runs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...ir.launch_shape import LaunchShape, shape_from_json
from ...ir.size_expressions import names_in
from ..inputs import BLOCK_SIZES, SIZES, Case, is_size
from ..parameters import Parameter
from ..prove import Subject

Shape = tuple[int, int, int]
BLOCKS_1D: tuple[Shape, ...] = (
    (128, 1, 1),
    (256, 1, 1),
    (32, 1, 1),
    (64, 1, 1),
    (512, 1, 1),
    (1024, 1, 1),
)
BLOCKS_2D: tuple[Shape, ...] = ((16, 16, 1), (32, 8, 1), (32, 32, 1), (8, 8, 1), (32, 4, 1))
BLOCKS_3D: tuple[Shape, ...] = ((8, 8, 4), (4, 4, 4))
GRIDS = (8, 4, 1, 16)
DIRECT_SHARED_BYTES = 160 << 10
"""Dynamic shared memory of a launch that we made up: more than a kernel will need."""
MOST_THREADS = 1 << 20
FEW = (2, 3, 1, 5)
"""How often a launch repeats what the sizes of the kernel describe: batches, heads."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to launch a kernel for any case; `why` says where that comes from."""

    why: str
    shape: LaunchShape | None = None
    block: Shape | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A launch for one case, whose arguments may have followed from the launch."""

    case: Case
    grid: Shape
    block: Shape
    shared_bytes: int
    parameters: tuple[Parameter, ...]


def plans(subject: Subject) -> Iterator[Plan]:
    """Ways to launch, the most likely first."""
    for why, shape in subject.launches:
        yield Plan(why, shape_from_json(shape))
    for block in blocks(subject):
        x, y, z = block
        yield Plan(f"block of {x * y * z} threads: a common size", None, block)


def made(plan: Plan, subject: Subject, case: Case, number: int) -> Made | None:
    """The launch of `plan` for a case; None where there is none."""
    shared = DIRECT_SHARED_BYTES if "dynamic_shared" in subject.uses else 0
    if plan.shape is None:
        assert plan.block is not None, "a plan says one or the other"
        return Made(case, grid(subject, number), plan.block, shared, subject.inputs)
    integers = {
        p.name: value
        for p, value in zip(subject.inputs, case.values, strict=True)
        if isinstance(value, int)
    }
    free = _free(plan.shape, subject, number)
    launch = plan.shape.launch({**integers, **free})
    if launch is None:
        return None
    values = tuple(
        launch.arguments.get(p.name, value) if isinstance(value, int) else value
        for p, value in zip(subject.inputs, case.values, strict=True)
    )
    block = launch.block or blocks(subject)[0]
    dims = launch.grid or grid(subject, number)
    if dims[0] * dims[1] * dims[2] * block[0] * block[1] * block[2] > MOST_THREADS:
        return None
    shared = shared if launch.shared is None else launch.shared
    case = replace(case, values=values, elements=case.elements * math.prod(free.values()))
    return Made(case, dims, block, shared, subject.inputs)


def _free(shape: LaunchShape, subject: Subject, number: int) -> dict[str, int]:
    """Values for what the host knows and the kernel does not."""
    threads = {name for size in shape.block or () for name in names_in(size)}
    sizes = FEW if any(map(is_size, subject.inputs)) else SIZES[2][number % len(SIZES[2])]
    return {
        name: (BLOCK_SIZES if name in threads else sizes)[(number + at) % len(sizes)]
        for at, name in enumerate(shape.free)
    }


def blocks(subject: Subject) -> list[Shape]:
    """Block shapes: those that the template arguments name, then common ones."""
    shapes = BLOCKS_1D
    if "thread_z" in subject.uses:
        shapes = BLOCKS_3D
    elif "thread_y" in subject.uses:
        shapes = BLOCKS_2D
    limit = subject.max_threads or 1024
    if shapes is BLOCKS_1D:
        # A template argument that can be a block size often is the one the kernel is made for.
        numbers = map(int, re.findall(r"(?<![\w.])\d{2,4}(?![\w.])", subject.instance))
        named = [(n, 1, 1) for n in numbers if n % 32 == 0 and 0 < n <= 1024]
        shapes = tuple(dict.fromkeys((*named, *shapes)))
    return [s for s in shapes if s[0] * s[1] * s[2] <= limit] or [(limit, 1, 1)]


def grid(subject: Subject, number: int) -> Shape:
    """The grid of the case of that number, where nothing is known."""
    y = 3 if "block_y" in subject.uses else 1
    return (GRIDS[number % len(GRIDS)], y, 2 if "block_z" in subject.uses else 1)
