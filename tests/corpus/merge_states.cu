// Row 76, style E: merging attention states (output, logarithm of the sum of exponentials) of two or
// many parts of a sequence; 128-bit packs, and parts that are empty (-inf, or +inf by old callers).
#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "check.h"

inline __device__ float to_float(float v) { return v; }
inline __device__ float to_float(half v) { return __half2float(v); }
inline __device__ float to_float(__nv_bfloat16 v) { return __bfloat162float(v); }
inline __device__ void from_float(float& d, float s) { d = s; }
inline __device__ void from_float(half& d, float s) { d = __float2half(s); }
inline __device__ void from_float(__nv_bfloat16& d, float s) { d = __float2bfloat16(s); }

// A thread per pack of a head; o is [tokens, heads, head_size], lse is [heads, tokens].
template <typename scalar_t, const unsigned NUM_THREADS>
__global__ void merge_attn_states_kernel(scalar_t* output, float* output_lse, const scalar_t* prefix_output,
                                         const float* prefix_lse, const scalar_t* suffix_output, const float* suffix_lse,
                                         const unsigned num_tokens, const unsigned num_heads, const unsigned head_size) {
    using pack_128b_t = uint4;
    constexpr unsigned pack_size = 16 / sizeof(scalar_t);
    const unsigned threads_per_head = head_size / pack_size;
    const unsigned global_idx = blockIdx.x * NUM_THREADS + threadIdx.x;
    if (global_idx >= num_tokens * num_heads * threads_per_head) return;

    const unsigned token_head = global_idx / threads_per_head;
    const unsigned pack = global_idx % threads_per_head;
    const unsigned token = token_head / num_heads;
    const unsigned head = token_head % num_heads;

    float p_lse = prefix_lse[head * num_tokens + token];
    float s_lse = suffix_lse[head * num_tokens + token];
    p_lse = isinf(p_lse) ? -INFINITY : p_lse;
    s_lse = isinf(s_lse) ? -INFINITY : s_lse;
    const float max_lse = fmaxf(p_lse, s_lse);

    pack_128b_t out_pack = make_uint4(0u, 0u, 0u, 0u);
    float lse = -INFINITY;
    if (!isinf(max_lse)) {  // otherwise both are empty
        const float p_se = expf(p_lse - max_lse);
        const float s_se = expf(s_lse - max_lse);
        const float out_se = p_se + s_se;
        const float p_scale = p_se / out_se;
        const float s_scale = s_se / out_se;
        const int64_t offset = (int64_t)token_head * head_size;
        const pack_128b_t p_pack = reinterpret_cast<const pack_128b_t*>(prefix_output + offset)[pack];
        const pack_128b_t s_pack = reinterpret_cast<const pack_128b_t*>(suffix_output + offset)[pack];
#pragma unroll
        for (unsigned i = 0; i < pack_size; ++i) {
            const float p = to_float(reinterpret_cast<const scalar_t*>(&p_pack)[i]);
            const float s = to_float(reinterpret_cast<const scalar_t*>(&s_pack)[i]);
            from_float(reinterpret_cast<scalar_t*>(&out_pack)[i], p * p_scale + s * s_scale);
        }
        lse = logf(out_se) + max_lse;
    }
    reinterpret_cast<pack_128b_t*>(output + (int64_t)token_head * head_size)[pack] = out_pack;
    if (output_lse != nullptr && pack == 0) output_lse[head * num_tokens + token] = lse;
}

// The state of softmax(x) * v so far, kept in registers.
template <int VEC>
struct state_t {
    float o[VEC];
    float m, d;

    __device__ __forceinline__ void init() {
        for (int i = 0; i < VEC; ++i) o[i] = 0.0f;
        m = -5e4f;
        d = 1.0f;
    }
    __device__ __forceinline__ void merge(const float* other, float other_m, float other_d) {
        const float m_prev = m, d_prev = d;
        m = fmaxf(m_prev, other_m);
        const float a = exp2f(m_prev - m), b = exp2f(other_m - m);
        d = d_prev * a + other_d * b;
#pragma unroll
        for (int i = 0; i < VEC; ++i) o[i] = o[i] * a + other[i] * b;
    }
    __device__ __forceinline__ void normalize() {
        for (int i = 0; i < VEC; ++i) o[i] = __fdividef(o[i], d);
    }
    __device__ __forceinline__ float get_lse() const { return m + log2f(d); }
};

// v [tokens, parts, heads, dim] normalised, s [tokens, parts, heads] to the base of two
template <int VEC>
__global__ void merge_many_kernel(float* v_merged, float* s_merged, const float* v, const float* s, int parts, int heads, int dim) {
    const int token = blockIdx.x, head = threadIdx.y, at = threadIdx.x * VEC;
    state_t<VEC> state;
    state.init();
    state.d = 0.0f;
    for (int part = 0; part < parts; ++part) {
        const size_t row = (size_t)(token * parts + part) * heads + head;
        state.merge(v + row * dim + at, s[row], 1.0f);
    }
    state.normalize();
    const size_t row = (size_t)token * heads + head;
    for (int i = 0; i < VEC; ++i) v_merged[row * dim + at + i] = state.o[i];
    if (threadIdx.x == 0) s_merged[row] = state.get_lse();
}

template <typename T>
void merge_attn_states(T* out, float* lse, const T* a, const float* la, const T* b, const float* lb, int tokens, int heads, int head_size) {
    if (head_size % (16 / sizeof(T)) != 0) return;
    const int threads = tokens * heads * (head_size / (16 / sizeof(T)));
    constexpr unsigned NUM_THREADS = 128;
    merge_attn_states_kernel<T, NUM_THREADS><<<ceil_div(threads, (int)NUM_THREADS), NUM_THREADS>>>(out, lse, a, la, b, lb, tokens, heads, head_size);
    CUDA_CHECK(cudaGetLastError());
}
template void merge_attn_states<float>(float*, float*, const float*, const float*, const float*, const float*, int, int, int);
template void merge_attn_states<half>(half*, float*, const half*, const float*, const half*, const float*, int, int, int);
template void merge_attn_states<__nv_bfloat16>(__nv_bfloat16*, float*, const __nv_bfloat16*, const float*, const __nv_bfloat16*, const float*, int, int, int);

void merge_many(float* v_merged, float* s_merged, const float* v, const float* s, int tokens, int parts, int heads, int dim) {
    merge_many_kernel<4><<<tokens, dim3(dim / 4, heads)>>>(v_merged, s_merged, v, s, parts, heads, dim);
}

template <typename T>
bool check_pair(int tokens, int heads, int dim, double tol) {
    const int n = tokens * heads * dim, rows = tokens * heads;
    std::vector<float> la = random_floats(rows, 910, -3, 3), lb = random_floats(rows, 911, -3, 3);
    la[0] = -INFINITY, lb[1] = INFINITY, la[2] = lb[2] = -INFINITY;
    std::vector<T> a, b;
    for (float v : random_floats(n, 912)) a.push_back((T)v);
    for (float v : random_floats(n, 913)) b.push_back((T)v);
    std::vector<double> want(n), want_lse(rows);
    for (int t = 0; t < tokens; t++)
        for (int h = 0; h < heads; h++) {
            const int s = h * tokens + t, row = (t * heads + h) * dim;
            double ea = std::isinf(la[s]) ? 0 : std::exp(la[s]), eb = std::isinf(lb[s]) ? 0 : std::exp(lb[s]);
            want_lse[s] = std::log(ea + eb);
            for (int i = row; i < row + dim && ea + eb > 0; i++) want[i] = (ea * (float)a[i] + eb * (float)b[i]) / (ea + eb);
        }
    T *d_a = to_device(a), *d_b = to_device(b), *d_o = device_zeros<T>(n);
    float *d_la = to_device(la), *d_lb = to_device(lb), *d_lse = device_zeros<float>(rows);
    merge_attn_states<T>(d_o, d_lse, d_a, d_la, d_b, d_lb, tokens, heads, dim);
    std::vector<float> got;
    for (T v : to_host(d_o, n)) got.push_back((float)v);
    cudaFree(d_a), cudaFree(d_b), cudaFree(d_o), cudaFree(d_la), cudaFree(d_lb);
    return all_close(got, want, tol, "merged") & all_close(to_host(d_lse, rows), want_lse, 1e-5, "lse");
}

int main() {
    bool ok = check_pair<float>(5, 3, 20, 1e-5);
    ok = check_pair<half>(4, 2, 64, 1e-3) && ok;
    ok = check_pair<__nv_bfloat16>(7, 3, 24, 1e-2) && ok;

    const int tokens = 3, parts = 5, heads = 2, dim = 16, rows = tokens * heads;
    std::vector<float> v = random_floats(rows * parts * dim, 914), s = random_floats(rows * parts, 915, -8, 8);
    std::vector<double> want(rows * dim);
    for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int p = 0; p < parts; p++) sum += std::exp2(s[(r / heads * parts + p) * heads + r % heads]);
        for (int p = 0; p < parts; p++)
            for (int i = 0; i < dim; i++) {
                const int row = (r / heads * parts + p) * heads + r % heads;
                want[r * dim + i] += std::exp2(s[row]) / sum * v[row * dim + i];
            }
    }
    float *d_v = to_device(v), *d_s = to_device(s), *d_vm = device_zeros<float>(rows * dim), *d_sm = device_zeros<float>(rows);
    merge_many(d_vm, d_sm, d_v, d_s, tokens, parts, heads, dim);
    ok = all_close(to_host(d_vm, rows * dim), want, 1e-5, "many") && ok;
    cudaFree(d_v), cudaFree(d_s), cudaFree(d_vm), cudaFree(d_sm);
    return report(ok);
}
