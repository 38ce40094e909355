"""`// ascendify:` comments: what the author of a source says about running its kernels.

A comment directly above a kernel (or above `main`) speaks of it, one at the end of the line of a
parameter of that parameter. Only text and place are found here; what the words mean is the
harness's business.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..ir.diagnostics import Reporter
from ..ir.source import Sources, Span
from .host_text import function_parameters
from .items import Item, ItemKind, is_kernel

MARK = "ascendify:"

_PIECES = re.compile(
    r"""(?P<line>//[^\n]*) | (?P<block>/\*.*?\*/)
    | R"(?P<delimiter>[^ ()\\\t\v\f\n]{0,16})\(.*?\)(?P=delimiter)"
    | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = re.compile(rf"[ \t/*!]*{MARK}[ \t]*")


@dataclass(frozen=True, slots=True)
class HarnessComment:
    """The text after `ascendify:`, which starts at `span`. `kernel` is the qualified name of the
    kernel, or `main`; `parameter` the one that the comment stands beside, or ""."""

    kernel: str
    parameter: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment of any kind: its first and last line, its column, whether only blanks and comments
    are before it on its line, the marked texts in it."""

    line: int
    end_line: int
    column: int
    is_first: bool
    marked: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class _Target:
    """A function that comments may speak of: where it starts, where its parameters end."""

    name: str
    line: int
    column: int
    parameters: tuple[tuple[str, int, int], ...]
    last_line: int


def find_comments(
    items: Sequence[Item], sources: Sources, reporter: Reporter
) -> list[HarnessComment]:
    """All marked comments of the files that define kernels, in the order of the text. One that
    belongs to nothing is reported as a warning."""
    targets: dict[str, list[_Target]] = {}
    for item in items:
        is_main = item.name == "main" and item.kind is ItemKind.FUNCTION and item.is_definition
        if is_kernel(item) or is_main:
            targets.setdefault(item.tokens[0].span.written().file, []).append(_target(item))
    found: list[HarnessComment] = []
    for file, source in sources.files.items():
        if MARK in source.text:
            comments = list(_comments(source.text, file))
            found += _attached(comments, targets.get(file, []), reporter)
    return found


def _target(item: Item) -> _Target:
    first = item.tokens[0].span.written()
    start, end = item.parameters or (0, 0)
    names: list[tuple[str, int, int]] = []
    declared = [p.name for p in function_parameters(item)]
    depth = 0
    last = start
    for i in range(start, end):
        text = item.tokens[i].text
        depth += (text in "([{<") - (text in ")]}>")
        if (text == "," and depth == 1) or i == end - 1:
            if len(names) < len(declared):
                begin, stop = item.tokens[last + 1].span, item.tokens[max(i - 1, last + 1)].span
                lines = begin.written().line, stop.written().end_line
                names.append((declared[len(names)], *lines))
            last = i
    closing = item.tokens[max(end - 1, 0)].span.written()
    return _Target(item.qualified_name, first.line, first.col, tuple(names), closing.line)


def _comments(text: str, file: str) -> Iterator[_Comment]:
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    end, is_first = 0, True
    for match in _PIECES.finditer(text):
        if match["line"] is None and match["block"] is None:
            continue
        first = bisect_right(starts, match.start())
        last = bisect_right(starts, match.end() - 1)
        column = match.start() - starts[first - 1] + 1
        marked = tuple(_marked(match[0], match.start(), starts, file)) if MARK in match[0] else ()
        before = text[max(starts[first - 1], end) : match.start()]
        is_first = before.strip() == "" and (is_first or end <= starts[first - 1])
        yield _Comment(first, last, column, is_first, marked)
        end = match.end()


def _marked(
    comment: str, offset: int, starts: Sequence[int], file: str
) -> Iterator[tuple[str, Span]]:
    """The texts after the mark, line by line. In a block comment the mark of one line holds for
    those after it."""
    is_marked = False
    is_block = comment.startswith("/*")
    at = offset
    for raw in comment.split("\n"):
        line = raw.rstrip().removesuffix("*/").rstrip() if is_block else raw.rstrip()
        match = _WORDS.match(line)
        begin = match.end() if match is not None else len(line) - len(line.lstrip(" \t*"))
        if match is not None or (is_marked and is_block):
            is_marked = True
            words = line[begin:]
            if words or match is not None:
                number = bisect_right(starts, at)
                col = at + begin - starts[number - 1] + 1
                yield words, Span(file, number, col, number, col + max(1, len(words)))
        at += len(raw) + 1


def _attached(
    comments: Sequence[_Comment], targets: Sequence[_Target], reporter: Reporter
) -> Iterator[HarnessComment]:
    above = {id(comment): target for target in targets for comment in _above(target, comments)}
    for comment in comments:
        target, parameter = above.get(id(comment)), ""
        if target is None:
            target, parameter = _beside(comment, targets)
        for words, span in comment.marked:
            if target is None:
                _say_unattached(span, reporter)
            else:
                yield HarnessComment(target.name, parameter, words, span)


def _above(target: _Target, comments: Sequence[_Comment]) -> Iterator[_Comment]:
    """The comments without a gap before a function."""
    line, column = target.line, target.column
    for comment in reversed(comments):
        same = comment.end_line == line and comment.column < column
        if comment.is_first and (same or comment.end_line == line - 1):
            yield comment
            line, column = comment.line, comment.column


def _beside(comment: _Comment, targets: Sequence[_Target]) -> tuple[_Target | None, str]:
    """The kernel in whose parameter list the comment stands, and the parameter that ends last on
    its line."""
    for target in targets:
        if not (target.line <= comment.line <= target.last_line) or not target.parameters:
            continue
        if comment.line < target.parameters[0][1]:
            continue
        ending = [name for name, _, last in target.parameters if last == comment.line]
        return target, ending[-1] if ending else ""
    return None, ""


def _say_unattached(span: Span, reporter: Reporter) -> None:
    reporter.warning(
        "ASC0020",
        "this comment belongs to no kernel",
        span,
        help="put it directly above a kernel, or at the end of the line of a parameter",
    )
