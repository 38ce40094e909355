"""What the runs say of the source itself: bugs that it has whatever the translation does.

Records of checked runs get their lines and words here, all at once. A launch that we made up may
break a rule that the source's author keeps (a length that is a multiple of four), so what shows in
few of such launches is a remark; what shows in most of them, or where memory and launch are the
program's own, is a warning. Whether threads meet in global memory is a matter of how sizes relate
to each other, which we do not know: there the program is asked, and what it does not show is a
remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np

from ..bounds_inference import BoundsInference, Observation, Suspicion, Touched
from ..compare import NUMPY_TYPES
from ..evidence import Finding
from ..oracle.lines import LineTable
from ..oracle.memory_map import MemoryMap
from ..oracle.sanitizer import WRITE, Checked, Record, Site, explain
from ..oracle.sanitizer import Finding as Found
from ..parameters import Parameter
from ..prove import Job
from .outcome import BARRIER_NOTE, ORDER_NOTE, Json, Outcome

KINDS = {
    "race-shared": "race",
    "race-global": "race",
    "divergent-barrier": "barriers",
    "uninitialised-shared": "uninitialised",
    "uninitialised-global": "uninitialised",
    "undefined": "arithmetic",
    "array-index": "out-of-bounds",
    "missing-guard": "out-of-bounds",
    "off-by-one": "out-of-bounds",
    "negative-index": "out-of-bounds",
    "unwritten-tail": "unwritten",
}
"""What is found, by the kinds of the report where these are named otherwise."""
RACE = "race-global"
MOST_FINDINGS = 12
"""Findings of one kernel that are kept, in the order of the source."""
USUAL = 0.5
"""The part of the launches in which a finding must show to be the source's and not ours."""
ALWAYS = 1.0
"""The same for arrays of fixed length: each is a limit to some size, which we may not keep."""
BOUNDS = ("out-of-bounds", "array-index")

Key = tuple[str, str, int, str, int]


@dataclass(slots=True)
class _Kernel:
    """What is known of one kernel instance: checked outcomes and what else they noted."""

    outcomes: list[Outcome] = field(default_factory=list)
    noted: dict[str, Finding] = field(default_factory=dict)


class SourceFindings:
    """Findings of all kernels of a job, while outcomes come in."""

    def __init__(self, job: Job) -> None:
        memory = MemoryMap.from_json(job.memory)
        self._lines = LineTable(Path(job.oracle), memory.files)
        self._kernels = {s.instance: _Kernel() for s in job.subjects}
        self._subjects = {s.instance: s for s in job.subjects}
        self._elements = {
            s.instance: {p.name: _element_size(p.elem) for p in s.parameters} for s in job.subjects
        }
        names = {name: at for at, name in job.names.items()}
        self._parameters = {
            int(names[s.instance]): [p.name for p in s.parameters]
            for s in job.subjects
            if s.instance in names
        }

    def take(self, outcome: Outcome) -> None:
        """Keep what one launch says of the source."""
        kernel = self._kernels[outcome.instance]
        if outcome.checked:
            kernel.outcomes.append(outcome)
        if outcome.note.startswith(BARRIER_NOTE):
            self._note(kernel, "barriers", outcome.note, outcome)
        if outcome.order:
            self._note(kernel, "order", ORDER_NOTE, outcome)
        elif outcome.spread > 0:
            text = f"results depend on the order of threads by up to {outcome.spread:.1e} of them"
            self._note(kernel, "nondeterminism", text, outcome)

    def _note(self, kernel: _Kernel, kind: str, message: str, outcome: Outcome) -> None:
        if kind not in kernel.noted:
            kernel.noted[kind] = Finding(
                kind=kind,
                severity="",
                message=message,
                file="",
                line=0,
                other_file="",
                other_line=0,
                case=outcome.case,
                count=1,
            )

    def asks_for_program(self, instance: str) -> bool:
        """Whether the program's own launches would tell if a race is the source's or ours."""
        outcomes = self._kernels[instance].outcomes
        return not any(outcome.is_own for outcome in outcomes) and any(
            found["kind"] == RACE for outcome in outcomes for found in outcome.findings
        )

    def conclude(self) -> dict[str, list[Finding]]:
        """The findings of each kernel instance."""
        self._look_up_lines()
        return {instance: list(self._of(instance)) for instance in self._kernels}

    def _look_up_lines(self) -> None:
        """All lines with one question to the symbolizer."""
        outcomes = [o for kernel in self._kernels.values() for o in kernel.outcomes]
        findings = [found for o in outcomes for found in o.findings]
        sites = [site for o in outcomes for site in o.sites]
        explain(Record(tuple(findings), tuple(sites)), self._lines, self._parameters)

    def _of(self, instance: str) -> Iterator[Finding]:
        kernel = self._kernels[instance]
        inference = BoundsInference()
        first: dict[Key, tuple[Found, Outcome]] = {}
        shown: dict[Key, set[str]] = {}
        own: set[Key] = set()
        for outcome in kernel.outcomes:
            kept = [f for f in outcome.findings if not self._is_made_up(outcome, f)]
            checked = self._explained(kept, outcome.sites)
            certain = [f for f in kept if not self._is_of_data(outcome, f)]
            counted = set(map(_key, self._explained(certain, ()).findings))
            for found in checked.findings:
                key = _key(found)
                first.setdefault(key, (found, outcome))
                shown.setdefault(key, set())
                if key in counted:
                    shown[key].add(outcome.case)
                if outcome.is_own:
                    own.add(key)
            if not outcome.is_own and all(f.kind not in BOUNDS for f in checked.findings):
                inference.add(self._observation(outcome, checked.sites))
        cases = max(1, len({outcome.case for outcome in kernel.outcomes}))
        told = 0
        for key in sorted(first, key=lambda key: (key[1], key[2], key[0])):
            found, outcome = first[key]
            part = ALWAYS if found.kind == "array-index" else USUAL
            usual = key in own or (
                len(shown[key]) >= part * cases and not _is_refuted(found, outcome, kernel)
            )
            if told < MOST_FINDINGS:
                yield _finding(found, outcome, "" if usual else "remark")
            told += 1
        for suspicion in inference.conclude():
            yield _suspicion(suspicion)
        known = {KINDS.get(key[0], key[0]) for key in first}
        explained = known & {"race", "uninitialised", "barriers", "out-of-bounds"}
        for kind, finding in kernel.noted.items():
            if kind not in known and not (kind in ("order", "nondeterminism") and explained):
                yield finding

    def _explained(self, findings: Sequence[Json], sites: Sequence[Json]) -> Checked:
        return explain(Record(tuple(findings), tuple(sites)), self._lines, self._parameters)

    def _is_made_up(self, outcome: Outcome, found: Json) -> bool:
        """Whether a finding may come of an address that we made up: of numbers that we put where
        the kernel looks for pointers."""
        if outcome.is_own or found["kind"] not in ("out-of-bounds", "misaligned"):
            return False
        hidden = any(
            "other" in (p.kind, p.elem) for p in self._subjects[outcome.instance].parameters
        )
        return hidden and not found["object_bytes"] and not found["space"]

    def _is_of_data(self, outcome: Outcome, found: Json) -> bool:
        """Whether a finding may come of indices that we made up: they repeat, so two threads write
        to one place, where those of a program may all be different."""
        if outcome.is_own or found["kind"] != RACE:
            return False
        both_write = found["access"] == found["other_access"] == WRITE
        return both_write and any(map(_is_index, self._subjects[outcome.instance].parameters))

    def _observation(self, outcome: Outcome, sites: Iterable[Site]) -> Observation:
        sizes = self._elements[outcome.instance]
        scalars = {n: int(v) for n, v in outcome.scalars.items() if float(v).is_integer()}
        touched = []
        for site in sites:
            size = sizes.get(site.object, 0)
            if not size or not site.line:
                continue
            kind = site.access
            low, high = site.lowest // size, -(-site.highest // size) - 1
            touched.append(Touched(site.object, site.file, site.line, kind, low, high))
        grid, block = outcome.grid, outcome.block
        return Observation(
            outcome.case,
            scalars,
            (grid[0], grid[1], grid[2]),
            (block[0], block[1], block[2]),
            tuple(touched),
        )


def _key(found: Found) -> Key:
    return (found.kind, found.file, found.line, found.other_file, found.other_line)


def _is_refuted(found: Found, outcome: Outcome, kernel: _Kernel) -> bool:
    """Whether a race of a launch that we made up is none of the program's own launches, of as many
    blocks as it takes."""
    blocks = min(2, prod(outcome.grid))
    return found.kind == RACE and any(
        own.is_own and prod(own.grid) >= blocks for own in kernel.outcomes
    )


def _is_index(parameter: Parameter) -> bool:
    """Whether a kernel may take indices or sizes from a buffer."""
    integers = parameter.elem in NUMPY_TYPES and parameter.elem[0] in "iu"
    return (
        parameter.kind == "ptr"
        and integers
        and not parameter.is_data
        and (parameter.direction in ("in", "inout", ""))
    )


def _element_size(elem: str) -> int:
    """Bytes of an element; 0 where it is no number."""
    return np.dtype(NUMPY_TYPES[elem]).itemsize if elem in NUMPY_TYPES else 0


def _finding(found: Found, outcome: Outcome, severity: str) -> Finding:
    return Finding(
        kind=KINDS.get(found.kind, found.kind),
        severity=severity,
        message=found.message,
        file=found.file,
        line=found.line,
        other_file=found.other_file,
        other_line=found.other_line,
        case=outcome.case,
        count=found.count,
    )


def _suspicion(found: Suspicion) -> Finding:
    return Finding(
        kind=KINDS[found.kind],
        severity="",
        message=found.message,
        file=found.file,
        line=found.line,
        other_file="",
        other_line=0,
        case=found.case,
        count=1,
    )
