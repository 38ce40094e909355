"""Precedence of binary operators, applied to a flat chain of operands and operators."""

from __future__ import annotations

from typing import Any

from ..ir.diagnostics import error
from ..ir.source import Span
from . import syntax as s
from .token_words import BINDING

MAX_CHAIN = 1000


class Chain(list[Any]):
    """Operand, operator, operand, operator, ..., operand."""

    __slots__ = ()


class Dots:
    """The `...` of a fold expression."""

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span = span


class FoldOperand:
    """`... op pack`, `pack op ...` or `init op ... op pack` before its parentheses are seen."""

    __slots__ = ("left", "operator", "right", "span")

    def __init__(self, left: Any, operator: str, right: Any) -> None:
        self.left = left
        self.operator = operator
        self.right = right
        self.span: Span = left.span.to(right.span)

    def fold(self, span: Span) -> s.Fold:
        """The node, which covers the parentheses too."""
        if isinstance(self.left, Dots):
            return s.Fold(span, self.operator, self.right, None, True)
        if isinstance(self.right, Dots):
            return s.Fold(span, self.operator, self.left, None, False)
        inner, pack = self.left, self.right
        # Two operands around the dots: the elaborator finds out which one holds the pack; a pack
        # on the right, the usual form, makes a left fold.
        return s.Fold(span, self.operator, pack, inner, True)


def climb(chain: Chain) -> Any:
    """The tree of a chain: tighter operators first, equal ones from the left."""
    if any(type(item) is s.PackExpansion or isinstance(item, Dots) for item in chain[::2]):
        return _fold(chain)
    if len(chain) > MAX_CHAIN:
        raise error("ASC0007", f"more than {MAX_CHAIN // 2} operands in a row", chain[-1].span)
    if len(chain) == 3:
        left, sign, right = chain
        return s.Binary(left.span.to(right.span), sign.text, left, right)
    operands = [chain[0]]
    signs: list[str] = []
    for i in range(1, len(chain), 2):
        sign = chain[i].text
        while signs and BINDING[signs[-1]] >= BINDING[sign]:
            _join(operands, signs)
        signs.append(sign)
        operands.append(chain[i + 1])
    while signs:
        _join(operands, signs)
    return operands[0]


def _join(operands: list[Any], signs: list[str]) -> None:
    right = operands.pop()
    left = operands[-1]
    operands[-1] = s.Binary(left.span.to(right.span), signs.pop(), left, right)


def _fold(chain: Chain) -> FoldOperand:
    operators = {sign.text for sign in chain[1::2]}
    places = [i // 2 for i, item in enumerate(chain) if isinstance(item, Dots)]
    operands = chain[::2]
    if len(operators) != 1 or len(places) != 1 or not 2 <= len(operands) <= 3:
        raise error("ASC0206", "malformed fold expression", chain[0].span.to(chain[-1].span))
    operator = operators.pop()
    if len(operands) == 2:
        return FoldOperand(operands[0], operator, operands[1])
    if places[0] != 1:
        raise error("ASC0206", "malformed fold expression", chain[0].span.to(chain[-1].span))
    return FoldOperand(operands[0], operator, operands[2])
