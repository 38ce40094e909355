"""Memory that a kernel reads before it writes it: another value for each schedule of the oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Build = Callable[..., Any]

READERS = """
struct Padded { char small; int large; };
__shared__ int of_all[4];
template <typename T> __device__ T first(int i) { __shared__ T s[8]; return s[i]; }
__device__ __noinline__ void fill(int *a, int n) { for (int i = 0; i < n; ++i) a[i] = i; }

__global__ void local(int *out, int n) {
  int a[8];
  fill(a, n);
  out[threadIdx.x] = a[5];
}
__global__ void deep(int *out, int n) {
  int a[600];
  fill(a, n);
  out[threadIdx.x] = a[590];
}
__global__ void one(int *out, int n) {
  __shared__ int s[32];
  if (n > threadIdx.x) s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  out[threadIdx.x] = s[31 - threadIdx.x];
}
__global__ void called(int *out, int n) { out[threadIdx.x] = first<int>(5); }
__global__ void of_module(int *out, int n) { out[threadIdx.x] = of_all[n % 3]; }
__global__ void dynamic(int *out, int n) {
  extern __shared__ int s[];
  out[threadIdx.x] = s[threadIdx.x];
}
__device__ __noinline__ void set(Padded *p, int n) { p->small = n; p->large = n; }
__global__ void padding(Padded *out, int n) {
  Padded p;
  set(&p, n);
  memcpy(&out[threadIdx.x], &p, sizeof p);
}
__global__ void defined(int *out, int n) {
  __shared__ int s[32];
  int a[8];
  fill(a, 8);
  s[threadIdx.x] = a[n];
  __syncthreads();
  out[threadIdx.x] = s[31 - threadIdx.x];
}
"""


def results(built: Any, name: str, n: int) -> list[bytes]:
    found = []
    built.library.ascendify_oracle_set_poison(1)
    for schedule in (0, 1):
        built.library.ascendify_oracle_set_schedule(schedule)
        out = np.zeros(64, np.int32)
        assert not built.run(name, out, n, grid=(2, 1, 1), shared=128)
        found.append(out.tobytes())
    built.library.ascendify_oracle_set_schedule(0)
    built.library.ascendify_oracle_set_poison(0)
    return found


@pytest.mark.parametrize(
    "name", ["local", "deep", "one", "called", "of_module", "dynamic", "padding"]
)
@pytest.mark.parametrize("workers", [1, 2])
def test_undefined_values_differ(kernels: Build, name: str, workers: int) -> None:
    built = kernels(READERS)
    built.library.ascendify_oracle_set_workers(workers)
    upwards, downwards = results(built, name, 4)
    built.library.ascendify_oracle_set_workers(1)
    assert upwards != downwards


@pytest.mark.parametrize(("name", "n"), [("defined", 4), ("local", 8), ("deep", 600), ("one", 32)])
def test_defined_values_do_not(kernels: Build, name: str, n: int) -> None:
    upwards, downwards = results(kernels(READERS), name, n)
    assert upwards == downwards


def test_shared_variables_are_found(kernels: Build) -> None:
    text = """
    template <class T> __global__ void a(T *x) {
      __shared__ T s[64];
      extern __shared__ float d[];
      auto f = [] { return d[0]; };
      s[threadIdx.x] = f();
      __syncthreads();
      x[threadIdx.x] = s[63 - threadIdx.x];
    }
    namespace { __shared__ int hidden; }
    __global__ void b(int *x) {
      auto f = [=] { __shared__ int inner[3]; inner[x[1]] = x[2]; return inner + x[3]; };
      x[0] = *f() + hidden++;
    }
    void host() { static thread_local std::vector<int> kept; kept.push_back(1); }
    """
    oracle = kernels(text, "a<float>", "a<double>").oracle
    found = {(v.name, v.size, oracle.names.get(v.kernel)) for v in oracle.shared}
    assert found == {
        ("s", 256, "a<float>"),
        ("s", 512, "a<double>"),
        ("inner", 12, "b"),
        ("hidden", 4, None),
    }
