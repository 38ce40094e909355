"""Bounds that are missed, and correct kernels that look as if: by what their sites touch.

Each kernel here is a few lines of Python that say which elements a launch touches at which line,
run over sizes that come out even and sizes that do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from ascendify.runtime.bounds_inference import BoundsInference, Observation, Suspicion, Touched

SIZES = (256, 1000, 512, 33, 1, 4096, 255)
SHAPES = ((32, 64), (17, 96), (64, 64), (3, 33), (5, 130), (16, 32))
BLOCK = 256

Touches = Iterable[tuple[str, int, str, Iterable[int]]]
"""Buffer, line, kind, elements."""


def observe(case: str, scalars: dict[str, int], grid, block, touches: Touches) -> Observation:
    sites = []
    for buffer, line, kind, elements in touches:
        found = set(elements)
        if found:
            low, high = min(found), max(found)
            sites.append(Touched(buffer, "k.cu", line, kind, low, high, len(found)))
    return Observation(case, scalars, grid, block, tuple(sites))


def ceil(a: int, b: int) -> int:
    return -(-a // b)


def flat(kernel: Callable[[int, int], Touches], sizes: Sequence[int] = SIZES) -> list[Suspicion]:
    """Conclusions about a kernel over `n` elements, launched with `ceil(n / 256)` blocks."""
    found = BoundsInference()
    for n in sizes:
        grid = ceil(n, BLOCK)
        touches = kernel(n, grid * BLOCK)
        found.add(observe(f"n={n}", {"n": n}, (grid, 1, 1), (BLOCK, 1, 1), touches))
    return found.conclude()


def rows(kernel: Callable[[int, int, int, int], Touches], by_x: int = 16, by_y: int = 16):
    """The same over a matrix, with blocks of 16 x 16."""
    found = BoundsInference()
    for r, c in SHAPES:
        grid = (ceil(c, by_x), ceil(r, by_y), 1)
        touches = kernel(r, c, grid[0] * by_x, grid[1] * by_y)
        scalars = {"rows": r, "cols": c}
        found.add(observe(f"{r}x{c}", scalars, grid, (by_x, by_y, 1), touches))
    return found.conclude()


def kinds(found: Sequence[Suspicion]) -> list[tuple[str, str, int]]:
    return [(s.kind, s.buffer, s.line) for s in found]


# ---------------------------------------------------------------- what is to be found


def test_missing_guard() -> None:
    found = flat(lambda n, t: [("x", 3, "read", range(t)), ("y", 4, "write", range(t))])
    assert kinds(found) == [("missing-guard", "x", 3), ("missing-guard", "y", 4)]
    assert found[0].message == (
        "reads past `x` when n is not a multiple of 256: element 1023 with n=1000"
    )
    assert found[1].message.startswith("writes past `y`")
    assert found[0].case == "n=1000"


def test_missing_guard_of_one_loop_over_a_buffer() -> None:
    found = flat(
        lambda n, t: [
            ("x", 3, "read", range(n)),
            ("x", 7, "read", range(t)),
            ("y", 4, "write", range(n)),
        ]
    )
    assert kinds(found) == [("missing-guard", "x", 7)]


def test_missing_guard_of_rows() -> None:
    found = rows(
        lambda r, c, x, y: [
            ("a", 3, "read", range(y * c)),
            ("b", 4, "write", range(y * c)),
            ("bias", 5, "read", range(c)),
        ]
    )
    assert kinds(found) == [("missing-guard", "a", 3), ("missing-guard", "b", 4)]
    assert "when rows is not a multiple of 16" in found[0].message


def test_missing_guard_of_columns() -> None:
    found = rows(
        lambda r, c, x, y: [
            ("a", 3, "read", (i * c + j for i in range(r) for j in range(x))),
            ("b", 4, "write", (i * c + j for i in range(r) for j in range(x))),
        ]
    )
    assert kinds(found) == [("missing-guard", "a", 3), ("missing-guard", "b", 4)]
    assert "when cols is not a multiple of 16" in found[0].message


def test_missing_guard_of_vectors() -> None:
    def kernel(n: int, t: int) -> Touches:
        return [("x", 3, "read", range(t)), ("y", 4, "write", range(t))]

    found = BoundsInference()
    for n in (1024, 1000, 2048, 77):
        grid = ceil(n, 4 * 64)
        size = ((grid, 1, 1), (64, 1, 1))
        found.add(observe(f"n={n}", {"n": n}, *size, kernel(n, grid * 256)))
    assert kinds(found.conclude()) == [("missing-guard", "x", 3), ("missing-guard", "y", 4)]


def test_off_by_one_in_a_product() -> None:
    """`for (k = 0; k <= cols; ++k) sum += a[row * cols + k]`"""
    found = rows(
        lambda r, c, x, y: [
            ("a", 3, "read", range(r * c + 1)),
            ("out", 4, "write", range(r)),
        ]
    )
    assert kinds(found) == [("off-by-one", "a", 3)]
    assert found[0].message == (
        "reads element rows*cols of `a`, one past its end: element 99 with rows=3, cols=33"
    )


def test_off_by_one_against_the_same_buffer() -> None:
    found = flat(
        lambda n, t: [
            ("x", 3, "read", range(n)),
            ("x", 5, "read", range(n + 1)),
            ("out", 6, "write", [0]),
        ]
    )
    assert kinds(found) == [("off-by-one", "x", 5)]


def test_off_by_one_against_two_others() -> None:
    found = flat(
        lambda n, t: [
            ("x", 3, "read", range(n + 1)),
            ("w", 4, "read", range(n)),
            ("y", 5, "write", range(n)),
        ]
    )
    assert kinds(found) == [("off-by-one", "x", 3)]


def test_negative_index() -> None:
    """Even in a single run."""
    found = flat(lambda n, t: [("x", 3, "read", range(-1, n)), ("y", 4, "write", range(n))], (8,))
    assert [(s.kind, s.message) for s in found] == [
        ("negative-index", "reads element -1 of `x`, before its start")
    ]


@pytest.mark.parametrize("unit", [4, BLOCK], ids=["vectors", "blocks"])
def test_unwritten_tail(unit: int) -> None:
    def kernel(n: int, t: int) -> Touches:
        whole = n // unit * unit
        return [("x", 3, "read", range(whole)), ("y", 4, "write", range(whole))]

    found = flat(kernel, (1024, 1000, 512, 4096, 1027))
    if unit == 4:
        assert kinds(found) == [("unwritten-tail", "y", 4)]
        assert found[0].message == "elements 1024..1026 of `y` are not written with n=1027"
    else:
        assert kinds(found) == [("unwritten-tail", "y", 4)]
        assert found[0].message == "elements 768..999 of `y` are not written with n=1000"


# ---------------------------------------------------------------- what is right


def grid_stride(n: int, t: int) -> Touches:
    return [("x", 3, "read", range(n)), ("y", 4, "write", range(n))]


def generator_states(n: int, t: int) -> Touches:
    """One state a thread, beside a guarded output."""
    return [
        ("states", 3, "read", range(t)),
        ("out", 4, "write", range(n)),
        ("states", 5, "write", range(t)),
    ]


def partial_sums(n: int, t: int) -> Touches:
    """One sum a thread."""
    return [("x", 3, "read", range(n)), ("sums", 4, "write", range(t))]


def block_sums(n: int, t: int) -> Touches:
    return [("x", 3, "read", range(n)), ("sums", 4, "write", range(t // BLOCK))]


def prefix_sums(n: int, t: int) -> Touches:
    """n + 1 totals in two stores."""
    return [
        ("x", 3, "read", range(n)),
        ("offsets", 4, "write", range(1, n + 1)),
        ("offsets", 5, "write", [0]),
    ]


def prefix_sums_in_one_store(n: int, t: int) -> Touches:
    return [("lens", 3, "read", range(n)), ("offsets", 4, "write", range(n + 1))]


def compressed_rows(n: int, t: int) -> Touches:
    return [
        ("begin", 3, "read", range(n)),
        ("begin", 4, "read", range(1, n + 1)),
        ("values", 5, "read", range(7 * n)),
        ("out", 6, "write", range(n)),
    ]


def bin_edges(n: int, t: int) -> Touches:
    return [("edges", 3, "read", range(n + 1)), ("bins", 4, "atomic", range(n))]


def staggered_grid(n: int, t: int) -> Touches:
    return [("u", 3, "write", range(n + 1)), ("p", 4, "read", range(n))]


def stencil_with_halo(n: int, t: int) -> Touches:
    return [
        ("x", 3, "read", range(n)),
        ("x", 4, "read", range(1, n + 1)),
        ("x", 5, "read", range(2, n + 2)),
        ("y", 6, "write", range(1, n + 1)),
    ]


def histogram(n: int, t: int) -> Touches:
    top = 250 if n % 2 else 255
    return [("x", 3, "read", range(n)), ("bins", 4, "atomic", [0, 7, top])]


def compaction(n: int, t: int) -> Touches:
    return [("x", 3, "read", range(n)), ("y", 4, "write", range(n // 2 + n % 3))]


def scattered_output(n: int, t: int) -> Touches:
    return [("x", 3, "read", range(n)), ("y", 4, "write", range(0, n, 8))]


def halves(n: int, t: int) -> Touches:
    return [("x", 3, "read", range(n)), ("y", 4, "write", range(ceil(n, 2)))]


def vectors_and_rest(n: int, t: int) -> Touches:
    whole = n // 4 * 4
    return [
        ("x", 3, "read", range(whole)),
        ("y", 4, "write", range(whole)),
        ("x", 6, "read", range(whole, n)),
        ("y", 7, "write", range(whole, n)),
    ]


def padded_output(n: int, t: int) -> Touches:
    """Zeros behind the last element, for whoever reads whole vectors."""
    return [("x", 3, "read", range(n)), ("y", 4, "write", range(t))]


CORRECT = (
    grid_stride,
    generator_states,
    partial_sums,
    block_sums,
    prefix_sums,
    prefix_sums_in_one_store,
    compressed_rows,
    bin_edges,
    staggered_grid,
    stencil_with_halo,
    histogram,
    compaction,
    scattered_output,
    halves,
    vectors_and_rest,
    padded_output,
)


@pytest.mark.parametrize("kernel", CORRECT, ids=lambda kernel: kernel.__name__)
def test_says_nothing_about(kernel: Callable[[int, int], Touches]) -> None:
    assert flat(kernel) == []


def padded_pitch(r: int, c: int, x: int, y: int) -> Touches:
    pitch = ceil(c, 16) * 16
    return [
        ("a", 3, "read", (i * pitch + j for i in range(r) for j in range(c))),
        ("b", 4, "write", (i * pitch + j for i in range(r) for j in range(c))),
    ]


def transpose(r: int, c: int, x: int, y: int) -> Touches:
    return [("a", 3, "read", range(r * c)), ("b", 4, "write", range(r * c))]


def row_sums(r: int, c: int, x: int, y: int) -> Touches:
    return [("a", 3, "read", range(r * c)), ("out", 4, "write", range(r))]


def integral_image(r: int, c: int, x: int, y: int) -> Touches:
    return [("a", 3, "read", range(r * c)), ("s", 4, "write", range((r + 1) * (c + 1)))]


def staggered_columns(r: int, c: int, x: int, y: int) -> Touches:
    return [("p", 3, "read", range(r * c)), ("u", 4, "write", range(r * (c + 1)))]


def tiles_of_partial_sums(r: int, c: int, x: int, y: int) -> Touches:
    return [("a", 3, "read", range(r * c)), ("part", 4, "write", range(x // 16 * r))]


CORRECT_MATRICES = (
    padded_pitch,
    transpose,
    row_sums,
    integral_image,
    staggered_columns,
    tiles_of_partial_sums,
)


@pytest.mark.parametrize("kernel", CORRECT_MATRICES, ids=lambda kernel: kernel.__name__)
def test_says_nothing_about_matrix(kernel: Callable[[int, int, int, int], Touches]) -> None:
    assert rows(kernel) == []


def test_says_nothing_from_few_or_even_sizes() -> None:
    def kernel(n: int, t: int) -> Touches:
        return [("x", 3, "read", range(t)), ("y", 4, "write", range(t))]

    assert flat(kernel, (1000, 33)) == []
    assert flat(kernel, (256, 512, 1024, 4096)) == []
    assert flat(kernel, (1000, 33, 77, 255)) == []


def test_an_extent_that_fits_every_run_is_no_overrun() -> None:
    # tokens * experts, though tokens * tokens and a launch of 64 tokens would do as well
    found = BoundsInference()
    for tokens, experts, k in ((64, 64, 64), (64, 64, 7), (2, 33, 768)):
        scalars = {"tokens": tokens, "experts": experts, "k": k}
        touches = [("logits", 3, "read", range(tokens * experts))]
        found.add(observe(f"{scalars}", scalars, (ceil(tokens, 64), 1, 1), (32, 4, 1), touches))
    assert found.conclude() == []


def test_sites_that_not_every_run_reaches_prove_nothing() -> None:
    def kernel(n: int, t: int) -> Touches:
        yield "y", 4, "write", range(n)
        if n > 500:
            yield "x", 3, "read", range(n + 1)
            yield "z", 5, "read", range(n)

    assert flat(kernel) == []


# ---------------------------------------------------------------- extents


@pytest.mark.parametrize(
    ("kernel", "buffer", "text"),
    [
        pytest.param(transpose, "a", "rows*cols", id="matrix"),
        pytest.param(row_sums, "out", "rows", id="rows"),
        pytest.param(padded_pitch, "a", None, id="pitch"),
    ],
)
def test_extent(kernel, buffer: str, text: str | None) -> None:
    found = BoundsInference()
    for r, c in SHAPES:
        grid = (ceil(c, 16), ceil(r, 16), 1)
        touches = kernel(r, c, grid[0] * 16, grid[1] * 16)
        found.add(observe("", {"rows": r, "cols": c}, grid, (16, 16, 1), touches))
    assert found.extent(buffer) == text


def test_repeated_sites_count_together() -> None:
    """A template's instances and both halves of a loop report the same line twice."""
    found = flat(
        lambda n, t: [
            ("x", 3, "read", range(n)),
            ("x", 3, "read", range(1, n)),
            ("y", 4, "write", range(n)),
        ]
    )
    assert found == []


def test_is_deterministic_and_small() -> None:
    found = BoundsInference()
    for r, c in SHAPES:
        scalars = {f"s{i}": r + i for i in range(12)} | {"cols": c}
        sites = [("x", line, "read", range(r * c)) for line in range(40)]
        found.add(observe("", scalars, (1, 1, 1), (BLOCK, 1, 1), sites))
    assert found.conclude() == found.conclude() == []
