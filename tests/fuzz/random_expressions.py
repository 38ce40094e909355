"""Random integer and float expressions of CUDA that are defined for every value of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

INTEGERS = (
    "char",
    "signed char",
    "unsigned char",
    "short",
    "unsigned short",
    "int",
    "unsigned",
    "long long",
    "unsigned long long",
    "bool",
    "uint8_t",
    "int64_t",
    "size_t",
    "int",
    "unsigned",
)
FLOATS = ("float", "double")


@dataclass
class Scope:
    """The names that can be read, and those that can be written, with their types."""

    readable: list[tuple[str, str]] = field(default_factory=list)
    writable: list[tuple[str, str]] = field(default_factory=list)
    arrays: list[tuple[str, str, int]] = field(default_factory=list)
    packs: list[str] = field(default_factory=list)
    uniform: list[str] = field(default_factory=list)

    def copy(self) -> Scope:
        return Scope(
            self.readable[:],
            self.writable[:],
            self.arrays[:],
            self.packs[:],
            self.uniform[:],
        )


class Expressions:
    """Random expressions over the names in scope, and the text around them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.scope = Scope()
        self.lines: list[str] = []
        self.depth = 0
        self.names = 0
        self.helpers: list[tuple[str, str, list[str]]] = []
        self.in_kernel = False
        self.together = False
        self.loop = ""
        self.result = ""
        self.hidden: set[str] = set()

    # ------------------------------------------------------------ text

    def say(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    @contextmanager
    def block(
        self, head: str, *, together: bool = False, loop: str | None = None
    ) -> Iterator[None]:
        """Braces, with names of their own inside; `together`: all threads pass it."""
        before = self.scope, self.together, self.loop
        self.scope = self.scope.copy()
        self.together = self.together and together
        self.loop = self.loop if loop is None else loop
        self.say(f"{head} {{".strip())
        self.depth += 1
        yield
        self.depth -= 1
        self.say("}")
        self.scope, self.together, self.loop = before

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # ------------------------------------------------------------ integer expressions

    def literal(self) -> str:
        value = self.random.choice((0, 1, 2, 3, 5, 7, 13, 31, 100, 127, 128, 255, 256, 4097, 65535))
        return self.random.choice(
            (
                str(value),
                str(value),
                f"-{value}",
                f"{value}u",
                f"0x{value:x}",
                f"{value}ll",
                f"{value}ull",
                "2147483647",
                "0xffffffffu",
                "(-2147483647 - 1)",
                "0x123456789abll",
                "'a'",
                "true",
                "0b1011",
            )
        )

    def leaf(self) -> str:
        options = [name for name, type_ in self.scope.readable if name not in self.hidden]
        options = [n for n in options if n.split(".")[0] not in self.hidden]
        if not options or self.chance(0.25):
            return self.literal()
        return self.random.choice(options[-8:] if self.chance(0.6) else options)

    def integer(self, depth: int = 3) -> str:
        """An expression of some integer type, in parentheses where it needs them."""
        if depth <= 0 or self.chance(0.12):
            return self.leaf()
        return self.random.choice(self._integers())(depth - 1)

    def _integers(self) -> list[Callable[[int], str]]:
        return [
            *(self._arithmetic,) * 6,
            *(self._shift,) * 2,
            *(self._divide,) * 2,
            *(self._compare,) * 2,
            self._logic,
            *(self._cast,) * 3,
            *(self._unary,) * 2,
            *(self._ternary,) * 2,
            *(self._element,) * 2,
            *(self._builtin,) * 2,
            self._field,
            self._template,
            self._from_float,
            self._comma,
            self._call,
        ]

    def _arithmetic(self, depth: int) -> str:
        operator = self.random.choice("+-*&|^+-*")
        return f"({self.integer(depth)} {operator} {self.integer(depth)})"

    def _shift(self, depth: int) -> str:
        operator = self.random.choice(("<<", ">>"))
        count = self.random.choice((7, 15, 31))
        return f"({self.integer(depth)} {operator} ({self.integer(depth)} & {count}))"

    def _divide(self, depth: int) -> str:
        operator = self.random.choice("/%")
        divisor = f"(({self.integer(depth)} & {self.random.choice((3, 15, 255))}) + 2)"
        if self.chance(0.3):
            divisor = f"(-(int){divisor})"
        elif self.chance(0.3):
            divisor = self.random.choice(("7", "10u", "-3", "8", "16u", "1000ll"))
        return f"({self.integer(depth)} {operator} {divisor})"

    def _compare(self, depth: int) -> str:
        operator = self.random.choice(("<", "<=", ">", ">=", "==", "!="))
        if self.chance(0.25):
            return f"({self.floating(depth)} {operator} {self.floating(depth)})"
        return f"({self.integer(depth)} {operator} {self.integer(depth)})"

    def _logic(self, depth: int) -> str:
        operator = self.random.choice(("&&", "||"))
        return f"({self.integer(depth)} {operator} {self.integer(depth)})"

    def _cast(self, depth: int) -> str:
        type_ = self.random.choice(INTEGERS)
        if self.chance(0.3):
            return f"static_cast<{type_}>({self.integer(depth)})"
        if self.chance(0.3) and " " not in type_:
            return f"{type_}({self.integer(depth)})"
        return f"(({type_})({self.integer(depth)}))"

    def _unary(self, depth: int) -> str:
        return f"({self.random.choice('-~!+')}({self.integer(depth)}))"

    def _ternary(self, depth: int) -> str:
        return f"({self.integer(depth)} ? {self.integer(depth)} : {self.integer(depth)})"

    def _comma(self, depth: int) -> str:
        return f"((void){self.integer(depth)}, {self.integer(depth)})"

    def _element(self, depth: int) -> str:
        arrays = [a for a in self.scope.arrays if a[1] in INTEGERS and a[0] not in self.hidden]
        if arrays and self.chance(0.6):
            array, _, count = self.random.choice(arrays)
            return f"{array}[{self.integer(depth)} & {count - 1}]"
        if self.in_kernel and self.chance(0.5):
            return f"in[(unsigned)({self.integer(depth)}) % (unsigned)n]"
        return f"table[{self.integer(depth)} & 7]"

    def _builtin(self, depth: int) -> str:
        a, b = self.integer(depth), self.integer(depth)
        return self.random.choice(
            (
                f"__popc((unsigned)({a}))",
                f"__popcll((unsigned long long)({a}))",
                f"__clz((int)({a}))",
                f"__ffs((int)({a}))",
                f"(int)__brev((unsigned)({a}))",
                f"__umulhi((unsigned)({a}), (unsigned)({b}))",
                f"__mulhi((int)({a}), (int)({b}))",
                f"__clzll((long long)({a}))",
                f"min((int)({a}), (int)({b}))",
                f"max((unsigned)({a}), (unsigned)({b}))",
                f"min((long long)({a}), (long long)({b}))",
                f"abs((int)({a}) >> 1)",
                f"__byte_perm((unsigned)({a}), (unsigned)({b}), {self.random.randrange(1 << 12)})",
                f"__funnelshift_l((unsigned)({a}), (unsigned)({b}), {self.random.randrange(32)})",
                f"(int)sizeof({a})",
            )
        )

    def _field(self, depth: int) -> str:
        packs = [p for p in self.scope.packs if p not in self.hidden]
        if not packs:
            return self.leaf()
        pack = self.random.choice(packs)
        index = self.integer(depth)
        return self.random.choice(
            (f"{pack}.a", f"{pack}.b", f"{pack}.c[{index} & 3]", f"{pack}.get((int)({index}))")
        )

    def _template(self, depth: int) -> str:
        type_ = self.random.choice([t for t in INTEGERS if t != "bool"])
        return f"mix<{type_}>(({type_})({self.integer(depth)}), ({type_})({self.integer(depth)}))"

    def _call(self, depth: int) -> str:
        pure = [h for h in self.helpers if not any("&" in p for p in h[2])]
        if not pure:
            return self.leaf()
        name, _, parameters = self.random.choice(pure)
        return f"{name}({', '.join(f'({p})({self.integer(depth)})' for p in parameters)})"

    def _from_float(self, depth: int) -> str:
        value = self.floating(depth)
        low, high = self.random.choice(((-1e6, 1e6), (0, 200), (-100, 100), (-2e9, 2e9)))
        if self.chance(0.5):
            return f"to_int({value}, {low}, {high})"
        if self.chance(0.5):
            return f"bits((float)({value}))"
        return f"(bool)({value})" if self.chance(0.3) else f"(unsigned)to_int({value}, 0, 4e5)"

    # ------------------------------------------------------------ float expressions

    def float_leaf(self) -> str:
        names = [n for n, t in self.float_names() if n not in self.hidden]
        if names and self.chance(0.6):
            return self.random.choice(names)
        return self.random.choice(
            ("1.5f", "0.1f", "-2.25", "3.0e-3f", "1e10f", "0.0f", "7.f", ".5")
        )

    def float_names(self) -> list[tuple[str, str]]:
        return [v for v in self.scope.writable if v[1] in FLOATS]

    def floating(self, depth: int = 2) -> str:
        if depth <= 0 or self.chance(0.15):
            return self.float_leaf()
        a, depth = self.floating(depth - 1), depth - 1
        kind = self.random.randrange(14)
        if kind < 4:
            return f"({a} {self.random.choice('+-*/')} {self.floating(depth)})"
        if kind < 6:
            return f"({self.random.choice(FLOATS)})({self.integer(depth)})"
        if kind == 6:
            return f"({self.integer(depth)} ? {a} : {self.floating(depth)})"
        if kind == 7:
            return f"sqrtf(fabsf((float){a}))"
        if kind == 8:
            return f"__half2float(__float2half((float){a}))"
        if kind == 9:
            return f"__bfloat162float(__float2bfloat16((float){a}))"
        if kind == 10:
            function = self.random.choice(("floorf", "ceilf", "truncf", "rintf"))
            return f"{function}((float){a})"
        if kind == 11:
            other = self.floating(depth)
            function = self.random.choice(("__hadd", "__hmul", "__hsub"))
            half = self.random.choice(("__float2half", "__float2bfloat16"))
            back = {"__float2half": "__half2float", "__float2bfloat16": "__bfloat162float"}[half]
            return f"{back}({function}({half}((float){a}), {half}((float){other})))"
        if kind == 12:
            return f"({a} {self.random.choice('+-*')} {self.integer(depth)})"
        return (
            f"(-({a}))"
            if self.chance(0.5)
            else f"fmaf((float){a}, 0.5f, (float){self.floating(depth)})"
        )
