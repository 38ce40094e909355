"""A source file as the rest of the pipeline sees it: its kernels in IR, and who launches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..ir.diagnostics import Reporter, error
from ..ir.source import Sources
from .declarations import index_declarations
from .default_instances import DefaultInstances
from .elaborate import KernelUnit, elaborate_kernels, request_from_text
from .instances import InstanceRequest, find_instances
from .items import Item, is_kernel
from .launchers import (
    HostLauncher,
    host_launchers,
    host_pointers,
    program_parameters,
    set_up_functions,
)
from .names import NameTable
from .parser import parse_declaration
from .preprocess import preprocess, read_source

__all__ = ["SourceOptions", "Unit", "analyse", "read_source"]


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to read the file, as nvcc takes it, and which kernels and instances are wanted."""

    include_dirs: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    undefines: tuple[str, ...] = ()
    force_includes: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()

    def define_table(self) -> dict[str, str]:
        """Macro names with their texts; 1 where none is given, as compilers do."""
        pairs = (text.partition("=") for text in self.defines)
        return {name: value if equals else "1" for name, equals, value in pairs}


@dataclass(slots=True)
class Unit:
    """What a file holds."""

    kernels: list[KernelUnit]
    launchers: list[HostLauncher]
    setups: list[str]
    pointers: list[str]
    program: tuple[str, ...] | None
    """The parameters of `main`; None where there is none."""
    items: list[Item]
    found_dirs: tuple[str, ...] = ()
    """Folders in which headers were found that no include folder of the options has."""

    def print_ast(self) -> str:
        """The syntax trees of all device declarations, as text."""
        from .print_syntax import print_declaration

        names = NameTable(self.items)
        return "".join(
            print_declaration(parse_declaration(item.tokens, names, scope=item.scope))
            for item in self.items
            if "__device__" in item.attributes or is_kernel(item)
        )


def analyse(
    path: Path,
    text: str,
    options: SourceOptions,
    *,
    sources: Sources,
    reporter: Reporter,
    more_instances: Callable[[Sequence[Item]], Sequence[str]] | None = None,
) -> Unit:
    """Read, index and elaborate a file. Refusals of single kernels are in their units.

    `more_instances` gives instances that the declarations themselves ask for (in comments, say);
    those of kernels that the file does not have are left out. Raises CompileError where there is
    nothing to translate at all.
    """
    read = preprocess(
        str(path),
        text,
        include_dirs=options.include_dirs,
        defines=options.define_table(),
        undefines=options.undefines,
        force_includes=options.force_includes,
        sources=sources,
        reporter=reporter,
    )
    items = index_declarations(read.tokens, reporter)
    if not any(is_kernel(item) for item in items):
        raise error("ASC0004", f"'{path}' defines no __global__ function")
    asked = [request_from_text(text) for text in options.instances]
    _require_kernels(asked, items)
    if more_instances is not None:
        names = {item.name for item in items if is_kernel(item)}
        more = [request_from_text(text) for text in more_instances(items)]
        asked += [request for request in more if request.kernel_name in names]
    requests = [*find_instances(items), *asked]
    defaults = DefaultInstances(items)
    kernels = elaborate_kernels(
        items, requests, reporter=reporter, sources=sources, defaults=defaults
    )
    if not kernels:
        raise error("ASC0004", f"'{path}' defines no __global__ function")
    if options.kernels:
        kernels = _chosen(kernels, options.kernels)
    return Unit(
        kernels,
        host_launchers(items),
        set_up_functions(items),
        host_pointers(items),
        program_parameters(items),
        items,
        tuple(read.found_dirs),
    )


def _require_kernels(asked: Sequence[InstanceRequest], items: Sequence[Item]) -> None:
    """Every instance that was asked for must be one of a kernel of the file."""
    known = list(dict.fromkeys(item.name for item in items if is_kernel(item)))
    for request in asked:
        if request.kernel_name not in known:
            raise error(
                "ASC0008",
                f"no kernel '{request.kernel_name}'",
                help=f"there are: {', '.join(known)}",
            )


def _chosen(kernels: list[KernelUnit], names: Sequence[str]) -> list[KernelUnit]:
    """The kernels that --kernel names, by name or instance."""
    known = {n for k in kernels for n in (k.name, k.instance, k.name.split("::")[-1])}
    for name in names:
        if name not in known:
            raise error(
                "ASC0008",
                f"no kernel '{name}'",
                help=f"there are: {', '.join(dict.fromkeys(k.instance for k in kernels))}",
            )
    wanted = set(names)
    return [k for k in kernels if wanted & {k.name, k.instance, k.name.split("::")[-1]}]
