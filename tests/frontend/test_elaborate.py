"""Elaboration: what the IR of small kernels computes, its shape, and the names of instances."""

from __future__ import annotations

import numpy as np
import pytest

from ascendify.frontend.declarations import index_declarations
from ascendify.frontend.elaborate import elaborate_kernels, request_from_text
from ascendify.frontend.instances import find_instances
from ascendify.frontend.preprocess import preprocess
from ascendify.ir.diagnostics import Reporter, render
from ascendify.ir.dtypes import Space
from ascendify.ir.interpreter import run_kernel
from ascendify.ir.nodes import walk
from ascendify.ir.printer import print_module
from ascendify.ir.reader import read_module
from ascendify.ir.source import Sources
from ascendify.ir.verifier import check


def elaborate(text: str, *instances: str):
    """The units of a file; refusals are shown and fail the test."""
    sources, reporter = Sources(), Reporter()
    done = preprocess("t.cu", text, sources=sources, reporter=reporter)
    items = index_declarations(done.tokens, reporter)
    requests = [*find_instances(items), *map(request_from_text, instances)]
    units = elaborate_kernels(items, requests, reporter=reporter, sources=sources, strict=True)
    for unit in units:
        shown = "\n".join(render(d, sources) for d in unit.diagnostics)
        assert unit.module is not None, shown
        check(unit.module)
    return units


def run(text: str, count: int = 1, threads: int = 1, dtype=np.int64) -> list:
    """What the kernel `k(T *out)` of a file leaves in its buffer."""
    (unit,) = elaborate(text)
    out = np.zeros(count, dtype=dtype)
    run_kernel(unit.module, unit.module.kernels()[0].name, 1, threads, [out])
    return out.tolist()


def value(body: str, before: str = "") -> int:
    """The value that `body` assigns to `r`."""
    return run(f"{before}\n__global__ void k(long *out) {{ long r = 0; {body} out[0] = r; }}")[0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("1u - 2 > 0", 1),
        ("(char)200", -56),
        ("'a' + 1", 98),
        ("sizeof('a' + 1)", 4),
        ("sizeof(1 ? (char)1 : (char)2)", 1),
        ("-1 < 1u", 0),
        ("-1L < 1u", 1),
        ("(unsigned char)300 + 0x7fffffffL", 2147483691),
        ("1 << 31 >> 31", -1),
        ("~0u >> 4", 0x0FFFFFFF),
        ("(int)3.99f + (int)-3.99", 0),
        ("0.1f + 0.2f == 0.3f", 1),
        ("0.1 + 0.2 == 0.3", 0),
        ("16777217 == (float)16777217", 1),
        ("(1, 2) + (true ? 3 : 4u)", 5),
        ("010 + 0x10 + 0b11 + 1'000", 1027),
        ("sizeof(long long) * alignof(double)", 64),
        ("!5 + !!5", 1),
    ],
)
def test_expression_has_the_value_of_cpp(expression, expected):
    # Through variables, so that the operations run; and folded, as a constant expression.
    assert value(f"r = {expression};") == expected
    assert value(f"constexpr long c = {expression}; r = c;") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for (int i = 0; i < 10; i++) { if (i == 3) continue; if (i == 7) break; r += i; }", 18),
        ("int i = 0; do { r += i; } while (++i < 4);", 6),
        ("int i = 5; while (i-- > 0) r = r * 10 + i;", 43210),
        ("for (;;) { if (++r == 9) break; }", 9),
        ("switch (3) { case 1: r = 1; case 3: r += 30; case 4: r += 400; break; default: r = 9; }",
         430),
        ("switch (8) { default: r = 5; case 1: r += 1; }", 6),
        ("for (int i = 0; i < 5; i++) { switch (i) { case 1: continue; case 3: break; "
         "default: r += 10; } r += 1; }", 34),
        ("int a[2][3] = {{1, 2}, {4, 5, 6}}; for (auto& row : a) for (int x : row) r += x;", 18),
        ("if (int x = 4; x > 3) r = x; else r = -x;", 4),
        ("auto f = [&](int x) { r += x; return r; }; f(2); f(3);", 5),
        ("int x = 1; auto f = [x]() mutable { return ++x; }; f(); r = f() * 10 + x;", 31),
        ("auto add = [](auto a, auto b) { return a + b; }; r = add(1, 2) + add(0.5, 0.75);", 4),
        ("int x = 1, y = 2; (x > y ? x : y) = 7; r = x * 10 + y;", 17),
        ("unsigned u = 3; u -= 5; r = u > 100;", 1),
        ("short s = 32767; s += 1; r = s;", -32768),
    ],
)  # fmt: skip
def test_statements(body, expected):
    assert value(body) == expected


@pytest.mark.parametrize(
    ("before", "expression", "expected"),
    [
        ("struct A { int x = 3; __device__ int f() const { return x + 1; } };", "A{}.f()", 4),
        ("struct B { int x; }; struct D : B { int y; };", "D{{1}, 2}.x + sizeof(D)", 9),
        ("struct S { char c; double d; short s; };", "sizeof(S) + alignof(S)", 32),
        ("struct alignas(16) V { float x[3]; };", "sizeof(V)", 16),
        ("struct F { unsigned a : 3; int b : 5; };", "[] { F f{}; f.a = 9; f.b = -3; "
         "return f.a * 10 + f.b; }()", 7),
        ("template <int N> struct Fact { static constexpr int v = N * Fact<N - 1>::v; };\n"
         "template <> struct Fact<0> { static constexpr int v = 1; };", "Fact<6>::v", 720),
        ("template <class T> struct P { static constexpr int v = 0; };\n"
         "template <class T> struct P<T *> { static constexpr int v = 1; };\n"
         "template <class T> struct P<const T *> { static constexpr int v = 2; };",
         "P<int>::v + P<float *>::v * 10 + P<const int *>::v * 100", 210),
        ("template <class... T> __device__ int count(T... t) { return sizeof...(t); }\n"
         "template <class... T> __device__ int sum(T... t) { return (t + ... + 0); }",
         "count(1, 2.0f, 'c') * 100 + sum(4, 5)", 309),
        ("template <class T, int N> __device__ int len(T (&)[N]) { return N; }",
         "[] { float a[7]; return len(a); }()", 7),
        ("template <int (*F)(int)> __device__ int call(int x) { return F(x); }\n"
         "__device__ int twice(int x) { return 2 * x; }", "call<twice>(21)", 42),
        ("__device__ int twice(int x) { return 2 * x; }\n"
         "__device__ int pass(int (*f)(int), int x) { return f(f(x)); }", "pass(twice, 3)", 12),
        ("constexpr int gcd(int a, int b) { return b == 0 ? a : gcd(b, a % b); }\n"
         "constexpr int G = gcd(48, 18);", "G", 6),
        ("enum class E : unsigned char { A = 3, B }; enum Plain { X = 5 };",
         "(int)E::B * 10 + X + sizeof(E) * 100", 145),
        ("namespace n { struct T { int v; }; __device__ int operator+(T a, T b) "
         "{ return a.v * b.v; } }", "n::T{6} + n::T{7}", 42),
        ("__device__ int f(int) { return 1; } __device__ int f(double) { return 2; }\n"
         "template <class T> __device__ int f(T) { return 3; }",
         "f(1) + f(1.0) * 10 + f('c') * 100", 321),
        ("struct Pair { int a, b; };\n__device__ Pair make(int x) { return {x, x + 1}; }",
         "[] { auto [p, q] = make(4); return p * 10 + q; }()", 45),
        ("static const int table[] = {1, 10, 100};", "table[2] + (int)(sizeof(table) / 4)", 103),
        ("template <class T> constexpr bool is_int = false; template <> constexpr bool "
         "is_int<int> = true;", "is_int<int> + is_int<float> * 10", 1),
        ("template <int I> struct At { template <class T> static __device__ T of(const T *p); };\n"
         "template <> template <class T> __device__ T At<0>::of(const T *p) { return p[0]; }\n"
         "template <> template <class T> __device__ T At<1>::of(const T *p) { return p[1] * 10; }",
         "[] { int p[] = {3, 4}; return At<0>::of(p) + At<1>::of<int>(p); }()", 43),
        ("template <class T> struct Id { static __device__ int of() { return 0; } };\n"
         "template <> __device__ int Id<float>::of() { return 4; }",
         "Id<float>::of() + Id<int>::of() * 10", 4),
        ("using F = float; template <class T> using Ptr = T *;", "sizeof(Ptr<F>)", 8),
        ("template <class T> struct Box { T v; __device__ Box(T v) : v(v) {} };",
         "[] { Box b(2.5f); return (int)(b.v * 4) + (int)sizeof(b); }()", 14),
    ],
)  # fmt: skip
def test_declarations(before, expression, expected):
    assert value(f"r = {expression};", before) == expected


def test_threads_see_their_indices():
    text = "__global__ void k(int *out) { out[threadIdx.x] = threadIdx.x * 10 + blockDim.x; }"
    assert run(text, 4, 4, np.int32) == [4, 14, 24, 34]


def test_halves_follow_cuda():
    text = """
#include <cuda_fp16.h>
__global__ void k(float *out) {
    half a = 1.5f, b = __float2half(2.0f);
    half c = a * b + half(1);
    out[0] = (float)c;
    out[1] = __half2float(c) * 0.5f;
    out[2] = c > a;
    half d = 2049;
    out[3] = d;
}
"""
    assert run(text, 4, dtype=np.float32) == [4.0, 2.0, 1.0, 2048.0]


def test_alignment_of_shared_memory_names_a_local_type():
    (unit,) = elaborate("""
template <int N> struct alignas(4 * N) Row { float x[N]; };
template <int N> __global__ void k(float *out) {
    using Storage = Row<N>;
    extern __shared__ __align__(alignof(Storage)) unsigned char more[];
    out[0] = reinterpret_cast<Storage &>(more).x[0];
}
template __global__ void k<16>(float *out);
""")
    (more,) = unit.module.globals
    assert more.align == 64


def test_functions_stay_functions_and_spaces_are_known():
    (unit,) = elaborate("""
__device__ float twice(float x) { return 2 * x; }
__global__ void k(float *__restrict__ out, const float *in, int n) {
    __shared__ float tile[8][9];
    extern __shared__ char more[];
    tile[threadIdx.x][1] = twice(in[threadIdx.x]);
    out[0] = tile[0][1] + more[0];
}
""")
    kernel, twice = unit.module.funcs
    assert twice.name == "twice"
    assert "call" in [op.name for op in walk(kernel.body)]
    assert [p.type.space for p in kernel.params[:2]] == [Space.GLOBAL, Space.GLOBAL]
    assert kernel.attrs["param0.restrict"] is True
    assert kernel.attrs["param1.const"] is True
    tile, more = unit.module.globals
    assert (tile.count, tile.space, tile.source_name) == (72, Space.SHARED, "tile")
    assert (more.count, more.space) == (0, Space.SHARED)


def test_records_by_value_and_launch_bounds():
    (unit,) = elaborate("""
struct Args { float *p; int n; };
__device__ Args next(Args a) { a.n++; return a; }
__global__ void __launch_bounds__(64 * 2, 3) k(Args a) { a.p[0] = next(a).n; }
""")
    kernel, callee = unit.module.funcs
    assert (kernel.attrs["max_threads"], kernel.attrs["min_blocks"]) == (128, 3)
    assert kernel.params[0].type.space is Space.CONSTANT
    assert kernel.attrs["param0.record"] == callee.attrs["result.record"]
    assert callee.attrs["param1.record"].name == "Args"


def test_unroll_factors_are_kept():
    (unit,) = elaborate("""
__global__ void k(float *p) {
#pragma unroll
    for (int i = 0; i < 4; i++) p[i] = i;
#pragma unroll 8
    for (int i = 0; i < 64; i++) p[i] = i;
}
""")
    loops = [op for op in walk(unit.module.funcs[0].body) if op.name == "loop"]
    assert [op.attrs["unroll"] for op in loops] == [0, 8]


@pytest.mark.parametrize(
    ("template", "instance", "name"),
    [
        ("template <class T, int N>", "k<float, 256>", "k<float, 256>"),
        ("template <class T, int N = 4>", "k<unsigned int>", "k<unsigned int, 4>"),
        ("template <class T, bool B>", "k<const float *, true>", "k<float const*, true>"),
        ("template <class T, unsigned N>", "k<short, 8>", "k<short, 8u>"),
        ("template <class T, class U>", "k<int, long long>", "k<int, long long>"),
    ],
)
def test_instances_are_named_as_the_demangler_does(template, instance, name):
    (unit,) = elaborate(f"{template} __global__ void k(int *p) {{ p[0] = 1; }}", instance)
    assert unit.instance == name
    assert unit.module.funcs[0].attrs["source_name"] == name
    assert len(unit.template_args) == 2


def test_launches_give_instances():
    units = elaborate("""
template <typename T> __global__ void k(T *p, T x) { p[0] = x; }
void host(float *f, double *d) { k<<<1, 1>>>(f, 1.0f); k<double><<<1, 1>>>(d, 2.0); }
""")
    assert [u.instance for u in units] == ["k<float>", "k<double>"]


def test_text_form_reads_back():
    (unit,) = elaborate("""
struct Node { int v; Node *next; };
__global__ void k(Node *n, int *out) {
    int sum = 0;
    for (Node *p = n; p != nullptr; p = p->next) sum += p->v;
    *out = sum;
}
""")
    text = print_module(unit.module)
    assert print_module(read_module(text)) == text


def test_same_text_twice():
    text = "template <class T> __device__ T f(T x) { return x; }\n"
    text += "__global__ void k(int *p) { p[0] = f(1) + (int)f(2.0f) + [=] { return p[1]; }(); }"
    first, second = (print_module(elaborate(text)[0].module) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sizeof(std::aligned_storage<12, 4>::type)", 12),
        ("alignof(std::aligned_storage<16, 16>::type)", 16),
        ("*(long *)__builtin_assume_aligned(&r, 8) + 3", 3),
        ("std::is_same_v<at::Half, __half>", 0),
        ("std::is_same_v<at::acc_type<c10::BFloat16, true>, float>", 1),
        ("std::is_same_v<at::acc_type<int, true>, int64_t>", 1),
        ("std::is_same_v<at::opmath_type<double>, double>", 1),
    ],
)
def test_types_of_headers_that_are_not_read(expression, expected):
    headers = "#include <ATen/ATen.h>\n#include <type_traits>\n#include <cuda_fp16.h>\n"
    assert value(f"r = {expression};", headers) == expected
