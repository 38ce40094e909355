"""Cutting one declaration out of a file's tokens.

The tokens up to the first that decides (a parenthesis, `=`, `;`, a brace, `operator`) are read
as specifiers; what decides tells functions, variables, classes and macros apart.
"""

from __future__ import annotations

from .brackets import OPENING
from .declared_names import TYPE_WORDS, DeclarationText, DeclaredName
from .items import Item, ItemKind
from .tokens import IDENT, NUMBER, STRING

CHAR_LIKE = (NUMBER, STRING, "CHAR")
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


class Cutter(DeclarationText):
    """Cuts one declaration that starts at `start`."""

    def __init__(self, text: DeclarationText, start: int, scope: tuple[str, ...]) -> None:
        super().__init__(text.tokens, text.match, text.angles, start)
        self.scope = scope
        self.attributes: set[str] = set()
        self.template_range: tuple[int, int] | None = None
        self.specialization = False
        self.class_key: int | None = None
        self.class_head = ("", -1)
        self.class_body: tuple[int, int] | None = None
        self.kind = ItemKind.VARIABLE

    # ------------------------------------------------------------ small steps

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
            self.scope,
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
            text = self.text(i)
            if text == ";":
                return i + 1
            if text in OPENING:
                i = self.partner(i)
            elif text == "}":
                return i
            i += 1
        return i

    # ------------------------------------------------------------ whole declarations

    def cut(self) -> tuple[Item, int]:
        """The item and the index after it."""
        while self.text(self.at) == "template":
            if self.text(self.at + 1) != "<":
                return self._instantiation()
            after = self.skip_angles(self.at + 1)
            if after == self.at + 1:
                break
            self.specialization = after == self.at + 3
            self.at = after
            if self.text(self.at) == "requires":
                self._skip_requires()
            self.template_range = (self.start, self.at)
        simple = _SIMPLE.get(self.text(self.at))
        if simple is not None:
            return simple(self)
        if self.text(self.at) == "extern" and self.text(self.at + 1) == "template":
            self.attributes.add("extern")
            self.at += 1
            return self._instantiation()
        return self._declaration()

    def _skip_requires(self) -> None:
        """A requires-clause: primaries joined with && and ||."""
        while self.text(self.at) in ("requires", "&&", "||"):
            self.at += 1
            if self.text(self.at) == "(":
                self.at = self.partner(self.at) + 1
                continue
            while self.text(self.at + 1) == "::":
                self.at += 2
            self.at += 1
            if self.text(self.at) == "<":
                self.at = self.skip_angles(self.at)

    def _instantiation(self) -> tuple[Item, int]:
        """`template void f<float>(...);`, the template word at `at`."""
        self.at += 1
        end = self._semicolon(self.at)
        self._specifiers()
        head = self.name_before() if self.text(self.at) == "(" else None
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
        if index >= 0 and self.text(index + 1) == "<":
            arguments = (index + 1, self.skip_angles(index + 1))
        return self._item(
            ItemKind.EXPLICIT_INSTANTIATION,
            name,
            end,
            name_index=index if index >= 0 else None,
            name_arguments=arguments,
        )

    def _using(self) -> tuple[Item, int]:
        end = self._semicolon(self.at)
        if self.text(self.at + 1) == "namespace":
            parts = [t.text for t in self.tokens[self.at + 2 : end] if t.kind == IDENT]
            name = parts[-1] if parts else ""
            return self._item(ItemKind.USING_DIRECTIVE, name, end, qualifier=tuple(parts[:-1]))
        if any(self.text(i) == "=" for i in range(self.at, min(end, self.at + 12))):
            return self._item(
                ItemKind.TYPEDEF, self.text(self.at + 1), end, name_index=self.at + 1,
                is_definition=True,
            )  # fmt: skip
        parts = [t.text for t in self.tokens[self.at + 1 : end] if t.kind == IDENT]
        parts = [p for p in parts if p != "typename"]
        name = parts[-1] if parts else ""
        return self._item(ItemKind.USING_DECLARATION, name, end, qualifier=tuple(parts[:-1]))

    def _namespace_alias(self) -> tuple[Item, int]:
        end = self._semicolon(self.at)
        return self._item(
            ItemKind.NAMESPACE_ALIAS, self.text(self.at + 1), end, name_index=self.at + 1
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
        return self.class_key is not None and self.text(self.class_key) == "enum"

    # ------------------------------------------------------------ general declarations

    def _declaration(self) -> tuple[Item, int]:
        first = self.at
        self._specifiers()
        while self._is_attribute_macro(first):
            self.at = self.partner(self.at) + 1
            self._specifiers()
        text = self.text(self.at)
        if text == "(" or text == "operator":
            return self._function(first)
        end = self._semicolon(self.at)
        if self.class_key is not None and (self.class_body is not None or text == ";"):
            return self._class(end)
        return self._variable(end)

    def _is_attribute_macro(self, first: int) -> bool:
        """Whether at the `(` of an unknown macro among specifiers: `static ALIGNED(16) int x;`."""
        if self.text(self.at) != "(" or self.at < first + 2 or self.class_key is not None:
            return False
        after = self.partner(self.at) + 1
        return (
            self.tokens[self.at - 1].kind == IDENT
            and self.tokens[self.at - 1].text.isupper()
            and after < len(self.tokens)
            and self.tokens[after].kind == IDENT
            and self._after_parameters(after)[1] < 0
        )

    def _specifiers(self) -> None:
        """Go to the first token that decides: the `(` of a declarator, `operator`, `=`, `;`,
        `,`, `[`, `:` or a brace, collecting attributes on the way."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            text = token.text
            if text in _DECLARATION_ATTRIBUTES:
                self.attributes.add(text)
            if text in _CALL_LIKE_ATTRIBUTES and self.text(self.at + 1) == "(":
                self.at = self.partner(self.at + 1)
                if text not in ("noexcept", "throw", "requires", "decltype"):
                    self.attributes.add(text)
            elif text in _CLASS_KEYS or text == "enum":
                self.class_key = self.at
                self._class_specifier()
                continue
            elif text == "[" and self.text(self.at + 1) == "[":
                self.at = self.partner(self.at)
            elif text == "<":
                after = self.skip_angles(self.at)
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
        if enum and self.text(self.at) in ("class", "struct"):
            self.at += 1
        name, index = "", -1
        while self.at < len(self.tokens):
            text = self.text(self.at)
            if text in _CALL_LIKE_ATTRIBUTES and self.text(self.at + 1) == "(":
                self.at = self.partner(self.at + 1) + 1
            elif text == "[" and self.text(self.at + 1) == "[":
                self.at = self.partner(self.at) + 1
            elif text == "<":
                after = self.skip_angles(self.at)
                self.at = after if after > self.at else self.at + 1
            elif self.tokens[self.at].kind == IDENT and text != "final":
                following = self.text(self.at + 1)
                if name and self.text(self.at - 1) != "::" and not _is_attribute_name(name):
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
        if self.text(self.at) == ":":
            self._skip_bases()
        if self.text(self.at) == "{":
            closing = self.partner(self.at)
            self.class_body = (self.at, closing + 1)
            self.at = closing + 1

    def _skip_bases(self) -> None:
        while self.at < len(self.tokens) and self.text(self.at) not in ("{", ";"):
            if self.text(self.at) == "<":
                after = self.skip_angles(self.at)
                self.at = after if after > self.at else self.at + 1
            elif self.text(self.at) == "(":
                self.at = self.partner(self.at) + 1
            else:
                self.at += 1

    def _class(self, end: int) -> tuple[Item, int]:
        """A class or enum, defined or only named; maybe variables after it."""
        name, index = self.class_head
        names, indexes = self._declarators(end - 1)
        arguments = None
        if index >= 0 and self.text(index + 1) == "<":
            arguments = (index + 1, self.skip_angles(index + 1))
            self.specialization = True
        qualifier, _ = self.qualifier(index) if index >= 0 else ((), index)
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
        head = self.name_before()
        if head is None:
            return self._soup(end)
        names, _ = self._declarators(end - 1, first=head)
        initialised = self.text(self.at) in ("=", "{") or "extern" not in self.attributes
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
            if self.text(j) in OPENING:
                closing = self.partner(j)
                if self.text(j) == "{" and self.text(closing + 1) not in (";", ",", ")"):
                    end = closing + 1
                    break
                j = closing
            j += 1
        return self._item(ItemKind.UNKNOWN, "", max(end, self.start + 1), is_definition=True)

    # ------------------------------------------------------------ functions

    def _function(self, first: int) -> tuple[Item, int]:
        """At the first parenthesis of a declarator, or at `operator`."""
        if self.text(self.at) == "operator":
            head: DeclaredName | None = self._operator_name()
        elif self._is_pointer_declarator():
            return self._pointer_declarator()
        else:
            head = self.name_before()
        if head is None or self.text(self.at) != "(":
            return self._soup(self._semicolon(self.at))
        opening = self.at
        closing = self.partner(opening)
        bare = self._is_bare(first, head)
        body, end = self._after_parameters(closing + 1)
        if end < 0 or (bare and body is None and self.text(end - 1) != ";"):
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
        defined = body is not None or self.text(end - 2) in ("default", "delete")
        return self._item(
            ItemKind.FUNCTION,
            head.name,
            end,
            parameters=(opening, closing + 1),
            body=body,
            is_definition=defined,
            **more,
        )

    def _is_bare(self, first: int, head: DeclaredName) -> bool:
        """Whether nothing but the name stands before `(`: a macro, unless a constructor."""
        start = head.index - 2 * len(head.qualifier)
        return start <= first and not self._is_constructor(head)

    def _is_constructor(self, head: DeclaredName) -> bool:
        if not head.qualifier:
            return False
        return head.name.lstrip("~") == head.qualifier[-1] or head.name.startswith("operator")

    def _macro_call(self, head: DeclaredName, end: int) -> tuple[Item, int]:
        """`NAME(...)` that no declaration explains; it ends at its parenthesis."""
        if self.text(end) in (";", ".", "->", "<<", "=", "+"):
            end = self._semicolon(end)
        return self._item(
            ItemKind.UNKNOWN, head.name, end, name_index=head.index, is_definition=True
        )

    def _after_parameters(self, j: int) -> tuple[tuple[int, int] | None, int]:
        """The body and the end of a function whose parameters end before j; end -1 where no
        function goes on like this."""
        while j < len(self.tokens):
            text = self.text(j)
            if text == ";":
                return None, j + 1
            if text == "{":
                closing = self.partner(j)
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
                j = self.partner(j + 1) + 1 if self.text(j + 1) == "(" else j + 1
            elif text == "[" and self.text(j + 1) == "[":
                j = self.partner(j) + 1
            elif text in _DECLARATION_ATTRIBUTES and self.text(j + 1) in ("{", ";"):
                j += 1
            else:
                return None, -1
        return None, -1

    def _after_handlers(self, j: int) -> int:
        """The index after the catch blocks of a function-try-block."""
        while self.text(j) == "catch" and self.text(j + 1) == "(":
            j = self.partner(j + 1) + 1
            if self.text(j) == "{":
                j = self.partner(j) + 1
        return j

    def _skip_type(self, j: int) -> int:
        """The index after a trailing return type."""
        while j < len(self.tokens) and self.text(j) not in ("{", ";", "=", ""):
            if self.text(j) == "<":
                after = self.skip_angles(j)
                j = after if after > j else j + 1
            elif self.text(j) in OPENING:
                j = self.partner(j) + 1
            else:
                j += 1
        return j

    def _constructor_body(self, colon: int) -> tuple[tuple[int, int] | None, int]:
        """`: a(x), b{y} { ... }`; the range starts at the colon."""
        j = colon + 1
        while j < len(self.tokens):
            while self.text(j) not in ("(", "{", ";", ""):
                after = self.skip_angles(j) if self.text(j) == "<" else j
                j = after if after > j else j + 1
            if self.text(j) not in ("(", "{"):
                return None, -1
            j = self.partner(j) + 1
            if self.text(j) == "...":
                j += 1
            if self.text(j) != ",":
                break
            j += 1
        if self.text(j) != "{":
            return None, -1
        end = self.partner(j) + 1
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
        before = self.text(self.at - 1) if self.at > self.start else ""
        j = self.at + 1
        while self.tokens[j : j + 1] and self.tokens[j].kind == IDENT and self.text(j + 1) == "::":
            j += 2
        if self.text(j) in ("*", "&", "&&"):
            ident = self.at > self.start and self.tokens[self.at - 1].kind == IDENT
            return not ident or before in TYPE_WORDS or self._closes_on_declarator()
        return False

    def _closes_on_declarator(self) -> bool:
        """`T (*name)(...)` or `T (&name)[...]` for a named type T."""
        closing = self.partner(self.at)
        return self.text(closing + 1) in ("(", "[")

    def _pointer_declarator(self) -> tuple[Item, int]:
        closing = self.partner(self.at)
        index = next(
            (
                j
                for j in range(self.at + 1, closing)
                if self.tokens[j].kind == IDENT
                and self.text(j) not in ("const", "volatile", "__restrict__")
                and self.text(j + 1) != "::"
            ),
            None,
        )
        end = self._semicolon(closing)
        if index is None:
            return self._soup(end)
        name = self.text(index)
        if self.text(index + 1) == "(":  # a function that returns a pointer to a function
            inner = self.partner(index + 1)
            after = closing + 1
            if self.text(after) in ("(", "["):
                after = self.partner(after) + 1
            body, end = self._after_parameters(after)
            if end >= 0:
                return self._item(
                    ItemKind.FUNCTION, name, end, name_index=index, body=body,
                    parameters=(index + 1, inner + 1), is_definition=body is not None,
                )  # fmt: skip
        return self._item(ItemKind.VARIABLE, name, end, name_index=index, is_definition=True)

    def _declarators(
        self, end: int, first: DeclaredName | None = None
    ) -> tuple[list[str], list[int]]:
        """Names of the declarators between `at` and `end`, which is at the `;`."""
        names: list[str] = [first.name] if first else []
        indexes: list[int] = [first.index] if first else []
        if first is None and self.at > self.start and self.class_body is None:
            head = self.name_before()
            if head is not None and head.index != self.class_head[1]:
                names.append(head.name)
                indexes.append(head.index)
        expecting = first is None and not names
        initialiser = False
        j = self.at if self.class_body is None else self.class_body[1]
        while j < end:
            token = self.tokens[j]
            text = token.text
            if text == ",":
                expecting = True
                initialiser = False
            elif text == "(" and expecting and self.text(j + 1) in ("*", "&"):
                j += 1
                continue
            elif text in OPENING:
                j = self.partner(j)
                expecting = False
            elif text == "=":
                expecting = False
                initialiser = True
            elif text == "<":
                after = self.skip_angles(j)
                inside = range(j, after)
                if after > j and not (initialiser and any(self.text(k) == "=" for k in inside)):
                    j = after - 1
            elif expecting and token.kind == IDENT and text not in _NOT_NAMES:
                names.append(text)
                indexes.append(j)
                expecting = False
            j += 1
        return names, indexes


_NOT_NAMES = frozenset("const volatile __restrict__ __restrict restrict alignas".split())


_RANGES = ("body", "parameters", "name_arguments")
_SIMPLE = {
    "using": Cutter._using,
    "namespace": Cutter._namespace_alias,
    "static_assert": Cutter._static_assert,
    "_Static_assert": Cutter._static_assert,
    "typedef": Cutter._typedef,
}


def _is_attribute_name(name: str) -> bool:
    """Export macros between `struct` and the name: `struct MYLIB_API Name {`."""
    return name.isupper() or (name.startswith("__") and name.endswith("__"))
