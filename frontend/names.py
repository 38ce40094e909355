"""What each name is, per scope, before anything is parsed: type, template, namespace or value.

C++ cannot be parsed without knowing that, and knowing it needs no parsing: the head of a
declaration shows which names it brings. `NameTable` holds the scopes of a translation unit, filled
from its declarations and from the table of headers that are not read; classes list their members
when first asked. Types are not known here, only kinds of names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Protocol

from . import known_names
from .cuda_builtins import BUILTINS, INDEX_VARIABLES, SPECIAL, TYPE_NAMES
from .token_words import (
    ATTRIBUTE_WORDS,
    BUILTIN_TYPES,
    CLASS_KEYS,
    CV_WORDS,
    KEYWORDS,
    STORAGE_WORDS,
)
from .tokens import IDENT, Token


class Kind(Enum):
    """What a name is. A FUNCTION may also have template overloads that were not seen."""

    VALUE = "value"
    FUNCTION = "function"
    TYPE = "type"
    TYPE_TEMPLATE = "type template"
    VALUE_TEMPLATE = "value template"
    NAMESPACE = "namespace"


class Entry:
    """A name: its kind and, for namespaces and classes, its own names.

    `known`: from the table of headers, to be replaced by a real declaration.
    """

    __slots__ = ("kind", "known", "names")

    def __init__(self, kind: Kind, names: NameScope | None = None, known: bool = False) -> None:
        self.kind = kind
        self.names = names
        self.known = known


VALUE = Entry(Kind.VALUE)
FUNCTION = Entry(Kind.FUNCTION)
TYPE = Entry(Kind.TYPE)
TYPE_TEMPLATE = Entry(Kind.TYPE_TEMPLATE)
VALUE_TEMPLATE = Entry(Kind.VALUE_TEMPLATE)


class NameScope:
    """The names of one namespace, class or block, and the scope around it."""

    __slots__ = ("own", "parent", "used")

    def __init__(self, parent: NameScope | None = None) -> None:
        self.parent = parent
        self.own: dict[str, Entry] = {}
        self.used: list[NameScope] = []

    def declare(self, name: str, entry: Entry) -> None:
        """Add a name. Functions give way to templates; classes keep the scope they have."""
        old = self.own.get(name)
        if (
            old is not None
            and not old.known
            and entry.kind is Kind.FUNCTION
            and old.kind is Kind.VALUE_TEMPLATE
        ):
            return
        self.own[name] = entry

    def find(self, name: str) -> Entry | None:
        """A name here, without the scopes around."""
        entry = self.own.get(name)
        if entry is not None or not self.used:
            return entry
        return self._find_used(name, {id(self)})

    def _find_used(self, name: str, seen: set[int]) -> Entry | None:
        for scope in self.used:
            if id(scope) in seen:
                continue
            seen.add(id(scope))
            entry = scope.find_own(name) or scope._find_used(name, seen)
            if entry is not None:
                return entry
        return None

    def find_own(self, name: str) -> Entry | None:
        """A name here, without what is brought in from elsewhere."""
        return self.own.get(name)

    def root(self) -> NameScope:
        """The outermost scope."""
        scope: NameScope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def lookup(self, name: str) -> Entry | None:
        """A name here or in the scopes around."""
        scope: NameScope | None = self
        while scope is not None:
            entry = scope.find(name)
            if entry is not None:
                return entry
            scope = scope.parent
        return None


class ClassScope(NameScope):
    """The members of a class, listed from its tokens when first asked for."""

    __slots__ = ("_bodies", "name")

    def __init__(self, parent: NameScope | None, name: str) -> None:
        super().__init__(parent)
        self.name = name
        self._bodies: list[tuple[Sequence[Token], int, int]] = []

    def add_body(self, tokens: Sequence[Token], head: int, body: int) -> None:
        """A definition: `head` is the index after the class's name, `body` that of its brace."""
        self._bodies.append((tokens, head, body))

    def declare(self, name: str, entry: Entry) -> None:
        """Add a member; a constructor does not hide the name of its class."""
        if name != self.name:
            super().declare(name, entry)

    def _fill(self) -> None:
        bodies, self._bodies = self._bodies, []
        for tokens, head, body in bodies:
            add_bases(self, tokens, head, body)
            add_members(self, tokens, body)

    def find(self, name: str) -> Entry | None:
        if self._bodies:
            self._fill()
        return super().find(name)

    def find_own(self, name: str) -> Entry | None:
        if self._bodies:
            self._fill()
        return super().find_own(name)


# ---------------------------------------------------------------- skipping

CLOSER = {"(": ")", "[": "]", "{": "}"}


def skip_brackets(tokens: Sequence[Token], i: int) -> int:
    """The index after the bracket that closes the one at `i` (the end where none does)."""
    depth = 0
    for j in range(i, len(tokens)):
        text = tokens[j].text
        if text in CLOSER and tokens[j].kind == "PUNCT":
            depth += 1
        elif text in (")", "]", "}") and tokens[j].kind == "PUNCT":
            depth -= 1
            if depth == 0:
                return j + 1
    return len(tokens)


def skip_angles(tokens: Sequence[Token], i: int) -> int | None:
    """The index after the `>` that closes the `<` at `i`; None where it is a comparison."""
    depth = 0
    n = len(tokens)
    while i < n:
        text = tokens[i].text
        if text == "<":
            depth += 1
        elif text == ">":
            depth -= 1
            if depth == 0:
                return i + 1
        elif text in CLOSER:
            i = skip_brackets(tokens, i)
            continue
        elif text in (";", ")", "]", "}"):
            return None
        i += 1
    return None


def skip_attributes(tokens: Sequence[Token], i: int) -> int:
    """The index after `alignas(8)`, `__attribute__((x))`, `[[x]]` and their like at `i`."""
    n = len(tokens)
    while i < n:
        text = tokens[i].text
        if text in ATTRIBUTE_WORDS:
            i += 1
            if i < n and tokens[i].text == "(":
                i = skip_brackets(tokens, i)
        elif text == "[" and i + 1 < n and tokens[i + 1].text == "[":
            i = skip_brackets(tokens, i)
        else:
            break
    return i


# ---------------------------------------------------------------- what a declaration declares


class _Reader:
    """Reads one declaration's head: the names it brings into `scope`."""

    def __init__(self, scope: NameScope, tokens: Sequence[Token], i: int) -> None:
        self.scope = scope
        self.tokens = tokens
        self.i = i
        self.template = False
        self.is_class = False

    def text(self, ahead: int = 0) -> str:
        place = self.i + ahead
        return self.tokens[place].text if place < len(self.tokens) else ""

    def is_name(self, ahead: int = 0) -> bool:
        place = self.i + ahead
        if place >= len(self.tokens):
            return False
        token = self.tokens[place]
        return token.kind == IDENT and token.text not in KEYWORDS

    def read(self) -> None:
        while self.text() == "template":
            if self.text(1) != "<":
                return
            self.template = True
            self.i = skip_angles(self.tokens, self.i + 1) or len(self.tokens)
        word = self.text()
        if word == "using":
            self._using()
        elif word == "namespace":
            if self.is_name(1) and self.text(2) == "=":
                self.scope.declare(self.text(1), Entry(Kind.NAMESPACE, self._path(self.i + 3)))
        elif word not in ("static_assert", "_Static_assert", "friend", "asm"):
            self._simple()

    def _path(self, i: int) -> NameScope | None:
        """The scope that `a::b` names, as seen from here."""
        found: NameScope | None = None
        first = True
        if self.tokens[i].text == "::":
            found, first = self.scope.root(), False
        while i < len(self.tokens):
            token = self.tokens[i]
            if token.text != "::":
                entry = self.scope.lookup(token.text) if first else found and found.find(token.text)
                found = entry.names if entry else None
                first = False
                if i + 1 >= len(self.tokens) or self.tokens[i + 1].text != "::":
                    return found
            i += 1
        return found

    def _using(self) -> None:
        if self.text(1) == "namespace":
            used = self._path(self.i + 2)
            if used is not None and used is not self.scope:
                self.scope.used.append(used)
            return
        if self.is_name(1) and self.text(2) in ("=", "["):
            entry = TYPE_TEMPLATE if self.template else TYPE
            self.scope.declare(self.text(1), entry)
            return
        end = self.i
        while end < len(self.tokens) and self.tokens[end].text != ";":
            end += 1
        last = self.tokens[end - 1]
        if last.kind == IDENT and last.text not in KEYWORDS and end - self.i > 2:
            entry_or_none = self._used_name(self.i + 1, end)
            if entry_or_none is not None:
                self.scope.declare(last.text, entry_or_none)

    def _used_name(self, i: int, end: int) -> Entry | None:
        outer: NameScope | None = None
        if end - i > 2:
            outer = self._path_until(i, end - 2)
        return outer.find(self.tokens[end - 1].text) if outer is not None else None

    def _path_until(self, i: int, end: int) -> NameScope | None:
        scope: NameScope | None = None
        names = [t.text for t in self.tokens[i:end] if t.kind == IDENT]
        for number, name in enumerate(names):
            if number and scope is None:
                return None
            entry = self.scope.lookup(name) if scope is None else scope.find(name)
            scope = entry.names if entry else None
        return scope

    def _simple(self) -> None:
        typedef = False
        while self.i < len(self.tokens):
            word = self.text()
            if word == "typedef":
                typedef = True
                self.i += 1
            elif word in STORAGE_WORDS or word in CV_WORDS or word in BUILTIN_TYPES:
                self.i += 1
            elif word in ATTRIBUTE_WORDS or word == "[":
                after = skip_attributes(self.tokens, self.i)
                if after == self.i:
                    break
                self.i = after
            elif word in CLASS_KEYS:
                self._class()
            elif word == "enum":
                self._enum()
            elif self.tokens[self.i].kind == "STRING":  # extern "C"
                self.i += 1
            else:
                break
        self._declarators(typedef)

    def _class(self) -> None:
        self.i = skip_attributes(self.tokens, self.i + 1)
        name = ""
        qualified = False
        while self.is_name() and self.text() != "final":
            name = self.text()
            self.i += 1
            if self.text() == "<":
                self.i = skip_angles(self.tokens, self.i) or len(self.tokens)
            if self.text() != "::":
                break
            qualified = True
            self.i += 1
        head = self.i
        if self.text() == "final":
            self.i += 1
        word = self.text()
        if word not in ("{", ":", ";"):
            return
        entry = self.scope.find_own(name) if name else None
        if entry is None or entry.known or not isinstance(entry.names, ClassScope):
            kind = Kind.TYPE_TEMPLATE if self.template else Kind.TYPE
            entry = Entry(kind, ClassScope(self.scope, name))
            if name and not qualified:
                self.scope.declare(name, entry)
        body = self.i
        while body < len(self.tokens) and self.tokens[body].text not in ("{", ";"):
            body += 1
        if body < len(self.tokens) and self.tokens[body].text == "{":
            assert isinstance(entry.names, ClassScope)
            entry.names.add_body(self.tokens, head, body)
            self.i = skip_brackets(self.tokens, body)
            self.is_class = True
        else:
            self.i = body

    def _enum(self) -> None:
        self.i += 1
        scoped = self.text() in ("class", "struct")
        if scoped:
            self.i += 1
        self.i = skip_attributes(self.tokens, self.i)
        names = NameScope(self.scope)
        name = self.text() if self.is_name() else ""
        if name:
            self.i += 1
        if self.text() == ":":
            while self.text() not in ("{", ";", ""):
                self.i += 1
        if self.text() not in ("{", ";"):
            return
        if name:
            self.scope.declare(name, Entry(Kind.TYPE, names))
        if self.text() != "{":
            return
        end = skip_brackets(self.tokens, self.i)
        for enumerator in _enumerators(self.tokens, self.i + 1, end - 1):
            names.declare(enumerator, VALUE)
            if not scoped:
                self.scope.declare(enumerator, VALUE)
        self.i = end
        self.is_class = True

    def _declarators(self, typedef: bool) -> None:
        """Names right before what can follow a declared name."""
        name = ""
        qualified = False
        value = TYPE if typedef else VALUE_TEMPLATE if self.template else VALUE
        function = TYPE if typedef else VALUE_TEMPLATE if self.template else FUNCTION
        while self.i < len(self.tokens):
            word = self.text()
            if self.is_name():
                qualified = self.i > 0 and self.tokens[self.i - 1].text == "::"
                name = "" if qualified else word
                self.i += 1
                if self.text() == "<":
                    self.i = skip_angles(self.tokens, self.i) or self.i + 1
                    if self.text() != "(":
                        name = ""
            elif word == "operator":
                return
            elif word == "(":
                if self.tokens[self.i - 1].text in ("decltype", "noexcept", "__typeof__"):
                    self.i = skip_brackets(self.tokens, self.i)
                    continue
                if name:
                    self.scope.declare(name, function)
                elif not qualified:
                    inner = self._grouped_name()
                    if inner:
                        self.scope.declare(inner, value)
                self.i = skip_brackets(self.tokens, self.i)
                name = ""
                if not typedef:
                    return
            elif word in ("=", ";", "[", "{", ",", ":"):
                if name:
                    self.scope.declare(name, value)
                name = ""
                if word in (";", "{"):
                    return
                if word == "[":
                    self.i = skip_brackets(self.tokens, self.i)
                elif word in ("=", ":"):
                    self._skip_initializer()
                else:
                    self.i += 1
            elif word in ATTRIBUTE_WORDS:
                self.i = skip_attributes(self.tokens, self.i)
            else:
                self.i += 1

    def _grouped_name(self) -> str:
        """`name` of `(*name)` and `(&name)`."""
        place = self.i + 1
        while place < len(self.tokens) and self.tokens[place].text in ("*", "&", "&&", "("):
            place += 1
        token = self.tokens[place] if place < len(self.tokens) else None
        return token.text if token and token.kind == IDENT and token.text not in KEYWORDS else ""

    def _skip_initializer(self) -> None:
        while self.i < len(self.tokens) and self.text() not in (";", ","):
            if self.text() in CLOSER:
                self.i = skip_brackets(self.tokens, self.i)
            elif self.text() == "<":
                self.i = skip_angles(self.tokens, self.i) or self.i + 1
            else:
                self.i += 1


def _enumerators(tokens: Sequence[Token], i: int, end: int) -> Iterator[str]:
    expected = True
    while i < end:
        token = tokens[i]
        if expected and token.kind == IDENT:
            yield token.text
        expected = token.text == ","
        i = skip_brackets(tokens, i) if token.text in CLOSER else i + 1


def declare_names(scope: NameScope, tokens: Sequence[Token], i: int = 0) -> None:
    """Add what the declaration at `i` declares to `scope`."""
    _Reader(scope, tokens, i).read()


def add_bases(scope: NameScope, tokens: Sequence[Token], head: int, body: int) -> None:
    """Make the members of the base classes between `head` and `body` visible in `scope`."""
    i = head
    assert scope.parent is not None
    found: NameScope | None = scope.parent
    while i < body:
        token = tokens[i]
        if token.kind == IDENT and token.text not in KEYWORDS and token.text != "final":
            first = tokens[i - 1].text != "::"
            entry = scope.parent.lookup(token.text) if first else found and found.find(token.text)
            found = entry.names if entry else None
            if tokens[i + 1].text == "<":
                i = (skip_angles(tokens, i + 1) or body) - 1
            if found is not None and found is not scope and tokens[i + 1].text != "::":
                scope.used.append(found)
        i += 1


def add_members(scope: NameScope, tokens: Sequence[Token], body: int) -> None:
    """List the members between the brace at `body` and the one that closes it."""
    i = body + 1
    n = len(tokens)
    while i < n and tokens[i].text != "}":
        text = tokens[i].text
        if text in ("public", "private", "protected") and i + 1 < n and tokens[i + 1].text == ":":
            i += 2
            continue
        if text == ";" or tokens[i].kind == "PRAGMA":
            i += 1
            continue
        reader = _Reader(scope, tokens, i)
        reader.read()
        i = _declaration_end(tokens, i, reader.is_class)


def _declaration_end(tokens: Sequence[Token], i: int, is_class: bool) -> int:
    """The index after a member declaration: its `;` or the brace that ends a function body."""
    n = len(tokens)
    while i < n:
        text = tokens[i].text
        if text == ";":
            return i + 1
        if text == "}":
            return i
        if text not in CLOSER:
            i += 1
            continue
        i = skip_brackets(tokens, i)
        if text == "{" and not is_class and (i >= n or tokens[i].text not in (",", "{", ";")):
            return i
    return n


# ---------------------------------------------------------------- the table


class DeclaredItem(Protocol):
    """A declaration of namespace level: its tokens and the namespaces around it."""

    @property
    def scope(self) -> tuple[str, ...]: ...

    @property
    def tokens(self) -> Sequence[Token]: ...


class NameTable:
    """All scopes of a translation unit."""

    def __init__(self, items: Iterable[DeclaredItem] = ()) -> None:
        self.root = NameScope()
        self._member_templates: set[str] | None = None
        self._items: list[DeclaredItem] = []
        self._add_known()
        for item in items:
            self.add(item)

    def add(self, item: DeclaredItem) -> None:
        """Add what one more declaration declares."""
        self._items.append(item)
        self._member_templates = None
        declare_names(self.scope(item.scope), item.tokens)

    def scope(self, path: Iterable[str]) -> NameScope:
        """The scope of a namespace, made where it is new; unnamed ones are part of their parent."""
        scope = self.root
        for name in path:
            if not name:
                continue
            entry = scope.own.get(name)
            if entry is None or entry.names is None:
                entry = Entry(Kind.NAMESPACE, NameScope(scope))
                scope.own[name] = entry
            assert entry.names is not None
            scope = entry.names
        return scope

    def is_member_template(self, name: str) -> bool:
        """Whether some class has a member function template of this name."""
        if self._member_templates is None:
            self._member_templates = set()
            for item in self._items:
                self._member_templates.update(_templates_within(item.tokens))
        return name in self._member_templates

    def _add_known(self) -> None:
        tables = (
            (known_names.NAMESPACES, Kind.NAMESPACE),
            (known_names.TYPES, Kind.TYPE),
            (known_names.TYPE_TEMPLATES, Kind.TYPE_TEMPLATE),
            (known_names.VALUE_TEMPLATES, Kind.VALUE_TEMPLATE),
        )
        for table, kind in tables:
            for path, words in table.items():
                scope = self.scope(path.split("::"))
                for word in words.split():
                    names = NameScope(scope) if kind is Kind.NAMESPACE else None
                    if word not in scope.own:
                        scope.own[word] = Entry(kind, names, known=True)
        for word in (*BUILTINS, *SPECIAL):
            self.root.own.setdefault(word, Entry(Kind.FUNCTION, known=True))
        for word in INDEX_VARIABLES:
            self.root.own.setdefault(word, Entry(Kind.VALUE, known=True))
        for word in TYPE_NAMES:
            self.root.own.setdefault(word, Entry(Kind.TYPE, known=True))


def _templates_within(tokens: Sequence[Token]) -> Iterator[str]:
    """Names of functions declared by templates inside braces."""
    for i, token in enumerate(tokens):
        if token.text != "template" or i + 1 >= len(tokens) or tokens[i + 1].text != "<" or not i:
            continue
        if tokens[i - 1].text in (".", "->", "::", ">", "<", ","):
            continue
        j = skip_angles(tokens, i + 1)
        while j is not None and j < len(tokens) and tokens[j].text not in ("(", ";", "{", "="):
            if tokens[j].text in ATTRIBUTE_WORDS:
                j = skip_attributes(tokens, j)
            elif tokens[j].text == "<":
                j = skip_angles(tokens, j)
            else:
                j += 1
        if j is not None and j < len(tokens) and tokens[j].text == "(":
            name = tokens[j - 1]
            if name.kind == IDENT and name.text not in KEYWORDS:
                yield name.text


__all__ = [
    "FUNCTION",
    "TYPE",
    "TYPE_TEMPLATE",
    "VALUE",
    "VALUE_TEMPLATE",
    "ClassScope",
    "Entry",
    "Kind",
    "NameScope",
    "NameTable",
    "declare_names",
    "skip_angles",
    "skip_attributes",
    "skip_brackets",
]
