// Row 21, style X: index shuffles without arithmetic on the data: roll by any shift, tile,
// repeat_interleave.
#include "check.h"

// one loop macro for all kernels of the file
#define KERNEL_LOOP(i, n) for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < (n); i += blockDim.x * gridDim.x)

template <typename scalar_t>
__global__ void roll_kernel(const int count, scalar_t* out, const scalar_t* inp, int dim, int inner, int shift) {
    KERNEL_LOOP(index, count) {
        const int k = index % inner;
        const int j = (index / inner) % dim;
        const int i = index / (inner * dim);
        int from = (j - shift) % dim;
        if (from < 0) from += dim;  // the remainder has the sign of the dividend
        out[index] = inp[(i * dim + from) * inner + k];
    }
}

template <typename scalar_t>
__global__ void tile_kernel(const int count, scalar_t* out, const scalar_t* inp, int cols, int rows, int times_x) {
    KERNEL_LOOP(index, count) {
        int wide = cols * times_x;
        int x = index % wide, y = index / wide;
        out[index] = inp[(y % rows) * cols + x % cols];
    }
}

template <typename scalar_t>
__global__ void repeat_interleave_kernel(const int count, scalar_t* out, const scalar_t* inp, int repeats, int inner) {
    KERNEL_LOOP(index, count) {
        out[index] = inp[index / (repeats * inner) * inner + index % inner];
    }
}

static int blocks_for(int count, int block_size) {
    int blocks = (count + block_size - 1) / block_size;
    return blocks < 6 ? blocks : 6;
}

void roll(float* out, const float* inp, int outer, int dim, int inner, int shift, int block_size) {
    const int count = outer * dim * inner;
    roll_kernel<float><<<blocks_for(count, block_size), block_size>>>(count, out, inp, dim, inner, shift);
}

void tile2d(int* out, const int* inp, int rows, int cols, int times_y, int times_x) {
    const int count = rows * cols * times_y * times_x;
    tile_kernel<<<blocks_for(count, 128), 128>>>(count, out, inp, cols, rows, times_x);
}

void repeat_interleave(short* out, const short* inp, int rows, int inner, int repeats) {
    const int count = rows * inner * repeats;
    repeat_interleave_kernel<<<blocks_for(count, 64), 64>>>(count, out, inp, repeats, inner);
}

int main() {
    bool ok = true;
    const int outer = 3, dim = 17, inner = 5, n = outer * dim * inner;
    std::vector<float> x = random_floats(n, 130), want(n);
    float *d_x = to_device(x), *d_y = device_zeros<float>(n);
    for (int shift : {0, 3, -4, 40, -100}) {
        for (int i = 0; i < outer; i++)
            for (int j = 0; j < dim; j++)
                for (int k = 0; k < inner; k++) {
                    int to = (((j + shift) % dim) + dim) % dim;
                    want[(i * dim + to) * inner + k] = x[(i * dim + j) * inner + k];
                }
        roll(d_y, d_x, outer, dim, inner, shift, 32);
        ok = all_close(to_host(d_y, n), want, 0.0, "roll") && ok;
    }

    const int rows = 5, cols = 7, ty = 3, tx = 4;
    std::vector<int> m = random_ints(rows * cols, 131, 0, 1000), tiled(rows * cols * ty * tx);
    for (int y = 0; y < rows * ty; y++)
        for (int c = 0; c < cols * tx; c++) tiled[y * cols * tx + c] = m[(y % rows) * cols + c % cols];
    int *d_m = to_device(m), *d_t = device_zeros<int>(tiled.size());
    tile2d(d_t, d_m, rows, cols, ty, tx);
    ok = all_close(to_host(d_t, tiled.size()), tiled, 0.0, "tile") && ok;

    std::vector<short> s(rows * cols), repeated;
    for (int i = 0; i < rows * cols; i++) s[i] = (short)(i * 37 - 500);
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < 3; k++)
            for (int c = 0; c < cols; c++) repeated.push_back(s[r * cols + c]);
    short *d_s = to_device(s), *d_r = device_zeros<short>(repeated.size());
    repeat_interleave(d_r, d_s, rows, cols, 3);
    ok = all_close(to_host(d_r, repeated.size()), repeated, 0.0, "repeat interleave") && ok;
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_m), cudaFree(d_t), cudaFree(d_s), cudaFree(d_r);
    return report(ok);
}
