"""Which `if constexpr` stand around a position in host code, and what constants they compare."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.source import NOWHERE
from .conditions import ConditionError, evaluate
from .host_text import Tokens, angle_end, split_arguments, text_of
from .items import Item
from .tokens import NUMBER, PUNCT, Token

MAX_TOKENS = 200
_SAME = ("is_same_v", "is_same")


def constexpr_conditions(
    item: Item, position: int, match: Sequence[int]
) -> list[tuple[Tokens, bool]]:
    """The conditions of enclosing `if constexpr`, with the value that leads to the position."""
    tokens = item.tokens
    found: list[tuple[Tokens, bool]] = []
    i = item.body[0] if item.body else 0
    while i + 2 < position:
        words = (tokens[i].text, tokens[i + 1].text, tokens[i + 2].text)
        if words == ("if", "constexpr", "(") and match[i + 2] > i:
            condition = tokens[i + 3 : match[i + 2]]
            then = _statement_end(tokens, match[i + 2] + 1, match)
            has_else = then < len(tokens) and tokens[then].text == "else"
            if match[i + 2] < position < then:
                found.append((condition, True))
            elif has_else and then < position < _statement_end(tokens, then + 1, match):
                found.append((condition, False))
            i = match[i + 2]
        i += 1
    return found


def _statement_end(tokens: Sequence[Token], i: int, match: Sequence[int]) -> int:
    """The index after the statement at i."""
    if i < len(tokens) and tokens[i].text == "if":
        i += 2 if tokens[i + 1].text == "constexpr" else 1
        end = _statement_end(tokens, match[i] + 1, match) if match[i] > i else i + 1
        if end < len(tokens) and tokens[end].text == "else":
            return _statement_end(tokens, end + 1, match)
        return end
    while i < len(tokens):
        if tokens[i].text == "{":
            return match[i] + 1 if match[i] > i else len(tokens)
        if tokens[i].text == ";":
            return i + 1
        i = match[i] + 1 if tokens[i].text in ("(", "[") and match[i] > i else i + 1
    return i


def folded(tokens: Sequence[Token]) -> int | None:
    """The value of a constant expression of numbers; None for anything else."""
    if not tokens or len(tokens) > MAX_TOKENS:
        return None
    plain = _compared_types(tokens)
    if any(t.kind not in (NUMBER, PUNCT) for t in plain):
        return None
    if any("." in t.text for t in plain if t.kind == NUMBER):
        return None
    try:
        return evaluate(plain, NOWHERE)
    except ConditionError:
        return None


def _compared_types(tokens: Sequence[Token]) -> Tokens:
    """The tokens with `std::is_same_v<A, B>`, `true` and `false` as numbers."""
    plain: Tokens = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.text in ("true", "false"):
            plain.append(token._replace(kind=NUMBER, text=str(int(token.text == "true"))))
        elif token.text in _SAME and i + 1 < len(tokens) and tokens[i + 1].text == "<":
            end = angle_end(tokens, i + 1)
            parts = [_type(part) for part in split_arguments(tokens[i + 2 : end - 1])]
            if end == i + 1 or len(parts) != 2 or not all(parts):
                return list(tokens)
            while plain and (plain[-1].text == "::" or plain[-1].text == "std"):
                plain.pop()
            plain.append(token._replace(kind=NUMBER, text=str(int(parts[0] == parts[1]))))
            i = end
            if i + 1 < len(tokens) and tokens[i].text == "::" and tokens[i + 1].text == "value":
                i += 2
            continue
        else:
            plain.append(token)
        i += 1
    return plain


_SPELLINGS = {
    "half": "__half", "at::Half": "__half", "nv_half": "__half", "nv_bfloat16": "__nv_bfloat16",
    "at::BFloat16": "__nv_bfloat16", "c10::Half": "__half", "c10::BFloat16": "__nv_bfloat16",
}  # fmt: skip
_PLAIN = frozenset(("float", "double", "int", "__half", "__nv_bfloat16", "bool"))


def _type(tokens: Tokens) -> str:
    """A type that is known by its name alone; "" for others."""
    text = text_of([t for t in tokens if t.text not in ("const", "typename")])
    text = _SPELLINGS.get(text, text)
    return text if text in _PLAIN else ""
