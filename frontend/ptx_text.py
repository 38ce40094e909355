"""The text of an `asm` statement as PTX statements.

Knows the form alone: instructions with guards and operands, declarations of registers, scopes in
braces. What an instruction means is `ptx_table.py`. Operands of the statement are names here:
`%0`, `%[name]`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ..ir.diagnostics import error
from ..ir.source import Span


@dataclass(frozen=True, slots=True)
class Register:
    """A register, special register or operand of the statement, by name; `negated`: `!p`."""

    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Immediate:
    """A number; `bits` where it was written as the bits of a float (`0f3F800000`)."""

    value: int | float
    bits: int = 0


@dataclass(frozen=True, slots=True)
class Address:
    """`[base + offset]`"""

    base: Register | Immediate
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Vector:
    """`{a, b}`"""

    items: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """`p|q`: two results."""

    first: Operand
    second: Operand


Operand = Register | Immediate | Address | Vector | Pair


@dataclass(frozen=True, slots=True)
class Instruction:
    """`@guard opcode operands;` The span is the opcode's place in the source."""

    opcode: str
    operands: tuple[Operand, ...]
    guard: Register | None
    span: Span


@dataclass(frozen=True, slots=True)
class Declaration:
    """`.reg .type names;`"""

    type: str
    names: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ScopeMark:
    """`{` or `}`."""

    opens: bool


Statement = Instruction | Declaration | ScopeMark

_TOKEN = re.compile(
    r"""
  (?P<space>\s+|//[^\n]*|/\*.*?\*/)
| (?P<number>0[fF][0-9a-fA-F]{8}\b|0[dD][0-9a-fA-F]{16}\b|0[xX][0-9a-fA-F]+U?
  |\d+\.\d*(?:[eE][-+]?\d+)?|\d+U?)
| (?P<name>%\[\w+\]|%%?[A-Za-z_]\w*(?:\.[xyzw])?|%\d+|[A-Za-z_$][\w$]*(?:(?:\.|::)\w+)*)
| (?P<type>\.\w+)
| (?P<sign>[-+{}\[\],;@!|:<>()])
""",
    re.VERBOSE | re.DOTALL,
)


def parse(text: str, span: Span, place: PlaceOf) -> list[Statement]:
    """The statements of `text`. Raises CompileError for what is no PTX."""
    return list(_Parser(text, span, place).statements())


class PlaceOf:
    """Where in the source a piece of the text stands; the whole statement where that is open."""

    def __init__(self, lines: dict[int, str], span: Span) -> None:
        self.lines = lines
        self.span = span
        self._taken: dict[str, int] = {}

    def __call__(self, word: str) -> Span:
        """The span of the next occurrence of `word`."""
        skip = self._taken.get(word, 0)
        self._taken[word] = skip + 1
        pattern = re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w.])")
        places = [(n, m) for n, line in sorted(self.lines.items()) for m in pattern.finditer(line)]
        if skip >= len(places):
            return self.span
        number, match = places[skip]
        start, end = match.start() + 1, match.end() + 1
        return Span(self.span.file, number, start, number, end)


class _Parser:
    def __init__(self, text: str, span: Span, place: PlaceOf) -> None:
        self.text = text
        self.span = span
        self.place = place
        self.tokens = list(self._scan())
        self.at = 0

    def _scan(self) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(self.text):
            found = _TOKEN.match(self.text, position)
            if found is None:
                raise self.fail(f"'{self.text[position : position + 20]}'")
            if found.lastgroup != "space":
                yield str(found.lastgroup), found[0]
            position = found.end()

    def fail(self, what: str) -> Exception:
        return error("ASC0430", f"cannot read the inline PTX at {what}", self.span)

    def peek(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.tokens[index][1] if index < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        text = self.peek()
        if not text or (wanted and text != wanted):
            raise self.fail(f"'{text}', where '{wanted}' should stand" if wanted else "its end")
        self.at += 1
        return text

    def statements(self) -> Iterator[Statement]:
        while self.at < len(self.tokens):
            text = self.peek()
            if text == ";":
                self.at += 1
            elif text in "{}":
                self.at += 1
                yield ScopeMark(text == "{")
            elif text == ".reg":
                yield self._declaration()
            else:
                yield self._instruction()

    def _declaration(self) -> Declaration:
        self.take(".reg")
        type_ = self.take().lstrip(".")
        names: list[str] = []
        while True:
            name = self.take().replace("%%", "%")
            if self.peek() == "<":
                self.take("<")
                names += [f"{name}{i}" for i in range(int(self.take()))]
                self.take(">")
            else:
                names.append(name)
            if self.peek() != ",":
                break
            self.take(",")
        self._end()
        return Declaration(type_, tuple(names), self.span)

    def _end(self) -> None:
        if self.at < len(self.tokens) and self.peek() != "}":
            self.take(";")

    def _instruction(self) -> Instruction:
        guard = None
        if self.peek() == "@":
            self.take("@")
            negated = self.peek() == "!"
            if negated:
                self.take("!")
            guard = Register(self._name(), negated)
        if self.peek(1) == ":":
            raise self.fail(f"the label '{self.peek()}': jumps are not supported")
        kind, opcode = self.tokens[self.at]
        if kind != "name" or opcode.startswith("%"):
            raise self.fail(f"'{opcode}'")
        self.at += 1
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "type":
            opcode += self.take()
        operands: list[Operand] = []
        while self.at < len(self.tokens) and self.peek() not in (";", "}"):
            operands.append(self._operand())
            if self.peek() == ",":
                self.take(",")
        self._end()
        return Instruction(opcode, tuple(operands), guard, self.place(opcode))

    def _name(self) -> str:
        return self.take().replace("%%", "%")

    def _operand(self) -> Operand:
        first = self._single()
        if self.peek() == "|":
            self.take("|")
            return Pair(first, self._single())
        return first

    def _single(self) -> Operand:
        text = self.peek()
        if text == "{":
            return Vector(tuple(self._list("{", "}")))
        if text == "[":
            return self._address()
        if text == "!":
            self.take("!")
            return Register(self._name(), True)
        if text in "-+" or self.tokens[self.at][0] == "number":
            return self._number()
        if self.tokens[self.at][0] != "name":
            raise self.fail(f"'{text}'")
        return Register(self._name())

    def _list(self, opening: str, closing: str) -> Iterator[Operand]:
        self.take(opening)
        while self.peek() != closing:
            yield self._operand()
            if self.peek() == ",":
                self.take(",")
        self.take(closing)

    def _address(self) -> Address:
        self.take("[")
        base = self._single()
        if not isinstance(base, Register | Immediate):
            raise self.fail("an address")
        offset = 0
        if self.peek() in ("+", "-"):
            sign = -1 if self.peek() == "-" else 1
            self.take()
            number = self._number()
            offset = sign * int(number.value)
        self.take("]")
        return Address(base, offset)

    def _number(self) -> Immediate:
        sign = 1
        while self.peek() in ("-", "+"):
            sign = -sign if self.take() == "-" else sign
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "number":
            raise self.fail(f"'{text}', where a number should stand")
        self.at += 1
        lower = text.lower()
        if lower.startswith("0f"):
            value = struct.unpack(">f", bytes.fromhex(text[2:]))[0]
            return Immediate(sign * value, 32)
        if lower.startswith("0d"):
            return Immediate(sign * struct.unpack(">d", bytes.fromhex(text[2:]))[0], 64)
        if "." in text or ("e" in lower and not lower.startswith("0x")):
            return Immediate(sign * float(text))
        return Immediate(sign * int(lower.rstrip("u"), 0 if lower.startswith("0x") else 10))
