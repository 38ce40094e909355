"""Initialising objects: default, value, copy, direct and list initialisation into a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..ir.diagnostics import CompileError, error
from ..ir.dtypes import I32
from ..ir.nodes import Value
from ..ir.source import Span
from . import calls, classes, conversions, expressions, initializer_lists, syntax
from .cpp_types import (
    ArrayType,
    EnumType,
    QType,
    Reference,
    class_of,
    element_count,
    is_class,
    is_integral,
    is_scalar,
)
from .entities import ClassInfo, FieldInfo, Function
from .memory import (
    address_value,
    base_place,
    const_value,
    copy_object,
    element_place,
    field_place,
    path_to_base,
    place_of,
    store_value,
    upcast_place,
    value_of,
)
from .packs import expand
from .state import Body
from .values import LVALUE, PRVALUE, Ex, Maker, Place

UNROLLED_ELEMENTS = 64
"""Arrays up to this size are initialised element by element; larger ones by a loop."""

Items = tuple[syntax.Expr | syntax.InitializerList, ...]


# ---------------------------------------------------------------- default and value


def default_init(fn: Body, place: Place, type_: QType, span: Span) -> None:
    """`T x;`: constructors run, scalars stay undefined."""
    if isinstance(type_.type, ArrayType):
        if is_class(_innermost(type_)) and not _is_trivial(fn, _innermost(type_), span):
            each_element(fn, place, type_, lambda p, t: default_init(fn, p, t, span))
        return
    info = class_of(type_)
    if info is None:
        return
    classes.complete(fn.program, info, span)
    if info.constructors:
        calls.construct_into(fn, info, place, [], span)
    else:
        default_members(fn, info, place, span)


def _innermost(type_: QType) -> QType:
    while isinstance(type_.type, ArrayType):
        type_ = type_.type.element
    return type_


def _is_trivial(fn: Body, type_: QType, span: Span) -> bool:
    """Whether default initialisation does nothing."""
    if isinstance(type_.type, ArrayType):
        return _is_trivial(fn, _innermost(type_), span)
    info = class_of(type_)
    if info is None:
        return True
    classes.complete(fn.program, info, span)
    own = not any(
        not c.signature.parameters and c.decl.special != "default" for c in info.constructors
    )
    defaults = any(f.decl is not None and f.decl.style for f in info.fields)
    return (
        own
        and not defaults
        and all(_is_trivial(fn, b.info.type, span) for b in info.bases)
        and all(_is_trivial(fn, f.type, span) for f in info.fields)
    )


def default_members(fn: Body, info: ClassInfo, place: Place, span: Span) -> None:
    """What an implicit default constructor does."""
    for base in info.bases:
        if not _is_trivial(fn, base.info.type, span):
            default_init(fn, base_place(fn, place, base), base.info.type, span)
    for member in info.fields:
        default_member(fn, info, place, member, span)
        if info.is_union:
            break


def default_member(fn: Body, info: ClassInfo, place: Place, member: FieldInfo, span: Span) -> None:
    """A member's own initialiser, or default initialisation."""
    if member.decl is not None and member.decl.style:
        with classes.member_context(fn, info, place):
            declared_init(fn, field_place(fn, place, member), member.type, member.decl)
    elif not _is_trivial(fn, member.type, span):
        default_init(fn, field_place(fn, place, member), member.type, span)


def value_init(fn: Body, place: Place, type_: QType, span: Span) -> None:
    """`T()` and `T{}`: zero, then the constructor where there is one."""
    if is_scalar(type_):
        store_value(fn, place, const_value(fn, type_, 0))
        return
    info = class_of(type_)
    if info is not None:
        classes.complete(fn.program, info, span)
        user = [c for c in info.constructors if c.decl.special != "default"]
        if user and any(_takes_nothing(c) for c in user):
            calls.construct_into(fn, info, place, [], span)
            return
        for base in info.bases:
            if base.ir_name:
                value_init(fn, base_place(fn, place, base), base.info.type, span)
        for member in info.fields:
            if member.decl is not None and member.decl.style:
                default_member(fn, info, place, member, span)
            else:
                value_init(fn, field_place(fn, place, member), member.type, span)
            if info.is_union:
                break
        return
    each_element(fn, place, type_, lambda p, t: value_init(fn, p, t, span))


def _takes_nothing(function: Function) -> bool:
    return all(
        p.default is not None or (p.specifier.builtin == "void" and not p.declarator.parts)
        for p in function.signature.parameters
    )


def each_element(
    fn: Body,
    place: Place,
    type_: QType,
    action: Callable[[Place, QType], None],
    first: int = 0,
) -> None:
    """`action` on elements `first`... of an array: unrolled, or in a counted loop."""
    assert isinstance(type_.type, ArrayType)
    element, count = type_.type.element, type_.type.count or 0
    if element_count(type_) <= UNROLLED_ELEMENTS:
        for index in range(first, count):
            at = fn.b.i32(index)
            action(element_place(fn, place, element, at, bounded=True), element)
        return
    if first >= count:
        return
    bounds = [fn.b.i32(first), fn.b.i32(count), fn.b.i32(1)]
    counter = Value(I32, "i")
    with fn.region() as body:
        action(element_place(fn, place, element, counter, bounded=True), element)
        region = body.finish((counter,))
    fn.b.structured("for", bounds, [region])


# ---------------------------------------------------------------- from declarations


def declared_init(fn: Body, place: Place, type_: QType, decl: syntax.VariableDecl) -> None:
    """The initialiser of a variable or member declaration."""
    if decl.style == "":
        default_init(fn, place, type_, decl.span)
    elif decl.style == "=":
        copy_init(fn, place, type_, _argument(fn, decl.arguments[0]), decl.arguments[0].span)
    elif decl.style == "{}":
        braces = syntax.InitializerList(decl.span, decl.arguments)
        if len(decl.arguments) == 1 and isinstance(decl.arguments[0], syntax.InitializerList):
            braces = decl.arguments[0] if not _is_list_of_lists(type_) else braces
        list_init(fn, place, type_, braces, decl.span)
    else:
        direct_init(fn, place, type_, decl.arguments, decl.span)


def _is_list_of_lists(type_: QType) -> bool:
    """`T x{{1, 2}}` for an aggregate or array holds one element that is a list."""
    return isinstance(type_.type, ArrayType) or is_class(type_)


def _argument(fn: Body, item: syntax.Expr | syntax.InitializerList) -> conversions.Arg:
    if isinstance(item, syntax.InitializerList):
        return item
    return expressions.elaborate(fn, item)


def arguments(fn: Body, items: Items) -> list[conversions.Arg]:
    """Arguments as elaborated, packs expanded; braced lists wait for their type."""
    out: list[conversions.Arg] = []
    for item in items:
        if isinstance(item, syntax.PackExpansion):
            out += expand(fn, item.pattern, lambda i=item: _argument(fn, i.pattern))  # type: ignore[misc]
        else:
            out.append(_argument(fn, item))
    return out


def copy_init(fn: Body, place: Place, type_: QType, arg: conversions.Arg, span: Span) -> None:
    """`T x = arg`"""
    if isinstance(arg, syntax.InitializerList):
        list_init(fn, place, type_, arg, span)
        return
    if isinstance(type_.type, ArrayType):
        _init_array_from(fn, place, type_, arg, span)
        return
    if is_class(type_):
        build_into(fn, conversions.convert(fn, arg, type_, span), place, type_, span)
        return
    converted = conversions.convert(fn, arg, type_, span)
    store_value(fn, place, value_of(fn, converted))


def _init_array_from(fn: Body, place: Place, type_: QType, arg: Ex, span: Span) -> None:
    assert isinstance(type_.type, ArrayType)
    if arg.string is not None:
        data = arg.string.encode("utf-8") + b"\0"
        for index in range(type_.type.count or 0):
            value = data[index] if index < len(data) else 0
            signed = value - 256 if value > 127 else value
            at = element_place(fn, place, type_.type.element, fn.b.i32(index), bounded=True)
            store_value(fn, at, const_value(fn, type_.type.element, signed))
        return
    if isinstance(arg.type.type, ArrayType) and arg.type.type.count == type_.type.count:
        copy_object(fn, place, place_of(fn, arg), type_)
        return
    raise error("ASC0312", f"an array '{type_}' cannot be initialised from '{arg.type}'", span)


def direct_init(fn: Body, place: Place, type_: QType, items: Items, span: Span) -> None:
    """`T x(items)`"""
    info = class_of(type_)
    if info is not None:
        calls.construct_into(fn, info, place, arguments(fn, items), span)
        return
    args = arguments(fn, items)
    if not args:
        value_init(fn, place, type_, span)
        return
    if len(args) != 1:
        raise error("ASC0312", f"'{type_}' takes one initialiser", span)
    if isinstance(args[0], syntax.InitializerList) or isinstance(type_.type, ArrayType):
        copy_init(fn, place, type_, args[0], span)
        return
    converted = conversions.convert(fn, args[0], type_, span, explicit=True)
    store_value(fn, place, value_of(fn, converted))


def build_into(fn: Body, ex: Ex, place: Place, type_: QType, span: Span) -> None:
    """Put a class object where it is wanted: built there, or copied."""
    if ex.maker is not None and ex.maker.made is None:
        ex.maker.build(place)
        ex.maker.made = place
        return
    copy_construct(fn, place, type_, ex, span)


def copy_construct(fn: Body, place: Place, type_: QType, source: Ex, span: Span) -> None:
    """A copy of `source` by the class's copy constructor, or of its bytes."""
    info = class_of(type_)
    assert info is not None
    user = classes.copy_constructor(fn.program, info, source.category != LVALUE)
    if user is not None:
        calls.construct_into(fn, info, place, [source], span)
        return
    if classes.copies_bytes(fn.program, info):
        copy_object(fn, place, place_of(fn, source), type_)
        return
    origin = place_of(fn, source)
    for base in info.bases:
        part = Ex(base.info.type, LVALUE, place=base_place(fn, origin, base))
        copy_construct(fn, base_place(fn, place, base), base.info.type, part, span)
    for member in info.fields:
        target, part_place = field_place(fn, place, member), field_place(fn, origin, member)
        part = Ex(member.type, LVALUE, place=part_place)
        if is_class(member.type):
            copy_construct(fn, target, member.type, part, span)
        elif is_scalar(member.type):
            store_value(fn, target, value_of(fn, part))
        else:
            copy_object(fn, target, part_place, member.type)


# ---------------------------------------------------------------- braces


@dataclass(slots=True)
class Cursor:
    """The items of a braced list as they are used up; each is elaborated once, when its turn
    comes."""

    fn: Body
    items: list[syntax.Expr | syntax.InitializerList]
    designators: tuple[str, ...] = ()
    index: int = 0
    ready: dict[int, conversions.Arg] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        return self.index >= len(self.items)

    def peek(self) -> conversions.Arg:
        if self.index not in self.ready:
            self.ready[self.index] = _argument(self.fn, self.items[self.index])
        return self.ready[self.index]

    def take(self) -> conversions.Arg:
        arg = self.peek()
        self.index += 1
        return arg

    @property
    def designator(self) -> str:
        return self.designators[self.index] if self.index < len(self.designators) else ""


def _cursor(fn: Body, braces: syntax.InitializerList) -> Cursor:
    cursor = Cursor(fn, [], braces.designators)
    for item in braces.items:
        if isinstance(item, syntax.PackExpansion):
            for arg in arguments(fn, (item,)):
                cursor.ready[len(cursor.items)] = arg
                cursor.items.append(item.pattern)
        else:
            cursor.items.append(item)
    return cursor


def list_init(
    fn: Body, place: Place, type_: QType, braces: syntax.InitializerList, span: Span
) -> None:
    """`T x{...}` and `T x = {...}`"""
    info = class_of(type_)
    if info is not None:
        _list_init_class(fn, place, type_, info, braces, span)
        return
    if isinstance(type_.type, ArrayType):
        _list_init_array(fn, place, type_, braces, span)
        return
    cursor = _cursor(fn, braces)
    if cursor.done:
        value_init(fn, place, type_, span)
        return
    copy_init(fn, place, type_, _listed_enum(fn, cursor.take(), type_, span), span)
    if not cursor.done:
        raise error("ASC0312", f"'{type_}' takes one initialiser", span)


def _listed_enum(fn: Body, arg: conversions.Arg, type_: QType, span: Span) -> conversions.Arg:
    """`E{7}` converts a number to an enumeration whose underlying type is fixed."""
    if isinstance(type_.type, EnumType) and isinstance(arg, Ex) and is_integral(arg.type):
        info = type_.type.info
        if info.scoped or info.fixed:
            return expressions.cast(fn, arg, type_, "static", span)
    return arg


def _list_init_array(
    fn: Body, place: Place, type_: QType, braces: syntax.InitializerList, span: Span
) -> None:
    cursor = _cursor(fn, braces)
    if len(cursor.items) == 1:
        only = cursor.peek()
        if isinstance(only, Ex) and only.string is not None:
            _init_array_from(fn, place, type_, only, span)
            return
    _aggregate(fn, place, type_, cursor, span)
    _no_rest(cursor, type_, span)


def _no_rest(cursor: Cursor, type_: QType, span: Span) -> None:
    if not cursor.done:
        raise error("ASC0312", f"too many initialisers for '{type_}'", span)


def _list_init_class(
    fn: Body,
    place: Place,
    type_: QType,
    info: ClassInfo,
    braces: syntax.InitializerList,
    span: Span,
) -> None:
    classes.complete(fn.program, info, span)
    element = initializer_lists.element_of(info)
    if element is not None:
        initializer_lists.build(fn, place, info, element, braces)
        return
    if info.is_aggregate:
        cursor = _cursor(fn, braces)
        if len(cursor.items) == 1 and not cursor.designator:
            only = cursor.peek()
            if isinstance(only, Ex) and class_of(only.type) is not None:
                have = class_of(only.type)
                assert have is not None
                if path_to_base(have, info) is not None:
                    copy_init(fn, place, type_, only, span)
                    return
        if cursor.done:
            value_init(fn, place, type_, span)
            return
        _aggregate(fn, place, type_, cursor, span)
        _no_rest(cursor, type_, span)
        return
    args = arguments(fn, braces.items)
    if not args:
        value_init(fn, place, type_, span)
        return
    calls.construct_into(fn, info, place, args, span)


def _aggregate(fn: Body, place: Place, type_: QType, cursor: Cursor, span: Span) -> None:
    """Initialise an array or aggregate from the items at the cursor."""
    if isinstance(type_.type, ArrayType):
        element, count = type_.type.element, type_.type.count or 0
        index = 0
        while index < count and not cursor.done:
            at = fn.b.i32(index)
            _element(fn, element_place(fn, place, element, at, bounded=True), element, cursor, span)
            index += 1
        each_element(fn, place, type_, lambda p, t: value_init(fn, p, t, span), index)
        return
    info = class_of(type_)
    assert info is not None
    for base in info.bases:
        if cursor.done:
            value_init(fn, base_place(fn, place, base), base.info.type, span)
        else:
            _element(fn, base_place(fn, place, base), base.info.type, cursor, span)
    if info.is_union:
        _aggregate_union(fn, place, info, cursor, span)
        return
    for member in info.fields:
        wanted = cursor.designator if not cursor.done else ""
        if cursor.done or (wanted and wanted != member.name):
            if member.decl is not None and member.decl.style:
                default_member(fn, info, place, member, span)
            else:
                value_init(fn, field_place(fn, place, member), member.type, span)
            continue
        _member_element(fn, place, member, cursor, span)


def _member_element(fn: Body, place: Place, member: FieldInfo, cursor: Cursor, span: Span) -> None:
    if isinstance(member.type.type, Reference):
        bound = conversions.bind_reference(fn, cursor.take(), member.type, span)
        store_value(fn, field_place(fn, place, member), address_value(fn, place_of(fn, bound)))
        return
    _element(fn, field_place(fn, place, member), member.type, cursor, span)


def _aggregate_union(fn: Body, place: Place, info: ClassInfo, cursor: Cursor, span: Span) -> None:
    for member in info.fields:
        if not cursor.designator or cursor.designator == member.name:
            _member_element(fn, place, member, cursor, span)
            return


def _element(fn: Body, place: Place, type_: QType, cursor: Cursor, span: Span) -> None:
    """One element: from a nested list, an expression of its type, or with its braces left out."""
    arg = cursor.peek()
    if isinstance(arg, syntax.InitializerList):
        cursor.take()
        list_init(fn, place, type_, arg, span)
        return
    info = class_of(type_)
    is_aggregate = isinstance(type_.type, ArrayType)
    if info is not None:
        classes.complete(fn.program, info, span)
        is_aggregate = info.is_aggregate
    fits = arg.string is not None or conversions.rank(fn, arg, type_) is not None
    if is_aggregate and not fits:
        _aggregate(fn, place, type_, cursor, span)
        return
    cursor.take()
    copy_init(fn, place, type_, arg, span)


def from_list(fn: Body, braces: syntax.InitializerList, type_: QType, span: Span) -> Ex:
    """`T{...}` as a prvalue."""
    if is_scalar(type_):
        cursor = _cursor(fn, braces)
        if cursor.done:
            return Ex(type_.bare, constant=0, span=span)
        item = _listed_enum(fn, cursor.take(), type_, span)
        converted = conversions.convert(fn, item, type_, span)
        _no_rest(cursor, type_, span)
        return converted

    def build(place: Place) -> None:
        list_init(fn, place, type_, braces, span)

    return Ex(type_.bare, PRVALUE, maker=Maker(build), span=span)


def rank_list(
    fn: Body, braces: syntax.InitializerList, target: QType
) -> conversions.Conversion | None:
    """How a braced list converts to a parameter's type."""
    exact = conversions.Conversion(conversions.EXACT)
    user = conversions.Conversion(conversions.USER)
    if isinstance(target.type, Reference):
        if not (target.type.target.const or target.type.rvalue):
            return None
        target = target.type.target
    if is_scalar(target):
        if len(braces.items) > 1:
            return None
        if not braces.items:
            return exact
        first = braces.items[0]
        if isinstance(first, syntax.InitializerList):
            return rank_list(fn, first, target)
        with fn.discarded():
            return conversions.rank(fn, expressions.elaborate(fn, first), target)
    try:
        with fn.discarded():
            place = fn.temporary(target.bare)
            list_init(fn, place, target.bare, braces, braces.span)
    except CompileError:
        return None
    return user


def upcast(fn: Body, ex: Ex, base: ClassInfo) -> Ex:
    """An object seen as its base."""
    have = class_of(ex.type)
    assert have is not None
    place = upcast_place(fn, place_of(fn, ex), have, base)
    return replace(ex, type=base.type.qualified(const=ex.type.const), place=place, maker=None)
