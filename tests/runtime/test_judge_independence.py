"""The proof shares nothing with our frontend: where that misreads C++, the proof fails.

Each case puts one wrong rule into the frontend, as a misreading of the standard would, and
translates a kernel that depends on the rule. Without the wrong rule the same kernel is proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from ascendify.driver import translate
from ascendify.frontend import builtin_calls, cpp_types, expressions, operators
from ascendify.frontend.cpp_types import FLOAT, INT, is_integral

Patch = pytest.MonkeyPatch


def unsigned_meets_signed(patch: Patch) -> None:
    """`int` and `unsigned` meet as `int`."""
    real = operators.usual_conversions

    def usual_conversions(left, right):
        found = real(left, right)
        return INT if found == cpp_types.UINT else found

    patch.setattr(operators, "usual_conversions", usual_conversions)


def no_promotion(patch: Patch) -> None:
    """Arithmetic on `unsigned char` stays there."""
    patch.setattr(cpp_types, "promote", lambda type_: type_.bare)


def float_division(patch: Patch) -> None:
    """`7 / 2` is 3.5."""
    real = operators.common_type
    arithmetic = operators.arithmetic

    def divide(fn, operator, a, b, span):
        if operator == "/" and is_integral(a.type) and is_integral(b.type):
            patch.setattr(operators, "common_type", lambda a, b: FLOAT)
            try:
                return arithmetic(fn, operator, a, b, span)
            finally:
                patch.setattr(operators, "common_type", real)
        return arithmetic(fn, operator, a, b, span)

    patch.setattr(operators, "arithmetic", divide)


def shuffle_direction(patch: Patch) -> None:
    """`__shfl_down_sync` shuffles up."""
    rows = builtin_calls.BUILTINS["__shfl_down_sync"]
    wrong = tuple(replace(row, attrs={**row.attrs, "mode": "up"}) for row in rows)
    table = {**builtin_calls.BUILTINS, "__shfl_down_sync": wrong}
    patch.setattr(builtin_calls, "BUILTINS", table)


def swapped_axes(patch: Patch) -> None:
    """`threadIdx.x` is `threadIdx.y`."""
    real = expressions._index_variable

    def index_variable(fn, entity):
        found = real(fn, entity)
        component = found.component
        if entity.name != "threadIdx" or component is None:
            return found
        return replace(
            found, component=lambda axis: component({"x": "y", "y": "x"}.get(axis, axis))
        )

    patch.setattr(expressions, "_index_variable", index_variable)


def comparison(patch: Patch) -> None:
    """`<=` is `<`."""
    patch.setitem(operators.COMPARISONS, "<=", "lt")


def literal_suffix(patch: Patch) -> None:
    """`0.1f` is 0.1."""
    real = expressions._float_literal

    def float_literal(text, hexadecimal, span):
        return real(text.rstrip("f"), hexadecimal, span)

    patch.setattr(expressions, "_float_literal", float_literal)


def increment(patch: Patch) -> None:
    """`i++` gives the new value."""
    real = operators._step

    def step(fn, operand, operator, span):
        real(fn, operand, operator, span)
        return operators.load(fn, operand)

    patch.setattr(operators, "_step", step)


def arithmetic_shift(patch: Patch) -> None:
    """`>>` keeps the sign, whatever the type."""
    real = operators.arithmetic

    def shift(fn, operator, a, b, span):
        if operator == ">>" and a.type.bare == cpp_types.UINT:
            a = operators.conversions.change_scalar(fn, a, INT)
        return real(fn, operator, a, b, span)

    patch.setattr(operators, "arithmetic", shift)


@dataclass(frozen=True)
class Misreading:
    bug: Callable[[Patch], None]
    body: str
    elem: str = "int"


INDEX = "int i = blockIdx.x * blockDim.x + threadIdx.x;"
CASES = {
    "unsigned meets signed": Misreading(
        unsigned_meets_signed, f"{INDEX} unsigned u = i; if (i < n) y[i] = x[i] < u ? 1 : 2;"
    ),
    "no promotion": Misreading(
        no_promotion, f"{INDEX} if (i < n) y[i] = (x[i] + x[i]) / 2;", "unsigned char"
    ),
    "division of integers": Misreading(float_division, f"{INDEX} if (i < n) y[i] = x[i] / 2 * 2;"),
    "direction of a shuffle": Misreading(
        shuffle_direction,
        f"{INDEX} int v = i < n ? x[i] : 0; v += __shfl_down_sync(~0u, v, 1); if (i < n) y[i] = v;",
    ),
    "axes": Misreading(
        swapped_axes,
        f"{INDEX} __shared__ int s[8][32]; int a = threadIdx.x % 32, b = threadIdx.x / 32 % 8;"
        " s[b][a] = i < n ? x[i] : 0; __syncthreads();"
        " if (i < n) y[i] = s[b][a] * (1 + threadIdx.y) + threadIdx.x;",
    ),
    "comparison": Misreading(comparison, f"{INDEX} if (i <= n - 1) y[i] = x[i] <= 3 ? x[i] : 0;"),
    "suffix of a literal": Misreading(
        literal_suffix, f"{INDEX} if (i < n) y[i] = x[i] * 0.1f;", "double"
    ),
    "increment": Misreading(
        increment, f"{INDEX} if (i < n) {{ int k = i % 3; y[i] = k++ + x[i] + 2 * k; }}"
    ),
    "shift of unsigned": Misreading(
        arithmetic_shift, f"{INDEX} unsigned u = i < n ? x[i] : 0; if (i < n) y[i] = u >> 3;"
    ),
}


def source(case: Misreading) -> str:
    parameters = f"{case.elem} *y, const {case.elem} *x, int n"
    return (
        f"__global__ void k({parameters})\n{{\n    {case.body}\n}}\n"
        f"void run({parameters})\n{{\n    k<<<(n + 255) / 256, 256>>>(y, x, n);\n}}\n"
    )


@pytest.mark.parametrize("name", CASES)
def test_a_misreading_fails_the_proof(name, monkeypatch):
    case = CASES[name]
    (right,) = translate(source(case), name="k.cu", budget=3.0).kernels
    assert right.verdict == "proved", right.reason
    case.bug(monkeypatch)
    builtin_calls.overloads_of.cache_clear()
    (wrong,) = translate(source(case), name="k.cu", budget=3.0).kernels
    monkeypatch.undo()
    builtin_calls.overloads_of.cache_clear()
    assert wrong.verdict == "failed", (wrong.verdict, wrong.reason)
    assert wrong.worst is not None
    assert wrong.worst["buffer"] == "y"
