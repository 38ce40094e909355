"""Input that no compiler could like: a code within seconds, no traceback, nothing written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

GOOD = b"__global__ void k(float *y) { y[threadIdx.x] = 1.0f; }\n"


def deep(open_: str, close: str) -> bytes:
    return (
        "__global__ void k(float *y) { y[0] = " + open_ * 10_000 + "1" + close * 10_000 + "; }\n"
    ).encode()


CASES = {
    "binary": bytes(range(256)) * 64,
    "empty": b"",
    "only a comment": b"// nothing\n",
    "truncated": GOOD[:38],
    "truncated string": b'__global__ void k() { printf("abc',
    "truncated comment": GOOD + b"/* abc",
    "parentheses": deep("(", ")"),
    "brackets": deep("y[", "]"),
    "unary": deep("-", ""),
    "braces": b"__global__ void k() " + b"{" * 10_000 + b"}" * 10_000 + b"\n",
    "templates": b"template<class T> struct A{}; __global__ void k() { "
    + b"A<" * 10_000 + b"int" + b">" * 10_000 + b" x; }\n",
    "megabyte line": b"__global__ void k(int *y) { y[0] = " + b"1 + " * 300_000 + b"1; }\n",
    "megabyte name": b"__global__ void k(int *y) { y[0] = " + b"a" * 2_000_000 + b"; }\n",
    "not utf-8": b"__global__ void k\xff\xfe(float *y) { }\n",
    "nul": GOOD + b"\0\n",
    "unbalanced": b"__global__ void k() { } } } }\n",
    "macro bomb": b"#define A B B B B B B B B\n#define B C C C C C C C C\n"
    b"#define C D D D D D D D D\n#define D E E E E E E E E\n#define E F F F F F F F F\n"
    b"#define F G G G G G G G G\n#define G H H H H H H H H\n#define H 1 +\n"
    b"__global__ void k(int *y) { y[0] = A 0; }\n",
    "self include": b'#include "input.cu"\n' + GOOD,
    "template recursion": b"template<int N> __device__ int f() { return f<N + 1>(); }\n"
    b"__global__ void k(int *y) { y[0] = f<0>(); }\n",
    "constant loop": b"constexpr int f() { int i = 0; while (true) ++i; return i; }\n"
    b"__global__ void k(int *y) { constexpr int n = f(); y[0] = n; }\n",
}  # fmt: skip


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # address space, not residence


def run(path: Path, cwd: Path) -> tuple[subprocess.CompletedProcess[str], float]:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "ascendify", str(path), "--no-verify"],
        cwd=cwd, capture_output=True, text=True, timeout=30, check=False, preexec_fn=limit_memory,
    )  # fmt: skip
    return done, time.monotonic() - started


def check(done: subprocess.CompletedProcess[str], cwd: Path) -> None:
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert done.returncode in (0, 1)
    if done.returncode == 1:
        assert "[ASC" in done.stderr, done.stderr[-2000:]
        assert "ASC0001" not in done.stderr, done.stderr[-2000:]
        assert not list(cwd.glob("*-cpu")) or list(cwd.glob("*-cpu/*.c"))


@pytest.mark.parametrize("name", CASES)
def test_bad_file(name, tmp_path):
    path = tmp_path / "input.cu"
    path.write_bytes(CASES[name])
    done, seconds = run(path, tmp_path)
    check(done, tmp_path)
    assert seconds < 10  # the promise is 5 s on an idle machine
    assert done.returncode == 1 or name == "self include" or "megabyte line" in name


def test_missing_file(tmp_path):
    done, _ = run(tmp_path / "missing.cu", tmp_path)
    check(done, tmp_path)
    assert "ASC0002" in done.stderr


def test_folder(tmp_path):
    done, _ = run(tmp_path, tmp_path)
    check(done, tmp_path)
    assert "ASC0002" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file(tmp_path):
    path = tmp_path / "input.cu"
    path.write_bytes(GOOD)
    path.chmod(0)
    done, _ = run(path, tmp_path)
    check(done, tmp_path)
    assert "ASC0002" in done.stderr


def test_recursive_includes(tmp_path):
    (tmp_path / "a.h").write_text('#include "b.h"\n')
    (tmp_path / "b.h").write_text('#include "a.h"\n')
    (tmp_path / "input.cu").write_bytes(b'#include "a.h"\n' + GOOD)
    done, _ = run(tmp_path / "input.cu", tmp_path)
    check(done, tmp_path)
    assert done.returncode == 1


def test_unwritable_output(tmp_path):
    (tmp_path / "input.cu").write_bytes(GOOD)
    (tmp_path / "input-cpu").write_text("a file where the folder should be\n")
    done, _ = run(tmp_path / "input.cu", tmp_path)
    assert done.returncode == 1
    assert "ASC0009" in done.stderr
    assert (tmp_path / "input-cpu").read_text() == "a file where the folder should be\n"
