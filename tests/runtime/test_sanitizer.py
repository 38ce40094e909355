"""The oracle as a judge of the original: one kernel per kind of bug, and its clean twin."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cffi
import numpy as np
import pytest

from ascendify.runtime.judge.libraries import DECLARATIONS
from ascendify.runtime.judge.libraries import _base_of as base_of
from ascendify.runtime.oracle import lines
from ascendify.runtime.oracle.build import Oracle, build_oracle
from ascendify.runtime.oracle.lines import LineTable, symbolizer
from ascendify.runtime.oracle.sanitizer import (
    INTERFACE,
    Checked,
    Record,
    Sanitizer,
    explain,
    local_findings,
)
from ascendify.runtime.toolchain import find_toolchain

SOURCE = Path(__file__).parent / "sanitized" / "bugs.cu"
TEXT = SOURCE.read_text(encoding="utf-8")
GUARD = 1024

Array = np.ndarray[Any, Any]


@dataclass
class Watched:
    """A library that is watched, and how to launch its kernels on arrays."""

    oracle: Oracle
    ffi: Any
    library: Any
    sanitizer: Sanitizer
    table: LineTable
    kept: list[Any] = field(default_factory=list)

    @classmethod
    def build(cls, path: str, text: str, epilogue: str = "") -> Watched:
        oracle = build_oracle(path, text, epilogue=epilogue)
        assert oracle.dropped == ()
        ffi = cffi.FFI()
        ffi.cdef(DECLARATIONS + INTERFACE)
        library = ffi.dlopen(str(oracle.so_path))
        sanitizer = Sanitizer(ffi, library, oracle.memory, base_of(str(oracle.so_path)))
        return cls(oracle, ffi, library, sanitizer, LineTable(oracle.so_path, oracle.memory.files))

    def launch(self, kernel: str, arguments: Sequence[Any], **launch: Any) -> tuple[str, Checked]:
        """Launch with checks on. The arrays lie between bytes that belong to nobody; "new" before
        an array: nobody has written to it."""
        self.sanitizer.clear_regions()
        cells = [self._cell(argument) for argument in arguments]
        self.sanitizer.start()
        answer = self.library.ascendify_oracle_launch_instance(
            kernel.encode(),
            list(launch.get("grid", (1, 1, 1))),
            list(launch.get("block", (32, 1, 1))),
            launch.get("shared", 0),
            launch.get("cooperative", False),
            self.ffi.new("void *[]", cells),
        )
        record = self.sanitizer.stop()
        record = Record(**{k: tuple(v) for k, v in json.loads(json.dumps(vars_of(record))).items()})
        message = "" if answer == self.ffi.NULL else self.ffi.string(answer).decode()
        return message, explain(record, self.table, launch.get("names"))

    def kernel_offset(self, name: str) -> int:
        return next(at for at, known in self.oracle.names.items() if known == name)

    def run_main(self, channel: int) -> None:
        """Run the program in this process, which then ends."""
        declared = cffi.FFI()
        declared.cdef("void ascendify_host_call_0(void **);")
        main = declared.dlopen(str(self.oracle.so_path)).ascendify_host_call_0
        name = declared.new("char[]", b"program")
        words = declared.new("char *[]", [name, declared.NULL])
        count, vector = declared.new("int *", 1), declared.new("char ***", words)
        self.sanitizer.start()
        main(declared.new("void *[]", [count, vector]))
        os.write(channel, json.dumps(self.sanitizer.stop().findings).encode())
        os._exit(0)

    def _cell(self, argument: Any) -> Any:
        if argument is None:
            return self.ffi.new("void **")
        if isinstance(argument, int):
            return self.ffi.new("int *", argument)
        is_new, array = argument if isinstance(argument, tuple) else ("", argument)
        memory = np.zeros(array.nbytes + 2 * GUARD, np.uint8)
        start = -memory.ctypes.data % 256 + 256
        memory[start : start + array.nbytes] = array.view(np.uint8)
        self.kept.append(memory)
        address = memory.ctypes.data + start
        self.sanitizer.region("", address, array.nbytes, is_initialised=not is_new)
        return self.ffi.new("void **", self.ffi.cast("void *", address))


def vars_of(record: Record) -> dict[str, Any]:
    return {"findings": record.findings, "sites": record.sites}


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    built = Watched.build("bugs.cu", TEXT)
    if not built.sanitizer.available:
        pytest.skip("the compiler does not make accesses known")
    yield built
    built.library.ascendify_oracle_set_schedule(0)


def floats(count: int) -> Array:
    return np.random.default_rng(7).uniform(1, 2, count).astype(np.float32)


def ints(count: int) -> Array:
    return np.arange(1, count + 1, dtype=np.int32)


def zeros(count: int) -> Array:
    return np.zeros(count, np.int32)


def lines_of(kernel: str) -> set[int]:
    """The marked lines of a kernel."""
    lines = TEXT.splitlines()
    return {n for n, line in enumerate(lines, 1) if f"@{kernel}" in line.split("//")[-1].split()}


TWO_WARPS = {"block": (64, 1, 1)}
TWO_BLOCKS = {"block": (64, 1, 1), "grid": (2, 1, 1)}

BUGS = [
    ("race_missing_barrier", "race-shared", [floats(64)], TWO_WARPS),
    ("race_next_round", "race-shared", [floats(192), 3], TWO_WARPS),
    ("race_reduction", "race-shared", [floats(64)], TWO_WARPS),
    ("race_in_warp", "race-shared", [floats(64)], TWO_WARPS),
    ("race_counter", "race-shared", [zeros(64)], TWO_WARPS),
    ("race_dynamic", "race-shared", [floats(64)], {**TWO_WARPS, "shared": 256}),
    ("race_bytes", "race-shared", [ints(64).astype(np.uint8)], TWO_WARPS),
    ("race_histogram", "race-global", [zeros(4), ints(32)], {}),
    ("race_blocks", "race-global", [floats(128)], TWO_BLOCKS),
    ("race_last_block", "race-global", [floats(64), floats(128), floats(128)[::-1].copy()],
     TWO_BLOCKS),
    ("race_lookback", "race-global", [floats(4), zeros(4), floats(4), floats(4)],
     {"grid": (4, 1, 1)}),
    ("race_grid", "race-global", [floats(128)], {**TWO_BLOCKS, "cooperative": True}),
    ("bounds_global", "out-of-bounds", [floats(63), 63], TWO_BLOCKS),
    ("bounds_before", "out-of-bounds", [floats(32), floats(32), 32], {}),
    ("bounds_shared", "out-of-bounds", [floats(32)], {}),
    ("bounds_pointer", "out-of-bounds", [floats(32)], {}),
    ("bounds_dynamic", "out-of-bounds", [floats(32)], {"shared": 124}),
    ("bounds_table", "array-index", [ints(32), 8], {"block": (1, 1, 1)}),
    ("bounds_local", "array-index", [ints(32), 8], {"block": (1, 1, 1)}),
    ("bounds_member", "array-index", [ints(32), 8], {"block": (1, 1, 1)}),
    ("bounds_by_value", "out-of-bounds", [floats(32), floats(64)], {}),
    ("bounds_null", "out-of-bounds", [ints(32), None], {}),
    ("bounds_far", "out-of-bounds", [ints(32), 1 << 30], {}),
    ("misaligned", "misaligned", [floats(32)], {"block": (1, 1, 1)}),
    ("misaligned_vector", "misaligned", [floats(32), floats(32)], {"block": (1, 1, 1)}),
    ("uninitialised_shared", "uninitialised-shared", [floats(32)], {}),
    ("uninitialised_global", "uninitialised-global", [floats(32), ("new", floats(32))], {}),
    ("divergent_barrier", "divergent-barrier", [floats(64)], TWO_WARPS),
    ("inactive_deadlock", "inactive-lanes", [floats(64)], {}),
    ("inactive_returned", "inactive-lanes", [zeros(32), 20], {}),
    ("inactive_self", "inactive-lanes", [zeros(32)], {}),
    ("exited_early", "exited-before-barrier", [zeros(64), 40], TWO_WARPS),
    ("undefined_shift", "undefined", [zeros(32), 10], {}),
    ("undefined_division", "undefined", [zeros(32)], {}),
    ("undefined_conversion", "undefined", [zeros(32), floats(32)], {}),
]  # fmt: skip

CLEAN = [
    ("fine_barrier", [floats(64)], TWO_WARPS),
    ("fine_rounds", [floats(192), 3], TWO_WARPS),
    ("fine_reduction", [floats(64)], TWO_WARPS),
    ("fine_in_warp", [floats(64)], TWO_WARPS),
    ("fine_counter", [zeros(64)], TWO_WARPS),
    ("fine_dynamic", [floats(64)], {**TWO_WARPS, "shared": 256}),
    ("fine_bytes", [ints(64).astype(np.uint8)], TWO_WARPS),
    ("fine_histogram", [zeros(4), ints(32)], {"grid": (3, 1, 1)}),
    ("fine_blocks", [floats(128), floats(128)], TWO_BLOCKS),
    ("fine_last_block", [floats(64), floats(128), floats(128)[::-1].copy()], TWO_BLOCKS),
    ("fine_lookback", [floats(4), zeros(4), floats(4), floats(4)], {"grid": (4, 1, 1)}),
    ("fine_grid", [floats(128)], {**TWO_BLOCKS, "cooperative": True}),
    ("fine_lock", [zeros(1), zeros(1)], {"grid": (3, 1, 1)}),
    ("fine_same_value", [zeros(1), ints(32)], {"grid": (3, 1, 1)}),
    ("fine_compare_and_swap", [floats(1), floats(32)[::-1].copy()], {"grid": (2, 1, 1)}),
    ("fine_look_before_atomic", [ints(1) * 100, ints(32)[::-1].copy()], {"grid": (2, 1, 1)}),
    ("fine_warp_scan", [floats(64)], TWO_WARPS),
    ("fine_bounds", [floats(63), 63], TWO_BLOCKS),
    ("fine_by_value", [floats(32), floats(64)], {}),
    ("fine_returned", [ints(32), 16], {}),
    ("fine_rows", [floats(32)], {}),
    ("fine_vectors", [floats(32)], {"block": (1, 1, 1)}),
    ("fine_written_before", [floats(32), ("new", floats(32))], {}),
    ("fine_padding", [ints(32)], {}),
    ("fine_branch_of_warps", [floats(64)], TWO_WARPS),
    ("fine_arithmetic", [ints(32), floats(32)], {}),
]


@pytest.mark.parametrize(("kernel", "kind", "arguments", "launch"), BUGS, ids=lambda v: str(v)[:24])
@pytest.mark.parametrize("schedule", [0, 1], ids=["upwards", "downwards"])
def test_bug_is_found(watched, kernel, kind, arguments, launch, schedule):
    if schedule and kernel == "race_lookback":
        pytest.skip("later blocks wait for earlier ones")
    watched.library.ascendify_oracle_set_schedule(schedule)
    _, checked = watched.launch(kernel, arguments, **launch)
    assert {f.kind for f in checked.findings} == {kind}, checked.findings
    if symbolizer():
        named = {line for f in checked.findings for line in (f.line, f.other_line) if line}
        assert named == lines_of(kernel), checked.findings
        assert {f.file for f in checked.findings} == {"bugs.cu"}


@pytest.mark.parametrize(("kernel", "arguments", "launch"), CLEAN, ids=lambda v: str(v)[:24])
@pytest.mark.parametrize("schedule", [0, 1], ids=["upwards", "downwards"])
def test_no_false_alarm(watched, kernel, arguments, launch, schedule):
    if schedule and kernel == "fine_lookback":
        pytest.skip("later blocks wait for earlier ones")
    watched.library.ascendify_oracle_set_schedule(schedule)
    message, checked = watched.launch(kernel, arguments, **launch)
    assert not message
    assert checked.findings == ()


def test_every_marked_kernel_is_tried():
    marked = {word[1:] for word in TEXT.split() if word.startswith("@")} - {"name"}
    assert marked <= {kernel for kernel, *_ in BUGS}


def test_races_are_told_in_words(watched):
    watched.library.ascendify_oracle_set_schedule(0)
    _, checked = watched.launch("race_missing_barrier", [floats(64)], **TWO_WARPS)
    first, second = sorted(lines_of("race_missing_barrier"))
    messages = {f.message for f in checked.findings}
    assert any("race on `tile` (shared): thread (" in m for m in messages)
    if symbolizer():
        assert all(f"line {first}" in m and f"line {second}" in m for m in messages)


def test_objects_and_extents_of_sites(watched):
    watched.library.ascendify_oracle_set_schedule(0)
    _, checked = watched.launch("fine_bounds", [floats(63), 63], **TWO_BLOCKS)
    (site,) = checked.sites
    assert (site.argument, site.access, site.size, site.count) == (0, "write", 4, 63)
    assert (site.lowest, site.highest, site.object_bytes) == (0, 252, 252)
    _, checked = watched.launch("bounds_before", [floats(32), floats(32), 32])
    low = {site.argument: site.lowest for site in checked.sites}
    assert low == {0: 0, 1: 0}
    names = {watched.kernel_offset("bounds_before"): ["out", "in", "n"]}
    _, checked = watched.launch("bounds_before", [floats(32), floats(32), 32], names=names)
    (found,) = checked.findings
    assert "reads element -1 of `in` (global), which has 32 elements" in found.message


def test_unchecked_runs_are_not_watched(watched):
    record = watched.sanitizer.stop()
    cells = [watched._cell(floats(64))]
    watched.library.ascendify_oracle_clear_findings()
    arguments = watched.ffi.new("void *[]", cells)
    watched.library.ascendify_oracle_launch_instance(
        b"race_missing_barrier", [1, 1, 1], [64, 1, 1], 0, False, arguments
    )
    record = watched.sanitizer.stop()
    assert record == Record()


LOCALS = """
__global__ void sum(float *out, const float *x, int n) {
  float total;
  for (int i = 0; i < n; ++i) total += x[i];
  out[threadIdx.x] = total;
}
__device__ float length(const float *x) {
  float s;
  for (int i = 0; i < 3; ++i) s += x[i] * x[i];
  return s;
}
__global__ void lengths(float *out, const float *x) { out[threadIdx.x] = length(x); }
__global__ void guarded(float *out, const float *x, int n) {
  float v;
  bool has = threadIdx.x < n;
  if (has) v = x[threadIdx.x];
  __syncthreads();
  if (has) out[threadIdx.x] = v;
}
int on_the_host(int n) {
  int v;
  return v + n;
}
"""


def test_locals_without_a_value():
    oracle = build_oracle("locals.cu", LOCALS)
    if "gcc" not in find_toolchain().kind:
        pytest.skip("other compilers warn of other things")
    found = local_findings(oracle.uninitialised)
    assert [(f.kind, f.other_line) for f in found] == [
        ("uninitialised-local", 3),
        ("uninitialised-local", 8),
    ]
    assert found[0].message == "`total` may be used before it has a value"
    assert found[1].message == "`s` is used before it has a value"


def test_without_a_symbolizer(watched, monkeypatch):
    monkeypatch.setattr(lines, "symbolizer", lambda: None)
    table = LineTable(watched.oracle.so_path, watched.oracle.memory.files)
    assert table.lines([1, 2]) == {1: lines.UNKNOWN, 2: lines.UNKNOWN}


CORPUS = Path(__file__).resolve().parent.parent.parent
PROGRAMS = sorted(
    [*(CORPUS / "tests" / "corpus").glob("*.cu"), *(CORPUS / "examples").glob("*.cu")]
)
HARNESS = "#include <ascendify/harness.h>\nASCENDIFY_HARNESS_HOST(0, ascendify_user_main)\n"
REMARKS = {"exited-before-barrier"}


@pytest.mark.slow
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_good_programs_are_clean(path):
    """`main` with all launches watched, in a fork."""
    watched = Watched.build(str(path), path.read_text(encoding="utf-8"), HARNESS)
    assert local_findings(watched.oracle.uninitialised) == ()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        watched.run_main(writer)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as answer:
        text = answer.read()
    assert os.waitpid(child, 0)[1] == 0
    checked = explain(Record(tuple(json.loads(text)), ()), watched.table)
    assert [f for f in checked.findings if f.kind not in REMARKS] == []
