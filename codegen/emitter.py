"""Lines of generated text: indentation, and where in the source each line came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..ir.source import NOWHERE, Span

INDENT = "    "


@dataclass(frozen=True, slots=True)
class Artifact:
    """Generated files by name, and for each file the source position of its lines."""

    files: Mapping[str, str]
    source_map: Mapping[str, Mapping[int, Span]] = field(default_factory=dict)
    """File -> line (from 1) -> the user's code that it stands for."""


def in_comment(text: str) -> str:
    """A file's name as part of a line comment, which it must neither end nor continue."""
    return "".join(c if c.isprintable() and c != "\\" else "?" for c in text)


class Emitter:
    """Collects lines at the current indentation; each remembers the current span."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.spans: list[Span] = []
        self.depth = 0
        self.span = NOWHERE

    def line(self, text: str = "") -> None:
        self.lines.append(INDENT * self.depth + text if text else "")
        self.spans.append(self.span)

    def label(self, text: str) -> None:
        """A line one level further left."""
        self.depth -= 1
        self.line(text)
        self.depth += 1

    @contextmanager
    def indented(self) -> Iterator[None]:
        self.depth += 1
        yield
        self.depth -= 1

    @contextmanager
    def block(self, head: str, tail: str = "}") -> Iterator[None]:
        """`head {`, the lines made inside, `tail`."""
        self.line(f"{head} {{" if head else "{")
        with self.indented():
            yield
        self.line(tail)

    @contextmanager
    def captured(self) -> Iterator[Emitter]:
        """What is made inside goes to an emitter of its own, at the same depth."""
        part = Emitter()
        part.depth, part.span = self.depth, self.span
        saved = self.lines, self.spans
        self.lines, self.spans = part.lines, part.spans
        yield part
        self.lines, self.spans = saved

    def add(self, part: Emitter) -> None:
        """Append what `captured` gave."""
        self.lines += part.lines
        self.spans += part.spans

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def source_map(self) -> dict[int, Span]:
        """Line number -> span, where there is one."""
        return {i: s for i, s in enumerate(self.spans, 1) if s.file != NOWHERE.file}
