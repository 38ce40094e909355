"""report.json: what scripts read. `docs/report.schema.json` describes it."""

from __future__ import annotations

from dataclasses import asdict

from ..ir.diagnostics import Diagnostic
from .findings import severity_of
from .json_text import json_text
from .overview import WORST_FIRST, Tally, overview
from .report import FileReport, KernelReport, Report, tool_version

SCHEMA = 2


def to_json(report: Report) -> str:
    """The text of report.json."""
    data: dict[str, object] = {
        "schema": SCHEMA,
        "tool": tool_version(),
        "target": report.target,
        "kernels": [kernel_json(kernel) for kernel in report.kernels],
        "diagnostics": [diagnostic_json(d) for d in report.diagnostics],
    }
    if report.kind != "translation":
        data |= _many(report)
    return json_text(data)


def _many(report: Report) -> dict[str, object]:
    """What a report of many files has besides."""
    found = overview(report)
    return {
        "kind": report.kind,
        "root": report.title,
        "notes": list(report.notes),
        "files": [_file_json(file) for file in report.files],
        "folders": [_tally_json(tally) for tally in found.folders],
        "codes": [asdict(row) for row in found.codes],
        "total": _tally_json(found.total),
    }


def _file_json(file: FileReport) -> dict[str, object]:
    entry: dict[str, object] = {"file": file.name, "status": file.status}
    if file.detail:
        entry["detail"] = file.detail
    if file.blocking is not None:
        entry["blocking"] = asdict(file.blocking)
    return entry


def _tally_json(tally: Tally) -> dict[str, object]:
    return {
        "folder": tally.name,
        "files": tally.files,
        "not_examined": tally.not_examined,
        "kernels": tally.kernels,
        "verdicts": {v: tally.verdicts[v] for v in WORST_FIRST if tally.verdicts[v]},
    }


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
        "blocking": asdict(kernel.blocking) if kernel.blocking else None,
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
