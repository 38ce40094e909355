"""Parameters of class type: members get values and buffers like parameters of their own."""

import pytest

from ascendify.driver import Options, translate_files

SOURCES = {
    "pointers-and-numbers": """
struct Params { const float *x; float *y; int n; float scale; };
__global__ void k(const __grid_constant__ Params params) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < params.n) params.y[i] = params.x[i] * params.scale;
}""",
    "array-of-pointers": """
template <int N> struct List { float *p[N]; int n; };
__global__ void k(List<3> list) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < list.n) list.p[2][i] = list.p[0][i] + list.p[1][i];
}""",
    "nested-with-sorted-rows": """
struct Data { const float *x; float *y; };
struct Sparse { Data data; const int *rows; int count; };
__global__ void k(Sparse s, float a) {
  if (blockIdx.x >= s.count) return;
  for (int i = s.rows[blockIdx.x] + threadIdx.x; i < s.rows[blockIdx.x + 1]; i += blockDim.x)
    s.data.y[i] = s.data.x[i] + a;
}""",
    "member-functions": """
template <class T> struct View {
  T *p; int n;
  __device__ T &at(int i) const { return p[i]; }
};
template <class In, class Out> __global__ void k(In in, Out out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < in.n && i < out.n) out.at(i) = in.at(i) + 1.f;
}
template __global__ void k<View<const float>, View<float>>(View<const float>, View<float>);""",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_members_get_values_and_buffers(tmp_path, source):
    path = tmp_path / "kernel.cu"
    path.write_text(source + "\n")
    (translation,) = translate_files([str(path)], Options(out=tmp_path / "out", budget=3))
    (kernel,) = translation.kernels
    assert kernel.verdict == "proved", kernel.reason
    assert kernel.findings == []
