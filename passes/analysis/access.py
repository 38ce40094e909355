"""What each load, store, copy and atomic touches: root, index form, guards, enclosing loops.

The index is a form in bytes from the root, and in elements where it divides. A guard is a
condition that holds whenever the access happens: that of an enclosing branch, or the opposite of
one whose side left (`if (i >= n) return;` guards everything behind it).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...ir.dtypes import Pointer
from ...ir.nodes import Func, Op, Region, Value
from .affine import ZERO, Affine, AffineForms, constant_form
from .effects import Root, root_of

_KINDS = {"load": ("read",), "store": ("write",), "atomic": ("atomic",), "atomic_cas": ("atomic",)}


@dataclass(frozen=True, slots=True)
class Guard:
    """`condition` has the value `holds`."""

    condition: Value
    holds: bool

    def __str__(self) -> str:
        return f"{'' if self.holds else '!'}%{self.condition.name or '?'}"


@dataclass(frozen=True, slots=True)
class Access:
    """One access; `bytes` is its form from `root`, None where it is not known."""

    op: Op
    kind: str
    """`read`, `write` or `atomic`."""
    root: Root
    bytes: Affine | None
    size: int
    """Bytes touched."""
    guards: tuple[Guard, ...]
    loops: tuple[Op, ...]

    def elements(self) -> Affine | None:
        """The form in elements of `size` bytes, where the bytes divide."""
        if self.bytes is None or any(c % self.size for _, c in self.bytes.terms):
            return None
        terms = tuple((m, c // self.size) for m, c in self.bytes.terms)
        return Affine(terms, self.bytes.exact)

    def __str__(self) -> str:
        shown = self.elements()
        index = f"{shown}" if shown is not None else f"? bytes: {self.bytes}"
        text = f"{self.kind} {_root_text(self.root)}[{index}] x {self.size}"
        if self.guards:
            text += " if " + " and ".join(map(str, self.guards))
        return text


def _root_text(root: Root) -> str:
    if root is None:
        return "?"
    return f"@{root}" if isinstance(root, str) else f"%{root.name or '?'}"


def accesses(func: Func) -> list[Access]:
    """Every access of `func`, in program order."""
    return list(_Walk(func).region(func.body, (), ()))


class _Walk:
    def __init__(self, func: Func) -> None:
        self.forms = AffineForms(func)

    def region(
        self, region: Region, guards: tuple[Guard, ...], loops: tuple[Op, ...]
    ) -> Iterator[Access]:
        for op in region.ops:
            if op.name in _KINDS:
                yield self._access(op, _KINDS[op.name][0], 0, guards, loops)
            elif op.name == "copy":
                yield self._access(op, "write", 0, guards, loops)
                yield self._access(op, "read", 1, guards, loops)
            elif op.name == "if":
                condition = op.operands[0]
                yield from self.region(op.regions[0], (*guards, Guard(condition, True)), loops)
                yield from self.region(op.regions[1], (*guards, Guard(condition, False)), loops)
                guards = (*guards, *_left_behind(op))
            elif op.regions:
                is_loop = op.name in ("for", "loop")
                for inner in op.regions:
                    yield from self.region(inner, guards, (*loops, op) if is_loop else loops)

    def _access(
        self, op: Op, kind: str, operand: int, guards: tuple[Guard, ...], loops: tuple[Op, ...]
    ) -> Access:
        pointer = op.operands[operand]
        form = self._address(pointer)
        if op.name == "copy":
            size = op.attrs["bytes"]
            assert isinstance(size, int), "copy has a size"
        else:
            size = _elem_size(pointer)
            form = self._plus(form, op.operands[1], size)
        root = root_of(pointer, self.forms.defs)
        return Access(op, kind, root, form, size, guards, loops)

    def _address(self, pointer: Value) -> Affine | None:
        """The bytes from the root to `pointer`."""
        op = self.forms.defs.get(pointer)
        if op is None or op.name in ("alloca", "global_addr"):
            return ZERO
        if op.name == "ptr_cast":
            return self._address(op.operands[0])
        if op.name == "offset":
            base = self._address(op.operands[0])
            return self._plus(base, op.operands[1], _elem_size(op.operands[0]))
        if op.name == "field":
            base = self._address(op.operands[0])
            at = constant_form(_member_offset(op))
            return None if base is None else self.forms.plus(base, at)
        return None

    def _plus(self, base: Affine | None, index: Value, size: int) -> Affine | None:
        if base is None:
            return None
        return self.forms.plus(base, self.forms.of(index), size)


def _left_behind(op: Op) -> Iterator[Guard]:
    """What holds behind a branch of which one side leaves."""
    leaves = [r.terminator.name != "yield" for r in op.regions]
    if leaves == [True, False]:
        yield Guard(op.operands[0], False)
    elif leaves == [False, True]:
        yield Guard(op.operands[0], True)


def _elem_size(pointer: Value) -> int:
    assert isinstance(pointer.type, Pointer), "accesses go through pointers"
    return pointer.type.elem.size


def _member_offset(op: Op) -> int:
    pointer = op.operands[0].type
    assert isinstance(pointer, Pointer), "field takes a pointer"
    record = pointer.elem
    assert hasattr(record, "field"), "field takes a pointer to a record"
    offset: int = record.field(str(op.attrs["name"])).offset
    return offset


def text(func: Func) -> str:
    """One line per access."""
    return "".join(f"{item}\n" for item in accesses(func)) or "none\n"
