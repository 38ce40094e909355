"""Instances of kernel templates that nobody launches."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascendify.frontend.elaborate import KernelUnit
from ascendify.frontend.unit import SourceOptions, analyse
from ascendify.ir.diagnostics import Reporter
from ascendify.ir.source import Sources


def units(text: str, *instances: str) -> list[KernelUnit]:
    reporter = Reporter()
    options = SourceOptions(instances=instances)
    unit = analyse(Path("a.cu"), text, options, sources=Sources(), reporter=reporter)
    assert reporter.diagnostics == []
    return unit.kernels


def names(text: str, *instances: str) -> list[str]:
    found = units(text, *instances)
    assert all(unit.module is not None for unit in found), found[0].diagnostics
    return [unit.instance for unit in found]


OPERATORS = """
struct Plus { __device__ float operator()(float a, float b) const { return a + b; } };
template <class U> struct Twice { static __device__ U apply(U a) { return a + a; } };
enum Mode { SLOW, FAST };
enum class Way { UP = 3, DOWN };
"""


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        pytest.param(
            "template <class T> __global__ void k(T *x) { x[0] = T(1); }", ["k<float>"], id="type"
        ),
        pytest.param(
            "template <typename scalar_t, typename index_t> __global__ void k(scalar_t *x, index_t "
            "n) { x[n % 2] = 1; }",
            ["k<float, int>"],
            id="index type",
        ),
        pytest.param(
            "template <int BLOCK_SIZE> __global__ void k(float *x) { __shared__ float s[BLOCK_SIZE"
            "]; s[threadIdx.x] = x[threadIdx.x]; __syncthreads(); x[threadIdx.x] = s[0]; }",
            ["k<256>"],
            id="block",
        ),
        pytest.param(
            "template <int BLOCK_SIZE> __global__ void k(float *x) { __shared__ float s[BLOCK_SIZE"
            "][BLOCK_SIZE]; s[threadIdx.y][threadIdx.x] = *x; __syncthreads(); *x = s[0][0]; }",
            ["k<16>"],
            id="square block",
        ),
        pytest.param(
            "template <class T, int TILE, int UNROLL = 2> __global__ void k(T *x) { x[TILE] = "
            "UNROLL; }",
            ["k<float, 16, 2>"],
            id="defaults stay",
        ),
        pytest.param(
            "template <int X = 3> __global__ void k(int *x) { x[0] = X; }",
            ["k<3>"],
            id="all defaults",
        ),
        pytest.param(
            "template <int M> __global__ void k(int *x) { if (threadIdx.x < M) x[threadIdx.x] = "
            "0; }",
            ["k<256>"],
            id="compared with the thread",
        ),
        pytest.param(
            "template <int M> __global__ void k(int *x) { for (int i = 0; i < M; i++) x[i] = 0; }",
            ["k<4>"],
            id="some number",
        ),
        pytest.param(
            "template <bool ADD, int VEC> __global__ void k(int *x) { x[0] = ADD ? VEC : 0; }",
            ["k<false, 4>", "k<true, 4>"],
            id="bool",
        ),
        pytest.param(
            "template <bool A, bool B, bool C> __global__ void k(int *x) { x[0] = A + B + C; }",
            ["k<false, false, false>", "k<true, true, true>"],
            id="many bools",
        ),
        pytest.param(
            "template <typename Op> __global__ void k(float *x, Op op) { x[0] = op(x[1], x[2]); }",
            ["k<Plus>"],
            id="function object",
        ),
        pytest.param(
            "template <typename F> __global__ void k(float *x) { x[0] = F()(x[1], x[2]); }",
            ["k<Plus>"],
            id="made function object",
        ),
        pytest.param(
            "template <typename Op> __global__ void k(float *x) { x[0] = Op::apply(x[1]); }",
            ["k<Twice<float> >"],
            id="static member",
        ),
        pytest.param(
            "template <Mode M> __global__ void k(int *x) { x[0] = M == FAST; }",
            ["k<(Mode)0>"],
            id="enumeration",
        ),
        pytest.param(
            "template <Way W> __global__ void k(int *x) { x[0] = W == Way::DOWN; }",
            ["k<(Way)3>"],
            id="scoped enumeration",
        ),
        pytest.param(
            'template <typename T> __global__ void k(T *x) { static_assert(sizeof(T) == 2, "");'
            " x[0] = T(1.0f); }",
            ["k<__half>"],
            id="half where float does not do",
        ),
        pytest.param(
            'template <int N> __global__ void k(int *x) { static_assert(N % 32 == 0, ""); x[0] = '
            "N; }",
            ["k<32>"],
            id="another number where the first does not do",
        ),
        pytest.param(
            "template <class T> __global__ void k_half(T *x) { x[0] = T(1.0f); }",
            ["k_half<__half>"],
            id="type in the name",
        ),
    ],
)
def test_defaults(kernel, expected):
    text = "#include <cuda_fp16.h>\n" + OPERATORS + kernel
    found = units(text)
    assert [unit.instance for unit in found] == expected
    for unit in found:
        assert unit.module is not None, unit.diagnostics
        (assumed,) = unit.assumed
        assert assumed.startswith("default instance, none is launched in this file: ")


def test_what_was_assumed_is_said():
    (unit,) = units("template <class T, int TILE> __global__ void k(T *x) { x[TILE] = 0; }")
    assert unit.assumed == (
        "default instance, none is launched in this file: T = float, TILE = 16",
    )


TEMPLATE = "template <class T, int N> __global__ void k(T *x) { x[threadIdx.x] = N; }\n"


def test_launches_say_so_much_as_they_know():
    text = TEMPLATE + (
        "template <class U> void go(U *x, int n) { if (n > 9) k<U, 96><<<1, n>>>(x); else"
        " k<U, 48><<<1, n>>>(x); }"
    )
    found = units(text)
    assert [u.instance for u in found] == ["k<float, 96>", "k<float, 48>"]
    assert found[0].assumed[0].endswith("T = float; N = 96 from a launch in a template that is "
                                        "never used")  # fmt: skip


def test_launched_and_asked_instances_win():
    launched = TEMPLATE + "void f(double *x) { k<double, 7><<<1, 1>>>(x); }"
    (unit,) = units(launched)
    assert (unit.instance, unit.assumed) == ("k<double, 7>", ())
    (unit,) = units(TEMPLATE, "k<int, 5>")
    assert (unit.instance, unit.assumed) == ("k<int, 5>", ())


def test_an_asked_instance_that_fails_is_not_replaced():
    (unit,) = units(TEMPLATE, "k<int>")
    assert unit.module is None
    assert unit.diagnostics[0].code == "ASC0334"


@pytest.mark.parametrize(
    "kernel",
    [
        "template <template <class> class C> __global__ void k(C<int> *x) { }",
        "template <typename Traits> __global__ void k(typename Traits::T *x) { x[0] = 0; }",
        'template <typename T> __global__ void k(T *x) { static_assert(sizeof(T) > 99, "no"); }',
    ],
)
def test_where_nothing_can_be_made_up(kernel):
    (unit,) = units(kernel)
    assert unit.module is None
    assert unit.diagnostics[0].code == "ASC0432"
    assert unit.assumed == ()


def test_what_every_instance_is_refused_for_is_said():
    (unit,) = units(
        'template <class T> __global__ void k(T *x) { asm volatile("foo %0;" : : "r"(1)); }'
    )
    assert unit.diagnostics[0].code == "ASC0430"


def test_instances_that_the_source_asks_for():
    reporter = Reporter()
    unit = analyse(
        Path("a.cu"), TEMPLATE, SourceOptions(), sources=Sources(), reporter=reporter,
        more_instances=lambda items: ["k<int, 9>", "other<3>"],
    )  # fmt: skip
    assert [k.instance for k in unit.kernels] == ["k<int, 9>"]
