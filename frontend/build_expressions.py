"""Reductions that build expressions."""

from __future__ import annotations

from typing import Any

from ..ir.source import Span
from . import syntax as s
from .build_declarators import DeclaratorBuilder, Nodes, over
from .grammar import ParserToken as Token
from .literals import character_value, string_value
from .precedence import Chain, Dots, FoldOperand, climb


def respan(node: Any, span: Span) -> Any:
    """The same node over more text."""
    names = type(node).__dataclass_fields__
    return type(node)(span, *(getattr(node, name) for name in names if name != "span"))


class ExpressionBuilder(DeclaratorBuilder):
    """Callbacks for expressions and lambdas."""

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


def _brace_arguments(braces: s.InitializerList) -> tuple[Any, ...]:
    return (braces,) if braces.designators else braces.items
