"""Every analysis as text, by name: for tests and `--emit analysis`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...ir.nodes import Func
from . import access, affine, barriers, effects, liveness, ranges, uniformity

DUMPS: Mapping[str, Callable[[Func], str]] = {
    "access": access.text,
    "affine": affine.text,
    "barriers": barriers.text,
    "effects": effects.text,
    "liveness": liveness.text,
    "ranges": ranges.text,
    "uniformity": uniformity.text,
}


def dump(func: Func) -> str:
    """All of them, each under its name."""
    return "\n".join(f"== {name}\n{show(func)}" for name, show in DUMPS.items())
