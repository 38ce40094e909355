// Row 105, style H: filters on images of uchar4 - Sobel with operators on float3 and clamped borders,
// grey levels, alpha blending with saturation, and a median of nine by a sorting network.
#include <algorithm>

#include "check.h"

typedef unsigned char uchar;

inline __host__ __device__ float3 operator+(float3 a, float3 b) { return make_float3(a.x + b.x, a.y + b.y, a.z + b.z); }
inline __host__ __device__ float3 operator-(float3 a, float3 b) { return make_float3(a.x - b.x, a.y - b.y, a.z - b.z); }
inline __host__ __device__ float3 operator*(float s, float3 a) { return make_float3(s * a.x, s * a.y, s * a.z); }
inline __host__ __device__ void operator+=(float3& a, float3 b) { a = a + b; }

template <typename T>
inline __host__ __device__ T clamped(T v, T lo, T hi) {
    return v < lo ? lo : (v > hi ? hi : v);
}

__device__ float3 to_float3(uchar4 p) { return make_float3(p.x, p.y, p.z); }

__device__ uchar4 to_uchar4(float3 v, uchar alpha) {
    return make_uchar4((uchar)clamped(v.x, 0.0f, 255.0f), (uchar)clamped(v.y, 0.0f, 255.0f), (uchar)clamped(v.z, 0.0f, 255.0f),
                       alpha);
}

__device__ float3 pixel(const uchar4* image, int x, int y, int width, int height) {
    return to_float3(image[clamped(y, 0, height - 1) * width + clamped(x, 0, width - 1)]);
}

__global__ void sobel_kernel(uchar4* out, const uchar4* image, int width, int height, float gain) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    float3 gx = make_float3(0.f, 0.f, 0.f), gy = gx;
    for (int d = -1; d <= 1; d++) {
        const float weight = d == 0 ? 2.0f : 1.0f;
        gx += weight * (pixel(image, x + 1, y + d, width, height) - pixel(image, x - 1, y + d, width, height));
        gy += weight * (pixel(image, x + d, y + 1, width, height) - pixel(image, x + d, y - 1, width, height));
    }
    const float3 magnitude = make_float3(sqrtf(gx.x * gx.x + gy.x * gy.x), sqrtf(gx.y * gx.y + gy.y * gy.y),
                                         sqrtf(gx.z * gx.z + gy.z * gy.z));
    out[y * width + x] = to_uchar4(gain * magnitude, image[y * width + x].w);
}

// 16.16 fixed point, rounded
__global__ void grey_kernel(uchar* out, const uchar4* image, int pixels) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < pixels; i += gridDim.x * blockDim.x) {
        const uchar4 p = image[i];
        out[i] = (uchar)((19595u * p.x + 38470u * p.y + 7471u * p.z + 32768u) >> 16);
    }
}

__global__ void blend_kernel(uchar4* under, const uchar4* over, int pixels) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < pixels) {
        const uchar4 a = over[i];
        uchar4& b = under[i];
        const int keep = 255 - a.w;
        b.x = min(255, a.x + (b.x * keep + 127) / 255);
        b.y = min(255, a.y + (b.y * keep + 127) / 255);
        b.z = min(255, a.z + (b.z * keep + 127) / 255);
        b.w = min(255, a.w + (b.w * keep + 127) / 255);
    }
}

#define SORT2(a, b)            \
    {                          \
        const uchar t = min(a, b); \
        b = max(a, b);         \
        a = t;                 \
    }

// inner pixels only; the border is copied
__global__ void median_kernel(uchar* out, const uchar* grey, int width, int height) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y;
    if (x >= width) return;
    if (x == 0 || y == 0 || x == width - 1 || y == height - 1) {
        out[y * width + x] = grey[y * width + x];
        return;
    }
    uchar v[9];
#pragma unroll
    for (int k = 0; k < 9; k++) v[k] = grey[(y + k / 3 - 1) * width + x + k % 3 - 1];
#pragma unroll
    for (int last = 8; last > 3; last--) {
#pragma unroll
        for (int k = 0; k < last; k++) SORT2(v[k], v[k + 1]);
    }
    out[y * width + x] = v[4];
}

void sobel(uchar4* out, const uchar4* image, int width, int height, float gain) {
    dim3 block(16, 8), grid(ceil_div(width, 16), ceil_div(height, 8));
    sobel_kernel<<<grid, block>>>(out, image, width, height, gain);
}
void grey(uchar* out, const uchar4* image, int pixels) { grey_kernel<<<2, 64>>>(out, image, pixels); }
void blend(uchar4* under, const uchar4* over, int pixels) { blend_kernel<<<ceil_div(pixels, 64), 64>>>(under, over, pixels); }
void median(uchar* out, const uchar* grey, int width, int height) {
    median_kernel<<<dim3(ceil_div(width, 32), height), 32>>>(out, grey, width, height);
}

int main() {
    bool ok = true;
    const int sizes[3][2] = {{1, 1}, {2, 9}, {37, 21}};
    for (auto& size : sizes) {
        const int w = size[0], h = size[1], n = w * h;
        std::vector<int> raw = random_ints(8 * n, 890, 0, 255);
        std::vector<uchar4> image, over;
        std::vector<uchar> edges, greys, medians, mixed;
        for (int i = 0; i < n; i++) {
            image.push_back(make_uchar4(raw[8 * i], raw[8 * i + 1], raw[8 * i + 2], raw[8 * i + 3]));
            over.push_back(make_uchar4(raw[8 * i + 4], raw[8 * i + 5], raw[8 * i + 6], raw[8 * i + 7]));
            greys.push_back((raw[8 * i] * 19595 + raw[8 * i + 1] * 38470 + raw[8 * i + 2] * 7471 + 32768) / 65536);
            mixed.push_back(std::min(255, raw[8 * i + 5] + (raw[8 * i + 1] * (255 - raw[8 * i + 7]) + 127) / 255));
        }
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                auto at = [&](int dx, int dy) {
                    return (float)image[clamped(y + dy, 0, h - 1) * w + clamped(x + dx, 0, w - 1)].y;
                };
                float gx = at(1, -1) + 2 * at(1, 0) + at(1, 1) - at(-1, -1) - 2 * at(-1, 0) - at(-1, 1);
                float gy = at(-1, 1) + 2 * at(0, 1) + at(1, 1) - at(-1, -1) - 2 * at(0, -1) - at(1, -1);
                edges.push_back((uchar)std::fmin(255.0f, 0.5f * std::sqrt(gx * gx + gy * gy)));
                std::vector<uchar> nine;
                bool border = x == 0 || y == 0 || x == w - 1 || y == h - 1;
                for (int k = 0; k < 9 && !border; k++) nine.push_back(greys[(y + k / 3 - 1) * w + x + k % 3 - 1]);
                std::sort(nine.begin(), nine.end());
                medians.push_back(border ? greys[y * w + x] : nine[4]);
            }
        uchar4 *d_image = to_device(image), *d_over = to_device(over), *d_out = device_zeros<uchar4>(n);
        uchar *d_grey = device_zeros<uchar>(n), *d_median = device_zeros<uchar>(n);
        sobel(d_out, d_image, w, h, 0.5f);
        grey(d_grey, d_image, n);
        median(d_median, d_grey, w, h);
        blend(d_image, d_over, n);
        std::vector<uchar> got, got_mixed;
        for (uchar4 p : to_host(d_out, n)) got.push_back(p.y);
        for (uchar4 p : to_host(d_image, n)) got_mixed.push_back(p.y);
        ok = got == edges && to_host(d_grey, n) == greys && to_host(d_median, n) == medians && got_mixed == mixed && ok;
        cudaFree(d_image), cudaFree(d_over), cudaFree(d_out), cudaFree(d_grey), cudaFree(d_median);
    }
    return report(ok);
}
