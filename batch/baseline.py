"""What a corpus gave at a time that is remembered, and how another run differs from it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..ir.diagnostics import error
from ..runtime.json_text import json_text
from ..runtime.overview import NOT_EXAMINED
from ..runtime.project import write_atomically
from ..runtime.report import KernelReport, Report, tool_version

VERSION = 1
BEST_FIRST = ("proved", "translates", "unverified", "refused", "failed")
CLASSES = ("exact", "rounded", "")
"""How strictly results agree, the strictest first; "" where nothing was compared."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is remembered of an instance of a kernel: nothing that depends on time or on lines."""

    verdict: str
    tolerance: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """Entries by file and instance (a second one of the same name has `#2` behind it)."""

    target: str
    kernels: Mapping[str, Mapping[str, Entry]]
    unexamined: Mapping[str, str] = field(default_factory=dict)
    """Files of which no kernel could be looked at, with what came of them."""


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two runs; `before` or `after` is "" where there is none."""

    file: str
    instance: str
    before: str
    after: str

    def __str__(self) -> str:
        what = " -> ".join(text for text in (self.before, self.after) if text)
        name = f"{self.file}: {self.instance}" if self.instance else self.file
        return f"{name}: {what}"


@dataclass(slots=True)
class Comparison:
    """All differences, by what they mean."""

    regressions: list[Change] = field(default_factory=list)
    improvements: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    new: list[Change] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)

    def groups(self) -> Iterator[tuple[str, list[Change]]]:
        """The titles and differences that there are, what matters most first."""
        for title in ("regressions", "improvements", "changed", "new", "gone"):
            changes = getattr(self, title)
            if changes:
                yield title, changes


def baseline_of(report: Report) -> Baseline:
    """What a run has to be remembered for."""
    kernels: dict[str, dict[str, Entry]] = {}
    for file in report.files:
        seen: Counter[str] = Counter()
        for kernel in file.kernels:
            seen[kernel.instance] += 1
            number = seen[kernel.instance]
            name = kernel.instance if number == 1 else f"{kernel.instance}#{number}"
            kernels.setdefault(file.name, {})[name] = _entry(kernel)
    unexamined = {f.name: f.status for f in report.files if f.status in NOT_EXAMINED}
    return Baseline(report.target, kernels, unexamined)


def _entry(kernel: KernelReport) -> Entry:
    strictness = ""
    if kernel.cases:
        strictness = "exact" if all(case["exact"] for case in kernel.cases) else "rounded"
    return Entry(kernel.verdict, strictness, tuple(sorted(set(kernel.codes))))


def compare(before: Baseline, after: Baseline) -> Comparison:
    """How `after` differs from `before`."""
    found = Comparison()
    for file in sorted({*before.kernels, *after.kernels, *before.unexamined, *after.unexamined}):
        old, new = before.kernels.get(file, {}), after.kernels.get(file, {})
        lost, was_lost = after.unexamined.get(file, ""), before.unexamined.get(file, "")
        if lost and lost != was_lost:
            found.regressions.append(Change(file, "", was_lost or "examined", lost))
        elif was_lost and not lost and file in after.kernels:
            found.improvements.append(Change(file, "", was_lost, "examined"))
        if lost:
            continue
        for name in sorted({*old, *new}):
            _compare(found, file, name, old.get(name), new.get(name))
    return found


def _compare(found: Comparison, file: str, name: str, old: Entry | None, new: Entry | None) -> None:
    if old is None or new is None:
        if new is not None:
            found.new.append(Change(file, name, "", _said(new)))
        elif old is not None:
            found.gone.append(Change(file, name, _said(old), ""))
        return
    if old == new:
        return
    change = Change(file, name, _said(old), _said(new))
    before, after = _rank(old), _rank(new)
    if after > before:
        found.regressions.append(change)
    elif after < before:
        found.improvements.append(change)
    else:
        found.changed.append(change)


def _rank(entry: Entry) -> tuple[int, int]:
    strictness = CLASSES.index(entry.tolerance) if entry.verdict == "proved" else 0
    return BEST_FIRST.index(entry.verdict), strictness


def _said(entry: Entry) -> str:
    details = [text for text in (entry.tolerance, *entry.codes) if text]
    return f"{entry.verdict} ({', '.join(details)})" if details else entry.verdict


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write it, for version control: sorted, and the same bytes for the same results."""
    files = {
        file: {name: _plain(entry) for name, entry in sorted(entries.items())}
        for file, entries in sorted(baseline.kernels.items())
    }
    data = {
        "baseline": VERSION,
        "tool": tool_version(),
        "target": baseline.target,
        "kernels": files,
        "unexamined": dict(sorted(baseline.unexamined.items())),
    }
    write_atomically(path, json_text(data))


def _plain(entry: Entry) -> dict[str, object]:
    return {key: value for key, value in asdict(entry).items() if value}


def read_baseline(path: Path) -> Baseline:
    """Read what `write_baseline` wrote. Raises CompileError ASC0002 where it is something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["baseline"] != VERSION:
            raise ValueError(f"version {data['baseline']}, this tool reads {VERSION}")
        kernels = {
            file: {name: _read_entry(entry) for name, entry in entries.items()}
            for file, entries in data["kernels"].items()
        }
        return Baseline(data["target"], kernels, dict(data.get("unexamined", {})))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        raise error("ASC0002", f"cannot read the baseline '{path}': {failure}") from failure


def _read_entry(entry: Mapping[str, object]) -> Entry:
    codes = entry.get("codes", ())
    verdict, tolerance = str(entry["verdict"]), str(entry.get("tolerance", ""))
    if verdict not in BEST_FIRST or tolerance not in CLASSES or not isinstance(codes, Sequence):
        raise ValueError(f"no entry of a kernel: {entry}")
    return Entry(verdict, tolerance, tuple(map(str, codes)))
