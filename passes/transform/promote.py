"""Local variables become values: mem2reg and scalar replacement over structured regions.

One forward walk carries an environment (slot -> current value). A slot stored inside a loop
becomes a carried value of it, one stored on a side of an `if` a result of it; `break`, `continue`,
`yield` and `condition` hand the current values on. Reading what was never written gives 0. The
pass repeats, because a promoted pointer variable may be all that kept its target in memory. Dead
carried values are left to `dce`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...ir.dtypes import I1, U8, U64, MemoryType, Pointer, Record, Scalar, Type
from ...ir.nodes import Attr, Func, Module, Op, Region, Value, walk
from ...ir.ops import THREAD_STAGE_OPS
from ...ir.source import Span
from ..pipeline import FuncPass, PassContext
from ..rewriter import Rewriter
from .slots import UNSIGNED, Local, LocalAccesses, Slot

MAX_ROUNDS = 16
"""Pointers to pointers to ... variables: one round each."""


@dataclass(frozen=True)
class Promote(FuncPass):
    """Turn local variables into SSA values where all their accesses are at constant offsets."""

    name: ClassVar[str] = "promote"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        return promote(func)


def promote(func: Func) -> Func:
    """`func` with its local variables promoted; itself where there is none to promote."""
    if any(op.name in THREAD_STAGE_OPS for op in walk(func.body)):
        return func  # a variable there belongs to many threads at once
    for _ in range(MAX_ROUNDS):
        accesses = LocalAccesses(func)
        if not accesses.locals:
            break
        func = _Promoter(accesses).promoted(func)
    return func


class _Promoter(Rewriter):
    def __init__(self, accesses: LocalAccesses) -> None:
        super().__init__()
        self.accesses = accesses
        self.env: dict[Slot, Value] = {}
        self.stored: dict[Op, dict[Slot, None]] = {}
        """Structured operation -> slots written inside it, in order of first writing."""
        self.names: dict[Value, str] = {}
        """Value -> the variable it is first stored to: a better name than one from its operands."""
        self.zeros: dict[Type, Value] = {}
        self.yield_slots: list[Slot] = []
        """What `yield` and `condition` of the current region hand on."""
        self.loop_slots: list[Slot] = []
        """What `break` and `continue` hand on."""

    def promoted(self, func: Func) -> Func:
        self._scan(func.body)
        body = self.region(func.body)
        zeros = tuple(
            Op("const", (), {"value": _zero(t)}, (), (v,), func.span) for t, v in self.zeros.items()
        )
        return func.with_body(Region(body.args, zeros + body.ops))

    # Before the walk

    def _scan(self, region: Region) -> dict[Slot, None]:
        stored: dict[Slot, None] = {}
        for op in region.ops:
            if op.regions:
                inner: dict[Slot, None] = {}
                for nested in op.regions:
                    inner |= self._scan(nested)
                self.stored[op] = inner
                stored |= inner
            elif op.name == "store":
                stored |= self._scan_store(op)
            elif op.name == "copy":
                stored |= dict.fromkeys(self._copied_slots(op, 0))
        return stored

    def _scan_store(self, op: Op) -> dict[Slot, None]:
        element = self.accesses.element(op)
        if element is None:
            return {}
        value = op.operands[2]
        slots = element[0].within(element[1], element[1] + value.type.size)
        definition = self.accesses.defs.get(value)
        if definition is not None and definition.name != "const":
            self.names.setdefault(value, slots[0].name)
        return dict.fromkeys(slots)

    def _copied_slots(self, op: Op, side: int) -> list[Slot]:
        address = self.accesses.at(op.operands[side])
        if address is None:
            return []
        return address[0].within(address[1], address[1] + _bytes(op))

    # The walk

    def visit(self, op: Op) -> None:
        handler = _HANDLERS.get(op.name)
        if handler is None or not handler(self, op):
            self.out.append(self._named(self.rebuilt(op)))

    def _named(self, op: Op) -> Op:
        """`op` with the names that its results got by being stored to variables."""
        if not any(v in self.names for v in op.results):
            return op
        results = tuple(Value(v.type, self.names[v]) if v in self.names else v for v in op.results)
        for old, new in zip(op.results, results, strict=True):
            self.replace(old, new)
        return op.with_(results=results)

    def read(self, slot: Slot) -> Value:
        if slot not in self.env:
            self.env[slot] = self.zero(slot.type)
        return self.env[slot]

    def zero(self, type_: Type) -> Value:
        if type_ not in self.zeros:
            self.zeros[type_] = Value(type_)
        return self.zeros[type_]

    def drop_alloca(self, op: Op) -> bool:
        return op.result in self.accesses.locals

    def drop_address(self, op: Op) -> bool:
        return self.accesses.at(op.operands[0]) is not None

    def visit_load(self, op: Op) -> bool:
        element = self.accesses.element(op)
        if element is None:
            return False
        value = self._read_bytes(*element, op.result.type, op.span)
        self.replace(op.result, value)
        return True

    def visit_store(self, op: Op) -> bool:
        element = self.accesses.element(op)
        if element is None:
            return False
        self._write_bytes(*element, self.value(op.operands[2]), op.span)
        return True

    def visit_copy(self, op: Op) -> bool:
        targets, sources = self._copied_slots(op, 0), self._copied_slots(op, 1)
        to_local = self.accesses.at(op.operands[0]) is not None
        from_local = self.accesses.at(op.operands[1]) is not None
        if to_local and from_local:
            values = [self.read(s) for s in sources]
            for slot, value in zip(targets, values, strict=True):
                self.env[slot] = self.converted(value, slot.type, op.span)
        elif to_local:
            base = self.accesses.addresses[op.operands[0]][1]
            for slot in targets:
                self.env[slot] = self._load_from_memory(op, slot, slot.start - base)
        elif from_local:
            base = self.accesses.addresses[op.operands[1]][1]
            for slot in sources:
                self._store_to_memory(op, slot, slot.start - base)
        return to_local or from_local

    def visit_if(self, op: Op) -> bool:
        before = self.env
        condition = self.operands(op)
        sides = [self._side(r, before) for r in op.regions]
        ending = [env for ops, env in sides if ops[-1].name == "yield"]
        merged = [
            slot
            for slot in self.stored[op]
            if any(env.get(slot) is not ending[0].get(slot) for env in ending[1:])
        ]
        for slot in merged:  # a side that never wrote it yields 0
            for env in ending:
                if slot not in env:
                    env[slot] = self.zero(slot.type)
        escaping = self.stored[op] if len(ending) == 1 else {}
        extra = [*merged, *(s for s in escaping if ending[0].get(s) is not before.get(s))]
        regions = tuple(
            _closed(r, ops, [env[s] for s in extra] if ops[-1].name == "yield" else [])
            for r, (ops, env) in zip(op.regions, sides, strict=True)
        )
        results = tuple(Value(s.type, s.name) for s in extra)
        new = Op("if", condition, op.attrs, regions, op.results + results, op.span)
        self.out.append(self._named(new))
        agreed = ending[0] if len(ending) == 2 else {}
        common = {s: agreed[s] for s in self.stored[op] if s in agreed}
        self.env = {**before, **common, **dict(zip(extra, results, strict=True))}
        return True

    def _side(
        self, region: Region, before: dict[Slot, Value]
    ) -> tuple[list[Op], dict[Slot, Value]]:
        self.env = dict(before)
        saved, self.yield_slots = self.yield_slots, []
        ops = self.collect(region.ops)
        self.yield_slots = saved
        return ops, self.env

    def visit_loop(self, op: Op) -> bool:
        slots = list(self.stored[op])
        operands = self.operands(op) + tuple(self.read(s) for s in slots)
        before = self.env
        saved = self.loop_slots, self.yield_slots
        self.loop_slots = self.yield_slots = slots
        regions = []
        for region in op.regions:
            args = tuple(Value(s.type, s.name) for s in slots)
            self.env = {**before, **dict(zip(slots, args, strict=True))}
            regions.append(Region(region.args + args, tuple(self.collect(region.ops))))
        self.loop_slots, self.yield_slots = saved
        results = tuple(Value(s.type, s.name) for s in slots)
        new = Op(op.name, operands, op.attrs, tuple(regions), op.results + results, op.span)
        self.out.append(self._named(new))
        self.env = {**before, **dict(zip(slots, results, strict=True))}
        return True

    def visit_yield(self, op: Op) -> bool:
        return self._handing_on(op, self.yield_slots)

    def visit_jump(self, op: Op) -> bool:
        return self._handing_on(op, self.loop_slots)

    def _handing_on(self, op: Op, slots: list[Slot]) -> bool:
        values = tuple(self.read(s) for s in slots)
        self.out.append(op.with_(operands=self.operands(op) + values))
        return True

    # Bytes

    def _read_bytes(self, local: Local, start: int, type_: Type, span: Span) -> Value:
        slots = local.within(start, start + type_.size)
        if len(slots) == 1:
            return self.converted(self.read(slots[0]), type_, span)
        whole = UNSIGNED[type_.size]
        total: Value | None = None
        for slot in slots:
            part = self.converted(self.read(slot), UNSIGNED[slot.end - slot.start], span)
            part = self._op("cast", part, whole, span)
            if slot.start != start:
                count = self.constant(8 * (slot.start - start), U8, span)
                part = self.emit("shl", (part, count), whole, span)
            total = part if total is None else self.emit("or", (total, part), whole, span)
        assert total is not None, "an access covers at least one slot"
        return self.converted(total, type_, span)

    def _write_bytes(self, local: Local, start: int, value: Value, span: Span) -> None:
        slots = local.within(start, start + value.type.size)
        if len(slots) == 1:
            self.env[slots[0]] = self.converted(value, slots[0].type, span)
            return
        whole = UNSIGNED[value.type.size]
        bits = self.converted(value, whole, span)
        for slot in slots:
            part = bits
            if slot.start != start:
                count = self.constant(8 * (slot.start - start), U8, span)
                part = self.emit("shr", (part, count), whole, span)
            part = self._op("cast", part, UNSIGNED[slot.end - slot.start], span)
            self.env[slot] = self.converted(part, slot.type, span)

    def _op(self, name: str, value: Value, type_: Type, span: Span) -> Value:
        return value if value.type == type_ else self.emit(name, (value,), type_, span)

    def converted(self, value: Value, type_: Type, span: Span) -> Value:
        """The same bits as a value of another type of the same size."""
        if value.type == type_:
            return value
        if isinstance(value.type, Pointer) and isinstance(type_, Pointer):
            return self.emit("ptr_cast", (value,), type_, span)
        if isinstance(value.type, Pointer):
            return self.converted(self.emit("ptr_to_int", (value,), U64, span), type_, span)
        if isinstance(type_, Pointer):
            return self.emit("int_to_ptr", (self.converted(value, U64, span),), type_, span)
        return self._same_bits(value, value.type, type_, span)

    def _same_bits(self, value: Value, old: Scalar, new: Scalar, span: Span) -> Value:
        if old.is_integer and new.is_integer:
            return self.emit("cast", (value,), new, span)
        if I1 in (old, new):  # as wide as i8 in memory only
            return self.converted(self.converted(value, U8, span), new, span)
        return self.emit("bitcast", (value,), new, span)

    def _load_from_memory(self, op: Op, slot: Slot, at: int) -> Value:
        span = op.span
        whole, total = UNSIGNED[slot.type.size], None
        for start, unit in _aligned_parts(op, slot.type, at):
            pointer, index = self._element(self.value(op.operands[1]), at + start, unit, span)
            part = self.emit("load", (pointer, index), unit, span, _hints(op), slot.name)
            if unit.size == slot.type.size:
                return part
            part = self._op("cast", part, whole, span)
            if start:
                part = self.emit("shl", (part, self.constant(8 * start, U8, span)), whole, span)
            total = part if total is None else self.emit("or", (total, part), whole, span)
        assert total is not None, "a slot has at least one part"
        return self.converted(total, slot.type, span)

    def _store_to_memory(self, op: Op, slot: Slot, at: int) -> None:
        span = op.span
        value = self.read(slot)
        whole = UNSIGNED[slot.type.size]
        for start, unit in _aligned_parts(op, slot.type, at):
            part = value
            if unit.size != slot.type.size:
                part = self.converted(value, whole, span)
                if start:
                    count = self.constant(8 * start, U8, span)
                    part = self.emit("shr", (part, count), whole, span)
                part = self._op("cast", part, unit, span)
            pointer, index = self._element(self.value(op.operands[0]), at + start, unit, span)
            self.out.append(Op("store", (pointer, index, part), _hints(op), (), (), span))

    def _element(self, pointer: Value, at: int, type_: Type, span: Span) -> tuple[Value, Value]:
        """Pointer and index of the `type_` at byte `at` from `pointer`, by way of members."""
        build = self.builder(span)
        while True:
            assert isinstance(pointer.type, Pointer), "copies go through pointers"
            elem, space = pointer.type.elem, pointer.type.space
            if elem == type_ and at % elem.size == 0:
                return pointer, build.i32(at // elem.size)
            if not isinstance(elem, Record):
                break
            if not 0 <= at < elem.size:
                pointer = build.op("offset", pointer, build.i32(at // elem.size))
                at %= elem.size
            member = next(
                (f for f in elem.fields if 0 <= at - f.offset < f.type.size * f.count), None
            )
            if member is None or not _holds(member.type, type_):
                break
            target = Pointer(member.type, space)
            pointer = self.emit("field", (pointer,), target, span, {"name": member.name})
            at -= member.offset
        if at % type_.size:
            pointer = build.op("ptr_cast", pointer, type=Pointer(U8, space))
            pointer, at = build.op("offset", pointer, build.i32(at)), 0
        pointer = build.op("ptr_cast", pointer, type=Pointer(type_, space))
        return pointer, build.i32(at // type_.size)


def _holds(member: MemoryType, type_: Type) -> bool:
    """Whether a `type_` may be reached through a member of type `member`."""
    return isinstance(member, Record) or member.size == type_.size


def _zero(type_: Type) -> int | float | bool:
    if isinstance(type_, Pointer):
        return 0
    return False if type_ == I1 else 0.0 if type_.is_float else 0


def _bytes(op: Op) -> int:
    size = op.attrs["bytes"]
    assert isinstance(size, int), "copy has a size"
    return size


def _hints(op: Op) -> dict[str, Attr]:
    """Attributes of an element's access that stands for a part of the copy `op`."""
    return {"hint": op.attrs["hint"]} if "hint" in op.attrs else {}


def _aligned_parts(op: Op, type_: Type, at: int) -> list[tuple[int, Type]]:
    """(byte, type) of the accesses for a `type_` at byte `at` of what `op` copies: itself, or
    where the address is less aligned several integers."""
    align = op.attrs["align"]
    assert isinstance(align, int), "copy has an alignment"
    known = align if at == 0 else min(align, at & -at)
    if known >= type_.size:
        return [(0, type_)]
    return [(start, UNSIGNED[known]) for start in range(0, type_.size, known)]


def _closed(region: Region, ops: list[Op], values: list[Value]) -> Region:
    """The region of `ops` whose terminator also hands on `values`."""
    if values:
        ops[-1] = ops[-1].with_(operands=ops[-1].operands + tuple(values))
    return Region(region.args, tuple(ops))


_HANDLERS = {
    "alloca": _Promoter.drop_alloca,
    "offset": _Promoter.drop_address,
    "field": _Promoter.drop_address,
    "ptr_cast": _Promoter.drop_address,
    "load": _Promoter.visit_load,
    "store": _Promoter.visit_store,
    "copy": _Promoter.visit_copy,
    "if": _Promoter.visit_if,
    "for": _Promoter.visit_loop,
    "loop": _Promoter.visit_loop,
    "yield": _Promoter.visit_yield,
    "condition": _Promoter.visit_yield,
    "break": _Promoter.visit_jump,
    "continue": _Promoter.visit_jump,
}
