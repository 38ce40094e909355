"""Local variables that a kernel may use before it gives them a value, as the compiler warns.

No run can show these for certain: what a register holds is anybody's guess. The compiler knows the
paths through a function; its warnings are read where they speak of device code of the user's files.
GCC and clang see scalars and members of structures; elements of arrays escape them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .project import Project

_PLACE = re.compile(r"^(?P<file>[^\n:]+|<[^>]+>):(?P<line>\d+):(?:\d+:)? (?P<text>.*)$")
_WARNING = re.compile(
    r"^warning: (?:variable )?['\u2018](?P<name>[^'\u2019]+)['\u2019] (?P<what>.*?) "
    r"\[-W(?:maybe-|sometimes-)?uninitialized\]$"
)
_INLINED = re.compile(r"inlined from .* at (?P<file>[^\n:]+):(?P<line>\d+)")
_DECLARED = re.compile(r"^note: .*(?:declared here|initialize the variable)")
_IS_CERTAIN = re.compile(r"^is (?:used )?uninitialized")


@dataclass(frozen=True, slots=True)
class UninitialisedLocal:
    """A use of `name` before it has a value: on every path where `is_certain`, else on some.
    `declared` is the line of its declaration in the same file, or 0."""

    name: str
    file: str
    line: int
    declared: int
    is_certain: bool

    @property
    def message(self) -> str:
        how = "is used" if self.is_certain else "may be used"
        return f"`{self.name}` {how} before it has a value"


@dataclass(slots=True)
class _Warning:
    name: str
    is_certain: bool
    places: list[tuple[str, int]]
    declared: tuple[str, int] | None = None


def uninitialised_locals(messages: str, project: Project) -> list[UninitialisedLocal]:
    """What a compiler's messages tell of the device code of a project, each use once."""
    found: dict[tuple[str, int, str], UninitialisedLocal] = {}
    for warning in _warnings(messages):
        place = next((p for p in warning.places if _is_device_code(p, project)), None)
        if place is None:
            continue
        declared = warning.declared
        is_near = declared is not None and declared[0] == place[0]
        use = UninitialisedLocal(
            warning.name, *place, declared[1] if declared and is_near else 0, warning.is_certain
        )
        known = found.setdefault((use.file, use.line, use.name), use)
        if use.is_certain and not known.is_certain:
            found[use.file, use.line, use.name] = use
    return sorted(found.values(), key=lambda use: (use.file, use.line, use.name))


def _warnings(messages: str) -> Iterator[_Warning]:
    """The warnings with their places, innermost first: the use, the calls that were inlined
    around it, and the declaration where none of these is the user's."""
    inlined: list[tuple[str, int]] = []
    current: _Warning | None = None
    for line in messages.splitlines():
        chain = _INLINED.search(line)
        if chain is not None:
            inlined.append((chain["file"], int(chain["line"])))
            continue
        match = _PLACE.match(line)
        if match is None:
            if not line.startswith(" "):
                inlined = []
            continue
        place = (match["file"], int(match["line"]))
        warning = _WARNING.match(match["text"])
        if warning is not None:
            if current is not None:
                yield current
            is_certain = _IS_CERTAIN.match(warning["what"]) is not None
            current = _Warning(warning["name"], is_certain, [place, *inlined])
            inlined = []
        elif current is not None and _DECLARED.match(match["text"]):
            current.declared = place
            current.places.append(place)
    if current is not None:
        yield current


def _is_device_code(place: tuple[str, int], project: Project) -> bool:
    path = project.path_of(place[0])
    if path is None:
        return False
    text = project.texts[path]
    start = sum(len(line) + 1 for line in text.split("\n")[: place[1] - 1])
    line = text[start:].split("\n", 1)[0]
    item = project.outline(path).last_item_in(start, start + max(1, len(line)))
    return item is not None and (item.is_kernel or item.is_device)
