// Rows 68 and 69, style X: bilinear resize with and without aligned corners, its gradient (float atomics,
// any order), and ROI align, which samples with the same helper.
#include "check.h"

template <typename accscalar_t>
__device__ __forceinline__ accscalar_t area_pixel_scale(int input_size, int output_size, bool align_corners) {
    if (align_corners) {
        return output_size > 1 ? (accscalar_t)(input_size - 1) / (output_size - 1) : (accscalar_t)0;
    }
    return (accscalar_t)input_size / output_size;
}

template <typename accscalar_t>
__device__ __forceinline__ accscalar_t source_index(accscalar_t scale, int dst, bool align_corners) {
    if (align_corners) return scale * dst;
    accscalar_t src = scale * (dst + (accscalar_t)0.5) - (accscalar_t)0.5;
    return src < 0 ? (accscalar_t)0 : src;
}

template <bool align_corners>
__global__ void upsample_bilinear_kernel(const int n, const float* idata, float* odata, int planes, int height1,
                                         int width1, int height2, int width2) {
    const int index = threadIdx.x + blockIdx.x * blockDim.x;
    if (index >= n) return;
    const int w2 = index % width2, h2 = index / width2;
    const float rheight = area_pixel_scale<float>(height1, height2, align_corners);
    const float rwidth = area_pixel_scale<float>(width1, width2, align_corners);
    const float h1r = source_index<float>(rheight, h2, align_corners);
    const int h1 = h1r, h1p = (h1 < height1 - 1) ? 1 : 0;
    const float h1lambda = h1r - h1, h0lambda = 1.0f - h1lambda;
    const float w1r = source_index<float>(rwidth, w2, align_corners);
    const int w1 = w1r, w1p = (w1 < width1 - 1) ? 1 : 0;
    const float w1lambda = w1r - w1, w0lambda = 1.0f - w1lambda;
    for (int c = 0; c < planes; ++c) {
        const float* row = idata + (c * height1 + h1) * width1 + w1;
        const float val = h0lambda * (w0lambda * row[0] + w1lambda * row[w1p]) +
                          h1lambda * (w0lambda * row[h1p * width1] + w1lambda * row[h1p * width1 + w1p]);
        odata[(c * height2 + h2) * width2 + w2] = val;
    }
}

__global__ void upsample_bilinear_backward_kernel(const int n, float* idata, const float* odata, int planes,
                                                  int height1, int width1, int height2, int width2) {
    for (int index = blockIdx.x * blockDim.x + threadIdx.x; index < n; index += gridDim.x * blockDim.x) {
        const int w2 = index % width2, h2 = index / width2 % height2, c = index / (width2 * height2);
        const double h1r = source_index<double>((double)height1 / height2, h2, false);
        const double w1r = source_index<double>((double)width1 / width2, w2, false);
        const int h1 = (int)h1r, w1 = (int)w1r;
        const int h1p = h1 < height1 - 1, w1p = w1 < width1 - 1;
        const float lh = (float)(h1r - h1), lw = (float)(w1r - w1);
        const float d = odata[index];
        float* base = &idata[c * height1 * width1 + h1 * width1 + w1];
        atomicAdd(base, (1.0f - lh) * (1.0f - lw) * d);
        atomicAdd(base + w1p, (1.0f - lh) * lw * d);
        atomicAdd(base + h1p * width1, lh * (1.0f - lw) * d);
        atomicAdd(base + h1p * width1 + w1p, lh * lw * d);
    }
}

// A point outside the image by more than one pixel counts as zero.
__device__ float bilinear_interpolate(const float* data, int height, int width, float y, float x) {
    if (y < -1.0f || y > height || x < -1.0f || x > width) return 0.0f;
    if (y <= 0) y = 0;
    if (x <= 0) x = 0;
    int y_low = (int)y, x_low = (int)x, y_high, x_high;
    if (y_low >= height - 1) {
        y_high = y_low = height - 1;
        y = (float)y_low;
    } else {
        y_high = y_low + 1;
    }
    if (x_low >= width - 1) {
        x_high = x_low = width - 1;
        x = (float)x_low;
    } else {
        x_high = x_low + 1;
    }
    const float ly = y - y_low, lx = x - x_low, hy = 1.0f - ly, hx = 1.0f - lx;
    return hy * hx * data[y_low * width + x_low] + hy * lx * data[y_low * width + x_high] +
           ly * hx * data[y_high * width + x_low] + ly * lx * data[y_high * width + x_high];
}

__global__ void roi_align_kernel(const int n, const float* input, const float* rois, float* output, int channels,
                                 int height, int width, int pooled, int sampling_ratio, float spatial_scale) {
    const int index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= n) return;
    const int pw = index % pooled, ph = (index / pooled) % pooled;
    const int c = (index / pooled / pooled) % channels, roi = index / pooled / pooled / channels;

    const float* offset_rois = rois + roi * 5;
    const int image = (int)offset_rois[0];
    const float roi_x = offset_rois[1] * spatial_scale - 0.5f, roi_y = offset_rois[2] * spatial_scale - 0.5f;
    const float roi_w = offset_rois[3] * spatial_scale - 0.5f - roi_x;
    const float roi_h = offset_rois[4] * spatial_scale - 0.5f - roi_y;
    const float bin_h = roi_h / pooled, bin_w = roi_w / pooled;
    const int grid_h = sampling_ratio > 0 ? sampling_ratio : (int)ceilf(roi_h / pooled);
    const int grid_w = sampling_ratio > 0 ? sampling_ratio : (int)ceilf(roi_w / pooled);
    const float* plane = input + (image * channels + c) * height * width;

    float sum = 0.0f;
    for (int iy = 0; iy < grid_h; iy++) {
        const float y = roi_y + ph * bin_h + (iy + 0.5f) * bin_h / grid_h;
        for (int ix = 0; ix < grid_w; ix++) {
            const float x = roi_x + pw * bin_w + (ix + 0.5f) * bin_w / grid_w;
            sum += bilinear_interpolate(plane, height, width, y, x);
        }
    }
    output[index] = sum / max(grid_h * grid_w, 1);
}

void resize_bilinear(float* out, const float* inp, int planes, int h1, int w1, int h2, int w2, bool align_corners) {
    const int n = h2 * w2;
    if (align_corners)
        upsample_bilinear_kernel<true><<<ceil_div(n, 64), 64>>>(n, inp, out, planes, h1, w1, h2, w2);
    else
        upsample_bilinear_kernel<false><<<ceil_div(n, 64), 64>>>(n, inp, out, planes, h1, w1, h2, w2);
    CUDA_CHECK(cudaGetLastError());
}

void resize_bilinear_backward(float* dinp, const float* dout, int planes, int h1, int w1, int h2, int w2) {
    CUDA_CHECK(cudaMemset(dinp, 0, (size_t)planes * h1 * w1 * sizeof(float)));
    upsample_bilinear_backward_kernel<<<3, 64>>>(planes * h2 * w2, dinp, dout, planes, h1, w1, h2, w2);
    CUDA_CHECK(cudaGetLastError());
}

// rois are [count][image, x1, y1, x2, y2]
void roi_align(float* out, const float* inp, const float* rois, int count, int channels, int height, int width,
               int pooled, int sampling_ratio) {
    const int n = count * channels * pooled * pooled;
    roi_align_kernel<<<ceil_div(n, 128), 128>>>(n, inp, rois, out, channels, height, width, pooled, sampling_ratio, 0.5f);
    CUDA_CHECK(cudaGetLastError());
}

static double sample(const float* p, int H, int W, double y, double x) {
    if (y < -1 || y > H || x < -1 || x > W) return 0;
    y = std::fmin(std::fmax(y, 0.0), H - 1.0), x = std::fmin(std::fmax(x, 0.0), W - 1.0);
    int y0 = (int)y, x0 = (int)x, y1 = y0 + (y0 < H - 1), x1 = x0 + (x0 < W - 1);
    double ly = y - y0, lx = x - x0;
    return (1 - ly) * ((1 - lx) * p[y0 * W + x0] + lx * p[y0 * W + x1]) +
           ly * ((1 - lx) * p[y1 * W + x0] + lx * p[y1 * W + x1]);
}

int main() {
    bool ok = true;
    const int planes = 2, h1 = 7, w1 = 9;
    const int sizes[4][2] = {{1, 1}, {14, 18}, {5, 4}, {10, 13}};
    std::vector<float> x = random_floats(planes * h1 * w1, 610);
    float* d_x = to_device(x);
    for (const auto& s : sizes) {
        const int h2 = s[0], w2 = s[1], n = planes * h2 * w2;
        float *d_y = device_zeros<float>(n), *d_dx = device_zeros<float>(x.size());
        for (int align = 0; align < 2; align++) {
            std::vector<double> want(n);
            for (int i = 0; i < n; i++) {
                int w = i % w2, h = i / w2 % h2;
                double y = align ? (h2 > 1 ? h * (h1 - 1.0) / (h2 - 1) : 0) : (h + 0.5) * h1 / h2 - 0.5;
                double xx = align ? (w2 > 1 ? w * (w1 - 1.0) / (w2 - 1) : 0) : (w + 0.5) * w1 / w2 - 0.5;
                want[i] = sample(&x[i / (h2 * w2) * h1 * w1], h1, w1, std::fmax(y, 0.0), std::fmax(xx, 0.0));
            }
            resize_bilinear(d_y, d_x, planes, h1, w1, h2, w2, align != 0);
            ok = all_close(to_host(d_y, n), want, 1e-5, "resize") && ok;
        }
        // the gradient is the transposed map: <resize(x), y> == <x, backward(y)>
        std::vector<float> dy = random_floats(n, 611), y = to_host((resize_bilinear(d_y, d_x, planes, h1, w1, h2, w2, false), d_y), n);
        float* d_dy = to_device(dy);
        resize_bilinear_backward(d_dx, d_dy, planes, h1, w1, h2, w2);
        std::vector<float> dx = to_host(d_dx, x.size());
        double left = 0, right = 0;
        for (int i = 0; i < n; i++) left += (double)y[i] * dy[i];
        for (size_t i = 0; i < x.size(); i++) right += (double)x[i] * dx[i];
        ok = std::fabs(left - right) < 1e-4 && ok;
        cudaFree(d_y), cudaFree(d_dx), cudaFree(d_dy);
    }

    const int count = 4, pooled = 3;
    const std::vector<float> rois = {0, 1, 2, 13, 11, 0, 0, 0, 5, 4, 0, -8, -6, 9, 30, 0, 40, 40, 44, 48};
    for (int ratio : {0, 2}) {
        std::vector<double> want(count * planes * pooled * pooled);
        for (size_t i = 0; i < want.size(); i++) {
            int pw = i % pooled, ph = i / pooled % pooled, c = i / (pooled * pooled) % planes;
            const float* r = &rois[5 * (i / (pooled * pooled * planes))];
            double x0 = r[1] * 0.5 - 0.5, y0 = r[2] * 0.5 - 0.5, bw = (r[3] * 0.5 - 0.5 - x0) / pooled,
                   bh = (r[4] * 0.5 - 0.5 - y0) / pooled;
            int gh = ratio ? ratio : (int)std::ceil(bh), gw = ratio ? ratio : (int)std::ceil(bw);
            for (int iy = 0; iy < gh; iy++)
                for (int ix = 0; ix < gw; ix++)
                    want[i] += sample(&x[c * h1 * w1], h1, w1, y0 + ph * bh + (iy + 0.5) * bh / gh,
                                      x0 + pw * bw + (ix + 0.5) * bw / gw) / (gh * gw);
        }
        float *d_rois = to_device(rois), *d_out = device_zeros<float>(want.size());
        roi_align(d_out, d_x, d_rois, count, planes, h1, w1, pooled, ratio);
        ok = all_close(to_host(d_out, want.size()), want, 1e-4, "roi align") && ok;
        cudaFree(d_rois), cudaFree(d_out);
    }
    cudaFree(d_x);
    return report(ok);
}
