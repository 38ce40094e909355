"""Calling the kernels of an oracle on numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cffi
import numpy as np
import pytest

from ascendify.runtime.oracle.build import Oracle, build_oracle

INTERFACE = """
const char *ascendify_oracle_launch_instance(const char *, const uint32_t *, const uint32_t *,
                                             uint64_t, uint32_t, void **);
void ascendify_oracle_set_schedule(uint32_t);
void ascendify_oracle_set_workers(uint32_t);
void ascendify_oracle_set_poison(uint32_t);
void ascendify_oracle_set_rounding(uint32_t);
void ascendify_oracle_shared_variable(const char *, int64_t, uint64_t, uint64_t);
uint64_t ascendify_oracle_switches(void);
"""

Argument = np.ndarray[Any, Any] | int | float


@dataclass
class Kernels:
    """A built oracle and its open library."""

    oracle: Oracle
    ffi: Any
    library: Any

    def run(
        self,
        name: str,
        *arguments: Argument,
        grid: Sequence[int] = (1, 1, 1),
        block: Sequence[int] = (32, 1, 1),
        shared: int = 0,
        cooperative: bool = False,
    ) -> str:
        """Launch an instance; arrays are passed by address, ints as int, floats as float. The
        message of the failure, or an empty text."""
        ffi = self.ffi
        values = [self._value(argument) for argument in arguments]
        answer = self.library.ascendify_oracle_launch_instance(
            name.encode(),
            ffi.new("uint32_t[3]", list(grid)),
            ffi.new("uint32_t[3]", list(block)),
            shared,
            cooperative,
            ffi.new("void *[]", values or [ffi.NULL]),
        )
        return "" if answer == ffi.NULL else str(ffi.string(answer).decode())

    def _value(self, argument: Argument) -> Any:
        if isinstance(argument, np.ndarray):
            return self.ffi.new("void **", self.ffi.cast("void *", argument.ctypes.data))
        return self.ffi.new("float *" if isinstance(argument, float) else "int *", argument)


@pytest.fixture(scope="session")
def kernels() -> Callable[..., Kernels]:
    """Builds CUDA text into callable kernels."""

    def build(text: str, *instances: str) -> Kernels:
        oracle = build_oracle("test.cu", text, instances=instances)
        assert oracle.dropped == ()
        ffi = cffi.FFI()
        ffi.cdef(INTERFACE)
        library = ffi.dlopen(str(oracle.so_path))
        for v in oracle.shared:
            library.ascendify_oracle_shared_variable(v.name.encode(), v.offset, v.size, v.kernel)
        return Kernels(oracle, ffi, library)

    return build


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests run when `-m` asks for them."""
    if config.getoption("-m"):
        return
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="long; run with -m slow"))
