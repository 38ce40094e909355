"""The part of the token pass that reads declarations: specifiers, declarators, classes, templates.

Every declared name enters the scope at the point where C++ lets it, so that a parameter `int T`
hides a type `T` from there to the end of its function and not beyond.
"""

from __future__ import annotations

from typing import NamedTuple

from .classify_classes import ClassPass
from .classify_expressions import ARGUMENT_END
from .names import FUNCTION as FUNCTION_ENTRY
from .names import (
    TYPE,
    TYPE_TEMPLATE,
    VALUE,
    VALUE_TEMPLATE,
    Entry,
    Kind,
    NameScope,
)
from .token_words import (
    ATTRIBUTE_WORDS,
    BUILTIN_TYPES,
    CLASS_KEYS,
    CV_WORDS,
    DECLTYPE_WORDS,
    DROPPED_WORDS,
    STATIC_ASSERT_WORDS,
    STORAGE_WORDS,
)

ENTRIES = {
    Kind.VALUE: VALUE,
    Kind.FUNCTION: FUNCTION_ENTRY,
    Kind.TYPE: TYPE,
    Kind.TYPE_TEMPLATE: TYPE_TEMPLATE,
    Kind.VALUE_TEMPLATE: VALUE_TEMPLATE,
}
INITIALIZER_END = frozenset({",", ";"})
WIDTH_END = frozenset({",", ";", "=", "{"})
POINTERS = {"*": "STAR", "&": "AMP", "&&": "ANDAND"}
AFTER_PARAMETERS = frozenset({"{", "->", "const", "noexcept", "override", "final"})


class Specifiers(NamedTuple):
    """What stood before a declarator: whether a type did, and `typedef`."""

    has_type: bool
    typedef: bool


class Declared:
    """What a declarator said: whether it names a function, the scope of its parameters, the class
    that qualifies its name."""

    __slots__ = ("is_function", "owner", "parameters", "special")

    def __init__(self) -> None:
        self.is_function = False
        self.special = False
        self.parameters: NameScope | None = None
        self.owner: NameScope | None = None


class DeclarationPass(ClassPass):
    """Declarations of namespaces, classes and blocks."""

    def compound(self) -> None:
        raise AssertionError("defined by StatementPass")

    # ---- specifiers

    def specifiers(self, class_name: str = "", template: bool = False) -> Specifiers:
        """Everything before the first declarator. `class_name`: the class whose member it is."""
        seen = typedef = False
        while self.i < self.count:
            word = self.texts[self.i]
            if word in STORAGE_WORDS:
                typedef = typedef or word == "typedef"
                self.emit_as("STORAGE", STORAGE_WORDS[word], self.i + 1)
                if word == "extern" and self.tokens[self.i].kind == "STRING":
                    self.i += 1
            elif word in CV_WORDS:
                self.emit_as("CV", CV_WORDS[word], self.i + 1)
            elif word in BUILTIN_TYPES:
                self.emit("BUILTIN")
                seen = True
            elif word in ATTRIBUTE_WORDS:
                self.attribute()
            elif word in DROPPED_WORDS or self.tokens[self.i].kind == "PRAGMA":
                self.i += 1
            elif self.is_attribute_list(self.i):
                self.i = self.match[self.i] + 1
            elif seen or not self._type_specifier(word, class_name, template):
                break
            else:
                seen = True
        return Specifiers(seen, typedef)

    def type_specifiers(self) -> bool:
        """The specifiers of a type without a declaration."""
        return self.specifiers().has_type

    def _type_specifier(self, word: str, class_name: str, template: bool) -> bool:
        """One specifier that says which type; False where a declarator starts."""
        if word in CLASS_KEYS:
            self.class_specifier(template)
        elif word == "enum":
            self.enum_specifier()
        elif word == "typename" and (self.is_word(self.i + 1) or self.texts[self.i + 1] == "::"):
            self.i += 1
            self.emit_name(self.resolve(self.i, True))
        elif word in DECLTYPE_WORDS or (word == "typename" and self.is_decltype(self.i + 1)):
            self.i += word == "typename"
            self.decltype()
            if self.emit_if("::", "SCOPE"):
                self.emit_name(self.resolve(self.i, True))
        elif word == "::" or self.is_word(self.i):
            if word == class_name and self._constructor_end(class_name):
                return False
            name = self.resolve(self.i, True)
            if name.kind != "type":
                return False
            self.emit_name(name)
        else:
            return False
        return True

    # ---- declarators

    def declarator(self, kind: Kind | None, named: bool = True) -> Declared:
        """A declarator; its name, if simple, becomes a `kind` in the scope at the cursor (None: it
        is known already).

        `named`: a name is expected, so that `(x)` is a group and not parameters.
        """
        declared = Declared()
        self._pointers()
        if self.texts[self.i] == "..." and self.texts[self.i - 1] != "(":
            self.emit("ELLIPSIS")
        if self._is_group(named):
            self.emit("LPAREN")
            inner = self.declarator(kind, named)
            self.emit_if(")", "RPAREN")
            declared.parameters = inner.parameters
            declared.owner = inner.owner
        else:
            self._declared_name(kind, declared)
        saved = self.scope
        if declared.owner is not None:
            self.scope = _within(declared.owner, self.scope)
        self._suffixes(declared, named)
        self.scope = saved
        return declared

    def _pointers(self) -> None:
        while True:
            word = self.texts[self.i]
            if word in POINTERS:
                self.emit(POINTERS[word])
            elif word in CV_WORDS:
                self.emit_as("CV", CV_WORDS[word], self.i + 1)
            elif word in ATTRIBUTE_WORDS and self.texts[self.i + 1] == "(":
                self.i = self.match[self.i + 1] + 1
            else:
                return

    def _is_group(self, named: bool) -> bool:
        if self.texts[self.i] != "(":
            return False
        inside = self.texts[self.i + 1]
        if inside in POINTERS:
            return True
        if inside == "(":
            return self.texts[self.i + 2] in POINTERS
        return named and self.is_word(self.i + 1) and not self.skip_type(self.i + 1)

    def _declared_name(self, kind: Kind | None, declared: Declared) -> None:
        word = self.texts[self.i]
        after = self.texts[self.i + 1]
        if self.is_word(self.i) and after not in ("::", "<"):
            if kind is not None:
                self.scope.declare(word, ENTRIES[kind])
            self.emit("IDENT")
        elif self.is_word(self.i) or word == "::" or (word == "~" and self.is_word(self.i + 1)):
            name = self.resolve(self.i, False, declarator=True)
            declared.owner = name.scope if len(name.parts) > 1 else None
            declared.special = name.kind == "special"
            self.emit_name(name)
        elif word == "operator":
            end, operator = self.operator_end(self.i)
            declared.special = not operator
            self.emit_as("OPERATOR_NAME" if operator else "CONVERSION", operator or word, end)
        if self.out and self.out[-1].kind == "CONVERSION":
            self.conversion_type()

    def conversion_type(self) -> None:
        """The type after `operator`, which takes no parentheses."""
        self.specifiers()
        self._pointers()

    def _suffixes(self, declared: Declared, named: bool) -> None:
        first = True
        while True:
            word = self.texts[self.i]
            if word == "(":
                if named and not self._are_parameters(first, declared):
                    return
                scope = self.parameters_in_scope()
                if declared.parameters is None:
                    declared.parameters = scope
                declared.is_function = declared.is_function or first
            elif word == "[" and not self.is_attribute_list(self.i):
                self.emit("LBRACK")
                self.expression(frozenset())
                self.emit_if("]", "RBRACK")
            elif word in ATTRIBUTE_WORDS:
                self.attribute()
            elif self.is_attribute_list(self.i):
                self.i = self.match[self.i] + 1
            elif word in ("__restrict__", "__restrict"):
                self.i += 1
            else:
                return
            first = False

    def _are_parameters(self, first: bool, declared: Declared) -> bool:
        """Whether the `(` after a declared name opens parameters, not an initialiser."""
        if not first or declared.special or self.in_class:
            return True
        i = self.i + 1
        word = self.texts[i]
        if word in (")", "...") or word in STORAGE_WORDS or word in CV_WORDS:
            return True
        if self.texts[self.match[self.i] + 1] in AFTER_PARAMETERS:
            return True
        end = self.skip_type(i)
        if end:
            after = self.texts[end]
            if after == "(":
                return self.texts[end + 1] in ("*", "&", "&&")
            return after not in ("{", "::")
        if not self.is_word(i) and word != "::":
            return False
        name = self.resolve(i, False)
        if name.kind != "unknown":
            return False
        end = name.end
        while self.texts[end] in POINTERS or self.texts[end] in CV_WORDS:
            end += 1
        return (self.is_word(end) and self.texts[end + 1] in (",", ")", "=", "[")) or (
            end > name.end and self.texts[end] in (",", ")")
        )

    def parameters(self) -> None:
        """A parameter list whose scope ends with it."""
        self.parameters_in_scope()

    def parameters_in_scope(self) -> NameScope:
        """`(parameters) const noexcept -> T`; the scope that holds the parameters."""
        saved, self.scope = self.scope, NameScope(self.scope)
        in_class, self.in_class = self.in_class, False
        own = self.scope
        close = self.match[self.i]
        self.emit("LPARAMS")
        while self.i < close:
            before = self.i
            if self.texts[self.i] == "..." and self.texts[self.i + 1] == ")":
                self.emit("ELLIPSIS")
            else:
                self._parameter()
            if not self.emit_if(",", "COMMA") and (self.i == before or self.i < close):
                break
        if self.i == close:
            self.emit("RPAREN")
        self._method_qualifiers()
        self.in_class = in_class
        self.scope = saved
        return own

    def _parameter(self) -> None:
        self.specifiers()
        self.declarator(Kind.VALUE, named=False)
        if self.emit_if("=", "ASSIGN"):
            self.expression(ARGUMENT_END if self.angles else frozenset({","}))

    def _method_qualifiers(self) -> None:
        while True:
            word = self.texts[self.i]
            if word in CV_WORDS:
                self.emit_as("CV", CV_WORDS[word], self.i + 1)
            elif word in ("&", "&&") and self.texts[self.i + 1] in ("{", ";", "=", "noexcept"):
                self.emit(POINTERS[word])
            elif word in ("noexcept", "throw"):
                self.i += 1
                if self.texts[self.i] == "(":
                    self.i = self.match[self.i] + 1
            elif word in ("override", "final"):
                self.i += 1
            elif word == "->":
                self.emit("ARROW")
                self.type_id()
            else:
                return

    # ---- templates

    def template_head(self) -> None:
        """`template <parameters>`, which enter the scope at the cursor."""
        self.emit("TEMPLATE")
        self.template_parameters()

    def template_parameters(self) -> None:
        """`<parameters>`."""
        if not self.emit_if("<", "LANGLE"):
            return
        self.angles += 1
        while self.texts[self.i] != ">" and self.i < self.count:
            before = self.i
            self._template_parameter()
            if not self.emit_if(",", "COMMA") and (self.i == before or self.texts[self.i] != ">"):
                break
        self.angles -= 1
        self.emit_if(">", "RANGLE")

    def _template_parameter(self) -> None:
        word = self.texts[self.i]
        if word == "template":
            saved, self.scope = self.scope, NameScope(self.scope)
            self.template_head()
            self.scope = saved
            self._type_parameter(TYPE_TEMPLATE)
        elif word in ("typename", "class") and self._is_type_parameter():
            self._type_parameter(TYPE)
        else:
            self._parameter()

    def _is_type_parameter(self) -> bool:
        i = self.i + 1
        if self.texts[i] == "...":
            return True
        if self.is_word(i):
            i += 1
        return self.texts[i] in (",", ">", "=")

    def _type_parameter(self, entry: Entry) -> None:
        if self.texts[self.i] not in ("typename", "class"):
            return
        self.emit("TYPE_PARAM")
        self.emit_if("...", "ELLIPSIS")
        if self.is_word(self.i):
            self.scope.declare(self.texts[self.i], entry)
            self.emit("IDENT")
        if self.emit_if("=", "ASSIGN"):
            self.type_id()

    # ---- declarations

    def declaration(
        self, class_name: str = "", in_class: bool = False, local: bool = False
    ) -> None:
        """A whole declaration, up to its `;` or body. `local`: it stands in a block."""
        outer = self.scope
        saved, self.in_class = self.in_class, in_class
        is_template = False
        while self.texts[self.i] == "template":
            if self.texts[self.i + 1] != "<":
                self.emit("TEMPLATE")
                continue
            if not is_template:
                self.scope = NameScope(self.scope)
            is_template = True
            self.template_head()
        word = self.texts[self.i]
        if word == "using":
            self._using(outer, is_template)
        elif word in STATIC_ASSERT_WORDS:
            self.emit("STATIC_ASSERT")
            self.parentheses()
            self.emit_if(";", "SEMI")
        elif word == "namespace":
            self._namespace_alias(outer)
        elif word == ";":
            self.emit("SEMI")
        else:
            self._simple_declaration(class_name, is_template, local)
        self.scope = outer
        self.in_class = saved

    def _using(self, outer: NameScope, is_template: bool) -> None:
        self.emit("USING")
        if self.emit_if("namespace", "NAMESPACE_KEY"):
            self._using_namespace(outer)
        elif self.is_word(self.i) and self.texts[self.i + 1] in ("=", "["):
            outer.declare(self.texts[self.i], TYPE_TEMPLATE if is_template else TYPE)
            self.emit("IDENT")
            while self.is_attribute_list(self.i):
                self.i = self.match[self.i] + 1
            self.emit_if("=", "ASSIGN")
            self.type_id()
        else:
            if self.texts[self.i] == "typename":
                self.i += 1
            if self.texts[self.i] == "::" or self.is_word(self.i):
                self._used_name(outer)
        self.emit_if(";", "SEMI")

    def _using_namespace(self, outer: NameScope) -> None:
        name = self.resolve(self.i, False)
        last = self.texts[name.end - 1]
        entry = (
            name.scope.find(last) if len(name.parts) > 1 and name.scope else self.scope.lookup(last)
        )
        if entry is not None and entry.names is not None:
            outer.used.append(entry.names)
        self.emit_name(name, "IDENT")

    def _used_name(self, outer: NameScope) -> None:
        name = self.resolve(self.i, False)
        word = self.texts[name.end - 1]
        entry = name.scope.find(word) if name.scope is not None else None
        if entry is not None and not self.in_class:
            outer.declare(word, entry)
        self.emit_name(name, "IDENT" if name.kind == "unknown" else "")

    def _namespace_alias(self, outer: NameScope) -> None:
        self.emit("NAMESPACE_KEY")
        word = self.texts[self.i]
        if self.is_word(self.i):
            self.emit("IDENT")
        if not self.emit_if("=", "ASSIGN"):
            return
        name = self.resolve(self.i, False)
        last = self.texts[name.end - 1]
        entry = name.scope.find(last) if len(name.parts) > 1 and name.scope else None
        if len(name.parts) == 1:
            entry = self.scope.lookup(last)
        outer.declare(word, Entry(Kind.NAMESPACE, entry.names if entry else None))
        self.emit_name(name, "IDENT")
        self.emit_if(";", "SEMI")

    def _simple_declaration(self, class_name: str, is_template: bool, local: bool) -> None:
        specifiers = self.specifiers(class_name, is_template)
        kind = Kind.TYPE if specifiers.typedef else Kind.VALUE
        new = kind if local else None
        if self.texts[self.i] == "[" and not self.is_attribute_list(self.i):
            self._binding()
            self._initializer(Declared())
            self.emit_if(";", "SEMI")
            return
        if self.texts[self.i] in ("&", "&&") and self.texts[self.i + 1] == "[":
            self.emit(POINTERS[self.texts[self.i]])
            self._binding()
            self._initializer(Declared())
            self.emit_if(";", "SEMI")
            return
        while self.i < self.count:
            if self.emit_if(";", "SEMI"):
                return
            before = self.i
            declared = Declared()
            if class_name and not specifiers.has_type and self._constructor_end(class_name):
                self._constructor(declared, class_name)
            else:
                declared = self.declarator(new)
            if self._rest_of_declarator(declared):
                return
            if not self.emit_if(",", "COMMA"):
                self.emit_if(";", "SEMI")
                return
            if self.i == before:
                return

    def _constructor_end(self, class_name: str) -> int:
        """The index of the `(` after a constructor's name at the cursor, `A` or `A<T>`; else 0."""
        if self.texts[self.i] != class_name:
            return 0
        end = self.i + 1
        if self.texts[end] == "<":
            end = self.close_angle(end) + 1
        return end if self.texts[end] == "(" else 0

    def _constructor(self, declared: Declared, class_name: str) -> None:
        declared.special = True
        self.emit_as("CTOR_NAME", class_name, self._constructor_end(class_name))
        declared.is_function = True
        declared.parameters = self.parameters_in_scope()
        while self.texts[self.i] in ATTRIBUTE_WORDS:
            self.attribute()

    def _rest_of_declarator(self, declared: Declared) -> bool:
        """Initialiser, width, constructor's initialisers, body; True where a body ends it all."""
        word = self.texts[self.i]
        if word == ":" and not declared.special:
            self.emit("COLON")
            self.expression(WIDTH_END)
        if not declared.is_function or word not in ("{", ":", "try"):
            self._initializer(declared)
            return False
        saved = self.scope
        if declared.owner is not None:
            self.scope = _within(declared.owner, self.scope)
        if declared.parameters is not None:
            self.scope = _within(declared.parameters, self.scope)
        if word == ":":
            self._member_initializers()
        if self.texts[self.i] == "{":
            in_class, self.in_class = self.in_class, False
            self.compound()
            self.in_class = in_class
        self.scope = saved
        return True

    def _initializer(self, declared: Declared) -> None:
        word = self.texts[self.i]
        if word == "=":
            self.emit("ASSIGN")
            following = self.texts[self.i + 1]
            if self.texts[self.i] == "default" and following == ";":
                self.emit("DEFAULT")
            elif self.texts[self.i] == "delete" and following == ";":
                self.emit("DELETE")
            else:
                self.expression(INITIALIZER_END)
        elif word == "(":
            self.parentheses()
        elif word == "{" and not declared.is_function:
            self.expression(INITIALIZER_END)

    def _member_initializers(self) -> None:
        self.emit("COLON")
        while self.is_word(self.i) or self.texts[self.i] == "::":
            name = self.resolve(self.i, False)
            self.emit_name(name, "IDENT" if name.kind == "unknown" else "")
            if self.texts[self.i] == "(":
                self.parentheses()
            elif self.texts[self.i] == "{":
                self._braces()
            self.emit_if("...", "ELLIPSIS")
            if not self.emit_if(",", "COMMA"):
                return

    def _braces(self) -> None:
        self.emit("LBRACE")
        self.expression(frozenset())
        self.emit_if("}", "RBRACE")

    def _binding(self) -> None:
        """`[a, b]` of a structured binding."""
        self.emit("LBIND")
        while self.is_word(self.i):
            self.scope.declare(self.texts[self.i], VALUE)
            self.emit("IDENT")
            if not self.emit_if(",", "COMMA"):
                break
        self.emit_if("]", "RBRACK")


def _within(inner: NameScope, outer: NameScope) -> NameScope:
    """A scope with the names of `inner` before those of `outer`."""
    scope = NameScope(outer)
    scope.used.append(inner)
    return scope
