"""Reading the name that a declaration declares, backwards from where its declarator goes on."""

from __future__ import annotations

from dataclasses import dataclass

from .brackets import CLOSING
from .tokens import IDENT, Token

TYPE_WORDS = frozenset(
    "void bool char short int long float double signed unsigned auto wchar_t char8_t char16_t "
    "char32_t __int128 size_t typename struct class enum union const volatile".split()
)


@dataclass(frozen=True, slots=True)
class DeclaredName:
    """A declared name: its text, index, qualifier and template arguments' range."""

    name: str
    index: int
    qualifier: tuple[str, ...]
    arguments: tuple[int, int] | None


class DeclarationText:
    """A file's tokens with their brackets' partners, seen from a declaration at `start`."""

    def __init__(
        self, tokens: list[Token], match: list[int], angles: list[int], start: int = 0
    ) -> None:
        self.tokens = tokens
        self.match = match
        self.angles = angles
        self.start = start
        self.at = start

    def text(self, i: int) -> str:
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def partner(self, i: int) -> int:
        """The index of the bracket that belongs to the one at i; the last index without one."""
        at = self.match[i]
        return min(at if at >= i else len(self.tokens), len(self.tokens) - 1)

    def skip_angles(self, i: int) -> int:
        """The index after the `>` that closes the `<` at i; i where there is none."""
        closing = self.angles[i] if i < len(self.angles) else -1
        return closing + 1 if closing > i else i

    def _operator_name(self) -> DeclaredName:
        """At `operator`: its name; goes to the `(` of the parameters."""
        index = self.at
        qualifier, _ = self.qualifier(index)
        j = index + 1
        if self.text(j) == "(" and self.text(j + 1) == ")":
            j += 2
        elif self.text(j) == "[" and self.text(j + 1) == "]":
            j += 2
        else:
            while j < len(self.tokens) and self.text(j) not in ("(", ";", "{"):
                after = self.skip_angles(j) if self.text(j) == "<" else j
                j = after if after > j and self.tokens[j - 1].kind == IDENT else j + 1
        words = self.tokens[index + 1 : j]
        spaced = any(t.kind == IDENT for t in words)
        self.at = j
        joined = (" " if spaced else "").join(t.text for t in words)
        return DeclaredName(f"operator{' ' if spaced else ''}{joined}", index, qualifier, None)

    def name_before(self) -> DeclaredName | None:
        """The declared name, which ends before `at`: `a::b<...>::name<...>`."""
        j = self.at - 1
        arguments = None
        if self.text(j) == ">":
            opening = self.opening_angle(j)
            if opening is None:
                return None
            arguments = (opening, j + 1)
            j = opening - 1
        if j < self.start or self.tokens[j].kind != IDENT or self.text(j) in TYPE_WORDS:
            return None
        destructor = self.text(j - 1) == "~" and j > self.start
        qualifier, _ = self.qualifier(j - 1 if destructor else j)
        name = f"~{self.text(j)}" if destructor else self.text(j)
        return DeclaredName(name, j, qualifier, arguments)

    def opening_angle(self, j: int) -> int | None:
        """The `<` that the `>` at j closes."""
        depth = 0
        while j >= self.start:
            text = self.text(j)
            if text == ">":
                depth += 1
            elif text == "<":
                depth -= 1
                if depth == 0:
                    return j
            elif text in CLOSING:
                opening = self.match[j]
                if opening < 0:
                    return None
                j = opening
            j -= 1
        return None

    def qualifier(self, j: int) -> tuple[tuple[str, ...], int]:
        """The names before `::` in front of j, and where they start."""
        parts: list[str] = []
        while j - 1 > self.start and self.text(j - 1) == "::":
            k = j - 2
            if self.text(k) == ">":
                opening = self.opening_angle(k)
                if opening is None:
                    break
                k = opening - 1
            if k < self.start or self.tokens[k].kind != IDENT:
                break
            parts.append(self.text(k))
            j = k
        return tuple(reversed(parts)), j
