"""The oracle's rewriter: launches, dynamic shared memory, twins; lines keep their numbers."""

from __future__ import annotations

import pytest

from ascendify.runtime.oracle.outline import outline
from ascendify.runtime.oracle.rewrite import kernel_names, rewrite
from ascendify.runtime.oracle.tokens import tokenize

KERNEL = "__global__ void k(int *p, int n) {}\n"
TEMPLATE = "template <class T, int N = 4> __global__ void t(const T *p, int n) {}\n"


def rewritten(text: str, *, library: bool = False) -> str:
    read = outline(text)
    return rewrite(text, read, kernel_names([read]), library=library)


def last_line(text: str) -> str:
    return rewritten(text).rstrip("\n").rsplit("\n", 1)[-1]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("k<<<1, 2>>>(p, 3);", "::ascendify_oracle::launch(k, 1, 2)(p, 3);"),
        ("k <<<g, b, s, st>>> (p);", "::ascendify_oracle::launch(k , g, b, s, st) (p);"),
        ("a::k<<<1, 2>>>(p);", "::ascendify_oracle::launch(a::k, 1, 2)(p);"),
        ("::k<<<1, 2>>>(p);", "::ascendify_oracle::launch(::k, 1, 2)(p);"),
        ("u<float, 3><<<1, 2>>>(p);", "::ascendify_oracle::launch(u<float, 3>, 1, 2)(p);"),
        ("u<v<int>, (3>2)><<<1, 2>>>();", "::ascendify_oracle::launch(u<v<int>, (3>2)>, 1, 2)();"),
        ("f[i]<<<1, 2>>>(p);", "::ascendify_oracle::launch(f[i], 1, 2)(p);"),
        ("(*f)<<<1, 2>>>(p);", "::ascendify_oracle::launch((*f), 1, 2)(p);"),
        ("o.k<<<1, 2>>>(p);", "::ascendify_oracle::launch(o.k, 1, 2)(p);"),
        ("get(3)<<<1, 2>>>(p);", "::ascendify_oracle::launch(get(3), 1, 2)(p);"),
        (
            "k<<<dim3(1), f<v<int>>()>>>(p);",
            "::ascendify_oracle::launch(k, dim3(1), f<v<int>>())(p);",
        ),
        ("x = a << 3; b = c >> 4;", "x = a << 3; b = c >> 4;"),
        ('s = "k<<<1, 2>>>(p)"; // k<<<1>>>()', 's = "k<<<1, 2>>>(p)"; // k<<<1>>>()'),
    ],
)
def test_launch(source: str, expected: str) -> None:
    assert last_line(KERNEL + source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("t<<<1, 2>>>(p, 3);", "(::ascendify_oracle::configure(1, 2), t_ascendify_launch(p, 3));"),
        (
            "t<int><<<1, 2>>>(p);",
            "(::ascendify_oracle::configure(1, 2), t_ascendify_launch<int>(p));",
        ),
        (
            "auto t = &u<1>; t<<<1, 2>>>(p);",
            "auto t = &u<1>; ::ascendify_oracle::launch(t, 1, 2)(p);",
        ),
    ],
)
def test_launch_that_chooses_its_kernel(source: str, expected: str) -> None:
    assert last_line(TEMPLATE + source) == expected


def test_macro_bodies() -> None:
    text = KERNEL + "#define RUN(x) \\\n  k<<<1, 2>>>(x)\n"
    assert "::ascendify_oracle::launch(k, 1, 2)(x)" in rewritten(text)


def test_lines_keep_their_numbers() -> None:
    text = TEMPLATE + "void f() {\n  t<float>\n  <<<dim3(1,\n  2), 3>>>(\n p);\n}\nint last;\n"
    result = rewritten(text)
    assert result.count("\n") == text.count("\n")
    assert result.splitlines()[-1] == "int last;"


@pytest.mark.parametrize(
    ("source", "type_text", "reference"),
    [
        ("extern __shared__ float s[];", "float", "(&s)[ ]"),
        ("extern __shared__ __align__(16) unsigned char s[];", "unsigned char", "(&s)[ ]"),
        ("extern __shared__ volatile float s[][32];", "volatile float", "(&s)[ ] [ 32 ]"),
        ("extern __shared__ alignas(16) T s[];", "T", "(&s)[ ]"),
    ],
)
def test_dynamic_shared_memory(source: str, type_text: str, reference: str) -> None:
    result = rewritten(f"__global__ void k() {{ {source} }}\n")
    assert f"k() {{ {type_text} {reference} = reinterpret_cast<{type_text} " in result
    assert "extern" not in result


@pytest.mark.parametrize(
    "text",
    [
        "extern __shared__ float s[];",
        "namespace n { extern __shared__ float s[]; __device__ void f() {} }",
        "__global__ void k() { extern __shared__ float s[]; auto f = [](int i) { s[i] = 0; }; }",
        "__global__ void k() { extern __shared__ float s[]; auto f = [=](int i) { s[i] = 0; }; }",
        "__global__ void k() { extern __shared__ float s[]; struct S { void f() { s[0] = 0; } }; }",
        "__global__ void k() { switch (1) { case 0: extern __shared__ float s[]; default:; } }",
    ],
)
def test_dynamic_shared_memory_where_a_local_name_would_not_do(text: str) -> None:
    assert "static thread_local float (&s)[ ] = " in rewritten(text + "\n")


def test_dynamic_shared_memory_of_lambdas_that_capture_references() -> None:
    text = "__global__ void k() { extern __shared__ float s[]; auto f = [&](int i) { s[i] = 0; }; }"
    assert "thread_local" not in rewritten(text + "\n")


def test_static_shared_memory_stays() -> None:
    text = "__device__ void f() { __shared__ float s[32]; extern int x; }\n"
    assert rewritten(text) == text


def test_twins_of_declaration_and_definition_are_one() -> None:
    text = (
        "template <class T> __global__ void t(const T *__restrict__ p, int n = 3);\n"
        "template <class U> __global__ void t(const U *q, const int n) {}\n"
    )
    result = rewritten(text)
    assert result.count("inline void t_ascendify_launch") == 1
    assert "int n = 3" in result.split("inline void t_ascendify_launch")[1]


def test_kernel_and_host_function_of_one_name() -> None:
    text = "__global__ void f(int *p) {}\nvoid f(int *p, int n) {\n f<<<1, n>>>(p); }\n"
    result = rewritten(text)
    assert "f_ascendify_launch(p)" in result
    assert "launch_now<int *>(&f, p)" in result


def test_plain_kernels_are_registered() -> None:
    text = "namespace a { namespace { __global__ void k(int n) {} } }\n"
    assert 'ASCENDIFY_ORACLE_INSTANCE("a::k", static_cast<void (*)(int)>(&k))' in rewritten(text)


def test_main_of_a_library() -> None:
    result = rewritten("int main(int c, char **v) { puts(v[0]); }\n", library=True)
    assert result == "int ascendify_user_main(int c, char **v) { puts(v[0]);  return 0; }\n"


def test_untyped_launch_keeps_the_type() -> None:
    text = KERNEL + "void f() { cudaLaunchKernel((const void *)k, 1, 2, args); }\n"
    assert "cudaLaunchKernel(k, 1, 2, args)" in rewritten(text)


def test_branches_of_conditionals_count_once() -> None:
    text = (
        "#ifdef A\n__global__ void k(int n) {\n#else\n__global__ void k(float n) {\n#endif\n}\n"
        "void host() {}\n"
    )
    assert [item.name for item in outline(text).items][-1] == "host"


def test_items() -> None:
    text = (
        "struct S { int a; };\ntypedef struct { int b; } U;\nint table[] = {1, 2};\n"
        'template <class T> T f(T x) { return x; }\nextern "C" { void g(); }\n'
        "namespace n { __device__ int h(int x) { return x; } }\n"
        "auto l(int x) -> int { return x; }\n"
    )
    items = outline(text).items
    assert [item.name for item in items] == ["S", "U", "table", "f", "g", "h", "l"]
    assert [item.name for item in items if item.is_device] == ["h"]


def test_raw_strings_and_separators() -> None:
    texts = [t.text for t in tokenize('R"x(a)" b)x" 1\'000 \'"\' u8"q"')]
    assert texts == ['R"x(a)" b)x"', "1'000", "'\"'", 'u8"q"']


@pytest.mark.parametrize("piece", ["(", "{", "<<<", '"', "/*", "#", "k<<<1,2>>>("])
def test_broken_text_is_no_problem(piece: str) -> None:
    rewritten(piece * 1000)
