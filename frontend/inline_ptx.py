"""Elaborates `asm` statements: operands into registers, each instruction by its row, and back.

A guarded instruction becomes an `if` that yields the registers which it changes.
"""

from __future__ import annotations

import re
from functools import cache

from ..ir.diagnostics import error
from ..ir.dtypes import I1, SCALARS, Pointer, Scalar, Type
from ..ir.nodes import Value
from . import expressions, ptx_arithmetic, ptx_memory, ptx_threads, syntax
from .cpp_types import ir_type, is_pointer, scalar_of
from .memory import cast_pointer, decayed, place_of, store_value, value_of
from .ptx_rows import TYPES, Table
from .ptx_state import WORDS, Ptx
from .ptx_text import Declaration, Instruction, PlaceOf, ScopeMark, parse
from .state import Body
from .values import Ex

_BITS = {"h": 16, "r": 32, "l": 64, "f": 32, "d": 64, "b": 1}

REFUSED = {
    "wgmma": "products of a warp group",
    "tcgen05": "tensor memory",
    "mbarrier": "barriers in memory",
    "cp.async.mbarrier": "barriers in memory",
    "cp.async.bulk": "bulk copies",
    "cp.reduce.async": "bulk copies",
    "tensormap": "tensor maps",
    "fence.proxy": "bulk copies",
    "fence.mbarrier_init": "barriers in memory",
    "prefetch.tensormap": "tensor maps",
    "barrier.cluster": "clusters",
    "mapa": "clusters",
    "clusterlaunchcontrol": "clusters",
    "multimem": "memory of several devices",
    "elect": "one lane of a warp group",
    "bar.arrive": "a barrier that does not wait",
    "barrier.arrive": "a barrier that does not wait",
    "barrier.cta.arrive": "a barrier that does not wait",
    "wmma": "use nvcuda::wmma or mma.sync",
    "bra": "jumps",
    "exit": "the end of a thread inside a function",
    "ret": "the end of a function",
    "call": "calls",
    "addc": "carries",
    "add.cc": "carries",
    "sub.cc": "carries",
    "mad.cc": "carries",
    "tex": "textures",
    "suld": "surfaces",
    "sust": "surfaces",
}


@cache
def table() -> Table:
    """THE table: every instruction that has a translation."""
    rows = {
        name: row
        for part in (ptx_arithmetic, ptx_memory, ptx_threads)
        for name, row in part.TABLE.rows.items()
    }
    return Table(rows, dict(REFUSED))


def elaborate(fn: Body, stmt: syntax.Asm) -> None:
    """The operations of an `asm` statement."""
    ptx = Ptx(fn)
    ptx.span = stmt.span
    outputs = _bind_operands(ptx, stmt)
    for statement in parse(_named(stmt), stmt.span, PlaceOf(_lines(fn, stmt), stmt.span)):
        if isinstance(statement, ScopeMark):
            if statement.opens:
                ptx.scopes.append({})
            elif ptx.scopes:
                ptx.scopes.pop()
        elif isinstance(statement, Declaration):
            _declare(ptx, statement)
        else:
            ptx.span = statement.span
            with fn.at(statement.span if statement.span.line else stmt.span):
                _instruction(ptx, statement)
    for name, expr in outputs:
        _store(ptx, name, expr)


def _lines(fn: Body, stmt: syntax.Asm) -> dict[int, str]:
    """The source lines of the statement, where it is written in a file as it stands."""
    span = stmt.span
    lines = {}
    for number in range(span.line, span.end_line + 1):
        lines[number] = fn.program.sources.line(span.file, number) or ""
    return lines


def _named(stmt: syntax.Asm) -> str:
    """The text with `%[name]` as the operand's number."""
    names = [operand[2] for operand in (*stmt.outputs, *stmt.inputs)]

    def number(match: re.Match[str]) -> str:
        return f"%{names.index(match[1])}" if match[1] in names else match[0]

    return re.sub(r"%\[(\w+)\]", number, stmt.text)


def _bind_operands(ptx: Ptx, stmt: syntax.Asm) -> list[tuple[str, Ex]]:
    """Put the inputs into registers `%0`, `%1`, ...; returns the outputs and their places."""
    fn = ptx.fn
    outputs: list[tuple[str, Ex]] = []
    for i, (constraint, expr, _) in enumerate((*stmt.outputs, *stmt.inputs)):
        name, letter = f"%{i}", constraint.strip("=+&")
        is_output = i < len(stmt.outputs)
        ex = expressions.elaborate(fn, expr)
        if letter == "n" and not is_output:
            if not isinstance(ex.constant, int):
                raise error("ASC0430", 'an operand "n" of asm must be a constant', expr.span)
            ptx.constants[name] = int(ex.constant)
            continue
        if letter.isdigit() and int(letter) < len(outputs):
            ptx.registers[f"%{letter}"] = _input(ptx, ex, ptx.widths[f"%{letter}"])
            ptx.widths[name], ptx.registers[name] = (
                ptx.widths[f"%{letter}"],
                ptx.registers[f"%{letter}"],
            )
            continue
        if letter not in _BITS:
            raise error("ASC0430", f'the constraint "{constraint}" of asm is unknown', expr.span)
        ptx.widths[name] = _BITS[letter]
        if is_output:
            outputs.append((name, ex))
        if not is_output or "+" in constraint:
            ptx.registers[name] = _input(ptx, ex, _BITS[letter])
    return outputs


def _input(ptx: Ptx, ex: Ex, bits: int) -> Value:
    fn = ptx.fn
    span = ex.span
    ex = decayed(fn, ex)
    if is_pointer(ex.type):
        if bits != 64:
            raise error("ASC0430", 'a pointer as an operand of asm needs "l"', span)
        return value_of(fn, ex)
    scalar = scalar_of(ex.type)
    if scalar is None:
        raise error("ASC0430", f"a value of type '{ex.type}' as an operand of asm", span)
    value = value_of(fn, ex)
    assert isinstance(value.type, Scalar)
    if value.type.bits == bits:
        return value
    if value.type.is_float:
        raise error("ASC0430", f"'{ex.type}' as an operand of asm of {bits} bits", span)
    return fn.b.cast(value, SCALARS[f"{'i' if scalar.is_signed else 'u'}{bits}"])


def _store(ptx: Ptx, name: str, ex: Ex) -> None:
    """Write an output's register to the object that was given for it."""
    if name not in ptx.registers:
        return  # never written: the object keeps an undefined value
    fn, value = ptx.fn, ptx.registers[name]
    place = place_of(fn, ex)
    wanted = ir_type(ex.type)
    store_value(fn, place, _as(ptx, value, wanted))


def _as(ptx: Ptx, value: Value, wanted: Type) -> Value:
    """A register's value as a variable of type `wanted` takes it."""
    if isinstance(wanted, Pointer):
        if isinstance(value.type, Pointer):
            return cast_pointer(ptx.fn, value, wanted.elem, wanted.space)
        return ptx.fn.b.op("int_to_ptr", ptx.view(value, WORDS[64]), type=wanted)
    return ptx.view(value, wanted)


def _declare(ptx: Ptx, declaration: Declaration) -> None:
    type_ = TYPES.get(declaration.type)
    if type_ is None:
        raise ptx.fail(f"inline PTX: registers of type '.{declaration.type}' are not supported")
    for name in declaration.names:
        ptx.declare(name, type_[0].bits * type_[1])


def _instruction(ptx: Ptx, instruction: Instruction) -> None:
    row, decoded = table().decode(ptx, instruction)
    if instruction.guard is None:
        row.build(ptx, decoded)
        return
    fn = ptx.fn
    condition = ptx.read(instruction.guard, I1)
    before = dict(ptx.registers)
    with fn.region() as builder:
        row.build(ptx, decoded)
        after = ptx.registers
        changed = [key for key, value in after.items() if before.get(key) is not value]
        types = [after[key].type for key in changed]
        then = builder.finish((), *(after[key] for key in changed))
    with fn.region() as builder:
        kept = []
        for key, type_ in zip(changed, types, strict=True):
            old = before.get(key)
            if old is not None:
                kept.append(_as(ptx, old, type_))
            elif isinstance(type_, Pointer):
                kept.append(builder.const(0, type_))
            else:
                zero = 0.0 if type_.is_float else False if type_.bits == 1 else 0
                kept.append(builder.const(zero, type_))
        other = builder.finish((), *kept)
    results = [Value(type_) for type_ in types]
    fn.b.structured("if", [condition], [then, other], results)
    ptx.registers = {**before, **dict(zip(changed, results, strict=True))}
