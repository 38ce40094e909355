"""Running passes: order, stopping, printing, refusals, and time."""

from __future__ import annotations

import time

import pytest

from ascendify.ir.diagnostics import CompileError, InternalError
from ascendify.ir.nodes import Module, walk
from ascendify.ir.reader import read_module
from ascendify.passes.pipeline import PassContext, run_pipeline
from ascendify.passes.pipelines import PASSES, SIMT
from ascendify.passes.transform.dce import Dce

RECURSIVE = """
func @even(%n: i32) -> i32 attrs {source_name = "even"} {
  %r = call @odd %n : i32
  return %r
}

func @odd(%n: i32) -> i32 attrs {source_name = "odd"} {
  %r = call @even %n : i32 @k.cu:7:10-17
  return %r
}

kernel @k(%p: ptr<i32, global>) {
  %z = const 0 : i32
  %r = call @even %z : i32
  store %p, %z, %r
  return
}
"""


def many_statements(count: int) -> Module:
    """A kernel of about `count` operations as a frontend writes them."""
    lines = ["kernel @k(%p: ptr<f32, generic>, %n: i32) {"]
    lines += [f"  %v{i} = alloca 1 : ptr<f32, local>" for i in range(8)]
    lines += ["  %z = const 0 : i32", "  %one = const 1.0 : f32"]
    lines += [f"  store %v{i}, %z, %one" for i in range(8)]
    for i in range((count - 18) // 4):
        a, b = i % 8, (i * 3 + 1) % 8
        lines += [
            f"  %a{i} = load %v{a}, %z : f32",
            f"  %b{i} = load %v{b}, %z : f32",
            f"  %c{i} = {'add' if i % 3 else 'mul'} %a{i}, %b{i} : f32",
            f"  store %v{b}, %z, %c{i}",
        ]
    lines += ["  %r = load %v0, %z : f32", "  store %p, %n, %r", "  return", "}"]
    return read_module("\n".join(lines))


def test_prints_after_each_pass_and_stops() -> None:
    seen: list[str] = []
    run_pipeline(
        many_statements(60),
        SIMT,
        verify=True,
        print_after=lambda name, module: seen.append(name),
        stop_after="inline",
    )
    assert seen == ["single-exit", "promote", "inline"]


def test_same_object_where_nothing_is_to_be_done() -> None:
    module = run_pipeline(many_statements(60), SIMT)
    ctx = PassContext()
    for name, item in PASSES.items():
        assert item.run(module, ctx) is module, name


def test_names_are_unique_and_match() -> None:
    assert all(name == item.name for name, item in PASSES.items())
    assert {item.name for item in SIMT} <= set(PASSES)


def test_recursion_is_refused_where_it_closes() -> None:
    with pytest.raises(CompileError) as caught:
        run_pipeline(read_module(RECURSIVE), SIMT)
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.line, found.span.col) == ("ASC0490", 7, 10)
    assert "'even' calls 'odd' calls 'even'" in found.message


def test_broken_pass_is_named() -> None:
    class Breaks:
        name = "breaks"

        def run(self, module: Module, ctx: PassContext) -> Module:
            kernel = module.funcs[0]
            body = type(kernel.body)((), kernel.body.ops[1:])
            return module.with_func(kernel.with_body(body))

    with pytest.raises(InternalError) as caught:
        run_pipeline(many_statements(60), (Breaks(),), verify=True)
    assert caught.value.stage == "breaks"


def test_analyses_are_computed_once() -> None:
    ctx = PassContext()
    func = many_statements(60).funcs[0]
    calls: list[str] = []

    def count(f: object) -> int:
        calls.append("once")
        return len(calls)

    assert [ctx.analysis(count, func), ctx.analysis(count, func)] == [1, 1]
    other = Dce().rewrite(func, many_statements(60), ctx)
    assert ctx.analysis(count, other) == (1 if other is func else 2)


def test_time() -> None:
    module = many_statements(300)
    assert 280 <= sum(1 for _ in walk(module.funcs[0].body)) <= 320
    best = min(_seconds(module) for _ in range(3))
    assert best < 0.15


def _seconds(module: Module) -> float:
    start = time.process_time()
    run_pipeline(module, SIMT)
    return time.process_time() - start
