"""What a run found out about each kernel: the data that every form of report shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from ..ir.diagnostics import Diagnostic
from ..ir.source import Sources
from .evidence import Finding, ProofCase, WorstElement

VERDICTS = ("proved", "unverified", "failed", "refused")


def tool_version() -> str:
    """The installed version of this package."""
    try:
        return version("ascendify")
    except PackageNotFoundError:
        return "unknown"


@dataclass(slots=True)
class KernelReport:
    """One kernel instance. `rung` is the strategy used, `reason` says why a verdict is not
    `proved`; `assumptions` what the proof took for granted; `reproducer` the folder of the saved
    case of a failure; `seconds` are wall times per stage."""

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


@dataclass(frozen=True, slots=True)
class FileReport:
    """One translated file: its kernels, messages, and the sources that these point into."""

    name: str
    kernels: Sequence[KernelReport]
    diagnostics: Sequence[Diagnostic]
    sources: Sources


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run, as the formats take it."""

    target: str
    files: Sequence[FileReport]

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
