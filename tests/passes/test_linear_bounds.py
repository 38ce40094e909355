"""Upper bounds of linear forms: never below the true maximum, and equal to it where it counts."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from ascendify.passes.analysis.linear_bounds import Linear, tightened, upper_bound
from ascendify.passes.analysis.ranges import Interval

BOXES = {"b": Interval(0, 3), "t": Interval(0, 31), "j": Interval(0, 6), "q": Interval(0, 40)}


def linear(constant: int = 0, **terms: int) -> Linear:
    return Linear(terms, constant)


def bound(form: Linear, *constraints: Linear) -> int:
    return upper_bound(form, map(tightened, constraints), BOXES.__getitem__).value


INDEX = linear(b=32, t=1)
BELOW_100 = linear(-99, b=32, t=1)


@pytest.mark.parametrize(
    ("form", "constraints", "expected"),
    [
        pytest.param(INDEX, (), 127, id="box"),
        pytest.param(INDEX, (BELOW_100,), 99, id="guard"),
        pytest.param(linear(b=64, t=2), (BELOW_100,), 198, id="scaled"),
        pytest.param(linear(b=224, t=7, j=1), (BELOW_100,), 699, id="row-and-column"),
        pytest.param(linear(3, b=128, t=4), (linear(-97, b=128, t=4),), 99, id="whole-vectors"),
        pytest.param(linear(b=-32, t=-1), (linear(10, b=-32, t=-1),), -10, id="negative"),
        pytest.param(
            linear(b=32, t=1, q=-7),
            (linear(q=7, b=-32, t=-1), linear(-6, b=32, t=1, q=-7)),
            6,
            id="remainder",
        ),
        pytest.param(
            linear(q=21, j=3), (BELOW_100, linear(q=7, b=-32, t=-1)), 315, id="quotient-not-rounded"
        ),
    ],
)
def test_bound(form: Linear, constraints: tuple[Linear, ...], expected: int) -> None:
    assert bound(form, *constraints) == expected


def test_never_below_the_maximum() -> None:
    """Against every point of small boxes."""
    rnd = Random(3)
    names = ("x", "y", "z")
    for _ in range(300):
        box = {
            name: Interval(low := rnd.randrange(-4, 3), low + rnd.randrange(5)) for name in names
        }

        def random_form(size: int) -> Linear:
            terms = {name: rnd.randrange(-size, size + 1) for name in names}
            return Linear({n: c for n, c in terms.items() if c}, rnd.randrange(-6, 7))

        form, constraints = random_form(5), [tightened(random_form(3)) for _ in range(3)]
        values = []
        for point in product(*(range(box[n].low, box[n].high + 1) for n in names)):
            at = dict(zip(names, point, strict=True))

            def value(one: Linear, at: dict[str, int] = at) -> int:
                return one.constant + sum(c * at[str(n)] for n, c in one.terms.items())

            if all(value(constraint) <= 0 for constraint in constraints):
                values.append(value(form))
        if values:
            assert upper_bound(form, constraints, box.__getitem__).value >= max(values)


def test_tightens_to_whole_steps() -> None:
    assert tightened(linear(-7, t=4)) == linear(-4, t=4)
    assert tightened(linear(-7, t=4, j=1)) == linear(-7, t=4, j=1)
    assert tightened(linear(5)) == linear(5)
