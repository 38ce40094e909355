"""Whole generated files, read as code; and that they compute what they should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

GOLDEN = Path(__file__).parents[1] / "golden" / "codegen"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.ir"))


def c_of(name: str, c_text: Callable[..., str]) -> str:
    return c_text((GOLDEN / f"{name}.ir").read_text("utf-8"), name, f"{name}.cu")


@pytest.mark.parametrize("name", NAMES)
def test_generated_file(name: str, c_text: Any, request: pytest.FixtureRequest) -> None:
    text, path = c_of(name, c_text), GOLDEN / f"{name}.c"
    if request.config.getoption("--update-golden"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_generated_twice_is_the_same(name: str, c_text: Any) -> None:
    assert c_of(name, c_text) == c_of(name, c_text)


@pytest.fixture
def library(c_text: Any, compile_c: Any) -> Callable[[str], Any]:
    return lambda name: compile_c(c_of(name, c_text))


def test_saxpy(library: Any) -> None:
    rng = np.random.default_rng(1)
    x, y = (rng.standard_normal(1000).astype(np.float32) for _ in range(2))
    expected = np.float32(2.5) * x + y
    library("saxpy").launch("saxpy", 8, 128, [np.int32(1000), np.float32(2.5), x, y])
    assert (y == expected).all()


@pytest.mark.parametrize("threads", [32, 64, 96, 256])
def test_block_reduce(threads: int, library: Any) -> None:
    data = np.arange(3 * 777, dtype=np.float32).reshape(3, 777) % 17
    out = np.zeros(3, dtype=np.float32)
    library("block_reduce").launch("block_sum<float>", 3, threads, [out, data, np.int32(777)])
    assert (out == data.sum(axis=1)).all()


def halved(values: list[int], rounds: list[int]) -> list[int]:
    """The kernel in lock step: `tile` keeps what threads that left wrote last."""
    n = len(values)
    tile, current, active = [0] * n, list(values), [True] * n
    for turn in range(max(rounds)):
        active = [a and turn < r for a, r in zip(active, rounds, strict=True)]
        tile = [c if a else t for c, a, t in zip(current, active, tile, strict=True)]
        for i in range(n):
            if active[i]:
                both = current[i] + tile[(i + 1) % n]
                active[i] = both >= 2
                current[i] = both if both < 2 else both // 2
    return current


def test_divergent_barrier(library: Any) -> None:
    rng = np.random.default_rng(5)
    data = rng.integers(0, 100, 50).astype(np.int32)
    rounds = rng.integers(3, 6, 50).astype(np.int32)
    rounds[:] = np.sort(rounds)[::-1]
    expected = halved(data.tolist(), rounds.tolist())
    library("divergent_barrier").launch("halve", 1, 64, [data, np.int32(50), rounds])
    assert data.tolist() == expected


def test_vote_compact(library: Any) -> None:
    rng = np.random.default_rng(7)
    data = rng.standard_normal(4 * 80).astype(np.float32)
    out = np.zeros_like(data)
    lib = library("vote_compact")
    assert lib.launch("compact", 4, 80, [out, data]) is None
    expected = np.zeros_like(data)
    for block in range(0, 320, 80):
        for start, end in ((0, 32), (32, 64), (64, 80)):  # the last warp is half empty
            warp = data[block + start : block + end]
            kept = warp[warp > 0]
            expected[block + start : block + start + len(kept)] = kept
    assert (out == expected).all()
    assert lib.variable("totals").view(np.int32).tolist() == [int((data > 0).sum())] * 2
