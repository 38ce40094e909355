"""Finding compilers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ascendify.ir.diagnostics import CompileError
from ascendify.runtime import toolchain
from ascendify.runtime.toolchain import find_toolchain


@pytest.fixture
def no_compilers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without compilers; returns the only folder of its PATH."""
    for name in ("CC", "CXX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolchain, "_zig", lambda: None)
    return tmp_path


def install(folder: Path, name: str, version: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_nothing_found_says_what_to_install(no_compilers: Path) -> None:
    with pytest.raises(CompileError) as caught:
        find_toolchain()
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "ASC0701"
    assert "apt-get install g++" in diagnostic.help
    assert "ascendify[toolchain]" in diagnostic.help


def test_gcc_before_clang(no_compilers: Path) -> None:
    for name in ("gcc", "g++", "clang", "clang++"):
        install(no_compilers, name, f"{name} 12.2")
    found = find_toolchain()
    assert (found.cc, found.cxx) == (
        (str(no_compilers / "gcc"),),
        (str(no_compilers / "g++"),),
    )
    assert (found.kind, found.version) == ("gcc", "g++ 12.2")


def test_a_family_must_be_complete(no_compilers: Path) -> None:
    install(no_compilers, "gcc", "gcc 12.2")
    for name in ("clang", "clang++"):
        install(no_compilers, name, "clang version 15")
    assert find_toolchain().kind == "clang"


def test_variables_come_first(no_compilers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gcc", "g++"):
        install(no_compilers, name, f"{name} 12.2")
    mine = install(no_compilers, "mine", "clang version 99")
    monkeypatch.setenv("CXX", f"{mine} -stdlib=libc++")
    found = find_toolchain()
    assert found.cxx == (str(mine), "-stdlib=libc++")
    assert found.kind == "clang"


def test_variable_that_names_nothing(no_compilers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(CompileError, match="no-such-compiler"):
        find_toolchain()


def test_zig_is_the_last_resort(no_compilers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zig = install(no_compilers, "zig", "clang version 20")
    monkeypatch.setattr(toolchain, "_zig", lambda: str(zig))
    found = find_toolchain()
    assert (found.cc, found.cxx, found.kind) == ((str(zig), "cc"), (str(zig), "c++"), "zig")
