"""A saved failure once more: build the C of its folder, run it, compare with what was saved.

Someone who looks for the bug edits the C in the folder and replays until nothing differs. The
compiled code runs in a process of its own with a time limit, so that its crash or endless loop is
a result like any other. The original is not needed: what it left in memory was saved.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .build import build_judged
from .compare import NUMPY_TYPES, Bytes, Worst, compare
from .element_inputs import inputs_at, value_at
from .evidence import WorstElement
from .reproducer import CASE_FILE, FailureCase, Memory, damaged, load_case, read_record

LEAST_SECONDS = 20.0
PATIENCE = 50.0
"""The translation may take so many times the original's time, and at least LEAST_SECONDS."""
PROBLEM_FILE = "problem"
MESSAGE_FILE = "message"
RESULT_FILE = "result.npz"


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it: `worst` is None where nothing differs any more."""

    instance: str
    worst: WorstElement | None


def replay(folder: Path) -> Replay:
    """Run the case in `folder` again.

    Raises CompileError: ASC0820 for a damaged folder, ASC0701 and ASC0702 where its C cannot be
    built.
    """
    folder = folder.parent if folder.name == CASE_FILE else folder
    case = load_case(folder)
    library = build_judged(_generated(folder))
    with tempfile.TemporaryDirectory(prefix="ascendify-") as scratch:
        answer = Path(scratch)
        ending = _run(library, folder, answer, max(LEAST_SECONDS, PATIENCE * case.seconds))
        if (answer / PROBLEM_FILE).exists():
            raise damaged(folder, (answer / PROBLEM_FILE).read_text(encoding="utf-8"))
        if (answer / MESSAGE_FILE).exists():
            ending = (answer / MESSAGE_FILE).read_text(encoding="utf-8")
        if ending:
            return Replay(case.instance, WorstElement(case=case.label, message=ending))
        with np.load(answer / RESULT_FILE, allow_pickle=False) as arrays:
            actual = [arrays[f"memory{at}"] for at in range(len(case.memories()))]
    return Replay(case.instance, worst_element(case, actual))


def _generated(folder: Path) -> dict[str, str]:
    """The C of the folder as it is now, by the names that it was written under."""
    names = read_record(folder).get("files")
    if not isinstance(names, list) or not names:
        raise damaged(folder, "it holds no generated code")
    if any(not isinstance(n, str) or n.startswith("/") or ".." in n for n in names):
        raise damaged(folder, "it names generated code outside of itself")
    try:
        return {name: (folder / name).read_text(encoding="utf-8") for name in names}
    except (OSError, UnicodeDecodeError) as failure:
        raise damaged(folder, f"its generated code cannot be read: {failure}") from failure


def _run(library: Path, folder: Path, answer: Path, seconds: float) -> str:
    """Run the case in a child process, which leaves its results in `answer`; how it ended if not
    in peace."""
    command = [sys.executable, "-m", "ascendify.runtime.replay_worker"]
    child = subprocess.Popen(
        [*command, str(library), str(folder), str(answer)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"the translation does not end within {seconds:g} s"
    finally:
        _end(child)
    if status < 0:
        return f"the translation crashes ({signal.Signals(-status).name})"
    return f"the translation ends the process with status {status}" if status else ""


def _end(child: subprocess.Popen[bytes]) -> None:
    """Stop the child and whatever it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.wait()


# ---------------------------------------------------------------- comparing with what was saved


def worst_element(case: FailureCase, actual: list[Bytes]) -> WorstElement | None:
    """The element that is furthest beyond its allowance; None where all are within theirs."""
    found = [
        (far, memory, data)
        for memory, data in zip(case.memories(), actual, strict=True)
        if (far := _beyond(memory, data)) is not None
    ]
    if not found:
        return None
    far, memory, data = max(found, key=lambda item: _excess(item[0]))
    dtype = _dtype(memory)
    worst = WorstElement(
        case=case.label,
        family=case.family,
        buffer=memory.name,
        dtype=dtype,
        element=far.index,
        expected=value_at(memory.expected, dtype, far.index),
        actual=value_at(data, dtype, far.index),
        error=far.error,
        ulps=far.ulps,
        allowance=far.allowance,
        why=far.why,
    )
    before = {m.name: (m.elem, m.before) for m in case.memories()}
    worst["inputs"] = inputs_at(case.parameters, case.args, before, memory.name, far.index)
    return worst


def _dtype(memory: Memory) -> str:
    """The type that a buffer's elements are compared as."""
    return memory.elem if memory.elem in NUMPY_TYPES else "f32"


def _beyond(memory: Memory, actual: Bytes) -> Worst | None:
    """The worst element where one is beyond its allowance."""
    if any(np.array_equal(data, actual) for data in (memory.expected, *memory.schedules)):
        return None
    result = compare(memory.before, memory.expected, actual, _dtype(memory), memory.allowance)
    return result.worst if result.different else None


def _excess(worst: Worst) -> float:
    """How far an element is beyond its allowance; what has no number is furthest."""
    excess = worst.error / max(worst.allowance, sys.float_info.min)
    return math.inf if math.isnan(excess) else excess
