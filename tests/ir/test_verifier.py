"""The verifier: what it refuses, with the words it finds, and what it lets pass."""

from __future__ import annotations

import time

import pytest

from ascendify.ir.diagnostics import InternalError
from ascendify.ir.dtypes import F32, I32, Field, Pointer, Record, Space
from ascendify.ir.nodes import Func, Global, Module, Op, Region, Value
from ascendify.ir.reader import read_module
from ascendify.ir.verifier import STAGE_SIMT, STAGE_THREADS, check, verify

PRELUDE = """
record !r size=8 align=4 { a: f32 @0, b: i32 @4 }
global @g : f32[4] space=shared align=4
func @f(%x: f32) -> f32 {
  return %x
}
"""


def messages(text: str, stage=None) -> list[str]:
    return [d.message for d in verify(read_module(PRELUDE + text), stage)]


def body(text: str) -> str:
    """`text` in a kernel with some values at hand."""
    return f"""
kernel @k(%p: ptr<f32, global>, %rp: ptr<!r, local>, %n: i32, %u: u32, %x: f32, %c: i1) {{
  {text}
}}"""


GOOD = [
    "return",
    "%m = alloca 4 : ptr<!r, local>\n return",
    "%y = add %x, %x : f32\n store %p, %n, %y\n return",
    "if %c {\n return\n } else {\n yield\n }\n return",
    "if %c {\n trap\n unreachable\n } else {\n return\n }\n unreachable",
    "%a = field b %rp : ptr<i32, local>\n return",
    "%y = call @f %x : f32\n return",
    "%f = func_addr @f : ptr<void, generic>\n return",
    "%v = vote ballot %u, %c : u32\n %w = vote any %u, %c : i1\n return",
    "%s = shl %n, %u : i32\n %q = offset %p, %s : ptr<f32, global>\n return",
    "%z = const 0 : ptr<f32, global>\n %e = cmp eq %z, %p : i1\n return",
]


@pytest.mark.parametrize("text", GOOD)
def test_good(text):
    assert messages(body(text)) == []


BAD = [
    # structure
    ("yield", "yield cannot stand here"),
    ("barrier", "does not end in a terminator"),
    ("return\n barrier\n return", "follows a terminator"),
    ("frobnicate\n return", "no operation is called 'frobnicate'"),
    ("break\n return", "break cannot stand here"),
    ("if %c {\n yield\n }\n return", "1 regions, not 2"),
    ("if %c {\n condition %c\n } else {\n yield\n }\n return", "condition cannot stand here"),
    ("if %c {\n yield %x\n } else {\n yield\n }\n return", "yield has (f32), not ()"),
    ("%r = if %c : f32 {\n yield %x\n } else {\n yield\n }\n return", "yield has (), not (f32)"),
    ("if %c {\n continue\n } else {\n yield\n }\n return", "continue cannot stand here"),
    ("return %x", "return has (f32), not ()"),
    ("thread_loop {\n yield\n }\n return", "thread_loop cannot stand at stage simt"),
    ("if %c {\n %m = alloca 1 : ptr<f32, local>\n yield\n } else {\n yield\n }\n return", "below"),
    (
        "%r = for %n, %n, %n, %x : f32 body (%i: i32) {\n yield %x\n }\n return",
        "has arguments (i32), not (i32, f32)",
    ),
    ("%r = for %n, %n, %n : f32 body (%i: i32) {\n yield\n }\n return", "result of for"),
    ("for %n, %n, %n body (%i: i32) {\n break %x\n }\n return", "break has (f32), not ()"),
    (
        "loop cond {\n yield\n } body {\n yield\n } step {\n yield\n }\n return",
        "yield cannot stand here",
    ),
    (
        "loop cond {\n condition %c, %x\n } body {\n yield\n } step {\n yield\n }\n return",
        "condition has (f32), not ()",
    ),
    (
        "loop cond {\n condition %c\n } body {\n yield\n } step {\n break\n }\n return",
        "break cannot stand here",
    ),
    # signatures
    ("%y = add %x : f32\n return", "takes T:num T"),
    ("%y = add %x, %n : f32\n return", "operand 2 of add is i32"),
    ("%y = add %c, %c : i1\n return", "operand 1 of add is i1"),
    ("%y = add %x, %x : i32\n return", "the result of add is i32, not f32"),
    ("%y = exp %n : i32\n return", "operand 1 of exp is i32"),
    ("barrier %x\n return", "barrier takes no operands"),
    ("warp_sync %p\n return", "operand 1 of warp_sync is ptr<f32, global>"),
    ("warp_sync %n\n return", "operand 1 of warp_sync is i32"),
    ("%y = popc %c : i32\n return", "operand 1 of popc is i1"),
    # attributes
    ("%y = cmp %x, %x : i1\n return", "needs attribute 'pred'"),
    ("%y = cmp less %x, %x : i1\n return", "none of eq, ne"),
    ("%y = exp %x {fast = 1} : f32\n return", "'fast' of exp cannot be 1"),
    ("%y = exp %x {speed = 1} : f32\n return", "no attribute 'speed'"),
    ("%y = thread_idx 3 : u32\n return", "dimension 3"),
    ("%y = const 300 : u8\n return", "300 is not a constant of u8"),
    ("%y = const 0.1 : f32\n return", "0.1 is not a constant of f32"),
    ("%y = const 1 : i1\n return", "not a constant of i1"),
    ("%y = const 1 : ptr<f32, global>\n return", "not a constant of ptr"),
    # memory
    ("%y = load %p, %n : i32\n return", "load of i32 through ptr<f32, global>"),
    ("store %p, %n, %n\n return", "store of i32 through ptr<f32, global>"),
    ("%a = field z %rp : ptr<i32, local>\n return", "has no member 'z'"),
    ("%a = field b %rp : ptr<f32, local>\n return", "is a ptr<i32, local>"),
    ("%a = field b %p : ptr<f32, global>\n return", "which is no record"),
    ("%m = alloca 1 : ptr<f32, global>\n return", "pointer to local memory"),
    ("%m = alloca 1 : ptr<void, local>\n return", "alloca of void"),
    ("%g = global_addr @h : ptr<f32, shared>\n return", "no global is called @h"),
    ("%g = global_addr @g : ptr<f32, global>\n return", "not ptr<f32, global>"),
    ("%g = func_addr @h : ptr<void, generic>\n return", "no function is called @h"),
    ("%b = bitcast %x : f64\n return", "sizes differ"),
    ("%b = cast %x : ptr<f32, global>\n return", "cast gives a scalar"),
    # calls
    ("%y = call @h : f32\n return", "no function is called @h"),
    ("%y = call @f %n : f32\n return", "call of @f has (i32), not (f32)"),
    ("call @f %x\n return", "result of @f has (), not (f32)"),
    ("%v = vote ballot %u, %c : i1\n return", "vote has (i1), not (u32)"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_bad(text, message):
    found = messages(body(text))
    assert any(message in m for m in found), found


def single(op: Op, *before: Op) -> Module:
    region = Region((), (*before, op, Op("return")))
    return Module((Func("k", (), None, region, True),))


def test_values_are_visible_where_they_are_defined():
    value, other = Value(I32), Value(I32)
    define = Op("const", (), {"value": 1}, (), (value,))
    flag = Value(F32)
    use = Op("neg", (value,), {}, (), (other,))
    assert verify(single(use, define)) == []
    assert "not defined before" in verify(single(define, use))[0].message
    assert "defined twice" in verify(single(define, define))[0].message
    inner = Region((), (define, Op("yield")))
    condition = Op("const", (), {"value": True}, (), (flag,))
    branch = Op("if", (flag,), {}, (inner, Region((), (Op("yield"),))), ())
    found = [d.message for d in verify(single(use, condition, branch))]
    assert any("not visible here" in m for m in found)


def test_values_of_the_cond_region_are_not_visible_in_the_body():
    value = Value(I32, "v")
    flag = Value(F32)
    cond = Region(
        (),
        (
            Op("const", (), {"value": 1}, (), (value,)),
            Op("const", (), {"value": True}, (), (flag,)),
            Op("condition", (flag,)),
        ),
    )
    use = Op("neg", (value,), {}, (), (Value(I32),))
    loop = Op("loop", (), {}, (cond, Region((), (use, Op("yield"))), Region((), (Op("yield"),))))
    assert any("%v is not visible" in d.message for d in verify(single(loop)))


def test_number_of_results():
    op = Op("add", (), {}, (), ())
    value = Value(I32)
    define = Op("const", (), {"value": 1}, (), (value,))
    found = verify(single(Op("add", (value, value)), define))
    assert "has 0 results, not 1" in found[0].message
    assert "takes T:num T" in verify(single(op))[0].message


def test_stage_of_loops_over_threads():
    text = "kernel @k() ATTRS { thread_loop {\n %t = thread_idx 0 : u32\n yield\n } OP return }"
    threads = text.replace("ATTRS", 'attrs {stage = "threads"}')
    assert messages(threads.replace("OP", "")) == []
    assert messages(text.replace("OP", "").replace("ATTRS", ""), STAGE_THREADS) == []
    assert messages(threads.replace("OP", ""), STAGE_SIMT) != []
    assert "barrier cannot stand" in messages(threads.replace("OP", "barrier"))[0]
    outside = messages(threads.replace("OP", "%a = thread_linear : u32"))
    assert "outside a thread_loop" in outside[0]
    unknown = messages(text.replace("OP", "").replace("ATTRS", 'attrs {stage = "x"}'))
    assert "unknown stage x" in unknown[0]
    function = "func @h() -> u32 { %t = thread_idx 0 : u32 return %t }"
    assert messages(function, STAGE_THREADS) == []


def func_of(*types) -> Func:
    region = Region((), (Op("return"),))
    return Func("k", tuple(Value(t) for t in types), None, region, True)


RECORD = Record("r", 4, 4, (Field("a", F32, 0),))
MODULES = [
    (Module((func_of(), func_of())), "declared twice"),
    (Module((func_of(Pointer(RECORD, Space.LOCAL)),)), "record !r is not declared"),
    (Module((), (), (RECORD, RECORD)), "declared twice"),
    (Module((), (), (Record("r", 4, 3),)), "bad size or alignment"),
    (Module((), (), (Record("r", 4, 4, (Field("a", F32, 4),)),)), "does not fit"),
    (Module((), (), (Record("r", 8, 4, (Field("a", F32, 0, 2),)),)), "is no array"),
    (Module((), (Global("g", F32, 1, Space.LOCAL, 4),)), "space local"),
    (Module((), (Global("g", F32, 2, Space.GLOBAL, 4, bytes(4)),)), "4 bytes of init for 8"),
    (Module((), (Global("g", F32, 2, Space.GLOBAL, 5),)), "bad count or alignment"),
    (
        Module((Func("k", (), F32, Region((), (Op("unreachable"),)), True),)),
        "a kernel returns nothing",
    ),
    (
        Module((Func("k", (), None, Region((Value(F32),), (Op("return"),)), True),)),
        "no arguments of its own",
    ),
    (Module((Func("k", (), None, Region((), ()), True),)), "does not end in a terminator"),
]


@pytest.mark.parametrize(("module", "message"), MODULES)
def test_bad_modules(module, message):
    found = [d.message for d in verify(module)]
    assert any(message in m for m in found), found


def test_check_shows_the_message_under_the_operation():
    text = body("%y = add %x, %n : f32 @a.cu:7:3-9\n return")
    with pytest.raises(InternalError) as caught:
        check(read_module(PRELUDE + text), after="fold")
    lines = str(caught.value).split("\n")
    at = next(i for i, line in enumerate(lines) if "%y = add %x, %n" in line)
    assert lines[at + 1].strip().startswith("// ^ error: operand 2 of add")
    assert (caught.value.stage, str(caught.value.span)) == ("fold", "a.cu:7:3")


def test_time_grows_with_the_size():
    def seconds(count: int) -> float:
        ops = "\n".join(
            f"%y{i} = add %x, %x : f32\nif %c {{\nyield\n}} else {{\nyield\n}}"
            for i in range(count)
        )
        module = read_module(PRELUDE + body(f"{ops}\nreturn"))
        start = time.process_time()
        assert verify(module) == []
        return time.process_time() - start

    seconds(100)
    assert seconds(4000) < 40 * seconds(400) + 0.1
