"""Member functions of classes that launch kernels, as functions of their own.

The index of declarations does not look inside classes. Host code that launches does: a class
with launches, or with calls of host templates, in its body is replaced by its member functions,
whose `owner` is the class. What templates of classes are used with is read off the places that
name them (`Runner<float, 8>`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..ir.diagnostics import Reporter
from .declarations import index_declarations
from .host_text import Tokens, angle_end, split_arguments, text_of
from .items import Item, ItemKind
from .tokens import Token

LAUNCHING_WORDS = frozenset(
    ("<<<", "cudaLaunchKernel", "cudaLaunchCooperativeKernel", "cudaLaunchKernelExC",
     "cudaLaunchKernelEx")
)  # fmt: skip
_ACCESS = ("public", "private", "protected")


def with_members(items: Sequence[Item]) -> list[Item]:
    """The items, classes with host code of interest replaced by their member functions."""
    templates = {
        item.name
        for item in items
        if item.kind is ItemKind.FUNCTION
        and item.template
        and not item.attributes & {"__global__", "__device__"}
    }
    telling = LAUNCHING_WORDS | templates
    found: list[Item] = []
    for item in items:
        if item.kind is ItemKind.CLASS and item.body is not None:
            start, end = item.body
            if any(t.text in telling for t in item.tokens[start:end]):
                found += _members(item)
                continue
        found.append(item)
    return found


def _members(item: Item) -> Iterator[Item]:
    assert item.body is not None, "only classes with a body are cut"
    start, end = item.body
    inner = _without_access(item.tokens[start + 1 : end - 1])
    for member in index_declarations(inner, Reporter()):
        if member.kind is ItemKind.FUNCTION and member.body is not None:
            yield replace(member, scope=item.scope, qualifier=(item.name,), owner=item)
        elif member.kind is ItemKind.CLASS and member.body is not None:
            yield from _members(replace(member, scope=item.scope))


def _without_access(tokens: Sequence[Token]) -> Tokens:
    """The tokens without `public:` and the like."""
    kept: Tokens = []
    for token in tokens:
        if token.text == ":" and kept and kept[-1].text in _ACCESS:
            kept.pop()
            continue
        kept.append(token)
    return kept


def class_uses(item: Item, name: str, places: Sequence[int]) -> Iterator[tuple[int, list[Tokens]]]:
    """Where `name<...>` stands in an item, among the `places` of the name: the position and the
    template arguments."""
    tokens = item.tokens
    for i in places:
        if i + 1 < len(tokens) and tokens[i + 1].text == "<":
            end = angle_end(tokens, i + 1)
            if end > i + 1:
                yield i, split_arguments(tokens[i + 2 : end - 1])


def specialized_arguments(items: Sequence[Item], name: str) -> set[str]:
    """The arguments of explicit specialisations `template <> struct name<...>`, as text."""
    return {
        text_of(item.tokens[item.name_arguments[0] + 1 : item.name_arguments[1] - 1])
        for item in items
        if item.kind is ItemKind.CLASS and item.name == name and item.name_arguments is not None
        and item.specialization
    }  # fmt: skip
