// Row 102, style X: Random numbers of cuRAND in kernels: dropout with four Philox numbers per thread, noise
// from states that live in memory.
#include <curand_kernel.h>

#include "check.h"

__global__ void dropout_philox_kernel(float* __restrict__ out, unsigned char* __restrict__ mask,
                                      const float* __restrict__ inp, float p, unsigned long long seed,
                                      unsigned long long offset, int n) {
    const int thread = blockIdx.x * blockDim.x + threadIdx.x;
    const int step = gridDim.x * blockDim.x * 4;
    curandStatePhilox4_32_10_t state;
    curand_init(seed, thread, offset, &state);
    const float scale = 1.0f / (1.0f - p);
    for (int base = thread * 4; base < n; base += step) {
        const float4 r = curand_uniform4(&state);
        const float values[4] = {r.x, r.y, r.z, r.w};
#pragma unroll
        for (int i = 0; i < 4; i++)
            if (base + i < n) {
                const bool keep = values[i] > p;
                out[base + i] = keep ? inp[base + i] * scale : 0.0f;
                mask[base + i] = keep;
            }
    }
}

__global__ void set_up_kernel(curandState* states, unsigned long long seed, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) curand_init(seed, i, 0, &states[i]);
}

__global__ void add_noise_kernel(float* out, const float* inp, curandState* states, float stddev, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    curandState state = states[i];
    const float noise = curand_normal(&state) * stddev;
    out[i] = inp[i] + noise + (float)(curand(&state) % 3u);
    states[i] = state;
}

void dropout_philox(float* out, unsigned char* mask, const float* inp, float p, unsigned long long seed,
                    unsigned long long offset, int n) {
    dropout_philox_kernel<<<2, 64>>>(out, mask, inp, p, seed, offset, n);
    CUDA_CHECK(cudaGetLastError());
}

void add_noise(float* out, const float* inp, float stddev, unsigned long long seed, int n) {
    curandState* states = nullptr;
    CUDA_CHECK(cudaMalloc((void**)&states, n * sizeof(curandState)));
    set_up_kernel<<<ceil_div(n, 32), 32>>>(states, seed, n);
    add_noise_kernel<<<ceil_div(n, 32), 32>>>(out, inp, states, stddev, n);
    CUDA_CHECK(cudaGetLastError());
    cudaFree(states);
}

int main() {
    bool ok = true;
    const int n = 2001;
    std::vector<float> x = random_floats(n, 940, 0.5f, 1.0f);
    float *d_x = to_device(x), *d_y = device_zeros<float>(n);
    unsigned char* d_mask = device_zeros<unsigned char>(n);
    dropout_philox(d_y, d_mask, d_x, 0.25f, 1234, 8, n);
    std::vector<float> y = to_host(d_y, n);
    std::vector<unsigned char> mask = to_host(d_mask, n);
    int kept = 0;
    for (int i = 0; i < n; i++) {
        kept += mask[i];
        ok = y[i] == (mask[i] ? x[i] * (1.0f / 0.75f) : 0.0f) && ok;
    }
    ok = std::fabs(kept / (double)n - 0.75) < 0.05 && ok;
    add_noise(d_y, d_x, 0.001f, 7, 100);
    y = to_host(d_y, 100);
    for (int i = 0; i < 100; i++) {
        const float added = y[i] - x[i];
        ok = std::fabs(added - std::floor(added + 0.5f)) < 0.01f && added > -0.5f && added < 2.5f && ok;
    }
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_mask);
    return report(ok);
}
