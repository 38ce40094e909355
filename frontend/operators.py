"""Operators: the built-in ones with C++'s conversions, and those that classes define."""

from __future__ import annotations

from dataclasses import fields, replace

from ..ir.builder import Builder
from ..ir.diagnostics import CompileError, error
from ..ir.dtypes import I1, I64, Pointer, Type
from ..ir.nodes import Value
from ..ir.source import Span
from . import calls, classes, constants, conversions, expressions, initialization, overloads, syntax
from .cpp_types import (
    BOOL,
    FLOAT,
    LONG,
    VOID,
    PointerType,
    QType,
    class_of,
    element_count,
    element_type,
    function_of,
    is_array,
    is_class,
    is_enum,
    is_half,
    is_integral,
    is_nullptr,
    is_number,
    is_object_pointer,
    is_pointer,
    is_scalar,
    is_tensor_half,
    is_unscoped_enum,
    is_void,
    pointer_to,
    promote,
    scalar_of,
    usual_conversions,
)
from .entities import Function, FunctionRef, Instance
from .memory import (
    address_value,
    cast_pointer,
    copy_object,
    decayed,
    generic,
    index_value,
    load,
    place_of,
    pointee,
    scale_index,
    store_value,
    value_of,
)
from .scope import argument_dependent
from .state import Body
from .values import LVALUE, PRVALUE, Ex, Maker, Place, constant

ARITHMETIC = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "rem", "&": "and", "|": "or",
    "^": "xor", "<<": "shl", ">>": "shr",
}  # fmt: skip
COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
INTEGER_ONLY = frozenset("% & | ^ << >>".split())


Side = tuple[Builder, Ex]
"""One side of `?:`: its unfinished region and what it gives."""


def store(fn: Body, place: Place, ex: Ex) -> None:
    store_value(fn, place, value_of(fn, ex))


# ---------------------------------------------------------------- binary


def binary(fn: Body, expr: syntax.Binary) -> Ex:
    if expr.operator in ("&&", "||"):
        return _logical(fn, expr)
    left = expressions.elaborate(fn, expr.left)
    if expr.operator == ",":
        if not is_class(left.type):
            expressions.discard(fn, left)
            return expressions.elaborate(fn, expr.right)
        expressions.discard(fn, left)
        return expressions.elaborate(fn, expr.right)
    if is_scalar(left.type):
        left = replace(load(fn, left), span=expr.left.span)  # read before the right side runs
    right = expressions.elaborate(fn, expr.right)
    return apply(fn, expr.operator, left, right, expr.span)


def apply(fn: Body, operator: str, left: Ex, right: Ex, span: Span) -> Ex:
    """`left operator right` of elaborated operands."""
    if _overloadable(left) or _overloadable(right):
        found = user_operator(fn, operator, [left, right], span)
        if found is not None:
            return found
        left, right = _as_builtin(fn, left, span), _as_builtin(fn, right, span)
    if operator == ",":
        expressions.discard(fn, left)
        return right
    if operator in ("&&", "||"):
        return _logical_values(fn, operator, left, right, span)
    a, b = decayed(fn, left), decayed(fn, right)
    if operator in COMPARISONS:
        return _compare(fn, operator, a, b, span)
    if is_pointer(a.type) or is_pointer(b.type):
        return _pointer_arithmetic(fn, operator, a, b, span)
    return arithmetic(fn, operator, a, b, span)


def _overloadable(ex: Ex) -> bool:
    return is_class(ex.type) or is_enum(ex.type)


def _as_builtin(fn: Body, ex: Ex, span: Span) -> Ex:
    """A class object as the scalar that it converts to, for a built-in operator."""
    if not is_class(ex.type):
        return ex
    for instance in conversions.conversion_functions(fn, ex):
        result = instance.result_type
        if is_scalar(result):
            return calls.call_instance(fn, instance, [], span, object_=ex)
    return ex


def arithmetic(fn: Body, operator: str, a: Ex, b: Ex, span: Span) -> Ex:
    """A built-in arithmetic, bitwise or shift operator."""
    op = ARITHMETIC[operator]
    if not _is_operand(a.type) or not _is_operand(b.type):
        raise _no_operator(operator, a, b, span)
    if operator in INTEGER_ONLY and not (_integer_like(a.type) and _integer_like(b.type)):
        raise _no_operator(operator, a, b, span)
    if operator in ("<<", ">>"):
        type_ = promote(a.type)
        left = conversions.change_scalar(fn, a, type_)
        right = conversions.change_scalar(fn, b, promote(b.type))
    else:
        type_ = _tensor_half(a.type, b.type) or common_type(a.type, b.type)
        left = conversions.change_scalar(fn, a, type_)
        right = conversions.change_scalar(fn, b, type_)
    scalar = scalar_of(type_)
    assert scalar is not None
    if isinstance(left.constant, int | float) and isinstance(right.constant, int | float):
        folded = constants.binary(op, left.constant, right.constant, scalar)
        if folded is not None:
            return constant(type_, folded)
    x = value_of(fn, left)
    return Ex(type_, value=fn.b.op(op, x, value_of(fn, right)))


def _is_operand(type_: QType) -> bool:
    return is_number(type_) or is_unscoped_enum(type_)


def _integer_like(type_: QType) -> bool:
    return is_integral(type_) or is_unscoped_enum(type_)


def _tensor_half(a: QType, b: QType) -> QType | None:
    """The type of arithmetic on a 16-bit float of PyTorch and an integer: that float's."""
    for half, other in ((a, b), (b, a)):
        if is_tensor_half(half) and _integer_like(other):
            return half.bare
    return None


def common_type(a: QType, b: QType) -> QType:
    """The usual arithmetic conversions; two 16-bit floats stay as they are, and one beside a
    number becomes a float, as CUDA's conversion operator makes it."""
    if is_half(a) and is_half(b):
        return a.bare if a.type == b.type else FLOAT
    if is_half(a):
        return usual_conversions(FLOAT, b)
    if is_half(b):
        return usual_conversions(a, FLOAT)
    return usual_conversions(a, b)


def _no_operator(operator: str, a: Ex, b: Ex, span: Span) -> CompileError:
    return error(
        "ASC0314", f"no operator '{operator}' for operands '{a.type}' and '{b.type}'", span
    )


# ---------------------------------------------------------------- comparisons


def _compare(fn: Body, operator: str, a: Ex, b: Ex, span: Span) -> Ex:
    pred = COMPARISONS[operator]
    if is_pointer(a.type) or is_pointer(b.type) or is_nullptr(a.type) or is_nullptr(b.type):
        return _compare_pointers(fn, pred, a, b, span)
    if (
        isinstance(a.type.type, type(b.type.type))
        and is_enum(a.type)
        and a.type.type == b.type.type
    ):
        type_ = a.type
    elif _is_operand(a.type) and _is_operand(b.type):
        type_ = common_type(a.type, b.type)
    else:
        raise _no_operator(operator, a, b, span)
    left = conversions.change_scalar(fn, a, type_)
    right = conversions.change_scalar(fn, b, type_)
    if isinstance(left.constant, int | float) and isinstance(right.constant, int | float):
        return constant(BOOL, constants.COMPARE[pred](left.constant, right.constant))
    x = value_of(fn, left)
    return Ex(BOOL, value=fn.b.cmp(pred, x, value_of(fn, right)))


def _compare_pointers(fn: Body, pred: str, a: Ex, b: Ex, span: Span) -> Ex:
    if isinstance(a.constant, FunctionRef) or isinstance(b.constant, FunctionRef):
        return constant(BOOL, (a.constant == b.constant) == (pred == "eq"))
    for one, other in ((a, b), (b, a)):
        if not is_pointer(one.type) and not (is_nullptr(one.type) or one.literal_zero):
            raise _no_operator(pred, one, other, span)
    if a.constant == 0 and b.constant == 0:
        return constant(BOOL, pred in ("eq", "le", "ge"))
    x = value_of(fn, conversions.change_scalar(fn, a, b.type) if not is_pointer(a.type) else a)
    y = value_of(fn, conversions.change_scalar(fn, b, a.type) if not is_pointer(b.type) else b)
    x, y = generic(fn, x), generic(fn, y)
    assert isinstance(x.type, Pointer)
    return Ex(BOOL, value=fn.b.cmp(pred, x, cast_pointer(fn, y, x.type.elem)))


# ---------------------------------------------------------------- pointers


def _pointer_arithmetic(fn: Body, operator: str, a: Ex, b: Ex, span: Span) -> Ex:
    if operator == "+" and is_pointer(b.type):
        a, b = b, a
    if operator == "-" and is_pointer(a.type) and is_pointer(b.type):
        return _difference(fn, a, b, span)
    if operator not in "+-" or not is_object_pointer(a.type) or not _integer_like(b.type):
        raise _no_operator(operator, a, b, span)
    index = index_value(fn, b)
    if operator == "-":
        index = fn.b.op("neg", fn.b.cast(index, I64))
    return advanced(fn, a, index)


def advanced(fn: Body, pointer: Ex, index: Value) -> Ex:
    """`pointer + index`: the address is not computed before somebody needs it."""
    assert isinstance(pointer.type.type, PointerType)
    target = pointer.type.type.target
    fn.program.complete(target, fn.span)  # a cast to a pointer does not need the class's size
    scaled = scale_index(fn, index, target)
    if pointer.address is not None and pointer.address.index is None:
        start = pointer.address
    else:
        start = Place(value_of(fn, replace(pointer, constant=None)))
    counted = cast_pointer(fn, start.pointer, element_type(target))
    start = replace(start, pointer=counted, bits=None, name="")
    return Ex(pointer.type.bare, address=replace(start, index=scaled, volatile=target.volatile))


def _difference(fn: Body, a: Ex, b: Ex, span: Span) -> Ex:
    assert isinstance(a.type.type, PointerType)
    target = a.type.type.target
    fn.program.complete(target, span)
    elem = element_type(target)
    x, y = (cast_pointer(fn, generic(fn, value_of(fn, p)), elem) for p in (a, b))
    value = fn.b.op("ptr_diff", x, y)
    scale = element_count(target)
    if scale > 1:
        value = fn.b.op("div", value, fn.b.i64(scale))
    return Ex(LONG, value=value)


# ---------------------------------------------------------------- && || ?:


def _logical(fn: Body, expr: syntax.Binary) -> Ex:
    left = expressions.elaborate(fn, expr.left)
    if is_class(left.type) and _has_user_logical(fn, expr.operator, left):
        right = expressions.elaborate(fn, expr.right)
        return apply(fn, expr.operator, left, right, expr.span)
    test = conversions.truth(fn, left)
    decided = expr.operator == "||"
    if isinstance(test.constant, int | float):
        if bool(test.constant) is decided:
            return constant(BOOL, decided)
        return conversions.truth(fn, expressions.elaborate(fn, expr.right))
    condition = value_of(fn, test)
    with fn.region() as taken:
        right = conversions.truth(fn, expressions.elaborate(fn, expr.right))
        if isinstance(right.constant, int | float) and bool(right.constant) is not decided:
            simple = not taken.ops
        else:
            simple = False
        if not simple:
            yes = taken.finish((), value_of(fn, right))
    if simple:
        return Ex(BOOL, value=condition)
    with fn.region() as skipped:
        no = skipped.finish((), fn.b.i1(decided))
    result = Value(I1)
    regions = (no, yes) if decided else (yes, no)
    fn.b.structured("if", [condition], regions, [result])
    return Ex(BOOL, value=result)


def _has_user_logical(fn: Body, operator: str, left: Ex) -> bool:
    info = class_of(left.type)
    assert info is not None
    classes.complete(fn.program, info, left.span)
    return bool(info.scope.find_here(f"operator{operator}"))


def _logical_values(fn: Body, operator: str, left: Ex, right: Ex, span: Span) -> Ex:
    """Both sides are there already (in a fold): no side is skipped, which nothing can tell."""
    a, b = conversions.truth(fn, left), conversions.truth(fn, right)
    decided = operator == "||"
    for one, other in ((a, b), (b, a)):
        if isinstance(one.constant, int | float):
            return constant(BOOL, decided) if bool(one.constant) is decided else other
    op = "or" if decided else "and"
    return Ex(BOOL, value=fn.b.op(op, value_of(fn, a), value_of(fn, b)))


def conditional(fn: Body, expr: syntax.Conditional) -> Ex:
    """`c ? a : b`

    Of two scalar lvalues the values are chosen; where their place is wanted after all, the
    expression is built once more for it, unless that would repeat an effect."""
    pure = not _has_effects(expr)
    ex = _conditional(fn, expr, lvalue=not pure)
    if not pure or ex.category == LVALUE or ex.constant is not None or not is_scalar(ex.type):
        return ex
    with fn.discarded():
        again = _conditional(fn, expr, lvalue=True)
    if again.category != LVALUE:
        return ex

    def find() -> Place:
        return place_of(fn, _conditional(fn, expr, lvalue=True))

    def build(place: Place) -> None:
        store(fn, place, ex)

    return replace(ex, type=again.type, category=LVALUE, maker=Maker(build, find=find))


def _is_plain_lvalue(ex: Ex) -> bool:
    """An object in memory of its own: no bit-field, no known constant."""
    if ex.category != LVALUE or ex.constant is not None or ex.overloads is not None:
        return False
    return is_scalar(ex.type) and not (ex.place is not None and ex.place.bits is not None)


def _has_effects(node: object) -> bool:
    """Whether evaluating an expression twice could be told from once."""
    if isinstance(node, syntax.Call | syntax.Assign | syntax.Postfix | syntax.Construct):
        return True
    if isinstance(node, syntax.Unary) and node.operator in ("++", "--"):
        return True
    if isinstance(node, syntax.Lambda):
        return True
    if isinstance(node, syntax.Node):
        return any(_has_effects(getattr(node, f.name)) for f in fields(node) if f.name != "span")
    return isinstance(node, tuple) and any(_has_effects(item) for item in node)


def _conditional_place(fn: Body, condition: Value, then: Side, otherwise: Side) -> Ex:
    """The place that is chosen, as a pointer."""
    (_, a), (_, b) = then, otherwise
    pointers: list[Value] = []
    for builder, ex in (then, otherwise):
        outer, fn.b = fn.b, builder
        try:
            pointers.append(generic(fn, address_value(fn, place_of(fn, ex))))
        finally:
            fn.b = outer
    result = Value(pointers[0].type)
    sides = zip((then, otherwise), pointers, strict=True)
    fn.b.structured("if", [condition], [s[0].finish((), p) for s, p in sides], [result])
    const, volatile = a.type.const or b.type.const, a.type.volatile or b.type.volatile
    return Ex(QType(a.type.type, const, volatile), LVALUE, place=Place(result, volatile=volatile))


def _conditional(fn: Body, expr: syntax.Conditional, *, lvalue: bool) -> Ex:
    test = conversions.truth(fn, expressions.elaborate(fn, expr.condition))
    if isinstance(test.constant, int | float):
        return _decided(fn, expr, bool(test.constant))
    condition = value_of(fn, test)
    with fn.region() as then:
        a = _branch(fn, expr.then, lvalue)
    with fn.region() as otherwise:
        b = _branch(fn, expr.otherwise, lvalue)
    type_ = _conditional_type(fn, a, b, expr.span)
    if is_void(type_):
        for builder, ex in ((then, a), (otherwise, b)):
            outer, fn.b = fn.b, builder
            try:
                expressions.discard(fn, ex)
            finally:
                fn.b = outer
        fn.b.structured("if", [condition], [then.finish(), otherwise.finish()])
        return Ex(VOID)
    if is_class(type_):
        return _conditional_object(fn, expr, condition, (then, a), (otherwise, b), type_)
    if a.category == LVALUE and b.category == LVALUE and a.type.type == b.type.type:
        return _conditional_place(fn, condition, (then, a), (otherwise, b))
    return _conditional_scalar(fn, expr, condition, (then, a), (otherwise, b), type_)


def _branch(fn: Body, expr: syntax.Expr, lvalue: bool) -> Ex:
    ex = expressions.elaborate(fn, expr)
    if is_class(ex.type) or is_void(ex.type) or (lvalue and _is_plain_lvalue(ex)):
        return ex
    if ex.overloads is not None:
        return overloads.only_function(fn, ex, expr.span)
    return decayed(fn, ex)


def _decided(fn: Body, expr: syntax.Conditional, chosen: bool) -> Ex:
    """The condition is known: one side is built, the other only gives its type."""
    taken, other = (expr.then, expr.otherwise) if chosen else (expr.otherwise, expr.then)
    with fn.discarded():
        skipped = _branch(fn, other, True)
    ex = expressions.elaborate(fn, taken)
    if is_void(ex.type) or ex.type.type == skipped.type.type:
        return ex
    if not is_class(ex.type):
        ex = decayed(fn, ex) if ex.overloads is None else ex
    type_ = _conditional_type(fn, ex, skipped, expr.span)
    if is_void(type_):
        return ex
    return conversions.convert(fn, ex, type_, expr.span)


def _conditional_type(fn: Body, a: Ex, b: Ex, span: Span) -> QType:
    if a.type.type == b.type.type:
        return a.type.bare
    if is_void(a.type) or is_void(b.type):
        return VOID
    if is_class(a.type) or is_class(b.type):
        forth = conversions.rank(fn, b, a.type.bare)
        back = conversions.rank(fn, a, b.type.bare)
        if (forth is None) != (back is None):
            return a.type.bare if forth is not None else b.type.bare
    elif _is_operand(a.type) and _is_operand(b.type):
        return common_type(a.type, b.type)
    elif is_pointer(a.type) or is_pointer(b.type):
        return _common_pointer(a, b, span)
    raise error("ASC0314", f"the sides of '?:' have types '{a.type}' and '{b.type}'", span)


def _common_pointer(a: Ex, b: Ex, span: Span) -> QType:
    if not is_pointer(a.type) or not is_pointer(b.type):
        return (a if is_pointer(a.type) else b).type.bare
    assert isinstance(a.type.type, PointerType)
    assert isinstance(b.type.type, PointerType)
    x, y = a.type.type.target, b.type.type.target
    const, volatile = x.const or y.const, x.volatile or y.volatile
    if x.type == y.type or is_void(x):
        return pointer_to(QType(x.type, const, volatile))
    if is_void(y):
        return pointer_to(QType(y.type, const, volatile))
    if is_class(x) and is_class(y):
        return a.type.bare
    raise error("ASC0314", f"the sides of '?:' have types '{a.type}' and '{b.type}'", span)


def _conditional_scalar(
    fn: Body, expr: syntax.Conditional, condition: Value, then: Side, otherwise: Side, type_: QType
) -> Ex:
    if function_of(type_) is not None:
        raise error("ASC0412", "a function chosen at run time is not supported", expr.span)
    made: list[Value] = []
    for builder, ex in (then, otherwise):
        outer, fn.b = fn.b, builder
        try:
            converted = conversions.convert(fn, ex, type_, expr.span)
            made.append(generic(fn, value_of(fn, converted)))
        finally:
            fn.b = outer
    result_type: Type = made[0].type
    regions = [
        side[0].finish((), value) for side, value in zip((then, otherwise), made, strict=True)
    ]
    result = Value(result_type)
    fn.b.structured("if", [condition], regions, [result])
    return Ex(type_.bare, value=result)


def _conditional_object(
    fn: Body, expr: syntax.Conditional, condition: Value, then: Side, otherwise: Side, type_: QType
) -> Ex:
    """Two lvalues give the place that is chosen; otherwise the object is built by either side."""
    (_, a), (_, b) = then, otherwise
    if a.category == LVALUE and b.category == LVALUE and a.type.type == b.type.type:
        return _conditional_place(fn, condition, then, otherwise)
    place = fn.temporary(type_)
    for builder, ex in (then, otherwise):
        outer, fn.b = fn.b, builder
        try:
            made = conversions.convert(fn, ex, type_, expr.span)
            initialization.build_into(fn, made, place, type_, expr.span)
        finally:
            fn.b = outer
    fn.b.structured("if", [condition], [then[0].finish(), otherwise[0].finish()])
    maker = Maker(lambda target: copy_object(fn, target, place, type_), place)
    return Ex(type_, PRVALUE, maker=maker)


# ---------------------------------------------------------------- unary


def unary(fn: Body, expr: syntax.Unary) -> Ex:
    if expr.operator == "()":
        return expressions.elaborate(fn, expr.operand)
    if expr.operator == "&":
        return _address_of(fn, expr)
    operand = expressions.elaborate(fn, expr.operand)
    if _overloadable(operand):
        found = user_operator(fn, expr.operator, [operand], expr.span)
        if found is not None:
            return found
        operand = _as_builtin(fn, operand, expr.span)
    if expr.operator in ("++", "--"):
        _step(fn, operand, expr.operator, expr.span)
        return operand
    if expr.operator == "!":
        return _not(fn, conversions.truth(fn, operand))
    if expr.operator == "*":
        return _dereference(fn, operand, expr.span)
    return _sign(fn, expr.operator, decayed(fn, operand), expr.span)


def _not(fn: Body, test: Ex) -> Ex:
    if isinstance(test.constant, int | float):
        return constant(BOOL, not test.constant)
    return Ex(BOOL, value=fn.b.op("not", value_of(fn, test)))


def _dereference(fn: Body, operand: Ex, span: Span) -> Ex:
    if operand.overloads is not None:
        return operand
    pointer = decayed(fn, operand)
    if isinstance(pointer.constant, FunctionRef):
        return pointer
    if not is_object_pointer(pointer.type) or is_void(pointer.type.type.target):  # type: ignore[attr-defined]
        raise error("ASC0314", f"no unary '*' for a value of type '{operand.type}'", span)
    return pointee(fn, pointer)


def dereference(fn: Body, operand: Ex, span: Span) -> Ex:
    """`*operand`, by a class's operator where it has one."""
    if _overloadable(operand):
        found = user_operator(fn, "*", [operand], span)
        if found is not None:
            return found
    return _dereference(fn, operand, span)


def increment(fn: Body, operand: Ex, span: Span) -> None:
    """`++operand`, by a class's operator where it has one."""
    if not _overloadable(operand) or user_operator(fn, "++", [operand], span) is None:
        _step(fn, operand, "++", span)


def _sign(fn: Body, operator: str, operand: Ex, span: Span) -> Ex:
    """Unary `+`, `-` and `~`."""
    if operator == "+" and is_pointer(operand.type):
        return operand
    if not _is_operand(operand.type) or (operator == "~" and not _integer_like(operand.type)):
        raise error("ASC0314", f"no unary '{operator}' for a value of type '{operand.type}'", span)
    type_ = operand.type.bare if is_half(operand.type) else promote(operand.type)
    ex = conversions.change_scalar(fn, operand, type_)
    scalar = scalar_of(type_)
    assert scalar is not None
    if operator == "+":
        return replace(ex, literal_zero=False)
    if isinstance(ex.constant, int | float):
        changed = ~int(ex.constant) if operator == "~" else -ex.constant
        return constant(type_, constants.fit(changed, scalar))
    return Ex(type_, value=fn.b.op("not" if operator == "~" else "neg", value_of(fn, ex)))


def _address_of(fn: Body, expr: syntax.Unary) -> Ex:
    operand = expressions.elaborate(fn, expr.operand)
    if operand.overloads is not None:
        if any(f.is_method for f in operand.overloads.functions):
            raise error("ASC0411", "pointers to members are not supported", expr.span)
        return operand
    if isinstance(operand.constant, FunctionRef):
        return decayed(fn, operand)
    if is_class(operand.type):
        found = user_operator(fn, "&", [operand], expr.span)
        if found is not None:
            return found
    if not operand.is_glvalue:
        raise error("ASC0305", "the address of a temporary value", expr.span)
    place = place_of(fn, operand)
    if place.bits is not None:
        raise error("ASC0305", "a bit-field has no address", expr.span)
    return Ex(pointer_to(operand.type), address=place)


# ---------------------------------------------------------------- ++ and --


def postfix(fn: Body, expr: syntax.Postfix) -> Ex:
    operand = expressions.elaborate(fn, expr.operand)
    if _overloadable(operand):
        zero = constant(BOOL, 0)
        found = user_operator(
            fn, expr.operator, [operand, replace(zero, type=promote(BOOL))], expr.span
        )
        if found is not None:
            return found
    return _step(fn, operand, expr.operator, expr.span)


def _step(fn: Body, operand: Ex, operator: str, span: Span) -> Ex:
    """Increment or decrement in place; gives the old value."""
    _check_assignable(operand, span)
    old = load(fn, operand)
    old = replace(old, value=value_of(fn, old), constant=None, address=None)
    one = constant(promote(BOOL), 1)
    new = apply(fn, operator[0], old, one, span)
    _store_converted(fn, operand, new, span)
    return old


# ---------------------------------------------------------------- assignment


def assign(fn: Body, expr: syntax.Assign) -> Ex:
    if expr.operator == "=":
        return _plain_assign(fn, expr)
    assert not isinstance(expr.value, syntax.InitializerList), "a compound assignment has a value"
    right = _read(fn, expressions.elaborate(fn, expr.value))
    target = expressions.elaborate(fn, expr.target)
    operator = expr.operator[:-1]
    if _overloadable(target) or _overloadable(right):
        found = user_operator(fn, expr.operator, [target, right], expr.span)
        if found is not None:
            return found
        right = _as_builtin(fn, right, expr.span)
    _check_assignable(target, expr.span)
    if is_half(target.type) and not is_half(right.type):
        right = conversions.change_scalar(fn, decayed(fn, right), target.type)
    result = apply(fn, operator, load(fn, target), right, expr.span)
    _store_converted(fn, target, result, expr.span)
    return replace(target, constant=None, value=None)


def _read(fn: Body, ex: Ex) -> Ex:
    """The right side of an assignment is read before the left side is looked at."""
    return decayed(fn, ex) if is_scalar(ex.type) or is_array(ex.type) else ex


def _plain_assign(fn: Body, expr: syntax.Assign) -> Ex:
    right: conversions.Arg
    if isinstance(expr.value, syntax.InitializerList):
        right = expr.value
    else:
        right = _read(fn, expressions.elaborate(fn, expr.value))
    target = expressions.elaborate(fn, expr.target)
    if is_class(target.type):
        return _assign_object(fn, target, right, expr.span)
    _check_assignable(target, expr.span)
    converted = conversions.convert(fn, right, target.type, expr.span)
    if isinstance(converted.constant, FunctionRef):
        raise error(
            "ASC0412", "a function pointer that changes at run time is not supported", expr.span
        )
    store_value(fn, place_of(fn, target), value_of(fn, converted))
    return replace(target, constant=None, value=None)


def _store_converted(fn: Body, target: Ex, value: Ex, span: Span) -> None:
    """Put the result of an operator back: any number converts, half from float included."""
    if is_scalar(target.type) and is_scalar(value.type):
        if is_half(target.type) or not is_half(value.type):
            changed = conversions.change_scalar(fn, decayed(fn, value), target.type)
        else:
            changed = conversions.convert(fn, value, target.type, span)
        store_value(fn, place_of(fn, target), value_of(fn, changed))
        return
    converted = conversions.convert(fn, value, target.type, span)
    store_value(fn, place_of(fn, target), value_of(fn, converted))


def _check_assignable(target: Ex, span: Span) -> None:
    if target.category != LVALUE or target.overloads is not None:
        raise error("ASC0315", f"a value of type '{target.type}' cannot be assigned to", span)
    if target.type.const:
        raise error("ASC0315", f"an object of type '{target.type}' cannot be changed", span)


def _assign_object(fn: Body, target: Ex, right: conversions.Arg, span: Span) -> Ex:
    info = class_of(target.type)
    assert info is not None
    classes.complete(fn.program, info, span)
    members = [f for f in info.scope.find_here("operator=") if isinstance(f, Function)]
    user = [f for f in members if not f.decl.special]
    if user:
        viable, _ = overloads.candidates(fn, user, [right], None, (), target, True)
        best = overloads.best_of(fn, viable, 1) if viable else None
        if best is not None and isinstance(best.target, Instance):
            return calls.call_instance(fn, best.target, [right], span, object_=target)
    if target.type.const:
        raise error("ASC0315", f"an object of type '{target.type}' cannot be changed", span)
    if not isinstance(right, Ex) or class_of(right.type) is not info:
        right = conversions.convert(fn, right, target.type.bare, span)
    # A temporary may be made from the target itself, so it is finished before the target changes.
    source = place_of(fn, right)
    copy_object(fn, place_of(fn, target), source, target.type.bare)
    return target


# ---------------------------------------------------------------- operators of classes


def user_operator(fn: Body, operator: str, operands: list[Ex], span: Span) -> Ex | None:
    """The operator function that overload resolution chooses; None where none fits and the
    built-in operator is left."""
    name = f"operator{operator}"
    first = operands[0]
    viable: list[overloads.Candidate] = []
    args: list[conversions.Arg] = list(operands)
    info = class_of(first.type)
    if info is not None:
        classes.complete(fn.program, info, span)
        members = [f for f in info.scope.find_here(name) if isinstance(f, Function)]
        found, _ = overloads.candidates(fn, members, args[1:], None, (), first, True)
        viable += found
    free = [f for f in fn.scope.lookup(name) if isinstance(f, Function) and f.owner is None]
    types = [o.type for o in operands if o.overloads is None]
    free += [f for f in argument_dependent(name, types) if f not in free and f.owner is None]
    found, _ = overloads.candidates(fn, free, args, None, (), None, True)
    viable += found
    viable = [v for v in viable if not _worse_than_builtin(v, operands)]
    if not viable:
        return None
    best = overloads.best_of(fn, viable, len(operands))
    if best is None:
        raise error("ASC0321", f"operator '{operator}' is ambiguous for these operands", span)
    assert isinstance(best.target, Instance)
    if best.target.function.owner is not None:
        return calls.call_instance(fn, best.target, args[1:], span, object_=first)
    return calls.call_instance(fn, best.target, args, span)


def _worse_than_builtin(candidate: overloads.Candidate, operands: list[Ex]) -> bool:
    """Whether the built-in operator on converted operands is the better choice: all operands are
    numbers or enumerations and the function would need conversions by the user."""
    if any(is_class(o.type) for o in operands):
        return False
    return any(c.rank >= conversions.CONVERSION for c in candidate.conversions)
