"""Seeded bugs in CUDA sources: their format, and whether a translation reports them.

Beside each correct program `source_bugs/NAME.cu` lies `NAME.bugs`: single-point changes that keep
the program compiling. An entry is a title, the change as a hunk, and where it shows:

    # shared race: the first step does not wait for the loads
          partial[tid] = x[i];
    -     __syncthreads();
          for (int s = THREADS / 2; s > 0; s >>= 1) {
    @ partial[tid] = x[i];
    @ partial[tid] += partial[tid + s];

The word before the colon is the kind of bug (several: any of them tells it). Lines of a hunk have
two characters of gutter, as in a diff. Each line after `@` is a piece of text: a report must name
one of the lines of the changed program that hold one of the pieces; without any, one of the added
lines. So no line number is written down.

Run as a program, it prints a table of all bugs, or of those of the programs that are named, and
writes the page:

    python tests/teeth/seeded_bugs.py --log bugs.jsonl -o docs/source_bugs.md

What is said about a program is added to the log at once, and is not asked again for the same text:
a run that was ended goes on where it was, as long as the judge is the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ascendify.driver import translate
from ascendify.runtime.evidence import Finding
from ascendify.runtime.findings import severity_of

FOLDER = Path(__file__).with_name("source_bugs")
BUDGET = 40.0
"""Seconds for a kernel: more than is used, so that a busy machine sees the same cases."""

REPORTED_AS: Mapping[str, str] = {
    "shared race": "race",
    "global race": "race",
    "out of bounds": "out-of-bounds",
    "misaligned": "misaligned",
    "uninitialised": "uninitialised",
    "divergent barrier": "barriers",
    "early return": "exited-before-barrier",
    "inactive lanes": "inactive-lanes",
}
"""Kinds of bugs, and the kinds of findings that tell of them: rows of `findings.KINDS`."""
EARLY = REPORTED_AS["early return"]
"""A kind of finding that the device forgives: a remark is enough."""


@dataclass(frozen=True, slots=True)
class Bug:
    """One change of a program: `old` for `new`. `pieces` are parts of the lines to be named, and
    `added` the places within `new` of lines that `old` lacks."""

    program: Path
    number: int
    kinds: tuple[str, ...]
    title: str
    old: str
    new: str
    pieces: tuple[str, ...]
    added: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.program.stem}-{self.number}"

    def source(self) -> str:
        """The changed program."""
        text = self.program.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the hunk fits at {text.count(self.old)} places")
        return text.replace(self.old, self.new)

    def lines(self) -> tuple[int, ...]:
        """Numbers of the lines in the changed program that a report may name."""
        if not self.pieces:
            before = self.program.read_text(encoding="utf-8").split(self.old)[0].count("\n")
            return tuple(before + at for at in self.added)
        found = set()
        for piece in self.pieces:
            here = {n for n, line in enumerate(self.source().split("\n"), 1) if piece in line}
            if not here:
                raise ValueError(f"{self.name}: no line holds '{piece}'")
            found |= here
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Report:
    """What was said about a source: the kind, and one or two lines."""

    kind: str
    lines: tuple[int, ...]
    severity: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind} {'/'.join(map(str, self.lines))}"


@dataclass(slots=True)
class Result:
    """What a table adds up to."""

    found: int = 0
    missed: int = 0
    false_alarms: int = 0
    programs: int = 0
    rows: list[tuple[Bug, list[Report]]] = field(default_factory=list)
    """Every bug with what was said about it."""


def read_bugs(path: Path) -> Iterator[Bug]:
    """The bugs of the program beside `path`. Raises ValueError where an entry is malformed."""
    entries = path.read_text(encoding="utf-8").strip("\n").split("\n\n# ")
    for number, entry in enumerate(entries, 1):
        title, *hunk = entry.removeprefix("# ").split("\n")
        kinds, _, words = title.partition(": ")
        marked = [line for line in hunk if line.startswith("@ ")]
        text = [line for line in hunk if not line.startswith("@ ")]
        if any(line[:2] not in ("  ", "- ", "+ ", "", "-", "+") for line in text):
            raise ValueError(f"{path.name}, entry {number}: a line without a gutter")
        new = [line for line in text if not line.startswith("-")]
        yield Bug(
            path.with_suffix(".cu"), number, tuple(kinds.split(", ")), words,
            _joined(text, "-"), _joined(text, "+"),
            tuple(line[2:] for line in marked),
            tuple(at for at, line in enumerate(new, 1) if _is_added(line)),
        )  # fmt: skip


def _is_added(line: str) -> bool:
    """Whether a report may name a line of a hunk: an added one, not a mere brace."""
    return line.startswith("+") and line[1:].strip() not in ("", "{", "}")


def _joined(hunk: Sequence[str], gutter: str) -> str:
    return "".join(f"{line[2:]}\n" for line in hunk if line[:1] in (" ", "", gutter))


def programs() -> list[Path]:
    return sorted(FOLDER.glob("*.cu"))


def all_bugs() -> list[Bug]:
    return [bug for path in programs() for bug in read_bugs(path.with_suffix(".bugs"))]


def reports_on(name: str, source: str) -> list[Report]:
    """What a translation of the source says about the source itself."""
    translation = translate(source, name=name, budget=BUDGET)
    return [_report(finding) for kernel in translation.kernels for finding in kernel.findings]


def _report(finding: Finding) -> Report:
    named = (finding.get("line", 0), finding.get("other_line", 0))
    lines = tuple(line for line in named if line > 0)
    return Report(finding["kind"], lines, severity_of(finding), finding["message"])


def counts(report: Report) -> bool:
    """Whether a report says that something is wrong."""
    return report.severity in ("error", "warning")


def is_heard(report: Report) -> bool:
    """Whether a report counts, or need not be more than a remark."""
    return counts(report) or report.kind == EARLY


def telling(bug: Bug, reports: Iterable[Report]) -> list[Report]:
    """Those reports that tell of the bug, at the right line."""
    kinds = {REPORTED_AS[name] for name in bug.kinds}
    lines = set(bug.lines())
    return [r for r in reports if r.kind in kinds and is_heard(r) and lines & set(r.lines)]


class Log:
    """What was said about sources, in a file of JSON lines; in memory alone without one."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.known: dict[str, list[Report]] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._enter(line)

    def _enter(self, line: str) -> None:
        try:
            row = json.loads(line)
        except ValueError:
            return  # the last line of a run that was ended
        self.known[row["text"]] = [
            Report(r["kind"], tuple(r["lines"]), r["severity"], r["message"])
            for r in row["reports"]
        ]

    def reports_on(self, name: str, source: str) -> list[Report]:
        key = hashlib.sha256(f"{name}\n{source}".encode()).hexdigest()
        if key not in self.known:
            self.known[key] = reports_on(name, source)
            if self.path is not None:
                row = {"name": name, "text": key, "reports": [asdict(r) for r in self.known[key]]}
                with self.path.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(row) + "\n")
        return self.known[key]


def print_table(chosen: Sequence[str], log: Path | None = None) -> Result:
    """A row per program and bug, of all programs or of the chosen ones."""
    result, known = Result(), Log(log)
    for path in programs():
        if chosen and path.stem not in chosen:
            continue
        said = known.reports_on(path.name, path.read_text(encoding="utf-8"))
        wrong = [r for r in said if counts(r)]
        result.programs += 1
        result.false_alarms += len(wrong)
        print(f"{path.stem:22} {'none':18} clean {_list(wrong)}", flush=True)
        for bug in read_bugs(path.with_suffix(".bugs")):
            reports = known.reports_on(path.name, bug.source())
            hit = bool(telling(bug, reports))
            result.found += hit
            result.missed += not hit
            result.rows.append((bug, reports))
            expected = "/".join(map(str, bug.lines()))
            told = _list([r for r in reports if is_heard(r)])
            verdict = "hit  " if hit else "MISS "
            print(f"{bug.name:22} {bug.kinds[0]:18} {verdict} at {expected}: {told}", flush=True)
    total = result.found + result.missed
    print(f"{result.found} of {total} bugs reported, {result.false_alarms} false alarms")
    return result


PAGE = """# Bugs seeded in sources

Does a translation tell of a bug that the source has itself? One place of a correct CUDA program is
changed so that it still compiles, and the changed program is translated as any other: the checked
runs of the original on the CPU must name the bug's kind at its line. The programs and the changes
lie in `tests/teeth/source_bugs`. Written by

    python tests/teeth/seeded_bugs.py --log bugs.jsonl -o docs/source_bugs.md

**{found} of {total} bugs are reported at the right line ({share:.1f} %), and there are
{false_alarms} warnings about the programs without a bug.** Programs: {programs} of {all}. A remark
is no report, except for threads that end before a barrier, which the device forgives. "Lines" are
those of the changed program that a report may name, "reported" what was said (kind and lines).

| program | kind | bug | lines | reported |
|---|---|---|---|---|
{rows}
"""


def page(result: Result) -> str:
    """The table as a page."""
    total = result.found + result.missed
    rows = [
        f"| {bug.program.name} | {', '.join(bug.kinds)} | {bug.title} | "
        f"{', '.join(map(str, bug.lines()))} | "
        f"{'' if telling(bug, said) else '**missed**; '}{_list(filter(is_heard, said))} |"
        for bug, said in result.rows
    ]
    return PAGE.format(
        found=result.found,
        total=total,
        share=100 * result.found / max(1, total),
        false_alarms=result.false_alarms or "no",
        programs=result.programs,
        all=len(programs()),
        rows="\n".join(rows),
    )


def _list(reports: Iterable[Report]) -> str:
    return ", ".join(dict.fromkeys(map(str, reports))) or "nothing"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--log", type=Path, help="add what is said here; go on from what is there")
    parser.add_argument("-o", "--output", type=Path, help="write the page here")
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    result = print_table(options.programs, options.log)
    if options.output:
        options.output.write_text(page(result), encoding="utf-8")
    return int(result.missed + result.false_alarms > 0)


if __name__ == "__main__":
    sys.exit(main())
