"""What counts as equal: to the bit, or within an allowance that the original itself gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ascendify.runtime.compare import (
    NUMPY_TYPES,
    ROUNDING_FACTOR,
    SCHEDULE_FACTOR,
    Allowance,
    Bytes,
    Comparison,
    Stated,
    agree,
    as_bits,
    as_floats,
    compare,
    units_in_last_place,
)

NAN, INF = float("nan"), float("inf")
FLOATS = ("f16", "bf16", "f32", "f64")
INTEGERS = tuple(name for name in NUMPY_TYPES if name not in FLOATS)
STRICT = Allowance(reason="equal")


def data(dtype: str, *values: float) -> Bytes:
    """`values` as elements of `dtype`."""
    if dtype == "bf16":
        bits = np.array(values, np.float32).view(np.uint32) >> 16
        return bits.astype(np.uint16).view(np.uint8)
    return np.array(values, NUMPY_TYPES[dtype]).view(np.uint8)


def bits(dtype: str, *values: int) -> Bytes:
    """Elements of `dtype` from their bit patterns."""
    size = np.dtype(NUMPY_TYPES[dtype]).itemsize
    unsigned = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}[size]
    return np.array(values, unsigned).view(np.uint8)


def run(
    dtype: str,
    expected: Sequence[float],
    actual: Sequence[float],
    allowance: Allowance = STRICT,
) -> Comparison:
    """Compare elements that were all written."""
    wanted, got = data(dtype, *expected), data(dtype, *actual)
    return compare(~wanted, wanted, got, dtype, allowance)


def others(dtype: str, *runs: Sequence[float]) -> tuple[Bytes, ...]:
    return tuple(data(dtype, *values) for values in runs)


# ---------------------------------------------------------------- equality


@pytest.mark.parametrize("dtype", NUMPY_TYPES)
def test_equal_to_the_bit(dtype):
    found = run(dtype, [1, 0, 1, 1], [1, 0, 1, 1])
    assert (found.elements, found.different, found.sensitive, found.worst) == (4, 0, 0, None)


@pytest.mark.parametrize("dtype", NUMPY_TYPES)
def test_one_element_differs(dtype):
    found = run(dtype, [1, 1, 1, 1], [1, 1, 0, 1])
    assert found.different == 1
    assert found.worst is not None
    assert (found.worst.index, found.worst.expected, found.worst.actual) == (2, 1.0, 0.0)
    assert found.worst.error == 1.0


def test_only_written_elements_count():
    before, expected = data("f32", 1, 2, 3, 4), data("f32", 1, 2, 5, 6)
    assert compare(before, expected, expected, "f32", STRICT).elements == 2


def test_an_element_that_only_the_candidate_wrote():
    before, actual = data("f32", 1, 2), data("f32", 1, 3)
    assert compare(before, before, actual, "f32", STRICT).different == 1


@pytest.mark.parametrize(
    ("dtype", "one", "other"),
    [
        ("f32", 0x7FC00000, 0xFFC00000),
        ("f32", 0x7FC00000, 0x7F800001),
        ("f16", 0x7E00, 0xFD01),
        ("bf16", 0x7FC0, 0xFF81),
        ("f64", 0x7FF8000000000000, 0xFFF0000000000001),
    ],
)
def test_any_nan_is_like_any_other(dtype, one, other):
    wanted, got = bits(dtype, one, 0), bits(dtype, other, 0)
    assert compare(~wanted, wanted, got, dtype, STRICT).different == 0
    assert agree(wanted, got, dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("wanted", "got"),
    [(NAN, 1.0), (1.0, NAN), (NAN, INF), (INF, -INF), (INF, 3e38), (0.0, -0.0), (-0.0, 0.0)],
)
def test_kinds_must_match(dtype, wanted, got):
    with np.errstate(over="ignore"):
        found = run(dtype, [2.0, wanted], [2.0, got], Allowance((), (), 8.0, "wide"))
        same = np.array_equal(data(dtype, wanted), data(dtype, got))  # 3e38 in 16 bits
    assert found.different == (0 if same else 1)
    assert same or (found.worst is not None and found.worst.index == 1)


def test_agree_is_strict_but_for_nan():
    assert agree(data("f32", 1, NAN), data("f32", 1, -NAN), "f32")
    assert not agree(data("f32", 1), data("f32", np.nextafter(np.float32(1), 2)), "f32")
    assert not agree(data("f32", 0.0), data("f32", -0.0), "f32")
    assert not agree(data("f32", NAN), data("f32", 1), "f32")
    assert not agree(bits("u32", 0x7FC00000), bits("u32", 0x7FC00001), "u32")


# ---------------------------------------------------------------- zeros


def test_signs_of_zeros_where_minima_are_taken():
    allowance = Allowance((), (), 0.0, "equal", zero_signs_are_open=True)
    assert run("f32", [0.0, -0.0], [-0.0, 0.0], allowance).different == 0
    assert run("f32", [0.0], [1e-45], allowance).different == 1


def test_signs_of_zeros_that_change_with_the_rounding():
    """`x - x` is -0 where rounding goes down; that says nothing about other values."""
    allowance = Allowance((), others("f32", [-0.0, -0.0]), 0.0, "equal")
    assert run("f32", [0.0, 0.0], [-0.0, 0.0], allowance).different == 0
    assert run("f32", [0.0, 0.0], [5.0, 0.0], allowance).different == 1


def test_zeros_that_rounding_moves():
    allowance = Allowance((), others("f32", [1e-8], [-1e-8]), 0.0, "equal")
    assert run("f32", [0.0], [3e-8], allowance).different == 0
    assert run("f32", [0.0], [1.0], allowance).different == 1


# ---------------------------------------------------------------- allowances


def ulps_above(dtype: str, value: float, count: int) -> float:
    wanted = as_bits(data(dtype, value), dtype)
    return float(as_floats((wanted + count).astype(wanted.dtype).view(np.uint8), dtype)[0])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("value", [1.0, -3.0, 1.5e-3, 1.75])
def test_floor(dtype, value):
    value = float(as_floats(data(dtype, value), dtype)[0])
    allowance = Allowance((), (), 4.0, "elementary functions")
    for count, different in ((4, 0), (5, 1)):
        found = run(dtype, [value], [ulps_above(dtype, value, count)], allowance)
        assert found.different == different, count
        assert found.worst is not None
        assert found.worst.ulps == pytest.approx(count)
        assert found.worst.why == "4 ulp (elementary functions)"


@pytest.mark.parametrize(
    ("dtype", "smallest"), [("f16", 2**-24), ("bf16", 2**-133), ("f32", 2**-149), ("f64", 5e-324)]
)
def test_denormals(dtype, smallest):
    assert units_in_last_place(as_floats(data(dtype, smallest), dtype), dtype)[0] == smallest
    assert run(dtype, [smallest], [2 * smallest]).different == 1
    assert run(dtype, [smallest], [0.0], Allowance((), (), 1.0, "one")).different == 0
    assert run(dtype, [smallest], [3 * smallest], Allowance((), (), 1.0, "one")).different == 1


@pytest.mark.parametrize(
    ("dtype", "value", "ulp"),
    [("f16", 1.0, 2**-10), ("bf16", 1.0, 2**-7), ("f32", 3.0, 2**-22), ("f64", -4.0, 2**-50)],
)
def test_units_in_the_last_place(dtype, value, ulp):
    assert units_in_last_place(np.array([value]), dtype)[0] == ulp


def test_another_order_of_threads():
    """Which elements another order moves is chance: the largest shift counts for all."""
    allowance = Allowance(others("f32", [1.0 + 1e-6, 2.0]), (), 0.0, "equal")
    shift = float(np.float32(1.0 + 1e-6)) - 1.0
    near, far = 2.0 + 0.9 * SCHEDULE_FACTOR * shift, 2.0 + 1.2 * SCHEDULE_FACTOR * shift
    assert run("f32", [1.0, 2.0], [1.0, near], allowance).different == 0
    found = run("f32", [1.0, 2.0], [1.0, far], allowance)
    assert found.different == 1
    assert found.worst is not None
    assert found.worst.why == "8 x the spread between orders of threads"


def test_a_race_gives_no_allowance():
    allowance = Allowance(others("f32", [5.0, 2.0]), (), 0.0, "equal")
    assert run("f32", [1.0, 2.0], [1.0, 2.5], allowance).different == 1


def test_directed_rounding():
    """An element that rounding leaves in place gets what the median element gets."""
    moved = [1.0 + 2**-20, 2.0 + 2**-19, 4.0]
    allowance = Allowance((), others("f32", moved), 0.0, "equal")
    near = 4.0 * (1 + 0.9 * ROUNDING_FACTOR * 2**-20)
    far = 4.0 * (1 + 1.2 * ROUNDING_FACTOR * 2**-20)
    assert run("f32", [1.0, 2.0, 4.0], [1.0, 2.0, near], allowance).different == 0
    found = run("f32", [1.0, 2.0, 4.0], [1.0, 2.0, far], allowance)
    assert found.different == 1
    assert found.worst is not None
    assert found.worst.why == "4 x the spread under directed rounding"


def test_what_rounding_moves_far_proves_little():
    allowance = Allowance((), others("f32", [1.5]), 0.0, "equal")
    found = run("f32", [1.0], [1.2], allowance)
    assert (found.different, found.sensitive) == (0, 1)


@pytest.mark.parametrize(("wanted", "other"), [(INF, 3e38), (3e38, INF), (1.0, NAN), (NAN, 1.0)])
def test_kinds_that_change_with_the_rounding(wanted, other):
    allowance = Allowance((), others("f32", [other]), 0.0, "equal")
    found = run("f32", [wanted], [other], allowance)
    assert (found.different, found.sensitive) == (0, 1)


def test_nan_where_the_order_is_open():
    allowance = Allowance((), (), 0.0, "equal", order_is_open=True)
    found = run("f32", [NAN, 1.0], [1.0, NAN], allowance)
    assert (found.different, found.sensitive) == (0, 2)
    assert run("f32", [INF], [1.0], allowance).different == 1


def test_the_worst_element_is_beyond_its_allowance():
    """A wrong element comes before one that differs more but may."""
    allowance = Allowance((), others("f32", [1000.0, 1.0]), 0.0, "equal")
    found = run("f32", [2000.0, 1.0], [1900.0, 1.5], allowance)
    assert found.different == 1
    assert found.worst is not None
    assert found.worst.index == 1


# ---------------------------------------------------------------- integers


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_exact(dtype):
    found = run(dtype, [1, 0], [0, 0], Allowance((), (), 8.0, "wide"))
    assert found.different == 1
    assert found.worst is not None
    assert found.worst.why == "integers are exact"


def test_large_integers_are_compared_by_their_bits():
    near = 2**63 - 1, 2**63 - 2  # equal as double precision numbers
    assert run("i64", [near[0]], [near[1]]).different == 1


@pytest.mark.parametrize("what", ["schedules", "roundings"])
def test_integers_that_change_by_themselves(what):
    allowance = Allowance(**{what: others("i32", [7, 2])})
    found = run("i32", [1, 2], [3, 2], allowance)
    assert (found.different, found.sensitive) == (0, 1)
    assert run("i32", [1, 2], [1, 3], allowance).different == 1


# ---------------------------------------------------------------- stated tolerances


@pytest.mark.parametrize(
    ("stated", "near", "far"),
    [
        (Stated("ulp", 2), ulps_above("f32", 100.0, 2), ulps_above("f32", 100.0, 3)),
        (Stated("rel", 1e-3), 100.09, 100.11),
        (Stated("abs", 1e-3), 100.0009, 100.0011),
        (Stated("abs", 0), 100.0, ulps_above("f32", 100.0, 1)),
    ],
)
def test_stated(stated, near, far):
    # What is stated replaces what the original's own spread would allow.
    allowance = Allowance((), others("f32", [101.0]), 64.0, "wide", stated=stated)
    assert run("f32", [100.0], [near], allowance).different == 0
    found = run("f32", [100.0], [far], allowance)
    assert found.different == 1
    assert found.worst is not None
    assert found.worst.why == "stated in the kernel's settings"


def test_stated_tolerances_open_the_signs_of_zeros():
    """Nobody who states a tolerance expects an error of 0 to fail."""
    allowance = Allowance(stated=Stated("abs", 1e-6))
    assert run("f32", [0.0, -0.0], [-0.0, 0.0], allowance).different == 0


def test_stated_tolerances_do_not_open_kinds():
    allowance = Allowance(stated=Stated("abs", 1e30))
    assert run("f32", [NAN, 1.0, INF], [1.0, NAN, 1.0], allowance).different == 3


def test_stated_tolerances_do_not_open_integers():
    assert run("i32", [100], [101], Allowance(stated=Stated("abs", 5))).different == 1
