"""Structured bindings: the names of `auto [a, b] = e;` as parts of an object.

Arrays are bound by their elements, classes with a `std::tuple_size` by `get<i>`, others by their
members.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir.diagnostics import error
from ..ir.source import Span
from . import (
    calls,
    classes,
    conversions,
    expressions,
    initialization,
    overloads,
    syntax,
    templates,
    variables,
)
from .cpp_types import INT, ArrayType, QType, class_of, reference_to
from .entities import (
    ClassInfo,
    ClassTemplate,
    Entity,
    Function,
    Instance,
    Namespace,
    Variable,
)
from .memory import element_place, field_place, place_of
from .scope import argument_dependent
from .state import Body
from .values import LVALUE, Ex, Place, constant


def declare(fn: Body, decl: syntax.VariableDecl) -> None:
    """`auto [a, b] = e;`"""
    first = decl.arguments[0]
    assert not isinstance(first, syntax.InitializerList)
    bind_names(fn, decl, expressions.elaborate(fn, first))


def bind_names(fn: Body, decl: syntax.VariableDecl, ex: Ex) -> None:
    """The names of a structured binding as the parts of an object."""
    by_reference = any(isinstance(p, syntax.PointerPart) for p in decl.declarator.parts)
    if by_reference:
        type_ = ex.type.qualified(const=decl.specifier.const)
        place = place_of(fn, ex)
    else:
        type_ = ex.type.bare.qualified(const=decl.specifier.const)
        place = fn.variable(ex.type.bare, "_".join(decl.bindings))
        initialization.copy_init(fn, place, ex.type.bare, ex, decl.span)
    if _is_tuple_like(fn, type_, decl.span):
        _bind_by_get(fn, decl, Ex(type_, LVALUE, place=place))
        return
    for name, variable in _bound_parts(fn, decl, type_, place):
        fn.scope.names[name] = [variable]


def _bound_parts(
    fn: Body, decl: syntax.VariableDecl, type_: QType, place: Place
) -> list[tuple[str, Variable]]:
    info = class_of(type_)
    parts: list[tuple[QType, Place]] = []
    if info is not None:
        classes.complete(fn.program, info, decl.span)
        for member in info.fields:
            at = field_place(fn, place, member)
            parts.append((member.type.qualified(const=type_.const), at))
    elif isinstance(type_.type, ArrayType):
        for index in range(type_.type.count or 0):
            at = element_place(fn, place, type_.type.element, fn.b.i32(index), bounded=True)
            parts.append((type_.type.element, at))
    if len(parts) != len(decl.bindings):
        raise _wrong_number(decl, len(parts), type_)
    made: list[tuple[str, Variable]] = []
    for name, (part, at) in zip(decl.bindings, parts, strict=True):
        named = replace(at, name=name)
        made.append((name, Variable(name, part, decl.span, named, is_local=True, home=fn)))
    return made


def _wrong_number(decl: syntax.VariableDecl, count: int, type_: QType) -> Exception:
    return error(
        "ASC0312", f"{len(decl.bindings)} names for the {count} parts of '{type_}'", decl.span
    )


# ---------------------------------------------------------------- tuples


def _in_std(fn: Body, name: str) -> list[Entity]:
    for namespace in fn.program.global_scope.find_here("std"):
        if isinstance(namespace, Namespace):
            return namespace.scope.find_here(name)
    return []


def _tuple_size(fn: Body, type_: QType, span: Span) -> ClassInfo | None:
    """`std::tuple_size<T>` where somebody has defined it."""
    found = _in_std(fn, "tuple_size")
    if class_of(type_) is None or not found or not isinstance(found[0], ClassTemplate):
        return None
    info = templates.instantiate_class(fn, found[0], [type_.bare], span)
    if info.definition is None or not (info.definition.body):
        return None
    classes.complete(fn.program, info, span)
    return info


def _is_tuple_like(fn: Body, type_: QType, span: Span) -> bool:
    return _tuple_size(fn, type_, span) is not None


def _bind_by_get(fn: Body, decl: syntax.VariableDecl, object_: Ex) -> None:
    size = _tuple_size(fn, object_.type, decl.span)
    assert size is not None
    found = [e for e in size.scope.find_here("value") if isinstance(e, Variable)]
    count = variables.use(fn, found[0], decl.span).constant if found else None
    if count != len(decl.bindings):
        raise _wrong_number(decl, count if isinstance(count, int) else 0, object_.type)
    for index, name in enumerate(decl.bindings):
        part = _get(fn, object_, index, decl.span)
        variables.initialized(
            fn, name, reference_to(part.type, not part.is_glvalue), part, decl.span
        )


def _get(fn: Body, object_: Ex, index: int, span: Span) -> Ex:
    """`e.get<i>()` or `get<i>(e)`"""
    info = class_of(object_.type)
    assert info is not None
    raw = [constant(INT, index)]
    member = [f for f in info.scope.find_here("get") if isinstance(f, Function) and f.is_template]
    free = [f for f in argument_dependent("get", [object_.type]) if f.owner is None]
    args: list[conversions.Arg] = [] if member else [object_]
    this = object_ if member else None
    chosen = overloads.resolve(fn, "get", member or free, args, span, raw=raw, object_=this)
    assert isinstance(chosen.target, Instance)
    return calls.call_instance(fn, chosen.target, args, span, object_=this)
