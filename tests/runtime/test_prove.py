"""The judge has teeth: translations that were broken on purpose are not proved."""

from __future__ import annotations

import pytest

import ascendify.driver as driver

SOURCE = """
__device__ float table[64];

__global__ void scale(float *out, const float *in, int rows, int cols, float a)
{
    __shared__ float sums[128];
    int row = blockIdx.x;
    float sum = 0.0f;
    for (int i = threadIdx.x; i < cols; i += blockDim.x)
        sum += in[row * cols + i];
    sums[threadIdx.x] = sum;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            sums[threadIdx.x] += sums[threadIdx.x + half];
        __syncthreads();
    }
    for (int i = threadIdx.x; i < cols; i += blockDim.x)
        out[row * cols + i] = a * in[row * cols + i] - sums[0];
}

void run_scale(float *out, const float *in, int rows, int cols, float a)
{
    scale<<<rows, 128>>>(out, in, rows, cols, a);
}
"""

LAST_LOOP = "i < cols; i += blockDim.x)\n        out"
BREAKS = {
    "operator": ("- sums", "+ sums"),
    "dropped factor": ("a * in", "in"),
    "index": ("threadIdx.x + half", "threadIdx.x + half - 1"),
    "bound": (LAST_LOOP, LAST_LOOP.replace("< cols", "< cols - 1")),
    "one element too many": (LAST_LOOP, LAST_LOOP.replace("< cols", "<= cols")),
    "guard": ("if (threadIdx.x < half)", "if (threadIdx.x + 1 < half)"),
    "wrong place": ("sums[threadIdx.x] = sum;", "sums[127 - threadIdx.x / 2] = sum;"),
    "crash": ("out[row * cols + i] = a", "out[(long)row * cols + i + (1l << 40)] = a"),
    "endless loop": ("half > 0; half /= 2", "half >= 0; half /= 2"),
    "nothing written": ("out[row * cols + i] = a * in", "table[i % 64] = a * in"),
}


def verdict(monkeypatch: pytest.MonkeyPatch, broken: str) -> tuple[str, str]:
    """The verdict for the translation of `broken` against the original SOURCE."""
    real = driver.build_oracle

    def build(path, text, **options):
        return real(path, SOURCE, **options)

    monkeypatch.setattr(driver, "build_oracle", build)
    translation = driver.translate(broken, name="scale.cu", budget=6.0)
    (kernel,) = translation.kernels
    return kernel.verdict, kernel.reason


def test_the_right_translation_is_proved(monkeypatch):
    assert verdict(monkeypatch, SOURCE)[0] == "proved"


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_translation_is_not_proved(monkeypatch, name):
    old, new = BREAKS[name]
    assert SOURCE.count(old) == 1
    found, reason = verdict(monkeypatch, SOURCE.replace(old, new))
    if name in ("crash", "endless loop"):
        assert found == "unverified"
        assert reason.startswith("the translation ")
    else:
        assert found == "failed"
