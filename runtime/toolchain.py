"""Finding a C and a C++ compiler.

In order: what CC and CXX name, then gcc, clang, cc by their usual names, then the `ziglang`
wheel, which brings a clang of its own. Both languages come from one family, so that objects of
the two link together.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..ir.diagnostics import error

HELP = (
    "install one with the system's package manager (`apt-get install g++`) "
    "or as a wheel (`pip install 'ascendify[toolchain]'`)"
)

FAMILIES: tuple[tuple[str, str], ...] = (("gcc", "g++"), ("clang", "clang++"), ("cc", "c++"))


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Commands of the two compilers; `kind` is gcc, clang or zig; `version` is their first line."""

    cc: tuple[str, ...]
    cxx: tuple[str, ...]
    kind: str
    version: str


def find_toolchain() -> Toolchain:
    """The compilers to use. Raises CompileError ASC0701 where there are none."""
    return _find(os.environ.get("CC", ""), os.environ.get("CXX", ""), os.environ.get("PATH", ""))


@cache
def _find(cc: str, cxx: str, path: str) -> Toolchain:
    chosen_cc, chosen_cxx = _from_variable("CC", cc), _from_variable("CXX", cxx)
    if chosen_cc and chosen_cxx:
        return _described(chosen_cc, chosen_cxx)
    for c_name, cxx_name in FAMILIES:
        c_path, cxx_path = shutil.which(c_name, path=path), shutil.which(cxx_name, path=path)
        if (chosen_cc or c_path) and (chosen_cxx or cxx_path):
            return _described(chosen_cc or (str(c_path),), chosen_cxx or (str(cxx_path),))
    zig = _zig()
    if zig is not None:
        return _described(chosen_cc or (zig, "cc"), chosen_cxx or (zig, "c++"))
    raise error("ASC0701", "no C++ compiler found", help=HELP)


def _from_variable(name: str, value: str) -> tuple[str, ...]:
    """The command that an environment variable asks for; empty where it is not set."""
    words = tuple(shlex.split(value))
    if words and shutil.which(words[0]) is None:
        raise error("ASC0701", f"{name} names '{words[0]}', which cannot be run", help=HELP)
    return words


def _zig() -> str | None:
    """The zig program of the wheel, or None."""
    spec = importlib.util.find_spec("ziglang")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        for name in ("zig", "zig.exe"):
            if (Path(folder) / name).is_file():
                return str(Path(folder) / name)
    return None


def _described(cc: tuple[str, ...], cxx: tuple[str, ...]) -> Toolchain:
    text = _version(cxx)
    is_zig = Path(cxx[0]).stem == "zig" or (len(cxx) > 2 and cxx[1:3] == ("-m", "ziglang"))
    kind = "zig" if is_zig else "clang" if "clang" in text else "gcc"
    return Toolchain(cc, cxx, kind, text.split("\n", 1)[0])


def _version(command: Sequence[str]) -> str:
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as reason:
        raise error("ASC0701", f"'{command[0]}' cannot be run: {reason}", help=HELP) from reason
    if done.returncode != 0:
        raise error("ASC0701", f"'{command[0]} --version' failed", help=HELP)
    return done.stdout
