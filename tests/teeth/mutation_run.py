"""Runs mutants of the corpus's generated code through the proof and counts what is caught.

    python tests/teeth/mutation_run.py --count 300 --seed 1 -o docs/mutations.md

The oracle is that of the original source, the candidate the mutated code; nothing else differs
from an ordinary translation, except that only the mutated kernel is asked about, through the
launchers that reach it. Mutants that the compiler rejects or compiles to the same machine code are
not counted; those in `equivalent_mutants.toml` are listed apart, each with the reason why no input
can show a difference.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import groupby, islice
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from mutations import Generated, Mutant, draw  # noqa: E402

import ascendify.driver as driver  # noqa: E402
from ascendify.ir.diagnostics import CompileError  # noqa: E402
from ascendify.runtime.build import build_shared  # noqa: E402
from ascendify.runtime.prove import PROGRAM, Proof  # noqa: E402
from ascendify.verification import Prepared, judge  # noqa: E402

CORPUS = HERE.parent / "corpus"
CAUGHT = ("failed", "crash", "hang")
SURVIVED = ("proved", "unverified")
NOT_COUNTED = ("does not compile", "same code", "not proved itself")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant: one of CAUGHT, SURVIVED, NOT_COUNTED."""

    mutant: Mutant
    outcome: str
    reason: str = ""
    seconds: float = 0.0


class Bench:
    """Judges mutants of one source file."""

    def __init__(self, path: Path, budget: float) -> None:
        self.generated = Generated(path)
        self.prepared = driver.prepare_proof(path, driver.Options(budget=budget))
        self.original = build_shared(self.prepared.files, language="c").read_bytes()
        self.narrowed: dict[str, Prepared | None] = {}

    def judge(self, mutant: Mutant) -> Result:
        """Compile and prove one mutant."""
        started = time.monotonic()
        outcome, reason = self._outcome(mutant)
        return Result(mutant, outcome, reason, round(time.monotonic() - started, 2))

    def _outcome(self, mutant: Mutant) -> tuple[str, str]:
        files = self.generated.files_of(mutant)
        try:
            library = build_shared(files, language="c")
        except CompileError as failure:
            return "does not compile", failure.diagnostics[0].message
        try:
            if library.read_bytes() == self.original:
                return "same code", ""
            prepared = self._narrow(mutant.kernel)
            if prepared is None:
                return "not proved itself", ""
            return _classify(judge(prepared, files)[mutant.kernel])
        finally:
            if library.read_bytes() != self.original:
                shutil.rmtree(library.parent)  # a cache has no use for it

    def _narrow(self, kernel: str) -> Prepared | None:
        """The proof of `kernel` alone; None where even the right translation is not proved."""
        if kernel not in self.narrowed:
            job = self.prepared.job
            subjects = tuple(s for s in job.subjects if s.instance == kernel)
            alone = replace(self.prepared, job=replace(job, subjects=subjects, workers=1))
            proof = judge(alone, alone.files)[kernel]
            self.narrowed[kernel] = _through(alone, proof) if proof.verdict == "proved" else None
        return self.narrowed[kernel]


def _through(prepared: Prepared, proof: Proof) -> Prepared:
    """The proof with the set-up functions and those launchers that reached the kernel."""
    reached = {re.split(r"[( ]", case["label"])[0] for case in proof.cases}
    reached |= {PROGRAM} if "main" in reached else set()
    launchers = tuple(
        x for x in prepared.job.launchers
        if x.name in reached or (x.name != PROGRAM and not x.parameter_names)
    )  # fmt: skip
    return replace(prepared, job=replace(prepared.job, launchers=launchers))


def _classify(proof: Proof) -> tuple[str, str]:
    """The outcome that a proof of a mutant means."""
    if proof.verdict == "unverified":
        if "the translation crashes" in proof.reason:
            return "crash", proof.reason
        if "the translation does not end" in proof.reason:
            return "hang", proof.reason
    return proof.verdict, proof.reason or proof.tolerance


# ---------------------------------------------------------------- runs


def survey(path: Path) -> list[Mutant]:
    """Every mutant of a source file."""
    return Generated(path).mutants()


def judge_all(path: Path, mutants: Sequence[Mutant], budget: float) -> list[Result]:
    """The results for mutants of one source."""
    bench = Bench(path, budget)
    return [bench.judge(mutant) for mutant in mutants]


def run(
    sources: Sequence[Path],
    count: int,
    seed: int,
    budget: float,
    tell: Callable[[str], None] = lambda text: None,
    processes: int = 2,
) -> list[Result]:
    """Results for mutants in the order of the draw, until `count` of them are counted."""
    paths = {path.name: path for path in sources}
    results: list[Result] = []
    with ProcessPoolExecutor(processes) as pool:
        tell("generating")
        drawn = draw([m for found in pool.map(survey, sources) for m in found], seed)
        while (missing := count - counted(results)) > 0:
            batch = list(islice(drawn, missing + missing // 5 + 1))
            if not batch:
                break
            groups = list(_by_source(batch))
            tasks = [pool.submit(judge_all, paths[name], ms, budget) for name, ms in groups]
            found: dict[str, Result] = {}
            for (name, _), task in zip(groups, tasks, strict=True):
                for result in task.result():
                    found[result.mutant.key] = result
                tell(f"{name}: {len(found)} of {len(batch)}")
            for mutant in batch:
                if counted(results) < count:
                    results.append(found[mutant.key])
    return results


def counted(results: Sequence[Result]) -> int:
    return sum(result.outcome not in NOT_COUNTED for result in results)


def _by_source(mutants: Sequence[Mutant]) -> Iterator[tuple[str, list[Mutant]]]:
    ordered = sorted(mutants, key=lambda m: m.source)
    for source, group in groupby(ordered, key=lambda m: m.source):
        yield source, list(group)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=float, default=4.0, help="seconds per proof")
    parser.add_argument("--json", type=Path, help="also write every result here")
    parser.add_argument("sources", type=Path, nargs="*", default=sorted(CORPUS.glob("*.cu")))
    options = parser.parse_args()
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {text}", file=sys.stderr, flush=True)

    results = run(options.sources, options.count, options.seed, options.budget, tell)
    if options.json:
        entries = [{**asdict(r), "key": r.mutant.key, "mutant": asdict(r.mutant)} for r in results]
        options.json.write_text(json.dumps(entries, indent=1), encoding="utf-8")
    for result in results:
        if result.outcome in SURVIVED:
            m = result.mutant
            print(f"{m.key} {result.outcome} {m.kind} {m.source} {m.kernel}: {result.reason}")
            print(f"    - {m.before}\n    + {m.after}")
    outcomes = [result.outcome for result in results]
    print({name: outcomes.count(name) for name in sorted(set(outcomes))})


if __name__ == "__main__":
    main()
