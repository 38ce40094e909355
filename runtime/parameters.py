"""What is known of a function's parameters. Free of numpy, so that translating needs none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """What is known of a parameter: `kind` is an IR scalar name, "ptr" or "other"; for pointers
    `elem` is the element's scalar name ("other" where it is a class), `size` bytes by value."""

    name: str
    kind: str
    elem: str = ""
    size: int = 8
