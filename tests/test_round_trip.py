"""The text of the IR says everything: what is printed reads back as the same module."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascendify.ir.equality import difference
from ascendify.ir.printer import print_module
from ascendify.ir.reader import read_module
from ascendify.ir.verifier import check

TESTS = Path(__file__).parent
FILES = sorted([*TESTS.glob("corpus/*.cu"), *TESTS.glob("frontend/programs/*.cu")])


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_reads_back(path, stages):
    for instance, modules in stages(path).items():
        for stage, module in modules.items():
            where = f"{instance} at stage {stage}"
            check(module)
            text = print_module(module)
            again = read_module(text, "again.air")
            assert difference(module, again) is None, where
            check(again)
            assert print_module(again) == text, where
