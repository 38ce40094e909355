"""From the grammar's reductions to the nodes of `syntax.py`.

One method per callback name in `cuda.lark`; each gets what its rule's symbols became: parser
tokens, nodes, lists. Declarators are collected in a `Draft` and become nodes where they end.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ..ir.diagnostics import error
from ..ir.source import Span
from . import syntax as s
from .grammar import ParserToken as Token
from .literals import character_value, string_value
from .precedence import Chain, Dots, FoldOperand, climb
from .specifiers import ClassMention, Draft, Words, read_specifiers

Nodes = list[Any]


def over(first: Any, last: Any) -> Span:
    """From the start of one symbol to the end of another."""
    start: Span = first.span
    return start.to(last.span)


def respan(node: Any, span: Span) -> Any:
    """The same node over more text."""
    names = type(node).__dataclass_fields__
    return type(node)(span, *(getattr(node, name) for name in names if name != "span"))


def malformed(message: str, span: Span, help: str = "") -> NoReturn:
    raise error("ASC0206", message, span, help=help)


class Bracketed(list[Any]):
    """A list and the brackets around it."""

    __slots__ = ("span",)

    def __init__(self, items: Nodes, span: Span) -> None:
        super().__init__(items)
        self.span = span


class Builder:
    """Callbacks of the grammar."""

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

    # ---- declarations

    def specifiers_only(self, words: Nodes, end: Token) -> s.Decl:
        read = read_specifiers(words, mention=True)
        span = over(words[0], end)
        if "friend" in read.storage:
            return s.Friend(span, None)
        definition = read.specifier.definition
        if isinstance(definition, s.EnumDefinition):
            return s.EnumDecl(span, definition)
        if isinstance(definition, s.ClassDefinition):
            if read.attributes:
                definition = _with_attributes(definition, read.attributes)
            return s.ClassDecl(span, definition)
        malformed("the declaration declares no name", span)

    def variables(self, words: Nodes, declarators: Nodes, end: Token) -> s.Decl:
        span = over(words[0], end)
        read = read_specifiers(words)
        made: list[s.Decl] = []
        definition = read.specifier.definition
        if isinstance(definition, s.EnumDefinition):
            made.append(s.EnumDecl(definition.span, definition))
        elif definition is not None and definition.name is not None:
            made.append(s.ClassDecl(definition.span, definition))
        if definition is not None and definition.name is not None:
            read = read._replace(specifier=_by_name(read.specifier, definition.name))
        for draft in declarators:
            own = span if len(declarators) == 1 else over(words[0], draft)
            made.append(self._declare(read, draft, own))
        return made[0] if len(made) == 1 else s.DeclGroup(span, tuple(made))

    def _declare(self, read: Words, draft: Draft, span: Span) -> s.Decl:
        declarator = draft.finish()
        if draft.name is None and draft.bit_width is None:
            malformed("expected a name in the declaration", draft.span)
        if "typedef" in read.storage:
            type_id = s.TypeId(
                span, read.specifier, s.Declarator(draft.span, None, declarator.parts)
            )
            return s.AliasDecl(span, str(draft.name), type_id)
        attributes = (*read.attributes, *draft.attributes)
        if declarator.parts and isinstance(declarator.parts[0], s.FunctionPart):
            function = s.FunctionDecl(
                span,
                read.specifier,
                declarator,
                read.storage,
                attributes,
                special=draft.special or ("pure" if draft.style == "=" else ""),
            )
            return s.Friend(span, None) if "friend" in read.storage else function
        return s.VariableDecl(
            span,
            read.specifier,
            declarator,
            read.storage,
            draft.style,
            tuple(draft.arguments),
            attributes,
        )

    def init_declarator(self, draft: Draft, initializer: Draft | None = None) -> Draft:
        if initializer is not None:
            draft.style = initializer.style
            draft.arguments = initializer.arguments
            draft.special = initializer.special
            draft.span = over(draft, initializer)
        return draft

    def bit_field(self, draft: Draft, colon: Token, width: s.Expr) -> Draft:
        draft.bit_width = width
        draft.span = over(draft, width)
        return draft

    def bit_field_unnamed(self, colon: Token, width: s.Expr) -> Draft:
        return self.bit_field(Draft(colon.span), colon, width)

    def initializer_equal(self, sign: Token, value: s.Expr) -> Draft:
        draft = Draft(over(sign, value))
        draft.style = "="
        draft.arguments = [value]
        return draft

    def initializer_special(self, sign: Token, word: Token) -> Draft:
        draft = Draft(over(sign, word))
        draft.special = word.text
        return draft

    def initializer_parens(self, opener: Token, args: Nodes, closer: Token) -> Draft:
        draft = Draft(over(opener, closer))
        draft.style = "()"
        draft.arguments = args
        return draft

    def initializer_braces(self, braces: s.InitializerList) -> Draft:
        draft = Draft(braces.span)
        draft.style = "{}"
        if braces.designators:
            draft.arguments = [braces]
        else:
            draft.arguments = list(braces.items)
        return draft

    def binding(self, opener: Token, names: Nodes, closer: Token) -> Draft:
        draft = Draft(over(opener, closer))
        draft.bindings = tuple(n.text for n in names)
        return draft

    def binding_reference(self, sign: Token, opener: Token, names: Nodes, closer: Token) -> Draft:
        draft = self.binding(opener, names, closer)
        draft.parts.append(s.PointerPart(sign.span, sign.text))
        draft.span = over(sign, closer)
        return draft

    def binding_declaration(
        self, words: Nodes, draft: Draft, initializer: Draft, end: Token
    ) -> s.VariableDecl:
        read = read_specifiers(words)
        return s.VariableDecl(
            over(words[0], end),
            read.specifier,
            draft.finish(),
            read.storage,
            initializer.style,
            tuple(initializer.arguments),
            read.attributes,
            draft.bindings,
        )

    def function_definition(self, words: Nodes, draft: Draft, body: s.Compound) -> s.Decl:
        read = read_specifiers(words)
        declarator = draft.finish()
        if draft.name is None:
            malformed("expected the function's name before its parameters", draft.span)
        if not declarator.parts or not isinstance(declarator.parts[0], s.FunctionPart):
            malformed(f"'{draft.name}' is no function and cannot have a body", draft.span)
        function = s.FunctionDecl(
            over(words[0], body),
            read.specifier,
            declarator,
            read.storage,
            (*read.attributes, *draft.attributes),
            body=body,
        )
        return s.Friend(function.span, function) if "friend" in read.storage else function

    def special_declarator(self, name: s.QualifiedName, part: s.FunctionPart) -> Draft:
        draft = self.declared_name(name)
        return self.array_of(draft, part)

    def special_word(self, sign: Token, word: Any, end: Token) -> Nodes:
        special = word.text if isinstance(word, Token) else "pure"
        return Bracketed([special, (), None], over(sign, end))

    def special_body(self, body: s.Compound) -> Nodes:
        return Bracketed(["", (), body], body.span)

    def special_body_inits(self, colon: Token, inits: Nodes, body: s.Compound) -> Nodes:
        return Bracketed(["", tuple(inits), body], over(colon, body))

    def special_function(self, draft: Draft, tail: Bracketed) -> s.Decl:
        return self.special_function_specified([], draft, tail)

    def special_function_specified(self, words: Nodes, draft: Draft, tail: Bracketed) -> s.Decl:
        special, inits, body = tail or ("", (), None)
        read = read_specifiers(words, special=True)
        return s.FunctionDecl(
            over(words[0] if words else draft, tail),
            None,
            draft.finish(),
            read.storage,
            (*read.attributes, *draft.attributes),
            member_inits=inits,
            body=body,
            special=special,
        )

    def member_init(
        self,
        name: s.QualifiedName,
        opener: Token,
        args: Nodes,
        closer: Token,
        dots: Token | None = None,
    ) -> s.MemberInit:
        return s.MemberInit(over(name, closer), name, tuple(args), False)

    def member_init_braces(self, name: s.QualifiedName, braces: s.InitializerList) -> s.MemberInit:
        return s.MemberInit(over(name, braces), name, braces.items, True)

    def templated(self, head: Bracketed, declaration: s.Decl | None) -> s.Decl:
        if declaration is None:
            malformed("expected a declaration after the template's parameters", head.span)
        return _templated(tuple(head), over(head, declaration), declaration)

    def instantiation(self, word: Token, declaration: s.Decl) -> s.Decl:
        """`template void f<int>(int);` reads as the declaration of a specialisation."""
        if isinstance(declaration, s.FunctionDecl | s.ClassDecl):
            return _templated((), over(word, declaration), declaration)
        return declaration

    def template_empty(self, word: Token, opener: Token, closer: Token) -> Bracketed:
        return Bracketed([], over(word, closer))

    def template_head(
        self, word: Token, opener: Token, parameters: Nodes, closer: Token
    ) -> Bracketed:
        return Bracketed(parameters, over(word, closer))

    def type_param(
        self, word: Token, dots: Token | None, name: Token | None = None
    ) -> s.TemplateParameter:
        return self._type_param(word, dots, name, None)

    def type_param_default(
        self, word: Token, dots: Token | None, sign: Token, default: s.TypeId
    ) -> s.TemplateParameter:
        return self._type_param(word, dots, None, default)

    def type_param_named_default(
        self, word: Token, dots: Token | None, name: Token, sign: Token, default: s.TypeId
    ) -> s.TemplateParameter:
        return self._type_param(word, dots, name, default)

    def _type_param(
        self, word: Token, dots: Token | None, name: Token | None, default: s.TypeId | None
    ) -> s.TemplateParameter:
        span = over(word, default or name or dots or word)
        text = name.text if name else ""
        return s.TemplateParameter(span, "type", text, dots is not None, default=default)

    def template_param(
        self, head: Bracketed, word: Token, dots: Token | None, name: Token | None = None
    ) -> s.TemplateParameter:
        return self._template_param(head, word, dots, name, None)

    def template_param_default(
        self, head: Bracketed, word: Token, dots: Token | None, sign: Token, default: s.TypeId
    ) -> s.TemplateParameter:
        return self._template_param(head, word, dots, None, default)

    def template_param_named_default(
        self,
        head: Bracketed,
        word: Token,
        dots: Token | None,
        name: Token,
        sign: Token,
        default: s.TypeId,
    ) -> s.TemplateParameter:
        return self._template_param(head, word, dots, name, default)

    def _template_param(
        self,
        head: Bracketed,
        word: Token,
        dots: Token | None,
        name: Token | None,
        default: s.TypeId | None,
    ) -> s.TemplateParameter:
        span = over(head, default or name or dots or word)
        text = name.text if name else ""
        return s.TemplateParameter(
            span, "template", text, dots is not None, default=default, inner=tuple(head)
        )

    def value_param(self, parameter: s.Parameter) -> s.TemplateParameter:
        name = parameter.declarator.name
        default = parameter.default
        return s.TemplateParameter(
            parameter.span,
            "value",
            str(name) if name else "",
            parameter.declarator.pack,
            parameter,
            default,
        )

    def using_alias(
        self,
        word: Token,
        name: Token,
        attributes: Nodes,
        sign: Token,
        type_id: s.TypeId,
        end: Token,
    ) -> s.AliasDecl:
        return s.AliasDecl(over(word, end), name.text, type_id)

    def using_namespace(
        self, word: Token, key: Token, name: s.QualifiedName, end: Token
    ) -> s.UsingDecl:
        return s.UsingDecl(over(word, end), name, True)

    def using_name(self, word: Token, name: s.QualifiedName, end: Token) -> s.UsingDecl:
        return s.UsingDecl(over(word, end), name, False)

    def namespace_alias(
        self, word: Token, name: Token, sign: Token, target: s.QualifiedName, end: Token
    ) -> s.NamespaceAlias:
        return s.NamespaceAlias(over(word, end), name.text, target)

    def enum_opaque(
        self,
        key: Token,
        attributes: Nodes,
        name: s.QualifiedName,
        base: s.TypeId | None,
        end: Token,
    ) -> s.EnumDecl:
        span = over(key, end)
        scoped = key.text == "enum class"
        return s.EnumDecl(span, s.EnumDefinition(span, name, scoped, base, ()))

    def static_assert(
        self, word: Token, opener: Token, condition: s.Expr, *rest: Any
    ) -> s.StaticAssert:
        message = rest[1].value if len(rest) > 2 else ""
        return s.StaticAssert(over(word, rest[-1]), condition, message)

    def no_declaration(self, end: Token) -> None:
        return None

    # ---- statements

    def compound(self, opener: Token, body: Nodes, closer: Token) -> s.Compound:
        return s.Compound(over(opener, closer), tuple(body))

    def empty_statement(self, end: Token) -> s.ExprStmt:
        return s.ExprStmt(end.span, None)

    def expression_statement(self, expr: s.Expr, end: Token) -> s.ExprStmt:
        return s.ExprStmt(over(expr, end), expr)

    def declaration_statement(self, mark: Token, declaration: s.Decl | None) -> s.Stmt:
        if declaration is None:
            return s.ExprStmt(mark.span, None)
        return s.DeclStmt(declaration.span, declaration)

    def if_condition(self, opener: Token, condition: Any, closer: Token) -> Nodes:
        return [None, condition]

    def if_condition_init(
        self, opener: Token, init: s.Stmt, condition: Any, closer: Token
    ) -> Nodes:
        return [init, condition]

    def if_then(self, word: Token, head: Nodes, then: s.Stmt) -> s.If:
        constexpr = word.text == "if constexpr"
        return s.If(over(word, then), head[0], head[1], then, None, constexpr)

    def if_else(
        self, word: Token, head: Nodes, then: s.Stmt, key: Token, otherwise: s.Stmt
    ) -> s.If:
        constexpr = word.text == "if constexpr"
        return s.If(over(word, otherwise), head[0], head[1], then, otherwise, constexpr)

    def switch(
        self, word: Token, opener: Token, condition: Any, closer: Token, body: s.Stmt
    ) -> s.Switch:
        if isinstance(condition, s.VariableDecl):
            malformed("a declaration as the condition of a switch is not supported", condition.span)
        return s.Switch(over(word, body), condition, body)

    def unrolled(self, pragma: Token, end: Token, loop: Any) -> s.Stmt:
        return _unrolled(s.Pragma(pragma.span, pragma.text), loop)

    def unrolled_by(self, pragma: Token, factor: s.Expr, end: Token, loop: Any) -> s.Stmt:
        return _unrolled(s.Pragma(pragma.span, pragma.text, factor), loop)

    def case(self, word: Token, value: s.Expr, colon: Token, body: s.Stmt) -> s.Case:
        return s.Case(over(word, body), value, body)

    def default(self, word: Token, colon: Token, body: s.Stmt) -> s.Case:
        return s.Case(over(word, body), None, body)

    def label(self, name: Token, colon: Token, body: s.Stmt) -> s.Label:
        return s.Label(over(name, body), name.text, body)

    def break_(self, word: Token, end: Token) -> s.Break:
        return s.Break(over(word, end))

    def continue_(self, word: Token, end: Token) -> s.Continue:
        return s.Continue(over(word, end))

    def return_(self, word: Token, *rest: Any) -> s.Return:
        return s.Return(over(word, rest[-1]), rest[0] if len(rest) == 2 else None)

    def goto(self, word: Token, label: Token, end: Token) -> s.Goto:
        return s.Goto(over(word, end), label.text)

    def while_(
        self, word: Token, opener: Token, condition: Any, closer: Token, body: s.Stmt
    ) -> s.While:
        return s.While(over(word, body), condition, body)

    def do(
        self,
        word: Token,
        body: s.Stmt,
        key: Token,
        opener: Token,
        condition: s.Expr,
        closer: Token,
        end: Token,
    ) -> s.Do:
        return s.Do(over(word, end), body, condition)

    def for_(
        self,
        word: Token,
        opener: Token,
        init: s.Stmt,
        condition: s.Expr | None,
        semi: Token,
        step: s.Expr | None,
        closer: Token,
        body: s.Stmt,
    ) -> s.For:
        start = None if isinstance(init, s.ExprStmt) and init.expr is None else init
        return s.For(over(word, body), start, condition, step, body)

    def range_for(
        self,
        word: Token,
        opener: Token,
        mark: Token,
        words: Nodes,
        draft: Draft,
        colon: Token,
        values: s.Expr,
        closer: Token,
        body: s.Stmt,
    ) -> s.RangeFor:
        read = read_specifiers(words)
        declaration = s.VariableDecl(
            over(words[0], draft),
            read.specifier,
            draft.finish(),
            read.storage,
            bindings=draft.bindings,
        )
        return s.RangeFor(over(word, body), declaration, values, body)

    def condition(
        self, mark: Token, words: Nodes, draft: Draft, initializer: Draft
    ) -> s.VariableDecl:
        read = read_specifiers(words)
        return s.VariableDecl(
            over(words[0], initializer),
            read.specifier,
            draft.finish(),
            read.storage,
            initializer.style,
            tuple(initializer.arguments),
        )

    def asm(
        self,
        word: Token,
        words: Nodes,
        opener: Token,
        text: s.String,
        sections: Nodes,
        closer: Token,
        end: Token,
    ) -> s.Asm:
        volatile = any(w.text in ("volatile", "__volatile__") for w in words)
        outputs = tuple(x for x in sections[0] if x) if sections else ()
        inputs = tuple(x for x in sections[1] if x) if len(sections) > 1 else ()
        return s.Asm(over(word, end), text.value, outputs, inputs, volatile)

    def asm_clobber(self, text: s.String) -> None:
        return None

    def asm_operand(
        self, text: s.String, opener: Token, value: s.Expr, closer: Token
    ) -> tuple[str, s.Expr]:
        return (text.value, value)

    def asm_operand_named(
        self,
        left: Token,
        name: Token,
        right: Token,
        text: s.String,
        opener: Token,
        value: s.Expr,
        closer: Token,
    ) -> tuple[str, s.Expr]:
        return (text.value, value)

    # ---- expressions

    def comma(self, left: Any, sign: Token, right: Any) -> Any:
        if isinstance(left, Dots) or isinstance(right, Dots):
            return FoldOperand(left, ",", right)
        return s.Binary(over(left, right), ",", left, right)

    def finish(self, chain: Any) -> Any:
        return climb(chain) if isinstance(chain, Chain) else chain

    def dots(self, sign: Token) -> Dots:
        return Dots(sign.span)

    def binary(self, left: Any, sign: Token, right: Any) -> Chain:
        if isinstance(left, Chain):
            left.append(sign)
            left.append(right)
            return left
        return Chain((left, sign, right))

    def conditional(
        self, chain: Any, question: Token, then: s.Expr, colon: Token, otherwise: s.Expr
    ) -> s.Conditional:
        test = self.finish(chain)
        return s.Conditional(over(test, otherwise), test, then, otherwise)

    def assign(self, chain: Any, sign: Token, value: s.Expr) -> s.Assign:
        target = self.finish(chain)
        return s.Assign(over(target, value), sign.text, target, value)

    def throw(self, word: Token, operand: s.Expr | None = None) -> s.Throw:
        return s.Throw(over(word, operand or word), operand)

    def unary(self, sign: Token, operand: s.Expr) -> s.Unary:
        return s.Unary(sign.span.to(operand.span), sign.text, operand)

    def postfix(self, operand: s.Expr, sign: Token) -> s.Postfix:
        return s.Postfix(over(operand, sign), sign.text, operand)

    def cast(self, opener: Token, type_id: s.TypeId, closer: Token, operand: s.Expr) -> s.Cast:
        return s.Cast(over(opener, operand), "c", type_id, operand)

    def compound_literal(
        self, opener: Token, type_id: s.TypeId, closer: Token, braces: s.InitializerList
    ) -> s.Construct:
        return s.Construct(over(opener, braces), type_id, _brace_arguments(braces), True)

    def named_cast(
        self,
        word: Token,
        left: Token,
        type_id: s.TypeId,
        right: Token,
        opener: Token,
        operand: s.Expr,
        closer: Token,
    ) -> s.Cast:
        return s.Cast(over(word, closer), word.text, type_id, operand)

    def sizeof(self, word: Token, operand: s.Expr) -> s.SizeOf:
        return s.SizeOf(over(word, operand), word.text, operand)

    def sizeof_type(self, word: Token, opener: Token, type_id: s.TypeId, closer: Token) -> s.SizeOf:
        return s.SizeOf(over(word, closer), word.text, type_id)

    def sizeof_pack(
        self, word: Token, opener: Token, name: s.QualifiedName, closer: Token
    ) -> s.SizeOf:
        return s.SizeOf(over(word, closer), "sizeof...", s.Name(name.span, name))

    def new(self, word: Token, type_id: s.TypeId, end: Token, *rest: Any) -> s.New:
        arguments: tuple[Any, ...] = ()
        if len(rest) == 1:
            arguments = rest[0].items
        elif rest:
            arguments = tuple(rest[1])
        parts = list(type_id.declarator.parts)
        count = None
        if parts and isinstance(parts[0], s.ArrayPart):
            count = parts.pop(0).size  # type: ignore[union-attr]
            declarator = s.Declarator(type_id.declarator.span, None, tuple(parts))
            type_id = s.TypeId(type_id.span, type_id.specifier, declarator)
        return s.New(over(word, rest[-1] if rest else type_id), type_id, arguments, count)

    def delete(self, word: Token, operand: s.Expr) -> s.Delete:
        return s.Delete(over(word, operand), operand)

    def index(self, base: s.Expr, opener: Token, index: s.Expr, closer: Token) -> s.Index:
        return s.Index(over(base, closer), base, index)

    def call(self, callee: s.Expr, opener: Token, args: Nodes, closer: Token) -> s.Call:
        return s.Call(over(callee, closer), callee, tuple(args))

    def launch(
        self,
        kernel: s.Expr,
        left: Token,
        config: Nodes,
        right: Token,
        opener: Token,
        args: Nodes,
        closer: Token,
    ) -> s.Launch:
        return s.Launch(over(kernel, closer), kernel, tuple(config), tuple(args))

    def member(self, base: s.Expr, sign: Token, name: s.QualifiedName) -> s.Member:
        return s.Member(over(base, name), base, name, sign.text == "->")

    def constructed(self, what: Any) -> s.TypeId:
        return self.type_id([what])

    def construct(
        self, type_id: s.TypeId, opener: Token, args: Nodes, closer: Token
    ) -> s.Construct:
        return s.Construct(over(type_id, closer), type_id, tuple(args), False)

    def construct_braces(self, type_id: s.TypeId, braces: s.InitializerList) -> s.Construct:
        return s.Construct(over(type_id, braces), type_id, _brace_arguments(braces), True)

    def number(self, token: Token) -> s.Number:
        return s.Number(token.span, token.text)

    def character(self, token: Token) -> s.Character:
        return s.Character(token.span, character_value(token.text, token.span))

    def string(self, token: Token) -> s.String:
        return s.String(token.span, string_value(token.text, token.span))

    def string_more(self, left: s.String, token: Token) -> s.String:
        return s.String(over(left, token), left.value + string_value(token.text, token.span))

    def boolean(self, token: Token) -> s.Bool:
        return s.Bool(token.span, token.text == "true")

    def nullptr(self, token: Token) -> s.Nullptr:
        return s.Nullptr(token.span)

    def this(self, token: Token) -> s.This:
        return s.This(token.span)

    def name(self, name: s.QualifiedName) -> s.Name:
        return s.Name(name.span, name)

    def parenthesised(self, opener: Token, inner: Any, closer: Token) -> Any:
        span = over(opener, closer)
        if isinstance(inner, FoldOperand):
            return inner.fold(span)
        return respan(inner, span)

    def expansion(self, pattern: s.Expr, dots: Token) -> s.PackExpansion:
        return s.PackExpansion(over(pattern, dots), pattern)

    def braces_empty(self, opener: Token, closer: Token) -> s.InitializerList:
        return s.InitializerList(over(opener, closer), ())

    def braces(self, opener: Token, items: Nodes, *rest: Token) -> s.InitializerList:
        names = tuple(i.name if isinstance(i, Designated) else "" for i in items)
        values = tuple(i.value if isinstance(i, Designated) else i for i in items)
        return s.InitializerList(over(opener, rest[-1]), values, names if any(names) else ())

    def designated(self, dot: Token, name: Token, sign: Token, value: s.Expr) -> Designated:
        return Designated(name.text, value)

    def designated_braces(self, dot: Token, name: Token, braces: s.InitializerList) -> Designated:
        return Designated(name.text, braces)

    # ---- lambdas

    def lambda_bare(
        self,
        opener: Token,
        captures: Nodes,
        closer: Token,
        template: Nodes,
        words: Nodes,
        result: s.TypeId | None,
        body: s.Compound,
    ) -> s.Lambda:
        signature = s.FunctionPart(closer.span, (), trailing=result)
        return self._lambda(opener, captures, template, words, signature, body)

    def lambda_full(
        self,
        opener: Token,
        captures: Nodes,
        closer: Token,
        template: Nodes,
        before: Nodes,
        part: s.FunctionPart,
        after: Nodes,
        result: s.TypeId | None,
        body: s.Compound,
    ) -> s.Lambda:
        signature = s.FunctionPart(part.span, part.parameters, part.variadic, part.const, result)
        return self._lambda(opener, captures, template, before + after, signature, body)

    def _lambda(
        self,
        opener: Token,
        captures: Nodes,
        template: Nodes,
        words: Nodes,
        signature: s.FunctionPart,
        body: s.Compound,
    ) -> s.Lambda:
        defaults = [c for c in captures if isinstance(c, Token)]
        named = tuple(c for c in captures if not isinstance(c, Token))
        mutable = any(isinstance(w, Token) and w.text == "mutable" for w in words)
        default = defaults[0].text if defaults else ""
        span = over(opener, body)
        return s.Lambda(span, default, named, tuple(template), signature, mutable, body)

    def capture_default(self, sign: Token) -> Token:
        return sign

    def capture(self, name: Token, dots: Token | None = None) -> s.Capture:
        return s.Capture(over(name, dots or name), name.text, False)

    def capture_reference(self, sign: Token, name: Token, dots: Token | None) -> s.Capture:
        return s.Capture(over(sign, dots or name), name.text, True)

    def capture_init(self, name: Token, sign: Token, value: s.Expr) -> s.Capture:
        return s.Capture(over(name, value), name.text, False, value)

    def capture_reference_init(
        self, amp: Token, name: Token, sign: Token, value: s.Expr
    ) -> s.Capture:
        return s.Capture(over(amp, value), name.text, True, value)

    def capture_copy(self, star: Token, this: Token) -> s.Capture:
        return s.Capture(over(star, this), "*this", False)


class Designated:
    """`.name = value` on its way into an initialiser list."""

    __slots__ = ("name", "span", "value")

    def __init__(self, name: str, value: s.Expr) -> None:
        self.name = name
        self.value = value
        self.span = value.span


def _by_name(specifier: s.TypeSpecifier, name: s.QualifiedName) -> s.TypeSpecifier:
    """The specifier with the name of the type that it defines."""
    return s.TypeSpecifier(
        specifier.span, name=name, const=specifier.const, volatile=specifier.volatile
    )


def _is_void(parameter: s.Parameter) -> bool:
    return (
        parameter.specifier.builtin == "void"
        and parameter.declarator.name is None
        and not parameter.declarator.parts
    )


def _brace_arguments(braces: s.InitializerList) -> tuple[Any, ...]:
    return (braces,) if braces.designators else braces.items


def _with_attributes(
    definition: s.ClassDefinition, attributes: tuple[s.Attribute, ...]
) -> s.ClassDefinition:
    return s.ClassDefinition(
        definition.span,
        definition.key,
        definition.name,
        definition.bases,
        definition.members,
        (*definition.attributes, *attributes),
        definition.body,
    )


def _unrolled(pragma: s.Pragma, loop: Any) -> s.Stmt:
    fields = {name: getattr(loop, name) for name in type(loop).__dataclass_fields__}
    made: s.Stmt = type(loop)(**{**fields, "span": over(pragma, loop), "unroll": pragma})
    return made


def _templated(
    parameters: tuple[s.TemplateParameter, ...], span: Span, declaration: s.Decl
) -> s.Decl:
    """The declaration with its template parameters; outer ones of a member stay outside."""
    empty = not parameters
    if isinstance(declaration, s.FunctionDecl):
        return s.FunctionDecl(
            span,
            declaration.specifier,
            declaration.declarator,
            declaration.storage,
            declaration.attributes,
            (*parameters, *(declaration.template or ())),
            empty or declaration.specialization,
            declaration.member_inits,
            declaration.body,
            declaration.special,
        )
    if isinstance(declaration, s.ClassDecl):
        return s.ClassDecl(
            span,
            declaration.definition,
            (*parameters, *(declaration.template or ())),
            empty or declaration.specialization,
        )
    if isinstance(declaration, s.AliasDecl):
        return s.AliasDecl(span, declaration.name, declaration.type, parameters)
    if isinstance(declaration, s.VariableDecl):
        return s.TemplateVariable(span, parameters, declaration, empty)
    if isinstance(declaration, s.Friend):
        return s.Friend(span, declaration.function)
    malformed("this cannot be a template", span)
