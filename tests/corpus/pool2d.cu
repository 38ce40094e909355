// Row 67, style X: max and average pooling, forward and backward. The max backward scatters with float
// atomics when windows overlap (any order); the average backward gathers.
#include "check.h"

#define KERNEL_LOOP(i, n) for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < (n); i += blockDim.x * gridDim.x)

struct Pool {
    int height, width, out_height, out_width;
    int kernel, stride, pad;
};

__global__ void max_pool_forward_kernel(const int n, float* top, int* argmax, const float* bottom, Pool p) {
    KERNEL_LOOP(index, n) {
        const int pw = index % p.out_width;
        const int ph = (index / p.out_width) % p.out_height;
        const int plane = index / (p.out_width * p.out_height);
        int hstart = ph * p.stride - p.pad;
        int wstart = pw * p.stride - p.pad;
        const int hend = min(hstart + p.kernel, p.height);
        const int wend = min(wstart + p.kernel, p.width);
        hstart = max(hstart, 0);
        wstart = max(wstart, 0);
        float maxval = -INFINITY;
        int maxidx = -1;
        const float* slice = bottom + plane * p.height * p.width;
        for (int h = hstart; h < hend; ++h) {
            for (int w = wstart; w < wend; ++w) {
                if (slice[h * p.width + w] > maxval) {
                    maxidx = h * p.width + w;
                    maxval = slice[maxidx];
                }
            }
        }
        top[index] = maxval;
        argmax[index] = maxidx;
    }
}

__global__ void max_pool_backward_kernel(const int n, float* bottom_diff, const float* top_diff, const int* argmax,
                                         Pool p) {
    KERNEL_LOOP(index, n) {
        const int target = argmax[index];
        if (target < 0) continue;
        const int plane = index / (p.out_width * p.out_height);
        atomicAdd(bottom_diff + plane * p.height * p.width + target, top_diff[index]);
    }
}

template <bool COUNT_PADDING>
__device__ inline int window_size(int h, int w, const Pool& p) {
    const int hstart = h * p.stride - p.pad, wstart = w * p.stride - p.pad;
    int hend = min(hstart + p.kernel, p.height + p.pad), wend = min(wstart + p.kernel, p.width + p.pad);
    if (COUNT_PADDING) return (hend - hstart) * (wend - wstart);
    return (min(hend, p.height) - max(hstart, 0)) * (min(wend, p.width) - max(wstart, 0));
}

template <bool COUNT_PADDING>
__global__ void avg_pool_forward_kernel(const int n, float* top, const float* bottom, Pool p) {
    KERNEL_LOOP(index, n) {
        const int pw = index % p.out_width, ph = index / p.out_width % p.out_height;
        const float* slice = bottom + index / (p.out_width * p.out_height) * p.height * p.width;
        float sum = 0;
        for (int h = max(ph * p.stride - p.pad, 0); h < min(ph * p.stride - p.pad + p.kernel, p.height); ++h)
            for (int w = max(pw * p.stride - p.pad, 0); w < min(pw * p.stride - p.pad + p.kernel, p.width); ++w)
                sum += slice[h * p.width + w];
        top[index] = sum / window_size<COUNT_PADDING>(ph, pw, p);
    }
}

template <bool COUNT_PADDING>
__global__ void avg_pool_backward_kernel(const int n, float* bottom_diff, const float* top_diff, Pool p) {
    KERNEL_LOOP(index, n) {
        const int w = index % p.width + p.pad, h = index / p.width % p.height + p.pad;
        const float* slice = top_diff + index / (p.width * p.height) * p.out_height * p.out_width;
        const int phstart = (h < p.kernel) ? 0 : (h - p.kernel) / p.stride + 1;
        const int phend = min(h / p.stride + 1, p.out_height);
        const int pwstart = (w < p.kernel) ? 0 : (w - p.kernel) / p.stride + 1;
        const int pwend = min(w / p.stride + 1, p.out_width);
        float gradient = 0;
        for (int ph = phstart; ph < phend; ++ph) {
            for (int pw = pwstart; pw < pwend; ++pw) {
                gradient += slice[ph * p.out_width + pw] / window_size<COUNT_PADDING>(ph, pw, p);
            }
        }
        bottom_diff[index] = gradient;
    }
}

static Pool make_pool(int height, int width, int kernel, int stride, int pad) {
    return Pool{height, width, (height + 2 * pad - kernel) / stride + 1, (width + 2 * pad - kernel) / stride + 1,
                kernel, stride, pad};
}

void max_pool_forward(float* top, int* argmax, const float* bottom, int planes, int height, int width, int kernel,
                      int stride, int pad) {
    Pool p = make_pool(height, width, kernel, stride, pad);
    const int n = planes * p.out_height * p.out_width;
    max_pool_forward_kernel<<<ceil_div(n, 128), 128>>>(n, top, argmax, bottom, p);
}

void max_pool_backward(float* bottom_diff, const float* top_diff, const int* argmax, int planes, int height, int width,
                       int kernel, int stride, int pad) {
    Pool p = make_pool(height, width, kernel, stride, pad);
    const int n = planes * p.out_height * p.out_width;
    CUDA_CHECK(cudaMemset(bottom_diff, 0, (size_t)planes * height * width * sizeof(float)));
    max_pool_backward_kernel<<<2, 64>>>(n, bottom_diff, top_diff, argmax, p);
}

void avg_pool_forward(float* top, const float* bottom, int planes, int height, int width, int kernel, int stride,
                      int pad, bool count_padding) {
    Pool p = make_pool(height, width, kernel, stride, pad);
    const int n = planes * p.out_height * p.out_width;
    if (count_padding)
        avg_pool_forward_kernel<true><<<ceil_div(n, 128), 128>>>(n, top, bottom, p);
    else
        avg_pool_forward_kernel<false><<<ceil_div(n, 128), 128>>>(n, top, bottom, p);
}

void avg_pool_backward(float* bottom_diff, const float* top_diff, int planes, int height, int width, int kernel,
                       int stride, int pad, bool count_padding) {
    Pool p = make_pool(height, width, kernel, stride, pad);
    const int n = planes * height * width;
    if (count_padding)
        avg_pool_backward_kernel<true><<<ceil_div(n, 64), 64>>>(n, bottom_diff, top_diff, p);
    else
        avg_pool_backward_kernel<false><<<ceil_div(n, 64), 64>>>(n, bottom_diff, top_diff, p);
}

int main() {
    bool ok = true;
    const int planes = 3, H = 13, W = 10, n = planes * H * W;
    const int cases[3][3] = {{2, 2, 0}, {3, 2, 1}, {3, 1, 1}};  // kernel, stride, pad
    for (const auto& k : cases) {
        Pool p = make_pool(H, W, k[0], k[1], k[2]);
        const int m = planes * p.out_height * p.out_width;
        std::vector<float> x = random_floats(n, 600), dy = random_floats(m, 601);
        std::vector<double> peak(m, -1e30), dmax(n, 0.0), avg[2], davg[2];
        std::vector<int> where(m, -1);
        for (int pad = 0; pad < 2; pad++) avg[pad].assign(m, 0.0), davg[pad].assign(n, 0.0);
        for (int i = 0; i < m; i++) {
            int pw = i % p.out_width, ph = i / p.out_width % p.out_height, plane = i / (p.out_width * p.out_height);
            int count[2] = {0, 0};
            for (int round = 0; round < 2; round++)
                for (int h = ph * k[1] - k[2]; h < ph * k[1] - k[2] + k[0]; h++)
                    for (int w = pw * k[1] - k[2]; w < pw * k[1] - k[2] + k[0]; w++) {
                        bool inside = h >= 0 && w >= 0 && h < H && w < W;
                        int at = (plane * H + h) * W + w;
                        if (round == 0) {
                            count[0] += inside, count[1] += h < H + k[2] && w < W + k[2];
                            if (inside && x[at] > peak[i]) peak[i] = x[at], where[i] = h * W + w;
                        } else if (inside) {
                            for (int c = 0; c < 2; c++) {
                                avg[c][i] += (double)x[at] / count[c];
                                davg[c][at] += (double)dy[i] / count[c];
                            }
                        }
                    }
            dmax[plane * H * W + where[i]] += dy[i];
        }
        float *d_x = to_device(x), *d_dy = to_device(dy), *d_y = device_zeros<float>(m), *d_dx = device_zeros<float>(n);
        int* d_arg = device_zeros<int>(m);
        max_pool_forward(d_y, d_arg, d_x, planes, H, W, k[0], k[1], k[2]);
        ok = all_close(to_host(d_y, m), peak, 0.0, "max") && all_close(to_host(d_arg, m), where, 0.0, "argmax") && ok;
        max_pool_backward(d_dx, d_dy, d_arg, planes, H, W, k[0], k[1], k[2]);
        ok = all_close(to_host(d_dx, n), dmax, 1e-5, "max backward") && ok;
        for (int pad = 0; pad < 2; pad++) {
            avg_pool_forward(d_y, d_x, planes, H, W, k[0], k[1], k[2], pad != 0);
            ok = all_close(to_host(d_y, m), avg[pad], 1e-5, "average") && ok;
            avg_pool_backward(d_dx, d_dy, planes, H, W, k[0], k[1], k[2], pad != 0);
            ok = all_close(to_host(d_dx, n), davg[pad], 1e-5, "average backward") && ok;
        }
        cudaFree(d_x), cudaFree(d_dy), cudaFree(d_y), cudaFree(d_dx), cudaFree(d_arg);
    }
    return report(ok);
}
