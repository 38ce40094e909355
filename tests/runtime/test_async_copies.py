"""Asynchronous copies in the oracle are done as late as PTX allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Build = Callable[..., Any]

KERNEL = """
__global__ void copy(int *out, const int *in) {
  __shared__ int tile[32];
  const int t = threadIdx.x;
  const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(tile + t));
  tile[t] = -1;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(at), "l"(in + t));
  WAIT
  __syncthreads();
  out[t] = tile[31 - t];
}
"""
COMMIT = 'asm volatile("cp.async.commit_group;");'


@pytest.mark.parametrize(
    ("wait", "arrives"),
    [
        pytest.param("", False, id="none"),
        pytest.param(COMMIT, False, id="committed"),
        pytest.param('asm volatile("cp.async.wait_group 0;");', False, id="not-committed"),
        pytest.param(f'{COMMIT} asm volatile("cp.async.wait_group 1;");', False, id="one-open"),
        pytest.param(f'{COMMIT} asm volatile("cp.async.wait_group 0;");', True, id="group"),
        pytest.param('asm volatile("cp.async.wait_all;");', True, id="all"),
    ],
)
def test_a_copy_is_there_when_it_was_waited_for(kernels: Build, wait: str, arrives: bool) -> None:
    built = kernels(KERNEL.replace("WAIT", wait))
    source, out = np.arange(32, dtype=np.int32), np.zeros(32, dtype=np.int32)
    assert not built.run("copy", out, source)
    assert (out == (source[::-1] if arrives else -1)).all()
