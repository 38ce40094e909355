"""`std::initializer_list`: what a braced list becomes where one is wanted."""

from __future__ import annotations

from . import initialization, operators, syntax
from .cpp_types import ULONG, ArrayType, QType, decay, is_void, pointer_to
from .entities import ClassInfo, ClassTemplate
from .memory import decayed, field_place
from .state import Body
from .values import LVALUE, Ex, Place, constant


def element_of(info: ClassInfo) -> QType | None:
    """The type of the elements where the class is an `std::initializer_list`."""
    if info.template is None or not info.prelude or info.name != "initializer_list":
        return None
    element = info.args[0]
    return element if isinstance(element, QType) else None


def common_element(fn: Body, braces: syntax.InitializerList) -> QType | None:
    """The one type of all items; None where they have several, or none."""
    if any(isinstance(item, syntax.InitializerList) for item in braces.items):
        return None
    with fn.discarded():
        items = initialization.arguments(fn, braces.items)
    kinds = {decay(a.type).bare for a in items if isinstance(a, Ex) and a.overloads is None}
    only = kinds.pop() if len(kinds) == 1 else None
    return None if only is None or is_void(only) else only


def type_of(fn: Body, braces: syntax.InitializerList) -> QType | None:
    """`std::initializer_list<T>` for a list of `T`s."""
    from . import templates

    element = common_element(fn, braces)
    if element is None:
        return None
    for namespace in fn.program.global_scope.find_here("std"):
        scope = getattr(namespace, "scope", None)
        for entity in scope.find_here("initializer_list") if scope is not None else ():
            if isinstance(entity, ClassTemplate):
                return templates.instantiate_class(fn, entity, [element], braces.span).type
    return None


def build(
    fn: Body, place: Place, info: ClassInfo, element: QType, braces: syntax.InitializerList
) -> None:
    """An array of the items, and the list that refers to it."""
    with fn.discarded():
        count = len(initialization.arguments(fn, braces.items))
    type_ = QType(ArrayType(element.bare, count))
    array = Ex(type_, LVALUE, place=fn.variable(type_, "items"))
    assert array.place is not None
    if count:
        initialization.list_init(fn, array.place, type_, braces, braces.span)
    start = decayed(fn, array)
    start.type = pointer_to(element.with_const())
    for member, value in zip(info.fields, (start, constant(ULONG, count)), strict=True):
        operators.store(fn, field_place(fn, place, member), value)
