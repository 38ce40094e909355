"""Kernels as loops over threads: where they are cut, what crosses the cuts, and that nothing
changes in meaning."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ascendify.ir.diagnostics import CompileError
from ascendify.ir.interpreter import run_kernel
from ascendify.ir.nodes import Func, Module, walk
from ascendify.ir.reader import read_module
from ascendify.ir.verifier import check
from ascendify.passes.lowering.to_thread_loops import ToThreadLoops, to_thread_loops
from ascendify.passes.pipeline import PassContext

HEAD = "kernel @k(%out: ptr<i32, global>, %inp: ptr<i32, global>, %n: i32) {\n"
START = """
  %t = thread_idx 0 : u32
  %tid = cast %t : i32
  %c0 = const 0 : i32
  %c1 = const 1 : i32
  %full = const 4294967295 : u32
"""


def lowered(body: str, globals_: str = "") -> Func:
    module = read_module(f"{globals_}\n{HEAD}{START}{body}\n  return\n}}\n")
    check(module)
    func = to_thread_loops(module.func("k"))
    check(module.with_func(func))
    return func


def count(func: Func, name: str) -> int:
    return sum(op.name == name for op in walk(func.body))


def top(func: Func) -> list[str]:
    """The control flow at block level, in order."""
    return [op.name for op in func.body.ops if op.regions]


def test_without_synchronisation_one_loop_holds_everything() -> None:
    func = lowered("  store %out, %tid, %n\n")
    assert top(func) == ["thread_loop"]
    assert count(func, "lane_array") == 0


def test_a_barrier_cuts_and_indices_are_computed_again() -> None:
    func = lowered(
        """
  %i = add %tid, %n : i32
  store %out, %i, %n
  barrier
  store %inp, %i, %n
"""
    )
    assert top(func) == ["thread_loop", "thread_loop"]
    assert count(func, "lane_array") == 0


def test_a_loaded_value_is_kept_per_thread() -> None:
    func = lowered(
        """
  %x = load %inp, %tid : i32
  barrier
  store %out, %tid, %x
"""
    )
    assert count(func, "lane_array") == 1


def test_a_uniform_loop_stays_a_loop_of_the_block() -> None:
    func = lowered(
        """
  for %c0, %n, %c1 body (%i: i32) {
    store %out, %tid, %i
    barrier
    yield
  }
"""
    )
    assert top(func) == ["for"]
    assert count(func, "lane_array") == 0


def test_a_uniform_load_decides_for_the_block() -> None:
    func = lowered(
        """
  %x = load %inp, %c0 : i32
  %go = cmp gt %x, %c0 : i1
  if %go {
    barrier
    store %out, %tid, %x
    yield
  } else {
    yield
  }
"""
    )
    assert top(func) == ["if"]
    assert count(func, "lane_array") == 0


def test_threads_that_return_early_are_masked() -> None:
    func = lowered(
        """
  %outside = cmp ge %tid, %n : i1
  if %outside {
    return
  } else {
    yield
  }
  barrier
  store %out, %tid, %n
"""
    )
    assert top(func) == ["thread_loop", "thread_loop"]
    assert count(func, "lane_array") == 1


def test_a_return_after_the_last_barrier_needs_no_mask() -> None:
    func = lowered(
        """
  barrier
  %outside = cmp ge %tid, %n : i1
  if %outside {
    return
  } else {
    yield
  }
  store %out, %tid, %n
"""
    )
    assert count(func, "lane_array") == 0


def test_a_block_leaves_as_a_whole() -> None:
    func = lowered(
        """
  %none = cmp eq %n, %c0 : i1
  if %none {
    return
  } else {
    yield
  }
  barrier
  store %out, %tid, %n
"""
    )
    assert top(func) == ["if", "thread_loop"]
    assert count(func, "lane_array") == 0


def test_independent_shuffles_share_a_cut() -> None:
    func = lowered(
        """
  %x = load %inp, %tid : i32
  %c32 = const 32 : i32
  %a = shuffle down %full, %x, %c1, %c32 : i32
  %b = shuffle up %full, %x, %c1, %c32 : i32
  %s = add %a, %b : i32
  store %out, %tid, %s
"""
    )
    assert top(func) == ["thread_loop", "thread_loop"]
    assert count(func, "lane_array") == 1


def test_a_chain_of_shuffles_alternates_two_arrays() -> None:
    steps = "".join(
        f"  %o{i} = shuffle down %full, %s{i}, %c1, %c32 : i32\n"
        f"  %s{i + 1} = add %s{i}, %o{i} : i32\n"
        for i in range(5)
    )
    func = lowered(
        f"  %s0 = load %inp, %tid : i32\n  %c32 = const 32 : i32\n{steps}  store %out, %tid, %s5\n"
    )
    assert count(func, "thread_loop") == 6
    assert count(func, "lane_array") == 2


def test_a_local_array_stays_in_its_loop_unless_it_crosses_a_cut() -> None:
    func = lowered(
        """
  %mine = alloca 4 : ptr<i32, local>
  %kept = alloca 2 : ptr<i32, local>
  store %mine, %c1, %tid
  store %kept, %c1, %tid
  %x = load %mine, %c1 : i32
  store %inp, %tid, %x
  barrier
  %y = load %kept, %c1 : i32
  store %out, %tid, %y
"""
    )
    assert [op.attrs["count"] for op in walk(func.body) if op.name == "alloca"] == [4]
    assert [op.attrs["count"] for op in walk(func.body) if op.name == "lane_array"] == [2]


def test_a_record_that_is_changed_belongs_to_the_thread() -> None:
    text = """
record !P size=4 align=4 { v: i32 @0 }
kernel @k(%out: ptr<i32, global>, %p: ptr<!P, local>) attrs {param1.record = true} {
  %t = thread_idx 0 : u32
  %c0 = const 0 : i32
  %f = field %p {name = "v"} : ptr<i32, local>
  %old = load %f, %c0 : i32
  %c1 = const 1 : i32
  %new = add %old, %c1 : i32
  store %f, %c0, %new
  barrier
  %v = load %f, %c0 : i32
  store %out, %t, %v
  return
}
"""
    module = read_module(text.replace("param1.record", '"param1.record"'))
    func = to_thread_loops(module.func("k"))
    check(module.with_func(func))
    assert count(func, "copy") == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("  grid_barrier\n", "ASC0601", id="grid barrier"),
        pytest.param("  call {callee = @f}\n", "ASC0603", id="call"),
    ],
)
def test_refusals(body: str, code: str) -> None:
    with pytest.raises(CompileError) as caught:
        lowered(body, "func @f() {\n  return\n}\n" if "call" in body else "")
    assert caught.value.diagnostics[0].code == code


def test_the_pass_leaves_what_is_lowered_alone() -> None:
    module = Module((lowered("  barrier\n  store %out, %tid, %n\n"),))
    assert ToThreadLoops().run(module, PassContext()) is module


# Random programs


def generator() -> ModuleType:
    path = Path(__file__).with_name("thread_programs.py")
    spec = importlib.util.spec_from_file_location("thread_programs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outcome(module: Module, seed: int, n: int, threads: int) -> list[int]:
    inp = np.random.default_rng(seed).integers(-50, 50, 256).astype(np.int32)
    out: Any = np.zeros(2 * threads, dtype=np.int32)
    run_kernel(module, "k", 2, threads, [out, inp, n])
    return [int(x) for x in out]


@pytest.mark.parametrize("seed", range(10))
def test_random_kernels_mean_the_same(seed: int) -> None:
    module = generator().program(seed)
    check(module)
    after = module.with_func(to_thread_loops(module.func("k")))
    check(after)
    threads = (5, 40)[seed % 2]
    assert outcome(module, seed, 3, threads) == outcome(after, seed, 3, threads)
