"""Arrangements, neighbours, sorts and histograms of cub, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

import ascendify

TILES = """
#include <cub/cub.cuh>
template <typename T, int THREADS, int ITEMS, int LOAD, int STORE>
__global__ void copy(T *out, const T *in, int n)
{
    typedef cub::BlockLoad<T, THREADS, ITEMS, cub::BlockLoadAlgorithm(LOAD)> Load;
    typedef cub::BlockStore<T, THREADS, ITEMS, cub::BlockStoreAlgorithm(STORE)> Store;
    __shared__ union {
        typename Load::TempStorage load;
        typename Store::TempStorage store;
    } storage;
    T items[ITEMS];
    int offset = blockIdx.x * THREADS * ITEMS;
    Load(storage.load).Load(in + offset, items, n - offset, T(-1));
    __syncthreads();
    for (int i = 0; i < ITEMS; ++i)
        items[i] = items[i] * T(2);
    Store(storage.store).Store(out + offset, items, n - offset);
}
__global__ void rearrange(int *out, const int *in)
{
    typedef cub::BlockExchange<int, 96, 3> Exchange;
    __shared__ typename Exchange::TempStorage storage;
    int items[3];
    cub::LoadDirectStriped<96>(threadIdx.x, in, items);
    Exchange(storage).StripedToBlocked(items);
    cub::StoreDirectBlocked(threadIdx.x, out, items);
    __syncthreads();
    Exchange(storage).BlockedToWarpStriped(items, items);
    cub::StoreDirectWarpStriped(threadIdx.x, out + 288, items);
    __syncthreads();
    Exchange(storage).WarpStripedToBlocked(items, items);
    __syncthreads();
    int ranks[3];
    for (int i = 0; i < 3; ++i)
        ranks[i] = 287 - (threadIdx.x * 3 + i);
    Exchange(storage).ScatterToStriped(items, items, ranks);
    cub::StoreDirectStriped<96>(threadIdx.x, out + 576, items);
}
struct Differ { __device__ bool operator()(int a, int b) const { return a != b; } };
struct Minus { __device__ int operator()(int a, int b) const { return a - b; } };
__global__ void neighbours(int *out, const int *in)
{
    typedef cub::BlockDiscontinuity<int, 70> Discontinuity;
    typedef cub::BlockAdjacentDifference<int, 70> Difference;
    typedef cub::BlockShuffle<int, 70> Shuffle;
    __shared__ union {
        typename Discontinuity::TempStorage flags;
        typename Difference::TempStorage differences;
        typename Shuffle::TempStorage shuffle;
    } storage;
    int items[2], heads[2], tails[2], result[2];
    cub::LoadDirectBlocked(threadIdx.x, in, items);
    Discontinuity(storage.flags).FlagHeadsAndTails(heads, tails, items, Differ());
    cub::StoreDirectBlocked(threadIdx.x, out, heads);
    cub::StoreDirectBlocked(threadIdx.x, out + 140, tails);
    __syncthreads();
    Difference(storage.differences).SubtractLeft(items, result, Minus());
    cub::StoreDirectBlocked(threadIdx.x, out + 280, result);
    __syncthreads();
    Difference(storage.differences).SubtractRightPartialTile(items, result, Minus(), 101);
    cub::StoreDirectBlocked(threadIdx.x, out + 420, result);
    __syncthreads();
    Shuffle(storage.shuffle).Rotate(items[0], result[0], 3);
    __syncthreads();
    result[1] = -5;
    Shuffle(storage.shuffle).Offset(items[0], result[1], -2);
    cub::StoreDirectBlocked(threadIdx.x, out + 560, result);
    __syncthreads();
    result[0] = -5;
    Shuffle(storage.shuffle).Up(items, result);
    cub::StoreDirectBlocked(threadIdx.x, out + 700, result);
}
template <int ALGORITHM>
__global__ void histogram(unsigned int *out, const unsigned char *in)
{
    typedef cub::BlockHistogram<unsigned char, 50, 4, 20,
                                cub::BlockHistogramAlgorithm(ALGORITHM)> Histogram;
    __shared__ typename Histogram::TempStorage storage;
    __shared__ unsigned int counts[20];
    unsigned char items[4];
    cub::LoadDirectBlocked(threadIdx.x, in, items);
    Histogram(storage).Histogram(items, counts);
    __syncthreads();
    Histogram(storage).Composite(items, counts);
    __syncthreads();
    if (threadIdx.x < 20)
        out[threadIdx.x] = counts[threadIdx.x];
}
"""

SORT = """
#include <cub/block/block_merge_sort.cuh>
#include <cub/block/block_radix_sort.cuh>
#include <cub/block/block_load.cuh>
#include <cub/block/block_store.cuh>
template <typename T, int THREADS, int ITEMS>
__global__ void keys(T *up, T *down, const T *in)
{
    typedef cub::BlockRadixSort<T, THREADS, ITEMS> Sort;
    __shared__ typename Sort::TempStorage storage;
    T items[ITEMS];
    cub::LoadDirectBlocked(threadIdx.x, in, items);
    Sort(storage).Sort(items);
    cub::StoreDirectBlocked(threadIdx.x, up, items);
    __syncthreads();
    Sort(storage).SortDescendingBlockedToStriped(items);
    cub::StoreDirectStriped<THREADS>(threadIdx.x, down, items);
}
template <typename T, int THREADS, int ITEMS>
__global__ void pairs(T *keys, int *values, const T *in, int begin, int end)
{
    typedef cub::BlockRadixSort<T, THREADS, ITEMS, int> Sort;
    __shared__ typename Sort::TempStorage storage;
    T items[ITEMS];
    int places[ITEMS];
    cub::LoadDirectBlocked(threadIdx.x, in, items);
    for (int i = 0; i < ITEMS; ++i)
        places[i] = threadIdx.x * ITEMS + i;
    Sort(storage).SortDescending(items, places, begin, end);
    cub::StoreDirectBlocked(threadIdx.x, keys, items);
    cub::StoreDirectBlocked(threadIdx.x, values, places);
}
struct ByTens { __device__ bool operator()(int a, int b) const { return a / 10 < b / 10; } };
__global__ void merge(int *out, int *values, const int *in)
{
    typedef cub::BlockMergeSort<int, 40, 3, int> Sort;
    __shared__ typename Sort::TempStorage storage;
    int items[3], places[3];
    cub::LoadDirectBlocked(threadIdx.x, in, items);
    for (int i = 0; i < 3; ++i)
        places[i] = threadIdx.x * 3 + i;
    Sort(storage).Sort(items, places, ByTens());
    cub::StoreDirectBlocked(threadIdx.x, out, items);
    cub::StoreDirectBlocked(threadIdx.x, values, places);
}
__global__ void ordered_bits(unsigned int *out, const float *in)
{
    unsigned int bits = __float_as_uint(in[threadIdx.x]);
    unsigned int ordered = cub::Traits<float>::TwiddleIn(bits);
    out[threadIdx.x] = ordered;
    out[8 + threadIdx.x] = cub::Traits<float>::TwiddleOut(ordered);
}
"""

ALGORITHMS = ("DIRECT", "STRIPED", "VECTORIZE", "TRANSPOSE", "WARP_TRANSPOSE")
COPIES = [
    ("float", 64, 4, "WARP_TRANSPOSE", "WARP_TRANSPOSE"),
    ("int", 50, 3, "DIRECT", "VECTORIZE"),
    ("double", 32, 8, "TRANSPOSE", "DIRECT"),
    ("int", 96, 2, "STRIPED", "STRIPED"),
]
DTYPES = {
    "int": np.int32, "unsigned int": np.uint32, "float": np.float32, "double": np.float64,
    "unsigned char": np.uint8, "short": np.int16, "long long": np.int64,
}  # fmt: skip
SORTS = [
    ("int", 64, 4), ("unsigned int", 33, 1), ("float", 40, 5), ("double", 32, 2),
    ("unsigned char", 128, 3), ("short", 64, 2), ("long long", 50, 1),
]  # fmt: skip


def _copy(kind, size, items, load, store):
    return f"copy<{kind}, {size}, {items}, {ALGORITHMS.index(load)}, {ALGORITHMS.index(store)}>"


@pytest.fixture(scope="module")
def tiles():
    names = [_copy(*c) for c in COPIES]
    names += ["histogram<0>", "histogram<1>"]
    return ascendify.RawModule(code=TILES, name_expressions=names)


@pytest.fixture(scope="module")
def sort():
    names = [f"{k}<{t}, {n}, {i}>" for t, n, i in SORTS for k in ("keys", "pairs")]
    return ascendify.RawModule(code=SORT, name_expressions=names)


@pytest.mark.parametrize("case", COPIES, ids=str)
def test_load_and_store(tiles, case):
    kind, size, items = case[:3]
    tile = size * items
    values = np.arange(2 * tile - 5).astype(DTYPES[kind])
    out = np.zeros_like(values)
    tiles.get_function(_copy(*case))((2,), (size,), (out, values, len(values)))
    np.testing.assert_array_equal(out, values * 2)


def test_exchange(tiles):
    values = np.random.default_rng(1).integers(0, 999, 288).astype(np.int32)
    out = np.zeros(3 * 288, dtype=np.int32)
    tiles.get_function("rearrange")((1,), (96,), (out, values))
    np.testing.assert_array_equal(out[:288], values)
    np.testing.assert_array_equal(out[288:576], values)
    np.testing.assert_array_equal(out[576:], values[::-1])


def test_neighbours(tiles):
    values = np.random.default_rng(2).integers(0, 3, 140).astype(np.int32)
    out = np.zeros(840, dtype=np.int32)
    tiles.get_function("neighbours")((1,), (70,), (out, values))
    heads, tails, left, right, shuffled, up = out.reshape(6, 140)
    change = values[1:] != values[:-1]
    np.testing.assert_array_equal(heads, [1, *change])
    np.testing.assert_array_equal(tails, [*change, 1])
    np.testing.assert_array_equal(left, [values[0], *(values[1:] - values[:-1])])
    want = values.copy()
    want[:100] = values[:100] - values[1:101]
    np.testing.assert_array_equal(right, want)
    firsts = values[::2]
    np.testing.assert_array_equal(shuffled[::2], np.roll(firsts, -3))
    np.testing.assert_array_equal(shuffled[1::2], [-5, -5, *firsts[:-2]])
    np.testing.assert_array_equal(up, [-5, *values[:-1]])


@pytest.mark.parametrize("algorithm", [0, 1], ids=["sort", "atomic"])
def test_histogram(tiles, algorithm):
    values = np.random.default_rng(3).integers(0, 20, 200).astype(np.uint8)
    out = np.zeros(20, dtype=np.uint32)
    tiles.get_function(f"histogram<{algorithm}>")((1,), (50,), (out, values))
    np.testing.assert_array_equal(out, 2 * np.bincount(values, minlength=20))


def _keys(kind, count):
    rng = np.random.default_rng(4)
    dtype = np.dtype(DTYPES[kind])
    if dtype.kind == "f":
        values = rng.normal(size=count).round(1).astype(dtype)
        values[:3] = [-0.0, np.inf, -np.inf]
        return values
    info = np.iinfo(dtype)
    values = rng.integers(info.min, info.max, count, dtype=dtype)
    values[count // 2 :] = values[: count - count // 2]
    return values


@pytest.mark.parametrize(("kind", "size", "items"), SORTS)
def test_sorted_keys(sort, kind, size, items):
    values = _keys(kind, size * items)
    up, down = np.zeros_like(values), np.zeros_like(values)
    sort.get_function(f"keys<{kind}, {size}, {items}>")((1,), (size,), (up, down, values))
    np.testing.assert_array_equal(up, np.sort(values))
    np.testing.assert_array_equal(down, np.sort(values)[::-1])


@pytest.mark.parametrize(("kind", "size", "items"), SORTS)
def test_sorted_pairs_are_stable(sort, kind, size, items):
    values = _keys(kind, size * items)
    keys, places = np.zeros_like(values), np.zeros(len(values), dtype=np.int32)
    kernel = sort.get_function(f"pairs<{kind}, {size}, {items}>")
    kernel((1,), (size,), (keys, places, values, 0, values.itemsize * 8))
    order = sorted(range(len(values)), key=lambda i: -values[i].astype(object))
    assert places.tolist() == order
    np.testing.assert_array_equal(keys, values[order])


def test_range_of_bits(sort):
    values = np.arange(33, dtype=np.uint32) * 2654435761
    keys, places = np.zeros_like(values), np.zeros(33, dtype=np.int32)
    kernel = sort.get_function("pairs<unsigned int, 33, 1>")
    kernel((1,), (33,), (keys, places, values, 4, 9))
    order = sorted(range(33), key=lambda i: -int(values[i] >> 4 & 31))
    assert places.tolist() == order


def test_merge_sort(sort):
    values = np.random.default_rng(6).integers(0, 99, 120).astype(np.int32)
    out, places = np.zeros_like(values), np.zeros_like(values)
    sort.get_function("merge")((1,), (40,), (out, places, values))
    order = np.argsort(values // 10, kind="stable")
    np.testing.assert_array_equal(places, order)
    np.testing.assert_array_equal(out, values[order])


def test_ordered_bits(sort):
    values = np.array([-np.inf, -2, -1, -1e-40, 0, 1e-40, 3, np.inf], dtype=np.float32)
    out = np.zeros(16, dtype=np.uint32)
    sort.get_function("ordered_bits")((1,), (8,), (out, values))
    assert np.all(np.diff(out[:8].astype(np.int64)) > 0)
    np.testing.assert_array_equal(out[8:], values.view(np.uint32))
