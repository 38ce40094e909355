"""The preprocessor: tokens, provenance, macros, conditions, headers, bad input."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from ascendify.frontend.macros import Macro
from ascendify.frontend.preprocess import Preprocessed, preprocess
from ascendify.frontend.tokens import EOF, PRAGMA, Directive, Token, lex
from ascendify.ir.diagnostics import CompileError, Reporter, render
from ascendify.ir.source import Sources


def run(text: str, name: str = "a.cu", **options) -> tuple[Preprocessed, Reporter, Sources]:
    sources, reporter = Sources(), Reporter()
    done = preprocess(name, text, sources=sources, reporter=reporter, **options)
    return done, reporter, sources


def words(text: str, **options) -> str:
    done, reporter, _ = run(text, **options)
    assert reporter.diagnostics == []
    return " ".join(t.text for t in done.tokens[:-1])


def token(done: Preprocessed, text: str) -> Token:
    return next(t for t in done.tokens if t.text == text)


def codes(text: str, **options) -> list[tuple[str, int, int]]:
    _, reporter, _ = run(text, **options)
    return [(d.code, d.span.line, d.span.col) for d in reporter.diagnostics]


# ---------------------------------------------------------------- tokens


def lexed(text: str) -> list[Token]:
    return [
        t
        for chunk in lex("a", text).chunks
        for t in (chunk.tokens if isinstance(chunk, Directive) else chunk)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a >>= b >> c", ["a", ">", ">", "=", "b", ">", ">", "c"], id="shifts"),
        pytest.param("k<<<1>>>()", ["k", "<<<", "1", ">", ">", ">", "(", ")"], id="launch"),
        pytest.param("x <<= y << z", ["x", "<<=", "y", "<<", "z"], id="left-shifts"),
        pytest.param("p->q ->* r", ["p", "->", "q", "->*", "r"], id="arrows"),
        pytest.param(
            "1.5e-3f 0x1p+4 1'000u .5", ["1.5e-3f", "0x1p+4", "1'000u", ".5"], id="numbers"
        ),
        pytest.param('L"a\\"b" u8\'c\'', ['L"a\\"b"', "u8'c'"], id="literals"),
        pytest.param('R"x(a)" "b)x" c', ['R"x(a)" "b)x"', "c"], id="raw-string"),
        pytest.param("a/*b\n*/c//d\ne", ["a", "c", "e"], id="comments"),
        pytest.param("int lo\\\nng;", ["int", "long", ";"], id="continuation"),
    ],
)
def test_tokens(text, expected):
    assert [t.text for t in lexed(text)] == expected


def test_glued_tells_adjacent_tokens():
    assert [t.glued for t in lexed("a>> b > >")] == [False, True, True, False, False, False]


def test_positions_after_continuations_and_comments():
    by_text = {t.text: t.span for t in lexed("a \\\n  b /* x\n */ c\n\td")}
    assert {k: (s.line, s.col) for k, s in by_text.items()} == {
        "a": (1, 1), "b": (2, 3), "c": (3, 5), "d": (4, 2),
    }  # fmt: skip
    joined = lexed("lo\\\nng")[0].span
    assert (joined.line, joined.col, joined.end_line, joined.end_col) == (1, 1, 2, 3)


def test_raw_string_keeps_what_looks_like_a_continuation():
    assert lexed('a \\\nb R"(x\\\ny)"')[-1].text == 'R"(x\\\ny)"'


# ---------------------------------------------------------------- macros

EXPANSIONS = {
    "object": ("#define N 4\nN N2", "4 N2"),
    "function": ("#define F(a, b) a + b\nF(1, (2, 3)) F", "1 + ( 2 , 3 ) F"),
    "name-then-space": ("#define F (a)\nF", "( a )"),
    "recursive": ("#define x x + y\n#define y x\nx", "x + x"),
    "mutual": ("#define f(a) a * g\n#define g(a) f(a)\nf(2)(9)", "2 * 9 * g"),
    "argument-expanded-first": ("#define A 1\n#define F(x) x x\nF(A)", "1 1"),
    "stringize": ("#define S(x) #x\nS( a  \"b\\n\" 'c' )", '"a \\"b\\\\n\\" \'c\'"'),
    "stringize-is-not-expanded": (
        "#define S(x) #x\n#define T(x) S(x)\n#define A 1\nS(A) T(A)",
        '"A" "1"',
    ),
    "paste": ("#define P(a, b) a ## b\nP(x, 1) P(, y) P(z,) P(,)", "x1 y z"),
    "paste-is-not-expanded": ("#define AB 1\n#define A 2\n#define P(a, b) a ## b\nP(A, B)", "1"),
    "paste-shift": ("#define P(a, b) a ## b\nx P(>, >) y", "x > > y"),
    "variadic": ("#define V(f, ...) f(__VA_ARGS__)\nV(g, 1, 2) V(h)", "g ( 1 , 2 ) h ( )"),
    "gnu-comma": ("#define V(f, ...) g(f, ## __VA_ARGS__)\nV(a) V(a, b)", "g ( a ) g ( a , b )"),
    "named-variadic": ("#define V(f, rest...) f(rest)\nV(g, 1, 2)", "g ( 1 , 2 )"),
    "va-opt": ("#define V(...) f(0 __VA_OPT__(,) __VA_ARGS__)\nV() V(1)", "f ( 0 ) f ( 0 , 1 )"),
    "deferred": (
        "#define EMPTY\n#define A() 1\n#define DEFER(x) x EMPTY\n#define E(x) x\n"
        "DEFER(A)() E(DEFER(A)())",
        "A ( ) 1",
    ),
    "call-over-lines": ("#define F(a) [a]\nF\n(\n1\n)", "[ 1 ]"),
    "directive-inside-call": ("#define F(a) [a]\nF(1\n#if 0\n2\n#else\n3\n#endif\n)", "[ 1 3 ]"),
    "undef": ("#define A 1\n#undef A\nA", "A"),
    "line-file-counter": ("\n__LINE__ __FILE__ __COUNTER__ __COUNTER__", '2 "a.cu" 0 1'),
    "line-directive": ('#line 7 "b.cu"\n__LINE__ __FILE__', '7 "b.cu"'),
    "line-in-macro": ("#define L __LINE__\n\nL", "3"),
    "alternative-spellings": ("#define S(x) #x\na and not b S(a and b)", 'a && ! b "a and b"'),
    "push-pop": (
        '#define A 1\n#pragma push_macro("A")\n#define A 2\nA\n#pragma pop_macro("A")\nA',
        "2 1",
    ),
}


@pytest.mark.parametrize(("text", "expected"), EXPANSIONS.values(), ids=EXPANSIONS)
def test_expansion(text, expected):
    done, _, _ = run(text)
    assert " ".join(t.text for t in done.tokens[:-1]) == expected


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
@pytest.mark.parametrize("text", [t for t, _ in EXPANSIONS.values()], ids=EXPANSIONS)
def test_expansion_agrees_with_gcc(text, tmp_path):
    path = tmp_path / "a.cu"
    path.write_text(text)
    command = ["g++", "-std=gnu++20", "-E", "-P", "-x", "c++", "a.cu"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    theirs = [t.text for t in lexed(done.stdout)]
    ours = [t.text for t in run(text)[0].tokens[:-1]]
    alternatives = {"and": "&&", "not": "!"}
    assert ours == [alternatives.get(t, t) for t in theirs]


def test_options_define_and_undefine():
    text = "A B(2) C defined_here"
    defines = {"A": None, "B(x)": "x x", "defined_here": "yes"}
    assert words(text, defines=defines, undefines=["C"]) == "1 2 2 C yes"
    assert words("__CUDACC__", undefines=["__CUDACC__"]) == "__CUDACC__"


def test_constants_of_headers_are_there_and_may_be_redefined():
    assert words("INT_MAX FLT_MAX") == "2147483647 3.40282346638528859811704183484516925e+38F"
    assert words("INFINITY NULL") == "__builtin_inff ( ) nullptr"
    assert words("#define M_PI 3\nM_PI") == "3"
    assert words("#if __CUDA_ARCH__ >= 700 && __cplusplus == 201703L\nyes\n#endif") == "yes"
    assert words("assert printf min") == "assert printf min"
    assert words("UINT64_C(3) UINT64_MAX") == "3UL 18446744073709551615UL"


def test_framework_macros_need_the_header():
    assert words("C10_HOST_DEVICE int f();") == "C10_HOST_DEVICE int f ( ) ;"
    text = "#include <c10/macros/Macros.h>\nC10_HOST_DEVICE int f();"
    assert words(text) == "__host__ __device__ int f ( ) ;"


# ---------------------------------------------------------------- provenance


def test_body_token_points_into_the_definition():
    done, _, _ = run("#define TWICE(x) ((x) * 2)\nint a = TWICE(b);\n")
    star = token(done, "*")
    assert (star.span.line, star.span.col) == (1, 23)
    assert star.span.expansion is not None
    assert star.span.expansion.macro == "TWICE"
    use = star.span.expansion.use
    assert (use.line, use.col, use.end_col) == (2, 9, 17)
    assert star.span.written() == use


def test_argument_token_points_at_the_argument():
    b = token(run("#define TWICE(x) ((x) * 2)\nint a = TWICE(b);\n")[0], "b")
    assert (b.span.line, b.span.col) == (2, 15)
    assert b.span.expansion is not None
    assert b.span.expansion.macro == "TWICE"


def test_chain_of_nested_uses():
    text = "#define IN(x) x + 1\n#define OUT(y) IN(y)\nOUT(c);"
    done, _, _ = run(text)

    def chain(word: str) -> list[tuple[str, int]]:
        at, links = token(done, word).span.expansion, []
        while at is not None:
            links.append((at.macro, at.use.line))
            at = at.use.expansion
        return links

    assert chain("+") == [("IN", 2), ("OUT", 3)]
    assert chain("c") == [("IN", 2), ("OUT", 3)]


def test_macro_in_an_argument_keeps_its_own_link():
    done, _, _ = run("#define N 4\n#define ID(x) x\nID(N);")
    expansion = token(done, "4").span.expansion
    assert expansion is not None
    assert (expansion.macro, expansion.use.line, expansion.use.col) == ("N", 3, 4)
    assert expansion.use.expansion is not None
    assert expansion.use.expansion.macro == "ID"


def test_message_shows_the_expansion():
    text = "#define F(a, b) a\n#define G F(1)\nint x = G;\n"
    _, reporter, sources = run(text)
    shown = render(reporter.diagnostics[0], sources)
    assert "a.cu:2:11: error: macro 'F' takes 2 arguments, 1 given [ASC0107]" in shown
    assert "a.cu:3:9: note: in expansion of macro 'G'" in shown


# ---------------------------------------------------------------- pragmas


def test_unroll_is_one_token_with_macros_expanded():
    done, _, _ = run("#define N 4\n#pragma unroll N\n#pragma once\n#pragma omp parallel\nx\n")
    assert [(t.kind, t.text) for t in done.tokens] == [
        (PRAGMA, "#pragma unroll 4"),
        ("IDENT", "x"),
        (EOF, ""),
    ]


def test_pragma_operator_in_a_macro():
    text = '#define UNROLL(n) _Pragma("unroll 8") for (n)\nUNROLL(1)'
    done, _, _ = run(text)
    assert [t.text for t in done.tokens[:2]] == ["#pragma unroll 8", "for"]


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("1 + 2 * 3 == 7", True),
        ("(8 >> 1) == 4 && 5 >= 5 && 3 <= 4", True),
        ("-1 > 0u", True),
        ("-1 > 0", False),
        ("-7 / 2 == -3 && -7 % 2 == -1", True),
        ("~0 == -1 && !0", True),
        ("1 ? 2 : 0", True),
        ("0 ? 1 / 0 : 1", True),
        ("0 && 1 / 0", False),
        ("1 || 1 / 0", True),
        ("'A' == 65 && '\\n' == 10 && '\\x41' == 65", True),
        ("0x10 == 16 && 010 == 8 && 0b11 == 3 && 1'000 == 1000", True),
        ("18446744073709551615 == -1", True),
        ("(1 << 31) > 0 && (1 << 63) < 0", True),
        ("defined X && defined(X) && !defined Y", True),
        ("HAS_X", True),
        ("true && !false && !unknown", True),
        ("X", True),
        ("__has_include(<cuda_runtime.h>) && !__has_include(<no/such.h>)", True),
        ("defined(__has_include) && !__has_attribute(x)", True),
        ("not defined Y and X", True),
    ],
)
def test_condition(condition, expected):
    text = (
        f"#define X 1\n#define HAS_X (defined(X) && X > 0)\n#if {condition}\nyes\n#else\nno\n#endif"
    )
    assert words(text) == ("yes" if expected else "no")


def test_groups():
    text = "#if 0\na\n#elif 1\nb\n#elif 1 /\nc\n#else\nd\n#endif"
    assert words(text) == "b"
    text = "#define A\n#ifndef A\na\n#elifdef A\nb\n#endif\n#ifdef A\nc\n#else\nd\n#endif"
    assert words(text) == "b c"


def test_skipped_groups_are_not_looked_into():
    text = '#if 0\nit\'s "open @ \n#error no\n#include "no.h"\n#if 1 /\n#else\n#endif\n#endif\nx'
    assert words(text) == "x"


# ---------------------------------------------------------------- headers


def test_headers(tmp_path):
    (tmp_path / "inc").mkdir()
    (tmp_path / "a.cuh").write_text('#pragma once\n#include "b.cuh"\nint a;\n')
    (tmp_path / "b.cuh").write_text("#ifndef B\n#define B\nint b;\n#endif\n")
    (tmp_path / "inc" / "c.h").write_text("int c;\n")
    main = tmp_path / "main.cu"
    main.write_text(
        '#include "a.cuh"\n#include "a.cuh"\n#include "b.cuh"\n#include <c.h>\n'
        "#include <vector>\n#include <strange.h>\n#define H <c.h>\n#include H\n"
    )
    sources, reporter = Sources(), Reporter()
    include_dirs = [str(tmp_path / "inc")]
    done = preprocess(str(main), include_dirs=include_dirs, sources=sources, reporter=reporter)
    text = " ".join(t.text for t in done.tokens[:-1])
    assert text == "int b ; int a ; int c ; int c ;"
    assert [(h.name, h.known) for h in done.headers] == [("vector", True), ("strange.h", False)]
    assert [Path(f).name for f in done.files] == ["main.cu", "a.cuh", "b.cuh", "c.h"]
    assert token(done, "b").span.file == str(tmp_path / "b.cuh")
    assert sources.line(str(tmp_path / "b.cuh"), 3) == "int b;"
    assert reporter.diagnostics == []


def test_forced_includes_come_first(tmp_path):
    (tmp_path / "first.h").write_text("#define FIRST 1\n")
    main = str(tmp_path / "main.cu")
    options = {"force_includes": [str(tmp_path / "first.h")]}
    done, reporter, _ = run("FIRST", main, **options)
    assert [t.text for t in done.tokens] == ["1", ""]
    assert reporter.diagnostics == []


def test_missing_project_header_is_a_warning():
    done, reporter, _ = run('#include "gone.cuh"\nint x;')
    found = reporter.diagnostics[0]
    assert (found.code, found.severity.value, found.span.col) == ("ASC0101", "warning", 10)
    assert [h.known for h in done.headers] == [False]
    assert token(done, "x")


def test_table_of_macros_at_the_end():
    macros = run("#define A 1\n#define F(x) x\n")[0].macros
    assert isinstance(macros["A"], Macro)
    assert macros["F"].parameters == ("x",)


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("int a;\n/* open", [("ASC0105", 2, 1)], id="comment"),
        pytest.param('x = "open;\ny', [("ASC0105", 1, 5)], id="string"),
        pytest.param("#if 1\nx", [("ASC0105", 1, 2)], id="conditional"),
        pytest.param("#define F(a) a\nF(1", [("ASC0105", 2, 1)], id="call"),
        pytest.param("#endif\n#else", [("ASC0106", 1, 2), ("ASC0106", 2, 2)], id="unbalanced"),
        pytest.param("#if 1\n#else\n#else\n#endif", [("ASC0106", 3, 2)], id="two-else"),
        pytest.param("#if 1 +\n#endif", [("ASC0103", 1, 2)], id="condition"),
        pytest.param("#if 1 / 0\n#endif", [("ASC0103", 1, 7)], id="division"),
        pytest.param("#if F(1)\n#endif", [("ASC0103", 1, 5)], id="call-in-condition"),
        pytest.param("#error it's here", [("ASC0102", 1, 2)], id="error"),
        pytest.param("#warning w", [("ASC0102", 1, 2)], id="warning"),
        pytest.param("#frobnicate", [("ASC0104", 1, 2)], id="directive"),
        pytest.param("#define 3", [("ASC0104", 1, 9)], id="define"),
        pytest.param("#define F(a a", [("ASC0104", 1, 13)], id="parameters"),
        pytest.param("#define F(x) #y", [("ASC0104", 1, 14)], id="stringize"),
        pytest.param("#include x", [("ASC0104", 1, 2)], id="include"),
        pytest.param("#define P(a,b) a##b\nP(+, x)", [("ASC0107", 1, 19)], id="paste"),
        pytest.param("int @;", [("ASC0108", 1, 5)], id="stray"),
        pytest.param("#define A 1\n#define A 2", [("ASC0110", 2, 9)], id="redefined"),
    ],
)
def test_mistakes_have_codes_and_places(text, expected):
    assert codes(text) == expected


def test_mistakes_do_not_hide_the_rest():
    done, _, _ = run('#frob\nint a;\n"open\n#define F(x) x\nF()\nF(1,2) int b;')
    assert token(done, "a")
    assert token(done, "b")


def test_error_text_is_as_written():
    _, reporter, _ = run("#error  need -DX, don't forget\n")
    assert reporter.diagnostics[0].message == "#error need -DX, don't forget"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"int a;\0", "ASC0003", id="nul"),
        pytest.param(b"// \xe9t\xe9\n", "ASC0003", id="latin-1"),
        pytest.param(b"\x7fELF\x02\x01\x01\x00", "ASC0003", id="binary"),
        pytest.param(b"int a;\n" * 2_000_000, "ASC0007", id="huge"),
    ],
)
def test_no_text(tmp_path, data, code):
    path = tmp_path / "x.cu"
    path.write_bytes(data)
    with pytest.raises(CompileError) as caught:
        preprocess(str(path), sources=Sources(), reporter=Reporter())
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.cu", tmp_path):
        with pytest.raises(CompileError) as caught:
            preprocess(str(path), sources=Sources(), reporter=Reporter())
        assert [d.code for d in caught.value.diagnostics] == ["ASC0002"]


def test_header_that_is_no_text(tmp_path):
    (tmp_path / "h.h").write_bytes(b"\xff\xfe")
    done, reporter, _ = run('#include "h.h"\nint x;', str(tmp_path / "a.cu"))
    assert [(d.code, d.span.line) for d in reporter.diagnostics] == [("ASC0003", 1)]
    assert token(done, "x")


def _doubling(head: str, body: str, last: str) -> str:
    rows = [f"#define A{i}{head} {body.replace('@', f'A{i - 1}')}" for i in range(1, 60)]
    return "\n".join([f"#define A0{head} x", *rows, last])


EXTREMES = {
    "parentheses": ("int x = " + "(" * 10_000 + "1" + ")" * 10_000 + ";", None),
    "parentheses-in-if": ("#if " + "(" * 10_000 + "1" + ")" * 10_000 + "\n#endif", "ASC0103"),
    "operators-in-if": ("#if " + "!-~" * 30_000 + "1\n#endif", None),
    "objects": (_doubling("", "@ @", "A59"), "ASC0007"),
    "nothing": (_doubling("", "@ @", "A59").replace("A0 x", "A0"), "ASC0007"),
    "functions": (_doubling("(x)", "@(x x)", "A59(1)"), "ASC0007"),
    "strings": (_doubling("(x)", "@(#x #x)", "A59(1)"), "ASC0007"),
    "pastes": (_doubling("(x)", "@(x##x)", "A59(1)"), "ASC0007"),
    "nested-calls": ("#define F(x) x\n" + "F(" * 10_000 + "1" + ")" * 10_000, "ASC0007"),
    "chain": ("".join(f"#define A{i} A{i - 1}\n" for i in range(1, 5000)) + "A4999", "ASC0007"),
    "long-line": ("int a[] = {" + "1," * 250_000 + "};", None),
    "long-name": ("int " + "a" * 4_000_000 + ";", None),
    "many-tokens": ("(" * 3_000_000, "ASC0007"),
    "strays": ("@" * 100_000, "ASC0108"),
    "open-calls": ("#define F(a) a\n" + "F(" * 50_000, "ASC0007"),
    "open-conditionals": ("#if 1\n" * 20_000, "ASC0105"),
    "redefinitions": ("#define A 1\n#define A 2\n" * 20_000, "ASC0110"),
    "continuations": ("a\\\n" * 300_000, None),
}


@pytest.mark.parametrize(("text", "code"), EXTREMES.values(), ids=EXTREMES)
def test_extremes_end_soon(text, code):
    sources, reporter = Sources(), Reporter()
    start = time.process_time()
    try:
        preprocess("x.cu", text, sources=sources, reporter=reporter)
        found = {d.code for d in reporter.diagnostics}
    except CompileError as failure:
        found = {d.code for d in failure.diagnostics}
    assert time.process_time() - start < 5
    assert found == ({code} if code else set())
    assert len(reporter.diagnostics) <= 100


def test_recursive_include(tmp_path):
    path = tmp_path / "self.cu"
    path.write_text('int before;\n#include "self.cu"\n')
    with pytest.raises(CompileError) as caught:
        preprocess(str(path), sources=Sources(), reporter=Reporter())
    assert [(d.code, d.span.line) for d in caught.value.diagnostics] == [("ASC0007", 2)]
