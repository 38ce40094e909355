// Row 64, style E: direct 2-D convolution, one thread per output; the memory layout is a trait given as
// template argument and the geometry a record passed by value.
#include "check.h"

struct ConvParams {
    int in_h, in_w, out_h, out_w;
    int kernel_h, kernel_w;
    int stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
    int in_channels, out_channels, batch;
};

struct KernelBounds {
    int y_min, y_max, x_min, x_max;
};

__host__ __device__ inline int max_of(int a, int b) { return a > b ? a : b; }
__host__ __device__ inline int min_of(int a, int b) { return a < b ? a : b; }

// The taps that fall inside the image, so that the inner loops need no test.
__device__ KernelBounds bounds_of(int out_y, int out_x, const ConvParams& p) {
    KernelBounds b;
    const int y0 = out_y * p.stride_h - p.pad_h, x0 = out_x * p.stride_w - p.pad_w;
    b.y_min = max_of(0, (-y0 + p.dilation_h - 1) / p.dilation_h);
    b.y_max = min_of(p.kernel_h, (p.in_h - y0 + p.dilation_h - 1) / p.dilation_h);
    b.x_min = max_of(0, (-x0 + p.dilation_w - 1) / p.dilation_w);
    b.x_max = min_of(p.kernel_w, (p.in_w - x0 + p.dilation_w - 1) / p.dilation_w);
    return b;
}

struct NCHW {
    __device__ static int input(int n, int c, int y, int x, const ConvParams& p) {
        return ((n * p.in_channels + c) * p.in_h + y) * p.in_w + x;
    }
    __device__ static int output(int n, int c, int y, int x, const ConvParams& p) {
        return ((n * p.out_channels + c) * p.out_h + y) * p.out_w + x;
    }
    __device__ static void unpack(int i, const ConvParams& p, int& n, int& c, int& y, int& x) {
        x = i % p.out_w;
        y = i / p.out_w % p.out_h;
        c = i / (p.out_w * p.out_h) % p.out_channels;
        n = i / (p.out_w * p.out_h * p.out_channels);
    }
};

struct NHWC {
    __device__ static int input(int n, int c, int y, int x, const ConvParams& p) {
        return ((n * p.in_h + y) * p.in_w + x) * p.in_channels + c;
    }
    __device__ static int output(int n, int c, int y, int x, const ConvParams& p) {
        return ((n * p.out_h + y) * p.out_w + x) * p.out_channels + c;
    }
    __device__ static void unpack(int i, const ConvParams& p, int& n, int& c, int& y, int& x) {
        c = i % p.out_channels;
        i /= p.out_channels;
        x = i % p.out_w;
        i /= p.out_w;
        y = i % p.out_h;
        n = i / p.out_h;
    }
};

// weights are [out][in][ky][kx] in both layouts
template <typename T, typename Layout>
__global__ void conv2d_kernel(const T* __restrict__ input, const T* __restrict__ weight, T* __restrict__ output,
                              const ConvParams p) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const int total = p.batch * p.out_channels * p.out_h * p.out_w;
    if (i >= total) return;
    int n, c_out, y, x;
    Layout::unpack(i, p, n, c_out, y, x);
    const KernelBounds b = bounds_of(y, x, p);
    T acc = 0;
    for (int c = 0; c < p.in_channels; ++c) {
        const T* taps = weight + (c_out * p.in_channels + c) * p.kernel_h * p.kernel_w;
        for (int ky = b.y_min; ky < b.y_max; ++ky) {
            const int in_y = y * p.stride_h - p.pad_h + ky * p.dilation_h;
            for (int kx = b.x_min; kx < b.x_max; ++kx) {
                const int in_x = x * p.stride_w - p.pad_w + kx * p.dilation_w;
                acc += input[Layout::input(n, c, in_y, in_x, p)] * taps[ky * p.kernel_w + kx];
            }
        }
    }
    output[Layout::output(n, c_out, y, x, p)] = acc;
}

static ConvParams make_params(int batch, int in_channels, int out_channels, int h, int w, int kernel, int stride,
                              int pad, int dilation) {
    ConvParams p;
    p.batch = batch, p.in_channels = in_channels, p.out_channels = out_channels, p.in_h = h, p.in_w = w;
    p.kernel_h = p.kernel_w = kernel;
    p.stride_h = p.stride_w = stride;
    p.pad_h = p.pad_w = pad;
    p.dilation_h = p.dilation_w = dilation;
    p.out_h = (h + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    p.out_w = (w + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    return p;
}

void conv2d_nchw(float* out, const float* inp, const float* weight, int batch, int in_channels, int out_channels, int h,
                 int w, int kernel, int stride, int pad, int dilation) {
    ConvParams p = make_params(batch, in_channels, out_channels, h, w, kernel, stride, pad, dilation);
    const int total = batch * out_channels * p.out_h * p.out_w;
    conv2d_kernel<float, NCHW><<<ceil_div(total, 128), 128>>>(inp, weight, out, p);
    CUDA_CHECK(cudaGetLastError());
}

void conv2d_nhwc(double* out, const double* inp, const double* weight, int batch, int in_channels, int out_channels,
                 int h, int w, int kernel, int stride, int pad, int dilation) {
    ConvParams p = make_params(batch, in_channels, out_channels, h, w, kernel, stride, pad, dilation);
    const int total = batch * out_channels * p.out_h * p.out_w;
    conv2d_kernel<double, NHWC><<<ceil_div(total, 64), 64>>>(inp, weight, out, p);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int batch = 2, ci = 3, co = 4, h = 11, w = 8;
    const int cases[4][4] = {{1, 1, 0, 1}, {3, 1, 1, 1}, {3, 2, 2, 1}, {3, 1, 3, 2}};  // kernel, stride, pad, dilation
    for (const auto& k : cases) {
        const ConvParams p = make_params(batch, ci, co, h, w, k[0], k[1], k[2], k[3]);
        const int n_out = batch * co * p.out_h * p.out_w;
        std::vector<float> x = random_floats(batch * ci * h * w, 560), taps = random_floats(co * ci * k[0] * k[0], 561);
        std::vector<double> want(n_out), want_last(n_out), x_last(x.size()), taps_d(taps.begin(), taps.end());
        for (int b = 0; b < batch; b++)
            for (int c = 0; c < ci; c++)
                for (int i = 0; i < h * w; i++) x_last[(b * h * w + i) * ci + c] = x[(b * ci + c) * h * w + i];
        for (int b = 0; b < batch; b++)
            for (int o = 0; o < co; o++)
                for (int y = 0; y < p.out_h; y++)
                    for (int xo = 0; xo < p.out_w; xo++) {
                        double sum = 0;
                        for (int c = 0; c < ci; c++)
                            for (int ky = 0; ky < k[0]; ky++)
                                for (int kx = 0; kx < k[0]; kx++) {
                                    int iy = y * k[1] - k[2] + ky * k[3], ix = xo * k[1] - k[2] + kx * k[3];
                                    if (iy < 0 || ix < 0 || iy >= h || ix >= w) continue;
                                    sum += (double)x[((b * ci + c) * h + iy) * w + ix] *
                                           taps[((o * ci + c) * k[0] + ky) * k[0] + kx];
                                }
                        want[((b * co + o) * p.out_h + y) * p.out_w + xo] = sum;
                        want_last[((b * p.out_h + y) * p.out_w + xo) * co + o] = sum;
                    }
        float *d_x = to_device(x), *d_w = to_device(taps), *d_y = device_zeros<float>(n_out);
        double *d_xd = to_device(x_last), *d_wd = to_device(taps_d), *d_yd = device_zeros<double>(n_out);
        conv2d_nchw(d_y, d_x, d_w, batch, ci, co, h, w, k[0], k[1], k[2], k[3]);
        ok = all_close(to_host(d_y, n_out), want, 1e-5, "nchw") && ok;
        conv2d_nhwc(d_yd, d_xd, d_wd, batch, ci, co, h, w, k[0], k[1], k[2], k[3]);
        ok = all_close(to_host(d_yd, n_out), want_last, 1e-12, "nhwc") && ok;
        cudaFree(d_x), cudaFree(d_w), cudaFree(d_y), cudaFree(d_xd), cudaFree(d_wd), cudaFree(d_yd);
    }
    return report(ok);
}
