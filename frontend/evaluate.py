"""Constant expressions: array sizes, template arguments, enumerators, constexpr variables."""

from __future__ import annotations

from ..ir.diagnostics import CompileError, InternalError, error
from ..ir.dtypes import size_of as ir_size
from ..ir.nodes import Func, Global, Value
from ..ir.source import Span
from . import conversions, expressions, functions, initialization, syntax
from .cpp_types import (
    QType,
    element_count,
    element_type,
    is_class,
    is_enum,
    is_number,
    is_scalar,
    scalar_of,
)
from .entities import FunctionRef, GlobalRef, Instance
from .interpret import Address, Block, Machine, NotConstant, Result
from .memory import decayed, value_of
from .state import Body, Program
from .values import Ex


class HoldsAddresses(CompileError):
    """A constant object that an image of bytes cannot hold, because there are addresses in it."""


def _machine(program: Program, body: Body) -> Machine:
    """A machine that finds the functions that `body` calls, and what they call."""

    def all_instances() -> list[Instance]:
        seen: list[Instance] = []
        pending = list(body.callees)
        while pending:
            instance = pending.pop()
            if instance not in seen:
                seen.append(instance)
                pending += list(instance.callees)
        return seen

    def function(name: str) -> Func:
        for instance in all_instances():
            if instance.name == name:
                return functions.body_of(program, instance)
        raise InternalError(f"no function {name} in a constant expression", body.span)

    def global_(name: str) -> Global:
        tables = [body.globals, *(i.globals for i in all_instances())]
        for table in tables:
            if name in table:
                return table[name]
        raise InternalError(f"no variable {name} in a constant expression", body.span)

    return Machine(function, global_)


def constant_of(fn: Body, expr: syntax.Expr, what: str, target: QType | None = None) -> Ex:
    """A constant expression, converted to `target` where given. Raises where it is not one."""
    body = fn.scratch()
    body.constant_only = True
    body.instance = fn.instance
    body.this_class = fn.this_class
    body.evaluated = True
    ex = expressions.elaborate(body, expr)
    if target is not None:
        ex = conversions.convert(body, ex, target, expr.span)
    elif is_class(ex.type):
        ex = _converted(body, ex, expr.span)
    ex = decayed(body, ex)
    if ex.constant is not None:
        return ex.at(expr.span)
    if not is_number(ex.type) and not is_enum(ex.type):
        raise not_constant(what, f"a value of type '{ex.type}'", expr.span)
    return Ex(ex.type.bare, constant=_run(body, ex, what, expr.span), span=expr.span)


def _converted(body: Body, ex: Ex, span: Span) -> Ex:
    """A class object where a number is wanted: its conversion function."""
    for instance in conversions.conversion_functions(body, ex):
        if is_scalar(instance.result_type):
            return conversions.convert(body, ex, instance.result_type.bare, span)
    return ex


def _run(body: Body, ex: Ex, what: str, span: Span) -> int | float | bool:
    try:
        value = value_of(body, ex)
        values: dict[Value, Result] = {}
        machine = _machine(body.program, body)
        machine.run([*body.allocas, *body.b.ops], values)
        result = machine.get(values, value)
    except NotConstant as reason:
        raise not_constant(what, reason.why, span) from None
    if isinstance(result, Address):
        raise not_constant(what, "an address", span)
    return result


def not_constant(what: str, why: str, span: Span) -> CompileError:
    return error(
        "ASC0340",
        f"{what} must be a constant expression: {why}",
        span,
        help="use a literal, a constexpr variable, a template parameter or an enumerator",
    )


def integer_constant(fn: Body, expr: syntax.Expr, what: str) -> int:
    """The value of an integral constant expression."""
    ex = constant_of(fn, expr, what)
    scalar = scalar_of(ex.type)
    if scalar is None or not scalar.is_integer or not isinstance(ex.constant, int):
        raise error("ASC0340", f"{what} must be an integer, not '{ex.type}'", expr.span)
    return int(ex.constant)


def boolean_constant(fn: Body, expr: syntax.Expr, what: str) -> bool:
    body = fn.scratch()
    body.constant_only = True
    body.instance = fn.instance
    ex = conversions.truth(body, expressions.elaborate(body, expr))
    if isinstance(ex.constant, int | float):
        return bool(ex.constant)
    return bool(_run(body, ex, what, expr.span))


def template_value(fn: Body, expr: syntax.Expr) -> Ex:
    """A template argument that is a value: a constant, or a name of functions."""
    body = fn.scratch()
    body.constant_only = True
    body.instance = fn.instance
    ex = expressions.elaborate(body, expr)
    if ex.overloads is not None or isinstance(ex.constant, FunctionRef | GlobalRef):
        return ex
    if is_class(ex.type):
        ex = _converted(body, ex, expr.span)
        if is_class(ex.type):
            return Ex(ex.type.bare, span=expr.span)  # the parameter says that it is not supported
    ex = decayed(body, ex)
    if ex.constant is not None:
        return Ex(ex.type.bare, constant=ex.constant, span=expr.span)
    if not is_number(ex.type) and not is_enum(ex.type):
        raise not_constant("a template argument", f"a value of type '{ex.type}'", expr.span)
    value = _run(body, ex, "a template argument", expr.span)
    return Ex(ex.type.bare, constant=value, span=expr.span)


def static_assert(fn: Body, decl: syntax.StaticAssert) -> None:
    """Check a static_assert. Raises where it fails."""
    if not boolean_constant(fn, decl.condition, "the condition of static_assert"):
        text = f": {decl.message}" if decl.message else ""
        raise error("ASC0341", f"static assertion failed{text}", decl.condition.span)


def image_of(body: Body, type_: QType, decl: syntax.VariableDecl) -> bytes:
    """The bytes of a variable with a constant initialiser, evaluated in `body`."""
    body.constant_only = True
    what = f"the initialiser of '{decl.declarator.name}'"
    place = body.variable(type_, str(decl.declarator.name))
    initialization.declared_init(body, place, type_, decl)
    size = ir_size(element_type(type_)) * element_count(type_)
    try:
        values: dict[Value, Result] = {}
        _machine(body.program, body).run([*body.allocas, *body.b.ops], values)
    except NotConstant as reason:
        raise not_constant(what, reason.why, decl.span) from None
    address = values[place.pointer]
    assert isinstance(address, Address)
    assert isinstance(address.block, Block)
    if any(a.block is not None for a in address.block.addresses.values()):
        raise HoldsAddresses(not_constant(what, "it holds addresses", decl.span).diagnostics)
    return bytes(address.block.data[:size])
