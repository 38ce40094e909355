// Row 26, style E: writes new keys and values into a paged cache. A slot number names a page and a place in
// it; -1 skips the token. Keys are packed by `x` elements so that readers load 16 bytes at once; the int8
// cache divides by a scale and saturates.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

template <typename cache_t>
__device__ __forceinline__ cache_t to_cache(float value, float inv_scale);

template <>
__device__ __forceinline__ float to_cache<float>(float value, float) {
    return value;
}
template <>
__device__ __forceinline__ __half to_cache<__half>(float value, float) {
    return __float2half(value);
}
template <>
__device__ __forceinline__ int8_t to_cache<int8_t>(float value, float inv_scale) {
    int q = __float2int_rn(value * inv_scale);
    return (int8_t)max(-128, min(127, q));
}

template <typename cache_t>
__global__ void reshape_and_cache_kernel(const float* __restrict__ key,          // [tokens, heads, head_size]
                                         const float* __restrict__ value,        // [tokens, heads, head_size]
                                         cache_t* __restrict__ key_cache,        // [pages, heads, head_size/x, page, x]
                                         cache_t* __restrict__ value_cache,      // [pages, heads, head_size, page]
                                         const int64_t* __restrict__ slot_mapping,  // [tokens]
                                         const int num_heads, const int head_size, const int page_size, const int x,
                                         const float inv_scale) {
    const int64_t token_idx = blockIdx.x;
    const int64_t slot_idx = slot_mapping[token_idx];
    if (slot_idx < 0) {
        return;  // padding token
    }
    const int64_t page_idx = slot_idx / page_size;
    const int64_t page_offset = slot_idx % page_size;

    const int n = num_heads * head_size;
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        const int64_t src_idx = token_idx * n + i;
        const int head_idx = i / head_size;
        const int head_offset = i % head_size;
        const int x_idx = head_offset / x;
        const int x_offset = head_offset % x;

        const int64_t tgt_key_idx = page_idx * num_heads * (head_size / x) * page_size * x +
                                    head_idx * (head_size / x) * page_size * x + x_idx * page_size * x +
                                    page_offset * x + x_offset;
        const int64_t tgt_value_idx =
            page_idx * num_heads * head_size * page_size + head_idx * head_size * page_size + head_offset * page_size +
            page_offset;
        key_cache[tgt_key_idx] = to_cache<cache_t>(key[src_idx], inv_scale);
        value_cache[tgt_value_idx] = to_cache<cache_t>(value[src_idx], inv_scale);
    }
}

// head_size must be a multiple of x
void reshape_and_cache(const float* key, const float* value, float* key_cache, float* value_cache,
                       const int64_t* slot_mapping, int tokens, int heads, int head_size, int page_size) {
    int block = heads * head_size < 128 ? heads * head_size : 128;
    reshape_and_cache_kernel<float><<<tokens, block>>>(key, value, key_cache, value_cache, slot_mapping, heads,
                                                       head_size, page_size, 4, 1.0f);
}

void reshape_and_cache_half(const float* key, const float* value, __half* key_cache, __half* value_cache,
                            const int64_t* slot_mapping, int tokens, int heads, int head_size, int page_size) {
    reshape_and_cache_kernel<__half>
        <<<tokens, 64>>>(key, value, key_cache, value_cache, slot_mapping, heads, head_size, page_size, 8, 1.0f);
}

void reshape_and_cache_int8(const float* key, const float* value, int8_t* key_cache, int8_t* value_cache,
                            const int64_t* slot_mapping, int tokens, int heads, int head_size, int page_size,
                            float scale) {
    reshape_and_cache_kernel<int8_t><<<tokens, 64>>>(key, value, key_cache, value_cache, slot_mapping, heads,
                                                     head_size, page_size, 16, 1.0f / scale);
}

int main() {
    const int tokens = 9, heads = 2, head_size = 16, page_size = 4, pages = 5, n = pages * page_size * heads * head_size;
    std::vector<float> key = random_floats(tokens * heads * head_size, 180, -2.0f, 2.0f);
    std::vector<float> value = random_floats(key.size(), 181, -2.0f, 2.0f);
    std::vector<int64_t> slots = {7, 0, -1, 19, 3, 12, -1, 8, 5};

    float *d_key = to_device(key), *d_value = to_device(value);
    int64_t* d_slots = to_device(slots);
    float *d_kc = device_zeros<float>(n), *d_vc = device_zeros<float>(n);
    __half *d_kh = device_zeros<__half>(n), *d_vh = device_zeros<__half>(n);
    int8_t *d_k8 = device_zeros<int8_t>(n), *d_v8 = device_zeros<int8_t>(n);
    reshape_and_cache(d_key, d_value, d_kc, d_vc, d_slots, tokens, heads, head_size, page_size);
    reshape_and_cache_half(d_key, d_value, d_kh, d_vh, d_slots, tokens, heads, head_size, page_size);
    reshape_and_cache_int8(d_key, d_value, d_k8, d_v8, d_slots, tokens, heads, head_size, page_size, 0.0125f);

    bool ok = true;
    const int packs[3] = {4, 8, 16};
    std::vector<float> kc = to_host(d_kc, n), vc = to_host(d_vc, n);
    std::vector<__half> kh = to_host(d_kh, n), vh = to_host(d_vh, n);
    std::vector<int8_t> k8 = to_host(d_k8, n), v8 = to_host(d_v8, n);
    for (int kind = 0; kind < 3; kind++) {
        const int x = packs[kind];
        std::vector<float> want_k(n, 0.0f), want_v(n, 0.0f), got_k(n), got_v(n);
        for (int t = 0; t < tokens; t++) {
            if (slots[t] < 0) continue;
            for (int i = 0; i < heads * head_size; i++) {
                int page = (int)slots[t] / page_size, place = (int)slots[t] % page_size, h = i / head_size, o = i % head_size;
                int ki = (((page * heads + h) * (head_size / x) + o / x) * page_size + place) * x + o % x;
                int vi = ((page * heads + h) * head_size + o) * page_size + place;
                float k = key[t * heads * head_size + i], v = value[t * heads * head_size + i];
                if (kind == 2) {
                    k = std::fmin(std::fmax(std::nearbyint(k * (1.0f / 0.0125f)), -128.0f), 127.0f);
                    v = std::fmin(std::fmax(std::nearbyint(v * (1.0f / 0.0125f)), -128.0f), 127.0f);
                }
                want_k[ki] = k;
                want_v[vi] = v;
            }
        }
        for (int i = 0; i < n; i++) {
            got_k[i] = kind == 0 ? kc[i] : kind == 1 ? __half2float(kh[i]) : (float)k8[i];
            got_v[i] = kind == 0 ? vc[i] : kind == 1 ? __half2float(vh[i]) : (float)v8[i];
        }
        ok = all_close(got_k, want_k, kind == 1 ? 1e-3 : 0.0, "key cache") && ok;
        ok = all_close(got_v, want_v, kind == 1 ? 1e-3 : 0.0, "value cache") && ok;
    }
    cudaFree(d_key), cudaFree(d_value), cudaFree(d_slots), cudaFree(d_kc), cudaFree(d_vc);
    cudaFree(d_kh), cudaFree(d_vh), cudaFree(d_k8), cudaFree(d_v8);
    return report(ok);
}
