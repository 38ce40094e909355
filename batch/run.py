"""Many pieces of work: what is known already is looked up, the rest is done, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import contextmanager
from typing import Any

from .inputs import Inputs
from .processes import LocalProcesses, run_isolated
from .store import store, stored
from .work import CRASHED, Outcome, Work, outcome_from

Submit = Callable[[Work], "Future[dict[str, Any]]"]


class Watch:
    """Hears how a run goes on; this one does not care."""

    def expect(self, files: int) -> None:
        """So many more files are to be examined."""

    def tell(self, outcome: Outcome) -> None:
        """One of them has been."""


@contextmanager
def submitting(executor: Executor | None, jobs: int) -> Iterator[Submit]:
    """How work is handed out: to `executor`, else to `jobs` processes of this machine."""
    if executor is not None:
        yield lambda work: executor.submit(run_isolated, work.to_plain())
        return
    with LocalProcesses(jobs) as processes:
        yield lambda work: processes.submit(work.to_plain())


def outcomes(
    works: Sequence[Work],
    submit: Submit,
    *,
    inputs: Inputs,
    reuse: bool,
    watch: Watch,
) -> list[Outcome]:
    """The outcomes in the order of `works`. Each is kept when it is there, so that a run that is
    interrupted is continued by the next one with `reuse`."""
    watch.expect(len(works))
    keys = [inputs.key(work) for work in works]
    found: dict[int, Outcome] = {}
    futures: dict[Future[dict[str, Any]], int] = {}
    try:
        for at, work in enumerate(works):
            known = stored(keys[at]) if reuse else None
            if known is None:
                futures[submit(work)] = at
            else:
                found[at] = known
                watch.tell(known)
        for future in as_completed(futures):
            at = futures[future]
            found[at] = outcome = _outcome(works[at], future)
            store(keys[at], outcome)
            watch.tell(outcome)
    finally:
        for future in futures:
            future.cancel()
    return [found[at] for at in range(len(works))]


def _outcome(work: Work, future: Future[dict[str, Any]]) -> Outcome:
    try:
        return outcome_from(future.result())
    except Exception as failure:  # of the executor: a worker that died, a lost connection
        return Outcome(work.file, CRASHED, f"{type(failure).__name__}: {failure}")
