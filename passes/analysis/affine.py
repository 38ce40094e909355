"""Integer values as polynomials over what a kernel is indexed by.

A form is `c0 + sum ci * (product of symbols)`; symbols are launch geometry (`threadIdx.x`, ...),
loop counters, parameters and any value that is not taken apart further (loads, results of loops).
Division and remainder split a form where ranges show which part is the quotient and which the
remainder. Forms are exact integers: signed arithmetic does not overflow (undefined in the source);
where unsigned arithmetic might wrap and ranges cannot tell, the form says so (`exact` is False).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ...ir.dtypes import I1, Scalar
from ...ir.nodes import Func, Op, Value, walk
from .ranges import Interval, Ranges, type_range

Symbol = str | Value
"""Launch geometry by its CUDA name, or a value."""
Monomial = tuple[Symbol, ...]
MAX_TERMS = 24
MAX_DEGREE = 4
_DIMENSIONS = "xyz"
_GEOMETRY = {
    "thread_idx": "threadIdx",
    "block_idx": "blockIdx",
    "block_dim": "blockDim",
    "grid_dim": "gridDim",
}
_BELOW = {"threadIdx": "blockDim", "blockIdx": "gridDim"}
"""Which size an index stays below."""


@dataclass(frozen=True, slots=True)
class Affine:
    """A polynomial with integer coefficients; the empty product is the constant term."""

    terms: tuple[tuple[Monomial, int], ...]
    exact: bool = True

    @property
    def constant(self) -> int:
        """The constant term."""
        return next((c for m, c in self.terms if not m), 0)

    @property
    def is_constant(self) -> bool:
        return all(not m for m, _ in self.terms)

    def symbols(self) -> list[Symbol]:
        """Every symbol, in order of appearance."""
        return list(dict.fromkeys(s for m, _ in self.terms for s in m))

    def coefficient(self, symbol: Symbol) -> Affine:
        """What stands before `symbol` (to the first power), itself a form.

        Terms in which it stands to a higher power make no sense as a stride; see `is_linear_in`.
        """
        found: dict[Monomial, int] = {}
        for monomial, number in self.terms:
            if monomial.count(symbol) == 1:
                i = monomial.index(symbol)
                rest = monomial[:i] + monomial[i + 1 :]
                found[rest] = found.get(rest, 0) + number
        return Affine(tuple(found.items()), self.exact)

    def is_linear_in(self, symbol: Symbol) -> bool:
        return all(m.count(symbol) <= 1 for m, _ in self.terms)

    def without(self, symbols: Iterable[Symbol]) -> Affine:
        """The terms that have none of `symbols`."""
        dropped = set(symbols)
        kept = tuple((m, c) for m, c in self.terms if dropped.isdisjoint(m))
        return Affine(kept, self.exact)

    def __str__(self) -> str:
        parts: list[str] = []
        for monomial, number in sorted(self.terms, key=lambda t: (not t[0], _text_of(t[0]))):
            names = _text_of(monomial)
            size = abs(number)
            shown = names if names and size == 1 else f"{size}*{names}" if names else str(size)
            sign = "-" if number < 0 else "+"
            parts.append(f"{sign} {shown}" if parts else (f"-{shown}" if number < 0 else shown))
        return (" ".join(parts) or "0") + ("" if self.exact else " (may wrap)")


def _text_of(monomial: Monomial) -> str:
    return "*".join(symbol_text(s) for s in monomial)


def symbol_text(symbol: Symbol) -> str:
    return symbol if isinstance(symbol, str) else f"%{symbol.name or '?'}"


ZERO = Affine(())


def constant_form(number: int) -> Affine:
    return Affine((((), number),)) if number else ZERO


class AffineForms:
    """The forms of a function's integer values, computed as they are asked for.

    `strict`: signed arithmetic too counts as exact only where ranges show that it is.
    """

    def __init__(self, func: Func, strict: bool = False) -> None:
        self.func = func
        self.strict = strict
        self.ranges = Ranges(func)
        self.defs = self.ranges.defs
        self.counters = {op.regions[0].args[0]: op for op in walk(func.body) if op.name == "for"}
        self._order: dict[Symbol, int] = {}
        self._known: dict[Value, Affine] = {}

    def of(self, value: Value) -> Affine:
        """The form of an integer value; a value that cannot be taken apart is its own symbol."""
        found = self._known.get(value)
        if found is None:
            found = self._known[value] = self._computed(value)
        return found

    def symbol(self, symbol: Symbol) -> Affine:
        self._order.setdefault(symbol, len(self._order))
        return Affine((((symbol,), 1),))

    def _computed(self, value: Value) -> Affine:
        op = self.defs.get(value)
        type_ = value.type
        if op is None or not isinstance(type_, Scalar) or type_.is_float or type_ == I1:
            return self.symbol(value)
        if op.name in _GEOMETRY:
            dim = op.attrs["dim"]
            assert isinstance(dim, int), "geometry has a dimension"
            return self.symbol(f"{_GEOMETRY[op.name]}.{_DIMENSIONS[dim]}")
        rule = _RULES.get(op.name)
        form = rule(self, op) if rule is not None else None
        if form is None or len(form.terms) > MAX_TERMS:
            return self.symbol(value)
        if any(len(m) > MAX_DEGREE for m, _ in form.terms):
            return self.symbol(value)
        return form

    # Arithmetic

    def plus(self, a: Affine, b: Affine, factor: int = 1) -> Affine:
        """`a + factor * b`"""
        terms = dict(a.terms)
        for monomial, number in b.terms:
            terms[monomial] = terms.get(monomial, 0) + factor * number
        return self._made(terms, a.exact and b.exact)

    def times(self, a: Affine, b: Affine) -> Affine:
        terms: dict[Monomial, int] = {}
        for m, x in a.terms:
            for n, y in b.terms:
                product = tuple(sorted((*m, *n), key=lambda s: self._order.get(s, -1)))
                terms[product] = terms.get(product, 0) + x * y
        return self._made(terms, a.exact and b.exact)

    def _made(self, terms: Mapping[Monomial, int], exact: bool) -> Affine:
        return Affine(tuple((m, c) for m, c in terms.items() if c), exact)

    # Bounds

    def symbol_range(self, symbol: Symbol) -> Interval:
        if isinstance(symbol, Value):
            return self.ranges.of(symbol)
        name, dim = symbol.split(".")
        op_name = next(k for k, v in _GEOMETRY.items() if v == name)
        for value, op in self.defs.items():
            if op.name == op_name and op.attrs["dim"] == _DIMENSIONS.index(dim):
                return self.ranges.of(value)
        return Interval(0, (1 << 31) - 1)

    def range_of(self, form: Affine) -> Interval:
        """The interval that the symbols' intervals give."""
        low = high = 0
        for monomial, number in form.terms:
            term = Interval(number, number)
            for symbol in monomial:
                corners = [a * b for a in term for b in self.symbol_range(symbol)]
                term = Interval(min(corners), max(corners))
            low, high = low + term.low, high + term.high
        return Interval(low, high)

    def is_below(self, form: Affine, limit: Affine) -> bool:
        """Whether `0 <= form < limit` is certain."""
        bounds = self.range_of(form)
        if limit.is_constant:
            return bounds.low >= 0 and bounds.high < limit.constant
        if not form.terms:
            return self.range_of(limit).low > 0
        if len(form.terms) != 1 or form.terms[0][1] != 1 or len(form.terms[0][0]) != 1:
            return False
        (symbol,) = form.terms[0][0]
        return self._symbol_below(symbol, limit)

    def _symbol_below(self, symbol: Symbol, limit: Affine) -> bool:
        if isinstance(symbol, str):
            name, dim = symbol.split(".")
            return name in _BELOW and _same(limit, self.symbol(f"{_BELOW[name]}.{dim}"))
        loop = self.counters.get(symbol)
        if loop is None or loop.attrs.get("down"):
            return False
        starts_low = self.ranges.of(loop.operands[0]).low >= 0
        return starts_low and _same(limit, self.of(loop.operands[1]))

    def split(self, form: Affine, divisor: Affine) -> tuple[Affine, Affine] | None:
        """Quotient and remainder of `form` by `divisor`, where they can be told apart.

        With a divisor above zero, a quotient of at least zero and a remainder below the divisor
        the form itself is not negative, so that C's truncation does not matter.
        """
        if len(divisor.terms) != 1 or not form.exact:
            return None
        (factors, number), *_ = divisor.terms
        if number <= 0:
            return None
        quotient: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        for monomial, c in form.terms:
            left = _divided(monomial, factors)
            if left is not None and c % number == 0:
                quotient[left] = c // number
            else:
                rest[monomial] = c
        whole, remainder = self._made(quotient, True), self._made(rest, True)
        # `0 <= remainder < divisor` says that the divisor is above zero, too.
        if not self.is_below(remainder, divisor) or self.range_of(whole).low < 0:
            return None
        return whole, remainder


def _same(a: Affine, b: Affine) -> bool:
    return dict(a.terms) == dict(b.terms)


def _divided(monomial: Monomial, factors: Monomial) -> Monomial | None:
    left = list(monomial)
    for factor in factors:
        if factor not in left:
            return None
        left.remove(factor)
    return tuple(left)


_Rule = Callable[[AffineForms, Op], "Affine | None"]


def _fits(forms: AffineForms, op: Op, form: Affine) -> Affine:
    """`form`, marked where the operation's type might wrap it."""
    type_ = op.result.type
    assert isinstance(type_, Scalar), "forms are of integers"
    if (type_.is_signed and not forms.strict) or not form.exact:
        return form
    full = type_range(type_)
    # A narrow interval of the value shows that it does not wrap as much as one of the form does.
    narrow = forms.ranges.of(op.result) != full and op.name in ("add", "mul")
    if narrow or forms.range_of(form).within(full):
        return form
    return Affine(form.terms, False)


def _const(forms: AffineForms, op: Op) -> Affine | None:
    value = op.attrs["value"]
    return constant_form(value) if isinstance(value, int) else None


def _add(forms: AffineForms, op: Op) -> Affine | None:
    a, b = (forms.of(v) for v in op.operands)
    return _fits(forms, op, forms.plus(a, b))


def _sub(forms: AffineForms, op: Op) -> Affine | None:
    a, b = (forms.of(v) for v in op.operands)
    return _fits(forms, op, forms.plus(a, b, -1))


def _mul(forms: AffineForms, op: Op) -> Affine | None:
    a, b = (forms.of(v) for v in op.operands)
    return _fits(forms, op, forms.times(a, b))


def _neg(forms: AffineForms, op: Op) -> Affine | None:
    return _fits(forms, op, forms.plus(ZERO, forms.of(op.operands[0]), -1))


def _shl(forms: AffineForms, op: Op) -> Affine | None:
    count = forms.of(op.operands[1])
    if not count.is_constant or not 0 <= count.constant < 63:
        return None
    factor = constant_form(1 << count.constant)
    return _fits(forms, op, forms.times(forms.of(op.operands[0]), factor))


def _parts(forms: AffineForms, op: Op, divisor: Affine) -> tuple[Affine, Affine] | None:
    return forms.split(forms.of(op.operands[0]), divisor)


def _div(forms: AffineForms, op: Op) -> Affine | None:
    parts = _parts(forms, op, forms.of(op.operands[1]))
    return parts[0] if parts is not None else None


def _rem(forms: AffineForms, op: Op) -> Affine | None:
    parts = _parts(forms, op, forms.of(op.operands[1]))
    return parts[1] if parts is not None else None


def _shr(forms: AffineForms, op: Op) -> Affine | None:
    count = forms.of(op.operands[1])
    if not count.is_constant or not 0 <= count.constant < 63:
        return None
    parts = _parts(forms, op, constant_form(1 << count.constant))
    return parts[0] if parts is not None else None


def _and(forms: AffineForms, op: Op) -> Affine | None:
    mask = forms.of(op.operands[1])
    size = mask.constant + 1
    if not mask.is_constant or size <= 0 or size & (size - 1):
        return None
    parts = _parts(forms, op, constant_form(size))
    return parts[1] if parts is not None else None


def _cast(forms: AffineForms, op: Op) -> Affine | None:
    (a,) = op.operands
    if not isinstance(a.type, Scalar) or a.type.is_float or a.type == I1:
        return None
    form = forms.of(a)
    new = type_range(op.result.type)
    if type_range(a.type).within(new) or forms.ranges.of(a).within(new):
        return form
    if forms.range_of(form).within(new):
        return form
    assert isinstance(op.result.type, Scalar), "casts are between scalars"
    # To a signed type as wide or wider the source means the same number; else it may not be.
    wide = op.result.type.is_signed and op.result.type.bits >= a.type.bits
    signed_index = wide and not forms.strict
    return form if signed_index else Affine(form.terms, False)


_RULES: Mapping[str, _Rule] = {
    "const": _const,
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "neg": _neg,
    "shl": _shl,
    "shr": _shr,
    "div": _div,
    "rem": _rem,
    "and": _and,
    "cast": _cast,
}


def affine_forms(func: Func) -> AffineForms:
    """The forms of `func`'s integer values."""
    return AffineForms(func)


def text(func: Func) -> str:
    """One line per named integer result."""
    forms = AffineForms(func)
    lines: list[str] = []
    for op in walk(func.body):
        for value in op.results:
            is_integer = isinstance(value.type, Scalar) and value.type.is_integer
            if is_integer and value.name and value.type != I1 and op.name != "const":
                lines.append(f"%{value.name} = {forms.of(value)}")
    return "\n".join(lines) + "\n"
