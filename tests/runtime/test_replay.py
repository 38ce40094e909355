"""Saved failures: read back as written, replayed by the same rule, never overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ascendify
from ascendify.ir.diagnostics import CompileError
from ascendify.runtime import replay as replay_module
from ascendify.runtime import reproducer
from ascendify.runtime.failure_folder import keep_failures
from ascendify.runtime.parameters import Parameter
from ascendify.runtime.replay import replay
from ascendify.runtime.report import KernelReport
from ascendify.runtime.reproducer import (
    FailureCase,
    Memory,
    folder_name,
    load_case,
    save_case,
)

N = 32
X_AT, Y_AT, P_AT = 0x7F0000010040, 0x7F0000020000, 0x7F0000030000
DOUBLE = """\
__global__ void k(float *y, const float *x, int n) {
    if (threadIdx.x < n) y[threadIdx.x] = 2.0f * x[threadIdx.x];
}
"""


def floats(values: object) -> np.ndarray:
    return np.array(values, dtype=np.float32).view(np.uint8)


X = np.arange(N, dtype=np.float32)


def memory(name: str, address: int, before: np.ndarray, expected: np.ndarray, **more) -> Memory:
    given = {"elem": "f32", "actual": before, "schedules": (expected,), **more}
    return Memory(name, given.pop("elem"), address, before, expected, **given)


def word(address: int) -> bytes:
    return address.to_bytes(8, "little")


def double_case(expected: np.ndarray | None = None, **more) -> FailureCase:
    """`y = 2 x` of 32 elements; `expected` in place of what the kernel computes."""
    wanted = 2 * X if expected is None else expected
    y = memory("y", Y_AT, floats(np.zeros(N)), floats(wanted), **more)
    x = memory("x", X_AT, floats(X), floats(X))
    parameters = (Parameter("y", "ptr", "f32"), Parameter("x", "ptr", "f32"),
                  Parameter("n", "i32", "", 4))  # fmt: skip
    args = (word(Y_AT), word(X_AT), N.to_bytes(4, "little"))
    shape = (1, 1, 1), (N, 1, 1)
    return FailureCase("k", "by hand", *shape, 0, parameters, args, (y, x))


@pytest.fixture
def kept(tmp_path: Path) -> Callable[..., Path]:
    """Saves a case with the C of a kernel; the folder."""

    def keep(case: FailureCase, source: str = DOUBLE, out: str = "out") -> Path:
        staged = tmp_path / f"staged{len(list(tmp_path.iterdir()))}"
        staged.mkdir()
        assert save_case(staged, case) is not None
        files = ascendify.translate(source, name="k.cu", verify=False).files
        report = KernelReport("k", case.instance, "k.cu", 1, "failed")
        found = keep_failures(staged, tmp_path / out, [report], files, {"k.cu": source})
        return found[case.instance]

    return keep


# ---------------------------------------------------------------- saving and loading


def test_a_case_is_read_as_it_was_written(tmp_path):
    case = double_case(roundings=(floats(3 * X),), floor_ulps=4.0, reason="why")
    saved = save_case(tmp_path, case)
    again = load_case(saved)
    assert again.args[2] == case.args[2]
    assert [m.name for m in again.buffers] == ["y", "x"]
    for one, other in zip(again.memories(), case.memories(), strict=True):
        assert one.address % 4096 == other.address % 4096
        for state in ("before", "expected", "actual"):
            assert np.array_equal(getattr(one, state), getattr(other, state)), state
        assert len(one.roundings) == len(other.roundings)
        assert np.array_equal(one.allowance.schedules[0], other.allowance.schedules[0])
    assert again.buffers[0].reason == "why"
    assert again.args[0] == word(again.buffers[0].address)


def test_the_same_failure_gives_the_same_bytes(tmp_path):
    case = double_case()
    moved = replace(
        case,
        args=(word(Y_AT + 8192), *case.args[1:]),
        buffers=(replace(case.buffers[0], address=Y_AT + 8192), case.buffers[1]),
    )
    texts = []
    for number, item in enumerate((case, moved)):
        folder = tmp_path / str(number)
        folder.mkdir()
        saved = save_case(folder, item)
        texts.append([(saved / name).read_bytes() for name in ("case.json", "memory.npz")])
    assert texts[0] == texts[1]


def test_what_the_original_does_not_touch_is_not_kept(tmp_path):
    random = np.random.default_rng(1).integers(0, 256, 1 << 20, dtype=np.uint8)
    case = double_case()
    large = memory("big", P_AT, random, random, elem="u8", used=(64, 128))
    saved = save_case(tmp_path, replace(case, buffers=(*case.buffers, large)))
    assert (saved / "memory.npz").stat().st_size < 10_000
    again = load_case(saved).buffers[2].before
    assert np.array_equal(again[64:128], random[64:128])
    assert not again[128:].any()


def test_the_first_case_stays_and_an_unwritable_folder_is_no_error(tmp_path):
    saved = save_case(tmp_path, double_case())
    stamp = (saved / "case.json").stat().st_mtime_ns
    assert save_case(tmp_path, replace(double_case(), label="second")) == saved
    assert (saved / "case.json").stat().st_mtime_ns == stamp
    assert save_case(tmp_path / "missing", double_case()) is None
    assert [p.name for p in tmp_path.iterdir()] == ["k"]


def test_a_case_that_takes_long_to_save_is_not_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(reproducer, "MOST_SAVED", 100)
    assert save_case(tmp_path, double_case()) is None
    assert list(tmp_path.iterdir()) == []


def test_folder_names_are_safe_and_distinct():
    names = ['k<float, "x">&', "k<float,  x>", "k", "ns::k", "../k", "k" * 300]
    folders = [folder_name(name) for name in names]
    assert len(set(folders)) == len(names)
    assert all(set(f) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_") for f in folders)
    assert all(len(f) < 80 for f in folders)


# ---------------------------------------------------------------- replaying


def test_a_difference_is_reproduced_with_its_inputs(kept):
    expected = 2 * X
    expected[7] = 15.0
    folder = kept(double_case(expected))
    result = replay(folder)
    assert result.instance == "k"
    worst = result.worst
    assert (worst["buffer"], worst["element"]) == ("y", 7)
    assert (worst["expected"], worst["actual"]) == (15.0, 14.0)
    assert worst["inputs"] == {"n": N, "x[7]": 7.0, "y[7] before": 0.0}


def test_a_right_translation_does_not_differ(kept):
    assert replay(kept(double_case())).worst is None


@pytest.mark.parametrize(
    ("more", "differs"),
    [
        ({}, True),
        ({"floor_ulps": 4.0}, False),
        ({"roundings": (floats(2 * X * (1 + 1e-6)),)}, False),
    ],
    ids=["exact", "floor", "rounding"],
)
def test_the_saved_allowance_decides(kept, more, differs):
    nearly = np.nextafter(2 * X, np.float32(100))
    nearly[0] = 0
    assert (replay(kept(double_case(nearly, **more))).worst is not None) == differs


def test_an_edited_translation_is_what_runs(kept):
    folder = kept(double_case(3 * X))
    assert replay(folder).worst is not None
    code = (folder / "k.c").read_text()
    assert code.count("2.0f") == 1
    (folder / "k.c").write_text(code.replace("2.0f", "3.0f"))
    assert replay(folder).worst is None


POINTERS = "__global__ void k(float **p) { p[1][threadIdx.x] = 2.0f * p[0][threadIdx.x]; }\n"
RECORD = """\
struct Pair { const float *x; float *y; };
__global__ void k(Pair p) { p.y[threadIdx.x] = 2.0f * p.x[threadIdx.x]; }
"""


@pytest.mark.parametrize("kind", ["in memory", "in a class"])
def test_pointers_move_with_what_they_point_to(kept, kind):
    case = double_case()
    pair = np.frombuffer(word(X_AT) + word(Y_AT), np.uint8)
    if kind == "in memory":
        table = memory("p", P_AT, pair, pair, elem="other")
        case = replace(
            case,
            parameters=(Parameter("p", "ptr", "other"),),
            args=(word(P_AT),),
            buffers=(*case.buffers, table),
        )
        source = POINTERS
    else:
        case = replace(case, parameters=(Parameter("p", "other", "", 16),), args=(pair.tobytes(),))
        source = RECORD
    assert replay(kept(case, source)).worst is None


STATE = """\
__device__ float state[4];
__global__ void k(float *y) { y[threadIdx.x] = state[threadIdx.x] += 1.0f; }
"""


def test_module_variables_are_set_and_compared(kept):
    state = memory("state", P_AT, floats([1, 2, 3, 4]), floats([2, 3, 4, 5]), elem="u8")
    y = memory("y", Y_AT, floats(np.zeros(4)), floats([2, 3, 4, 5]))
    case = FailureCase("k", "by hand", (1, 1, 1), (4, 1, 1), 0,
                       (Parameter("y", "ptr", "f32"),), (word(Y_AT),), (y,), (state,))  # fmt: skip
    assert replay(kept(case, STATE)).worst is None
    wrong = replace(state, expected=floats([2, 3, 4, 6]), schedules=())
    worst = replay(kept(replace(case, variables=(wrong,)), STATE)).worst
    assert worst["buffer"] == "state"


STOPS = {
    "crash": ("y[(1l << 40) + threadIdx.x] = x[0];", "crashes (SIGSEGV)"),
    "endless loop": ("while (n) y[0] += 1.0f;", "does not end within"),
    "assert": ("assert(n == 1);", "n == 1"),
    "trap": ("__trap();", "trap"),
}


@pytest.mark.parametrize("name", STOPS)
def test_code_that_stops_is_a_result(kept, monkeypatch, name):
    monkeypatch.setattr(replay_module, "LEAST_SECONDS", 1.5)
    body, message = STOPS[name]
    source = f"#include <cassert>\n__global__ void k(float *y, const float *x, int n) {{ {body} }}"
    worst = replay(kept(double_case(), source)).worst
    assert message in worst["message"]


# ---------------------------------------------------------------- folders


def test_a_folder_is_replaced_unless_somebody_edited_it(kept):
    first = kept(double_case(3 * X))
    assert kept(double_case(4 * X)) == first
    (first / "k.c").write_text((first / "k.c").read_text() + "/* mine */\n")
    second = kept(double_case(5 * X))
    assert second.name == "k-2"
    assert (first / "k.c").read_text().endswith("/* mine */\n")
    assert kept(double_case(6 * X)) == second


def test_the_folder_explains_itself(kept):
    folder = kept(replace(double_case(3 * X), worst={"case": "by hand", "message": "it stops"}))
    page = (folder / "README.md").read_text()
    assert "`k.c`" in page
    assert "translate --replay ." in page
    assert "it stops" in page
    assert (folder / "source" / "k.cu").read_text() == DOUBLE
    record = json.loads((folder / "case.json").read_text())
    assert len(record["sources"]["k.cu"]) == 64


def test_sources_stay_inside_the_folder(tmp_path):
    save_case(tmp_path, double_case())
    sources = {"../a/f.h": "1", "a/f.h": "2", "/etc/f.h": "3", "k.cu": "4"}
    report = KernelReport("k", "k", "k.cu", 1, "failed")
    folder = keep_failures(tmp_path, tmp_path / "out", [report], {"k.c": ""}, sources)["k"]
    found = {p.relative_to(folder).as_posix() for p in (folder / "source").rglob("*.*")}
    assert found == {"source/a/f.h", "source/a/2-f.h", "source/etc/f.h", "source/k.cu"}


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no case": lambda folder: (folder / "case.json").unlink(),
    "no memory": lambda folder: (folder / "memory.npz").unlink(),
    "no code": lambda folder: (folder / "k.c").unlink(),
    "no json": lambda folder: (folder / "case.json").write_text("{"),
    "a list": lambda folder: (folder / "case.json").write_text("[]"),
    "no memory inside": lambda folder: (folder / "memory.npz").write_bytes(b""),
    "half the memory": lambda folder: (folder / "memory.npz").write_bytes(
        (folder / "memory.npz").read_bytes()[:300]
    ),
    "garbled memory": lambda folder: (folder / "memory.npz").write_bytes(
        (folder / "memory.npz").read_bytes().replace(b"\x00", b"\x01")
    ),
    "binary code": lambda folder: (folder / "k.c").write_bytes(b"\xff\xfe\x00"),
}
EDITS = {
    "another format": {"format": 99},
    "no grid": {"grid": []},
    "grid of nothing": {"grid": [0, 1, 1]},
    "fewer arguments": {"args": []},
    "short arguments": {"args": ["00", "00", "00"]},
    "no bytes": {"args": ["zz", "00", "00"]},
    "buffers of another kind": {"buffers": 3},
    "huge buffer": {"buffers": [{"name": "y", "elem": "f32", "address": "0x0", "size": 1 << 60}]},
    "another kernel": {"instance": "other"},
    "files elsewhere": {"files": ["../k.c"]},
    "no files": {"files": []},
    "a parameter of more fields": {"parameters": [{"name": "y", "wrong": 1}]},
}


@pytest.mark.parametrize("name", [*DAMAGES, *EDITS])
def test_a_damaged_folder_is_a_diagnostic(kept, name):
    folder = kept(double_case())
    if name in DAMAGES:
        DAMAGES[name](folder)
    else:
        record = json.loads((folder / "case.json").read_text())
        (folder / "case.json").write_text(json.dumps({**record, **EDITS[name]}))
    with pytest.raises(CompileError) as caught:
        replay(folder)
    assert [d.code for d in caught.value.diagnostics] == ["ASC0820"]


def test_code_that_does_not_compile_is_a_diagnostic(kept):
    folder = kept(double_case())
    (folder / "k.c").write_text("int")
    with pytest.raises(CompileError) as caught:
        replay(folder)
    assert [d.code for d in caught.value.diagnostics] == ["ASC0702"]
