"""Bugs seeded in CUDA sources are reported at their line; the programs without them are clean."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from seeded_bugs import (
    REPORTED_AS,
    Bug,
    Report,
    all_bugs,
    counts,
    print_table,
    programs,
    read_bugs,
    reports_on,
    telling,
)

from ascendify.runtime.findings import KINDS

BUGS = all_bugs()
SAMPLE = (
    "reduce_sum-3",
    "matmul_tiled-2",
    "value_histogram-2",
    "conv1d-2",
    "scale_vec4-1",
    "stencil_1d-3",
    "abs_max-1",
    "dot_product-1",
)
"""One bug of each kind, for every run; all of them with `-m slow`."""
LEAST_SHARE = 0.96


def test_enough_bugs_of_every_kind():
    assert len(BUGS) >= 50
    assert len({(bug.program, bug.source()) for bug in BUGS}) == len(BUGS)
    assert {kind for bug in BUGS for kind in bug.kinds} == set(REPORTED_AS)
    assert set(REPORTED_AS.values()) <= set(KINDS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_seeding(bug: Bug):
    lines = bug.source().split("\n")
    assert bug.lines()
    assert all(lines[number - 1].strip() for number in bug.lines())


def test_lines_of_a_hunk(tmp_path: Path):
    (tmp_path / "k.cu").write_text("a\nb\nc\nd\n")
    (tmp_path / "k.bugs").write_text(
        "# shared race: one\n  b\n- c\n+ C\n+ }\n@ a\n\n# misaligned: two\n+ x\n  d\n"
    )
    one, two = read_bugs(tmp_path / "k.bugs")
    assert (one.source(), one.lines()) == ("a\nb\nC\n}\nd\n", (1,))
    assert (two.source(), two.lines()) == ("a\nb\nc\nx\nd\n", (4,))


def test_a_report_tells_by_kind_line_and_weight(tmp_path: Path):
    (tmp_path / "k.cu").write_text("a\nb\nc\n")
    (tmp_path / "k.bugs").write_text("# shared race: one\n- b\n+ B\n")
    (bug,) = read_bugs(tmp_path / "k.bugs")
    kind = REPORTED_AS["shared race"]
    good = Report(kind, (3, 2), "error", "")
    others = [
        Report(kind, (3,), "error", ""),
        Report(kind, (2,), "remark", ""),
        Report("misaligned", (2,), "error", ""),
    ]
    assert telling(bug, [*others, good]) == [good]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("nvcc") is None, reason="there is no nvcc")
def test_every_variant_compiles(tmp_path: Path):
    files = [shutil.copy(path, tmp_path) for path in programs()]
    for bug in BUGS:
        (tmp_path / f"{bug.name}.cu").write_text(bug.source())
        files.append(f"{bug.name}.cu")
    command = ["nvcc", "-std=c++17", "-c", *(Path(file).name for file in files)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def assert_clean(path: Path) -> None:
    reports = reports_on(path.name, path.read_text(encoding="utf-8"))
    assert [report for report in reports if counts(report)] == []


def assert_reported(bug: Bug) -> None:
    reports = reports_on(bug.program.name, bug.source())
    assert telling(bug, reports), f"expected {bug.lines()}: {bug.title}; found {reports}"


@pytest.mark.parametrize("name", SAMPLE)
def test_sample_is_reported(name: str):
    (bug,) = (bug for bug in BUGS if bug.name == name)
    assert_reported(bug)
    assert_clean(bug.program)


@pytest.mark.slow
def test_all_are_reported_and_nothing_else(capsys: pytest.CaptureFixture[str]):
    result = print_table(())
    table = capsys.readouterr().out
    assert result.false_alarms == 0, table
    assert result.found >= LEAST_SHARE * (result.found + result.missed), table
