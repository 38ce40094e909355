"""Launch shapes that the source states: blocks, grids, shared memory over kernel parameters."""

from __future__ import annotations

import json

import pytest

from ascendify.frontend.declarations import Item, index_declarations
from ascendify.frontend.launch_shapes import launch_shapes
from ascendify.frontend.preprocess import preprocess
from ascendify.ir.diagnostics import Reporter
from ascendify.ir.launch_shape import LaunchShape, shape_from_json, shapes_for
from ascendify.ir.size_expressions import Size, text_of
from ascendify.ir.source import Sources

KERNELS = """
__global__ void k(float *x, int count) {}
__global__ void two(float *x, int rows, int cols, float alpha) {}
template <typename T, int B> __global__ void t(T *x, int n) {}
struct dim3_like { int x; };
"""


def items_of(text: str) -> list[Item]:
    reporter = Reporter()
    done = preprocess("a.cu", text, sources=Sources(), reporter=reporter)
    return index_declarations(done.tokens, reporter)


def shapes_of(text: str, kernel: str = "k") -> list[LaunchShape]:
    return launch_shapes(items_of(KERNELS + text)).get(kernel, [])


def texts(dims: tuple[Size, ...] | None) -> str | None:
    if dims is None:
        return None
    parts = [text_of(size) for size in dims]
    while len(parts) > 1 and parts[-1] == "1":
        parts.pop()
    return ", ".join(parts)


def shown(shape: LaunchShape) -> tuple[str | None, str | None, str | None]:
    shared = None if shape.shared is None else text_of(shape.shared)
    return texts(shape.grid), texts(shape.block), shared


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(
            "void f(float *p, int n) { k<<<(n + 255) / 256, 256>>>(p, n); }",
            ("(count + 255) / 256", "256", "0"),
            id="plain",
        ),
        pytest.param(
            "void f(float *p, int n) { const int threads = 2 * 64; int blocks = (n + threads - 1) "
            "/ threads; k<<<blocks, threads, threads * sizeof(float)>>>(p, n); }",
            ("(count + 128 - 1) / 128", "128", "512"),
            id="locals",
        ),
        pytest.param(
            "#define THREADS 512\nvoid f(T x) { int n = x.numel(); dim3 block(THREADS), "
            "grid((n - 1) / THREADS + 1); k<<<grid, block>>>(x.data_ptr<float>(), n); }",
            ("(count - 1) / 512 + 1", "512", "0"),
            id="macro and tensor",
        ),
        pytest.param(
            "constexpr int kT = 32; void f(float *p, int n) { dim3 b = {kT, 8}; dim3 g; g.x = n / "
            "kT; g.y = 2; k<<<g, b>>>(p, n); }",
            ("count / 32, 2", "32, 8", "0"),
            id="members",
        ),
        pytest.param(
            "inline int up(int a, int b = 128) { return (a + b - 1) / b; }\n"
            "void f(float *p, int64_t n) { k<<<up(static_cast<int>(n)), 128>>>(p, (int)n); }",
            ("(count + 128 - 1) / 128", "128", "0"),
            id="function and casts",
        ),
        pytest.param(
            "inline int blocks(int n) { int most = 4096; int want = (n + 511) / 512; return "
            "std::min(want, most); }\nvoid f(float *p, int n) { k<<<blocks(n), 512>>>(p, n); }",
            ("min((count + 511) / 512, 4096)", "512", "0"),
            id="function with locals",
        ),
        pytest.param(
            "void f(float *p, int n) { k<<<ceil(n / 256.0), 256>>>(p, n); }",
            ("ceil(count / 256)", "256", "0"),
            id="ceil of a float",
        ),
        pytest.param(
            "void f(float *p, int n) { k<<<ceil(n / 256), 256>>>(p, n); }",
            ("count / 256", "256", "0"),
            id="ceil of an integer",
        ),
        pytest.param(
            "void f(float *p, int n) { k<<<at::ceil_div(n, 64), 64>>>(p, n); }",
            ("ceil(count / 64)", "64", "0"),
            id="header function",
        ),
        pytest.param(
            "void f(float *p, int n) { k<<<n >> 8, 1 << 8>>>(p, n); }",
            ("count >> 8", "256", "0"),
            id="shifts",
        ),
        pytest.param(
            "void f(float *p, int n) { k<<<n / 256, min(n, 256)>>>(p, n); }",
            ("count / 256", "min(count, 256)", "0"),
            id="block of the parameter",
        ),
        pytest.param(
            "void f(float *p, int n) { dim3 b(16, 16); k<<<n, b, b.x * b.y * 4>>>(p, n); }",
            ("count", "16, 16", "1024"),
            id="component",
        ),
        pytest.param(
            "int pick(int n); void f(float *p, int n) { k<<<1, pick(n)>>>(p, n); }",
            ("1", None, "0"),
            id="unknown block",
        ),
        pytest.param(
            "void f(float *p, int n) { int b = 256; b += n; k<<<1, b>>>(p, n); }",
            ("1", None, "0"),
            id="changed variable",
        ),
        pytest.param(
            "void f(float *p, int n, int mode) { switch (mode) { case 64: k<<<n, mode>>>(p, n); } "
            "}",
            ("count", "64", "0"),
            id="case of a switch",
        ),
    ],
)
def test_shapes(code, expected):
    (shape,) = shapes_of(code)
    assert shown(shape) == expected
    assert shape.free == ()


def test_parameters_that_swap_names():
    (shape,) = shapes_of(
        "void f(float *p, int cols, int rows) { two<<<rows, cols>>>(p, cols, rows, 0.5f); }", "two"
    )
    assert shown(shape) == ("cols", "rows", "0")


def test_constants_and_relations_of_arguments():
    (shape,) = shapes_of(
        "void f(float *p, int m) { two<<<m, 64>>>(p, m / 4, 128, 1.0f); two<<<m, 64>>>(p, m, m / 4,"
        " 1.0f); }",
        "two",
    )[1:]
    assert {name: text_of(size) for name, size in shape.arguments.items()} == {"cols": "rows / 4"}
    assert shape.launch({"rows": 40}).arguments == {"rows": 40, "cols": 10}


def test_grid_keeps_the_name_of_a_constant_argument():
    (shape,) = shapes_of(
        "const int N = 1 << 20; void f(float *p) { k<<<(N + 255) / 256, 256>>>(p, N); }"
    )
    assert shown(shape)[0] == "(count + 255) / 256"
    assert shape.arguments == {}


def test_free_sizes():
    (shape,) = shapes_of(
        "void f(T x) { const int S = x.size(0); const int K = x.size(1); const int N = S * K;"
        " k<<<S, K>>>(x, N); }"
    )
    assert shown(shape) == ("x_size_0", "x_size_1", "0")
    assert shape.free == ("x_size_0", "x_size_1")
    launch = shape.launch({"x_size_0": 3, "x_size_1": 100})
    assert (launch.grid, launch.block) == ((3, 1, 1), (100, 1, 1))
    assert launch.arguments == {"count": 300}
    assert shape.launch({"x_size_0": 3, "x_size_1": 2000}) is None


def test_names_that_nothing_else_uses_are_free_in_a_grid_only():
    (shape,) = shapes_of("void f(T x, int n) { int g = x.dim(); k<<<g, n>>>(x, 4); }")
    assert shown(shape) == ("x_dim", None, "0")
    assert shape.free == ("x_dim",)


def test_values_of_a_variable_that_is_set_several_times():
    shapes = shapes_of(
        "void f(float *p, int n) { int b = 128; if (n > 100000) b = 512;"
        " k<<<(n + b - 1) / b, b>>>(p, n); }"
    )
    assert [shown(s)[:2] for s in shapes] == [
        ("(count + 128 - 1) / 128", "128"),
        ("(count + 512 - 1) / 512", "512"),
    ]


def test_block_that_callers_pass():
    shapes = shapes_of(
        "void f(float *p, int n, int b) { k<<<(n + b - 1) / b, b>>>(p, n); }\n"
        "void dispatch(float *p, int n, const int size) { f(p, n, size); }\n"
        "int main() { int sizes[] = {32, 1024}; for (int i = 0; i < 2; i++) { int b = sizes[i];"
        " dispatch(0, 1, b); } }"
    )
    assert [shown(s)[:2] for s in shapes] == [
        ("(count + 32 - 1) / 32", "32"),
        ("(count + 1024 - 1) / 1024", "1024"),
    ]


def test_template_arguments_and_instances():
    shapes = shapes_of(
        "template <typename T, int B> void go(T *p, int n) { t<T, B><<<n, B>>>(p, n); }\n"
        "void f(float *p, half *h, int n) { go<float, 64>(p, n); go<half, 256>(h, n); }",
        "t",
    )
    assert [(s.template_args, s.fixed_block) for s in shapes] == [
        (("float", "64"), (64, 1, 1)),
        (("half", "256"), (256, 1, 1)),
    ]
    assert shapes_for(shapes, "t<__half, 256>") == [shapes[1]]
    assert shapes_for(shapes, "t<double, 32>") == shapes


def test_impossible_blocks_are_dropped():
    assert shapes_of("void f(float *p, int n) { k<<<n, 2048>>>(p, n); }") == []


def test_nothing_is_followed_for_ever():
    shapes = shapes_of(
        "int a(int n); int b(int n) { return a(n); } int a(int n) { return b(n); }\n"
        "void f(float *p, int n) { int i = i + 1; int u = v, v = u; k<<<a(n), u + i>>>(p, n); }"
    )
    assert [s.block for s in shapes] == [None]


def test_json_reads_back():
    (shape,) = shapes_of(
        "void f(T x, int r) { int n = x.size(0) * r; k<<<x.size(0), 32, 4 * r>>>(x, n); }"
    )
    again = shape_from_json(json.loads(json.dumps(shape.to_json())))
    assert again == shape
    assert again.line == shape.span.line


def test_launch_of_what_is_not_a_kernel_of_the_file():
    shapes = launch_shapes(items_of("void f(float *p, int n) { lost<<<n, 32>>>(p, n); }"))
    assert [s.fixed_block for s in shapes["lost"]] == [(32, 1, 1)]


@pytest.mark.parametrize(
    "size",
    ["(" * 3000 + "n" + ")" * 3000, "-" * 3000 + "n", "n ? 1 : " * 3000 + "n", "n + " * 3000 + "n",
     "f(" * 3000 + "n" + ")" * 3000, "b.x" + ".x" * 3000, "a[" * 3000 + "n" + "]" * 3000],
)  # fmt: skip
def test_expressions_far_beyond_any_limit(size):
    (shape,) = shapes_of(f"void f(float *p, int n) {{ k<<<1, {size}>>>(p, n); }}")
    assert shape.block is None or texts(shape.block) == size.strip("()").replace("n", "count")


@pytest.mark.parametrize(
    "text", ["[&]() { k<<<n, >>>(p, n); };", "k<<<, 32>>>(p, n);", "k<<<>>>();"]
)
def test_launches_that_are_not_complete(text):
    shapes_of(f"void f(float *p, int n) {{ {text} }}")
