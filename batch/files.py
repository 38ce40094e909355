"""Which files of a folder are sources: those that are compiled, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ..runtime.project import MANIFEST

SOURCE, HEADER = ".cu", ".cuh"


def files_below(root: Path, excludes: Sequence[str] = ()) -> Iterator[str]:
    """Names of all files below `root`, relative and with `/`.

    Left out are hidden folders, folders that a translation was written to, and what a glob of
    `excludes` matches: the whole name, the last part of it, or a folder above. Links to folders are
    not followed, so that each file comes once and loops do no harm.
    """
    for folder, folders, names in os.walk(root):
        inside = Path(folder).relative_to(root).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and not is_excluded(prefix + name, excludes)
            and not os.path.exists(os.path.join(folder, name, MANIFEST))
        )
        for name in sorted(names):
            if not is_excluded(prefix + name, excludes):
                yield prefix + name


def is_excluded(name: str, excludes: Sequence[str]) -> bool:
    """Whether a glob matches the relative name, or its last part."""
    last = name.rsplit("/", 1)[-1]
    return any(fnmatchcase(name, glob.rstrip("/")) or fnmatchcase(last, glob) for glob in excludes)


def sources_below(root: Path, excludes: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """The .cu files and the .cuh files, each file once however many links lead to it."""
    found: dict[str, list[str]] = {SOURCE: [], HEADER: []}
    seen: set[str] = set()
    for name in files_below(root, excludes):
        suffix = os.path.splitext(name)[1]
        real = os.path.realpath(root / name)
        if suffix in found and real not in seen and os.path.isfile(real):
            seen.add(real)
            found[suffix].append(name)
    return found[SOURCE], found[HEADER]
