"""What a run found out about each kernel: the data that every form of report shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from ..ir.diagnostics import Diagnostic
from ..ir.efforts import effort_of
from ..ir.source import Sources
from .evidence import Finding, ProofCase, WorstElement

MOST_TEXT = 200
"""Characters of a blocking line that are kept."""

VERDICTS = ("proved", "translates", "unverified", "failed", "refused")
"""`translates` is the word of a scan, which proves nothing."""


def tool_version() -> str:
    """The installed version of this package."""
    try:
        return version("ascendify")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, slots=True)
class Blocking:
    """What a refusal stands on: the place with the text of its line, what is in the way, what can
    be done, and how much work that is."""

    code: str
    message: str
    file: str
    line: int
    column: int
    text: str
    suggestion: str
    effort: str
    effort_reason: str


def blocking(diagnostic: Diagnostic, sources: Sources) -> Blocking:
    """What `diagnostic` refuses, for a report."""
    span = diagnostic.span
    effort = effort_of(diagnostic.code)
    return Blocking(
        diagnostic.code,
        diagnostic.message,
        span.file,
        span.line,
        span.col,
        (sources.line(span.file, span.line) or "").strip()[:MOST_TEXT],
        diagnostic.help or effort.reason,
        effort.level,
        effort.reason,
    )


@dataclass(slots=True)
class KernelReport:
    """One kernel instance. `rung` is the strategy used, `reason` says why a verdict is not
    `proved`; `blocking` what a refusal stands on; `assumptions` what the proof took for granted;
    `reproducer` the folder of the saved case of a failure; `seconds` are wall times per stage."""

    name: str
    instance: str
    file: str
    line: int
    verdict: str
    codes: list[str] = field(default_factory=list)
    reason: str = ""
    rung: str = ""
    remarks: list[str] = field(default_factory=list)
    tolerance: str = ""
    worst: WorstElement | None = None
    cases: list[ProofCase] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    reproducer: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    blocking: Blocking | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """One translated file: its kernels, messages, and the sources that these point into.

    Of runs over many files also what came of the file (`done`, `no kernels`, `refused`, `timeout`,
    `crashed`), with details, and what stands in the way where no kernel of it could be looked at.
    """

    name: str
    kernels: Sequence[KernelReport]
    diagnostics: Sequence[Diagnostic]
    sources: Sources
    status: str = "done"
    detail: str = ""
    blocking: Blocking | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run, as the formats take it. `kind` is `translation`, `scan` or `corpus`; `title`
    the folder of the latter; `notes` what was left out, and other things to know."""

    target: str
    files: Sequence[FileReport]
    kind: str = "translation"
    title: str = ""
    notes: Sequence[str] = ()

    @property
    def kernels(self) -> list[KernelReport]:
        """All kernels of all files."""
        return [kernel for file in self.files for kernel in file.kernels]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All messages of all files."""
        return [diagnostic for file in self.files for diagnostic in file.diagnostics]


def summary(kernels: Sequence[KernelReport]) -> str:
    """How many kernels there are of each verdict: `3 kernels: 2 proved, 1 failed`."""
    number = len(kernels)
    counts = [(sum(k.verdict == verdict for k in kernels), verdict) for verdict in VERDICTS]
    text = ", ".join(f"{count} {verdict}" for count, verdict in counts if count)
    return f"{number} kernel{'s' * (number != 1)}" + (f": {text}" if text else "")
