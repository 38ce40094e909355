"""`switch`: an if-chain where every group of cases leaves, else a loop that runs once.

In the loop form a variable says whether an earlier group already matched, which is how control
falls from one group into the next; `break` leaves the loop, and `continue` for a loop around the
switch is handed on by a second variable.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ir.diagnostics import CompileError, error
from ..ir.dtypes import I1
from ..ir.nodes import Value
from . import conversions, evaluate, expressions, statements, syntax
from .cpp_types import INT, QType, is_class, is_enum, is_integral, promote
from .memory import const_value, decayed, store_value, value_of
from .state import Body, Jump
from .values import Place

MAX_CHAIN = 64


@dataclass(slots=True)
class Group:
    """Statements with the labels before them; `default`: one label is `default`."""

    labels: list[syntax.Expr] = field(default_factory=list)
    default: bool = False
    body: list[syntax.Stmt] = field(default_factory=list)


def stray(fn: Body, stmt: syntax.Case) -> None:
    raise _inside_statement(stmt)


def _inside_statement(stmt: syntax.Case) -> CompileError:
    return error(
        "ASC0429",
        "a case label inside another statement is not supported",
        stmt.span,
        help="labels must stand directly in the body of the switch",
    )


def elaborate(fn: Body, stmt: syntax.Switch) -> None:
    with fn.scoped():
        subject = decayed(fn, expressions.elaborate(fn, stmt.condition))
        if is_class(subject.type):
            subject = conversions.convert(fn, subject, INT, stmt.condition.span)
        if not is_integral(subject.type) and not is_enum(subject.type):
            raise error("ASC0310", f"a switch over a value of type '{subject.type}'", stmt.span)
        type_ = subject.type.bare if is_enum(subject.type) else promote(subject.type)
        value = value_of(fn, conversions.change_scalar(fn, subject, type_))
        before, groups = _groups(stmt)
        _refuse_same_labels(fn, groups, type_)
        for decl in before:
            if isinstance(decl, syntax.DeclStmt):
                statements.elaborate(fn, decl)
        if all(_leaves(g) and not _breaks_inside(g) for g in groups[:-1]) and (
            not groups or not _breaks_inside(groups[-1])
        ):
            _chain(fn, groups, value, type_)
        else:
            _loop(fn, groups, value, type_)


def _groups(stmt: syntax.Switch) -> tuple[list[syntax.Stmt], list[Group]]:
    """The body cut at its labels, and what stands before the first."""
    body = stmt.body.body if isinstance(stmt.body, syntax.Compound) else (stmt.body,)
    before: list[syntax.Stmt] = []
    groups: list[Group] = []
    for item in body:
        if not isinstance(item, syntax.Case):
            (groups[-1].body if groups else before).append(item)
            continue
        if not groups or groups[-1].body:
            groups.append(Group())
        while isinstance(item, syntax.Case):
            if item.value is None:
                groups[-1].default = True
            else:
                groups[-1].labels.append(item.value)
            inner = item.body
            if isinstance(inner, syntax.Case):
                item = inner
                continue
            groups[-1].body.append(inner)
            break
    for statement in (*before, *(s for g in groups for s in g.body)):
        nested = _nested_label(statement)
        if nested is not None:
            raise _inside_statement(nested)
    return before, groups


def _nested_label(stmt: syntax.Stmt | None) -> syntax.Case | None:
    """A label of this switch inside one of its statements."""
    parts: tuple[syntax.Stmt | None, ...] = ()
    match stmt:
        case syntax.Case():
            return stmt
        case syntax.Compound(body=body):
            parts = body
        case syntax.If(then=then, otherwise=otherwise):
            parts = (then, otherwise)
        case syntax.For(body=inner) | syntax.While(body=inner) | syntax.Do(body=inner):
            parts = (inner,)
        case syntax.RangeFor(body=inner) | syntax.Label(body=inner):
            parts = (inner,)
    return next((found for p in parts if (found := _nested_label(p)) is not None), None)


def _leaves(group: Group) -> bool:
    return bool(group.body) and _jumps(group.body[-1])


def _jumps(stmt: syntax.Stmt) -> bool:
    match stmt:
        case syntax.Break() | syntax.Return() | syntax.Continue():
            return True
        case syntax.Compound(body=body):
            return bool(body) and _jumps(body[-1])
        case syntax.If(then=then, otherwise=otherwise):
            return (
                otherwise is not None
                and _jumps(then)
                and _jumps(otherwise)
                and not (_has_break(then) or _has_break(otherwise))
            )
    return False


def _breaks_inside(group: Group) -> bool:
    """Whether a `break` of the switch stands anywhere but at the end of the group."""
    return any(_has_break(s) for s in _without_last_break(group.body))


def _without_last_break(body: list[syntax.Stmt]) -> list[syntax.Stmt]:
    if not body:
        return []
    last = body[-1]
    if isinstance(last, syntax.Break):
        return body[:-1]
    if isinstance(last, syntax.Compound):
        inner = _without_last_break(list(last.body))
        return [*body[:-1], syntax.Compound(last.span, tuple(inner))]
    return body


def _has_break(stmt: syntax.Stmt | None) -> bool:
    match stmt:
        case syntax.Break():
            return True
        case syntax.Compound(body=body):
            return any(_has_break(s) for s in body)
        case syntax.If(then=then, otherwise=otherwise):
            return _has_break(then) or _has_break(otherwise)
        case syntax.Label(body=inner) | syntax.Case(body=inner):
            return _has_break(inner)
    return False


# ---------------------------------------------------------------- conditions


def _label_value(fn: Body, label: syntax.Expr, type_: QType) -> int:
    constant = evaluate.constant_of(fn, label, "a case label", type_).constant
    assert isinstance(constant, int)
    return constant


def _refuse_same_labels(fn: Body, groups: list[Group], type_: QType) -> None:
    seen: dict[int, syntax.Expr] = {}
    for label in (label for group in groups for label in group.labels):
        value = _label_value(fn, label, type_)
        if value in seen:
            notes = ((seen[value].span, "the other is here"),)
            raise error("ASC0436", f"a second label of value {value}", label.span, notes=notes)
        seen[value] = label


def _matches(fn: Body, group: Group, value: Value, type_: QType) -> Value | None:
    """Whether the value is one of the group's labels."""
    total: Value | None = None
    for label in group.labels:
        test = fn.b.cmp("eq", value, const_value(fn, type_, _label_value(fn, label, type_)))
        total = test if total is None else fn.b.op("or", total, test)
    return total


def _none_matches(fn: Body, groups: list[Group], value: Value, type_: QType) -> Value:
    """Whether no label at all is the value: `default` is meant."""
    total: Value | None = None
    for group in groups:
        test = _matches(fn, group, value, type_)
        if test is not None:
            total = test if total is None else fn.b.op("or", total, test)
    return fn.b.i1(True) if total is None else fn.b.op("not", total)


# ---------------------------------------------------------------- if-chain


def _chain(fn: Body, groups: list[Group], value: Value, type_: QType) -> None:
    ordered = [g for g in groups if not g.default] + [g for g in groups if g.default]
    if len(ordered) > MAX_CHAIN:
        _row(fn, ordered, value, type_)
    else:
        _chain_rest(fn, ordered, value, type_)


def _row(fn: Body, groups: list[Group], value: Value, type_: QType) -> None:
    """The same as a row of conditions that exclude each other, where nesting would be deep."""
    for group in groups:
        if group.default:
            test: Value | None = _none_matches(fn, groups, value, type_)
        else:
            test = _matches(fn, group, value, type_)
        assert test is not None, "a group has a label"
        with fn.region() as builder:
            _group_body(fn, group)
            then = builder.finish()
        with fn.region() as builder:
            otherwise = builder.finish()
        statements.emit_if(fn, test, then, otherwise)


def _chain_rest(fn: Body, groups: list[Group], value: Value, type_: QType) -> None:
    if not groups:
        return
    group, rest = groups[0], groups[1:]
    if group.default:
        _group_body(fn, group)
        return
    test = _matches(fn, group, value, type_)
    assert test is not None, "a group has a label"
    with fn.region() as builder:
        _group_body(fn, group)
        then = builder.finish()
    with fn.region() as builder:
        _chain_rest(fn, rest, value, type_)
        otherwise = builder.finish()
    statements.emit_if(fn, test, then, otherwise)


def _group_body(fn: Body, group: Group) -> None:
    with fn.scoped():
        statements.sequence(fn, tuple(_without_last_break(group.body)))


# ---------------------------------------------------------------- loop that runs once


def _loop(fn: Body, groups: list[Group], value: Value, type_: QType) -> None:
    matched = Place(fn.alloca(I1, 1, "matched"))
    store_value(fn, matched, fn.b.i1(False))
    continues: Place | None = None
    if any(j.kind == "loop" for j in fn.jumps):
        continues = Place(fn.alloca(I1, 1, "continues"))
        store_value(fn, continues, fn.b.i1(False))
    with fn.region() as builder:
        builder.do("condition", builder.i1(False))
        cond = builder.finish()
    fn.jumps.append(Jump("switch", continues))
    with fn.region() as builder, fn.scoped():
        for group in groups:
            if fn.b.terminated:
                break
            _guarded(fn, groups, group, matched, value, type_)
        body = builder.finish()
    fn.jumps.pop()
    with fn.region() as builder:
        step = builder.finish()
    fn.b.structured("loop", [], [cond, body, step], do_first=True)
    if continues is not None and _uses_continue(groups):
        flag = fn.b.load(continues.pointer, 0, "continues")
        with fn.region() as builder:
            if fn.jumps[-1].kind == "switch":
                outer = fn.jumps[-1].continues
                assert outer is not None
                store_value(fn, outer, fn.b.i1(True))
                builder.do("break")
            else:
                builder.do("continue")
            then = builder.finish()
        with fn.region() as builder:
            otherwise = builder.finish()
        fn.b.structured("if", [flag], [then, otherwise])


def _uses_continue(groups: list[Group]) -> bool:
    return any(_has_continue(s) for g in groups for s in g.body)


def _has_continue(stmt: syntax.Stmt | None) -> bool:
    match stmt:
        case syntax.Continue():
            return True
        case syntax.Compound(body=body):
            return any(_has_continue(s) for s in body)
        case syntax.If(then=then, otherwise=otherwise):
            return _has_continue(then) or _has_continue(otherwise)
        case syntax.Label(body=inner) | syntax.Case(body=inner) | syntax.Switch(body=inner):
            return _has_continue(inner)
    return False


def _guarded(
    fn: Body, groups: list[Group], group: Group, matched: Place, value: Value, type_: QType
) -> None:
    """`if (matched or this label) { matched = true; statements }`"""
    test = fn.b.load(matched.pointer, 0, "matched")
    own = _matches(fn, group, value, type_)
    if own is not None:
        test = fn.b.op("or", test, own)
    if group.default:
        test = fn.b.op("or", test, _none_matches(fn, groups, value, type_))
    with fn.region() as builder:
        store_value(fn, matched, fn.b.i1(True))
        statements.sequence(fn, tuple(group.body))
        then = builder.finish()
    with fn.region() as builder:
        otherwise = builder.finish()
    statements.emit_if(fn, test, then, otherwise)
