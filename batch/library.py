"""Scan and corpus for users of the library."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from ..runtime.report import Report
from .corpus import CorpusResult
from .corpus import corpus as run_corpus
from .scan import scan as run_scan
from .settings import Settings


def scan(
    folder: str | Path,
    *,
    excludes: Sequence[str] = (),
    compile_commands: Path | None = None,
    jobs: int = 0,
    file_limit: float = 60.0,
    reuse: bool = True,
    executor: Executor | None = None,
    **options: object,
) -> Report:
    """What of the sources below `folder` would translate; nothing is proved or written.

    `jobs` is how many files are examined at once on this machine (0: one per core); with an
    `executor` it decides. A file that takes longer than `file_limit` seconds is given up. `options`
    are fields of `Options`. Raises CompileError where the folder cannot be read.
    """
    settings = Settings(
        Path(folder), options, tuple(excludes), compile_commands, jobs, file_limit, reuse, executor
    )
    return run_scan(settings)


def corpus(
    folder: str | Path,
    *,
    baseline: Path | None = None,
    update_baseline: bool = False,
    excludes: Sequence[str] = (),
    compile_commands: Path | None = None,
    jobs: int = 0,
    file_limit: float = 900.0,
    reuse: bool = False,
    executor: Executor | None = None,
    **options: object,
) -> CorpusResult:
    """Translate and prove every .cu file below `folder`; compare with `baseline`, or write it.

    Any `concurrent.futures.Executor` will do, for example `dask.distributed`'s
    `Client.get_executor()`. Its workers need this package and the files under the same paths; each
    file is worked on in a process of its own. Other arguments are as for `scan`.
    """
    settings = Settings(
        Path(folder), options, tuple(excludes), compile_commands, jobs, file_limit, reuse, executor
    )
    return run_corpus(settings, baseline, update=update_baseline)
