"""Instances of kernel templates that nobody launches, so that these are translated too.

What launches inside host templates that are never instantiated leave open, and all of a template
without launches, is filled in: `float` for types, for numbers what their name or their use asks
for (a block of 256 threads, a tile of 16), both values for `bool`, a function object of the file
for a type that is called. Defaults of the template stay. An instance counts if it elaborates;
what was assumed is said with it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..ir.launch_shape import LaunchShape
from ..ir.source import Span
from .host_code import HostCode
from .host_text import (
    TYPE_WORDS,
    TemplateParameter,
    Tokens,
    function_parameters,
    skip_bracket,
    template_parameters,
    text_of,
)
from .instances import InstanceRequest
from .items import Item, ItemKind
from .launch_shapes import launch_shapes
from .tokens import IDENT, Token, lex_fragment

MAX_ATTEMPTS = 14
"""How many sets of template arguments are tried for one kernel."""
MAX_INSTANCES = 4
MAX_FLAGS = 2
"""With more parameters of type `bool` than this they all are false, or all true."""

TYPES = ("float", "__half", "int", "double", "__nv_bfloat16", "unsigned char")
TYPES_BY_NAME = (
    (re.compile(r"^acc|acc(umulator|scalar)?_?t?$|compute|^MathT", re.IGNORECASE), ("float",)),
    (
        re.compile(r"ind(ex|ices)|idx|offset|^I$|^int|label|key|^Id|Id_?(Type|T)$", re.IGNORECASE),
        ("int", "int64_t"),
    ),
    (re.compile(r"vec|pack|float4|copy|aligned", re.IGNORECASE), ("float4", "float2", "int4")),
    (re.compile(r"mask|bool|flag", re.IGNORECASE), ("bool", "unsigned char")),
)
"""Types for type parameters, by the parameter's name; before those of `TYPES`."""
TYPES_BY_KERNEL = (
    (re.compile(r"bf16|bfloat"), "__nv_bfloat16"),
    (re.compile(r"half|fp16|f16"), "__half"),
    (re.compile(r"f64|double"), "double"),
)
"""The first type to try, by the kernel's name."""

NUMBERS_BY_NAME = tuple(
    (re.compile(pattern, re.IGNORECASE), value)
    for pattern, value in (
        (r"warp_?size|lanes|^kWarp$", 32),
        (r"warps|nwarp", 4),
        (r"block_?(size|dim|threads)?_?(x)?$|threads|^TPB$|^NT$|cta_?size|^kThreads|^BS$", 256),
        (r"block_?(size|dim)?_?y$", 8),
        (r"tile|^TS$", 16),
        (r"^B[MN]$", 64),
        (r"^BK$|^T[MN]$", 8),
        (r"unroll|vec|ilp|pack|items|per_?thread|elem", 4),
        (r"stages?", 2),
        (r"radius|kernel_?(size|h|w|dim)|filter|^K[HW]$|^k$|^r$|taps", 3),
        (r"^n?dims?$|rank", 2),
        (r"head|hidden|depth|dim$|^D$|width|cols", 64),
        (r"bits", 8),
        (r"log2?", 5),
        (r"bins|buckets", 256),
        (r"rows", 4),
        (r"pad", 1),
    )
)
"""Values of integers by the parameter's name; the first pattern that fits."""
BLOCK, TILE, FEW = 256, 16, 4
OTHER_NUMBERS = (32, 128, 16, 8, 2, 1, 64)
"""Values to try where the first does not elaborate."""
VECTOR_MEMBERS = frozenset("xyzw")
_INTEGERS = frozenset(
    "int unsigned size_t long short char int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t "
    "uint64_t auto index_t".split()
)


@dataclass(frozen=True, slots=True)
class DefaultInstance:
    """An instance to try, and what it assumes, in words."""

    request: InstanceRequest
    assumed: str


class DefaultInstances:
    """Instances for the kernel templates of a file."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items

    @cached_property
    def code(self) -> HostCode:
        return HostCode(self.items)

    @cached_property
    def shapes(self) -> Mapping[str, list[LaunchShape]]:
        """Launches, which know some template arguments where they do not know all."""
        return launch_shapes(self.items, self.code)

    def of(self, kernel: Item) -> Iterator[list[DefaultInstance]]:
        """Sets of instances in the order of preference: the first set of which one elaborates is
        the one to take."""
        parameters = template_parameters(kernel)
        needed = [p for p in parameters if p.default is None and not p.pack]
        if not needed or any(not p.name for p in needed):
            if parameters and not needed:
                text = "all template parameters have defaults"
                yield [DefaultInstance(_request(kernel, []), _said(text))]
            return
        count = 1 + max(i for i, p in enumerate(parameters) if p in needed)
        needed = parameters[:count]
        choices = [self.choices(p, kernel) for p in needed]
        if any(not choice for choice in choices):
            return
        launched = self.launched(kernel, needed)
        first = [
            _instance(kernel, needed, values, known)
            for known in launched
            for values in _both(needed, next(_variations(needed, choices, known)), known)
        ]
        yield first[:MAX_INSTANCES]
        for known in launched[:1] if launched == [{}] else [launched[0], {}]:
            for values in itertools.islice(_variations(needed, choices, known), 1, MAX_ATTEMPTS):
                yield [_instance(kernel, needed, v, known) for v in _both(needed, values, known)]

    def launched(self, kernel: Item, needed: Sequence[TemplateParameter]) -> list[dict[int, str]]:
        """Template arguments that launches know, by position; one empty mapping without any."""
        found: list[dict[int, str]] = []
        for shape in self.shapes.get(kernel.name, ()):
            known = {
                at: text
                for at, text in enumerate(shape.template_args[: len(needed)])
                if (text.isdigit() and not needed[at].is_type) or text in TYPE_WORDS
            }
            if known and known not in found:
                found.append(known)
        return found or [{}]

    # ------------------------------------------------------------ candidates

    def choices(self, parameter: TemplateParameter, kernel: Item) -> list[str]:
        """Values for a parameter, the likeliest first; none where nothing can be guessed."""
        if parameter.is_type:
            if parameter.type and parameter.type[0].text == "template":
                return []
            return self.types(parameter.name, kernel)
        words = {t.text for t in parameter.type}
        if "bool" in words:
            return ["false", "true"]
        if words & {"*", "&", "float", "double"}:
            return self.functions(parameter) if "*" in words else []
        enumerators = self.enumerators(words)
        if enumerators:
            return enumerators
        if words & _INTEGERS:
            first = _number(parameter.name, kernel)
            return [str(first), *(str(n) for n in OTHER_NUMBERS if n != first)]
        return []

    def types(self, name: str, kernel: Item) -> list[str]:
        special = self.specialized_for(name, kernel)
        if special:
            return special
        wanted = _wanted_members(name, kernel)
        if wanted:
            return [text for text, members in self.classes if wanted <= members]
        first = [text for pattern, text in TYPES_BY_KERNEL if pattern.search(kernel.name.lower())]
        for pattern, texts in TYPES_BY_NAME:
            if pattern.search(name):
                first = [*texts]
                break
        return list(dict.fromkeys([*first, *TYPES]))

    def specialized_for(self, name: str, kernel: Item) -> list[str]:
        """The types for which a class template exists that the kernel takes with this parameter
        (`Traits<T>`), where there is no general one. Types that can be named but not used last."""
        found: list[str] = []
        tokens = kernel.tokens
        for at in range(1, len(tokens) - 2):
            words = (tokens[at].text, tokens[at + 1].text, tokens[at + 2].text)
            if words == ("<", name, ">") and tokens[at - 1].text in self.specialized_only:
                found += self.specialized_only[tokens[at - 1].text]
        plain = [t for t in dict.fromkeys(found) if t in TYPE_WORDS]
        return [*plain, *(t for t in dict.fromkeys(found) if t not in TYPE_WORDS)]

    @cached_property
    def specialized_only(self) -> dict[str, list[str]]:
        """Class templates of one type that are defined for certain types only, with these."""
        general = {
            item.name
            for item in self.items
            if item.kind is ItemKind.CLASS and item.body is not None and not item.specialization
        }
        found: dict[str, list[str]] = {}
        for item in self.items:
            if item.kind is ItemKind.CLASS and item.specialization and item.name not in general:
                if item.name_arguments is not None:
                    start, end = item.name_arguments
                    argument = text_of(item.tokens[start + 1 : end - 1])
                    found.setdefault(item.name, []).append(argument)
        return found

    @cached_property
    def classes(self) -> list[tuple[str, frozenset[str]]]:
        """Classes of the file with the names that stand in them; templates as those of float."""
        found: list[tuple[str, frozenset[str]]] = []
        for item in self.items:
            if item.kind is not ItemKind.CLASS or item.body is None or item.specialization:
                continue
            text = item.qualified_name
            if item.template:
                parameters = [p for p in template_parameters(item) if p.default is None]
                if not all(p.is_type and not p.pack for p in parameters):
                    continue
                text += f"<{', '.join('float' for _ in parameters)}>"
            words = frozenset(t.text for t in item.tokens[item.body[0] : item.body[1]])
            found.append((text, words))
        return found

    def enumerators(self, words: set[str]) -> list[str]:
        """The enumerators of an enumeration of the file."""
        for item in self.items:
            if item.kind is not ItemKind.ENUM or item.body is None or item.name not in words:
                continue
            scoped = {"class", "struct"} & {t.text for t in item.tokens[: item.body[0]]}
            inner = item.tokens[item.body[0] : item.body[1]]
            path = [*item.scope, *([item.name] if scoped else [])]
            return [
                "::".join((*path, t.text))
                for before, t in itertools.pairwise(inner)
                if t.kind == IDENT and before.text in ("{", ",")
            ]
        return []

    def functions(self, parameter: TemplateParameter) -> list[str]:
        """Device functions for a function pointer: those with as many parameters."""
        words = [t.text for t in parameter.type]
        if "(" not in words:
            return []
        commas = words[words.index("(", words.index("*")) if "*" in words else 0 :].count(",")
        return [
            item.qualified_name
            for item in self.items
            if item.kind is ItemKind.FUNCTION
            and "__device__" in item.attributes
            and not item.template
            and len(function_parameters(item)) == commas + 1
        ]


# ---------------------------------------------------------------- choosing


def _variations(
    needed: Sequence[TemplateParameter], choices: Sequence[Sequence[str]], known: Mapping[int, str]
) -> Iterator[list[str]]:
    """The likeliest values, then with one parameter after the other changed."""
    first = [known.get(at, choice[0]) for at, choice in enumerate(choices)]
    yield first
    longest = max(len(choice) for choice in choices)
    types = [at for at, p in enumerate(needed) if p.is_type and at not in known]
    for number in range(1, longest):
        for at, choice in enumerate(choices):
            if at not in known and number < len(choice):
                yield [*first[:at], choice[number], *first[at + 1 :]]
        if len(types) > 1 and all(number < len(choices[at]) for at in types):
            yield [choices[at][number] if at in types else v for at, v in enumerate(first)]


def _both(
    needed: Sequence[TemplateParameter], values: list[str], known: Mapping[int, str]
) -> Iterator[list[str]]:
    """The values, with both values of every `bool` that is not known."""
    flags = [at for at, v in enumerate(values) if v in ("false", "true") and at not in known]
    ways: Iterator[tuple[str, ...]]
    if len(flags) <= MAX_FLAGS:
        ways = itertools.product(("false", "true"), repeat=len(flags))
    else:
        ways = iter([("false",) * len(flags), ("true",) * len(flags)])
    for way in ways:
        chosen = dict(zip(flags, way, strict=True))
        yield [chosen.get(at, value) for at, value in enumerate(values)]


def _instance(
    kernel: Item,
    needed: Sequence[TemplateParameter],
    values: Sequence[str],
    known: Mapping[int, str],
) -> DefaultInstance:
    guessed = [
        f"{p.name} = {v}"
        for at, (p, v) in enumerate(zip(needed, values, strict=True))
        if at not in known
    ]
    text = ", ".join(guessed)
    if known:
        told = ", ".join(f"{needed[at].name} = {value}" for at, value in sorted(known.items()))
        text = f"{text}; {told} from a launch in a template that is never used"
    return DefaultInstance(_request(kernel, values), _said(text))


def _said(text: str) -> str:
    return f"default instance, none is launched in this file: {text}"


def _request(kernel: Item, values: Sequence[str]) -> InstanceRequest:
    args = [_tokens(value, kernel.span) for value in values]
    return InstanceRequest(kernel.name, (), args, [], kernel.span)


def _tokens(text: str, span: Span) -> Tokens:
    return [Token(kind, word, span, at > 0) for at, (kind, word) in enumerate(lex_fragment(text))]


# ---------------------------------------------------------------- what a body asks for


def _body(kernel: Item) -> Sequence[Token]:
    return kernel.tokens[kernel.body[0] : kernel.body[1]] if kernel.body is not None else ()


def _wanted_members(name: str, kernel: Item) -> set[str]:
    """Members that a class bound to the type parameter needs: `operator` for one that is called,
    `x` for `T::x` and `object.x`."""
    tokens = [t.text for t in kernel.tokens]
    objects = {
        p.name
        for p in function_parameters(kernel)
        if [t.text for t in p.type if t.text not in ("const", "&")] == [name]
    }
    body = kernel.body[0] if kernel.body is not None else len(tokens)
    objects |= {
        tokens[i + 1]
        for i in range(body, len(tokens) - 2)
        if tokens[i] == name and tokens[i + 1].isidentifier() and tokens[i + 2] in (";", "{")
    }
    wanted: set[str] = set()
    for i, word in enumerate(tokens[:-3]):
        following = tokens[i + 1]
        if word == name and following == "::":
            wanted.add(tokens[i + 2])
        elif word == name and tokens[i + 1 : i + 4] in (["(", ")", "("], ["{", "}", "("]):
            wanted.add("operator")
        elif i > body and word in objects and tokens[i - 1] not in (".", "->"):
            if following == "(":
                wanted.add("operator")
            elif following == "." and tokens[i + 2] not in VECTOR_MEMBERS:
                wanted.add(tokens[i + 2])
    return wanted


def _number(name: str, kernel: Item) -> int:
    """A value for an integer parameter, by its name, else by its use."""
    named = next((value for pattern, value in NUMBERS_BY_NAME if pattern.search(name)), None)
    body = _body(kernel)
    words = [t.text for t in body]
    uses_y = any(w == "threadIdx" and words[i + 2 : i + 3] == ["y"] for i, w in enumerate(words))
    if named == BLOCK and uses_y:
        return TILE
    if named is not None:
        return named
    shared = _shared_extents(body)
    if any(name in words for words in shared):
        return TILE if uses_y else BLOCK
    if _is_compared_with_threads(words, name):
        return TILE if uses_y else BLOCK
    return FEW


def _shared_extents(body: Sequence[Token]) -> list[list[str]]:
    """The words in the brackets of `__shared__` arrays."""
    found: list[list[str]] = []
    for i, token in enumerate(body):
        if token.text != "__shared__":
            continue
        while i < len(body) and body[i].text != ";":
            if body[i].text == "[":
                end = skip_bracket(body, i)
                found.append([t.text for t in body[i + 1 : end - 1]])
            i += 1
    return found


def _is_compared_with_threads(words: Sequence[str], name: str) -> bool:
    """Whether the value meets `threadIdx.x`, `blockIdx.x` or `blockDim.x` in an expression."""
    places = [i for i, word in enumerate(words) if word == name]
    builtin = ("threadIdx", "blockIdx", "blockDim")
    return any(
        set(words[max(0, i - 4) : i + 5]) & set(builtin)
        and {"*", "<", ">=", "/", "%"} & set(words[max(0, i - 1) : i + 2])
        for i in places
    )
