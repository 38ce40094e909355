"""Extensions of PyTorch: the oracle's own tensors, and host functions that take some."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ascendify.driver import Options, translate_files
from ascendify.runtime.inputs import Case
from ascendify.runtime.parameters import TENSORS, Parameter, Tensors
from ascendify.runtime.tensor_inputs import tensor_cases

TENSOR_PROGRAM = r"""
#include <torch/extension.h>
__global__ void twice(float *x, int n) { if (threadIdx.x < n) x[threadIdx.x] *= 2; }
#define NEED(condition) if (!(condition)) { printf("not so: %s\n", #condition); return 1; }
int main() {
  auto options = torch::dtype(torch::kFloat32).device(torch::kCUDA);
  at::Tensor a = torch::arange(6, options).view({2, 3});
  NEED(a.dim() == 2 && a.size(-1) == 3 && a.stride(0) == 3 && a.numel() == 6);
  at::Tensor t = a.t();
  NEED(!t.is_contiguous() && t.contiguous().is_contiguous());
  NEED(t[2][1].item<float>() == 5 && t.contiguous().data_ptr<float>()[3] == 4);
  NEED(a.sum().item<float>() == 15);
  NEED(at::equal(a.sum({0}), torch::tensor({3.f, 5.f, 7.f}, options)));
  NEED((a + 1).select(0, 1).slice(0, 1).to(torch::kInt)[1].item<int>() == 6);
  NEED(at::matmul(a, a.t()).view({-1})[3].item<float>() == 50);
  NEED(at::cat({a, a}, 1).size(1) == 6);
  NEED(a.unsqueeze(0).expand({4, 2, 3}).sum().item<float>() == 60);
  NEED(at::zeros_like(a).fill_(3).narrow(1, 0, 2).numel() == 4 && a.permute({1, 0}).size(0) == 3);
  at::Tensor half = a.to(at::kHalf);
  NEED(half.element_size() == 2 && half.data_ptr<at::Half>()[5] == 5 && half.dtype() == at::kHalf);
  NEED(a.masked_select(a > 3).numel() == 2 && a.cumsum(1)[1][2].item<float>() == 12);
  NEED(a.index({torch::indexing::Slice(), 1}).size(0) == 2 && at::empty({0, 4}).numel() == 0);
  at::Tensor twice_there = at::cat({a.t(), a.t()}, 0);
  NEED(std::get<0>(at::unique_dim(twice_there, 0)).size(0) == 3);
  NEED(std::get<1>(at::unique_dim(twice_there, 0))[4].item<int64_t>() == 1);
  try {
    TORCH_CHECK(a.size(0) == 7, "rows: ", a.size(0));
    return 2;
  } catch (const c10::Error &error) {
    NEED(std::string(error.what()) == "rows: 2");
  }
  int size = 0;
  AT_DISPATCH_FLOATING_TYPES_AND_HALF(half.scalar_type(), "size", [&] { size = sizeof(scalar_t); });
  NEED(size == 2);
  at::Half h = at::Half(1.0f) / 3;
  NEED(h * 3 == at::Half(float(h) * 3) && float(h) != 1.0f / 3);
  twice<<<1, 32, 0, at::cuda::getCurrentCUDAStream()>>>(a.data_ptr<float>(), a.numel());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  NEED(a.sum().item<float>() == 30);
  printf("fine\n");
}
"""

MANY_TENSORS = r"""
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAContext.h>
#include <vector>
template <int depth> struct Lists {
  void *at[depth][8]; int sizes[8]; unsigned char tensor_of[64]; int chunk_of[64];
};
template <typename in_t, typename out_t> struct Scale {
  __device__ void operator()(int chunk, volatile int *noop, Lists<2> &lists, float factor) {
    if (*noop == 1) return;
    int t = lists.tensor_of[blockIdx.x], first = lists.chunk_of[blockIdx.x] * chunk;
    in_t *in = (in_t *)lists.at[0][t] + first;
    out_t *out = (out_t *)lists.at[1][t] + first;
    int n = lists.sizes[t] - first;
    for (int i = threadIdx.x; i < n && i < chunk; i += blockDim.x)
      out[i] = static_cast<out_t>(static_cast<float>(in[i]) * factor);
  }
};
template <typename L, typename F, typename... A>
__global__ void on_chunks(int64_t chunk, volatile int *noop, L lists, F f, A... args) {
  f(chunk, noop, lists, args...);
}
template <int depth, typename F, typename... A>
void on_all(int64_t chunk, const at::Tensor &noop,
            const std::vector<std::vector<at::Tensor>> &tensors, F f, A... args) {
  TORCH_CHECK(tensors.size() == depth, "wrong number of lists");
  Lists<depth> lists;
  int blocks = 0;
  for (size_t t = 0; t < tensors[0].size(); ++t) {
    lists.sizes[t] = tensors[0][t].numel();
    for (int d = 0; d < depth; ++d) lists.at[d][t] = tensors[d][t].data_ptr();
    for (int c = 0; c * chunk < lists.sizes[t] && blocks < 64; ++c) {
      lists.tensor_of[blocks] = t;
      lists.chunk_of[blocks++] = c;
    }
  }
  on_chunks<<<blocks, 128, 0, at::cuda::getCurrentCUDAStream()>>>(chunk, noop.data_ptr<int>(),
                                                                   lists, f, args...);
}
void scale(int64_t chunk, at::Tensor noop_flag, std::vector<std::vector<at::Tensor>> tensors,
           double factor) {
  AT_DISPATCH_FLOATING_TYPES_AND_HALF(tensors[0][0].scalar_type(), "scale", [&] {
    on_all<2>(chunk, noop_flag, tensors, Scale<scalar_t, scalar_t>(), float(factor));
  });
}
"""


def test_tensors_of_the_oracle(tmp_path: Path):
    source = tmp_path / "tensors.cu"
    source.write_text(TENSOR_PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ascendify", str(source), "--run", "-o", str(tmp_path / "out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "fine\n", done.stderr
    assert done.returncode == 0


def test_lists_of_tensors_reach_kernels_that_take_them_in_a_struct(tmp_path: Path):
    source = tmp_path / "many.cu"
    source.write_text(MANY_TENSORS, encoding="utf-8")
    (done,) = translate_files([str(source)], Options(write=False, budget=10.0))
    verdicts = {k.instance: k.verdict for k in done.kernels}
    assert len(verdicts) == 3
    assert set(verdicts.values()) == {"proved"}, [k.reason for k in done.kernels]
    assert all(case["label"].startswith("scale(") for k in done.kernels for case in k.cases)


def tensors(case: Case, at: int) -> Tensors:
    value = case.values[at]
    assert isinstance(value, Tensors)
    return value


def test_dimensions_of_a_case_agree():
    parameters = [
        Parameter("x", TENSORS, "T"),
        Parameter("mask", TENSORS, "O"),
        Parameter("n", "i32", "", 4),
    ]
    groups = list(tensor_cases(parameters, {"x": 3}, {"mask": "i1"}))
    assert {tensors(g[0], 0).elements for g in groups} >= {("f32",), ("f16",), ("bf16",), ("f64",)}
    for case in (case for group in groups for case in group):
        x, mask = tensors(case, 0), tensors(case, 1)
        assert (x.dimensions, mask.dimensions) == (3, 3)
        assert x.length == mask.length
        assert x.length**3 <= 1 << 18
        assert mask.elements in ((), ("i1",))
    assert groups[0][0].describe(parameters).startswith("x=1*f32[")


def test_lists_have_the_number_that_the_source_says():
    parameters = [Parameter("lists", TENSORS, "M")]
    groups = list(tensor_cases(parameters, {"lists": 3}, {}))
    assert {len(tensors(g[0], 0).elements) for g in groups} == {3}
    kinds = {tensors(g[0], 0).elements for g in groups}
    assert ("f32", "f32", "f16") in kinds
    assert ("f16", "f32", "f32") in kinds
