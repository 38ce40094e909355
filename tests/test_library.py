"""`translate` and `RawModule` as a framework author uses them."""

from __future__ import annotations

import numpy as np
import pytest

import ascendify

SCALE = """
__constant__ float offset[2];
__global__ void scale(int n, float a, const float *x, float *y)
{
    extern __shared__ float stage[];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    stage[threadIdx.x] = i < n ? x[i] : 0.0f;
    __syncthreads();
    if (i < n)
        y[i] = a * stage[threadIdx.x] + offset[1];
}
__global__ void wrong(float *y) { y[0] = nothing; }
"""


@pytest.fixture(scope="module")
def module():
    return ascendify.RawModule(code=SCALE)


def test_call_on_arrays(module):
    x, y = np.arange(70, dtype=np.float32), np.zeros(70, dtype=np.float32)
    module.get_global("offset").view(np.float32)[1] = 0.5
    module.get_function("scale")((3,), (32,), (70, 2.0, x, y), shared_mem=128)
    np.testing.assert_array_equal(y, 2 * x + 0.5)


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((1, 2.0, None), TypeError),
        ((1.5, 2.0, None, None), TypeError),
        ((1, 2.0, "text", None), TypeError),
        ((1, 2.0, np.zeros(4, dtype=np.float64), None), TypeError),
        ((1, 2.0, np.zeros((4, 4), dtype=np.float32)[:, 1], None), ValueError),
    ],
    ids=["count", "float for int", "text", "wrong type", "strided"],
)
def test_wrong_arguments(module, args, error):
    with pytest.raises(error):
        module.get_function("scale")((1,), (1,), args)


def test_refused_kernel(module):
    with pytest.raises(ascendify.CompileError, match="nothing"):
        module.get_function("wrong")


def test_unknown_kernel(module):
    with pytest.raises(AttributeError, match="scale"):
        module.get_function("absent")


def test_options_and_template():
    code = "template <int N> __global__ void k(int *y) { y[threadIdx.x] = N * FACTOR; }"
    module = ascendify.RawModule(code=code, options=("-DFACTOR=3",), name_expressions=["k<7>"])
    y = np.zeros(4, dtype=np.int32)
    module.get_function("k<7>")((1,), (4,), (y,))
    assert y.tolist() == [21] * 4


def test_assertion_in_a_kernel_raises():
    code = "#include <cassert>\n__global__ void k(int n) { assert(n > 3); }"
    kernel = ascendify.RawModule(code=code).get_function("k")
    kernel((1,), (1,), (4,))
    with pytest.raises(RuntimeError, match="n > 3"):
        kernel((1,), (1,), (3,))


def test_translate_does_not_raise_for_bad_source():
    translation = ascendify.translate("__global__ void k( {", verify=False)
    assert translation.exit_status == 1
    assert translation.diagnostics
