"""Host functions that a proof can call to have kernels launched as their author meant them.

A launcher takes plain arguments and launches kernels, itself or through functions that it calls
(a dispatcher: often a switch over a number, whose cases are then the values worth trying). A
set-up function takes nothing and is called by `main` as a statement of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .host import find_launches, host_function_parameters
from .items import Item, ItemKind
from .tensor_uses import tensor_dimensions, tensor_elements
from .tokens import IDENT, NUMBER, Token


@dataclass(frozen=True, slots=True)
class HostLauncher:
    """`choices` are the values that the function compares a parameter with in a switch;
    `dimensions` and `elements` what it says of tensors (`tensor_uses.py`)."""

    name: str
    parameter_names: tuple[str, ...]
    choices: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    dimensions: Mapping[str, int] = field(default_factory=dict)
    elements: Mapping[str, str] = field(default_factory=dict)


def host_launchers(items: Sequence[Item]) -> list[HostLauncher]:
    """Functions that can be called from outside: no templates, no overloads, not `main`.

    Those that launch by themselves come first, then those that call others that do.
    """
    launching = {site.function.name for site in find_launches(items)}
    functions = [item for item in items if _is_host_function(item)]
    counts: dict[str, int] = {}
    for item in functions:
        counts[item.qualified_name] = counts.get(item.qualified_name, 0) + 1
    launchers: list[HostLauncher] = []
    reached: set[str] = set()
    wave = launching
    while wave:
        reached |= wave
        here = [item for item in functions if item.name in wave]
        launchers += [
            made for item in here if counts[item.qualified_name] == 1 for made in _launcher(item)
        ]
        wave = {i.name for i in functions if i.name not in reached and _mentions(i, wave)}
    return launchers


def set_up_functions(items: Sequence[Item]) -> list[str]:
    """Functions without parameters that `main` calls as statements, in that order."""
    functions = {
        item.name: item.qualified_name
        for item in items
        if _is_host_function(item) and not item.template and not host_function_parameters(item)
    }
    mains = [item for item in items if item.name == "main" and item.body is not None]
    found = [
        functions[name]
        for item in mains
        for name in _plain_calls(_body(item))
        if name in functions and name != "main"
    ]
    return list(dict.fromkeys(found))


def host_pointers(items: Sequence[Item]) -> list[str]:
    """Host variables at namespace level that are pointers, which `main` is to set."""
    device = {"__device__", "__constant__", "__shared__", "__managed__", "const", "constexpr"}
    return [
        item.qualified_name
        for item in items
        if item.kind is ItemKind.VARIABLE
        and not item.attributes & device
        and not item.template
        and len(item.names) <= 1
        and [t.text for t in item.tokens].count("*") == 1
        and not {t.text for t in item.tokens} & {"[", "(", "extern"}
    ]


def program_parameters(items: Sequence[Item]) -> tuple[str, ...] | None:
    """The names of `main`'s parameters; None where the file has no `main`."""
    for item in items:
        if item.name == "main" and _is_host_function(item):
            return tuple(name or "argument" for _, name in host_function_parameters(item))
    return None


def _is_host_function(item: Item) -> bool:
    is_function = item.kind is ItemKind.FUNCTION and item.is_definition and not item.qualifier
    return is_function and not item.attributes & {"__global__", "__device__"}


def _launcher(item: Item) -> Iterator[HostLauncher]:
    names = [name for _, name in host_function_parameters(item)]
    if item.template or item.name == "main" or not names or not all(names):
        return
    yield HostLauncher(
        item.qualified_name, tuple(names), switch_choices(item, names),
        tensor_dimensions(item, names), tensor_elements(item, names),
    )  # fmt: skip


def _body(item: Item) -> Sequence[Token]:
    return item.tokens[item.body[0] : item.body[1]] if item.body is not None else ()


def _mentions(item: Item, names: set[str]) -> bool:
    """Whether the body calls one of `names`."""
    body = _body(item)
    return any(
        token.kind == IDENT and token.text in names and body[at + 1].text in ("(", "<")
        for at, token in enumerate(body[:-1])
    )


def _plain_calls(body: Sequence[Token]) -> Iterator[str]:
    """Names called as `name();` at the start of a statement."""
    for at in range(1, len(body) - 3):
        before, name, *call = (token.text for token in body[at - 1 : at + 4])
        if before in ("{", "}", ";") and call == ["(", ")", ";"]:
            yield name


def switch_choices(item: Item, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Case labels of `switch (parameter)`, by parameter."""
    body = _body(item)
    found: dict[str, tuple[int, ...]] = {}
    for at in range(len(body) - 4):
        words = [token.text for token in body[at : at + 4]]
        if words[:2] == ["switch", "("] and words[2] in names and words[3] == ")":
            found[words[2]] = tuple(dict.fromkeys(_labels(body, at + 4)))
    return {name: labels for name, labels in found.items() if labels}


def _labels(body: Sequence[Token], at: int) -> Iterator[int]:
    """Integer case labels in the braces that open at `at`, not in inner switches' braces."""
    depth = 0
    while at < len(body) - 1:
        text = body[at].text
        depth += (text == "{") - (text == "}")
        if depth == 0:
            return
        if text == "case" and depth == 1 and body[at + 1].kind == NUMBER:
            digits = body[at + 1].text
            if digits.isdigit():
                yield int(digits)
        at += 1
