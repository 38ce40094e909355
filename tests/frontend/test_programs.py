"""Whole programs, each about one part of the language: with the translated kernels they print the
same as with the original ones, and the definition of the IR gives the same numbers at each stage.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ascendify.driver import Options, translate_files
from ascendify.ir.diagnostics import render
from ascendify.ir.interpreter import run_kernel
from ascendify.ir.rounding import dtype_of
from ascendify.runtime.oracle.build import build_hosted_program, build_oracle

PROGRAMS = sorted(Path(__file__).with_name("programs").glob("*.cu"))
MAIN = 'extern "C" int ascendify_test_main() { return ascendify_user_main(); }'
CALL_MAIN = """\
import ctypes, sys
status = ctypes.CDLL(sys.argv[1]).ascendify_test_main()
ctypes.CDLL(None).fflush(None)
sys.exit(status)
"""
SHARED_BYTES = 4096
"""What a program with dynamic shared memory gives it."""

programs = pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)


@cache
def original_output(path: Path) -> str:
    """What the program prints with its own kernels, compiled by the C++ compiler."""
    oracle = build_oracle(path, path.read_text("utf-8"), epilogue=MAIN)
    return subprocess.run(
        [sys.executable, "-c", CALL_MAIN, str(oracle.so_path)],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip


@programs
def test_same_output(path: Path):
    (translation,) = translate_files([str(path)], Options(write=False, verify=False))
    messages = "\n".join(render(d, translation.sources) for d in translation.diagnostics)
    assert translation.exit_status == 0, messages
    program = build_hosted_program(path, path.read_text("utf-8"), translation.files)
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == original_output(path)


@pytest.mark.parametrize("stage", ["ir", "simt", "threads"])
@programs
def test_same_numbers(path: Path, stage: str, stages):
    """Every program launches one kernel, `test(out)`, over THREADS threads and prints `out`."""
    (module,) = (modules[stage] for modules in stages(path).values())
    kernel = module.kernels()[0]
    dtype = dtype_of(kernel.params[0].type.elem)
    expected = np.array(original_output(path).split()).astype(dtype)
    out = np.zeros_like(expected)
    threads = int(re.search(r"THREADS = (\d+)", path.read_text("utf-8"))[1])
    run_kernel(module, kernel.name, 1, threads, [out], SHARED_BYTES)
    np.testing.assert_array_equal(out, expected)
