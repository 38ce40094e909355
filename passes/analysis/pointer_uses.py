"""How a kernel uses each buffer: direction, elements, widths, and what its elements decide.

Directions come from the kinds of access; a read does not count where the same thread has
written the same place before (the same address, loops with the same bounds, no more guards).
Elements that flow into the address of another access are indices; what stands before them in
that address's form is their scale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...ir.dtypes import I8, U8, MemoryType, Pointer, Record, Scalar, Void, align_of
from ...ir.nodes import Op, Value, walk
from ..rewriter import constant_of, integer_of
from .affine import Affine, Symbol
from .conditions import facts
from .flows import INDEX, LOOP
from .kernel_facts import KernelFacts, Site, divided
from .provenance import leaves
from .role import IndexUse, Member, Number, PointerUse

_CLAMPING = ("min", "max", "rem", "and")
_EQUALITIES = ("eq", "ne")
_MEMORY_OPS = ("load", "store", "copy", "atomic", "atomic_cas")


class PointerUses:
    """The uses of a kernel's buffers by name."""

    def __init__(self, known: KernelFacts) -> None:
        self.known = known
        self.sites: dict[str, list[Site]] = {}
        self.lost: list[Site] = []
        """Accesses of which nobody knows where they go."""
        for site in known.sites:
            for memory in site.memories:
                self.sites.setdefault(memory.name, []).append(site)
            if not site.memories or any(m.kind == "unknown" for m in site.memories):
                self.lost.append(site)
        self.escaped = self._escaped() if self.lost else set()
        self.null_compared = self._null_compared()
        self._loop_keys = self._make_loop_keys()

    def of(self, name: str, declared: MemoryType) -> PointerUse:
        sites = self.sites.get(name, [])
        element, size, layout = self._element(name, declared, sites)
        bit = self.known.flows.bit("data", name)
        loops = self._bounds_loop(bit)
        return PointerUse(
            self._direction(name, sites),
            element,
            size,
            tuple(sorted({site.size for site in sites})),
            max([align_of(declared) if sites else 1, *(site.align for site in sites)]),
            tuple(dict.fromkeys(str(s.op.attrs.get("op", "cas")) for s in _atomics(sites))),
            name in self.null_compared,
            layout,
            tuple(self._index_into(name, bit)),
            bool(loops),
            self._is_monotone(name, loops),
            self._controls(bit),
            self._choices(bit),
        )

    # Direction

    def _direction(self, name: str, sites: Sequence[Site]) -> str:
        if self.lost and (name in self.escaped or not self.escaped):
            return "inout"
        kinds = {site.kind for site in sites}
        if not kinds:
            return "unused"
        if kinds == {"read"}:
            return "in"
        if kinds == {"write"} or (kinds == {"read", "write"} and self._reads_back(sites)):
            return "out"
        return "inout"

    def _reads_back(self, sites: Sequence[Site]) -> bool:
        """Whether every read is of what the same thread has written before."""
        written: list[Site] = []
        for site in sites:
            if site.kind == "write" and len(site.memories) == 1:
                written.append(site)
            elif site.kind == "read" and not any(self._gives(one, site) for one in written):
                return False
        return True

    def _gives(self, write: Site, read: Site) -> bool:
        """Whether `write` has happened wherever `read` does, at the same place."""
        place = self._place(write)
        if place is None or place != self._place(read):
            return False
        guards = {(g.condition, g.holds) for g in read.access.guards}
        if any((g.condition, g.holds) not in guards for g in write.access.guards):
            return False
        assert write.form is not None, "has a place"
        counters = write.form.symbols()
        return all(
            loop in read.access.loops or loop.regions[0].args[0] in counters
            for loop in write.access.loops
        )

    def _place(self, site: Site) -> object:
        """The address, loop counters replaced by their loops' bounds; None where not known."""
        if site.form is None:
            return None
        rename = self._loop_keys
        terms = [
            (tuple(sorted(str(rename.get(s, id(s) if isinstance(s, Value) else s)) for s in m)), c)
            for m, c in site.form.terms
        ]
        return site.size, tuple(sorted(terms))

    def _make_loop_keys(self) -> dict[Symbol, str]:
        """Counters of loops with the same bounds have the same key."""
        forms = self.known.forms
        keys: dict[Symbol, str] = {}
        for counter, op in forms.counters.items():
            if any(inner.name == "break" for inner in walk(op.regions[0])):
                continue
            bounds = [forms.of(v) for v in op.operands[:3]]
            shown = [_identity(form, keys) for form in bounds]
            keys[counter] = f"for({';'.join(shown)};{bool(op.attrs.get('down'))})"
        return keys

    def _escaped(self) -> set[str]:
        """Buffers whose address goes where it cannot be followed."""
        found: set[str] = set()
        for op in self.known.ops:
            if op.name in ("ptr_to_int", "call"):
                values: Sequence[Value] = op.operands
            elif op.name == "store":
                values = op.operands[2:]
            else:
                continue
            for value in values:
                if isinstance(value.type, Pointer):
                    found |= {m.name for m in self.known.provenance.memories(value)}
        return found

    def _null_compared(self) -> set[str]:
        provenance, found = self.known.provenance, set()
        for op in self.known.ops:
            if op.name == "cmp" and isinstance(op.operands[0].type, Pointer):
                sides = [provenance.memories(v) for v in op.operands]
                for own, other in (sides, sides[::-1]):
                    if not other:
                        found |= {memory.name for memory in own}
        return found

    # Elements

    def _element(
        self, name: str, declared: MemoryType, sites: Sequence[Site]
    ) -> tuple[str, int, tuple[Member, ...]]:
        """Name, size and members of an element."""
        if isinstance(declared, Pointer):
            return "ptr", 8, ()
        if isinstance(declared, Record):
            return _record_element(declared)
        if declared not in (I8, U8) and not isinstance(declared, Void):
            return declared.name, declared.size, ()
        records = {site.record for site in sites}
        if len(records) == 1:
            only = records.pop()
            if only is not None:
                return _record_element(only)
        seen = Counter(s for site in sites for s in self._accessed(site))
        wide = [s for s in seen if s.size > 1]
        bits = None if any(s.is_float for s in wide) else self._bits_of(name)
        if bits is not None:
            return bits.name, bits.size, ()
        if not wide:
            return (declared.name if isinstance(declared, Scalar) else "u8"), 1, ()
        best = max(wide, key=lambda s: (s.is_float, seen[s], s.size))
        return best.name, best.size, ()

    def _bits_of(self, name: str) -> Scalar | None:
        """The floating type as which the bits of integers loaded from a buffer are taken."""
        bit = self.known.flows.bit("data", name)
        seen: Counter[Scalar] = Counter()
        for op in self.known.ops:
            type_ = op.results[0].type if op.name == "bitcast" else None
            if isinstance(type_, Scalar) and type_.is_float:
                if self.known.flows.of(op.operands[0]) & bit:
                    seen[type_] += 1
        return max(seen, key=lambda s: (seen[s], -s.size), default=None)

    def _accessed(self, site: Site) -> Iterator[Scalar]:
        """The scalar types that an access is made of."""
        type_ = site.pointer.type
        assert isinstance(type_, Pointer), "accesses go through pointers"
        for leaf in leaves(type_.elem):
            if isinstance(leaf.type, Scalar):
                yield leaf.type

    # What elements decide

    def _index_into(self, name: str, bit: int) -> Iterator[IndexUse]:
        found: dict[tuple[str, str], IndexUse] = {}
        for site in self.known.sites:
            if not site.mask & bit:
                continue
            scale = self._scale(site, bit)
            guarded, limit = self._guard(site, bit)
            for memory in site.memories:
                if memory.kind not in ("param", "pointee", "global"):
                    continue
                use = IndexUse(memory.name, scale, guarded, limit)
                before = found.get((use.buffer, scale))
                if before is not None:
                    both = before.guarded and guarded
                    use = IndexUse(use.buffer, scale, both, before.limit or limit)
                found[use.buffer, scale] = use
        yield from found.values()

    def _scale(self, site: Site, bit: int) -> str:
        """How many elements one step of the data moves the address of `site`."""
        if site.form is None:
            return "?"
        flows, form = self.known.flows, site.form
        texts: dict[str, None] = {}
        for symbol in form.symbols():
            if not isinstance(symbol, Value) or not flows.of(symbol) & bit:
                continue
            if not form.is_linear_in(symbol):
                return "?"
            step = divided(form.coefficient(symbol), site.unit)
            text = self.known.text(step) if step is not None else None
            texts[text or "?"] = None
        return next(iter(texts)) if len(texts) == 1 else "?"

    def _guard(self, site: Site, bit: int) -> tuple[bool, str]:
        """Whether the data in an address has been looked at before, and its plain limit."""
        flows = self.known.flows
        guarded, limit = self._is_clamped(site, bit), ""
        for fact in self.known.facts(site.access):
            for item in (fact, fact.swapped()):
                if flows.of(item.lhs) & bit and not flows.of(item.rhs) & bit:
                    guarded = True
                    if item.pred in ("lt", "le") and _is_integer(item.rhs):
                        shown = self.known.text(self.known.forms.of(item.rhs))
                        more = " + 1" if item.pred == "le" and shown else ""
                        limit = limit or f"{shown or ''}{more}"
        return guarded, limit

    def _is_clamped(self, site: Site, bit: int) -> bool:
        pending = [v for v in (site.index, site.pointer) if v is not None]
        seen = set(pending)
        while pending:
            value = pending.pop()
            op = self.known.defs.get(value)
            if op is None or not self.known.flows.of(value) & bit:
                continue
            if op.name in _CLAMPING:
                return True
            for source in () if op.name in _MEMORY_OPS else op.operands:
                if source not in seen:
                    seen.add(source)
                    pending.append(source)
        return False

    def _bounds_loop(self, bit: int) -> list[Op]:
        """The loops that elements bound."""
        flows = self.known.flows
        found = []
        for op in self.known.ops:
            if op.name == "for" and any(flows.of(v) & bit for v in op.operands[:2]):
                if all(_is_integer(v) for v in op.operands[:2]):
                    found.append(op)
            elif op.name == "loop" and self._is_compared(op, bit):
                found.append(op)
        return found

    def _is_compared(self, op: Op, bit: int) -> bool:
        """Whether a general loop goes on as long as a counter is below an element."""
        flows = self.known.flows
        condition = self.known.defs.get(op.regions[0].terminator.operands[0])
        if condition is None or not _is_ordering(condition):
            return False
        a, b = (flows.of(v) for v in condition.operands)
        return bool((a & bit and b & INDEX) or (b & bit and a & INDEX))

    def _is_monotone(self, name: str, loops: Sequence[Op]) -> bool:
        """Whether `p[i]` and `p[i + 1]` bound one loop, or a loop searches in `p`."""
        if self._is_searched(name):
            return True
        loads = [s for s in self.sites.get(name, ()) if s.op.name == "load" and s.form is not None]
        for op in loops:
            if op.name != "for":
                continue
            below, above = (self._loaded_forms(v, loads) for v in op.operands[:2])
            for low, size in below:
                for high, _ in above:
                    gap = self.known.forms.plus(high, low, -1)
                    if gap.is_constant and gap.constant == size:
                        return True
        return False

    def _is_searched(self, name: str) -> bool:
        """Whether a loop goes on while elements are below something, or halves its interval."""
        loads = {s.op.results[0]: s for s in self.sites.get(name, ()) if s.op.name == "load"}
        ends = [
            fact
            for op in self.known.ops
            if op.name == "condition"
            for fact in facts(op.operands[0], True, self.known.defs)
        ]
        goes_on = {v for fact in ends if fact.pred not in _EQUALITIES for v in (fact.lhs, fact.rhs)}
        for value, site in loads.items():
            if not _is_integer(value) or not site.mask & LOOP:
                continue
            if value in goes_on or (self._halves(site.index) and self._is_ordered(value)):
                return True
        return False

    def _halves(self, index: Value | None) -> bool:
        """Whether an index is half of a sum of what a loop carries."""
        op = self.known.defs.get(index) if index is not None else None
        while op is not None and op.name in ("cast", "add"):
            halves = [v for v in op.operands if self.known.flows.of(v) & LOOP]
            op = self.known.defs.get(halves[-1]) if halves else None
        if op is None or op.name not in ("div", "shr"):
            return False
        number = integer_of(op.operands[1], self.known.defs)
        return number == (2 if op.name == "div" else 1)

    def _is_ordered(self, value: Value) -> bool:
        return any(value in op.operands and _is_ordering(op) for op in self.known.ops)

    def _loaded_forms(self, value: Value, loads: Sequence[Site]) -> list[tuple[Affine, int]]:
        """The addresses of the loads that `value` is computed from."""
        by_result = {site.op.results[0]: site for site in loads}
        pending, seen, found = [value], {value}, []
        while pending:
            item = pending.pop()
            site = by_result.get(item)
            if site is not None and site.form is not None:
                found.append((site.form, site.size))
                continue
            op = self.known.defs.get(item)
            for source in op.operands if op is not None and not op.regions else ():
                if source not in seen:
                    seen.add(source)
                    pending.append(source)
        return found

    def _controls(self, bit: int) -> bool:
        flows = self.known.flows
        for op in self.known.ops:
            if op.name in ("if", "condition") and flows.of(op.operands[0]) & bit:
                return True
        return False

    def _choices(self, bit: int) -> tuple[Number, ...]:
        """The constants that integer elements are compared with."""
        flows, found = self.known.flows, set()
        for op in self.known.ops:
            if op.name != "cmp" or not _is_integer(op.operands[0]):
                continue
            for own, other in (op.operands, op.operands[::-1]):
                number = constant_of(other, self.known.defs)
                if number is not None and flows.of(own) & bit and not flows.of(own) & INDEX:
                    found.add(number)
        return tuple(sorted(found))


def _atomics(sites: Sequence[Site]) -> Iterator[Site]:
    return (site for site in sites if site.kind == "atomic")


def _is_ordering(op: Op) -> bool:
    """Whether `op` compares integers by size."""
    return op.name == "cmp" and _is_integer(op.operands[0]) and op.attrs["pred"] not in _EQUALITIES


def _is_integer(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.is_integer


def _record_element(record: Record) -> tuple[str, int, tuple[Member, ...]]:
    """A record of equal scalars without gaps counts as its scalars."""
    found = leaves(record)
    types = {leaf.type for leaf in found}
    if len(types) == 1:
        only = next(iter(types))
        if (
            isinstance(only, Scalar)
            and sum(leaf.count for leaf in found) * only.size == record.size
        ):
            return only.name, only.size, ()
    members = tuple(Member(leaf.path, leaf.offset, _type_name(leaf), leaf.count) for leaf in found)
    return "record", record.size, members


def _type_name(leaf: object) -> str:
    type_ = getattr(leaf, "type", None)
    return type_.name if isinstance(type_, Scalar) else "ptr"


def _identity(form: Affine, keys: dict[Symbol, str]) -> str:
    """A text that is equal for equal forms only."""
    terms = [
        (tuple(sorted(keys.get(s, str(id(s)) if isinstance(s, Value) else s) for s in m)), c)
        for m, c in form.terms
    ]
    return str(sorted(terms))
