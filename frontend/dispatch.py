"""PyTorch's dispatch macros: for which types the code inside them runs.

`AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, x.scalar_type(), "name", [&] {...})` runs
its lambda with `scalar_t` bound to one of the types that name and arguments give. Macros of the
source that wrap these are expanded before anybody looks; those that make `using scalar_t = float;`
by themselves need nothing from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .host_code import HostCode
from .host_text import Tokens, split_arguments
from .items import Item
from .tokens import Token, lex_fragment

_FLOATING = ("float", "double")
_INTEGRAL = ("unsigned char", "signed char", "int", "int64_t", "short")
_REDUCED = ("c10::Half", "c10::BFloat16")
_COMPLEX = ("c10::complex<float>", "c10::complex<double>")
_GROUPS = (
    ("REDUCED_FLOATING_TYPES", _REDUCED),
    ("FLOATING_AND_COMPLEX_TYPES", (*_FLOATING, *_COMPLEX)),
    ("FLOATING_TYPES", _FLOATING),
    ("INTEGRAL_TYPES", _INTEGRAL),
    ("INDEX_TYPES", ("int", "int64_t")),
    ("ALL_TYPES_AND_COMPLEX", (*_FLOATING, *_INTEGRAL, *_COMPLEX)),
    ("ALL_TYPES", (*_FLOATING, *_INTEGRAL)),
    ("COMPLEX_TYPES", _COMPLEX),
)
"""What a macro's name lists; the first that it contains."""
_TYPE_LISTS = {
    "AT_FLOATING_TYPES": _FLOATING,
    "AT_REDUCED_FLOATING_TYPES": _REDUCED,
    "AT_INTEGRAL_TYPES": _INTEGRAL,
    "AT_COMPLEX_TYPES": _COMPLEX,
    "AT_ALL_TYPES": (*_FLOATING, *_INTEGRAL),
    "AT_ALL_TYPES_AND_COMPLEX": (*_FLOATING, *_INTEGRAL, *_COMPLEX),
}
"""What `AT_EXPAND(...)` in the arguments of `AT_DISPATCH_V2` lists."""
SCALAR_TYPES = {
    "Float": "float",
    "Float32": "float",
    "Double": "double",
    "Float64": "double",
    "Half": "c10::Half",
    "Float16": "c10::Half",
    "BFloat16": "c10::BFloat16",
    "Int": "int",
    "Int32": "int",
    "Long": "int64_t",
    "Int64": "int64_t",
    "Short": "short",
    "Int16": "short",
    "Char": "signed char",
    "Int8": "signed char",
    "Byte": "unsigned char",
    "UInt8": "unsigned char",
    "Bool": "bool",
    "ComplexFloat": "c10::complex<float>",
    "ComplexDouble": "c10::complex<double>",
}
"""C++ types by the names of `at::ScalarType`, which also exist with a `k` in front."""
_NAMES = {"AT_DISPATCH_INDEX_TYPES": "index_t"}


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A dispatch macro around a position: where it begins, the name that it binds and to what."""

    start: int
    name: str
    types: tuple[Tokens, ...]


def dispatches(item: Item, position: int, code: HostCode) -> list[Dispatch]:
    """The dispatch macros around a position, outermost first. Of a switch and the case in it the
    case counts."""
    tokens, match = item.tokens, code.match(item)
    known = code.identifiers(item)
    names = [name for name in known if name.startswith("AT_DISPATCH_")]
    starts = sorted((at, name) for name in names for at in known[name] if at < position)
    found: list[Dispatch] = []
    for at, name in starts:
        if at + 1 >= len(tokens) or tokens[at + 1].text != "(" or match[at + 1] < position:
            continue
        arguments = split_arguments(tokens[at + 2 : match[at + 1]])
        types = tuple(dict.fromkeys(_types(name, arguments)))
        if types:
            bound = tuple(_tokens(text, tokens[at]) for text in types)
            found.append(Dispatch(at, _NAMES.get(name, "scalar_t"), bound))
    return found


def _types(name: str, arguments: Sequence[Tokens]) -> Iterator[str]:
    if "SWITCH" in name:
        return
    yield from next((listed for key, listed in _GROUPS if key in name), ())
    if name.endswith("_AND_HALF"):
        yield "c10::Half"
    if not ("_AND" in name or "CASE" in name or "V2" in name):
        return
    for argument in arguments:
        last = argument[-1].text if argument else ""
        plain = last.removeprefix("k")
        if plain in SCALAR_TYPES and len(argument) <= 5:
            yield SCALAR_TYPES[plain]
        elif "V2" in name:
            for token in argument[:4]:
                yield from _TYPE_LISTS.get(token.text, ())


def _tokens(text: str, near: Token) -> Tokens:
    return [
        Token(kind, word, near.span, at > 0) for at, (kind, word) in enumerate(lex_fragment(text))
    ]
