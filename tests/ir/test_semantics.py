"""Every pure operation's meaning: edge cases by table, exactness against plain Python."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascendify.ir.constants import constant, float_of_bits, is_constant, round_float
from ascendify.ir.dtypes import SCALARS, Pointer, Scalar, Space
from ascendify.ir.nodes import Op, Value
from ascendify.ir.ops import MATH_BINARY, MATH_UNARY
from ascendify.ir.semantics import TABLE, evaluate_constants

INF, NAN = math.inf, math.nan
MIN = -(2**31)


def compute(name, types, values, result=None, **attrs):
    """The result of one operation on constants; `types` are names of scalar types."""
    operand_types = [SCALARS[t] for t in types.split()]
    result_type = SCALARS[result] if result else operand_types[0]
    op = Op(name, tuple(map(Value, operand_types)), attrs, (), (Value(result_type),))
    given_values = [constant(v, t) for v, t in zip(values, operand_types, strict=True)]
    value = evaluate_constants(op, given_values)
    assert is_constant(value, result_type), f"{value!r} is no {result_type}"
    return value


def same(a, b):
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    return a == b and (not isinstance(a, float) or math.copysign(1, a) == math.copysign(1, b))


CASES = [
    ("add", "i32 i32", (2**31 - 1, 1), MIN),
    ("sub", "u8 u8", (0, 1), 255),
    ("mul", "i16 i16", (300, 300), constant(90000, SCALARS["i16"])),
    ("div", "i32 i32", (-7, 2), -3),
    ("div", "i32 i32", (7, 0), -1),
    ("div", "u32 u32", (7, 0), 2**32 - 1),
    ("div", "i32 i32", (MIN, -1), MIN),
    ("div", "f32 f32", (1.0, 0.0), INF),
    ("div", "f16 f16", (1.0, 3.0), round_float(1 / 3, SCALARS["f16"])),
    ("rem", "i32 i32", (-7, 2), -1),
    ("rem", "i32 i32", (7, 0), 7),
    ("rem", "i64 i64", (-(2**63), -1), 0),
    ("rem", "f32 f32", (-5.5, 2.0), -1.5),
    ("neg", "f32", (0.0,), -0.0),
    ("neg", "bf16", (0.0,), -0.0),
    ("neg", "u32", (1,), 2**32 - 1),
    ("abs", "i32", (MIN,), MIN),
    ("abs", "bf16", (-2.5,), 2.5),
    ("min", "f32 f32", (NAN, 1.0), 1.0),
    ("min", "f32 f32", (0.0, -0.0), -0.0),
    ("max", "f32 f32", (0.0, -0.0), 0.0),
    ("max", "bf16 bf16", (NAN, -3.0), -3.0),
    ("max", "u32 u32", (2**32 - 1, 1), 2**32 - 1),
    ("mul_high", "i32 i32", (MIN, MIN), 2**30),
    ("mul_high", "u32 u32", (2**32 - 1, 2**32 - 1), 2**32 - 2),
    ("mul_high", "i64 i64", (-1, 1), -1),
    ("and", "u8 u8", (12, 10), 8),
    ("or", "i1 i1", (True, False), True),
    ("xor", "i32 i32", (-1, 1), -2),
    ("not", "i32", (0,), -1),
    ("not", "i1", (True,), False),
    ("shl", "i32 i32", (1, 31), MIN),
    ("shl", "i32 i32", (1, 32), 0),
    ("shl", "i32 i32", (1, -1), 0),
    ("shl", "u64 u32", (1, 63), 2**63),
    ("shr", "i32 i32", (-8, 1), -4),
    ("shr", "i32 i32", (-8, 40), -1),
    ("shr", "u32 u32", (2**31, 31), 1),
    ("shr", "u32 u32", (2**31, 32), 0),
    ("fma", "f32 f32 f32", (1 + 2.0**-12, 1 + 2.0**-12, -1.0), 2.0**-11 + 2.0**-24),
    ("fma", "f64 f64 f64", (INF, 0.0, 1.0), NAN),
    ("fma", "f64 f64 f64", (1e308, 10.0, -INF), -INF),
    ("sqrt", "f32", (2.0,), round_float(math.sqrt(2), SCALARS["f32"])),
    ("sqrt", "f64", (-1.0,), NAN),
    ("rcp", "f32", (0.0,), INF),
    ("round", "f32", (2.5,), 3.0),
    ("round", "f32", (-0.25,), -0.0),
    ("round", "f64", (0.49999999999999994,), 0.0),
    ("rint", "f32", (2.5,), 2.0),
    ("trunc", "f32", (-2.5,), -2.0),
    ("floor", "bf16", (-2.5,), -3.0),
    ("ceil", "f16", (2.25,), 3.0),
    ("tgamma", "f64", (5.0,), 24.0),
    ("tgamma", "f64", (-1.0,), NAN),
    ("lgamma", "f64", (0.0,), INF),
    ("sinpi", "f32", (1.0,), 0.0),
    ("cospi", "f32", (0.5,), 0.0),
    ("normcdf", "f64", (0.0,), 0.5),
    ("erfinv", "f64", (1.0,), INF),
    ("erfcinv", "f64", (1.0,), 0.0),
    ("pow", "f32 f32", (NAN, 0.0), 1.0),
    ("fdim", "f32 f32", (1.0, 3.0), 0.0),
    ("fmod_ieee", "f64 f64", (5.0, 3.0), -1.0),
    ("fmod_ieee", "f64 f64", (5.0, 0.0), NAN),
    ("copysign", "f32 f32", (3.0, -0.0), -3.0),
    ("nextafter", "f32 f32", (0.0, 1.0), 2.0**-149),
    ("nextafter", "bf16 bf16", (1.0, 2.0), 1 + 2.0**-7),
    ("nextafter", "bf16 bf16", (0.0, -1.0), -float_of_bits(1, SCALARS["bf16"])),
    ("nextafter", "bf16 bf16", (1.0, 0.0), 1 - 2.0**-8),
    ("ldexp", "f32 i32", (1.5, 4), 24.0),
    ("ldexp", "f32 i32", (1.0, 200), INF),
    ("brev", "u32", (1,), 2**31),
    ("brev", "u64", (1,), 2**63),
    ("byte_perm", "u32 u32 u32", (0x33221100, 0x77665544, 0x7410), 0x77441100),
    ("select", "i1 i32 i32", (True, 1, 2), 1),
]


@pytest.mark.parametrize(("name", "types", "values", "expected"), CASES)
def test_value(name, types, values, expected):
    result = types.split()[1] if name == "select" else None
    actual = compute(name, types, values, result)
    assert same(actual, expected), f"{actual!r} is not {expected!r}"


COUNTS = [
    ("popc", "u32", 0xF0F0, 8),
    ("popc", "i64", -1, 64),
    ("clz", "u32", 1, 31),
    ("clz", "i32", 0, 32),
    ("clz", "u64", 2**40, 23),
    ("ffs", "i32", 8, 4),
    ("ffs", "i64", 0, 0),
    ("ffs", "i64", -(2**63), 64),
]


@pytest.mark.parametrize(("name", "type_", "value", "expected"), COUNTS)
def test_bit_counts(name, type_, value, expected):
    assert compute(name, type_, (value,), "i32") == expected


FLAGS = [
    ("is_nan", NAN, True),
    ("is_nan", INF, False),
    ("is_inf", -INF, True),
    ("is_finite", 1.0, True),
    ("is_finite", NAN, False),
    ("sign_bit", -0.0, True),
]


@pytest.mark.parametrize("type_", ["f16", "bf16", "f32", "f64"])
@pytest.mark.parametrize(("name", "value", "expected"), FLAGS)
def test_float_classes(name, value, expected, type_):
    assert compute(name, type_, (value,), "i1") is expected


@pytest.mark.parametrize(
    ("mode", "count", "expected"),
    [("l", 4, 0x2345678F), ("l", 32, 0x12345678), ("lc", 40, 0xF0000001), ("r", 4, 0x8F000000)],
)
def test_funnel_shift(mode, count, expected):
    values = (0xF0000001, 0x12345678, count)
    assert compute("funnel_shift", "u32 u32 u32", values, mode=mode) == expected


@pytest.mark.parametrize("pred", ["eq", "ne", "lt", "le", "gt", "ge"])
@pytest.mark.parametrize("type_", ["f32", "bf16", "f16"])
def test_nan_is_only_unequal(pred, type_):
    assert compute("cmp", f"{type_} {type_}", (NAN, NAN), "i1", pred=pred) is (pred == "ne")


CASTS = [
    ("f32", 1e10, "i32", 2**31 - 1),
    ("f32", -1e10, "i32", MIN),
    ("f32", NAN, "i32", 0),
    ("f32", -1.0, "u32", 0),
    ("f32", -2.7, "i32", -2),
    ("f64", 2.0**63, "i64", 2**63 - 1),
    ("f64", 2.0**63, "u64", 2**63),
    ("f32", 300.0, "u8", 255),
    ("i32", -1, "u8", 255),
    ("i32", 300, "i8", 44),
    ("i32", 16777217, "f32", 16777216.0),
    ("i64", 2**63 - 1, "f64", 2.0**63),
    ("u64", 2**64 - 1, "f32", 2.0**64),
    ("i32", 70000, "f16", INF),
    ("i32", 2**24 + 2**16 + 1, "bf16", 2.0**24 + 2**17),
    ("f64", 1 + 2.0**-8 + 2.0**-40, "bf16", 1 + 2.0**-7),
    ("f32", 1e9, "f16", INF),
    ("bf16", 1.5, "f16", 1.5),
    ("f32", NAN, "i1", True),
    ("f32", 0.0, "i1", False),
    ("i32", 256, "i1", True),
    ("i1", True, "f32", 1.0),
]


@pytest.mark.parametrize(("source", "value", "target", "expected"), CASTS)
def test_cast(source, value, target, expected):
    actual = compute("cast", source, (value,), target)
    assert same(actual, expected), f"{actual!r} is not {expected!r}"


@pytest.mark.parametrize(("rounding", "expected"), [("rn", 2), ("rz", 2), ("ru", 3), ("rd", 2)])
def test_cast_to_integer_in_a_direction(rounding, expected):
    assert compute("cast", "f32", (2.5,), "i32", rounding=rounding) == expected


floats = st.floats(allow_nan=False, allow_infinity=False)
float_types = st.sampled_from(["f16", "bf16", "f32", "f64"])


def rounded(exact: Fraction, type_: Scalar, rounding: str) -> float:
    """An exact number rounded to `type_`, by searching among its neighbours."""
    try:
        near = round_float(float(exact), type_)
    except OverflowError:
        near = INF if exact > 0 else -INF
    around = {near}
    for direction in (INF, -INF):
        step = compute("nextafter", f"{type_} {type_}", (near, direction))
        around.add(step)
    finite = [f for f in around if math.isfinite(f)]
    below = [f for f in finite if Fraction(f) <= exact]
    above = [f for f in finite if Fraction(f) >= exact]
    down = max(below) if below else -INF
    up = min(above) if above else INF
    if rounding == "rd" or (rounding == "rz" and exact > 0):
        return down
    return up


@settings(max_examples=300, deadline=None)
@given(floats, float_types, st.sampled_from(["rz", "ru", "rd"]))
def test_narrowing_in_every_direction(value, target, rounding):
    actual = compute("cast", "f64", (value,), target, rounding=rounding)
    expected = rounded(Fraction(value), SCALARS[target], rounding)
    assert actual == expected


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), float_types, st.sampled_from(["rz", "ru", "rd"]))
def test_integers_to_floats_in_every_direction(value, target, rounding):
    actual = compute("cast", "i64", (value,), target, rounding=rounding)
    assert actual == rounded(Fraction(value), SCALARS[target], rounding)


@settings(max_examples=300, deadline=None)
@given(floats, floats, floats, float_types, st.sampled_from(["rz", "ru", "rd"]))
def test_fma_is_rounded_once(a, b, c, type_, rounding):
    scalar = SCALARS[type_]
    a, b, c = (round_float(v, scalar) for v in (a, b, c))
    exact = Fraction(a) * Fraction(b) + Fraction(c) if all(map(math.isfinite, (a, b, c))) else None
    if not exact:
        return
    actual = compute("fma", f"{type_} {type_} {type_}", (a, b, c), rounding=rounding)
    if math.isfinite(actual):
        assert actual == rounded(exact, scalar, rounding)


integers = st.integers(-(2**63), 2**64 - 1)
integer_types = st.sampled_from([t for t in SCALARS.values() if t.is_integer and t.name != "i1"])


@settings(max_examples=300, deadline=None)
@given(integer_types, integers, integers)
def test_integer_arithmetic_is_exact_and_wraps(type_, a, b):
    a, b = constant(a, type_), constant(b, type_)
    quotient = int(Fraction(a, b)) if b else -1
    expected = {
        "add": a + b,
        "sub": a - b,
        "mul": a * b,
        "mul_high": a * b >> type_.bits,
        "div": quotient,
        "rem": a - quotient * b if b else a,
        "and": a & b,
        "or": a | b,
        "xor": a ^ b,
        "min": min(a, b),
        "max": max(a, b),
    }
    for name, value in expected.items():
        actual = compute(name, f"{type_} {type_}", (a, b))
        assert actual == constant(value, type_), name


@settings(max_examples=300, deadline=None)
@given(float_types, floats, floats)
def test_float_arithmetic_is_rounded_once(type_, a, b):
    scalar = SCALARS[type_]
    a, b = round_float(a, scalar), round_float(b, scalar)
    if not (math.isfinite(a) and math.isfinite(b)):
        return
    exact = {"add": Fraction(a) + Fraction(b), "mul": Fraction(a) * Fraction(b)}
    if b:
        exact["div"] = Fraction(a) / Fraction(b)
    for name, value in exact.items():
        actual = compute(name, f"{type_} {type_}", (a, b))
        down, up = (rounded(value, scalar, r) for r in ("rd", "ru"))
        assert actual in (down, up), name
        if math.isfinite(down) and math.isfinite(up):
            error = abs(Fraction(actual) - value)
            assert error <= abs(Fraction(down) - value), name
            assert error <= abs(Fraction(up) - value), name


REFERENCE = {
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "tanh": math.tanh,
    "erf": math.erf,
    "cbrt": lambda x: x ** (1 / 3),
    "rsqrt": lambda x: 1 / math.sqrt(x),
    "exp10": lambda x: 10**x,
    "lgamma": math.lgamma,
    "normcdf": lambda x: 0.5 * math.erfc(-x / math.sqrt(2)),
    "sinpi": lambda x: math.sin(math.pi * x),
    "j0": lambda x: sum((-1) ** k * (x / 2) ** (2 * k) / math.factorial(k) ** 2 for k in range(30)),
    "j1": lambda x: sum(
        (-1) ** k * (x / 2) ** (2 * k + 1) / (math.factorial(k) * math.factorial(k + 1))
        for k in range(30)
    ),
}


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("x", [0.1, 0.7, 1.3, 2.9])
def test_math_functions(name, x):
    actual = compute(name, "f64", (x,))
    assert actual == pytest.approx(REFERENCE[name](x), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("x", [1e-20, 0.1, 0.5, 0.9, 0.999999])
def test_inverse_error_function(x):
    assert math.erf(compute("erfinv", "f64", (x,))) == pytest.approx(x, rel=1e-13)
    assert math.erfc(compute("erfcinv", "f64", (x,))) == pytest.approx(x, rel=1e-12)


@pytest.mark.parametrize("name", MATH_UNARY)
@pytest.mark.parametrize("type_", ["f16", "bf16", "f32", "f64"])
def test_math_functions_take_every_value(name, type_):
    for value in (0.0, -0.0, 1.0, -1.0, 0.5, 1e30, -1e30, INF, -INF, NAN):
        compute(name, type_, (value,))


@pytest.mark.parametrize("name", MATH_BINARY)
@pytest.mark.parametrize("type_", ["f16", "bf16", "f32", "f64"])
def test_binary_math_functions_take_every_value(name, type_):
    values = (0.0, -0.0, 1.0, -1.5, INF, -INF, NAN)
    for a in values:
        for b in values:
            compute(name, f"{type_} {type_}", (a, b))


def test_bitcast_keeps_bits():
    assert compute("bitcast", "f32", (1.0,), "u32") == 0x3F800000
    assert compute("bitcast", "u16", (0x3FC0,), "bf16") == 1.5
    payload = float_of_bits(0x7FA12345, SCALARS["f32"])
    assert compute("bitcast", "f32", (payload,), "i32") == 0x7FA12345


def test_the_table_holds_pure_operations_only():
    pointer = Pointer(SCALARS["f32"], Space.GLOBAL)
    op = Op("ptr_to_int", (Value(pointer),), {}, (), (Value(SCALARS["u64"]),))
    assert evaluate_constants(op, (0,)) == 0
    assert "load" not in TABLE
