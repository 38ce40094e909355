"""Taking local variables apart: which allocas can become values, and which values.

An alloca can go when every use of its address is a load, store or copy at a constant byte offset
inside it. The byte ranges of these accesses cut it into slots; each slot becomes one scalar
variable. Copies between two such allocas carry the cuts (and the types) from one to the other,
copies from and to memory are served slot by slot. Where a slot is accessed with different types
its bits are converted; an access that spans several slots is composed of them by shifts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from ...ir.dtypes import U8, U16, U32, U64, MemoryType, Pointer, Record, Scalar, Type
from ...ir.nodes import Func, Op, Value, walk
from ..rewriter import integer_of

MAX_SLOTS = 256
"""Slots of one alloca beyond which it stays in memory."""
UNSIGNED = {1: U8, 2: U16, 4: U32, 8: U64}
"""The unsigned integer of so many bytes."""


@dataclass(frozen=True, eq=False, slots=True)
class Slot:
    """Bytes [start, end) of an alloca as one variable."""

    start: int
    end: int
    type: Type
    name: str


@dataclass(slots=True)
class Local:
    """One alloca and everything that is known about its uses."""

    value: Value
    count: int
    typed: dict[tuple[int, int], Type] = field(default_factory=dict)
    """Byte ranges of loads and stores with the type of the first (a store's type wins)."""
    copied: list[tuple[int, int]] = field(default_factory=list)
    cuts: set[int] = field(default_factory=set)
    slots: list[Slot] = field(default_factory=list)

    @property
    def elem(self) -> MemoryType:
        assert isinstance(self.value.type, Pointer), "an alloca is a pointer"
        return self.value.type.elem

    @property
    def size(self) -> int:
        return self.elem.size * self.count

    def within(self, start: int, end: int) -> list[Slot]:
        """The slots that lie in [start, end), in order."""
        return [s for s in self.slots if start <= s.start and s.end <= end]


Address = tuple[Local, int]


class LocalAccesses:
    """The promotable allocas of a function, their slots, and the addresses derived from them."""

    def __init__(self, func: Func) -> None:
        self.addresses: dict[Value, Address] = {}
        self.defs: dict[Value, Op] = {}
        self.locals: dict[Value, Local] = {}
        self._refused: set[Value] = set()
        self._copies: list[Op] = []
        for op in walk(func.body):
            for value in op.results:
                self.defs[value] = op
            self._note(op)
        self._drop_refused()
        self._spread_through_copies()
        for local in list(self.locals.values()):
            local.slots = _cut_into_slots(local)
            if not local.slots and (local.typed or local.copied):
                self._refused.add(local.value)
        self._drop_refused()

    def at(self, pointer: Value) -> Address | None:
        """Alloca and byte offset that `pointer` is, for allocas that can be promoted."""
        address = self.addresses.get(pointer)
        return address if address is not None and address[0].value in self.locals else None

    def element(self, op: Op) -> Address | None:
        """The address that the load or store `op` accesses."""
        base = self.at(op.operands[0])
        if base is None:
            return None
        return self._moved(base, op.operands[0], op.operands[1])

    def _moved(self, base: Address, pointer: Value, index: Value) -> Address | None:
        number = integer_of(index, self.defs)
        if number is None:
            return None
        assert isinstance(pointer.type, Pointer), "addresses are pointers"
        return base[0], base[1] + number * pointer.type.elem.size

    def _note(self, op: Op) -> None:
        if op.name == "alloca":
            local = Local(op.result, int(op.attrs["count"]))  # type: ignore[arg-type]
            self.locals[op.result] = local
            self.addresses[op.result] = (local, 0)
            return
        used = [self.addresses[v] for v in op.operands if v in self.addresses]
        if used and not self._note_use(op):
            self._refused.update(local.value for local, _ in used)

    def _note_use(self, op: Op) -> bool:
        """Record a use of a local address; False where it is of a kind that keeps it in memory."""
        base = self.addresses.get(op.operands[0])
        if op.name == "copy":
            self._copies.append(op)
            return True
        if base is None:
            return False  # a store of the address itself, or an operand of something else
        if op.name in ("load", "store"):
            return self._note_access(op, base)
        derived: Address | None = None
        if op.name == "offset":
            derived = self._moved(base, op.operands[0], op.operands[1])
        elif op.name == "field":
            derived = base[0], base[1] + _field_offset(op)
        elif op.name == "ptr_cast":
            derived = base
        if derived is None:
            return False
        self.addresses[op.result] = derived
        return True

    def _note_access(self, op: Op, base: Address) -> bool:
        element = self._moved(base, op.operands[0], op.operands[1])
        is_store = op.name == "store"
        if element is None or op.attrs.get("volatile"):
            return False
        if is_store and op.operands[2] in self.addresses:
            self._refused.add(self.addresses[op.operands[2]][0].value)  # its address escapes
        local, start = element
        type_ = op.operands[2].type if is_store else op.result.type
        span = (start, start + type_.size)
        if start < 0 or span[1] > local.size:
            return False
        if is_store or span not in local.typed:
            local.typed[span] = type_
        return True

    def _drop_refused(self) -> None:
        for value in self._refused:
            self.locals.pop(value, None)

    def _spread_through_copies(self) -> None:
        """Give both sides of every copy the same cuts and, where one has none, the types."""
        for op in self._copies:
            for pointer in op.operands:
                self._note_copied(pointer, int(op.attrs["bytes"]))  # type: ignore[arg-type]
        self._drop_refused()
        for local in self.locals.values():
            for start, end in (*local.typed, *local.copied):
                local.cuts.update((start, end))
        self._spread_until_stable()
        for local in self.locals.values():
            if _refine(local):
                self._spread_until_stable()

    def _spread_until_stable(self) -> None:
        changed = True
        while changed:
            changed = False
            for op in self._copies:
                target, source = self.at(op.operands[0]), self.at(op.operands[1])
                if target is not None and source is not None:
                    size = int(op.attrs["bytes"])  # type: ignore[arg-type]
                    changed |= _spread(source, target, size) | _spread(target, source, size)

    def _note_copied(self, pointer: Value, size: int) -> None:
        address = self.at(pointer)
        if address is None:
            return
        local, start = address
        if start < 0 or start + size > local.size:
            self._refused.add(local.value)
        local.copied.append((start, start + size))


def _field_offset(op: Op) -> int:
    pointer = op.operands[0].type
    assert isinstance(pointer, Pointer), "field takes a pointer"
    assert isinstance(pointer.elem, Record), "field takes a pointer to a record"
    return pointer.elem.field(str(op.attrs["name"])).offset


def _spread(source: Address, target: Address, size: int) -> bool:
    """Carry cuts and types of `source`'s copied bytes over to `target`'s; whether any was new."""
    (local, start), (other, other_start) = source, target
    shift = other_start - start
    changed = False
    for cut in sorted(local.cuts):
        if start <= cut <= start + size and cut + shift not in other.cuts:
            other.cuts.add(cut + shift)
            changed = True
    for (begin, end), type_ in list(local.typed.items()):
        span = (begin + shift, end + shift)
        if start <= begin and end <= start + size and span not in other.typed:
            other.typed[span] = type_
            changed = True
    return changed


def _refine(local: Local) -> bool:
    """Cut what cannot stay whole: copied bytes of no known type, and sizes that no scalar has."""
    before = len(local.cuts)
    cuts = sorted(local.cuts)
    if len(cuts) > MAX_SLOTS + 1:
        return False
    for start, end in pairwise(cuts):
        if any(low < end and start < high for low, high in local.typed):
            if end - start not in UNSIGNED:
                local.cuts.update(range(start, end))
        elif any(low <= start and end <= high for low, high in local.copied):
            _divide_untyped(local, start, end)
    return len(local.cuts) != before


def _divide_untyped(local: Local, start: int, end: int) -> None:
    """Copied bytes: members of the declared type, and integers for what is left (padding)."""
    at = start
    for offset, type_ in _leaves(local.elem, local.count, start, end):
        if offset >= at:  # else a union's other member
            _divide_evenly(local, at, offset)
            at = offset + type_.size
            local.typed[(offset, at)] = type_
            local.cuts.update((offset, at))
    _divide_evenly(local, at, end)


def _divide_evenly(local: Local, start: int, end: int) -> None:
    while start < end:
        size = next(n for n in (8, 4, 2, 1) if start % n == 0 and start + n <= end)
        local.typed[(start, start + size)] = UNSIGNED[size]
        local.cuts.update((start, start + size))
        start += size


def _cut_into_slots(local: Local) -> list[Slot]:
    """The slots of a local; empty where it cannot be cut into variables of sensible sizes."""
    slots: list[Slot] = []
    cuts = sorted(local.cuts)
    if len(cuts) > MAX_SLOTS + 1:
        return []
    for start, end in pairwise(cuts):
        type_ = local.typed.get((start, end))
        if type_ is None and any(low < end and start < high for low, high in local.typed):
            type_ = UNSIGNED.get(end - start)
            if type_ is None:
                return []
        if type_ is not None:
            slots.append(Slot(start, end, type_, _slot_name(local, start, end)))
    return slots if _composable(local, slots) else []


def _leaves(
    elem: MemoryType, count: int, start: int, end: int, base: int = 0
) -> Iterator[tuple[int, Type]]:
    """Scalars and pointers of `count` elements at `base` that lie in [start, end), in order."""
    size = elem.size
    first = max(0, (start - base) // size) if size else 0
    last = min(count, -((base - end) // size)) if size else 0
    for index in range(first, last):
        at = base + index * size
        if isinstance(elem, Record):
            for member in elem.fields:
                yield from _leaves(member.type, member.count, start, end, at + member.offset)
        elif isinstance(elem, Scalar | Pointer) and start <= at and at + size <= end:
            yield at, elem


def _composable(local: Local, slots: list[Slot]) -> bool:
    """Whether every access is one slot, or a number of at most 8 bytes made of whole slots."""
    by_start = {slot.start: slot for slot in slots}
    for (start, end), type_ in local.typed.items():
        slot = by_start.get(start)
        if slot is not None and slot.end == end:
            continue
        parts = [s for s in slots if start <= s.start and s.end <= end]
        whole = isinstance(type_, Scalar) and end - start in UNSIGNED
        if not whole or not all(isinstance(s.type, Scalar) for s in parts):
            return False
    return True


def _slot_name(local: Local, start: int, end: int) -> str:
    """The variable's name, with member names and indices as far as the slot matches them."""
    name = local.value.name
    if not name or (start == 0 and end == local.size):
        return name
    elem, count, at = local.elem, local.count, start
    while elem.size:
        if count > 1:
            name += f"_{at // elem.size}"
            at %= elem.size
        if not isinstance(elem, Record):
            break
        member = next((f for f in elem.fields if 0 <= at - f.offset < f.type.size * f.count), None)
        if member is None:
            break
        name += f"_{member.name}"
        elem, count, at = member.type, member.count if member.is_array else 1, at - member.offset
    return name
