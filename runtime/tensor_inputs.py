"""Inputs for host functions that take tensors.

All dimensions of all tensors of a case have the same length, so that whatever a function checks of
sizes that have to agree holds; the whole numbers beside them are as large as that, or small. How
many dimensions a tensor has comes from the source where it says so. Buffers are far larger than
the tensors claim to be, as for kernels that are launched directly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .inputs import SCALARS, Case
from .parameters import TENSORS, Parameter, Tensors, Value

TYPE_NUMBERS = {
    "u8": 0, "i8": 1, "i16": 2, "i32": 3, "i64": 4, "f16": 5, "f32": 6, "f64": 7, "i1": 11,
    "bf16": 15,
}  # fmt: skip
"""Element types by the numbers that `at::ScalarType` gives them."""
_TYPES = ("f32", "f16", "bf16", "f64")
_LENGTHS = ((32, 1), (64, 64), (16, 2), (33, 3), (8, 8), (128, 4), (4, 0), (1, 1), (100, 7))
"""How long the dimensions of a case are, and what its whole numbers are."""
_MOST_ELEMENTS = 1 << 18
_LIST_LENGTH = 3
_LIST_FACTOR = 17
"""Tensors in lists are longer."""
_MOST_LISTS = 6


def tensor_cases(
    parameters: Sequence[Parameter], dimensions: Mapping[str, int], elements: Mapping[str, str]
) -> Iterator[list[Case]]:
    """Groups of cases, one group for every way to choose element types; `elements` are the types
    that the source names."""
    of_lists = {p.name for p in parameters if p.elem == "M"}
    known = max((n for name, n in dimensions.items() if name not in of_lists), default=1)
    for types in _type_choices(parameters):
        for lists in _list_counts(parameters, dimensions):
            group = [
                _case(parameters, dimensions, elements, known, types, lists, number)
                for number in range(len(_LENGTHS))
            ]
            yield list(dict.fromkeys(group))


def _list_counts(parameters: Sequence[Parameter], dimensions: Mapping[str, int]) -> Sequence[int]:
    of_lists = [p for p in parameters if p.elem == "M"]
    if not of_lists:
        return (1,)
    known = max(dimensions.get(p.name, 0) for p in of_lists)
    return (known,) if known else range(1, _MOST_LISTS)


def _type_choices(parameters: Sequence[Parameter]) -> Iterator[tuple[str, str, str]]:
    """Element types of the first tensor or list, of those between, and of the last."""
    lists = any(p.elem == "M" for p in parameters)
    several = lists or sum(p.kind == TENSORS for p in parameters) > 1
    for element in _TYPES:
        yield element, element, element
    if several:
        for one in _TYPES[:3]:
            for other in _TYPES[:3]:
                if one != other:
                    yield one, other, other
                    yield one, one, other


def _case(
    parameters: Sequence[Parameter],
    dimensions: Mapping[str, int],
    elements: Mapping[str, str],
    known: int,
    types: tuple[str, str, str],
    lists: int,
    number: int,
) -> Case:
    length, whole = _length(number, known), _LENGTHS[number][1]
    places = [at for at, p in enumerate(parameters) if p.kind == TENSORS]
    values: list[Value] = []
    for at, parameter in enumerate(parameters):
        if parameter.kind == TENSORS:
            element = types[0 if at == places[0] else 2 if at == places[-1] else 1]
            values.append(
                _tensors(parameter, dimensions, elements, known, types, element, lists, number)
            )
        elif parameter.kind in ("f16", "bf16", "f32", "f64"):
            values.append(SCALARS[number % len(SCALARS)])
        elif parameter.kind == "i1":
            values.append(number % 2)
        elif parameter.choices:
            values.append(parameter.choices[number % len(parameter.choices)])
        else:
            values.append(min(whole, 100) if parameter.kind in ("i8", "u8") else whole)
    return Case(tuple(values), max(1, length), length**known)


def _tensors(
    parameter: Parameter,
    dimensions: Mapping[str, int],
    elements: Mapping[str, str],
    known: int,
    types: tuple[str, str, str],
    element: str,
    lists: int,
    number: int,
) -> Tensors:
    """The tensors for one parameter; what may be absent is so in every other case."""
    first, between, last = types
    named = elements.get(parameter.name)
    of_lists = [named or element]
    if parameter.elem == "N" or (parameter.elem == "O" and number % 2):
        of_lists = []
    elif parameter.elem == "M" and lists > 1:
        of_lists = [first, *[between] * (lists - 2), last]
    is_list = parameter.elem in ("L", "M")
    return Tensors(
        tuple(of_lists),
        _LIST_LENGTH if is_list else 1,
        1 if parameter.elem == "M" else dimensions.get(parameter.name, 1 if is_list else known),
        _length(number, known) * (_LIST_FACTOR if is_list else 1),
    )


def _length(number: int, dimensions: int) -> int:
    """The length of the dimensions of a case, where tensors have so many of them."""
    length = _LENGTHS[number][0]
    while length > 2 and length**dimensions > _MOST_ELEMENTS:
        length = (length + 1) // 2
    return length
