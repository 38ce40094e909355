// Row 65, styles T and H: separable image filter: rows, then columns, through shared tiles with a halo. A
// bilateral filter on colour bytes shares the border rule.
#include <cstdint>

#include "check.h"

#define KERNEL_RADIUS 3
#define KERNEL_LENGTH (2 * KERNEL_RADIUS + 1)

__constant__ float filter[KERNEL_LENGTH];

namespace image {

__device__ __forceinline__ int clamp(int v, int lo, int hi) { return min(max(v, lo), hi); }

inline __device__ float4 operator+(float4 a, float4 b) {
    return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}
inline __device__ float4 operator*(float4 a, float s) { return make_float4(a.x * s, a.y * s, a.z * s, a.w * s); }
inline __device__ void operator+=(float4& a, const float4& b) { a = a + b; }

__device__ float4 unpack(uchar4 c) { return make_float4(c.x / 255.0f, c.y / 255.0f, c.z / 255.0f, c.w / 255.0f); }
__device__ uchar4 pack(float4 c) {
    auto byte = [](float v) { return (unsigned char)(__saturatef(v) * 255.0f + 0.5f); };
    return make_uchar4(byte(c.x), byte(c.y), byte(c.z), byte(c.w));
}
__device__ float distance2(const float4& a, const float4& b) {
    float dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
    return dx * dx + dy * dy + dz * dz;
}

}  // namespace image

template <int TILE_W, int TILE_H>
__global__ void conv_rows_kernel(float* dst, const float* src, int width, int height) {
    __shared__ float tile[TILE_H][TILE_W + 2 * KERNEL_RADIUS];
    const int x0 = blockIdx.x * TILE_W - KERNEL_RADIUS;
    const int y = blockIdx.y * TILE_H + threadIdx.y;
    if (y < height) {
        for (int i = threadIdx.x; i < TILE_W + 2 * KERNEL_RADIUS; i += TILE_W) {
            const int x = x0 + i;
            tile[threadIdx.y][i] = x >= 0 && x < width ? src[y * width + x] : 0.0f;
        }
    }
    __syncthreads();
    const int x = blockIdx.x * TILE_W + threadIdx.x;
    if (x >= width || y >= height) return;
    float sum = 0.0f;
#pragma unroll
    for (int k = 0; k < KERNEL_LENGTH; ++k) sum += filter[k] * tile[threadIdx.y][threadIdx.x + k];
    dst[y * width + x] = sum;
}

template <int TILE_W, int TILE_H>
__global__ void conv_columns_kernel(float* dst, const float* src, int width, int height) {
    __shared__ float tile[TILE_H + 2 * KERNEL_RADIUS][TILE_W];
    const int x = blockIdx.x * TILE_W + threadIdx.x;
    const int y0 = blockIdx.y * TILE_H - KERNEL_RADIUS;
    for (int i = threadIdx.y; i < TILE_H + 2 * KERNEL_RADIUS; i += TILE_H) {
        const int y = y0 + i;
        tile[i][threadIdx.x] = x < width && y >= 0 && y < height ? src[y * width + x] : 0.0f;
    }
    __syncthreads();
    const int y = blockIdx.y * TILE_H + threadIdx.y;
    if (x >= width || y >= height) return;
    float sum = 0.0f;
#pragma unroll
    for (int k = -KERNEL_RADIUS; k <= KERNEL_RADIUS; ++k) {
        sum += filter[KERNEL_RADIUS + k] * tile[threadIdx.y + KERNEL_RADIUS + k][threadIdx.x];
    }
    dst[y * width + x] = sum;
}

__global__ void bilateral_kernel(uchar4* dst, const uchar4* src, int width, int height, int radius, float range) {
    using namespace image;
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    const float4 center = unpack(src[y * width + x]);
    float4 sum = make_float4(0, 0, 0, 0);
    float weights = 0.0f;
    for (int dy = -radius; dy <= radius; dy++) {
        for (int dx = -radius; dx <= radius; dx++) {
            const int sx = clamp(x + dx, 0, width - 1), sy = clamp(y + dy, 0, height - 1);
            const float4 pixel = unpack(src[sy * width + sx]);
            const float weight = expf(-0.1f * (dx * dx + dy * dy) - distance2(pixel, center) / (2.0f * range * range));
            sum += pixel * weight;
            weights += weight;
        }
    }
    dst[y * width + x] = pack(sum * (1.0f / weights));
}

void separable_conv(float* dst, float* scratch, const float* src, const float* host_filter, int width, int height) {
    CUDA_CHECK(cudaMemcpyToSymbol(filter, host_filter, sizeof(filter)));
    dim3 row_grid(ceil_div(width, 32), ceil_div(height, 4)), row_block(32, 4);
    conv_rows_kernel<32, 4><<<row_grid, row_block>>>(scratch, src, width, height);
    dim3 column_grid(ceil_div(width, 16), ceil_div(height, 8)), column_block(16, 8);
    conv_columns_kernel<16, 8><<<column_grid, column_block>>>(dst, scratch, width, height);
    CUDA_CHECK(cudaGetLastError());
}

void bilateral_filter(uchar4* dst, const uchar4* src, int width, int height, int radius, float range) {
    dim3 block(16, 4);
    bilateral_kernel<<<dim3(ceil_div(width, 16), ceil_div(height, 4)), block>>>(dst, src, width, height, radius, range);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const float taps[KERNEL_LENGTH] = {0.05f, 0.1f, 0.2f, 0.3f, 0.2f, 0.1f, 0.05f};
    const int shapes[3][2] = {{1, 1}, {33, 9}, {70, 21}};
    for (const auto& s : shapes) {
        const int W = s[0], H = s[1], n = W * H;
        std::vector<float> x = random_floats(n, 570);
        std::vector<double> rows(n, 0.0), want(n, 0.0);
        for (int i = 0; i < n; i++)
            for (int k = -KERNEL_RADIUS; k <= KERNEL_RADIUS; k++)
                if (i % W + k >= 0 && i % W + k < W) rows[i] += (double)taps[k + KERNEL_RADIUS] * x[i + k];
        for (int i = 0; i < n; i++)
            for (int k = -KERNEL_RADIUS; k <= KERNEL_RADIUS; k++)
                if (i / W + k >= 0 && i / W + k < H) want[i] += taps[k + KERNEL_RADIUS] * rows[i + k * W];
        float *d_x = to_device(x), *d_s = device_zeros<float>(n), *d_y = device_zeros<float>(n);
        separable_conv(d_y, d_s, d_x, taps, W, H);
        ok = all_close(to_host(d_y, n), want, 1e-5, "separable") && ok;

        std::vector<int> bytes = random_ints(4 * n, 571, 0, 255);
        std::vector<uint8_t> image(bytes.begin(), bytes.end());
        std::vector<double> filtered(4 * n);
        for (int i = 0; i < n; i++) {
            double sum[4] = {0}, weights = 0;
            for (int dy = -2; dy <= 2; dy++)
                for (int dx = -2; dx <= 2; dx++) {
                    int sx = i % W + dx, sy = i / W + dy;
                    sx = sx < 0 ? 0 : sx >= W ? W - 1 : sx, sy = sy < 0 ? 0 : sy >= H ? H - 1 : sy;
                    double d2 = 0, weight;
                    for (int c = 0; c < 3; c++) {
                        double d = (image[4 * (sy * W + sx) + c] - image[4 * i + c]) / 255.0;
                        d2 += d * d;
                    }
                    weight = std::exp(-0.1 * (dx * dx + dy * dy) - d2 / (2 * 0.09));
                    weights += weight;
                    for (int c = 0; c < 4; c++) sum[c] += weight * image[4 * (sy * W + sx) + c];
                }
            for (int c = 0; c < 4; c++) filtered[4 * i + c] = sum[c] / weights;
        }
        uint8_t *d_img = to_device(image), *d_out = device_zeros<uint8_t>(4 * n);
        bilateral_filter((uchar4*)d_out, (const uchar4*)d_img, W, H, 2, 0.3f);
        std::vector<uint8_t> got = to_host(d_out, 4 * n);
        for (int i = 0; i < 4 * n; i++) ok = ok && std::fabs(got[i] - filtered[i]) <= 0.51;
        cudaFree(d_x), cudaFree(d_s), cudaFree(d_y), cudaFree(d_img), cudaFree(d_out);
    }
    return report(ok);
}
