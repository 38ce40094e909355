"""`translate --scan` and `translate --corpus`: arguments, progress, printing, exit status."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..runtime.report import Report
    from .settings import Settings

SCAN_LIMIT, CORPUS_LIMIT = 60.0, 900.0
USAGE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of runs over many files."""
    add = parser.add_argument_group("many files").add_argument
    add("--scan", nargs="?", const="", metavar="DIR",
        help="say what of a repository would translate; proves and writes nothing")  # fmt: skip
    add("--corpus", metavar="DIR", help="translate and prove every .cu file below DIR")
    add("--exclude", action="append", default=[], metavar="GLOB",
        help="leave out files and folders, by relative or by last name")  # fmt: skip
    add("--jobs", type=int, default=0, metavar="N", help="files at once (default: cores)")
    add("--file-limit", type=float, metavar="S",
        help=f"seconds per file ({SCAN_LIMIT:g}; corpus: {CORPUS_LIMIT:g})")  # fmt: skip
    add("--reuse", action=argparse.BooleanOptionalAction, default=None,
        help="reuse earlier results of what has not changed (scan: on; corpus: off)")  # fmt: skip
    add("--baseline", type=Path, metavar="FILE",
        help="corpus: compare with FILE, which the first run writes")  # fmt: skip
    add("--update-baseline", action="store_true", help="corpus: write FILE again")


def is_wanted(parsed: argparse.Namespace) -> bool:
    """Whether one of the commands is asked for."""
    return parsed.scan is not None or parsed.corpus is not None


def usage_problem(parsed: argparse.Namespace) -> str:
    """What is wrong with the arguments; "" where nothing is."""
    name = "--scan" if parsed.scan is not None else "--corpus"
    if not is_wanted(parsed):
        for option, value in (("--exclude", parsed.exclude), ("--baseline", parsed.baseline)):
            if value:
                return f"{option} belongs to --scan or --corpus"
        return ""
    if parsed.scan is not None and parsed.corpus is not None:
        return "choose either --scan or --corpus"
    if parsed.scan == "" and parsed.compile_commands is None:
        return "--scan takes a folder, or a compilation database with -p"
    others = ("files", "replay", "out", "emit", "print_after", "build", "run", "kernels",
              "instances", "force")  # fmt: skip
    for other in others:
        if getattr(parsed, other):
            shown = {"files": "FILE", "kernels": "--kernel", "instances": "--instantiate"}
            return f"{shown.get(other, '--' + other.replace('_', '-'))} does not go with {name}"
    if parsed.jobs < 0:
        return "--jobs takes a positive number"
    if parsed.file_limit is not None and not parsed.file_limit > 0:
        return "--file-limit takes a positive number of seconds"
    if parsed.corpus is None and (parsed.baseline or parsed.update_baseline):
        return "--baseline belongs to --corpus"
    if parsed.update_baseline and parsed.baseline is None:
        return "--update-baseline needs --baseline FILE"
    return ""


def run(parsed: argparse.Namespace) -> int:
    """Do what was asked for; the exit status."""
    from ..ir.diagnostics import CompileError

    try:
        return _scan(parsed) if parsed.scan is not None else _corpus(parsed)
    except CompileError as failure:
        for diagnostic in failure.diagnostics:
            print(f"translate: {diagnostic.message} [{diagnostic.code}]", file=sys.stderr)
        return USAGE


def _scan(parsed: argparse.Namespace) -> int:
    from ..runtime.overview import overview
    from .overview_text import print_overview
    from .scan import scan

    if parsed.scan:
        folder = Path(parsed.scan)
    else:
        folder = parsed.compile_commands
        folder = folder if folder.is_dir() else folder.parent
    with _Progress() as progress:
        report = scan(_settings(parsed, folder, SCAN_LIMIT, True, progress))
    print_overview(report, parsed.verbose)
    _write_reports(report, parsed.report)
    found = overview(report)
    return int(bool(found.blocked or found.unexamined))


def _corpus(parsed: argparse.Namespace) -> int:
    from .corpus import corpus
    from .overview_text import print_comparison, print_overview

    with _Progress() as progress:
        settings = _settings(parsed, Path(parsed.corpus), CORPUS_LIMIT, False, progress)
        result = corpus(settings, parsed.baseline, update=parsed.update_baseline)
    print_overview(result.report, parsed.verbose)
    if result.comparison is not None:
        print_comparison(result.comparison, parsed.baseline)
    if result.has_written:
        print(f"wrote {parsed.baseline}")
    _write_reports(result.report, parsed.report)
    return result.exit_status


def _write_reports(report: Report, paths: list[Path]) -> None:
    from ..runtime.project import write_atomically
    from ..runtime.report_formats import FORMATS

    for path in paths:
        write_atomically(path, FORMATS[path.suffix](report))


def _settings(
    parsed: argparse.Namespace, folder: Path, limit: float, reuse: bool, progress: _Progress
) -> Settings:
    from .run import Watch
    from .settings import Settings

    class Shown(Watch):
        def expect(self, files: int) -> None:
            progress.expect(files)

        def tell(self, outcome: object) -> None:
            progress.tell([k.verdict for k in getattr(outcome, "kernels", [])])

    return Settings(
        folder,
        {
            "target": parsed.target,
            "include_dirs": tuple(parsed.include_dirs),
            "defines": tuple(parsed.defines),
            "undefines": tuple(parsed.undefines),
            "std": parsed.std,
            "force_includes": tuple(parsed.force_includes),
            "verify": parsed.verify,
            "budget": parsed.budget,
        },
        tuple(parsed.exclude),
        parsed.compile_commands,
        parsed.jobs,
        parsed.file_limit or limit,
        reuse if parsed.reuse is None else parsed.reuse,
        watch=Shown(),
    )


class _Progress:
    """A bar on a terminal; nothing in a pipe."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        console = Console(stderr=True)
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), Remaining())
        self._bar = Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._task = self._bar.add_task("starting", total=0)
        self._total = 0
        self._verdicts: Counter[str] = Counter()

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def expect(self, files: int) -> None:
        self._total += files
        self._bar.update(self._task, total=self._total)

    def tell(self, verdicts: list[str]) -> None:
        self._verdicts.update(verdicts)
        shown = ", ".join(f"{n} {verdict}" for verdict, n in sorted(self._verdicts.items()))
        self._bar.update(self._task, advance=1, description=shown or "no kernels yet")
