"""What each parameter of a kernel is for: read off its accesses, bounds and comparisons.

The answer is plain data, free of IR, so that whoever makes up arguments for a kernel can use it:
which buffers are read and written and how wide, whose elements are used as indices into what,
which numbers are sizes, strides, modes, divisors. Where the kernel does not say, the answer is
the careful one: a buffer that is reached in a way that cannot be followed is `inout`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...ir.dtypes import MemoryType, Pointer, Scalar
from ...ir.nodes import Func, Module, Value
from .kernel_facts import KernelFacts
from .pointer_uses import PointerUses
from .provenance import Leaf, leaves, parameter_names
from .role import IndexUse, Member, PointerUse, Role, ScalarUse
from .scalar_uses import ScalarUses

__all__ = ["IndexUse", "Member", "PointerUse", "Role", "ScalarUse", "roles", "table"]


def roles(module: Module, kernel: Func, known: KernelFacts | None = None) -> tuple[Role, ...]:
    """What each parameter of `kernel` (after the SIMT pipeline) is for, in order."""
    maker = _Maker(known or KernelFacts(module, kernel))
    return tuple(
        maker.parameter(at, name, value)
        for at, (name, value) in enumerate(zip(parameter_names(kernel), kernel.params, strict=True))
    )


class _Maker:
    def __init__(self, known: KernelFacts) -> None:
        self.known = known
        self.pointers = PointerUses(known)
        self.scalars = ScalarUses(known)

    def parameter(self, at: int, name: str, value: Value) -> Role:
        record = self.known.provenance.records.get(value)
        if record is not None:
            fields = tuple(self._member(at, name, leaf) for leaf in leaves(record))
            return Role(name, "record", record.name, at, fields=fields)
        if f"param{at}.record" in self.known.func.attrs:
            return Role(name, "record", str(self.known.func.attrs[f"param{at}.record"]), at)
        return self._typed(Leaf(name, 0, value.type), at, name)

    def _member(self, at: int, name: str, leaf: Leaf) -> Role:
        return self._typed(leaf, at, f"{name}.{leaf.path}")

    def _typed(self, leaf: Leaf, at: int, name: str) -> Role:
        """The role of a scalar or pointer."""
        place = (at, leaf.offset, leaf.count, leaf.stride)
        if isinstance(leaf.type, Scalar):
            use = self.scalars.of(name, leaf.type)
            return Role(name, "scalar", leaf.type.name, *place, scalar=use)
        pointee = leaf.type.elem
        return Role(
            name,
            "pointer",
            str(pointee).removeprefix("!"),
            *place,
            pointer=self.pointers.of(name, pointee),
            fields=tuple(self._pointee(at, name, pointee)),
        )

    def _pointee(self, at: int, name: str, pointee: MemoryType) -> Sequence[Role]:
        """What a buffer of pointers points to."""
        if not isinstance(pointee, Pointer):
            return ()
        inner = Leaf(f"{name}[]", 0, pointee)
        return (self._typed(inner, at, f"{name}[]"),)


def table(found: Sequence[Role]) -> str:
    """One line a role, for people."""
    return "".join(f"{_line(item)}\n" for role in found for item in role.flat())


def _line(role: Role) -> str:
    text = f"{role.name}: {role.type}" + (f"[{role.count}]" if role.count > 1 else "")
    if role.pointer is not None:
        return f"{text}* {_pointer_text(role.pointer)}"
    if role.scalar is not None:
        return f"{text} {_scalar_text(role.scalar)}"
    return text


def _pointer_text(use: PointerUse) -> str:
    parts = [use.direction, use.element]
    if use.widths:
        parts.append("x".join(map(str, use.widths)) + f" align {use.align}")
    parts += [f"atomic {name}" for name in use.atomics]
    for item in use.index_into:
        limit = f" below {item.limit}" if item.limit else ""
        parts.append(f"-> {item.buffer} by {item.scale}{' guarded' if item.guarded else ''}{limit}")
    flags = ("nullable", "bounds_loop", "monotone", "controls")
    parts += [flag for flag in flags if getattr(use, flag)]
    if use.choices:
        parts.append(f"compared with {', '.join(f'{c:g}' for c in use.choices)}")
    return ", ".join(parts)


def _scalar_text(use: ScalarUse) -> str:
    parts = [use.use]
    if use.uses:
        parts.append(f"({' '.join(use.uses)})")
    if use.choices:
        parts.append(f"choices {', '.join(f'{c:g}' for c in use.choices)}")
    if use.multiple_of > 1:
        parts.append(f"multiple of {use.multiple_of}")
    if use.nonzero:
        parts.append("not 0")
    return " ".join(parts)
