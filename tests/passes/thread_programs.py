"""Random kernels with nested control flow, warp operations and barriers, deterministic by seed.

Race-free and defined by construction: warp operations name the lanes that are there
(`active_mask`), barriers stand where all threads of the block come by. Integers only, so that every
way to run a kernel gives the same numbers.
"""

from __future__ import annotations

import random

from ascendify.ir.builder import Builder
from ascendify.ir.dtypes import I1, I32, U32, Pointer, Space
from ascendify.ir.nodes import Func, Global, Module, Op, Value

GLOBAL_I32 = Pointer(I32, Space.GLOBAL)
MAX_DEPTH = 3


class Program:
    """Builds one kernel: k(out, inp, n)."""

    def __init__(self, seed: int, name: str) -> None:
        self.random = random.Random(seed)
        self.name = name
        self.out = Value(GLOBAL_I32, "out")
        self.inp = Value(GLOBAL_I32, "inp")
        self.n = Value(I32, "n")
        self.budget = 40
        self.may_return = self.random.random() < 0.4
        self.count = 0

    def kernel(self) -> Func:
        b = Builder()
        self.shared = b.op("global_addr", type=Pointer(I32, Space.SHARED), symbol="tile")
        self.local = b.alloca(I32, 4, "local")
        self.tid = b.cast(b.op("thread_linear"), I32)
        block = b.cast(b.op("block_idx", dim=0), I32)
        threads = self.random.choice(["block_dim"])
        self.size = b.cast(b.op(threads, dim=0), I32)
        for i in range(4):
            b.store(self.local, i, b.op("add", self.tid, b.i32(i)))
        self.index = b.op("add", b.op("mul", block, self.size, hint="base"), self.tid, hint="index")
        values = [self.tid, self.n, block, b.load(self.inp, self.index, hint="x"), b.i32(3)]
        total = self.statements(b, values, depth=0, uniform=True, in_loop=None)
        b.store(self.out, self.index, total)
        body = b.finish((), terminator="return")
        attrs = {"source_name": self.name}
        return Func(self.name, (self.out, self.inp, self.n), None, body, True, attrs=attrs)

    # Pieces

    def pick(self, values: list[Value]) -> Value:
        return self.random.choice(values[-6:] if self.random.random() < 0.6 else values)

    def named(self) -> str:
        self.count += 1
        return f"{self.random.choice('abcd')}{self.count}"

    def arithmetic(self, b: Builder, values: list[Value]) -> Value:
        name = self.random.choice(["add", "sub", "mul", "xor", "and", "or", "min", "max", "rem"])
        return b.op(name, self.pick(values), self.pick(values), hint=self.named())

    def condition(self, b: Builder, values: list[Value], varying: bool | None = None) -> Value:
        """A test; `varying` False: the same for all threads."""
        pred = self.random.choice(["eq", "ne", "lt", "le", "gt", "ge"])
        if varying is False:
            return b.cmp(pred, self.n, b.i32(self.random.randrange(8)))
        kept = b.op("and", self.pick(values), b.i32(self.random.choice([1, 3, 7, 31])))
        return b.cmp(pred, kept, b.i32(self.random.randrange(5)))

    def statements(
        self, b: Builder, values: list[Value], depth: int, uniform: bool, in_loop: str | None
    ) -> Value:
        """Some statements; returns a value that depends on most of them."""
        values = list(values)
        for _ in range(self.random.randrange(2, 6)):
            if self.budget <= 0 or b.terminated:
                break
            self.budget -= 1
            self.statement(b, values, depth, uniform, in_loop)
        total = values[-1]
        for value in values[-4:-1]:
            total = b.op("add", total, value)
        return total

    def statement(
        self, b: Builder, values: list[Value], depth: int, uniform: bool, in_loop: str | None
    ) -> None:
        choices = ["arithmetic", "arithmetic", "load", "local", "warp", "warp"]
        if depth < MAX_DEPTH:
            choices += ["if", "if", "for", "loop"]
        if uniform:
            choices += ["barrier", "count", "uniform_load"]
        if self.may_return and depth:
            choices.append("return")
        getattr(self, f"do_{self.random.choice(choices)}")(b, values, depth, uniform, in_loop)

    def do_arithmetic(self, b: Builder, values: list[Value], *_: object) -> None:
        values.append(self.arithmetic(b, values))

    def do_load(self, b: Builder, values: list[Value], *_: object) -> None:
        at = b.op("and", self.pick(values), b.i32(63))
        values.append(b.load(self.inp, at, hint=self.named()))

    def do_local(self, b: Builder, values: list[Value], *_: object) -> None:
        at = b.op("and", self.pick(values), b.i32(3))
        if self.random.random() < 0.5:
            b.store(self.local, at, self.pick(values))
        else:
            values.append(b.load(self.local, at, hint=self.named()))

    def do_uniform_load(self, b: Builder, values: list[Value], *_: object) -> None:
        at = b.op("and", self.n, b.i32(31))
        values.append(b.load(self.inp, at, hint=self.named()))

    def do_warp(self, b: Builder, values: list[Value], *_: object) -> None:
        mask = b.op("active_mask")
        kind = self.random.choice(["shuffle", "shuffle", "shuffle", "vote", "match", "reduce"])
        value = self.pick(values)
        if kind == "shuffle":
            mode = self.random.choice(["idx", "up", "down", "xor"])
            by = self.random.choice([b.i32(self.random.randrange(32)), self.pick(values)])
            width = b.i32(self.random.choice([32, 32, 16, 8]))
            values.append(b.op("shuffle", mask, value, by, width, mode=mode, hint=self.named()))
            if self.random.random() < 0.3:
                other = b.op("shuffle", mask, self.pick(values), by, width, mode=mode)
                values.append(other)
        elif kind == "vote":
            op = self.random.choice(["any", "all", "ballot"])
            type_ = U32 if op == "ballot" else I1
            values.append(
                b.cast(b.op("vote", mask, self.condition(b, values), type=type_, op=op), I32)
            )
        elif kind == "match":
            op = self.random.choice(["any", "all"])
            small = b.op("and", value, b.i32(3))
            values.append(b.cast(b.op("match", mask, small, op=op), I32))
        else:
            op = self.random.choice(["add", "min", "max", "and", "or", "xor"])
            values.append(b.op("warp_reduce", mask, value, op=op, hint=self.named()))

    def do_barrier(self, b: Builder, values: list[Value], *_: object) -> None:
        b.do("barrier")
        b.store(self.shared, self.tid, self.pick(values))
        b.do("barrier")
        by = b.op("add", self.tid, b.i32(self.random.randrange(40)))
        at = b.op("rem", by, self.size)
        # a thread that has returned leaves its place as it was: read places that are surely set
        at = self.tid if self.may_return else at
        values.append(b.load(self.shared, at, hint=self.named()))

    def do_count(self, b: Builder, values: list[Value], *_: object) -> None:
        op = self.random.choice(["count", "and", "or"])
        values.append(b.op("barrier_reduce", self.condition(b, values), op=op, hint=self.named()))

    def do_return(
        self, b: Builder, values: list[Value], depth: int, uniform: bool, in_loop: str | None
    ) -> None:
        then = b.nested()
        then.store(self.out, self.index, self.pick(values))
        arms = [then.finish((), terminator="return"), b.nested().finish()]
        b.structured("if", [self.condition(b, values)], arms)

    def do_if(
        self, b: Builder, values: list[Value], depth: int, uniform: bool, in_loop: str | None
    ) -> None:
        varying = self.random.random() < 0.6
        condition = self.condition(b, values, varying)
        inner_uniform = uniform and not varying
        arms = []
        leaves = -1
        if in_loop is not None and self.random.random() < 0.4:
            leaves = self.random.randrange(2)
        for k in range(2):
            arm = b.nested()
            value = self.statements(arm, values, depth + 1, inner_uniform, in_loop)
            if k == leaves:
                last = self.random.choice(["break", "continue"])
                carried = [value] if in_loop == "for" else [self.pick(values), value]
                arms.append(arm.finish((), *carried, terminator=last))
            else:
                arms.append(arm.finish((), value))
        result = Value(I32, self.named())
        b.structured("if", [condition], arms, [result])
        values.append(result)

    def do_for(
        self, b: Builder, values: list[Value], depth: int, uniform: bool, in_loop: str | None
    ) -> None:
        varying = self.random.random() < 0.5
        upper = b.i32(self.random.randrange(4))
        if varying:
            upper = b.op("and", self.pick(values), b.i32(3))
        counter, carried = Value(I32, "i"), Value(I32, self.named())
        body = b.nested()
        # A loop with exits of some threads only has no place for barriers; keep them out.
        inner = [*values, counter, carried]
        value = self.statements(body, inner, depth + 1, False, "for")
        region = body.finish((counter, carried), value)
        result = Value(I32, carried.name)
        b.structured("for", [b.i32(0), upper, b.i32(1), self.pick(values)], [region], [result])
        values.append(result)

    def do_loop(
        self, b: Builder, values: list[Value], depth: int, uniform: bool, in_loop: str | None
    ) -> None:
        """A loop over (count, value) with a limit on turns kept in `count`."""
        regular = uniform and self.random.random() < 0.5  # all threads take the same turns
        if regular:
            self.regular_loop(b, values, depth)
            return
        limit = b.op("and", self.pick(values), b.i32(3))
        args = [(Value(I32, "turn"), Value(I32, "v")) for _ in range(3)]
        cond = b.nested()
        if self.random.random() < 0.3:
            found: list[Value] = [*values, args[0][1]]
            self.do_warp(cond, found)
        test = cond.cmp("lt", args[0][0], limit)
        regions = [cond.finish(args[0], test, *args[0], terminator="condition")]
        body = b.nested()
        value = self.statements(body, [*values, args[1][1]], depth + 1, False, None)
        regions.append(body.finish(args[1], args[1][0], value))
        step = b.nested()
        regions.append(step.finish(args[2], step.op("add", args[2][0], step.i32(1)), args[2][1]))
        results = [Value(I32, "turns"), Value(I32, self.named())]
        do_first = {"do_first": True} if self.random.random() < 0.3 else {}
        b.structured("loop", [b.i32(0), self.pick(values)], regions, results, **do_first)
        values += results

    def regular_loop(self, b: Builder, values: list[Value], depth: int) -> None:
        counter, carried = Value(I32, "i"), Value(I32, self.named())
        body = b.nested()
        value = self.statements(body, [*values, counter, carried], depth + 1, True, None)
        region = body.finish((counter, carried), value)
        result = Value(I32, carried.name)
        upper = b.op("and", self.n, b.i32(3))
        b.structured("for", [b.i32(0), upper, b.i32(1), self.pick(values)], [region], [result])
        values.append(result)


def program(seed: int, name: str = "k") -> Module:
    """The kernel `name` of `seed`, with its shared array."""
    func = Program(seed, name).kernel()
    return Module((func,), (Global("tile", I32, 1024, Space.SHARED, 4),))


__all__ = ["Op", "program"]
