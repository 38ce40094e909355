"""Values that a caller can compute before a launch, as sizes over parameters and launch sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...ir.dtypes import Scalar
from ...ir.nodes import Op, Value
from ...ir.sizes import Size, const, difference, name, product, quotient, total
from ..rewriter import integer_of
from .affine import Affine, Symbol
from .kernel_facts import KernelFacts

MAX_DEPTH = 12

_Rule = Callable[[Size, Size], Size]
_RULES: Mapping[str, _Rule] = {
    "add": total,
    "sub": difference,
    "mul": product,
    "div": quotient,
    "min": lambda a, b: Size("min", (a, b)),
    "max": lambda a, b: Size("max", (a, b)),
}
_GEOMETRY = {"block_dim": "blockDim", "grid_dim": "gridDim"}


class UniformSizes:
    """From values and forms of a kernel to sizes; None where threads differ or data decide."""

    def __init__(self, known: KernelFacts) -> None:
        self.known = known

    def of(self, value: Value, depth: int = MAX_DEPTH) -> Size | None:
        """The size that `value` is."""
        number = integer_of(value, self.known.defs)
        if number is not None:
            return const(number)
        scalar = self.known.provenance.scalar(value)
        if scalar is not None:
            return name(scalar)
        op = self.known.defs.get(value)
        if op is None or depth == 0 or not isinstance(value.type, Scalar) or value.type.is_float:
            return None
        if op.name in _GEOMETRY:
            return name(f"{_GEOMETRY[op.name]}.{'xyz'[int(str(op.attrs['dim']))]}")
        return self._computed(op, depth)

    def _computed(self, op: Op, depth: int) -> Size | None:
        if op.name == "cast":
            return self.of(op.operands[0], depth - 1)
        if op.name in ("shl", "shr"):
            return self._shifted(op, depth)
        rule = _RULES.get(op.name)
        if rule is None:
            return None
        parts = [self.of(v, depth - 1) for v in op.operands]
        if parts[0] is None or parts[1] is None:
            return None
        return _rounded_up(op.name, parts[0], parts[1]) or rule(parts[0], parts[1])

    def _shifted(self, op: Op, depth: int) -> Size | None:
        size = self.of(op.operands[0], depth - 1)
        count = integer_of(op.operands[1], self.known.defs)
        if size is None or count is None or not 0 <= count < 32:
            return None
        factor = const(1 << count)
        return product(size, factor) if op.name == "shl" else quotient(size, factor)

    def of_form(self, form: Affine) -> Size | None:
        """The size that `form` is."""
        parts: list[Size] = []
        for monomial, number in form.terms:
            factors = [self._symbol(symbol) for symbol in monomial]
            sizes = [factor for factor in factors if factor is not None]
            if len(sizes) < len(factors):
                return None
            parts.append(product(const(number), *sizes))
        negative = [p for p in parts if _is_negative(p)]
        if negative and len(negative) < len(parts):
            kept = total(*(p for p in parts if not _is_negative(p)))
            return difference(kept, total(*(product(const(-1), p) for p in negative)))
        return total(*parts)

    def _symbol(self, symbol: Symbol) -> Size | None:
        if isinstance(symbol, Value):
            return self.of(symbol)
        return name(symbol) if symbol.startswith(("blockDim", "gridDim")) else None


def _is_negative(size: Size) -> bool:
    first = size.args[0] if size.op == "mul" else size
    return first.op == "const" and first.number < 0


def _rounded_up(op_name: str, a: Size, b: Size) -> Size | None:
    """`(n + b - 1) / b` is rounded up."""
    if op_name != "div" or a.op not in ("add", "sub"):
        return None
    if b.op == "const" and a.op == "add" and a.args[-1] == const(b.number - 1):
        return quotient(total(*a.args[:-1]), b, up=True)
    if a.op == "sub" and a.args[1] == const(1) and a.args[0].op == "add":
        rest = list(a.args[0].args)
        if b in rest:
            rest.remove(b)
            return quotient(total(*rest), b, up=True)
    return None
