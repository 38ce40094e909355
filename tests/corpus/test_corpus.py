"""Every operator of the corpus and every example: all kernels translated and proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascendify.driver import Options, translate_files
from ascendify.ir.diagnostics import render

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted([*(ROOT / "tests" / "corpus").glob("*.cu"), *(ROOT / "examples").glob("*.cu")])


def test_corpus_is_large_enough():
    assert len(FILES) >= 25


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_proved(path: Path):
    (translation,) = translate_files([str(path)], Options(write=False, budget=2.0))
    messages = "\n".join(render(d, translation.sources) for d in translation.diagnostics)
    verdicts = {k.instance: (k.verdict, k.reason) for k in translation.kernels}
    assert verdicts, messages
    wrong = {name: v for name, v in verdicts.items() if v[0] != "proved"}
    assert not wrong, f"{wrong}\n{messages}"
