"""Everything that the questions "how is this kernel called" share, computed once.

A `Site` is an access together with the memories it may reach and its address as a form in bytes.
Forms are written as text over the names that a caller knows: parameters, members, launch sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...ir.dtypes import Pointer, Record
from ...ir.nodes import Func, Module, Op, Value, walk
from .access import Access, accesses
from .affine import Affine, AffineForms, Monomial, Symbol
from .conditions import Fact, facts
from .effects import DERIVING
from .flows import Flows
from .provenance import Memory, Provenance, elem_size, leaves


@dataclass(frozen=True, slots=True)
class Site:
    """One access: what it may reach, the address in bytes from its root, its labels."""

    access: Access
    pointer: Value
    index: Value | None
    memories: tuple[Memory, ...]
    form: Affine | None
    mask: int
    """What flows into the address."""

    @property
    def op(self) -> Op:
        return self.access.op

    @property
    def kind(self) -> str:
        return self.access.kind

    @property
    def size(self) -> int:
        return self.access.size

    record: Record | None = None
    """The class of which the access takes a member, the outermost where they nest."""

    @property
    def align(self) -> int:
        """What the access needs its address, or that of the record, to be a multiple of."""
        stated = self.op.attrs.get("align")
        own = stated if isinstance(stated, int) and stated > 0 else self.size
        return max(own, self.record.align) if self.record is not None else own

    @property
    def width(self) -> int:
        """Bytes that the source takes at once: a vector may be read member by member."""
        return max(self.size, self.record.size) if self.record is not None else self.size

    @property
    def unit(self) -> int:
        """Bytes of the scalars that the access is made of."""
        type_ = self.pointer.type
        assert isinstance(type_, Pointer), "accesses go through pointers"
        return min((leaf.type.size for leaf in leaves(type_.elem)), default=self.size)


class KernelFacts:
    """A kernel with its forms, flows and sites."""

    def __init__(self, module: Module, func: Func) -> None:
        self.module = module
        self.func = func
        self.forms = AffineForms(func)
        self.provenance = Provenance(func, self.forms)
        self.flows = Flows(func, self.provenance)
        self.defs = self.provenance.defs
        self.ops = list(walk(func.body))
        self.sites = [self._site(access) for access in accesses(func)]

    def _site(self, access: Access) -> Site:
        op = access.op
        at = 1 if op.name == "copy" and access.kind == "read" else 0
        pointer = op.operands[at]
        index = None if op.name == "copy" else op.operands[1]
        form = self.provenance.access(pointer, index, elem_size(pointer))
        mask = self.flows.of(pointer) | (self.flows.of(index) if index is not None else 0)
        memories = self.provenance.memories(pointer)
        return Site(access, pointer, index, memories, form, mask, self._record(pointer))

    def _record(self, pointer: Value) -> Record | None:
        """The outermost record of which `pointer` leads to a member."""
        found: Record | None = None
        op = self.defs.get(pointer)
        while op is not None and op.name in DERIVING:
            pointer = op.operands[0]
            type_ = pointer.type
            if op.name == "field" and isinstance(type_, Pointer):
                found = type_.elem if isinstance(type_.elem, Record) else found
            elif op.name == "offset" and found is not None:
                break
            op = self.defs.get(pointer)
        return found

    def facts(self, access: Access) -> list[Fact]:
        """The comparisons that hold wherever the access happens."""
        return [
            fact
            for guard in access.guards
            for fact in facts(guard.condition, guard.holds, self.defs)
        ]

    # Names

    def symbol_name(self, symbol: Symbol) -> str | None:
        """How a caller would call a symbol; None for what only threads know."""
        if isinstance(symbol, Value):
            return self.provenance.scalar(symbol)
        return symbol if symbol.startswith(("blockDim", "gridDim")) else None

    def scalars(self, monomial: Monomial) -> tuple[str, ...]:
        """The scalar parameters among the factors of a monomial."""
        found = (self.provenance.scalar(s) for s in monomial if isinstance(s, Value))
        return tuple(name for name in found if name is not None)

    def text(self, form: Affine) -> str | None:
        """`form` over names that a caller knows; None where it has another symbol."""
        parts: list[str] = []
        for monomial, number in sorted(form.terms, key=lambda term: not term[0]):
            names = [self.symbol_name(symbol) for symbol in monomial]
            known = [name for name in names if name is not None]
            if len(known) < len(names):
                return None
            factors = [str(abs(number))] if abs(number) != 1 or not known else []
            shown = "*".join([*factors, *known])
            sign = "-" if number < 0 else "+"
            parts.append(f" {sign} {shown}" if parts else f"{'-' if number < 0 else ''}{shown}")
        return "".join(parts) or "0"

    def is_uniform(self, form: Affine) -> bool:
        """Whether a caller can compute `form` before the launch."""
        return all(self.symbol_name(symbol) is not None for symbol in form.symbols())


def divided(form: Affine, number: int) -> Affine | None:
    """`form` / `number` where every coefficient divides."""
    if number == 0 or any(c % number for _, c in form.terms):
        return None
    return Affine(tuple((m, c // number) for m, c in form.terms), form.exact)
