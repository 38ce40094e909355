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
    direction: str = ""
    """Pointers: `in`, `out`, `inout`, `unused`, or "" where it is not known."""
    is_data: bool = False
    """An integer buffer whose values are nobody's index, loop bound or address."""
    is_sorted: bool = False
    """An integer buffer that must ascend (the row pointers of a sparse matrix)."""
    choices: tuple[int, ...] = ()
    """Scalars that select between ways through the code: the values they are compared with."""
    extent: int = 0
    """Bytes of a buffer whose extent the user has said; 0 where it is not known."""
    below: int = 0
    """What the values of an index buffer are below, or end with where they ascend; 0: unknown."""
    family: str = ""
    """The kind of data that the user wants in a buffer, a key of `harness_config.FAMILIES`."""
    inside: int = -1
    """Members of a parameter of class type: the position of that parameter."""
    offset: int = 0
    """Members: bytes from the start of the parameter."""
    count: int = 1
    """Members: how many of them there are in a row, `stride` bytes apart."""
    stride: int = 0


TENSORS = "tensor"
"""The kind of a parameter of a host function that is a tensor, or may hold several."""


@dataclass(frozen=True, slots=True)
class Tensors:
    """Tensors for a parameter: `count` in each of `len(elements)` lists, one in one list for a
    plain tensor; none at all where `elements` is empty."""

    elements: tuple[str, ...]
    count: int
    dimensions: int
    length: int

    def __format__(self, _: str) -> str:
        if not self.elements:
            return "none"
        shape = "x".join([str(self.length)] * self.dimensions) or "scalar"
        lists = ",".join(dict.fromkeys(self.elements))
        return f"{len(self.elements) * self.count}*{lists}[{shape}]"


Value = int | float | Tensors | None
"""What a case has for a parameter: None for pointers and classes."""
