"""Compiling generated code into shared objects and programs, and loading them.

Results are cached by everything that goes into them. The flags give IEEE arithmetic: nothing is
contracted or reordered, so that the original and its translation can agree to the bit.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cffi

from ..ir.diagnostics import error
from .cache import cache_key, entry
from .toolchain import Toolchain, find_toolchain

FLAGS = ("-O2", "-ffp-contract=off", "-fwrapv", "-fno-strict-aliasing", "-fPIC", "-w")

KIND_FLAGS: Mapping[str, tuple[str, ...]] = {
    "gcc": ("-fno-diagnostics-show-caret", "-fdiagnostics-color=never"),
    "clang": ("-fno-caret-diagnostics", "-fno-color-diagnostics"),
    # zig by itself traps undefined behaviour and turns assertions off
    "zig": ("-fno-sanitize=all", "-UNDEBUG", "-fno-caret-diagnostics", "-fno-color-diagnostics"),
}

STANDARDS: Mapping[str, str] = {"c": "c11", "c++": "c++17"}
SUFFIXES: Mapping[str, tuple[str, ...]] = {"c": (".c",), "c++": (".cpp", ".cc", ".cxx")}
SHOWN_ERRORS = 5
COMPILE_SECONDS = 900
HEADER_SUFFIXES = frozenset({".h", ".hpp", ".inc", ".cuh"})

LAUNCH_INTERFACE = """
typedef struct { uint32_t grid[3]; uint32_t block[3]; uint64_t shared_bytes; } ascendify_launch;
typedef struct { const char *name; void (*launch)(void **, const ascendify_launch *); }
    ascendify_kernel;
typedef struct { const char *name; void *address; uint64_t bytes; } ascendify_variable;
extern const ascendify_kernel ascendify_kernels[];
extern const ascendify_variable ascendify_variables[];
const char *ascendify_last_error(void);
"""
"""What a shared object of generated C exports."""


def common_flags(toolchain: Toolchain) -> tuple[str, ...]:
    """The flags of every compilation: same arithmetic on both sides of a comparison."""
    return (*FLAGS, *KIND_FLAGS[toolchain.kind])


def build_shared(
    sources: Mapping[str, str],
    *,
    language: str = "c",
    include_dirs: Sequence[Path] = (),
    flags: Sequence[str] = (),
    standard: str = "",
    libraries: Sequence[str] = ("m",),
) -> Path:
    """A shared object of `sources` (file name to text; headers among them are found by name).

    `include_dirs` are part of the cache key with all their headers, so they should be small.
    Raises CompileError: ASC0701 without a compiler, ASC0702 where the text does not compile.
    """
    return _build(sources, "library.so", ("-shared",), language, include_dirs, flags, standard,
                  libraries)  # fmt: skip


def build_judged(sources: Mapping[str, str]) -> Path:
    """The shared object of generated C that a proof runs: a variable that is read before it is
    written holds a pattern there, not what happens to be right. Raises as `build_shared`."""
    flags = (PATTERN_FLAG,) if _knows(find_toolchain().cc, PATTERN_FLAG) else ()
    return build_shared(sources, language="c", flags=flags)


PATTERN_FLAG = "-ftrivial-auto-var-init=pattern"


@cache
def _knows(compiler: tuple[str, ...], flag: str) -> bool:
    """Whether a C compiler takes a flag."""
    command = [*compiler, flag, "-fsyntax-only", "-xc", "-"]
    done = subprocess.run(command, input=b"", capture_output=True, check=False)
    return done.returncode == 0


def build_program(
    sources: Mapping[str, str],
    *,
    language: str = "c",
    include_dirs: Sequence[Path] = (),
    flags: Sequence[str] = (),
    standard: str = "",
    libraries: Sequence[str] = ("m",),
) -> Path:
    """As `build_shared`, an executable."""
    return _build(sources, "program", (), language, include_dirs, flags, standard, libraries)


def _build(
    sources: Mapping[str, str],
    result: str,
    link_flags: tuple[str, ...],
    language: str,
    include_dirs: Sequence[Path],
    flags: Sequence[str],
    standard: str,
    libraries: Sequence[str],
) -> Path:
    toolchain = find_toolchain()
    options = [*common_flags(toolchain), f"-std={standard or STANDARDS[language]}", *link_flags]
    options += [*flags, *(f"-I{folder}" for folder in include_dirs)]
    linked = [f"-l{name}" for name in libraries]
    texts = [part for name in sorted(sources) for part in (name, sources[name])]
    headers = [folder_digest(folder) for folder in include_dirs]
    key = cache_key("build", *tool_identity(toolchain), *options, "--", *linked, *texts, *headers)

    def make(work: Path) -> None:
        write_files(work, sources)
        names = [name for name in sorted(sources) if name.endswith(SUFFIXES[language])]
        compiler = toolchain.cc if language == "c" else toolchain.cxx
        command = [*compiler, *options, "-I.", *names, "-o", result, *linked]
        failure = run_compiler(command, work)
        if failure:
            raise compile_error("ASC0702", "the generated code does not compile", failure)

    return entry(key, make) / result


def tool_identity(toolchain: Toolchain) -> tuple[str, ...]:
    """What tells one compiler from another."""
    return (*toolchain.cc, *toolchain.cxx, toolchain.version)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their names, which may hold folders."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")


def run_compiler(command: Sequence[str], folder: Path) -> str:
    """Run a compiler in `folder`; its messages if it failed, else an empty text."""
    failed, messages = compiler_messages(command, folder)
    return messages if failed else ""


def compiler_messages(command: Sequence[str], folder: Path) -> tuple[bool, str]:
    """Run a compiler in `folder`: whether it failed, and its messages."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=COMPILE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return True, f"error: the compiler did not end within {COMPILE_SECONDS} s"
    except OSError as reason:
        raise error("ASC0701", f"'{command[0]}' cannot be run: {reason}") from reason
    failed = done.returncode != 0
    silent = f"the compiler ended with status {done.returncode}" if failed else ""
    return failed, done.stderr or done.stdout or silent


_ERROR = re.compile(r"error:|undefined reference|undefined symbol|internal compiler error")


def first_errors(messages: str, count: int = SHOWN_ERRORS) -> list[str]:
    """The lines of a compiler's output that say what is wrong."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    return ([line for line in lines if _ERROR.search(line)] or lines)[:count]


def compile_error(code: str, what: str, messages: str) -> Exception:
    """A CompileError with the compiler's first errors as notes."""
    lines = first_errors(messages)
    message = f"{what}: {lines[0]}" if lines else what
    return error(code, message, notes=tuple((None, line) for line in lines[1:]))


@cache
def folder_digest(folder: Path) -> str:
    """A digest of all headers below `folder`; computed once per process."""
    files = [f for f in sorted(folder.rglob("*")) if f.suffix in HEADER_SUFFIXES and f.is_file()]
    return cache_key(
        *(part for f in files for part in (str(f.relative_to(folder)), f.read_bytes()))
    )


def load_library(path: Path, interface: str = LAUNCH_INTERFACE) -> tuple[Any, Any]:
    """Open a shared object with cffi: the FFI instance and the library.

    Functions are bound when they are first used, so names that the library leaves open hurt only
    those who call them.
    """
    ffi = cffi.FFI()
    ffi.cdef(interface)
    return ffi, ffi.dlopen(str(path), ffi.RTLD_LAZY | ffi.RTLD_LOCAL)
