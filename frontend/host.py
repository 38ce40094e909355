"""Where host code launches kernels.

Host code is not parsed: declarations are searched for `k<<<grid, block>>>(...)` and for the
launch functions of the runtime API, local pointers to kernels are followed, and each launch is
given as token lists for grid, block, shared memory, stream and arguments. Launches inside lambdas
and inside the arguments of framework macros are found like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..ir.source import Span
from .host_code import HostCode
from .host_text import (
    Tokens,
    angle_end,
    function_parameters,
    initializer_end,
    split_arguments,
    template_parameters,
    text_of,
)
from .items import Item, ItemKind
from .tokens import IDENT, NUMBER, Token


@dataclass(frozen=True, slots=True)
class LaunchSite:
    """A launch in the text of `function`, at its token `position`.

    `config` has grid and block, then maybe shared memory and stream. `template_args` is None
    where none are written. `kernel_name` is "" where the kernel is not named by a path. `named_at`
    is where the kernel is named, if that is in another function: a caller that passes it.
    """

    kernel_name: str
    qualifier: tuple[str, ...]
    template_args: list[Tokens] | None
    config: list[Tokens]
    args: list[Tokens]
    span: Span
    function: Item
    position: int
    named_at: tuple[Item, int] | None = None


@dataclass(frozen=True, slots=True)
class KernelPath:
    """A kernel as an expression names it; `named_at` where that is in another function."""

    name: str
    qualifier: tuple[str, ...]
    template_args: list[Tokens] | None
    start: int
    named_at: tuple[Item, int] | None = None


_LAUNCH_FUNCTIONS = ("cudaLaunchKernel", "cudaLaunchCooperativeKernel", "cudaLaunchKernelExC")
_CASTS = ("reinterpret_cast", "static_cast", "const_cast")
_MAX_INDIRECTIONS = 4


def find_launches(items: Sequence[Item], code: HostCode | None = None) -> list[LaunchSite]:
    """All launches in host code, in the order of the text."""
    code = code or HostCode(items)
    return [site for item in code.items if _is_host(item) for site in _launches_in(item, code)]


def host_function_parameters(item: Item) -> list[tuple[str, str]]:
    """Type and name of a function's parameters, as text."""
    return [(text_of(p.type), p.name) for p in function_parameters(item)]


def _is_host(item: Item) -> bool:
    """Whether launches in the item are host code's: not those of device code."""
    if item.kind is ItemKind.FUNCTION and item.attributes & {"__global__", "__device__"}:
        return "__host__" in item.attributes
    return True


def _launches_in(item: Item, code: HostCode) -> Iterator[LaunchSite]:
    tokens = item.tokens
    for i, token in enumerate(tokens):
        if token.text == "<<<":
            yield from _chevron_launch(item, i, code)
        elif token.kind == IDENT and token.text in _LAUNCH_FUNCTIONS:
            yield from _api_launch(item, i, code)
        elif token.text == "cudaLaunchKernelEx":
            yield from _config_launch(item, i, code)


# ---------------------------------------------------------------- k<<<...>>>(...)


def _chevron_launch(item: Item, i: int, code: HostCode) -> Iterator[LaunchSite]:
    tokens = item.tokens
    path = _path_before(tokens, i)
    end = _chevron_end(tokens, i, code.match(item))
    if end is None:
        return
    config = split_arguments(tokens[i + 1 : end])
    closing = code.match(item)[end + 3]
    if closing < 0:
        return
    args = split_arguments(tokens[end + 4 : closing])
    start = path.start if path is not None else i
    span = tokens[start].span.to(tokens[min(closing, len(tokens) - 1)].span)
    for kernel in _kernels(path, item, i, code):
        yield LaunchSite(
            kernel.name, kernel.qualifier, kernel.template_args, config, args, span, item, i,
            kernel.named_at,
        )  # fmt: skip


def _chevron_end(tokens: Tokens, i: int, match: list[int]) -> int | None:
    """The index of the first `>` of the `>>>` that closes the `<<<` at i."""
    j = i + 1
    while j + 3 < len(tokens):
        text = tokens[j].text
        if text in ("(", "[", "{"):
            j = max(match[j], j)
        elif text == ">" and tokens[j + 1].text == ">" and tokens[j + 2].text == ">":
            if tokens[j + 3].text == "(" and tokens[j + 1].glued and tokens[j + 2].glued:
                return j
        elif text in (";", "}"):
            return None
        j += 1
    return None


def _path_before(tokens: Tokens, end: int) -> KernelPath | None:
    """The path `a::b::k<...>` that ends before `end`; parentheses around it are looked through,
    a subscript is left out."""
    j = end - 1
    while j > 0 and tokens[j].text in (")", "]"):
        if tokens[j].text == "]":
            j = next((at for at in range(j, 0, -1) if tokens[at].text == "["), 0)
        end = j
        j -= 1
    template_args = None
    if tokens[j].text == ">":
        opening = _angle_start(tokens, j)
        if opening is None:
            return None
        template_args = split_arguments(tokens[opening + 1 : j])
        j = opening - 1
    if j < 0 or tokens[j].kind != IDENT:
        return None
    name = tokens[j].text
    qualifier: list[str] = []
    while j >= 2 and tokens[j - 1].text in ("::", "template"):
        j -= 1
        if tokens[j].text == "template":
            continue
        k = j - 1
        if tokens[k].text == ">":
            opening = _angle_start(tokens, k)
            if opening is None:
                break
            k = opening - 1
        if k < 0 or tokens[k].kind != IDENT:
            break
        qualifier.append(tokens[k].text)
        j = k
    return KernelPath(name, tuple(reversed(qualifier)), template_args, j)


def _angle_start(tokens: Tokens, j: int) -> int | None:
    """The index of the `<` that the `>` at j closes."""
    depth = nesting = 0
    while j >= 0:
        text = tokens[j].text
        if text in (")", "]", "}"):
            nesting += 1
        elif text in ("(", "[", "{"):
            nesting -= 1
            if nesting < 0:
                return None
        elif nesting == 0 and text == ">":
            depth += 1
        elif nesting == 0 and text == "<":
            depth -= 1
            if depth == 0:
                return j
        elif nesting == 0 and text == ";":
            return None
        j -= 1
    return None


# ---------------------------------------------------------------- runtime API


def _call_arguments(item: Item, i: int, code: HostCode) -> list[Tokens] | None:
    """The arguments of the call of the name at i, template arguments skipped."""
    tokens = item.tokens
    j = i + 1
    if j < len(tokens) and tokens[j].text == "<":
        j = angle_end(tokens, j)
    if j >= len(tokens) or tokens[j].text != "(" or code.match(item)[j] < 0:
        return None
    return split_arguments(tokens[j + 1 : code.match(item)[j]])


def _api_launch(item: Item, i: int, code: HostCode) -> Iterator[LaunchSite]:
    """`cudaLaunchKernel((void*)k, grid, block, args, shared, stream)`."""
    given = _call_arguments(item, i, code)
    if given is None:
        return
    if item.tokens[i].text == "cudaLaunchKernelExC":
        if len(given) != 3:
            return
        config, kernel, array = _config_fields(item, i, given[0], code), given[1], given[2]
    elif len(given) >= 4:
        kernel, array = given[0], given[3]
        config = [given[1], given[2], *given[4:6]]
    else:
        return
    args = _pointed_arguments(item, i, array, code)
    for path in _kernels(_stripped_path(kernel), item, i, code):
        yield LaunchSite(
            path.name, path.qualifier, path.template_args, config, args,
            item.tokens[i].span, item, i, path.named_at,
        )  # fmt: skip


def _config_launch(item: Item, i: int, code: HostCode) -> Iterator[LaunchSite]:
    """`cudaLaunchKernelEx(&config, k, args...)`."""
    given = _call_arguments(item, i, code)
    if given is None or len(given) < 2:
        return
    config = _config_fields(item, i, given[0], code)
    for path in _kernels(_stripped_path(given[1]), item, i, code):
        yield LaunchSite(
            path.name, path.qualifier, path.template_args, config, given[2:],
            item.tokens[i].span, item, i, path.named_at,
        )  # fmt: skip


def _config_fields(item: Item, i: int, config: Tokens, code: HostCode) -> list[Tokens]:
    """Grid, block, shared memory and stream of a `cudaLaunchConfig_t` variable."""
    name = config[-1].text if config else ""
    zero = Token(NUMBER, "0", item.tokens[i].span)
    fields = {"gridDim": [zero], "blockDim": [zero], "dynamicSmemBytes": [zero], "stream": [zero]}
    declared = code.sight(item, i).get(name)
    if declared is not None and declared.init and declared.init[0].text == "{":
        for field, value in zip(fields, split_arguments(declared.init[1:-1]), strict=False):
            fields[field] = value
    for at, value in code.assigned(item, name, i):
        if item.tokens[at - 1].text in fields:
            fields[item.tokens[at - 1].text] = value
    return list(fields.values())


def _pointed_arguments(item: Item, i: int, array: Tokens, code: HostCode) -> list[Tokens]:
    """The arguments whose addresses the array holds: `void* args[] = {&a, &b}`."""
    if len(array) == 1 and array[0].kind == IDENT:
        declared = code.sight(item, i).get(array[0].text)
        array = declared.init if declared is not None and declared.init else []
    while array and array[0].text != "{":
        array = array[1:]
    inner = array[1:-1] if array and array[-1].text == "}" else array[1:]
    return [_address_operand(part) for part in split_arguments(inner)]


def _address_operand(tokens: Tokens) -> Tokens:
    """`a` from `&a`, `(void*)&a` and `reinterpret_cast<void*>(&a)`."""
    stripped = _without_casts(tokens)
    return stripped[1:] if stripped and stripped[0].text == "&" else stripped


def _without_casts(tokens: Tokens) -> Tokens:
    while tokens:
        if tokens[0].text in _CASTS and len(tokens) > 1 and tokens[1].text == "<":
            end = angle_end(tokens, 1)
            if end == 1:
                return tokens
            tokens = tokens[end:]
        elif tokens[0].text == "(":
            depth, end = 0, 0
            while end < len(tokens):
                depth += (tokens[end].text == "(") - (tokens[end].text == ")")
                end += 1
                if depth == 0:
                    break
            inner, rest = tokens[1 : end - 1], tokens[end:]
            tokens = rest if rest else inner
        else:
            return tokens
    return tokens


def _stripped_path(tokens: Tokens) -> KernelPath | None:
    """The path in `(void*)k<T>`, `&k`, `k`."""
    plain = _address_operand(tokens)
    return _path_before(plain, len(plain)) if plain else None


# ---------------------------------------------------------------- pointers to kernels


def _kernels(
    path: KernelPath | None, item: Item, position: int, code: HostCode, depth: int = 0
) -> list[KernelPath]:
    """The kernels that a path may mean: itself, or what a local pointer or a parameter of that
    name may hold; the path as it stands where that is not found."""
    if path is None:
        return [KernelPath("", (), None, position)]
    if path.name in code.kernels or depth > _MAX_INDIRECTIONS:
        return [path]
    found: list[KernelPath] = []
    for value in _values_of(path.name, item, position, code):
        for choice in _choices(value):
            inner = _stripped_path(choice)
            if inner is not None and inner.name != path.name:
                found += _kernels(inner, item, position, code, depth + 1)
            found += _returned_kernels(choice, code, depth)
    if not found:
        found = _passed_kernels(path.name, item, code, depth)
    found = [f for f in found if f.name in code.kernels]
    return found or [path]


def _values_of(name: str, item: Item, position: int, code: HostCode) -> Iterator[Tokens]:
    """What is assigned to a local variable before a position."""
    for _, value in code.assigned(item, name, position):
        yield value
    declared = code.sight(item, position).get(name)
    if declared is not None and declared.init and not declared.is_type:
        yield declared.init


def _choices(tokens: Tokens) -> list[Tokens]:
    """Both sides of a conditional expression, all elements of a list."""
    depth = 0
    if len(tokens) > 2 and tokens[0].text == "{" and tokens[-1].text == "}":
        return [c for part in split_arguments(tokens[1:-1]) for c in _choices(part)]
    for i, token in enumerate(tokens):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if token.text == "?" and depth == 0:
            rest = tokens[i + 1 :]
            colon = next((j for j, t in enumerate(rest) if t.text == ":"), len(rest))
            return [*_choices(rest[:colon]), *_choices(rest[colon + 1 :])]
    return [tokens]


def _returned_kernels(tokens: Tokens, code: HostCode, depth: int) -> list[KernelPath]:
    """Kernels that a call of a host function may return."""
    opening = next((i for i, t in enumerate(tokens) if t.text == "("), -1)
    if opening < 1 or tokens[-1].text != ")":
        return []
    callee = _path_before(tokens, opening)
    found: list[KernelPath] = []
    for function in code.functions.get(callee.name, ()) if callee is not None else ():
        body = function.body or (0, 0)
        for at in code.identifiers(function).get("return", ()):
            if body[0] <= at:
                value = function.tokens[at + 1 : initializer_end(function.tokens, at + 1)]
                for choice in _choices(value):
                    inner = _stripped_path(choice)
                    if inner is not None:
                        found += _named(
                            _kernels(inner, function, at, code, depth + 1), function, at
                        )
    return found


def _named(paths: Sequence[KernelPath], item: Item, at: int) -> list[KernelPath]:
    """The paths, with the place where they are named."""
    return [p if p.named_at is not None else replace(p, named_at=(item, at)) for p in paths]


def _passed_kernels(name: str, item: Item, code: HostCode, depth: int) -> list[KernelPath]:
    """Kernels that callers pass for the parameter `name` of the function or its template."""
    names = [p.name for p in function_parameters(item)]
    template_names = [p.name for p in template_parameters(item)]
    if name not in (*names, *template_names) or not item.name:
        return []
    found: list[KernelPath] = []
    for caller in code.items:
        if caller is item or not _is_host(caller):
            continue
        for at, written, arguments in code.calls(caller, item.name):
            given = arguments if name in names else split_arguments(written or [])
            index = (names if name in names else template_names).index(name)
            if index < len(given):
                path = _stripped_path(given[index])
                if path is not None:
                    found += _named(_kernels(path, caller, at, code, depth + 1), caller, at)
    return found
