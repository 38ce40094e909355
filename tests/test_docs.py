"""What the documentation shows works as shown."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import ascendify

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = (ROOT / "docs" / "library.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", LIBRARY, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_library_examples_run(number, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLES[number]],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "scale proved" in done.stdout or "[ 3.  4.  5." in done.stdout


def test_reference_pages_are_current():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "reference_docs.py"), "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_report_matches_its_schema(tmp_path):
    (tmp_path / "k.cu").write_text(
        "__global__ void a(float *y) { y[threadIdx.x] += 1.0f; }\n"
        "__global__ void b(float *y) { y[0] = nothing; }\n"
    )
    subprocess.run(
        [sys.executable, "-m", "ascendify", "k.cu", "--report", "r.json"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    report = json.loads((tmp_path / "r.json").read_text())
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    jsonschema.validate(report, schema)
    assert [k["verdict"] for k in report["kernels"]] == ["proved", "refused"]


def test_public_names():
    assert {name for name in ascendify.__all__ if getattr(ascendify, name) is None} == set()


def test_unknown_public_name():
    with pytest.raises(AttributeError):
        ascendify.nothing  # noqa: B018


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_readme_links():
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target


def test_functions_of_cuda_are_known_by_name():
    """Each is translated or refused by name; what is new in CUDA shows here."""
    assert "Unknown (" not in (ROOT / "docs" / "cuda-functions.md").read_text()
