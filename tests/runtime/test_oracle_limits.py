"""What bad kernels do to the oracle: their launches end with a message, and the next ones run."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import cffi
import numpy as np
import pytest

Build = Callable[..., Any]

FAULTS = """
__device__ __noinline__ int deeper(int *out, int n) {
  int a[64];
  a[n & 63] = n;
  out[0] = deeper(a, n + 1) + a[(n + 1) & 63];
  return out[0];
}
__device__ __noinline__ void use(int *a) { a[0] = 1; }
__attribute__((noinline)) __device__ void with_large_array(int *out, int n) {
  int a[300000];
  use(a);
  out[0] = a[n];
}
__global__ void divides(int *out, int n, int where) {
  __syncthreads();
  if (blockIdx.x == 1 && threadIdx.x == where) out[0] = 7 / n;
}
__global__ void follows_null(int **out, int n, int where) {
  if (blockIdx.x == 1 && threadIdx.x == where) *out[n] = 1;
}
__global__ void recurses(int *out, int n, int where) {
  if (blockIdx.x == 1 && threadIdx.x == where) deeper(out, n);
}
__global__ void has_large_locals(int *out, int n, int where) {
  if (blockIdx.x == 1 && threadIdx.x == where) with_large_array(out, n);
}
__global__ void gives_up(int *out, int n, int where) {
  if (blockIdx.x == 1 && threadIdx.x == where) abort();
}
__global__ void allocates(char **out, int n, int where) {
  for (int i = 0; i < 100; ++i) {
    char *p = static_cast<char *>(malloc(1 << 20));
    if (!p) return;
    out[0] = p;
    if (n > 0) free(p);
  }
  if (n > 1) out[1] = new char[size_t(n) << 30];
}
__global__ void takes_all(int *out, int n, int where) {
  if (threadIdx.x != 0 || blockIdx.x != 0) return;
  void *first = nullptr;
  for (;;) {
    void **p = static_cast<void **>(malloc(1 << 20));
    if (!p) break;
    *p = first;
    first = p;
    ++out[0];
  }
  while (first) {
    void *next = *static_cast<void **>(first);
    free(first);
    first = next;
  }
}
__global__ void works(int *out, int n, int) { out[blockIdx.x * blockDim.x + threadIdx.x] = n; }
"""

MESSAGES = {
    "divides": "integer division by zero",
    "follows_null": "invalid address",
    "recurses": "stack overflow",
    "has_large_locals": "stack overflow",
    "gives_up": "abort() was called",
}


@pytest.mark.parametrize("cooperative", [False, True], ids=["ordinary", "cooperative"])
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", list(MESSAGES))
def test_faults_end_the_launch(kernels: Build, name: str, workers: int, cooperative: bool) -> None:
    built = kernels(FAULTS)
    built.library.ascendify_oracle_set_workers(workers)
    for where in (0, 37):
        out = np.zeros(256, np.int32)
        shape = {"grid": (4, 1, 1), "block": (64, 1, 1), "cooperative": cooperative}
        message = built.run(name, out, 0, where, **shape)
        assert message.startswith(f"block (1, 0, 0), thread ({where}, 0, 0): ")
        assert MESSAGES[name] in message
        assert not built.run("works", out, 5, 0, **shape)
        assert (out == 5).all()
    built.library.ascendify_oracle_set_workers(1)


def test_an_address_is_named(kernels: Build) -> None:
    out = np.full(2, 0x1234560, np.int64)
    message = kernels(FAULTS).run("follows_null", out, 0, 0, grid=(2, 1, 1))
    assert message.endswith("invalid address 0x1234560")


def test_handlers_are_those_of_the_process_between_launches(kernels: Build) -> None:
    built = kernels(FAULTS)
    out = np.zeros(64, np.int32)
    assert built.run("divides", out, 0, 0, grid=(2, 1, 1))
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGFPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGFPE)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGFPE


def test_the_device_heap_has_an_end(kernels: Build) -> None:
    built = kernels(FAULTS)
    out = np.zeros(256, np.int64)
    assert not built.run("allocates", out, 1, 0, grid=(64, 1, 1), block=(128, 1, 1))
    assert "heap" in built.run("allocates", out, 2, 0)
    counted = np.zeros(1, np.int32)
    for _ in range(2):
        counted[0] = 0
        assert not built.run("takes_all", counted, 0, 0)
        assert 500 < counted[0] <= 1024


MEMORY = """
__global__ void nothing() {}
int attempt(long long bytes, long long *at) {
  void *p = nullptr;
  int error = cudaMalloc(&p, bytes);
  *at = (long long)p;
  return error;
}
extern "C" __attribute__((visibility("default"))) int attempt_of(long long bytes, long long *at) {
  return attempt(bytes, at);
}
extern "C" __attribute__((visibility("default"))) int release(long long at) {
  return cudaFree((void *)at);
}
"""


def test_device_memory_has_an_end_and_is_not_taken_before_it_is_written(kernels: Build) -> None:
    built = kernels(MEMORY)
    ffi = cffi.FFI()
    ffi.cdef("int attempt_of(long long, long long *); int release(long long);")
    library = ffi.dlopen(str(built.oracle.so_path))
    at = ffi.new("long long *")
    out_of_memory = 2
    for bytes_wanted in (-1, 1 << 62, 41 << 30):
        assert library.attempt_of(bytes_wanted, at) == out_of_memory
        assert at[0] == 0
    assert library.attempt_of(30 << 30, at) == 0
    first = at[0]
    ffi.cast("uint8_t *", first)[29 << 30] = 1
    assert library.attempt_of(30 << 30, at) == out_of_memory
    assert library.release(first) == 0
    assert library.attempt_of(30 << 30, at) == 0
    assert library.release(at[0]) == 0
