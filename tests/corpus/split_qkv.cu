// Row 17, style T: q, k, v [B, H, T, D] from one tensor [B, T, 3, H, D], and the way back for the output.
#include <cuda_bf16.h>

#include "check.h"

template <typename T>
__global__ void permute_kernel(T* q, T* k, T* v, const T* inp, int B, int N, int NH, int d) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx < B * NH * N * d) {
        int b = idx / (NH * N * d);
        int rest = idx % (NH * N * d);
        int nh_ = rest / (N * d);
        rest = rest % (N * d);
        int n = rest / d;
        int d_ = rest % d;

        int from = (b * N * 3 * NH * d) + (n * 3 * NH * d) + (0 * NH * d) + (nh_ * d) + d_;
        q[idx] = inp[from];
        k[idx] = inp[from + NH * d];
        v[idx] = inp[from + 2 * (NH * d)];
    }
}

template <typename T>
__global__ void unpermute_kernel(T* out, const T* inp, int B, int N, int NH, int d) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= B * NH * N * d) return;
    int rest = idx;
    const int d_ = rest % d;
    rest /= d;
    const int n = rest % N;
    rest /= N;
    const int nh_ = rest % NH;
    const int b = rest / NH;
    out[((b * N + n) * NH + nh_) * d + d_] = inp[idx];
}

void split_qkv(float* q, float* k, float* v, const float* inp, int B, int T, int NH, int d, int block_size) {
    int total = B * T * NH * d;
    permute_kernel<<<ceil_div(total, block_size), block_size>>>(q, k, v, inp, B, T, NH, d);
    CUDA_CHECK(cudaGetLastError());
}

void split_qkv_bf16(__nv_bfloat16* q, __nv_bfloat16* k, __nv_bfloat16* v, const __nv_bfloat16* inp, int B, int T,
                    int NH, int d) {
    permute_kernel<__nv_bfloat16><<<ceil_div(B * T * NH * d, 128), 128>>>(q, k, v, inp, B, T, NH, d);
}

void merge_heads(float* out, const float* inp, int B, int T, int NH, int d) {
    unpermute_kernel<<<ceil_div(B * T * NH * d, 64), 64>>>(out, inp, B, T, NH, d);
}

int main() {
    const int B = 2, T = 11, NH = 3, d = 10, n = B * T * NH * d;
    std::vector<float> inp(3 * n), q(n), k(n), v(n), merged(n);
    std::vector<__nv_bfloat16> inp_b(3 * n);
    for (int i = 0; i < 3 * n; i++) {
        inp[i] = (float)(i % 251);  // exact in bfloat16
        inp_b[i] = __float2bfloat16(inp[i]);
    }
    for (int b = 0; b < B; b++)
        for (int h = 0; h < NH; h++)
            for (int t = 0; t < T; t++)
                for (int i = 0; i < d; i++) {
                    int to = ((b * NH + h) * T + t) * d + i, row = (b * T + t) * 3;
                    q[to] = inp[((row + 0) * NH + h) * d + i];
                    k[to] = inp[((row + 1) * NH + h) * d + i];
                    v[to] = inp[((row + 2) * NH + h) * d + i];
                    merged[((b * T + t) * NH + h) * d + i] = q[to];
                }
    float *d_inp = to_device(inp), *d_q = device_zeros<float>(n), *d_k = device_zeros<float>(n);
    float *d_v = device_zeros<float>(n), *d_m = device_zeros<float>(n);
    split_qkv(d_q, d_k, d_v, d_inp, B, T, NH, d, 256);
    merge_heads(d_m, d_q, B, T, NH, d);
    bool ok = all_close(to_host(d_q, n), q, 0.0, "q") && all_close(to_host(d_k, n), k, 0.0, "k") &&
              all_close(to_host(d_v, n), v, 0.0, "v") && all_close(to_host(d_m, n), merged, 0.0, "merged");

    __nv_bfloat16 *d_ib = to_device(inp_b), *d_qkv = device_zeros<__nv_bfloat16>(3 * n);
    split_qkv_bf16(d_qkv, d_qkv + n, d_qkv + 2 * n, d_ib, B, T, NH, d);
    std::vector<__nv_bfloat16> raw = to_host(d_qkv, 3 * n);
    for (int i = 0; i < n; i++) {
        ok = ok && __bfloat162float(raw[i]) == q[i] && __bfloat162float(raw[n + i]) == k[i] &&
             __bfloat162float(raw[2 * n + i]) == v[i];
    }
    cudaFree(d_inp), cudaFree(d_q), cudaFree(d_k), cudaFree(d_v), cudaFree(d_m), cudaFree(d_ib), cudaFree(d_qkv);
    return report(ok);
}
