"""The token pass's ground: a cursor over one declaration's tokens, brackets, and names.

Names are resolved in the scope at the cursor. What no declaration and no table knows is judged by
what stands around it; those rules only apply to such names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from ..ir.diagnostics import CompileError, Diagnostic, Severity
from ..ir.source import NOWHERE, Span
from .grammar import ParserToken
from .names import Entry, Kind, NameScope, NameTable
from .token_words import DECLTYPE_WORDS, KEYWORDS
from .tokens import IDENT, Token

MAX_NESTING = 256
MAX_ANGLES = 60
MAX_STRICT = 12
"""Template lists within lists, of names that are known and of names that are not."""
OPENER = {")": "(", "]": "[", "}": "{"}
CLOSER = {"(": ")", "[": "]", "{": "}"}


class Part(NamedTuple):
    """A component of a name: the index of its word, its terminal, whether `<` follows it."""

    at: int
    terminal: str
    has_args: bool
    text: str = ""


class Resolved(NamedTuple):
    """A name at the cursor: `kind` is "type", "value", "unknown" (never declared), or "special"
    (a constructor's, destructor's or conversion's declarator); `end` is the index after it.
    `scope` holds the names of the class or namespace that qualifies it."""

    parts: tuple[Part, ...]
    end: int
    kind: str
    absolute: bool = False
    scope: NameScope | None = None


class TokenPass:
    """Tokens in, parser tokens out. `self.i` is the cursor; tokens past the end read as EOF."""

    def __init__(self, tokens: Sequence[Token], table: NameTable, scope: NameScope) -> None:
        end = tokens[-1].span if tokens else NOWHERE
        past = Span(end.file, end.end_line, end.end_col, end.end_line, end.end_col, end.expansion)
        self.tokens = [*tokens, *[Token("EOF", "", past)] * 4]
        self.texts = [t.text if t.kind not in ("STRING", "CHAR") else "" for t in self.tokens]
        self.count = len(tokens)
        self.table = table
        self.scope = scope
        self.out: list[ParserToken] = []
        self.i = 0
        self.angles = 0
        self.match = self._match_brackets()
        greater = [j for j, text in enumerate(self.texts) if text == ">"]
        self.last_greater = greater[-1] if greater else -1
        self.last_empty_call = max(
            (j for j in greater if self.texts[j + 1] == "(" and self.texts[j + 2] == ")"),
            default=-1,
        )

    # ---- brackets

    def _match_brackets(self) -> list[int]:
        """For each bracket the index of the other one."""
        match = [0] * len(self.tokens)
        open_: list[int] = []
        for i, text in enumerate(self.texts):
            if text in CLOSER:
                open_.append(i)
                if len(open_) > MAX_NESTING:
                    self.fail(
                        "ASC0007",
                        f"brackets nested more than {MAX_NESTING} deep",
                        i,
                        help="split the expression or the function",
                    )
            elif text in OPENER:
                if not open_ or self.texts[open_[-1]] != OPENER[text]:
                    self._unbalanced(i, open_)
                match[open_[-1]] = i
                match[i] = open_.pop()
        if open_:
            text = self.texts[open_[-1]]
            self.fail("ASC0201", f"'{text}' is never closed by '{CLOSER[text]}'", open_[-1])
        return match

    def _unbalanced(self, i: int, open_: list[int]) -> NoReturn:
        text = self.texts[i]
        if not open_:
            self.fail("ASC0201", f"'{text}' closes nothing: there is no '{OPENER[text]}' before", i)
        opener = self.tokens[open_[-1]]
        expected = CLOSER[opener.text]
        self.fail(
            "ASC0201",
            f"expected '{expected}' before '{text}'",
            i,
            notes=((opener.span, f"to close this '{opener.text}'"),),
        )

    def fail(
        self,
        code: str,
        message: str,
        i: int,
        *,
        help: str = "",
        notes: tuple[tuple[Span | None, str], ...] = (),
    ) -> NoReturn:
        span = self.tokens[i].span
        raise CompileError([Diagnostic(code, message, span, Severity.ERROR, notes, help)])

    # ---- output

    def emit(self, terminal: str) -> None:
        """The token at the cursor becomes `terminal`."""
        token = self.tokens[self.i]
        self.out.append(ParserToken(terminal, token.text, token.span))
        self.i += 1

    def emit_as(self, terminal: str, text: str, end: int) -> None:
        """All tokens from the cursor to `end` become one `terminal`."""
        span = self.tokens[self.i].span.to(self.tokens[end - 1].span)
        self.out.append(ParserToken(terminal, text, span))
        self.i = end

    def mark(self, terminal: str) -> None:
        """A token of no width before the one at the cursor."""
        self.out.append(ParserToken(terminal, "", self.tokens[self.i].span))

    def emit_if(self, text: str, terminal: str) -> bool:
        """Emit the token at the cursor if it is `text`."""
        if self.texts[self.i] != text:
            return False
        self.emit(terminal)
        return True

    # ---- looking

    def is_word(self, i: int) -> bool:
        """Whether an identifier that is no keyword stands at `i`."""
        return self.tokens[i].kind == IDENT and self.texts[i] not in KEYWORDS

    def is_attribute_list(self, i: int) -> bool:
        """Whether `[[...]]` stands at `i`."""
        return (
            self.texts[i] == "["
            and self.texts[i + 1] == "["
            and self.match[i] == self.match[i + 1] + 1
        )

    def is_glued(self, i: int, text: str) -> bool:
        """Whether the token at `i` is `text` and touches the one before."""
        return self.texts[i] == text and self.tokens[i].glued

    def close_angle(self, i: int, strict: bool = False) -> int:
        """The index of the `>` that closes the `<` at `i`, or 0 where it is a comparison.

        `strict`: nothing says that a template stands before it.
        """
        depth = 0
        limit = MAX_STRICT if strict else MAX_ANGLES
        j = i
        while j <= self.last_greater:
            text = self.texts[j]
            if text == ">":
                depth -= 1
                if depth == 0:
                    return j
            elif text in CLOSER:
                j = self.match[j]
            elif text == "<":
                if depth == 0 or self._opens_angle(j):
                    depth += 1
                    if depth > limit:
                        return 0
            elif text in (";", ")", "]", "}", "<<<"):
                return 0
            elif strict and (
                text in ("||", "?", "=", "==", "!=", "<=", "++", "--", "+=", "-=")
                or (text == "&&" and self.texts[j + 1] not in (">", ",", "..."))
            ):
                return 0
            j += 1
        return 0

    def _opens_angle(self, i: int) -> bool:
        """Whether a `<` inside a template argument list starts another list."""
        before = self.texts[i - 1]
        if self.tokens[i - 1].kind != IDENT:
            return False
        entry = self.scope.lookup(before)
        return entry is None or entry.kind is not Kind.VALUE

    # ---- names

    def resolve(self, i: int, type_wanted: bool, declarator: bool = False) -> Resolved:
        """The name at `i`, which starts with an identifier or `::`.

        `type_wanted`: only a type can stand here. `declarator`: it is being declared, so that its
        last word is a value whatever else it may name.
        """
        parts: list[Part] = []
        texts = self.texts
        scope: NameScope | None = None
        start = i
        absolute = texts[i] == "::"
        if absolute:
            scope = self.table.root
            i += 1
        qualified = absolute
        while True:
            template = texts[i] == "template"
            if template:
                i += 1
            if not self.is_word(i):
                return self._unnamed(parts, i, start, absolute, scope)
            word = texts[i]
            entry = scope.find(word) if qualified and scope else None
            if not qualified:
                entry = self.scope.lookup(word)
            after = texts[i + 1]
            if after == "::":
                is_type = entry is not None and entry.kind in (Kind.TYPE, Kind.TYPE_TEMPLATE)
                parts.append(Part(i, "TYPE_NAME" if is_type else "NAMESPACE", False))
                if len(parts) > MAX_NESTING:
                    self.fail("ASC0007", f"a name of more than {MAX_NESTING} parts", i)
                scope = entry.names if entry else None
                qualified = True
                i += 2
                continue
            if after == "<":
                close = self._angle_after(i + 1, entry, template, type_wanted)
                if close and texts[close + 1] == "::":
                    parts.append(Part(i, "TEMPLATE_TYPE", True))
                    scope = entry.names if entry else None
                    qualified = True
                    i = close + 2
                    continue
                if close:
                    kind = self._template_kind(entry, close, type_wanted, declarator, template)
                    terminal = "TEMPLATE_TYPE" if kind == "type" else "TEMPLATE_VALUE"
                    parts.append(Part(i, terminal, True))
                    return Resolved(tuple(parts), close + 1, kind, absolute, scope)
            kind = self._last_kind(i, entry, parts, type_wanted, declarator)
            terminal = {"type": "TYPE_NAME", "special": "CTOR_NAME"}.get(kind, "IDENT")
            parts.append(Part(i, terminal, False))
            return Resolved(tuple(parts), i + 1, kind, absolute, scope)

    def _unnamed(
        self, parts: list[Part], i: int, start: int, absolute: bool, scope: NameScope | None
    ) -> Resolved:
        """`A::~A`, `A::operator float`, or an error for the parser to find."""
        if self.texts[i] == "~" and self.is_word(i + 1):
            parts.append(Part(i, "DESTRUCTOR_NAME", False, "~" + self.texts[i + 1]))
            return Resolved(tuple(parts), i + 2, "special", absolute, scope)
        if self.texts[i] == "operator":
            end, name = self.operator_end(i)
            if name:
                parts.append(Part(i, "OPERATOR_NAME", False, name))
                return Resolved(tuple(parts), end, "value", absolute, scope)
            parts.append(Part(i, "CONVERSION", False))
            return Resolved(tuple(parts), i + 1, "special", absolute, scope)
        return Resolved(tuple(parts), max(i, start + 1), "unknown", absolute, scope)

    def _angle_after(self, i: int, entry: Entry | None, template: bool, type_wanted: bool) -> int:
        """Where the `<` at `i`, after a name, is closed; 0 where it compares."""
        if template or (entry and entry.kind in (Kind.TYPE_TEMPLATE, Kind.VALUE_TEMPLATE)):
            return self.close_angle(i)
        if entry is not None and entry.kind is Kind.VALUE and not type_wanted:
            return 0
        if type_wanted:
            return self.close_angle(i)
        close = self.close_angle(i, strict=True)
        if not close:
            close = self.close_angle(i) if i < self.last_empty_call else 0
            is_call = self.texts[close + 1] == "(" and self.texts[close + 2] == ")"
            return close if close and is_call else 0
        if (entry is None or entry.kind is Kind.FUNCTION) and self._starts_type(i + 1, close):
            return close
        after = self.texts[close + 1]
        fits = after in ("(", "::", "{", ")", ",", ">", ";", "&", "*", "...", "const")
        if entry is not None and entry.kind is Kind.FUNCTION:
            return close if after == "(" or after in (")", ",", ";", "<<<") else 0
        if entry is None and (fits or self.is_word(close + 1) or after == "<<<"):
            return close if after != "," or self.angles or self._list_like(i, close) else 0
        return close if entry is not None and entry.kind is Kind.TYPE and fits else 0

    def _starts_type(self, i: int, close: int) -> bool:
        """Whether the list that starts at `i` does so with a type."""
        end = self.skip_type(i)
        while self.texts[end] in ("*", "&", "const") and end:
            end += 1
        return bool(end) and (end == close or self.texts[end] in (",", "..."))

    def skip_type(self, i: int, force: bool = False) -> int:
        raise AssertionError("defined by ExpressionPass")

    def _names_next(self, i: int) -> bool:
        """Whether what stands after `t<...> &` or `*` shows that `t<...>` is a type."""
        while self.texts[i] in ("*", "&", "const", "__restrict__"):
            i += 1
        return self.texts[i] in (")", ",", ">") or (
            self.is_word(i) and self.texts[i + 1] in (")", ",", "=", ";", "[", "{", ":")
        )

    def _list_like(self, i: int, close: int) -> bool:
        """`f(a < b, c > d)` against `f(t<b, c>, d)`: only names and types stand in the list."""
        return all(self.texts[j] not in ("+", "-", "/", "%") for j in range(i + 1, close))

    def _template_kind(
        self,
        entry: Entry | None,
        close: int,
        type_wanted: bool,
        declarator: bool,
        template: bool,
    ) -> str:
        if declarator:
            return "value"
        if type_wanted:
            return "type"
        if entry is not None and entry.kind is not Kind.FUNCTION:
            return "value" if entry.kind is Kind.VALUE_TEMPLATE else "type"
        if entry is None and not template:
            after = self.texts[close + 1]
            if self.is_word(close + 1) or after in ("{", "const"):
                return "type"
            if after in ("&", "*", "&&") and self._names_next(close + 2):
                return "type"
        return "value"

    def _last_kind(
        self,
        i: int,
        entry: Entry | None,
        parts: list[Part],
        type_wanted: bool,
        declarator: bool,
    ) -> str:
        if parts and self.texts[i] == self.texts[parts[-1].at] and self.texts[i + 1] == "(":
            if declarator or type_wanted:
                return "special"
        if declarator:
            return "value"
        if type_wanted:
            return "type"
        if entry is None:
            return "unknown"
        return "type" if entry.kind in (Kind.TYPE, Kind.TYPE_TEMPLATE) else "value"

    def operator_end(self, i: int) -> tuple[int, str]:
        """The index after `operator+` at `i` and its name, which is "" for conversions."""
        texts = self.texts
        sign = texts[i + 1]
        j = i + 2
        if sign in ("(", "["):
            return self.match[i + 1] + 1, f"operator{sign}{CLOSER[sign]}"
        if sign in ("new", "delete"):
            if texts[j] == "[":
                return j + 2, f"operator {sign}[]"
            return j, f"operator {sign}"
        if sign == ">":
            while texts[j] in (">", "=") and self.tokens[j].glued:
                sign += texts[j]
                j += 1
            return j, f"operator{sign}"
        if self.tokens[i + 1].kind == "STRING":
            return j + 1, f"operator{self.tokens[i + 1].text}{texts[j]}"
        if self.tokens[i + 1].kind == "PUNCT" and sign != "::":
            return j, f"operator{sign}"
        return i + 1, ""

    def is_decltype(self, i: int) -> bool:
        return self.texts[i] in DECLTYPE_WORDS
