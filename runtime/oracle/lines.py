"""From addresses in an oracle library to lines of the user's files.

The compiler keeps line tables (-g1) and the chain of calls that it inlined; a program of the
system reads them. Of a chain, the innermost frame that lies in the user's own files is meant: an
access inside a function of our headers belongs to the line that called it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .support_library import COMPILATION_FOLDER

SECONDS = 60

SYMBOLIZERS: tuple[tuple[str, ...], ...] = (
    ("addr2line", "-a", "-i", "-e"),
    ("llvm-addr2line", "-a", "-i", "-e"),
    ("llvm-symbolizer", "-a", "-i", "-f=none", "--output-style=GNU", "-e"),
)
"""Programs that read addresses from their input, and how they are asked: the answer to each is
the address itself on a line, then `file:line` for each frame, innermost first."""

_ADDRESS = re.compile(r"^0x([0-9a-fA-F]+)$")
_FRAME = re.compile(r"^(?P<file>.*):(?P<line>\d+|\?)(?: \(discriminator \d+\))?$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a user's file, as the user named the file; an empty name where it is unknown."""

    file: str = ""
    number: int = 0


UNKNOWN = Line()


@dataclass(slots=True)
class LineTable:
    """The lines of one library. `files` are the user's files: what debug information may call
    them, and their names."""

    library: Path
    files: Mapping[str, str]
    _known: dict[int, Line] = field(default_factory=dict)

    def lines(self, addresses: Iterable[int]) -> dict[int, Line]:
        """The lines of instructions, by their offset in the library. All unknown ones are looked
        up with one call; without a program that can, they stay unknown."""
        wanted = list(dict.fromkeys(addresses))
        new = [a for a in wanted if a not in self._known]
        if new:
            self._known |= dict.fromkeys(new, UNKNOWN) | self._look_up(new)
        return {address: self._known[address] for address in wanted}

    def _look_up(self, addresses: Sequence[int]) -> dict[int, Line]:
        command = symbolizer()
        if command is None:
            return {}
        try:
            done = subprocess.run(
                [*command, str(self.library)],
                input="".join(f"{address:#x}\n" for address in addresses),
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                timeout=SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return {}
        return self._read(done.stdout)

    def _read(self, answer: str) -> dict[int, Line]:
        found: dict[int, Line] = {}
        address = -1
        for text in answer.splitlines():
            start = _ADDRESS.match(text.strip())
            if start is not None:
                address = int(start[1], 16)
                continue
            frame = _FRAME.match(text)
            if frame is None or address in found or not frame["line"].isdigit():
                continue
            name = frame["file"].removeprefix(f"{COMPILATION_FOLDER}/")
            if name in self.files and int(frame["line"]) > 0:
                found[address] = Line(self.files[name], int(frame["line"]))
        return found


@cache
def symbolizer() -> tuple[str, ...] | None:
    """The first of the programs that this machine has."""
    for name, *options in SYMBOLIZERS:
        path = shutil.which(name)
        if path is not None:
            return (path, *options)
    return None
