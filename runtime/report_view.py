"""What the reports for people have in common: excerpts of the source, cells, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..ir.source import Sources
from .evidence import Coverage, Finding, coverage
from .findings import KINDS, severity_of
from .report import FileReport, KernelReport
from .worst_element import Rows, worst_rows

QUOTED = re.compile(r"`([^`]+)`")
AROUND = 2
"""Lines shown before and after a marked one."""
MOST_WIDTH = 200
"""Characters of a source line that are shown."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of an excerpt; `number` 0 stands for lines left out between two parts."""

    number: int
    text: str = ""
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding as it is shown."""

    title: str
    code: str
    severity: str
    message: str
    place: str
    other: str
    showed: str
    excerpts: tuple[tuple[str, tuple[SourceLine, ...]], ...]


@dataclass(frozen=True, slots=True)
class KernelView:
    """A kernel as it is shown: its report, and what is made from it."""

    report: KernelReport
    place: str
    worst: Rows
    findings: tuple[FindingView, ...]
    coverage: Coverage
    source: tuple[SourceLine, ...]


def kernel_view(kernel: KernelReport, file: FileReport) -> KernelView:
    """Everything about one kernel of `file`."""
    return KernelView(
        kernel,
        f"{kernel.file}:{kernel.line}",
        worst_rows(kernel.worst) if kernel.worst else [],
        tuple(finding_view(found, kernel, file.sources) for found in kernel.findings),
        coverage(kernel.cases),
        excerpt(file.sources, kernel.file, (kernel.line,)),
    )


def finding_view(finding: Finding, kernel: KernelReport, sources: Sources) -> FindingView:
    """A finding with the source lines that it names."""
    kind = KINDS[finding["kind"]]
    file, line = finding.get("file") or kernel.file, finding.get("line") or kernel.line
    other_line = finding.get("other_line", 0)
    other_file = finding.get("other_file") or file
    places: dict[str, list[int]] = {file: [line]}
    if other_line:
        places.setdefault(other_file, []).append(other_line)
    count = finding.get("count", 1)
    showed = [finding.get("case", ""), f"{count:,} times" if count > 1 else ""]
    return FindingView(
        kind.title,
        kind.code,
        severity_of(finding),
        finding["message"],
        f"{file}:{line}",
        f"{kind.other}: {other_file}:{other_line}" if other_line else "",
        ", ".join(text for text in showed if text),
        tuple((name, excerpt(sources, name, tuple(marks))) for name, marks in places.items()),
    )


def excerpt(sources: Sources, file: str, marked: tuple[int, ...]) -> tuple[SourceLine, ...]:
    """The marked lines with a few around each; empty where the file is not known."""
    wanted = sorted({n for mark in marked for n in range(mark - AROUND, mark + AROUND + 1)})
    lines: list[SourceLine] = []
    for number in wanted:
        text = sources.line(file, number)
        if text is None:
            continue
        if lines and lines[-1].number != number - 1:
            lines.append(SourceLine(0))
        lines.append(SourceLine(number, text.expandtabs(4)[:MOST_WIDTH], number in marked))
    return tuple(lines)


def prose(text: str) -> list[tuple[bool, str]]:
    """The parts of a sentence that quotes code in backticks: whether a part is code, its text."""
    parts = QUOTED.split(text)
    return [(at % 2 == 1, part) for at, part in enumerate(parts) if part]
