"""Every value operation: what its C computes equals what the IR defines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ascendify.ir.builder import Builder
from ascendify.ir.constants import bits_of, float_of_bits
from ascendify.ir.dtypes import (
    BF16,
    F16,
    F32,
    F64,
    I1,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Kind,
    Pointer,
    Scalar,
    Space,
)  # fmt: skip
from ascendify.ir.nodes import Attr, Func, Module, Op, Value
from ascendify.ir.ops import MATH_BINARY, MATH_UNARY, PREDICATES
from ascendify.ir.rounding import dtype_of
from ascendify.ir.semantics import evaluate

INTS = (I8, U8, I16, U16, I32, U32, I64, U64)
FLOATS = (F16, BF16, F32, F64)
EXACT_MATH = {"sqrt", "rcp", "floor", "ceil", "trunc", "round", "rint", "copysign", "fdim",
              "fmod_ieee", "nextafter"}  # fmt: skip


@dataclass(frozen=True)
class Case:
    op: str
    operands: tuple[Scalar, ...]
    result: Scalar
    attrs: dict[str, Attr]

    def __str__(self) -> str:
        attrs = "".join(f"-{v}" for v in self.attrs.values())
        return f"{self.op}{attrs}-{'-'.join(map(str, self.operands))}-{self.result}"


def cases() -> Iterator[Case]:
    for name, type_ in itertools.product(("add", "sub", "mul", "div", "rem", "min", "max"), INTS):
        yield Case(name, (type_, type_), type_, {})
    for name, type_ in itertools.product(("add", "sub", "mul", "div", "rem", "min", "max"), FLOATS):
        yield Case(name, (type_, type_), type_, {})
    for name, type_ in itertools.product(("neg", "abs"), INTS + FLOATS):
        yield Case(name, (type_,), type_, {})
    for name, type_ in itertools.product(("and", "or", "xor"), (I1, *INTS)):
        yield Case(name, (type_, type_), type_, {})
    for type_ in (I1, *INTS):
        yield Case("not", (type_,), type_, {})
    for type_ in INTS:
        yield Case("mul_high", (type_, type_), type_, {})
        for name in ("popc", "clz", "ffs"):
            yield Case(name, (type_,), I32, {})
        yield Case("brev", (type_,), type_, {})
        for name, count in itertools.product(("shl", "shr"), (I32, U64)):
            yield Case(name, (type_, count), type_, {})
    for pred, type_ in itertools.product(PREDICATES, (I32, U32, U8, *FLOATS)):
        yield Case("cmp", (type_, type_), I1, {"pred": pred})
    for type_ in (I1, I8, U32, *FLOATS):
        yield Case("select", (I1, type_, type_), type_, {})
    for type_ in FLOATS:
        yield Case("fma", (type_, type_, type_), type_, {})
        for name in ("is_nan", "is_inf", "is_finite", "sign_bit"):
            yield Case(name, (type_,), I1, {})
        yield Case("ldexp", (type_, I32), type_, {})
    everything = (I1, *INTS, *FLOATS)
    for source, target in itertools.product(everything, everything):
        yield Case("cast", (source, target)[:1], target, {})
        if source != I1 and target != I1:
            for rounding in ("rn", "rz", "ru", "rd"):
                if source.is_float or target.is_float:
                    yield Case("cast", (source,), target, {"rounding": rounding})
        if source.bits == target.bits:
            yield Case("bitcast", (source,), target, {})
    yield Case("byte_perm", (U32, U32, U32), U32, {})
    for mode in ("l", "lc", "r", "rc"):
        yield Case("funnel_shift", (U32, U32, U32), U32, {"mode": mode})
    for mode in ("idx", "up", "down", "xor"):
        yield Case("shuffle_source", (U32, I32, I32, U32), U32, {"mode": mode})
    for name, type_ in itertools.product(MATH_UNARY, FLOATS):
        yield Case(name, (type_,), type_, {})
    for name, type_ in itertools.product(MATH_BINARY, FLOATS):
        yield Case(name, (type_, type_), type_, {})


SPECIAL_FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 3.0, 127.6, -129.0, 255.5, 65519.0,
                  65520.0, 1e-8, 6e-5, -3e-45, 2147483648.0, -2147483649.0, 4294967296.0, 1e19,
                  -1e19, 9.3e18, 3.5e38, float("inf"), float("-inf"), float("nan")]  # fmt: skip


def samples(type_: Scalar, seed: int, count: int = 400) -> np.ndarray[Any, Any]:
    """Values of `type_`: the awkward ones, then random bits and random small numbers."""
    rng = np.random.default_rng(seed)
    dtype = dtype_of(type_)
    if type_ == I1:
        return rng.integers(0, 2, count).astype(np.bool_)
    bits = rng.integers(0, 2**64, count, dtype=np.uint64)
    if type_.kind is not Kind.FLOAT:
        values = bits.astype(dtype)
        small = rng.integers(0 if type_.kind is Kind.UNSIGNED else -40, 70, count // 2)
        values[: count // 2] = small.astype(dtype)
        edge = np.iinfo(dtype)
        values[:6] = np.array([0, 1, edge.min, edge.max, edge.max - 1, 2], dtype=dtype)
        rng.shuffle(values)
        return values
    raw = bits.astype(f"u{type_.size}")
    scaled = [*SPECIAL_FLOATS, *(rng.standard_normal(count // 2) * 4)]
    for i, value in enumerate(scaled[: count * 3 // 4]):
        raw[i] = bits_of(float(value), type_)
    # fmin and fmax of the C library take a signalling NaN for an error, not for a missing number
    values = [float_of_bits(int(b), type_) for b in raw]
    raw[np.isnan(values)] = bits_of(float("nan"), type_)
    rng.shuffle(raw)
    return raw.view(dtype)


def kernel(number: int, case: Case) -> Func:
    params = [Value(Pointer(t, Space.GLOBAL), f"a{i}") for i, t in enumerate(case.operands)]
    out = Value(Pointer(case.result, Space.GLOBAL), "out")
    b = Builder()
    i = b.op("thread_idx", type=U32, dim=0)
    args = [b.load(p, i) for p in params]
    value = Value(case.result)
    b.append(Op(case.op, tuple(args), case.attrs, (), (value,)))
    b.store(out, i, value)
    body = b.finish((), terminator="return")
    name = f"k{number}"
    return Func(name, (out, *params), None, body, True, attrs={"source_name": name})


def expected(case: Case, inputs: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    operands = tuple(Value(t) for t in case.operands)
    return evaluate(Op(case.op, operands, case.attrs, (), (Value(case.result),)), inputs)


def inputs_of(case: Case) -> list[np.ndarray[Any, Any]]:
    made = [samples(t, 7 * i + len(case.op)) for i, t in enumerate(case.operands)]
    if case.op == "shuffle_source":
        count = len(made[0])
        made[0] = np.arange(count, dtype=np.uint32)
        made[2] = np.array([1, 2, 4, 8, 16, 32], dtype=np.int32)[np.arange(count) % 6]
        made[3] = np.full(count, count, dtype=np.uint32)
    if case.op in ("shl", "shr"):
        made[1][:100] = np.arange(100)
    return made


def differences(case: Case, got: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> list[int]:
    """Where results differ by more than the operation may: exact but for math functions."""
    if not case.result.is_float:
        return list(np.flatnonzero(got != want))
    wide = [np.array([float_of_bits(int(b), case.result) for b in a.view(f"u{case.result.size}")])
            for a in (got, want)]  # fmt: skip
    same = (wide[0] == wide[1]) & (np.signbit(wide[0]) == np.signbit(wide[1]))
    same |= np.isnan(wide[0]) & np.isnan(wide[1])
    if case.op in MATH_UNARY + MATH_BINARY and case.op not in EXACT_MATH:
        allowed = {F16: 2e-3, BF16: 1.6e-2, F32: 4e-6, F64: 1e-11}[case.result]
        if case.op in ("j0", "j1", "lgamma", "tgamma", "sinpi", "cospi", "tan", "pow"):
            allowed *= 50
        with np.errstate(all="ignore"):
            same |= np.isclose(wide[0], wide[1], rtol=allowed, atol=allowed * 1e-2)
            same |= np.abs(wide[0]) > 1e300
            if case.op in ("j0", "j1"):
                same |= np.abs(wide[0] - wide[1]) < 1e-9  # far out only the size is known
    return list(np.flatnonzero(~same))


def test_every_operation_computes_what_the_ir_defines(compile_ir: Any) -> None:
    table = list(cases())
    library = compile_ir(Module(tuple(kernel(n, c) for n, c in enumerate(table))))
    wrong: list[str] = []
    for number, case in enumerate(table):
        inputs = inputs_of(case)
        out = np.zeros(len(inputs[0]), dtype=dtype_of(case.result))
        assert library.launch(f"k{number}", 1, len(out), [out, *inputs]) is None
        want = expected(case, inputs)
        bad = differences(case, out, want)
        if bad:
            i = bad[0]
            wrong.append(
                f"{case}: {[a[i] for a in inputs]} gives {out[i]}, not {want[i]} ({len(bad)})"
            )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("type_", [F32, F64, F16, BF16], ids=str)
def test_float_constants_are_exact(type_: Scalar, compile_ir: Any) -> None:
    values = [float_of_bits(int(b), type_) for b in samples(type_, 3, 200).view(f"u{type_.size}")]
    out = Value(Pointer(type_, Space.GLOBAL), "out")
    b = Builder()
    for i, value in enumerate(values):
        b.store(out, i, b.const(value, type_))
    body = b.finish((), terminator="return")
    module = Module((Func("k", (out,), None, body, True, attrs={"source_name": "k"}),))
    got = np.zeros(len(values), dtype=dtype_of(type_))
    compile_ir(module).launch("k", 1, 1, [got])
    want = np.array([bits_of(v, type_) for v in values], dtype=f"u{type_.size}")
    assert list(got.view(want.dtype)) == list(want)
