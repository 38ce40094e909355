// Symmetric 8-bit quantisation with a scale per row, four values per store.
#include <cstdio>
#include <cmath>
#include <vector>

#include <cuda_runtime.h>

__global__ void quantize_rows(const float* x, char4* q, float* scales, int cols) {
    __shared__ float warp_max[8];
    __shared__ float scale;
    const float* row = x + blockIdx.x * cols;
    float largest = 0.0f;
    for (int i = threadIdx.x; i < cols; i += blockDim.x) largest = fmaxf(largest, fabsf(row[i]));
    for (int d = 16; d > 0; d >>= 1) largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, d));
    if (threadIdx.x % 32 == 0) warp_max[threadIdx.x / 32] = largest;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 0; w < (int)blockDim.x / 32; w++) largest = fmaxf(largest, warp_max[w]);
        scale = largest / 127.0f;
        scales[blockIdx.x] = scale;
    }
    __syncthreads();
    const float inverse = scale > 0.0f ? 1.0f / scale : 0.0f;
    for (int i = threadIdx.x; i < cols / 4; i += blockDim.x) {
        const float4 v = reinterpret_cast<const float4*>(row)[i];
        q[blockIdx.x * (cols / 4) + i] = make_char4(rintf(v.x * inverse), rintf(v.y * inverse),
                                                    rintf(v.z * inverse), rintf(v.w * inverse));
    }
}

int main() {
    const int rows = 6, cols = 200;
    std::vector<float> x(rows * cols), scales(rows);
    for (int i = 0; i < rows * cols; i++) x[i] = std::sin(0.1f * i) * (1 + i / cols);
    float *d_x, *d_scales;
    char4* d_q;
    cudaMalloc((void**)&d_x, rows * cols * sizeof(float));
    cudaMalloc((void**)&d_q, rows * cols);
    cudaMalloc((void**)&d_scales, rows * sizeof(float));
    cudaMemcpy(d_x, x.data(), rows * cols * sizeof(float), cudaMemcpyHostToDevice);
    quantize_rows<<<rows, 128>>>(d_x, d_q, d_scales, cols);
    cudaMemcpy(scales.data(), d_scales, rows * sizeof(float), cudaMemcpyDeviceToHost);
    std::printf("%f\n", scales[rows - 1]);
    cudaFree(d_x);
    cudaFree(d_q);
    cudaFree(d_scales);
    return 0;
}
