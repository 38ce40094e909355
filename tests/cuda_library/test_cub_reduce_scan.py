"""Reductions and scans of cub, against numpy: types, sizes of blocks, items per thread."""

from __future__ import annotations

import numpy as np
import pytest

import ascendify

SIZES = (32, 40, 97, 256)

REDUCE = """
#include <cub/cub.cuh>
struct Pair { int key; float value; };
struct Later {
    __device__ Pair operator()(const Pair &a, const Pair &b) const
    {
        return b.value > a.value ? b : a;
    }
};
struct Longest { __device__ float operator()(float a, float b) const { return a > b ? a : b; } };
template <typename T, int THREADS>
__global__ void sum(T *out, const T *in, int n)
{
    typedef cub::BlockReduce<T, THREADS> Reduce;
    __shared__ typename Reduce::TempStorage storage;
    T total = Reduce(storage).Sum(in[threadIdx.x]);
    if (threadIdx.x == 0)
        out[0] = total;
    __syncthreads();
    total = Reduce(storage).Sum(in[threadIdx.x], n);
    if (threadIdx.x == 0)
        out[1] = total;
}
template <int THREADS, int ITEMS>
__global__ void largest(float *out, const float *in)
{
    typedef cub::BlockReduce<float, THREADS, cub::BLOCK_REDUCE_RAKING> Reduce;
    __shared__ typename Reduce::TempStorage storage;
    float items[ITEMS];
    for (int i = 0; i < ITEMS; ++i)
        items[i] = in[threadIdx.x * ITEMS + i];
    float best = Reduce(storage).Reduce(items, Longest());
    if (threadIdx.x == 0)
        out[0] = best;
}
template <int THREADS>
__global__ void argmax(int *out, const float *in)
{
    typedef cub::BlockReduce<Pair, THREADS> Reduce;
    __shared__ typename Reduce::TempStorage storage;
    Pair best = Reduce(storage).Reduce(Pair{int(threadIdx.x), in[threadIdx.x]}, Later());
    if (threadIdx.x == 0)
        out[0] = best.key;
}
__global__ void plane(int *out)
{
    typedef cub::BlockReduce<int, 8, cub::BLOCK_REDUCE_WARP_REDUCTIONS, 5, 2> Reduce;
    __shared__ typename Reduce::TempStorage storage;
    int total = Reduce(storage).Sum(1 + threadIdx.x + 10 * threadIdx.y + 100 * threadIdx.z);
    if (threadIdx.x + threadIdx.y + threadIdx.z == 0)
        out[0] = total;
}
template <int LANES>
__global__ void in_warps(int *out, const int *in, const int *head, int valid)
{
    typedef cub::WarpReduce<int, LANES> Reduce;
    __shared__ typename Reduce::TempStorage storage[4];
    int warp = threadIdx.x / LANES;
    int total = Reduce(storage[warp]).Sum(in[threadIdx.x]);
    int some = Reduce(storage[warp]).Sum(in[threadIdx.x], valid);
    int segment = Reduce(storage[warp]).HeadSegmentedSum(in[threadIdx.x], head[threadIdx.x]);
    if (threadIdx.x % LANES == 0) {
        out[2 * warp] = total;
        out[2 * warp + 1] = some;
    }
    if (head[threadIdx.x])
        out[100 + threadIdx.x] = segment;
}
"""

SCAN = """
#include <cub/block/block_scan.cuh>
#include <cub/warp/warp_scan.cuh>
struct Linear { float a, b; };
struct Compose {  // not commutative
    __device__ Linear operator()(const Linear &f, const Linear &g) const
    {
        return Linear{g.a * f.a, g.a * f.b + g.b};
    }
};
struct Running {
    Linear before;
    __device__ Linear operator()(Linear aggregate)
    {
        Linear old = before;
        before = Compose()(before, aggregate);
        return old;
    }
};
template <typename T, int THREADS, int ITEMS>
__global__ void sums(T *inclusive, T *exclusive, T *total, const T *in)
{
    typedef cub::BlockScan<T, THREADS, cub::BLOCK_SCAN_WARP_SCANS> Scan;
    __shared__ typename Scan::TempStorage storage;
    T items[ITEMS], result[ITEMS], all;
    for (int i = 0; i < ITEMS; ++i)
        items[i] = in[threadIdx.x * ITEMS + i];
    Scan(storage).InclusiveSum(items, result);
    for (int i = 0; i < ITEMS; ++i)
        inclusive[threadIdx.x * ITEMS + i] = result[i];
    __syncthreads();
    Scan(storage).ExclusiveSum(items, items, all);
    for (int i = 0; i < ITEMS; ++i)
        exclusive[threadIdx.x * ITEMS + i] = items[i];
    if (threadIdx.x == THREADS - 1)
        total[0] = all;
}
struct Most { __device__ int operator()(int a, int b) const { return a > b ? a : b; } };
template <int THREADS>
__global__ void extremes(int *out, const int *in)
{
    typedef cub::BlockScan<int, THREADS> Scan;
    __shared__ typename Scan::TempStorage storage;
    int x = in[threadIdx.x], all;
    Scan(storage).ExclusiveScan(x, out[threadIdx.x], -7, Most());
    __syncthreads();
    Scan(storage).ExclusiveScan(x, x, -7, Most(), all);
    if (threadIdx.x == 0)
        out[THREADS] = all;
    __syncthreads();
    Scan(storage).InclusiveScan(in[threadIdx.x], x, Most());
    out[THREADS + 1 + threadIdx.x] = x;
}
template <int THREADS, int ITEMS>
__global__ void recurrence(float *out, const float *a, const float *b, int n)
{
    typedef cub::BlockScan<Linear, THREADS> Scan;
    __shared__ typename Scan::TempStorage storage;
    Running running{Linear{1.0f, 0.0f}};
    for (int base = 0; base < n; base += THREADS * ITEMS) {
        Linear items[ITEMS];
        for (int i = 0; i < ITEMS; ++i) {
            int at = base + threadIdx.x * ITEMS + i;
            items[i] = at < n ? Linear{a[at], b[at]} : Linear{1.0f, 0.0f};
        }
        Scan(storage).InclusiveScan(items, items, Compose(), running);
        __syncthreads();
        for (int i = 0; i < ITEMS; ++i) {
            int at = base + threadIdx.x * ITEMS + i;
            if (at < n)
                out[at] = items[i].b;
        }
    }
}
template <int LANES>
__global__ void in_warps(int *out, const int *in)
{
    typedef cub::WarpScan<int, LANES> Scan;
    __shared__ typename Scan::TempStorage storage[4];
    int warp = threadIdx.x / LANES, x, total;
    Scan(storage[warp]).ExclusiveSum(in[threadIdx.x], x, total);
    out[threadIdx.x] = x;
    out[64 + threadIdx.x] = total;
    Scan(storage[warp]).InclusiveSum(in[threadIdx.x], x);
    out[128 + threadIdx.x] = x;
    out[192 + threadIdx.x] = Scan(storage[warp]).Broadcast(in[threadIdx.x], 3);
}
"""


@pytest.fixture(scope="module")
def reduce():
    names = [f"sum<{t}, {n}>" for t in ("int", "float", "double") for n in SIZES]
    names += [f"largest<{n}, {i}>" for n, i in ((64, 1), (40, 3), (128, 8))]
    names += ["argmax<100>", "in_warps<32>", "in_warps<16>"]
    return ascendify.RawModule(code=REDUCE, name_expressions=names)


@pytest.fixture(scope="module")
def scan():
    names = [f"sums<{t}, {n}, {i}>" for t, n, i in SUMS] + ["extremes<97>", "recurrence<40, 3>"]
    names += ["in_warps<32>", "in_warps<16>"]
    return ascendify.RawModule(code=SCAN, name_expressions=names)


SUMS = [("int", 32, 1), ("int", 97, 5), ("float", 40, 2), ("double", 256, 8), ("long long", 64, 3)]
DTYPES = {"int": np.int32, "float": np.float32, "double": np.float64, "long long": np.int64}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["int", "float", "double"])
def test_sum(reduce, kind, size):
    values = np.arange(1, size + 1).astype(DTYPES[kind])
    for valid in (1, 5, size - 1, size):
        out = np.zeros(2, dtype=DTYPES[kind])
        reduce.get_function(f"sum<{kind}, {size}>")((1,), (size,), (out, values, valid))
        assert out.tolist() == [values.sum(), values[:valid].sum()]


@pytest.mark.parametrize(("size", "items"), [(64, 1), (40, 3), (128, 8)])
def test_custom_operator(reduce, size, items):
    values = np.random.default_rng(1).normal(size=size * items).astype(np.float32)
    out = np.zeros(1, dtype=np.float32)
    reduce.get_function(f"largest<{size}, {items}>")((1,), (size,), (out, values))
    assert out[0] == values.max()


def test_struct(reduce):
    values = np.random.default_rng(2).normal(size=100).astype(np.float32)
    out = np.zeros(1, dtype=np.int32)
    reduce.get_function("argmax<100>")((1,), (100,), (out, values))
    assert out[0] == values.argmax()


def test_block_of_three_dimensions(reduce):
    out = np.zeros(1, dtype=np.int32)
    reduce.get_function("plane")((1,), (8, 5, 2), (out,))
    x, y, z = np.meshgrid(range(8), range(5), range(2))
    assert out[0] == (1 + x + 10 * y + 100 * z).sum()


@pytest.mark.parametrize("lanes", [32, 16])
def test_warp_reduce(reduce, lanes):
    values = np.arange(3, 67, dtype=np.int32)
    head = (np.arange(64) % 5 == 0).astype(np.int32)
    head[::lanes] = 1
    out = np.zeros(200, dtype=np.int32)
    reduce.get_function(f"in_warps<{lanes}>")((1,), (64,), (out, values, head, 7))
    rows = values.reshape(-1, lanes)
    assert out[: 2 * len(rows) : 2].tolist() == rows.sum(1).tolist()
    assert out[1 : 2 * len(rows) : 2].tolist() == rows[:, :7].sum(1).tolist()
    starts = np.flatnonzero(head)
    assert out[100 + starts].tolist() == np.add.reduceat(values, starts).tolist()


@pytest.mark.parametrize(("kind", "size", "items"), SUMS)
def test_scan_sums(scan, kind, size, items):
    values = np.random.default_rng(3).integers(-9, 9, size * items).astype(DTYPES[kind])
    inclusive, exclusive = np.zeros_like(values), np.zeros_like(values)
    total = np.zeros(1, dtype=values.dtype)
    kernel = scan.get_function(f"sums<{kind}, {size}, {items}>")
    kernel((1,), (size,), (inclusive, exclusive, total, values))
    np.testing.assert_array_equal(inclusive, values.cumsum())
    np.testing.assert_array_equal(exclusive, values.cumsum() - values)
    assert total[0] == values.sum()


def test_scan_of_extremes(scan):
    values = np.random.default_rng(4).integers(-50, 50, 97).astype(np.int32)
    out = np.zeros(195, dtype=np.int32)
    scan.get_function("extremes<97>")((1,), (97,), (out, values))
    inclusive = np.maximum.accumulate(values)
    assert out[0] == -7
    np.testing.assert_array_equal(out[1:97], np.maximum(inclusive[:-1], -7))
    assert out[97] == values.max()
    np.testing.assert_array_equal(out[98:], inclusive)


def test_prefix_callback(scan):
    rng = np.random.default_rng(5)
    a, b = (rng.uniform(0.5, 1.0, 500).astype(np.float32) for _ in range(2))
    out = np.zeros(500, dtype=np.float32)
    scan.get_function("recurrence<40, 3>")((1,), (40,), (out, a, b, 500))
    x, want = 0.0, []
    for i in range(500):
        x = float(a[i]) * x + float(b[i])
        want.append(x)
    np.testing.assert_allclose(out, want, rtol=1e-5)


@pytest.mark.parametrize("lanes", [32, 16])
def test_warp_scan(scan, lanes):
    values = np.arange(1, 65, dtype=np.int32) ** 2 % 17
    out = np.zeros((4, 64), dtype=np.int32)
    scan.get_function(f"in_warps<{lanes}>")((1,), (64,), (out, values))
    rows = values.reshape(-1, lanes)
    np.testing.assert_array_equal(out[0].reshape(rows.shape), rows.cumsum(1) - rows)
    np.testing.assert_array_equal(out[1], np.repeat(rows.sum(1), lanes))
    np.testing.assert_array_equal(out[2].reshape(rows.shape), rows.cumsum(1))
    np.testing.assert_array_equal(out[3], np.repeat(rows[:, 3], lanes))
