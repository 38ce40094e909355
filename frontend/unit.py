"""A source file as the rest of the pipeline sees it: its kernels in IR, and who launches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..ir.diagnostics import Reporter, error
from ..ir.source import Sources
from .declarations import index_declarations
from .elaborate import KernelUnit, elaborate_kernels, request_from_text
from .host import LaunchSite, find_launches, host_function_parameters
from .instances import find_instances
from .items import Item, ItemKind, is_kernel
from .names import NameTable
from .parser import parse_declaration
from .preprocess import preprocess, read_source

__all__ = ["HostLauncher", "SourceOptions", "Unit", "analyse", "read_source"]


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to read the file: nvcc's -I, -D NAME[=VALUE], -U, -include; which kernels and instances."""

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


@dataclass(frozen=True, slots=True)
class HostLauncher:
    """A host function that launches kernels and takes plain arguments."""

    name: str
    parameter_names: tuple[str, ...]


@dataclass(slots=True)
class Unit:
    """What a file holds."""

    kernels: list[KernelUnit]
    launchers: list[HostLauncher]
    items: list[Item]

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
    path: Path, text: str, options: SourceOptions, *, sources: Sources, reporter: Reporter
) -> Unit:
    """Read, index and elaborate a file. Refusals of single kernels are in their units.

    Raises CompileError where there is nothing to translate at all.
    """
    tokens = preprocess(
        str(path),
        text,
        include_dirs=options.include_dirs,
        defines=options.define_table(),
        undefines=options.undefines,
        force_includes=options.force_includes,
        sources=sources,
        reporter=reporter,
    ).tokens
    items = index_declarations(tokens, reporter)
    if not any(is_kernel(item) for item in items):
        raise error("ASC0004", f"'{path}' defines no __global__ function")
    requests = [*find_instances(items), *map(request_from_text, options.instances)]
    kernels = elaborate_kernels(items, requests, reporter=reporter, sources=sources)
    if options.kernels:
        kernels = _chosen(kernels, options.kernels)
    return Unit(kernels, host_launchers(find_launches(items)), items)


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


def host_launchers(sites: Sequence[LaunchSite]) -> list[HostLauncher]:
    """Functions that can be called from outside to launch kernels: no templates, no overloads."""
    functions: dict[str, list[Item]] = {}
    for site in sites:
        item = site.function
        same = functions.setdefault(item.qualified_name, [])
        if item not in same:
            same.append(item)
    launchers = []
    for name, items in functions.items():
        item = items[0]
        plain = item.kind is ItemKind.FUNCTION and item.is_definition and not item.template
        if len(items) > 1 or not plain or item.qualifier or item.name == "main":
            continue
        parameters = [parameter for _, parameter in host_function_parameters(item)]
        if parameters and all(parameters):
            launchers.append(HostLauncher(name, tuple(parameters)))
    return launchers
