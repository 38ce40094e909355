"""Variables: local, shared, static, global; what using one gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..ir.diagnostics import CompileError, error
from ..ir.dtypes import I8, U8, Pointer, Space
from ..ir.nodes import Global, Value
from ..ir.source import Span
from . import (
    calls,
    classes,
    conversions,
    evaluate,
    expressions,
    initialization,
    initializer_lists,
    structured_bindings,
    syntax,
    type_names,
)
from .cpp_types import (
    VOID,
    ArrayType,
    AutoType,
    FunctionType,
    QType,
    Reference,
    align_of,
    class_of,
    decay,
    element_count,
    element_type,
    function_of,
    has_auto,
    is_array,
    is_class,
    is_number,
    is_pointer,
    is_scalar,
    is_void,
    replace_auto,
    scalar_of,
    strip_reference,
)
from .entities import ClassInfo, ConstantValue, FunctionRef, Variable
from .limits import MODULE_BYTES, check_object
from .memory import (
    cast_pointer,
    field_place,
    place_of,
    store_value,
    value_of,
)
from .packs import expand
from .scope import Scope
from .state import Body, Program, scratch_body
from .values import LVALUE, Ex, Maker, Place

# ---------------------------------------------------------------- use


def use(fn: Body, variable: Variable, span: Span) -> Ex:
    """A variable as an lvalue."""
    resolve(fn.program, variable, span)
    type_ = strip_reference(variable.type)
    if variable.constant is not None and (
        variable.global_ is None or isinstance(variable.constant, FunctionRef)
    ):
        return Ex(type_, LVALUE, constant=variable.constant, place=variable.place)
    if variable.global_ is not None:
        pointer = global_address(fn, variable.global_)
        place = Place(pointer, None, type_.volatile, name=variable.name)
        return Ex(type_, LVALUE, place=place, constant=variable.constant)
    if variable.rebuilt:
        return _rebuilt(fn, variable, type_)
    if variable.place is None:
        if not fn.evaluated:
            return Ex(type_, LVALUE)
        raise error("ASC0304", f"'{variable.name}' has no storage here", span)
    if fn.evaluated and variable.home is not fn:
        if fn.constant_only:
            raise evaluate.not_constant(f"'{variable.name}'", "it is only known at run time", span)
        raise error(
            "ASC0316",
            f"'{variable.name}' belongs to an enclosing function",
            span,
            help="capture it: [&] or [=]",
        )
    return Ex(type_, LVALUE, place=variable.place)


def _rebuilt(fn: Body, variable: Variable, type_: QType) -> Ex:
    """A constant table that holds addresses has no image: it is built where it is used."""
    assert variable.declaration is not None
    assert variable.scope is not None
    place = fn.variable(type_.bare, variable.name)
    with fn.in_scope(variable.scope):
        initialization.declared_init(fn, place, type_.bare, variable.declaration)
    return Ex(type_, LVALUE, place=place)


def global_address(fn: Body, item: Global) -> Value:
    """The address of storage with static duration."""
    fn.globals[item.name] = item
    type_ = Pointer(item.elem, item.space)
    return fn.emit("global_addr", (), {"symbol": item.name}, type_, item.source_name)


def string_maker(fn: Body, data: bytes, build: Callable[[Place], None]) -> Maker:
    """A string literal's characters: a constant table, made when its address is needed."""

    def place() -> Place:
        tables = fn.program.string_tables
        if data not in tables:
            name = fn.program.unique_name("string")
            tables[data] = Global(name, U8, len(data), Space.CONSTANT, 1, data)
        return Place(cast_pointer(fn, global_address(fn, tables[data]), I8))

    return Maker(build, find=place)


# ---------------------------------------------------------------- globals


def global_variable(
    program: Program, scope: Scope, decl: syntax.VariableDecl, suffix: str = ""
) -> Variable:
    """A variable of a namespace or class, looked at when it is used."""
    name = str(decl.declarator.name) if decl.declarator.name is not None else ""
    return Variable(
        name,
        VOID,
        decl.span,
        declaration=decl,
        scope=scope,
        template_suffix=suffix,
        resolved=False,
    )


def resolve(program: Program, variable: Variable, span: Span) -> None:
    """Find the type and value or storage of a variable of static duration, once."""
    if variable.resolved:
        return
    if variable.error is not None:
        raise variable.error
    if variable.resolving:
        raise error("ASC0317", f"'{variable.name}' is used in its own initialiser", span)
    variable.resolving = True
    scope = variable.scope
    owner = f"{scope.qualifier()}{variable.name}" if scope is not None else variable.name
    try:
        with program.instantiating(f"{owner}{variable.template_suffix}", span):
            _resolve(program, variable)
        variable.resolved = True
    except CompileError as failure:
        variable.error = failure
        raise
    finally:
        variable.resolving = False


def _resolve(program: Program, variable: Variable) -> None:
    decl, scope = variable.declaration, variable.scope
    assert decl is not None
    assert scope is not None
    body = scratch_body(program, scope, decl.span)
    body.constant_only = True
    owner = scope.enclosing("class")
    body.this_class = owner.owner if owner is not None else None
    type_ = _complete_type(body, decl)
    if "constexpr" in decl.storage:
        type_ = type_.with_const()
    variable.type = type_
    storage = decl.storage
    name = f"{scope.qualifier()}{variable.name}{variable.template_suffix}"
    if "__shared__" in storage:
        variable.global_ = _shared(body, decl, type_, variable.name, name)
        return
    if "__constant__" in storage or "__device__" in storage or "__managed__" in storage:
        if not _folds(type_, decl):
            space = Space.CONSTANT if "__constant__" in storage else Space.GLOBAL
            try:
                image = _image(body, type_, decl)
            except evaluate.HoldsAddresses:
                if "__constant__" in storage or not _is_const(type_):
                    raise
                variable.rebuilt = True
                return
            variable.global_ = _global(body, decl, type_, name, space, image)
            return
    _constant_variable(program, body, variable, type_, decl, name)


def _folds(type_: QType, decl: syntax.VariableDecl) -> bool:
    """Whether a `__constant__` or `__device__` variable is really a compile-time constant."""
    return "constexpr" in decl.storage


def _image(body: Body, type_: QType, decl: syntax.VariableDecl) -> bytes:
    """The first contents; empty where they are zeros. Objects may have a constexpr constructor."""
    if "extern" in decl.storage or not (decl.style or is_class(_innermost(type_))):
        return b""
    image = evaluate.image_of(body, type_, decl)
    return image if any(image) else b""


def _constant_variable(
    program: Program,
    body: Body,
    variable: Variable,
    type_: QType,
    decl: syntax.VariableDecl,
    name: str,
) -> None:
    """A variable of the host that device code may use because its value is known."""
    if isinstance(type_.type, Reference):
        raise error("ASC0403", f"'{variable.name}' is a reference of the host", decl.span)
    if not _is_const(type_):
        raise error(
            "ASC0403",
            f"the host variable '{variable.name}' is used in device code",
            decl.span,
            help="make it constexpr, __constant__ or __device__, or pass it to the kernel",
        )
    if not decl.style and not is_class(type_):
        raise error("ASC0403", f"'{variable.name}' is defined elsewhere", decl.span)
    if is_scalar(type_):
        variable.constant = scalar_constant(body, type_, decl)
        return
    try:
        image = evaluate.image_of(body, type_, decl)
    except evaluate.HoldsAddresses:
        variable.rebuilt = True
        return
    variable.global_ = _global(body, decl, type_, name, Space.CONSTANT, image)


def _is_const(type_: QType) -> bool:
    return _innermost(type_).const


def _innermost(type_: QType) -> QType:
    """The type of the elements of an array's arrays."""
    while isinstance(type_.type, ArrayType):
        type_ = type_.type.element
    return type_


def scalar_constant(body: Body, type_: QType, decl: syntax.VariableDecl) -> ConstantValue | None:
    """The value of a scalar constant's initialiser."""
    what = f"the initialiser of '{decl.declarator.name}'"
    argument = decl.arguments[0] if decl.arguments else None
    if isinstance(argument, syntax.InitializerList):
        argument = argument.items[0] if argument.items else None
    if argument is None:
        return 0
    assert not isinstance(argument, syntax.InitializerList)
    return evaluate.constant_of(body, argument, what, type_.bare).constant


def _global(
    body: Body,
    decl: syntax.VariableDecl,
    type_: QType,
    name: str,
    space: Space,
    image: bytes,
    hint: str = "",
) -> Global:
    check_object(type_, name, MODULE_BYTES, decl.span)
    return Global(
        body.program.unique_name(hint or name),
        element_type(type_),
        element_count(type_),
        space,
        max(align_of(type_), _alignment(body, decl)),
        image,
        name,
        decl.span,
    )


def _alignment(body: Body, decl: syntax.VariableDecl) -> int:
    """What the declaration's own attributes ask for, as its scope understands them."""
    return max([1, *(classes.alignment(body, a) for a in decl.attributes)])


def _shared(body: Body, decl: syntax.VariableDecl, type_: QType, name: str, hint: str) -> Global:
    """`__shared__` storage; `extern` gets its size from the launch."""
    inner = _innermost(type_)
    dynamic = "extern" in decl.storage
    if not dynamic and isinstance(type_.type, ArrayType) and type_.type.count is None:
        raise error("ASC0303", f"the size of '{name}' is not known", decl.span)
    return Global(
        body.program.unique_name(hint),
        element_type(inner),
        0 if dynamic else element_count(type_),
        Space.SHARED,
        max(align_of(inner), _alignment(body, decl), 16 if dynamic else 1),
        b"",
        name,
        decl.span,
    )


# ---------------------------------------------------------------- types of declarations


def _complete_type(fn: Body, decl: syntax.VariableDecl) -> QType:
    """The declared type, with `auto` and array bounds found from the initialiser."""
    type_ = _declared_type(fn, decl)
    if has_auto(type_):
        type_ = replace_placeholder(fn, type_, decl)
    type_ = _with_bound(fn, type_, decl)
    if is_void(type_):
        raise error("ASC0303", f"'{decl.declarator.name}' has type void", decl.span)
    info = class_of(_innermost(strip_reference(type_)))
    if info is not None and not isinstance(type_.type, Reference):
        classes.complete(fn.program, info, decl.span)
        _check_destructor(info, decl)
    return type_


def _declared_type(fn: Body, decl: syntax.VariableDecl) -> QType:
    deduced = calls.deduced_class_type(fn, decl.specifier, decl.arguments)
    if deduced is not None:
        return type_names.apply_parts(fn, deduced, decl.declarator.parts)
    return type_names.declared_type(fn, decl.specifier, decl.declarator)


def _check_destructor(info: ClassInfo, decl: syntax.VariableDecl) -> None:
    destructor = info.destructor
    if destructor is not None and destructor.decl.body is not None and destructor.decl.body.body:
        raise error(
            "ASC0425",
            f"'{info.spelled()}' has a destructor that does something, which is not supported",
            decl.span,
            notes=((destructor.span, "the destructor is here"),),
        )


def replace_placeholder(fn: Body, type_: QType, decl: syntax.VariableDecl) -> QType:
    """`auto` from the initialiser."""
    if not decl.arguments:
        raise error("ASC0313", f"'{decl.declarator.name}' needs an initialiser", decl.span)
    first = decl.arguments[0]
    if isinstance(first, syntax.InitializerList):
        listed = initializer_lists.type_of(fn, first) if decl.style == "=" else None
        if listed is not None:
            return listed.qualified(const=type_.const)
        if len(first.items) != 1:
            raise error("ASC0313", "the type of a braced list cannot be deduced", first.span)
        first = first.items[0]
        assert not isinstance(first, syntax.InitializerList)
    with fn.discarded():
        ex = expressions.elaborate(fn, first)
    return deduced_type(fn, type_, ex, decl.span)


def deduced_type(fn: Body, pattern: QType, ex: Ex, span: Span) -> QType:
    """What `auto` in `pattern` becomes for a value."""
    if ex.overloads is not None:
        from . import overloads

        ex = overloads.only_function(fn, ex, span)
    if isinstance(pattern.type, Reference):
        target = pattern.type.target
        forwarding = pattern.type.rvalue and not target.const and has_auto(target)
        if forwarding and ex.category == LVALUE:
            return QType(Reference(replace_auto(target, ex.type)))
        return QType(Reference(_matched(target, ex.type), pattern.type.rvalue))
    return _matched(pattern, decay(ex.type))


def _matched(pattern: QType, actual: QType) -> QType:
    """`auto` in a pattern of pointers against the type that it must become."""
    if is_pointer(pattern) and is_pointer(actual):
        inner = _matched(pattern.type.target, actual.type.target)  # type: ignore[attr-defined]
        return replace(pattern, type=type(pattern.type)(inner))  # type: ignore[call-arg]
    return replace_auto(pattern, actual)


def _with_bound(fn: Body, type_: QType, decl: syntax.VariableDecl) -> QType:
    """`T x[] = {...}`: the bound is the number of initialisers."""
    if not isinstance(type_.type, ArrayType) or type_.type.count is not None or not decl.arguments:
        return type_
    element, first = type_.type.element, decl.arguments[0]
    items: tuple[syntax.Expr | syntax.InitializerList, ...]
    if isinstance(first, syntax.InitializerList):
        items = first.items
    elif isinstance(first, syntax.String):
        return QType(ArrayType(element, len(first.value.encode("utf-8")) + 1))
    else:
        items = decl.arguments
    if len(items) == 1 and isinstance(items[0], syntax.String) and not is_array(element):
        return QType(ArrayType(element, len(items[0].value.encode("utf-8")) + 1))
    count = sum(_item_count(fn, item) for item in items)
    nested = any(isinstance(i, syntax.InitializerList) for i in items)
    if is_array(element) and not nested:
        count = -(-count // max(1, element_count(element)))
    return QType(ArrayType(element, count))


def _item_count(fn: Body, item: syntax.Expr | syntax.InitializerList) -> int:
    if not isinstance(item, syntax.PackExpansion):
        return 1
    with fn.discarded():
        return len(expand(fn, item.pattern, lambda: None))


# ---------------------------------------------------------------- locals


def declare_local(fn: Body, decl: syntax.VariableDecl) -> None:
    """A variable declared in a function."""
    if decl.bindings:
        structured_bindings.declare(fn, decl)
        return
    name = str(decl.declarator.name)
    with fn.at(decl.span):
        variable = Variable(name, VOID, decl.span, is_local=True, home=fn, scope=fn.scope)
        if "__shared__" in decl.storage:
            _declare_shared(fn, variable, decl)
        elif _is_function_declaration(fn, decl):
            return
        elif "static" in decl.storage or "constexpr" in decl.storage:
            _declare_static(fn, variable, decl)
        else:
            _declare_automatic(fn, variable, decl)
        fn.scope.names[name] = [variable]


def declare_anonymous(fn: Body, info: ClassInfo, span: Span) -> None:
    """`union { float f; int i; };` in a function: its members are names there."""
    classes.complete(fn.program, info, span)
    _name_members(fn, info, fn.variable(info.type, "anonymous"), span)


def _name_members(fn: Body, info: ClassInfo, object_: Place, span: Span) -> None:
    for member in info.fields:
        place = field_place(fn, object_, member)
        if member.anonymous is not None:
            _name_members(fn, member.anonymous, place, span)
            continue
        named = replace(place, name=member.name)
        fn.scope.names[member.name] = [
            Variable(member.name, member.type, span, named, is_local=True, home=fn)
        ]


def _is_function_declaration(fn: Body, decl: syntax.VariableDecl) -> bool:
    if not any(isinstance(p, syntax.FunctionPart) for p in decl.declarator.parts[:1]):
        return False
    type_ = type_names.declared_type(fn, decl.specifier, decl.declarator)
    return isinstance(type_.type, FunctionType)


def _function_name(fn: Body) -> str:
    return fn.instance.name if fn.instance is not None else ""


def _declare_shared(fn: Body, variable: Variable, decl: syntax.VariableDecl) -> None:
    if decl.style:
        raise error("ASC0426", f"'{variable.name}' in shared memory has an initialiser", decl.span)
    type_ = type_names.declared_type(fn, decl.specifier, decl.declarator)
    info = class_of(_innermost(type_))
    if info is not None:
        classes.complete(fn.program, info, decl.span)
    variable.type = type_
    key = (fn.instance, id(decl))
    if key not in fn.program.static_storage:
        hint = f"{_function_name(fn)}_{variable.name}"
        made = _shared(fn.scratch(), decl, type_, variable.name, hint)
        fn.program.static_storage[key] = made
    variable.global_ = fn.program.static_storage[key]


def _declare_static(fn: Body, variable: Variable, decl: syntax.VariableDecl) -> None:
    """`static const` and `constexpr`: constants; other static variables are refused."""
    type_ = _complete_type(fn, decl)
    if "constexpr" in decl.storage:
        type_ = type_.with_const()
    if not _is_const(type_):
        raise error(
            "ASC0427",
            f"the static variable '{variable.name}' in a function is not supported",
            decl.span,
            help="make it a __device__ variable at namespace scope",
        )
    variable.type = type_
    body = fn.scratch()
    body.instance = fn.instance
    body.constant_only = True
    if isinstance(type_.type, Reference):
        _declare_automatic(fn, variable, decl)
    elif function_of(type_) is not None:
        _declare_automatic(fn, variable, decl)
    elif (is_scalar(type_) and is_number(type_)) or scalar_of(type_) is not None:
        variable.constant = scalar_constant(body, type_, decl)
    elif is_pointer(type_):
        _declare_automatic(fn, variable, decl)
    else:
        _constant_table(fn, body, variable, type_, decl)


def _constant_table(
    fn: Body, body: Body, variable: Variable, type_: QType, decl: syntax.VariableDecl
) -> None:
    """A constant array or object of a function: a table of bytes, made once."""
    key = (fn.instance, id(decl))
    if key not in fn.program.static_storage:
        try:
            image = evaluate.image_of(body, type_, decl)
        except evaluate.HoldsAddresses:
            variable.place = fn.variable(type_.bare, variable.name)
            initialization.declared_init(fn, variable.place, type_.bare, decl)
            return
        hint = f"{_function_name(fn)}_{variable.name}"
        made = _global(body, decl, type_, variable.name, Space.CONSTANT, image, hint)
        fn.program.static_storage[key] = made
    variable.global_ = fn.program.static_storage[key]


def _declare_automatic(fn: Body, variable: Variable, decl: syntax.VariableDecl) -> None:
    if decl.specifier.builtin in ("auto", "decltype(auto)") and decl.arguments:
        first = decl.arguments[0]
        if not isinstance(first, syntax.InitializerList):
            _declare_deduced(fn, variable, decl, first)
            return
    type_ = _complete_type(fn, decl)
    variable.type = type_
    if isinstance(type_.type, Reference):
        _bind(fn, variable, type_, decl)
        return
    if function_of(type_) is not None:
        _declare_function_pointer(fn, variable, type_, decl)
        return
    if type_.const and not type_.volatile and scalar_of(type_) is not None and decl.style:
        _declare_const(fn, variable, type_, decl)
        return
    align = max([0, *(classes.alignment(fn, a) for a in decl.attributes)])
    variable.place = fn.variable(type_, variable.name, align)
    initialization.declared_init(fn, variable.place, type_, decl)


def _declare_deduced(
    fn: Body, variable: Variable, decl: syntax.VariableDecl, first: syntax.Expr
) -> None:
    """`auto x = e;`: the initialiser is looked at once, for its type and its value."""
    pattern = type_names.declared_type(fn, decl.specifier, decl.declarator)
    if isinstance(pattern.type, AutoType) and pattern.type.exact:
        pattern = type_names.decltype_of(fn, first)
    ex = expressions.elaborate(fn, first)
    type_ = deduced_type(fn, pattern, ex, decl.span) if has_auto(pattern) else pattern
    variable.type = type_
    if is_void(type_):
        raise error("ASC0303", f"'{variable.name}' has type void", decl.span)
    if isinstance(type_.type, Reference):
        _keep_binding(fn, variable, conversions.bind_reference(fn, ex, type_, decl.span))
    elif function_of(type_) is not None:
        _keep_function(variable, conversions.convert(fn, ex, type_, decl.span), decl)
    elif type_.const and not type_.volatile and scalar_of(type_) is not None:
        _keep_const(fn, variable, type_, conversions.convert(fn, ex, type_, decl.span))
    else:
        info = class_of(type_)
        if info is not None:
            _check_destructor(info, decl)
        variable.place = fn.variable(type_, variable.name)
        initialization.copy_init(fn, variable.place, type_, ex, decl.span)


def _keep_binding(fn: Body, variable: Variable, bound: Ex) -> None:
    variable.constant = bound.constant
    variable.place = place_of(fn, bound) if bound.constant is None else None


def _keep_const(fn: Body, variable: Variable, type_: QType, value: Ex) -> None:
    if isinstance(value.constant, int | float):
        variable.constant = value.constant
        return
    variable.place = fn.variable(type_, variable.name)
    store_value(fn, variable.place, value_of(fn, value))


def _keep_function(variable: Variable, value: Ex, decl: syntax.VariableDecl) -> None:
    if value.constant is None:
        raise error(
            "ASC0412",
            f"the function that '{variable.name}' points at is not known at compile time",
            decl.span,
        )
    variable.constant = value.constant


def _declare_const(fn: Body, variable: Variable, type_: QType, decl: syntax.VariableDecl) -> None:
    """A const scalar: its value where it is known now, else storage."""
    arg: conversions.Arg
    first = decl.arguments[0] if decl.arguments else syntax.InitializerList(decl.span, ())
    arg = first if isinstance(first, syntax.InitializerList) else expressions.elaborate(fn, first)
    value = conversions.convert(fn, arg, type_, decl.span, explicit=decl.style == "()")
    _keep_const(fn, variable, type_, value)


def _bind(fn: Body, variable: Variable, type_: QType, decl: syntax.VariableDecl) -> None:
    if not decl.arguments:
        raise error("ASC0312", f"the reference '{variable.name}' is not initialised", decl.span)
    first = decl.arguments[0]
    arg: conversions.Arg
    arg = first if isinstance(first, syntax.InitializerList) else expressions.elaborate(fn, first)
    _keep_binding(fn, variable, conversions.bind_reference(fn, arg, type_, decl.span))


def _declare_function_pointer(
    fn: Body, variable: Variable, type_: QType, decl: syntax.VariableDecl
) -> None:
    if not decl.arguments:
        raise error("ASC0412", f"the function pointer '{variable.name}' is not known", decl.span)
    first = decl.arguments[0]
    assert not isinstance(first, syntax.InitializerList)
    ex = conversions.convert(fn, expressions.elaborate(fn, first), type_, decl.span)
    _keep_function(variable, ex, decl)


def initialized(fn: Body, name: str, type_: QType, item: Ex, span: Span) -> None:
    """Declare `type_ name = item;`"""
    variable = Variable(name, type_, span, is_local=True, home=fn)
    if isinstance(type_.type, Reference):
        bound = conversions.bind_reference(fn, item, type_, span)
        variable.place = place_of(fn, bound)
    else:
        variable.place = fn.variable(type_.bare, name)
        initialization.copy_init(fn, variable.place, type_.bare, item, span)
    fn.scope.names[name] = [variable]
