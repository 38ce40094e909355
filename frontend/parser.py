"""From tokens to the syntax tree: one declaration, expression or type at a time.

`classify` resolves what C++ leaves to semantic analysis, the tables of `cuda.lark` find the
structure, `Builder` makes the nodes. Mistakes are `CompileError`s with a caret at the token.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ..ir.diagnostics import CompileError, Diagnostic, Reporter
from ..ir.source import NOWHERE
from . import grammar, syntax
from .build_syntax import Builder
from .classify import classify
from .grammar import ParserToken, TooDeep, UnexpectedToken
from .names import NameTable
from .syntax_errors import describe
from .tokens import Token, lex


def parse_declaration(
    tokens: Sequence[Token],
    names: NameTable,
    *,
    scope: Sequence[str] = (),
    reporter: Reporter | None = None,
) -> syntax.Decl:
    """The declaration that `tokens` are, all of them (a `DeclGroup` where it is several).

    `scope`: the namespaces around it. Raises `CompileError`; with a `reporter`, the message goes
    there too.
    """
    made: syntax.Decl | None = _parse("item", tokens, names, scope, reporter)
    if made is None:
        span = tokens[0].span if tokens else NOWHERE
        raise CompileError([Diagnostic("ASC0202", "expected a declaration", span)])
    return made


def parse_expression(
    tokens: Sequence[Token], names: NameTable, *, scope: Sequence[str] = ()
) -> syntax.Expr:
    """The expression that `tokens` are. Raises `CompileError`."""
    made: syntax.Expr = _parse("expression", tokens, names, scope)
    return made


def parse_type(
    tokens: Sequence[Token], names: NameTable, *, scope: Sequence[str] = ()
) -> syntax.TypeId:
    """The type that `tokens` are. Raises `CompileError`."""
    made: syntax.TypeId = _parse("type", tokens, names, scope)
    return made


def parse_statements(
    tokens: Sequence[Token], names: NameTable, *, scope: Sequence[str] = ()
) -> tuple[syntax.Stmt, ...]:
    """The statements that `tokens` are. Raises `CompileError`."""
    return tuple(_parse("statement_list", tokens, names, scope))


@lru_cache(maxsize=1)
def _machinery() -> tuple[grammar.Tables, grammar.Reductions]:
    tables = grammar.tables()
    builder = Builder()
    return tables, grammar.bind(tables, lambda name: getattr(builder, name))


def _parse(
    what: str,
    tokens: Sequence[Token],
    names: NameTable,
    scope: Sequence[str],
    reporter: Reporter | None = None,
) -> Any:
    tables, reductions = _machinery()
    try:
        return grammar.run(tables, what, classify(tokens, names, scope, what), reductions)
    except UnexpectedToken as failed:
        found = describe(failed, tables, failure)
    except TooDeep as failed:
        found = Diagnostic("ASC0007", "nested too deeply", failed.token.span)
    except CompileError as failed:
        if reporter is not None:
            for diagnostic in failed.diagnostics:
                reporter.report(diagnostic)
        raise
    if reporter is not None:
        reporter.report(found)
    raise CompileError([found])


def failure(text: str, what: str) -> UnexpectedToken | None:
    """Where parsing `text` fails, None where it does not; for the table of mistakes."""
    tables, _ = _machinery()
    reductions = grammar.bind(tables, lambda name: _ignore)
    table = _example_names()
    tokens = [t for chunk in lex("", text).chunks if isinstance(chunk, list) for t in chunk]
    try:
        grammar.run(tables, what, classify(tokens, table, (), what), reductions)
    except UnexpectedToken as failed:
        return failed
    except CompileError:
        return None
    return None


@lru_cache(maxsize=1)
def _example_names() -> NameTable:
    return NameTable()


def _ignore(*values: Any) -> Any:
    return values[0] if values else ParserToken("", "", NOWHERE)
