"""Generated C as tokens, and just enough of its grammar to find operands.

Only what our own printer writes has to be understood: expressions, statements on lines, no
preprocessor inside a function. A token knows its place in the text, so that a change of it is a
change of characters and everything else stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/|\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<number>(?:0[xX][0-9a-fA-F.]+(?:[pP][+-]?\d+)?|\.?\d(?:[eE][+-]|[\w.])*)[uUlLfF]*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign><<=|>>=|\+\+|--|->|<<|>>|[-+*/%&|^<>=!]=|&&|\|\||[-+*/%&|^<>=!~?:;,.(){}\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)

PRECEDENCE = {
    "*": 10, "/": 10, "%": 10, "+": 9, "-": 9, "<<": 8, ">>": 8,
    "<": 7, "<=": 7, ">": 7, ">=": 7, "==": 6, "!=": 6, "&": 5, "^": 4, "|": 3, "&&": 2, "||": 1,
}  # fmt: skip
"""Binary operators of C; a larger number binds tighter."""

OPENING, CLOSING = {"(": ")", "[": "]", "{": "}"}, {")": "(", "]": "[", "}": "{"}
TYPE_WORDS = frozenset(
    "void bool char int unsigned signed float double const volatile restrict struct size_t "
    "int8_t uint8_t int16_t uint16_t int32_t uint32_t int64_t uint64_t uintptr_t".split()
)
NOT_VALUES = frozenset({"return", "else", "do", "case"})


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: string, number, word or sign; `text` stands at [`start`, `end`) of the file."""

    kind: str
    text: str
    start: int
    end: int


class CText:
    """The tokens of a file, and the questions that mutators ask about them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.types = TYPE_WORDS | set(re.findall(r"^\} ?(?:__\w+\(\(.*?\)\) )?(\w+);", text, re.M))
        self.partner = _partners(self.tokens)

    def __getitem__(self, at: int) -> str:
        """The text of token `at`; "" outside the file."""
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def is_cast(self, opening: int) -> bool:
        """Whether the parenthesis at `opening` holds a type."""
        inside = range(opening + 1, self.partner[opening])
        return len(inside) > 0 and all(self[i] in self.types or self[i] == "*" for i in inside)

    def ends_value(self, at: int) -> bool:
        """Whether an operand can end with token `at`, so that an operator behind it is binary."""
        token = self.tokens[at]
        if token.text == ")":
            return not self.is_cast(self.partner[at])
        if token.kind == "word":
            return token.text not in self.types and token.text not in NOT_VALUES
        return token.kind in ("number", "string") or token.text == "]"

    def is_binary(self, at: int) -> bool:
        """Whether token `at` is a binary operator between two operands."""
        return self[at] in PRECEDENCE and self.ends_value(at - 1)

    def left_operand(self, at: int) -> int:
        """The first token of the left operand of the binary operator (or `?`) at `at`."""
        own, first = PRECEDENCE.get(self[at], 0), at
        while True:
            before = first - 1
            if self[before] in CLOSING and self[before] != "}":
                first = self.partner[before]
            elif self.is_binary(before) and PRECEDENCE[self[before]] < own:
                return first
            elif self.tokens[before].kind == "sign" and not self._inside_operand(before):
                return first
            elif self[before] in NOT_VALUES:
                return first
            else:
                first = before

    def right_operand(self, at: int) -> int:
        """The token behind the right operand of the binary operator `at`."""
        own, end = PRECEDENCE[self[at]], at + 1
        while True:
            if self[end] in OPENING:
                end = self.partner[end] + 1
            elif self.is_binary(end) and PRECEDENCE[self[end]] <= own:
                return end
            elif self.tokens[end].kind == "sign" and not self._inside_operand(end):
                return end
            else:
                end += 1

    def _inside_operand(self, at: int) -> bool:
        """Whether a sign can stand inside an operand: binary operators, unary ones, members."""
        return self[at] in PRECEDENCE or self[at] in ("!", "~", ".", "->", "++", "--")

    def source(self, first: int, end: int) -> str:
        """The text from token `first` up to token `end`."""
        return self.text[self.tokens[first].start : self.tokens[end - 1].end]

    def arguments(self, opening: int) -> list[tuple[int, int]]:
        """The arguments of a call, as ranges of tokens; `opening` is its parenthesis."""
        found, first, at = [], opening + 1, opening + 1
        last = self.partner[opening]
        while at < last:
            if self[at] == ",":
                found.append((first, at))
                first = at + 1
            at = self.partner[at] + 1 if self[at] in OPENING else at + 1
        return [*found, (first, last)] if last > opening + 1 else []


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"no token of C: {text[at : at + 20]!r}")
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match.group(), at, match.end())
        at = match.end()


def _partners(tokens: Sequence[Token]) -> dict[int, int]:
    """Where the bracket is that belongs to the one at each place."""
    found: dict[int, int] = {}
    pending: list[int] = []
    for at, token in enumerate(tokens):
        if token.text in OPENING:
            pending.append(at)
        elif token.text in CLOSING:
            first = pending.pop()
            found[first], found[at] = at, first
    return found
