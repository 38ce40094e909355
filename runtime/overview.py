"""A run over many files in numbers: kernels by their definition, folders, what is in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..ir.diagnostics import CODES
from ..ir.efforts import effort_of
from .report import Blocking, FileReport, KernelReport, Report

WORST_FIRST = ("failed", "refused", "unverified", "translates", "proved")
"""A definition has the verdict of its worst instance."""
NOT_EXAMINED = ("refused", "timeout", "crashed")
"""What came of files of which no kernel could be looked at."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A `__global__` function of the source with all of its instances."""

    name: str
    file: str
    line: int
    instances: tuple[KernelReport, ...]

    @property
    def worst(self) -> KernelReport:
        return min(self.instances, key=lambda kernel: WORST_FIRST.index(kernel.verdict))

    @property
    def verdict(self) -> str:
        return self.worst.verdict

    @property
    def code(self) -> str:
        """The code of what keeps the worst instance from the best verdict; "" for none."""
        worst = self.worst
        if worst.blocking is not None:
            return worst.blocking.code
        return worst.codes[0] if worst.codes and worst.verdict in WORST_FIRST[:3] else ""


@dataclass(slots=True)
class Tally:
    """Kernels of a folder (or of all) by verdict; files of which nothing is known."""

    name: str
    verdicts: Counter[str] = field(default_factory=Counter)
    files: int = 0
    not_examined: int = 0

    @property
    def kernels(self) -> int:
        return sum(self.verdicts.values())


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code, how many kernels and whole files it refuses, and what that costs."""

    code: str
    title: str
    kernels: int
    files: int
    effort: str
    reason: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the forms show, in a fixed order."""

    definitions: Sequence[Definition]
    total: Tally
    folders: Sequence[Tally]
    codes: Sequence[CodeRow]
    unexamined: Sequence[FileReport]
    verdicts: Sequence[str]

    @property
    def blocked(self) -> list[Definition]:
        """Definitions that something stands in the way of."""
        return [d for d in self.definitions if d.verdict in WORST_FIRST[:3]]


def overview(report: Report) -> Overview:
    """The numbers of a report."""
    found = definitions(report.kernels)
    total, folders = Tally("all"), dict[str, Tally]()
    for file in report.files:
        for tally in (total, _tally(folders, file.name)):
            tally.files += 1
            tally.not_examined += file.status in NOT_EXAMINED
    for definition in found:
        for tally in (total, _tally(folders, definition.file)):
            tally.verdicts[definition.verdict] += 1
    unexamined = [file for file in report.files if file.status in NOT_EXAMINED]
    return Overview(
        found,
        total,
        sorted(folders.values(), key=lambda tally: tally.name),
        _codes(found, unexamined),
        unexamined,
        [v for v in WORST_FIRST if total.verdicts[v]],
    )


def definitions(kernels: Iterable[KernelReport]) -> list[Definition]:
    """Instances of one function together, in the order of files and lines."""
    groups: dict[tuple[str, int, str], list[KernelReport]] = {}
    for kernel in kernels:
        groups.setdefault((kernel.file, kernel.line, kernel.name), []).append(kernel)
    return [
        Definition(name, file, line, tuple(group))
        for (file, line, name), group in sorted(groups.items(), key=lambda item: item[0])
    ]


def _tally(folders: dict[str, Tally], file: str) -> Tally:
    folder = file.rpartition("/")[0] or "."
    return folders.setdefault(folder, Tally(folder))


def _codes(found: Sequence[Definition], unexamined: Sequence[FileReport]) -> list[CodeRow]:
    kernels = Counter(d.code for d in found if d.code)
    files = Counter(_file_code(file) for file in unexamined)
    rows = []
    for code in sorted(kernels.keys() | files.keys()):
        title = CODES[code].title if code in CODES else f"the file is a {code}"
        effort = effort_of(code)
        rows.append(
            CodeRow(code, title, kernels[code], files[code], effort.level, effort.reason)
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row.kernels - row.files, row.code))


def _file_code(file: FileReport) -> str:
    return file.blocking.code if file.blocking is not None else file.status


def without_repetitions(files: Sequence[FileReport]) -> list[FileReport]:
    """Kernels and messages of headers that several files read are kept once, with the first of
    these files; of several verdicts the worst."""
    worst: dict[tuple[str, int, str], KernelReport] = {}
    for kernel in (k for file in files for k in file.kernels):
        key = (kernel.file, kernel.line, kernel.instance)
        before = worst.get(key)
        if before is None or _rank(kernel) < _rank(before):
            worst[key] = kernel
    told = set()
    result = []
    for file in files:
        kernels = []
        for kernel in file.kernels:
            chosen = worst.pop((kernel.file, kernel.line, kernel.instance), None)
            if chosen is not None:
                kernels.append(chosen)
        fresh = [d for d in file.diagnostics if d not in told]
        told.update(fresh)
        result.append(
            FileReport(file.name, kernels, fresh, file.sources, file.status, file.detail,
                       file.blocking)
        )  # fmt: skip
    return result


def _rank(kernel: KernelReport) -> int:
    return WORST_FIRST.index(kernel.verdict)


def blockers(found: Overview) -> list[tuple[Definition, Blocking]]:
    """Refused kernels, with what refuses them."""
    return [(d, d.worst.blocking) for d in found.definitions if d.worst.blocking is not None]
