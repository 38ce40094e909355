"""Templates: binding arguments to parameters, and instances of classes, aliases, variables and
functions.

An instance is the template's own syntax in a scope where its parameters are bound. There are no
dependent types: what depends on a parameter is looked at when the parameter is known.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir.diagnostics import CompileError, error
from ..ir.source import Span
from . import deduction, overloads, syntax, type_names, variables
from .constants import convert
from .cpp_types import (
    AUTO,
    VOID,
    ClassType,
    FunctionType,
    QType,
    function_of,
    has_auto,
    is_pointer,
    scalar_of,
)
from .entities import (
    AliasTemplate,
    ClassInfo,
    ClassTemplate,
    Constant,
    Entity,
    Function,
    FunctionRef,
    GlobalRef,
    Instance,
    Pack,
    PackArg,
    ParamInfo,
    TemplateArg,
    TemplateRef,
    TypeName,
    ValueArg,
    Variable,
    VariableTemplate,
    spell_args,
)
from .packs import expand
from .scope import Scope
from .state import Body, Program, scratch_body
from .values import Ex, RawArg

# ---------------------------------------------------------------- binding


def entity_of(name: str, arg: TemplateArg) -> Entity:
    """What a parameter's name means once its argument is known."""
    match arg:
        case QType():
            return TypeName(arg)
        case ValueArg(type_, value):
            return Constant(name, type_, value)
        case PackArg(items):
            return Pack(name, [entity_of(name, item) for item in items])
        case TemplateRef(template):
            return template


def bind(
    program: Program,
    parent: Scope,
    params: tuple[syntax.TemplateParameter, ...],
    raw: list[RawArg],
    span: Span,
    deduced: dict[str, TemplateArg] | None = None,
) -> tuple[tuple[TemplateArg, ...], Scope]:
    """The arguments for `params` and a scope with their names: written ones first, then deduced
    ones, then defaults. Raises where one is missing or does not fit."""
    scope = Scope("template", parent)
    body = scratch_body(program, scope, span)
    bound: list[TemplateArg] = []
    rest = list(raw)
    for param in params:
        arg = _argument(body, param, rest, deduced or {}, span)
        bound.append(arg)
        if param.name:
            scope.names[param.name] = [entity_of(param.name, arg)]
    if rest:
        raise error("ASC0333", f"{len(rest)} template arguments too many", span)
    return tuple(bound), scope


def _argument(
    body: Body,
    param: syntax.TemplateParameter,
    rest: list[RawArg],
    deduced: dict[str, TemplateArg],
    span: Span,
) -> TemplateArg:
    if param.pack:
        if not rest and param.name in deduced:
            return deduced[param.name]
        items = tuple(convert_argument(body, param, r, span) for r in rest)
        rest.clear()
        known = deduced.get(param.name)
        if isinstance(known, PackArg) and len(known.items) > len(items):
            return PackArg(items + known.items[len(items) :])
        return PackArg(items)
    if rest:
        return convert_argument(body, param, rest.pop(0), span)
    if param.name in deduced:
        return _fitted(body, param, deduced[param.name], span)
    if param.default is None:
        raise error(
            "ASC0334",
            f"no argument for template parameter '{param.name}', and it cannot be deduced",
            span,
        )
    return convert_argument(body, param, type_names.raw_arg(body, param.default), span)


def _fitted(
    body: Body, param: syntax.TemplateParameter, arg: TemplateArg, span: Span
) -> TemplateArg:
    """A deduced value in the type that the parameter declares."""
    if isinstance(arg, ValueArg) and param.kind == "value":
        return convert_argument(body, param, Ex(arg.type, constant=arg.value), span)
    return arg


def convert_argument(
    body: Body, param: syntax.TemplateParameter, raw: RawArg, span: Span
) -> TemplateArg:
    """One argument as its parameter wants it."""
    if param.kind == "type":
        if isinstance(raw, QType):
            return raw
        raise error("ASC0335", f"template parameter '{param.name}' needs a type", span)
    if param.kind == "template":
        if isinstance(raw, TemplateRef):
            return raw
        raise error("ASC0335", f"template parameter '{param.name}' needs a class template", span)
    if not isinstance(raw, Ex):
        raise error("ASC0335", f"template parameter '{param.name}' needs a value", span)
    assert param.type is not None, "a value parameter has a type"
    wanted = type_names.parameter_type(body, param.type)
    return value_argument(body, wanted, raw, span)


def value_argument(body: Body, wanted: QType, raw: Ex, span: Span) -> ValueArg:
    """A constant as a template argument of type `wanted`."""
    if has_auto(wanted):
        wanted = raw.type.bare
    wanted = wanted.bare
    if function_of(wanted) is not None:
        return ValueArg(wanted, overloads.function_constant(body, raw, wanted, span))
    value = raw.constant
    if is_pointer(wanted) or isinstance(value, GlobalRef | FunctionRef):
        if value is None:
            raise error("ASC0340", "a template argument must be a constant expression", span)
        return ValueArg(wanted, value)
    scalar = scalar_of(wanted)
    if scalar is None:
        raise error("ASC0336", f"template parameters of type '{wanted}' are not supported", span)
    if value is None:
        raise error("ASC0340", "a template argument must be a constant expression", span)
    return ValueArg(wanted, convert(value, scalar))


# ---------------------------------------------------------------- classes


def instantiate_class(
    fn: Body, template: ClassTemplate, raw: list[RawArg], span: Span
) -> ClassInfo:
    """The class that template arguments name; not completed yet."""
    args, scope = bind(fn.program, template.scope, template.parameters, raw, span)
    return class_instance(fn.program, template, args, scope, span)


def class_instance(
    program: Program,
    template: ClassTemplate,
    args: tuple[TemplateArg, ...],
    scope: Scope,
    span: Span,
) -> ClassInfo:
    known = template.instances.get(args)
    if known is not None:
        return known
    program.count_instance(template, f"{template.name}{spell_args(args)}", span)
    definition, parent = _selected(program, template, args, scope, span)
    info = ClassInfo(
        template.name,
        definition,
        parent,
        Scope("class", parent, template.name),
        key=definition.key,
        template=template,
        args=args,
        qualifier=template.qualifier,
        prelude=template.prelude,
    )
    info.scope.owner = info
    info.scope.names[template.name] = [TypeName(info.type)]
    template.instances[args] = info
    return info


def _selected(
    program: Program,
    template: ClassTemplate,
    args: tuple[TemplateArg, ...],
    scope: Scope,
    span: Span,
) -> tuple[syntax.ClassDefinition, Scope]:
    """The specialisation for these arguments: full, most specialised partial, or primary."""
    for decl, where in template.full:
        if _specialization_args(program, template, decl, where) == args:
            return decl.definition, where
    matching: list[tuple[syntax.ClassDecl, Scope]] = []
    for decl, where in template.partial:
        found = deduction.match_specialization(program, decl, where, args)
        if found is None:
            continue
        try:
            _, bound = bind(program, where, decl.template or (), [], span, found)
        except CompileError:
            continue
        matching.append((decl, bound))
    if not matching:
        return template.primary.definition, scope
    best = matching[0]
    for candidate in matching[1:]:
        if deduction.specialization_beats(program, candidate[0], best[0], template.scope):
            best = candidate
    return best[0].definition, best[1]


def _specialization_args(
    program: Program, template: ClassTemplate, decl: syntax.ClassDecl, where: Scope
) -> tuple[TemplateArg, ...]:
    name = decl.definition.name
    assert name is not None, "a specialisation has a name"
    body = scratch_body(program, where, decl.span)
    raw = type_names.raw_args(body, name.last.template_args or ())
    return bind(program, template.scope, template.parameters, raw, decl.span)[0]


def deduce_class(fn: Body, template: ClassTemplate, args: list[Ex | None], span: Span) -> ClassInfo:
    """The class that constructor arguments mean (`pair p(1, 2.0f)`): each constructor of the
    primary template is tried as a function template that returns the class."""
    same = args[0].type.type if len(args) == 1 and args[0] is not None else None
    if isinstance(same, ClassType) and same.info.template is template:
        return same.info
    for member in template.primary.definition.members:
        for decl in member.declarations if isinstance(member, syntax.DeclGroup) else (member,):
            if not isinstance(decl, syntax.FunctionDecl) or decl.name != template.name:
                continue
            found = _from_constructor(fn, template, decl, args)
            if found is not None:
                return class_instance(fn.program, template, *found, span)
    raise error(
        "ASC0332",
        f"the template arguments of '{template.name}' cannot be deduced",
        span,
        help="write them",
    )


def _from_constructor(
    fn: Body, template: ClassTemplate, decl: syntax.FunctionDecl, args: list[Ex | None]
) -> tuple[tuple[TemplateArg, ...], Scope] | None:
    params = (*template.parameters, *(decl.template or ()))
    patterns = decl.declarator.parts
    signature = next((p for p in patterns if isinstance(p, syntax.FunctionPart)), None)
    if signature is None or len(signature.parameters) < len(args):
        return None
    guide = Function(template.name, replace(decl, template=params), template.scope)
    try:
        found = deduction.deduce_call(fn.program, guide, [], args)
    except CompileError:
        return None
    if found is None:
        return None
    count = len(template.parameters)
    return found[0][:count], found[1]


# ---------------------------------------------------------------- aliases and variables


def instantiate_alias(fn: Body, alias: AliasTemplate, raw: list[RawArg], span: Span) -> QType:
    args, scope = bind(fn.program, alias.scope, alias.decl.template or (), raw, span)
    if args not in alias.instances:
        with fn.program.instantiating(f"{alias.name}{spell_args(args)}", span):
            alias.instances[args] = type_names.type_id(
                scratch_body(fn.program, scope, span), alias.decl.type
            )
    return alias.instances[args]


def instantiate_variable(
    fn: Body, template: VariableTemplate, raw: list[RawArg], span: Span
) -> Variable:
    args, scope = bind(fn.program, template.scope, template.decl.template, raw, span)
    if args not in template.instances:
        decl = template.decl.variable
        for special in template.specializations:
            found = _variable_match(fn, template, special, args)
            if found is not None:
                decl, scope = special.variable, found
                break
        with fn.program.instantiating(f"{template.name}{spell_args(args)}", span):
            template.instances[args] = variables.global_variable(
                fn.program, scope, decl, suffix=spell_args(args)
            )
    return template.instances[args]


def _variable_match(
    fn: Body,
    template: VariableTemplate,
    special: syntax.TemplateVariable,
    args: tuple[TemplateArg, ...],
) -> Scope | None:
    name = special.variable.declarator.name
    written = name.last.template_args if name is not None else None
    found = deduction.match_arguments(
        fn.program, special.template, template.scope, written or (), args
    )
    if found is None:
        return None
    try:
        return bind(fn.program, template.scope, special.template, [], special.span, found)[1]
    except CompileError:
        return None


# ---------------------------------------------------------------- functions


def instantiate_function(
    program: Program,
    function: Function,
    args: tuple[TemplateArg, ...],
    scope: Scope,
    span: Span,
) -> Instance:
    """The instance for `args`, whose parameters are bound in `scope`: its signature alone.

    Raises where the types of the signature make no sense (which drops an overload)."""
    known = function.instances.get(args)
    if known is not None:
        return known
    body = scratch_body(program, scope, span)
    body.this_class = function.owner
    params = _parameters(body, function)
    result = _result_type(body, function)
    types = tuple(p.type.bare for p in params)
    text = f"{function.name}{spell_args(args, True) if args else ''}"
    program.count_instance(function, text, span)
    instance = Instance(
        function,
        args,
        scope,
        FunctionType(result, types, function.signature.variadic),
        params,
        "",
        f"{function.scope.qualifier()}{text}",
        const_this=function.signature.const,
    )
    function.instances[args] = instance
    return instance


def plain_instance(program: Program, function: Function, span: Span) -> Instance:
    """The instance of a function that is no template (its class may be an instance of one)."""
    known = function.instances.get(())
    if known is not None:
        return known
    return instantiate_function(program, function, (), Scope("template", function.scope), span)


def _parameters(body: Body, function: Function) -> list[ParamInfo]:
    params: list[ParamInfo] = []
    for param in function.signature.parameters:
        name = str(param.declarator.name) if param.declarator.name is not None else ""
        if param.declarator.pack:
            types = expand(body, param, lambda p=param: type_names.parameter_type(body, p))  # type: ignore[misc]
            params += [ParamInfo(name, t, param, True) for t in types]
        else:
            params.append(ParamInfo(name, type_names.parameter_type(body, param), param))
    if len(params) == 1 and not params[0].name and params[0].type == VOID:
        return []
    return params


def _result_type(body: Body, function: Function) -> QType:
    decl = function.decl
    conversion = decl.declarator.name.last.conversion if decl.declarator.name else None
    if conversion is not None:
        return type_names.type_id(body, conversion)
    if decl.specifier is None:
        return VOID
    parts = decl.declarator.parts
    first = next(i for i, p in enumerate(parts) if isinstance(p, syntax.FunctionPart))
    if function.signature.trailing is not None:
        with body.scoped() as scope:
            _declare_parameters(body, function, scope)
            return type_names.type_id(body, function.signature.trailing)
    if function.closure is not None:
        return AUTO
    base = type_names.specified_type(body, decl.specifier)
    return type_names.apply_parts(body, base, parts[first + 1 :])


def _declare_parameters(body: Body, function: Function, scope: Scope) -> None:
    """Parameters by name, for a trailing return type that mentions them."""
    groups: dict[str, list[Entity]] = {}
    packs: set[str] = set()
    for param in _parameters(body, function):
        variable = Variable(param.name, param.type, is_local=True)
        groups.setdefault(param.name, []).append(variable)
        if param.pack:
            packs.add(param.name)
    for name, found in groups.items():
        scope.names[name] = [Pack(name, found)] if name in packs else found[:1]


def explicit_instance(
    program: Program, function: Function, raw: list[RawArg], span: Span
) -> Instance:
    """The instance that written arguments (and defaults) name."""
    args, scope = bind(program, function.scope, function.template, raw, span)
    return instantiate_function(program, function, args, scope, span)


def specialized(program: Program, instance: Instance, span: Span) -> Function:
    """The function whose body an instance has: an explicit specialisation, or the template."""
    for special in instance.function.specializations:
        body = scratch_body(program, special.scope, span)
        name = special.decl.declarator.name
        written = name.last.template_args if name is not None else None
        if written is not None:
            raw = type_names.raw_args(body, written)
            try:
                args = _prefix_args(program, instance, raw, span)
            except CompileError:
                continue
            if args != instance.args[: len(args)]:
                continue
        own = instantiate_function(program, special, (), Scope("template", special.scope), span)
        if own.type.params == instance.type.params:
            return special
    return instance.function


def _prefix_args(
    program: Program, instance: Instance, raw: list[RawArg], span: Span
) -> tuple[TemplateArg, ...]:
    params = instance.function.template[: len(raw)]
    return bind(program, instance.function.scope, params, raw, span)[0]
