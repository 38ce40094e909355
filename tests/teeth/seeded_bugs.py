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

Run as a program, it prints a table of all bugs, or of those of the programs that are named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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


def print_table(chosen: Sequence[str]) -> Result:
    """A row per program and bug, of all programs or of the chosen ones."""
    result = Result()
    for path in programs():
        if chosen and path.stem not in chosen:
            continue
        wrong = [r for r in reports_on(path.name, path.read_text(encoding="utf-8")) if counts(r)]
        result.false_alarms += len(wrong)
        print(f"{path.stem:22} {'none':18} clean {_list(wrong)}", flush=True)
        for bug in read_bugs(path.with_suffix(".bugs")):
            reports = reports_on(path.name, bug.source())
            hit = bool(telling(bug, reports))
            result.found += hit
            result.missed += not hit
            expected = "/".join(map(str, bug.lines()))
            told = _list([r for r in reports if is_heard(r)])
            verdict = "hit  " if hit else "MISS "
            print(f"{bug.name:22} {bug.kinds[0]:18} {verdict} at {expected}: {told}", flush=True)
    total = result.found + result.missed
    print(f"{result.found} of {total} bugs reported, {result.false_alarms} false alarms")
    return result


def _list(reports: Iterable[Report]) -> str:
    return ", ".join(dict.fromkeys(map(str, reports))) or "nothing"


if __name__ == "__main__":
    outcome = print_table(sys.argv[1:])
    sys.exit(int(outcome.missed + outcome.false_alarms > 0))
