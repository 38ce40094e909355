// Row 58, style L: matrix product split along k. Each block sums a part into a workspace; the last block of
// a tile (a counter behind a fence) adds the parts in order, with bias and activation, in half2.
#include <cassert>

#include <cuda_fp16.h>

#include "check.h"

#define TILE_M 32
#define TILE_N 32
#define TILE_K 16
#define PAD 2
#define HALF2(value) (reinterpret_cast<half2*>(&(value))[0])
#define CHALF2(value) (reinterpret_cast<const half2*>(&(value))[0])

// adds one with everything that was written before, and gives what was there
__device__ __forceinline__ int arrive(int* counter) {
    int old;
    asm volatile("fence.acq_rel.gpu;\n");
    asm volatile("atom.global.add.s32 %0, [%1], %2;\n" : "=r"(old) : "l"(counter), "r"(1) : "memory");
    return old;
}

// 16 x 16 threads, 2 x 2 outputs each
template <bool RELU>
__global__ void __launch_bounds__(256) splitk_gemm_kernel(half* __restrict__ C, const half* __restrict__ A, const half* __restrict__ B,
                                                          const half* __restrict__ bias, float* __restrict__ workspace,
                                                          int* __restrict__ counters, int M, int N, int K, int k_per_split) {
    assert(N % 2 == 0 && K % 2 == 0);
    extern __shared__ __align__(16) unsigned char smem_raw[];
    half* As = reinterpret_cast<half*>(smem_raw);                   // [TILE_M][TILE_K + PAD]
    half* Bs = As + TILE_M * (TILE_K + PAD);                        // [TILE_K][TILE_N + PAD]
    const int tx = threadIdx.x, ty = threadIdx.y, tid = ty * 16 + tx;
    const int row0 = blockIdx.y * TILE_M, col0 = blockIdx.x * TILE_N;
    const int k_begin = blockIdx.z * k_per_split, k_end = min(K, k_begin + k_per_split);
    const half2 zero = __float2half2_rn(0.0f);

    float acc[2][2] = {{0.0f, 0.0f}, {0.0f, 0.0f}};
    for (int k0 = k_begin; k0 < k_end; k0 += TILE_K) {
        {
            const int r = tid / (TILE_K / 2), c = tid % (TILE_K / 2) * 2;
            const bool inside = row0 + r < M && k0 + c < k_end;
            HALF2(As[r * (TILE_K + PAD) + c]) = inside ? CHALF2(A[(size_t)(row0 + r) * K + k0 + c]) : zero;
        }
        {
            const int r = tid / (TILE_N / 2), c = tid % (TILE_N / 2) * 2;
            const bool inside = k0 + r < k_end && col0 + c < N;
            HALF2(Bs[r * (TILE_N + PAD) + c]) = inside ? CHALF2(B[(size_t)(k0 + r) * N + col0 + c]) : zero;
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < TILE_K; ++k) {
            const float2 b = __half22float2(HALF2(Bs[k * (TILE_N + PAD) + 2 * tx]));
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const float a = __half2float(As[(2 * ty + i) * (TILE_K + PAD) + k]);
                acc[i][0] += a * b.x;
                acc[i][1] += a * b.y;
            }
        }
        __syncthreads();
    }

    const int tile = blockIdx.y * gridDim.x + blockIdx.x;
    const size_t plane = (size_t)gridDim.x * gridDim.y * TILE_M * TILE_N;
    float* mine = workspace + blockIdx.z * plane + (size_t)tile * TILE_M * TILE_N;
#pragma unroll
    for (int i = 0; i < 2; ++i)
        *reinterpret_cast<float2*>(mine + (2 * ty + i) * TILE_N + 2 * tx) = make_float2(acc[i][0], acc[i][1]);
    __threadfence();
    __syncthreads();
    __shared__ bool is_last;
    if (tid == 0) is_last = arrive(&counters[tile]) == gridDim.z - 1;
    __syncthreads();
    if (!is_last) return;
    __threadfence();

#pragma unroll
    for (int i = 0; i < 2; ++i) {
        const int row = row0 + 2 * ty + i, col = col0 + 2 * tx;
        if (row >= M || col >= N) continue;
        float2 sum = __half22float2(CHALF2(bias[col]));
        for (int z = 0; z < gridDim.z; ++z) {
            const volatile float* part = workspace + z * plane + (size_t)tile * TILE_M * TILE_N + (2 * ty + i) * TILE_N + 2 * tx;
            sum.x += part[0];
            sum.y += part[1];
        }
        if (RELU) sum = make_float2(fmaxf(sum.x, 0.0f), fmaxf(sum.y, 0.0f));
        HALF2(C[(size_t)row * N + col]) = __float22half2_rn(sum);
    }
}

void splitk_gemm(half* C, const half* A, const half* B, const half* bias, float* workspace, int* counters, int M, int N2, int K2,
                 int splits, bool relu) {
    const int N = 2 * N2, K = 2 * K2;
    if (splits < 1) return;
    const dim3 grid(ceil_div(N, TILE_N), ceil_div(M, TILE_M), splits), block(16, 16);
    const int k_per_split = ceil_div(ceil_div(K, splits), TILE_K) * TILE_K;
    const size_t shared = (TILE_M * (TILE_K + PAD) + TILE_K * (TILE_N + PAD)) * sizeof(half);
    CUDA_CHECK(cudaMemset(counters, 0, grid.x * grid.y * sizeof(int)));
    auto kernel = relu ? splitk_gemm_kernel<true> : splitk_gemm_kernel<false>;
    kernel<<<grid, block, shared>>>(C, A, B, bias, workspace, counters, M, N, K, k_per_split);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int sizes[][4] = {{1, 2, 2, 1}, {33, 34, 18, 2}, {40, 64, 130, 4}};
    for (auto& s : sizes) {
        const int M = s[0], N = s[1], K = s[2], splits = s[3], tiles = ceil_div(M, TILE_M) * ceil_div(N, TILE_N);
        std::vector<half> a, b, bias;
        for (float v : random_floats(M * K, 1230)) a.push_back((half)v);
        for (float v : random_floats(K * N, 1231)) b.push_back((half)v);
        for (float v : random_floats(N, 1232)) bias.push_back((half)v);
        half *d_a = to_device(a), *d_b = to_device(b), *d_bias = to_device(bias), *d_c = device_zeros<half>(M * N);
        float* d_work = device_zeros<float>(splits * tiles * TILE_M * TILE_N);
        int* d_counters = device_zeros<int>(tiles);
        for (bool relu : {false, true}) {
            std::vector<double> want(M * N);
            std::vector<float> got;
            for (int i = 0; i < M * N; i++) {
                want[i] = (float)bias[i % N];
                for (int k = 0; k < K; k++) want[i] += (double)(float)a[i / N * K + k] * (float)b[k * N + i % N];
                if (relu && want[i] < 0) want[i] = 0;
            }
            splitk_gemm(d_c, d_a, d_b, d_bias, d_work, d_counters, M, N / 2, K / 2, splits, relu);
            for (half v : to_host(d_c, M * N)) got.push_back((float)v);
            ok = all_close(got, want, 4e-3, "product") && ok;
        }
        cudaFree(d_a), cudaFree(d_b), cudaFree(d_bias), cudaFree(d_c), cudaFree(d_work), cudaFree(d_counters);
    }
    return report(ok);
}
