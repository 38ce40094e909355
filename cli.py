"""`translate`: arguments and printing. What is done with them is the driver's business."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .runtime.report import tool_version

if TYPE_CHECKING:
    from rich.console import Console

    from .driver import Options, Translation

EXAMPLES = """\
examples:
  translate kernel.cu                       translate, prove, write ./kernel-cpu/
  translate kernel.cu --kernel softmax      only this kernel
  translate kernel.cu --instantiate 'k<float, 256>'
                                            this instance of a template kernel
  translate main.cu --run -- 1024 7         build the program with the translated kernels, run it
  translate kernel.cu --emit ir             print one stage instead of writing files
  translate kernel.cu --report r.json       the verdicts for a script

A kernel's verdict is `proved` (the same numbers as the original source, compiled by the system's
C++ compiler and run on generated inputs), `unverified` (translated, but no input was found that
exercises it), `failed` (the numbers differ) or `refused` (not translated; the message says why).

exit status: 0 all translated and proved or unverified; 1 something refused; 2 usage; 3 a proof
failed. With --run: the program's own.
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
    proof.add_argument("--report", type=Path, metavar="FILE", help=".json or .md")
    program = parser.add_argument_group("whole programs")
    program.add_argument("--build", action="store_true", help="build the program")
    program.add_argument("--run", action="store_true", help="build and run it; ARGS after `--`")
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
    if not parsed.files:
        parser.print_help(sys.stderr)
        return 2
    problem = _usage_problem(parsed)
    if problem:
        parser.error(problem)
    from .driver import translate_files

    options = _options(parsed, program_arguments)
    try:
        return _finish(translate_files(parsed.files, options, _progress(parsed)), options)
    except KeyboardInterrupt:
        print("translate: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _usage_problem(parsed: argparse.Namespace) -> str:
    from .driver import EMIT_STAGES

    if parsed.emit is not None and parsed.emit not in EMIT_STAGES:
        return f"--emit {parsed.emit}: choose from {', '.join(EMIT_STAGES)}"
    if (parsed.run or parsed.build) and len(parsed.files) != 1:
        return "--run and --build take exactly one file"
    if parsed.report is not None and parsed.report.suffix not in (".json", ".md"):
        return f"--report {parsed.report}: the name must end in .json or .md"
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
        report=parsed.report,
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


def _progress(parsed: argparse.Namespace) -> _Progress:
    return _Progress()


def _finish(translations: Sequence[Translation], options: Options) -> int:
    """Print what came of it; the exit status."""
    status = 0
    for translation in translations:
        _print_diagnostics(translation)
        if translation.emitted:
            sys.stdout.write(translation.emitted)
        elif translation.kernels and translation.program_status is None:
            _print_kernels(translation)
        status = max(status, translation.exit_status)
    last = translations[-1]
    return status if last.program_status is None else last.program_status


def _print_diagnostics(translation: Translation) -> None:
    from rich.text import Text

    from .ir.diagnostics import Severity, render

    console = _console(stderr=True)
    colours = {Severity.ERROR: "red", Severity.WARNING: "magenta", Severity.REMARK: "cyan"}
    for diagnostic in translation.diagnostics:
        text = Text(render(diagnostic, translation.sources))
        word = f"{diagnostic.severity.value}: "
        text.highlight_words([word], f"bold {colours[diagnostic.severity]}")
        text.highlight_regex(r"(?m)^ *\^~*$", "green")
        console.print(text)


def _print_kernels(translation: Translation) -> None:
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
    counts = ", ".join(
        f"{sum(k.verdict == verdict for k in translation.kernels)} {verdict}"
        for verdict in MARKS
        if any(k.verdict == verdict for k in translation.kernels)
    )
    where = f"; wrote {translation.folder}" if translation.folder else ""
    number = len(translation.kernels)
    console.print(f"{translation.name}: {number} kernel{'s' * (number != 1)}: {counts}{where}")


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
