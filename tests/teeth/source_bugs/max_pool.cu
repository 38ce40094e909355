// Maximum over windows of 3 x 3, stride 2, with a margin of 1 that does not count.
#include <cfloat>

#include <cuda_runtime.h>

__global__ void max_pool_3x3(const float* image, float* pooled, int height, int width, int out_height,
                             int out_width) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= out_width || y >= out_height) return;
    float largest = -FLT_MAX;
    for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++) {
            const int row = 2 * y + dy, col = 2 * x + dx;
            if (row < 0 || row >= height || col < 0 || col >= width) continue;
            largest = fmaxf(largest, image[row * width + col]);
        }
    }
    pooled[y * out_width + x] = largest;
}

void max_pool(const float* image, float* pooled, int height, int width) {
    const int out_height = (height + 1) / 2, out_width = (width + 1) / 2;
    float *d_image, *d_pooled;
    cudaMalloc((void**)&d_image, height * width * sizeof(float));
    cudaMalloc((void**)&d_pooled, out_height * out_width * sizeof(float));
    cudaMemcpy(d_image, image, height * width * sizeof(float), cudaMemcpyHostToDevice);
    dim3 block(32, 4);
    dim3 grid((out_width + block.x - 1) / block.x, (out_height + block.y - 1) / block.y);
    max_pool_3x3<<<grid, block>>>(d_image, d_pooled, height, width, out_height, out_width);
    cudaMemcpy(pooled, d_pooled, out_height * out_width * sizeof(float), cudaMemcpyDeviceToHost);
    cudaFree(d_image);
    cudaFree(d_pooled);
}
