"""What the words before a declarator mean together, and declarators on their way to a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..ir.diagnostics import error
from ..ir.source import Span
from . import syntax as s
from .grammar import ParserToken

CHAR_TYPES = frozenset({"wchar_t", "char8_t", "char16_t", "char32_t"})
PLAIN = frozenset({"void", "bool", "float", "auto", "decltype(auto)", *CHAR_TYPES})
ALIASES = {"__int128_t": ("__int128",), "__uint128_t": ("__int128", "unsigned")}
INTEGERS = {
    ("char",): "char",
    ("char", "signed"): "signed char",
    ("char", "unsigned"): "unsigned char",
    ("short",): "short",
    ("short", "unsigned"): "unsigned short",
    (): "int",
    ("unsigned",): "unsigned int",
    ("long",): "long",
    ("long", "unsigned"): "unsigned long",
    ("long", "long"): "long long",
    ("long", "long", "unsigned"): "unsigned long long",
    ("__int128",): "__int128",
    ("__int128", "unsigned"): "unsigned __int128",
    ("double",): "double",
    ("double", "long"): "long double",
}


class Words(NamedTuple):
    """Specifiers, sorted out."""

    specifier: s.TypeSpecifier
    storage: frozenset[str]
    attributes: tuple[s.Attribute, ...]


@dataclass(frozen=True, slots=True)
class ClassMention:
    """`struct name` where no definition follows."""

    span: Span
    key: str
    name: s.QualifiedName
    attributes: tuple[s.Attribute, ...]


class Draft:
    """A declarator that is still growing: name, parts, and what follows them."""

    __slots__ = (
        "arguments",
        "attributes",
        "bindings",
        "bit_width",
        "name",
        "pack",
        "parts",
        "span",
        "special",
        "style",
    )

    def __init__(self, span: Span) -> None:
        self.span = span
        self.name: s.QualifiedName | None = None
        self.parts: list[s.DeclaratorPart] = []
        self.pack = False
        self.bit_width: s.Expr | None = None
        self.attributes: list[s.Attribute] = []
        self.style = ""
        self.arguments: list[Any] = []
        self.special = ""
        self.bindings: tuple[str, ...] = ()

    def finish(self) -> s.Declarator:
        return s.Declarator(self.span, self.name, tuple(self.parts), self.pack, self.bit_width)


def read_specifiers(
    words: Sequence[Any],
    *,
    allowed: frozenset[str] | None = None,
    mention: bool = False,
    special: bool = False,
) -> Words:
    """Sort specifiers out. `allowed`: the storage words that may stand here (None: all);
    `mention`: `struct A` alone declares A; `special`: there is no type (constructors)."""
    storage: list[str] = []
    builtins: list[str] = []
    attributes: list[s.Attribute] = []
    types: list[Any] = []
    const = volatile = False
    for word in words:
        if isinstance(word, ParserToken):
            if word.kind == "STORAGE":
                if allowed is not None and word.text not in allowed:
                    raise error("ASC0206", f"'{word.text}' cannot stand here", word.span)
                storage.append(word.text)
            elif word.kind == "BUILTIN":
                builtins.append(word.text)
            else:
                const = const or word.text == "const"
                volatile = volatile or word.text == "volatile"
        elif isinstance(word, s.Attribute):
            attributes.append(word)
        else:
            types.append(word)
    span = words[0].span.to(words[-1].span) if words else Span("<builtin>", 1, 1, 1, 1)
    if special:
        return Words(s.TypeSpecifier(span, "void"), frozenset(storage), tuple(attributes))
    specifier = _specifier(span, builtins, types, const, volatile, mention)
    return Words(specifier, frozenset(storage), tuple(attributes))


def _specifier(
    span: Span, builtins: list[str], types: list[Any], const: bool, volatile: bool, mention: bool
) -> s.TypeSpecifier:
    if len(types) + bool(builtins) > 1:
        raise error("ASC0206", "two types in one declaration", types[-1].span)
    if builtins:
        return s.TypeSpecifier(span, _builtin(builtins, span), const=const, volatile=volatile)
    if not types:
        raise error("ASC0206", "a declaration needs a type", span, help="C++ has no implicit 'int'")
    what = types[0]
    if isinstance(what, s.QualifiedName):
        return s.TypeSpecifier(span, name=what, const=const, volatile=volatile)
    if isinstance(what, s.TypeSpecifier):
        return s.TypeSpecifier(span, decltype=what.decltype, const=const, volatile=volatile)
    if isinstance(what, ClassMention):
        if mention and what.key != "enum":
            forward = s.ClassDefinition(
                what.span, what.key, what.name, attributes=what.attributes, body=False
            )
            return s.TypeSpecifier(span, definition=forward, const=const, volatile=volatile)
        return s.TypeSpecifier(span, name=what.name, const=const, volatile=volatile)
    return s.TypeSpecifier(span, definition=what, const=const, volatile=volatile)


def _builtin(words: list[str], span: Span) -> str:
    if len(words) == 1 and words[0] in PLAIN:
        return words[0]
    expanded: list[str] = []
    for word in words:
        expanded.extend(ALIASES.get(word, (word.strip("_") if word == "__signed__" else word,)))
    signed = "signed" in expanded
    kept = [w for w in expanded if w != "int" and (w != "signed" or "char" in expanded)]
    found = INTEGERS.get(tuple(sorted(kept, key=_order)))
    if found is None or (signed and "unsigned" in expanded) or expanded.count("int") > 1:
        raise error("ASC0206", f"'{' '.join(words)}' is no type", span)
    return found


def _order(word: str) -> tuple[bool, str]:
    return (word in ("signed", "unsigned"), word)
