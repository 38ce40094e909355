"""The child process of the proof: loads both libraries, runs cases, answers in JSON.

Cases come from the source's own launchers first, then from its `main`, then from launches that we
make up. Every shape runs in a fork of this process with all families of data in turn; what comes
back through a pipe are the outcomes of the launches that it made. Nothing here raises because
compiled code crashed: a fork that ends early costs the inputs that it was at.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..compare import NUMPY_TYPES
from ..harness_config import KernelConfig, kernel_from_json
from ..inputs import FAMILIES, Case, cases, is_size, variations
from ..oracle.memory_map import MemoryMap
from ..parameters import TENSORS, Parameter
from ..prove import PROGRAM, Job, Launcher, Proof, Subject, job_from_json
from ..tensor_inputs import tensor_cases
from .case_run import CaseRun
from .checks import Checks
from .configured import configured_launches, is_configured
from .direct import Made, Plan, made, plans
from .launch_comparison import Launch
from .libraries import Libraries, load
from .outcome import TRANSLATION, UNDEFINED_NOTE, Channel, Outcome, outcome_of
from .sandbox import Ended, adopt_orphans, run, run_all
from .verdicts import ENOUGH_SHAPES, Verdicts

PROGRAM_LAUNCHES = 6
"""How many launches of one kernel are compared when the program's `main` runs."""
MOST_PROGRAM_SECONDS = 20.0
PROGRAM_SHARE = 0.6
"""The part of the budget for running `main`; launches that we make up may need the rest."""
TENSOR_SHARE = 0.6
"""The part of the time that is left for one function that takes tensors."""
FIRST_SHAPES = 3
"""Shapes with tensors of the same element types that are tried first."""
FLAG = re.compile(r"noop|overflow|found_?inf|_flag$", re.IGNORECASE)
"""Names of tensors that hold a flag which keeps kernels from doing anything."""
PATIENCE = 20.0
LEAST_WAIT = 3.0
"""A candidate that takes so many times the oracle's time, and at least these seconds, is taken for
one that does not end."""
LEAST_SILENCE = 1.0
"""Seconds without a word after which something is said not to end."""
SLOW = 0.1
"""Seconds for one family after which a shape is left for smaller ones, which show more."""
CHECKED_SHAPES = 10
"""Shapes whose first family runs with the oracle's checks on."""
INVALID_ACCESS = "invalid address"
"""What the oracle says where a kernel leaves its memory."""

LETTERS = {
    "f": "f32", "d": "f64", "h": "f16", "b": "bf16", "?": "i1", "v": "void", "o": "other",
    "c": "i8", "C": "u8", "s": "i16", "S": "u16", "i": "i32", "I": "u32", "l": "i64", "L": "u64",
}  # fmt: skip
"""The letters of `ascendify/harness.h` as IR scalar names."""

ENDINGS = {
    "SIGFPE": "divides by zero",
    "SIGSEGV": "accesses invalid memory",
    "SIGBUS": "accesses invalid memory",
    "SIGABRT": "aborts (a failed assertion, an exception, or abort)",
    "SIGKILL": "is killed (out of memory?)",
}
"""What it means when compiled code ends by a signal."""
LOAD_SECONDS = 8
"""Within which libraries are to be loaded; the source's own initialisers run then."""

Work = Callable[[Channel], None]
ShapeWork = Callable[[int, int, Channel], None]
"""Runs a shape with buffers so many times as large as usual, from the family of that number on."""
LARGER_BUFFERS = (1, 8, 128)
"""What is tried where no shape runs: the kernel may need more memory than its sizes tell."""


@dataclass(slots=True)
class _Shape:
    """What came of a shape: the kernels for which a launch counted, and whether something ran over
    the end of its memory."""

    kernels: set[str] = field(default_factory=set)
    left_memory: bool = False


class Worker:
    """Chooses cases, forks for each shape, gathers the proofs."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.lib: Libraries = load(job)
        self.checks = Checks(self.lib, MemoryMap.from_json(job.memory))
        self.setups: list[int] = []
        self.verdicts = Verdicts(job)
        self._is_patient = False
        """A crash with the first family says nothing of the second, whose floats are in [0, 1)."""
        self.configs = {
            s.instance: kernel_from_json(s.settings) if s.settings else KernelConfig()
            for s in job.subjects
        }
        budgets = [self.configs[s.instance].budget or job.budget for s in job.subjects]
        self.deadline = time.monotonic() + sum(budgets)

    def run(self) -> list[Proof]:
        for subject in self.job.subjects:
            self._prove_as_configured(subject)
        self.setups = [
            item.number for item in self.job.launchers
            if not item.parameter_names and item.name != PROGRAM and self._runs(item.number)
        ]  # fmt: skip
        self._prove_by_launchers()
        if self.setups and self._some_open():
            # What a set-up function finds out (the number of cores, say) chooses between kernels.
            self.setups = []
            self._prove_by_launchers()
        for launcher in self.job.launchers:
            if launcher.name == PROGRAM and self._has_host(launcher.number):
                self._prove_by_program(launcher)
        for subject in self.job.subjects:
            if self.verdicts.is_open(subject.instance):
                self._prove_directly(subject)
        return self.verdicts.conclude()

    def _some_open(self) -> bool:
        return any(self.verdicts.is_open(s.instance) for s in self.job.subjects)

    # ---- host functions

    def _call_host(self, number: int, args: Any) -> None:
        self.lib.function(f"ascendify_host_call_{number}", "void (*)(void **)")(args)

    def _has_host(self, number: int) -> bool:
        """Whether the library has a host function: one that does not compile is left out."""
        try:
            self.lib.function(f"ascendify_host_call_{number}", "void (*)(void **)")
        except AttributeError:
            return False
        return True

    def _runs(self, number: int) -> bool:
        """Whether a set-up function comes back."""

        def work(channel: Channel) -> None:
            self._call_host(number, self.lib.ffi.NULL)
            channel.tell(done=True)

        return bool(run(work, self.deadline).lines)

    def _set_up(self) -> None:
        for number in self.setups:
            self._call_host(number, self.lib.ffi.NULL)

    def _set_pointers(self, case_run: CaseRun) -> None:
        """Memory for the source's global pointers that are null."""
        ffi = self.lib.ffi
        for number, name in enumerate(self.job.pointers):
            try:
                function = self.lib.function(f"ascendify_host_pointer_{number}", "int (*)(void *)")
            except AttributeError:
                continue
            elem = LETTERS.get(chr(function(ffi.NULL)), "other")
            region = case_run.buffer(Parameter(name, "ptr", elem))
            function(ffi.cast("void *", region.address))

    def _host_parameters(self, launcher: Launcher) -> tuple[Parameter, ...] | None:
        """The launcher's parameters, typed by the compiled library; None where it lacks them."""
        name = f"ascendify_host_kinds_{launcher.number}"
        try:
            text = self.lib.function(name, "const char *(*)(void)")()
        except AttributeError:
            return None
        letters = self.lib.text(text)
        parameters = []
        for at, parameter in enumerate(launcher.parameter_names):
            is_pointer = letters[2 * at] == "*"
            if letters[2 * at] == "#":
                below = int(FLAG.search(parameter) is not None)
                letter = letters[2 * at + 1]
                parameters.append(Parameter(parameter, TENSORS, letter, below=below))
                continue
            kind = LETTERS[letters[2 * at + 1]]
            if is_pointer:
                is_sorted = self._is_sorted(parameter)
                parameters.append(Parameter(parameter, "ptr", kind, is_sorted=is_sorted))
            elif kind not in NUMPY_TYPES:
                return None
            else:
                size = np.dtype(NUMPY_TYPES[kind]).itemsize
                choices = self._choices(parameter) if "#" in letters else ()
                parameters.append(Parameter(parameter, kind, "", size, choices=choices))
        return tuple(parameters)

    def _choices(self, name: str) -> tuple[int, ...]:
        """What kernels compare their number of that name with."""
        of_kernels = (p for subject in self.job.subjects for p in subject.parameters)
        return next((p.choices for p in of_kernels if p.name == name and p.choices), ())

    def _is_sorted(self, name: str) -> bool:
        """Whether a kernel wants its buffer of that name to ascend; hosts prefix their names."""
        plain = name.removeprefix("d_").removeprefix("dev_")
        return any(
            p.is_sorted and p.name.removeprefix("d_") == plain
            for subject in self.job.subjects
            for p in subject.parameters
        )

    # ---- launchers

    def _prove_by_launchers(self) -> None:
        for launcher in self.job.launchers:
            parameters = self._host_parameters(launcher) if launcher.name != PROGRAM else None
            if not parameters:
                continue
            if any(p.kind == TENSORS for p in parameters):
                self._prove_by_tensors(launcher, parameters)
                continue
            for fixed in _combinations(launcher.choices):
                self._prove_by_calls(launcher, parameters, fixed)

    def _prove_by_calls(
        self, launcher: Launcher, parameters: tuple[Parameter, ...], fixed: Mapping[str, int]
    ) -> None:
        tried = list(cases(parameters, fixed))
        reached = self._run_cases(launcher, parameters, tried)
        for instance in self._thin(reached):
            # What chose this kernel (a mode, a block size) stays, the sizes vary.
            found = next(case for case, names in reached if instance in names)
            modes = {p.name: v for p, v in zip(parameters, found.values, strict=True)
                     if isinstance(v, int) and not is_size(p)}  # fmt: skip
            again = [c for c in cases(parameters, {**fixed, **modes}) if c not in tried]
            tried += again
            reached += self._run_cases(launcher, parameters, again)
        for instance in self._thin(reached):
            found = next(case for case, names in reached if instance in names)
            again = [c for c in variations(found, parameters, fixed) if c not in tried]
            tried += again
            reached += self._run_cases(launcher, parameters, again)

    def _prove_by_tensors(self, launcher: Launcher, parameters: tuple[Parameter, ...]) -> None:
        """Call a function that takes tensors with tensors of all element types."""
        now = time.monotonic()
        limit = now + TENSOR_SHARE * (self.deadline - now)
        fitting: list[list[Case]] = []
        self._is_patient = True
        for group in tensor_cases(parameters, launcher.dimensions, launcher.elements):
            if time.monotonic() >= limit:
                break
            if self._run_cases(launcher, parameters, group[:FIRST_SHAPES]):
                fitting.append(group)
        for group in fitting:
            if time.monotonic() >= limit or not self._some_open():
                break
            self._run_cases(launcher, parameters, group[FIRST_SHAPES:])
        self._is_patient = False

    def _thin(self, reached: Sequence[tuple[Case, set[str]]]) -> list[str]:
        """Kernels that were reached, but in few shapes."""
        names = dict.fromkeys(name for _, found in reached for name in sorted(found))
        return [name for name in names if not self.verdicts.is_settled(name)]

    def _run_cases(
        self, launcher: Launcher, parameters: tuple[Parameter, ...], tried: Sequence[Case]
    ) -> list[tuple[Case, set[str]]]:
        """Call the launcher with each case until enough ran; what each of them reached."""
        works: list[ShapeWork] = []
        for number, case in enumerate(tried):
            label = f"{launcher.name}({case.describe(parameters)})"
            works.append(partial(self._launcher_shape, launcher, parameters, case, number, label))
        reached = self._run_shapes(works)
        return [(case, found) for case, found in zip(tried, reached, strict=False) if found]

    def _launcher_shape(
        self,
        launcher: Launcher,
        parameters: Sequence[Parameter],
        case: Case,
        number: int,
        label: str,
        times: int,
        first_family: int,
        channel: Channel,
    ) -> None:
        self._set_up()
        case_run = CaseRun(
            self.job, self.lib, self.checks, channel, label, case.buffer_bytes(times)
        )
        args = case_run.arguments(parameters, case)
        case_run.sizes = {
            p.name: value
            for p, value in zip(parameters, case.values, strict=True)
            if isinstance(value, int) and is_size(p)
        }
        self._set_pointers(case_run)
        case_run.watch_launches()
        originals = [_saved_cell(self.lib, args, at, p) for at, p in enumerate(parameters)]
        for family in range(first_family, len(FAMILIES)):
            self._begin(case_run, number, family, case, channel)
            for at, data in enumerate(originals):
                cell = self.lib.ffi.cast("char *", args[at])
                self.lib.ffi.buffer(cell, len(data))[:] = data
            started = time.monotonic()
            self._call_host(launcher.number, args)
            channel.tell(end=family)
            if not case_run.launched:
                return  # whatever the buffers hold, it launches nothing at these sizes
            if time.monotonic() - started > (SLOW if family else 4 * SLOW):
                return

    def _begin(
        self, case_run: CaseRun, number: int, family: int, case: Case, channel: Channel
    ) -> None:
        channel.tell(begin=family, family=FAMILIES[family].name, label=case_run.label)
        case_run.refill(FAMILIES[family], self.job.seed + number, case.largest_index)
        case_run.is_checked = family == 0 and number < CHECKED_SHAPES

    # ---- shapes and families

    def _run_shapes(self, works: Sequence[ShapeWork]) -> list[set[str]]:
        """Run shapes until enough of them ran; the kernels that each reached. Those that left their
        memory have another turn with more of it."""
        reached: list[set[str]] = [set() for _ in works]
        todo = list(range(len(works)))
        for times in LARGER_BUFFERS:
            shapes = self._run_sized([partial(works[at], times) for at in todo])
            for at, shape in zip(todo, shapes, strict=False):
                reached[at] |= shape.kernels
            todo = [at for at, shape in zip(todo, shapes, strict=False) if shape.left_memory]
            if not todo or sum(map(bool, reached)) >= ENOUGH_SHAPES:
                break
        return reached

    def _run_sized(self, works: Sequence[Callable[[int, Channel], None]]) -> list[_Shape]:
        shapes: list[_Shape] = []
        for start in range(0, len(works), self.job.workers):
            good = [shape.kernels for shape in shapes if shape.kernels]
            if len(good) >= ENOUGH_SHAPES or time.monotonic() >= self.deadline:
                break
            if good and all(map(self.verdicts.is_settled, set().union(*good))):
                break
            shapes += self._run_with_retries(list(works[start : start + self.job.workers]))
        return shapes

    def _run_with_retries(self, works: list[Callable[[int, Channel], None]]) -> list[_Shape]:
        """Run shapes side by side; after a crash in a later family the ones behind it run too."""
        todo = [(at, 0) for at in range(len(works))]
        shapes = [_Shape() for _ in works]
        while todo and time.monotonic() < self.deadline:
            ended = run_all(
                [partial(works[at], family) for at, family in todo], self.deadline, self.job.workers
            )
            again: list[tuple[int, int]] = []
            for (at, _), result in zip(todo, ended, strict=True):
                if result is None:
                    continue
                self._take(result, shapes[at])
                family = _open_family(result)
                goes_on = shapes[at].kernels or (self._is_patient and family == 0)
                if family is not None and goes_on and family + 1 < len(FAMILIES):
                    again.append((at, family + 1))
            todo = again
        return shapes

    def _take(self, ended: Ended, shape: _Shape) -> None:
        """Take the outcomes of a fork that ran `shape`."""
        for line in ended.lines:
            outcome = outcome_of(line)
            if outcome is not None:
                self.verdicts.take(outcome)
                if outcome.elements and not outcome.note:
                    shape.kernels.add(outcome.instance)
                shape.left_memory |= INVALID_ACCESS in outcome.note
        last = ended.last
        shape.left_memory |= ended.signal in (signal.SIGSEGV.name, signal.SIGBUS.name)
        if last.get("stage") == "candidate":
            outcome = Outcome(**last["outcome"])
            outcome.note = _candidate_note(last, outcome, ended)
            if outcome.note or outcome.findings:
                self.verdicts.take(outcome)
        elif ended.timed_out and ended.silent_for < LEAST_SILENCE:
            pass  # the budget ended, which says nothing about what was running
        elif last.get("stage") == "original":
            self.verdicts.note(last["instance"], _original_note(ended, last))
        elif _open_family(ended) is not None:
            self.verdicts.note_host(_host_note(ended))

    # ---- the program itself

    def _prove_by_program(self, launcher: Launcher) -> None:
        """Run `main` and compare the first launches of every kernel."""
        for arguments in self.job.program_arguments or ((),):
            asking = [
                s.instance for s in self.job.subjects
                if self.verdicts.is_open(s.instance) or self.verdicts.asks_for_program(s.instance)
            ]  # fmt: skip
            if not asking:
                return
            seconds = min(MOST_PROGRAM_SECONDS, PROGRAM_SHARE * self.job.budget * len(asking))
            work = partial(self._program_case, launcher, tuple(arguments))
            ended = run(work, min(time.monotonic() + seconds, self.deadline + seconds))
            self._take(ended, _Shape())
            if ended.timed_out and ended.last.get("stage") is None:
                for instance in asking:
                    self.verdicts.note(instance, f"main() does not end within {seconds:.0f} s")

    def _program_case(self, launcher: Launcher, arguments: Sequence[str], channel: Channel) -> None:
        ffi = self.lib.ffi
        label = " ".join(("main", *arguments)) if arguments else "main()"
        case_run = CaseRun(
            self.job, self.lib, self.checks, channel, label, launches=PROGRAM_LAUNCHES
        )
        case_run.family, case_run.is_checked = "the program's own", True
        words = [ffi.new("char[]", word.encode()) for word in ("program", *arguments)]
        vector = ffi.new("char *[]", [*words, ffi.NULL])
        count, pointer = ffi.new("int *", len(words)), ffi.new("char ***", vector)
        args = ffi.new("void *[]", [count, pointer])
        case_run.watch_launches()
        channel.tell(begin=0, family=case_run.family, label=label)
        self._call_host(launcher.number, args)
        channel.tell(end=0)

    # ---- launches that we make up

    def _prove_as_configured(self, subject: Subject) -> None:
        """A kernel of which the user says how to call it is called that way only."""
        config = self.configs[subject.instance]
        if not is_configured(config):
            return
        for text in subject.assumptions:
            self.verdicts.assume(subject.instance, text)
        works: list[ShapeWork] = [
            partial(self._direct_shape, subject, launch, number)
            for number, launch in enumerate(configured_launches(subject, config))
        ]
        self._run_shapes(works)
        self.verdicts.close(subject.instance)

    def _prove_directly(self, subject: Subject) -> None:
        # Whatever came before, there is some time left for each kernel.
        least = time.monotonic() + (1 - PROGRAM_SHARE) * self.job.budget
        limit = max(least, min(self.deadline, time.monotonic() + self.job.budget))
        self.deadline = max(self.deadline, least)
        for plan in plans(subject):
            if time.monotonic() >= limit:
                return
            tried = list(cases(subject.inputs))
            ran = self._run_made(subject, plan, tried)
            if not ran:
                continue
            self.verdicts.assume(subject.instance, plan.why)
            if not self.verdicts.is_settled(subject.instance):
                # One size may have a limit that most shapes are beyond.
                varied = variations(ran[0], subject.inputs, {})
                self._run_made(subject, plan, [case for case in varied if case not in tried])
            return

    def _run_made(self, subject: Subject, plan: Plan, tried: Sequence[Case]) -> list[Case]:
        """Launch the kernel as planned with each case; those that counted."""
        works: list[ShapeWork] = []
        launched: list[Case] = []
        for number, case in enumerate(tried):
            launch = made(plan, subject, case, number)
            if launch is not None:
                works.append(partial(self._direct_shape, subject, launch, number))
                launched.append(case)
        reached = self._run_shapes(works)
        return [case for case, found in zip(launched, reached, strict=False) if found]

    def _direct_shape(
        self,
        subject: Subject,
        made: Made,
        number: int,
        times: int,
        first_family: int,
        channel: Channel,
    ) -> None:
        ffi, oracle = self.lib.ffi, self.lib.oracle
        label = f"direct({made.case.describe(subject.inputs)})"
        case_run = CaseRun(
            self.job, self.lib, self.checks, channel, label, made.case.buffer_bytes(times)
        )
        case_run.is_made = True
        args = case_run.arguments(made.parameters, made.case, subject.parameters)
        sizes = ffi.new("uint32_t[3]", list(made.grid)), ffi.new("uint32_t[3]", list(made.block))
        cooperative = int("grid_barrier" in subject.uses)

        def start() -> str:
            return self.lib.text(
                oracle.ascendify_oracle_launch_instance(
                    subject.instance.encode(), *sizes, made.shared_bytes, cooperative, args
                )
            )

        launch = Launch(subject, made.grid, made.block, made.shared_bytes, args, start)
        for family in range(first_family, len(FAMILIES)):
            self._begin(case_run, number, family, made.case, channel)
            started = time.monotonic()
            message = case_run.compare(launch)
            channel.tell(end=family)
            if message and family == 0:
                return
            if time.monotonic() - started > (SLOW if family else 4 * SLOW):
                return


def _saved_cell(lib: Libraries, args: Any, at: int, parameter: Parameter) -> bytes:
    """An argument's bytes; functions may change their parameters."""
    return bytes(lib.ffi.buffer(lib.ffi.cast("char *", args[at]), max(8, parameter.size)))


def _open_family(ended: Ended) -> int | None:
    """The family that a fork was at when it ended early."""
    at: int | None = None
    for line in ended.lines:
        if "begin" in line:
            at = line["begin"]
        elif "end" in line:
            at = None
    return at


def _candidate_note(last: Mapping[str, Any], outcome: Outcome, ended: Ended) -> str:
    """What it means that a case ended while the candidate ran: no proof, whatever other cases say,
    unless the original is undefined on that input."""
    if ended.timed_out:
        if ended.silent_for < max(LEAST_WAIT, PATIENCE * outcome.seconds):
            return ""
        what = "does not end"
    else:
        what = "crashes" + (f" ({ended.signal})" if ended.signal else "")
    if last["undefined"]:
        return f"{UNDEFINED_NOTE}: {last['undefined']}"
    return f"{TRANSLATION} {what} where the original does not: {outcome.case}"


def _original_note(ended: Ended, last: Mapping[str, Any]) -> str:
    """Why the original did not come back."""
    if ended.timed_out:
        return f"the original does not end within {ended.silent_for:.0f} s: {last['case']}"
    what = ENDINGS.get(ended.signal, f"crashes ({ended.signal or 'exit'})")
    return f"the original {what}: {last['case']}"


def _host_note(ended: Ended) -> str:
    """Why host code did not come back, outside of any kernel."""
    label = next(line["label"] for line in reversed(ended.lines) if "label" in line)
    if "error" in ended.last:
        return f"the proof stops in {label}: {ended.last['error']}"
    if ended.timed_out:
        return f"{label} does not end within {ended.silent_for:.0f} s"
    if not ended.signal:
        return f"{label} ends the program with status {os.waitstatus_to_exitcode(ended.status)}"
    return f"{label} {ENDINGS.get(ended.signal, f'ends by {ended.signal}')}"


def _combinations(choices: Mapping[str, Sequence[int]]) -> Iterator[dict[str, int]]:
    """Every way to choose; one empty choice where there is nothing to choose."""
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


def main() -> None:
    """Read a job from stdin, answer on stdout; what compiled code prints goes nowhere."""
    job = job_from_json(sys.stdin.buffer.read())
    adopt_orphans()
    answer = os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(silence, handle)
    signal.alarm(LOAD_SECONDS)  # its default is to end the process, wherever it is
    worker = Worker(job)
    signal.alarm(0)
    proofs = worker.run()
    text = json.dumps([{n: getattr(p, n) for n in Proof.__slots__} for p in proofs]).encode()
    while text:
        text = text[os.write(answer, text) :]


if __name__ == "__main__":
    main()
