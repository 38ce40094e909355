"""Statements of C but loops: one function per operation, and the table of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..ir.dtypes import Pointer, Record, Type, align_of, size_of
from ..ir.matrix_fragments import PRODUCTS
from ..ir.nodes import Op
from .c_family import BodyPrinter, Statement, assignment, negated
from .c_literals import string_literal
from .c_loops import print_for, print_loop
from .c_operations import place, spell
from .emitter import INDENT, Emitter
from .expressions import MEMORY, PRIMARY, UNARY, Expr, name, unary


def _print_store(p: BodyPrinter, op: Op) -> None:
    target = place(p.spelling, op, [p.expr(op.operands[0]), p.expr(op.operands[1])])
    value = p.expr(op.operands[2])
    p.flush([p.spelling.memory(op.operands[0])])
    p.out.line(assignment(target.text, value))


def _print_atomic(p: BodyPrinter, op: Op) -> None:
    expr = spell(p.spelling, op, p.args(op))
    p.flush([MEMORY])
    if p.uses.get(op.result, 0):
        p.declared(op.result, expr)
    else:
        p.out.line(f"{expr.text};")


def _print_copy(p: BodyPrinter, op: Op) -> None:
    target, source = p.args(op)
    p.flush([MEMORY])
    types = [v.type for v in op.operands]
    elems = [t.elem for t in types if isinstance(t, Pointer)]
    is_record = isinstance(elems[0], Record) and elems[0] == elems[1]
    if is_record and size_of(elems[0]) == op.attrs["bytes"]:
        left, right = (e.lvalue or f"*{e.at(UNARY)}" for e in (target, source))
        p.out.line(f"{left} = {right};")
    else:
        p.out.line(f"memcpy({target.text}, {source.text}, {op.attrs['bytes']});")


_CONVERSION = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+)?)?(hh|h|ll|l|j|z|t|L)?([a-zA-Z%])")


def _print_printf(p: BodyPrinter, op: Op) -> None:
    format_ = str(op.attrs["format"])
    lengths: list[tuple[str, str]] = []
    for match in _CONVERSION.finditer(format_):
        lengths += [("", "d")] * match.group(0).count("*")
        if match.group(2) != "%":
            lengths.append((match.group(1) or "", match.group(2)))
    args = p.args(op)
    p.flush([MEMORY])
    texts = [string_literal(format_)]
    for i, (arg, value) in enumerate(zip(args, op.operands, strict=True)):
        length, conversion = lengths[i] if i < len(lengths) else ("", "")
        texts.append(_printf_argument(arg, value.type, length, conversion))
    p.out.line(f"printf({', '.join(texts)});")


def _printf_argument(arg: Expr, type_: Type, length: str, conversion: str) -> str:
    """An argument as the type that its conversion expects, where C would not see to it."""
    if isinstance(type_, Pointer):
        return f"({'const char' if conversion == 's' else 'void'} *){arg.at(UNARY)}"
    if type_.is_integer and length in ("l", "ll"):
        sign = "unsigned " if conversion in "uxXo" else ""
        return f"({sign}{'long ' * len(length)}".rstrip() + f"){arg.at(UNARY)}"
    if type_.is_float and type_.bits == 16:
        return f"ascendify_{type_}_to_f32({arg.text})"
    return arg.text


def _print_assert(p: BodyPrinter, op: Op) -> None:
    condition = p.expr(op.operands[0])
    p.flush([MEMORY])
    with p.out.block(f"if ({negated(condition).text})"):
        message = string_literal(f"assertion failed: {op.attrs['message']}")
        p.out.line(f"ascendify_fail({message});")


def _print_trap(p: BodyPrinter, op: Op) -> None:
    p.out.line('ascendify_fail("trap");')


def _print_fence(p: BodyPrinter, op: Op) -> None:
    p.flush([MEMORY])
    p.out.line("ascendify_fence();")


def _print_clock(p: BodyPrinter, op: Op) -> None:
    p.declared(op.result, spell(p.spelling, op, []))


def _print_alloca(p: BodyPrinter, op: Op) -> None:
    pointer = op.result.type
    assert isinstance(pointer, Pointer), "an alloca gives a pointer"
    c_name = p.names.fresh(op.result.name, "local")
    count = int(op.attrs["count"])  # type: ignore[arg-type]
    text = p.spelling.types.declare(pointer.elem, c_name)
    align = op.attrs.get("align", 0)
    if isinstance(align, int) and align > align_of(pointer.elem):
        text = f"_Alignas({align}) {text}"
    if count == 1:
        p.out.line(f"{text};")
        p.exprs[op.result] = replace(unary("&", name(c_name)), lvalue=c_name, cost=0)
    else:
        p.out.line(f"{text}[{max(count, 1)}];")
        p.exprs[op.result] = Expr(c_name, is_array=True)


def _print_lane_array(p: BodyPrinter, op: Op) -> None:
    pointer = op.result.type
    assert isinstance(pointer, Pointer), "a lane array is a pointer"
    c_name = p.names.fresh(op.result.name, "lanes")
    declared = p.declaration(Pointer(pointer.elem), c_name, op.result)
    type_ = p.spelling.types.text(pointer.elem)
    p.out.line(f"{declared} = ascendify_lanes({type_}, block, {p.lane_offsets[op]});")
    p.exprs[op.result] = Expr(c_name, is_array=True)


def _print_warp_matrix(p: BodyPrinter, op: Op) -> None:
    """A call with the warp's part of each lane array: operands, then results."""
    first, threads, *arrays = p.args(op)
    p.flush([MEMORY])
    name_ = str(op.attrs["op"])
    if name_ == "mma":
        product = PRODUCTS[str(op.attrs["kind"])]
        results, function = product.c_registers, f"mma_{product.name}"
    else:
        results = int(str(op.attrs["count"])) if name_ == "load_matrix" else 0
        function = f"{name_}_{op.attrs['count']}{'_trans' * bool(op.attrs.get('transpose'))}"
    texts = [f"{a.at(PRIMARY)} + {first.at(PRIMARY)}" for a in arrays]
    inputs, outputs = texts[: len(texts) - results], texts[len(texts) - results :]
    lists = [f"(const void *const[]){{{', '.join(inputs)}}}"]
    if outputs:
        lists.append(f"(void *const[]){{{', '.join(outputs)}}}")
    head = f"ascendify_{function}({first.text}, {threads.text},"
    for i, text in enumerate([head, *lists]):
        end = ");" if i == len(lists) else "," * (i > 0)
        p.out.line(f"{INDENT * (i > 0)}{text}{end}")


def _print_if(p: BodyPrinter, op: Op) -> None:
    condition = p.expr(op.operands[0])
    p.before(op)
    for item in p.variables.declared_by.get(op, ()):
        p.out.line(f"{p.new_variable(item, None)};")
    items = [p.variables.of[v] for v in op.results]
    parts: list[Emitter] = []
    for region in op.regions:
        p.out.depth += 1
        with p.out.captured() as part, p.inside(region):
            p.region(region)
            p.finish(region.terminator, items)
        p.out.depth -= 1
        parts.append(part)
    p.out.span = op.span
    _join_arms(p, condition, *parts)
    p.bind(op.results)


def _join_arms(p: BodyPrinter, condition: Expr, then: Emitter, other: Emitter) -> None:
    if not then.lines and not other.lines:
        return
    if not then.lines:
        condition, then, other = negated(condition), other, then
    p.out.line(f"if ({condition.text}) {{")
    p.out.add(then)
    if other.lines and _is_single_if(other):
        other.lines[0] = other.lines[0].lstrip()
        first = f"{INDENT * p.out.depth}}} else {other.lines[0]}"
        rest = [line.removeprefix(INDENT) for line in other.lines[1:]]
        other.lines[:] = [first, *rest]
        p.out.add(other)
        return
    if other.lines:
        p.out.line("} else {")
        p.out.add(other)
    p.out.line("}")


def _is_single_if(part: Emitter) -> bool:
    """Whether `part` is one `if` statement and nothing else."""
    margin = INDENT * part.depth
    if not part.lines[0].startswith(f"{margin}if ("):
        return False
    top = [line for line in part.lines if not line.startswith(margin + " ")]
    return top[-1] == f"{margin}}}" and all(
        line.startswith(f"{margin}}} else") for line in top[1:-1]
    )


STATEMENTS: Mapping[str, Statement] = {
    "store": _print_store,
    "atomic": _print_atomic,
    "atomic_cas": _print_atomic,
    "copy": _print_copy,
    "print": _print_printf,
    "assert": _print_assert,
    "trap": _print_trap,
    "fence": _print_fence,
    "clock": _print_clock,
    "alloca": _print_alloca,
    "lane_array": _print_lane_array,
    "warp_matrix": _print_warp_matrix,
    "if": _print_if,
    "for": print_for,
    "loop": print_loop,
}
"""`thread_loop` is the target's."""
