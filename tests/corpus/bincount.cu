// Row 52, style X: weighted counts: out[bin] += weight. Small tables live in shared memory, larger ones are
// updated in place. Weights are added by atomics, so the last bits depend on their order; counts are exact.
#include <cstdint>

#include "check.h"

enum class MemoryType { Shared, Global };

template <typename input_t>
__device__ __forceinline__ int get_bin(input_t value, input_t lo, input_t hi, int bins) {
    int bin = (int)((value - lo) * bins / (hi - lo));
    // the upper end belongs to the last bin
    if (bin == bins) bin -= 1;
    return bin;
}

template <MemoryType memory, typename output_t, typename index_t, typename Weight>
__global__ void bincount_kernel(output_t* out, const index_t* index, int64_t n, int bins, Weight weight) {
    if (memory == MemoryType::Shared) {
        extern __shared__ char storage[];
        output_t* local = reinterpret_cast<output_t*>(storage);
        for (int b = threadIdx.x; b < bins; b += blockDim.x) local[b] = 0;
        __syncthreads();
        for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (int64_t)gridDim.x * blockDim.x) {
            index_t bin = index[i];
            if (bin >= 0 && bin < bins) atomicAdd(&local[bin], weight(i));
        }
        __syncthreads();
        for (int b = threadIdx.x; b < bins; b += blockDim.x) atomicAdd(&out[b], local[b]);
    } else {
        for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (int64_t)gridDim.x * blockDim.x) {
            index_t bin = index[i];
            if (bin < 0 || bin >= bins) continue;
            atomicAdd(&out[bin], weight(i));
        }
    }
}

struct UnitWeight {
    __device__ int operator()(int64_t) const { return 1; }
};
struct ArrayWeight {
    const float* data;
    __device__ float operator()(int64_t i) const { return data[i]; }
};

__global__ void histc_kernel(int* out, const float* inp, int n, int bins, float lo, float hi) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float v = inp[i];
    if (v >= lo && v <= hi) atomicAdd(out + get_bin<float>(v, lo, hi, bins), 1);
}

void bincount(int* out, const int64_t* index, int n, int bins, int block_size) {
    CUDA_CHECK(cudaMemset(out, 0, bins * sizeof(int)));
    const size_t shared_bytes = bins * sizeof(int);
    if (shared_bytes <= 4096) {
        bincount_kernel<MemoryType::Shared, int, int64_t><<<2, block_size, shared_bytes>>>(out, index, n, bins, UnitWeight());
    } else {
        bincount_kernel<MemoryType::Global><<<2, block_size>>>(out, index, n, bins, UnitWeight());
    }
    CUDA_CHECK(cudaGetLastError());
}

void bincount_weighted(float* out, const int64_t* index, const float* weights, int n, int bins) {
    CUDA_CHECK(cudaMemset(out, 0, bins * sizeof(float)));
    bincount_kernel<MemoryType::Shared><<<3, 64, bins * sizeof(float)>>>(out, index, n, bins, ArrayWeight{weights});
    CUDA_CHECK(cudaGetLastError());
}

void histc(int* out, const float* inp, int n, int bins, float lo, float hi) {
    CUDA_CHECK(cudaMemset(out, 0, bins * sizeof(int)));
    histc_kernel<<<ceil_div(n, 128), 128>>>(out, inp, n, bins, lo, hi);
}

int main() {
    bool ok = true;
    const int n = 1500;
    std::vector<float> weights = random_floats(n, 420), x = random_floats(n, 421, -1.2f, 1.2f);
    x[0] = 1.0f, x[1] = -1.0f;
    float *d_w = to_device(weights), *d_x = to_device(x);
    for (int bins : {1, 10, 1500}) {
        std::vector<int> raw = random_ints(n, 422, -2, bins + 1), want(bins, 0), histogram(bins, 0);
        std::vector<int64_t> index(raw.begin(), raw.end());
        index[7] = INT64_C(1) << 33;  // out of range, though its low half is zero
        std::vector<double> want_w(bins, 0.0);
        for (int i = 0; i < n; i++) {
            if (index[i] >= 0 && index[i] < bins) {
                want[index[i]]++;
                want_w[index[i]] += weights[i];
            }
            if (x[i] >= -1.0f && x[i] <= 1.0f) {
                int bin = (int)((x[i] + 1.0f) * bins / 2.0f);
                histogram[bin == bins ? bins - 1 : bin]++;
            }
        }
        int64_t* d_index = to_device(index);
        int* d_out = device_zeros<int>(bins);
        float* d_outf = device_zeros<float>(bins);
        bincount(d_out, d_index, n, bins, 96);
        ok = all_close(to_host(d_out, bins), want, 0.0, "bincount") && ok;
        bincount_weighted(d_outf, d_index, d_w, n, bins);
        ok = all_close(to_host(d_outf, bins), want_w, 1e-4, "weighted") && ok;
        histc(d_out, d_x, n, bins, -1.0f, 1.0f);
        ok = all_close(to_host(d_out, bins), histogram, 0.0, "histc") && ok;
        cudaFree(d_index), cudaFree(d_out), cudaFree(d_outf);
    }
    cudaFree(d_w), cudaFree(d_x);
    return report(ok);
}
