"""`asm` statements as tokens: the text and operands out of what stands between the parentheses."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from . import ptx_rows  # noqa: F401  (fills the table)
from .ptx import NoMeaning, translate
from .tokens import Token, matching


def assembly_statement(text: str, tokens: Sequence[Token]) -> str:
    """The C++ statement for `asm(tokens)`. Raises NoMeaning."""
    sections = _sections(tokens)
    instructions = "".join(_string(t) for t in sections[0])
    outputs = _operands(text, sections[1] if len(sections) > 1 else [])
    inputs = _operands(text, sections[2] if len(sections) > 2 else [])
    operands = [*outputs, *inputs]
    names = {name: i for i, (name, _, _) in enumerate(operands) if name}
    instructions = re.sub(
        r"%\[(\w+)\]", lambda m: f"%{names[m[1]]}" if m[1] in names else m[0], instructions
    )
    return translate(instructions, [(c, e) for _, c, e in operands], len(outputs))


def _sections(tokens: Sequence[Token]) -> list[list[Token]]:
    """What stands between the colons, those in brackets left out."""
    sections: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0 and token.text in (":", "::"):
            sections += [[] for _ in token.text]
        else:
            sections[-1].append(token)
    return sections


def _string(token: Token) -> str:
    if token.kind != "text" or token.text[-1] != '"':
        raise NoMeaning(token.text)
    raw = re.fullmatch(r'R"([^(]*)\((.*)\)\1"', token.text, re.DOTALL)
    if raw:
        return raw[2]
    plain = token.text.replace("\\\r\n", "").replace("\\\n", "")
    value = ast.literal_eval(plain)
    assert isinstance(value, str)
    return value


def _operands(text: str, tokens: Sequence[Token]) -> list[tuple[str, str, str]]:
    """(name, constraint, expression) of each operand."""
    found: list[tuple[str, str, str]] = []
    at = 0
    while at < len(tokens):
        name = ""
        if tokens[at].text == ",":
            at += 1
            continue
        if tokens[at].text == "[":
            name, at = tokens[at + 1].text, at + 3
        constraint = _string(tokens[at])
        if at + 1 >= len(tokens) or tokens[at + 1].text != "(":
            raise NoMeaning("operand")
        close = matching(tokens, at + 1)
        if close is None:
            raise NoMeaning("operand")
        expression = text[tokens[at + 1].end : tokens[close].start]
        expression = re.sub(r"//[^\n]*|/\*.*?\*/", " ", expression, flags=re.DOTALL)
        expression = " ".join(expression.replace("\\\n", " ").split())
        found.append((name, constraint, expression))
        at = close + 1
    return found
