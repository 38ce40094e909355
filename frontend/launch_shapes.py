"""Launch shapes that the source states: blocks, grids and shared memory of its launches.

Where a host function cannot be called (it takes tensors, say), its text still tells how it
launches: `k<<<(n + 255) / 256, 256>>>(x, n)` is a block of 256 and a grid of
`(n + 255) / 256` for the kernel's own parameter. Names of host code that are arguments of the
launch become parameters of the kernel, everything else must come down to constants. A shape that
depends on what is not known is None; but names that the grid or a scalar argument is computed
from may be free (`ir/launch_shape.py`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from ..ir.diagnostics import CompileError
from ..ir.launch_shape import Dims, LaunchShape
from ..ir.size_expressions import (
    Name,
    Number,
    Size,
    constant_value,
    names_in,
    parse_size,
    replaced,
)
from ..ir.size_expressions import text_of as text_of_size
from .host import LaunchSite, find_launches
from .host_code import HostCode
from .host_text import Declared, Tokens, function_parameters, text_of
from .host_values import Choices, HostValues, Place
from .instances import Environment, environments, substitute
from .items import Item
from .tokens import IDENT

MAX_SHAPES_OF_A_SITE = 16
MAX_CALLERS = 3


def launch_shapes(
    items: Sequence[Item], code: HostCode | None = None
) -> dict[str, list[LaunchShape]]:
    """The shapes of all launches by the kernel's name without scope, in the order of the text."""
    code = code or HostCode(items)
    found: dict[str, list[LaunchShape]] = {}
    bound = environments(code)
    values = HostValues(code)
    for site in find_launches(items, code):
        shapes = found.setdefault(site.kernel_name, [])
        for environment in bound(site.function, site.position) or [{}]:
            for shape in _Site(site, values, environment).shapes():
                if shape.is_possible() and shape not in shapes:
                    shapes.append(shape)
    return {name: shapes for name, shapes in found.items() if name}


class _Site:
    """The shapes of one launch with one set of bindings."""

    def __init__(self, site: LaunchSite, values: HostValues, environment: Environment) -> None:
        self.site = site
        self.code = values.code
        self.environment = environment
        self.values = values
        self.parameters = _kernel_parameters(site, values.code)
        self.cases = _switch_values(site, values.code)

    def shapes(self) -> Iterator[LaunchShape]:
        """One shape for every way to choose among the values of ambiguous names."""
        for choices in _every_choice():
            yield from self.shape(choices)

    def shape(self, choices: Choices) -> list[LaunchShape]:
        config = self.site.config
        touched: set[str] = set()
        plain = self.place(choices, {}, touched)
        block = self.values.dims(config[1], plain) if len(config) > 1 else None
        touched_by_block = set(touched)
        arguments = self.arguments(plain)
        renamed = self.renaming(arguments)
        direct = {
            given[0].text: _parameter(parameter.name)
            for parameter, given in self.pairs()
            if len(given) == 1 and given[0].text not in touched_by_block
        }
        seeded = self.place(choices, direct, touched)
        grid = self.values.dims(config[0], seeded) if config else None
        shared = self.values.size(config[2], seeded) if len(config) > 2 else Number(0)
        made = []
        for constants in self.from_callers(block, renamed):
            by = {**renamed, **constants}
            dims = [_each(block, by), _each(grid, by)]
            related = self.relations(arguments, direct, grid, by)
            parts = [size for each in dims for size in each or ()] + [replaced(shared, by)]
            names = _Names(parts, dims[1] or (), related, [p.name for p in self.parameters])
            made.append(
                LaunchShape(
                    names.finished_dims(dims[0]),
                    names.finished_dims(dims[1]),
                    names.finished(replaced(shared, by)),
                    names.finished_all(related),
                    tuple(names.free.values()),
                    self.template_args(plain),
                    self.site.span,
                )
            )
        return made

    def place(self, choices: Choices, bound: Mapping[str, Size], touched: set[str]) -> Place:
        return Place(
            self.site.function,
            self.site.position,
            self.environment,
            {**bound, **self.cases},
            choices,
            touched,
        )

    def pairs(self) -> Iterator[tuple[Declared, Tokens]]:
        """Kernel parameters that can be integers with the launch's arguments."""
        for parameter, given in zip(self.parameters, self.site.args, strict=False):
            if parameter.name and given and not _is_no_integer(parameter):
                yield parameter, given

    def arguments(self, place: Place) -> dict[str, Size]:
        return {p.name: self.values.size(given, place) for p, given in self.pairs()}

    def renaming(self, arguments: Mapping[str, Size]) -> dict[Size, Size]:
        """Host sizes that are arguments, as the kernel's parameters."""
        found: dict[Size, Size] = {}
        for name, size in arguments.items():
            if not isinstance(size, Number):
                found.setdefault(size, _parameter(name))
        return found

    def relations(
        self,
        arguments: Mapping[str, Size],
        direct: Mapping[str, Size],
        grid: Dims | None,
        by: Mapping[Size, Size],
    ) -> dict[str, Size]:
        """Parameters as functions of others and of host names. A constant whose name the grid is
        computed from is left out: any value does."""
        free = set(direct.values()) & {Name(name) for size in grid or () for name in names_in(size)}
        found: dict[str, Size] = {}
        for name, size in arguments.items():
            if isinstance(size, Number):
                if _parameter(name) not in free:
                    found[name] = size
                continue
            others = {key: value for key, value in by.items() if value != _parameter(name)}
            found[name] = replaced(size, others)
        return found

    def template_args(self, place: Place) -> tuple[str, ...]:
        made = []
        for tokens in self.site.template_args or []:
            given = substitute(tokens, self.environment)
            value = constant_value(self.values.size(given, place))
            made.append(_type_text(given) if value is None else str(value))
        return tuple(made)

    def from_callers(
        self, block: Dims | None, renamed: Mapping[Size, Size]
    ) -> list[dict[Size, Size]]:
        """Constants that callers pass for parameters of the host function that the block
        depends on; one empty mapping where it depends on none."""
        used = {name for size in block or () for name in names_in(replaced(size, renamed))}
        found = list(itertools.islice(self.passed(self.site.function, used), MAX_SHAPES_OF_A_SITE))
        return found or [{}]

    def passed(self, function: Item, names: set[str], depth: int = 0) -> Iterator[dict[Size, Size]]:
        """Constants for the parameters among `names`, one mapping per way to call the function."""
        parameters = [p.name for p in function_parameters(function)]
        wanted = [name for name in parameters if name in names]
        if not wanted or depth > MAX_CALLERS:
            return
        seen: list[dict[Size, Size]] = []
        for caller in self.code.items:
            if caller is function or "__global__" in caller.attributes:
                continue
            for at, _, given in self.code.calls(caller, function.name):
                passed = {
                    name: argument
                    for name, argument in zip(parameters, given, strict=False)
                    if name in wanted
                }
                for values in self.passed_at(caller, at, passed, depth):
                    if len(values) == len(wanted) and values not in seen:
                        seen.append(values)
                        yield values

    def passed_at(
        self, caller: Item, at: int, given: Mapping[str, Tokens], depth: int
    ) -> Iterator[dict[Size, Size]]:
        """The constants that one call passes, for every choice that the caller leaves open."""
        for choices in _every_choice():
            place = Place(caller, at, {}, {}, choices, set())
            sizes = {name: self.values.size(tokens, place) for name, tokens in given.items()}
            free = {name for size in sizes.values() for name in names_in(size)}
            for outer in self.passed(caller, free, depth + 1) if free else [{}]:
                made = {Name(name): replaced(size, outer) for name, size in sizes.items()}
                yield {k: v for k, v in made.items() if isinstance(v, Number)}


def _type_text(tokens: Tokens) -> str:
    """A type as text; "" for a value that is not plain."""
    return text_of(tokens) if all(t.kind == IDENT or t.text in "::*<,>" for t in tokens) else ""


def _every_choice() -> Iterator[Choices]:
    """Choices that between them take every value of the names that turn out to be ambiguous:
    what is open shows when the first is used."""
    first = Choices()
    yield first
    ranges = (range(count) for count in first.open.values())
    for combination in itertools.islice(itertools.product(*ranges), 1, MAX_SHAPES_OF_A_SITE):
        yield Choices(dict(zip(first.open, combination, strict=True)))


def _kernel_parameters(site: LaunchSite, code: HostCode) -> list[Declared]:
    """The parameters of the kernel; of the overload that takes as many arguments."""
    candidates = [function_parameters(item) for item in code.kernels.get(site.kernel_name, ())]
    fitting = [p for p in candidates if len(p) == len(site.args)]
    return (fitting or candidates or [[]])[0]


def _switch_values(site: LaunchSite, code: HostCode) -> dict[str, Size]:
    """What the names of enclosing `switch (name)` statements are worth at a launch."""
    tokens, match = site.function.tokens, code.match(site.function)
    found: dict[str, Size] = {}
    labels: list[str] = []
    i = site.position
    while i > 0:
        i -= 1
        text = tokens[i].text
        if text in (")", "]", "}") and match[i] >= 0:
            i = match[i]
        elif text == "{":
            if i > 3 and tokens[i - 1].text == ")" and match[i - 1] > 0:
                head = [t.text for t in tokens[match[i - 1] - 1 : i] if t.text not in "()"]
                if head[:1] == ["switch"] and len(head) == 2 and any(labels[:1]):
                    found.setdefault(head[1], Number(int(labels[0])))
            labels = []
        elif text == "case" and tokens[i + 2].text == ":" and tokens[i + 1].text.isdigit():
            labels.append(tokens[i + 1].text)
        elif text == "default":
            labels.append("")
    return found


_NO_INTEGERS = frozenset(("*", "[", "float", "double", "half", "__half", "__nv_bfloat16"))


def _is_no_integer(parameter: Declared) -> bool:
    return any(token.text in _NO_INTEGERS for token in parameter.type)


MARK = "%"
"""In front of the names that are parameters of the kernel, while host names are about too."""


def _parameter(name: str) -> Name:
    return Name(MARK + name)


def _each(dims: Dims | None, by: Mapping[Size, Size]) -> Dims | None:
    if dims is None:
        return None
    x, y, z = (replaced(size, by) for size in dims)
    return x, y, z


class _Names:
    """What may stay in the expressions of a shape: parameters of the kernel, and those names of
    host code that scalar arguments or the grid are computed from (`free`: from host name to its
    new one). A block that depends on anything else is made for values that are not known."""

    def __init__(
        self,
        parts: Sequence[Size],
        grid: Sequence[Size],
        related: Mapping[str, Size],
        parameters: Sequence[str],
    ) -> None:
        asked = {name for size in parts for name in names_in(size) if name[:1] != MARK}
        free = dict.fromkeys(name for size in grid for name in names_in(size) if name[:1] != MARK)
        known = [list(names_in(size)) for size in related.values()]
        while True:
            size = len(free)
            for names in known:
                hosts = [name for name in names if name[:1] != MARK]
                if asked & set(hosts) or set(free) & set(hosts):
                    free.update(dict.fromkeys(hosts))
            if len(free) == size:
                break
        self.free: dict[str, str] = {}
        taken = set(parameters)
        for name in free:
            plain = re.sub(r"\W+", "_", name).strip("_") or "size"
            while plain in taken or plain in ("block", "grid"):
                plain += "_"
            taken.add(plain)
            self.free[name] = plain

    def finished(self, size: Size) -> Size | None:
        """The expression in its last names; None where it has others, or no possible value."""
        names = set(names_in(size))
        if any(name[:1] != MARK and name not in self.free for name in names):
            return None
        value = constant_value(size)
        if not names and (value is None or value < 0):
            return None
        made = replaced(size, {Name(n): Name(self.free.get(n, n[len(MARK) :])) for n in names})
        return made if _reads_back(made) else None

    def finished_dims(self, dims: Dims | None) -> Dims | None:
        made = [self.finished(size) for size in dims or ()]
        if len(made) != 3 or made[0] is None or made[1] is None or made[2] is None:
            return None
        return made[0], made[1], made[2]

    def finished_all(self, related: Mapping[str, Size]) -> dict[str, Size]:
        """The parameters that have a value or follow from others, not only from themselves."""
        found: dict[str, Size] = {}
        for name, size in related.items():
            finished = self.finished(size)
            if finished is None or finished == Name(name):
                continue
            if not _leads_to(name, finished, found):
                found[name] = finished
        return found


def _reads_back(size: Size) -> bool:
    """Whether the text of an expression is within the limits of those that are read."""
    try:
        parse_size(text_of_size(size))
    except CompileError:
        return False
    return True


def _leads_to(name: str, size: Size, found: Mapping[str, Size]) -> bool:
    """Whether the expression depends on `name` by way of what is found already."""
    pending, seen = list(names_in(size)), set()
    while pending:
        other = pending.pop()
        if other == name:
            return True
        if other in found and other not in seen:
            seen.add(other)
            pending += names_in(found[other])
    return False
