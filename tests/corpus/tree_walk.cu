// Row 103, style H: loops whose length depends on the data - a Markov chain's walk, a forest of decision
// trees with missing values, and an iterative tree traversal with a stack in a local array.
#include "check.h"

__device__ __forceinline__ unsigned next_random(unsigned& state) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

// walks until an absorbing state (one whose own probability is 1) or the limit
__global__ void markov_walk_kernel(int* visits, int* steps, const float* cumulative, int states, int limit, int walks) {
    const int walk = blockIdx.x * blockDim.x + threadIdx.x;
    if (walk >= walks) return;
    unsigned rng = walk * 747796405u + 2891336453u;
    int state = walk % states, taken = 0;
    while (taken < limit) {
        const float* row = cumulative + state * states;
        const float u = (next_random(rng) >> 8) * (1.0f / 16777216.0f);
        int next = 0;
        while (next < states - 1 && row[next] <= u) next++;
        taken++;
        if (next == state && (next == 0 ? row[0] : row[next] - row[next - 1]) >= 1.0f) break;
        state = next;
    }
    atomicAdd(&visits[state], 1);
    steps[walk] = taken;
}

struct __align__(16) Node {
    float threshold;  // or the value of a leaf
    int feature;      // -1: leaf
    int left;         // right is left + 1
    int default_left;
};

// One thread per sample; all trees end within max_depth, a damaged tree ends there too.
__global__ void forest_predict_kernel(float* out, const float* x, const Node* nodes, const int* roots, int trees, int samples,
                                      int features, int max_depth) {
    const int sample = blockIdx.x * blockDim.x + threadIdx.x;
    if (sample >= samples) return;
    float sum = 0.0f;
    for (int t = 0; t < trees; t++) {
        int at = roots[t];
        Node node = nodes[at];
        for (int depth = 0; node.feature >= 0; depth++) {
            if (depth == max_depth) {
                node.threshold = 0.0f;
                break;
            }
            const float v = x[sample * features + node.feature];
            const bool left = isnan(v) ? node.default_left != 0 : v < node.threshold;
            at = node.left + (left ? 0 : 1);
            node = nodes[at];
        }
        sum += node.threshold;
    }
    out[sample] = sum;
}

// Counts points of a sorted array within [lo, hi] by a binary tree in heap order and an explicit stack.
__global__ void range_count_kernel(int* counts, const float2* ranges, const float* heap, int n, int queries) {
    for (int q = threadIdx.x + blockIdx.x * blockDim.x; q < queries; q += gridDim.x * blockDim.x) {
        const float2 range = ranges[q];
        int stack[32];
        int top = 0, found = 0;
        stack[top++] = 0;
        do {
            const int node = stack[--top];
            if (node >= n) continue;
            const float v = heap[node];
            switch ((v < range.x ? 1 : 0) | (v > range.y ? 2 : 0)) {
                case 0:
                    found++;
                    stack[top++] = 2 * node + 1;
                    // falls through: the other side too
                case 1:
                    stack[top++] = 2 * node + 2;
                    break;
                case 2:
                    stack[top++] = 2 * node + 1;
                    break;
                default:
                    break;  // an empty range
            }
        } while (top > 0);
        counts[q] = found;
    }
}

void markov_walk(int* visits, int* steps, const float* cumulative, int states, int limit, int walks) {
    CUDA_CHECK(cudaMemset(visits, 0, states * sizeof(int)));
    markov_walk_kernel<<<ceil_div(walks, 64), 64>>>(visits, steps, cumulative, states, limit, walks);
}

void range_count(int* counts, const float2* ranges, const float* heap, int n, int queries) {
    range_count_kernel<<<2, 32>>>(counts, ranges, heap, n, queries);
}

int fill_heap(std::vector<float>& heap, int node, int next) {  // in order: 0, 1, 2, ...
    if (node >= (int)heap.size()) return next;
    next = fill_heap(heap, 2 * node + 1, next);
    heap[node] = next++;
    return fill_heap(heap, 2 * node + 2, next);
}

int main() {
    bool ok = true;
    {
        const int states = 3, walks = 100, limit = 1000;  // state 2 absorbs
        float* d_cum = to_device(std::vector<float>{0.5f, 0.9f, 1.0f, 0.2f, 0.7f, 1.0f, 0.0f, 0.0f, 1.0f});
        int *d_visits = device_zeros<int>(states), *d_steps = device_zeros<int>(walks);
        markov_walk(d_visits, d_steps, d_cum, states, limit, walks);
        ok = all_close(to_host(d_visits, states), std::vector<int>{0, 0, walks}, 0.0, "absorbed") && ok;
        markov_walk(d_visits, d_steps, d_cum, states, 0, walks);  // the limit at once
        ok = all_close(to_host(d_visits, states), std::vector<int>{34, 33, 33}, 0.0, "limit") && ok;
        cudaFree(d_cum), cudaFree(d_visits), cudaFree(d_steps);
    }
    {
        const int samples = 40, features = 2;
        std::vector<Node> nodes = {{0.0f, 0, 1, 1}, {1.0f, -1, 0, 0}, {0.5f, 1, 3, 0}, {2.0f, -1, 0, 0}, {4.0f, -1, 0, 0},
                                   {0.0f, 1, 5, 0}};  // the last one, a root, is its own child
        std::vector<float> x = random_floats(samples * features, 880), want;
        x[6] = NAN, x[11] = NAN;
        for (int s = 0; s < samples; s++) {
            float a = x[2 * s], b = x[2 * s + 1];
            want.push_back(std::isnan(a) || a < 0.0f ? 1.0f : b < 0.5f ? 2.0f : 4.0f);
        }
        nodes[5].left = 5, nodes.push_back(nodes[5]);
        Node* d_nodes = to_device(nodes);
        int* d_roots = to_device(std::vector<int>{0, 5});
        float *d_x = to_device(x), *d_out = device_zeros<float>(samples);
        forest_predict_kernel<<<ceil_div(samples, 32), 32>>>(d_out, d_x, d_nodes, d_roots, 2, samples, features, 9);
        ok = all_close(to_host(d_out, samples), want, 0.0, "forest") && ok;
        cudaFree(d_nodes), cudaFree(d_roots), cudaFree(d_x), cudaFree(d_out);
    }
    for (int n : {1, 2, 100}) {
        std::vector<float> heap(n);
        fill_heap(heap, 0, 0);
        std::vector<float2> ranges = {{0.0f, (float)n}, {3.0f, 7.0f}, {5.0f, 4.0f}, {-2.0f, 0.0f}, {50.5f, 51.0f}};
        std::vector<int> want;
        for (float2 r : ranges) {
            want.push_back(0);
            for (float v : heap) want.back() += v >= r.x && v <= r.y;
        }
        float* d_heap = to_device(heap);
        float2* d_ranges = to_device(ranges);
        int* d_counts = device_zeros<int>(ranges.size());
        range_count(d_counts, d_ranges, d_heap, n, (int)ranges.size());
        ok = all_close(to_host(d_counts, ranges.size()), want, 0.0, "range count") && ok;
        cudaFree(d_heap), cudaFree(d_ranges), cudaFree(d_counts);
    }
    return report(ok);
}
