"""Whole programs, one group of features each: elaborated, lowered to C and run, against the same
source compiled by g++ with CUDA on the CPU."""

from __future__ import annotations

import re
from pathlib import Path

import cffi
import numpy as np
import pytest

from ascendify.codegen.plain_c import emit_c
from ascendify.frontend.unit import SourceOptions, analyse
from ascendify.ir.diagnostics import Reporter, render
from ascendify.ir.source import Sources
from ascendify.ir.verifier import check
from ascendify.passes.lowering.to_thread_loops import ToThreadLoops
from ascendify.passes.pipeline import PassContext, run_pipeline
from ascendify.passes.pipelines import SIMT
from ascendify.runtime import build
from ascendify.runtime.oracle.build import build_oracle

PROGRAMS = sorted(Path(__file__).with_name("programs").glob("*.cu"))
HEADER = Path(build.__file__).with_name("include") / "ascendify_cpu.h"
SHARED_BYTES = 4096
DECLARATIONS = """
const char *ascendify_oracle_launch_instance(const char *, const uint32_t *, const uint32_t *,
                                             uint64_t, uint32_t, void **);
typedef struct { uint32_t grid[3]; uint32_t block[3]; uint64_t shared_bytes; } ascendify_launch;
typedef struct { const char *name; void (*launch)(void **, const ascendify_launch *); }
    ascendify_kernel;
extern const ascendify_kernel ascendify_kernels[];
const char *ascendify_last_error(void);
"""


def translate(path: Path):
    """The only kernel's name and module."""
    sources, reporter = Sources(), Reporter()
    text = path.read_text(encoding="utf-8")
    unit = analyse(path, text, SourceOptions(), sources=sources, reporter=reporter)
    (kernel,) = unit.kernels
    assert kernel.module is not None, render(kernel.diagnostics[0], sources)
    check(kernel.module)
    return kernel.instance, kernel.module


def run_original(ffi, path: Path, name: str, threads: int, args) -> None:
    oracle = build_oracle(path, path.read_text(encoding="utf-8"), instances=[name])
    library = ffi.dlopen(str(oracle.so_path))
    grid, block = ffi.new("uint32_t[3]", [1, 1, 1]), ffi.new("uint32_t[3]", [threads, 1, 1])
    message = library.ascendify_oracle_launch_instance(
        name.encode(), grid, block, SHARED_BYTES, 0, args
    )
    assert message == ffi.NULL, ffi.string(message)


def run_translation(ffi, module, threads: int, args) -> None:
    lowered = run_pipeline(module, (*SIMT, ToThreadLoops()), PassContext(), verify=True)
    files = {**emit_c([lowered], "program").files, HEADER.name: HEADER.read_text(encoding="utf-8")}
    library = ffi.dlopen(str(build.build_shared(files)))
    launch = ffi.new("ascendify_launch *")
    launch.grid, launch.block, launch.shared_bytes = [1, 1, 1], [threads, 1, 1], SHARED_BYTES
    library.ascendify_kernels[0].launch(args, launch)
    message = library.ascendify_last_error()
    assert message == ffi.NULL, ffi.string(message)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_program_does_what_the_original_does(path):
    text = path.read_text(encoding="utf-8")
    threads = int(re.search(r"THREADS = (\d+)", text).group(1))
    values = int(re.search(r"VALUES = (\d+)", text).group(1))
    name, module = translate(path)
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    results = []
    for run in ("original", "translation"):
        out = np.zeros(threads * values, dtype=np.int64)  # elements have at most 8 bytes
        cell = ffi.new("void *[1]", [ffi.cast("void *", out.ctypes.data)])
        args = ffi.new("void *[1]", [cell])
        if run == "original":
            run_original(ffi, path, name, threads, args)
        else:
            run_translation(ffi, module, threads, args)
        results.append(out.view(np.int32))
    np.testing.assert_array_equal(results[1], results[0])
