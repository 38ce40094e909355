"""Where the keys and values of a TOML text stand.

The standard library's parser gives values without places; this scanner gives places without
values, for texts that the parser accepted. It knows how keys, strings, arrays and inline tables
are delimited, and nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from ..ir.source import Span

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_OTHER = re.compile(r"[^\s,\]}#][^,\]}#\n]*")
_ESCAPE = re.compile(r'\\(["\\])')


@dataclass(slots=True)
class TomlSpans:
    """The places of keys and values by path: names of tables and keys, numbers in arrays.

    A string's value is its inside.
    """

    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)

    def value(self, path: Path) -> Span | None:
        """The place of a value, or of the nearest thing around it."""
        while path:
            if path in self.values:
                return self.values[path]
            if path in self.keys:
                return self.keys[path]
            path = path[:-1]
        return None

    def key(self, path: Path) -> Span | None:
        return self.keys.get(path) or self.value(path)


def toml_spans(text: str, name: str) -> TomlSpans:
    """The places in a valid TOML text, as positions in the file `name`."""
    scanner = _Scanner(text, name)
    scanner.scan()
    return scanner.found


class _Scanner:
    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.at = 0
        self.starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self.found = TomlSpans()
        self.tables: dict[Path, int] = {}

    def span(self, start: int, end: int) -> Span:
        first, last = bisect_right(self.starts, start), bisect_right(self.starts, max(start, end))
        return Span(
            self.name,
            first,
            start - self.starts[first - 1] + 1,
            last,
            end - self.starts[last - 1] + 1,
        )

    def blank(self) -> str:
        """Go on to the next character that means something; it, or "" at the end."""
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match is not None else self.at
        return self.text[self.at : self.at + 1]

    def scan(self) -> None:
        table: Path = ()
        while (character := self.blank()) != "":
            before = self.at
            if character == "[":
                table = self.header()
            else:
                self.pair(table)
            if self.at == before:
                self.at += 1

    def header(self) -> Path:
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        path = self.key(())
        self.at += 2 if double else 1
        if double:
            number = self.tables[path] = self.tables.get(path, -1) + 1
            return (*path, number)
        return path

    def key(self, table: Path) -> Path:
        """A dotted key; notes the place of each of its parts."""
        path = table
        while True:
            self.blank()
            start = self.at
            match = _STRING.match(self.text, start) or _BARE_KEY.match(self.text, start)
            if match is None:
                return path
            word = match[0]
            if word[0] in "\"'":
                word = _ESCAPE.sub(r"\1", word[1:-1]) if word[0] == '"' else word[1:-1]
            self.at = match.end()
            path = (*path, word)
            if path in self.tables:
                path = (*path, self.tables[path])
            self.found.keys.setdefault(path, self.span(start, self.at))
            if self.blank() != ".":
                return path
            self.at += 1

    def pair(self, table: Path) -> None:
        path = self.key(table)
        if self.blank() == "=":
            self.at += 1
            self.value(path)

    def value(self, path: Path) -> None:
        character = self.blank()
        start = self.at
        if character == "[":
            self.sequence(path, "]")
        elif character == "{":
            self.sequence(path, "}")
        elif (string := _STRING.match(self.text, start)) is not None:
            self.at = string.end()
            quote = 3 if string[0][:3] in ('"""', "'''") else 1
            self.found.values[path] = self.span(start + quote, self.at - quote)
            return
        elif (other := _OTHER.match(self.text, start)) is not None:
            self.at = start + len(other[0].rstrip())
        self.found.values[path] = self.span(start, self.at)

    def sequence(self, path: Path, closing: str) -> None:
        """The elements of an array, or the pairs of an inline table."""
        self.at += 1
        number = 0
        while (character := self.blank()) not in ("", closing):
            before = self.at
            if character == ",":
                self.at += 1
                number += 1
            elif closing == "]":
                self.value((*path, number))
            else:
                self.pair(path)
            if self.at == before:
                self.at += 1
        self.at += 1
