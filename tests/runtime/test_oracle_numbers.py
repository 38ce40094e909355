"""The oracle's arithmetic: 16-bit floats against numpy, intrinsics against their definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Build = Callable[..., Any]

SMALL = """
#include <cuda_fp16.h>
#include <cuda_bf16.h>
__global__ void to_float(const __half *h, const __nv_bfloat16 *b, float *hf, float *bf, int n) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    hf[i] = __half2float(h[i]);
    bf[i] = __bfloat162float(b[i]);
  }
}
__global__ void from_float(const float *x, __half *h, __nv_bfloat16 *b, int n) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    h[i] = __float2half(x[i]);
    b[i] = __float2bfloat16(x[i]);
  }
}
__global__ void directed(const float *x, __half *out, int n) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    out[4 * i] = __float2half_rn(x[i]);
    out[4 * i + 1] = __float2half_rz(x[i]);
    out[4 * i + 2] = __float2half_ru(x[i]);
    out[4 * i + 3] = __float2half_rd(x[i]);
  }
}
__global__ void arithmetic(const __half *a, const __half *b, __half *out, int n) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    out[i] = a[i] + b[i];
    out[n + i] = __hmul(a[i], b[i]);
    out[2 * n + i] = a[i] / b[i];
    out[3 * n + i] = __hfma(a[i], b[i], a[i]);
    half2 v = __hadd2(__halves2half2(a[i], b[i]), __half2half2(b[i]));
    out[4 * n + i] = __low2half(v) - __high2half(v);
  }
}
"""


def bfloat16(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Rounded to nearest even, as bits."""
    bits = x.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(x), np.uint16(0x7FFF), rounded)


def some_floats() -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2**32, 20000, dtype=np.uint64).astype(np.uint32)
    near = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)
    near = near[np.isfinite(near)]
    middles = (near[:-1].astype(np.float64) + near[1:]) / 2
    return np.concatenate([bits.view(np.float32), near, middles.astype(np.float32)])


def test_every_16_bit_float_widens(kernels: Build) -> None:
    bits = np.arange(65536, dtype=np.uint16)
    h, b = np.zeros(65536, np.float32), np.zeros(65536, np.float32)
    assert not kernels(SMALL).run("to_float", bits, bits, h, b, 65536, block=(64, 1, 1))
    np.testing.assert_array_equal(h, bits.view(np.float16).astype(np.float32))
    np.testing.assert_array_equal(b, (bits.astype(np.uint32) << 16).view(np.float32))


def test_rounding_to_16_bits(kernels: Build) -> None:
    x = some_floats()
    h, b = np.zeros(x.size, np.uint16), np.zeros(x.size, np.uint16)
    assert not kernels(SMALL).run("from_float", x, h, b, x.size)
    with np.errstate(over="ignore"):
        expected = x.astype(np.float16).view(np.uint16)
    np.testing.assert_array_equal(h, np.where(np.isnan(x), 0x7FFF, expected))
    np.testing.assert_array_equal(b, bfloat16(x))


def test_directed_rounding(kernels: Build) -> None:
    x = some_floats()
    x = x[np.isfinite(x)]
    out = np.zeros((x.size, 4), np.float16)
    assert not kernels(SMALL).run("directed", x, out, x.size)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(out[:, 0], x.astype(np.float16))
    wide = out.astype(np.float64)
    exact = x.astype(np.float64)
    assert np.all(np.abs(wide[:, 1]) <= np.abs(exact))
    assert np.all(wide[:, 2] >= exact)
    assert np.all(wide[:, 3] <= exact)
    with np.errstate(over="ignore"):
        between = np.nextafter(out[:, 3], np.float16(np.inf)) == out[:, 2]
    assert np.all((out[:, 2] == out[:, 3]) | between)


def test_half_arithmetic_rounds_once(kernels: Build) -> None:
    rng = np.random.default_rng(2)
    a = rng.integers(0, 65536, 20000, dtype=np.uint16).view(np.float16)
    b = rng.integers(0, 65536, 20000, dtype=np.uint16).view(np.float16)
    finite = np.isfinite(a) & np.isfinite(b) & (b != 0)
    a, b = a[finite].copy(), b[finite].copy()
    out = np.zeros((5, a.size), np.float16)
    assert not kernels(SMALL).run("arithmetic", a, b, out, a.size)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(out[0], a + b)
        np.testing.assert_array_equal(out[1], a * b)
        np.testing.assert_array_equal(out[2], a / b)
        exact = np.longdouble(a) * np.longdouble(b) + np.longdouble(a)
        np.testing.assert_array_equal(out[3], exact.astype(np.float16))
        np.testing.assert_array_equal(out[4], (a + b) - (b + b))


INTRINSICS = """
__global__ void integers(unsigned *out, int x, int y) {
  unsigned a = x, b = y;
  out[0] = __popc(a); out[1] = __clz(x); out[2] = __clz(0); out[3] = __ffs(x); out[4] = __ffs(0);
  out[5] = __brev(a); out[6] = __umulhi(a, b); out[7] = __mulhi(x, y);
  out[8] = __byte_perm(0x33221100u, 0x77665544u, 0x7205u);
  out[9] = __funnelshift_l(a, b, 8); out[10] = __funnelshift_r(a, b, 40);
  out[11] = __funnelshift_lc(a, b, 40); out[12] = __dp4a(x, y, 3); out[13] = __vadd4(a, b);
  out[14] = min(x, 3u); out[15] = __byte_perm(0x80u, 0, 0x8888u);
}
__global__ void conversions(int *out, float x, float y) {
  out[0] = __float2int_rn(x); out[1] = __float2int_rz(x); out[2] = __float2int_ru(x);
  out[3] = __float2int_rd(x); out[4] = __float2int_rz(3e10f); out[5] = __float2uint_rz(-1.0f);
  out[6] = __float2int_rz(y); out[7] = __float_as_int(1.0f); out[8] = __double2int_rn(2.5);
  out[9] = (int)__float2uint_rz(3e10f); out[10] = __int_as_float(0x3f800000) == 1.0f;
}
__global__ void math(float *out, float x, float big) {
  out[0] = __fdividef(x, big); out[1] = __powf(-2.0f, 2.0f); out[2] = __saturatef(x);
  out[3] = __fadd_rz(1.0f, 1e-8f); out[4] = __fadd_ru(1.0f, 1e-8f); out[5] = __frcp_rn(4.0f);
  out[6] = rsqrtf(4.0f); out[7] = __expf(0.0f); out[8] = sinpif(0.5f); out[9] = cospif(1.0f);
  out[10] = normcdff(0.0f); out[11] = erfinvf(0.5f); out[12] = exp10f(2.0f); out[13] = max(x, 2.0);
  out[14] = fminf(x, __int_as_float(0x7fffffff)); out[15] = __fsqrt_rd(5.0f);
}
__global__ void vectors(float4 *v, int *sizes) {
  float4 a = make_float4(1, 2, 3, 4);
  a.x = __ldg(&v[0].x) + a.w;
  __stcs(v + 1, a);
  sizes[0] = sizeof(float3) * 100 + alignof(float4); sizes[1] = alignof(double2);
  sizes[2] = sizeof(dim3) * 100 + alignof(char4); sizes[3] = alignof(float3);
}
"""


def test_integer_intrinsics(kernels: Build) -> None:
    x, y = 0x12345678, -0x01020304
    out = np.zeros(16, np.uint32)
    assert not kernels(INTRINSICS).run("integers", out, x, y)
    a, b = x, y & 0xFFFFFFFF
    signed = [v - 256 if v > 127 else v for v in b.to_bytes(4, "little")]
    dot = sum(p * q for p, q in zip(a.to_bytes(4, "little"), signed, strict=True)) + 3
    added = bytes(
        (p + q) & 255 for p, q in zip(a.to_bytes(4, "little"), b.to_bytes(4, "little"), strict=True)
    )
    expected = [
        a.bit_count(), 3, 32, 4, 0,
        int(f"{a:032b}"[::-1], 2), a * b >> 32, (x * y >> 32) & 0xFFFFFFFF,
        0x77220055, (b << 8 | a >> 24) & 0xFFFFFFFF, (b << 24 | a >> 8) & 0xFFFFFFFF,
        a, dot & 0xFFFFFFFF, int.from_bytes(added, "little"), 3, 0xFFFFFFFF,
    ]  # fmt: skip
    assert [int(v) for v in out] == expected


def test_conversions(kernels: Build) -> None:
    out = np.zeros(11, np.int32)
    assert not kernels(INTRINSICS).run("conversions", out, -2.5, float("nan"))
    assert list(out) == [-2, -2, -2, -3, 2**31 - 1, 0, 0, 0x3F800000, 2, -1, 1]


def test_math(kernels: Build) -> None:
    out = np.zeros(16, np.float32)
    assert not kernels(INTRINSICS).run("math", out, 0.75, 2.0**127)
    up = np.nextafter(np.float32(1), np.float32(2))
    root = np.nextafter(np.float32(np.sqrt(5)), np.float32(0))
    expected = [0, np.nan, 0.75, 1, up, 0.25, 0.5, 1, 1, -1, 0.5, 0.4769363, 100, 2, 0.75, root]
    np.testing.assert_allclose(out, np.array(expected, np.float32), rtol=2e-7)
    assert (out[4], out[15]) == (up, root)


def test_vectors(kernels: Build) -> None:
    v, sizes = np.zeros((2, 4), np.float32), np.zeros(4, np.int32)
    v[0] = 10
    assert not kernels(INTRINSICS).run("vectors", v, sizes, block=(1, 1, 1))
    assert list(v[1]) == [14, 2, 3, 4]
    assert list(sizes) == [1216, 16, 1204, 4]


@pytest.mark.parametrize("order", [0, 1])
def test_same_result_in_both_orders(kernels: Build, order: int) -> None:
    built = kernels(INTRINSICS)
    built.library.ascendify_oracle_set_schedule(order)
    out = np.zeros(16, np.float32)
    assert not built.run("math", out, 0.75, 2.0)
    assert out[0] == np.float32(0.375)
