"""Expressions of sizes: numbers, text, and reading the text back."""

from __future__ import annotations

import pytest

from ascendify.ir.sizes import const, difference, largest, name, product, quotient, read_size, total

NAMES = {"n": 1000, "rows": 7, "p.width": 33, "blockDim.x": 256}
N, ROWS, WIDTH, BLOCK = (name(text) for text in NAMES)


@pytest.mark.parametrize(
    ("size", "text", "number"),
    [
        pytest.param(const(4), "4", 4, id="const"),
        pytest.param(quotient(N, BLOCK, up=True), "ceil(n / blockDim.x)", 4, id="ceil"),
        pytest.param(product(ROWS, const(4), WIDTH), "4*rows*p.width", 924, id="product"),
        pytest.param(
            product(quotient(N, BLOCK, up=True), BLOCK), "ceil(n / blockDim.x)*blockDim.x", 1024,
            id="round-up",
        ),
        pytest.param(product(total(N, const(1)), ROWS), "(n + 1)*rows", 7007, id="parentheses"),
        pytest.param(quotient(product(N, ROWS), const(3)), "n*rows // 3", 2333, id="down"),
        pytest.param(product(ROWS, quotient(N, const(3))), "rows*(n // 3)", 2331, id="inner"),
        pytest.param(total(N, const(-1)), "n - 1", 999, id="less"),
        pytest.param(difference(N, total(ROWS, WIDTH)), "n - (rows + p.width)", 960, id="minus"),
        pytest.param(quotient(N, quotient(N, ROWS)), "n // (n // rows)", 7, id="quotients"),
        pytest.param(largest(N, ROWS, N), "max(n, rows)", 1000, id="max"),
        pytest.param(quotient(N, const(0), up=True), "ceil(n / 0)", 0, id="by-zero"),
    ],
)  # fmt: skip
def test_says_and_reads(size, text, number) -> None:
    assert str(size) == text
    assert size.evaluate(NAMES) == number
    assert read_size(text).evaluate(NAMES) == number
    assert str(read_size(text)) == text


@pytest.mark.parametrize("text", ["", "n +", "f(n)", "n[0]", "'n'", "ceil(n)", "n ** 2", "1.5"])
def test_refuses_what_is_no_size(text) -> None:
    with pytest.raises(ValueError, match="not a size"):
        read_size(text)


def test_names() -> None:
    assert read_size("ceil(n / blockDim.x)*n").names() == ("n", "blockDim.x")
    assert read_size("lambda*in").evaluate({"lambda": 3, "in": 5}) == 15
    with pytest.raises(KeyError):
        read_size("m").evaluate(NAMES)
