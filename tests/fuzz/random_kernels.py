"""Random CUDA kernels with one defined result: the same seed gives the same text.

Statements and expressions are drawn from the scope at hand. What the language leaves undefined
is never written: shift counts and indices are masked, divisors are small and not zero, floats are
clamped before they become integers, a variable that an expression changes is not read elsewhere
in it. Barriers, shuffles and votes stand only where all threads arrive. Signed arithmetic wraps.
A NaN is replaced before its bits are looked at, since no rule says which NaN it is.
"""

from __future__ import annotations

from pathlib import Path

from language_forms import language_forms
from random_expressions import FLOATS, INTEGERS, Expressions, Scope

THREADS = 64
"""Threads of every block; the launcher covers `n` elements with such blocks."""

PREFIX = Path(__file__).with_name("declarations.cuh").read_text(encoding="utf-8")
"""What every file begins with."""


class Generator(Expressions):
    """One file's worth of random text."""

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
                f"Pack {name} = {{(int)({self.integer(1)}), "
                f"(short)({self.integer(1)}), {{1, 2}}, 1.5f}};"
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
        forms = language_forms(name, other, type_, (a, b, c), (x, y))
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
                            f"if ({self.integer(1)}) "
                            f"return {self.result.format(value=self.integer(1))};"
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
            f"__global__ void k{index}("
            f"int* out, const int* in, int n, {type_} {extra}, Limits limits)",
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
            f"    Limits limits = {{{self.random.randrange(-99, 99)}, 77u, "
            f"{self.random.randrange(1 << 40)}ll}};"
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
