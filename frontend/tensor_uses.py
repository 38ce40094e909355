"""What host code says of the tensors that it takes: how many dimensions, which element type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .dispatch import SCALAR_TYPES
from .items import Item
from .tokens import IDENT, Token

MOST_BEFORE = 40
"""How many tokens before a list of tensors the call that takes it is looked for."""
_DIMENSION_CALLS = frozenset(("size", "stride", "sizes", "strides"))
_COUNT_CALLS = frozenset(("dim", "ndimension"))
_POINTER_CALLS = frozenset(("data_ptr", "mutable_data_ptr", "const_data_ptr", "data"))
_ACCESSORS = frozenset(
    "packed_accessor packed_accessor32 packed_accessor64 accessor generic_packed_accessor".split()
)
_ELEMENTS = {
    "int": "i32", "int32_t": "i32", "int64_t": "i64", "long": "i64", "bool": "i1",
    "uint8_t": "u8", "int8_t": "i8", "int16_t": "i16", "float": "f32", "double": "f64",
    "Half": "f16", "__half": "f16", "half": "f16", "BFloat16": "bf16", "__nv_bfloat16": "bf16",
}  # fmt: skip
_ELEMENTS_OF_CPP = {
    "float": "f32", "double": "f64", "c10::Half": "f16", "c10::BFloat16": "bf16", "int": "i32",
    "int64_t": "i64", "short": "i16", "signed char": "i8", "unsigned char": "u8", "bool": "i1",
}  # fmt: skip


def tensor_dimensions(item: Item, names: Sequence[str]) -> dict[str, int]:
    """How many dimensions the function's tensors have at least, by parameter: `x.size(3)`,
    `x.dim() == 4`, `x.packed_accessor32<float, 2>()`."""
    found: dict[str, int] = {}
    for name, at in _member_uses(item, names):
        count = _dimensions([t.text for t in item.tokens[at : at + 12]])
        if count:
            found[name] = max(found.get(name, 0), count)
    return {**found, **_list_counts(item, names)}


def _list_counts(item: Item, names: Sequence[str]) -> dict[str, int]:
    """How many lists of tensors there are, by parameter: `go<4>(n, lists)`, `lists[3][0]`."""
    found: dict[str, int] = {}
    start, end = item.body or (0, 0)
    words = [t.text for t in item.tokens[start:end]]
    for at, word in enumerate(words):
        if word not in names:
            continue
        if words[at + 1 : at + 2] == ["["]:
            if words[at + 2].isdigit() and words[at + 3 : at + 5] == ["]", "["]:
                found[word] = max(found.get(word, 0), int(words[at + 2]) + 1)
        else:
            before = words[max(0, at - MOST_BEFORE) : at]
            calls = [
                i
                for i in range(len(before) - 3)
                if before[i] == "<"
                and before[i + 1].isdigit()
                and before[i + 2 : i + 4] == [">", "("]
            ]
            if calls and not {";", "{"} & set(before[calls[-1] :]):
                found[word] = max(found.get(word, 0), int(before[calls[-1] + 1]))
    return found


def _dimensions(words: Sequence[str]) -> int:
    """What the member call at the start of `words` says of the number of dimensions."""
    call, rest = words[0], [*words[1:], *[""] * 5]
    digit = ""
    if call in _DIMENSION_CALLS:
        is_negative = rest[1] == "-"
        if rest[:3] == ["(", ")", "["]:
            digit = rest[3]  # sizes()[2]
        elif rest[0] == "(":
            digit = rest[2] if is_negative else rest[1]
        return int(digit) + int(not is_negative) if digit.isdigit() else 0
    if call in _COUNT_CALLS and rest[:3] == ["(", ")", "=="]:
        digit = rest[3]
    elif call in _ACCESSORS and "," in rest[:-1]:
        digit = rest[rest.index(",") + 1]
    return int(digit) if digit.isdigit() else 0


def tensor_elements(item: Item, names: Sequence[str]) -> dict[str, str]:
    """Element types of tensors, by parameter: `x.data_ptr<int>()`, `x.dtype() == at::kInt`."""
    found: dict[str, str] = {}
    for name, at in _member_uses(item, names):
        words = [t.text for t in item.tokens[at : at + 10]]
        call = words[0]
        if call in _POINTER_CALLS and words[1:2] == ["<"] and ">" in words:
            element = _ELEMENTS.get(words[words.index(">") - 1])
        elif call in ("scalar_type", "dtype") and words[1:4] == ["(", ")", "=="]:
            last = next((w for w in reversed(words[4:9]) if _element_of_type(w)), "")
            element = _element_of_type(last)
        else:
            continue
        if element is not None:
            found.setdefault(name, element)
    return found


def _element_of_type(word: str) -> str | None:
    """`at::kInt` and `ScalarType::Int` as an element type."""
    return _ELEMENTS_OF_CPP.get(SCALAR_TYPES.get(word.removeprefix("k"), ""))


def _member_uses(item: Item, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Where `name.member` stands in the body: the name, and the index of the member."""
    if item.body is None:
        return
    tokens: Sequence[Token] = item.tokens
    wanted = set(names)
    for at in range(item.body[0], item.body[1] - 2):
        if tokens[at].text in wanted and tokens[at].kind == IDENT and tokens[at + 1].text == ".":
            yield tokens[at].text, at + 2
