"""Whether some thread of a launch attains a bound: it is looked for, and then checked.

The candidate makes the constraints tight that gave the bound, in the order in which they were
used, giving the largest coefficients their share first; other indices go to the end that the
form likes. The check computes every condition and loop bound on the way with plain integers, as
the thread would; what depends on data, or on a loop whose rounds are not counted, is not decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...ir.dtypes import I1, Scalar
from ...ir.nodes import Op, Value
from .concrete import Concrete, Unreachable
from .linear_bounds import Bound, Linear, Symbol
from .linear_forms import Index, LinearForms, Trip
from .ranges import type_range
from .scopes import Scope

Point = dict[Symbol, int]


class Undecided(Exception):
    """Something on the way to an access cannot be computed beforehand."""


class Witness:
    """Looks for threads that attain bounds in one launch."""

    def __init__(self, values: Concrete) -> None:
        self.values = values
        self.forms = LinearForms(values)

    def attains(self, form: Linear, bound: Bound, scope: Scope) -> bool:
        """Whether a thread that gets to `scope` has the value `bound` of `form`."""
        if not self.values.scopes.is_regular:
            return False
        try:
            point = self._candidate(form, bound, scope)
            if point is None or _value(form, point) != bound.value:
                return False
            return self._gets_to(scope, _Thread(self.values, point))
        except (Undecided, Unreachable):
            return False

    def _candidate(self, form: Linear, bound: Bound, scope: Scope) -> Point | None:
        box = self.forms.box(scope)
        point: Point = {}
        for constraint in bound.used:
            left = -constraint.constant - sum(
                c * point[s] for s, c in constraint.terms.items() if s in point
            )
            free = [(s, c) for s, c in constraint.terms.items() if s not in point]
            for symbol, number in sorted(free, key=lambda term: -abs(term[1])):
                limits = box(symbol)
                wanted = left // number if number > 0 else -(left // -number)
                point[symbol] = min(max(wanted, limits.low), limits.high)
                left -= number * point[symbol]
        for symbol, number in form.terms.items():
            if symbol not in point:
                limits = box(symbol)
                point[symbol] = limits.high if number > 0 else limits.low
        is_plain = all(isinstance(symbol, Index | Trip) for symbol in form.terms)
        return point if is_plain else None

    def _gets_to(self, scope: Scope, thread: _Thread) -> bool:
        for outer in scope.chain():
            if outer.loop is not None:
                thread.counter(outer.loop)
            if outer.condition is not None:
                if thread.of(outer.condition) != int(outer.holds):
                    return False
        return True


def _value(form: Linear, point: Point) -> int:
    return form.constant + sum(number * point[symbol] for symbol, number in form.terms.items())


class _Thread:
    """What one thread computes; indices that are not given are 0."""

    def __init__(self, values: Concrete, point: Point) -> None:
        self.values = values
        self.point = point
        self._memo: dict[Value, int] = {}

    def of(self, value: Value) -> int:
        found = self._memo.get(value)
        if found is None:
            found = self._memo[value] = self._computed(value)
        return found

    def counter(self, loop: Op) -> int:
        """The counter in the round that the point says. Raises Undecided where it is not run."""
        if loop.name != "for":
            raise Undecided
        lower, upper, step = (self.of(v) for v in loop.operands[:3])
        number = lower + step * self.point.get(Trip(loop), 0)
        runs = number > upper if loop.attrs.get("down") else number < upper
        if not runs:
            raise Undecided
        return number

    def _computed(self, value: Value) -> int:
        scopes = self.values.scopes
        loop = scopes.loop_of.get(value)
        if loop is not None:
            return self.counter(loop)
        if value in scopes.arrivals and value not in scopes.same:
            return self._chosen(value)
        op = self.values.known.defs.get(value)
        if op is not None and op.name in ("thread_idx", "block_idx"):
            return self.point.get(Index(op.name, int(str(op.attrs["dim"]))), 0)
        try:
            known = self.values.of(value, scopes.root)
        except Unreachable as failure:
            raise Undecided from failure
        if known.is_one:
            return known.low
        if op is None or op.name not in _COMPUTE:
            raise Undecided
        return self._result(op)

    def _chosen(self, value: Value) -> int:
        """The result of a branch."""
        op = self.values.known.defs.get(value)
        if op is None or op.name != "if":
            raise Undecided
        side = op.regions[0 if self.of(op.operands[0]) else 1]
        if side.terminator.name != "yield":
            raise Undecided
        return self.of(side.terminator.operands[op.results.index(value)])

    def _result(self, op: Op) -> int:
        numbers = [self.of(v) for v in op.operands]
        type_ = op.results[0].type
        assert isinstance(type_, Scalar), "integers are computed"
        if any(isinstance(v.type, Scalar) and v.type.is_float for v in op.operands):
            raise Undecided
        result = _COMPUTE[op.name](op, numbers)
        full = type_range(type_)
        if not full.low <= result <= full.high:
            raise Undecided
        return result


def _compare(op: Op, numbers: list[int]) -> int:
    a, b = numbers
    return int({"lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b, "eq": a == b, "ne": a != b}[
        str(op.attrs["pred"])
    ])  # fmt: skip


def _divide(op: Op, numbers: list[int]) -> int:
    a, b = numbers
    if b == 0:
        raise Undecided
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _shift(op: Op, numbers: list[int]) -> int:
    a, count = numbers
    if not 0 <= count < 63:
        raise Undecided
    return a << count if op.name == "shl" else a >> count


def _invert(op: Op, numbers: list[int]) -> int:
    return 1 - numbers[0] if op.results[0].type == I1 else ~numbers[0]


_COMPUTE: Mapping[str, Callable[[Op, list[int]], int]] = {
    "add": lambda op, n: n[0] + n[1],
    "sub": lambda op, n: n[0] - n[1],
    "mul": lambda op, n: n[0] * n[1],
    "div": _divide,
    "rem": lambda op, n: n[0] - n[1] * _divide(op, n),
    "neg": lambda op, n: -n[0],
    "min": lambda op, n: min(n),
    "max": lambda op, n: max(n),
    "and": lambda op, n: n[0] & n[1],
    "or": lambda op, n: n[0] | n[1],
    "xor": lambda op, n: n[0] ^ n[1],
    "not": _invert,
    "shl": _shift,
    "shr": _shift,
    "cast": lambda op, n: n[0],
    "cmp": _compare,
    "select": lambda op, n: n[1] if n[0] else n[2],
}
