"""Partners of brackets in any token list, balanced or not.

Where a file does not balance, code goes on at the next line that starts a declaration in the
first column: one missing brace must not swallow the rest of the file.
"""

from __future__ import annotations

from ..ir.diagnostics import Reporter
from .tokens import Token

OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = {")": "(", "]": "[", "}": "{"}
_STARTERS = frozenset(
    "__global__ __device__ __host__ __constant__ template namespace static inline struct class "
    "enum union typedef using extern void int float double bool constexpr".split()
)
_STRONG_STARTERS = frozenset("__global__ template namespace typedef using static".split())


def match_brackets(tokens: list[Token], reporter: Reporter | None = None) -> list[int]:
    """For each bracket the index of its partner, else -1.

    A closing brace ends everything opened inside its block. Brackets without partner are
    reported; an opening brace without one is closed before the next line that starts, in the
    first column, as only a declaration does.
    """
    match, unclosed, stray = _matched(tokens, resync=False)
    if unclosed:
        match, unclosed, stray = _matched(tokens, resync=True)
    if reporter is not None:
        for i in sorted([*unclosed, *stray])[:20]:
            text = tokens[i].text
            partner = OPENING.get(text) or CLOSING[text]
            reporter.error("ASC0201", f"'{text}' has no matching '{partner}'", tokens[i].span)
    return match


def _matched(tokens: list[Token], resync: bool) -> tuple[list[int], list[int], list[int]]:
    match = [-1] * len(tokens)
    stack: list[int] = []
    unclosed: list[int] = []
    stray: list[int] = []
    braces = 0
    for i, token in enumerate(tokens):
        text = token.text
        if text in OPENING and token.kind == "PUNCT":
            stack.append(i)
            braces += text == "{"
        elif text in CLOSING and token.kind == "PUNCT":
            wanted = CLOSING[text]
            if text == "}" and braces:
                while tokens[stack[-1]].text != "{":
                    inner = stack.pop()
                    unclosed.append(inner)
                    match[inner] = i - 1
                braces -= 1
            if stack and tokens[stack[-1]].text == wanted:
                opening = stack.pop()
                match[opening], match[i] = i, opening
            else:
                stray.append(i)
        elif resync and stack and _starts_declaration(tokens, i):
            _close_code(tokens, stack, unclosed, match, i)
            braces = sum(tokens[j].text == "{" for j in stack)
    unclosed += stack
    for i in stack:
        match[i] = len(tokens)
    return match, unclosed, stray


def _starts_declaration(tokens: list[Token], i: int) -> bool:
    token = tokens[i]
    return (
        token.text in _STARTERS
        and token.span.col == 1
        and token.span.expansion is None
        and (i == 0 or tokens[i - 1].span.line < token.span.line)
    )


def _close_code(
    tokens: list[Token], stack: list[int], unclosed: list[int], match: list[int], i: int
) -> None:
    """Close all that was opened since, and including, the outermost block of code."""
    for level, opening in enumerate(stack):
        strong = tokens[i].text in _STRONG_STARTERS
        if _opens_code(tokens, opening) if tokens[opening].text == "{" else strong:
            for inner in stack[level:]:
                match[inner] = i - 1
            unclosed.append(opening)
            del stack[level:]
            return


def _opens_code(tokens: list[Token], i: int) -> bool:
    """Whether the brace at i begins a function's body."""
    before = tokens[i - 1].text if i else ""
    return before in (")", "const", "noexcept", "override", "final", "else", "do", "try")


def match_angles(tokens: list[Token]) -> list[int]:
    """For each `<` the index of the `>` that would close it as a template argument list, within
    one statement and the same brackets, else -1."""
    angles = [-1] * len(tokens)
    stack: list[int] = []
    outer: list[list[int]] = []
    for i, token in enumerate(tokens):
        text = token.text
        if text in OPENING:
            outer.append(stack)
            stack = []
        elif text in CLOSING:
            stack = outer.pop() if outer else []
        elif text in (";", "<<<"):
            stack = []
        elif text in ("<", ">") and (i == 0 or tokens[i - 1].text != "operator"):
            if text == "<":
                stack.append(i)
            elif stack:
                angles[stack.pop()] = i
    return angles
