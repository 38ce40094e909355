"""The parser on snippets: what is printed shows what was parsed as what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ascendify.frontend import grammar, syntax
from ascendify.frontend.names import NameTable
from ascendify.frontend.parser import (
    parse_declaration,
    parse_expression,
    parse_statements,
    parse_type,
)
from ascendify.frontend.print_syntax import syntax_text
from ascendify.frontend.tokens import Token, lex


@dataclass
class Declared:
    tokens: list[Token]
    scope: tuple[str, ...] = ()


def tokens(text: str) -> list[Token]:
    return [t for chunk in lex("t.cu", text).chunks if isinstance(chunk, list) for t in chunk]


def names(*declarations: str, **scoped: str) -> NameTable:
    table = NameTable(Declared(tokens(d)) for d in declarations)
    for scope, text in scoped.items():
        table.add(Declared(tokens(text), (scope,)))
    return table


COMMON = (
    "struct Pair { float a, b; using scalar = float; template <int N> float get() const; };",
    "template <typename T, int N = 4> struct Vec { T v[N]; using type = T; static int size; };",
    "template <typename T> T square(T x) { return x * x; }",
    "template <typename T> constexpr bool flag = true;",
    "enum class Mode { fast, exact };",
    "typedef unsigned int u32;",
    "int plain(int);",
    "float T;",
)


def expression(text: str) -> str:
    return syntax_text(parse_expression(tokens(text), names(*COMMON)))


def statements(text: str) -> str:
    return "\n".join(syntax_text(x) for x in parse_statements(tokens(text), names(*COMMON)))


def declaration(text: str, *more: str) -> str:
    table = names(*COMMON, *more)
    table.add(Declared(tokens(text)))
    return syntax_text(parse_declaration(tokens(text), table))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a << b + c & d == e", "((a << (b + c)) & (d == e))"),
        ("a || b && c | d ^ e & f", "(a || (b && (c | (d ^ (e & f)))))"),
        ("a < b && c > d", "((a < b) && (c > d))"),
        ("a >> 2 >= b", "((a >> 2) >= b)"),
        ("a >>= b >> 1", "(a >>= (b >> 1))"),
        ("a = b = c ? d : e = f", "(a = (b = (c ? d : (e = f))))"),
        ("a ? b , c : d ? e : f", "(a ? (b , c) : (d ? e : f))"),
        ("-a * !b + ~c", "(((-a) * (!b)) + (~c))"),
        ("*p++ = -*--q", "((*(p++)) = (-(*(--q))))"),
        ("a - -b", "(a - (-b))"),
        ("&a & b && *c * d", "(((&a) & b) && ((*c) * d))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a[i, j][k](x)(y)", "a[(i , j)][k](x)(y)"),
        ("a.b->c.d()", "a.b->c.d()"),
        ("'a' + '\\n' + '\\x41'", "((char 97 + char 10) + char 65)"),
        ('"a" "\\tb" R"(c\\)"', "'a\\tbc\\\\'"),
        ("true && nullptr == this", "(true && (nullptr == this))"),
        ("f({1, 2}, {.x = 1})", "f({1, 2}, {.x = 1})"),
        ("throw a", "throw a"),
    ],
)
def test_expressions(text: str, wanted: str) -> None:
    assert expression(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # casts against parentheses
        ("(float)a * b", "((cast float a) * b)"),
        ("(T) * a", "(T * a)"),
        ("(u32) * a", "(cast u32 (*a))"),
        ("(u32)(a) + b", "((cast u32 a) + b)"),
        ("(const float *)p", "(cast const float * p)"),
        ("(float (*)[4])p", "(cast float [4] * p)"),
        ("(T)(b)", "T(b)"),
        ("(unseen)(b)", "(cast unseen b)"),
        ("(plain)(b)", "plain(b)"),
        ("(unseen_t)1", "(cast unseen_t 1)"),
        ("(unseen_t *)&x", "(cast unseen_t * (&x))"),
        ("(unseen::type)x", "(cast unseen::type x)"),
        ("(a) - b", "(a - b)"),
        ("(unseen) - b", "(unseen - b)"),
        ("(u32){1}", "construct u32{1}"),
        ("static_cast<Vec<float>>(x)", "(static_cast Vec<type float> x)"),
        ("reinterpret_cast<const int4 *>(p)[0]", "(reinterpret_cast const int4 * p)[0]"),
        # conversions in function notation
        ("float(a) + u32{b}", "(construct float(a) + construct u32{b})"),
        ("Pair{1, 2}.a", "construct Pair{1, 2}.a"),
        ("Vec<float, 8>()", "construct Vec<type float, 8>()"),
        ("(Pair())(1)", "construct Pair()(1)"),
        ("unseen{}", "construct unseen{}"),
        ("cute::unseen{}", "construct cute::unseen{}"),
        ("typename Vec<float>::type(3)", "construct Vec<type float>::type(3)"),
        # sizeof
        ("sizeof(float) * n", "(sizeof(type float) * n)"),
        ("sizeof(a) * n", "(sizeof(a) * n)"),
        ("sizeof a * n", "(sizeof(a) * n)"),
        ("sizeof(Vec<int>) + alignof(u32)", "(sizeof(type Vec<type int>) + alignof(type u32))"),
        ("sizeof(T)", "sizeof(T)"),
        ("sizeof(unseen *)", "sizeof(type unseen *)"),
        ("new float[n]", "(new float[n]())"),
        ("new Pair(1, 2)", "(new Pair(1, 2))"),
        ("delete[] p", "(delete p)"),
    ],
)
def test_types_in_expressions(text: str, wanted: str) -> None:
    assert expression(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("square<float>(x)", "square<type float>(x)"),
        ("square<Vec<Vec<int>>>(x)", "square<type Vec<type Vec<type int>>>(x)"),
        ("flag<u32> && x", "(flag<type u32> && x)"),
        ("flag<u32> > x", "(flag<type u32> > x)"),
        ("Vec<float, (a > b)>::size", "Vec<type float, (a > b)>::size"),
        ("Vec<float, a + 1>::size > 2", "(Vec<type float, (a + 1)>::size > 2)"),
        ("Vec<int(*)(float)>::size", "Vec<type int (float) *>::size"),
        ("T < plain > x", "((T < plain) > x)"),
        ("T < (x)", "(T < x)"),
        ("p.get<3>()", "p.get<3>()"),
        ("p->template get<n>()", "p->get<n>()"),
        ("p.size < 3", "(p.size < 3)"),
        ("p.update<true>(x)", "p.update<true>(x)"),
        ("f(p.x < a, b > (c))", "f((p.x < a), (b > c))"),
        ("p.size < n && q > (r)", "((p.size < n) && (q > r))"),
        ("unseen<float>(x)", "unseen<type float>(x)"),
        ("unseen<3>()", "unseen<3>()"),
        ("lib::unseen<A, 4>(x) + 1", "(lib::unseen<A, 4>(x) + 1)"),
        ("unseen < x && y > z", "((unseen < x) && (y > z))"),
        ("std::max<float>(a, b)", "std::max<type float>(a, b)"),
        ("std::numeric_limits<float>::max()", "std::numeric_limits<type float>::max()"),
        ("std::is_same<A, float>::value", "std::is_same<A, type float>::value"),
        ("x.data<scalar>()", "x.data<scalar>()"),
        ("k<float><<<1, n / 2, 0, s>>>(a)", "k<type float><<<1, (n / 2), 0, s>>>(a)"),
        ("k<<<a >> 1, b>>>(x)", "k<<<(a >> 1), b>>>(x)"),
        ("x.operator float()", "x.operator float()"),
        ("run.template operator()<true>()", "run.operator()<true>()"),
        ("operator+(a, b)", "operator+(a, b)"),
        ("Mode::fast == m", "(Mode::fast == m)"),
        ("::plain(1)", "::plain(1)"),
        ("decltype(x)::size", "decltype(x)::size"),
        ("p->~Pair()", "p->~Pair()"),
    ],
)
def test_template_lists_and_comparisons(text: str, wanted: str) -> None:
    assert expression(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("f(xs...)", "f(xs...)"),
        ("(xs + ...)", "(xs + ...)"),
        ("(... && ok(xs))", "(... && ok(xs))"),
        ("(0 + ... + xs)", "(0 + ... + xs)"),
        ("(f(xs), ...)", "(f(xs) , ...)"),
        ("sizeof...(xs)", "sizeof...(xs)"),
        ("[]{ return 1; }()", "[]() {return 1}()"),
        ("[=, &a](int i) mutable -> float { }", "[=, &a](i: int) -> float mutable {}"),
        ("[x = y + 1, this](auto v) { }", "[x = (y + 1), this](v: auto) {}"),
        (
            "[&] __device__ (int i) { a[i] = T(i); }",
            "[&](i: int) {(a[i] = T(i))}",
        ),
        ("[]<typename U>(U u) { return (U)u; }",
         "[]<type U>(u: U) {return (cast U u)}"),
        ("a[[](int i) { return i; }(2)]", "a[[](i: int) {return i}(2)]"),
    ],
)  # fmt: skip
def test_packs_and_lambdas(text: str, wanted: str) -> None:
    assert expression(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("int", "int"),
        ("long unsigned int long", "unsigned long long"),
        ("const char *const *", "const char * const *"),
        ("float (*)[3]", "float [3] *"),
        ("float *[3]", "float * [3]"),
        ("int (&)[2][3]", "int [3] [2] &"),
        ("void (*)(int, float *)", "void (int, float *) *"),
        ("unseen::vector<int> &", "unseen::vector<type int> &"),
        ("typename A::B const &", "const A::B &"),
        ("decltype(a + b)", "decltype((a + b))"),
        ("struct Pair *", "Pair *"),
        ("signed char", "signed char"),
        ("unsigned __int128", "unsigned __int128"),
    ],
)
def test_types(text: str, wanted: str) -> None:
    assert syntax_text(parse_type(tokens(text), names(*COMMON))) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("T * x;", "(T * x)"),
        ("u32 * x;", "variable x: u32 *"),
        ("unseen * x;", "variable x: unseen *"),
        ("plain * x;", "(plain * x)"),
        ("Vec<float> v;", "variable v: Vec<type float>"),
        ("Vec<float>::type v = 3;", "variable v: Vec<type float>::type = 3"),
        ("Pair::scalar v{1};", "variable v: Pair::scalar{1}"),
        ("unseen<int, 3> v(4);", "variable v: unseen<type int, 3>(4)"),
        ("unseen<A> const &v = w;", "variable v: const unseen<A> & = w"),
        ("Pair(1, 2).a;", "construct Pair(1, 2).a"),
        ("u32(x) + 1;", "(construct u32(x) + 1)"),
        ("float (*f)(int) = g;", "variable f: float (int) * = g"),
        ("float (&r)[4] = a;", "variable r: float [4] & = a"),
        ("int a = 1, *b = &a, c[2] = {1, 2};",
         "variable a: int = 1\nvariable b: int * = (&a)\nvariable c: int [2] = {1, 2}"),
        ("dim3 g(n / 2, 3);", "variable g: dim3((n / 2), 3)"),
        ("Pair p(u32(3));", "variable p: Pair(construct u32(3))"),
        ("int f(int, u32 b);", "function f: int (int, b: u32)"),
        ("__shared__ float s[8][32 + 1];", "variable __shared__ s: float [(32 + 1)] [8]"),
        ("extern __shared__ __align__(16) char raw[];",
         "variable __shared__ extern __align__(16) raw: char []"),
        ("static constexpr int n = sizeof(float);",
         "variable constexpr static n: int = sizeof(type float)"),
        ("const int &a = b;", "variable a: const int & = b"),
        ("auto [x, y] = f();", "variable auto [x, y] = f()"),
        ("auto &[x, y] = p;", "variable auto & [x, y] = p"),
        ("float4 v = {1, 2, 3, 4};", "variable v: float4 = {1, 2, 3, 4}"),
        ("typedef float row[4];", "alias row = float [4]"),
        ("using V = Vec<float, 2>; V v; V(1);",
         "alias V = Vec<type float, 2>\nvariable v: V\nconstruct V(1)"),
        ("using namespace std; using std::max; namespace c = std::chrono;",
         "using namespace std\nusing std::max\nnamespace c = std::chrono"),
        ("struct L { int a; } l; L m;",
         "struct L\n  variable a: int\nvariable l: L\nvariable m: L"),
        ("enum { one = 1, two }; int x = two;",
         "enum\n  one = 1\n  two\nvariable x: int = two"),
        ("static_assert(sizeof(int) == 4, \"ints\");",
         "static_assert (sizeof(type int) == 4), 'ints'"),
        ("auto f = [](int x) { return x; };", "variable f: auto = [](x: int) {return x}"),
        ("int x __attribute__((aligned(8), unused)) = 3;",
         "variable aligned(8) unused x: int = 3"),
        ("decltype(a) b = a;", "variable b: decltype(a) = a"),
        ("volatile unsigned long long int v;", "variable v: volatile unsigned long long"),
    ],
)  # fmt: skip
def test_declarations_in_blocks(text: str, wanted: str) -> None:
    assert statements(text) == wanted


def test_a_parameter_hides_a_type_in_its_own_function_only() -> None:
    table = names("using T = float;")
    hidden = "void f(int T, int *p) { T * p[0]; (T) * 2; T < 3 > 2; }"
    seen = "void g(int *p) { T * q; (T) * p; }"
    assert syntax_text(parse_declaration(tokens(hidden), table)) == (
        "function f: void (T: int, p: int *)\n  (T * p[0])\n  (T * 2)\n  ((T < 3) > 2)"
    )
    assert syntax_text(parse_declaration(tokens(seen), table)) == (
        "function g: void (p: int *)\n  variable q: T *\n  (cast T (*p))"
    )


def test_a_variable_hides_a_type_from_its_name_to_the_end_of_its_block() -> None:
    text = "{ u32 *a; { float u32 = 3; u32 * a; } u32 *b; } for (int u32 = 0;;) u32 * c; u32 *d;"
    assert statements(text) == (
        "block\n  variable a: u32 *\n  block\n    variable u32: float = 3\n    (u32 * a)\n"
        "  variable b: u32 *\nfor ;  ; \n  init\n    variable u32: int = 0\n  (u32 * c)\n"
        "variable d: u32 *"
    )


def test_template_parameters_are_types_values_and_templates() -> None:
    text = """template <typename A, int N, template <class> class C, class... Ts>
    void f(C<A> c, Ts... ts) { A * a; N * a; C<A> * d; (N) * 2; }"""
    assert declaration(text) == (
        "function template<type A, N: int, template<type> C, type... Ts> "
        "f: void (c: C<type A>, ts: Ts...)\n"
        "  variable a: A *\n  (N * a)\n  variable d: C<type A> *\n  (N * 2)"
    )


def test_members_are_known_in_the_whole_class() -> None:
    text = """template <typename T> struct S {
      S() : late(3), b{} {}
      explicit S(T v);
      ~S() = default;
      T f() { return first<2>(late) + (Inner{}).x; }
      template <int K> T first(int);
      int late, b : 3, : 2;
      struct Inner { int x = 1; };
      operator T() const { return (T)b; }
      S &operator=(const S &) = delete;
      bool operator()(int a) const noexcept { return a < late; }
      friend S operator+(S a, S b) { return a; }
      static constexpr int n = 4;
    public:
      using value = T;
      union { int i; float f2; };
    };"""
    assert declaration(text) == (
        "template<type T> struct S\n"
        "  function S: ()\n    init late(3)\n    init b{}\n"
        "  function explicit S: (v: T)\n"
        "  function ~S: () = default\n"
        "  function f: T ()\n    return (first<2>(late) + construct Inner{}.x)\n"
        "  function template<K: int> first: T (int)\n"
        "  variable late: int\n  variable b: int : 3\n  variable int : 2\n"
        "  struct Inner\n    variable x: int = 1\n"
        "  function operator T: () const\n    return (cast T b)\n"
        "  function operator=: S & (const S &) = delete\n"
        "  function operator(): bool (a: int) const\n    return (a < late)\n"
        "  friend\n    function friend operator+: S (a: S, b: S)\n      return a\n"
        "  variable constexpr static n: int = 4\n"
        "  alias value = T\n"
        "  union\n    variable i: int\n    variable f2: float"
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("__global__ void __launch_bounds__(256, 2) k(float *__restrict__ a) {}",
         "function __global__ __launch_bounds__(256, 2) k: void (a: float * restrict)"),
        ("extern \"C\" __global__ void k(void);", "function __global__ extern k: void ()"),
        ("static __device__ __forceinline__ float f(float x = 1.f, ...) { return x; }",
         "function __device__ __forceinline__ static f: float (x: float = 1.f, ...)\n  return x"),
        ("auto f(int a) -> decltype(a);", "function f: auto (a: int) -> decltype(a)"),
        ("template <> float square<float>(float x);",
         "function template<> square<type float>: float (x: float)"),
        ("template <typename T> struct Vec<T *> : Pair { };",
         "template<type T> struct Vec<type T *> : Pair"),
        ("template <> struct Vec<int> { int x; };", "template<> struct Vec<type int>\n"
         "  variable x: int"),
        ("template <typename T, int N> int Vec<T, N>::size = N;",
         "variable template<type T, N: int> Vec<type T, N>::size: int = N"),
        ("void Pair::set(scalar x) { a = (scalar)x; }",
         "function Pair::set: void (x: scalar)\n  (a = (cast scalar x))"),
        ("Pair::Pair() : a(1), b(2) { }", "function Pair::Pair: ()\n  init a(1)\n  init b(2)"),
        ("template <typename T> using Quad = Vec<T, 4>;", "alias template<type T> Quad = "
         "Vec<type T, 4>"),
        ("template <typename T> inline constexpr int bits = 8 * sizeof(T);",
         "variable template<type T> constexpr inline bits: int = (8 * sizeof(type T))"),
        ("struct Pair;", "struct Pair;"),
        ("enum class Mode2 : unsigned char { a = 1 << 2, b, };",
         "enum class Mode2 : unsigned char\n  a = (1 << 2)\n  b"),
        ("enum Early : int;", "enum Early : int"),
        ("typedef struct { float x; } Point, *PointPtr;",
         "alias Point = struct {...}\nalias PointPtr = struct {...} *"),
        ("struct alignas(16) Big final : public Pair, private virtual Vec<int> { };",
         "alignas(16) struct Big : Pair, virtual Vec<type int>"),
        ("__constant__ float table[2][3] = {{1, 2, 3}, {4, 5, 6}};",
         "variable __constant__ table: float [3] [2] = {{1, 2, 3}, {4, 5, 6}}"),
        ("template void square<float>(float);",
         "function template<> square<type float>: void (float)"),
        ("template <class T, std::enable_if_t<(sizeof(T) > 2), int> = 0> void h(T);",
         "function template<type T, std::enable_if_t<(sizeof(type T) > 2), type int> = 0> "
         "h: void (T)"),
        ("template <class T, class U = typename T::x, bool B = (3 > 2)> struct D;",
         "template<type T, type U = type T::x, B: bool = (3 > 2)> struct D;"),
        ("[[nodiscard]] inline int f() { return 0; }", "function inline f: int ()\n  return 0"),
    ],
)  # fmt: skip
def test_declarations(text: str, wanted: str) -> None:
    assert declaration(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("if (a) b; else if (c) d; else e;", "if a\n  b\nelse\n  if c\n    d\n  else\n    e"),
        ("if (a) if (b) c; else d;", "if a\n  if b\n    c\n  else\n    d"),
        ("if constexpr (flag<int>) a;", "if constexpr flag<type int>\n  a"),
        ("if (int x = f(); x > 1) a;", "if (x > 1)\n  init\n    variable x: int = f()\n  a"),
        ("if (Pair *p = f()) a;", "if p: Pair * = f()\n  a"),
        ("for (int i = 0, n = 4; i < n; ++i, --n) ;",
         "for ; (i < n) ; ((++i) , (--n))\n  init\n    variable i: int = 0\n"
         "    variable n: int = 4\n  ;"),
        ("for (;;) break;", "for ;  ; \n  break"),
        ("for (auto &x : xs) x = 1;", "for x: auto & : xs\n  (x = 1)"),
        ("for (auto [a, b] : {1, 2}) continue;", "for auto [a, b] : {1, 2}\n  continue"),
        ("while (x < n) { x++; }", "while (x < n)\n  (x++)"),
        ("do x--; while (x > 0);", "do while (x > 0)\n  (x--)"),
        ("switch (x) { case 1: case A::b: f(); break; default: ; }",
         "switch x\n  case 1\n    case A::b\n      f()\n  break\n  default\n    ;"),
        ("case c ? 1 : 2: x;", "case (c ? 1 : 2)\n  x"),
        ("again: x++; goto again;", "label again\n  (x++)\ngoto again"),
        ("return; ", "return"),
        ("return {1, 2};", "return {1, 2}"),
        ("asm volatile(\"add %0, %1;\" \" x\" : \"=r\"(a), [n] \"+f\"(b) : \"r\"(c + 1) : "
         "\"memory\");", "asm volatile 'add %0, %1; x' : '=r' a, '+f' b : 'r' (c + 1)"),
        ("asm(\"bar;\" :: \"r\"(x) : \"memory\");", "asm 'bar;' :  : 'r' x"),
        ("[[likely]] x = 1;", "(x = 1)"),
        (";", ";"),
    ],
)  # fmt: skip
def test_statements(text: str, wanted: str) -> None:
    assert statements(text) == wanted


@pytest.mark.parametrize(
    ("pragma", "wanted"),
    [
        ("#pragma unroll", "for unroll ;  ; "),
        ("#pragma unroll 4", "for unroll 4 ;  ; "),
        ("#pragma unroll (N + 1)", "for unroll (N + 1) ;  ; "),
        ("#pragma GCC unroll 2", "for unroll 2 ;  ; "),
        ("#pragma nv_diag_suppress 177", "for ;  ; "),
    ],
)
def test_pragmas_before_loops(pragma: str, wanted: str) -> None:
    line = tokens("x")[0].span
    text = [Token("PRAGMA", pragma, line), *tokens("for (;;) f();")]
    (made,) = parse_statements(text, names())
    assert syntax_text(made).splitlines()[0] == wanted


def test_pragmas_elsewhere_say_nothing() -> None:
    pragma = Token("PRAGMA", "#pragma unroll", tokens("x")[0].span)
    text = [*tokens("{ int a = 1;"), pragma, *tokens("a = 2; }")]
    (made,) = parse_statements(text, names())
    assert syntax_text(made) == "block\n  variable a: int = 1\n  (a = 2)"


def test_names_of_namespaces() -> None:
    table = names("using namespace lib; namespace s = lib;", lib="struct Thing { int x; };")
    table.add(Declared(tokens("namespace s = lib;")))
    table.add(Declared(tokens("template <int N> int pick();"), ("lib",)))
    made = parse_statements(tokens("Thing * a; lib::Thing * b; s::Thing * c; s::pick<3>();"), table)
    assert [syntax_text(x) for x in made] == [
        "variable a: Thing *",
        "variable b: lib::Thing *",
        "variable c: s::Thing *",
        "s::pick<3>()",
    ]
    inside = parse_expression(tokens("(Thing) * x"), names(lib="struct Thing;"), scope=("lib",))
    assert syntax_text(inside) == "(cast Thing (*x))"


def test_every_node_covers_its_text() -> None:
    text = "__global__ void k(int n) {\n  if (n > 1) {\n    n = (n + 2) * f(n);\n  }\n}"
    made = parse_declaration(tokens(text), names())
    assert isinstance(made, syntax.FunctionDecl)
    assert made.body is not None
    assert made.span[1:5] == (1, 1, 5, 2)
    branch = made.body.body[0]
    assert branch.span[1:5] == (2, 3, 4, 4)
    assert isinstance(branch, syntax.If)
    assert isinstance(branch.then, syntax.Compound)
    line = branch.then.body[0]
    assert isinstance(line, syntax.ExprStmt)
    assert isinstance(line.expr, syntax.Assign)
    assert isinstance(line.expr.value, syntax.Binary)
    assert line.expr.value.span[1:5] == (3, 9, 3, 23)
    assert line.expr.value.left.span[1:5] == (3, 9, 3, 16)
    assert syntax_text(made, positions=True).splitlines()[1].startswith("2:3 ")


def test_tables_come_back_from_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def load() -> object:
        grammar.tables.cache_clear()
        found = grammar.tables()
        return found.states, found.rules, found.starts

    made = load()
    (path,) = (tmp_path / "ascendify").iterdir()
    assert load() == made
    path.write_text('{"states": [')
    assert load() == made
    path.unlink()
    path.mkdir()
    assert load() == made
    monkeypatch.undo()
    grammar.tables.cache_clear()
