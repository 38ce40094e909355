"""Messages for tokens that the grammar does not accept.

Mistakes that people make are recognised by example: a table of malformed snippets, each run
through the parser once, gives the parser states in which the same mistake shows itself. Anything
else is described by what the grammar expects in that state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..ir.diagnostics import Diagnostic
from ..ir.source import Span
from .grammar import END, ParserToken, Tables, UnexpectedToken, accepts, settled

UNSUPPORTED = {
    "try": "exceptions (try, catch) are not supported in device code",
    "catch": "exceptions (try, catch) are not supported in device code",
    "typeid": "run-time type information (typeid) is not supported",
    "noexcept": "the 'noexcept' operator is not supported in expressions",
    "requires": "constraints (requires) are not supported",
    "concept": "concepts are not supported",
    "co_await": "coroutines are not supported",
    "co_return": "coroutines are not supported",
    "co_yield": "coroutines are not supported",
    ".*": "pointers to members are not supported",
    "->*": "pointers to members are not supported",
}

PHRASES = (
    ("NUMBER", "an expression"),
    ("LMEMBERS", "a class body"),
    ("LBODY", "'{'"),
    ("SEMI", "';'"),
    ("RPAREN", "')'"),
    ("RBRACK", "']'"),
    ("RBRACE", "'}'"),
    ("RANGLE", "'>'"),
    ("COMMA", "','"),
    ("COLON", "':'"),
    ("LPAREN", "'('"),
    ("LPARAMS", "'('"),
    ("ASSIGN", "'='"),
    ("WHILE", "'while'"),
    ("IDENT", "a name"),
    ("TYPE_NAME", "a type"),
    ("BUILTIN", "a type"),
)
"""How to say what a state accepts; the first that fit are named."""

STATEMENT_STARTS = frozenset(
    """IF FOR WHILE DO SWITCH CASE DEFAULT RETURN BREAK CONTINUE GOTO RBRACE DECL BUILTIN STORAGE
    ELSE ASM""".split()
)

SPOKEN = {END: "the end", "DECL": "a declaration", "TYPE_ARG": "a type"}


Failure = Callable[[str, str], UnexpectedToken | None]


@dataclass(frozen=True, slots=True)
class Example:
    """A mistake: a snippet that shows it, the message with its code, what the snippet is."""

    text: str
    code: str
    message: str
    help: str = ""
    what: str = "statement_list"


EXAMPLES = (
    Example("int a = 1 int b;", "ASC0203", "expected ';' before {token}"),
    Example("a = 1 b = 2;", "ASC0203", "expected ';' before {token}"),
    Example("a[1] = 1 b = 2;", "ASC0203", "expected ';' before {token}"),
    Example("f(a) g();", "ASC0203", "expected ';' before {token}"),
    Example("a = b }", "ASC0203", "expected ';' before {token}"),
    Example("int a }", "ASC0203", "expected ';' before {token}"),
    Example("int a = 1 }", "ASC0203", "expected ';' before {token}"),
    Example("return a }", "ASC0203", "expected ';' before {token}"),
    Example("return f(a) }", "ASC0203", "expected ';' before {token}"),
    Example("return a if (b) c;", "ASC0203", "expected ';' before {token}"),
    Example("break }", "ASC0203", "expected ';' before {token}"),
    Example("do { } while (a) b;", "ASC0203", "expected ';' before {token}"),
    Example("a = ;", "ASC0204", "expected an operand before {token}"),
    Example("a = b + ;", "ASC0204", "expected an operand before {token}"),
    Example("a = b * ;", "ASC0204", "expected an operand before {token}"),
    Example("f(a + );", "ASC0204", "expected an operand before {token}"),
    Example("f(a, );", "ASC0204", "expected an argument after ','"),
    Example("a = (b + );", "ASC0204", "expected an operand before {token}"),
    Example("a = -;", "ASC0204", "expected an operand before {token}"),
    Example("a[] = 1;", "ASC0204", "expected an index between '[' and ']'"),
    Example("a = b ? c ;", "ASC0204", "expected ':' of the conditional expression"),
    Example("a = b ? : c;", "ASC0204", "expected an operand before {token}"),
    Example("a = ();", "ASC0204", "expected an operand between '(' and ')'"),
    Example("f(a b);", "ASC0202", "expected ',' or ')' before {token}"),
    Example("f(a 1);", "ASC0202", "expected ',' or ')' before {token}"),
    Example("if (a b) c;", "ASC0202", "expected ')' before {token}"),
    Example("if (a; ) c;", "ASC0204", "expected a condition before {token}"),
    Example("if () a;", "ASC0204", "expected a condition between '(' and ')'"),
    Example("while () a;", "ASC0204", "expected a condition between '(' and ')'"),
    Example("if a) b;", "ASC0202", "expected '(' after 'if'"),
    Example("while a) b;", "ASC0202", "expected '(' after 'while'"),
    Example("for a) b;", "ASC0202", "expected '(' after 'for'"),
    Example("for (a; b) c;", "ASC0202", "expected a second ';' in the header of the loop"),
    Example("for (int i = 0; b) c;", "ASC0202", "expected a second ';' in the header of the loop"),
    Example("else a;", "ASC0202", "'else' without an 'if' before it"),
    Example("do a; b;", "ASC0202", "expected 'while' after the body of 'do'"),
    Example("int 3;", "ASC0202", "expected a name before {token}"),
    Example("int;", "ASC0206", "the declaration declares no name"),
    Example("int a[3;", "ASC0202", "expected ']' before {token}"),
    Example("case : a;", "ASC0204", "expected a value before ':'"),
    Example("case 1 a;", "ASC0202", "expected ':' after the value of 'case'"),
    Example("default a;", "ASC0202", "expected ':' after 'default'"),
    Example(
        "switch (a) { case 1: }", "ASC0202", "expected a statement after the label", "write ';'"
    ),
    Example("a = ({ b; });", "ASC0205", "statement expressions ({...}) are not supported"),
    Example("struct A { int a }", "ASC0203", "expected ';' before {token}"),
    Example("struct A { int a; }", "ASC0203", "expected ';' after the class", what="item"),
    Example("enum A { a b };", "ASC0202", "expected ',' or '}' before {token}"),
    Example("void f(int a, ) { }", "ASC0202", "expected a parameter after ','", what="item"),
    Example("void f(int a b) { }", "ASC0202", "expected ',' or ')' before {token}", what="item"),
)


def describe(error: UnexpectedToken, tables: Tables, fail: Failure) -> Diagnostic:
    """The message for a token that does not fit."""
    token = error.token
    word = token.text
    if word in UNSUPPORTED:
        return Diagnostic("ASC0205", UNSUPPORTED[word], token.span)
    state = settled(tables, error.stack)
    known = mistakes(tables, fail)
    example = known.by_token.get((state, token.kind)) or known.by_state.get(state)
    if example is not None:
        message = example.message.replace("{token}", spoken(token))
        return Diagnostic(example.code, message, _place(example, error), help=example.help)
    if token.kind == "STRAY":
        return Diagnostic("ASC0202", f"unexpected {spoken(token)}", token.span)
    accepted = [kind for kind, _ in PHRASES if accepts(tables, error.stack, kind)]
    if "SEMI" in accepted and (token.kind in STATEMENT_STARTS or _on_next_line(error)):
        place = _after_last(error)
        return Diagnostic("ASC0203", f"expected ';' before {spoken(token)}", place)
    expected = expectations(accepted)
    message = (
        f"expected {expected} before {spoken(token)}"
        if expected
        else (f"unexpected {spoken(token)}")
    )
    return Diagnostic("ASC0202", message, token.span)


def _place(example: Example, error: UnexpectedToken) -> Span:
    """A missing `;` is shown at the end of what comes before."""
    return _after_last(error) if example.code == "ASC0203" else error.token.span


def _on_next_line(error: UnexpectedToken) -> bool:
    """Whether the token starts a line, where one usually starts a statement."""
    before = getattr(error.values[-1], "span", None) if error.values else None
    return isinstance(before, Span) and before.end_line < error.token.span.line


def _after_last(error: UnexpectedToken) -> Span:
    if not error.values:
        return error.token.span
    before: Span = getattr(error.values[-1], "span", error.token.span)
    if before.file != error.token.span.file or before.expansion != error.token.span.expansion:
        return error.token.span
    return Span(
        before.file, before.end_line, max(1, before.end_col - 1), before.end_line, before.end_col,
        before.expansion,
    )  # fmt: skip


def spoken(token: ParserToken) -> str:
    if token.kind in SPOKEN and not token.text:
        return SPOKEN[token.kind]
    text = token.text if len(token.text) <= 40 else token.text[:37] + "..."
    return f"'{text}'"


def expectations(kinds: Sequence[str]) -> str:
    """Terminals that would have been accepted, in words."""
    found = list(dict.fromkeys(phrase for kind, phrase in PHRASES if kind in kinds))
    if not found:
        return ""
    if found[0] == "an expression":
        found = found[:1] + [p for p in found[1:] if p in ("';'", "')'", "']'", "'}'")]
    found = found[:3]
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} or {found[-1]}"


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Where the examples fail: by state and token, and, where the token does not matter, by
    state."""

    by_token: dict[tuple[int, str], Example]
    by_state: dict[int, Example]


@lru_cache(maxsize=1)
def mistakes(tables: Tables, fail: Failure) -> Mistakes:
    """The table of mistakes; `fail` parses a snippet and says where that fails."""
    by_token: dict[tuple[int, str], Example] = {}
    by_state: dict[int, Example] = {}
    ambiguous: set[int] = set()
    for example in EXAMPLES:
        failed = fail(example.text, example.what)
        if failed is None:
            continue
        state = settled(tables, failed.stack)
        by_token.setdefault((state, failed.token.kind), example)
        if by_state.setdefault(state, example).message != example.message:
            ambiguous.add(state)
    kept = {
        state: example
        for state, example in by_state.items()
        if state not in ambiguous and "{token}" in example.message
    }
    return Mistakes(by_token, kept)
