"""The arithmetic of `#if`: 64-bit integers, every operator that C++ allows there.

The tokens come with macros expanded and `defined` replaced by 0 or 1; any name that is left is 0,
but `true`. The result of an operation is unsigned where one operand is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ..ir.source import Span
from .tokens import CHAR, IDENT, NUMBER, Token

MAX_DEPTH = 100
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([uUlLzZ]*)")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27}
_PRECEDENCE = {
    "*": 10, "/": 10, "%": 10, "+": 9, "-": 9, "<<": 8, ">>": 8, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "==": 6, "!=": 6, "&": 5, "^": 4, "|": 3, "&&": 2, "||": 1,
}  # fmt: skip


class ConditionError(Exception):
    """An expression that `#if` cannot evaluate, and where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


class _Value(NamedTuple):
    number: int
    unsigned: bool = False


def evaluate(tokens: list[Token], where: Span) -> int:
    """The value of the expression; `where` is the directive, for an empty one."""
    parser = _Parser(tokens, where)
    value = parser.ternary(True)
    if parser.peek():
        raise ConditionError(f"'{parser.peek()}' does not continue an expression", parser.span())
    return value.number


def _wrapped(number: int, unsigned: bool) -> _Value:
    number &= (1 << 64) - 1
    if not unsigned and number >> 63:
        number -= 1 << 64
    return _Value(number, unsigned)


def _divide(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": lambda a, b: a - b * _divide(a, b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "&": lambda a, b: a & b,
    "^": lambda a, b: a ^ b,
    "|": lambda a, b: a | b,
}
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


class _Parser:
    """Precedence climbing; `live` is false in an operand that is not evaluated."""

    def __init__(self, tokens: list[Token], where: Span) -> None:
        self._tokens = _joined(tokens)
        self._at = 0
        self._where = where
        self._depth = 0

    def peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def span(self) -> Span:
        return self._tokens[self._at].span if self._at < len(self._tokens) else self._where

    def _expect(self, text: str) -> None:
        if self.peek() != text:
            raise ConditionError(f"'{text}' missing in the condition", self.span())
        self._at += 1

    def ternary(self, live: bool) -> _Value:
        condition = self._binary(1, live)
        if self.peek() != "?":
            return condition
        self._at += 1
        self._enter()
        chosen = condition.number != 0
        first = self.ternary(live and chosen)
        self._expect(":")
        second = self.ternary(live and not chosen)
        self._depth -= 1
        number = first.number if chosen else second.number
        return _wrapped(number, first.unsigned or second.unsigned)

    def _binary(self, least: int, live: bool) -> _Value:
        left = self._unary(live)
        while (level := _PRECEDENCE.get(self.peek(), 0)) >= least:
            op, span = self.peek(), self.span()
            self._at += 1
            if op in ("&&", "||"):
                decided = (left.number != 0) == (op == "||")
                right = self._binary(level + 1, live and not decided)
                left = _Value(int(op == "||") if decided else int(right.number != 0))
            else:
                left = self._combined(op, left, self._binary(level + 1, live), live, span)
        return left

    def _combined(self, op: str, left: _Value, right: _Value, live: bool, span: Span) -> _Value:
        if op in ("<<", ">>"):
            count = right.number if 0 <= right.number < 64 else 64
            shifted = left.number << count if op == "<<" else left.number >> count
            return _wrapped(shifted, left.unsigned)
        unsigned = left.unsigned or right.unsigned
        a, b = _wrapped(left.number, unsigned).number, _wrapped(right.number, unsigned).number
        if op in _COMPARISONS:
            return _Value(int(_COMPARISONS[op](a, b)))
        if op in ("/", "%") and b == 0:
            if live:
                raise ConditionError("division by zero in the condition", span)
            return _Value(0, unsigned)
        return _wrapped(_ARITHMETIC[op](a, b), unsigned)

    def _unary(self, live: bool) -> _Value:
        prefixes = []
        while self.peek() in ("!", "-", "+", "~"):
            prefixes.append(self.peek())
            self._at += 1
        value = self._primary(live)
        for op in reversed(prefixes):
            if op == "!":
                value = _Value(int(value.number == 0))
            elif op == "-":
                value = _wrapped(-value.number, value.unsigned)
            elif op == "~":
                value = _wrapped(~value.number, value.unsigned)
        return value

    def _primary(self, live: bool) -> _Value:
        if self._at >= len(self._tokens):
            raise ConditionError("the condition is incomplete", self._where)
        token = self._tokens[self._at]
        self._at += 1
        if token.text == "(":
            self._enter()
            value = self.ternary(live)
            self._expect(")")
            self._depth -= 1
            return value
        if token.kind == NUMBER:
            return _number(token)
        if token.kind == CHAR:
            return _character(token)
        if token.kind == IDENT or token.kind == "PAINTED":
            if self.peek() == "(":
                raise ConditionError(f"'{token.text}' is not a macro that is defined", token.span)
            return _Value(int(token.text == "true"))
        raise ConditionError(f"'{token.text}' is not valid in a condition", token.span)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ConditionError(f"the condition nests more than {MAX_DEPTH} deep", self.span())


def _joined(tokens: list[Token]) -> list[Token]:
    """The tokens with `>>` and `>=` put together."""
    out: list[Token] = []
    for token in tokens:
        if out and token.glued and out[-1].text == ">" and token.text in (">", "="):
            out[-1] = out[-1]._replace(text=">" + token.text, span=out[-1].span.to(token.span))
        else:
            out.append(token)
    return out


def _number(token: Token) -> _Value:
    match = _NUMBER.fullmatch(token.text.replace("'", ""))
    if match is None:
        raise ConditionError(f"'{token.text}' is not an integer", token.span)
    digits, suffix = match.groups()
    octal = digits[0] == "0" and digits.isdigit()
    if octal and ("8" in digits or "9" in digits):
        raise ConditionError(f"'{token.text}' is not an octal number", token.span)
    if len(digits) > 80:
        raise ConditionError(f"'{token.text[:20]}...' is too large", token.span)
    value = int(digits, 8) if octal else int(digits, 0)
    return _wrapped(value, "u" in suffix.lower() or value >> 63 != 0)


def _character(token: Token) -> _Value:
    text = token.text[token.text.index("'") + 1 : -1]
    if len(text) == 1:
        return _Value(ord(text))
    if len(text) == 2 and text[0] == "\\":
        return _Value(_ESCAPES.get(text[1], ord(text[1])))
    match = re.fullmatch(r"\\(x[0-9a-fA-F]{1,4}|[0-7]{1,3})", text)
    if match is None:
        raise ConditionError(f"{token.text} is not a character", token.span)
    digits = match[1]
    return _Value(int(digits[1:], 16) if digits[0] == "x" else int(digits, 8))
