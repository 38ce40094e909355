"""The oracle under other rounding modes: arithmetic follows them, on every OS thread; whatever CUDA
defines to the bit without rounding an exact value does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

Build = Callable[..., Any]

NEAREST, UPWARD, DOWNWARD, TOWARD_ZERO = range(4)
OTHERS = (UPWARD, DOWNWARD, TOWARD_ZERO)

SOURCE = """
#include <cuda_fp16.h>
#include <cuda_bf16.h>
#include <cooperative_groups.h>
__global__ void sums(const float *x, float *out, int n) {
  __shared__ float s[64];
  int t = threadIdx.x;
  s[t] = 0;
  for (int i = 0; i < n; ++i) {
    s[t] += x[(blockIdx.x * 64 + t + i) % n];
    __syncthreads();
  }
  if (n < 0) cooperative_groups::this_grid().sync();
  out[blockIdx.x * 64 + t] = s[t];
}
__global__ void whole(const float *x, float *out, int n) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    double d = x[i];
    float *o = out + i * 16;
    o[0] = rintf(x[i]); o[1] = rint(d); o[2] = nearbyintf(x[i]); o[3] = nearbyint(d);
    o[4] = lrintf(x[i]); o[5] = llrint(d); o[6] = __float2int_rn(x[i]); o[7] = __double2int_rn(d);
    o[8] = roundf(x[i]); o[9] = floorf(x[i]); o[10] = ceilf(x[i]); o[11] = truncf(x[i]);
    o[12] = std::rint(x[i]); o[13] = (int)x[i]; o[14] = __float2int_ru(x[i]); o[15] = lrint(d);
  }
}
__global__ void stated(const float *x, float *out, int n) {
  for (int i = threadIdx.x; i + 1 < n; i += blockDim.x) {
    float *o = out + i * 8;
    o[0] = __fadd_ru(x[i], x[i + 1]); o[1] = __fmul_rd(x[i], x[i + 1]);
    o[2] = __fdiv_rz(x[i], x[i + 1]); o[3] = __double2float_ru(x[i] / 3.0 * 0 + 1e-3 + i);
    o[4] = __half2float(__float2half_rd(x[i])); o[5] = __int2float_rz(i * 12345679);
    o[6] = __half2float(__ushort_as_half(i)); o[7] = __half2float(__ushort_as_half(i | 0x8000));
  }
}
__global__ void small(const float *x, float *out, int n) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    out[2 * i] = __half2float(__float2half(x[i]));
    out[2 * i + 1] = __bfloat162float(__float2bfloat16(x[i]));
  }
}
__global__ void functions(const float *x, float *out, int n) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    float *o = out + i * 8, y = fabsf(x[i]);
    o[0] = expf(-y); o[1] = logf(y); o[2] = sinf(y); o[3] = tanhf(y);
    o[4] = powf(y, 1.5f); o[5] = erff(y); o[6] = sqrtf(y); o[7] = 1 / (y + 1);
  }
}
"""


@pytest.fixture
def built(kernels: Build) -> Iterator[Any]:
    result = kernels(SOURCE)
    yield result
    result.library.ascendify_oracle_set_rounding(NEAREST)
    result.library.ascendify_oracle_set_workers(1)


def run(built: Any, mode: int, name: str, x: Any, out: Any, **shape: Any) -> Any:
    built.library.ascendify_oracle_set_rounding(mode)
    assert not built.run(name, x, out, len(x), **shape)
    built.library.ascendify_oracle_set_rounding(NEAREST)
    return out


@pytest.mark.parametrize("cooperative", [False, True], ids=["ordinary", "cooperative"])
@pytest.mark.parametrize("workers", [1, 3])
def test_arithmetic_follows_on_every_os_thread(built: Any, workers: int, cooperative: bool) -> None:
    built.library.ascendify_oracle_set_workers(workers)
    x = np.random.default_rng(1).random(100, np.float32)
    shape = {"grid": (12, 1, 1), "block": (64, 1, 1), "cooperative": cooperative}
    down, nearest, up, zero = (
        run(built, mode, "sums", x, np.zeros(12 * 64, np.float32), **shape)
        for mode in (DOWNWARD, NEAREST, UPWARD, TOWARD_ZERO)
    )
    assert (down < nearest).all()
    assert (nearest < up).all()
    np.testing.assert_array_equal(down, zero)
    np.testing.assert_allclose(down, up, rtol=1e-5)
    again = run(built, NEAREST, "sums", x, np.zeros(12 * 64, np.float32), **shape)
    np.testing.assert_array_equal(nearest, again)


def test_the_callers_mode_stays(built: Any) -> None:
    x = np.ones(4, np.float32)
    for mode in OTHERS:
        built.library.ascendify_oracle_set_rounding(mode)
        assert not built.run("sums", x, np.zeros(64, np.float32), 4, block=(64, 1, 1))
        assert built.run("sums", x, x, 4, block=(4096, 1, 1))
        assert 0.1 + 0.2 == 0.30000000000000004
        assert 1.0 - float(np.float64(2.0) ** -54) == 1.0


@pytest.mark.parametrize("mode", OTHERS)
@pytest.mark.parametrize(("name", "width"), [("whole", 16), ("stated", 8)])
def test_what_names_its_rounding_does_not_follow(
    built: Any, name: str, width: int, mode: int
) -> None:
    random = np.random.default_rng(2).normal(0, 20, 500).astype(np.float32)
    x = np.concatenate([random, np.arange(-6, 6, 0.5, dtype=np.float32), -np.zeros(2, np.float32)])
    nearest, other = (
        run(built, m, name, x, np.zeros((len(x), width), np.float32)) for m in (NEAREST, mode)
    )
    # Zeros may differ in sign: downward, 1 - 1 is -0.
    np.testing.assert_array_equal(nearest, other)


def test_conversions_to_16_bits_follow(built: Any) -> None:
    random = np.random.default_rng(3).normal(0, 1, 2000).astype(np.float32)
    x = np.concatenate([random, random * np.float32(1e-6), np.zeros(1, np.float32)])
    results = [run(built, mode, "small", x, np.zeros((len(x), 2), np.float32)) for mode in range(4)]
    nearest, up, down, zero = results
    exact = x[:, None]
    assert (down <= exact).all()
    assert (exact <= up).all()
    np.testing.assert_array_equal(zero, np.where(exact > 0, down, up))
    assert ((nearest == down) | (nearest == up)).all()
    np.testing.assert_array_equal(nearest[:, 0], x.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("mode", OTHERS)
def test_functions_stay_near(built: Any, mode: int) -> None:
    x = np.random.default_rng(4).normal(0, 3, 1000).astype(np.float32)
    nearest, other = (
        run(built, m, "functions", x, np.zeros((len(x), 8), np.float32)) for m in (NEAREST, mode)
    )
    distance = np.abs(nearest.view(np.int32).astype(np.int64) - other.view(np.int32))
    assert distance.max() <= 10
    assert (distance > 0).any(axis=0).all()
