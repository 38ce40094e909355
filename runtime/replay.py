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
import numpy.typing as npt

from .build import build_shared
from .compare import MANTISSA_BITS, NUMPY_TYPES, Bytes, as_floats, compare
from .element_inputs import inputs_at, value_at
from .evidence import WorstElement
from .reproducer import FailureCase, Memory, damaged, load_case, read_record

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
    case = load_case(folder)
    library = build_shared(_generated(folder), language="c")
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
        (*beyond, memory, data)
        for memory, data in zip(case.memories(), actual, strict=True)
        if (beyond := _beyond(memory, data)) is not None
    ]
    if not found:
        return None
    _, index, allowance, memory, data = max(found, key=lambda item: item[0])
    dtype = _dtype(memory)
    expected, got = value_at(memory.expected, dtype, index), value_at(data, dtype, index)
    worst = WorstElement(
        case=case.label,
        buffer=memory.name,
        dtype=dtype,
        element=index,
        expected=expected,
        actual=got,
        allowance=allowance,
        why=memory.why,
    )
    worst["error"] = error = abs(float(got) - float(expected))
    if dtype in MANTISSA_BITS:
        worst["ulps"] = error / _ulp(float(expected), dtype)
    before = {m.name: (m.elem, m.before) for m in case.memories()}
    worst["inputs"] = inputs_at(case.parameters, case.args, before, memory.name, index)
    return worst


def _dtype(memory: Memory) -> str:
    """The type that a buffer's elements are compared as."""
    return memory.elem if memory.elem in NUMPY_TYPES else "f32"


def _beyond(memory: Memory, actual: Bytes) -> tuple[float, int, float] | None:
    """The worst element that is beyond its allowance: how far, its index, the allowance."""
    if np.array_equal(memory.expected, actual):
        return None
    dtype = _dtype(memory)
    if memory.allowance is not None:
        with np.errstate(all="ignore"):
            return _beyond_stored(memory, actual, dtype, memory.allowance)
    result = compare(memory.before, memory.expected, memory.second, actual, dtype)
    if not result.different or result.worst is None:
        return None
    excess = result.worst.error / max(result.worst.allowance, np.finfo(np.float64).tiny)
    return _finite(excess), result.worst.index, result.worst.allowance


def _beyond_stored(
    memory: Memory, actual: Bytes, dtype: str, allowance: npt.NDArray[np.float64]
) -> tuple[float, int, float] | None:
    """As `_beyond`, by the allowances that were saved. Without one an element is equal to the bit
    (any NaN equals any other)."""
    wanted, got = as_floats(memory.expected, dtype), as_floats(actual, dtype)
    allowed = allowance[: wanted.size]
    item = np.dtype(NUMPY_TYPES[dtype]).itemsize
    bits = (memory.expected != actual)[: wanted.size * item].reshape(-1, item).any(axis=1)
    same = ~bits | (np.isnan(wanted) & np.isnan(got))
    error = np.abs(wanted - got)
    wrong = ~same & ~((allowed > 0) & ((wanted == got) | (error <= allowed)))
    if not wrong.any():
        return None
    excess = np.where(wrong, error / np.maximum(allowed, np.finfo(np.float64).tiny), -1.0)
    excess = np.where(np.isnan(excess), np.inf, excess)
    at = int(np.argmax(excess))
    return _finite(float(excess[at])), at, float(allowed[at])


def _finite(excess: float) -> float:
    return excess if excess == excess else float("inf")


def _ulp(value: float, dtype: str) -> float:
    """The size of a unit in the last place at `value`."""
    smallest = {"f16": 2.0**-24, "bf16": 2.0**-133, "f32": 2.0**-149, "f64": 2.0**-1074}[dtype]
    if not math.isfinite(value):
        return math.nan
    return max(smallest, math.ldexp(1.0, math.frexp(value)[1] - 1 - MANTISSA_BITS[dtype]))
