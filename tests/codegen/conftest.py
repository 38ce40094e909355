"""Compiling generated C with the system's compiler and launching its kernels on numpy arrays."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ascendify.codegen.plain_c import emit_c
from ascendify.ir.nodes import Module
from ascendify.ir.reader import read_module
from ascendify.ir.verifier import check
from ascendify.passes.lowering.to_thread_loops import to_thread_loops

INCLUDE = Path(__file__).parents[2] / "runtime" / "include"
FLAGS = (
    "-std=c11 -O1 -ffp-contract=off -fwrapv -fno-strict-aliasing -fPIC -shared "
    "-Wall -Wextra -Werror -Wno-misleading-indentation -Wno-unused-parameter -Wno-format "
    "-Wno-tautological-compare -Wno-type-limits -Wno-unused-but-set-variable"
).split()


def lowered(module: Module) -> Module:
    """All kernels at stage `threads`, verified."""
    for func in module.kernels():
        module = module.with_func(to_thread_loops(func))
    check(module)
    return module


def generated(text_or_module: str | Module, stem: str = "kernels", source: str = "k.cu") -> str:
    """The C text for IR, given as text or as a module."""
    module = text_or_module
    if isinstance(module, str):
        module = read_module(module)
    return emit_c([lowered(module)], stem, source).files[f"{stem}.c"]


class Launch(ctypes.Structure):
    _fields_ = [
        ("grid", ctypes.c_uint32 * 3),
        ("block", ctypes.c_uint32 * 3),
        ("shared_bytes", ctypes.c_uint64),
    ]


class Entry(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("launch", ctypes.c_void_p)]


class Variable(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("bytes", ctypes.c_uint64),
    ]


def three(extent: int | Sequence[int]) -> tuple[int, int, int]:
    dims = (extent,) if isinstance(extent, int) else tuple(extent)
    return (*dims, 1, 1)[:3]


class Library:
    """A compiled file; kernels by their source names."""

    def __init__(self, path: Path) -> None:
        self.lib = ctypes.CDLL(str(path))
        self.lib.ascendify_last_error.restype = ctypes.c_char_p

    def launch(
        self,
        name: str,
        grid: int | Sequence[int],
        block: int | Sequence[int],
        args: Sequence[Any],
        shared_bytes: int = 0,
    ) -> str | None:
        """Run a kernel; arrays are pointers, numpy scalars values, bytes a record. The error."""
        cells: list[Any] = []
        for arg in args:
            if isinstance(arg, np.ndarray):
                cells.append(ctypes.c_void_p(arg.ctypes.data))
            else:
                raw = arg if isinstance(arg, bytes) else arg.tobytes()
                cells.append(ctypes.create_string_buffer(raw, len(raw)))
        pointers = (ctypes.c_void_p * max(1, len(cells)))(*(ctypes.addressof(c) for c in cells))
        launch = Launch((ctypes.c_uint32 * 3)(*three(grid)), (ctypes.c_uint32 * 3)(*three(block)))
        launch.shared_bytes = shared_bytes
        entry = self.find(Entry, "ascendify_kernels", name)
        function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(entry.launch)
        function(ctypes.addressof(pointers), ctypes.addressof(launch))
        message = self.lib.ascendify_last_error()
        return None if message is None else str(message.decode())

    def variable(self, name: str) -> np.ndarray[Any, Any]:
        """The bytes of a module variable, shared with the library."""
        item = self.find(Variable, "ascendify_variables", name)
        buffer = (ctypes.c_uint8 * item.bytes).from_address(item.address)
        return np.frombuffer(buffer, dtype=np.uint8)

    def find(self, type_: type[Any], table: str, name: str) -> Any:
        rows = ctypes.cast(getattr(self.lib, table), ctypes.POINTER(type_))
        i = 0
        while rows[i].name is not None:
            if rows[i].name.decode() == name:
                return rows[i]
            i += 1
        raise KeyError(name)


@pytest.fixture(scope="session")
def compile_c(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Library]:
    """Compiles C text into a loaded library; warnings are errors unless told otherwise."""
    folder = tmp_path_factory.mktemp("generated")
    compiler = shutil.which("gcc") or shutil.which("cc")

    def build(text: str, warnings: bool = True) -> Library:
        if compiler is None:
            pytest.skip("no C compiler")
        stem = hashlib.sha256(text.encode()).hexdigest()[:16]
        source, target = folder / f"{stem}.c", folder / f"{stem}.so"
        source.write_text(text)
        quiet = [] if warnings else ["-w"]
        command = [compiler, *FLAGS, *quiet, f"-I{INCLUDE}", str(source), "-o", str(target), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{text}"
        return Library(target)

    return build


@pytest.fixture(scope="session")
def compile_ir(compile_c: Callable[..., Library]) -> Callable[[str | Module], Library]:
    """Lowers IR, generates C, compiles it."""
    return lambda ir: compile_c(generated(ir))


@pytest.fixture(scope="session")
def c_text() -> Callable[..., str]:
    """IR to C text."""
    return generated
