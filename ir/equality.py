"""Structural equality of modules: the same operations in the same order on corresponding values.

Values correspond by where they are defined; their name hints do not count. Positions count
unless asked otherwise, expansion chains never.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .nodes import Attr, Func, Module, Op, Region, Value
from .printer import attr_text, print_op
from .source import NOWHERE, Span


def equal(a: Module, b: Module, *, spans: bool = True) -> bool:
    """Whether the modules are the same but for hints."""
    return difference(a, b, spans=spans) is None


def difference(a: Module, b: Module, *, spans: bool = True) -> str | None:
    """The first difference in words; None where the modules are equal."""
    if a.records != b.records:
        return "the records differ"
    plain_a = [
        (g.name, g.elem, g.count, g.space, g.align, g.init, g.source_name) for g in a.globals
    ]
    plain_b = [
        (g.name, g.elem, g.count, g.space, g.align, g.init, g.source_name) for g in b.globals
    ]
    if plain_a != plain_b:
        return "the globals differ"
    if spans and [_plain(g.span) for g in a.globals] != [_plain(g.span) for g in b.globals]:
        return "positions of globals differ"
    if [f.name for f in a.funcs] != [f.name for f in b.funcs]:
        return "the functions' names differ"
    for func_a, func_b in zip(a.funcs, b.funcs, strict=True):
        found = _Comparison(spans).funcs(func_a, func_b)
        if found:
            return f"@{func_a.name}: {found}"
    return None


def _plain(span: Span) -> Span:
    return NOWHERE if span.file == NOWHERE.file else span._replace(expansion=None)


def _attrs(attrs: Mapping[str, Attr]) -> dict[str, str]:
    """Texts compare NaNs by their bits and keep 1, 1.0 and true apart."""
    return {key: attr_text(value) for key, value in attrs.items()}


class _Comparison:
    """Compares two functions; `partner` maps values of the first to those of the second."""

    def __init__(self, spans: bool) -> None:
        self.spans = spans
        self.partner: dict[Value, Value] = {}

    def funcs(self, a: Func, b: Func) -> str | None:
        if a.is_kernel != b.is_kernel or a.result != b.result or _attrs(a.attrs) != _attrs(b.attrs):
            return "the signatures or attributes differ"
        if self.spans and _plain(a.span) != _plain(b.span):
            return "the positions differ"
        if not self.define(a.params, b.params):
            return "the parameters differ"
        return self.regions(a.body, b.body)

    def define(self, a: Sequence[Value], b: Sequence[Value]) -> bool:
        self.partner.update(zip(a, b, strict=False))
        return [v.type for v in a] == [v.type for v in b]

    def regions(self, a: Region, b: Region) -> str | None:
        if not self.define(a.args, b.args):
            return "the arguments of a region differ"
        for op_a, op_b in zip(a.ops, b.ops, strict=False):
            found = self.ops(op_a, op_b)
            if found:
                return found
        if len(a.ops) != len(b.ops):
            longer = max(a.ops, b.ops, key=len)
            return f"only one has: {print_op(longer[min(len(a.ops), len(b.ops))])}"
        return None

    def ops(self, a: Op, b: Op) -> str | None:
        same = (
            a.name == b.name
            and [self.partner.get(v) for v in a.operands] == list(b.operands)
            and _attrs(a.attrs) == _attrs(b.attrs)
            and len(a.regions) == len(b.regions)
            and (not self.spans or _plain(a.span) == _plain(b.span))
        )
        for region_a, region_b in zip(a.regions, b.regions, strict=False):
            found = self.regions(region_a, region_b) if same else None
            if found:
                return found
        if same and self.define(a.results, b.results):
            return None
        return f"{print_op(a.with_(regions=()))} is not {print_op(b.with_(regions=()))}"
