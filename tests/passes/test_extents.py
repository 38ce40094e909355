"""Extents of launches: what they are for small kernels, and that no access ever lies outside.

The second part runs kernels of the corpus in the interpreter, and looks at every address.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from ascendify.driver import translate
from ascendify.ir import memory_model
from ascendify.ir.diagnostics import CompileError
from ascendify.ir.interpreter import run_kernel
from ascendify.ir.nodes import Module
from ascendify.ir.reader import read_module
from ascendify.passes.analysis.concrete import Launch
from ascendify.passes.analysis.extents import Extent, Extents, extents
from ascendify.passes.analysis.kernel_facts import KernelFacts
from ascendify.passes.analysis.launch_pattern import launch_pattern
from ascendify.passes.analysis.role import Role
from ascendify.passes.analysis.roles import roles

ROOT = Path(__file__).resolve().parent.parent
INDEX = "int i = blockIdx.x * blockDim.x + threadIdx.x;"


def lowered(source: str) -> Module:
    translation = translate(source, emit="simt", verify=False)
    assert not translation.diagnostics, translation.diagnostics
    (module,) = translation.modules.values()
    return module


def extent_of(source: str, name: str, scalars, grid=4, block=32, buffers=None) -> Extent | None:
    module = lowered(source)
    kernel = module.kernels()[0]
    found = extents(module, kernel, scalars, (grid, 1, 1), (block, 1, 1), buffers)
    return found[name]


@pytest.mark.parametrize(
    ("body", "scalars", "low", "high", "exact"),
    [
        pytest.param("x[i] = 0;", {}, 0, 127, True, id="all-threads"),
        pytest.param("if (i < n) x[i] = 0;", {"n": 100}, 0, 99, True, id="guard"),
        pytest.param("if (i >= n) return; x[i] = 0;", {"n": 100}, 0, 99, True, id="early-return"),
        pytest.param("if (i <= n) x[i] = 0;", {"n": 100}, 0, 100, True, id="off-by-one"),
        pytest.param("if (i < n) x[i - 1] = 0;", {"n": 100}, -1, 98, True, id="before-the-start"),
        pytest.param("if (i > 0 && i < n) x[i - 1] = 0;", {"n": 9}, 0, 7, True, id="two-guards"),
        pytest.param("if (!(i < 3 || i > n)) x[i] = 0;", {"n": 9}, 3, 9, True, id="negated-or"),
        pytest.param(
            "for (; i < n; i += blockDim.x * gridDim.x) x[i] = 0;",
            {"n": 1000}, 0, 999, False, id="grid-stride",
        ),
        pytest.param(
            "if (i < n) for (int j = 0; j < m; ++j) x[i * m + j] = 0;",
            {"n": 100, "m": 7}, 0, 699, True, id="rows",
        ),
        pytest.param(
            "int r = i / m, c = i % m; if (r < n) x[r * 10 + c] = 0;",
            {"n": 9, "m": 7}, 0, 86, False, id="quotient-and-remainder",
        ),
        pytest.param(
            "int r = i / m, c = i % m; if (i < n) x[r * m + c] = 0;",
            {"n": 100, "m": 7}, 0, 99, True, id="taken-apart-and-put-together",
        ),
        pytest.param(
            "if (4 * i < n) for (int k = 0; k < 4; ++k) x[4 * i + k] = 0;",
            {"n": 98}, 0, 99, True, id="vector-past-the-end",
        ),
        pytest.param(
            "for (int k = 4 * i; k + 3 < n; k += 4 * 128) x[k + 3] = 0;",
            {"n": 99}, 3, 98, False, id="vectors-inside",
        ),
        pytest.param("x[min(i, n - 1)] = 0;", {"n": 50}, 0, 49, False, id="clamped"),
        pytest.param(
            "for (int k = n - 1; k >= 0; --k) x[k] = i;", {"n": 50}, 0, 49, True, id="downwards"
        ),
        pytest.param(
            "float* p = x; for (int k = 0; k < n; ++k) { *p = i; p += 3; }",
            {"n": 10}, 0, 27, False, id="pointer-that-moves",
        ),
        pytest.param(
            "for (int s = 64; s > 0; s >>= 1) x[s] = i;", {}, 1, 64, False, id="halving"
        ),
        pytest.param(
            "for (int s = 1; s < n; s *= 2) x[s] = i;", {"n": 50}, 1, 49, False, id="doubling"
        ),
        pytest.param(
            "if (mode == 1) x[i] = 0; if (mode == 2) x[i + 1000] = 0;",
            {"mode": 1}, 0, 127, True, id="dead-branch",
        ),
        pytest.param(
            "x[threadIdx.x < 16 ? i : n] = 0;", {"n": 500}, 0, 500, False, id="chosen"
        ),
        pytest.param(
            "__shared__ int s[32]; s[threadIdx.x] = 2 * threadIdx.x; __syncthreads();"
            " x[s[31 - threadIdx.x]] = i;",
            {}, 0, 62, False, id="index-in-shared-memory",
        ),
        pytest.param("if (n > 1000) x[i] = 0;", {"n": 10}, 0, -1, True, id="never"),
    ],
)  # fmt: skip
def test_extent(body: str, scalars: Mapping[str, int], low: int, high: int, exact: bool) -> None:
    source = f"__global__ void k(float* x, int n, int m, int mode) {{ {INDEX} {body} }}"
    found = extent_of(source, "x", scalars)
    assert found == Extent(4 * low, 4 * high + 3, exact)


def test_indices_from_buffers() -> None:
    source = f"__global__ void k(float* x, const int* at, int c) {{ {INDEX} x[at[i] * c] = 0; }}"
    assert extent_of(source, "x", {"c": 10}, buffers={"at": (2, 9)}) == Extent(80, 363, False)
    assert extent_of(source, "x", {"c": 10}) is None
    assert extent_of(source, "at", {"c": 10}) == Extent(0, 511, True)


def test_bytes_bound_themselves() -> None:
    source = f"__global__ void k(int* x, const unsigned char* d) {{ {INDEX} x[d[i]] = 0; }}"
    assert extent_of(source, "x", {}) == Extent(0, 1023, False)


def test_members_and_dynamic_shared_memory() -> None:
    module = lowered(
        "struct P { float* x; int n; };\nextern __shared__ float s[];\n"
        f"__global__ void k(P p, int c) {{ {INDEX} s[threadIdx.x * c] = i; __syncthreads();"
        " if (i < p.n) p.x[i] = s[0]; }"
    )
    calculator = Extents(module, module.kernels()[0])
    launch = Launch({"p.n": 40, "c": 3}, (2, 1, 1), (32, 1, 1))
    assert calculator.at(launch)["p.x"] == Extent(0, 159, True)
    assert calculator.shared_bytes(launch) == 4 * (31 * 3 + 1)
    lines = [(site.buffer, site.kind, site.line) for site in calculator.sites(launch)]
    assert lines[-1] == ("p.x", "write", 3)


def test_addresses_of_thousands_of_operations_are_unknown() -> None:
    lines = [
        "kernel @k(%p: ptr<f32, global>) {",
        "  %one = const 1.0 : f32",
        "  %m = const 7 : i32",
    ]
    lines += ["  %t = thread_idx 0 : u32", "  %v0 = cast %t : i32"]
    lines += [f"  %v{at + 1} = xor %v{at}, %m : i32" for at in range(30000)]
    lines += ["  store %p, %v30000, %one", "  return", "}"]
    module = read_module("\n".join(lines))
    assert extents(module, module.kernels()[0], {}, (1, 1, 1), (32, 1, 1))["p"] is None


# ---------------------------------------------------------------- against the interpreter

SIZES = ((5, 7, 3, 4, 2, 6), (8, 16, 4, 2, 8, 4), (33, 9, 6, 5, 2, 3))
BUFFER = 1 << 17
START = 1 << 15
LARGEST_INDEX = 3
NUMPY = {
    "f16": "f2", "f32": "f4", "f64": "f8", "i8": "i1", "u8": "u1", "i16": "i2", "u16": "u2",
    "i32": "i4", "u32": "u4", "i64": "i8", "u64": "u8", "i1": "u1", "bf16": "u2",
}  # fmt: skip
FILES = (
    "argmax_rows", "axpy", "bias_activation", "bias_grad", "bincount", "cast_matrix",
    "channel_stats", "cumsum_dim", "embedding_backward", "embedding_forward",
    "fused_add_rmsnorm", "gelu_forward", "gemm_naive", "gemm_tiled", "gemv", "histogram",
    "index_select", "layernorm_forward", "lower_tri_matmul", "masked_select", "nbody",
    "pad_modes", "paged_gather", "quant_int8", "reduce_sum", "roll_repeat", "rope",
    "segment_reduce", "separable_conv", "softmax_rows", "split_qkv", "stencil3d",
    "stream_compaction", "transpose_naive", "transpose_tiled",
)  # fmt: skip


class Watch:
    """The lowest and highest byte of each argument that the interpreter touches."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: dict[str, tuple[int, int]] = {}
        memory = memory_model.Memory
        load, store, copy = memory.load, memory.store, memory.copy

        def watched_load(owner, addresses, type_, space):
            self.note(owner, addresses, memory_model.memory_dtype(type_).itemsize)
            return load(owner, addresses, type_, space)

        def watched_store(owner, addresses, values, type_, space):
            self.note(owner, addresses, memory_model.memory_dtype(type_).itemsize)
            store(owner, addresses, values, type_, space)

        def watched_copy(owner, targets, sources, count, align):
            self.note(owner, targets, count)
            self.note(owner, sources, count)
            copy(owner, targets, sources, count, align)

        monkeypatch.setattr(memory, "load", watched_load)
        monkeypatch.setattr(memory, "store", watched_store)
        monkeypatch.setattr(memory, "copy", watched_copy)

    def note(self, memory, addresses, size: int) -> None:
        numbers = addresses >> np.uint64(memory_model.BUFFER_SHIFT)
        for number in np.unique(numbers):
            name = memory.buffers[int(number)].name
            offsets = addresses[numbers == number] & np.uint64((1 << 40) - 1)
            low, high = self.seen.get(name, (1 << 60, -1))
            ends = int(offsets.min()), int(offsets.max()) + size - 1
            self.seen[name] = (min(low, ends[0]), max(high, ends[1]))


def numbers_for(found: list[Role], sizes: tuple[int, ...]) -> dict[str, int | float]:
    values: dict[str, int | float] = {}
    source = cycle(sizes)
    for role in found:
        use = role.scalar
        if use is None:
            continue
        if role.type in ("f16", "bf16", "f32", "f64"):
            values[role.name] = 0.5
        elif role.type == "i1" or use.use == "mode":
            values[role.name] = int(use.choices[-1])
        else:
            values[role.name] = -(-next(source) // use.multiple_of) * use.multiple_of
    return values


def contents(role: Role, rng: np.random.Generator) -> np.ndarray:
    """Elements that stay in range as indices."""
    use = role.pointer
    assert use is not None
    data = np.zeros(BUFFER, dtype=np.uint8)
    view = data.view(NUMPY[use.element])
    if use.element in ("f16", "f32", "f64"):
        view[:] = rng.random(len(view))
    elif use.element != "bf16":
        view[:] = rng.integers(0, LARGEST_INDEX + 1, len(view))
        if use.monotone:
            view[START // view.itemsize :] = np.minimum(
                np.arange(len(view))[: len(view) - START // view.itemsize], LARGEST_INDEX
            )
    return data


@pytest.mark.parametrize("name", FILES)
def test_nothing_lies_outside(name: str, stages, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    runs = 0
    for instance, modules in stages(ROOT / "corpus" / f"{name}.cu").items():
        module = modules["simt"]
        kernel = module.kernels()[0]
        known = KernelFacts(module, kernel)
        found = list(roles(module, kernel, known))
        if any(r.kind == "record" or (r.pointer and r.pointer.element not in NUMPY) for r in found):
            continue
        pattern = launch_pattern(module, kernel, known)
        calculator = Extents(module, kernel, known)
        for turn, sizes in enumerate(SIZES):
            scalars = numbers_for(found, sizes)
            small = [b for b in pattern.blocks_to_try() if b[0] * b[1] * b[2] <= 64]
            block = (small or pattern.blocks_to_try())[0]
            scalars |= {a: block["xyz".index(b[-1])] for a, b in pattern.limits.ties}
            grid = pattern.grid_size(scalars, block)
            grid = (min(grid[0], 5), min(grid[1], 4), min(grid[2], 2))
            rng = np.random.default_rng(turn)
            buffers = {r.name: contents(r, rng) for r in found if r.kind == "pointer"}
            indices = {r.name: (0, LARGEST_INDEX) for r in found if _is_integer(r)}
            launch = Launch(scalars, grid, block, indices)
            extent = calculator.at(launch)
            shared = calculator.shared_bytes(launch)
            args = [
                buffers[r.name][START:] if r.name in buffers else scalars[r.name] for r in found
            ]
            watch.seen.clear()
            try:
                run_kernel(
                    module, kernel.name, grid, block, args, 4096 if shared is None else shared
                )
            except CompileError as failure:
                pytest.fail(f"{instance} {scalars} {grid} {block}: {failure}")
            runs += 1
            for at, buffer in enumerate(buffers):
                _check(
                    f"{instance} {scalars}",
                    buffer,
                    extent[buffer],
                    watch.seen.get(f"argument {at}"),
                )
    assert runs > 0


def _is_integer(role: Role) -> bool:
    return role.pointer is not None and role.pointer.element[0] in "iu"


def _check(what: str, buffer: str, extent: Extent | None, seen: tuple[int, int] | None) -> None:
    if extent is None or seen is None:
        return
    assert extent.low_byte <= seen[0], (what, buffer, extent, seen)
    assert seen[1] <= extent.high_byte, (what, buffer, extent, seen)
    if extent.exact:
        assert seen == (extent.low_byte, extent.high_byte), (what, buffer)


def test_is_quick(stages) -> None:
    """Once a kernel is known, a launch takes milliseconds."""
    for instance, modules in stages(ROOT / "corpus" / "flash_attention.cu").items():
        module = modules["simt"]
        calculator = Extents(module, module.kernels()[0])
        scalars = {"T": 65, "d": 32, "rows": 7}
        best = 1.0
        for _ in range(3):
            started = time.process_time()
            calculator.at(Launch(scalars, (3, 2, 2), (32, 1, 1)))
            best = min(best, time.process_time() - started)
        assert best < 0.1, instance
