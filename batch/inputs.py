"""What an outcome depends on: the text of the file and of whatever its includes can mean.

Headers are not resolved here, as that is the preprocessor's business. Every file whose name ends
like what a directive names counts as one that it may mean, and what these include as well. So a
header that appears, changes or goes away changes the key of all that might read it, and at worst of
some that do not.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import cache
from pathlib import Path

from ..frontend.project_headers import PLACES, ProjectHeaders
from ..runtime.cache import cache_key
from ..runtime.harness_files import config_file
from ..runtime.json_text import json_text
from .files import files_below
from .work import Work, same_place

_INCLUDE = re.compile(
    rb'^[ \t]*#[ \t]*include(?:_next)?[ \t]*(?:[<"]([^">\n]+)[">]|(\w))', re.MULTILINE
)
_CODE = (".py", ".lark", ".cuh", ".h", ".hpp", ".cpp", ".c", ".inc")
_NOT_CODE = ("tests", "benchmarks", "docs", "examples", "tools")


class Inputs:
    """The keys of work in one folder. Headers may also be elsewhere in the project that the folder
    is a part of."""

    def __init__(self, root: Path) -> None:
        self._root = root
        project = ProjectHeaders(str(root / "any.cu"))
        above = Path(project.root) if project.is_project else root
        self._by_name: dict[str, list[str]] = {}
        for name in files_below(above):
            name = name if above == root else same_place(str(above / name), str(root))
            self._by_name.setdefault(name.rsplit("/", 1)[-1], []).append(name)
        # Without a project the headers beside its folder are looked at.
        self._around = [str(root.parent / place) for place in ("", *PLACES)]
        self._files: dict[str, tuple[str, tuple[str, ...], bool]] = {}

    def key(self, work: Work) -> str:
        """A name for everything that the outcome of `work` depends on."""
        folders = [str(folder) for folder in work.options.get("include_dirs", ())]
        forced = [str(name) for name in work.options.get("force_includes", ())]
        parts = ["outcome 1", tool_fingerprint(), work.file, json_text(dict(work.options))]
        for name in self._reachable(work.file, folders, forced):
            parts += [name, self._read(name)[0]]
        settings = config_file(self._root / work.file)
        if settings is not None:
            parts += [settings.name, self._read(str(settings))[0]]
        return cache_key(*parts)

    def _reachable(self, file: str, folders: list[str], forced: list[str]) -> list[str]:
        found = {file}
        todo = [file, *(name for f in forced for name in self._meant(f, "", folders))]
        found.update(todo)
        while todo:
            name = todo.pop()
            _, included, is_computed = self._read(name)
            more = {hit for text in included for hit in self._meant(text, name, folders)}
            if is_computed:  # it may name any header
                more.update(
                    n for names in self._by_name.values() for n in names if ".h" in n or ".cuh" in n
                )
            todo += more - found
            found |= more
        return sorted(found)

    def _meant(self, text: str, by: str, folders: list[str]) -> list[str]:
        """The files that `#include "text"` in the file `by` may mean."""
        words = [word for word in os.path.normpath(text).split("/") if word not in ("..", ".")]
        tail = "/" + "/".join(words)
        below = self._by_name.get(words[-1] if words else "", [])
        hits = [name for name in below if f"/{name.lstrip('/')}".endswith(tail)]
        searched: list[str] = [os.path.dirname(self._root / by), *folders, *self._around]
        for folder in searched:
            path = os.path.normpath(os.path.join(self._root, folder, text))
            if os.path.isfile(path):
                hits.append(same_place(path, str(self._root)))
        return hits

    def _read(self, name: str) -> tuple[str, tuple[str, ...], bool]:
        """A file's digest, what it includes, and whether it includes what a macro says."""
        if name not in self._files:
            try:
                data = (self._root / name).read_bytes()
            except OSError:
                data = b"\0"
            matches = _INCLUDE.findall(data)
            self._files[name] = (
                hashlib.sha256(data).hexdigest(),
                tuple(text.decode("utf-8", "surrogateescape") for text, _ in matches if text),
                any(computed for _, computed in matches),
            )
        return self._files[name]


@cache
def tool_fingerprint() -> str:
    """A digest of this package's own code, so that results of another version do not count."""
    package = Path(__file__).resolve().parent.parent
    paths = sorted(
        path
        for folder in sorted(p for p in package.iterdir() if _is_code_folder(p))
        for path in folder.rglob("*")
        if path.suffix in _CODE or not path.suffix
    )
    parts: list[str | bytes] = []
    for path in (*sorted(package.glob("*.py")), *paths):
        if path.is_file():
            parts += [path.relative_to(package).as_posix(), path.read_bytes()]
    return cache_key(*parts)


def _is_code_folder(path: Path) -> bool:
    return path.is_dir() and path.name not in _NOT_CODE and not path.name.startswith((".", "_"))
