"""Building oracles and whole programs from source."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ascendify.ir.diagnostics import CompileError
from ascendify.runtime import build
from ascendify.runtime.oracle.build import build_hosted_program, build_oracle
from ascendify.runtime.oracle.complaints import missing_header, read_complaints
from ascendify.runtime.oracle.symbols import canonical_name, instance_name
from ascendify.runtime.oracle.tokens import tokenize

Build = Callable[..., Any]

KERNEL = "__global__ void k(int *p) { p[threadIdx.x] = 1; }\n"


def test_names_and_variables() -> None:
    text = (
        "namespace a { template <class T, int N> __global__ void t(T *p) { *p = N; } }\n"
        "static __global__ void k(int *p) { *p = 1; }\n"
        "__device__ int counter[3];\n__constant__ float table[4];\nint host_value;\n"
        "void go(float *p) { a::t<float, 3><<<1, 1>>>(p); k<<<1, 1>>>(nullptr); }\n"
    )
    oracle = build_oracle("x.cu", text, instances=["a::t<float,  3>", "a::t<unsigned, 2>", "k"])
    assert sorted(oracle.names.values()) == ["a::t<float,  3>", "a::t<unsigned, 2>", "k"]
    assert {"counter", "table"} <= set(oracle.variables)
    assert oracle.instances == ("k", "a::t<float,  3>", "a::t<unsigned, 2>")


def test_host_code_that_does_not_compile_is_left_out() -> None:
    text = (
        "#include <no_such_library.h>\n" + KERNEL + "void bad(nosuchHandle h) {\n  use(h);\n}\n"
        "void caller() {\n#if 1\n  bad(0);\n#endif\n}\nint fine() { return 3; }\n"
        "int main() { caller(); }\n"
    )
    oracle = build_oracle("x.cu", text)
    assert [(d.name, d.line, d.is_kernel) for d in oracle.dropped] == [
        ("bad", 3, False),
        ("caller", 6, False),
        ("main", 12, False),
    ]
    assert "nosuchHandle" in oracle.dropped[0].reason
    assert list(oracle.names.values()) == ["k"]


def test_a_bad_kernel_does_not_hide_the_others() -> None:
    text = KERNEL + "__global__ void bad(int *p) { *p = no_such_function(); }\n"
    oracle = build_oracle("x.cu", text)
    assert [(d.name, d.line, d.is_kernel) for d in oracle.dropped] == [("bad", 2, True)]
    assert oracle.instances == ("k",)


def test_a_bad_instance_does_not_hide_the_others() -> None:
    text = "template <class T> __global__ void t(T *p) { p->x = 1; }\nstruct S { int x; };\n"
    oracle = build_oracle("x.cu", text, instances=["t<S>", "t<int>"])
    assert oracle.instances == ("t<S>",)
    assert [d.name for d in oracle.dropped] == ["t<int>"]


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(CompileError) as caught:
        build_oracle("x.cu", "\n__global__ void bad(int *p) { *p = no_such_function(); }\n")
    diagnostic = caught.value.diagnostics[0]
    assert (diagnostic.code, str(diagnostic.span)) == ("ASC0703", "x.cu:2:1")
    assert "no_such_function" in diagnostic.message


@pytest.mark.parametrize(
    "text", ["#error no\n" + KERNEL, KERNEL + "}\n", '__global__ void k() { "']
)
def test_hopeless_sources(text: str) -> None:
    with pytest.raises(CompileError) as caught:
        build_oracle("x.cu", text)
    assert caught.value.diagnostics[0].code == "ASC0703"


def test_project_headers_are_rewritten_too(tmp_path: Path) -> None:
    (tmp_path / "inc").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "inc" / "lib.cuh").write_text(
        "#pragma once\ntemplate <class T> __global__ void t(T *p) { extern __shared__ int s[];"
        " s[0] = N; *p = s[0]; }\n"
        "inline void go(int *p) { t<<<1, 1, 4>>>(p); }\n"
    )
    (tmp_path / "src" / "near.h").write_text('#include "../inc/lib.cuh"\n')
    text = '#include "near.h"\n#include <lib.cuh>\nint run() { int x; go(&x); return x; }\n'
    oracle = build_oracle(
        tmp_path / "src" / "x.cu", text, include_dirs=[tmp_path / "inc"], defines=["N=7"]
    )
    assert oracle.dropped == ()
    assert list(oracle.names.values()) == ["t<int>"]


def test_defines_that_look_like_our_names(kernels: Build) -> None:
    text = KERNEL + "int n = N + H;\n"
    assert build_oracle("x.cu", text, defines=["N=2", "H", "FORMAT=3"]).dropped == ()


def test_epilogue_lines_fail_alone() -> None:
    oracle = build_oracle("x.cu", KERNEL, epilogue="int a = 1;\nint b = nothing;\nint c = a;\n")
    assert [(d.name, d.file) for d in oracle.dropped] == [("int b = nothing;", "<instances>")]


def test_launches_of_all_kinds_compile_and_run(tmp_path: Path) -> None:
    text = """
#include <cstdio>
template <class T, int N = 4> __global__ void t(T *p, int n = 5) { p[threadIdx.x] = N * n; }
__global__ void k(int *p, float f) { p[threadIdx.x] = f; }
__global__ void k(int *p, int *q) { p[threadIdx.x] = q == nullptr; }
__global__ void c(int *p) { extern __shared__ int s[]; s[threadIdx.x] = 3; p[threadIdx.x] = s[0]; }
struct Pair { int a; double b; };
__global__ void by_value(int *p, const Pair pair, const int n) { *p = pair.a + pair.b + n; }
#define LAUNCH(f, ...) f<<<1, 4>>>(__VA_ARGS__)
template <class F> void through(F kernel, int *p) { kernel<<<dim3(1), dim3(4), 16>>>(p); }
int main() {
  int *p; cudaMallocManaged(&p, 64);
  t<<<1, 4>>>(p); printf("%d ", p[3]);
  t<int, 2><<<1, 4>>>(p, 3); printf("%d ", p[3]);
  k<<<1, 4>>>(p, 2); printf("%d ", p[3]);
  k<<<1, 4>>>(p, nullptr); printf("%d ", p[3]);
  through(c, p); printf("%d ", p[3]);
  LAUNCH((t<int, 5>), p, 7); printf("%d ", p[3]);
  by_value<<<1, 1>>>(p, {1, 2.0}, 'a' - 'A'); printf("%d ", p[0]);
  auto f = &t<int, 9>; f<<<1, 4>>>(p, 1); printf("%d ", p[3]);
  int n = 6; void *args[] = {&p, &n};
  cudaLaunchKernel((void *)t<int, 5>, dim3(1), dim3(4), args, 0, 0); printf("%d ", p[3]);
  void *one[] = {&p}; const void *erased = (const void *)c;
  cudaLaunchKernel(erased, dim3(1), dim3(4), one, 64, 0); printf("%d\\n", p[3]);
  return cudaGetLastError();
}
"""
    oracle = build_oracle("x.cu", text)
    assert oracle.dropped == ()
    script = (
        "import cffi, sys\n"
        "ffi = cffi.FFI()\n"
        "ffi.cdef('int _Z19ascendify_user_mainv(void); int fflush(void *);')\n"
        "library = ffi.dlopen(sys.argv[1])\n"
        "status = library._Z19ascendify_user_mainv()\n"
        "library.fflush(ffi.NULL)\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(oracle.so_path)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "20 6 2 1 3 35 35 9 30 3\n")


GENERATED = """
#include "ascendify_cpu.h"
static float table[4];
static int counter;
static void launch(void **args, const ascendify_launch *l) {
  float *x = *(float **)args[0], a = *(float *)args[1];
  for (unsigned i = 0; i < l->block[0]; ++i, ++counter) x[i] = 1000 + a * table[i % 4];
}
const ascendify_kernel ascendify_kernels[] = {{"k<float, 3>", launch}, {0, 0}};
const ascendify_variable ascendify_variables[] = {
    {"table", table, sizeof table}, {"counter", &counter, sizeof counter}, {0, 0, 0}};
"""

PROGRAM = """
#include <cstdio>
__constant__ float table[4];
__device__ int counter;
template <class T, int N> static __global__ void k(T *x, float a) { x[threadIdx.x] = N; counter++; }
__global__ void other(int *p) {}
int main(int argc, char **argv) {
  float host[4] = {1, 2, 3, 4}, *d;
  cudaMalloc(&d, 64);
  cudaMemcpyToSymbol(table, host, sizeof host);
  k<float, 3><<<2, 8>>>(d, 2.0f);
  int c;
  cudaMemcpyFromSymbol(&c, counter, 4);
  printf("%g %g %d\\n", d[0], d[3], c);
  k<float, 3><<<2, 8000>>>(d, 2.0f);
  printf("%s\\n", cudaGetErrorString(cudaGetLastError()));
  if (argc > 1) other<<<1, 1>>>(nullptr);
  return 7;
}
"""


def header() -> str:
    return (Path(build.__file__).parent / "include" / "ascendify_cpu.h").read_text()


def test_program_with_translated_kernels() -> None:
    files = {"x.c": GENERATED, "ascendify_cpu.h": header()}
    program = build_hosted_program("x.cu", PROGRAM, files)
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.stdout == "1002 1008 8\ninvalid configuration argument\n"
    assert done.returncode == 7
    done = subprocess.run([program, "1"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "a kernel that was not translated: other" in done.stderr


def test_program_that_does_not_link() -> None:
    files = {"x.c": GENERATED, "ascendify_cpu.h": header()}
    text = PROGRAM.replace("return 7;", "extern void nowhere(); nowhere(); return 7;")
    with pytest.raises(CompileError) as caught:
        build_hosted_program("x.cu", text, files)
    assert caught.value.diagnostics[0].code == "ASC0702"
    assert "nowhere" in str(caught.value)


def test_matrix_products(kernels: Build) -> None:
    text = """
#include <cublas_v2.h>
#include <cstdio>
int main() {
  cublasHandle_t h; cublasCreate(&h);
  float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, 1, 1, 1}, c[4] = {1, 1, 1, 1}, x = 1, y = 2;
  cublasSgemm(h, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 3, &x, a, 2, b, 3, &y, c, 2);
  printf("%g %g %g %g ", c[0], c[1], c[2], c[3]);
  y = 0;
  cublasSgemm(h, CUBLAS_OP_T, CUBLAS_OP_T, 2, 2, 3, &x, a, 3, b, 2, &y, c, 2);
  printf("%g %g %g %g\\n", c[0], c[1], c[2], c[3]);
}
"""
    program = build_hosted_program("x.cu", text + KERNEL, {})
    assert subprocess.run([program], capture_output=True).stdout == b"13 16 11 14 8 20 5 11\n"


@pytest.mark.parametrize(
    ("demangled", "name"),
    [
        ("void ns::k<float, 256>(float*, int)", "ns::k<float, 256>"),
        ("k(float*)", "k"),
        ("void (anonymous namespace)::k<3u>(int) [clone .part.0]", "k<3u>"),
        ("void k<&(f(float))>(int)", "k<&(f(float))>"),
    ],
)
def test_instance_name(demangled: str, name: str) -> None:
    assert instance_name(demangled) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("k<float,256>", "k< float , 256u >"),
        ("k<(Mode)1, unsigned>", "k<1,unsigned int>"),
        ("k<v<v<int> > >", "k<v<v<int>>>"),
        ("k<&(f(float))>", "k<f>"),
        ("k<-1>", "k<(E)-1>"),
        ("k<unsigned long>", "k<long unsigned int>"),
    ],
)
def test_canonical_names_agree(one: str, other: str) -> None:
    assert canonical_name(one) == canonical_name(other)


def test_complaints() -> None:
    gcc = (
        "In file included from x.cu:1:\nlib.h: In instantiation of 'void f(T)':\n"
        "x.cu:9:3:   required from here\nlib.h:4:5: error: no member 'x'\n"
        "y.cu:7:2: error: bad\nm.h:1:11: note: in expansion of macro 'M'\n"
        "z.h:3:10: fatal error: no/such.h: No such file or directory\n"
    )
    first, second, third = read_complaints(gcc)
    assert (first.message, first.places) == (
        "no member 'x'",
        (("x.cu", 9, 3), ("lib.h", 4, 5)),
    )
    assert second.places == (("y.cu", 7, 2), ("m.h", 1, 11))
    assert third.places[0] == ("z.h", 3, 10)
    assert missing_header(gcc) == "no/such.h"
    assert missing_header("x.cu:1:10: fatal error: 'omp.h' file not found") == "omp.h"


def test_empty_text_has_no_tokens() -> None:
    assert tokenize("") == []


def test_inline_ptx_without_meaning_ends_the_launch_that_gets_there(kernels: Build) -> None:
    text = KERNEL + (
        '__device__ int strange() { int x; asm volatile("no.such %0, %%nothing;\\n" : "=r"(x));'
        " return x; }\n"
        "__global__ void uses(int *p, int n) { *p = n ? strange() : 7; }\n"
    )
    built = kernels(text)
    p = np.zeros(1, np.int32)
    assert not built.run("uses", p, np.int32(0))
    assert p[0] == 7
    message = built.run("uses", p, np.int32(1))
    assert "inline PTX has no meaning on the CPU: no.such" in message


def test_spellings_of_shared_variables(kernels: Build) -> None:
    text = """
__shared__ int outside[2];
struct Box { half a; half2 b; float4 c; };
template <class T> __device__ T *memory() {
  extern __shared__ unsigned char bytes[];
  return (T *)bytes;
}
__global__ void k(int *p) {
  static __shared__ int a; __shared__ static int b;
  volatile __shared__ int c; __shared__ Box box[3];
  extern __shared__ double first[], second[];
  if (threadIdx.x == 0) { a = 1; b = 2; c = 3; box[2].c.x = 4; outside[1] = 5; first[0] = 6; }
  auto add = [=](int x) { return x + (int)second[0]; };
  __syncthreads();
  p[threadIdx.x] = a + b + c + (int)box[2].c.x + outside[1] + add(0) + (int)memory<double>()[0];
}
"""
    out = np.zeros(32, np.int32)
    assert not kernels(text).run("k", out, shared=64)
    assert set(out) == {27}
