// nvcuda::wmma: every shape and type of fragment, layouts of loads and stores, arithmetic on elements.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include <cstdint>
#include <cstdio>

constexpr int THREADS = 32;
constexpr int VALUES = 8;

using namespace nvcuda;

__device__ inline float value(int i, int j) { return (float)((i * 7 + j * 13) % 17 - 8) * 0.125f; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    __shared__ __align__(32) half a[32 * 16], b[32 * 16], c[32 * 16];
    __shared__ __align__(32) float s[32 * 16];
    __shared__ __align__(32) signed char n[16 * 16];
    __shared__ __align__(32) __nv_bfloat16 g[16 * 16];
    __shared__ __align__(32) int sum[16 * 16];
    for (int i = t; i < 32 * 16; i += THREADS) {
        a[i] = __float2half(value(i, 1));
        b[i] = __float2half(value(3, i));
        s[i] = value(i, i);
        if (i < 256) n[i] = (signed char)(i * 5), g[i] = __float2bfloat16(value(i, 2));
    }
    __syncthreads();
    {
        wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> x;
        wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> y;
        wmma::fragment<wmma::accumulator, 16, 16, 16, float> z;
        wmma::load_matrix_sync(x, a, 16);
        wmma::load_matrix_sync(y, b, 16);
        wmma::fill_fragment(z, 0.5f);
        for (int i = 0; i < x.num_elements; i++) x.x[i] = x.x[i] * __float2half(2.0f);
        wmma::mma_sync(z, x, y, z);
        out[k++] = z.num_elements * 100 + x.num_elements;
        wmma::store_matrix_sync(s, z, 16, wmma::mem_row_major);
        out[k++] = __float_as_int(s[t * 3]);
        wmma::store_matrix_sync(s, z, 20, wmma::mem_col_major);
        out[k++] = __float_as_int(s[t * 7]);
    }
    {
        wmma::fragment<wmma::matrix_a, 32, 8, 16, half, wmma::col_major> x;
        wmma::fragment<wmma::matrix_b, 32, 8, 16, half, wmma::row_major> y;
        wmma::fragment<wmma::accumulator, 32, 8, 16, half> z;
        wmma::load_matrix_sync(x, a, 32);
        wmma::load_matrix_sync(y, b, 8);
        wmma::fill_fragment(z, __float2half(1.0f));
        wmma::mma_sync(z, x, y, z);
        wmma::store_matrix_sync(c, z, 8, wmma::mem_row_major);
        out[k++] = __half_as_ushort(c[t * 8 + t % 8]);
    }
    {
        wmma::fragment<wmma::matrix_a, 8, 32, 16, half, wmma::row_major> x;
        wmma::fragment<wmma::matrix_b, 8, 32, 16, half, wmma::row_major> y;
        wmma::fragment<wmma::accumulator, 8, 32, 16, float> z, w;
        wmma::load_matrix_sync(x, a, 16);
        wmma::load_matrix_sync(y, b, 32);
        wmma::load_matrix_sync(z, s + 1, 32, wmma::mem_row_major);
        wmma::mma_sync(w, x, y, z);
        __syncwarp();
        wmma::store_matrix_sync(s, w, 32, wmma::mem_row_major);
        out[k++] = __float_as_int(s[t * 8 + t % 8]);
    }
    {
        wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major> x;
        wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::col_major> y;
        wmma::fragment<wmma::accumulator, 16, 16, 8, float> z;
        wmma::load_matrix_sync(x, s, 16);
        wmma::load_matrix_sync(y, s + 8, 16);
        for (int i = 0; i < x.num_elements; i++) x.x[i] = wmma::__float_to_tf32(x.x[i]);
        for (auto& e : y.x) e = wmma::__float_to_tf32(e);
        wmma::fill_fragment(z, 0.0f);
        wmma::mma_sync(z, x, y, z);
        wmma::store_matrix_sync(s, z, 16, wmma::mem_row_major);
        out[k++] = __float_as_int(s[t * 8 + t % 8]);
    }
    {
        wmma::fragment<wmma::matrix_a, 16, 16, 16, signed char, wmma::row_major> x;
        wmma::fragment<wmma::matrix_b, 16, 16, 16, signed char, wmma::col_major> y;
        wmma::fragment<wmma::accumulator, 16, 16, 16, int> z;
        wmma::load_matrix_sync(x, n, 16);
        wmma::load_matrix_sync(y, n, 16);
        wmma::fill_fragment(z, -3);
        wmma::mma_sync(z, x, y, z);
        wmma::store_matrix_sync(sum, z, 16, wmma::mem_row_major);
        out[k++] = sum[t * 8 + t % 8];
    }
    {
        wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16, wmma::row_major> x;
        wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, wmma::row_major> y;
        wmma::fragment<wmma::accumulator, 16, 16, 16, float> z;
        wmma::load_matrix_sync(x, g, 16);
        wmma::load_matrix_sync(y, g, 16);
        wmma::fill_fragment(z, 0.0f);
        wmma::mma_sync(z, x, y, z);
        wmma::store_matrix_sync(s, z, 16, wmma::mem_row_major);
        out[k++] = __float_as_int(s[t * 8 + t % 8]);
    }
}

int main() {
    int* device = nullptr;
    static int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    if (cudaDeviceSynchronize() != cudaSuccess) return 1;
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d\n", host[i]);
    cudaFree(device);
    return 0;
}
