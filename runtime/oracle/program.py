"""The whole program of a source, host code included, with translated kernels behind its launches.

The source is compiled as for the oracle, but completely and with its `main`. Which kernel a launch
means is known by address; the table from addresses to translated kernels is made from the linked
program's symbols and written into it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..build import (
    build_shared,
    common_flags,
    compile_error,
    folder_digest,
    load_library,
    run_compiler,
    tool_identity,
    write_files,
)
from ..cache import cache_key, entry
from ..toolchain import Toolchain, find_toolchain
from .attempt import Attempt
from .project import define_lines, key_material, read_project
from .support_library import (
    SOURCES,
    Support,
    code_digest,
    compile_flags,
    demangler,
    standard_of,
    support,
)
from .symbols import Symbol, canonical_name, instance_name, read_symbols, variable_symbols

PROGRAM_SOURCES = SOURCES / "program"
OFFSETS = "ascendify_program_offsets"


@dataclass(frozen=True, slots=True)
class _Translated:
    """What the generated C exports: the names in its tables."""

    kernels: tuple[str, ...]
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Tables:
    """Symbols of the source's kernels with the names of their translations (or empty texts), and
    of its variables."""

    kernels: tuple[tuple[str, str, str], ...]
    variables: tuple[tuple[str, str], ...]


def build_hosted_program(
    path: str | Path,
    text: str,
    candidate_c: Mapping[str, str],
    *,
    include_dirs: Sequence[str | Path] = (),
    last_dirs: Sequence[str | Path] = (),
    defines: Sequence[str] = (),
    undefines: Sequence[str] = (),
    std: str = "c++17",
    libraries: Sequence[str] = (),
) -> Path:
    """Build the program; `candidate_c` is the generated C (and its headers) by file name.

    A launch of a kernel without translation ends the program with a message and status 1. Raises
    CompileError: ASC0701 without a compiler, ASC0703 where the source, ASC0702 where anything
    else does not compile or link.
    """
    toolchain = find_toolchain()
    shared = support(toolchain, standard_of(std))
    project = read_project(Path(path), text, include_dirs, last_dirs)
    options = compile_flags(toolchain, standard_of(std))
    linked = ["-pthread", *(f"-l{name}" for name in (*libraries, "m"))]
    if toolchain.kind == "gcc" and _uses_openmp(project.texts.values()):
        options.append("-fopenmp")
        linked.append("-fopenmp")
    lines = define_lines(defines, undefines)
    candidates = [part for name in sorted(candidate_c) for part in (name, candidate_c[name])]
    key = cache_key(
        "program",
        *tool_identity(toolchain),
        shared.folder.name,
        code_digest(),
        folder_digest(PROGRAM_SOURCES),
        (PROGRAM_SOURCES / "program.cpp").read_text(encoding="utf-8"),
        *options,
        *linked,
        str(path),
        *(str(folder) for folder in (*include_dirs, "", *last_dirs)),
        lines,
        *key_material(project.copies(library=False)),
        "--",
        *candidates,
    )
    attempt = Attempt(toolchain, shared, project, options, lines, (), shared.include)

    def make(work: Path) -> None:
        messages = attempt.compile(work, library=False)
        while attempt.failed and attempt.supplies_header(messages, work):
            messages = attempt.compile(work, library=False)
        if attempt.failed:
            raise attempt.refused(messages)
        kernels = frozenset(project.qualified_kernels())
        _make_program(work, toolchain, shared, candidate_c, kernels, options, linked)

    return entry(key, make) / "program"


_OPENMP = re.compile(r"#\s*(?:pragma\s+omp\b|include\s*<omp\.h>)")


def _uses_openmp(texts: Iterable[str]) -> bool:
    return any(_OPENMP.search(text) for text in texts)


def _make_program(
    work: Path,
    toolchain: Toolchain,
    shared: Support,
    candidate_c: Mapping[str, str],
    kernels: frozenset[str],
    options: Sequence[str],
    linked: Sequence[str],
) -> None:
    write_files(work / "translated", candidate_c)
    sources = [name for name in sorted(candidate_c) if name.endswith(".c")]
    translated = [_translated(candidate_c, name) for name in sources]
    tables = _tables(work / "source.o", demangler(shared), kernels, translated)
    write_files(work, {"tables.cpp": _tables_text(tables, len(sources))})
    objects = ["source.o", "tables.o", "program.o"]
    includes = [f"-I{PROGRAM_SOURCES}"]
    commands = [
        [*toolchain.cxx, *options, *includes, "-c", "tables.cpp", "-o", "tables.o"],
        [*toolchain.cxx, *options, *includes, "-c", str(PROGRAM_SOURCES / "program.cpp")],
    ]
    for number, name in enumerate(sources):
        renamed = [f"-D{t}={t}_{number}" for t in ("ascendify_kernels", "ascendify_variables")]
        flags = [*common_flags(toolchain), "-std=c11", "-Itranslated", *renamed]
        output = f"translated_{number}.o"
        objects.append(output)
        commands.append([*toolchain.cc, *flags, "-c", f"translated/{name}", "-o", output])
    for command in commands:
        failure = run_compiler(command, work)
        if failure:
            raise compile_error("ASC0702", "the translated kernels do not compile", failure)
    everything = [*objects, *map(str, shared.objects), *linked]
    failure = run_compiler([*toolchain.cxx, *everything, "-o", "program"], work)
    if failure:
        raise compile_error("ASC0702", "the program does not link", failure)
    _fill_offsets(work / "program", tables)
    for item in objects:
        (work / item).unlink()


def _translated(candidate_c: Mapping[str, str], name: str) -> _Translated:
    """The names in the tables of one generated file."""
    files = {n: t for n, t in candidate_c.items() if n == name or not n.endswith(".c")}
    ffi, library = load_library(build_shared(files, language="c"))

    def names(table: Any) -> tuple[str, ...]:
        found: list[str] = []
        while table[len(found)].name != ffi.NULL:
            found.append(ffi.string(table[len(found)].name).decode())
        return tuple(found)

    return _Translated(names(library.ascendify_kernels), names(library.ascendify_variables))


def _tables(
    source: Path,
    demangle: Callable[[str], str | None],
    kernels: frozenset[str],
    translated: Sequence[_Translated],
) -> _Tables:
    spelled = {canonical_name(name): name for t in translated for name in t.kernels}
    wanted = {name for t in translated for name in t.variables}
    variables_of_source = variable_symbols(source)
    rows: list[tuple[str, str, str]] = []
    variables: list[tuple[str, str]] = []
    for symbol in sorted(read_symbols(source), key=lambda s: s.name):
        name = demangle(symbol.name) or symbol.name
        if symbol.is_function:
            shown = instance_name(name)
            translated_name = spelled.get(canonical_name(shown), "")
            # kernels that a macro defines are known by their translations only
            if translated_name or shown.split("<", 1)[0] in kernels:
                rows.append((symbol.name, shown, translated_name))
        elif symbol.name in variables_of_source:
            name = name.replace("(anonymous namespace)::", "")
            if name in wanted:
                variables.append((symbol.name, name))
    return _Tables(tuple(rows), tuple(variables))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tables_text(tables: _Tables, units: int) -> str:
    """The tables as C++; the offsets are not zero, so that they have a place in the file."""
    numbers = range(units)
    count = 1 + len(tables.kernels) + len(tables.variables)
    lines = [
        '#include "program.h"',
        'extern "C" {',
        *(f"extern const ascendify_kernel ascendify_kernels_{n}[];" for n in numbers),
        *(f"extern const ascendify_variable ascendify_variables_{n}[];" for n in numbers),
        f"volatile uint64_t {OFFSETS}[] = {{{', '.join(['1'] * count)}}};",
        "}",
        "namespace ascendify_program {",
        f"const uint32_t kernel_count = {len(tables.kernels)};",
        "const KernelName kernel_names[] = {",
        *(f"  {{{_quoted(shown)}, {_quoted(name)}}}," for _, shown, name in tables.kernels),
        "  {nullptr, nullptr}};",
        f"const uint32_t variable_count = {len(tables.variables)};",
        "const char *const variable_names[] = {",
        *(f"  {_quoted(name)}," for _, name in tables.variables),
        "  nullptr};",
        "const ascendify_kernel *const kernel_tables[] = {",
        *(f"  ascendify_kernels_{n}," for n in numbers),
        "  nullptr};",
        "const ascendify_variable *const variable_tables[] = {",
        *(f"  ascendify_variables_{n}," for n in numbers),
        "  nullptr};",
        "}  // namespace ascendify_program",
        "",
    ]
    return "\n".join(lines)


def _fill_offsets(program: Path, tables: _Tables) -> None:
    """Write where everything is into the linked program."""
    found: dict[str, Symbol] = {symbol.name: symbol for symbol in read_symbols(program)}
    names = [OFFSETS, *(row[0] for row in tables.kernels), *(row[0] for row in tables.variables)]
    missing = Symbol("", 0, 0, False, -1)
    values = [found.get(name, missing).address for name in names]
    with program.open("r+b") as file:
        file.seek(found[OFFSETS].file_offset)
        file.write(struct.pack(f"={len(values)}Q", *values))
