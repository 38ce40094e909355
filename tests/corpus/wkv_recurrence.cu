// Row 95, style E: linear attention as a recurrence over time. Each thread owns a column of the state in
// registers; receptance, key and decay of a step pass through shared memory. Two generations of it.
#include "check.h"

// state[i][j] = state[i][j] * w[i] + k[i] * v[j];  y[j] = sum_i r[i] * (u[i] * k[i] * v[j] + state[i][j])
template <int block_size>
static __global__ void rwkv_wkv_f32(const int B, const int T, const int C, const int H, const float* k, const float* v,
                                    const float* r, const float* tf, const float* td, const float* s, float* dst) {
    const int tid = threadIdx.x;
    const int bid = blockIdx.x;
    const int head_size = block_size;
    const int batch_i = bid / H;
    const int head_i = bid % H;
    const int state_size = C * head_size;
    const int n_seq_tokens = T / B;

    float state[head_size];
    __shared__ float _k[head_size], _r[head_size], _tf[head_size], _td[head_size];
#pragma unroll
    for (int i = 0; i < head_size; i++) {
        state[i] = s[batch_i * state_size + head_i * head_size * head_size + i * head_size + tid];
    }
    __syncthreads();
    _tf[tid] = tf[head_i * head_size + tid];
    __syncthreads();

    for (int t = batch_i * n_seq_tokens * C + head_i * head_size + tid;
         t < (batch_i + 1) * n_seq_tokens * C + head_i * head_size + tid; t += C) {
        __syncthreads();
        _k[tid] = k[t];
        _r[tid] = r[t];
        _td[tid] = td[t];
        __syncthreads();

        const float _v = v[t];
        float y = 0;
        for (int j = 0; j < head_size; j += 4) {
            const float4& k4 = (float4&)(_k[j]);
            const float4& r4 = (float4&)(_r[j]);
            const float4& tf4 = (float4&)(_tf[j]);
            const float4& td4 = (float4&)(_td[j]);
            float4& s4 = (float4&)(state[j]);
            float4 kv;
            kv.x = k4.x * _v;
            kv.y = k4.y * _v;
            kv.z = k4.z * _v;
            kv.w = k4.w * _v;
            y += r4.x * (tf4.x * kv.x + s4.x);
            y += r4.y * (tf4.y * kv.y + s4.y);
            y += r4.z * (tf4.z * kv.z + s4.z);
            y += r4.w * (tf4.w * kv.w + s4.w);
            s4.x = s4.x * td4.x + kv.x;
            s4.y = s4.y * td4.y + kv.y;
            s4.z = s4.z * td4.z + kv.z;
            s4.w = s4.w * td4.w + kv.w;
        }
        dst[t] = y;
    }
#pragma unroll
    for (int i = 0; i < head_size; i++) {
        dst[T * C + batch_i * state_size + head_i * head_size * head_size + i * head_size + tid] = state[i];
    }
}

// The older form, a thread per channel: exponentials with a running maximum, so that nothing overflows.
__global__ void wkv_stable_kernel(int B, int T, int C, const float* __restrict__ w, const float* __restrict__ u,
                                  const float* __restrict__ k, const float* __restrict__ v, float* __restrict__ y) {
    const int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= B * C) return;
    const int b = idx / C, c = idx % C;
    const float* kk = k + b * T * C + c;
    const float* vv = v + b * T * C + c;
    float* yy = y + b * T * C + c;
    float num = 0, den = 0, peak = -1e38f;
    for (int t = 0; t < T; t++) {
        float o = max(peak, u[c] + *kk);
        float a = expf(peak - o), e = expf(u[c] + *kk - o);
        *yy = (a * num + e * *vv) / (a * den + e);
        o = max(peak + w[c], *kk);
        a = expf(peak + w[c] - o);
        e = expf(*kk - o);
        num = a * num + e * *vv;
        den = a * den + e;
        peak = o;
        kk += C, vv += C, yy += C;
    }
}

#define HEAD_SIZE 16

void wkv(float* dst, const float* k, const float* v, const float* r, const float* tf, const float* td, const float* s, int B,
         int tokens_per_sequence, int H) {
    const int T = B * tokens_per_sequence, C = H * HEAD_SIZE;
    rwkv_wkv_f32<HEAD_SIZE><<<B * H, C / H>>>(B, T, C, H, k, v, r, tf, td, s, dst);
    CUDA_CHECK(cudaGetLastError());
}

void wkv_stable(float* y, const float* w, const float* u, const float* k, const float* v, int B, int T, int C) {
    wkv_stable_kernel<<<ceil_div(B * C, 32), 32>>>(B, T, C, w, u, k, v, y);
}

int main() {
    bool ok = true;
    const int B = 2, H = 3, S = HEAD_SIZE, C = H * S;
    for (int steps : {1, 7}) {
        const int T = B * steps, n = T * C, states = B * C * S;
        std::vector<float> k = random_floats(n, 970), v = random_floats(n, 971), r = random_floats(n, 972), tf = random_floats(C, 973);
        std::vector<float> td = random_floats(n, 974, 0.5f, 1.0f), s = random_floats(states, 975);
        std::vector<double> state(s.begin(), s.end()), want(n);
        for (int b = 0; b < B; b++)
            for (int t = b * steps; t < (b + 1) * steps; t++)
                for (int c = 0; c < C; c++)
                    for (int i = 0; i < S; i++) {
                        const int row = c / S * S + i;
                        double& at = state[b * C * S + c / S * S * S + i * S + c % S];
                        const double kv = (double)k[t * C + row] * v[t * C + c];
                        want[t * C + c] += r[t * C + row] * (tf[row] * kv + at);
                        at = at * td[t * C + row] + kv;
                    }
        float *d_k = to_device(k), *d_v = to_device(v), *d_r = to_device(r), *d_tf = to_device(tf), *d_td = to_device(td);
        float *d_s = to_device(s), *d_y = device_zeros<float>(n + states);
        wkv(d_y, d_k, d_v, d_r, d_tf, d_td, d_s, B, steps, H);
        want.insert(want.end(), state.begin(), state.end());
        ok = all_close(to_host(d_y, n + states), want, 1e-5, "wkv") && ok;

        std::vector<double> stable(n);
        for (int b = 0; b < B; b++)
            for (int c = 0; c < C; c++)
                for (int t = 0; t < steps; t++) {
                    double num = 0, den = 0;
                    for (int p = 0; p <= t; p++) {
                        const int i = (b * steps + p) * C + c;
                        const double e = std::exp(100.0 * k[i] + (p == t ? tf[c] : -(t - p - 1) * (double)td[c]) - 100.0);
                        num += e * v[i], den += e;
                    }
                    stable[(b * steps + t) * C + c] = num / den;
                }
        for (float& x : k) x *= 100.0f;  // far beyond what expf can hold
        std::vector<float> w;
        for (int c = 0; c < C; c++) w.push_back(-td[c]);
        float *d_w = to_device(w), *d_k2 = to_device(k);
        wkv_stable(d_y, d_w, d_tf, d_k2, d_v, B, steps, C);
        ok = all_close(to_host(d_y, n), stable, 1e-4, "stable") && ok;
        cudaFree(d_k), cudaFree(d_v), cudaFree(d_r), cudaFree(d_tf), cudaFree(d_td), cudaFree(d_s), cudaFree(d_y);
        cudaFree(d_w), cudaFree(d_k2);
    }
    return report(ok);
}
