"""Integer arithmetic of addresses and guards, simplified with ranges and affine forms.

Constants of sums and products gather, comparisons that ranges decide become constants, and
quotients and remainders are taken apart: `(4*i + j) / 4` is `i` where `0 <= j < 4`. All of it is
exact in wrapping arithmetic: only what ranges prove is used, not that signed overflow is undefined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...ir.constants import constant, wrap
from ...ir.dtypes import I1, U32, Scalar
from ...ir.nodes import Func, Module, Op, Value
from ..analysis.affine import Affine, AffineForms, Monomial, Symbol
from ..pipeline import FuncPass, PassContext
from ..rewriter import Rewriter, integer_of

MAX_TERMS = 2
"""Terms of a quotient or remainder that is written out."""
_GEOMETRY = {
    "threadIdx": "thread_idx",
    "blockIdx": "block_idx",
    "blockDim": "block_dim",
    "gridDim": "grid_dim",
}


@dataclass(frozen=True)
class IndexSimplify(FuncPass):
    """Simplify index arithmetic where ranges allow it."""

    name: ClassVar[str] = "index-simplify"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        return IndexForm(AffineForms(func, strict=True)).func(func)


class IndexForm(Rewriter):
    """The rewriting. Analyses speak of the old values, `new_defs` of the new ones."""

    def __init__(self, forms: AffineForms) -> None:
        super().__init__()
        self.forms = forms
        self.ranges = forms.ranges
        self.new_defs: dict[Value, Op] = {}

    def visit(self, op: Op) -> None:
        rule = _RULES.get(op.name)
        if rule is not None and isinstance(op.result.type, Scalar):
            start = len(self.out)
            value = rule(self, op)
            for made in self.out[start:]:
                self.new_defs[made.result] = made
            if value is not None:
                self.replace(op.result, value)
                return
        new = self.rebuilt(op)
        for result in new.results:
            self.new_defs[result] = new
        self.out.append(new)

    def number(self, value: Value) -> int | None:
        """The integer that the new `value` is."""
        return integer_of(value, self.new_defs)

    def made_of(self, value: Value, *names: str) -> Op | None:
        """The new operation behind an unnamed `value`; named ones stay as the source has them."""
        op = self.new_defs.get(value)
        return op if op is not None and op.name in names and not value.name else None

    def const(self, op: Op, number: int) -> Value:
        type_ = op.result.type
        assert isinstance(type_, Scalar), "rules are for integers"
        return self.constant(constant(number, type_), type_, op.span)

    # Forms as operations

    def written(self, form: Affine, op: Op) -> Value | None:
        """`form` as operations of `op`'s type; None where it is too long."""
        if not form.exact or len(form.terms) > MAX_TERMS or any(len(m) > 2 for m, _ in form.terms):
            return None
        total: Value | None = None
        for monomial, number in form.terms:
            term = self._term(monomial, number, op)
            total = term if total is None else self._binary("add", total, term, op)
        return total if total is not None else self.const(op, 0)

    def _term(self, monomial: Monomial, number: int, op: Op) -> Value:
        if not monomial:
            return self.const(op, number)
        value: Value | None = None
        for symbol in monomial:
            factor = self._symbol(symbol, op)
            value = factor if value is None else self._binary("mul", value, factor, op)
        assert value is not None, "a product has factors"
        return value if number == 1 else self._binary("mul", value, self.const(op, number), op)

    def _symbol(self, symbol: Symbol, op: Op) -> Value:
        if isinstance(symbol, Value):
            value = self.value(symbol)
        else:
            name, dim = symbol.split(".")
            value = self.emit(_GEOMETRY[name], (), U32, op.span, {"dim": "xyz".index(dim)})
        if value.type == op.result.type:
            return value
        return self.emit("cast", (value,), op.result.type, op.span, hint=value.name)

    def _binary(self, name: str, a: Value, b: Value, op: Op) -> Value:
        return self.emit(name, (a, b), op.result.type, op.span)


_Rule = Callable[[IndexForm, Op], "Value | None"]


def _add(rw: IndexForm, op: Op) -> Value | None:
    """`(x + 1) + 2`, `(x - 1) + 2`, `(a - b) + b`."""
    a, b = rw.operands(op)
    inner = rw.made_of(a, "add", "sub")
    if inner is None or not _is_integer(op):
        return None
    x, y = inner.operands
    if inner.name == "sub" and y is b:
        return x
    return _gathered(rw, op, inner, +1)


def _sub(rw: IndexForm, op: Op) -> Value | None:
    a, b = rw.operands(op)
    inner = rw.made_of(a, "add", "sub")
    if inner is None or not _is_integer(op):
        return None
    x, y = inner.operands
    if inner.name == "add" and b in (x, y):
        return x if b is y else y
    return _gathered(rw, op, inner, -1)


def _gathered(rw: IndexForm, op: Op, inner: Op, sign: int) -> Value | None:
    outer_number = rw.number(rw.value(op.operands[1]))
    x, y = inner.operands
    inner_number = rw.number(y)
    if outer_number is None or inner_number is None:
        return None
    type_ = op.result.type
    assert isinstance(type_, Scalar), "sums of integers"
    total = sign * outer_number + (inner_number if inner.name == "add" else -inner_number)
    total = wrap(total, type_)
    if total == 0:
        return x
    name, size = ("sub", -total) if total < 0 else ("add", total)
    if wrap(size, type_) != size:
        return None  # the smallest integer has no opposite
    return rw.emit(name, (x, rw.const(op, size)), type_, op.span, hint=op.result.name)


def _mul(rw: IndexForm, op: Op) -> Value | None:
    """`(x * 4) * 8`"""
    a, b = rw.operands(op)
    inner = rw.made_of(a, "mul")
    outer_number = rw.number(b)
    if inner is None or outer_number is None or not _is_integer(op):
        return None
    inner_number = rw.number(inner.operands[1])
    if inner_number is None:
        return None
    product = rw.const(op, inner_number * outer_number)
    return rw.emit(
        "mul", (inner.operands[0], product), op.result.type, op.span, hint=op.result.name
    )


def _part(rw: IndexForm, op: Op) -> Value | None:
    """A quotient or remainder whose form is simpler than the operation."""
    if not _is_integer(op) or op.result.type == I1:
        return None
    form = rw.forms.of(op.result)
    if form == rw.forms.symbol(op.result):
        return None
    return rw.written(form, op)


def _cmp(rw: IndexForm, op: Op) -> Value | None:
    """A comparison that the operands' ranges decide."""
    a, b = op.operands
    if not isinstance(a.type, Scalar) or not a.type.is_integer:
        return None
    x, y = rw.ranges.of(a), rw.ranges.of(b)
    pred = str(op.attrs["pred"])
    outcome: bool | None = None
    if x.high < y.low:
        outcome = pred in ("lt", "le", "ne")
    elif x.low > y.high:
        outcome = pred in ("gt", "ge", "ne")
    elif x.high == y.low and pred in ("le", "gt"):
        outcome = pred == "le"
    elif x.low == y.high and pred in ("ge", "lt"):
        outcome = pred == "ge"
    return rw.constant(outcome, I1, op.span) if outcome is not None else None


def _extreme(rw: IndexForm, op: Op) -> Value | None:
    """A minimum or maximum that the operands' ranges decide."""
    if not _is_integer(op):
        return None
    x, y = (rw.ranges.of(v) for v in op.operands)
    a, b = rw.operands(op)
    if x.high <= y.low:
        return a if op.name == "min" else b
    if y.high <= x.low:
        return b if op.name == "min" else a
    return None


def _is_integer(op: Op) -> bool:
    type_ = op.result.type
    return isinstance(type_, Scalar) and type_.is_integer


_RULES: Mapping[str, _Rule] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _part,
    "rem": _part,
    "shr": _part,
    "and": _part,
    "cmp": _cmp,
    "min": _extreme,
    "max": _extreme,
}
