"""PyTorch's dispatch macros and element types, as instances of kernels and as arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascendify.frontend.elaborate import KernelUnit
from ascendify.frontend.unit import SourceOptions, Unit, analyse
from ascendify.ir.diagnostics import Reporter
from ascendify.ir.nodes import walk
from ascendify.ir.source import Sources

KERNEL = "template <class T> __global__ void k(T *x) { x[0] = T(1); }\n"
TWO = "template <class A, class B> __global__ void k(A *x, B *y) { x[0] = A(1); y[0] = B(2); }\n"


def unit_of(text: str) -> Unit:
    return analyse(Path("a.cu"), text, SourceOptions(), sources=Sources(), reporter=Reporter())


def arguments(text: str) -> list[str]:
    """The template arguments of the instances, all of which must elaborate."""
    found: list[KernelUnit] = unit_of("#include <torch/extension.h>\n" + text).kernels
    assert all(kernel.module is not None for kernel in found), found[0].diagnostics
    assert not any(kernel.assumed for kernel in found)
    return [kernel.instance[2:-1] for kernel in found]


def host(body: str) -> str:
    return f"void go(at::Tensor x, at::Tensor y) {{ {body} }}"


def launch(macro: str) -> str:
    return KERNEL + host(
        f'{macro}, "go", [&] {{ k<scalar_t><<<1, 1>>>(x.data_ptr<scalar_t>()); }});'
    )


@pytest.mark.parametrize(
    ("macro", "expected"),
    [
        ("AT_DISPATCH_FLOATING_TYPES(x.scalar_type()", ["float", "double"]),
        ("AT_DISPATCH_FLOATING_TYPES_AND_HALF(x.type()", ["float", "double", "c10::Half"]),
        (
            "AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::ScalarType::BFloat16, x.scalar_type()",
            ["float", "double", "c10::Half", "c10::BFloat16"],
        ),
        ("AT_DISPATCH_REDUCED_FLOATING_TYPES(x.scalar_type()", ["c10::Half", "c10::BFloat16"]),
        (
            "AT_DISPATCH_INTEGRAL_TYPES(x.scalar_type()",
            ["unsigned char", "signed char", "int", "long", "short"],
        ),
        (
            "AT_DISPATCH_ALL_TYPES_AND(torch::kBool, x.scalar_type()",
            ["float", "double", "unsigned char", "signed char", "int", "long", "short", "bool"],
        ),
    ],
)
def test_macros(macro: str, expected: list[str]):
    assert arguments(launch(macro)) == expected


def test_switch_with_cases():
    text = KERNEL + host(
        'AT_DISPATCH_SWITCH(x.scalar_type(), "go", AT_DISPATCH_CASE(at::ScalarType::Half, [&] { '
        "k<scalar_t><<<1, 1>>>(x.data_ptr<scalar_t>()); }) AT_DISPATCH_CASE(at::kFloat, [&] { "
        "k<scalar_t><<<1, 1>>>(x.data_ptr<scalar_t>()); }));"
    )
    assert arguments(text) == ["c10::Half", "float"]


def test_nested_macros_keep_the_outer_type():
    text = TWO + host(
        'AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "a", [&] { using in_t = scalar_t; '
        'AT_DISPATCH_REDUCED_FLOATING_TYPES(y.scalar_type(), "b", [&] { '
        "k<in_t, scalar_t><<<1, 1>>>(x.data_ptr<in_t>(), y.data_ptr<scalar_t>()); }); });"
    )
    assert arguments(text) == [
        "float, c10::Half",
        "float, c10::BFloat16",
        "double, c10::Half",
        "double, c10::BFloat16",
    ]


def test_index_types():
    text = TWO + host(
        'AT_DISPATCH_INDEX_TYPES(y.scalar_type(), "a", [&] { '
        "k<float, index_t><<<1, 1>>>(x.data_ptr<float>(), y.data_ptr<index_t>()); });"
    )
    assert arguments(text) == ["float, int", "float, long"]


def operations(body: str, parameters: str = "at::Half *x, at::Half *y, int n") -> list[str]:
    """The operations of a kernel with their result types."""
    text = f"#include <torch/extension.h>\n__global__ void k({parameters}) {{ {body} }}"
    (kernel,) = unit_of(text).kernels
    assert kernel.module is not None, kernel.diagnostics
    return [
        f"{op.name} {v.type}" for op in walk(kernel.module.kernels()[0].body) for v in op.results
    ]


@pytest.mark.parametrize(
    ("expression", "operation"),
    [
        pytest.param("x[0] * n", "mul f16", id="an integer becomes the small float"),
        pytest.param("x[0] * 2.0f", "mul f32", id="with float"),
        pytest.param("x[0] * 2.0", "mul f64", id="with double"),
        pytest.param("x[0] * y[0]", "mul f16", id="with itself"),
    ],
)
def test_arithmetic_on_half(expression: str, operation: str):
    assert operation in operations(f"auto r = {expression}; y[0] = r;")


def test_doubles_become_floats_before_they_are_small():
    found = operations("y[0] = static_cast<at::Half>(d);", "at::Half *y, double d")
    casts = [text for text in found if text.startswith("cast")]
    assert casts == ["cast f32", "cast f16"]


def test_what_is_said_of_tensors():
    text = KERNEL + host(
        "TORCH_CHECK(y.dim() == 2); int n = x.size(3); auto p = y.data_ptr<int64_t>(); "
        "k<float><<<1, 1>>>(x.data_ptr<float>());"
    )
    (launcher,) = unit_of("#include <torch/extension.h>\n" + text).launchers
    assert launcher.dimensions == {"x": 4, "y": 2}
    assert launcher.elements == {"x": "f32", "y": "i64"}


def test_number_of_lists():
    text = (
        KERNEL
        + "template <int depth> void each(int n, std::vector<std::vector<at::Tensor>> lists);"
        "void go(std::vector<std::vector<at::Tensor>> lists) { k<float><<<1, 1>>>(nullptr);"
        "each<3>(4, lists); }"
    )
    launchers = unit_of("#include <torch/extension.h>\n" + text).launchers
    assert [item.dimensions for item in launchers if item.name == "go"] == [{"lists": 3}]


def test_templates_that_host_code_passes_on():
    text = (
        "template <class T> struct Negate { static __device__ T of(T a) { return -a; } };"
        "template <class T, template <class> class F> __global__ void k(T *x) {"
        "*x = F<T>::of(*x); }"
        "template <template <class> class F> void run(at::Tensor x) {"
        'AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "run", [&] {'
        "k<scalar_t, F><<<1, 1>>>(x.data_ptr<scalar_t>()); }); }"
        "void go(at::Tensor x) { run<Negate>(x); }"
    )
    assert arguments(text) == ["float, Negate", "double, Negate"]


def test_a_float_beside_a_double():
    found = operations("y[0] = pow(1.0 - x[0], z[0]);", "const float *x, double *y, const float *z")
    assert "call f64" in found


def test_state_of_random_numbers():
    found = operations(
        "auto seeds = at::cuda::philox::unpack(state); y[0] = std::get<0>(seeds);"
        "y[1] = std::get<1>(seeds);",
        "at::PhiloxCudaState state, uint64_t *y",
    )
    assert any(text.startswith("call") for text in found)
