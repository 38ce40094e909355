// Row 74, style E: decode attention split along the sequence - each block leaves a partial output and the
// logarithm of its sum for a chunk of keys, a second kernel merges them; strides say the cache's layout.
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

template <typename float_t, size_t vec_size>
struct vec_t {
    float_t data[vec_size];
    __device__ __forceinline__ float_t& operator[](size_t i) { return data[i]; }
    __device__ __forceinline__ const float_t& operator[](size_t i) const { return data[i]; }
    __device__ __forceinline__ void fill(float_t v) {
#pragma unroll
        for (size_t i = 0; i < vec_size; ++i) data[i] = v;
    }
    template <typename T>
    __device__ __forceinline__ void cast_load(const T* ptr) {
#pragma unroll
        for (size_t i = 0; i < vec_size; ++i) data[i] = static_cast<float_t>(ptr[i]);
    }
    template <typename T>
    __device__ __forceinline__ void cast_store(T* ptr) const {
#pragma unroll
        for (size_t i = 0; i < vec_size; ++i) ptr[i] = static_cast<T>(data[i]);
    }
};

template <size_t vec_size>
struct state_t {
    vec_t<float, vec_size> o;
    float m;
    float d;

    __device__ __forceinline__ state_t() { init(); }
    __device__ __forceinline__ void init() {
        o.fill(0.f);
        m = -INFINITY;
        d = 0.f;
    }
    __device__ __forceinline__ float get_lse() const { return m + logf(d); }
    __device__ __forceinline__ void merge(const vec_t<float, vec_size>& other_o, float other_m, float other_d) {
        if (other_d == 0.f) return;  // an empty part: -inf minus -inf below would be no number
        const float m_prev = m, d_prev = d;
        m = fmaxf(m_prev, other_m);
        d = d_prev * expf(m_prev - m) + other_d * expf(other_m - m);
#pragma unroll
        for (size_t i = 0; i < vec_size; ++i) o[i] = o[i] * expf(m_prev - m) + other_o[i] * expf(other_m - m);
    }
    __device__ __forceinline__ void normalize() {
#pragma unroll
        for (size_t i = 0; i < vec_size; ++i) o[i] = d == 0.f ? 0.f : o[i] / d;
    }
};

enum class QKVLayout { kNHD = 0U, kHND = 1U };

struct tensor_info_t {
    uint32_t num_qo_heads, num_kv_heads, kv_len, head_dim;
    int64_t stride_n, stride_h;
    tensor_info_t(uint32_t qo, uint32_t kv, uint32_t len, QKVLayout layout, uint32_t dim)
        : num_qo_heads(qo), num_kv_heads(kv), kv_len(len), head_dim(dim) {
        stride_n = layout == QKVLayout::kNHD ? (int64_t)kv * dim : dim;
        stride_h = layout == QKVLayout::kNHD ? dim : (int64_t)len * dim;
    }
    __host__ __device__ __forceinline__ size_t kv_elem_offset(uint32_t n, uint32_t head, uint32_t feature) const {
        return n * stride_n + head * stride_h + feature;
    }
};

// grid (chunks, qo_heads); bdx lanes hold a head together, bdy of them take turns with the keys
template <uint32_t vec_size, uint32_t bdx, uint32_t bdy, typename DType>
__global__ void split_kv_decode_kernel(float* __restrict__ tmp_o, float* __restrict__ tmp_lse, const DType* __restrict__ q,
                                       const DType* __restrict__ k, const DType* __restrict__ v, tensor_info_t info,
                                       float sm_scale, uint32_t chunk_size) {
    __shared__ float smem_o[bdy][bdx * vec_size];
    __shared__ float2 smem_md[bdy];
    const uint32_t tx = threadIdx.x, ty = threadIdx.y, head = blockIdx.y;
    const uint32_t kv_head = head / (info.num_qo_heads / info.num_kv_heads);
    vec_t<float, vec_size> q_vec;
    q_vec.cast_load(q + head * info.head_dim + tx * vec_size);

    state_t<vec_size> st;
    const uint32_t begin = blockIdx.x * chunk_size, end = min(begin + chunk_size, info.kv_len);
    for (uint32_t n = begin; n < end; n += bdy) {
        const bool valid = n + ty < end;
        const size_t at = info.kv_elem_offset(valid ? n + ty : begin, kv_head, tx * vec_size);
        vec_t<float, vec_size> k_vec, v_vec;
        k_vec.cast_load(k + at);
        float s = 0.f;
#pragma unroll
        for (uint32_t i = 0; i < vec_size; ++i) s += q_vec[i] * k_vec[i];
#pragma unroll
        for (uint32_t offset = bdx / 2; offset > 0; offset /= 2) s += __shfl_xor_sync(0xffffffff, s, offset);
        if (valid) {
            v_vec.cast_load(v + at);
            st.merge(v_vec, s * sm_scale, 1.f);
        }
    }
    st.o.cast_store(&smem_o[ty][tx * vec_size]);
    smem_md[ty] = make_float2(st.m, st.d);
    __syncthreads();
    if (ty != 0) return;
    for (uint32_t j = 1; j < bdy; ++j) {
        vec_t<float, vec_size> other;
        other.cast_load(&smem_o[j][tx * vec_size]);
        st.merge(other, smem_md[j].x, smem_md[j].y);
    }
    const size_t row = (size_t)blockIdx.x * info.num_qo_heads + head;
    st.normalize();
    st.o.cast_store(tmp_o + row * info.head_dim + tx * vec_size);
    if (tx == 0) tmp_lse[row] = st.get_lse();
}

// grid: heads
template <typename DType>
__global__ void merge_chunks_kernel(DType* __restrict__ o, float* __restrict__ lse, const float* __restrict__ tmp_o,
                                    const float* __restrict__ tmp_lse, uint32_t chunks, uint32_t heads, uint32_t head_dim) {
    const uint32_t head = blockIdx.x;
    for (uint32_t d = threadIdx.x; d < head_dim; d += blockDim.x) {
        state_t<1> st;
        for (uint32_t c = 0; c < chunks; ++c) {
            vec_t<float, 1> part;
            part[0] = tmp_o[(c * heads + head) * head_dim + d];
            const float part_lse = tmp_lse[c * heads + head];
            st.merge(part, part_lse, part_lse == -INFINITY ? 0.f : 1.f);
        }
        st.normalize();
        o[head * head_dim + d] = static_cast<DType>(st.o[0]);
        if (d == 0) lse[head] = st.get_lse();
    }
}

template <typename DType>
void single_decode(DType* o, float* lse, float* tmp_o, float* tmp_lse, const DType* q, const DType* k, const DType* v, int qo_heads,
                   int kv_heads, int kv_len, QKVLayout layout, int chunks, float sm_scale) {
    constexpr uint32_t vec_size = 4, bdx = 8, bdy = 8, head_dim = vec_size * bdx;
    tensor_info_t info(qo_heads, kv_heads, kv_len, layout, head_dim);
    const uint32_t chunk_size = ceil_div(kv_len, chunks) > 0 ? ceil_div(kv_len, chunks) : 1;
    auto kernel = split_kv_decode_kernel<vec_size, bdx, bdy, DType>;
    kernel<<<dim3(chunks, qo_heads), dim3(bdx, bdy)>>>(tmp_o, tmp_lse, q, k, v, info, sm_scale, chunk_size);
    merge_chunks_kernel<DType><<<qo_heads, 32>>>(o, lse, tmp_o, tmp_lse, chunks, qo_heads, head_dim);
    CUDA_CHECK(cudaGetLastError());
}

template <typename T>
bool check(int heads, int kv_heads, int len, QKVLayout layout, int chunks, double tol) {
    const int dim = 32, n = len * kv_heads * dim;
    std::vector<T> q, k, v;
    for (float f : random_floats(heads * dim, 1010)) q.push_back((T)f);
    for (float f : random_floats(n, 1011)) k.push_back((T)f);
    for (float f : random_floats(n, 1012)) v.push_back((T)f);
    std::vector<double> want(heads * dim), want_lse(heads);
    std::vector<float> got;
    for (int h = 0; h < heads; h++) {
        std::vector<double> out(dim);
        double sum = 0;
        for (int t = 0; t < len; t++) {
            const int kv = h / (heads / kv_heads), row = layout == QKVLayout::kNHD ? (t * kv_heads + kv) * dim : (kv * len + t) * dim;
            double s = 0;
            for (int d = 0; d < dim; d++) s += (double)(float)q[h * dim + d] * (float)k[row + d];
            sum += s = std::exp(s * 0.25);
            for (int d = 0; d < dim; d++) out[d] += s * (float)v[row + d];
        }
        for (int d = 0; d < dim; d++) want[h * dim + d] = out[d] / sum;
        want_lse[h] = std::log(sum);
    }
    T *d_q = to_device(q), *d_k = to_device(k), *d_v = to_device(v), *d_o = device_zeros<T>(heads * dim);
    float *d_lse = device_zeros<float>(heads), *d_to = device_zeros<float>(chunks * heads * dim), *d_tl = device_zeros<float>(chunks * heads);
    single_decode<T>(d_o, d_lse, d_to, d_tl, d_q, d_k, d_v, heads, kv_heads, len, layout, chunks, 0.25f);
    for (T f : to_host(d_o, heads * dim)) got.push_back((float)f);
    bool ok = all_close(got, want, tol, "decode") && all_close(to_host(d_lse, heads), want_lse, 1e-4, "lse");
    cudaFree(d_q), cudaFree(d_k), cudaFree(d_v), cudaFree(d_o), cudaFree(d_lse), cudaFree(d_to), cudaFree(d_tl);
    return ok;
}

int main() {
    bool ok = check<float>(4, 2, 100, QKVLayout::kNHD, 3, 1e-5);
    ok = check<float>(2, 1, 1, QKVLayout::kHND, 1, 1e-5) && ok;
    ok = check<half>(4, 4, 5, QKVLayout::kHND, 4, 1e-2) && ok;  // 2 + 2 + 1, and an empty chunk
    return report(ok);
}
