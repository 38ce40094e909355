"""Building and loading generated code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ascendify.ir.diagnostics import CompileError
from ascendify.runtime.build import build_judged, build_program, build_shared, load_library

ADD = "int add(int a, int b) { return a + b; }\n"


def test_shared_object_with_header() -> None:
    path = build_shared({"a.h": "#define SUM(a, b) ((a) + (b))\n", "a.c": '#include "a.h"\n' + ADD})
    _, library = load_library(path, "int add(int, int);")
    assert library.add(2, 3) == 5
    assert (
        build_shared({"a.h": "#define SUM(a, b) ((a) + (b))\n", "a.c": '#include "a.h"\n' + ADD})
        == path
    )


def test_overflow_wraps_and_nothing_is_contracted() -> None:
    text = (
        "int next(int a) { return a + 1 > a; }\n"
        "float residue(float a, float b) { return a * b - a * b; }\n"
    )
    _, library = load_library(
        build_shared({"a.c": text}), "int next(int); float residue(float, float);"
    )
    assert library.next(2**31 - 1) == 0
    assert library.residue(1.1, 1.3) == 0


def test_headers_of_include_dirs_count(tmp_path: Path) -> None:
    (tmp_path / "n.h").write_text("#define N 1\n")
    text = '#include "n.h"\nint n(void) { return N; }\n'
    first = build_shared({"a.c": text}, include_dirs=[tmp_path])
    other = tmp_path / "other"
    other.mkdir()
    (other / "n.h").write_text("#define N 2\n")
    second = build_shared({"a.c": text}, include_dirs=[other])
    assert first != second


def test_program() -> None:
    text = '#include <cstdio>\nint main() { std::puts("hello"); return 3; }\n'
    done = subprocess.run([build_program({"a.cpp": text}, language="c++")], capture_output=True)
    assert (done.returncode, done.stdout) == (3, b"hello\n")


def test_compiler_errors_become_a_diagnostic() -> None:
    with pytest.raises(CompileError) as caught:
        build_shared({"a.c": "int f(void) { return nothing; }\nint g(void) { return nil; }\n"})
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "ASC0702"
    assert "a.c:1" in diagnostic.message
    assert any("a.c:2" in text for _, text in diagnostic.notes)


UNWRITTEN = """
int last(int n);
int last(int n) { int found; for (int i = 0; i < n; ++i) found = i; return found; }
"""


def test_a_proof_sees_variables_that_are_read_before_they_are_written():
    _, library = load_library(build_judged({"a.c": UNWRITTEN}), "int last(int);")
    assert library.last(4) == 3
    assert library.last(0) not in (0, 3)
