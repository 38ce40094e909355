"""A launch whose results differ, saved so that it runs again without the original.

A case is a folder: `case.json` says what was launched, `memory.npz` holds what the launch found in
memory and what the original left there. The process that runs compiled code saves it at the moment
it sees the difference (`save_case`); the generated code, the source and a page of text come later
(`failure_folder`). Addresses are replaced by ones that do not depend on the run (`relocation`), so
the same failure gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..ir.diagnostics import CompileError, error
from .compare import NUMPY_TYPES, Bytes
from .parameters import Parameter
from .relocation import Move, Relocation, saved_address
from .report import tool_version

CASE_FILE = "case.json"
MEMORY_FILE = "memory.npz"
FORMAT = 1
MOST_BYTES = 1 << 32
"""No saved buffer is larger; a number beyond it comes from a damaged file."""

Allowance = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Memory:
    """A buffer or module variable at `address`: what the launch found in it (`before`), what the
    original left there under two schedules, and what the translation left (`actual`).

    `allowance` is the largest error of each element and `why` says how it came about; without it
    the two schedules tell. `used` are the first and the last byte (exclusive) that the original
    touches, where that is known: the rest is not kept.
    """

    name: str
    elem: str
    address: int
    before: Bytes
    expected: Bytes
    second: Bytes
    actual: Bytes
    allowance: Allowance | None = None
    why: str = ""
    used: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FailureCase:
    """A launch of a kernel instance: `args` are the bytes of each argument, `label` says how the
    launch came about, `seconds` how long the original took."""

    instance: str
    label: str
    grid: tuple[int, ...]
    block: tuple[int, ...]
    shared_bytes: int
    parameters: tuple[Parameter, ...]
    args: tuple[bytes, ...]
    buffers: tuple[Memory, ...]
    variables: tuple[Memory, ...] = ()
    seed: int = 0
    seconds: float = 0.0

    def memories(self) -> tuple[Memory, ...]:
        """Buffers and variables."""
        return self.buffers + self.variables


def folder_name(instance: str) -> str:
    """A name for the files of an instance that every file system takes; others get others."""
    safe = re.sub(r"[^A-Za-z0-9_]+", "-", instance).strip("-")[:60]
    if safe == instance:
        return safe
    return f"{safe}-{hashlib.sha256(instance.encode()).hexdigest()[:6]}"


# ---------------------------------------------------------------- saving


def save_case(folder: str | Path, case: FailureCase) -> Path | None:
    """Write `case` below `folder`, in a folder of its own that is complete once it is there; None
    where that cannot be done, which is no reason to stop a proof. The first case of an instance
    stays."""
    final = Path(folder) / folder_name(case.instance)
    if final.exists():
        return final
    work = ""
    try:
        work = tempfile.mkdtemp(dir=folder)
        _write(Path(work), _with_saved_addresses(case))
        os.rename(work, final)
    except OSError:
        shutil.rmtree(work, ignore_errors=True)
        return None
    return final


def _with_saved_addresses(case: FailureCase) -> FailureCase:
    places = [saved_address(at, m.address) for at, m in enumerate(case.memories())]
    moves = [
        Move(memory.address, memory.before.size, place)
        for memory, place in zip(case.memories(), places, strict=True)
    ]
    relocation = Relocation(moves)
    moved = [
        _moved(memory, place, relocation)
        for memory, place in zip(case.memories(), places, strict=True)
    ]
    return replace(
        case,
        args=tuple(map(relocation.argument, case.args)),
        buffers=tuple(moved[: len(case.buffers)]),
        variables=tuple(moved[len(case.buffers) :]),
    )


def _moved(memory: Memory, place: int, relocation: Relocation) -> Memory:
    before, expected, second, actual = (
        relocation.memory(data, memory.address, memory.elem)
        for data in (memory.before, memory.expected, memory.second, memory.actual)
    )
    return replace(
        memory, address=place, before=before, expected=expected, second=second, actual=actual
    )


STATES = ("before", "expected", "second", "actual")


def _write(folder: Path, case: FailureCase) -> None:
    arrays: dict[str, npt.NDArray[Any]] = {}
    data = {
        "format": FORMAT,
        "tool": tool_version(),
        "instance": case.instance,
        "label": case.label,
        "grid": list(case.grid),
        "block": list(case.block),
        "shared_bytes": case.shared_bytes,
        "seed": case.seed,
        "seconds": round(case.seconds, 6),
        "parameters": [asdict(parameter) for parameter in case.parameters],
        "args": [arg.hex() for arg in case.args],
        "buffers": [_entry(m, f"buffer{i}", arrays) for i, m in enumerate(case.buffers)],
        "variables": [_entry(m, f"variable{i}", arrays) for i, m in enumerate(case.variables)],
    }
    np.savez_compressed(folder / MEMORY_FILE, **arrays)  # type: ignore[arg-type]
    (folder / CASE_FILE).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _entry(memory: Memory, key: str, arrays: dict[str, npt.NDArray[Any]]) -> dict[str, object]:
    """The record of a buffer; its bytes go to `arrays`, of the later states those that changed.

    Of each array the record says at which byte (of allowances: element) it begins.
    """
    first, last = memory.used or (0, memory.before.size)
    offsets = {"before": first}
    arrays[f"{key}.before"] = memory.before[first:last]
    for state in STATES[1:]:
        data = getattr(memory, state)
        part = _nonzero_part(data != memory.before)
        offsets[state] = part.start
        arrays[f"{key}.{state}"] = data[part]
    if memory.allowance is not None:
        part = _nonzero_part(memory.allowance != 0)
        offsets["allowance"] = part.start
        arrays[f"{key}.allowance"] = memory.allowance[part]
    return {
        "name": memory.name,
        "elem": memory.elem,
        "address": hex(memory.address),
        "size": memory.before.size,
        "why": memory.why,
        "offsets": offsets,
    }


def _nonzero_part(flags: npt.NDArray[np.bool_]) -> slice:
    at = np.flatnonzero(flags)
    return slice(int(at[0]), int(at[-1]) + 1) if at.size else slice(0, 0)


# ---------------------------------------------------------------- loading


def damaged(folder: Path, what: str) -> CompileError:
    """The diagnostic for a folder that cannot be replayed."""
    return error(
        "ASC0820",
        f"'{folder}' cannot be replayed: {what}",
        help="give a folder that a failed proof has written, such as OUT/failures/KERNEL",
    )


def read_record(folder: Path) -> dict[str, Any]:
    """The contents of `case.json`. Raises CompileError ASC0820 where that is not one."""
    path = folder / CASE_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise damaged(folder, f"{CASE_FILE}: {failure.strerror or failure}") from failure
    except ValueError as failure:
        raise damaged(folder, f"{CASE_FILE} is no JSON") from failure
    if not isinstance(data, dict) or "instance" not in data:
        raise damaged(folder, f"{CASE_FILE} does not describe a case")
    if data.get("format") != FORMAT:
        raise damaged(folder, f"{CASE_FILE} has format {data.get('format')}, not {FORMAT}")
    return data


def load_case(folder: Path) -> FailureCase:
    """The case saved in `folder`. Raises CompileError ASC0820 for a damaged one."""
    data = read_record(folder)
    try:
        with np.load(folder / MEMORY_FILE, allow_pickle=False) as arrays:
            return _case(data, arrays)
    except OSError as failure:
        raise damaged(folder, f"{MEMORY_FILE}: {failure.strerror or failure}") from failure
    except (zipfile.BadZipFile, zlib.error, EOFError) as failure:
        raise damaged(folder, f"{MEMORY_FILE} is damaged") from failure
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as failure:
        raise damaged(folder, f"{CASE_FILE} and {MEMORY_FILE} do not fit: {failure}") from failure


def _case(data: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> FailureCase:
    case = FailureCase(
        instance=str(data["instance"]),
        label=str(data["label"]),
        grid=_three(data["grid"]),
        block=_three(data["block"]),
        shared_bytes=int(data["shared_bytes"]),
        parameters=tuple(Parameter(**entry) for entry in data["parameters"]),
        args=tuple(bytes.fromhex(arg) for arg in data["args"]),
        buffers=tuple(_memories(data["buffers"], "buffer", arrays)),
        variables=tuple(_memories(data["variables"], "variable", arrays)),
        seed=int(data["seed"]),
        seconds=float(data["seconds"]),
    )
    if any(len(a) < p.size for p, a in zip(case.parameters, case.args, strict=True)):
        raise ValueError("an argument is shorter than its parameter")
    return case


def _three(dims: Sequence[int]) -> tuple[int, ...]:
    numbers = [int(d) for d in dims]
    if len(numbers) != 3 or min(numbers) < 1:
        raise ValueError(f"{dims} is no launch shape")
    return tuple(numbers)


def _memories(
    entries: Sequence[Mapping[str, Any]], kind: str, arrays: Mapping[str, npt.NDArray[Any]]
) -> Iterator[Memory]:
    for number, entry in enumerate(entries):
        size, offsets = int(entry["size"]), entry["offsets"]
        elem = str(entry["elem"])
        if not 0 <= size <= MOST_BYTES:
            raise ValueError(f"a buffer of {size} bytes")
        key = f"{kind}{number}"
        before = np.zeros(size, np.uint8)
        _put(before, arrays[f"{key}.before"], int(offsets["before"]))
        expected, second, actual = (
            _changed(before, arrays[f"{key}.{state}"], int(offsets[state])) for state in STATES[1:]
        )
        allowance = None
        if "allowance" in offsets:
            allowance = np.zeros(size // np.dtype(NUMPY_TYPES.get(elem, np.float32)).itemsize)
            _put(allowance, arrays[f"{key}.allowance"], int(offsets["allowance"]))
        yield Memory(
            str(entry["name"]), elem, int(entry["address"], 16),
            before, expected, second, actual, allowance, str(entry["why"]),
        )  # fmt: skip


def _changed(before: Bytes, part: Bytes, at: int) -> Bytes:
    data = before.copy()
    _put(data, part, at)
    return data


def _put(into: npt.NDArray[Any], part: npt.NDArray[Any], at: int) -> None:
    if at < 0 or at + part.size > into.size:
        raise ValueError("a buffer is shorter than its contents")
    into[at : at + part.size] = part
