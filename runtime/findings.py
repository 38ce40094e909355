"""Bugs of the source itself that the oracle found, as diagnostics: one code per kind.

They speak of the original, whatever the translation does, so none of them is an error of the run:
a bug is a warning, a hint a remark. One that several instances of a template share is said once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..ir.diagnostics import Diagnostic, Severity
from ..ir.source import Sources, Span, line_span
from .evidence import Finding


@dataclass(frozen=True, slots=True)
class FindingKind:
    """`title` as in headings of reports; `severity` where a finding does not say it; `help` what
    to do about it."""

    code: str
    title: str
    severity: str
    help: str
    other: str = "the other access"


KINDS: dict[str, FindingKind] = {
    "order": FindingKind(
        "ASC0803",
        "depends on the order of threads",
        "remark",
        "look for a race, a read of memory that nothing wrote, or integers that count arrivals",
    ),
    "barriers": FindingKind(
        "ASC0804",
        "divergent barriers",
        "error",
        "move __syncthreads out of the branch, so that all threads of the block reach the same one",
        "the other barrier",
    ),
    "nondeterminism": FindingKind(
        "ASC0812",
        "the order of atomics shows in the results",
        "remark",
        "two correct runs may differ by this much; add in a fixed order where that matters",
    ),
    "exited-before-barrier": FindingKind(
        "ASC0813",
        "threads end before a barrier",
        "remark",
        "let all threads reach the barrier, and guard the work around it instead",
    ),
    "race": FindingKind(
        "ASC0805",
        "data race",
        "error",
        "put a __syncthreads (or __syncwarp) between the two accesses, or use an atomic operation",
    ),
    "out-of-bounds": FindingKind(
        "ASC0806",
        "access out of bounds",
        "error",
        "guard the access with the extent of the buffer",
        "the buffer",
    ),
    "misaligned": FindingKind(
        "ASC0807",
        "misaligned access",
        "error",
        "a vector access needs an address that is a multiple of its size: align the pointer, or "
        "access element by element",
    ),
    "uninitialised": FindingKind(
        "ASC0808",
        "read of uninitialised memory",
        "error",
        "write the memory on every path before the read, and put a barrier between",
    ),
    "inactive-lanes": FindingKind(
        "ASC0809",
        "warp operation names lanes that do not take part",
        "error",
        "compute the mask with __ballot_sync or __activemask before the branch, or call the "
        "operation where all named lanes reach it",
    ),
    "unwritten": FindingKind(
        "ASC0810",
        "output that is not written",
        "remark",
        "where the kernel is meant to leave these elements as they are, ignore this",
    ),
    "arithmetic": FindingKind(
        "ASC0811",
        "undefined arithmetic",
        "error",
        "guard the operands: a divisor of zero, a shift by the width or more, a float that its "
        "integer type does not hold",
    ),
}
"""Every kind of finding. A kind has one code; its explanation is in the table of diagnostics."""

SEVERITIES = {"error": Severity.WARNING, "warning": Severity.WARNING, "remark": Severity.REMARK}
"""How a finding is shown: it never refuses or fails a translation."""


@dataclass(frozen=True, slots=True)
class FoundIn:
    """A finding, the kernel instance in which it showed, and where that kernel is written."""

    finding: Finding
    instance: str
    kernel: Span


def severity_of(finding: Finding) -> str:
    """error, warning or remark."""
    given = finding.get("severity", "")
    return given if given in SEVERITIES else KINDS[finding["kind"]].severity


def finding_diagnostics(found: Iterable[FoundIn], sources: Sources) -> list[Diagnostic]:
    """One diagnostic per place and kind, in the order of the source."""
    groups: dict[tuple[object, ...], list[FoundIn]] = {}
    for item in found:
        groups.setdefault((item.finding["kind"], *_place(item), *_other(item)), []).append(item)
    merged = [_diagnostic(group, sources) for group in groups.values()]
    return sorted(merged, key=lambda d: (d.span.file, d.span.line, d.code))


def _place(item: FoundIn) -> tuple[str, int]:
    finding = item.finding
    if not finding.get("file") or not finding.get("line"):
        return item.kernel.file, item.kernel.line
    return finding["file"], finding["line"]


def _other(item: FoundIn) -> tuple[str, int]:
    finding = item.finding
    if not finding.get("other_line"):
        return "", 0
    return finding.get("other_file") or _place(item)[0], finding["other_line"]


def _diagnostic(group: Sequence[FoundIn], sources: Sources) -> Diagnostic:
    first = group[0]
    kind = KINDS[first.finding["kind"]]
    file, line = _place(first)
    notes: list[tuple[Span | None, str]] = []
    other_file, other_line = _other(first)
    if other_line and (other_file, other_line) != (file, line):
        notes.append((line_span(sources, _known(sources, other_file), other_line), kind.other))
    notes.append((None, _where_it_showed(group)))
    span = first.kernel if (file, line) == (first.kernel.file, first.kernel.line) else None
    return Diagnostic(
        kind.code,
        first.finding["message"],
        span or line_span(sources, _known(sources, file), line),
        SEVERITIES[severity_of(first.finding)],
        tuple(notes),
        kind.help,
        first.instance,
    )


def _where_it_showed(group: Sequence[FoundIn]) -> str:
    first = group[0]
    text = f"in '{first.instance}'"
    others = len({item.instance for item in group} - {first.instance})
    if others:
        text += f" and {others} more instance{'s' * (others > 1)}"
    if first.finding.get("case"):
        text += f", case {first.finding['case']}"
    count = sum(item.finding.get("count", 1) for item in group)
    return f"{text}, {count:,} times" if count > 1 else text


def _known(sources: Sources, file: str) -> str:
    """The name under which `file` was read; debug information may name it by another path."""
    if file in sources.files:
        return file
    path = os.path.abspath(file)
    return next((name for name in sources.files if os.path.abspath(name) == path), file)
