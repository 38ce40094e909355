"""Folded constants are what the definition of the operation gives."""

from __future__ import annotations

import math
from random import Random

import pytest

from ascendify.ir.builder import result_type
from ascendify.ir.constants import constant, is_constant
from ascendify.ir.dtypes import BF16, F16, F32, F64, I1, I32, I64, SCALARS, U8, U32, U64, Scalar
from ascendify.ir.nodes import Op, Value
from ascendify.ir.ops import OPS, PREDICATES
from ascendify.ir.semantics import evaluate_constants
from ascendify.passes.transform import folding

INTEGERS = [0, 1, 2, 3, 5, 31, 32, 63, 127, 128, 255, 2**31 - 1, 2**31, 2**32 - 1, 2**63, -1, -7]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 3.1, 1e-8, 65504.0, 1e30, math.inf, math.nan]


def some(type_: Scalar, rnd: Random) -> int | float | bool:
    return constant(rnd.choice(FLOATS if type_.is_float else INTEGERS), type_)


def same(a: float, b: float) -> bool:
    return repr(a) == repr(b) and type(a) is type(b)


def expect(op: Op, values: list[int | float | bool]) -> None:
    type_ = op.result.type
    got = folding.fold(op.name, values, op.operands[0].type, type_, op.attrs)
    if got is not None:
        wanted = evaluate_constants(op, values)
        assert is_constant(got, type_), (op.name, values, got)
        assert same(got, wanted), (op.name, str(op.operands[0].type), values, got, wanted)


CASES = [
    *((name, t) for name in folding._INTEGER for t in (U8, I32, U32, I64, U64)),
    *((name, I1) for name in ("and", "or", "xor", "not", "cmp")),
    *((name, t) for name in folding._FLOAT for t in (F16, BF16, F32, F64)),
]


@pytest.mark.parametrize(("name", "type_"), [pytest.param(n, t, id=f"{n}-{t}") for n, t in CASES])
def test_operation(name: str, type_: Scalar) -> None:
    rnd = Random(f"{name}{type_}")
    operands = tuple(Value(type_) for _ in OPS[name].operands)
    result = result_type(name, operands, None)
    assert result is not None
    for _ in range(80):
        attrs = {"pred": rnd.choice(PREDICATES)} if name == "cmp" else {}
        op = Op(name, operands, attrs, (), (Value(result),))
        expect(op, [some(type_, rnd) for _ in operands])


@pytest.mark.parametrize("old", SCALARS.values(), ids=str)
@pytest.mark.parametrize("new", SCALARS.values(), ids=str)
def test_conversion(old: Scalar, new: Scalar) -> None:
    rnd = Random(f"{old}{new}")
    for name in ("cast", "bitcast") if old.bits == new.bits else ("cast",):
        for _ in range(30):
            expect(Op(name, (Value(old),), {}, (), (Value(new),)), [some(old, rnd)])
