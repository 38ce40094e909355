// Row 71, style L: rotary embedding on packed pairs - four floats at once with angles computed in the
// kernel, half2 and bfloat162 with a table, and the gradient, which turns the other way.
#include <cassert>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define FLOAT4(value) (reinterpret_cast<float4*>(&(value))[0])
#define CONST_FLOAT4(value) (reinterpret_cast<const float4*>(&(value))[0])
#define THETA 10000.0f

__device__ __forceinline__ float2 rotated(float2 x, float2 cs) { return make_float2(x.x * cs.x - x.y * cs.y, x.x * cs.y + x.y * cs.x); }

// x [seq, dim], a thread per two neighbouring pairs
__global__ void __launch_bounds__(64) rope_f32x4_pack_kernel(const float* x, float* out, int seq_len, int quads) {
    const int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= seq_len * quads) return;
    const float4 x_v = CONST_FLOAT4(x[idx * 4]);
    const int token_pos = idx / quads;
    const int token_idx = idx % quads;
    const float exp_f_v = 1.0f / powf(THETA, token_idx * 2 / (quads * 4.0f) * 2.0f);
    const float exp_s_v = 1.0f / powf(THETA, (token_idx * 2 + 1) / (quads * 4.0f) * 2.0f);
    float4 out_v;
    float sin_v, cos_v;
    sincosf(token_pos * exp_f_v, &sin_v, &cos_v);
    out_v.x = x_v.x * cos_v - x_v.y * sin_v;
    out_v.y = x_v.x * sin_v + x_v.y * cos_v;
    sincosf(token_pos * exp_s_v, &sin_v, &cos_v);
    out_v.z = x_v.z * cos_v - x_v.w * sin_v;
    out_v.w = x_v.z * sin_v + x_v.w * cos_v;
    FLOAT4(out[idx * 4]) = out_v;
}

template <typename T2> struct PairOps;
template <> struct PairOps<half2> {
    static __device__ float2 to_float(half2 v) { return __half22float2(v); }
    static __device__ half2 from_float(float2 v) { return __float22half2_rn(v); }
};
template <> struct PairOps<__nv_bfloat162> {
    static __device__ float2 to_float(__nv_bfloat162 v) { return __bfloat1622float2(v); }
    static __device__ __nv_bfloat162 from_float(float2 v) { return __float22bfloat162_rn(v); }
};

// in place; grid (tokens, heads); table [positions, rotated pairs] of (cos, sin)
template <typename T2, bool BACKWARD>
__global__ void rope_pairs_kernel(T2* __restrict__ x, const float2* __restrict__ table, const int* __restrict__ positions,
                                  const int pairs, const int rotated_pairs, const int max_position) {
    const int position = positions[blockIdx.x];
    assert(position >= 0 && position < max_position);
    T2* row = x + ((size_t)blockIdx.x * gridDim.y + blockIdx.y) * pairs;
    for (int p = threadIdx.x; p < rotated_pairs; p += blockDim.x) {
        float2 cs = __ldg(&table[position * rotated_pairs + p]);
        if (BACKWARD) cs.y = -cs.y;
        row[p] = PairOps<T2>::from_float(rotated(PairOps<T2>::to_float(row[p]), cs));
    }
}

// half arithmetic all along: (a, b) -> (a c - b s, b c + a s) by two FMAs on swapped pairs
__global__ void rope_half2_fma_kernel(half2* x, const half2* cos2, const half2* sin2, int rows, int pairs) {
    const int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= rows * pairs) return;
    const half2 v = x[idx];
    const half2 swapped = __halves2half2(__hneg(__high2half(v)), __low2half(v));
    const int at = idx % pairs;
    x[idx] = __hfma2(v, cos2[at], __hmul2(swapped, sin2[at]));
}

void rope_f32x4(const float* x, float* out, int seq_len, int quads) {
    rope_f32x4_pack_kernel<<<ceil_div(seq_len * quads, 64), 64>>>(x, out, seq_len, quads);
}

template <typename T2, bool BACKWARD>
void rope_pairs(T2* x, const float2* table, const int* positions, int tokens, int heads, int pairs, int rotated_pairs, int max_position) {
    if (rotated_pairs > pairs) return;
    rope_pairs_kernel<T2, BACKWARD><<<dim3(tokens, heads), 32>>>(x, table, positions, pairs, rotated_pairs, max_position);
    CUDA_CHECK(cudaGetLastError());
}
template void rope_pairs<half2, false>(half2*, const float2*, const int*, int, int, int, int, int);
template void rope_pairs<half2, true>(half2*, const float2*, const int*, int, int, int, int, int);
template void rope_pairs<__nv_bfloat162, false>(__nv_bfloat162*, const float2*, const int*, int, int, int, int, int);

void rope_fma(half2* x, const half2* cos2, const half2* sin2, int rows, int pairs) {
    rope_half2_fma_kernel<<<ceil_div(rows * pairs, 64), 64>>>(x, cos2, sin2, rows, pairs);
}

int main() {
    bool ok = true;
    {
        const int seq = 9, quads = 5, dim = 4 * quads;
        std::vector<float> x = random_floats(seq * dim, 1200);
        std::vector<double> want(seq * dim);
        for (int i = 0; i < seq * dim; i += 2) {
            const double angle = i / dim / std::pow(10000.0, i % dim / 2 / (2.0 * quads));
            want[i] = x[i] * std::cos(angle) - x[i + 1] * std::sin(angle), want[i + 1] = x[i] * std::sin(angle) + x[i + 1] * std::cos(angle);
        }
        float *d_x = to_device(x), *d_y = device_zeros<float>(seq * dim);
        rope_f32x4(d_x, d_y, seq, quads);
        ok = all_close(to_host(d_y, seq * dim), want, 1e-5, "float4") && ok;
        cudaFree(d_x), cudaFree(d_y);
    }
    const int tokens = 6, heads = 3, pairs = 10, rotated_pairs = 7, positions = 20, n = tokens * heads * pairs;
    std::vector<float2> table;
    for (int i = 0; i < positions * rotated_pairs; i++) {
        const double angle = i / rotated_pairs * std::pow(10000.0, -(i % rotated_pairs) / (double)rotated_pairs);
        table.push_back(make_float2(std::cos(angle), std::sin(angle)));
    }
    std::vector<int> where = random_ints(tokens, 1201, 0, positions - 1);
    std::vector<float> raw = random_floats(2 * n, 1202);
    std::vector<half2> x;
    std::vector<__nv_bfloat162> xb;
    for (int i = 0; i < n; i++) x.push_back(__floats2half2_rn(raw[2 * i], raw[2 * i + 1])), xb.push_back(__floats2bfloat162_rn(raw[2 * i], raw[2 * i + 1]));
    std::vector<float> want, start;
    for (int i = 0; i < n; i++) {
        const float2 cs = i % pairs < rotated_pairs ? table[where[i / (heads * pairs)] * rotated_pairs + i % pairs] : make_float2(1, 0);
        want.push_back(raw[2 * i] * cs.x - raw[2 * i + 1] * cs.y), want.push_back(raw[2 * i] * cs.y + raw[2 * i + 1] * cs.x);
    }
    half2* d_x = to_device(x);
    __nv_bfloat162* d_xb = to_device(xb);
    float2* d_table = to_device(table);
    int* d_where = to_device(where);
    auto floats = [n](auto* p) {
        std::vector<float> out;
        for (auto v : to_host(p, n)) out.push_back((float)v.x), out.push_back((float)v.y);
        return out;
    };
    rope_pairs<half2, false>(d_x, d_table, d_where, tokens, heads, pairs, rotated_pairs, positions);
    ok = all_close(floats(d_x), want, 2e-3, "half2") && ok;
    rope_pairs<half2, true>(d_x, d_table, d_where, tokens, heads, pairs, rotated_pairs, positions);
    ok = all_close(floats(d_x), raw, 4e-3, "there and back") && ok;
    rope_pairs<__nv_bfloat162, false>(d_xb, d_table, d_where, tokens, heads, pairs, rotated_pairs, positions);
    ok = all_close(floats(d_xb), want, 2e-2, "bf162") && ok;

    std::vector<half2> cos2(pairs, __floats2half2_rn(0.6f, 0.6f)), sin2(pairs, __floats2half2_rn(0.8f, 0.8f));
    half2 *d_cos = to_device(cos2), *d_sin = to_device(sin2);
    CUDA_CHECK(cudaMemcpy(d_x, x.data(), n * sizeof(half2), cudaMemcpyHostToDevice));
    rope_fma(d_x, d_cos, d_sin, tokens * heads, pairs);
    for (int i = 0; i < n; i++) want[2 * i] = 0.6f * raw[2 * i] - 0.8f * raw[2 * i + 1], want[2 * i + 1] = 0.6f * raw[2 * i + 1] + 0.8f * raw[2 * i];
    ok = all_close(floats(d_x), want, 4e-3, "fma") && ok;
    cudaFree(d_x), cudaFree(d_xb), cudaFree(d_table), cudaFree(d_where), cudaFree(d_cos), cudaFree(d_sin);
    return report(ok);
}
