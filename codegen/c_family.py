"""Statements of C: prints the body of a function from structured regions.

Values are expressions until they must become names: a value with one use is printed where it is
used, unless a write or an assignment in between would change it, a loop would repeat work, or the
line would get long. Carried values and results are variables (`c_variables.py`). What a thread
loop looks like, and what surrounds the body, is the dialect's affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..ir.dtypes import Pointer, Record, Type, align_of, size_of
from ..ir.nodes import Func, Op, Region, Value, uses, walk
from ..ir.ops import OPS, Effect
from .c_literals import string_literal
from .c_operations import Spelling, place, spell, unsupported
from .c_variables import Variable, Variables
from .emitter import INDENT, Emitter
from .expressions import MEMORY, UNARY, Expr, name, unary, variable
from .names import Names

MAX_INLINE = 84
"""Characters that an inlined expression may have."""
MAX_ALONE = 100
"""The same for the only expression of a statement."""
MAX_REPEATED = 3
"""Operations that a loop may repeat in every iteration for the sake of a readable line."""

_LOOPS = frozenset({"for", "loop", "thread_loop"})
_WRITING = frozenset(
    {Effect.WRITE, Effect.ATOMIC, Effect.OUTSIDE, Effect.FENCE, Effect.CALL, Effect.BARRIER}
)


@dataclass(frozen=True, slots=True)
class Effects:
    """What an operation with regions changes."""

    writes: frozenset[str]
    """Memory, as expressions name it; MEMORY where it can be anything."""
    variables: frozenset[Variable]


@dataclass(slots=True)
class Pending:
    """A value that waits for its only use."""

    op: Op
    expr: Expr


@dataclass(frozen=True, slots=True)
class Target:
    """The C loop that `break` and `continue` of an IR loop belong to."""

    variables: Sequence[Variable]
    continue_: str
    """`continue`, or a `goto`."""


class BodyPrinter:
    """Prints one function's body. `thread_loop` prints the loop over a block's threads."""

    def __init__(
        self,
        func: Func,
        out: Emitter,
        names: Names,
        spelling: Spelling,
        thread_loop: Callable[[BodyPrinter, Op], None],
        lane_offsets: Mapping[Op, int],
    ) -> None:
        self.func = func
        self.out = out
        self.names = names
        self.spelling = spelling
        self.thread_loop = thread_loop
        self.lane_offsets = lane_offsets
        """Lane array -> bytes per thread that come before it in the workspace."""
        self.uses = live_uses(func.body)
        self.variables = Variables(func.body)
        self.variable_names: dict[Variable, str] = {}
        self.exprs: dict[Value, Expr] = {}
        self.pending: dict[Value, Pending] = {}
        self.loops: list[Region | None] = [None]
        self.targets: list[Target] = []
        self.thread_exit = ""
        """How a thread ends early from here: `continue` or a `goto`; empty in block code."""
        self.thread_end = ""
        """The `goto` that ends a thread from inside loops of its own."""
        self.labels: set[str] = set()
        self.label_names = Names()
        self.users: dict[Value, Op] = {}
        """The last operation that uses a value: the only one, where there is one use."""
        self._use_loop: dict[Value, Region | None] = {}
        self._effects: dict[Op, Effects] = {}
        self._note_uses(func.body, None)

    def _note_uses(self, region: Region, loop: Region | None) -> None:
        for op in region.ops:
            if self._is_dead(op):
                continue
            for value in op.operands:
                self._use_loop[value] = loop
                self.users[value] = op
            for inner in op.regions:
                self._note_uses(inner, inner if op.name in _LOOPS else loop)

    def _is_dead(self, op: Op) -> bool:
        return len(op.results) == 1 and not self.uses.get(op.result) and _is_optional(op)

    # Expressions and names

    def expr(self, value: Value) -> Expr:
        """`value` as an expression; a pending one is used up."""
        waiting = self.pending.pop(value, None)
        if waiting is not None:
            return waiting.expr
        return self.exprs[value]

    def args(self, op: Op) -> list[Expr]:
        return [self.expr(value) for value in op.operands]

    def declared(self, value: Value, expr: Expr, *, mutable: bool = False) -> None:
        """Give `value` a name of its own."""
        fallback = "p" if isinstance(value.type, Pointer) else "t"
        c_name = self.names.fresh(value.name, fallback)
        self.out.line(f"{self.declaration(value.type, c_name, value)} = {expr.plain().text};")
        self.exprs[value] = name(c_name)

    def declaration(self, type_: Type, c_name: str, value: Value) -> str:
        """A constant's declaration."""
        is_const = value in self.spelling.read_only
        text = self.spelling.types.declare(type_, c_name, is_const=is_const)
        if isinstance(type_, Pointer):
            star = text.rindex("*") + 1
            return f"{text[:star]}const {text[star:]}"
        return f"const {text}"

    def flush(self, writes: Iterable[str] = (), variables: Iterable[str] = ()) -> None:
        """Name the waiting expressions that a coming change would make untrue."""
        changed, written = frozenset(variables), frozenset(writes)
        for value, waiting in list(self.pending.items()):
            if (waiting.expr.reads & written) or (waiting.expr.variables & changed):
                del self.pending[value]
                self.declared(value, waiting.expr)

    # Regions

    def region(self, region: Region) -> None:
        """The statements of `region`, without its terminator."""
        for op in region.ops[:-1]:
            self.out.span = op.span
            self.statement(op)

    @contextmanager
    def inside(
        self, region: Region, *, is_loop: bool = False, is_block: bool = True
    ) -> Iterator[None]:
        """Print into `region`: names made there end there, and so does what still waits.

        `is_block`: it gets braces of its own, so that names may be used again after it.
        """
        waiting, names = set(self.pending), self.names
        if is_block:
            self.names = Names(names)
        if is_loop:
            self.loops.append(region)
        yield
        if is_loop:
            self.loops.pop()
        self.names = names
        for value in [v for v in self.pending if v not in waiting]:
            del self.pending[value]

    def statement(self, op: Op) -> None:
        handler = STATEMENTS.get(op.name)
        if handler is not None:
            handler(self, op)
            return
        row = OPS[op.name]
        if row.effect not in (Effect.PURE, Effect.READ):
            raise unsupported(op)
        self.value(op)

    def value(self, op: Op) -> None:
        """An operation that computes one value."""
        result = op.result
        count = self.uses.get(result, 0)
        is_volatile = bool(op.attrs.get("volatile"))
        if count == 0 and not is_volatile:
            return
        expr = spell(self.spelling, op, self.args(op))
        if is_volatile:
            self.declared(result, expr)
        elif expr.is_trivial or (count == 1 and self._can_wait(op, expr)):
            if expr.is_trivial:
                self.exprs[result] = expr
            else:
                self.pending[result] = Pending(op, expr)
        elif self._is_obvious(op, expr):
            self.exprs[result] = expr
        else:
            self.declared(result, expr)

    def _can_wait(self, op: Op, expr: Expr) -> bool:
        if op.name == "thread_linear" or len(expr.text) > self._room(op.result):
            return False
        if op.name == "offset" and not self._is_place(op.result):
            return False
        if self._use_loop[op.result] is self.loops[-1]:
            return True
        return expr.cost <= MAX_REPEATED and not expr.reads and not expr.variables

    def _room(self, value: Value) -> int:
        """How long the text for `value` may be where it is used."""
        return MAX_ALONE if self.users[value].name in ("store", "yield") else MAX_INLINE

    def _is_place(self, pointer: Value) -> bool:
        """Whether what `pointer` points at is accessed just there, without further index."""
        user = self.users[pointer]
        if user.name in ("load", "store", "atomic", "atomic_cas"):
            return self.spelling.constant(user.operands[1]) == 0 and user.operands[0] is pointer
        return user.name in ("field", "copy")

    def _is_obvious(self, op: Op, expr: Expr) -> bool:
        """Whether to repeat `expr` rather than to name it: conversions, addresses of members."""
        if expr.reads or expr.variables:
            return False
        if op.name in ("field", "ptr_cast", "alloca", "lane_array", "global_addr"):
            return expr.cost <= 2
        if op.name != "cast":
            return False
        return expr.cost <= 1 and op.result.name in ("", op.operands[0].name)

    # Effects

    def effects(self, op: Op) -> Effects:
        """Memory and variables that `op` changes."""
        known = self._effects.get(op)
        if known is not None:
            return known
        changed: set[Variable] = set()
        writes: set[str] = set()
        for part in (op, *(o for r in op.regions for o in walk(r))):
            if OPS[part.name].effect in _WRITING:
                is_store = part.name == "store"
                writes.add(self.spelling.memory(part.operands[0]) if is_store else MEMORY)
            if part.name in ("break", "continue") and self.targets:
                changed.update(self.targets[-1].variables)
            for value in (*part.results, *(a for r in part.regions for a in r.args)):
                if value in self.variables.of:
                    changed.add(self.variables.of[value])
        self._effects[op] = Effects(frozenset(writes), frozenset(changed))
        return self._effects[op]

    def before(self, op: Op) -> None:
        """Name what `op`, a structured operation, would make untrue."""
        effects = self.effects(op)
        names = {self.variable_names[v] for v in effects.variables if v in self.variable_names}
        self.flush(effects.writes, names)

    # Variables

    def new_variable(self, item: Variable, init: Expr | None) -> str:
        """Name `item`; the text of its declaration."""
        fallback = "p" if isinstance(item.type, Pointer) else "t"
        c_name = self.names.fresh(item.hint, fallback)
        self.variable_names[item] = c_name
        is_const = all(v in self.spelling.read_only for v in item.holders)
        text = self.spelling.types.declare(item.type, c_name, is_const=is_const)
        return f"{text} = {init.plain().text}" if init is not None else text

    def bind(self, values: Sequence[Value]) -> None:
        """From here on `values` are read from their variables."""
        for value in values:
            self.exprs[value] = variable(self.variable_names[self.variables.of[value]])

    def assign(self, items: Sequence[Variable], values: Sequence[Value]) -> None:
        """All of `items` get their new values at once."""
        moves: list[tuple[str, Expr, Variable]] = []
        for item, value in zip(items, values, strict=True):
            expr = self.expr(value)
            c_name = self.variable_names[item]
            if expr.text != c_name:
                moves.append((c_name, expr, item))
        self.flush(variables=[m[0] for m in moves])
        while moves:
            ready = next(
                (m for m in moves if not any(m[0] in o[1].variables for o in moves if o is not m)),
                None,
            )
            if ready is None:  # a cycle: keep one old value aside
                c_name, expr, item = moves[0]
                saved = self.names.fresh(f"old_{c_name}")
                self.out.line(f"const {self.spelling.types.declare(item.type, saved)} = {c_name};")
                moves = [
                    (n, _renamed(e, c_name, saved) if n != c_name else e, i) for n, e, i in moves
                ]
                continue
            moves.remove(ready)
            self.out.line(assignment(ready[0], ready[1]))

    # Leaving

    def finish(self, last: Op, items: Sequence[Variable] = ()) -> None:
        """The terminator of a region whose `yield` sets `items`."""
        self.out.span = last.span
        if last.name == "yield":
            self.assign(items, last.operands)
        elif last.name == "break":
            self.assign(self.targets[-1].variables, last.operands)
            self.out.line("break;")
        elif last.name == "continue":
            self.assign(self.targets[-1].variables, last.operands)
            self.jump(self.targets[-1].continue_)
        elif last.name == "return":
            self.jump(self.thread_exit or "return")

    def jump(self, text: str) -> None:
        self.out.line(f"{text};")
        if text.startswith("goto "):
            self.labels.add(text.removeprefix("goto "))

    def label(self, text: str) -> None:
        """The place where `text`, a `goto`, leads, if anything goes there."""
        target = text.removeprefix("goto ")
        if target in self.labels:
            self.out.label(f"{target}:;")


def live_uses(body: Region) -> dict[Value, int]:
    """How often each value is used by something that is printed."""
    count = uses(body)
    makers = {op.result: op for op in walk(body) if len(op.results) == 1 and _is_optional(op)}
    stack = [value for value in makers if not count.get(value)]
    while stack:
        for value in makers[stack.pop()].operands:
            count[value] -= 1
            if count[value] == 0 and value in makers:
                stack.append(value)
    return count


def _is_optional(op: Op) -> bool:
    """Whether `op` is needed for its result alone."""
    if op.regions or op.attrs.get("volatile"):
        return False
    return OPS[op.name].effect in (Effect.PURE, Effect.READ)


def _renamed(expr: Expr, old: str, new: str) -> Expr:
    text = re.sub(rf"\b{re.escape(old)}\b", new, expr.text)
    return Expr(text, expr.precedence, expr.variables - {old}, expr.reads, expr.cost)


def assignment(target: str, expr: Expr) -> str:
    """`target = expr;`, or shorter."""
    if expr.compound is not None:
        left, operator, right = expr.compound
        if left == target and operator in ("+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^"):
            return f"{target} {operator}= {right};"
    return f"{target} = {expr.plain().text};"


# Statements, one function per operation


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


def negated(condition: Expr) -> Expr:
    """The opposite of a condition."""
    for word, opposite in (("==", "!="), ("!=", "==")):
        if condition.operator == word and condition.compound is not None:
            left, _, right = condition.compound
            return replace(condition, text=f"{left} {opposite} {right}", operator=opposite)
    return unary("!", condition)


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


# Loops


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


def _print_for(p: BodyPrinter, op: Op) -> None:
    lower, upper, step, *inits = op.operands
    (region,) = op.regions
    counter, *carried = region.args
    exprs = {v: p.expr(v) for v in dict.fromkeys((lower, upper, step))}
    entry = _enter(p, op, inits)
    entry.print(p)
    p.bind(carried)
    is_down = bool(op.attrs.get("down"))
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


def _print_loop(p: BodyPrinter, op: Op) -> None:
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


def _print_thread_loop(p: BodyPrinter, op: Op) -> None:
    p.before(op)
    p.thread_loop(p, op)


STATEMENTS: Mapping[str, Callable[[BodyPrinter, Op], None]] = {
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
    "if": _print_if,
    "for": _print_for,
    "loop": _print_loop,
    "thread_loop": _print_thread_loop,
}
