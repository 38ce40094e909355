"""Settings of the harness: comments, kernel.toml, merging, mistakes with their place."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascendify.ir.diagnostics import Reporter, render
from ascendify.ir.size_expressions import text_of
from ascendify.ir.source import Sources, Span
from ascendify.runtime.harness_config import (
    FAMILIES,
    HarnessConfig,
    KernelConfig,
    ParameterConfig,
    Tolerance,
    check_names,
    dims_text,
    kernel_from_json,
    merge,
)
from ascendify.runtime.harness_files import config_file, from_toml, is_shared
from ascendify.runtime.harness_words import from_comments
from ascendify.runtime.toml_spans import toml_spans


@dataclass(frozen=True)
class Said:
    kernel: str
    parameter: str
    text: str
    span: Span


def comment(text: str, parameter: str = "", kernel: str = "k", line: int = 3) -> Said:
    return Said(kernel, parameter, text, Span("a.cu", line, 15, line, 15 + max(1, len(text))))


def said(*comments: Said) -> tuple[HarnessConfig, Reporter]:
    reporter = Reporter()
    return from_comments(comments, reporter), reporter


def kernel(text: str, parameter: str = "") -> KernelConfig:
    config, reporter = said(comment(text, parameter))
    assert reporter.diagnostics == []
    return config.kernel("k")


def toml(folder: Path, text: str) -> tuple[HarnessConfig, Reporter, Sources]:
    path = folder / "k.toml"
    path.write_text(text)
    reporter, sources = Reporter(), Sources()
    return from_toml(path, sources, reporter), reporter, sources


# ---------------------------------------------------------------- what comments say


def test_launch():
    found = kernel("block=256 grid=ceil(n/256)  shared = 4*block")
    assert dims_text(found.block) == "256"
    assert dims_text(found.grid) == "ceil(n / 256)"
    assert text_of(found.shared) == "4 * block"


@pytest.mark.parametrize(
    ("text", "block"),
    [("block=16,16", "(16, 16)"), ("block=(32, 8, 2)", "(32, 8, 2)"), ("block=(64)", "64")],
)
def test_dimensions(text, block):
    assert dims_text(kernel(text).block) == block


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("n=1..4096", "n", ParameterConfig(low=1, high=4096)),
        ("a=-0.5..1e-3", "a", ParameterConfig(low=-0.5, high=1e-3)),
        ("rows={1,7,64}", "rows", ParameterConfig(choices=(1, 7, 64))),
        ("rows = {1, 7}", "rows", ParameterConfig(choices=(1, 7))),
        ("alpha=0.5", "alpha", ParameterConfig(choices=(0.5,))),
        ("causal=true", "causal", ParameterConfig(choices=(1,))),
        ("n=0x10", "n", ParameterConfig(choices=(16,))),
        ("x:in", "x", ParameterConfig(role="in")),
        ("x:in:wide", "x", ParameterConfig(role="in", family="wide exponents")),
        ("x:ascending", "x", ParameterConfig(family="sorted")),
    ],
)
def test_values_of_parameters(text, name, expected):
    assert kernel(text).parameters == {name: expected}


def test_descriptions_of_pointers():
    found = kernel(
        "x:in[n] y:out[n * 2] idx:index(rows)[n] ptr:sorted(nnz)[rows+1]:uniform z:[4] m=n/2"
    ).parameters
    assert {name: p.describe() for name, p in found.items()} == {
        "x": "in, n elements",
        "y": "out, n * 2 elements",
        "idx": "index(rows), n elements",
        "ptr": "sorted(nnz), rows + 1 elements, uniform values",
        "z": "4 elements",
        "m": "n / 2",
    }


def test_values_and_description_of_one_parameter():
    assert kernel("x:in[n] x=-1..1").parameters["x"].describe() == "-1..1, in, n elements"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in[n]", ParameterConfig(role="in")),
        ("1..8", ParameterConfig(low=1, high=8)),
        ("{1, 2}", ParameterConfig(choices=(1, 2))),
        ("p=3", ParameterConfig(choices=(3,))),
        ("p:size", ParameterConfig(role="size")),
        ("special", ParameterConfig(family="special values")),
    ],
)
def test_beside_a_parameter(text, expected):
    found = kernel(text, "p").parameters["p"]
    assert (found.role, found.choices, found.low, found.family) == (
        expected.role, expected.choices, expected.low, expected.family,
    )  # fmt: skip


def test_beside_a_parameter_but_of_the_kernel():
    found = kernel("block=64 skip", "p")
    assert (dims_text(found.block), found.mode, found.parameters) == ("64", "skip", {})


def test_conditions_instances_and_the_rest():
    found = kernel(
        "sizes(n%4==0, m < n) require(n > 2) instantiate k<float,256> ns::k<v<half>, 128> "
        "tolerance=8ulp budget=2.5s unverified"
    )
    assert [text_of(c) for c in found.constraints] == ["n % 4 == 0", "m < n", "n > 2"]
    assert found.instances == ("k<float,256>", "ns::k<v<half>, 128>")
    assert (found.tolerance, found.budget, found.mode) == (Tolerance("ulp", 8), 2.5, "unverified")
    assert kernel("rel=1e-4").tolerance == Tolerance("rel", 1e-4)
    assert kernel("tolerance=abs:0.5").tolerance == Tolerance("abs", 0.5)


def test_program():
    config, reporter = said(
        comment("arguments 1000 10", kernel="main"), comment("arguments -n 64", kernel="main")
    )
    assert config.program.arguments == (("1000", "10"), ("-n", "64"))
    assert config.program.assumptions() == [
        "program arguments '1000 10' or '-n 64': from a.cu:3",
    ]
    assert said(comment("skip", kernel="main"))[0].program.skip
    assert reporter.diagnostics == []


def test_what_was_set_is_said_with_its_place():
    config, _ = said(
        comment("block=(16, 16) n=1..8", line=2),
        comment("x:in[n] sizes(n % 2 == 0) tolerance=8ulp", line=3),
        comment("budget=3 unverified"),
    )
    assert config.kernel("k").assumptions() == [
        "block (16, 16): from a.cu:2",
        "n 1..8: from a.cu:2",
        "x in, n elements: from a.cu:3",
        "n % 2 == 0: from a.cu:3",
        "tolerance 8 ulp: from a.cu:3",
        "budget 3 s: from a.cu:3",
        "not proved: from a.cu:3",
    ]


@pytest.mark.parametrize(
    ("text", "code", "column", "message"),
    [
        ("", "ASC0020", 15, "says nothing"),
        ("blok=256", "", 0, ""),
        ("blok 256", "ASC0021", 15, "no setting 'blok'"),
        ("block", "ASC0020", 15, "'block' lacks a value"),
        ("block=", "ASC0020", 21, "'block=' lacks a value"),
        ("block=4096", "ASC0022", 21, "at most 1024 threads, not 4096"),
        ("block=32,32,2", "ASC0022", 21, "at most 1024 threads, not 2048"),
        ("block=0", "ASC0022", 21, "at least 1"),
        ("block=(1,2,3,4)", "ASC0022", 21, "no dimensions"),
        ("grid=ceil(n/256", "ASC0023", 30, "ends too early"),
        ("grid=n @", "ASC0020", 22, "'@' is not expected here"),
        ("grid=n / 4", "ASC0020", 22, "'/' is not expected here"),
        ("n=4..1", "ASC0022", 17, "goes downwards"),
        ("n=1..m", "ASC0022", 17, "no range"),
        ("n={1,x}", "ASC0022", 20, "'x' is no number"),
        ("n={}", "ASC0022", 17, "no value"),
        ("n={1", "ASC0020", 17, "not closed"),
        ("x:inn[n]", "ASC0021", 17, "no role or kind of data 'inn'"),
        ("x:in(n)", "ASC0020", 17, "'in' takes no bound"),
        ("x:in[n+]", "ASC0023", 22, "ends too early"),
        ("idx:index(rows", "ASC0020", 19, "describes no parameter"),
        ("sizes(n==)", "ASC0023", 24, "ends too early"),
        ("sizes(n==1", "ASC0020", 15, "not closed"),
        ("tolerance=8", "ASC0022", 25, "no tolerance"),
        ("budget=0", "ASC0022", 22, "cannot be kept"),
        ("instantiate=3", "ASC0020", 27, "takes no value"),
        ("instantiate <float>", "ASC0020", 27, "no instance"),
        ("block=1 block=2", "ASC0025", 29, "'block' is set twice"),
        ("n=1 n=2", "ASC0025", 21, "'n' is described twice"),
        ("n=1 n=1..2", "ASC0025", 21, "'n' is described twice"),
        ("skip unverified", "ASC0025", 20, "exclude each other"),
    ],
)
def test_mistakes_in_comments(text, code, column, message):
    _, reporter = said(comment(text))
    if not code:
        assert reporter.diagnostics == []  # a parameter may have any name; see test_unknown_names
        return
    (found,) = reporter.diagnostics
    assert (found.code, found.span.col) == (code, column)
    assert message in found.message


def test_a_mistake_leaves_other_comments_alone():
    config, reporter = said(comment("block=x(", line=1), comment("grid=4", line=2))
    assert [d.span.line for d in reporter.diagnostics] == [1]
    assert dims_text(config.kernel("k").grid) == "4"


# ---------------------------------------------------------------- kernel.toml

FULL = """\
budget = 5
tolerance = "rel 1e-3"

[program]
arguments = [["1000", 10], ["64", "1"]]

[kernel.softmax]
block = 256
grid = "ceil(rows / 4)"
shared = "4 * block"
instances = ["softmax<float, 256>"]
constraints = ["n % 4 == 0", "rows > 1"]

[kernel.softmax.parameters]
rows = [1, 7, 64]
n = "16..512"
alpha = 0.5
causal = false
cols = "n / 2"
x = "in[rows * n]:normal"
[kernel.softmax.parameters.idx]
role = "index"
below = "rows"
extent = "n"
family = "uniform"

[kernel."ns::scan<float>"]
block = [16, 16]
tolerance = { ulp = 4 }
unverified = true
parameters = { ptr = { sorted = true, below = "nnz" }, nnz = { range = [1, 100] } }
"""


def test_a_file(tmp_path):
    config, reporter, _ = toml(tmp_path, FULL)
    assert reporter.diagnostics == []
    softmax = config.kernel("softmax")
    name = str(tmp_path / "k.toml")
    assert softmax.assumptions() == [
        f"block 256: from {name}:8",
        f"grid ceil(rows / 4): from {name}:9",
        f"shared memory 4 * block bytes: from {name}:10",
        f"rows one of 1, 7, 64: from {name}:15",
        f"n 16..512: from {name}:16",
        f"alpha 0.5: from {name}:17",
        f"causal 0: from {name}:18",
        f"cols n / 2: from {name}:19",
        f"x in, rows * n elements, normal values: from {name}:20",
        f"idx index(rows), n elements, uniform values: from {name}:21",
        f"n % 4 == 0 and rows > 1: from {name}:12",
        f"instances softmax<float, 256>: from {name}:11",
        f"tolerance rel 0.001: from {name}:2",
        f"budget 5 s: from {name}:1",
    ]
    assert config.program.arguments == (("1000", "10"), ("64", "1"))
    scan = config.kernel("ns::scan", "ns::scan<float>")
    assert dims_text(scan.block) == "(16, 16)"
    assert scan.tolerance == Tolerance("ulp", 4)
    assert (scan.mode, scan.budget) == ("unverified", 5)
    assert scan.parameters["ptr"].describe() == "sorted(nnz)"
    assert scan.parameters["nnz"].describe() == "1..100"
    assert config.kernel("ns::scan", "ns::scan<int>").block is None
    assert config.instances == ("softmax<float, 256>",)


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "message"),
    [
        ("block = ", "ASC0020", 1, 9, "is no TOML"),
        ("[kernel.k\nblock = 1", "ASC0020", 1, 10, "is no TOML"),
        ("kernle = 3", "ASC0021", 1, 1, "no setting 'kernle'"),
        ("kernel = 3", "ASC0022", 1, 10, "'kernel' must be a table, not number '3'"),
        ("[kernel.k]\nblok = 256", "ASC0021", 2, 1, "no setting 'blok'"),
        ("[kernel.k]\nblock = true", "ASC0022", 2, 9, "not truth value 'True'"),
        ("[kernel.k]\nblock = 4096", "ASC0022", 2, 9, "at most 1024"),
        ('[kernel.k]\n  grid = "n +"', "ASC0023", 2, 14, "ends too early"),
        ("[kernel.k.parameters]\nn = 1979-05-27", "ASC0022", 2, 5, "not date"),
        ('[kernel.k.parameters]\nn = [1, "a"]', "ASC0022", 2, 10, "'a' is no number"),
        ("[kernel.k.parameters]\nn = { rol = 1 }", "ASC0021", 2, 7, "no setting 'rol'"),
        ('[kernel.k.parameters]\nn = { role = "inn" }', "ASC0021", 2, 15, "no role 'inn'"),
        ("[kernel.k.parameters]\nn = { family = 3 }", "ASC0021", 2, 16, "no family '3'"),
        ("[kernel.k.parameters]\nn = { range = [4, 1] }", "ASC0022", 2, 15, "the smaller first"),
        ("[kernel.k]\nskip = 1", "ASC0022", 2, 8, "must be true or false"),
        ("[program]\narguments = 5", "ASC0022", 2, 13, "must be a list of texts"),
        ("[program]\nargs = []", "ASC0021", 2, 1, "no setting 'args'"),
        ("[kernel.k]\ntolerance = { ulps = 3 }", "ASC0021", 2, 22, "no tolerance 'ulps'"),
        ('[kernel.k]\nblock = [16, "1 +"]', "ASC0023", 2, 9, "ends too early"),
        ('[kernel.k]\nconstraints = ["n >"]', "ASC0023", 2, 20, "ends too early"),
    ],
)
def test_mistakes_in_a_file(tmp_path, text, code, line, column, message):
    _, reporter, sources = toml(tmp_path, text)
    (found,) = reporter.diagnostics
    assert (found.code, found.span.line) == (code, line)
    assert found.span.col == column or "block = [" in text
    assert message in found.message
    assert "^" in render(found, sources)


def test_a_mistake_in_a_file_shows_the_place(tmp_path):
    _, reporter, sources = toml(tmp_path, '[kernel.k]\nblok = 256\ngrid = "n * 2 +"\n')
    name = tmp_path / "k.toml"
    assert [render(d, sources) for d in reporter.diagnostics] == [
        f"{name}:2:1: error: there is no setting 'blok' [ASC0021]\n  blok = 256\n  ^~~~\n"
        "  help: did you mean 'block'?",
        f"{name}:3:16: error: 'n * 2 +' is no size expression: it ends too early [ASC0023]\n"
        '  grid = "n * 2 +"\n                 ^\n'
        "  help: integers, names, + - * / % << >>, comparisons, c ? a : b, ceil(a / b), min, max",
    ]


def test_a_mistake_leaves_the_rest_of_a_file_alone(tmp_path):
    config, reporter, _ = toml(tmp_path, '[kernel.k]\nblok = 1\ngrid = 4\nbudget = "x"\n')
    assert [d.code for d in reporter.diagnostics] == ["ASC0021", "ASC0022"]
    assert dims_text(config.kernel("k").grid) == "4"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = 1\n" * 300_000, b"x = " + b"[" * 3000])
def test_files_that_cannot_be_read(tmp_path, content):
    (tmp_path / "k.toml").write_bytes(content)
    reporter = Reporter()
    assert from_toml(tmp_path / "k.toml", Sources(), reporter) == HarnessConfig()
    assert reporter.has_errors()
    assert from_toml(tmp_path / "no.toml", Sources(), reporter) == HarnessConfig()


def test_which_file(tmp_path):
    source = tmp_path / "a.cu"
    source.touch()
    assert config_file(source) is None
    (tmp_path / "kernel.toml").touch()
    assert config_file(source) == tmp_path / "kernel.toml"
    assert not is_shared(tmp_path / "kernel.toml")
    (tmp_path / "b.cu").touch()
    assert is_shared(tmp_path / "kernel.toml")
    (tmp_path / "a.toml").touch()
    assert config_file(source) == tmp_path / "a.toml"
    assert not is_shared(tmp_path / "a.toml")


# ---------------------------------------------------------------- together


def test_later_settings_win(tmp_path):
    comments, _ = said(comment("block=128 grid=n n=1..8 m=3 x:in[n] sizes(n > 1)"))
    file, _, _ = toml(
        tmp_path,
        "[kernel.k]\nblock = 256\nconstraints = ['m > 0']\n[kernel.k.parameters]\nn = 7\n"
        "x = '[n]:wide'\n",
    )
    found = merge(comments, file).kernel("k")
    name = tmp_path / "k.toml"
    assert found.assumptions() == [
        f"block 256: from {name}:2",
        "grid n: from a.cu:3",
        f"n 7: from {name}:5",
        "m 3: from a.cu:3",
        f"x in, n elements, wide exponents values: from {name}:6",
        f"n > 1 and m > 0: from {name}:3",
    ]


def test_json_reads_back(tmp_path):
    config, _, _ = toml(tmp_path, FULL)
    for name in ("softmax", "ns::scan<float>"):
        one = config.kernel(name, name)
        again = kernel_from_json(json.loads(json.dumps(one.to_json())))
        assert again.to_json() == one.to_json()
        assert again.parameters == one.parameters
        assert (again.block, again.tolerance, again.mode) == (one.block, one.tolerance, one.mode)


def test_template_parameters_become_numbers():
    found = kernel("block=B grid=ceil(n / B) x:in[n * B] sizes(n % B == 0)").bound({"B": 64})
    assert dims_text(found.block) == "64"
    assert dims_text(found.grid) == "ceil(n / 64)"
    assert text_of(found.parameters["x"].extent) == "n * 64"
    assert text_of(found.constraints[0]) == "n % 64 == 0"


def test_unknown_names(tmp_path):
    file, _, sources = toml(
        tmp_path,
        '[kernel.softmx]\nblock = 1\n[kernel.softmax]\ngrid = "ceil(row / block.x)"\n'
        "[kernel.softmax.parameters]\nnn = 3\n",
    )
    known = {"ns::softmax": ["x", "rows", "n"], "other": ["y"]}
    found = check_names(file, known)
    assert [(d.code, d.severity.value, d.span.line, d.span.col) for d in found] == [
        ("ASC0024", "warning", 1, 9),
        ("ASC0024", "error", 6, 6),
        ("ASC0024", "error", 4, 9),
    ]
    assert [d.help for d in found] == [
        "did you mean 'ns::softmax'?",
        "did you mean 'n'?",
        "did you mean 'rows'?",
    ]
    assert len(check_names(file, known, is_shared=True)) == 2
    assert "^" in render(found[0], sources)


def test_families_are_those_of_the_harness():
    from ascendify.runtime import inputs

    assert {family.name for family in inputs.FAMILIES} == set(FAMILIES.values())


# ---------------------------------------------------------------- the manual, and anything else

PAGE = (Path(__file__).parents[2] / "docs" / "harness.md").read_text(encoding="utf-8")


def test_file_of_the_manual(tmp_path):
    config, reporter, _ = toml(tmp_path, re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1])
    assert reporter.diagnostics == []
    assert len(config.kernel("softmax").assumptions()) == 12


def test_comments_of_the_manual():
    texts = re.findall(r"// ascendify: ([^\n]*)", PAGE)
    assert len(texts) == 8
    for text in texts:
        kernel_name = "main" if text.startswith("arguments") else "k"
        _, reporter = said(comment(text, "p" if "=" not in text else "", kernel_name))
        assert reporter.diagnostics == []


def test_words_of_the_manual():
    rows = re.findall(r"^\| (`.*?`(?:, `.*?`)*) \| ", PAGE, re.MULTILINE)
    words = [word for row in rows for word in re.findall(r"`(.*?)`", row)]
    assert len(words) == 19
    for word in words:
        kernel(word)


@given(st.text(alphabet="nx=:.,(){}[]<>1 5e-*/%ulpinsortedblockgrid@", max_size=40))
def test_any_comment_is_read_or_refused(text):
    said(comment(text), comment(text, "n"), comment(text, kernel="main"))


@given(st.text(alphabet="[]{}=\"'.,# \n\\kernelblock1-", max_size=60))
def test_any_text_has_spans(text):
    toml_spans(text, "k.toml")


@given(
    st.recursive(
        st.integers(-9, 9999) | st.booleans() | st.sampled_from(["n", "in[n]", "n +", "1..4", ""]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["block", "parameters", "n", "role", "x", "tolerance", "rel", "skip"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    )
)
def test_any_value_is_read_or_refused(tmp_path_factory, value):
    text = json.dumps(value).replace('": ', '" = ')
    _, reporter, sources = toml(
        tmp_path_factory.getbasetemp(), f"program = {text}\nkernel.k = {text}\nbudget = {text}"
    )
    for diagnostic in reporter.diagnostics:
        render(diagnostic, sources)
