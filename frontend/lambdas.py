"""Lambdas: a closure class with one member per captured name, and a call operator.

A generic lambda's `auto` parameters become template parameters of the operator, so that deduction
needs no rule of its own. Names that are constants, types or functions need no capture.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir.diagnostics import error
from ..ir.source import Span
from . import classes, expressions, initialization, syntax
from .cpp_types import (
    QType,
    class_of,
    decay,
    is_array,
    pointer_to,
    reference_to,
)
from .entities import (
    ClassInfo,
    Closure,
    Constant,
    Entity,
    FieldInfo,
    FieldName,
    Function,
    TypeName,
    Variable,
)
from .memory import (
    address_value,
    copy_object,
    field_place,
    load,
    path_to_base,
    place_of,
    pointee,
    store_value,
)
from .packs import names_in
from .scope import Scope
from .state import Body
from .values import LVALUE, PRVALUE, Ex, Maker, Place

THIS = "this"


def elaborate(fn: Body, expr: syntax.Lambda) -> Ex:
    """A closure object, its captured values stored where it is built."""
    captures = _captures(fn, expr)
    info = _closure_class(fn, expr, captures)
    type_ = info.type

    def build(place: Place) -> None:
        for member, (_, ex, by_reference) in zip(info.fields, captures, strict=True):
            _store_capture(fn, field_place(fn, place, member), member, ex, by_reference)

    return Ex(type_, PRVALUE, maker=Maker(build), span=expr.span)


def _store_capture(fn: Body, place: Place, member: FieldInfo, ex: Ex, by_reference: bool) -> None:
    if by_reference:
        store_value(fn, place, address_value(fn, place_of(fn, ex), pointer_to(ex.type)))
    elif is_array(member.type):
        copy_object(fn, place, place_of(fn, ex), member.type)
    else:
        initialization.copy_init(fn, place, member.type.bare, ex, fn.span)


Captured = tuple[str, Ex, bool]
"""Name, what it is outside, whether by reference."""


def _captures(fn: Body, expr: syntax.Lambda) -> list[Captured]:
    found: list[Captured] = []
    taken: set[str] = set()
    for capture in expr.captures:
        taken.add(capture.name.lstrip("*"))
        if capture.name.lstrip("*") == THIS:
            found.append(_capture_this(fn, expr.span, capture.name.startswith("*")))
        elif capture.init is not None:
            ex = expressions.elaborate(fn, capture.init)
            found.append((capture.name, ex, capture.by_reference))
        else:
            entities = fn.scope.lookup(capture.name)
            if entities and _needs_capture(entities[0]):
                found.append(_named(fn, capture.name, capture.by_reference, capture.span))
    if expr.default:
        by_reference = expr.default == "&"
        for name in dict.fromkeys(_used_names(expr)):
            entities = fn.scope.lookup(name)
            if name in taken or not entities or not _needs_capture(entities[0]):
                continue
            if _is_member(fn, entities[0]):
                if THIS not in taken and fn.this is not None:
                    found.append(_capture_this(fn, expr.span, False))
                    taken.add(THIS)
                continue
            taken.add(name)
            found.append(_named(fn, name, by_reference, expr.span))
        if THIS not in taken and fn.this is not None and _mentions_this(fn, expr):
            found.append(_capture_this(fn, expr.span, False))
    return found


def _used_names(expr: syntax.Lambda) -> list[str]:
    return list(names_in(expr.body)) + list(names_in(expr.signature))


def _named(fn: Body, name: str, by_reference: bool, span: Span) -> Captured:
    part = syntax.NamePart(span, name)
    written = syntax.Name(span, syntax.QualifiedName(span, (part,)))
    return name, expressions.elaborate(fn, written), by_reference


def _needs_capture(entity: Entity) -> bool:
    if isinstance(entity, Variable):
        return entity.is_local and entity.constant is None and entity.global_ is None
    return isinstance(entity, FieldName)


def _is_member(fn: Body, entity: Entity) -> bool:
    """A member of the enclosing class: reached through `this`. Members of an enclosing closure
    are captured like variables."""
    if not isinstance(entity, FieldName):
        return False
    return not entity.owner.name.startswith("lambda")


def _mentions_this(fn: Body, expr: syntax.Lambda) -> bool:
    """Whether the body says `this`, or names a method of the class."""
    if _contains_this(expr.body):
        return True
    for name in names_in(expr.body):
        found = fn.scope.lookup(name)
        if found and isinstance(found[0], Function) and found[0].is_method:
            return found[0].closure is None
    return False


def _contains_this(node: object) -> bool:
    if isinstance(node, syntax.This):
        return True
    if isinstance(node, syntax.Node):
        return any(_contains_this(getattr(node, s)) for s in _slots(node) if s != "span")
    if isinstance(node, tuple):
        return any(_contains_this(item) for item in node)
    return False


def _slots(node: syntax.Node) -> list[str]:
    from dataclasses import fields

    return [f.name for f in fields(node)]


def _capture_this(fn: Body, span: Span, copied: bool) -> Captured:
    object_ = expressions.this_object(fn, span)
    return THIS, object_, not copied


# ---------------------------------------------------------------- the closure class


def _closure_class(fn: Body, expr: syntax.Lambda, captures: list[Captured]) -> ClassInfo:
    parent = fn.scope
    key = _key(fn, expr, captures)
    known = fn.program.closures.get(key)
    if known is not None:
        known.parent = known.scope.parent = parent
        return known
    name = f"lambda_{_home_name(fn)}" if fn.instance is not None else "lambda"
    scope = Scope("class", parent, name)
    info = ClassInfo(name, None, parent, scope)
    fn.program.closures[key] = info
    scope.owner = info
    for captured_name, ex, by_reference in captures:
        type_ = reference_to(ex.type) if by_reference else _captured_type(ex)
        member = FieldInfo(captured_name, type_, None, captured_name)
        info.fields.append(member)
        if captured_name != THIS:
            scope.declare(captured_name, FieldName(member, info))
    definition = syntax.ClassDefinition(expr.span, "struct", None)
    info.definition = definition
    classes.lay_out(fn.program, info, definition, fn)
    info.state = "complete"
    operator = _operator(fn, expr, info)
    scope.declare("operator()", operator)
    if not captures and not expr.default:
        info.invoker = Function("lambda", operator.decl, info.scope)
        info.invoker.closure = operator.closure
    return info


def _key(fn: Body, expr: syntax.Lambda, captures: list[Captured]) -> tuple[object, ...]:
    """What makes a closure type the same one when its function is looked at again (for its result
    type first, then for its body): function, expression, captures, and the template arguments and
    pack elements that it names."""
    seen: list[object] = [fn.instance if fn.instance is not None else id(fn.scope), id(expr)]
    seen += [(name, ex.type, by_reference) for name, ex, by_reference in captures]
    for name in dict.fromkeys(_used_names(expr)):
        found = fn.scope.lookup(name)
        entity = found[0] if found else None
        if isinstance(entity, TypeName):
            seen.append((name, entity.type))
        elif isinstance(entity, Constant) or (
            isinstance(entity, Variable) and entity.constant is not None
        ):
            value = entity.value if isinstance(entity, Constant) else entity.constant
            seen.append((name, type(value), value))
    return tuple(seen)


def _home_name(fn: Body) -> str:
    return fn.instance.name if fn.instance is not None else ""


def _captured_type(ex: Ex) -> QType:
    if is_array(ex.type):
        return ex.type
    return decay(ex.type)


def _operator(fn: Body, expr: syntax.Lambda, info: ClassInfo) -> Function:
    template, signature = _generic(expr)
    span = expr.span
    if not expr.mutable:
        signature = replace(signature, const=True)
    name = syntax.QualifiedName(span, (syntax.NamePart(span, "operator()"),))
    decl = syntax.FunctionDecl(
        span,
        syntax.TypeSpecifier(span, builtin="auto"),
        syntax.Declarator(span, name, (signature,)),
        frozenset({"__device__"}),
        template=template or None,
        body=expr.body,
    )
    function = Function("operator()", decl, info.scope, info)
    function.closure = Closure(expr, [], fn.scope)
    return function


def _generic(
    expr: syntax.Lambda,
) -> tuple[tuple[syntax.TemplateParameter, ...], syntax.FunctionPart]:
    """`auto` parameters as template parameters."""
    template = list(expr.template)
    parameters: list[syntax.Parameter] = []
    for index, param in enumerate(expr.signature.parameters):
        if param.specifier.builtin != "auto":
            parameters.append(param)
            continue
        name = f"auto:{index + 1}"
        pack = param.declarator.pack
        template.append(syntax.TemplateParameter(param.span, "type", name, pack))
        part = syntax.NamePart(param.span, name)
        spec = replace(param.specifier, builtin="", name=syntax.QualifiedName(param.span, (part,)))
        parameters.append(replace(param, specifier=spec))
    return tuple(template), replace(expr.signature, parameters=tuple(parameters))


# ---------------------------------------------------------------- inside the call operator


def captured_this(fn: Body) -> Ex | None:
    """The enclosing object, where `this` is said inside a lambda that captured it."""
    info = fn.this_class
    if info is None or fn.this is None:
        return None
    for member in info.fields:
        if member.name == THIS:
            return _through(fn, info, member)
    return None


def _through(fn: Body, info: ClassInfo, member: FieldInfo) -> Ex:
    assert fn.this is not None
    place = field_place(fn, fn.this, member)
    target = member.type
    inner = getattr(target.type, "target", None)
    if inner is None:
        return Ex(target, LVALUE, place=place)
    pointer = load(fn, Ex(pointer_to(inner), LVALUE, place=place))
    return pointee(fn, pointer)


def object_for(fn: Body, owner: ClassInfo, span: Span) -> Ex | None:
    """The object whose member of class `owner` is named: `*this`, or a captured one."""
    info = fn.this_class
    if fn.this is None or info is None:
        return None
    if path_to_base(info, owner) is not None:
        return Ex(info.type.qualified(const=fn.this_const), LVALUE, place=fn.this)
    captured = captured_this(fn)
    while captured is not None:
        have = class_of(captured.type)
        if have is not None and path_to_base(have, owner) is not None:
            return captured
        captured = _next_captured(fn, captured)
    return None


def _next_captured(fn: Body, object_: Ex) -> Ex | None:
    have = class_of(object_.type)
    if have is None:
        return None
    for member in have.fields:
        if member.name == THIS:
            inner = getattr(member.type.type, "target", None)
            place = field_place(fn, place_of(fn, object_), member)
            if inner is None:
                return Ex(member.type, LVALUE, place=place)
            return pointee(fn, load(fn, Ex(pointer_to(inner), LVALUE, place=place)))
    return None


def refuse_uncaptured(name: str, span: Span) -> Exception:
    return error("ASC0316", f"'{name}' is not captured", span, help="capture it: [&] or [=]")
