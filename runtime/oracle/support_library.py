"""What every oracle shares, built once per compiler: the runtime's objects, a library of them
that Python uses, and the headers precompiled where the compiler can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cffi

from ... import cuda_library
from ...ir.diagnostics import error
from ..build import common_flags, compile_error, folder_digest, run_compiler, tool_identity
from ..cache import cache_key, entry
from ..toolchain import Toolchain

INCLUDE = Path(__file__).with_name("include")
SOURCES = Path(__file__).with_name("support")
MAIN_HEADER = "ascendify_oracle.h"

PREDEFINED = (
    "-D__CUDACC__",
    "-D__NVCC__",
    "-D__CUDA_ARCH__=800",
    "-D__CUDACC_VER_MAJOR__=12",
    "-D__CUDACC_VER_MINOR__=4",
    "-D__CUDACC_VER_BUILD__=131",
)
"""The macros of nvcc, as when it compiles for the device: the frontend sees the same."""

KIND_FLAGS = {
    "gcc": ("-fno-gnu-unique", "-fno-ipa-icf", "-fstack-clash-protection"),
    "clang": ("-fstack-clash-protection",),
    "zig": (),
}
"""With unique symbols two oracles in one process would share their template variables; with
identical code folding two kernels would share an address. A thread's local variables must not reach
beyond the end of its stack without touching it."""

_CHECKS = "alignment,shift-exponent,integer-divide-by-zero,float-cast-overflow"
_LLVM_OPTIONS = (
    *("-mllvm", "-tsan-instrument-func-entry-exit=0"),
    *("-mllvm", "-tsan-distinguish-volatile=1"),
)

WATCHED_FLAGS = {
    "gcc": (
        "-g1",
        f"-fsanitize=thread,bounds,bounds-strict,{_CHECKS}",
        *("--param", "tsan-instrument-func-entry-exit=0"),
        *("--param", "tsan-distinguish-volatile=1"),
        "-U__SANITIZE_THREAD__",
        "-fno-optimize-sibling-calls",
        "-fno-tree-loop-distribute-patterns",
        "-fno-semantic-interposition",
    ),
    "clang": (
        "-g1",
        f"-fsanitize=thread,array-bounds,{_CHECKS}",
        f"-fsanitize-recover=array-bounds,{_CHECKS}",
        *_LLVM_OPTIONS,
        "-fno-optimize-sibling-calls",
    ),
    # zig takes these options itself, and would leave some of them out
    "zig": (
        "-g1",
        *("-Xclang", f"-fsanitize=thread,array-bounds,{_CHECKS}"),
        *("-Xclang", f"-fsanitize-recover=array-bounds,{_CHECKS}"),
        *_LLVM_OPTIONS,
        "-fno-optimize-sibling-calls",
    ),
}
"""How the library's source is compiled so that its accesses can be watched: the compiler's
instrumentation, whose calls the support's receivers answer. Each such call must return into the
function of the access, and no loop may become a call of `memset`."""

WARNINGS = {
    "gcc": ("-Wuninitialized", "-Wmaybe-uninitialized"),
    "clang": ("-Wno-everything", "-Wuninitialized", "-Wsometimes-uninitialized"),
    "zig": ("-Wno-everything", "-Wuninitialized", "-Wsometimes-uninitialized"),
}
"""Which warnings about a library's source are read."""

COMPILATION_FOLDER = "/ascendify"
"""What debug information calls the folder of a compilation, wherever that is."""

WATCHED_LINK_FLAGS = {
    "gcc": tuple(f"-Wl,--wrap={name}" for name in ("memcpy", "memmove", "memset")),
    "clang": (),
    "zig": (),
}

PRECOMPILED = {
    "gcc": ("-o", "{name}.gch"),
    "zig": ("-Xclang", "-fno-pch-timestamp", "-o", "{name}.pch"),
}
"""How to precompile the headers. A clang of the system would refuse its own result after an
update of the C++ library, which does not show in its version."""

PRELUDES = ("prelude.h", "watched.h")

LINK_FLAGS = ("-shared", "-pthread", "-Wl,-Bsymbolic")


@dataclass(frozen=True, slots=True)
class Support:
    """The folder of the shared parts. `include` are the options that make CUDA known to a
    compilation, `watched_include` to one with the flags for watching accesses."""

    folder: Path
    objects: tuple[Path, ...]
    include: tuple[str, ...]
    watched_include: tuple[str, ...]

    @property
    def guard(self) -> Path:
        """The object to link before and after a source."""
        return self.folder / "shared_guard.o"

    @property
    def library(self) -> Path:
        return self.folder / "support.so"


@cache
def code_digest() -> str:
    """A digest of this package's own code and of CUDA's libraries as it has them, on which results
    depend as on any other input."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    parts = [part for f in files for part in (f.name, f.read_bytes())]
    return cache_key(*parts, folder_digest(cuda_library.FOLDER))


def compile_flags(toolchain: Toolchain, standard: str) -> list[str]:
    """The options of every compilation of CUDA source."""
    kind = (*common_flags(toolchain), *KIND_FLAGS[toolchain.kind])
    return [*kind, f"-std={standard}", *PREDEFINED, f"-I{INCLUDE}", f"-I{cuda_library.FOLDER}"]


def watched_flags(toolchain: Toolchain, standard: str) -> list[str]:
    """The options for the source of a library."""
    plain = [flag for flag in compile_flags(toolchain, standard) if flag != "-w"]
    return [*plain, *WARNINGS[toolchain.kind], *WATCHED_FLAGS[toolchain.kind]]


@cache
def support(toolchain: Toolchain, standard: str) -> Support:
    """Build or find the shared parts. Raises CompileError ASC0702 where they do not compile."""
    sources = sorted(SOURCES.glob("*.cpp"))
    digests = [folder_digest(INCLUDE), folder_digest(SOURCES)]
    texts = [source.read_text(encoding="utf-8") for source in sources]
    commands = _commands(toolchain, standard, sources)
    options = [word for command in commands for word in command]
    key = cache_key("oracle", *tool_identity(toolchain), *options, *LINK_FLAGS, *digests, *texts)
    folder = entry(key, lambda work: _make(toolchain, commands, sources, work))
    objects = tuple(folder / f"{s.stem}.o" for s in sources if s.stem != "shared_guard")
    is_zig = toolchain.kind == "zig"
    plain, watched = (
        ("-include-pch", f"{folder / name}.pch") if is_zig else ("-include", str(folder / name))
        for name in PRELUDES
    )
    return Support(folder, objects, plain, watched)


def _commands(toolchain: Toolchain, standard: str, sources: Sequence[Path]) -> list[list[str]]:
    flags = compile_flags(toolchain, standard)
    commands = [
        [*toolchain.cxx, *flags, f"-I{SOURCES}", "-c", str(source), "-o", f"{source.stem}.o"]
        for source in sources
    ]
    if toolchain.kind in PRECOMPILED:
        for name, given in zip(PRELUDES, (flags, watched_flags(toolchain, standard)), strict=True):
            output = [word.format(name=name) for word in PRECOMPILED[toolchain.kind]]
            header = ["-x", "c++-header", str(INCLUDE / MAIN_HEADER)]
            commands.append([*toolchain.cxx, *given, *header, *output])
    return commands


def _make(
    toolchain: Toolchain, commands: Sequence[list[str]], sources: Sequence[Path], work: Path
) -> None:
    for name in PRELUDES:
        (work / name).write_text(f'#include "{INCLUDE / MAIN_HEADER}"\n', encoding="utf-8")
    with ThreadPoolExecutor(max_workers=4) as pool:
        failures = list(pool.map(lambda command: run_compiler(command, work), commands))
    for failure in failures:
        if failure:
            raise compile_error("ASC0702", "the CUDA headers do not compile", failure)
    objects = [f"{source.stem}.o" for source in sources]
    failure = run_compiler([*toolchain.cxx, *LINK_FLAGS, *objects, "-o", "support.so"], work)
    if failure:
        raise compile_error("ASC0702", "the CUDA runtime does not link", failure)


def demangler(shared: Support) -> Callable[[str], str | None]:
    """A function from a symbol to its C++ name (None for names that are none)."""
    ffi = cffi.FFI()
    ffi.cdef("char *ascendify_oracle_demangle(const char *); void free(void *);")
    # What the library registered for the end of the process must still be there then.
    library = ffi.dlopen(str(shared.library), ffi.RTLD_NOW | ffi.RTLD_NODELETE)
    libc = ffi.dlopen(None)

    def demangle(symbol: str) -> str | None:
        text = library.ascendify_oracle_demangle(symbol.encode())
        if text == ffi.NULL:
            return None
        result: str = ffi.string(text).decode("utf-8", "replace")
        libc.free(text)
        return result

    return demangle


def standard_of(text: str) -> str:
    """The `-std` to compile with: as asked, but at least C++17, which the headers need."""
    name = text.removeprefix("gnu++").removeprefix("c++")
    if name in ("20", "2a", "23", "2b"):
        return f"c++{name}" if text.startswith("c++") else f"gnu++{name}"
    if name in ("03", "98", "11", "0x", "14", "1y", "17", "1z"):
        return "gnu++17" if text.startswith("gnu") else "c++17"
    raise error("ASC0703", f"unknown C++ standard '{text}'", help="use c++17 or c++20")
