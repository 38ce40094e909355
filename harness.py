"""What the analyses say of a kernel, in the words of the harness (`runtime/`).

Analyses know IR and no harness, the harness knows numbers and no IR: here one becomes the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .ir.dtypes import SCALARS
from .ir.launch_shape import LaunchShape
from .ir.size_expressions import Number, Size, parse_size
from .passes.analysis.launch_pattern import LaunchPattern
from .passes.analysis.role import PointerUse, Role, ScalarUse
from .runtime.parameters import Parameter

MOST_PATTERNS = 5
MOST_CHOICES = 8
FALLBACK_BLOCKS = 4
"""Blocks along a dimension of which a kernel does not say how many there are."""
CONTROLLED = ("bound", "loop_bound", "loop_start", "loop_step", "stride", "offset", "address")
"""Uses of a number that make it more than a mode."""


def with_role(parameter: Parameter, role: Role | None) -> Parameter:
    """`parameter` with what its role says."""
    if role is None:
        return parameter
    if role.pointer is not None and parameter.kind == "ptr":
        return _with_pointer(parameter, role.pointer)
    if role.scalar is not None:
        return _with_scalar(parameter, role.scalar)
    return parameter


def members(role: Role | None) -> list[Parameter]:
    """The scalars and pointers that a parameter of class type is made of."""
    found = []
    for item in role.fields if role is not None and role.kind == "record" else ():
        if item.pointer is not None:
            elem = item.type if item.type in SCALARS else item.pointer.element
            made = Parameter(item.name, "ptr", elem if elem in SCALARS else "other")
        elif item.type in SCALARS:
            made = Parameter(item.name, item.type, "", SCALARS[item.type].size)
        else:
            continue
        made = replace(
            made, inside=item.position, offset=item.offset, count=item.count, stride=item.stride
        )
        found.append(with_role(made, item))
    return found


def _with_pointer(parameter: Parameter, use: PointerUse) -> Parameter:
    is_plain = not (use.index_into or use.bounds_loop or use.monotone or use.controls)
    return replace(
        parameter,
        direction=use.direction,
        is_data=is_plain and use.direction in ("in", "inout", "out"),
        is_sorted=use.monotone,
    )


def _with_scalar(parameter: Parameter, use: ScalarUse) -> Parameter:
    choices = [int(c) for c in use.choices if isinstance(c, int) or float(c).is_integer()]
    is_mode = bool(choices) and not any(name in use.uses for name in CONTROLLED)
    if not is_mode or parameter.kind in ("f16", "bf16", "f32", "f64", "i1"):
        return parameter
    # A value that no comparison names takes the last way through the code.
    others = [max(choices) + 1]
    return replace(parameter, choices=tuple(dict.fromkeys([*choices[:MOST_CHOICES], *others])))


def pattern_launches(pattern: LaunchPattern) -> list[tuple[str, dict[str, Any]]]:
    """Launches that the kernel's index pattern asks for, with the reason."""
    grid = tuple(_grid_size(item.kind, item.count) for item in pattern.grid)
    texts = [item.limit or item.kind for item in pattern.grid if item.kind != "unused"]
    why = f"grid over {', '.join(texts)}: from the kernel's indices" if texts else "one block"
    found = []
    for block in pattern.blocks_to_try()[:MOST_PATTERNS]:
        x, y, z = (Number(n) for n in block)
        shape = LaunchShape((x, y, z), (grid[0], grid[1], grid[2]))
        found.append((f"block of {'x'.join(map(str, block))}, {why}", shape.to_json()))
    return found


def _grid_size(kind: str, count: object) -> Size:
    if kind == "unused":
        return Number(1)
    if count is None:
        return Number(FALLBACK_BLOCKS)
    text = str(count).replace("//", "/").replace("blockDim.", "block.").replace("gridDim.", "grid.")
    return parse_size(text)
