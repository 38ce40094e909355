"""The interpreter: control flow under divergence, memory, threads together, faults."""

from __future__ import annotations

import numpy as np
import pytest

from ascendify.ir.diagnostics import CompileError
from ascendify.ir.execution import RecordBytes
from ascendify.ir.interpreter import defined_operations, run_kernel
from ascendify.ir.ops import OPS

HEAD = """
  %tid = thread_linear : u32
  %t = cast %tid : i32
  %zero = const 0 : i32
  %one = const 1 : i32
"""


def run(
    module, body: str, out: np.ndarray, *, block=32, grid=1, head: str = HEAD, prelude="", **kw
):
    """Run `body` (which stores to %out) as a kernel with one array."""
    elem = {"f": "f32", "i": "i32", "u": "u32"}[out.dtype.kind]
    text = f"{prelude}\nkernel @k(%out: ptr<{elem}, global>) {{{head}{body}\n}}\n"
    return run_kernel(module(text), "k", grid, block, [out], **kw)


def test_every_operation_has_a_meaning():
    assert set(defined_operations()) == set(OPS)


def test_guarded_add(module):
    text = """
    kernel @add(%a: ptr<f32, global>, %b: ptr<f32, global>, %c: ptr<f32, global>, %n: i32) {
      %bi = block_idx 0 : u32
      %bd = block_dim 0 : u32
      %base = mul %bi, %bd : u32
      %ti = thread_idx 0 : u32
      %iu = add %base, %ti : u32
      %i = cast %iu : i32
      %in = cmp lt %i, %n : i1
      if %in {
        %x = load %a, %i : f32
        %y = load %b, %i : f32
        %s = add %x, %y : f32
        store %c, %i, %s
        yield
      } else {
        yield
      }
      return
    }"""
    a = np.arange(100, dtype=np.float32)
    b = np.full(100, 0.5, dtype=np.float32)
    c = np.zeros(100, dtype=np.float32)
    run_kernel(module(text), "add", 4, 32, [a, b, c, 100])
    assert (c == a + b).all()


def test_divergent_branch_merges_values(module):
    out = np.zeros(32, dtype=np.int32)
    run(
        module,
        """
  %bit = and %t, %one : i32
  %odd = cmp ne %bit, %zero : i1
  %r = if %odd : i32 {
    %m = neg %t : i32
    yield %m
  } else {
    %p = add %t, %t : i32
    yield %p
  }
  store %out, %t, %r
  return""",
        out,
    )
    t = np.arange(32)
    assert (out == np.where(t % 2, -t, 2 * t)).all()


def test_early_return_in_a_branch(module):
    out = np.full(32, -1, dtype=np.int32)
    run(
        module,
        """
  %ten = const 10 : i32
  %c = cmp ge %t, %ten : i1
  if %c {
    return
  } else {
    yield
  }
  barrier
  store %out, %t, %t
  return""",
        out,
    )
    assert out.tolist() == [*range(10), *[-1] * 22]


def test_for_with_divergent_bounds_break_and_continue(module):
    """for i in 0..t: skip multiples of 3, stop at 20."""
    out = np.zeros(32, dtype=np.int32)
    run(
        module,
        """
  %three = const 3 : i32
  %twenty = const 20 : i32
  %sum = for %zero, %t, %one, %zero : i32 body (%i: i32, %acc: i32) {
    %stop = cmp eq %i, %twenty : i1
    if %stop {
      break %acc
    } else {
      yield
    }
    %r = rem %i, %three : i32
    %skip = cmp eq %r, %zero : i1
    if %skip {
      continue %acc
    } else {
      yield
    }
    %n = add %acc, %i : i32
    yield %n
  }
  store %out, %t, %sum
  return""",
        out,
    )
    assert out.tolist() == [sum(i for i in range(min(t, 20)) if i % 3) for t in range(32)]


def test_for_down_and_at_the_edge_of_its_type(module):
    out = np.zeros(2, dtype=np.int32)
    run(
        module,
        """
  %lo = const 2147483640 : i32
  %hi = const 2147483647 : i32
  %five = const 5 : i32
  %a = for %lo, %hi, %five, %zero : i32 body (%i: i32, %acc: i32) {
    %n = add %acc, %one : i32
    yield %n
  }
  %minus = const -3 : i32
  %b = for %five, %zero, %minus, %zero {down = true} : i32 body (%i: i32, %acc: i32) {
    %n = add %acc, %i : i32
    yield %n
  }
  store %out, %zero, %a
  store %out, %one, %b
  return""",
        out,
        block=1,
    )
    assert out.tolist() == [2, 5 + 2]


def test_while_loop_counts_collatz_steps(module):
    out = np.zeros(32, dtype=np.int32)
    run(
        module,
        """
  %two = const 2 : i32
  %three = const 3 : i32
  %start = add %t, %one : i32
  %xe, %ne = loop %start, %zero : i32, i32 cond (%x: i32, %n: i32) {
    %go = cmp ne %x, %one : i1
    condition %go, %x, %n
  } body (%x: i32, %n: i32) {
    %bit = and %x, %one : i32
    %even = cmp eq %bit, %zero : i1
    if %even {
      %h = div %x, %two : i32
      continue %h, %n
    } else {
      yield
    }
    %m = mul %x, %three : i32
    %u = add %m, %one : i32
    yield %u, %n
  } step (%x: i32, %n: i32) {
    %k = add %n, %one : i32
    yield %x, %k
  }
  store %out, %t, %ne
  return""",
        out,
    )

    def steps(x):
        count = 0
        while x != 1:
            x, count = (x // 2 if x % 2 == 0 else 3 * x + 1), count + 1
        return count

    assert out.tolist() == [steps(i + 1) for i in range(32)]


def test_do_first_runs_the_body_before_the_condition(module):
    out = np.zeros(4, dtype=np.int32)
    run(
        module,
        """
  %e = loop %t {do_first = true} : i32 cond (%x: i32) {
    %two = const 2 : i32
    %go = cmp lt %x, %two : i1
    condition %go, %x
  } body (%x: i32) {
    %y = add %x, %one : i32
    yield %y
  } step (%x: i32) {
    yield %x
  }
  store %out, %t, %e
  return""",
        out,
        block=4,
    )
    assert out.tolist() == [2, 2, 3, 4]


def test_block_reduction_in_shared_memory(module):
    out = np.zeros(2, dtype=np.float32)
    run(
        module,
        """
  %tile = global_addr @tile : ptr<f32, shared>
  %f = cast %t : f32
  store %tile, %t, %f
  barrier
  %start = const 32 : i32
  %left = loop %start : i32 cond (%s: i32) {
    %go = cmp gt %s, %zero : i1
    condition %go, %s
  } body (%s: i32) {
    %c = cmp lt %t, %s : i1
    if %c {
      %j = add %t, %s : i32
      %a = load %tile, %t : f32
      %b = load %tile, %j : f32
      %n = add %a, %b : f32
      store %tile, %t, %n
      yield
    } else {
      yield
    }
    barrier
    yield %s
  } step (%s: i32) {
    %h = shr %s, %one : i32
    yield %h
  }
  %first = cmp eq %t, %zero : i1
  if %first {
    %bi = block_idx 0 : u32
    %total = load %tile, %zero : f32
    store %out, %bi, %total
    yield
  } else {
    yield
  }
  return""",
        out,
        block=64,
        grid=2,
        prelude="global @tile : f32[64] space=shared align=4",
    )
    assert out.tolist() == [2016.0, 2016.0]


@pytest.mark.parametrize(
    ("mode", "operand", "width", "expected"),
    [
        ("down", 16, 32, lambda t: t + 16 if t < 16 else t),
        ("down", 1, 8, lambda t: t + 1 if t % 8 < 7 else t),
        ("up", 3, 16, lambda t: t - 3 if t % 16 >= 3 else t),
        ("xor", 5, 32, lambda t: t ^ 5),
        ("xor", 8, 8, lambda t: t ^ 8 if t & 8 else t),
        ("idx", 7, 32, lambda t: 7),
        ("idx", 9, 8, lambda t: t // 8 * 8 + 1),
    ],
)
def test_shuffle(module, mode, operand, width, expected):
    out = np.zeros(32, dtype=np.int32)
    run(
        module,
        f"""
  %mask = const 4294967295 : u32
  %x = const {operand} : i32
  %w = const {width} : i32
  %r = shuffle {mode} %mask, %t, %x, %w : i32
  store %out, %t, %r
  return""",
        out,
    )
    assert out.tolist() == [expected(t) for t in range(32)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%r = vote ballot %mask, %odd : u32", lambda t: 0xAAAAAAAA),
        ("%b = vote any %mask, %odd : i1\n%r = cast %b : u32", lambda t: 1),
        ("%b = vote all %mask, %odd : i1\n%r = cast %b : u32", lambda t: 0),
        ("%r = match any %mask, %bit : u32", lambda t: 0xAAAAAAAA if t % 2 else 0x55555555),
        ("%r = match all %mask, %one : u32", lambda t: 0xFFFFFFFF),
        ("%r = match all %mask, %bit : u32", lambda t: 0),
        ("%r = warp_reduce add %mask, %tid : u32", lambda t: 496),
        ("%r = warp_reduce max %mask, %tid : u32", lambda t: 31),
        ("%r = warp_reduce xor %mask, %tid : u32", lambda t: 0),
        ("%r = active_mask : u32", lambda t: 0xFFFFFFFF),
    ],
)
def test_warp_operations(module, text, expected):
    out = np.zeros(32, dtype=np.uint32)
    body = f"""
  %mask = const 4294967295 : u32
  %bit = and %t, %one : i32
  %odd = cmp ne %bit, %zero : i1
  {text}
  store %out, %t, %r
  return"""
    run(module, body, out)
    assert out.tolist() == [expected(t) for t in range(32)]


def test_groups_of_a_warp_reduce_at_once_under_their_own_masks(module):
    out = np.zeros(32, dtype=np.uint32)
    run(
        module,
        """
  %full = const 4294967295 : u32
  %four = const 4 : i32
  %key = div %t, %four : i32
  %mask = match any %full, %key : u32
  %r = warp_reduce add %mask, %tid : u32
  store %out, %t, %r
  return""",
        out,
    )
    assert out.tolist() == [sum(range(t // 4 * 4, t // 4 * 4 + 4)) for t in range(32)]


def test_a_short_warp_ignores_the_lanes_that_are_not_there(module):
    out = np.zeros(40, dtype=np.uint32)
    body = """
  %mask = const 4294967295 : u32
  %r = warp_reduce add %mask, %tid : u32
  store %out, %t, %r
  return"""
    run(module, body, out, block=40)
    assert out.tolist() == [496] * 32 + [sum(range(32, 40))] * 8


@pytest.mark.parametrize(("op", "expected"), [("count", 5), ("and", 0), ("or", 1)])
def test_barrier_reduce(module, op, expected):
    out = np.zeros(64, dtype=np.int32)
    body = f"""
  %five = const 5 : i32
  %c = cmp lt %t, %five : i1
  %r = barrier_reduce {op} %c : i32
  store %out, %t, %r
  return"""
    run(module, body, out, block=64)
    assert out.tolist() == [expected] * 64


def test_grid_barrier_orders_blocks(module):
    out = np.zeros(4, dtype=np.int32)
    body = """
  %b = block_idx 0 : u32
  %last = const 3 : u32
  %other = sub %last, %b : u32
  store %out, %b, %one
  grid_barrier
  %v = load %out, %other : i32
  %w = add %v, %one : i32
  grid_barrier
  store %out, %b, %w
  return"""
    run(module, body, out, block=1, grid=4)
    assert out.tolist() == [2, 2, 2, 2]


def test_atomics_in_lane_order(module):
    out = np.zeros(34, dtype=np.int32)
    run(
        module,
        """
  %at = const 32 : i32
  %old = atomic add %out, %at, %one : i32
  store %out, %t, %old
  %cat = const 33 : i32
  %was = atomic_cas %out, %cat, %zero, %t : i32
  return""",
        out,
    )
    assert out.tolist() == [*range(32), 32, 1]


@pytest.mark.parametrize(
    ("op", "start", "operand", "expected"),
    [
        ("sub", 7, 3, 4),
        ("min", -2, 3, -2),
        ("max", -2, 3, 3),
        ("and", 6, 3, 2),
        ("or", 6, 3, 7),
        ("xor", 6, 3, 5),
        ("exchange", 6, 3, 3),
        ("inc", 3, 3, 0),
        ("inc", 2, 3, 3),
        ("dec", 0, 3, 3),
        ("dec", 9, 3, 3),
        ("dec", 2, 3, 1),
    ],
)
def test_atomic_operations(module, op, start, operand, expected):
    out = np.array([start], dtype=np.int32)
    body = f"""
  %v = const {operand} : i32
  %old = atomic {op} %out, %zero, %v : i32
  return"""
    run(module, body, out, block=1)
    assert out.tolist() == [expected]


def test_device_function_with_divergent_returns(module):
    out = np.zeros(32, dtype=np.int32)
    run(
        module,
        """
  %r = call @clamp %t : i32
  store %out, %t, %r
  return""",
        out,
        prelude="""
func @clamp(%x: i32) -> i32 {
  %local = alloca 1 : ptr<i32, local>
  %zero = const 0 : i32
  %five = const 5 : i32
  store %local, %zero, %x
  %c = cmp gt %x, %five : i1
  if %c {
    return %five
  } else {
    yield
  }
  %y = load %local, %zero : i32
  return %y
}""",
    )
    assert out.tolist() == [min(t, 5) for t in range(32)]


def test_records_by_field_copy_and_pointer_in_memory(module):
    text = """
    record !P size=16 align=8 { p: ptr<f32, generic> @0, k: f32[2] @8 }
    kernel @k(%arg: ptr<!P, local>) attrs {"param0.record" = true} {
      %mine = alloca 2 : ptr<!P, local>
      %one = const 1 : i32
      %zero = const 0 : i32
      %second = offset %mine, %one : ptr<!P, local>
      copy %second, %arg {align = 8, bytes = 16}
      %fp = field p %second : ptr<ptr<f32, generic>, local>
      %p = load %fp, %zero : ptr<f32, generic>
      %fk = field k %second : ptr<f32, local>
      %v = load %fk, %one : f32
      %t = thread_linear : u32
      store %p, %t, %v
      return
    }"""
    out = np.zeros(3, dtype=np.float32)
    image = bytes(8) + np.array([1.5, 2.5], dtype=np.float32).tobytes()
    run_kernel(module(text), "k", 1, 3, [RecordBytes(image, {0: out})])
    assert out.tolist() == [2.5] * 3


def test_pointer_arithmetic_and_casts(module):
    out = np.arange(8, dtype=np.int32)
    run(
        module,
        """
  %three = const 3 : i32
  %p = offset %out, %three : ptr<i32, global>
  %d = ptr_diff %p, %out : i64
  %n = ptr_to_int %p : u64
  %q = int_to_ptr %n : ptr<i32, generic>
  %same = cmp eq %p, %p : i1
  %b = ptr_cast %q : ptr<u8, generic>
  %byte = load %b, %zero : u8
  %wide = cast %byte : i32
  store %out, %zero, %wide
  %d32 = cast %d : i32
  store %out, %one, %d32
  %minus = const -1 : i32
  %back = load %q, %minus : i32
  %two = const 2 : i32
  store %out, %two, %back
  return""",
        out,
        block=1,
    )
    assert out.tolist()[:3] == [3, 3, 2]


def test_module_variables_keep_their_values_between_runs(module):
    text = """
    global @counter : i32[1] space=global align=4 init="05000000"
    kernel @k() {
      %p = global_addr @counter : ptr<i32, global>
      %i = const 0 : i32
      %one = const 1 : i32
      %old = atomic add %p, %i, %one : i32
      return
    }"""
    first = run_kernel(module(text), "k", 1, 8, [])
    assert first.globals["counter"].view(np.int32).tolist() == [13]
    second = run_kernel(module(text), "k", 1, 8, [], globals=first.globals)
    assert second.globals["counter"].view(np.int32).tolist() == [21]


def test_dynamic_shared_memory_has_the_size_of_the_launch(module):
    out = np.zeros(4, dtype=np.float32)
    prelude = "global @s : f32[0] space=shared align=16"
    body = """
  %s = global_addr @s : ptr<f32, shared>
  %v = cast %t : f32
  store %s, %t, %v
  %x = load %s, %t : f32
  store %out, %t, %x
  return"""
    run(module, body, out, block=4, prelude=prelude, shared_bytes=16)
    assert out.tolist() == [0, 1, 2, 3]
    with pytest.raises(CompileError, match="ASC0510"):
        run(module, body, out, block=4, prelude=prelude, shared_bytes=12)


def test_printf(module):
    body = """
  %x = const 1.5 : f64
  %u = const -1 : i32
  print "%d|%5.2f|%u|%x|%%|%lld\\n" %t, %x, %u, %u, %u
  return"""
    outcome = run(module, body, np.zeros(1, dtype=np.int32), block=2)
    assert outcome.printed == "".join(f"{t}| 1.50|4294967295|ffffffff|%|-1\n" for t in range(2))


def test_the_stage_with_loops_over_threads(module):
    text = """
    global @tile : i32[8] space=shared align=4
    kernel @k(%out: ptr<i32, global>) attrs {stage = "threads"} {
      %tile = global_addr @tile : ptr<i32, shared>
      %n = block_threads : u32
      %keep = lane_array 2 : ptr<i32, local>
      %two = const 2 : u32
      %one = const 1 : u32
      thread_loop {
        %t = thread_linear : u32
        %v = cast %t : i32
        %four = const 4 : u32
        %done = cmp ge %t, %four : i1
        store %tile, %t, %v
        if %done {
          return
        } else {
          yield
        }
        %at = mul %t, %two : u32
        store %keep, %at, %v
        yield
      }
      thread_loop {
        %t = thread_linear : u32
        %last = sub %n, %one : u32
        %from = sub %last, %t : u32
        %v = load %tile, %from : i32
        store %out, %t, %v
        yield
      }
      return
    }"""
    out = np.zeros(8, dtype=np.int32)
    run_kernel(module(text), "k", 1, 8, [out])
    assert out.tolist() == [7, 6, 5, 4, 3, 2, 1, 0]


DIVERGENT = """
  %five = const 5 : i32
  %c = cmp lt %t, %five : i1
  if %c {
    BODY
    yield
  } else {
    yield
  }
  return"""

FAULTS = [
    ("ASC0510", "%x = load %out, %t : i32\n return", "thread (1, 0, 0)"),
    ("ASC0510", "%m = const -1 : i32\n store %out, %m, %t\n return", "writes"),
    ("ASC0510", "%z = const 0 : ptr<i32, global>\n store %z, %t, %t\n return", "null"),
    (
        "ASC0510",
        "%b = ptr_cast %out : ptr<u8, global>\n %c = offset %b, %one : ptr<u8, global>\n"
        " %d = ptr_cast %c : ptr<u16, global>\n %x = load %d, %zero : u16\n return",
        "misaligned",
    ),
    ("ASC0510", "%s = ptr_cast %out : ptr<i32, shared>\n store %s, %zero, %t\n return", "shared"),
    ("ASC0511", DIVERGENT.replace("BODY", "barrier"), "elsewhere"),
    ("ASC0511", DIVERGENT.replace("BODY", "grid_barrier"), "elsewhere"),
    (
        "ASC0511",
        DIVERGENT.replace("BODY", "%m = const 4294967295 : u32\n warp_sync %m"),
        "elsewhere",
    ),
    ("ASC0511", "%m = const 1 : u32\n warp_sync %m\n return", "not in the mask"),
    ("ASC0512", DIVERGENT.replace("BODY", "trap"), "stops"),
    ("ASC0512", '%f = const false : i1\n assert "n > 0" %f\n return', "n > 0"),
    (
        "ASC0513",
        "loop cond {\n %c = const true : i1\n condition %c\n } body {\n yield\n }"
        " step {\n yield\n }\n return",
        "still runs",
    ),
]


@pytest.mark.parametrize(("code", "body", "message"), FAULTS)
def test_faults(module, code, body, message):
    out = np.zeros(1, dtype=np.int32)
    with pytest.raises(CompileError) as caught:
        run(module, body, out, max_steps=10_000)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert message in diagnostic.message
