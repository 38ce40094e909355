// Row 75, style E: decode attention over a paged key/value cache. Small groups of threads share a key of
// the packed layout [blocks, heads, d/x, block, x]; the logits of a sequence live in shared memory.
#include <cstdint>
#include <type_traits>

#include <cuda_fp16.h>

#include "check.h"

#define WARP_SIZE 32
#define DIVIDE_ROUND_UP(a, b) (((a) + (b) - 1) / (b))
#define SHFL_XOR_SYNC(var, lane_mask) __shfl_xor_sync(uint32_t(-1), var, lane_mask)

template <typename T, int VEC_SIZE> struct Vec {};
template <> struct Vec<float, 1> { using Type = float; };
template <> struct Vec<float, 2> { using Type = float2; };
template <> struct Vec<float, 4> { using Type = float4; };
template <> struct Vec<half, 2> { using Type = uint32_t; };
template <> struct Vec<half, 4> { using Type = uint2; };

inline __device__ float dot(float a, float b) { return a * b; }
inline __device__ float dot(float2 a, float2 b) { return a.x * b.x + a.y * b.y; }
inline __device__ float dot(float4 a, float4 b) { return a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w; }
inline __device__ float2 half2_to_float2(uint32_t v) { return __half22float2(*reinterpret_cast<half2*>(&v)); }
inline __device__ uint32_t mul(uint32_t a, uint32_t b) {
    uint32_t c;
    asm volatile("mul.f16x2 %0, %1, %2;\n" : "=r"(c) : "r"(a), "r"(b));
    return c;
}
inline __device__ float dot(uint32_t a, uint32_t b) {
    const float2 products = half2_to_float2(mul(a, b));
    return products.x + products.y;
}
inline __device__ float dot(uint2 a, uint2 b) { return dot(a.x, b.x) + dot(a.y, b.y); }

// Within a group of THREAD_GROUP_SIZE lanes.
template <int THREAD_GROUP_SIZE, typename Vec_t, int N>
inline __device__ float qk_dot(const Vec_t (&q)[N], const Vec_t (&k)[N]) {
    float qk = 0.0f;
#pragma unroll
    for (int i = 0; i < N; ++i) qk += dot(q[i], k[i]);
#pragma unroll
    for (int mask = THREAD_GROUP_SIZE / 2; mask >= 1; mask /= 2) qk += SHFL_XOR_SYNC(qk, mask);
    return qk;
}

template <int NUM_WARPS>
inline __device__ float block_reduce(float* red_smem, float v, bool is_max) {
    const int warp = threadIdx.x / WARP_SIZE, lane = threadIdx.x % WARP_SIZE;
#pragma unroll
    for (int mask = WARP_SIZE / 2; mask >= 1; mask /= 2) {
        const float other = SHFL_XOR_SYNC(v, mask);
        v = is_max ? fmaxf(v, other) : v + other;
    }
    if (lane == 0) red_smem[warp] = v;
    __syncthreads();
    v = red_smem[0];
    for (int w = 1; w < NUM_WARPS; ++w) v = is_max ? fmaxf(v, red_smem[w]) : v + red_smem[w];
    __syncthreads();
    return v;
}

// grid (heads, seqs)
template <typename scalar_t, int HEAD_SIZE, int BLOCK_SIZE, int NUM_THREADS>
__global__ void paged_attention_kernel(scalar_t* __restrict__ out, const scalar_t* __restrict__ q,
                                       const scalar_t* __restrict__ k_cache, const scalar_t* __restrict__ v_cache,
                                       const int num_kv_heads, const float scale, const int* __restrict__ block_tables,
                                       const int* __restrict__ seq_lens, const int max_num_blocks_per_seq,
                                       const float* __restrict__ alibi_slopes) {
    constexpr int THREAD_GROUP_SIZE = WARP_SIZE / BLOCK_SIZE > 1 ? WARP_SIZE / BLOCK_SIZE : 1;
    constexpr int NUM_WARPS = NUM_THREADS / WARP_SIZE;
    constexpr int X = 16 / sizeof(scalar_t);
    constexpr int VEC_SIZE = X / THREAD_GROUP_SIZE;
    constexpr int NUM_VECS = HEAD_SIZE / X;
    using Vec_t = typename Vec<scalar_t, VEC_SIZE>::Type;
    static_assert(WARP_SIZE % BLOCK_SIZE == 0 && HEAD_SIZE % X == 0 && NUM_THREADS >= HEAD_SIZE);

    const int head = blockIdx.x, seq = blockIdx.y, num_heads = gridDim.x;
    const int warp = threadIdx.x / WARP_SIZE, lane = threadIdx.x % WARP_SIZE;
    const int kv_head = head / (num_heads / num_kv_heads);
    const float slope = alibi_slopes == nullptr ? 0.f : alibi_slopes[head];
    const int seq_len = seq_lens[seq];
    const int num_seq_blocks = DIVIDE_ROUND_UP(seq_len, BLOCK_SIZE);
    const int group_offset = lane % THREAD_GROUP_SIZE;
    extern __shared__ char shared_mem[];
    float* logits = reinterpret_cast<float*>(shared_mem);
    __shared__ float red_smem[NUM_WARPS];

    Vec_t q_vecs[NUM_VECS];
    const scalar_t* q_ptr = q + ((int64_t)seq * num_heads + head) * HEAD_SIZE;
#pragma unroll
    for (int i = 0; i < NUM_VECS; ++i) q_vecs[i] = *reinterpret_cast<const Vec_t*>(q_ptr + i * X + group_offset * VEC_SIZE);

    const int* block_table = block_tables + seq * max_num_blocks_per_seq;
    float qk_max = -INFINITY;
    for (int block = warp; block < num_seq_blocks; block += NUM_WARPS) {  // a warp per page, a group per token
        const int64_t physical = block_table[block];
        const int token_in_block = lane / THREAD_GROUP_SIZE;
        const int token = block * BLOCK_SIZE + token_in_block;
        Vec_t k_vecs[NUM_VECS];
#pragma unroll
        for (int i = 0; i < NUM_VECS; ++i) {
            const scalar_t* k_ptr = k_cache + ((physical * num_kv_heads + kv_head) * NUM_VECS + i) * BLOCK_SIZE * X + token_in_block * X;
            k_vecs[i] = *reinterpret_cast<const Vec_t*>(k_ptr + group_offset * VEC_SIZE);
        }
        float qk = scale * qk_dot<THREAD_GROUP_SIZE>(q_vecs, k_vecs);
        qk += slope != 0 ? slope * (token - seq_len + 1) : 0;
        if (group_offset == 0 && token < seq_len) {
            logits[token] = qk;
            qk_max = fmaxf(qk_max, qk);
        }
    }
    qk_max = block_reduce<NUM_WARPS>(red_smem, qk_max, true);
    float exp_sum = 0.f;
    for (int i = threadIdx.x; i < seq_len; i += NUM_THREADS) {
        const float val = expf(logits[i] - qk_max);
        logits[i] = val;
        exp_sum += val;
    }
    exp_sum = block_reduce<NUM_WARPS>(red_smem, exp_sum, false);
    const float inv_sum = __fdividef(1.f, exp_sum + 1e-6f);

    if (threadIdx.x < HEAD_SIZE) {  // v_cache [blocks, kv_heads, d, block]
        float acc = 0.f;
        for (int token = 0; token < seq_len; ++token) {
            const int64_t physical = block_table[token / BLOCK_SIZE];
            acc += logits[token] * inv_sum *
                   float(v_cache[((physical * num_kv_heads + kv_head) * HEAD_SIZE + threadIdx.x) * BLOCK_SIZE + token % BLOCK_SIZE]);
        }
        out[((int64_t)seq * num_heads + head) * HEAD_SIZE + threadIdx.x] = scalar_t(acc);
    }
}

#define LAUNCH_PAGED_ATTENTION(HEAD_SIZE, BLOCK_SIZE)                                                           \
    paged_attention_kernel<T, HEAD_SIZE, BLOCK_SIZE, 64><<<dim3(num_heads, num_seqs), 64, shared>>>(            \
        out, q, k_cache, v_cache, num_kv_heads, scale, block_tables, seq_lens, max_blocks, alibi_slopes)

template <typename T>
void paged_attention(T* out, const T* q, const T* k_cache, const T* v_cache, int num_heads, int num_kv_heads, int num_seqs,
                     float scale, const int* block_tables, const int* seq_lens, int max_blocks, const float* alibi_slopes, int head_size) {
    constexpr int BLOCK = sizeof(T) == 2 ? 16 : 8;
    const size_t shared = max_blocks * BLOCK * sizeof(float);
    switch (head_size) {
        case 32: LAUNCH_PAGED_ATTENTION(32, BLOCK); break;
        default: std::abort();
    }
    CUDA_CHECK(cudaGetLastError());
}

template <typename T>
bool check(int num_heads, int num_kv_heads, bool alibi, double tol) {
    const int block = sizeof(T) == 2 ? 16 : 8, x = 16 / sizeof(T), head_size = 32, max_blocks = 4, seqs = 3, pages = 20;
    const float scale = 0.2f;
    std::vector<int> lens = {1, block, 3 * block + 5}, tables(seqs * max_blocks);
    for (int i = 0; i < seqs * max_blocks; i++) tables[i] = (i * 7 + 2) % pages;
    std::vector<T> q, k, v;
    for (float f : random_floats(seqs * num_heads * head_size, 1002)) q.push_back((T)f);
    for (float f : random_floats(pages * num_kv_heads * head_size * block, 1003)) k.push_back((T)f);
    for (float f : random_floats(pages * num_kv_heads * head_size * block, 1004)) v.push_back((T)f);
    std::vector<float> slopes = random_floats(num_heads, 1005, 0.01f, 0.5f), got;
    std::vector<double> want(seqs * num_heads * head_size);
    for (int s = 0; s < seqs; s++)
        for (int h = 0; h < num_heads; h++) {
            const int kv = h / (num_heads / num_kv_heads);
            std::vector<double> p(lens[s]);
            double sum = 0;
            for (int t = 0; t < lens[s]; t++) {
                const int page = tables[s * max_blocks + t / block];
                double qk = 0;
                for (int d = 0; d < head_size; d++)
                    qk += (float)q[(s * num_heads + h) * head_size + d] *
                          (double)(float)k[(((page * num_kv_heads + kv) * (head_size / x) + d / x) * block + t % block) * x + d % x];
                sum += p[t] = std::exp(scale * qk + (alibi ? slopes[h] * (t - lens[s] + 1) : 0.0));
            }
            for (int t = 0; t < lens[s]; t++)
                for (int d = 0; d < head_size; d++)
                    want[(s * num_heads + h) * head_size + d] +=
                        p[t] / sum * (float)v[((tables[s * max_blocks + t / block] * num_kv_heads + kv) * head_size + d) * block + t % block];
        }
    T *d_q = to_device(q), *d_k = to_device(k), *d_v = to_device(v), *d_o = device_zeros<T>(want.size());
    int *d_tables = to_device(tables), *d_lens = to_device(lens);
    float* d_slopes = to_device(slopes);
    paged_attention<T>(d_o, d_q, d_k, d_v, num_heads, num_kv_heads, seqs, scale, d_tables, d_lens, max_blocks, alibi ? d_slopes : nullptr, head_size);
    for (T f : to_host(d_o, want.size())) got.push_back((float)f);
    cudaFree(d_q), cudaFree(d_k), cudaFree(d_v), cudaFree(d_o), cudaFree(d_tables), cudaFree(d_lens), cudaFree(d_slopes);
    return all_close(got, want, tol, "paged attention");
}

int main() {
    bool ok = check<float>(4, 2, true, 1e-4);
    ok = check<half>(3, 3, false, 1e-2) && ok;
    return report(ok);
}
