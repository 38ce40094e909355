"""The largest value of a linear form under linear constraints, by eliminating one symbol a step.

A form is `c0 + sum ci * si` over symbols with intervals. A constraint `C <= 0` that shares a
symbol with a form `A` bounds it: for `q > 0` all of `A <= A - q * C` holds, and `q` is chosen so
that the symbol is gone. What is left is bounded by its symbols' intervals, or by another step.
The best of a few greedy steps is taken: any of them is sound, none has to be the optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from .ranges import Interval

Symbol = Hashable
MAX_STEPS = 5


@dataclass(frozen=True, slots=True)
class Linear:
    """`constant + sum of coefficients * symbols`; no coefficient is 0."""

    terms: Mapping[Symbol, int]
    constant: int = 0

    def plus(self, other: Linear, factor: int = 1) -> Linear:
        """`self + factor * other`"""
        terms = dict(self.terms)
        for symbol, number in other.terms.items():
            terms[symbol] = terms.get(symbol, 0) + factor * number
        kept = {symbol: number for symbol, number in terms.items() if number}
        return Linear(kept, self.constant + factor * other.constant)

    def times(self, factor: int) -> Linear:
        if not factor:
            return ZERO
        terms = {symbol: factor * number for symbol, number in self.terms.items()}
        return Linear(terms, factor * self.constant)

    def less(self, number: int) -> Linear:
        return Linear(self.terms, self.constant - number)

    @property
    def is_constant(self) -> bool:
        return not self.terms


ZERO = Linear({})


def of_symbol(symbol: Symbol) -> Linear:
    return Linear({symbol: 1})


def of_number(number: int) -> Linear:
    return Linear({}, number)


def tightened(constraint: Linear) -> Linear:
    """The same for integers: `4 * s - 7 <= 0` becomes `4 * s - 4 <= 0`."""
    step = gcd(*constraint.terms.values()) if constraint.terms else 0
    if step <= 1:
        return constraint
    return Linear(constraint.terms, -(-constraint.constant // step) * step)


@dataclass(frozen=True, slots=True)
class Bound:
    """An upper bound, and the constraints that it took, in order."""

    value: int
    used: tuple[Linear, ...] = ()


Box = Callable[[Symbol], Interval]


def upper_bound(form: Linear, constraints: Iterable[Linear], box: Box) -> Bound:
    """What `form` is at most, where every constraint is at most 0."""
    rows = [(c, _as_fractions(c)) for c in constraints]
    start = _as_fractions(form)
    terms, constant = start
    best = Bound(_floor(_in_box(start, box)))
    used: tuple[Linear, ...] = ()
    seen = {_key(start)}
    for _ in range(MAX_STEPS):
        steps = []
        for constraint, row in rows:
            for changed in _eliminations((terms, constant), row):
                if _key(changed) not in seen:
                    steps.append((_in_box(changed, box), len(changed[0]), changed, constraint))
        if not steps:
            break
        value, _, (terms, constant), constraint = min(steps, key=lambda step: step[:2])
        seen.add(_key((terms, constant)))
        used = (*used, constraint)
        if _floor(value) < best.value:
            best = Bound(_floor(value), used)
    return best


_Row = tuple[dict[Symbol, Fraction], Fraction]


def _as_fractions(form: Linear) -> _Row:
    return {s: Fraction(c) for s, c in form.terms.items()}, Fraction(form.constant)


def _key(row: _Row) -> Hashable:
    return frozenset(row[0].items()), row[1]


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator


def _in_box(row: _Row, box: Box) -> Fraction:
    total = row[1]
    for symbol, number in row[0].items():
        limits = box(symbol)
        total += number * (limits.high if number > 0 else limits.low)
    return total


def _eliminations(row: _Row, constraint: _Row) -> Iterable[_Row]:
    """`row` less a positive multiple of `constraint` that takes one symbol away."""
    terms, constant = row
    ratios = {
        terms[symbol] / number
        for symbol, number in constraint[0].items()
        if symbol in terms and terms[symbol] * number > 0
    }
    for ratio in sorted(ratios):
        changed = dict(terms)
        for symbol, number in constraint[0].items():
            left = changed.get(symbol, Fraction(0)) - ratio * number
            if left:
                changed[symbol] = left
            else:
                changed.pop(symbol, None)
        yield changed, constant - ratio * constraint[1]
