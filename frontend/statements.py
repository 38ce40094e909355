"""Statements to structured regions.

Loops become `loop` operations without carried values: variables live in allocas, and a later pass
makes SSA values of them. What follows a jump in the same region is never reached and not built.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..ir.diagnostics import error
from ..ir.dtypes import I32
from ..ir.nodes import Attr, Op, Region, Value
from ..ir.source import Span
from . import (
    calls,
    classes,
    conversions,
    evaluate,
    expressions,
    functions,
    initialization,
    inline_ptx,
    operators,
    structured_bindings,
    switches,
    syntax,
    type_names,
    variables,
)
from .cpp_types import (
    BOOL,
    ArrayType,
    QType,
    Reference,
    decay,
    element_type,
    has_auto,
    is_class,
    is_void,
)
from .entities import Namespace, Variable
from .memory import (
    address_value,
    cast_pointer,
    element_place,
    generic,
    place_of,
    store_value,
    value_of,
)
from .state import Body, Jump
from .values import LVALUE, Ex, Place


def elaborate(fn: Body, stmt: syntax.Stmt) -> None:
    """Build a statement at the end of the current region."""
    handler = _handlers().get(type(stmt))
    if handler is None:
        raise error("ASC0390", f"{type(stmt).__name__} is not supported in device code", stmt.span)
    with fn.at(stmt.span):
        handler(fn, stmt)


def sequence(fn: Body, body: tuple[syntax.Stmt, ...]) -> None:
    for stmt in body:
        if fn.b.terminated:
            return
        elaborate(fn, stmt)


def _compound(fn: Body, stmt: syntax.Compound) -> None:
    with fn.scoped():
        sequence(fn, stmt.body)


def _expression(fn: Body, stmt: syntax.ExprStmt) -> None:
    if stmt.expr is not None:
        expressions.discard(fn, expressions.elaborate(fn, stmt.expr))


# ---------------------------------------------------------------- declarations


def _declaration(fn: Body, stmt: syntax.DeclStmt) -> None:
    declare(fn, stmt.declaration)


def declare(fn: Body, decl: syntax.Decl) -> None:
    """A declaration inside a function."""
    match decl:
        case syntax.VariableDecl():
            variables.declare_local(fn, decl)
        case syntax.DeclGroup(declarations=group):
            for inner in group:
                declare(fn, inner)
        case syntax.ClassDecl(template=None):
            info = classes.declare_class(fn, decl.definition)
            if decl.definition.name is None:
                variables.declare_anonymous(fn, info, decl.span)
        case syntax.EnumDecl(definition=definition):
            classes.declare_enum(fn, definition)
        case syntax.StaticAssert():
            evaluate.static_assert(fn, decl)
        case syntax.UsingDecl(namespace=True, name=name):
            _using_namespace(fn, name)
        case syntax.NamespaceAlias(name=alias, target=target):
            fn.scope.names[alias] = [_namespace(fn, target)]
        case syntax.FunctionDecl(body=None):
            pass
        case _:
            classes.declare_member_name(fn, fn.scope, decl)


def _namespace(fn: Body, name: syntax.QualifiedName) -> Namespace:
    found = type_names.lookup(fn, name)
    if not found or not isinstance(found[0], Namespace):
        raise error("ASC0301", f"'{name}' is not a namespace", name.span)
    return found[0]


def _using_namespace(fn: Body, name: syntax.QualifiedName) -> None:
    fn.scope.directives.append(_namespace(fn, name).scope)


# ---------------------------------------------------------------- if


def _if(fn: Body, stmt: syntax.If) -> None:
    with fn.scoped():
        if stmt.init is not None:
            elaborate(fn, stmt.init)
        if stmt.constexpr:
            assert isinstance(stmt.condition, syntax.Expr)
            chosen = evaluate.boolean_constant(fn, stmt.condition, "the condition of if constexpr")
            _taken(fn, stmt, chosen)
            return
        test = condition(fn, stmt.condition)
        if isinstance(test.constant, int | float):
            _taken(fn, stmt, bool(test.constant))
            return
        value = value_of(fn, test)
        then = _branch(fn, stmt.then)
        otherwise = _branch(fn, stmt.otherwise)
        emit_if(fn, value, then, otherwise)


def emit_if(fn: Body, value: Value, then: Region, otherwise: Region) -> None:
    """An `if` without results; where neither side goes on, nothing after it is reached."""
    fn.b.structured("if", [value], [then, otherwise])
    if then.terminator.name != "yield" and otherwise.terminator.name != "yield":
        fn.b.do("unreachable")


def _taken(fn: Body, stmt: syntax.If, chosen: bool) -> None:
    branch = stmt.then if chosen else stmt.otherwise
    if branch is not None:
        with fn.scoped():
            elaborate(fn, branch)


def _branch(fn: Body, stmt: syntax.Stmt | None) -> Region:
    with fn.region() as builder, fn.scoped():
        if stmt is not None:
            elaborate(fn, stmt)
        return builder.finish()


def condition(fn: Body, node: syntax.Expr | syntax.VariableDecl) -> Ex:
    """A condition as bool; a declared variable is tested after its initialisation."""
    if isinstance(node, syntax.VariableDecl):
        variables.declare_local(fn, node)
        found = fn.scope.names[str(node.declarator.name)][0]
        assert isinstance(found, Variable)
        return conversions.truth(fn, variables.use(fn, found, node.span))
    return conversions.truth(fn, expressions.elaborate(fn, node))


# ---------------------------------------------------------------- loops


def unroll_attrs(fn: Body, pragma: syntax.Pragma | None) -> dict[str, Attr]:
    """`#pragma unroll [N]`: the factor, 0 for full."""
    if pragma is None:
        return {}
    if pragma.argument is None:
        return {"unroll": 0}
    value = evaluate.integer_constant(fn, pragma.argument, "the factor of #pragma unroll")
    return {"unroll": max(value, 1)}


def emit_loop(
    fn: Body,
    test: Callable[[], Ex],
    body: Callable[[], None],
    step: Callable[[], None],
    attrs: dict[str, Attr],
) -> None:
    """A `loop`: test, body, step, each built in its own region."""
    with fn.region() as builder:
        flag = value_of(fn, test())
        builder.do("condition", flag)
        cond = builder.finish()
    fn.jumps.append(Jump("loop"))
    with fn.region() as builder:
        body()
        body_region = builder.finish()
    fn.jumps.pop()
    with fn.region() as builder:
        step()
        step_region = builder.finish()
    regions = (cond, body_region, step_region)
    fn.b.append(Op("loop", (), attrs, regions, (), fn.b.span))
    if _never_ends(cond, body_region):
        fn.b.do("unreachable")


def _never_ends(cond: Region, body: Region) -> bool:
    """`while (true)` without a break."""
    test = cond.terminator.operands[0] if cond.terminator.operands else None
    always = any(
        op.name == "const" and op.results[0] is test and op.attrs["value"] is True
        for op in cond.ops
    )
    return always and not _has_break(body)


def _has_break(region: Region) -> bool:
    for op in region.ops:
        if op.name == "break":
            return True
        if op.name == "if" and any(_has_break(r) for r in op.regions):
            return True
    return False


def _while(fn: Body, stmt: syntax.While) -> None:
    with fn.scoped():
        emit_loop(
            fn,
            lambda: condition(fn, stmt.condition),
            lambda: _scoped(fn, stmt.body),
            lambda: None,
            unroll_attrs(fn, stmt.unroll),
        )


def _scoped(fn: Body, stmt: syntax.Stmt) -> None:
    with fn.scoped():
        elaborate(fn, stmt)


def _do(fn: Body, stmt: syntax.Do) -> None:
    attrs = unroll_attrs(fn, stmt.unroll)
    emit_loop(
        fn,
        lambda: condition(fn, stmt.condition),
        lambda: _scoped(fn, stmt.body),
        lambda: None,
        {**attrs, "do_first": True},
    )


def _for(fn: Body, stmt: syntax.For) -> None:
    with fn.scoped():
        if stmt.init is not None:
            elaborate(fn, stmt.init)
        if fn.b.terminated:
            return
        emit_loop(
            fn,
            lambda: _for_test(fn, stmt.condition),
            lambda: _scoped(fn, stmt.body),
            lambda: _for_step(fn, stmt.step),
            unroll_attrs(fn, stmt.unroll),
        )


def _for_test(fn: Body, test: syntax.Expr | None) -> Ex:
    if test is None:
        return Ex(BOOL, constant=True)
    return condition(fn, test)


def _for_step(fn: Body, step: syntax.Expr | None) -> None:
    if step is not None:
        expressions.discard(fn, expressions.elaborate(fn, step))


def _range_for(fn: Body, stmt: syntax.RangeFor) -> None:
    with fn.scoped():
        if isinstance(stmt.range, syntax.InitializerList):
            ex = _braced_range(fn, stmt.range)
        else:
            ex = expressions.elaborate(fn, stmt.range)
        if isinstance(ex.type.type, ArrayType):
            _over_array(fn, stmt, ex, ex.type.type)
        else:
            _over_iterators(fn, stmt, ex)


def _braced_range(fn: Body, braces: syntax.InitializerList) -> Ex:
    """A loop over `{a, b, c}`: an array of the elements' type."""
    if not braces.items or isinstance(braces.items[0], syntax.InitializerList):
        raise error("ASC0313", "the type of a braced list cannot be deduced", braces.span)
    with fn.discarded():
        first = initialization.arguments(fn, braces.items)
    kinds = {decay(a.type).bare for a in first if isinstance(a, Ex)}
    if len(kinds) != 1 or len(first) != sum(isinstance(a, Ex) for a in first):
        raise error("ASC0313", "the elements of the braced list have different types", braces.span)
    type_ = QType(ArrayType(kinds.pop(), len(first)))
    place = fn.variable(type_, "range")
    initialization.list_init(fn, place, type_, braces, braces.span)
    return Ex(type_, LVALUE, place=place)


def _over_array(fn: Body, stmt: syntax.RangeFor, ex: Ex, type_: ArrayType) -> None:
    place = place_of(fn, ex)
    counter = fn.alloca(I32, 1, "i")
    fn.b.store(counter, 0, fn.b.i32(0))
    count = type_.count or 0

    def test() -> Ex:
        return Ex(BOOL, value=fn.b.cmp("lt", fn.b.load(counter), fn.b.i32(count)))

    def body() -> None:
        index = fn.b.load(counter, 0, "i")
        at = element_place(fn, place, type_.element, index, bounded=True)
        _loop_variable(fn, stmt, Ex(type_.element, LVALUE, place=at))
        _scoped(fn, stmt.body)

    def step() -> None:
        fn.b.store(counter, 0, fn.b.op("add", fn.b.load(counter), fn.b.i32(1)))

    emit_loop(fn, test, body, step, unroll_attrs(fn, stmt.unroll))


def _over_iterators(fn: Body, stmt: syntax.RangeFor, ex: Ex) -> None:
    """`begin()` and `end()` of a class."""
    place = place_of(fn, ex)
    range_ = Ex(ex.type, LVALUE, place=place)
    bounds: list[Ex] = []
    for name in ("begin", "end"):
        made = calls.call_method(fn, range_, name, [], stmt.range.span)
        if made is None:
            raise error("ASC0302", f"'{ex.type}' has no {name}() to loop over", stmt.range.span)
        kept = fn.variable(made.type.bare, name)
        initialization.copy_init(fn, kept, made.type.bare, made, stmt.span)
        bounds.append(Ex(made.type.bare, LVALUE, place=kept))
    begin, end = bounds

    def test() -> Ex:
        return conversions.truth(fn, operators.apply(fn, "!=", begin, end, stmt.span))

    def body() -> None:
        item = operators.dereference(fn, begin, stmt.span)
        _loop_variable(fn, stmt, item)
        _scoped(fn, stmt.body)

    def step() -> None:
        operators.increment(fn, begin, stmt.span)

    emit_loop(fn, test, body, step, unroll_attrs(fn, stmt.unroll))


def _loop_variable(fn: Body, stmt: syntax.RangeFor, item: Ex) -> None:
    """The variable of a range-based loop, initialised with the current element."""
    decl = stmt.declaration
    if decl.bindings:
        structured_bindings.bind_names(fn, decl, item)
        return
    type_ = type_names.declared_type(fn, decl.specifier, decl.declarator)
    if has_auto(type_):
        type_ = variables.deduced_type(fn, type_, item, decl.span)
    variables.initialized(fn, str(decl.declarator.name), type_, item, decl.span)


# ---------------------------------------------------------------- jumps


def _break(fn: Body, stmt: syntax.Break) -> None:
    if not fn.jumps:
        raise error("ASC0391", "'break' outside a loop or switch", stmt.span)
    fn.b.do("break")


def _continue(fn: Body, stmt: syntax.Continue) -> None:
    for jump in reversed(fn.jumps):
        if jump.kind == "loop":
            break
    else:
        raise error("ASC0391", "'continue' outside a loop", stmt.span)
    current = fn.jumps[-1]
    if current.kind == "switch":
        assert current.continues is not None
        store_value(fn, current.continues, fn.b.i1(True))
        fn.b.do("break")
        return
    fn.b.do("continue")


def _return(fn: Body, stmt: syntax.Return) -> None:
    if fn.result is None or has_auto(fn.result):
        functions.note_result(fn, stmt)
    result = fn.result
    assert result is not None
    if stmt.value is None or is_void(result):
        if stmt.value is not None and not isinstance(stmt.value, syntax.InitializerList):
            expressions.discard(fn, expressions.elaborate(fn, stmt.value))
        if not is_void(result):
            raise error("ASC0318", f"a return without a value of type '{result}'", stmt.span)
        fn.b.do("return")
        return
    return_value(fn, stmt.value, result, stmt.span)


def return_value(
    fn: Body, node: syntax.Expr | syntax.InitializerList, result: QType, span: Span
) -> None:
    """`return e;` by the result's type: into the caller's place, as an address, as a value."""
    arg: conversions.Arg
    arg = node if isinstance(node, syntax.InitializerList) else expressions.elaborate(fn, node)
    if isinstance(result.type, Reference):
        bound = conversions.bind_reference(fn, arg, result, span)
        pointer = address_value(fn, place_of(fn, bound))
        elem = element_type(result.type.target)
        fn.b.do("return", generic(fn, cast_pointer(fn, pointer, elem)))
        return
    if is_class(result):
        assert fn.hidden_result is not None
        initialization.copy_init(fn, Place(fn.hidden_result), result.bare, arg, span)
        fn.b.do("return")
        return
    converted = conversions.convert(fn, arg, result.bare, span)
    fn.b.do("return", generic(fn, value_of(fn, converted)))


def _goto(fn: Body, stmt: syntax.Goto) -> None:
    raise error(
        "ASC0428",
        "goto is not supported",
        stmt.span,
        help="use a loop with break, or a function with return",
    )


def _label(fn: Body, stmt: syntax.Label) -> None:
    elaborate(fn, stmt.body)


def _pragma(fn: Body, stmt: syntax.Pragma) -> None:
    """Other pragmas than `unroll` say nothing about meaning."""


@lru_cache(maxsize=1)
def _handlers() -> dict[type, Callable[[Body, Any], None]]:
    """What builds each kind of statement."""
    return {
        syntax.Compound: _compound,
        syntax.ExprStmt: _expression,
        syntax.DeclStmt: _declaration,
        syntax.If: _if,
        syntax.For: _for,
        syntax.RangeFor: _range_for,
        syntax.While: _while,
        syntax.Do: _do,
        syntax.Switch: switches.elaborate,
        syntax.Case: switches.stray,
        syntax.Break: _break,
        syntax.Continue: _continue,
        syntax.Return: _return,
        syntax.Goto: _goto,
        syntax.Label: _label,
        syntax.Asm: inline_ptx.elaborate,
        syntax.Pragma: _pragma,
    }
