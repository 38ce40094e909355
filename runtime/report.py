"""What a run found out about each kernel, and its stable JSON form (`docs/report.schema.json`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from ..ir.diagnostics import Diagnostic

VERDICTS = ("proved", "unverified", "failed", "refused")
SCHEMA = 1


def tool_version() -> str:
    """The installed version of this package."""
    try:
        return version("ascendify")
    except PackageNotFoundError:
        return "unknown"


@dataclass(slots=True)
class KernelReport:
    """One kernel instance. `rung` is the strategy used, `reason` says why a verdict is not
    `proved`; `seconds` are wall times per stage."""

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
    worst: Mapping[str, object] | None = None
    cases: list[dict[str, object]] = field(default_factory=list)
    findings: list[Mapping[str, object]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The kernel's entry in report.json: always the required keys, others where they apply."""
        entry: dict[str, object] = {
            "name": self.name,
            "instance": self.instance,
            "file": self.file,
            "line": self.line,
            "verdict": self.verdict,
            "codes": self.codes,
            "reason": self.reason,
        }
        optional: dict[str, object] = {
            "rung": self.rung,
            "remarks": self.remarks,
            "tolerance": self.tolerance,
            "worst": self.worst,
            "cases": self.cases,
            "findings": self.findings,
            "seconds": {k: round(v, 4) for k, v in self.seconds.items()},
        }
        entry.update({key: value for key, value in optional.items() if value})
        return entry


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, object]:
    """A diagnostic as the report holds it."""
    entry: dict[str, object] = {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "file": diagnostic.span.file,
        "line": diagnostic.span.line,
        "column": diagnostic.span.col,
    }
    if diagnostic.help:
        entry["help"] = diagnostic.help
    if diagnostic.subject:
        entry["kernel"] = diagnostic.subject
    return entry


def to_json(
    target: str,
    kernels: Sequence[KernelReport],
    diagnostics: Iterable[Diagnostic],
) -> str:
    """The text of report.json."""
    return (
        json.dumps(
            {
                "schema": SCHEMA,
                "tool": tool_version(),
                "target": target,
                "kernels": [kernel.to_json() for kernel in kernels],
                "diagnostics": [diagnostic_json(d) for d in diagnostics],
            },
            indent=2,
        )
        + "\n"
    )


def to_markdown(target: str, kernels: Sequence[KernelReport]) -> str:
    """A table for people: one row per kernel instance."""
    lines = [
        f"# Translation report: target {target}",
        "",
        "| kernel | where | verdict | strategy or reason | proof |",
        "|---|---|---|---|---|",
    ]
    for kernel in kernels:
        why = kernel.reason or kernel.rung
        cells = (
            f"`{kernel.instance}`",
            f"{kernel.file}:{kernel.line}",
            kernel.verdict,
            why.replace("|", "\\|"),
            kernel.tolerance,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
