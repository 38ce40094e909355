"""Comparison with a baseline: pure data, no proof runs."""

from __future__ import annotations

import pytest

from ascendify.batch.baseline import (
    Baseline,
    Entry,
    baseline_of,
    compare,
    read_baseline,
    write_baseline,
)
from ascendify.ir.diagnostics import CompileError
from ascendify.ir.source import Sources
from ascendify.runtime.evidence import as_case
from ascendify.runtime.report import FileReport, KernelReport, Report

EXACT, ROUNDED = Entry("proved", "exact"), Entry("proved", "rounded")


def titles(before: dict[str, Entry], after: dict[str, Entry]) -> list[str]:
    found = compare(Baseline("cpu", {"k.cu": before}), Baseline("cpu", {"k.cu": after}))
    return [title for title, _ in found.groups()]


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [
        (EXACT, Entry("unverified"), "regressions"),
        (EXACT, Entry("refused", "", ("ASC0390",)), "regressions"),
        (Entry("refused"), Entry("failed"), "regressions"),
        (EXACT, ROUNDED, "regressions"),
        (ROUNDED, EXACT, "improvements"),
        (Entry("refused"), EXACT, "improvements"),
        (Entry("refused", "", ("ASC0301",)), Entry("refused", "", ("ASC0390",)), "changed"),
        (EXACT, Entry("proved", "exact", ("ASC0805",)), "changed"),
    ],
)
def test_changes(before, after, title):
    assert titles({"k": before}, {"k": after}) == [title]


def test_new_and_gone():
    assert titles({"a": EXACT}, {"b": EXACT}) == ["new", "gone"]
    assert titles({"a": EXACT}, {"a": EXACT}) == []


def test_a_file_that_is_not_examined_any_more():
    before = Baseline("cpu", {"k.cu": {"k": EXACT}})
    after = Baseline("cpu", {}, {"k.cu": "timeout"})
    (change,) = compare(before, after).regressions
    assert str(change) == "k.cu: examined -> timeout"
    assert [str(c) for c in compare(after, before).improvements] == ["k.cu: timeout -> examined"]


def test_what_is_remembered(tmp_path):
    case = as_case("run")
    kernels = [
        KernelReport("k", "k<1>", "k.cu", 1, "proved", cases=[case, {**case, "exact": False}]),
        KernelReport("k", "k<1>", "h.cuh", 9, "refused", codes=["ASC0390", "ASC0301"]),
    ]
    files = [
        FileReport("k.cu", kernels, [], Sources()),
        FileReport("t.cu", [], [], Sources(), "timeout"),
    ]
    found = baseline_of(Report("cpu", files, "corpus"))
    assert found.kernels == {
        "k.cu": {"k<1>": ROUNDED, "k<1>#2": Entry("refused", "", ("ASC0301", "ASC0390"))}
    }
    path = tmp_path / "b.json"
    write_baseline(path, found)
    assert read_baseline(path) == found
    text = path.read_text()
    write_baseline(path, read_baseline(path))
    assert path.read_text() == text


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"baseline": 2}', '{"baseline": 1, "target": "cpu", "kernels": {"a": {"k": {}}}}'],
)
def test_no_baseline(tmp_path, text):
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(CompileError, match="ASC0002"):
        read_baseline(tmp_path / "b.json")
