"""What kernels of the corpus say about how to call them: roles, launch pattern, extents.

`tests/golden/calling/NAME.txt` holds what is expected of kernels of `tests/corpus/NAME.cu`, each
under its name; `--update-golden` rewrites the expectations of the kernels that a file names.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from ascendify.driver import translate
from ascendify.ir.nodes import Module
from ascendify.ir.sizes import read_size
from ascendify.passes.analysis.extent_expressions import extent_expressions
from ascendify.passes.analysis.kernel_facts import KernelFacts
from ascendify.passes.analysis.launch_pattern import launch_pattern, text
from ascendify.passes.analysis.roles import roles, table

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = sorted((ROOT / "golden" / "calling").glob("*.txt"))
CORPUS = sorted([*(ROOT / "corpus").glob("*.cu"), *(ROOT.parent / "examples").glob("*.cu")])


def described(module: Module) -> str:
    """Everything that is found out about a kernel, as lines."""
    kernel = module.kernels()[0]
    known = KernelFacts(module, kernel)
    lines = table(roles(module, kernel, known)) + text(launch_pattern(module, kernel, known))
    found = extent_expressions(module, kernel, known)
    return lines + "".join(f"extent {name}: {size}\n" for name, size in found.items())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_corpus(path: Path, stages, request: pytest.FixtureRequest) -> None:
    modules = stages(ROOT / "corpus" / f"{path.stem}.cu")
    parts = path.read_text(encoding="utf-8").split("== ")[1:]
    names = [part.split("\n", 1)[0] for part in parts]
    actual = "\n".join(f"== {name}\n{described(modules[name]['simt'])}" for name in names)
    if request.config.getoption("--update-golden"):
        path.write_text(actual, encoding="utf-8")
    assert actual == path.read_text(encoding="utf-8")


def test_enough_kernels() -> None:
    assert sum(path.read_text(encoding="utf-8").count("== ") for path in GOLDEN) >= 25


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_everything_is_described_quickly(path: Path, stages) -> None:
    for instance, modules in stages(path).items():
        module = modules["simt"]
        kernel = module.kernels()[0]
        started = time.process_time()
        known = KernelFacts(module, kernel)
        found = roles(module, kernel, known)
        pattern = launch_pattern(module, kernel, known)
        assert time.process_time() - started < 1.0, instance
        assert [role.name for role in found] == [p.name for p in kernel.params]
        assert pattern.blocks_to_try()
        data = json.loads(json.dumps([[asdict(role) for role in found], pattern.as_data()]))
        for item, dimension in zip(data[1]["grid"], pattern.grid, strict=True):
            if dimension.count is not None:
                assert str(read_size(item["count"])) == str(dimension.count)


# ---------------------------------------------------------------- single questions


def analysed(source: str) -> tuple[Module, KernelFacts]:
    translation = translate(source, emit="simt", verify=False)
    assert not translation.diagnostics, translation.diagnostics
    (module,) = translation.modules.values()
    return module, KernelFacts(module, module.kernels()[0])


def lines_of(source: str) -> dict[str, str]:
    """The line about each parameter."""
    module, known = analysed(source)
    rows = table(roles(module, known.func, known)).splitlines()
    return dict(row.split(": ", 1) for row in rows)


INDEX = "int i = blockIdx.x * blockDim.x + threadIdx.x;"


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        pytest.param(
            f"__global__ void k(float* x, int n) {{ {INDEX} if (i < n) {{ x[i] = 1.0f;"
            " x[i] += 2.0f; } }",
            "x",
            "f32* out, f32, 4 align 4",
            id="reads-its-own-writes",
        ),
        pytest.param(
            f"__global__ void k(float* x, int n) {{ {INDEX} if (i < n) x[i] = 1.0f;"
            " if (i < n / 2) x[i] += x[i + 1]; }",
            "x",
            "f32* inout, f32, 4 align 4",
            id="reads-what-others-write",
        ),
        pytest.param(
            f"__global__ void k(float* x, int n, int m) {{ {INDEX} for (int j = 0; j < m; ++j)"
            " x[i] = j; x[i] += 1.0f; }",
            "x",
            "f32* inout, f32, 4 align 4",
            id="loop-may-not-run",
        ),
        pytest.param(
            f"__global__ void k(float* a, float* b, float* y, bool f) {{ {INDEX}"
            " const float* p = f ? a : b; y[i] = p[i]; }",
            "b",
            "f32* in, f32, 4 align 4",
            id="pointer-through-a-choice",
        ),
        pytest.param(
            f"__global__ void k(void* x, int n) {{ {INDEX} if (i < n) ((float4*)x)[i].y = 0.0f; }}",
            "x",
            "void* out, f32, 4 align 16",
            id="void-seen-as-float4",
        ),
        pytest.param(
            f"__global__ void k(char* x, float* y, int n) {{ {INDEX}"
            " float v; memcpy(&v, x + 4 * i, 4); if (i < n) y[i] = v; }",
            "x",
            "i8* in, f32, 1 align 1",
            id="bytes-seen-as-floats",
        ),
        pytest.param(
            f"__global__ void k(const int* next, float* x, int n) {{ {INDEX}"
            " if (i < n) x[next[next[i]] * 3 + 1] = 0.0f; }",
            "next",
            "i32* in, i32, 4 align 4, -> next by 1, -> x by 3",
            id="index-into-itself",
        ),
        pytest.param(
            f"__global__ void k(const int* at, float* x, int n, int c) {{ {INDEX}"
            " int r = min(max(at[i], 0), n - 1); x[r * c] = 0.0f; }",
            "at",
            "i32* in, i32, 4 align 4, -> x by c guarded",
            id="clamped-index",
        ),
        pytest.param(
            f"__global__ void k(const int* at, float* x, int n) {{ {INDEX}"
            " __shared__ int s[64]; s[threadIdx.x] = at[i]; __syncthreads();"
            " x[s[63 - threadIdx.x]] = 0.0f; }",
            "at",
            "i32* in, i32, 4 align 4, -> x by 1",
            id="index-through-shared-memory",
        ),
        pytest.param(
            f"__global__ void k(const int* p, const int* q, float* x, int n) {{ {INDEX}"
            " float s = 0; for (int e = p[i]; e < q[i]; ++e) s += x[e]; x[i] = s; }",
            "q",
            "i32* in, i32, 4 align 4, -> x by 1, bounds_loop",
            id="loop-bounds-of-two-arrays",
        ),
        pytest.param(
            f"__global__ void k(const int* keys, int* out, int n, int key) {{ {INDEX}"
            " int lo = 0, hi = n; while (lo < hi) { int m = (lo + hi) / 2;"
            " if (keys[m] < key + i) lo = m + 1; else hi = m; } out[i] = lo; }",
            "keys",
            "i32* in, i32, 4 align 4, monotone",
            id="binary-search",
        ),
        pytest.param(
            f"__global__ void k(float* x, int n, int mode) {{ {INDEX}"
            " if (mode == 1) x[i] = 1; else if (mode == 4) x[i] = 2; }",
            "mode",
            "i32 mode (compared condition) choices 1, 4",
            id="mode",
        ),
        pytest.param(
            f"__global__ void k(float* x, int n, int bits) {{ {INDEX}"
            " if (i < n) x[i] = (float)((i * 977) >> bits); }",
            "bits",
            "i32 shift (shift value)",
            id="shift",
        ),
        pytest.param(
            f"__global__ void k(float* x, int n, int first) {{ {INDEX}"
            " if (i < n) x[i + first] = 0; }",
            "first",
            "i32 offset (offset)",
            id="offset",
        ),
        pytest.param(
            f"__global__ void k(float4* x, int n) {{ {INDEX} if (i < n / 4) x[i] = x[i]; }}",
            "n",
            "i32 shape (bound) multiple of 4",
            id="quotient-as-bound",
        ),
        pytest.param(
            f"__global__ void k(float4* x, float* y, int n) {{ {INDEX} if (i < n / 4)"
            " x[i] = x[i]; if (i < n % 4) y[n / 4 * 4 + i] = 0; }",
            "n",
            "i32 shape (address bound)",
            id="quotient-and-rest",
        ),
        pytest.param(
            f"__global__ void k(float* x, int rows, int c) {{ {INDEX} if (i < rows)"
            " *(float4*)(x + i * c) = make_float4(0, 0, 0, 0); }",
            "c",
            "i32 stride (stride) multiple of 4",
            id="aligned-rows",
        ),
        pytest.param(
            "__global__ void k(float* x, int n) { int i = 4 * (blockIdx.x * blockDim.x +"
            " threadIdx.x); if (i < n) *(float4*)(x + i) = make_float4(0, 0, 0, 0); }",
            "n",
            "i32 shape (bound) multiple of 4",
            id="guard-of-the-first-element",
        ),
        pytest.param(
            "__global__ void k(float* x, int n) { int i = 4 * (blockIdx.x * blockDim.x +"
            " threadIdx.x); if (i + 3 < n) *(float4*)(x + i) = make_float4(0, 0, 0, 0); }",
            "n",
            "i32 shape (bound)",
            id="guard-of-the-last-element",
        ),
    ],
)
def test_role(source: str, name: str, expected: str) -> None:
    assert lines_of(source)[name] == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "__global__ void k(float* x, int n) { x[blockIdx.x * blockDim.x + threadIdx.x] = 0; }",
            "grid.x: unbounded of n, ceil(n / blockDim.x) blocks (guess)\nblock: threads x\n",
            id="no-guard",
        ),
        pytest.param(
            "__global__ void k(float* x, int B, int T, int C) { for (int c = threadIdx.x; c < C;"
            " c += blockDim.x) x[(blockIdx.y * gridDim.x + blockIdx.x) * C + c] = 0; }",
            "grid.x: unbounded of T, T blocks (guess)\n"
            "grid.y: unbounded of B, B blocks (guess)\nblock: threads x\n",
            id="two-unbounded-dimensions",
        ),
        pytest.param(
            "__global__ void k(float* x, int n) { __shared__ float s[128]; s[threadIdx.x] = 1;"
            " __syncthreads(); for (int d = blockDim.x / 2; d > 0; d >>= 1) { if (threadIdx.x < d)"
            " s[threadIdx.x] += s[threadIdx.x + d]; __syncthreads(); } if (threadIdx.x == 0)"
            " x[blockIdx.x] = s[0]; }",
            "grid.x: unbounded of n, n blocks (guess)\nblock: threads x, x <= 128, power_of_two\n",
            id="tree-reduction",
        ),
        pytest.param(
            "__global__ void k(float* x, int n) { int w = threadIdx.x / 32 + blockIdx.x *"
            " (blockDim.x / 32); if (w >= n) return; float v = __shfl_xor_sync(~0u, x[w], 1);"
            " x[w] = v; }",
            "grid.x: elements of n, ceil(n / (blockDim.x // 32)) blocks\n"
            "block: threads x, whole_warps\n",
            id="warp-a-row",
        ),
        pytest.param(
            "__global__ void k(float* x, int n, int k) { int i = blockIdx.x * blockDim.x +"
            " threadIdx.x; int r = i / k; if (r < n) x[i] = 0; }",
            "grid.x: elements of n*k, ceil(n*k / blockDim.x) blocks\nblock: threads x\n",
            id="quotient-in-the-guard",
        ),
        pytest.param(
            "#include <cassert>\n__global__ void k(float* x) { assert(blockDim.x == 64);"
            " x[threadIdx.x] = 0; }",
            "block: threads x, x = 64\n",
            id="asserted-size",
        ),
    ],
)
def test_launch_pattern(source: str, expected: str) -> None:
    module, known = analysed(source)
    assert text(launch_pattern(module, known.func, known)) == expected
