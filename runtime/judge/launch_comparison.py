"""One launch: the oracle (checked, in two orders of threads), then the candidate, compared.

Order of work: what the kernel can reach is saved; the oracle runs, with checks on where asked;
again with its threads in reverse; then the candidate on the same memory. Only where results differ
the oracle runs under other rounding modes, for the allowance, and checked, because a difference
says nothing where CUDA leaves the result open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..compare import (
    MANTISSA_BITS,
    NUMPY_TYPES,
    Allowance,
    Bytes,
    Stated,
    Worst,
    agree,
    as_floats,
    compare,
)
from ..prove import Job, Subject
from ..reproducer import save_case
from ..tolerances import floor_ulps
from .checks import CheckedRun, Checks
from .libraries import Libraries
from .memory import ExactCopies, Margins, Region, view, words_of
from .outcome import BARRIER_NOTE, ORDER_NOTE, TRANSLATION, UNDEFINED_NOTE, Json, Outcome
from .precise_run import run_precise
from .saved_failure import failure_case

ROUNDINGS = (1, 2, 3)
"""Upward, downward, toward zero, as `ascendify_oracle_set_rounding` takes them."""
REVERSE, PATIENT = 1, 2
"""Orders of threads, as `ascendify_oracle_set_schedule` takes them."""
UNSTABLE = {"f16": 2e-2, "bf16": 1e-1, "f32": 1e-3, "f64": 1e-9}
"""Relative difference between two schedules that no reordering of sums explains."""
MOST_SENSITIVE = 0.05
"""The part of the elements that may be too sensitive to rounding to say anything."""
SENSITIVE_NOTE = "rounding alone changes the results so much that they prove nothing"
SHOWN_INPUTS = 8
UNWRITTEN = (0xCB, 0x3F)
"""Bytes of memory that nobody has written, in turn: a negative and a positive number."""
M_PERTURB = -6
"""The option of mallopt for the contents of new memory, whose complement it takes."""

Run = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch of a subject; `run` runs it on the oracle and returns its error."""

    subject: Subject
    grid: tuple[int, ...]
    block: tuple[int, ...]
    shared_bytes: int
    args: Any
    run: Run


@dataclass(frozen=True, slots=True)
class Results:
    """All byte arrays of a comparison, one per region."""

    before: Sequence[Bytes]
    expected: Sequence[Bytes]
    actual: Sequence[Bytes]
    schedules: Sequence[Sequence[Bytes]]
    roundings: Sequence[Sequence[Bytes]] = ()


class LaunchComparison:
    """Compares launches inside a fork. `tell` says which side runs now."""

    def __init__(
        self, job: Job, libraries: Libraries, checks: Checks, tell: Callable[..., None]
    ) -> None:
        self._job = job
        self._lib = libraries
        self._checks = checks
        self._tell = tell
        self._memory: dict[tuple[str, int, int], Bytes] = {}
        self._runs = 0
        self._precise: list[Bytes] | None = None
        self.at_end = True
        """Where the candidate's exact copies lie in their pages."""

    def compare(
        self, launch: Launch, regions: Sequence[Region], outcome: Outcome, checked: bool
    ) -> str:
        """Fill in `outcome`; the oracle's error."""
        try:
            return self._compare(launch, regions, outcome, checked)
        finally:
            self._checks.finish()

    def _compare(
        self, launch: Launch, regions: Sequence[Region], outcome: Outcome, checked: bool
    ) -> str:
        before = self._saved("before", regions)
        self._tell(
            stage="original", instance=outcome.instance, case=outcome.case, family=outcome.family
        )
        started = time.monotonic()
        check = self._first_run(launch, regions, outcome, checked)
        seconds = time.monotonic() - started
        if check.message:
            outcome.note = f"the original stops: {check.message}"
            return check.message
        expected = self._saved("expected", regions)
        lines = self._barrier_lines()
        _restore(regions, before)
        second_message = self._in_reverse(launch)
        reverse = self._saved("reverse", regions)
        _restore(regions, before)
        outcome.seconds = seconds
        self._tell(stage="candidate", outcome=asdict(outcome), undefined=check.undefined())
        error = self._run_candidate(launch, regions, check)
        actual = self._saved("actual", regions)
        _restore(regions, expected)
        if lines and not _agree(regions, expected, actual):
            outcome.note = f"{BARRIER_NOTE}, lines {lines}"
        elif second_message:
            outcome.note = f"the original stops under another schedule: {second_message}"
        elif error and check.undefined():
            outcome.note = f"{UNDEFINED_NOTE}: {check.undefined()}"
        elif error:
            outcome.note = f"{TRANSLATION} {error}: {outcome.case}"
        else:
            results = Results(before, expected, actual, (reverse,))
            self._judge(launch, regions, outcome, results, check)
        return ""

    def _saved(self, name: str, regions: Sequence[Region]) -> list[Bytes]:
        """Copies of the regions, in memory that is used again for the next launch."""
        copies = []
        for region in regions:
            key = name, region.address, region.data.size
            copy = self._memory.get(key)
            if copy is None:
                copy = self._memory[key] = region.data.copy()
            else:
                copy[:] = region.data
            copies.append(copy)
        return copies

    def _first_run(
        self, launch: Launch, regions: Sequence[Region], outcome: Outcome, checked: bool
    ) -> CheckedRun:
        self._poison(1)
        if not (checked and self._checks.available):
            return CheckedRun(launch.run())
        check = self._checks.run(launch.run, regions)
        outcome.checked = True
        outcome.findings, outcome.sites = check.findings, check.sites
        return check

    def _in_reverse(self, launch: Launch) -> str:
        self._lib.control("schedule", REVERSE)
        message = launch.run()
        self._lib.control("schedule", 0)
        self._poison(0)
        return message

    def _poison(self, on: int) -> None:
        self._lib.control("poison", on)

    def _barrier_lines(self) -> str:
        """Lines of barriers at which threads of one block waited for each other; "" for none."""
        ffi = self._lib.ffi
        first, other = ffi.new("uint32_t *"), ffi.new("uint32_t *")
        if not self._lib.oracle.ascendify_oracle_barrier_lines(first, other):
            return ""
        return f"{min(first[0], other[0])} and {max(first[0], other[0])}"

    # ---- the candidate

    def _run_candidate(self, launch: Launch, regions: Sequence[Region], check: CheckedRun) -> str:
        """Run the translated kernel; module variables are copied in and out around it."""
        lib = self._lib
        shared = [n for n in sorted(self._job.variables) if n in lib.variables]
        pairs = [
            (view(lib, lib.base + self._job.variables[n], lib.variables[n][1]),
             view(lib, *lib.variables[n]))
            for n in shared
        ]  # fmt: skip
        for theirs, ours in pairs:
            ours[:] = theirs
        error = self._call_candidate(launch, regions, check)
        for theirs, ours in pairs:
            theirs[:] = ours
        return error

    def _call_candidate(self, launch: Launch, regions: Sequence[Region], check: CheckedRun) -> str:
        lib = self._lib
        record = lib.ffi.new("ascendify_launch *")
        record.grid, record.block = list(launch.grid), list(launch.block)
        record.shared_bytes = launch.shared_bytes
        copies = self._exact_copies(launch, regions, check)
        args = launch.args if copies is None else self._moved_arguments(launch, copies)
        self._fill_unwritten_memory()
        margins = Margins(lib, regions if copies is None else ())
        lib.kernels[launch.subject.instance](args, record)
        outside = margins.close()
        error = lib.text(lib.candidate.ascendify_last_error())
        if error:
            return f"stops where the original does not ({error})"
        if copies is not None:
            outside = copies.written_outside()
        if outside is not None:
            return f"writes outside of what the original touches of '{outside.name}'"
        if copies is None:
            return ""
        for region in regions:
            low, data = copies.results().get(region.address, (0, region.data[:0]))
            high = min(low + data.size, region.data.size)
            region.data[low:high] = data[: high - low]
        return ""

    def _fill_unwritten_memory(self) -> None:
        """What the candidate reads before it writes it is neither zero nor the last run's."""
        byte = UNWRITTEN[self._runs % len(UNWRITTEN)]
        self._runs += 1
        self._lib.libc.mallopt(M_PERTURB, byte ^ 0xFF)
        self._lib.oracle.ascendify_oracle_fill_stack(byte)

    def _exact_copies(
        self, launch: Launch, regions: Sequence[Region], check: CheckedRun
    ) -> ExactCopies | None:
        """Copies of what the original touched; None where pointers may hide in memory."""
        if check.extents is None or check.undefined():
            return None
        if any(p.kind == "other" or p.elem == "other" for p in launch.subject.parameters):
            return None
        return ExactCopies(self._lib, _pointed(launch, self._lib, regions), check.extents,
                           self.at_end)  # fmt: skip

    def _moved_arguments(self, launch: Launch, copies: ExactCopies) -> Any:
        ffi = self._lib.ffi
        cells = []
        for at, parameter in enumerate(launch.subject.parameters):
            cell = ffi.cast("char *", launch.args[at])
            if parameter.kind == "ptr":
                (word,) = words_of(ffi, cell, 8)
                cell = ffi.new("char[16]")
                ffi.buffer(cell)[0:8] = copies.moved(word).to_bytes(8, "little")
            cells.append(cell)
        self._kept = cells
        pointers = [ffi.cast("void *", cell) for cell in cells]
        array = ffi.new("void *[]", pointers or [ffi.NULL])
        self._kept.append(array)
        return array

    # ---- judging

    def _judge(
        self,
        launch: Launch,
        regions: Sequence[Region],
        outcome: Outcome,
        results: Results,
        check: CheckedRun,
    ) -> None:
        _note_order(regions, outcome, results, results.schedules[0])
        if not _agree(regions, results.expected, results.actual):
            if not check.findings and self._checks.available:
                check = self._checked_again(launch, regions, results, outcome)
            if check.undefined():
                outcome.note = f"{UNDEFINED_NOTE}: {check.undefined()}"
                return
            patient = self._varied(launch, regions, results, "schedule", (PATIENT,))
            roundings = self._varied(launch, regions, results, "rounding", ROUNDINGS)
            for other in patient:
                _note_order(regions, outcome, results, other)
            schedules = (*results.schedules, *patient)
            results = replace(results, schedules=schedules, roundings=roundings)
        for at in range(len(regions)):
            self._compare_region(launch, outcome, results, at, regions)
        if outcome.note == SENSITIVE_NOTE and outcome.different:
            outcome.note = ""
        if outcome.different and not outcome.note and self._job.failures:
            case = failure_case(self._job, self._lib, launch, regions, results, outcome, check)
            outcome.saved = str(save_case(self._job.failures, case) or "")

    def _checked_again(
        self, launch: Launch, regions: Sequence[Region], results: Results, outcome: Outcome
    ) -> CheckedRun:
        _restore(regions, results.before)
        check = self._checks.run(launch.run, regions)
        outcome.checked, outcome.findings = True, check.findings
        _restore(regions, results.expected)
        return check

    def _varied(
        self,
        launch: Launch,
        regions: Sequence[Region],
        results: Results,
        switch: str,
        settings: Sequence[int],
    ) -> list[list[Bytes]]:
        """The original's results under settings of a switch of the oracle; runs that fail give
        nothing."""
        found = []
        for setting in settings:
            _restore(regions, results.before)
            self._lib.control(switch, setting)
            message = launch.run()
            self._lib.control(switch, 0)
            if not message:
                found.append([region.data.copy() for region in regions])
        self._precise = None
        if self._lib.precise is not None:
            _restore(regions, results.before)
            if not run_precise(self._lib, self._job, launch, regions):
                self._precise = [region.data.copy() for region in regions]
                found.append(self._precise)
        _restore(regions, results.expected)
        return found

    def _compare_region(
        self,
        launch: Launch,
        outcome: Outcome,
        results: Results,
        at: int,
        regions: Sequence[Region],
    ) -> None:
        before, expected, actual = results.before[at], results.expected[at], results.actual[at]
        schedules = [run[at] for run in results.schedules]
        part = _touched(before, expected, actual)
        if part is None:
            return
        dtype = _dtype(regions[at])
        floor, reason = floor_ulps(launch.subject.operations, dtype)
        allowance = Allowance(
            [run[part] for run in schedules],
            [run[at][part] for run in results.roundings],
            floor,
            reason,
            launch.subject.has("atomic", "atomic_cas"),
            launch.subject.has("min", "max"),
            stated_tolerance(launch.subject),
        )
        result = compare(before[part], expected[part], actual[part], dtype, allowance)
        outcome.elements += result.elements
        if result.worst is None or any(np.array_equal(run, actual) for run in schedules):
            outcome.exact &= result.sensitive == 0
            return
        outcome.exact = False
        if outcome.order:
            outcome.note = ORDER_NOTE
            return
        if result.sensitive > MOST_SENSITIVE * max(1, result.elements):
            outcome.note = SENSITIVE_NOTE
        outcome.different += result.different
        if result.worst is not None and (outcome.worst is None or result.different):
            first = part.start // np.dtype(NUMPY_TYPES[dtype]).itemsize
            outcome.worst = self._described(launch, result.worst, regions, at, first, before)

    def _described(
        self,
        launch: Launch,
        worst: Worst,
        regions: Sequence[Region],
        at: int,
        first: int,
        before: Bytes,
    ) -> Json:
        index = first + worst.index
        inputs: dict[str, object] = dict(scalar_arguments(launch, self._lib))
        for region in regions:
            if len(inputs) >= SHOWN_INPUTS:
                break
            dtype = _dtype(region)
            values = as_floats(region.data[: (index + 1) * 8], dtype)
            if region is not regions[at] and region.name and index < values.size:
                inputs[f"{region.name}[{index}]"] = repr(float(values[index]))
        more: Json = {}
        if self._precise is not None:
            value = as_floats(self._precise[at], _dtype(regions[at]))[index]
            more["precise"] = repr(float(value))
        return {
            **more,
            "buffer": regions[at].name,
            "dtype": _dtype(regions[at]),
            "element": index,
            "expected": repr(worst.expected),
            "actual": repr(worst.actual),
            "error": repr(worst.error),
            "ulps": worst.ulps,
            "allowance": repr(worst.allowance),
            "why": worst.why,
            "inputs": inputs,
        }


def scalar_arguments(launch: Launch, libraries: Libraries) -> dict[str, float]:
    """The kernel's arguments that are numbers, by name."""
    ffi, found = libraries.ffi, {}
    for at, parameter in enumerate(launch.subject.parameters):
        if parameter.kind in NUMPY_TYPES:
            data = bytes(ffi.buffer(ffi.cast("char *", launch.args[at]), parameter.size))
            found[parameter.name] = float(
                as_floats(np.frombuffer(data, np.uint8), parameter.kind)[0]
            )
    return found


def stated_tolerance(subject: Subject) -> Stated | None:
    """What the user's settings allow, if anything."""
    said = subject.settings.get("tolerance")
    return None if said is None else Stated(str(said[0]), float(said[1]))


def _pointed(launch: Launch, libraries: Libraries, regions: Sequence[Region]) -> list[Region]:
    """The regions that the arguments point into."""
    words = [
        words_of(libraries.ffi, launch.args[at], 8)[0]
        for at, parameter in enumerate(launch.subject.parameters)
        if parameter.kind == "ptr"
    ]
    return [r for r in regions if any(r.address <= word < r.end for word in words)]


def _dtype(region: Region) -> str:
    return region.elem if region.elem in NUMPY_TYPES else "f32"


def _restore(regions: Sequence[Region], saved: Sequence[Bytes]) -> None:
    for region, data in zip(regions, saved, strict=True):
        region.data[:] = data


def _agree(regions: Sequence[Region], one: Sequence[Bytes], other: Sequence[Bytes]) -> bool:
    return all(
        agree(a, b, _dtype(region)) for region, a, b in zip(regions, one, other, strict=True)
    )


def _touched(before: Bytes, expected: Bytes, actual: Bytes) -> slice | None:
    """The range of bytes (multiples of 8) in which either side wrote something."""
    at = np.flatnonzero((before != expected) | (before != actual))
    return slice(int(at[0]) // 8 * 8, (int(at[-1]) // 8 + 1) * 8) if at.size else None


def _note_order(
    regions: Sequence[Region], outcome: Outcome, results: Results, other: Sequence[Bytes]
) -> None:
    """Note how far another order of threads changes the original's results."""
    for at, region in enumerate(regions):
        part = _touched(results.before[at], results.expected[at], results.actual[at])
        if part is not None:
            dtype = _dtype(region)
            pair = results.expected[at][part], other[at][part]
            outcome.order |= _unstable(*pair, dtype)
            outcome.spread = max(outcome.spread, _spread(*pair, dtype))


def _unstable(one: Bytes, other: Bytes, dtype: str) -> bool:
    """Whether the oracle's two schedules differ by more than rounding explains: a race, memory that
    is read before it is written, or integers that tell in which order threads came."""
    if dtype not in MANTISSA_BITS or np.array_equal(one, other):
        return not np.array_equal(one, other)
    first, second = as_floats(one, dtype), as_floats(other, dtype)
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(first), np.abs(second))
        differs = np.abs(first - second) > UNSTABLE[dtype] * size + 1e-5
        return bool(np.any(differs & np.isfinite(size)))


def _spread(one: Bytes, other: Bytes, dtype: str) -> float:
    """The largest relative difference between two schedules."""
    if dtype not in MANTISSA_BITS or np.array_equal(one, other):
        return 0.0
    first, second = as_floats(one, dtype), as_floats(other, dtype)
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(first), np.abs(second))
        return float(np.nan_to_num(np.abs(first - second) / size, posinf=0.0).max(initial=0.0))
