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
from .compare import Allowance, Bytes
from .evidence import WorstElement, as_worst
from .json_text import json_text
from .parameters import Parameter
from .relocation import Move, Relocation, saved_address
from .report import tool_version

CASE_FILE = "case.json"
MEMORY_FILE = "memory.npz"
FORMAT = 1
MOST_BYTES = 512 << 20
"""Bytes of all buffers of a case; a larger number in a file comes from damage."""

MOST_SAVED = 128 << 20
"""Bytes of memory of a case that is saved: compressing more takes longer than a proof has time."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A buffer or module variable at `address`: what the launch found in it (`before`), what the
    original left there and what the translation left (`actual`).

    `schedules` and `roundings` are what the original leaves with its threads in another order and
    under other rounding modes; with `floor_ulps` and its `reason` they decide about differences
    (see `compare.Allowance`). `used` are the first and the last byte (exclusive) that the original
    touches, where that is known: the rest is not kept.
    """

    name: str
    elem: str
    address: int
    before: Bytes
    expected: Bytes
    actual: Bytes
    schedules: tuple[Bytes, ...] = ()
    roundings: tuple[Bytes, ...] = ()
    floor_ulps: float = 0.0
    reason: str = ""
    used: tuple[int, int] | None = None
    order_is_open: bool = False
    zero_signs_are_open: bool = False

    @property
    def allowance(self) -> Allowance:
        """What decides about a difference."""
        return Allowance(
            self.schedules,
            self.roundings,
            self.floor_ulps,
            self.reason,
            self.order_is_open,
            self.zero_signs_are_open,
        )


@dataclass(frozen=True, slots=True)
class FailureCase:
    """A launch of a kernel instance: `args` are the bytes of each argument, `label` says how the
    launch came about, `family` what its buffers held, `seconds` how long the original took,
    `worst` what differed."""

    instance: str
    label: str
    grid: tuple[int, ...]
    block: tuple[int, ...]
    shared_bytes: int
    parameters: tuple[Parameter, ...]
    args: tuple[bytes, ...]
    buffers: tuple[Memory, ...]
    variables: tuple[Memory, ...] = ()
    family: str = ""
    seed: int = 0
    seconds: float = 0.0
    worst: WorstElement | None = None

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
    where that cannot be done or would take long, which is no reason to stop a proof. The first
    case of an instance stays."""
    final = Path(folder) / folder_name(case.instance)
    if final.exists():
        return final
    if sum(map(_kept_bytes, case.memories())) > MOST_SAVED:
        return None
    if sum(memory.before.size for memory in case.memories()) > MOST_BYTES:
        return None
    work = ""
    try:
        work = tempfile.mkdtemp(dir=folder)
        _write(Path(work), _with_saved_addresses(case))
        os.rename(work, final)
    except OSError:
        shutil.rmtree(work, ignore_errors=True)
        # Another process may have been faster.
        return final if final.exists() else None
    return final


def _kept_bytes(memory: Memory) -> int:
    first, last = memory.used or (0, memory.before.size)
    return last - first


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
    def moved(data: Bytes) -> Bytes:
        return relocation.memory(data, memory.address, memory.elem)

    return replace(
        memory,
        address=place,
        before=moved(memory.before),
        expected=moved(memory.expected),
        actual=moved(memory.actual),
        schedules=tuple(map(moved, memory.schedules)),
        roundings=tuple(map(moved, memory.roundings)),
    )


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
        "family": case.family,
        "seed": case.seed,
        "seconds": round(case.seconds, 6),
        "worst": case.worst,
        "parameters": [asdict(parameter) for parameter in case.parameters],
        "args": [arg.hex() for arg in case.args],
        "buffers": [_entry(m, f"buffer{i}", arrays) for i, m in enumerate(case.buffers)],
        "variables": [_entry(m, f"variable{i}", arrays) for i, m in enumerate(case.variables)],
    }
    _write_arrays(folder / MEMORY_FILE, arrays)
    (folder / CASE_FILE).write_text(json_text(data), encoding="utf-8")


def _write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """As numpy.savez_compressed, at its fastest: a case has little time to be saved in."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(array), allow_pickle=False)


def _entry(memory: Memory, key: str, arrays: dict[str, npt.NDArray[Any]]) -> dict[str, object]:
    """The record of a buffer, whose bytes go to `arrays`: of `before` what is used, of `expected`
    the part that changed, of the others where and how they differ from `expected` (exclusive or,
    which is nearly all zeros and so takes no room). The record says at which byte each begins."""
    first, last = memory.used or (0, memory.before.size)
    offsets = {"before": first}
    arrays[f"{key}.before"] = memory.before[first:last]
    part = _nonzero_part(memory.expected != memory.before)
    offsets["expected"] = part.start
    arrays[f"{key}.expected"] = memory.expected[part]
    for name, data in _others(memory):
        difference = data ^ memory.expected
        part = _nonzero_part(difference != 0)
        offsets[name] = part.start
        arrays[f"{key}.{name}"] = difference[part]
    return {
        "name": memory.name,
        "elem": memory.elem,
        "address": hex(memory.address),
        "size": memory.before.size,
        "floor_ulps": memory.floor_ulps,
        "reason": memory.reason,
        "order_is_open": memory.order_is_open,
        "zero_signs_are_open": memory.zero_signs_are_open,
        "schedules": len(memory.schedules),
        "roundings": len(memory.roundings),
        "offsets": offsets,
    }


def _others(memory: Memory) -> Iterator[tuple[str, Bytes]]:
    yield "actual", memory.actual
    for number, data in enumerate(memory.schedules):
        yield f"schedule{number}", data
    for number, data in enumerate(memory.roundings):
        yield f"rounding{number}", data


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
    sizes = [int(entry["size"]) for entry in (*data["buffers"], *data["variables"])]
    if sum(sizes) > MOST_BYTES or any(size < 0 for size in sizes):
        raise ValueError(f"{sum(sizes)} bytes of memory")
    case = FailureCase(
        instance=str(data["instance"]),
        label=str(data["label"]),
        grid=_three(data["grid"]),
        block=_three(data["block"]),
        shared_bytes=int(data["shared_bytes"]),
        parameters=tuple(map(_parameter, data["parameters"])),
        args=tuple(bytes.fromhex(arg) for arg in data["args"]),
        buffers=_memories(data["buffers"], "buffer", arrays),
        variables=_memories(data["variables"], "variable", arrays),
        family=str(data["family"]),
        seed=int(data["seed"]),
        seconds=float(data["seconds"]),
        worst=as_worst(data["worst"]),
    )
    if any(len(a) < p.size for p, a in zip(case.parameters, case.args, strict=True)):
        raise ValueError("an argument is shorter than its parameter")
    return case


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    return Parameter(**{**entry, "choices": tuple(entry.get("choices", ()))})


def _three(dims: Sequence[int]) -> tuple[int, ...]:
    numbers = [int(d) for d in dims]
    if len(numbers) != 3 or min(numbers) < 1:
        raise ValueError(f"{dims} is no launch shape")
    return tuple(numbers)


def _memories(
    entries: Sequence[Mapping[str, Any]], kind: str, arrays: Mapping[str, npt.NDArray[Any]]
) -> tuple[Memory, ...]:
    return tuple(_memory(entry, f"{kind}{at}", arrays) for at, entry in enumerate(entries))


def _memory(entry: Mapping[str, Any], key: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Memory:
    size = int(entry["size"])

    def put(name: str, into: Bytes) -> Bytes:
        return _put(into, arrays[f"{key}.{name}"], int(entry["offsets"][name]))

    def other(name: str) -> Bytes:
        return expected ^ put(name, np.zeros(size, np.uint8))

    before = put("before", np.zeros(size, np.uint8))
    expected = put("expected", before.copy())
    return Memory(
        str(entry["name"]),
        str(entry["elem"]),
        int(entry["address"], 16),
        before,
        expected,
        other("actual"),
        tuple(other(f"schedule{at}") for at in range(int(entry["schedules"]))),
        tuple(other(f"rounding{at}") for at in range(int(entry["roundings"]))),
        float(entry["floor_ulps"]),
        str(entry["reason"]),
        None,
        bool(entry["order_is_open"]),
        bool(entry["zero_signs_are_open"]),
    )


def _put(into: Bytes, part: Bytes, at: int) -> Bytes:
    if at < 0 or at + part.size > into.size or part.dtype != np.uint8:
        raise ValueError("a buffer does not fit its contents")
    into[at : at + part.size] = part
    return into
