"""Compiling the user's original source on the CPU headers: as a library of its kernels for the
proof, and as a whole program with translated kernels behind its launches.

A library may leave out host code that does not compile here (libraries that are not installed,
APIs that the headers lack): the definitions that the compiler complains about are blanked out and
it is tried again. Kernels that do not compile go the same way, so that one of them does not hide
the others; both are reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ...ir.diagnostics import CompileError, Diagnostic
from ...ir.source import Span
from ..build import compile_error, first_errors, run_compiler, tool_identity, write_files
from ..cache import cache_key, entry
from ..toolchain import Toolchain, find_toolchain
from .complaints import Complaint, missing_header, read_complaints
from .outline import Item
from .project import Project, define_lines, key_material, read_project
from .support_library import (
    LINK_FLAGS,
    Support,
    compile_flags,
    demangler,
    standard_of,
    support,
)
from .symbols import canonical_name, instance_names, variable_offsets, variable_symbols

MAX_ROUNDS = 30
FACTS = "facts.json"
EXTRA_FILE = "<instances>"
"""What compiler messages call the text that is added behind the source."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A definition that was left out, and the compiler's reason."""

    name: str
    file: str
    line: int
    is_kernel: bool
    is_device: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Oracle:
    """A built library. `names` maps kernels' offsets in the file to instance names, spelled as
    the caller of `build_oracle` spelled them where it did; `variables` names to offsets;
    `instances` are the names that `ascendify_oracle_launch_instance` knows."""

    so_path: Path
    names: Mapping[int, str]
    variables: Mapping[str, int]
    instances: tuple[str, ...]
    dropped: tuple[Dropped, ...]


def build_oracle(
    path: str | Path,
    text: str,
    *,
    include_dirs: Sequence[str | Path] = (),
    defines: Sequence[str] = (),
    undefines: Sequence[str] = (),
    std: str = "c++17",
    instances: Sequence[str] = (),
    epilogue: str = "",
) -> Oracle:
    """Build the library of a source's kernels.

    `instances` are template instances to compile and register by name; `epilogue` is C++ text to
    compile after the source, each line of which may fail by itself. Raises CompileError: ASC0701
    without a compiler, ASC0703 where no kernel compiles.
    """
    toolchain = find_toolchain()
    shared = support(toolchain, standard_of(std))
    project = read_project(Path(path), text, include_dirs)
    extra = _extra_lines(project, instances, epilogue)
    options = compile_flags(toolchain, standard_of(std))
    key = cache_key(
        "library",
        *tool_identity(toolchain),
        shared.folder.name,
        *options,
        str(path),
        *(str(folder) for folder in include_dirs),
        define_lines(defines, undefines),
        *extra,
        *key_material(project.copies(library=True)),
    )
    attempt = _Attempt(toolchain, shared, project, options, define_lines(defines, undefines), extra)
    folder = entry(key, attempt.make_library)
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    dropped = tuple(Dropped(**item) for item in facts["dropped"])
    library = folder / "oracle.so"
    kernels = [k for p in project.texts for k in project.outline(p).kernels]
    demangle = demangler(shared)
    names = instance_names(library, demangle, {k.qualified for k in kernels}.__contains__)
    variables = variable_offsets(library, demangle, frozenset(facts["variables"]))
    wanted = {canonical_name(name): name for name in instances}
    gone = {d.name for d in dropped}
    plain = (k.qualified for k in kernels if k.template is None and k.is_definition)
    known = dict.fromkeys((*plain, *(name for name in instances if "<" in name)))
    return Oracle(
        library,
        {at: wanted.get(canonical_name(name), name) for at, name in names.items()},
        variables,
        tuple(n for n in known if n not in gone and n.rsplit("::", 1)[-1] not in gone),
        dropped,
    )


def _extra_lines(project: Project, instances: Sequence[str], epilogue: str) -> list[str]:
    """The text behind the source: one registration or line of the epilogue per line."""
    templates = {
        k.qualified
        for path in project.texts
        for k in project.outline(path).kernels
        if k.template is not None
    }
    lines = [
        f'ASCENDIFY_ORACLE_INSTANCE("{name}", {name})'
        for name in instances
        if "<" in name and name.split("<", 1)[0].strip().removeprefix("::") in templates
    ]
    return [*lines, *epilogue.splitlines()]


class _Attempt:
    """Compiling a project over and over, with less of it each time, until it compiles."""

    def __init__(
        self,
        toolchain: Toolchain,
        shared: Support,
        project: Project,
        options: Sequence[str],
        defines: str,
        extra: Sequence[str],
    ) -> None:
        self.toolchain = toolchain
        self.shared = shared
        self.project = project
        self.options = options
        self.defines = defines
        self.extra = list(extra)
        self.dropped: list[Dropped] = []

    def make_library(self, work: Path) -> None:
        """Fill a cache entry with the library and the list of what it lacks."""
        for _ in range(MAX_ROUNDS):
            messages = self.compile(work, library=True)
            if not messages:
                break
            if not self._make_do_without(messages, work):
                raise self._refused(messages)
        else:
            raise self._refused(messages)
        if not self._has_kernel():
            raise self._refused(messages)
        objects = ["source.o", *map(str, self.shared.objects)]
        failure = run_compiler(
            [*self.toolchain.cxx, *LINK_FLAGS, *objects, "-o", "oracle.so"], work
        )
        if failure:
            raise compile_error("ASC0703", "the source does not link", failure)
        facts = {
            "dropped": [asdict(item) for item in self.dropped],
            "variables": sorted(variable_symbols(work / "source.o")),
        }
        (work / FACTS).write_text(json.dumps(facts), encoding="utf-8")
        (work / "source.o").unlink()

    def compile(self, work: Path, *, library: bool) -> str:
        """Write all files and compile the source to source.o; the compiler's messages."""
        project = self.project
        copies = project.copies(library=library)
        main = str(project.main.relative_to(project.root()))
        copies[main] += f'\n#line 1 "{EXTRA_FILE}"\n' + "\n".join((*self.extra, ""))
        write_files(work / "src", copies)
        write_files(work, {"defines.h": self.defines})
        (work / "missing").mkdir(exist_ok=True)
        command = [
            *self.toolchain.cxx,
            *self.options,
            *self.shared.include,
            *("-include", str(work / "defines.h")),
            *(f"-I{work / 'src' / folder}" for folder in project.mirrored_dirs()),
            *(f"-I{folder}" for folder in project.include_dirs),
            f"-idirafter{work / 'missing'}",
            *("-x", "c++", "-c", f"src/{main}", "-o", "source.o"),
        ]
        return run_compiler(command, work)

    def _make_do_without(self, messages: str, work: Path) -> bool:
        """Blank out what the compiler complains about; False where nothing can be done."""
        header = missing_header(messages)
        if header is not None:
            name = header.lstrip("./")
            if not name or ".." in name or (work / "missing" / name).exists():
                return False
            write_files(work / "missing", {name: ""})
            return True
        changed = False
        for complaint in read_complaints(messages):
            changed = self._drop(complaint) or changed
        return changed

    def _drop(self, complaint: Complaint) -> bool:
        for file, line, column in complaint.places:
            if file == EXTRA_FILE and 1 <= line <= len(self.extra):
                if self.extra[line - 1].startswith("#"):
                    continue
                self._note(self.extra[line - 1], file, line, None, complaint)
                self.extra[line - 1] = ""
                return True
            path = self.project.path_of(file)
            if path is None:
                continue
            text = self.project.texts[path]
            offset = _offset(text, line, column)
            item = self.project.outline(path).item_at(offset)
            if item is not None:
                start = text.count("\n", 0, item.start) + 1
                self._note(item.name, file, start, item, complaint)
                self.project.replace(path, _blanked(text, item.start, item.end))
                return True
        return False

    def _note(
        self, name: str, file: str, line: int, item: Item | None, complaint: Complaint
    ) -> None:
        if item is None:
            found = re.match(r'ASCENDIFY_ORACLE_INSTANCE\("(.*?)",', name)
            name = found[1] if found else name
        is_kernel = item.is_kernel if item is not None else False
        is_device = item.is_device if item is not None else False
        self.dropped.append(Dropped(name, file, line, is_kernel, is_device, complaint.message))

    def _has_kernel(self) -> bool:
        items = [i for path in self.project.texts for i in self.project.outline(path).items]
        dropped_some = any(item.is_kernel for item in self.dropped)
        return not dropped_some or any(item.is_kernel for item in items)

    def _refused(self, messages: str) -> CompileError:
        """ASC0703 with the errors of the kernels, or else the compiler's first ones."""
        found = [d for d in self.dropped if d.is_kernel] or [d for d in self.dropped if d.is_device]
        if not found:
            complaints = read_complaints(messages)
            return (
                CompileError(_diagnostic(c) for c in complaints[:5])
                if complaints
                else _unclear(messages)
            )
        return CompileError(
            Diagnostic(
                "ASC0703",
                f"'{d.name}' does not compile: {d.reason}",
                Span(d.file, d.line, 1, d.line, 2),
            )
            for d in found[:5]
        )


def _diagnostic(complaint: Complaint) -> Diagnostic:
    file, line, column = complaint.places[0]
    return Diagnostic("ASC0703", complaint.message, Span(file, line, column, line, column + 1))


def _unclear(messages: str) -> CompileError:
    lines = first_errors(messages) or ["the compiler says nothing"]
    return CompileError([Diagnostic("ASC0703", f"the source does not compile: {lines[0]}")])


def _offset(text: str, line: int, column: int) -> int:
    """The offset of a line (from 1) and column (from 1) in bytes as compilers count them."""
    at = 0
    for _ in range(line - 1):
        found = text.find("\n", at)
        if found < 0:
            return len(text)
        at = found + 1
    end = text.find("\n", at)
    row = text[at : end if end >= 0 else len(text)]
    before = row.encode("utf-8", "surrogateescape")[: column - 1].decode("utf-8", "replace")
    return min(at + len(before), len(text))


_DIRECTIVE_LINE = re.compile(r"\s*#")


def _blanked(text: str, start: int, end: int) -> str:
    """The text with a range emptied: line ends and preprocessor directives stay."""
    lines = text[start:end].split("\n")
    kept: list[str] = []
    continued = False
    for number, line in enumerate(lines):
        is_directive = continued or (number > 0 and _DIRECTIVE_LINE.match(line) is not None)
        kept.append(line if is_directive else "")
        continued = is_directive and line.rstrip().endswith("\\")
    return text[:start] + "\n".join(kept) + text[end:]
