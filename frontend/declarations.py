"""An index of a translation unit's declarations, made without parsing their insides.

Host C++ is far more than we parse, so the tokens are first cut into declarations at namespace
level: brackets are matched, namespaces entered, and for each declaration its kind, name, template
header, attributes and body are found by looking at the few tokens that decide. What is not
understood is kept as UNKNOWN, never an error. Where brackets do not match, the offending one is
reported and cutting goes on at the next line that plausibly starts a declaration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ..ir.diagnostics import Reporter
from ..ir.source import NOWHERE, Span
from .tokens import EOF, IDENT, NUMBER, PRAGMA, STRING, Token

CHAR_LIKE = (NUMBER, STRING, "CHAR")


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
    and a typedef (`typedef struct A {...} B, *C;`: name A, names A, B, C).
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


def index_declarations(tokens: list[Token], reporter: Reporter) -> list[Item]:
    """The declarations at namespace level, in order; mistakes in bracketing are ASC0201."""
    tokens = [t for t in tokens if t.kind != EOF]
    return list(_Indexer(tokens, match_brackets(tokens, reporter)).run())


# ---------------------------------------------------------------- brackets

_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = {")": "(", "]": "[", "}": "{"}
_STARTERS = frozenset(
    "__global__ __device__ __host__ __constant__ template namespace static inline struct class "
    "enum union typedef using extern void int float double bool constexpr".split()
)


def match_brackets(tokens: list[Token], reporter: Reporter | None = None) -> list[int]:
    """For each bracket the index of its partner, else -1.

    A closing brace ends everything opened inside its block. Brackets without partner are
    reported; an opening brace without one is closed before the next line that starts, in the
    first column, as only a declaration does.
    """
    match, unclosed, stray = _matched(tokens, resync=False)
    if any(tokens[i].text == "{" for i in unclosed):
        match, unclosed, stray = _matched(tokens, resync=True)
    if reporter is not None:
        for i in sorted([*unclosed, *stray])[:20]:
            text = tokens[i].text
            partner = _OPENING.get(text) or _CLOSING[text]
            reporter.error("ASC0201", f"'{text}' has no matching '{partner}'", tokens[i].span)
    return match


def _matched(tokens: list[Token], resync: bool) -> tuple[list[int], list[int], list[int]]:
    match = [-1] * len(tokens)
    stack: list[int] = []
    unclosed: list[int] = []
    stray: list[int] = []
    braces = 0
    for i, token in enumerate(tokens):
        text = token.text
        if text in _OPENING and token.kind == "PUNCT":
            stack.append(i)
            braces += text == "{"
        elif text in _CLOSING and token.kind == "PUNCT":
            wanted = _CLOSING[text]
            if text == "}" and braces:
                while tokens[stack[-1]].text != "{":
                    unclosed.append(stack.pop())
                braces -= 1
            if stack and tokens[stack[-1]].text == wanted:
                opening = stack.pop()
                match[opening], match[i] = i, opening
            else:
                stray.append(i)
        elif resync and stack and _starts_declaration(tokens, i):
            _close_code(tokens, stack, unclosed, match, i)
            braces = sum(tokens[j].text == "{" for j in stack)
    unclosed += stack
    for i in stack:
        match[i] = len(tokens)
    return match, unclosed, stray


def _starts_declaration(tokens: list[Token], i: int) -> bool:
    token = tokens[i]
    return (
        token.text in _STARTERS
        and token.span.col == 1
        and token.span.expansion is None
        and (i == 0 or tokens[i - 1].span.line < token.span.line)
    )


def _close_code(
    tokens: list[Token], stack: list[int], unclosed: list[int], match: list[int], i: int
) -> None:
    """Close all that was opened since, and including, the outermost block of code."""
    for level, opening in enumerate(stack):
        if tokens[opening].text == "{" and _opens_code(tokens, opening):
            for inner in stack[level:]:
                match[inner] = i
            unclosed.append(opening)
            del stack[level:]
            return


def _opens_code(tokens: list[Token], i: int) -> bool:
    """Whether the brace at i begins a function's body."""
    before = tokens[i - 1].text if i else ""
    return before in (")", "const", "noexcept", "override", "final", "else", "do", "try")


# ---------------------------------------------------------------- cutting

_DECLARATION_ATTRIBUTES = frozenset(
    "__global__ __device__ __host__ __constant__ __shared__ __managed__ __grid_constant__ "
    "__forceinline__ __noinline__ __inline__ constexpr constinit consteval static inline extern "
    "const volatile thread_local register explicit friend virtual mutable typedef "
    "__restrict__".split()
)
_CALL_LIKE_ATTRIBUTES = frozenset(
    "__attribute__ __attribute __launch_bounds__ __align__ alignas __declspec decltype __typeof__ "
    "typeof noexcept throw explicit requires __maxnreg__ __cluster_dims__ __block_size__ "
    "__nv_pure__ asm __asm__".split()
)
_CLASS_KEYS = frozenset(("struct", "class", "union"))
_AFTER_PARAMETERS = frozenset(
    "const volatile & && override final mutable __restrict__ __restrict".split()
)
_TYPE_WORDS = frozenset(
    "void bool char short int long float double signed unsigned auto wchar_t char8_t char16_t "
    "char32_t __int128 size_t typename struct class enum union const volatile".split()
)


class _Indexer:
    def __init__(self, tokens: list[Token], match: list[int]) -> None:
        self.tokens = tokens
        self.match = match
        self.scope: list[str] = []
        self.closers: dict[int, int] = {}  # end of a namespace -> names to drop

    def run(self) -> Iterator[Item]:
        i, end = 0, len(self.tokens)
        while i < end:
            if i in self.closers:
                drop = self.closers.pop(i)
                del self.scope[len(self.scope) - drop :]
                i += 1 if self._text(i) == "}" else 0
                continue
            if self._text(i) in (";", "}", ")", "]") or self.tokens[i].kind == PRAGMA:
                i += 1
                continue
            entered = self._enter(i)
            if entered is not None:
                i = entered
                continue
            item, after = _Cutter(self, i).cut()
            limit = min((c for c in self.closers if i < c < after), default=None)
            if limit is not None:
                item, after = _unknown(self, i, limit), limit
            yield item
            i = max(after, i + 1)

    def _text(self, i: int) -> str:
        return self.tokens[i].text if i < len(self.tokens) else ""

    def _enter(self, i: int) -> int | None:
        """The index inside `namespace a::b {` or `extern "C" {`; None where neither begins."""
        names: list[str] = []
        inline = self._text(i) == "inline"
        j = i + 1 if inline else i
        if self._text(j) == "extern" and j + 2 < len(self.tokens):
            if self.tokens[j + 1].kind != STRING or self._text(j + 2) != "{":
                return None
            j += 2
        elif self._text(j) == "namespace":
            j += 1
            while self._text(j) not in ("{", "=", ";", ""):
                if self._text(j) in ("[", "("):
                    j = self.partner(j) + 1
                    continue
                if self.tokens[j].kind == IDENT and self._text(j) not in (
                    "inline",
                    "__attribute__",
                ):
                    names.append(self._text(j))
                j += 1
            if self._text(j) != "{":
                return None
        else:
            return None
        kept = [] if inline else names
        closer = self.partner(j)
        self.scope += kept
        self.closers[closer] = len(kept)
        return j + 1

    def partner(self, i: int) -> int:
        """The index of the bracket that belongs to the one at i; the last index without one."""
        at = self.match[i]
        return at if at > i else len(self.tokens) - 1

    def skip_angles(self, i: int) -> int:
        """The index after the `>` that closes the `<` at i; i where there is none."""
        depth, j = 0, i
        tokens = self.tokens
        while j < len(tokens):
            text = tokens[j].text
            if text == "<":
                depth += 1
            elif text == ">":
                depth -= 1
                if depth == 0:
                    return j + 1
            elif text in _OPENING:
                j = self.partner(j)
            elif text in (";", "}", ")", "]", "<<<"):
                return i
            j += 1
        return i


def _unknown(indexer: _Indexer, start: int, end: int) -> Item:
    return Item(
        ItemKind.UNKNOWN, "", indexer.tokens[start:end], tuple(indexer.scope), is_definition=True
    )


class _Cutter:
    """Cuts one declaration that starts at `start`."""

    def __init__(self, indexer: _Indexer, start: int) -> None:
        self.indexer = indexer
        self.tokens = indexer.tokens
        self.start = start
        self.at = start
        self.attributes: set[str] = set()
        self.template_range: tuple[int, int] | None = None
        self.specialization = False
        self.class_key: int | None = None
        self.class_head = ("", -1)
        self.class_body: tuple[int, int] | None = None
        self.kind = ItemKind.VARIABLE

    # ------------------------------------------------------------ small steps

    def _text(self, i: int | None = None) -> str:
        i = self.at if i is None else i
        return self.tokens[i].text if i < len(self.tokens) else ""

    def _item(self, kind: ItemKind, name: str, end: int, **more: object) -> tuple[Item, int]:
        """The item that ends before `end`; ranges and indexes of `more` become relative."""
        end = min(end, len(self.tokens))
        relative: dict[str, object] = {}
        for key, value in more.items():
            if key in ("name_index",) and isinstance(value, int):
                relative[key] = value - self.start
            elif isinstance(value, tuple) and len(value) == 2 and key in _RANGES:
                relative[key] = (value[0] - self.start, min(value[1], end) - self.start)
            else:
                relative[key] = value
        template = None
        if self.template_range is not None:
            template = (
                self.template_range[0] - self.start,
                self.template_range[1] - self.start,
            )
        names = relative.pop("names", None) or ((name,) if name else ())
        item = Item(
            kind,
            name,
            self.tokens[self.start : end],
            tuple(self.indexer.scope),
            template=template is not None and template[1] - template[0] > 3,
            template_range=template,
            specialization=self.specialization,
            attributes=frozenset(self.attributes),
            names=names,  # type: ignore[arg-type]
            **relative,  # type: ignore[arg-type]
        )
        return item, end

    def _semicolon(self, i: int) -> int:
        """The index after the next `;` outside brackets."""
        while i < len(self.tokens):
            text = self._text(i)
            if text == ";":
                return i + 1
            if text in _OPENING:
                i = self.indexer.partner(i)
            elif text == "}":
                return i
            i += 1
        return i

    # ------------------------------------------------------------ whole declarations

    def cut(self) -> tuple[Item, int]:
        """The item and the index after it."""
        while self._text() == "template":
            if self._text(self.at + 1) != "<":
                return self._instantiation()
            after = self.indexer.skip_angles(self.at + 1)
            if after == self.at + 1:
                break
            self.specialization = after == self.at + 3
            self.at = after
            if self._text() == "requires":
                self._skip_requires()
            self.template_range = (self.start, self.at)
        simple = _SIMPLE.get(self._text())
        if simple is not None:
            return simple(self)
        if self._text() == "extern" and self._text(self.at + 1) == "template":
            self.attributes.add("extern")
            self.at += 1
            return self._instantiation()
        return self._declaration()

    def _skip_requires(self) -> None:
        """A requires-clause: primaries joined with && and ||."""
        while self._text() in ("requires", "&&", "||"):
            self.at += 1
            if self._text() == "(":
                self.at = self.indexer.partner(self.at) + 1
                continue
            while self._text(self.at + 1) == "::":
                self.at += 2
            self.at += 1
            if self._text() == "<":
                self.at = self.indexer.skip_angles(self.at)

    def _instantiation(self) -> tuple[Item, int]:
        """`template void f<float>(...);`, the template word at `at`."""
        self.at += 1
        end = self._semicolon(self.at)
        self._specifiers()
        head = self._name_before(self._text() == "(")
        more: dict[str, object] = {}
        if head is not None:
            more = {"name_index": head.index, "name_arguments": head.arguments}
            more["qualifier"] = head.qualifier
        elif self.class_key is not None:
            return self._class_instantiation(end)
        return self._item(ItemKind.EXPLICIT_INSTANTIATION, head.name if head else "", end, **more)

    def _class_instantiation(self, end: int) -> tuple[Item, int]:
        name, index = self.class_head
        arguments = None
        if index >= 0 and self._text(index + 1) == "<":
            arguments = (index + 1, self.indexer.skip_angles(index + 1))
        return self._item(
            ItemKind.EXPLICIT_INSTANTIATION,
            name,
            end,
            name_index=index if index >= 0 else None,
            name_arguments=arguments,
        )

    def _using(self) -> tuple[Item, int]:
        end = self._semicolon(self.at)
        if self._text(self.at + 1) == "namespace":
            parts = [t.text for t in self.tokens[self.at + 2 : end] if t.kind == IDENT]
            name = parts[-1] if parts else ""
            return self._item(ItemKind.USING_DIRECTIVE, name, end, qualifier=tuple(parts[:-1]))
        if any(self._text(i) == "=" for i in range(self.at, min(end, self.at + 12))):
            return self._item(
                ItemKind.TYPEDEF, self._text(self.at + 1), end, name_index=self.at + 1,
                is_definition=True,
            )  # fmt: skip
        parts = [t.text for t in self.tokens[self.at + 1 : end] if t.kind == IDENT]
        parts = [p for p in parts if p != "typename"]
        name = parts[-1] if parts else ""
        return self._item(ItemKind.USING_DECLARATION, name, end, qualifier=tuple(parts[:-1]))

    def _namespace_alias(self) -> tuple[Item, int]:
        end = self._semicolon(self.at)
        return self._item(
            ItemKind.NAMESPACE_ALIAS, self._text(self.at + 1), end, name_index=self.at + 1
        )

    def _static_assert(self) -> tuple[Item, int]:
        return self._item(ItemKind.STATIC_ASSERT, "", self._semicolon(self.at))

    def _typedef(self) -> tuple[Item, int]:
        self.at += 1
        self.attributes.add("typedef")
        self._specifiers()
        end = self._semicolon(self.at)
        names, indexes = self._declarators(end - 1)
        class_name, class_index = self.class_head
        if self.class_body is not None:
            kind = ItemKind.ENUM if self._is_enum() else ItemKind.CLASS
            name = class_name or (names[0] if names else "")
            index = class_index if class_name else (indexes[0] if indexes else None)
            every = tuple(dict.fromkeys((name, *names)))
            return self._item(
                kind, name, end, names=every, name_index=index, body=self.class_body,
                is_definition=True,
            )  # fmt: skip
        return self._item(
            ItemKind.TYPEDEF,
            names[0] if names else "",
            end,
            names=tuple(names),
            name_index=indexes[0] if indexes else None,
            is_definition=True,
        )

    def _is_enum(self) -> bool:
        return self.class_key is not None and self._text(self.class_key) == "enum"

    # ------------------------------------------------------------ general declarations

    def _declaration(self) -> tuple[Item, int]:
        first = self.at
        self._specifiers()
        text = self._text()
        if text == "(" or text == "operator":
            return self._function(first)
        end = self._semicolon(self.at)
        if self.class_key is not None and (self.class_body is not None or text == ";"):
            return self._class(end)
        return self._variable(end)

    def _specifiers(self) -> None:
        """Go to the first token that decides: the `(` of a declarator, `operator`, `=`, `;`,
        `,`, `[`, `:` or a brace, collecting attributes on the way."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            text = token.text
            if text in _DECLARATION_ATTRIBUTES:
                self.attributes.add(text)
            if text in _CALL_LIKE_ATTRIBUTES and self._text(self.at + 1) == "(":
                self.at = self.indexer.partner(self.at + 1)
                if text not in ("noexcept", "throw", "requires", "decltype"):
                    self.attributes.add(text)
            elif text in _CLASS_KEYS or text == "enum":
                self.class_key = self.at
                self._class_specifier()
                continue
            elif text == "[" and self._text(self.at + 1) == "[":
                self.at = self.indexer.partner(self.at)
            elif text == "<":
                after = self.indexer.skip_angles(self.at)
                if after == self.at:
                    return
                self.at = after
                continue
            elif text in ("(", "operator", "=", ";", ",", "[", ":", "{", "}", ")", "]"):
                return
            self.at += 1

    def _class_specifier(self) -> None:
        """Go over `struct attributes Name<...> final : bases { ... }` or as much as there is."""
        self.at += 1
        enum = self._is_enum()
        if enum and self._text() in ("class", "struct"):
            self.at += 1
        name, index = "", -1
        while self.at < len(self.tokens):
            text = self._text()
            if text in _CALL_LIKE_ATTRIBUTES and self._text(self.at + 1) == "(":
                self.at = self.indexer.partner(self.at + 1) + 1
            elif text == "[" and self._text(self.at + 1) == "[":
                self.at = self.indexer.partner(self.at) + 1
            elif text == "<":
                after = self.indexer.skip_angles(self.at)
                self.at = after if after > self.at else self.at + 1
            elif self.tokens[self.at].kind == IDENT and text != "final":
                following = self._text(self.at + 1)
                if name and self._text(self.at - 1) != "::" and not _is_attribute_name(name):
                    break  # `struct A b`: the declarator
                name, index = text, self.at
                self.at += 1
                if following in (";", "*", "&", "=", ","):
                    break
            elif text in ("::", "final"):
                self.at += 1
            else:
                break
        self.class_head = (name, index)
        if self._text() == ":":
            self._skip_bases()
        if self._text() == "{":
            closing = self.indexer.partner(self.at)
            self.class_body = (self.at, closing + 1)
            self.at = closing + 1

    def _skip_bases(self) -> None:
        while self.at < len(self.tokens) and self._text() not in ("{", ";"):
            if self._text() == "<":
                after = self.indexer.skip_angles(self.at)
                self.at = after if after > self.at else self.at + 1
            elif self._text() == "(":
                self.at = self.indexer.partner(self.at) + 1
            else:
                self.at += 1

    def _class(self, end: int) -> tuple[Item, int]:
        """A class or enum, defined or only named; maybe variables after it."""
        name, index = self.class_head
        names, indexes = self._declarators(end - 1)
        arguments = None
        if index >= 0 and self._text(index + 1) == "<":
            arguments = (index + 1, self.indexer.skip_angles(index + 1))
            self.specialization = True
        qualifier, _ = self._qualifier(index) if index >= 0 else ((), index)
        return self._item(
            ItemKind.ENUM if self._is_enum() else ItemKind.CLASS,
            name or (names[0] if names else ""),
            end,
            names=tuple(dict.fromkeys((*((name,) if name else ()), *names))),
            name_index=index if index >= 0 else (indexes[0] if indexes else None),
            name_arguments=arguments,
            qualifier=qualifier,
            body=self.class_body,
            is_definition=self.class_body is not None,
        )

    def _variable(self, end: int) -> tuple[Item, int]:
        head = self._name_before(True)
        if head is None:
            return self._soup(end)
        names, _ = self._declarators(end - 1, first=head)
        initialised = self._text() in ("=", "{") or "extern" not in self.attributes
        return self._item(
            ItemKind.VARIABLE,
            head.name,
            end,
            names=tuple(names),
            name_index=head.index,
            qualifier=head.qualifier,
            name_arguments=head.arguments,
            is_definition=initialised,
        )

    def _soup(self, end: int) -> tuple[Item, int]:
        """What is not understood: up to `;`, or a block that ends it."""
        j = self.at
        while j < end:
            if self._text(j) in _OPENING:
                closing = self.indexer.partner(j)
                if self._text(j) == "{" and self._text(closing + 1) not in (";", ",", ")"):
                    end = closing + 1
                    break
                j = closing
            j += 1
        return self._item(ItemKind.UNKNOWN, "", max(end, self.start + 1), is_definition=True)

    # ------------------------------------------------------------ functions

    def _function(self, first: int) -> tuple[Item, int]:
        """At the first parenthesis of a declarator, or at `operator`."""
        if self._text() == "operator":
            head: _Name | None = self._operator_name()
        elif self._is_pointer_declarator():
            return self._pointer_declarator()
        else:
            head = self._name_before(True)
        if head is None or self._text() != "(":
            return self._soup(self._semicolon(self.at))
        opening = self.at
        closing = self.indexer.partner(opening)
        bare = self._is_bare(first, head)
        body, end = self._after_parameters(closing + 1)
        if end < 0 or (bare and body is None and self._text(end - 1) != ";"):
            return self._macro_call(head, closing + 1)
        more: dict[str, object] = {
            "name_index": head.index,
            "qualifier": head.qualifier,
            "name_arguments": head.arguments,
        }
        if bare:
            return self._item(
                ItemKind.UNKNOWN, head.name, end, body=body, is_definition=True, **more
            )
        if body is None and self._looks_like_arguments(opening, closing):
            names, _ = self._declarators(end - 1, first=head)
            return self._item(
                ItemKind.VARIABLE, head.name, end, names=tuple(names), is_definition=True, **more
            )
        defined = body is not None or self._text(end - 2) in ("default", "delete")
        return self._item(
            ItemKind.FUNCTION,
            head.name,
            end,
            parameters=(opening, closing + 1),
            body=body,
            is_definition=defined,
            **more,
        )

    def _is_bare(self, first: int, head: _Name) -> bool:
        """Whether nothing but the name stands before `(`: a macro, unless a constructor."""
        start = head.index - 2 * len(head.qualifier)
        return start <= first and not self._is_constructor(head)

    def _is_constructor(self, head: _Name) -> bool:
        if not head.qualifier:
            return False
        return head.name.lstrip("~") == head.qualifier[-1] or head.name.startswith("operator")

    def _macro_call(self, head: _Name, end: int) -> tuple[Item, int]:
        """`NAME(...)` that no declaration explains; it ends at its parenthesis."""
        if self._text(end) in (";", ".", "->", "<<", "=", "+"):
            end = self._semicolon(end)
        return self._item(
            ItemKind.UNKNOWN, head.name, end, name_index=head.index, is_definition=True
        )

    def _after_parameters(self, j: int) -> tuple[tuple[int, int] | None, int]:
        """The body and the end of a function whose parameters end before j; end -1 where no
        function goes on like this."""
        while j < len(self.tokens):
            text = self._text(j)
            if text == ";":
                return None, j + 1
            if text == "{":
                closing = self.indexer.partner(j)
                return (j, closing + 1), self._after_handlers(closing + 1)
            if text == ":":
                return self._constructor_body(j)
            if text in ("=", ","):
                return None, self._semicolon(j)
            if text == "->":
                j = self._skip_type(j + 1)
            elif text in _AFTER_PARAMETERS or text == "try":
                j += 1
            elif text in _CALL_LIKE_ATTRIBUTES:
                j = self.indexer.partner(j + 1) + 1 if self._text(j + 1) == "(" else j + 1
            elif text == "[" and self._text(j + 1) == "[":
                j = self.indexer.partner(j) + 1
            elif text in _DECLARATION_ATTRIBUTES and self._text(j + 1) in ("{", ";"):
                j += 1
            else:
                return None, -1
        return None, -1

    def _after_handlers(self, j: int) -> int:
        """The index after the catch blocks of a function-try-block."""
        while self._text(j) == "catch" and self._text(j + 1) == "(":
            j = self.indexer.partner(j + 1) + 1
            if self._text(j) == "{":
                j = self.indexer.partner(j) + 1
        return j

    def _skip_type(self, j: int) -> int:
        """The index after a trailing return type."""
        while j < len(self.tokens) and self._text(j) not in ("{", ";", "=", ""):
            if self._text(j) == "<":
                after = self.indexer.skip_angles(j)
                j = after if after > j else j + 1
            elif self._text(j) in _OPENING:
                j = self.indexer.partner(j) + 1
            else:
                j += 1
        return j

    def _constructor_body(self, colon: int) -> tuple[tuple[int, int] | None, int]:
        """`: a(x), b{y} { ... }`; the range starts at the colon."""
        j = colon + 1
        while j < len(self.tokens):
            while self._text(j) not in ("(", "{", ";", ""):
                after = self.indexer.skip_angles(j) if self._text(j) == "<" else j
                j = after if after > j else j + 1
            if self._text(j) not in ("(", "{"):
                return None, -1
            j = self.indexer.partner(j) + 1
            if self._text(j) == "...":
                j += 1
            if self._text(j) != ",":
                break
            j += 1
        if self._text(j) != "{":
            return None, -1
        end = self.indexer.partner(j) + 1
        return (colon, end), end

    def _looks_like_arguments(self, opening: int, closing: int) -> bool:
        """Whether the parentheses hold initialisers rather than parameters."""
        if closing <= opening + 1:
            return False
        first = self.tokens[opening + 1]
        if first.kind in CHAR_LIKE or first.text in ("-", "!", "~", "&", "*", "(", "{"):
            return True
        return first.text in ("true", "false", "nullptr", "sizeof", "new")

    def _is_pointer_declarator(self) -> bool:
        """`int (*name)...`, `int (&name)...`, `int (A::*name)...`."""
        before = self._text(self.at - 1) if self.at > self.start else ""
        j = self.at + 1
        while self.tokens[j : j + 1] and self.tokens[j].kind == IDENT and self._text(j + 1) == "::":
            j += 2
        if self._text(j) in ("*", "&", "&&"):
            ident = self.at > self.start and self.tokens[self.at - 1].kind == IDENT
            return not ident or before in _TYPE_WORDS or self._closes_on_declarator()
        return False

    def _closes_on_declarator(self) -> bool:
        """`T (*name)(...)` or `T (&name)[...]` for a named type T."""
        closing = self.indexer.partner(self.at)
        return self._text(closing + 1) in ("(", "[")

    def _pointer_declarator(self) -> tuple[Item, int]:
        closing = self.indexer.partner(self.at)
        index = next(
            (
                j
                for j in range(self.at + 1, closing)
                if self.tokens[j].kind == IDENT
                and self._text(j) not in ("const", "volatile", "__restrict__")
                and self._text(j + 1) != "::"
            ),
            None,
        )
        end = self._semicolon(closing)
        if index is None:
            return self._soup(end)
        name = self._text(index)
        if self._text(index + 1) == "(":  # a function that returns a pointer to a function
            inner = self.indexer.partner(index + 1)
            after = closing + 1
            if self._text(after) in ("(", "["):
                after = self.indexer.partner(after) + 1
            body, end = self._after_parameters(after)
            if end >= 0:
                return self._item(
                    ItemKind.FUNCTION, name, end, name_index=index, body=body,
                    parameters=(index + 1, inner + 1), is_definition=body is not None,
                )  # fmt: skip
        return self._item(ItemKind.VARIABLE, name, end, name_index=index, is_definition=True)

    # ------------------------------------------------------------ names

    def _operator_name(self) -> _Name:
        """At `operator`: its name; goes to the `(` of the parameters."""
        index = self.at
        qualifier, _ = self._qualifier(index)
        j = index + 1
        if self._text(j) == "(" and self._text(j + 1) == ")":
            j += 2
        elif self._text(j) == "[" and self._text(j + 1) == "]":
            j += 2
        else:
            while j < len(self.tokens) and self._text(j) not in ("(", ";", "{"):
                after = self.indexer.skip_angles(j) if self._text(j) == "<" else j
                j = after if after > j and self.tokens[j - 1].kind == IDENT else j + 1
        words = self.tokens[index + 1 : j]
        spaced = any(t.kind == IDENT for t in words)
        self.at = j
        joined = (" " if spaced else "").join(t.text for t in words)
        return _Name(f"operator{' ' if spaced else ''}{joined}", index, qualifier, None)

    def _name_before(self, wanted: bool) -> _Name | None:
        """The declared name, which ends before `at`: `a::b<...>::name<...>`."""
        if not wanted:
            return None
        j = self.at - 1
        arguments = None
        if self._text(j) == ">":
            opening = self._opening_angle(j)
            if opening is None:
                return None
            arguments = (opening, j + 1)
            j = opening - 1
        if j < self.start or self.tokens[j].kind != IDENT or self._text(j) in _TYPE_WORDS:
            return None
        destructor = self._text(j - 1) == "~" and j > self.start
        qualifier, _ = self._qualifier(j - 1 if destructor else j)
        name = f"~{self._text(j)}" if destructor else self._text(j)
        return _Name(name, j, qualifier, arguments)

    def _opening_angle(self, j: int) -> int | None:
        """The `<` that the `>` at j closes."""
        depth = 0
        while j >= self.start:
            text = self._text(j)
            if text == ">":
                depth += 1
            elif text == "<":
                depth -= 1
                if depth == 0:
                    return j
            elif text in _CLOSING:
                opening = self.indexer.match[j]
                if opening < 0:
                    return None
                j = opening
            j -= 1
        return None

    def _qualifier(self, j: int) -> tuple[tuple[str, ...], int]:
        """The names before `::` in front of j, and where they start."""
        parts: list[str] = []
        while j - 1 > self.start and self._text(j - 1) == "::":
            k = j - 2
            if self._text(k) == ">":
                opening = self._opening_angle(k)
                if opening is None:
                    break
                k = opening - 1
            if k < self.start or self.tokens[k].kind != IDENT:
                break
            parts.append(self._text(k))
            j = k
        return tuple(reversed(parts)), j

    def _declarators(self, end: int, first: _Name | None = None) -> tuple[list[str], list[int]]:
        """Names of the declarators between `at` and `end`, which is at the `;`."""
        names: list[str] = [first.name] if first else []
        indexes: list[int] = [first.index] if first else []
        if first is None and self.at > self.start and self.class_body is None:
            head = self._name_before(True)
            if head is not None and head.index != self.class_head[1]:
                names.append(head.name)
                indexes.append(head.index)
        expecting = first is None and not names
        j = self.at if self.class_body is None else self.class_body[1]
        while j < end:
            token = self.tokens[j]
            text = token.text
            if text == ",":
                expecting = True
            elif text == "(" and expecting and self._text(j + 1) in ("*", "&"):
                j += 1
                continue
            elif text in _OPENING:
                j = self.indexer.partner(j)
                expecting = False
            elif text == "=":
                expecting = False
            elif text == "<":
                after = self.indexer.skip_angles(j)
                j = after - 1 if after > j else j
            elif expecting and token.kind == IDENT and text not in _NOT_NAMES:
                names.append(text)
                indexes.append(j)
                expecting = False
            j += 1
        return names, indexes


_NOT_NAMES = frozenset("const volatile __restrict__ __restrict restrict alignas".split())


@dataclass(frozen=True, slots=True)
class _Name:
    """A declared name: its text, index, qualifier and template arguments' range."""

    name: str
    index: int
    qualifier: tuple[str, ...]
    arguments: tuple[int, int] | None


_RANGES = ("body", "parameters", "name_arguments")
_SIMPLE = {
    "using": _Cutter._using,
    "namespace": _Cutter._namespace_alias,
    "static_assert": _Cutter._static_assert,
    "_Static_assert": _Cutter._static_assert,
    "typedef": _Cutter._typedef,
}


def _is_attribute_name(name: str) -> bool:
    """Export macros between `struct` and the name: `struct MYLIB_API Name {`."""
    return name.isupper() or (name.startswith("__") and name.endswith("__"))
