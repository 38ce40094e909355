"""The report of many files as Markdown: tables of folders and codes, then what is in the way."""

from __future__ import annotations

from .overview import Overview, Tally, blockers, overview
from .report import Report, tool_version
from .report_markdown import code, table, text
from .worst_element import difference

HEADINGS = {"scan": "Scan", "corpus": "Corpus"}


def to_markdown(report: Report) -> str:
    """The text of the report."""
    found = overview(report)
    lines = [f"# {HEADINGS[report.kind]} of {code(report.title)}: target {text(report.target)}", ""]
    lines += [f"{total_line(found)}. translate {tool_version()}.", ""]
    for note in report.notes:
        lines += [f"- {text(note)}"]
    lines += ["", "## Folders", ""]
    titles = ("folder", "files", "kernels", *found.verdicts, "files not examined")
    lines += table(titles, [_folder(tally, found) for tally in (*found.folders, found.total)])
    if found.codes:
        lines += ["", "## What is in the way", ""]
        rows = [
            (row.code, text(row.title), str(row.kernels), str(row.files), row.effort,
             text(row.reason)) for row in found.codes
        ]  # fmt: skip
        lines += table(("code", "meaning", "kernels", "files", "effort", "why"), rows)
    lines += _refused(found) + _others(found) + _unexamined(found)
    return "\n".join(lines) + "\n"


def total_line(found: Overview) -> str:
    """`12 kernels in 5 files: 10 translates, 2 refused`."""
    total = found.total
    counts = ", ".join(f"{total.verdicts[v]} {v}" for v in reversed(found.verdicts))
    line = f"{total.kernels} kernel{'s' * (total.kernels != 1)} in "
    line += f"{total.files} file{'s' * (total.files != 1)}"
    line += f": {counts}" if counts else ""
    missed = total.not_examined
    return line + (f"; {missed} file{'s' * (missed != 1)} not examined" if missed else "")


def _folder(tally: Tally, found: Overview) -> tuple[str, ...]:
    name = "all" if tally is found.total else code(tally.name)
    counts = (str(tally.verdicts[v]) for v in found.verdicts)
    return (name, str(tally.files), str(tally.kernels), *counts, str(tally.not_examined))


def _refused(found: Overview) -> list[str]:
    rows = [
        (code(d.name), text(f"{b.file}:{b.line}:{b.column}"), code(b.text) if b.text else "",
         b.code, text(b.message), text(b.suggestion), b.effort)
        for d, b in blockers(found)
    ]  # fmt: skip
    if not rows:
        return []
    titles = ("kernel", "where", "line", "code", "message", "suggestion", "effort")
    return ["", "## Refused kernels", "", *table(titles, rows)]


def _others(found: Overview) -> list[str]:
    """Kernels that are translated, but not proved although that was asked for."""
    rows = []
    for definition in found.blocked:
        worst = definition.worst
        if worst.verdict in ("failed", "unverified"):
            why = difference(worst.worst) if worst.worst else worst.reason
            where = f"{definition.file}:{definition.line}"
            rows.append((code(worst.instance), text(where), worst.verdict, text(why)))
    if not rows:
        return []
    return ["", "## Not proved", "", *table(("kernel", "where", "verdict", "why"), rows)]


def _unexamined(found: Overview) -> list[str]:
    if not found.unexamined:
        return []
    rows = [(code(f.name), f.status, text(f.detail)) for f in found.unexamined]
    return ["", "## Files that were not examined", "", *table(("file", "what", "why"), rows)]
