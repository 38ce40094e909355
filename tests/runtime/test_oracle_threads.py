"""The oracle's threads: barriers, warp operations, atomics, deadlocks, grid-wide barriers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Build = Callable[..., Any]


@pytest.fixture(params=[0, 1], ids=["upwards", "downwards"])
def schedule(request: pytest.FixtureRequest) -> int:
    return int(request.param)


BLOCKS = """
__global__ void reduce(const float *x, float *out, int n) {
  extern __shared__ float s[];
  __shared__ int count;
  int t = threadIdx.x;
  if (t == 0) count = 0;
  s[t] = 0;
  for (int i = blockIdx.x * blockDim.x + t; i < n; i += gridDim.x * blockDim.x) s[t] += x[i];
  __syncthreads();
  for (int o = blockDim.x / 2; o > 0; o >>= 1) {
    if (t < o) s[t] += s[t + o];
    __syncthreads();
  }
  atomicAdd(&count, 1);
  __syncthreads();
  if (t == 0) out[blockIdx.x] = s[0] + (count == blockDim.x ? 0.0f : 1e9f);
}
__global__ void index(int *out) {
  int t = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  int b = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  out[b * blockDim.x * blockDim.y * blockDim.z + t] =
      threadIdx.x + 10 * threadIdx.y + 100 * threadIdx.z + 1000 * blockIdx.x + 10000 * blockIdx.y +
      100000 * blockIdx.z;
}
__global__ void counts(int *out) {
  int p = threadIdx.x % 3 == 0;
  int a = __syncthreads_count(p), b = __syncthreads_and(p), c = __syncthreads_or(p);
  out[threadIdx.x] = a * 100 + b * 10 + c;
}
__global__ void early(int *out) {
  if (threadIdx.x >= 20) return;
  __syncthreads();
  out[threadIdx.x] = __ballot_sync(0xffffffff, 1);
}
"""


def test_shared_memory_and_barriers(kernels: Build, schedule: int) -> None:
    built = kernels(BLOCKS)
    built.library.ascendify_oracle_set_schedule(schedule)
    x, out = np.arange(10000, dtype=np.float32), np.zeros(4, np.float32)
    assert not built.run("reduce", x, out, 10000, grid=(4, 1, 1), block=(256, 1, 1), shared=1024)
    assert out.sum() == x.sum()


def test_indices_in_three_dimensions(kernels: Build, schedule: int) -> None:
    built = kernels(BLOCKS)
    built.library.ascendify_oracle_set_schedule(schedule)
    out = np.zeros((2, 3, 2, 4, 2, 5), np.int32)
    assert not built.run("index", out, grid=(2, 3, 2), block=(5, 2, 4))
    weights = (100000, 10000, 1000, 100, 10, 1)
    axes = np.indices(out.shape)
    expected = sum(w * a for w, a in zip(weights, axes, strict=True))
    np.testing.assert_array_equal(out, expected)


def test_barriers_that_count(kernels: Build) -> None:
    out = np.zeros(64, np.int32)
    assert not kernels(BLOCKS).run("counts", out, block=(64, 1, 1))
    assert set(out) == {22 * 100 + 0 * 10 + 1}


def test_threads_that_left_are_not_waited_for(kernels: Build) -> None:
    out = np.zeros(32, np.int32)
    assert not kernels(BLOCKS).run("early", out)
    assert list(out) == [(1 << 20) - 1] * 20 + [0] * 12


WARPS = """
template <typename T> __global__ void shuffles(T *out) {
  T v = (T)(threadIdx.x + 1);
  out[threadIdx.x] = __shfl_sync(~0u, v, 5);
  out[32 + threadIdx.x] = __shfl_up_sync(~0u, v, 3, 8);
  out[64 + threadIdx.x] = __shfl_down_sync(~0u, v, 3, 16);
  out[96 + threadIdx.x] = __shfl_xor_sync(~0u, v, 9, 8);
}
__global__ void votes(unsigned *out) {
  int t = threadIdx.x;
  out[t] = __ballot_sync(~0u, t % 2);
  out[32 + t] = __any_sync(~0u, t == 3) * 2 + __all_sync(~0u, t < 31);
  out[64 + t] = __match_any_sync(~0u, t / 4);
  int same;
  out[96 + t] = __match_all_sync(~0u, 7, &same) + same;
  out[128 + t] = __reduce_add_sync(~0u, (unsigned)t);
  out[160 + t] = __reduce_max_sync(~0u, -t) + 5;
}
__global__ void halves(unsigned *out) {
  int t = threadIdx.x;
  if (t < 16) {
    out[t] = __shfl_xor_sync(0x0000ffff, t, 1);
  } else {
    out[t] = __reduce_add_sync(0xffff0000, 1u);
  }
  __syncwarp();
  if (t % 2) out[32 + t] = __activemask();
  else out[32 + t] = __activemask() + 1;
}
"""


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("int", np.int32),
        ("float", np.float32),
        ("double", np.float64),
        ("unsigned long long", np.uint64),
        ("__half", np.float16),
    ],
)
def test_shuffles(kernels: Build, schedule: int, name: str, dtype: type) -> None:
    names = [f"shuffles<{n}>" for n in ("int", "float", "double", "unsigned long long", "__half")]
    built = kernels(WARPS, *names)
    built.library.ascendify_oracle_set_schedule(schedule)
    out = np.zeros((4, 32), dtype)
    assert not built.run(f"shuffles<{name}>", out)
    lane = np.arange(32)
    assert list(out[0]) == [6] * 32
    np.testing.assert_array_equal(out[1], np.where(lane % 8 < 3, lane, lane - 3) + 1)
    np.testing.assert_array_equal(out[2], np.where(lane % 16 > 12, lane, lane + 3) + 1)
    beyond = (lane ^ 9) >= lane // 8 * 8 + 8
    np.testing.assert_array_equal(out[3], np.where(beyond, lane, lane ^ 9) + 1)


def test_votes_matches_and_reductions(kernels: Build, schedule: int) -> None:
    built = kernels(WARPS)
    built.library.ascendify_oracle_set_schedule(schedule)
    out = np.zeros((6, 32), np.uint32)
    assert not built.run("votes", out)
    assert set(out[0]) == {0xAAAAAAAA}
    assert set(out[1]) == {2}
    assert list(out[2]) == [0xF << (t // 4 * 4) for t in range(32)]
    assert set(out[3]) == {0}  # all lanes and one, wrapped
    assert set(out[4]) == {31 * 16}
    assert set(out[5]) == {5}


def test_parts_of_a_warp(kernels: Build, schedule: int) -> None:
    built = kernels(WARPS)
    built.library.ascendify_oracle_set_schedule(schedule)
    out = np.zeros(64, np.uint32)
    assert not built.run("halves", out)
    assert list(out[:16]) == [t ^ 1 for t in range(16)]
    assert list(out[16:32]) == [16] * 16
    assert list(out[32:]) == [0x55555556, 0xAAAAAAAA] * 16


FAILURES = """
__global__ void waits(int *p) {
  if (threadIdx.x < 3) __syncthreads(); else __shfl_sync(0xffffffff, 1, 0);
}
__global__ void asserts(int *p) { assert(p[threadIdx.x] < 5); }
__global__ void traps(int *p) { if (threadIdx.x == 7) __trap(); __syncthreads(); }
__global__ void writes(int *p) { p[threadIdx.x] = 1; }
"""


def test_deadlock_ends_the_launch(kernels: Build) -> None:
    built = kernels(FAILURES)
    message = built.run("waits", np.zeros(32, np.int32))
    assert "deadlock in block (0, 0, 0)" in message
    assert "3 thread(s) at __syncthreads()" in message
    assert "29 thread(s) at a warp operation" in message
    out = np.zeros(32, np.int32)
    assert not built.run("writes", out)  # the library goes on working
    assert out.sum() == 32


def test_assertions_and_traps(kernels: Build) -> None:
    built = kernels(FAILURES)
    values = np.zeros(32, np.int32)
    values[17] = 9
    message = built.run("asserts", values)
    assert "thread (17, 0, 0)" in message
    assert "test.cu:5" in message
    assert "assertion 'p[threadIdx.x] < 5' failed" in message
    assert "__trap()" in built.run("traps", values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"block": (1025, 1, 1)}, "too many threads"),
        ({"block": (32, 1, 65)}, "too many threads"),
        ({"block": (0, 1, 1)}, "without threads"),
        ({"grid": (0, 1, 1)}, "without blocks"),
        ({"grid": (1, 70000, 1)}, "too many blocks"),
        ({"shared": 300000}, "too much dynamic shared memory"),
    ],
)
def test_impossible_launches(kernels: Build, arguments: dict[str, Any], message: str) -> None:
    assert message in kernels(FAILURES).run("writes", np.zeros(32, np.int32), **arguments)


ATOMICS = """
__global__ void locks(int *p) {
  while (atomicCAS(p, 0, 1) != 0) {}
  p[1] += threadIdx.x;
  __threadfence();
  atomicExch(p, 0);
}
__global__ void inc(unsigned *p) { atomicInc(p, 9); atomicDec(p + 1, 9); }
__global__ void many(float *f, double *d, long long *m, __half *h) {
  atomicAdd(f, 1.5f); atomicAdd(d, 0.5); atomicMax(m, (long long)threadIdx.x << 33);
  atomicAdd(h, __float2half(1.0f));
}
"""


def test_atomics(kernels: Build, schedule: int) -> None:
    built = kernels(ATOMICS)
    built.library.ascendify_oracle_set_schedule(schedule)
    locks, inc = np.zeros(2, np.int32), np.zeros(2, np.uint32)
    assert not built.run("locks", locks, grid=(2, 1, 1), block=(64, 1, 1))
    assert list(locks) == [0, 2 * 63 * 32]
    assert not built.run("inc", inc, block=(64, 1, 1))
    assert list(inc) == [4, 6]
    f, d, m, h = (np.zeros(1, kind) for kind in (np.float32, np.float64, np.int64, np.float16))
    assert not built.run("many", f, d, m, h, block=(64, 1, 1))
    assert (f[0], d[0], m[0], h[0]) == (96, 32, 63 << 33, 64)


GROUPS = """
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
namespace cg = cooperative_groups;
__global__ void whole_grid(int *p, int *q) {
  cg::grid_group grid = cg::this_grid();
  p[grid.thread_rank()] = blockIdx.x;
  __shared__ int mine;
  extern __shared__ int dynamic[];
  if (threadIdx.x == 0) mine = blockIdx.x * 10;
  dynamic[threadIdx.x] = blockIdx.x * 100 + threadIdx.x;
  grid.sync();
  int sum = 0;
  for (int b = 0; b < gridDim.x; ++b) sum += p[b * blockDim.x];
  q[grid.thread_rank()] = sum + mine + dynamic[threadIdx.x];
}
__global__ void tiles(float *out) {
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
  auto four = cg::tiled_partition<4>(warp);
  int t = block.thread_rank();
  out[t] = cg::reduce(warp, (float)t, cg::plus<float>());
  out[64 + t] = cg::reduce(four, t, cg::greater<int>());
  out[128 + t] = cg::inclusive_scan(four, t) * 1000 + cg::exclusive_scan(four, t);
  out[192 + t] = warp.meta_group_rank() * 100 + four.meta_group_rank() * 10 + four.thread_rank();
  if (t % 3 == 0) {
    cg::coalesced_group g = cg::coalesced_threads();
    out[256 + t] = g.size() * 100 + g.thread_rank();
  }
}
"""


def test_grid_barrier(kernels: Build) -> None:
    built = kernels(GROUPS)
    p, q = np.zeros(64, np.int32), np.zeros((4, 16), np.int32)
    shape = {"grid": (4, 1, 1), "block": (16, 1, 1), "shared": 64}
    assert not built.run("whole_grid", p, q, cooperative=True, **shape)
    np.testing.assert_array_equal(q, [[6 + b * 110 + t for t in range(16)] for b in range(4)])
    assert "not cooperative" in built.run("whole_grid", p, q, **shape)


def test_tiles(kernels: Build, schedule: int) -> None:
    built = kernels(GROUPS)
    built.library.ascendify_oracle_set_schedule(schedule)
    out = np.zeros((5, 64), np.float32)
    assert not built.run("tiles", out, block=(64, 1, 1))
    t = np.arange(64)
    np.testing.assert_array_equal(out[0], np.repeat(t.reshape(2, 32).sum(1), 32))
    np.testing.assert_array_equal(out[1], t // 4 * 4 + 3)
    sums = t.reshape(16, 4).cumsum(1)
    before = sums - t.reshape(16, 4)
    np.testing.assert_array_equal(out[2], (sums * 1000 + before).reshape(-1))
    np.testing.assert_array_equal(out[3], t // 32 * 100 + t % 32 // 4 * 10 + t % 4)
    for members in ([x for x in range(w, w + 32) if x % 3 == 0] for w in (0, 32)):
        for rank, x in enumerate(members):
            assert out[4, x] == len(members) * 100 + rank


def test_many_threads_are_fast_enough_to_count(kernels: Build) -> None:
    built = kernels(BLOCKS)
    before = built.library.ascendify_oracle_switches()
    out = np.zeros(1024, np.int32)
    assert not built.run("counts", out, block=(1024, 1, 1))
    assert built.library.ascendify_oracle_switches() - before >= 3 * 1023


PARALLEL = """
extern __shared__ float shared_by_all[];
__device__ float from_namespace(int i) { return shared_by_all[i]; }
__global__ void sums(const float *x, float *out, int rounds) {
  extern __shared__ float s[];
  __shared__ float last;
  auto next = [&](int i) { return s[(i + 1) % blockDim.x]; };
  int t = threadIdx.x;
  s[t] = x[blockIdx.x * blockDim.x + t];
  for (int i = 0; i < rounds; ++i) {
    __syncthreads();
    float y = next(t) * 0.5f + __shfl_down_sync(~0u, s[t], 1) * 0.25f;
    __syncthreads();
    s[t] = y + blockIdx.y;
    if (t == blockDim.x - 1) last = s[t];
  }
  __syncthreads();
  out[(blockIdx.y * gridDim.x + blockIdx.x) * blockDim.x + t] = from_namespace(t) + last;
}
__global__ void counts_all(int *out, double *sum, int bad) {
  for (int i = 0; i < 100; ++i) {
    atomicAdd(&out[i % 4], i);
    atomicCAS(&out[4], 0, 7);
    atomicAdd(sum, 1.0);
  }
  if (blockIdx.x == bad) atomicAdd(reinterpret_cast<int *>(16), 1);
}
__global__ void fails(int first, int second) {
  __syncthreads();
  if (blockIdx.x == first || blockIdx.x == second) assert(threadIdx.x != 3);
}
"""


@pytest.mark.parametrize("workers", [2, 5])
def test_blocks_on_several_cores(kernels: Build, schedule: int, workers: int) -> None:
    built = kernels(PARALLEL)
    built.library.ascendify_oracle_set_schedule(schedule)
    x = np.random.default_rng(1).random(37 * 64, np.float32)
    results = []
    for count in (1, workers, workers):
        built.library.ascendify_oracle_set_workers(count)
        out = np.zeros((3, 37, 64), np.float32)
        assert not built.run("sums", x, out, 20, grid=(37, 3, 1), block=(64, 1, 1), shared=256)
        results.append(out)
    assert results[0].any()
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_atomics_of_blocks_on_several_cores(kernels: Build) -> None:
    built = kernels(PARALLEL)
    built.library.ascendify_oracle_set_workers(3)
    for bad in (-1, 5, -1):
        out, total = np.zeros(5, np.int32), np.zeros(1)
        message = built.run("counts_all", out, total, bad, grid=(64, 1, 1), block=(64, 1, 1))
        assert ("invalid address 0x10" in message) == (bad >= 0)
    built.library.ascendify_oracle_set_workers(1)
    assert total[0] == 64 * 64 * 100
    np.testing.assert_array_equal(out, [64 * 64 * s for s in (1200, 1225, 1250, 1275)] + [7])


def test_the_first_block_that_fails_is_named(kernels: Build, schedule: int) -> None:
    built = kernels(PARALLEL)
    built.library.ascendify_oracle_set_schedule(schedule)
    built.library.ascendify_oracle_set_workers(3)
    for _ in range(20):
        message = built.run("fails", 70, 90, grid=(200, 1, 1))
        assert message.startswith(f"block ({[70, 90][schedule]}, 0, 0), thread (3, 0, 0)")
    assert not built.run("fails", -1, -1, grid=(200, 1, 1))


def test_a_child_process_has_workers_of_its_own(kernels: Build) -> None:
    built = kernels(PARALLEL)
    built.library.ascendify_oracle_set_workers(2)
    assert not built.run("fails", -1, -1, grid=(9, 1, 1))
    child = os.fork()
    if child == 0:
        message = built.run("fails", 7, -1, grid=(9, 1, 1))
        os._exit(42 if message.startswith("block (7, 0, 0)") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
