// Row 80, style E: logits before sampling - temperature, repetition and presence penalties from bool
// masks in vocabulary tiles on a 2-D grid, and a penalty scattered from a token history.
#include <algorithm>
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

// A repeated token moves away from being chosen: positive logits shrink, negative ones grow.
template <typename scalar_t>
__device__ __forceinline__ scalar_t penalized(scalar_t logit, float penalty) {
    const float x = static_cast<float>(logit);
    return static_cast<scalar_t>(x > 0.0f ? x / penalty : x * penalty);
}

// grid: x sequences, y tiles of the vocabulary
template <typename scalar_t>
__global__ void apply_repetition_penalties_kernel(scalar_t* __restrict__ logits,         // [seqs, vocab]
                                                  const bool* __restrict__ prompt_mask,  // [seqs, vocab]
                                                  const bool* __restrict__ output_mask,  // [seqs, vocab]
                                                  const float* __restrict__ repetition_penalties,  // [seqs]
                                                  const int vocab_size, const int tile_size) {
    const int seq = blockIdx.x;
    const int start = blockIdx.y * tile_size;
    const int end = min(start + tile_size, vocab_size);
    const float penalty = repetition_penalties[seq];
    if (penalty == 1.0f) return;
    for (int v = start + threadIdx.x; v < end; v += blockDim.x) {
        const int64_t idx = static_cast<int64_t>(seq) * vocab_size + v;
        if (prompt_mask[idx] || output_mask[idx]) logits[idx] = penalized(logits[idx], penalty);
    }
}

template <typename scalar_t, bool HAS_BIAS>
__global__ void temperature_kernel(scalar_t* __restrict__ logits, const float* __restrict__ temperatures,
                                   const float* __restrict__ bias, int vocab_size, int64_t row_stride) {
    const int v = blockIdx.x * blockDim.x + threadIdx.x;
    if (v >= vocab_size) return;
    scalar_t* row = logits + blockIdx.y * row_stride;
    const float temperature = temperatures[blockIdx.y];
    float x = static_cast<float>(row[v]);
    if constexpr (HAS_BIAS) x += __ldg(bias + v);
    row[v] = static_cast<scalar_t>(x / (temperature > 0.0f ? temperature : 1.0f));
}

// counts[token] occurrences lower a logit: once by presence, and by frequency for each
__global__ void frequency_penalty_kernel(float* logits, const int* __restrict__ history, const int* __restrict__ lens,
                                         const float presence, const float frequency, const int max_len,
                                         const int vocab_size) {
    extern __shared__ int counts[];
    const int seq = blockIdx.x;
    for (int v = threadIdx.x; v < vocab_size; v += blockDim.x) counts[v] = 0;
    __syncthreads();
    for (int i = threadIdx.x; i < lens[seq]; i += blockDim.x) {
        const int token = history[seq * max_len + i];
        if (token >= 0 && token < vocab_size) atomicAdd(&counts[token], 1);
    }
    __syncthreads();
    for (int v = threadIdx.x; v < vocab_size; v += blockDim.x) {
        if (counts[v]) logits[seq * vocab_size + v] -= presence + frequency * counts[v];
    }
}

template <typename scalar_t>
void apply_repetition_penalties(scalar_t* logits, const bool* prompt_mask, const bool* output_mask, const float* penalties,
                                int seqs, int vocab_size, int tiles) {
    const int tile_size = ceil_div(vocab_size, tiles);
    dim3 grid(seqs, tiles);
    dim3 block(std::min(tile_size, 128));
    apply_repetition_penalties_kernel<scalar_t>
        <<<grid, block>>>(logits, prompt_mask, output_mask, penalties, vocab_size, tile_size);
    CUDA_CHECK(cudaGetLastError());
}

void penalties_float(float* logits, const bool* prompt, const bool* output, const float* penalties, int seqs, int vocab) {
    apply_repetition_penalties(logits, prompt, output, penalties, seqs, vocab, 3);
}

void penalties_half(half* logits, const bool* prompt, const bool* output, const float* penalties, int seqs, int vocab) {
    apply_repetition_penalties(logits, prompt, output, penalties, seqs, vocab, 2);
}

void apply_temperature(float* logits, const float* temperatures, const float* bias, int seqs, int vocab) {
    dim3 grid(ceil_div(vocab, 64), seqs);
    if (bias)
        temperature_kernel<float, true><<<grid, 64>>>(logits, temperatures, bias, vocab, vocab);
    else
        temperature_kernel<float, false><<<grid, 64>>>(logits, temperatures, bias, vocab, vocab);
}

void apply_frequency(float* logits, const int* history, const int* lens, int seqs, int max_len, int vocab) {
    frequency_penalty_kernel<<<seqs, 64, vocab * sizeof(int)>>>(logits, history, lens, 0.5f, 0.25f, max_len, vocab);
}

int main() {
    const int seqs = 4, vocab = 131, n = seqs * vocab, max_len = 20;
    std::vector<float> x = random_floats(n, 810, -4.0f, 4.0f), penalties = {1.0f, 1.25f, 2.0f, 0.5f};
    std::vector<float> temps = {1.0f, 0.5f, 0.0f, 2.0f}, bias = random_floats(vocab, 811);
    std::vector<int> masks = random_ints(2 * n, 812, 0, 1), history = random_ints(seqs * max_len, 813, -1, vocab);
    std::vector<int> lens = {0, 1, 20, 7};
    bool* d_mask = device_zeros<bool>(2 * n);
    std::vector<unsigned char> bytes(masks.begin(), masks.end());
    CUDA_CHECK(cudaMemcpy(d_mask, bytes.data(), 2 * n, cudaMemcpyHostToDevice));
    std::vector<half> xh;
    for (float v : x) xh.push_back(__float2half(v));
    std::vector<double> want, want_h;
    for (int i = 0; i < n; i++) {
        double v = x[i], h = __half2float(xh[i]), p = masks[i] || masks[n + i] ? penalties[i / vocab] : 1.0;
        want.push_back(v > 0 ? v / p : v * p);
        want_h.push_back(h > 0 ? h / p : h * p);
    }
    float *d_x = to_device(x), *d_p = to_device(penalties), *d_t = to_device(temps), *d_bias = to_device(bias);
    int *d_history = to_device(history), *d_lens = to_device(lens);
    half* d_h = to_device(xh);
    penalties_float(d_x, d_mask, d_mask + n, d_p, seqs, vocab);
    bool ok = all_close(to_host(d_x, n), want, 1e-6, "penalty");
    penalties_half(d_h, d_mask, d_mask + n, d_p, seqs, vocab);
    ok = all_close(to_host(d_h, n), want_h, 1e-2, "penalty, half") && ok;
    apply_temperature(d_x, d_t, d_bias, seqs, vocab);
    for (int i = 0; i < n; i++) want[i] = (want[i] + bias[i % vocab]) / (temps[i / vocab] > 0 ? temps[i / vocab] : 1.0);
    ok = all_close(to_host(d_x, n), want, 1e-5, "temperature") && ok;
    apply_frequency(d_x, d_history, d_lens, seqs, max_len, vocab);
    for (int s = 0; s < seqs; s++) {
        std::vector<int> counts(vocab);
        for (int i = 0; i < lens[s]; i++) {
            int token = history[s * max_len + i];
            if (token >= 0 && token < vocab) counts[token]++;
        }
        for (int v = 0; v < vocab; v++)
            if (counts[v]) want[s * vocab + v] -= 0.5 + 0.25 * counts[v];
    }
    ok = all_close(to_host(d_x, n), want, 1e-5, "frequency") && ok;
    cudaFree(d_x), cudaFree(d_p), cudaFree(d_t), cudaFree(d_bias), cudaFree(d_mask), cudaFree(d_h);
    cudaFree(d_history), cudaFree(d_lens);
    return report(ok);
}
