"""Function instances to IR functions: parameters, member initialisers, body, result."""

from __future__ import annotations

from ..ir.diagnostics import CompileError, error
from ..ir.dtypes import Pointer, Space
from ..ir.nodes import Attr, Func, Region, Value
from ..ir.source import Span
from . import (
    calls,
    classes,
    conversions,
    evaluate,
    expressions,
    initialization,
    namespaces,
    overloads,
    statements,
    syntax,
    templates,
    type_names,
    variables,
)
from .cpp_types import (
    AUTO,
    VOID,
    AutoType,
    PointerType,
    QType,
    Reference,
    class_of,
    element_type,
    function_of,
    has_auto,
    ir_type,
    is_class,
    is_function_pointer,
    is_void,
)
from .entities import (
    BaseInfo,
    ClassInfo,
    Entity,
    Function,
    FunctionRef,
    Instance,
    Pack,
    ParamInfo,
    Variable,
)
from .memory import (
    address_value,
    base_place,
    cast_pointer,
    copy_object,
    field_place,
    generic,
    place_of,
    store_value,
)
from .scope import Scope
from .state import Body, Program, with_note
from .values import Place


class _ResultFound(Exception):
    """The first return statement of a function whose result type is deduced."""

    def __init__(self, type_: QType) -> None:
        self.type = type_


# ---------------------------------------------------------------- what callers ask for


def variant(instance: Instance, bound: tuple[tuple[int, FunctionRef], ...]) -> Instance:
    """The instance for known function arguments, which are then no parameters any more."""
    if bound not in instance.variants:
        instance.variants[bound] = Instance(
            instance.function,
            instance.args,
            instance.scope,
            instance.type,
            instance.params,
            "",
            instance.source_name,
            result=instance.result,
            bound=bound,
            const_this=instance.const_this,
        )
    return instance.variants[bound]


def deduce_result(program: Program, instance: Instance, fn: Body, span: Span) -> None:
    """Find the result type of a function declared with `auto` from its first return."""
    if instance.result is not None:
        return
    if instance.state == "running":
        raise error(
            "ASC0313",
            f"'{instance.function.name}' is used before its result type is known",
            span,
        )
    saved, instance.state = instance.state, "running"
    with program.instantiating(instance.source_name, span):
        try:
            body, source = _prepared(program, instance)
            body.evaluated = False
            body.result = instance.type.result
            instance.result = VOID
            _elaborate_body(body, source)
        except _ResultFound as found:
            instance.result = found.type
        except CompileError:
            instance.result = None
            raise
        finally:
            instance.state = saved


def note_result(fn: Body, stmt: syntax.Return) -> None:
    """A return statement where the result type is still open."""
    pattern = fn.result if fn.result is not None else AUTO
    if stmt.value is None:
        raise _ResultFound(VOID)
    if isinstance(stmt.value, syntax.InitializerList):
        raise error("ASC0313", "the type of a braced list cannot be deduced", stmt.span)
    if isinstance(pattern.type, AutoType) and pattern.type.exact:
        raise _ResultFound(type_names.decltype_of(fn, stmt.value))
    ex = expressions.elaborate(fn, stmt.value)
    if is_void(ex.type) and ex.overloads is None:
        raise _ResultFound(VOID)
    raise _ResultFound(variables.deduced_type(fn, pattern, ex, stmt.span))


def body_of(program: Program, instance: Instance) -> Func:
    """The IR function of an instance, built now if it is not there yet."""
    build(program, instance)
    if instance.error is not None:
        raise instance.error
    assert instance.func is not None
    return instance.func


# ---------------------------------------------------------------- building


def build(program: Program, instance: Instance) -> None:
    """Build the body of an instance; errors are kept with it."""
    if instance.state in ("done", "failed"):
        return
    if instance.state == "running":
        raise error(
            "ASC0415",
            f"'{instance.function.name}' calls itself in a constant expression being evaluated",
            instance.function.span,
        )
    instance.state = "running"
    try:
        instance.func = _func(program, instance)
        instance.state = "done"
    except CompileError as failure:
        instance.state = "failed"
        instance.error = _with_origin(failure, instance)


def _with_origin(failure: CompileError, instance: Instance) -> CompileError:
    """The error with the chain of calls that needed the function."""
    seen = 0
    current: Instance | None = instance
    while current is not None and seen < 8:
        parent, span = current.origin
        kind = "in instantiation of" if current.args else "called here:"
        if parent is not None:
            failure = with_note(failure, f"{kind} '{current.source_name}'", span)
        current = parent
        seen += 1
    return failure


def _func(program: Program, instance: Instance) -> Func:
    if has_auto(instance.result_type):
        scratch = Body(program, instance.scope)
        deduce_result(program, instance, scratch, instance.function.span)
    fn, function = _prepared(program, instance)
    result = instance.result_type
    fn.result = result
    info = class_of(result)
    if info is not None:
        classes.complete(program, info, function.span)
    params, attrs = _parameters(fn, instance, function)
    _launch_bounds(fn, function, attrs)
    attrs["source_name"] = instance.source_name
    _elaborate_body(fn, function)
    if not fn.b.terminated:
        fn.b.do("return" if is_void(result) else "unreachable")
    instance.globals, instance.callees = fn.globals, fn.callees
    is_kernel = "__global__" in function.decl.storage
    if isinstance(result.type, Reference | PointerType):
        program.complete(result.type.target, function.span)
    value_result = None if is_void(result) or is_class(result) else ir_type(result)
    region = Region((), (*fn.allocas, *fn.b.ops))
    return Func(
        instance.name,
        tuple(params),
        value_result,
        region,
        is_kernel,
        function.span,
        attrs,
    )


def _prepared(program: Program, instance: Instance) -> tuple[Body, Function]:
    """A body in the function's scope, and the declaration that has the statements."""
    function = templates.specialized(program, instance, instance.function.span)
    scope_of_args = instance.scope if function is instance.function else function.scope
    in_template = function.owner is not None and function.owner.template is not None
    if function.decl.body is None or in_template:
        defined = _definition(program, function, instance)
        if defined is None and function.decl.body is None:
            raise error(
                "ASC0319",
                f"'{function.name}' is declared but not defined in the files given",
                function.span,
                help="separate compilation is not supported; include the definition",
            )
        if defined is not None:
            function = defined
            scope_of_args = _rebound(instance, function)
    fn = Body(program, Scope("function", scope_of_args, function.name), instance)
    fn.b.span = function.decl.span
    fn.this_class = function.owner if function.is_method else None
    fn.this_const = function.is_method and function.signature.const
    return fn, function


def _definition(program: Program, function: Function, instance: Instance) -> Function | None:
    """The declaration with a body that belongs to a declaration without one."""
    if function.definition is not None:
        return function.definition
    others = overloads.redeclarations(function)[1:] if function.decl.body is None else []
    if program.declarations is not None:
        others += namespaces.member_definitions(program.declarations, function)
    for other in others:
        if other.decl.body is None:
            continue
        scope = _rebound(instance, other)
        try:
            same = templates.instantiate_function(
                program, other, instance.args, scope, function.span
            )
        except CompileError:
            continue
        if same.type.params == instance.type.params:
            return other
    return None


def _rebound(instance: Instance, function: Function) -> Scope:
    """The template arguments under the names that another declaration gives them."""
    scope = Scope("template", function.scope)
    for param, arg in zip(function.template, instance.args, strict=False):
        if param.name:
            scope.names[param.name] = [templates.entity_of(param.name, arg)]
    return scope


def _elaborate_body(fn: Body, function: Function) -> None:
    if not fn.scope.names and not fn.b.ops:
        _declare_only(fn, function)
    if function.is_constructor:
        _constructor_inits(fn, function)
    body = function.decl.body
    assert body is not None, "a function has a body"
    with fn.scoped():
        statements.sequence(fn, body.body)


def _declare_only(fn: Body, function: Function) -> None:
    """Parameters without values, for finding the result type of a body."""
    assert fn.instance is not None
    if not fn.evaluated:
        _parameters(fn, fn.instance, function)


# ---------------------------------------------------------------- parameters


def _parameters(
    fn: Body, instance: Instance, function: Function
) -> tuple[list[Value], dict[str, Attr]]:
    """The IR parameters, and the names that the body knows them by."""
    params: list[Value] = []
    attrs: dict[str, Attr] = {}
    is_kernel = "__global__" in function.decl.storage
    result = instance.result_type
    if is_class(result):
        record = element_type(result)
        fn.hidden_result = Value(Pointer(record), "result")
        params.append(fn.hidden_result)
        attrs["result.record"] = record
    if function.is_method:
        assert function.owner is not None
        this = Value(Pointer(element_type(function.owner.type)), "this")
        params.append(this)
        fn.this = Place(this)
    infos = instance.params
    if function is not instance.function:
        infos = _renamed(fn, instance, function)
    groups: dict[str, list[Entity]] = {}
    packs: set[str] = set()
    bound = dict(instance.bound)
    for index, info in enumerate(infos):
        if index in bound:
            variable = Variable(info.name, info.type, constant=bound[index], is_local=True)
        else:
            variable = _parameter(fn, info, params, attrs, is_kernel)
        groups.setdefault(info.name, []).append(variable)
        if info.pack:
            packs.add(info.name)
    for param in function.signature.parameters:
        if param.declarator.pack and param.declarator.name is not None:
            packs.add(str(param.declarator.name))
            groups.setdefault(str(param.declarator.name), [])
    for name, found in groups.items():
        if name:
            fn.scope.names[name] = [Pack(name, found)] if name in packs else found[:1]
    return params, attrs


def _renamed(fn: Body, instance: Instance, function: Function) -> list[ParamInfo]:
    """The instance's parameters under the names of the declaration with the body."""
    patterns = function.signature.parameters
    infos: list[ParamInfo] = []
    for index, info in enumerate(instance.params):
        pattern = patterns[min(index, len(patterns) - 1)]
        name = str(pattern.declarator.name) if pattern.declarator.name is not None else ""
        infos.append(ParamInfo(name, info.type, pattern, pattern.declarator.pack))
    return infos


def _parameter(
    fn: Body, info: ParamInfo, params: list[Value], attrs: dict[str, Attr], is_kernel: bool
) -> Variable:
    type_ = info.type
    index = len(params)
    if isinstance(type_.type, Reference | PointerType):
        fn.program.complete(type_.type.target, info.decl.span)
    variable = Variable(info.name, type_, info.decl.span, is_local=True, home=fn)
    with fn.at(info.decl.span):
        if is_class(type_):
            _record_parameter(fn, info, variable, params, attrs, is_kernel)
            return variable
        if is_kernel and isinstance(type_.type, Reference):
            raise error("ASC0431", f"kernel parameter '{info.name}' is a reference", info.decl.span)
        if is_function_pointer(type_) or (
            isinstance(type_.type, Reference) and function_of(type_) is not None
        ):
            if fn.evaluated:
                raise error(
                    "ASC0412",
                    f"'{info.name}' is a function pointer that is only known at run time",
                    info.decl.span,
                    help="pass the function as a template argument",
                )
            return variable
        space = Space.GLOBAL if is_kernel and isinstance(type_.type, PointerType) else None
        value = Value(ir_type(type_, space or Space.GENERIC), info.name)
        params.append(value)
        _pointer_facts(info, index, attrs)
        if isinstance(type_.type, Reference):
            target = type_.type.target
            variable.place = Place(value, None, target.volatile, name=info.name)
            return variable
        variable.place = fn.variable(type_, info.name)
        store_value(fn, variable.place, generic(fn, value))
    return variable


def _record_parameter(
    fn: Body,
    info: ParamInfo,
    variable: Variable,
    params: list[Value],
    attrs: dict[str, Attr],
    is_kernel: bool,
) -> None:
    """A record by value: a pointer to the callee's own copy; a kernel copies its argument."""
    record_class = class_of(info.type)
    assert record_class is not None
    classes.complete(fn.program, record_class, info.decl.span)
    record = element_type(info.type)
    space = Space.CONSTANT if is_kernel else Space.GENERIC
    value = Value(Pointer(record, space), info.name)
    attrs[f"param{len(params)}.record"] = record
    params.append(value)
    if not is_kernel:
        variable.place = Place(value, None, name=info.name)
        return
    variable.place = fn.variable(info.type.bare, info.name)
    copy_object(fn, variable.place, Place(value), info.type)


def _pointer_facts(info: ParamInfo, index: int, attrs: dict[str, Attr]) -> None:
    """What `const` and `__restrict__` promise about a pointer parameter."""
    if not isinstance(info.type.type, PointerType):
        return
    if info.type.type.target.const:
        attrs[f"param{index}.const"] = True
    parts = info.decl.declarator.parts
    if parts and isinstance(parts[0], syntax.PointerPart) and parts[0].restrict:
        attrs[f"param{index}.restrict"] = True


def _launch_bounds(fn: Body, function: Function, attrs: dict[str, Attr]) -> None:
    for attribute in function.decl.attributes:
        if attribute.name != "__launch_bounds__":
            continue
        for key, argument in zip(("max_threads", "min_blocks"), attribute.arguments, strict=False):
            if isinstance(argument, syntax.TypeId):
                raw = type_names.raw_arg(fn, argument)
                value = getattr(raw, "constant", None)
                assert isinstance(value, int), "a launch bound is a number"
                attrs[key] = int(value)
            else:
                attrs[key] = evaluate.integer_constant(fn, argument, "a launch bound")


# ---------------------------------------------------------------- constructors


def _constructor_inits(fn: Body, function: Function) -> None:
    """Bases and members in the order of declaration, from the initialiser list or their own
    initialisers."""
    info, place = function.owner, fn.this
    assert info is not None
    assert place is not None
    fn.this_const = False
    given: dict[int, syntax.MemberInit] = {}
    for init in function.decl.member_inits:
        target = _initialized(fn, info, init)
        if target is info:
            items = init.arguments
            args = initialization.arguments(fn, items)
            calls.construct_into(fn, info, place, args, init.span)
            return
        given[id(target)] = init
    for base in info.bases:
        written = given.get(id(base.info))
        at = base_place(fn, place, base)
        if written is not None:
            _init_one(fn, at, base.info.type, written)
        else:
            initialization.default_init(fn, at, base.info.type, function.span)
    for member in info.fields:
        written = given.get(id(member))
        if written is None:
            if member.anonymous is not None:
                _anonymous(fn, member.anonymous, field_place(fn, place, member), given)
            elif not info.is_union:
                initialization.default_member(fn, info, place, member, function.span)
            continue
        at = field_place(fn, place, member)
        if isinstance(member.type.type, Reference):
            _bind_member(fn, at, member.type, written)
        else:
            _init_one(fn, at, member.type, written)


def _anonymous(
    fn: Body, info: ClassInfo, place: Place, given: dict[int, syntax.MemberInit]
) -> None:
    for member in info.fields:
        written = given.get(id(member))
        if written is not None:
            _init_one(fn, field_place(fn, place, member), member.type, written)
        elif member.anonymous is not None:
            _anonymous(fn, member.anonymous, field_place(fn, place, member), given)


def _initialized(fn: Body, info: ClassInfo, init: syntax.MemberInit) -> object:
    """What an entry of the initialiser list names: a member, a base, or the class itself."""
    name = init.name.last.name
    if len(init.name.parts) == 1 and init.name.last.template_args is None:
        steps = classes.find_field(info, name)
        own = steps is not None and not any(isinstance(s, BaseInfo) for s in steps)
        if own and steps is not None:
            return steps[-1]
    found = type_names.lookup(fn, init.name)
    if found and not isinstance(found[0], Variable):
        type_ = type_names.named_type(fn, found, init.name.last)
        named = class_of(type_)
        if named is info or any(b.info is named for b in info.bases):
            return named
    for base in info.bases:
        if base.info.name == name:
            return base.info
    raise error("ASC0302", f"'{init.name}' is no member or base of '{info.spelled()}'", init.span)


def _init_one(fn: Body, place: Place, type_: QType, init: syntax.MemberInit) -> None:
    with fn.at(init.span):
        if init.braces:
            braces = syntax.InitializerList(init.span, init.arguments)
            initialization.list_init(fn, place, type_, braces, init.span)
        elif not init.arguments:
            initialization.value_init(fn, place, type_, init.span)
        else:
            initialization.direct_init(fn, place, type_, init.arguments, init.span)


def _bind_member(fn: Body, place: Place, type_: QType, init: syntax.MemberInit) -> None:
    arg = initialization.arguments(fn, init.arguments)[0]
    bound = conversions.bind_reference(fn, arg, type_, init.span)
    pointer = address_value(fn, place_of(fn, bound))
    assert isinstance(type_.type, Reference)
    store_value(fn, place, cast_pointer(fn, pointer, element_type(type_.type.target)))


# ---------------------------------------------------------------- the queue


def build_queued(program: Program) -> None:
    """Build what calls have asked for, until nothing new is asked for; raises CompileError once
    there are too many instances, which would be said again by everything that waits."""
    while program.queue:
        instance = program.queue.pop(0)
        build(program, instance)
        if instance.error is not None and program.has_too_many_instances:
            for waiting in program.queue:
                waiting.state = "declared"
            program.queue.clear()
            raise instance.error
