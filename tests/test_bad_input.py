"""Input that no compiler could like: a code within seconds, no traceback, nothing written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from ascendify.driver import Options, translate_files
from ascendify.runtime.build import build_shared

SECONDS = 5.0  # of processor time: how long the clock runs depends on what else the machine does
BYTES = 1 << 30
GOOD = b"__global__ void k(float *y) { y[threadIdx.x] = 1.0f; }\n"


def deep(open_: str, close: str) -> bytes:
    return (
        "__global__ void k(float *y) { y[0] = " + open_ * 10_000 + "1" + close * 10_000 + "; }\n"
    ).encode()


def each(count: int, text: str) -> str:
    """`text` for every number, which stands in it as N."""
    return "".join(text.replace("N", str(number)) for number in range(count))


def body(text: str) -> bytes:
    return f"__global__ void k(int *y, int n) {{ {text} }}\n".encode()


REFUSED = {
    "binary": bytes(range(256)) * 64,
    "empty": b"",
    "only a comment": b"// nothing\n",
    "truncated": GOOD[:38],
    "truncated string": b'__global__ void k() { printf("abc',
    "truncated comment": GOOD + b"/* abc",
    "parentheses": deep("(", ")"),
    "brackets": deep("y[", "]"),
    "unary": deep("-", ""),
    "casts": deep("(float)", ""),
    "conditions": deep("y[0] ? 1 : ", ""),
    "assignments": deep("y[0] = ", ""),
    "calls": deep("abs(", ")"),
    "braces": b"__global__ void k() " + b"{" * 10_000 + b"}" * 10_000 + b"\n",
    "ifs": body("if (n) " * 10_000 + "y[0] = 1;"),
    "else ifs": body("if (n == 1) y[0] = 1; else " * 10_000 + "y[0] = 2;"),
    "loops": body("for (int i = 0; i < n; ++i) " * 10_000 + "y[0] = 1;"),
    "lambdas": body("auto f = " + "[&] { return " * 5_000 + "1" + "; }()" * 5_000 + ";"),
    "pointers": body("int " + "*" * 10_000 + "p = 0; y[0] = p != 0;"),
    "templates": b"template<class T> struct A{}; __global__ void k() { "
    + b"A<" * 10_000 + b"int" + b">" * 10_000 + b" x; }\n",
    "megabyte name": b"__global__ void k(int *y) { y[0] = " + b"a" * 2_000_000 + b"; }\n",
    "megabyte number": b"__global__ void k(int *y) { y[0] = " + b"9" * 1_000_000 + b"; }\n",
    "megabyte string": b'__global__ void k(int *y) { y[0] = "' + b"a" * 1_000_000 + b'"; }\n',
    "not utf-8": b"__global__ void k\xff\xfe(float *y) { }\n",
    "utf-16": GOOD.decode().encode("utf-16"),
    "nul": GOOD + b"\0\n",
    "unbalanced": GOOD + b"} } }\n",
    "macro bomb": b"#define A B B B B B B B B\n#define B C C C C C C C C\n"
    b"#define C D D D D D D D D\n#define D E E E E E E E E\n#define E F F F F F F F F\n"
    b"#define F G G G G G G G G\n#define G H H H H H H H H\n#define H 1 +\n"
    b"__global__ void k(int *y) { y[0] = A 0; }\n",
    "paste bomb": b"#define P(a) Q(a ## a) Q(a ## a)\n#define Q(a) R(a ## a) R(a ## a)\n"
    b"#define R(a) a ## a ## a ## a\n" + body("P(" + "x" * 200_000 + ");"),
    "template recursion": b"template<int N> __device__ int f() { return f<N + 1>(); }\n"
    b"__global__ void k(int *y) { y[0] = f<0>(); }\n",
    "class recursion": b"template<int N> struct A { enum { v = A<N + 1>::v }; };\n"
    b"__global__ void k(int *y) { y[0] = A<0>::v; }\n",
    "type recursion": b"template<class T> __device__ int f(T *p) { return f(&p); }\n"
    b"__global__ void k(int *y) { y[0] = f(y); }\n",
    "growing types": b"template<class A, class B> struct P { A a; B b; };\n"
    b"template<int N> struct G { typedef P<typename G<N - 1>::t, typename G<N - 1>::t> t; };\n"
    b"template<> struct G<0> { typedef int t; };\n"
    b"__global__ void k(int *y) { G<60>::t all; y[0] = sizeof all; }\n",
    "two instances each": b"template<int N, int M> __device__ int f() { return f<N - 1, M * 2>() "
    b"+ f<N - 1, M * 2 + 1>(); }\n__global__ void k(int *y) { y[0] = f<1000000, 0>(); }\n",
    "constant loop": b"constexpr int f() { int i = 0; while (true) ++i; return i; }\n"
    b"__global__ void k(int *y) { constexpr int n = f(); y[0] = n; }\n",
    "constant recursion": b"constexpr int f(int n) { return f(n + 1) + 1; }\n"
    b"__global__ void k(int *y) { constexpr int n = f(0); y[0] = n; }\n",
    "constant tree": b"constexpr int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); }\n"
    b"__global__ void k(int *y) { constexpr int n = f(200); y[0] = n; }\n",
    "constant shift": body("constexpr int a = 1 << 40; y[0] = a / (a - a);"),
    "conditional of nothing": b"#if\n#elif\n#else\n#else\n#endif\n#endif\n" + GOOD,
    "conditional without end": b"#if 1\n" * 10_000 + GOOD,
    "deep #if": b"#if " + b"(" * 10_000 + b"1" + b")" * 10_000 + b"\n" + GOOD + b"#endif\n",
    "division in #if": b"#if 1 / 0\n#endif\n" + GOOD,
    "bad directives": b"#define\n#undef\n#include\n#include <\n#line x\n#define f(\n#define f(a\n"
    b"#define g(a,\n#define h(...) __VA_ARGS__ ##\n#nonsense\n" + GOOD,
    "#error": b"#error no\n" + GOOD,
    "array of a gigaentry": body("int a[1 << 30]; a[n] = n; y[0] = a[0];"),
    "array beyond 64 bits": body("int a[1 << 15][1 << 15][1 << 15][1 << 15][1 << 15]; y[0] = n;"),
    "array in shared memory": body("__shared__ int a[1 << 30]; a[n] = n; y[0] = a[0];"),
    "array of minus one": body("int a[-1]; y[0] = a[n];"),
    "array of nothing": body("int a[]; y[0] = a[n];"),
    "initialised global": b"__device__ int a[1 << 30] = {1};\n" + body("y[0] = a[n];"),
    "no body": b"__global__ void k(int *y);\n",
    "no parameters": b"__global__ void k\n",
    "no name": b"__global__ void (int *y) { y[0] = 1; }\n",
    "no type": b"__global__ k(int *y) { y[0] = 1; }\n",
    "result": b"__global__ int k(int *y) { return y[0]; }\n",
    "two of one name": GOOD + GOOD,
    "overloads": GOOD + b"__global__ void k(int *y) { y[threadIdx.x] = 1; }\n",
    "endless initialiser": body("int a[] = {" + "{" * 10_000 + "}" * 10_000 + "}; y[0] = a[0];"),
    "self-containing struct": b"struct A { A a; int b; };\n" + body("A a; y[0] = a.b;"),
    "structs in each other": b"struct B;\ntemplate<class T> struct A { T b; };\n"
    b"struct B { A<B> a; };\n" + body("B b; y[0] = sizeof(b);"),
    "self-deriving struct": b"struct A : A { int b; };\n" + body("A a; y[0] = a.b;"),
    "self-naming type": b"typedef T T;\nusing U = U;\n" + body("T a = 1; U b = 2; y[0] = a + b;"),
    "self-naming constant": b"constexpr int a = a + 1;\n" + body("y[0] = a;"),
    "self-naming auto": body("auto a = a; y[0] = a;"),
    "endless call": b"__device__ int f(int n) { return f(n) + 1; }\n" + body("y[0] = f(n);"),
    "mutual calls": b"__device__ int g(int n);\n__device__ int f(int n) { return g(n); }\n"
    b"__device__ int g(int n) { return f(n); }\n" + body("y[0] = f(n);"),
    "case outside": body("case 1: y[0] = 1; default: break; continue;"),
    "same case": body("switch (n) { case 1: y[0] = 1; break; case 1: y[0] = 2; }"),
    "backslash at the end": GOOD + b"\\",
    "only a quote": b"'",
    "only a raw string": b'R"abc(',
    "only a number sign": b"#",
}  # fmt: skip
"""Must be refused, with a code."""

ACCEPTED = {
    "namespaces": b"namespace a { " * 10_000 + GOOD + b"}" * 10_000,
    "megabyte line": b"__global__ void k(int *y) { y[0] = " + b"1 + " * 300_000 + b"1; }\n",
    "many switch cases": body("switch (n) {" + each(100_000, "case N: y[N] = N; break;") + "}"),
    "switch cases": body("switch (n) {" + each(500, "case N: y[N] = N; break;") + "}"),
    "returning cases": body("switch (n) {" + each(500, "case N: y[N] = N; return;") + "}"),
    "falling cases": body("switch (n) {" + each(500, "case N: y[N] = N;") + "}"),
    "returning ifs": body(each(500, "if (n == N) { y[N] = 1; return; }")),
    "some else ifs": body(each(200, "if (n == N) y[N] = 1; else ") + "y[0] = 9;"),
    "some loops": body(each(90, "for (int iN = 0; iN < n; ++iN) ") + "y[n] = 9;"),
    "long table": b"__constant__ int t[] = {" + b"1, " * 50_000 + b"};\n" + body("y[0] = t[n];"),
    "big zero table": b"__device__ int a[1 << 22] = {1};\n" + body("y[0] = a[n];"),
    "big module variable": b"__device__ int a[1 << 28];\n" + body("y[0] = a[n];"),
    "many kernels": each(100, "__global__ void kN(int *y) { y[threadIdx.x] = N; }\n").encode(),
    "many statements": body("y[0] += n;" * 100_000),
    "many variables": body(each(5_000, "int aN = n;") + "y[0] = a1;"),
    "many functions": each(20_000, "__device__ int fN(int n) { return n; }\n").encode() + GOOD,
    "unrolled twice": body(
        "\n#pragma unroll\nfor (int i = 0; i < 100000; ++i)\n#pragma unroll\n"
        "for (int j = 0; j < 100000; ++j) y[0] += i * j;"
    ),
    "carriage returns": b"#define ONE \\\r\n  1\r\n"
    + GOOD.replace(b"1.0f", b"ONE").replace(b"\n", b"\r\n"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "no newline at the end": GOOD.rstrip(b"\n"),
    "empty kernel": b"__global__ void k() { }\n",
    "big line numbers": b'#line 4000000000 "x\\ny.cu"\n' + GOOD,
    "form feeds": GOOD.replace(b" ", b"\f\v\t "),
    "control characters": b'const char *s = "\x01\x02\x7f";\n' + GOOD,
}  # fmt: skip
"""May be translated or refused; when refused, with a code."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a run of the command ended."""

    status: int
    stderr: str
    seconds: float
    bytes: int
    folder: Path


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # address space, not residence


def run(path: Path, folder: Path, *options: str) -> Done:
    """`translate path` in a process of its own, in `folder`."""
    with open(folder / "messages.txt", "wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "ascendify", str(path), "--no-verify", *options],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=stderr, preexec_fn=limit,
        )  # fmt: skip
        timer = threading.Timer(60.0, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "messages.txt").read_text("utf-8")
    seconds = usage.ru_utime + usage.ru_stime
    return Done(process.returncode, text, seconds, usage.ru_maxrss * 1024, folder)


def check(done: Done) -> None:
    """What is promised whatever the input."""
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert "ASC0001" not in done.stderr, done.stderr[-2000:]
    assert done.status in (0, 1)
    if done.status == 1:
        assert "[ASC" in done.stderr, done.stderr[-2000:]
        assert done.seconds < SECONDS
        assert done.bytes < BYTES
    for folder in done.folder.glob("*-cpu"):
        names = {file.name for file in folder.iterdir()}
        assert {"input.c", "ascendify_cpu.h"} <= names


def check_refused(done: Done, code: str = "") -> None:
    check(done)
    assert done.status == 1
    assert code in done.stderr
    assert not list(done.folder.glob("*-cpu"))


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    (tmp_path / "input.cu").write_bytes(REFUSED[name])
    done = run(tmp_path / "input.cu", tmp_path)
    check(done)
    assert done.status == 1
    assert GOOD in REFUSED[name] or not list(tmp_path.glob("*-cpu"))  # a good kernel is written


@pytest.mark.parametrize("name", ACCEPTED)
def test_unusual(name, tmp_path):
    (tmp_path / "input.cu").write_bytes(ACCEPTED[name])
    check(run(tmp_path / "input.cu", tmp_path))


def test_missing_file(tmp_path):
    check_refused(run(tmp_path / "missing.cu", tmp_path), "ASC0002")


def test_folder(tmp_path):
    (tmp_path / "input.cu").mkdir()
    check_refused(run(tmp_path / "input.cu", tmp_path), "ASC0002")


def test_links_in_a_circle(tmp_path):
    (tmp_path / "input.cu").symlink_to(tmp_path / "other.cu")
    (tmp_path / "other.cu").symlink_to(tmp_path / "input.cu")
    check_refused(run(tmp_path / "input.cu", tmp_path), "ASC0002")


def test_device_without_end(tmp_path):
    check_refused(run(Path("/dev/zero"), tmp_path))


def test_very_long_name(tmp_path):
    check_refused(run(tmp_path / ("a" * 5_000 + ".cu"), tmp_path), "ASC0002")


@pytest.mark.parametrize("name", ["a\n#error b", "a\\", 'a"b*', "a \u00e9\u2028"])
def test_strange_name(name, tmp_path):
    path = tmp_path / f"{name}.cu"
    path.write_bytes(GOOD)
    (translation,) = translate_files([str(path)], Options(verify=False, write=False))
    assert not translation.diagnostics
    build_shared(translation.files, language="c")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file(tmp_path):
    path = tmp_path / "input.cu"
    path.write_bytes(GOOD)
    path.chmod(0)
    check_refused(run(path, tmp_path), "ASC0002")


INCLUDED = {
    "itself": lambda path: path.write_text('#include "input.cu"\n'),
    "in a circle": lambda path: path.write_text('#include "a.h"\n#include "a.h"\n'),
    "a folder": lambda path: path.mkdir(),
    "binary": lambda path: path.write_bytes(bytes(range(256))),
    "not utf-8": lambda path: path.write_bytes(b"// \xff\n"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a device without end": lambda path: path.symlink_to("/dev/zero"),
    "truncated": lambda path: path.write_text("namespace a { __device__ int f("),
}


@pytest.mark.parametrize("what", INCLUDED)
def test_include(what, tmp_path):
    """A header that cannot be read is a warning until something from it is used."""
    INCLUDED[what](tmp_path / "a.h")
    (tmp_path / "input.cu").write_bytes(b'#include "a.h"\n' + body("y[0] = f(n);"))
    check_refused(run(tmp_path / "input.cu", tmp_path))
    (tmp_path / "input.cu").write_bytes(b'#include "a.h"\n' + GOOD)
    done = run(tmp_path / "input.cu", tmp_path)
    check(done)
    assert "[ASC" in done.stderr


def test_unwritable_output(tmp_path):
    (tmp_path / "input.cu").write_bytes(GOOD)
    (tmp_path / "input-cpu").write_text("a file where the folder should be\n")
    done = run(tmp_path / "input.cu", tmp_path)
    assert done.status == 1
    assert "ASC0009" in done.stderr
    assert (tmp_path / "input-cpu").read_text() == "a file where the folder should be\n"


IR_TEXTS = {
    "empty": "",
    "nonsense": "kernel kernel { } }",
    "truncated": "kernel @k(%y: ptr<f32>) {\n  %0 = thread_idx",
    "parentheses": "kernel @k() { %0 = " + "(" * 10_000 + " }",
    "regions": "kernel @k() {" + " if %0 {" * 10_000 + "}" * 10_000 + "}",
    "undefined value": "kernel @k() { store %a, %b, %c\n return }",
    "megabyte name": "kernel @" + "k" * 2_000_000 + "() { return ",
}


@pytest.mark.parametrize("what", IR_TEXTS)
def test_ir_text(what, tmp_path):
    (tmp_path / "input.air").write_text(IR_TEXTS[what])
    check_refused(run(tmp_path / "input.air", tmp_path))
