"""Expressions: one function per kind of syntax node, from syntax to a typed `Ex`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..ir.diagnostics import error
from ..ir.source import Span
from . import (
    calls,
    classes,
    conversions,
    initialization,
    lambdas,
    operators,
    overloads,
    syntax,
    templates,
    type_facts,
    type_names,
    variables,
)
from .cpp_types import (
    BOOL,
    CHAR,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    NULLPTR,
    UINT,
    ULONG,
    VOID,
    ArrayType,
    PointerType,
    QType,
    Reference,
    align_of,
    basic,
    class_of,
    element_type,
    function_of,
    is_array,
    is_class,
    is_half,
    is_integral,
    is_nullptr,
    is_number,
    is_pointer,
    is_scalar,
    is_unscoped_enum,
    is_void,
    pointer_to,
    scalar_of,
    size_of,
)
from .cuda_builtins import INDEX_VARIABLES
from .entities import (
    Constant,
    Entity,
    FieldInfo,
    FieldName,
    Function,
    FunctionRef,
    IndexVariable,
    Pack,
    TypeName,
    Unknown,
    Variable,
    VariableTemplate,
)
from .memory import (
    base_place,
    cast_pointer,
    decayed,
    element_place,
    field_place,
    index_value,
    load,
    place_of,
    pointee,
    retarget,
    value_of,
)
from .packs import expand, packs_in
from .state import Body
from .values import LVALUE, XVALUE, Ex, Maker, Overloads, Place, constant


def elaborate(fn: Body, expr: syntax.Expr) -> Ex:
    """The value, place or functions that an expression means."""
    handler = _handlers().get(type(expr))
    if handler is None:
        raise error("ASC0390", f"{type(expr).__name__} is not supported in device code", expr.span)
    saved = fn.b.span
    fn.b.span = expr.span
    try:
        result: Ex = handler(fn, expr)
    finally:
        fn.b.span = saved
    result.span = expr.span
    return result


def scalar_value(fn: Body, expr: syntax.Expr) -> Ex:
    """An expression as a prvalue of scalar type."""
    return decayed(fn, elaborate(fn, expr))


def discard(fn: Body, ex: Ex) -> None:
    """An expression for its effects: a record result must still be built somewhere."""
    if ex.maker is not None:
        place_of(fn, ex)
    elif ex.is_glvalue and ex.type.volatile and is_scalar(ex.type) and ex.place is not None:
        load(fn, ex)


# ---------------------------------------------------------------- literals

_SUFFIX = re.compile(r"(?i)(?P<body>0x[0-9a-f.']*(?:p[+-]?\d+)?|[0-9.']+(?:e[+-]?\d+)?|0b[01']+)")
_INT_TYPES = {
    "": (INT, LONG), "u": (UINT, ULONG), "l": (LONG,), "ul": (ULONG,),
    "ll": (basic("long long"),), "ull": (basic("unsigned long long"),), "z": (LONG,),
    "uz": (ULONG,),
}  # fmt: skip


def _number(fn: Body, expr: syntax.Number) -> Ex:
    text = expr.text.replace("'", "").lower()
    hexadecimal = text.startswith("0x")
    if "." in text or ("p" in text if hexadecimal else "e" in text and not text.startswith("0b")):
        return _float_literal(text, hexadecimal, expr.span)
    if not hexadecimal and text.endswith("f") and not text.startswith("0b"):
        return _float_literal(text, False, expr.span)
    return _int_literal(text, expr.span)


def _float_literal(text: str, hexadecimal: bool, span: Span) -> Ex:
    suffix = text[-1] if text[-1] in "fl" and not (hexadecimal and "p" not in text) else ""
    body = text[:-1] if suffix else text
    try:
        value = float.fromhex(body) if hexadecimal else float(body)
    except (ValueError, OverflowError):
        raise error("ASC0307", f"'{text}' is not a number", span) from None
    type_ = FLOAT if suffix == "f" else basic("long double") if suffix == "l" else DOUBLE
    from .constants import round_float

    scalar = scalar_of(type_)
    assert scalar is not None
    if suffix == "f" and not hexadecimal:
        return constant(type_, _float32_literal(body))
    return constant(type_, round_float(value, scalar))


def _float32_literal(text: str) -> float:
    """A decimal literal rounded to float once, not by way of double."""
    from fractions import Fraction

    from ..ir.dtypes import F32
    from .constants import round_float

    exact = Fraction(text)
    near = round_float(float(exact), F32)
    if near in (float("inf"), 0.0) or float(exact) == near:
        return near
    # Where the double is a tie between two floats, the exact value decides.
    import math

    up = round_float(math.nextafter(float(exact), math.inf), F32)
    down = round_float(math.nextafter(float(exact), -math.inf), F32)
    candidates = sorted({near, up, down})
    return min(candidates, key=lambda c: (abs(Fraction(c) - exact), c != near))


def _int_literal(text: str, span: Span) -> Ex:
    match = re.fullmatch(r"(0x[0-9a-f]+|0b[01]+|[0-9]+)(u?l{0,2}|l{1,2}u|u?z|zu)", text)
    if match is None:
        raise error("ASC0307", f"'{text}' is not a number", span)
    digits, suffix = match.group(1), match.group(2)
    unsigned = "u" in suffix
    suffix = ("u" if unsigned else "") + suffix.replace("u", "")
    octal = len(digits) > 1 and digits.isdigit() and digits[0] == "0"
    try:
        value = int(digits, 8 if octal else 0)
    except ValueError:
        raise error("ASC0307", f"'{text}' is not a number", span) from None
    return constant(_int_type(value, suffix, digits), value, literal_zero=value == 0)


def _int_type(value: int, suffix: str, digits: str) -> QType:
    """The first type of the standard's list that holds the value."""
    decimal = digits[0] != "0" or len(digits) == 1
    for type_ in _INT_TYPES[suffix]:
        choices = [type_]
        if not decimal and "u" not in suffix:
            assert hasattr(type_.type, "name")
            choices.append(basic(f"unsigned {type_.type.name}"))
        for choice in choices:
            scalar = scalar_of(choice)
            assert scalar is not None
            if value < 1 << (scalar.bits - (1 if scalar.is_signed else 0)):
                return choice
    return ULONG


def _character(fn: Body, expr: syntax.Character) -> Ex:
    return constant(CHAR, expr.value if expr.value < 128 else expr.value - 256)


def _string(fn: Body, expr: syntax.String) -> Ex:
    data = expr.value.encode("utf-8") + b"\0"
    type_ = QType(ArrayType(CHAR.with_const(), len(data)))

    def build(place: Place) -> None:
        initialization.copy_init(fn, place, type_, Ex(type_, LVALUE, string=expr.value), expr.span)

    return Ex(type_, LVALUE, string=expr.value, maker=variables.string_maker(fn, data, build))


def _bool(fn: Body, expr: syntax.Bool) -> Ex:
    return constant(BOOL, expr.value)


def _nullptr(fn: Body, expr: syntax.Nullptr) -> Ex:
    return constant(NULLPTR, 0)


# ---------------------------------------------------------------- names


def _name(fn: Body, expr: syntax.Name) -> Ex:
    found = type_names.lookup(fn, expr.name)
    if not found:
        return _unfound(fn, expr)
    return elaborate_entity(fn, found, expr.name)


def _unfound(fn: Body, expr: syntax.Name) -> Ex:
    last = expr.name.last.name
    if len(expr.name.parts) == 1:
        if last == "__func__" or last in ("__FUNCTION__", "__PRETTY_FUNCTION__"):
            text = fn.instance.function.name if fn.instance is not None else ""
            return _string(fn, syntax.String(expr.span, text))
        if last in INDEX_VARIABLES:
            return _index_variable(fn, IndexVariable(last, INDEX_VARIABLES[last]))
        if last == "warpSize":
            return constant(INT, 32)
        if last == "NULL":
            return constant(LONG, 0, literal_zero=True)
    from . import builtin_calls

    if builtin_calls.overloads_of(last):
        overloaded = Overloads((), None, None, last)
        return Ex(VOID, LVALUE, overloads=overloaded)
    raise type_names.unknown_name(fn, str(expr.name), expr.span)


def elaborate_entity(fn: Body, found: list[Entity], name: syntax.QualifiedName) -> Ex:
    """The value of what a name means."""
    entity = found[0]
    match entity:
        case Variable():
            return variables.use(fn, entity, name.span)
        case Constant(_, type_, value):
            return constant(type_, value)
        case Function():
            object_ = None
            if entity.is_method and fn.this is not None:
                object_ = this_object(fn, name.span)
            return calls.named_functions(fn, found, name, object_)
        case FieldName():
            return _own_member(fn, entity, name)
        case IndexVariable():
            return _index_variable(fn, entity)
        case VariableTemplate():
            raw = type_names.raw_args(fn, name.last.template_args or ())
            known = type_facts.fact(fn.program, entity.name, raw, name.span)
            if known is not None:
                return known
            variable = templates.instantiate_variable(fn, entity, raw, name.span)
            return variables.use(fn, variable, name.span)
        case Unknown():
            raise type_names.unknown_entity(entity, name.span)
        case Pack():
            raise error("ASC0331", f"the pack '{entity.name}' is not expanded here", name.span)
    raise error("ASC0304", f"'{name}' is a type, where a value is needed", name.span)


def declared_type_of(fn: Body, expr: syntax.Name) -> QType | None:
    """For decltype: the type that a variable, member or parameter is declared with."""
    found = type_names.lookup(fn, expr.name)
    entity = found[0] if found else None
    if isinstance(entity, Variable):
        variables.resolve(fn.program, entity, expr.span)
        return entity.type
    if isinstance(entity, FieldName):
        return entity.field.type
    if isinstance(entity, Constant):
        return entity.type
    return None


def _index_variable(fn: Body, entity: IndexVariable) -> Ex:
    """`threadIdx` and the like: components are operations, the whole a record made on demand."""
    type_ = _index_type(fn, "dim3" if entity.name.endswith("Dim") else "uint3")

    def component(member: str) -> Ex:
        dim = "xyz".index(member)
        value = fn.emit(entity.op, (), {"dim": dim}, hint=f"{entity.name}.{member}")
        return Ex(UINT, value=value)

    def build(place: Place) -> None:
        info = class_of(type_)
        assert info is not None
        for member in info.fields:
            operators.store(fn, field_place(fn, place, member), component(member.name))

    return Ex(type_.with_const(), LVALUE, maker=Maker(build), component=component)


def _index_type(fn: Body, name: str) -> QType:
    found = fn.program.global_scope.find_here(name)
    if found and isinstance(found[0], TypeName):
        info = class_of(found[0].type)
        if info is not None:
            classes.complete(fn.program, info, fn.span)
            return found[0].type
    return VOID


# ---------------------------------------------------------------- members


def this_object(fn: Body, span: Span) -> Ex:
    """`*this`"""
    if fn.this is None or fn.this_class is None:
        raise error("ASC0304", "'this' outside a method", span)
    captured = lambdas.captured_this(fn)
    if captured is not None:
        return captured
    return Ex(fn.this_class.type.qualified(const=fn.this_const), LVALUE, place=fn.this)


def _this(fn: Body, expr: syntax.This) -> Ex:
    object_ = this_object(fn, expr.span)
    return Ex(pointer_to(object_.type), address=place_of(fn, object_))


def _own_member(fn: Body, entity: FieldName, name: syntax.QualifiedName) -> Ex:
    """A member named inside its class: `this->name`."""
    if fn.this is None and not fn.evaluated:
        return Ex(entity.field.type, LVALUE)
    object_ = lambdas.object_for(fn, entity.owner, name.span)
    if object_ is None and not fn.evaluated:
        return Ex(entity.field.type, LVALUE)
    if object_ is None:
        raise error("ASC0304", f"member '{name}' needs an object", name.span)
    return data_member(fn, object_, name.last.name, name.span)


def _member(fn: Body, expr: syntax.Member) -> Ex:
    object_ = elaborate(fn, expr.object)
    if expr.arrow:
        object_ = calls.dereferenced(fn, object_)
    return member_of(fn, object_, expr.name, expr.span)


def member_of(fn: Body, object_: Ex, name: syntax.QualifiedName, span: Span) -> Ex:
    """`object.name`: a data member, a static one, or methods."""
    last = name.last.name
    if object_.component is not None and last in "xyz":
        return object_.component(last)
    info = class_of(object_.type)
    if info is None:
        if last.startswith("~"):
            return Ex(VOID)
        raise error("ASC0302", f"'{object_.type}' is not a class, and has no member '{last}'", span)
    classes.complete(fn.program, info, span)
    scope = info.scope
    if len(name.parts) > 1:
        scope = type_names.qualifying_scope(fn, name)
    if name.last.conversion is not None:
        wanted = type_names.type_id(fn, name.last.conversion)
        fitting = [f for f in info.conversions if overloads.plain(fn, f).result_type == wanted]
        return Ex(VOID, LVALUE, overloads=Overloads(tuple(fitting), None, object_, last))
    found = scope.find_here(last)
    if not found:
        raise error("ASC0302", f"'{info.spelled()}' has no member '{last}'", span)
    if isinstance(found[0], FieldName):
        return data_member(fn, object_, last, span)
    if isinstance(found[0], Function):
        return calls.named_functions(fn, found, name, object_)
    discard(fn, object_)
    return elaborate_entity(fn, found, name)


def data_member(fn: Body, object_: Ex, name: str, span: Span) -> Ex:
    """The data member of an object, bases and anonymous members passed through."""
    info = class_of(object_.type)
    assert info is not None
    steps = classes.find_field(info, name)
    if steps is None:
        raise error("ASC0302", f"'{info.spelled()}' has no member '{name}'", span)
    place = place_of(fn, object_)
    type_ = object_.type
    for step in steps:
        if isinstance(step, FieldInfo):
            place = field_place(fn, place, step)
            type_ = step.type if step.mutable else _member_type(type_, step)
        else:
            place = base_place(fn, place, step)
    category = LVALUE if object_.category == LVALUE else XVALUE
    if isinstance(type_.type, Reference):
        return _through_reference(fn, place, type_.type.target)
    return Ex(type_, category, place=place, span=span)


def _member_type(object_: QType, member: FieldInfo) -> QType:
    return member.type.qualified(const=object_.const, volatile=object_.volatile)


def _through_reference(fn: Body, place: Place, target: QType) -> Ex:
    """A member of reference type: the object that the stored address points at."""
    pointer = load(fn, Ex(pointer_to(target), LVALUE, place=place))
    return pointee(fn, pointer)


# ---------------------------------------------------------------- subscripts and operators


def _index(fn: Body, expr: syntax.Index) -> Ex:
    base = elaborate(fn, expr.base)
    if is_class(base.type):
        args = initialization.arguments(fn, (expr.index,))
        result = calls.call_method(fn, base, "operator[]", args, expr.span)
        if result is not None:
            return result
        pointer = _as_pointer(fn, base)
        if pointer is None:
            raise error("ASC0302", f"'{base.type}' has no operator[]", expr.span)
        base = pointer
    index = elaborate(fn, expr.index)
    if not is_array(base.type) and not is_pointer(base.type) and is_pointer_like(index.type):
        base, index = index, base  # `i[p]`
    return subscript(fn, base, index, expr.span)


def _as_pointer(fn: Body, object_: Ex) -> Ex | None:
    """A class object that converts to a pointer, for subscripts."""
    for instance in conversions.conversion_functions(fn, object_):
        if is_pointer(instance.result_type):
            return calls.call_instance(fn, instance, [], fn.span, object_=object_)
    return None


def is_pointer_like(type_: QType) -> bool:
    return is_pointer(type_) or is_array(type_)


def subscript(fn: Body, base: Ex, index: Ex, span: Span) -> Ex:
    """`base[index]` of an array or pointer."""
    at = decayed(fn, index)
    if is_class(at.type):
        at = conversions.convert(fn, at, LONG, span)
    if not (is_integral(at.type) or is_unscoped_enum(at.type)):
        raise error("ASC0304", f"an index of type '{at.type}'", span, help="indices are integers")
    position = index_value(fn, at)
    if isinstance(base.type.type, ArrayType):
        element = base.type.type.element
        place = element_place(fn, place_of(fn, base), element, position, bounded=True)
        category = LVALUE if base.category == LVALUE else XVALUE
        return Ex(element, category, place=place)
    pointer = decayed(fn, base)
    if not isinstance(pointer.type.type, PointerType) or is_void(pointer.type.type.target):
        raise error("ASC0304", f"a subscript of a value of type '{base.type}'", span)
    return pointed_element(fn, pointer, position)


def pointed_element(fn: Body, pointer: Ex, position: Any) -> Ex:
    """`pointer[position]`"""
    assert isinstance(pointer.type.type, PointerType)
    target = pointer.type.type.target
    start = place_of(fn, pointee(fn, pointer))
    if start.index is not None:
        start = Place(value_of(fn, replace(pointer, constant=None)), None, name=start.name)
    elem = element_type(target)
    start = replace(start, pointer=cast_pointer(fn, start.pointer, elem))
    place = element_place(fn, start, target, position)
    return Ex(target, LVALUE, place=replace(place, volatile=target.volatile))


def _conditional(fn: Body, expr: syntax.Conditional) -> Ex:
    return operators.conditional(fn, expr)


# ---------------------------------------------------------------- conversions as written


def _construct(fn: Body, expr: syntax.Construct) -> Ex:
    type_ = calls.deduced_class_type(fn, expr.type.specifier, expr.arguments)
    if type_ is None or expr.type.declarator.parts:
        type_ = type_names.type_id(fn, expr.type)
    return calls.construct(fn, type_, expr.arguments, expr.braces, expr.span)


def _cast(fn: Body, expr: syntax.Cast) -> Ex:
    target = type_names.type_id(fn, expr.type)
    if isinstance(expr.operand, syntax.InitializerList):
        return initialization.from_list(fn, expr.operand, target, expr.span)
    operand = elaborate(fn, expr.operand)
    return cast(fn, operand, target, expr.style, expr.span)


def cast(fn: Body, operand: Ex, target: QType, style: str, span: Span) -> Ex:
    """`(T)x`, `static_cast`, `reinterpret_cast`, `const_cast`."""
    if is_void(target):
        discard(fn, operand)
        return Ex(VOID)
    if isinstance(target.type, Reference):
        return _cast_reference(fn, operand, target.type, style, span)
    if style == "reinterpret_cast" or style == "const_cast":
        return _reinterpret(fn, decayed(fn, operand), target, span)
    if is_class(target):
        return conversions.convert(fn, operand, target, span, explicit=True)
    if is_class(operand.type):
        return conversions.convert(fn, operand, target, span, explicit=True)
    if operand.overloads is not None or function_of(target) is not None:
        return overloads.as_function(fn, operand, target, span)
    source = decayed(fn, operand)
    if is_pointer(target) and is_pointer(source.type):
        return conversions.change_scalar(fn, source, target)
    if is_pointer(target) or is_pointer(source.type):
        if style == "static_cast" and not (is_nullptr(source.type) or source.literal_zero):
            if not (is_pointer(target) is False and target.type == BOOL.type):
                raise error("ASC0310", f"static_cast from '{operand.type}' to '{target}'", span)
        return _reinterpret(fn, source, target, span)
    if not is_scalar(target) or not is_scalar(source.type):
        raise conversions.no_conversion(operand, target, span)
    if is_half(target) and is_half(source.type):
        source = conversions.change_scalar(fn, source, FLOAT)
    return conversions.change_scalar(fn, source, target)


def _reinterpret(fn: Body, operand: Ex, target: QType, span: Span) -> Ex:
    if is_class(target) or not is_scalar(operand.type):
        raise error("ASC0310", f"a cast from '{operand.type}' to '{target}'", span)
    if is_number(operand.type) and is_number(target) and operand.type.type != target.type:
        raise error("ASC0310", f"a reinterpret_cast from '{operand.type}' to '{target}'", span)
    if is_pointer(operand.type) and is_pointer(target):
        return _reseen(fn, operand, target)
    return conversions.change_scalar(fn, operand, target)


def _reseen(fn: Body, operand: Ex, target: QType) -> Ex:
    """A pointer seen with another element type, without the adjustment of a base class."""
    assert isinstance(target.type, PointerType)
    if isinstance(operand.constant, FunctionRef):
        return replace(operand, type=target.bare)
    info = class_of(target.type.target)
    if info is not None and info.definition is not None and info.definition.body:
        classes.complete(fn.program, info, fn.span)
    if operand.constant is not None:
        return Ex(target.bare, constant=operand.constant)
    if operand.address is not None:
        return Ex(target.bare, address=retarget(fn, operand.address, target.type.target))
    value = cast_pointer(fn, value_of(fn, operand), element_type(target.type.target))
    return Ex(target.bare, value=value)


def _cast_reference(fn: Body, operand: Ex, target: Reference, style: str, span: Span) -> Ex:
    wanted = target.target
    category = XVALUE if target.rvalue else LVALUE
    have, want = class_of(operand.type), class_of(wanted)
    related = have is not None and want is not None and have is not want
    if operand.type.type == wanted.type or (
        style in ("static_cast", "c") and not operand.is_glvalue
    ):
        if operand.is_glvalue:
            return replace(operand, type=wanted, category=category)
        bound = conversions.bind_reference(fn, operand, QType(target), span)
        return replace(bound, category=category)
    if style == "static_cast" and not related:
        bound = conversions.bind_reference(fn, operand, QType(target), span)
        return replace(bound, category=category)
    if related and have is not None and want is not None:
        from .memory import path_to_base, upcast_place

        if path_to_base(have, want) is not None:
            place = upcast_place(fn, place_of(fn, operand), have, want)
            return Ex(wanted, category, place=place)
    if want is not None:
        classes.complete(fn.program, want, span)
    place = retarget(fn, place_of(fn, operand), wanted)
    return Ex(wanted, category, place=replace(place, volatile=wanted.volatile))


# ---------------------------------------------------------------- unevaluated and compile-time


def _sizeof(fn: Body, expr: syntax.SizeOf) -> Ex:
    if expr.keyword == "sizeof...":
        return constant(ULONG, type_names.pack_length(fn, expr.operand))
    if isinstance(expr.operand, syntax.TypeId):
        type_ = _sized_type(fn, expr.operand)
    else:
        with fn.discarded():
            ex = elaborate(fn, expr.operand)
            type_ = ex.type
            if ex.place is not None and ex.place.bits is not None:
                raise error("ASC0305", "sizeof a bit-field", expr.span)
    if isinstance(type_.type, Reference):
        type_ = type_.type.target
    inner = type_
    while isinstance(inner.type, ArrayType):
        if inner.type.count is None:
            raise error("ASC0303", f"the size of '{type_}' is not known", expr.span)
        inner = inner.type.element
    info = class_of(inner)
    if info is not None:
        classes.complete(fn.program, info, expr.span)
    value = size_of(type_) if expr.keyword == "sizeof" else align_of(type_)
    return constant(ULONG, value)


def _sized_type(fn: Body, node: syntax.TypeId) -> QType:
    """The operand of sizeof: a bare name may turn out to be a variable."""
    spec = node.specifier
    if spec.name is not None and not node.declarator.parts:
        found = type_names.lookup(fn, spec.name)
        if found and isinstance(found[0], Variable | FieldName | Constant):
            with fn.discarded():
                return elaborate(fn, syntax.Name(node.span, spec.name)).type
    return type_names.type_id(fn, node)


def _fold(fn: Body, expr: syntax.Fold) -> Ex:
    """A fold expression: the operator over the elements of a pack."""
    if expr.init is not None and not packs_in(fn, expr.pack) and packs_in(fn, expr.init):
        # `(pack op ... op init)`: the parser takes what stands after the dots for the pack.
        expr = replace(expr, pack=expr.init, init=expr.pack, left=False)
    items = expand(fn, expr.pack, lambda: elaborate(fn, expr.pack))
    if expr.init is not None:
        init = elaborate(fn, expr.init)
        items = [init, *items] if expr.left else [*items, init]
    if not items:
        empty = {"&&": True, "||": False}
        if expr.operator in empty:
            return constant(BOOL, empty[expr.operator])
        if expr.operator == ",":
            return Ex(VOID)
        raise error("ASC0331", f"an empty pack folded over '{expr.operator}'", expr.span)
    if expr.left:
        total = items[0]
        for item in items[1:]:
            total = operators.apply(fn, expr.operator, total, item, expr.span)
        return total
    total = items[-1]
    for item in reversed(items[:-1]):
        total = operators.apply(fn, expr.operator, item, total, expr.span)
    return total


def _refuse(code: str, what: str, help_: str = "") -> Callable[[Body, Any], Ex]:
    def handler(fn: Body, expr: syntax.Expr) -> Ex:
        raise error(code, f"{what} is not supported in device code", expr.span, help=help_)

    return handler


def _list(fn: Body, expr: syntax.InitializerList) -> Ex:
    raise error("ASC0312", "a braced list needs a type to initialise", expr.span)


def _pack_expansion(fn: Body, expr: syntax.PackExpansion) -> Ex:
    raise error("ASC0331", "a pack cannot be expanded here", expr.span)


@lru_cache(maxsize=1)
def _handlers() -> dict[type, Callable[[Body, Any], Ex]]:
    """What elaborates each kind of node."""
    return {
        syntax.Number: _number,
        syntax.Character: _character,
        syntax.String: _string,
        syntax.Bool: _bool,
        syntax.Nullptr: _nullptr,
        syntax.This: _this,
        syntax.Name: _name,
        syntax.Unary: operators.unary,
        syntax.Postfix: operators.postfix,
        syntax.Binary: operators.binary,
        syntax.Assign: operators.assign,
        syntax.Conditional: _conditional,
        syntax.Index: _index,
        syntax.Member: _member,
        syntax.Call: calls.elaborate,
        syntax.Construct: _construct,
        syntax.Cast: _cast,
        syntax.SizeOf: _sizeof,
        syntax.InitializerList: _list,
        syntax.Lambda: lambdas.elaborate,
        syntax.PackExpansion: _pack_expansion,
        syntax.Fold: _fold,
        syntax.Throw: _refuse("ASC0421", "throwing exceptions"),
        syntax.New: _refuse("ASC0422", "allocating with new", "use an array of fixed size"),
        syntax.Delete: _refuse("ASC0422", "delete"),
        syntax.Launch: _refuse("ASC0423", "launching a kernel (dynamic parallelism)"),
    }
