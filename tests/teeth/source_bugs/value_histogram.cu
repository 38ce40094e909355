// Histogram of measurements over a fixed range; values outside it count for the first or last bin.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

__global__ void value_histogram(const float* values, int* counts, int n, float low, float width, int bins) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    int bin = (int)floorf((values[i] - low) / width);
    bin = min(max(bin, 0), bins - 1);
    atomicAdd(&counts[bin], 1);
}

int main() {
    const int n = 3000, bins = 40;
    std::vector<float> values(n);
    for (int i = 0; i < n; i++) values[i] = 2.1f * std::sin(0.37f * i);
    std::vector<int> counts(bins);

    float* d_values;
    int* d_counts;
    cudaMalloc((void**)&d_values, n * sizeof(float));
    cudaMalloc((void**)&d_counts, bins * sizeof(int));
    cudaMemcpy(d_values, values.data(), n * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemset(d_counts, 0, bins * sizeof(int));
    value_histogram<<<(n + 127) / 128, 128>>>(d_values, d_counts, n, -2.0f, 0.1f, bins);
    cudaMemcpy(counts.data(), d_counts, bins * sizeof(int), cudaMemcpyDeviceToHost);
    std::printf("fullest bin: %d\n", *std::max_element(counts.begin(), counts.end()));
    cudaFree(d_values);
    cudaFree(d_counts);
    return 0;
}
