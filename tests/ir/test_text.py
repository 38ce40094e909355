"""The text form: what is printed reads back equal; malformed text is an error with its place."""

from __future__ import annotations

import math
from functools import partial
from operator import eq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascendify.ir.constants import constant, float_of_bits
from ascendify.ir.diagnostics import CompileError
from ascendify.ir.dtypes import (
    F32,
    F64,
    I1,
    I32,
    SCALARS,
    VOID,
    Field,
    Pointer,
    Record,
    Scalar,
    Space,
)
from ascendify.ir.equality import difference, equal
from ascendify.ir.nodes import Func, Global, Module, Op, Region, Value
from ascendify.ir.ops import CHOICES, MATRIX_OPS, OPERAND_CLASSES, OPS, THREAD_STAGE_OPS
from ascendify.ir.printer import print_module
from ascendify.ir.reader import read_module
from ascendify.ir.source import Expansion, Span
from ascendify.ir.verifier import check

EXAMPLE = """\
file softmax.cu = "src/softmax.cu"
file softmax.cu+1 = "test/softmax.cu"

record !"Pair<int, 2>" size=16 align=8 { first: f32 @0, rest: i8[8] @4, "": ptr<!node, generic> @8 }
record !node size=0 align=1 { }

global @tile : f32[32] space=shared align=16 source="tile"
global @"weird name" : u8[2] space=constant align=1 init="00ff" @softmax.cu:2:1-9

kernel @k(%inp: ptr<f32, global>, %n: i32) attrs {source_name = "k<int, \\"x\\">", unroll = 1.0} \
@softmax.cu:3:1-7:2 {
  %i = thread_idx 0 : u32 @softmax.cu:4:7-12
  %0 = const nan:0x7ff8000000000001 : f64
  %1 = const -inf : f32
  %2 = const -0.0 : f32
  %3 = const 1e-45 : f32
  %c = cmp lt %n, %n : i1 @softmax.cu+1:1:1-2
  %r, %r.1 = if %c : f32, i32 @softmax.cu:5:3-8 {
    %x = load %inp, %i {hint = "ldg", volatile = true} : f32
    yield %x, %n
  } else {
    break %1, %n
  }
  %4 = for %n, %n, %n, %r {unroll = 4} : f32 body (%i.1: i32, %acc: f32) {
    yield %acc
  }
  %5 = loop %n : i32 cond (%m: i32) {
    condition %c, %m
  } body (%m.1: i32) {
    continue %m.1
  } step (%m.2: i32) {
    yield %m.2
  }
  loop cond {
    condition %c
  } body {
    yield
  } step {
    yield
  }
  thread_loop {
    return
  }
  %6 = global_addr @"weird name" : ptr<u8, constant>
  copy %inp, %inp {align = 4, bytes = 4}
  print "x = %f\\n" %4
  %y = call @f %4 : f32
  barrier
  return
}

func @f(%a: f32) -> f32 {
  return %a
}
"""


def test_text_reads_and_prints_back():
    module = read_module(EXAMPLE)
    assert print_module(module) == EXAMPLE
    assert equal(module, read_module(EXAMPLE))


def test_positions_can_be_left_out():
    text = print_module(read_module(EXAMPLE), spans=False)
    assert "softmax.cu" not in text
    assert difference(read_module(EXAMPLE), read_module(text)) is not None
    assert equal(read_module(EXAMPLE), read_module(text), spans=False)


def test_line_breaks_and_comments_do_not_matter_between_operations():
    module = read_module("// a\nkernel @k() { // b\n\n barrier return }")
    assert print_module(module) == "kernel @k() {\n  barrier\n  return\n}\n"


def test_whole_numbers_may_stand_for_floats():
    (op, _) = read_module("kernel @k() {\n%x = const 1 : f32\nreturn\n}").funcs[0].body.ops
    assert type(op.attrs["value"]) is float


def test_expansion_chains_are_not_printed():
    use = Span("a.cu", 1, 1, 1, 2)
    inner = Span("a.cu", 5, 2, 5, 3, Expansion("M", use))
    module = Module((Func("k", (), None, Region((), (Op("return", span=inner),)), True),))
    assert equal(module, read_module(print_module(module)))


ERRORS = [
    ("kernel @k( {", 1, 12, "ASC0501", "an argument"),
    ("kernel @k() { return %x }", 1, 22, "ASC0502", "%x is not defined"),
    ("kernel @k() {\n  %a = const 1 : i32\n  %a = const 1 : i32\n}", 3, 3, "ASC0501", "twice"),
    ("kernel @k() {\n  return\n", 3, 1, "ASC0501", "expected '}'"),
    ("kernel @k(%p: ptr<!r, global>) { return }", 1, 19, "ASC0502", "record 'r'"),
    ("kernel @k(%p: ptr<f32, moon>) { return }", 1, 24, "ASC0501", "memory space"),
    ("kernel @k(%p: void) { return }", 1, 15, "ASC0501", "scalars and pointers"),
    ("kernel @k() { %a = const 1 }", 1, 28, "ASC0501", "1 results, 0 types"),
    ("kernel @k() {\n %a = const 1\n : i32 }", 3, 2, "ASC0501", "1 results, 0 types"),
    ('kernel @k() attrs {a = "\\q"} { return }', 1, 24, "ASC0501", "escape"),
    ("kernel @k() attrs {a = 1, a = 2} { return }", 1, 27, "ASC0501", "twice"),
    ('global @g : f32[1] space=global align=4 init="0"', 1, 46, "ASC0501", "hexadecimal"),
    ("record !a size=1.5 align=1 { }", 1, 16, "ASC0501", "whole number"),
    ("record !a size=1 align=1 { }\nrecord !a size=1 align=1 { }", 2, 8, "ASC0501", "twice"),
    ("record !a size=8 align=8 { p: ptr<!a, global> @0 }", 1, 35, "ASC0502", "record 'a'"),
    ("\x00", 1, 1, "ASC0501", "expected 'file'"),
    ("kernel @k() { if %c", 1, 18, "ASC0502", "%c"),
    ('kernel @k() { print "abc', 1, 21, "ASC0501", "expected"),
    (f"kernel @k() {{ %a = const {'9' * 5000} : i32 }}", 1, 26, "ASC0501", "too long"),
    ("kernel @k(%p: " + "ptr<" * 5000, 1, 819, "ASC0501", "too deep"),
    ("kernel @k() {" + " thread_loop {" * 5000, 1, 2815, "ASC0501", "too deep"),
]


@pytest.mark.parametrize(
    ("text", "line", "col", "code", "message"), ERRORS, ids=[str(i) for i in range(len(ERRORS))]
)
def test_malformed_text(text, line, col, code, message):
    with pytest.raises(CompileError) as caught:
        read_module(text, "bad.air")
    (diagnostic,) = caught.value.diagnostics
    assert message in diagnostic.message
    assert (diagnostic.code, diagnostic.span.file) == (code, "bad.air")
    assert (diagnostic.span.line, diagnostic.span.col) == (line, col)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_text_is_read_or_refused(data):
    """Cutting and doubling pieces of good text never ends in anything but a CompileError."""
    start = data.draw(st.integers(0, len(EXAMPLE)))
    end = data.draw(st.integers(start, min(len(EXAMPLE), start + 40)))
    piece = data.draw(st.sampled_from(["", EXAMPLE[start:end] * 2, "}", "{", '"', "%", "@", "1e"]))
    try:
        read_module(EXAMPLE[:start] + piece + EXAMPLE[end:])
    except CompileError:
        pass


# Random modules: every operation of the table that has a plain signature, nested in ifs and loops

RECORD = Record("R", 24, 8, (Field("a", F32, 0), Field("b", I32, 4, 3, True)))
TYPES = [
    *SCALARS.values(),
    Pointer(F32, Space.GLOBAL),
    Pointer(RECORD, Space.LOCAL),
    Pointer(Pointer(VOID, Space.GENERIC), Space.SHARED),
]
SPECIAL = (
    THREAD_STAGE_OPS
    | MATRIX_OPS
    | {
        "alloca",
        "global_addr",
        "func_addr",
        "field",
        "load",
        "store",
        "call",
    }
)
PLAIN = [
    row
    for row in OPS.values()
    if not row.regions and not row.terminator and row.name not in SPECIAL
    if row.name not in {"const", "bitcast", "vote", "ptr_cast", "int_to_ptr", "int_to_shared"}
]
names = st.text("ab_1. %é\n", max_size=4)


def number_of(type_: Scalar) -> st.SearchStrategy[int | float | bool]:
    if type_ == I1:
        return st.booleans()
    if type_.is_integer:
        return st.integers(-(2**64), 2**64).map(lambda v: constant(v, type_))
    patterns = st.integers(0, 2**64 - 1).map(lambda bits: float_of_bits(bits, F64))
    return patterns.map(lambda v: v if math.isnan(v) else constant(v, type_))


spans = st.builds(
    lambda file, line, col: Span(file, line, col, line + col % 2, col + 3),
    st.sampled_from(["a.cu", "dir/a.cu", "b c.cu", "<builtin>"]),
    st.integers(1, 9),
    st.integers(1, 9),
)


class Builder:
    """Draws operations into regions; every value it uses is visible."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def draw(self, strategy):
        return self.data.draw(strategy)

    def value(self, type_):
        return Value(type_, self.draw(names))

    def operand(self, wanted, visible, ops):
        """A visible value whose type the predicate admits, or a new constant."""
        fitting = [v for v in visible if wanted(v.type)]
        if fitting and self.draw(st.booleans()):
            return self.draw(st.sampled_from(fitting))
        type_ = self.draw(st.sampled_from([t for t in TYPES if wanted(t)]))
        number = self.draw(number_of(type_)) if isinstance(type_, Scalar) else 0
        result = self.value(type_)
        ops.append(Op("const", (), {"value": number}, (), (result,), self.draw(spans)))
        visible.append(result)
        return result

    def plain(self, visible, ops):
        row = self.draw(st.sampled_from(PLAIN))
        bound, operands = {}, []
        for slot in row.operands:
            name, _, class_ = slot.rstrip("*").partition(":")
            if name in bound:
                wanted = partial(eq, bound[name])
            elif name in SCALARS:
                wanted = partial(eq, SCALARS[name])
            else:
                wanted = OPERAND_CLASSES[class_ or name]
            operands.append(self.operand(wanted, visible, ops))
            bound[name] = operands[-1].type
        attrs = {key: self.attr(row.name, key, type_) for key, type_ in row.attrs.items()}
        for key, type_ in row.optional.items():
            if self.draw(st.booleans()):
                attrs[key] = self.attr(row.name, key, type_)
        results = ()
        if row.result == "explicit":
            results = (self.value(self.draw(st.sampled_from(list(SCALARS.values())))),)
        elif row.result:
            results = (self.value(SCALARS.get(row.result) or bound[row.result]),)
        ops.append(Op(row.name, tuple(operands), attrs, (), results, self.draw(spans)))
        visible += results

    def attr(self, op_name, key, type_):
        if (op_name, key) in CHOICES:
            return self.draw(st.sampled_from(CHOICES[op_name, key]))
        if type_ is str:
            return self.draw(st.text(max_size=5))
        return self.draw(st.booleans() if type_ is bool else st.integers(0, 2))

    def region(self, args, visible, depth, ending, types):
        visible = [*visible, *args]
        ops = []
        for _ in range(self.draw(st.integers(0, 3))):
            if depth and self.draw(st.integers(0, 3)) == 0:
                self.draw(st.sampled_from([self.if_, self.for_, self.loop]))(visible, ops, depth)
            else:
                self.plain(visible, ops)
        values = [self.operand(partial(eq, t), visible, ops) for t in types]
        ops.append(Op(ending, tuple(values), {}, (), (), self.draw(spans)))
        return Region(tuple(args), tuple(ops))

    def types(self):
        return self.draw(st.lists(st.sampled_from(TYPES), max_size=2))

    def finish(self, name, operands, types, regions, visible, ops):
        results = tuple(self.value(t) for t in types)
        ops.append(Op(name, tuple(operands), {}, tuple(regions), results, self.draw(spans)))
        visible += results

    def if_(self, visible, ops, depth):
        types = self.types()
        flag = self.operand(partial(eq, I1), visible, ops)
        regions = [self.region((), visible, depth - 1, "yield", types) for _ in range(2)]
        self.finish("if", [flag], types, regions, visible, ops)

    def for_(self, visible, ops, depth):
        types = self.types()
        bounds = [self.operand(partial(eq, I32), visible, ops) for _ in range(3)]
        init = [self.operand(partial(eq, t), visible, ops) for t in types]
        args = [self.value(t) for t in (I32, *types)]
        ending = self.draw(st.sampled_from(["yield", "break", "continue"]))
        body = self.region(args, visible, depth - 1, ending, types)
        self.finish("for", [*bounds, *init], types, [body], visible, ops)

    def loop(self, visible, ops, depth):
        types = self.types()
        init = [self.operand(partial(eq, t), visible, ops) for t in types]
        args = [[self.value(t) for t in types] for _ in range(3)]
        cond = self.region(args[0], visible, depth - 1, "condition", [I1, *types])
        body = self.region(args[1], visible, depth - 1, "continue", types)
        step = self.region(args[2], visible, depth - 1, "yield", types)
        self.finish("loop", init, types, [cond, body, step], visible, ops)

    def module(self):
        params = [self.value(t) for t in self.types()]
        body = self.region((), params, 2, "return", [])
        attrs = self.draw(st.dictionaries(names.filter(bool), st.text(max_size=3), max_size=2))
        attrs.pop("stage", None)
        func = Func(self.draw(names), tuple(params), None, body, True, self.draw(spans), attrs)
        item = Global("g" + self.draw(names), F32, 1, Space.CONSTANT, 4, bytes(4), "g")
        return Module((func,), (item,), (RECORD,))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_random_modules_survive_the_text_form(data):
    module = Builder(data).module()
    check(module)
    text = print_module(module)
    again = read_module(text)
    assert difference(module, again) is None
    assert print_module(again) == text
    check(again)


def test_differences_are_told():
    module = read_module(EXAMPLE)
    for old, new, told in [
        ("{unroll = 4}", "{unroll = 5}", "unroll"),
        ("1e-45", "2e-45", "const"),
        ("return %a", "return %a\n  return %a", "only one has"),
        ("size=0", "size=1", "records"),
        ("00ff", "00fe", "globals"),
        ("-> f32", "-> f64", "signatures"),
        ("(%m: i32)", "(%m: u32)", "arguments"),
        ("softmax.cu:4:7-12", "softmax.cu:4:7-13", "thread_idx"),
    ]:
        other = read_module(EXAMPLE.replace(old, new))
        assert told in (difference(module, other) or ""), old
    renamed = read_module(EXAMPLE.replace("%acc", "%total"))
    assert equal(module, renamed)
