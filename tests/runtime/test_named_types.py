"""Types that a source may name without using them, and small types of CUDA's C++ library."""

import pytest

from ascendify.driver import Options, translate_files

SOURCES = {
    "eight-bit floats as template arguments": """
#include <cuda_fp8.h>
template <class T> struct Wide { T data; __device__ T twice() const { return data + data; } };
template <> struct Wide<__nv_fp8_e4m3> { __nv_fp8_e4m3 data; };
template <class T> __device__ T twice(T v) { return Wide<T>{v}.twice(); }
template <> __device__ __nv_fp8_e5m2 twice<__nv_fp8_e5m2>(__nv_fp8_e5m2 v) { return v; }
__global__ void k(float *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] = twice(x[i]);
}""",
    "fast division": """
#include <cuda/cmath>
struct Rows { cuda::fast_mod_div<unsigned> width; unsigned count; };
__global__ void k(Rows rows, unsigned *x, unsigned n) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] = i / rows.width * 1000u + i % rows.width + rows.width;
}""",
    "constants that cannot be written": """
__device__ const int plain[3] = {1, 2, 3};
__device__ constexpr float weights[2] = {0.5f, 2.0f};
__global__ void k(float *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] = x[i] * weights[i & 1] + plain[i % 3];
}""",
    "assembly that is not reached": """
__device__ int strange() { int x; asm volatile("no.such %0;" : "=r"(x)); return x; }
__global__ void k(int *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] += 1;
}""",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_is_proved(tmp_path, source):
    path = tmp_path / "kernel.cu"
    path.write_text(source + "\n")
    (translation,) = translate_files([str(path)], Options(out=tmp_path / "out", budget=2))
    (kernel,) = translation.kernels
    assert kernel.verdict == "proved", kernel.reason
