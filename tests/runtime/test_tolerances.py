"""The table of allowances speaks of every operation whose result C libraries may round apart."""

from __future__ import annotations

import pytest

from ascendify.ir.ops import OPS, Effect
from ascendify.runtime.compare import MANTISSA_BITS
from ascendify.runtime.tolerances import CLASSES, floor_ulps

MOVES = frozenset(
    "const bitcast load shuffle call if for loop alloca lane_array atomic atomic_cas vote "
    "global_addr func_addr field ptr_cast int_to_ptr int_to_shared load_matrix offset".split()
)
"""Operations that give floats, or might by their signature, and compute none: they move bits, hold
regions with operations of their own, give addresses; or round once, as an atomic addition does."""


def gives_floats(name: str) -> bool:
    """Whether the operation may have a floating result, by its signature."""
    op = OPS[name]
    if op.result is None:
        return False
    if op.result == "explicit" or op.result in MANTISSA_BITS:
        return True
    operand = next((o for o in op.operands if o.split(":")[0] == op.result), "")
    return operand.partition(":")[2] in ("num", "float", "scalar", "any")


@pytest.mark.parametrize("row", CLASSES, ids=lambda row: row.name)
def test_classes(row):
    assert row.operations <= set(OPS), row.operations - set(OPS)
    assert set(row.ulps) == set(MANTISSA_BITS)
    assert len(row.reason) > 20
    assert all(0 <= ulps <= 8 for ulps in row.ulps.values())


def test_no_operation_is_in_two_classes():
    names = [name for row in CLASSES for name in row.operations]
    assert len(names) == len(set(names))


def test_every_floating_operation_is_in_a_class():
    known = frozenset().union(*(row.operations for row in CLASSES))
    floating = {name for name in OPS if gives_floats(name)}
    assert floating - known == MOVES & floating
    assert set(OPS) >= MOVES
    assert not MOVES & known
    assert floating >= {"add", "sqrt", "exp", "fma", "erf", "load", "cast"}, "the test itself"


def test_every_pure_function_of_floats_alone_is_in_a_class():
    """A second way to ask: operands that are floats by themselves."""
    known = frozenset().union(*(row.operations for row in CLASSES))
    for name, op in OPS.items():
        if op.effect is Effect.PURE and any(o.endswith(":float") for o in op.operands):
            assert name in known, name


@pytest.mark.parametrize(
    ("operations", "dtype", "ulps", "name"),
    [
        ((), "f32", 0.0, "IEEE arithmetic"),
        (("add", "load"), "f32", 0.0, "IEEE arithmetic"),
        (("add", "exp"), "f32", 4.0, "elementary functions"),
        (("add", "exp", "erf"), "f64", 8.0, "special functions"),
        (("exp",), "f16", 1.0, "elementary functions"),
        (("tgamma",), "i32", 0.0, ""),
    ],
)
def test_floor(operations, dtype, ulps, name):
    found, why = floor_ulps(operations, dtype)
    assert found == ulps
    assert why.startswith(name)
