"""Integers and addresses of one launch as linear forms, and what is known of their symbols.

With parameters and launch sizes as numbers, most addresses are linear in thread and block
indices and counters. A counter of a loop with a constant step is `start + step * k`. A quotient
`x / d` is a symbol `q` of which `d * q <= x < d * q + d` is known, and `x % d` is `x - d * q`, so
that what a kernel takes apart and puts together again cancels. A form is only made where nothing
wraps; anything else is a symbol of its own with its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ...ir.dtypes import I1, Pointer, Scalar
from ...ir.nodes import Op, Value
from .concrete import Concrete, never_wraps
from .linear_bounds import (
    Bound,
    Linear,
    Symbol,
    of_number,
    of_symbol,
    tightened,
    upper_bound,
)
from .provenance import elem_size, member_offset
from .ranges import Interval, type_range
from .scopes import Scope

MAX_RELATIONS = 24


@dataclass(frozen=True, slots=True)
class Trip:
    """Which round of a loop it is, from 0."""

    loop: Op


@dataclass(frozen=True, slots=True)
class Quotient:
    """`dividend / divisor`"""

    dividend: Value
    divisor: int


@dataclass(frozen=True, slots=True)
class Index:
    """`thread_idx` or `block_idx` in a dimension."""

    name: str
    dim: int


class LinearForms:
    """The forms of a kernel's values in one launch."""

    def __init__(self, values: Concrete) -> None:
        self.values = values
        self.defs = values.known.defs
        self.relations: dict[tuple[Symbol, Scope | None], tuple[Linear, ...]] = {}
        """By the scope in which they were made: it may know a symbol's parts to be constant."""
        self._memo: dict[tuple[Value, Scope], Linear] = {}
        self._constraints: dict[Scope, tuple[Linear, ...]] = {}

    def of(self, value: Value, scope: Scope) -> Linear:
        """The form of `value`, itself a symbol where it is not made up of others."""
        key = (value, scope)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._computed(value, scope)
        return found

    def _computed(self, value: Value, scope: Scope) -> Linear:
        interval = self.values.of(value, scope)
        if interval.is_one:
            return of_number(interval.low)
        same = self.values.scopes.same.get(value)
        if same is not None:
            return self.of(same, scope)
        loop = self.values.scopes.loop_of.get(value)
        if loop is not None:
            return self._counter(loop, value)
        op = self.defs.get(value)
        is_integer = isinstance(value.type, Scalar) and value.type.is_integer
        if op is None or op.regions or not (is_integer or isinstance(value.type, Pointer)):
            return of_symbol(value)
        if op.name in ("thread_idx", "block_idx"):
            return of_symbol(Index(op.name, int(str(op.attrs["dim"]))))
        if isinstance(value.type, Pointer):
            return self._pointer(op, value, scope)
        rule = _RULES.get(op.name)
        form = rule(self, op, scope) if rule is not None and self._is_exact(op, scope) else None
        return of_symbol(value) if form is None else form

    def _is_exact(self, op: Op, scope: Scope) -> bool:
        """Whether the result cannot have wrapped."""
        type_ = op.result.type
        if type_ == I1:
            return False
        raw = self.values.raw(op, scope)
        return raw is not None and (raw.within(type_range(type_)) or never_wraps(op))

    def _counter(self, loop: Op, value: Value) -> Linear:
        scope = self.values.scopes.at[loop]
        step = self.values.of(loop.operands[2], scope)
        if not step.is_one or not step.low:
            return of_symbol(value)
        trip = of_symbol(Trip(loop))
        form = self.of(loop.operands[0], scope).plus(trip, step.low)
        if (Trip(loop), None) not in self.relations:
            upper = self.of(loop.operands[1], scope)
            limit = upper.plus(form, -1) if loop.attrs.get("down") else form.plus(upper, -1)
            self.relations[Trip(loop), None] = (tightened(limit.less(-1)),)
        return form

    def _pointer(self, op: Op, value: Value, scope: Scope) -> Linear:
        """Bytes from the start of what is pointed into."""
        if op.name == "ptr_cast":
            return self.of(op.operands[0], scope)
        if op.name == "field":
            return self.of(op.operands[0], scope).less(-member_offset(op))
        if op.name == "offset":
            base, index = (self.of(v, scope) for v in op.operands)
            return base.plus(index, elem_size(op.operands[0]))
        return of_symbol(value)

    # What is known

    def box(self, scope: Scope) -> Callable[[Symbol], Interval]:
        """The intervals of symbols in `scope`."""
        return lambda symbol: self._interval(symbol, scope)

    def _interval(self, symbol: Symbol, scope: Scope) -> Interval:
        launch = self.values.launch
        if isinstance(symbol, Index):
            sizes = launch.block if symbol.name == "thread_idx" else launch.grid
            return Interval(0, sizes[symbol.dim] - 1)
        if isinstance(symbol, Trip):
            return Interval(0, max(0, self.values.trips(symbol.loop) - 1))
        if isinstance(symbol, Quotient):
            inner = self.values.of(symbol.dividend, scope)
            return Interval(inner.low // symbol.divisor, inner.high // symbol.divisor)
        assert isinstance(symbol, Value), "the other symbols are values"
        return self.values.of(symbol, scope)

    def constraints(self, scope: Scope) -> tuple[Linear, ...]:
        """What is at most 0 in `scope`."""
        found = self._constraints.get(scope)
        if found is None:
            found = self._constraints[scope] = tuple(self._facts(scope))
        return found

    def _facts(self, scope: Scope) -> Iterator[Linear]:
        for outer in scope.chain():
            for fact in outer.facts:
                if not isinstance(fact.lhs.type, Scalar) or fact.lhs.type.is_float:
                    continue
                gap = self.of(fact.lhs, scope).plus(self.of(fact.rhs, scope), -1)
                yield from map(tightened, _at_most_zero(fact.pred, gap))

    def related(
        self, form: Linear, constraints: tuple[Linear, ...], scope: Scope
    ) -> tuple[Linear, ...]:
        """What is known of the symbols of `form`, and of those that come in by that."""
        found: dict[int, Linear] = {}
        pending = list(form.terms)
        for constraint in constraints:
            pending += constraint.terms
        seen: set[Symbol] = set()
        while pending and len(found) < MAX_RELATIONS:
            symbol = pending.pop()
            if symbol in seen:
                continue
            seen.add(symbol)
            own = self.relations.get((symbol, scope), ())
            for relation in (*own, *self.relations.get((symbol, None), ())):
                found[id(relation)] = relation
                pending += relation.terms
        return tuple(found.values())

    def upper(self, form: Linear, scope: Scope) -> Bound:
        """What `form` is at most in `scope`."""
        constraints = self.constraints(scope)
        rows = (*constraints, *self.related(form, constraints, scope))
        return upper_bound(form, rows, self.box(scope))


def _at_most_zero(pred: str, gap: Linear) -> Iterator[Linear]:
    """What a comparison says of the left side less the right side."""
    if pred in ("lt", "le", "eq"):
        yield gap.less(-1) if pred == "lt" else gap
    if pred in ("gt", "ge", "eq"):
        turned = gap.times(-1)
        yield turned.less(-1) if pred == "gt" else turned


_Rule = Callable[[LinearForms, Op, Scope], "Linear | None"]


def _add(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    a, b = (forms.of(v, scope) for v in op.operands)
    return a.plus(b)


def _sub(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    a, b = (forms.of(v, scope) for v in op.operands)
    return a.plus(b, -1)


def _mul(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    a, b = (forms.of(v, scope) for v in op.operands)
    if a.is_constant:
        return b.times(a.constant)
    return a.times(b.constant) if b.is_constant else None


def _neg(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    return forms.of(op.operands[0], scope).times(-1)


def _shl(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    count = forms.values.of(op.operands[1], scope)
    if not count.is_one or not 0 <= count.low < 63:
        return None
    return forms.of(op.operands[0], scope).times(1 << count.low)


def _cast(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    source = op.operands[0]
    if not isinstance(source.type, Scalar) or source.type.is_float or source.type == I1:
        return None
    return forms.of(source, scope)


def _divisor(forms: LinearForms, op: Op, scope: Scope) -> int:
    """The positive constant that `op` divides by, if what is divided is not negative; else 0."""
    number = forms.values.of(op.operands[1], scope)
    if not number.is_one:
        return 0
    size = {"shr": lambda n: 1 << n, "and": lambda n: n + 1}.get(op.name, int)(max(0, number.low))
    if op.name == "and" and size & (size - 1):
        return 0
    inner = forms.values.of(op.operands[0], scope)
    return size if size > 0 and inner.low >= 0 else 0


def _quotient(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    size = _divisor(forms, op, scope)
    if not size:
        return None
    dividend = forms.of(op.operands[0], scope)
    whole = {s: c // size for s, c in dividend.terms.items() if c % size == 0}
    rest = Linear({s: c for s, c in dividend.terms.items() if c % size}, dividend.constant % size)
    if not rest.terms:
        return Linear(whole, dividend.constant // size)
    symbol = Quotient(op.operands[0], size)
    if (symbol, scope) not in forms.relations:
        gap = dividend.plus(of_symbol(symbol), -size)
        forms.relations[symbol, scope] = (gap.times(-1), gap.less(size - 1))
    return of_symbol(symbol)


def _remainder(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    size = _divisor(forms, op, scope)
    quotient = _quotient(forms, op, scope) if size else None
    if quotient is None:
        return None
    return forms.of(op.operands[0], scope).plus(quotient, -size)


def _smaller(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    symbol = of_symbol(op.result)
    if (op.result, scope) not in forms.relations:
        sides = [forms.of(v, scope) for v in op.operands]
        forms.relations[op.result, scope] = tuple(symbol.plus(side, -1) for side in sides)
    return symbol


def _larger(forms: LinearForms, op: Op, scope: Scope) -> Linear | None:
    symbol = of_symbol(op.result)
    if (op.result, scope) not in forms.relations:
        sides = [forms.of(v, scope) for v in op.operands]
        forms.relations[op.result, scope] = tuple(side.plus(symbol, -1) for side in sides)
    return symbol


_RULES: Mapping[str, _Rule] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "neg": _neg,
    "shl": _shl,
    "cast": _cast,
    "div": _quotient,
    "shr": _quotient,
    "rem": _remainder,
    "and": _remainder,
    "min": _smaller,
    "max": _larger,
}
