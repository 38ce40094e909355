"""The proof: kernels of the candidate against the oracle, on inputs made here.

The source's own host functions ("launchers") are called with generated arguments; they compute
launch shapes and arguments exactly as their author meant them. Kernels that need data of a certain
kind get it from the program's own `main`. At each launch the memory that the
kernel can reach is saved, the oracle runs, then the candidate on the same memory, and the results
are compared. Kernels that nothing reaches are launched directly over a few common shapes.

All of it happens in a child process per file, and each case in a fork of that: a crash, an
endless loop or a failed assertion of compiled code ends one case, never the command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from .evidence import Finding
from .parameters import Parameter

PROGRAM = "ascendify_user_main"
"""The name under which the oracle keeps the source's `main`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A kernel instance to prove. `uses` names what its text uses among `thread_y`, `thread_z`,
    `block_y`, `block_z`, `dynamic_shared`, `barrier`, `grid_barrier` and `block_order` (atomics,
    fences, volatile accesses); `max_threads` comes from its launch bounds, or is 0; `operations`
    are the names of the IR operations in it; `launches` how to launch it, the most likely first:
    where that comes from, and the shape (`ir/launch_shape.py`) as JSON; `settings` what the user
    says of it, as JSON, and `assumptions` the same in words.
    """

    instance: str
    parameters: tuple[Parameter, ...]
    uses: tuple[str, ...] = ()
    max_threads: int = 0
    operations: tuple[str, ...] = ()
    launches: tuple[tuple[str, dict[str, Any]], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    members: tuple[Parameter, ...] = ()
    """What parameters of class type are made of, as far as it is known."""

    @property
    def inputs(self) -> tuple[Parameter, ...]:
        """What values are made up for: the parameters, members in place of those that have any."""
        found: list[Parameter] = []
        for at, parameter in enumerate(self.parameters):
            members = [member for member in self.members if member.inside == at]
            found += members or [parameter]
        return tuple(found)

    def has(self, *operations: str) -> bool:
        """Whether the kernel has one of these IR operations."""
        return not set(operations).isdisjoint(self.operations)


@dataclass(frozen=True, slots=True)
class Launcher:
    """A host function that launches kernels; `number` is its place in the oracle's epilogue.
    `choices`: the values that a parameter is meant to have; `dimensions` and `elements`: how many
    dimensions tensors have at least (or lists of tensors there are), and their element types.
    Without parameters: a set-up function, called once before the others.
    """

    number: int
    name: str
    parameter_names: tuple[str, ...]
    choices: Mapping[str, Sequence[int]] = field(default_factory=dict)
    dimensions: Mapping[str, int] = field(default_factory=dict)
    elements: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """All that the child process needs. `pointers` are host variables that get memory where they
    are null. `names` maps kernel addresses (offsets in the oracle's
    file) to instance names; `variables` the module variables' names to such offsets and sizes.
    `workers` is the number of cores to use; `program_arguments` what to try calling `main` with;
    `memory` is the oracle's memory map as JSON; `precise` an oracle that computes with more digits,
    asked where results differ, or "", and `precise_variables` the offsets of its module variables;
    `failures` a folder for cases that differ, or "" to save none."""

    oracle: str
    candidate: str
    subjects: tuple[Subject, ...]
    launchers: tuple[Launcher, ...]
    pointers: tuple[str, ...]
    names: Mapping[str, str]
    variables: Mapping[str, int]
    budget: float
    seed: int = 1
    workers: int = 1
    program_arguments: tuple[tuple[str, ...], ...] = ()
    failures: str = ""
    memory: dict[str, Any] = field(default_factory=dict)
    precise: str = ""
    precise_variables: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Proof:
    """What was found out about one kernel instance."""

    instance: str
    verdict: str = "unverified"
    reason: str = ""
    cases: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    elements: int = 0
    worst: dict[str, Any] | None = None
    exact: bool = True
    reproducer: str = ""

    @property
    def tolerance(self) -> str:
        """What was compared and how strictly, in words."""
        if self.verdict == "failed":
            return ""
        if not self.cases:
            return ""
        how = "equal to the bit" if self.exact else "within rounding"
        return f"{_counted(len(self.cases), 'case')}, {_counted(self.elements, 'element')} {how}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def epilogue(launchers: Sequence[Launcher], pointers: Sequence[str]) -> str:
    """C++ text that makes the launchers callable; to be compiled after the source."""
    if not launchers:
        return ""
    lines = ["#include <ascendify/harness.h>"]
    lines += [f"ASCENDIFY_HARNESS_HOST({item.number}, {item.name})" for item in launchers]
    lines += [f"ASCENDIFY_HARNESS_POINTER({at}, {name})" for at, name in enumerate(pointers)]
    return "\n".join(lines) + "\n"


def prove(job: Job) -> list[Proof]:
    """Run the proof in a child process. Never raises for what compiled code does."""
    budgets = [float(s.settings.get("budget") or job.budget) for s in job.subjects]
    limit = 20.0 + sum(budgets)
    child = subprocess.Popen(
        [sys.executable, "-m", "ascendify.runtime.judge.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        answer, _ = child.communicate(json.dumps(asdict(job)).encode(), timeout=limit)
    except subprocess.TimeoutExpired:
        answer = b""
    finally:
        status = child.poll()
        _end(child)
    return _read(answer, status, job)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Stop the child and whatever it forked."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.wait()


def _read(answer: bytes, status: int | None, job: Job) -> list[Proof]:
    try:
        entries = json.loads(answer)
        return [Proof(**entry) for entry in entries]
    except (ValueError, TypeError):
        return [Proof(s.instance, reason=_no_answer(status)) for s in job.subjects]


def _no_answer(status: int | None) -> str:
    """Why the child says nothing. It runs compiled code in forks, but for what happens when a
    library is loaded."""
    if status is None:
        return "the proof did not end within its budget"
    start = "the initialisation of the source's variables"
    if status == -signal.SIGALRM:
        return f"{start} does not end"
    if status < 0:
        return f"{start} ends by {signal.Signals(-status).name}"
    return f"the process of the proof ended with status {status} and no answer"


def job_from_json(text: str | bytes) -> Job:
    """The inverse of what `prove` sends."""
    data = json.loads(text)
    data["subjects"] = tuple(_subject(entry) for entry in data["subjects"])
    data["launchers"] = tuple(_tuples(Launcher, entry) for entry in data["launchers"])
    return _tuples(Job, data)


def _subject(entry: dict[str, Any]) -> Subject:
    made = {
        name: tuple(_tuples(Parameter, parameter) for parameter in entry[name])
        for name in ("parameters", "members")
    }
    return _tuples(Subject, {**entry, **made})


Made = TypeVar("Made")


def _tuples(kind: Callable[..., Made], entry: Mapping[str, Any]) -> Made:
    """`kind` from its fields, where JSON has made lists of tuples."""
    return kind(**{name: _as_tuple(value) for name, value in entry.items()})


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(item) for item in value) if isinstance(value, list) else value
