"""Size expressions: values, text that reads back, mistakes with their place."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ascendify.ir.diagnostics import CompileError
from ascendify.ir.size_expressions import (
    OPERATIONS,
    Name,
    Number,
    Operation,
    Size,
    SizeError,
    evaluate,
    operation,
    parse_size,
    replaced,
    text_of,
)
from ascendify.ir.source import Span

NAMES = {"n": 1000, "m": 7, "block": 256, "grid.x": 4}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4 * block", 1024),
        ("(n + 255) / 256", 4),
        ("ceil(n / 256)", 4),
        ("ceil(n / 4 / m)", 36),
        ("ceil(1.0)", None),
        ("ceil(n / 256 + 1)", 5),
        ("ceil(n / (64 / m))", 110),
        ("ceil(n / trunc(64 / m))", 112),
        ("trunc(n / 7 * 7)", 1000),
        ("ceil((n + m) / 2)", 504),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("n % 4 == 0", 1),
        ("n % 3 == 0 or m > 6", 1),
        ("n > 4096 ? 4096 : n", 1000),
        ("m ? n : 1 / 0", 1000),
        ("min(n, 512, m * 100)", 512),
        ("max(m, 8)", 8),
        ("1 << 10", 1024),
        ("0x10 * 2u", 32),
        ("!m + 1", 1),
        ("2 + 3 * 4 - 1", 13),
        ("grid.x * block", 1024),
        ("m && n / 0", None),
        ("m == 8 && n / 0 == 1", 0),
    ],
)
def test_values(text, value):
    if value is None:
        with pytest.raises((SizeError, CompileError)):
            evaluate(parse_size(text), NAMES)
    else:
        assert evaluate(parse_size(text), NAMES) == value


@pytest.mark.parametrize(
    ("text", "start", "end", "why"),
    [
        ("", 0, 1, "ends too early"),
        ("4 *", 3, 4, "ends too early"),
        ("n + $", 4, 5, "'$' cannot stand"),
        ("(n", 2, 3, "ends too early"),
        ("n n", 2, 3, "'n' is not expected"),
        ("f(n)", 0, 1, "no function 'f'"),
        ("__import__('os')", 0, 10, ""),
        ("ceil(n, 2)", 0, 10, "one quotient"),
        ("ceil(min(n / 2, 3) / (n % 2 / 3)) + ceil(n ? 1 : 2, 1)", 36, 54, "one quotient"),
        ("99999999999999999999", 0, 20, "too large"),
        ("1.5 * n", 0, 1, ""),
        ("(" * 200 + "n" + ")" * 200, 0, 401, "nested too deeply"),
    ],
)
def test_mistakes_point_at_the_word(text, start, end, why):
    with pytest.raises(CompileError) as raised:
        parse_size(text, Span("k.toml", 3, 9, 3, 9 + len(text)))
    (found,) = raised.value.diagnostics
    assert found.code == "ASC0023"
    assert why in found.message
    assert (found.span.line, found.span.col) == (3, 9 + start) or why == ""
    assert why == "" or found.span.end_col == 9 + end


def test_no_value():
    for text in ("1 / 0", "1 % 0", "ceil(1 / 0)", "1 << 99", "x + 1", "(1 << 62) * 4"):
        with pytest.raises(SizeError):
            evaluate(parse_size(text), {})


def test_constants_are_folded_and_parts_replaced():
    n = Name("n")
    assert operation("*", Number(4), Number(8)) == Number(32)
    assert operation("*", n, Number(1)) == n == operation("+", Number(0), n)
    assert operation("?:", Name("c"), n, n) == n
    assert operation("/", Number(1), Number(0)) == Operation("/", (Number(1), Number(0)))
    rows = parse_size("b * t")
    made = replaced(parse_size("(b * t + 3) / 4 + t"), {rows: n})
    assert text_of(made) == "(n + 3) / 4 + t"


def sizes() -> st.SearchStrategy[Size]:
    leaves = st.one_of(
        st.integers(-20, 1000).map(Number), st.sampled_from(["n", "m", "block"]).map(Name)
    )
    binary = [k for k, row in OPERATIONS.items() if 2 <= row.precedence <= 10]

    def grow(inner: st.SearchStrategy[Size]) -> st.SearchStrategy[Size]:
        two = st.tuples(inner, inner)
        return st.one_of(
            st.tuples(st.sampled_from(binary), two).map(lambda p: Operation(*p)),
            st.tuples(st.sampled_from(["min", "max"]), two).map(lambda p: Operation(*p)),
            st.tuples(st.sampled_from(["ceil", "trunc"]), two).map(lambda p: Operation(*p)),
            st.tuples(inner, inner, inner).map(lambda p: Operation("?:", p)),
            inner.map(lambda x: Operation("not", (x,))),
        )

    return st.recursive(leaves, grow, max_leaves=8)


def value_or_none(size: Size) -> int | None:
    try:
        return evaluate(size, {"n": 5, "m": -3, "block": 64})
    except SizeError:
        return None


@example(Operation("ceil", (Number(0), Operation("+", (Number(0), Number(0))))))
@given(sizes())
def test_text_reads_back(size):
    again = parse_size(text_of(size))
    assert text_of(again) == text_of(size)
    assert value_or_none(again) == value_or_none(size)


@given(st.text(alphabet="n1+-*/%()<>=&|?:,. !ceilmax", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        size = parse_size(text)
    except CompileError:
        return
    assert text_of(parse_size(text_of(size))) == text_of(size)
