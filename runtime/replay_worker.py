"""The child process of a replay: lays out a saved case in memory and runs the compiled kernel.

Takes the shared object, the folder of the case and a folder for the answer. Buffers lie between
pages that fault, at the place in a page where they lay before. The answer is `result.npz`,
`message` where the kernel stopped by itself, or `problem` where the case does not fit the library.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cffi
import numpy as np

from ..ir.diagnostics import CompileError
from .build import load_library
from .compare import Bytes
from .relocation import PAGE, Move, Relocation
from .replay import MESSAGE_FILE, PROBLEM_FILE, RESULT_FILE
from .reproducer import FailureCase, load_case

GUARD_BYTES = 1 << 16
PRIVATE_ANONYMOUS = 0x22
READ_WRITE = 3
LIBC = "void *mmap(void *, size_t, int, int, int, long); int mprotect(void *, size_t, int);"


class Stage:
    """A case laid out in this process: live memory for each of its buffers and variables."""

    def __init__(self, case: FailureCase, library: Path) -> None:
        self.case = case
        self.ffi, self.library = load_library(library)
        self.kernels = self._table("ascendify_kernels")
        variables = self._table("ascendify_variables")
        self._libc_ffi = cffi.FFI()
        self._libc_ffi.cdef(LIBC)
        self._libc = self._libc_ffi.dlopen(None)
        addresses = [self._map(m.before.size, m.address % PAGE) for m in case.buffers]
        for memory in case.variables:
            row = variables[memory.name]
            if int(row.bytes) != memory.before.size:
                raise ValueError(f"'{memory.name}' has {row.bytes} bytes, not {memory.before.size}")
            addresses.append(int(self.ffi.cast("uintptr_t", row.address)))
        self.live = [
            self._view(address, memory.before.size)
            for address, memory in zip(addresses, case.memories(), strict=True)
        ]
        self.relocation = Relocation(
            [
                Move(memory.address, memory.before.size, address)
                for address, memory in zip(addresses, case.memories(), strict=True)
            ]
        )

    def _table(self, name: str) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        table = getattr(self.library, name)
        while table[len(rows)].name != self.ffi.NULL:
            row = table[len(rows)]
            rows[self.ffi.string(row.name).decode()] = row
        return rows

    def _map(self, size: int, offset: int) -> int:
        """`size` writable bytes at `offset` in a page, between pages that fault."""
        ffi = self._libc_ffi
        inner = -(-(offset + size) // PAGE) * PAGE or PAGE
        start = int(
            ffi.cast(
                "uintptr_t",
                self._libc.mmap(ffi.NULL, inner + 2 * GUARD_BYTES, 0, PRIVATE_ANONYMOUS, -1, 0),
            )
        )
        begin = start + GUARD_BYTES
        if self._libc.mprotect(ffi.cast("void *", begin), inner, READ_WRITE):
            raise MemoryError(f"no memory for a buffer of {size} bytes")
        return begin + offset

    def _view(self, address: int, size: int) -> Bytes:
        ffi = self.ffi
        return np.frombuffer(ffi.buffer(ffi.cast("char *", address), size), dtype=np.uint8)

    def run(self) -> str:
        """Fill the memory and run the kernel; its message if it stopped by itself."""
        ffi, case = self.ffi, self.case
        kernel = self.kernels[case.instance]
        for memory, data in zip(case.memories(), self.live, strict=True):
            data[:] = self.relocation.memory(memory.before, memory.address, memory.elem)
        cells = [ffi.new("char[]", max(16, len(arg))) for arg in case.args]
        for cell, arg in zip(cells, case.args, strict=True):
            ffi.buffer(cell)[0 : len(arg)] = self.relocation.argument(arg)
        packed = ffi.new("void *[]", [ffi.cast("void *", cell) for cell in cells] or [ffi.NULL])
        launch = ffi.new("ascendify_launch *")
        launch.grid, launch.block = list(case.grid), list(case.block)
        launch.shared_bytes = case.shared_bytes
        kernel.launch(packed, launch)
        message = self.library.ascendify_last_error()
        if message == ffi.NULL:
            return ""
        return str(ffi.string(message).decode(errors="replace")) or "the kernel stopped"

    def results(self) -> dict[str, Bytes]:
        """What the kernel left in memory, with the addresses of the saved case."""
        back = self.relocation.inverse()
        return {
            f"memory{at}": back.memory(data, memory.address, memory.elem)
            for at, (memory, data) in enumerate(zip(self.case.memories(), self.live, strict=True))
        }


def main() -> None:
    """Run the case that the command line names."""
    library, folder, answer = map(Path, sys.argv[1:4])
    try:
        stage = Stage(load_case(folder), library)
        message = stage.run()
    except (CompileError, KeyError, ValueError, OSError, MemoryError) as failure:
        text = f"{type(failure).__name__}: {failure}"
        if isinstance(failure, KeyError):
            text = f"the generated code has no {failure}"
        (answer / PROBLEM_FILE).write_text(text, encoding="utf-8")
        return
    if message:
        (answer / MESSAGE_FILE).write_text(message, encoding="utf-8")
        return
    np.savez(answer / RESULT_FILE, **stage.results())  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
