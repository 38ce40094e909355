// Mean and variance of each group of channels; a grid-stride kernel whose blocks visit several
// groups, then one that normalises.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

constexpr int THREADS = 64;

__global__ void group_stats(const float* x, float2* stats, int groups, int size) {
    __shared__ float sums[THREADS], squares[THREADS];
    for (int g = blockIdx.x; g < groups; g += gridDim.x) {
        float s = 0.0f, q = 0.0f;
        for (int i = threadIdx.x; i < size; i += THREADS) {
            const float v = x[g * size + i];
            s += v;
            q += v * v;
        }
        sums[threadIdx.x] = s;
        squares[threadIdx.x] = q;
        __syncthreads();
        for (int d = THREADS / 2; d > 0; d /= 2) {
            if (threadIdx.x < d) {
                sums[threadIdx.x] += sums[threadIdx.x + d];
                squares[threadIdx.x] += squares[threadIdx.x + d];
            }
            __syncthreads();
        }
        if (threadIdx.x == 0) {
            const float mean = sums[0] / size;
            stats[g] = make_float2(mean, squares[0] / size - mean * mean);
        }
    }
}

__global__ void normalise(float* x, const float2* stats, int groups, int size) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= groups * size) return;
    const float2 s = stats[i / size];
    x[i] = (x[i] - s.x) * rsqrtf(s.y + 1e-5f);
}

int main() {
    const int groups = 10, size = 150, n = groups * size;
    std::vector<float> x(n);
    for (int i = 0; i < n; i++) x[i] = 0.1f * (i % 29) - i / size;
    float* d_x;
    float2* d_stats;
    cudaMalloc((void**)&d_x, n * sizeof(float));
    cudaMalloc((void**)&d_stats, groups * sizeof(float2));
    cudaMemcpy(d_x, x.data(), n * sizeof(float), cudaMemcpyHostToDevice);
    group_stats<<<4, THREADS>>>(d_x, d_stats, groups, size);
    normalise<<<(n + 127) / 128, 128>>>(d_x, d_stats, groups, size);
    cudaMemcpy(x.data(), d_x, n * sizeof(float), cudaMemcpyDeviceToHost);
    std::printf("%f\n", x[n - 1]);
    cudaFree(d_x);
    cudaFree(d_stats);
    return 0;
}
