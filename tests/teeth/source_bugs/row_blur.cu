// Horizontal blur of interleaved two-channel images; a row and its weights lie in dynamic shared
// memory, the weights first, padded to an even number.
#include <cstdio>
#include <vector>

#include <cuda_runtime.h>

__global__ void row_blur(const float2* image, float2* blurred, const float* kernel, int width, int taps) {
    extern __shared__ float shared[];
    const int padded = taps + (taps & 1);
    float2* row = reinterpret_cast<float2*>(shared + padded);
    for (int t = threadIdx.x; t < taps; t += blockDim.x) shared[t] = kernel[t];
    for (int x = threadIdx.x; x < width; x += blockDim.x) row[x] = image[blockIdx.x * width + x];
    __syncthreads();
    for (int x = threadIdx.x; x < width; x += blockDim.x) {
        float2 sum = make_float2(0.0f, 0.0f);
        for (int t = 0; t < taps; t++) {
            const int at = min(max(x + t - taps / 2, 0), width - 1);
            sum.x += shared[t] * row[at].x;
            sum.y += shared[t] * row[at].y;
        }
        blurred[blockIdx.x * width + x] = sum;
    }
}

int main() {
    const int width = 90, height = 4, taps = 7;
    std::vector<float2> image(width * height);
    for (int i = 0; i < width * height; i++) image[i] = make_float2(i % 10, i % 3);
    const std::vector<float> kernel(taps, 1.0f / taps);
    float2 *d_image, *d_blurred;
    float* d_kernel;
    cudaMalloc((void**)&d_image, image.size() * sizeof(float2));
    cudaMalloc((void**)&d_blurred, image.size() * sizeof(float2));
    cudaMalloc((void**)&d_kernel, taps * sizeof(float));
    cudaMemcpy(d_image, image.data(), image.size() * sizeof(float2), cudaMemcpyHostToDevice);
    cudaMemcpy(d_kernel, kernel.data(), taps * sizeof(float), cudaMemcpyHostToDevice);
    const size_t bytes = (taps + 1) * sizeof(float) + width * sizeof(float2);
    row_blur<<<height, 64, bytes>>>(d_image, d_blurred, d_kernel, width, taps);
    cudaMemcpy(image.data(), d_blurred, image.size() * sizeof(float2), cudaMemcpyDeviceToHost);
    std::printf("%f %f\n", image[0].x, image[0].y);
    cudaFree(d_image);
    cudaFree(d_blurred);
    cudaFree(d_kernel);
    return 0;
}
