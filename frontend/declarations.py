"""An index of a translation unit's declarations, made without parsing their insides.

Host C++ is far more than we parse, so the tokens are first cut into declarations at namespace
level: brackets are matched, namespaces entered, and for each declaration its kind, name, template
header, attributes and body are found by looking at the few tokens that decide. What is not
understood is kept as UNKNOWN, never an error. Where brackets do not match, the offending one is
reported and cutting goes on at the next line that plausibly starts a declaration.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..ir.diagnostics import Reporter
from .brackets import match_angles, match_brackets
from .declaration_cutter import Cutter
from .declared_names import DeclarationText
from .items import Item, ItemKind, is_device, is_kernel
from .tokens import EOF, IDENT, PRAGMA, PUNCT, STRING, Token

__all__ = ["Item", "ItemKind", "index_declarations", "is_device", "is_kernel"]


def index_declarations(tokens: list[Token], reporter: Reporter) -> list[Item]:
    """The declarations at namespace level, in order; mistakes in bracketing are ASC0201."""
    tokens = [t for t in tokens if t.kind != EOF]
    return list(_Indexer(tokens, match_brackets(tokens, reporter)).run())


class _Indexer(DeclarationText):
    def __init__(self, tokens: list[Token], match: list[int]) -> None:
        super().__init__(tokens, match, match_angles(tokens))
        self.scope: list[str] = []
        self.closers: dict[int, int] = {}  # end of a namespace -> names to drop
        self.inline: list[Item] = []

    def run(self) -> Iterator[Item]:
        i, end = 0, len(self.tokens)
        while i < end:
            if i in self.closers:
                drop = self.closers.pop(i)
                del self.scope[len(self.scope) - drop :]
                i += 1 if self.text(i) == "}" else 0
                continue
            if self.text(i) in (";", "}", ")", "]") or self.tokens[i].kind == PRAGMA:
                i += 1
                continue
            entered = self._enter(i)
            if entered is not None:
                yield from self.inline
                self.inline.clear()
                i = entered
                continue
            item, after = Cutter(self, i, tuple(self.scope)).cut()
            limit = min((c for c in self.closers if i < c < after), default=None)
            if limit is not None:
                item, after = self._unknown(i, limit), limit
            yield item
            i = max(after, i + 1)

    def _enter(self, i: int) -> int | None:
        """The index inside `namespace a::b {` or `extern "C" {`; None where neither begins."""
        names: list[str] = []
        inline = self.text(i) == "inline"
        j = i + 1 if inline else i
        if self.text(j) == "extern" and j + 2 < len(self.tokens):
            if self.tokens[j + 1].kind != STRING or self.text(j + 2) != "{":
                return None
            j += 2
        elif self.text(j) == "namespace":
            j += 1
            while self.text(j) not in ("{", "=", ";", ""):
                if self.text(j) in ("[", "("):
                    j = self.partner(j) + 1
                    continue
                if self.tokens[j].kind == IDENT and self.text(j) not in (
                    "inline",
                    "__attribute__",
                ):
                    names.append(self.text(j))
                j += 1
            if self.text(j) != "{":
                return None
        else:
            return None
        kept = [] if inline else names
        if inline and names and self.scope:
            self.inline.append(self._inline_alias(i, names[-1]))
        closer = self.partner(j)
        self.scope += kept
        self.closers[closer] = len(kept)
        return j + 1

    def _inline_alias(self, i: int, name: str) -> Item:
        """An inline namespace is part of the one around it: its name is an alias for that."""
        start = self.tokens[i]
        words = ["namespace", name, "=", "::".join(self.scope), ";"]
        tokens = [
            Token(IDENT if w[0].isalpha() or w[0] == "_" else PUNCT, w, start.span) for w in words
        ]
        if len(self.scope) > 1:
            path = [w for part in self.scope for w in (part, "::")][:-1]
            kinds = [Token(PUNCT if w == "::" else IDENT, w, start.span) for w in path]
            tokens[3:4] = kinds
        return Item(ItemKind.NAMESPACE_ALIAS, name, tokens, tuple(self.scope), name_index=1)

    def _unknown(self, start: int, end: int) -> Item:
        return Item(
            ItemKind.UNKNOWN, "", self.tokens[start:end], tuple(self.scope), is_definition=True
        )
