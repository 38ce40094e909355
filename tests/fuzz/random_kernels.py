"""Random CUDA kernels with one defined result: the same seed gives the same text.

Statements and expressions are drawn from the scope at hand. What the language leaves undefined
is never written: shift counts and indices are masked, divisors are small and not zero, floats are
clamped before they become integers, a variable that an expression changes is not read elsewhere
in it. Barriers, shuffles and votes stand only where all threads arrive. Signed arithmetic wraps.
A NaN is replaced before its bits are looked at, since no rule says which NaN it is.
"""

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
THREADS = 64
"""Threads of every block; the launcher covers `n` elements with such blocks."""

PREFIX = """\
#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

struct Pack {
    int a;
    short b;
    unsigned char c[4];
    float f;
    __device__ int get(int k) const { return a + b * c[k & 3]; }
    __device__ Pack& bump(int by) {
        a += by;
        b -= by;
        c[by & 3]++;
        return *this;
    }
};

struct Limits {
    short low;
    unsigned high;
    long long seed;
};

__device__ __constant__ int table[8] = {3, -7, 11, 0, 2147483647, -2147483647, 64, 5};

template <typename T>
__device__ T mix(T x, T y) {
    T z = x;
    z += y;
    z ^= T(x >> 3);
    return z;
}

template <int K, typename T>
__device__ T nth(const T (&values)[4]) {
    T sum = 0;
#pragma unroll
    for (int k = 0; k < K; ++k) sum += values[k];
    return sum;
}

__device__ Pack make_pack(int a, float f) {
    Pack p;
    p.a = a;
    p.b = (short)(a >> 2);
    for (int k = 0; k < 4; k++) p.c[k] = (unsigned char)(a >> (8 * k));
    p.f = f;
    return p;
}

__device__ int to_int(double x, double low, double high) {
    if (!(x > low)) return (int)low;
    return x < high ? (int)x : (int)high;
}
__device__ int bits(float x) { return x == x ? __float_as_int(x) : 1; }
__device__ long long bits(double x) { return x == x ? __double_as_longlong(x) : 1; }

enum class Mode : short { Off, On = 5, Far = -3 };
enum Plain { First, Second = 40, Third };

struct Vec {
    int x, y;
    __device__ Vec operator+(const Vec& o) const { return {x + o.x, y + o.y}; }
    __device__ Vec& operator*=(int k) {
        x *= k, y *= k;
        return *this;
    }
    __device__ bool operator<(const Vec& o) const { return x < o.x || (x == o.x && y < o.y); }
    __device__ int& operator[](int k) { return k & 1 ? y : x; }
};
__device__ void turn(Vec* v, int* count, int by = 1) {
    for (int k = 0; k < by; ++k) {
        const int x = v->x;
        v->x = -v->y, v->y = x;
        if ((++*count & 3) == 3) return;
    }
}
template <typename T, typename U>
__device__ auto blend(T a, U b) {
    if constexpr (sizeof(T) > sizeof(U)) return a - b;
    else return b ^ a;
}
__device__ int kind(int) { return 1; }
__device__ int kind(unsigned) { return 2; }
__device__ int kind(long long) { return 3; }
__device__ int kind(unsigned long long) { return 4; }
__device__ int kind(float) { return 5; }
__device__ int kind(double) { return 6; }
__device__ int kind(bool) { return 7; }
__device__ int kind(char) { return 8; }
__device__ int kind(short) { return 9; }
__device__ int kind(unsigned char) { return 10; }
__device__ int kind(unsigned short) { return 11; }
__device__ int kind(signed char) { return 12; }
__device__ int kind(long) { return 13; }
__device__ int kind(unsigned long) { return 14; }

__device__ unsigned warp_sum(unsigned x) {
    for (int step = 16; step > 0; step >>= 1) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}
"""


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


class Generator:
    """One file's worth of random text."""

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
                f"__byte_perm((unsigned)({a}), (unsigned)({b}), 0x{self.random.randrange(1 << 12):x})",
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

    # ------------------------------------------------------------ statements

    def declare(self) -> None:
        name = self.name("v")
        if self.chance(0.22):
            type_ = self.random.choice(FLOATS)
            self.say(f"{type_} {name} = ({type_})({self.floating()});")
            self.scope.writable.append((name, type_))
            return
        type_ = self.random.choice(INTEGERS)
        value = self.integer()
        if self.chance(0.1):
            self.say(f"const auto {name} = {value};")
        else:
            self.say(f"{type_} {name} = {value};")
            self.scope.writable.append((name, type_))
        self.scope.readable.append((name, type_))

    def declare_array(self) -> None:
        name, count = self.name("a"), self.random.choice((2, 4, 8))
        type_ = self.random.choice(INTEGERS)
        if self.chance(0.5):
            values = ", ".join(f"({type_})({self.integer(1)})" for _ in range(count))
            self.say(f"{type_} {name}[{count}] = {{{values}}};")
        else:
            self.say(f"{type_} {name}[{count}];")
            value = self.integer(2)
            self.say(f"for (int k = 0; k < {count}; ++k) {name}[k] = ({type_})(k * 3 + {value});")
        self.scope.arrays.append((name, type_, count))
        if count == 4 and type_ != "bool" and self.chance(0.5):
            result = self.name("v")
            self.say(f"{type_} {result} = nth<{self.random.choice((1, 3, 4))}>({name});")
            self.scope.readable.append((result, type_))

    def declare_pack(self) -> None:
        name = self.name("p")
        if self.scope.packs and self.chance(0.3):
            self.say(f"Pack {name} = {self.random.choice(self.scope.packs)};")
        elif self.chance(0.4):
            self.say(
                f"Pack {name} = {{(int)({self.integer(1)}), (short)({self.integer(1)}), {{1, 2}}, 1.5f}};"
            )
        else:
            self.say(
                f"Pack {name} = make_pack((int)({self.integer(2)}), (float)({self.floating(1)}));"
            )
        self.scope.packs.append(name)

    def lvalue(self) -> tuple[str, str]:
        """Something that integers can be stored to, without effects, and its type."""
        choices = [v for v in self.scope.writable if v[1] in INTEGERS]
        if self.scope.arrays and self.chance(0.3):
            name, type_, count = self.random.choice(self.scope.arrays)
            return f"{name}[{self.integer(1)} & {count - 1}]", type_
        if self.scope.packs and self.chance(0.2):
            pack = self.random.choice(self.scope.packs)
            return self.random.choice(
                ((f"{pack}.a", "int"), (f"{pack}.b", "short"), (f"{pack}.c[2]", "unsigned char"))
            )
        if not choices:
            self.declare_named("int")
            choices = [v for v in self.scope.writable if v[1] in INTEGERS]
        return self.random.choice(choices)

    def declare_named(self, type_: str) -> str:
        name = self.name("v")
        self.say(f"{type_} {name} = ({type_})({self.integer(2)});")
        self.scope.readable.append((name, type_))
        self.scope.writable.append((name, type_))
        return name

    def assign(self) -> None:
        target, type_ = self.lvalue()
        kind = self.random.randrange(10)
        if kind < 4:
            self.say(f"{target} = {self.integer()};")
        elif kind < 7:
            self.say(f"{target} {self.random.choice('+-*&|^')}= {self.integer()};")
        elif kind == 7:
            self.say(f"{target} {self.random.choice(('<<', '>>'))}= {self.integer(2)} & 7;")
        elif kind == 8:
            self.say(f"{target} {self.random.choice('/%')}= ({self.integer(2)} & 31) + 2;")
        elif type_ != "bool":
            self.say(self.random.choice((f"{target}++;", f"--{target};", f"++{target};")))
        else:
            self.say(f"{target} = !{target};")

    def assign_float(self) -> None:
        names = self.float_names()
        if not names:
            return self.declare()
        name, _ = self.random.choice(names)
        if self.chance(0.25):
            self.say(f"{name} {self.random.choice('+-*')}= {self.integer(2)};")
        else:
            self.say(f"{name} {self.random.choice(('=', '+=', '-=', '*='))} {self.floating(3)};")

    def effect(self) -> None:
        """An expression that changes a variable and is used for its value."""
        names = [v for v in self.scope.writable if v[1] in INTEGERS and v[1] != "bool"]
        if len(names) < 2:
            return self.declare()
        (changed, _), (target, _) = self.random.sample(names, 2)
        step = self.random.choice(
            (f"{changed}++", f"--{changed}", f"({changed} += 3)", f"({changed} *= 5)")
        )
        self.hidden = {changed}
        other = self.integer(2)
        self.hidden = set()
        form = self.random.randrange(6)
        if form == 0:
            self.say(f"{target} = {step} + {other};")
        elif form == 1:
            self.say(f"if ({other} && {step} > 3) {target} ^= 5;")
        elif form == 2:
            self.say(f"if ({other} || {step} < 3) {target} += {changed};")
        elif form == 3:
            self.say(f"{target} = {other} ? {step} : {other};")
        elif form == 4:
            self.say(f"{target} = {changed} = {other};")
        elif self.scope.arrays:
            name, _, count = self.random.choice(self.scope.arrays)
            self.say(
                f"{name}[{changed}++ & {count - 1}] {self.random.choice(('=', '+='))} {other};"
            )
        else:
            self.say(f"{target} += {step};")

    def pointer(self) -> None:
        arrays = [a for a in self.scope.arrays if a[1] != "bool" and a[2] >= 4]
        if not arrays:
            return self.declare_array()
        name, type_, _ = self.random.choice(arrays)
        pointer = self.name("q")
        with self.block(""):
            self.say(f"{type_}* {pointer} = {name} + ({self.integer(2)} & 1);")
            self.say(f"*{pointer}++ += {self.literal()};")
            self.say(f"{pointer}[1] = {pointer}[0] ^ (int)({pointer} - {name});")
            if self.chance(0.5):
                self.say(f"if ({self.integer(2)}) {pointer} = {name};")
                self.say(f"*{pointer} -= 7;")

    def call(self) -> None:
        if not self.helpers:
            return self.declare()
        name, _, parameters = self.random.choice(self.helpers)
        arguments = []
        for parameter in parameters:
            if "&" in parameter:
                arguments.append(self.declare_named(parameter.rstrip("&")))
            else:
                arguments.append(f"({parameter})({self.integer(2)})")
        target, _ = self.lvalue()
        operator = self.random.choice(("=", "+=", "^="))
        self.say(f"{target} {operator} {name}({', '.join(arguments)});")

    def method(self) -> None:
        if not self.scope.packs:
            return self.declare_pack()
        pack = self.random.choice(self.scope.packs)
        chain = f".bump((int)({self.integer(1)}))" * self.random.choice((1, 1, 2))
        self.say(f"{pack}{chain};")

    def language(self) -> None:
        """A few lines around one feature of the language."""
        name, other = self.name("w"), self.name("w")
        type_ = self.random.choice(INTEGERS)
        a, b, c = self.integer(2), self.integer(2), self.integer(2)
        x, y = self.floating(2), self.floating(2)
        forms = (
            (
                f"Vec {name} = {{(int)({a}), (int)({b})}};",
                f"{name} *= (int)({c});",
                f"{name}[{a} & 1] += 3;",
                f"int {other} = ({name} + Vec{{1, 2}}) < {name} ? {name}.x : {name}[1];",
            ),
            (
                f"Vec {name}v = {{(int)({a}), 7}};",
                f"int {name} = {b} & 3;",
                f"turn(&{name}v, &{name}, {c} & 3);",
                f"turn(&{name}v, &{name});",
                f"int {other} = {name} + {name}v.x * 3 + {name}v.y;",
            ),
            (
                f"{type_} {name} = ({type_})({a});",
                f"int {name}s = 3;",
                f"auto {name}f = [&, k = (int)({b})](int z) {{ {name}s += z; return {name} * z + k; }};",
                f"int {other} = {name}f((int)({c}));",
                f"{other} += {name}f(2) ^ {name}s;",
            ),
            (
                f"int {name} = (int)({a}), {name}z = (int)({b});",
                f"({c} ? {name} : {name}z) += 9;",
                f"int& {name}r = {name} > {name}z ? {name} : {name}z;",
                f"{name}r -= 4;",
                f"int {other} = {name} = {name}z += 3;",
            ),
            (
                f"int {other} = kind({a}) * 16 + kind({b} + {c});",
                f"{other} = {other} * 16 + kind({x}) + kind({a} ? {b} : {c});",
            ),
            (
                f"auto {name} = blend(({type_})({a}), (short)({b}));",
                f"int {other} = (int){name} + kind({name});",
            ),
            (
                f"Mode {name} = {a} ? Mode::On : Mode::Far;",
                f"Plain {name}p = Plain({b} & 1 ? 40 : 41);",
                f"int {other} = (int){name} * ({name} == Mode::On) + {name}p;",
                f"switch ({name}) {{ case Mode::On: {other} += 1; break; case Mode::Far: {other} -= 7; default:; }}",
            ),
            (
                f"int4 {name} = make_int4((int)({a}), (int)({b}), 3, (int)({c}));",
                f"uint2 {name}u = {{(unsigned){name}.x, (unsigned)({c})}};",
                f"{name}.z += {name}u.y; {name}.w <<= 1;",
                f"int {other} = {name}.x ^ {name}.y + {name}.z * {name}.w;",
            ),
            (
                f"int {name}[2][4] = {{{{1, 2}}, {{(int)({a}), (int)({b})}}}};",
                f"{name}[{a} & 1][{b} & 3] -= {c};",
                f"int* {name}r = {name}[{c} & 1];",
                f"{name}r[1] += 2;",
                f"int {other} = {name}[0][1] * 3 + {name}[1][{a} & 3];",
            ),
            (
                f"half {name} = __float2half((float)({x}));",
                f"{name} = {name} * __float2half((float)({y})) + {name};",
                f"__nv_bfloat16 {name}b = __float2bfloat16(__half2float({name}));",
                f"int {other} = bits(__half2float({name}));",
                f"{other} += bits(__bfloat162float({name}b)) + ({name} > __float2half((float)({y})));",
            ),
            (
                f"int {other} = 5;",
                f"for (int {name} = 0, {name}z = (int)({a}) & 15; {name} < {name}z; {name}++, {name}z -= 2)",
                f"    if (int {name}q = {b} & 3; {name}q > 1) {other} += {name}q * {name}z;",
                f"    else {other} ^= {c};",
            ),
            (
                f"union {{ unsigned u; float f; }} {name};",
                f"{name}.f = to_int({x}, -1e4, 1e4) * 0.25f;",
                f"int {other} = (int)({name}.u >> 3);",
            ),
            (
                f"static constexpr int {name} = {self.random.randrange(1, 9)} * sizeof({type_});",
                f"int {other} = {name} ^ {a};",
            ),
            (
                f"unsigned char {name}[8];",
                f"for (auto& e : {name}) e = (unsigned char)({a});",
                f"int {other} = 0;",
                f"for (auto e : {name}) {other} = {other} * 3 + e;",
            ),
            (
                f"Pack {name}[2] = {{make_pack((int)({a}), 1.f), make_pack((int)({b}), 2.f)}};",
                f"{name}[{c} & 1].bump(2).c[1] ^= {a};",
                f"Pack* {name}p = &{name}[{b} & 1];",
                f"{name}p->a += {name}[1].b; {name}[0] = {c} ? {name}[1] : *{name}p;",
                f"int {other} = {name}[0].get(1) + {name}p->get(2) + (int){name}p->f;",
            ),
        )
        for line in self.random.choice(forms):
            self.say(line)
        self.scope.readable.append((other, "int"))
        self.scope.writable.append((other, "int"))

    def branch(self) -> None:
        condition = self.integer(2)
        with self.block(f"if ({condition})"):
            self.body(2)
            self.jump(0.2)
        if self.chance(0.5):
            with self.block(f"else if ({self.integer(2)})" if self.chance(0.3) else "else"):
                self.body(2)

    def jump(self, probability: float) -> None:
        """Perhaps leave the loop, the iteration or the function."""
        if not self.chance(probability):
            return
        if self.loop == "loop":
            self.say(self.random.choice(("break;", "continue;")))
        elif self.loop == "" and self.result:
            self.say(f"return {self.result.format(value=self.integer(2))};")

    def for_loop(self) -> None:
        counter = self.name("i")
        bound = self.random.choice(("3", "5", f"({self.integer(2)} & 7)"))
        head = self.random.choice(
            (
                f"for (int {counter} = 0; {counter} < (int){bound}; ++{counter})",
                f"for (unsigned {counter} = (unsigned){bound}; {counter}-- > 0;)",
                f"for (short {counter} = -2; {counter} <= 4; {counter} += 2)",
                f"for (unsigned char {counter} = 1; {counter} < 100; {counter} *= 3)",
            )
        )
        with self.block(head, loop="loop"):
            self.scope.readable.append((counter, "int"))
            self.body(2)
            with self.block(f"if ({self.integer(2)})"):
                self.body(1)
                self.jump(0.8)
            self.body(1)
        if self.result and self.chance(0.2):
            with self.block(f"while ({self.integer(2)})", loop="loop"):
                self.body(1)
                self.say(f"return {self.result.format(value=self.integer(2))};")

    def while_loop(self) -> None:
        fuel = self.name("fuel")
        self.say(f"int {fuel} = {self.random.randrange(1, 7)};")
        if self.chance(0.5):
            with self.block(f"while ({fuel}-- > 0 && ({self.integer(2)}))", loop="loop"):
                self.body(2)
                self.jump(0.2)
                self.body(1)
        else:
            self.say("do {")
            self.depth += 1
            before = self.scope, self.together, self.loop
            self.scope, self.together, self.loop = self.scope.copy(), False, "loop"
            self.body(2)
            with self.block(f"if ({self.integer(2)})"):
                self.jump(0.8)
            self.body(1)
            self.scope, self.together, self.loop = before
            self.depth -= 1
            self.say(f"}} while (--{fuel} > 0 && {self.integer(1)} != 3);")
        self.scope.readable.append((fuel, "int"))

    def switch(self) -> None:
        labels = self.random.sample(range(8), self.random.randrange(2, 5))
        default = self.random.randrange(-1, len(labels))
        with self.block(f"switch ({self.integer(2)} & 7)", loop=self.loop and "switch in loop"):
            for at, label in enumerate(labels):
                if at == default:
                    self.say("default:")
                with self.block(f"case {label}:"):
                    self.body(1)
                    if self.chance(0.2):
                        with self.block(f"if ({self.integer(1)})"):
                            self.body(1)
                            self.say("break;")
                    if self.loop == "switch in loop" and self.chance(0.2):
                        self.say(f"if ({self.integer(1)}) continue;")
                    elif self.loop == "" and self.result and self.chance(0.2):
                        self.say(
                            f"if ({self.integer(1)}) return {self.result.format(value=self.integer(1))};"
                        )
                if self.chance(0.6):
                    self.say("break;")

    # ------------------------------------------------------------ what all threads do together

    def same_for_all(self) -> str:
        """An expression that has the same value in all threads of the block."""
        names = [*self.scope.uniform, "n", "(int)blockIdx.x"]
        a, b = self.random.choice(names), self.random.choice([*names, "3", "7u"])
        return f"({a} {self.random.choice('+*^&|')} {b})"

    def exchange(self) -> None:
        name, value = self.name("v"), self.integer(2)
        shift = self.random.randrange(1, THREADS)
        self.say(f"cells[t] = {value};")
        self.say("__syncthreads();")
        self.say(f"int {name} = cells[(t + {shift}) & {THREADS - 1}];")
        self.say("__syncthreads();")
        self.scope.readable.append((name, "int"))
        self.scope.writable.append((name, "int"))

    def shuffle(self) -> None:
        name, value = self.name("v"), self.integer(2)
        full = "0xffffffffu"
        type_, text = self.random.choice(
            (
                ("int", f"__shfl_sync({full}, (int)({value}), {self.integer(1)} & 31)"),
                (
                    "int",
                    f"__shfl_xor_sync({full}, (int)({value}), {self.random.choice((1, 2, 4, 16))})",
                ),
                ("unsigned", f"__shfl_up_sync({full}, (unsigned)({value}), 3)"),
                ("long long", f"__shfl_down_sync({full}, (long long)({value}), 5)"),
                ("int", f"__shfl_xor_sync({full}, (int)({value}), 3, 8)"),
                ("unsigned", f"__ballot_sync({full}, {value})"),
                ("int", f"__any_sync({full}, {value})"),
                ("int", f"__all_sync({full}, {value})"),
                ("unsigned", f"warp_sum((unsigned)({value}))"),
                ("int", f"__syncthreads_count({value})"),
                ("int", f"__syncthreads_or({value})"),
            )
        )
        self.say(f"{type_} {name} = {text};")
        self.scope.readable.append((name, type_))
        self.scope.writable.append((name, type_))

    def atomics(self) -> None:
        name = self.name("v")
        self.say("if (t < 8) bins[t] = t;")
        self.say("__syncthreads();")
        function = self.random.choice(
            (
                "atomicAdd",
                "atomicMax",
                "atomicMin",
                "atomicXor",
                "atomicOr",
                "atomicAnd",
                "atomicSub",
            )
        )
        with self.block(f"if ({self.integer(2)})"):
            self.say(f"{function}(&bins[{self.integer(2)} & 7], (int)({self.integer(2)}));")
        self.say("__syncthreads();")
        self.say(f"int {name} = bins[t & 7];")
        self.say("__syncthreads();")
        self.scope.readable.append((name, "int"))

    def loop_together(self) -> None:
        counter = self.name("i")
        head = f"for (int {counter} = 0; {counter} < ({self.same_for_all()} & 3) + 1; {counter}++)"
        with self.block(head, together=True, loop="uniform"):
            self.scope.readable.append((counter, "int"))
            self.scope.uniform.append(counter)
            self.body(2)
            if self.chance(0.3):
                self.say(
                    f"if ({self.same_for_all()} & 1) {self.random.choice(('break', 'continue'))};"
                )
            self.body(1)

    def branch_together(self) -> None:
        with self.block(f"if ({self.same_for_all()} & 1)", together=True):
            self.body(2)
        if self.chance(0.5):
            with self.block("else", together=True):
                self.body(1)

    # ------------------------------------------------------------ bodies

    def body(self, count: int) -> None:
        for _ in range(count):
            self.statement()

    def statement(self) -> None:
        simple = [
            *(self.declare,) * 3,
            *(self.assign,) * 4,
            self.assign_float,
            *(self.effect,) * 2,
            self.declare_array,
            self.declare_pack,
            self.method,
            self.pointer,
            self.call,
            *(self.language,) * 4,
        ]
        nested = [self.branch, self.branch, self.for_loop, self.while_loop, self.switch]
        together = [
            self.exchange,
            self.shuffle,
            self.shuffle,
            self.atomics,
            self.loop_together,
            self.branch_together,
        ]
        choices = simple
        if self.depth < 4:
            choices = choices + nested
        if self.together and self.depth < 4:
            choices = choices + together * 2
        self.random.choice(choices)()

    def helper(self, index: int) -> None:
        types = [self.random.choice(INTEGERS) for _ in range(self.random.randrange(1, 4))]
        parameters = [t + ("&" if self.chance(0.3) else "") for t in types]
        result, name = self.random.choice(INTEGERS), f"step{index}"
        self.scope = Scope()
        names = [f"x{at}" for at in range(len(types))]
        self.scope.readable = list(zip(names, types, strict=True))
        self.scope.writable = list(zip(names, types, strict=True))
        self.in_kernel, self.together, self.result, self.loop = False, False, "{value}", ""
        listed = ", ".join(f"{p} {n}" for p, n in zip(parameters, names, strict=True))
        with self.block(f"__device__ {result} {name}({listed})"):
            self.body(4)
            self.say(f"return {self.integer()};")
        self.say("")
        self.helpers.append((name, result, parameters))

    def kernel(self, index: int) -> None:
        together = self.chance(0.6)
        extra, type_ = "extra", self.random.choice(INTEGERS)
        self.in_kernel, self.together = True, together
        self.result = "" if together else "{value}"
        self.loop = ""
        self.scope = Scope()
        integers = [("t", "int"), ("i", "int"), ("n", "int"), (extra, type_)]
        integers += [
            ("limits.low", "short"),
            ("limits.high", "unsigned"),
            ("limits.seed", "long long"),
        ]
        self.scope.readable = integers
        self.scope.uniform = ["extra", "limits.low"]
        with self.block(
            f"__global__ void k{index}(int* out, const int* in, int n, {type_} {extra}, Limits limits)",
            together=True,
        ):
            self.say("const int t = threadIdx.x;")
            self.say("const int i = blockIdx.x * blockDim.x + threadIdx.x;")
            if together:
                self.say(f"__shared__ {self.random.choice(('int', 'unsigned'))} cells[{THREADS}];")
                self.say("__shared__ int bins[8];")
                self.say("int v0 = i < n ? in[i] : 0;")
            else:
                self.say("if (i >= n) return;")
                self.say("int v0 = in[i];")
                # A kernel leaves in the middle with a store; {value} is what it stores.
                self.result = ""
            self.scope.readable.append(("v0", "int"))
            self.scope.writable.append(("v0", "int"))
            for make in (self.declare, self.declare, self.declare_array):
                make()
            self.body(7)
            if not together:
                with self.block(f"if ({self.integer(2)})"):
                    self.body(1)
                    self.say(f"out[i] = {self.digest(2)};")
                    self.say("return;")
                self.body(2)
            store = f"out[i] = {self.digest(12)};"
            self.say(f"if (i < n) {store}" if together else store)
        launch = f"(n + {THREADS - 1}) / {THREADS}, {THREADS}"
        value = self.random.randrange(-5, 300)
        self.say(f"void run_{index}(int* out, const int* in, int n) {{")
        self.say("    if (n <= 0) return;")
        self.say(
            f"    Limits limits = {{{self.random.randrange(-99, 99)}, 77u, {self.random.randrange(1 << 40)}ll}};"
        )
        self.say(f"    k{index}<<<{launch}>>>(out, in, n, ({type_}){value}, limits);")
        self.say("}\n")

    def digest(self, most: int) -> str:
        """An int made of the variables in scope."""
        parts = [n for n, _ in self.scope.readable[-most:]]
        parts += [f"{p}.get({at})" for at, p in enumerate(self.scope.packs[-2:])]
        parts += [f"{a}[{c - 1}]" for a, _, c in self.scope.arrays[-2:]]
        parts += [f"bits({n})" for n, _ in self.float_names()[-3:]]
        text = "17u"
        for part in parts:
            text = (
                f"{text} * 31u + (unsigned)({part})"
                if text == "17u"
                else f"({text}) * 31u + (unsigned)({part})"
            )
        return f"(int)({text})"


def random_file(seed: int, kernels: int = 10) -> str:
    """The text of a file with `kernels` kernels and a launcher for each."""
    generator = Generator(seed)
    generator.lines.append(PREFIX)
    for index in range(4):
        generator.helper(index)
    for index in range(kernels):
        generator.kernel(index)
    return "\n".join(generator.lines)


if __name__ == "__main__":
    import sys

    print(random_file(int(sys.argv[1]), *(int(a) for a in sys.argv[2:])))
