"""Sizes as small expressions over numbers that are known before a launch.

Names are scalar parameters (`n`, `p.width`) and launch sizes (`blockDim.x`, `gridDim.y`). An
expression can be evaluated, printed and read back from its text, so that it travels as text:
`ceil(n / blockDim.x)`, `B*T*C`, `min(rows, 65535)`.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

_INFIX = {"add": (" + ", 1), "sub": (" - ", 1), "mul": ("*", 2), "div": (" // ", 2)}
_CALLS = ("min", "max")


@dataclass(frozen=True, slots=True)
class Size:
    """`op`: const, name, add, sub, mul, div (rounded down), ceil_div, min, max."""

    op: str
    args: tuple[Size, ...] = ()
    number: int = 0
    name: str = ""

    def evaluate(self, names: Mapping[str, int]) -> int:
        """The number. Raises KeyError for a name that is not given; division by 0 gives 0."""
        if self.op == "const":
            return self.number
        if self.op == "name":
            return names[self.name]
        values = [arg.evaluate(names) for arg in self.args]
        return reduce(_EVALUATE[self.op], values)

    def names(self) -> tuple[str, ...]:
        """Every name, once, in order."""
        if self.op == "name":
            return (self.name,)
        return tuple(dict.fromkeys(name for arg in self.args for name in arg.names()))

    def __str__(self) -> str:
        if self.op == "const":
            return str(self.number)
        if self.op == "name":
            return self.name
        if self.op == "ceil_div":
            return f"ceil({_enclosed(self.args[0], 2)} / {_enclosed(self.args[1], 3)})"
        if self.op in _CALLS:
            return f"{self.op}({', '.join(map(str, self.args))})"
        text, level = _INFIX[self.op]
        first, *others = self.args
        right = level if self.op in ("add", "mul") else level + 1
        return text.join([_enclosed(first, level), *(_enclosed(arg, right) for arg in others)])


def _enclosed(size: Size, level: int) -> str:
    """The text of `size`, in parentheses where it binds less than `level`."""
    own = _INFIX[size.op][1] if size.op in _INFIX else 3
    return str(size) if own >= level and not (size.op == "div" and level == 2) else f"({size})"


def _quotient(a: int, b: int) -> int:
    return a // b if b else 0


def _rounded_up(a: int, b: int) -> int:
    return -(-a // b) if b else 0


_EVALUATE: Mapping[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": _quotient,
    "ceil_div": _rounded_up,
    "min": min,
    "max": max,
}


def const(number: int) -> Size:
    return Size("const", number=number)


def name(text: str) -> Size:
    return Size("name", name=text)


ONE = const(1)


def product(*factors: Size) -> Size:
    """The product, constants folded in front."""
    number = 1
    others: list[Size] = []
    for item in factors:
        inner = item.args if item.op == "mul" else (item,)
        for factor in inner:
            if factor.op == "const":
                number *= factor.number
            else:
                others.append(factor)
    if number == 0 or not others:
        return const(number)
    parts = ([const(number)] if number != 1 else []) + others
    return parts[0] if len(parts) == 1 else Size("mul", tuple(parts))


def total(*parts: Size) -> Size:
    """The sum, constants folded at the end."""
    number = 0
    others: list[Size] = []
    for item in parts:
        if item.op == "sub" and item.args[1].op == "const":
            number -= item.args[1].number
            item = item.args[0]
        inner = item.args if item.op == "add" else (item,)
        for part in inner:
            if part.op == "const":
                number += part.number
            else:
                others.append(part)
    if number < 0 and others:
        return Size("sub", (total(*others), const(-number)))
    if number or not others:
        others.append(const(number))
    return others[0] if len(others) == 1 else Size("add", tuple(others))


def difference(a: Size, b: Size) -> Size:
    return total(a, const(-b.number)) if b.op == "const" else Size("sub", (a, b))


def quotient(a: Size, b: Size, *, up: bool = False) -> Size:
    """`a / b`, rounded down or up."""
    if b == ONE:
        return a
    rest = _without(a, b)
    if rest is not None:
        return rest
    if a.op == "const" and b.op == "const" and b.number:
        return const((_rounded_up if up else _quotient)(a.number, b.number))
    return Size("ceil_div" if up else "div", (a, b))


def _without(a: Size, b: Size) -> Size | None:
    """The product `a` without the factors of `b`, which is not 0, where it has them all."""
    left = list(a.args if a.op == "mul" else (a,))
    for factor in b.args if b.op == "mul" else (b,):
        if factor.op == "const" or factor not in left:
            return None
        left.remove(factor)
    return product(*left)


def largest(*sizes: Size) -> Size:
    """The largest; equal ones count once."""
    kept = tuple(dict.fromkeys(sizes))
    return kept[0] if len(kept) == 1 else Size("max", kept)


# ---------------------------------------------------------------- reading


_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.FloorDiv: "div",
}


_NAME = re.compile(r"[A-Za-z_][\w.]*(?!\w|\s*\()")
"""A name; not what is called. Names may be words that Python keeps for itself."""


def read_size(text: str) -> Size:
    """The expression that `text` says. Raises ValueError where it says none."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        names.append(found[0])
        return f"v{len(names) - 1}"

    try:
        tree = ast.parse(_NAME.sub(numbered, text), mode="eval")
        return _Reader(names).read(tree.body)
    except (SyntaxError, RecursionError, ValueError) as failure:
        raise ValueError(f"not a size: {text!r}") from failure


class _Reader:
    """From Python's syntax tree; the names stand as `v0`, `v1`, ... in it."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def read(self, node: ast.expr) -> Size:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return const(node.value)
        if isinstance(node, ast.Name):
            return name(self.names[int(node.id[1:])])
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return difference(const(0), self.read(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _joined(_OPERATORS[type(node.op)], self.read(node.left), self.read(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node, node.func.id)
        raise ValueError

    def _call(self, node: ast.Call, called: str) -> Size:
        if called == "ceil" and len(node.args) == 1:
            inner = node.args[0]
            if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div):
                return quotient(self.read(inner.left), self.read(inner.right), up=True)
        if called in _CALLS and node.args:
            return Size(called, tuple(self.read(arg) for arg in node.args))
        raise ValueError


def _joined(op: str, a: Size, b: Size) -> Size:
    if op == "add":
        return total(a, b)
    if op == "mul":
        return product(a, b)
    return difference(a, b) if op == "sub" else quotient(a, b)
