"""Reports say the same in every form, escape what comes from the source, and are stable."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from ascendify.ir.diagnostics import CODES, Severity, render
from ascendify.ir.source import Sources, Span
from ascendify.runtime.evidence import as_case, as_worst, coverage
from ascendify.runtime.findings import KINDS, FoundIn, finding_diagnostics
from ascendify.runtime.report import FileReport, KernelReport, Report, summary
from ascendify.runtime.report_formats import FORMATS
from ascendify.runtime.worst_element import difference, number_text, worst_rows

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
NASTY = 'k<float, "x">&'
SOURCE = """\
__global__ void k(float *out, const float *in)
{
    __shared__ float sums[64];
\tsums[threadIdx.x] = in[threadIdx.x]; // </script><b>
    out[threadIdx.x] = sums[63 - threadIdx.x];
}
"""
RACE = {
    "kind": "race",
    "severity": "error",
    "message": "'sums' is written by thread 3 and read by thread 60",
    "file": "k.cu",
    "line": 5,
    "other_file": "k.cu",
    "other_line": 4,
    "case": "run(n=7) <<<1x64>>>",
    "count": 1234,
}
WORST = {
    "case": "run(n=7) <<<1x64>>>",
    "family": "normal",
    "buffer": "out",
    "dtype": "f32",
    "element": 3,
    "expected": "1.2000000476837158",
    "actual": "nan",
    "error": "nan",
    "ulps": float("nan"),
    "allowance": 4.8e-7,
    "why": "4 ulp (elementary functions) + 8 x the spread",
    "inputs": {"n": 7, "in[3]": 0.25, "scale": "inf"},
}
CASES = [
    {"label": f"run(n={n})", "launch": "1x64", "family": family, "elements": 1000 * n,
     "exact": family != "normal", "seconds": 0.01}
    for n in (1, 7) for family in ("uniform", "normal") if (n, family) != (7, "normal")
]  # fmt: skip


def sources() -> Sources:
    found = Sources()
    found.add("k.cu", SOURCE)
    return found


@pytest.fixture
def report() -> Report:
    failed = KernelReport(
        "k", NASTY, "k.cu", 1, "failed", ["ASC0801", "ASC0805"], "3 elements differ",
        "cpu: thread loops", ["a remark | <i>"], "", as_worst(WORST), list(map(as_case, CASES)),
        [RACE, {"kind": "unwritten", "message": "3 elements keep their value"}],
        ["`n` is the extent of `in` <b>"], "out/failures/k", {"translate": 0.125, "prove": 1.5},
    )  # fmt: skip
    proved = KernelReport("p", "p", "k.cu", 1, "proved", tolerance="2 cases, 8 elements")
    refused = KernelReport("r", "r", "gone.cu", 9, "refused", ["ASC0401"], "ASC0401: no `*`_|")
    kernels = [failed, proved, refused]
    found = [FoundIn(f, NASTY, Span("k.cu", 1, 17, 1, 18)) for f in failed.findings]
    known = sources()
    messages = finding_diagnostics(found, known)
    return Report("cpu", [FileReport("<k>.cu", kernels, messages, known)])


class Page(HTMLParser):
    """The tags and the text of a page; complains where tags do not nest."""

    VOID = frozenset({"meta", "br", "link", "img", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


# ---------------------------------------------------------------- all forms


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_report_gives_the_same_bytes(report, form):
    assert FORMATS[form](report) == FORMATS[form](report)


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_run_has_a_report(form):
    text = FORMATS[form](Report("cpu", [FileReport("k.cu", [], [], Sources())]))
    assert text.endswith("\n")


def test_json_follows_the_schema_and_has_no_bare_nan(report):
    def forbidden(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    data = json.loads(FORMATS[".json"](report), parse_constant=forbidden)
    jsonschema.validate(data, SCHEMA)
    worst = data["kernels"][0]["worst"]
    assert (worst["expected"], worst["actual"]) == (1.2000000476837158, "nan")
    assert worst["inputs"] == {"n": 7, "in[3]": 0.25, "scale": "inf"}
    assert [f["severity"] for f in data["kernels"][0]["findings"]] == ["error", "remark"]


def test_the_schema_names_every_kind_of_finding():
    kinds = SCHEMA["$defs"]["finding"]["properties"]["kind"]["enum"]
    assert sorted(kinds) == sorted(KINDS)


def test_html_is_one_file_that_shows_text_as_text(report):
    page = Page(FORMATS[".html"](report))
    assert NASTY in page.text
    assert "</script><b>" in page.text
    assert "`" not in page.text.split("Assumed")[1].split("Remarks")[0]
    tags = [tag for tag, _ in page.tags]
    assert "b" not in tags
    assert "i" not in tags
    assert not any("src" in attrs or "href" in attrs for _, attrs in page.tags)
    assert re.findall(r"https?:|url\(|@import", FORMATS[".html"](report)) == []


def test_html_shows_verdicts_findings_and_their_lines(report):
    text = FORMATS[".html"](report)
    page = Page(text)
    kernels = [attrs for tag, attrs in page.tags if attrs.get("class") == "kernel"]
    assert [k["data-verdict"] for k in kernels] == ["failed", "proved", "refused"]
    assert ["open" in k for k in kernels] == [True, False, False]
    shown = [attrs.get("data-show") for _, attrs in page.tags if "data-show" in attrs]
    assert shown == ["", "proved", "failed", "refused", "findings"]
    marked = re.findall(r'<span class="line marked"><span class="number">(\d+)</span> *(\S+)', text)
    assert marked[:2] == [("4", "sums[threadIdx.x]"), ("5", "out[threadIdx.x]")]
    assert "translate --replay out/failures/k" in page.text
    assert "1 finding" not in page.text
    assert "2 findings in the source" in page.text


def test_markdown_keeps_its_tables_whole(report):
    text = FORMATS[".md"](report)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [len(re.findall(r"(?<!\\)\|", row)) - 1 for row in rows]
    assert cells[:4] == [5] * 4
    assert f"| `{NASTY}` | k.cu:1 | failed | 3 elements differ |" in text
    assert r"ASC0401: no \`\*\`\_\|" in text
    assert "    >     4     sums[threadIdx.x]" in text
    assert "<b>" not in text.replace(SOURCE.splitlines()[3][1:], "").replace(r"\<b\>", "")


# ---------------------------------------------------------------- parts


def test_summary():
    kernels = [KernelReport("k", "k", "k.cu", 1, v) for v in ("failed", "proved", "proved")]
    assert summary(kernels) == "3 kernels: 2 proved, 1 failed"
    assert summary(kernels[:1]) == "1 kernel: 1 failed"
    assert summary([]) == "0 kernels"


def test_coverage_is_a_table_of_launches_and_families():
    table = coverage(map(as_case, CASES))
    assert table.families == ("uniform", "normal")
    assert table.rows == (
        ("run(n=1) <<<1x64>>>", ("1,000", "1,000 ≈")),
        ("run(n=7) <<<1x64>>>", ("7,000", "")),
    )


def test_the_worst_element_in_rows():
    rows = dict(worst_rows(as_worst(WORST)))
    assert rows == {
        "case": "run(n=7) <<<1x64>>>, normal data",
        "element": "out[3]",
        "original": "1.2",
        "translation": "nan",
        "error": "nan",
        "allowed": "4.8e-07: 4 ulp (elementary functions) + 8 x the spread",
        "inputs": "n = 7, in[3] = 0.25, scale = inf",
    }
    assert difference(as_worst(WORST)) == "out[3] is nan instead of 1.2 (allowed error 4.8e-07)"


def test_a_translation_that_stops_has_no_element():
    worst = as_worst({"case": "c", "message": "it stops"})
    assert worst_rows(worst) == [("case", "c"), ("stopped", "it stops")]
    assert difference(worst) == "it stops"


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (0.10000000149011612, "f32", "0.1"),
        (0.10000000149011612, "", "0.1"),
        (0.1, "", "0.1"),
        (0.1, "f64", "0.1"),
        (1.0000001192092896, "f32", "1.0000001"),
        (0.0999755859375, "f16", "0.1"),
        (1e300, "", "1e+300"),
        (-0.0, "f32", "-0"),
        (float("-inf"), "f32", "-inf"),
        (float("nan"), "f64", "nan"),
        (3.0, "i32", "3"),
        (9007199254740993, "i64", "9007199254740993"),
        ("text", "f32", "text"),
    ],
)
def test_numbers_are_short_and_exact(value, dtype, text):
    assert number_text(value, dtype) == text


# ---------------------------------------------------------------- findings


def test_every_kind_has_its_own_code():
    codes = [kind.code for kind in KINDS.values()]
    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(CODES)


def test_a_finding_points_at_both_lines():
    (message,) = finding_diagnostics([FoundIn(RACE, "k", Span("k.cu", 1, 17, 1, 18))], sources())
    assert message.severity is Severity.WARNING
    assert render(message, sources()) == (
        "k.cu:5:5: warning: 'sums' is written by thread 3 and read by thread 60 [ASC0805]\n"
        "      out[threadIdx.x] = sums[63 - threadIdx.x];\n"
        "      ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "k.cu:4:2: note: the other access\n"
        "  \tsums[threadIdx.x] = in[threadIdx.x]; // </script><b>\n"
        "  \t^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "note: in 'k', case run(n=7) <<<1x64>>>, 1,234 times\n"
        f"  help: {KINDS['race'].help}"
    )


def test_instances_of_a_template_share_a_finding():
    at = Span("k.cu", 1, 17, 1, 18)
    names = ("k<float>", "k<double>", "k<int>")
    found = [FoundIn({**RACE, "count": 2}, name, at) for name in names]
    (message,) = finding_diagnostics(found, sources())
    assert message.notes[-1] == (
        None,
        "in 'k<float>' and 2 more instances, case run(n=7) <<<1x64>>>, 6 times",
    )


def test_a_finding_without_a_place_points_at_the_kernel():
    at = Span("k.cu", 1, 17, 1, 18)
    (message,) = finding_diagnostics([FoundIn({"kind": "order", "message": "m"}, "k", at)],
                                     sources())  # fmt: skip
    assert (message.span, message.severity) == (at, Severity.REMARK)


def test_a_file_is_known_by_another_path_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = [FoundIn({**RACE, "file": str(tmp_path / "k.cu")}, "k", Span("k.cu", 1, 1, 1, 2))]
    (message,) = finding_diagnostics(found, sources())
    assert (message.span.file, message.span.col) == ("k.cu", 5)
