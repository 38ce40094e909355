// Row 25, style X: reductions over groups of rows: CSR segments with a reduction trait (sum, mean, min,
// max) and a scatter form with atomics. Float atomics add in any order; integer results are exact.
#include <climits>

#include "check.h"

enum ReductionType { SUM, MEAN, MIN, MAX };

template <typename scalar_t>
struct Limits;
template <>
struct Limits<float> {
    static constexpr float lowest = -3.402823466e+38f;
    static constexpr float highest = 3.402823466e+38f;
};
template <>
struct Limits<int> {
    static constexpr int lowest = INT_MIN;
    static constexpr int highest = INT_MAX;
};

template <typename scalar_t, ReductionType REDUCE>
struct Reducer {
    static inline __device__ scalar_t init() {
        if (REDUCE == MIN) return Limits<scalar_t>::highest;
        if (REDUCE == MAX) return Limits<scalar_t>::lowest;
        return (scalar_t)0;
    }

    static inline __device__ void update(scalar_t* value, scalar_t new_value) {
        if (REDUCE == SUM || REDUCE == MEAN) {
            *value = *value + new_value;
        } else if ((REDUCE == MIN && new_value < *value) || (REDUCE == MAX && new_value > *value)) {
            *value = new_value;
        }
    }

    static inline __device__ void write(scalar_t* address, scalar_t value, int count) {
        if (REDUCE == SUM)
            *address = value;
        else if (REDUCE == MEAN)
            *address = value / (scalar_t)(count > 0 ? count : 1);
        else
            *address = count > 0 ? value : (scalar_t)0;  // an empty segment gives zero
    }
};

template <typename scalar_t, ReductionType REDUCE>
__global__ void segment_csr_kernel(scalar_t* out, const scalar_t* src, const int* indptr, int segments, int K) {
    int thread_idx = blockIdx.x * blockDim.x + threadIdx.x;
    int row_idx = thread_idx / K;
    int lane_idx = thread_idx % K;
    if (row_idx < segments) {
        int row_start = __ldg(indptr + row_idx);
        int row_end = __ldg(indptr + row_idx + 1);
        scalar_t val = Reducer<scalar_t, REDUCE>::init();
        for (int e = row_start; e < row_end; e++) {
            Reducer<scalar_t, REDUCE>::update(&val, src[K * e + lane_idx]);
        }
        Reducer<scalar_t, REDUCE>::write(out + thread_idx, val, row_end - row_start);
    }
}

__global__ void scatter_add_kernel(float* out, const float* src, const int* index, int E, int K, int N) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= E * K) return;
    int target = index[i / K];
    if (target < 0 || target >= N) return;
    atomicAdd(&out[target * K + i % K], src[i]);
}

__global__ void scatter_max_kernel(int* out, const int* src, const int* index, int E, int N) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= E) return;
    unsigned int target = (unsigned int)index[i];  // a negative index becomes a large one
    if (target < (unsigned int)N) atomicMax(out + target, src[i]);
}

#define SEGMENT_LAUNCH(scalar_t, OP)                                                             \
    segment_csr_kernel<scalar_t, OP>                                                             \
        <<<ceil_div(segments * K, block_size), block_size>>>(out, src, indptr, segments, K);

#define DISPATCH_REDUCTION(scalar_t, op)                 \
    switch (op) {                                        \
        case SUM: SEGMENT_LAUNCH(scalar_t, SUM) break;   \
        case MEAN: SEGMENT_LAUNCH(scalar_t, MEAN) break; \
        case MIN: SEGMENT_LAUNCH(scalar_t, MIN) break;   \
        case MAX: SEGMENT_LAUNCH(scalar_t, MAX) break;   \
    }

void segment_csr_float(float* out, const float* src, const int* indptr, int segments, int K, int op, int block_size) {
    DISPATCH_REDUCTION(float, op)
    CUDA_CHECK(cudaGetLastError());
}

void segment_csr_int(int* out, const int* src, const int* indptr, int segments, int K, int op, int block_size) {
    DISPATCH_REDUCTION(int, op)
    CUDA_CHECK(cudaGetLastError());
}

void scatter_add(float* out, const float* src, const int* index, int E, int K, int N) {
    CUDA_CHECK(cudaMemset(out, 0, (size_t)N * K * sizeof(float)));
    scatter_add_kernel<<<ceil_div(E * K, 256), 256>>>(out, src, index, E, K, N);
}

void scatter_max(int* out, const int* src, const int* index, int E, int N) {
    scatter_max_kernel<<<ceil_div(E, 64), 64>>>(out, src, index, E, N);
}

template <typename T>
static std::vector<T> segment_cpu(const std::vector<T>& src, const std::vector<int>& indptr, int K, int op) {
    const int segments = (int)indptr.size() - 1;
    std::vector<T> out(segments * K);
    for (int s = 0; s < segments; s++)
        for (int k = 0; k < K; k++) {
            T acc = 0;
            for (int e = indptr[s]; e < indptr[s + 1]; e++) {
                T v = src[e * K + k];
                if (e == indptr[s])
                    acc = v;
                else if (op == SUM || op == MEAN)
                    acc += v;
                else
                    acc = op == MIN ? (v < acc ? v : acc) : (v > acc ? v : acc);
            }
            int count = indptr[s + 1] - indptr[s];
            out[s * K + k] = op == MEAN && count > 0 ? acc / (T)count : acc;
        }
    return out;
}

int main() {
    const int K = 5, segments = 14;
    std::vector<int> sizes = random_ints(segments, 170, 0, 9), indptr(1, 0);
    sizes[3] = 0, sizes[segments - 1] = 0;
    for (int s : sizes) indptr.push_back(indptr.back() + s);
    const int E = indptr.back();
    std::vector<float> src = random_floats(E * K, 171);
    std::vector<int> src_i = random_ints(E * K, 172, -1000, 1000), index = random_ints(E, 173, -2, segments + 1);

    int *d_indptr = to_device(indptr), *d_index = to_device(index);
    float *d_src = to_device(src), *d_out = device_zeros<float>(segments * K);
    int *d_srci = to_device(src_i), *d_outi = device_zeros<int>(segments * K);
    bool ok = true;
    for (int op = SUM; op <= MAX; op++) {
        segment_csr_float(d_out, d_src, d_indptr, segments, K, op, 32);
        ok = all_close(to_host(d_out, segments * K), segment_cpu(src, indptr, K, op), 1e-5, "segment float") && ok;
        segment_csr_int(d_outi, d_srci, d_indptr, segments, K, op, 128);
        ok = all_close(to_host(d_outi, segments * K), segment_cpu(src_i, indptr, K, op), 0.0, "segment int") && ok;
    }

    std::vector<double> sums(segments * K, 0.0);
    std::vector<int> peaks(segments, -5);
    for (int e = 0; e < E; e++) {
        if (index[e] < 0 || index[e] >= segments) continue;
        for (int k = 0; k < K; k++) sums[index[e] * K + k] += src[e * K + k];
        peaks[index[e]] = src_i[e] > peaks[index[e]] ? src_i[e] : peaks[index[e]];
    }
    scatter_add(d_out, d_src, d_index, E, K, segments);
    ok = all_close(to_host(d_out, segments * K), sums, 1e-5, "scatter add") && ok;
    int* d_peaks = to_device(std::vector<int>(segments, -5));
    scatter_max(d_peaks, d_srci, d_index, E, segments);
    ok = all_close(to_host(d_peaks, segments), peaks, 0.0, "scatter max") && ok;
    cudaFree(d_indptr), cudaFree(d_index), cudaFree(d_src), cudaFree(d_out), cudaFree(d_srci), cudaFree(d_outi);
    cudaFree(d_peaks);
    return report(ok);
}
