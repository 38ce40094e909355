"""Loops of C: counted `for`, and the general loop as `for`, `while` or `do`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..ir.nodes import Op, Region, Value
from ..ir.ops import OPS, Effect
from .c_family import MAX_REPEATED, BodyPrinter, Target, negated
from .c_variables import Variable
from .expressions import Expr, name


@dataclass(slots=True)
class Entry:
    """What a loop carries, and the declarations that come before it."""

    items: list[Variable]
    declarations: dict[Variable, str]

    def print(self, p: BodyPrinter) -> None:
        for text in self.declarations.values():
            p.out.line(f"{text};")


def _enter(p: BodyPrinter, op: Op, inits: Sequence[Value]) -> Entry:
    """Name what the loop `op` carries."""
    items = [p.variables.of[v] for v in op.results]
    mine = p.variables.declared_by.get(op, [])
    exprs = [p.expr(value) for value in inits]
    p.before(op)
    pairs = zip(items, exprs, strict=True)
    return Entry(items, {item: p.new_variable(item, e) for item, e in pairs if item in mine})


def print_for(p: BodyPrinter, op: Op) -> None:
    lower, upper, step, *inits = op.operands
    (region,) = op.regions
    counter, *carried = region.args
    exprs = {v: p.expr(v) for v in dict.fromkeys((lower, upper, step))}
    entry = _enter(p, op, inits)
    entry.print(p)
    p.bind(carried)
    is_down = bool(op.attrs.get("down"))
    known = {v: p.exprs[v] for v in (upper, step) if v in p.exprs}
    for value in dict.fromkeys((upper, step)):
        exprs[value] = _steady(p, op, value, exprs[value])
    with p.inside(region, is_loop=True):
        c_name = p.names.fresh(counter.name, "i")
        p.exprs[counter] = name(c_name)
        declared = p.spelling.types.declare(counter.type, c_name)
        relation = ">" if is_down else "<"
        head = (
            f"for ({declared} = {exprs[lower].plain().text}; "
            f"{c_name} {relation} {exprs[upper].plain().at(16)}; {_step(c_name, exprs[step])})"
        )
        with p.out.block(head):
            _loop_body(p, region, entry.items, "continue")
    p.exprs.update(known)  # a name given here may not outlive the block around the loop
    p.bind(op.results)


def _steady(p: BodyPrinter, op: Op, value: Value, expr: Expr) -> Expr:
    """`expr` as it can stand in the head of loop `op`, where it is evaluated again and again."""
    if expr.is_trivial or (expr.cost <= MAX_REPEATED and not expr.reads and not expr.variables):
        return expr
    p.declared(value, expr)
    return p.exprs[value]


def _step(c_name: str, step: Expr) -> str:
    if step.bare == "1":
        return f"++{c_name}"
    if step.text.startswith("-") and step.text[1:].rstrip("l").isdigit():
        amount = step.text[1:].rstrip("l")
        return f"--{c_name}" if amount == "1" else f"{c_name} -= {amount}"
    return f"{c_name} += {step.plain().text}"


def _loop_body(p: BodyPrinter, region: Region, items: Sequence[Variable], continue_: str) -> None:
    """A loop's body and its end; leaves by `continue_` where an iteration ends early."""
    saved, p.thread_exit = p.thread_exit, p.thread_end or p.thread_exit
    p.targets.append(Target(items, continue_))
    p.region(region)
    p.finish(region.terminator, items)
    p.targets.pop()
    p.thread_exit = saved


def print_loop(p: BodyPrinter, op: Op) -> None:
    entry = _enter(p, op, op.operands)
    for region in op.regions:
        p.bind(region.args)
    condition = _simple_condition(p, op.regions[0])
    if op.attrs.get("do_first"):
        _print_do(p, op, entry, condition)
    else:
        _print_while(p, op, entry, condition)
    p.bind(op.results)


def _print_while(p: BodyPrinter, op: Op, entry: Entry, condition: Expr | None) -> None:
    """A loop whose condition comes first: `for` where the step is simple, else `while`."""
    cond, body, step = op.regions
    has_step = len(step.ops) > 1 or step.terminator.operands != step.args
    advance = _simple_step(p, step, entry.items) if has_step and condition is not None else None
    if advance == "":
        has_step, advance = False, None
    end = f"goto {p.label_names.fresh('next')}" if has_step and advance is None else "continue"
    first = _loop_variable(p, op, entry, advance)
    entry.print(p)
    with p.inside(body, is_loop=True), p.out.block(_loop_head(condition, advance, first)):
        if condition is None:
            _print_condition(p, cond, entry.items)
        _loop_body(p, body, entry.items, end)
        p.label(end)
        if has_step and advance is None:
            _print_step(p, step, entry.items)
    if first:
        p.names.release(re.split(r" = ", first)[0].split()[-1].lstrip("*"))


def _loop_variable(p: BodyPrinter, op: Op, entry: Entry, advance: str | None) -> str:
    """The declaration that goes into the head of a `for`: the one variable that the step
    changes, where nobody wants it after the loop. It is no longer in `entry`."""
    if advance is None or ", " in advance:
        return ""
    for item, result in zip(entry.items, op.results, strict=True):
        c_name = p.variable_names[item]
        if re.match(rf"(?:\+\+|--)?{c_name}\b", advance) and item in entry.declarations:
            return "" if p.uses.get(result, 0) else entry.declarations.pop(item)
    return ""


def _loop_head(condition: Expr | None, advance: str | None, first: str) -> str:
    test = "" if condition is None or condition.text == "true" else condition.text
    if advance is not None:
        return f"for ({first};{' ' + test if test else ''}; {advance})"
    return f"while ({test})" if test else "for (;;)"


def _print_do(p: BodyPrinter, op: Op, entry: Entry, condition: Expr | None) -> None:
    """A loop whose condition comes after the body."""
    cond, body, step = op.regions
    entry.print(p)
    has_step = len(step.ops) > 1 or step.terminator.operands != step.args
    needs_label = has_step or condition is None
    end = f"goto {p.label_names.fresh('next')}" if needs_label else "continue"
    head, tail = ("do", f"}} while ({condition.text});") if condition else ("for (;;)", "}")
    with p.inside(body, is_loop=True), p.out.block(head, tail):
        _loop_body(p, body, entry.items, end)
        p.label(end)
        _print_step(p, step, entry.items)
        if condition is None:
            _print_condition(p, cond, entry.items)


def _print_step(p: BodyPrinter, step: Region, items: Sequence[Variable]) -> None:
    with p.inside(step, is_loop=True, is_block=False):
        p.region(step)
        p.finish(step.terminator, items)


def _print_condition(p: BodyPrinter, cond: Region, items: Sequence[Variable]) -> None:
    """The condition as statements: leaves the loop where it does not hold."""
    with p.inside(cond, is_loop=True, is_block=False):
        p.region(cond)
        test, *values = cond.terminator.operands
        p.out.span = cond.terminator.span
        p.assign(items, values)
        condition = p.expr(test)
        if condition.text != "true":
            with p.out.block(f"if ({negated(condition).text})"):
                p.out.line("break;")


def _simple_condition(p: BodyPrinter, cond: Region) -> Expr | None:
    """The condition as one expression, where it is one that changes nothing."""
    test, *values = cond.terminator.operands
    effects = {OPS[o.name].effect for o in cond.ops[:-1]}
    if tuple(values) != cond.args or not effects <= {Effect.PURE, Effect.READ}:
        return None
    waiting = dict(p.pending)
    with p.out.captured() as part, p.inside(cond, is_loop=True, is_block=False):
        p.region(cond)
        condition = p.expr(test)
    if part.lines:
        p.pending = waiting
        return None
    return condition


def _simple_step(p: BodyPrinter, step: Region, items: Sequence[Variable]) -> str | None:
    """The step as expressions with commas, where it is assignments alone."""
    waiting = dict(p.pending)
    with p.out.captured() as part:
        _print_step(p, step, items)
    lines = [line.strip() for line in part.lines]
    names = {p.variable_names[item] for item in items}
    if len(lines) > 2 or any(re.split(r"\W", line)[0] not in names for line in lines):
        p.pending = waiting
        return None
    return ", ".join(_increment(line.removesuffix(";")) for line in lines)


def _increment(text: str) -> str:
    """`i += 1` as `++i`."""
    for sign in "+-":
        target = text.removesuffix(f" {sign}= 1")
        if target != text:
            return f"{sign}{sign}{target}"
    return text
