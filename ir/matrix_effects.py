"""What the tensor operations of a warp do on the machine: lanes meet, rows of matrices are read.

At stage `threads` a warp's registers lie in lane arrays, one element per thread, and the warp's
first thread does it all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .dtypes import Pointer, Scalar, Space
from .execution import Machine
from .matrix_fragments import PRODUCTS, WARP
from .matrix_semantics import gathered, multiply, spread
from .memory_model import BadAccess
from .nodes import Attr, Op
from .rounding import Array, dtype_of
from .semantics import advance
from .warp_semantics import OutOfStep

ROW_BYTES = 16

Attrs = Mapping[str, Attr]


def registers_of_lanes(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> list[Array]:
    """`mma`, `load_matrix`, `store_matrix` of all warps that are here, one result per register."""
    threads = machine.threads
    here = threads.table(mask)
    complete: Array = np.all(here, axis=1)
    incomplete = mask & ~complete[threads.warp_row]
    if incomplete.any():
        raise OutOfStep(int(np.argmax(incomplete)), "is without some of the 32 lanes of its warp")
    warps = np.flatnonzero(here.any(axis=1))
    if not len(warps):
        return [np.zeros(threads.count, dtype=dtype_of(v.type)) for v in op.results]
    tables = [threads.table(a)[warps] for a in args]
    lanes = np.zeros((threads.warps, WARP), dtype=np.int64)
    lanes[threads.warp_row, threads.lane] = np.arange(threads.count)
    made = _calculate(machine, op.name, op.attrs, tables, lanes[warps])
    results: list[Array] = []
    for item, value in zip(made, op.results, strict=True):
        whole = np.zeros((threads.warps, WARP), dtype=dtype_of(value.type))
        whole[warps] = item
        results.append(whole[threads.warp_row, threads.lane])
    return results


def whole_warp(machine: Machine, op: Op, args: Sequence[Array], mask: Array) -> None:
    """`warp_matrix`: the same from and to lane arrays."""
    if not mask.any():
        return
    first, threads = int(args[0][0]), int(args[1][0])
    if first + WARP > threads:
        raise OutOfStep(0, "is without some of the 32 lanes of its warp")
    name = str(op.attrs["op"])
    results = {"store_matrix": 0}.get(name)
    if results is None:
        is_product = name == "mma"
        count = op.attrs.get("count", 0)
        results = PRODUCTS[str(op.attrs["kind"])].c_registers if is_product else int(str(count))
    steps = np.arange(WARP, dtype=np.uint32) + np.uint32(first)
    arrays = list(zip(args[2:], op.operands[2:], strict=True))
    inputs, outputs = arrays[: len(arrays) - results], arrays[len(arrays) - results :]
    tables = []
    for array, value in inputs:
        elem = _element(value.type)
        places = advance(np.repeat(array[:1], WARP), steps, elem.size)
        tables.append(machine.memory.load(places, elem, Space.LOCAL)[None, :])
    made = _calculate(machine, name, op.attrs, tables, np.zeros((1, WARP), dtype=np.int64))
    for (array, value), item in zip(outputs, made, strict=True):
        elem = _element(value.type)
        places = advance(np.repeat(array[:1], WARP), steps, elem.size)
        machine.memory.store(places, item[0], elem, Space.LOCAL)


def _element(type_: object) -> Scalar | Pointer:
    assert isinstance(type_, Pointer), "a lane array is a pointer"
    assert isinstance(type_.elem, Scalar | Pointer), "a lane array holds values"
    return type_.elem


def _calculate(
    machine: Machine, name: str, attrs: Attrs, tables: Sequence[Array], lanes: Array
) -> list[Array]:
    if name == "mma":
        return multiply(PRODUCTS[str(attrs["kind"])], tables)
    transpose = bool(attrs.get("transpose", False))
    made: list[Array] = []
    for matrix in range(int(str(attrs["count"]))):
        chosen = slice(8 * matrix, 8 * matrix + 8)
        addresses, blamed = tables[0][:, chosen], lanes[:, chosen].reshape(-1)
        try:
            if name == "load_matrix":
                made.append(spread(_rows(machine, addresses), transpose))
            else:
                rows = gathered(tables[1 + matrix], transpose)
                _put_rows(machine, addresses, rows)
        except BadAccess as bad:
            raise BadAccess(int(blamed[bad.position]), bad.reason) from None
    return made


def _rows(machine: Machine, addresses: Array) -> Array:
    data = machine.memory.read_bytes(addresses.reshape(-1), ROW_BYTES, ROW_BYTES)
    return data.view(np.uint16).reshape(len(addresses), 8, 8)


def _put_rows(machine: Machine, addresses: Array, rows: Array) -> None:
    data = np.ascontiguousarray(rows).reshape(-1, 8).view(np.uint8)
    machine.memory.write_bytes(addresses.reshape(-1), data, ROW_BYTES)
