// Row 71, style E: rotary position embedding in place, on neighbouring pairs or on halves of the head, with
// a table of cosines and sines; only the first rot_dim elements of a head turn.
#include <cstdint>

#include <cuda_bf16.h>

#include "check.h"

template <typename scalar_t, bool IS_NEOX>
inline __device__ void apply_rotary(scalar_t* __restrict__ arr, const float* __restrict__ cos_ptr,
                                    const float* __restrict__ sin_ptr, int rot_offset, int embed_dim) {
    int x_index, y_index;
    float cos, sin;
    if (IS_NEOX) {
        x_index = rot_offset;
        y_index = embed_dim + rot_offset;
        cos = __ldg(cos_ptr + x_index);
        sin = __ldg(sin_ptr + x_index);
    } else {
        x_index = 2 * rot_offset;
        y_index = 2 * rot_offset + 1;
        cos = __ldg(cos_ptr + x_index / 2);
        sin = __ldg(sin_ptr + x_index / 2);
    }
    const float x = static_cast<float>(arr[x_index]);
    const float y = static_cast<float>(arr[y_index]);
    arr[x_index] = static_cast<scalar_t>(x * cos - y * sin);
    arr[y_index] = static_cast<scalar_t>(y * cos + x * sin);
}

template <typename scalar_t, bool IS_NEOX>
__global__ void rotary_embedding_kernel(const int64_t* __restrict__ positions,  // [tokens]
                                        scalar_t* __restrict__ query,           // [tokens, heads, head_size]
                                        scalar_t* __restrict__ key,             // [tokens, kv_heads, head_size]
                                        const float* __restrict__ cos_sin_cache,  // [max_position, 2, rot_dim / 2]
                                        const int rot_dim, const int64_t query_stride, const int64_t key_stride,
                                        const int num_heads, const int num_kv_heads, const int head_size) {
    const int token_idx = blockIdx.x;
    const int64_t pos = positions[token_idx];
    const float* cache_ptr = cos_sin_cache + pos * rot_dim;
    const int embed_dim = rot_dim / 2;
    const float* cos_ptr = cache_ptr;
    const float* sin_ptr = cache_ptr + embed_dim;

    const int nq = num_heads * embed_dim;
    for (int i = threadIdx.x; i < nq; i += blockDim.x) {
        const int64_t token_head = token_idx * query_stride + i / embed_dim * head_size;
        apply_rotary<scalar_t, IS_NEOX>(query + token_head, cos_ptr, sin_ptr, i % embed_dim, embed_dim);
    }
    const int nk = num_kv_heads * embed_dim;
    for (int i = threadIdx.x; i < nk; i += blockDim.x) {
        const int64_t token_head = token_idx * key_stride + i / embed_dim * head_size;
        apply_rotary<scalar_t, IS_NEOX>(key + token_head, cos_ptr, sin_ptr, i % embed_dim, embed_dim);
    }
}

// Fills the table on the device.
__global__ void cos_sin_cache_kernel(float* cache, int max_position, int rot_dim, float base) {
    const int pair = threadIdx.x + blockIdx.x * blockDim.x, position = blockIdx.y;
    const int half = rot_dim >> 1;
    if (pair >= half) return;
    const float frequency = 1.0f / powf(base, (float)(2 * pair) / rot_dim);
    cache[position * rot_dim + pair] = cosf(position * frequency);
    cache[position * rot_dim + half + pair] = sinf(position * frequency);
}

void fill_cos_sin_cache(float* cache, int max_position, int rot_dim) {
    cos_sin_cache_kernel<<<dim3(ceil_div(rot_dim / 2, 32), max_position), 32>>>(cache, max_position, rot_dim, 10000.0f);
}

void rotary_embedding(const int64_t* positions, float* query, float* key, const float* cache, int tokens, int heads,
                      int kv_heads, int head_size, int rot_dim, bool is_neox) {
    if (rot_dim > head_size || rot_dim % 2 != 0) return;
    dim3 grid(tokens);
    dim3 block(heads * rot_dim / 2 < 128 ? heads * rot_dim / 2 : 128);
    if (is_neox) {
        rotary_embedding_kernel<float, true><<<grid, block>>>(positions, query, key, cache, rot_dim, heads * head_size,
                                                              kv_heads * head_size, heads, kv_heads, head_size);
    } else {
        rotary_embedding_kernel<float, false><<<grid, block>>>(positions, query, key, cache, rot_dim, heads * head_size,
                                                               kv_heads * head_size, heads, kv_heads, head_size);
    }
    CUDA_CHECK(cudaGetLastError());
}

void rotary_embedding_bf16(const int64_t* positions, __nv_bfloat16* query, __nv_bfloat16* key, const float* cache,
                           int tokens, int heads, int kv_heads, int head_size, int rot_dim) {
    if (rot_dim > head_size || rot_dim % 2 != 0) return;
    rotary_embedding_kernel<__nv_bfloat16, true><<<tokens, 64>>>(
        positions, query, key, cache, rot_dim, heads * head_size, kv_heads * head_size, heads, kv_heads, head_size);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int tokens = 11, heads = 4, kv_heads = 2, head_size = 20, rot_dim = 12, max_position = 64;
    const int nq = tokens * heads * head_size, nk = tokens * kv_heads * head_size;
    std::vector<float> q = random_floats(nq, 630), k = random_floats(nk, 631);
    std::vector<int> raw = random_ints(tokens, 632, 0, max_position - 1);
    std::vector<int64_t> positions(raw.begin(), raw.end());
    float* d_cache = device_zeros<float>(max_position * rot_dim);
    int64_t* d_pos = to_device(positions);
    fill_cos_sin_cache(d_cache, max_position, rot_dim);

    auto reference = [&](const std::vector<float>& x, int h, bool neox) {
        std::vector<double> out(x.begin(), x.end());
        for (int t = 0; t < tokens; t++)
            for (int head = 0; head < h; head++)
                for (int p = 0; p < rot_dim / 2; p++) {
                    double angle = positions[t] / std::pow(10000.0, 2.0 * p / rot_dim);
                    int base = (t * h + head) * head_size;
                    int a = base + (neox ? p : 2 * p), b = base + (neox ? p + rot_dim / 2 : 2 * p + 1);
                    out[a] = x[a] * std::cos(angle) - x[b] * std::sin(angle);
                    out[b] = x[b] * std::cos(angle) + x[a] * std::sin(angle);
                }
        return out;
    };
    for (int neox = 0; neox < 2; neox++) {
        float *d_q = to_device(q), *d_k = to_device(k);
        rotary_embedding(d_pos, d_q, d_k, d_cache, tokens, heads, kv_heads, head_size, rot_dim, neox != 0);
        ok = all_close(to_host(d_q, nq), reference(q, heads, neox != 0), 2e-5, "query") && ok;
        ok = all_close(to_host(d_k, nk), reference(k, kv_heads, neox != 0), 2e-5, "key") && ok;
        cudaFree(d_q), cudaFree(d_k);
    }
    std::vector<__nv_bfloat16> qb, kb;
    for (float& v : q) qb.push_back(__float2bfloat16(v)), v = __bfloat162float(qb.back());
    for (float& v : k) kb.push_back(__float2bfloat16(v)), v = __bfloat162float(kb.back());
    __nv_bfloat16 *d_qb = to_device(qb), *d_kb = to_device(kb);
    rotary_embedding_bf16(d_pos, d_qb, d_kb, d_cache, tokens, heads, kv_heads, head_size, rot_dim);
    qb = to_host(d_qb, nq);
    std::vector<float> got;
    for (auto v : qb) got.push_back(__bfloat162float(v));
    ok = all_close(got, reference(q, heads, true), 1e-2, "query bf16") && ok;
    cudaFree(d_qb), cudaFree(d_kb), cudaFree(d_cache), cudaFree(d_pos);
    return report(ok);
}
