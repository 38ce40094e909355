"""What host code starts on arrays in device memory: a whole program with translated kernels."""

from __future__ import annotations

import subprocess

from ascendify.driver import Options, translate_files
from ascendify.runtime.oracle.build import build_hosted_program

PROGRAM = """
#include <cstdio>
#include <cub/cub.cuh>
__global__ void fill(float *keys, int *values)
{
    keys[threadIdx.x] = float(threadIdx.x * 7 % 6) - 2.0f;
    values[threadIdx.x] = threadIdx.x;
}
int main()
{
    float *keys, *sorted, *total, host[8], sum;
    int *values, *places, order[8];
    cudaMalloc(&keys, 32), cudaMalloc(&sorted, 32), cudaMalloc(&total, 4);
    cudaMalloc(&values, 32), cudaMalloc(&places, 32);
    fill<<<1, 8>>>(keys, values);
    size_t bytes = 0;
    void *storage = nullptr;
    cub::DeviceRadixSort::SortPairsDescending(storage, bytes, keys, sorted, values, places, 8);
    cudaMalloc(&storage, bytes);
    cub::DeviceRadixSort::SortPairsDescending(storage, bytes, keys, sorted, values, places, 8);
    cub::DeviceReduce::Sum(storage, bytes, keys, total, 8);
    cub::DeviceScan::InclusiveSum(storage, bytes, values, values, 8);
    cudaMemcpy(host, sorted, 32, cudaMemcpyDeviceToHost);
    cudaMemcpy(order, places, 32, cudaMemcpyDeviceToHost);
    for (int i = 0; i < 8; ++i)
        printf("%g:%d ", host[i], order[i]);
    cudaMemcpy(&sum, total, 4, cudaMemcpyDeviceToHost);
    cudaMemcpy(order, values, 32, cudaMemcpyDeviceToHost);
    printf("%g %d", sum, order[7]);
}
"""


def test_algorithms_on_device_memory(tmp_path):
    path = tmp_path / "program.cu"
    path.write_text(PROGRAM, encoding="utf-8")
    (translation,) = translate_files([str(path)], Options(write=False, verify=False))
    program = build_hosted_program(path, PROGRAM, translation.files)
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "3:5 2:4 1:3 0:2 -1:1 -1:7 -2:0 -2:6 0 28"
