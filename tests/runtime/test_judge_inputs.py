"""Right translations of kernels that are picky about order and data are proved, and not blamed."""

from __future__ import annotations

import ascendify.driver as driver
from ascendify.runtime.findings import severity_of
from ascendify.runtime.report import KernelReport

BY_ATOMIC_READS = """
__global__ void spread(int *label, const int *from, const int *count, int n)
{
    int i = threadIdx.x;
    if (i >= n)
        return;
    int best = atomicAdd(&label[i], 0);
    for (int k = 0; k < count[i] % 40; k++) {
        int other = atomicAdd(&label[(from[i] + 5 * k) % n], 0);
        best = other < best ? other : best;
    }
    atomicMin(&label[i], best);
}

__global__ void start(int *label, int n)
{
    if (threadIdx.x < n)
        label[threadIdx.x] = threadIdx.x;
}

void components(int *label, const int *from, const int *count, int n)
{
    int threads = n < 64 ? n : 64;
    start<<<1, threads>>>(label, threads);
    spread<<<1, threads>>>(label, from, count, threads);
}
"""

BY_RANGES = """
struct Range {
    int first;
    int count;
};

__global__ void sums(float *out, const float *in, const Range *ranges, const int *where, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    float sum = 0.0f;
    for (int k = ranges[i].first; k < ranges[i].first + ranges[i].count; k++)
        sum += in[where[k]];
    out[i] = sum;
}

void run_sums(float *out, const float *in, const Range *ranges, const int *where, int n)
{
    sums<<<(n + 127) / 128, 128>>>(out, in, ranges, where, n);
}
"""

BY_TABLES = """
struct Tensors {
    const float *data[4];
    int count;
};

__global__ void total(float *const out[2], Tensors tensors, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    float sum = 0.0f;
    for (int t = 0; t < tensors.count; t++)
        sum += tensors.data[t][i];
    out[0][i] = sum;
    out[1][i] = sum * sum;
}

void run_total(float *const out[2], const float *first, const float *other, int n)
{
    Tensors tensors = {{first, other, first, other}, 4};
    total<<<(n + 127) / 128, 128>>>(out, tensors, n);
}
"""

BY_PLACES = """
__global__ void put(float *table, const float *rows, const int *places, int width)
{
    int place = places[blockIdx.x];
    for (int i = threadIdx.x; i < width; i += blockDim.x)
        table[place * width + i] = rows[blockIdx.x * width + i];
}

__global__ void add(float *table, const float *rows, const int *places, int width)
{
    int place = places[blockIdx.x];
    for (int i = threadIdx.x; i < width; i += blockDim.x)
        table[place * width + i] += rows[blockIdx.x * width + i];
}

void run_put(float *table, const float *rows, const int *places, int count, int width)
{
    put<<<count, 128>>>(table, rows, places, width);
}

void run_add(float *table, const float *rows, const int *places, int count, int width)
{
    add<<<count, 128>>>(table, rows, places, width);
}
"""

BY_VALUE = """
#include <cuda_fp16.h>

__device__ __noinline__ half twice(half x)
{
    return __hadd(x, x);
}

__device__ float brightness(uchar4 c)
{
    return 0.5f * c.x + 0.25f * c.y + 0.25f * c.z;
}

__global__ void double_all(half *out, const half *in, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] = twice(in[i]);
}

__global__ void to_grey(float *out, const uchar4 *in, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] = brightness(in[i]);
}
"""

BY_LIMITS = """
struct Row {
    float peak;
    float sums[16];
};

template <int TILE>
__global__ void columns(float *out, const float *in, int rows, int width)
{
    int row = blockIdx.x * TILE + threadIdx.x;
    if (row >= rows)
        return;
    long matrix = blockIdx.z * gridDim.y + blockIdx.y;
    const float *mine = in + (matrix * rows + row) * width;
    Row sum;
    sum.peak = 0.0f;
    for (int i = 0; i < width; i++)
        sum.sums[i] = mine[i] * 2.0f;
    for (int i = 0; i < width; i++)
        sum.peak = fmaxf(sum.peak, sum.sums[i]);
    out[matrix * rows + row] = sum.peak;
}

class Model {
    void run(int batch, int heads);
    float *out, *in;
    int rows, width;
};

void Model::run(int batch, int heads)
{
    columns<32><<<dim3((rows + 31) / 32, heads, batch), 32>>>(out, in, rows, width);
}
"""

ROWS = """
#include <cuda_runtime.h>

__global__ void double_rows(float *rows, int pitch, int width)
{
    for (int i = threadIdx.x; i < width; i += blockDim.x)
        rows[blockIdx.x * pitch + i] *= 2.0f;
}

__global__ void sum_rows(float *total, const float *rows, int pitch, int width)
{
    for (int i = threadIdx.x; i < width; i += blockDim.x)
        total[i] += rows[blockIdx.x * pitch + i];
}

void run(float *total, float *rows, int count, int pitch, int width)
{
    double_rows<<<count, 32>>>(rows, pitch, width);
    sum_rows<<<count, 32>>>(total, rows, pitch, width);
}

int main()
{
    float *total, *rows;
    cudaMalloc(&total, 40 * sizeof(float));
    cudaMalloc(&rows, 6 * 48 * sizeof(float));
    cudaMemset(total, 0, 40 * sizeof(float));
    cudaMemset(rows, 1, 6 * 48 * sizeof(float));
    run(total, rows, 6, 48, 40);
    cudaDeviceSynchronize();
}
"""


def kernels(source: str) -> dict[str, KernelReport]:
    """The reports of a source's kernels by name."""
    translation = driver.translate(source, name="picky.cu", budget=4.0)
    return {kernel.name: kernel for kernel in translation.kernels}


def blamed(report: KernelReport) -> list[str]:
    """What is found against the source, remarks aside."""
    return [f["message"] for f in report.findings if severity_of(f) != "remark"]


def test_a_result_that_depends_on_how_atomic_reads_interleave_is_no_failure():
    report = kernels(BY_ATOMIC_READS)["spread"]
    assert report.verdict != "failed", report.reason
    assert not blamed(report)


def test_structures_of_integers_hold_integers_in_the_first_launch_too():
    report = kernels(BY_RANGES)["sums"]
    assert report.verdict == "proved", report.reason
    assert not blamed(report)


def test_numbers_that_we_put_where_pointers_belong_are_no_bugs_of_the_source():
    assert not blamed(kernels(BY_TABLES)["total"])


def test_writes_to_places_that_repeat_may_be_ours_but_sums_over_them_race():
    found = kernels(BY_PLACES)
    assert found["put"].verdict == "proved", found["put"].reason
    assert not blamed(found["put"])
    assert any("race" in message for message in blamed(found["add"]))


def test_classes_that_functions_take_and_return_are_seen_being_read_and_written():
    for report in kernels(BY_VALUE).values():
        assert report.verdict == "proved", report.reason
        assert not blamed(report)


def test_a_limit_of_one_size_leaves_the_others_to_vary():
    report = kernels(BY_LIMITS)["columns"]
    assert report.verdict == "proved", report.reason
    assert not blamed(report)
    shapes = {case["label"] for case in report.cases}
    assert len([shape for shape in shapes if "rows=1," not in shape]) >= 5, shapes


def test_the_program_tells_whether_rows_overlap():
    found = kernels(ROWS)
    assert found["double_rows"].verdict == "proved", found["double_rows"].reason
    assert any(f["kind"] == "race" for f in found["double_rows"].findings), (
        "else this tests nothing"
    )
    assert not blamed(found["double_rows"])
    assert any("race" in message for message in blamed(found["sum_rows"]))
