"""SARIF: the essentials of the published schema, and the places."""

from __future__ import annotations

import json

import jsonschema
import pytest

from ascendify.ir.diagnostics import Diagnostic, Severity
from ascendify.ir.source import NOWHERE, Sources, Span
from ascendify.runtime.report import FileReport, Report
from ascendify.runtime.report_sarif import to_sarif

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
POSITIVE = {"type": "integer", "minimum": 1}
LOCATION = {
    "type": "object",
    "properties": {
        "message": TEXT,
        "logicalLocations": {"type": "array"},
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": r"^[^\s\\]+$"}},
                },
                "region": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": dict.fromkeys(
                        ("startLine", "startColumn", "endLine", "endColumn"), POSITIVE
                    ),
                },
            },
        },
    },
    "additionalProperties": False,
}
ESSENTIALS = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "help": TEXT,
                                                "properties": {"type": "object"},
                                            },
                                            "additionalProperties": False,
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "locations": {"type": "array", "items": LOCATION},
                                "relatedLocations": {"type": "array", "items": LOCATION},
                            },
                        },
                    },
                },
            },
        },
    },
}
PLACE = Span("sub dir/k.cu", 3, 5, 3, 9)
DIAGNOSTICS = [
    Diagnostic("ASC0301", "no 'x'", PLACE, help="declare it", subject="k"),
    Diagnostic("ASC0805", "a race", PLACE, Severity.WARNING, notes=((PLACE, "there"), (None, "")),),
    Diagnostic("ASC0005", "target", NOWHERE),
    Diagnostic("ASC0301", "no 'y'", Span("/abs/h.cuh", 1, 1, 1, 1), Severity.REMARK),
]  # fmt: skip


def log(*files: FileReport, kind: str = "translation") -> dict:
    data = json.loads(to_sarif(Report("cpu", files, kind)))
    jsonschema.validate(data, ESSENTIALS)
    (run,) = data["runs"]
    for result in run["results"]:
        if "ruleId" in result:
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return run


def test_messages():
    run = log(FileReport("k.cu", [], DIAGNOSTICS, Sources()))
    assert [r["level"] for r in run["results"]] == ["error", "warning", "error", "note"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "ASC0005",
        "ASC0301",
        "ASC0805",
    ]
    first, second, third, fourth = run["results"]
    (location,) = first["locations"]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "sub%20dir/k.cu"
    assert physical["region"] == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9}
    assert first["message"]["text"] == "no 'x'\ndeclare it"
    assert len(second["relatedLocations"]) == 1
    assert "locations" not in third
    where = fourth["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "file:///abs/h.cuh"
    assert where["region"] == {"startLine": 1, "startColumn": 1}


def test_nothing_to_say():
    assert log(FileReport("k.cu", [], [], Sources()))["results"] == []


@pytest.mark.parametrize("status", ["timeout", "crashed"])
def test_a_file_that_was_not_examined(status):
    file = FileReport("k.cu", [], [], Sources(), status, "why")
    (result,) = log(file, kind="scan")["results"]
    assert result["message"]["text"] == f"{status}: why"
