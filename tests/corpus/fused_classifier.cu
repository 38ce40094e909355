// Row 42, style T: cross-entropy over padded logits: loss and gradient in one kernel, which overwrites the
// logits. A target outside the vocabulary is ignored.
#include <cuda_bf16.h>

#include "check.h"

struct SoftmaxParams {
    float scale;
    float offset;
};

__device__ float reduce_max(float v) {
    for (int o = 16; o; o >>= 1) v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, o));
    return v;
}
__device__ float reduce_sum(float v) {
    for (int o = 16; o; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
    return v;
}

// Max and sum in one pass. The row is walked from its end: the last elements are the ones that
// the previous kernel left in the cache.
template <typename floatX>
__device__ SoftmaxParams prepare_softmax(long long row, const floatX* logits, int V, int P) {
    const floatX* x = logits + row * P;
    float thread_max = -INFINITY;
    float thread_sum = 0.0f;
    for (int i = (V - 1) / (int)blockDim.x * (int)blockDim.x + (int)threadIdx.x; i >= 0; i -= blockDim.x) {
        if (i >= V) continue;
        float v = (float)x[i];
        float old_max = thread_max;
        thread_max = fmaxf(thread_max, v);
        thread_sum *= expf(old_max - thread_max);
        thread_sum += expf(v - thread_max);
    }

    __shared__ float shared_max[32];
    __shared__ float shared_sum[32];
    const int num_warps = blockDim.x / 32, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    float warp_max = reduce_max(thread_max);
    if (lane == 0) shared_max[warp] = warp_max;
    __syncthreads();
    float block_max = reduce_max(lane < num_warps ? shared_max[lane] : -INFINITY);
    thread_sum *= thread_max > -INFINITY ? expf(thread_max - block_max) : 0.0f;
    float warp_sum = reduce_sum(thread_sum);
    if (lane == 0) shared_sum[warp] = warp_sum;
    __syncthreads();
    float block_sum = reduce_sum(lane < num_warps ? shared_sum[lane] : 0.0f);
    return SoftmaxParams{1.0f / block_sum, block_max};
}

template <bool WRITE_PROBS, typename floatX>
__global__ void fused_classifier_kernel(floatX* logits, float* losses, float* probs, const float dloss,
                                        const int* targets, int V, int P) {
    const long long row = blockIdx.x;
    const int ix = targets[row];
    const bool ignored = ix < 0 || ix >= V;
    SoftmaxParams sp = prepare_softmax(row, logits, V, P);

    if (threadIdx.x == 0) {
        losses[row] = ignored ? 0.0f : -logf(expf((float)logits[row * P + ix] - sp.offset) * sp.scale);
    }
    __syncthreads();  // the logits are overwritten below

    for (int i = threadIdx.x; i < V; i += blockDim.x) {
        float prob = expf((float)logits[row * P + i] - sp.offset) * sp.scale;
        if (WRITE_PROBS) probs[row * P + i] = prob;
        float indicator = i == ix ? 1.0f : 0.0f;
        logits[row * P + i] = (floatX)(ignored ? 0.0f : (prob - indicator) * dloss);
    }
}

void fused_classifier(float* logits, float* losses, float* probs, const int* targets, int rows, int V, int P,
                      float dloss, int block_size) {
    if (probs != NULL) {
        fused_classifier_kernel<true><<<rows, block_size>>>(logits, losses, probs, dloss, targets, V, P);
    } else {
        fused_classifier_kernel<false><<<rows, block_size>>>(logits, losses, (float*)NULL, dloss, targets, V, P);
    }
    CUDA_CHECK(cudaGetLastError());
}

void fused_classifier_bf16(__nv_bfloat16* logits, float* losses, const int* targets, int rows, int V, int P,
                           float dloss) {
    fused_classifier_kernel<false, __nv_bfloat16><<<rows, 128>>>(logits, losses, nullptr, dloss, targets, V, P);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int rows = 9, V = 210, P = 224, n = rows * P;
    const float dloss = 1.0f / rows;
    std::vector<float> x = random_floats(n, 310, -5.0f, 5.0f);
    std::vector<int> targets = random_ints(rows, 311, 0, V - 1);
    targets[2] = -100, targets[5] = V;
    std::vector<__nv_bfloat16> xb(n);
    for (int i = 0; i < n; i++) {
        xb[i] = __float2bfloat16(x[i]);
        x[i] = __bfloat162float(xb[i]);
    }
    std::vector<double> loss(rows), grad(x.begin(), x.end()), prob(n, 0.0);
    for (int r = 0; r < rows; r++) {
        double peak = -INFINITY, sum = 0;
        for (int c = 0; c < V; c++) peak = std::fmax(peak, x[r * P + c]);
        for (int c = 0; c < V; c++) sum += std::exp(x[r * P + c] - peak);
        bool ignored = targets[r] < 0 || targets[r] >= V;
        loss[r] = ignored ? 0.0 : std::log(sum) - (x[r * P + targets[r]] - peak);
        for (int c = 0; c < V; c++) {
            prob[r * P + c] = std::exp(x[r * P + c] - peak) / sum;
            grad[r * P + c] = ignored ? 0.0 : (prob[r * P + c] - (c == targets[r])) * dloss;
        }
    }
    int* d_targets = to_device(targets);
    float *d_x = to_device(x), *d_x2 = to_device(x), *d_loss = device_zeros<float>(rows), *d_prob = device_zeros<float>(n);
    fused_classifier(d_x, d_loss, d_prob, d_targets, rows, V, P, dloss, 96);
    bool ok = all_close(to_host(d_x, n), grad, 1e-5, "gradient") && all_close(to_host(d_loss, rows), loss, 1e-5, "loss");
    ok = all_close(to_host(d_prob, n), prob, 1e-5, "probabilities") && ok;
    fused_classifier(d_x2, d_loss, nullptr, d_targets, rows, V, P, dloss, 256);
    ok = all_close(to_host(d_x2, n), grad, 1e-5, "gradient only") && ok;
    __nv_bfloat16* d_xb = to_device(xb);
    fused_classifier_bf16(d_xb, d_loss, d_targets, rows, V, P, dloss);
    ok = all_close(to_host(d_loss, rows), loss, 1e-5, "loss bf16") && ok;
    std::vector<__nv_bfloat16> raw = to_host(d_xb, n);
    std::vector<float> got;
    for (auto v : raw) got.push_back(__bfloat162float(v));
    ok = all_close(got, grad, 1e-3, "gradient bf16") && ok;
    cudaFree(d_targets), cudaFree(d_x), cudaFree(d_x2), cudaFree(d_loss), cudaFree(d_prob), cudaFree(d_xb);
    return report(ok);
}
