"""How a kernel is launched, as a function of its arguments.

`k<<<(n + 255) / 256, 256>>>(x, n)` with `n` given to the parameter `count` is: a block of 256, a
grid of `(count + 255) / 256`. Some launches are functions of sizes that the kernel never sees
(`k<<<rows, columns>>>(x, rows * columns)`); these are `free`: choose them, and the arguments
follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .size_expressions import Size, SizeError, constant_value, evaluate, parse_size, text_of
from .source import NOWHERE, Span

Dims = tuple[Size, Size, Size]
MAX_THREADS = 1024
MAX_GRID = (2**31 - 1, 65535, 65535)
MAX_SHARED = 227 << 10


class Launch(NamedTuple):
    """A launch in numbers. Grid, block and shared memory are None where the source does not say;
    `arguments` are the kernel parameters with the values that were chosen or follow."""

    grid: tuple[int, int, int] | None
    block: tuple[int, int, int] | None
    shared: int | None
    arguments: dict[str, int]


@dataclass(frozen=True, slots=True)
class LaunchShape:
    """One launch of the source in terms of the kernel's parameters and `free` names.

    What is None depends on more than that. `arguments` gives parameters that the launch sets to a
    constant or computes from others. `template_args` are the written ones, "" where their value is
    not plain. `span` is the launch.
    """

    block: Dims | None = None
    grid: Dims | None = None
    shared: Size | None = None
    arguments: Mapping[str, Size] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    template_args: tuple[str, ...] = ()
    span: Span = NOWHERE

    @property
    def line(self) -> int:
        return self.span.written().line

    @property
    def fixed_block(self) -> tuple[int, int, int] | None:
        """The block where it is constant."""
        values = [constant_value(size) for size in self.block or ()]
        if len(values) != 3 or None in values:
            return None
        x, y, z = (value or 0 for value in values)
        return x, y, z

    def is_possible(self) -> bool:
        """Whether a constant block is one that can be launched."""
        block = self.fixed_block
        return block is None or _is_launchable(block, None, None)

    def launch(self, chosen: Mapping[str, int]) -> Launch | None:
        """The launch for chosen values of `free` names and of parameters that are integers.

        Parameters that follow from others get their values here. None where a value is missing or
        the launch is not possible (no threads, too many).
        """
        values = dict(chosen)
        try:
            _add_derived(values, self.arguments)
            block = _evaluate(self.block, values)
            names = {**values, **dimension_names(block, None)}
            grid = _evaluate(self.grid, names)
            names.update(dimension_names(block, grid))
            shared = None if self.shared is None else evaluate(self.shared, names)
        except SizeError:
            return None
        if not _is_launchable(block, grid, shared):
            return None
        arguments = {name: value for name, value in values.items() if name not in self.free}
        return Launch(grid, block, shared, arguments)

    def fits(self, instance: str) -> bool:
        """Whether the written template arguments can be those of `instance` (`k<float, 4>`)."""
        _, _, inner = instance.partition("<")
        given = [_plain(part) for part in _split(inner[:-1])] if inner else []
        written = [_plain(part) for part in self.template_args]
        return all(a == b for a, b in zip(written, given, strict=False) if a and b)

    def to_json(self) -> dict[str, object]:
        """Plain data, the inverse of `shape_from_json`."""
        return {
            "block": _texts(self.block),
            "grid": _texts(self.grid),
            "shared": None if self.shared is None else text_of(self.shared),
            "arguments": {name: text_of(size) for name, size in self.arguments.items()},
            "free": list(self.free),
            "template_args": list(self.template_args),
            "span": list(self.span.written()[:5]),
        }


def shape_from_json(data: Mapping[str, object]) -> LaunchShape:
    """The shape that `to_json` wrote."""
    shared, span, arguments = data["shared"], data["span"], data["arguments"]
    assert isinstance(span, list), "as to_json writes it"
    assert isinstance(arguments, dict), "as to_json writes it"
    return LaunchShape(
        _read(data["block"]),
        _read(data["grid"]),
        None if shared is None else parse_size(str(shared)),
        {name: parse_size(text) for name, text in arguments.items()},
        tuple(data["free"]),  # type: ignore[arg-type]
        tuple(data["template_args"]),  # type: ignore[arg-type]
        Span(*span),
    )


def shapes_for(shapes: Sequence[LaunchShape], instance: str) -> list[LaunchShape]:
    """The shapes that are for an instance; all of them where none is known to be."""
    return [shape for shape in shapes if shape.fits(instance)] or list(shapes)


def dimension_names(
    block: tuple[int, int, int] | None, grid: tuple[int, int, int] | None
) -> dict[str, int]:
    """What `block`, `block.x`, `grid` and so on stand for in expressions."""
    names: dict[str, int] = {}
    for name, dims in (("block", block), ("grid", grid)):
        if dims is not None:
            names[name] = dims[0] * dims[1] * dims[2]
            names.update({f"{name}.{axis}": n for axis, n in zip("xyz", dims, strict=True)})
    return names


def _add_derived(values: dict[str, int], arguments: Mapping[str, Size]) -> None:
    """Add the values of parameters that follow from others, in whatever order they can be had."""
    waiting = dict(arguments)
    while waiting:
        ready: dict[str, int] = {}
        missing: SizeError | None = None
        for name, size in waiting.items():
            try:
                ready[name] = evaluate(size, {k: v for k, v in values.items() if k not in waiting})
            except SizeError as failure:
                missing = failure
        if not ready and missing is not None:
            raise missing
        values.update(ready)
        waiting = {name: size for name, size in waiting.items() if name not in ready}


def _evaluate(dims: Dims | None, names: Mapping[str, int]) -> tuple[int, int, int] | None:
    if dims is None:
        return None
    x, y, z = (evaluate(size, names) for size in dims)
    return x, y, z


def _is_launchable(
    block: tuple[int, int, int] | None, grid: tuple[int, int, int] | None, shared: int | None
) -> bool:
    if block is not None:
        x, y, z = block
        if min(block) < 1 or x * y * z > MAX_THREADS or z > 64:
            return False
    if grid is not None and any(
        not 1 <= n <= limit for n, limit in zip(grid, MAX_GRID, strict=True)
    ):
        return False
    return shared is None or 0 <= shared <= MAX_SHARED


def _texts(dims: Dims | None) -> list[str] | None:
    return None if dims is None else [text_of(size) for size in dims]


def _read(texts: object) -> Dims | None:
    if not isinstance(texts, list):
        return None
    x, y, z = (parse_size(str(text)) for text in texts)
    return x, y, z


_WORDS = {
    "true": "1", "false": "0", "(bool)1": "1", "(bool)0": "0", "half": "__half", "uint": "unsigned",
    "at::Half": "__half", "c10::Half": "__half", "unsigned int": "unsigned", "int32_t": "int",
    "at::BFloat16": "__nv_bfloat16", "c10::BFloat16": "__nv_bfloat16",
    "nv_bfloat16": "__nv_bfloat16", "int64_t": "long", "uint8_t": "unsigned char",
}  # fmt: skip
_PLAIN_WORDS = frozenset(
    "float double __half __nv_bfloat16 int unsigned long short char bool".split()
)


def _plain(argument: str) -> str:
    """A template argument in a form that can be compared; "" for what needs more than its text."""
    text = argument.strip()
    digits = text.rstrip("ulUL")
    if digits.isdigit():
        return digits
    text = _WORDS.get(text, text)
    return text if text in _PLAIN_WORDS or text.isdigit() else ""


def _split(text: str) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += (character in "<([{") - (character in ">)]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
