"""The report of many files as one page: sortable tables that fit a telephone, no network."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.efforts import LEVELS
from .overview import WORST_FIRST, Definition, Overview, overview
from .overview_markdown import HEADINGS, total_line
from .report import Report, tool_version
from .report_html import template
from .worst_element import difference


@dataclass(frozen=True, slots=True)
class _Row:
    """A kernel, or a file of which nothing is known. Ranks are what columns are sorted by."""

    name: str
    place: str
    verdict: str
    rank: int
    code: str = ""
    effort: str = ""
    effort_rank: int = -1
    text: str = ""
    why: str = ""
    suggestion: str = ""
    at: str = ""


def to_html(report: Report) -> str:
    """The text of the page."""
    found = overview(report)
    rows = _files(found) + [_kernel(d) for d in found.definitions]
    rows.sort(key=lambda row: row.rank)  # what needs attention first
    counts = {v: found.total.verdicts[v] for v in reversed(found.verdicts)}
    if found.unexamined:
        counts["not examined"] = len(found.unexamined)
    return template("overview.html.jinja").render(
        heading=HEADINGS[report.kind],
        title=report.title,
        target=report.target,
        tool=tool_version(),
        summary=total_line(found),
        notes=report.notes,
        found=found,
        rows=rows,
        counts=counts,
        levels=LEVELS,
    )


def _kernel(definition: Definition) -> _Row:
    worst = definition.worst
    block = worst.blocking
    number = len(definition.instances)
    name = worst.instance if number == 1 else f"{definition.name} ({number} instances)"
    place = f"{definition.file}:{definition.line}"
    rank = WORST_FIRST.index(worst.verdict)
    if block is None:
        why = difference(worst.worst) if worst.verdict == "failed" and worst.worst else worst.reason
        proof = "" if why else worst.tolerance
        return _Row(name, place, worst.verdict, rank, definition.code, why=why or proof)
    at = f"{block.file}:{block.line}:{block.column}"
    return _Row(
        name, place, worst.verdict, rank, block.code, block.effort, LEVELS.index(block.effort),
        block.text, block.message, block.suggestion, at,
    )  # fmt: skip


def _files(found: Overview) -> list[_Row]:
    rows = []
    for file in found.unexamined:
        block = file.blocking
        if block is None:
            rows.append(_Row("(whole file)", file.name, "not examined", 0, file.status,
                             why=file.detail))  # fmt: skip
            continue
        at = f"{block.file}:{block.line}:{block.column}"
        rows.append(
            _Row("(whole file)", file.name, "not examined", 0, block.code, block.effort,
                 LEVELS.index(block.effort), block.text, block.message, block.suggestion, at)
        )  # fmt: skip
    return rows
