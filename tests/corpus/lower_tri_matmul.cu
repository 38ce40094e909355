// Row 61, style T: scores[b, t, s] = scale * q[b, t, :] . k[b, s, :] for s <= t only. Blocks above the
// diagonal leave at once; the inner product is a function given as template argument.
#include "check.h"

typedef float (*product_fn)(const float* q, const float* k, int d);

__device__ float product_plain(const float* q, const float* k, int d) {
    float sum = 0.0f;
    for (int i = 0; i < d; ++i) sum += q[i] * k[i];
    return sum;
}

__device__ float product_unrolled(const float* q, const float* k, int d) {
    float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    int i = 0;
    for (; i + 4 <= d; i += 4) {
        part[0] += q[i] * k[i];
        part[1] += q[i + 1] * k[i + 1];
        part[2] += q[i + 2] * k[i + 2];
        part[3] += q[i + 3] * k[i + 3];
    }
    while (i < d) {
        part[0] += q[i] * k[i];
        ++i;
    }
    return (part[0] + part[1]) + (part[2] + part[3]);
}

template <product_fn product>
__global__ void trimul_kernel(float* scores, const float* q, const float* k, int T, int d, float scale) {
    const int s = blockIdx.x * blockDim.x + threadIdx.x;
    const int t = blockIdx.y * blockDim.y + threadIdx.y;
    if (blockIdx.x * blockDim.x > (blockIdx.y + 1) * blockDim.y - 1) return;  // wholly above the diagonal
    if (t >= T || s > t) return;
    q += (size_t)blockIdx.z * T * d;
    k += (size_t)blockIdx.z * T * d;
    scores += (size_t)blockIdx.z * T * T;
    scores[t * T + s] = product(q + t * d, k + s * d, d) * scale;
}

// Shared tiles of q and k; the whole block decides together whether it is needed.
template <int TILE>
__global__ void trimul_tiled_kernel(float* scores, const float* q, const float* k, int T, int d, float scale) {
    if (blockIdx.x > blockIdx.y) return;
    __shared__ float qs[TILE][TILE + 1], ks[TILE][TILE + 1];
    const int tx = threadIdx.x, ty = threadIdx.y;
    const int t = blockIdx.y * TILE + ty, s = blockIdx.x * TILE + tx;
    const float* q_batch = q + (size_t)blockIdx.z * T * d;
    const float* k_batch = k + (size_t)blockIdx.z * T * d;
    float sum = 0.0f;
    for (int i0 = 0; i0 < d; i0 += TILE) {
        const int k_row = blockIdx.x * TILE + ty;
        qs[ty][tx] = t < T && i0 + tx < d ? q_batch[t * d + i0 + tx] : 0.0f;
        ks[ty][tx] = k_row < T && i0 + tx < d ? k_batch[k_row * d + i0 + tx] : 0.0f;
        __syncthreads();
        for (int i = 0; i < TILE; ++i) sum += qs[ty][i] * ks[tx][i];
        __syncthreads();
    }
    if (t < T && s <= t) scores[(size_t)blockIdx.z * T * T + t * T + s] = sum * scale;
}

void trimul(float* scores, const float* q, const float* k, int batch, int T, int d, float scale, int version) {
    dim3 block(16, 8);
    dim3 grid(ceil_div(T, 16), ceil_div(T, 8), batch);
    if (version == 1) trimul_kernel<product_plain><<<grid, block>>>(scores, q, k, T, d, scale);
    if (version == 2) trimul_kernel<product_unrolled><<<grid, block>>>(scores, q, k, T, d, scale);
    if (version == 3) {
        const int tiles = ceil_div(T, 16);
        trimul_tiled_kernel<16><<<dim3(tiles, tiles, batch), dim3(16, 16)>>>(scores, q, k, T, d, scale);
    }
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int T : {1, 16, 37}) {
        const int batch = 2, d = 27, n = batch * T * T;
        std::vector<float> q = random_floats(batch * T * d, 540), k = random_floats(batch * T * d, 541);
        std::vector<double> want(n, 0.0);
        for (int b = 0; b < batch; b++)
            for (int t = 0; t < T; t++)
                for (int s = 0; s <= t; s++)
                    for (int i = 0; i < d; i++)
                        want[(b * T + t) * T + s] += 0.25 * q[(b * T + t) * d + i] * k[(b * T + s) * d + i];
        float *d_q = to_device(q), *d_k = to_device(k);
        for (int version = 1; version <= 3; version++) {
            float* d_s = device_zeros<float>(n);  // what is above the diagonal stays zero
            trimul(d_s, d_q, d_k, batch, T, d, 0.25f, version);
            ok = all_close(to_host(d_s, n), want, 1e-5, "scores") && ok;
            cudaFree(d_s);
        }
        cudaFree(d_q), cudaFree(d_k);
    }
    return report(ok);
}
