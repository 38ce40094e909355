"""Headers that are neither beside the file nor in an -I folder, looked for in the file's project.

Build systems say where headers are; a file that is translated by itself has only its place in a
repository. A header `a/b.h` that is not found is looked for by that suffix: first in the places
where projects keep headers (`include`, `common`, ... of each folder from the including file up
to the project's root), then everywhere in the project, where the fewest steps between folders
win. The answer is the folder that -I would name, so that saying it makes the same choice for
good, and a compiler that is given it reads the same files.

The root is the nearest folder with a repository in it, else the topmost one above the file that
looks like a project's. Without one only the file's folder and the one above are looked at. The
search is bounded; hidden folders, builds and other projects inside this one are left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

MAX_LEVELS = 12
"""Folders above the file that may be the root."""
MAX_FOLDERS = 20_000
MAX_FILES = 200_000

PLACES = (
    "include", "inc", "includes", "headers", "common", "csrc", "src", "utils", "util", "cuda",
    "kernels", "common/include", "src/include", "csrc/include", "include/cuda", "src/cuda",
)  # fmt: skip
"""Where headers are kept, below a folder on the way to the root; likely ones first."""

_REPOSITORY = (".git", ".hg", ".svn", ".jj")
_MARKERS = (
    "setup.py", "setup.cfg", "pyproject.toml", "CMakeLists.txt", "package.json", "Makefile",
    "meson.build", "MODULE.bazel", "WORKSPACE", "Cargo.toml", "xmake.lua", "PKG-INFO",
    ".gitignore", ".gitmodules", ".github", ".pre-commit-config.yaml",
)  # fmt: skip
_ENDINGS = frozenset(
    ".h .hh .hpp .hxx .cuh .inl .inc .ipp .tpp .tcc .def .cu .cc .cpp .cxx .c".split()
)
_SKIPPED = frozenset(
    """__pycache__ node_modules site-packages dist venv env 3rdparty third_party thirdparty
    third-party external extern vendor vendored deps submodules""".split()
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a header was found: `folder` and the header's name make the path. `others`: how many
    more files there are that it could have been."""

    folder: str
    path: str
    others: int


class ProjectHeaders:
    """The headers of the project that the file at `main` belongs to."""

    def __init__(self, main: str) -> None:
        self.main = os.path.realpath(main)
        self.home = os.path.dirname(self.main)
        self.root, self.is_project = _root(self.home)

    def find(self, header: str, including: str) -> Found | None:
        """The header that `#include "header"` in a file of the folder `including` may mean."""
        parts = header.split("/")
        if ".." in parts or "." in parts or not all(parts):
            return None
        start = os.path.realpath(including)
        start = start if _is_below(start, self.root) else self.home
        for folder in self._places(start):
            path = os.path.join(folder, header)
            if os.path.isfile(path) and os.path.realpath(path) != self.main:
                return Found(folder, path, 0)
        return self._nearest(header, start) if self.is_project else None

    def index(self) -> Mapping[str, tuple[str, ...]]:
        """Paths of the files of the project that can be included, by their last name."""
        return _index(self.root, _hidden_home(self.root, self.home))

    def _places(self, start: str) -> Iterator[str]:
        folder = start
        while _is_below(folder, self.root):
            yield folder
            for place in PLACES:
                yield os.path.join(folder, place)
            if folder == os.path.dirname(folder):
                break
            folder = os.path.dirname(folder)

    def _nearest(self, header: str, start: str) -> Found | None:
        suffix = f"/{header}"
        known = self.index().get(os.path.basename(header), ())
        paths = [p for p in known if p.endswith(suffix) and p != self.main]
        if not paths:
            return None
        path = min(paths, key=lambda p: (_steps(start, os.path.dirname(p)), len(p), p))
        return Found(path[: -len(suffix)], path, len(paths) - 1)


@lru_cache(maxsize=64)
def _root(home: str) -> tuple[str, bool]:
    """The folder to search, and whether it is a project's."""
    user = os.path.realpath(os.path.expanduser("~"))
    found = None
    folder = home
    for _ in range(MAX_LEVELS):
        above = os.path.dirname(folder)
        if folder == user or above == folder:
            break
        names = _names(folder)
        if not names.isdisjoint(_REPOSITORY):
            return folder, True
        if not names.isdisjoint(_MARKERS):
            found = folder
        folder = above
    return (found, True) if found is not None else (os.path.dirname(home), False)


def _names(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _hidden_home(root: str, home: str) -> str:
    """`home` where it lies in a folder that is not searched for the sake of others, else `root`, so
    that the files of most folders share an index."""
    folder = home
    while folder != root and _is_below(folder, root):
        if _is_left_out(os.path.basename(folder), folder):
            return home
        folder = os.path.dirname(folder)
    return root


@lru_cache(maxsize=8)
def _index(root: str, home: str) -> Mapping[str, tuple[str, ...]]:
    """Paths of the files below `root` that can be included, by their last name."""
    index: dict[str, list[str]] = {}
    folders, files, todo = 0, 0, [root]
    for folder in todo:
        folders += 1
        if folders > MAX_FOLDERS or files > MAX_FILES:
            break
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if os.path.splitext(entry.name)[1] in _ENDINGS:
                files += 1
                if entry.is_file():
                    index.setdefault(entry.name, []).append(entry.path)
            elif _is_searched(entry, home):
                todo.append(entry.path)
    return {name: tuple(paths) for name, paths in index.items()}


def _is_searched(entry: os.DirEntry[str], home: str) -> bool:
    """Whether a folder may hold headers of this project; the file's own folder always may."""
    if not entry.is_dir(follow_symlinks=False):
        return False
    return _is_below(home, entry.path) or not _is_left_out(entry.name, entry.path)


def _is_left_out(name: str, path: str) -> bool:
    if name.startswith((".", "build", "cmake-build")) or name.endswith(".egg-info"):
        return True
    return name in _SKIPPED or os.path.exists(os.path.join(path, ".git"))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _steps(start: str, end: str) -> int:
    """How many folders one goes up and down on the way."""
    ways = [path.rstrip("/").count("/") for path in (start, end)]
    return sum(ways) - 2 * os.path.commonpath([start, end]).rstrip("/").count("/")
