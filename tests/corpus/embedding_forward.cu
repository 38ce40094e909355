// Row 22, style T: token plus position embedding: out[b, t, :] = wte[ids[b, t], :] + wpe[t, :].
#include <cuda_bf16.h>

#include "check.h"

// version 1: a thread per (b, t), the channel loop is serial
__global__ void encoder_forward_kernel1(float* out, const int* ids, const float* wte, const float* wpe, int B, int T,
                                        int C) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    int N = B * T;
    if (idx < N) {
        int b = idx / T;
        int t = idx % T;
        float* out_bt = out + b * T * C + t * C;
        const float* wte_ix = wte + ids[b * T + t] * C;
        const float* wpe_t = wpe + t * C;
        for (int i = 0; i < C; i++) {
            out_bt[i] = wte_ix[i] + wpe_t[i];
        }
    }
}

// version 2: a thread per element
__global__ void encoder_forward_kernel2(float* out, const int* ids, const float* wte, const float* wpe, int B, int T,
                                        int C) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= B * T * C) return;
    int bt = idx / C;
    int c = idx % C;
    int t = bt % T;
    int id = ids[bt];
    out[idx] = wte[(size_t)id * C + c] + wpe[t * C + c];
}

__device__ inline float4 operator+(const float4& a, const float4& b) {
    return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

// version 3: C is a multiple of four, every access is 128 bits wide
__global__ void encoder_forward_kernel3(float4* out, const int* ids, const float4* wte, const float4* wpe, int B,
                                        int T, int C4) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= B * T * C4) return;
    int bt = idx / C4;
    int c4 = idx % C4;
    out[idx] = wte[ids[bt] * C4 + c4] + wpe[(bt % T) * C4 + c4];
}

// version 4: half the bytes, sums in float
__global__ void encoder_forward_bf16_kernel(__nv_bfloat162* out, const long long* ids, const __nv_bfloat162* wte,
                                            const __nv_bfloat162* wpe, int T, int pairs) {
    const int t = blockIdx.x, b = blockIdx.y;
    const long long id = ids[b * T + t];
    for (int i = threadIdx.x; i < pairs; i += blockDim.x) {
        float2 token = __bfloat1622float2(wte[id * pairs + i]);
        float2 position = __bfloat1622float2(wpe[t * pairs + i]);
        out[(b * T + t) * pairs + i] = __floats2bfloat162_rn(token.x + position.x, token.y + position.y);
    }
}

void encoder_forward1(float* out, const int* ids, const float* wte, const float* wpe, int B, int T, int C,
                      int block_size) {
    const int grid_size = ceil_div(B * T, block_size);
    encoder_forward_kernel1<<<grid_size, block_size>>>(out, ids, wte, wpe, B, T, C);
    CUDA_CHECK(cudaGetLastError());
}

void encoder_forward2(float* out, const int* ids, const float* wte, const float* wpe, int B, int T, int C,
                      int block_size) {
    const int grid_size = ceil_div(B * T * C, block_size);
    encoder_forward_kernel2<<<grid_size, block_size>>>(out, ids, wte, wpe, B, T, C);
    CUDA_CHECK(cudaGetLastError());
}

void encoder_forward3(float* out, const int* ids, const float* wte, const float* wpe, int B, int T, int C,
                      int block_size) {
    const int grid_size = ceil_div(B * T * C / 4, block_size);
    encoder_forward_kernel3<<<grid_size, block_size>>>((float4*)out, ids, (const float4*)wte, (const float4*)wpe, B, T,
                                                       C / 4);
    CUDA_CHECK(cudaGetLastError());
}

void encoder_forward_bf16(__nv_bfloat16* out, const long long* ids, const __nv_bfloat16* wte,
                          const __nv_bfloat16* wpe, int B, int T, int C) {
    encoder_forward_bf16_kernel<<<dim3(T, B), 32>>>(
        reinterpret_cast<__nv_bfloat162*>(out), ids, reinterpret_cast<const __nv_bfloat162*>(wte),
        reinterpret_cast<const __nv_bfloat162*>(wpe), T, C / 2);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int B = 3, T = 13, C = 36, V = 29, n = B * T * C;
    std::vector<int> ids = random_ints(B * T, 140, 0, V - 1);
    std::vector<float> wte = random_floats(V * C, 141), wpe = random_floats(T * C, 142), want(n);
    for (int i = 0; i < n; i++) want[i] = wte[ids[i / C] * C + i % C] + wpe[(i / C) % T * C + i % C];

    int* d_ids = to_device(ids);
    float *d_wte = to_device(wte), *d_wpe = to_device(wpe), *d_out = device_zeros<float>(n);
    bool ok = true;
    for (int version = 1; version <= 3; version++) {
        CUDA_CHECK(cudaMemset(d_out, 0, n * sizeof(float)));
        if (version == 1) encoder_forward1(d_out, d_ids, d_wte, d_wpe, B, T, C, 32);
        if (version == 2) encoder_forward2(d_out, d_ids, d_wte, d_wpe, B, T, C, 128);
        if (version == 3) encoder_forward3(d_out, d_ids, d_wte, d_wpe, B, T, C, 64);
        ok = all_close(to_host(d_out, n), want, 0.0, "encoder forward") && ok;
    }

    std::vector<long long> ids64(ids.begin(), ids.end());
    std::vector<__nv_bfloat16> wte_b, wpe_b;
    for (float w : wte) wte_b.push_back(__float2bfloat16(w));
    for (float w : wpe) wpe_b.push_back(__float2bfloat16(w));
    long long* d_ids64 = to_device(ids64);
    __nv_bfloat16 *d_wteb = to_device(wte_b), *d_wpeb = to_device(wpe_b), *d_outb = device_zeros<__nv_bfloat16>(n);
    encoder_forward_bf16(d_outb, d_ids64, d_wteb, d_wpeb, B, T, C);
    std::vector<__nv_bfloat16> raw = to_host(d_outb, n);
    std::vector<float> got;
    for (auto v : raw) got.push_back(__bfloat162float(v));
    ok = all_close(got, want, 2e-2, "encoder forward bf16") && ok;
    cudaFree(d_ids), cudaFree(d_wte), cudaFree(d_wpe), cudaFree(d_out);
    cudaFree(d_ids64), cudaFree(d_wteb), cudaFree(d_wpeb), cudaFree(d_outb);
    return report(ok);
}
