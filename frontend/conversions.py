"""Implicit conversions: whether and how well a value fits a type, and doing it.

`rank` answers for overload resolution without emitting anything, `convert` and `bind_reference`
emit. `__half` and `__nv_bfloat16` are classes to these rules, as in CUDA's headers: they convert
from and to numbers by user-defined conversions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..ir import dtypes
from ..ir.diagnostics import CompileError, error
from ..ir.dtypes import Pointer, Scalar
from ..ir.source import Span
from . import calls, classes, initialization, overloads, syntax
from .constants import convert as convert_number
from .cpp_types import (
    BOOL,
    DOUBLE,
    FLOAT,
    ArrayType,
    EnumType,
    FunctionType,
    PointerType,
    QType,
    Reference,
    class_of,
    decay,
    element_type,
    function_of,
    is_arithmetic,
    is_array,
    is_bool,
    is_class,
    is_half,
    is_nullptr,
    is_number,
    is_pointer,
    is_tensor_half,
    is_unscoped_enum,
    is_void,
    promote,
    scalar_of,
)
from .entities import FunctionRef, GlobalRef, Instance
from .memory import (
    cast_pointer,
    decayed,
    load,
    path_to_base,
    place_of,
    pointee,
    retarget,
    spill,
    upcast_place,
    value_of,
)
from .state import Body
from .values import LVALUE, PRVALUE, XVALUE, Ex, Maker, Place

EXACT, PROMOTION, CONVERSION, USER, ELLIPSIS = range(5)

Arg = Ex | syntax.InitializerList
"""An argument: elaborated, or braces that wait for the type they initialise."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """An implicit conversion sequence. Smaller `rank`, then smaller `detail`, is better; sequences
    by different user functions (`user`) cannot be compared."""

    rank: int
    detail: tuple[int, ...] = ()
    user: object = None


# ---------------------------------------------------------------- ranking


def rank(fn: Body, arg: Arg, target: QType, *, user: bool = True) -> Conversion | None:
    """How `arg` converts to `target` implicitly; None where it does not. `user`: user-defined
    conversions are allowed."""
    if isinstance(arg, syntax.InitializerList):
        return initialization.rank_list(fn, arg, target) if user else None
    if isinstance(target.type, Reference):
        return _rank_reference(fn, arg, target.type, user)
    if is_class(target):
        return _rank_class(fn, arg, target, user)
    if function_of(target) is not None and is_class(arg.type):
        found = overloads.match_function(fn, arg, target) if user else None
        if found is not None:
            return Conversion(USER, (0,), found)
    if is_class(arg.type):
        return _rank_from_class(fn, arg, target) if user else None
    return rank_standard(fn, arg, target, user)


def _rank_reference(fn: Body, arg: Ex, target: Reference, user: bool) -> Conversion | None:
    wanted = target.target
    if isinstance(wanted.type, FunctionType):
        found = overloads.match_function(fn, arg, wanted)
        return Conversion(EXACT) if found is not None else None
    related = _related(arg.type, wanted)
    more_const = int(wanted.const and not arg.type.const) + int(
        wanted.volatile and not arg.type.volatile
    )
    loses = (_is_const(arg.type) and not _is_const(wanted)) or (
        arg.type.volatile and not wanted.volatile
    )
    if related is not None and not loses:
        base_rank = EXACT if related == 0 else CONVERSION
        if not target.rvalue and arg.category == LVALUE:
            return Conversion(base_rank, (related, more_const))
        if target.rvalue and arg.category != LVALUE:
            return Conversion(base_rank, (related, 0))
        if target.rvalue:
            return None
        if wanted.const:  # an rvalue to const T&: worse than T&&
            return Conversion(base_rank, (related, 1 + more_const))
        return None
    if related is not None and loses:
        return None
    if not target.rvalue and not _is_const(wanted):
        return _rank_by_conversion_to_reference(fn, arg, target) if user else None
    inner = rank(fn, arg, wanted.bare, user=user)
    if inner is None:
        return None
    return Conversion(inner.rank, (*inner.detail, 0 if target.rvalue else 1), inner.user)


def _rank_by_conversion_to_reference(fn: Body, arg: Ex, target: Reference) -> Conversion | None:
    """A conversion function that returns an lvalue of the type."""
    if not is_class(arg.type):
        return None
    for instance in conversion_functions(fn, arg):
        result = instance.result_type.type
        if isinstance(result, Reference) and result.target.type == target.target.type:
            return Conversion(USER, (0,), instance)
    return None


def _is_const(type_: QType) -> bool:
    inner = type_
    while isinstance(inner.type, ArrayType):
        inner = inner.type.element
    return inner.const


def _related(actual: QType, wanted: QType) -> int | None:
    """0 for the same type, else the distance to a base class; None for unrelated types."""
    if _bare_array(actual) == _bare_array(wanted):
        return 0
    derived, base = class_of(actual), class_of(wanted)
    if derived is not None and base is not None:
        steps = path_to_base(derived, base)
        return None if steps is None else len(steps)
    if isinstance(actual.type, PointerType) and isinstance(wanted.type, PointerType):
        # a reference to `const T*` may bind to a `T*` by way of a temporary only
        return None
    return None


def _bare_array(type_: QType) -> QType:
    if isinstance(type_.type, ArrayType):
        return QType(ArrayType(_bare_array(type_.type.element), type_.type.count))
    return type_.bare


def _rank_class(fn: Body, arg: Ex, target: QType, user: bool) -> Conversion | None:
    related = _related(arg.type, target)
    if related is not None:
        return Conversion(EXACT if related == 0 else CONVERSION, (related,))
    if not user:
        return None
    found = user_conversion(fn, arg, target)
    return None if found is None else Conversion(USER, (found[1],), found[0])


def _rank_from_class(fn: Body, arg: Ex, target: QType) -> Conversion | None:
    found = user_conversion(fn, arg, target)
    return None if found is None else Conversion(USER, (found[1],), found[0])


def rank_standard(fn: Body, arg: Ex, target: QType, user: bool = True) -> Conversion | None:
    """Standard conversions between types that are not classes."""
    if arg.overloads is not None or function_of(target) is not None:
        found = overloads.match_function(fn, arg, target)
        if found is not None:
            return Conversion(EXACT)
        null = arg.literal_zero or is_nullptr(arg.type)
        return Conversion(CONVERSION) if null and is_pointer(target) else None
    source = decay(arg.type)
    if source.type == target.type:
        return Conversion(EXACT)
    if is_half(source) or is_half(target):
        return _rank_half(source, target) if user else None
    if is_pointer(target):
        return _rank_pointer(arg, source, target)
    if is_bool(target) and (is_pointer(source) or is_nullptr(source)):
        return Conversion(CONVERSION, (9,))
    if is_arithmetic(target) and (is_arithmetic(source) or is_unscoped_enum(source)):
        promoted = promote(source)
        if promoted.type == target.type and source.type != target.type:
            return Conversion(PROMOTION)
        if source.type == FLOAT.type and target.type == DOUBLE.type:
            return Conversion(PROMOTION)
        return Conversion(CONVERSION)
    if is_nullptr(target) and arg.literal_zero:
        return Conversion(CONVERSION)
    return None


def _rank_half(source: QType, target: QType) -> Conversion | None:
    """From and to 16-bit floats: by CUDA's constructors and conversion operators. PyTorch's convert
    from and to CUDA's of the same format, and otherwise by way of float."""
    if is_half(source) and is_half(target):
        if scalar_of(source) != scalar_of(target):
            return None
        return Conversion(USER, (0,), "half")
    if is_tensor_half(source) and is_arithmetic(target):
        standard = (FLOAT.type, DOUBLE.type)
        place = standard.index(target.type) if target.type in standard else 2
        return Conversion(USER, (place,), "half")
    if is_half(source):
        if not is_arithmetic(target):
            return None
        return Conversion(USER, (0 if target.type == FLOAT.type else 1,), "half")
    if not (is_arithmetic(source) or is_unscoped_enum(source)):
        return None
    return Conversion(USER, (0,), "half")


def _rank_pointer(arg: Ex, source: QType, target: QType) -> Conversion | None:
    if is_nullptr(source) or arg.literal_zero:
        return Conversion(CONVERSION)
    if not is_pointer(source):
        return None
    assert isinstance(source.type, PointerType)
    assert isinstance(target.type, PointerType)
    have, want = source.type.target, target.type.target
    if (have.const and not want.const) or (have.volatile and not want.volatile):
        return None
    added = int(want.const and not have.const) + int(want.volatile and not have.volatile)
    if _bare_array(have) == _bare_array(want):
        deep = _qualification_fits(have, want)
        return Conversion(EXACT, (0, added)) if deep else None
    if is_void(want):
        return Conversion(CONVERSION, (5, added))
    related = _related(have, want) if is_class(have) and is_class(want) else None
    if related is not None:
        return Conversion(CONVERSION, (related, added))
    if isinstance(have.type, PointerType) and isinstance(want.type, PointerType) and want.const:
        if _similar(have, want):
            return Conversion(EXACT, (0, 1 + added))
    return None


def _qualification_fits(have: QType, want: QType) -> bool:
    if isinstance(have.type, ArrayType) and isinstance(want.type, ArrayType):
        return _qualification_fits(have.type.element, want.type.element)
    return not (have.const and not want.const)


def _similar(have: QType, want: QType) -> bool:
    """`T*` and `const T* const`: the same but for added const at every level."""
    while isinstance(have.type, PointerType) and isinstance(want.type, PointerType):
        have, want = have.type.target, want.type.target
        if have.const and not want.const:
            return False
    return have.type == want.type


# ---------------------------------------------------------------- user-defined conversions


def conversion_functions(fn: Body, arg: Ex, explicit: bool = False) -> list[Instance]:
    """The conversion functions of a class object, its bases' included."""
    info = class_of(arg.type)
    if info is None:
        return []
    classes.complete(fn.program, info, fn.span)
    found: list[Instance] = []
    pending = [info]
    while pending:
        current = pending.pop(0)
        for function in current.conversions:
            if function.is_template or (arg.type.const and not function.signature.const):
                continue
            if "explicit" in function.decl.storage and not explicit:
                continue
            found.append(overloads.plain(fn, function))
        pending += [b.info for b in current.bases]
    return found


def user_conversion(
    fn: Body, arg: Ex, target: QType, explicit: bool = False
) -> tuple[Instance, int] | None:
    """The converting constructor or conversion function that makes a `target` of `arg`, and how
    well its own standard conversion fits."""
    best: tuple[Instance, int] | None = None
    info = class_of(target)
    if info is not None:
        classes.complete(fn.program, info, fn.span)
        chosen = overloads.converting_constructor(fn, info, arg, explicit)
        if chosen is not None:
            best = chosen
    for instance in conversion_functions(fn, arg, explicit):
        result = instance.result_type
        plain = result.type.target if isinstance(result.type, Reference) else result
        standard = rank(fn, Ex(plain, PRVALUE), target.bare, user=False)
        if is_half(plain) and is_arithmetic(target):
            standard = Conversion(CONVERSION)
        if standard is None:
            continue
        score = standard.rank * 10 + sum(standard.detail)
        score += int(not arg.type.const and instance.const_this)
        if best is None or score < best[1]:
            best = (instance, score)
    return best


def _convert_by_user(fn: Body, arg: Ex, target: QType, explicit: bool, span: Span) -> Ex | None:
    found = user_conversion(fn, arg, target, explicit)
    if found is None:
        return None
    instance, _ = found
    if instance.function.is_constructor:
        return calls.construct_with(fn, instance, [arg], span)
    result = calls.call_instance(fn, instance, [], span, object_=arg)
    if is_class(target) and class_of(result.type) is class_of(target):
        return result
    return convert(fn, result, target, span)


# ---------------------------------------------------------------- converting


def convert(fn: Body, arg: Arg, target: QType, span: Span, *, explicit: bool = False) -> Ex:
    """`arg` as a prvalue of `target` (no reference). `explicit`: as by direct initialisation."""
    if isinstance(arg, syntax.InitializerList):
        return initialization.from_list(fn, arg, target, span)
    target = target.bare
    if is_class(target):
        return _convert_to_class(fn, arg, target, span, explicit)
    if is_class(arg.type) and function_of(target) is not None:
        found = overloads.match_function(fn, arg, target)
        if found is not None:
            return Ex(target, PRVALUE, constant=FunctionRef(found), span=arg.span)
    if is_class(arg.type):
        made = _convert_by_user(fn, arg, target, explicit, span)
        if made is None:
            raise no_conversion(arg, target, span)
        return made
    return _convert_scalar(fn, arg, target, span)


def _convert_to_class(fn: Body, arg: Ex, target: QType, span: Span, explicit: bool) -> Ex:
    wanted = class_of(target)
    have = class_of(arg.type)
    assert wanted is not None
    classes.complete(fn.program, wanted, span)
    if have is wanted:
        return arg if arg.category == PRVALUE else copied(fn, arg, target, span)
    if have is not None and path_to_base(have, wanted) is not None:
        place = upcast_place(fn, place_of(fn, arg), have, wanted)
        return copied(fn, Ex(target, LVALUE, place=place), target, span)
    made = _convert_by_user(fn, arg, target, explicit, span)
    if made is None:
        raise no_conversion(arg, target, span)
    return made


def copied(fn: Body, arg: Ex, target: QType, span: Span) -> Ex:
    """A copy of an object, built where it is wanted."""

    def build(place: Place) -> None:
        initialization.copy_construct(fn, place, target, arg, span)

    return Ex(target.bare, PRVALUE, maker=Maker(build), span=arg.span)


def _convert_scalar(fn: Body, arg: Ex, target: QType, span: Span) -> Ex:
    ranked = rank_standard(fn, arg, target)
    if ranked is None:
        raise no_conversion(arg, target, span)
    if function_of(target) is not None and not arg.literal_zero and not is_nullptr(arg.type):
        return overloads.as_function(fn, arg, target, span)
    return change_scalar(fn, decayed(fn, arg), target)


def no_conversion(arg: Ex, target: QType, span: Span) -> CompileError:
    what = "a function" if arg.overloads is not None else f"'{arg.type}'"
    return error("ASC0310", f"no conversion from {what} to '{target}'", span)


def change_scalar(fn: Body, arg: Ex, target: QType) -> Ex:
    """A scalar prvalue as another scalar type: numeric conversion, or another view of a pointer."""
    target = target.bare
    if arg.type.type == target.type:
        if arg.type == target and arg.category == PRVALUE:
            return arg
        return replace(arg, type=target, category=PRVALUE)
    if is_pointer(target):
        return _to_pointer(fn, arg, target)
    if is_nullptr(target):
        return Ex(target, constant=0, span=arg.span)
    scalar = scalar_of(target)
    assert scalar is not None, f"{target} is no scalar"
    if isinstance(arg.constant, int | float):
        number = arg.constant
        if is_tensor_half(target):
            number = convert_number(number, dtypes.F32)
        return Ex(target, constant=convert_number(number, scalar), span=arg.span)
    if is_pointer(arg.type) or is_nullptr(arg.type):
        return _pointer_to_number(fn, arg, target, scalar)
    value = value_of(fn, arg)
    if is_tensor_half(target) and not is_half(arg.type):
        value = fn.b.cast(value, dtypes.F32)
    return Ex(target, value=fn.b.cast(value, scalar), span=arg.span)


def _to_pointer(fn: Body, arg: Ex, target: QType) -> Ex:
    assert isinstance(target.type, PointerType)
    if is_nullptr(arg.type) or (arg.constant == 0 and not isinstance(arg.constant, GlobalRef)):
        return Ex(target, constant=0, span=arg.span)
    if isinstance(arg.constant, FunctionRef):
        return replace(arg, type=target)
    if isinstance(arg.type.type, PointerType):
        have, want = class_of(arg.type.type.target), class_of(target.type.target)
        if have is not None and want is not None and have is not want:
            steps = path_to_base(have, want)
            if steps:
                place = place_of(fn, pointee(fn, arg))
                return Ex(target, address=upcast_place(fn, place, have, want), span=arg.span)
        if arg.address is not None:
            place = arg.address
            if element_type(target.type.target) != _elem(place):
                place = retarget(fn, place, target.type.target)
            return Ex(target, address=place, constant=arg.constant, span=arg.span)
        value = cast_pointer(fn, value_of(fn, arg), element_type(target.type.target))
        return Ex(target, value=value, constant=arg.constant, span=arg.span)
    number = value_of(fn, arg)
    pointer = Pointer(element_type(target.type.target))
    return Ex(target, value=fn.b.op("int_to_ptr", number, type=pointer), span=arg.span)


def _elem(place: Place) -> object:
    assert isinstance(place.pointer.type, Pointer)
    return place.pointer.type.elem


def _pointer_to_number(fn: Body, arg: Ex, target: QType, scalar: Scalar) -> Ex:
    if is_bool(target):
        return truth(fn, arg)
    value = fn.b.op("ptr_to_int", value_of(fn, arg))
    return Ex(target, value=fn.b.cast(value, scalar), span=arg.span)


def truth(fn: Body, arg: Arg) -> Ex:
    """Contextual conversion to bool."""
    assert isinstance(arg, Ex), "a condition is an expression"
    bool_type = BOOL
    if is_class(arg.type):
        return convert(fn, arg, bool_type, arg.span, explicit=True)
    if arg.string is not None or arg.overloads is not None:
        return Ex(bool_type, constant=True, span=arg.span)
    ex = decayed(fn, arg)
    if isinstance(ex.constant, FunctionRef | GlobalRef):
        return Ex(bool_type, constant=True, span=arg.span)
    if isinstance(ex.constant, int | float):
        return Ex(bool_type, constant=bool(ex.constant), span=arg.span)
    if is_pointer(ex.type) or is_nullptr(ex.type):
        value = value_of(fn, ex)
        null = fn.b.const(0, value.type)
        return Ex(bool_type, value=fn.b.cmp("ne", value, null), span=arg.span)
    if not is_number(ex.type) and not isinstance(ex.type.type, EnumType):
        raise error("ASC0310", f"a value of type '{arg.type}' is no condition", arg.span)
    return Ex(bool_type, value=fn.b.cast(value_of(fn, ex), dtypes.I1), span=arg.span)


# ---------------------------------------------------------------- references


def bind_reference(fn: Body, arg: Arg, target: QType, span: Span) -> Ex:
    """The lvalue that a reference of type `target` means when it is bound to `arg`."""
    assert isinstance(target.type, Reference)
    wanted = target.type.target
    if isinstance(arg, syntax.InitializerList):
        made = initialization.from_list(fn, arg, wanted.bare, span)
        return Ex(wanted, LVALUE, place=object_place(fn, made))
    if isinstance(wanted.type, FunctionType):
        return replace(overloads.as_function(fn, arg, wanted, span), category=LVALUE)
    conversion = rank(fn, arg, target)
    if conversion is None:
        raise _no_binding(arg, target, span)
    if _related(arg.type, wanted) is not None:
        have, base = class_of(arg.type), class_of(wanted)
        if arg.constant is not None and not is_class(arg.type) and arg.place is None:
            return Ex(wanted, LVALUE, place=object_place(fn, arg), constant=arg.constant)
        place = object_place(fn, arg)
        if have is not None and base is not None and have is not base:
            place = upcast_place(fn, place, have, base)
        if place.bits is not None:
            if not wanted.const:
                raise error("ASC0305", "a reference cannot be bound to a bit-field", span)
            place = spill(fn, load(fn, arg))
        return Ex(wanted, LVALUE, place=place, constant=arg.constant if wanted.const else None)
    if conversion.rank == USER and not wanted.const and not target.type.rvalue:
        instance = conversion.user
        assert isinstance(instance, Instance)
        result = calls.call_instance(fn, instance, [], span, object_=arg)
        return Ex(wanted, LVALUE, place=place_of(fn, result))
    made = convert(fn, arg, wanted.bare, span)
    return Ex(wanted, LVALUE, place=object_place(fn, made), constant=made.constant)


def _no_binding(arg: Ex, target: QType, span: Span) -> CompileError:
    assert isinstance(target.type, Reference)
    if arg.category != LVALUE and not target.type.rvalue and not target.type.target.const:
        return error(
            "ASC0311",
            f"'{target}' cannot be bound to a temporary of type '{arg.type}'",
            span,
            help="a reference to const can",
        )
    return error("ASC0311", f"'{target}' cannot be bound to a value of type '{arg.type}'", span)


def object_place(fn: Body, arg: Ex) -> Place:
    """Where an object is, in memory for sure: constants and scalars get a temporary."""
    if arg.place is not None:
        return arg.place
    if is_class(arg.type) or is_array(arg.type) or (arg.is_glvalue and arg.constant is None):
        return place_of(fn, arg)
    return spill(fn, arg)


def as_xvalue(ex: Ex) -> Ex:
    return replace(ex, category=XVALUE)
