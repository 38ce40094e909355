"""C expressions as text with what is needed to combine them: precedence, effects, variables.

One precedence table decides parentheses. An expression knows the mutable variables it mentions
and whether it reads memory, so that whoever prints statements knows how long it stays true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

MEMORY = "memory"
"""All objects but those that only one name leads to."""

PRIMARY = 20
UNARY = 19
COMMA = 1

BINARY: Mapping[str, int] = {
    "*": 18, "/": 18, "%": 18,
    "+": 17, "-": 17,
    "<<": 16, ">>": 16,
    "<": 15, "<=": 15, ">": 15, ">=": 15,
    "==": 14, "!=": 14,
    "&": 13, "^": 12, "|": 11,
    "&&": 10, "||": 9,
    "=": 7,
}  # fmt: skip
CONDITIONAL = 8

_UNCLEAR = frozenset({"<<", ">>", "&", "^", "|"})
"""Operators around which C's precedence surprises: binary operands get parentheses."""


@dataclass(frozen=True, slots=True)
class Expr:
    """A C expression."""

    text: str
    precedence: int = PRIMARY
    variables: frozenset[str] = frozenset()
    """Mutable variables that it mentions."""
    reads: frozenset[str] = frozenset()
    """Memory that it reads: MEMORY, or the name of an object that nothing else points at."""
    cost: int = 0
    """Operations in it."""
    bare: str = ""
    """A literal without its suffix, for where the other operand decides the type."""
    lvalue: str = ""
    """For pointers: what stands for the object they point at, where shorter than `*p`."""
    is_array: bool = False
    """For pointers: the name of an array."""
    compound: tuple[str, str, str] | None = None
    """(left, operator, right) of a binary operation, for `left op= right`."""
    operator: str = ""

    @property
    def is_trivial(self) -> bool:
        """A name or literal that never changes."""
        return self.cost == 0 and not self.variables and not self.reads

    def at(self, precedence: int) -> str:
        """The text where at least `precedence` is needed."""
        return self.text if self.precedence >= precedence else f"({self.text})"

    def plain(self) -> Expr:
        """The expression as an operand whose type the other operand gives."""
        return replace(self, text=self.bare, precedence=PRIMARY) if self.bare else self


def name(text: str) -> Expr:
    """Something that never changes."""
    return Expr(text)


def variable(text: str) -> Expr:
    """A mutable variable."""
    return Expr(text, variables=frozenset({text}))


def combine(text: str, precedence: int, *parts: Expr, cost: int = 1) -> Expr:
    """An expression made of `parts`."""
    return Expr(
        text,
        precedence,
        frozenset().union(*(p.variables for p in parts)),
        frozenset().union(*(p.reads for p in parts)),
        cost + sum(p.cost for p in parts),
    )


def binary(operator: str, lhs: Expr, rhs: Expr) -> Expr:
    """`lhs operator rhs`; the grouping is kept exactly."""
    own = BINARY[operator]
    left, right = lhs.at(own), rhs.at(own + 1)
    left, right = _clear(operator, lhs, left), _clear(operator, rhs, right)
    made = combine(f"{left} {operator} {right}", own, lhs, rhs)
    return replace(made, compound=(left, operator, rhs.text), operator=operator)


def _clear(operator: str, part: Expr, text: str) -> str:
    """`text`, in parentheses where the precedence alone would be hard to read."""
    if part.operator in ("", operator) or text != part.text:
        return text
    unclear = operator in _UNCLEAR or (operator == "||" and part.operator == "&&")
    return f"({text})" if unclear else text


def unary(operator: str, operand: Expr) -> Expr:
    """A prefix operator; `- -x` keeps its space."""
    text = operand.at(UNARY)
    gap = " " if text[0] == operator[-1] and operator in ("-", "&") else ""
    return combine(f"{operator}{gap}{text}", UNARY, operand)


def cast(type_: str, operand: Expr) -> Expr:
    return combine(f"({type_}){operand.at(UNARY)}", UNARY, operand)


def call(function: str, *args: Expr, cost: int = 4) -> Expr:
    text = ", ".join(a.plain().at(COMMA + 1) for a in args)
    return combine(f"{function}({text})", PRIMARY, *args, cost=cost)


def conditional(condition: Expr, yes: Expr, no: Expr) -> Expr:
    text = f"{condition.at(CONDITIONAL + 1)} ? {yes.at(CONDITIONAL)} : {no.at(CONDITIONAL)}"
    return combine(text, CONDITIONAL, condition, yes, no)


# Pointers


def offset(pointer: Expr, index: Expr) -> Expr:
    """`pointer + index`, which points at `pointer[index]`."""
    base = pointer.at(BINARY["+"])
    made = combine(f"{base} + {index.plain().at(BINARY['+'] + 1)}", BINARY["+"], pointer, index)
    return replace(made, lvalue=f"{pointer.at(PRIMARY)}[{index.plain().text}]")


def member(pointer: Expr, field: str, is_array: bool) -> Expr:
    """The address of a member of the record that `pointer` points at."""
    lvalue = f"{pointer.lvalue}.{field}" if pointer.lvalue else f"{pointer.at(PRIMARY)}->{field}"
    if is_array:
        return replace(combine(lvalue, PRIMARY, pointer), is_array=True)
    return replace(combine(f"&{lvalue}", UNARY, pointer), lvalue=lvalue)


def element(pointer: Expr, index: Expr) -> Expr:
    """The object `pointer[index]`, not yet read."""
    if index.bare == "0" or index.text == "0":
        if pointer.lvalue:
            return combine(pointer.lvalue, PRIMARY, pointer, cost=0)
        if not pointer.is_array:
            return combine(f"*{pointer.at(UNARY)}", UNARY, pointer, cost=0)
    text = f"{pointer.at(PRIMARY)}[{index.plain().text}]"
    return combine(text, PRIMARY, pointer, index, cost=0)


def read(lvalue: Expr, memory: str = MEMORY) -> Expr:
    """The value of an object in `memory`."""
    return replace(lvalue, reads=lvalue.reads | {memory}, cost=lvalue.cost + 1, compound=None)
