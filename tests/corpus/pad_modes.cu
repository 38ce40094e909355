// Row 19, style E: padding of images at all four sides: constant, reflect, replicate and circular. The
// source index helper folds any distance, so that a pad may be larger than the image.
#include "check.h"

enum class PadMode : int { Constant, Reflect, Replicate, Circular };

// Index inside [0, size), or -1 when the constant applies.
__device__ int source_index(int i, int size, PadMode mode) {
    switch (mode) {
        case PadMode::Constant:
            return i >= 0 && i < size ? i : -1;
        case PadMode::Replicate:
            return min(max(i, 0), size - 1);
        case PadMode::Circular:
            if (i < 0) {
                do {
                    i += size;
                } while (i < 0);
            } else {
                while (i >= size) i -= size;
            }
            return i;
        case PadMode::Reflect:
        default: {
            if (size == 1) return 0;
            const int period = 2 * (size - 1);
            i = abs(i) % period;
            return i < size ? i : period - i;
        }
    }
}

__global__ void pad2d_kernel(float* out, const float* inp, int height, int width, int top, int left, int out_height,
                             int out_width, PadMode mode, float value) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    const int plane = blockIdx.z;
    if (x >= out_width || y >= out_height) return;

    const int sx = source_index(x - left, width, mode);
    const int sy = source_index(y - top, height, mode);
    float result = value;
    if (sx >= 0 && sy >= 0) result = inp[(plane * height + sy) * width + sx];
    out[(plane * out_height + y) * out_width + x] = result;
}

// Gradient of reflect padding along one row: mirrored positions add up, so the sum is atomic and
// its order is not fixed.
__global__ void pad1d_reflect_backward_kernel(float* dinp, const float* dout, int width, int left, int out_width) {
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= out_width) return;
    int row = blockIdx.y;
    atomicAdd(dinp + row * width + source_index(x - left, width, PadMode::Reflect), dout[row * out_width + x]);
}

void pad2d(float* out, const float* inp, int planes, int height, int width, int top, int bottom, int left, int right,
           int mode, float value) {
    const int out_height = height + top + bottom, out_width = width + left + right;
    dim3 block(16, 8);
    dim3 grid(ceil_div(out_width, 16), ceil_div(out_height, 8), planes);
    pad2d_kernel<<<grid, block>>>(out, inp, height, width, top, left, out_height, out_width,
                                  static_cast<PadMode>(mode), value);
    CUDA_CHECK(cudaGetLastError());
}

void pad1d_reflect_backward(float* dinp, const float* dout, int rows, int width, int left, int right) {
    const int out_width = width + left + right;
    CUDA_CHECK(cudaMemset(dinp, 0, (size_t)rows * width * sizeof(float)));
    dim3 grid(ceil_div(out_width, 64), rows);
    pad1d_reflect_backward_kernel<<<grid, 64>>>(dinp, dout, width, left, out_width);
}

static int source_cpu(int i, int size, int mode) {
    if (mode == 0) return i >= 0 && i < size ? i : -1;
    if (mode == 2) return i < 0 ? 0 : (i >= size ? size - 1 : i);
    if (mode == 3) return ((i % size) + size) % size;
    while (i < 0 || i >= size) {
        if (i < 0) i = -i;
        if (i >= size) i = 2 * (size - 1) - i;
    }
    return i;
}

int main() {
    const int planes = 2, height = 7, width = 9, top = 10, bottom = 3, left = 5, right = 20;
    const int oh = height + top + bottom, ow = width + left + right;
    std::vector<float> x = random_floats(planes * height * width, 120), want(planes * oh * ow);
    float *d_x = to_device(x), *d_out = device_zeros<float>(want.size());
    bool ok = true;
    for (int mode = 0; mode < 4; mode++) {
        for (int p = 0; p < planes; p++)
            for (int r = 0; r < oh; r++)
                for (int c = 0; c < ow; c++) {
                    int sy = source_cpu(r - top, height, mode), sx = source_cpu(c - left, width, mode);
                    want[(p * oh + r) * ow + c] = sx < 0 || sy < 0 ? 2.5f : x[(p * height + sy) * width + sx];
                }
        pad2d(d_out, d_x, planes, height, width, top, bottom, left, right, mode, 2.5f);
        ok = all_close(to_host(d_out, want.size()), want, 0.0, "pad") && ok;
    }

    const int rows = 6, out_width = width + 4 + 6;
    std::vector<float> dout = random_floats(rows * out_width, 121);
    std::vector<double> dinp(rows * width, 0.0);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < out_width; c++) dinp[r * width + source_cpu(c - 4, width, 1)] += dout[r * out_width + c];
    float *d_dout = to_device(dout), *d_dinp = device_zeros<float>(rows * width);
    pad1d_reflect_backward(d_dinp, d_dout, rows, width, 4, 6);
    ok = all_close(to_host(d_dinp, rows * width), dinp, 1e-5, "pad backward") && ok;
    cudaFree(d_x), cudaFree(d_out), cudaFree(d_dout), cudaFree(d_dinp);
    return report(ok);
}
