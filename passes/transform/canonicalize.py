"""Local clean-up: constants, identities, casts, comparisons, branches, unchanging carried values.

One forward walk per run; an operation is looked at after its operands, so most chains collapse at
once and `Repeat` catches the rest. `simplify_ops.py` holds the rules for plain operations, this
file those for structure. Float identities are those that hold for every value, signed zeros
included. Nothing that may fault (loads, integer division) is executed where it was not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...ir.dtypes import Pointer, Type
from ...ir.nodes import Attr, Func, Global, Module, Op, Region, Value
from ...ir.ops import PURE
from ...ir.source import Span
from ..pipeline import FuncPass, PassContext
from ..rewriter import Renamer, Rewriter, constant_of, integer_of
from .dce import carried_at
from .folding import fold
from .simplify_ops import RULES, inverted

_HEAVY = frozenset(
    "div rem alloca sqrt rsqrt rcp cbrt rcbrt exp exp2 exp10 expm1 log log2 log10 log1p sin cos "
    "tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc erfinv erfcinv normcdf tgamma "
    "lgamma sinpi cospi j0 j1 pow atan2 fmod_ieee hypot nextafter".split()
)
"""Pure operations that are not executed on a path that did not ask for them: costly, or (integer
division by zero) faulting on real machines."""
CHEAP = PURE - _HEAVY
MAX_SPECULATED = 4
"""Operations of both sides of an `if` that becomes `select`s, constants not counted."""


@dataclass(frozen=True)
class Canonicalize(FuncPass):
    """Fold constants, apply identities, tidy branches and loops."""

    name: ClassVar[str] = "canonicalize"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        return CanonicalForm({g.name: g for g in module.globals}).func(func)


class CanonicalForm(Rewriter):
    """The rewriting; `defs` knows the new operations."""

    def __init__(self, tables: Mapping[str, Global]) -> None:
        super().__init__()
        self.tables = tables
        self.defs: dict[Value, Op] = {}
        self.names: dict[Value, str] = {}
        """Values that take over the name of one that they replace."""

    def func(self, func: Func) -> Func:
        new = super().func(func)
        if not self.names:
            return new
        return new.with_body(Renamer(self.names).region(new.body))

    # For the rules

    def put(self, op: Op) -> None:
        for value in op.results:
            self.defs[value] = op
        self.out.append(op)

    def emit(
        self,
        name: str,
        operands: tuple[Value, ...],
        type: Type,
        span: Span,
        attrs: Mapping[str, Attr] | None = None,
        hint: str = "",
    ) -> Value:
        value = super().emit(name, operands, type, span, attrs, hint)
        self.defs[value] = self.out[-1]
        return value

    def def_of(self, value: Value, *names: str) -> Op | None:
        """The operation that defines `value`, where it is one of `names` (or none are given)."""
        op = self.defs.get(value)
        return op if op is not None and (not names or op.name in names) else None

    def number(self, value: Value) -> int | float | bool | None:
        return constant_of(value, self.defs)

    def become(self, old: Value, new: Value) -> None:
        """`new` stands for `old` from here on, and takes its name if it has none."""
        self.replace(old, new)
        definition = self.defs.get(new)
        if old.name and not new.name and definition is not None and definition.name != "const":
            self.names.setdefault(new, old.name)

    # The walk

    def visit(self, op: Op) -> None:
        if op.regions:
            self._structured(op)
            return
        new = self.rebuilt(op)
        if len(op.results) != 1:
            rule = RULES.get(op.name)
            if rule is not None:
                rule(self, new)  # puts the operation itself
            else:
                self.put(new)
            return
        value = self._folded(new)
        if value is None:
            rule = RULES.get(op.name)
            value = rule(self, new) if rule is not None else None
        if value is None:
            self.put(new)
        else:
            self.become(op.result, value)

    def _folded(self, op: Op) -> Value | None:
        if op.name == "const" or op.name not in PURE or not op.operands:
            return None
        numbers = []
        for operand in op.operands:
            number = self.number(operand)
            if number is None:
                return None
            numbers.append(number)
        type_ = op.result.type
        value = fold(op.name, numbers, op.operands[0].type, type_, op.attrs)
        if value is None or isinstance(type_, Pointer):
            return None
        return self.constant(value, type_, op.span)

    def _structured(self, op: Op) -> None:
        if op.name == "if":
            self._if(op)
            return
        if op.name in ("for", "loop"):
            op = self._without_unchanging(op)
            if op.name == "for" and self._never_runs(op):
                for result, initial in zip(op.results, op.operands[3:], strict=True):
                    self.become(result, self.value(initial))
                return
        self.put(self.rebuilt(op))

    # Branches

    def _if(self, op: Op) -> None:
        condition = self.value(op.operands[0])
        known = self.number(condition)
        if known is not None:
            self._take(op, op.regions[0] if known else op.regions[1])
            return
        new = self.rebuilt(op)
        new = self._turned(new)
        if self._as_select(new):
            return
        self.put(self._agreeing_results(new))

    def _take(self, op: Op, region: Region) -> None:
        for inner in region.ops[:-1]:
            self.visit(inner)
        last = region.terminator
        if last.name != "yield":
            self.visit(last)
            return
        for result, value in zip(op.results, last.operands, strict=True):
            self.become(result, self.value(value))

    def _turned(self, op: Op) -> Op:
        """The branch without a negation in its condition, and with something in its first side."""
        then, other = op.regions
        negated = self.def_of(op.operands[0], "not")
        if negated is not None and (len(other.ops) > 1 or op.results):
            return op.with_(operands=negated.operands, regions=(other, then))
        is_empty = not op.results and len(then.ops) == 1 and then.terminator.name == "yield"
        if is_empty and (len(other.ops) > 1 or other.terminator.name != "yield"):
            condition = inverted(self, op.operands[0], op.span)
            return op.with_(operands=(condition,), regions=(other, then))
        return op

    def _as_select(self, op: Op) -> bool:
        """Replace a branch with results and cheap sides by both sides and selections."""
        if not op.results or any(r.terminator.name != "yield" for r in op.regions):
            return False
        inner = [o for r in op.regions for o in r.ops[:-1]]
        if any(o.name not in CHEAP and not _is_float_division(o) for o in inner):
            return False
        if sum(o.name != "const" for o in inner) + len(op.results) > MAX_SPECULATED + 1:
            return False
        for o in inner:
            self.put(o)
        yields = [r.terminator.operands for r in op.regions]
        for result, a, b in zip(op.results, *yields, strict=True):
            new = Op("select", (op.operands[0], a, b), {}, (), (result,), op.span)
            self.visit(new)
        return True

    def _agreeing_results(self, op: Op) -> Op:
        """The branch without results for which both sides yield the same value."""
        yields = [r.terminator for r in op.regions]
        if not op.results or any(y.name != "yield" for y in yields):
            return op
        a, b = (y.operands for y in yields)
        differing = [i for i in range(len(op.results)) if not self._agree(a[i], b[i])]
        if len(differing) == len(op.results):
            return op
        for i, result in enumerate(op.results):
            if i not in differing:
                self.become(result, self._outside(a[i], op.span))
        regions = tuple(
            Region(
                r.args,
                (*r.ops[:-1], y.with_(operands=tuple(y.operands[i] for i in differing))),
            )
            for r, y in zip(op.regions, yields, strict=True)
        )
        return op.with_(regions=regions, results=tuple(op.results[i] for i in differing))

    def _agree(self, a: Value, b: Value) -> bool:
        if a is b:
            return True
        x, y = self.number(a), self.number(b)
        return x is not None and type(x) is type(y) and repr(x) == repr(y) and a.type == b.type

    def _outside(self, value: Value, span: Span) -> Value:
        """A constant again where it is visible; other values that agree come from outside."""
        number = self.number(value)
        if number is None:
            return value
        return self.emit("const", (), value.type, span, {"value": number})

    # Loops

    def _never_runs(self, op: Op) -> bool:
        lower, upper = (integer_of(self.value(v), self.defs) for v in op.operands[:2])
        if lower is None or upper is None:
            return False
        return lower <= upper if op.attrs.get("down") else lower >= upper

    def _without_unchanging(self, op: Op) -> Op:
        """Uses of carried values that never change become uses of the initial value."""
        first = carried_at(op)
        jumps = _jumps(op)
        skip = 1 if op.name == "for" else 0
        for i, initial in enumerate(op.operands[first:]):
            same = {initial, *(r.args[i + skip] for r in op.regions)}
            # What the region itself passes around the loop; `break` only concerns the result.
            going = [v[i] for name, v in jumps if name != "break"]
            if not all(v in same for v in going):
                continue
            value = self.value(initial)
            for region in op.regions:
                self.replace(region.args[i + skip], value)
            if all(v[i] in same for name, v in jumps if name == "break"):
                self.replace(op.results[i], value)
        return op


def _jumps(op: Op) -> list[tuple[str, tuple[Value, ...]]]:
    """(terminator, handed on values) of everything that hands on carried values of loop `op`."""
    found: list[tuple[str, tuple[Value, ...]]] = []
    for region in op.regions:
        last = region.terminator
        if last.name in ("yield", "condition"):
            first = 1 if last.name == "condition" else 0
            found.append((last.name, last.operands[first:]))
    stack = list(op.regions)
    while stack:
        for inner in stack.pop().ops:
            if inner.name in ("break", "continue"):
                found.append((inner.name, inner.operands))
            elif inner.regions and inner.name not in ("for", "loop"):
                stack += inner.regions
    return found


def _is_float_division(op: Op) -> bool:
    return op.name in ("div", "rem") and bool(getattr(op.result.type, "is_float", False))
