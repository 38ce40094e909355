"""Every refusal has a code, and the example in the table of codes gives it."""

from __future__ import annotations

import pytest

from ascendify.frontend.declarations import index_declarations
from ascendify.frontend.elaborate import KernelUnit, elaborate_kernels
from ascendify.frontend.instances import find_instances
from ascendify.frontend.preprocess import preprocess
from ascendify.ir.diagnostics import CODES, Reporter, render
from ascendify.ir.source import Sources

OWN = [c for c in sorted(CODES) if "ASC0300" <= c <= "ASC0490" and CODES[c].example]


def elaborate(text: str, sources: Sources | None = None) -> list[KernelUnit]:
    sources, reporter = sources or Sources(), Reporter()
    done = preprocess("t.cu", text, sources=sources, reporter=reporter)
    items = index_declarations(done.tokens, reporter)
    requests = find_instances(items)
    return elaborate_kernels(items, requests, reporter=reporter, sources=sources, strict=True)


@pytest.mark.parametrize("code", OWN)
def test_example_gives_its_code(code):
    example = CODES[code].example
    if "__global__" not in example:
        example += "\n__global__ void kernel_of_the_test(int *p) { p[0] = f(p[0]); }"
    units = elaborate(example)
    found = [d.code for unit in units for d in unit.diagnostics]
    assert code in found, found


@pytest.mark.parametrize(
    ("text", "code", "line", "col"),
    [
        ("__global__ void k(int *p) {\n    p[0] = missing;\n}", "ASC0301", 2, 12),
        ("struct A { int x; };\n__global__ void k(A a, int *p) { *p = a.z; }", "ASC0302", 2, 39),
        ("__global__ void k(const int *p) { *p = 1; }", "ASC0315", 1, 35),
    ],
)
def test_error_is_at_the_mistake(text, code, line, col):
    (unit,) = elaborate(text)
    first = unit.diagnostics[0]
    assert (first.code, first.span.line, first.span.col) == (code, line, col)
    assert first.subject == "k"


def test_notes_name_the_instantiations():
    sources = Sources()
    text = """
template <class T> __device__ T inner(T x) { return x.missing; }
template <class T> __device__ T outer(T x) { return inner(x); }
__global__ void k(float *p) { p[0] = outer(p[0]); }
"""
    (unit,) = elaborate(text, sources)
    shown = render(unit.diagnostics[0], sources)
    assert "in instantiation of 'inner<float>'" in shown
    assert "in instantiation of 'outer<float>'" in shown


def test_one_bad_kernel_does_not_hide_the_others():
    units = elaborate(
        "__global__ void bad(int *p) { p[0] = nothing; }\n"
        "__global__ void good(int *p) { p[0] = 1; }\n"
    )
    assert [u.module is not None for u in units] == [False, True]


def test_kernel_template_without_instance_says_how_to_name_one():
    (unit,) = elaborate("template <class T, int N> __global__ void k(T *p) { p[0] = N; }")
    assert unit.diagnostics[0].code == "ASC0432"
    assert "--instantiate 'k<float, 32>'" in unit.diagnostics[0].help


def test_static_assert_shows_its_message():
    (unit,) = elaborate('__global__ void k() { static_assert(1 > 2, "order"); }')
    assert unit.diagnostics[0].message == "static assertion failed: order"
