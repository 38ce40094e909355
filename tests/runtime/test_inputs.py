"""Generated inputs: what buffers hold, and which sizes are tried."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ascendify.runtime.compare import NUMPY_TYPES, as_floats
from ascendify.runtime.harness_config import FAMILIES as FAMILY_NAMES
from ascendify.runtime.inputs import (
    BUFFER_BYTES,
    FAMILIES,
    SIZES,
    Case,
    cases,
    fill,
    is_size,
    named_family,
    variations,
)
from ascendify.runtime.parameters import Parameter

FLOATS = ("f16", "bf16", "f32", "f64")
INTEGERS = tuple(name for name in NUMPY_TYPES if name not in (*FLOATS, "i1"))
ELEMENTS = (*NUMPY_TYPES, "other", "void", "")
COUNT = 4096


def floats(dtype: str, family: str, seed: int = 1) -> np.ndarray:
    size = np.dtype(NUMPY_TYPES[dtype]).itemsize * COUNT
    with np.errstate(invalid="ignore"):
        return as_floats(fill(dtype, named_family(family), seed, 64, size), dtype)


def integers(dtype: str, family: str, top: int, **known: bool) -> np.ndarray:
    kind = np.dtype(NUMPY_TYPES[dtype])
    data = fill(dtype, named_family(family), 1, top, kind.itemsize * COUNT, **known)
    return data.view(kind).astype(object)  # Python's integers: nothing wraps


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("elem", ELEMENTS)
@pytest.mark.parametrize("known", [{}, {"is_data": True}, {"is_sorted": True}], ids=str)
def test_size_and_seed(elem, known):
    for family, size in itertools.product(FAMILIES, (64, 4096 - 64)):
        data = fill(elem, family, 5, 100, size, **known)
        assert data.dtype == np.uint8
        assert data.size == size
        assert np.array_equal(data, fill(elem, family, 5, 100, size, **known))


@pytest.mark.parametrize("family", ["normal", "wide exponents", "special values"])
@pytest.mark.parametrize("elem", ELEMENTS)
def test_seeds_differ(elem, family):
    one, other = (fill(elem, named_family(family), seed, 100, 4096) for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_at_least_eight_families_with_names():
    assert len(FAMILIES) >= 8
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert {named_family(name).name for name in FAMILY_NAMES.values()} == {f.name for f in FAMILIES}


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_values(dtype):
    values = floats(dtype, "special values")
    assert np.isnan(values).any()
    assert {np.inf, -np.inf} <= set(values)
    zeros = values[values == 0]
    assert np.signbit(zeros).any()
    assert not np.signbit(zeros).all()
    assert np.isfinite(values).mean() > 0.5


@pytest.mark.parametrize(("dtype", "normal"), [("f16", 2**-14), ("bf16", 2**-126), ("f32", 2**-126),
                                               ("f64", 2**-1022)])  # fmt: skip
def test_denormals_are_among_special_values(dtype, normal):
    values = np.abs(floats(dtype, "special values"))
    assert ((values > 0) & (values < normal)).any()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("family", ["normal", "uniform", "constant", "small integers", "sorted",
                                    "cancelling sums"])  # fmt: skip
def test_families_of_finite_numbers(dtype, family):
    assert np.isfinite(floats(dtype, family)).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_kinds_of_numbers(dtype):
    assert abs(floats(dtype, "normal").mean()) < 0.1
    uniform = floats(dtype, "uniform")
    assert uniform.min() >= 0
    assert uniform.max() <= 1
    assert set(floats(dtype, "constant")) == {0.5}
    assert set(floats(dtype, "small integers")) == set(range(-3, 4))
    assert (np.diff(floats(dtype, "sorted")) >= 0).all()
    pairs = floats(dtype, "cancelling sums").reshape(-1, 2)
    assert np.median(np.abs(pairs.sum(axis=1))) < 1e-2 * np.median(np.abs(pairs[:, 0]))


@pytest.mark.parametrize("dtype", ["bf16", "f32", "f64"])
def test_wide_exponents(dtype):
    values = np.abs(floats(dtype, "wide exponents"))
    assert values.max() / values[values > 0].min() > 2.0**50
    large = np.abs(floats(dtype, "large, integers near limits"))
    assert large.max() > 2.0**64


def test_equal_neighbours():
    values = floats("f32", "equal neighbours").reshape(-1, 64)
    assert all(len(set(run)) == 1 for run in values[::2])
    assert {run[0] < 0 for run in values[::2]} == {False, True}
    assert all(len(set(run)) > 50 for run in values[1::2])


# ---------------------------------------------------------------- integers


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_indices_that_were_said_lie_in_their_range(family):
    for dtype, top in itertools.product(INTEGERS, (1, 2, 7, 100)):
        values = integers(dtype, family.name, top, is_limit=True)
        assert values.min() >= 0, (dtype, top)
        assert values.max() < top, (dtype, top)
        if family.name == "sorted":
            assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_guessed_indices_are_small(family):
    """Nobody knows what they index, so they must suit every buffer."""
    for dtype, top in itertools.product(INTEGERS, (1, 64, 100_000)):
        values = integers(dtype, family.name, top)
        assert values.min() >= 0, (dtype, top)
        assert values.max() <= 4 * min(top, 100), (dtype, top)


@pytest.mark.parametrize("dtype", ["u8", "i16", "i32", "i64", "u64"])
def test_sorted_with_a_limit_are_row_pointers(dtype):
    values = integers(dtype, "normal", 120, is_limit=True, is_sorted=True)
    assert values[0] == 0
    assert values[-1] == 120
    assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_sorted_ascend_in_small_steps(family):
    for dtype in INTEGERS:
        steps = np.diff(integers(dtype, family.name, 64, is_sorted=True))
        assert steps.min() >= 0, dtype
        assert 0 < steps.max() <= 8, dtype


@pytest.mark.parametrize("dtype", INTEGERS)
def test_data_near_the_limits(dtype):
    limits = np.iinfo(NUMPY_TYPES[dtype])
    values = set(integers(dtype, "large, integers near limits", 64, is_data=True))
    assert {limits.min, limits.max, limits.max - 1, limits.min + 1, 0, 1} <= values


@pytest.mark.parametrize("dtype", INTEGERS)
def test_data_of_other_families(dtype):
    signed = np.iinfo(NUMPY_TYPES[dtype]).min < 0
    values = integers(dtype, "normal", 64, is_data=True)
    assert (values.min() < 0) == signed
    assert integers(dtype, "uniform", 64, is_data=True).min() >= 0
    assert len(set(integers(dtype, "constant", 64, is_data=True))) == 1
    ascending = integers(dtype, "sorted", 64, is_data=True)
    assert (np.diff(ascending) >= 0).all()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_booleans(family):
    assert set(fill("i1", family, 1, 64, 4096)) == {0, 1}


def test_kinds_of_indices():
    assert len(set(integers("i32", "constant", 64))) == 1
    assert set(integers("i32", "uniform", 64)[:64]) == set(range(64))  # a permutation
    assert len(set(integers("i32", "cancelling sums", 64))) <= 3  # duplicates
    assert set(integers("i32", "normal", 64)) == set(range(64))


# ---------------------------------------------------------------- shapes


def sizes(count: int) -> list[Parameter]:
    numbers = [Parameter(f"n{at}", "i32", size=4) for at in range(count)]
    return [Parameter("x", "ptr", "f32"), *numbers]


@pytest.mark.parametrize("count", SIZES)
def test_shapes(count):
    found = list(cases(sizes(count)))
    assert len(found) >= 6
    assert len({case.values for case in found}) == len(found)
    values = {value for case in found for value in case.values if value is not None}
    assert 1 in values
    assert any(value % 2 and value > 1 for value in values)
    assert any(value % 32 == 0 for value in values)
    assert {value + step for value in (32, 64, 128, 256, 1024) for step in (-1, 1)} & values


@pytest.mark.parametrize("count", SIZES)
def test_largest_and_smallest(count):
    elements = [case.elements for case in cases(sizes(count))]
    assert max(elements) > 65536
    assert min(elements) == 1


def test_a_dimension_beyond_16_bits():
    assert any(case.values[1] > 65536 for case in cases(sizes(1)))


@pytest.mark.parametrize("count", SIZES)
def test_buffers_hold_what_a_shape_multiplies_to(count):
    for case in cases(sizes(count)):
        least, most = BUFFER_BYTES
        assert least <= case.buffer_bytes() <= most
        if case.elements * 8 <= most:
            assert case.buffer_bytes() >= case.elements * 8
        assert case.buffer_bytes(8) <= most


def test_values_by_name_and_type():
    parameters = (
        Parameter("x", "ptr", "f32"),
        Parameter("block_size", "i32", size=4),
        Parameter("alpha", "f32", size=4),
        Parameter("flag", "i1", size=1),
        Parameter("small", "u8", size=1),
        Parameter("mode", "i32", size=4, choices=(0, 1, 2)),
        Parameter("object", "other", size=24),
    )
    for case in cases(parameters):
        pointer, block, alpha, flag, small, mode, object_ = case.values
        assert pointer is None
        assert object_ is None
        assert block % 32 == 0
        assert isinstance(alpha, float)
        assert flag in (0, 1)
        assert 0 < small <= 100
        assert mode in (0, 1, 2)
    assert {case.values[5] for case in cases(parameters)} == {0, 1, 2}


def test_fixed_values_stay():
    found = list(cases(sizes(2), {"n1": 64}))
    assert {case.values[2] for case in found} == {64}
    assert len({case.values[1] for case in found}) > 3


def test_no_parameters_at_all():
    assert [case.values for case in cases(())] == [()]


def test_variations_change_one_size():
    parameters = (*sizes(2), Parameter("block_size", "i32", size=4))
    case = Case((None, 32, 128, 256), 32, 32 * 128)
    found = list(variations(case, parameters, {"n0": 32}))
    assert {c.values[1] for c in found} == {32}
    assert {c.values[3] for c in found} == {256}
    assert 1 in {c.values[2] for c in found}
    assert all(c.elements == 32 * c.values[2] for c in found)


def test_description_and_sizes():
    assert Case((None, 3, 7), 3).describe(sizes(2)) == "n0=3, n1=7"
    assert is_size(Parameter("n", "i32"))
    assert not is_size(Parameter("blockDim", "i32"))
    assert not is_size(Parameter("a", "f32"))
