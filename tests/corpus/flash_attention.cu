// Rows 73 and 76, style T: causal attention without the score matrix: key and value tiles pass through
// shared memory while each thread keeps the running maximum, the running sum and the output of one query
// row.
#include "check.h"

#define MAX_HEAD_DIM 64

struct RowState {
    float peak;
    float sum;
    float acc[MAX_HEAD_DIM];

    __device__ void reset(int d) {
        peak = -INFINITY;
        sum = 0.0f;
        for (int i = 0; i < d; ++i) acc[i] = 0.0f;
    }

    __device__ void add(float score, const float* value, int d) {
        const float new_peak = fmaxf(peak, score);
        const float old_scale = expf(peak - new_peak), weight = expf(score - new_peak);
        sum = sum * old_scale + weight;
        for (int i = 0; i < d; ++i) acc[i] = acc[i] * old_scale + weight * value[i];
        peak = new_peak;
    }
};

// grid: (query blocks, heads, batch); TILE threads; dynamic shared: q, k and v tiles
template <int TILE, bool CAUSAL>
__global__ void flash_attention_kernel(float* __restrict__ out, float* __restrict__ lse, const float* __restrict__ Q,
                                       const float* __restrict__ K, const float* __restrict__ V, int T, int d,
                                       float scale) {
    extern __shared__ float sram[];
    const int tile_size = TILE * d;
    float* Qs = sram;
    float* Ks = Qs + tile_size;
    float* Vs = Ks + tile_size;

    const int tid = threadIdx.x;
    const size_t head = (size_t)(blockIdx.z * gridDim.y + blockIdx.y) * T;
    const float* q = Q + head * d;
    const float* k = K + head * d;
    const float* v = V + head * d;
    const int row0 = blockIdx.x * TILE, row = row0 + tid;

    for (int i = tid; i < tile_size; i += TILE) Qs[i] = row0 + i / d < T ? q[row0 * d + i] : 0.0f;

    RowState state;
    state.reset(d);
    const int last_key = CAUSAL ? min(T, row0 + TILE) : T;
    for (int key0 = 0; key0 < last_key; key0 += TILE) {
        __syncthreads();  // the previous tile is done with
        for (int i = tid; i < tile_size; i += TILE) {
            const bool valid = key0 + i / d < T;
            Ks[i] = valid ? k[key0 * d + i] : 0.0f;
            Vs[i] = valid ? v[key0 * d + i] : 0.0f;
        }
        __syncthreads();
        if (row >= T) continue;  // idle rows only help with loading
        const int count = min(TILE, last_key - key0);
        for (int j = 0; j < count; ++j) {
            if (CAUSAL && key0 + j > row) break;
            float score = 0.0f;
            for (int i = 0; i < d; ++i) score += Qs[tid * d + i] * Ks[j * d + i];
            state.add(score * scale, Vs + j * d, d);
        }
    }
    if (row >= T) return;
    const float inv = 1.0f / state.sum;
    for (int i = 0; i < d; ++i) out[(head + row) * d + i] = state.acc[i] * inv;
    if (lse) lse[head + row] = state.peak + logf(state.sum);
}

// Joins two partial results that saw different keys.
__global__ void merge_states_kernel(float* out, float* lse_out, const float* a, const float* lse_a, const float* b,
                                    const float* lse_b, int rows, int d) {
    const int row = blockIdx.x;
    float la = lse_a[row], lb = lse_b[row];
    la = isinf(la) && la > 0 ? -INFINITY : la;  // an empty part may be marked with +inf
    lb = isinf(lb) && lb > 0 ? -INFINITY : lb;
    const float peak = fmaxf(la, lb);
    const bool empty = isinf(peak);
    const float wa = empty ? 0.0f : expf(la - peak), wb = empty ? 0.0f : expf(lb - peak);
    const float total = wa + wb;
    for (int i = threadIdx.x; i < d; i += blockDim.x) {
        out[row * d + i] = empty ? 0.0f : (a[row * d + i] * wa + b[row * d + i] * wb) / total;
    }
    if (threadIdx.x == 0 && lse_out != nullptr) lse_out[row] = empty ? -INFINITY : logf(total) + peak;
}

// d <= 64
void flash_attention(float* out, float* lse, const float* Q, const float* K, const float* V, int batch, int heads,
                     int T, int d, bool causal) {
    constexpr int TILE = 32;
    const size_t shared_bytes = 3 * TILE * d * sizeof(float);
    const dim3 grid(ceil_div(T, TILE), heads, batch);
    const float scale = 1.0f / sqrtf((float)d);
    if (causal)
        flash_attention_kernel<TILE, true><<<grid, TILE, shared_bytes>>>(out, lse, Q, K, V, T, d, scale);
    else
        flash_attention_kernel<TILE, false><<<grid, TILE, shared_bytes>>>(out, lse, Q, K, V, T, d, scale);
    CUDA_CHECK(cudaGetLastError());
}

void merge_states(float* out, float* lse_out, const float* a, const float* lse_a, const float* b, const float* lse_b,
                  int rows, int d) {
    merge_states_kernel<<<rows, 32>>>(out, lse_out, a, lse_a, b, lse_b, rows, d);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int T : {1, 32, 51}) {
        const int batch = 2, heads = 2, d = 12, rows = batch * heads * T, n = rows * d;
        std::vector<float> q = random_floats(n, 640, -2, 2), k = random_floats(n, 641, -2, 2), v = random_floats(n, 642);
        float *d_q = to_device(q), *d_k = to_device(k), *d_v = to_device(v);
        float *d_o = device_zeros<float>(n), *d_l = device_zeros<float>(rows);
        for (int causal = 0; causal < 2; causal++) {
            std::vector<double> want(n, 0.0), lse(rows);
            for (int r = 0; r < rows; r++) {
                const int first = r / T * T, count = causal ? r - first + 1 : T;
                std::vector<double> s(count, 0.0);
                double peak = -1e30, sum = 0;
                for (int j = 0; j < count; j++) {
                    for (int i = 0; i < d; i++) s[j] += (double)q[r * d + i] * k[(first + j) * d + i] / std::sqrt((double)d);
                    peak = std::fmax(peak, s[j]);
                }
                for (int j = 0; j < count; j++) sum += std::exp(s[j] - peak);
                for (int j = 0; j < count; j++)
                    for (int i = 0; i < d; i++) want[r * d + i] += std::exp(s[j] - peak) / sum * v[(first + j) * d + i];
                lse[r] = peak + std::log(sum);
            }
            flash_attention(d_o, d_l, d_q, d_k, d_v, batch, heads, T, d, causal != 0);
            ok = all_close(to_host(d_o, n), want, 1e-5, "attention") && ok;
            ok = all_close(to_host(d_l, rows), lse, 1e-5, "log sum") && ok;
        }
        // merging a result with itself changes nothing but the sum; with an empty part, not even that
        std::vector<float> before = to_host(d_o, n), lse = to_host(d_l, rows), shifted(lse);
        for (float& l : shifted) l += 0.6931472f;
        float *d_m = device_zeros<float>(n), *d_ml = device_zeros<float>(rows);
        float* d_empty = to_device(std::vector<float>(rows, INFINITY));
        merge_states(d_m, d_ml, d_o, d_l, d_o, d_l, rows, d);
        ok = all_close(to_host(d_m, n), before, 1e-5, "merge") && all_close(to_host(d_ml, rows), shifted, 1e-5, "lse") && ok;
        merge_states(d_m, d_ml, d_o, d_l, d_v, d_empty, rows, d);
        ok = all_close(to_host(d_m, n), before, 1e-6, "merge empty") && all_close(to_host(d_ml, rows), lse, 1e-6, "lse") && ok;
        cudaFree(d_q), cudaFree(d_k), cudaFree(d_v), cudaFree(d_o), cudaFree(d_l), cudaFree(d_m), cudaFree(d_ml), cudaFree(d_empty);
    }
    return report(ok);
}
