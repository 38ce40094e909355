"""Reductions that build lists, names, specifiers, declarators and types."""

from __future__ import annotations

from typing import Any, NoReturn

from ..ir.diagnostics import error
from ..ir.source import Span
from . import syntax as s
from .grammar import ParserToken as Token
from .specifiers import ClassMention, Draft, read_specifiers

Nodes = list[Any]


def over(first: Any, last: Any) -> Span:
    """From the start of one symbol to the end of another."""
    start: Span = first.span
    return start.to(last.span)


def malformed(message: str, span: Span, help: str = "") -> NoReturn:
    raise error("ASC0206", message, span, help=help)


class Bracketed(list[Any]):
    """A list and the brackets around it."""

    __slots__ = ("span",)

    def __init__(self, items: Nodes, span: Span) -> None:
        super().__init__(items)
        self.span = span


class DeclaratorBuilder:
    """Callbacks for lists, names, specifiers, declarators and types."""

    # ---- lists

    def nothing(self) -> Nodes:
        return []

    def none(self) -> None:
        return None

    def first(self, item: Any) -> Nodes:
        return [item]

    def append(self, items: Nodes, item: Any) -> Nodes:
        if item is not None:
            items.append(item)
        return items

    def append_after(self, items: Nodes, separator: Token, item: Any) -> Nodes:
        items.append(item)
        return items

    def append_none(self, items: Nodes, separator: Token) -> Nodes:
        items.append([])
        return items

    def same(self, item: Any, *rest: Any) -> Any:
        return item

    def same_first(self, item: Any, *rest: Any) -> Any:
        return item

    def second(self, mark: Token, item: Any) -> Any:
        return item

    def bracketed(self, opener: Token, items: Nodes, *rest: Token) -> Nodes:
        return Bracketed(items, over(opener, rest[-1]))

    def empty_args(self, opener: Token, closer: Token) -> Nodes:
        return Bracketed([], over(opener, closer))

    def nothing_in(self, *brackets: Token) -> Nodes:
        return Bracketed([], over(brackets[0], brackets[-1]))

    # ---- names

    def name_part(self, token: Token) -> s.NamePart:
        return s.NamePart(token.span, token.text)

    def name_part_args(self, token: Token, args: Bracketed) -> s.NamePart:
        return s.NamePart(over(token, args), token.text, tuple(args))

    def conversion_part(self, token: Token, type_id: s.TypeId) -> s.NamePart:
        return s.NamePart(over(token, type_id), "operator", None, type_id)

    def conversion_name(self, word: Token, type_id: s.TypeId, end: Token) -> s.QualifiedName:
        return self.qualified(self.conversion_part(word, type_id))

    def conversion_type(self, words: Nodes, pointers: Nodes) -> s.TypeId:
        draft = Draft(pointers[0].span)
        for pointer in reversed(pointers):
            draft.parts.append(pointer)
            draft.span = draft.span.to(pointer.span)
        return self.type_id(words, draft)

    def qualified(self, part: s.NamePart) -> s.QualifiedName:
        return s.QualifiedName(part.span, (part,))

    def qualified_prefix(self, prefix: s.QualifiedName, part: s.NamePart) -> s.QualifiedName:
        parts = (*prefix.parts, part)
        return s.QualifiedName(over(prefix, part), parts, prefix.absolute, prefix.decltype)

    def prefix_absolute(self, sign: Token) -> s.QualifiedName:
        return s.QualifiedName(sign.span, (), True)

    def prefix_first(self, part: s.NamePart, sign: Token) -> s.QualifiedName:
        return s.QualifiedName(over(part, sign), (part,))

    def prefix_more(
        self, prefix: s.QualifiedName, part: s.NamePart, sign: Token
    ) -> s.QualifiedName:
        return self.qualified_prefix(prefix, part)

    def prefix_decltype(self, specifier: s.TypeSpecifier, sign: Token) -> s.QualifiedName:
        return s.QualifiedName(over(specifier, sign), (), False, specifier.decltype)

    # ---- specifiers

    def decltype(self, word: Token, opener: Token, value: s.Expr, closer: Token) -> s.TypeSpecifier:
        if isinstance(value, s.Name) and str(value.name) == "auto":
            malformed("'decltype(auto)' is not supported", over(word, closer))
        if word.text == "decltype(())" and isinstance(value, s.Name):
            value = s.Unary(value.span, "()", value)
        return s.TypeSpecifier(over(word, closer), decltype=value)

    def class_reference(self, key: Token, attributes: Nodes, name: s.QualifiedName) -> ClassMention:
        return ClassMention(over(key, name), key.text, name, tuple(attributes))

    def enum_reference(self, key: Token, attributes: Nodes, name: s.QualifiedName) -> ClassMention:
        return ClassMention(over(key, name), "enum", name, tuple(attributes))

    def attribute(self, word: Token) -> s.Attribute:
        return s.Attribute(word.span, word.text)

    def attribute_call(self, word: Token, opener: Token, args: Nodes, closer: Token) -> s.Attribute:
        return s.Attribute(over(word, closer), word.text, tuple(args))

    def attribute_type(
        self, word: Token, opener: Token, type_id: s.TypeId, closer: Token
    ) -> s.Attribute:
        return s.Attribute(over(word, closer), word.text, (type_id,))

    def class_unnamed(
        self, key: Token, attributes: Nodes, bases: Nodes, opener: Token, members: Nodes, end: Token
    ) -> s.ClassDefinition:
        return self._class(key, attributes, None, bases, members, end)

    def class_named(
        self,
        key: Token,
        attributes: Nodes,
        name: s.QualifiedName,
        bases: Nodes,
        opener: Token,
        members: Nodes,
        end: Token,
    ) -> s.ClassDefinition:
        return self._class(key, attributes, name, bases, members, end)

    def _class(
        self,
        key: Token,
        attributes: Nodes,
        name: s.QualifiedName | None,
        bases: Nodes,
        members: Nodes,
        end: Token,
    ) -> s.ClassDefinition:
        return s.ClassDefinition(
            over(key, end), key.text, name, tuple(bases), tuple(members), tuple(attributes)
        )

    def base(self, words: Nodes, name: s.QualifiedName, dots: Token | None = None) -> s.BaseClass:
        texts = [w.text for w in words]
        access = next((t for t in texts if t != "virtual"), "")
        span = over(words[0] if words else name, dots or name)
        return s.BaseClass(span, name, access, "virtual" in texts, dots is not None)

    def enum_unnamed(
        self, key: Token, attributes: Nodes, base: s.TypeId | None, body: Bracketed
    ) -> s.EnumDefinition:
        scoped = key.text == "enum class"
        return s.EnumDefinition(over(key, body), None, scoped, base, tuple(body))

    def enum_named(
        self,
        key: Token,
        attributes: Nodes,
        name: s.QualifiedName,
        base: s.TypeId | None,
        body: Bracketed,
    ) -> s.EnumDefinition:
        scoped = key.text == "enum class"
        return s.EnumDefinition(over(key, body), name, scoped, base, tuple(body))

    def enumerator(
        self, name: Token, attributes: Nodes, sign: Token | None = None, value: Any = None
    ) -> s.Enumerator:
        return s.Enumerator(over(name, value or name), name.text, value)

    # ---- declarators

    def pointer(self, sign: Token, words: Nodes) -> s.PointerPart:
        texts = [w.text for w in words]
        span = over(sign, words[-1]) if words else sign.span
        return s.PointerPart(
            span, sign.text, "const" in texts, "volatile" in texts, "__restrict__" in texts
        )

    def pointer_only(self, pointer: s.PointerPart) -> Draft:
        draft = Draft(pointer.span)
        draft.parts.append(pointer)
        return draft

    def pointer_to(self, pointer: s.PointerPart, draft: Draft) -> Draft:
        draft.parts.append(pointer)
        draft.span = over(pointer, draft)
        return draft

    def declared_name(self, name: s.QualifiedName) -> Draft:
        draft = Draft(name.span)
        draft.name = name
        return draft

    def declared_pack(self, dots: Token, name: s.QualifiedName | None = None) -> Draft:
        draft = Draft(over(dots, name or dots))
        draft.name = name
        draft.pack = True
        return draft

    def declared_group(self, opener: Token, draft: Draft, closer: Token) -> Draft:
        draft.span = over(opener, closer)
        return draft

    def declared_array(self, part: s.ArrayPart) -> Draft:
        return self.array_of(Draft(part.span), part)

    def declared_function(self, part: s.FunctionPart) -> Draft:
        return self.array_of(Draft(part.span), part)

    def array_of(self, draft: Draft, part: s.ArrayPart | s.FunctionPart) -> Draft:
        draft.parts.append(part)
        draft.span = over(draft, part)
        return draft

    def function_of(self, draft: Draft, part: s.FunctionPart) -> Draft:
        return self.array_of(draft, part)

    def declared_attribute(self, draft: Draft, attribute: s.Attribute) -> Draft:
        draft.attributes.append(attribute)
        draft.span = over(draft, attribute)
        return draft

    def trailing_return(self, draft: Draft, arrow: Token, type_id: s.TypeId) -> Draft:
        for number, part in enumerate(draft.parts):
            if isinstance(part, s.FunctionPart):
                span = over(part, type_id)
                draft.parts[number] = s.FunctionPart(
                    span, part.parameters, part.variadic, part.const, type_id
                )
                draft.span = over(draft, type_id)
                return draft
        malformed("'->' must follow a function's parameters", arrow.span)

    def array(self, opener: Token, closer: Token) -> s.ArrayPart:
        return s.ArrayPart(over(opener, closer), None)

    def array_sized(self, opener: Token, size: s.Expr, closer: Token) -> s.ArrayPart:
        return s.ArrayPart(over(opener, closer), size)

    def function(
        self, opener: Token, parameters: Nodes, closer: Token, words: Nodes
    ) -> s.FunctionPart:
        variadic = bool(parameters) and isinstance(parameters[-1], Token)
        if variadic:
            parameters.pop()
        const = any(w.text == "const" for w in words)
        if len(parameters) == 1 and _is_void(parameters[0]):
            parameters.clear()
        span = over(opener, words[-1] if words else closer)
        return s.FunctionPart(span, tuple(parameters), variadic, const)

    def parameter(self, words: Nodes, draft: Draft | None = None) -> s.Parameter:
        return self._parameter(words, draft, None)

    def parameter_default(self, words: Nodes, sign: Token, default: s.Expr) -> s.Parameter:
        return self._parameter(words, None, default)

    def parameter_declarator_default(
        self, words: Nodes, draft: Draft, sign: Token, default: s.Expr
    ) -> s.Parameter:
        return self._parameter(words, draft, default)

    def _parameter(self, words: Nodes, draft: Draft | None, default: s.Expr | None) -> s.Parameter:
        read = read_specifiers(words, allowed=frozenset({"register", "__grid_constant__"}))
        declarator = (draft or Draft(read.specifier.span)).finish()
        attributes = (*read.attributes, *(draft.attributes if draft else ()))
        span = over(words[0], default or draft or words[-1])
        return s.Parameter(span, read.specifier, declarator, default, attributes)

    def type_id(self, words: Nodes, draft: Draft | None = None) -> s.TypeId:
        read = read_specifiers(words, allowed=frozenset())
        if draft is None:
            span = read.specifier.span
            return s.TypeId(span, read.specifier, s.Declarator(span, None))
        if draft.name is not None:
            malformed(f"'{draft.name}' is not expected after a type here", draft.name.span)
        declarator = draft.finish()
        return s.TypeId(over(words[0], draft), read.specifier, declarator, draft.pack)


def _is_void(parameter: s.Parameter) -> bool:
    return (
        parameter.specifier.builtin == "void"
        and parameter.declarator.name is None
        and not parameter.declarator.parts
    )
