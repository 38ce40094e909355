"""Groups of threads within a warp: partitions, votes, reductions and scans, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

import ascendify

CODE = """
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
namespace cg = cooperative_groups;

template <int SIZE>
__global__ void tiles(int *out, const int *in)
{
    cg::thread_block block = cg::this_thread_block();
    auto tile = cg::tiled_partition<SIZE>(block);
    int i = block.thread_rank(), x = in[i], same;
    out[i] = cg::reduce(tile, x, cg::plus<int>());
    out[64 + i] = cg::inclusive_scan(tile, x, cg::greater<int>());
    out[128 + i] = cg::exclusive_scan(tile, x);
    out[192 + i] = tile.ballot(x % 3 == 0);
    out[256 + i] = tile.match_any(x % 4);
    out[320 + i] = tile.match_all(x / 1000, same) + 100 * same;
    out[384 + i] = tile.meta_group_rank() * 100 + tile.meta_group_size();
    auto half = cg::tiled_partition<SIZE / 2>(tile);
    out[448 + i] = half.meta_group_rank() * 100 + half.meta_group_size() * 10 + half.thread_rank();
}
struct Longest { __device__ int operator()(int a, int b) const { return a > b ? a : b; } };
__global__ void parts(int *out, const int *in)
{
    cg::thread_block block = cg::this_thread_block();
    auto warp = cg::tiled_partition<32>(block);
    int i = threadIdx.x, x = in[i];
    auto side = cg::binary_partition(warp, x % 3 == 0);
    out[i] = side.size() * 100 + side.thread_rank();
    out[64 + i] = cg::reduce(side, x, Longest());
    auto same = cg::labeled_partition(warp, x % 5);
    out[128 + i] = cg::inclusive_scan(same, x);
    out[192 + i] = same.shfl(x, 0) * 1000 + same.shfl_up(x, 1);
    out[256 + i] = same.ballot(x % 2 == 0);
    if (x % 2 == 0) {
        auto active = cg::coalesced_threads();
        out[320 + i] = cg::reduce(active, x, cg::plus<>());
        out[384 + i] = cg::exclusive_scan(active, x, cg::plus<int>());
        out[384 + i] += active.shfl_down(x, 2) * 10000;
        auto pairs = cg::tiled_partition(active, 2);
        out[448 + i] = pairs.size() * 1000 + pairs.shfl(x, 0);
    }
}
__global__ void generic(int *out, const int *in, int size)
{
    cg::thread_group group = cg::tiled_partition(cg::this_thread_block(), size);
    int x = in[threadIdx.x];
    for (int d = size / 2; d > 0; d /= 2)
        x += group.shfl_down(x, d);
    out[threadIdx.x] = group.thread_rank() == 0 ? x : -int(group.size());
}
__global__ void copied(int *out, const int *in, int n)
{
    __shared__ int staged[128];
    cg::thread_block block = cg::this_thread_block();
    cg::memcpy_async(block, staged, in, sizeof(int) * n);
    cg::wait(block);
    for (int i = threadIdx.x; i < n; i += blockDim.x)
        out[i] = staged[n - 1 - i];
    cg::invoke_one(block, [&] { out[n] = 77; });
}
"""


@pytest.fixture(scope="module")
def module():
    return ascendify.RawModule(code=CODE, name_expressions=["tiles<32>", "tiles<8>"])


VALUES = np.random.default_rng(8).integers(0, 100, 64).astype(np.int32)


def _bits(flags):
    return sum(1 << i for i, f in enumerate(flags) if f)


@pytest.mark.parametrize("size", [32, 8])
def test_tiles(module, size):
    out = np.zeros((8, 64), dtype=np.int32)
    module.get_function(f"tiles<{size}>")((1,), (64,), (out, VALUES))
    lanes = out.view(np.uint32)
    rows = VALUES.reshape(-1, size)
    np.testing.assert_array_equal(out[0], np.repeat(rows.sum(1), size))
    np.testing.assert_array_equal(out[1], np.maximum.accumulate(rows, 1).ravel())
    np.testing.assert_array_equal(out[2], (rows.cumsum(1) - rows).ravel())
    for i in range(64):
        row = rows[i // size]
        assert lanes[3, i] == _bits(row % 3 == 0)
        assert lanes[4, i] == _bits(row % 4 == VALUES[i] % 4)
        assert lanes[5, i] == (1 << size) + 99 & 0xFFFFFFFF
        assert out[6, i] == i // size * 100 + 64 // size
        assert out[7, i] == i % size // (size // 2) * 100 + 20 + i % (size // 2)


def test_parts_of_a_warp(module):
    out = np.zeros((8, 64), dtype=np.int32)
    module.get_function("parts")((1,), (64,), (out, VALUES))
    for i in range(64):
        warp = VALUES[i // 32 * 32 : i // 32 * 32 + 32]
        lane, x = i % 32, VALUES[i]
        side = [j for j in range(32) if (warp[j] % 3 == 0) == (x % 3 == 0)]
        assert out[0, i] == len(side) * 100 + side.index(lane)
        assert out[1, i] == max(warp[side])
        same = [j for j in range(32) if warp[j] % 5 == x % 5]
        rank = same.index(lane)
        assert out[2, i] == sum(warp[j] for j in same[: rank + 1])
        assert out[3, i] == warp[same[0]] * 1000 + warp[same[max(rank - 1, 0)]]
        assert out[4, i] == _bits(warp[same] % 2 == 0)
        if x % 2 == 0:
            active = [j for j in range(32) if warp[j] % 2 == 0]
            rank = active.index(lane)
            assert out[5, i] == sum(warp[active])
            further = active[rank + 2] if rank + 2 < len(active) else lane
            assert out[6, i] == sum(warp[active[:rank]]) + warp[further] * 10000
            first = rank // 2 * 2
            assert out[7, i] == len(active[first : first + 2]) * 1000 + warp[active[first]]


@pytest.mark.parametrize("size", [4, 32])
def test_group_of_any_kind(module, size):
    out = np.zeros(64, dtype=np.int32)
    module.get_function("generic")((1,), (64,), (out, VALUES, size))
    want = np.full((64 // size, size), -size)
    want[:, 0] = VALUES.reshape(-1, size).sum(1)
    np.testing.assert_array_equal(out, want.ravel())


def test_copy(module):
    out = np.zeros(51, dtype=np.int32)
    module.get_function("copied")((1,), (40,), (out, VALUES, 50))
    np.testing.assert_array_equal(out, [*VALUES[:50][::-1], 77])
