"""Source files, positions in them and the caret text of a message.

A `Span` is where something stands in a file, plus the chain of macro expansions that put it
there. Every token, AST node and IR operation carries one, so that any message can point at the
user's own text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Expansion(NamedTuple):
    """The expansion of `macro` at `use`; `use.expansion` is the next one outwards."""

    macro: str
    use: Span


class Span(NamedTuple):
    """Half-open range of text: lines and columns count from 1, the end column is exclusive."""

    file: str
    line: int
    col: int
    end_line: int
    end_col: int
    expansion: Expansion | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}"

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other` (same file, else this one)."""
        if other.file != self.file or (other.end_line, other.end_col) < (self.line, self.col):
            return self
        return Span(self.file, self.line, self.col, other.end_line, other.end_col, self.expansion)

    def written(self) -> Span:
        """Where the user wrote the code: the outermost macro use, or the span itself."""
        span = self
        while span.expansion is not None:
            span = span.expansion.use
        return span


NOWHERE = Span("<builtin>", 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's name as the user would write it, and its text."""

    name: str
    text: str


@dataclass(slots=True)
class Sources:
    """All files that a run has read, by name: where caret lines come from."""

    files: dict[str, SourceFile] = field(default_factory=dict)
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, text: str) -> SourceFile:
        """Register a file; the same name again replaces it."""
        self._lines.pop(name, None)
        self.files[name] = SourceFile(name, text)
        return self.files[name]

    def line(self, name: str, number: int) -> str | None:
        """Line `number` (from 1) of file `name`, without its newline; None where not known."""
        if name not in self.files:
            return None
        if name not in self._lines:
            self._lines[name] = self.files[name].text.split("\n")
        lines = self._lines[name]
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else None


def line_span(sources: Sources, name: str, number: int) -> Span:
    """The code of a line, without the space around it and the comment behind it; the first column
    where the line is not known."""
    line = sources.line(name, number) or ""
    text = line.split(" //")[0].strip() or line.strip()
    start = len(line) - len(line.lstrip()) + 1 if text else 1
    return Span(name, number, start, number, start + max(1, len(text)))


MAX_CARET_LINE = 160


def caret_text(sources: Sources, span: Span) -> str | None:
    """The source line of `span` and a second line with carets under it; None where unknown.

    Very long lines are cut to a window around the span.
    """
    line = sources.line(span.file, span.line)
    if line is None:
        return None
    start = span.col - 1
    end = span.end_col - 1 if span.end_line == span.line else len(line)
    end = max(start + 1, min(end, len(line)))
    first = max(0, start - MAX_CARET_LINE // 2) if len(line) > MAX_CARET_LINE else 0
    shown = line[first : first + MAX_CARET_LINE]
    pad = "".join("\t" if c == "\t" else " " for c in line[first:start])
    width = max(1, min(end, first + MAX_CARET_LINE) - start)
    return f"{shown}\n{pad}{'^' + '~' * (width - 1)}"
