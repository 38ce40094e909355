"""Where `ascendify:` comments stand, and what they belong to."""

from __future__ import annotations

from ascendify.frontend.declarations import index_declarations
from ascendify.frontend.harness_comments import find_comments
from ascendify.frontend.preprocess import preprocess
from ascendify.ir.diagnostics import Reporter
from ascendify.ir.source import Sources


def comments(text: str) -> tuple[list[tuple[str, str, str, int, int]], Reporter]:
    reporter, sources = Reporter(), Sources()
    sources.add("a.cu", text)
    tokens = preprocess("a.cu", text, sources=sources, reporter=reporter).tokens
    found = find_comments(index_declarations(tokens, reporter), sources, reporter)
    return [(c.kernel, c.parameter, c.text, c.span.line, c.span.col) for c in found], reporter


def test_above_a_kernel():
    found, reporter = comments(
        "namespace ns {\n"
        "// ascendify: block=256\n"
        "// something else\n"
        "//ascendify:   n=1..9  \n"
        "/* ascendify: shared=4 */\n"
        "template <class T>\n"
        "__global__ void k(T *x, int n) {}\n"
        "}\n"
    )
    assert found == [
        ("ns::k", "", "block=256", 2, 15),
        ("ns::k", "", "n=1..9", 4, 16),
        ("ns::k", "", "shared=4", 5, 15),
    ]
    assert reporter.diagnostics == []


def test_block_comments_go_over_lines():
    found, _ = comments(
        "/* The kernel.\n * ascendify: block=256\n *   grid=n\n */\n__global__ void k(int n) {}\n"
        "/* ascendify: skip */ __global__ void j() {}\n"
    )
    assert found == [
        ("k", "", "block=256", 2, 15),
        ("k", "", "grid=n", 3, 6),
        ("j", "", "skip", 6, 15),
    ]


def test_beside_parameters():
    found, reporter = comments(
        "__global__ void k(\n"
        "    const float *x,  // ascendify: in[n]\n"
        "    int n, int m,    // ascendify: 1..8\n"
        "    // ascendify: block=64\n"
        "    const int (&y)[2]  /* ascendify: out[m] */\n"
        ") { }\n"
        "__global__ void two(float *x, int n) // ascendify: {1, 7}\n"
        "{ }\n"
    )
    assert [(k, p, t) for k, p, t, _, _ in found] == [
        ("k", "x", "in[n]"),
        ("k", "m", "1..8"),
        ("k", "", "block=64"),
        ("k", "y", "out[m]"),
        ("two", "n", "{1, 7}"),
    ]
    assert reporter.diagnostics == []


def test_above_main_and_declarations():
    found, _ = comments(
        "// ascendify: block=32\n__global__ void k(float *);\n\n__global__ void k(float *x) {}\n"
        "// ascendify: arguments 64 1\nint main(int argc, char **argv) {}\n"
    )
    assert [(k, t) for k, _, t, _, _ in found] == [("k", "block=32"), ("main", "arguments 64 1")]


def test_comments_of_nothing_are_warned_of():
    found, reporter = comments(
        "// ascendify: block=1\n\n__global__ void k() {\n  // ascendify: block=2\n}\n"
        "int x;  // ascendify: block=3\n__global__ void j() {}\n"
        'const char *text = "// ascendify: block=4";\n'
        "// ascendify: block=5"
    )
    assert found == []
    assert [(d.code, d.span.line, d.severity.value) for d in reporter.diagnostics] == [
        ("ASC0020", 1, "warning"),
        ("ASC0020", 4, "warning"),
        ("ASC0020", 6, "warning"),
        ("ASC0020", 9, "warning"),
    ]


def test_a_comment_without_words_keeps_its_place():
    found, _ = comments("// ascendify:\n__global__ void k() {}\n")
    assert found == [("k", "", "", 1, 14)]
