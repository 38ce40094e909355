"""How fast the generated C is, as a ratio to plain C loops for the same operator.

    python benchmarks/generated_c.py [--repeat 5]

Both sides are compiled with the flags of the product and run on one thread in the same process,
taking turns; the best of the repetitions counts. Ratios mean something, absolute times do not.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cffi
import numpy as np

import ascendify
from ascendify.runtime.build import build_shared

KERNELS = """
__global__ void add(int n, const float *a, const float *b, float *c)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        c[i] = a[i] + b[i];
}

__device__ float warp_max(float v)
{
    for (int d = 16; d > 0; d /= 2)
        v = fmaxf(v, __shfl_xor_sync(0xffffffff, v, d));
    return v;
}
__device__ float warp_sum(float v)
{
    for (int d = 16; d > 0; d /= 2)
        v += __shfl_xor_sync(0xffffffff, v, d);
    return v;
}
__global__ void softmax(float *out, const float *in, int cols)
{
    const float *x = in + blockIdx.x * cols;
    float *y = out + blockIdx.x * cols;
    float top = -INFINITY, sum = 0.0f;
    for (int i = threadIdx.x; i < cols; i += 32)
        top = fmaxf(top, x[i]);
    top = warp_max(top);
    for (int i = threadIdx.x; i < cols; i += 32) {
        float e = expf(x[i] - top);
        y[i] = e;
        sum += e;
    }
    sum = warp_sum(sum);
    for (int i = threadIdx.x; i < cols; i += 32)
        y[i] /= sum;
}

__global__ void matmul(const float *a, const float *b, float *c, int n)
{
    __shared__ float ta[16][16], tb[16][16];
    int row = blockIdx.y * 16 + threadIdx.y, col = blockIdx.x * 16 + threadIdx.x;
    float sum = 0.0f;
    for (int t = 0; t < n; t += 16) {
        ta[threadIdx.y][threadIdx.x] = a[row * n + t + threadIdx.x];
        tb[threadIdx.y][threadIdx.x] = b[(t + threadIdx.y) * n + col];
        __syncthreads();
        for (int k = 0; k < 16; k++)
            sum += ta[threadIdx.y][k] * tb[k][threadIdx.x];
        __syncthreads();
    }
    c[row * n + col] = sum;
}
"""
PLAIN = """
#include <math.h>
void add(int n, const float *a, const float *b, float *c)
{
    for (int i = 0; i < n; i++) c[i] = a[i] + b[i];
}
void softmax(int rows, int cols, const float *in, float *out)
{
    for (int r = 0; r < rows; r++) {
        const float *x = in + (long)r * cols;
        float *y = out + (long)r * cols, top = -INFINITY, sum = 0.0f;
        for (int i = 0; i < cols; i++) top = x[i] > top ? x[i] : top;
        for (int i = 0; i < cols; i++) sum += y[i] = expf(x[i] - top);
        for (int i = 0; i < cols; i++) y[i] /= sum;
    }
}
void matmul(int n, const float *a, const float *b, float *c)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) c[i * n + j] = 0.0f;
        for (int k = 0; k < n; k++)
            for (int j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
    }
}
"""
DECLARATIONS = """
void add(int, const float *, const float *, float *);
void softmax(int, int, const float *, float *);
void matmul(int, const float *, const float *, float *);
"""


def best(run: Callable[[], None], other: Callable[[], None], repeat: int) -> tuple[float, float]:
    """The shortest times of both, in seconds, taking turns."""
    times = ([], [])  # type: tuple[list[float], list[float]]
    for _ in range(repeat):
        for kept, function in zip(times, (run, other), strict=True):
            started = time.perf_counter()
            function()
            kept.append(time.perf_counter() - started)
    return min(times[0]), min(times[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    module = ascendify.RawModule(code=KERNELS)
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    plain = ffi.dlopen(str(build_shared({"plain.c": PLAIN})))
    random = np.random.default_rng(1)

    def floats(array: np.ndarray) -> object:
        return ffi.cast("float *", array.ctypes.data)

    n = 1 << 24
    a, b = (random.random(n, dtype=np.float32) for _ in range(2))
    c, d = np.empty_like(a), np.empty_like(a)
    add, softmax, matmul = (module.get_function(x) for x in ("add", "softmax", "matmul"))
    rows, cols, m = 4096, 1024, 512
    cases = {
        "vector addition, 16 Mi": (
            lambda: add((n // 256,), (256,), (n, a, b, c)),
            lambda: plain.add(n, floats(a), floats(b), floats(d)),
        ),
        "softmax, 4096 x 1024": (
            lambda: softmax((rows,), (32,), (c, a, cols)),
            lambda: plain.softmax(rows, cols, floats(a), floats(d)),
        ),
        "tiled matmul, 512": (
            lambda: matmul((m // 16, m // 16), (16, 16), (a, b, c, m)),
            lambda: plain.matmul(m, floats(a), floats(b), floats(d)),
        ),
    }
    print(f"{'':24} {'translated':>12} {'plain loops':>12} {'ratio':>7}")
    for name, (translated, loops) in cases.items():
        ours, theirs = best(translated, loops, repeat)
        print(f"{name:24} {ours * 1e3:9.1f} ms {theirs * 1e3:9.1f} ms {ours / theirs:7.2f}")


if __name__ == "__main__":
    main()
