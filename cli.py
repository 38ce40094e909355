"""`translate`: arguments and printing. What is done with them is the driver's business."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .batch import command as batch_command
from .runtime.report import summary, tool_version

if TYPE_CHECKING:
    from rich.console import Console

    from .driver import Options, Translation
    from .ir.diagnostics import Diagnostic
    from .ir.source import Sources
    from .runtime.evidence import WorstElement
    from .runtime.report import KernelReport

EXAMPLES = """\
examples:
  translate kernel.cu                       translate, prove, write ./kernel-cpu/
  translate kernel.cu --kernel softmax      only this kernel
  translate kernel.cu --instantiate 'k<float, 256>'
                                            this instance of a template kernel
  translate main.cu --run -- 1024 7         build the program with the translated kernels, run it
  translate kernel.cu --emit ir             print one stage instead of writing files
  translate kernel.cu --report r.html       the verdicts, as a page; r.json for a script
  translate --replay DIR                    run the saved case of a failure again
  translate --scan DIR                      what of a repository would translate, and what would not
  translate --corpus DIR --baseline b.json  translate and prove a folder, compare with last time

A kernel's verdict is `proved` (the same numbers as the original source, compiled by the system's
C++ compiler and run on generated inputs), `unverified` (translated, but no input was found that
exercises it), `failed` (the numbers differ) or `refused` (not translated; the message says why).

exit status: 0 all translated and proved or unverified; 1 something refused; 2 usage; 3 a proof
failed, or with --replay: it still does; 4 a corpus is worse than its baseline. With --run: the
program's own.
"""

MARKS = {"proved": "green", "unverified": "yellow", "failed": "bold red", "refused": "red"}


def argument_parser() -> argparse.ArgumentParser:
    """The command line of `translate`."""
    parser = argparse.ArgumentParser(
        prog="translate",
        usage="translate FILE.cu [FILE.cu ...] [options] [--run | --build] [-- ARGS...]",
        description="Translate CUDA kernels and prove that the numbers agree.\n\n" + EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE", help="CUDA source, or IR text (.air)")
    add("--version", action="version", version=f"translate {tool_version()}")
    add("-t", "--target", default="cpu", metavar="NAME", help="cpu (default)")
    add("-o", "--out", type=Path, metavar="DIR", help="output folder (default ./<stem>-<target>)")
    add("--force", action="store_true", help="replace edited files in the output folder")
    source = parser.add_argument_group("source, as for nvcc")
    source.add_argument("-I", dest="include_dirs", action="append", default=[], metavar="DIR")
    source.add_argument("-D", dest="defines", action="append", default=[], metavar="NAME[=VALUE]")
    source.add_argument("-U", dest="undefines", action="append", default=[], metavar="NAME")
    source.add_argument("-std", dest="std", default="c++17", metavar="STD")
    source.add_argument(
        "-include", dest="force_includes", action="append", default=[], metavar="FILE"
    )
    source.add_argument(
        "-p",
        "--compile-commands",
        type=Path,
        metavar="FILE",
        help="take -I, -D, -U, -std, -include from a compilation database",
    )
    choice = parser.add_argument_group("kernels")
    choice.add_argument("--kernel", action="append", default=[], metavar="NAME", dest="kernels")
    choice.add_argument(
        "--instantiate", action="append", default=[], metavar="'k<T, N>'", dest="instances"
    )
    proof = parser.add_argument_group("proof")
    proof.add_argument(
        "--verify", action=argparse.BooleanOptionalAction, default=True, help="default: on"
    )
    proof.add_argument(
        "--budget", type=float, default=10.0, metavar="S", help="seconds of proof per kernel (10)"
    )
    proof.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=".html, .md, .json or .sarif; may be given several times",
    )
    proof.add_argument(
        "--replay", type=Path, metavar="DIR", help="run a saved failure again (DIR/case.json)"
    )
    proof.add_argument(
        "-v", "--verbose", action="store_true", help="also print what the proof took for granted"
    )
    program = parser.add_argument_group("whole programs")
    program.add_argument("--build", action="store_true", help="build the program")
    program.add_argument("--run", action="store_true", help="build and run it; ARGS after `--`")
    batch_command.add_arguments(parser)
    stages = parser.add_argument_group("stages")
    stages.add_argument("--emit", metavar="STAGE", help="ast, ir, simt, threads or c, to stdout")
    stages.add_argument(
        "--print-after", action="append", default=[], metavar="PASS", help="IR after a pass, or all"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `translate` with `arguments` (default: the process's). Returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    given, program_arguments = _split_at_dashes(given)
    parser = argument_parser()
    parsed = parser.parse_args(given)
    if not parsed.files and parsed.replay is None and not batch_command.is_wanted(parsed):
        parser.print_help(sys.stderr)
        return 2
    problem = _usage_problem(parsed)
    if problem:
        parser.error(problem)
    try:
        if parsed.replay is not None:
            return _replay(parsed.replay)
        if batch_command.is_wanted(parsed):
            return batch_command.run(parsed)
        return _translate(parsed, program_arguments)
    except KeyboardInterrupt:
        print("translate: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _translate(parsed: argparse.Namespace, program_arguments: list[str]) -> int:
    from .driver import translate_files

    options = _options(parsed, program_arguments)
    return _finish(translate_files(parsed.files, options, _Progress()), parsed.verbose)


def _replay(folder: Path) -> int:
    """Run a saved failure again; 3 where it still fails, 1 where that cannot be found out."""
    from .ir.diagnostics import CompileError
    from .ir.source import Sources
    from .runtime.replay import replay

    try:
        result = replay(folder)
    except CompileError as failure:
        _print_diagnostics(failure.diagnostics, Sources())
        return 1
    console = _console()
    if result.worst is None:
        console.print(f"{result.instance}: does not differ any more")
        return 0
    _print_worst(console, result.worst)
    console.print(f"{result.instance}: reproduced", style="bold red")
    return 3


def _split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _usage_problem(parsed: argparse.Namespace) -> str:
    from .driver import EMIT_STAGES
    from .runtime.report_formats import FORMATS

    if parsed.replay is not None and parsed.files:
        return "--replay takes a folder and no files"
    if parsed.emit is not None and parsed.emit not in EMIT_STAGES:
        return f"--emit {parsed.emit}: choose from {', '.join(EMIT_STAGES)}"
    if (parsed.run or parsed.build) and len(parsed.files) != 1:
        return "--run and --build take exactly one file"
    problem = batch_command.usage_problem(parsed)
    if problem:
        return problem
    for path in parsed.report:
        if path.suffix not in FORMATS:
            return f"--report {path}: the name must end in {', '.join(FORMATS)}"
    if parsed.out is not None and len(parsed.files) != 1:
        return "--out takes exactly one file; without it each gets a folder of its own"
    return ""


def _options(parsed: argparse.Namespace, program_arguments: list[str]) -> Options:
    from .driver import Options

    return Options(
        target=parsed.target,
        out=parsed.out,
        force=parsed.force,
        include_dirs=tuple(parsed.include_dirs),
        defines=tuple(parsed.defines),
        undefines=tuple(parsed.undefines),
        std=parsed.std,
        force_includes=tuple(parsed.force_includes),
        compile_commands=parsed.compile_commands,
        kernels=tuple(parsed.kernels),
        instances=tuple(parsed.instances),
        verify=parsed.verify and not (parsed.run or parsed.build),
        budget=parsed.budget,
        report=tuple(parsed.report),
        build=parsed.build,
        run=parsed.run,
        program_arguments=tuple(program_arguments),
        emit=parsed.emit,
        print_after=tuple(parsed.print_after),
    )


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


class _Progress:
    """Says on a terminal what is being done; silent in a pipe."""

    def __init__(self) -> None:
        self._console = _console(stderr=True)
        self._status = self._console.status("") if self._console.is_terminal else None

    def __call__(self, text: str) -> None:
        if self._status is None:
            return
        if text:
            self._status.update(text)
            self._status.start()
        else:
            self._status.stop()


def _finish(translations: Sequence[Translation], verbose: bool) -> int:
    """Print what came of it; the exit status."""
    status = 0
    for translation in translations:
        _print_diagnostics(translation.diagnostics, translation.sources)
        if translation.emitted:
            sys.stdout.write(translation.emitted)
        elif translation.kernels and translation.program_status is None:
            _print_kernels(translation, verbose)
        status = max(status, translation.exit_status)
    last = translations[-1]
    return status if last.program_status is None else last.program_status


def _print_diagnostics(diagnostics: Sequence[Diagnostic], sources: Sources) -> None:
    from rich.text import Text

    from .ir.diagnostics import Severity, render

    console = _console(stderr=True)
    colours = {Severity.ERROR: "red", Severity.WARNING: "magenta", Severity.REMARK: "cyan"}
    for diagnostic in diagnostics:
        text = Text(render(diagnostic, sources))
        word = f"{diagnostic.severity.value}: "
        text.highlight_words([word], f"bold {colours[diagnostic.severity]}")
        text.highlight_regex(r"(?m)^ *\^~*$", "green")
        console.print(text)


def _print_kernels(translation: Translation, verbose: bool) -> None:
    console = _console()
    rows = [
        (k.instance, k.verdict, k.reason or k.rung, k.tolerance, f"{sum(k.seconds.values()):.2f} s")
        for k in translation.kernels
    ]
    if console.is_terminal:
        _print_table(console, rows)
    else:
        width = max(len(row[0]) for row in rows)
        for name, verdict, why, proof, time in rows:
            print(
                f"{name:{width}}  {verdict:10}  {'; '.join(x for x in (why, proof) if x)}  {time}"
            )
    for kernel in translation.kernels:
        _print_evidence(console, kernel, verbose)
    where = f"; wrote {translation.folder}" if translation.folder else ""
    console.print(f"{translation.name}: {summary(translation.kernels)}{where}", markup=False)


def _print_evidence(console: Console, kernel: KernelReport, verbose: bool) -> None:
    """What differs, for a failed kernel; what was assumed, where that is asked for."""
    if kernel.verdict == "failed" and kernel.worst:
        console.print(f"{kernel.instance}: what differs most", style="bold", markup=False)
        _print_worst(console, kernel.worst)
        if kernel.reproducer:
            _print_row(console, "replay", f"translate --replay {shlex.quote(kernel.reproducer)}")
    if verbose and kernel.assumptions:
        console.print(f"{kernel.instance} assumes", style="dim", markup=False)
        for text in kernel.assumptions:
            console.print(f"  {text}", style="dim", markup=False)


def _print_worst(console: Console, worst: WorstElement) -> None:
    from .runtime.worst_element import worst_rows

    for title, text in worst_rows(worst):
        _print_row(console, title, text)


def _print_row(console: Console, title: str, text: str) -> None:
    from rich.text import Text

    console.print(Text.assemble((f"  {title:12}", "dim"), text))


def _print_table(console: Console, rows: Sequence[tuple[str, ...]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("kernel", "verdict", "how, or why not", "proof", "time"):
        table.add_column(title, overflow="fold", justify="right" if title == "time" else "left")
    for name, verdict, why, proof, time in rows:
        mark = MARKS[verdict]
        table.add_row(escape(name), f"[{mark}]{verdict}[/]", escape(why), escape(proof), time)
    console.print(table, soft_wrap=False)
