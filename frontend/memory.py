"""Reading, writing, addressing and copying objects: places to operations.

Scalars are loaded and stored, records copied as a whole. Arrays are flattened: a place in an
array counts elements of the innermost type. Pointers that come out of memory are generic; those
made from a variable say where it is.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir import dtypes
from ..ir.diagnostics import InternalError, error
from ..ir.dtypes import I32, I64, U32, U64, MemoryType, Pointer, Scalar, Space
from ..ir.nodes import Attr, Value
from .constants import wrap
from .cpp_types import (
    ArrayType,
    QType,
    align_of,
    class_of,
    decay,
    element_count,
    element_type,
    function_of,
    ir_type,
    is_array,
    is_class,
    is_scalar,
    pointer_to,
    scalar_of,
    size_of,
)
from .entities import BaseInfo, ClassInfo, FieldInfo, FunctionRef, GlobalRef
from .state import Body
from .values import LVALUE, PRVALUE, Ex, Place

# ---------------------------------------------------------------- values


def const_value(fn: Body, type_: QType, value: int | float | bool) -> Value:
    """A constant as an SSA value of the type's scalar; 0 for null pointers."""
    ir = ir_type(type_)
    if isinstance(ir, Pointer):
        if value == 0:
            return fn.b.const(0, ir)
        return fn.b.op("int_to_ptr", fn.b.u64(int(value)), type=ir)
    if ir.is_float:
        return fn.b.const(float(value), ir)
    return fn.b.const(bool(value) if ir is dtypes.I1 else int(value), ir)


def value_of(fn: Body, ex: Ex) -> Value:
    """The SSA value of a scalar expression, loading and materialising what is needed."""
    if ex.overloads is not None or isinstance(ex.constant, FunctionRef):
        raise error(
            "ASC0412",
            "a function's address as a run-time value is not supported",
            ex.span if ex.span else fn.span,
            help="functions can be called by name, or passed where the callee is known: as a "
            "template argument, or to a parameter that is only called",
        )
    if ex.constant is not None and not isinstance(ex.constant, GlobalRef):
        return const_value(fn, ex.type, ex.constant)
    if ex.value is not None:
        return ex.value
    if ex.address is not None:
        return address_value(fn, ex.address, ex.type)
    if ex.is_glvalue:
        return value_of(fn, load(fn, ex))
    raise InternalError(f"expression of type {ex.type} has no value", fn.span)


def load(fn: Body, ex: Ex) -> Ex:
    """Lvalue-to-rvalue conversion of a scalar; prvalues and class objects stay as they are."""
    if not ex.is_glvalue or is_class(ex.type) or is_array(ex.type):
        return ex
    if ex.constant is not None:
        return Ex(ex.type.bare, constant=ex.constant, span=ex.span)
    if ex.value is not None:  # an lvalue that was read already
        return Ex(ex.type.bare, value=ex.value, span=ex.span)
    if ex.overloads is not None or (function_of(ex.type) is not None and not is_scalar(ex.type)):
        return ex
    if not is_scalar(ex.type):
        raise error("ASC0304", f"a value of type '{ex.type}' cannot be read", ex.span)
    place = place_of(fn, ex)
    volatile = place.volatile or ex.type.volatile
    if place.bits is not None:
        scalar = scalar_of(ex.type)
        assert scalar is not None, "a bit-field holds a number"
        return Ex(ex.type.bare, value=fn.b.cast(_load_bits(fn, place), scalar), span=ex.span)
    value = load_place(fn, place, volatile=volatile)
    return Ex(ex.type.bare, value=_retyped(fn, value, ex.type), span=ex.span)


def load_place(fn: Body, place: Place, *, volatile: bool = False) -> Value:
    attrs: dict[str, Attr] = {"volatile": True} if volatile else {}
    index: Value | int = 0 if place.index is None else place.index
    return fn.b.load(place.pointer, index, place.name, **attrs)


def _retyped(fn: Body, value: Value, type_: QType) -> Value:
    """A loaded pointer seen with the element type that it has now (a class may be complete now)."""
    wanted = ir_type(type_)
    if isinstance(value.type, Pointer) and isinstance(wanted, Pointer):
        return cast_pointer(fn, value, wanted.elem)
    return value


def cast_pointer(fn: Body, value: Value, elem: MemoryType, space: Space | None = None) -> Value:
    """The same address with another element type, and another space where given."""
    assert isinstance(value.type, Pointer), "cast_pointer needs a pointer"
    target = Pointer(elem, space if space is not None else value.type.space)
    return value if value.type == target else fn.b.op("ptr_cast", value, type=target)


def generic(fn: Body, value: Value) -> Value:
    """A pointer as it is kept in memory and passed to functions: without a known space."""
    if isinstance(value.type, Pointer):
        return cast_pointer(fn, value, value.type.elem, Space.GENERIC)
    return value


# ---------------------------------------------------------------- places


def place_of(fn: Body, ex: Ex) -> Place:
    """Where an object is; constants and prvalues get a temporary."""
    if ex.place is not None:
        return ex.place
    if ex.maker is not None:
        if ex.maker.find is not None:
            return ex.maker.find()
        if ex.maker.made is None:
            place = fn.temporary(ex.type.bare)
            ex.maker.build(place)
            ex.maker.made = place
        return ex.maker.made
    if ex.is_glvalue and ex.value is None and ex.constant is None:
        if fn.evaluated:
            raise error("ASC0304", f"an object of type '{ex.type}' is needed here", ex.span)
        return fn.temporary(ex.type.bare)  # an operand that only gives its type
    if not is_scalar(ex.type):
        raise error("ASC0304", f"an object of type '{ex.type}' is needed here", ex.span)
    return spill(fn, ex)


def spill(fn: Body, ex: Ex) -> Place:
    """A scalar value put into a temporary."""
    place = fn.temporary(ex.type.bare)
    store_value(fn, place, value_of(fn, ex))
    return place


def address_value(fn: Body, place: Place, type_: QType | None = None) -> Value:
    """The address of a place as a pointer value; `type_` is the C++ pointer type it gets."""
    if place.bits is not None:
        raise error("ASC0305", "a bit-field has no address", fn.span)
    pointer = place.pointer
    if place.index is not None:
        pointer = fn.b.op("offset", pointer, place.index, hint=pointer.name)
    if type_ is not None:
        wanted = ir_type(type_)
        assert isinstance(wanted, Pointer), "an address has pointer type"
        pointer = cast_pointer(fn, pointer, wanted.elem)
    return pointer


def based(fn: Body, place: Place) -> Place:
    """The same place with no index left: fit for member access and binding of references."""
    if place.index is None:
        return place
    pointer = fn.b.op("offset", place.pointer, place.index, hint=place.name)
    return replace(place, pointer=pointer, index=None)


def pointee(fn: Body, pointer: Ex) -> Ex:
    """`*p` as an lvalue."""
    target = pointer.type.type.target  # type: ignore[attr-defined]
    if function_of(pointer.type) is not None:
        return replace(pointer, type=target, category=LVALUE)
    fn.program.complete(target, fn.span)
    if pointer.address is not None:
        place = retarget(fn, pointer.address, target)
        return Ex(target, LVALUE, place=replace(place, volatile=target.volatile), span=pointer.span)
    value = cast_pointer(fn, value_of(fn, pointer), element_type(target))
    return Ex(target, LVALUE, place=Place(value, None, target.volatile), span=pointer.span)


def retarget(fn: Body, place: Place, type_: QType) -> Place:
    """A place seen as holding an object of another type."""
    elem = element_type(type_)
    assert isinstance(place.pointer.type, Pointer)
    if place.pointer.type.elem == elem:
        return place
    place = based(fn, place)
    return replace(place, pointer=cast_pointer(fn, place.pointer, elem))


def store_value(fn: Body, place: Place, value: Value) -> None:
    """Write a scalar; pointers lose their space in memory."""
    if place.bits is not None:
        _store_bits(fn, place, value)
        return
    attrs: dict[str, Attr] = {"volatile": True} if place.volatile else {}
    assert isinstance(place.pointer.type, Pointer)
    elem = place.pointer.type.elem
    if isinstance(elem, Pointer):
        value = cast_pointer(fn, value, elem.elem, elem.space)
    fn.b.store(place.pointer, 0 if place.index is None else place.index, value, **attrs)


def copy_object(fn: Body, target: Place, source: Place, type_: QType) -> None:
    """Copy an object of class or array type."""
    info = class_of(type_)
    if info is not None and info.empty and not info.fields:
        return
    size, align = size_of(type_), align_of(type_)
    target, source = based(fn, target), based(fn, source)
    fn.b.do("copy", target.pointer, source.pointer, bytes=size, align=align)


# ---------------------------------------------------------------- members


def field_place(fn: Body, object_: Place, member: FieldInfo) -> Place:
    """The member of the record at `object_`."""
    base = based(fn, object_)
    assert isinstance(base.pointer.type, Pointer)
    elem = element_type(member.type)
    pointer = fn.emit(
        "field",
        [base.pointer],
        {"name": member.ir_name},
        Pointer(_field_elem(base.pointer, member, elem), base.pointer.type.space),
        member.name,
    )
    volatile = object_.volatile or member.type.volatile
    return Place(pointer, None, volatile, member.bits, member.name)


def _field_elem(pointer: Value, member: FieldInfo, fallback: MemoryType) -> MemoryType:
    assert isinstance(pointer.type, Pointer)
    record = pointer.type.elem
    if isinstance(record, dtypes.Record):
        return record.field(member.ir_name).type
    return fallback


def base_place(fn: Body, object_: Place, base: BaseInfo) -> Place:
    """The base-class part of the record at `object_`."""
    start = based(fn, object_)
    assert isinstance(start.pointer.type, Pointer)
    elem = element_type(base.info.type)
    space = start.pointer.type.space
    if base.ir_name:
        attrs: dict[str, Attr] = {"name": base.ir_name}
        pointer = fn.emit("field", [start.pointer], attrs, Pointer(elem, space))
    else:
        pointer = cast_pointer(fn, start.pointer, elem)
    return Place(pointer, None, object_.volatile)


def path_to_base(derived: ClassInfo, base: ClassInfo) -> list[BaseInfo] | None:
    """The steps from a class to one of its bases; empty for the class itself."""
    if derived is base:
        return []
    for step in derived.bases:
        rest = path_to_base(step.info, base)
        if rest is not None:
            return [step, *rest]
    return None


def upcast_place(fn: Body, place: Place, derived: ClassInfo, base: ClassInfo) -> Place:
    """The place of the `base` part of a `derived` object."""
    steps = path_to_base(derived, base)
    assert steps is not None, f"{base.name} is no base of {derived.name}"
    for step in steps:
        place = base_place(fn, place, step)
    return place


# ---------------------------------------------------------------- bit-fields


def _load_bits(fn: Body, place: Place) -> Value:
    """A bit-field: shift it to the top of its unit and down again, which extends its sign."""
    assert place.bits is not None
    offset, width = place.bits
    unit = load_place(fn, replace(place, bits=None), volatile=place.volatile)
    assert isinstance(unit.type, Scalar)
    up, down = unit.type.bits - offset - width, unit.type.bits - width
    value = fn.b.op("shl", unit, fn.b.i32(up)) if up else unit
    return fn.b.op("shr", value, fn.b.i32(down)) if down else value


def _store_bits(fn: Body, place: Place, value: Value) -> None:
    assert place.bits is not None
    offset, width = place.bits
    whole = replace(place, bits=None)
    unit = load_place(fn, whole, volatile=place.volatile)
    scalar = unit.type
    assert isinstance(scalar, Scalar)
    mask = ((1 << width) - 1) << offset
    kept = fn.b.op("and", unit, fn.b.const(int(wrap(~mask, scalar)), scalar))
    value = fn.b.cast(value, scalar)
    moved = fn.b.op("shl", value, fn.b.i32(offset)) if offset else value
    put = fn.b.op("and", moved, fn.b.const(int(wrap(mask, scalar)), scalar))
    store_value(fn, whole, fn.b.op("or", kept, put))


# ---------------------------------------------------------------- arrays


def decayed(fn: Body, ex: Ex) -> Ex:
    """Array-to-pointer and lvalue-to-rvalue conversion."""
    if is_array(ex.type):
        assert isinstance(ex.type.type, ArrayType)
        target = pointer_to(ex.type.type.element)
        return Ex(target, PRVALUE, address=place_of(fn, ex), string=ex.string, span=ex.span)
    loaded = load(fn, ex)
    if loaded.overloads is not None or isinstance(loaded.constant, FunctionRef):
        return replace(loaded, type=decay(loaded.type), category=PRVALUE)
    return loaded


def element_place(
    fn: Body, base: Place, type_: QType, index: Value, *, bounded: bool = False
) -> Place:
    """Element `index` of the objects of `type_` that start at `base`.

    The IR counts innermost elements, so an index of rows is scaled. Inside an array of known size
    (`bounded`) 32 bits suffice; elsewhere the arithmetic is 64 bits wide, so that it cannot wrap
    where the source's would not.
    """
    scale = element_count(type_)
    scaled = _scaled(fn, index, scale, bounded)
    total = scaled if base.index is None else _summed(fn, base.index, scaled, bounded)
    return Place(base.pointer, total, base.volatile or type_.volatile, None, base.name)


def scale_index(fn: Body, index: Value, type_: QType) -> Value:
    """An index of objects of `type_` as one of IR elements."""
    return _scaled(fn, index, element_count(type_), False)


def _scaled(fn: Body, index: Value, scale: int, bounded: bool) -> Value:
    if scale == 1:
        return index
    wide = index if bounded else _widened(fn, index)
    assert isinstance(wide.type, Scalar)
    return fn.b.op("mul", wide, fn.b.const(scale, wide.type))


def _summed(fn: Body, left: Value, right: Value, bounded: bool) -> Value:
    narrow = bounded and not {left.type, right.type} & {I64, U64}
    if narrow and left.type == right.type:
        return fn.b.op("add", left, right)
    if narrow:
        return fn.b.op("add", fn.b.cast(left, I32), fn.b.cast(right, I32))
    return fn.b.op("add", _widened(fn, left), _widened(fn, right))


def _widened(fn: Body, index: Value) -> Value:
    """An index as i64: wide enough for any product or sum of indices."""
    return fn.b.cast(index, I64)


INDEX_TYPES = (I32, U32, I64, U64)


def index_value(fn: Body, ex: Ex) -> Value:
    """An integer expression as an index: small types are promoted, others keep their own."""
    value = value_of(fn, ex)
    scalar = scalar_of(ex.type)
    assert scalar is not None, "an index is an integer"
    return value if scalar in INDEX_TYPES else fn.b.cast(value, I32)
