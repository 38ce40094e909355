"""C++ text as tokens with offsets, for the small rewriter.

Comments and white space are left out; a preprocessor directive is one token. Nothing is expanded
and nothing is refused: what is no token of C++ becomes a token of one character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Token(NamedTuple):
    """`kind` is word, number, text (string or character), sign or directive."""

    kind: str
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""
  (?P<space>\s+|\\\r?\n|//(?:\\\r?\n|[^\n])*|/\*.*?(?:\*/|\Z))
| (?P<text>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"
  |(?:u8|[uUL])?"(?:\\.|[^"\\\n])*" | (?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
| (?P<number>\.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])*)
| (?P<word>[A-Za-z_$]\w*)
| (?P<sign><<<|::|->|<<=|<<|<=|[-+*/%&|^!=]=|&&|\|\||\+\+|--|.)
""",
    re.DOTALL | re.VERBOSE,
)

_DIRECTIVE = re.compile(
    r'#(?:\\\r?\n|"(?:\\.|[^"\\\n])*"|/\*.*?(?:\*/|\Z)|//[^\n]*|[^\n])*', re.DOTALL
)


def tokenize(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of text[start:end]; a `#` that begins a line begins a directive."""
    return list(_scan(text, start, len(text) if end is None else end))


def _scan(text: str, at: int, end: int) -> Iterator[Token]:
    begins_line = at == 0 or text[at - 1] == "\n"
    while at < end:
        is_directive = begins_line and text[at] == "#"
        found = (_DIRECTIVE if is_directive else _TOKEN).match(text, at, end)
        assert found is not None  # a sign is any character
        kind = "directive" if is_directive else str(found.lastgroup)
        if kind != "space":
            yield Token(kind, found[0], at, found.end())
            begins_line = False
        elif found[0].isspace():
            begins_line = begins_line or "\n" in found[0]
        at = found.end()


_OPEN = {"(": ")", "[": "]", "{": "}"}
_CLOSE = frozenset(_OPEN.values())


def matching(tokens: Sequence[Token], at: int) -> int | None:
    """The index of the bracket that closes the one at index `at`."""
    depth = 0
    for i in range(at, len(tokens)):
        if tokens[i].text in _OPEN:
            depth += 1
        elif tokens[i].text in _CLOSE:
            depth -= 1
            if depth == 0:
                return i
    return None


def closing_brackets(tokens: Sequence[Token]) -> dict[int, int]:
    """For each opening bracket that is closed, the index of its counterpart."""
    open_at: list[int] = []
    pairs: dict[int, int] = {}
    for i, token in enumerate(tokens):
        if token.text in _OPEN:
            open_at.append(i)
        elif token.text in _CLOSE:
            while open_at and _OPEN[tokens[open_at[-1]].text] != token.text:
                open_at.pop()  # never closed: do not let it swallow the rest
            if open_at:
                pairs[open_at.pop()] = i
    return pairs


def matching_angle(tokens: Sequence[Token], at: int) -> int | None:
    """The index of the `>` that closes the `<` at index `at`, in a list of template arguments."""
    depth = 0
    i = at
    while i < len(tokens):
        token = tokens[i].text
        if token in _OPEN:
            closed = matching(tokens, i)
            if closed is None:
                return None
            i = closed
        elif token == "<":
            depth += 1
        elif token == ">":
            depth -= 1
            if depth == 0:
                return i
        elif token in (";", "}"):
            return None
        i += 1
    return None


def split_at_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """The parts between commas that stand in no bracket and in no angle brackets."""
    parts: list[list[Token]] = [[]]
    depth = angles = 0
    for token in tokens:
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0:
            angles = max(0, angles + (token.text == "<") - (token.text == ">"))
        if token.text == "," and depth == 0 and angles == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if parts != [[]] else []


def spell(tokens: Sequence[Token]) -> str:
    """Tokens as text on one line."""
    return " ".join(token.text for token in tokens)


@dataclass(slots=True)
class Edit:
    """Replace text[start:end]."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text with all edits made; they must not overlap. Insertions at one place keep their
    order."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:]))
