// Rows 77 and 78, style E: gate of a mixture of experts: softmax over the experts and the k best of them,
// one warp per token; then tokens are counted per expert and sorted into padded groups.
#include "check.h"

constexpr int WARP_SIZE = 32;

template <int VPT>  // values per lane: 32 * VPT experts at most
__global__ void topk_gate_kernel(float* weights, int* ids, const float* logits, int tokens, int experts, int k,
                                 bool renormalize) {
    const int token = blockIdx.x * blockDim.y + threadIdx.y;
    const int lane = threadIdx.x;
    if (token >= tokens) return;

    float row[VPT];
    float peak = -INFINITY;
#pragma unroll
    for (int i = 0; i < VPT; ++i) {
        const int expert = i * WARP_SIZE + lane;
        row[i] = expert < experts ? logits[token * experts + expert] : -INFINITY;
        peak = max(peak, row[i]);
    }
#pragma unroll
    for (int mask = WARP_SIZE / 2; mask > 0; mask /= 2) peak = max(peak, __shfl_xor_sync(0xFFFFFFFF, peak, mask));
    float sum = 0;
#pragma unroll
    for (int i = 0; i < VPT; ++i) {
        row[i] = expf(row[i] - peak);
        sum += row[i];
    }
#pragma unroll
    for (int mask = WARP_SIZE / 2; mask > 0; mask /= 2) sum += __shfl_xor_sync(0xFFFFFFFF, sum, mask);
    const float scale = 1.0f / sum;

    float chosen_sum = 0.0f;
    for (int k_idx = 0; k_idx < k; ++k_idx) {
        float best = -1.0f;
        int expert = 0;
#pragma unroll
        for (int i = 0; i < VPT; ++i) {
            if (row[i] > best) {
                best = row[i];
                expert = i * WARP_SIZE + lane;
            }
        }
        // butterfly arg-max, the lower expert wins ties
#pragma unroll
        for (int mask = WARP_SIZE / 2; mask > 0; mask /= 2) {
            const float other_best = __shfl_xor_sync(0xFFFFFFFF, best, mask);
            const int other_expert = __shfl_xor_sync(0xFFFFFFFF, expert, mask);
            if (other_best > best || (other_best == best && other_expert < expert)) {
                best = other_best;
                expert = other_expert;
            }
        }
        if (lane == 0) {
            weights[token * k + k_idx] = best * scale;
            ids[token * k + k_idx] = expert;
        }
        chosen_sum += best * scale;
        // take the winner out of the race
        if (expert % WARP_SIZE == lane) {
#pragma unroll
            for (int i = 0; i < VPT; ++i) {
                if (i == expert / WARP_SIZE) row[i] = -2.0f;
            }
        }
    }
    if (renormalize) {
        __syncwarp();
        for (int i = lane; i < k; i += WARP_SIZE) weights[token * k + i] /= chosen_sum;
    }
}

// One block. Shared memory holds the counts and the start of each group.
__global__ void align_block_size_kernel(int* sorted_ids, int* expert_ids, int* total_padded, const int* ids, int count,
                                        int experts, int block_size, int capacity) {
    extern __shared__ int shared[];
    int* counts = shared;
    int* starts = shared + experts;  // experts + 1 entries
    for (int e = threadIdx.x; e < experts; e += blockDim.x) counts[e] = 0;
    for (int i = threadIdx.x; i < capacity; i += blockDim.x) sorted_ids[i] = count;  // padding
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += blockDim.x) atomicAdd(&counts[ids[i]], 1);
    __syncthreads();
    if (threadIdx.x == 0) {
        starts[0] = 0;
        for (int e = 0; e < experts; ++e) {
            starts[e + 1] = starts[e] + (counts[e] + block_size - 1) / block_size * block_size;
        }
        *total_padded = starts[experts];
    }
    __syncthreads();
    for (int e = threadIdx.x; e < experts; e += blockDim.x) {
        for (int i = starts[e]; i < starts[e + 1]; i += block_size) expert_ids[i / block_size] = e;
        int place = starts[e];
        for (int i = 0; i < count; ++i) {  // keeps the order within a group
            if (ids[i] == e) sorted_ids[place++] = i;
        }
    }
}

// out[token] = sum over its experts of weight * expert output
template <int TOPK>
__global__ void weighted_sum_kernel(float* out, const float* expert_out, const float* weights, int hidden) {
    const int token = blockIdx.x;
    for (int i = threadIdx.x; i < hidden; i += blockDim.x) {
        float sum = 0.0f;
#pragma unroll
        for (int j = 0; j < TOPK; ++j) sum += weights[token * TOPK + j] * expert_out[(token * TOPK + j) * hidden + i];
        out[token * hidden + i] = sum;
    }
}

void topk_gate(float* weights, int* ids, const float* logits, int tokens, int experts, int k, bool renormalize) {
    dim3 block(WARP_SIZE, 4);
    const int grid = ceil_div(tokens, 4);
    if (experts <= 32)
        topk_gate_kernel<1><<<grid, block>>>(weights, ids, logits, tokens, experts, k, renormalize);
    else if (experts <= 64)
        topk_gate_kernel<2><<<grid, block>>>(weights, ids, logits, tokens, experts, k, renormalize);
    else
        topk_gate_kernel<8><<<grid, block>>>(weights, ids, logits, tokens, experts, k, renormalize);
    CUDA_CHECK(cudaGetLastError());
}

void align_block_size(int* sorted_ids, int* expert_ids, int* total_padded, const int* ids, int count, int experts,
                      int block_size) {
    const int capacity = count + experts * (block_size - 1);
    const size_t shared_bytes = (2 * experts + 1) * sizeof(int);
    align_block_size_kernel<<<1, 64, shared_bytes>>>(sorted_ids, expert_ids, total_padded, ids, count, experts, block_size,
                                                     capacity);
    CUDA_CHECK(cudaGetLastError());
}

void weighted_sum_top2(float* out, const float* expert_out, const float* weights, int tokens, int hidden) {
    weighted_sum_kernel<2><<<tokens, 64>>>(out, expert_out, weights, hidden);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int experts : {2, 8, 40, 100}) {
        const int tokens = 19, k = 2, hidden = 37, count = tokens * k, block = 4;
        std::vector<int> raw = random_ints(tokens * experts, 720, -30, 30);  // with ties
        std::vector<float> logits, weights(count), expert_out = random_floats(count * hidden, 721);
        for (int v : raw) logits.push_back(v * 0.1f);
        std::vector<int> ids(count);
        for (int t = 0; t < tokens; t++) {
            double sum = 0, chosen = 0;
            std::vector<bool> used(experts, false);
            for (int e = 0; e < experts; e++) sum += std::exp((double)logits[t * experts + e]);
            for (int j = 0; j < k; j++) {
                int best = -1;
                for (int e = 0; e < experts; e++)
                    if (!used[e] && (best < 0 || logits[t * experts + e] > logits[t * experts + best])) best = e;
                used[best] = true;
                ids[t * k + j] = best;
                chosen += weights[t * k + j] = (float)(std::exp((double)logits[t * experts + best]) / sum);
            }
            for (int j = 0; j < k; j++) weights[t * k + j] /= (float)chosen;
        }
        float *d_logits = to_device(logits), *d_w = device_zeros<float>(count), *d_eo = to_device(expert_out);
        float* d_out = device_zeros<float>(tokens * hidden);
        const int capacity = count + experts * (block - 1);
        int *d_ids = device_zeros<int>(count), *d_sorted = device_zeros<int>(capacity), *d_total = device_zeros<int>(1);
        int* d_blocks = device_zeros<int>(capacity / block + 1);
        topk_gate(d_w, d_ids, d_logits, tokens, experts, k, true);
        ok = all_close(to_host(d_ids, count), ids, 0.0, "experts") && all_close(to_host(d_w, count), weights, 1e-5, "weights") && ok;

        align_block_size(d_sorted, d_blocks, d_total, d_ids, count, experts, block);
        std::vector<int> sorted, blocks;
        for (int e = 0; e < experts; e++) {
            for (int i = 0; i < count; i++)
                if (ids[i] == e) sorted.push_back(i);
            while (sorted.size() % block) sorted.push_back(count);
            while (blocks.size() < sorted.size() / block) blocks.push_back(e);
        }
        ok = to_host(d_total, 1)[0] == (int)sorted.size() && all_close(to_host(d_sorted, sorted.size()), sorted, 0.0, "order") &&
             all_close(to_host(d_blocks, blocks.size()), blocks, 0.0, "blocks") && ok;

        std::vector<double> want(tokens * hidden, 0.0);
        for (int i = 0; i < count * hidden; i++) want[i / hidden / k * hidden + i % hidden] += (double)weights[i / hidden] * expert_out[i];
        weighted_sum_top2(d_out, d_eo, d_w, tokens, hidden);
        ok = all_close(to_host(d_out, tokens * hidden), want, 1e-5, "output") && ok;
        cudaFree(d_logits), cudaFree(d_w), cudaFree(d_eo), cudaFree(d_out), cudaFree(d_ids), cudaFree(d_sorted);
        cudaFree(d_total), cudaFree(d_blocks);
    }
    return report(ok);
}
