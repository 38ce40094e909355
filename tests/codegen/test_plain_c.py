"""What generated C files offer and do at run time."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ascendify.codegen.plain_c import emit_c
from ascendify.ir.diagnostics import CompileError, Reporter
from ascendify.ir.interpreter import run_kernel
from ascendify.ir.nodes import Module
from ascendify.ir.reader import read_module
from ascendify.passes.lowering.to_thread_loops import to_thread_loops

HEAD = "kernel @k(%out: ptr<i32, global>, %inp: ptr<i32, global>, %n: i32) {\n"
START = """
  %t = thread_idx 0 : u32
  %tid = cast %t : i32
  %c0 = const 0 : i32
  %c1 = const 1 : i32
"""


def kernel(body: str, before: str = "") -> str:
    return f"{before}\n{HEAD}{START}{body}\n  return\n}}\n"


def body_of(text: str) -> str:
    """The lines of the first kernel's innermost thread loop, without indentation."""
    lines = text.split("\n")
    start = next(i for i, line in enumerate(lines) if "++threadIdx_x" in line)
    depth = len(lines[start]) - len(lines[start].lstrip())
    end = next(i for i in range(start, len(lines)) if lines[i] == " " * depth + "}")
    return "\n".join(line.strip() for line in lines[start + 1 : end])


def ints(*values: int) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.int32)


# Spelling


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "%a = add %tid, %n : i32\n%b = mul %a, %n : i32\nstore %out, %tid, %b",
            "const int32_t tid = (int32_t)threadIdx_x;\nout[tid] = (tid + n) * n;",
            id="one use is printed in place, with the parentheses it needs",
        ),
        pytest.param(
            "%x = load %inp, %c0 : i32\nstore %inp, %c0, %n\nstore %out, %c0, %x",
            "const int32_t x = *inp;\n*inp = n;\n*out = x;",
            id="a load does not move over a store",
        ),
        pytest.param(
            "%a = sub %n, %c1 : i32\n%b = sub %tid, %a : i32\nstore %out, %c0, %b",
            "*out = (int32_t)threadIdx_x - (n - 1);",
            id="grouping of a difference",
        ),
        pytest.param(
            "%c = cmp lt %tid, %n : i1\n%r = if %c : i32 {\n%x = load %inp, %tid : i32\nyield %x\n}"
            " else {\nyield %c0\n}\nstore %out, %tid, %r",
            "const int32_t tid = (int32_t)threadIdx_x;\nint32_t r;\nif (tid < n) {\nr = inp[tid];\n"
            "} else {\nr = 0;\n}\nout[tid] = r;",
            id="the result of an if is a variable",
        ),
        pytest.param(
            "%best = for %c0, %n, %c1, %c0 : i32 body (%i: i32, %b: i32) {\n"
            "%x = load %inp, %i : i32\n%c = cmp gt %x, %b : i1\n"
            "%next = if %c : i32 {\nyield %x\n} else {\nyield %b\n}\nyield %next\n}\n"
            "store %out, %tid, %best",
            "int32_t best = 0;\nfor (int32_t i = 0; i < n; ++i) {\nconst int32_t x = inp[i];\n"
            "if (x > best) {\nbest = x;\n}\n}\nout[(int32_t)threadIdx_x] = best;",
            id="a carried value and the if that changes it share a variable",
        ),
        pytest.param(
            "%a, %b = loop %c0, %c1 : i32, i32 cond (%x: i32, %y: i32) {\n"
            "%c = cmp lt %x, %n : i1\ncondition %c, %x, %y\n} body (%x1: i32, %y1: i32) {\n"
            "%s = add %x1, %y1 : i32\nyield %y1, %s\n} step (%x2: i32, %y2: i32) {\n"
            "yield %x2, %y2\n}\nstore %out, %tid, %a",
            "int32_t a = 0;\nint32_t b = 1;\nwhile (a < n) {\nconst int32_t old_a = a;\n"
            "a = b;\nb = old_a + b;\n}\nout[(int32_t)threadIdx_x] = a;",
            id="carried values change at once",
        ),
        pytest.param(
            "%a = div %tid, %n : i32\nstore %out, %c0, %a",
            "*out = ascendify_div_i32((int32_t)threadIdx_x, n);",
            id="a divisor that may be zero",
        ),
        pytest.param(
            "%a = shl %tid, %n : i32\n%c3 = const 3 : i32\n%b = shl %a, %c3 : i32\n"
            "store %out, %c0, %b",
            "*out = ascendify_shl_i32((int32_t)threadIdx_x, n) << 3;",
            id="shifts by a known and by any count",
        ),
        pytest.param(
            "%r = loop %c1 : i32 cond (%h: i32) {\n%p = cmp lt %h, %n : i1\ncondition %p, %h\n"
            "} body (%g: i32) {\n%q = cmp lt %tid, %g : i1\nif %q {\n"
            "for %c0, %g, %c1 body (%i: i32) {\nstore %out, %i, %g\nyield\n}\n"
            "yield\n} else {\nyield\n}\nyield %g\n"
            "} step (%s: i32) {\n%c2 = const 2 : i32\n%d = mul %s, %c2 : i32\nyield %d\n}",
            "for (int32_t r = 1; r < n; r *= 2) {\n"
            "if ((int32_t)threadIdx_x < r) {\nconst int32_t g = r;\n"
            "for (int32_t i = 0; i < g; ++i) {\nout[i] = g;\n}\n}\n}",
            id="a name given to a loop's bound ends with the block around the loop",
        ),
    ],
)
def test_spelling(body: str, expected: str, c_text: Any) -> None:
    assert body_of(c_text(kernel(body))) == expected


def test_names_avoid_what_c_and_its_library_have(c_text: Any) -> None:
    text = c_text(
        "kernel @k(%int: ptr<f32, global>, %expf: i32, %block: i32, %uint8_t: i32) {\n"
        "  %x = const 1.0 : f32\n  store %int, %expf, %x\n  return\n}\n"
    )
    head = "k_block(float *int_, int32_t expf_, int32_t block_2, int32_t uint8_t_,"
    assert head in " ".join(text.split())


# Tables and launches


def test_a_file_without_kernels_compiles(compile_ir: Any) -> None:
    compile_ir(Module(()))


def test_modules_share_variables_and_records(compile_c: Any) -> None:
    text = (
        "record !P size=8 align=8 { a: i32 @0, b: u8 @4 }\n"
        'global @v : !P[2] space=global align=8 source="v"\n'
        "kernel @NAME(%out: ptr<i32, global>) {\n  %c0 = const 0 : i32\n  %c1 = const 1 : i32\n"
        "  %g = global_addr @v : ptr<!P, global>\n  %p = offset %g, %c1 : ptr<!P, global>\n"
        '  %f = field %p {name = "a"} : ptr<i32, global>\n  %x = load %f, %c0 : i32\n'
        "  store %out, %c0, %x\n  %y = add %x, %c1 : i32\n  store %f, %c0, %y\n  return\n}\n"
    )
    modules = []
    for name in ("one", "two"):
        module = read_module(text.replace("NAME", name))
        modules.append(module.with_func(to_thread_loops(module.func(name))))
    library = compile_c(emit_c(modules, "x").files["x.c"])
    out = ints(0)
    for expected, name in enumerate(("one", "two", "one")):
        library.launch(name, 1, 1, [out])
        assert out[0] == expected
    assert library.variable("v").view(np.int32).tolist() == [0, 0, 3, 0]


def test_tables_of_constants(compile_ir: Any) -> None:
    table = np.array([1.5, -0.0, np.inf, 3e-9], dtype=np.float32)
    library = compile_ir(
        f'global @c : f32[4] space=constant align=4 init="{table.tobytes().hex()}"\n'
        "kernel @k(%out: ptr<f32, global>) {\n  %t = thread_idx 0 : u32\n"
        "  %c = global_addr @c : ptr<f32, constant>\n  %x = load %c, %t : f32\n"
        "  store %out, %t, %x\n  return\n}\n"
    )
    out = np.zeros(4, dtype=np.float32)
    library.launch("k", 1, 4, [out])
    assert out.tobytes() == table.tobytes()


def test_a_record_by_value_is_the_launchs_bytes(compile_ir: Any) -> None:
    library = compile_ir(
        "record !P size=16 align=8 { n: i32 @0, data: ptr<i32, generic> @8 }\n"
        "kernel @k(%p: ptr<!P, local>) attrs {param0.record = true} {\n"
        "  %t = thread_idx 0 : u32\n  %c0 = const 0 : i32\n"
        '  %f = field %p {name = "data"} : ptr<ptr<i32, generic>, local>\n'
        '  %g = field %p {name = "n"} : ptr<i32, local>\n'
        "  %data = load %f, %c0 : ptr<i32, generic>\n  %n = load %g, %c0 : i32\n"
        "  store %data, %t, %n\n  return\n}\n"
    )
    out = ints(0, 0, 0)
    record = np.int32(7).tobytes() + bytes(4) + np.uint64(out.ctypes.data).tobytes()
    library.launch("k", 1, 3, [record])
    assert out.tolist() == [7, 7, 7]


def test_dynamic_shared_memory(compile_ir: Any) -> None:
    library = compile_ir(
        kernel(
            "  %s = global_addr @buffer : ptr<i32, shared>\n  store %s, %tid, %tid\n  barrier\n"
            "  %last = sub %n, %c1 : i32\n  %i = sub %last, %tid : i32\n"
            "  %x = load %s, %i : i32\n  store %out, %tid, %x\n",
            "global @buffer : i32[0] space=shared align=16",
        )
    )
    out = np.zeros(40, dtype=np.int32)
    library.launch("k", 1, 40, [out, out, np.int32(40)], shared_bytes=160)
    assert out.tolist() == list(range(39, -1, -1))


def test_threads_run_in_order_over_three_dimensions(compile_ir: Any) -> None:
    library = compile_ir(
        "kernel @k(%out: ptr<u32, global>) {\n  %i = thread_linear : u32\n"
        "  %x = thread_idx 0 : u32\n  %y = thread_idx 1 : u32\n  %z = thread_idx 2 : u32\n"
        "  %c = const 100 : u32\n  %a = mul %z, %c : u32\n  %b = add %a, %y : u32\n"
        "  %d = mul %b, %c : u32\n  %e = add %d, %x : u32\n  store %out, %i, %e\n  return\n}\n"
    )
    out = np.zeros(24, dtype=np.uint32)
    library.launch("k", 1, (2, 3, 4), [out])
    expected = [z * 10000 + y * 100 + x for z in range(4) for y in range(3) for x in range(2)]
    assert out.tolist() == expected


ASSERTED = kernel(
    "  %fine = cmp lt %tid, %n : i1\n  store %out, %tid, %c1\n  barrier\n"
    '  assert %fine {message = "tid < n"}\n'
    "  store %out, %tid, %n\n"
)


def test_a_failed_assertion_ends_the_launch_and_is_told(compile_ir: Any) -> None:
    library = compile_ir(ASSERTED)
    out = np.zeros(8, dtype=np.int32)
    assert library.launch("k", 1, 8, [out, out, np.int32(8)]) is None
    assert library.launch("k", 1, 8, [out, out, np.int32(5)]) == "assertion failed: tid < n"
    assert out.tolist() == [5] * 5 + [1] * 3
    assert library.launch("k", 1, 8, [out, out, np.int32(8)]) is None


@pytest.mark.parametrize("threads", [1, 3, 8])
def test_blocks_on_several_threads_of_the_machine(threads: int, compile_ir: Any) -> None:
    library = compile_ir(
        "kernel @k(%sum: ptr<f32, global>, %count: ptr<i32, global>, %top: ptr<u64, global>) {\n"
        "  %t = thread_linear : u32\n  %b = block_idx 0 : u32\n  %c0 = const 0 : i32\n"
        "  %one = const 1 : i32\n  %f = cast %t : f32\n  %u = cast %b : u64\n  barrier\n"
        "  %x = atomic add %sum, %c0, %f : f32\n  %y = atomic add %count, %c0, %one : i32\n"
        "  %z = atomic max %top, %c0, %u : u64\n  return\n}\n"
    )
    total, count, top = np.zeros(1, np.float32), np.zeros(1, np.int32), np.zeros(1, np.uint64)
    library.lib.ascendify_set_threads(threads)
    assert library.launch("k", (50, 2), 64, [total, count, top]) is None
    assert (total[0], count[0], top[0]) == (100 * 2016, 6400, 49)


def test_print(compile_ir: Any, capfd: Any) -> None:
    library = compile_ir(
        kernel(
            "  %l = const 5000000000 : i64\n  %h = const 1.5 : f64\n"
            '  print %tid, %l, %h {format = "%d %lld 100%% \\"%.2f\\"\\n"}\n'
        )
    )
    out = ints(0)
    library.launch("k", 1, 2, [out, out, np.int32(0)])
    library.lib.fflush(None)
    assert capfd.readouterr().out == '0 5000000000 100% "1.50"\n1 5000000000 100% "1.50"\n'


def test_a_refused_kernel_does_not_hide_the_others() -> None:
    refused = '  %x = const 1.0 : f32\n  %y = fma %x, %x, %x {rounding = "ru"} : f32\n'
    module = read_module(
        f"kernel @bad(%p: ptr<f32, global>) {{\n  %i = const 0 : i32\n{refused}"
        "  store %p, %i, %y\n  return\n}\nkernel @good() {\n  return\n}\n"
    )
    for func in module.funcs:
        module = module.with_func(to_thread_loops(func))
    with pytest.raises(CompileError):
        emit_c([module], "x")
    reporter = Reporter()
    text = emit_c([module], "x", reporter=reporter).files["x.c"]
    assert [(d.code, d.subject) for d in reporter.diagnostics] == [("ASC0602", "bad")]
    assert '"good"' in text
    assert "bad" not in text


def test_lines_know_where_they_come_from(c_text: Any) -> None:
    module = read_module(
        'file k.cu = "k.cu"\nkernel @k(%p: ptr<i32, global>) @k.cu:1:1-5:2 {\n'
        "  %i = const 0 : i32\n  store %p, %i, %i @k.cu:3:5-9\n  return\n}\n"
    )
    artifact = emit_c([module.with_func(to_thread_loops(module.func("k")))], "x")
    lines = artifact.files["x.c"].split("\n")
    number = next(i for i, line in enumerate(lines, 1) if "*p = 0;" in line)
    assert artifact.source_map["x.c"][number].line == 3


# Random programs


def programs(seeds: range) -> dict[int, Module]:
    path = Path(__file__).parents[1] / "passes" / "thread_programs.py"
    spec = importlib.util.spec_from_file_location("thread_programs", path)
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    return {seed: generator.program(seed, f"k{seed}") for seed in seeds}


def compare(seeds: range, compile_c: Any) -> None:
    modules = programs(seeds)
    after = [m.with_func(to_thread_loops(m.funcs[0])) for m in modules.values()]
    # such programs compare constants and compute what nobody wants
    library = compile_c(emit_c(after, "x").files["x.c"], warnings=False)
    for seed, module in modules.items():
        for n, threads in ((3, 40), (6, 32), (1, 64)):
            inp = np.random.default_rng(seed).integers(-50, 50, 256).astype(np.int32)
            expected, got = (np.zeros(2 * threads, dtype=np.int32) for _ in range(2))
            run_kernel(module, f"k{seed}", 2, threads, [expected, inp.copy(), n])
            library.launch(f"k{seed}", 2, threads, [got, inp, np.int32(n)])
            assert got.tolist() == expected.tolist(), f"seed {seed}, n {n}, {threads} threads"


def test_random_kernels_compute_what_the_ir_means(compile_c: Any) -> None:
    compare(range(100, 108), compile_c)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 2000, 50))
def test_many_random_kernels(start: int, compile_c: Any, request: Any) -> None:
    if "slow" not in str(request.config.getoption("-m")):
        pytest.skip("with -m slow")
    compare(range(start, start + 50), compile_c)
