"""What all tests share: golden pass tests from text files, and IR fixtures.

A golden file `tests/golden/**/NAME.air` holds a header `// pass: dce` (several: comma separated),
a module, a line `// ----` and the module expected after the passes; with `// analysis: affine`
instead, what that analysis says of each function. `--update-golden` rewrites the expectations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from ascendify.ir.nodes import Module
from ascendify.ir.printer import print_module
from ascendify.ir.reader import read_module
from ascendify.ir.verifier import check

SEPARATOR = "// ----"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".air" and "golden" in file_path.parts:
        return GoldenFile.from_parent(parent, path=file_path)
    return None


class GoldenFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        yield GoldenItem.from_parent(self, name=self.path.stem)


class GoldenMismatch(Exception):
    """The passes gave another text than the file expects."""


class GoldenItem(pytest.Item):
    def runtest(self) -> None:
        text = self.path.read_text(encoding="utf-8")
        source, _, expected = text.partition(f"\n{SEPARATOR}\n")
        kind, names = header(source)
        module = read_module(source, self.path.name)
        if kind == "pass":
            actual = print_module(run_passes(module, names))
        else:
            actual = analyses(module, names)
        if self.config.getoption("--update-golden"):
            self.path.write_text(f"{source}\n{SEPARATOR}\n{actual}", encoding="utf-8")
        elif actual != expected:
            raise GoldenMismatch(f"{expected}\n==== but the passes give ====\n{actual}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style=None):
        if isinstance(excinfo.value, GoldenMismatch):
            return f"expected:\n{excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"golden: {self.path.name}"


def header(source: str) -> tuple[str, list[str]]:
    """`pass` or `analysis`, and the names that a golden file gives in its first line."""
    kind, _, names = source.split("\n", 1)[0].removeprefix("// ").partition(": ")
    assert kind in ("pass", "analysis"), "a golden file starts with '// pass: NAME, ...'"
    return kind, [name.strip() for name in names.split(",")]


def analyses(module: Module, names: list[str]) -> str:
    """What the named analyses say of each function."""
    from ascendify.passes.analysis.dumps import DUMPS

    check(module)
    return "\n".join(DUMPS[name](func) for func in module.funcs for name in names)


def run_passes(module: Module, names: list[str]) -> Module:
    """The module after the named passes, verified before and after each."""
    from ascendify.passes.pipeline import PassContext
    from ascendify.passes.pipelines import PASSES

    check(module)
    ctx = PassContext()
    for name in names:
        module = PASSES[name].run(module, ctx)
        check(module, after=name)
    return module


@pytest.fixture
def module() -> Callable[[str], Module]:
    """Reads and verifies IR text: `module("kernel @k() { return }")`."""

    def read(text: str) -> Module:
        result = read_module(text, "test.air")
        check(result)
        return result

    return read


Stages = Callable[[Path], dict[str, dict[str, Module]]]


@pytest.fixture(scope="session")
def stages() -> Stages:
    """Lowers a source file once for all tests: kernel instance -> stage -> module."""
    return cache(lower)


def lower(path: Path) -> dict[str, dict[str, Module]]:
    from ascendify.frontend.unit import SourceOptions, analyse, read_source
    from ascendify.ir.diagnostics import Reporter
    from ascendify.ir.source import Sources
    from ascendify.passes.lowering.to_thread_loops import ToThreadLoops
    from ascendify.passes.pipeline import run_pipeline
    from ascendify.passes.pipelines import SIMT

    text = read_source(path)
    unit = analyse(path, text, SourceOptions(), sources=Sources(), reporter=Reporter())
    found = {}
    for kernel in unit.kernels:
        assert kernel.module is not None, kernel.diagnostics
        simt = run_pipeline(kernel.module, SIMT, verify=True)
        threads = run_pipeline(simt, (ToThreadLoops(),), verify=True)
        found[kernel.instance] = {"ir": kernel.module, "simt": simt, "threads": threads}
    return found
