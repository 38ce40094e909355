"""The body of a C function from structured regions: values, names, variables, jumps.

Values are expressions until they must become names: a value with one use is printed where it is
used, unless a write or an assignment in between would change it, a loop would repeat work, or the
line would get long. Carried values and results are variables (`c_variables.py`). Statements
stand in `c_statements.py` and `c_loops.py`; a target adds its own to their table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..ir.dtypes import Pointer, Type
from ..ir.nodes import Func, Op, Region, Value, uses, walk
from ..ir.ops import OPS, Effect
from .c_operations import Spelling, spell, unsupported
from .c_variables import Variable, Variables
from .emitter import Emitter
from .expressions import MEMORY, Expr, name, unary, variable
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
    """Prints one function's body. `statements` prints the operations that are not just values."""

    def __init__(
        self,
        func: Func,
        out: Emitter,
        names: Names,
        spelling: Spelling,
        statements: Mapping[str, Statement],
        lane_offsets: Mapping[Op, int],
    ) -> None:
        self.func = func
        self.out = out
        self.names = names
        self.spelling = spelling
        self.statements = statements
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
        """The operands of `op`; the longest get names where the line would be too long."""
        long = [v for v in dict.fromkeys(op.operands) if v in self.pending]
        long.sort(key=lambda v: len(self.pending[v].expr.text))
        while len(long) > 1 and sum(len(self.pending[v].expr.text) for v in long) > MAX_ALONE:
            value = long.pop()
            self.declared(value, self.pending.pop(value).expr)
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
        handler = self.statements.get(op.name)
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
        return user.name in ("field", "copy", "offset", "ptr_cast")

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


def negated(condition: Expr) -> Expr:
    """The opposite of a condition."""
    for word, opposite in (("==", "!="), ("!=", "==")):
        if condition.operator == word and condition.compound is not None:
            left, _, right = condition.compound
            return replace(condition, text=f"{left} {opposite} {right}", operator=opposite)
    return unary("!", condition)


Statement = Callable[[BodyPrinter, Op], None]
"""Prints one operation."""
