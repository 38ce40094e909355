// Row 101, style T: Gravitational N-body step: bodies pass through a shared tile; float4 holds position and
// mass.
#include "check.h"

#ifndef SOFTENING
#define SOFTENING 1e-2f
#endif

__device__ __forceinline__ float3 operator+(const float3& a, const float3& b) {
    return make_float3(a.x + b.x, a.y + b.y, a.z + b.z);
}
__device__ __forceinline__ float3 operator*(float s, const float3& a) { return make_float3(s * a.x, s * a.y, s * a.z); }
__device__ __forceinline__ float3& operator+=(float3& a, const float3& b) { return a = a + b; }

__device__ float3 interaction(float3 acc, const float4& me, const float4& other) {
    const float3 r = {other.x - me.x, other.y - me.y, other.z - me.z};
    const float dist2 = r.x * r.x + r.y * r.y + r.z * r.z + SOFTENING;
    const float inv = rsqrtf(dist2);
    acc += (other.w * inv * inv * inv) * r;
    return acc;
}

template <int TILE>
__global__ void accelerate_kernel(float4* velocity, const float4* position, int n, float dt) {
    __shared__ float4 tile[TILE];
    const int i = blockIdx.x * TILE + threadIdx.x;
    const float4 me = i < n ? position[i] : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    float3 acc = {0.0f, 0.0f, 0.0f};
    for (int base = 0; base < n; base += TILE) {
        tile[threadIdx.x] = base + threadIdx.x < n ? position[base + threadIdx.x] : float4{};  // no mass, no force
        __syncthreads();
#pragma unroll 4
        for (int j = 0; j < TILE; ++j) acc = interaction(acc, me, tile[j]);
        __syncthreads();
    }
    if (i < n) {
        float4 v = velocity[i];
        v.x += dt * acc.x;
        v.y += dt * acc.y;
        v.z += dt * acc.z;
        velocity[i] = v;
    }
}

__global__ void drift_kernel(float4* position, const float4* velocity, int n, float dt) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float4& p = position[i];
    const float4 v = velocity[i];
    p.x += dt * v.x, p.y += dt * v.y, p.z += dt * v.z;
#ifdef DEBUG_NBODY
    if (!isfinite(p.x)) printf("body %d left the universe\n", i);
    assert(p.w >= 0.0f);
#endif
}

void nbody_step(float* position, float* velocity, int n, float dt) {
    constexpr int TILE = 64;
    float4 *p = reinterpret_cast<float4*>(position), *v = reinterpret_cast<float4*>(velocity);
    accelerate_kernel<TILE><<<ceil_div(n, TILE), TILE>>>(v, p, n, dt);
    drift_kernel<<<ceil_div(n, 128), 128>>>(p, v, n, dt);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int n : {1, 64, 150}) {
        const float dt = 0.01f;
        std::vector<float> pos = random_floats(4 * n, 740), vel = random_floats(4 * n, 741, -0.1f, 0.1f);
        for (int i = 0; i < n; i++) pos[4 * i + 3] = 1.0f + 0.01f * i;
        std::vector<double> p(pos.begin(), pos.end()), v(vel.begin(), vel.end());
        float *d_p = to_device(pos), *d_v = to_device(vel);
        for (int step = 0; step < 2; step++) {
            nbody_step(d_p, d_v, n, dt);
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) {
                    double r[3], d2 = SOFTENING;
                    for (int k = 0; k < 3; k++) r[k] = p[4 * j + k] - p[4 * i + k], d2 += r[k] * r[k];
                    for (int k = 0; k < 3; k++) v[4 * i + k] += dt * p[4 * j + 3] * r[k] / (d2 * std::sqrt(d2));
                }
            for (int i = 0; i < 4 * n; i++)
                if (i % 4 < 3) p[i] += dt * v[i];
        }
        ok = all_close(to_host(d_p, 4 * n), p, 2e-5, "position") && all_close(to_host(d_v, 4 * n), v, 5e-4, "velocity") && ok;
        cudaFree(d_p), cudaFree(d_v);
    }
    return report(ok);
}
