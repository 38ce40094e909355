"""The same computation is done once: pure operations, and loads with no write in between.

Values are visible in their region and inside it, so a stack of tables, one for each region, finds
exactly the earlier operations that dominate. Memory has versions: one for each local variable
whose address does not escape, one for everything else; read-only memory never changes. Two values
with different names in the source stay two.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import ClassVar

from ...ir.dtypes import Pointer, Space
from ...ir.nodes import Func, Module, Op, Region, Value, walk
from ...ir.ops import COMMUTATIVE, OPS, PURE, Effect
from ..analysis.effects import effects, root_of
from ..pipeline import FuncPass, PassContext
from ..rewriter import Renamer, Rewriter, definitions

_OWN_STORAGE = frozenset({"alloca", "lane_array"})
_QUIET = frozenset({Effect.PURE, Effect.READ, Effect.CONTROL})
_Place = Value | str
OTHER: _Place = "memory"
"""Everything that is not a private local variable."""
CONSTANT: _Place = "constant"
"""What never changes while the kernel runs."""


@dataclass(frozen=True)
class Cse(FuncPass):
    """Use an earlier result instead of computing it again."""

    name: ClassVar[str] = "cse"

    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        new = _Cse(func)
        body = new.region(func.body)
        if new.names:
            body = Renamer(new.names).region(body)
        return func if body is func.body else func.with_body(body)


class Places:
    """Which part of memory an address belongs to."""

    def __init__(self, func: Func) -> None:
        self.defs = definitions(func.body)
        self.escaping = frozenset(effects(func).escapes)
        self.constant = {
            p
            for i, p in enumerate(func.params)
            if func.is_kernel
            and func.attrs.get(f"param{i}.const")
            and func.attrs.get(f"param{i}.restrict")
        }

    def of(self, pointer: Value) -> _Place:
        root = root_of(pointer, self.defs)
        if isinstance(root, Value):
            if root in self.constant:
                return CONSTANT
            if root in self.defs and root not in self.escaping:
                return root
        is_constant = isinstance(pointer.type, Pointer) and pointer.type.space is Space.CONSTANT
        return CONSTANT if is_constant else OTHER

    def written(self, op: Op) -> list[_Place]:
        """What `op` itself (without its regions) may change."""
        if op.name in ("store", "copy", "atomic", "atomic_cas"):
            return [self.of(op.operands[0])]
        return [] if OPS[op.name].effect in _QUIET else [OTHER]

    def written_inside(self, op: Op) -> list[_Place]:
        places: dict[_Place, None] = {}
        for region in op.regions:
            for inner in walk(region):
                places |= dict.fromkeys(self.written(inner))
        return list(places)


class _Cse(Rewriter):
    def __init__(self, func: Func) -> None:
        super().__init__()
        self.places = Places(func)
        self.names: dict[Value, str] = {}
        self.known: MutableMapping[object, Value] = ChainMap()
        self.version: dict[_Place, int] = {}
        self.next_version = 0

    def region(self, region: Region) -> Region:
        saved = self.known
        assert isinstance(saved, ChainMap), "tables form a stack"
        self.known = saved.new_child()
        new = super().region(region)
        self.known = saved
        return new

    def visit(self, op: Op) -> None:
        if op.regions:
            self._structured(op)
            return
        new = self.rebuilt(op)
        key = self._key(new)
        if key is not None:
            earlier = self.known.get(key)
            if earlier is not None and self._may_merge(earlier, op.result):
                self.replace(op.result, earlier)
                return
            self.known[key] = op.result
        self._changed(self.places.written(op))
        self.out.append(new)

    def _structured(self, op: Op) -> None:
        written = self.places.written_inside(op)
        loops = op.name != "if"
        if loops:  # what a later iteration reads, an earlier one may have written
            self._changed(written)
        self.out.append(self.rebuilt(op))
        self._changed(written)

    def _changed(self, places: list[_Place]) -> None:
        for place in places:
            self.next_version += 1
            self.version[place] = self.next_version

    def _key(self, op: Op) -> object:
        if len(op.results) != 1:
            return None
        if op.name in PURE and op.name not in _OWN_STORAGE:
            return _key(op, op.operands)
        if op.name == "load" and not op.attrs.get("volatile"):
            place = self.places.of(op.operands[0])
            return (_key(op, op.operands), place, self.version.get(place, 0))
        return None

    def _may_merge(self, earlier: Value, value: Value) -> bool:
        if not value.name or earlier.name == value.name:
            return True
        if earlier.name or earlier in self.names:
            return self.names.get(earlier) == value.name
        definition = self.places.defs.get(earlier)
        if definition is not None and definition.name != "const":
            self.names[earlier] = value.name
        return True


def _key(op: Op, operands: tuple[Value, ...]) -> object:
    ids = [id(v) for v in operands]
    if op.name in COMMUTATIVE:
        ids.sort()
    attrs = _attrs_key(op.attrs) if op.attrs else ()
    return (op.name, tuple(ids), attrs, op.results[0].type)


def _attrs_key(attrs: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Attributes as text: tells -0.0 from 0.0, and 1 from true."""
    return tuple(sorted((k, repr(v)) for k, v in attrs.items()))
