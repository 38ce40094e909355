"""cuRAND's device functions against the generators as they are published."""

from __future__ import annotations

import math

import numpy as np
import pytest

import ascendify

CODE = """
#include <curand_kernel.h>
__global__ void rounds(unsigned int *out, unsigned int ctr, unsigned int key)
{
    uint4 x = curand_Philox4x32_10(make_uint4(ctr, ctr, ctr, ctr), make_uint2(key, key));
    out[0] = x.x;
    out[1] = x.y;
    out[2] = x.z;
    out[3] = x.w;
}
template <typename State>
__global__ void draw(unsigned int *out, int n, unsigned long long seed,
                     unsigned long long subsequence, unsigned long long offset)
{
    State state;
    curand_init(seed, subsequence, offset, &state);
    for (int i = 0; i < n; ++i)
        out[i] = curand(&state);
}
__global__ void by_four(unsigned int *out, unsigned long long seed, unsigned long long offset)
{
    curandStatePhilox4_32_10_t state;
    curand_init(seed, 3, offset, &state);
    for (int i = 0; i < 5; ++i)
        reinterpret_cast<uint4 *>(out)[i] = curand4(&state);
    out[20] = curand(&state);
}
template <typename State>
__global__ void numbers(double *out, unsigned int *bits, unsigned long long seed)
{
    State state, copy;
    curand_init(seed, 7, 0, &state);
    copy = state;
    out[0] = curand_uniform(&state);
    out[1] = curand_uniform_double(&state);
    out[2] = curand_normal(&state);
    out[3] = curand_normal(&state);
    out[4] = curand_log_normal(&state, 0.5f, 2.0f);
    for (int i = 0; i < 7; ++i)
        bits[i] = curand(&copy);
}
// A state that lives in memory between launches.
__global__ void set_up(curandState *states, unsigned long long seed)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    curand_init(seed, i, 0, &states[i]);
}
__global__ void use(curandState *states, float *out)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    curandState local = states[i];
    out[i] = curand_uniform(&local);
    states[i] = local;
}
"""
XORWOW, PHILOX = "curandStateXORWOW", "curandStatePhilox4_32_10"
MASK = 0xFFFFFFFF


@pytest.fixture(scope="module")
def module():
    names = [f"{k}<{s}>" for s in (XORWOW, PHILOX) for k in ("draw", "numbers")]
    return ascendify.RawModule(code=CODE, name_expressions=names)


def _drawn(module, state, n, seed, subsequence, offset):
    out = np.zeros(n, dtype=np.uint32)
    kernel = module.get_function(f"draw<{state}>")
    kernel((1,), (1,), (out, n, seed, subsequence, offset))
    return out.tolist()


@pytest.mark.parametrize(
    ("word", "want"),
    [
        (0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (MASK, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ],
)
def test_published_answers_of_philox(module, word, want):
    out = np.zeros(4, dtype=np.uint32)
    module.get_function("rounds")((1,), (1,), (out, word, word))
    assert [f"{x:08x}" for x in out] == want.split()


def _philox(seed, subsequence, position):
    """The number at a position of a subsequence."""
    counter = position // 4 + (subsequence << 64)
    c = [counter >> 32 * i & MASK for i in range(4)]
    k = [seed & MASK, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & MASK, (a >> 32) ^ c[3] ^ k[1], a & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c[position % 4]


@pytest.mark.parametrize(
    ("seed", "subsequence", "offset"), [(0, 0, 0), (1234 << 30, 5, 3), (7, 2**40, 2**34 + 2)]
)
def test_philox(module, seed, subsequence, offset):
    want = [_philox(seed, subsequence, offset + i) for i in range(9)]
    assert _drawn(module, PHILOX, 9, seed, subsequence, offset) == want


@pytest.mark.parametrize("offset", range(4))
def test_four_at_once(module, offset):
    out = np.zeros(21, dtype=np.uint32)
    module.get_function("by_four")((1,), (1,), (out, 99, offset))
    assert out.tolist() == [_philox(99, 3, offset + i) for i in range(21)]


class Xorwow:
    """The published generator, one step at a time."""

    def __init__(self, seed):
        low = 1099087573 * ((seed & MASK) ^ 0xAAD26B49) & MASK
        high = 2591861531 * ((seed >> 32) ^ 0xF7DCEFDD) & MASK
        self.d = 6615241 + low + high
        self.v = [123456789 + low, 362436069 ^ low, 521288629 + high, 88675123 ^ high]
        self.v = [x & MASK for x in [*self.v, 5783321 + low]]

    def next(self):
        self.v = xorshift(self.v)
        self.d = self.d + 362437 & MASK
        return self.v[4] + self.d & MASK


def xorshift(v):
    t = v[0] ^ v[0] >> 2
    return [*v[1:], (v[4] ^ v[4] << 4 ^ t ^ t << 1) & MASK]


def test_xorwow(module):
    seed = 0x123456789ABC
    reference = Xorwow(seed)
    want = [reference.next() for _ in range(300)]
    assert _drawn(module, XORWOW, 20, seed, 0, 0) == want[:20]
    assert _drawn(module, XORWOW, 20, seed, 0, 257) == want[257:277]


def test_subsequences_of_xorwow_are_two_to_the_67_apart(module):
    columns = []  # the linear map of one step, then of 2, 4, ... 2^67
    for k in range(160):
        stepped = xorshift([1 << k % 32 if i == k // 32 else 0 for i in range(5)])
        columns.append(sum(x << 32 * i for i, x in enumerate(stepped)))

    def applied(x):
        result = 0
        for k in range(160):
            if x >> k & 1:
                result ^= columns[k]
        return result

    for _ in range(67):
        columns = [applied(c) for c in columns]
    reference = Xorwow(42)
    for subsequence in range(4):
        ahead = Xorwow(42)
        ahead.v, ahead.d = list(reference.v), reference.d
        assert _drawn(module, XORWOW, 5, 42, subsequence, 0) == [ahead.next() for _ in range(5)]
        packed = applied(sum(x << 32 * i for i, x in enumerate(reference.v)))
        reference.v = [packed >> 32 * i & MASK for i in range(5)]


@pytest.mark.parametrize("state", [XORWOW, PHILOX])
def test_distributions(module, state):
    out, bits = np.zeros(5), np.zeros(7, dtype=np.uint32)
    module.get_function(f"numbers<{state}>")((1,), (1,), (out, bits, 2024))
    x = [int(b) for b in bits]
    assert out[0] == np.float32(np.float32(x[0]) * np.float32(2**-32)) + np.float32(2**-33)
    if state == XORWOW:
        assert out[1] == (x[1] ^ x[2] << 21) * 2.0**-53 + 2.0**-54
        rest = x[3:]
    else:
        assert out[1] == (x[1] + 1) * 2.0**-32
        rest = x[2:]

    def normals(a, b):
        u, v = a * 2.0**-32 + 2.0**-33, (b + 0.5) * 2.0**-32 * 2 * math.pi
        s = math.sqrt(-2 * math.log(u))
        return s * math.sin(v), s * math.cos(v)

    first, second = normals(*rest[:2])
    third = normals(*rest[2:4])[0]
    want = [first, second, math.exp(0.5 + 2 * third)]
    np.testing.assert_allclose(out[2:], want, rtol=1e-5, atol=1e-6)


def test_states_in_memory(module):
    states, out = np.zeros(8 * 48, dtype=np.uint8), np.zeros((2, 8), dtype=np.float32)
    module.get_function("set_up")((2,), (4,), (states, 5))
    for row in out:
        module.get_function("use")((2,), (4,), (states, row))
    for i in range(8):
        want = [np.float32(x) * np.float32(2**-32) for x in _drawn(module, XORWOW, 2, 5, i, 0)]
        np.testing.assert_allclose(out[:, i], want, rtol=1e-6)
