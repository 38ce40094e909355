"""From types and names as written to what they mean in a scope."""

from __future__ import annotations

from functools import lru_cache

from ..ir.diagnostics import error
from ..ir.source import Span
from . import classes, evaluate, expressions, known_names, syntax, templates
from .cpp_types import (
    AUTO,
    BASIC,
    ArrayType,
    AutoType,
    FunctionType,
    PointerType,
    QType,
    Reference,
    basic,
    decay,
    is_void,
    reference_to,
)
from .entities import (
    AliasTemplate,
    ClassInfo,
    ClassTemplate,
    Entity,
    Namespace,
    Pack,
    PackArg,
    TemplateRef,
    TypeName,
    Unknown,
)
from .packs import expand
from .scope import Scope
from .state import Body
from .values import LVALUE, XVALUE, RawArg

# ---------------------------------------------------------------- names


def lookup(fn: Body, name: syntax.QualifiedName) -> list[Entity]:
    """What a name means; empty where it means nothing."""
    if len(name.parts) == 1 and not name.absolute and name.decltype is None:
        return fn.scope.lookup(name.parts[0].name)
    scope = qualifying_scope(fn, name)
    return scope.find_here(name.last.name)


def qualifying_scope(fn: Body, name: syntax.QualifiedName) -> Scope:
    """The scope that the components before the last name."""
    scope: Scope | None = None
    if name.decltype is not None:
        scope = scope_of_type(fn, decltype_of(fn, name.decltype), name.span)
    elif name.absolute:
        scope = fn.program.global_scope
    for part in name.parts[:-1]:
        found = fn.scope.lookup(part.name) if scope is None else scope.find_here(part.name)
        if not found:
            raise unknown_name(fn, part.name, part.span)
        scope = _enter(fn, found[0], part)
    assert scope is not None, "a qualified name has a qualifier"
    return scope


def _enter(fn: Body, entity: Entity, part: syntax.NamePart) -> Scope:
    if isinstance(entity, Namespace):
        return entity.scope
    if isinstance(entity, Unknown):
        raise unknown_entity(entity, part.span)
    return scope_of_type(fn, named_type(fn, [entity], part), part.span)


def scope_of_type(fn: Body, type_: QType, span: Span) -> Scope:
    """The scope of a class or enumeration, complete."""
    inner = type_.type.target if isinstance(type_.type, Reference) else type_
    info = getattr(inner.type, "info", None)
    if info is None:
        raise error("ASC0302", f"'{type_}' is not a class, and has no members", span)
    if isinstance(info, ClassInfo):
        classes.complete(fn.program, info, span)
    scope: Scope = info.scope
    return scope


def unknown_name(fn: Body, name: str, span: Span) -> Exception:
    """The error for a name that nothing declares; names of unread headers are told apart."""
    if name.split("::")[0] in _header_names():
        return error(
            "ASC0300",
            f"'{name}' is declared in a header that is not read, and has no counterpart in the "
            "device library",
            span,
            help="write what the kernel needs from it in the project",
        )
    return error(
        "ASC0301",
        f"'{name}' is not declared here",
        span,
        help="declare it before its use, or check the spelling; names from headers that are not "
        "read are only known where the device library has them",
    )


@lru_cache(maxsize=1)
def _header_names() -> frozenset[str]:
    tables = (known_names.TYPES, known_names.TYPE_TEMPLATES, known_names.VALUE_TEMPLATES)
    words = [w for table in tables for text in table.values() for w in text.split()]
    spaces = [w for text in known_names.NAMESPACES.values() for w in text.split()]
    return frozenset([*words, *spaces])


def unknown_entity(entity: Unknown, span: Span) -> Exception:
    return error(
        "ASC0300",
        f"'{entity.name}' comes from <{entity.header}>, which is not translated",
        span,
        help=f"give the definitions that the kernel needs from <{entity.header}> in the project",
    )


# ---------------------------------------------------------------- types


def type_id(fn: Body, node: syntax.TypeId) -> QType:
    return declared_type(fn, node.specifier, node.declarator)


def declared_type(fn: Body, spec: syntax.TypeSpecifier, declarator: syntax.Declarator) -> QType:
    """The type that a declaration gives its name."""
    return apply_parts(fn, specified_type(fn, spec), declarator.parts)


def apply_parts(fn: Body, type_: QType, parts: tuple[syntax.DeclaratorPart, ...]) -> QType:
    for part in reversed(parts):
        type_ = apply_part(fn, type_, part)
    return type_


def apply_part(fn: Body, type_: QType, part: syntax.DeclaratorPart) -> QType:
    match part:
        case syntax.PointerPart(kind="*"):
            if isinstance(type_.type, Reference):
                raise error("ASC0303", f"a pointer to a reference ('{type_}')", part.span)
            return QType(PointerType(type_), part.const, part.volatile)
        case syntax.PointerPart():
            if is_void(type_):
                raise error("ASC0303", "a reference to void", part.span)
            return reference_to(type_, part.kind == "&&")
        case syntax.ArrayPart():
            return QType(ArrayType(type_, array_size(fn, part)))
        case syntax.FunctionPart():
            return function_type(fn, type_, part)


def array_size(fn: Body, part: syntax.ArrayPart) -> int | None:
    if part.size is None:
        return None
    value = evaluate.integer_constant(fn, part.size, "the size of an array")
    if value < 0:
        raise error("ASC0303", f"an array of size {value}", part.size.span)
    return value


def function_type(fn: Body, result: QType, part: syntax.FunctionPart) -> QType:
    params: list[QType] = []
    for param in part.parameters:
        if param.declarator.pack:
            params += expand(fn, param, lambda p=param: parameter_type(fn, p))  # type: ignore[misc]
        else:
            params.append(parameter_type(fn, param))
    params = [] if len(params) == 1 and is_void(params[0]) else params
    if part.trailing is not None:
        result = type_id(fn, part.trailing)
    return QType(FunctionType(result, tuple(p.bare for p in params), part.variadic))


def parameter_type(fn: Body, param: syntax.Parameter) -> QType:
    """A parameter's type, arrays and functions adjusted to pointers; its own const is kept."""
    type_ = declared_type(fn, param.specifier, param.declarator)
    if isinstance(type_.type, ArrayType | FunctionType):
        return decay(type_)
    return type_


def specified_type(fn: Body, spec: syntax.TypeSpecifier) -> QType:
    return _unqualified(fn, spec).qualified(const=spec.const, volatile=spec.volatile)


def _unqualified(fn: Body, spec: syntax.TypeSpecifier) -> QType:
    if spec.builtin:
        return builtin_type(spec.builtin, spec.span)
    if spec.name is not None:
        return type_name(fn, spec.name)
    if spec.decltype is not None:
        return decltype_of(fn, spec.decltype)
    assert spec.definition is not None, "a type specifier names a type"
    if isinstance(spec.definition, syntax.EnumDefinition):
        return classes.declare_enum(fn, spec.definition)
    return classes.declare_class(fn, spec.definition).type


def builtin_type(name: str, span: Span) -> QType:
    if name == "auto":
        return AUTO
    if name == "decltype(auto)":
        return QType(AutoType(True))
    if name in BASIC or name == "void":
        return basic(name)
    raise error("ASC0306", f"the type '{name}' is not supported", span)


def type_name(fn: Body, name: syntax.QualifiedName) -> QType:
    """The type that a name means."""
    found = lookup(fn, name)
    if not found:
        raise unknown_name(fn, str(name), name.span)
    return named_type(fn, found, name.last)


def named_type(fn: Body, found: list[Entity], part: syntax.NamePart) -> QType:
    """The type that an entity and template arguments make."""
    entity = found[0]
    match entity:
        case TypeName(type_):
            if part.template_args is not None:
                info = getattr(type_.type, "info", None)
                template = getattr(info, "template", None)
                if template is not None:  # the class's own name inside a class template
                    return _instance(fn, template, part)
            return type_
        case ClassTemplate():
            return _instance(fn, entity, part)
        case AliasTemplate():
            args = raw_args(fn, part.template_args or ())
            return templates.instantiate_alias(fn, entity, args, part.span)
        case Unknown():
            raise unknown_entity(entity, part.span)
        case Pack():
            raise error("ASC0331", f"the pack '{part.name}' is not expanded here", part.span)
    raise error("ASC0302", f"'{part.name}' is not a type", part.span)


def _instance(fn: Body, template: ClassTemplate, part: syntax.NamePart) -> QType:
    if part.template_args is None and not all(p.default or p.pack for p in template.parameters):
        raise error("ASC0332", f"'{template.name}' needs template arguments", part.span)
    args = raw_args(fn, part.template_args or ())
    return templates.instantiate_class(fn, template, args, part.span).type


def is_type(fn: Body, name: syntax.QualifiedName) -> bool:
    """Whether a name means a type (with its template arguments)."""
    found = lookup(fn, name)
    return bool(found) and isinstance(found[0], TypeName | ClassTemplate | AliasTemplate)


def decltype_of(fn: Body, expr: syntax.Expr) -> QType:
    """`decltype(expr)`: the declared type of a name, else the type with its value category."""
    if isinstance(expr, syntax.Name):
        declared = expressions.declared_type_of(fn, expr)
        if declared is not None:
            return declared
    with fn.discarded():
        ex = expressions.elaborate(fn, expr)
    if ex.category == LVALUE and not isinstance(expr, syntax.Member):
        return reference_to(ex.type)
    return reference_to(ex.type, True) if ex.category == XVALUE else ex.type


# ---------------------------------------------------------------- template arguments


def raw_args(fn: Body, args: tuple[syntax.TypeId | syntax.Expr, ...]) -> list[RawArg]:
    """Template arguments as written, packs expanded; values are converted to their parameter's
    type when it is known."""
    out: list[RawArg] = []
    for arg in args:
        if isinstance(arg, syntax.TypeId) and arg.pack:
            out += expand(fn, arg, lambda a=arg: raw_arg(fn, a))  # type: ignore[misc]
        elif isinstance(arg, syntax.PackExpansion):
            out += expand(fn, arg.pattern, lambda a=arg: raw_arg(fn, a.pattern))  # type: ignore[misc]
        else:
            out.append(raw_arg(fn, arg))
    return out


def raw_arg(fn: Body, arg: syntax.TypeId | syntax.Expr) -> RawArg:
    if isinstance(arg, syntax.TypeId):
        return _type_or_value(fn, arg)
    if isinstance(arg, syntax.Name):
        found = lookup(fn, arg.name)
        if found and isinstance(found[0], ClassTemplate | AliasTemplate):
            if arg.name.last.template_args is None:
                return TemplateRef(found[0])
            return named_type(fn, found, arg.name.last)
        if found and isinstance(found[0], TypeName):
            return named_type(fn, found, arg.name.last)
    return evaluate.template_value(fn, arg)


def _type_or_value(fn: Body, arg: syntax.TypeId) -> RawArg:
    """A type as the parser saw it; a bare name may turn out to be a template or a value."""
    spec = arg.specifier
    if spec.name is not None and not arg.declarator.parts:
        found = lookup(fn, spec.name)
        if found and isinstance(found[0], ClassTemplate | AliasTemplate):
            if spec.name.last.template_args is None:
                injected = isinstance(found[0], ClassTemplate)
                return TemplateRef(found[0]) if injected else type_id(fn, arg)
        elif found and not isinstance(found[0], TypeName | Unknown | Pack):
            return evaluate.template_value(fn, syntax.Name(arg.span, spec.name))
        elif not found and isinstance(found, list) and len(spec.name.parts) == 1:
            raise unknown_name(fn, str(spec.name), spec.name.span)
    return type_id(fn, arg)


def pack_length(fn: Body, node: syntax.TypeId | syntax.Expr) -> int:
    """`sizeof...(name)`"""
    name = node.specifier.name if isinstance(node, syntax.TypeId) else getattr(node, "name", None)
    found = lookup(fn, name) if isinstance(name, syntax.QualifiedName) else []
    if not found or not isinstance(found[0], Pack):
        raise error("ASC0331", "sizeof... needs the name of a parameter pack", node.span)
    return len(found[0].items)


def as_pack(args: list[QType]) -> PackArg:
    return PackArg(tuple(args))
