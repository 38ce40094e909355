"""Calls: of functions, methods, function objects and constructors; passing arguments and results.

A callee takes scalars as values, references and records as generic pointers (records to a copy of
the callee's own), and before them the place for a record result and the object of a method.
"""

from __future__ import annotations

from ..ir.diagnostics import CompileError, error
from ..ir.nodes import Value
from ..ir.source import Span
from . import (
    builtin_calls,
    classes,
    conversions,
    expressions,
    functions,
    initialization,
    overloads,
    special_calls,
    syntax,
    templates,
    type_names,
)
from .cpp_types import (
    VOID,
    AutoType,
    FunctionType,
    PointerType,
    QType,
    Reference,
    class_of,
    element_type,
    function_of,
    has_auto,
    ir_type,
    is_class,
    is_void,
)
from .cuda_builtins import REFUSED, SPECIAL, STD_MATH
from .entities import (
    AliasTemplate,
    ClassInfo,
    ClassTemplate,
    Entity,
    Function,
    FunctionRef,
    Instance,
    TypeName,
    Unknown,
)
from .memory import (
    address_value,
    base_place,
    cast_pointer,
    decayed,
    generic,
    place_of,
    pointee,
    value_of,
)
from .scope import argument_dependent
from .state import Body
from .values import LVALUE, PRVALUE, XVALUE, Ex, Maker, Overloads, Place, RawArg

# ---------------------------------------------------------------- the call expression


def elaborate(fn: Body, expr: syntax.Call) -> Ex:
    """`callee(arguments)`"""
    callee = expr.callee
    if isinstance(callee, syntax.Name):
        return _call_name(fn, expr, callee.name)
    if isinstance(callee, syntax.Member):
        target = expressions.elaborate(fn, callee)
        return call_value(fn, target, initialization.arguments(fn, expr.arguments), expr.span)
    target = expressions.elaborate(fn, callee)
    return call_value(fn, target, initialization.arguments(fn, expr.arguments), expr.span)


def _call_name(fn: Body, expr: syntax.Call, name: syntax.QualifiedName) -> Ex:
    found = type_names.lookup(fn, name)
    last = name.last.name
    if found and isinstance(found[0], TypeName | ClassTemplate | AliasTemplate):
        deduced = _deduced_class(fn, found[0], name, expr.arguments)
        type_ = deduced or type_names.named_type(fn, found, name.last)
        return construct(fn, type_, expr.arguments, False, expr.span)
    if found and isinstance(found[0], Unknown):
        raise type_names.unknown_entity(found[0], name.span)
    if found and not isinstance(found[0], Function):
        target = expressions.elaborate_entity(fn, found, name)
        return call_value(fn, target, initialization.arguments(fn, expr.arguments), expr.span)
    if not found and last in SPECIAL and _is_global_name(name):
        return special_calls.elaborate(fn, last, expr)
    args = initialization.arguments(fn, expr.arguments)
    candidates = [f for f in found if isinstance(f, Function)]
    if len(name.parts) == 1 and not name.absolute:
        candidates = _with_associated(candidates, last, args)
    rows = builtin_calls.overloads_of(last) if _in_table(name) else ()
    if candidates and not any(f.prelude for f in candidates) and _hides_table(candidates):
        rows = ()
    if not candidates and not rows:
        raise _unknown_function(fn, name)
    written = name.last.template_args
    raw = type_names.raw_args(fn, written) if written is not None else None
    return _call_overloads(fn, last, candidates, args, expr.span, raw, rows)


def _deduced_class(
    fn: Body, entity: Entity, name: syntax.QualifiedName, items: initialization.Items
) -> QType | None:
    """The type of `pair(1, 2.0f)`, where a class template stands without arguments."""
    if not isinstance(entity, ClassTemplate) or name.last.template_args is not None:
        return None
    with fn.discarded():
        args = initialization.arguments(fn, items)
    known = [a if isinstance(a, Ex) else None for a in args]
    if not known and all(p.default or p.pack for p in entity.parameters):
        return None
    return templates.deduce_class(fn, entity, known, name.span).type


def deduced_class_type(
    fn: Body, spec: syntax.TypeSpecifier, items: initialization.Items
) -> QType | None:
    """The type of a variable declared with a class template's name alone."""
    if spec.name is None or spec.name.last.template_args is not None:
        return None
    found = type_names.lookup(fn, spec.name)
    if not found:
        return None
    type_ = _deduced_class(fn, found[0], spec.name, items)
    return None if type_ is None else type_.qualified(const=spec.const)


def _is_global_name(name: syntax.QualifiedName) -> bool:
    return len(name.parts) == 1 or (len(name.parts) == 2 and name.parts[0].name == "std")


def _in_table(name: syntax.QualifiedName) -> bool:
    """Whether the table's global functions are meant: unqualified, `::name` or `std::name`."""
    if len(name.parts) == 1:
        return True
    prefix = tuple(p.name for p in name.parts[:-1])
    return prefix in (("std",), ("cuda", "std")) and name.last.name in STD_MATH


def _hides_table(candidates: list[Function]) -> bool:
    """A function of a class or inner namespace hides the global ones of the table."""
    return any(f.scope.parent is not None and f.scope.kind != "template" for f in candidates)


def _with_associated(
    candidates: list[Function], name: str, args: list[conversions.Arg]
) -> list[Function]:
    if any(f.owner is not None for f in candidates):
        return candidates
    types = [a.type for a in args if isinstance(a, Ex) and a.overloads is None]
    more = [f for f in argument_dependent(name, types) if f not in candidates]
    return candidates + [f for f in more if f.owner is None]


def _unknown_function(fn: Body, name: syntax.QualifiedName) -> Exception:
    what = REFUSED.get(name.last.name)
    if what is not None:
        return builtin_calls.refuse(name.last.name, what, name.span)
    return type_names.unknown_name(fn, str(name), name.span)


def _call_overloads(
    fn: Body,
    name: str,
    candidates: list[Function],
    args: list[conversions.Arg],
    span: Span,
    raw: list[RawArg] | None,
    rows: tuple[builtin_calls.Overload, ...],
    object_: Ex | None = None,
) -> Ex:
    if object_ is None and fn.this is not None and any(f.is_method for f in candidates):
        object_ = expressions.this_object(fn, span)
    chosen = overloads.resolve(
        fn, name, candidates, args, span, raw=raw, rows=rows, object_=object_
    )
    if isinstance(chosen.target, builtin_calls.Overload):
        return builtin_calls.emit(fn, chosen.target, args, span).at(span)
    return call_instance(fn, chosen.target, args, span, object_=object_)


def call_value(fn: Body, target: Ex, args: list[conversions.Arg], span: Span) -> Ex:
    """Call what an expression gives: named functions, a function object, a known pointer."""
    if target.overloads is not None:
        found = target.overloads
        rows = builtin_calls.overloads_of(found.name) if found.object is None else ()
        raw = list(found.args) if found.args is not None else None
        return _call_overloads(
            fn, found.name, list(found.functions), args, span, raw, rows, found.object
        )
    info = class_of(target.type)
    if info is not None:
        return _call_object(fn, info, target, args, span)
    pointer = decayed(fn, target)
    if isinstance(pointer.constant, FunctionRef):
        return call_instance(fn, pointer.constant.instance, args, span)
    signature = function_of(pointer.type)
    if signature is not None and not fn.evaluated:
        return _unevaluated(signature.result, span)
    if signature is not None:
        raise error(
            "ASC0412",
            "a call through a function pointer that is not known at compile time",
            span,
            help="pass the function as a template argument",
        )
    raise error("ASC0320", f"a value of type '{target.type}' cannot be called", span)


def _unevaluated(result: QType, span: Span) -> Ex:
    """A call of which only the type matters."""
    if isinstance(result.type, Reference):
        category = XVALUE if result.type.rvalue else LVALUE
        return Ex(result.type.target, category, span=span)
    return Ex(result, span=span)


def _call_object(
    fn: Body, info: ClassInfo, target: Ex, args: list[conversions.Arg], span: Span
) -> Ex:
    classes.complete(fn.program, info, span)
    operators = [f for f in info.scope.find_here("operator()") if isinstance(f, Function)]
    if not operators:
        raise error("ASC0320", f"'{info.spelled()}' has no operator()", span)
    return _call_overloads(fn, "operator()", operators, args, span, None, (), target)


def call_method(
    fn: Body, object_: Ex, name: str, args: list[conversions.Arg], span: Span
) -> Ex | None:
    """Call a method by name; None where the class has none."""
    info = class_of(object_.type)
    if info is None:
        return None
    found = [f for f in info.scope.find_here(name) if isinstance(f, Function)]
    if not found:
        return None
    return _call_overloads(fn, name, found, args, span, None, (), object_)


# ---------------------------------------------------------------- emitting


def call_instance(
    fn: Body,
    instance: Instance,
    args: list[conversions.Arg],
    span: Span,
    *,
    object_: Ex | None = None,
) -> Ex:
    """Convert the arguments and call."""
    with fn.at(span):
        _check_callable(fn, instance, span)
        operands = _object_operand(fn, instance, object_, span)
        values, bound = _arguments(fn, instance, args, span)
        if bound:
            instance = functions.variant(instance, bound)
        if has_auto(instance.result_type):
            functions.deduce_result(fn.program, instance, fn, span)
        fn.program.request(instance, fn)
        return _emit(fn, instance, operands + values, span)


def _check_callable(fn: Body, instance: Instance, span: Span) -> None:
    function = instance.function
    storage = function.decl.storage
    if "__global__" in storage:
        raise error("ASC0420", f"the kernel '{function.name}' is called from device code", span)
    device = storage & {"__device__", "constexpr"}
    if device or function.prelude or function.closure is not None or function.decl.special:
        return
    if fn.evaluated and not fn.constant_only and fn.instance is not None:
        raise error(
            "ASC0402",
            f"the host function '{function.name}' is called from device code",
            span,
            notes=((function.span, f"'{function.name}' is declared here"),),
            help=f"declare it __device__ (or __host__ __device__) if '{function.name}' is "
            "meant for both",
        )


def _object_operand(fn: Body, instance: Instance, object_: Ex | None, span: Span) -> list[Value]:
    function = instance.function
    if not function.is_method:
        return []
    if object_ is None:
        raise error("ASC0304", f"'{function.name}' needs an object to be called on", span)
    assert function.owner is not None
    have = class_of(object_.type)
    if have is not None and have is not function.owner:
        object_ = initialization.upcast(fn, object_, function.owner)
    return [_generic_address(fn, place_of(fn, object_), function.owner.type)]


def _generic_address(fn: Body, place: Place, type_: QType) -> Value:
    pointer = cast_pointer(fn, address_value(fn, place), element_type(type_))
    return generic(fn, pointer)


def _arguments(
    fn: Body, instance: Instance, args: list[conversions.Arg], span: Span
) -> tuple[list[Value], tuple[tuple[int, FunctionRef], ...]]:
    values: list[Value] = []
    bound: list[tuple[int, FunctionRef]] = []
    types = [p.type for p in instance.params]
    if len(args) > len(types):
        raise error(
            "ASC0413",
            f"'{instance.function.name}' takes a variable number of arguments (...)",
            span,
            help="a template parameter pack instead of '...' is supported",
        )
    for index, type_ in enumerate(types):
        if index < len(args):
            value = _argument(fn, args[index], type_, span)
        else:
            value = _default(fn, instance, index, type_, span)
        if isinstance(value, FunctionRef):
            bound.append((index, value))
        else:
            values.append(value)
    return values, tuple(bound)


def _default(
    fn: Body, instance: Instance, index: int, type_: QType, span: Span
) -> Value | FunctionRef:
    found = overloads.default_argument(instance.function, index)
    if found is None:
        raise error(
            "ASC0320", f"argument {index + 1} of '{instance.function.name}' is missing", span
        )
    default, owner = found
    scope = instance.scope if owner is instance.function else owner.scope
    with fn.in_scope(scope):
        arg: conversions.Arg
        if isinstance(default, syntax.InitializerList):
            arg = default
        else:
            arg = expressions.elaborate(fn, default)
        return _argument(fn, arg, type_, span)


def _argument(fn: Body, arg: conversions.Arg, type_: QType, span: Span) -> Value | FunctionRef:
    where = arg.span if arg.span.line else span
    if isinstance(type_.type, Reference):
        bound = conversions.bind_reference(fn, arg, type_, where)
        if isinstance(bound.constant, FunctionRef):
            return bound.constant
        return _generic_address(fn, place_of(fn, bound), type_.type.target)
    if is_class(type_):
        converted = conversions.convert(fn, arg, type_, where)
        place = _own_copy(fn, converted, type_, where)
        return _generic_address(fn, place, type_)
    converted = conversions.convert(fn, arg, type_, where)
    if isinstance(converted.constant, FunctionRef):
        return converted.constant
    return generic(fn, value_of(fn, converted))


def _own_copy(fn: Body, ex: Ex, type_: QType, span: Span) -> Place:
    """A record argument in a temporary that belongs to the callee."""
    place = fn.temporary(type_.bare)
    initialization.build_into(fn, ex, place, type_.bare, span)
    return place


def _emit(fn: Body, instance: Instance, operands: list[Value], span: Span) -> Ex:
    result = instance.result_type
    if has_auto(result) or isinstance(result.type, AutoType):
        raise error("ASC0313", f"the result type of '{instance.function.name}' is not known", span)
    attrs = {"callee": instance.name}
    if is_void(result):
        fn.effect("call", operands, attrs)
        return Ex(VOID, span=span)
    if is_class(result):
        type_ = result.bare
        fn.program.complete(type_, span)

        def build(place: Place) -> None:
            with fn.at(span):
                target = _generic_address(fn, place, type_)
                fn.effect("call", [target, *operands], attrs)

        return Ex(result, PRVALUE, maker=Maker(build), span=span)
    if isinstance(result.type, Reference | PointerType):
        fn.program.complete(result.type.target, span)
    value = fn.emit("call", operands, attrs, ir_type(result))
    if isinstance(result.type, Reference):
        target_type = result.type.target
        category = XVALUE if result.type.rvalue else LVALUE
        return Ex(target_type, category, place=Place(value, None, target_type.volatile), span=span)
    return Ex(result.bare, value=value, span=span)


# ---------------------------------------------------------------- construction


def construct(fn: Body, type_: QType, items: initialization.Items, braces: bool, span: Span) -> Ex:
    """`T(items)` or `T{items}`"""
    if has_auto(type_):
        raise error("ASC0313", "'auto' cannot be constructed", span)
    if braces:
        return initialization.from_list(fn, syntax.InitializerList(span, items), type_, span)
    if isinstance(type_.type, FunctionType):
        raise error("ASC0310", f"a value of type '{type_}' cannot be made", span)
    if not is_class(type_):
        args = initialization.arguments(fn, items)
        if is_void(type_):
            return Ex(VOID, span=span)
        if not args:
            return Ex(type_.bare, constant=0, span=span)
        if len(args) != 1 or not isinstance(args[0], Ex):
            raise error("ASC0312", f"'{type_}' takes one initialiser", span)
        return expressions.cast(fn, args[0], type_, "c", span)
    info = class_of(type_)
    assert info is not None
    args = initialization.arguments(fn, items)
    if len(args) == 1 and isinstance(args[0], Ex) and class_of(args[0].type) is info:
        return conversions.convert(fn, args[0], type_, span)

    def build(place: Place) -> None:
        with fn.at(span):
            if not args and not info.constructors:
                initialization.value_init(fn, place, type_.bare, span)
            else:
                construct_into(fn, info, place, args, span)

    classes.complete(fn.program, info, span)
    return Ex(type_.bare, PRVALUE, maker=Maker(build), span=span)


def construct_with(fn: Body, instance: Instance, args: list[conversions.Arg], span: Span) -> Ex:
    """An object made by a constructor that is already chosen."""
    owner = instance.function.owner
    assert owner is not None

    def build(place: Place) -> None:
        _call_constructor(fn, instance, place, args, span)

    return Ex(owner.type, PRVALUE, maker=Maker(build), span=span)


def construct_into(
    fn: Body, info: ClassInfo, place: Place, args: list[conversions.Arg], span: Span
) -> None:
    """Run the constructor that the arguments choose on the object at `place`."""
    classes.complete(fn.program, info, span)
    if len(args) == 1 and isinstance(args[0], Ex) and _copies_implicitly(fn, info, args[0]):
        converted = conversions.convert(fn, args[0], info.type, span)
        initialization.build_into(fn, converted, place, info.type, span)
        return
    candidates = [*info.constructors, *info.inherited]
    if not candidates or (not args and not info.constructors):
        if not args:
            initialization.value_init(fn, place, info.type, span)
            return
        converting = args[0]
        if len(args) == 1 and isinstance(converting, Ex):
            made = conversions.convert(fn, converting, info.type, span, explicit=True)
            initialization.build_into(fn, made, place, info.type, span)
            return
        raise error("ASC0320", f"'{info.spelled()}' has no constructor for these arguments", span)
    try:
        chosen = overloads.resolve(fn, info.spelled(), candidates, args, span)
    except CompileError:
        only = args[0] if len(args) == 1 else None
        if isinstance(only, Ex) and conversions.conversion_functions(fn, only, True):
            made = conversions.convert(fn, only, info.type, span, explicit=True)
            initialization.build_into(fn, made, place, info.type, span)
            return
        raise
    assert isinstance(chosen.target, Instance)
    if chosen.target.function.owner is not info:
        _construct_base(fn, info, place, chosen.target, args, span)
        return
    _call_constructor(fn, chosen.target, place, args, span)


def _construct_base(
    fn: Body,
    info: ClassInfo,
    place: Place,
    instance: Instance,
    args: list[conversions.Arg],
    span: Span,
) -> None:
    """An inherited constructor: it makes its base, the rest is initialised by default."""
    for base in info.bases:
        at = base_place(fn, place, base)
        if base.info is instance.function.owner:
            _call_constructor(fn, instance, at, args, span)
        elif _derives(base.info, instance.function.owner):
            _construct_base(fn, base.info, at, instance, args, span)
        else:
            initialization.default_init(fn, at, base.info.type, span)
    for member in info.fields:
        initialization.default_member(fn, info, place, member, span)


def _copies_implicitly(fn: Body, info: ClassInfo, arg: Ex) -> bool:
    """Whether `arg` is an object of the class that no user constructor copies."""
    have = class_of(arg.type)
    if have is None or (have is not info and not _derives(have, info)):
        return False
    return classes.copy_constructor(fn.program, info, arg.category != LVALUE) is None or (
        arg.maker is not None and arg.maker.made is None and have is info
    )


def _derives(derived: ClassInfo, base: ClassInfo | None) -> bool:
    return any(b.info is base or _derives(b.info, base) for b in derived.bases)


def _call_constructor(
    fn: Body, instance: Instance, place: Place, args: list[conversions.Arg], span: Span
) -> None:
    function = instance.function
    owner = function.owner
    assert owner is not None
    if function.decl.special == "default":
        if not args:
            initialization.default_members(fn, owner, place, span)
        else:
            source = args[0]
            assert isinstance(source, Ex)
            initialization.copy_construct(fn, place, owner.type, source, span)
        return
    with fn.at(span):
        values, bound = _arguments(fn, instance, args, span)
        if bound:
            instance = functions.variant(instance, bound)
        fn.program.request(instance, fn)
        operands = [_generic_address(fn, place, owner.type), *values]
        fn.effect("call", operands, {"callee": instance.name})


# ---------------------------------------------------------------- names of functions


def named_functions(
    fn: Body, found: list[Entity], name: syntax.QualifiedName, object_: Ex | None
) -> Ex:
    """A name of functions that is not called (yet)."""
    raw = None
    if name.last.template_args is not None:
        raw = tuple(type_names.raw_args(fn, name.last.template_args))
    candidates = tuple(f for f in found if isinstance(f, Function))
    overloaded = Overloads(candidates, raw, object_, name.last.name)
    return Ex(VOID, LVALUE, overloads=overloaded, span=name.span)


def dereferenced(fn: Body, ex: Ex) -> Ex:
    """The object before `->`: through a pointer, or through `operator->`."""
    for _ in range(8):
        if isinstance(decayed(fn, ex).type.type, PointerType):
            return pointee(fn, decayed(fn, ex))
        result = call_method(fn, ex, "operator->", [], ex.span)
        if result is None:
            break
        ex = result
    raise error("ASC0304", f"'->' on a value of type '{ex.type}'", ex.span)
