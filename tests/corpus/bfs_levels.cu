// Row 97, style H: breadth-first search on a CSR graph: one launch per level, the host asks a flag whether
// to go on; and connected components by repeated minimum, both with benign overlap made explicit by
// atomics.
#include "check.h"

struct Node {
    int first_edge;
    int edge_count;
};

__global__ void bfs_visit_kernel(int* level, int* changed, const Node* nodes, const int* edges, int n, int depth) {
    const int node = blockIdx.x * blockDim.x + threadIdx.x;
    if (node >= n || atomicAdd(&level[node], 0) != depth) return;  // an atomic read: others write now
    const Node me = nodes[node];
    for (int e = me.first_edge; e < me.first_edge + me.edge_count; e++) {
        if (atomicCAS(&level[edges[e]], -1, depth + 1) == -1) {
            atomicExch(changed, 1);
        }
    }
}

__global__ void component_kernel(int* label, int* changed, const Node* nodes, const int* edges, int n) {
    for (int node = blockIdx.x * blockDim.x + threadIdx.x; node < n; node += gridDim.x * blockDim.x) {
        int best = atomicAdd(&label[node], 0);
        const int end = nodes[node].first_edge + nodes[node].edge_count;
        for (int e = nodes[node].first_edge; e < end; ++e) {
            const int other = atomicAdd(&label[edges[e]], 0);
            if (other < best) best = other;
        }
        if (atomicMin(&label[node], best) > best) atomicOr(changed, 1);
    }
}

__global__ void start_kernel(int* level, int* label, int n, int source) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        level[i] = i == source ? 0 : -1;
        label[i] = i;
    }
}

// level and label are results; changed is one int of scratch
void graph_search(int* level, int* label, int* changed, const Node* nodes, const int* edges, int n, int source) {
    const int blocks = ceil_div(n, 64);
    start_kernel<<<blocks, 64>>>(level, label, n, source);
    int go_on = 1;
    for (int depth = 0; go_on; depth++) {
        CUDA_CHECK(cudaMemset(changed, 0, sizeof(int)));
        bfs_visit_kernel<<<blocks, 64>>>(level, changed, nodes, edges, n, depth);
        CUDA_CHECK(cudaMemcpy(&go_on, changed, sizeof(int), cudaMemcpyDeviceToHost));
    }
    do {
        CUDA_CHECK(cudaMemset(changed, 0, sizeof(int)));
        component_kernel<<<2, 64>>>(label, changed, nodes, edges, n);
        CUDA_CHECK(cudaMemcpy(&go_on, changed, sizeof(int), cudaMemcpyDeviceToHost));
    } while (go_on);
}

int main() {
    bool ok = true;
    for (int n : {1, 7, 203}) {
        // a random symmetric graph whose last third is cut off from the rest; node n - 1 is alone
        std::vector<std::vector<int>> neighbours(n);
        std::vector<int> ends = random_ints(4 * n, 750, 0, n - 1);
        for (int i = 0; i + 1 < 4 * n; i += 2) {
            int a = ends[i], b = ends[i + 1];
            if ((a < n * 2 / 3) != (b < n * 2 / 3) || a == n - 1 || b == n - 1) continue;
            neighbours[a].push_back(b);
            neighbours[b].push_back(a);
        }
        std::vector<Node> nodes;
        std::vector<int> edges, level(n, -1), label(n), queue = {0};
        for (const auto& list : neighbours) {
            nodes.push_back({(int)edges.size(), (int)list.size()});
            edges.insert(edges.end(), list.begin(), list.end());
        }
        edges.push_back(0);
        level[0] = 0;
        for (size_t at = 0; at < queue.size(); at++)
            for (int next : neighbours[queue[at]])
                if (level[next] < 0) level[next] = level[queue[at]] + 1, queue.push_back(next);
        for (int i = 0; i < n; i++) label[i] = i;
        for (bool again = true; again;) {
            again = false;
            for (int i = 0; i < n; i++)
                for (int next : neighbours[i])
                    if (label[next] < label[i]) label[i] = label[next], again = true;
        }
        Node* d_nodes = to_device(nodes);
        int *d_edges = to_device(edges), *d_level = device_zeros<int>(n), *d_label = device_zeros<int>(n), *d_flag = device_zeros<int>(1);
        graph_search(d_level, d_label, d_flag, d_nodes, d_edges, n, 0);
        ok = all_close(to_host(d_level, n), level, 0.0, "level") && all_close(to_host(d_label, n), label, 0.0, "label") && ok;
        cudaFree(d_nodes), cudaFree(d_edges), cudaFree(d_level), cudaFree(d_label), cudaFree(d_flag);
    }
    return report(ok);
}
