"""What a C++ compiler complains about, read from its messages (GCC's and clang's are alike)."""

from __future__ import annotations

import re
from dataclasses import dataclass

Place = tuple[str, int, int]
"""File, line and column, from 1."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error and its places, the most telling first: what asked for the instantiation that
    failed, the error's own place, the macro uses around it."""

    message: str
    places: tuple[Place, ...]


_LINE = re.compile(
    r"^(?P<file>[^\n:]+|<[^>]+>):(?P<line>\d+):(?:(?P<column>\d+):)?\s*(?P<text>.*)$"
)
_ERROR = re.compile(r"(?:fatal )?error: (.*)")
_UNTELLING = re.compile(r"variable or field .* declared void")
"""GCC says so first when a parameter's type is not known, and then what is wrong."""
_MISSING = re.compile(
    r"fatal error: (?:'(?P<clang>[^']+)' file not found|(?P<gcc>[^\n]+): No such file or directory)"
)


def missing_header(messages: str) -> str | None:
    """The header that could not be found, if that is what ended the compilation."""
    found = _MISSING.search(messages)
    return (found["gcc"] or found["clang"]) if found is not None else None


def read_complaints(messages: str) -> list[Complaint]:
    """All errors with their places. Places named before an error ("required from here") and
    after it ("in expansion of macro") both belong to it."""
    complaints: list[Complaint] = []
    before: list[Place] = []
    speaks_of_error = False
    for line in messages.splitlines():
        match = _LINE.match(line)
        if match is None:
            if re.search(r": (In|At|in) ", line):
                before = []
            continue
        place = (match["file"], int(match["line"]), int(match["column"] or 1))
        text = match["text"]
        error = _ERROR.match(text)
        if error is not None:
            complaints.append(Complaint(error[1], (*reversed(before), place)))
            before = []
            speaks_of_error = True
        elif text.startswith("warning:"):
            before = []
            speaks_of_error = False
        elif text.startswith("note:") and speaks_of_error:
            last = complaints[-1]
            complaints[-1] = Complaint(last.message, (*last.places, place))
        elif "required from" in text or "required by" in text:
            before.append(place)
    return [c for c in complaints if not _UNTELLING.match(c.message)] or complaints
