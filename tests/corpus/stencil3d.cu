// Row 70, style H: heat equation: a 2-D step with a shared halo tile, and a 3-D seven-point step that
// marches along z with the neighbours in registers. Boundary cells keep their value.
#include "check.h"

#define TILE_X 16
#define TILE_Y 8
#define IN(x, y, z) in[((z) * ny + (y)) * nx + (x)]

template <typename real>
__global__ void heat2d_kernel(real* out, const real* in, int nx, int ny, real alpha) {
    __shared__ real tile[TILE_Y + 2][TILE_X + 2];
    const int x = blockIdx.x * TILE_X + threadIdx.x, y = blockIdx.y * TILE_Y + threadIdx.y;
    const int tx = threadIdx.x + 1, ty = threadIdx.y + 1;
    const bool inside = x < nx && y < ny;
    if (inside) {
        tile[ty][tx] = in[y * nx + x];
        if (threadIdx.x == 0 && x > 0) tile[ty][0] = in[y * nx + x - 1];
        if (threadIdx.x == TILE_X - 1 && x + 1 < nx) tile[ty][TILE_X + 1] = in[y * nx + x + 1];
        if (threadIdx.y == 0 && y > 0) tile[0][tx] = in[(y - 1) * nx + x];
        if (threadIdx.y == TILE_Y - 1 && y + 1 < ny) tile[TILE_Y + 1][tx] = in[(y + 1) * nx + x];
    }
    __syncthreads();
    if (!inside) return;
    if (x == 0 || y == 0 || x == nx - 1 || y == ny - 1) {
        out[y * nx + x] = tile[ty][tx];
        return;
    }
    out[y * nx + x] = tile[ty][tx] + alpha * (tile[ty][tx - 1] + tile[ty][tx + 1] + tile[ty - 1][tx] + tile[ty + 1][tx] -
                                              4 * tile[ty][tx]);
}

__global__ void heat3d_kernel(double* __restrict__ out, const double* __restrict__ in, int nx, int ny, int nz,
                              double alpha) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= nx || y >= ny) return;
    const bool edge = x == 0 || y == 0 || x == nx - 1 || y == ny - 1;
    double below = 0.0, here = IN(x, y, 0), above = nz > 1 ? IN(x, y, 1) : 0.0;
    out[y * nx + x] = here;
    for (int z = 1; z < nz; ++z) {
        below = here;
        here = above;
        if (z + 1 < nz) above = IN(x, y, z + 1);
        double result = here;
        if (!edge && z < nz - 1) {
            result += alpha * (IN(x - 1, y, z) + IN(x + 1, y, z) + IN(x, y - 1, z) + IN(x, y + 1, z) + below + above -
                               6.0 * here);
        }
        out[(z * ny + y) * nx + x] = result;
    }
}

void heat2d(float* out, const float* in, int nx, int ny, float alpha) {
    dim3 block(TILE_X, TILE_Y);
    heat2d_kernel<float><<<dim3(ceil_div(nx, TILE_X), ceil_div(ny, TILE_Y)), block>>>(out, in, nx, ny, alpha);
    CUDA_CHECK(cudaGetLastError());
}

void heat3d(double* out, const double* in, int nx, int ny, int nz, double alpha, int block_x, int block_y) {
    dim3 block(block_x, block_y, 1), grid(ceil_div(nx, block_x), ceil_div(ny, block_y), 1);
    heat3d_kernel<<<grid, block>>>(out, in, nx, ny, nz, alpha);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int shapes[4][3] = {{1, 1, 1}, {17, 9, 5}, {40, 20, 3}, {5, 30, 12}};
    for (const auto& s : shapes) {
        const int nx = s[0], ny = s[1], nz = s[2], n2 = nx * ny, n3 = n2 * nz, steps = 3;
        std::vector<float> flat = random_floats(n2, 620);
        std::vector<double> a(flat.begin(), flat.end()), b(n2), u(n3), v(n3);
        for (int i = 0; i < n3; i++) u[i] = (i * 37 % 101) * 0.01;
        float *d_a = to_device(flat), *d_b = device_zeros<float>(n2);
        double *d_u = to_device(u), *d_v = device_zeros<double>(n3);
        for (int step = 0; step < steps; step++) {
            for (int y = 0; y < ny; y++)
                for (int x = 0; x < nx; x++) {
                    int i = y * nx + x;
                    bool edge = x == 0 || y == 0 || x == nx - 1 || y == ny - 1;
                    b[i] = edge ? a[i] : a[i] + 0.1 * (a[i - 1] + a[i + 1] + a[i - nx] + a[i + nx] - 4 * a[i]);
                    for (int z = 0; z < nz; z++) {
                        int j = z * n2 + i;
                        bool fixed = edge || z == 0 || z == nz - 1;
                        v[j] = fixed ? u[j]
                                     : u[j] + 0.05 * (u[j - 1] + u[j + 1] + u[j - nx] + u[j + nx] + u[j - n2] + u[j + n2] - 6 * u[j]);
                    }
                }
            a.swap(b), u.swap(v);
            heat2d(d_b, d_a, nx, ny, 0.1f);
            heat3d(d_v, d_u, nx, ny, nz, 0.05, 16, 4);
            std::swap(d_a, d_b), std::swap(d_u, d_v);
        }
        ok = all_close(to_host(d_a, n2), a, 1e-5, "heat 2d") && ok;
        ok = all_close(to_host(d_u, n3), u, 1e-12, "heat 3d") && ok;
        cudaFree(d_a), cudaFree(d_b), cudaFree(d_u), cudaFree(d_v);
    }
    return report(ok);
}
