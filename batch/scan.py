"""What of a repository would translate: every source is translated, nothing proved or written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..ir.source import Sources
from ..runtime.compile_commands import CompileOptions
from ..runtime.overview import without_repetitions
from ..runtime.report import FileReport, Report
from .files import SOURCE, is_excluded, sources_below
from .inputs import Inputs
from .run import Submit, outcomes, submitting
from .settings import Settings
from .work import Outcome, same_place

FASTER = {"verify": False, "check_passes": False}
"""What a scan does without, as options."""


def scan(settings: Settings) -> Report:
    """Scan a folder. Raises CompileError where it is none, or the database cannot be read."""
    root = settings.resolved()
    database = settings.loaded_database()
    inputs = Inputs(root)
    if database is None:
        sources, headers = sources_below(root, settings.excludes)
    else:
        sources, headers = _listed(root, database, settings.excludes), []
    settings = replace(settings, options={**settings.options, **FASTER})
    known = database or {}

    def examined(files: Sequence[str], submit: Submit) -> list[Outcome]:
        works = [settings.work(root, file, known.get((root / file).resolve())) for file in files]
        return outcomes(works, submit, inputs=inputs, reuse=settings.reuse, watch=settings.watch)

    with submitting(settings.executor, settings.processes()) as submit:
        found = examined(sources, submit)
        read = {name for outcome in found for name in outcome.read}
        alone = [name for name in headers if name not in read]
        found += examined(alone, submit)
    found.sort(key=lambda outcome: outcome.file)
    notes = [_scanned(len(sources), len(alone), database is not None)]
    if settings.excludes:
        notes.append(f"left out: {', '.join(settings.excludes)}")
    return report_of(found, settings, "scan", notes)


def report_of(
    found: Sequence[Outcome], settings: Settings, kind: str, notes: Sequence[str]
) -> Report:
    """The report of outcomes, in which what several files share comes once."""
    files = [
        FileReport(o.file, o.kernels, o.diagnostics, Sources(), o.status, o.detail, o.blocking)
        for o in found
    ]
    target = str(settings.options.get("target", "cpu"))
    return Report(target, without_repetitions(files), kind, str(settings.root), tuple(notes))


def _listed(root: Path, database: dict[Path, CompileOptions], excludes: Sequence[str]) -> list[str]:
    """CUDA sources of the database below the root."""
    names = (same_place(str(path), str(root.resolve())) for path in database)
    return sorted(
        name
        for name in names
        if name.endswith(SOURCE) and not name.startswith("/") and not is_excluded(name, excludes)
    )


def _scanned(sources: int, headers: int, is_listed: bool) -> str:
    origin = " of the compilation database" if is_listed else ""
    text = f"scanned: {sources} .cu file{'s' * (sources != 1)}{origin}"
    if headers:
        text += f" and {headers} .cuh file{'s' * (headers != 1)} that no .cu file includes"
    return f"{text}; nothing was proved"
