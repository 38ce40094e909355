"""The rules of the house: imports, packages, style, types."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomllib", reason="tomllib comes with Python 3.11")

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("batch", "cuda_library", "frontend", "ir", "passes", "codegen", "runtime")
ROOT_MODULES = {
    "__init__.py",
    "__main__.py",
    "cli.py",
    "driver.py",
    "harness.py",
    "settings.py",
    "verification.py",
}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_one_module_name_per_file():
    names = defaultdict(set)
    for name, module in list(sys.modules.items()):
        path = os.path.realpath(getattr(module, "__file__", None) or "/")
        if path.startswith(f"{ROOT}/") and "site-packages" not in path and name != "__main__":
            names[path].add(name)
    assert {p: n for p, n in names.items() if len(n) > 1} == {}


def test_packages_are_listed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = set(project["tool"]["setuptools"]["packages"])
    found = {
        ".".join(["ascendify", *path.parent.relative_to(ROOT).parts])
        for floor in FLOORS
        for path in (ROOT / floor).rglob("__init__.py")
    }
    assert listed == found | {"ascendify"}


def test_root_modules():
    assert {p.name for p in ROOT.glob("*.py")} == ROOT_MODULES


def test_import_rule():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=["lint", "format"])
def test_ruff(command):
    done = run("ruff", *command, ".")
    assert done.returncode == 0, done.stdout


def test_types():
    done = subprocess.run(
        [sys.executable, "tools/typecheck.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
