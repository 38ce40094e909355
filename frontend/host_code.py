"""Names and types in host code, as far as they are plain to see.

For a position in a declaration's tokens: which names are declared around it (parameters, local
variables, constants, aliases, parameters of lambdas), and the type of simple expressions. An
answer is None where it is not plain. Each declaration is scanned once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .brackets import match_brackets
from .host_members import with_members
from .host_text import (
    OPENERS,
    POINTER_WORDS,
    SPECIFIERS,
    TYPE_WORDS,
    Declared,
    Tokens,
    angle_end,
    base_type,
    declarations_at,
    function_parameters,
    initializer_end,
    parameter,
    skip_bracket,
    split_arguments,
)
from .items import Item, ItemKind
from .tokens import CHAR, IDENT, NUMBER, PUNCT, STRING, Token


@dataclass(frozen=True, slots=True)
class Lambda:
    """A lambda around a position: its variable's name or "", where its `[` is, its parameters."""

    name: str
    index: int
    parameters: list[Declared]


class Scopes:
    """Every declaration in an item's body, with the range of tokens in which it is in sight."""

    def __init__(self, item: Item, match: list[int]) -> None:
        self._names: dict[str, list[tuple[int, int, Declared]]] = {}
        self._lambdas: list[tuple[int, int, Lambda]] = []
        self._tokens = item.tokens
        self._match = match
        for declared in function_parameters(item):
            self._add(declared, -1, len(item.tokens))
        self._scan(item.body[0] if item.body else 0)

    def _add(self, declared: Declared, start: int, end: int) -> None:
        self._names.setdefault(declared.name, []).append((start, end, declared))

    def _scan(self, i: int) -> None:
        tokens, match = self._tokens, self._match
        ends = [len(tokens)]
        statement = True
        while i < len(tokens):
            while i >= ends[-1] and len(ends) > 1:
                ends.pop()
            if statement:
                for declared in declarations_at(tokens, i)[0]:
                    self._add(declared, i, ends[-1])
            text = tokens[i].text
            statement = text in (";", "{", "}") or (
                text == "(" and i > 0 and tokens[i - 1].text in ("for", "if")
            )
            if text == "{":
                ends.append(match[i] if match[i] > i else len(tokens))
                self._enter_lambda(i, ends[-1])
            i += 1

    def _enter_lambda(self, brace: int, end: int) -> None:
        """Note the lambda whose body starts at `brace`, if it is one."""
        tokens, match = self._tokens, self._match
        j = brace - 1
        while j > 0 and tokens[j].text in ("mutable", "noexcept", "constexpr"):
            j -= 1
        parameters: list[Declared] = []
        if j > 0 and tokens[j].text == ")" and match[j] > 0:
            inner = tokens[match[j] + 1 : j]
            parameters = [parameter(p) for p in split_arguments(inner) if p]
            j = match[j] - 1
        if j < 0 or tokens[j].text != "]" or match[j] < 0:
            return
        start = match[j]
        if start > 0 and (tokens[start - 1].kind == IDENT or tokens[start - 1].text in ")]"):
            return
        named = start > 1 and tokens[start - 1].text == "="
        name = tokens[start - 2].text if named else ""
        self._lambdas.append((brace, end, Lambda(name, start, parameters)))
        for declared in parameters:
            self._add(declared, brace, end)

    def get(self, name: str, position: int) -> Declared | None:
        """The innermost declaration of `name` in sight at `position`."""
        entries = self._names.get(name, [])
        for i in range(bisect_left(entries, position, key=lambda e: e[0]) - 1, -1, -1):
            if entries[i][1] > position:
                return entries[i][2]
        return None

    def lambdas(self, position: int) -> list[Lambda]:
        """The lambdas around a position, outermost first."""
        return [inner for start, end, inner in self._lambdas if start < position < end]

    def names(self) -> Sequence[str]:
        return list(self._names)


class Sight:
    """What is in sight at one position."""

    def __init__(self, scopes: Scopes, position: int) -> None:
        self._scopes = scopes
        self._position = position

    def get(self, name: str) -> Declared | None:
        return self._scopes.get(name, self._position)

    def lambdas(self) -> list[Lambda]:
        return self._scopes.lambdas(self._position)

    def declared(self) -> Iterator[Declared]:
        """All names in sight."""
        for name in self._scopes.names():
            found = self.get(name)
            if found is not None:
                yield found


class HostCode:
    """The declarations of a file, by what host code needs to know about them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = with_members(items)
        self.kernels: dict[str, list[Item]] = {}
        self.functions: dict[str, list[Item]] = {}
        self.globals: dict[str, Declared] = {}
        self.types: set[str] = set()
        self.classes: dict[str, Item] = {}
        self._members: dict[str, dict[str, Tokens]] = {}
        self._matches: dict[int, list[int]] = {}
        self._scopes: dict[int, Scopes] = {}
        self._identifiers: dict[int, dict[str, list[int]]] = {}
        self._assigned: dict[tuple[int, str], list[tuple[int, Tokens]]] = {}
        for item in items:
            self._add(item)
        for item in self.items:
            if item.owner is not None:
                self.functions.setdefault(item.name, []).append(item)

    def _add(self, item: Item) -> None:
        if item.kind is ItemKind.FUNCTION and "__global__" in item.attributes:
            self.kernels.setdefault(item.name, []).append(item)
        elif item.kind is ItemKind.FUNCTION:
            self.functions.setdefault(item.name, []).append(item)
        elif item.kind is ItemKind.VARIABLE:
            found, _ = declarations_at(item.tokens, 0)
            self.globals.update((d.name, d) for d in found)
        elif item.kind in (ItemKind.CLASS, ItemKind.TYPEDEF, ItemKind.ENUM):
            self.types.update(item.names)
            if item.kind is ItemKind.CLASS and item.body is not None and not item.template:
                self.classes.update((name, item) for name in item.names)

    def match(self, item: Item) -> list[int]:
        """Partners of the item's brackets."""
        if id(item) not in self._matches:
            self._matches[id(item)] = match_brackets(item.tokens)
        return self._matches[id(item)]

    def sight(self, item: Item, position: int) -> Sight:
        """What is declared around `position` in the item."""
        if id(item) not in self._scopes:
            self._scopes[id(item)] = Scopes(item, self.match(item))
        return Sight(self._scopes[id(item)], position)

    def identifiers(self, item: Item) -> dict[str, list[int]]:
        """Where each identifier of the item stands."""
        if id(item) not in self._identifiers:
            index: dict[str, list[int]] = {}
            for i, token in enumerate(item.tokens):
                if token.kind == IDENT:
                    index.setdefault(token.text, []).append(i)
            self._identifiers[id(item)] = index
        return self._identifiers[id(item)]

    def calls(
        self, item: Item, name: str, *, of_objects: bool = False
    ) -> Iterator[tuple[int, Tokens | None, list[Tokens]]]:
        """Calls `name(...)` and `name<...>(...)`: position, template arguments, arguments.
        `of_objects`: also `object.name(...)`."""
        tokens, match = item.tokens, self.match(item)
        start = item.body[0] if item.body else 0
        for i in self.identifiers(item).get(name, ()):
            if i < start or (not of_objects and i > 0 and tokens[i - 1].text in (".", "->")):
                continue
            j = i + 1
            template: Tokens | None = None
            if j < len(tokens) and tokens[j].text == "<":
                j = angle_end(tokens, j)
                template = tokens[i + 2 : j - 1]
            if j < len(tokens) and tokens[j].text == "(" and j > i and match[j] > j:
                yield i, template, split_arguments(tokens[j + 1 : match[j]])

    def references(self, item: Item, name: str) -> Iterator[tuple[int, Tokens]]:
        """Where `name<...>` stands without being called: position and template arguments."""
        tokens = item.tokens
        start = item.body[0] if item.body else 0
        for i in self.identifiers(item).get(name, ()):
            if i < start or i + 1 >= len(tokens) or tokens[i + 1].text != "<":
                continue
            end = angle_end(tokens, i + 1)
            if end > i + 1 and end < len(tokens) and tokens[end].text in (",", ")", ";", "}"):
                yield i, tokens[i + 2 : end - 1]

    def assigned(self, item: Item, name: str, before: int) -> Iterator[tuple[int, Tokens]]:
        """What is assigned to `name`, or to a member of it, before a position: the index of the
        `=`, and the tokens after it."""
        key = (id(item), name)
        if key not in self._assigned:
            self._assigned[key] = list(self._assignments(item, name))
        return (entry for entry in self._assigned[key] if entry[0] < before)

    def _assignments(self, item: Item, name: str) -> Iterator[tuple[int, Tokens]]:
        tokens, match = item.tokens, self.match(item)
        for i in self.identifiers(item).get(name, ()):
            j = i + 1
            if j + 1 < len(tokens) and tokens[j].text in (".", "->"):
                j += 2
            if j + 1 < len(tokens) and tokens[j].text == ")":
                j += 1  # void (*name)(int) = k
                j = match[j] + 1 if tokens[j].text == "(" and match[j] > j else j
            elif j + 1 < len(tokens) and tokens[j].text == "[" and match[j] > j:
                j = match[j] + 1  # void (*name[])(int) = {k, l}
                if j + 1 < len(tokens) and tokens[j].text == ")" and tokens[j + 1].text == "(":
                    j = match[j + 1] + 1 if match[j + 1] > j else j
            if j < len(tokens) and tokens[j].text == "=":
                yield j, tokens[j + 1 : initializer_end(tokens, j + 1)]

    # ------------------------------------------------------------ types of expressions

    def type_of(self, tokens: Sequence[Token], sight: Sight, depth: int = 0) -> Tokens | None:
        """The type of a plain expression, as it is written where it comes from."""
        expression = list(tokens)
        while (
            len(expression) > 2
            and expression[0].text == "("
            and skip_bracket(expression, 0) == len(expression)
        ):
            expression = expression[1:-1]
        if not expression or depth > 8:
            return None
        for rule in (self._operator_type, self._prefix_type, self._primary_type):
            found = rule(expression, sight, depth + 1)
            if found is not None:
                return found
        return None

    def _operator_type(self, tokens: Tokens, sight: Sight, depth: int) -> Tokens | None:
        """`a + b`, `a * b` and so on, at the loosest operator."""
        for operators in (("+", "-"), ("*", "/", "%")):
            for i in range(len(tokens) - 1, 0, -1):
                if tokens[i].text not in operators or not _is_binary(tokens, i):
                    continue
                left = self.type_of(tokens[:i], sight, depth)
                right = self.type_of(tokens[i + 1 :], sight, depth)
                return _common_type(left, right)
        return None

    def _prefix_type(self, tokens: Tokens, sight: Sight, depth: int) -> Tokens | None:
        first = tokens[0]
        if first.text == "&":
            inner = self.type_of(tokens[1:], sight, depth)
            return None if inner is None else [*inner, first._replace(text="*")]
        if first.text == "*":
            return _pointee(self.type_of(tokens[1:], sight, depth))
        if first.text in ("-", "+"):
            return self.type_of(tokens[1:], sight, depth)
        if first.text == "(":
            end = skip_bracket(tokens, 0)
            inner = tokens[1 : end - 1]
            if end < len(tokens) and self._is_type(inner, tokens[end]):
                return inner
        if first.text in ("static_cast", "reinterpret_cast", "const_cast") and len(tokens) > 2:
            end = angle_end(tokens, 1)
            return tokens[2 : end - 1] if end > 1 else None
        return None

    def _is_type(self, tokens: Tokens, following: Token) -> bool:
        """Whether `(tokens) following` is a cast."""
        base, after, _ = base_type(tokens, 0)
        if not base or any(t.text not in POINTER_WORDS for t in tokens[after:]):
            return False
        named = base[-1].text in TYPE_WORDS or base[-1].text in self.types
        operand = following.kind in (IDENT, NUMBER) or following.text in ("(", "&")
        return (after < len(tokens) or named) and operand

    def _primary_type(self, tokens: Tokens, sight: Sight, depth: int) -> Tokens | None:
        first = tokens[0]
        if len(tokens) == 1:
            if first.kind in (NUMBER, CHAR, STRING):
                return _literal_type(first)
            if first.text in ("true", "false"):
                return [first._replace(text="bool")]
            return self._name_type(first.text, sight, depth)
        if tokens[-1].text == "]" and first.kind == IDENT and tokens[1].text == "[":
            if skip_bracket(tokens, 1) == len(tokens):
                return _pointee(self._name_type(first.text, sight, depth))
            return None
        if tokens[-2].text in (".", "->") and tokens[-1].kind == IDENT:
            return self._member_type(tokens[-1].text, self.type_of(tokens[:-2], sight, depth))
        return self._call_type(tokens, sight)

    def _member_type(self, member: str, owner: Tokens | None) -> Tokens | None:
        """The type of a data member of a class that the file defines."""
        words = [t.text for t in owner or [] if t.text in self.classes]
        if not words:
            return None
        item = self.classes[words[-1]]
        if words[-1] not in self._members:
            self._members[words[-1]] = _data_members(item)
        return self._members[words[-1]].get(member)

    def _name_type(self, name: str, sight: Sight, depth: int) -> Tokens | None:
        declared = sight.get(name) or self.globals.get(name)
        if declared is None or declared.is_type:
            return None
        if any(t.text == "auto" for t in declared.type):
            return self.type_of(declared.init, sight, depth) if declared.init else None
        return declared.type

    def _call_type(self, tokens: Tokens, sight: Sight) -> Tokens | None:
        """`T{...}`, `T(...)`, `f(...)`, `x.data_ptr<T>()`."""
        data = next((i for i, t in enumerate(tokens) if t.text == "data_ptr"), None)
        if data is not None and data + 1 < len(tokens) and tokens[data + 1].text == "<":
            end = angle_end(tokens, data + 1)
            star = tokens[data]._replace(kind=PUNCT, text="*")
            return [*tokens[data + 2 : end - 1], star]
        base, after, _ = base_type(tokens, 0)
        if not base or after >= len(tokens) or skip_bracket(tokens, after) != len(tokens):
            return None
        if tokens[after].text == "{":
            return base
        if tokens[after].text != "(":
            return None
        name = base[-1].text
        if name in self.functions:
            return return_type(self.functions[name][0])
        return base if name in self.types or name in TYPE_WORDS or name == ">" else None


def _data_members(item: Item) -> dict[str, Tokens]:
    """Types of a class's data members."""
    members: dict[str, Tokens] = {}
    if item.body is None:
        return members
    tokens = item.tokens[: item.body[1] - 1]
    i = item.body[0] + 1
    while i < len(tokens):
        found, _ = declarations_at(tokens, i)
        members.update((d.name, d.type) for d in found if not d.is_type)
        while i < len(tokens) and tokens[i].text not in (";", "{", ":"):
            i = skip_bracket(tokens, i) if tokens[i].text == "(" else i + 1
        i = skip_bracket(tokens, i) if i < len(tokens) and tokens[i].text == "{" else i + 1
    return members


def return_type(item: Item) -> Tokens | None:
    """The type in front of a function's name; None where it depends on template parameters."""
    if item.name_index is None or item.template:
        return None
    start = item.template_range[1] if item.template_range else 0
    end = item.name_index - 2 * len(item.qualifier)
    while start < end and item.tokens[start].text in (*SPECIFIERS, "__host__", "__device__"):
        start += 1
    base, after, _ = base_type(item.tokens[:end], start)
    if not base or any(t.text == "auto" for t in base):
        return None
    return [*base, *(t for t in item.tokens[after:end] if t.text in POINTER_WORDS)]


def _is_binary(tokens: Tokens, i: int) -> bool:
    """Whether the operator at i has a left operand and is outside brackets."""
    depth = 0
    for token in tokens[:i]:
        depth += (token.text in OPENERS) - (token.text in (")", "]", "}"))
    before = tokens[i - 1]
    if depth != 0 or (before.kind == PUNCT and before.text not in (")", "]")):
        return False
    angles = sum((t.text == "<") - (t.text == ">") for t in tokens[:i])
    if before.text == ")" and tokens[i].text in ("*", "-", "+", "&"):  # maybe a cast: `(T)*p`
        opening = next((j for j in range(i - 1) if skip_bracket(tokens, j) == i), -1)
        inner = tokens[opening + 1 : i - 1]
        if inner and inner[-1].text in ("*", *TYPE_WORDS):
            return False
    return angles == 0


def _pointee(type_: Tokens | None) -> Tokens | None:
    if type_ is None:
        return None
    trimmed = list(type_)
    while trimmed and trimmed[-1].text in ("const", "&", "&&"):
        trimmed.pop()
    return trimmed[:-1] if trimmed and trimmed[-1].text == "*" else None


_RANKS = ("bool", "char", "short", "int", "unsigned", "long", "size_t", "float", "double")


def _rank(type_: Tokens) -> int:
    return max((_RANKS.index(t.text) for t in type_ if t.text in _RANKS), default=-1)


def _common_type(left: Tokens | None, right: Tokens | None) -> Tokens | None:
    """The type of an arithmetic operation, or of pointer arithmetic."""
    for type_ in (left, right):
        if type_ and type_[-1].text == "*":
            return type_
    if not left or not right:
        return None
    if [t.text for t in left] == [t.text for t in right]:
        return left
    if _rank(left) < 0 or _rank(right) < 0:
        return None
    return left if _rank(left) >= _rank(right) else right


def _literal_type(token: Token) -> Tokens | None:
    text = token.text.lower()
    if token.kind == CHAR:
        return [token._replace(kind=IDENT, text="char")]
    if token.kind == STRING:
        return None
    hexadecimal = text.startswith("0x")
    if not hexadecimal and ("." in text or "e" in text):
        return [token._replace(kind=IDENT, text="float" if text[-1] == "f" else "double")]
    suffix = text.lstrip("0123456789abcdefx'.") if hexadecimal else text.lstrip("0123456789'")
    words = ["unsigned"] if "u" in suffix else []
    words += ["long"] * suffix.count("l") or (["int"])
    return [token._replace(kind=IDENT, text=w) for w in words]
