"""From the grammar's reductions to the nodes of `syntax.py`.

One method per callback name in `cuda.lark`; each gets what its rule's symbols became: parser
tokens, nodes, lists. Declarators are collected in a `Draft` and become nodes where they end. This
file has the statements, the classes that `Builder` derives from have the rest.
"""

from __future__ import annotations

from typing import Any

from . import syntax as s
from .build_declarations import DeclarationBuilder
from .build_declarators import Nodes, malformed, over
from .build_expressions import ExpressionBuilder
from .grammar import ParserToken as Token
from .specifiers import Draft, read_specifiers


class Builder(DeclarationBuilder, ExpressionBuilder):
    """Callbacks of the grammar."""

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

    def switch(self, word: Token, head: Nodes, body: s.Stmt) -> s.Stmt:
        init, condition = head
        if isinstance(condition, s.VariableDecl):
            malformed("a declaration as the condition of a switch is not supported", condition.span)
        switch = s.Switch(over(word, body), condition, body)
        # `switch (init; c)` is a block with the initialiser before the switch.
        return switch if init is None else s.Compound(switch.span, (init, switch))

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
    ) -> tuple[str, s.Expr, str]:
        return (text.value, value, "")

    def asm_operand_named(
        self,
        left: Token,
        name: Token,
        right: Token,
        text: s.String,
        opener: Token,
        value: s.Expr,
        closer: Token,
    ) -> tuple[str, s.Expr, str]:
        return (text.value, value, name.text)


def _unrolled(pragma: s.Pragma, loop: Any) -> s.Stmt:
    fields = {name: getattr(loop, name) for name in type(loop).__dataclass_fields__}
    made: s.Stmt = type(loop)(**{**fields, "span": over(pragma, loop), "unroll": pragma})
    return made
