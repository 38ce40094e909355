// Row 22, style L: embedding rows copied four floats or 128 bits at a time, a sum of several tables in half2,
// and a bfloat16 bag (mean over ragged lists of ids); identifiers are asserted.
#include <cassert>
#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

#define FLOAT4(value) (reinterpret_cast<float4*>(&(value))[0])
#define CFLOAT4(value) (reinterpret_cast<const float4*>(&(value))[0])
#define LDST128BITS FLOAT4
#define CDST128BITS CFLOAT4

__device__ __forceinline__ float4 load_once(const void* p) {
    float4 v;
    asm volatile("ld.global.nc.L1::no_allocate.v4.f32 {%0, %1, %2, %3}, [%4];"
                 : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w)
                 : "l"(p));
    return v;
}

__global__ void embedding_f32x4_pack_kernel(const int* idx, const float* weight, float* output, int n, int emb_size) {
    const int tx = threadIdx.x * 4;
    const int bx = blockIdx.x;
    const int offset = idx[bx] * emb_size;
    if (tx < emb_size) LDST128BITS(output[bx * emb_size + tx]) = CDST128BITS(weight[offset + tx]);
}

__global__ void embedding_f16x8_kernel(const int* __restrict__ idx, const half* __restrict__ weight, half* __restrict__ output,
                                       const int n, const int packs, const int vocab) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n * packs; i += gridDim.x * blockDim.x) {
        const int id = idx[i / packs];
        assert(id >= 0 && id < vocab);
        LDST128BITS(output[i * 8]) = load_once(&weight[(id * packs + i % packs) * 8]);
    }
}

// word + position + type embeddings, in pairs
__global__ void __launch_bounds__(64) bert_embedding_kernel(half2* __restrict__ out, const half2* __restrict__ word, const half2* __restrict__ position,
                                                            const half2* __restrict__ type, const int* __restrict__ word_ids,
                                                            const int* __restrict__ type_ids, const int length, const int pairs) {
    const int token = blockIdx.x;
    const half2* w = word + (size_t)word_ids[token] * pairs;
    const half2* t = type + (size_t)type_ids[token] * pairs;
    const half2* p = position + (size_t)(token % length) * pairs;
    for (int i = threadIdx.x; i < pairs; i += blockDim.x) out[(size_t)token * pairs + i] = __hadd2(__hadd2(w[i], p[i]), t[i]);
}

// mean of the rows ids[offsets[bag]] ... ids[offsets[bag + 1] - 1]; an empty bag gives zeros
__global__ void embedding_bag_bf16_kernel(__nv_bfloat162* out, const __nv_bfloat162* table, const int64_t* ids, const int* offsets,
                                          const float* per_sample_weights, int pairs) {
    const int bag = blockIdx.y, i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= pairs) return;
    const int begin = offsets[bag], end = offsets[bag + 1];
    float2 sum = make_float2(0.0f, 0.0f);
    for (int at = begin; at < end; ++at) {
        const float2 v = __bfloat1622float2(table[ids[at] * pairs + i]);
        const float weight = per_sample_weights == nullptr ? 1.0f : per_sample_weights[at];
        sum.x = fmaf(weight, v.x, sum.x);
        sum.y = fmaf(weight, v.y, sum.y);
    }
    const float scale = end > begin ? 1.0f / (end - begin) : 0.0f;
    out[(size_t)bag * pairs + i] = __floats2bfloat162_rn(sum.x * scale, sum.y * scale);
}

void embedding_f32x4(const int* idx, const float* weight, float* output, int n, int quads) {
    if (quads <= 256) embedding_f32x4_pack_kernel<<<n, quads>>>(idx, weight, output, n, 4 * quads);
}
void embedding_f16x8(const int* idx, const half* weight, half* output, int n, int packs, int vocab) {
    embedding_f16x8_kernel<<<2, 64>>>(idx, weight, output, n, packs, vocab);
}
void bert_embedding(half* out, const half* word, const half* position, const half* type, const int* word_ids, const int* type_ids, int batch,
                    int length, int pairs) {
    bert_embedding_kernel<<<batch * length, 64>>>((half2*)out, (const half2*)word, (const half2*)position, (const half2*)type, word_ids,
                                                  type_ids, length, pairs);
}
void embedding_bag(__nv_bfloat16* out, const __nv_bfloat16* table, const int64_t* ids, const int* offsets, const float* weights, int bags,
                   int pairs) {
    embedding_bag_bf16_kernel<<<dim3(ceil_div(pairs, 32), bags), 32>>>((__nv_bfloat162*)out, (const __nv_bfloat162*)table, ids, offsets,
                                                                       weights, pairs);
}

int main() {
    const int vocab = 17, dim = 40, n = 14, batch = 2, length = 7;
    std::vector<int> ids = random_ints(n, 1240, 0, vocab - 1), types = random_ints(n, 1241, 0, 1);
    std::vector<float> table = random_floats(vocab * dim, 1242), want;
    std::vector<half> half_table, positions, type_table;
    std::vector<__nv_bfloat16> bf16_table;
    for (float v : table) half_table.push_back((half)v), bf16_table.push_back((__nv_bfloat16)v);
    for (float v : random_floats(length * dim, 1243)) positions.push_back((half)v);
    for (float v : random_floats(2 * dim, 1244)) type_table.push_back((half)v);
    for (int i = 0; i < n * dim; i++) want.push_back(table[ids[i / dim] * dim + i % dim]);
    int *d_ids = to_device(ids), *d_types = to_device(types);
    float *d_table = to_device(table), *d_out = device_zeros<float>(n * dim);
    half *d_half = to_device(half_table), *d_pos = to_device(positions), *d_type = to_device(type_table), *d_hout = device_zeros<half>(n * dim);
    __nv_bfloat16 *d_bf16 = to_device(bf16_table), *d_bout = device_zeros<__nv_bfloat16>(4 * dim);
    auto floats = [](auto* p, size_t count) {
        std::vector<float> out;
        for (auto v : to_host(p, count)) out.push_back((float)v);
        return out;
    };
    embedding_f32x4(d_ids, d_table, d_out, n, dim / 4);
    bool ok = all_close(to_host(d_out, n * dim), want, 0.0, "float");
    embedding_f16x8(d_ids, d_half, d_hout, n, dim / 8, vocab);
    ok = all_close(floats(d_hout, n * dim), want, 1e-3, "half") && ok;
    bert_embedding(d_hout, d_half, d_pos, d_type, d_ids, d_types, batch, length, dim / 2);
    for (int i = 0; i < n * dim; i++) want[i] += (float)positions[i / dim % length * dim + i % dim] + (float)type_table[types[i / dim] * dim + i % dim];
    ok = all_close(floats(d_hout, n * dim), want, 3e-3, "sum of tables") && ok;

    std::vector<int64_t> long_ids(ids.begin(), ids.end());
    std::vector<int> offsets = {0, 5, 5, 6, n};
    std::vector<float> weights = random_floats(n, 1245);
    int64_t* d_long = to_device(long_ids);
    int* d_offsets = to_device(offsets);
    float* d_w = to_device(weights);
    for (bool weighted : {false, true}) {
        std::vector<double> bags(4 * dim);
        for (int b = 0; b < 4; b++)
            for (int at = offsets[b]; at < offsets[b + 1]; at++)
                for (int c = 0; c < dim; c++)
                    bags[b * dim + c] += (weighted ? weights[at] : 1.0) * (float)bf16_table[ids[at] * dim + c] / (offsets[b + 1] - offsets[b]);
        embedding_bag(d_bout, d_bf16, d_long, d_offsets, weighted ? d_w : nullptr, 4, dim / 2);
        ok = all_close(floats(d_bout, 4 * dim), bags, 1e-2, "bags") && ok;
    }
    cudaFree(d_ids), cudaFree(d_types), cudaFree(d_table), cudaFree(d_out), cudaFree(d_half), cudaFree(d_pos), cudaFree(d_type);
    cudaFree(d_hout), cudaFree(d_bf16), cudaFree(d_bout), cudaFree(d_long), cudaFree(d_offsets), cudaFree(d_w);
    return report(ok);
}
