"""The index of declarations: kinds, names, scopes, bodies, and files that do not balance."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ascendify.frontend.declarations import (
    Item,
    ItemKind,
    index_declarations,
    is_device,
    is_kernel,
)
from ascendify.frontend.preprocess import preprocess
from ascendify.ir.diagnostics import CompileError, Reporter
from ascendify.ir.source import Sources

CORPUS = sorted(Path(__file__).parents[1].glob("corpus/*.cu"))


def index(text: str, name: str = "a.cu") -> tuple[list[Item], Reporter]:
    reporter = Reporter()
    done = preprocess(name, text, sources=Sources(), reporter=reporter)
    return index_declarations(done.tokens, reporter), reporter


def one(text: str) -> Item:
    items, reporter = index(text)
    assert reporter.diagnostics == []
    assert len(items) == 1, [i.name for i in items]
    return items[0]


def part(item: Item, of: tuple[int, int] | None) -> str | None:
    return None if of is None else " ".join(t.text for t in item.tokens[of[0] : of[1]])


DECLARATIONS = [
    # text, kind, qualified name, is a definition
    ("int x = 3;", ItemKind.VARIABLE, "x", True),
    ("extern int x;", ItemKind.VARIABLE, "x", False),
    ("static const float* const x = nullptr;", ItemKind.VARIABLE, "x", True),
    ("__constant__ float c[3] = {1.f, 2.f};", ItemKind.VARIABLE, "c", True),
    ("extern __shared__ float s[];", ItemKind.VARIABLE, "s", False),
    ("int C::s = 3;", ItemKind.VARIABLE, "C::s", True),
    ("dim3 g(1, 2);", ItemKind.VARIABLE, "g", True),
    ("void (*fp)(int) = nullptr;", ItemKind.VARIABLE, "fp", True),
    ("std::map<std::string, std::function<void(int)>> m;", ItemKind.VARIABLE, "m", True),
    ("auto f = [](int x) { return x; };", ItemKind.VARIABLE, "f", True),
    ("volatile int v{3};", ItemKind.VARIABLE, "v", True),
    ("static ALIGNED(16) float x;", ItemKind.VARIABLE, "x", True),
    ("template<class T> constexpr bool is_v = is<T>::value;", ItemKind.VARIABLE, "is_v", True),
    ("void f(int);", ItemKind.FUNCTION, "f", False),
    ("void f() {}", ItemKind.FUNCTION, "f", True),
    ("__global__ void __launch_bounds__(256, 2) k(float* p) {}", ItemKind.FUNCTION, "k", True),
    ("__launch_bounds__(256) __global__ void k(float* p);", ItemKind.FUNCTION, "k", False),
    ("static __device__ __forceinline__ float f(float x) noexcept { return x; }",
     ItemKind.FUNCTION, "f", True),
    ("[[nodiscard]] __attribute__((always_inline)) inline int f() { return 1; }",
     ItemKind.FUNCTION, "f", True),
    ("std::vector<std::pair<int, int>> f(int a = (1 < 2)) { return {}; }",
     ItemKind.FUNCTION, "f", True),
    ("auto f(int x) -> std::vector<int> { return {}; }", ItemKind.FUNCTION, "f", True),
    ("int (&f(int))[3];", ItemKind.FUNCTION, "f", False),
    ("struct P f(int v) { return P(); }", ItemKind.FUNCTION, "f", True),
    ("P operator+(const P& a, const P& b) { return a; }", ItemKind.FUNCTION, "operator+", True),
    ("bool operator<(const P& a, const P& b) { return a.x < b.x; }",
     ItemKind.FUNCTION, "operator<", True),
    ("std::ostream& operator<<(std::ostream& o, const P& p) { return o; }",
     ItemKind.FUNCTION, "operator<<", True),
    ("int F::operator()(int x) const { return x; }", ItemKind.FUNCTION, "F::operator()", True),
    ("F::operator float() const { return 1; }", ItemKind.FUNCTION, "F::operator float", True),
    ("C::C(int x) : a(x), b{x}, c<int>(3) { go(); }", ItemKind.FUNCTION, "C::C", True),
    ("C::~C() {}", ItemKind.FUNCTION, "C::~C", True),
    ("template<class T> void A<T>::f(T t) {}", ItemKind.FUNCTION, "A::f", True),
    ("int main() try { return 0; } catch (...) { return 1; }", ItemKind.FUNCTION, "main", True),
    ("struct S;", ItemKind.CLASS, "S", False),
    ("struct __align__(16) S { int a; };", ItemKind.CLASS, "S", True),
    ("class alignas(16) C final : public B, private A<(1 > 0)> { };", ItemKind.CLASS, "C", True),
    ("template<class T> struct is<T*> { };", ItemKind.CLASS, "is", True),
    ("union U { int a; float b; };", ItemKind.CLASS, "U", True),
    ("enum class E : int { A, B };", ItemKind.ENUM, "E", True),
    ("typedef unsigned long long u64;", ItemKind.TYPEDEF, "u64", True),
    ("typedef void (*fn)(float*, int);", ItemKind.TYPEDEF, "fn", True),
    ("using F4 = float4;", ItemKind.TYPEDEF, "F4", True),
    ("template<class T> using V = std::vector<T>;", ItemKind.TYPEDEF, "V", True),
    ("using namespace a::b;", ItemKind.USING_DIRECTIVE, "a::b", False),
    ("using std::vector;", ItemKind.USING_DECLARATION, "std::vector", False),
    ("namespace cg = cooperative_groups;", ItemKind.NAMESPACE_ALIAS, "cg", False),
    ('static_assert(sizeof(int) == 4, "x");', ItemKind.STATIC_ASSERT, "", False),
    ("template __global__ void k<float, 4>(float*);", ItemKind.EXPLICIT_INSTANTIATION, "k", False),
    ("template struct S<int>;", ItemKind.EXPLICIT_INSTANTIATION, "S", False),
    ("PYBIND11_MODULE(NAME, m) { m.def(); }", ItemKind.UNKNOWN, "PYBIND11_MODULE", True),
    ('REGISTER("x").Input("a").Output("b");', ItemKind.UNKNOWN, "REGISTER", True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "name", "defines"), DECLARATIONS, ids=[d[0] for d in DECLARATIONS]
)
def test_declaration(text, kind, name, defines):
    item = one(text)
    assert (item.kind, item.qualified_name, item.is_definition) == (kind, name, defines)
    assert " ".join(t.text for t in item.tokens).count(";") <= text.count(";")
    if item.name_token is not None and name.isidentifier():
        assert item.name_token.text == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("int a = f(1, 2), b[3], *c, (*d)(int);", ("a", "b", "c", "d")),
        ("float a = x < y, b = z > 3;", ("a", "b")),
        ("struct P { int a, b; } p, *q;", ("P", "p", "q")),
        ("typedef struct { int q; } A, *B;", ("A", "B")),
        ("typedef struct N { int q; } N;", ("N",)),
        ("typedef enum { E1, E2 } E;", ("E",)),
        ("typedef float row[4], mat[4][4];", ("row", "mat")),
    ],
)
def test_all_names(text, names):
    item = one(text)
    assert item.names == names
    assert item.name == names[0]


def test_parts_of_a_template():
    text = "template <typename T, int N = (3 > 2)> __global__ void k(const T* p, int n) { p[N]; }"
    item = one(text)
    assert item.template
    assert not item.specialization
    assert part(item, item.template_range) == "template < typename T , int N = ( 3 > 2 ) >"
    assert part(item, item.parameters) == "( const T * p , int n )"
    assert part(item, item.body) == "{ p [ N ] ; }"
    assert "__global__" in item.attributes
    assert item.span.col == text.index("k(") + 1


def test_specialisations():
    item = one("template <> __global__ void k<float, 3>(const float* p) {}")
    assert (item.template, item.specialization) == (False, True)
    assert part(item, item.name_arguments) == "< float , 3 >"
    partial = one("template <class T> struct is<T*> { };")
    assert (partial.template, partial.specialization) == (True, True)
    assert part(partial, partial.name_arguments) == "< T * >"


def test_constructor_body_starts_at_its_initialisers():
    item = one("C::C(int x) : a(x), b{x} { go(); }")
    assert part(item, item.body) == ": a ( x ) , b { x } { go ( ) ; }"


def test_scopes():
    text = """
    namespace a::b { int x; namespace { int y; } inline namespace v1 { int z; } int w; }
    extern "C" { int c; void f(); }
    extern "C" __global__ void k() {}
    namespace a { namespace b { int q; } }
    """
    items, reporter = index(text)
    assert reporter.diagnostics == []
    names = ["a::b::x", "a::b::y", "a::b::v1", "a::b::z", "a::b::w", "c", "f", "k", "a::b::q"]
    assert [i.qualified_name for i in items] == names


def test_what_device_code_may_use():
    text = """
    __global__ void k() {}
    __device__ int d() { return 1; }
    constexpr int c() { return 1; }
    __constant__ int t[2];
    int h() { return 1; }
    """
    items, _ = index(text)
    assert [i.name for i in items if is_device(i)] == ["k", "d", "c", "t"]
    assert [i.name for i in items if is_kernel(i)] == ["k"]


def test_macro_calls_between_declarations():
    text = "REGISTER(a, b)\n__global__ void k(int n) { if (n < 3) { } }\nOTHER(c);\nint x;"
    items, reporter = index(text)
    assert reporter.diagnostics == []
    assert [(i.kind, i.name) for i in items] == [
        (ItemKind.UNKNOWN, "REGISTER"),
        (ItemKind.FUNCTION, "k"),
        (ItemKind.UNKNOWN, "OTHER"),
        (ItemKind.VARIABLE, "x"),
    ]


# ---------------------------------------------------------------- files that do not balance


def test_a_brace_never_closed():
    text = "void f(int n) { if (n) {\n  g();\n}\n__global__ void k(int n) { int b = n; }\nint x;\n"
    items, reporter = index(text)
    assert [i.name for i in items] == ["f", "k", "x"]
    assert [(d.code, d.span.line, d.span.col) for d in reporter.diagnostics] == [("ASC0201", 1, 15)]
    assert part(items[1], items[1].body) == "{ int b = n ; }"


def test_a_parenthesis_never_closed():
    text = "void f() { g(1; }\n__global__ void k() {}\n"
    items, reporter = index(text)
    assert [i.name for i in items] == ["f", "k"]
    assert [(d.code, d.span.col) for d in reporter.diagnostics] == [("ASC0201", 13)]


def test_a_brace_too_many():
    items, reporter = index("void f() { }\n}\n__global__ void k() {}\n")
    assert [i.name for i in items] == ["f", "k"]
    assert [(d.code, d.span.line) for d in reporter.diagnostics] == [("ASC0201", 2)]


def test_truncated_file():
    items, reporter = index("__global__ void a() {}\n__global__ void k(int n) { if (n) { n = ")
    assert [i.name for i in items] == ["a", "k"]
    assert {d.code for d in reporter.diagnostics} == {"ASC0201"}


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: p.stem)
def test_every_kernel_of_the_corpus_is_found(path):
    reporter = Reporter()
    done = preprocess(str(path), sources=Sources(), reporter=reporter)
    items = index_declarations(done.tokens, reporter)
    found = [i for i in items if is_kernel(i)]
    marked = sum(t.text == "__global__" for t in done.tokens)
    explicit = sum(i.kind is ItemKind.EXPLICIT_INSTANTIATION for i in items)
    assert len(found) + explicit >= marked > 0
    assert all(i.body is not None for i in found if i.is_definition)
    assert not [d for d in reporter.diagnostics if d.code == "ASC0201"]
    assert not [i.name for i in items if i.kind is ItemKind.UNKNOWN]


def test_damaged_files_never_crash():
    texts = [p.read_text() for p in CORPUS[:8]] + [d[0] for d in DECLARATIONS]
    pieces = ["{", "}", "(", ")", "<", ">", "template<", "<<<", ";", "operator", "[", "namespace "]
    for seed in range(400):
        chance = random.Random(seed)
        text = chance.choice(texts)
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(text) + 1)
            cut = at + chance.choice([0, 1, 20])
            text = text[:at] + chance.choice(pieces) + text[cut:]
        try:
            items, _ = index(text)
        except CompileError:
            continue
        assert all(i.tokens for i in items), f"seed {seed}"


@pytest.mark.parametrize("piece", ["{", "(", "}", "{(", "a<", "namespace a{", "template<", "A(1) "])
def test_long_rows_of_brackets_end(piece):
    items, _ = index(piece * 20_000)
    assert len(items) <= 20_000
