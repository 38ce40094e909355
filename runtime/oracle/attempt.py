"""Compiling a project over and over, with less of it each time, until it compiles."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ...ir.diagnostics import CompileError, Diagnostic
from ...ir.source import Span
from ..build import compile_error, compiler_messages, first_errors, run_compiler, write_files
from ..toolchain import Toolchain
from .complaints import Complaint, missing_header, read_complaints
from .outline import Item
from .project import COPIES, Project
from .support_library import COMPILATION_FOLDER, LINK_FLAGS, WATCHED_LINK_FLAGS, Support
from .symbols import read_thread_locals, variable_symbols
from .uninitialised import uninitialised_locals

MAX_ROUNDS = 30
FACTS = "facts.json"
TORCH_FOLDERS = ("torch/", "ATen/", "c10/", "caffe2/", "THC/", "pybind11/")
TORCH_HEADER = "#include <ascendify/torch.h>\n"
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


class Attempt:
    """Compiling a project over and over, with less of it each time, until it compiles."""

    def __init__(
        self,
        toolchain: Toolchain,
        shared: Support,
        project: Project,
        options: Sequence[str],
        defines: str,
        extra: Sequence[str],
        include: Sequence[str],
    ) -> None:
        self.toolchain = toolchain
        self.shared = shared
        self.project = project
        self.options = options
        self.defines = defines
        self.extra = list(extra)
        self.include = include
        self.dropped: list[Dropped] = []
        self.failed = False

    def make_library(self, work: Path) -> None:
        """Fill a cache entry with the library and the list of what it lacks."""
        for _ in range(MAX_ROUNDS):
            messages = self.compile(work, library=True)
            if not self.failed:
                break
            if not self._make_do_without(messages, work):
                raise self.refused(messages)
        else:
            raise self.refused(messages)
        if not self._has_kernel():
            raise self.refused(messages)
        wrapped = WATCHED_LINK_FLAGS[self.toolchain.kind]
        guard = str(self.shared.guard)
        objects = [guard, "source.o", guard, *map(str, self.shared.objects)]
        failure = run_compiler(
            [*self.toolchain.cxx, *LINK_FLAGS, *wrapped, *objects, "-o", "oracle.so"], work
        )
        if failure:
            raise compile_error("ASC0703", "the source does not link", failure)
        facts = {
            "uninitialised": [asdict(use) for use in uninitialised_locals(messages, self.project)],
            "dropped": [asdict(item) for item in self.dropped],
            "variables": sorted(variable_symbols(work / "source.o")),
            "thread_locals": sorted({s.name for s in read_thread_locals(work / "source.o")}),
        }
        (work / FACTS).write_text(json.dumps(facts), encoding="utf-8")
        (work / "source.o").unlink()

    def compile(self, work: Path, *, library: bool) -> str:
        """Write all files and compile the source to source.o; the compiler's messages. `failed`
        then tells whether they are errors."""
        project = self.project
        copies = project.copies(library=library)
        main = str(project.main.relative_to(project.root()))
        copies[main] += f'\n#line 1 "{EXTRA_FILE}"\n' + "\n".join((*self.extra, ""))
        write_files(work / COPIES, copies)
        write_files(work, {"defines.h": self.defines})
        (work / "missing").mkdir(exist_ok=True)
        command = [
            *self.toolchain.cxx,
            *self.options,
            *self.include,
            f"-fdebug-prefix-map={work}={COMPILATION_FOLDER}",
            *("-include", str(work / "defines.h")),
            *project.include_options(work),
            f"-idirafter{work / 'missing'}",
            *("-x", "c++", "-c", f"{COPIES}/{main}", "-o", "source.o"),
        ]
        self.failed, messages = compiler_messages(command, work)
        return messages

    def _make_do_without(self, messages: str, work: Path) -> bool:
        """Blank out what the compiler complains about; False where nothing can be done."""
        if self.supplies_header(messages, work):
            return True
        changed = False
        for complaint in read_complaints(messages):
            changed = self._drop(complaint) or changed
        return changed

    def supplies_header(self, messages: str, work: Path) -> bool:
        """Put an empty file in the place of a header that was not found, if that is the matter; for
        PyTorch's headers, of which each may bring anything, all that there is of it."""
        name = (missing_header(messages) or "").lstrip("./")
        if not name or ".." in name or (work / "missing" / name).exists():
            return False
        is_torch = name.startswith(TORCH_FOLDERS)
        write_files(work / "missing", {name: TORCH_HEADER if is_torch else ""})
        return True

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
            start, offset, end = _offsets(text, line, column)
            outline = self.project.outline(path)
            # Rewritten lines are longer, so that columns may lie behind the user's own text.
            item = outline.item_at(offset) or outline.last_item_in(start, end)
            if item is not None:
                first = text.count("\n", 0, item.start) + 1
                self._note(item.name, file, first, item, complaint)
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

    def refused(self, messages: str) -> CompileError:
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


def _offsets(text: str, line: int, column: int) -> tuple[int, int, int]:
    """The offsets of a line's start, of a column in it (from 1, in bytes), and of its end."""
    start = 0
    for _ in range(line - 1):
        found = text.find("\n", start)
        if found < 0:
            return len(text), len(text), len(text)
        start = found + 1
    found = text.find("\n", start)
    end = found if found >= 0 else len(text)
    before = text[start:end].encode("utf-8", "surrogateescape")[: column - 1]
    return start, start + len(before.decode("utf-8", "replace")), end


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
