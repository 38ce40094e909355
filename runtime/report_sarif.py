"""report.sarif: SARIF 2.1.0, which code review tools and editors show beside the source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ..ir.diagnostics import CODES, Diagnostic, Severity
from ..ir.efforts import EFFORTS
from ..ir.source import NOWHERE, Span
from .json_text import json_text
from .report import Report, tool_version

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.REMARK: "note"}
SAFE = "/-_.~+,@"


def to_sarif(report: Report) -> str:
    """The text of the log: a result for each message."""
    rules = sorted({d.code for d in report.diagnostics})
    driver: dict[str, Any] = {
        "name": "translate",
        "rules": [_rule(code) for code in rules],
    }
    version = tool_version()
    if re.fullmatch(r"\d+(\.\d+)*", version):
        driver["version"] = version
    results = [_result(d, rules.index(d.code)) for d in report.diagnostics]
    results += [_file_result(file.name, file.status, file.detail) for file in report.files
                if file.status in ("timeout", "crashed")]  # fmt: skip
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"kind": report.kind, "target": report.target},
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    row = CODES[code]
    rule: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": row.explanation},
    }
    if code in EFFORTS:
        effort = EFFORTS[code]
        rule["help"] = {"text": f"Effort to get through: {effort.level}. {effort.reason}"}
        rule["properties"] = {"effort": effort.level}
    return rule


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    text = diagnostic.message
    if diagnostic.help:
        text += f"\n{diagnostic.help}"
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": LEVELS[diagnostic.severity],
        "message": {"text": text},
    }
    if diagnostic.span.file != NOWHERE.file:
        location = _location(diagnostic.span)
        if diagnostic.subject:
            location["logicalLocations"] = [{"name": diagnostic.subject, "kind": "function"}]
        result["locations"] = [location]
    related = _related(diagnostic.notes)
    if related:
        result["relatedLocations"] = related
    return result


def _file_result(name: str, status: str, detail: str) -> dict[str, Any]:
    """A file that was not examined to the end; it has no code of its own."""
    return {
        "level": "error",
        "message": {"text": f"{status}: {detail}"},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(name)}}],
    }


def _related(notes: Sequence[tuple[Span | None, str]]) -> list[dict[str, Any]]:
    return [
        {**_location(span), "message": {"text": text}}
        for span, text in notes
        if span is not None and span.file != NOWHERE.file
    ]


def _location(span: Span) -> dict[str, Any]:
    region: dict[str, int] = {"startLine": span.line, "startColumn": span.col}
    if (span.end_line, span.end_col) > (span.line, span.col):
        region |= {"endLine": span.end_line, "endColumn": span.end_col}
    return {"physicalLocation": {"artifactLocation": _artifact(span.file), "region": region}}


def _artifact(name: str) -> dict[str, str]:
    path = PurePath(name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix().encode("utf-8", "surrogateescape"), safe=SAFE)}
