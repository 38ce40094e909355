"""The child process of the proof: loads both libraries, runs cases, compares, answers in JSON.

Every case runs in a fork of this process; what comes back through a pipe are the outcomes of the
launches that it made. Nothing here raises because compiled code crashed: a case without an answer
is a case that could not be run.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cffi
import numpy as np

from .build import LAUNCH_INTERFACE
from .compare import MANTISSA_BITS, NUMPY_TYPES, Bytes, Comparison, as_floats, compare
from .inputs import BUFFER_BYTES, FAMILIES, Case, cases, fill
from .parameters import Parameter
from .prove import PROGRAM, Job, Launcher, Proof, Subject, job_from_json

ENOUGH_CASES = 6
"""Cases in which a kernel wrote something and agreed, after which no more are tried."""
PROGRAM_LAUNCHES = 6
"""How many launches of one kernel are compared when the program's `main` runs (in other cases 2);
later ones run on the oracle only."""
MOST_PROGRAM_SECONDS = 20.0
CASE_SECONDS = 6.0
PATIENCE = 20.0
LEAST_WAIT = 3.0
"""A candidate that takes so many times the oracle's time, and at least these seconds, is taken for
one that does not end."""
GUARD_BYTES = 1 << 16
POINTER_BYTES = 512
"""How much of a buffer of no scalar type is searched for addresses of further buffers."""
DIRECT_SHARED_BYTES = 160 << 10
"""Dynamic shared memory of a launch that we made up: more than a kernel will need."""

UNSTABLE = {"f16": 2e-2, "bf16": 1e-1, "f32": 1e-3, "f64": 1e-9}
"""Relative difference between two schedules that no reordering of sums explains."""
ORDER_NOTE = "the original's result depends on the order in which threads run"
GUESS_NOTE = "the results differ on a guessed launch, which the kernel may not be written for"
BARRIER_NOTE = "threads of a block wait at different barriers"
FINDINGS = {ORDER_NOTE: "order", BARRIER_NOTE: "barriers"}
"""Notes that speak of the source itself, and their kinds in the report."""

DECLARATIONS = """
typedef struct {
  const void *kernel;
  void (*invoke)(const void *, void **);
  uint32_t grid[3];
  uint32_t block[3];
  uint64_t shared_bytes;
  uint32_t cooperative;
  uint32_t arg_count;
  void **args;
  const uint64_t *arg_sizes;
} ascendify_oracle_launch;
void ascendify_oracle_set_dispatcher(void (*)(const ascendify_oracle_launch *));
const char *ascendify_oracle_run(const ascendify_oracle_launch *);
void ascendify_oracle_fail_launch(const char *);
const char *ascendify_oracle_launch_instance(const char *, const uint32_t *, const uint32_t *,
                                             uint64_t, uint32_t, void **);
int ascendify_oracle_find_allocation(const void *, void **, uint64_t *);
void ascendify_oracle_set_schedule(uint32_t);
int ascendify_oracle_barrier_lines(uint32_t *, uint32_t *);

void *mmap(void *, size_t, int, int, int, long);
int mprotect(void *, size_t, int);
"""

LETTERS = {
    "f": "f32", "d": "f64", "h": "f16", "b": "bf16", "?": "i1", "v": "void", "o": "other",
    "c": "i8", "C": "u8", "s": "i16", "S": "u16", "i": "i32", "I": "u32", "l": "i64", "L": "u64",
}  # fmt: skip
"""The letters of `ascendify/harness.h` as IR scalar names."""

Shape = tuple[int, int, int]
BLOCKS_1D: tuple[Shape, ...] = (
    (128, 1, 1),
    (256, 1, 1),
    (32, 1, 1),
    (64, 1, 1),
    (512, 1, 1),
    (1024, 1, 1),
)
BLOCKS_2D: tuple[Shape, ...] = ((16, 16, 1), (32, 8, 1), (32, 32, 1), (8, 8, 1), (32, 4, 1))
BLOCKS_3D: tuple[Shape, ...] = ((8, 8, 4), (4, 4, 4))


@dataclass(slots=True)
class Outcome:
    """One compared launch. `note` says why it counts neither way."""

    instance: str
    shape: str
    elements: int = 0
    different: int = 0
    exact: bool = True
    worst: dict[str, object] | None = None
    note: str = ""
    order: bool = False
    """The oracle's schedules differ by more than rounding, whatever the candidate did."""


@dataclass(slots=True)
class Buffer:
    """Guarded memory: `data` views `size` bytes, the pages on both sides fault."""

    address: int
    data: Bytes
    elem: str


@dataclass(slots=True)
class Libraries:
    """Both libraries and what is known of their contents."""

    ffi: Any
    oracle: Any
    candidate: Any
    base: int
    kernels: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, tuple[int, int]] = field(default_factory=dict)


def load(job: Job) -> Libraries:
    """Open the two shared objects and read the candidate's tables."""
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS + LAUNCH_INTERFACE)
    # Host functions that were left out may still be called by others: bind as they are called.
    oracle = ffi.dlopen(job.oracle, ffi.RTLD_LAZY | ffi.RTLD_LOCAL)
    candidate = ffi.dlopen(job.candidate, ffi.RTLD_NOW | ffi.RTLD_LOCAL)
    libraries = Libraries(ffi, oracle, candidate, _base_of(job.oracle))
    at = 0
    while candidate.ascendify_kernels[at].name != ffi.NULL:
        row = candidate.ascendify_kernels[at]
        libraries.kernels[ffi.string(row.name).decode()] = row.launch
        at += 1
    at = 0
    while candidate.ascendify_variables[at].name != ffi.NULL:
        item = candidate.ascendify_variables[at]
        name = ffi.string(item.name).decode()
        libraries.variables[name] = (int(ffi.cast("uintptr_t", item.address)), int(item.bytes))
        at += 1
    return libraries


def _base_of(path: str) -> int:
    """Where the shared object at `path` was loaded."""
    real = os.path.realpath(path)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            fields = line.split(maxsplit=5)
            if len(fields) == 6 and os.path.realpath(fields[5].strip()) == real:
                return int(fields[0].split("-")[0], 16) - int(fields[2], 16)
    return 0


@dataclass(frozen=True, slots=True)
class _Launch:
    """A launch of a subject."""

    subject: Subject
    grid: tuple[int, ...]
    block: tuple[int, ...]
    shared_bytes: int
    args: Any


class CaseRun:
    """One case inside its fork: buffers, the dispatcher, comparisons."""

    def __init__(
        self,
        job: Job,
        libraries: Libraries,
        channel: int,
        seed: int,
        label: str,
        launches: int = 2,
    ) -> None:
        self.channel = channel
        self.job = job
        self.lib = libraries
        self.seed = seed
        self.label = label
        self.launches = launches
        self.buffers: list[Buffer] = []
        self.subjects = {s.instance: s for s in job.subjects}
        self.seen: dict[str, int] = {}
        self.keep: list[Any] = []

    # ---- arguments

    def buffer(self, elem: str, family: str, largest_index: int) -> Buffer:
        """A new guarded buffer filled for elements of `elem`."""
        ffi, total = self.lib.ffi, BUFFER_BYTES + 2 * GUARD_BYTES
        none, private_anonymous = 0, 0x22
        libc = ffi.dlopen(None)
        start = int(
            ffi.cast("uintptr_t", libc.mmap(ffi.NULL, total, none, private_anonymous, -1, 0))
        )
        address = start + GUARD_BYTES
        libc.mprotect(ffi.cast("void *", address), BUFFER_BYTES, 3)
        data = self.view(address, BUFFER_BYTES)
        seed = self.seed * 1000 + len(self.buffers)
        data[:] = fill(elem, family, seed, largest_index, BUFFER_BYTES)
        item = Buffer(address, data, elem)
        self.buffers.append(item)
        return item

    def view(self, address: int, size: int) -> Bytes:
        ffi = self.lib.ffi
        return np.frombuffer(ffi.buffer(ffi.cast("char *", address), size), dtype=np.uint8)

    def arguments(self, parameters: Sequence[Parameter], case: Case, family: str) -> Any:
        """`void **` for the parameters of a case."""
        ffi = self.lib.ffi
        cells = [
            self._cell(parameter, value, case, family)
            for parameter, value in zip(parameters, case.values, strict=True)
        ]
        self.keep += cells
        array = ffi.new("void *[]", [ffi.cast("void *", cell) for cell in cells] or [ffi.NULL])
        self.keep.append(array)
        return array

    def _cell(
        self, parameter: Parameter, value: int | float | None, case: Case, family: str
    ) -> Any:
        ffi = self.lib.ffi
        cell = ffi.new("char[]", max(16, parameter.size))
        if parameter.kind == "ptr":
            item = self.buffer(parameter.elem, family, case.largest_index)
            ffi.buffer(cell)[0:8] = item.address.to_bytes(8, "little")
        elif value is not None:
            ffi.buffer(cell)[0 : parameter.size] = _scalar_bytes(parameter, value)
        return cell

    # ---- launches

    def on_launch(self, record: Any) -> None:
        """The dispatcher: compare the first launches of each subject, run the others."""
        ffi = self.lib.ffi
        offset = int(ffi.cast("uintptr_t", record.kernel)) - self.lib.base
        instance = self.job.names.get(str(offset), "")
        oracle = self.lib.oracle

        def run() -> str:
            return self._text(oracle.ascendify_oracle_run(record))

        count = self.seen[instance] = self.seen.get(instance, 0) + 1
        subject = self.subjects.get(instance)
        if subject is None or instance not in self.lib.kernels or count > self.launches:
            message = run()
        else:
            message = self.compare_launch(
                subject, run, tuple(record.grid), tuple(record.block), int(record.shared_bytes),
                record.args,
            )  # fmt: skip
        if message:
            oracle.ascendify_oracle_fail_launch(message.encode())

    def compare_launch(
        self,
        subject: Subject,
        run: Callable[[], str],
        grid: tuple[int, ...],
        block: tuple[int, ...],
        shared_bytes: int,
        args: Any,
    ) -> str:
        """Run the oracle (two schedules) and the candidate on one memory; the oracle's error."""
        shape = f"{_shape(grid)}x{_shape(block)}"
        outcome = Outcome(subject.instance, f"{self.label} <<<{shape}>>>")
        launch = _Launch(subject, grid, block, shared_bytes, args)
        message = self._compare(launch, run, outcome)
        self.tell(_plain(outcome))
        return message

    def _compare(self, launch: _Launch, run: Callable[[], str], outcome: Outcome) -> str:
        regions = self._regions(launch.subject, launch.args)
        before = [region.data.copy() for region in regions]
        started = time.monotonic()
        message = run()
        if message:
            outcome.note = f"the original stops: {message}"
            return message
        seconds = time.monotonic() - started
        expected = [region.data.copy() for region in regions]
        lines = self._barrier_lines()
        self._restore(regions, before)
        self.lib.oracle.ascendify_oracle_set_schedule(1)
        second_message = run()
        self.lib.oracle.ascendify_oracle_set_schedule(0)
        second = [region.data.copy() for region in regions]
        self._restore(regions, before)
        # Should the candidate crash or hang, this is what the parent knows of it.
        now = time.monotonic()
        self.tell(
            {"instance": outcome.instance, "shape": outcome.shape, "running": seconds, "at": now}
        )
        error = self._run_candidate(launch)
        actual = [region.data.copy() for region in regions]
        self._restore(regions, expected)
        if lines and not _same(expected, actual):
            outcome.note = f"{BARRIER_NOTE}, lines {lines}"
        elif error:
            outcome.different, outcome.worst = 1, {"message": error}
        elif second_message:
            outcome.note = f"the original stops under another schedule: {second_message}"
        else:
            self._judge(outcome, regions, before, expected, second, actual)
        return ""

    def tell(self, entry: dict[str, object]) -> None:
        """One line to the parent process."""
        _write_all(self.channel, json.dumps(entry).encode() + b"\n")

    def _barrier_lines(self) -> str:
        """Lines of barriers at which threads of one block waited for each other; "" for none."""
        ffi = self.lib.ffi
        first, other = ffi.new("uint32_t *"), ffi.new("uint32_t *")
        if not self.lib.oracle.ascendify_oracle_barrier_lines(first, other):
            return ""
        return f"{min(first[0], other[0])} and {max(first[0], other[0])}"

    def _regions(self, subject: Subject, args: Any) -> list[Buffer]:
        """All memory that the launch may touch: buffers, allocations behind pointers, variables."""
        found = {buffer.address: buffer for buffer in self.buffers}
        for at, parameter in enumerate(subject.parameters):
            for word in self._words(args[at], parameter):
                region = self._region_of(word, found)
                if region is None or parameter.kind != "ptr":
                    continue
                if parameter.elem in NUMPY_TYPES:
                    region.elem = parameter.elem
                    continue
                for inner in region.data[:POINTER_BYTES].view(np.uint64):
                    self._region_of(int(inner), found)
        for name, offset in sorted(self.job.variables.items()):
            if name in self.lib.variables:
                size = self.lib.variables[name][1]
                address = self.lib.base + offset
                found[address] = Buffer(address, self.view(address, size), "u8")
        return list(found.values())

    def _words(self, cell: Any, parameter: Parameter) -> Iterator[int]:
        """The 8-byte words of an argument that may be pointers."""
        ffi = self.lib.ffi
        if parameter.kind not in ("ptr", "other"):
            return
        data = bytes(ffi.buffer(ffi.cast("char *", cell), max(8, parameter.size)))
        for at in range(0, len(data) - 7, 8):
            yield int.from_bytes(data[at : at + 8], "little")

    def _region_of(self, address: int, found: dict[int, Buffer]) -> Buffer | None:
        for region in found.values():
            if region.address <= address < region.address + region.data.size:
                return region
        ffi = self.lib.ffi
        start, size = ffi.new("void **"), ffi.new("uint64_t *")
        if not self.lib.oracle.ascendify_oracle_find_allocation(
            ffi.cast("void *", address), start, size
        ):
            return None
        first = int(ffi.cast("uintptr_t", start[0]))
        found[first] = Buffer(first, self.view(first, int(size[0])), "other")
        return found[first]

    def _restore(self, regions: Sequence[Buffer], saved: Sequence[Bytes]) -> None:
        for region, data in zip(regions, saved, strict=True):
            region.data[:] = data

    def _run_candidate(self, launch: _Launch) -> str:
        """Run the translated kernel; module variables are copied in and out around it."""
        ffi, lib = self.lib.ffi, self.lib
        shared = [n for n in sorted(self.job.variables) if n in lib.variables]
        pairs = [
            (self.view(lib.base + self.job.variables[n], lib.variables[n][1]),
             self.view(*lib.variables[n]))
            for n in shared
        ]  # fmt: skip
        for theirs, ours in pairs:
            ours[:] = theirs
        record = ffi.new("ascendify_launch *")
        record.grid, record.block = list(launch.grid), list(launch.block)
        record.shared_bytes = launch.shared_bytes
        lib.kernels[launch.subject.instance](launch.args, record)
        for theirs, ours in pairs:
            theirs[:] = ours
        return self._text(lib.candidate.ascendify_last_error())

    def _judge(
        self,
        outcome: Outcome,
        regions: Sequence[Buffer],
        before: Sequence[Bytes],
        expected: Sequence[Bytes],
        second: Sequence[Bytes],
        actual: Sequence[Bytes],
    ) -> None:
        for at, region in enumerate(regions):
            part = _touched(before[at], expected[at], actual[at])
            if part is None:
                continue
            dtype = region.elem if region.elem in NUMPY_TYPES else "f32"
            four = (before[at][part], expected[at][part], second[at][part], actual[at][part])
            self._add(outcome, compare(*four, dtype), four, dtype)

    def _add(
        self, outcome: Outcome, result: Comparison, four: tuple[Bytes, ...], dtype: str
    ) -> None:
        _, expected, second, actual = four
        outcome.elements += result.elements
        outcome.order |= _unstable(four, dtype)
        if np.array_equal(expected, actual) or np.array_equal(second, actual):
            return
        outcome.exact = False
        if outcome.order:
            outcome.note = ORDER_NOTE
            return
        outcome.different += result.different
        if result.worst is not None and (outcome.worst is None or result.different):
            worst = result.worst
            outcome.worst = {
                "element": worst.index,
                "expected": repr(worst.expected),
                "actual": repr(worst.actual),
                "error": repr(worst.error),
                "allowance": repr(worst.allowance),
            }

    def _text(self, message: Any) -> str:
        ffi = self.lib.ffi
        return "" if message == ffi.NULL else ffi.string(message).decode(errors="replace")


def _same(one: Sequence[Bytes], other: Sequence[Bytes]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _touched(before: Bytes, expected: Bytes, actual: Bytes) -> slice | None:
    """The range of bytes (multiples of 8) in which either side wrote something."""
    at = np.flatnonzero((before != expected) | (before != actual))
    return slice(int(at[0]) // 8 * 8, (int(at[-1]) // 8 + 1) * 8) if at.size else None


def _unstable(four: tuple[Bytes, ...], dtype: str) -> bool:
    """Whether the oracle's two schedules differ by more than rounding explains: a race, memory that
    is read before it is written, or integers that tell in which order threads came."""
    if dtype not in MANTISSA_BITS:
        return not np.array_equal(four[1], four[2])
    first, second = as_floats(four[1], dtype), as_floats(four[2], dtype)
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(first), np.abs(second))
        return bool(np.any(np.abs(first - second) > UNSTABLE[dtype] * size + 1e-5))


def _shape(dims: Sequence[int]) -> str:
    kept = [int(d) for d in dims]
    while len(kept) > 1 and kept[-1] == 1:
        kept.pop()
    return str(kept[0]) if len(kept) == 1 else "(" + ",".join(map(str, kept)) + ")"


def _scalar_bytes(parameter: Parameter, value: int | float) -> bytes:
    if parameter.kind == "bf16":
        bits = np.float32(value).view(np.uint32) >> np.uint32(16)
        return np.uint16(bits).tobytes()
    return np.array(value).astype(NUMPY_TYPES[parameter.kind]).tobytes()


class Worker:
    """Chooses cases, forks for each, gathers the proofs."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.lib = load(job)
        self.channel = -1
        self.setups: list[int] = []
        self.proofs = {s.instance: Proof(s.instance) for s in job.subjects}
        self.notes: dict[str, list[str]] = {s.instance: [] for s in job.subjects}

    def run(self) -> list[Proof]:
        self.setups = [
            item.number for item in self.job.launchers
            if not item.parameter_names and item.name != PROGRAM and self._runs(item.number)
        ]  # fmt: skip
        self._prove_by_launchers()
        if self.setups and not all(p.cases for p in self.proofs.values()):
            # What a set-up function finds out (the number of cores, say) chooses between kernels.
            self.setups = []
            self._prove_by_launchers()
        for launcher in self.job.launchers:
            if launcher.name == PROGRAM and not all(p.cases for p in self.proofs.values()):
                self._prove_by_program(launcher)
        for subject in self.job.subjects:
            if not self.proofs[subject.instance].cases and not self._failed(subject.instance):
                self._prove_directly(subject)
        for instance, proof in self.proofs.items():
            self._conclude(instance, proof)
        return list(self.proofs.values())

    def _call_host(self, number: int, args: Any) -> None:
        self._function(f"ascendify_host_call_{number}", "void (*)(void **)")(args)

    def _runs(self, number: int) -> bool:
        """Whether a set-up function comes back."""

        def work() -> None:
            self._call_host(number, self.lib.ffi.NULL)
            _write_all(self.channel, json.dumps(_plain(Outcome("", ""))).encode() + b"\n")

        return bool(self._fork(work, CASE_SECONDS))

    def _set_pointers(self, run: CaseRun) -> None:
        """Memory for the source's global pointers that are null."""
        ffi = self.lib.ffi
        for number in range(len(self.job.pointers)):
            try:
                function = self._function(f"ascendify_host_pointer_{number}", "int (*)(void *)")
            except AttributeError:
                continue
            elem = LETTERS.get(chr(function(ffi.NULL)), "other")
            memory = run.buffer(elem, FAMILIES[0], 1)
            function(ffi.cast("void *", memory.address))

    def _set_up(self) -> None:
        for number in self.setups:
            self._call_host(number, self.lib.ffi.NULL)

    def _failed(self, instance: str) -> bool:
        return self.proofs[instance].verdict == "failed"

    def _prove_by_launchers(self) -> None:
        for launcher in self.job.launchers:
            if launcher.name != PROGRAM:
                self._prove_by_launcher(launcher)

    def _prove_by_launcher(self, launcher: Launcher) -> None:
        parameters = self._host_parameters(launcher)
        if not parameters:
            return
        for fixed in _combinations(launcher.choices):
            if all(self._settled(subject.instance) for subject in self.job.subjects):
                return
            self._prove_by_calls(launcher, parameters, fixed)

    def _prove_by_calls(
        self, launcher: Launcher, parameters: tuple[Parameter, ...], fixed: Mapping[str, int]
    ) -> None:
        deadline = time.monotonic() + self.job.budget
        reached: set[str] = set()
        for number, case in enumerate(cases(parameters, fixed)):
            left = deadline - time.monotonic()
            if left <= 0 or (reached and all(map(self._settled, reached))):
                break
            label = f"{launcher.name}({case.describe(parameters)})"
            work = partial(self._launcher_case, launcher, parameters, case, number, label)
            for outcome in self._fork(work, min(CASE_SECONDS, max(0.5, left))):
                reached.add(outcome.instance)
                self._take(outcome)

    def _prove_by_program(self, launcher: Launcher) -> None:
        """Run `main` without arguments and compare the first launches of every kernel."""
        unproved = [i for i, proof in self.proofs.items() if not proof.cases]
        seconds = min(MOST_PROGRAM_SECONDS, self.job.budget * max(1, len(unproved)))
        work = partial(self._program_case, launcher)
        for outcome in self._fork(work, seconds):
            if outcome.instance in unproved:
                self._take(outcome)

    def _program_case(self, launcher: Launcher) -> None:
        ffi = self.lib.ffi
        run = CaseRun(self.job, self.lib, self.channel, self.job.seed, "main()", PROGRAM_LAUNCHES)
        name = ffi.new("char[]", b"program")
        words = ffi.new("char *[]", [name, ffi.NULL])
        count, vector = ffi.new("int *", 1), ffi.new("char ***", words)
        args = ffi.new("void *[]", [count, vector])
        callback = ffi.callback("void(const ascendify_oracle_launch *)", run.on_launch)
        self.lib.oracle.ascendify_oracle_set_dispatcher(callback)
        self._call_host(launcher.number, args)

    def _settled(self, instance: str) -> bool:
        return self._failed(instance) or len(self.proofs[instance].cases) >= ENOUGH_CASES

    def _host_parameters(self, launcher: Launcher) -> tuple[Parameter, ...] | None:
        """The launcher's parameters, typed by the compiled library; None where it lacks them."""
        name = f"ascendify_host_kinds_{launcher.number}"
        try:
            text = self._function(name, "const char *(*)(void)")()
        except AttributeError:
            return None
        letters = self.lib.ffi.string(text).decode()
        parameters = []
        for at, parameter in enumerate(launcher.parameter_names):
            is_pointer, kind = letters[2 * at] == "*", LETTERS[letters[2 * at + 1]]
            if is_pointer:
                parameters.append(Parameter(parameter, "ptr", kind))
            elif kind not in NUMPY_TYPES:
                return None
            else:
                size = np.dtype(NUMPY_TYPES[kind]).itemsize
                parameters.append(Parameter(parameter, kind, "", size))
        return tuple(parameters)

    def _function(self, name: str, type_: str) -> Any:
        ffi = self.lib.ffi
        declared = cffi.FFI()
        declared.cdef(f"{type_.replace('(*)', name, 1)};")
        function = getattr(declared.dlopen(self.job.oracle), name)
        return ffi.cast(type_, int(declared.cast("uintptr_t", function)))

    def _launcher_case(
        self,
        launcher: Launcher,
        parameters: Sequence[Parameter],
        case: Case,
        number: int,
        label: str,
    ) -> None:
        self._set_up()
        run = CaseRun(self.job, self.lib, self.channel, self.job.seed + number, label)
        args = run.arguments(parameters, case, FAMILIES[number % len(FAMILIES)])
        self._set_pointers(run)
        callback = self.lib.ffi.callback("void(const ascendify_oracle_launch *)", run.on_launch)
        self.lib.oracle.ascendify_oracle_set_dispatcher(callback)
        self._call_host(launcher.number, args)

    def _prove_directly(self, subject: Subject) -> None:
        deadline = time.monotonic() + self.job.budget
        for number, case in enumerate(cases(subject.parameters)):
            for block in _blocks(subject):
                if time.monotonic() > deadline or self._settled(subject.instance):
                    return
                grid = _grid(subject, number)
                label = f"direct({case.describe(subject.parameters)})"
                work = partial(self._direct_case, subject, case, number, grid, block, label)
                seconds = min(CASE_SECONDS, max(0.5, deadline - time.monotonic()))
                outcomes = self._fork(work, seconds)
                for outcome in outcomes:
                    self._take(_of_guess(outcome))
                if any(o.elements and not o.note for o in outcomes):
                    break

    def _direct_case(
        self,
        subject: Subject,
        case: Case,
        number: int,
        grid: tuple[int, int, int],
        block: tuple[int, int, int],
        label: str,
    ) -> None:
        run = CaseRun(self.job, self.lib, self.channel, self.job.seed + number, label)
        args = run.arguments(subject.parameters, case, FAMILIES[number % len(FAMILIES)])
        shared = DIRECT_SHARED_BYTES if "dynamic_shared" in subject.uses else 0
        ffi, oracle = self.lib.ffi, self.lib.oracle
        dims = ffi.new("uint32_t[3]", list(grid)), ffi.new("uint32_t[3]", list(block))
        cooperative = int("grid_barrier" in subject.uses)

        def start() -> str:
            return run._text(
                oracle.ascendify_oracle_launch_instance(
                    subject.instance.encode(), *dims, shared, cooperative, args
                )
            )

        run.compare_launch(subject, start, grid, block, shared, args)

    def _take(self, outcome: Outcome) -> None:
        proof = self.proofs[outcome.instance]
        if outcome.order:
            self._add_finding(proof, ORDER_NOTE, outcome.shape)
        if outcome.note:
            self.notes[outcome.instance].append(outcome.note)
            self._add_finding(proof, outcome.note, outcome.shape)
        elif outcome.different:
            proof.verdict = "failed"
            proof.worst = {"case": outcome.shape, **(outcome.worst or {})}
            count = outcome.different
            what = "1 element differs" if count == 1 else f"{count} elements differ"
            proof.reason = f"{what} in case {outcome.shape}"
        elif outcome.elements:
            proof.cases.append(outcome.shape)
            proof.elements += outcome.elements
            proof.exact &= outcome.exact
            if outcome.worst is not None and proof.verdict != "failed":
                proof.worst = {"case": outcome.shape, **outcome.worst}
        else:
            self.notes[outcome.instance].append("it wrote nothing")

    def _add_finding(self, proof: Proof, note: str, case: str) -> None:
        """Keep what a note says of the source, once per kind."""
        kind = FINDINGS.get(note.split(",")[0])
        if kind is not None and all(found["kind"] != kind for found in proof.findings):
            proof.findings.append({"kind": kind, "case": case, "message": note})

    def _conclude(self, instance: str, proof: Proof) -> None:
        if proof.verdict == "failed":
            return
        notes = self.notes[instance]
        differs = [note for note in notes if note.startswith((GUESS_NOTE, "the translation"))]
        if proof.cases and not differs:
            proof.verdict = "proved"
            return
        notes = differs or notes
        proof.cases.clear()
        proof.reason = notes[0] if notes else "no generated input ran through on the original"

    def _fork(self, work: Callable[[], None], seconds: float) -> list[Outcome]:
        """Run `work` in a fork; the outcomes that it told."""
        reader, self.channel = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                work()
            finally:
                os._exit(0)
        os.close(self.channel)
        data, ended = _read_until(reader, time.monotonic() + seconds)
        os.close(reader)
        if not ended:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        lines = [json.loads(line) for line in data.split(b"\n")[:-1]]
        outcomes = [Outcome(**entry) for entry in lines if "running" not in entry]
        if lines and "running" in lines[-1]:
            outcomes += _cut_off(lines[-1], ended, status, time.monotonic() - lines[-1]["at"])
        return outcomes


def _of_guess(outcome: Outcome) -> Outcome:
    """A difference on a launch that we made up: the kernel may not be written for it, so it tells
    against a proof, not for a failure."""
    if outcome.different and not outcome.note:
        outcome.note = f"{GUESS_NOTE}: {outcome.shape}"
    return outcome


def _cut_off(entry: Mapping[str, Any], ended: bool, status: int, waited: float) -> list[Outcome]:
    """What it means that a case ended while the candidate ran: no proof, whatever other cases say.
    It is not called a failure, because the source may be undefined on that input (a misaligned
    vector access, say). `running`: the oracle's time; `waited`: for the candidate, in seconds."""
    if not ended and waited < max(LEAST_WAIT, PATIENCE * entry["running"]):
        return []
    what = "does not end" if not ended else "crashes"
    if ended and os.WIFSIGNALED(status):
        what += f" ({signal.Signals(os.WTERMSIG(status)).name})"
    note = f"the translation {what} where the original does not: {entry['shape']}"
    return [Outcome(entry["instance"], entry["shape"], note=note)]


def _combinations(choices: Mapping[str, Sequence[int]]) -> Iterator[dict[str, int]]:
    """Every way to choose; one empty choice where there is nothing to choose."""
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


def _plain(outcome: Outcome) -> dict[str, object]:
    return {name: getattr(outcome, name) for name in Outcome.__slots__}


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _read_until(handle: int, deadline: float) -> tuple[bytes, bool]:
    """All that comes until the other end closes or the deadline passes; whether it closed."""
    parts: list[bytes] = []
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([handle], [], [], left)[0]:
            return b"".join(parts), False
        part = os.read(handle, 1 << 16)
        if not part:
            return b"".join(parts), True
        parts.append(part)


def _blocks(subject: Subject) -> list[tuple[int, int, int]]:
    """Block shapes worth trying for a kernel whose launches are not known."""
    shapes = BLOCKS_1D
    if "thread_z" in subject.uses:
        shapes = BLOCKS_3D
    elif "thread_y" in subject.uses:
        shapes = BLOCKS_2D
    limit = subject.max_threads or 1024
    if shapes is BLOCKS_1D:
        # A template argument that can be a block size often is the one the kernel is made for.
        numbers = map(int, re.findall(r"(?<![\w.])\d{2,4}(?![\w.])", subject.instance))
        named = [(n, 1, 1) for n in numbers if n % 32 == 0 and 0 < n <= 1024]
        shapes = tuple(dict.fromkeys((*named, *shapes)))
    return [s for s in shapes if s[0] * s[1] * s[2] <= limit] or [(limit, 1, 1)]


def _grid(subject: Subject, number: int) -> tuple[int, int, int]:
    x = (8, 4, 1, 16)[number % 4]
    y = 3 if "block_y" in subject.uses else 1
    return (x, y, 2 if "block_z" in subject.uses else 1)


def main() -> None:
    """Read a job from stdin, answer on stdout; what compiled code prints goes nowhere."""
    job = job_from_json(sys.stdin.buffer.read())
    answer = os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    for handle in (1, 2):
        os.dup2(silence, handle)
    proofs = Worker(job).run()
    text = json.dumps([{n: getattr(p, n) for n in Proof.__slots__} for p in proofs])
    _write_all(answer, text.encode())


if __name__ == "__main__":
    main()
