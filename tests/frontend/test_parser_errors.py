"""Syntax errors: code, place and words; and bad input of every size ends quickly."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from ascendify.frontend.names import NameTable
from ascendify.frontend.parser import parse_declaration, parse_statements
from ascendify.frontend.syntax_errors import EXAMPLES, Example
from ascendify.frontend.tokens import Token, lex
from ascendify.ir.diagnostics import CODES, CompileError, Diagnostic, Reporter, render
from ascendify.ir.source import Sources

CORPUS = Path(__file__).parent.parent / "corpus"


@dataclass
class Declared:
    tokens: list[Token]
    scope: tuple[str, ...] = ()


def tokens(text: str) -> list[Token]:
    return [t for chunk in lex("t.cu", text).chunks if isinstance(chunk, list) for t in chunk]


def failure(text: str, *, item: bool = False) -> Diagnostic:
    parse = parse_declaration if item else parse_statements
    with pytest.raises(CompileError) as caught:
        parse(tokens(text), NameTable())
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code in CODES
    return diagnostic


@pytest.mark.parametrize(
    ("text", "code", "line", "col", "message"),
    [
        ("int a = 1\nint b;", "ASC0203", 1, 9, "expected ';' before 'int'"),
        ("a = f(b)\nc = 2;", "ASC0203", 1, 8, "expected ';' before 'c'"),
        ("return a }", "ASC0201", 1, 10, "'}' closes nothing: there is no '{' before"),
        ("{ return a }", "ASC0203", 1, 10, "expected ';' before '}'"),
        ("{ x++ }", "ASC0203", 1, 5, "expected ';' before '}'"),
        ("float4 v = FLOAT4(x[i]) float y;", "ASC0203", 1, 23, "expected ';' before 'float'"),
        ("a = b + ;", "ASC0204", 1, 9, "expected an operand before ';'"),
        ("int b, a = (b * );", "ASC0204", 1, 17, "expected an operand before ')'"),
        ("f(a, );", "ASC0204", 1, 6, "expected an argument after ','"),
        ("a[] = 1;", "ASC0204", 1, 3, "expected an index between '[' and ']'"),
        ("if () a;", "ASC0204", 1, 5, "expected a condition between '(' and ')'"),
        ("f(a b);", "ASC0202", 1, 5, "expected ',' or ')' before 'b'"),
        ("else a;", "ASC0202", 1, 1, "'else' without an 'if' before it"),
        ("do a; b;", "ASC0202", 1, 7, "expected 'while' after the body of 'do'"),
        ("a[1 = 2;", "ASC0201", 1, 2, "'[' is never closed by ']'"),
        ("{ f(a; }", "ASC0201", 1, 8, "expected ')' before '}'"),
        ("int 3;", "ASC0202", 1, 5, "expected a name before '3'"),
        ("long float x;", "ASC0206", 1, 1, "'long float' is no type"),
        ("const x;", "ASC0206", 1, 1, "the declaration declares no name"),
        ("char c = 'ab';", "ASC0207", 1, 10, "a character literal holds exactly one character"),
        ('f("\\q");', "ASC0207", 1, 3, "unknown escape sequence '\\q'"),
        ("try { } catch (...) { }", "ASC0205", 1, 1,
         "exceptions (try, catch) are not supported in device code"),
        ("a = ({ b; });", "ASC0205", 1, 6, "statement expressions ({...}) are not supported"),
        ("x = a.*b;", "ASC0205", 1, 6, "pointers to members are not supported"),
        ("switch (a) { case 1: }", "ASC0202", 1, 22, "expected a statement after the label"),
    ],
)  # fmt: skip
def test_messages(text: str, code: str, line: int, col: int, message: str) -> None:
    found = failure(text)
    assert (found.message, found.code, found.span.line, found.span.col) == (
        message,
        code,
        line,
        col,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("struct A { int a; }", "expected ';' after the class"),
        ("void f(int a, ) { }", "expected a parameter after ','"),
        ("void f(int a b) { }", "expected ',' or ')' before 'b'"),
        ("template <typename T> ;", "expected a declaration after the template's parameters"),
        ("void f(static int a) { }", "'static' cannot stand here"),
        ("int (float) { }", "expected the function's name before its parameters"),
    ],
)
def test_messages_about_declarations(text: str, message: str) -> None:
    assert failure(text, item=True).message == message


def test_the_caret_stands_under_the_token() -> None:
    text = "__global__ void k(int *a) {\n  a[0] = 1 +;\n}"
    sources = Sources()
    sources.add("t.cu", text)
    assert render(failure(text, item=True), sources) == (
        "t.cu:2:13: error: expected an operand before ';' [ASC0204]\n    a[0] = 1 +;\n"
        "              ^"
    )


def test_a_reporter_gets_the_message() -> None:
    reporter = Reporter()
    with pytest.raises(CompileError):
        parse_declaration(tokens("int f( {"), NameTable(), reporter=reporter)
    assert [d.code for d in reporter.diagnostics] == ["ASC0201"]


BALANCED = [
    e for e in EXAMPLES if all(e.text.count(a) == e.text.count(b) for a, b in ("()", "[]", "{}"))
]


@pytest.mark.parametrize("example", BALANCED, ids=lambda e: e.text)
def test_each_example_of_a_mistake_gets_its_message(example: Example) -> None:
    found = failure(example.text, item=example.what == "item")
    before, _, after = example.message.partition("{token}")
    assert found.code == example.code
    assert found.message.startswith(before)
    assert found.message.endswith(after)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = " + "(" * 10_000 + "1" + ")" * 10_000 + ";", id="parentheses"),
        pytest.param("a = " + "-" * 1 + "- " * 20_000 + "1;", id="signs"),
        pytest.param("a = " + "1 + " * 50_000 + "1;", id="sum"),
        pytest.param("a = " * 20_000 + "1;", id="assignments"),
        pytest.param("{" * 10_000 + "}" * 10_000, id="blocks"),
        pytest.param("if (a) " * 10_000 + ";", id="ifs"),
        pytest.param("if (a) b; else " * 10_000 + ";", id="else-ifs"),
        pytest.param("do " * 10_000 + ";" + " while (a);" * 10_000, id="dos"),
        pytest.param("A<" * 10_000 + ">" * 10_000 + " a;", id="template lists"),
        pytest.param("a" + " < a" * 30_000 + ";", id="comparisons"),
        pytest.param("[]{" * 250 + "}" * 250 + ";", id="lambdas"),
        pytest.param("struct A {" * 10_000 + "};" * 10_000, id="classes"),
        pytest.param("(" * 100_000, id="open parentheses"),
        pytest.param("int a" + "[1]" * 10_000 + " = 1 1;", id="arrays"),
        pytest.param("a ? " * 10_000 + "1" + " : 2" * 10_000 + ";", id="conditionals"),
        pytest.param("typename " * 10_000, id="typenames"),
        pytest.param("A::" * 20_000 + "x y z;", id="qualified"),
    ],
)
def test_deep_nesting_is_refused_quickly(text: str) -> None:
    start = time.process_time()
    with pytest.raises(CompileError) as caught:
        parse_statements(tokens(text), NameTable())
    assert caught.value.diagnostics[0].code in ("ASC0007", "ASC0201", "ASC0202", "ASC0203")
    assert time.process_time() - start < 5


def test_long_flat_input_parses() -> None:
    numbers = ", ".join(str(i) for i in range(20_000))
    made = parse_statements(tokens(f"int a[] = {{{numbers}}};" + " a = 1;" * 5_000), NameTable())
    assert len(made) == 5_001


def functions(path: Path) -> list[list[Token]]:
    """Pieces of a file that end with a brace in the first column: near enough to functions."""
    pieces: list[list[Token]] = [[]]
    for token in tokens(path.read_text(encoding="utf-8")):
        pieces[-1].append(token)
        if token.text == "}" and token.span.col == 1:
            pieces.append([])
    return [p for p in pieces if 20 < len(p) < 600]


def test_damaged_functions_never_crash_the_parser() -> None:
    rng = random.Random(5)
    pieces = [p for path in sorted(CORPUS.glob("*.cu"))[:12] for p in functions(path)]
    table = NameTable()
    codes: set[str] = set()
    for _ in range(1500):
        piece = list(rng.choice(pieces))
        for _ in range(rng.choice((1, 2, 5))):
            at = rng.randrange(len(piece))
            match rng.randrange(3):
                case 0:
                    del piece[at]
                case 1:
                    piece.insert(at, rng.choice(piece))
                case _:
                    piece[at] = rng.choice(piece)
        try:
            parse_declaration(piece, table)
        except CompileError as error:
            codes.update(d.code for d in error.diagnostics)
    assert codes <= set(CODES)
