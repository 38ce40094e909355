"""Generic pointers learn where they point.

A kernel's pointer parameters, and pointers that it finds in its arguments, in global or in
constant memory, point to global memory: the host has no other addresses to give. From there (and
from allocas and globals) the space follows offsets, members, casts, selections and everything
that regions hand on; a value that different spaces reach stays generic. Where types have to
agree, casts are put in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ...ir.dtypes import Pointer, Space, Type
from ...ir.nodes import Func, Module, Op, Region, Value, walk
from ..analysis.effects import root_of
from ..pipeline import FuncPass, PassContext
from ..rewriter import Rewriter, definitions
from .dce import carried_at

_HOST_MEMORY = (Space.GLOBAL, Space.CONSTANT)


@dataclass(frozen=True)
class InferSpaces(FuncPass):
    """Replace `generic` in pointer types by the space that the pointer is known to be in."""

    name: ClassVar[str] = "infer-spaces"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        if not func.is_kernel or not _has_generic(func):
            return func
        return _Retype(func, _Spaces(func).known).rewritten()


def _has_generic(func: Func) -> bool:
    values = [*func.params, *(v for op in walk(func.body) for v in _defined(op))]
    return any(_is_generic(v.type) for v in values)


def _defined(op: Op) -> Iterable[Value]:
    yield from op.results
    for region in op.regions:
        yield from region.args


def _is_generic(type_: Type) -> bool:
    return isinstance(type_, Pointer) and type_.space is Space.GENERIC


class _Spaces:
    """The space of every generic pointer: an optimistic fixpoint. A missing entry is "none yet"."""

    def __init__(self, func: Func) -> None:
        self.func = func
        self.defs = definitions(func.body)
        self.known: dict[Value, Space] = {}
        self.changed = True
        for i, param in enumerate(func.params):
            is_record = (
                f"param{i}.record" in func.attrs
            )  # where its copy lies is the target's affair
            self._meet(param, Space.GENERIC if is_record else Space.GLOBAL)
        while self.changed:
            self.changed = False
            self._region(func.body, None, None)

    def _space(self, value: Value) -> Space | None:
        if not isinstance(value.type, Pointer):
            return None
        if value.type.space is not Space.GENERIC:
            return value.type.space
        return self.known.get(value)

    def _meet(self, value: Value, space: Space | None) -> None:
        if space is None or not _is_generic(value.type):
            return
        before = self.known.get(value)
        after = space if before in (None, space) else Space.GENERIC
        if after is not before:
            self.known[value] = after
            self.changed = True

    def _pass_on(self, values: Iterable[Value], targets: Iterable[Value]) -> None:
        for value, target in zip(values, targets, strict=True):
            self._meet(target, self._space(value))

    def _region(self, region: Region, owner: Op | None, loop: Op | None) -> None:
        for op in region.ops:
            if op.regions:
                self._structured(op, loop)
            elif op.name in ("yield", "condition", "break", "continue"):
                self._terminator(op, region, owner, loop)
            elif len(op.results) == 1 and _is_generic(op.result.type):
                self._plain(op)

    def _structured(self, op: Op, loop: Op | None) -> None:
        if op.name in ("for", "loop"):
            loop = op
            initial = op.operands[carried_at(op) :]
            first = op.regions[0] if not op.attrs.get("do_first") else op.regions[1]
            self._pass_on(initial, first.args[1 if op.name == "for" else 0 :])
            if op.name == "for":
                self._pass_on(initial, op.results)
        for region in op.regions:
            self._region(region, op, loop)

    def _terminator(self, op: Op, region: Region, owner: Op | None, loop: Op | None) -> None:
        if op.name == "break" and loop is not None:
            self._pass_on(op.operands, loop.results)
        elif op.name == "condition" and owner is not None:
            self._pass_on(op.operands[1:], owner.results)
            self._pass_on(op.operands[1:], owner.regions[1].args)
        elif op.name == "continue" and loop is not None:
            self._continued(op, loop)
        elif op.name == "yield" and owner is not None:
            if owner.name == "if":
                self._pass_on(op.operands, owner.results)
            elif owner.name == "loop" and region is owner.regions[2]:
                self._pass_on(op.operands, owner.regions[0].args)
            elif owner.name in ("for", "loop"):
                self._continued(op, owner)

    def _continued(self, op: Op, loop: Op) -> None:
        if loop.name == "for":
            self._pass_on(op.operands, loop.regions[0].args[1:])
            self._pass_on(op.operands, loop.results)
        else:
            self._pass_on(op.operands, loop.regions[2].args)

    def _plain(self, op: Op) -> None:
        if op.name in ("offset", "field", "ptr_cast"):
            self._meet(op.result, self._space(op.operands[0]))
        elif op.name == "select":
            for value in op.operands[1:]:
                self._meet(op.result, self._space(value))
        elif op.name == "load":
            self._meet(op.result, Space.GLOBAL if self._from_host(op) else Space.GENERIC)
        elif op.name != "const":  # the null pointer goes with any space
            self._meet(op.result, Space.GENERIC)

    def _from_host(self, op: Op) -> bool:
        """Whether the host wrote the pointer that `op` loads."""
        root = root_of(op.operands[0], self.defs)
        if isinstance(root, Value) and root in self.func.params:
            return True
        return self._space(op.operands[0]) in _HOST_MEMORY


_SAME_TYPES = {"cmp": (0, 1), "ptr_diff": (0, 1)}


class _Retype(Rewriter):
    def __init__(self, func: Func, known: dict[Value, Space]) -> None:
        super().__init__()
        self.old = func
        self.known = known
        self.loop: Op | None = None
        self.handed_on: tuple[Type, ...] = ()
        """Types that `yield` of the current region has to hand on."""

    def rewritten(self) -> Func:
        params = tuple(self._retyped(v) for v in self.old.params)
        body = self.region(self.old.body)
        if params == self.old.params and body is self.old.body:
            return self.old
        return Func(
            self.old.name,
            params,
            self.old.result,
            body,
            self.old.is_kernel,
            self.old.span,
            self.old.attrs,
        )

    def _retyped(self, value: Value) -> Value:
        space = self.known.get(value, Space.GENERIC)
        if space is Space.GENERIC or not isinstance(value.type, Pointer):
            return value
        new = Value(Pointer(value.type.elem, space), value.name)
        self.replace(value, new)
        return new

    def visit(self, op: Op) -> None:
        if op.regions:
            self._structured(op)
        elif op.name in ("yield", "break", "continue", "condition"):
            self._terminator(op)
        else:
            self._plain(op)

    def _plain(self, op: Op) -> None:
        operands = list(self.operands(op))
        if op.name == "load":
            self._load(op, tuple(operands))
            return
        results = tuple(self._retyped(v) for v in op.results)
        if op.name == "select":
            operands[1:] = [self._as(v, results[0].type, op) for v in operands[1:]]
        elif op.name in _SAME_TYPES:
            operands[1] = self._as(operands[1], operands[0].type, op)
        elif op.name == "store":
            operands[2] = self._as(operands[2], _elem(operands[0]), op)
        elif op.name in ("call", "return"):
            operands = [
                self._as(v, old.type, op) for v, old in zip(operands, op.operands, strict=True)
            ]
        if tuple(operands) == op.operands and results == op.results:
            self.out.append(op)
        else:
            self.out.append(op.with_(operands=tuple(operands), results=results))

    def _load(self, op: Op, operands: tuple[Value, ...]) -> None:
        new = op if operands == op.operands else op.with_(operands=operands)
        self.out.append(new)
        space = self.known.get(op.result, Space.GENERIC)
        if space is not Space.GENERIC and isinstance(op.result.type, Pointer):
            type_ = Pointer(op.result.type.elem, space)
            self.replace(
                op.result, self.emit("ptr_cast", (op.result,), type_, op.span, hint=op.result.name)
            )

    def _as(self, value: Value, type_: Type, op: Op) -> Value:
        if value.type == type_ or not isinstance(type_, Pointer):
            return value
        return self.emit("ptr_cast", (value,), type_, op.span, hint=value.name)

    def _structured(self, op: Op) -> None:
        saved = self.loop, self.handed_on
        results = tuple(self._retyped(v) for v in op.results)
        types = tuple(v.type for v in results)
        operands = self.operands(op)
        if op.name in ("for", "loop"):
            first = carried_at(op)
            carried = (self._as(v, t, op) for v, t in zip(operands[first:], types, strict=True))
            operands = operands[:first] + tuple(carried)
            regions = tuple(self._loop_region(op, r, types) for r in op.regions)
        else:
            self.handed_on = types
            regions = tuple(self.region(r) for r in op.regions)
        self.loop, self.handed_on = saved
        if operands == op.operands and regions == op.regions and results == op.results:
            self.out.append(op)
        else:
            self.out.append(op.with_(operands=operands, regions=regions, results=results))

    def _loop_region(self, op: Op, region: Region, types: tuple[Type, ...]) -> Region:
        self.loop, self.handed_on = op, types
        skip = 1 if op.name == "for" else 0
        args = [*region.args[:skip]]
        for value, type_ in zip(region.args[skip:], types, strict=True):
            new = value if value.type == type_ else Value(type_, value.name)
            if new is not value:
                self.replace(value, new)
            args.append(new)
        new_region = self.region(region)
        if tuple(args) == region.args:
            return new_region
        return Region(tuple(args), new_region.ops)

    def _terminator(self, op: Op) -> None:
        skip = 1 if op.name == "condition" else 0
        operands = self.operands(op)
        values = operands[skip:]
        types = self.handed_on
        if op.name in ("break", "continue"):
            assert self.loop is not None, "a jump stands in a loop"
            types = tuple(self._loop_types(self.loop))
        passed = tuple(self._as(v, t, op) for v, t in zip(values, types, strict=True))
        new = operands[:skip] + passed
        self.out.append(op if new == op.operands else op.with_(operands=new))

    def _loop_types(self, loop: Op) -> Iterable[Type]:
        for value in loop.results:
            yield self.value(value).type


def _elem(pointer: Value) -> Type:
    assert isinstance(pointer.type, Pointer), "stores go through pointers"
    elem = pointer.type.elem
    assert not hasattr(elem, "fields"), "only scalars and pointers are stored"
    return elem  # type: ignore[return-value]
