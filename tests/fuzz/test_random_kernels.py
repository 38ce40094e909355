"""Random kernels through everything: each is proved, and its results are equal to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_kernels import random_file

from ascendify.driver import Options, translate_files
from ascendify.ir.diagnostics import render

QUICK = range(1, 7)
THOROUGH = range(7, 207)


def check_seed(seed: int, folder: Path) -> None:
    path = folder / f"seed{seed}.cu"
    path.write_text(random_file(seed), encoding="utf-8")
    (translation,) = translate_files([str(path)], Options(write=False, budget=2.0))
    messages = "\n".join(render(d, translation.sources) for d in translation.diagnostics)
    assert translation.kernels, messages
    different = {
        kernel.instance: (kernel.verdict, kernel.reason, kernel.tolerance, kernel.worst)
        for kernel in translation.kernels
        if kernel.verdict != "proved" or not kernel.tolerance.endswith("equal to the bit")
    }
    assert not different, f"seed {seed}: {different}\n{messages}"


def test_a_seed_gives_the_same_text():
    assert random_file(3) == random_file(3)


@pytest.mark.parametrize("seed", QUICK)
def test_quick(seed: int, tmp_path: Path):
    check_seed(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", THOROUGH)
def test_thorough(seed: int, tmp_path: Path):
    check_seed(seed, tmp_path)
