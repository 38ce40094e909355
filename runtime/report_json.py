"""report.json: what scripts read. `docs/report.schema.json` describes it."""

from __future__ import annotations

from ..ir.diagnostics import Diagnostic
from .findings import severity_of
from .json_text import json_text
from .report import KernelReport, Report, tool_version

SCHEMA = 2


def to_json(report: Report) -> str:
    """The text of report.json."""
    data = {
        "schema": SCHEMA,
        "tool": tool_version(),
        "target": report.target,
        "kernels": [kernel_json(kernel) for kernel in report.kernels],
        "diagnostics": [diagnostic_json(d) for d in report.diagnostics],
    }
    return json_text(data)


def kernel_json(kernel: KernelReport) -> dict[str, object]:
    """A kernel's entry: always the required keys, the others where they apply."""
    entry: dict[str, object] = {
        "name": kernel.name,
        "instance": kernel.instance,
        "file": kernel.file,
        "line": kernel.line,
        "verdict": kernel.verdict,
        "codes": kernel.codes,
        "reason": kernel.reason,
    }
    optional: dict[str, object] = {
        "rung": kernel.rung,
        "remarks": kernel.remarks,
        "tolerance": kernel.tolerance,
        "worst": kernel.worst,
        "cases": [{**case, "seconds": round(case["seconds"], 4)} for case in kernel.cases],
        "findings": [{**found, "severity": severity_of(found)} for found in kernel.findings],
        "assumptions": kernel.assumptions,
        "reproducer": kernel.reproducer,
        "seconds": {name: round(value, 4) for name, value in kernel.seconds.items()},
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
