"""Parameter packs: which ones a pattern names, and the pattern once per element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TypeVar

from ..ir.diagnostics import error
from . import syntax
from .entities import Pack
from .state import Body

T = TypeVar("T")


def names_in(node: object) -> Iterator[str]:
    """The first component of every name in a syntax tree."""
    if isinstance(node, syntax.QualifiedName):
        if node.parts and not node.absolute:
            yield node.parts[0].name
        for part in node.parts:
            yield from names_in(part.template_args)
            yield from names_in(part.conversion)
        yield from names_in(node.decltype)
    elif isinstance(node, syntax.Node):
        for field in fields(node):
            if field.name != "span":
                yield from names_in(getattr(node, field.name))
    elif isinstance(node, tuple):
        for item in node:
            yield from names_in(item)


def packs_in(fn: Body, node: syntax.Node) -> list[Pack]:
    """The packs that a pattern names, in order of appearance."""
    found: list[Pack] = []
    for name in names_in(node):
        entities = fn.scope.lookup(name)
        if entities and isinstance(entities[0], Pack) and entities[0] not in found:
            found.append(entities[0])
    return found


def expand(fn: Body, pattern: syntax.Node, make: Callable[[], T]) -> list[T]:
    """`make` once for each element of the packs in `pattern`, with their names bound to it."""
    packs = packs_in(fn, pattern)
    if not packs:
        raise error("ASC0331", "nothing here can be expanded by '...'", pattern.span)
    length = len(packs[0].items)
    for pack in packs[1:]:
        if len(pack.items) != length:
            raise error(
                "ASC0331",
                f"packs '{packs[0].name}' and '{pack.name}' have different lengths "
                f"({length} and {len(pack.items)})",
                pattern.span,
            )
    results: list[T] = []
    for index in range(length):
        with fn.scoped() as scope:
            for pack in packs:
                scope.names[pack.name] = [pack.items[index]]
            results.append(make())
    return results
