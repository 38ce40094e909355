"""Between which bounds integers and addresses lie in one launch: intervals in the scope of a use.

Parameters and launch sizes are numbers here. A value is computed from its operands as the scope
narrows them (a guard `i < n` narrows `i`, and what `i` was added up from); what loops carry is a
fixpoint with widening, narrowed again by the loop's own condition. Pointers count as bytes from
the start of what they point into. Loaded data have the bounds that the caller states, else those
of their type; what is stored in local or shared memory, those of all that is stored there.
Values that may wrap get their type's whole range, so the bounds are sound; only signed sums and
differences are taken not to overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...ir.dtypes import I1, Pointer, Scalar
from ...ir.nodes import Op, Value
from .conditions import Fact
from .induction import Induction
from .kernel_facts import KernelFacts
from .midpoints import ends_of_midpoint
from .midpoints import is_below as ends_below
from .provenance import Memory, elem_size, member_offset
from .ranges import RULES, Interval, Ranges, type_range
from .scopes import Scope, Scopes

WIDE = Interval(-(1 << 80), 1 << 80)
"""What pointers that cannot be followed get; wider than any address."""
ROUNDS = 8
_THRESHOLDS = (1, 0, -1)

Size3 = tuple[int, int, int]
Given = int | float | Sequence[int]


@dataclass(frozen=True, slots=True)
class Launch:
    """Numbers for the parameters that have one (a sequence for an array member), the launch's
    sizes, and for buffers whose elements are used as indices their bounds, by name."""

    scalars: Mapping[str, Given]
    grid: Size3
    block: Size3
    buffers: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class Unreachable(Exception):
    """No thread of the launch gets to where a value was asked for."""


class Concrete:
    """The intervals of a kernel's values in one launch."""

    def __init__(self, known: KernelFacts, scopes: Scopes, launch: Launch) -> None:
        self.known = known
        self.scopes = scopes
        self.launch = launch
        self._memo: dict[tuple[Value, Scope | None], Interval] = {}
        self._narrowed: dict[Scope, Mapping[Value, Interval] | None] = {scopes.root: {}}
        self._assumed: dict[Value, Interval | None] = {}
        self._asked: set[Op] = set()
        self._counting: set[Value] = set()
        self.induction = Induction(scopes, self.of, self.trips)
        self._stores: dict[Memory, list[Op]] = {}
        for site in known.sites:
            if site.kind != "read":
                for memory in site.memories:
                    self._stores.setdefault(memory, []).append(site.op)

    # Values

    def of(self, value: Value, scope: Scope) -> Interval:
        """Where `value` lies in `scope`. Raises Unreachable where nobody gets there."""
        key = (value, scope)
        found = self._memo.get(key)
        if found is None:
            narrowed = self.narrowed(scope)
            if narrowed is None:
                raise Unreachable
            found = self._computed(value, scope)
            limit = narrowed.get(value)
            if limit is not None:
                found = _common(found, limit)
            self._memo[key] = found
        return found

    def _computed(self, value: Value, scope: Scope) -> Interval:
        same = self.scopes.same.get(value)
        if same is not None:
            return self.of(same, scope)
        loop = self.scopes.loop_of.get(value)
        if loop is not None:
            return self._counter(loop)
        if value in self.scopes.arrivals:
            return self._arriving(value)
        op = self.known.defs.get(value)
        if isinstance(value.type, Pointer):
            return self._offset(value, op, scope)
        full = type_range(value.type)
        given = self._given(value)
        if given is not None:
            return given if given.within(full) else full
        if op is None or value.type.is_float:
            return full
        found = self._integer(op, value, scope)
        if found is None:
            return full
        if not found.within(full) and never_wraps(op):
            found = Interval(max(found.low, full.low), min(found.high, full.high))
        return found if found.within(full) and found.low <= found.high else full

    def raw(self, op: Op, scope: Scope) -> Interval | None:
        """Where the result of `op` would lie if it did not wrap; None where not known."""
        rule = RULES.get(op.name)
        return rule(_At(self, scope), op) if rule is not None else None

    def _integer(self, op: Op, value: Value, scope: Scope) -> Interval | None:
        known = _GEOMETRY.get(op.name)
        if known is not None:
            return known(self.launch, op)
        if op.name in ("load", "atomic", "atomic_cas"):
            return self._loaded(op)
        if op.name in ("shuffle", "warp_reduce"):
            moved = self.of(op.operands[1], scope)
            return moved if op.name == "shuffle" or op.attrs["op"] in ("min", "max") else None
        if value.type == I1:
            return Interval(0, 1)
        raw = self.raw(op, scope)
        ends = ends_of_midpoint(op, self.known.defs)
        return raw if raw is None or ends is None else self._between(raw, *ends, scope)

    def _between(self, raw: Interval, low: Value, high: Value, scope: Scope) -> Interval:
        """`raw` narrowed to what lies between two values, below the second if they differ."""
        first, last = self.of(low, scope), self.of(high, scope)
        is_below = ends_below(low, high, scope, self.scopes.same)
        top = last.high - 1 if is_below else max(first.high, last.high)
        whole = Interval(min(first.low, last.low), top)
        return _common(raw, whole)

    def _given(self, value: Value) -> Interval | None:
        """What the caller says of a parameter or a member of one."""
        if not isinstance(value.type, Scalar) or value.type.is_float:
            return None
        op = self.known.defs.get(value)
        if op is not None and op.name != "load":
            return None
        name = self.known.provenance.scalar(value)
        number = self.launch.scalars.get(name) if name is not None else None
        if number is None:
            return None
        if isinstance(number, int | float):
            return Interval(int(number), int(number))
        return Interval(min(number), max(number)) if number else None

    def _loaded(self, op: Op) -> Interval | None:
        """Of loaded data: what the caller says, or what is stored there."""
        found: Interval | None = None
        for memory in self.known.provenance.memories(op.operands[0]):
            given = self.launch.buffers.get(memory.name)
            one = Interval(*given) if given is not None else self._stored(memory)
            if one is None:
                return None
            found = one if found is None else found.join(one)
        return found

    def _stored(self, memory: Memory) -> Interval | None:
        """What lies in memory that only the kernel writes."""
        is_own = memory.kind == "local" or (memory.kind == "global" and self._is_shared(memory))
        if not is_own:
            return None
        found: Interval | None = None
        for op in self._stores.get(memory, ()):
            if op.name != "store" or not isinstance(op.operands[2].type, Scalar):
                return None
            if op.operands[2].type.is_float or op in self._asked:
                return None
            self._asked.add(op)
            try:
                one = self.of(op.operands[2], self.scopes.at[op])
                found = one if found is None else found.join(one)
            except Unreachable:
                continue
            finally:
                self._asked.discard(op)
        return found

    def _is_shared(self, memory: Memory) -> bool:
        return self.known.module.global_(memory.name[1:]).space.value == "shared"

    # Addresses

    def _offset(self, value: Value, op: Op | None, scope: Scope) -> Interval:
        """A pointer as bytes from what it points into."""
        start = Interval(0, 0)
        if op is None or op.name in ("alloca", "global_addr", "load"):
            return start
        if op.name in ("ptr_cast", "field", "offset"):
            base = self.of(op.operands[0], scope)
            if op.name == "ptr_cast":
                return base
            if op.name == "field":
                at = member_offset(op)
                return Interval(base.low + at, base.high + at)
            size = elem_size(op.operands[0])
            index = self.of(op.operands[1], scope)
            return Interval(base.low + size * index.low, base.high + size * index.high)
        if op.name == "select":
            return self.of(op.operands[1], scope).join(self.of(op.operands[2], scope))
        return start if op.name == "const" else WIDE

    # Loops and joins

    def _counter(self, loop: Op) -> Interval:
        scope = self.scopes.at[loop]
        lower, upper, step = (self.of(v, scope) for v in loop.operands[:3])
        if loop.attrs.get("down"):
            low, high = upper.low + 1, lower.high
        else:
            low, high = lower.low, upper.high - 1
            if lower.is_one and step.is_one and step.low > 0 and high >= low:
                high = low + (high - low) // step.low * step.low
        if low > high:
            raise Unreachable
        return Interval(low, high)

    def trips(self, loop: Op) -> int:
        """How often a counted loop runs at most."""
        try:
            counter = self._counter(loop)
            step = self.of(loop.operands[2], self.scopes.at[loop])
        except Unreachable:
            return 0
        least = min(abs(step.low), abs(step.high)) if step.low * step.high > 0 else 1
        return (counter.high - counter.low) // max(1, least) + 1

    def _arriving(self, value: Value) -> Interval:
        """The argument of a region or the result of one."""
        if value in self._assumed:
            assumed = self._assumed[value]
            if assumed is None:
                raise Unreachable
            return assumed
        key = (value, None)
        found = self._memo.get(key)
        if found is None:
            found = self._counted(value) or self._fixpoint(value)
            self._memo[key] = found
        return found

    def _counted(self, value: Value) -> Interval | None:
        """What a counted loop carries and adds to."""
        loop = self.scopes.carried.get(value)
        full = WIDE if isinstance(value.type, Pointer) else type_range(value.type)
        if loop is None or value in self._counting:
            return None
        self._counting.add(value)
        try:
            moved = self.induction.moved(value)
            if moved is None:
                return None
            start = self.of(moved[0], self.scopes.at[loop])
        finally:
            self._counting.discard(value)
        found = Interval(start.low + moved[1].low, start.high + moved[1].high)
        return found if found.within(full) else None

    def _fixpoint(self, value: Value) -> Interval:
        """The least interval that the values arriving at `value` keep to, or one above it."""
        saved = self._memo, self._narrowed
        current: Interval | None = None
        full = WIDE if isinstance(value.type, Pointer) else type_range(value.type)
        try:
            for turn in range(ROUNDS):
                # What is computed now holds under the assumption only.
                self._memo, self._narrowed = dict(saved[0]), dict(saved[1])
                self._assumed[value] = current
                arrived = self._joined(value)
                if arrived is None:
                    raise Unreachable
                if current is not None and arrived.within(current):
                    return arrived if turn > 1 else current
                whole = arrived if current is None else current.join(arrived)
                current = whole if turn < 2 or current is None else _widened(current, whole, full)
            return full
        finally:
            self._assumed.pop(value, None)
            self._memo, self._narrowed = saved

    def _joined(self, value: Value) -> Interval | None:
        found: Interval | None = None
        for source, sender in self.scopes.arrivals[value]:
            try:
                one = self.of(source, self.scopes.at[sender])
            except Unreachable:
                continue
            found = one if found is None else found.join(one)
        return found

    # Scopes

    def narrowed(self, scope: Scope) -> Mapping[Value, Interval] | None:
        """What the scope's facts leave of values; None where nobody gets."""
        if scope in self._narrowed:
            return self._narrowed[scope]
        assert scope.parent is not None, "the root is known"
        outer = self.narrowed(scope.parent)
        found: Mapping[Value, Interval] | None = outer
        if outer is not None:
            try:
                if scope.loop is not None and scope.loop.name == "for":
                    self._counter(scope.loop)
                if scope.facts:
                    found = _Narrowing(self, scope.parent, dict(outer)).by(scope.facts)
            except Unreachable:
                found = None
        self._narrowed[scope] = found
        return found


def never_wraps(op: Op) -> bool:
    """Whether an overflow would be undefined in the source: signed sums and differences.

    Products are not trusted: hashes are often computed in signed types.
    """
    type_ = op.result.type
    return op.name in ("add", "sub") and isinstance(type_, Scalar) and type_.is_signed


class _Narrowing:
    """Facts applied to values and to what these were computed from."""

    def __init__(self, values: Concrete, scope: Scope, found: dict[Value, Interval]) -> None:
        self.values = values
        self.scope = scope
        self.found = found

    def by(self, facts: Sequence[Fact]) -> Mapping[Value, Interval]:
        for fact in facts:
            if isinstance(fact.lhs.type, Pointer) or fact.lhs.type.is_float:
                continue
            for item in (fact, fact.swapped()):
                other = self.of(item.rhs)
                allowed = _ALLOWED[item.pred](other, self.of(item.lhs))
                self.narrow(item.lhs, allowed)
        return self.found

    def of(self, value: Value) -> Interval:
        own = self.values.of(value, self.scope)
        limit = self.found.get(value)
        return own if limit is None else _common(own, limit)

    def narrow(self, value: Value, allowed: Interval, depth: int = 6) -> None:
        own = self.of(value)
        limit = _common(own, allowed)
        if limit == own and value not in self.found:
            return
        self.found[value] = limit
        same = self.values.scopes.same.get(value)
        if same is not None:
            self.narrow(same, limit, depth)
        op = self.values.known.defs.get(value)
        if op is not None and depth:
            self._back(op, limit, depth - 1)

    def _back(self, op: Op, limit: Interval, depth: int) -> None:
        """What the result's limits say of the operands, where nothing wraps."""
        if op.name not in _INVERSE:
            return
        full = type_range(op.result.type)
        raw = self.values.raw(op, self.scope)
        if raw is None or not (raw.within(full) or never_wraps(op)):
            return
        for at, operand in enumerate(op.operands):
            others = [self.of(v) for i, v in enumerate(op.operands) if i != at]
            allowed = _INVERSE[op.name](at, limit, others)
            if allowed is not None:
                self.narrow(operand, allowed, depth)


def _common(a: Interval, b: Interval) -> Interval:
    low, high = max(a.low, b.low), min(a.high, b.high)
    if low > high:
        raise Unreachable
    return Interval(low, high)


def _widened(before: Interval, now: Interval, full: Interval) -> Interval:
    """Bounds that still move jump to the next threshold, at last to the type's."""
    low, high = now
    if now.low < before.low:
        low = next((t for t in _THRESHOLDS if full.low <= t <= now.low), full.low)
    if now.high > before.high:
        high = full.high
    return Interval(low, high)


_BIG = 1 << 90
_ALLOWED: Mapping[str, Callable[[Interval, Interval], Interval]] = {
    "lt": lambda other, own: Interval(-_BIG, other.high - 1),
    "le": lambda other, own: Interval(-_BIG, other.high),
    "gt": lambda other, own: Interval(other.low + 1, _BIG),
    "ge": lambda other, own: Interval(other.low, _BIG),
    "eq": lambda other, own: other,
    "ne": lambda other, own: _unequal(other, own),
}
"""What is left of the left side of a comparison that holds."""


def _unequal(other: Interval, own: Interval) -> Interval:
    if other.is_one and own.is_one and other == own:
        raise Unreachable
    if other.is_one and other.low == own.low:
        return Interval(own.low + 1, own.high)
    if other.is_one and other.high == own.high:
        return Interval(own.low, own.high - 1)
    return own


def _back_add(at: int, limit: Interval, others: Sequence[Interval]) -> Interval | None:
    (other,) = others
    return Interval(limit.low - other.high, limit.high - other.low)


def _back_sub(at: int, limit: Interval, others: Sequence[Interval]) -> Interval | None:
    (other,) = others
    if at == 0:
        return Interval(limit.low + other.low, limit.high + other.high)
    return Interval(other.low - limit.high, other.high - limit.low)


def _back_mul(at: int, limit: Interval, others: Sequence[Interval]) -> Interval | None:
    (other,) = others
    if not other.is_one or other.low <= 0:
        return None
    return Interval(-(-limit.low // other.low), limit.high // other.low)


def _back_div(at: int, limit: Interval, others: Sequence[Interval]) -> Interval | None:
    (other,) = others
    if at != 0 or not other.is_one or other.low <= 0 or limit.low < 0:
        return None
    low = limit.low * other.low if limit.low > 0 else -other.low + 1
    return Interval(low, limit.high * other.low + other.low - 1)


def _back_cast(at: int, limit: Interval, others: Sequence[Interval]) -> Interval | None:
    return limit


_INVERSE: Mapping[str, Callable[[int, Interval, Sequence[Interval]], Interval | None]] = {
    "add": _back_add,
    "sub": _back_sub,
    "mul": _back_mul,
    "div": _back_div,
    "cast": _back_cast,
}


def _dim(op: Op) -> int:
    dim = op.attrs["dim"]
    return dim if isinstance(dim, int) else 0


def _threads(launch: Launch) -> int:
    return launch.block[0] * launch.block[1] * launch.block[2]


def _one(number: int) -> Interval:
    return Interval(number, number)


_GEOMETRY: Mapping[str, Callable[[Launch, Op], Interval]] = {
    "thread_idx": lambda launch, op: Interval(0, launch.block[_dim(op)] - 1),
    "block_idx": lambda launch, op: Interval(0, launch.grid[_dim(op)] - 1),
    "block_dim": lambda launch, op: _one(launch.block[_dim(op)]),
    "grid_dim": lambda launch, op: _one(launch.grid[_dim(op)]),
    "thread_linear": lambda launch, op: Interval(0, _threads(launch) - 1),
    "block_threads": lambda launch, op: _one(_threads(launch)),
}


class _At(Ranges):
    """The rules of `ranges.py` over the intervals of a scope."""

    def __init__(self, values: Concrete, scope: Scope) -> None:
        self.values = values
        self.scope = scope
        self.defs = values.known.defs
        self.func = values.known.func

    def of(self, value: Value) -> Interval:
        return self.values.of(value, self.scope)

    def geometry(self, value: Value) -> tuple[str, int] | None:
        return None

    def block_start(self, value: Value) -> int | None:
        return None
