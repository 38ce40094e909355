"""A compiled C translation as an object: kernels called on numpy arrays and CPU tensors.

Arguments are converted by the kernel's own signature: a pointer parameter takes an array (numpy,
or anything with `__dlpack__` on the CPU), None for a null pointer, or an integer address; a scalar
parameter takes a Python or numpy number; a class by value takes its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .build import load_library
from .compare import NUMPY_TYPES
from .parameters import Parameter

NDArray = npt.NDArray[Any]


class KernelLibrary:
    """The shared object at `path`; `signatures` gives the parameters of each kernel instance."""

    def __init__(self, path: Path, signatures: Mapping[str, Sequence[Parameter]]) -> None:
        self._ffi, self._library = load_library(path)
        self._signatures = dict(signatures)
        self._kernels = self._table("ascendify_kernels")
        self._variables = self._table("ascendify_variables")

    def _table(self, name: str) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        table = getattr(self._library, name)
        at = 0
        while table[at].name != self._ffi.NULL:
            rows[self._ffi.string(table[at].name).decode()] = table[at]
            at += 1
        return rows

    def names(self) -> tuple[str, ...]:
        """The kernel instances that can be launched."""
        return tuple(self._kernels)

    def variable(self, name: str) -> NDArray:
        """The bytes of module variable `name` (`__device__`, `__constant__`), writable.

        Raises KeyError where there is none.
        """
        row = self._variables[name]
        return np.frombuffer(self._ffi.buffer(row.address, row.bytes), dtype=np.uint8)

    def launch(
        self,
        name: str,
        grid: Sequence[int],
        block: Sequence[int],
        args: Sequence[object],
        shared_mem: int = 0,
    ) -> None:
        """Run kernel instance `name` over `grid` blocks of `block` threads and wait for it.

        Raises KeyError for an unknown name, TypeError or ValueError for arguments that do not fit
        the signature, RuntimeError where the kernel stopped (assert, trap).
        """
        signature = self._signatures[name]
        if len(args) != len(signature):
            raise TypeError(f"{name} takes {len(signature)} arguments, not {len(args)}")
        ffi = self._ffi
        kept: list[object] = []
        cells = [
            self._cell(parameter, value, kept)
            for parameter, value in zip(signature, args, strict=True)
        ]
        packed = ffi.new("void *[]", [ffi.cast("void *", cell) for cell in cells] or [ffi.NULL])
        launch = ffi.new("ascendify_launch *")
        launch.grid, launch.block = _three(grid), _three(block)
        launch.shared_bytes = shared_mem
        self._kernels[name].launch(packed, launch)
        message = self._library.ascendify_last_error()
        if message != ffi.NULL:
            raise RuntimeError(f"{name}: {ffi.string(message).decode(errors='replace')}")

    def _cell(self, parameter: Parameter, value: object, kept: list[object]) -> Any:
        """Memory that holds the argument's bytes, as cudaLaunchKernel takes them."""
        cell = self._ffi.new("char[]", max(16, parameter.size))
        if parameter.kind == "ptr":
            data = _address(parameter, value, kept).to_bytes(8, "little")
        elif parameter.kind == "other":
            data = bytes(memoryview(value))  # type: ignore[arg-type]
            if len(data) != parameter.size:
                raise ValueError(f"'{parameter.name}' takes {parameter.size} bytes")
        else:
            data = _scalar(parameter, value)
        self._ffi.buffer(cell)[0 : len(data)] = data
        return cell


def _three(dims: Sequence[int]) -> list[int]:
    numbers = [int(d) for d in dims] + [1, 1, 1]
    if min(numbers) < 1:
        raise ValueError(f"grid and block sizes must be positive, not {tuple(dims)}")
    return numbers[:3]


def _address(parameter: Parameter, value: object, kept: list[object]) -> int:
    if value is None:
        return 0
    if isinstance(value, int | np.integer):
        return int(value)
    array = value if isinstance(value, np.ndarray) else _from_dlpack(parameter, value)
    if not array.flags.c_contiguous:
        raise ValueError(f"the array for '{parameter.name}' must be C-contiguous")
    expected = NUMPY_TYPES.get(parameter.elem)
    if expected is not None and array.dtype.itemsize != np.dtype(expected).itemsize:
        raise TypeError(f"'{parameter.name}' takes elements of {parameter.elem}, not {array.dtype}")
    kept.append(array)
    return int(array.ctypes.data)


def _from_dlpack(parameter: Parameter, value: object) -> NDArray:
    if not hasattr(value, "__dlpack__"):
        raise TypeError(f"'{parameter.name}' takes an array, not {type(value).__name__}")
    return np.from_dlpack(value)


def _scalar(parameter: Parameter, value: object) -> bytes:
    if parameter.kind == "bf16":
        bits = int(np.float32(value).view(np.uint32))  # type: ignore[arg-type]
        rounded = bits + 0x7FFF + ((bits >> 16) & 1)  # to nearest, ties to even
        return np.uint16((rounded >> 16) & 0xFFFF).tobytes()
    dtype = np.dtype(NUMPY_TYPES[parameter.kind])
    if dtype.kind in "iu" and not isinstance(value, int | np.integer | bool):
        raise TypeError(f"'{parameter.name}' takes an integer, not {type(value).__name__}")
    return np.array(value).astype(dtype).tobytes()
