"""Every operator of the corpus and every example: all kernels translated and proved; and of some,
the whole program with its translated kernels finds its results right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ascendify.driver import Options, translate_files
from ascendify.ir.diagnostics import render
from ascendify.runtime.oracle.build import build_hosted_program

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = sorted((ROOT / "tests" / "corpus").glob("*.cu"))
PROGRAMS = [path for path in CORPUS if "int main(" in path.read_text("utf-8")]
FILES = [*CORPUS, *sorted((ROOT / "examples").glob("*.cu"))]


def test_corpus_is_large_enough():
    assert len(CORPUS) >= 106


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_proved(path: Path):
    (translation,) = translate_files([str(path)], Options(write=False, budget=2.0))
    messages = "\n".join(render(d, translation.sources) for d in translation.diagnostics)
    verdicts = {k.instance: (k.verdict, k.reason) for k in translation.kernels}
    assert verdicts, messages
    wrong = {name: v for name, v in verdicts.items() if v[0] != "proved"}
    assert not wrong, f"{wrong}\n{messages}"


@pytest.mark.parametrize("path", PROGRAMS[::16], ids=lambda p: p.stem)
def test_program_passes(path: Path):
    """A sample, because the proof of a file compares the launches of its `main` as well."""
    (translation,) = translate_files([str(path)], Options(write=False, verify=False))
    program = build_hosted_program(path, path.read_text("utf-8"), translation.files)
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "PASS\n"), done.stdout + done.stderr
