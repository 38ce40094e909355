"""Reductions that build declarations."""

from __future__ import annotations

from typing import Any

from ..ir.source import Span
from . import syntax as s
from .build_declarators import Bracketed, DeclaratorBuilder, Nodes, malformed, over
from .grammar import ParserToken as Token
from .specifiers import Draft, Words, read_specifiers


class DeclarationBuilder(DeclaratorBuilder):
    """Callbacks for declarations."""

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


def _by_name(specifier: s.TypeSpecifier, name: s.QualifiedName) -> s.TypeSpecifier:
    """The specifier with the name of the type that it defines."""
    return s.TypeSpecifier(
        specifier.span, name=name, const=specifier.const, volatile=specifier.volatile
    )


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
