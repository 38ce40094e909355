"""Every source of a folder translated and proved, and compared with what was so before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..ir.diagnostics import error
from ..runtime.overview import NOT_EXAMINED
from ..runtime.report import Report
from .baseline import Comparison, baseline_of, compare, read_baseline, write_baseline
from .files import sources_below
from .inputs import Inputs
from .run import outcomes, submitting
from .scan import report_of
from .settings import Settings

REGRESSION = 4
"""The exit status where something is worse than in the baseline."""


@dataclass(frozen=True, slots=True)
class CorpusResult:
    """What came of a folder. `comparison` is None without a baseline to compare with;
    `has_written` says that there is now another one."""

    report: Report
    comparison: Comparison | None = None
    has_written: bool = False

    @property
    def exit_status(self) -> int:
        """0 where a baseline was written. With one to compare with 4 for a regression, else 0.
        Without: 3 a proof failed, 1 something was
        refused or not examined, 0 otherwise."""
        if self.has_written:
            return 0
        if self.comparison is not None:
            return REGRESSION if self.comparison.regressions else 0
        verdicts = {kernel.verdict for kernel in self.report.kernels}
        if "failed" in verdicts:
            return 3
        is_missed = any(file.status in NOT_EXAMINED for file in self.report.files)
        return int("refused" in verdicts or is_missed)


def corpus(
    settings: Settings,
    baseline: Path | None = None,
    *,
    update: bool = False,
    files: Sequence[str] | None = None,
) -> CorpusResult:
    """Translate and prove what is in a folder. A baseline that is not there yet is written; one
    that is there is compared with, and replaced on `update`. `files` are chosen ones, by
    relative name. Raises CompileError where folder or baseline cannot be read."""
    root = settings.resolved()
    target = str(settings.options.get("target", "cpu"))
    before = read_baseline(baseline) if baseline is not None and baseline.exists() else None
    if before is not None and before.target != target:
        raise error("ASC0002", f"'{baseline}' is of target '{before.target}', not '{target}'")
    database = settings.loaded_database() or {}
    files = sources_below(root, settings.excludes)[0] if files is None else files
    works = [settings.work(root, file, database.get((root / file).resolve())) for file in files]
    with submitting(settings.executor, settings.processes()) as submit:
        found = outcomes(
            works,
            submit,
            inputs=Inputs(root),
            reuse=settings.reuse,
            watch=settings.watch,
        )
    notes = [f"{len(files)} .cu file{'s' * (len(files) != 1)}, translated and proved"]
    report = report_of(found, settings, "corpus", notes)
    after = baseline_of(report)
    comparison = compare(before, after) if before is not None else None
    has_written = baseline is not None and (before is None or update)
    if baseline is not None and has_written:
        write_baseline(baseline, after)
    return CorpusResult(report, comparison, has_written)
