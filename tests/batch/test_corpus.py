"""`translate --corpus`: translated and proved, compared with a baseline, on any executor."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import pytest

import ascendify

ROOT = Path(__file__).resolve().parent.parent.parent
ADD = "__global__ void add(float *x) { x[threadIdx.x] += 1.0f; }\n"
SCALE = "__global__ void scale(float *x) { x[threadIdx.x] *= 3.0f; }\n"
BAD = "__global__ void scale(float *x) { x[0] = undeclared; }\n"


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ascendify", "--corpus", ".", "--budget", "3", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip


def verdicts(result) -> dict[str, str]:
    return {f"{f.name}:{k.name}": k.verdict for f in result.report.files for k in f.kernels}


def test_baseline_from_the_first_run_to_a_regression(tree, tmp_path):
    root = tree({"a/k.cu": ADD, "b/k.cu": SCALE})
    report = f"--report={tmp_path}/r.json"
    first = command("--baseline", "b.json", report, cwd=root)
    assert first.returncode == 0, first.stderr
    assert "wrote b.json" in first.stdout
    assert "2 kernels in 2 files: 2 proved" in first.stdout
    data = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(data, json.loads((ROOT / "docs" / "report.schema.json").read_text()))
    assert data["kind"] == "corpus"
    assert json.loads((root / "b.json").read_text())["kernels"]["a/k.cu"] == {
        "add": {"verdict": "proved", "tolerance": "exact"}
    }
    (root / "b" / "k.cu").write_text(BAD)
    second = command("--baseline", "b.json", "--reuse", cwd=root)
    assert second.returncode == 4
    assert "b/k.cu: scale: proved (exact) -> refused (ASC0301)" in second.stdout
    third = command("--baseline", "b.json", "--reuse", "--update-baseline", cwd=root)
    assert third.returncode == 0
    assert "no difference" in command("--baseline", "b.json", "--reuse", cwd=root).stdout


def test_another_executor(tree):
    root = tree({"a.cu": ADD, "bad.cu": BAD})
    with ThreadPoolExecutor(2) as executor:
        result = ascendify.corpus(root, executor=executor, budget=3)
    assert verdicts(result) == {"a.cu:add": "proved", "bad.cu:scale": "refused"}
    assert result.exit_status == 1


def test_dask(tree):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    root = tree({"a.cu": ADD, "bad.cu": BAD})
    cluster = {"n_workers": 1, "threads_per_worker": 2, "processes": False}
    with distributed.Client(**cluster, dashboard_address=None) as client:
        result = ascendify.corpus(root, executor=client.get_executor(), budget=3)
    assert verdicts(result) == {"a.cu:add": "proved", "bad.cu:scale": "refused"}


class Broken(ThreadPoolExecutor):
    """Loses what it is given."""

    def submit(self, fn, /, *args, **kwargs):
        def lost():
            raise ConnectionError("the worker is gone")

        return super().submit(lost)


def test_an_executor_that_fails(tree):
    with Broken(1) as executor:
        result = ascendify.corpus(tree({"a.cu": ADD}), executor=executor)
    (file,) = result.report.files
    assert (file.status, file.detail) == ("crashed", "ConnectionError: the worker is gone")
    assert result.exit_status == 1


def test_scan_of_the_library(tree):
    report = ascendify.scan(tree({"a.cu": ADD, "b/bad.cu": BAD}), excludes=("b",), jobs=1)
    assert [kernel.verdict for kernel in report.kernels] == ["translates"]
