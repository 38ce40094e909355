"""Random small kernels give the same results before and after each pass and the whole pipeline."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascendify.ir.builder import Builder
from ascendify.ir.dtypes import (
    F32,
    I1,
    I32,
    I64,
    U8,
    U32,
    Field,
    Pointer,
    Record,
    Scalar,
    Space,
)
from ascendify.ir.interpreter import run_kernel
from ascendify.ir.nodes import Func, Module, Region, Value
from ascendify.ir.printer import print_module
from ascendify.ir.verifier import check
from ascendify.passes.pipeline import PassContext, run_pipeline
from ascendify.passes.pipelines import PASSES, SIMT

THREADS = 4
CELLS = 8
PAIR = Record(
    "Pair", 16, 4, (Field("a", I32, 0), Field("b", F32, 4), Field("c", U8, 8, 8, is_array=True))
)


class Program:
    """Writes one random function as a frontend would: every variable in memory."""

    def __init__(self, rnd: Random, callees: list[Func]) -> None:
        self.rnd = rnd
        self.callees = callees
        self.allocas = Builder()
        self.vars: dict[Scalar, list[Value]] = {
            t: [self.allocas.alloca(t, hint=f"{t.name}_{i}") for i in range(2)] for t in (I32, F32)
        }
        self.vars[U32] = [self.allocas.alloca(U32, hint="u")]
        self.array = self.allocas.alloca(I32, 4, hint="arr")
        self.pairs = [self.allocas.alloca(PAIR, hint=f"p{i}") for i in range(2)]
        self.loop_depth = 0
        self.result: Scalar | None = None
        self.budget = 40

    # Expressions

    def expr(self, b: Builder, type_: Scalar, depth: int = 0) -> Value:
        rnd = self.rnd
        if depth > 2 or rnd.random() < 0.3:
            return self.leaf(b, type_)
        if type_ == F32:
            return self.float_expr(b, depth)
        kind = rnd.randrange(9)
        other = U32 if type_ == I32 else I32
        if kind == 0:
            return b.op("cast", self.expr(b, other, depth + 1), type=type_)
        if kind == 1:
            return b.op("cast", self.expr(b, F32, depth + 1), type=type_)
        if kind == 2:
            return self.choice(b, type_, depth)
        if kind == 3:
            return b.op("cast", self.condition(b, depth + 1), type=type_)
        if kind == 4:
            wide = b.op("cast", self.expr(b, type_, depth + 1), type=I64)
            return b.op("cast", b.op("add", wide, b.i64(rnd.randrange(5))), type=type_)
        name = rnd.choice(
            ["add", "sub", "mul", "div", "rem", "min", "max", "and", "or", "xor", "shl", "shr"]
        )
        return b.op(name, self.expr(b, type_, depth + 1), self.expr(b, type_, depth + 1))

    def float_expr(self, b: Builder, depth: int) -> Value:
        rnd = self.rnd
        kind = rnd.randrange(4)
        if kind == 0:
            return b.op("cast", self.expr(b, I32, depth + 1), type=F32)
        if kind == 1:
            return self.choice(b, F32, depth)
        name = rnd.choice(["add", "sub", "mul", "min", "max"])
        return b.op(name, self.expr(b, F32, depth + 1), self.expr(b, F32, depth + 1))

    def leaf(self, b: Builder, type_: Scalar) -> Value:
        rnd = self.rnd
        kind = rnd.randrange(5)
        if kind == 0:
            number = rnd.choice([0, 1, 2, 3, 4, 7, 8, 31, 32])
            return b.const(float(number) if type_ == F32 else number, type_)
        if kind == 1 and type_ in (I32, F32):
            source = self.ints if type_ == I32 else self.floats
            return b.load(source, self.index(b, 16))
        if kind == 2 and type_ == I32:
            return b.load(self.array, self.small_index(b))
        if kind == 2 and type_ == U32:
            return b.op("thread_idx", dim=0)
        if kind == 3:
            return self.from_record(b, type_)
        return b.load(rnd.choice(self.vars[type_]))

    def from_record(self, b: Builder, type_: Scalar) -> Value:
        pair = self.rnd.choice(self.pairs)
        if type_ == F32:
            return b.load(b.op("field", pair, type=Pointer(F32, Space.LOCAL), name="b"))
        if type_ == I32 and self.rnd.random() < 0.5:
            return b.load(b.op("field", pair, type=Pointer(I32, Space.LOCAL), name="a"))
        if type_ == U32 and self.rnd.random() < 0.5:  # type punning over several members
            words = b.op("ptr_cast", pair, type=Pointer(U32, Space.LOCAL))
            return b.load(words, self.rnd.randrange(4))
        bytes_ = b.op("field", pair, type=Pointer(U8, Space.LOCAL), name="c")
        return b.cast(b.load(bytes_, self.rnd.randrange(8)), type_)

    def index(self, b: Builder, size: int) -> Value:
        return b.op("and", self.expr(b, I32, 2), b.i32(size - 1))

    def small_index(self, b: Builder) -> Value:
        if self.rnd.random() < 0.5:
            return b.i32(self.rnd.randrange(4))
        return self.index(b, 4)

    def choice(self, b: Builder, type_: Scalar, depth: int) -> Value:
        condition = self.condition(b, depth + 1)
        sides = []
        for _ in range(2):
            inner = b.nested()
            sides.append(inner.finish([], self.expr(inner, type_, depth + 1)))
        result = Value(type_)
        b.structured("if", [condition], sides, [result])
        return result

    def condition(self, b: Builder, depth: int = 0) -> Value:
        rnd = self.rnd
        kind = rnd.randrange(6) if depth < 3 else 0
        if kind == 4:
            return b.op("not", self.condition(b, depth + 1))
        if kind == 5:
            return self.choice_of_flags(b, depth)
        type_ = rnd.choice([I32, I32, U32, F32])
        pred = rnd.choice(["eq", "ne", "lt", "le", "gt", "ge"])
        return b.cmp(pred, self.expr(b, type_, depth + 1), self.expr(b, type_, depth + 1))

    def choice_of_flags(self, b: Builder, depth: int) -> Value:
        first = self.condition(b, depth + 1)
        second, fixed = b.nested(), b.nested()
        regions = [
            second.finish([], self.condition(second, depth + 1)),
            fixed.finish([], fixed.i1(self.rnd.random() < 0.5)),
        ]
        if self.rnd.random() < 0.5:
            regions.reverse()
        result = Value(I1)
        b.structured("if", [first], regions, [result])
        return result

    # Statements

    def block(self, b: Builder, depth: int) -> None:
        for _ in range(self.rnd.randrange(1, 5)):
            if self.budget <= 0 or b.terminated:
                return
            self.budget -= 1
            self.statement(b, depth)

    def statement(self, b: Builder, depth: int) -> None:
        rnd = self.rnd
        choices = [self.assign, self.assign, self.store_array, self.store_record, self.copy]
        choices += [self.copy_from_memory, self.store_out]
        if self.callees:
            choices += [self.call, self.call]
        if depth < 3:
            choices += [self.branch, self.branch, self.counted, self.counted, self.loop]
        if depth > 0:
            choices.append(self.leave)
        statement = rnd.choice(choices)
        if statement in (self.branch, self.counted, self.loop):
            statement(b, depth)  # type: ignore[call-arg]
        else:
            statement(b)

    def assign(self, b: Builder) -> None:
        type_ = self.rnd.choice([I32, I32, F32, U32])
        value = self.expr(b, type_)
        b.store(self.rnd.choice(self.vars[type_]), 0, value)

    def store_array(self, b: Builder) -> None:
        value = self.expr(b, I32)
        b.store(self.array, self.small_index(b), value)

    def store_record(self, b: Builder) -> None:
        pair = self.rnd.choice(self.pairs)
        kind = self.rnd.randrange(3)
        if kind == 0:
            value = self.expr(b, I32)
            b.store(b.op("field", pair, type=Pointer(I32, Space.LOCAL), name="a"), 0, value)
        elif kind == 1:
            value = self.expr(b, F32)
            b.store(b.op("field", pair, type=Pointer(F32, Space.LOCAL), name="b"), 0, value)
        else:
            value = b.cast(self.expr(b, I32), U8)
            bytes_ = b.op("field", pair, type=Pointer(U8, Space.LOCAL), name="c")
            b.store(bytes_, self.rnd.randrange(8), value)

    def copy(self, b: Builder) -> None:
        b.do("copy", *self.rnd.sample(self.pairs, 2), bytes=16, align=4)

    def copy_from_memory(self, b: Builder) -> None:
        start = b.op("offset", self.ints, b.op("mul", self.index(b, 4), b.i32(4)))
        source = b.op("ptr_cast", start, type=Pointer(PAIR, Space.GENERIC))
        b.do("copy", self.rnd.choice(self.pairs), source, bytes=16, align=4)

    def store_out(self, b: Builder) -> None:
        """A cell of the thread's own row."""
        row = b.op("mul", b.op("cast", b.op("thread_idx", dim=0), type=I32), b.i32(CELLS))
        cell = b.op("add", row, self.index(b, CELLS))
        b.store(self.out, cell, self.expr(b, I32))

    def call(self, b: Builder) -> None:
        callee = self.rnd.choice(self.callees)
        pair = b.op("ptr_cast", self.rnd.choice(self.pairs), type=Pointer(PAIR, Space.GENERIC))
        changed = b.op("ptr_cast", self.vars[I32][0], type=Pointer(I32, Space.GENERIC))
        arguments = [self.out, self.ints, self.floats, pair, changed, self.expr(b, I32)]
        value = b.op("call", *arguments, type=I32, callee=callee.name)
        b.store(self.vars[I32][1], 0, value)

    def branch(self, b: Builder, depth: int) -> None:
        condition = self.condition(b)
        sides = []
        for i in range(2):
            inner = b.nested()
            if i == 0 or self.rnd.random() < 0.6:
                self.block(inner, depth + 1)
            sides.append(inner.finish())
        b.structured("if", [condition], sides)

    def counted(self, b: Builder, depth: int) -> None:
        """`for (int i = first; i < last; i += step)`, also downwards, unsigned, with `!=`."""
        rnd = self.rnd
        type_ = rnd.choice([I32, I32, U32])
        counter = self.allocas.alloca(type_, hint="i")
        up = rnd.random() < 0.7
        count, step = rnd.randrange(0, 5), rnd.choice([1, 1, 2])
        start = rnd.choice([0, 0, 1, 3])
        first, last = (start, start + count * step) if up else (start + count * step, start)
        slack = rnd.choice([0, 1]) if step == 2 and count else 0
        pred = rnd.choice(["lt", "ne"] if up and not slack else ["lt"])
        pred = pred if up else rnd.choice(["gt", "ne"] if not slack else ["gt"])
        last += -slack if up else slack
        if up and pred == "lt" and rnd.random() < 0.3 and last > 0:
            pred, last = "le", last - 1
        b.store(counter, 0, b.const(first, type_))
        cond = b.nested()
        tested = cond.cmp(pred, cond.load(counter), cond.const(last, type_))
        cond_region = cond.finish([], tested, terminator="condition")
        body = b.nested()
        self.loop_depth += 1
        i = body.load(counter)
        if type_ == I32 and rnd.random() < 0.7:
            element = body.op("and", i, body.i32(3))
            body.store(self.array, element, self.expr(body, I32))
        body.store(self.vars[I32][0], 0, body.cast(i, I32))
        self.block(body, depth + 1)
        self.loop_depth -= 1
        body_region = body.finish()
        after = b.nested()
        name = "add" if up else "sub"
        after.store(counter, 0, after.op(name, after.load(counter), after.const(step, type_)))
        b.structured("loop", [], [cond_region, body_region, after.finish()])
        if rnd.random() < 0.3:
            b.store(self.vars[I32][1], 0, b.cast(b.load(counter), I32))

    def loop(self, b: Builder, depth: int) -> None:
        """`while`/`do` with an own limit on its iterations."""
        left = self.allocas.alloca(I32, hint="left")
        b.store(left, 0, b.i32(self.rnd.randrange(1, 4)))
        cond = b.nested()
        now = cond.load(left)
        cond.store(left, 0, cond.op("sub", now, cond.i32(1)))
        tested = cond.cmp("gt", now, cond.i32(0))
        if self.rnd.random() < 0.5:
            tested = cond.op("and", tested, self.condition(cond))
        cond_region = cond.finish([], tested, terminator="condition")
        body = b.nested()
        self.loop_depth += 1
        self.block(body, depth + 1)
        self.loop_depth -= 1
        attrs = {"do_first": True} if self.rnd.random() < 0.3 else {}
        step = b.nested().finish()
        b.structured("loop", [], [cond_region, body.finish(), step], **attrs)

    def leave(self, b: Builder) -> None:
        kind = self.rnd.randrange(3)
        if kind == 0:
            self.return_(b)
        elif self.loop_depth:
            b.do("break" if kind == 1 else "continue")

    def return_(self, b: Builder) -> None:
        if self.result is None:
            b.do("return")
        else:
            b.do("return", self.expr(b, self.result))

    # Functions

    def params(self) -> list[Value]:
        self.out = Value(Pointer(I32), "out")
        self.ints = Value(Pointer(I32), "ints")
        self.floats = Value(Pointer(F32), "floats")
        return [self.out, self.ints, self.floats]

    def initialised(self) -> Builder:
        b = Builder()
        for type_, variables in self.vars.items():
            for variable in variables:
                b.store(variable, 0, b.const(1.5 if type_ == F32 else 3, type_))
        for i in range(4):
            b.store(self.array, i, b.i32(i))
        for pair in self.pairs:
            words = b.op("ptr_cast", pair, type=Pointer(U32, Space.LOCAL))
            for i in range(4):
                b.store(words, i, b.u32(i + 5))
        return b

    def finished(self, b: Builder) -> Region:
        if not b.terminated:
            self.return_(b)
        return Region((), (*self.allocas.ops, *b.ops))

    def device_function(self, name: str) -> Func:
        params = self.params()
        self.result = I32
        record = Value(Pointer(PAIR), "by_value")
        changed = Value(Pointer(I32), "changed")
        number = Value(I32, "number")
        b = self.initialised()
        b.store(self.vars[I32][0], 0, number)
        if self.rnd.random() < 0.5:
            b.do("copy", self.pairs[0], record, bytes=16, align=4)
        else:
            self.pairs.append(record)
            self.pairs[2] = b.op("ptr_cast", record, type=Pointer(PAIR, Space.LOCAL))
        self.block(b, 0)
        if not b.terminated:
            b.store(changed, 0, self.expr(b, I32))
        body = self.finished(b)
        all_params = (*params, record, changed, number)
        return Func(name, all_params, I32, body, attrs={"param3.record": "Pair"})

    def kernel(self) -> Func:
        params = self.params()
        b = self.initialised()
        self.block(b, 0)
        for variables in self.vars.values():
            for variable in variables:
                if not b.terminated:
                    self.dump(b, b.load(variable), variables.index(variable))
        if not b.terminated:
            self.dump(b, b.load(self.array, 2), 3)
        return Func("kernel", tuple(params), None, self.finished(b), is_kernel=True)

    def dump(self, b: Builder, value: Value, cell: int) -> None:
        row = b.op("mul", b.op("cast", b.op("thread_idx", dim=0), type=I32), b.i32(CELLS))
        b.store(self.out, b.op("add", row, b.i32(cell)), b.cast(value, I32))


def random_module(rnd: Random) -> Module:
    functions: list[Func] = []
    for i in range(rnd.randrange(3)):
        functions.append(Program(rnd, list(functions)).device_function(f"f{i}"))
    return Module((*functions, Program(rnd, functions).kernel()), (), (PAIR,))


def outcome(module: Module) -> np.ndarray:
    out = np.zeros(THREADS * CELLS, np.int32)
    ints = (np.arange(16, dtype=np.int32) * 7919 - 40000) % 97 - 30
    floats = np.linspace(-4, 9, 16, dtype=np.float32)
    run_kernel(module, "kernel", 1, THREADS, [out, ints.astype(np.int32), floats])
    return out


def expect_same(before: Module, after: Module, what: str, wanted: np.ndarray) -> None:
    check(after, after=what)
    got = outcome(after)
    if not np.array_equal(got, wanted):
        texts = [print_module(m, spans=False) for m in (before, after)]
        pytest.fail(f"{what} changed the result: {wanted} {got}\n" + "\n-----\n".join(texts))


RANDOM = given(st.randoms(use_true_random=False))
SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SETTINGS
@RANDOM
def test_pipeline_keeps_results(rnd: Random) -> None:
    module = random_module(rnd)
    check(module)
    wanted = outcome(module)
    ctx = PassContext()
    for item in SIMT:
        after = run_pipeline(module, (item,), ctx)
        expect_same(module, after, item.name, wanted)
        module = after


STANDALONE = sorted(set(PASSES) - {"inline"})


@pytest.mark.parametrize("name", STANDALONE)
@settings(parent=SETTINGS, max_examples=6)
@RANDOM
def test_pass_keeps_results_on_plain_ir(name: str, rnd: Random) -> None:
    module = random_module(rnd)
    after = PASSES[name].run(module, PassContext())
    expect_same(module, after, name, outcome(module))
