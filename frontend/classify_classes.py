"""The part of the token pass that reads classes, enumerations and attributes."""

from __future__ import annotations

from .classify_expressions import ExpressionPass
from .names import VALUE, ClassScope, Entry, Kind, NameScope
from .token_words import ATTRIBUTE_WORDS, DROPPED_WORDS

ACCESS_WORDS = frozenset({"public", "private", "protected"})


class ClassPass(ExpressionPass):
    """Class and enum specifiers; their members are declarations."""

    in_class = False
    """Whether the declaration at the cursor is a member."""

    def declaration(
        self, class_name: str = "", in_class: bool = False, local: bool = False
    ) -> None:
        raise AssertionError("defined by DeclarationPass")

    # ---- attributes

    def attribute(self) -> None:
        """`__launch_bounds__(...)`, `alignas(...)`, `__attribute__((...))`."""
        word = self.texts[self.i]
        if word == "__declspec":
            self.i = self.match[self.i + 1] + 1
        elif word in ("__attribute__", "__attribute"):
            self._gnu_attributes()
        elif self.texts[self.i + 1] == "(":
            self.emit("ATTRIBUTE_CALL")
            if self.is_type(self.i + 1):
                self.parenthesised_type("LTYPE")
            else:
                self.parentheses()
        else:
            self.emit("ATTRIBUTE")

    def _gnu_attributes(self) -> None:
        if self.texts[self.i + 1] != "(" or self.texts[self.i + 2] != "(":
            self.emit("ATTRIBUTE")
            return
        end = self.match[self.i + 1]
        inner = self.match[self.i + 2]
        self.i += 3
        while self.i < inner:
            if self.texts[self.i] == ",":
                self.i += 1
            elif self.texts[self.i + 1] == "(":
                self.emit("ATTRIBUTE_CALL")
                self.parentheses()
            else:
                self.emit("ATTRIBUTE")
        self.i = end + 1

    # ---- classes and enumerations

    def class_specifier(self, is_template: bool = False) -> None:
        """`struct name ...`: a definition with its members, or a mention."""
        head = self._class_head_end(self.i + 1)
        body = head
        if self.texts[head] == ":" and not self.in_range:
            while body < self.count and self.texts[body] not in ("{", ";", ")"):
                body = self.match[body] + 1 if self.texts[body] == "(" else body + 1
        defined = self.texts[body] == "{"
        self.emit("CLASS_DEF" if defined else "CLASS_REF")
        self._class_attributes()
        name = ""
        if self.is_word(self.i) and not (self.texts[self.i] == "final" and defined):
            name = self.texts[self.i] if self.texts[self.i + 1] != "::" else ""
            resolved = self.resolve(self.i, True)
            last = self.texts[resolved.parts[-1].at]
            outer = self.scope
            if resolved.kind != "type":
                resolved = resolved._replace(kind="type")
            self.emit_name(resolved, "" if resolved.parts[-1].has_args else "TYPE_NAME")
            name = name or last
            if name and not self._is_declared_class(name):
                entry = Entry(Kind.TYPE_TEMPLATE if is_template else Kind.TYPE)
                _block(outer, is_template).declare(name, entry)
        if not defined:
            return
        self._class_body(name, is_template, head, body)

    in_range = False
    """Whether a `:` at the cursor belongs to a range-based for."""

    def _is_declared_class(self, name: str) -> bool:
        entry = self.scope.lookup(name)
        return entry is not None and entry.kind in (Kind.TYPE, Kind.TYPE_TEMPLATE)

    def _class_head_end(self, i: int) -> int:
        """The index after the name at the start of a class specifier."""
        while True:
            if self.texts[i] in ATTRIBUTE_WORDS and self.texts[i + 1] == "(":
                i = self.match[i + 1] + 1
            elif self.is_attribute_list(i):
                i = self.match[i] + 1
            else:
                break
        while self.is_word(i) and not (
            self.texts[i] == "final" and self.texts[i + 1] in ("{", ":")
        ):
            i += 1
            if self.texts[i] == "<":
                i = (self.close_angle(i) or i) + 1
            if self.texts[i] != "::":
                break
            i += 1
        return i + 1 if self.texts[i] == "final" else i

    def _class_attributes(self) -> None:
        while True:
            if self.texts[self.i] in ATTRIBUTE_WORDS:
                self.attribute()
            elif self.is_attribute_list(self.i):
                self.i = self.match[self.i] + 1
            else:
                return

    def _class_body(self, name: str, is_template: bool, head: int, body: int) -> None:
        saved = self.scope
        in_class, self.in_class = self.in_class, True
        members = ClassScope(self.scope, name)
        members.add_body(self.tokens, head, body)
        if name:
            entry = saved.lookup(name)
            if entry is not None and entry.names is None:
                entry.names = members
        if self.texts[self.i] == "final":
            self.i += 1
        if self.texts[self.i] == ":":
            self._bases()
        if self.texts[self.i] != "{":
            self.scope = saved
            return
        self.scope = members
        self.emit("LMEMBERS")
        angles, self.angles = self.angles, 0
        while self.texts[self.i] != "}" and self.i < self.count:
            before = self.i
            self._class_member(name)
            if self.i == before:
                self.emit("STRAY")
        self.angles = angles
        self.emit_if("}", "RBRACE")
        self.in_class = in_class
        self.scope = saved

    def _class_member(self, class_name: str) -> None:
        word = self.texts[self.i]
        if word in ACCESS_WORDS and self.texts[self.i + 1] == ":":
            self.i += 2
        elif self.tokens[self.i].kind == "PRAGMA" or word in DROPPED_WORDS:
            self.i += 1
        else:
            self.declaration(class_name, in_class=True)

    def _bases(self) -> None:
        self.emit("COLON")
        while self.i < self.count and self.texts[self.i] != "{":
            before = self.i
            while self.texts[self.i] in ACCESS_WORDS or self.texts[self.i] == "virtual":
                self.emit("ACCESS")
            if self.texts[self.i] == "typename":
                self.i += 1
            if self.is_word(self.i) or self.texts[self.i] == "::":
                self.emit_name(self.resolve(self.i, True))
            self.emit_if("...", "ELLIPSIS")
            self.emit_if(",", "COMMA")
            if self.i == before:
                return

    def enum_specifier(self) -> None:
        """`enum class name : type { a, b = 1 }`, or a mention."""
        i = self.i + 1
        scoped = self.texts[i] in ("class", "struct")
        i = self._class_head_end(i + 1 if scoped else i)
        end = i
        if self.texts[i] == ":":
            while end < self.count and self.texts[end] not in ("{", ";", ")", ","):
                end += 1
        defined = self.texts[end] == "{"
        opaque = not defined and self.texts[end] == ";" and (scoped or self.texts[i] == ":")
        terminal = "ENUM_DEF" if defined else "ENUM_OPAQUE" if opaque else "ENUM_REF"
        self.emit_as(terminal, "enum class" if scoped else "enum", self.i + (2 if scoped else 1))
        self._class_attributes()
        names = NameScope(self.scope)
        if self.is_word(self.i):
            if self.texts[self.i + 1] != "::" and self.scope.lookup(self.texts[self.i]) is None:
                self.scope.declare(self.texts[self.i], Entry(Kind.TYPE, names))
            name = self.resolve(self.i, True)
            self.emit_name(name)
        if (defined or opaque) and self.emit_if(":", "COLON"):
            self.type_id()
        if defined and self.emit_if("{", "LMEMBERS"):
            self._enumerators(names, scoped)
            self.emit_if("}", "RBRACE")

    def _enumerators(self, names: NameScope, scoped: bool) -> None:
        while self.is_word(self.i):
            names.declare(self.texts[self.i], VALUE)
            if not scoped:
                self.scope.declare(self.texts[self.i], VALUE)
            self.emit("IDENT")
            self._class_attributes()
            if self.emit_if("=", "ASSIGN"):
                self.expression(frozenset({","}))
            if not self.emit_if(",", "COMMA"):
                return


def _block(scope: NameScope, is_template: bool) -> NameScope:
    """The scope that a class declared at the cursor belongs to: outside of its template's own."""
    return scope.parent if is_template and scope.parent is not None else scope
