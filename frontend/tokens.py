"""Text to preprocessing tokens.

One regular expression splits a whole file; line continuations are taken out first, and a table of
line starts maps every offset back to the line and column that the user sees. A file becomes
chunks: directives, and runs of tokens between them, so that the preprocessor skips an inactive
group without looking into it.

`>` is always a token of its own: whether `>>` closes two template argument lists or shifts is for
the parser, which puts adjacent ones together (`Token.glued`). `<<<` is one token.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ..ir.diagnostics import error
from ..ir.source import NOWHERE, Span

IDENT = "IDENT"
NUMBER = "NUMBER"
STRING = "STRING"
CHAR = "CHAR"
PUNCT = "PUNCT"
PRAGMA = "PRAGMA"
STRAY = "STRAY"  # what is no token at all: only an error where it is not skipped
EOF = "EOF"

MAX_CHARACTERS = 8_000_000
MAX_TOKENS = 600_000
_CACHED_CHARACTERS = 400_000


class Token(NamedTuple):
    """A token; `glued` where no white space separates it from the one before.

    The text of a PRAGMA is its whole line (`#pragma unroll 4`), macros expanded.
    """

    kind: str
    text: str
    span: Span
    glued: bool = False


class Directive(NamedTuple):
    """A line that starts with `#`: the tokens after the sign, of which the first is the name."""

    hash: Token
    tokens: list[Token]


Chunk = Directive | list[Token]


@dataclass(frozen=True, slots=True)
class LexedFile:
    """A file split up; `end` is the empty span after the last character."""

    name: str
    chunks: tuple[Chunk, ...]
    count: int
    end: Span


ALTERNATIVE_SPELLINGS = {
    "and": "&&",
    "and_eq": "&=",
    "bitand": "&",
    "bitor": "|",
    "compl": "~",
    "not": "!",
    "not_eq": "!=",
    "or": "||",
    "or_eq": "|=",
    "xor": "^",
    "xor_eq": "^=",
}

_PUNCTUATORS = (
    r"<<<(?!=)|<<=|\.\.\.|->\*|<<|<=|->|::|\+\+|--|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=|\^=|==|!="
    r"|\.\*|\#\#|[-+*/%&|^~!<>=?:;,.(){}\[\]\#]"
)
_PATTERN = re.compile(
    rf"""[ \t]*(?:
      (?P<NEWLINE>\n(?:[ \t\r]*\n)*)
    | (?P<SPACE>[ \t\r\f\v]+ | //[^\n]* | /\*(?s:.*?)\*/)
    | (?P<IDENT>(?!(?:u8|[uUL])?R?["'])[^\W\d][\w$]*)
    | (?P<NUMBER>\.?[0-9](?:[eEpP][+-]|'\w|[\w.])*)
    | (?P<STRING>(?:u8|[uUL])?(?:"[^"\\\n]*(?:\\.[^"\\\n]*)*"
        |R"(?P<delimiter>[^ ()\\\t\v\f\n]{{0,16}})\((?s:.*?)\)(?P=delimiter)"))
    | (?P<CHAR>(?:u8|[uUL])?'[^'\\\n]*(?:\\.[^'\\\n]*)*')
    | (?P<UNCLOSED>/\*(?s:.*))
    | (?P<PUNCT>{_PUNCTUATORS})
    | (?P<STRAY>(?:u8|[uUL])?R?["'][^\n]*|[^ \t])
    )""",
    re.VERBOSE,
)
_CONTINUATION = re.compile(r"\\[ \t]*\r?\n")
_NO_LINE = 1 << 60


def decode(name: str, data: bytes) -> str:
    """The text of a file's bytes; raises ASC0003 or ASC0007."""
    if len(data) > MAX_CHARACTERS:
        raise error(
            "ASC0007",
            f"'{name}' has {len(data)} bytes; the limit is {MAX_CHARACTERS}",
            NOWHERE,
            help="translate the part that holds the kernels",
        )
    zero = data.find(b"\0")
    if zero >= 0:
        raise error("ASC0003", f"'{name}' holds a NUL byte at offset {zero}", NOWHERE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = data.count(b"\n", 0, failure.start) + 1
        raise error(
            "ASC0003",
            f"'{name}' is not UTF-8 text: byte 0x{data[failure.start]:02x} on line {line}",
            NOWHERE,
            help="convert it, for example with: iconv -f latin1 -t utf-8",
        ) from None
    return text if "\n" in text or "\r" not in text else text.replace("\r", "\n")


def lex(name: str, text: str) -> LexedFile:
    """Split `text`, whose positions are reported under the file name `name`."""
    return _lex_cached(name, text) if len(text) < _CACHED_CHARACTERS else _lex(name, text)


@lru_cache(maxsize=64)
def _lex_cached(name: str, text: str) -> LexedFile:
    return _lex(name, text)


def _line_starts(text: str) -> tuple[str, list[int]]:
    """The text without continuations, and where each line of the file starts in it."""
    if "\\\n" not in text and _CONTINUATION.search(text) is None:
        return text, [0, *(m.end() for m in re.finditer("\n", text)), _NO_LINE]
    starts, pieces, length = [0], [], 0
    for line in text.split("\n"):
        continued = _CONTINUATION.search(line + "\n")
        piece = line[: continued.start()] if continued else line + "\n"
        pieces.append(piece)
        length += len(piece)
        starts.append(length)
    spliced = "".join(pieces)
    if spliced.endswith("\n") and not text.endswith("\n"):
        spliced = spliced[:-1]
    starts[-1] = _NO_LINE
    return spliced, starts


def _tokens(name: str, text: str) -> Iterator[Token | None]:
    """The tokens, None for each end of a line, last an EOF token."""
    spliced, starts = _line_starts(text)
    line, start, next_start = 1, 0, starts[1]
    previous_end = -1
    new = tuple.__new__
    for match in _PATTERN.finditer(spliced):
        kind = match.lastgroup
        if kind == "NEWLINE":
            yield None
            continue
        if kind == "SPACE":
            continue
        assert kind is not None
        first, end = match.span(kind)
        while first >= next_start:
            start = next_start
            line += 1
            next_start = starts[line]
        word = match[kind]
        if end <= next_start:
            span = new(Span, (name, line, first - start + 1, line, end - start + 1, None))
        else:
            end_line = bisect_right(starts, end - 1)
            end_col = end - starts[end_line - 1] + 1
            span = Span(name, line, first - start + 1, end_line, end_col)
            if match["delimiter"] is not None and len(spliced) != len(text):
                word = _original(text, span)
        if kind == "UNCLOSED":
            kind, word = "STRAY", "/*"
            span = Span(name, line, first - start + 1, line, first - start + 3)
        yield new(Token, (kind, word, span, first == previous_end))
        previous_end = end
    last = bisect_right(starts, len(spliced))
    col = len(spliced) - starts[last - 1] + 1
    yield Token(EOF, "", Span(name, last, col, last, col))


def _original(text: str, span: Span) -> str:
    """The characters of a raw string, in which a continuation is no continuation."""
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_col - 1]
    lines[0] = lines[0][span.col - 1 :]
    return "\n".join(lines)


def _lex(name: str, text: str) -> LexedFile:
    if len(text) > MAX_CHARACTERS:
        raise error("ASC0007", f"'{name}' has more than {MAX_CHARACTERS} characters", NOWHERE)
    chunks: list[Chunk] = []
    run: list[Token] = []
    target = run
    at_line_start = True
    count = 0
    end = NOWHERE
    for token in _tokens(name, text):
        if token is None:
            at_line_start = True
            target = run
            continue
        if token.kind == "EOF":
            end = token.span
            break
        count += 1
        if at_line_start and token.text == "#":
            if run:
                chunks.append(run)
            run = []
            target = []
            chunks.append(Directive(token, target))
        else:
            target.append(token)
        at_line_start = False
        if count > MAX_TOKENS:
            raise error("ASC0007", f"'{name}' has more than {MAX_TOKENS} tokens", token.span)
    if run:
        chunks.append(run)
    return LexedFile(name, tuple(chunks), count, end)


def lex_fragment(text: str) -> list[tuple[str, str]]:
    """Kinds and texts of a piece of text without positions: pasted tokens, definitions of -D."""
    return [(t.kind, t.text) for t in _tokens("", text) if t is not None and t.kind != EOF]


def spelling(tokens: list[Token] | tuple[Token, ...]) -> str:
    """The tokens as text, with one space where the source had white space."""
    return "".join(t.text if i == 0 or t.glued else " " + t.text for i, t in enumerate(tokens))
