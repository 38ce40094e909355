// Row 12, style X: AdamW update in place: parameters, two moments; low-precision parameters with a float
// master copy and stochastic rounding.
#include <cuda_bf16.h>

#include "check.h"

// One multiplication less than a*(1-t) + b*t.
__device__ float lerp(float start, float end, float weight) { return fma(weight, end, fma(-weight, start, start)); }

// Integer hash: two coordinates to 32 well mixed bits.
__host__ __device__ constexpr unsigned int hash_2d(unsigned int x, unsigned int y) {
    unsigned int h = x * 0x9E3779B1u ^ (y + 0x7F4A7C15u) * 0x85EBCA77u;
    h ^= h >> 15;
    h *= 0x2C1B3C6Du;
    h ^= h >> 12;
    h *= 0x297A2D39u;
    return h ^ (h >> 15);
}

// Rounds away from zero with a probability equal to the fraction that bfloat16 drops.
__device__ __forceinline__ void stochastic_round(float in, __nv_bfloat16* out, unsigned int random) {
    unsigned int threshold = random & 0xFFFFu;
    unsigned int bits = __float_as_uint(in);
    if ((bits & 0xFFFFu) > threshold) bits += 0x10000u;
    *out = __float2bfloat16_rz(__uint_as_float(bits & 0xFFFF0000u));
}
__device__ __forceinline__ void stochastic_round(float in, float* out, unsigned int) { *out = in; }

template <typename Tp, typename Tg>
__global__ void adamw_kernel(Tp* params, float* master, const Tg* grads, float* m, float* v, size_t n, float lr,
                             float beta1, float beta2, float correction1, float correction2, float eps,
                             float weight_decay, unsigned int seed) {
    size_t idx = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= n) return;

    float grad = (float)grads[idx];
    float m_new = lerp(grad, m[idx], beta1);
    float v_new = lerp(grad * grad, v[idx], beta2);
    m[idx] = m_new;
    v[idx] = v_new;
    m_new /= correction1;
    v_new /= correction2;

    float old = (master != nullptr) ? master[idx] : (float)params[idx];
    float param = old - (lr * (m_new / (sqrtf(v_new) + eps) + weight_decay * old));
    stochastic_round(param, &params[idx], hash_2d((unsigned int)idx, seed));
    if (master != nullptr) master[idx] = param;
}

void adamw_update(float* params, const float* grads, float* m, float* v, int n, float lr, int step, int block_size) {
    const float beta1 = 0.9f, beta2 = 0.95f;
    float correction1 = 1.0f - powf(beta1, (float)step);
    float correction2 = 1.0f - powf(beta2, (float)step);
    adamw_kernel<<<ceil_div(n, block_size), block_size>>>(params, (float*)nullptr, grads, m, v, (size_t)n, lr, beta1, beta2,
                                                     correction1, correction2, 1e-8f, 0.1f, 0u);
    CUDA_CHECK(cudaGetLastError());
}

void adamw_update_bf16(__nv_bfloat16* params, float* master, const __nv_bfloat16* grads, float* m, float* v, int n,
                       float lr, int step) {
    const float correction1 = 1.0f - powf(0.9f, (float)step), correction2 = 1.0f - powf(0.95f, (float)step);
    adamw_kernel<__nv_bfloat16, __nv_bfloat16><<<ceil_div(n, 256), 256>>>(
        params, master, grads, m, v, n, lr, 0.9f, 0.95f, correction1, correction2, 1e-8f, 0.0f, 1234u + step);
    CUDA_CHECK(cudaGetLastError());
}

static void adamw_cpu(std::vector<double>& p, const std::vector<float>& g, std::vector<double>& m,
                      std::vector<double>& v, double lr, int step, double wd) {
    for (size_t i = 0; i < p.size(); i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.95 * v[i] + 0.05 * g[i] * (double)g[i];
        double m_hat = m[i] / (1 - std::pow(0.9, step)), v_hat = v[i] / (1 - std::pow(0.95, step));
        p[i] -= lr * (m_hat / (std::sqrt(v_hat) + 1e-8) + wd * p[i]);
    }
}

int main() {
    const int n = 1111, steps = 3;
    std::vector<float> params = random_floats(n, 71);
    std::vector<__nv_bfloat16> params_b(n), grads_b(n);
    for (int i = 0; i < n; i++) params_b[i] = __float2bfloat16(params[i]);
    float *d_p = to_device(params), *d_m = device_zeros<float>(n), *d_v = device_zeros<float>(n);
    float *d_master = to_device(params), *d_mb = device_zeros<float>(n), *d_vb = device_zeros<float>(n);
    __nv_bfloat16* d_pb = to_device(params_b);

    std::vector<double> p(params.begin(), params.end()), m(n, 0.0), v(n, 0.0);
    std::vector<double> pb = p, mb(n, 0.0), vb(n, 0.0);
    for (int step = 1; step <= steps; step++) {
        std::vector<float> grads = random_floats(n, 71 + step);
        for (int i = 0; i < n; i++) {
            grads_b[i] = __float2bfloat16(grads[i]);
        }
        float* d_g = to_device(grads);
        __nv_bfloat16* d_gb = to_device(grads_b);
        adamw_update(d_p, d_g, d_m, d_v, n, 1e-2f, step, 128);
        adamw_update_bf16(d_pb, d_master, d_gb, d_mb, d_vb, n, 1e-2f, step);
        adamw_cpu(p, grads, m, v, 1e-2, step, 0.1);
        for (int i = 0; i < n; i++) grads[i] = __bfloat162float(grads_b[i]);
        adamw_cpu(pb, grads, mb, vb, 1e-2, step, 0.0);
        cudaFree(d_g), cudaFree(d_gb);
    }
    bool ok = all_close(to_host(d_p, n), p, 1e-5, "params");
    ok = all_close(to_host(d_v, n), v, 1e-5, "second moment") && ok;
    ok = all_close(to_host(d_master, n), pb, 1e-5, "master params") && ok;
    std::vector<__nv_bfloat16> raw = to_host(d_pb, n);
    std::vector<float> got(n);
    for (int i = 0; i < n; i++) got[i] = __bfloat162float(raw[i]);
    ok = all_close(got, pb, 1e-2, "bf16 params") && ok;  // either neighbour of the exact value
    cudaFree(d_p), cudaFree(d_m), cudaFree(d_v), cudaFree(d_master), cudaFree(d_mb), cudaFree(d_vb), cudaFree(d_pb);
    return report(ok);
}
