"""Launch shapes for kernels that no host function launches for us."""

from __future__ import annotations

import re

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


def blocks(subject: Subject) -> list[Shape]:
    """Block shapes worth trying, the most likely first: those that the source's launches state,
    those that its template arguments name, common ones."""
    shapes = BLOCKS_1D
    if "thread_z" in subject.uses:
        shapes = BLOCKS_3D
    elif "thread_y" in subject.uses:
        shapes = BLOCKS_2D
    limit = subject.max_threads or 1024
    stated = [(*block, 1, 1)[:3] for block in subject.blocks]
    if shapes is BLOCKS_1D:
        # A template argument that can be a block size often is the one the kernel is made for.
        numbers = map(int, re.findall(r"(?<![\w.])\d{2,4}(?![\w.])", subject.instance))
        stated += [(n, 1, 1) for n in numbers if n % 32 == 0 and 0 < n <= 1024]
    shapes = tuple(dict.fromkeys((*stated, *shapes)))  # type: ignore[arg-type]
    return [s for s in shapes if s[0] * s[1] * s[2] <= limit] or [(limit, 1, 1)]


def grid(subject: Subject, number: int) -> Shape:
    """The grid of the case of that number."""
    y = 3 if "block_y" in subject.uses else 1
    return (GRIDS[number % len(GRIDS)], y, 2 if "block_z" in subject.uses else 1)
