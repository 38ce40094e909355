"""Integer expressions over named sizes: `ceil(n / 256)`, `4 * block`, `rows % 4 == 0`.

They say how large a grid or a buffer is for given arguments of a kernel. The launches of a source
and the user's configuration give them as text; a proof evaluates them for each case. The operators
are those of C with its rounding; `ceil(a / b)` rounds the exact quotient up, `trunc(a / b)`
towards zero, `min` and `max` take any number of arguments. Nothing of Python is evaluated: an
expression is a small tree of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .diagnostics import CompileError, error
from .source import NOWHERE, Span

LARGEST = 1 << 63
MAX_DEPTH = 60
MAX_CHARACTERS = 2000


class SizeError(Exception):
    """An expression that has no value: a division by zero, an unknown name, a number too large."""


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: int


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, or `block`, `grid.x` and the like."""

    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`kind` is a key of `OPERATIONS`."""

    kind: str
    operands: tuple[Size, ...]


Size = Number | Name | Operation


class Meaning(NamedTuple):
    """Binding strength (0: written as a call) and what it computes."""

    precedence: int
    compute: Callable[..., int]


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise SizeError("division by zero")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _round_up(a: int, b: int) -> int:
    if b == 0:
        raise SizeError("division by zero")
    return -(-a // b)


def _shift(a: int, b: int) -> int:
    if not 0 <= b < 63:
        raise SizeError(f"shift by {b}")
    return a << b


TERNARY, UNARY = 1, 11
OPERATIONS: Mapping[str, Meaning] = {
    "?:": Meaning(TERNARY, lambda c, a, b: a if c else b),
    "||": Meaning(2, lambda a, b: int(bool(a or b))),
    "&&": Meaning(3, lambda a, b: int(bool(a and b))),
    "|": Meaning(4, lambda a, b: a | b),
    "&": Meaning(5, lambda a, b: a & b),
    "==": Meaning(6, lambda a, b: int(a == b)),
    "!=": Meaning(6, lambda a, b: int(a != b)),
    "<": Meaning(7, lambda a, b: int(a < b)),
    "<=": Meaning(7, lambda a, b: int(a <= b)),
    ">": Meaning(7, lambda a, b: int(a > b)),
    ">=": Meaning(7, lambda a, b: int(a >= b)),
    "<<": Meaning(8, _shift),
    ">>": Meaning(8, lambda a, b: a >> min(max(b, 0), 63)),
    "+": Meaning(9, lambda a, b: a + b),
    "-": Meaning(9, lambda a, b: a - b),
    "*": Meaning(10, lambda a, b: a * b),
    "/": Meaning(10, _divide),
    "%": Meaning(10, lambda a, b: a - _divide(a, b) * b),
    "negative": Meaning(UNARY, lambda a: -a),
    "not": Meaning(UNARY, lambda a: int(not a)),
    "ceil": Meaning(0, _round_up),
    "trunc": Meaning(0, _divide),
    "min": Meaning(0, lambda *values: min(values)),
    "max": Meaning(0, lambda *values: max(values)),
}
FUNCTIONS = ("ceil", "trunc", "min", "max")
QUOTIENTS = ("ceil", "trunc")
EXACT = ("+", "-", "*", "/", "negative")
"""Operations through which quotients in `ceil` and `trunc` stay exact."""
_UNARY_SIGNS = {"negative": "-", "not": "!"}


# ---------------------------------------------------------------- values


def evaluate(size: Size, names: Mapping[str, int]) -> int:
    """The value for given names. Raises SizeError where there is none."""
    if isinstance(size, Number):
        return size.value
    if isinstance(size, Name):
        if size.text not in names:
            raise SizeError(f"'{size.text}' has no value")
        return int(names[size.text])
    if size.kind == "?:":
        condition, yes, no = size.operands
        return evaluate(yes if evaluate(condition, names) else no, names)
    if size.kind in ("&&", "||"):
        left = evaluate(size.operands[0], names)
        if bool(left) == (size.kind == "||"):
            return int(bool(left))
    value = OPERATIONS[size.kind].compute(*(evaluate(o, names) for o in size.operands))
    if not -LARGEST <= value < LARGEST:
        raise SizeError(f"the value of '{text_of(size)}' is too large")
    return value


def constant_value(size: Size) -> int | None:
    """The value of an expression without names; None where it has names or no value."""
    try:
        return evaluate(size, {})
    except SizeError:
        return None


def names_in(size: Size) -> Iterator[str]:
    """The names that the expression reads, in order, repeated where they are."""
    if isinstance(size, Name):
        yield size.text
    elif isinstance(size, Operation):
        for operand in size.operands:
            yield from names_in(operand)


def replaced(size: Size, by: Mapping[Size, Size]) -> Size:
    """The expression with every part that is a key of `by` replaced, the largest parts first."""
    if size in by:
        return by[size]
    if isinstance(size, Operation):
        return operation(size.kind, *(replaced(operand, by) for operand in size.operands))
    return size


_NEUTRAL = {("+", 1): 0, ("-", 1): 0, ("*", 1): 1, ("/", 1): 1, ("ceil", 1): 1, ("<<", 1): 0,
            ("+", 0): 0, ("*", 0): 1}  # fmt: skip


def operation(kind: str, *operands: Size) -> Size:
    """An operation in its simplest form: constants folded, neutral operands dropped."""
    made = Operation(kind, operands)
    if all(isinstance(operand, Number) for operand in operands):
        value = constant_value(made)
        return made if value is None else Number(value)
    if kind == "?:" and operands[1] == operands[2]:
        return operands[1]
    if kind == "?:" and isinstance(operands[0], Number):
        return operands[1] if operands[0].value else operands[2]
    if len(operands) == 2:
        for side in (1, 0):
            neutral = _NEUTRAL.get((kind, side))
            if neutral is not None and operands[side] == Number(neutral):
                return operands[1 - side]
    return made


# ---------------------------------------------------------------- text


def text_of(size: Size) -> str:
    """The expression as it is written, with the least parentheses; reads back as itself."""
    return _text(size, False)


def _text(size: Size, is_exact: bool) -> str:
    """The text of an expression; within `ceil`, where quotients are exact, others are `trunc`."""
    if isinstance(size, Number):
        return str(size.value)
    if isinstance(size, Name):
        return size.text
    kind = "trunc" if is_exact and size.kind == "/" else size.kind
    precedence = OPERATIONS[kind].precedence
    if kind in QUOTIENTS:
        a, b = (_within(o, 10 + at, True) for at, o in enumerate(size.operands))
        return f"{kind}({a} / {b})"
    if precedence == 0:
        return f"{kind}({', '.join(map(text_of, size.operands))})"
    if precedence == TERNARY:
        condition, yes, no = size.operands
        parts = _within(condition, 2, False), text_of(yes), _within(no, TERNARY, False)
        return f"{parts[0]} ? {parts[1]} : {parts[2]}"
    if precedence == UNARY:
        return _UNARY_SIGNS[kind] + _within(size.operands[0], UNARY + 1, is_exact)
    is_exact = is_exact and kind in EXACT
    left, right = (_within(o, precedence + at, is_exact) for at, o in enumerate(size.operands))
    return f"{left} {kind} {right}"


def _precedence(size: Size, is_exact: bool) -> int:
    if isinstance(size, Number) and size.value < 0:
        return UNARY
    if not isinstance(size, Operation) or (is_exact and size.kind == "/"):
        return 0
    return OPERATIONS[size.kind].precedence


def _within(size: Size, strength: int, is_exact: bool) -> str:
    """The text of an operand that must bind at least as strongly as `strength`."""
    text = _text(size, is_exact)
    return f"({text})" if 0 < _precedence(size, is_exact) < strength else text


# ---------------------------------------------------------------- reading


class _Word(NamedTuple):
    text: str
    start: int


class _Malformed(Exception):
    def __init__(self, message: str, start: int, end: int) -> None:
        self.start, self.end = start, end
        super().__init__(message)


_WORDS = re.compile(
    r"\s*(?:(?P<word>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*(?![\w.])|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
    r"|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%()<>?:,!&|])|(?P<end>\Z)|(?P<stray>\S))"
)
_SPELLINGS = {"and": "&&", "or": "||", "not": "!", "//": "/"}


def parse_size(text: str, span: Span = NOWHERE) -> Size:
    """Read an expression that stands at the start of `span`. Raises CompileError (ASC0023)."""
    try:
        if len(text) > MAX_CHARACTERS:
            raise _Malformed("the expression is too long", 0, len(text))
        return _Parser(text).whole()
    except _Malformed as problem:
        at = NOWHERE if span == NOWHERE else _part(span, problem.start, problem.end)
        raise _bad_expression(text, str(problem), at) from None


def _part(span: Span, start: int, end: int) -> Span:
    return span._replace(
        col=span.col + start, end_line=span.line, end_col=span.col + max(end, start + 1)
    )


def _bad_expression(text: str, why: str, span: Span) -> CompileError:
    return error(
        "ASC0023",
        f"'{text.strip()}' is no size expression: {why}",
        span,
        help="integers, names, + - * / % << >>, comparisons, c ? a : b, ceil(a / b), min, max",
    )


class _Parser:
    """Precedence climbing over the words of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = list(self._split())
        self.at = 0
        self.depth = 0

    def _split(self) -> Iterator[_Word]:
        position = 0
        while True:
            match = _WORDS.match(self.text, position)
            assert match is not None, "every text has a next word"
            if match["end"] is not None:
                yield _Word("", len(self.text))
                return
            kind = "word" if match["word"] is not None else "stray"
            if kind == "stray":
                start, end = match.span("stray")
                raise _Malformed(f"'{match['stray']}' cannot stand in one", start, end)
            word = match["word"]
            yield _Word(_SPELLINGS.get(word, word), match.start("word"))
            position = match.end()

    def whole(self) -> Size:
        size = self.expression(TERNARY)
        if self.words[self.at].text:
            raise self.unexpected()
        return size

    def unexpected(self) -> _Malformed:
        word = self.words[self.at]
        what = f"'{word.text}' is not expected" if word.text else "it ends too early"
        return _Malformed(what, word.start, word.start + len(word.text))

    def take(self, text: str) -> bool:
        if self.words[self.at].text != text:
            return False
        self.at += 1
        return True

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.unexpected()

    def expression(self, strength: int) -> Size:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Malformed("it is nested too deeply", 0, len(self.text))
        left = self.operand()
        while True:
            word = self.words[self.at].text
            if word == "?" and strength <= TERNARY:
                self.at += 1
                yes = self.expression(TERNARY)
                self.need(":")
                left = Operation("?:", (left, yes, self.expression(TERNARY)))
                continue
            precedence = OPERATIONS[word].precedence if word in OPERATIONS else 0
            if word in FUNCTIONS or precedence < max(strength, 2) or precedence >= UNARY:
                break
            self.at += 1
            left = Operation(word, (left, self.expression(precedence + 1)))
        self.depth -= 1
        return left

    def operand(self) -> Size:
        word = self.words[self.at]
        if self.take("("):
            inner = self.expression(TERNARY)
            self.need(")")
            return inner
        if word.text in ("-", "!", "+"):
            self.at += 1
            inner = self.expression(UNARY)
            kind = {"-": "negative", "!": "not"}.get(word.text)
            if kind == "negative" and isinstance(inner, Number):
                return Number(-inner.value)
            return inner if kind is None else Operation(kind, (inner,))
        if word.text[:1].isdigit():
            self.at += 1
            digits = word.text.rstrip("uUlL")
            value = int(digits, 16 if digits[:2] in ("0x", "0X") else 10)
            if value >= LARGEST:
                raise _Malformed("the number is too large", word.start, word.start + len(digits))
            return Number(value)
        if word.text[:1].isalpha() or word.text[:1] == "_":
            self.at += 1
            return self.call(word) if self.words[self.at].text == "(" else Name(word.text)
        raise self.unexpected()

    def call(self, name: _Word) -> Size:
        if name.text not in FUNCTIONS:
            message = f"there is no function '{name.text}'"
            raise _Malformed(message, name.start, name.start + len(name.text))
        self.need("(")
        arguments = [self.expression(TERNARY)]
        while self.take(","):
            arguments.append(self.expression(TERNARY))
        self.need(")")
        if name.text not in QUOTIENTS:
            return Operation(name.text, tuple(arguments))
        ratio = _ratio(arguments[0]) if len(arguments) == 1 else None
        if ratio is None:
            end = self.words[self.at - 1].start + 1
            raise _Malformed(f"'{name.text}' takes one quotient", name.start, end)
        return Operation(name.text, ratio)


def _ratio(size: Size) -> tuple[Size, Size] | None:
    """The expression as numerator and denominator, quotients exact; None where that is not said
    by + - * / alone."""
    if not isinstance(size, Operation) or size.kind not in EXACT or _is_whole(size):
        return size, Number(1)
    parts = [_ratio(operand) for operand in size.operands]
    if any(part is None for part in parts):
        return None
    (a, b), *others = [part for part in parts if part is not None]
    if not others:
        return operation("negative", a), b
    c, d = others[0]
    if size.kind == "*":
        return operation("*", a, c), operation("*", b, d)
    if size.kind == "/":
        return operation("*", a, d), operation("*", b, c)
    if b == d:
        return operation(size.kind, a, c), b
    crossed = operation("*", a, d), operation("*", c, b)
    return operation(size.kind, *crossed), operation("*", b, d)


def _is_whole(size: Size) -> bool:
    """Whether an expression has no quotient that would have to stay exact."""
    if not isinstance(size, Operation) or size.kind not in EXACT:
        return True
    return size.kind != "/" and all(map(_is_whole, size.operands))


def product(sizes: Sequence[Size]) -> Size:
    """The sizes multiplied."""
    result: Size = Number(1)
    for size in sizes:
        result = operation("*", result, size)
    return result
