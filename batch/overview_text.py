"""The overview of many files on the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..runtime.overview import Overview, Tally, overview
from ..runtime.overview_markdown import total_line
from ..runtime.report import Report
from ..runtime.worst_element import difference
from .baseline import Comparison

MOST_ROWS = 25
"""Rows of a table that are shown where not all are asked for."""
MARKS = {
    "proved": "green", "translates": "green", "unverified": "yellow", "refused": "red",
    "failed": "bold red",
}  # fmt: skip
COLOURS = {"regressions": "bold red", "improvements": "green"}


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


def print_overview(report: Report, verbose: bool) -> None:
    """Tables of folders and codes, the kernels that are blocked, and the numbers."""
    console = _console()
    found = overview(report)
    most = None if verbose else MOST_ROWS
    _print_blocked(console, found, most)
    if found.total.files:
        _print_folders(console, found, most)
    if found.codes:
        _print_codes(console, found)
    for note in report.notes:
        console.print(Text(note, "dim"), soft_wrap=True)
    console.print(Text(total_line(found)), soft_wrap=True)


def _print_blocked(console: Console, found: Overview, most: int | None) -> None:
    rest = found.blocked[most:] if most is not None else []
    for definition in found.blocked[:most]:
        worst, block = definition.worst, definition.worst.blocking
        title = Text.assemble((f"{worst.verdict:10}  ", MARKS[worst.verdict]), worst.instance)
        title.append(f"  {definition.file}:{definition.line}", "dim")
        console.print(title, soft_wrap=True)
        if block is None:
            why = difference(worst.worst) if worst.worst else worst.reason
            console.print(Text(f"  {why}"), soft_wrap=True)
            continue
        where = f"  {block.file}:{block.line}:{block.column}: "
        console.print(Text(f"{where}{block.message} [{block.code}]"), soft_wrap=True)
        if block.text:
            console.print(Text(f"    {block.text}", "dim"), soft_wrap=True)
        console.print(Text(f"  effort {block.effort}: {block.suggestion}"), soft_wrap=True)
    for file in found.unexamined[:most]:
        what = f"{file.status:10}  {file.name}"
        console.print(Text.assemble((what, "red"), f": {file.detail}"), soft_wrap=True)
    if most is not None:
        left = len(rest) + len(found.unexamined[most:])
        if left:
            console.print(Text(f"... and {left} more (-v shows all, --report FILE too)", "dim"))
    if found.blocked or found.unexamined:
        console.print()


def _table(*titles: str, numbers: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, justify="right" if title in numbers else "left", overflow="fold")
    return table


def _print_folders(console: Console, found: Overview, most: int | None) -> None:
    numbers = ("files", "kernels", *found.verdicts, "not examined")
    table = _table("folder", *numbers, numbers=numbers)
    for tally in found.folders[:most]:
        table.add_row(*_cells(tally, found))
    if len(found.folders) > 1:
        table.add_row(*_cells(found.total, found), style="bold")
    console.print(table)
    if most is not None and len(found.folders) > most:
        console.print(Text(f"... and {len(found.folders) - most} more folders", "dim"))
    console.print()


def _cells(tally: Tally, found: Overview) -> list[Text]:
    counts = (str(tally.verdicts[v]) for v in found.verdicts)
    texts = (tally.name, str(tally.files), str(tally.kernels), *counts, str(tally.not_examined))
    return [Text(text) for text in texts]


def _print_codes(console: Console, found: Overview) -> None:
    numbers = ("kernels", "files")
    table = _table("code", "in the way", *numbers, "effort", "why", numbers=numbers)
    for row in found.codes:
        cells = (row.code, row.title, str(row.kernels), str(row.files), row.effort, row.reason)
        table.add_row(*map(Text, cells))
    console.print(table)
    console.print()


def print_comparison(comparison: Comparison, baseline: Path) -> None:
    """The differences to a baseline, regressions first."""
    console = _console()
    for title, changes in comparison.groups():
        console.print(Text(f"{title} ({len(changes)})", COLOURS.get(title, "bold")))
        for change in changes:
            console.print(Text(f"  {change}"), soft_wrap=True)
    if not any(True for _ in comparison.groups()):
        console.print(Text(f"no difference to {baseline}"), soft_wrap=True)
