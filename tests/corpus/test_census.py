"""The corpus looks like real code: each idiom is in as many operators as its quota says."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _census() -> ModuleType:
    """The counter beside this file, which is a script, not part of a package."""
    path = Path(__file__).with_name("census.py")
    spec = importlib.util.spec_from_file_location("corpus_census", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


census = _census()
TEXTS = census.corpus_texts()


PENDING = {"cooperative groups", "half2", "fp8", "inline PTX", "cp.async", "mma or wmma"}
"""Too few operators have these yet."""


@pytest.mark.parametrize("idiom", census.IDIOMS, ids=lambda i: i.name)
def test_quota(idiom):
    found = census.files_with(idiom, TEXTS)
    if len(found) < idiom.quota and idiom.name in PENDING:
        pytest.xfail(f"{len(found)} of {idiom.quota}")
    assert len(found) >= idiom.quota, found


def test_main_does_not_count():
    text = census.device_text("__global__ void k() {}\n// printf(\nint main() { printf(0); }\n")
    assert "printf" not in text


def test_every_row_has_a_file():
    """A file begins with the rows of the list of operators that it writes, and the style."""
    rows: set[int] = set()
    for path in sorted(census.FOLDER.glob("*.cu")):
        head = re.match(r"// Rows? \d[^:]*, styles? [TXEHL][^:]*:", path.read_text())
        assert head, f"{path.name} does not begin with its row and style"
        rows.update(int(number) for number in re.findall(r"\d+", head[0]))
    assert rows >= set(range(1, 107)), set(range(1, 107)) - rows
