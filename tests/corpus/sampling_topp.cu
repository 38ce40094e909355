// Row 81, style E: sampling a token from probabilities - top-k by bisection on a threshold, top-p by
// rejection with a block scan; random numbers come from a hash, so a run can be repeated.
#include <cstdint>

#include "check.h"

constexpr int BLOCK = 128;

__host__ __device__ inline float hashed_uniform(uint32_t seed, uint32_t row, uint32_t draw) {
    uint32_t h = seed * 0x9E3779B9u ^ row * 0x85EBCA6Bu ^ draw * 0xC2B2AE35u;
    h ^= h >> 15;
    h *= 0x2C1B3C6Du;
    h ^= h >> 12;
    h *= 0x297A2D39u;
    h ^= h >> 15;
    return (h >> 8) * (1.0f / 16777216.0f);
}

struct ValueCount {
    float value;
    int count;
    __device__ ValueCount operator+(const ValueCount& other) const { return {value + other.value, count + other.count}; }
};

struct SharedStorage {
    union {
        ValueCount reduce[BLOCK / 32];
        float scan[BLOCK];
    };
    int chosen;
};

__device__ ValueCount block_sum(ValueCount v, SharedStorage& s) {
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) {
        ValueCount other = {__shfl_down_sync(~0u, v.value, offset), __shfl_down_sync(~0u, v.count, offset)};
        v = v + other;
    }
    if (threadIdx.x % 32 == 0) s.reduce[threadIdx.x / 32] = v;
    __syncthreads();
    ValueCount total = s.reduce[0];
    for (int w = 1; w < BLOCK / 32; ++w) total = total + s.reduce[w];
    __syncthreads();
    return total;
}

__device__ float inclusive_scan(float v, SharedStorage& s) {
    s.scan[threadIdx.x] = v;
    __syncthreads();
    for (int d = 1; d < BLOCK; d *= 2) {
        const float before = threadIdx.x >= d ? s.scan[threadIdx.x - d] : 0.0f;
        __syncthreads();
        s.scan[threadIdx.x] += before;
        __syncthreads();
    }
    const float sum = s.scan[threadIdx.x];
    __syncthreads();
    return sum;
}

// The first token whose running sum over probabilities > low exceeds u.
__device__ int pick(const float* probs, int vocab, float low, float u, SharedStorage& s) {
    if (threadIdx.x == 0) s.chosen = vocab - 1;
    __syncthreads();
    float carried = 0.0f;
    for (int base = 0; base < vocab; base += BLOCK) {
        const int i = base + (int)threadIdx.x;
        const float p = i < vocab && probs[i] > low ? probs[i] : 0.0f;
        const float upto = carried + inclusive_scan(p, s);
        if (p > 0.0f && upto > u) atomicMin(&s.chosen, i);
        __shared__ float tile_sum;
        if (threadIdx.x == BLOCK - 1) tile_sum = upto;
        __syncthreads();
        carried = tile_sum;
        const bool found = s.chosen < vocab - 1;
        __syncthreads();
        if (found) break;
    }
    return s.chosen;
}

// The largest threshold that keeps at least k tokens, by bisection; then one draw among those kept.
__global__ void top_k_sampling_kernel(int* output, const float* probs, int k, int vocab, uint32_t seed) {
    __shared__ SharedStorage storage;
    const float* row = probs + (int64_t)blockIdx.x * vocab;
    float low = -1.0f, high = 1.0f;
    for (int round = 0; round < 32; ++round) {
        const float mid = 0.5f * (low + high);
        ValueCount mine = {0.0f, 0};
        for (int i = threadIdx.x; i < vocab; i += BLOCK) {
            if (row[i] > mid) mine = mine + ValueCount{row[i], 1};
        }
        const ValueCount kept = block_sum(mine, storage);
        if (kept.count >= k) low = mid;
        else high = mid;
    }
    ValueCount mine = {0.0f, 0};
    for (int i = threadIdx.x; i < vocab; i += BLOCK)
        if (row[i] > low) mine.value += row[i];
    const float mass = block_sum(mine, storage).value;
    const int id = pick(row, vocab, low, hashed_uniform(seed, blockIdx.x, 0) * mass, storage);
    if (threadIdx.x == 0) output[blockIdx.x] = id;
}

// Rejection: a drawn token is accepted if what is more probable sums to less than p.
template <int MAX_ROUNDS>
__global__ void top_p_sampling_kernel(int* output, bool* success, const float* probs, const float* top_p, float p_default,
                                      int vocab, uint32_t seed) {
    __shared__ SharedStorage storage;
    const float* row = probs + (int64_t)blockIdx.x * vocab;
    const float p = top_p == nullptr ? p_default : top_p[blockIdx.x];
    float low = 0.0f, mass = 1.0f;
    int id = 0;
    bool accepted = false;
    for (int round = 0; round < MAX_ROUNDS && !accepted; ++round) {
        id = pick(row, vocab, low, hashed_uniform(seed, blockIdx.x, round) * mass, storage);
        low = fmaxf(low, row[id]);
        ValueCount mine = {0.0f, 0};
        for (int i = threadIdx.x; i < vocab; i += BLOCK)
            if (row[i] > low) mine = mine + ValueCount{row[i], 1};
        mass = block_sum(mine, storage).value;
        accepted = mass < p;
    }
    if (threadIdx.x == 0) {
        output[blockIdx.x] = id;
        success[blockIdx.x] = accepted;
    }
}

void top_k_sampling(int* output, const float* probs, int k, int rows, int vocab, int seed) {
    top_k_sampling_kernel<<<rows, BLOCK>>>(output, probs, k, vocab, (uint32_t)seed);
}
void top_p_sampling(int* output, bool* success, const float* probs, const float* top_p, float p_default, int rows, int vocab, int seed) {
    top_p_sampling_kernel<16><<<rows, BLOCK>>>(output, success, probs, top_p, p_default, vocab, (uint32_t)seed);
}

int main() {
    const int rows = 24, vocab = 211;
    std::vector<float> probs = random_floats(rows * vocab, 930, 0.0f, 1.0f);
    for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int v = 0; v < vocab; v++) sum += probs[r * vocab + v] = std::pow(probs[r * vocab + v], 20.0f);
        for (int v = 0; v < vocab; v++) probs[r * vocab + v] /= (float)sum;
    }
    float* d_probs = to_device(probs);
    int* d_ids = device_zeros<int>(rows);
    bool* d_success = device_zeros<bool>(rows);
    bool ok = true;
    auto rank = [&](int r, int id, double* above) {  // tokens that are more probable, and their mass
        int count = 0;
        *above = 0;
        for (int v = 0; v < vocab; v++)
            if (probs[r * vocab + v] > probs[r * vocab + id]) count++, *above += probs[r * vocab + v];
        return count;
    };
    double above;
    for (int k : {1, 3, vocab}) {
        top_k_sampling(d_ids, d_probs, k, rows, vocab, 7 + k);
        std::vector<int> ids = to_host(d_ids, rows);
        for (int r = 0; r < rows; r++) ok = ids[r] >= 0 && ids[r] < vocab && rank(r, ids[r], &above) < k && ok;
    }
    for (float p : {1e-6f, 0.4f, 1.0f}) {
        top_p_sampling(d_ids, d_success, d_probs, nullptr, p, rows, vocab, 77);
        std::vector<int> ids = to_host(d_ids, rows);
        for (int r = 0; r < rows; r++) {
            const int better = rank(r, ids[r], &above);
            ok = (p < 0.1f ? better == 0 : above < p + 1e-5) && ok;
        }
    }
    cudaFree(d_probs), cudaFree(d_ids), cudaFree(d_success);
    return report(ok);
}
