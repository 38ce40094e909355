"""report.md: a table of verdicts, and a section for each kernel with more to say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .report import KernelReport, Report, summary, tool_version
from .report_view import FindingView, KernelView, SourceLine, kernel_view, prose

SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#&~])")


def to_markdown(report: Report) -> str:
    """The text of the report."""
    lines = [f"# Translation report: target {text(report.target)}", ""]
    lines += [f"{summary(report.kernels)}. translate {tool_version()}.", ""]
    lines += table(("kernel", "where", "verdict", "strategy or reason", "proof"),
                   map(_row, report.kernels))  # fmt: skip
    for file in report.files:
        for kernel in file.kernels:
            lines += _section(kernel_view(kernel, file))
    lines += _messages(report)
    return "\n".join(lines) + "\n"


def text(value: str) -> str:
    """`value` as plain text of one line: no character of it means anything to Markdown."""
    return SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", value))


def code(value: str) -> str:
    """`value` in a code span that may stand in a table."""
    line = " ".join(value.split()).replace("|", "\\|")
    runs = re.findall("`+", line)
    fence = "`" * (1 + max(map(len, runs), default=0))
    pad = " " if runs else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table; cells must be Markdown already."""
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def _row(kernel: KernelReport) -> tuple[str, ...]:
    return (
        code(kernel.instance),
        text(f"{kernel.file}:{kernel.line}"),
        kernel.verdict,
        text(kernel.reason or kernel.rung),
        text(kernel.tolerance),
    )


def _section(kernel: KernelView) -> list[str]:
    report = kernel.report
    parts = [
        *_worst(kernel),
        *(line for finding in kernel.findings for line in _finding(finding)),
        *_bullets("Assumed:", report.assumptions),
        *_bullets("Remarks:", report.remarks),
        *_coverage(kernel),
    ]
    if not parts:
        return []
    return ["", f"## {code(report.instance)}: {report.verdict}", "", text(kernel.place), *parts]


def _worst(kernel: KernelView) -> list[str]:
    if not kernel.worst:
        return []
    title = "What differs" if kernel.report.verdict == "failed" else "The worst element"
    lines = ["", f"### {title}", ""]
    lines += table(("", ""), [(name, code(value)) for name, value in kernel.worst])
    if kernel.report.reproducer:
        command = f"translate --replay {kernel.report.reproducer}"
        lines += ["", f"Run it again: {code(command)}"]
    return lines


def _finding(finding: FindingView) -> list[str]:
    lines = ["", f"### Found in the source: {finding.title} ({finding.code})", ""]
    details = (finding.place, finding.other, finding.showed)
    lines.append(f"{finding.severity}: {text(finding.message)}  ")
    lines.append("; ".join(text(part) for part in details if part))
    for name, shown in finding.excerpts:
        if shown:
            lines += ["", f"{code(name)}:", "", *_source(shown)]
    return lines


def _source(lines: Sequence[SourceLine]) -> list[str]:
    """An excerpt as an indented block, which no text can end."""
    shown = ["    ..." if not x.number else
             f"    {'>' if x.is_marked else ' '} {x.number:5} {x.text}".rstrip()
             for x in lines]  # fmt: skip
    return shown


def _bullets(title: str, items: Sequence[str]) -> list[str]:
    return ["", title, "", *(f"- {_prose(item)}" for item in items)] if items else []


def _prose(sentence: str) -> str:
    """`sentence` with its quoted code as code."""
    return "".join(code(part) if is_code else text(part) for is_code, part in prose(sentence))


def _coverage(kernel: KernelView) -> list[str]:
    if not kernel.coverage.rows:
        return []
    titles = ["case", *(text(name or "elements") for name in kernel.coverage.families)]
    rows = [(code(case), *cells) for case, cells in kernel.coverage.rows]
    return ["", "Elements compared (\N{ALMOST EQUAL TO}: within rounding, else to the bit):", "",
            *table(titles, rows)]  # fmt: skip


def _messages(report: Report) -> list[str]:
    if not report.diagnostics:
        return []
    rows = [
        (text(str(d.span)), d.severity.value, d.code, text(d.message)) for d in report.diagnostics
    ]
    return ["", "## Messages", "", *table(("where", "severity", "code", "message"), rows)]
