"""What memory a pointer may point into, under a name that a caller of the kernel knows.

A kernel's caller knows parameters (`x`), members of records passed by value (`list.address`) and
module variables (`@counter`). A pointer is followed to them through offsets, casts, branches,
loops, local variables and records; a pointer that was itself loaded from memory `x` points into
`x[]`. Record parameters that a kernel copies to a local variable count as the parameter. Numbers
are followed the same way as far as plain loads go: which parameter or member a value *is*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...ir.dtypes import MemoryType, Pointer, Record, Scalar, Void
from ...ir.nodes import Func, Op, Value, walk
from .affine import ZERO, Affine, AffineForms, constant_form
from .effects import DERIVING
from .incoming import incoming

_WRITERS = ("store", "copy", "atomic", "atomic_cas")


@dataclass(frozen=True, slots=True)
class Memory:
    """`kind`: `param`, `record` (a by-value parameter), `pointee`, `global`, `local`, `unknown`."""

    kind: str
    name: str
    value: Value | None = None
    """The alloca of a local."""

    def __str__(self) -> str:
        return self.name


UNKNOWN = Memory("unknown", "?")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or pointer inside a record: `count` of them, `stride` bytes apart."""

    path: str
    offset: int
    type: Scalar | Pointer
    count: int = 1
    stride: int = 0

    def covers(self, offset: int) -> bool:
        at = offset - self.offset
        if self.count == 1:
            return at == 0
        return 0 <= at < self.count * self.stride and at % self.stride == 0


def leaves(type_: MemoryType, prefix: str = "", offset: int = 0) -> list[Leaf]:
    """The scalars and pointers in a record, by offset; an array of records is one leaf a member."""
    if isinstance(type_, Void):
        return []
    if not isinstance(type_, Record):
        return [Leaf(prefix, offset, type_)]
    found: list[Leaf] = []
    for member in type_.fields:
        path = f"{prefix}.{member.name}" if prefix else member.name
        for leaf in leaves(member.type, path, offset + member.offset):
            if member.count > 1 and leaf.count == 1:
                leaf = Leaf(leaf.path, leaf.offset, leaf.type, member.count, member.type.size)
            found.append(leaf)
    return sorted(found, key=lambda leaf: leaf.offset)


def parameter_names(func: Func) -> tuple[str, ...]:
    """The parameters' names, `arg<i>` where the source gives none, each only once."""
    names: list[str] = []
    for at, param in enumerate(func.params):
        name = param.name or f"arg{at}"
        names.append(name if name not in names else f"{name}.{at}")
    return tuple(names)


class Provenance:
    """Where the pointers of a function come from."""

    def __init__(self, func: Func, forms: AffineForms | None = None) -> None:
        self.func = func
        self.forms = forms or AffineForms(func)
        self.defs = self.forms.defs
        self.incoming = incoming(func)
        self.records: dict[Value, Record] = {}
        self.params: dict[Value, Memory] = {}
        for at, (param, name) in enumerate(zip(func.params, parameter_names(func), strict=True)):
            by_value = f"param{at}.record" in func.attrs
            self.params[param] = Memory("record" if by_value else "param", name)
            if by_value and isinstance(param.type, Pointer) and isinstance(param.type.elem, Record):
                self.records[param] = param.type.elem
        self._copies: dict[Value, Value] = {}
        self._stored: dict[Value | str, list[Value]] = {}
        self._known: dict[Value, tuple[Memory, ...]] = {}
        self._locals()

    # Local variables

    def _locals(self) -> None:
        """Which locals are copies of record parameters, and which pointers are stored in others."""
        writers: dict[Value, list[Op]] = {}
        for op in walk(self.func.body):
            if op.name not in _WRITERS:
                continue
            target = self.root(op.operands[0])
            writers.setdefault(target, []).append(op)
            if op.name == "store" and isinstance(op.operands[2].type, Pointer):
                self._stored.setdefault(self._key(target), []).append(op.operands[2])
        for target, ops in writers.items():
            source = self._whole_copy(target, ops)
            if source is not None:
                self._copies[target] = source

    def _whole_copy(self, target: Value, ops: Sequence[Op]) -> Value | None:
        """The record parameter of which the local `target` is a copy that nothing changes."""
        op = self.defs.get(target)
        if op is None or op.name != "alloca" or len(ops) != 1 or ops[0].name != "copy":
            return None
        place, source = ops[0].operands
        record = self.records.get(source)
        if record is None or place is not target or ops[0].attrs["bytes"] != record.size:
            return None
        return source

    def _key(self, root: Value) -> Value | str:
        """The same for every `global_addr` of one variable."""
        op = self.defs.get(root)
        return str(op.attrs["symbol"]) if op is not None and op.name == "global_addr" else root

    def root(self, pointer: Value) -> Value:
        """Where a chain of offsets, members and casts starts; a copied record's parameter."""
        op = self.defs.get(pointer)
        while op is not None and op.name in DERIVING:
            pointer = op.operands[0]
            op = self.defs.get(pointer)
        return self._copies.get(pointer, pointer)

    # Memory

    def memories(self, pointer: Value) -> tuple[Memory, ...]:
        """Everything that `pointer` may point into; `UNKNOWN` among it where it is not clear."""
        if pointer not in self._known:
            self._known[pointer] = ()  # what a chain of links sees of itself
            self._known[pointer] = tuple(dict.fromkeys(self._search(pointer)))
        return self._known[pointer]

    def _search(self, start: Value) -> Iterator[Memory]:
        pending, seen = [start], {start}
        while pending:
            value = self.root(pending.pop())
            op = self.defs.get(value)
            found, more = self._step(value, op)
            yield from found
            for item in more:
                if item not in seen:
                    seen.add(item)
                    pending.append(item)

    def _step(self, value: Value, op: Op | None) -> tuple[Sequence[Memory], Sequence[Value]]:
        """What a root is, and which other pointers it may be equal to."""
        if value in self.params and isinstance(value.type, Pointer):
            return [self.params[value]], ()
        if value in self.incoming:
            return (), self.incoming[value]
        if op is None:
            return [UNKNOWN], ()
        if op.name == "alloca":
            return [Memory("local", f"%{value.name}", value)], ()
        if op.name == "global_addr":
            return [Memory("global", f"@{op.attrs['symbol']}")], ()
        if op.name == "load":
            return self._loaded(op)
        more = self._equal_to(op)
        return ([UNKNOWN] if not more and op.name != "const" else []), more

    def _equal_to(self, op: Op) -> Sequence[Value]:
        if op.name == "select":
            return op.operands[1:]
        if op.name == "int_to_ptr":
            return tuple(self._addresses(op.operands[0]))
        return ()

    def _addresses(self, number: Value) -> Iterator[Value]:
        """The pointers whose addresses `number` is computed from."""
        pending, seen = [number], {number}
        while pending:
            value = pending.pop()
            op = self.defs.get(value)
            if op is not None and op.name == "ptr_to_int":
                yield op.operands[0]
                continue
            sources = self.incoming.get(value, ())
            if op is not None and not op.regions and op.name not in ("load", "atomic", "call"):
                sources = op.operands
            for item in sources:
                if item not in seen:
                    seen.add(item)
                    pending.append(item)

    def _loaded(self, op: Op) -> tuple[Sequence[Memory], Sequence[Value]]:
        """What a pointer points into that was loaded from memory."""
        found: list[Memory] = []
        more: list[Value] = []
        for memory in self.memories(op.operands[0]):
            stored = self._stored.get(memory.value or memory.name[1:], ())
            more += stored
            if memory.kind == "record":
                found.append(Memory("pointee", self.member(op) or f"{memory.name}.?"))
            elif memory.kind in ("param", "pointee"):
                found.append(Memory("pointee", f"{memory.name}[]"))
            elif not stored:
                is_variable = memory.kind == "global"
                found.append(Memory("pointee", f"{memory.name}[]") if is_variable else UNKNOWN)
        return found, more

    # Addresses

    def address(self, pointer: Value) -> Affine | None:
        """The bytes from `root(pointer)` to `pointer`."""
        op = self.defs.get(pointer)
        if op is None or op.name not in DERIVING:
            return ZERO
        base = self.address(op.operands[0])
        if base is None or op.name == "ptr_cast":
            return base
        if op.name == "field":
            return self.forms.plus(base, constant_form(member_offset(op)))
        return self.forms.plus(base, self.forms.of(op.operands[1]), elem_size(op.operands[0]))

    def access(self, pointer: Value, index: Value | None, size: int) -> Affine | None:
        """The bytes from `root(pointer)` to element `index` of `size` bytes."""
        form = self.address(pointer)
        if form is None or index is None:
            return form
        return self.forms.plus(form, self.forms.of(index), size)

    def member(self, op: Op) -> str | None:
        """`param.member` where a load takes a member of a record parameter."""
        param = self.root(op.operands[0])
        record = self.records.get(param)
        if record is None:
            return None
        form = self.access(op.operands[0], op.operands[1], elem_size(op.operands[0]))
        name = self.params[param].name
        for leaf in leaves(record):
            if form is not None and leaf.covers(form.constant):
                return f"{name}.{leaf.path}"
        return None

    def scalar(self, value: Value) -> str | None:
        """The scalar parameter or member that `value` is, through casts between integers."""
        op = self.defs.get(value)
        while (
            op is not None
            and op.name == "cast"
            and _is_integer(value)
            and _is_integer(op.operands[0])
        ):
            value = op.operands[0]
            op = self.defs.get(value)
        if value in self.params and isinstance(value.type, Scalar):
            return self.params[value].name
        if op is not None and op.name == "load" and isinstance(value.type, Scalar):
            return self.member(op)
        return None


def _is_integer(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.is_integer


def elem_size(pointer: Value) -> int:
    """Bytes of what `pointer` points to."""
    assert isinstance(pointer.type, Pointer), "a pointer is needed"
    return pointer.type.elem.size


def member_offset(op: Op) -> int:
    """Bytes from a record's start to the member that a `field` operation takes."""
    pointer = op.operands[0].type
    record = pointer.elem if isinstance(pointer, Pointer) else None
    assert isinstance(record, Record), "field takes a pointer to a record"
    return record.field(str(op.attrs["name"])).offset
