"""Runs mutants of the corpus's generated code through the proof and counts what is caught.

    python tests/teeth/mutation_run.py --count 300 --seed 1 --log mutants.jsonl -o docs/mutations.md

Each result is added to the log at once, and what stands there is not judged again: a run that was
ended goes on where it was, as long as neither the generated code nor the judge has changed.

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
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from mutations import WEIGHTS, Generated, Mutant, draw  # noqa: E402

import ascendify.driver as driver  # noqa: E402
from ascendify.ir.diagnostics import CompileError  # noqa: E402
from ascendify.runtime.build import build_judged  # noqa: E402
from ascendify.runtime.cache import cache_key, entry  # noqa: E402
from ascendify.runtime.prove import PROGRAM, Proof  # noqa: E402
from ascendify.verification import Prepared, judge  # noqa: E402

USUAL_BUDGET = 10.0
"""Seconds per kernel, as a translation takes them by default."""
QUICK_BUDGET = 3.0
"""What most mutants are caught in."""
FULL_BUDGET = 40.0
"""For those that survive it: more than is used, so that a busy machine sees the same cases."""
EQUIVALENT = HERE / "equivalent_mutants.toml"
CORPUS = HERE.parent / "corpus"
CAUGHT = ("failed", "crash", "hang", "outside")
SURVIVED = ("proved", "unverified")
NOT_COUNTED = ("does not compile", "same code", "equivalent", "not proved itself")


@dataclass(frozen=True, slots=True)
class Logged:
    """A mutant as the log describes it."""

    key: str
    source: str
    kernel: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant: one of CAUGHT, SURVIVED, NOT_COUNTED. `reason` is the proof's, or
    why no input can show a difference."""

    mutant: Mutant | Logged
    outcome: str
    reason: str = ""
    seconds: float = 0.0


class Bench:
    """Judges mutants of one source file."""

    def __init__(self, path: Path) -> None:
        self.generated = Generated(path)
        self.prepared = driver.prepare_proof(path, driver.Options(budget=USUAL_BUDGET))
        self.original = build_judged(self.prepared.files).read_bytes()
        self.reached = launchers_that_reach(self.prepared)
        self.equivalent = equivalent_mutants()

    def judge(self, mutant: Mutant) -> Result:
        """Compile and prove one mutant."""
        started = time.monotonic()
        outcome, reason = self._outcome(mutant)
        return Result(mutant, outcome, reason, round(time.monotonic() - started, 2))

    def _outcome(self, mutant: Mutant) -> tuple[str, str]:
        files = self.generated.files_of(mutant)
        try:
            library = build_judged(files)
        except CompileError as failure:
            return "does not compile", failure.diagnostics[0].message
        try:
            if library.read_bytes() == self.original:
                return "same code", ""
            if mutant.kernel not in self.reached:
                return "not proved itself", ""
            prepared = self._alone(mutant.kernel)
            quick = replace(prepared, job=replace(prepared.job, budget=QUICK_BUDGET))
            found = _classify(judge(quick, files)[mutant.kernel])
            if found[0] in SURVIVED and mutant.key in self.equivalent:
                return "equivalent", self.equivalent[mutant.key]
            if found[0] in SURVIVED:
                full = replace(prepared, job=replace(prepared.job, budget=FULL_BUDGET))
                found = _classify(judge(full, files)[mutant.kernel])
            return found
        finally:
            if library.read_bytes() != self.original:
                shutil.rmtree(library.parent)  # a cache has no use for it

    def _alone(self, kernel: str) -> Prepared:
        """The proof of one kernel, through the set-up functions and the launchers that reach it."""
        job, reached = self.prepared.job, self.reached[kernel]
        launchers = tuple(
            x for x in job.launchers
            if x.name in reached or (x.name != PROGRAM and not x.parameter_names)
        )  # fmt: skip
        subjects = tuple(subject for subject in job.subjects if subject.instance == kernel)
        alone = replace(job, subjects=subjects, launchers=launchers, workers=1)
        return replace(self.prepared, job=alone)


def equivalent_rows() -> list[dict[str, str]]:
    """The reviewed table of equivalent mutants."""
    rows: list[dict[str, str]] = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("equivalent", [])
    return rows


def equivalent_mutants() -> dict[str, str]:
    """Why no input can show a difference, by key."""
    return {row["key"]: " ".join(row["reason"].split()) for row in equivalent_rows()}


def launchers_that_reach(prepared: Prepared) -> dict[str, list[str]]:
    """By kernel that is proved: the names of the launchers that the proof goes through. Takes as
    long as a proof of everything, so it is kept."""
    key = cache_key("reach", prepared.job.oracle, *prepared.files.values(), str(USUAL_BUDGET))

    def make(folder: Path) -> None:
        proofs = judge(prepared, prepared.files)
        reached = {
            name: sorted({re.split(r"[( ]", case["label"])[0] for case in proof.cases})
            for name, proof in proofs.items()
            if proof.verdict == "proved"
        }
        (folder / "reach.json").write_text(json.dumps(reached), encoding="utf-8")

    text = (entry(key, make) / "reach.json").read_text(encoding="utf-8")
    found: dict[str, list[str]] = json.loads(text.replace('"main"', json.dumps(PROGRAM)))
    return found


def _classify(proof: Proof) -> tuple[str, str]:
    """The outcome that a proof of a mutant means."""
    if proof.verdict == "unverified":
        if "the translation crashes" in proof.reason:
            return "crash", proof.reason
        if "the translation does not end" in proof.reason:
            return "hang", proof.reason
        if "the translation writes outside" in proof.reason:
            return "outside", proof.reason
    return proof.verdict, proof.reason or proof.tolerance


# ---------------------------------------------------------------- runs


def survey(path: Path) -> list[Mutant]:
    """Every mutant of a source file."""
    return Generated(path).mutants()


def judge_all(path: Path, mutants: Sequence[Mutant], log: Path | None = None) -> list[Result]:
    """The results for mutants of one source, each added to `log` at once."""
    bench = Bench(path)
    results = []
    for mutant in mutants:
        results.append(bench.judge(mutant))
        if log is not None:
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(_logged(results[-1])) + "\n")
    return results


def _logged(result: Result) -> dict[str, object]:
    """A line of the log: the result, and enough of the mutant for a reader."""
    mutant = result.mutant
    return {
        "key": mutant.key, "outcome": result.outcome, "seconds": result.seconds,
        "source": mutant.source, "kernel": mutant.kernel, "kind": mutant.kind,
        "before": mutant.before, "after": mutant.after, "reason": result.reason,
    }  # fmt: skip


def known_results(log: Path | None) -> dict[str, Result]:
    """What the log says, by key; of several lines for one mutant the last. The table of equivalent
    mutants counts as it is now."""
    found: dict[str, Result] = {}
    if log is None or not log.exists():
        return found
    equivalent = equivalent_mutants()
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the last line of a run that was ended
        mutant = Logged(*(row[name] for name in Logged.__slots__))
        outcome, reason = row["outcome"], row["reason"]
        if outcome in SURVIVED and mutant.key in equivalent:
            outcome, reason = "equivalent", equivalent[mutant.key]
        found[mutant.key] = Result(mutant, outcome, reason, row["seconds"])
    return found


def run(
    sources: Sequence[Path],
    count: int,
    seed: int,
    tell: Callable[[str], None] = lambda text: None,
    only: frozenset[str] = frozenset(),
    log: Path | None = None,
    processes: int = 2,
) -> list[Result]:
    """Results for mutants in the order of the draw, until `count` of them are counted; of those
    with the keys `only` where there are any."""
    paths = {path.name: path for path in sources}
    results: list[Result] = []
    with ProcessPoolExecutor(processes) as pool:
        tell("generating")
        listed = [mutant for found in pool.map(survey, sources) for mutant in found]
        drawn = draw([m for m in listed if not only or m.key in only], seed)
        known = known_results(log)
        while (missing := count - counted(results)) > 0:
            batch = list(islice(drawn, missing + missing // 5 + 1))
            if not batch:
                break
            found = {m.key: known[m.key] for m in batch if m.key in known}
            groups = list(_by_source([m for m in batch if m.key not in known]))
            tasks = [pool.submit(judge_all, paths[name], ms, log) for name, ms in groups]
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


# ---------------------------------------------------------------- what is printed


def report(results: Sequence[Result], command: str) -> str:
    """The page: what was drawn, what was caught, what survived and what is equivalent."""
    count = counted(results)
    caught = sum(result.outcome in CAUGHT for result in results)
    share = 100 * caught / count if count else 0.0
    lines = [
        INTRODUCTION.format(
            command=command,
            count=count,
            caught=caught,
            share=share,
            drawn=len(results),
            sources=len({result.mutant.source for result in results}),
        ),
        _table(results),
        "",
    ]
    survivors = [result for result in results if result.outcome in SURVIVED]
    lines += ["## Survivors", "", *(map(_entry, survivors) if survivors else ["None.", ""])]
    equivalent = [result for result in results if result.outcome == "equivalent"]
    lines += ["## Equivalent mutants", "", EQUIVALENT_NOTE, "", *map(_entry, equivalent)]
    return "\n".join(lines).rstrip() + "\n"


INTRODUCTION = """# Mutations of generated code

Does the proof notice when the translation is wrong? Generated C of the corpus is changed in one
place, at random, and judged as if it were the translation: the original source is the oracle, the
changed code the candidate. Written by

    {command}

**{caught} of {count} mutants are caught ({share:.1f} %)**, of {drawn} that were judged, from
{sources} files. A run goes file by file; with `--from-log` the page is written before it has come
to the last one, and where a survivor was judged again, after a change of the judge, the later
answer counts. Caught means that the verdict is
`failed`, or that the changed code crashes, does not end or writes outside of its buffers where the
original does not, which the proof says in so many words; a mutant survives if it is `proved`, and
also if the proof says `unverified` for another reason. Mutants that
do not compile, or compile to the same machine code, are drawn but not counted; nor are those that
compute the same as the original for every input, which are listed below with the reason.

Kinds `operator` to `thread loop` change the text of the C; `barrier` to `narrow` change the kernel
before it is cut into loops over threads, where C has no text for what they change: a barrier is
left out, a shuffle reads another lane, a mask loses every other lane, an operation is computed in a
narrower type. Integers are narrowed to bytes; an index that is half as wide as it should be shows
only in buffers of billions of elements, or in rows of tens of thousands. What every kernel begins
with (reading the launch, storage of lanes and arrays) is not mutated: it is one text.
"""
EQUIVALENT_NOTE = """Each was looked at; the reasons are in `tests/teeth/equivalent_mutants.toml`. A
mutant that is caught although the table calls it equivalent counts as caught."""
COLUMNS = (*CAUGHT, *SURVIVED, *NOT_COUNTED)


def _table(results: Sequence[Result]) -> str:
    columns = [c for c in COLUMNS if any(r.outcome == c for r in results)]
    lines = [f"| kind | counted | {' | '.join(columns)} |", "|---|" + "---:|" * (len(columns) + 1)]
    for kind in [k for k in WEIGHTS if any(r.mutant.kind == k for r in results)]:
        lines.append(_row(kind, [r for r in results if r.mutant.kind == kind], columns))
    lines.append(_row("**all**", results, columns))
    return "\n".join(lines)


def _row(title: str, results: Sequence[Result], columns: Sequence[str]) -> str:
    numbers = [sum(r.outcome == column for r in results) for column in columns]
    return f"| {title} | {counted(results)} | {' | '.join(str(n or '') for n in numbers)} |"


def _entry(result: Result) -> str:
    """A mutant of a list."""
    mutant = result.mutant
    return (
        f"`{mutant.key}` {mutant.kind}, `{mutant.kernel}` of {mutant.source}: {result.reason}\n\n"
        f"```diff\n- {mutant.before}\n+ {mutant.after}\n```\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="keys of mutants, with commas")
    parser.add_argument("-o", "--output", type=Path, help="write the page here")
    parser.add_argument("--log", type=Path, help="add each result here; go on from what is there")
    parser.add_argument(
        "--from-log", action="store_true", help="judge nothing, write the page from the log"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("sources", type=Path, nargs="*", default=sorted(CORPUS.glob("*.cu")))
    options = parser.parse_args()
    started = time.monotonic()
    only = frozenset(options.only.split(",")) if options.only else frozenset()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {text}", file=sys.stderr, flush=True)

    if options.from_log:
        results = list(known_results(options.log).values())
    else:
        results = run(
            options.sources, options.count, options.seed, tell, only, options.log,
            options.processes,
        )  # fmt: skip
    command = f"python tests/teeth/mutation_run.py --count {options.count} --seed {options.seed}"
    command += f" --log mutants.jsonl{' --from-log' * options.from_log} -o docs/mutations.md"
    page = report(results, command)
    if options.output:
        options.output.write_text(page, encoding="utf-8")
    else:
        print(page)


if __name__ == "__main__":
    main()
