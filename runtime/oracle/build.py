"""Compiling the user's original source on the CPU headers: as a library of its kernels for the
proof, and as a whole program with translated kernels behind its launches.

A library may leave out host code that does not compile here (libraries that are not installed,
APIs that the headers lack): the definitions that the compiler complains about are blanked out and
it is tried again. Kernels that do not compile go the same way, so that one of them does not hide
the others; both are reported.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..build import tool_identity
from ..cache import cache_key, entry
from ..toolchain import find_toolchain
from .attempt import FACTS, Attempt, Dropped
from .memory_map import MemoryMap, memory_map
from .program import build_hosted_program
from .project import Project, define_lines, key_material, read_project
from .shared_variables import SharedVariable, other_names, shared_variables
from .support_library import (
    code_digest,
    compile_flags,
    demangler,
    standard_of,
    support,
    watched_flags,
)
from .symbols import canonical_name, instance_names, variable_offsets
from .uninitialised import UninitialisedLocal

__all__ = ["Dropped", "Oracle", "build_hosted_program", "build_oracle"]


@dataclass(frozen=True, slots=True)
class Oracle:
    """A built library. `names` maps kernels' offsets in the file to instance names, spelled as
    the caller of `build_oracle` spelled them where it did; `variables` names to offsets;
    `instances` are the names that `ascendify_oracle_launch_instance` knows; `shared` is what
    `ascendify_oracle_shared_variable` should be told; `memory` is what the checks need;
    `uninitialised` are uses of local variables that the compiler warns of."""

    so_path: Path
    names: Mapping[int, str]
    variables: Mapping[str, int]
    instances: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    shared: tuple[SharedVariable, ...] = ()
    memory: MemoryMap = field(default_factory=MemoryMap)
    uninitialised: tuple[UninitialisedLocal, ...] = ()


def build_oracle(
    path: str | Path,
    text: str,
    *,
    include_dirs: Sequence[str | Path] = (),
    last_dirs: Sequence[str | Path] = (),
    defines: Sequence[str] = (),
    undefines: Sequence[str] = (),
    std: str = "c++17",
    instances: Sequence[str] = (),
    epilogue: str = "",
    is_precise: bool = False,
) -> Oracle:
    """Build the library of a source's kernels.

    `instances` are template instances to compile and register by name; `epilogue` is C++ text to
    compile after the source, each line of which may fail by itself. `is_precise`: intermediate
    results keep more digits than their types have (see `has_precision`), and nothing is checked.
    Raises CompileError: ASC0701 without a compiler, ASC0703 where no kernel compiles.
    """
    toolchain = find_toolchain()
    common = support(toolchain, standard_of(std))
    project = read_project(Path(path), text, include_dirs, last_dirs)
    extra = _extra_lines(project, instances, epilogue)
    options = watched_flags(toolchain, standard_of(std))
    include = common.watched_include
    if is_precise:
        options = [*compile_flags(toolchain, standard_of(std)), *PRECISE_FLAGS]
        include = common.include
    key = cache_key(
        "library",
        *tool_identity(toolchain),
        common.folder.name,
        code_digest(),
        *options,
        str(path),
        *(str(folder) for folder in (*include_dirs, "", *last_dirs)),
        define_lines(defines, undefines),
        *extra,
        *key_material(project.copies(library=True)),
    )
    lines = define_lines(defines, undefines)
    attempt = Attempt(toolchain, common, project, options, lines, extra, include)
    folder = entry(key, attempt.make_library)
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    dropped = tuple(Dropped(**item) for item in facts["dropped"])
    library = folder / "oracle.so"
    kernels = [k for p in project.texts for k in project.outline(p).kernels]
    demangle = demangler(common)
    bases = {k.qualified for k in kernels} | {_base(name) for name in instances}
    names = instance_names(library, demangle, bases.__contains__)
    variables = variable_offsets(library, demangle, frozenset(facts["variables"]))
    others = other_names(project.outline(p).tokens for p in project.texts)
    in_source = frozenset(facts["thread_locals"])
    shared = shared_variables(library, demangle, in_source, others, names)
    files = project.debug_names()
    wanted = {canonical_name(name): name for name in instances}
    gone = {d.name for d in dropped}
    plain = (k.qualified for k in kernels if k.template is None and k.is_definition)
    known = dict.fromkeys((*plain, *instances))
    return Oracle(
        library,
        {at: wanted.get(canonical_name(name), name) for at, name in names.items()},
        variables,
        tuple(n for n in known if n not in gone and n.rsplit("::", 1)[-1] not in gone),
        dropped,
        shared,
        memory_map(library, demangle, frozenset(facts["variables"]), shared, files),
        tuple(UninitialisedLocal(**use) for use in facts["uninitialised"]),
    )


PRECISE_FLAGS = ("-mfpmath=387",)
"""The x87 unit computes with 64 bits of mantissa; results are rounded when they are stored."""


def has_precision() -> bool:
    """Whether an oracle can be built with `is_precise` here."""
    return platform.machine() in ("x86_64", "AMD64") and find_toolchain().kind == "gcc"


def _extra_lines(project: Project, instances: Sequence[str], epilogue: str) -> list[str]:
    """The text behind the source: one registration or line of the epilogue per line."""
    registered = {
        k.qualified
        for path in project.texts
        for k in project.outline(path).kernels
        if k.template is None and k.is_definition
    }
    lines = [
        f'ASCENDIFY_ORACLE_INSTANCE("{name}", {name})'
        for name in instances
        if name not in registered
    ]
    return [*lines, *epilogue.splitlines()]


def _base(instance: str) -> str:
    """An instance's name without template arguments."""
    return instance.split("<", 1)[0].strip().removeprefix("::")
