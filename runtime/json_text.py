"""JSON for people too: what fits on a line is on a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping

WIDTH = 160


def json_value(value: object) -> object:
    """`value` with texts for the numbers that JSON lacks ("nan", "inf", "-inf")."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return value


def json_text(value: object) -> str:
    """The text of `value`, ending in a newline."""
    return _text(json_value(value), 0) + "\n"


def _text(value: object, indent: int) -> str:
    line = json.dumps(value, allow_nan=False)
    if not isinstance(value, dict | list) or (indent and indent + len(line) <= WIDTH):
        return line
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inner = " " * (indent + 2)
    items = ",\n".join(inner + item for item in _items(value, indent + 2))
    return f"{opening}\n{items}\n{' ' * indent}{closing}" if items else line


def _items(value: dict[str, object] | list[object], indent: int) -> Iterator[str]:
    if isinstance(value, list):
        yield from (_text(item, indent) for item in value)
        return
    for key, item in value.items():
        yield f"{json.dumps(key)}: {_text(item, indent)}"
