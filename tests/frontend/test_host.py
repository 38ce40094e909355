"""Host code: launches, the instances of kernel templates that it asks for, parameters."""

from __future__ import annotations

import random

import pytest

from ascendify.frontend.declarations import Item, index_declarations
from ascendify.frontend.host import LaunchSite, find_launches, host_function_parameters
from ascendify.frontend.host_text import text_of
from ascendify.frontend.instances import InstanceRequest, find_instances
from ascendify.frontend.preprocess import preprocess
from ascendify.ir.diagnostics import Reporter
from ascendify.ir.source import Sources


def items_of(text: str) -> list[Item]:
    reporter = Reporter()
    done = preprocess("a.cu", text, sources=Sources(), reporter=reporter)
    items = index_declarations(done.tokens, reporter)
    assert reporter.diagnostics == []
    return items


def texts(lists: list | None) -> list[str | None] | None:
    return None if lists is None else [None if part is None else text_of(part) for part in lists]


def launches(text: str) -> list[LaunchSite]:
    return find_launches(items_of(text))


def instances(text: str) -> list[tuple[str, list[str | None]]]:
    return [(r.kernel_name, texts(r.template_args)) for r in find_instances(items_of(text))]


KERNELS = """
__global__ void k(float* p, int n) {}
__global__ void other(float* p, int n) {}
template <typename T, int B> __global__ void t(T* p, int n) {}
template <typename T> __global__ void d(const T* p, T v, int n) {}
"""


# ---------------------------------------------------------------- launches


def test_launch_with_all_parts():
    site = launches(
        KERNELS + "void f() { a::k<<<dim3(1, g<2, 3>(n)), 256, 4 * n, s>>>(p + 1, n); }"
    )
    (found,) = site
    assert (found.kernel_name, found.qualifier, found.template_args) == ("k", ("a",), None)
    assert texts(found.config) == ["dim3(1, g<2, 3>(n))", "256", "4*n", "s"]
    assert texts(found.args) == ["p+1", "n"]
    assert found.function.name == "f"
    assert (found.span.line, found.span.col) == (6, 12)


@pytest.mark.parametrize(
    ("code", "kernel", "template", "config"),
    [
        pytest.param("k<<<1, 2>>>(p, n)", "k", None, ["1", "2"], id="plain"),
        pytest.param("k <<<1, 2 >>> (p, n)", "k", None, ["1", "2"], id="spaced"),
        pytest.param("t<float, 256><<<g, b>>>(p, n)", "t", ["float", "256"], ["g", "b"], id="args"),
        pytest.param(
            "t<vec<int>, 2><<<1, 2>>>(p)", "t", ["vec<int>", "2"], ["1", "2"], id="nested"
        ),
        pytest.param("(k)<<<1, 2>>>(p, n)", "k", None, ["1", "2"], id="parenthesised"),
        pytest.param("t<T, (A > 1)><<<1, 2>>>(p)", "t", ["T", "(A>1)"], ["1", "2"], id="compared"),
        pytest.param("k<<<n >> 2, (n >> 1)>>>(p, n)", "k", None, ["n>>2", "(n>>1)"], id="shifts"),
        pytest.param("k<<<{1, 2}, {3}>>>(p, n)", "k", None, ["{1, 2}", "{3}"], id="braces"),
    ],
)
def test_spelling_of_launches(code, kernel, template, config):
    (site,) = launches(KERNELS + f"void f() {{ {code}; }}")
    assert (site.kernel_name, texts(site.template_args)) == (kernel, template)
    assert texts(site.config) == config


def test_launches_in_lambdas_macros_classes_and_dispatch():
    text = (
        KERNELS
        + """
    #define CHECK(x) do { x; } while (0)
    void a() { auto go = [&](int n) { k<<<1, n>>>(p, n); }; go(3); }
    void b() { CHECK((k<<<2, 2>>>(p, n))); }
    struct S { void run() { k<<<3, 3>>>(p, n); } };
    void c() { DISPATCH(type, "name", [&] { k<<<4, 4>>>(p, n); }); }
    """
    )
    assert [(texts(s.config)[0], s.function.name) for s in launches(text)] == [
        ("1", "a"), ("2", "b"), ("3", "run"), ("4", "c"),
    ]  # fmt: skip


def test_launches_of_the_runtime_api():
    text = (
        KERNELS
        + """
    void f(float* p, int n) {
      void* args[] = {&p, (void*)&n};
      cudaLaunchKernel((void*)k, dim3(1), dim3(2), args, 0, stream);
      cudaLaunchCooperativeKernel((const void*)t<float, 4>, g, b, args);
      cudaLaunchConfig_t c = {};
      c.gridDim = 3; c.blockDim = 4; c.dynamicSmemBytes = 16;
      cudaLaunchKernelEx(&c, t<int, 2>, p, n);
    }
    """
    )
    plain, cooperative, extended = launches(text)
    assert (plain.kernel_name, texts(plain.args)) == ("k", ["p", "n"])
    assert texts(plain.config) == ["dim3(1)", "dim3(2)", "0", "stream"]
    assert texts(cooperative.template_args) == ["float", "4"]
    assert texts(extended.template_args) == ["int", "2"]
    assert texts(extended.config) == ["3", "4", "16", "0"]
    assert texts(extended.args) == ["p", "n"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("auto q = k; q<<<1, 1>>>(p, n);", [("k", None)], id="auto"),
        pytest.param(
            "auto q = &t<float, 2>; q<<<1, 1>>>(p, n);", [("t", ["float", "2"])], id="args"
        ),
        pytest.param("void (*q)(float*, int) = k; q<<<1, 1>>>(p, n);", [("k", None)], id="pointer"),
        pytest.param(
            "auto q = k; if (n) q = other; q<<<1, 1>>>(p, n);",
            [("k", None), ("other", None)],
            id="assigned",
        ),
        pytest.param(
            "auto q = n ? k : other; q<<<1, 1>>>(p, n);",
            [("k", None), ("other", None)],
            id="chosen",
        ),
    ],
)
def test_pointers_to_kernels(code, expected):
    found = launches(KERNELS + f"void f(float* p, int n) {{ {code} }}")
    unique = list(dict.fromkeys((s.kernel_name, str(texts(s.template_args))) for s in found))
    assert unique == [(name, str(args)) for name, args in expected]


def test_kernel_passed_to_a_host_function():
    text = (
        KERNELS
        + """
    template <class K> void go(K kernel, float* p, int n) { kernel<<<1, 1>>>(p, n); }
    int main() { go(k, p, 3); go(t<float, 2>, p, 3); }
    """
    )
    assert [(s.kernel_name, texts(s.template_args)) for s in launches(text)] == [
        ("k", None), ("t", ["float", "2"]),
    ]  # fmt: skip


def test_unknown_kernel_keeps_its_name():
    (site,) = launches("void f() { mystery<<<1, 1>>>(p); }")
    assert site.kernel_name == "mystery"


def test_device_code_does_not_launch_for_the_host():
    assert launches(KERNELS + "__global__ void parent() { k<<<1, 1>>>(p, n); }") == []


# ---------------------------------------------------------------- instances

INSTANCES = {
    "explicit": ("template __global__ void t<float, 4>(float*, int);", [["float", "4"]]),
    "written": ("void f() { t<half, 128><<<1, 1>>>(p, n); }", [["half", "128"]]),
    "once": ("void f() { t<int, 1><<<1, 1>>>(p, n); t<int, 1><<<2, 2>>>(p, n); }", [["int", "1"]]),
    "constants": (
        "void f() { using T = float; constexpr int A = 4; const int B = A * 2; "
        "t<T, B><<<1, 1>>>(p, n); t<T, B + 1><<<1, 1>>>(p, n); }",
        [["float", "4*2"], ["float", "(4*2)+1"]],
    ),
    "scoped-constants": (
        "void f() { if (a) { constexpr int B = 1; t<int, B><<<1, 1>>>(p, n); } "
        "else { constexpr int B = 2; t<int, B><<<1, 1>>>(p, n); } }",
        [["int", "1"], ["int", "2"]],
    ),
    "switch": (
        "void f(int b) { switch (b) { case 1: t<int, 1><<<1, 1>>>(p, n); break; "
        "case 2: t<int, 2><<<1, 1>>>(p, n); } }",
        [["int", "1"], ["int", "2"]],
    ),
    "host-template": (
        "template <typename T, int B> void go(T* p) { t<T, B><<<1, B>>>(p, 1); }"
        "int main() { go<float, 64>(p); go<int, 32>(q); }",
        [["float", "64"], ["int", "32"]],
    ),
    "transitive": (
        "template <class T, int B> void one(T* p) { t<T, B><<<1, B>>>(p, 1); }"
        "template <class U> void two(U* p) { one<U, 8>(p); one<U, 16>(p); }"
        "int main() { two<float>(p); }",
        [["float", "8"], ["float", "16"]],
    ),
    "deduced-in-host": (
        "template <class T> void go(const T* p, int n) { t<T, 4><<<1, 1>>>(p, n); }"
        "void f(float* p, double* q) { go(p, 1); go((half*)r, 1); go(q + 3, 1); }",
        [["float", "4"], ["half", "4"], ["double", "4"]],
    ),
    "defaults": (
        "template <class T, int B = 7> void go(T* p) { t<T, B><<<1, B>>>(p, 1); }"
        "int main() { go<float>(p); }",
        [["float", "7"]],
    ),
    "explicit-host": (
        "template <class T> void go(T* p) { t<T, 1><<<1, 1>>>(p, 1); }"
        "template void go<half>(half*);",
        [["half", "1"]],
    ),
    "referred-to": (
        "template <class T, int B> void go(T* p) { t<T, B><<<1, 1>>>(p, 1); }"
        "int main() { time(go<float, 2>, p); time(&go<int, 3>); }",
        [["float", "2"], ["int", "3"]],
    ),
    "generic-lambda": (
        "void f(int b) { auto go = [&](auto c) { t<float, c.value><<<1, c>>>(p, n); };"
        "if (b) go(std::integral_constant<int, 64>{});"
        "else go(std::integral_constant<int, 32>()); }",
        [["float", "64"], ["float", "32"]],
    ),
    "lambda-passed-on": (
        "template <class F> void pick(F g, int b) { g(std::bool_constant<true>{}); }"
        "void f(int b) { pick([&](auto c) { constexpr int N = c.value ? 2 : 3;"
        " t<int, N><<<1, 1>>>(p, n); }, b); }",
        [["int", "true?2:3"]],
    ),
    "pytorch": (
        'void f() { AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "f", ([&] {'
        " t<scalar_t, 4><<<1, 1>>>(x.data_ptr<scalar_t>(), n); })); }",
        [["float", "4"], ["double", "4"]],
    ),
    "pytorch-in-two-steps": (
        "template <class T> void go(Tensor x) { t<T, 4><<<1, 1>>>(x.data_ptr<T>(), n); }"
        'void f() { AT_DISPATCH_FLOATING_TYPES(type, "f", [&] { go<scalar_t>(x); }); }',
        [["float", "4"], ["double", "4"]],
    ),
    "conditional": (
        "void f(int n) { auto g = n > 4 ? t<float, 8> : t<float, 4>; g<<<1, 1>>>(p, n); }",
        [["float", "8"], ["float", "4"]],
    ),
    "table-of-kernels": (
        "void f(int n) { static void (*all[])(float*, int) = {t<float, 1>, &t<float, 2>};"
        " all[n]<<<1, 1>>>(p, n); }",
        [["float", "1"], ["float", "2"]],
    ),
    "returned-kernel": (
        "using F = void (*)(float*, int);"
        "template <class T> F pick(int n) { if (n) { return t<T, 1>; } return &t<T, 2>; }"
        "void f(int n) { F g = pick<half>(n); g<<<1, 1>>>(p, n); }",
        [["half", "1"], ["half", "2"]],
    ),
    "kernel-as-template-argument": (
        "template <void (*K)(float*, int)> void one(float* p) { K<<<1, 1>>>(p, 1); }"
        "template <auto K, class... A> void two(A... a) { K<<<1, 1>>>(a...); }"
        "void f(float* p) { one<t<float, 1>>(p); two<t<float, 2>>(p, 1); }",
        [["float", "1"], ["float", "2"]],
    ),
    "kernel-passed-from-a-template": (
        "template <class F, class... A> void go(F g, A... a) { g<<<1, 1>>>(a...); }"
        "template <class T, int B> void f(T* p) { go(t<T, B>, p, 1); }"
        "int main() { f<half, 3>(p); }",
        [["half", "3"]],
    ),
    "member-template": (
        "struct R { float* p; template <int B> void go() { t<float, B><<<1, B>>>(p, 1); }"
        " void run() { go<1>(); this->template go<2>(); } };"
        "void f(R& r) { r.go<3>(); }",
        [["float", "1"], ["float", "2"], ["float", "3"]],
    ),
    "class-template": (
        "template <class T, int B = 5> struct R { public: static void go(T* p)"
        " { t<T, B><<<1, B>>>(p, 1); } };"
        "void f() { R<float>::go(p); R<half, 8> r; r.go(q); }",
        [["float", "5"], ["half", "8"]],
    ),
    "recursion": (
        "template <int B> void go(float* p) { t<float, B><<<1, 1>>>(p, 1);"
        " if constexpr (B > 1) go<B / 2>(p); }"
        "void f() { go<4>(p); }",
        [["float", "4"], ["float", "2"], ["float", "1"]],
    ),
    "recursion-of-classes": (
        "template <int B> struct G { static void go(float* p)"
        " { if (n == B) t<float, B><<<1, 1>>>(p, 1); else G<B - 1>::go(p); } };"
        "template <> struct G<0> { static void go(float*) {} };"
        "void f() { G<2>::go(p); }",
        [["float", "2"], ["float", "1"]],
    ),
    "only-the-branch-that-is-compiled": (
        "template <class T, int B> void go(T* p) {"
        " if constexpr (std::is_same_v<T, float> && B > 2) { t<T, B><<<1, 1>>>(p, 1); }"
        " else if constexpr (B == 1) t<T, 9><<<1, 1>>>(p, 1);"
        " else { t<int, B><<<1, 1>>>(p, 1); } }"
        "void f() { go<float, 4>(p); go<half, 1>(q); go<float, 2>(p); }",
        [["float", "4"], ["half", "9"], ["int", "2"]],
    ),
    "type-of-a-tag": (
        "template <class T> struct Tag { using type = T; };"
        "template <class F> void pick(int v, F g) { if (v) g(Tag<float>{}); else g(Tag<half>()); }"
        "void f(int v) { pick(v, [&](auto c) { using T = typename decltype(c)::type;"
        " t<T, 1><<<1, 1>>>(p, n); }); }",
        [["typename Tag<float>::type", "1"], ["typename Tag<half>::type", "1"]],
    ),
    "unused-host-template": (
        "template <class T> void go(T* p) { t<T, 1><<<1, 1>>>(p, 1); }",
        [],
    ),
}


@pytest.mark.parametrize(("text", "expected"), INSTANCES.values(), ids=INSTANCES)
def test_instances(text, expected):
    assert instances(KERNELS + text) == [("t", args) for args in expected]


def requests(text: str) -> list[InstanceRequest]:
    return find_instances(items_of(KERNELS + text))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("d<<<1, 1>>>(p, 1.f, n)", ["const float*", "float", "int"], id="parameters"),
        pytest.param("d<<<1, 1>>>((half*)q, h, 4)", ["half*", None, "int"], id="cast"),
        pytest.param("float v = 1; d<<<1, 1>>>(&v, v, n * 2)",
                     ["float*", "float", "int"], id="local"),
        pytest.param("auto q = p + 4; d<<<1, 1>>>(q, p[0], 2u)",
                     ["const float*", "const float", "unsigned int"], id="derived"),
        pytest.param("S s; d<<<1, 1>>>(s.m, *s.m, true)",
                     ["double*", "double", "bool"], id="member"),
        pytest.param("d<<<1, 1>>>(x.data_ptr<int>(), make(), sizeof(int))",
                     ["int*", "long", None], id="calls"),
        pytest.param("d<<<1, 1>>>(global, std::true_type{}, nullptr)",
                     ["short*", "std::true_type", None], id="global"),
    ],
)  # fmt: skip
def test_types_of_arguments(code, expected):
    text = "struct S { double* m; }; short* global; long make(); "
    (request,) = requests(text + f"void f(const float* p, int n) {{ {code}; }}")
    assert request.template_args == []
    assert texts(request.argument_types) == expected


def test_types_of_arguments_in_host_templates_are_bound():
    text = (
        "template <class T> void go(T* p, T v) { d<<<1, 1>>>(p, v, 3); }"
        "void f(float* p) { go(p, 1.f); }"
    )
    (request,) = requests(text)
    assert texts(request.argument_types) == ["float*", "float", "int"]
    assert request.bindings == {"T": "float"}
    assert request.site is not None
    assert request.site.function.name == "go"


PACKS = """
template <typename F, typename... Rest> __global__ void apply(int n, F f, Rest... rest);
struct Scale {};
template <int N, typename F, typename... Rest> void each(int n, F f, Rest... rest) {
  apply<<<N, 64>>>(n, f, rest...);
}
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("each<4>(n, Scale(), by, 3);", [["int", "Scale", "float", "int"]]),
        ("each<4>(n, Scale());", [["int", "Scale"]]),
        ("each<4>(n, Scale(), name);", [["int", "Scale", "const char*"]]),
        ("each<4>(n, Scale(), unknown(by));", []),
    ],
)
def test_packs_of_host_templates_reach_the_kernel(call, expected):
    text = PACKS + f"void go(int n, float by, const char *name) {{ {call} }}"
    assert [texts(r.argument_types) for r in find_instances(items_of(text))] == expected


def test_explicit_instantiation_gives_parameter_types():
    (request,) = requests("template __global__ void d(const float*, float, int);")
    assert request.site is None
    assert texts(request.argument_types) == ["const float*", "float", "int"]


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("void f() {}", []),
        ("void f(void) {}", []),
        ("void f(const float* __restrict__ p, int n = 3) {}",
         [("const float*", "p"), ("int", "n")]),
        ("void f(unsigned long long a, std::vector<std::pair<int, int>>& v) {}",
         [("unsigned long long", "a"), ("std::vector<std::pair<int, int>>&", "v")]),
        ("void f(float a[3], int) {}", [("float*", "a"), ("int", "")]),
        ("int main(int argc, char** argv) {}", [("int", "argc"), ("char**", "argv")]),
        ("void f(void (*g)(int), dim3 b) {}", [("void(*)(int)", "g"), ("dim3", "b")]),
    ],
)  # fmt: skip
def test_parameters_of_host_functions(text, expected):
    (item,) = items_of(text)
    assert host_function_parameters(item) == expected


def test_damaged_host_code_never_crashes():
    texts = [KERNELS + text for text, _ in INSTANCES.values()]
    pieces = ["{", "}", "(", ")", "<", ">", "<<<", ";", "[", "]", "&", "=", "auto ", "::", ".", ","]
    for seed in range(600):
        chance = random.Random(seed)
        text = chance.choice(texts)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(KERNELS) // 2, len(text) + 1)
            text = text[:at] + chance.choice(pieces) + text[at + chance.choice([0, 1, 9]) :]
        reporter = Reporter()
        done = preprocess("a.cu", text, sources=Sources(), reporter=reporter)
        items = index_declarations(done.tokens, reporter)
        for request in find_instances(items):
            assert request.kernel_name, f"seed {seed}"
        for site in find_launches(items):
            assert (site.function.owner or site.function).tokens, f"seed {seed}"
