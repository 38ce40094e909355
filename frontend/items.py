"""A declaration at namespace level, as the index of a translation unit has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..ir.source import NOWHERE, Span
from .tokens import Token


class ItemKind(Enum):
    """What a declaration declares."""

    FUNCTION = "function"
    VARIABLE = "variable"
    CLASS = "class"
    ENUM = "enum"
    TYPEDEF = "typedef"
    USING_DIRECTIVE = "using directive"
    USING_DECLARATION = "using declaration"
    NAMESPACE_ALIAS = "namespace alias"
    STATIC_ASSERT = "static assertion"
    EXPLICIT_INSTANTIATION = "explicit instantiation"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One declaration. Ranges are half-open and index `tokens`.

    `scope` are the enclosing namespaces, without anonymous and inline ones; `qualifier` what
    stands before the name (`A::f` has `("A",)`). `template_range` covers all template headers,
    `name_arguments` the `<...>` after the name of a specialisation or instantiation, `parameters`
    a function's parentheses, `body` its braces or those of a class or enum (for a constructor,
    from the `:` on). A variable with several declarators has several `names`; so have a class
    and a typedef (`typedef struct A {...} B, *C;`: name A, names A, B, C). `owner` is the class of
    a member function that host code's analysis took out of it.
    """

    kind: ItemKind
    name: str
    tokens: list[Token]
    scope: tuple[str, ...] = ()
    qualifier: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    name_index: int | None = None
    template: bool = False
    template_range: tuple[int, int] | None = None
    specialization: bool = False
    name_arguments: tuple[int, int] | None = None
    attributes: frozenset[str] = frozenset()
    parameters: tuple[int, int] | None = None
    body: tuple[int, int] | None = None
    is_definition: bool = False
    owner: Item | None = None

    @property
    def span(self) -> Span:
        """The name, or the first token."""
        if self.name_index is not None:
            return self.tokens[self.name_index].span
        return self.tokens[0].span if self.tokens else NOWHERE

    @property
    def name_token(self) -> Token | None:
        return self.tokens[self.name_index] if self.name_index is not None else None

    @property
    def qualified_name(self) -> str:
        return "::".join((*self.scope, *self.qualifier, self.name))


def is_kernel(item: Item) -> bool:
    """Whether the item declares a `__global__` function."""
    return item.kind is ItemKind.FUNCTION and "__global__" in item.attributes


def is_device(item: Item) -> bool:
    """Whether device code may use the item: by its attribute, or because it is constexpr."""
    return bool(item.attributes & {"__device__", "__global__", "__constant__", "constexpr"})
