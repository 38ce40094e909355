"""Functions whose arguments need more than a signature: printf, assert, memcpy, memset."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..ir.diagnostics import error
from ..ir.dtypes import I64, U8, U64, Pointer, Scalar, align_of
from ..ir.nodes import Value
from ..ir.source import Span
from . import conversions, expressions, initialization, syntax
from .cpp_types import (
    DOUBLE,
    FLOAT,
    INT,
    ULONG,
    VOID,
    QType,
    is_class,
    is_enum,
    is_half,
    is_number,
    is_pointer,
    pointer_to,
    promote,
)
from .memory import address_value, cast_pointer, decayed, generic, value_of
from .state import Body
from .values import Ex


def elaborate(fn: Body, name: str, expr: syntax.Call) -> Ex:
    """A call of one of the functions in `cuda_builtins.SPECIAL`."""
    return _SPECIAL[name](fn, expr)


# ---------------------------------------------------------------- printf

_CONVERSION = re.compile(
    r"%(?:%|[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|t|j|L)?([a-zA-Z]))"
)


def _printf(fn: Body, expr: syntax.Call) -> Ex:
    args = initialization.arguments(fn, expr.arguments)
    first = args[0] if args else None
    if not isinstance(first, Ex) or first.string is None:
        raise error("ASC0414", "the format of printf must be a string literal", expr.span)
    values: list[Value] = []
    rest = list(args[1:])
    pieces: list[str] = []
    position = 0
    for match in _CONVERSION.finditer(first.string):
        pieces.append(first.string[position : match.start()])
        position = match.end()
        text = match.group(0)
        if match.group(1) is None:
            pieces.append(text)
            continue
        for _ in range(text.count("*")):
            values.append(_promoted(fn, _next(rest, expr.span)))
        pieces.append(_one(fn, text, _next(rest, expr.span), values))
    pieces.append(first.string[position:])
    fn.effect("print", values, {"format": "".join(pieces)})
    return Ex(INT, constant=0)


def _next(rest: list[conversions.Arg], span: Span) -> Ex:
    if not rest or not isinstance(rest[0], Ex):
        raise error("ASC0414", "printf has fewer arguments than its format", span)
    arg = rest.pop(0)
    assert isinstance(arg, Ex)
    return arg


def _one(fn: Body, text: str, arg: Ex, values: list[Value]) -> str:
    if text.endswith("s"):
        if arg.string is None:
            raise error("ASC0414", "'%s' in device code needs a string literal", arg.span)
        return arg.string.replace("%", "%%")
    values.append(_promoted(fn, arg))
    return text


def _promoted(fn: Body, arg: Ex) -> Value:
    """An argument of `...`: small integers become int, float becomes double."""
    ex = decayed(fn, arg)
    if (
        is_half(ex.type)
        or is_class(ex.type)
        or not (is_number(ex.type) or is_pointer(ex.type) or is_enum(ex.type))
    ):
        raise error("ASC0414", f"printf cannot take a value of type '{arg.type}'", arg.span)
    if ex.type.type == FLOAT.type:
        ex = conversions.change_scalar(fn, ex, DOUBLE)
    elif is_number(ex.type):
        ex = conversions.change_scalar(fn, ex, promote(ex.type))
    return generic(fn, value_of(fn, ex))


# ---------------------------------------------------------------- assert


def _assert(fn: Body, expr: syntax.Call) -> Ex:
    if not expr.arguments:
        raise error("ASC0320", "assert needs a condition", expr.span)
    condition = expr.arguments[0]
    ex = conversions.truth(fn, expressions.elaborate(fn, condition))
    if ex.constant is not None and ex.constant:
        return Ex(VOID)
    fn.effect("assert", [value_of(fn, ex)], {"message": _text(fn, condition.span)})
    return Ex(VOID)


def _text(fn: Body, span: Span) -> str:
    """The source of an expression on one line, for the message."""
    span = span.written()
    line = fn.program.sources.line(span.file, span.line) or ""
    end = span.end_col - 1 if span.end_line == span.line else len(line)
    return line[span.col - 1 : end].strip() or "assertion"


def _assert_fail(fn: Body, expr: syntax.Call) -> Ex:
    fn.effect("trap")
    return Ex(VOID)


# ---------------------------------------------------------------- memcpy and memset


def _pointer_argument(fn: Body, item: syntax.Expr | syntax.InitializerList) -> Ex:
    assert not isinstance(item, syntax.InitializerList), "a pointer is an expression"
    ex = decayed(fn, expressions.elaborate(fn, item))
    if not is_pointer(ex.type):
        raise error("ASC0310", f"no conversion from '{ex.type}' to 'void*'", item.span)
    return ex


def _target(ex: Ex) -> QType:
    target: QType = ex.type.type.target  # type: ignore[attr-defined]
    return target


def _alignment(value: Value) -> int:
    """What the address is a multiple of, as its type promises."""
    assert isinstance(value.type, Pointer)
    return max(1, align_of(value.type.elem)) if value.type.elem.size else 1


def _address(fn: Body, ex: Ex) -> Value:
    if ex.address is not None:
        return address_value(fn, ex.address)
    return value_of(fn, ex)


def _memcpy(fn: Body, expr: syntax.Call) -> Ex:
    if len(expr.arguments) != 3:
        raise error("ASC0320", "memcpy takes three arguments", expr.span)
    target = _pointer_argument(fn, expr.arguments[0])
    source = _pointer_argument(fn, expr.arguments[1])
    size = _size(fn, expr.arguments[2])
    to, from_ = _address(fn, target), _address(fn, source)
    if isinstance(size.constant, int):
        if size.constant:
            align = min(_alignment(to), _alignment(from_))
            while size.constant % align:
                align //= 2
            fn.effect("copy", [to, from_], {"bytes": int(size.constant), "align": align})
        return _as_void_pointer(fn, to)
    to_bytes, from_bytes = cast_pointer(fn, to, U8), cast_pointer(fn, from_, U8)

    def step(index: Value) -> None:
        fn.b.store(to_bytes, index, fn.b.load(from_bytes, index))

    _each_byte(fn, value_of(fn, size), step)
    return _as_void_pointer(fn, to)


def _size(fn: Body, item: syntax.Expr | syntax.InitializerList) -> Ex:
    assert not isinstance(item, syntax.InitializerList)
    return conversions.convert(fn, expressions.elaborate(fn, item), ULONG, item.span)


def _as_void_pointer(fn: Body, value: Value) -> Ex:
    type_ = pointer_to(VOID)
    from ..ir import dtypes

    return Ex(type_, value=cast_pointer(fn, value, dtypes.VOID))


def _each_byte(fn: Body, size: Value, step: Callable[[Value], object]) -> None:
    """A loop over the bytes of a size that is known at run time only."""
    counter = Value(I64, "i")
    limit = fn.b.cast(size, I64)
    with fn.region() as body:
        step(counter)
        region = body.finish((counter,))
    fn.b.structured("for", [fn.b.i64(0), limit, fn.b.i64(1)], [region])


def _memset(fn: Body, expr: syntax.Call) -> Ex:
    if len(expr.arguments) != 3:
        raise error("ASC0320", "memset takes three arguments", expr.span)
    target = _pointer_argument(fn, expr.arguments[0])
    value_item = expr.arguments[1]
    assert not isinstance(value_item, syntax.InitializerList)
    byte = conversions.convert(fn, expressions.elaborate(fn, value_item), INT, value_item.span)
    size = _size(fn, expr.arguments[2])
    address = _address(fn, target)
    assert isinstance(address.type, Pointer)
    elem = address.type.elem
    if byte.constant == 0 and isinstance(size.constant, int) and isinstance(elem, Scalar):
        if size.constant % elem.size == 0:
            _zero_elements(fn, address, elem, int(size.constant) // elem.size)
            return _as_void_pointer(fn, address)
    filled = fn.b.cast(value_of(fn, byte), U8)
    pointer = cast_pointer(fn, address, U8)
    _each_byte(fn, value_of(fn, size), lambda index: fn.b.store(pointer, index, filled))
    return _as_void_pointer(fn, address)


def _zero_elements(fn: Body, address: Value, elem: Scalar, count: int) -> None:
    zero = fn.b.const(0.0 if elem.is_float else False if elem.bits == 1 else 0, elem)
    if count <= initialization.UNROLLED_ELEMENTS:
        for index in range(count):
            fn.b.store(address, index, zero)
        return
    _each_byte(fn, fn.b.i64(count), lambda index: fn.b.store(address, index, zero))


# ---------------------------------------------------------------- addresses as numbers


def _shared_number(fn: Body, expr: syntax.Call) -> Ex:
    """`__cvta_generic_to_shared(p)`: the address as PTX counts it."""
    number = fn.b.op("shared_to_int", _only_address(fn, expr))
    return Ex(ULONG, value=fn.b.cast(number, U64))


def _global_number(fn: Body, expr: syntax.Call) -> Ex:
    """`__cvta_generic_to_global(p)`"""
    return Ex(ULONG, value=fn.b.op("ptr_to_int", _only_address(fn, expr)))


def _only_address(fn: Body, expr: syntax.Call) -> Value:
    if len(expr.arguments) != 1:
        raise error("ASC0320", "conversions of addresses take one argument", expr.span)
    return _address(fn, _pointer_argument(fn, expr.arguments[0]))


_SPECIAL: dict[str, Callable[[Body, syntax.Call], Ex]] = {
    "printf": _printf,
    "assert": _assert,
    "__assert_fail": _assert_fail,
    "memcpy": _memcpy,
    "__builtin_memcpy": _memcpy,
    "memset": _memset,
    "__cvta_generic_to_shared": _shared_number,
    "__cvta_generic_to_global": _global_number,
}
