"""What a built library holds in memory: the variables whose accesses can be checked, and the names
of the files that its code comes from."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .shared_variables import ANCHOR, SharedVariable
from .symbols import read_symbols, read_thread_locals


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that all threads of the process share, at an offset in the file."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """`variables`: those of the source, `constant` and local static ones too. `shared`: its
    `__shared__` variables; `thread_locals`: offset and size of the others of which each OS thread
    has its own, counted as theirs. `files`: the user's files, by what debug information calls
    them, as messages name them."""

    variables: tuple[Variable, ...] = ()
    shared: tuple[SharedVariable, ...] = ()
    thread_locals: tuple[tuple[int, int], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(entry: dict[str, Any]) -> MemoryMap:
        return MemoryMap(
            tuple(Variable(**item) for item in entry["variables"]),
            tuple(SharedVariable(**item) for item in entry["shared"]),
            tuple((int(offset), int(size)) for offset, size in entry["thread_locals"]),
            dict(entry["files"]),
        )


def memory_map(
    library: Path,
    demangle: Callable[[str], str | None],
    in_source: Container[str],
    shared: Sequence[SharedVariable],
    files: Mapping[str, str],
) -> MemoryMap:
    """The map of a built library; `in_source` are the symbols that came from the source."""
    variables = [
        Variable(_short(demangle(s.name) or s.name), s.address, s.size)
        for s in read_symbols(library)
        if not s.is_function and s.size > 0 and s.name in in_source
    ]
    all_local = read_thread_locals(library)
    anchor = next((s.address for s in all_local if s.name == ANCHOR), 0)
    known = {v.offset for v in shared}
    others = [(s.address - anchor, s.size) for s in all_local if s.address - anchor not in known]
    return MemoryMap(
        tuple(sorted(variables, key=lambda v: v.offset)),
        tuple(shared),
        tuple(sorted(others)),
        files,
    )


def _short(name: str) -> str:
    """The last part of a qualified name."""
    return name.rsplit("::", 1)[-1]
