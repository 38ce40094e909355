"""The files of the user's project that a source includes, and their copies for the compiler.

Only what can be found beside the including file or in the user's include folders belongs to the
project; everything else (toolkit, system) is the compiler's business. Copies keep the folders'
structure, so that relative includes go on working, and say with `#line` where they come from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .outline import Outline, directive_word, outline
from .rewrite import KernelNames, kernel_names, rewrite
from .tokens import tokenize

COPIES = "src"
"""The folder of the rewritten files, in that of a compilation."""
MAX_FILES = 1000
MAX_BYTES = 8 << 20

_INCLUDE = re.compile(r"#\s*include\s*([\"<])([^\">]+)[\">]")


@dataclass(slots=True)
class Project:
    """A source and the project headers that it includes, by absolute path.

    `texts` are as the user wrote them, except that ranges may have been blanked out. Texts of
    files are changed through `replace` only, so that outlines stay true.
    """

    main: Path
    include_dirs: tuple[Path, ...]
    last_dirs: tuple[Path, ...] = ()
    """Include folders for headers that are not even among those of the system."""
    texts: dict[Path, str] = field(default_factory=dict)
    shown: dict[Path, str] = field(default_factory=dict)
    _outlines: dict[Path, Outline] = field(default_factory=dict)

    def outline(self, path: Path) -> Outline:
        if path not in self._outlines:
            self._outlines[path] = outline(self.texts[path])
        return self._outlines[path]

    def replace(self, path: Path, text: str) -> None:
        self.texts[path] = text
        self._outlines.pop(path, None)

    def kernel_names(self) -> KernelNames:
        return kernel_names([self.outline(path) for path in self.texts])

    def qualified_kernels(self) -> set[str]:
        """The names of all kernels, as demangled symbols show them."""
        return {k.qualified for path in self.texts for k in self.outline(path).kernels}

    def root(self) -> Path:
        """The folder that all files and those of their include folders lie in."""
        folders = {path.parent for path in self.texts}
        dirs = (*self.include_dirs, *self.last_dirs)
        folders |= {d for d in dirs if any(path.is_relative_to(d) for path in self.texts)}
        return Path(os.path.commonpath([str(folder) for folder in folders]))

    def copies(self, *, library: bool) -> dict[str, str]:
        """The rewritten files, by their path below `root`."""
        names, root = self.kernel_names(), self.root()
        result: dict[str, str] = {}
        for path, text in self.texts.items():
            is_library = library and path == self.main
            body = rewrite(text, self.outline(path), names, library=is_library)
            shown = self.shown[path].replace("\\", "\\\\").replace('"', '\\"')
            result[str(path.relative_to(root))] = f'#line 1 "{shown}"\n{body}'
        return result

    def debug_names(self) -> dict[str, str]:
        """The files by what debug information calls them (the copy or the name in `#line`), as
        the user named them."""
        root = self.root()
        names = {f"{COPIES}/{path.relative_to(root)}": self.shown[path] for path in self.texts}
        return names | {shown: shown for shown in self.shown.values()}

    def include_options(self, work: Path) -> list[str]:
        """What tells the compiler the include folders; those that have copies in `work` come
        before their originals."""
        root = self.root()
        options: list[str] = []
        for flag, folders in (("-I", self.include_dirs), ("-idirafter", self.last_dirs)):
            below = [d.relative_to(root) for d in folders if d.is_relative_to(root)]
            options += [f"{flag}{work / COPIES / folder}" for folder in below]
            options += [f"{flag}{folder}" for folder in folders]
        return options

    def path_of(self, shown: str) -> Path | None:
        """The project file that a compiler message speaks of."""
        return next((path for path, name in self.shown.items() if name == shown), None)


def read_project(
    path: Path,
    text: str,
    include_dirs: Sequence[str | Path],
    last_dirs: Sequence[str | Path] = (),
) -> Project:
    """The project of a source with the given text; files that cannot be read are left out."""
    main = Path(os.path.abspath(path))
    first, last = (
        tuple(Path(os.path.abspath(d)) for d in folders) for folders in (include_dirs, last_dirs)
    )
    project = Project(main, first, last)
    project.texts[main] = text
    project.shown[main] = str(path)
    todo = [main]
    while todo and len(project.texts) < MAX_FILES:
        current = todo.pop()
        for found in _included(project, current):
            if found in project.texts:
                continue
            content = _read(found)
            if content is not None:
                project.texts[found] = content
                project.shown[found] = str(found)
                todo.append(found)
    return project


def _included(project: Project, path: Path) -> list[Path]:
    found: list[Path] = []
    for token in tokenize(project.texts[path]):
        if token.kind != "directive" or directive_word(token) != "include":
            continue
        match = _INCLUDE.match(token.text)
        if match is None:
            continue
        folders = [path.parent] if match[1] == '"' else []
        for folder in (*folders, *project.include_dirs, *project.last_dirs):
            candidate = Path(os.path.abspath(folder / match[2]))
            if candidate.is_file():
                found.append(candidate)
                break
    return found


def _read(path: Path) -> str | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None


def define_lines(defines: Sequence[str], undefines: Sequence[str]) -> str:
    """`-D` and `-U` options as directives."""
    lines: list[str] = []
    for item in defines:
        name, separator, value = item.partition("=")
        lines.append(f"#define {name} {value if separator else 1}")
    lines += [f"#undef {name}" for name in undefines]
    return "\n".join((*lines, ""))


def key_material(copies: Mapping[str, str]) -> list[str]:
    """The files as parts of a cache key."""
    return [part for name in sorted(copies) for part in (name, copies[name])]
