// Row 28, style X: im2col with kernel size, padding, stride and dilation, and col2im in two forms: gather
// (fixed order) and scatter with float atomics (order not fixed).
#include "check.h"

#define CUDA_1D_KERNEL_LOOP(i, n) \
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < (n); i += blockDim.x * gridDim.x)

struct ConvGeometry {
    int channels, height, width;
    int kernel_h, kernel_w;
    int pad_h, pad_w;
    int stride_h, stride_w;
    int dilation_h, dilation_w;
    int out_h, out_w;
};

template <typename T>
__global__ void im2col_kernel(const int n, T* data_col, const T* data_im, const ConvGeometry g) {
    CUDA_1D_KERNEL_LOOP(index, n) {
        const int w_col = index % g.out_w;
        const int h_index = index / g.out_w;
        const int h_col = h_index % g.out_h;
        const int c_im = h_index / g.out_h;
        const int c_col = c_im * g.kernel_h * g.kernel_w;
        const int h_offset = h_col * g.stride_h - g.pad_h;
        const int w_offset = w_col * g.stride_w - g.pad_w;
        T* col_ptr = data_col;
        col_ptr += (c_col * g.out_h + h_col) * g.out_w + w_col;
        const T* im_ptr = data_im;
        im_ptr += c_im * g.height * g.width;
        for (int i = 0; i < g.kernel_h; ++i) {
            for (int j = 0; j < g.kernel_w; ++j) {
                int h_im = h_offset + i * g.dilation_h;
                int w_im = w_offset + j * g.dilation_w;
                *col_ptr = (h_im >= 0 && w_im >= 0 && h_im < g.height && w_im < g.width)
                               ? im_ptr[h_im * g.width + w_im]
                               : static_cast<T>(0);
                col_ptr += g.out_h * g.out_w;
            }
        }
    }
}

// One thread per pixel adds up every column entry that came from it.
template <typename T>
__global__ void col2im_gather_kernel(const int n, T* data_im, const T* data_col, const ConvGeometry g) {
    CUDA_1D_KERNEL_LOOP(index, n) {
        T val = 0;
        const int w_im = index % g.width + g.pad_w;
        const int h_im = (index / g.width) % g.height + g.pad_h;
        const int c_im = index / (g.width * g.height);
        for (int i = 0; i < g.kernel_h; ++i) {
            const int h = h_im - i * g.dilation_h;
            if (h < 0 || h % g.stride_h != 0) continue;
            const int h_col = h / g.stride_h;
            if (h_col >= g.out_h) continue;
            for (int j = 0; j < g.kernel_w; ++j) {
                const int w = w_im - j * g.dilation_w;
                if (w < 0 || w % g.stride_w != 0) continue;
                const int w_col = w / g.stride_w;
                if (w_col >= g.out_w) continue;
                val += data_col[(((c_im * g.kernel_h + i) * g.kernel_w + j) * g.out_h + h_col) * g.out_w + w_col];
            }
        }
        data_im[index] = val;
    }
}

__global__ void col2im_scatter_kernel(const int n, float* data_im, const float* data_col, const ConvGeometry g) {
    CUDA_1D_KERNEL_LOOP(index, n) {
        int rest = index;
        const int w_col = rest % g.out_w;
        rest /= g.out_w;
        const int h_col = rest % g.out_h;
        rest /= g.out_h;
        const int j = rest % g.kernel_w;
        rest /= g.kernel_w;
        const int i = rest % g.kernel_h;
        const int c = rest / g.kernel_h;
        const int h_im = h_col * g.stride_h - g.pad_h + i * g.dilation_h;
        const int w_im = w_col * g.stride_w - g.pad_w + j * g.dilation_w;
        if (h_im >= 0 && h_im < g.height && w_im >= 0 && w_im < g.width) {
            atomicAdd(data_im + (c * g.height + h_im) * g.width + w_im, data_col[index]);
        }
    }
}

static ConvGeometry geometry(int channels, int height, int width, int kernel, int pad, int stride, int dilation) {
    ConvGeometry g;
    g.channels = channels, g.height = height, g.width = width;
    g.kernel_h = kernel, g.kernel_w = kernel;
    g.pad_h = pad, g.pad_w = pad;
    g.stride_h = stride, g.stride_w = stride;
    g.dilation_h = dilation, g.dilation_w = dilation;
    g.out_h = (height + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    g.out_w = (width + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    return g;
}

void im2col(float* col, const float* im, int channels, int height, int width, int kernel, int pad, int stride,
            int dilation) {
    ConvGeometry g = geometry(channels, height, width, kernel, pad, stride, dilation);
    const int n = channels * g.out_h * g.out_w;
    im2col_kernel<float><<<ceil_div(n, 128), 128>>>(n, col, im, g);
}

void col2im_gather(float* im, const float* col, int channels, int height, int width, int kernel, int pad, int stride,
                   int dilation) {
    ConvGeometry g = geometry(channels, height, width, kernel, pad, stride, dilation);
    const int n = channels * height * width;
    col2im_gather_kernel<<<2, 64>>>(n, im, col, g);
}

void col2im_scatter(float* im, const float* col, int channels, int height, int width, int kernel, int pad, int stride,
                    int dilation) {
    ConvGeometry g = geometry(channels, height, width, kernel, pad, stride, dilation);
    const int n = channels * kernel * kernel * g.out_h * g.out_w;
    CUDA_CHECK(cudaMemset(im, 0, (size_t)channels * height * width * sizeof(float)));
    col2im_scatter_kernel<<<ceil_div(n, 256), 256>>>(n, im, col, g);
}

int main() {
    bool ok = true;
    const int cases[3][4] = {{3, 1, 1, 1}, {3, 2, 2, 2}, {2, 0, 3, 1}};  // kernel, pad, stride, dilation
    const int C = 2, H = 9, W = 11;
    std::vector<float> im = random_floats(C * H * W, 200);
    float *d_im = to_device(im), *d_back = device_zeros<float>(im.size());
    for (const auto& k : cases) {
        ConvGeometry g = geometry(C, H, W, k[0], k[1], k[2], k[3]);
        const int rows = C * k[0] * k[0], cols = g.out_h * g.out_w;
        std::vector<float> col(rows * cols, 0.0f);
        std::vector<double> back(im.size(), 0.0);
        for (int r = 0; r < rows; r++)
            for (int p = 0; p < cols; p++) {
                int c = r / (k[0] * k[0]), i = r / k[0] % k[0], j = r % k[0];
                int h = p / g.out_w * k[2] - k[1] + i * k[3], w = p % g.out_w * k[2] - k[1] + j * k[3];
                if (h < 0 || w < 0 || h >= H || w >= W) continue;
                col[r * cols + p] = im[(c * H + h) * W + w];
                back[(c * H + h) * W + w] += col[r * cols + p];
            }
        float* d_col = device_zeros<float>(col.size());
        im2col(d_col, d_im, C, H, W, k[0], k[1], k[2], k[3]);
        ok = all_close(to_host(d_col, col.size()), col, 0.0, "im2col") && ok;
        col2im_gather(d_back, d_col, C, H, W, k[0], k[1], k[2], k[3]);
        ok = all_close(to_host(d_back, im.size()), back, 1e-5, "col2im gather") && ok;
        col2im_scatter(d_back, d_col, C, H, W, k[0], k[1], k[2], k[3]);
        ok = all_close(to_host(d_back, im.size()), back, 1e-5, "col2im scatter") && ok;
        cudaFree(d_col);
    }
    cudaFree(d_im), cudaFree(d_back);
    return report(ok);
}
